// Package web is the portal in HTML: one file per screen, each handler decodes,
// makes one service call and renders. It also configures the HTTP server itself,
// since fiber's defaults break several promises (the traps are listed in
// server.go, each with its test).
package web

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/recover"
	"github.com/valyala/fasthttp"

	"entente/portal/session"
	"entente/portal/view"
	"entente/prm/fault"
	"entente/static"
)

// Limits of the HTTP server.
const (
	SmallBody   = 1 << 20          // bytes of every body but the streamed ones and files
	FileBody    = 6 << 20          // bytes of a form with a file of evidence
	LargeBody   = 33 << 20         // bytes of a form with a file on a page that takes large ones
	readTimeout = 5 * time.Second  // for headers and small bodies: ends half-sent requests
	longTimeout = 15 * time.Minute // for streamed bodies, which count for themselves
	stepTimeout = 30 * time.Second // for each step of reading them
	idleTimeout = 75 * time.Second
)

// ServerOptions configure NewServer.
type ServerOptions struct {
	TrustedProxies []string      // only these may say X-Forwarded-For and -Proto
	Streamed       []string      // paths whose handlers read and limit the body stream themselves
	Large          []string      // pages that take a file of up to LargeBody, by the end of their path
	ReadTimeout    time.Duration // for headers and small bodies; 0 is 5 s
	Log            *slog.Logger
	Error          func(c *fiber.Ctx, err error) error // renders every error, once
}

// NewServer makes the fiber app with the house's defaults:
//   - Immutable: values kept past the handler stay what they were;
//   - no Content-Encoding on requests: a small body never unfolds into a big one;
//   - streamed bodies with an own limit, since streaming switches fiber's off;
//   - short read timeout, longer only where a body is streamed;
//   - forwarding headers only from trusted proxies;
//   - one error handler, so that no raw error text leaves the house;
//   - security headers on every answer, errors and static files included.
func NewServer(o ServerOptions) *fiber.App {
	if o.ReadTimeout <= 0 {
		o.ReadTimeout = readTimeout
	}
	app := fiber.New(fiber.Config{
		AppName:                 "entente",
		Immutable:               true,
		DisableStartupMessage:   true,
		StreamRequestBody:       true,
		BodyLimit:               FileBody,
		ReadTimeout:             o.ReadTimeout,
		WriteTimeout:            longTimeout,
		IdleTimeout:             idleTimeout,
		ReadBufferSize:          16 << 10,
		EnableTrustedProxyCheck: true,
		TrustedProxies:          o.TrustedProxies,
		ProxyHeader:             fiber.HeaderXForwardedFor,
		EnableIPValidation:      true,
		ErrorHandler:            o.Error,
		ServerHeader:            "",
	})
	app.Server().KeepHijackedConns = true // a socket gives the request and its reader back
	app.Server().HeaderReceived = func(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
		path, _, _ := strings.Cut(string(h.RequestURI()), "?")
		if len(h.MultipartFormBoundary()) > 0 && h.ContentLength() > largestForm(path, o) {
			// A form is read into files before any handler, however long it is; other octets are
			// refused unread.
			h.SetContentType(fiber.MIMEOctetStream)
		}
		if streams(path, o.Streamed) {
			return fasthttp.RequestConfig{ReadTimeout: longTimeout}
		}
		if h.IsPost() && h.ContentLength() > SmallBody && takesLarge(path, o.Large) {
			return fasthttp.RequestConfig{ReadTimeout: longTimeout}
		}
		return fasthttp.RequestConfig{}
	}
	app.Use(headers)
	app.Use(recover.New(recover.Config{EnableStackTrace: true, StackTraceHandler: func(c *fiber.Ctx, e any) {
		o.Log.Error("handler panicked", "method", c.Method(), "route", c.Route().Path, "panic", e)
	}}))
	app.Use(bodies(o.Streamed, o.Large))
	return app
}

// CSP is the content security policy of every page. blob: and data: images are
// our own previews and Tabler's check marks.
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func headers(c *fiber.Ctx) error {
	setHeaders(c)
	return c.Next()
}

