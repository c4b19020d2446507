package promo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"entente/db"
	"entente/db/blob"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/trade"
)

// volumeTerms give 5 % from 20 units and 10 % from 60 on everything bought in December.
func (m *market) volumeTerms() Terms {
	t := m.terms()
	t.Kind, t.Percent, t.Settle, t.Quoted, t.Cumulative = Tiers, 0, BillBack, false, true
	t.Tiers = []Tier{{From: money.Whole(20), Percent: money.One / 20}, {From: money.Whole(60), Percent: money.One / 10}}
	for i := range t.Parts {
		t.Parts[i].Limit = 0
	}
	return t
}

func (m *market) paid() *fund.Service {
	blobs, err := blob.New(m.db, m.t.TempDir())
	m.must(err)
	out := fund.New(m.db, nil, blobs, partner.NewService(m.db, m.events, account.Directory{}))
	m.svc.Pay(out)
	return out
}

// paidOut has a company claim what it earned of a promotion, all of it approved and paid by a credit note.
func (m *market) paidOut(funds *fund.Service, who access.Actor, id ID) fund.Claim {
	m.t.Helper()
	got, err := m.svc.Proposed(m.at(), who, id)
	m.must(err)
	c, err := m.svc.Claim(m.at(), who, id, got.Mark)
	m.must(err)
	c, err = funds.Decide(m.at(), m.ingrid, c.ID, c.Version, nil, "")
	m.must(err)
	c, err = funds.Settle(m.at(), m.boss, c.ID, c.Version, fund.SettleCmd{Kind: fund.ByCreditNote, Reference: "CN-1"})
	m.must(err)
	return c
}

// ledger is what a partner's statement says of a promotion: its moves, and what is available.
func (m *market) ledger(funds *fund.Service, p ID) (moves []string, w fund.Wallet) {
	m.t.Helper()
	st, err := funds.Statement(m.at(), m.boss, fund.StatementFilter{Partnership: m.toKestrel, Currency: "GBP", From: "2026-11-01", To: "2027-12-31"})
	m.must(err)
	for _, x := range st.Moves {
		s := fmt.Sprint(x.Kind, " ", x.Change.Available)
		if x.Step != nil {
			s += fmt.Sprint(" ", x.Step.Why, " ", x.Step.Units, " ", x.Step.Was, " ", x.Step.Now)
		}
		moves = append(moves, s)
	}
	has, err := funds.Of(m.at(), m.maya, m.aurelia, string(p))
	m.must(err)
	if has.Program != "" {
		all, err := funds.Check(m.at(), m.ingrid, has.Program)
		m.must(err)
		if !all.OK() {
			m.t.Fatalf("%+v", all)
		}
		w, err = funds.Wallet(m.at(), m.maya, has.Program)
		m.must(err)
	}
	return moves, w
}

