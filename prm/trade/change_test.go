package trade

import (
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// amend is an 860 of lines "number, code, quantity, price".
func amend(po, request string, lines ...[4]string) doc.OrderChange {
	d := doc.OrderChange{Purpose: "04", Type: "SA", Number: po, Date: "2026-11-16", Request: request, ChangeDate: "2026-11-20"}
	for _, l := range lines {
		x := doc.ChangeLine{Change: l[1]}
		x.Number, x.Quantity, x.Price, x.Unit = l[0], doc.Decimal(l[2]), doc.Decimal(l[3]), "EA"
		d.Lines = append(d.Lines, x)
	}
	return d
}

func (b *bench) change(d doc.OrderChange) ReplyReceipt {
	b.t.Helper()
	r, err := b.svc.ReceiveReply(b.at(), access.System("edi", b.kestrel), IncomingReply{Change: &d, Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.toKestrel, Interchange: db.NewID(), SetNo: 1})
	b.must(err)
	return r
}

// A change after a partial shipment is granted as far as it can be: what is shipped stays,
// and the answer says so. The order's quantities, total and later answers follow.
func TestChangeAfterPartialShipment(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		r := b.receive(design())
		_, err := b.svc.Confirm(b.at(), b.ingrid, r.Order, ConfirmCmd{})
		b.must(err)
		_, err = b.svc.Ship(b.at(), b.ingrid, r.Order, ShipCmd{Lines: []LineQuantity{{1, money.Whole(120)}, {2, money.Whole(160)}}})
		b.must(err)

		c := amend(design().Number, "CH-1", [4]string{"10", "QD", "100", ""}, [4]string{"20", "DI", "", ""}, [4]string{"30", "QI", "500", ""}, [4]string{"40", "PC", "", "9.70"}, [4]string{"50", "DI", "", ""})
		c.Lines[2].Dates = []doc.Date{{Qualifier: "002", Date: "2026-12-10"}}
		add := doc.ChangeLine{Change: "AI"}
		add.Number, add.VendorItem, add.Quantity, add.Unit, add.Price = "60", "AUR-H26", "7", "EA", "129.00"
		c.Lines = append(c.Lines, add)
		got := b.change(c)
		eq(t, "outcome", got.Outcome, Booked)
		eq(t, "kind", got.Kind, DocumentChange)
		det := b.get(r.Order)
		eq(t, "changes", len(det.Changes), 1)
		ch := det.Changes[0]
		eq(t, "state", ch.State, ChangeOpen)
		eq(t, "lines", len(ch.Lines), 6)
		// nothing moved yet
		eq(t, "ordered", det.Lines[0].Ordered, money.Whole(240))
		e := ch.Lines[0].Effect
		if e.None || len(e.Limits) != 1 || e.Limits[0].Key != LimitShipped || e.Quantity != money.Whole(120) {
			t.Fatalf("%+v", e)
		}
		if e := ch.Lines[1].Effect; !e.None || e.Limits[0].Done != money.Whole(160) {
			t.Fatalf("%+v", e)
		}
		// the same again, and other content under its number
		eq(t, "again", b.change(c).Outcome, Duplicate)
		other := amend(design().Number, "CH-1", [4]string{"10", "QD", "130", ""})
		eq(t, "other content", b.change(other).Reason, DoubtSame)
		// back to what stands: it takes the first one back, which the supplier must not miss
		back := b.change(amend(design().Number, "CH-1B", [4]string{"10", "CA", "240", ""}))
		eq(t, "taken back", back.Reason, DoubtPending)
		eq(t, "held", back.Outcome, HeldBack)

		items, err := b.svc.Waiting(b.at(), b.ingrid, 50)
		b.must(err)
		found := false
		for _, i := range items {
			found = found || i.Kind == WaitChange && i.ID == string(ch.ID)
		}
		if !found {
			t.Errorf("the change does not wait for the supplier: %+v", items)
		}
		b.want(second(b.svc.AnswerChange(b.at(), b.dan, ch.ID, AnswerCmd{})), fault.Forbidden, "")
		b.want(second(b.svc.AnswerChange(b.at(), b.ingrid, ch.ID, AnswerCmd{Lines: []ChangeAnswer{{Position: 1, Quantity: money.Whole(110)}}})), fault.Invalid, "trade.change_below")
		resp, err := b.svc.AnswerChange(b.at(), b.ingrid, ch.ID, AnswerCmd{Version: det.Version, Lines: []ChangeAnswer{{Position: 4, Refuse: true, Reason: "price"}}})
		b.must(err)
		eq(t, "event", b.events.last().Kind, ChangeDecided)
		b.want(second(b.svc.AnswerChange(b.at(), b.ingrid, ch.ID, AnswerCmd{})), fault.Conflict, "trade.doubt.change_answered")

		det = b.get(r.Order)
		ch = det.Changes[0]
		for i, w := range []struct {
			verdict, reason string
			granted         int64
		}{{VerdictPartly, LimitShipped, 120}, {VerdictRefused, LimitShipped, 160}, {VerdictGranted, "", 500}, {VerdictRefused, "price", 500}, {VerdictGranted, "", 0}, {VerdictGranted, "", 7}} {
			l := ch.Lines[i]
			if l.Verdict != w.verdict || l.Reason != w.reason || l.Granted != money.Whole(w.granted) {
				t.Errorf("line %d: %s %s %s", i+1, l.Verdict, l.Reason, l.Granted)
			}
		}
		l := det.Lines
		eq(t, "lines", len(l), 6)
		eq(t, "1 ordered", l[0].Ordered, money.Whole(120))
		eq(t, "1 state", l[0].State, LineShipped)
		eq(t, "3 confirmed", l[2].Confirmed, money.Whole(500))
		eq(t, "3 promised", l[2].PromisedOn, "2026-12-10")
		eq(t, "4 price", l[3].Price.Fixed(2), "9.80")
		eq(t, "5 state", l[4].State, LineCancelled)
		eq(t, "6", l[5].SKU+" "+l[5].Confirmed.String()+" "+l[5].Reference, "AUR-H26 7 60")
		eq(t, "state", det.State, PartlyShipped)
		// 120×84 + 160×46.5 + 500×31.2 + 500×9.8 + 60×129 + 7×129; what is cancelled stays ordered
		eq(t, "total", det.Total.String(), "46663.00")

		out, _, err := b.svc.ChangeAck(b.at(), b.desk(), resp)
		b.must(err)
		eq(t, "type", out.Type, "AC")
		if p := out.Validate(); len(p) > 0 {
			t.Errorf("%+v", p)
		}
		eq(t, "865 line 1", string(out.Lines[0].Quantity)+out.Lines[0].Responses[0].Status+string(out.Lines[0].Responses[0].Quantity), "120IC120")
		eq(t, "865 line 2", out.Lines[1].Responses[0].Status, "IR")
		eq(t, "865 line 5", out.Lines[4].Responses[0].Status+out.Lines[4].Change, "IDDI")
		steps := ""
		for _, s := range det.Chain {
			steps += s.Code + " "
		}
		eq(t, "chain", steps, "850 855 856 860 865 810 ")

		// an older change comes late
		late := amend(design().Number, "CH-0", [4]string{"30", "QI", "510", ""})
		late.Sequence = "1"
		newer := amend(design().Number, "CH-2", [4]string{"30", "QI", "520", ""})
		newer.Sequence = "2"
		eq(t, "newer", b.change(newer).Outcome, Booked)
		eq(t, "older", b.change(late).Reason, DoubtSequence)
	})
}

