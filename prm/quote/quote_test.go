package quote

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/deal"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// Whatever is done in whatever order by whom: a state is one of the table, only the side
// whose deed it is moves it, and what is accepted, declined or withdrawn stays so.
func TestMachine(t *testing.T) {
	t.Parallel()
	over := []State{Accepted, Declined, Withdrawn}
	rapid.Check(t, func(t *rapid.T) {
		q := Quote{Supplier: "s", Reseller: "r"}
		now := time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			d := rapid.SampledFrom(Deeds).Draw(t, "deed")
			org := rapid.SampledFrom([]string{"s", "r", "rival", ""}).Draw(t, "org")
			now = now.Add(time.Duration(rapid.IntRange(0, 48).Draw(t, "hours")) * time.Hour)
			was := q.State
			if !q.Can(d, org, now) {
				continue
			}
			q.State = steps[d].to
			q.Expires = time.Time{}
			if d == Offer {
				q.Expires = now.Add(time.Duration(rapid.IntRange(1, 72).Draw(t, "stands")) * time.Hour)
			}
			switch {
			case org == "rival" || org == "" && d != Expire:
				t.Fatalf("%q did %s", org, d)
			case slices.Contains(over, was):
				t.Fatalf("%s moved %s, which is over", d, was)
			case !slices.Contains(States, q.State):
				t.Fatalf("%s led to %q", d, q.State)
			case q.Waits("s") && q.Waits("r"), (q.Waits("s") || q.Waits("r")) != (q.State == Requested || q.State == Offered):
				t.Fatalf("%s waits for nobody, or for both", q.State)
			}
		}
	})
}

