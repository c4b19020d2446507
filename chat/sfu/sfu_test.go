package sfu

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func serve(t *testing.T, o Options) *Server {
	t.Helper()
	o.Addr, o.Log = "127.0.0.1:0", quiet
	s, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// guest is a party that speaks as a browser does, with pion.
type guest struct {
	t     *testing.T
	s     *Server
	call  string
	name  string
	send  [media]*webrtc.TrackLocalStaticRTP
	quit  chan struct{}
	mute  bool // answers nothing
	heard chan struct{}

	mu    sync.Mutex
	pc    *webrtc.PeerConnection
	n     int64
	sdp   string
	who   map[string][2]string
	got   map[string]int // party and kind → packets
	loud  map[string]byte
	plis  int
	holes map[uint32][]uint16 // ssrc → numbers as they came
}

func join(t *testing.T, s *Server, call, name string) *guest {
	t.Helper()
	g := &guest{t: t, s: s, call: call, name: name, quit: make(chan struct{}), heard: make(chan struct{}, 1), got: map[string]int{}, loud: map[string]byte{}, holes: map[uint32][]uint16{}}
	if err := s.Open(call, name, g.offered); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	t.Cleanup(g.close)
	return g
}

func (g *guest) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.quit:
	default:
		close(g.quit)
	}
	if g.pc != nil {
		_ = g.pc.Close()
		g.pc = nil
	}
}

func (g *guest) note() {
	select {
	case g.heard <- struct{}{}:
	default:
	}
}

// until waits for something that packets and offers bring about.
func (g *guest) until(what string, ok func() bool) {
	g.t.Helper()
	end := time.After(20 * time.Second)
	for {
		g.mu.Lock()
		done := ok()
		g.mu.Unlock()
		if done {
			return
		}
		select {
		case <-g.heard:
		case <-end:
			g.mu.Lock()
			defer g.mu.Unlock()
			g.t.Fatalf("%s waits in vain for %s: got %v of %v", g.name, what, g.got, g.who)
		}
	}
}

// hears waits for packets of another's medium.
func (g *guest) hears(other, kind string) {
	g.t.Helper()
	g.mu.Lock()
	from := g.got[other+" "+kind]
	g.mu.Unlock()
	g.until(other+" "+kind, func() bool { return g.got[other+" "+kind] >= from+5 })
}

func (g *guest) offered(n int64, sdp string, who map[string][2]string) {
	defer g.note()
	g.mu.Lock()
	defer g.mu.Unlock()
	fresh := n != g.n
	g.n, g.sdp, g.who = n, sdp, who
	if g.mute {
		return
	}
	if fresh && g.pc != nil {
		_ = g.pc.Close()
		g.pc = nil
	}
	if g.pc == nil {
		if err := g.connect(); err != nil {
			g.t.Error(err)
			return
		}
	}
	err := g.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp})
	var answer webrtc.SessionDescription
	if err == nil {
		answer, err = g.pc.CreateAnswer(nil)
	}
	if err == nil {
		err = g.pc.SetLocalDescription(answer)
	}
	if err != nil {
		g.t.Errorf("%s: %v", g.name, err)
		return
	}
	_ = g.s.Answer(g.call, g.name, n, answer.SDP)
}

