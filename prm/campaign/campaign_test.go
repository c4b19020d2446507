package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/catalog"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/landing"
	"entente/prm/lead"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/promo"
)

type silent struct{}

func (silent) Publish(context.Context, job.Event) error { return nil }

type plain struct{}

func (plain) Clock(_ context.Context, _ string, start time.Time, hours int) (lead.Clock, error) {
	d := time.Duration(hours) * time.Hour
	return lead.Clock{Start: start, Half: start.Add(d / 2), Most: start.Add(d * 4 / 5), Due: start.Add(d)}, nil
}

type folk struct{}

func (folk) PersonsByID(_ context.Context, ids ...string) (map[string]account.Person, error) {
	out := map[string]account.Person{}
	for _, id := range ids {
		out[id] = account.Person{ID: id, Email: "writer@kestrel.example", Name: "Maya"}
	}
	return out, nil
}

// box is an outbox in memory that dies at a chosen mail.
type box struct {
	mails []string // of committed transactions
	open  []string
	die   int    // at the n-th mail from now; 0: never
	bad   string // the company whose mails it takes none of
}

var errDied = errors.New("killed")

func (b *box) Write(_ context.Context, l Letter) (Written, error) {
	return Written{Subject: l.Text.Subject, Text: l.Name + " at " + l.Customer}, nil
}

func (b *box) Post(ctx context.Context, l Letter) (bool, error) {
	if l.Org == b.bad {
		return false, errDied
	}
	if b.die > 0 {
		if b.die--; b.die == 0 {
			return false, errDied
		}
	}
	line := l.Address + " " + l.Text.Language + " " + l.Ref
	db.AfterCommit(ctx, func() { b.mails = append(b.mails, line) })
	return false, nil
}

