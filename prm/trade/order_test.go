package trade

import (
	"context"
	"slices"
	"sync"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

func TestModels(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.CheckModels(t, d, orderRow{}, lineRow{}, responseRow{}, responseLineRow{}, shipmentRow{}, shipmentLineRow{}, invoiceRow{}, invoiceLineRow{}, invoiceTaxRow{}, shareRow{}, arrivalRow{}, historyRow{}, replyRow{}, warningRow{}, packRow{}, answerTimeRow{}, clockRow{})
	})
}

// The order of the design from the 850 to an invoice that differs, with the
// amounts of the design to the penny.
func TestLifeOfAnOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		r := b.receive(design())
		eq(t, "outcome", r.Outcome, Booked)
		eq(t, "marked", r.Marked, 0)
		o := b.get(r.Order)
		eq(t, "state", o.State, Received)
		eq(t, "total", o.Total.String(), "52720.00")
		eq(t, "requested", o.Lines[0].RequestedOn, "2026-11-30")
		eq(t, "ship to", o.ShipTo, "Kestrel Leeds, Leeds")

		// 360 now, 40 later; the rest as asked.
		cmd := ConfirmCmd{Version: o.Version, Lines: []ConfirmLine{{Line: 1, Action: Accept}, {Line: 2, Action: Accept}, {Line: 3, Action: Accept, Quantity: money.Whole(360)},
			{Line: 3, Action: Backorder, Quantity: money.Whole(40), Date: "2026-12-08", Reason: "out_of_stock"}, {Line: 4, Action: Accept}, {Line: 5, Action: Accept}}}
		resp, err := b.svc.Confirm(b.at(), b.ingrid, r.Order, cmd)
		b.must(err)
		o = b.get(r.Order)
		eq(t, "state", o.State, PartlyConfirmed)
		eq(t, "confirmed total", o.ConfirmedTotal.String(), "51472.00")
		eq(t, "line 3", o.Lines[2].State, LineBackordered)
		eq(t, "response", o.Responses[0].Kind, ResponseChanged)
		_, err = b.svc.Confirm(b.at(), b.ingrid, r.Order, cmd)
		b.want(err, fault.Conflict, "trade.order_changed")
		if a := fault.As(err).Args; a["Yours"] != cmd.Version || a["Now"] != o.Version {
			t.Fatalf("conflict names %v", a)
		}
		ack, who, err := b.svc.OrderAck(b.at(), access.System("edi", b.aurelia), resp)
		b.must(err)
		eq(t, "BAK02", ack.Type, "AC")
		if p := ack.Validate(); len(p) > 0 {
			t.Fatalf("855 does not hold: %v", p)
		}
		eq(t, "codes", ack.Lines[2].Responses[0].Status+ack.Lines[2].Responses[1].Status, "IAIB")
		eq(t, "parties", who.Reseller, b.kestrel)

		_, err = b.svc.Ship(b.at(), b.ingrid, r.Order, ShipCmd{Lines: []LineQuantity{{3, money.Whole(361)}}})
		b.want(err, fault.Invalid, "trade.quantity_over")
		_, err = b.svc.Ship(b.at(), b.ingrid, r.Order, ShipCmd{Carrier: "DHL", Tracking: "JD0146"})
		b.must(err)
		eq(t, "state", b.get(r.Order).State, PartlyShipped)

		// The invoice of the design: price of line 2 from an old list, 40 too many on line 3.
		inv, err := b.svc.Invoice(b.at(), b.ingrid, r.Order, InvoiceCmd{Number: "INV-88213", TaxRate: b.micro("0.2"), Lines: []InvoiceCmdLine{{Line: 1}, {Line: 2, Price: b.micro("48.90")}, {Line: 3, Quantity: money.Whole(400)}, {Line: 4}, {Line: 5}}})
		b.must(err)
		o = b.get(r.Order)
		eq(t, "shown", o.Shown(), Differs)
		eq(t, "difference", o.Difference.String(), "1632.00")
		eq(t, "line 2", o.Lines[1].Difference.String(), "384.00")
		eq(t, "line 3", o.Lines[2].Difference.String(), "1248.00")
		eq(t, "price wrong", o.Lines[1].PriceWrong, true)
		eq(t, "quantity wrong", o.Lines[2].QuantityWrong, true)
		eq(t, "net", o.Invoices[0].Net.String(), "53104.00")
		eq(t, "tax", o.Invoices[0].Tax.String(), "10620.80")
		eq(t, "category", o.Invoices[0].TaxCategory, "S")
		_, err = b.svc.Invoice(b.at(), b.ingrid, r.Order, InvoiceCmd{Lines: []InvoiceCmdLine{{Line: 3, Quantity: money.Whole(1)}}})
		b.want(err, fault.Invalid, "trade.quantity_over")
		bill, _, err := b.svc.InvoiceDoc(b.at(), access.System("edi", b.aurelia), inv)
		b.must(err)
		if p := bill.Validate(); len(p) > 0 {
			t.Fatalf("810 does not hold: %v", p)
		}
		eq(t, "TDS01", string(bill.Total), "63724.80")

		// The back-order is confirmed and shipped: line 3 matches now, line 2 does not.
		resp2, err := b.svc.Confirm(b.at(), b.ingrid, r.Order, ConfirmCmd{})
		b.must(err)
		ack, _, err = b.svc.OrderAck(b.at(), access.System("edi", b.aurelia), resp2)
		b.must(err)
		if p := ack.Validate(); len(p) > 0 || len(ack.Lines) != 1 {
			t.Fatalf("second 855 does not hold: %v %d lines", p, len(ack.Lines))
		}
		_, err = b.svc.Ship(b.at(), b.ingrid, r.Order, ShipCmd{})
		b.must(err)
		o = b.get(r.Order)
		eq(t, "difference", o.Difference.String(), "384.00")
		eq(t, "state", o.State, Invoiced)
		_, err = b.svc.MarkReceived(b.at(), b.dan, r.Order, ReceiveCmd{})
		b.must(err)
		o = b.get(r.Order)
		eq(t, "state", o.State, Closed)
		if o.Shipments[0].ReceivedAt.IsZero() || o.Shipments[1].ReceivedAt.IsZero() {
			t.Fatal("shipments stay open")
		}
		want := []string{OrderReceived, OrderConfirmed, OrderShipped, InvoicedEvent, OrderConfirmed, OrderShipped, GoodsReceived}
		if got := b.events.kinds(); !slices.Equal(got, want) {
			t.Fatalf("events %v", got)
		}
		b.must(b.svc.SetInterchange(b.at(), access.System("edi", b.aurelia), DocumentResponse, string(resp), "x1"))
		b.must(b.svc.SetInterchange(b.at(), access.System("edi", b.aurelia), DocumentResponse, string(resp), "x1"))
		b.want(b.svc.SetInterchange(b.at(), access.System("edi", b.aurelia), DocumentResponse, string(resp), "x2"), fault.Conflict, "")
		if len(o.History) != 7 || o.History[0].Kind != "order.received_goods" {
			t.Fatalf("history %v", o.History)
		}
	})
}

