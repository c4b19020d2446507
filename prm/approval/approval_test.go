package approval

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/blanket"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/promo"
	"entente/prm/quote"
	"entente/prm/settle"
	"entente/prm/trade"
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

func (r *recorder) count(kind string) (n int) {
	for _, e := range r.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// bench is a supplier and a reseller with people of several roles, and a rival.
type bench struct {
	t                           *testing.T
	db                          *db.DB
	svc                         *Service
	trade                       *trade.Service
	settle                      *settle.Service
	cat                         *catalog.Service
	events                      *recorder
	aurelia, kestrel, baltic    string
	link                        string
	ingrid, otto                access.Actor // manager and finance of the supplier
	dan, maya, finn, boss, rita access.Actor // buyer, manager, finance, admin and a further manager of the reseller
	kaarel                      access.Actor
	now                         time.Time
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) at() context.Context {
	b.now = b.now.Add(time.Minute)
	return db.WithNow(context.Background(), b.now)
}

func (b *bench) want(err error, code fault.Code, key string) {
	b.t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code {
		b.t.Fatalf("got %v, want %s %s", err, code, key)
	}
	if key == "" || f.Key == key {
		return
	}
	for _, x := range f.Fields {
		if x.Key == key {
			return
		}
	}
	b.t.Fatalf("got %v, want %s", err, key)
}

func eq[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func setup(t *testing.T, d *db.DB) *bench {
	b := &bench{t: t, db: d, events: &recorder{}, aurelia: db.NewID(), kestrel: db.NewID(), baltic: db.NewID(), link: db.NewID(), now: time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)}
	accounts := account.NewService(d, account.Options{})
	cat := catalog.New(d, nil)
	b.cat = cat
	b.trade = trade.New(d, cat, b.events)
	b.settle = settle.New(d, b.trade, b.events)
	b.svc = New(d, accounts.Directory(), b.trade, b.settle, b.events)
	b.must(d.InTx(b.at(), func(ctx context.Context) error {
		for _, o := range [][2]string{{b.aurelia, "aurelia"}, {b.kestrel, "kestrel"}, {b.baltic, "baltic"}} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', 'GB', 'EUR', 'Europe/London', 'en', 'active', 1)", o[0], o[1], o[1]).Error; err != nil {
				return err
			}
		}
		return db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'EUR', 5000, 0, 1, 1, '')", b.link, b.aurelia, b.kestrel).Error
	}))
	person := func(org, name string, role access.Role) access.Actor {
		a := access.Actor{Person: db.NewID(), Org: org, Roles: []access.Role{role}, Via: "session:x"}
		b.must(d.InTx(b.at(), func(ctx context.Context) error {
			if err := db.Tx(ctx).Exec("INSERT INTO person (id, email, name, locale, theme, timezone, password, password_at, operator, state, last_org, created) VALUES (?, ?, ?, 'en', '', 'Europe/London', '', 0, ?, 'active', '', 1)", a.Person, name+"@x.example", name, false).Error; err != nil {
				return err
			}
			return db.Tx(ctx).Exec("INSERT INTO membership (org_id, person_id, roles, state, created, ended) VALUES (?, ?, ?, 'active', 1, 0)", org, a.Person, string(role)).Error
		}))
		return a
	}
	b.ingrid, b.otto = person(b.aurelia, "ingrid", access.Manager), person(b.aurelia, "otto", access.Finance)
	b.dan, b.maya, b.finn, b.boss, b.rita = person(b.kestrel, "dan", access.Buyer), person(b.kestrel, "maya", access.Manager), person(b.kestrel, "finn", access.Finance), person(b.kestrel, "boss", access.Admin), person(b.kestrel, "rita", access.Manager)
	b.kaarel = person(b.baltic, "kaarel", access.Admin)
	admin := b.ingrid
	admin.Roles = []access.Role{access.Admin}
	b.must(cat.Put(b.at(), admin, catalog.Product{SKU: "DRILL", NameEN: "Drill", NameZH: "电钻", Family: "tools", Unit: "EA"}, catalog.Product{SKU: "SAW", NameEN: "Saw", NameZH: "锯", Family: "tools", Unit: "EA"}))
	b.must(cat.SetPrices(b.at(), admin, map[string][]catalog.ListPrice{"DRILL": {{Currency: "EUR", From: "2026-01-01", Price: money.Whole(100)}}, "SAW": {{Currency: "EUR", From: "2026-01-01", Price: money.Whole(50)}}}))
	return b
}

func admin(a access.Actor) access.Actor {
	a.Roles = []access.Role{access.Admin}
	return a
}

func (b *bench) rule(a access.Actor, r Rule) RuleID {
	b.t.Helper()
	r.Active = true
	id, err := b.svc.SaveRule(b.at(), admin(a), r)
	b.must(err)
	return id
}

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

func (b *bench) cmd(key string, drills int64) trade.PlaceCmd {
	return trade.PlaceCmd{Partnership: b.link, Key: key, ShipTo: doc.Party{Name: "Kestrel Leeds", City: "Leeds"}, Lines: []trade.PlaceLine{{SKU: "DRILL", Quantity: money.Whole(drills)}}}
}

func (b *bench) place(cmd trade.PlaceCmd) trade.Receipt {
	b.t.Helper()
	r, err := b.trade.Place(b.at(), b.dan, cmd)
	b.must(err)
	return r
}

func (b *bench) orders(a access.Actor) int {
	b.t.Helper()
	p, err := b.trade.List(b.at(), a, trade.Filter{})
	b.must(err)
	return len(p.Items)
}

