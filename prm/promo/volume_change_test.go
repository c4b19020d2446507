package promo

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/trade"
)

// agreeAgain puts other terms in force.
func (m *market) agreeAgain(id ID, change func(*Terms)) {
	m.t.Helper()
	d := m.get(id)
	next := d.Text()
	change(&next)
	d, err := m.svc.SaveDraft(m.at(), m.ingrid, id, d.Version, next)
	m.must(err)
	_, err = m.svc.Propose(m.at(), m.ingrid, id, d.Version, "another text")
	m.must(err)
	for _, a := range []access.Actor{m.maya, m.kaarel} {
		if d := m.get(id); d.Open != nil {
			if j := m.join(a, id); j.Seat.State == Asked {
				_, err := m.svc.Approve(m.at(), a, id, j.Hash)
				m.must(err)
			}
		}
	}
	if d := m.get(id); d.Open != nil || d.InForce.Number < 2 {
		m.t.Fatalf("%+v", d)
	}
}

func (m *market) credit(day string, d trade.Detail, n int64) {
	m.t.Helper()
	_, err := m.trade.Credit(m.on(day), m.boss, d.Invoices[0].ID, trade.CreditCmd{IssuedOn: day, Lines: []trade.CreditLine{{Position: 1, Quantity: money.Whole(n)}}})
	m.must(err)
	m.must(m.svc.Attribute(m.on(day), m.boss, m.trade, d.ID))
}

func (m *market) parts(id ID, want string) {
	m.t.Helper()
	r, err := m.svc.Results(m.at(), m.maya, id)
	m.must(err)
	got := ""
	for _, x := range r.Parts {
		got += fmt.Sprint(x.Invoiced, " ", x.Earned, " ", x.Earned.Currency, ";")
	}
	if got != want {
		m.t.Fatalf("%s, want %s", got, want)
	}
}

// What was agreed in a currency stays in it: a later text in another one is refused in words,
// also for a company that was left out meanwhile. One that was agreed before this was refused
// keeps no document of the earlier text from being followed: the lines say what was earned, and
// the money stays in the currency in which it was earned.
func TestVolumeInAnotherCurrencyLater(t *testing.T) {
	open4(t, func(m *market) {
		funds := m.paid()
		p := m.running(m.volumeTerms())
		a := m.deliver(m.order("2026-12-02", "", want{"AUR-D18B", "65", "84", ""}).ID, "2026-12-03", "2026-12-03", "2026-12-04")
		m.parts(p.ID, "65 546.00 GBP;")
		m.now = time.Date(2026, 12, 5, 9, 0, 0, 0, time.UTC)
		euro := func(x *Terms) {
			for i := range x.Parts {
				if x.Parts[i].Org == m.kestrel {
					x.Parts[i].Currency, x.Parts[i].Rate = "EUR", 1_150_000
				}
			}
		}
		next := m.get(p.ID).Text()
		euro(&next)
		_, err := m.svc.SaveDraft(m.at(), m.ingrid, p.ID, m.get(p.ID).Version, next)
		m.want(err, fault.Invalid, "form.invalid")
		if f := fault.As(err).Fields; len(f) != 1 || f[0].Name != "parts."+m.kestrel+".currency" || f[0].Key != "promo.currency_agreed" || f[0].Args["Currency"] != "GBP" {
			t.Fatalf("%+v", f)
		}
		m.agreeAgain(p.ID, func(x *Terms) { x.Title = "In the currency of before" })
		next = m.get(p.ID).Text()
		next.Currency = "EUR"
		_, err = m.svc.SaveDraft(m.at(), m.ingrid, p.ID, m.get(p.ID).Version, next)
		m.want(err, fault.Invalid, "form.invalid")
		m.must(m.db.InTx(m.at(), func(ctx context.Context) error { // a draft of before it was refused is not proposed
			next = m.get(p.ID).Text()
			euro(&next)
			return db.Tx(ctx).Exec("UPDATE promotion SET draft = ? WHERE id = ?", db.Text(next), string(p.ID)).Error
		}))
		_, err = m.svc.Propose(m.at(), m.ingrid, p.ID, m.get(p.ID).Version, "")
		m.want(err, fault.Invalid, "form.invalid")
		m.must(m.db.InTx(m.at(), func(ctx context.Context) error { // and one that was agreed goes on
			return db.Tx(ctx).Exec("UPDATE promotion_version SET body = ? WHERE promotion_id = ? AND number = 2", db.Text(next), string(p.ID)).Error
		}))
		m.credit("2026-12-10", a, 10) // 55 are left: a step back
		m.parts(p.ID, "55 231.00 GBP;")
		b := m.orderOf(m.kestrel, m.toKestrel, "EUR", "2026-12-11", "", nil, want{"AUR-D18B", "10", "100.80", ""})
		m.deliver(b.ID, "2026-12-12", "2026-12-12", "2026-12-12")
		m.rebuilt(p.ID)
		// 65 of both are at 10 % again: 55 × 8.40 of the first currency can be claimed
		if _, w := m.ledger(funds, p.ID); w.Balance.Granted != (money.Amount{Minor: 462_00, Currency: "GBP"}) {
			t.Fatalf("%+v", w.Balance)
		}
		got, err := m.svc.Proposed(m.at(), m.maya, p.ID)
		m.must(err)
		if got.Sum != (money.Amount{Minor: 462_00, Currency: "GBP"}) || len(got.Lines) != 1 {
			t.Fatalf("%+v", got)
		}
		claim, err := m.svc.Claim(m.at(), m.maya, p.ID, got.Mark)
		m.must(err)
		_, err = funds.Decide(m.at(), m.ingrid, claim.ID, claim.Version, nil, "")
		m.must(err)
		basis, err := m.svc.Basis(m.at(), m.boss, p.Number, m.kestrel)
		m.must(err)
		if basis.Currency != "GBP" || len(basis.Lots) != 1 || basis.Left != 0 {
			t.Fatalf("%+v", basis)
		}
	})
}

