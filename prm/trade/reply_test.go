package trade

import (
	"context"
	"slices"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// desk is the supplier's side as its gateway acts.
func (b *bench) desk() access.Actor { return access.System("edi", b.aurelia) }

// answered is a reply that came in an interchange of its own.
func (b *bench) reply(d any) ReplyReceipt {
	b.t.Helper()
	return b.replyIn(d, db.NewID())
}

func (b *bench) replyIn(d any, interchange string) ReplyReceipt {
	b.t.Helper()
	in := IncomingReply{Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.toKestrel, Interchange: interchange, SetNo: 1, Syntax: "x12"}
	switch x := d.(type) {
	case doc.OrderAck:
		in.Ack = &x
	case doc.ShipNotice:
		in.Notice = &x
	case doc.Invoice:
		in.Invoice = &x
	case doc.OrderChangeAck:
		in.ChangeAck = &x
	}
	r, err := b.svc.ReceiveReply(b.at(), b.desk(), in)
	b.must(err)
	return r
}

func (b *bench) held(r ReplyReceipt, reason string) Reply {
	b.t.Helper()
	eq(b.t, "outcome", r.Outcome, HeldBack)
	eq(b.t, "reason", r.Reason, reason)
	got, err := b.svc.GetReply(b.at(), b.ingrid, r.Reply)
	b.must(err)
	return got
}

// ack is an 855; each part is line, item, ordered, then pairs of status and quantity.
func ack(number string, parts ...[]string) doc.OrderAck {
	d := doc.OrderAck{Purpose: "00", Type: "AC", Number: number, Date: "2026-11-16", AckDate: "2026-11-17", Seller: "SO-7001"}
	for _, p := range parts {
		l := doc.AckLine{Line: doc.Line{Number: p[0], VendorItem: p[1], Quantity: doc.Decimal(p[2]), Unit: "EA"}}
		for i := 3; i+1 < len(p); i += 2 {
			l.Responses = append(l.Responses, doc.Response{Status: p[i], Quantity: doc.Decimal(p[i+1]), Unit: "EA"})
		}
		d.Lines = append(d.Lines, l)
	}
	return d
}

// notice is an 856 of lines "number item quantity" in one carton.
func notice(number, po string, lines ...[3]string) doc.ShipNotice {
	d := doc.ShipNotice{Purpose: "00", Number: number, Date: "2026-11-20", Time: "09:12", Carrier: doc.Carrier{Name: "DHL"}}
	d.Refs = []doc.Ref{{Qualifier: "CN", Value: "JD0146"}}
	p := doc.Pack{Kind: "P", SSCC: "00340123450000000017"}
	for _, l := range lines {
		p.Lines = append(p.Lines, doc.ShipLine{Line: doc.Line{Number: l[0], VendorItem: l[1], Quantity: doc.Decimal(l[2]), Unit: "EA"}})
	}
	d.Orders = []doc.ShippedOrder{{Number: po, Packs: []doc.Pack{p}}}
	return d
}

// bill is an 810 of lines "number item quantity price" with its total.
func bill(number, po, total string, lines ...[4]string) doc.Invoice {
	d := doc.Invoice{Number: number, Date: "2026-11-21", OrderNumber: po, Type: "DI", Total: doc.Decimal(total)}
	d.Currency = "GBP"
	for _, l := range lines {
		d.Lines = append(d.Lines, doc.InvoiceLine{Line: doc.Line{Number: l[0], VendorItem: l[1], Quantity: doc.Decimal(l[2]), Unit: "EA", Price: doc.Decimal(l[3])}})
	}
	return d
}

func small() doc.PurchaseOrder {
	return order("PO-1", [3]string{"AUR-D18B", "100", "84.00"}, [3]string{"AUR-BS40", "400", "9.80"})
}

// The supplier's system answers, ships and invoices, in two steps, and a credit evens
// out what was invoiced too much. The order ends as one worked on the pages.
func TestRepliesBook(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.receive(small()).Order

		first := ack("PO-1", []string{"10", "AUR-D18B", "100", "IA", "100"}, []string{"20", "AUR-BS40", "400", "IA", "360", "IB", "40"})
		interchange := db.NewID()
		r := b.replyIn(first, interchange)
		eq(t, "855", r.Outcome, Booked)
		eq(t, "kind", r.Kind, DocumentResponse)
		if again := b.replyIn(first, interchange); !again.Repeated || again.ID != r.ID {
			t.Fatalf("the same set again: %+v", again)
		}
		eq(t, "same answer in a new interchange", b.reply(first).Outcome, Duplicate)
		o := b.get(id)
		eq(t, "responses", len(o.Responses), 1)
		eq(t, "line 2", o.Lines[1].Backordered, money.Whole(40))
		eq(t, "state", o.State, PartlyConfirmed)

		// The whole again, with the back-order promised: only that is news.
		second := ack("PO-1", []string{"10", "AUR-D18B", "100", "IA", "100"}, []string{"20", "AUR-BS40", "400", "IA", "360", "IA", "40"})
		second.Lines[1].Responses[1].Date = "2026-12-08"
		r = b.reply(second)
		eq(t, "second 855", r.Outcome, Booked)
		o = b.get(id)
		eq(t, "state", o.State, Confirmed)
		eq(t, "parts", len(o.Responses[1].Lines), 1)
		out, who, err := b.svc.OrderAck(b.at(), b.desk(), ResponseID(r.ID))
		b.must(err)
		if p := out.Validate(); len(p) > 0 {
			t.Fatalf("855 does not hold: %v", p)
		}
		eq(t, "the seller's order", out.Seller, "SO-7001")
		if who.Received == "" || who.Interchange != "" {
			t.Fatalf("came in %q, went out in %q", who.Received, who.Interchange)
		}

		// Found by item and quantity where the number is the supplier's own.
		n := notice("ASN-1", "PO-1", [3]string{"000001", "AUR-D18B", "100"}, [3]string{"000002", "AUR-BS40", "360"})
		r = b.reply(n)
		eq(t, "856", r.Outcome, Booked)
		o = b.get(id)
		eq(t, "shipped", o.Lines[1].Shipped, money.Whole(360))
		eq(t, "tracking", o.Shipments[0].Tracking+o.Shipments[0].Carrier, "JD0146DHL")
		got := o.Replies[len(o.Replies)-1]
		if !got.Inferred || len(got.Packs) != 1 || got.Packs[0] != "340123450000000017" {
			t.Fatalf("reply %+v", got)
		}
		sent, _, err := b.svc.ShipNotice(b.at(), b.desk(), ShipmentID(r.ID))
		b.must(err)
		eq(t, "the reseller's line number", sent.Orders[0].Packs[0].Lines[0].Number, "10")

		n.Time = "10:00"
		eq(t, "same notice written anew", b.reply(n).Outcome, Duplicate)
		n.Orders[0].Packs[0].Lines[0].Quantity = "99"
		b.held(b.reply(n), DoubtSame)

		// 40 too many, at the right price; then credited.
		inv := bill("INV-1", "PO-1", "14784.00", [4]string{"10", "AUR-D18B", "100", "84.00"}, [4]string{"20", "AUR-BS40", "400", "9.80"})
		inv.Taxes = []doc.Tax{{Type: "VA", Amount: "2464.00", Percent: "20"}}
		r = b.reply(inv)
		eq(t, "810", r.Outcome, Booked)
		o = b.get(id)
		eq(t, "shown", o.Shown(), Differs)
		eq(t, "difference", o.Difference.String(), "392.00")
		eq(t, "net", o.Invoices[0].Net.String(), "12320.00")
		eq(t, "gross", o.Invoices[0].Gross.String(), "14784.00")
		eq(t, "rate", o.Invoices[0].TaxRate, b.micro("0.2"))

		credit := bill("CN-1", "PO-1", "470.40", [4]string{"20", "AUR-BS40", "40", "9.80"})
		credit.Type, credit.Taxes = "CR", []doc.Tax{{Type: "VA", Amount: "78.40", Percent: "20"}}
		b.held(b.reply(credit), DoubtCredit)
		credit.Number, credit.Refs = "CN-2", []doc.Ref{{Qualifier: "IV", Value: "INV-1"}}
		r = b.reply(credit)
		eq(t, "credit", r.Outcome, Booked)
		eq(t, "is kept as", r.Kind, DocumentInvoice)
		o = b.get(id)
		eq(t, "differs no more", o.Differs, false)
		eq(t, "invoiced", o.InvoicedTotal.String(), "11928.00")
		eq(t, "credited", o.Lines[1].Credited, money.Whole(40))
		eq(t, "its gross", o.Invoices[1].Gross.String(), "-470.40")
		whole, _, err := b.svc.InvoiceDoc(b.at(), b.desk(), InvoiceID(r.ID))
		b.must(err)
		eq(t, "goes on as", whole.Type+" "+string(whole.Total), "CR 470.40")
		if want := []string{OrderReceived, OrderConfirmed, ReplyDuplicate, OrderConfirmed, OrderShipped, ReplyDuplicate, ReplyHeld, InvoicedEvent, ReplyHeld, InvoicedEvent}; !slices.Equal(b.events.kinds(), want) {
			t.Fatalf("events %v", b.events.kinds())
		}
	})
}