// What can no longer be done in any part is refused at once, by the desk itself.
func TestChangeTooLate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		r := b.receive(small())
		_, err := b.svc.Confirm(b.at(), b.ingrid, r.Order, ConfirmCmd{})
		b.must(err)
		_, err = b.svc.Ship(b.at(), b.ingrid, r.Order, ShipCmd{})
		b.must(err)
		c := amend(small().Number, "", [4]string{})
		c.Purpose, c.Lines = "01", nil
		eq(t, "outcome", b.change(c).Outcome, Booked)
		det := b.get(r.Order)
		eq(t, "state", det.Changes[0].State, ChangeAnswered)
		eq(t, "verdict", det.Changes[0].Lines[0].Verdict, VerdictRefused)
		eq(t, "reason", det.Changes[0].Lines[0].Reason, LimitShipped)
		eq(t, "order", det.State, Shipped)
		eq(t, "answer", det.Responses[len(det.Responses)-1].Kind, ResponseRejected)
	})
}

// A change that wants more of an order at its end is held for its sender instead of opening
// the order again; one that takes nothing more is answered as ever.
func TestChangeReopensNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.receive(small()).Order
		b.must(second(b.svc.Cancel(b.at(), b.dan, id, 0, "")))
		for i, line := range [][4]string{{"10", "QI", "120", ""}, {"30", "AI", "5", "84.00"}} {
			more := amend(small().Number, "R-"+itoa(i), line)
			more.Lines[0].VendorItem = "AUR-D18B"
			eq(t, "more of it", b.change(more).Reason, DoubtReopens)
		}
		eq(t, "state", b.get(id).State, Cancelled)
		eq(t, "changes", len(b.get(id).Changes), 0)
		_, err := b.svc.AskChange(b.at(), b.dan, id, AskCmd{Lines: []AskLine{{Line: 1, Quantity: money.Whole(120)}}})
		b.want(err, fault.Conflict, "trade.change_finished")
	})
}

