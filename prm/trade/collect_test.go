package trade

import (
	"context"
	"errors"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// collective is an 810 of several orders: lines "order number item quantity price".
func collective(number, total string, lines ...[5]string) doc.Invoice {
	d := bill(number, "", total)
	for _, l := range lines {
		x := bill("", "", "", [4]string{l[1], l[2], l[3], l[4]}).Lines[0]
		x.Refs = []doc.Ref{{Qualifier: "PO", Value: l[0]}}
		d.Lines = append(d.Lines, x)
	}
	return d
}

// sent is an order whose goods were confirmed and shipped.
func (b *bench) sent(d doc.PurchaseOrder) OrderID {
	b.t.Helper()
	id := b.receive(d).Order
	_, err := b.svc.Confirm(b.at(), b.ingrid, id, ConfirmCmd{})
	b.must(err)
	_, err = b.svc.Ship(b.at(), b.ingrid, id, ShipCmd{})
	b.must(err)
	return id
}

// One invoice is of two orders: it waits for the one nobody knows, each order is matched
// alone and shows its share, and credits find the order that they give back to.
func TestCollectiveInvoice(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		first := b.sent(small())
		inv := collective("INV-C", "16570.00", [5]string{"PO-1", "1", "AUR-D18B", "100", "84.00"}, [5]string{"PO-2", "2", "AUR-D18B", "50", "85.00"}, [5]string{"PO-1", "3", "AUR-BS40", "400", "9.80"})
		r := b.reply(inv)
		eq(t, "while an order is missing", r.Outcome, Waits)
		eq(t, "seen with the order that is known", b.get(first).Replies[0].OrderNumber, "PO-2")
		eq(t, "nothing is booked", b.get(first).Lines[0].Invoiced, 0)

		second := b.sent(order("PO-2", [3]string{"AUR-G125", "5", "46.50"}, [3]string{"AUR-D18B", "50", "84.00"}))
		b.must(b.svc.BookWaiting(b.at(), b.desk(), second))
		got, err := b.svc.GetReply(b.at(), b.ingrid, r.Reply)
		b.must(err)
		eq(t, "outcome "+got.Reason, got.Outcome, Booked)
		one, two := b.get(first), b.get(second)
		for _, w := range []struct {
			what  string
			d     Detail
			net   string
			lines int
			state string
			by    string
		}{{"first", one, "12320.00", 2, InvoiceMatched, "0.00"}, {"second", two, "4250.00", 1, InvoiceDiffers, "50.00"}} {
			x := w.d.Invoices[0]
			if x.Orders != 2 || x.Order != w.d.ID || x.Net.String() != w.net || len(x.Lines) != w.lines || x.State != w.state || x.Difference.String() != w.by || w.d.InvoicedTotal.String() != w.net || w.d.Difference.String() != w.by || w.d.Differs != (w.state == InvoiceDiffers) {
				t.Errorf("%s: %+v, order %s differs %s", w.what, x, w.d.InvoicedTotal, w.d.Difference)
			}
		}
		eq(t, "line of the other order", two.Lines[1].PriceWrong, true)
		whole, err := b.svc.GetInvoice(b.at(), b.dan, one.Invoices[0].ID)
		b.must(err)
		eq(t, "whole", [4]string{whole.Net.String(), whole.Gross.String(), whole.State, whole.Difference.String()}, [4]string{"16570.00", "16570.00", InvoiceDiffers, "50.00"})
		eq(t, "shares", [2]string{whole.Shares[0].Number + " " + whole.Shares[0].State, whole.Shares[1].Number + " " + whole.Shares[1].State}, [2]string{"PO-1 matched", "PO-2 differs"})
		eq(t, "order of a position", whole.Lines[1].Order, second)
		page, err := b.svc.List(b.at(), b.dan, Filter{View: ViewDiffers})
		b.must(err)
		if len(page.Items) != 1 || page.Items[0].ID != second {
			t.Errorf("orders that differ: %+v", page.Items)
		}
		n, err := b.svc.Counts(b.at(), b.dan)
		b.must(err)
		eq(t, "counted", n.Differs, 1)
		list, err := b.svc.Invoices(b.at(), b.dan, InvoiceFilter{Query: "PO-2"})
		b.must(err)
		eq(t, "found by its second order, once", len(list.Items), 1)
		var told []Event
		for _, e := range b.events.events {
			if e.Kind == InvoicedEvent {
				told = append(told, e.Payload.(Event))
			}
		}
		if len(told) != 2 || told[0].Order != first || told[0].Follows || told[1].Order != second || !told[1].Follows || told[1].Invoice != whole.ID {
			t.Errorf("told %+v", told)
		}
		out, _, err := b.svc.InvoiceDoc(b.at(), b.dan, whole.ID)
		b.must(err)
		if p := out.Validate(); len(p) > 0 {
			t.Errorf("810 does not hold: %v", p)
		}
		eq(t, "as it goes on", [2]string{out.Lines[1].Refs[0].Value, out.Lines[1].Refs[1].Qualifier + " " + out.Lines[1].Refs[1].Value}, [2]string{"PO-2", "LI 20"})

		eq(t, "again", b.reply(inv).Outcome, Duplicate)
		other := collective("INV-C", "8400.00", [5]string{"PO-1", "1", "AUR-D18B", "100", "84.00"})
		b.held(b.reply(other), DoubtSame)
		over := collective("INV-D", "8484.00", [5]string{"PO-1", "1", "AUR-D18B", "1", "84.00"}, [5]string{"PO-2", "2", "AUR-G125", "200", "42.00"})
		b.held(b.reply(over), DoubtInvoices)
		eq(t, "nothing of what is held", b.get(second).Lines[0].Invoiced, 0)

		// A credit of the price evens the share out, and the invoice with it.
		credit := collective("CN-1", "50.00", [5]string{"PO-2", "1", "AUR-D18B", "50", "1.00"})
		credit.Type, credit.Refs = "CR", []doc.Ref{{Qualifier: "IV", Value: "INV-C"}}
		if got := b.reply(credit); got.Outcome != Booked {
			t.Fatalf("credit held for %s", got.Reason)
		}
		whole, err = b.svc.GetInvoice(b.at(), b.dan, whole.ID)
		b.must(err)
		eq(t, "evened out", whole.State, InvoiceMatched)
		nameless := bill("CN-2", "", "84.00", [4]string{"1", "AUR-D18B", "1", "84.00"})
		nameless.Type, nameless.Refs = "CR", []doc.Ref{{Qualifier: "IV", Value: "INV-C"}}
		b.held(b.reply(nameless), DoubtNoOrder) // both orders have the item: nobody guesses
		stranger := b.sent(order("PO-3", [3]string{"AUR-D18B", "5", "84.00"}))
		wrong := collective("CN-3", "84.00", [5]string{"PO-3", "1", "AUR-D18B", "1", "84.00"})
		wrong.Type, wrong.Refs = "CR", nameless.Refs
		b.held(b.reply(wrong), DoubtCredit)
		eq(t, "no share", len(b.get(stranger).Invoices), 0)

		// From the pages, of both orders at once, and never more than there is.
		id, err := b.svc.Credit(b.at(), b.ingrid, whole.ID, CreditCmd{Lines: []CreditLine{{Position: 1, Quantity: money.Whole(10)}, {Position: 2, Quantity: money.Whole(5)}}})
		b.must(err)
		cn, err := b.svc.GetInvoice(b.at(), b.dan, id)
		b.must(err)
		eq(t, "credit", cn.Net.String(), "-1265.00")
		eq(t, "of both", [2]string{cn.Shares[0].Net.String(), cn.Shares[1].Net.String()}, [2]string{"-840.00", "-425.00"})
		eq(t, "given back", [2]money.Quantity{b.get(first).Lines[0].Credited, b.get(second).Lines[1].Credited}, [2]money.Quantity{money.Whole(10), money.Whole(5)})
		out, _, err = b.svc.InvoiceDoc(b.at(), b.dan, id)
		b.must(err)
		eq(t, "810 of the credit", out.Lines[1].Refs[len(out.Lines[1].Refs)-2].Value+" "+string(out.Total), "PO-2 1265.00")
		_, err = b.svc.Credit(b.at(), b.ingrid, whole.ID, CreditCmd{Lines: []CreditLine{{Position: 2, Quantity: money.Whole(46)}}})
		b.want(err, fault.Invalid, "trade.quantity_over")
		id, err = b.svc.Credit(b.at(), b.ingrid, whole.ID, CreditCmd{Lines: []CreditLine{{Position: 3}}})
		b.must(err)
		cn, err = b.svc.GetInvoice(b.at(), b.dan, id)
		b.must(err)
		eq(t, "of one order", [2]int{cn.Orders, len(b.get(second).Invoices)}, [2]int{0, 3})
		moves, _, err := b.svc.PromoOrders(b.at(), b.desk(), b.kestrel, b.now, "", 10, first, second)
		b.must(err)
		for _, o := range moves {
			for _, l := range o.Lines {
				if want := map[string]int{"PO-1 1": 1, "PO-1 2": 1, "PO-2 2": 1}[o.Number+" "+itoa(l.Number)]; len(l.Fact.Bills) != want {
					t.Errorf("%s line %d: billed %v", o.Number, l.Number, l.Fact.Bills)
				}
			}
		}
	})
}