// What breaks a rule is held with its own reason and changes nothing of the order.
func TestRepliesInDoubt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.receive(small()).Order
		other := b.get(id).Version
		foreign := bill("INV-2", "PO-1", "840.00", [4]string{"10", "AUR-D18B", "10", "84.00"})
		foreign.Currency = "EUR"
		for reason, x := range map[string]any{
			DoubtLine:     ack("PO-1", []string{"30", "AUR-G125", "5", "IA", "5"}),
			DoubtAnswered: ack("PO-1", []string{"10", "AUR-D18B", "100", "IA", "90", "IB", "20"}),
			DoubtRest:     ack("PO-1", []string{"10", "AUR-D18B", "100", "IR", "90"}),
			DoubtStatus:   ack("PO-1", []string{"10", "AUR-D18B", "100", "ZZ", "100"}),
			DoubtShips:    notice("ASN-9", "PO-1", [3]string{"10", "AUR-D18B", "101"}),
			DoubtInvoices: bill("INV-1", "PO-1", "8484.00", [4]string{"10", "AUR-D18B", "101", "84.00"}),
			DoubtTotal:    bill("INV-3", "PO-1", "850.00", [4]string{"10", "AUR-D18B", "10", "84.00"}),
			DoubtCurrency: foreign,
			DoubtUnit: func() doc.Invoice {
				x := bill("INV-4", "PO-1", "840.00", [4]string{"10", "AUR-D18B", "10", "84.00"})
				x.Lines[0].Unit = "KG"
				return x
			}(),
		} {
			r := b.held(b.reply(x), reason)
			if r.Order != id || !r.Open() {
				t.Fatalf("%s: %+v", reason, r)
			}
		}
		eq(t, "the order is as it was", b.get(id).Version, other)
		waits, err := b.svc.Waiting(b.at(), b.ingrid, 50)
		b.must(err)
		n := 0
		for _, w := range waits {
			if w.Kind == WaitReply {
				n++
			}
		}
		eq(t, "the supplier is asked", n, 9)

		// Discarded with a reason, or tried again when it is mended.
		page, err := b.svc.Replies(b.at(), b.ingrid, "", 4)
		b.must(err)
		eq(t, "page", len(page.Items), 4)
		rest, err := b.svc.Replies(b.at(), b.ingrid, page.Next, 50)
		b.must(err)
		eq(t, "rest", len(rest.Items), 5)
		for _, r := range append(page.Items, rest.Items...) {
			_, err := b.svc.DiscardReply(b.at(), b.eyes, r.ID, "no")
			b.want(err, fault.Forbidden, "")
			_, err = b.svc.DiscardReply(b.at(), b.kaarel, r.ID, "no")
			b.want(err, fault.NotFound, "")
			_, err = b.svc.DiscardReply(b.at(), b.ingrid, r.ID, " ")
			b.want(err, fault.Invalid, "trade.reply_reason")
			if r.Reason == DoubtUnit {
				again, err := b.svc.RetryReply(b.at(), b.ingrid, r.ID)
				b.must(err)
				eq(t, "still held", again.Reason, DoubtUnit)
				continue
			}
			x, err := b.svc.DiscardReply(b.at(), b.ingrid, r.ID, "sent by mistake")
			b.must(err)
			eq(t, "discarded", x.Outcome, Discarded)
			_, err = b.svc.RetryReply(b.at(), b.ingrid, r.ID)
			b.want(err, fault.Conflict, "trade.reply_settled")
		}
		// A number that was discarded may come again with other content.
		eq(t, "right this time", b.reply(bill("INV-3", "PO-1", "840.00", [4]string{"10", "AUR-D18B", "10", "84.00"})).Outcome, Booked)
	})
}

