package promo

import (
	"testing"

	"entente/db/blob"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/partner"
)

// What a bill-back earned is proposed from the lines and filed with one tap, once; more
// that is invoiced afterwards makes a second claim of the difference; a line that goes
// back takes what it had earned off what comes next. Nobody else may claim it, and what is
// off the invoice is never claimed.
func TestClaimOfBillBack(t *testing.T) {
	open4(t, func(m *market) {
		blobs, err := blob.New(m.db, t.TempDir())
		m.must(err)
		funds := fund.New(m.db, nil, blobs, partner.NewService(m.db, m.events, account.Directory{}))
		m.svc.Pay(funds)
		x := m.terms()
		x.Settle, x.ClaimBy = BillBack, "2027-03-31"
		p := m.running(x)
		_, err = m.svc.Claim(m.at(), m.maya, p.ID, "")
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