// Steps by all of a window: below the first nothing is earned; a step that is reached holds
// for what was bought before, in lines, figures, claim and ledger; a credit that falls below
// one takes it back; another partner's volume is its own; a rebuild finds nothing to change.
func TestVolumeTrueUp(t *testing.T) {
	open4(t, func(m *market) {
		funds := m.paid()
		p := m.running(m.volumeTerms())
		earned := func(invoiced, earned string) {
			t.Helper()
			r, err := m.svc.Results(m.at(), m.maya, p.ID)
			m.must(err)
			if len(r.Parts) != 1 || r.Parts[0].Invoiced.String() != invoiced || r.Parts[0].Earned.String() != earned {
				t.Fatalf("%+v, want %s and %s", r.Parts, invoiced, earned)
			}
			m.rebuilt(p.ID)
		}
		a := m.deliver(m.order("2026-12-02", "", want{"AUR-D18B", "10", "84", ""}).ID, "2026-12-03", "2026-12-03", "2026-12-04")
		m.line(a, 0, WhyVolume, "10")
		earned("10", "0.00")
		b := m.order("2026-12-05", "", want{"AUR-D18B", "30", "84", ""}, want{"AUR-G125", "90", "46.5", ""})
		m.line(b, 0, WhyVolume, "30")
		if b.Lines[1].DealApplied != "" {
			t.Fatalf("%+v", b.Lines[1])
		}
		b = m.deliver(b.ID, "2026-12-06", "2026-12-06", "2026-12-07")
		earned("40", "168.00") // 40 × 84.00 × 5 %
		d := m.orderOf(m.baltic, m.toBaltic, "EUR", "2026-12-07", "", nil, want{"AUR-D18B", "15", "100.80", ""})
		m.deliver(d.ID, "2026-12-08", "2026-12-08", "2026-12-09")
		c := m.deliver(m.order("2026-12-10", "", want{"AUR-B50", "20", "31.20", ""}).ID, "2026-12-11", "2026-12-11", "2026-12-12")
		if l := c.Lines[0]; l.DealAllowance.String() != "1.56" { // what the volume had reached when it came
			t.Fatalf("%+v", l)
		}
		earned("60", "398.40") // 3,360.00 and 624.00 at 10 %
		r, err := m.svc.Results(m.at(), m.ingrid, p.ID)
		m.must(err)
		for _, v := range r.Volumes {
			switch {
			case v.Org == m.kestrel && v.Volume == money.Whole(60) && v.Step == money.One/10 && v.Next == nil:
			case v.Org == m.baltic && v.Volume == money.Whole(15) && v.Step == 0 && v.Next != nil && v.Next.Missing == money.Whole(5) && v.Next.Gain.String() == "75.60":
			default:
				t.Fatalf("%+v %+v", v, v.Next)
			}
		}
		if r, err := m.svc.Results(m.at(), m.maya, p.ID); err != nil || len(r.Volumes) != 1 || r.Volumes[0].Org != m.kestrel {
			t.Fatalf("a partner reads another's volume: %+v %v", r.Volumes, err)
		}
		moves, w := m.ledger(funds, p.ID)
		// at 5 %: nothing for 10; the second order reaches it for 40. At 5 % of 624.00, then 10 %.
		if got := fmt.Sprint(moves); got != "[trueup 168.00 units 40 0 0.05 earn 31.20 trueup 199.20 units 60 0.05 0.1]" || w.Balance.Available.Minor != 398_40 {
			t.Fatalf("%s %+v", got, w.Balance)
		}

		got, err := m.svc.Proposed(m.at(), m.maya, p.ID)
		m.must(err)
		if got.Sum.Minor != 398_40 || len(got.Lines) != 3 {
			t.Fatalf("%+v", got)
		}
		claim, err := m.svc.Claim(m.at(), m.maya, p.ID, got.Mark)
		m.must(err)
		claim, err = funds.Decide(m.at(), m.ingrid, claim.ID, claim.Version, nil, "")
		m.must(err)
		_, err = funds.Settle(m.at(), m.boss, claim.ID, claim.Version, fund.SettleCmd{Kind: fund.ByCreditNote, Reference: "CN-1"})
		m.must(err)

		// 5 go back after all was paid: 55 remain, at 5 % again
		m.now = m.now.AddDate(0, 2, 0)
		_, err = m.trade.Credit(m.on("2026-12-20"), m.boss, b.Invoices[0].ID, trade.CreditCmd{IssuedOn: "2026-12-20", Lines: []trade.CreditLine{{Position: 1, Quantity: money.Whole(5)}}})
		m.must(err)
		for range 2 {
			m.must(m.svc.Attribute(m.on("2026-12-20"), m.boss, m.trade, b.ID))
		}
		earned("55", "178.20") // (35 × 84.00 + 624.00) × 5 %
		if _, w = m.ledger(funds, p.ID); w.Balance.Available.Minor != 0 || w.Balance.Owed.Minor != 398_40-178_20 || w.Balance.Settled.Minor != 398_40 {
			t.Fatalf("%+v", w.Balance)
		}
		// what is bought again earns it back first
		m.deliver(m.order("2026-12-21", "", want{"AUR-D18B", "5", "84", ""}).ID, "2026-12-21", "2026-12-21", "2026-12-22")
		earned("60", "398.40")
		moves, w = m.ledger(funds, p.ID)
		if w.Balance.Owed.Minor != 0 || w.Balance.Available.Minor != 0 {
			t.Fatalf("%+v", w.Balance)
		}
		if want := []string{"units_fell 55 0.1 0.05", "units 60 0.05 0.1"}; !slices.ContainsFunc(moves, func(s string) bool { return len(s) > len(want[0]) && s[len(s)-len(want[0]):] == want[0] }) {
			t.Fatalf("%q", moves)
		}
	})
}

// What the steps of all of a window give cannot be taken off an invoice, and says so; another
// kind of mechanism has none.
func TestVolumeTerms(t *testing.T) {
	open4(t, func(m *market) {
		x := m.volumeTerms()
		x.Settle = OffInvoice
		_, err := m.svc.Create(m.at(), m.ingrid, x)
		m.want(err, fault.Invalid, "promo.volume_off_invoice")
		x.Kind, x.Percent = Percent, money.One/10
		d, err := m.svc.Create(m.at(), m.ingrid, x)
		m.must(err)
		if d.Draft.Cumulative || len(d.Draft.Tiers) > 0 {
			t.Fatalf("%+v", d.Draft)
		}
		x = m.volumeTerms()
		y := x
		y.Cumulative = false
		if got := Diff(y, x); len(got) != 1 || got[0].Field != "cumulative" || got[0].Now != "yes" {
			t.Fatalf("%+v", got)
		}
	})
}

