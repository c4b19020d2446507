package socket

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"entente/chat/hub"
)

const fuzzLimit = 300 // bytes of a message

// heard is what a client's bytes were taken for: texts and control frames, then how it
// ended: "" it goes on, "closed CODE" or "refused CODE".
type heard struct {
	said []string
	end  string
}

func (h *heard) message(p []byte) bool { h.said = append(h.said, "text "+string(p)); return true }
func (h *heard) control(op byte, p []byte) {
	h.said = append(h.said, map[byte]string{opPing: "ping ", opPong: "pong "}[op]+string(p))
}
func (h *heard) hungUp(code hub.Code) { h.end += fmt.Sprint("closed ", code) }
func (h *heard) refuse(code hub.Code) { h.end += fmt.Sprint("refused ", code) }

// byWire feeds the bytes in pieces of the lengths that size gives.
func byWire(t *testing.T, data []byte, size func() int) (*wire, heard) {
	var h heard
	w := &wire{limit: fuzzLimit}
	for b := bytes.Clone(data); len(b) > 0; {
		n := min(size(), len(b))
		before := h.end
		over := w.feed(b[:n:n], &h)
		b = b[n:]
		if before != "" && h.end != before {
			t.Fatalf("after %q came %q", before, h.end)
		}
		if len(w.head) > maxHeader+maxControl || cap(w.msg) > 2*fuzzLimit+64 || w.deaf && w.msg != nil {
			t.Fatalf("holds %d bytes of a head and %d of a message, deaf %v", len(w.head), cap(w.msg), w.deaf)
		}
		if w.resting() && (w.head != nil || w.msg != nil) {
			t.Fatal("holds something at rest")
		}
		if over {
			break
		}
	}
	return w, h
}

// script is a connection that brings bytes and ends.
type script struct{ *bytes.Reader }

func (script) Write(p []byte) (int, error)      { return len(p), nil }
func (script) Close() error                     { return nil }
func (script) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (script) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (script) SetDeadline(time.Time) error      { return nil }
func (script) SetReadDeadline(time.Time) error  { return nil }
func (script) SetWriteDeadline(time.Time) error { return nil }

type scriptWriter struct {
	http.ResponseWriter
	header http.Header
	conn   script
}

func (w scriptWriter) Header() http.Header { return w.header }
func (scriptWriter) WriteHeader(int)       {}
func (w scriptWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.conn, bufio.NewReadWriter(bufio.NewReader(w.conn), bufio.NewWriter(w.conn)), nil
}

