package landing

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
	"entente/prm/account"
	"entente/prm/catalog"
	"entente/prm/customer"
	"entente/prm/deal"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/promo"
)

type recorder struct {
	mu    sync.Mutex
	kinds []string
}

func (r *recorder) Publish(_ context.Context, e job.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if strings.HasPrefix(e.Kind, "lead.") {
		r.kinds = append(r.kinds, strings.TrimPrefix(e.Kind, "lead."))
	}
	return nil
}

func (r *recorder) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := strings.Join(r.kinds, " ")
	r.kinds = nil
	return out
}

// heard keeps what is said of pages.
type heard struct {
	mu     sync.Mutex
	events []job.Event
}

func (h *heard) Publish(_ context.Context, e job.Event) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
	return nil
}

// plain counts every hour as a working hour.
type plain struct{}

func (plain) Clock(_ context.Context, _ string, start time.Time, hours int) (lead.Clock, error) {
	d := time.Duration(hours) * time.Hour
	return lead.Clock{Start: start, Half: start.Add(d / 2), Most: start.Add(d * 4 / 5), Due: start.Add(d)}, nil
}

type stage struct {
	t                              testing.TB
	db                             *db.DB
	svc                            *Service
	promos                         *promo.Service
	leads                          *lead.Service
	deals                          *deal.Service
	events                         *recorder
	told                           *heard
	aurelia, kestrel, baltic, bank string
	ingrid, wen, maya, joe         access.Actor
	kaarel, banker, stranger       access.Actor
	now                            time.Time
	id                             promo.ID
	number                         string
}

// setup is a promotion of December that Kestrel and Baltic agreed to, not knowing of each
// other, and a bank that pays a share.
func setup(t testing.TB, d *db.DB) *stage {
	t.Helper()
	f := &stage{t: t, db: d, events: &recorder{}, told: &heard{}, aurelia: db.NewID(), kestrel: db.NewID(), baltic: db.NewID(), bank: db.NewID(), now: time.Date(2026, 12, 7, 9, 0, 0, 0, time.UTC)}
	cat, customers := catalog.New(d, nil), customer.New(d)
	f.promos = promo.New(d, f.events, partner.NewService(d, f.events, account.Directory{}), cat)
	f.leads = lead.NewService(d, f.events, customers, plain{})
	f.deals = deal.New(deal.Parts{DB: d, Jobs: f.events, Catalog: cat, Customers: customers, Leads: f.leads})
	f.svc = New(d, f.promos, f.leads, f.told)
	act := func(org string, r access.Role) access.Actor {
		return access.Actor{Person: db.NewID(), Org: org, Roles: []access.Role{r}, Via: "session:x"}
	}
	f.ingrid, f.wen, f.maya, f.joe, f.kaarel, f.banker, f.stranger = act(f.aurelia, access.Manager), act(f.aurelia, access.Sales), act(f.kestrel, access.Sales), act(f.kestrel, access.Buyer), act(f.baltic, access.Admin), act(f.bank, access.Manager), act(db.NewID(), access.Admin)
	f.must(d.InTx(context.Background(), func(ctx context.Context) error {
		for slug, id := range map[string]string{"aurelia": f.aurelia, "kestrel": f.kestrel, "baltic": f.baltic, "bank": f.bank} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', 'GB', 'GBP', 'Europe/London', 'en', 'active', 1)", id, slug, slug+" Ltd").Error; err != nil {
				return err
			}
		}
		for _, id := range []string{f.kestrel, f.baltic, f.bank} {
			if err := db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 0, 0, 1, 1, '')", db.NewID(), f.aurelia, id).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	f.must(cat.Put(f.at(), act(f.aurelia, access.Admin), catalog.Product{SKU: "AUR-B50", NameEN: "Battery", Family: "battery", Unit: "EA"}))
	f.id, f.number = f.agreed(f.terms())
	f.events.take()
	return f
}

func (f *stage) terms() promo.Terms {
	return promo.Terms{Title: "Winter Site Warm-up", Summary: "Trade text", SKUs: []string{"AUR-B50"}, Kind: promo.Percent, Percent: money.One / 20, Settle: promo.OffInvoice, By: promo.ByOrder, From: "2026-12-01", Until: "2026-12-31", Zone: "Europe/London",
		Quoted: true, Currency: "GBP", Share: 12_000_00, Parts: []promo.Part{
			{Org: f.kestrel, Currency: "GBP", Share: 3_000_00, Target: money.Whole(420)},
			{Org: f.baltic, Currency: "GBP", Share: 2_760_00, Target: money.Whole(260)},
			{Org: f.bank, Role: promo.Sponsor, Currency: "GBP", Share: 100_00},
		}}
}

// agreed is a promotion that all agreed to.
func (f *stage) agreed(t promo.Terms) (promo.ID, string) {
	f.t.Helper()
	d, err := f.promos.Create(f.at(), f.ingrid, t)
	f.must(err)
	d, err = f.promos.Propose(f.at(), f.ingrid, d.ID, d.Version, "")
	f.must(err)
	for _, who := range []access.Actor{f.maya, f.kaarel, f.banker} {
		j, err := f.promos.Join(f.at(), who, d.ID)
		f.must(err)
		_, err = f.promos.Approve(f.at(), who, d.ID, j.Hash)
		f.must(err)
	}
	return d.ID, d.Number
}

func (f *stage) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatalf("%v %+v", err, fault.As(err).Fields)
	}
}

