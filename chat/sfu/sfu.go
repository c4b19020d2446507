// Package sfu forwards calls (a selective forwarding unit): each party sends what it says
// and shows once, and the server hands it to every other party of the call, unread and
// unmixed. Media are DTLS-SRTP on one UDP port for all calls; nothing is kept but the
// last packets of each picture, for those who lost one.
//
// It negotiates with a party in one direction only: the server offers, the party answers.
// The first three media of an offer are the party's own (microphone, camera, screen);
// those after them come from others, and each offer says from whom. A medium whose sender
// left is given to the next, so their number is bounded by the size of the call.
//
// ICE is the server's half of it (lite, RFC 8445 section 2.5): it tells one candidate, the
// configured public address, learns none, and sends to no address that did not prove
// itself first. So it is no door into the network it stands in, and parties learn no
// address of one another.
package sfu

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"entente/chat/relay"
)

// Options make a server. Addr is required.
type Options struct {
	Addr   string        // host:port to listen on by UDP
	Public netip.Addr    // the address browsers are told; zero = that of Addr
	Most   int           // parties of a call, default 12
	Calls  int           // at once, default 200
	Bytes  float64       // taken from one party a second, default 1.5 MiB; what is beyond is dropped
	Answer time.Duration // for which an offer waits, default 15 s
	Log    *slog.Logger  // default: slog.Default
}

// The media of a party, in the order of its offer.
const (
	mic = iota
	camera
	screen
	media
)

// kinds are their names.
var kinds = [media]string{"mic", "camera", "screen"}

// Refusals of a server.
var (
	ErrFull   = errors.New("sfu: as many take part as may")
	ErrSoon   = errors.New("sfu: asked again at once")
	ErrNone   = errors.New("sfu: no such party, or no such offer")
	ErrClosed = errors.New("sfu: closed")
)

// again is how long a party waits between two connections of its own, of which it has calmly
// in a row; then each takes twice as long as the one before, up to half a minute.
const (
	again  = time.Second
	calmly = 5
)

// Tell hands an offer to a party. n numbers the connection: an answer repeats it, and a
// higher one replaces what was before. tracks says which medium (by mid) is whose: party
// and kind.
type Tell func(n int64, sdp string, tracks map[string][2]string)

// Server forwards the calls of this node.
type Server struct {
	opt           Options
	mux           *ice.UDPMuxDefault
	conn          net.PacketConn
	set           webrtc.SettingEngine // of connections, of which each has its own bounds
	spoken        *webrtc.MediaEngine
	chain         *interceptor.Registry
	cert          webrtc.Certificate
	public, local netip.AddrPort
	numbers       atomic.Int64 // of connections
	packets       atomic.Int64
	wg            sync.WaitGroup

	mu     sync.Mutex
	calls  map[string]*session
	closed bool
}

// session is a call.
type session struct {
	id    string
	mu    sync.Mutex
	seats map[string]*seat
	asked map[string]ask // of each party
}

// ask is when a party had its last connection, and how many it had in a row.
type ask struct {
	at time.Time
	n  int
}

// wait is how long it waits for the next: all others negotiate anew with each.
func (a ask) wait() time.Duration { return again << max(0, a.n-calmly) }

// next is the ask after a.
func (a ask) next(now time.Time) ask {
	if now.Sub(a.at) > time.Minute {
		a.n = 0
	}
	return ask{now, min(a.n+1, 2*calmly)}
}

// outside is the socket under the name by which browsers reach it, which is the only
// candidate there is.
type outside struct {
	net.PacketConn
	at *net.UDPAddr
}

func (o outside) LocalAddr() net.Addr { return o.at }

// Listen opens the server's port and serves until Close.
func Listen(o Options) (*Server, error) {
	if o.Most == 0 {
		o.Most = 12
	}
	if o.Calls == 0 {
		o.Calls = 200
	}
	if o.Bytes == 0 {
		o.Bytes = 3 << 19
	}
	if o.Answer == 0 {
		o.Answer = 15 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s := &Server{opt: o, calls: map[string]*session{}}
	s.numbers.Store(time.Now().UnixMilli()) // higher than those of a run before
	var err error
	if s.conn, err = net.ListenPacket("udp4", o.Addr); err != nil {
		return nil, err
	}
	at := s.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	s.local = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	if s.public = s.local; o.Public.IsValid() {
		s.public = netip.AddrPortFrom(o.Public.Unmap(), at.Port())
	}
	if s.public.Addr().IsUnspecified() {
		_ = s.conn.Close()
		return nil, fmt.Errorf("%s is every address of this machine: say under which one it is reached", o.Addr)
	}
	if err := s.prepare(); err != nil {
		_ = s.conn.Close()
		return nil, err
	}
	return s, nil
}

// prepare makes what all connections share: the port, the certificate, what may be spoken.
func (s *Server) prepare() (err error) {
	key, err := newKey()
	if err != nil {
		return err
	}
	cert, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return err
	}
	s.cert = *cert
	words := relay.Words(s.opt.Log)
	s.mux = ice.NewUDPMuxDefault(ice.UDPMuxParams{Logger: words.NewLogger("mux"), UDPConn: outside{s.conn, net.UDPAddrFromAddrPort(s.public)}})
	set := &s.set
	set.LoggerFactory = words
	set.SetLite(true)
	set.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	set.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	set.SetIncludeLoopbackCandidate(true) // the one candidate is the address that was chosen, whichever it is
	set.SetICETimeouts(5*time.Second, 20*time.Second, 2*time.Second)

	spoken := &webrtc.MediaEngine{}
	err = errors.Join(
		spoken.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: opus, PayloadType: 111}, webrtc.RTPCodecTypeAudio),
		spoken.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: vp8, PayloadType: 96}, webrtc.RTPCodecTypeVideo),
		spoken.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.AudioLevelURI}, webrtc.RTPCodecTypeAudio),
	)
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		for _, uri := range []string{sdp.SDESMidURI, sdp.TransportCCURI} {
			err = errors.Join(err, spoken.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, kind))
		}
	}
	// Lost packets are asked for from whoever sends, by the library; who lost one on its way
	// from here is answered by us, from one memory for all.
	lost, err1 := nack.NewGeneratorInterceptor(nack.WithGeneratorLoggerFactory(words))
	in, err2 := report.NewReceiverInterceptor(report.WithReceiverLoggerFactory(words))
	out, err3 := report.NewSenderInterceptor(report.WithSenderLoggerFactory(words))
	line, err4 := twcc.NewSenderInterceptor(twcc.WithLoggerFactory(words))
	if err = errors.Join(err, err1, err2, err3, err4); err != nil {
		return err
	}
	chain := &interceptor.Registry{}
	for _, f := range []interceptor.Factory{lost, in, out, line} {
		chain.Add(f)
	}
	s.spoken, s.chain = spoken, chain
	return nil
}