func TestReceiveTwice(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		in := b.incoming(design(), db.NewID(), 1)
		first, err := b.svc.ReceiveOrder(b.at(), b.gateway(), in)
		b.must(err)
		again, err := b.svc.ReceiveOrder(b.at(), b.gateway(), in)
		b.must(err)
		eq(t, "same set", again.Order, first.Order)
		eq(t, "repeated", again.Repeated, true)
		eq(t, "no second event", len(b.events.kinds()), 1)

		// The same order in a new interchange, numbers written otherwise.
		same := design()
		same.Lines[0].Price, same.Lines[0].Quantity, same.Purpose = "84", "240.0", "07"
		dup := b.receive(same)
		eq(t, "outcome", dup.Outcome, Duplicate)
		eq(t, "order", dup.Order, first.Order)
		eq(t, "event", b.events.last().Kind, OrderDuplicate)

		// The same number with other content, twice: one question.
		other := design()
		other.Lines[2].Quantity = "420"
		held := b.receive(other)
		eq(t, "outcome", held.Outcome, HeldBack)
		eq(t, "reason", held.Reason, HeldDuplicate)
		eq(t, "again", b.receive(other).Outcome, Duplicate)
		o := b.get(first.Order)
		eq(t, "shown", o.Shown(), Held)
		eq(t, "stays as it was", o.Lines[2].Ordered, money.Whole(400))
		eq(t, "state", o.State, Received)
		a := o.Arrivals[1]
		if len(a.Differences) != 1 || a.Differences[0] != (Difference{Line: 3, Field: "quantity", Was: "400", Now: "420"}) || !a.CanReplace {
			t.Fatalf("differences %+v", a)
		}

		b.must(second(b.svc.Resolve(b.at(), b.dan, held.Arrival, ResolveCmd{Answer: AnswerReplace})))
		o = b.get(first.Order)
		eq(t, "replaced", o.Lines[2].Ordered, money.Whole(420))
		eq(t, "total", o.Total.String(), "53344.00")
		eq(t, "shown", o.Shown(), Received)
		_, err = b.svc.Resolve(b.at(), b.ingrid, held.Arrival, ResolveCmd{Answer: AnswerRefuse})
		b.want(err, fault.Conflict, "trade.arrival_answered")

		// Once confirmed it cannot be replaced, but it can become a further order.
		_, err = b.svc.Confirm(b.at(), b.ingrid, first.Order, ConfirmCmd{})
		b.must(err)
		held = b.receive(design())
		_, err = b.svc.Resolve(b.at(), b.dan, held.Arrival, ResolveCmd{Answer: AnswerReplace})
		b.want(err, fault.Conflict, "trade.already_confirmed")
		rec, err := b.svc.Resolve(b.at(), b.ingrid, held.Arrival, ResolveCmd{Answer: AnswerNew})
		b.must(err)
		o = b.get(rec.Order)
		eq(t, "copy", o.Copy, 1)
		eq(t, "number", o.Number, "4500187342")
		eq(t, "known now", b.receive(design()).Outcome, Duplicate)

		// A cancellation withdraws what is open; one of an unknown order is refused.
		gone := b.receive(order("77", [3]string{"AUR-H26", "1", "129"}))
		stop := order("77")
		stop.Purpose = "01"
		held = b.receive(stop)
		eq(t, "reason", held.Reason, HeldCancel)
		b.must(second(b.svc.Resolve(b.at(), b.ingrid, held.Arrival, ResolveCmd{Answer: AnswerReplace})))
		eq(t, "cancelled", b.get(gone.Order).State, Cancelled)
		stop.Number = "78"
		eq(t, "unknown", b.receive(stop).Outcome, Refused)

		// A release of a blanket order is known by both numbers: the same one again calls off
		// nothing, another with the same content does.
		call := order("BLK-9", [3]string{"AUR-D18B", "10", "84.00"})
		call.Type, call.Release = KindRelease, "R1"
		one := b.receive(call)
		again = b.receive(call)
		eq(t, "release again", again.Outcome, Duplicate)
		eq(t, "its order", again.Order, one.Order)
		call.Release = "R2"
		two := b.receive(call)
		if two.Outcome != Booked || two.Order == one.Order {
			t.Errorf("the next release: %+v", two)
		}
		call.Lines[0].Quantity = "12"
		held = b.receive(call)
		eq(t, "other content", held.Outcome, HeldBack)
		eq(t, "of that release", held.Order, two.Order)
		eq(t, "calls off no more", b.get(two.Order).Lines[0].Ordered, money.Whole(10))
		eq(t, "nor its neighbour", len(b.get(one.Order).Arrivals), 1)
	})
}

