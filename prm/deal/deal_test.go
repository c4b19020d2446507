package deal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/lead"
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
		out = append(out, strings.TrimPrefix(e.Kind, "deal."))
	}
	r.events = nil
	return strings.Join(out, " ")
}

// plain counts every hour as a working hour.
type plain struct{}

func (plain) Clock(_ context.Context, _ string, start time.Time, hours int) (Clock, error) {
	d := time.Duration(hours) * time.Hour
	return Clock{Start: start, Half: start.Add(d / 2), Most: start.Add(d * 4 / 5), Due: start.Add(d)}, nil
}

func (plain) Close(_ context.Context, _ string, t time.Time) (time.Time, error) { return t, nil }

// field is a supplier with two distributors that compete, and a dealer who buys from one
// of them and registers with the supplier itself.
type field struct {
	t                                 testing.TB
	db                                *db.DB
	svc                               *Service
	leads                             *lead.Service
	events                            *recorder
	aurelia, kestrel, baltic, harrow  string
	toKestrel, toBaltic, toHarrow     string
	ingrid, wen, maya, kaarel, callum access.Actor
	now                               time.Time
}

func setup(t testing.TB, d *db.DB) *field {
	t.Helper()
	f := &field{t: t, db: d, events: &recorder{}, aurelia: db.NewID(), kestrel: db.NewID(), baltic: db.NewID(), harrow: db.NewID(), toKestrel: db.NewID(), toBaltic: db.NewID(), toHarrow: db.NewID(), now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	blobs, err := blob.New(d, t.TempDir())
	f.must(err)
	cat := catalog.New(d, f.events)
	customers := customer.New(d)
	f.leads = lead.NewService(d, f.events, customers, plain{})
	f.svc = New(Parts{DB: d, Jobs: f.events, Blobs: blobs, Catalog: cat, Customers: customers, Leads: f.leads, Calendar: plain{}})
	act := func(org string, r access.Role) access.Actor {
		return access.Actor{Person: db.NewID(), Org: org, Roles: []access.Role{r}, Via: "session:x"}
	}
	f.ingrid, f.wen, f.maya, f.kaarel, f.callum = act(f.aurelia, access.Manager), act(f.aurelia, access.Manager), act(f.kestrel, access.Sales), act(f.baltic, access.Sales), act(f.harrow, access.Sales)
	f.must(d.InTx(context.Background(), func(ctx context.Context) error {
		for i, id := range []string{f.aurelia, f.kestrel, f.baltic, f.harrow} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, 'x', '', 'GB', 'GBP', 'UTC', 'en', 'active', 1)", id, fmt.Sprint("o", i)).Error; err != nil {
				return err
			}
		}
		for _, p := range [][3]string{{f.toKestrel, f.aurelia, f.kestrel}, {f.toBaltic, f.aurelia, f.baltic}, {f.toHarrow, f.aurelia, f.harrow}, {db.NewID(), f.kestrel, f.harrow}} {
			if err := db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 0, 0, 1, 1, '')", p[0], p[1], p[2]).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	f.must(cat.Put(f.at(), f.ingrid, catalog.Product{SKU: "AUR-D18B", NameEN: "Drill", Family: "cordless", Unit: "EA", State: catalog.Active, Packs: []catalog.Pack{{Level: catalog.Case, Unit: "CS", Quantity: money.Whole(4)}}},
		catalog.Product{SKU: "AUR-B50", NameEN: "Battery", Family: "battery", Unit: "EA", State: catalog.Active}, catalog.Product{SKU: "AUR-H26", NameEN: "Hammer", Family: "corded", Unit: "EA", State: catalog.Active}))
	f.events.take()
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
	for range 3 { // as the ticker does
		_, err := f.svc.Tick(db.WithNow(context.Background(), f.now))
		f.must(err)
	}
}

func (f *field) said(want string) {
	f.t.Helper()
	if got := f.events.take(); got != want {
		f.t.Fatalf("published %q, want %q", got, want)
	}
}

func northgate() Draft {
	return Draft{Title: "Northgate Rail depot refit", Customer: Party{Name: "Northgate Rail Ltd", Country: "GB", City: "Doncaster", Postcode: "DN1 2AB", Web: "https://www.northgate-rail.co.uk"}, Contact: Contact{Name: "Sam Reid", Mail: "sam@northgate-rail.co.uk", Consent: true},
		Need: "One cordless platform for two shifts", Items: []Item{{SKU: "AUR-D18B", Quantity: money.Whole(400), Price: money.Whole(84)}, {SKU: "AUR-B50", Quantity: money.Whole(720), Price: money.Whole(31)}},
		Value: money.Amount{Minor: 55_920_00, Currency: "GBP"}, CloseOn: "2026-12-15", Source: "partner", Private: "buy at 61"}
}

