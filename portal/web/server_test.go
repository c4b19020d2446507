package web

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/edi/courier"
	"entente/portal/view"
	"entente/prm/fault"
)

// serveTest runs a server with the house's defaults and a few bare handlers.
func serveTest(t *testing.T, o ServerOptions, routes func(app *fiber.App)) string {
	t.Helper()
	return serveOn(t, o, Whole, routes)
}

func serveOn(t *testing.T, o ServerOptions, whole func(net.Listener) net.Listener, routes func(app *fiber.App)) string {
	t.Helper()
	pages, err := view.New()
	if err != nil {
		t.Fatal(err)
	}
	w, err := New(Deps{View: pages, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	o.Log, o.Error = w.d.Log, w.Error
	app := NewServer(o)
	routes(app)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		_ = app.Listener(whole(l))
		close(done)
	}()
	t.Cleanup(func() {
		_ = app.ShutdownWithTimeout(5 * time.Second)
		<-done
	})
	return l.Addr().String()
}

// TestValuesOutliveTheRequest is trap T2: values kept past the handler stay what
// they were, though fasthttp reuses its memory.
func TestValuesOutliveTheRequest(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var kept []string
	addr := serveTest(t, ServerOptions{}, func(app *fiber.App) {
		app.Get("/keep/:id", func(c *fiber.Ctx) error {
			mu.Lock()
			defer mu.Unlock()
			kept = append(kept, c.Params("id"), c.Query("q"), c.Get("X-Word"), c.Path())
			return nil
		})
	})
	client := &http.Client{}
	for _, id := range []string{"alpha", "bravo", "charl"} {
		req, _ := http.NewRequest("GET", "http://"+addr+"/keep/"+id+"?q="+id, nil)
		req.Header.Set("X-Word", id)
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
	want := []string{"alpha", "alpha", "alpha", "/keep/alpha", "bravo", "bravo", "bravo", "/keep/bravo", "charl", "charl", "charl", "/keep/charl"}
	if !slices.Equal(kept, want) {
		t.Errorf("kept %q, want %q", kept, want)
	}
}

// echoLength answers how many bytes of body the handler saw.
func echoLength(app *fiber.App) {
	app.Post("/small", func(c *fiber.Ctx) error { return c.SendString(fmt.Sprint(len(c.Body()))) })
}

func postBody(t *testing.T, addr string, body io.Reader, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequest("POST", "http://"+addr+"/small", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := (&http.Client{Timeout: 20 * time.Second}).Do(req)
	if err != nil {
		return 0, err.Error() // the server may close while we still send
	}
	defer res.Body.Close()
	raw, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(raw)
}

// TestGzipBombIsRefused is trap T3: a body never unfolds.
func TestGzipBombIsRefused(t *testing.T) {
	t.Parallel()
	addr := serveTest(t, ServerOptions{}, echoLength)
	var small bytes.Buffer
	z := gzip.NewWriter(&small)
	if _, err := z.Write(make([]byte, 64<<20)); err != nil {
		t.Fatal(err)
	}
	z.Close()
	for _, coding := range []string{"gzip", "deflate", "br", "zstd", "GZIP", "gzip, gzip", "x-gzip"} {
		code, body := postBody(t, addr, bytes.NewReader(small.Bytes()), "Content-Encoding", coding)
		if code != 422 || !strings.Contains(body, "content_encoding") {
			t.Errorf("%s: %d %s", coding, code, body)
		}
	}
	if code, body := postBody(t, addr, strings.NewReader("abc"), "Content-Encoding", "identity"); code != 200 || body != "3" {
		t.Errorf("identity: %d %s", code, body)
	}
}

// TestBodyLimit is traps T4 to T6: streaming does not switch the limit off, with
// and without a stated length.
func TestBodyLimit(t *testing.T) {
	t.Parallel()
	addr := serveTest(t, ServerOptions{}, echoLength)
	fits := bytes.Repeat([]byte("a"), SmallBody)
	chunked := func(b []byte) io.Reader { return struct{ io.Reader }{bytes.NewReader(b)} } // hides the length
	for name, c := range map[string]struct {
		body io.Reader
		want int
	}{
		"fits":             {bytes.NewReader(fits), 200},
		"fits, chunked":    {chunked(fits), 200},
		"too big":          {bytes.NewReader(append(fits, 'b')), 413},
		"too big, chunked": {chunked(append(slices.Clone(fits), 'b')), 413},
		"far too big":      {chunked(bytes.Repeat([]byte("x"), 8<<20)), 413},
	} {
		code, body := postBody(t, addr, c.body)
		if code != c.want || c.want == 200 && body != fmt.Sprint(SmallBody) {
			t.Errorf("%s: %d %.200s, want %d", name, code, body, c.want)
		}
	}
}

// TestRefusedWhileSending: who sends a body to its end before reading gets the words of
// the refusal, not a reset.
func TestRefusedWhileSending(t *testing.T) {
	t.Parallel()
	addr := serveTest(t, ServerOptions{Streamed: []string{"/stream"}}, func(app *fiber.App) {
		echoLength(app)
		app.Post("/stream", func(c *fiber.Ctx) error {
			_, _ = io.CopyN(io.Discard, c.Context().RequestBodyStream(), 1000)
			return fault.New(fault.TooLarge, "edi.too_large", "Offset", 1000)
		})
	})
	for _, path := range []string{"/small", "/stream"} {
		for _, size := range []string{"Content-Length: 8388608", "Transfer-Encoding: chunked"} {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			_ = c.SetDeadline(time.Now().Add(time.Minute))
			body := bytes.Repeat([]byte("x"), 8<<20)
			if strings.HasPrefix(size, "T") {
				body = slices.Concat([]byte("800000\r\n"), body, []byte("\r\n0\r\n\r\n"))
			}
			fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: entente\r\nAccept: application/json\r\n%s\r\n\r\n", path, size)
			_, sent := c.Write(body)
			said, err := io.ReadAll(c)
			if sent != nil || err != nil || !strings.HasPrefix(string(said), "HTTP/1.1 413 ") || !strings.Contains(string(said), `"status":413`) {
				t.Errorf("%s, %s: %v, %v, %s", path, size, sent, err, said)
			}
			_ = c.Close()
		}
	}
}

// A form that is larger than its address takes is refused before its first part is read into a
// file, and one of another kind is none.
func TestEndlessForm(t *testing.T) {
	t.Parallel()
	base := serveTest(t, ServerOptions{Streamed: []string{"/in"}, Large: []string{"/large"}}, func(app *fiber.App) {
		app.Post("/*", func(c *fiber.Ctx) error { return c.SendString(c.FormValue("x")) })
	})
	for _, c := range []struct{ path, kind string }{
		{"/small", "multipart/form-data; boundary=b"}, {"/c/x/large", "multipart/form-data; boundary=b"}, {"/c/x/large", "application/x-www-form-urlencoded"}, {"/c/x/deals/new", "multipart/form-data; boundary=b"},
	} {
		length := int64(1) << 40
		if !strings.HasPrefix(c.kind, "multipart") {
			length = SmallBody + 1
		}
		conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		begin := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n" + strings.Repeat("a", 64<<10)
		if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", c.path, c.kind, length, begin); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s %s: %v", c.path, c.kind, err)
			continue
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s %s: %d", c.path, c.kind, res.StatusCode)
		}
	}
}

// TestStreamedInAnySpelling: a path with another case or a slash behind reaches the same
// handler, and so the same body.
func TestStreamedInAnySpelling(t *testing.T) {
	t.Parallel()
	addr := serveTest(t, ServerOptions{Streamed: []string{"/stream"}}, func(app *fiber.App) {
		app.Post("/stream", func(c *fiber.Ctx) error {
			in := c.Context().RequestBodyStream()
			if in == nil {
				return c.SendString("none")
			}
			n, err := io.Copy(io.Discard, in)
			if err != nil {
				return err
			}
			return c.SendString(fmt.Sprint(n))
		})
	})
	for _, path := range []string{"/stream", "/stream/", "/Stream", "/STREAM/?from=x"} {
		res, err := http.Post("http://"+addr+path, "application/octet-stream", bytes.NewReader(make([]byte, SmallBody+1)))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || string(b) != fmt.Sprint(SmallBody+1) {
			t.Errorf("%s: %d %.100s, %v", path, res.StatusCode, b, err)
		}
	}
}

// TestSlowHeadersAreClosed is traps T7 and T8: a half-sent request ends; a
// streamed path has more time for its body.
func TestSlowHeadersAreClosed(t *testing.T) {
	t.Parallel()
	const limit = 400 * time.Millisecond
	addr := serveTest(t, ServerOptions{ReadTimeout: limit, Streamed: []string{"/stream"}}, func(app *fiber.App) {
		app.Post("/stream", func(c *fiber.Ctx) error {
			b, err := io.ReadAll(c.Context().RequestBodyStream())
			if err != nil {
				return err
			}
			return c.SendString(fmt.Sprint(len(b)))
		})
	})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nX-Half: ")
			_ = conn.SetReadDeadline(time.Now().Add(20 * limit))
			_, err = io.Copy(io.Discard, conn)
			var late net.Error
			if errors.As(err, &late) && late.Timeout() {
				t.Error("a half-sent header was still open")
			}
		})
	}
	wg.Wait()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc")
	tick := time.NewTimer(2 * limit) // an honest sender that is slow
	<-tick.C
	fmt.Fprint(conn, "def")
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, _ := io.ReadAll(res.Body); res.StatusCode != 200 || string(b) != "6" {
		t.Errorf("an honest slow body: %d %s", res.StatusCode, b)
	}
}