func (f *stage) want(err error, code fault.Code, key string) {
	f.t.Helper()
	x := fault.As(err)
	if err == nil || x.Code != code || key != "" && x.Key != key && !slices.ContainsFunc(x.Fields, func(y fault.Field) bool { return y.Key == key }) {
		f.t.Fatalf("got %v %+v, want %s %s", err, x.Fields, code, key)
	}
}

func (f *stage) at() context.Context {
	f.now = f.now.Add(time.Minute)
	return db.WithNow(context.Background(), f.now)
}

func (f *stage) on(day string) context.Context {
	at, err := time.Parse(time.DateTime, day)
	f.must(err)
	return db.WithNow(context.Background(), at)
}

// page publishes the page of a participant.
func (f *stage) page(who access.Actor, title string) Page {
	f.t.Helper()
	p, err := f.svc.Save(f.at(), who, f.id, Page{Live: true, Texts: []Text{{Language: "zh-CN", Title: title + " 中文", Consent: "同意。"}, {Language: "en", Title: title, Body: "Warm hands.", Consent: "We may call you."}}}, false)
	f.must(err)
	return p
}

// filled is what Joe Day wrote into a page that was shown a minute ago.
func (f *stage) filled(slug string, p Page, ref string) lead.Filled {
	f.t.Helper()
	pub, err := f.svc.Public(f.at(), slug, p.Token, ref)
	f.must(err)
	return lead.Filled{Company: "Harrow Fitout Ltd", Country: "GB", City: "Leeds", Name: "Joe Day", Mail: "joe@harrow-fitout.co.uk", Need: "Six drills", Contact: true, Stamp: pub.Stamp(f.now)}
}

func (f *stage) steps(who access.Actor) string {
	f.t.Helper()
	steps, err := f.svc.Funnel(f.at(), who, f.id)
	f.must(err)
	var out []string
	for _, s := range steps {
		name := map[string]string{f.kestrel: "kestrel", f.baltic: "baltic"}[s.Org]
		out = append(out, fmt.Sprintf("%s/%s %d %d %d %d", name, s.Ref, s.Views, s.Leads, s.Deals, s.Orders))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func each(t *testing.T, fn func(f *stage)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(setup(t, d)) })
}

func TestModels(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.CheckModels(t, d, textRow{}, pageRow{}, codeRow{}, viewRow{}, leadRow{})
	})
}

