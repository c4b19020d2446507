// Package portaltest drives the whole portal over HTTP in tests: it starts the
// program with the demo companies once per test binary, signs people in, and runs
// tables of scenarios.
package portaltest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/portal/app"
	"entente/portal/session"
)

// Password of every demo person.
const Password = "entente-demo-1"

// The demo people (CONTRACT 2).
const (
	Ingrid = "ingrid@aurelia.example" // admin, manager of the supplier
	Maya   = "maya@kestrel.example"   // admin of a reseller
	Dan    = "dan@kestrel.example"    // buyer of the same
	Kaarel = "kaarel@baltic.example"  // a competitor of theirs
	Chen   = "chen@huadong.example"   // a reseller without an ERP, in Chinese
)

// Portal is a running portal.
type Portal struct {
	URL string
	Log *Lines // what it logged
}

// Lines collects log output.
type Lines struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (l *Lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String is everything so far.
func (l *Lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Await waits until the log holds the pattern and returns its submatches.
func (l *Lines) Await(t *testing.T, pattern *regexp.Regexp) []string {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(20 * time.Second); ; {
		if m := pattern.FindStringSubmatch(l.String()); m != nil {
			return m
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("the log never held %s:\n%s", pattern, l)
		}
	}
}

var (
	once   sync.Once
	shared *Portal
	failed error
	finish = func() {}
)

// Main runs the tests of a package and stops the shared portal afterwards.
func Main(m *testing.M) {
	code := m.Run()
	finish()
	os.Exit(code)
}

// Demo is the portal with the demo companies, shared by all tests of the binary:
// a test changes only objects that no other test looks at.
func Demo(t *testing.T) *Portal {
	t.Helper()
	once.Do(func() {
		shared, finish, failed = start(app.Config{Addr: "127.0.0.1:0", Demo: true, Limits: session.Limits{Open: session.Rate{PerSecond: 1e6, Burst: 1e6}, Session: session.Rate{PerSecond: 1e6, Burst: 1e6}}})
	})
	if failed != nil {
		t.Fatal(failed)
	}
	return shared
}

// Empty is a portal of its own on an empty database.
func Empty(t *testing.T) *Portal {
	t.Helper()
	p, stop, err := start(app.Config{Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return p
}

func start(cfg app.Config) (p *Portal, stop func(), err error) {
	dir, err := os.MkdirTemp("", "portal")
	if err != nil {
		return nil, func() {}, err
	}
	cfg.Data = dir
	lines := &Lines{}
	ctx, cancel := context.WithCancel(context.Background())
	a, err := app.New(ctx, cfg, slog.New(slog.NewTextHandler(lines, nil)))
	if err != nil {
		cancel()
		_ = os.RemoveAll(dir)
		return nil, func() {}, err
	}
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- a.Run(ctx, func(addr string) { ready <- addr }) }()
	stop = func() {
		cancel()
		<-done
		_ = os.RemoveAll(dir)
	}
	select {
	case addr := <-ready:
		return &Portal{URL: addr, Log: lines}, stop, nil
	case err := <-done:
		done <- nil
		stop()
		return nil, func() {}, fmt.Errorf("the portal ended: %w\n%s", err, lines)
	case <-time.After(2 * time.Minute):
		stop()
		return nil, func() {}, fmt.Errorf("the portal was not ready in time\n%s", lines)
	}
}

// Client is one browser: it keeps cookies and follows no redirect.
type Client struct {
	p    *Portal
	http *http.Client
	csrf string
}

// Nobody is a browser that is not signed in.
func (p *Portal) Nobody(t *testing.T) *Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Client{p: p, http: &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// As is a browser in which a demo person is signed in.
func (p *Portal) As(t *testing.T, email string) *Client {
	t.Helper()
	c := p.Nobody(t)
	c.csrf = csrfOf(c.Get(t, "/signin").Body)
	res := c.Post(t, "/signin", url.Values{"email": {email}, "password": {Password}})
	if res.Status != http.StatusSeeOther {
		t.Fatalf("sign in as %s: %d\n%.500s", email, res.Status, res.Body)
	}
	home := c.Get(t, c.Get(t, "/").Location)
	if c.csrf = csrfOf(home.Body); c.csrf == "" {
		t.Fatalf("%s has no form token: %d %s\n%.500s", email, home.Status, home.Location, home.Body)
	}
	return c
}

func csrfOf(page string) string {
	if m := csrfField.FindStringSubmatch(page); m != nil {
		return m[1]
	}
	return ""
}

// Answer is what came back.
type Answer struct {
	Status   int
	Location string
	Header   http.Header
	Body     string
}

// Get asks for a page. Headers are name, value pairs.
func (c *Client) Get(t *testing.T, path string, headers ...string) Answer {
	t.Helper()
	return c.Do(t, http.MethodGet, path, nil, headers...)
}

// Post submits a form with the token of the session, as a page of ours would.
func (c *Client) Post(t *testing.T, path string, form url.Values, headers ...string) Answer {
	t.Helper()
	sent := url.Values{"csrf": {c.csrf}}
	for k, v := range form {
		sent[k] = v
	}
	return c.Do(t, http.MethodPost, path, strings.NewReader(sent.Encode()), append([]string{"Content-Type", "application/x-www-form-urlencoded", "Origin", c.p.URL, "Sec-Fetch-Site", "same-origin"}, headers...)...)
}

// Do sends any request.
func (c *Client) Do(t *testing.T, method, path string, body io.Reader, headers ...string) Answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, c.p.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.http.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return Answer{Status: res.StatusCode, Location: res.Header.Get("Location"), Header: res.Header, Body: string(raw)}
}

// Scenario is one request and what must come of it. Status 0 is 200. Contains and
// Lacks are looked for in the body; every page is also checked for texts without
// words and raw errors.
type Scenario struct {
	Name     string
	As       *Client
	Method   string // GET when empty; POST when Form is set
	Path     string
	Form     url.Values
	Headers  []string
	Status   int
	Location string // beginning of the address redirected to
	Contains []string
	Lacks    []string
	After    func(t *testing.T, a Answer)
}

// Run runs the scenarios in order.
func Run(t *testing.T, list []Scenario) {
	t.Helper()
	for _, s := range list {
		t.Run(s.Name, func(t *testing.T) {
			var a Answer
			switch {
			case s.Form != nil:
				a = s.As.Post(t, s.Path, s.Form, s.Headers...)
			case s.Method != "":
				a = s.As.Do(t, s.Method, s.Path, nil, s.Headers...)
			default:
				a = s.As.Get(t, s.Path, s.Headers...)
			}
			want := s.Status
			if want == 0 {
				want = http.StatusOK
			}
			if a.Status != want {
				t.Errorf("status %d, want %d\n%.1500s", a.Status, want, a.Body)
			}
			if !strings.HasPrefix(a.Location, s.Location) {
				t.Errorf("sent to %q, want %q", a.Location, s.Location)
			}
			for _, w := range s.Contains {
				if !strings.Contains(a.Body, w) {
					t.Errorf("the answer lacks %q\n%.3000s", w, a.Body)
				}
			}
			for _, w := range append([]string{"⟦", "no value", "SQLITE", "goroutine "}, s.Lacks...) {
				if strings.Contains(a.Body, w) {
					t.Errorf("the answer holds %q\n%.3000s", w, a.Body)
				}
			}
			if s.After != nil {
				s.After(t, a)
			}
		})
	}
}

// Find is the first submatch of the pattern in the page at path, or a failure.
func (c *Client) Find(t *testing.T, path, pattern string) string {
	t.Helper()
	a := c.Get(t, path)
	m := regexp.MustCompile(pattern).FindStringSubmatch(a.Body)
	if m == nil {
		t.Fatalf("%s (%d) holds nothing like %s\n%.2000s", path, a.Status, pattern, a.Body)
	}
	return m[1]
}