// An order above the limit does not exist for its supplier before a manager, not its
// maker, let it go; then it is ordered once, as it was seen.
func TestOrderAboveTheLimit(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.rule(b.boss, Rule{About: AboutOrder, Test: TestLimit, Amount: eur(1_000_000), Role: access.Manager, FourEyes: true})
		eq(t, "as much as the limit goes", b.place(b.cmd("a", 100)).Outcome, trade.Booked)
		got := b.place(b.cmd("b", 124))
		eq(t, "above it is kept back", got.Outcome, trade.ForApproval)
		eq(t, "the same post is the same request", b.place(b.cmd("b", 124)).Approval, got.Approval)
		eq(t, "asked once", b.events.count(Asked), 1)
		eq(t, "the supplier has one order", b.orders(b.ingrid), 1)
		id := ID(got.Approval)
		r, err := b.svc.Get(b.at(), b.dan, id)
		b.must(err)
		eq(t, "why", r.Steps[0].Facts, Facts{Total: eur(1_240_000), Limit: eur(1_000_000)})
		_, err = b.svc.Approve(b.at(), b.dan, id)
		b.want(err, fault.Forbidden, "approval.not_yours")
		_, err = b.svc.Approve(b.at(), b.finn, id)
		b.want(err, fault.Forbidden, "approval.not_yours")
		_, err = b.svc.Approve(b.at(), b.ingrid, id)
		b.want(err, fault.NotFound, "")
		n, err := b.svc.Waits(b.at(), b.maya)
		b.must(err)
		eq(t, "it waits for the manager", n, 1)
		n, err = b.svc.Waits(b.at(), b.finn)
		b.must(err)
		eq(t, "and not for finance", n, 0)
		r, err = b.svc.Approve(b.at(), b.maya, id)
		b.must(err)
		eq(t, "granted", r.State, Granted)
		eq(t, "the supplier has it", b.orders(b.ingrid), 2)
		o, err := b.trade.Get(b.at(), b.ingrid, trade.OrderID(r.Made))
		b.must(err)
		eq(t, "in the name of who ordered", o.PlacedBy, b.dan.Person)
		eq(t, "at the prices seen", o.Total.Minor, int64(1_240_000))
		_, err = b.svc.Approve(b.at(), b.maya, id)
		b.must(err)
		eq(t, "approved twice, ordered once", b.orders(b.ingrid), 2)
		_, err = b.svc.Refuse(b.at(), b.maya, id, "too late")
		b.want(err, fault.Conflict, "approval.decided")
		low := b.cmd("low", 124)
		low.Lines[0].Price = money.Price(money.One)
		eq(t, "a price typed too low lowers nothing", b.place(low).Outcome, trade.ForApproval)
	})
}

// Refused with a reason, edited and asked again; a maker who holds the role himself cannot
// approve; each rule is a step with its own approver.
func TestStepsRefusalAndFourEyes(t *testing.T) {
	t.Parallel()
	d := dbtest.One(t)
	b := setup(t, d)
	b.rule(b.boss, Rule{About: AboutOrder, Test: TestLimit, Amount: eur(100_000), Role: access.Manager, FourEyes: true})
	b.rule(b.boss, Rule{About: AboutOrder, Test: TestPrice, Percent: 50_000, Person: b.finn.Person})
	b.rule(b.boss, Rule{About: AboutOrder, Test: TestLimit, Amount: money.Amount{Minor: 1, Currency: "GBP"}, Role: access.Admin})
	cmd := b.cmd("a", 20)
	cmd.Lines[0].Price = money.Whole(112)
	both := b.dan
	both.Person, both.Roles = b.maya.Person, []access.Role{access.Manager, access.Buyer}
	got, err := b.trade.Place(b.at(), both, cmd)
	b.must(err)
	id := ID(got.Approval)
	r, err := b.svc.Get(b.at(), b.maya, id)
	b.must(err)
	eq(t, "two rules, two steps; no other currency", len(r.Steps), 2)
	f := r.Steps[1].Facts
	eq(t, "how far", f.Percent, money.Rate(120_000))
	_, err = b.svc.Approve(b.at(), b.maya, id)
	b.want(err, fault.Forbidden, "approval.four_eyes")
	r, err = b.svc.Approve(b.at(), b.finn, id)
	b.must(err)
	eq(t, "one step is left", r.State, Waiting)
	eq(t, "no order yet", b.orders(b.ingrid), 0)
	_, err = b.svc.Refuse(b.at(), b.rita, id, " ")
	b.want(err, fault.Invalid, "approval.reason")
	r, err = b.svc.Refuse(b.at(), b.rita, id, "not this month")
	b.must(err)
	eq(t, "refused", r.State, Refused)
	kept, err := b.svc.Order(b.at(), b.maya, id)
	b.must(err)
	eq(t, "what was asked can be edited", kept.Lines[0].Price, money.Price(money.Whole(112)))
	kept.Key, kept.Lines[0].Price, kept.Lines[0].Quantity = "a2", money.Whole(100), money.Whole(9)
	got, err = b.trade.Place(b.at(), both, kept)
	b.must(err)
	eq(t, "below the limit it goes", got.Outcome, trade.Booked)
	b.want(b.svc.Replace(b.at(), b.dan, id), fault.Forbidden, "")
	b.must(b.svc.Replace(b.at(), b.maya, id))
	b.must(b.svc.Replace(b.at(), b.maya, id))
	_, err = b.trade.AskChange(b.at(), both, got.Order, trade.AskCmd{Lines: []trade.AskLine{{Line: 1, Quantity: money.Whole(500)}}})
	b.must(err)
	o, err := b.trade.Get(b.at(), b.ingrid, got.Order)
	b.must(err)
	eq(t, "a change cannot go round the limit", len(o.Changes), 0)
	p, err := b.svc.List(b.at(), b.rita, Filter{View: "mine"})
	b.must(err)
	eq(t, "it is asked about", p.Items[0].Kind, KindChange)
	_, err = b.svc.Approve(b.at(), b.rita, p.Items[0].ID)
	b.must(err)
	o, err = b.trade.Get(b.at(), b.ingrid, got.Order)
	b.must(err)
	eq(t, "and then asked of the supplier", len(o.Changes), 1)
}

