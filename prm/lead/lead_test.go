package lead

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/money"
)

type recorder struct {
	mu     sync.Mutex
	events []job.Event
}

func (r *recorder) Publish(_ context.Context, e job.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	return nil
}

// take returns the kinds published since the last call.
func (r *recorder) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, e := range r.events {
		out = append(out, strings.TrimPrefix(e.Kind, "lead."))
	}
	r.events = nil
	return strings.Join(out, " ")
}

// plain counts every hour as a working hour.
type plain struct{}

func (plain) Clock(_ context.Context, _ string, start time.Time, hours int) (Clock, error) {
	d := time.Duration(hours) * time.Hour
	return Clock{start, start.Add(d / 2), start.Add(d * 4 / 5), start.Add(d)}, nil
}

// field is a supplier with two resellers that do not know of each other.
type field struct {
	t                         testing.TB
	db                        *db.DB
	svc                       *Service
	customers                 *customer.Service
	events                    *recorder
	aurelia, kestrel, baltic  string
	toKestrel, toBaltic       string
	ingrid, maya, joe, kaarel access.Actor
	now                       time.Time
	harrow                    customer.Customer
	priya                     customer.Contact
}

func setup(t testing.TB, d *db.DB) *field {
	t.Helper()
	f := &field{t: t, db: d, events: &recorder{}, aurelia: db.NewID(), kestrel: db.NewID(), baltic: db.NewID(), toKestrel: db.NewID(), toBaltic: db.NewID(), now: time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)}
	f.customers = customer.New(d)
	f.svc = NewService(d, f.events, f.customers, plain{})
	act := func(org string, r access.Role) access.Actor {
		return access.Actor{Person: db.NewID(), Org: org, Roles: []access.Role{r}, Via: "session:x"}
	}
	f.ingrid, f.maya, f.joe, f.kaarel = act(f.aurelia, access.Manager), act(f.kestrel, access.Sales), act(f.kestrel, access.Sales), act(f.baltic, access.Admin)
	f.must(d.InTx(context.Background(), func(ctx context.Context) error {
		for i, id := range []string{f.aurelia, f.kestrel, f.baltic} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, 'x', '', 'GB', 'GBP', 'UTC', 'en', 'active', 1)", id, fmt.Sprint("o", i)).Error; err != nil {
				return err
			}
		}
		for id, reseller := range map[string]string{f.toKestrel: f.kestrel, f.toBaltic: f.baltic} {
			if err := db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 0, 0, 1, 1, '')", id, f.aurelia, reseller).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	var err error
	f.harrow, err = f.customers.Create(f.at(), f.ingrid, customer.Draft{Name: "Harrow Fitout Ltd", Country: "GB", City: "Leeds", Street: "1 Mill Lane", Postcode: "LS1 4AP", Web: "harrow-fitout.co.uk"})
	f.must(err)
	f.priya, err = f.customers.SaveContact(f.at(), f.ingrid, f.harrow.ID, "", 0, customer.ContactDraft{Name: "Priya Nair", Mail: "priya@harrow-fitout.co.uk", Phone: "0113 496 0000"}, customer.Consent{Contact: true, Share: true, Basis: customer.BasisForm})
	f.must(err)
	return f
}

func (f *field) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *field) want(err error, code fault.Code, key string) {
	f.t.Helper()
	x := fault.As(err)
	if err == nil || x.Code != code {
		f.t.Fatalf("got %v, want %s %s", err, code, key)
	}
	if key != "" && x.Key != key && !slices.ContainsFunc(x.Fields, func(y fault.Field) bool { return y.Key == key }) {
		f.t.Fatalf("got %v, want %s", err, key)
	}
}

func (f *field) at() context.Context {
	f.now = f.now.Add(time.Minute)
	return db.WithNow(context.Background(), f.now)
}

// later lets time pass and the clocks do their work.
func (f *field) later(d time.Duration) {
	f.t.Helper()
	f.now = f.now.Add(d)
	_, err := f.svc.Tick(db.WithNow(context.Background(), f.now))
	f.must(err)
}

