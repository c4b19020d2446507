package relay

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/turn/v5"
)

var loopback = netip.MustParsePrefix("127.0.0.0/8")

// serve starts a server on the loopback that relays to what allow lets through.
func serve(t *testing.T, o Options) *Server {
	t.Helper()
	o.Addr = "127.0.0.1:0"
	s, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// client is a TURN client with a name and a password. It reaches the server within the machine,
// whatever address that has outside.
func client(t *testing.T, s *Server, user, password string) *turn.Client {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := turn.NewClient(&turn.ClientConfig{TURNServerAddr: s.conn.LocalAddr().String(), Conn: conn, Username: user, Password: password, Realm: realm, LoggerFactory: factory{s.opt.Log}})
	if err == nil {
		err = c.Listen()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); _ = conn.Close() })
	return c
}

// bothEnds is what two persons have allocated.
func bothEnds(t *testing.T, s *Server) (ends [2]net.PacketConn) {
	t.Helper()
	for i, person := range []string{"maya", "ingrid"} {
		user, password := s.Credential(person)
		var err error
		if ends[i], err = client(t, s, user, password).Allocate(); err != nil {
			t.Fatal(err)
		}
	}
	return ends
}

// TestRelay: with a credential of the hour packets go through, both ways, to where it is
// allowed, and within what a person may use.
func TestRelay(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	now.Store(time.Now().Unix())
	s := serve(t, Options{Allow: func(a netip.Addr) bool { return loopback.Contains(a) }, Most: 2, Bytes: 4000, Clock: func() time.Time { return time.Unix(now.Load(), 0) }})
	if s.URL() != "turn:"+s.Addr().String()+"?transport=udp" {
		t.Error(s.URL())
	}
	user, password := s.Credential("maya")
	if !strings.HasSuffix(user, ":maya") {
		t.Errorf("a credential of %q", user)
	}

	// names that were not given, belong to another or are old
	late, old := Credential(s.secret, "maya", time.Unix(now.Load()-1, 0))
	other, _ := s.Credential("ingrid")
	for what, pair := range map[string][2]string{"another's name": {other, password}, "a wrong password": {user, "x"}, "an old one": {late, old}, "no time": {"maya", "x"}, "nobody's": {strings.TrimSuffix(user, "maya"), password}} {
		if _, err := client(t, s, pair[0], pair[1]).Allocate(); err == nil {
			t.Errorf("%s is taken", what)
		}
	}

	peer, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	c := client(t, s, user, password)
	out, err := c.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 2000)
	echo := func(n int) {
		t.Helper()
		if _, err := out.WriteTo(make([]byte, n), peer.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		_ = peer.SetReadDeadline(time.Now().Add(10 * time.Second))
		got, from, err := peer.ReadFrom(buf)
		if err != nil || got != n || from.String() != out.LocalAddr().String() {
			t.Fatalf("the peer reads %d from %v: %v", got, from, err)
		}
		if _, err := peer.WriteTo([]byte("yes"), from); err != nil {
			t.Fatal(err)
		}
		_ = out.SetReadDeadline(time.Now().Add(10 * time.Second))
		if got, _, err = out.ReadFrom(buf); err != nil || string(buf[:got]) != "yes" {
			t.Fatalf("the client reads %q: %v", buf[:got], err)
		}
	}
	echo(1000)

	// beyond what the person may relay, packets are dropped; a second later they pass again
	if _, err := out.WriteTo(make([]byte, 1400), peer.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	if _, err := out.WriteTo(make([]byte, 1401), peer.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	if _, err := out.WriteTo(make([]byte, 1500), peer.LocalAddr()); err != nil { // 4000 are used up
		t.Fatal(err)
	}
	if _, err := out.WriteTo([]byte("last"), peer.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1400, 1401, 4} {
		if got, _, err := peer.ReadFrom(buf); err != nil || got != want {
			t.Errorf("the peer reads %d, want %d: %v", got, want, err)
		}
	}
	now.Add(1)
	echo(999)

	// no further than allowed
	for _, addr := range []string{"10.0.0.1:9", "169.254.169.254:80", "192.168.1.1:53", "8.8.8.8:53"} {
		to, _ := net.ResolveUDPAddr("udp4", addr)
		if err := c.CreatePermission(to); err == nil {
			t.Errorf("%s is relayed to", addr)
		}
	}

	// so many allocations, and again when one ended
	second, err := client(t, s, user, password).Allocate()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client(t, s, user, password).Allocate(); err == nil || !strings.Contains(err.Error(), "486") {
		t.Errorf("a third: %v", err)
	}
	if _, err := client(t, s, first(s.Credential("ingrid")), secondOf(s.Credential("ingrid"))).Allocate(); err != nil {
		t.Errorf("another person: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; { // it is told without waiting for an answer
		_, err := client(t, s, user, password).Allocate()
		if err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("after one ended: %v", err)
		}
	}
}

func first(user, _ string) string        { return user }
func secondOf(_, password string) string { return password }

// TestRelayedStaysCounted: who ends an allocation and asks for the next has relayed what
// he has relayed; a second later nothing is kept of him.
func TestRelayedStaysCounted(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	s := &Server{opt: Options{Most: 1, Bytes: 1000, Clock: func() time.Time { return now }}, persons: map[string]*account{}}
	for i := range 5 {
		if !s.enter("maya") {
			t.Fatal("no allocation")
		}
		if got := s.spend("maya", 900); got != (i == 0) {
			t.Errorf("allocation %d relays: %v", i, got)
		}
		s.leave("maya")
	}
	now = now.Add(time.Second)
	if !s.enter("ingrid") || s.persons["maya"] != nil {
		t.Errorf("%v", s.persons)
	}
	if !s.enter("maya") || !s.spend("maya", 900) {
		t.Error("a second later")
	}
}

// TestBothRelayed: two persons who use nothing but the server reach each other through it,
// also where its public address is a router's; its other ports are no way into the machine.
func TestBothRelayed(t *testing.T) {
	t.Parallel()
	s := serve(t, Options{Public: netip.MustParseAddr("203.0.113.7"), Allow: func(netip.Addr) bool { return false }})
	ends := bothEnds(t, s)
	for _, end := range ends {
		if at := end.LocalAddr().(*net.UDPAddr); at.IP.String() != "203.0.113.7" {
			t.Fatalf("relayed from %v", at)
		}
	}
	secret, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer secret.Close()
	at := secret.LocalAddr().(*net.UDPAddr)
	if _, err := ends[0].WriteTo([]byte("in"), at); err == nil {
		t.Error("this machine is relayed to")
	}
	if _, err := ends[0].WriteTo([]byte("in"), &net.UDPAddr{IP: net.IPv4(203, 0, 113, 7), Port: at.Port}); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	for range 2 { // the first word of each end gives the other leave to answer
		for i := range ends {
			if _, err := ends[i].WriteTo([]byte{'0' + byte(i)}, ends[1-i].LocalAddr()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range ends {
		_ = ends[i].SetReadDeadline(time.Now().Add(10 * time.Second))
		n, from, err := ends[i].ReadFrom(buf)
		if err != nil || string(buf[:n]) != string('1'-rune(i)) || from.String() != ends[1-i].LocalAddr().String() {
			t.Errorf("end %d reads %q from %v: %v", i, buf[:n], from, err)
		}
	}
	_ = secret.SetReadDeadline(time.Now().Add(50 * time.Millisecond)) // at one that is over nothing is read at all
	if n, _, err := secret.ReadFrom(buf); err == nil {
		t.Errorf("a port of the machine reads %q", buf[:n])
	}
}

// TestOwnPorts: where the server has a public address that may be relayed to, that is no way
// to what else listens on the machine, behind whatever wall stands in front of it.
func TestOwnPorts(t *testing.T) {
	t.Parallel()
	for _, public := range []string{"", "127.0.0.2"} { // the address is the server's, or another of the machine
		o := Options{Allow: loopback.Contains, Own: loopback.Contains}
		if public != "" {
			o.Public = netip.MustParseAddr(public)
		}
		s := serve(t, o)
		ends := bothEnds(t, s)
		secret, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer secret.Close()
		if _, err := ends[0].WriteTo([]byte("in"), secret.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		for range 2 { // the first word of each end gives the other leave to answer; they come after what was sent before
			for i := range ends {
				if _, err := ends[i].WriteTo([]byte("x"), ends[1-i].LocalAddr()); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = ends[1].SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, _, err := ends[1].ReadFrom(buf); err != nil {
			t.Errorf("the other end: %v", err)
		}
		_ = secret.SetReadDeadline(time.Now().Add(50 * time.Millisecond)) // at one that is over nothing is read at all
		if n, _, err := secret.ReadFrom(buf); err == nil {
			t.Errorf("a port of the machine reads %q", buf[:n])
		}
	}
}

// TestLongCall: what was opened while the credentials were good goes on while its person is in
// a call; nothing is opened with old ones.
func TestLongCall(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	now.Store(time.Now().Unix())
	for _, calls := range []bool{true, false} {
		o := Options{Allow: loopback.Contains, Life: time.Hour, Clock: func() time.Time { return time.Unix(now.Load(), 0) }}
		if calls {
			o.May = func(string) bool { return true }
		}
		s := serve(t, o)
		user, password := s.Credential("maya")
		c := client(t, s, user, password)
		if _, err := c.Allocate(); err != nil {
			t.Fatal(err)
		}
		now.Add(3601)
		if err := c.CreatePermission(&net.UDPAddr{IP: net.IPv4(127, 0, 0, 9), Port: 9}); (err == nil) != calls {
			t.Errorf("an hour later, held to calls %v: %v", calls, err)
		}
		if _, err := client(t, s, user, password).Allocate(); err == nil {
			t.Error("something new is opened")
		}
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	allow := func(netip.Addr) bool { return false }
	if _, err := Listen(Options{Addr: "0.0.0.0:0", Allow: allow}); err == nil || !strings.Contains(err.Error(), "under which") {
		t.Errorf("every address: %v", err)
	}
	s, err := Listen(Options{Addr: "0.0.0.0:0", Public: netip.MustParseAddr("203.0.113.7"), Allow: allow, Ports: [2]uint16{41000, 41010}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Addr().Addr().String() != "203.0.113.7" || s.Addr().Port() == 0 {
		t.Error(s.Addr())
	}
	conn, told, err := ways{s}.AllocatePacketConn(turn.AllocateListenerConfig{Network: "udp4", UserID: "maya"})
	if err != nil {
		t.Fatal(err)
	}
	if at := told.(*net.UDPAddr); at.IP.String() != "203.0.113.7" || at.Port < 41000 || at.Port > 41010 {
		t.Error(at)
	}
	_ = conn.Close()
	_ = conn.Close()
	if a := s.persons["maya"]; a == nil || a.open != 0 {
		t.Errorf("%v", s.persons)
	}
	if _, err := (ways{s}).AllocateConn(turn.AllocateConnConfig{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	s.Close() // twice
}

// TestNeighbour: another server of the machine is reached under its public address, behind NAT
// too, and no other port there.
func TestNeighbour(t *testing.T) {
	t.Parallel()
	s := serve(t, Options{Public: netip.MustParseAddr("203.0.113.7"), Allow: func(netip.Addr) bool { return false }})
	open := func() (net.PacketConn, netip.AddrPort) {
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c, c.LocalAddr().(*net.UDPAddr).AddrPort()
	}
	near, at := open()
	secret, other := open()
	public := netip.AddrPortFrom(netip.MustParseAddr("203.0.113.9"), at.Port())
	s.Neighbour(public, netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port()))
	user, password := s.Credential("maya")
	end, err := client(t, s, user, password).Allocate()
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []netip.AddrPort{netip.AddrPortFrom(public.Addr(), other.Port()), public} {
		if _, err := end.WriteTo([]byte("in"), net.UDPAddrFromAddrPort(to)); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, 100)
	_ = near.SetReadDeadline(time.Now().Add(10 * time.Second))
	_, from, err := near.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := near.WriteTo([]byte("out"), from); err != nil {
		t.Fatal(err)
	}
	_ = end.SetReadDeadline(time.Now().Add(10 * time.Second))
	if n, from, err := end.ReadFrom(buf); err != nil || string(buf[:n]) != "out" || from.String() != public.String() {
		t.Errorf("it answers %q from %v: %v", buf[:n], from, err)
	}
	_ = secret.SetReadDeadline(time.Now().Add(50 * time.Millisecond)) // at one that is over nothing is read at all
	if n, _, err := secret.ReadFrom(buf); err == nil {
		t.Errorf("a port beside it reads %q", buf[:n])
	}
}

// TestMay: who is in no call gets nothing with credentials that are good, and what is open of
// who left ends.
func TestMay(t *testing.T) {
	t.Parallel()
	var out atomic.Bool
	s := serve(t, Options{Allow: loopback.Contains, Every: 10 * time.Millisecond, May: func(person string) bool { return person == "ingrid" || person == "maya" && !out.Load() }})
	ends := map[string]net.PacketConn{}
	for _, person := range []string{"maya", "ingrid"} {
		user, password := s.Credential(person)
		end, err := client(t, s, user, password).Allocate()
		if err != nil {
			t.Fatal(err)
		}
		ends[person] = end
	}
	user, password := s.Credential("kaarel")
	if _, err := client(t, s, user, password).Allocate(); err == nil {
		t.Error("who is in no call has an allocation")
	}
	out.Store(true)
	end := time.Now().Add(10 * time.Second)
	for s.allocated(ends["maya"].LocalAddr().(*net.UDPAddr).Port) && time.Now().Before(end) {
		time.Sleep(time.Millisecond)
	}
	if s.allocated(ends["maya"].LocalAddr().(*net.UDPAddr).Port) || !s.allocated(ends["ingrid"].LocalAddr().(*net.UDPAddr).Port) {
		t.Error("who left keeps the allocation, or who stays lost it")
	}
	user, password = s.Credential("maya")
	if _, err := client(t, s, user, password).Allocate(); err == nil {
		t.Error("who left has an allocation anew")
	}
}