// Each round says how every price comes about, and in what it differs from the one before.
func TestRounds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		q := b.ask()
		eq(t, "numbered", q.Number, "Q-00001")
		eq(t, "with the supplier", q.State, Requested)
		l := q.Lines[0]
		eq(t, "what is paid anyway", l.Base, money.Price(money.Whole(84)))
		eq(t, "steps", len(l.Steps), 2)
		eq(t, "the list's step", l.Steps[0].Kind+l.Steps[0].Price.String(), "list84")
		eq(t, "the wish", l.Steps[1].Kind+l.Steps[1].Price.String(), "asked71.5")
		eq(t, "total as wished", q.Total, int64(240*7150+10*5000))
		_, err := b.svc.Offer(b.at(), b.ingrid, Cmd{Quote: q.ID, Round: 7, Lines: []LineCmd{{SKU: "SAW", Quantity: money.One}}})
		b.want(err, fault.Conflict, "quote.changed")
		_, err = b.svc.Offer(b.at(), b.ingrid, Cmd{Quote: q.ID, Round: 1, Lines: []LineCmd{{SKU: "RARE", Quantity: money.One}}})
		b.want(err, fault.Invalid, "quote.price_none")
		_, err = b.svc.Offer(b.at(), b.ingrid, Cmd{Quote: q.ID, Round: 1, ValidUntil: "2026-11-30", Until: "2026-11-29", Lines: []LineCmd{{SKU: "SAW", Quantity: money.One}}})
		b.want(err, fault.Invalid, "quote.until_short")
		_, err = b.svc.Offer(b.at(), b.ingrid, Cmd{Quote: q.ID, Round: 1, ValidUntil: "2026-11-15", Lines: []LineCmd{{SKU: "SAW", Quantity: money.One}}})
		b.want(err, fault.Invalid, "quote.day_past")
		b.events.take()
		lines := []LineCmd{{SKU: "DRILL", Quantity: money.Whole(24), Unit: "CA", Price: money.Whole(740)}, {SKU: "NONE", Quantity: money.One}}
		seen, total, err := b.svc.Preview(b.at(), b.ingrid, Offer, Cmd{Quote: q.ID, Round: 1, Lines: lines})
		b.must(err)
		eq(t, "while it is typed", seen[0].Name("en")+" "+seen[0].Base.String()+" "+total.String()+seen[1].SKU, "Drill 840 17760.00")
		q, err = b.svc.Offer(b.at(), b.ingrid, Cmd{Quote: q.ID, Round: 1, Title: q.Title, Customer: q.Customer, Lines: []LineCmd{lines[0], {SKU: "SAW", Quantity: money.Whole(12), Price: price2("48.5")}}})
		b.must(err)
		eq(t, "said", b.events.take(), "Offered")
		eq(t, "thirty days", q.ValidUntil, "2026-12-16")
		eq(t, "to the end of the supplier's day", q.Expires, time.Date(2026, 12, 16, 16, 0, 0, 0, time.UTC))
		eq(t, "a case costs ten", q.Lines[0].Base, money.Price(money.Whole(840)))
		eq(t, "offered", q.Lines[0].Steps[len(q.Lines[0].Steps)-1].Kind, StepSpecial)
		got, err := b.svc.Get(b.at(), b.maya, q.ID)
		b.must(err)
		eq(t, "rounds", len(got.Versions), 2)
		var said []string
		for _, c := range Diff(got.Versions[1], got.Versions[0]) {
			said = append(said, c.SKU+" "+c.Field+" "+c.Was+">"+c.Now)
		}
		eq(t, "difference", strings.Join(said, "; "), "DRILL line >24 CA; SAW quantity 10>12; SAW price 50.00>48.50; DRILL line 240 EA>")
		// the reseller wants another round; the old one cannot be accepted any more
		q2, err := b.svc.Ask(b.at(), b.maya, Cmd{Quote: q.ID, Round: 2, Lines: []LineCmd{{SKU: "DRILL", Quantity: money.Whole(240), Price: price2("73")}}})
		b.must(err)
		eq(t, "round", q2.Round, 3)
		_, err = b.svc.Accept(b.at(), b.dan, q.ID, AcceptCmd{Round: 2})
		b.want(err, fault.Conflict, "quote.not_now")
		q3, err := b.svc.Offer(b.at(), b.ingrid, Cmd{Quote: q.ID, Round: 3, Lines: []LineCmd{{SKU: "DRILL", Quantity: money.Whole(240), Price: price2("73")}}})
		b.must(err)
		eq(t, "the wish stays visible", q3.Lines[0].Asked, price2("73"))
		_, err = b.svc.Accept(b.at(), b.dan, q.ID, AcceptCmd{Round: 2})
		b.want(err, fault.Conflict, "quote.changed")
		_, err = b.svc.Decline(b.at(), b.maya, q.ID, EndCmd{Round: 4, Reason: "weather"})
		b.want(err, fault.Invalid, "form.choice_wrong")
		b.events.take()
		q4, err := b.svc.Decline(b.at(), b.maya, q.ID, EndCmd{Round: 4, Reason: "price", Comment: "a rival is cheaper"})
		b.must(err)
		eq(t, "declined", q4.State, Declined)
		_, err = b.svc.Decline(b.at(), b.maya, q.ID, EndCmd{Round: 4, Reason: "price"})
		b.must(err) // again: nothing happens
		eq(t, "once", b.events.take(), "Declined")
		_, err = b.svc.Ask(b.at(), b.maya, Cmd{Quote: q.ID, Round: 4, Lines: []LineCmd{{SKU: "SAW", Quantity: money.One}}})
		b.want(err, fault.Conflict, "quote.not_now")
		// the same post twice is one quote
		c := Cmd{Partnership: b.toK, Key: "k", Lines: []LineCmd{{SKU: "SAW", Quantity: money.One}}}
		one, err := b.svc.Ask(b.at(), b.maya, c)
		b.must(err)
		two, err := b.svc.Ask(b.at(), b.maya, c)
		b.must(err)
		eq(t, "one quote", two.ID, one.ID)
		c.Key = "at once"
		at := b.at()
		var wg sync.WaitGroup
		got4, errs := make([]Quote, 4), make([]error, 4)
		for i := range got4 {
			wg.Go(func() { got4[i], errs[i] = b.svc.Ask(at, b.maya, c) })
		}
		wg.Wait()
		b.must(errors.Join(errs...))
		for _, x := range got4 {
			eq(t, "one quote of four posts", x.ID, got4[0].ID)
		}
		eq(t, "named after its line", one.Title, "SAW Saw")
		if m, err := b.svc.Some(b.at(), b.ingrid, one.ID, "none"); err != nil || len(m) != 1 || m[one.ID].Number != one.Number {
			t.Fatalf("%+v %v", m, err)
		}
		p, err := b.svc.List(b.at(), b.ingrid, access.Supplier, Filter{Query: "harr"})
		b.must(err)
		eq(t, "found by its customer", len(p.Items), 1)
		p, err = b.svc.List(b.at(), b.ingrid, access.Supplier, Filter{View: ViewMine, Limit: 1})
		b.must(err)
		eq(t, "they wait", len(p.Items) == 1 && p.Next != "", true)
		n, err := b.svc.Counts(b.at(), b.ingrid, access.Supplier)
		b.must(err)
		w, err := b.svc.Waiting(b.at(), b.ingrid, access.Supplier)
		b.must(err)
		eq(t, "as many as its view has", w, n[ViewMine])
		w, err = b.svc.Waiting(b.at(), b.maya, access.Reseller)
		b.must(err)
		eq(t, "none to answer", w, 0)
	})
}