// A change before any answer amends the order; a withdrawn order is cancelled; what waits
// for its order is booked when it comes; nothing to change is said to be nothing.
func TestChangeOnThePages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		early := b.change(amend(small().Number, "E-1", [4]string{"10", "QI", "150", ""}))
		eq(t, "waits", early.Outcome, Waits)
		r := b.receive(small())
		b.must(b.svc.BookWaiting(b.at(), access.System("edi", b.aurelia), r.Order))
		det := b.get(r.Order)
		eq(t, "booked", len(det.Changes), 1)
		eq(t, "asked", det.Changes[0].Lines[0].Quantity, money.Whole(150))
		_, err := b.svc.AnswerChange(b.at(), b.ingrid, det.Changes[0].ID, AnswerCmd{Lines: []ChangeAnswer{{Position: 1, Quantity: money.Whole(140), Reason: "allocation"}}})
		b.must(err)
		det = b.get(r.Order)
		eq(t, "ordered", det.Lines[0].Ordered, money.Whole(140))
		eq(t, "confirmed", det.Lines[0].Confirmed, money.Whole(140))
		eq(t, "verdict", det.Changes[0].Lines[0].Verdict, VerdictPartly)

		cmd := AskCmd{Version: det.Version, Key: "k1", Note: "by telephone", Lines: []AskLine{{Line: 1, RequestedOn: "2026-12-24"}, {SKU: "AUR-B50", Quantity: money.Whole(3)}}}
		b.want(second(b.svc.AskChange(b.at(), b.ingrid, r.Order, cmd)), fault.Forbidden, "")
		b.want(second(b.svc.AskChange(b.at(), b.eyes, r.Order, cmd)), fault.Forbidden, "")
		b.want(second(b.svc.AskChange(b.at(), b.kaarel, r.Order, cmd)), fault.NotFound, "")
		id, err := b.svc.AskChange(b.at(), b.dan, r.Order, cmd)
		b.must(err)
		again, err := b.svc.AskChange(b.at(), b.dan, r.Order, cmd)
		b.must(err)
		eq(t, "once", again, id)
		c, dd, _, err := b.svc.GetChange(b.at(), b.ingrid, id)
		b.must(err)
		eq(t, "source", c.Source, SourceForm)
		eq(t, "price of the list", c.Lines[1].Price.Fixed(2), "31.20")
		if p := dd.Validate(); len(p) > 0 {
			t.Errorf("%+v", p)
		}
		b.want(second(b.svc.AskChange(b.at(), b.dan, r.Order, AskCmd{Lines: []AskLine{{Line: 1, Quantity: money.Whole(140)}}})), fault.Invalid, "trade.doubt.change_pending")
		b.want(second(b.svc.AskChange(b.at(), b.dan, r.Order, AskCmd{Lines: []AskLine{{Line: 1, Quantity: MostPieces + 1}}})), fault.Invalid, "trade.quantity_most")
		b.want(second(b.svc.AskChange(b.at(), b.dan, r.Order, AskCmd{Lines: []AskLine{{SKU: "AUR-D18B", Unit: "CA", Quantity: money.Whole(100_000_001)}}})), fault.Invalid, "trade.doubt.quantity_unread")
		b.want(second(b.svc.AskChange(b.at(), b.dan, r.Order, AskCmd{Lines: []AskLine{{Line: 9, Cancel: true}}})), fault.Invalid, "trade.line_unknown")
		_, err = b.svc.AnswerChange(b.at(), b.ingrid, id, AnswerCmd{})
		b.must(err)

		// Of two open ones the later counts: the older can only be refused.
		older, err := b.svc.AskChange(b.at(), b.dan, r.Order, AskCmd{Lines: []AskLine{{Line: 1, Quantity: money.Whole(70)}}})
		b.must(err)
		later, err := b.svc.AskChange(b.at(), b.dan, r.Order, AskCmd{Lines: []AskLine{{Line: 1, Quantity: money.Whole(150)}}})
		b.must(err)
		b.want(second(b.svc.AnswerChange(b.at(), b.ingrid, older, AnswerCmd{})), fault.Conflict, "trade.change_overtaken")
		_, err = b.svc.AnswerChange(b.at(), b.ingrid, later, AnswerCmd{})
		b.must(err)
		b.want(second(b.svc.AnswerChange(b.at(), b.ingrid, older, AnswerCmd{})), fault.Conflict, "trade.change_overtaken")
		_, err = b.svc.AnswerChange(b.at(), b.ingrid, older, AnswerCmd{Lines: []ChangeAnswer{{Position: 1, Refuse: true}}})
		b.must(err)
		eq(t, "ordered", b.get(r.Order).Lines[0].Ordered, money.Whole(150))

		all, err := b.svc.AskChange(b.at(), b.dan, r.Order, AskCmd{Cancel: true})
		b.must(err)
		_, err = b.svc.AnswerChange(b.at(), b.ingrid, all, AnswerCmd{})
		b.must(err)
		det = b.get(r.Order)
		eq(t, "state", det.State, Cancelled)
		eq(t, "open", det.Lines[2].Outstanding(), 0)
		b.want(second(b.svc.AskChange(b.at(), b.dan, r.Order, AskCmd{Lines: []AskLine{{Line: 1, Quantity: money.Whole(9)}}})), fault.Conflict, "trade.change_finished")
	})
}