// TestStuckBodiesAreClosed: a body that does not move on ends, whether fasthttp still waits
// for its first octets or a handler for the others.
func TestStuckBodiesAreClosed(t *testing.T) {
	t.Parallel()
	whole := func(l net.Listener) net.Listener { return wholeListener{l, 100 * time.Millisecond} }
	addr := serveOn(t, ServerOptions{Streamed: []string{"/stream"}, Large: []string{"/file"}}, whole, func(app *fiber.App) {
		app.Post("/stream", func(c *fiber.Ctx) error {
			_, err := io.Copy(io.Discard, c.Context().RequestBodyStream())
			if err != nil {
				return fault.Wrap(err, fault.Invalid, "error.truncated")
			}
			return nil
		})
	})
	for name, sent := range map[string]string{
		"first octets": "POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc",
		"others":       "POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("x", 50_000),
		"no octet":     "POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
		"a chunk":      "POST /stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\nabc",
		"a form":       "POST /c/x/file HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 2000000\r\n\r\n--b\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(time.Minute))
			if _, err := io.WriteString(c, sent); err != nil {
				t.Fatal(err)
			}
			said, err := io.ReadAll(c)
			if err != nil || !strings.HasPrefix(string(said), "HTTP/1.1 4") {
				t.Errorf("%.200s, %v", said, err)
			}
		})
	}
}