// A clock tells once that an offer ends, and ends it with its last day.
func TestClock(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		q := b.offered()
		b.events.take()
		tick := func(at time.Time) string {
			b.now = at
			_, err := b.svc.Tick(b.at())
			b.must(err)
			return b.events.take()
		}
		eq(t, "long before", tick(q.Expires.AddDate(0, 0, -3)), "")
		eq(t, "two days before", tick(q.Expires.Add(-47*time.Hour)), "Ending")
		eq(t, "told once", tick(q.Expires.Add(-46*time.Hour)), "")
		b.now = q.Expires
		_, err := b.svc.Accept(b.at(), b.dan, q.ID, AcceptCmd{Round: 2})
		b.want(err, fault.Conflict, "quote.over")
		eq(t, "over", tick(q.Expires), "Expired")
		eq(t, "once", tick(q.Expires.Add(time.Hour)), "")
		late, err := b.svc.Offer(b.at(), b.ingrid, Cmd{Quote: q.ID, Round: 2, ValidUntil: "2026-12-24", Lines: []LineCmd{{SKU: "DRILL", Quantity: money.Whole(240), Price: money.Whole(75)}}})
		b.must(err)
		eq(t, "the supplier offers anew", late.State, Offered)
	})
}

// An accepted quote becomes one order, whoever presses how often; it carries the number and
// that of the registration, and nothing on it is in doubt.
func TestAccept(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		reg, _, err := b.deals.Create(b.at(), b.maya, b.toK, deal.Draft{Kind: deal.KindStandard, Title: "Harrow", Customer: deal.Party{Name: "Harrow Fabrication", Country: "GB", Web: "harrow.example"}, Items: []deal.Item{{SKU: "DRILL", Quantity: money.Whole(240)}}, Value: money.Amount{Minor: 1_776_000, Currency: "GBP"}})
		b.must(err)
		q, err := b.svc.Ask(b.at(), b.maya, Cmd{Partnership: b.toK, Deal: reg.ID, Lines: []LineCmd{{SKU: "DRILL", Quantity: money.Whole(240), Price: money.Whole(74)}}})
		b.must(err)
		eq(t, "for the registration", q.DealCode, reg.Code)
		_, err = b.svc.Offer(b.at(), b.ingrid, Cmd{Partnership: b.toB, Deal: reg.ID, Lines: []LineCmd{{SKU: "SAW", Quantity: money.One}}})
		b.want(err, fault.Invalid, "quote.deal_wrong") // not with another reseller
		q, err = b.svc.Offer(b.at(), b.ingrid, Cmd{Quote: q.ID, Round: 1, Lines: []LineCmd{{SKU: "DRILL", Quantity: money.Whole(240), Price: money.Whole(74)}}})
		b.must(err)
		_, err = b.svc.Accept(b.at(), b.maya, q.ID, AcceptCmd{Round: 2, Order: true})
		b.want(err, fault.Forbidden, "") // sales people do not order
		_, err = b.trade.Place(b.at(), b.dan, trade.PlaceCmd{Partnership: b.toK, Quote: q.Number, Round: 2, Lines: []trade.PlaceLine{{SKU: "DRILL", Unit: "EA", Quantity: money.Whole(240), Price: money.Whole(60)}}})
		b.want(err, fault.Conflict, "quote.changed") // a price that nobody offered
		taken := b.receive(order("TAKEN", "", "", [4]string{"SAW", "1", "EA", "50"}))
		cmd := AcceptCmd{Round: 2, Order: true, PlaceCmd: trade.PlaceCmd{Number: "TAKEN", ShipTo: doc.Party{Name: "Kestrel Leeds", City: "Leeds"}}}
		_, err = b.svc.Accept(b.at(), b.dan, q.ID, cmd)
		b.want(err, fault.Invalid, "quote.number_used")
		if taken, err = b.trade.Get(b.at(), b.ingrid, taken.ID); err != nil || taken.Held != "" {
			t.Fatalf("the order under that number is touched: %v %q", err, taken.Held)
		}
		cmd.Number = ""
		at := b.at()
		var wg sync.WaitGroup
		got, errs := make([]Quote, 4), make([]error, 4)
		for i := range got {
			wg.Go(func() { got[i], errs[i] = b.svc.Accept(at, b.dan, q.ID, cmd) })
		}
		wg.Wait()
		b.must(errors.Join(errs...))
		for _, x := range got {
			eq(t, "one order", x.Order, got[0].Order)
			eq(t, "accepted", x.State, Accepted)
		}
		o, err := b.trade.Get(b.at(), b.ingrid, got[0].Order)
		b.must(err)
		eq(t, "as offered", o.Total.Minor, int64(240*7400))
		eq(t, "no doubt", o.Marks, 0)
		eq(t, "the agreed price is the quote's", o.Lines[0].ListPrice, money.Price(money.Whole(74)))
		var refs []string
		for _, r := range o.Refs {
			refs = append(refs, r.Qualifier+" "+r.Value)
		}
		eq(t, "carries both numbers", strings.Join(refs, ", "), "CT "+reg.Code+", PR Q-00001")
		eq(t, "who ordered", o.PlacedBy, b.dan.Person)
		_, err = b.svc.Withdraw(b.at(), b.ingrid, q.ID, EndCmd{Round: 2})
		b.want(err, fault.Conflict, "quote.not_now")
		again := b.receive(order("PO-2", "PR", "q-00001 ", [4]string{"DRILL", "1", "EA", "74"}))
		eq(t, "nothing is left", again.Lines[0].Marks.Has(trade.QuoteOver), true)
		m, err := b.svc.Deals(b.at(), b.ingrid, b.aurelia, b.kestrel, []string{"Q-00001", "x"})
		b.must(err)
		eq(t, "leads to the registration", m["Q-00001"], reg.Code)
		det, err := b.svc.Get(b.at(), b.ingrid, q.ID)
		b.must(err)
		eq(t, "both orders", len(det.Orders), 2)
		eq(t, "counted", det.Lines[0].Ordered, money.Quantity(money.Whole(241)))
	})
}