// Who is away is covered for; where nobody of those meant may decide, the admins do.
func TestCover(t *testing.T) {
	t.Parallel()
	d := dbtest.One(t)
	b := setup(t, d)
	b.rule(b.boss, Rule{About: AboutOrder, Test: TestLimit, Amount: eur(0), Person: b.maya.Person})
	id := ID(b.place(b.cmd("a", 1)).Approval)
	_, err := b.svc.Approve(b.at(), b.finn, id)
	b.want(err, fault.Forbidden, "approval.not_yours")
	b.must(d.InTx(b.at(), func(ctx context.Context) error {
		return db.Tx(ctx).Exec("INSERT INTO absence (id, org_id, person_id, from_on, to_on, starts, ends, cover_id, created) VALUES (?, ?, ?, '2026-11-16', '2026-11-20', ?, ?, ?, 1)", db.NewID(), b.kestrel, b.maya.Person, db.Micros(b.now)-1, db.Micros(b.now.AddDate(0, 0, 5)), b.finn.Person).Error
	}))
	n, err := b.svc.Waits(b.at(), b.finn)
	b.must(err)
	eq(t, "it waits for who covers", n, 1)
	told, err := b.svc.Told(b.at(), access.System("notices", b.kestrel), id)
	b.must(err)
	eq(t, "who is told", told.Approvers[0].ID, b.finn.Person)
	r, err := b.svc.Approve(b.at(), b.finn, id)
	b.must(err)
	eq(t, "granted", r.State, Granted)
	b.rule(b.boss, Rule{About: AboutOrder, Test: TestLimit, Amount: eur(0), Role: access.Buyer, FourEyes: true})
	id = ID(b.place(b.cmd("b", 1)).Approval)
	parts, err := b.svc.Parts(b.at(), b.boss, id)
	b.must(err)
	eq(t, "the only buyer made it: the admin", parts[1].Approvers[0].ID, b.boss.Person)
	b.now = b.now.AddDate(0, 0, 5)
	b.must(b.svc.Clocks(b.at()))
	b.must(b.svc.Clocks(b.at()))
	eq(t, "overdue is told once", b.events.count(Overdue), 1)
}

func (b *bench) received(number, city string, price string, drills string) trade.OrderID {
	b.t.Helper()
	d := doc.PurchaseOrder{Purpose: "00", Type: "SA", Number: number, Date: "2026-11-16", Lines: []doc.Line{{Number: "1", VendorItem: "DRILL", Quantity: doc.Decimal(drills), Unit: "EA", Price: doc.Decimal(price)}}}
	d.Currency, d.Parties = "EUR", []doc.Party{{Role: "ST", Name: "Kestrel", City: city}}
	r, err := b.trade.ReceiveOrder(b.at(), access.System("edi", b.kestrel), trade.Incoming{Doc: d, Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.link, Interchange: db.NewID(), SetNo: 1})
	b.must(err)
	return r.Order
}

// Rules of the supplier hold what comes in; nothing of it is promised before; a refusal
// answers every line. The buyer's rules do not hold what its own system sent.
func TestIncoming(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.rule(b.boss, Rule{About: AboutOrder, Test: TestLimit, Amount: eur(0), Role: access.Manager})
		eq(t, "sent by the buyer's system", b.get(b.received("1", "Leeds", "100", "3")).Held, "")
		b.rule(b.ingrid, Rule{About: AboutIncoming, Test: TestLimit, Amount: eur(1_000_000), Role: access.Finance})
		b.rule(b.ingrid, Rule{About: AboutIncoming, Test: TestShipTo, Role: access.Manager})
		b.rule(b.ingrid, Rule{About: AboutIncoming, Test: TestPrice, Percent: 20_000, Role: access.Manager})
		eq(t, "a place where something went", b.get(b.received("2", "Leeds", "101", "3")).Held, "")
		over := b.received("3", "Leeds", "100", "124")
		o := b.get(over)
		eq(t, "held", o.Held, trade.HeldApproval)
		_, err := b.trade.Confirm(b.at(), b.ingrid, over, trade.ConfirmCmd{})
		b.want(err, fault.Conflict, "trade.approval_first")
		p, err := b.svc.List(b.at(), b.otto, Filter{View: "mine"})
		b.must(err)
		eq(t, "finance is asked", len(p.Items), 1)
		_, err = b.svc.Approve(b.at(), b.otto, p.Items[0].ID)
		b.must(err)
		eq(t, "it goes on", b.get(over).Held, "")
		_, err = b.trade.Confirm(b.at(), b.ingrid, over, trade.ConfirmCmd{})
		b.must(err)

		fresh := b.received("4", "Hull", "97", "1")
		p, err = b.svc.List(b.at(), b.ingrid, Filter{Subject: string(fresh)})
		b.must(err)
		eq(t, "new place and price", len(p.Items[0].Steps), 2)
		_, err = b.svc.Refuse(b.at(), b.ingrid, p.Items[0].ID, "no deliveries to Hull")
		b.must(err)
		o = b.get(fresh)
		eq(t, "refused", o.State, trade.Rejected)
		eq(t, "in words", o.Responses[0].Lines[0].Reason, "no deliveries to Hull")
		gone := b.received("5", "York", "100", "1")
		_, err = b.trade.Cancel(b.at(), b.dan, gone, 0, "")
		b.must(err)
		p, err = b.svc.List(b.at(), b.ingrid, Filter{Subject: string(gone)})
		b.must(err)
		eq(t, "withdrawn with its order", p.Items[0].State, Withdrawn)
		eq(t, "nothing is held any more", b.get(gone).Held, "")
	})
}

