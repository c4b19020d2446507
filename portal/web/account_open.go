package web

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"entente/portal/locale"
	"entente/portal/session"
	"entente/portal/view"
	"entente/prm/account"
	"entente/prm/fault"
)

// root sends somebody to the company used last, everybody else to the sign-in
// page.
func root(v *visit) error {
	if !v.known() {
		return v.Redirect("/signin", fiber.StatusSeeOther)
	}
	return v.Redirect(v.homeAddress(), fiber.StatusSeeOther)
}

// homeAddress is the start page of the company used last, else of the first; the
// platform page for an operator without a company.
func (v *visit) homeAddress() string { return homeOf(v.login) }

func homeOf(l account.Login) string {
	for _, seat := range l.Seats {
		if seat.Org.ID == l.Person.LastOrg {
			return "/c/" + seat.Org.Slug + "/"
		}
	}
	if len(l.Seats) > 0 {
		return "/c/" + l.Seats[0].Org.Slug + "/"
	}
	if l.Person.Operator {
		return "/platform"
	}
	return "/signin"
}

// signInForm is the sign-in page; somebody signed in goes where they wanted.
func signInForm(v *visit) error {
	if v.known() && v.Query("again") == "" {
		return v.Redirect(session.SafeNext(v.Query("next"), v.homeAddress()), fiber.StatusSeeOther)
	}
	page := &view.SignInPage{Base: v.shell(), Next: session.SafeNext(v.Query("next"), ""), Demo: v.demoAccounts()}
	return v.signInPage(fiber.StatusOK, page)
}

// signInPage is framed for somebody unknown, also when a session still stands.
func (v *visit) signInPage(status int, page *view.SignInPage) error {
	block := ""
	if v.htmx() {
		block = "signin.dialog"
	}
	return v.send(status, page, block)
}

// signIn proves an address by its password. Whatever is wrong, the answer is the
// same sentence.
func signIn(v *visit) error {
	in := v.input()
	next := session.SafeNext(in.text("next"), "")
	_, err := v.w.d.Sessions.SignIn(v.Ctx, in.text("email"), in.values["password"])
	if err == nil {
		if next == "" {
			next = "/"
		}
		return v.seeOther(next)
	}
	f := fault.As(err)
	status := f.Code.Status()
	switch f.Code {
	case fault.Unauthenticated:
		status = fiber.StatusUnprocessableEntity
	case fault.Invalid, fault.RateLimited:
	default:
		return err
	}
	page := &view.SignInPage{Base: v.shell(), Next: next, Demo: v.demoAccounts()}
	page.Form = in.form([]view.FieldError{{Text: v.sentence(f.Code, f.Key, f.Args)}}, view.Text{})
	if wait := retryAfter(f); wait > 0 {
		v.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(wait.Seconds())))
	}
	return v.signInPage(status, page)
}

// signOut ends the session of this browser.
func signOut(v *visit) error {
	if err := v.w.d.Sessions.SignOut(v.Ctx); err != nil {
		return err
	}
	return v.seeOther("/signin")
}

// setupForm is the page that makes the first company; without the printed token
// it does not exist.
func setupForm(v *visit) error {
	token := v.Query("token")
	if err := v.w.d.Accounts.SetupOpen(v.ctx, token); err != nil {
		return err
	}
	return v.setupPage(fiber.StatusOK, token, view.Form{})
}

func (v *visit) setupPage(status int, token string, form view.Form) error {
	return v.send(status, &view.SetupPage{Base: v.shell(), Form: form, Token: token, Currencies: plainOptions(currencyCodes, or(form.Value("currency"), "GBP")),
		Zones: plainOptions(zoneNames, or(form.Value("zone"), "Europe/London")), Countries: countries(or(form.Value("country"), "GB"), v.p)}, "")
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// setup makes the first company and its first person, and signs them in.
func setup(v *visit) error {
	in := v.input()
	token := in.values["token"]
	out, err := v.w.d.Accounts.Setup(v.ctx, account.SetupCmd{Token: token, Email: in.text("email"), Name: in.text("name"), Password: in.values["password"],
		Company: account.OrgCmd{Name: in.text("company"), City: in.text("city"), Country: in.text("country"), Currency: in.text("currency"), Zone: in.text("zone"), Locale: string(v.p.Language())}})
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.setupPage(fiber.StatusUnprocessableEntity, token, in.form(errs, note))
	}
	if err := v.w.d.Sessions.Begin(v.Ctx, out); err != nil {
		return err
	}
	return v.seeOther("/")
}

// linkOpen shows what a one-time link is for; opening changes nothing.
func linkOpen(v *visit) error {
	info, err := v.w.d.Accounts.OpenLink(v.ctx, v.login.Person.ID, v.Params("token"))
	if fault.IsNotFound(err) {
		return v.linkDead()
	}
	if err != nil {
		return err
	}
	return v.linkPage(fiber.StatusOK, info, view.Form{Values: map[string]string{"name": info.Name}})
}

