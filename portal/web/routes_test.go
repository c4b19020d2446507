package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"entente/portal/portaltest"
	"entente/portal/web"
	"entente/prm/access"
)

func TestMain(m *testing.M) { portaltest.Main(m) }

var param = regexp.MustCompile(`:[a-z_]+|\*`)

const someID = "06h0b44s4ds79bpj9aovklj2vs"

// address fills the parameters of a route: the slug, ids for the rest.
func address(r web.Route, slug, id string) string {
	return param.ReplaceAllString(strings.Replace(r.Path, ":slug", slug, 1), id)
}

// isHTML are routes that answer with a page.
var notPages = map[string]bool{"livez": true, "readyz": true, "asset": true, "favicon": true, "robots": true, "manifest": true, "api document": true}

// TestRouteTable: names are unique, gates are known, a company's pages stand
// under its address and nowhere else, rights are those of the policy.
func TestRouteTable(t *testing.T) {
	t.Parallel()
	actions := map[access.Action]bool{"": true}
	for _, a := range access.Actions() {
		actions[a] = true
	}
	names, paths := map[string]bool{}, map[string]bool{}
	for _, r := range web.Routes() {
		if names[r.Name] || paths[r.Method+r.Path] {
			t.Errorf("%s %s %q is there twice", r.Method, r.Path, r.Name)
		}
		names[r.Name], paths[r.Method+r.Path] = true, true
		if strings.HasPrefix(r.Path, "/c/:slug/") != (r.Gate == web.InCompany) {
			t.Errorf("%s has the gate %q", r.Path, r.Gate)
		}
		if strings.HasPrefix(r.Path, "/platform") != (r.Gate == web.Operator) {
			t.Errorf("%s has the gate %q", r.Path, r.Gate)
		}
		if !actions[r.Action] {
			t.Errorf("%s asks for %q, which the policy does not know", r.Path, r.Action)
		}
		if r.Method != http.MethodGet && r.Method != http.MethodPost {
			t.Errorf("%s %s: forms know GET and POST only", r.Method, r.Path)
		}
	}
}

var headers = []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Cache-Control"}

func checkHeaders(t *testing.T, what string, h http.Header) {
	t.Helper()
	for _, name := range headers {
		if h.Get(name) == "" {
			t.Errorf("%s lacks %s", what, name)
		}
	}
	csp := h.Get("Content-Security-Policy")
	if strings.Contains(csp, "unsafe-eval") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("%s has the policy %q", what, csp)
	}
}