// Last year's orders tell which step they would have reached, and what it would have cost.
func TestVolumeReplay(t *testing.T) {
	open4(t, func(m *market) {
		for _, day := range []string{"2025-12-03", "2025-12-10", "2025-12-17"} {
			m.order(day, "", want{"AUR-D18B", "25", "84", ""})
		}
		m.order("2025-11-20", "", want{"AUR-D18B", "500", "84", ""})
		got, err := m.svc.Replay(m.at(), m.ingrid, m.trade, m.volumeTerms())
		m.must(err)
		i := slices.IndexFunc(got.Parts, func(x ReplayedPart) bool { return x.Org == m.kestrel })
		if x := got.Parts[i]; x.Orders != 3 || x.Units != money.Whole(75) || x.Step != money.One/10 || x.Cost.String() != "630.00" {
			t.Fatalf("%+v", x)
		}
	})
}

// The same by the date of the resale: reports move the volume, a correction and a return too.
func TestVolumeByResale(t *testing.T) {
	open4(t, func(m *market) {
		funds := m.paid()
		s := &shelf{m: m}
		m.svc.Report(s)
		x := m.volumeTerms()
		x.By, x.ShipBy, x.BackDays = ByResale, "", 0
		x.Parts[0].Limit = money.Whole(70)
		p := m.running(x)
		check := func(sold, earned string) {
			t.Helper()
			r, err := m.svc.Results(m.at(), m.maya, p.ID)
			m.must(err)
			if r.Parts[0].Sold.String() != sold || r.Parts[0].Earned.String() != earned || r.Volumes[0].Volume.String() != sold {
				t.Fatalf("%+v %+v, want %s and %s", r.Parts, r.Volumes, sold, earned)
			}
			if _, w := m.ledger(funds, p.ID); w.Balance.Granted.String() != earned {
				t.Fatalf("%+v", w.Balance)
			}
			m.rebuilt(p.ID)
		}
		s.told(m.sold("a", "AUR-D18B", 30, "2026-12-04", "2026-12-04", ""))
		check("30", "126.00")
		s.told(m.sold("b", "AUR-D18B", 45, "2026-12-10", "2026-12-10", "")) // 40 of them are left
		check("70", "588.00")
		fewer := m.sold("c", "AUR-D18B", 5, "2026-12-04", "2026-12-04", "")
		fewer.Replaces = []string{"a"}
		s.told(fewer) // and frees 5 of b
		check("50", "210.00")
		s.told(m.sold("d", "AUR-D18B", 15, "2026-12-12", "2026-12-12", ""))
		check("65", "546.00")
		s.told(m.sold("e", "AUR-D18B", -10, "2026-12-14", "2026-12-14", ""))
		check("55", "231.00")
	})
}