// A call-off above the limit waits, asked twice it waits once, and is an order once it is
// approved; the supplier sees nothing of it before.
func TestCallingOff(t *testing.T) {
	t.Parallel()
	d := dbtest.One(t)
	b := setup(t, d)
	desk := blanket.New(d, b.trade, b.cat)
	b.trade.KeepBlankets(desk)
	b.svc.Blankets(desk)
	b.rule(b.boss, Rule{About: AboutOrder, Test: TestLimit, Amount: eur(500_000), Role: access.Finance})
	frame := doc.PurchaseOrder{Purpose: "00", Type: trade.KindBlanket, Number: "BL-1", Date: "2026-11-16", Lines: []doc.Line{{Number: "1", VendorItem: "DRILL", Quantity: "200", Unit: "EA", Price: "100"}}}
	frame.Currency = "EUR"
	r, err := b.trade.ReceiveOrder(b.at(), access.System("edi", b.kestrel), trade.Incoming{Doc: frame, Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.link, Interchange: db.NewID(), SetNo: 1})
	b.must(err)
	call := func(release string, n int64) trade.Receipt {
		t.Helper()
		got, err := desk.CallOff(b.at(), b.dan, r.Order, blanket.CallOffCmd{Release: release, Lines: []trade.LineQuantity{{Line: 1, Quantity: money.Whole(n)}}})
		b.must(err)
		return got
	}
	eq(t, "within the limit", call("1", 50).Outcome, trade.Booked)
	eq(t, "above", call("2", 51).Outcome, trade.ForApproval)
	over := call("2", 60)
	eq(t, "there is no order", over.Order, "")
	eq(t, "another one waits beside it", call("3", 55).Outcome, trade.ForApproval)
	p, err := b.svc.List(b.at(), b.finn, Filter{View: "mine"})
	b.must(err)
	eq(t, "each waits once", len(p.Items), 2)
	orders, err := b.trade.List(b.at(), admin(b.ingrid), trade.Filter{})
	b.must(err)
	eq(t, "the supplier has the frame and one call-off", len(orders.Items), 2)
	got, err := b.svc.Approve(b.at(), b.finn, ID(over.Approval))
	b.must(err)
	o := b.get(trade.OrderID(got.Made))
	eq(t, "called off as asked", [3]string{o.Number, o.Release, o.Lines[0].Ordered.String()}, [3]string{"BL-1", "2", "60"})
	eq(t, "kind and amount", got.Kind+" "+got.Amount.String(), KindCallOff+" 6000.00")

	// the price rises while one waits: nobody approved what it comes to now
	late := call("4", 52)
	_, err = b.trade.AskChange(b.at(), b.dan, r.Order, trade.AskCmd{Key: "p", Lines: []trade.AskLine{{Line: 1, Price: money.Price(money.Whole(150))}}})
	b.must(err)
	p, err = b.svc.List(b.at(), b.finn, Filter{View: "mine"})
	b.must(err)
	for _, x := range p.Items {
		if x.Kind == KindChange {
			_, err = b.svc.Approve(b.at(), b.finn, x.ID)
			b.must(err)
		}
	}
	changes := b.get(r.Order).Changes
	_, err = b.trade.AnswerChange(b.at(), b.ingrid, changes[len(changes)-1].ID, trade.AnswerCmd{})
	b.must(err)
	eq(t, "costs more", b.get(r.Order).Lines[0].Price.String(), "150")
	if _, err = b.svc.Approve(b.at(), b.finn, ID(late.Approval)); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("called off above what was approved: %v", err)
	}
	late = call("4", 52)
	got, err = b.svc.Approve(b.at(), b.finn, ID(late.Approval))
	b.must(err)
	eq(t, "asked for again, approved at its price", got.Amount.String(), "7800.00")
}

// A change is granted by hand within the rules about what comes in and what is promised;
// above them it waits, open, and is granted as it was answered once it is approved.
func TestGranting(t *testing.T) {
	t.Parallel()
	d := dbtest.One(t)
	b := setup(t, d)
	b.rule(b.ingrid, Rule{About: AboutIncoming, Test: TestLimit, Amount: eur(500_000), Role: access.Finance})
	b.rule(b.ingrid, Rule{About: AboutAnswer, Test: TestPrice, Percent: 50_000, Role: access.Finance})
	id := b.received("1", "Leeds", "100", "20")
	ask := func(key string, l trade.AskLine) trade.ChangeID {
		t.Helper()
		l.Line = 1
		c, err := b.trade.AskChange(b.at(), b.dan, id, trade.AskCmd{Key: key, Lines: []trade.AskLine{l}})
		b.must(err)
		return c
	}
	within, err := b.trade.AnswerChange(b.at(), b.ingrid, ask("a", trade.AskLine{Quantity: money.Whole(40)}), trade.AnswerCmd{})
	b.must(err)
	if within == "" {
		t.Fatal("a change within the limits is kept back")
	}
	over := ask("b", trade.AskLine{Quantity: money.Whole(60), Price: money.Price(money.Whole(90))})
	for range 2 { // said twice, asked about once
		got, err := b.trade.AnswerChange(b.at(), b.ingrid, over, trade.AnswerCmd{})
		b.must(err)
		eq(t, "kept back", got, "")
	}
	o := b.get(id)
	eq(t, "stands", [2]string{o.Lines[0].Ordered.String(), o.Changes[len(o.Changes)-1].State}, [2]string{"40", trade.ChangeOpen})
	p, err := b.svc.List(b.at(), b.otto, Filter{View: "mine"})
	b.must(err)
	if len(p.Items) != 1 || p.Items[0].Kind != KindGrant || len(p.Items[0].Steps) != 2 || p.Items[0].Amount.String() != "5400.00" {
		t.Fatalf("%+v", p.Items)
	}
	_, err = b.svc.Approve(b.at(), b.otto, p.Items[0].ID)
	b.must(err)
	o = b.get(id)
	eq(t, "granted", [3]string{o.Lines[0].Ordered.String(), o.Lines[0].Price.String(), o.Changes[len(o.Changes)-1].State}, [3]string{"60", "90", trade.ChangeAnswered})

	// refusing needs nobody; one that was answered otherwise meanwhile can no longer be granted
	late := ask("c", trade.AskLine{Quantity: money.Whole(90)})
	got, err := b.trade.AnswerChange(b.at(), b.ingrid, late, trade.AnswerCmd{})
	b.must(err)
	eq(t, "kept back", got, "")
	if got, err = b.trade.AnswerChange(b.at(), b.ingrid, late, trade.AnswerCmd{Lines: []trade.ChangeAnswer{{Position: 1, Refuse: true, Reason: "allocation"}}}); err != nil || got == "" {
		t.Fatal(got, err)
	}
	p, err = b.svc.List(b.at(), b.otto, Filter{View: "mine"})
	b.must(err)
	eq(t, "waits for nobody any more", len(p.Items), 0)

	// a later change overtakes one whose granting waits
	got, err = b.trade.AnswerChange(b.at(), b.ingrid, ask("d", trade.AskLine{Quantity: money.Whole(91)}), trade.AnswerCmd{})
	b.must(err)
	eq(t, "kept back", got, "")
	ask("e", trade.AskLine{Quantity: money.Whole(61)})
	p, err = b.svc.List(b.at(), b.otto, Filter{View: "mine"})
	b.must(err)
	eq(t, "nobody is asked for what can no longer be granted", len(p.Items), 0)
}

