// Package relay is the built-in TURN server (RFC 8656, UDP): browsers in a call that find
// no way to each other send through it. Credentials are time-limited and name a person,
// as in the REST API of TURN (draft-uberti-behave-turn-rest-00); the password is the
// HMAC-SHA1 of the name, base64. It relays only to addresses that Options.Allow lets
// through, so that it is no door into the network it stands in, and bounds each person.
package relay

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the draft's, and what browsers and other servers speak
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

// Options make a server. Addr and Allow are required.
type Options struct {
	Addr   string                         // host:port to listen on by UDP
	Public netip.Addr                     // the address browsers are told; zero = that of Addr
	Allow  func(netip.Addr) bool          // where may be relayed to
	Ports  [2]uint16                      // from and to which port it relays; zero = any
	Life   time.Duration                  // how long credentials are good, default 4 h
	May    func(person string) bool       // who may use it at the moment, whatever the credentials; nil: everybody
	Every  time.Duration                  // how often what is open is held to May, default 10 s
	Most   int                            // allocations of one person, default 12: two for each other party
	Bytes  float64                        // relayed for one person and second, both ways, default 3 MiB
	Log    *slog.Logger                   // default: slog.Default
	Clock  func() time.Time               // default: time.Now
	Listen func() (net.PacketConn, error) // for tests; default: by Addr
	Own    func(netip.Addr) bool          // for tests; default: an address of this machine, but the loopback
}

// Server is a TURN server that runs.
type Server struct {
	opt    Options
	conn   net.PacketConn
	turn   *turn.Server
	secret string
	public netip.AddrPort

	mu      sync.Mutex
	persons map[string]*account
	ports   map[int]bool // of the allocations
	near    [2]netip.AddrPort

	done chan struct{}
	once sync.Once
}

// account is what a person uses.
type account struct {
	open   int
	conns  map[*relayed]struct{}
	tokens float64
	at     time.Time
}

const (
	realm    = "entente"
	allocate = 0x003 // the method of RFC 8656 that opens something
)

var errQuota = errors.New("relay: too many allocations of one person")

// Listen opens the server's port and serves until Close. The secret of its credentials is
// made anew: those of an earlier run are worthless.
func Listen(o Options) (*Server, error) {
	if o.Life == 0 {
		o.Life = 4 * time.Hour
	}
	if o.Most == 0 {
		o.Most = 12
	}
	if o.Bytes == 0 {
		o.Bytes = 3 << 20
	}
	if o.Every == 0 {
		o.Every = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Listen == nil {
		o.Listen = func() (net.PacketConn, error) { return net.ListenPacket("udp4", o.Addr) }
	}
	if o.Own == nil {
		o.Own = own()
	}
	var raw [32]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return nil, err
	}
	s := &Server{opt: o, secret: base64.RawURLEncoding.EncodeToString(raw[:]), persons: map[string]*account{}, ports: map[int]bool{}, done: make(chan struct{})}
	var err error
	if s.conn, err = o.Listen(); err != nil {
		return nil, err
	}
	at := s.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	if s.public = netip.AddrPortFrom(at.Addr().Unmap(), at.Port()); o.Public.IsValid() {
		s.public = netip.AddrPortFrom(o.Public.Unmap(), at.Port())
	}
	if s.public.Addr().IsUnspecified() {
		_ = s.conn.Close()
		return nil, fmt.Errorf("%s is every address of this machine: say under which one it is reached", o.Addr)
	}
	s.turn, err = turn.NewServer(turn.ServerConfig{
		Realm: realm, AuthHandler: s.auth, QuotaHandler: func(person, _ string, _ net.Addr) bool { return s.room(person) }, LoggerFactory: Words(o.Log),
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: s.conn, RelayAddressGenerator: ways{s}, PermissionHandler: func(_ net.Addr, ip net.IP) bool {
			a, ok := netip.AddrFromSlice(ip)
			near, _ := s.nearby()
			return ok && (a.Unmap() == s.public.Addr() || a.Unmap() == near.Addr() || o.Allow(a.Unmap()))
		}}},
	})
	if err != nil {
		_ = s.conn.Close()
		return nil, err
	}
	if o.May != nil {
		go s.hold()
	}
	return s, nil
}

// own says which addresses are this machine's. What is sent to one of them never passes a wall
// in front of the machine: that it may be relayed to says nothing of its ports.
func own() func(netip.Addr) bool {
	mine := map[netip.Addr]bool{}
	list, _ := net.InterfaceAddrs() // none can be read: Allow alone decides
	for _, a := range list {
		if n, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok && !ip.Unmap().IsLoopback() {
				mine[ip.Unmap()] = true
			}
		}
	}
	return func(a netip.Addr) bool { return mine[a] }
}

// Close ends the server and what it relays. Safe to call twice.
func (s *Server) Close() {
	s.once.Do(func() { close(s.done) })
	_ = s.turn.Close()
}