// Two orders of one invoice are judged at once: the second reads what the first wrote.
func TestSharesAtOnce(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t) // SQLite writes one after the other
	b := setup(t, d)
	b.sent(small())
	second := b.sent(order("PO-2", [3]string{"AUR-G125", "5", "46.50"}, [3]string{"AUR-D18B", "50", "84.00"}))
	b.reply(collective("INV-C", "12570.00", [5]string{"PO-1", "1", "AUR-D18B", "100", "84.00"}, [5]string{"PO-2", "2", "AUR-D18B", "50", "83.40"}))
	at := b.at()
	inv := b.get(second).Invoices[0].ID
	var shares []shareRow
	b.must(d.View(at, func(ctx context.Context) (err error) {
		shares, err = sharesOf(ctx, string(inv))
		return err
	}))
	if len(shares) != 2 {
		t.Fatalf("%d shares", len(shares))
	}
	judged := func(x shareRow, by int64) matched {
		return matched{share: true, row: invoiceRow{ID: x.InvoiceID, OrderID: x.OrderID, State: InvoiceDiffers, DiffersBy: by}}
	}
	other := make(chan error, 1)
	b.must(d.InTx(at, func(ctx context.Context) error {
		if err := saveMatch(ctx, judged(shares[0], 700)); err != nil {
			return err
		}
		go func() {
			other <- d.InTx(at, func(ctx context.Context) error { return saveMatch(ctx, judged(shares[1], 55)) })
		}()
		return dbtest.Waiting(at, d, 1)
	}))
	b.must(<-other)
	whole, err := b.svc.GetInvoice(at, b.dan, inv)
	b.must(err)
	eq(t, "both", [2]string{whole.State, whole.Difference.String()}, [2]string{InvoiceDiffers, "7.55"})
}

