package courier

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"entente/db"
	"entente/edi/as2"
	"entente/prm/access"
	"entente/prm/fault"
)

// reach is how the server of a company is called: at an address, with a client that
// believes what the company named, and with the name and password that the server asks for.
type reach struct {
	url            string
	client         *http.Client
	user, password string
	own            bool      // it is the server of the station
	locked         time.Time // when it last did not let us in
	lockedBy       string
}

// reach finds how a company's server is called at an address of it; empty: that of its
// station.
func (s *Service) reach(ctx context.Context, org, address string) (reach, error) {
	out := reach{url: address, client: s.Client}
	err := s.DB.View(db.WithOrgs(ctx, org), func(ctx context.Context) error {
		st, err := stationOf(ctx, org)
		if err != nil {
			return err
		}
		if out.url == "" {
			out.url = st.URL
		}
		to, err := url.Parse(out.url)
		if err != nil {
			return nil // the call says what is wrong with it
		}
		if sameOrigin(out.url, st.URL) {
			out.own, out.locked, out.lockedBy = true, st.Locked, st.LockedBy
		}
		if to.Scheme != "https" {
			return nil
		}
		certs, only, err := s.believed(ctx, org)
		if err != nil {
			return err
		}
		if own, err := url.Parse(st.URL); err != nil || !strings.EqualFold(own.Hostname(), to.Hostname()) {
			only = false // what was pinned is that of the server at its address; another host has its own
		}
		if s.Pinned != nil && len(certs) > 0 {
			out.client = s.pins.of(certs, only, s.Pinned)
		}
		if st.User == "" || !sameOrigin(out.url, st.URL) {
			return nil // a password goes to the address that it was said for
		}
		sealed, err := stationSecret(ctx, org)
		if err != nil {
			return err
		}
		password, err := s.Secrets.Open(sealed, aboutLogin(org))
		out.user, out.password = st.User, string(password)
		return err
	})
	return out, err
}

// believed are the certificates that the HTTPS server of a company may show, in the
// transaction of ctx, and whether no others are believed: where the company named that of
// its server. One that it signs its messages with it may show as well.
func (s *Service) believed(ctx context.Context, org string) (certs []*x509.Certificate, only bool, err error) {
	rows, err := certificatesOf(ctx, false, org)
	if err != nil {
		return nil, false, err
	}
	for _, r := range rows {
		c, err := x509.ParseCertificate(r.Der)
		if err != nil {
			return nil, false, err
		}
		certs = append(certs, c)
		only = only || r.certificate().Server
	}
	return certs, only, nil
}

// Believed are the certificates that the HTTPS server of the other company of a partnership
// may show, and whether no others are believed. Codes: NotFound.
func (s *Service) Believed(ctx context.Context, actor access.Actor, partnership, org string) (certs []*x509.Certificate, only bool, err error) {
	if err := s.maySee(ctx, actor, partnership, org); err != nil {
		return nil, false, err
	}
	if closed, err := s.closed(ctx, actor, partnership, org); err != nil || closed {
		return nil, false, err
	}
	err = s.DB.View(db.WithOrgs(ctx, actor.Org, org), func(ctx context.Context) error {
		certs, only, err = s.believed(ctx, org)
		return err
	})
	return certs, only, err
}

// maxClients is how many clients are kept, each with the connections it holds open.
const maxClients = 256

// clients are those for servers whose companies named certificates, by what they believe:
// a connection is used again only where as much is believed of its server.
type clients struct {
	mu    sync.Mutex
	byKey map[string]*http.Client
	order []string // the one not used for longest first
}

func (c *clients) of(certs []*x509.Certificate, only bool, pin func([]*x509.Certificate, bool) *http.Client) *http.Client {
	var key strings.Builder
	for _, x := range certs {
		key.WriteString(fingerprint(x))
	}
	if only {
		key.WriteString(" only")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := key.String()
	c.order = append(slices.DeleteFunc(c.order, func(o string) bool { return o == k }), k)
	if found := c.byKey[k]; found != nil {
		return found
	}
	if c.byKey == nil {
		c.byKey = map[string]*http.Client{}
	}
	if len(c.order) > maxClients {
		c.byKey[c.order[0]].CloseIdleConnections()
		delete(c.byKey, c.order[0])
		c.order = c.order[1:]
	}
	c.byKey[k] = pin(certs, only)
	return c.byKey[k]
}

// post makes one call, in the time that a body of its size has. The client bounds the size of
// the answer and guards the address; the body is read while it is sent, so that a slow partner
// costs no memory.
func (s *Service) post(ctx context.Context, to reach, h as2.Header, size int64, open func() (io.ReadCloser, error)) (int, as2.Header, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.callTime(size))
	defer cancel()
	body, err := open()
	if err != nil {
		return 0, nil, nil, errors.Join(errNoBody, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.url, body)
	if err != nil {
		_ = body.Close()
		return 0, nil, nil, fault.Wrap(err, fault.Invalid, "courier.url")
	}
	req.ContentLength, req.GetBody = size, open
	for _, f := range h {
		req.Header[f.Name] = append(req.Header[f.Name], f.Value)
	}
	req.Header.Set("User-Agent", agent)
	if to.user != "" {
		req.SetBasicAuth(to.user, to.password)
	}
	res, err := to.client.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	return res.StatusCode, as2.HeaderOf(res.Header), answer, err
}
