package promo

import (
	"slices"
	"strings"
	"testing"
	"time"

	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/trade"
)

// What was sold on, claimed and paid comes back, before and after the promotion is settled: the
// ledger says at once what is owed, and what is sold on next earns it back. A report that comes
// twice is booked once.
func TestOwedByResale(t *testing.T) {
	open4(t, func(m *market) {
		funds := m.paid()
		s := &shelf{m: m}
		m.svc.Report(s)
		x := m.terms()
		x.By, x.Settle, x.ShipBy, x.BackDays, x.Quoted = ByResale, BillBack, "", 0, false
		p := m.running(x)
		s.told(m.sold("a", "AUR-D18B", 30, "2026-12-04", "2026-12-04", ""))
		if _, w := m.ledger(funds, p.ID); w.Balance.Granted.Minor != 0 {
			t.Fatalf("booked before the first claim: %+v", w.Balance)
		}
		got, err := m.svc.Proposed(m.at(), m.maya, p.ID)
		m.must(err)
		c, err := m.svc.Claim(m.at(), m.maya, p.ID, got.Mark)
		m.must(err)
		c, err = funds.Decide(m.at(), m.ingrid, c.ID, c.Version, nil, "")
		m.must(err)
		_, err = funds.Settle(m.at(), m.boss, c.ID, c.Version, fund.SettleCmd{Kind: fund.ByCreditNote, Reference: "CN-1"})
		m.must(err)
		owes := func(owed, available int64) {
			t.Helper()
			r, err := m.svc.Results(m.at(), m.maya, p.ID)
			m.must(err)
			if _, w := m.ledger(funds, p.ID); w.Balance.Owed.Minor != owed || w.Balance.Available.Minor != available || w.Balance.Granted != r.Parts[0].Earned {
				t.Fatalf("%+v, the lines %s", w.Balance, r.Parts[0].Earned)
			}
		}
		owes(0, 0) // 30 × 4.20
		s.told(m.sold("b", "AUR-D18B", -10, "2026-12-14", "2026-12-14", ""))
		owes(42_00, 0)

		m.must(m.svc.Tick(m.on("2027-01-04")))
		m.now = time.Date(2027, 2, 1, 9, 0, 0, 0, time.UTC)
		m.must(m.svc.Settle(m.at(), m.ingrid, p.ID, m.get(p.ID).Version, "all is there"))
		s.told(m.sold("c", "AUR-D18B", -5, "2026-12-20", "2026-12-20", ""))
		owes(63_00, 0)
		s.told(m.sold("d", "AUR-D18B", 20, "2026-12-21", "2026-12-21", ""))
		owes(0, 21_00)
	})
}