func (f *field) draft() Draft {
	return Draft{Customer: f.harrow.ID, Contact: f.priya.ID, Title: "Steel fabrication, Leeds", Need: "One cordless platform for two shifts", Details: "Ask for the workshop manager", Industry: "Metal", Size: "180 staff",
		Families: []string{"cordless"}, Products: []Wanted{{"AUR-D18B", money.Whole(60)}}, Value: money.Amount{Minor: 3_800_000, Currency: "GBP"}, Source: "website"}
}

func (f *field) lead() Lead {
	f.t.Helper()
	l, _, err := f.svc.Create(f.at(), f.ingrid, f.draft())
	f.must(err)
	return l
}

func (f *field) get(id ID) Detail {
	f.t.Helper()
	d, err := f.svc.Get(f.at(), f.ingrid, id)
	f.must(err)
	return d
}

func (f *field) offer(l Lead, partnership string) Offer {
	f.t.Helper()
	o, err := f.svc.Offer(f.at(), f.ingrid, OfferCmd{Lead: l.ID, Version: l.Version, Partnership: partnership})
	f.must(err)
	return o
}

func (f *field) expect(id ID, state State, events string) Detail {
	f.t.Helper()
	got, d := f.events.take(), f.get(id)
	if d.State != state || got != events {
		f.t.Fatalf("state %s, events %q; want %s, %q", d.State, got, state, events)
	}
	return d
}

func TestModels(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.CheckModels(t, d, leadRow{}, offerRow{}, activityRow{}, ruleRow{}, profileRow{})
	})
}

func TestOfferToConversion(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		l := f.lead()
		if l.Number != 1 || l.State != New {
			t.Fatalf("%+v", l)
		}
		o := f.offer(l, f.toKestrel)
		f.expect(l.ID, Routed, "Offered")

		// masked: a type without names, in everything the partner can get
		list, err := f.svc.Received(f.at(), f.maya, Filter{})
		f.must(err)
		seen, err := f.svc.GetOffer(f.at(), f.maya, o.ID)
		f.must(err)
		for _, x := range append(list.Items, seen.Offer) {
			if x.Shared != nil || x.Lead != "" || x.OfferedBy != "" || x.Teaser.Area != "LS" || x.Number != 1 {
				t.Fatalf("%+v", x)
			}
			for _, secret := range []string{"Harrow", "Priya", "harrow-fitout", "LS1", "Mill", "496"} {
				if strings.Contains(db.Text(x), secret) {
					t.Fatalf("%q is in %s", secret, db.Text(x))
				}
			}
		}
		f.must(f.svc.Open(f.at(), f.maya, o.ID))
		f.must(f.svc.Open(f.at(), f.joe, o.ID))
		got, err := f.svc.Accept(f.at(), f.maya, o.ID)
		f.must(err)
		if got.Shared == nil || got.Shared.Customer != "Harrow Fitout Ltd" || got.Shared.Mail != "priya@harrow-fitout.co.uk" || got.OpenedBy != f.maya.Person || !got.Convert.Running() {
			t.Fatalf("%+v", got)
		}
		if again, err := f.svc.Accept(f.at(), f.maya, o.ID); err != nil || again.State != OfferAccepted {
			t.Fatalf("repeated: %+v, %v", again, err)
		}
		_, err = f.svc.Accept(f.at(), f.joe, o.ID)
		f.want(err, fault.Conflict, "lead.already_answered")
		if fault.As(err).Args["Person"] != f.maya.Person {
			t.Fatalf("the loser is not told who: %v", fault.As(err).Args)
		}
		f.want(f.svc.Decline(f.at(), f.joe, o.ID, "timing", ""), fault.Conflict, "lead.already_answered")
		f.expect(l.ID, Accepted, "Accepted")
		_, err = f.svc.Work(f.at(), f.maya, o.ID, "call", "wants a demo", "2026-11-27")
		f.must(err)
		if dt := f.expect(l.ID, Working, ""); len(dt.Activities) != 1 || dt.Offers[0].State != OfferWorking {
			t.Fatalf("%+v", dt)
		}
		f.must(f.svc.Convert(f.at(), f.maya, o.ID, "deal-1"))
		f.must(f.svc.Convert(f.at(), f.maya, o.ID, "deal-1"))
		f.want(f.svc.Convert(f.at(), f.maya, o.ID, "deal-2"), fault.Conflict, "lead.not_held")
		f.expect(l.ID, Converted, "Converted")
		f.later(5000 * time.Hour)
		f.expect(l.ID, Converted, "")
	})
}