// hold ends again and again what is open of those who may not use it any more.
func (s *Server) hold() {
	t := time.NewTicker(s.opt.Every)
	defer t.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-t.C:
		}
		open := map[string][]*relayed{}
		s.mu.Lock()
		for p, a := range s.persons {
			for r := range a.conns {
				open[p] = append(open[p], r)
			}
		}
		s.mu.Unlock()
		for p, list := range open {
			if s.opt.May(p) {
				continue
			}
			for _, r := range list {
				_ = r.Close() // the allocation ends with its socket
			}
		}
	}
}

// Neighbour names another server of this machine: what is sent to its public address is
// handed to it within the machine, also behind NAT, or where that address may not be relayed
// to otherwise.
func (s *Server) Neighbour(public, local netip.AddrPort) {
	if local.Addr().IsUnspecified() {
		inside, _ := netip.AddrFromSlice(s.inside())
		local = netip.AddrPortFrom(inside.Unmap(), local.Port())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.near = [2]netip.AddrPort{public, local}
}

func (s *Server) nearby() (public, local netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.near[0], s.near[1]
}

// Addr is where browsers reach it.
func (s *Server) Addr() netip.AddrPort { return s.public }

// Figures are what the server does at the moment.
type Figures struct{ Persons, Allocations int }

// Figures counts those who use the server and what they hold open.
func (s *Server) Figures() (f Figures) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.persons {
		if a.open > 0 {
			f.Persons++
			f.Allocations += a.open
		}
	}
	return f
}

// URL is Addr as RTCPeerConnection takes it.
func (s *Server) URL() string { return "turn:" + s.public.String() + "?transport=udp" }

// Credential is a name and a password for a person, good for Options.Life.
func (s *Server) Credential(person string) (user, password string) {
	return Credential(s.secret, person, s.opt.Clock().Add(s.opt.Life))
}

// Credential is a name and a password for a person until an instant, as every TURN server
// of the REST kind takes them that knows the secret.
func Credential(secret, person string, until time.Time) (user, password string) {
	user = strconv.FormatInt(until.Unix(), 10) + ":" + person
	m := hmac.New(sha1.New, []byte(secret))
	m.Write([]byte(user))
	return user, base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// auth says who a name belongs to, and the key its password makes.
func (s *Server) auth(r *turn.RequestAttributes) (person string, key []byte, ok bool) {
	until, person, ok := strings.Cut(r.Username, ":")
	n, err := strconv.ParseInt(until, 10, 64)
	if !ok || err != nil || person == "" {
		return "", nil, false
	}
	// What was opened in time goes on for as long as May says: a call is not cut off by the clock.
	if late := s.opt.Clock().Unix() >= n; late && (s.opt.May == nil || r.Method == allocate) {
		return "", nil, false
	}
	if s.opt.May != nil && !s.opt.May(person) {
		return "", nil, false
	}
	_, password := Credential(s.secret, person, time.Unix(n, 0))
	return person, turn.GenerateAuthKey(r.Username, r.Realm, password), true
}

// room says that a person may have one allocation more.
func (s *Server) room(person string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.persons[person]
	return a == nil || a.open < s.opt.Most
}

func (s *Server) enter(person string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.persons[person]
	if a == nil {
		s.forget()
		a = &account{conns: map[*relayed]struct{}{}, tokens: s.opt.Bytes, at: s.opt.Clock()}
		s.persons[person] = a
	}
	if a.open >= s.opt.Most {
		return false
	}
	a.open++
	return true
}

func (s *Server) leave(person string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.persons[person]; a != nil {
		a.open--
	}
}

// forget drops the accounts of those who use nothing, once they are full again: what a
// person relayed is not forgotten by ending the allocation and asking for another.
func (s *Server) forget() {
	now := s.opt.Clock()
	for p, a := range s.persons {
		if a.open == 0 && now.Sub(a.at) >= time.Second {
			delete(s.persons, p)
		}
	}
}

// spend takes n bytes from what a person may relay; false: the packet is dropped, as a
// full line would.
func (s *Server) spend(person string, n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.persons[person]
	if a == nil {
		return false
	}
	now := s.opt.Clock()
	if d := now.Sub(a.at).Seconds(); d > 0 {
		a.tokens = min(s.opt.Bytes, a.tokens+d*s.opt.Bytes)
		a.at = now
	}
	if a.tokens < float64(n) {
		return false
	}
	a.tokens -= float64(n)
	return true
}

// ways gives allocations their own sockets.
type ways struct{ s *Server }

func (w ways) Validate() error { return nil }

// AllocatePacketConn opens a socket in the range.
func (w ways) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	s := w.s
	if !s.enter(c.UserID) {
		return nil, nil, errQuota
	}
	conn, err := s.open()
	if err != nil {
		s.leave(c.UserID)
		return nil, nil, err
	}
	at := conn.LocalAddr().(*net.UDPAddr)
	r := &relayed{PacketConn: conn, s: s, person: c.UserID, port: at.Port}
	s.mu.Lock()
	s.ports[at.Port] = true
	s.persons[c.UserID].conns[r] = struct{}{}
	s.mu.Unlock()
	return r, &net.UDPAddr{IP: s.public.Addr().AsSlice(), Port: at.Port}, nil
}

