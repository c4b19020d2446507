package catalog

import (
	"context"
	"strings"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// The owner decides per partner how much of the stock is seen.
func TestStockShown(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setup(t, d)
		h := &heard{}
		s.svc = New(d, h)
		see := func(a access.Actor) Shown {
			t.Helper()
			e, err := s.svc.Get(s.ctx(), a, s.sup, "AUR-1")
			s.must(err)
			return e.Stock
		}
		s.must(s.svc.SetStock(s.ctx(), s.boss, FromPage, []StockSet{{SKU: "aur-1", Place: "LDS", Quantity: money.Whole(7)}, {SKU: "AUR-1", Quantity: money.Whole(5)}}))
		s.code("a buyer writes", s.svc.SetStock(s.ctx(), s.buyer, FromPage, []StockSet{{SKU: "AUR-1"}}), fault.Forbidden)
		s.code("an unknown item", s.svc.SetStock(s.ctx(), s.boss, FromPage, []StockSet{{SKU: "NOPE"}}), fault.Invalid)
		if x := see(s.boss); !x.Exact || x.Quantity != money.Whole(12) {
			t.Errorf("the owner sees %+v", x)
		}
		if x := see(s.buyer); x != (Shown{}) {
			t.Errorf("by default a partner sees %+v", x)
		}
		s.must(s.svc.SetTerms(s.ctx(), s.boss, Terms{Shown: ShowBand, Low: money.Whole(20)}))
		s.must(s.svc.SetTerms(s.ctx(), s.boss, Terms{Partner: s.buy, Shown: ShowExact, StockEDI: true}))
		s.code("terms of a stranger", s.svc.SetTerms(s.ctx(), s.boss, Terms{Partner: s.stranger.Org, Shown: ShowExact}), fault.NotFound)
		s.code("a wrong word", s.svc.SetTerms(s.ctx(), s.boss, Terms{Shown: "all"}), fault.Invalid)
		if x := see(s.buyer); x.Quantity != money.Whole(12) || x.Level != InStock {
			t.Errorf("the told partner sees %+v", x)
		}
		if x := see(s.theirAdmin); x.Level != LowStock || x.Exact || x.Quantity != 0 || !x.AsOf.IsZero() {
			t.Errorf("the other partner sees %+v", x)
		}
		s.must(s.svc.SetStock(s.ctx(), s.boss, FromAPI, []StockSet{{SKU: "AUR-1", Place: "LDS"}, {SKU: "AUR-1"}}))
		if x := see(s.theirAdmin); x.Level != NoStock {
			t.Errorf("out of stock is %+v", x)
		}
		page, err := s.svc.Stock(s.ctx(), s.boss, Filter{Query: "drill"})
		s.must(err)
		if len(page.Items) != 1 || len(page.Items[0].Places) != 2 || !page.Items[0].Low || page.Items[0].Places[1].Source != FromAPI {
			t.Errorf("stock %+v", page.Items)
		}
		// told once, until something changes
		s.must(s.svc.TellStock(s.on("2026-11-23")))
		s.must(s.svc.TellStock(s.on("2026-11-24")))
		if len(h.all) != 1 || h.all[0].Kind != StockTold || h.all[0].Payload.(Event).Reseller != s.buy {
			t.Errorf("told %+v", h.all)
		}
		s.must(s.svc.SetStock(s.on("2026-11-25"), s.boss, FromPage, []StockSet{{SKU: "AUR-1", Quantity: money.Whole(3)}}))
		s.must(s.svc.TellStock(s.on("2026-11-26")))
		if len(h.all) != 2 {
			t.Errorf("not told of a change: %+v", h.all)
		}
		rows, _, err := s.svc.Telling(s.ctx(), s.boss, s.other, "", 100)
		s.must(err)
		if len(rows) != 1 || rows[0].Stock.Exact || rows[0].Stock.Level != LowStock {
			t.Errorf("the other partner is told %+v", rows)
		}
		ts, err := s.svc.TermsOf(s.ctx(), s.boss)
		s.must(err)
		if len(ts) != 3 || ts[0].Shown != ShowBand {
			t.Errorf("terms %+v", ts)
		}
		_, err = s.svc.TermsOf(s.ctx(), s.buyer)
		s.code("a partner reads terms", err, fault.Forbidden)
	})
}