func (g *guest) connect() error {
	var set webrtc.SettingEngine
	set.SetIncludeLoopbackCandidate(true)
	set.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	set.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	var m webrtc.MediaEngine
	err := errors.Join(m.RegisterDefaultCodecs(), m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: levelURI}, webrtc.RTPCodecTypeAudio))
	if err != nil {
		return err
	}
	if g.pc, err = webrtc.NewAPI(webrtc.WithSettingEngine(set), webrtc.WithMediaEngine(&m)).NewPeerConnection(webrtc.Configuration{}); err != nil {
		return err
	}
	for i := range g.send {
		c := vp8
		if i == mic {
			c = opus
		}
		c.RTCPFeedback = nil
		if g.send[i], err = webrtc.NewTrackLocalStaticRTP(c, kinds[i], g.name); err != nil {
			return err
		}
		tr, err := g.pc.AddTransceiverFromTrack(g.send[i], webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			return err
		}
		go func() {
			for {
				said, _, err := tr.Sender().ReadRTCP()
				if err != nil {
					return
				}
				for _, s := range said {
					if _, ok := s.(*rtcp.PictureLossIndication); ok {
						g.mu.Lock()
						g.plis++
						g.mu.Unlock()
						g.note()
					}
				}
			}
		}()
	}
	pc := g.pc
	pc.OnTrack(func(track *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
		mid := ""
		for _, tr := range pc.GetTransceivers() {
			if tr.Receiver() == r {
				mid = tr.Mid()
			}
		}
		level := uint8(0)
		for _, e := range r.GetParameters().HeaderExtensions {
			if e.URI == levelURI {
				level = uint8(e.ID)
			}
		}
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			g.mu.Lock()
			if w, ok := g.who[mid]; ok {
				g.got[w[0]+" "+w[1]]++
				if v := p.GetExtension(level); level != 0 && len(v) > 0 {
					g.loud[w[0]] = v[0]
				}
			}
			g.holes[p.SSRC] = append(g.holes[p.SSRC], p.SequenceNumber)
			g.mu.Unlock()
			g.note()
		}
	})
	return nil
}

// say sends a medium until the test ends: of a picture every tenth packet begins a whole one,
// or none.
func (g *guest) say(medium int, whole bool) {
	g.until("an offer", func() bool { return g.send[medium] != nil })
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for seq := uint16(65000); ; seq++ { // numbers go round soon
			select {
			case <-g.quit:
				return
			case <-tick.C:
			}
			p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: seq, Timestamp: uint32(seq) * 960}, Payload: []byte{0x10, 0x01, 0, 0}}
			if medium == mic {
				_ = p.SetExtension(1, []byte{0x85})
			} else if whole && seq%10 == 0 {
				p.Payload[1] = 0
			}
			g.mu.Lock()
			track := g.send[medium]
			g.mu.Unlock()
			_ = track.WriteRTP(p)
		}
	}()
}

// TestForward: three parties get what each of them sends and nobody else does; who leaves is
// gone at once, who comes after gets the place and is heard by all.
func TestForward(t *testing.T) {
	t.Parallel()
	s := serve(t, Options{})
	a, b, c, x := join(t, s, "1", "a"), join(t, s, "1", "b"), join(t, s, "1", "c"), join(t, s, "2", "x")
	for _, g := range []*guest{a, b, c, x} {
		g.say(mic, false)
	}
	a.say(camera, true)
	b.say(screen, true)
	for _, g := range []*guest{a, b, c} {
		for _, other := range []string{"a", "b", "c"} {
			if other != g.name {
				g.hears(other, "mic")
			}
		}
	}
	b.hears("a", "camera")
	c.hears("a", "camera")
	c.hears("b", "screen")
	a.hears("b", "screen")
	c.until("how loud the others are", func() bool { return c.loud["a"] == 0x85 && c.loud["b"] == 0x85 })
	if f := s.Figures(); f.Calls != 2 || f.Parties != 4 || f.Tracks != 6 || f.Packets < 50 {
		t.Errorf("figures %+v", f)
	}
	x.mu.Lock()
	if len(x.got) != 0 || len(x.who) != 0 {
		t.Errorf("another call's party got %v of %v", x.got, x.who)
	}
	x.mu.Unlock()

	// the only candidate is the one address that was chosen
	for l := range strings.Lines(c.sdp) {
		if strings.HasPrefix(l, "a=candidate") && !strings.Contains(l, fmt.Sprintf(" 127.0.0.1 %d typ host", s.Addr().Port())) {
			t.Errorf("it tells %s", l)
		}
	}
	if !strings.Contains(c.sdp, "a=ice-lite") || strings.Contains(c.sdp, "m=application") {
		t.Errorf("offer %s", c.sdp)
	}

	lines := strings.Count(c.sdp, "m=")
	s.Leave("1", "a")
	c.until("a to be gone", func() bool {
		for _, w := range c.who {
			if w[0] == "a" {
				return false
			}
		}
		return true
	})
	c.mu.Lock()
	before := c.got["a mic"]
	c.mu.Unlock()
	d := join(t, s, "1", "d")
	d.say(mic, false)
	d.say(camera, true)
	c.hears("d", "mic")
	c.hears("d", "camera")
	d.hears("b", "screen")
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.got["a mic"] != before {
		t.Error("who left is still heard")
	}
	if n := strings.Count(c.sdp, "m="); n != lines {
		t.Errorf("%d media after another came in place of one, %d before", n, lines)
	}
	for ssrc, seqs := range c.holes { // numbers go on when the sender changes
		for i := 1; i < len(seqs); i++ {
			if step := int16(seqs[i] - seqs[i-1]); step < -50 || step > 50 {
				t.Errorf("medium %d jumps from %d to %d", ssrc, seqs[i-1], seqs[i])
			}
		}
	}
	if err := s.Answer("1", "a", 1, "v=0"); !errors.Is(err, ErrNone) {
		t.Errorf("who left answers: %v", err)
	}
}

