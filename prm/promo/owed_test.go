package promo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/prm/access"
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
		s, x := m.soldOn()
		p := m.running(x)
		s.told(m.sold("a", "AUR-D18B", 30, "2026-12-04", "2026-12-04", ""))
		if _, w := m.ledger(funds, p.ID); w.Balance.Granted.Minor != 0 {
			t.Fatalf("booked before the first claim: %+v", w.Balance)
		}
		m.paidOut(funds, m.maya, p.ID)
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

// What comes back after the partnership ended is owed as at any time, and what was taken back wrongly
// is put right; nothing more is earned then.
func TestOwedAfterThePartnership(t *testing.T) {
	open4(t, func(m *market) {
		funds := m.paid()
		s, x := m.soldOn()
		p := m.running(x)
		s.told(m.sold("a", "AUR-D18B", 30, "2026-12-04", "2026-12-04", ""))
		got, err := m.svc.Proposed(m.at(), m.maya, p.ID)
		m.must(err)
		c, err := m.svc.Claim(m.at(), m.maya, p.ID, got.Mark)
		m.must(err)
		c, err = funds.Decide(m.at(), m.ingrid, c.ID, c.Version, nil, "")
		m.must(err)
		for _, state := range []string{"suspended", "ended"} {
			m.must(m.db.InTx(m.at(), func(ctx context.Context) error {
				return db.Tx(ctx).Exec("UPDATE partnership SET state = ? WHERE id = ?", state, m.toKestrel).Error
			}))
			for i, x := range []struct{ pieces, owed int64 }{{-10, 42_00}, {4, 25_20}, {20, 0}, {-14, 0}} {
				s.told(m.sold(fmt.Sprint(state, i), "AUR-D18B", x.pieces, "2026-12-14", "2026-12-14", ""))
				w, err := funds.Wallet(m.at(), m.maya, c.Program)
				m.must(err)
				if w.Balance.Owed.Minor != x.owed || w.Balance.Available.Minor != 0 {
					t.Fatalf("%s %d: %+v", state, i, w.Balance)
				}
			}
		}
		if ok, err := funds.Check(m.at(), m.ingrid, c.Program); err != nil || !ok.OK() {
			t.Fatalf("%v %+v", err, ok)
		}
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
		m.credit("2026-12-13", sold, 50) // all of it is owed: it still finds where
		if got := find(Filter{Query: p.Number}); len(got) != 1 || got[0].Title != x.Title {
			t.Fatalf("%+v", got)
		}
		if n, err := m.svc.Counts(m.at(), m.kaarel); err != nil || n[Cancelled] != 1 {
			t.Fatal(n, err)
		}
		if got, err := m.svc.Some(m.at(), m.kaarel, string(p.ID)); err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
	})
}

// without proposes a change without Baltic and has it agreed.
func (m *market) without(id ID, change func(*Terms)) {
	m.t.Helper()
	d := m.get(id)
	next := d.InForce.Terms
	next.Parts = slices.DeleteFunc(slices.Clone(next.Parts), func(x Part) bool { return x.Org == m.baltic })
	change(&next)
	m.changed(d, next)
	m.agree(id, m.maya)
}

// changed proposes other terms.
func (m *market) changed(d Detail, next Terms) {
	m.t.Helper()
	d, err := m.svc.SaveDraft(m.at(), m.ingrid, d.ID, d.Version, next)
	m.must(err)
	_, err = m.svc.Propose(m.at(), m.ingrid, d.ID, d.Version, "")
	m.must(err)
}

