package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"entente/prm/fault"
)

// Step is one step on the way to an address: DNS, TCP, TLS or HTTP. Err is nil where it
// went well, else one of Explain's faults. Which of the rest is set depends on the step.
type Step struct {
	Name    string
	Err     error
	Took    time.Duration
	Host    string    // DNS: the name that was found
	Peer    string    // TCP: the address that took the connection
	Version string    // TLS: "TLS 1.3"
	Until   time.Time // TLS: how long the server's certificate is valid
	// Shown is the certificate of a server that is not believed, for people to compare.
	Shown  *x509.Certificate
	Status int // HTTP: what was answered to a GET
}

// Check calls an http or https address and says what happened step by step, up to the
// first that fails. A name is told only where there is one. Nothing is sent but a GET
// of that address. roots are the authorities believed, the system's when nil, and trust
// what is believed beside them.
func (d *Dialer) Check(ctx context.Context, address string, roots *x509.CertPool, trust Trust) []Step {
	u, err := CheckURL(address)
	if err != nil {
		return []Step{{Name: "DNS", Err: err}}
	}
	host, port := u.Hostname(), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	var out []Step
	began := time.Now()
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	took := time.Since(began)
	if key := fault.KeyOf(err); key == "dial.no_such_name" || key == "dial.name_failed" {
		return append(out, Step{Name: "DNS", Err: err, Took: took})
	}
	if net.ParseIP(host) == nil {
		out = append(out, Step{Name: "DNS", Host: host})
	}
	if err != nil {
		return append(out, Step{Name: "TCP", Err: err, Took: took})
	}
	defer conn.Close()
	out = append(out, Step{Name: "TCP", Peer: conn.RemoteAddr().String(), Took: took})
	if u.Scheme == "https" {
		s := shakeHands(ctx, conn, host, roots, trust)
		if out = append(out, s); s.Err != nil {
			return out
		}
	}
	return append(out, d.ask(ctx, u.String(), roots, trust))
}

func shakeHands(ctx context.Context, conn net.Conn, host string, roots *x509.CertPool, trust Trust) Step {
	began := time.Now()
	var shown *x509.Certificate
	conf := trust.config(host, roots)
	conf.VerifyPeerCertificate = func(raw [][]byte, _ [][]*x509.Certificate) error { // only looks on
		shown, _ = x509.ParseCertificate(raw[0])
		return nil
	}
	c := tls.Client(conn, conf)
	if err := c.HandshakeContext(ctx); err != nil {
		s := Step{Name: "TLS", Err: Explain(err), Took: time.Since(began), Shown: shown}
		var verify *tls.CertificateVerificationError
		if errors.As(err, &verify) && len(verify.UnverifiedCertificates) > 0 {
			s.Shown = verify.UnverifiedCertificates[0]
		}
		return s
	}
	st := c.ConnectionState()
	return Step{Name: "TLS", Version: tls.VersionName(st.Version), Until: st.PeerCertificates[0].NotAfter, Took: time.Since(began)}
}

func (d *Dialer) ask(ctx context.Context, address string, roots *x509.CertPool, trust Trust) Step {
	s, began := Step{Name: "HTTP"}, time.Now()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err == nil {
		client := d.Client(Limits{Roots: roots, Trust: trust})
		defer client.CloseIdleConnections()
		var res *http.Response
		if res, err = client.Do(req); err == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
			_ = res.Body.Close()
			s.Status = res.StatusCode
		}
	}
	s.Err, s.Took = Explain(err), time.Since(began)
	return s
}