func (b *box) to() string {
	var out []string
	for _, m := range b.mails {
		to, _, _ := strings.Cut(m, " ")
		out = append(out, strings.TrimSuffix(to, "@x.example"))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

type stage struct {
	t                                 testing.TB
	db                                *db.DB
	svc                               *Service
	pages                             *landing.Service
	customers                         *customer.Service
	promos                            *promo.Service
	out                               *box
	aurelia, kestrel, baltic          string
	ingrid, maya, joe, kaarel, nobody access.Actor
	now                               time.Time
	id                                promo.ID
}

func setup(t testing.TB, d *db.DB) *stage {
	t.Helper()
	f := &stage{t: t, db: d, out: &box{}, aurelia: db.NewID(), kestrel: db.NewID(), baltic: db.NewID(), now: time.Date(2026, 12, 7, 9, 0, 0, 0, time.UTC)}
	cat := catalog.New(d, nil)
	f.customers = customer.New(d)
	f.promos = promo.New(d, silent{}, partner.NewService(d, silent{}, account.Directory{}), cat)
	f.pages = landing.New(d, f.promos, lead.NewService(d, silent{}, f.customers, plain{}), nil)
	f.svc = New(d, f.promos, f.pages, f.customers, folk{})
	f.svc.Bind(f.out)
	act := func(org string, r access.Role) access.Actor {
		return access.Actor{Person: db.NewID(), Org: org, Roles: []access.Role{r}, Via: "session:x"}
	}
	f.ingrid, f.maya, f.joe, f.kaarel, f.nobody = act(f.aurelia, access.Manager), act(f.kestrel, access.Sales), act(f.kestrel, access.Buyer), act(f.baltic, access.Admin), act(db.NewID(), access.Admin)
	f.must(d.InTx(context.Background(), func(ctx context.Context) error {
		for slug, id := range map[string]string{"aurelia": f.aurelia, "kestrel": f.kestrel, "baltic": f.baltic} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', 'GB', 'GBP', 'Europe/London', 'en', 'active', 1)", id, slug, slug+" Ltd").Error; err != nil {
				return err
			}
		}
		for _, id := range []string{f.kestrel, f.baltic} {
			if err := db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 0, 0, 1, 1, '')", "p"+id[1:], f.aurelia, id).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	f.must(cat.Put(f.at(), act(f.aurelia, access.Admin), catalog.Product{SKU: "AUR-B50", NameEN: "Battery", Family: "battery", Unit: "EA"}))
	p, err := f.promos.Create(f.at(), f.ingrid, promo.Terms{Title: "Warm-up", SKUs: []string{"AUR-B50"}, Kind: promo.Percent, Percent: money.One / 20, Settle: promo.OffInvoice, By: promo.ByOrder, From: "2026-12-01", Until: "2026-12-31", Zone: "Europe/London", Currency: "GBP", Share: 12_000_00,
		Parts: []promo.Part{{Org: f.kestrel, Currency: "GBP", Share: 3_000_00, Target: money.Whole(420)}, {Org: f.baltic, Currency: "GBP", Share: 2_760_00, Target: money.Whole(260)}}})
	f.must(err)
	p, err = f.promos.Propose(f.at(), f.ingrid, p.ID, p.Version, "")
	f.must(err)
	for _, who := range []access.Actor{f.maya, f.kaarel} {
		j, err := f.promos.Join(f.at(), who, p.ID)
		f.must(err)
		_, err = f.promos.Approve(f.at(), who, p.ID, j.Hash)
		f.must(err)
	}
	f.id = p.ID
	_, err = f.pages.Save(f.at(), f.maya, f.id, landing.Page{Live: true, Texts: []landing.Text{{Language: "en", Title: "Warm", Consent: "We may call you."}}}, false)
	f.must(err)
	return f
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

// contact is somebody at a customer of its own; basis empty: it did not agree.
func (f *stage) contact(who access.Actor, name, country, basis string) customer.Contact {
	f.t.Helper()
	c, err := f.customers.Create(f.at(), who, customer.Draft{Name: name + " Ltd", Country: country, External: "C-" + name})
	f.must(err)
	k, err := f.customers.SaveContact(f.at(), who, c.ID, "", 0, customer.ContactDraft{Name: name, Mail: name + "@x.example"}, customer.Consent{Contact: basis != "", Basis: basis})
	f.must(err)
	return k
}

func content() Content {
	return Content{Name: "December mail", Pause: 7, Texts: []Text{{"zh-CN", "您好 {name}", "{link}"}, {"en", "Hello {name}", "Warm hands at {company}"}}}
}

// run ticks until nothing is due.
func (f *stage) run() {
	f.t.Helper()
	for range 10 {
		f.must(f.svc.Tick(f.at()))
	}
}

func (f *stage) start(who access.Actor, c Content) Campaign {
	f.t.Helper()
	d, err := f.svc.Create(f.at(), who, f.id, c)
	f.must(err)
	d, err = f.svc.Start(f.at(), who, d.ID, d.Version, time.Time{})
	f.must(err)
	return d
}

func each(t *testing.T, fn func(f *stage)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(setup(t, d)) })
}

func TestModels(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.CheckModels(t, d, campaignRow{}, mailRow{}, stopRow{}, optInRow{})
	})
}

