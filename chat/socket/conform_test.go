package socket_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"entente/chat/socket"
)

// raw is one masked frame of a client: first byte as it is, length in the
// shortest form.
func raw(first byte, payload string) []byte {
	if len(payload) < 1<<16 {
		return masked(first, payload)
	}
	b := binary.BigEndian.AppendUint64([]byte{first, 0x80 | 127}, uint64(len(payload)))
	return append(append(b, 0, 0, 0, 0), payload...)
}

// mixed is a text frame under a mask that is not zero.
func mixed(payload string) []byte {
	b, key := []byte{0x81, 0x80 | byte(len(payload))}, []byte{0xa1, 0xb2, 0xc3, 0xd4}
	b = append(b, key...)
	for i := range len(payload) {
		b = append(b, payload[i]^key[i%4])
	}
	return b
}

func frames(all ...[]byte) (out []byte) {
	for _, f := range all {
		out = append(out, f...)
	}
	return out
}

func closing(code uint16, reason string) []byte {
	return raw(0x88, string(binary.BigEndian.AppendUint16(nil, code))+reason)
}

// conformance is what a client may send and how it is answered: the frames that
// come back as "OPCODE PAYLOAD", then the close code, 0 when the connection
// stays open. -1 is a close frame without a code.
type conformance struct {
	name  string
	sent  []byte
	back  []string
	close int
}

func conformances() []conformance {
	const ping, dance, pong = `{"type":"ping"}`, `{"type":"dance"}`, `1 {"type":"pong"}`
	wide := func(n int) string { return ping + strings.Repeat(" ", n-len(ping)) }
	full := strings.Repeat("y", 125)
	cases := []conformance{
		{"one frame", raw(0x81, ping), []string{pong}, 0},
		{"one frame under a mask", mixed(ping), []string{pong}, 0},
		{"two frames in one packet", frames(raw(0x81, ping), raw(0x81, ping)), []string{pong, pong}, 0},
		{"three fragments", frames(raw(0x01, ping[:3]), raw(0x00, ping[3:9]), raw(0x80, ping[9:])), []string{pong}, 0},
		{"empty fragments", frames(raw(0x01, ""), raw(0x00, ""), raw(0x00, ping), raw(0x80, "")), []string{pong}, 0},
		{"a fragment for each byte", func() []byte {
			out := raw(0x01, "")
			for i := range len(ping) {
				out = append(out, raw(0x00, ping[i:i+1])...)
			}
			return append(out, raw(0x80, "")...)
		}(), []string{pong}, 0},
		{"ping between fragments", frames(raw(0x01, ping[:5]), raw(0x89, "a"), raw(0x00, ping[5:7]), raw(0x89, "b"), raw(0x80, ping[7:])), []string{"10 a", "10 b", pong}, 0},
		{"pong nobody asked for, between fragments", frames(raw(0x01, ping[:5]), raw(0x8a, "what"), raw(0x80, ping[5:])), []string{pong}, 0},
		{"close between fragments", frames(raw(0x01, ping[:5]), closing(1000, "")), nil, 1000},

		{"length 125", raw(0x81, wide(125)), []string{pong}, 0},
		{"length 126", raw(0x81, wide(126)), []string{pong}, 0},
		{"length 127", raw(0x81, wide(127)), []string{pong}, 0},
		{"length 65535", raw(0x81, wide(65535)), []string{pong}, 0},
		{"length 65536", raw(0x81, wide(65536)), []string{pong}, 0},
		{"length 65537", raw(0x81, wide(65537)), nil, 1009},
		{"too long in fragments", frames(raw(0x01, wide(60000)), raw(0x80, strings.Repeat(" ", 6000))), nil, 1009},

		{"empty ping", raw(0x89, ""), []string{"10 "}, 0},
		{"full ping", raw(0x89, full), []string{"10 " + full}, 0},
		{"ping of no text", raw(0x89, "\x00\xff\xfe"), []string{"10 \x00\xff\xfe"}, 0},
		{"many pings", frames(raw(0x89, "1"), raw(0x89, "2"), raw(0x89, "3")), []string{"10 1", "10 2", "10 3"}, 0},
		{"pong nobody asked for", raw(0x8a, "what"), nil, 0},
		{"ping too long", raw(0x89, full+"y"), nil, 1002},
		{"ping in fragments", frames(raw(0x09, "a"), raw(0x80, "b")), nil, 1002},
		{"close in fragments", raw(0x08, "\x03\xe8"), nil, 1002},
		{"close too long", raw(0x88, "\x03\xe8"+full), nil, 1002},

		{"not masked", []byte{0x81, 2, '{', '}'}, nil, 1002},
		{"continuation of nothing", raw(0x80, ping), nil, 1002},
		{"continuation of nothing, more to come", raw(0x00, ping), nil, 1002},
		{"continuation after the last fragment", frames(raw(0x01, dance), raw(0x80, ""), raw(0x80, ping)), nil, 1002},
		{"text within fragments", frames(raw(0x01, ping[:5]), raw(0x81, ping)), nil, 1002},
		{"binary", raw(0x82, ping), nil, 1003},
		{"binary in fragments", frames(raw(0x02, ping), raw(0x80, "")), nil, 1003},

		{"text of two to four bytes a letter", raw(0x81, `{"type":"ping","x":"κόσμε 欢迎 𝄞"}`), []string{pong}, 0},
		{"letter over two fragments", frames(raw(0x01, "{\"type\":\"ping\",\"x\":\"\xe6\xac"), raw(0x80, "\xa2\"}")), []string{pong}, 0},
		{"letter over two fragments, ping between", frames(raw(0x01, "{\"type\":\"ping\",\"x\":\"\xe6"), raw(0x89, "p"), raw(0x80, "\xac\xa2\"}")), []string{"10 p", pong}, 0},
		{"no UTF-8", raw(0x81, "{\"type\":\"ping\",\"x\":\"\xff\"}"), nil, 1007},
		{"no UTF-8 in a later fragment", frames(raw(0x01, "{\"type\":\"ping\",\"x\":\""), raw(0x80, "\xc3(\"}")), nil, 1007},
		{"overlong slash", raw(0x81, "{\"type\":\"ping\",\"x\":\"\xc0\xaf\"}"), nil, 1007},
		{"half of a surrogate pair", raw(0x81, "{\"type\":\"ping\",\"x\":\"\xed\xa0\x80\"}"), nil, 1007},
		{"above Unicode", raw(0x81, "{\"type\":\"ping\",\"x\":\"\xf4\x90\x80\x80\"}"), nil, 1007},
		{"letter cut off at the end", raw(0x81, "{\"type\":\"ping\"}\xe6\xac"), nil, 1007},
		{"no UTF-8 in a frame that would be passed over", raw(0x81, "{\"type\":\"dance\"}\xff"), nil, 1007},

		{"close without a code", raw(0x88, ""), nil, -1},
		{"close with half a code", raw(0x88, "\x03"), nil, 1002},
		{"close with a reason", closing(1000, "gone fishing"), nil, 1000},
		{"close with the longest reason", closing(1000, full[:123]), nil, 1000},
		{"close and then text", frames(closing(1000, ""), raw(0x81, ping)), nil, 1000},
		{"text and then close", frames(raw(0x81, dance), closing(1001, "")), nil, 1001},
		{"close with a reason that is no UTF-8: nobody reads it", closing(1000, "\xff"), nil, 1000},
	}
	for _, c := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		cases = append(cases, conformance{fmt.Sprint("close ", c), closing(c, ""), nil, int(c)})
	}
	for _, c := range []uint16{0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		cases = append(cases, conformance{fmt.Sprint("close ", c, " that is no code"), closing(c, ""), nil, 1002})
	}
	for bit := range 3 {
		b := byte(0x10 << bit)
		cases = append(cases,
			conformance{fmt.Sprintf("reserved bit %#x", b), raw(0x81|b, ping), nil, 1002},
			conformance{fmt.Sprintf("reserved bit %#x of a ping", b), raw(0x89|b, "x"), nil, 1002},
			conformance{fmt.Sprintf("reserved bit %#x of a continuation", b), frames(raw(0x01, ping[:5]), raw(0x80|b, ping[5:])), nil, 1002})
	}
	for _, op := range []byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		cases = append(cases,
			conformance{fmt.Sprint("opcode ", op), raw(0x80|op, "x"), nil, 1002},
			conformance{fmt.Sprint("opcode ", op, " between fragments"), frames(raw(0x01, ping[:5]), raw(0x80|op, ""), raw(0x80, ping[5:])), nil, 1002})
	}
	return cases
}

