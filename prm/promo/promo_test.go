package promo

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
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/partner"
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
		out = append(out, strings.TrimPrefix(e.Kind, "promo."))
	}
	r.events = nil
	return strings.Join(out, " ")
}

// fair is a manufacturer with two distributors that do not know of each other, and a
// third company that pays a share.
type fair struct {
	t                                 testing.TB
	db                                *db.DB
	svc                               *Service
	cat                               *catalog.Service
	events                            *recorder
	aurelia, kestrel, baltic, bank    string
	toKestrel, toBaltic               string
	ingrid, maya, joe, kaarel, banker access.Actor
	now                               time.Time
}

func setup(t testing.TB, d *db.DB) *fair {
	t.Helper()
	f := &fair{t: t, db: d, events: &recorder{}, aurelia: db.NewID(), kestrel: db.NewID(), baltic: db.NewID(), bank: db.NewID(), toKestrel: db.NewID(), toBaltic: db.NewID(), now: time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)}
	f.cat = catalog.New(d, nil)
	f.svc = New(d, f.events, partner.NewService(d, f.events, account.Directory{}), f.cat)
	act := func(org string, r access.Role) access.Actor {
		return access.Actor{Person: db.NewID(), Org: org, Roles: []access.Role{r}, Via: "session:x"}
	}
	f.ingrid, f.maya, f.joe, f.kaarel, f.banker = act(f.aurelia, access.Manager), act(f.kestrel, access.Sales), act(f.kestrel, access.Buyer), act(f.baltic, access.Admin), act(f.bank, access.Manager)
	f.must(d.InTx(context.Background(), func(ctx context.Context) error {
		for i, id := range []string{f.aurelia, f.kestrel, f.baltic, f.bank} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', 'GB', 'GBP', 'Europe/London', 'en', 'active', 1)", id, fmt.Sprint("o", i), fmt.Sprint("Company ", i)).Error; err != nil {
				return err
			}
		}
		for _, p := range [][3]string{{f.toKestrel, f.kestrel, "GBP"}, {f.toBaltic, f.baltic, "EUR"}, {db.NewID(), f.bank, "GBP"}} {
			if err := db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', ?, 0, 0, 1, 1, '')", p[0], f.aurelia, p[1], p[2]).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	boss := access.Actor{Person: db.NewID(), Org: f.aurelia, Roles: []access.Role{access.Admin}, Via: "session:x"}
	prices := map[string][]catalog.ListPrice{}
	var ps []catalog.Product
	for i, x := range [][3]string{{"AUR-D18B", "cordless", "84"}, {"AUR-G125", "power", "46.5"}, {"AUR-B50", "battery", "31.2"}, {"AUR-HT20", "heating", "120"}} {
		ps = append(ps, catalog.Product{SKU: x[0], NameEN: "Tool " + x[0], NameZH: "工具", Family: x[1], Unit: "EA", GTIN: catalog.CheckDigit(fmt.Sprintf("073912345%02d00", i+10)), Packs: []catalog.Pack{{Level: catalog.Case, Unit: "CA", Quantity: money.Whole(10)}}})
		m, err := money.ParseMicro(x[2])
		f.must(err)
		prices[x[0]] = []catalog.ListPrice{{Currency: "GBP", From: "2026-01-01", Price: m}, {Currency: "EUR", From: "2026-01-01", Price: m * 12 / 10}}
	}
	f.must(f.cat.Put(f.at(), boss, ps...))
	f.must(f.cat.SetPrices(f.at(), boss, prices))
	return f
}

func (f *fair) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fair) want(err error, code fault.Code, key string) {
	f.t.Helper()
	x := fault.As(err)
	if err == nil || x.Code != code {
		f.t.Fatalf("got %v, want %s %s", err, code, key)
	}
	if key != "" && x.Key != key && !slices.ContainsFunc(x.Fields, func(y fault.Field) bool { return y.Key == key }) {
		f.t.Fatalf("got %v %+v, want %s", err, x.Fields, key)
	}
}

func (f *fair) at() context.Context {
	f.now = f.now.Add(time.Minute)
	return db.WithNow(context.Background(), f.now)
}

