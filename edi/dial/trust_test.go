package dial

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"entente/prm/fault"
)

// issued makes a certificate for a name, signed by an authority or by itself, that ends
// after so long.
func issued(t *testing.T, name string, ca bool, by *tls.Certificate, lasts time.Duration) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(lasts), IsCA: ca, BasicConstraintsValid: true}
	if ip := net.ParseIP(name); ip != nil {
		c.IPAddresses = []net.IP{ip}
	} else {
		c.DNSNames = []string{name}
	}
	parent, signer := c, any(key)
	if by != nil {
		parent, signer = by.Leaf, by.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// TestPinnedServer: a server that signed its certificate itself is believed where its
// company named that certificate, under any name and by itself alone, as one of an
// authority that it named is for its own name; whatever else is shown is told as such.
func TestPinnedServer(t *testing.T) {
	t.Parallel()
	d := New(Options{Allow: Loopback})
	own, next := issued(t, "as2.kestrel.example", true, nil, time.Hour), issued(t, "as2.kestrel.example", true, nil, time.Hour)
	ended := issued(t, "127.0.0.1", false, nil, -time.Hour)
	ca := issued(t, "Kestrel CA", true, nil, time.Hour)
	over := issued(t, "127.0.0.1", false, &ca, -time.Hour)
	oldCA := issued(t, "Old CA", true, nil, -time.Hour)
	ofOld, ofStranger := issued(t, "127.0.0.1", false, &oldCA, time.Hour), issued(t, "127.0.0.1", false, &own, -time.Hour)
	named, other := issued(t, "127.0.0.1", false, &ca, time.Hour), issued(t, "other.example", false, &ca, time.Hour)
	for name, c := range map[string]struct {
		shows tls.Certificate
		trust Trust
		key   string
	}{
		"nothing named":               {named, Trust{}, "dial.tls_authority"},
		"the one named":               {own, Trust{[]*x509.Certificate{own.Leaf}, true}, ""},
		"one of two":                  {next, Trust{[]*x509.Certificate{own.Leaf, next.Leaf}, true}, ""},
		"beside the known ones":       {own, Trust{[]*x509.Certificate{own.Leaf}, false}, ""},
		"unknown beside":              {next, Trust{[]*x509.Certificate{own.Leaf}, false}, "dial.tls_name"},
		"another of that name":        {next, Trust{[]*x509.Certificate{own.Leaf}, true}, "dial.tls_pin"},
		"ended":                       {ended, Trust{[]*x509.Certificate{ended.Leaf}, true}, "dial.tls_expired"},
		"of an authority":             {named, Trust{[]*x509.Certificate{ca.Leaf}, true}, ""},
		"of it, for another name":     {other, Trust{[]*x509.Certificate{ca.Leaf}, true}, "dial.tls_name"},
		"of an authority, ended":      {over, Trust{[]*x509.Certificate{ca.Leaf}, true}, "dial.tls_expired"},
		"of an authority that ended":  {ofOld, Trust{[]*x509.Certificate{oldCA.Leaf}, true}, "dial.tls_expired"},
		"of another, ended":           {ofStranger, Trust{[]*x509.Certificate{ca.Leaf}, true}, "dial.tls_pin"},
		"one that only looks like it": {named, Trust{[]*x509.Certificate{own.Leaf}, true}, "dial.tls_pin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") }))
			srv.TLS = &tls.Config{Certificates: []tls.Certificate{c.shows}}
			srv.Config.ErrorLog = log.New(io.Discard, "", 0)
			srv.StartTLS()
			defer srv.Close()
			client := d.Client(Limits{Trust: c.trust})
			defer client.CloseIdleConnections()
			for range 2 { // a session that is resumed is judged again
				res, err := client.Get(srv.URL)
				if fault.KeyOf(err) != c.key {
					t.Fatalf("%v, want %q", err, c.key)
				}
				if err == nil {
					_, _ = io.Copy(io.Discard, res.Body)
					_ = res.Body.Close()
				}
			}
			steps := d.Check(t.Context(), srv.URL, nil, c.trust)
			last := steps[len(steps)-1]
			if fault.KeyOf(last.Err) != c.key {
				t.Errorf("checked: %+v", last)
			}
			if c.key == "dial.tls_pin" || c.key == "dial.tls_authority" {
				if last.Shown == nil || !last.Shown.Equal(c.shows.Leaf) {
					t.Error("the certificate that was shown is not told")
				}
			}
			if _, err := client.Get(srv.URL); c.key == "dial.tls_pin" && !strings.Contains(err.Error(), "SHA-256 ") {
				t.Errorf("no fingerprint: %v", err)
			}
		})
	}
}