func (v *visit) linkDead() error {
	return v.send(fiber.StatusNotFound, &view.LinkPage{Base: v.shell(), Dead: true}, "")
}

func (v *visit) linkPage(status int, info account.LinkInfo, form view.Form) error {
	return v.send(status, &view.LinkPage{Base: v.shell(), URL: "/link/" + v.Params("token"), Purpose: view.LinkPurpose(info.Kind), Form: form, Email: info.Email,
		CompanyName: info.Company, InvitedBy: info.InvitedBy, Partner: info.Partner, AskName: info.AskName, AskPassword: info.AskPassword, Expires: info.Expires}, "")
}

// linkUse uses a one-time link up and signs its owner in.
func linkUse(v *visit) error {
	in, token := v.input(), v.Params("token")
	info, err := v.w.d.Accounts.OpenLink(v.ctx, v.login.Person.ID, token)
	if fault.IsNotFound(err) {
		return v.linkDead()
	}
	if err != nil {
		return err
	}
	if info.AskPassword && in.values["password"] != in.values["password2"] {
		return v.linkPage(fiber.StatusUnprocessableEntity, info, in.form([]view.FieldError{{Field: "password2", Text: view.T("form.passwords_differ")}}, view.Text{}))
	}
	out, err := v.w.d.Accounts.UseLink(v.ctx, token, account.UseCmd{Person: v.login.Person.ID, Name: in.text("name"), Password: in.values["password"], Locale: string(v.p.Language())})
	switch {
	case fault.IsNotFound(err):
		return v.linkDead()
	case fault.CodeOf(err) == fault.Unauthenticated:
		return v.linkPage(fiber.StatusUnprocessableEntity, info, in.form([]view.FieldError{{Field: "password", Text: view.T("account.signin_wrong")}}, view.Text{}))
	case err != nil:
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.linkPage(fiber.StatusUnprocessableEntity, info, in.form(errs, note))
	}
	if err := v.w.d.Sessions.Begin(v.Ctx, out); err != nil {
		return err
	}
	if info.Kind == account.LinkFound {
		return v.seeOther("/c/" + info.Slug + "/edi/connect")
	}
	return v.seeOther("/")
}

// setTheme and setLanguage switch the appearance at once: in the profile of
// somebody signed in, and in this browser.
func setTheme(v *visit) error {
	theme := oneOf(v.FormValue("theme"), []view.Theme{view.ThemeSystem, view.ThemeLight, view.ThemeDark})
	if theme == "" {
		return fault.InvalidField("theme", "form.choice_wrong")
	}
	v.keep(themeCookie, string(theme))
	if err := v.saveLook(func(c *account.ProfileCmd) { c.Theme = string(theme) }); err != nil {
		return err
	}
	return v.back()
}

func setLanguage(v *visit) error {
	lang := oneOf(v.FormValue("language"), locale.Languages())
	if lang == "" {
		return fault.InvalidField("language", "form.choice_wrong")
	}
	v.keep(langCookie, string(lang))
	if err := v.saveLook(func(c *account.ProfileCmd) { c.Locale = string(lang) }); err != nil {
		return err
	}
	return v.back()
}

// saveLook changes one part of the own profile; nothing for somebody unknown.
func (v *visit) saveLook(change func(*account.ProfileCmd)) error {
	if !v.known() {
		return nil
	}
	p := v.login.Person
	cmd := account.ProfileCmd{Name: p.Name, Locale: p.Locale, Theme: p.Theme, Zone: p.Zone}
	change(&cmd)
	_, err := v.w.d.Accounts.ChangeProfile(v.ctx, v.actor(), cmd)
	return err
}

// back returns to the page of the form.
func (v *visit) back() error { return v.seeOther(session.SafeNext(v.FormValue("next"), "/")) }

// The people of the demo data who may be tried, and their common password
// (CONTRACT 2).
var demoPeople = []string{"ingrid@aurelia.example", "tomas@aurelia.example", "wen@aurelia.example", "maya@kestrel.example", "dan@kestrel.example", "kaarel@baltic.example", "chen@huadong.example"}

const demoPassword = "entente-demo-1"

// demoAccounts are the demo people as the data names them; nobody elsewhere.
func (v *visit) demoAccounts() []view.DemoAccount {
	if !v.w.d.Demo {
		return nil
	}
	var out []view.DemoAccount
	for _, email := range demoPeople {
		p, seats, err := v.w.d.Accounts.Directory().PersonByEmail(v.ctx, email)
		if err != nil || len(seats) == 0 {
			continue
		}
		out = append(out, view.DemoAccount{Name: p.Name, Company: seats[0].Org.Name, Email: p.Email, Password: demoPassword})
	}
	return out
}