// terms are 5 % off cordless tools and one battery for orders of December.
func (f *fair) terms() Terms {
	return Terms{Title: "Winter Site Warm-up", Families: []string{"cordless"}, SKUs: []string{"AUR-B50"}, Kind: Percent, Percent: money.One / 20, Settle: OffInvoice, By: ByOrder, From: "2026-12-01", Until: "2026-12-31", ShipBy: "2027-01-15", BackDays: 20, Zone: "Europe/London",
		Quoted: true, Currency: "GBP", Share: 12_000_00, Parts: []Part{
			{Org: f.kestrel, Currency: "GBP", Share: 3_000_00, Target: money.Whole(420), Limit: money.Whole(500)},
			{Org: f.baltic, Currency: "EUR", Rate: 1_150_000, Share: 2_760_00, Target: money.Whole(260)},
		}}
}

// sent is a promotion whose texts wait for both distributors.
func (f *fair) sent(t Terms) Detail {
	f.t.Helper()
	d, err := f.svc.Create(f.at(), f.ingrid, t)
	f.must(err)
	d, err = f.svc.Propose(f.at(), f.ingrid, d.ID, d.Version, "as discussed")
	f.must(err)
	return d
}

func (f *fair) join(who access.Actor, id ID) Joined {
	f.t.Helper()
	j, err := f.svc.Join(f.at(), who, id)
	f.must(err)
	return j
}

func (f *fair) agree(id ID, who ...access.Actor) {
	f.t.Helper()
	for _, a := range who {
		_, err := f.svc.Approve(f.at(), a, id, f.join(a, id).Hash)
		f.must(err)
	}
}

func (f *fair) get(id ID) Detail {
	f.t.Helper()
	d, err := f.svc.Get(f.at(), f.ingrid, id)
	f.must(err)
	return d
}

func each(t *testing.T, fn func(f *fair)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(setup(t, d)) })
}

func TestFromDraftToRunning(t *testing.T) {
	each(t, func(f *fair) {
		d, err := f.svc.Create(f.at(), f.ingrid, f.terms())
		f.must(err)
		if d.State != Draft || !strings.HasPrefix(d.Number, "PR-2026-") || d.Budget.String() != "17400.00" {
			f.t.Fatalf("%+v", d.Head)
		}
		_, err = f.svc.Join(f.at(), f.maya, d.ID)
		f.want(err, fault.NotFound, "") // nobody sees a draft
		_, err = f.svc.Propose(f.at(), f.ingrid, d.ID, d.Version+1, "")
		f.want(err, fault.Conflict, "promo.changed")
		d, err = f.svc.Propose(f.at(), f.ingrid, d.ID, d.Version, "as discussed")
		f.must(err)
		if got := f.events.take(); got != "Proposed Proposed" || d.State != Proposed || d.Open == nil || d.Draft != nil {
			f.t.Fatalf("%s %+v", got, d)
		}
		_, err = f.svc.Get(f.at(), f.maya, d.ID)
		f.want(err, fault.NotFound, "")
		j := f.join(f.maya, d.ID)
		if len(j.Text.Parts) != 1 || j.Text.Parts[0].Org != f.kestrel || j.Text.Share != 0 || j.Budget.String() != "3000.00" || !j.Waiting {
			f.t.Fatalf("%+v", j)
		}
		if all := fmt.Sprintf("%+v", j); strings.Contains(all, f.baltic) || strings.Contains(all, "276000") {
			f.t.Fatalf("Kestrel reads of Baltic: %s", all)
		}
		_, err = f.svc.Approve(f.at(), f.joe, d.ID, j.Hash)
		f.want(err, fault.Forbidden, "")
		_, err = f.svc.Approve(f.at(), f.maya, d.ID, d.Open.Hash)
		f.want(err, fault.Conflict, "promo.other_text")
		f.agree(d.ID, f.maya, f.maya)
		if got := f.events.take(); got != "Approved" {
			f.t.Fatal(got)
		}
		f.agree(d.ID, f.kaarel)
		if got := f.events.take(); got != "Approved Agreed Agreed" {
			f.t.Fatal(got)
		}
		d = f.get(d.ID)
		if d.State != Agreed || d.InForce == nil || d.Open != nil {
			f.t.Fatalf("%+v", d)
		}
		f.must(f.svc.Tick(f.at()))
		if f.get(d.ID).State != Agreed {
			f.t.Fatal("it began before its day")
		}
		f.now = time.Date(2026, 12, 3, 7, 0, 0, 0, time.UTC) // late, and twice
		f.must(f.svc.Tick(f.at()))
		f.must(f.svc.Tick(f.at()))
		if got := f.events.take(); got != "Started Started" || f.get(d.ID).State != Running {
			f.t.Fatal(got)
		}
		f.now = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		f.must(f.svc.Tick(f.at()))
		if got := f.events.take(); got != "Ended Ended" || f.get(d.ID).State != Ended {
			f.t.Fatal(got)
		}
		_, err = f.svc.Cancel(f.at(), f.ingrid, d.ID, f.get(d.ID).Version, "too late")
		f.want(err, fault.Conflict, "promo.over")
	})
}