// An order that carries the number has the prices of the quote, within its days, its
// quantities and its products; all else is a doubt on the line and refuses nothing.
func TestNumberInTheOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		q := b.offered()
		marks := func(o trade.Detail) string {
			var out []string
			for _, l := range o.Lines {
				out = append(out, strings.Join(func() (w []string) {
					for _, m := range l.Marks {
						w = append(w, string(m))
					}
					return w
				}(), "+"))
			}
			return strings.Join(out, ",")
		}
		b.events.take()
		first := b.receive(order("PO-1", "AAG", "Q-00001", [4]string{"DRILL", "10", "CA", "739"}, [4]string{"SAW", "11", "EA", "50"}))
		eq(t, "a price within tolerance, a quantity over", marks(first), ",quote_over")
		got, err := b.svc.Get(b.at(), b.maya, q.ID)
		b.must(err)
		eq(t, "in doubt it accepts nothing", got.State, Offered)
		b.must(second(b.trade.Cancel(b.at(), b.dan, first.ID, 0, "wrong")))
		low := b.receive(order("PO-2", "PR", "Q-00001", [4]string{"DRILL", "24", "CA", "700"}))
		eq(t, "not the price", marks(low), "quote_price")
		b.must(second(b.trade.Cancel(b.at(), b.dan, low.ID, 0, "wrong")))
		b.events.take()
		full := b.receive(order("PO-3", "PR", "Q-00001", [4]string{"DRILL", "20", "CA", "740"}, [4]string{"RARE", "1", "EA", "5"}))
		eq(t, "the rest of the order is as any", marks(full), ",no_list_price")
		eq(t, "the order is the acceptance", b.events.take(), "Accepted")
		if got, err = b.svc.Get(b.at(), b.maya, q.ID); err != nil || got.State != Accepted || got.Order != full.ID || got.DecidedOrg != b.kestrel {
			t.Fatalf("%v %+v", err, got.Quote)
		}
		eq(t, "linked", full.Lines[0].ListPrice, money.Price(money.Whole(740)))
		part := b.receive(order("PO-4", "PR", "Q-00001", [4]string{"DRILL", "41", "EA", ""}))
		eq(t, "what was cancelled is free, this is one too many", marks(part), "quote_over")
		eq(t, "the price is filled in", part.Lines[0].Price, money.Price(money.Whole(74)))
		none := b.receive(order("PO-5", "PR", "Q-00077", [4]string{"SAW", "1", "EA", "50"}))
		eq(t, "unknown", marks(none), "quote_unknown")
		other := b.receive(order("PO-6", "PR", "VQ/2026/7", [4]string{"SAW", "1", "EA", "50"}))
		eq(t, "the number of somebody else's system", marks(other), "")
		line := order("PO-7", "", "", [4]string{"SAW", "2", "EA", "50"}, [4]string{"RARE", "1", "EA", "5"})
		for i := range line.Lines {
			line.Lines[i].Refs = []doc.Ref{{Qualifier: "PR", Value: "Q-00001"}}
		}
		eq(t, "a line that names it and is not of it", marks(b.receive(line)), ",no_list_price+quote_item")
		late := order("PO-8", "PR", "Q-00001", [4]string{"SAW", "1", "EA", "50"})
		late.Date = "2027-01-02"
		b.now = time.Date(2027, 1, 2, 9, 0, 0, 0, time.UTC)
		eq(t, "its days are over", marks(b.receive(late)), "quote_outside")
		n, err := b.svc.OfOrder(b.at(), b.ingrid, full.ID)
		b.must(err)
		eq(t, "from the order to the quote", len(n), 1)
		// accepted without an order, then ordered in the portal
		q2 := b.offered2()
		q2, err = b.svc.Accept(b.at(), b.dan, q2.ID, AcceptCmd{Round: 1})
		b.must(err)
		eq(t, "no order yet", q2.Order, trade.OrderID(""))
		q2, err = b.svc.Accept(b.at(), b.dan, q2.ID, AcceptCmd{Round: 1, Order: true})
		b.must(err)
		eq(t, "then one", q2.Order != "", true)
	})
}

