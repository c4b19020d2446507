package lead

import (
	"context"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

// TestWebForm: what is filled in becomes a lead with a customer of its own, is offered by
// the rules where the person agreed, else waits for a person; the same again adds nothing;
// a form that is off, renewed or unknown is not there.
func TestWebForm(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		dbtest.CheckModels(t, d, formRow{})
		_, err := f.svc.SaveRule(f.at(), f.ingrid, Rule{Name: "All", Active: true, Countries: []string{"GB"}})
		f.must(err)
		if x, err := f.svc.WebForm(f.at(), f.ingrid); err != nil || x.Version != 0 {
			t.Fatalf("%+v, %v", x, err)
		}
		_, err = f.svc.SaveWebForm(f.at(), f.ingrid, WebForm{Title: "Call 0113 496 0000"}, false)
		f.want(err, fault.Invalid, "lead.teaser_names")
		form, err := f.svc.SaveWebForm(f.at(), f.ingrid, WebForm{Active: true, Title: "Demo request", Consent: "We may call you."}, false)
		f.must(err)
		_, err = f.svc.SaveWebForm(f.at(), f.ingrid, WebForm{Active: true, Title: "x", Consent: "x"}, false)
		f.want(err, fault.Conflict, "lead.changed")
		_, err = f.svc.SaveWebForm(f.at(), access.Actor{Person: "p", Org: f.aurelia, Roles: []access.Role{access.Sales}, Via: "session:x"}, form, false)
		f.want(err, fault.Forbidden, "")
		if len(form.Token) < 26 {
			t.Fatalf("a short token %q", form.Token)
		}
		open, err := f.svc.PublicForm(f.at(), form.Token)
		f.must(err)
		if open.Title != "Demo request" || open.Token != "" || open.ChangedBy != "" {
			t.Errorf("%+v", open)
		}
		for _, token := range []string{"", "x", form.Token + "x", strings.ToUpper(form.Token)} {
			_, err := f.svc.PublicForm(f.at(), token)
			f.want(err, fault.NotFound, "error.not_found")
			f.want(f.svc.FillForm(f.at(), token, Filled{}), fault.NotFound, "error.not_found")
		}

		f.events.take()
		stamp := func() string { // of a form shown a minute ago
			x, err := f.svc.PublicForm(f.at(), form.Token)
			f.must(err)
			return x.Stamp(f.now)
		}
		in := Filled{Company: "Harrow Fitout Ltd", Country: "GB", City: "Leeds", Web: "harrow-fitout.co.uk", Name: "Joe Day", Mail: "joe@harrow-fitout.co.uk", Need: "Call me at joe@harrow-fitout.co.uk", Contact: true, Share: true, Stamp: stamp()}
		for range 2 { // sent twice
			f.must(f.svc.FillForm(f.at(), form.Token, in))
		}
		if s := f.events.take(); s != "Offered" {
			t.Fatal(s)
		}
		p, err := f.svc.List(f.at(), f.ingrid, Filter{Source: "website"})
		f.must(err)
		if len(p.Items) != 1 || p.Items[0].Title != "Demo request, Leeds" || p.Items[0].State != Routed {
			t.Fatalf("%+v", p.Items)
		}
		l, err := f.svc.Get(f.at(), f.ingrid, p.Items[0].ID)
		f.must(err)
		// a stranger's word never touches what is known of a customer, nor shows it to a partner
		if l.Customer.ID == f.harrow.ID || l.Customer.Street != "" || l.Customer.Note != "We may call you." || !l.Customer.Contacts[0].Consent.Share {
			t.Errorf("%+v", l.Customer)
		}
		// a town that is a name stays out of what partners read
		in.Stamp, in.City = stamp(), "Harrow Fitout"
		f.must(f.svc.FillForm(f.at(), form.Token, in))
		// without the consent to be passed on, and where no rule fits, a person decides
		in.Stamp, in.City, in.Share = stamp(), "Leeds", false
		f.must(f.svc.FillForm(f.at(), form.Token, in))
		in.Stamp, in.Share, in.Country, in.Web, in.Mail = stamp(), true, "CN", "", "a@b.example"
		f.must(f.svc.FillForm(f.at(), form.Token, in))
		if s := f.events.take(); s != "Offered Unplaced Unplaced" {
			t.Fatal(s)
		}
		if p, err := f.svc.List(f.at(), f.ingrid, Filter{Source: "website", State: string(Routed)}); err != nil || len(p.Items) != 2 || p.Items[0].Title != "Demo request" {
			t.Errorf("%+v, %v", p.Items, err)
		}
		// where the form says so, the address is asked to confirm, once, in the language of the page
		asks := &asked{}
		f.svc.Tell(asks)
		in.Stamp = stamp()
		f.must(f.svc.FillForm(f.at(), form.Token, in))
		if len(*asks) != 0 {
			t.Errorf("asked without being told to: %+v", *asks)
		}
		form.Confirms = true
		form, err = f.svc.SaveWebForm(f.at(), f.ingrid, form, false)
		f.must(err)
		in.Stamp, in.Language, in.From, in.Mail = stamp(), "zh-CN", "203.0.113.9", "mei@b.example"
		for range 2 {
			f.must(f.svc.FillForm(f.at(), form.Token, in))
		}
		if x := *asks; len(x) != 1 || x[0].Contact == "" || x[0] != (Wish{Org: f.aurelia, Contact: x[0].Contact, Mail: "mei@b.example", Name: "Joe Day", Language: "zh-CN", Consent: "We may call you.", From: "203.0.113.9"}) {
			t.Errorf("%+v", x)
		}
		f.events.take()
		// a machine is too quick, a stamp is too old, of another form, or made up
		open, err = f.svc.PublicForm(f.at(), form.Token)
		f.must(err)
		for text, key := range map[string]string{open.Stamp(f.now.Add(time.Hour)): "webform.fast", open.Stamp(f.now.Add(-13 * time.Hour)): "webform.old", WebForm{secret: "x"}.Stamp(f.now): "webform.old", "": "webform.old", "a.1.b": "webform.old"} {
			bad := in
			bad.Stamp = text
			f.want(f.svc.FillForm(f.at(), form.Token, bad), fault.Conflict, key)
		}
		// what is missing is said by its field
		fresh := stamp()
		err = f.svc.FillForm(f.at(), form.Token, Filled{Stamp: fresh, Web: "no web", Mail: "x"})
		for _, name := range []string{"customer.name", "customer.web", "contact.name", "may_contact"} {
			found := false
			for _, x := range fault.As(err).Fields {
				found = found || x.Name == name
			}
			if !found {
				t.Errorf("%s is not told: %v", name, err)
			}
		}

		// a new address, then off
		again, err := f.svc.SaveWebForm(f.at(), f.ingrid, form, true)
		f.must(err)
		_, err = f.svc.PublicForm(f.at(), form.Token)
		f.want(err, fault.NotFound, "")
		again.Active = false
		_, err = f.svc.SaveWebForm(f.at(), f.ingrid, again, false)
		f.must(err)
		_, err = f.svc.PublicForm(f.at(), again.Token)
		f.want(err, fault.NotFound, "")
		f.want(f.svc.FillForm(f.at(), again.Token, in), fault.NotFound, "")
		// others have no form of it
		if x, err := f.svc.WebForm(f.at(), f.kaarel); err != nil || x.Version != 0 {
			t.Errorf("%+v, %v", x, err)
		}
	})
}