func second[T any](_ T, err error) error { return err }

func TestMarks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*doc.PurchaseOrder)
		want   []Mark
	}{
		"as listed":        {func(*doc.PurchaseOrder) {}, nil},
		"within tolerance": {func(d *doc.PurchaseOrder) { d.Lines[0].Price = "84.42" }, nil},
		"beyond tolerance": {func(d *doc.PurchaseOrder) { d.Lines[0].Price = "84.43" }, []Mark{PriceDiffers}},
		"unknown item":     {func(d *doc.PurchaseOrder) { d.Lines[0].VendorItem = "NOPE" }, []Mark{UnknownItem}},
		"case price":       {func(d *doc.PurchaseOrder) { d.Lines[0].Unit, d.Lines[0].Price = "CT", "840" }, nil},
		"unknown unit":     {func(d *doc.PurchaseOrder) { d.Lines[0].Unit = "TN" }, []Mark{UnitUnknown}},
		"per hundred":      {func(d *doc.PurchaseOrder) { d.Lines[0].Price, d.Lines[0].PriceBasis = "8400", "HP" }, nil},
		"no price":         {func(d *doc.PurchaseOrder) { d.Lines[0].Price = "" }, []Mark{PriceMissing}},
		"price of nought":  {func(d *doc.PurchaseOrder) { d.Lines[0].Price = "0.00" }, []Mark{PriceZero}},
		"dated 1900":       {func(d *doc.PurchaseOrder) { d.Date = "1900-01-01" }, []Mark{DateOdd}},
		"wanted in 2099": {func(d *doc.PurchaseOrder) {
			d.Dates[0].Date = "2099-12-31"
			d.Lines[1].Dates = []doc.Date{{Qualifier: "002", Date: "2026-12-01"}}
		}, []Mark{DateOdd}},
		"other currency":    {func(d *doc.PurchaseOrder) { d.Currency = "USD" }, []Mark{CurrencyDiffers}},
		"quantity too long": {func(d *doc.PurchaseOrder) { d.Lines[0].Quantity = "99999999999999999999" }, []Mark{QuantityUnread}},
		"beyond the bound":  {func(d *doc.PurchaseOrder) { d.Lines[0].Quantity = "1000000001" }, []Mark{QuantityUnread}},
		"in packs beyond":   {func(d *doc.PurchaseOrder) { d.Lines[0].Quantity, d.Lines[0].Unit = "100000001", "CT" }, []Mark{QuantityUnread, PriceDiffers}},
		"negative quantity": {func(d *doc.PurchaseOrder) { d.Lines[0].Quantity = "-1" }, []Mark{QuantityUnread}},
		"amount too big":    {func(d *doc.PurchaseOrder) { d.Lines[0].Quantity, d.Lines[0].Price = "900000000", "9000000000000" }, []Mark{PriceDiffers, AmountRange}},
		"price too fine":    {func(d *doc.PurchaseOrder) { d.Lines[0].Price = "84.0000001" }, []Mark{AmountRange}},
		"allowance":         {func(d *doc.PurchaseOrder) { d.Lines[0].Allowances = []doc.Allowance{{Indicator: "A", Amount: "5"}} }, []Mark{AllowanceUnknown}},
		"bill back": {func(d *doc.PurchaseOrder) {
			d.Lines[0].Allowances = []doc.Allowance{{Indicator: "A", Amount: "5", Method: "01"}}
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, dbtest.One(t))
			d := order("1", [3]string{"AUR-D18B", "3", "84"}, [3]string{"AUR-H26", "1", "129"})
			c.change(&d)
			r := b.receive(d)
			eq(t, "outcome", r.Outcome, Booked)
			o := b.get(r.Order)
			if !slices.Equal(o.Lines[0].Marks, Marks(c.want)) {
				t.Fatalf("marks %v, want %v", o.Lines[0].Marks, c.want)
			}
			if len(c.want) == 0 {
				return
			}
			page, err := b.svc.List(b.at(), b.ingrid, Filter{View: ViewMarked})
			b.must(err)
			eq(t, "marked rows", len(page.Items), 1)
			eq(t, "first mark", page.Items[0].FirstMark, c.want[0])
			// The answer settles it: a line nobody can read can only be rejected.
			b.must(second(b.svc.Confirm(b.at(), b.ingrid, r.Order, ConfirmCmd{Lines: []ConfirmLine{{Line: 1, Action: Reject, Reason: "other"}, {Line: 2, Action: Accept}}})))
			o = b.get(r.Order)
			for _, l := range o.Lines {
				eq(t, "answered", l.State != LineOpen, true)
			}
			eq(t, "marks left", o.Marks, 0)
		})
	}
}