// What was settled stays as it was when a document that comes late takes a step back, and a
// claim that waits for its decision loses what is not earned any more.
func TestVolumeAfterTheEnd(t *testing.T) {
	open4(t, func(m *market) {
		funds := m.paid()
		p := m.running(m.volumeTerms())
		a := m.deliver(m.order("2026-12-02", "", want{"AUR-D18B", "62", "84", ""}).ID, "2026-12-03", "2026-12-03", "2026-12-04")
		m.must(m.svc.Tick(m.on("2026-12-02")))
		m.must(m.svc.Tick(m.on("2027-01-02")))
		m.now = time.Date(2027, 1, 20, 9, 0, 0, 0, time.UTC)
		got, err := m.svc.Proposed(m.at(), m.maya, p.ID)
		m.must(err)
		claim, err := m.svc.Claim(m.at(), m.maya, p.ID, got.Mark)
		m.must(err)
		m.must(m.svc.Settle(m.on("2027-02-01"), m.ingrid, p.ID, m.get(p.ID).Version, ""))
		m.events.take()
		m.credit("2027-02-03", a, 5) // 57 at 5 %: 239.40 of 520.80
		m.lates(p.ID, "credited "+a.Number+" -5 0 -281.40 GBP")
		m.now = time.Date(2027, 2, 4, 9, 0, 0, 0, time.UTC)
		r, err := m.svc.Results(m.at(), m.maya, p.ID)
		m.must(err)
		if r.State != Settled || r.Frozen[0].Earned.String() != "520.80" || r.Parts[0].Earned.String() != "239.40" {
			t.Fatalf("%+v", r)
		}
		_, w := m.ledger(funds, p.ID)
		if w.Balance.Available.Minor-w.Balance.Owed.Minor != 239_40 || w.Balance.Granted.Minor != 239_40 {
			t.Fatalf("%+v", w.Balance)
		}
		_, err = funds.Decide(m.at(), m.ingrid, claim.ID, claim.Version, nil, "")
		if err == nil {
			t.Fatal("520.80 are granted of 239.40")
		}
		if got, err := m.svc.Proposed(m.at(), m.maya, p.ID); err != nil || len(got.Lines) > 0 {
			t.Fatalf("%+v %v", got, err)
		}
	})
}

// What was bought before a promotion was cancelled keeps following its documents.
func TestVolumeOfACancelledPromotion(t *testing.T) {
	open4(t, func(m *market) {
		funds := m.paid()
		p := m.running(m.volumeTerms())
		a := m.deliver(m.order("2026-12-02", "", want{"AUR-D18B", "50", "84", ""}).ID, "2026-12-03", "2026-12-03", "2026-12-04")
		b := m.order("2026-12-05", "", want{"AUR-D18B", "15", "84", ""})
		_, err := m.svc.Cancel(m.on("2026-12-06"), m.ingrid, p.ID, m.get(p.ID).Version, "stock is gone")
		m.must(err)
		c := m.order("2026-12-07", "", want{"AUR-D18B", "90", "84", ""})
		m.deliver(c.ID, "2026-12-08", "2026-12-08", "2026-12-08")
		m.parts(p.ID, "50 210.00 GBP;")
		m.deliver(b.ID, "2026-12-08", "2026-12-08", "2026-12-08")
		m.parts(p.ID, "65 546.00 GBP;")
		m.credit("2026-12-10", a, 50)
		m.parts(p.ID, "15 0.00 GBP;")
		if _, w := m.ledger(funds, p.ID); w.Balance.Granted.Minor != 0 {
			t.Fatalf("%+v", w.Balance)
		}
	})
}

