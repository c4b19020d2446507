package promo

import (
	"context"
	"fmt"
	"testing"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/location"
	"entente/prm/money"
	"entente/prm/trade"
)

// bought is a promotion that gives goods away, in quantities of one.
func (m *market) bought(buy, limit int64, quoted bool, sku, gift string) Detail {
	x := m.terms()
	x.Title, x.Kind, x.Families, x.SKUs, x.Buy, x.Free, x.FreeSKU, x.Quoted = "Free", Free, nil, []string{sku}, money.Whole(buy), money.Whole(1), gift, quoted
	x.Parts[0].Limit = money.Whole(limit)
	return m.running(x)
}

func (m *market) taken(id ID) string {
	m.t.Helper()
	var n int64
	m.must(m.db.View(m.at(), func(ctx context.Context) error {
		_, err := db.Row(ctx, "SELECT taken FROM promotion_seat WHERE promotion_id = ? AND org_id = ?", []any{string(id), m.kestrel}, &n)
		return err
	}))
	return money.Quantity(n).String()
}

// A price of 0 is only right where a promotion gives the goods away: one that lowers the price,
// is claimed afterwards, or gives fewer, leaves the doubt and the list price.
func TestPriceOfNoughtUnderAPromotion(t *testing.T) {
	open4(t, func(m *market) {
		p := m.running(m.terms())
		d := m.order("2026-12-02", p.Number, want{"AUR-D18B", "100", "0", ""})
		m.line(d, 0, WhyHeadNumber, "100", trade.PriceZero)
		if d.Total.String() != "7980.00" || d.Marks != 1 || d.Lines[0].DealMethod != trade.DealOffInvoice {
			m.t.Errorf("off the invoice: %s, %d marks, %+v", d.Total, d.Marks, d.Lines[0])
		}
		inv := m.deliver(d.ID, "2026-12-03", "2026-12-04", "2026-12-05").Invoices[0]
		if inv.Net.String() != "7980.00" || inv.State != trade.InvoiceMatched {
			m.t.Errorf("%+v", inv)
		}
		x := m.terms()
		x.Title, x.Settle = "Claimed", BillBack
		b := m.running(x)
		d = m.order("2026-12-06", b.Number, want{"AUR-D18B", "10", "0", ""}, want{"AUR-B50", "10", free, ""})
		m.line(d, 0, WhyHeadNumber, "10", trade.PriceZero)
		m.line(d, 1, WhyHeadNumber, "10", trade.FreeGoods)
		if d.Total.String() != "840.00" {
			m.t.Errorf("bill-back: %s", d.Total)
		}
		m.deliver(d.ID, "2026-12-07", "2026-12-08", "2026-12-09")
		r, err := m.svc.Results(m.at(), m.ingrid, b.ID)
		m.must(err)
		if f := r.Parts[0]; f.Earned.String() != "42.00" || f.Invoiced != money.Whole(20) { // nothing on what cost nothing
			m.t.Errorf("earned %+v", f)
		}
		g := m.bought(2, 0, false, "AUR-HT20", "AUR-B50")
		d = m.order("2026-12-10", "", want{"AUR-HT20", "2", "120", ""}, want{"AUR-B50", "100", "0", ""})
		m.line(d, 1, WhyFreePart, "1", trade.PriceZero)
		if d.Total.String() != "3328.80" { // 240 + 99 × 31.20
			m.t.Errorf("one of a hundred: %s", d.Total)
		}
		d = m.order("2026-12-10", "", want{"AUR-HT20", "2", "120", ""}, want{"AUR-B50", "100", free, ""})
		m.line(d, 1, WhyFreePart, "1", trade.FreeGoods)
		d = m.order("2026-12-10", "", want{"AUR-B50", "1", "0", ""}, want{"AUR-HT20", "2", "120", ""}, want{"AUR-B50", "1", free, ""})
		m.line(d, 0, WhyAuto, "1")
		m.line(d, 2, WhyFreeNone, "0", trade.FreeGoods)
		if d.Total.String() != "240.00" || d.Lines[0].DealMethod != trade.DealInPrice {
			m.t.Errorf("%s %+v", d.Total, d.Lines[0])
		}
		for _, id := range []ID{p.ID, b.ID, g.ID} {
			m.rebuilt(id)
		}
	})
}