func TestCounterProposal(t *testing.T) {
	each(t, func(f *fair) {
		d := f.sent(f.terms())
		f.agree(d.ID, f.kaarel)
		f.events.take()
		j := f.join(f.maya, d.ID)
		asks := j.Text
		asks.Parts = slices.Clone(asks.Parts)
		asks.Parts[0].Share, asks.Parts[0].Limit = 2_000_00, money.Whole(600)
		_, err := f.svc.Counter(f.at(), f.maya, d.ID, "stale", asks, "")
		f.want(err, fault.Conflict, "promo.other_text")
		_, err = f.svc.Counter(f.at(), f.maya, d.ID, j.Hash, j.Text, "")
		f.want(err, fault.Invalid, "promo.unchanged")
		bad := asks
		bad.Summary = "Sell at no less than 79 pounds"
		_, err = f.svc.Counter(f.at(), f.maya, d.ID, j.Hash, bad, "")
		f.want(err, fault.Invalid, "promo.resale_price")
		asks.Parts = append(asks.Parts, Part{Org: f.baltic, Role: Participant, Currency: "EUR", Rate: money.One}) // not its business
		j, err = f.svc.Counter(f.at(), f.maya, d.ID, j.Hash, asks, "more units, less money")
		f.must(err)
		if j.Counter == nil || f.events.take() != "Countered" {
			f.t.Fatal("no counter-proposal")
		}
		if b := f.join(f.kaarel, d.ID); b.Counter != nil || b.Number != 1 || slices.ContainsFunc(b.Log, func(e Entry) bool { return e.Kind == "countered" }) {
			f.t.Fatalf("Baltic learns of it: %+v", b)
		}
		d = f.get(d.ID)
		if len(d.Counters) != 1 || !d.Waiting {
			f.t.Fatalf("%+v", d)
		}
		diff := Diff(d.Open.Terms.visible(f.kestrel), d.Counters[0].Terms)
		if len(diff) != 2 || diff[0].Field != "pledge" || diff[0].Was != "300000" || diff[0].Now != "200000" || diff[1].Field != "limit" || diff[1].Now != "600" {
			f.t.Fatalf("%+v", diff)
		}
		_, err = f.svc.AnswerCounter(f.at(), f.maya, d.ID, d.Counters[0].ID, true, "")
		f.want(err, fault.Forbidden, "")
		d, err = f.svc.AnswerCounter(f.at(), f.ingrid, d.ID, d.Counters[0].ID, true, "fine")
		f.must(err)
		// Kestrel wrote the text, Baltic's own is the same as before: all have approved.
		if got := f.events.take(); got != "CounterAnswered Agreed Agreed" || d.State != Agreed {
			f.t.Fatal(got, d.State)
		}
		p, _ := d.InForce.Terms.Part(f.kestrel)
		if p.Share != 2_000_00 || d.InForce.Number != 2 || f.join(f.kaarel, d.ID).Number != 1 || f.join(f.maya, d.ID).Number != 2 {
			f.t.Fatalf("%+v", p)
		}
	})
}

func TestAgreedTermsNeverChangeSilently(t *testing.T) {
	each(t, func(f *fair) {
		d := f.sent(f.terms())
		f.agree(d.ID, f.maya, f.kaarel)
		next := d.Open.Terms
		next.Percent = money.One / 10
		d, err := f.svc.SaveDraft(f.at(), f.ingrid, d.ID, f.get(d.ID).Version, next)
		f.must(err)
		d, err = f.svc.Propose(f.at(), f.ingrid, d.ID, d.Version, "more")
		f.must(err)
		if d.State != Agreed || d.InForce.Terms.Percent != money.One/20 {
			f.t.Fatalf("%+v", d.InForce)
		}
		old := d.InForce.Hash
		f.agree(d.ID, f.maya)
		_, err = f.svc.Approve(f.at(), f.kaarel, d.ID, old)
		f.want(err, fault.Conflict, "promo.other_text")
		// Baltic refuses: what was agreed holds on for both.
		_, err = f.svc.Decline(f.at(), f.kaarel, d.ID, "not enough stock")
		f.must(err)
		d = f.get(d.ID)
		if d.Open != nil || d.InForce.Terms.Percent != money.One/20 || f.join(f.maya, d.ID).Text.Percent != money.One/20 || f.join(f.kaarel, d.ID).Seat.State != Approved {
			f.t.Fatalf("%+v", d)
		}
		f.now = time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC)
		f.must(f.svc.Tick(f.at()))
		if f.get(d.ID).State != Running {
			f.t.Fatal(f.get(d.ID).State)
		}
	})
}