// A cancellation by the supplier is an answer; what was promised is not taken back.
func TestReplyTakesBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.receive(small()).Order
		eq(t, "855", b.reply(ack("PO-1", []string{"10", "AUR-D18B", "100", "IA", "100"}, []string{"20", "AUR-BS40", "400", "IA", "400"})).Outcome, Booked)
		b.held(b.reply(ack("PO-1", []string{"10", "AUR-D18B", "100", "IA", "60", "IR", "40"})), DoubtTakesBack)

		// Nor by an answer without lines: it is no copy of what was said.
		whole := ack("PO-1")
		whole.Type = "RD"
		b.held(b.reply(whole), DoubtTakesBack)
		whole.Type = "AD"
		eq(t, "accepted again", b.reply(whole).Outcome, Duplicate)

		// A later date for what is promised asks the reseller again.
		moved := ack("PO-1", []string{"10", "AUR-D18B", "100", "DR", "100"})
		moved.Lines[0].Responses[0].Date = "2026-12-20"
		r := b.reply(moved)
		eq(t, "moved", r.Outcome, Booked)
		o := b.get(id)
		eq(t, "promised", o.Lines[0].PromisedOn, "2026-12-20")
		eq(t, "kind", o.Responses[1].Kind, ResponseChanged)
		out, _, err := b.svc.OrderAck(b.at(), b.desk(), ResponseID(r.ID))
		b.must(err)
		if p := out.Validate(); len(p) > 0 || out.Lines[0].Responses[0].Date != "2026-12-20" || len(out.Lines[0].Responses) != 1 {
			t.Fatalf("855 %+v, %v", out.Lines, p)
		}
		b.must(b.svc.Agree(b.at(), b.dan, ResponseID(r.ID)))
	})
}

