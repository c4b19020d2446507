package session

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/chat/socket"
	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

const password = "entente-demo-1"

type house struct {
	t   *testing.T
	acc *account.Service
	s   *Sessions
	app *fiber.App
	now time.Time
}

func newHouse(t *testing.T, o Options) *house {
	d := dbtest.One(t)
	h := &house{t: t, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	h.acc = account.NewService(d, account.Options{Cost: account.Cost{Memory: 64, Time: 1, Threads: 1}})
	o.Clock = func() time.Time { return h.now }
	h.s = New(h.acc, o)
	ctx, sys := t.Context(), access.System("test", "")
	hash, err := h.acc.HashPassword(ctx, password)
	h.must(err)
	for _, one := range []struct{ slug, email string }{{"kestrel", "maya@kestrel.example"}, {"baltic", "kaarel@baltic.example"}} {
		org, err := h.acc.CreateOrg(ctx, sys, account.OrgCmd{Slug: one.slug, Name: one.slug, Country: "GB", Currency: "GBP", Zone: "UTC", Locale: "en"})
		h.must(err)
		_, err = h.acc.CreatePerson(ctx, sys, account.PersonCmd{Email: one.email, Name: "Somebody", Locale: "zh-CN", PasswordHash: hash, Org: org.ID, Roles: []access.Role{access.Admin}})
		h.must(err)
	}
	h.app = fiber.New(fiber.Config{Immutable: true, EnableTrustedProxyCheck: true, DisableStartupMessage: true, ErrorHandler: func(c *fiber.Ctx, err error) error {
		return c.Status(fault.CodeOf(err).Status()).SendString(fault.KeyOf(err))
	}})
	h.app.Use(h.s.Middleware)
	who := func(c *fiber.Ctx) error {
		l, err := LoginOf(c.UserContext())
		if err != nil {
			return err
		}
		return c.SendString(fmt.Sprintf("%s %s %s", l.Person.Email, l.Org.Slug, strings.Join(db.Orgs(c.UserContext()), ",")))
	}
	h.app.All("/c/:slug/*", func(c *fiber.Ctx) error {
		if _, err := InCompany(c.UserContext()); err != nil {
			return err
		}
		return who(c)
	})
	h.app.All("/api/v1/who", who)
	h.app.All("/me", who)
	h.app.Post("/signin", func(c *fiber.Ctx) error {
		_, err := h.s.SignIn(c, c.FormValue("email"), c.FormValue("password"))
		return err
	})
	h.app.Post("/signout", func(c *fiber.Ctx) error { return h.s.SignOut(c) })
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// ask sends a request with headers as "Name: value".
func (h *house) ask(method, path, body string, headers ...string) (int, string, *http.Response) {
	h.t.Helper()
	r := httptest.NewRequest(method, "http://portal.example"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, one := range headers {
		k, v, _ := strings.Cut(one, ": ")
		r.Header.Add(k, v)
	}
	res, err := h.app.Test(r, 10_000)
	h.must(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	h.must(err)
	return res.StatusCode, string(text), res
}

func (h *house) wants(what string, method, path, body string, status int, words string, headers ...string) {
	h.t.Helper()
	if got, text, _ := h.ask(method, path, body, headers...); got != status || words != "" && !strings.Contains(text, words) {
		h.t.Errorf("%s: %d %q, want %d %q", what, got, text, status, words)
	}
}

// in signs in and returns the cookie header and the form token.
func (h *house) in(email string) (cookie, csrf string) {
	h.t.Helper()
	status, text, res := h.ask("POST", "/signin", url.Values{"email": {email}, "password": {password}}.Encode())
	if status != 200 || len(res.Cookies()) != 1 {
		h.t.Fatalf("sign-in: %d %q %v", status, text, res.Cookies())
	}
	c := res.Cookies()[0]
	l, err := h.acc.LoginBySession(h.t.Context(), c.Value, "")
	h.must(err)
	return "Cookie: " + c.Name + "=" + c.Value, l.CSRF
}

func TestCookieOpensPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Options{})
	cookie, csrf := h.in("maya@kestrel.example")
	h.wants("own company", "GET", "/c/kestrel/orders", "", 200, "maya@kestrel.example kestrel", cookie)
	h.wants("another company", "GET", "/c/baltic/orders", "", 404, "error.not_found", cookie)
	h.wants("no such company", "GET", "/c/nowhere/orders", "", 404, "error.not_found", cookie)
	h.wants("outside a company", "GET", "/me", "", 200, "maya@kestrel.example  ", cookie)
	h.wants("other case", "GET", "/C/kestrel/orders", "", 404, "error.not_found", cookie)
	h.wants("nobody", "GET", "/c/kestrel/orders", "", 401, "error.signed_out")
	h.wants("made up", "GET", "/c/kestrel/orders", "", 401, "error.signed_out", "Cookie: entente=made-up")
	h.wants("cookie on the API", "GET", "/api/v1/who", "", 401, "error.signed_out", cookie)
	h.wants("signed out", "POST", "/signout", "csrf="+csrf, 200, "", cookie)
	h.wants("after that", "GET", "/me", "", 401, "", cookie)
}

func TestCookieAttributes(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		h := newHouse(t, Options{Secure: secure, BaseURL: "https://portal.example"})
		_, _, res := h.ask("POST", "/signin", url.Values{"email": {"maya@kestrel.example"}, "password": {password}}.Encode())
		c := res.Cookies()[0]
		name := "entente"
		if secure {
			name = "__Host-entente"
		}
		if c.Name != name || !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Expires.IsZero() {
			t.Errorf("cookie = %+v", c)
		}
	}
	h := newHouse(t, Options{Secure: true})
	_, _, res := h.ask("POST", "/signin", url.Values{"email": {"maya@kestrel.example"}, "password": {password}}.Encode())
	h.wants("the plain name where only the secure one counts", "GET", "/me", "", 401, "", "Cookie: entente="+res.Cookies()[0].Value)
}

func TestSigningInAgainEndsTheOldSession(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Options{})
	first, _ := h.in("maya@kestrel.example")
	body := url.Values{"email": {"maya@kestrel.example"}, "password": {password}}.Encode()
	status, _, res := h.ask("POST", "/signin", body, first, "Origin: http://portal.example")
	if status != 200 || "Cookie: entente="+res.Cookies()[0].Value == first {
		t.Fatalf("sign-in: %d", status)
	}
	h.wants("the first session", "GET", "/me", "", 401, "", first)
	h.wants("wrong password", "POST", "/signin", "email=maya@kestrel.example&password=wrong", 401, "account.signin_wrong")
}

func TestForgedPostsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Options{BaseURL: "https://public.example"})
	cookie, csrf := h.in("maya@kestrel.example")
	other, otherCSRF := h.in("kaarel@baltic.example")
	post := func(what string, status int, body string, headers ...string) {
		t.Helper()
		h.wants(what, "POST", "/c/kestrel/orders", body, status, "", append(headers, cookie)...)
	}
	post("token in the form", 200, "csrf="+csrf)
	post("token under its other name", 200, "_csrf="+csrf)
	post("token in the header", 200, "", CSRFHeader+": "+csrf)
	post("with the own origin", 200, "csrf="+csrf, "Origin: http://portal.example", "Sec-Fetch-Site: same-origin")
	post("with the public origin", 200, "csrf="+csrf, "Origin: https://public.example")
	post("no token", 409, "a=b")
	post("empty token", 409, "csrf=")
	post("token of another session", 409, "csrf="+otherCSRF)
	post("empty header and no form", 409, "", CSRFHeader+": ")
	for _, origin := range []string{"https://evil.example", "null", "http://portal.example.evil.example", "https://portal.example", "http://portal.example:81"} {
		post("origin "+origin, 403, "csrf="+csrf, "Origin: "+origin)
	}
	for _, site := range []string{"cross-site", "same-site"} {
		post("fetched from "+site, 403, "csrf="+csrf, "Sec-Fetch-Site: "+site)
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		h.wants(method, method, "/c/kestrel/orders", "", 409, "", cookie)
	}
	h.wants("sign-in from another site", "POST", "/signin", "email=a&password=b", 403, "session.cross_site", "Origin: https://evil.example")
	h.wants("sign-in with a session, from nowhere", "POST", "/signin", "email=a&password=b", 409, "session.form_old", other)
	h.wants("get needs no token", "GET", "/c/kestrel/orders", "", 200, "", cookie)
}