// TestPublish: the owner proposes, the participant publishes; what was not published, was
// renewed, taken down, or is of a company that does no business any more is not there.
func TestPublish(t *testing.T) {
	each(t, func(f *stage) {
		own, err := f.svc.Own(f.at(), f.maya, f.id)
		f.must(err)
		if own.Version != 0 || own.Token != "" {
			t.Fatalf("%+v", own)
		}
		_, err = f.svc.Propose(f.at(), f.ingrid, f.id, 0, []Text{{Language: "en", Title: "Warm", Body: "Sell at no less than the recommended price"}})
		f.want(err, fault.Invalid, "promo.resale_price")
		_, err = f.svc.Propose(f.at(), f.wen, f.id, 0, []Text{{Language: "en", Title: "Warm"}})
		f.want(err, fault.Forbidden, "")
		p, err := f.svc.Propose(f.at(), f.ingrid, f.id, 0, []Text{{Language: "en", Title: "Warm", Consent: "never kept"}})
		f.must(err)
		_, err = f.svc.Propose(f.at(), f.ingrid, f.id, 0, []Text{{Language: "en", Title: "Other"}})
		f.want(err, fault.Conflict, "promo.changed")
		if p, err = f.svc.Propose(f.at(), f.ingrid, f.id, p.Version, []Text{{Language: "en", Title: "Warm up"}}); err != nil || p.Version != 2 {
			t.Fatalf("%+v %v", p, err)
		}
		if own, err = f.svc.Own(f.at(), f.maya, f.id); err != nil || len(own.Proposal.Texts) != 1 || own.Proposal.Texts[0].Title != "Warm up" || own.Proposal.Texts[0].Consent != "" {
			t.Fatalf("%+v %v", own.Proposal, err)
		}
		texts := []Text{{Language: "en", Title: "Warm up", Consent: "We may call you."}}
		for key, bad := range map[string]Page{"landing.no_language": {}, "form.missing": {Texts: []Text{{Language: "en", Title: "x"}}}, "form.choice_wrong": {Texts: []Text{{Language: "fr", Title: "x", Consent: "x"}}}, "landing.https": {Texts: texts, Privacy: "http://x.example"}, "form.too_long": {Texts: texts, Imprint: strings.Repeat("x", 601)}} {
			_, err := f.svc.Save(f.at(), f.maya, f.id, bad, false)
			f.want(err, fault.Invalid, key)
		}
		for who, code := range map[*access.Actor]fault.Code{&f.joe: fault.Forbidden, &f.banker: fault.NotFound, &f.stranger: fault.NotFound, &f.ingrid: fault.NotFound} {
			if _, err := f.svc.Save(f.at(), *who, f.id, Page{Texts: texts}, false); fault.CodeOf(err) != code && fault.CodeOf(err) != fault.Forbidden {
				t.Errorf("%v, want %s", err, code)
			}
		}
		draft, err := f.svc.Save(f.at(), f.maya, f.id, Page{Texts: texts}, false)
		f.must(err)
		_, err = f.svc.Public(f.at(), "kestrel", draft.Token, "")
		f.want(err, fault.NotFound, "error.not_found")
		_, err = f.svc.Save(f.at(), f.maya, f.id, Page{Texts: texts}, false)
		f.want(err, fault.Conflict, "promo.changed")
		if draft.Colour != "teal" {
			t.Errorf("the colour is %q", draft.Colour)
		}
		draft.Colour = "pink"
		_, err = f.svc.Save(f.at(), f.maya, f.id, draft, false)
		f.want(err, fault.Invalid, "form.choice_wrong")
		draft.Live, draft.Colour = true, "red"
		live, err := f.svc.Save(f.at(), f.maya, f.id, draft, false)
		f.must(err)
		pub, err := f.svc.Public(f.at(), "kestrel", live.Token, "")
		f.must(err)
		if pub.Page.Colour != "red" || pub.Phase != Live || pub.Terms.Percent != 0 || pub.Terms.Summary != "" || len(pub.Terms.Parts) != 0 || pub.Terms.Title == "" {
			t.Errorf("%+v", pub)
		}
		live.Offer = true
		live, err = f.svc.Save(f.at(), f.maya, f.id, live, false)
		f.must(err)
		if pub, err = f.svc.Public(f.at(), "kestrel", live.Token, ""); err != nil || pub.Terms.Percent != money.One/20 || pub.Terms.Parts[0].Target != 0 || pub.Terms.Parts[0].Share != 0 {
			t.Errorf("%+v %v", pub.Terms, err)
		}
		for _, at := range [][2]string{{"kestrel", ""}, {"baltic", live.Token}, {"aurelia", live.Token}, {"kestrel", strings.ToUpper(live.Token)}, {"", live.Token}} {
			_, err := f.svc.Public(f.at(), at[0], at[1], "")
			f.want(err, fault.NotFound, "error.not_found")
		}
		moved, err := f.svc.Save(f.at(), f.maya, f.id, live, true)
		f.must(err)
		if _, err = f.svc.Public(f.at(), "kestrel", live.Token, ""); fault.CodeOf(err) != fault.NotFound || moved.Token == live.Token {
			t.Errorf("the old address: %v", err)
		}
		if list, err := f.svc.Pages(f.at(), f.ingrid, f.id); err != nil || len(list) != 1 || list[0].Org != f.kestrel {
			t.Errorf("%+v %v", list, err)
		}
		f.must(f.db.InTx(f.at(), func(ctx context.Context) error {
			return db.Tx(ctx).Exec("UPDATE partnership SET state = 'suspended' WHERE reseller_id = ?", f.kestrel).Error
		}))
		_, err = f.svc.Public(f.at(), "kestrel", moved.Token, "")
		f.want(err, fault.NotFound, "")
	})
}