// setHeaders writes the security headers. The error renderer calls it again: a
// request that fasthttp itself refuses never meets the middleware.
func setHeaders(c *fiber.Ctx) {
	h := &c.Response().Header
	h.Set("Content-Security-Policy", CSP)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if c.Protocol() == "https" {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

// withFile are the addresses of forms that carry a file of evidence.
var withFile = regexp.MustCompile(`^/c/[^/]+/deals/([^/]+/(files|edit)|new)$`)

// streams says that a path is one of those streamed, in any spelling that the router takes
// for it: a handler that reads the stream would find none.
func streams(path string, streamed []string) bool {
	path = strings.TrimRight(path, "/")
	return slices.ContainsFunc(streamed, func(p string) bool { return strings.EqualFold(path, p) })
}

// takesLarge says that a page takes a large file.
func takesLarge(path string, large []string) bool {
	return strings.HasPrefix(path, "/c/") && slices.ContainsFunc(large, func(end string) bool { return strings.HasSuffix(path, end) })
}

// largestForm is how many octets a form with files may have at a path.
func largestForm(path string, o ServerOptions) int {
	switch {
	case streams(path, o.Streamed): // takes none
		return 0
	case takesLarge(path, o.Large):
		return 2 * LargeBody // read whole, so that the refusal of a file that is somewhat too large arrives
	case withFile.MatchString(path):
		return FileBody
	}
	return SmallBody
}

// Whole has the connections of a listener tell a body that breaks off from one that ends:
// fasthttp takes the end of a connection for the end of a body, in chunks or by length, and
// half a file for a whole one. And it has a body that may take long move on, from its first
// octets, which fasthttp reads before any handler.
func Whole(l net.Listener) net.Listener { return wholeListener{l, stepTimeout} }

type wholeListener struct {
	net.Listener
	step time.Duration
}

// Accept implements net.Listener.
func (l wholeListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &wholeConn{Conn: c, step: l.step}, nil
}

// wholeConn ends with io.ErrUnexpectedEOF while a body is read. One that was left in the
// middle of a body closes slowly.
type wholeConn struct {
	net.Conn
	body, left atomic.Bool
	step       time.Duration
	long       time.Time // until when a body may take; zero: no such body
}

// SetReadDeadline implements net.Conn. A time further away than any but longTimeout is that
// of a body, of which each step has its own within it.
func (c *wholeConn) SetReadDeadline(t time.Time) error {
	c.long = time.Time{}
	if time.Until(t) > longTimeout/2 {
		c.long = t
	}
	return c.Conn.SetReadDeadline(t)
}

// How much of a body that was refused is still read, and for how long: all of it, and
// without a word.
const (
	leftMost = 16 << 20
	leftTime = 5 * time.Second
	leftIdle = time.Second
)

// Close implements net.Conn. Closed at once, the system would answer what is still sent
// with a reset, which takes the refusal away before it is read.
func (c *wholeConn) Close() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && c.left.Load() && half.CloseWrite() == nil {
		end, buffer := time.Now().Add(leftTime), make([]byte, 32<<10)
		for n := 0; n < leftMost && time.Now().Before(end); {
			if c.Conn.SetReadDeadline(time.Now().Add(leftIdle)) != nil {
				break
			}
			k, err := c.Conn.Read(buffer)
			if n += k; err != nil {
				break
			}
		}
	}
	return c.Conn.Close()
}

// leave ends the connection after the answer to a request whose body was perhaps not read
// to its end.
func leave(c *fiber.Ctx) {
	c.Context().SetConnectionClose()
	if w, ok := c.Context().Conn().(*wholeConn); ok {
		w.left.Store(true)
	}
}

// Read implements net.Conn.
func (c *wholeConn) Read(p []byte) (int, error) {
	if !c.long.IsZero() {
		at := time.Now().Add(c.step)
		if at.After(c.long) {
			at = c.long
		}
		if err := c.Conn.SetReadDeadline(at); err != nil {
			return 0, err
		}
	}
	n, err := c.Conn.Read(p)
	if err == io.EOF && c.body.Load() {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// UnsafeConn is the connection below, as fasthttp's hijacked ones give it.
func (c *wholeConn) UnsafeConn() net.Conn { return c.Conn }

// bodies reads every body that is not streamed within SmallBody, or FileBody where it
// carries a file.
func bodies(streamed, large []string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if w, ok := c.Context().Conn().(*wholeConn); ok && c.Request().Header.ContentLength() != 0 {
			w.body.Store(true)
			defer w.body.Store(false)
		}
		if c.Get(fiber.HeaderContentEncoding) != "" && !strings.EqualFold(c.Get(fiber.HeaderContentEncoding), "identity") {
			leave(c)
			return fault.New(fault.Invalid, "error.content_encoding")
		}
		path := c.Path()
		if streams(path, streamed) {
			session.Streamed(c)
			err := c.Next()
			if n := c.Request().Header.ContentLength(); n != 0 && (err != nil || c.Method() != fiber.MethodPost || c.Response().StatusCode() >= 400) {
				// Perhaps not read to its end: what is left must not be taken for the next request.
				leave(c)
			}
			return err
		}
		req := c.Request()
		if n := req.Header.ContentLength(); n > SmallBody && n <= LargeBody && c.Method() == fiber.MethodPost && takesLarge(path, large) && len(req.Header.MultipartFormBoundary()) > 0 {
			// A form with its file goes to disk as it is read; what is left of a refused
			// one must not be taken for the next request.
			err := c.Next()
			if err != nil || c.Response().StatusCode() >= 400 {
				leave(c)
			}
			return err
		}
		most, words := SmallBody, "1 MiB"
		switch {
		case withFile.MatchString(path):
			most, words = FileBody, "6 MiB"
		case takesLarge(path, large):
			words = "33 MiB"
		}
		if req.Header.ContentLength() > most {
			leave(c)
			return fault.New(fault.TooLarge, "error.too_large", "Limit", words)
		}
		api := len(path) > 5 && strings.EqualFold(path[:5], "/api/") // its library takes bodies as streams only
		if !req.IsBodyStream() {
			if api {
				req.SetBodyStream(bytes.NewReader(req.Body()), len(req.Body()))
			}
			return c.Next()
		}
		body, err := io.ReadAll(io.LimitReader(req.BodyStream(), int64(most)+1))
		if err != nil {
			leave(c)
			if errors.Is(err, io.ErrUnexpectedEOF) {
				return fault.Wrap(err, fault.Invalid, "error.truncated")
			}
			return fault.Wrap(err, fault.Unavailable, "error.unavailable")
		}
		if len(body) > most {
			leave(c)
			return fault.New(fault.TooLarge, "error.too_large", "Limit", words)
		}
		_ = req.CloseBodyStream()
		if api {
			req.SetBodyStream(bytes.NewReader(body), len(body))
		} else {
			req.SetBodyRaw(body)
		}
		return c.Next()
	}
}

// livez answers as long as the process can answer at all.
func livez(v *visit) error {
	return v.JSON(fiber.Map{"status": "ok"})
}

// readyz runs the readiness checks and says which failed.
func readyz(v *visit) error {
	checks, addresses, ok := map[string]string{}, map[string]string{}, true
	if v.w.d.Ready != nil {
		checks, addresses, ok = v.w.d.Ready(v.ctx)
	}
	status := fiber.StatusOK
	if !ok {
		status = fiber.StatusServiceUnavailable
		v.Set(fiber.HeaderRetryAfter, "5")
	}
	return v.Status(status).JSON(fiber.Map{"ready": ok, "checks": checks, "addresses": addresses})
}

// asset serves a file by its fingerprinted address, which never changes.
func asset(v *visit) error {
	name := v.Params("*")
	f, ok := static.Open(name)
	if !ok {
		return fault.New(fault.NotFound, "error.not_found")
	}
	v.Set(fiber.HeaderCacheControl, static.CacheControl)
	v.Set(fiber.HeaderETag, f.ETag)
	v.Set(fiber.HeaderContentType, f.Type)
	if strings.HasSuffix(f.Type, "svg+xml") {
		v.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	}
	if v.Get(fiber.HeaderIfNoneMatch) == f.ETag {
		return v.SendStatus(fiber.StatusNotModified)
	}
	return v.Send(f.Body)
}

// favicon sends old browsers, which ask for it unasked, to the drawn one.
func favicon(v *visit) error {
	v.Set(fiber.HeaderCacheControl, "public, max-age=86400")
	return v.Redirect(static.URL("img/icon.svg"), fiber.StatusFound)
}

// robots keeps a private portal out of search engines, but for landing pages: each says
// for itself whether it may be listed.
func robots(v *visit) error {
	v.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	v.Set(fiber.HeaderCacheControl, "public, max-age=86400")
	return v.SendString("User-agent: *\nAllow: /l/\nAllow: /static/\nDisallow: /\n")
}

// manifest lets a phone keep the portal on its home screen.
func manifest(v *visit) error {
	v.Set(fiber.HeaderCacheControl, "public, max-age=86400")
	if err := v.JSON(fiber.Map{
		"name": v.p.T("app.name"), "short_name": v.p.T("app.name"), "lang": string(v.p.Language()),
		"start_url": "/", "scope": "/", "display": "standalone", "background_color": "#fbfbfa", "theme_color": "#0e6073",
		"icons": []fiber.Map{{"src": static.URL("img/icon.svg"), "sizes": "any", "type": "image/svg+xml"}},
	}); err != nil {
		return err
	}
	v.Set(fiber.HeaderContentType, "application/manifest+json")
	return nil
}

// offline is what a browser may keep to show when the network is gone.
func offline(v *visit) error {
	return v.render(&view.OfflinePage{Base: v.shell()}, nil)
}