func TestConfirmCodes(t *testing.T) {
	t.Parallel()
	w := money.Whole
	for name, c := range map[string]struct {
		parts []ConfirmLine
		codes string
		state State
		line  LineState
		bad   string
	}{
		"accept":           {[]ConfirmLine{{Line: 1, Action: Accept}}, "IA", Confirmed, LineConfirmed, ""},
		"nothing said":     {nil, "IA", Confirmed, LineConfirmed, ""},
		"date":             {[]ConfirmLine{{Line: 1, Action: Change, Date: "2026-12-24"}}, "DR", Confirmed, LineChanged, ""},
		"quantity":         {[]ConfirmLine{{Line: 1, Action: Change, Quantity: w(8)}}, "IQ", PartlyConfirmed, LineChanged, ""},
		"price":            {[]ConfirmLine{{Line: 1, Action: Change, Price: 85_000_000}}, "IP", Confirmed, LineChanged, ""},
		"two things":       {[]ConfirmLine{{Line: 1, Action: Change, Quantity: w(8), Date: "2026-12-24"}}, "IC", PartlyConfirmed, LineChanged, ""},
		"backorder":        {[]ConfirmLine{{Line: 1, Action: Backorder, Date: "2026-12-08"}}, "IB", PartlyConfirmed, LineBackordered, ""},
		"reject":           {[]ConfirmLine{{Line: 1, Action: Reject, Reason: "price"}}, "IR", Rejected, LineRejected, ""},
		"substitute":       {[]ConfirmLine{{Line: 1, Action: Substitute, Substitute: "AUR-B50"}}, "IS", Confirmed, LineChanged, ""},
		"split":            {[]ConfirmLine{{Line: 1, Action: Accept, Quantity: w(6)}, {Line: 1, Action: Backorder}}, "IA IB", PartlyConfirmed, LineBackordered, ""},
		"three ways":       {[]ConfirmLine{{Line: 1, Action: Accept, Quantity: w(6)}, {Line: 1, Action: Reject, Quantity: w(1)}, {Line: 1, Action: Backorder, Quantity: w(3)}}, "IA IR IB", PartlyConfirmed, LineBackordered, ""},
		"too little":       {[]ConfirmLine{{Line: 1, Action: Accept, Quantity: w(6)}}, "", "", "", "trade.quantity_sum"},
		"too much":         {[]ConfirmLine{{Line: 1, Action: Accept, Quantity: w(6)}, {Line: 1, Action: Backorder, Quantity: w(5)}}, "", "", "", "trade.quantity_over"},
		"no such line":     {[]ConfirmLine{{Line: 2, Action: Accept}}, "", "", "", "trade.line_unknown"},
		"no such action":   {[]ConfirmLine{{Line: 1, Action: "maybe"}}, "", "", "", "trade.action_wrong"},
		"31 November":      {[]ConfirmLine{{Line: 1, Action: Accept, Date: "2026-11-31"}}, "", "", "", "form.date"},
		"unknown stand-in": {[]ConfirmLine{{Line: 1, Action: Substitute, Substitute: "NOPE"}}, "", "", "", "trade.substitute_unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, dbtest.One(t))
			r := b.receive(order("1", [3]string{"AUR-D18B", "10", "84"}))
			before := b.get(r.Order)
			id, err := b.svc.Confirm(b.at(), b.ingrid, r.Order, ConfirmCmd{Lines: c.parts})
			o := b.get(r.Order)
			if c.bad != "" {
				b.want(err, fault.Invalid, c.bad)
				eq(t, "untouched", o.Version, before.Version)
				return
			}
			b.must(err)
			codes := ""
			for i, l := range o.Responses[0].Lines {
				if i > 0 {
					codes += " "
				}
				codes += l.Code
			}
			eq(t, "codes", codes, c.codes)
			eq(t, "state", o.State, c.state)
			eq(t, "line", o.Lines[0].State, c.line)
			ack, _, err := b.svc.OrderAck(b.at(), access.System("edi", b.aurelia), id)
			b.must(err)
			if p := ack.Validate(); len(p) > 0 {
				t.Fatalf("855 does not hold: %v", p)
			}
			items, err := b.svc.Waiting(b.at(), b.dan, 50)
			b.must(err)
			if o.Responses[0].Kind != ResponseChanged {
				eq(t, "nothing to agree to", len(items), 0)
				return
			}
			eq(t, "waits", items[0].Kind, WaitAgree)
			b.must(b.svc.Agree(b.at(), b.dan, id))
			b.must(b.svc.Agree(b.at(), b.dan, id))
			items, err = b.svc.Waiting(b.at(), b.dan, 50)
			b.must(err)
			eq(t, "agreed", len(items), 0)
			if _, err := b.svc.Confirm(b.at(), b.ingrid, r.Order, ConfirmCmd{}); o.Lines[0].Answerable() == 0 {
				b.want(err, fault.Conflict, "trade.nothing_to_confirm")
			}
		})
	}
}