// TestWhoGetsIt: only who agreed, once for each address, not again within the pause, and
// nobody who said no; what the form says beforehand is what happens.
func TestWhoGetsIt(t *testing.T) {
	each(t, func(f *stage) {
		anna := f.contact(f.maya, "anna", "GB", customer.BasisForm)
		f.contact(f.maya, "li", "CN", customer.BasisSpoken)
		f.contact(f.maya, "bob", "GB", "")
		f.contact(f.maya, "carl", "GB", customer.BasisContract)
		f.contact(f.kaarel, "rival", "EE", customer.BasisForm)
		second := f.contact(f.maya, "dora", "GB", customer.BasisMail)
		_, err := f.customers.SaveContact(f.at(), f.maya, second.Customer, second.ID, second.Version, customer.ContactDraft{Name: "dora", Mail: "Anna@x.example"}, second.Consent)
		f.must(err)

		d, err := f.svc.Create(f.at(), f.maya, f.id, content())
		f.must(err)
		a, err := f.svc.Audience(f.at(), f.maya, d.ID)
		f.must(err)
		if fmt.Sprint(a.Get, a.Left) != "2 map[basis:1 consent:1 twice:1]" || a.Sample[0].Mail != anna.Mail || a.Sample[1].Language != "zh-CN" {
			t.Fatalf("%+v", a)
		}
		_, err = f.svc.Start(f.at(), f.maya, d.ID, d.Version+1, time.Time{})
		f.want(err, fault.Conflict, "campaign.changed")
		_, err = f.svc.Start(f.at(), f.maya, d.ID, d.Version, f.now.AddDate(0, 0, 40))
		f.want(err, fault.Invalid, "campaign.hour_wrong")
		d, err = f.svc.Start(f.at(), f.maya, d.ID, d.Version, f.now.Add(3*time.Hour))
		f.must(err)
		f.run()
		if len(f.out.mails) != 0 {
			t.Fatal("sent before its hour")
		}
		f.now = f.now.Add(3 * time.Hour)
		f.run()
		slices.Sort(f.out.mails)
		if want := fmt.Sprintf("[anna@x.example en %s li@x.example zh-CN %s]", d.Ref, d.Ref); fmt.Sprint(f.out.mails) != want {
			t.Fatalf("%v, want %s", f.out.mails, want)
		}
		got, err := f.svc.Get(f.at(), f.maya, d.ID)
		f.must(err)
		if got.State != Sent || got.Tally.Posted != 2 || got.Finished.IsZero() || fmt.Sprint(got.Tally.Left) != fmt.Sprint(a.Left) {
			t.Fatalf("%+v", got)
		}

		// what became of the mails
		f.must(f.svc.Ended(f.at(), f.kestrel, string(d.ID), string(anna.ID), true, "", false))
		f.must(f.svc.Ended(f.at(), f.kestrel, string(d.ID), string(a.Sample[1].Contact), false, "smtp 550", true))
		// a second campaign within the pause, and one without it
		f.out.mails = nil
		again := f.start(f.maya, content())
		none := content()
		none.Pause = 0
		f.run()
		if got, err = f.svc.Get(f.at(), f.maya, again.ID); err != nil || len(f.out.mails) != 0 || got.Tally.Left[Recent] != 2 || got.Tally.Left[Refused] != 1 {
			t.Fatalf("%v %v %+v", err, f.out.mails, got.Tally)
		}
		// who said no is not written to, and the contact says so
		f.must(f.svc.Unsubscribe(f.at(), f.kestrel, string(d.ID), string(anna.ID)))
		f.must(f.svc.Unsubscribe(f.at(), f.kestrel, string(d.ID), string(anna.ID)))
		who, err := f.customers.Get(f.at(), f.maya, anna.Customer)
		f.must(err)
		both, err := f.customers.Get(f.at(), f.maya, second.Customer)
		f.must(err)
		if k := who.Contacts[0].Consent; k.Contact || k.Withdrawn.IsZero() || both.Contacts[0].Consent.Contact {
			t.Fatalf("%+v %+v", k, both.Contacts[0].Consent)
		}
		f.start(f.maya, none)
		f.run()
		if len(f.out.mails) != 0 {
			t.Fatalf("%v", f.out.mails)
		}
		if got, err = f.svc.Get(f.at(), f.maya, d.ID); err != nil || got.Tally.Sent != 1 || got.Tally.Refused != 1 || got.Tally.Unsubscribed != 1 {
			t.Fatalf("%v %+v", err, got.Tally)
		}
		// an address that said no stays out under a new name, until it agrees anew
		eve := f.contact(f.maya, "eve", "GB", customer.BasisForm)
		k, err := f.customers.SaveContact(f.at(), f.maya, eve.Customer, eve.ID, eve.Version, customer.ContactDraft{Name: "eve", Mail: "ANNA@x.example"}, customer.Consent{Contact: true, Basis: customer.BasisForm, Given: f.now.AddDate(0, 0, -3)})
		f.must(err)
		d, err = f.svc.Create(f.at(), f.maya, f.id, none)
		f.must(err)
		if a, err = f.svc.Audience(f.at(), f.maya, d.ID); err != nil || a.Get != 1 { // eve@… was recorded after it
			t.Fatalf("%v %+v", err, a)
		}
		k, err = f.customers.SaveContact(f.at(), f.maya, eve.Customer, eve.ID, k.Version, k.ContactDraft, customer.Consent{})
		f.must(err)
		_, err = f.customers.SaveContact(f.at(), f.maya, eve.Customer, eve.ID, k.Version, k.ContactDraft, customer.Consent{Contact: true, Basis: customer.BasisForm, Given: f.now.AddDate(0, 0, -3)})
		f.must(err)
		if a, err = f.svc.Audience(f.at(), f.maya, d.ID); err != nil || a.Get != 0 || a.Left[Unsubscribed] != 3 {
			t.Fatalf("%v %+v", err, a)
		}
	})
}

