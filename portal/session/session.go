// Package session turns a request into somebody: it reads the session cookie or
// the bearer token, refuses forged form posts, slows floods down, and opens and
// ends sessions in the browser. It authenticates and never authorises: what
// somebody may do is decided by the services.
//
// Pages take the cookie only and /api/v1 takes the bearer token only, so a page
// of another site can never act through somebody's browser on the API, and a
// leaked token never opens a page.
package session

import (
	"context"
	"crypto/subtle"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// The names of the session cookie. The prefix makes browsers refuse one that was
// set by another host or without TLS.
const (
	cookieSecure = "__Host-entente"
	cookiePlain  = "entente" // http on the loopback only
)

// CSRFHeader carries the form token of requests made by scripts; forms carry it
// in a field named csrf (or _csrf).
const CSRFHeader = "X-CSRF-Token"

// Options of New.
type Options struct {
	Secure  bool             // people reach the portal over https
	BaseURL string           // address people type; its origin may post forms
	Clock   func() time.Time // default time.Now; for the rate limits
	Limits  Limits
}

// Sessions is the door of the portal.
type Sessions struct {
	acc    *account.Service
	o      Options
	origin string // of BaseURL, may be empty
	open   *limiter
	inside *limiter
	tokens *limiter
}

// New makes the door.
func New(acc *account.Service, o Options) *Sessions {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	o.Limits = o.Limits.orDefault()
	s := &Sessions{acc: acc, o: o, open: newLimiter(o.Limits.Open, o.Clock), inside: newLimiter(o.Limits.Session, o.Clock), tokens: newLimiter(o.Limits.Token, o.Clock)}
	if u, err := url.Parse(o.BaseURL); err == nil && u.Host != "" {
		s.origin = strings.ToLower(u.Scheme + "://" + u.Host)
	}
	return s
}

type ctxKey struct{}

// found is what the middleware learned about a request.
type found struct {
	login account.Login
	err   error // why there is no login, or no company
}

// LoginOf returns who stands behind the request. The error says why nobody does
// (Unauthenticated), or that the person is not in the company of the address
// (NotFound); then the login still names the person, for the frame of the page.
func LoginOf(ctx context.Context) (account.Login, error) {
	f, ok := ctx.Value(ctxKey{}).(found)
	if !ok {
		return account.Login{}, errSignedOut
	}
	return f.login, f.err
}

// InCompany is LoginOf for pages of a company: without a membership there it is
// NotFound.
func InCompany(ctx context.Context) (account.Login, error) {
	l, err := LoginOf(ctx)
	if err == nil && l.Org.ID == "" {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	return l, err
}

// Actor returns who acts; the zero Actor is nobody.
func Actor(ctx context.Context) access.Actor {
	f, _ := ctx.Value(ctxKey{}).(found)
	return f.login.Actor
}

// CSRF returns the token that forms of this session carry, "" when signed out.
func CSRF(ctx context.Context) string {
	f, _ := ctx.Value(ctxKey{}).(found)
	return f.login.CSRF
}

var (
	errSignedOut = fault.New(fault.Unauthenticated, "error.signed_out")
	errCrossSite = fault.New(fault.Forbidden, "session.cross_site")
	errOldForm   = fault.New(fault.Conflict, "session.form_old")
)

const (
	apiPrefix     = "/api/v1/"
	companyPrefix = "/c/"
)

// quiet are the paths that concern nobody in particular. The live socket
// authenticates by itself, through Live.
func quiet(path string) bool {
	return strings.HasPrefix(path, "/static/") || path == "/livez" || path == "/readyz" || path == "/live" || path == "/favicon.ico"
}

// Middleware finds out who asks and puts it into the user context, with the
// client's address (account.WithOrigin) and the company acted for (db.WithOrgs).
// It refuses only what is an attack or a flood: an unknown bearer token, a form
// posted from elsewhere or without its token, too many requests. Whether nobody
// is enough for a page is for the page's gate.
// Codes: Unauthenticated (bad bearer token), Forbidden (posted from another
// site), Conflict (form of another session), RateLimited.
func (s *Sessions) Middleware(c *fiber.Ctx) error {
	path := strings.Clone(c.Path())
	if quiet(path) {
		return c.Next()
	}
	origin := account.Origin{Addr: strings.Clone(c.IP()), Agent: strings.Clone(c.Get(fiber.HeaderUserAgent))}
	ctx := account.WithOrigin(c.UserContext(), origin)
	f := found{err: errSignedOut}
	switch {
	case len(path) >= len(apiPrefix) && strings.EqualFold(path[:len(apiPrefix)], apiPrefix): // as the router takes it
		header := strings.Clone(c.Get(fiber.HeaderAuthorization))
		if header == "" {
			if err := s.open.take("open:" + origin.Addr); err != nil {
				return err
			}
			break
		}
		if f.login, f.err = s.byBearer(ctx, header, origin.Addr); f.err != nil {
			return f.err
		}
	default:
		token := strings.Clone(c.Cookies(s.cookieName(c)))
		if f.login, f.err = s.byCookie(ctx, token, slugOf(path)); f.err != nil && !passing(f.err) {
			return f.err
		}
		key, limit := "open:"+origin.Addr, s.open
		if f.login.Person.ID != "" {
			key, limit = "session:"+f.login.Session.ID, s.inside
		}
		if err := limit.take(key); err != nil {
			return err
		}
		if err := s.guard(c, path, f.login); err != nil {
			return err
		}
	}
	c.SetUserContext(account.Acting(context.WithValue(ctx, ctxKey{}, f), f.login.Actor))
	return c.Next()
}

// passing are the failures that leave the request to the page's gate.
func passing(err error) bool {
	c := fault.CodeOf(err)
	return c == fault.Unauthenticated || c == fault.NotFound
}

func (s *Sessions) byBearer(ctx context.Context, header, addr string) (account.Login, error) {
	scheme, secret, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		secret = ""
	}
	l, err := s.acc.LoginByToken(ctx, strings.TrimSpace(secret))
	if err != nil {
		if wait := s.open.take("open:" + addr); wait != nil {
			return account.Login{}, wait
		}
		return account.Login{}, err
	}
	return l, s.tokens.take(l.Actor.Via)
}

// byCookie logs in for the company of the slug; where the person is not in it,
// the login comes without a company and with the refusal.
func (s *Sessions) byCookie(ctx context.Context, token, slug string) (account.Login, error) {
	l, err := s.acc.LoginBySession(ctx, token, slug)
	if slug != "" && fault.IsNotFound(err) {
		if l, again := s.acc.LoginBySession(ctx, token, ""); again == nil {
			return l, err
		}
	}
	return l, err
}

// slugOf takes the company out of "/c/{slug}/…".
func slugOf(path string) string {
	rest, ok := strings.CutPrefix(path, companyPrefix)
	if !ok {
		return ""
	}
	slug, _, _ := strings.Cut(rest, "/")
	return slug
}

type streamed struct{}

// Streamed says of a request that its body is a stream of any length: no form, whatever it is
// called, so that the token of a session counts in the header only.
func Streamed(c *fiber.Ctx) { c.Locals(streamed{}, true) }

// guard refuses a change that did not come from one of our own pages. Browsers
// say where a post comes from; a session's form also carries its token. Signing
// in may find a session of another tab, so there the origin alone decides.
func (s *Sessions) guard(c *fiber.Ctx, path string, l account.Login) error {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return nil
	}
	told := false
	if site := c.Get("Sec-Fetch-Site"); site != "" {
		told = true
		if site != "same-origin" && site != "none" {
			return errCrossSite
		}
	}
	if origin := strings.ToLower(c.Get(fiber.HeaderOrigin)); origin != "" {
		told = true
		if origin != strings.ToLower(c.BaseURL()) && (s.origin == "" || origin != s.origin) {
			return errCrossSite
		}
	}
	if l.Person.ID == "" || told && path == "/signin" {
		return nil
	}
	sent := c.Get(CSRFHeader)
	if sent == "" && c.Locals(streamed{}) == nil {
		sent = c.FormValue("csrf", c.FormValue("_csrf"))
	}
	if subtle.ConstantTimeCompare([]byte(sent), []byte(l.CSRF)) != 1 || l.CSRF == "" {
		return errOldForm
	}
	return nil
}