func (b *bench) get(id trade.OrderID) trade.Detail {
	b.t.Helper()
	o, err := b.trade.Get(b.at(), admin(b.ingrid), id)
	b.must(err)
	return o
}

// An answer with another price, and an invoice above the limit, wait for those above.
func TestAnswerAndInvoice(t *testing.T) {
	t.Parallel()
	d := dbtest.One(t)
	b := setup(t, d)
	b.rule(b.ingrid, Rule{About: AboutAnswer, Test: TestPrice, Percent: 50_000, Role: access.Finance})
	b.rule(b.boss, Rule{About: AboutInvoice, Test: TestLimit, Amount: eur(100_000), Role: access.Finance, FourEyes: true})
	back := b.received("2", "Leeds", "100", "20")
	resp, err := b.trade.Confirm(b.at(), b.ingrid, back, trade.ConfirmCmd{Lines: []trade.ConfirmLine{{Line: 1, Action: trade.Backorder, Price: money.Whole(120)}}})
	b.must(err)
	eq(t, "an answer with a back-order is kept back", resp, "")
	eq(t, "its price stands", b.get(back).Lines[0].Price, money.Price(money.Whole(100)))
	p, err := b.svc.List(b.at(), b.otto, Filter{View: "mine"})
	b.must(err)
	_, err = b.svc.Refuse(b.at(), b.otto, p.Items[0].ID, "at the agreed price")
	b.must(err)
	o := b.received("1", "Leeds", "100", "20")
	resp, err = b.trade.Confirm(b.at(), b.ingrid, o, trade.ConfirmCmd{Lines: []trade.ConfirmLine{{Line: 1, Action: trade.Accept, Price: money.Whole(120)}}})
	b.must(err)
	eq(t, "the answer is kept back", resp, "")
	eq(t, "nothing is promised", b.get(o).State, trade.Received)
	p, err = b.svc.List(b.at(), b.otto, Filter{View: "mine"})
	b.must(err)
	_, err = b.svc.Approve(b.at(), b.otto, p.Items[0].ID)
	b.must(err)
	eq(t, "promised at the other price", b.get(o).Lines[0].Price, money.Price(money.Whole(120)))
	_, err = b.trade.Ship(b.at(), b.ingrid, o, trade.ShipCmd{})
	b.must(err)
	inv, err := b.trade.Invoice(b.at(), b.ingrid, o, trade.InvoiceCmd{})
	b.must(err)
	ap, err := b.settle.Approve(b.at(), b.dan, inv, settle.ApproveCmd{})
	b.must(err)
	if ap.Request == "" {
		t.Fatal("an invoice above the limit was approved by who is below")
	}
	acc, err := b.settle.Account(b.at(), b.dan, inv)
	b.must(err)
	if acc.Approved != nil {
		t.Fatal("approved already")
	}
	again, err := b.settle.Approve(b.at(), b.dan, inv, settle.ApproveCmd{})
	b.must(err)
	eq(t, "asked once", again.Request, ap.Request)
	pay := settle.RecordCmd{Partnership: string(b.get(o).Partnership), Number: "PAY-1", Currency: "EUR", PaidOn: "2026-11-30", Lines: []settle.RecordLine{{Number: acc.Invoice.Number, Paid: acc.Open}}}
	_, err = b.settle.Record(b.at(), b.finn, pay)
	eq(t, "paid before it is approved", fault.KeyOf(err), "settle.unapproved")
	_, err = b.svc.Approve(b.at(), b.finn, ID(ap.Request))
	b.must(err)
	acc, err = b.settle.Account(b.at(), b.dan, inv)
	b.must(err)
	eq(t, "approved by finance", acc.Approved.Person, b.finn.Person)
	paid, err := b.settle.Record(b.at(), b.finn, pay)
	b.must(err)
	eq(t, "paid once it is", paid.Outcome, settle.Booked)
}

// One invoice of two orders is weighed as a whole: each share is below the limit, both
// together are above.
func TestInvoiceOfSeveralOrders(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	b.rule(b.boss, Rule{About: AboutInvoice, Test: TestLimit, Amount: eur(100_000), Role: access.Finance, FourEyes: true})
	var orders []trade.CollectOrder
	for _, n := range []string{"1", "2"} {
		o := b.received(n, "Leeds", "100", "6")
		_, err := b.trade.Confirm(b.at(), b.ingrid, o, trade.ConfirmCmd{})
		b.must(err)
		_, err = b.trade.Ship(b.at(), b.ingrid, o, trade.ShipCmd{})
		b.must(err)
		orders = append(orders, trade.CollectOrder{Order: o})
	}
	inv, err := b.trade.Collect(b.at(), b.ingrid, trade.CollectCmd{Orders: orders})
	b.must(err)
	ap, err := b.settle.Approve(b.at(), b.dan, inv, settle.ApproveCmd{})
	b.must(err)
	if ap.Request == "" {
		t.Fatal("an invoice above the limit was approved by who is below")
	}
	_, err = b.svc.Approve(b.at(), b.finn, ID(ap.Request))
	b.must(err)
	acc, err := b.settle.Account(b.at(), b.dan, inv)
	b.must(err)
	eq(t, "all of it", [2]string{acc.Invoice.Net.String(), acc.Approved.Person}, [2]string{"1200.00", b.finn.Person})
}