// A company that was left out claims by the text that it agreed to: its days and its proof, also of
// a draft, and its part of the programme reads as that. One that comes back reads the new one.
func TestLeftOutClaimsByItsText(t *testing.T) {
	open4(t, func(m *market) {
		funds := m.paid()
		x := m.terms()
		x.Settle, x.ClaimBy = BillBack, "2027-03-31"
		p := m.running(x)
		buys := func(day string) {
			t.Helper()
			o := m.orderOf(m.baltic, m.toBaltic, "EUR", day, p.Number, nil, want{"AUR-D18B", "10", "100.80", ""})
			m.deliver(o.ID, day, day, day)
		}
		buys("2026-12-02")
		m.deliver(m.order("2026-12-02", p.Number, want{"AUR-D18B", "10", "84", ""}).ID, "2026-12-03", "2026-12-04", "2026-12-05")
		buys("2026-12-06")
		m.now = time.Date(2026, 12, 8, 9, 0, 0, 0, time.UTC)
		m.without(p.ID, func(t *Terms) { t.Title, t.ClaimBy, t.Proof = "Without Baltic", "2027-01-15", []string{"photo"} })
		claim := func(who access.Actor) (fund.Claim, error) {
			t.Helper()
			got, err := m.svc.Proposed(m.at(), who, p.ID)
			m.must(err)
			return m.svc.Claim(m.at(), who, p.ID, got.Mark)
		}
		c, err := claim(m.kaarel)
		m.must(err)
		if c.State != fund.ClaimSubmitted || len(c.Proof) != 0 || c.ProgramTitle != x.Title {
			t.Fatalf("%+v", c)
		}
		other, err := claim(m.maya)
		m.must(err)
		if other.State != fund.ClaimDraft || !slices.Equal(other.Proof, []string{"photo"}) || other.ProgramTitle != "Without Baltic" {
			t.Fatalf("%+v", other)
		}
		reads := func(who access.Actor, title string, days int, proof ...string) {
			t.Helper()
			w, err := funds.Wallet(m.at(), who, c.Program)
			m.must(err)
			if w.Title != title || w.ClaimDays != days || !slices.Equal(w.Proof, proof) {
				t.Fatalf("%+v", w)
			}
		}
		days := func(by string) int {
			a, err := time.Parse(time.DateOnly, by)
			m.must(err)
			b, err := time.Parse(time.DateOnly, x.Until)
			m.must(err)
			return int(a.Sub(b).Hours() / 24)
		}
		reads(m.kaarel, x.Title, days("2027-03-31"))
		reads(m.maya, "Without Baltic", days("2027-01-15"), "photo")
		list, _, err := funds.Claims(m.at(), m.kaarel, fund.Filter{})
		m.must(err)
		if len(list) != 1 || list[0].ProgramTitle != x.Title {
			t.Fatalf("%+v", list)
		}
		c, err = funds.WithdrawClaim(m.at(), m.kaarel, c.ID, c.Version)
		m.must(err)
		m.now = time.Date(2027, 1, 20, 9, 0, 0, 0, time.UTC)
		if c, err = claim(m.kaarel); err != nil || c.State != fund.ClaimSubmitted {
			t.Fatalf("%v %+v", err, c)
		}
		_, err = funds.SubmitClaim(m.at(), m.maya, other.ID, other.Version)
		m.want(err, fault.Conflict, "fund.claim_late")
	})
}

// A list reads the texts of all that its company was left out of at once.
func TestListOfWhatOneWasLeftOutOf(t *testing.T) {
	open4(t, func(m *market) {
		m.paid()
		var runs []int64
		for _, title := range []string{"First", "Second", "Third"} {
			x := m.terms()
			x.Settle, x.ClaimBy, x.Title = BillBack, "2027-03-31", title
			p := m.running(x)
			o := m.orderOf(m.baltic, m.toBaltic, "EUR", "2026-12-02", p.Number, nil, want{"AUR-D18B", "10", "100.80", ""})
			m.deliver(o.ID, "2026-12-03", "2026-12-04", "2026-12-05")
			m.without(p.ID, func(t *Terms) { t.Title = "Without Baltic" })
			was := m.db.Counts().Run
			page, err := m.svc.List(m.at(), m.kaarel, Filter{Limit: 20})
			m.must(err)
			runs = append(runs, int64(m.db.Counts().Run-was))
			if slices.ContainsFunc(page.Items, func(h Head) bool { return h.Title == "Without Baltic" || h.State != Cancelled }) || len(page.Items) != len(runs) {
				t.Fatalf("%+v", page.Items)
			}
		}
		if runs[0] != runs[2] {
			t.Fatalf("%v statements", runs)
		}
	})
}