// The count of an invoice of several orders says nothing of the lines of an order: of two
// lines of one item it is the one at the price, of equal ones the first that has enough, and
// what could be either is held.
func TestCollectiveInvoiceFindsLines(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	one := b.sent(order("PO-1", [3]string{"AUR-D18B", "10", "84.00"}, [3]string{"AUR-D18B", "20", "84.00"}, [3]string{"AUR-D18B", "30", "80.00"}))
	b.sent(order("PO-2", [3]string{"AUR-BS40", "40", "9.80"}))
	invoiced := func() [3]money.Quantity {
		l := b.get(one).Lines
		return [3]money.Quantity{l[0].Invoiced, l[1].Invoiced, l[2].Invoiced}
	}
	book := func(d doc.Invoice) {
		t.Helper()
		if r := b.reply(d); r.Outcome != Booked {
			t.Fatalf("held for %s", r.Reason)
		}
	}
	book(collective("C-1", "1661.80", [5]string{"PO-2", "1", "AUR-BS40", "1", "9.80"}, [5]string{"PO-1", "2", "AUR-D18B", "8", "84.00"}, [5]string{"PO-1", "3", "AUR-D18B", "5", "84.00"}, [5]string{"PO-1", "4", "AUR-D18B", "7", "80.00"}))
	eq(t, "by price, then in sequence", invoiced(), [3]money.Quantity{money.Whole(8), money.Whole(5), money.Whole(7)})
	b.held(b.reply(collective("C-2", "136.80", [5]string{"PO-2", "1", "AUR-BS40", "1", "9.80"}, [5]string{"PO-1", "2", "AUR-D18B", "1", "127.00"})), DoubtUnclear)
	two := collective("C-4", "93.80", [5]string{"PO-2", "1", "AUR-BS40", "1", "9.80"}, [5]string{"PO-1", "9", "AUR-D18B", "1", "84.00"})
	two.Lines[1].Refs = append(two.Lines[1].Refs, doc.Ref{Qualifier: "PO", Value: "PO-1"}, doc.Ref{Qualifier: "ON", Value: "PO-2"})
	r := b.reply(two)
	b.held(r, DoubtTwoOrders)
	if got, err := b.svc.GetReply(b.at(), b.ingrid, r.Reply); err != nil || got.Args["Line"] != "9" || got.Args["First"] != "PO-1" || got.Args["Second"] != "PO-2" {
		t.Errorf("%+v %v", got.Args, err)
	}
	eq(t, "neither order is invoiced", invoiced(), [3]money.Quantity{money.Whole(8), money.Whole(5), money.Whole(7)})
	book(collective("C-3", "93.80", [5]string{"PO-2", "1", "AUR-BS40", "1", "9.80"}, [5]string{"PO-1", "9", "AUR-D18B", "2", "42.00"})) // just what is left of one
	eq(t, "by quantity", invoiced(), [3]money.Quantity{money.Whole(10), money.Whole(5), money.Whole(7)})
}

