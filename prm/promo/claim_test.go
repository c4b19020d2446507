package promo

import (
	"testing"

	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/trade"
)

// What a bill-back earned is proposed from the lines and filed with one tap, once; more
// that is invoiced afterwards makes a second claim of the difference; a line that goes
// back takes what it had earned off what comes next. Nobody else may claim it, and what is
// off the invoice is never claimed.
func TestClaimOfBillBack(t *testing.T) {
	open4(t, func(m *market) {
		funds := m.paid()
		x := m.terms()
		x.Settle, x.ClaimBy = BillBack, "2027-03-31"
		p := m.running(x)
		_, err := m.svc.Claim(m.at(), m.maya, p.ID, "")
		m.want(err, fault.Conflict, "promo.nothing_to_claim")
		first := m.deliver(m.order("2026-12-02", p.Number, want{"AUR-D18B", "240", "84", ""}).ID, "2026-12-03", "2026-12-05", "2026-12-08")
		got, err := m.svc.Proposed(m.at(), m.maya, p.ID)
		m.must(err)
		if got.Sum != (money.Amount{Minor: 1008_00, Currency: "GBP"}) || len(got.Lines) != 1 || got.Lines[0].Order != string(first.ID) {
			m.t.Fatalf("%+v", got)
		}
		if _, err := m.svc.Proposed(m.at(), m.ingrid, p.ID); fault.CodeOf(err) != fault.NotFound {
			m.t.Fatalf("the owner claims: %v", err)
		}
		_, err = m.svc.Claim(m.at(), m.maya, p.ID, "another")
		m.want(err, fault.Conflict, "promo.other_claim")
		c, err := m.svc.Claim(m.at(), m.maya, p.ID, got.Mark)
		m.must(err)
		if c.State != fund.ClaimSubmitted || c.Asked != got.Sum || c.Nature != fund.NatureRebate || c.Source != fund.SourceProposed {
			m.t.Fatalf("%+v", c)
		}
		twice, err := m.svc.Claim(m.at(), m.maya, p.ID, got.Mark)
		m.must(err)
		if twice.ID != c.ID {
			m.t.Fatal("two taps made two claims")
		}
		if none, err := m.svc.Proposed(m.at(), m.maya, p.ID); err != nil || len(none.Lines) != 0 {
			m.t.Fatalf("%v %+v", err, none)
		}
		if ws, _, err := funds.Wallets(m.at(), m.kaarel, "", 0); err != nil || len(ws) != 0 {
			m.t.Fatalf("another partner sees the claim's programme: %v %v", ws, err)
		}
		c, err = funds.Decide(m.at(), m.ingrid, c.ID, c.Version, nil, "")
		m.must(err)
		_, err = funds.Settle(m.at(), m.boss, c.ID, c.Version, fund.SettleCmd{Kind: fund.ByPayment, Reference: "P-1"})
		m.want(err, fault.Invalid, "fund.way")
		c, err = funds.Settle(m.at(), m.boss, c.ID, c.Version, fund.SettleCmd{Kind: fund.ByCreditNote, Reference: "CN-1", TaxRate: 200_000})
		m.must(err)
		if c.State != fund.ClaimSettled || c.Settlements[0].Tax.Minor != 201_60 {
			m.t.Fatalf("%+v", c)
		}
		m.deliver(m.order("2026-12-09", p.Number, want{"AUR-D18B", "10", "84", ""}).ID, "2026-12-10", "2026-12-11", "2026-12-12")
		more, err := m.svc.Proposed(m.at(), m.maya, p.ID)
		m.must(err)
		if more.Sum.Minor != 42_00 || len(more.Lines) != 1 {
			m.t.Fatalf("%+v", more)
		}
		c, err = m.svc.Claim(m.at(), m.maya, p.ID, more.Mark)
		m.must(err)
		all, err := funds.Check(m.at(), m.ingrid, c.Program)
		m.must(err)
		if !all.OK() {
			m.t.Fatalf("%+v", all)
		}
		off := m.terms()
		off.Title = "Off the invoice"
		q := m.running(off)
		_, err = m.svc.Proposed(m.at(), m.maya, q.ID)
		m.want(err, fault.Conflict, "promo.not_billed_back")
	})
}