// draft makes a registration with evidence.
func (f *field) draft(who access.Actor, partnership string, d Draft, evidence string) ID {
	f.t.Helper()
	r, made, err := f.svc.Create(f.at(), who, partnership, d)
	f.must(err)
	if !made {
		f.t.Fatal("nothing was made")
	}
	if evidence != "" {
		_, err = f.svc.AddFile(f.at(), who, FileCmd{Deal: r.ID, Kind: evidence, Name: "quote.pdf"}, strings.NewReader(evidence+string(r.ID)))
		f.must(err)
	}
	return r.ID
}

func (f *field) submitted(who access.Actor, partnership string, d Draft, evidence string) ID {
	f.t.Helper()
	id := f.draft(who, partnership, d, evidence)
	_, err := f.svc.Submit(f.at(), who, id)
	f.must(err)
	f.must(f.svc.Compare(f.at(), access.System("deals", f.aurelia), id))
	return id
}

func (f *field) get(who access.Actor, id ID) Detail {
	f.t.Helper()
	d, err := f.svc.Get(f.at(), who, id)
	f.must(err)
	return d
}

func (f *field) state(id ID, want State) {
	f.t.Helper()
	if got := f.get(f.ingrid, id).State(); got != want {
		f.t.Fatalf("it is %s, want %s", got, want)
	}
}

func TestModels(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.CheckModels(t, d, row{}, keyRow{}, similarRow{}, tryRow{}, entryRow{}, fileRow{}, disputeRow{}, lineRow{}, termsRow{}, placeRow{})
	})
}

func TestLife(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		id := f.draft(f.maya, f.toKestrel, northgate(), "")
		_, err := f.svc.Get(f.at(), f.ingrid, id) // a draft is the registrant's alone
		f.want(err, fault.NotFound, "")
		_, err = f.svc.Submit(f.at(), f.maya, id)
		f.want(err, fault.Invalid, "deal.need_evidence")
		_, err = f.svc.AddFile(f.at(), f.maya, FileCmd{Deal: id, Kind: "quote", Name: "Q-5510.pdf", Mime: "application/pdf"}, strings.NewReader("quote"))
		f.must(err)
		r, err := f.svc.Submit(f.at(), f.maya, id)
		f.must(err)
		if r.Account == "" || r.State() != State(PenSubmitted) {
			t.Fatalf("submitted as %+v", r)
		}
		_, err = f.svc.Submit(f.at(), f.maya, id) // again
		f.must(err)
		f.said("Submitted")

		f.must(f.svc.Recall(f.at(), f.maya, id))
		f.must(f.svc.Recall(f.at(), f.maya, id))
		f.want(f.svc.Take(f.at(), f.ingrid, id), fault.Conflict, "deal.not_now")
		_, err = f.svc.Submit(f.at(), f.maya, id)
		f.must(err)
		f.must(f.svc.Take(f.at(), f.ingrid, id))
		f.must(f.svc.Take(f.at(), f.ingrid, id))
		f.want(f.svc.Take(f.at(), f.wen, id), fault.Conflict, "deal.not_now") // a colleague was faster
		f.want(f.svc.Recall(f.at(), f.maya, id), fault.Conflict, "deal.not_now")
		f.want(f.svc.Return(f.at(), f.ingrid, id, "other", ""), fault.Invalid, "form.missing")
		f.want(f.svc.Return(f.at(), f.ingrid, id, "direct", ""), fault.Invalid, "form.choice_wrong")
		f.must(f.svc.Return(f.at(), f.ingrid, id, "products_unclear", "which battery?"))
		got := f.get(f.maya, id)
		if got.State() != State(PenReturned) || got.Comment != "which battery?" || got.Private != "buy at 61" {
			t.Fatalf("the registrant reads %+v", got.Registration)
		}
		if x := f.get(f.ingrid, id); x.Private != "" || x.Account != "" || x.Score != 60 || x.Tries != 2 {
			t.Fatalf("the supplier reads %+v, %d tries", x.Registration, x.Tries)
		}
		n := northgate()
		n.Value.Minor++
		_, err = f.svc.Update(f.at(), f.maya, id, got.Version-1, n)
		f.want(err, fault.Conflict, "deal.changed")
		_, err = f.svc.Update(f.at(), f.maya, id, got.Version, n)
		f.must(err)
		_, err = f.svc.Submit(f.at(), f.maya, id)
		f.must(err)
		f.said("Recalled Submitted Taken Returned Submitted")
		f.want(f.svc.Approve(f.at(), f.maya, ApproveCmd{Deal: id}), fault.Forbidden, "")
		f.must(f.svc.Approve(f.at(), f.ingrid, ApproveCmd{Deal: id}))
		f.must(f.svc.Approve(f.at(), f.ingrid, ApproveCmd{Deal: id}))
		f.want(f.svc.Approve(f.at(), f.wen, ApproveCmd{Deal: id}), fault.Conflict, "deal.not_now")
		f.said("Protected")
		g := f.get(f.maya, id)
		if want := f.now.Add(-3*time.Minute).AddDate(0, 0, 90); g.Guard.Until.Sub(want).Abs() > time.Hour {
			t.Fatalf("protected until %v, want about %v", g.Guard.Until, want)
		}

		// asked for more time, granted once
		f.want(f.svc.Ask(f.at(), f.maya, id, " "), fault.Invalid, "form.missing")
		f.must(f.svc.Ask(f.at(), f.maya, id, "The board meets in March"))
		f.want(f.svc.Ask(f.at(), f.maya, id, "again"), fault.Conflict, "deal.asked")
		p, err := f.svc.List(f.at(), f.ingrid, access.Supplier, Filter{View: ViewQueue})
		f.must(err)
		if len(p.Items) != 1 {
			t.Fatalf("%d in the queue", len(p.Items))
		}
		f.must(f.svc.Extend(f.at(), f.ingrid, id))
		f.want(f.svc.Extend(f.at(), f.ingrid, id), fault.Conflict, "deal.not_asked")
		f.want(f.svc.Ask(f.at(), f.maya, id, "more"), fault.Conflict, "deal.no_more")
		if x := f.get(f.maya, id); !x.Guard.Until.Equal(g.Guard.Until.AddDate(0, 0, 30)) {
			t.Fatalf("extended to %v from %v", x.Guard.Until, g.Guard.Until)
		}
		f.said("Asked Extended")

		// the clocks: warned twice, grace, postponed once, grace, released
		f.later(107 * 24 * time.Hour)
		f.later(10 * 24 * time.Hour)
		f.later(4 * 24 * time.Hour)
		f.said("Warned Warned Expired")
		f.must(f.svc.Postpone(f.at(), f.maya, id))
		f.state(id, State(Protected))
		f.later(31 * 24 * time.Hour)
		f.want(f.svc.Postpone(f.at(), f.maya, id), fault.Conflict, "deal.postponed")
		f.later(11 * 24 * time.Hour)
		f.said("Postponed Expired Released")
		f.state(id, State(Released))
		for _, e := range []error{f.svc.Lose(f.at(), f.maya, id, "budget", ""), f.svc.Cancel(f.at(), f.ingrid, id, "not_real", ""), f.svc.Ask(f.at(), f.maya, id, "x")} {
			f.want(e, fault.Conflict, "deal.not_now")
		}
		if n := len(f.get(f.maya, id).Entries); n < 15 {
			t.Fatalf("the history has %d lines", n)
		}
	})
}