// Whoever is no party to a request, or of another company, learns nothing and changes
// nothing.
func TestStranger(t *testing.T) {
	t.Parallel()
	d := dbtest.One(t)
	b := setup(t, d)
	rule := b.rule(b.boss, Rule{About: AboutOrder, Test: TestLimit, Amount: eur(0), Role: access.Manager})
	id := ID(b.place(b.cmd("a", 1)).Approval)
	ctx := b.at()
	calls := map[string]func(a access.Actor) error{
		"SaveRule": func(a access.Actor) error {
			_, err := b.svc.SaveRule(ctx, a, Rule{ID: rule, Version: 1, About: AboutOrder, Test: TestShipTo, Role: access.Admin})
			return err
		},
		"RemoveRule": func(a access.Actor) error { return b.svc.RemoveRule(ctx, a, rule) },
		"Get":        func(a access.Actor) error { _, err := b.svc.Get(ctx, a, id); return err },
		"Parts":      func(a access.Actor) error { _, err := b.svc.Parts(ctx, a, id); return err },
		"Order":      func(a access.Actor) error { _, err := b.svc.Order(ctx, a, id); return err },
		"Offer":      func(a access.Actor) error { _, err := b.svc.Offer(ctx, a, id); return err },
		"Told":       func(a access.Actor) error { _, err := b.svc.Told(ctx, a, id); return err },
		"Approve":    func(a access.Actor) error { _, err := b.svc.Approve(ctx, a, id); return err },
		"Refuse":     func(a access.Actor) error { _, err := b.svc.Refuse(ctx, a, id, "x"); return err },
		"Withdraw":   func(a access.Actor) error { return b.svc.Withdraw(ctx, a, id) },
		"Replace":    func(a access.Actor) error { return b.svc.Replace(ctx, a, id) },
	}
	for _, a := range []access.Actor{b.kaarel, admin(b.ingrid)} {
		for name, call := range calls {
			if err := call(a); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%s by a stranger: %v", name, err)
			}
		}
		for _, view := range []string{"", "mine", "open"} {
			p, err := b.svc.List(ctx, a, Filter{View: view})
			b.must(err)
			eq(t, "requests of a stranger", len(p.Items), 0)
		}
		rules, err := b.svc.Rules(ctx, a)
		b.must(err)
		eq(t, "rules of a stranger", len(rules), 0)
		n, err := b.svc.Waits(ctx, a)
		b.must(err)
		eq(t, "what waits for a stranger", n, 0)
	}
	_, err := b.svc.SaveRule(ctx, b.maya, Rule{About: AboutOrder, Test: TestLimit, Amount: eur(1), Role: access.Buyer})
	b.want(err, fault.Forbidden, "")
	for m := range reflect.TypeFor[*Service]().Methods() {
		ported := []string{"Outgoing", "Changing", "Incoming", "Answering", "Granting", "ChangeAnswered", "CallingOff", "Blankets", "Paying", "Offering", "Overtaken", "Lapsed", "Quotes", "Promos", "Proposing", "Unproposed", "Waiting", "Dropped", "Clocks", "List", "Rules", "Waits"}
		if calls[m.Name] == nil && !slices.Contains(ported, m.Name) {
			t.Errorf("method %s is not called by a stranger", m.Name)
		}
	}
}

// An offer at a special price beyond the rule does not leave the supplier before one of its
// own let it go; then it leaves once, and the reseller learns of no rule. An order that the
// buyer's own rules keep back leaves the quote open, and is its acceptance when it is let go.
func TestQuoteAtASpecialPrice(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		quotes := quote.New(d, catalog.New(d, nil), nil, b.trade, b.events)
		b.svc.Quotes(quotes)
		b.rule(b.ingrid, Rule{About: AboutQuote, Test: TestPrice, Percent: 50_000, Role: access.Finance})
		lines := func(price money.Price) []quote.LineCmd {
			return []quote.LineCmd{{SKU: "DRILL", Quantity: money.Whole(10), Price: price}}
		}
		offer := func(q quote.Quote, price money.Price) quote.Quote {
			t.Helper()
			q, err := quotes.Offer(b.at(), b.ingrid, quote.Cmd{Quote: q.ID, Round: q.Round, Partnership: b.link, Key: "k", Lines: lines(price)})
			b.must(err)
			return q
		}
		q, err := quotes.Ask(b.at(), b.dan, quote.Cmd{Partnership: b.link, Lines: lines(money.Whole(90))})
		b.must(err)
		kept := offer(q, money.Whole(90))
		eq(t, "it has not left", kept.State, quote.Requested)
		seen, err := quotes.Head(b.at(), b.dan, q.ID)
		b.must(err)
		eq(t, "the reseller sees no rule", seen.OfferApproval+string(seen.State), "requested")
		r, err := b.svc.Get(b.at(), b.otto, ID(kept.OfferApproval))
		b.must(err)
		eq(t, "why", r.Steps[0].Facts.Percent, money.Rate(100_000))
		other := offer(q, money.Whole(92))
		was, err := b.svc.Get(b.at(), b.otto, r.ID)
		b.must(err)
		eq(t, "another offer takes its place", was.State, Replaced)
		_, err = b.svc.Refuse(b.at(), b.otto, ID(other.OfferApproval), "too low")
		b.must(err)
		b.must(quotes.Unapproved(b.at(), access.System("quotes", b.aurelia), other.OfferApproval))
		third := offer(q, money.Whole(94))
		r, err = b.svc.Approve(b.at(), b.otto, ID(third.OfferApproval))
		b.must(err)
		q, err = quotes.Head(b.at(), b.dan, q.ID)
		b.must(err)
		eq(t, "it left, in the name of who made it", string(q.State)+q.Person+r.Made, "offered"+b.ingrid.Person+string(q.ID))
		eq(t, "a price within the rule leaves at once", offer(q, money.Whole(96)).State, quote.Offered)
		fresh := offer(quote.Quote{}, money.Whole(80))
		eq(t, "nothing is there before", fresh.ID, quote.ID(""))
		eq(t, "the same post is the same request", offer(quote.Quote{}, money.Whole(80)).OfferApproval, fresh.OfferApproval)
		r, err = b.svc.Approve(b.at(), b.otto, ID(fresh.OfferApproval))
		b.must(err)
		q2, err := quotes.Head(b.at(), b.dan, quote.ID(r.Made))
		b.must(err)
		eq(t, "offered", q2.State, quote.Offered)
		eq(t, "the same post again is this quote", offer(quote.Quote{}, money.Whole(80)).ID, q2.ID)

		b.rule(b.boss, Rule{About: AboutOrder, Test: TestLimit, Amount: eur(50_000), Role: access.Manager})
		b.rule(b.boss, Rule{About: AboutOrder, Test: TestPrice, Percent: 0, Role: access.Admin}) // the quoted price is the agreed one
		accept := func() quote.Quote {
			t.Helper()
			got, err := quotes.Accept(b.at(), b.dan, q2.ID, quote.AcceptCmd{Round: 1, Order: true})
			b.must(err)
			return got
		}
		got := accept()
		eq(t, "open while it waits", got.State, quote.Offered)
		eq(t, "asked once", accept().OrderApproval, got.OrderApproval)
		seen, err = quotes.Head(b.at(), b.ingrid, q2.ID)
		b.must(err)
		eq(t, "the supplier sees no rule", seen.OrderApproval, "")
		_, err = b.svc.Refuse(b.at(), b.maya, ID(got.OrderApproval), "not now")
		b.must(err)
		b.must(quotes.Unapproved(b.at(), access.System("quotes", b.kestrel), got.OrderApproval))
		again := accept()
		eq(t, "asked anew", again.OrderApproval != got.OrderApproval && again.OrderApproval != "", true)
		r, err = b.svc.Approve(b.at(), b.maya, ID(again.OrderApproval))
		b.must(err)
		q2, err = quotes.Head(b.at(), b.dan, q2.ID)
		b.must(err)
		eq(t, "the order is the acceptance", string(q2.State)+string(q2.Order), "accepted"+r.Made)
	})
}