// deadlines is a connection that gives nothing and keeps the deadlines it was told.
type deadlines struct {
	net.Conn
	told []time.Time
}

func (w *deadlines) Read([]byte) (int, error) { return 1, nil }

func (w *deadlines) SetReadDeadline(t time.Time) error {
	w.told = append(w.told, t)
	return nil
}

// TestStepsOfABody: each step of a long body has its own time, within that of the body; who
// moves on is not hurried. Whatever else is read keeps the one that was set.
func TestStepsOfABody(t *testing.T) {
	t.Parallel()
	w := &deadlines{}
	c := &wholeConn{Conn: w, step: stepTimeout}
	read := func() time.Time {
		w.told = nil
		if n, err := c.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if len(w.told) == 0 {
			return time.Time{}
		}
		return w.told[0]
	}
	for _, d := range []time.Duration{readTimeout, idleTimeout} {
		_ = c.SetReadDeadline(time.Now().Add(d))
		if at := read(); !at.IsZero() {
			t.Errorf("%s: another time was set", d)
		}
	}
	begun := time.Now()
	_ = c.SetReadDeadline(begun.Add(longTimeout))
	first := read()
	if next := read(); first.Before(begun.Add(stepTimeout)) || first.After(time.Now().Add(stepTimeout)) || next.Before(first) {
		t.Errorf("steps until %s and %s, begun %s", first, next, begun)
	}
	c.long = time.Now().Add(time.Second)
	if at := read(); at != c.long {
		t.Errorf("a step until %s in a body until %s", at, c.long)
	}
	_ = c.SetReadDeadline(time.Time{})
	if at := read(); !at.IsZero() {
		t.Error("a connection without a time got one")
	}
}

// TestForwardedForIsNotBelieved is trap T9: only a trusted proxy says who asks.
func TestForwardedForIsNotBelieved(t *testing.T) {
	t.Parallel()
	who := func(app *fiber.App) {
		app.Get("/who", func(c *fiber.Ctx) error { return c.SendString(c.IP() + " " + c.Protocol()) })
	}
	for name, c := range map[string]struct {
		trusted []string
		want    string
	}{
		"nobody trusted":    {nil, "127.0.0.1 http"},
		"another is":        {[]string{"10.0.0.0/8"}, "127.0.0.1 http"},
		"the proxy trusted": {[]string{"127.0.0.1"}, "203.0.113.7 https"},
	} {
		addr := serveTest(t, ServerOptions{TrustedProxies: c.trusted}, who)
		req, _ := http.NewRequest("GET", "http://"+addr+"/who", nil)
		req.Header.Set("X-Forwarded-For", "203.0.113.7")
		req.Header.Set("X-Forwarded-Proto", "https")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if string(b) != c.want {
			t.Errorf("%s: %q, want %q", name, b, c.want)
		}
	}
}

