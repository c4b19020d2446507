package dial

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"entente/prm/fault"
)

func TestPublic(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]bool{
		"93.184.215.14": true, "8.8.8.8": true, "172.32.0.1": true, "192.167.255.255": true, "100.128.0.1": true, "2606:2800:21f:cb07::1": true, "2a00:1450::1": true,
		"127.0.0.1": false, "127.255.255.254": false, "0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false,
		"192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "100.100.100.200": false, "192.0.0.192": false, "192.0.2.1": false,
		"198.18.0.1": false, "198.51.100.1": false, "203.0.113.9": false, "224.0.0.1": false, "239.1.1.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "::7f00:1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:8.8.8.8": true, "::ffff:0:127.0.0.1": false,
		"fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd00:ec2::254": false, "ff02::1": false, "fec0::1": false, "100::1": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b::808:808": true, "64:ff9b:1::808:808": false,
		"2002:7f00:1::": false, "2002:808:808::1": false, "2001::1": false, "2001:db8::1": false, "3fff::1": false, "5f00::1": false,
	} {
		if got := Public(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is public: %v", addr, got)
		}
	}
	if Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestAllow(t *testing.T) {
	t.Parallel()
	list, err := ParseAllow(" 10.1.0.0/16, 127.0.0.1 ,fd00::/8,,::ffff:192.168.7.0/120")
	if err != nil || len(list) != 4 {
		t.Fatalf("%v, %v", list, err)
	}
	d := New(Options{Allow: list})
	for addr, want := range map[string]bool{
		"10.1.2.3": true, "::ffff:10.1.2.3": true, "10.2.0.1": false, "127.0.0.1": true, "127.0.0.2": false, "fd12::1": true, "fc12::1": false,
		"192.168.7.9": true, "192.168.8.9": false, "8.8.8.8": true, "64:ff9b::a01:203": false,
	} {
		if got := d.Allowed(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s allowed: %v", addr, got)
		}
	}
	for _, bad := range []string{"localhost", "10.0.0.0/33", "10.0.0", "fe80::1%eth0", "private"} {
		if _, err := ParseAllow(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func key(err error) string { return fault.KeyOf(err) }

// A host written in any of the ways that end at this machine is not reached.
func TestNoWayHome(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	home := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer home.Close()
	_, port, _ := net.SplitHostPort(home.Listener.Addr().String())
	c := New(Options{Timeout: 2 * time.Second}).Client(Limits{Total: 4 * time.Second})
	for _, host := range []string{
		"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "[::]", "0", "2130706433", "0x7f000001", "017700000001",
		"127.1", "127.0.1", "[0:0:0:0:0:0:0:1]", "127.0.0.1.", "localhost.", "[fe80::1%25lo]", "[64:ff9b::7f00:1]", "169.254.169.254", "10.0.0.1",
	} {
		res, err := c.Get("http://" + host + ":" + port + "/")
		if err == nil {
			_ = res.Body.Close()
			t.Errorf("%s was called", host)
			continue
		}
		if k := key(err); k == "" || k == "dial.failed" || k == "dial.timeout" || k == "dial.refused" {
			t.Errorf("%s: %q (%v)", host, k, err)
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d calls came home", n)
	}
	for _, bad := range []string{"ftp://example.com/", "file:///etc/passwd", "gopher://x", "http:///x", "http://user:pw@example.com/", "//example.com", "http:example.com", "", "http://[::1"} {
		if _, err := CheckURL(bad); key(err) != "dial.url" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// resolver answers every A question with the next of addrs, the last one for ever.
func resolver(t *testing.T, addrs ...[]string) *net.Resolver {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.Close() })
	go func() {
		buf := make([]byte, 1500)
		next := 0
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			q := buf[12:n]
			end := bytes.IndexByte(q, 0) + 5
			out := append([]byte(nil), buf[:12]...)
			out = append(out, q[:end]...)
			out[2], out[3] = 0x84, 0
			copy(out[6:12], make([]byte, 6)) // no answers, authorities, additionals
			switch {
			case binary.BigEndian.Uint16(q[end-4:]) != 1:
			case len(addrs) == 0:
				out[3] = 3 // no such name
			default:
				list := addrs[min(next, len(addrs)-1)]
				next++
				out[7] = byte(len(list))
				for _, a := range list {
					ip := netip.MustParseAddr(a).As4()
					out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
					out = append(out, ip[:]...)
				}
			}
			_, _ = pc.WriteTo(out, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}

// listen counts the connections to loopback addresses, one for each, all on one port.
func listen(t *testing.T, hosts ...string) (counts []*atomic.Int64, port string) {
	t.Helper()
	var open []net.Listener
	for try := 0; len(open) < len(hosts); {
		l, err := net.Listen("tcp", net.JoinHostPort(hosts[len(open)], cmp.Or(port, "0")))
		if err == nil {
			_, port, _ = net.SplitHostPort(l.Addr().String())
			open = append(open, l)
			continue
		}
		for _, l := range open {
			_ = l.Close()
		}
		if try++; try == 10 { // a port that is free on one host may be taken on the next
			leaveOut(t, "%s cannot be listened on here: %v", hosts[len(open)], err)
		}
		open, port = nil, ""
	}
	for _, l := range open {
		counts = append(counts, count(t, l))
	}
	return counts, port
}

// leaveOut skips a test; in CI that is a failure.
func leaveOut(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf("left out: "+format, args...)
}

func count(t *testing.T, l net.Listener) *atomic.Int64 {
	t.Cleanup(func() { _ = l.Close() })
	var n atomic.Int64
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			n.Add(1)
			_ = c.Close()
		}
	}()
	return &n
}

// A name whose answer changes after it was found good is judged again, and of
// several addresses only an allowed one is tried.
func TestRebinding(t *testing.T) {
	t.Parallel()
	counts, port := listen(t, "127.0.0.2", "127.0.0.1")
	good, bad := counts[0], counts[1]
	allow := []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}

	d := New(Options{Allow: allow, Resolver: resolver(t, []string{"127.0.0.2"}, []string{"127.0.0.1"})})
	c, err := d.DialContext(t.Context(), "tcp", "partner.test:"+port)
	if err != nil {
		t.Fatalf("the allowed answer: %v", err)
	}
	_ = c.Close()
	if _, err := d.DialContext(t.Context(), "tcp", "partner.test:"+port); key(err) != "dial.not_allowed" {
		t.Errorf("after the answer changed: %v", err)
	}

	d = New(Options{Allow: allow, Resolver: resolver(t, []string{"127.0.0.1", "127.0.0.2"})})
	c, err = d.DialContext(t.Context(), "tcp", "both.test:"+port)
	if err != nil {
		t.Fatalf("two answers, one allowed: %v", err)
	}
	if got := c.RemoteAddr().String(); got != "127.0.0.2:"+port {
		t.Errorf("connected to %s", got)
	}
	_ = c.Close()
	if bad.Load() != 0 {
		t.Errorf("%d connections to the address that is not allowed", bad.Load())
	}
	_ = good
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var inner atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inner.Add(1) }))
	defer inside.Close()
	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inside.URL, map[string]int{"/301": 301, "/302": 302, "/303": 303, "/307": 307, "/308": 308}[r.URL.Path])
	}))
	defer outside.Close()
	c := New(Options{Allow: Loopback}).Client(Limits{})
	for _, path := range []string{"/301", "/302", "/303", "/307", "/308"} {
		if _, err := c.Post(outside.URL+path, "text/plain", strings.NewReader("x")); key(err) != "dial.redirected" {
			t.Errorf("%s: %v", path, err)
		}
	}
	if inner.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestNoProxyOfTheEnvironment(t *testing.T) {
	proxies, port := listen(t, "127.0.0.1")
	proxy := proxies[0]
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, "http://127.0.0.1:"+port)
	}
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "straight") }))
	defer home.Close()
	d := New(Options{Allow: Loopback, Resolver: resolver(t, []string{"127.0.0.1"})})
	_, p, _ := net.SplitHostPort(home.Listener.Addr().String())
	res, err := d.Client(Limits{}).Get("http://partner.test:" + p)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, _ := io.ReadAll(res.Body); string(b) != "straight" || proxy.Load() != 0 {
		t.Errorf("%q, %d calls to the proxy", b, proxy.Load())
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/exact":
			_, _ = w.Write(make([]byte, 1000))
		case "/declared":
			w.Header().Set("Content-Length", "1001")
			_, _ = w.Write(make([]byte, 1001))
		case "/endless":
			for {
				if _, err := w.Write(make([]byte, 500)); err != nil {
					return
				}
				w.(http.Flusher).Flush()
			}
		case "/head":
			w.Header().Set("X-Long", strings.Repeat("x", 8<<10))
		case "/slow":
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			<-hang
		}
	}))
	defer srv.Close()
	defer close(hang)
	d := New(Options{Allow: Loopback})
	read := func(l Limits, path string) error {
		res, err := d.Client(l).Get(srv.URL + path)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		n, err := io.Copy(io.Discard, res.Body)
		if n > 1000 {
			t.Errorf("%s: %d bytes were handed on", path, n)
		}
		return err
	}
	small := Limits{Body: 1000, Header: 4 << 10}
	for path, want := range map[string]string{"/exact": "", "/declared": "dial.too_large", "/endless": "dial.too_large", "/head": "dial.failed"} {
		if err := read(small, path); key(err) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := read(Limits{Total: 100 * time.Millisecond}, "/slow"); key(Explain(err)) != "dial.timeout" {
		t.Errorf("/slow: %v", err)
	}
}

