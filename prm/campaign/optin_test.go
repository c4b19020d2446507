package campaign

import (
	"context"
	"strings"
	"testing"
	"time"

	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/landing"
	"entente/prm/lead"
)

// desk takes confirmations.
type desk struct{ mails []Confirmation }

func (d *desk) PostConfirmation(_ context.Context, c Confirmation) error {
	d.mails = append(d.mails, c)
	return nil
}

// TestOptIn: whoever asks for mail on a page is written to by campaigns only once the address
// was confirmed by its own link, which works once and for a week; who agreed before is not
// bothered, and nobody is asked twice in a day.
func TestOptIn(t *testing.T) {
	each(t, func(f *stage) {
		asks := &desk{}
		f.svc.Confirm(asks)
		f.pages.Tell(f.svc)
		own, err := f.pages.Own(f.at(), f.maya, f.id)
		f.must(err)
		ask := func(name, mail string) {
			t.Helper()
			pub, err := f.pages.Public(f.at(), "kestrel", own.Token, "")
			f.must(err)
			stamp := pub.Stamp(f.now)
			f.now = f.now.Add(time.Minute)
			f.must(f.pages.Fill(f.at(), "kestrel", own.Token, "", "en", lead.Filled{Company: name + " Ltd", Country: "GB", Name: name, Mail: mail, Need: "Drills", Contact: true, Share: true, Stamp: stamp, From: "203.0.113.7"}))
		}
		audience := func(who access.Actor) Audience {
			t.Helper()
			d, err := f.svc.Create(f.at(), who, f.id, Content{Name: "December", PageOrg: f.kestrel, Texts: content().Texts})
			f.must(err)
			a, err := f.svc.Audience(f.at(), who, d.ID)
			f.must(err)
			return a
		}
		f.contact(f.ingrid, "anna", "GB", customer.BasisForm) // agreed before
		ask("anna", "Anna@x.example")
		if len(asks.mails) != 1 { // by Aurelia's word: Kestrel has none of her
			t.Fatalf("%+v", asks.mails)
		}
		ask("bob", "bob@x.example")
		if len(asks.mails) != 2 {
			t.Fatalf("%+v", asks.mails)
		}
		m := asks.mails[1]
		if m.Org != f.kestrel || m.Address != "bob@x.example" || m.Language != "en" || m.Consent != "We may call you." || !m.Expires.After(f.now.Add(6*24*time.Hour)) {
			t.Fatalf("%+v", m)
		}
		ask("bob", "BOB@x.example") // at once again: one mailbox is not flooded
		if len(asks.mails) != 2 {
			t.Fatalf("%+v", asks.mails)
		}
		a := audience(f.ingrid)
		if a.Left[Unconfirmed] == 0 || a.Get != 1 || !strings.EqualFold(a.Sample[0].Mail, "anna@x.example") {
			t.Fatalf("%+v", a)
		}
		seen, err := f.svc.OptIns(f.at(), f.ingrid, []string{"bob@x.example", "anna@x.example"})
		f.must(err)
		if x, ok := seen["bob@x.example"]; !ok || len(seen) != 1 || !x.Confirmed.IsZero() || x.Consent != "We may call you." || x.ConsentMark == "" || x.AskedFrom != "203.0.113.7" || x.Asked.IsZero() {
			t.Fatalf("%+v", seen)
		}
		for _, who := range []access.Actor{f.kaarel, f.nobody} { // another company knows nothing of it
			if other, _ := f.svc.OptIns(f.at(), who, []string{"bob@x.example"}); len(other) != 0 {
				t.Fatalf("%+v", other)
			}
		}
		f.want(f.svc.ConfirmAddress(f.at(), f.kestrel, "nothing", ""), fault.NotFound, "")
		f.must(f.svc.ConfirmAddress(f.at(), f.kestrel, m.Wish, "198.51.100.4"))
		first, err := f.svc.OptIns(f.at(), f.ingrid, []string{"bob@x.example"})
		f.must(err)
		f.must(f.svc.ConfirmAddress(f.at(), f.kestrel, m.Wish, "192.0.2.1")) // used again: nothing changes
		again, err := f.svc.OptIns(f.at(), f.ingrid, []string{"bob@x.example"})
		f.must(err)
		if x := again["bob@x.example"]; x.Confirmed.IsZero() || x != first["bob@x.example"] || x.ConfirmedFrom != "198.51.100.4" {
			t.Fatalf("%+v", again)
		}
		if a = audience(f.ingrid); a.Left[Unconfirmed] != 0 || a.Get != 2 {
			t.Fatalf("%+v", a)
		}
		// nobody confirms in time: the link is dead, and a new wish has a new one
		ask("carl", "carl@x.example")
		late := asks.mails[2]
		f.now = f.now.Add(8 * 24 * time.Hour)
		f.want(f.svc.ConfirmAddress(f.at(), f.kestrel, late.Wish, ""), fault.Conflict, "optin.late")
		ask("carl", "carl@x.example")
		if len(asks.mails) != 4 || asks.mails[3].Wish == late.Wish {
			t.Fatalf("%+v", asks.mails)
		}
		if a = audience(f.ingrid); a.Left[Unconfirmed] == 0 || a.Get != 2 {
			t.Fatalf("%+v", a)
		}
		// who confirmed is not asked again, and has the mails of campaigns
		f.now = f.now.Add(48 * time.Hour)
		ask("bob", "bob@x.example")
		if len(asks.mails) != 4 {
			t.Fatalf("%+v", asks.mails)
		}
		f.start(f.ingrid, Content{Name: "x", PageOrg: f.kestrel, Texts: content().Texts})
		f.run()
		if got := f.out.to(); !strings.Contains(got, "bob") || strings.Contains(got, "carl") {
			t.Fatal(got)
		}
		// quiet work, such as demo data, asks nobody
		pub, err := f.pages.Public(f.at(), "kestrel", own.Token, "")
		f.must(err)
		stamp := pub.Stamp(f.now)
		f.now = f.now.Add(time.Minute)
		f.must(f.pages.Fill(landing.Quiet(f.at()), "kestrel", own.Token, "", "en", lead.Filled{Company: "Dora Ltd", Country: "GB", Name: "dora", Mail: "dora@x.example", Contact: true, Stamp: stamp}))
		if len(asks.mails) != 4 {
			t.Fatalf("%+v", asks.mails)
		}
	})
}