// Twenty people press the button at once: one answer.
func TestConfirmOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		r := b.receive(design())
		ctx := b.at()
		var wg sync.WaitGroup
		var mu sync.Mutex
		codes := map[fault.Code]int{}
		for range 20 {
			wg.Go(func() {
				_, err := b.svc.Confirm(ctx, b.ingrid, r.Order, ConfirmCmd{})
				mu.Lock()
				defer mu.Unlock()
				codes[fault.CodeOf(err)]++
			})
		}
		wg.Wait()
		if codes[""] != 1 || codes[fault.Conflict] != 19 {
			t.Fatalf("outcomes %v", codes)
		}
		eq(t, "responses", len(b.get(r.Order).Responses), 1)
	})
}

// The same order by twenty interchanges at once: one order.
func TestReceiveOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		ctx := b.at()
		var wg sync.WaitGroup
		var mu sync.Mutex
		got := map[Outcome]int{}
		for i := range 20 {
			wg.Go(func() {
				r, err := b.svc.ReceiveOrder(ctx, b.gateway(), b.incoming(design(), db.NewID(), i))
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				got[r.Outcome]++
			})
		}
		wg.Wait()
		if got[Booked] != 1 || got[Duplicate] != 19 {
			t.Fatalf("outcomes %v", got)
		}
		c, err := b.svc.Counts(context.Background(), b.ingrid)
		b.must(err)
		eq(t, "orders", c.All, 1)
	})
}