// Whatever comes in whatever order: lines, volume, figures and ledger agree, and a rebuild
// from nothing writes the same.
func TestVolumeProperty(t *testing.T) {
	open4(t, func(m *market) {
		funds := m.paid()
		p := m.running(m.volumeTerms())
		rng := rand.New(rand.NewPCG(7, 11))
		var done []trade.Detail
		for i := range 14 {
			day := fmt.Sprintf("2026-12-%02d", 2+i)
			if len(done) > 0 && rng.IntN(3) == 0 {
				k := rng.IntN(len(done))
				inv := done[k].Invoices[0]
				_, err := m.trade.Credit(m.on(day), m.boss, inv.ID, trade.CreditCmd{IssuedOn: day, Lines: []trade.CreditLine{{Position: 1, Quantity: money.Whole(1 + rng.Int64N(4))}}})
				m.must(err)
				m.must(m.svc.Attribute(m.on(day), m.boss, m.trade, done[k].ID))
			} else {
				o := m.order(day, "", want{"AUR-D18B", fmt.Sprint(5 + rng.IntN(12)), "84", ""}, want{"AUR-B50", fmt.Sprint(1 + rng.IntN(9)), "31.20", ""})
				done = append(done, m.deliver(o.ID, day, day, day))
			}
			lines, _, err := m.svc.Lines(m.at(), m.maya, p.ID, LineFilter{Limit: 1000})
			m.must(err)
			volume, sum := money.Quantity(0), int64(0)
			for _, l := range lines {
				volume += l.Invoiced
			}
			rate := money.Rate(0)
			for _, x := range m.volumeTerms().Tiers {
				if volume >= x.From {
					rate = x.Percent
				}
			}
			for _, l := range lines {
				base := money.Price(84 * money.One)
				if l.SKU == "AUR-B50" {
					base = 31_200_000
				}
				a, err := money.Extend(l.Invoiced, money.Price(int64(base)*int64(rate)/money.One), "GBP")
				m.must(err)
				if l.Earned != a {
					t.Fatalf("%s: %+v, want %s at %s of %s", day, l, a, rate, volume)
				}
				sum += a.Minor
			}
			if _, w := m.ledger(funds, p.ID); w.Balance.Granted.Minor != sum {
				t.Fatalf("%s: ledger %+v, lines %d", day, w.Balance, sum)
			}
		}
		figures := func() string {
			r, err := m.svc.Results(m.at(), m.ingrid, p.ID)
			m.must(err)
			out := fmt.Sprint(r.Parts, r.Products)
			for _, v := range r.Volumes {
				out += fmt.Sprint(v.Org, v.Volume, v.Step)
			}
			return out
		}
		right := figures()
		m.must(m.db.InTx(context.Background(), func(ctx context.Context) error {
			for _, q := range []string{"DELETE FROM promotion_line WHERE promotion_id = ?", "DELETE FROM promotion_sum WHERE promotion_id = ?", "UPDATE promotion_seat SET volume = 77000000 WHERE promotion_id = ?"} {
				if _, err := db.Exec(ctx, q, string(p.ID)); err != nil {
					return err
				}
			}
			return nil
		}))
		_, err := m.svc.Rebuild(m.at(), m.ingrid, m.trade, p.ID)
		m.must(err)
		if now := figures(); now != right {
			t.Errorf("rebuilt\n%s\nbefore\n%s", now, right)
		}
	})
}

// TestVolumeStatements: a step that is reached holds for all lines with a few statements, whether
// there are many of them or one.
func TestVolumeStatements(t *testing.T) {
	open4(t, func(m *market) {
		stepped := func(id ID, step money.Rate) (allowances map[int64]int, statements uint64) {
			t.Helper()
			allowances = map[int64]int{}
			m.must(m.db.InTx(m.at(), func(ctx context.Context) error {
				was := m.db.Counts().Run
				if err := restep(ctx, string(id), m.kestrel, 1, step); err != nil {
					return err
				}
				statements = uint64(m.db.Counts().Run - was)
				lines, err := steppedLines(ctx, string(id), m.kestrel, 1)
				if err != nil {
					return err
				}
				for _, r := range lines {
					allowances[r.Allowance]++
				}
				sold, err := steppedResales(ctx, string(id), m.kestrel, 1)
				for _, r := range sold {
					allowances[r.Allowance]++
				}
				return err
			}))
			return allowances, statements
		}
		const many = 200
		p := m.running(m.volumeTerms())
		line := want{"AUR-D18B", "1", "84", ""}
		m.order("2026-12-01", "", line)
		_, one := stepped(p.ID, money.One/20)
		m.order("2026-12-02", "", slices.Repeat([]want{line}, many)...)
		got, all := stepped(p.ID, money.One/10)
		if got[8_400_000] != many+1 || len(got) != 1 {
			t.Errorf("lines by their allowance: %v", got)
		}
		if all > one+many/20 {
			t.Errorf("%d statements for %d lines, %d for one", all, many+1, one)
		}

		x := m.volumeTerms()
		x.Title, x.By, x.ShipBy, x.BackDays = "By resale", ByResale, "", 0
		r := m.running(x)
		o := m.sold(db.NewID(), "AUR-D18B", 1, "2026-12-03", "2026-12-03", "")
		m.must(m.svc.Resold(m.at(), access.System("promotions", m.aurelia), o))
		_, one = stepped(r.ID, money.One/20)
		o = m.sold(db.NewID(), "AUR-D18B", 1, "2026-12-04", "2026-12-04", "")
		for i := range many - 1 {
			l := o.Lines[0]
			l.Line = i + 2
			o.Lines = append(o.Lines, l)
		}
		m.must(m.svc.Resold(m.at(), access.System("promotions", m.aurelia), o))
		if got, all = stepped(r.ID, money.One/8); got[10_500_000] != many+1 || len(got) != 1 || all > one+many/20 {
			t.Errorf("%d statements for %d resales, %d for one: %v", all, many+1, one, got)
		}
	})
}