// TestSlices: a slice that dies leaves nothing behind, the next one sends what it would
// have; a company's mails go at its rate; what is stopped goes no further.
func TestSlices(t *testing.T) {
	each(t, func(f *stage) {
		var want []string
		for i := range 7 {
			name := fmt.Sprintf("n%d", i)
			f.contact(f.maya, name, "GB", customer.BasisForm)
			want = append(want, name)
		}
		f.svc.rate = 3
		d := f.start(f.maya, content())
		f.out.die = 3
		if err := f.svc.Tick(f.at()); !errors.Is(err, errDied) {
			t.Fatal(err)
		}
		if len(f.out.mails) != 0 {
			t.Fatalf("a dead slice posted %v", f.out.mails)
		}
		ctx := f.at()
		f.must(f.svc.Tick(ctx))
		f.must(f.svc.Tick(db.WithNow(ctx, f.now.Add(20*time.Second)))) // the minute is full
		if len(f.out.mails) != 3 {
			t.Fatalf("%v in a minute of three", f.out.mails)
		}
		f.run()
		if f.out.to() != strings.Join(want, " ") {
			t.Fatalf("%s, want each once", f.out.to())
		}
		if got, err := f.svc.Get(f.at(), f.maya, d.ID); err != nil || got.State != Sent || got.Tally.Posted != 7 {
			t.Fatalf("%v %+v", err, got)
		}
		none := content()
		none.Pause = 0
		d = f.start(f.maya, none)
		f.must(f.svc.Tick(f.at()))
		d, err := f.svc.Stop(f.at(), f.maya, d.ID)
		f.must(err)
		f.run()
		if got, err := f.svc.Get(f.at(), f.maya, d.ID); err != nil || got.State != Stopped || got.Reason != ByHand || got.Tally.Posted != 3 {
			t.Fatalf("%v %+v", err, got)
		}
		d = f.start(f.maya, none)
		p, err := f.pages.Own(f.at(), f.maya, f.id)
		f.must(err)
		p.Live = false
		_, err = f.pages.Save(f.at(), f.maya, f.id, p.Page, false)
		f.must(err)
		f.run()
		if got, err := f.svc.Get(f.at(), f.maya, d.ID); err != nil || got.State != Stopped || got.Reason != PageDown || got.Tally.Mails() != 0 {
			t.Fatalf("%v %+v", err, got)
		}
	})
}