// A distributor's report is seen by it and its supplier alone, and kept once.
func TestStockReport(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setup(t, d)
		h := &heard{}
		s.svc = New(d, h)
		s.must(s.svc.Refer(s.ctx(), s.buyer, Reference{Supplier: s.sup, Partner: s.buy, BuyerItem: "KS-7", SKU: "AUR-1"}))
		cmd := ReportCmd{Supplier: s.sup, Reseller: s.buy, Number: "INV-1", Day: "2026-11-21", Source: FromEDI, Key: "edi:1:1", Lines: []ReportLine{
			{BuyerItem: "KS-7", Place: "LEEDS", Kind: "33", Quantity: money.Whole(3), Unit: "CT"}, {SKU: "XX", Kind: "17", Quantity: money.Whole(9), Unit: "EA"}, {SKU: "AUR-1", Kind: "17", Quantity: money.Whole(2), Unit: "PL"}}}
		h.all = nil // the reference was told
		r, err := s.svc.ReceiveStock(s.ctx(), s.buyer, cmd)
		s.must(err)
		if again, err := s.svc.ReceiveStock(s.ctx(), s.buyer, cmd); err != nil || again.ID != r.ID || r.Unknown != 1 || len(h.all) != 1 {
			t.Errorf("again %v %+v %+v", err, again, r)
		}
		for name, a := range map[string]access.Actor{"supplier": s.boss, "reseller": s.buyer} {
			_, lines, err := s.svc.ReportLines(s.ctx(), a, r.ID, 0, 10)
			s.must(err)
			if len(lines) != 3 || lines[0].Pieces != money.Whole(12) || lines[0].SKU != "AUR-1" || lines[1].Product != "" || lines[2].Pieces != 0 {
				t.Errorf("%s: %+v", name, lines)
			}
			if all, err := s.svc.Reports(s.ctx(), a); err != nil || len(all) != 1 {
				t.Errorf("%s: %v %+v", name, err, all)
			}
		}
		for _, a := range []access.Actor{s.theirAdmin, s.stranger} {
			_, _, err := s.svc.ReportLines(s.ctx(), a, r.ID, 0, 10)
			s.code("a stranger reads", err, fault.NotFound)
			if all, err := s.svc.Reports(s.ctx(), a); err != nil || len(all) != 0 {
				t.Errorf("a stranger lists %v %+v", err, all)
			}
			c := cmd
			c.Reseller = a.Org
			if a.Org == s.stranger.Org {
				_, err = s.svc.ReceiveStock(s.ctx(), a, c)
				s.code("a stranger reports", err, fault.NotFound)
			}
			_, err = s.svc.ReceiveStock(s.ctx(), a, cmd)
			s.code("in another's name", err, fault.NotFound)
		}
	})
}

// Both sides keep the partner's item numbers; another partner sees none of them.
func TestReferences(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setup(t, d)
		e, err := s.svc.Get(s.ctx(), s.boss, s.sup, "AUR-1")
		s.must(err)
		s.must(s.svc.Refer(s.ctx(), s.buyer, Reference{Supplier: s.sup, Partner: s.buy, BuyerItem: " KS-1 ", SKU: "aur-1"}))
		s.must(s.svc.SetReference(s.ctx(), s.boss, s.other, "BT-1", "AUR-1"))
		s.code("in another's name", s.svc.Refer(s.ctx(), s.theirAdmin, Reference{Supplier: s.sup, Partner: s.buy, BuyerItem: "X", SKU: "AUR-1"}), fault.NotFound)
		s.code("a viewer", s.svc.Refer(s.ctx(), s.viewer, Reference{Supplier: s.sup, Partner: s.buy, BuyerItem: "X", SKU: "AUR-1"}), fault.Forbidden)
		all, err := s.svc.References(s.ctx(), s.boss, e.ID)
		s.must(err)
		mine, err := s.svc.References(s.ctx(), s.buyer, e.ID)
		s.must(err)
		if len(all) != 2 || len(mine) != 1 || mine[0].BuyerItem != "KS-1" {
			t.Errorf("all %+v, mine %+v", all, mine)
		}
		if got, err := s.svc.Product(s.ctx(), s.buyer, e.ID, ""); err != nil || got.BuyerItem != "KS-1" {
			t.Errorf("%v %+v", err, got)
		}
		_, err = s.svc.Product(s.ctx(), s.stranger, e.ID, "")
		s.code("a stranger", err, fault.NotFound)
		_, err = s.svc.References(s.ctx(), s.stranger, e.ID)
		s.code("a stranger", err, fault.NotFound)
		s.must(s.svc.DropReference(s.ctx(), s.buyer, s.sup, s.buy, "KS-1"))
		s.must(s.svc.DropReference(s.ctx(), s.buyer, s.sup, s.buy, "KS-1"))
		s.code("another's", s.svc.DropReference(s.ctx(), s.buyer, s.sup, s.other, "BT-1"), fault.NotFound)
		if all, err = s.svc.References(s.ctx(), s.boss, e.ID); err != nil || len(all) != 1 {
			t.Errorf("%v %+v", err, all)
		}
	})
}