// What a credit takes back of a bill-back that was claimed and paid is owed at once, whether
// the partner claims again or not, and comes off what is earned next.
func TestCreditAfterClaim(t *testing.T) {
	open4(t, func(m *market) {
		funds := m.paid()
		x := m.terms()
		x.Settle, x.ClaimBy = BillBack, "2027-03-31"
		p := m.running(x)
		first := m.deliver(m.order("2026-12-02", p.Number, want{"AUR-D18B", "240", "84", ""}).ID, "2026-12-03", "2026-12-05", "2026-12-08")
		c := m.paidOut(funds, m.maya, p.ID)
		_, err := m.trade.Credit(m.on("2026-12-10"), m.boss, first.Invoices[0].ID, trade.CreditCmd{IssuedOn: "2026-12-10", Lines: []trade.CreditLine{{Position: 1, Quantity: money.Whole(40)}}})
		m.must(err)
		m.must(m.svc.Attribute(m.on("2026-12-10"), m.boss, m.trade, first.ID))
		settled := int64(1008_00)
		wallet := func(owed, available int64) {
			t.Helper()
			w, err := funds.Wallet(m.at(), m.maya, c.Program)
			m.must(err)
			if w.Balance.Owed.Minor != owed || w.Balance.Available.Minor != available || w.Balance.Settled.Minor != settled {
				t.Fatalf("%+v", w.Balance)
			}
			all, err := funds.Check(m.at(), m.ingrid, c.Program)
			m.must(err)
			if !all.OK() {
				t.Fatalf("%+v", all)
			}
		}
		if none, err := m.svc.Proposed(m.at(), m.maya, p.ID); err != nil || len(none.Lines) != 0 {
			t.Fatalf("%v %+v", err, none)
		}
		wallet(168_00, 0)
		_, err = m.svc.Claim(m.at(), m.maya, p.ID, "")
		m.want(err, fault.Conflict, "promo.nothing_to_claim")
		for range 2 { // an 844 reads it, twice
			b, err := m.svc.Basis(m.at(), m.boss, p.Number, m.kestrel)
			m.must(err)
			if b.Left != 0 || b.Program != c.Program || len(b.Lots) != 1 || b.Lots[0].Earned != 840_00 || b.Claimed[0].Asked.Minor != 1008_00 {
				t.Fatalf("%+v", b)
			}
			wallet(168_00, 0)
		}
		// the statement names what is owed of which programme; a part comes back by a debit note, once
		st, err := funds.Statement(m.on("2026-12-11"), m.maya, fund.StatementFilter{Partnership: m.toKestrel, Currency: "GBP"})
		m.must(err)
		if len(st.Owing) != 1 || st.Owing[0].Program != c.Program || st.Owing[0].Amount.Minor != 168_00 || len(st.Due) != 0 {
			t.Fatalf("%+v %+v", st.Owing, st.Due)
		}
		debit := fund.RecoverCmd{Org: m.kestrel, Kind: fund.ByDebit, Reference: "DN-1", Amount: money.Amount{Minor: 168_01, Currency: "GBP"}}
		m.want(funds.Recover(m.at(), m.boss, c.Program, debit), fault.Invalid, "")
		debit.Amount.Minor = 68_00
		m.want(funds.Recover(m.at(), m.maya, c.Program, debit), fault.NotFound, "")
		m.want(funds.Recover(m.at(), m.kaarel, c.Program, debit), fault.NotFound, "")
		for range 2 {
			m.must(funds.Recover(m.at(), m.boss, c.Program, debit))
		}
		settled = 940_00
		wallet(100_00, 0)
		m.deliver(m.order("2026-12-11", p.Number, want{"AUR-D18B", "60", "84", ""}).ID, "2026-12-12", "2026-12-13", "2026-12-14")
		more, err := m.svc.Proposed(m.at(), m.maya, p.ID)
		m.must(err)
		if more.Sum.Minor != 152_00 { // 252.00 earned, 100.00 of it owed
			t.Fatalf("%+v", more)
		}
		_, err = m.svc.Claim(m.at(), m.maya, p.ID, more.Mark)
		m.must(err)
		wallet(0, 152_00)
		m.want(funds.Recover(m.at(), m.boss, c.Program, fund.RecoverCmd{Org: m.kestrel, Kind: fund.ByOffset, Reference: "CN-2", Amount: debit.Amount}), fault.Conflict, "fund.nothing_owed")
		_, err = m.svc.Basis(m.at(), m.boss, p.Number, m.baltic)
		m.must(err) // takes part as well, with a part of its own
		_, err = m.svc.Basis(m.at(), m.boss, p.Number, m.bank)
		m.want(err, fault.NotFound, "")
		_, err = m.svc.Basis(m.at(), m.maya, p.Number, m.kestrel)
		m.want(err, fault.Forbidden, "")
	})
}