// TestOnlyWhileItRuns: before and after the window, by its zone and not by the job that
// may be late, a page says so and takes nothing; so does one of a cancelled promotion.
func TestOnlyWhileItRuns(t *testing.T) {
	each(t, func(f *stage) {
		p := f.page(f.maya, "Warm up")
		in := f.filled("kestrel", p, "")
		for at, phase := range map[string]Phase{"2026-11-30 23:59:59": Soon, "2026-12-01 00:00:00": Live, "2026-12-31 23:59:59": Live, "2027-01-01 00:00:00": Over} {
			pub, err := f.svc.Public(f.on(at), "kestrel", p.Token, "")
			if err != nil || pub.Phase != phase {
				t.Errorf("%s: %s, %v", at, pub.Phase, err)
			}
			if phase != Live {
				f.want(f.svc.Fill(f.on(at), "kestrel", p.Token, "", "en", in), fault.Conflict, "landing.not_now")
			}
		}
		d, err := f.promos.Get(f.at(), f.ingrid, f.id)
		f.must(err)
		_, err = f.promos.Cancel(f.at(), f.ingrid, f.id, d.Version, "no stock")
		f.must(err)
		if pub, err := f.svc.Public(f.at(), "kestrel", p.Token, ""); err != nil || pub.Phase != Over {
			t.Errorf("cancelled: %s, %v", pub.Phase, err)
		}
		f.want(f.svc.Fill(f.at(), "kestrel", p.Token, "", "en", in), fault.Conflict, "landing.not_now")
		if s := f.events.take(); s != "" {
			t.Error(s)
		}
	})
}

