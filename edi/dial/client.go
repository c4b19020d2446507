package dial

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/url"
	"time"

	"entente/prm/fault"
)

// Limits bound one call; the zero value is right for acknowledgements and hooks.
type Limits struct {
	Total  time.Duration  // of the whole call with its body, default 60 s
	Header int64          // bytes of the answer's head, default 64 KiB
	Body   int64          // bytes of the answer's body, default 4 MiB
	Roots  *x509.CertPool // whose certificates are believed, default the system's
	Trust  Trust          // and which beside them, or in their place
}

func (l Limits) filled() Limits {
	if l.Total <= 0 {
		l.Total = 60 * time.Second
	}
	if l.Header <= 0 {
		l.Header = 64 << 10
	}
	if l.Body <= 0 {
		l.Body = 4 << 20
	}
	return l
}

// Client makes an HTTP client that calls through d. A redirect is an error, and so
// is an answer beyond the limits; Explain has the words for its errors.
func (d *Dialer) Client(l Limits) *http.Client {
	l = l.filled()
	t := &http.Transport{
		Proxy:                  nil, // never from the environment
		DialContext:            d.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: l.Roots},
		TLSHandshakeTimeout:    min(l.Total, shakeTime),
		MaxResponseHeaderBytes: l.Header,
		DisableCompression:     true, // a small answer stays small
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        30 * time.Second,
		ForceAttemptHTTP2:      true,
	}
	if len(l.Trust.Certificates) > 0 {
		t.DialTLSContext = d.dialTLS(l.Trust, l.Roots)
	}
	return &http.Client{
		Transport:     &guarded{t, l.Body},
		Timeout:       l.Total,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// guarded refuses redirects and bounds bodies.
type guarded struct {
	next *http.Transport
	body int64
}

// RoundTrip makes one call.
func (g *guarded) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, err := CheckURL(req.URL.String()); err != nil {
		return nil, err
	}
	res, err := g.next.RoundTrip(req)
	if err != nil {
		return nil, Explain(err)
	}
	switch {
	case res.StatusCode >= 300 && res.StatusCode < 400 && res.StatusCode != http.StatusNotModified:
		_ = res.Body.Close()
		return nil, fault.New(fault.Unavailable, "dial.redirected", "Status", res.StatusCode)
	case res.ContentLength > g.body:
		_ = res.Body.Close()
		return nil, tooLarge(g.body)
	}
	res.Body = &bounded{res.Body, g.body, g.body}
	return res, nil
}

// CloseIdleConnections lets go of what is kept open.
func (g *guarded) CloseIdleConnections() { g.next.CloseIdleConnections() }

type bounded struct {
	io.ReadCloser
	left, limit int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, tooLarge(b.limit)
	}
	if err != nil && err != io.EOF {
		err = Explain(err)
	}
	return n, err
}

func tooLarge(limit int64) error {
	return fault.New(fault.TooLarge, "dial.too_large", "Limit", limit)
}

// CheckURL reads an address that may be called by HTTP: absolute, http or https,
// with a host and without a name and password in it. Codes: Invalid dial.url.
func CheckURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return nil, fault.New(fault.Invalid, "dial.url")
	}
	return u, nil
}