// TestErrorsSayNothingRaw is trap T10: the text of an error never leaves the
// house, whatever was asked for, and every error carries the headers.
func TestErrorsSayNothingRaw(t *testing.T) {
	t.Parallel()
	const secret = `pq: relation "secret_table" does not exist`
	addr := serveTest(t, ServerOptions{}, func(app *fiber.App) {
		app.Get("/raw", func(*fiber.Ctx) error { return errors.New(secret) })
		app.Get("/panic", func(*fiber.Ctx) error { panic(secret) })
		app.Get("/wrapped", func(*fiber.Ctx) error { return fault.Wrap(errors.New(secret), fault.Internal, "error.internal") })
		app.Get("/conflict", func(*fiber.Ctx) error {
			return fault.Wrap(errors.New(secret), fault.Conflict, "error.conflict", "was", "received", "now", "confirmed")
		})
		app.Get("/busy", func(*fiber.Ctx) error { return fault.New(fault.RateLimited, "account.wait", "seconds", int64(7)) })
		app.Get("/down", func(*fiber.Ctx) error { return fault.Wrap(errors.New(secret), fault.Unavailable, "error.unavailable") })
		app.Get("/out", func(*fiber.Ctx) error { return fault.New(fault.Unauthenticated, "error.signed_out") })
		app.Get("/api/v1/raw", func(*fiber.Ctx) error { return errors.New(secret) })
	})
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, c := range []struct {
		path, accept, htmx string
		status             int
		kind               string
		holds              []string
	}{
		{"/raw", "text/html", "", 500, "text/html", []string{"That is our fault", "<html"}},
		{"/panic", "text/html", "", 500, "text/html", []string{"That is our fault"}},
		{"/wrapped", "text/html", "true", 500, "text/html", []string{`id="error"`}},
		{"/raw", "application/json", "", 500, "application/problem+json", []string{`"code":"internal"`, `"status":500`, `"instance":"urn:entente:request:`}},
		{"/api/v1/raw", "*/*", "", 500, "application/problem+json", []string{`"code":"internal"`}},
		{"/conflict", "text/html", "", 409, "text/html", []string{"Someone changed this", "Waits for an answer", "Confirmed"}},
		{"/busy", "text/html", "", 429, "text/html", []string{"7 s"}},
		{"/down", "text/html", "", 503, "text/html", []string{"Not ready right now"}},
		{"/nothing", "text/html", "", 404, "text/html", []string{"Not found"}},
		{"/out", "text/html", "", 303, "", nil},
		{"/out", "text/html", "true", 401, "", nil},
		{"/out", "application/json", "", 401, "application/problem+json", []string{`"status":401`}},
	} {
		req, _ := http.NewRequest("GET", "http://"+addr+c.path, nil)
		req.Header.Set("Accept", c.accept)
		if c.htmx != "" {
			req.Header.Set("HX-Request", c.htmx)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := io.ReadAll(res.Body)
		res.Body.Close()
		body := string(raw)
		at := c.path + " as " + c.accept + c.htmx
		if res.StatusCode != c.status || !strings.HasPrefix(res.Header.Get("Content-Type"), c.kind) {
			t.Errorf("%s: %d %s, want %d %s", at, res.StatusCode, res.Header.Get("Content-Type"), c.status, c.kind)
		}
		for _, h := range c.holds {
			if !strings.Contains(body, h) {
				t.Errorf("%s lacks %q:\n%.2000s", at, h, body)
			}
		}
		if strings.Contains(body, "secret_table") || strings.Contains(body, "⟦") {
			t.Errorf("%s tells too much or nothing: %.2000s", at, body)
		}
		if c.status >= 500 && res.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s has no request id", at)
		}
		if c.status >= 500 && c.kind == "text/html" && !strings.Contains(body, res.Header.Get("X-Request-Id")) {
			t.Errorf("%s does not show its request id", at)
		}
		if want := map[int]string{429: "7", 503: "10"}[c.status]; res.Header.Get("Retry-After") != want {
			t.Errorf("%s: Retry-After %q, want %q", at, res.Header.Get("Retry-After"), want)
		}
		if missing := missingHeaders(res.Header); missing != nil {
			t.Errorf("%s lacks %v", at, missing)
		}
	}
}