// expired makes a certificate for 127.0.0.1 whose time is over.
func expired(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, pub, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestPlainWords(t *testing.T) {
	t.Parallel()
	d := New(Options{Allow: Loopback, Timeout: 2 * time.Second})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := l.Addr().String()
	_ = l.Close()
	if _, err := d.DialContext(t.Context(), "tcp", gone); key(err) != "dial.refused" {
		t.Errorf("nobody listens: %v", err)
	}
	if _, err := d.DialContext(t.Context(), "udp", gone); key(err) != "dial.not_allowed" {
		t.Errorf("udp: %v", err)
	}
	nowhere := New(Options{Resolver: resolver(t)})
	if _, err := nowhere.DialContext(t.Context(), "tcp", "nobody.test:80"); key(err) != "dial.no_such_name" {
		t.Errorf("no such name: %v", err)
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	if _, err := d.DialContext(ctx, "tcp", gone); key(err) != "dial.timeout" {
		t.Errorf("late: %v", err)
	}
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	srv.Config.ErrorLog = nil
	defer srv.Close()
	if _, err := d.Client(Limits{}).Get(srv.URL); key(err) != "dial.tls_authority" {
		t.Errorf("an unknown authority: %v", err)
	}
	c := d.Client(Limits{})
	roots := srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	if res, err := d.Client(Limits{Roots: roots}).Get(srv.URL); err != nil {
		t.Errorf("a known authority: %v", err)
	} else {
		_ = res.Body.Close()
	}
	wrongName := New(Options{Allow: Loopback, Resolver: resolver(t, []string{"127.0.0.1"})})
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	if _, err := wrongName.Client(Limits{Roots: roots}).Get("https://other.test:" + port); key(err) != "dial.tls_name" {
		t.Errorf("another name: %v", err)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	if _, err := c.Get("https" + strings.TrimPrefix(plain.URL, "http")); key(err) != "dial.tls_failed" {
		t.Errorf("no TLS there: %v", err)
	}
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10} //nolint:gosec // what is refused
	old.StartTLS()
	defer old.Close()
	if _, err := d.Client(Limits{Roots: roots}).Get(old.URL); key(err) != "dial.tls_failed" {
		t.Errorf("TLS 1.1: %v", err)
	}
	stale := httptest.NewUnstartedServer(http.NotFoundHandler())
	cert, pool := expired(t)
	stale.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	stale.StartTLS()
	defer stale.Close()
	if _, err := d.Client(Limits{Roots: pool}).Get(stale.URL); key(err) != "dial.tls_expired" {
		t.Errorf("an expired certificate: %v", err)
	}
	if Explain(nil) != nil {
		t.Error("no error is explained")
	}
	own := fault.New(fault.Invalid, "x.y")
	if got := Explain(errors.Join(own)); key(got) != "x.y" {
		t.Errorf("a fault became %v", got)
	}
}
