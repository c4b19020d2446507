package fund

import (
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

func (b *bench) invoice(number, on string, minor ...int64) trade.Invoice {
	inv := trade.Invoice{ID: trade.InvoiceID(db.NewID()), Supplier: b.aurelia, Reseller: b.kestrel, Number: number, Kind: trade.InvoiceDebit, Currency: "GBP", IssuedOn: on}
	for i, n := range minor {
		inv.Lines = append(inv.Lines, trade.InvoiceLine{Position: i + 1, Line: i + 1, SKU: []string{"AUR-D18B", "AUR-B50"}[i], Amount: gbp(n), Off: gbp(0)})
	}
	return inv
}

// credit is one over the first line of an invoice.
func credit(of trade.Invoice, number string, minor int64) trade.Invoice {
	return trade.Invoice{ID: trade.InvoiceID(db.NewID()), Supplier: of.Supplier, Reseller: of.Reseller, Number: number, Kind: trade.InvoiceCredit, CreditOf: of.ID, Currency: of.Currency, IssuedOn: of.IssuedOn,
		Lines: []trade.InvoiceLine{{Position: 1, Line: 1, SKU: of.Lines[0].SKU, Amount: gbp(-minor), Off: gbp(0)}}}
}

// Earned on the net of invoices in lots, used oldest first, taken back by credits at the
// rate at which it was earned, lapsed on its day; what is used and then taken back is owed
// and comes off what is earned next.
func TestEarnedFunds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		cmd := autumn
		cmd.Kind, cmd.Title, cmd.Until, cmd.ClaimDays, cmd.Proof = KindEarned, "Earned 3 %", "2027-12-31", 0, nil
		p, err := b.svc.Create(b.at(), b.ingrid, cmd)
		b.must(err)
		b.wants(b.svc.Grant(b.at(), b.ingrid, p.ID, b.toKestrel, gbp(5), "", ""), fault.Invalid, "fund.earned_only")
		b.must(b.svc.Grant(b.at(), b.ingrid, p.ID, b.toKestrel, gbp(0), "", ""))
		_, err = b.svc.SaveRequest(b.at(), b.maya, "", 0, RequestCmd{Program: p.ID, Title: "x", Activity: "print", From: "2026-11-18", Until: "2026-11-20", Cost: gbp(200), Asked: gbp(100)})
		b.wants(err, fault.Conflict, "fund.no_requests")
		_, err = b.svc.AddRule(b.at(), b.maya, p.ID, Rule{})
		b.wants(err, fault.Forbidden, "")
		_, err = b.svc.AddRule(b.at(), b.ingrid, p.ID, Rule{Rate: 30_000, SKUs: []string{"aur-d18b"}, From: "2026-11-01", Until: "2027-06-30", Days: 90})
		b.must(err)
		sys := access.System("funds", b.aurelia)
		one := b.invoice("INV-1", "2026-11-10", 1_000_00, 500_00)
		for range 2 { // told twice
			b.must(b.svc.Invoiced(b.at(), sys, one))
		}
		if w := b.wallet(p.ID); w.Available != gbp(30_00) || w.Granted != gbp(30_00) {
			t.Fatalf("3 %% of the drills: %+v", w)
		}
		two := b.invoice("INV-2", "2026-11-20", 333_33)
		two.Lines[0].Off = gbp(33_33) // an allowance: 3 % of 300
		b.must(b.svc.Invoiced(b.at(), sys, two))
		b.must(b.svc.Invoiced(b.at(), sys, b.invoice("INV-0", "2026-10-31", 900_00))) // before the rule
		if w := b.wallet(p.ID); w.Available != gbp(39_00) {
			t.Fatalf("%+v", w)
		}
		back := credit(one, "CN-1", 100_00)
		for range 2 {
			b.must(b.svc.Invoiced(b.at(), sys, back))
		}
		if w := b.wallet(p.ID); w.Available != gbp(36_00) {
			t.Fatalf("%+v", w)
		}
		c, err := b.svc.FileClaim(b.at(), b.maya, ClaimCmd{Program: p.ID, Nature: NatureService, Title: "Flyers", Lines: lines("2026-11-21", 30_00)})
		b.must(err)
		_, err = b.svc.FileClaim(b.at(), b.maya, ClaimCmd{Program: p.ID, Nature: NatureService, Title: "Flyers", Lines: lines("2026-11-21", 6_01)})
		b.wants(err, fault.Conflict, "fund.over_claim")
		_, err = b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, nil, "")
		b.must(err)
		w, err := b.svc.Wallet(b.at(), b.maya, p.ID)
		b.must(err)
		if len(w.Lots) != 1 || w.Lots[0].Invoice != "INV-2" || w.Lots[0].Left != gbp(6_00) || w.Lots[0].Lapses != "2027-02-18" {
			t.Fatalf("the oldest first: %+v", w.Lots)
		}
		b.lots(p.ID)
		// the whole first invoice goes back: 27 of it was earned and is used
		b.must(b.svc.Invoiced(b.at(), sys, credit(one, "CN-2", 900_00)))
		if w := b.wallet(p.ID); w.Owed != gbp(27_00) || w.Available != gbp(6_00) || w.Granted != gbp(9_00) {
			t.Fatalf("%+v", w)
		}
		b.must(b.svc.Invoiced(b.at(), sys, b.invoice("INV-3", "2026-12-01", 1_000_00)))
		if w := b.wallet(p.ID); w.Owed.Minor != 0 || w.Available != gbp(9_00) || w.Granted != gbp(39_00) {
			t.Fatalf("%+v", w)
		}
		b.lots(p.ID)
		b.reconciles(p.ID)
		on, err := b.svc.Liabilities(b.at(), b.ingrid, "2026-11-15")
		b.must(err)
		if len(on) != 0 {
			t.Fatalf("before anything was booked: %+v", on)
		}
		b.day("2027-03-02")
		for range 2 {
			b.must(b.svc.Tick(b.at()))
		}
		if w := b.wallet(p.ID); w.Lapsed != gbp(9_00) || w.Available.Minor != 0 {
			t.Fatalf("%+v", w)
		}
		list, err := b.svc.Liabilities(b.at(), b.ingrid, "")
		b.must(err)
		if len(list) != 1 || list[0].Org != b.kestrel || list[0].Balance != b.wallet(p.ID) {
			t.Fatalf("%+v", list)
		}
		if _, err := b.svc.Liabilities(b.at(), b.maya, ""); err != nil { // her own company owes nobody
			t.Fatal(err)
		}
		b.reconciles(p.ID)
	})
}