// Free goods follow from what was granted, so the limit holds for them, and are no part of it.
func TestFreeGoodsUnderALimit(t *testing.T) {
	open4(t, func(m *market) {
		p := m.bought(10, 100, true, "AUR-HT20", "AUR-B50")
		d := m.order("2026-12-02", p.Number, want{"AUR-HT20", "1000", "120", ""}, want{"AUR-B50", "100", "0", ""})
		m.line(d, 0, WhyLimit, "100", trade.PromotionPart)
		m.line(d, 1, WhyFreePart, "10", trade.PriceZero, trade.PromotionPart)
		d = m.order("2026-12-03", p.Number, want{"AUR-HT20", "10", "120", ""}, want{"AUR-B50", "1", "0", ""})
		m.line(d, 0, WhyUsed, "0", trade.PromotionRefused)
		m.line(d, 1, WhyFreeNone, "0", trade.PriceZero, trade.PromotionRefused)
		if got := m.taken(p.ID); got != "100" {
			m.t.Errorf("taken %s", got)
		}
		m.rebuilt(p.ID)

		// the item itself is given: 30 at 0 are no part of the limit
		q := m.bought(2, 100, true, "AUR-G125", "AUR-G125")
		d = m.order("2026-12-04", q.Number, want{"AUR-G125", "60", "46.50", ""}, want{"AUR-G125", "30", "0", ""})
		m.line(d, 1, WhyHeadNumber, "30")
		if got := m.taken(q.ID); got != "60" || d.Total.String() != "2790.00" {
			m.t.Errorf("taken %s, %s", got, d.Total)
		}
		d = m.order("2026-12-05", q.Number, want{"AUR-G125", "40", "46.50", ""}, want{"AUR-G125", "21", "0", ""})
		m.line(d, 0, WhyHeadNumber, "40")
		m.line(d, 1, WhyFreePart, "20", trade.PriceZero, trade.PromotionPart) // at the list price from now on, and still the free goods
		m.order("2026-12-06", q.Number, want{"AUR-G125", "5", "46.50", ""}, want{"AUR-G125", "2", "0", ""})
		m.rebuilt(q.ID)
		if got := m.taken(q.ID); got != "100" {
			m.t.Errorf("taken %s", got)
		}
	})
}

// Goods that were given away and turn out to go outside the territory are doubted again.
func TestGivenAwayOutsideTheTerritory(t *testing.T) {
	open4(t, func(m *market) {
		places := location.New(m.db, m.events)
		m.trade.Heed(places, mapped{holds: true})
		boss := access.Actor{Person: db.NewID(), Org: m.aurelia, Roles: []access.Role{access.Admin}, Via: "session:x"}
		hamburg, err := places.Add(m.at(), boss, location.Place{Partnership: m.toKestrel, Name: "Hamburg", Country: "DE", Codes: []location.Code{{Qualifier: location.ByBuyer, Code: "HAM"}}})
		m.must(err)
		x := m.terms()
		x.Kind, x.Families, x.SKUs, x.Buy, x.Free, x.FreeSKU, x.Countries = Free, nil, []string{"AUR-HT20"}, money.Whole(2), money.Whole(1), "AUR-B50", []string{"GB"}
		p := m.running(x)
		d := doc.PurchaseOrder{Purpose: "00", Type: "SA", Number: "G-1", Date: "2026-12-02", Lines: []doc.Line{{Number: "10", VendorItem: "AUR-HT20", Quantity: "2", Unit: "EA", Price: "120"}, {Number: "20", VendorItem: "AUR-B50", Quantity: "1", Unit: "EA", Price: "0"}}}
		d.Currency, d.Parties, d.Refs = "GBP", []doc.Party{{Role: "ST", IDQualifier: "92", ID: "NEW", Country: "GB"}}, []doc.Ref{{Qualifier: "PD", Value: p.Number}}
		r, err := m.trade.ReceiveOrder(m.on("2026-12-02"), access.System("edi", m.kestrel), trade.Incoming{Doc: d, Supplier: m.aurelia, Reseller: m.kestrel, Partnership: m.toKestrel, Interchange: db.NewID(), SetNo: 1})
		m.must(err)
		was := m.detail(r.Order)
		m.line(was, 1, WhyHeadNumber, "1")
		_, err = m.trade.Locate(m.at(), boss, r.Order, trade.LocateCmd{Known: hamburg.ID})
		m.must(err)
		now := m.detail(r.Order)
		m.line(now, 1, WhyTerritory, "0", trade.PriceZero, trade.PromotionRefused)
		if was.Total.String() != "240.00" || now.Total.String() != "271.20" || now.Lines[1].DealMethod != "" {
			m.t.Errorf("%s, then %s: %+v", was.Total, now.Total, now.Lines[1])
		}
		m.must(m.svc.Attribute(m.at(), m.boss, m.trade, r.Order))
		m.rebuilt(p.ID)
	})
}