func TestClocks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		l := f.lead()
		o := f.offer(l, f.toKestrel)
		f.events.take()
		f.later(3 * time.Hour)
		f.expect(l.ID, Routed, "")
		f.later(time.Hour)
		f.later(0)
		f.expect(l.ID, Routed, "Warned")
		f.later(150 * time.Minute)
		f.later(0)
		f.expect(l.ID, Routed, "Warned")
		f.later(2 * time.Hour)
		f.later(0)
		f.expect(l.ID, Unplaced, "Expired Unplaced")
		_, err := f.svc.Accept(f.at(), f.maya, o.ID)
		f.want(err, fault.Conflict, "lead.expired")
		got, err := f.svc.GetOffer(f.at(), f.maya, o.ID)
		f.must(err)
		if got.State != OfferExpired || got.Shared != nil {
			t.Fatalf("%+v", got)
		}
		// again, to somebody else; nothing in it tells of the first
		_, err = f.svc.Offer(f.at(), f.ingrid, OfferCmd{Lead: l.ID, Version: f.get(l.ID).Version, Partnership: f.toKestrel})
		f.want(err, fault.Conflict, "lead.offered_before")
		o2 := f.offer(f.get(l.ID).Lead, f.toBaltic)
		if o2.Number != 1 {
			t.Fatalf("number %d counts others", o2.Number)
		}
		_, err = f.svc.Accept(f.at(), f.kaarel, o2.ID)
		f.must(err)
		f.events.take()
		f.later(121 * time.Hour) // half of 240 working hours
		f.expect(l.ID, Accepted, "Warned")
		f.later(48 * time.Hour) // seven days without a sign
		dt := f.expect(l.ID, Accepted, "Stale")
		if dt.Offers[0].State != OfferStale {
			t.Fatalf("%+v", dt.Offers[0])
		}
		_, err = f.svc.Work(f.at(), f.kaarel, o2.ID, "mail", "", "")
		f.must(err)
		f.expect(l.ID, Working, "")
		f.later(80 * time.Hour)
		dt = f.expect(l.ID, Unplaced, "Reclaimed Unplaced")
		if dt.Offers[0].State != OfferReclaimed || dt.Holder != "" {
			t.Fatalf("%+v", dt.Lead)
		}
		if got, err := f.svc.GetOffer(f.at(), f.kaarel, o2.ID); err != nil || got.Shared != nil || len(got.Activities) != 0 {
			t.Fatalf("reclaimed, and still %+v, %v", got.Shared, err)
		}
	})
}

