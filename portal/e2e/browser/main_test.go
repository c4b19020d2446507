package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
)

var (
	server *Server
	left   *Chrome // most people
	right  *Chrome // the second person of a talk
)

// TestMain builds the program and starts it and two browsers once for all tests.
// Without a browser it fails in CI and says so elsewhere.
func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	if _, err := Find(); err != nil {
		if os.Getenv("CI") == "true" {
			return 1, err
		}
		fmt.Fprintln(os.Stderr, "LEFT OUT: the browser tests:", err)
		return 0, nil
	}
	dir, err := os.MkdirTemp("", "entente-browser-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	binary, err := Build(context.Background(), dir)
	if err != nil {
		return 1, err
	}
	if server, err = Serve(binary, filepath.Join(dir, "data")); err != nil {
		return 1, err
	}
	defer server.Stop()
	for _, c := range []**Chrome{&left, &right} {
		if *c, err = Launch(); err != nil {
			return 1, err
		}
		defer (*c).Close()
	}
	code := m.Run()
	if code != 0 {
		for line := range strings.Lines(server.Logs()) {
			if strings.Contains(line, "level=ERROR") {
				fmt.Fprint(os.Stderr, line)
			}
		}
	}
	return code, nil
}

// tab opens a tab with nobody signed in that must end without a complaint.
func tab(t *testing.T, c *Chrome) *Page {
	t.Helper()
	p, err := c.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			for _, trouble := range p.Troubles() {
				t.Errorf("the page complains: %s", trouble)
			}
		}
		p.Close()
	})
	must(t, p.Run(network.ClearBrowserCookies()))
	return p
}

// as opens a tab with somebody signed in.
func as(t *testing.T, c *Chrome, email string) *Page {
	t.Helper()
	p := tab(t, c)
	must(t, home(p, server.URL, email))
	return p
}

// home signs somebody of the demo in, in the language that the demo gave the person,
// whatever a test before left.
func home(p *Page, url, email string) error {
	if err := p.SignIn(url, email, Password); err != nil {
		return err
	}
	language, is := "en", ""
	if email == "chen@huadong.example" || email == "wen@aurelia.example" {
		language = "zh-CN"
	}
	if err := p.Eval(`document.documentElement.lang`, &is); err != nil || is == language {
		return err
	}
	if err := p.Speak(language); err != nil {
		return err
	}
	_, err := p.Go(url + "/")
	return err
}

// open goes to an address and wants it to be there.
func open(t *testing.T, p *Page, url string) {
	t.Helper()
	if strings.HasPrefix(url, "/") {
		url = server.URL + url
	}
	status, err := p.Go(url)
	must(t, err)
	if status != 200 {
		t.Fatalf("%s: status %d", url, status)
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// read evaluates an expression.
func read[T any](t *testing.T, p *Page, expression string) T {
	t.Helper()
	var out T
	must(t, p.Eval(expression, &out))
	return out
}