// Free goods stay that whatever price the buyer names for them afterwards, and what was bought is
// no gift when it is to cost nothing.
func TestFreeGoodsWithAnotherPrice(t *testing.T) {
	open4(t, func(m *market) {
		p := m.bought(10, 100, true, "AUR-G125", "AUR-G125")
		d := m.order("2026-12-02", p.Number, want{"AUR-G125", "10", "46.50", ""}, want{"AUR-G125", "3", "0", ""})
		m.line(d, 1, WhyFreePart, "1", trade.PriceZero, trade.PromotionPart)
		e := m.order("2026-12-02", p.Number, want{"AUR-G125", "5", "46.50", ""}, want{"AUR-G125", "1", "0", ""})
		m.line(e, 1, WhyFreeNone, "0", trade.PriceZero, trade.PromotionRefused)
		cheaper := doc.ChangeLine{Change: "PC"}
		cheaper.Number, cheaper.Price, cheaper.Unit = "20", "25", "EA"
		for i, o := range []trade.Detail{d, e} {
			m.amended(o, cheaper, fmt.Sprint("C", i))
			if l := m.detail(o.ID).Lines[1]; l.Price.String() != "25" || l.Marks.Has(trade.PriceZero) {
				t.Fatalf("%+v", l)
			}
		}
		if got := m.taken(p.ID); got != "15" {
			t.Errorf("taken %s", got)
		}
		m.rebuilt(p.ID)
	})
}

// amended has the buyer change a line of an order and the supplier grant it.
func (m *market) amended(o trade.Detail, l doc.ChangeLine, request string) {
	m.t.Helper()
	change := doc.OrderChange{Purpose: "04", Type: "SA", Number: o.Number, Date: "2026-12-03", Request: request, ChangeDate: "2026-12-03", Lines: []doc.ChangeLine{l}}
	_, err := m.trade.ReceiveReply(m.on("2026-12-03"), access.System("edi", m.kestrel), trade.IncomingReply{Change: &change, Supplier: m.aurelia, Reseller: m.kestrel, Partnership: m.toKestrel, Interchange: db.NewID(), SetNo: 1})
	m.must(err)
	d := m.detail(o.ID)
	_, err = m.trade.AnswerChange(m.on("2026-12-03"), m.boss, d.Changes[0].ID, trade.AnswerCmd{Version: d.Version})
	m.must(err)
	m.must(m.svc.Attribute(m.at(), m.boss, m.trade, o.ID))
}

// A change of the quantity asks no promotion again: what was granted stays, running and rebuilt,
// and of less no more counts.
func TestChangedQuantity(t *testing.T) {
	open4(t, func(m *market) {
		x := m.terms()
		x.Settle = BillBack
		x.Parts[0].Limit = money.Whole(40)
		p := m.running(x)
		more, less := m.order("2026-12-02", p.Number, want{"AUR-D18B", "10", "84", ""}), m.order("2026-12-02", p.Number, want{"AUR-D18B", "12", "84", ""})
		line := func(kind, quantity string) doc.ChangeLine {
			l := doc.ChangeLine{Change: kind}
			l.Number, l.Quantity, l.Unit = "10", doc.Decimal(quantity), "EA"
			return l
		}
		m.amended(more, line("QI", "25"), "C1")
		m.amended(less, line("QD", "5"), "C2")
		for id, want := range map[trade.OrderID]string{more.ID: "25", less.ID: "5"} {
			if l := m.detail(id).Lines[0]; l.Ordered.String() != want {
				t.Fatalf("the order has %s of %s", l.Ordered, want)
			}
			m.carry(id, "2026-12-05", "2026-12-06")
		}
		r, err := m.svc.Results(m.at(), m.ingrid, p.ID)
		m.must(err)
		if f := r.Parts[0]; f.Earned.String() != "63.00" || f.Invoiced != money.Whole(15) || m.taken(p.ID) != "22" {
			t.Errorf("%+v, taken %s", f, m.taken(p.ID))
		}
		m.rebuilt(p.ID)
	})
}

// Lines that were refused before it was kept which are free goods are no others afterwards.
func TestRefusedFreeGoods(t *testing.T) {
	open4(t, func(m *market) {
		p := m.bought(10, 100, true, "AUR-HT20", "AUR-B50")
		m.order("2027-02-02", p.Number, want{"AUR-HT20", "10", "120", ""}, want{"AUR-B50", "1", free, ""})
		m.order("2026-12-02", p.Number, want{"AUR-HT20", "10", "120", ""}, want{"AUR-B50", "1", free, ""}, want{"AUR-B50", "1", free, ""})
		var n int64
		m.must(m.db.InTx(m.at(), func(ctx context.Context) error { // as migration 0189 found them
			_, err := db.Exec(ctx, "UPDATE promotion_line SET free = 0 WHERE granted = 0 AND reason NOT LIKE 'free%'")
			if err == nil {
				_, err = db.Row(ctx, "SELECT COUNT(*) FROM promotion_line WHERE granted = 0", nil, &n)
			}
			return err
		}))
		if n != 3 {
			t.Fatal(n)
		}
		m.rebuilt(p.ID)
	})
}