// A form with and without a hidden conflict is answered alike, and the registrant finds
// no trace of the other one in anything it can read.
func TestNoOracle(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		rival := northgate()
		rival.Title, rival.Customer.Name, rival.Need, rival.Private = "Canary project", "NORTHGATE RAIL LIMITED", "Canary need", "canary"
		held := f.submitted(f.kaarel, f.toBaltic, rival, "quote")
		f.must(f.svc.Approve(f.at(), f.ingrid, ApproveCmd{Deal: held}))
		f.events.take()

		free := northgate()
		free.Customer = Party{Name: "Southgate Rail Ltd", Country: "GB", City: "Doncaster", Postcode: "DN1 2AC", Web: "southgate-rail.co.uk"}
		free.Contact.Mail = "sam@southgate-rail.co.uk"
		shape := func(dr Draft) string {
			t.Helper()
			e, err := f.svc.Eligible(f.at(), f.maya, f.toKestrel, dr, 1)
			f.must(err)
			id := f.draft(f.maya, f.toKestrel, dr, "mail")
			r, err := f.svc.Submit(f.at(), f.maya, id)
			f.must(err)
			f.must(f.svc.Compare(f.at(), access.System("deals", f.aurelia), id))
			g := f.get(f.maya, id)
			e.Taken, e.Keys = 0, nil
			if strings.Contains(fmt.Sprintf("%+v %+v", r, g), "anary") || strings.Contains(fmt.Sprintf("%+v %+v", r, g), string(held)) || strings.Contains(fmt.Sprintf("%+v %+v", r, g), f.baltic) {
				t.Fatalf("the registrant reads of the other one: %+v", g)
			}
			r.ID, r.Code, r.Draft, r.Account, g.Files = "", "", Draft{}, "", nil
			return fmt.Sprint(e, r.Position, r.Score, r.Against, r.Submits, len(g.Entries), g.Similar, g.Tries, g.Disputes, r.Review.Due.Sub(r.Submitted), f.events.take())
		}
		a, b := shape(free), shape(northgate())
		if a != b {
			t.Fatalf("answered differently:\n%s\n%s", a, b)
		}
		// the supplier sees them side by side
		p, err := f.svc.List(f.at(), f.ingrid, access.Supplier, Filter{View: ViewQueue})
		f.must(err)
		similar := 0
		for _, r := range p.Items {
			similar += p.Similar[r.ID]
		}
		if len(p.Items) != 2 || similar != 1 {
			t.Fatalf("%d in the queue, %d similar", len(p.Items), similar)
		}
		// another company's is not there at all
		for _, err := range []error{f.svc.Withdraw(f.at(), f.maya, held), f.svc.Contest(f.at(), f.maya, held, "worked_first", ""), f.svc.Approve(f.at(), f.kaarel, ApproveCmd{Deal: p.Items[0].ID})} {
			f.want(err, fault.NotFound, "error.not_found")
		}
		_, err = f.svc.Get(f.at(), f.maya, held)
		f.want(err, fault.NotFound, "error.not_found")
		sales := f.ingrid
		sales.Roles = []access.Role{access.Sales}
		_, err = f.svc.Get(f.at(), sales, held) // the supplier may sell beside its partners
		f.want(err, fault.NotFound, "error.not_found")
	})
}

