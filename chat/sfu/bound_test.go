package sfu

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"
	"github.com/pion/transport/v5/packetio"
	"github.com/pion/webrtc/v4"
)

// TestManyNumbers: a party that speaks of more streams than there are loses its seat, for each
// would be kept; the others go on.
func TestManyNumbers(t *testing.T) {
	t.Parallel()
	s := serve(t, Options{})
	a, b, c := join(t, s, "1", "a"), join(t, s, "1", "b"), join(t, s, "1", "c")
	for _, g := range []*guest{a, b, c} {
		g.say(mic, false)
	}
	a.hears("b", "mic")
	x := s.find("1", "a")
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	end := time.After(15 * time.Second)
	for over := false; !over; {
		var words []rtcp.ReceptionReport
		for range 31 {
			words = append(words, rtcp.ReceptionReport{SSRC: rand.Uint32()})
		}
		a.mu.Lock()
		if a.pc != nil {
			_ = a.pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 1, Reports: words}})
		}
		a.mu.Unlock()
		select {
		case <-x.done:
			over = true
		case <-tick.C:
		case <-end:
			t.Fatal("it speaks of ever more streams")
		}
	}
	b.hears("c", "mic")
}

// TestStreams: what nobody reads is kept to a bound, and so is the number of streams.
func TestStreams(t *testing.T) {
	t.Parallel()
	x := &seat{s: &Server{opt: Options{Most: 12}}, done: make(chan struct{}), streams: map[packetio.BufferPacketType]int{}}
	over := func() bool {
		select {
		case <-x.done:
			return true
		default:
			return false
		}
	}
	q := x.stream(packetio.RTPBufferPacket, 1).(queue)
	for range 1000 {
		_, _ = q.Write(make([]byte, 1200))
	}
	if n := q.Size(); n > streamBytes || n < streamBytes/2 {
		t.Errorf("%d bytes are kept", n)
	}
	for i := range uint32(maxStreams - 1) {
		x.stream(packetio.RTPBufferPacket, 2+i)
	}
	for i := range uint32(media * 12) { // all that a party of the largest call gets
		x.stream(packetio.RTCPBufferPacket, i)
	}
	if over() {
		t.Fatal("a party of the largest call lost its seat")
	}
	x.stream(packetio.RTPBufferPacket, 99)
	if !over() {
		t.Error("it sends ever more streams")
	}
}

// from is a port at which packets come from one address after another.
type from struct {
	net.PacketConn
	n int
}

func (f *from) ReadFrom([]byte) (int, net.Addr, error) {
	if f.n == 1000 {
		return 0, nil, net.ErrClosed
	}
	f.n++
	return 1, &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: f.n}, nil
}

type mux struct{ ice.UDPMux }

func (mux) GetConn(string, net.Addr) (net.PacketConn, error) { return &from{}, nil }

// TestManyAddresses: packets of one party from ever more addresses, which it may as well have
// forged, are not looked at: each would be kept, and answered.
func TestManyAddresses(t *testing.T) {
	t.Parallel()
	x := &seat{sources: map[netip.AddrPort]bool{}}
	c, err := door{mux{}, x}.GetConn("u", nil)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		if _, _, err := c.ReadFrom(nil); err != nil {
			break
		}
		n++
	}
	if n != maxSources {
		t.Errorf("%d addresses are listened to", n)
	}
	if !x.knows(&net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1}) {
		t.Error("the first one is forgotten")
	}
}

