package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/money"
	"entente/prm/trade"
)

// showcase makes the orders of the last week: one that waits for an answer with
// each partner, one on its way, one held, one whose invoice differs on the price
// of line 2 and the quantity of line 3, one with a doubtful line, and one that
// was refused at the door.
func (m *maker) showcase(ctx context.Context) error {
	kestrel := buyer{c: m.kestrel, person: "dan", city: "Leeds", street: "Whitehall Road 14"}
	baltic := buyer{c: m.baltic, person: "kaarel", city: "Tallinn", street: "Peterburi tee 47"}
	huadong := buyer{c: m.huadong, person: "chen", city: "上海", street: "共和新路 1988 号"}
	ago := func(days, hour, minute int) time.Time {
		t := m.start.AddDate(0, 0, -days)
		return time.Date(t.Year(), t.Month(), t.Day(), hour, minute, 0, 0, time.UTC)
	}
	err := m.DB.InTx(ctx, func(ctx context.Context) error {
		if err := m.differing(ctx, kestrel, ago(8, 9, 12)); err != nil {
			return err
		}
		// On its way, and answered but not shipped.
		shipped, err := m.order(ctx, ago(5, 10, 5), kestrel, "4500187588", want{"AUR-I18", 80}, want{"AUR-C18", 60})
		if err != nil {
			return err
		}
		if err := m.answer(ctx, shipped, ago(5, 13, 40)); err != nil {
			return err
		}
		if _, err := m.Trade.Ship(m.at(ctx, ago(2, 15, 20)), m.aurelia.staff["ingrid"], shipped, trade.ShipCmd{Carrier: "DHL", Tracking: "JD014600012345"}); err != nil {
			return err
		}
		confirmed, err := m.order(ctx, ago(3, 8, 30), baltic, "BT-26512", want{"AUR-H26", 24}, want{"AUR-DX7", 120}, want{"AUR-V25", 12})
		if err != nil {
			return err
		}
		if err := m.answer(ctx, confirmed, ago(2, 9, 15)); err != nil {
			return err
		}
		// Waiting for an answer, one per partner; Kestrel's with a price of the old list.
		old := m.written(kestrel, ago(1, 11, 2), "4500187622", want{"AUR-S190", 30}, want{"AUR-SB190", 150})
		old.Lines[0].Price = "85.90"
		if _, err := m.book(ctx, ago(1, 11, 2), kestrel, old); err != nil {
			return err
		}
		if _, err := m.order(ctx, ago(1, 8, 45), baltic, "BT-26518", want{"AUR-D18B", 48}, want{"AUR-B50", 100}, want{"AUR-BS40", 200}); err != nil {
			return err
		}
		if _, err := m.order(ctx, ago(1, 3, 20), huadong, "HD10412", want{"AUR-G125", 60}, want{"AUR-LM50", 80}, want{"AUR-HL5", 96}); err != nil {
			return err
		}
		// Held: the same number again, with more on line 2.
		if _, err := m.order(ctx, ago(2, 9, 0), huadong, "HD10409", want{"AUR-D12C", 36}, want{"AUR-B20", 120}); err != nil {
			return err
		}
		again := m.written(huadong, ago(2, 9, 0), "HD10409", want{"AUR-D12C", 36}, want{"AUR-B20", 160})
		r, err := m.book(ctx, ago(1, 9, 30), huadong, again)
		if err == nil && r.Outcome != trade.HeldBack {
			err = fmt.Errorf("demo: the second HD10409 was %s", r.Outcome)
		}
		return err
	})
	if err != nil {
		return err
	}
	if m.Wire == nil {
		_, err := m.order(ctx, ago(1, 14, 10), kestrel, "4500187610", want{"AUR-D18B", 60}, want{"AUR-C18D", 24})
		return err
	}
	dan := m.kestrel.staff["dan"]
	posted := ago(1, 14, 10)
	for i, raw := range [][]byte{m.interchange(posted, 901, "4500187610", day(posted.AddDate(0, 0, 9))), m.interchange(posted.Add(2*time.Minute), 902, "4500187519", "2026-11-31")} {
		if err := m.Wire.Post(m.at(ctx, posted.Add(time.Duration(i*2)*time.Minute)), dan, raw); err != nil {
			return err
		}
	}
	return nil
}

type want struct {
	sku      string
	quantity int64
}

// written is an order at today's list prices.
func (m *maker) written(b buyer, t time.Time, number string, ws ...want) doc.PurchaseOrder {
	d := doc.PurchaseOrder{Purpose: "00", Type: "SA", Number: number, Date: day(t)}
	d.Currency = string(b.c.org.Currency)
	d.Dates = []doc.Date{{Qualifier: "002", Date: day(t.AddDate(0, 0, 10))}}
	d.Parties = b.parties()
	for i, w := range ws {
		for _, a := range articles {
			if a.sku == w.sku {
				d.Lines = append(d.Lines, line(i+1, a, w.quantity, listPrice(a, b.c.org.Currency, false)))
			}
		}
	}
	return d
}

