package web

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/db"
	"entente/portal/locale"
	"entente/portal/session"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// visit is one request on its way through a handler: the fiber context, who asks,
// and how to speak to them.
type visit struct {
	*fiber.Ctx
	w     *Web
	route Route
	login account.Login // zero: signed out
	ctx   context.Context
	now   time.Time
	p     *locale.Printer
	theme view.Theme
	base  *view.Base // filled once
	said  *flash     // read once
}

const (
	themeCookie  = "entente_theme"
	langCookie   = "entente_lang"
	keepCookie   = 365 * 24 * time.Hour
	visitTimeout = 30 * time.Second
)

// visit prepares a request. Signed-out people choose language and theme by
// cookie, signed-in ones in their profile.
func (w *Web) visit(c *fiber.Ctx, r Route, login account.Login) *visit {
	v := &visit{Ctx: c, w: w, route: r, login: login, ctx: c.UserContext(), now: w.d.Clock()}
	lang, zone := c.Cookies(langCookie), time.UTC
	theme := view.Theme(c.Cookies(themeCookie))
	if v.known() {
		lang, zone = login.Person.Locale, login.Person.Location()
		if login.Person.Theme != "" {
			theme = view.Theme(login.Person.Theme)
		}
	} else if asked := c.Query("lang"); asked != "" && locale.Match("", asked) == locale.Language(asked) && !cookieless(c.Path()) {
		lang = asked
		v.keep(langCookie, asked)
	}
	if theme != view.ThemeLight && theme != view.ThemeDark {
		theme = view.ThemeSystem
	}
	v.theme = theme
	v.p = locale.New(locale.Match(c.Get(fiber.HeaderAcceptLanguage), lang), zone, v.now)
	return v
}

// keep remembers a choice of appearance in this browser. It is no secret.
func (v *visit) keep(name, value string) {
	v.Cookie(&fiber.Cookie{Name: name, Value: value, Path: "/", HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode, Secure: v.secure(), MaxAge: int(keepCookie / time.Second)})
}

func (v *visit) secure() bool { return v.Protocol() == "https" }

// known reports whether somebody is signed in.
func (v *visit) known() bool { return v.login.Person.ID != "" }

func (v *visit) actor() access.Actor { return v.login.Actor }

func (v *visit) sessionID() string { return v.login.Session.ID }

// org is the id of the company acted for.
func (v *visit) org() string { return v.login.Org.ID }

// path is the address of one of the company's pages: path("orders", id).
func (v *visit) path(parts ...string) string {
	var b strings.Builder
	b.WriteString("/c/")
	b.WriteString(url.PathEscape(v.login.Org.Slug))
	b.WriteByte('/')
	for i, p := range parts {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(url.PathEscape(p))
	}
	return b.String()
}

// may tells whether an action is allowed on something of the actor's company or
// shared with it; for buttons. The service decides again.
func (v *visit) may(act access.Action, res access.Resource) bool {
	return access.Allowed(v.actor(), act, res)
}

// lists tells whether the person may read such objects at all.
func (v *visit) lists(act access.Action) bool {
	_, err := access.List(v.actor(), act)
	return err == nil
}

// today is the civil date of the reader.
func (v *visit) today() string { return v.p.Now().Format(time.DateOnly) }

// htmx reports a request for a fragment. A boosted one wants the whole page.
func (v *visit) htmx() bool { return wantsFragment(v.Ctx) }

func wantsFragment(c *fiber.Ctx) bool {
	return c.Get("HX-Request") == "true" && c.Get("HX-Boosted") != "true"
}

// fragments maps the id htmx wants to fill to the block that fills it.
type fragments map[string]string

// render answers with the page, or with the block for the element htmx asked for.
func (v *visit) render(page view.Page, f fragments) error {
	return v.renderAs(fiber.StatusOK, page, f)
}

func (v *visit) renderAs(status int, page view.Page, f fragments) error {
	block := ""
	if v.htmx() {
		block = f[v.Get("HX-Target")]
	}
	return v.send(status, page, block)
}