// byCoder reads the same bytes with coder/websocket. Where they end early the end is "".
func byCoder(t *testing.T, data []byte) (h heard) {
	req := &http.Request{Method: http.MethodGet, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="}}}
	ws, err := websocket.Accept(scriptWriter{header: http.Header{}, conn: script{bytes.NewReader(data)}}, req, &websocket.AcceptOptions{
		OnPingReceived: func(_ context.Context, p []byte) bool { h.control(opPing, p); return false },
		OnPongReceived: func(_ context.Context, p []byte) { h.control(opPong, p) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.CloseNow() }()
	ws.SetReadLimit(fuzzLimit)
	for {
		kind, p, err := ws.Read(context.Background())
		switch code := websocket.CloseStatus(err); {
		case err == nil && kind == websocket.MessageBinary:
			h.refuse(hub.CodeData)
		case err == nil && !utf8.Valid(p):
			h.refuse(hub.CodeNoText)
		case err == nil:
			h.message(p)
			continue
		case code == websocket.StatusNoStatusRcvd:
			h.hungUp(0)
		case code != -1:
			h.hungUp(hub.Code(code))
		case errors.Is(err, websocket.ErrMessageTooBig):
			h.refuse(hub.CodeTooBig)
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		default:
			h.refuse(hub.CodeProtocol)
		}
		return h
	}
}

// FuzzWire reads a client's bytes whole, cut at random places and one by one, and with
// coder/websocket: all must hear the same.
func FuzzWire(f *testing.F) {
	f.Add([]byte("\x81\x85\x00\x00\x00\x00hello\x89\x81\x01\x02\x03\x04x\x88\x82\x00\x00\x00\x00\x03\xe8"), uint64(1))
	f.Fuzz(hearAlike)
}

// hearAlike is the judgement of FuzzWire.
func hearAlike(t *testing.T, data []byte, seed uint64) {
	if len(data) > 4<<10 {
		return
	}
	w, whole := byWire(t, data, func() int { return len(data) })
	random := rand.New(rand.NewPCG(seed, 0))
	_, cut := byWire(t, data, func() int { return 1 + random.IntN(9) })
	_, single := byWire(t, data, func() int { return 1 })
	if a, b, c := fmt.Sprintf("%q", whole), fmt.Sprintf("%q", cut), fmt.Sprintf("%q", single); a != b || a != c {
		t.Fatalf("%q\nwhole:\n%s\ncut:\n%s\none by one:\n%s", data, a, b, c)
	}
	want := byCoder(t, data)
	if !alike(w, whole, want) {
		t.Fatalf("%q\nheard %q\nbut coder/websocket %q", data, whole, want)
	}
}

// alike allows what is judged sooner than coder/websocket does: a binary message and one
// too long by their headers, and later: a length above 63 bits with the rest of its header.
func alike(w *wire, got, want heard) bool {
	same := fmt.Sprintf("%q", got.said) == fmt.Sprintf("%q", want.said)
	switch {
	case got.end == want.end && same:
		return true
	case got.end == fmt.Sprint("refused ", hub.CodeData):
		for i, s := range want.said {
			if i < len(got.said) && got.said[i] != s || i >= len(got.said) && strings.HasPrefix(s, "text ") {
				return false
			}
		}
		return len(want.said) >= len(got.said)
	case got.end == fmt.Sprint("refused ", hub.CodeTooBig):
		n := len(got.said) // as below, the line may end between two fragments
		return want.end == "" && (same || len(want.said) == n+1 && slices.Equal(got.said, want.said[:n]))
	case got.end == "" && w.open && !same || got.end == "" && w.open && want.end == fmt.Sprint("refused ", hub.CodeNoText):
		// coder/websocket takes a line that ends between two fragments for the end of the message
		said, end := slices.Clone(got.said), hub.CodeNoText
		if utf8.Valid(w.msg) {
			said, end = append(said, "text "+string(w.msg)), hub.CodeProtocol
		}
		return fmt.Sprintf("%q", said) == fmt.Sprintf("%q", want.said) && (want.end == fmt.Sprint("refused ", end) || want.end == "")
	case got.end == "":
		return same && want.end == fmt.Sprint("refused ", hub.CodeProtocol) && len(w.head) >= 10 && w.head[1]&0x7f == 127 && w.head[2]&0x80 != 0
	}
	return false
}

// TestRefusedIsPassedOver: of what follows a refusal nothing is kept, whatever it is, and
// the client's close frame is found behind it.
func TestRefusedIsPassedOver(t *testing.T) {
	t.Parallel()
	w, h := &wire{limit: fuzzLimit}, heard{}
	feed := func(b []byte) bool {
		over := w.feed(b, &h)
		if len(w.head) > maxHeader || w.msg != nil {
			t.Fatalf("holds %d bytes of a head, %d of a message", len(w.head), cap(w.msg))
		}
		return over
	}
	big := []byte("\x82\xff\x00\x00\x00\x00\x00\x10\x00\x00abcd") // binary, a MiB
	if feed(big) || h.end != "refused 1003" {
		t.Fatalf("%q", h.end)
	}
	for range 16 {
		if feed(bytes.Repeat([]byte{0x88}, 64<<10)) {
			t.Fatal("took a payload for a close frame")
		}
	}
	if feed([]byte("\x01\x03xyz\xf3\x80abcd")) || !feed([]byte("\x88\x80")[:1:1]) && !feed([]byte("\x80abcd")) {
		t.Fatal("the close frame was not found")
	}
	if h.end != "refused 1003" || len(h.said) != 0 {
		t.Fatalf("%q", h)
	}
}