func TestDeclineAndGoOnWithout(t *testing.T) {
	each(t, func(f *fair) {
		d := f.sent(f.terms())
		f.agree(d.ID, f.maya)
		_, err := f.svc.Decline(f.at(), f.kaarel, d.ID, "no stock")
		f.must(err)
		_, err = f.svc.Approve(f.at(), f.kaarel, d.ID, d.Seats[0].Hash)
		f.want(err, fault.Conflict, "promo.answered")
		if f.get(d.ID).State != Proposed {
			f.t.Fatal("agreed without Baltic's word")
		}
		some := func(who access.Actor) map[string]Head {
			ids := []string{string(d.ID), "none"}
			for _, s := range f.get(d.ID).Seats {
				ids = append(ids, s.ID)
			}
			got, err := f.svc.Some(f.at(), who, ids...)
			f.must(err)
			return got
		}
		mine := f.join(f.maya, d.ID).Seat.ID // of two in it, each finds it by its own seat and learns of no other
		if got := some(f.maya); len(got) != 2 || got[mine].ID != d.ID || got[string(d.ID)].Seat.ID != mine || len(got[mine].Partners) != 0 {
			f.t.Fatalf("who takes part: %+v", got)
		}
		if got := some(f.ingrid); len(got) != 1+len(f.get(d.ID).Seats) || len(got[mine].Partners) != len(f.get(d.ID).Seats) {
			f.t.Fatalf("the owner: %+v", got)
		}
		next := d.Open.Terms
		next.Parts = slices.DeleteFunc(slices.Clone(next.Parts), func(p Part) bool { return p.Org == f.baltic })
		d, err = f.svc.SaveDraft(f.at(), f.ingrid, d.ID, f.get(d.ID).Version, next)
		f.must(err)
		f.events.take()
		d, err = f.svc.Propose(f.at(), f.ingrid, d.ID, d.Version, "")
		f.must(err)
		if got := f.events.take(); got != "Agreed" || d.State != Agreed { // Kestrel's text is the one it approved
			f.t.Fatal(got, d.State)
		}
		page, err := f.svc.List(f.at(), f.kaarel, Filter{})
		f.must(err)
		if got := some(f.kaarel); len(got) != 0 {
			f.t.Fatalf("who is in it no more: %+v", got)
		}
		if b := f.join(f.kaarel, d.ID); len(page.Items) != 0 || b.InForce != nil || b.Seat.State != Declined && b.Seat.State != Dropped {
			f.t.Fatalf("%+v", b)
		}
	})
}

func TestNeverAgreedIsCancelled(t *testing.T) {
	each(t, func(f *fair) {
		d := f.sent(f.terms())
		f.now = time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)
		f.must(f.svc.Tick(f.at()))
		if d = f.get(d.ID); d.State != Cancelled || d.Reason != ReasonNotAgreed {
			f.t.Fatalf("%+v", d.Head)
		}
		_, err := f.svc.Approve(f.at(), f.maya, d.ID, f.join(f.maya, d.ID).Hash)
		f.want(err, fault.Conflict, "promo.over")
	})
}

func TestNamesOnlyWhereAgreed(t *testing.T) {
	each(t, func(f *fair) {
		terms := f.terms()
		terms.Named = true
		d := f.sent(terms)
		if got := f.join(f.maya, d.ID).Named; len(got) != 0 {
			f.t.Fatal("named before all agreed to it")
		}
		f.agree(d.ID, f.maya, f.kaarel)
		if got := f.join(f.maya, d.ID).Named; len(got) != 1 || got[0] != f.baltic {
			f.t.Fatal(got)
		}
	})
}

