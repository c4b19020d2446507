package promo

import (
	"testing"
	"time"

	"entente/prm/fund"
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