// What waits for an order on a quote ends when the quote goes another way, and goes on when
// it is accepted without one.
func TestOrderOnAQuoteThatGoesAnotherWay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		quotes := quote.New(d, catalog.New(d, nil), nil, b.trade, b.events)
		b.svc.Quotes(quotes)
		b.rule(b.boss, Rule{About: AboutOrder, Test: TestLimit, Amount: eur(1_000), Role: access.Manager})
		lines := []quote.LineCmd{{SKU: "DRILL", Quantity: money.Whole(100), Price: money.Whole(95)}}
		waiting := func() (quote.Quote, ID) {
			t.Helper()
			q, err := quotes.Offer(b.at(), b.ingrid, quote.Cmd{Partnership: b.link, Lines: lines})
			b.must(err)
			q, err = quotes.Accept(b.at(), b.dan, q.ID, quote.AcceptCmd{Round: 1, Order: true})
			b.must(err)
			return q, ID(q.OrderApproval)
		}
		state := func(id ID) string {
			t.Helper()
			r, err := b.svc.Get(b.at(), b.maya, id)
			b.must(err)
			return r.State
		}
		q, id := waiting()
		_, err := quotes.Withdraw(b.at(), b.ingrid, q.ID, quote.EndCmd{Round: 1})
		b.must(err)
		eq(t, "taken back by the supplier", state(id), Withdrawn)
		q, id = waiting()
		_, err = quotes.Offer(b.at(), b.ingrid, quote.Cmd{Quote: q.ID, Round: 1, Lines: lines})
		b.must(err)
		eq(t, "offered anew", state(id), Withdrawn)

		q, id = waiting()
		q, err = quotes.Accept(b.at(), b.dan, q.ID, quote.AcceptCmd{Round: 1})
		b.must(err)
		eq(t, "accepted, the order still waits", string(q.State)+q.OrderApproval+state(id), "accepted"+string(id)+Waiting)
		_, err = b.svc.Refuse(b.at(), b.maya, id, "not now")
		b.must(err)
		b.must(quotes.Unapproved(b.at(), access.System("quotes", b.kestrel), string(id)))
		q, err = quotes.Accept(b.at(), b.dan, q.ID, quote.AcceptCmd{Round: 1, Order: true})
		b.must(err)
		again := ID(q.OrderApproval)
		eq(t, "asked anew", again != id && state(again) == Waiting, true)
		r, err := b.svc.Approve(b.at(), b.maya, again)
		b.must(err)
		q, err = quotes.Head(b.at(), b.dan, q.ID)
		b.must(err)
		eq(t, "ordered", string(q.Order)+q.OrderApproval, r.Made)
	})
}

func TestAway(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ price, agreed, want money.Micro }{{112 * money.One, 100 * money.One, 120_000}, {97 * money.One, 100 * money.One, 30_000}, {1, 3, 666_600}, {1000 * money.One, 1, 99 * money.One}} {
		eq(t, "away", away(c.price, c.agreed), c.want)
	}
}