func TestASponsorSeesItsShare(t *testing.T) {
	each(t, func(f *fair) {
		terms := f.terms()
		terms.Parts = append(terms.Parts, Part{Org: f.bank, Role: Sponsor, Currency: "GBP", Share: 5_000_00, Target: money.Whole(1)})
		d := f.sent(terms)
		j := f.join(f.banker, d.ID)
		if all := fmt.Sprintf("%+v", j); strings.Contains(all, f.baltic) || strings.Contains(all, f.kestrel) || j.Text.Parts[0].Target != 0 {
			f.t.Fatal(all)
		}
		asks := j.Text
		asks.Parts = []Part{{Org: f.bank, Share: 4_000_00}}
		_, err := f.svc.Counter(f.at(), f.banker, d.ID, j.Hash, asks, "")
		f.must(err)
		f.agree(d.ID, f.maya, f.kaarel)
		d, err = f.svc.AnswerCounter(f.at(), f.ingrid, d.ID, f.get(d.ID).Counters[0].ID, true, "")
		f.must(err)
		if d.State != Agreed || d.Budget.String() != "21400.00" {
			f.t.Fatal(d.State, d.Budget)
		}
	})
}

func TestRefusedTerms(t *testing.T) {
	each(t, func(f *fair) {
		for name, c := range map[string]struct {
			change func(t *Terms)
			key    string
		}{
			"minimum price": {func(t *Terms) { t.Summary = "Minimum resale price 79.00" }, "promo.resale_price"},
			"chinese":       {func(t *Terms) { t.Audience = "零售价不得低于 199 元" }, "promo.resale_price"},
			"map":           {func(t *Terms) { t.Proof = []string{"Shop respects the RRP"} }, "promo.resale_price"},
			"control":       {func(t *Terms) { t.Title = "Autumn\x07 sale" }, "form.text_wrong"},
			"turned around": {func(t *Terms) { t.Audience = "shops \u202Eelas" }, "form.text_wrong"},
			"unknown sku":   {func(t *Terms) { t.SKUs = []string{"NO-SUCH"} }, "promo.sku_unknown"},
			"nothing":       {func(t *Terms) { t.SKUs, t.Families = nil, nil }, "promo.no_products"},
			"all off":       {func(t *Terms) { t.Percent = money.One }, "promo.percent_wrong"},
			"ends before":   {func(t *Terms) { t.Until = "2026-11-30" }, "promo.ends_before"},
			"no such day":   {func(t *Terms) { t.From = "2026-11-31" }, "form.date"},
			"zone":          {func(t *Terms) { t.Zone = "Mars/Base" }, "promo.zone_wrong"},
			"a stranger":    {func(t *Terms) { t.Parts[0].Org = db.NewID() }, "promo.partner_unknown"},
			"twice":         {func(t *Terms) { t.Parts = append(t.Parts, t.Parts[0]) }, "promo.partner_twice"},
			"nobody":        {func(t *Terms) { t.Parts = nil }, "promo.no_partner"},
			"tiers fall":    {func(t *Terms) { t.Kind, t.Tiers = Tiers, []Tier{{10 * money.One, 50_000}, {20 * money.One, 40_000}} }, "promo.tiers_wrong"},
			"free of what":  {func(t *Terms) { t.Kind, t.Buy, t.Free = Free, money.Whole(2), money.Whole(1) }, "form.missing"},
			"rate":          {func(t *Terms) { t.Parts[1].Rate = 0 }, "promo.rate_wrong"},
			"ship before":   {func(t *Terms) { t.ShipBy = "2026-11-01" }, "promo.ship_by_wrong"},
		} {
			x := f.terms()
			c.change(&x)
			_, err := f.svc.Create(f.at(), f.ingrid, x)
			if err == nil {
				f.t.Errorf("%s: taken", name)
				continue
			}
			f.want(err, fault.Invalid, c.key)
		}
		for _, fine := range []string{"Map of the route, sharp price", "Grinder road show", "冬季工地促销，九五折"} {
			if w := resale(fine); w != "" {
				f.t.Errorf("%q is refused for %q", fine, w)
			}
		}
		page, err := f.svc.List(f.at(), f.ingrid, Filter{})
		f.must(err)
		if len(page.Items) != 0 {
			f.t.Fatal("a refused promotion was kept")
		}
		tiers := f.terms()
		tiers.Kind, tiers.Tiers = Tiers, []Tier{{money.Whole(10), 50_000}, {money.Whole(50), 80_000}}
		if w := tiers.Warnings(); !slices.Contains(w, "promo.warn.graduated") {
			f.t.Fatal(w)
		}
	})
}