// TestWhole: nobody gets a picture from its middle; the sender is asked for a whole one.
func TestWhole(t *testing.T) {
	t.Parallel()
	s := serve(t, Options{})
	a, b := join(t, s, "1", "a"), join(t, s, "1", "b")
	a.say(camera, false)
	a.say(mic, false)
	b.hears("a", "mic")
	a.until("being asked for a whole picture", func() bool { return a.plis > 0 })
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := b.got["a camera"]; n != 0 {
		t.Errorf("got %d packets of a picture from its middle", n)
	}
}

// TestLimits: bounded calls, parties and connections; answers that nobody asked for, that are
// nonsense or that never come cost nobody but their sender.
func TestLimits(t *testing.T) {
	t.Parallel()
	s := serve(t, Options{Most: 2, Calls: 1, Answer: 300 * time.Millisecond})
	a, b := join(t, s, "1", "a"), join(t, s, "1", "b")
	silent := func(int64, string, map[string][2]string) {}
	if err := s.Open("1", "c", silent); !errors.Is(err, ErrFull) {
		t.Errorf("a third: %v", err)
	}
	if err := s.Open("2", "a", silent); !errors.Is(err, ErrFull) {
		t.Errorf("a second call: %v", err)
	}
	if err := s.Open("1", "a", silent); !errors.Is(err, ErrSoon) {
		t.Errorf("again at once: %v", err)
	}
	a.say(mic, false)
	b.say(mic, false)
	b.hears("a", "mic")
	b.mu.Lock()
	n := b.n
	b.mu.Unlock()
	for i := range 1000 { // nobody asked
		if err := s.Answer("1", "b", n-1, "v=0"); !errors.Is(err, ErrNone) {
			t.Fatalf("an answer to an older connection: %v", err)
		}
		_ = s.Answer("1", "b", n, strings.Repeat("x", i))
	}
	a.hears("b", "mic")

	// nonsense, and silence: the seat is free again, and the call goes on
	b.mu.Lock()
	b.mute = true
	b.mu.Unlock()
	s.Leave("1", "a")
	x := s.find("1", "b")
	select {
	case <-x.done:
	case <-time.After(10 * time.Second):
		t.Fatal("who answers nothing keeps the seat")
	}
	told := make(chan int64, 9)
	if err := s.Open("1", "d", func(n int64, _ string, _ map[string][2]string) { told <- n }); err != nil {
		t.Fatal(err)
	}
	if err := s.Answer("1", "d", <-told, "v=0\r\nm=audio nonsense"); err != nil {
		t.Error(err)
	}
	s.Keep("1", nil)
	if got := s.Calls(); len(got) != 0 {
		t.Errorf("calls %v", got)
	}
	s.Close()
	s.Close()
	if err := s.Open("1", "a", silent); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// TestAddress: it tells the configured address and no other.
func TestAddress(t *testing.T) {
	t.Parallel()
	s, err := Listen(Options{Addr: "127.0.0.1:0", Public: netip.MustParseAddr("203.0.113.7"), Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	told := make(chan string, 1)
	if err := s.Open("1", "a", func(_ int64, sdp string, _ map[string][2]string) { told <- sdp }); err != nil {
		t.Fatal(err)
	}
	sdp := <-told
	if n := strings.Count(sdp, "typ host"); n == 0 || strings.Count(sdp, "203.0.113.7") < n || strings.Contains(sdp, "127.0.0.1") || strings.Contains(sdp, "192.168.") {
		t.Errorf("offer %s", sdp)
	}
	if _, err := Listen(Options{Addr: "0.0.0.0:0", Log: quiet}); err == nil {
		t.Error("every address of the machine is told")
	}
}

// sink keeps what is sent.
type sink struct{ got []rtp.Header }

func (k *sink) WriteRTP(h *rtp.Header, b []byte) (int, error) {
	k.got = append(k.got, *h)
	return len(b), nil
}

func (k *sink) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// TestLost: who lost packets gets them once more under the numbers it knows, and none that
// another sent.
func TestLost(t *testing.T) {
	t.Parallel()
	a, b, out := &up{medium: camera}, &up{medium: camera}, &sink{}
	d := &down{x: &seat{s: &Server{opt: Options{Bytes: 1 << 20}}}, picture: true, out: out, src: a}
	say := func(u *up, seq uint16) {
		p := packet{seq: seq, ts: uint32(seq) * 3000, body: []byte{0x10, 0, byte(seq)}}
		u.keep(p)
		d.send(u, p)
	}
	for seq := uint16(65530); seq != 4; seq++ {
		say(a, seq)
	}
	d.resend([]rtcp.NackPair{{PacketID: 65534, LostPackets: 0b111}})
	var again []uint16
	for _, h := range out.got[10:] {
		again = append(again, h.SequenceNumber)
	}
	if !slices.Equal(again, []uint16{65534, 65535, 0, 1}) {
		t.Errorf("sent again %v", again)
	}
	out.got = nil
	d.from(b)
	say(b, 500)
	say(b, 501)
	d.resend([]rtcp.NackPair{{PacketID: 2, LostPackets: 0b1111111}}) // of a: 2, 3; of b: 4, 5; to come: 6 to 9
	again = nil
	for _, h := range out.got {
		again = append(again, h.SequenceNumber)
	}
	if !slices.Equal(again, []uint16{4, 5, 4, 5}) {
		t.Errorf("of the next sender %v", again)
	}
	for i := range uint16(3 * kept) {
		say(b, 502+i)
	}
	out.got = nil
	d.resend([]rtcp.NackPair{{PacketID: 4, LostPackets: 0xffff}})
	if len(out.got) != 0 {
		t.Errorf("what was long ago: %v", out.got)
	}
}

// TestSpend: what one party sends is bounded.
func TestSpend(t *testing.T) {
	t.Parallel()
	x := &seat{s: &Server{opt: Options{Bytes: 1000}}}
	n := 0
	for range 100 {
		if x.spend(100) {
			n++
		}
	}
	if n < 10 || n > 30 {
		t.Errorf("%d packets of 100 bytes at once from 1000 a second", n)
	}
}

func TestBeginsWhole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		b    []byte
		want bool
	}{
		{[]byte{0x10, 0x00}, true},
		{[]byte{0x10, 0x01}, false},
		{[]byte{0x00, 0x00}, false},            // goes on
		{[]byte{0x11, 0x00}, false},            // a later part
		{[]byte{0x90, 0x80, 0x05, 0x00}, true}, // picture id of one byte
		{[]byte{0x90, 0x80, 0x85, 1, 0}, true}, // of two
		{[]byte{0x90, 0xe0, 0x85, 1, 2, 3}, false},
		{[]byte{0x90, 0xe0, 0x85, 1, 2, 3, 0}, true},
		{[]byte{0x90, 0x80}, false}, {[]byte{0x90}, false}, {nil, false},
	} {
		if got := beginsWhole(c.b); got != c.want {
			t.Errorf("%x: %v", c.b, got)
		}
	}
}
