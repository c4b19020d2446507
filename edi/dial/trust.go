package dial

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	"entente/prm/fault"
)

// Trust says which certificates an HTTPS server may show beside those of the known
// authorities: what the company of the server named itself. Many servers of partners have
// one that they signed themselves.
type Trust struct {
	// Certificates are believed as they are, under any name, as long as they are valid.
	Certificates []*x509.Certificate
	// Only has nothing else believed but what an authority among Certificates issued for
	// the name that is called: the certificate is pinned.
	Only bool
}

// shakeTime bounds the agreement on a secure connection.
const shakeTime = 15 * time.Second

// config is that of a connection to a host, under the authorities in roots, the system's
// when nil.
func (t Trust) config(host string, roots *x509.CertPool) *tls.Config {
	c := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: roots}
	if len(t.Certificates) == 0 {
		return c
	}
	c.InsecureSkipVerify = true //nolint:gosec // verify judges in its place, also where a session is resumed
	c.VerifyConnection = func(cs tls.ConnectionState) error { return t.verify(host, roots, cs.PeerCertificates, time.Now()) }
	return c
}

// verify judges the chain that a server showed, its own certificate first.
func (t Trust) verify(host string, roots *x509.CertPool, shown []*x509.Certificate, now time.Time) error {
	leaf := shown[0]
	for _, c := range t.Certificates {
		if !c.Equal(leaf) {
			continue
		}
		if now.Before(c.NotBefore) || now.After(c.NotAfter) {
			return x509.CertificateInvalidError{Cert: c, Reason: x509.Expired}
		}
		return nil
	}
	o := x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: x509.NewCertPool(), CurrentTime: now}
	for _, c := range shown[1:] {
		o.Intermediates.AddCert(c)
	}
	if !t.Only {
		_, err := leaf.Verify(o)
		return err
	}
	o.DNSName, o.Roots = "", x509.NewCertPool() // whose it is comes before the name
	for _, c := range t.Certificates {
		if c.IsCA {
			o.Roots.AddCert(c)
		}
	}
	if _, err := leaf.Verify(o); err != nil {
		if o.CurrentTime = leaf.NotBefore; invalidNow(err) {
			if _, then := leaf.Verify(o); then == nil { // the one meant, but its time, or that of its authority, is over
				return err
			}
		}
		return fault.Wrap(fmt.Errorf("the server shows SHA-256 %x, %s, valid until %s", sha256.Sum256(leaf.Raw), leaf.Subject, leaf.NotAfter.UTC().Format(time.DateOnly)), fault.Unavailable, "dial.tls_pin")
	}
	return leaf.VerifyHostname(host)
}

// invalidNow says that a chain was refused for the time alone.
func invalidNow(err error) bool {
	var invalid x509.CertificateInvalidError
	return errors.As(err, &invalid) && invalid.Reason == x509.Expired
}

// dialTLS connects and agrees on TLS with a server of whom more is believed.
func (d *Dialer) dialTLS(t Trust, roots *x509.CertPool) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, Explain(err)
		}
		conn, err := d.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(ctx, shakeTime)
		defer cancel()
		c := tls.Client(conn, t.config(host, roots))
		if err := c.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, Explain(err)
		}
		return c, nil
	}
}