// TestFill: what is filled in becomes a lead of the owner, offered to the participant
// alone, which carries the promotion, the source and the code; the same again adds
// nothing; the participant learns who it is by accepting though nobody else may.
func TestFill(t *testing.T) {
	each(t, func(f *stage) {
		p := f.page(f.maya, "Warm up")
		_, err := f.svc.AddCode(f.at(), f.maya, f.id, "expo-26", "Fair in Leeds")
		f.must(err)
		in := f.filled("kestrel", p, "expo-26")
		for range 2 { // sent twice
			f.must(f.svc.Fill(f.at(), "kestrel", p.Token, "Expo-26", "zh-CN", in))
		}
		if s := f.events.take(); s != "Offered" {
			t.Fatal(s)
		}
		got, err := f.leads.List(f.at(), f.ingrid, lead.Filter{Source: "promotion"})
		f.must(err)
		if len(got.Items) != 1 || got.Items[0].Title != "Winter Site Warm-up, Leeds" || got.Items[0].State != lead.Routed || got.Items[0].Holder != f.kestrel || got.Items[0].Campaign != f.number || got.Items[0].Ref != "EXPO-26" {
			t.Fatalf("%+v", got.Items)
		}
		l, err := f.leads.Get(f.at(), f.ingrid, got.Items[0].ID)
		f.must(err)
		if l.Customer.Note != "同意。" || l.Customer.Contacts[0].Consent.Share || !l.Customer.Contacts[0].Consent.Contact {
			t.Errorf("%+v", l.Customer)
		}
		d := l.Draft // a change by hand keeps how it came
		d.Ref, d.Need = "OTHER", "Six drills at once"
		if x, err := f.leads.Update(f.at(), f.ingrid, l.ID, l.Version, d); err != nil || x.Ref != "EXPO-26" {
			t.Errorf("%+v %v", x, err)
		}
		offers, err := f.leads.Received(f.at(), f.maya, lead.Filter{})
		f.must(err)
		if len(offers.Items) != 1 || offers.Items[0].Shared != nil || offers.Items[0].Teaser.Campaign != f.number || offers.Items[0].Teaser.Ref != "EXPO-26" || !offers.Items[0].Teaser.Direct {
			t.Fatalf("%+v", offers.Items)
		}
		if none, err := f.leads.Received(f.at(), f.kaarel, lead.Filter{}); err != nil || len(none.Items) != 0 {
			t.Errorf("the rival got %+v %v", none.Items, err)
		}
		o, err := f.leads.Accept(f.at(), f.maya, offers.Items[0].ID)
		f.must(err)
		if o.Shared == nil || o.Shared.Contact != "Joe Day" || o.Shared.Mail == "" {
			t.Errorf("%+v", o.Shared)
		}
		// it gives the lead back: without the consent to be passed on nobody else gets it
		f.must(f.leads.Return(f.at(), f.maya, o.ID, "timing", ""))
		l, err = f.leads.Get(f.at(), f.ingrid, l.ID)
		f.must(err)
		var toBaltic string
		f.must(f.db.View(f.at(), func(ctx context.Context) error {
			return db.Tx(ctx).Raw("SELECT id FROM partnership WHERE reseller_id = ?", f.baltic).Scan(&toBaltic).Error
		}))
		_, err = f.leads.Offer(f.at(), f.ingrid, lead.OfferCmd{Lead: l.ID, Version: l.Version, Partnership: toBaltic})
		f.want(err, fault.Invalid, "lead.no_consent")
		// with it another partner gets the lead, and never learns where it came from
		in = f.filled("kestrel", p, "expo-26")
		in.Share, in.Company, in.Mail = true, "Winter", "ann@winter.example" // its name stands in the title
		f.must(f.svc.Fill(f.at(), "kestrel", p.Token, "expo-26", "en", in))
		got, err = f.leads.List(f.at(), f.ingrid, lead.Filter{State: string(lead.Routed)})
		f.must(err)
		if len(got.Items) != 1 || !strings.HasPrefix(got.Items[0].Title, f.number) {
			t.Fatalf("%+v", got.Items)
		}
		f.must(f.leads.Withdraw(f.at(), f.ingrid, got.Items[0].Offer))
		l, err = f.leads.Get(f.at(), f.ingrid, got.Items[0].ID)
		f.must(err)
		other, err := f.leads.Offer(f.at(), f.ingrid, lead.OfferCmd{Lead: l.ID, Version: l.Version, Partnership: toBaltic})
		f.must(err)
		if other.Teaser.Direct || other.Teaser.Campaign != "" || other.Teaser.Ref != "" || other.Teaser.Title != "Leeds, GB" || other.Teaser.Source != "website" {
			t.Errorf("the rival learns %+v", other.Teaser)
		}
		// who may not be called is told so, by its field
		in.Contact = false
		f.want(f.svc.Fill(f.at(), "kestrel", p.Token, "", "en", in), fault.Invalid, "form.missing")
		in.Contact, in.Stamp = true, "x.1.y"
		f.want(f.svc.Fill(f.at(), "kestrel", p.Token, "", "en", in), fault.Conflict, "webform.old")
		// the stamp of one page is none of another
		q := f.page(f.kaarel, "Rival")
		in = f.filled("kestrel", p, "")
		f.want(f.svc.Fill(f.at(), "baltic", q.Token, "", "en", in), fault.Conflict, "webform.old")
	})
}