// TestStreamedBodyIsNoForm: of a body that is streamed nothing is read for the token of a
// session, whatever type it says it is; the header counts.
func TestStreamedBodyIsNoForm(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Options{})
	cookie, csrf := h.in("maya@kestrel.example")
	app := fiber.New(fiber.Config{StreamRequestBody: true, DisablePreParseMultipartForm: true, BodyLimit: 1 << 20, DisableStartupMessage: true, ErrorHandler: h.app.Config().ErrorHandler})
	left := 0
	app.Use(func(c *fiber.Ctx) error {
		Streamed(c)
		err := h.s.Middleware(c)
		rest, _ := io.ReadAll(c.Context().RequestBodyStream())
		left = len(rest)
		return err
	})
	app.Post("/as2", func(c *fiber.Ctx) error { return c.SendString("in") })
	h.app = app
	form := "csrf=" + csrf + "&x=" + strings.Repeat("x", 100_000)
	part := "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n" + csrf + "\r\n--b--\r\n"
	for _, c := range []struct {
		kind, body string
		want       int
		headers    []string
	}{
		{"application/x-www-form-urlencoded", form, 409, nil},
		{"multipart/form-data; boundary=b", part, 409, nil},
		{"application/x-www-form-urlencoded", form, 200, []string{CSRFHeader + ": " + csrf}},
	} {
		r := httptest.NewRequest("POST", "http://portal.example/as2", strings.NewReader(c.body))
		for _, one := range append(c.headers, cookie, "Content-Type: "+c.kind) {
			k, v, _ := strings.Cut(one, ": ")
			r.Header.Set(k, v)
		}
		res, err := app.Test(r, 10_000)
		h.must(err)
		_ = res.Body.Close()
		if res.StatusCode != c.want || left != len(c.body) {
			t.Errorf("%s %v: %d, %d of %d bytes left, want %d", c.kind, c.headers, res.StatusCode, left, len(c.body), c.want)
		}
	}
}

func TestBearerOpensTheAPIOnly(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Options{})
	secret, tok, err := h.acc.CreateTokenFor(t.Context(), access.System("cli", ""), account.TokenForCmd{Email: "maya@kestrel.example", TokenCmd: account.TokenCmd{Name: "t", Scopes: []string{"chat:write"}, Days: 1}})
	h.must(err)
	bearer := "Authorization: Bearer " + secret
	h.wants("API", "POST", "/api/v1/who", "", 200, "maya@kestrel.example kestrel "+tok.Org, bearer)
	h.wants("a path in any case", "POST", "/API/V1/Who", "", 200, "maya@kestrel.example kestrel", bearer)
	h.wants("any case", "GET", "/api/v1/who", "", 200, "", "Authorization: bearer "+secret)
	h.wants("a page", "GET", "/c/kestrel/orders", "", 401, "", bearer)
	h.wants("as a cookie", "GET", "/c/kestrel/orders", "", 401, "", "Cookie: entente="+secret)
	h.wants("in the query", "GET", "/api/v1/who?access_token="+secret, "", 401, "")
	h.wants("Basic", "GET", "/api/v1/who", "", 401, "account.token_invalid", "Authorization: Basic "+secret)
	h.wants("unknown", "GET", "/api/v1/who", "", 401, "account.token_invalid", "Authorization: Bearer ent_"+strings.Repeat("a", 52))
	h.wants("no words", "GET", "/api/v1/who", "", 401, "account.token_invalid", "Authorization: Bearer")
	cookie, _ := h.in("kaarel@baltic.example")
	h.wants("bearer beside another's cookie", "GET", "/api/v1/who", "", 200, "maya@kestrel.example", bearer, cookie)
	h.wants("bad bearer beside a cookie", "GET", "/api/v1/who", "", 401, "", "Authorization: Bearer x", cookie)
}

func TestFloodsAreSlowed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Options{Limits: Limits{Open: Rate{1, 5}, Session: Rate{1, 3}, Token: Rate{1, 2}}})
	cookie, _ := h.in("maya@kestrel.example") // one of the open five
	for i := range 3 {
		h.wants(fmt.Sprint("page ", i), "GET", "/me", "", 200, "", cookie)
	}
	h.wants("too many pages", "GET", "/me", "", 429, "account.wait", cookie)
	for i := range 4 {
		h.wants(fmt.Sprint("open ", i), "GET", "/me", "", 401, "")
	}
	h.wants("too many open", "GET", "/me", "", 429, "")
	h.wants("a forged forwarding header", "GET", "/me", "", 429, "", "X-Forwarded-For: 203.0.113.9")
	h.wants("bad tokens count as open", "GET", "/api/v1/who", "", 429, "", "Authorization: Bearer x")
	h.now = h.now.Add(2 * time.Second)
	h.wants("later", "GET", "/me", "", 200, "", cookie)
}