func TestRouting(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		l := f.lead()
		rs, err := f.svc.Route(f.at(), f.ingrid, l.ID)
		f.must(err)
		if rs[0].Why != "no_rule" {
			t.Fatalf("%+v", rs)
		}
		_, err = f.svc.SaveRule(f.at(), f.ingrid, Rule{Name: "Elsewhere", Active: true, Countries: []string{"de"}})
		f.must(err)
		north, err := f.svc.SaveRule(f.at(), f.ingrid, Rule{Name: "North England", Active: true, Countries: []string{"gb"}, Postcodes: []string{"ls", "WF"}, Rounds: 2})
		f.must(err)
		_, err = f.svc.SaveProfile(f.at(), f.ingrid, Profile{Partnership: f.toKestrel, Most: 20, Postcodes: []string{"LS", "WF"}, Families: []string{"cordless", "power"}})
		f.must(err)
		_, err = f.svc.SaveProfile(f.at(), f.ingrid, Profile{Partnership: f.toBaltic, Most: 2, Countries: []string{"GB", "EE"}})
		f.must(err)
		cs, err := f.svc.Candidates(f.at(), f.ingrid, l.ID)
		f.must(err)
		if len(cs) != 2 || cs[0].Out != "" || cs[0].Fit != 300+300+100+200 {
			t.Fatalf("%+v", cs)
		}
		f.events.take()
		rs, err = f.svc.Route(f.at(), f.ingrid, l.ID)
		f.must(err)
		first := f.expect(l.ID, Routed, "Offered")
		o := first.Offers[0]
		if o.Rule != "North England" || o.ID != rs[0].Offer || len(o.Factors) != 4 {
			t.Fatalf("%+v", o)
		}
		who := map[string]access.Actor{f.kestrel: f.maya, f.baltic: f.kaarel}
		f.want(f.svc.Decline(f.at(), who[o.Reseller], o.ID, "other", " "), fault.Invalid, "form.missing")
		f.want(f.svc.Decline(f.at(), who[o.Reseller], o.ID, "bored", ""), fault.Invalid, "form.choice_wrong")
		f.must(f.svc.Decline(f.at(), who[o.Reseller], o.ID, "timing", ""))
		second := f.expect(l.ID, Routed, "Declined Offered")
		if second.Round != 2 || second.Offers[0].Reseller == o.Reseller {
			t.Fatalf("%+v", second.Offers[0])
		}
		f.later(9 * time.Hour) // two rounds are over: a person decides
		f.expect(l.ID, Unplaced, "Expired Unplaced")
		if rs, err = f.svc.Route(f.at(), f.ingrid, l.ID); err != nil || rs[0].Why != "nobody" {
			t.Fatalf("%+v, %v", rs, err)
		}
		f.expect(l.ID, Unplaced, "")

		// capacity: the small partner takes two
		var got []string
		for range 3 {
			x := f.lead()
			_, err := f.svc.Route(f.at(), f.ingrid, x.ID)
			f.must(err)
			got = append(got, f.get(x.ID).Holder)
		}
		if n := strings.Count(strings.Join(got, " "), f.baltic); n > 2 {
			t.Fatalf("Baltic got %d of 2", n)
		}
		north.Active = false
		_, err = f.svc.SaveRule(f.at(), f.ingrid, north)
		f.must(err)
		_, err = f.svc.SaveRule(f.at(), f.ingrid, north)
		f.want(err, fault.Conflict, "lead.changed")
		rules, err := f.svc.Rules(f.at(), f.ingrid)
		f.must(err)
		f.must(f.svc.MoveRule(f.at(), f.ingrid, rules[1].ID, rules[0].ID))
		moved, err := f.svc.Rules(f.at(), f.ingrid)
		f.must(err)
		if moved[0].ID != north.ID || moved[0].Active {
			t.Fatalf("%+v", moved)
		}
		f.must(f.svc.RemoveRule(f.at(), f.ingrid, north.ID))
	})
}