// TestFillAtOnce: what is sent twice at the same time is one lead, and both are told that
// it is there.
func TestFillAtOnce(t *testing.T) {
	t.Parallel()
	f := setup(t, dbtest.Postgres(t)) // SQLite writes one after the other
	p := f.page(f.maya, "Warm up")
	in, at := f.filled("kestrel", p, ""), f.at()
	told := make(chan error, 4)
	for range cap(told) {
		go func() { told <- f.svc.Fill(at, "kestrel", p.Token, "", "en", in) }()
	}
	for range cap(told) {
		f.must(<-told)
	}
	if s := f.steps(f.maya); s != "kestrel/ 0 1 0 0" {
		t.Error(s)
	}
}

// TestFunnel: views, leads, registrations and orders by code, each with its rows; each
// participant sees its own, the owner all, and nobody else anything.
func TestFunnel(t *testing.T) {
	each(t, func(f *stage) {
		p, q := f.page(f.maya, "Warm up"), f.page(f.kaarel, "Rival")
		_, err := f.svc.AddCode(f.at(), f.maya, f.id, "EXPO", "")
		f.must(err)
		see := func(slug string, p Page, ref string, n int) {
			t.Helper()
			pub, err := f.svc.Public(f.at(), slug, p.Token, ref)
			f.must(err)
			for range n {
				f.must(f.svc.Seen(f.at(), pub))
			}
		}
		see("kestrel", p, "", 3)
		see("kestrel", p, "expo", 2)
		see("kestrel", p, "made-up", 1) // no code of the page: counted without
		see("baltic", q, "EXPO", 7)     // another's code is none
		pub, err := f.svc.Public(f.at(), "kestrel", p.Token, "expo")
		f.must(err)
		f.must(f.svc.Seen(f.on("2026-12-08 00:30:00"), pub))
		in := f.filled("kestrel", p, "expo")
		f.must(f.svc.Fill(f.at(), "kestrel", p.Token, "expo", "en", in))
		for _, x := range []string{"a", "b"} {
			in := f.filled("baltic", q, "")
			in.Company = "Firm " + x
			f.must(f.svc.Fill(f.at(), "baltic", q.Token, "", "en", in))
		}
		// Kestrel registers its lead; the owner sees it once it is submitted
		offers, err := f.leads.Received(f.at(), f.maya, lead.Filter{})
		f.must(err)
		_, err = f.leads.Accept(f.at(), f.maya, offers.Items[0].ID)
		f.must(err)
		reg, err := f.deals.FromLead(f.at(), f.maya, offers.Items[0].ID)
		f.must(err)
		if s := f.steps(f.ingrid); s != "baltic/ 7 2 0 0, kestrel/ 4 0 0 0, kestrel/EXPO 3 1 0 0" {
			t.Error(s)
		}
		o1, o2, o3 := db.NewID(), db.NewID(), db.NewID()
		f.must(f.db.InTx(f.at(), func(ctx context.Context) error {
			if err := db.Tx(ctx).Exec("UPDATE deal SET submitted = 1 WHERE id = ?", string(reg.ID)).Error; err != nil {
				return err
			}
			for i, x := range []struct {
				order, basis string
				counts       bool
			}{{o1, "number", true}, {o1, "number", true}, {o2, "number", true}, {o3, "number", false}, {db.NewID(), "resale", true}} {
				if err := db.Tx(ctx).Exec("INSERT INTO deal_line (order_id, line, deal_id, supplier_id, number, basis, sku, ordered, open, invoiced, amount, value, counts, why, happened) VALUES (?, ?, ?, ?, ?, ?, 'AUR-B50', 1, 0, 0, 0, 0, ?, '', ?)", x.order, i, string(reg.ID), f.aurelia, "N-"+x.order, x.basis, x.counts, i+1).Error; err != nil {
					return err
				}
			}
			return nil
		}))
		if s := f.steps(f.ingrid); s != "baltic/ 7 2 0 0, kestrel/ 4 0 0 0, kestrel/EXPO 3 1 1 2" {
			t.Error(s)
		}
		if s := f.steps(f.maya); s != "kestrel/ 4 0 0 0, kestrel/EXPO 3 1 1 2" {
			t.Error(s)
		}
		if s := f.steps(f.kaarel); s != "baltic/ 7 2 0 0" {
			t.Error(s)
		}
		_, err = f.svc.Funnel(f.at(), f.stranger, f.id)
		f.want(err, fault.NotFound, "")
		// every number has its rows, page by page, each once
		rows := func(who access.Actor, stage, partner string) (out []Row) {
			t.Helper()
			after := ""
			for {
				part, next, err := f.svc.Rows(f.at(), who, f.id, Filter{Stage: stage, Partner: partner, After: after, Limit: 1})
				f.must(err)
				out = append(out, part...)
				if after = next; next == "" {
					return out
				}
			}
		}
		views := 0
		for _, r := range rows(f.ingrid, Views, "") {
			views += r.Views
		}
		if n := len(rows(f.ingrid, Views, "")); views != 14 || n != 4 {
			t.Errorf("%d views in %d rows", views, n)
		}
		for stage, want := range map[string][2]int{Leads: {3, 1}, Deals: {1, 1}, Orders: {2, 2}} {
			if a, b := len(rows(f.ingrid, stage, "")), len(rows(f.maya, stage, f.baltic)); a != want[0] || b != want[1] { // her own, whatever she asks for
				t.Errorf("%s: %d and %d rows", stage, a, b)
			}
		}
		if r := rows(f.maya, Leads, "")[0]; r.Org != f.kestrel || r.Lead != "" || r.Number != 0 || r.Offer == "" || r.Ref != "EXPO" || r.Deal != string(reg.ID) {
			t.Errorf("%+v", r)
		}
		if r := rows(f.ingrid, Orders, "")[0]; r.Order != o2 || r.OrderNumber != "N-"+o2 || r.Code != reg.Code {
			t.Errorf("%+v", r)
		}
		if n := len(rows(f.ingrid, Leads, f.baltic)); n != 2 {
			t.Errorf("%d rows of Baltic", n)
		}
		if n := len(rows(f.kaarel, Deals, "")); n != 0 {
			t.Errorf("Baltic sees %d registrations", n)
		}
		_, _, err = f.svc.Rows(f.at(), f.ingrid, f.id, Filter{Stage: "x"})
		f.want(err, fault.Invalid, "form.choice_wrong")
		for _, stage := range Stages {
			_, _, err = f.svc.Rows(f.at(), f.ingrid, f.id, Filter{Stage: stage, After: "x"})
			f.want(err, fault.Invalid, "form.cursor")
		}
	})
}