func TestLimiterForgetsFullBuckets(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	l := newLimiter(Rate{1, 2}, func() time.Time { return now })
	for i := range 1000 {
		if err := l.take(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(2 * time.Minute)
	if err := l.take("x"); err != nil || len(l.held) != 1 {
		t.Errorf("%d buckets are held, %v", len(l.held), err)
	}
}

func TestSafeNext(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"/c/kestrel/orders?state=open": "/c/kestrel/orders?state=open", "/": "/", "/link/abc": "/link/abc",
		"": "!", "//evil.example": "!", "https://evil.example": "!", `/\evil.example`: "!", "/%2f/evil.example/..": "!", "javascript:alert(1)": "!", "/a\r\nSet-Cookie: x": "!", "/\tx": "!",
		"/signout": "!", "/SignOut": "!", "/signin?next=/x": "!", "/api/v1/orders": "!", "/live": "!", "/" + strings.Repeat("a", 2100): "!", "c/kestrel": "!", "/%5cevil": "!",
	} {
		if got := SafeNext(in, "!"); got != want {
			t.Errorf("SafeNext(%q) = %q, want %q", in, got, want)
		}
	}
	if got := SignInPath("/c/kestrel/orders?a=b&c=d"); got != "/signin?next=%2Fc%2Fkestrel%2Forders%3Fa%3Db%26c%3Dd" {
		t.Error(got)
	}
	if SignInPath("//evil") != "/signin" || SignInPath("/") != "/signin" {
		t.Error("an unsafe or empty next is carried on")
	}
}

func TestLiveDoor(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Options{})
	live := h.s.Live()
	secret, tok, err := h.acc.CreateTokenFor(t.Context(), access.System("cli", ""), account.TokenForCmd{Email: "maya@kestrel.example", TokenCmd: account.TokenCmd{Name: "t", Scopes: []string{"chat:write"}, Days: 1}})
	h.must(err)
	header, _ := h.in("maya@kestrel.example")
	_, value, _ := strings.Cut(header, "=")
	jar := map[string]string{"entente": value}
	ctx := context.Background()
	for name, c := range map[string]struct {
		with socket.Credentials
		code fault.Code
	}{
		"cookie":                    {socket.Credentials{Cookies: jar}, ""},
		"cookie and company":        {socket.Credentials{Cookies: jar, Org: "kestrel"}, ""},
		"cookie, foreign company":   {socket.Credentials{Cookies: jar, Org: "baltic"}, fault.NotFound},
		"bearer":                    {socket.Credentials{Bearer: secret}, ""},
		"bearer and company":        {socket.Credentials{Bearer: secret, Org: "kestrel"}, ""},
		"bearer, foreign company":   {socket.Credentials{Bearer: secret, Org: "baltic"}, fault.NotFound},
		"bad bearer, good cookie":   {socket.Credentials{Bearer: "x", Cookies: jar}, fault.Unauthenticated},
		"nothing":                   {socket.Credentials{}, fault.Unauthenticated},
		"the token in the cookie":   {socket.Credentials{Cookies: map[string]string{"entente": secret}}, fault.Unauthenticated},
		"the cookie under any name": {socket.Credentials{Cookies: map[string]string{"session": value}}, fault.Unauthenticated},
	} {
		id, err := live.Authenticate(ctx, c.with)
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
		if c.code == "" && (id.Actor.Org != tok.Org || id.Session != id.Actor.Via || id.Lang != "zh-CN") {
			t.Errorf("%s: %+v", name, id)
		}
	}
	byCookie, err := live.Authenticate(ctx, socket.Credentials{Cookies: jar})
	h.must(err)
	byToken, err := live.Authenticate(ctx, socket.Credentials{Bearer: secret})
	h.must(err)
	again, err := live.Recheck(ctx, byToken)
	h.must(err)
	if again.Session != "token:"+tok.ID || len(again.Actor.Scopes) != 1 {
		t.Errorf("identity = %+v", again)
	}
	many := live.(socket.ManyAuthenticator)
	if both := many.RecheckAll(ctx, []socket.Identity{byToken, byCookie}); both[0].Err != nil || both[1].Err != nil ||
		!reflect.DeepEqual(both[0].Now, byToken) || !reflect.DeepEqual(both[1].Now, byCookie) {
		t.Errorf("at once: %+v", both)
	}
	h.must(h.acc.RevokeToken(ctx, byCookie.Actor, tok.ID))
	if both := many.RecheckAll(ctx, []socket.Identity{byToken, byCookie}); fault.CodeOf(both[0].Err) != fault.Unauthenticated || both[1].Err != nil {
		t.Errorf("at once, one revoked: %+v", both)
	}
	if _, err := live.Recheck(ctx, byToken); fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("after the token was revoked: %v", err)
	}
	h.must(h.acc.SignOut(ctx, value))
	if _, err := live.Recheck(ctx, byCookie); fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("after the session ended: %v", err)
	}
}

type dropped []string

func (d *dropped) DropMembership(person, org string) { *d = append(*d, person+"@"+org) }
func (d *dropped) DropSession(s string)              { *d = append(*d, s) }

func TestDoorsSpeakTheSocketsNames(t *testing.T) {
	t.Parallel()
	var d dropped
	doors := Doors{Live: &d}
	doors.Left("org", "maya")
	doors.SignedOut("maya", []string{"1", "2"})
	doors.Revoked("maya", []string{"3"})
	if got := fmt.Sprint(d); got != "[maya@org session:1 session:2 token:3]" {
		t.Error(got)
	}
}
