package trade

import (
	"context"
	"slices"
	"strings"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/precheck"
)

func rulesIn(all []precheck.Finding) string {
	var out []string
	for _, f := range all {
		out = append(out, string(f.Rule)+" "+f.Line)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// strictly has the supplier stop what breaks the rules.
func (b *bench) strictly(s precheck.Severity, rules ...precheck.Rule) {
	b.t.Helper()
	p := precheck.New(b.db)
	b.svc.CheckFirst(p)
	chosen := map[precheck.Rule]precheck.Severity{}
	for _, r := range rules {
		chosen[r] = s
	}
	_, err := p.Set(b.at(), b.ingrid, b.toKestrel, chosen)
	b.must(err)
}

// What a supplier's system sends is held against the order before it leaves: what its
// policy stops waits for a person of its own, who mends it or lets it go with a reason; the
// reseller learns nothing of it until then.
func TestChecksStop(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.strictly(precheck.Stop, precheck.Price, precheck.AboveShipped)
		r := b.receive(small())
		b.must(second(b.svc.Confirm(b.at(), b.ingrid, r.Order, ConfirmCmd{})))
		eq(t, "ship notice", b.reply(notice("ASN-1", "PO-1", [3]string{"10", "AUR-D18B", "90"}, [3]string{"20", "AUR-BS40", "400"})).Outcome, Booked)

		wrong := bill("INV-1", "PO-1", "12420.00", [4]string{"10", "AUR-D18B", "100", "85.00"}, [4]string{"20", "AUR-BS40", "400", "9.80"})
		wrong.Total = "12420.00"
		events := len(b.events.events)
		got := b.reply(wrong)
		held := b.held(got, DoubtChecks)
		eq(t, "what differs", rulesIn(held.Findings), "above_shipped 10, price 10")
		f := held.Findings[slices.IndexFunc(held.Findings, func(f precheck.Finding) bool { return f.Rule == precheck.Price })]
		eq(t, "words of the price", [3]string{f.Args["Was"], f.Args["Now"], f.Args["Item"]}, [3]string{"84.00", "85.00", "AUR-D18B"})
		eq(t, "invoices", len(b.get(r.Order).Invoices), 0)
		eq(t, "events", len(b.events.events)-events, 1) // that it is held
		eq(t, "the seller sees it", len(b.get(r.Order).Replies), 2)

		// The reseller does not see what has not left, and cannot touch it.
		mine, err := b.svc.Get(b.at(), b.dan, r.Order)
		b.must(err)
		eq(t, "the reseller's replies", len(mine.Replies), 1)
		for _, h := range mine.History {
			if h.Kind == "order.reply_held" {
				t.Error("the history tells the reseller that something is held")
			}
		}
		_, err = b.svc.GetReply(b.at(), b.dan, got.Reply)
		b.want(err, fault.NotFound, "")
		_, err = b.svc.ReleaseReply(b.at(), b.dan, got.Reply, "please")
		b.want(err, fault.NotFound, "")
		_, err = b.svc.DiscardReply(b.at(), b.dan, got.Reply, "no")
		b.want(err, fault.NotFound, "")
		page, err := b.svc.Replies(b.at(), b.dan, "", 50)
		b.must(err)
		eq(t, "the reseller's list", len(page.Items), 0)

		// Somebody of the supplier without the right to prices sees that it is held, not why.
		eyes := access.Actor{Person: db.NewID(), Org: b.aurelia, Roles: []access.Role{access.Viewer}, Via: "session:x"}
		seen, err := b.svc.GetReply(b.at(), eyes, got.Reply)
		b.must(err)
		eq(t, "findings for a viewer", len(seen.Findings), 0)

		_, err = b.svc.ReleaseReply(b.at(), b.ingrid, got.Reply, " ")
		b.want(err, fault.Invalid, "form.invalid")
		still, err := b.svc.RetryReply(b.at(), b.ingrid, got.Reply)
		b.must(err)
		eq(t, "tried again", still.Reason, DoubtChecks)
		done, err := b.svc.ReleaseReply(b.at(), b.ingrid, got.Reply, "agreed by telephone")
		b.must(err)
		eq(t, "released", done.Outcome, Booked)
		after := b.get(r.Order)
		eq(t, "invoices", len(after.Invoices), 1)
		eq(t, "it differs", after.Invoices[0].State, InvoiceDiffers)
		eq(t, "warnings", len(after.Warnings), 1)
		w := after.Warnings[0]
		eq(t, "went with", rulesIn(w.Findings), "above_shipped 10, price 10")
		eq(t, "by whom and why", [3]string{w.Person, w.Reason, w.Document}, [3]string{b.ingrid.Person, "agreed by telephone", string(after.Invoices[0].ID)})
		mine, err = b.svc.Get(b.at(), b.dan, r.Order)
		b.must(err)
		eq(t, "the reseller's warnings", len(mine.Warnings), 0)
		if _, err = b.svc.ReleaseReply(b.at(), b.ingrid, got.Reply, "again"); fault.KeyOf(err) != "trade.reply_settled" {
			t.Errorf("released twice: %v", err)
		}
		// The corrected document takes the place of the one that is held; the same again does not.
		b.receive(order("PO-9", [3]string{"AUR-BS40", "400", "9.80"}))
		dear := bill("INV-2", "PO-9", "4000.00", [4]string{"10", "AUR-BS40", "400", "10.00"})
		first := b.held(b.reply(dear), DoubtChecks)
		eq(t, "the same again", b.reply(dear).Outcome, Duplicate)
		nine, err := b.svc.Get(b.at(), b.dan, first.Order)
		b.must(err)
		eq(t, "what the reseller knows of the copy", [2]int{len(nine.Replies), len(nine.History)}, [2]int{0, 1})
		eq(t, "the copy's event", b.events.last().Payload.(Event).Reason, DoubtChecks) // which tells subscribers to be silent
		dear.Lines[0].Price, dear.Total = "9.80", "3920.00"
		if got := b.reply(dear); got.Outcome != Booked {
			t.Errorf("mended: held for %s", got.Reason)
		}
		gone, err := b.svc.GetReply(b.at(), b.ingrid, first.ID)
		b.must(err)
		eq(t, "the wrong one", gone.Outcome, Discarded)

		// What is held for another reason is not for a person to release.
		more := b.held(b.reply(notice("ASN-2", "PO-1", [3]string{"10", "AUR-D18B", "999"})), DoubtShips)
		if _, err = b.svc.ReleaseReply(b.at(), b.ingrid, more.ID, "x"); fault.KeyOf(err) != "trade.reply_no_check" {
			t.Errorf("released more than was ordered: %v", err)
		}
	})
}

