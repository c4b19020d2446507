package promo

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"entente/db/blob"
	"entente/prm/account"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/partner"
)

// What comes back after the window takes back what had counted, at what it earned, and no more;
// what follows from it is put right when a report is.
func TestReturnsAfterTheWindow(t *testing.T) {
	open4(t, func(m *market) {
		s, p := m.byResale()
		blobs, err := blob.New(m.db, t.TempDir())
		m.must(err)
		m.svc.Pay(fund.New(m.db, nil, blobs, partner.NewService(m.db, m.events, account.Directory{})))
		y := m.terms()
		y.Title, y.By, y.ShipBy, y.BackDays, y.Settle, y.Quoted, y.From, y.Until, y.Percent = "January", ByResale, "", 0, BillBack, false, "2027-01-10", "2027-01-31", money.One/50
		january := m.running(y)
		figures := func(want string) {
			t.Helper()
			got := ""
			for _, id := range []ID{p.ID, january.ID} {
				r, err := m.svc.Results(m.at(), m.maya, id)
				m.must(err)
				for _, f := range r.Parts {
					got += fmt.Sprint(f.Sold, " ", f.Earned, "; ")
				}
				m.rebuilt(id)
			}
			if got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		s.told(m.sold("a", "AUR-D18B", 20, "2026-12-30", "2026-12-30", "")) // 4.20 each
		s.told(m.sold("b", "AUR-B50", 10, "2026-12-30", "2026-12-30", ""))  // 1.56 each
		claim, err := m.svc.Proposed(m.at(), m.maya, p.ID)
		m.must(err)
		_, err = m.svc.Claim(m.at(), m.maya, p.ID, claim.Mark)
		m.must(err)
		figures("30 99.60; ")
		s.told(m.sold("c", "AUR-D18B", -15, "2027-01-05", "2027-01-05", ""))
		figures("15 36.60; ")
		s.told(m.sold("d", "AUR-D18B", -15, "2026-12-31", "2027-01-06", p.Number)) // only five are left
		figures("10 15.60; ")
		s.told(m.sold("e", "AUR-D18B", -3, "2027-01-07", "2027-01-07", ""))
		s.told(m.sold("f", "AUR-G125", -3, "2027-01-07", "2027-01-07", p.Number)) // another product
		figures("10 15.60; ")
		basis, err := m.svc.Basis(m.at(), m.boss, p.Number, m.kestrel)
		m.must(err)
		if basis.Seen["AUR-D18B"] != 0 || basis.Seen["AUR-B50"] != money.Whole(10) || basis.Left != 0 {
			t.Errorf("%+v", basis)
		}
		// one that runs goes first, unless the line names the other
		s.told(m.sold("g", "AUR-B50", 6, "2027-01-12", "2027-01-12", ""))
		s.told(m.sold("h", "AUR-B50", -2, "2027-01-13", "2027-01-13", ""))
		s.told(m.sold("i", "AUR-B50", -1, "2027-01-13", "2027-01-13", p.Number))
		figures("9 14.04; 4 2.49; ")
		fix := m.sold("j", "AUR-D18B", 18, "2026-12-30", "2026-12-30", "")
		fix.Replaces = []string{"c"} // those never came back: 20 less 15 and 3 are left; nothing is left of the limit of 30
		s.told(fix)
		figures("11 22.44; 4 2.49; ")
		reasons := ""
		lines, _, err := m.svc.Resales(m.at(), m.ingrid, p.ID, LineFilter{})
		m.must(err)
		for _, l := range slices.Backward(lines) {
			reasons += fmt.Sprint(l.Report, " ", l.Reason, " ", l.Counted, "; ")
		}
		if reasons != "a auto 20; b auto 10; j used 0; d back -15; e back -3; f product 0; i back -1; " {
			t.Error(reasons)
		}
		m.now = time.Date(2027, 2, 1, 9, 0, 0, 0, time.UTC)
		// a promotion that was cancelled pays what was sold before, less what comes back
		_, err = m.svc.Cancel(m.at(), m.ingrid, p.ID, m.get(p.ID).Version, "stock is gone")
		m.must(err)
		s.told(m.sold("k", "AUR-D18B", -2, "2027-02-05", "2027-02-05", p.Number))
		figures("9 14.04; 4 2.49; ")
	})
}

// A late return takes a step of the window back, for all of it.
func TestLateReturnsOfAVolume(t *testing.T) {
	open4(t, func(m *market) {
		s := &shelf{m: m}
		m.svc.Report(s)
		x := m.terms()
		x.By, x.ShipBy, x.BackDays, x.Settle, x.Quoted, x.Kind, x.Percent, x.Cumulative, x.Parts[0].Limit = ByResale, "", 0, BillBack, false, Tiers, 0, true, 0
		x.Tiers = []Tier{{From: money.Whole(10), Percent: money.One / 50}, {From: money.Whole(60), Percent: money.One / 10}}
		p := m.running(x)
		check := func(want string) {
			t.Helper()
			r, err := m.svc.Results(m.at(), m.maya, p.ID)
			m.must(err)
			if got := fmt.Sprint(r.Parts[0].Sold, " ", r.Parts[0].Earned); got != want {
				t.Errorf("%s, want %s", got, want)
			}
			m.rebuilt(p.ID)
		}
		s.told(m.sold("a", "AUR-D18B", 65, "2026-12-30", "2026-12-30", ""))
		check("65 546.00")
		s.told(m.sold("b", "AUR-D18B", -10, "2027-01-08", "2027-01-08", ""))
		check("55 92.40")
		s.told(m.sold("c", "AUR-D18B", 20, "2026-12-29", "2026-12-29", ""))
		check("75 630.00")
		s.told(m.sold("d", "AUR-D18B", -100, "2027-01-09", "2027-01-09", ""))
		check("0 0.00")
	})
}

// Goods that come back are taken off one promotion after the other, the newest first, as far as
// they stand there; what a later report changes of that is put right in the others too.
func TestReturnsOfAnEarlierPromotion(t *testing.T) {
	open4(t, func(m *market) {
		funds := m.paid()
		s, x := m.soldOn()
		p := m.running(x)
		x.Title, x.From, x.Until = "January", "2027-01-01", "2027-01-31"
		january := m.running(x)
		x.Title = "Cancelled on its first day"
		none := m.running(x)
		s.told(m.sold("a", "AUR-D18B", 30, "2026-12-04", "2026-12-04", "")) // 4.20 each
		m.paidOut(funds, m.maya, p.ID)
		m.now = time.Date(2027, 1, 1, 1, 0, 0, 0, time.UTC)
		_, err := m.svc.Cancel(m.at(), m.ingrid, none.ID, m.get(none.ID).Version, "stock is gone")
		m.must(err)
		m.now = time.Date(2027, 2, 10, 9, 0, 0, 0, time.UTC)
		settled := false
		check := func(sold string, owed int64) {
			t.Helper()
			got := ""
			for _, id := range []ID{p.ID, january.ID, none.ID} {
				r, err := m.svc.Results(m.at(), m.maya, id)
				m.must(err)
				n := money.Quantity(0)
				if len(r.Parts) > 0 {
					n = r.Parts[0].Sold
				}
				got += n.String() + " "
				if id != p.ID || !settled {
					m.rebuilt(id)
				}
			}
			if _, w := m.ledger(funds, p.ID); got != sold+" " || w.Balance.Owed.Minor != owed {
				t.Errorf("%s, %d owed; want %s, %d", got, w.Balance.Owed.Minor, sold, owed)
			}
		}
		check("30 0 0", 0)
		s.told(m.sold("b", "AUR-D18B", -10, "2027-02-05", "2027-02-05", ""))
		check("20 0 0", 42_00)
		s.told(m.sold("c", "AUR-D18B", 4, "2027-01-15", "2027-01-15", ""))
		check("24 0 0", 25_20)
		settled = true
		m.must(m.svc.Tick(m.on("2027-02-10")))
		m.must(m.svc.Settle(m.at(), m.ingrid, p.ID, m.get(p.ID).Version, "all is there"))
		fix := m.sold("d", "AUR-D18B", 1, "2027-01-15", "2027-01-15", "")
		fix.Replaces = []string{"c"}
		s.told(fix)
		check("21 0 0", 37_80)
		m.lates(p.ID, "corrected SR-d 0 -3 -12.60 GBP")
		s.told(m.sold("e", "AUR-D18B", -100, "2027-02-06", "2027-02-06", ""))
		check("0 0 0", 126_00)
	})
}

// A company that is left out keeps its limit, and what comes back of what it had is taken back.
func TestLeftOutByResale(t *testing.T) {
	open4(t, func(m *market) {
		funds := m.paid()
		s, x := m.soldOn()
		for i := range x.Parts {
			if x.Parts[i].Org == m.baltic {
				x.Parts[i].Limit = money.Whole(30)
			}
		}
		p := m.running(x)
		told := func(id string, n int64, day, want string) {
			t.Helper()
			o := m.sold(id, "AUR-D18B", n, day, day, "")
			o.Reseller = m.baltic
			s.told(o)
			got := ""
			lines, _, err := m.svc.Resales(m.at(), m.kaarel, p.ID, LineFilter{})
			m.must(err)
			for _, l := range slices.Backward(lines) {
				got += fmt.Sprint(l.Report, " ", l.Reason, " ", l.Counted, "; ")
			}
			if got != want {
				t.Errorf("%s, want %s", got, want)
			}
			m.rebuilt(p.ID)
		}
		told("a", 45, "2026-12-03", "a limit 30; ")
		c := m.paidOut(funds, m.kaarel, p.ID)
		m.now = time.Date(2026, 12, 8, 9, 0, 0, 0, time.UTC)
		m.agreeAgain(p.ID, func(t *Terms) {
			t.Parts = slices.DeleteFunc(t.Parts, func(x Part) bool { return x.Org == m.baltic })
		})
		m.rebuilt(p.ID)
		told("b", 10, "2026-12-04", "a limit 30; b used 0; ") // sold before that
		told("c", 10, "2026-12-11", "a limit 30; b used 0; ")
		told("d", -5, "2026-12-12", "a limit 30; b used 0; d back -5; ")
		w, err := funds.Wallet(m.at(), m.kaarel, c.Program)
		m.must(err)
		if w.Balance.Owed.Minor != 25_20 { // 5 % of 100.80
			t.Errorf("%+v", w.Balance)
		}
	})
}

// A limit that is agreed anew holds at once for what was sold on before.
func TestAnotherLimitByResale(t *testing.T) {
	open4(t, func(m *market) {
		s, p := m.byResale()
		s.told(m.sold("a", "AUR-D18B", 45, "2026-12-03", "2026-12-03", ""))
		m.now = time.Date(2026, 12, 8, 9, 0, 0, 0, time.UTC)
		for _, x := range []struct{ limit, want int64 }{{40, 40}, {20, 20}, {0, 45}, {30, 30}} {
			m.agreeAgain(p.ID, func(t *Terms) {
				for i := range t.Parts {
					if t.Parts[i].Org == m.kestrel {
						t.Parts[i].Limit = money.Whole(x.limit)
					}
				}
			})
			r, err := m.svc.Results(m.at(), m.maya, p.ID)
			m.must(err)
			if got := r.Parts[0].Sold; got != money.Whole(x.want) {
				t.Errorf("a limit of %d counts %s", x.limit, got)
			}
			m.rebuilt(p.ID)
		}
	})
}
