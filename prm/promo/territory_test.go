package promo

import (
	"context"
	"testing"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/location"
	"entente/prm/money"
	"entente/prm/trade"
)

// mapped is whether companies agreed to hold orders to places nobody knows. They agreed on
// nothing else.
type mapped struct {
	trade.Agreed
	holds bool
}

func (m mapped) ChecksLocation(context.Context, string, string, string) (bool, error) {
	return m.holds, nil
}
func (mapped) PricedBy(context.Context, string) (string, string, error) { return "", "", nil }
func (mapped) FreeGoods(context.Context, string) (string, error)        { return "", nil }
func (mapped) FixesAnswerTime(context.Context, string) (bool, error)    { return false, nil }

// TestTerritory: goods go where the supplier knows the place to be. What the reseller writes beside
// its code counts where nothing is known of the place, its own country where it writes nothing, and
// the order says which it was. A place that is found out later is judged by, too, once; and what was
// judged stays when the places change.
func TestTerritory(t *testing.T) {
	open4(t, func(m *market) {
		places := location.New(m.db, m.events)
		m.trade.Heed(places, mapped{})
		boss := access.Actor{Person: db.NewID(), Org: m.aurelia, Roles: []access.Role{access.Admin}, Via: "session:x"}
		add := func(name, code, country string) location.Place {
			t.Helper()
			p, err := places.Add(m.at(), boss, location.Place{Partnership: m.toKestrel, Name: name, Country: country, Codes: []location.Code{{Qualifier: location.ByBuyer, Code: code}}})
			m.must(err)
			return p
		}
		add("Leeds", "LDS", "GB")
		hamburg := add("Hamburg", "HAM", "DE")
		add("Somewhere", "SOME", "")
		x := m.terms()
		x.Countries, x.Parts[0].Limit = []string{"GB"}, money.Whole(1000)
		p := m.running(x)
		n := 0
		order := func(price string, st ...doc.Party) trade.Detail {
			t.Helper()
			n++
			d := doc.PurchaseOrder{Purpose: "00", Type: "SA", Number: "T-" + count64(int64(n)), Date: "2026-12-02",
				Lines: []doc.Line{{Number: "10", VendorItem: "AUR-D18B", Quantity: "10", Unit: "EA", Price: doc.Decimal(price)}}}
			d.Currency, d.Parties, d.Refs = "GBP", st, []doc.Ref{{Qualifier: "PD", Value: p.Number}}
			r, err := m.trade.ReceiveOrder(m.on("2026-12-02"), access.System("edi", m.kestrel), trade.Incoming{Doc: d, Supplier: m.aurelia, Reseller: m.kestrel, Partnership: m.toKestrel, Interchange: db.NewID(), SetNo: 1})
			m.must(err)
			return m.detail(r.Order)
		}
		to := func(code, country string) doc.Party {
			return doc.Party{Role: "ST", IDQualifier: "92", ID: code, Country: country}
		}
		check := func(what string, d trade.Detail, by, country, granted string) {
			t.Helper()
			l, why := d.Lines[0], WhyHeadNumber
			if granted == "0" {
				why = WhyTerritory
			}
			if l.DealReason != why || l.DealGranted.String() != granted {
				t.Errorf("%s: %s, granted %s; want %s, %s", what, l.DealReason, l.DealGranted, why, granted)
			}
			if g := d.Head.Goes; g == nil || g.By != by || g.Country != country || !g.Judged {
				t.Errorf("%s: it says %+v, want %s %s", what, g, by, country)
			}
		}
		check("a place here", order("84", to("LDS", "GB")), trade.GoesPlace, "GB", "10")
		check("a place here, written otherwise", order("84", to("LDS", "DE")), trade.GoesPlace, "GB", "10")
		check("a place abroad, written as here", order("84", to("HAM", "GB")), trade.GoesPlace, "DE", "0")
		check("unknown, here", order("84", to("NEW", "gb")), trade.GoesTold, "GB", "10")
		check("unknown, abroad", order("84", to("NEW", "FR")), trade.GoesTold, "FR", "0")
		check("a place without a country", order("84", to("SOME", "FR")), trade.GoesTold, "FR", "0")
		check("nothing said", order("84"), trade.GoesHome, "GB", "10")
		m.rebuilt(p.ID)

		// two are held until the supplier knows the place; both were reckoned with 5 % off
		m.trade.Heed(places, mapped{holds: true})
		a, b := order("79.80", to("LATER", "GB")), order("79.80", to("LATER", "GB"))
		if a.Held != trade.HeldLocation || a.Lines[0].DealMethod != trade.DealInPrice || len(a.Lines[0].Marks) > 0 {
			t.Fatalf("%q %+v", a.Held, a.Lines[0])
		}
		check("held", a, trade.GoesTold, "GB", "10")
		taken := func() money.Quantity {
			t.Helper()
			return m.get(p.ID).Seats[0].Taken + m.get(p.ID).Seats[1].Taken
		}
		before := taken()
		_, err := m.trade.Locate(m.at(), boss, a.ID, trade.LocateCmd{Known: hamburg.ID})
		m.must(err)
		for _, d := range []trade.Detail{m.detail(a.ID), m.detail(b.ID)} {
			check("found out", d, trade.GoesPlace, "DE", "0")
			if l := d.Lines[0]; d.Held != "" || !l.Marks.Has(trade.PriceDiffers) || !l.Marks.Has(trade.PromotionRefused) || l.DealMethod != "" || l.Amount.String() != "798.00" {
				t.Errorf("found out: %q %+v", d.Held, l)
			}
		}
		if got := before - taken(); got != money.Whole(20) {
			t.Errorf("%s is free again", got)
		}
		m.rebuilt(p.ID)
		hamburg.Country, hamburg.Codes = "GB", []location.Code{{Qualifier: location.ByBuyer, Code: "HAM"}, {Qualifier: location.ByBuyer, Code: "LATER"}}
		_, err = places.Change(m.at(), boss, hamburg)
		m.must(err)
		m.rebuilt(p.ID)
	})
}

// TestTerritoryOfResales: what is sold on is judged by the customer's country, and by the company's
// own where it tells none.
func TestTerritoryOfResales(t *testing.T) {
	open4(t, func(m *market) {
		x := m.terms()
		x.By, x.ShipBy, x.BackDays, x.Settle, x.Quoted, x.Countries = ByResale, "", 0, BillBack, false, []string{"DE"}
		p := m.running(x)
		for i, c := range []string{"DE", "", "GB"} {
			o := m.sold(db.NewID(), "AUR-D18B", 2, "2026-12-03", "2026-12-03", "")
			o.Lines[0].Country = c
			m.must(m.svc.Resold(m.at(), access.System("promotions", m.aurelia), o))
			got, _, err := m.svc.Resales(m.at(), m.ingrid, p.ID, LineFilter{})
			m.must(err)
			n := 0
			for _, l := range got {
				if l.Verdict != LineOut {
					n++
				} else if l.Reason != WhyTerritory {
					t.Errorf("%q: %s", c, l.Reason)
				}
			}
			if len(got) != i+1 || n != 1 {
				t.Errorf("%q: %d of %d count", c, n, len(got))
			}
		}
	})
}