func (b *bench) offered2() Quote {
	b.t.Helper()
	q, err := b.svc.Offer(b.at(), b.ingrid, Cmd{Partnership: b.toK, Lines: []LineCmd{{SKU: "SAW", Quantity: money.Whole(3), Price: money.Whole(45)}}})
	b.must(err)
	return q
}

// A rival, and roles that read no quotes, meet nothing of one; numbers do not tell of others.
func TestWall(t *testing.T) {
	t.Parallel()
	d := dbtest.One(t)
	b := setup(t, d)
	q := b.offered()
	ctx := b.at()
	for who, a := range map[string]access.Actor{"rival": b.kaarel, "supplier's sales": b.sven, "viewer": b.watcher} {
		for what, err := range map[string]error{
			"get": second(b.svc.Get(ctx, a, q.ID)), "head": second(b.svc.Head(ctx, a, q.ID)), "see": b.svc.MaySee(ctx, a, q.ID), "accept": second(b.svc.Accept(ctx, a, q.ID, AcceptCmd{Round: 2})),
			"decline": second(b.svc.Decline(ctx, a, q.ID, EndCmd{Round: 2, Reason: "price"})), "withdraw": second(b.svc.Withdraw(ctx, a, q.ID, EndCmd{Round: 2})), "recall": second(b.svc.Recall(ctx, a, q.ID, EndCmd{Round: 2})),
			"refuse": second(b.svc.Refuse(ctx, a, q.ID, EndCmd{Round: 2, Reason: "price"})), "ask": second(b.svc.Ask(ctx, a, Cmd{Quote: q.ID, Round: 2})), "offer": second(b.svc.Offer(ctx, a, Cmd{Quote: q.ID, Round: 2})),
			"ask anew": second(b.svc.Ask(ctx, a, Cmd{Partnership: b.toK})), "deals": second(b.svc.Deals(ctx, a, b.aurelia, b.kestrel, []string{q.Number})),
		} {
			if !fault.IsNotFound(err) {
				t.Errorf("%s, %s: %v", who, what, err)
			}
		}
		for _, side := range []access.Side{access.Supplier, access.Reseller} {
			if p, err := b.svc.List(ctx, a, side, Filter{Query: "Harrow"}); len(p.Items) > 0 || who == "rival" && err != nil {
				t.Errorf("%s lists %v %v", who, p.Items, err)
			}
			if n, _ := b.svc.Counts(ctx, a, side); len(n) > 0 {
				t.Errorf("%s counts %v", who, n)
			}
			if m, _ := b.svc.Some(ctx, a, q.ID); len(m) > 0 {
				t.Errorf("%s reads %v", who, m)
			}
			if n, _ := b.svc.Waiting(ctx, a, side); n > 0 {
				t.Errorf("%s is told that %d wait", who, n)
			}
		}
	}
	own, err := b.svc.Ask(b.at(), b.kaarel, Cmd{Partnership: b.toB, Lines: []LineCmd{{SKU: "SAW", Quantity: money.One}}})
	b.must(err)
	eq(t, "his first is the first", own.Number, "Q-00001")
	r, err := b.trade.ReceiveOrder(b.at(), access.System("gateway", b.baltic), trade.Incoming{Doc: order("B-1", "PR", "Q-00001", [4]string{"DRILL", "1", "EA", "74"}), Supplier: b.aurelia, Reseller: b.baltic, Partnership: b.toB, Interchange: db.NewID(), SetNo: 1})
	b.must(err)
	o, err := b.trade.Get(b.at(), b.kaarel, r.Order)
	b.must(err)
	eq(t, "the number means his own", o.Lines[0].ListPrice, money.Price(money.Whole(84)))
	b.must(d.InTx(b.at(), func(ctx context.Context) error {
		return db.Tx(ctx).Exec("UPDATE partnership SET state = 'ended' WHERE id = ?", b.toK).Error
	}))
	for what, err := range map[string]error{"ask": second(b.svc.Ask(b.at(), b.maya, Cmd{Partnership: b.toK, Lines: []LineCmd{{SKU: "SAW", Quantity: money.One}}})), "accept": second(b.svc.Accept(b.at(), b.dan, q.ID, AcceptCmd{Round: 2})),
		"order": second(b.svc.Accept(b.at(), b.dan, q.ID, AcceptCmd{Round: 2, Order: true}))} {
		if fault.CodeOf(err) != fault.Conflict {
			t.Errorf("%s after the end: %v", what, err)
		}
	}
	if _, err := b.svc.Get(b.at(), b.maya, q.ID); err != nil {
		t.Errorf("it stays readable: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// What is pressed is accepted, whatever other orders have drawn meanwhile; what they have is
// a doubt on the line.
func TestAcceptedBesideOthers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		q := b.offered()
		low := b.receive(order("PO-1", "PR", "Q-00001", [4]string{"DRILL", "5", "EA", "60"}))
		eq(t, "in doubt", low.Lines[0].Marks.Has(trade.QuotePrice), true)
		got, err := b.svc.Accept(b.at(), b.dan, q.ID, AcceptCmd{Round: 2, Order: true})
		b.must(err)
		eq(t, "accepted", got.State, Accepted)
		o, err := b.trade.Get(b.at(), b.ingrid, got.Order)
		b.must(err)
		eq(t, "more than is left", o.Lines[0].Marks.Has(trade.QuoteOver), true)
	})
}