// Minimum, multiple and successor are kept and checked.
func TestOrderRules(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setup(t, d)
		p := Product{SKU: "AUR-2", NameEN: "Battery", Unit: "EA", Minimum: money.Whole(10), Multiple: money.Whole(5), ReplacedBy: "aur-1", ReplacedFrom: "2027-01-01"}
		s.must(s.svc.Put(s.ctx(), s.boss, p))
		got, err := s.svc.Get(s.ctx(), s.buyer, s.sup, "AUR-2")
		s.must(err)
		if got.Minimum != p.Minimum || got.Multiple != p.Multiple || got.ReplacedBy != "AUR-1" || got.Replaced("2026-12-31") || !got.Replaced("2027-01-01") {
			t.Errorf("kept %+v", got)
		}
		for q, want := range map[int64][2]bool{5: {true, false}, 10: {false, false}, 12: {false, true}, 3: {true, true}} {
			if short, odd := got.Fits(money.Whole(q)); short != want[0] || odd != want[1] {
				t.Errorf("%d: %v %v", q, short, odd)
			}
		}
		bad := p
		bad.ReplacedFrom = ""
		s.code("no date", s.svc.Put(s.ctx(), s.boss, bad), fault.Invalid)
		bad = p
		bad.ReplacedBy = "NOPE"
		s.code("no such successor", s.svc.Put(s.ctx(), s.boss, bad), fault.Invalid)
		s.code("a circle", s.svc.Put(s.ctx(), s.boss, Product{SKU: "AUR-1", NameEN: "Drill", Unit: "EA", ReplacedBy: "AUR-2", ReplacedFrom: "2027-01-01"}), fault.Invalid)
		s.code("itself", s.svc.Put(s.ctx(), s.boss, Product{SKU: "AUR-1", NameEN: "Drill", Unit: "EA", ReplacedBy: "AUR-1", ReplacedFrom: "2027-01-01"}), fault.Invalid)
		s.code("a pack twice", s.svc.Put(s.ctx(), s.boss, Product{SKU: "AUR-1", NameEN: "Drill", Unit: "EA", Packs: []Pack{{Level: Case, Unit: "CA", Quantity: money.Whole(4)}, {Level: Pallet, Unit: "CT", Quantity: money.Whole(40)}}}), fault.Invalid)
		if _, err := s.svc.List(context.Background(), s.buyer, Filter{After: strings.Repeat("x", 3)}); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("cursor: %v", err)
		}
	})
}

func TestUnits(t *testing.T) {
	t.Parallel()
	p := Product{Unit: "EA", Packs: []Pack{{Level: Inner, Unit: "BX", Quantity: money.Whole(5)}, {Level: Case, Unit: "CA", Quantity: money.Whole(20)}}}
	for unit, want := range map[string]int64{"EA": 3, "PCE": 3, "h87": 3, "BX": 15, "CT": 60, "CA": 60, "KG": 0, "": 0} {
		got, ok := p.Pieces(money.Whole(3), unit)
		if ok != (want != 0) || got != money.Whole(want) {
			t.Errorf("3 %s are %s (%v), want %d", unit, got, ok, want)
		}
	}
	for unit, want := range map[string]string{"EA": "PCE", "CA": "CT", "BX": "BX", "PCE": "PCE", "XYZ": "XYZ"} {
		if got := UnitRec20(unit); got != want {
			t.Errorf("%s is %s", unit, got)
		}
	}
}