// TestEveryRouteHasTheHeaders, for somebody signed in, for nobody, and where
// there is no route at all.
func TestEveryRouteHasTheHeaders(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	nobody, maya := p.Nobody(t), p.As(t, portaltest.Maya)
	for _, r := range web.Routes() {
		for who, c := range map[string]*portaltest.Client{"nobody": nobody, "maya": maya} {
			if r.Changes() {
				continue
			}
			a := c.Get(t, address(r, "kestrel", someID))
			checkHeaders(t, who+" "+r.Path, a.Header)
			if a.Status >= 500 {
				t.Errorf("%s %s: %d", who, r.Path, a.Status)
			}
			if a.Status == 200 && !notPages[r.Name] && !strings.Contains(a.Header.Get("Vary"), "HX-Request") {
				t.Errorf("%s does not vary by HX-Request", r.Path)
			}
			if strings.Contains(a.Body, "⟦") {
				t.Errorf("%s %s has a text without words: %s", who, r.Path, regexp.MustCompile(`⟦[^⟧]*⟧`).FindString(a.Body))
			}
		}
	}
	sheet := nobody.Find(t, "/signin", `href="(/static/css/entente\.[0-9a-f]+\.css)"`)
	a := nobody.Get(t, sheet)
	checkHeaders(t, sheet, a.Header)
	if !strings.Contains(a.Header.Get("Cache-Control"), "immutable") || a.Status != 200 {
		t.Errorf("the style sheet: %d %q", a.Status, a.Header.Get("Cache-Control"))
	}
	if b := nobody.Get(t, sheet, "If-None-Match", a.Header.Get("ETag")); b.Status != 304 {
		t.Errorf("the style sheet again: %d", b.Status)
	}
	for _, path := range []string{"/nothing", "/c/kestrel/nothing", "/static/css/none.css", "/api/v1/nothing", "/../etc/passwd", "/static/../static.go"} {
		a := maya.Get(t, path)
		checkHeaders(t, path, a.Header)
		if a.Status != 404 {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}

// TestNobodyPasses: without a session every route but the public ones sends to
// the sign-in page, tells a fragment with 401, and changes nothing.
func TestNobodyPasses(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	c := p.Nobody(t)
	n := 0
	for _, r := range web.Routes() {
		if r.Gate == web.Public {
			continue
		}
		n++
		path := address(r, "kestrel", someID)
		if r.Changes() {
			if a := c.Post(t, path, url.Values{}); a.Status != 303 || a.Location != "/signin" {
				t.Errorf("POST %s: %d to %q", path, a.Status, a.Location)
			}
			continue
		}
		if a := c.Get(t, path); a.Status != 303 || a.Location != "/signin?next="+url.QueryEscape(path) {
			t.Errorf("%s: %d to %q", path, a.Status, a.Location)
		}
		if a := c.Get(t, path, "HX-Request", "true"); a.Status != 401 || a.Header.Get("HX-Trigger") == "" || a.Body != "" {
			t.Errorf("%s as a fragment: %d %.200s", path, a.Status, a.Body)
		}
		if a := c.Get(t, path, "Accept", "application/json"); a.Status != 401 || !strings.HasPrefix(a.Header.Get("Content-Type"), "application/problem+json") {
			t.Errorf("%s as JSON: %d %s", path, a.Status, a.Header.Get("Content-Type"))
		}
	}
	if n < 50 {
		t.Errorf("only %d routes are guarded", n)
	}
}

// plain takes out of a page what is different every time: the address itself,
// the form's key.
var everyTime = regexp.MustCompile(`name="(key|next)" value="[^"]*"|href="/signin\?next=[^"]*"`)

func sameShape(a portaltest.Answer, path string) string {
	body := strings.ReplaceAll(everyTime.ReplaceAllString(a.Body, ""), path, "")
	return body
}

// TestAStrangersAddressDoesNotExist: every page of a company, asked for by a
// person of another, answers exactly like an address that does not exist.
func TestAStrangersAddressDoesNotExist(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	kaarel := p.As(t, portaltest.Kaarel)
	unknown := "/c/kestrel/there-is-no-such-page"
	none := kaarel.Get(t, unknown)
	nowhere := "/c/no-such-company/orders"
	if a := kaarel.Get(t, nowhere); a.Status != 404 || sameShape(a, nowhere) != sameShape(none, unknown) {
		t.Errorf("a company that does not exist answers otherwise: %d", a.Status)
	}
	n := 0
	for _, r := range web.Routes() {
		if r.Gate != web.InCompany {
			continue
		}
		n++
		path := address(r, "kestrel", someID)
		if r.Changes() {
			a := kaarel.Post(t, path, url.Values{"key": {"0123456789"}})
			if b := kaarel.Post(t, strings.Replace(path, "/kestrel/", "/no-such-company/", 1), url.Values{"key": {"0123456789"}}); a.Status != 404 || b.Status != 404 {
				t.Errorf("POST %s: %d, of no company %d", path, a.Status, b.Status)
			}
			continue
		}
		a := kaarel.Get(t, path)
		if a.Status != 404 || sameShape(a, path) != sameShape(none, unknown) {
			t.Errorf("%s: %d, or another page than for an unknown address", path, a.Status)
		}
		for name := range none.Header {
			if name != "Date" && name != "Content-Length" && name != "X-Request-Id" && a.Header.Get(name) != none.Header.Get(name) {
				t.Errorf("%s: header %s is %q, of an unknown address %q", path, name, a.Header.Get(name), none.Header.Get(name))
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d pages of companies", n)
	}
	// In his own company the ids of others do not exist either.
	order := p.As(t, portaltest.Maya).Find(t, "/c/kestrel/orders", `/c/kestrel/orders/([0-9a-v]{26})`)
	for _, path := range []string{"/c/baltic/orders/" + order, "/c/baltic/orders/" + order + "/receive", "/orders/" + order} {
		if a := kaarel.Get(t, path); a.Status != 404 || strings.Contains(a.Body, "Kestrel") {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}

// TestFormsNeedTheirToken: a change without the session's token, or posted from
// another site, is refused and does nothing.
func TestFormsNeedTheirToken(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	dan := p.As(t, portaltest.Dan)
	for _, r := range web.Routes() {
		if !r.Changes() || r.Path == "/signin" || r.Path == "/signout" {
			continue
		}
		path := address(r, "kestrel", someID)
		form := "Content-Type"
		if a := dan.Do(t, "POST", path, strings.NewReader("csrf=wrong"), form, "application/x-www-form-urlencoded", "Origin", p.URL); a.Status != 409 {
			t.Errorf("%s with a wrong token: %d", path, a.Status)
		}
		if a := dan.Do(t, "POST", path, strings.NewReader(""), form, "application/x-www-form-urlencoded"); a.Status != 409 {
			t.Errorf("%s without a token: %d", path, a.Status)
		}
		if a := dan.Post(t, path, nil, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"); a.Status != 403 {
			t.Errorf("%s from another site: %d", path, a.Status)
		}
	}
	nobody := p.Nobody(t)
	form := url.Values{"email": {portaltest.Dan}, "password": {portaltest.Password}}
	if a := nobody.Do(t, "POST", "/signin", strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded"); a.Status != 409 {
		t.Errorf("signing in from nowhere: %d", a.Status)
	}
	if a := dan.Get(t, "/c/kestrel/"); a.Status != 200 {
		t.Errorf("Dan is signed out: %d", a.Status)
	}
}

// TestWrongMethod: an address that does not take a method says so, and a page
// answers HEAD.
func TestWrongMethod(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	maya := p.As(t, portaltest.Maya)
	if a := maya.Do(t, "DELETE", "/help", nil, "X-CSRF-Token", "x"); a.Status != 409 && a.Status != 405 {
		t.Errorf("DELETE: %d", a.Status)
	}
	if a := p.Nobody(t).Do(t, "PUT", "/help", nil); a.Status != 405 {
		t.Errorf("PUT: %d", a.Status)
	}
	if a := maya.Do(t, "HEAD", "/c/kestrel/orders", nil); a.Status != 200 || a.Body != "" {
		t.Errorf("HEAD: %d", a.Status)
	}
}