// A supplier makes one invoice of two orders: each is held to what it may invoice and shows
// its share, the 810 names the order of each line, and nothing leaves where one of them may
// not.
func TestCollectHere(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		one, two := b.sent(small()), b.sent(order("PO-2", [3]string{"AUR-G125", "5", "46.50"}, [3]string{"AUR-D18B", "50", "84.00"}))
		b.must(b.db.InTx(context.Background(), func(ctx context.Context) error { // 4.00 off each drill of PO-2
			return db.Tx(ctx).Exec("UPDATE order_line SET deal_applied = 'DR-1', deal_method = 'off_invoice', deal_allowance = 4000000, deal_granted = 50000000 WHERE order_id = ? AND line = 2", string(two)).Error
		}))
		fresh := b.receive(order("PO-9", [3]string{"AUR-D18B", "5", "84.00"})).Order
		in := b.incoming(order("PO-B", [3]string{"AUR-D18B", "5", "84.00"}), db.NewID(), 1)
		in.Reseller, in.Partnership = b.baltic, b.toBaltic
		baltic, err := b.svc.ReceiveOrder(b.at(), access.System("gateway", b.baltic), in)
		b.must(err)
		collect := func(a access.Actor, orders ...CollectOrder) (InvoiceID, error) {
			return b.svc.Collect(b.at(), a, CollectCmd{Number: "INV-H", TaxRate: money.One / 5, Orders: orders})
		}
		none := func(err error, code fault.Code, key string) {
			t.Helper()
			b.want(err, code, key)
			eq(t, "nothing was booked", len(b.get(one).Invoices)+len(b.get(two).Invoices), 0)
		}
		none(second(collect(b.ingrid, CollectOrder{Order: one})), fault.Invalid, "trade.collect_orders")
		none(second(collect(b.ingrid, CollectOrder{Order: one}, CollectOrder{Order: one})), fault.Invalid, "trade.collect_twice")
		none(second(collect(b.ingrid, CollectOrder{Order: one}, CollectOrder{Order: baltic.Order})), fault.Invalid, "trade.collect_other")
		none(second(collect(b.ingrid, CollectOrder{Order: one}, CollectOrder{Order: fresh})), fault.Conflict, "trade.collect_nothing")
		none(second(collect(b.ingrid, CollectOrder{Order: one}, CollectOrder{Order: two, Version: 1})), fault.Conflict, "trade.order_changed")
		none(second(collect(b.dan, CollectOrder{Order: one}, CollectOrder{Order: two})), fault.Forbidden, "")
		none(second(collect(b.kaarel, CollectOrder{Order: one}, CollectOrder{Order: two})), fault.NotFound, "")
		over := CollectOrder{Order: two, Lines: []InvoiceCmdLine{{Line: 1, Quantity: money.Whole(6)}}}
		_, err = collect(b.ingrid, CollectOrder{Order: one}, over)
		none(err, fault.Invalid, "trade.quantity_over")
		var f *fault.Error
		if !errors.As(err, &f) || f.Fields[0].Name != "orders.1.lines.0.quantity" {
			t.Errorf("wrong field: %+v", f)
		}

		id, err := collect(b.ingrid, CollectOrder{Order: two, Lines: []InvoiceCmdLine{{Line: 2, Quantity: money.Whole(50)}}}, CollectOrder{Order: one})
		b.must(err)
		b.want(second(collect(b.ingrid, CollectOrder{Order: two, Lines: []InvoiceCmdLine{{Line: 1, Quantity: money.Whole(5)}}}, CollectOrder{Order: fresh})), fault.Conflict, "trade.collect_nothing")
		inv, err := b.svc.GetInvoice(b.at(), b.dan, id)
		b.must(err)
		own := b.get(one)
		net := money.Amount{Minor: 50*8000 + own.InvoicedTotal.Minor, Currency: "GBP"}
		eq(t, "sums", [4]string{inv.Net.String(), inv.Tax.String(), inv.State, inv.Shares[0].Number + " " + inv.Shares[1].Number}, [4]string{net.String(), money.Amount{Minor: net.Minor / 5, Currency: "GBP"}.String(), InvoiceMatched, "PO-2 PO-1"})
		eq(t, "share with the allowance", b.get(two).InvoicedTotal.String(), "4000.00")
		eq(t, "rest of the second", b.get(two).Lines[0].Invoiced, 0)
		for _, l := range own.Lines {
			eq(t, "all that was shipped", l.Invoiced, l.Shipped)
		}
		out, _, err := b.svc.InvoiceDoc(b.at(), b.dan, id)
		b.must(err)
		if p := out.Validate(); len(p) > 0 {
			t.Errorf("810 does not hold: %v", p)
		}
		names := map[string]int{}
		for _, l := range out.Lines {
			for _, r := range l.Refs {
				if r.Qualifier == "PO" {
					names[r.Value]++
				}
			}
		}
		eq(t, "lines of PO-2", names["PO-2"], 1)
		eq(t, "lines of PO-1", names["PO-1"], len(own.Lines))

		credit, err := b.svc.Credit(b.at(), b.ingrid, id, CreditCmd{})
		b.must(err)
		back, err := b.svc.GetInvoice(b.at(), b.dan, credit)
		b.must(err)
		eq(t, "given back", back.Gross.Minor, -inv.Gross.Minor)
	})
}