func (m *maker) book(ctx context.Context, t time.Time, b buyer, d doc.PurchaseOrder) (trade.Receipt, error) {
	p := m.partners[b.c.org.Slug]
	who := b.c.staff[b.person]
	return m.Trade.ReceiveOrder(m.at(ctx, t), who, trade.Incoming{Doc: d, Supplier: p.Supplier, Reseller: p.Reseller, Partnership: p.ID, Source: trade.SourceDemo, PlacedBy: who.Person})
}

func (m *maker) order(ctx context.Context, t time.Time, b buyer, number string, ws ...want) (trade.OrderID, error) {
	r, err := m.book(ctx, t, b, m.written(b, t, number, ws...))
	return r.Order, err
}

func (m *maker) answer(ctx context.Context, id trade.OrderID, t time.Time, lines ...trade.ConfirmLine) error {
	_, err := m.Trade.Confirm(m.at(ctx, t), m.aurelia.staff["ingrid"], id, trade.ConfirmCmd{Lines: lines})
	return err
}

// differing is order 4500187342: 40 batteries come later, and the invoice takes
// line 2 at another price and line 3 in full.
func (m *maker) differing(ctx context.Context, b buyer, t time.Time) error {
	id, err := m.order(ctx, t, b, "4500187342", want{"AUR-D18B", 240}, want{"AUR-G125", 160}, want{"AUR-B50", 400}, want{"AUR-BS40", 500}, want{"AUR-H26", 60})
	if err != nil {
		return err
	}
	if err := m.answer(ctx, id, t.Add(28*time.Minute), trade.ConfirmLine{Line: 1, Action: trade.Accept}, trade.ConfirmLine{Line: 2, Action: trade.Accept}, trade.ConfirmLine{Line: 3, Action: trade.Accept, Quantity: money.Whole(360)},
		trade.ConfirmLine{Line: 3, Action: trade.Backorder, Quantity: money.Whole(40), Date: day(t.AddDate(0, 0, 22)), Reason: "out_of_stock"}, trade.ConfirmLine{Line: 4, Action: trade.Accept}, trade.ConfirmLine{Line: 5, Action: trade.Accept}); err != nil {
		return err
	}
	o, err := m.Trade.Get(ctx, access.System("demo", m.kestrel.id), id)
	if err != nil {
		return err
	}
	if err := m.Trade.Agree(m.at(ctx, t.Add(2*time.Hour)), m.kestrel.staff["dan"], o.Responses[0].ID); err != nil {
		return err
	}
	if _, err := m.Trade.Ship(m.at(ctx, t.Add(56*time.Hour)), m.aurelia.staff["ingrid"], id, trade.ShipCmd{Carrier: "DHL", Tracking: "JD014600011907"}); err != nil {
		return err
	}
	if _, err := m.Trade.Invoice(m.at(ctx, t.Add(77*time.Hour)), access.System("demo", m.aurelia.id), id, trade.InvoiceCmd{Number: "INV-88213", TaxRate: money.One / 5,
		Lines: []trade.InvoiceCmdLine{{Line: 1}, {Line: 2, Price: 48_900_000}, {Line: 3, Quantity: money.Whole(400)}, {Line: 4}, {Line: 5}}}); err != nil {
		return err
	}
	_, err = m.Trade.MarkReceived(m.at(ctx, t.Add(98*time.Hour)), m.kestrel.staff["dan"], id, trade.ReceiveCmd{})
	return err
}

// interchange is an 850 of two lines as Kestrel's ERP writes it. wanted goes into
// the DTM as it is, so that it may be a day that does not exist.
func (m *maker) interchange(t time.Time, control int, number, wanted string) []byte {
	id := func(s string) string { return fmt.Sprintf("%-15s", s) }
	var b strings.Builder
	segment := func(es ...string) { b.WriteString(strings.Join(es, "*") + "~") }
	segment("ISA", "00", id("")[:10], "00", id("")[:10], "ZZ", id("KESTRELSUPPLY"), "ZZ", id("AURELIATOOLS"), t.Format("060102"), t.Format("1504"), "U", "00401", fmt.Sprintf("%09d", control), "0", "P", ">")
	segment("GS", "PO", "KESTRELSUPPLY", "AURELIATOOLS", t.Format("20060102"), t.Format("1504"), itoa(control), "X", "004010")
	body := [][]string{{"ST", "850", "0001"}, {"BEG", "00", "SA", number, "", t.Format("20060102")}, {"CUR", "BY", "GBP"}, {"DTM", "002", strings.ReplaceAll(wanted, "-", "")},
		{"N1", "ST", "Kestrel Supply", "92", "KESTREL"}, {"N3", "Whitehall Road 14"}, {"N4", "Leeds", "", "LS12 1BE", "GB"}, {"PO1", "1", "60", "EA", "84.00", "", "VP", "AUR-D18B"}, {"PO1", "2", "24", "EA", "41.50", "", "VP", "AUR-C18D"}, {"CTT", "2"}}
	for _, s := range body {
		segment(s...)
	}
	segment("SE", itoa(len(body)+1), "0001")
	segment("GE", "1", itoa(control))
	segment("IEA", "1", fmt.Sprintf("%09d", control))
	return []byte(b.String())
}