// A second order under a number that is used, booked beside the first, draws beside it too.
func TestCopiesDraw(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	b.offered()
	b.receive(order("PO-1", "PR", "Q-00001", [4]string{"DRILL", "200", "EA", "74"}))
	again := order("PO-1", "PR", "Q-00001", [4]string{"DRILL", "201", "EA", "74"})
	r, err := b.trade.ReceiveOrder(b.at(), access.System("gateway", b.kestrel), trade.Incoming{Doc: again, Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.toK, Interchange: db.NewID(), SetNo: 1})
	b.must(err)
	eq(t, "held", r.Outcome, trade.HeldBack)
	r, err = b.trade.Resolve(b.at(), b.dan, r.Arrival, trade.ResolveCmd{Answer: trade.AnswerNew})
	b.must(err)
	o, err := b.trade.Get(b.at(), b.ingrid, r.Order)
	b.must(err)
	eq(t, "40 are left", o.Lines[0].Marks.Has(trade.QuoteOver), true)
}

// An order of many lines that each name a quote is read at once, and whatever their sequence
// the quotes are taken in one.
func TestManyQuotesInOneOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		one, two := b.offered2(), b.offered2()
		doc1 := order("PO-1", "", "", [4]string{"SAW", "1", "EA", "45"}, [4]string{"SAW", "2", "EA", "45"}, [4]string{"SAW", "2", "EA", "45"})
		for i, n := range []string{two.Number, one.Number, two.Number} {
			doc1.Lines[i].Refs = []doc.Ref{{Qualifier: "PR", Value: n}}
		}
		o := b.receive(doc1)
		eq(t, "no doubt", o.Marks, 0)
		for _, q := range []Quote{one, two} {
			got, err := b.svc.Get(b.at(), b.ingrid, q.ID)
			b.must(err)
			eq(t, "accepted by the order", string(got.State)+string(got.Order), "accepted"+string(o.ID))
			eq(t, "drawn", got.Lines[0].Ordered, map[ID]money.Quantity{one.ID: money.Whole(2), two.ID: money.Whole(3)}[q.ID])
		}
		many := trade.QuotedOrder{Supplier: b.aurelia, Reseller: b.kestrel, OrderedOn: "2026-11-20", Currency: "GBP"}
		for i := range 3000 {
			many.Lines = append(many.Lines, trade.QuotedLine{Number: i + 1, Ordered: money.One, Refs: []string{fmt.Sprintf("Q-%05d", i+1)}})
		}
		was := d.Counts()
		b.must(d.InTx(b.at(), func(ctx context.Context) error {
			vs, err := b.svc.Weigh(ctx, many)
			if err == nil && (len(vs) != 3000 || vs[0].Mark != trade.QuoteItem || vs[2999].Mark != trade.QuoteUnknown) {
				err = fmt.Errorf("weighed %v", vs[0])
			}
			return err
		}))
		if n := d.Counts().Run - was.Run; n > 20 {
			t.Errorf("%d statements", n)
		}
	})
}