// TestAnswers: an answer with a channel for data, with media that were not offered, or without
// some that were, ends the seat of its sender before anything is made of it.
func TestAnswers(t *testing.T) {
	t.Parallel()
	s := serve(t, Options{})
	data := "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:9\r\na=setup:active\r\na=sctp-port:5000\r\n"
	for name, wrong := range map[string]func(string) string{
		"data":    func(sdp string) string { return sdp + data },
		"instead": func(sdp string) string { return sdp[:strings.LastIndex(sdp, "m=")] + data },
		"less":    func(sdp string) string { return sdp[:strings.LastIndex(sdp, "m=")] },
	} {
		type offer struct {
			n   int64
			sdp string
		}
		told := make(chan offer, 9)
		if err := s.Open(name, "a", func(n int64, sdp string, _ map[string][2]string) { told <- offer{n, sdp} }); err != nil {
			t.Fatal(err)
		}
		o, x := <-told, s.find(name, "a")
		pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = pc.Close() })
		if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.sdp}); err != nil {
			t.Fatal(err)
		}
		answer, err := pc.CreateAnswer(nil)
		if err != nil {
			t.Fatal(err)
		}
		if !fits(o.sdp, answer.SDP) {
			t.Errorf("a good answer does not fit: %s", answer.SDP)
		}
		if err := s.Answer(name, "a", o.n, wrong(answer.SDP)); err != nil {
			t.Fatal(err)
		}
		select {
		case <-x.done:
		case <-time.After(5 * time.Second):
			t.Errorf("%s: the seat stands", name)
		}
	}
	got := plain("v=0\r\na= ice-lite\r\na=candidate:1 1 udp 1 10.0.0.1 1 typ host\r\n \ta=candidate:2\r\na=mid:0\r\na=simulcast:send h;l\r\na=rid:h send\r\na=ssrc:1 cname:x")
	if got != "v=0\r\na=mid:0\r\na=ssrc:1 cname:x" {
		t.Errorf("read: %q", got)
	}
	got = plain("m=a\na=ssrc:1 cname:x\na=ssrc:2 cname:x\na=ssrc:1 msid:a b\na=ssrc:0\na=ssrc:x y\nm=b\na=ssrc:1 cname:x\na=ssrc:3 cname:x\n")
	if got != "m=a\na=ssrc:1 cname:x\na=ssrc:1 msid:a b\nm=b\na=ssrc:3 cname:x\n" { // a second number for a medium ended the process
		t.Errorf("read: %q", got)
	}
}

// TestAgain: who says of everything that it was lost gets no more than a line carries.
func TestAgain(t *testing.T) {
	t.Parallel()
	u, out := &up{medium: camera}, &sink{}
	d := &down{x: &seat{s: &Server{opt: Options{Bytes: 60_000}}}, picture: true, out: out, src: u}
	for seq := range uint16(100) {
		p := packet{seq: seq, body: []byte{0x10, 0, byte(seq)}}
		u.keep(p)
		d.send(u, p)
	}
	before := len(out.got)
	for range 200 {
		d.resend([]rtcp.NackPair{{PacketID: 10, LostPackets: 0xffff}})
	}
	if n := len(out.got) - before; n < 30 || n > 100 {
		t.Errorf("%d packets once more, of 3400 asked for", n)
	}
}

// TestAskedAgain: who asks for one connection after another waits longer for each, for all
// others negotiate with it; who is calm again does not.
func TestAskedAgain(t *testing.T) {
	t.Parallel()
	now, a, waited := time.Now(), ask{}, time.Duration(0)
	for range 20 {
		a = a.next(now)
		now = now.Add(a.wait())
		waited += a.wait()
	}
	if waited < 5*time.Minute || a.wait() > 32*time.Second {
		t.Errorf("20 connections in %v, the last after %v", waited, a.wait())
	}
	if a = a.next(now.Add(2 * time.Minute)); a.wait() != again {
		t.Errorf("after two calm minutes: %v", a.wait())
	}
	s := serve(t, Options{})
	silent := func(int64, string, map[string][2]string) {}
	if err := s.Open("1", "a", silent); err != nil {
		t.Fatal(err)
	}
	c := s.calls["1"]
	for _, x := range []struct {
		n    int
		want error
	}{{9, ErrSoon}, {1, nil}} {
		c.mu.Lock()
		c.asked["a"] = ask{time.Now().Add(-2 * time.Second), x.n}
		c.mu.Unlock()
		if err := s.Open("1", "a", silent); !errors.Is(err, x.want) {
			t.Errorf("after %d: %v", x.n, err)
		}
	}
}