func TestTasksStayBetweenTheTwo(t *testing.T) {
	each(t, func(f *fair) {
		d := f.sent(f.terms())
		mine, err := f.svc.AddTask(f.at(), f.ingrid, d.ID, f.kestrel, "Counter display", "2026-11-28")
		f.must(err)
		_, err = f.svc.AddTask(f.at(), f.maya, d.ID, f.baltic, "spy", "")
		f.want(err, fault.Invalid, "promo.partner_unknown")
		_, err = f.svc.AddTask(f.at(), f.maya, d.ID, "", "Train the shop", "")
		f.must(err)
		_, err = f.svc.DoTask(f.at(), f.kaarel, mine.ID, true)
		f.want(err, fault.NotFound, "")
		_, err = f.svc.DoTask(f.at(), f.maya, mine.ID, true)
		f.must(err)
		if n := len(f.join(f.kaarel, d.ID).Tasks); n != 0 {
			f.t.Fatal(n)
		}
		if got := f.join(f.maya, d.ID); len(got.Tasks) != 2 || got.Head.Tasks != 1 || len(f.get(d.ID).Tasks) != 2 {
			f.t.Fatalf("%+v", got.Tasks)
		}
	})
}

func TestListPagesAndFilters(t *testing.T) {
	each(t, func(f *fair) {
		for i := range 7 {
			x := f.terms()
			x.Title = fmt.Sprint("Promotion ", i)
			if i%2 == 1 {
				x.Parts = x.Parts[:1]
			}
			d := f.sent(x)
			if i == 3 {
				f.agree(d.ID, f.maya)
			}
		}
		seen := map[ID]bool{}
		for after := ""; ; {
			p, err := f.svc.List(f.at(), f.maya, Filter{Limit: 3, After: after})
			f.must(err)
			for _, x := range p.Items {
				if seen[x.ID] {
					f.t.Fatal("twice")
				}
				seen[x.ID] = true
			}
			if after = p.Next; after == "" {
				break
			}
		}
		if len(seen) != 7 {
			f.t.Fatal(len(seen))
		}
		for name, c := range map[string]struct {
			who  access.Actor
			f    Filter
			want int
		}{
			"Baltic's":  {f.kaarel, Filter{}, 4},
			"waiting":   {f.maya, Filter{Waiting: true}, 6},
			"by state":  {f.ingrid, Filter{States: []State{Agreed}}, 1},
			"by words":  {f.ingrid, Filter{Query: "promotion 3"}, 1},
			"a rival":   {f.maya, Filter{Partner: f.baltic}, 0},
			"a partner": {f.ingrid, Filter{Partner: f.baltic}, 4},
			"window":    {f.ingrid, Filter{From: "2027-01-01"}, 0},
		} {
			p, err := f.svc.List(f.at(), c.who, c.f)
			f.must(err)
			if len(p.Items) != c.want {
				f.t.Errorf("%s: %d, want %d", name, len(p.Items), c.want)
			}
		}
		n, err := f.svc.Counts(f.at(), f.kaarel)
		f.must(err)
		if n[Proposed] != 4 || n[Agreed] != 0 {
			f.t.Fatal(n)
		}
	})
}

// Two people approve at once, and a proposal races an approval: one text wins, and no
// approval stands for words nobody read.
func TestApprovalsAtOnce(t *testing.T) {
	each(t, func(f *fair) {
		d := f.sent(f.terms())
		hash := f.join(f.maya, d.ID).Hash
		next := d.Open.Terms
		next.Percent = money.One / 10
		d, err := f.svc.SaveDraft(f.at(), f.ingrid, d.ID, d.Version, next)
		f.must(err)
		ctx := f.at()
		var wg sync.WaitGroup
		errs := make([]error, 3)
		for i, do := range []func() error{
			func() error { _, err := f.svc.Approve(ctx, f.maya, d.ID, hash); return err },
			func() error { _, err := f.svc.Approve(ctx, f.maya, d.ID, hash); return err },
			func() error { _, err := f.svc.Propose(ctx, f.ingrid, d.ID, d.Version, ""); return err },
		} {
			wg.Go(func() { errs[i] = do() })
		}
		wg.Wait()
		for _, err := range errs {
			if err != nil && fault.CodeOf(err) != fault.Conflict {
				f.t.Fatal(err)
			}
		}
		j := f.join(f.maya, d.ID)
		switch {
		case errs[2] == nil && (j.Seat.State != Asked || j.Text.Percent != money.One/10):
			f.t.Fatalf("an approval of the old text stands for the new one: %+v", j)
		case errs[2] != nil && (j.Seat.State != Approved || j.Hash != hash):
			f.t.Fatalf("%+v", j)
		}
	})
}