// TestSegment: each condition by itself.
func TestSegment(t *testing.T) {
	each(t, func(f *stage) {
		anna, bob, li := f.contact(f.maya, "anna", "GB", customer.BasisForm), f.contact(f.maya, "bob", "GB", customer.BasisForm), f.contact(f.maya, "li", "CN", customer.BasisForm)
		f.must(f.db.InTx(context.Background(), func(ctx context.Context) error {
			var product string
			if err := db.Tx(ctx).Raw("SELECT id FROM product").Scan(&product).Error; err != nil {
				return err
			}
			for i, x := range []struct{ code, name, day string }{{"C-anna", "", "2026-11-30"}, {"", "BOB Ltd", "2026-05-02"}} {
				id := fmt.Sprint("r", i)
				if err := db.Tx(ctx).Exec("INSERT INTO sell_report (id, supplier_id, reseller_id, partnership_id, number, purpose, made, period_from, period_to, state, replaced_by, source, source_key, interchange_id, set_no, currency, digest, lines, doubts, received, received_by) VALUES (?, ?, ?, ?, ?, '', '', '', '', 'current', '', '', ?, '', 0, 'GBP', '', 1, 0, 1, '')",
					id, f.aurelia, f.kestrel, "p"+f.kestrel[1:], id, id).Error; err != nil {
					return err
				}
				if err := db.Tx(ctx).Exec("INSERT INTO sell_line (report_id, position, product_id, sku, buyer_item, gtin, description, kind, movement, quantity, unit, pieces, doubts, price, currency, sold_from, sold_to, customer_name, customer_city, customer_postcode, customer_country, customer_list, customer_code, place, promotion, deal, reference) VALUES (?, 1, ?, 'AUR-B50', '', '', '', 'sale', '', 1, 'EA', 1, '', 0, '', ?, '', ?, '', '', '', '', ?, '', '', '', '')",
					id, product, x.day, x.name, x.code).Error; err != nil {
					return err
				}
			}
			return db.Tx(ctx).Exec("INSERT INTO lead (org_id, id, number, customer_id, contact_id, title, need, details, industry, size, families, products, value, currency, expected, source, campaign, external, state, holder_id, offer_id, round, reason, unplaced, made_by, created, changed, version) VALUES (?, 'l1', 1, ?, '', '', '', '', 'Steel', '', '', '', 0, '', '', '', '', '', 'working', '', '', 0, '', 0, '', 1, 1, 1)", f.kestrel, string(li.Customer)).Error
		}))
		c := content()
		for _, x := range []struct {
			s    Segment
			want string
		}{
			{Segment{Countries: []string{"GB"}}, "anna bob"},
			{Segment{Bought: []string{"battery"}}, "anna bob"},
			{Segment{Bought: []string{"saw"}}, ""},
			{Segment{Bought: []string{"battery"}, NotSince: 90}, "bob"},
			{Segment{NotSince: 90}, "bob li"},
			{Segment{Lead: LeadOpen}, "li"}, {Segment{Lead: LeadNone}, "anna bob"}, {Segment{Lead: LeadWon}, ""},
			{Segment{Industries: []string{"Steel"}}, "li"}, {Segment{Industries: []string{"Wood"}}, ""},
		} {
			c.Segment = x.s
			d, err := f.svc.Create(f.at(), f.maya, f.id, c)
			f.must(err)
			a, err := f.svc.Audience(f.at(), f.maya, d.ID)
			f.must(err)
			var names []string
			for _, r := range a.Sample {
				names = append(names, r.Name)
			}
			if got := strings.Join(names, " "); got != x.want || a.Get != len(names) {
				t.Errorf("%+v: %q, want %q", x.s, got, x.want)
			}
		}
		_, _ = anna, bob
		ch, err := f.svc.Choices(f.at(), f.maya, f.id)
		f.must(err)
		if fmt.Sprint(ch.Countries, ch.Industries, ch.Families, len(ch.Pages)) != "[CN GB] [Steel] [battery] 1" {
			t.Errorf("%+v", ch)
		}
	})
}