// An answer that answers nothing is no copy of anything either.
func TestReplyAnswersNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.receive(small()).Order
		b.held(b.reply(ack("PO-1", []string{"10", "AUR-D18B", "100", "IA", "0"})), DoubtRest)
		eq(t, "state", b.get(id).State, Received)
		_, err := b.svc.Cancel(b.at(), b.dan, id, b.get(id).Version, "not needed")
		b.must(err)
		whole := ack("PO-1")
		whole.Type = "AD"
		b.held(b.reply(whole), DoubtFinished)
	})
}

// Credits below the price give no quantity back; together they are not more than was
// invoiced.
func TestCreditsAddUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.receive(small()).Order
		eq(t, "810", b.reply(bill("INV-1", "PO-1", "8400.00", [4]string{"10", "AUR-D18B", "100", "84.00"})).Outcome, Booked)
		credit := func(number, total, price string) ReplyReceipt {
			c := bill(number, "PO-1", total, [4]string{"10", "AUR-D18B", "100", price})
			c.Type, c.Refs = "CR", []doc.Ref{{Qualifier: "IV", Value: "INV-1"}}
			return b.reply(c)
		}
		eq(t, "first", credit("CN-1", "8000.00", "80.00").Outcome, Booked)
		b.held(credit("CN-2", "8000.00", "80.00"), DoubtCredits)
		eq(t, "what is left", credit("CN-3", "400.00", "4.00").Outcome, Booked)
		b.held(credit("CN-4", "1.00", "0.01"), DoubtCredits)
		eq(t, "invoiced", b.get(id).InvoicedTotal.String(), "0.00")
	})
}