func TestConflicts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		first := f.submitted(f.kaarel, f.toBaltic, northgate(), "mail")
		other := northgate() // written differently, found by the domain
		other.Customer = Party{Name: "Northgate Railway Services", Country: "GB", Postcode: "LS1 1AA", Web: "depot.northgate-rail.co.uk"}
		second := f.submitted(f.maya, f.toKestrel, other, "purchase_order")
		third := northgate() // another product: no conflict
		third.Items = []Item{{SKU: "AUR-H26", Quantity: money.Whole(5)}}
		away := f.submitted(f.callum, f.toHarrow, third, "quote")
		near := northgate() // no key in common but the place and almost the name
		near.Customer, near.Contact = Party{Name: "Northgate Rails Ltd", Country: "GB", Postcode: "DN1 2AB"}, Contact{}
		fourth := f.submitted(f.callum, f.toHarrow, near, "quote")

		s := f.get(f.ingrid, first).Similar
		if len(s) != 2 || s[0].ID != second || !s[0].Sure() || s[1].ID != fourth || s[1].Sure() || s[1].Near < 800 {
			t.Fatalf("similar are %+v", s)
		}
		if n := len(f.get(f.ingrid, away).Similar); n != 0 {
			t.Fatalf("%d similar to another product", n)
		}
		f.must(f.svc.Approve(f.at(), f.ingrid, ApproveCmd{Deal: second})) // better proved, though later
		f.want(f.svc.Approve(f.at(), f.wen, ApproveCmd{Deal: first}), fault.Conflict, "deal.other_protected")
		f.want(f.svc.Approve(f.at(), f.wen, ApproveCmd{Deal: first, Beside: true}), fault.Invalid, "form.missing")
		f.want(f.svc.Wait(f.at(), f.ingrid, first, away), fault.Conflict, "deal.not_held")
		f.must(f.svc.Wait(f.at(), f.ingrid, first, second))
		f.must(f.svc.MarkCopy(f.at(), f.ingrid, fourth, second, "same depot"))
		if g := f.get(f.callum, fourth); g.Against != "" || g.Reason != "same_deal" || strings.Contains(fmt.Sprintf("%+v", g), string(second)) {
			t.Fatalf("the registrant of a duplicate reads %+v", g)
		}
		f.events.take()
		// the holder gives up: who waited is looked at again
		f.must(f.svc.Lose(f.at(), f.maya, second, "budget", ""))
		f.said("Lost Admitted")
		f.state(first, State(PenReview))
		f.must(f.svc.Approve(f.at(), f.ingrid, ApproveCmd{Deal: first}))
		f.state(first, State(Protected))
	})
}