func TestPlace(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		cmd := PlaceCmd{Partnership: b.toKestrel, Key: "k1", RequestedOn: "2026-12-01", Lines: []PlaceLine{{SKU: "aur-d18b", Quantity: money.Whole(2)}, {SKU: "AUR-B50", Quantity: money.Whole(1), Unit: "CA"}}}
		q, err := b.svc.Quote(b.at(), b.dan, cmd)
		b.must(err)
		eq(t, "case", q[1].Amount.String(), "312.00")
		r, err := b.svc.Place(b.at(), b.dan, cmd)
		b.must(err)
		again, err := b.svc.Place(b.at(), b.dan, cmd)
		b.must(err)
		eq(t, "same key", again.Order, r.Order)
		o := b.get(r.Order)
		eq(t, "total", o.Total.String(), "480.00")
		eq(t, "number", o.Number, "PO-00001")
		eq(t, "source", o.Source, SourceForm)
		eq(t, "marks", o.Marks, 0)
		eq(t, "placed by", o.PlacedBy, b.dan.Person)
		_, err = b.svc.Place(b.at(), b.dan, PlaceCmd{Partnership: b.toKestrel, Lines: []PlaceLine{{SKU: "NOPE", Quantity: money.Whole(1)}}})
		b.want(err, fault.Invalid, "trade.item_unknown")
		_, err = b.svc.Place(b.at(), b.eyes, cmd)
		b.want(err, fault.Forbidden, "")
		_, err = b.svc.Place(b.at(), b.ingrid, cmd)
		b.want(err, fault.Forbidden, "")
		ord, err := b.svc.Cancel(b.at(), b.dan, r.Order, o.Version, "wrong item")
		b.must(err)
		eq(t, "cancelled", ord.State, Cancelled)
	})
}