// stale answers with an order as it stood before something else happened.
type stale struct {
	Orders
	once sync.Once
	then func()
}

func (s *stale) PromoOrders(ctx context.Context, actor access.Actor, reseller string, from time.Time, after string, limit int, ids ...trade.OrderID) ([]trade.PromoOrder, string, error) {
	out, next, err := s.Orders.PromoOrders(ctx, actor, reseller, from, after, limit, ids...)
	s.once.Do(s.then)
	return out, next, err
}

// Two invoices of one order are followed at once: who read the order before the second keeps
// nothing of what it brought from counting.
func TestVolumeOfTwoInvoicesAtOnce(t *testing.T) {
	open4(t, func(m *market) {
		if m.db.Dialect() != db.Postgres {
			return // one writer
		}
		funds := m.paid()
		p := m.running(m.volumeTerms())
		d := m.order("2026-12-02", "", want{"AUR-D18B", "60", "84", ""})
		_, err := m.trade.Confirm(m.on("2026-12-03"), m.boss, d.ID, trade.ConfirmCmd{})
		m.must(err)
		_, err = m.trade.Ship(m.on("2026-12-03"), m.boss, d.ID, trade.ShipCmd{ShippedOn: "2026-12-03"})
		m.must(err)
		bill := func(n int64) {
			_, err := m.trade.Invoice(m.on("2026-12-04"), m.boss, d.ID, trade.InvoiceCmd{IssuedOn: "2026-12-04", Lines: []trade.InvoiceCmdLine{{Line: d.Lines[0].Number, Quantity: money.Whole(n)}}})
			m.must(err)
		}
		bill(25)
		slow := &stale{Orders: m.trade, then: func() {
			bill(35)
			m.must(m.svc.Attribute(m.on("2026-12-04"), m.boss, m.trade, d.ID))
		}}
		m.must(m.svc.Attribute(m.on("2026-12-04"), m.boss, slow, d.ID))
		m.parts(p.ID, "60 504.00 GBP;")
		if _, w := m.ledger(funds, p.ID); w.Balance.Granted.Minor != 504_00 {
			t.Fatalf("%+v", w.Balance)
		}
		m.rebuilt(p.ID)
	})
}

// heldFunds lets somebody act between what a claim read and what it books.
type heldFunds struct {
	*fund.Service
	done   atomic.Bool
	before func()
}

func (h *heldFunds) SetEarned(ctx context.Context, actor access.Actor, cmd fund.SubjectCmd, partnership string, total money.Amount) (fund.ProgramID, error) {
	if !h.done.Swap(true) {
		h.before()
	}
	return h.Service.SetEarned(ctx, actor, cmd, partnership, total)
}

// A claim that is filed while a document takes a step up books no sum of before it.
func TestVolumeClaimedWhileAStepIsReached(t *testing.T) {
	open4(t, func(m *market) {
		if m.db.Dialect() != db.Postgres {
			return // one writer
		}
		funds := m.paid()
		p := m.running(m.volumeTerms())
		m.deliver(m.order("2026-12-02", "", want{"AUR-D18B", "30", "84", ""}).ID, "2026-12-03", "2026-12-03", "2026-12-04")
		b := m.order("2026-12-05", "", want{"AUR-D18B", "30", "84", ""})
		_, err := m.trade.Confirm(m.on("2026-12-06"), m.boss, b.ID, trade.ConfirmCmd{})
		m.must(err)
		_, err = m.trade.Ship(m.on("2026-12-06"), m.boss, b.ID, trade.ShipCmd{ShippedOn: "2026-12-06"})
		m.must(err)
		_, err = m.trade.Invoice(m.on("2026-12-07"), m.boss, b.ID, trade.InvoiceCmd{IssuedOn: "2026-12-07"})
		m.must(err)
		got, err := m.svc.Proposed(m.at(), m.maya, p.ID)
		m.must(err)
		at := m.on("2026-12-07")
		told := make(chan error, 1)
		m.svc.Pay(&heldFunds{Service: funds, before: func() {
			go func() { told <- m.svc.Attribute(at, m.boss, m.trade, b.ID) }()
			waits := make(chan error, 1)
			go func() { waits <- dbtest.Waiting(at, m.db, 1) }()
			select {
			case err := <-told: // nothing held it back
				told <- err
			case err := <-waits:
				m.must(err)
			}
		}})
		_, err = m.svc.Claim(m.at(), m.maya, p.ID, got.Mark)
		m.must(err)
		m.must(<-told)
		m.svc.Pay(funds)
		m.parts(p.ID, "60 504.00 GBP;")
		if _, w := m.ledger(funds, p.ID); w.Balance.Granted.Minor != 504_00 {
			t.Fatalf("the ledger has %+v", w.Balance)
		}
	})
}