func TestDispute(t *testing.T) {
	t.Parallel()
	for _, ruling := range []Ruling{Uphold, Split, Transfer} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			f := setup(t, d)
			holder := f.submitted(f.maya, f.toKestrel, northgate(), "quote")
			f.must(f.svc.Approve(f.at(), f.ingrid, ApproveCmd{Deal: holder}))
			claim := f.submitted(f.kaarel, f.toBaltic, northgate(), "customer_letter")
			f.must(f.svc.Wait(f.at(), f.ingrid, claim, holder))
			f.events.take()
			until := f.get(f.maya, holder).Guard.Until
			f.want(f.svc.Contest(f.at(), f.maya, holder, "worked_first", ""), fault.Conflict, "deal.not_now")
			f.must(f.svc.Contest(f.at(), f.kaarel, claim, "customer_letter", "Their letter names us"))
			f.said("Disputed Disputed")
			// the holder learns that there is a dispute, of nobody and nothing else
			g := f.get(f.maya, holder)
			if len(g.Disputes) != 1 || g.Guard.Frozen.IsZero() || strings.Contains(fmt.Sprintf("%+v", g), "Their letter") || strings.Contains(fmt.Sprintf("%+v", g), f.baltic) || strings.Contains(fmt.Sprintf("%+v", g), string(claim)) {
				t.Fatalf("the holder reads %+v", g)
			}
			if k := f.get(f.kaarel, claim); strings.Contains(fmt.Sprintf("%+v", k), string(holder)) || strings.Contains(fmt.Sprintf("%+v", k), f.kestrel) {
				t.Fatalf("the claimant reads %+v", k)
			}
			f.want(f.svc.Lose(f.at(), f.maya, holder, "budget", ""), fault.Conflict, "deal.disputed")
			f.later(200 * 24 * time.Hour) // its clock stands still
			f.said("")
			id := g.Disputes[0].ID
			f.want(f.svc.Rule(f.at(), f.wen, RuleCmd{Dispute: id, Ruling: ruling, Percent: 60, Note: "x"}), fault.Forbidden, "deal.other_decider")
			f.want(f.svc.Rule(f.at(), f.maya, RuleCmd{Dispute: id, Ruling: ruling, Percent: 60, Note: "x"}), fault.NotFound, "")
			f.must(f.svc.Rule(f.at(), f.ingrid, RuleCmd{Dispute: id, Ruling: ruling, Percent: 60, Note: "The letter is clear"}))
			f.want(f.svc.Rule(f.at(), f.ingrid, RuleCmd{Dispute: id, Ruling: ruling, Percent: 60, Note: "x"}), fault.Conflict, "deal.ruled")
			h, c := f.get(f.ingrid, holder), f.get(f.ingrid, claim)
			switch ruling {
			case Uphold:
				f.said("Ruled Ruled")
				if h.Decision != Protected || c.Decision != Waiting || h.Guard.Until.Sub(until) < 200*24*time.Hour {
					t.Fatalf("upheld: %v until %v, %v", h.Position, h.Guard.Until, c.Position)
				}
			case Split:
				f.said("Protected Ruled Ruled")
				if h.Decision != Protected || c.Decision != Protected || h.Share != 60 || c.Share != 40 {
					t.Fatalf("split: %v %d, %v %d", h.Position, h.Share, c.Position, c.Share)
				}
			case Transfer:
				f.said("Protected Ruled Released Ruled")
				if h.Decision != Released || c.Decision != Protected || c.Share != 100 {
					t.Fatalf("transferred: %v, %v", h.Position, c.Position)
				}
			}
		})
	}
}

// A tender is registered for all who bid, and protects after the award alone.
func TestTender(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		bid := northgate()
		bid.Kind, bid.Tender = KindTender, "NR-2026-77"
		a, b := f.submitted(f.maya, f.toKestrel, bid, "tender"), f.submitted(f.kaarel, f.toBaltic, bid, "tender")
		f.want(f.svc.Wait(f.at(), f.ingrid, a, b), fault.Conflict, "")
		f.must(f.svc.Approve(f.at(), f.ingrid, ApproveCmd{Deal: a}))
		f.must(f.svc.Approve(f.at(), f.ingrid, ApproveCmd{Deal: b}))
		f.state(a, State(Registered))
		f.events.take()
		f.must(f.svc.Award(f.at(), f.ingrid, b))
		f.must(f.svc.Award(f.at(), f.ingrid, b))
		f.said("Protected Lost")
		f.state(a, State(Lost))
		f.want(f.svc.Award(f.at(), f.ingrid, a), fault.Conflict, "deal.not_now")
		if g := f.get(f.maya, a); g.Reason != "not_awarded" {
			t.Fatalf("the other bidder reads %q", g.Reason)
		}
	})
}