// TestWebFormAtOnce: what is sent twice at the same time, as by an impatient finger, is one
// lead, and both are told that it is there.
func TestWebFormAtOnce(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t) // SQLite writes one after the other
	f := setup(t, d)
	form, err := f.svc.SaveWebForm(f.at(), f.ingrid, WebForm{Active: true, Title: "Demo request", Consent: "We may call you."}, false)
	f.must(err)
	open, err := f.svc.PublicForm(f.at(), form.Token)
	f.must(err)
	in := Filled{Company: "Harrow Fitout Ltd", Country: "GB", Name: "Joe Day", Mail: "joe@harrow-fitout.co.uk", Contact: true, Share: true, Stamp: open.Stamp(f.now)}
	at := f.at()
	told := make(chan error, 2)
	f.must(d.InTx(at, func(ctx context.Context) error {
		if _, err := db.Next(ctx, "lead:"+f.aurelia); err != nil { // both have looked before either writes
			return err
		}
		for range cap(told) {
			go func() { told <- f.svc.FillForm(at, form.Token, in) }()
		}
		return dbtest.Waiting(at, d, cap(told))
	}))
	for range cap(told) {
		f.must(<-told)
	}
	p, err := f.svc.List(f.at(), f.ingrid, Filter{Source: "website"})
	f.must(err)
	if len(p.Items) != 1 {
		t.Errorf("%d leads", len(p.Items))
	}
}

// asked keeps what people were asked to confirm.
type asked []Wish

func (a *asked) Ask(_ context.Context, w Wish) error { *a = append(*a, w); return nil }