// A company that is left out takes part until all have agreed to go on without it. What it earned
// stays its own: results, lines, adjustments, the claim on its page and by an 844, and what comes
// back of it. It learns nothing of what came later, and nothing it does undoes what it is not asked.
func TestLeftOut(t *testing.T) {
	open4(t, func(m *market) {
		funds := m.paid()
		x := m.terms()
		x.Settle, x.ClaimBy = BillBack, "2027-03-31"
		p := m.running(x)
		sold := m.orderOf(m.baltic, m.toBaltic, "EUR", "2026-12-02", p.Number, nil, want{"AUR-D18B", "100", "100.80", ""})
		sold = m.deliver(sold.ID, "2026-12-03", "2026-12-04", "2026-12-05")
		m.now = time.Date(2026, 12, 6, 9, 0, 0, 0, time.UTC)
		m.events.take()

		d := m.get(p.ID)
		next := d.InForce.Terms
		next.Percent, next.Parts = money.One/10, slices.DeleteFunc(slices.Clone(next.Parts), func(x Part) bool { return x.Org == m.baltic })
		next.Title = "Without Baltic"
		d, err := m.svc.SaveDraft(m.at(), m.ingrid, d.ID, d.Version, next)
		m.must(err)
		d, err = m.svc.Propose(m.at(), m.ingrid, d.ID, d.Version, "")
		m.must(err)
		if got := m.events.take(); !strings.HasPrefix(got, "Proposed") || strings.Contains(got, "Dropped") {
			t.Fatal(got)
		}
		earns := func(sum int64) Proposal {
			t.Helper()
			r, err := m.svc.Results(m.at(), m.kaarel, p.ID)
			m.must(err)
			if len(r.Parts) != 1 || r.Parts[0].Org != m.baltic || r.Title != x.Title || len(r.Terms.Parts) != 1 || r.Terms.Percent != x.Percent {
				t.Fatalf("%+v", r)
			}
			ls, _, err := m.svc.Lines(m.at(), m.kaarel, p.ID, LineFilter{})
			m.must(err)
			got, err := m.svc.Proposed(m.at(), m.kaarel, p.ID)
			m.must(err)
			if len(ls) != 1 || got.Sum != (money.Amount{Minor: sum, Currency: "EUR"}) {
				t.Fatalf("%+v %+v", ls, got)
			}
			return got
		}
		earns(504_00) // 5 % of 100 at 100.80
		j := m.join(m.kaarel, p.ID)
		if j.Seat.State != Approved || j.InForce == nil || j.Number != 1 || j.Title != x.Title {
			t.Fatalf("%+v", j)
		}
		_, err = m.svc.Decline(m.at(), m.kaarel, p.ID, "no")
		m.want(err, fault.Conflict, "promo.agreed")
		_, err = m.svc.Counter(m.at(), m.kaarel, p.ID, j.Hash, j.Text, "")
		m.want(err, fault.Conflict, "promo.agreed")
		late := m.orderOf(m.baltic, m.toBaltic, "EUR", "2026-12-06", p.Number, nil, want{"AUR-B50", "10", "37.44", ""})
		m.line(late, 0, WhyHeadNumber, "10") // it still buys under it

		m.agree(p.ID, m.maya)
		if got := m.events.take(); !strings.Contains(got, "Approved Dropped Agreed") {
			t.Fatal(got)
		}
		m.now = time.Date(2026, 12, 8, 9, 0, 0, 0, time.UTC)
		if j = m.join(m.kaarel, p.ID); j.Seat.State != Dropped || !j.Held || j.InForce != nil || j.State != Cancelled || j.Title != x.Title {
			t.Fatalf("%+v", j)
		}
		find := func(f Filter) []Head {
			t.Helper()
			page, err := m.svc.List(m.at(), m.kaarel, f)
			m.must(err)
			return page.Items
		}
		if got := find(Filter{}); len(got) != 1 || got[0].State != Cancelled || got[0].Title != x.Title || got[0].Waiting {
			t.Fatalf("%+v", got)
		}
		if len(find(Filter{Query: next.Title})) != 0 || len(find(Filter{States: []State{Running}})) != 0 || len(find(Filter{States: []State{Cancelled}, Query: p.Number})) != 1 {
			t.Fatal("it reads of what came later, or does not find what it has")
		}
		if n, err := m.svc.Counts(m.at(), m.kaarel); err != nil || n[Cancelled] != 1 || n[Running] != 0 {
			t.Fatal(n, err)
		}
		if page, err := m.svc.List(m.at(), m.maya, Filter{States: []State{Running}}); err != nil || len(page.Items) != 1 || page.Items[0].Title != next.Title {
			t.Fatalf("%v %+v", err, page)
		}
		if _, err := m.svc.Standing(m.at(), m.kaarel, p.ID); fault.CodeOf(err) != fault.NotFound {
			t.Fatal(err)
		}
		none := m.orderOf(m.baltic, m.toBaltic, "EUR", "2026-12-09", p.Number, nil, want{"AUR-B50", "10", "37.44", ""})
		m.line(none, 0, WhyUnknown, "0", trade.PromotionRefused)
		_, err = m.svc.Results(m.at(), m.banker, p.ID)
		m.want(err, fault.NotFound, "")

		b, err := m.svc.Basis(m.at(), m.boss, p.Number, m.baltic)
		m.must(err)
		if len(b.Lots) != 1 || b.Left != 504_00 || b.Terms.Percent != x.Percent {
			t.Fatalf("%+v", b)
		}
		r, err := m.svc.Proposed(m.at(), m.kaarel, p.ID)
		m.must(err)
		c, err := m.svc.Claim(m.at(), m.kaarel, p.ID, r.Mark)
		m.must(err)
		c, err = funds.Decide(m.at(), m.ingrid, c.ID, c.Version, nil, "")
		m.must(err)
		_, err = funds.Settle(m.at(), m.boss, c.ID, c.Version, fund.SettleCmd{Kind: fund.ByCreditNote, Reference: "CN-1"})
		m.must(err)
		if w, err := funds.Get(m.at(), m.ingrid, c.Program); err != nil || w.Title != next.Title {
			t.Fatalf("the programme of all follows one of them: %v %+v", err, w)
		}
		m.credit("2026-12-12", sold, 50)
		w, err := funds.Wallet(m.at(), m.kaarel, c.Program)
		m.must(err)
		if w.Balance.Owed.Minor != 252_00 {
			t.Fatalf("%+v", w.Balance)
		}
	})
}
