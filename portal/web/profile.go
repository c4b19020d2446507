package web

import (
	"strings"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
)

// profileForms are the forms of the page; one of them may have been refused.
type profileForms struct{ name, password, address, absence, mail *view.Form }

// profile is the page of the person: name and looks, password, address, signed-in
// browsers, tokens.
func profile(v *visit) error { return v.profilePage(200, profileForms{}) }

func (v *visit) profilePage(status int, f profileForms) error {
	p, err := v.w.d.Accounts.Profile(v.ctx, v.actor())
	if err != nil {
		return err
	}
	name := view.Form{Values: map[string]string{"name": p.Name, "language": p.Locale, "theme": p.Theme, "zone": p.Zone}}
	if f.name != nil {
		name = *f.name
	}
	page := &view.ProfilePage{Base: v.shell(), URL: v.path("profile"), Email: p.Email, Name: name, Languages: languages(name.Value("language")), Themes: themes(name.Value("theme")), Zones: plainOptions(zoneNames, name.Value("zone"))}
	if f.password != nil {
		page.Password = *f.password
	}
	if f.address != nil {
		page.Address = *f.address
	}
	if err := v.absences(page, f.absence); err != nil {
		return err
	}
	if v.may(access.NoticeOwn, access.Own(v.org())) {
		if page.Notices, err = v.noticeChoice(f.mail); err != nil {
			return err
		}
	}
	sessions, err := v.w.d.Accounts.Sessions(v.ctx, v.actor())
	if err != nil {
		return err
	}
	for _, s := range sessions {
		page.Sessions = append(page.Sessions, view.SessionRow{ID: s.ID, Agent: v.browser(s.Agent), Address: s.Addr, Started: s.Created, Seen: s.Seen, Current: s.Current})
	}
	if v.may(access.TokenOwn, access.Own(v.org())) {
		if page.Tokens, err = v.tokens(false); err != nil {
			return err
		}
	}
	return v.renderAs(status, page, nil)
}

// browsers and systems are looked for in this order in what a browser says of
// itself.
var (
	browsers = [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}
	systems  = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"Linux", "Linux"}}
)

// browser makes a short name of a user agent: "Firefox, Linux".
func (v *visit) browser(agent string) string {
	var words []string
	for _, list := range [][][2]string{browsers, systems} {
		for _, b := range list {
			if strings.Contains(agent, b[0]) {
				words = append(words, b[1])
				break
			}
		}
	}
	if len(words) > 0 {
		return strings.Join(words, ", ")
	}
	if agent == "" {
		return v.p.T("profile.unknown_browser")
	}
	word, _, _ := strings.Cut(agent, " ")
	return word
}

// profileName changes name, language, look and time zone; they count at once.
func profileName(v *visit) error {
	in := v.input()
	p, err := v.w.d.Accounts.ChangeProfile(v.ctx, v.actor(), account.ProfileCmd{Name: in.text("name"), Locale: in.text("language"), Theme: in.text("theme"), Zone: in.text("zone")})
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		form := in.form(errs, note)
		return v.profilePage(422, profileForms{name: &form})
	}
	v.keep(themeCookie, p.Theme)
	v.keep(langCookie, p.Locale)
	return v.done(v.path("profile"), "said.saved")
}

// profilePassword changes the password; every other browser is signed out.
func profilePassword(v *visit) error {
	in := v.input()
	if in.values["password"] != in.values["password2"] {
		form := in.form([]view.FieldError{{Field: "password2", Text: view.T("form.passwords_differ")}}, view.Text{})
		return v.profilePage(422, profileForms{password: &form})
	}
	if err := v.w.d.Accounts.ChangePassword(v.ctx, v.actor(), in.values["old"], in.values["password"]); err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		form := in.form(errs, note)
		return v.profilePage(422, profileForms{password: &form})
	}
	return v.done(v.path("profile"), "said.password_changed")
}

// profileAddress begins a change of the address.
func profileAddress(v *visit) error {
	in := v.input()
	if err := v.w.d.Accounts.AskAddress(v.ctx, v.actor(), in.text("email"), in.values["password"]); err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		form := in.form(errs, note)
		return v.profilePage(422, profileForms{address: &form})
	}
	return v.done(v.path("profile"), "said.address_sent", "email", in.text("email"))
}

// sessionEnd signs one browser out.
func sessionEnd(v *visit) error {
	if err := v.w.d.Accounts.EndSession(v.ctx, v.actor(), v.Params("id")); err != nil {
		return err
	}
	return v.done(v.path("profile"), "said.session_ended")
}

// sessionEndAll signs every browser out, this one too.
func sessionEndAll(v *visit) error {
	if err := v.w.d.Accounts.SignOutEverywhere(v.ctx, v.actor()); err != nil {
		return err
	}
	if err := v.w.d.Push.Forget(v.ctx, v.actor()); err != nil {
		return err
	}
	if err := v.w.d.Sessions.SignOut(v.Ctx); err != nil {
		return err
	}
	return v.seeOther("/signin")
}