func TestBadLeads(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		for _, c := range []struct {
			change func(d *Draft)
			key    string
		}{
			{func(d *Draft) { d.Title = "" }, "form.missing"}, {func(d *Draft) { d.Title = "Refit at Harrow Fit-Out" }, "lead.teaser_names"}, {func(d *Draft) { d.Need = "ask PRIYA NAIR" }, "lead.teaser_names"},
			{func(d *Draft) { d.Need = "call 0113 496 0000" }, "lead.teaser_names"}, {func(d *Draft) { d.Need = "see harrow-fitout.co.uk" }, "lead.teaser_names"}, {func(d *Draft) { d.Need = "x@y.example" }, "lead.teaser_names"},
			{func(d *Draft) { d.Industry = "Harrow Fit-Out" }, "lead.teaser_names"}, {func(d *Draft) { d.Size = "0113 496 0000" }, "lead.teaser_names"}, {func(d *Draft) { d.Families = []string{"Drills", "for Priya Nair"} }, "lead.teaser_names"},
			{func(d *Draft) { d.Source = "moon" }, "form.choice_wrong"}, {func(d *Draft) { d.Expected = "31/12" }, "form.date"}, {func(d *Draft) { d.Products[0].Quantity = 0 }, "form.number_wrong"},
			{func(d *Draft) { d.Customer = "x" }, "lead.customer_unknown"}, {func(d *Draft) { d.Contact = "x" }, "lead.contact_unknown"}, {func(d *Draft) { d.Value.Minor = -1 }, "form.decimal"},
		} {
			dr := f.draft()
			c.change(&dr)
			_, _, err := f.svc.Create(f.at(), f.ingrid, dr)
			f.want(err, fault.Invalid, c.key)
		}
		dr := f.draft()
		dr.External = "CRM-1"
		a, made, err := f.svc.Create(f.at(), f.ingrid, dr)
		f.must(err)
		b, again, err := f.svc.Create(f.at(), f.ingrid, dr)
		f.must(err)
		if !made || again || a.ID != b.ID {
			t.Fatalf("%v %v %s %s", made, again, a.ID, b.ID)
		}
		// no consent, no offer
		k, err := f.customers.SaveContact(f.at(), f.ingrid, f.harrow.ID, f.priya.ID, f.priya.Version, f.priya.ContactDraft, customer.Consent{})
		f.must(err)
		_, err = f.svc.Offer(f.at(), f.ingrid, OfferCmd{Lead: a.ID, Version: a.Version, Partnership: f.toKestrel})
		f.want(err, fault.Invalid, "lead.no_consent")
		_, err = f.customers.SaveContact(f.at(), f.ingrid, f.harrow.ID, k.ID, k.Version, k.ContactDraft, customer.Consent{Share: true, Basis: customer.BasisMail})
		f.must(err)
		for _, note := range []string{"Harrow Fit-Out is in a hurry", "ask Priya Nair", "0113 496 0000"} {
			_, err = f.svc.Offer(f.at(), f.ingrid, OfferCmd{Lead: a.ID, Version: a.Version, Partnership: f.toKestrel, Note: note})
			f.want(err, fault.Invalid, "lead.teaser_names")
		}
		o := f.offer(a, f.toKestrel)
		_, err = f.svc.Offer(f.at(), f.ingrid, OfferCmd{Lead: a.ID, Version: a.Version, Partnership: f.toBaltic})
		f.want(err, fault.Conflict, "lead.changed")
		_, err = f.svc.Offer(f.at(), f.ingrid, OfferCmd{Lead: a.ID, Version: f.get(a.ID).Version, Partnership: f.toBaltic})
		f.want(err, fault.Conflict, "lead.not_free")
		f.want(f.svc.Close(f.at(), f.ingrid, a.ID, "budget"), fault.Conflict, "lead.not_free")
		f.must(f.svc.Withdraw(f.at(), f.ingrid, o.ID))
		f.must(f.svc.Withdraw(f.at(), f.ingrid, o.ID))
		_, err = f.svc.Accept(f.at(), f.maya, o.ID)
		f.want(err, fault.Conflict, "lead.withdrawn")
		f.must(f.svc.Close(f.at(), f.ingrid, a.ID, "budget"))
		_, err = f.svc.Update(f.at(), f.ingrid, a.ID, f.get(a.ID).Version, f.draft())
		f.want(err, fault.Conflict, "lead.over")
	})
}

// Two people of a partner accept at once: one has it, the other is told.
func TestAcceptRace(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		for range 5 {
			o := f.offer(f.lead(), f.toKestrel)
			ctx := f.at()
			var errs [2]error
			var both sync.WaitGroup
			for i, who := range []access.Actor{f.maya, f.joe} {
				both.Go(func() { _, errs[i] = f.svc.Accept(ctx, who, o.ID) })
			}
			both.Wait()
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Fatalf("%v, %v", errs[0], errs[1])
			}
			for _, err := range errs {
				if err != nil {
					f.want(err, fault.Conflict, "lead.already_answered")
				}
			}
		}
	})
}