// The capacity of a tier holds against submissions at once, and so do the limits of one
// customer.
func TestLimits(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		terms := DefaultTerms()
		terms.Tiers, terms.PerWeek = []Tier{{"gold", 3}}, 2
		_, err := f.svc.SetTerms(f.at(), f.ingrid, terms)
		f.must(err)
		_, err = f.svc.SetTerms(f.at(), f.ingrid, terms)
		f.want(err, fault.Conflict, "deal.changed")
		_, err = f.svc.SetPlace(f.at(), f.ingrid, Place{Partnership: f.toKestrel, Tier: "silver"})
		f.want(err, fault.Invalid, "form.choice_wrong")
		_, err = f.svc.SetPlace(f.at(), f.ingrid, Place{Partnership: f.toKestrel, Tier: "gold", Countries: []string{"gb"}})
		f.must(err)
		_, err = f.svc.SetTerms(f.at(), f.maya, terms)
		f.want(err, fault.NotFound, "")
		if x, err := f.svc.TermsOf(f.at(), f.maya, f.aurelia); err != nil || x.PerWeek != 2 || x.Tiers != nil {
			t.Fatalf("a partner reads %+v, %v", x, err)
		}
		if _, err := f.svc.TermsOf(f.at(), f.maya, f.baltic); fault.CodeOf(err) != fault.NotFound {
			t.Fatalf("terms of a company without partnership: %v", err)
		}
		var ids []ID
		for i := range 6 {
			n := northgate()
			n.Customer, n.Contact = Party{Name: fmt.Sprint("Works ", i), Country: "GB", Postcode: fmt.Sprint("LS1 ", i, "AA")}, Contact{}
			ids = append(ids, f.draft(f.maya, f.toKestrel, n, "quote"))
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		in, out := 0, 0
		ctx := f.at()
		for _, id := range ids {
			wg.Go(func() {
				_, err := f.svc.Submit(ctx, f.maya, id)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					in++
				case fault.CodeOf(err) == fault.Conflict && fault.KeyOf(err) == "deal.no_room":
					out++
				default:
					t.Errorf("submitting at once: %v", err)
				}
			})
		}
		wg.Wait()
		if in != 3 || out != 3 {
			t.Fatalf("%d came in, %d did not, of a capacity of 3", in, out)
		}
		french := northgate()
		french.Customer.Country = "FR"
		if e, err := f.svc.Eligible(f.at(), f.maya, f.toKestrel, french, 1); err != nil || len(e.Missing) != 2 || e.Missing[0].Key != "deal.country_not_yours" || e.Missing[1].Key != "deal.no_room" || e.Taken != 3 || e.Most != 3 {
			t.Fatalf("eligible: %+v, %v", e, err)
		}
		// one customer, three times in a week
		id := f.draft(f.kaarel, f.toBaltic, northgate(), "quote")
		for range 2 {
			_, err = f.svc.Submit(f.at(), f.kaarel, id)
			f.must(err)
			f.must(f.svc.Recall(f.at(), f.kaarel, id))
		}
		_, err = f.svc.Submit(f.at(), f.kaarel, id)
		f.want(err, fault.Conflict, "deal.too_many")
		f.now = f.now.Add(8 * 24 * time.Hour)
		_, err = f.svc.Submit(f.at(), f.kaarel, id)
		f.must(err)
	})
}

// order is an order of Kestrel for 200 drills and 360 batteries.
func (f *field) order(id string, refs ...string) Order {
	return Order{ID: id, Number: "PO-" + id, Supplier: f.aurelia, Reseller: f.kestrel, Currency: "GBP", At: f.now, Refs: refs, Lines: []OrderLine{
		{Line: 1, SKU: "AUR-D18B", Unit: "CS", Ordered: money.Whole(100), Value: 33_600_00}, {Line: 2, SKU: "AUR-B50", Unit: "EA", Ordered: money.Whole(720), Value: 22_320_00}, {Line: 3, SKU: "AUR-H26", Unit: "EA", Ordered: money.Whole(10), Value: 1_000_00}}}
}

func (f *field) ordered(o Order) {
	f.t.Helper()
	for range 2 { // twice is once
		f.must(f.svc.Ordered(f.at(), access.System("deals", f.aurelia), o))
	}
}