// TestTemplates: terms are kept without dates under a name, another promotion begins from
// them, and nobody else sees them.
func TestTemplates(t *testing.T) {
	each(t, func(f *fair) {
		dbtest.CheckModels(t, f.db, templateRow{})
		d := f.sent(f.terms())
		kept, err := f.svc.SaveTemplate(f.at(), f.ingrid, d.ID, " Winter ", false)
		f.must(err)
		if x := kept.Terms; kept.Name != "Winter" || x.From+x.Until+x.ShipBy+x.ClaimBy != "" || len(x.Parts) != 2 || x.Percent != money.One/20 || x.BackDays != 20 {
			t.Fatalf("%+v", kept)
		}
		_, err = f.svc.SaveTemplate(f.at(), f.ingrid, d.ID, "Winter", false)
		f.want(err, fault.Conflict, "promo.template_taken")
		for _, name := range []string{"", "a\x00b", strings.Repeat("x", 81)} {
			_, err = f.svc.SaveTemplate(f.at(), f.ingrid, d.ID, name, true)
			f.want(err, fault.Invalid, "")
		}
		terms := f.terms() // what is being written is what is kept
		terms.Percent = money.One / 10
		if d, err = f.svc.SaveDraft(f.at(), f.ingrid, d.ID, d.Version, terms); err != nil {
			t.Fatal(err)
		}
		again, err := f.svc.SaveTemplate(f.at(), f.ingrid, d.ID, "Winter", true)
		f.must(err)
		list, err := f.svc.Templates(f.at(), f.ingrid)
		if err != nil || len(list) != 1 || list[0].ID != kept.ID || again.ID != kept.ID || list[0].Terms.Percent != money.One/10 {
			t.Fatalf("%+v %v", list, err)
		}
		got, err := f.svc.Template(f.at(), f.ingrid, kept.ID)
		f.must(err)
		next := got.Terms
		next.From, next.Until = "2027-12-01", "2027-12-31"
		if d, err := f.svc.Create(f.at(), f.ingrid, next); err != nil || d.State != Draft || d.Draft.Percent != money.One/10 {
			t.Fatalf("%+v %v", d, err)
		}
		for name, err := range map[string]error{
			"a participant keeps it": second(f.svc.SaveTemplate(f.at(), f.kaarel, d.ID, "x", false)),
			"a rival reads it":       second(f.svc.Template(f.at(), f.kaarel, kept.ID)),
			"a rival drops it":       f.svc.DropTemplate(f.at(), f.kaarel, kept.ID),
		} {
			if c := fault.CodeOf(err); c != fault.NotFound && c != fault.Forbidden {
				t.Errorf("%s: %v", name, err)
			}
		}
		if none, err := f.svc.Templates(f.at(), f.kaarel); err != nil || len(none) != 0 {
			t.Errorf("the rival sees %+v, %v", none, err)
		}
		_, err = f.svc.Templates(f.at(), f.maya)
		f.want(err, fault.Forbidden, "")
		f.must(f.svc.DropTemplate(f.at(), f.ingrid, kept.ID))
		f.want(f.svc.DropTemplate(f.at(), f.ingrid, kept.ID), fault.NotFound, "")
	})
}

// TestTemplateAtOnce: of two who keep the same name at once, one is told that it is taken.
func TestTemplateAtOnce(t *testing.T) {
	t.Parallel()
	f := setup(t, dbtest.Postgres(t))
	d := f.sent(f.terms())
	at, told := f.at(), make(chan error, 2)
	for range cap(told) {
		go func() { told <- second(f.svc.SaveTemplate(at, f.ingrid, d.ID, "Winter", false)) }()
	}
	a, b := <-told, <-told
	if (a == nil) == (b == nil) || fault.CodeOf(a) != fault.Conflict && fault.CodeOf(b) != fault.Conflict {
		t.Errorf("%v and %v", a, b)
	}
}

func second[T any](_ T, err error) error { return err }