// A competitor calls everything about Kestrel's offer and Aurelia's lead: neither exists.
func TestStranger(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		l := f.lead()
		o := f.offer(l, f.toKestrel)
		held := f.offer(f.lead(), f.toKestrel)
		_, err := f.svc.Accept(f.at(), f.maya, held.ID)
		f.must(err)
		rule, err := f.svc.SaveRule(f.at(), f.ingrid, Rule{Name: "r"})
		f.must(err)
		call := func(a access.Actor) []error {
			_, e1 := f.svc.Get(f.at(), a, l.ID)
			_, e2 := f.svc.Update(f.at(), a, l.ID, 2, Draft{Title: "x", Customer: "y"})
			e3 := f.svc.Close(f.at(), a, l.ID, "budget")
			_, e4 := f.svc.Offer(f.at(), a, OfferCmd{Lead: l.ID, Version: 2, Partnership: f.toKestrel})
			_, e5 := f.svc.Candidates(f.at(), a, l.ID)
			_, e6 := f.svc.Route(f.at(), a, l.ID)
			return []error{e1, e2, e3, e4, e5, e6}
		}
		boss := f.maya
		boss.Roles = []access.Role{access.Admin}
		for _, a := range []access.Actor{f.kaarel, boss} {
			if m, err := f.svc.Some(f.at(), a, l.ID, "none"); err != nil || len(m) != 0 {
				t.Errorf("leads: %v %v", m, err)
			}
		}
		if m, err := f.svc.SomeOffers(f.at(), f.kaarel, o.ID, held.ID, "none"); err != nil || len(m) != 0 {
			t.Errorf("offers: %v %v", m, err)
		}
		if m, err := f.svc.SomeOffers(f.at(), f.maya, o.ID, held.ID, "none"); err != nil || len(m) != 2 || m[o.ID].Shared != nil || m[held.ID].Shared == nil || m[o.ID].Lead != "" {
			t.Errorf("the partner's own offers: %+v %v", m, err)
		}
		for i, err := range append(call(f.kaarel), call(boss)...) {
			if fault.CodeOf(err) != fault.NotFound {
				t.Errorf("lead, call %d: %v", i+1, err)
			}
		}
		for _, id := range []OfferID{o.ID, held.ID} {
			_, e1 := f.svc.GetOffer(f.at(), f.kaarel, id)
			_, e2 := f.svc.Accept(f.at(), f.kaarel, id)
			e3 := f.svc.Decline(f.at(), f.kaarel, id, "timing", "")
			e4 := f.svc.Open(f.at(), f.kaarel, id)
			_, e5 := f.svc.Work(f.at(), f.kaarel, id, "call", "x", "")
			e6 := f.svc.Return(f.at(), f.kaarel, id, "timing", "")
			e7 := f.svc.Lose(f.at(), f.kaarel, id, "timing", "")
			e8 := f.svc.Convert(f.at(), f.kaarel, id, "d")
			e9 := f.svc.Withdraw(f.at(), f.kaarel, id)
			e10 := f.svc.Reclaim(f.at(), f.kaarel, id, "x")
			for i, err := range []error{e1, e2, e3, e4, e5, e6, e7, e8, e9, e10} {
				if fault.CodeOf(err) != fault.NotFound {
					t.Errorf("offer, call %d: %v", i+1, err)
				}
			}
		}
		_, e1 := f.svc.PartnerProfile(f.at(), f.kaarel, f.toKestrel)
		_, e2 := f.svc.SaveProfile(f.at(), f.kaarel, Profile{Partnership: f.toKestrel})
		e3 := f.svc.MoveRule(f.at(), f.kaarel, rule.ID, "")
		for i, err := range []error{e1, e2, e3} {
			if fault.CodeOf(err) != fault.NotFound {
				t.Errorf("rule, call %d: %v", i+1, err)
			}
		}
		// the partner itself may not do what the owner does
		f.want(f.svc.Withdraw(f.at(), f.maya, o.ID), fault.Forbidden, "")
		f.want(f.svc.Reclaim(f.at(), f.maya, held.ID, "x"), fault.Forbidden, "")
		_, err = f.svc.SaveProfile(f.at(), f.maya, Profile{Partnership: f.toKestrel, Most: 500})
		f.want(err, fault.Forbidden, "")
		got, err := f.svc.Received(f.at(), f.kaarel, Filter{})
		f.must(err)
		made, err := f.svc.Made(f.at(), f.kaarel, Filter{})
		f.must(err)
		n, err := f.svc.ReceivedCounts(f.at(), f.kaarel)
		f.must(err)
		if len(got.Items)+len(made.Items) != 0 || n != (Counts{}) {
			t.Fatalf("%+v %+v", got, n)
		}
		if d := f.get(l.ID); d.State != Routed || d.Offers[0].State != OfferSent {
			t.Fatalf("changed: %+v", d.Lead)
		}
	})
}