// Each rule finds what it is for; by default what contradicts itself is held and the rest
// goes with a warning.
func TestChecksFind(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.receive(small())
		id := b.receive(order("PO-2", [3]string{"AUR-D18B", "10", "84.00"}, [3]string{"AUR-BS40", "400", "9.80"})).Order
		warned := func(what string, id OrderID, want ...string) {
			t.Helper()
			all := b.get(id).Warnings
			if len(all) == 0 {
				t.Errorf("%s: no warning", what)
				return
			}
			eq(t, what, rulesIn(all[len(all)-1].Findings), strings.Join(want, ", "))
		}

		late := ack("PO-2", []string{"10", "AUR-D18B", "10", "IP", "10"}, []string{"20", "AUR-BS40", "400", "IA", "400"})
		late.Lines[0].Price = "86"
		late.Lines[0].Responses[0].Date = "2026-12-09"
		eq(t, "answer", b.reply(late).Outcome, Booked)
		warned("answer", id, "late_answer 10", "price_answer 10")

		// One carton twice in the notice is held, with the others beside it; the same carton again
		// and a wrong check digit go with a warning.
		n := notice("ASN-1", "PO-2", [3]string{"10", "AUR-D18B", "5"})
		n.Date = "2026-12-15"
		n.Orders[0].Packs = append(n.Orders[0].Packs, doc.Pack{Kind: "P", SSCC: "340123450000000017"})
		held := b.held(b.reply(n), DoubtChecks)
		eq(t, "held for", rulesIn(held.Findings), "pack_twice ")
		good := n
		good.Number = "ASN-2"
		good.Orders = []doc.ShippedOrder{{Number: "PO-2", Packs: []doc.Pack{{Kind: "P", SSCC: "00340123450000000018", Lines: n.Orders[0].Packs[0].Lines}}}}
		eq(t, "notice", b.reply(good).Outcome, Booked)
		warned("notice", id, "late_shipment 10", "pack_wrong ")
		again := notice("ASN-3", "PO-2", [3]string{"20", "AUR-BS40", "400"})
		again.Orders[0].Packs[0].SSCC = "340123450000000018"
		eq(t, "again", b.reply(again).Outcome, Booked)
		warned("again", id, "pack_again ", "pack_wrong ")

		// Money: of another line's number, before it left, with a charge, taxes that are wrong.
		inv := bill("INV-1", "PO-2", "930.00", [4]string{"20", "AUR-D18B", "10", "86.00"})
		inv.Lines[0].Refs = []doc.Ref{{Qualifier: "LI", Value: "10"}}
		inv.Allowances = []doc.Allowance{{Indicator: "C", Charge: true, Amount: "70.00", Method: "02"}}
		if got := b.reply(inv); got.Outcome != Booked {
			t.Errorf("invoice: %s", got.Reason)
		}
		warned("invoice", id, "above_shipped 10", "charge ", "item 10")
		taxed := bill("INV-2", "PO-2", "4000.00", [4]string{"20", "AUR-BS40", "400", "9.80"})
		taxed.Taxes = []doc.Tax{{Percent: "20", Amount: "80.00"}}
		held = b.held(b.reply(taxed), DoubtChecks)
		eq(t, "tax", rulesIn(held.Findings), "tax ")
		eq(t, "tax of", [2]string{held.Findings[0].Args["Was"], held.Findings[0].Args["Now"]}, [2]string{"784.00", "80.00"})

		// Only where it was chosen: an invoice before anything left.
		b.strictly(precheck.Stop, precheck.BeforeShipment, precheck.Unit)
		early := b.held(b.reply(bill("INV-3", "PO-1", "8400.00", [4]string{"10", "AUR-D18B", "100", "84.00"})), DoubtChecks)
		eq(t, "before it left", rulesIn(early.Findings), "before_shipment 10")
		cases := notice("ASN-4", "PO-1", [3]string{"10", "AUR-D18B", "10"})
		cases.Orders[0].Packs[0].Lines[0].Unit, cases.Orders[0].Packs[0].SSCC = "CA", ""
		eq(t, "in cases", rulesIn(b.held(b.reply(cases), DoubtChecks).Findings), "unit 10")

		// Days that systems write where they have none.
		odd := bill("INV-3B", "PO-1", "8400.00", [4]string{"10", "AUR-D18B", "100", "84.00"})
		odd.Date = "1900-01-01"
		b.held(b.reply(odd), DoubtDate)
		never := ack("PO-1", []string{"10", "AUR-D18B", "100", "IA", "100"})
		never.Lines[0].Responses[0].Date = "2099-12-31"
		b.held(b.reply(never), DoubtDate)

		// An invoice without an order waits for nothing; one for an order at its end says so.
		b.held(b.reply(bill("INV-4", "", "1.00", [4]string{"10", "AUR-D18B", "1", "1.00"})), DoubtNoOrder)
		gone := b.receive(order("PO-3", [3]string{"AUR-D18B", "1", "84.00"})).Order
		b.must(second(b.svc.Cancel(b.at(), b.dan, gone, 0, "")))
		b.held(b.reply(notice("ASN-5", "PO-3", [3]string{"10", "AUR-D18B", "1"})), DoubtFinished)
		b.held(b.reply(bill("INV-5", "PO-3", "84.00", [4]string{"10", "AUR-D18B", "1", "84.00"})), DoubtFinished)
	})
}