func TestWon(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		id := f.submitted(f.maya, f.toKestrel, northgate(), "quote")
		code := f.get(f.maya, id).Code
		if ok, err := f.svc.Earns(f.at(), access.System("deals", f.aurelia), f.aurelia, f.kestrel); ok || err != nil {
			t.Fatalf("nothing is protected: %v, %v", ok, err)
		}
		f.must(f.svc.Approve(f.at(), f.ingrid, ApproveCmd{Deal: id}))
		if ok, err := f.svc.Earns(f.at(), access.System("deals", f.aurelia), f.aurelia, f.kestrel); !ok || err != nil {
			t.Fatalf("it is protected: %v, %v", ok, err)
		}
		f.events.take()

		// a stock order is shown and wins nothing, invoiced or not
		stock := f.order("1")
		stock.Lines[0].Invoiced, stock.Lines[0].Amount = stock.Lines[0].Ordered, stock.Lines[0].Value
		f.ordered(stock)
		f.said("")
		if g := f.get(f.maya, id); g.Sums.Won != 0 || len(g.Lines) != 2 || g.Lines[0].Counts || g.Lines[0].Why != WhyStock {
			t.Fatalf("stock: %+v %+v", g.Sums, g.Lines)
		}
		// another company's order with the number is nothing
		foreign := f.order("2", code)
		foreign.Reseller = f.baltic
		f.ordered(foreign)
		f.said("")

		// with the number: ordered, and the order keeps it beyond its time
		o := f.order("3", "CT", code)
		f.ordered(o)
		f.said("Ordered")
		f.later(91 * 24 * time.Hour)
		f.said("Held")
		f.state(id, State(Protected))
		// invoiced half of the drills; the hammers were not registered
		o.Lines[0].Invoiced, o.Lines[0].Amount = money.Whole(50), 16_800_00
		o.Lines[2].Invoiced, o.Lines[2].Amount = money.Whole(10), 1_000_00
		f.ordered(o)
		f.said("PartlyWon")
		f.state(id, StatePartlyWon)
		if g := f.get(f.maya, id); g.Sums.Won != 16_800_00 || g.Percent() != 30 {
			t.Fatalf("half: %+v", g.Sums)
		}
		// a line in dispute counts once it is settled
		o.Lines[1].Invoiced, o.Lines[1].Amount, o.Lines[1].Differs = money.Whole(720), 22_320_00, true
		f.ordered(o)
		f.said("")
		o.Lines[1].Differs = false
		f.ordered(o)
		f.said("Won")
		f.state(id, State(Won))
		until := f.get(f.maya, id).Guard.Until
		f.later(400 * 24 * time.Hour) // nothing expires any more
		f.said("")
		// a credit takes it back
		o.Lines[1].Invoiced, o.Lines[1].Amount = money.Whole(100), 3_100_00
		f.ordered(o)
		f.said("Reopened")
		f.state(id, StatePartlyWon)
		if g := f.get(f.maya, id); g.Guard.Until.Sub(until) < 399*24*time.Hour {
			t.Fatalf("the rest of its time was not given back: %v after %v", g.Guard.Until, until)
		}
		// more than was registered does not count
		more := f.order("4", code)
		more.Lines[0].Invoiced, more.Lines[0].Amount = money.Whole(100), 33_600_00 // 400 drills, 200 are left
		f.ordered(more)
		if g := f.get(f.maya, id); g.Sums.Won != 16_800_00+3_100_00+16_800_00 || g.State() != State(Won) {
			t.Fatalf("more than registered: %+v", g.Sums)
		}
		// cancelled altogether
		for _, x := range []*Order{&o, &more} {
			for i := range x.Lines {
				x.Lines[i].Invoiced, x.Lines[i].Amount, x.Lines[i].Cancelled = 0, 0, x.Lines[i].Ordered
			}
			f.ordered(*x)
		}
		if g := f.get(f.maya, id); g.Sums.Won != 0 || g.Sums.Open != 0 || g.Decision != Protected {
			t.Fatalf("cancelled: %+v %v", g.Sums, g.Position)
		}
	})
}

// Goods sent to the customer count without a number, and so does an order of the
// distributor that was named to fulfil it.
func TestWonByDelivery(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		n := northgate()
		n.Fulfiller = f.baltic
		id := f.draft(f.callum, f.toHarrow, func() Draft { x := northgate(); return x }(), "quote")
		_, err := f.svc.Update(f.at(), f.callum, id, f.get(f.callum, id).Version, n)
		f.want(err, fault.Invalid, "deal.fulfiller_wrong")
		n.Fulfiller = f.kestrel
		_, err = f.svc.Get(f.at(), f.maya, id)
		f.want(err, fault.NotFound, "")
		_, err = f.svc.Update(f.at(), f.callum, id, f.get(f.callum, id).Version, n)
		f.must(err)
		_, err = f.svc.Submit(f.at(), f.callum, id)
		f.must(err)
		f.must(f.svc.Approve(f.at(), f.ingrid, ApproveCmd{Deal: id}))
		if g := f.get(f.maya, id); g.Contact.Mail != "" || g.Need != "" || g.Private != "" || len(g.Files) != 0 || g.Draft.Customer.Name == "" {
			t.Fatalf("who fulfils it reads %+v", g)
		}
		f.want(f.svc.Lose(f.at(), f.maya, id, "budget", ""), fault.Forbidden, "")
		if _, _, err := f.svc.OpenFile(f.at(), f.maya, id, f.get(f.callum, id).Files[0].ID); fault.CodeOf(err) != fault.NotFound {
			t.Fatalf("who fulfils it opens evidence: %v", err)
		}
		p, err := f.svc.List(f.at(), f.maya, access.Member, Filter{View: ViewLive})
		f.must(err)
		if len(p.Items) != 1 {
			t.Fatalf("%d to fulfil", len(p.Items))
		}
		f.events.take()
		o := f.order("1")
		o.ShipTo = append(o.ShipTo, Draft{Customer: Party{Name: "NORTHGATE RAIL LTD", Country: "GB", Postcode: "DN12AB"}}.Facts())
		o.Lines[0].Invoiced, o.Lines[0].Amount = o.Lines[0].Ordered, o.Lines[0].Value
		o.Lines[1].Invoiced, o.Lines[1].Amount = o.Lines[1].Ordered, o.Lines[1].Value
		f.ordered(o)
		f.said("Won")
		if g := f.get(f.callum, id); g.Lines[0].Basis != ByDelivery || len(g.Lines) != 2 {
			t.Fatalf("lines %+v", g.Lines)
		}
	})
}