// TestFramingConforms holds the endpoint to RFC 6455, case by case after the
// groups of the Autobahn suite; wire.frame holds what it writes to the same.
func TestFramingConforms(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{Connections: 1000, FrameRate: 1e9, FrameBurst: 1e9, PingEvery: time.Hour})
	for _, c := range conformances() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := n.wire(t, "maya", 0)
			sent := c.sent
			if c.close == 0 {
				sent = append(sent, raw(0x81, `{"type":"post","key":"the end"}`)...)
			}
			if _, err := w.Write(sent); err != nil {
				t.Fatal(err)
			}
			var back []string
			code := 0
			for {
				op, p := w.frame(t)
				if op == 8 {
					if code = -1; len(p) >= 2 {
						code = int(binary.BigEndian.Uint16(p))
					}
					break
				}
				if op == 1 && strings.Contains(string(p), "the end") {
					break
				}
				back = append(back, fmt.Sprintf("%d %s", op, p))
			}
			if fmt.Sprintf("%q", back) != fmt.Sprintf("%q", c.back) || code != c.close {
				t.Errorf("answered %.200q and close code %d; expected %.200q and %d", back, code, c.back, c.close)
			}
			if code != 0 {
				_, _ = w.Write(raw(0x88, "")) // else the server waits for it
				if op, p, err := w.try(); err == nil {
					t.Errorf("frame %d %q after the close", op, p)
				}
			}
		})
	}
}