// TestOthers: the owner, a rival and a stranger see no campaign; the owner sends its own to
// its own contacts with a participant's page.
func TestOthers(t *testing.T) {
	each(t, func(f *stage) {
		f.contact(f.maya, "anna", "GB", customer.BasisForm)
		f.contact(f.ingrid, "ola", "NO", customer.BasisForm)
		mine := f.start(f.maya, content())
		for _, who := range []access.Actor{f.ingrid, f.kaarel, f.nobody} {
			_, err := f.svc.Get(f.at(), who, mine.ID)
			f.want(err, fault.NotFound, "")
			_, err = f.svc.Audience(f.at(), who, mine.ID)
			f.want(err, fault.NotFound, "")
			_, err = f.svc.Preview(f.at(), who, mine.ID, "en")
			f.want(err, fault.NotFound, "")
			_, err = f.svc.Stop(f.at(), who, mine.ID)
			f.want(err, fault.NotFound, "")
			f.want(f.svc.Try(f.at(), who, mine.ID, "en"), fault.NotFound, "")
			if list, _, err := f.svc.List(f.at(), who, f.id, "", 0); len(list) != 0 || err != nil && fault.CodeOf(err) != fault.NotFound {
				t.Fatalf("%v %+v", err, list)
			}
		}
		_, err := f.svc.Create(f.at(), f.joe, f.id, content())
		f.want(err, fault.NotFound, "")
		_, err = f.svc.Create(f.at(), f.nobody, f.id, content())
		f.want(err, fault.NotFound, "")
		_, err = f.svc.Create(f.at(), f.kaarel, f.id, content())
		f.want(err, fault.Conflict, "campaign.no_page")
		bad := content()
		bad.Texts[0].Body = "Hello {surname}"
		_, err = f.svc.Create(f.at(), f.maya, f.id, bad)
		f.want(err, fault.Invalid, "campaign.word_unknown")
		bad = content()
		bad.PageOrg = f.baltic
		_, err = f.svc.Create(f.at(), f.maya, f.id, bad)
		f.want(err, fault.Invalid, "form.choice_wrong")
		bad = content()
		bad.Texts[1].Body = "Sell at no less than list"
		_, err = f.svc.Create(f.at(), f.ingrid, f.id, bad)
		f.want(err, fault.Invalid, "promo.resale_price")
		owner := f.start(f.ingrid, content())
		f.run()
		if owner.PageOrg != f.kestrel || f.out.to() != "anna ola" {
			t.Fatalf("%+v %s", owner, f.out.to())
		}
		// what came by its code stands with it
		p, err := f.pages.Own(f.at(), f.maya, f.id)
		f.must(err)
		pub, err := f.pages.Public(f.at(), "kestrel", p.Token, mine.Ref)
		f.must(err)
		f.must(f.pages.Seen(f.at(), pub))
		got, err := f.svc.Get(f.at(), f.maya, mine.ID)
		f.must(err)
		if got.Funnel.Views != 1 {
			t.Fatalf("%+v", got.Funnel)
		}
		w, err := f.svc.Preview(f.at(), f.maya, mine.ID, "en")
		f.must(err)
		if w.Text != "Maya at " { // nobody would get it again
			t.Fatalf("%+v", w)
		}
		f.must(f.svc.Try(f.at(), f.maya, mine.ID, "zh-CN"))
		if last := f.out.mails[len(f.out.mails)-1]; !strings.HasPrefix(last, "writer@kestrel.example zh-CN") {
			t.Fatal(last)
		}
	})
}

// TestStill: a mail that waits in the outbox is not sent to who said no meanwhile, by a link
// or at the contact, nor to an address that is not the contact's any more.
func TestStill(t *testing.T) {
	each(t, func(f *stage) {
		of := map[string]customer.Contact{}
		for _, name := range []string{"anna", "bob", "carl", "dora"} {
			of[name] = f.contact(f.maya, name, "GB", customer.BasisForm)
		}
		d := f.start(f.maya, content())
		f.run()
		if f.out.to() != "anna bob carl dora" {
			t.Fatal(f.out.mails)
		}
		f.must(f.svc.Unsubscribe(f.at(), f.kestrel, string(d.ID), string(of["anna"].ID)))
		k := of["bob"]
		_, err := f.customers.SaveContact(f.at(), f.maya, k.Customer, k.ID, k.Version, k.ContactDraft, customer.Consent{})
		f.must(err)
		k = of["carl"]
		_, err = f.customers.SaveContact(f.at(), f.maya, k.Customer, k.ID, k.Version, customer.ContactDraft{Name: "carl", Mail: "other@x.example"}, k.Consent)
		f.must(err)
		for name, want := range map[string]bool{"anna": false, "bob": false, "carl": false, "dora": true} {
			for range 2 {
				if got, err := f.svc.Still(f.at(), f.kestrel, string(d.ID), string(of[name].ID)); err != nil || got != want {
					t.Errorf("%s may be sent: %v %v", name, got, err)
				}
			}
		}
		if got, err := f.svc.Still(f.at(), f.baltic, string(d.ID), string(of["dora"].ID)); err != nil || got {
			t.Error("a mail of another company", got, err)
		}
		f.must(f.svc.Ended(f.at(), f.kestrel, string(d.ID), string(of["anna"].ID), false, "unwanted", false))
		got, err := f.svc.Get(f.at(), f.maya, d.ID)
		f.must(err)
		if got.Tally.Posted != 1 || got.Tally.Refused != 0 || got.Tally.Left[Unsubscribed] != 1 || got.Tally.Left[NoConsent] != 1 || got.Tally.Left[NoAddress] != 1 {
			t.Errorf("%+v", got.Tally)
		}
	})
}