func TestPaging(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		var want []OfferID
		for i := range 23 {
			o := f.offer(f.lead(), f.toKestrel)
			if i%5 == 0 {
				f.must(f.svc.Decline(f.at(), f.maya, o.ID, "timing", ""))
				continue
			}
			if i%3 == 0 {
				_, err := f.svc.Accept(f.at(), f.maya, o.ID)
				f.must(err)
			}
			want = append(want, o.ID)
		}
		seen := map[OfferID]bool{}
		var due time.Time
		for after := ""; ; {
			p, err := f.svc.Received(f.at(), f.maya, Filter{After: after, Limit: 4})
			f.must(err)
			for _, o := range p.Items {
				at := o.Accept.Due
				if o.State.Held() {
					at = o.Convert.Due
				}
				if seen[o.ID] || at.Before(due) {
					t.Fatalf("%s twice, or out of order", o.ID)
				}
				seen[o.ID], due = true, at
			}
			if after = p.Next; after == "" {
				break
			}
		}
		if len(seen) != len(want) {
			t.Fatalf("%d of %d", len(seen), len(want))
		}
		n, err := f.svc.ReceivedCounts(f.at(), f.maya)
		f.must(err)
		if n.Open != len(want) || n.Closed != 5 || n.Offered+n.Accepted != n.Open {
			t.Fatalf("%+v", n)
		}
		var leads int
		for after := ""; ; {
			p, err := f.svc.List(f.at(), f.ingrid, Filter{View: ViewOpen, After: after, Limit: 4})
			f.must(err)
			leads += len(p.Items)
			if after = p.Next; after == "" {
				break
			}
		}
		if leads != 23 {
			t.Fatalf("%d leads", leads)
		}
		p, err := f.svc.List(f.at(), f.ingrid, Filter{Query: "steel", Limit: 100})
		f.must(err)
		if len(p.Items) != 23 {
			t.Fatalf("%d found", len(p.Items))
		}
	})
}

// TestFilters: leads and offers are narrowed by state, source and value in one currency;
// both sides count what they list.
func TestFilters(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		var ids []ID
		for i, c := range []struct {
			source string
			minor  int64
			code   money.Currency
		}{{"event", 500_000, "GBP"}, {"event", 100_000, "GBP"}, {"website", 900_000, "GBP"}, {"event", 900_000, "EUR"}} {
			x := f.draft()
			x.Source, x.Value, x.External = c.source, money.Amount{Minor: c.minor, Currency: c.code}, fmt.Sprint("x", i)
			l, _, err := f.svc.Create(f.at(), f.ingrid, x)
			f.must(err)
			ids = append(ids, l.ID)
		}
		for _, id := range ids[:3] {
			_, err := f.svc.Offer(f.at(), f.ingrid, OfferCmd{Lead: id, Version: 1, Partnership: f.toKestrel})
			f.must(err)
		}
		least := money.Amount{Minor: 500_000, Currency: "GBP"}
		for _, c := range []struct {
			filter      Filter
			own, offers int
		}{
			{Filter{}, 4, 3}, {Filter{Source: "event"}, 3, 2}, {Filter{Least: least}, 2, 2}, {Filter{Source: "event", Least: least}, 1, 1},
			{Filter{State: string(New)}, 1, 0}, {Filter{State: string(OfferSent)}, 0, 3}, {Filter{State: "nothing"}, 0, 0},
		} {
			own, err := f.svc.List(f.at(), f.ingrid, c.filter)
			f.must(err)
			offers, err := f.svc.Received(f.at(), f.maya, c.filter)
			f.must(err)
			if len(own.Items) != c.own || len(offers.Items) != c.offers {
				t.Errorf("%+v: %d leads, %d offers", c.filter, len(own.Items), len(offers.Items))
			}
			if rival, err := f.svc.Received(f.at(), f.kaarel, c.filter); err != nil || len(rival.Items) != 0 {
				t.Errorf("a rival sees %+v, %v", rival, err)
			}
		}
		if c, err := f.svc.Counts(f.at(), f.ingrid); err != nil || c.New != 1 || c.Offered != 3 || c.Open != 4 {
			t.Errorf("%+v, %v", c, err)
		}
	})
}