// A line of an order that an invoice has twice is credited once: what its two lots gave is
// taken back up to what the credit is worth, however often the credit is told.
func TestTakeBackOfTwoLots(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		cmd := autumn
		cmd.Kind, cmd.Title, cmd.Proof = KindEarned, "Earned 10 %", nil
		p, err := b.svc.Create(b.at(), b.ingrid, cmd)
		b.must(err)
		b.must(b.svc.Grant(b.at(), b.ingrid, p.ID, b.toKestrel, gbp(0), "", ""))
		_, err = b.svc.AddRule(b.at(), b.ingrid, p.ID, Rule{Rate: 100_000, From: "2026-11-01", Until: "2026-12-31", Days: 10})
		b.must(err)
		sys := access.System("funds", b.aurelia)
		inv := b.invoice("INV-1", "2026-11-10", 100_00, 100_00)
		inv.Lines[1].Line = 1 // delivered in two parts
		b.must(b.svc.Invoiced(b.at(), sys, inv))
		back := credit(inv, "CN-1", 150_00)
		for range 2 {
			b.must(b.svc.Invoiced(b.at(), sys, back))
		}
		if w := b.wallet(p.ID); w.Available != gbp(5_00) || w.Owed.Minor != 0 || w.Granted != gbp(5_00) {
			t.Fatalf("15 of the 20 go back: %+v", w)
		}
		b.must(b.svc.Invoiced(b.at(), sys, credit(inv, "CN-2", 150_00)))
		if w := b.wallet(p.ID); w.Available.Minor != 0 || w.Owed.Minor != 0 {
			t.Fatalf("no more than was earned goes back: %+v", w)
		}
		// two lots lapse on one day, in one entry
		b.must(b.svc.Invoiced(b.at(), sys, b.invoice("INV-2", "2026-11-12", 100_00, 50_00)))
		n := b.sound(p.ID)
		b.day("2026-11-23")
		for range 2 {
			b.must(b.svc.Tick(b.at()))
		}
		if w := b.wallet(p.ID); w.Lapsed != gbp(15_00) || w.Available.Minor != 0 || b.sound(p.ID) != n+1 {
			t.Fatalf("%+v", w)
		}
		b.lots(p.ID)
	})
}

// lots fails unless what is left of the lots is what the ledger says is available.
func (b *bench) lots(p ProgramID) {
	b.t.Helper()
	w, err := b.svc.Wallet(b.at(), b.maya, p)
	b.must(err)
	left := money.Amount{Currency: "GBP"}
	for _, l := range w.Lots {
		left.Minor += l.Left.Minor
	}
	if left != w.Balance.Available {
		b.t.Fatalf("the lots hold %s, the ledger says %s", left, w.Balance.Available)
	}
}