// A change of an order that draws on no quote asks for no units.
func TestAgainWithoutQuote(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	units := func([]trade.QuotedLine) error { t.Error("units are read"); return nil }
	b.must(b.db.InTx(b.at(), func(ctx context.Context) error {
		vs, err := b.svc.Again(ctx, trade.QuotedOrder{ID: "none", Lines: []trade.QuotedLine{{Number: 1, Ordered: money.One}}}, units)
		if vs != nil {
			t.Errorf("%+v", vs)
		}
		return err
	}))
}

// A partnership that began anew in another currency goes on with none of its old quotes.
func TestOtherCurrency(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	q := b.offered()
	b.must(b.db.InTx(b.at(), func(ctx context.Context) error {
		return db.Tx(ctx).Exec("UPDATE partnership SET currency = 'USD' WHERE id = ?", b.toK).Error
	}))
	_, err := b.svc.Accept(b.at(), b.dan, q.ID, AcceptCmd{Round: 2, Order: true})
	b.want(err, fault.Conflict, "quote.other_currency")
	_, err = b.svc.Accept(b.at(), b.dan, q.ID, AcceptCmd{Round: 2})
	b.want(err, fault.Conflict, "quote.other_currency")
	_, err = b.svc.Offer(b.at(), b.ingrid, Cmd{Quote: q.ID, Round: 2, Lines: []LineCmd{{SKU: "SAW", Quantity: money.One, Price: money.One}}})
	b.want(err, fault.Conflict, "quote.other_currency")
}

// Nothing is cut off, nothing that does not show what it holds is kept, and no more is quoted
// than can be ordered.
func TestWords(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		ask := func(cmd Cmd) error {
			cmd.Partnership = b.toK
			if len(cmd.Lines) == 0 {
				cmd.Lines = []LineCmd{{SKU: "SAW", Quantity: money.One}}
			}
			_, err := b.svc.Ask(b.at(), b.maya, cmd)
			return err
		}
		b.want(ask(Cmd{Title: strings.Repeat("四", 41)}), fault.Invalid, "form.too_long")
		b.want(ask(Cmd{Title: "a\x00b"}), fault.Invalid, "form.text_wrong")
		b.want(ask(Cmd{Customer: "Harrow\u202eworraH"}), fault.Invalid, "form.text_wrong")
		b.want(ask(Cmd{Note: "\xff"}), fault.Invalid, "form.text_wrong")
		b.want(ask(Cmd{Lines: []LineCmd{{SKU: "DRILL", Unit: "CA", Quantity: money.Whole(100_000_001)}}}), fault.Invalid, "quote.quantity_most")
		b.want(ask(Cmd{Key: "k\x00", Lines: []LineCmd{{SKU: "SAW\x00", Quantity: money.One}}}), fault.Invalid, "")
		b.must(ask(Cmd{Customer: strings.Repeat("四", 66), Note: "two\nlines", Lines: []LineCmd{{SKU: "DRILL", Unit: "CA", Quantity: money.Whole(100_000_000)}}}))
		q := b.ask()
		_, err := b.svc.Refuse(b.at(), b.ingrid, q.ID, EndCmd{Round: 1, Reason: "price", Comment: "no\x00"})
		b.want(err, fault.Invalid, "form.text_wrong")
	})
}

