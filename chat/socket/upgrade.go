package socket

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/coder/websocket"
	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"entente/prm/fault"
)

// Handle answers GET /live. Everything is decided before the upgrade and refused
// with an ordinary HTTP error: origin (Forbidden), identity (Unauthenticated),
// too many connections (RateLimited), stopping (Unavailable), no WebSocket (426).
func (e *Endpoint) Handle(c *fiber.Ctx) error {
	f := c.Context()
	if !upgradeAsked(f) {
		c.Set(fiber.HeaderUpgrade, "websocket")
		c.Set(fiber.HeaderConnection, "Upgrade")
		return fiber.NewError(fiber.StatusUpgradeRequired)
	}
	req := copyRequest(f)
	if !e.originAllowed(req) {
		return fault.New(fault.Forbidden, "live.origin_wrong")
	}
	cred := Credentials{Cookies: map[string]string{}, Addr: strings.Clone(c.IP()), Org: req.URL.Query().Get("c")}
	for _, k := range req.Cookies() {
		cred.Cookies[k.Name] = k.Value
	}
	if kind, token, ok := strings.Cut(req.Header.Get("Authorization"), " "); ok && strings.EqualFold(kind, "bearer") {
		cred.Bearer = strings.TrimSpace(token)
	}
	id, err := e.identify(c.UserContext(), req.URL.Query().Get("ticket"), cred)
	if err != nil {
		return err
	}
	cl, err := e.admit(id)
	if err != nil {
		return err
	}
	keeps := c.App().Server().KeepHijackedConns
	f.HijackSetNoResponse(true)
	f.Hijack(func(nc net.Conn) {
		l := newLink(nc, e.cfg.Limits.WriteWait)
		serve := func() {
			defer e.release(cl)
			apart(func() { e.accept(cl, l, req) })
			cl.run()
		}
		if keeps { // fasthttp gets the request and its reader back at once
			go serve()
		} else { // it closes the connection when this returns
			serve()
		}
	})
	return nil
}

// apart runs fn on a goroutine of its own and waits for it. The stack of a
// goroutine that waits for a client for hours stays as large as its deepest call
// made it, and 10,000 of them wait.
func apart(fn func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn()
	}()
	<-done
}

// accept answers the handshake and puts the client into the hub. Where it was refused
// the client has no place there.
func (e *Endpoint) accept(cl *client, l *link, req *http.Request) {
	e.mu.Lock()
	cl.link = l
	stopped := e.stopped
	e.mu.Unlock()
	w := &handshake{link: l, header: http.Header{}, code: http.StatusOK}
	if stopped {
		http.Error(w, "", http.StatusServiceUnavailable)
		_ = w.refuse()
		return
	}
	ws, err := websocket.Accept(w, req, &websocket.AcceptOptions{
		OriginPatterns:  append([]string{req.Host}, e.cfg.Origins...),
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		e.log.Debug("live handshake refused", "err", err)
		_ = w.refuse()
		return
	}
	_ = ws.CloseNow() // its part is done
	cl.begin()
}

func upgradeAsked(f *fasthttp.RequestCtx) bool {
	return f.IsGet() && strings.EqualFold(string(f.Request.Header.Peek("Upgrade")), "websocket")
}

// copyRequest makes a net/http request that shares no memory with fasthttp, which
// reuses its own as soon as the handler returns.
func copyRequest(f *fasthttp.RequestCtx) *http.Request {
	h := http.Header{}
	for k, v := range f.Request.Header.All() {
		h.Add(string(k), string(v))
	}
	host := string(f.Host())
	return &http.Request{
		Method: http.MethodGet, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		URL:    &url.URL{Path: string(f.Path()), RawQuery: string(f.QueryArgs().QueryString()), Host: host},
		Header: h, Host: host, Body: http.NoBody,
	}
}

// originAllowed compares the Origin header with the host asked and the configured
// origins. Without one it is no browser, and a foreign page cannot be behind it.
func (e *Endpoint) originAllowed(r *http.Request) bool {
	all := r.Header.Values("Origin")
	if len(all) == 0 {
		return true
	}
	if len(all) > 1 {
		return false
	}
	u, err := url.Parse(all[0])
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	if strings.EqualFold(u.Host, r.Host) {
		return true
	}
	for _, o := range e.cfg.Origins {
		if strings.EqualFold(strings.TrimSuffix(o, "/"), u.Scheme+"://"+u.Host) {
			return true
		}
	}
	return false
}

// handshake is the ResponseWriter that coder/websocket gets. fasthttp writes no
// response of its own, so the 101 is put on the wire here.
type handshake struct {
	link   *link
	header http.Header
	code   int
	body   bytes.Buffer
}

func (w *handshake) Header() http.Header         { return w.header }
func (w *handshake) WriteHeader(code int)        { w.code = code }
func (w *handshake) Write(p []byte) (int, error) { return w.body.Write(p) }

func (w *handshake) head() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", w.code, http.StatusText(w.code))
	_ = w.header.Write(&b)
	b.WriteString("\r\n")
	return b.Bytes()
}

// Hijack implements http.Hijacker: the 101 goes out, and coder/websocket gets what it
// needs to be content.
func (w *handshake) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.code != http.StatusSwitchingProtocols {
		return nil, nil, errors.New("socket: hijacked without a 101")
	}
	if _, err := w.link.Write(w.head()); err != nil {
		return nil, nil, err
	}
	c := kept{w.link.Conn}
	return c, bufio.NewReadWriter(bufio.NewReaderSize(c, 16), bufio.NewWriterSize(c, 16)), nil
}

// kept is a connection that outlives the WebSocket of coder/websocket.
type kept struct{ net.Conn }

// Close implements net.Conn and closes nothing.
func (kept) Close() error { return nil }

// refuse writes the collected answer of a handshake that failed.
func (w *handshake) refuse() error {
	w.header.Set("Connection", "close")
	w.header.Set("Content-Length", fmt.Sprint(w.body.Len()))
	_, err := w.link.Write(append(w.head(), w.body.Bytes()...))
	return err
}