// TestStranger: a rival participant reads its own page and nothing of the other one, and
// a company that left the promotion has none any more.
func TestStranger(t *testing.T) {
	each(t, func(f *stage) {
		p := f.page(f.maya, "Warm up")
		_, err := f.svc.AddCode(f.at(), f.maya, f.id, "EXPO", "Fair")
		f.must(err)
		own, err := f.svc.Own(f.at(), f.kaarel, f.id)
		f.must(err)
		if s := fmt.Sprintf("%+v", own); strings.Contains(s, p.Token) || strings.Contains(s, "Warm up") || strings.Contains(s, "EXPO") || own.Version != 0 {
			t.Errorf("the rival reads %s", s)
		}
		for name, err := range map[string]error{
			"pages":      errOf(f.svc.Pages(f.at(), f.kaarel, f.id)),
			"propose":    errOf(f.svc.Propose(f.at(), f.kaarel, f.id, 0, []Text{{Language: "en", Title: "x"}})),
			"own":        errOf(f.svc.Own(f.at(), f.stranger, f.id)),
			"proposal":   errOf(f.svc.Proposal(f.at(), f.stranger, f.id)),
			"code":       errOf(f.svc.AddCode(f.at(), f.stranger, f.id, "X1", "")),
			"drop":       f.svc.DropCode(f.at(), f.stranger, f.id, "EXPO"),
			"sponsor":    errOf(f.svc.Own(f.at(), f.banker, f.id)),
			"sponsor's":  errOf(f.svc.Pages(f.at(), f.banker, f.id)),
			"nobody":     errOf(f.svc.Own(f.at(), access.Actor{}, f.id)),
			"an unknown": errOf(f.svc.Own(f.at(), f.maya, promo.ID(db.NewID()))),
		} {
			if c := fault.CodeOf(err); c != fault.NotFound && c != fault.Forbidden && !(name == "nobody" && c == fault.Unauthenticated) {
				t.Errorf("%s: %v", name, err)
			}
		}
		f.must(f.svc.DropCode(f.at(), f.kaarel, f.id, "EXPO")) // it has no page: nothing happens
		if own, err := f.svc.Own(f.at(), f.maya, f.id); err != nil || len(own.Codes) != 1 {
			t.Errorf("%+v %v", own.Codes, err)
		}
		for range 2 {
			f.must(f.svc.DropCode(f.at(), f.maya, f.id, "expo"))
		}
		// the next version is without Kestrel: its page is gone with the agreement
		d, err := f.promos.Get(f.at(), f.ingrid, f.id)
		f.must(err)
		next := d.InForce.Terms
		next.Parts = slices.DeleteFunc(slices.Clone(next.Parts), func(x promo.Part) bool { return x.Org == f.kestrel })
		d, err = f.promos.SaveDraft(f.at(), f.ingrid, f.id, d.Version, next)
		f.must(err)
		_, err = f.promos.Propose(f.at(), f.ingrid, f.id, d.Version, "")
		f.must(err)
		_, err = f.svc.Public(f.at(), "kestrel", p.Token, "")
		f.want(err, fault.NotFound, "")
		if list, err := f.svc.Pages(f.at(), f.ingrid, f.id); err != nil || len(list) != 0 {
			t.Errorf("%+v %v", list, err)
		}
	})
}

