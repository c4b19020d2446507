package sfu

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/transport/v5/packetio"
	"github.com/pion/webrtc/v4"
)

var (
	opus = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1", RTCPFeedback: []webrtc.RTCPFeedback{{Type: "transport-cc"}}}
	vp8  = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, RTCPFeedback: []webrtc.RTCPFeedback{{Type: "transport-cc"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}}}
)

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// seat is the connection of a party. What is negotiated goes through run, one after the
// other; what the seat takes and gets is guarded by the session.
type seat struct {
	s       *Server
	call    *session
	party   string
	number  int64
	tell    Tell
	pc      *webrtc.PeerConnection
	recv    [media]*webrtc.RTPTransceiver
	wake    chan struct{}
	answers chan string
	done    chan struct{}
	once    sync.Once

	// guarded by call.mu
	ups   [media]*up
	downs []*down
	gone  bool

	sent, resent purse // what it may send, and have sent once more

	boundMu sync.Mutex
	sources map[netip.AddrPort]bool
	streams map[packetio.BufferPacketType]int
}

func (s *Server) newSeat(c *session, party string, tell Tell) (*seat, error) {
	x := &seat{s: s, call: c, party: party, number: s.numbers.Add(1), tell: tell, wake: make(chan struct{}, 1), answers: make(chan string, 1), done: make(chan struct{}), sources: map[netip.AddrPort]bool{}, streams: map[packetio.BufferPacketType]int{}}
	set := s.set // a copy
	set.BufferFactory = x.stream
	set.SetICEUDPMux(door{s.mux, x})
	api := webrtc.NewAPI(webrtc.WithSettingEngine(set), webrtc.WithMediaEngine(s.spoken), webrtc.WithInterceptorRegistry(s.chain))
	pc, err := api.NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{s.cert}, BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		return nil, err
	}
	x.pc = pc
	for i := range x.recv {
		if x.recv[i], err = pc.AddTransceiverFromKind(kindOf(i), webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			_ = pc.Close()
			return nil, err
		}
	}
	pc.OnTrack(x.hears)
	pc.OnConnectionStateChange(func(st webrtc.PeerConnectionState) {
		if st == webrtc.PeerConnectionStateFailed || st == webrtc.PeerConnectionStateClosed {
			x.drop()
		}
	})
	return x, nil
}

func kindOf(medium int) webrtc.RTPCodecType {
	if medium == mic {
		return webrtc.RTPCodecTypeAudio
	}
	return webrtc.RTPCodecTypeVideo
}

// kick has the party told how things stand now.
func (x *seat) kick() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// end closes the connection. Safe to call twice, and with locks held.
func (x *seat) end() { x.once.Do(func() { close(x.done) }) }

// drop takes the seat out of its call. The party may ask for another.
func (x *seat) drop() {
	x.call.mu.Lock()
	x.call.take(x)
	x.call.mu.Unlock()
	x.end()
}

// run negotiates until the seat ends.
func (x *seat) run() {
	defer func() {
		if r := recover(); r != nil { // what a stranger says is parsed here: it costs him his seat, nobody else anything
			x.s.opt.Log.Error("negotiating with a party", "call", x.call.id, "party", x.party, "panic", r)
		}
		x.drop()
		_ = x.pc.Close()
	}()
	for {
		select {
		case <-x.done:
			return
		case <-x.wake:
		}
		if err := x.negotiate(); err != nil {
			x.s.opt.Log.Debug("a party's connection ends", "call", x.call.id, "party", x.party, "err", err)
			return
		}
	}
}

func (x *seat) negotiate() error {
	if err := x.plan(); err != nil {
		return err
	}
	offer, err := x.pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	gathered := webrtc.GatheringCompletePromise(x.pc)
	if err := x.pc.SetLocalDescription(offer); err != nil {
		return err
	}
	t := time.NewTimer(x.s.opt.Answer)
	defer t.Stop()
	select {
	case <-gathered:
	case <-x.done:
		return nil
	case <-t.C:
		return fmt.Errorf("no candidate")
	}
	select { // said before it was asked
	case <-x.answers:
	default:
	}
	x.tell(x.number, x.pc.LocalDescription().SDP, x.whose())
	select {
	case said := <-x.answers:
		if !fits(x.pc.LocalDescription().SDP, said) {
			return fmt.Errorf("an answer to something else")
		}
		return x.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: plain(said)})
	case <-x.done:
		return nil
	case <-t.C:
		return fmt.Errorf("no answer")
	}
}

// plan gives each medium of the others one of ours: a free one, or one more.
func (x *seat) plan() error {
	x.call.mu.Lock()
	defer x.call.mu.Unlock()
	if x.gone {
		return nil
	}
	has := map[*up]bool{}
	for _, d := range x.downs {
		if u := d.source(); u != nil {
			has[u] = true
		}
	}
	for _, other := range x.call.seats {
		for i, u := range other.ups {
			if other == x || u == nil || has[u] {
				continue
			}
			d, err := x.free(i)
			if err != nil {
				return err
			}
			d.from(u)
			u.add(d)
		}
	}
	return nil
}

func (x *seat) free(medium int) (*down, error) {
	for _, d := range x.downs {
		if d.source() == nil && d.picture == (medium != mic) {
			return d, nil
		}
	}
	d := &down{x: x, picture: medium != mic, id: fmt.Sprint("t", len(x.downs))}
	t, err := x.pc.AddTransceiverFromTrack(d, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return nil, err
	}
	d.t = t
	x.downs = append(x.downs, d)
	go d.asked(t.Sender()) // ends with the connection
	return d, nil
}

// whose says which medium comes from whom.
func (x *seat) whose() map[string][2]string {
	x.call.mu.Lock()
	defer x.call.mu.Unlock()
	out := map[string][2]string{}
	for _, d := range x.downs {
		if u := d.source(); u != nil {
			out[d.t.Mid()] = [2]string{u.x.party, kinds[u.medium]}
		}
	}
	return out
}

// hears is told of a medium of the party once its first packet is there, and reads it.
func (x *seat) hears(track *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
	medium := -1
	for i, t := range x.recv {
		if t.Receiver() == r {
			medium = i
		}
	}
	if medium < 0 {
		return
	}
	u := &up{x: x, medium: medium, track: track, level: levelID(r.GetParameters().HeaderExtensions)}
	x.call.mu.Lock()
	if x.gone || x.ups[medium] != nil {
		x.call.mu.Unlock()
		return
	}
	x.ups[medium] = u
	for _, other := range x.call.seats {
		if other != x {
			other.kick()
		}
	}
	x.call.mu.Unlock()
	u.read()
	x.call.mu.Lock()
	defer x.call.mu.Unlock()
	u.cut()
	if x.ups[medium] == u {
		x.ups[medium] = nil
	}
}

// spend takes n bytes from what the party may send; false: they are dropped, as a full line
// would.
func (x *seat) spend(n int) bool { return x.sent.take(n, x.s.opt.Bytes) }
