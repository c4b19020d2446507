package web

import (
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"

	"entente/portal/session"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/lead"
)

// How fast one source may send a form, and all of them together one form, per node.
var (
	formBySource = session.Rate{PerSecond: 10.0 / 3600, Burst: 10}
	formByForm   = session.Rate{PerSecond: 200.0 / 3600, Burst: 200}
)

// publicForm is the form of a company, for whoever knows its address.
func publicForm(v *visit) error {
	f, err := v.w.d.Leads.PublicForm(v.ctx, v.Params("token"))
	if err != nil {
		return err
	}
	return v.publicFormPage(200, f, view.Form{}, "", false)
}

// publicFormPage shows it; when it was shown is signed in it, and kept over a refusal so
// that what is sent once more is the same.
func (v *visit) publicFormPage(status int, f lead.WebForm, form view.Form, stamp string, done bool) error {
	org, err := v.w.d.Accounts.Directory().OrgsByID(v.ctx, f.Org)
	if err != nil {
		return err
	}
	if stamp == "" {
		stamp = f.Stamp(v.now)
	}
	o := org[f.Org]
	page := &view.PublicFormPage{Base: v.shell(), URL: "/f/" + v.Params("token"), CompanyName: o.Name, Title: f.Title, Intro: f.Intro, Consent: f.Consent, Stamp: stamp, Form: form, Done: done, Countries: countries(or(form.Value("country"), o.Country), v.p),
		MayContact: view.T("webform.may_contact", "company", o.Name), MayShare: view.T("webform.may_share")}
	return v.send(status, page, "")
}

// source is the address somebody sends from; of IPv6 the network, which one customer has.
func source(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil || a.Is4() || a.Is4In6() {
		return ip
	}
	p, _ := a.Prefix(64)
	return p.String()
}

// publicFormSend makes a lead of what was filled in. A machine that fills the field no
// person sees gets the same answer as everybody, and nothing is kept.
func publicFormSend(v *visit) error {
	token := strings.Clone(v.Params("token"))
	f, err := v.w.d.Leads.PublicForm(v.ctx, token)
	if err != nil {
		return err
	}
	if err := v.entered(); err != nil {
		return err
	}
	if err := v.slowed(token); err != nil {
		return err
	}
	in := v.input()
	if in.text("fax") != "" {
		return v.publicFormPage(200, f, view.Form{}, "", true)
	}
	filled := in.filled()
	filled.From, filled.Language = strings.Clone(v.IP()), string(v.p.Language())
	err = v.w.d.Leads.FillForm(v.ctx, token, filled)
	return v.publicAnswer(in, err, func(status int, form view.Form, stamp string, done bool) error {
		return v.publicFormPage(status, f, form, stamp, done)
	})
}

// slowed counts what is sent into a public form, by source and in all.
// Codes: RateLimited.
func (v *visit) slowed(token string) error {
	if err := v.w.formSource.Take(token + " " + source(v.IP())); err != nil {
		return err
	}
	return v.w.formAll.Take(token)
}

// filled is what somebody wrote into a public form.
func (in *input) filled() lead.Filled {
	return lead.Filled{Company: in.text("company"), Country: in.text("country"), City: in.text("city"), Postcode: in.text("postcode"), Web: in.text("web"), Name: in.text("name"), Title: in.text("position"),
		Mail: in.text("mail"), Phone: in.text("phone"), Need: in.text("need"), Contact: in.text("may_contact") != "", Share: in.text("may_share") != "", Stamp: in.text("stamp")}
}

// publicAnswer shows a public form again after it was sent: that it is done, or what is
// wrong with it. What is sent once more then is the same.
func (v *visit) publicAnswer(in *input, err error, show func(status int, form view.Form, stamp string, done bool) error) error {
	if err == nil {
		return show(fiber.StatusOK, view.Form{}, "", true)
	}
	p, kept := fault.As(err), in.text("stamp")
	switch {
	case p.Key == "webform.old":
		return show(fiber.StatusUnprocessableEntity, in.form(nil, view.T("webform.old")), "", false)
	case p.Key == "webform.fast":
		return show(fiber.StatusUnprocessableEntity, in.form(nil, view.T("webform.fast")), kept, false)
	case p.Code == fault.Invalid:
		for i, x := range p.Fields {
			p.Fields[i].Name = formField(x.Name)
		}
	}
	errs, note, known := v.formErrors(err)
	if !known {
		return err
	}
	return show(fiber.StatusUnprocessableEntity, in.form(errs, note), kept, false)
}

// formField is the field of the form for one that the service found wrong.
func formField(name string) string {
	switch name {
	case "customer.name":
		return "company"
	case "contact.title":
		return "position"
	case "details":
		return "need"
	}
	if _, rest, ok := strings.Cut(name, "."); ok {
		return rest
	}
	return name
}

// leadFormShow is where a company turns its form on and off and copies its address.
func leadFormShow(v *visit) error {
	f, err := v.w.d.Leads.WebForm(v.ctx, v.actor())
	if err != nil {
		return err
	}
	values := map[string]string{"title": f.Title, "intro": f.Intro, "consent": f.Consent, "version": itoa(f.Version)}
	if f.Active {
		values["active"] = "1"
	}
	if f.Confirms || f.Version == 0 {
		values["confirms"] = "1"
	}
	if f.Version == 0 {
		values["title"], values["consent"] = v.p.T("webform.title_default"), v.p.T("webform.consent_default", "company", v.login.Org.Name)
	}
	return v.leadFormPage(200, f, view.Form{Values: values})
}

func (v *visit) leadFormPage(status int, f lead.WebForm, form view.Form) error {
	page := &view.WebFormPage{Base: v.shell(), URL: v.path("leads", "form"), Form: form, Active: f.Active, CanChange: v.may(access.LeadOffer, access.Own(v.org())), Made: f.Version > 0}
	if f.Token != "" {
		page.Link = v.absolute("/f/" + f.Token)
	}
	return v.renderAs(status, page, nil)
}

// leadFormSave changes the form, or gives it a new address.
func leadFormSave(v *visit) error {
	in := v.input()
	was, err := v.w.d.Leads.WebForm(v.ctx, v.actor())
	if err != nil {
		return err
	}
	_, err = v.w.d.Leads.SaveWebForm(v.ctx, v.actor(), lead.WebForm{Active: in.text("active") != "", Confirms: in.text("confirms") != "", Title: in.text("title"), Intro: in.text("intro"), Consent: in.text("consent"), Version: in.revision("version")}, in.text("renew") != "")
	if err == nil {
		return v.done(v.path("leads", "form"), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.leadFormPage(422, was, in.form(errs, note))
}