// securityHeaders are on every answer.
var securityHeaders = map[string]string{"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Permissions-Policy": "camera=()", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin"}

func missingHeaders(h http.Header) []string {
	var out []string
	for name, want := range securityHeaders {
		if !strings.Contains(h.Get(name), want) {
			out = append(out, name)
		}
	}
	return out
}

// TestHeadersOnRefusedRequests: what fasthttp itself refuses carries them too.
func TestHeadersOnRefusedRequests(t *testing.T) {
	t.Parallel()
	addr := serveTest(t, ServerOptions{}, func(*fiber.App) {})
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\n\r\n", strings.Repeat("a", 64<<10))
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode < 400 || missingHeaders(res.Header) != nil {
		t.Errorf("%d lacks %v", res.StatusCode, missingHeaders(res.Header))
	}
	if res.Header.Get("Server") != "" {
		t.Errorf("the server names itself: %q", res.Header.Get("Server"))
	}
}

// TestUnreadBodyIsNoRequest: what is left of a streamed body that was refused, or not
// asked for, is never taken for the next request on the connection.
func TestUnreadBodyIsNoRequest(t *testing.T) {
	t.Parallel()
	addr := serveTest(t, ServerOptions{Streamed: []string{"/in"}}, func(app *fiber.App) {
		app.Get("/inner", func(c *fiber.Ctx) error { return c.SendString("smuggled") })
		app.Get("/in", func(c *fiber.Ctx) error { return c.SendString("fine") })
		app.Post("/in", func(c *fiber.Ctx) error {
			switch c.Get("X-Do") {
			case "fault":
				return fault.New(fault.TooLarge, "error.too_large", "Limit", "1")
			case "status":
				return c.SendStatus(fiber.StatusForbidden)
			}
			b, err := io.ReadAll(c.Context().RequestBodyStream())
			if err != nil {
				return err
			}
			return c.SendString(fmt.Sprint(len(b)))
		})
	})
	inner := "GET /inner HTTP/1.1\r\nHost: x\r\n\r\n"
	body := strings.Repeat("A", 8<<10) + inner
	for _, c := range []struct{ method, do, want string }{{"POST", "fault", "413"}, {"POST", "status", "403"}, {"PUT", "", "405"}, {"GET", "", "200"}, {"POST", "", "200"}} {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := fmt.Fprintf(conn, "%s /in HTTP/1.1\r\nHost: x\r\nX-Do: %s\r\nContent-Length: %d\r\n\r\n%s", c.method, c.do, len(body), body); err != nil {
			t.Fatal(err)
		}
		r := bufio.NewReader(conn)
		res, err := http.ReadResponse(r, &http.Request{Method: c.method})
		if err != nil {
			t.Fatalf("%s %s: %v", c.method, c.do, err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		if !strings.HasPrefix(res.Status, c.want) {
			t.Errorf("%s %s: %s", c.method, c.do, res.Status)
		}
		if c.method == "POST" && c.do == "" { // the connection is kept: the next request is its own
			_, _ = io.WriteString(conn, "GET /in HTTP/1.1\r\nHost: x\r\n\r\n")
			if res, err = http.ReadResponse(r, nil); err != nil || res.StatusCode != 200 {
				t.Errorf("the next request: %v", err)
			}
		} else if res, err := http.ReadResponse(r, nil); err == nil {
			t.Errorf("%s %s: the body was answered: %s", c.method, c.do, res.Status)
		}
		_ = conn.Close()
	}
}

// A list of connections warns of the pinned certificate of an HTTPS server that lasts
// longest, where the server is called by https: a next one beside it is enough.
func TestPinLeft(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	pin := func(hours int) courier.Certificate {
		return courier.Certificate{Purpose: courier.ForServer, Server: true, NotAfter: now.Add(time.Duration(hours) * time.Hour)}
	}
	gone := pin(2400)
	gone.Retired = now
	for name, c := range map[string]struct {
		url    string
		certs  []courier.Certificate
		days   int
		pinned bool
	}{
		"none":            {"https://a.example/", []courier.Certificate{{Purpose: courier.ForBoth, NotAfter: now}}, 0, false},
		"ends":            {"https://a.example/", []courier.Certificate{pin(49)}, 2, true},
		"ended":           {"HTTPS://a.example/", []courier.Certificate{pin(0), gone}, -1, true},
		"the next beside": {"https://a.example/", []courier.Certificate{pin(-1), pin(24 * 90)}, 90, true},
		"plain":           {"http://a.example/", []courier.Certificate{pin(-1)}, 0, false},
	} {
		s := side{certs: c.certs}
		s.st.URL = c.url
		if days, pinned := s.pinLeft(now); days != c.days || pinned != c.pinned {
			t.Errorf("%s: %d days, pinned %v", name, days, pinned)
		}
	}
}
