package trade

import (
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/doc"
	"entente/prm/catalog"
	"entente/prm/money"
)

// Goods free of charge are a doubt unless both agreed that the order's word is enough;
// their answer needs no price, and an invoice that charges them differs.
func TestFreeGoods(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		free := func(number string) Detail {
			po := order(number, [3]string{"AUR-D18B", "10", "84.00"}, [3]string{"AUR-D18B", "2", "0"})
			po.Lines[1].PriceBasis = doc.NoCharge
			return b.get(b.receive(po).Order)
		}
		asked := free("F1")
		eq(t, "doubt", asked.Lines[1].Marks.text(), "free_goods")
		eq(t, "free", asked.Lines[1].Free, true)
		b.svc.Heed(nil, pact{})
		o := free("F2")
		eq(t, "marks", len(o.Lines[0].Marks)+len(o.Lines[1].Marks), 0)
		b.must(second(b.svc.Confirm(b.at(), b.ingrid, o.ID, ConfirmCmd{})))
		inv, err := b.svc.Invoice(b.at(), b.ingrid, o.ID, InvoiceCmd{})
		b.must(err)
		got, err := b.svc.GetInvoice(b.at(), b.dan, inv)
		b.must(err)
		eq(t, "net", got.Net.String(), "840.00")
		eq(t, "state", got.State, InvoiceMatched)
		// charged all the same
		o = free("F3")
		b.must(second(b.svc.Confirm(b.at(), b.ingrid, o.ID, ConfirmCmd{})))
		inv, err = b.svc.Invoice(b.at(), b.ingrid, o.ID, InvoiceCmd{Lines: []InvoiceCmdLine{{Line: 2, Quantity: money.Whole(2), Price: b.micro("84")}}})
		b.must(err)
		got, err = b.svc.GetInvoice(b.at(), b.dan, inv)
		b.must(err)
		eq(t, "state", got.State, InvoiceDiffers)
		eq(t, "difference", got.Difference.String(), "168.00")
	})
}

// A new price list does not touch open orders: they are answered and invoiced at the price
// they were booked at, and an invoice at the new one differs. What is ordered afterwards is
// held against the list of its day.
func TestPriceChangeWithOpenOrders(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		l, err := b.cat.CreateList(b.at(), b.ingrid, catalog.ListCmd{Name: "Special", Currency: "GBP", Partner: b.kestrel, Basis: catalog.ByOrderDate})
		b.must(err)
		publish := func(from, price string) {
			b.must(second(b.cat.BeginDraft(b.at(), b.ingrid, l.ID, catalog.DraftCmd{From: from})))
			b.must(b.cat.ChangeDraft(b.at(), b.ingrid, l.ID, []catalog.PriceChange{{SKU: "AUR-D18B", Price: b.micro(price)}}))
			b.must(second(b.cat.Publish(b.at(), b.ingrid, l.ID, catalog.PublishCmd{})))
		}
		publish("2026-11-16", "80")
		before := order("OPEN", [3]string{"AUR-D18B", "10", "80"})
		open := b.receive(before).Order
		publish("2026-11-25", "90")
		o := b.get(open)
		eq(t, "price", o.Lines[0].Price, b.micro("80"))
		eq(t, "marks", len(o.Lines[0].Marks), 0)
		b.must(second(b.svc.Confirm(b.at(), b.ingrid, open, ConfirmCmd{})))
		good, err := b.svc.Invoice(b.at(), b.ingrid, open, InvoiceCmd{Lines: []InvoiceCmdLine{{Line: 1, Quantity: money.Whole(4)}}})
		b.must(err)
		bad, err := b.svc.Invoice(b.at(), b.ingrid, open, InvoiceCmd{Lines: []InvoiceCmdLine{{Line: 1, Quantity: money.Whole(6), Price: b.micro("90")}}})
		b.must(err)
		for id, want := range map[InvoiceID][2]string{good: {InvoiceMatched, "0.00"}, bad: {InvoiceDiffers, "60.00"}} {
			inv, err := b.svc.GetInvoice(b.at(), b.dan, id)
			b.must(err)
			eq(t, "state", inv.State, want[0])
			eq(t, "difference", inv.Difference.String(), want[1])
		}
		for date, marks := range map[string]string{"2026-11-24": "", "2026-11-25": "price_differs"} {
			later := order("L"+date, [3]string{"AUR-D18B", "10", "80"})
			later.Date = date
			eq(t, date, b.get(b.receive(later).Order).Lines[0].Marks.text(), marks)
		}
	})
}