// Prices within the tolerance need nobody's agreement; a substitute does.
func TestReplyPriceAndSubstitute(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.receive(small()).Order
		near := ack("PO-1", []string{"10", "AUR-D18B", "100", "IP", "100"})
		near.Lines[0].Price = "84.20" // 0.24 %, 0.5 % is agreed
		eq(t, "855", b.reply(near).Outcome, Booked)
		o := b.get(id)
		eq(t, "price", o.Lines[0].Price, b.micro("84.2"))
		eq(t, "kind", o.Responses[0].Kind, ResponseAccepted)
		sub := ack("PO-1", []string{"20", "AUR-BS40", "400", "IS", "400"})
		sub.Lines[0].Responses[0].Items = []doc.ItemID{{Qualifier: "VP", ID: "AUR-B50"}}
		eq(t, "substitute", b.reply(sub).Outcome, Booked)
		o = b.get(id)
		eq(t, "item", o.Lines[1].SKU, "AUR-B50")
		eq(t, "kind", o.Responses[1].Kind, ResponseChanged)
	})
}

// Who ships has accepted: an 856 before the 855 promises what it ships, no 855 is made
// of that, and the 855 that comes late adds the rest.
func TestShippedBeforeAnswered(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.receive(small()).Order
		eq(t, "856", b.reply(notice("ASN-1", "PO-1", [3]string{"10", "AUR-D18B", "60"})).Outcome, Booked)
		o := b.get(id)
		eq(t, "confirmed", o.Lines[0].Confirmed, money.Whole(60))
		p, ok := b.events.events[1].Payload.(Event)
		if !ok || b.events.events[1].Kind != OrderConfirmed || !p.Silent {
			t.Fatalf("event %+v", b.events.events[1])
		}
		r := b.reply(ack("PO-1", []string{"10", "AUR-D18B", "100", "IA", "100"}, []string{"20", "AUR-BS40", "400", "IA", "400"}))
		eq(t, "late 855", r.Outcome, Booked)
		out, _, err := b.svc.OrderAck(b.at(), b.desk(), ResponseID(r.ID))
		b.must(err)
		if p := out.Validate(); len(p) > 0 {
			t.Fatalf("855 does not hold: %v", p)
		}
		eq(t, "state", b.get(id).State, PartlyShipped)
	})
}

// Cases of ten and pieces are converted by the item.
func TestReplyConvertsUnits(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.receive(small()).Order
		n := notice("ASN-1", "PO-1", [3]string{"10", "AUR-D18B", "10"})
		n.Orders[0].Packs[0].Lines[0].Unit = "CA"
		eq(t, "856", b.reply(n).Outcome, Booked)
		eq(t, "shipped", b.get(id).Lines[0].Shipped, money.Whole(100))
		x := bill("INV-1", "PO-1", "8400.00", [4]string{"10", "AUR-D18B", "10", "840.00"})
		x.Lines[0].Unit = "CA"
		eq(t, "810", b.reply(x).Outcome, Booked)
		o := b.get(id)
		eq(t, "invoiced", o.Lines[0].Invoiced, money.Whole(100))
		eq(t, "price", o.Lines[0].InvoicePrice, b.micro("84"))
		eq(t, "differs", o.Differs, false)
	})
}