// send writes a page or one of its blocks. Nothing is sent when the template fails.
func (v *visit) send(status int, page view.Page, block string) error {
	var buf bytes.Buffer
	if err := v.w.d.View.Render(&buf, page, block); err != nil {
		return fault.Wrap(err, fault.Internal, "error.internal")
	}
	v.Vary("HX-Request")
	v.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	v.Set("Content-Language", string(v.p.Language()))
	return v.Status(status).Send(buf.Bytes())
}

// seeOther sends the browser to an address of ours after something was done.
func (v *visit) seeOther(to string) error {
	v.Vary("HX-Request")
	if v.htmx() {
		v.Set("HX-Redirect", to)
		return v.SendStatus(fiber.StatusNoContent)
	}
	return v.Redirect(to, fiber.StatusSeeOther)
}

// done is seeOther with a line said on the next page.
func (v *visit) done(to, key string, args ...any) error {
	f := flash{Key: key}
	for i := 0; i+1 < len(args); i += 2 {
		if f.Args == nil {
			f.Args = map[string]string{}
		}
		name, _ := args[i].(string)
		f.Args[name], _ = args[i+1].(string)
	}
	v.setFlash(f)
	return v.seeOther(to)
}

// key is the idempotency key of a submitted form, or a fresh one.
func (v *visit) key() string {
	k := v.FormValue("key")
	if len(k) < 8 || len(k) > 64 || strings.ContainsFunc(k, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	}) {
		return db.NewID()
	}
	return k
}

// entryCookie ties the forms of somebody not signed in to their browser. The
// session middleware goes by what browsers say of where a post comes from; this
// counts where they say nothing.
const entryCookie = "entente_entry"

// entryToken is the token of forms before sign-in, made with its cookie.
func (v *visit) entryToken() string {
	nonce := v.Cookies(entryCookie)
	if !db.ValidID(nonce) {
		nonce = db.NewID()
		v.Cookie(&fiber.Cookie{Name: entryCookie, Value: nonce, Path: "/", HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode, Secure: v.secure(), SessionOnly: true})
	}
	token, err := v.w.seal.close("entry", nonce)
	if err != nil {
		v.w.d.Log.Error("entry token not made", "error", err)
	}
	return token
}

// entered refuses a form before sign-in that neither says where it comes from nor
// carries its token.
// Codes: Conflict.
func (v *visit) entered() error {
	if v.known() || v.Get(fiber.HeaderOrigin) != "" || v.Get("Sec-Fetch-Site") != "" {
		return nil // judged by the session middleware
	}
	word := ""
	if nonce := v.Cookies(entryCookie); nonce == "" || !v.w.seal.open(v.FormValue("csrf"), nonce, &word) || word != "entry" {
		return fault.New(fault.Conflict, "session.form_old")
	}
	return nil
}

// absolute makes an address that leaves the house: in mails and one-time links.
func (v *visit) absolute(path string) string {
	if v.w.d.BaseURL != "" {
		return v.w.d.BaseURL + path
	}
	return v.BaseURL() + path
}

// pass lets the person the session middleware found through the route's gate.
// What is behind a gate that stays shut does not exist: a stranger at a company's
// address and an unknown address get the same answer.
// Codes: Unauthenticated, NotFound.
func (w *Web) pass(c *fiber.Ctx, r Route) (account.Login, error) {
	login, err := session.LoginOf(c.UserContext())
	switch r.Gate {
	case Public:
		return login, nil
	case InCompany:
		return session.InCompany(c.UserContext())
	case Operator:
		if err == nil {
			err = access.CheckOperator(login.Actor)
		}
	case SignedIn:
	default:
		err = fault.New(fault.Internal, "error.internal")
	}
	return login, err
}

// whoever is the person behind a request that failed, for the frame of the error
// page; nobody when that cannot be told.
func (w *Web) whoever(c *fiber.Ctx) account.Login {
	login, _ := session.LoginOf(c.UserContext())
	return login
}