func (s *Sessions) secure(c *fiber.Ctx) bool { return s.o.Secure || c.Protocol() == "https" }

func (s *Sessions) cookieName(c *fiber.Ctx) string {
	if s.secure(c) {
		return cookieSecure
	}
	return cookiePlain
}

// SignIn proves an address and opens a session in this browser; a session it had
// before ends.
// Codes: those of account.SignIn.
func (s *Sessions) SignIn(c *fiber.Ctx, email, password string) (account.SignedIn, error) {
	in, err := s.acc.SignIn(c.UserContext(), strings.Clone(email), strings.Clone(password))
	if err != nil {
		return account.SignedIn{}, err
	}
	return in, s.Begin(c, in)
}

// Begin puts a fresh session into this browser (after a sign-in, a one-time link
// or the set-up page); a session it had before ends. A zero one changes nothing.
func (s *Sessions) Begin(c *fiber.Ctx, in account.SignedIn) error {
	if in.Token == "" {
		return nil
	}
	if old := strings.Clone(c.Cookies(s.cookieName(c))); old != "" && old != in.Token {
		if err := s.acc.SignOut(c.UserContext(), old); err != nil {
			return err
		}
	}
	s.cookie(c, in.Token, in.Session.EndBy)
	return nil
}

// SignOut ends the session of this browser and removes its cookie.
func (s *Sessions) SignOut(c *fiber.Ctx) error {
	token := strings.Clone(c.Cookies(s.cookieName(c)))
	s.cookie(c, "", time.Unix(1, 0))
	if token == "" {
		return nil
	}
	return s.acc.SignOut(c.UserContext(), token)
}

func (s *Sessions) cookie(c *fiber.Ctx, value string, until time.Time) {
	c.Cookie(&fiber.Cookie{Name: s.cookieName(c), Value: value, Path: "/", Expires: until, HTTPOnly: true, Secure: s.secure(c), SameSite: fiber.CookieSameSiteLaxMode})
}

// SignInPath is where somebody signed out is sent, to come back to the address.
func SignInPath(next string) string {
	if safe := SafeNext(next, ""); safe != "" && safe != "/" {
		return "/signin?next=" + url.QueryEscape(safe)
	}
	return "/signin"
}

// SafeNext is an address within the portal to go to after signing in, or the
// fallback: never another host, never a place that signs out or acts.
func SafeNext(next, fallback string) string {
	if next == "" || len(next) > 2000 || next[0] != '/' || strings.HasPrefix(next, "//") || strings.ContainsFunc(next, func(r rune) bool { return r == '\\' || r < ' ' || r == 0x7f }) {
		return fallback
	}
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, `\`) {
		return fallback
	}
	for _, p := range []string{"/signin", "/signout", "/setup", "/api", "/live", "/static"} {
		if low := strings.ToLower(u.Path); low == p || strings.HasPrefix(low, p+"/") {
			return fallback
		}
	}
	return next
}