// The supplier's system answers a change: by 865, or by an ORDRSP that names it.
func TestChangeAnsweredBySystem(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		r := b.receive(small())
		_, err := b.svc.Confirm(b.at(), b.ingrid, r.Order, ConfirmCmd{})
		b.must(err)
		b.change(amend(small().Number, "A-1", [4]string{"10", "QD", "40", ""}, [4]string{"20", "QI", "90", ""}))
		line := func(n, change, q string, rs ...doc.Response) doc.ChangeAckLine {
			l := doc.ChangeAckLine{Change: change}
			l.Number, l.Quantity, l.Unit, l.Responses = n, doc.Decimal(q), "EA", rs
			return l
		}
		answer := doc.OrderChangeAck{Purpose: "04", Type: "AC", Number: small().Number, Date: "2026-11-16", Request: "A-1", Lines: []doc.ChangeAckLine{line("10", "QD", "40", doc.Response{Status: "IA", Quantity: "40", Unit: "EA"})}}
		held := b.reply(answer)
		eq(t, "a line without answer", held.Reason, DoubtSilent)
		answer.Lines = append(answer.Lines, line("20", "QI", "60", doc.Response{Status: "IQ", Quantity: "60", Unit: "EA"}))
		got := b.reply(answer)
		eq(t, "outcome "+got.Reason, got.Outcome, Booked)
		eq(t, "kind", got.Kind, DocumentResponse)
		det := b.get(r.Order)
		eq(t, "1", det.Lines[0].Confirmed, money.Whole(40))
		eq(t, "2", det.Lines[1].Confirmed, money.Whole(60))
		unknown := answer
		unknown.Request = "A-9"
		eq(t, "unknown", b.reply(unknown).Reason, DoubtChange)

		second := amend(small().Number, "A-2", [4]string{"10", "DI", "", ""})
		second.Sequence = "2"
		b.change(second)
		un := ack(small().Number, []string{"10", "AUR-D18B", "40", "IR", "40"})
		un.Type, un.Refs = "AC", []doc.Ref{{Qualifier: "PP", Value: "2"}}
		got = b.reply(un)
		eq(t, "ORDRSP "+got.Reason, got.Outcome, Booked)
		det = b.get(r.Order)
		eq(t, "refused", det.Changes[1].Lines[0].Verdict, VerdictRefused)
		eq(t, "stands", det.Lines[0].Confirmed, money.Whole(40))
	})
}

