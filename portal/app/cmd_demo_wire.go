package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"entente/edi/sftp"
)

// erpWire is how the simulated ERP sends and fetches.
type erpWire interface {
	// send hands an interchange over and says under what it is known.
	send(ctx context.Context, raw []byte) (string, error)
	waiting(ctx context.Context) ([]erpItem, error)
	fetch(ctx context.Context, it erpItem) ([]byte, error)
	done(ctx context.Context, it erpItem) error
	close()
}

// erpItem is one interchange that waits.
type erpItem struct{ ID, Type, Control, Href string }

// connect makes the wire asked for.
func (p *erp) connect(ctx context.Context, via string) error {
	switch via {
	case "http":
		p.wire = erpHTTP{p}
		return nil
	case "as2":
		w, err := p.dialAS2(ctx)
		if err == nil {
			p.wire = w
		}
		return err
	case "sftp":
		w, err := p.dialSFTP(ctx)
		if err == nil {
			p.wire = w
		}
		return err
	}
	return misuse("--via %q: it is http, sftp or as2", via)
}

// erpHTTP sends by the API.
type erpHTTP struct{ p *erp }

func (w erpHTTP) send(ctx context.Context, raw []byte) (string, error) {
	var got struct{ ID string }
	err := w.p.call(ctx, w.p.token, "POST", "/api/v1/edi/interchanges", raw, &got)
	return got.ID, err
}

func (w erpHTTP) waiting(ctx context.Context) ([]erpItem, error) {
	var box struct{ Items []erpItem }
	err := w.p.call(ctx, w.p.token, "GET", "/api/v1/edi/outbox", nil, &box)
	return box.Items, err
}

func (w erpHTTP) fetch(ctx context.Context, it erpItem) ([]byte, error) {
	return w.p.bytes(ctx, it.Href)
}

func (w erpHTTP) done(ctx context.Context, it erpItem) error {
	return w.p.call(ctx, w.p.token, "POST", "/api/v1/edi/outbox/"+it.ID+"/ack", nil, nil)
}

func (erpHTTP) close() {}

// erpSFTP sends by the SFTP door.
type erpSFTP struct {
	c    *sftp.Client
	sent int
}

// dialSFTP signs in where the portal says its SFTP door is.
func (p *erp) dialSFTP(ctx context.Context) (*erpSFTP, error) {
	var ready struct {
		Addresses struct{ SFTP string }
	}
	if err := p.call(ctx, "", "GET", "/readyz", nil, &ready); err != nil {
		return nil, err
	}
	addr := ready.Addresses.SFTP
	if addr == "" {
		return nil, errors.New("the portal has no SFTP door open; start it with --sftp-addr")
	}
	line, fingerprint, err := sftp.HostKey(ctx, &net.Dialer{}, addr)
	if err != nil {
		return nil, fmt.Errorf("the SFTP door at %s: %w", addr, say(err))
	}
	p.say("the SFTP door at %s shows the host key %s", addr, fingerprint)
	c, err := sftp.Connect(ctx, &net.Dialer{}, sftp.Remote{Addr: addr, User: p.company.slug, Password: demoPassword, HostKey: line})
	if err != nil {
		return nil, fmt.Errorf("sign in at the SFTP door as %s: %w", p.company.slug, say(err))
	}
	p.say("signed in by SFTP as %s", p.company.slug)
	return &erpSFTP{c: c}, nil
}

// send puts a file under a hidden name and renames it, as careful clients do.
func (w *erpSFTP) send(_ context.Context, raw []byte) (string, error) {
	w.sent++
	name := fmt.Sprintf("erp-%d-%d.edi", time.Now().UnixMilli(), w.sent)
	return "/in/" + name, say(w.c.Put("/in/"+name, bytes.NewReader(raw), int64(len(raw))))
}

func (w *erpSFTP) waiting(ctx context.Context) ([]erpItem, error) {
	files, err := w.c.List(ctx, "/out", 200, nil)
	if err != nil {
		return nil, say(err)
	}
	var out []erpItem
	for _, f := range files {
		kind, rest, _ := strings.Cut(f.Name, "-")
		control, _, _ := strings.Cut(rest, "-")
		out = append(out, erpItem{ID: f.Name, Type: kind, Control: control, Href: "/out/" + f.Name})
	}
	return out, nil
}

func (w *erpSFTP) fetch(_ context.Context, it erpItem) ([]byte, error) {
	var b bytes.Buffer
	_, err := w.c.Get(it.Href, &b, 64<<20)
	return b.Bytes(), say(err)
}

func (w *erpSFTP) done(_ context.Context, it erpItem) error { return say(w.c.Remove(it.Href)) }

func (w *erpSFTP) close() { w.c.Close() }

func (p *erp) bytes(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", p.base+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err == nil && res.StatusCode != 200 {
		err = fmt.Errorf("GET %s: %s", path, res.Status)
	}
	return raw, err
}

// call makes an API call and decodes the answer into out.
func (p *erp) call(ctx context.Context, token, method, path string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, p.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	kind := "application/json"
	if strings.HasSuffix(path, "/interchanges") {
		kind = "application/edi-x12"
	}
	req.Header.Set("Content-Type", kind)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the portal at %s does not answer: %w", p.base, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		var problem struct{ Code, Detail string }
		_ = json.Unmarshal(raw, &problem)
		return fmt.Errorf("%s %s: %s %s %s", method, path, res.Status, problem.Code, problem.Detail)
	}
	if out != nil {
		return json.Unmarshal(raw, out)
	}
	return nil
}