// TestRefused: an address that does not exist is left out until its contact agrees anew.
func TestRefused(t *testing.T) {
	each(t, func(f *stage) {
		k := f.contact(f.maya, "anna", "GB", customer.BasisForm)
		d := f.start(f.maya, content())
		f.run()
		f.must(f.svc.Ended(f.at(), f.kestrel, string(d.ID), string(k.ID), false, "smtp 550", true))
		none := content()
		none.Pause = 0
		d, err := f.svc.Create(f.at(), f.maya, f.id, none)
		f.must(err)
		if a, err := f.svc.Audience(f.at(), f.maya, d.ID); err != nil || a.Get != 0 || a.Left[Refused] != 1 {
			t.Errorf("%v %+v", err, a)
		}
		k, err = f.customers.SaveContact(f.at(), f.maya, k.Customer, k.ID, k.Version, k.ContactDraft, customer.Consent{})
		f.must(err)
		_, err = f.customers.SaveContact(f.at(), f.maya, k.Customer, k.ID, k.Version, k.ContactDraft, customer.Consent{Contact: true, Basis: customer.BasisForm})
		f.must(err)
		if a, err := f.svc.Audience(f.at(), f.maya, d.ID); err != nil || a.Get != 1 {
			t.Errorf("%v %+v", err, a)
		}
	})
}

// TestReturned: a mail that comes back is refused, however often that is told, and its
// address gets no more where there is no such mailbox; who said no stays one who said no.
func TestReturned(t *testing.T) {
	each(t, func(f *stage) {
		k := f.contact(f.maya, "anna", "GB", customer.BasisForm)
		l := f.contact(f.maya, "lena", "GB", customer.BasisForm)
		d := f.start(f.maya, content())
		f.run()
		for _, x := range []customer.Contact{k, l} {
			f.must(f.svc.Ended(f.at(), f.kestrel, string(d.ID), string(x.ID), true, "", false))
		}
		if got, err := f.svc.Undelivered(f.at(), f.maya, []string{k.Mail, l.Mail, ""}); err != nil || len(got) != 0 {
			t.Errorf("%v %v", got, err)
		}
		for range 2 {
			f.must(f.svc.Returned(f.at(), f.kestrel, string(d.ID), string(k.ID), "bounce 5.1.1", true))
		}
		f.must(f.svc.Returned(f.at(), f.kestrel, string(d.ID), string(l.ID), "bounce 5.7.1", false))
		f.must(f.svc.Returned(f.at(), f.kestrel, string(d.ID), "nobody", "bounce 5.1.1", true))
		f.must(f.svc.Ended(f.at(), f.kestrel, string(d.ID), string(k.ID), true, "", false)) // told late
		got, err := f.svc.Undelivered(f.at(), f.maya, []string{k.Mail, l.Mail, ""})
		if err != nil || len(got) != 1 || got[k.Mail].IsZero() {
			t.Errorf("%v %v", got, err)
		}
		if x, err := f.svc.Get(f.at(), f.maya, d.ID); err != nil || x.Tally.Refused != 2 || x.Tally.Sent != 0 {
			t.Errorf("%+v %v", x, err)
		}
		again := content()
		again.Pause = 0
		d, err = f.svc.Create(f.at(), f.maya, f.id, again)
		f.must(err)
		if a, err := f.svc.Audience(f.at(), f.maya, d.ID); err != nil || a.Get != 1 || a.Left[Refused] != 1 {
			t.Errorf("%v %+v", err, a)
		}
		if got, err := f.svc.Undelivered(f.at(), f.ingrid, []string{k.Mail}); err != nil || len(got) != 0 {
			t.Errorf("another company: %v %v", got, err)
		}
	})
}