// The lines of an order are bounded together, however it is written: what promotions and
// quotes add up cannot run over.
func TestPiecesOfAnOrder(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	o := b.get(b.receive(order("1", [3]string{"AUR-D18B", "600000000", "0.01"}, [3]string{"AUR-D18B", "600000000", "0.01"}, [3]string{"AUR-H26", "5", "129"})).Order)
	eq(t, "lines beyond", [3]bool{o.Lines[0].Marks.Has(QuantityUnread), o.Lines[1].Marks.Has(QuantityUnread), o.Lines[2].Marks.Has(QuantityUnread)}, [3]bool{false, true, false})
	_, err := b.svc.AskChange(b.at(), b.dan, o.ID, AskCmd{Lines: []AskLine{{Line: 3, Quantity: money.Whole(400_000_001)}}})
	b.want(err, fault.Invalid, "trade.doubt.quantity_unread")
	_, err = b.svc.AskChange(b.at(), b.dan, o.ID, AskCmd{Lines: []AskLine{{Line: 3, Quantity: money.Whole(400_000_000)}}})
	b.must(err)
	line := PlaceLine{SKU: "AUR-H26", Quantity: money.Whole(600_000_000), Price: money.One / 100}
	_, err = b.svc.Place(b.at(), b.dan, PlaceCmd{Partnership: b.toKestrel, Lines: []PlaceLine{line, line}})
	b.want(err, fault.Invalid, "trade.quantity_most")
}

// TestManyOrders reads views and counts of more orders than are tested row by row or counted.
func TestManyOrders(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		many(b, 1200, 1200/20)
		for _, x := range []struct {
			who  access.Actor
			want Counts
		}{
			{b.ingrid, Counts{All: CountMost + 1, Waiting: 12, Open: 12, Marked: 6, Differs: 8, Late: 12}},
			{b.kaarel, Counts{All: 400, Waiting: 8, Open: 4, Marked: 2, Late: 4}},
			{b.dan, Counts{All: 800, Waiting: 24, Open: 8, Marked: 4, Differs: 8, Late: 8}},
		} {
			got, err := b.svc.Counts(b.at(), x.who)
			b.must(err)
			eq(t, "counts", got, x.want)
			for _, v := range Views {
				if want := x.want.Of(v); want <= CountMost {
					eq(t, "orders of "+string(v), len(pages(b, x.who, Filter{View: v, Limit: 5})), want)
				}
			}
			sums, err := b.svc.Summaries(b.at(), x.who, []string{b.toKestrel, b.toBaltic})
			b.must(err)
			open, waiting := 0, 0
			for _, s := range sums {
				open, waiting = open+s.Open, waiting+s.Waiting
			}
			arriving := x.want.Waiting
			if x.who.Org != b.aurelia {
				arriving -= x.want.Differs
			}
			eq(t, "open and waiting", [2]int{open, waiting}, [2]int{x.want.Open, arriving})
		}
		eq(t, "of a word that is in all", len(pages(b, b.dan, Filter{Query: "aurelia", Limit: 200})), 800)
		eq(t, "of the oldest", len(pages(b, b.ingrid, Filter{Query: "retired", Limit: 7})), 60)
		eq(t, "of the oldest that are late", len(pages(b, b.ingrid, Filter{Query: "retir", View: ViewLate})), 1)
		invoices, err := b.svc.Invoices(b.at(), b.ingrid, InvoiceFilter{Query: "DN0000000017"})
		b.must(err)
		eq(t, "invoices by a number of their order", len(invoices.Items), 1)
		invoices, err = b.svc.Invoices(b.at(), b.ingrid, InvoiceFilter{Query: "retired", State: InvoiceDiffers, Partner: b.kestrel})
		b.must(err)
		eq(t, "invoices that differ", len(invoices.Items), 1)
		for _, x := range []struct {
			f InvoiceFilter
			n int
		}{{InvoiceFilter{Partner: b.baltic}, 200}, {InvoiceFilter{Partner: b.kestrel, State: InvoiceDiffers}, 8}, {InvoiceFilter{Partner: b.baltic, State: InvoiceDiffers}, 0}, {InvoiceFilter{Partner: b.baltic, State: InvoiceMatched, Query: "retired"}, 20}} {
			x.f.Limit = 200
			if invoices, err = b.svc.Invoices(b.at(), b.ingrid, x.f); err != nil || len(invoices.Items) != x.n {
				t.Errorf("%+v: %d invoices, %v", x.f, len(invoices.Items), err)
			}
		}
	})
}

// pages reads a list to its end.
func pages(b *bench, who access.Actor, f Filter) (out []Row) {
	b.t.Helper()
	for {
		p, err := b.svc.List(b.at(), who, f)
		b.must(err)
		if out = append(out, p.Items...); p.Next == "" {
			return out
		}
		f.After = p.Next
	}
}