// A person is asked for a reason at the field that differs; with one it goes and the
// reason is kept.
func TestChecksOnPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.strictly(precheck.Stop, precheck.Rules...)
		id := b.receive(small()).Order
		stopped := func(what string, err error, fields ...string) {
			t.Helper()
			f := fault.As(err)
			if f == nil || f.Key != "trade.checks_stop" {
				t.Fatalf("%s: %v", what, err)
			}
			var got []string
			for _, x := range f.Fields {
				got = append(got, x.Name)
			}
			eq(t, what, strings.Join(got, ", "), strings.Join(append(fields, "release"), ", "))
		}
		answer := ConfirmCmd{Lines: []ConfirmLine{{Line: 2, Action: Accept, Date: "2026-12-24"}, {Line: 1, Action: Change, Price: b.micro("90")}}}
		_, err := b.svc.Confirm(b.at(), b.ingrid, id, answer)
		stopped("answer", err, "lines.0.date", "lines.1.price")
		answer.Release = "the works are closed"
		b.must(second(b.svc.Confirm(b.at(), b.ingrid, id, answer)))
		_, err = b.svc.Ship(b.at(), b.ingrid, id, ShipCmd{ShippedOn: "2026-12-30"})
		stopped("shipment", err, "shipped", "shipped") // each of two lines
		bill := InvoiceCmd{Lines: []InvoiceCmdLine{{Line: 2}, {Line: 1, Price: b.micro("99")}}}
		_, err = b.svc.Invoice(b.at(), b.ingrid, id, bill)
		stopped("invoice", err, "lines.1.price", "lines.1.quantity", "lines.0.quantity")
		bill.Release = "paid in advance"
		b.must(second(b.svc.Invoice(b.at(), b.ingrid, id, bill)))
		all := b.get(id).Warnings
		eq(t, "documents", len(all), 2)
		eq(t, "reasons", [2]string{all[0].Reason, all[1].Reason}, [2]string{"the works are closed", "paid in advance"})
		eq(t, "findings", rulesIn(all[1].Findings), "before_shipment 10, before_shipment 20, price 10")
		if err := b.db.View(context.Background(), func(ctx context.Context) error {
			var n int64
			err := db.Tx(ctx).Model(&warningRow{}).Where("supplier_id <> ?", b.aurelia).Count(&n).Error
			eq(t, "warnings of others", n, int64(0))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// An 812 of the supplier is a credit: goods that came back give their quantity back, a
// corrected price does not; one that takes more is held.
func TestAdjustmentIsACredit(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.receive(small()).Order
		b.must(second(b.svc.Confirm(b.at(), b.ingrid, id, ConfirmCmd{})))
		b.must(second(b.svc.Ship(b.at(), b.ingrid, id, ShipCmd{})))
		b.must(second(b.svc.Invoice(b.at(), b.ingrid, id, InvoiceCmd{Number: "INV-1"})))
		adjust := func(number, invoice, amount, flag string, lines ...doc.AdjustedLine) ReplyReceipt {
			a := doc.CreditDebit{Date: "2026-11-23", Number: number, Handling: "A", Amount: doc.Decimal(amount), Flag: flag, Invoice: invoice, Lines: lines}
			a.Currency = "GBP"
			return b.reply(*Adjusted(&a))
		}
		back := doc.AdjustedLine{Line: doc.Line{Number: "10", VendorItem: "AUR-D18B", Quantity: "3", Unit: "EA"}, Reason: "11", Flag: "C", Amount: "252.00", Returned: "Y"}
		price := doc.AdjustedLine{Line: doc.Line{Number: "20", VendorItem: "AUR-BS40", Quantity: "400", Unit: "EA"}, Reason: "01", Flag: "C", Amount: "120.00", Difference: "0.30"}
		got := adjust("CN-1", "INV-1", "372.00", "C", back, price)
		if got.Outcome != Booked {
			t.Fatalf("held: %s", got.Reason)
		}
		o := b.get(id)
		eq(t, "credited", [2]string{o.Lines[0].Credited.String(), o.Lines[1].Credited.String()}, [2]string{"3", "0"})
		credit := o.Invoices[1]
		eq(t, "credit", [3]string{credit.Number, credit.Kind, credit.Gross.String()}, [3]string{"CN-1", InvoiceCredit, "-372.00"})
		eq(t, "twice", adjust("CN-1", "INV-1", "372.00", "C", back, price).Outcome, Duplicate)
		debit := price
		debit.Flag = "D"
		b.held(adjust("DN-1", "INV-1", "120.00", "D", debit), DoubtDebit)
		b.held(adjust("CN-2", "INV-1", "132.00", "C", back, debit), DoubtDebit)
		b.held(adjust("CN-3", "INV-9", "252.00", "C", back), DoubtCredit)
		b.held(adjust("CN-4", "INV-1", "252.00", "C", price), DoubtTotal)
	})
}