// What came before is not read again for every order.
func TestWonReadsOnlyTheOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		id := f.submitted(f.maya, f.toKestrel, northgate(), "quote")
		code := f.get(f.maya, id).Code
		f.must(f.svc.Approve(f.at(), f.ingrid, ApproveCmd{Deal: id}))
		n := 0
		read := func(what string, order func(o *Order)) int64 {
			n++
			o := f.order(fmt.Sprint(what, n))
			order(&o)
			before := d.Counts().Rows
			f.must(f.svc.Ordered(f.at(), access.System("deals", f.aurelia), o))
			return d.Counts().Rows - before
		}
		small := func(o *Order) { // a thousandth of what was registered
			for i := range o.Lines {
				o.Lines[i].Unit, o.Lines[i].Ordered, o.Lines[i].Value = "EA", money.Whole(1), 10_00
			}
		}
		for what, order := range map[string]func(o *Order){
			"stock": small,
			"named": func(o *Order) { small(o); o.Refs = []string{code} },
			"invoiced": func(o *Order) {
				small(o)
				o.Refs = []string{code}
				for i := range o.Lines {
					o.Lines[i].Invoiced, o.Lines[i].Amount = o.Lines[i].Ordered, o.Lines[i].Value
				}
			},
		} {
			first := read(what, order)
			for range 40 {
				read(what, order)
			}
			if last := read(what, order); last > first+1 { // the other kinds came before the first
				t.Errorf("%s: the first order read %d rows, the 42nd %d", what, first, last)
			}
		}
		g := f.get(f.maya, id)
		if want := (Sums{Ordered: 2 * 42 * 20_00, Open: 42 * 20_00, Invoiced: 42 * 20_00, Won: 42 * 20_00, Lines: 2 * 42 * 2}); g.Sums != want {
			t.Errorf("sums %+v, want %+v", g.Sums, want)
		}
	})
}

// What is read of a batch of orders at once says the same as one after the other, also of an
// order that comes twice in it, and asks nothing more of each.
func TestReadyOrders(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		id := f.submitted(f.maya, f.toKestrel, northgate(), "quote")
		code := f.get(f.maya, id).Code
		f.must(f.svc.Approve(f.at(), f.ingrid, ApproveCmd{Deal: id}))
		sys := access.System("deals", f.aurelia)
		named := func(n string, times int) Order {
			o := f.order(n)
			o.Refs = []string{code}
			for i := range o.Lines {
				o.Lines[i].Unit, o.Lines[i].Ordered, o.Lines[i].Value = "EA", money.Whole(int64(times)), int64(times)*10_00
			}
			return o
		}
		f.must(f.svc.Ordered(f.at(), sys, named("known", 1)))
		if err := f.svc.Ready(f.at(), f.maya, "known"); err == nil {
			t.Error("the registrant makes ready")
		}
		var first, second int64
		f.must(d.InTx(f.at(), func(ctx context.Context) error {
			if err := f.svc.Ready(ctx, sys, "known", "a", "b", "c"); err != nil {
				return err
			}
			for _, o := range []Order{named("a", 1), named("known", 2), named("b", 1), named("a", 3)} {
				if err := f.svc.Ordered(ctx, sys, o); err != nil {
					return err
				}
			}
			was := d.Counts().Run
			if err := f.svc.Ordered(ctx, sys, named("c", 1)); err != nil {
				return err
			}
			first = d.Counts().Run - was
			if err := f.svc.Ordered(ctx, sys, named("d", 1)); err != nil { // not made ready
				return err
			}
			second = d.Counts().Run - was - first
			return nil
		}))
		if second <= first {
			t.Errorf("%d statements for an order made ready, %d for another", first, second)
		}
		if g, want := f.get(f.maya, id).Sums, (Sums{Ordered: 2 * 8 * 10_00, Open: 2 * 8 * 10_00, Lines: 2 * 5}); g != want {
			t.Errorf("sums %+v, want %+v", g, want)
		}
		f.must(d.View(f.at(), func(ctx context.Context) error {
			for order, times := range map[string]int64{"a": 3, "b": 1, "c": 1, "d": 1, "known": 2} {
				lines, err := linesOfOrder(ctx, order)
				if err != nil || len(lines[id]) != 3 || lines[id][0].Value != times*10_00 {
					t.Errorf("%s: %+v, %v", order, lines, err)
				}
			}
			return nil
		}))
	})
}