// A change of an order that draws on a quote is held against it again: what is left, price and
// days. What asks for less is in no doubt, and what is granted draws.
func TestChangeAgainstTheQuote(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.offered()
		o := b.receive(order("PO-1", "PR", "Q-00001", [4]string{"DRILL", "200", "EA", "74"}))
		eq(t, "no doubt", o.Marks, 0)
		change := func(request string, lines ...doc.ChangeLine) trade.OrderChange {
			t.Helper()
			x := doc.OrderChange{Purpose: "04", Number: "PO-1", Request: request, Lines: lines}
			r, err := b.trade.ReceiveReply(b.at(), access.System("edi", b.kestrel), trade.IncomingReply{Change: &x, Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.toK, Interchange: db.NewID(), SetNo: 1})
			b.must(err)
			got, err := b.trade.Get(b.at(), b.ingrid, o.ID)
			b.must(err)
			if len(got.Changes) == 0 {
				t.Fatalf("%s: %+v", request, r)
			}
			return got.Changes[len(got.Changes)-1]
		}
		line := func(code, number, sku, q, price string) doc.ChangeLine {
			l := doc.ChangeLine{Change: code}
			l.Number, l.VendorItem, l.Quantity, l.Unit, l.Price = number, sku, doc.Decimal(q), "EA", doc.Decimal(price)
			return l
		}
		said := func(c trade.OrderChange) string {
			var out []string
			for _, l := range c.Lines {
				var w []string
				for _, m := range l.Marks {
					w = append(w, string(m))
				}
				out = append(out, strings.Join(w, "+"))
			}
			return strings.Join(out, ",")
		}
		grant := func(c trade.OrderChange) trade.Detail {
			t.Helper()
			_, err := b.trade.AnswerChange(b.at(), b.ingrid, c.ID, trade.AnswerCmd{})
			b.must(err)
			got, err := b.trade.Get(b.at(), b.ingrid, o.ID)
			b.must(err)
			return got
		}
		eq(t, "within what is left, and a saw of the quote", said(change("CH-1", line("QI", "1", "DRILL", "240", ""), line("AI", "2", "SAW", "10", "50"))), ",")
		c := change("CH-2", line("QI", "1", "DRILL", "241", ""), line("AI", "2", "SAW", "11", "50"))
		eq(t, "more than is left", said(c), "quote_over,quote_over")
		got := grant(c)
		eq(t, "the order is in doubt", got.Lines[0].Marks.Has(trade.QuoteOver) && got.Lines[1].Marks.Has(trade.QuoteOver), true)
		q, err := b.svc.List(b.at(), b.ingrid, access.Supplier, Filter{})
		b.must(err)
		one, err := b.svc.Get(b.at(), b.ingrid, q.Items[0].ID)
		b.must(err)
		eq(t, "drills drawn", one.Lines[0].Ordered, money.Whole(241))
		eq(t, "saws drawn", one.Lines[1].Ordered, money.Whole(11))
		c = change("CH-3", line("QD", "1", "DRILL", "100", ""))
		eq(t, "less", said(c), "")
		eq(t, "no doubt any more", grant(c).Lines[0].Marks.Has(trade.QuoteOver), false)
		c = change("CH-4", line("PC", "1", "DRILL", "", "60"))
		eq(t, "another price", said(c), "quote_price")
		eq(t, "kept as a doubt", grant(c).Lines[0].Marks.Has(trade.QuotePrice), true)
		b.now = time.Date(2027, 1, 2, 9, 0, 0, 0, time.UTC)
		eq(t, "after its days", said(change("CH-5", line("QI", "1", "DRILL", "120", ""))), "quote_outside")
		eq(t, "less, after its days", said(change("CH-6", line("QD", "1", "DRILL", "90", ""))), "")
	})
}