// Documents that come before their order wait for it and are booked in their order when
// it comes; what waits too long is put to people, and still booked when the order comes.
func TestRepliesWaitForTheirOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		a := b.reply(ack("PO-1", []string{"10", "AUR-D18B", "100", "IA", "100"}))
		n := b.reply(notice("ASN-1", "PO-1", [3]string{"10", "AUR-D18B", "100"}))
		twice := b.reply(notice("ASN-1", "PO-1", [3]string{"10", "AUR-D18B", "100"}))
		lost := b.reply(bill("INV-7", "PO-7", "840.00", [4]string{"10", "AUR-D18B", "10", "84.00"}))
		eq(t, "855", a.Outcome, Waits)
		eq(t, "856", n.Outcome, Waits)
		eq(t, "856 again", twice.Outcome, Duplicate)
		eq(t, "810", lost.Outcome, Waits)
		eq(t, "reason", lost.Reason, DoubtOrder)

		id := b.receive(small()).Order
		b.must(b.svc.BookWaiting(b.at(), b.desk(), id))
		b.must(b.svc.BookWaiting(b.at(), b.desk(), id))
		o := b.get(id)
		eq(t, "shipped", o.Lines[0].Shipped, money.Whole(100))
		eq(t, "responses", len(o.Responses), 1)
		got, err := b.svc.GetReply(b.at(), b.ingrid, n.Reply)
		b.must(err)
		eq(t, "booked", got.Outcome, Booked)
		if got.Settled.IsZero() || got.Made == "" {
			t.Fatalf("%+v", got)
		}

		late := func() context.Context { return db.WithNow(context.Background(), b.now.Add(WaitForOrder+time.Hour)) }
		b.must(b.svc.AskWaiting(b.at()))
		eq(t, "not yet", len(kindsOf(b, ReplyHeld)), 0)
		b.must(b.svc.AskWaiting(late()))
		b.must(b.svc.AskWaiting(late()))
		eq(t, "asked once", len(kindsOf(b, ReplyHeld)), 1)
		b.held(ReplyReceipt{Reply: lost.Reply, Outcome: HeldBack, Reason: DoubtOrder}, DoubtOrder)

		seven := small()
		seven.Number = "PO-7"
		id = b.receive(seven).Order
		b.must(b.svc.BookWaiting(b.at(), b.desk(), id))
		eq(t, "invoiced", b.get(id).Lines[0].Invoiced, money.Whole(10))
	})
}

func kindsOf(b *bench, kind string) []string {
	return slices.DeleteFunc(b.events.kinds(), func(k string) bool { return k != kind })
}

// The same answer a hundred times at once, and as many invoices of one number: one of
// each is booked.
func TestRepliesAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.receive(small()).Order
		x := ack("PO-1", []string{"10", "AUR-D18B", "100", "IA", "100"})
		inv := bill("INV-1", "PO-1", "840.00", [4]string{"10", "AUR-D18B", "10", "84.00"})
		done := make(chan ReplyReceipt, 40)
		for i := range 40 {
			in := IncomingReply{Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.toKestrel, Interchange: db.NewID(), SetNo: 1, Syntax: "x12"}
			if i%2 == 0 {
				a := x
				in.Ack = &a
			} else {
				v := inv
				v.Lines = slices.Clone(inv.Lines)
				in.Invoice = &v
			}
			go func() {
				r, err := b.svc.ReceiveReply(context.Background(), b.desk(), in)
				if err != nil {
					t.Error(err)
				}
				done <- r
			}()
		}
		booked, doubles := 0, 0
		for range 40 {
			switch r := <-done; r.Outcome {
			case Booked:
				booked++
			case Duplicate:
				doubles++
			default:
				t.Errorf("%+v", r)
			}
		}
		eq(t, "booked", booked, 2)
		eq(t, "duplicates", doubles, 38)
		o := b.get(id)
		eq(t, "responses and invoices", len(o.Responses)+len(o.Invoices), 2)
	})
}

// The other reseller finds nothing, and the supplier's document names only its own.
func TestRepliesWall(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.receive(small())
		r := b.reply(notice("ASN-1", "PO-1", [3]string{"10", "AUR-D18B", "999"}))
		_, err := b.svc.GetReply(b.at(), b.kaarel, r.Reply)
		b.want(err, fault.NotFound, "")
		_, err = b.svc.RetryReply(b.at(), b.kaarel, r.Reply)
		b.want(err, fault.NotFound, "")
		page, err := b.svc.Replies(b.at(), b.kaarel, "", 50)
		b.must(err)
		eq(t, "the stranger's list", len(page.Items), 0)
		page, err = b.svc.Replies(b.at(), b.dan, "", 50)
		b.must(err)
		eq(t, "the reseller's list", len(page.Items), 1)
		// The same number of a shipment for the other reseller is known to nobody there.
		_, err = b.svc.ReceiveReply(b.at(), b.ingrid, IncomingReply{Ack: &doc.OrderAck{Number: "PO-1"}, Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.toKestrel})
		b.want(err, fault.Forbidden, "")
		_, err = b.svc.ReceiveReply(b.at(), access.System("edi", b.baltic), IncomingReply{Ack: &doc.OrderAck{Number: "PO-1"}, Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.toKestrel})
		b.want(err, fault.NotFound, "")
	})
}