// TestOneFailsAlone: campaigns whose slices fail keep those of other companies from nothing,
// however many they are.
func TestOneFailsAlone(t *testing.T) {
	each(t, func(f *stage) {
		_, err := f.pages.Save(f.at(), f.kaarel, f.id, landing.Page{Live: true, Texts: []landing.Text{{Language: "en", Title: "Warm", Consent: "We may call you."}}}, false)
		f.must(err)
		f.contact(f.kaarel, "rita", "EE", customer.BasisForm)
		for range 20 {
			f.start(f.kaarel, content())
		}
		f.contact(f.maya, "anna", "GB", customer.BasisForm)
		f.start(f.maya, content())
		f.out.bad = f.baltic
		if err := f.svc.Tick(f.at()); !errors.Is(err, errDied) {
			t.Error(err)
		}
		if f.out.to() != "anna" {
			t.Errorf("%v was sent", f.out.mails)
		}
		f.out.bad = ""
		f.must(f.svc.Tick(f.at()))
		if f.out.to() != "anna rita" {
			t.Errorf("%v was sent in the end", f.out.mails)
		}
	})
}

// TestCodes: the codes of the owner's mails take no place from those that the company of a
// page makes for it, it makes none that look like one, and takes none of them away.
func TestCodes(t *testing.T) {
	each(t, func(f *stage) {
		for i := range 60 {
			f.must(f.pages.Refer(f.at(), f.ingrid, f.id, f.kestrel, fmt.Sprintf("%sMAIL%d", landing.MailCode, i), "words of the owner"))
		}
		_, err := f.pages.AddCode(f.at(), f.maya, f.id, "EXPO", "Fair")
		f.must(err)
		_, err = f.pages.AddCode(f.at(), f.maya, f.id, "m-expo", "")
		f.want(err, fault.Invalid, "form.invalid")
		f.want(f.pages.DropCode(f.at(), f.maya, f.id, "m-mail7"), fault.Conflict, "landing.code_stays")
		if own, err := f.pages.Own(f.at(), f.maya, f.id); err != nil || len(own.Codes) != 61 || strings.Contains(fmt.Sprint(own.Codes), "words") {
			t.Error(own.Codes, err)
		}
	})
}

// TestSegmentReadsItsContacts: who bought is asked of the contacts that are looked at; what
// thousands of others bought is not read for each page of them.
func TestSegmentReadsItsContacts(t *testing.T) {
	each(t, func(f *stage) {
		f.contact(f.maya, "anna", "GB", customer.BasisForm)
		f.must(f.db.InTx(context.Background(), func(ctx context.Context) error {
			var product string
			if err := db.Tx(ctx).Raw("SELECT id FROM product").Scan(&product).Error; err != nil {
				return err
			}
			if err := db.Tx(ctx).Exec("INSERT INTO sell_report (id, supplier_id, reseller_id, partnership_id, number, purpose, made, period_from, period_to, state, replaced_by, source, source_key, interchange_id, set_no, currency, digest, lines, doubts, received, received_by) VALUES ('r', ?, ?, ?, 'r', '', '', '', '', 'current', '', '', 'r', '', 0, 'GBP', '', 1, 0, 1, '')",
				f.aurelia, f.kestrel, "p"+f.kestrel[1:]).Error; err != nil {
				return err
			}
			for i := range 500 {
				code, name := fmt.Sprint("C-", i), ""
				switch {
				case i == 0:
					code = "C-anna"
				case i%2 == 0:
					code, name = "", fmt.Sprint("Shop ", i)
				}
				if err := db.Tx(ctx).Exec("INSERT INTO sell_line (report_id, position, product_id, sku, buyer_item, gtin, description, kind, movement, quantity, unit, pieces, doubts, price, currency, sold_from, sold_to, customer_name, customer_city, customer_postcode, customer_country, customer_list, customer_code, place, promotion, deal, reference) VALUES ('r', ?, ?, 'AUR-B50', '', '', '', 'sale', '', 1, 'EA', 1, '', 0, '', '2026-11-30', '', ?, '', '', '', '', ?, '', '', '', '')",
					i+1, product, name, code).Error; err != nil {
					return err
				}
			}
			return nil
		}))
		c := content()
		c.Segment = Segment{Bought: []string{"battery"}}
		d, err := f.svc.Create(f.at(), f.maya, f.id, c)
		f.must(err)
		before := f.db.Counts().Rows
		a, err := f.svc.Audience(f.at(), f.maya, d.ID)
		f.must(err)
		if n := f.db.Counts().Rows - before; a.Get != 1 || n > 100 {
			t.Errorf("%d rows were read for %d contact", n, a.Get)
		}
	})
}
