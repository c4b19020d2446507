package dial

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"entente/prm/fault"
)

// TestCheck: every step is told up to the first that fails, and an inner address is
// called only where it was allowed.
func TestCheck(t *testing.T) {
	t.Parallel()
	asked := ""
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.URL.Path
		w.WriteHeader(http.StatusMethodNotAllowed)
	})
	plain, secure := httptest.NewServer(h), httptest.NewTLSServer(h)
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	_ = closed.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	open := New(Options{Allow: Loopback})
	for name, c := range map[string]struct {
		d       *Dialer
		address string
		roots   *x509.CertPool
		steps   string // names
		key     string // of the last one's error
	}{
		"http":              {open, plain.URL + "/as2", nil, "TCP HTTP", ""},
		"https":             {open, secure.URL + "/as2", roots, "TCP TLS HTTP", ""},
		"unknown authority": {open, secure.URL, nil, "TCP TLS", "dial.tls_authority"},
		"no TLS there":      {open, "https" + strings.TrimPrefix(plain.URL, "http"), roots, "TCP TLS", "dial.tls_failed"},
		"nobody":            {open, "http://" + nobody, nil, "TCP", "dial.refused"},
		"not allowed":       {New(Options{}), plain.URL, nil, "TCP", "dial.not_allowed"},
		"no such name":      {open, "https://as2.invalid/", nil, "DNS", ""},
		"no address":        {open, "ftp://x", nil, "DNS", "dial.url"},
	} {
		t.Run(name, func(t *testing.T) {
			var names []string
			steps := c.d.Check(ctx, c.address, c.roots, Trust{})
			for i, s := range steps {
				names = append(names, s.Name)
				if s.Err != nil && i < len(steps)-1 {
					t.Errorf("%s failed and was not the last", s.Name)
				}
			}
			last := steps[len(steps)-1]
			if got := strings.Join(names, " "); got != c.steps || name != "no such name" && fault.KeyOf(last.Err) != c.key {
				t.Fatalf("%s, %v; want %s, %s", got, last.Err, c.steps, c.key)
			}
			switch {
			case name == "no such name":
				if key := fault.KeyOf(last.Err); key != "dial.no_such_name" && key != "dial.name_failed" {
					t.Error(last.Err)
				}
			case c.key == "":
				if last.Status != http.StatusMethodNotAllowed || asked != "GET /as2" || !strings.HasPrefix(steps[0].Peer, "127.0.0.1:") {
					t.Errorf("%+v, asked %s", steps, asked)
				}
				if len(steps) == 3 && (!strings.HasPrefix(steps[1].Version, "TLS 1.") || !steps[1].Until.Equal(secure.Certificate().NotAfter)) {
					t.Errorf("%+v", steps[1])
				}
			}
		})
	}
}