func errOf[T any](_ T, err error) error { return err }

// TestSaveAtOnce: of two who publish at once with the page as it was, one is told that it
// changed.
func TestSaveAtOnce(t *testing.T) {
	t.Parallel()
	f := setup(t, dbtest.Postgres(t))
	p := f.page(f.maya, "Warm up")
	at := f.at()
	told := make(chan error, 2)
	for range cap(told) {
		go func() { told <- errOf(f.svc.Save(at, f.maya, f.id, p, true)) }()
	}
	a, b := <-told, <-told
	if (a == nil) == (b == nil) || fault.CodeOf(a) != fault.Conflict && fault.CodeOf(b) != fault.Conflict {
		t.Errorf("%v and %v", a, b)
	}
}

// The owner hears when a page goes out and when it is taken back, once each, and nobody but
// the two companies does.
func TestPageTold(t *testing.T) {
	t.Parallel()
	f := setup(t, dbtest.One(t))
	version, heard := int64(0), 0
	save := func(ctx context.Context, live, renew bool, want string) {
		t.Helper()
		p, err := f.svc.Save(ctx, f.maya, f.id, Page{Live: live, Version: version, Texts: []Text{{Language: "en", Title: "Warm hands", Consent: "Kept."}}}, renew)
		f.must(err)
		version = p.Version
		got := f.told.events[heard:]
		heard = len(f.told.events)
		if want == "" {
			if len(got) > 0 {
				t.Fatalf("told of nothing new: %+v", got)
			}
			return
		}
		if len(got) != 1 || got[0].Kind != want {
			t.Fatalf("%s: %+v", want, got)
		}
		e := got[0].Payload.(Event)
		if e.Owner != f.aurelia || e.Company != f.kestrel || e.Promotion != f.id || e.Seat == "" || !slices.Equal(got[0].Orgs, []string{f.aurelia, f.kestrel}) {
			t.Errorf("%+v %v", e, got[0].Orgs)
		}
	}
	save(f.at(), false, false, "")
	save(f.at(), true, false, EventPublished)
	save(f.at(), true, true, "") // a new address, no news
	save(f.at(), false, false, EventWithdrawn)
	save(f.at(), false, false, "")
	save(Quiet(f.at()), true, false, EventPublished)
	if e := f.told.events[heard-1].Payload.(Event); !e.Quiet {
		t.Error("demo data tells people")
	}
}