// A buyer withdraws a change on the pages and by a document that restates what it changes;
// what was granted meanwhile stays, and an answer that comes late is held for its sender.
func TestChangeWithdrawn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		r := b.receive(design())
		ask := func(lines ...AskLine) ChangeID {
			t.Helper()
			id, err := b.svc.AskChange(b.at(), b.dan, r.Order, AskCmd{Lines: lines})
			b.must(err)
			return id
		}
		less := ask(AskLine{Line: 1, Quantity: money.Whole(100)}, AskLine{SKU: "AUR-H26", Quantity: money.Whole(7)})
		later := ask(AskLine{Line: 2, Price: money.Whole(45)})
		b.want(b.svc.WithdrawChange(b.at(), b.kaarel, less), fault.NotFound, "")
		b.want(b.svc.WithdrawChange(b.at(), b.ingrid, less), fault.Forbidden, "")
		b.want(b.svc.WithdrawChange(b.at(), b.eyes, less), fault.Forbidden, "")
		b.want(b.svc.WithdrawChange(b.at(), b.dan, less), fault.Conflict, "trade.change_later") // the later one is not taken back unsaid
		for range 2 {                                                                           // safe to repeat
			b.must(b.svc.WithdrawChange(b.at(), b.dan, later))
		}
		det := b.get(r.Order)
		eq(t, "changes", len(det.Changes), 3)
		for _, c := range det.Changes {
			eq(t, "state", c.State, ChangeWithdrawn)
			eq(t, "by", c.AnsweredBy, b.dan.Person)
		}
		for _, step := range det.Chain {
			if step.Code == "860" {
				eq(t, "in the chain", step.State, ChangeWithdrawn)
			}
		}
		eq(t, "ordered", det.Lines[0].Ordered, money.Whole(240))
		last := b.events.last()
		eq(t, "event", last.Kind, ChangeTakenBack)
		eq(t, "source", last.Payload.(Event).Source, SourceForm)
		back := det.Changes[2]
		eq(t, "kind", back.Kind, ChangeBack)
		eq(t, "of the event", last.Payload.(Event).Change, back.ID)
		_, said, _, err := b.svc.GetChange(b.at(), b.dan, back.ID)
		b.must(err)
		eq(t, "restated", len(said.Lines), 3)
		eq(t, "first", [3]string{said.Lines[0].Change, string(said.Lines[0].Quantity), said.Lines[0].Number}, [3]string{"CA", "240", "10"})
		eq(t, "new line", [2]string{said.Lines[1].Change, said.Lines[1].VendorItem}, [2]string{"DI", "AUR-H26"})
		eq(t, "price", string(said.Lines[2].Price), "46.5")
		items, err := b.svc.Waiting(b.at(), b.ingrid, 50)
		b.must(err)
		for _, i := range items {
			if i.Kind == WaitChange {
				t.Fatal("a withdrawn change waits")
			}
		}
		b.want(second(b.svc.AnswerChange(b.at(), b.ingrid, less, AnswerCmd{})), fault.Conflict, "trade.doubt.change_back")
		late := doc.OrderChangeAck{Purpose: "00", Type: "AT", Number: design().Number, Request: back.Number}
		eq(t, "answer too late", b.reply(late).Reason, DoubtBack)

		// by a document: silent about a part of it is held, all of it withdraws
		b.change(amend(design().Number, "CH-1", [4]string{"10", "CA", "100", ""}, [4]string{"20", "PC", "", "45.00"}))
		part := b.change(amend(design().Number, "CH-2", [4]string{"10", "CA", "240", ""}))
		eq(t, "a part of it", part.Reason, DoubtPending)
		whole := b.change(amend(design().Number, "CH-3", [4]string{"10", "CA", "240", ""}, [4]string{"20", "PC", "", "46.50"}))
		eq(t, "all of it", whole.Outcome, Booked)
		det = b.get(r.Order)
		for _, c := range det.Changes {
			eq(t, "state", c.State, ChangeWithdrawn)
		}

		// granted is granted: to withdraw it is too late, to restate it is a change
		granted := ask(AskLine{Line: 1, Quantity: money.Whole(100)})
		_, err = b.svc.AnswerChange(b.at(), b.ingrid, granted, AnswerCmd{})
		b.must(err)
		b.want(b.svc.WithdrawChange(b.at(), b.dan, granted), fault.Conflict, "trade.doubt.change_answered")
		eq(t, "asks anew", b.change(amend(design().Number, "CH-4", [4]string{"10", "CA", "240", ""})).Outcome, Booked)
		det = b.get(r.Order)
		eq(t, "waits", det.Changes[len(det.Changes)-1].State, ChangeOpen)
		eq(t, "stands", det.Lines[0].Ordered, money.Whole(100))

		// a program that withdraws is not a form
		program := b.dan
		program.Via = "token:t"
		b.must(b.svc.WithdrawChange(b.at(), program, det.Changes[len(det.Changes)-1].ID))
		det = b.get(r.Order)
		eq(t, "source", det.Changes[len(det.Changes)-1].Source, SourceAPI)
		eq(t, "source of the event", b.events.last().Payload.(Event).Source, SourceAPI)

		// a line that has no price is not restated at zero
		r = b.receive(order("PO-BARE", [3]string{"UNHEARD-OF", "5", ""}))
		open := ask(AskLine{Line: 1, Quantity: money.Whole(3)})
		b.must(b.svc.WithdrawChange(b.at(), b.dan, open))
		det = b.get(r.Order)
		_, said, _, err = b.svc.GetChange(b.at(), b.dan, det.Changes[len(det.Changes)-1].ID)
		b.must(err)
		eq(t, "no price", string(said.Lines[0].Price), "")
	})
}