// tries is how often a free port of the range is looked for.
const tries = 20

func (s *Server) open() (conn net.PacketConn, err error) {
	host := s.conn.LocalAddr().(*net.UDPAddr).IP.String()
	from, to := int(s.opt.Ports[0]), int(s.opt.Ports[1])
	for range tries {
		port := 0
		if to > 0 {
			port = from + mathrand.IntN(to-from+1)
		}
		if conn, err = net.ListenPacket("udp4", net.JoinHostPort(host, strconv.Itoa(port))); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// TCP is not relayed (RFC 6062).
func (ways) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errors.ErrUnsupported
}

func (ways) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) {
	return nil, errors.ErrUnsupported
}

// relayed is the socket of an allocation, which its person pays for. Two allocations of this
// server reach each other without leaving it, also where its public address is that of a
// router in front, or none that may be relayed to otherwise.
type relayed struct {
	net.PacketConn
	s      *Server
	person string
	port   int
	once   sync.Once
}

// inside is where this machine reaches the allocations of its own server.
func (s *Server) inside() net.IP {
	if ip := s.conn.LocalAddr().(*net.UDPAddr).IP; !ip.IsUnspecified() {
		return ip
	}
	return net.IPv4(127, 0, 0, 1)
}

// allocated says that a port is one of an allocation.
func (s *Server) allocated(port int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ports[port]
}

func (r *relayed) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := r.PacketConn.ReadFrom(b)
		if err != nil {
			return n, from, err
		}
		if u, ok := from.(*net.UDPAddr); ok && u.IP.Equal(r.s.inside()) && r.s.allocated(u.Port) {
			from = &net.UDPAddr{IP: r.s.public.Addr().AsSlice(), Port: u.Port}
		} else if public, local := r.s.nearby(); ok && local.IsValid() && unmapped(u) == local {
			from = net.UDPAddrFromAddrPort(public)
		}
		if r.s.spend(r.person, n) {
			return n, from, nil
		}
	}
}

func (r *relayed) WriteTo(b []byte, to net.Addr) (int, error) {
	if u, ok := to.(*net.UDPAddr); ok {
		public, local := r.s.nearby()
		switch at := unmapped(u); {
		case local.IsValid() && at == public:
			to = net.UDPAddrFromAddrPort(local)
		case at.Addr() == public.Addr() && at.Addr() != r.s.public.Addr() && !r.s.opt.Allow(at.Addr()): // another port beside it
			return len(b), nil
		case at.Addr() != r.s.public.Addr():
			if r.s.opt.Own(at.Addr()) {
				return len(b), nil
			}
		case r.s.allocated(u.Port):
			to = &net.UDPAddr{IP: r.s.inside(), Port: u.Port}
		case !r.s.opt.Allow(r.s.public.Addr()), r.s.opt.Own(r.s.public.Addr()): // a port of this machine that is none of ours
			return len(b), nil
		}
	}
	if !r.s.spend(r.person, len(b)) {
		return len(b), nil
	}
	return r.PacketConn.WriteTo(b, to)
}

func unmapped(u *net.UDPAddr) netip.AddrPort {
	at := u.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

func (r *relayed) Close() error {
	r.once.Do(func() {
		r.s.mu.Lock()
		delete(r.s.ports, r.port)
		if a := r.s.persons[r.person]; a != nil {
			delete(a.conns, r)
		}
		r.s.mu.Unlock()
		r.s.leave(r.person)
	})
	return r.PacketConn.Close()
}

// factory hands the library's words to ours, all as debug: strangers cause most of them.
type factory struct{ log *slog.Logger }

// Words is a logger for the libraries of calls that hands all they say to ours as debug.
func Words(log *slog.Logger) logging.LoggerFactory { return factory{log} }

func (f factory) NewLogger(scope string) logging.LeveledLogger { return words{f.log, scope} }

type words struct {
	log   *slog.Logger
	scope string
}

func (w words) say(text string) { w.log.Debug("media", "scope", w.scope, "text", text) }

func (w words) Trace(string)                 {}
func (w words) Tracef(string, ...any)        {}
func (w words) Debug(string)                 {}
func (w words) Debugf(string, ...any)        {}
func (w words) Info(t string)                { w.say(t) }
func (w words) Infof(f string, args ...any)  { w.say(fmt.Sprintf(f, args...)) }
func (w words) Warn(t string)                { w.say(t) }
func (w words) Warnf(f string, args ...any)  { w.say(fmt.Sprintf(f, args...)) }
func (w words) Error(t string)               { w.say(t) }
func (w words) Errorf(f string, args ...any) { w.say(fmt.Sprintf(f, args...)) }