// Addr is where browsers reach it, Local where this machine does.
func (s *Server) Addr() netip.AddrPort  { return s.public }
func (s *Server) Local() netip.AddrPort { return s.local }

// Close ends all calls and the port. Safe to call twice.
func (s *Server) Close() {
	s.mu.Lock()
	was, calls := s.closed, s.calls
	s.closed, s.calls = true, map[string]*session{}
	s.mu.Unlock()
	if was {
		return
	}
	for _, c := range calls {
		for _, x := range c.all() {
			x.end()
		}
	}
	s.wg.Wait()
	_ = s.mux.Close()
	_ = s.conn.Close()
}

// Open gives a party a new connection in a call, in place of one that it had, and tells it
// the offer.
// Errors: ErrFull, ErrSoon, ErrClosed.
func (s *Server) Open(call, party string, tell func(n int64, sdp string, tracks map[string][2]string)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	c := s.calls[call]
	if c == nil {
		if len(s.calls) >= s.opt.Calls {
			return ErrFull
		}
		c = &session{id: call, seats: map[string]*seat{}, asked: map[string]ask{}}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now, last := time.Now(), c.asked[party]
	if now.Sub(last.at) < last.wait() {
		return ErrSoon
	}
	old := c.seats[party]
	if old == nil && (len(c.seats) >= s.opt.Most || len(c.asked) >= 4*s.opt.Most) {
		return ErrFull
	}
	x, err := s.newSeat(c, party, tell)
	if err != nil {
		return err
	}
	if old != nil {
		c.take(old)
		old.end()
	}
	s.calls[call], c.seats[party], c.asked[party] = c, x, last.next(now)
	s.wg.Go(x.run)
	x.kick()
	return nil
}

// Answer hands a party's answer to an offer of its connection n.
// Errors: ErrNone.
func (s *Server) Answer(call, party string, n int64, sdp string) error {
	x := s.find(call, party)
	if x == nil || x.number != n {
		return ErrNone
	}
	select {
	case x.answers <- sdp:
		return nil
	default:
		return ErrNone
	}
}

// Leave takes a party out of its call at once.
func (s *Server) Leave(call, party string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.calls[call]
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.asked, party)
	if x := c.seats[party]; x != nil {
		c.take(x)
		x.end()
	}
	if len(c.seats) == 0 {
		delete(s.calls, call)
	}
}

// Keep takes out of a call whoever is not among the parties; with none it is over.
func (s *Server) Keep(call string, parties []string) {
	s.mu.Lock()
	c := s.calls[call]
	s.mu.Unlock()
	if c == nil {
		return
	}
	c.mu.Lock()
	gone := make([]string, 0, len(c.asked))
	for p := range c.asked {
		if !slices.Contains(parties, p) {
			gone = append(gone, p)
		}
	}
	c.mu.Unlock()
	for _, p := range gone {
		s.Leave(call, p)
	}
}

// Calls lists the calls that are forwarded.
func (s *Server) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]string, 0, len(s.calls))
	for id := range s.calls {
		out = append(out, id)
	}
	return out
}

// Figures are what a server does at the moment, and has forwarded since it began.
type Figures struct {
	Calls, Parties, Tracks int
	Packets                int64
}

// Figures counts.
func (s *Server) Figures() (f Figures) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Calls, f.Packets = len(s.calls), s.packets.Load()
	for _, c := range s.calls {
		c.mu.Lock()
		f.Parties += len(c.seats)
		for _, x := range c.seats {
			for _, u := range x.ups {
				if u != nil {
					f.Tracks++
				}
			}
		}
		c.mu.Unlock()
	}
	return f
}

func (s *Server) find(call, party string) *seat {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.calls[call]
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seats[party]
}

func (c *session) all() []*seat {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]*seat, 0, len(c.seats))
	for _, x := range c.seats {
		out = append(out, x)
	}
	return out
}

// take takes a seat out, with the lock held: what came from it goes to nobody any more, and
// the others are told.
func (c *session) take(x *seat) {
	if c.seats[x.party] != x {
		return
	}
	delete(c.seats, x.party)
	x.gone = true
	for i, u := range x.ups {
		if u != nil {
			u.cut()
			x.ups[i] = nil
		}
	}
	for _, d := range x.downs {
		d.from(nil)
	}
	for _, other := range c.seats {
		other.kick()
	}
}
