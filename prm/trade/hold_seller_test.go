package trade

import (
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// A line on hold is not promised, shipped or invoiced by anybody: not on the pages, not
// by the supplier's system, whose document waits for the end of the hold. The other lines
// go on.
func TestLinesOnHold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.receive(small()).Order
		hold, err := b.svc.Hold(b.at(), b.ingrid, id, HoldCmd{Reason: "export", Role: access.Manager, By: "2026-11-30", Lines: []int{1}})
		b.must(err)

		_, err = b.svc.Confirm(b.at(), b.ingrid, id, ConfirmCmd{Lines: []ConfirmLine{{Line: 1, Action: Accept}}})
		b.want(err, fault.Invalid, "form.invalid")
		_, err = b.svc.Ship(b.at(), b.ingrid, id, ShipCmd{Lines: []LineQuantity{{1, money.Whole(10)}}})
		b.want(err, fault.Invalid, "form.invalid")
		_, err = b.svc.Invoice(b.at(), b.ingrid, id, InvoiceCmd{Lines: []InvoiceCmdLine{{Line: 1, Quantity: money.Whole(10)}}})
		b.want(err, fault.Conflict, "trade.line_on_hold")

		both := b.reply(ack("PO-1", []string{"10", "AUR-D18B", "100", "IA", "100"}, []string{"20", "AUR-BS40", "400", "IA", "400"}))
		b.held(both, DoubtState)
		b.held(b.reply(notice("ASN-1", "PO-1", [3]string{"10", "AUR-D18B", "10"})), DoubtState)
		o := b.get(id)
		eq(t, "confirmed on hold", o.Lines[0].Confirmed, 0)
		eq(t, "shipped on hold", o.Lines[0].Shipped, 0)
		eq(t, "the line beside it", b.reply(notice("ASN-2", "PO-1", [3]string{"20", "AUR-BS40", "40"})).Outcome, Booked)

		b.must(b.svc.Release(b.at(), b.ingrid, hold))
		b.must(b.svc.BookWaiting(b.at(), b.desk(), id))
		o = b.get(id)
		eq(t, "confirmed after it", o.Lines[0].Confirmed, money.Whole(100))
		eq(t, "shipped after it", o.Lines[0].Shipped, money.Whole(10))
	})
}

// An order on hold is not invoiced on the pages either.
func TestOrderOnHold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.receive(small()).Order
		hold, err := b.svc.Hold(b.at(), b.ingrid, id, HoldCmd{Reason: "credit", Role: access.Manager, By: "2026-11-30"})
		b.must(err)
		all := InvoiceCmd{Lines: []InvoiceCmdLine{{Line: 1, Quantity: money.Whole(10)}}}
		_, err = b.svc.Invoice(b.at(), b.ingrid, id, all)
		b.want(err, fault.Conflict, "trade.hold_first")
		b.must(b.svc.Release(b.at(), b.ingrid, hold))
		_, err = b.svc.Invoice(b.at(), b.ingrid, id, all)
		b.must(err)
	})
}

// Where nothing is left to promise or ship, a hold ends with the order, whatever ended it:
// the order waits for nobody any more.
func TestHoldEndsWithTheOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.receive(small()).Order
		_, err := b.svc.Hold(b.at(), b.ingrid, id, HoldCmd{Reason: "credit", Role: access.Manager, By: "2026-11-30"})
		b.must(err)
		change, err := b.svc.AskChange(b.at(), b.dan, id, AskCmd{Cancel: true})
		b.must(err)
		_, err = b.svc.AnswerChange(b.at(), b.ingrid, change, AnswerCmd{})
		b.must(err)
		o := b.get(id)
		eq(t, "state", o.State, Cancelled)
		eq(t, "held", o.Held, "")
		eq(t, "for", o.HoldReason, "")
		eq(t, "the hold", o.Holds[0].Open(), false)
	})
}