// A proposal above the limit of the owner's own company is seen by no partner before somebody
// else there let it go; a budget that does not rise is not asked about again, and what goes
// another way meanwhile waits for nobody.
func TestPromotionAboveTheLimit(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		promos := promo.New(d, b.events, partner.NewService(d, b.events, account.NewService(d, account.Options{}).Directory()), b.cat)
		b.svc.Promos(promos)
		b.rule(b.ingrid, Rule{About: AboutPromo, Test: TestLimit, Amount: eur(1_000_00), Role: access.Manager, FourEyes: true})
		b.rule(b.ingrid, Rule{About: AboutPromo, Test: TestLimit, Amount: eur(5_000_00), Role: access.Finance})
		terms := func(share int64) promo.Terms {
			return promo.Terms{Title: "Drills", SKUs: []string{"DRILL"}, Kind: promo.Percent, Percent: money.One / 20, Settle: promo.OffInvoice, By: promo.ByOrder, From: "2026-12-01", Until: "2026-12-31", Zone: "Europe/London", Currency: "EUR", Share: share, Parts: []promo.Part{{Org: b.kestrel, Role: promo.Participant, Currency: "EUR"}}}
		}
		p, err := promos.Create(b.at(), b.ingrid, terms(6_000_00))
		b.must(err)
		propose := func(who access.Actor) promo.Detail {
			t.Helper()
			got, err := promos.Propose(b.at(), who, p.ID, p.Version, "For the winter")
			b.must(err)
			p = got
			return got
		}
		hidden := func() {
			t.Helper()
			_, err := promos.Join(b.at(), b.maya, p.ID)
			b.want(err, fault.NotFound, "")
		}
		kept := propose(b.ingrid)
		if kept.State != promo.Draft || kept.Approval == "" || kept.Draft == nil {
			t.Fatalf("%+v", kept)
		}
		hidden()
		r, err := b.svc.Get(b.at(), b.otto, ID(kept.Approval))
		b.must(err)
		eq(t, "two rules", len(r.Steps), 2)
		eq(t, "what for", r.Kind+" "+r.Subject+" "+r.Amount.String(), KindPromo+" "+string(p.ID)+" 6000.00")
		_, err = b.svc.Get(b.at(), b.maya, r.ID)
		b.want(err, fault.NotFound, "")
		_, err = promos.LetGo(b.at(), b.ingrid, kept.Approval, promo.Kept{Promotion: p.ID})
		b.want(err, fault.Forbidden, "")
		_, err = b.svc.Approve(b.at(), b.otto, r.ID) // one of two
		b.must(err)
		hidden()
		_, err = b.svc.Approve(b.at(), b.ingrid, r.ID)
		b.want(err, fault.Forbidden, "approval.four_eyes")

		// edited meanwhile: the request is nobody's any more
		p, err = promos.SaveDraft(b.at(), b.ingrid, p.ID, p.Version, terms(2_000_00))
		b.must(err)
		if r, err = b.svc.Get(b.at(), b.otto, r.ID); err != nil || r.State != Replaced || p.Approval != "" {
			t.Fatalf("%v %+v", err, r)
		}
		kept = propose(b.ingrid)
		boss := b.rule(b.ingrid, Rule{About: AboutPromo, Test: TestLimit, Amount: eur(1_500_00), Role: access.Admin})
		b.must(b.svc.RemoveRule(b.at(), admin(b.ingrid), boss))
		if r, err = b.svc.Get(b.at(), b.otto, ID(kept.Approval)); err != nil || len(r.Steps) != 1 {
			t.Fatalf("%v %+v", err, r)
		}
		second := b.otto
		second.Roles = []access.Role{access.Manager}
		_, err = b.svc.Refuse(b.at(), second, r.ID, "Too early")
		b.must(err)
		b.must(promos.Unapproved(b.at(), access.System("promotions", b.aurelia), p.ID, string(r.ID)))
		if p, err = promos.Get(b.at(), b.ingrid, p.ID); err != nil || p.Approval != "" || p.Draft == nil {
			t.Fatalf("%v %+v", err, p)
		}
		hidden()
		kept = propose(b.ingrid)
		_, err = b.svc.Approve(b.at(), second, ID(kept.Approval))
		b.must(err)
		if p, err = promos.Get(b.at(), b.ingrid, p.ID); err != nil || p.State != promo.Proposed || p.Approval != "" || p.Open == nil || p.Open.By != b.ingrid.Person {
			t.Fatalf("%v %+v", err, p)
		}
		j, err := promos.Join(b.at(), b.maya, p.ID)
		b.must(err)

		// a counter-proposal is taken over by the same rule, but a budget that does not rise
		text := j.Text
		text.Parts[0].Target = money.Whole(40)
		j, err = promos.Counter(b.at(), b.maya, p.ID, j.Hash, text, "With a target")
		b.must(err)
		p, err = promos.AnswerCounter(b.at(), b.ingrid, p.ID, j.Counter.ID, true, "")
		b.must(err)
		eq(t, "it does not rise", p.Approval, "")
		p, err = promos.SaveDraft(b.at(), b.ingrid, p.ID, p.Version, terms(3_000_00))
		b.must(err)
		eq(t, "it rises", propose(b.ingrid).Approval != "", true)
		p, err = promos.Cancel(b.at(), b.ingrid, p.ID, p.Version, "No stock")
		b.must(err)
		if r, err = b.svc.Get(b.at(), b.otto, ID(kept.Approval)); err != nil || r.State != Granted || p.Approval != "" || len(r.Others) != 0 {
			t.Fatalf("%v %+v", err, r)
		}
		list, err := b.svc.List(b.at(), b.otto, Filter{View: "open"})
		b.must(err)
		eq(t, "nothing waits", len(list.Items), 0)

		// a larger number of another currency is no budget that it stays below
		yen := terms(900_000)
		yen.Currency, yen.Parts[0].Currency = "JPY", "JPY"
		p, err = promos.Create(b.at(), b.ingrid, yen)
		b.must(err)
		eq(t, "no rule about yen", propose(b.ingrid).Approval, "")
		p, err = promos.SaveDraft(b.at(), b.ingrid, p.ID, p.Version, terms(6_000_00))
		b.must(err)
		eq(t, "another currency", propose(b.ingrid).Approval != "", true)

		// what was judged is let go, not the same words in terms that come to more
		b.must(d.InTx(b.at(), func(ctx context.Context) error {
			return db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'EUR', 5000, 0, 1, 1, '')", db.NewID(), b.aurelia, b.baltic).Error
		}))
		both := func(share int64) promo.Terms {
			x := terms(share)
			x.Parts = append(x.Parts, promo.Part{Org: b.baltic, Role: promo.Participant, Currency: "EUR"})
			return x
		}
		p, err = promos.Create(b.at(), b.ingrid, both(900_00))
		b.must(err)
		propose(b.ingrid)
		for _, who := range []access.Actor{b.maya, b.kaarel} {
			j, err = promos.Join(b.at(), who, p.ID)
			b.must(err)
			_, err = promos.Approve(b.at(), who, p.ID, j.Hash)
			b.must(err)
		}
		p, err = promos.Get(b.at(), b.ingrid, p.ID)
		b.must(err)
		less := both(500_00)
		less.Title = "Fewer drills"
		p, err = promos.SaveDraft(b.at(), b.ingrid, p.ID, p.Version, less)
		b.must(err)
		eq(t, "it falls", propose(b.ingrid).Approval, "")
		j, err = promos.Join(b.at(), b.maya, p.ID)
		b.must(err)
		text = j.Text
		text.Parts[0].Share = 600_00
		j, err = promos.Counter(b.at(), b.maya, p.ID, j.Hash, text, "We give 600")
		b.must(err)
		p, err = promos.AnswerCounter(b.at(), b.ingrid, p.ID, j.Counter.ID, true, "")
		b.must(err)
		if r, err = b.svc.Get(b.at(), b.otto, ID(p.Approval)); err != nil || !slices.Equal(r.Companies(), []string{b.kestrel, b.baltic}) {
			t.Fatalf("it is about both: %v %+v", err, r)
		}
		_, err = promos.Decline(b.at(), b.kaarel, p.ID, "As agreed") // 900.00 holds on
		b.must(err)
		_, err = b.svc.Approve(b.at(), second, ID(p.Approval))
		b.want(err, fault.Conflict, "promo.approval_gone")
	})
}
