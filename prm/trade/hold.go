package trade

import (
	"context"
	"encoding/json"
	"slices"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// Resolve answers a held document: a further order under the same number, in
// place of the order (only while nothing of it is confirmed; for a cancellation
// it withdraws what is open), or refused. The first answer of either company
// counts.
// Codes: NotFound, Forbidden, Conflict (answered, or something is confirmed),
// Invalid (no such answer). Publishes OrderAnswered, and OrderReceived for a new order.
func (s *Service) Resolve(ctx context.Context, actor access.Actor, id ArrivalID, cmd ResolveCmd) (Receipt, error) {
	var out Receipt
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		a, err := arrivalByID(ctx, id)
		if err == nil {
			err = access.Check(actor, access.OrderResolve, access.Shared(a.SupplierID, a.ResellerID))
		}
		if err != nil {
			return err
		}
		o, err := orderByID(ctx, OrderID(a.OrderID), true)
		if err != nil {
			return err
		}
		// Read again under the lock of the order: somebody may have answered.
		if a, err = arrivalByID(ctx, id); err != nil {
			return err
		}
		if Outcome(a.Outcome) != HeldBack || a.Answer != "" {
			return fault.New(fault.Conflict, "trade.arrival_answered", "Answer", a.Answer)
		}
		t, err := termsOf(ctx, a.PartnershipID)
		if err != nil {
			return err
		}
		out, err = s.answer(ctx, actor, t, o, a, cmd)
		return err
	})
	return out, err
}

func (s *Service) answer(ctx context.Context, actor access.Actor, t terms, o orderRow, a arrivalRow, cmd ResolveCmd) (Receipt, error) {
	var k kept
	if err := json.Unmarshal([]byte(a.Document), &k); err != nil {
		return Receipt{}, fault.Wrap(err, fault.Internal, "error.internal")
	}
	in := Incoming{Doc: k.Doc, Supplier: t.SupplierID, Reseller: t.ResellerID, Partnership: t.ID, Interchange: a.InterchangeID, SetNo: int(a.SetNo), Source: a.Source, PlacedBy: a.PlacedBy, Uncoded: k.Uncoded}
	out := Receipt{Order: OrderID(o.ID), Outcome: HeldBack, Arrival: ArrivalID(a.ID), Reason: a.Reason}
	switch {
	case cmd.Answer == AnswerRefuse:
		out.Outcome = Refused
	case cmd.Answer == AnswerNew && a.Reason != HeldCancel:
		j, err := s.judge(ctx, t, k.Doc)
		if err == nil {
			err = s.quoted(ctx, t, k.Doc, &j, true)
		}
		if err != nil {
			return out, err
		}
		all, err := copiesOf(ctx, t.SupplierID, t.ResellerID, o.Number, o.ReleaseNo)
		if err != nil {
			return out, err
		}
		// The set is already known by the arrival, so the new order carries no key.
		r, err := s.book(ctx, actor, t, in, "", j, int(all[len(all)-1].Copy)+1)
		if err != nil {
			return out, err
		}
		if r.Order == "" {
			return out, fault.New(fault.Conflict, "error.conflict")
		}
		out, a.NewOrderID = r, string(r.Order)
		out.Arrival = ArrivalID(a.ID)
	case cmd.Answer == AnswerReplace:
		lines, err := linesOf(ctx, o)
		if err != nil {
			return out, err
		}
		if a.Reason == HeldCancel {
			if err := withdraw(&o, lines); err != nil {
				return out, err
			}
			if !answerable(lines) {
				o.ShipToUnknown = ""
			}
			if err := s.unhold(ctx, &o, lines); err != nil {
				return out, err
			}
			if err := saveLines(ctx, o, lines); err != nil {
				return out, err
			}
		} else if err := s.replace(ctx, t, &o, lines, in); err != nil {
			return out, err
		}
		out.Outcome, out.Marked = Booked, int(o.Marks)
	default:
		return out, fault.InvalidField("answer", "trade.answer_wrong")
	}
	a.Answer, a.AnsweredBy, a.AnsweredOrg, a.Answered = cmd.Answer, actor.Person, actor.Org, db.Micros(db.Now(ctx))
	if err := saveAnswer(ctx, a); err != nil {
		return out, err
	}
	left, err := openArrivals(ctx, o.ID)
	if err != nil {
		return out, err
	}
	o.Held = heldFor(o, left)
	if err := saveOrder(ctx, &o); err != nil {
		return out, err
	}
	if cmd.Answer == AnswerReplace && a.Reason != HeldCancel { // what is to be answered is new
		if err := s.startClock(ctx, t, o, false); err != nil {
			return out, err
		}
	}
	return out, s.record(ctx, actor, o, deed{history: "order.answered", args: map[string]string{"Answer": cmd.Answer, "Reason": bounded(cmd.Reason, 200), "Held": a.Reason}, action: "order.resolve",
		event: OrderAnswered, payload: Event{Arrival: ArrivalID(a.ID), Interchange: a.InterchangeID, SetNo: int(a.SetNo), Reason: cmd.Answer}})
}

// replace puts the newcomer's lines in place of the order's.
func (s *Service) replace(ctx context.Context, t terms, o *orderRow, lines []Line, in Incoming) error {
	if State(o.State) != Received {
		return fault.New(fault.Conflict, "trade.already_confirmed", "State", o.State)
	}
	if err := s.take(ctx, *o, judged{promo: PromoOrder{Supplier: t.SupplierID, Reseller: t.ResellerID}}); err != nil { // what it had is free again
		return err
	}
	j, err := s.judge(ctx, t, in.Doc)
	if err != nil {
		return err
	}
	shipTo, unknown, err := s.shipToOf(ctx, t, j, in.Uncoded && in.Doc.Type != KindDirect)
	if err != nil {
		return err
	}
	o.ShipToUnknown = unknown
	if err := deleteLines(ctx, *o); err != nil {
		return err
	}
	o.Currency, o.OrderedOn, o.RequestedOn, o.ShipTo, o.Note, o.ContentHash, o.Kind = string(j.currency), j.orderedOn, j.requestedOn, shipTo, j.note, j.hash, in.Doc.Type
	if o.Parties, o.ReferencesJSON, err = j.encode(); err != nil {
		return err
	}
	settle(o, j.lines)
	if err := saveLines(ctx, *o, j.lines); err != nil {
		return err
	}
	if err := s.keepBlanket(ctx, *o, j); err != nil {
		return err
	}
	if err := s.keepQuotes(ctx, "system:trade", "", *o, j, true); err != nil {
		return err
	}
	if err := s.take(ctx, *o, j); err != nil {
		return err
	}
	if err := s.weighAgain(ctx, t, o, j); err != nil {
		return err
	}
	return found.Again(ctx, o.ID, words(t, *o, j))
}

// withdraw cancels everything that is not confirmed.
func withdraw(o *orderRow, lines []Line) error {
	any := false
	for i := range lines {
		l := &lines[i]
		rest := l.Answerable()
		if rest <= 0 && !(l.Ordered == 0 && l.State == LineOpen) {
			continue
		}
		any = true
		l.Backordered, l.Cancelled = 0, l.Cancelled+rest
		if l.Confirmed == 0 {
			l.State = LineCancelled
		}
		l.State = lineState(*l, l.State)
	}
	if !any {
		return fault.New(fault.Conflict, "trade.nothing_open", "State", o.State)
	}
	settle(o, lines)
	return nil
}

// answerable says whether anything of an order may still be promised.
func answerable(lines []Line) bool {
	return slices.ContainsFunc(lines, func(l Line) bool { return l.Answerable() > 0 })
}

// Cancel withdraws everything of an order that the supplier has not confirmed.
// Version 0 does not check.
// Codes: NotFound, Forbidden (not the buying side), Conflict (nothing is open, or
// the order changed). Publishes OrderCancelled.
func (s *Service) Cancel(ctx context.Context, actor access.Actor, id OrderID, version int64, reason string) (Order, error) {
	var out Order
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		o, lines, err := s.open(ctx, actor, access.OrderPlace, id, version)
		if err != nil {
			return err
		}
		if err := withdraw(&o, lines); err != nil {
			return err
		}
		if o.ShipToUnknown != "" && !answerable(lines) {
			if err := s.placed(ctx, &o); err != nil {
				return err
			}
		}
		if err := s.unhold(ctx, &o, lines); err != nil {
			return err
		}
		if err := s.save(ctx, &o, lines); err != nil {
			return err
		}
		out = o.order()
		return s.record(ctx, actor, o, deed{history: "order.cancelled", args: map[string]string{"Reason": bounded(reason, 200)}, action: "order.cancel", event: OrderCancelled})
	})
	out.hide(!access.Allowed(actor, access.OrderPrices, access.Shared(out.Supplier, out.Reseller)))
	return out, err
}

// open locks an order for an action: visible, allowed, of the version the caller
// saw.
func (s *Service) open(ctx context.Context, actor access.Actor, action access.Action, id OrderID, version int64) (orderRow, []Line, error) {
	o, err := orderByID(ctx, id, true)
	if err == nil {
		err = access.Check(actor, action, access.Shared(o.SupplierID, o.ResellerID))
	}
	if err != nil {
		return orderRow{}, nil, err
	}
	if version != 0 && version != o.Version {
		return o, nil, fault.New(fault.Conflict, "trade.order_changed", "Yours", version, "Now", o.Version, "State", o.State)
	}
	lines, err := linesOf(ctx, o)
	return o, lines, err
}

// save settles the order and writes it with its lines; quantities that break the
// rules of the desk are our fault and never written.
func (s *Service) save(ctx context.Context, o *orderRow, lines []Line) error {
	for _, l := range lines {
		if l.Invoiced-l.Credited > l.Ordered-l.Cancelled {
			return fault.New(fault.Conflict, "trade.line_invoiced", "Line", l.Number)
		}
		if !l.holds() {
			return fault.New(fault.Internal, "error.internal", "Cause", "line quantities of order "+o.ID)
		}
	}
	settle(o, lines)
	if o.HoldReason != "" {
		if err := s.unhold(ctx, o, lines); err != nil {
			return err
		}
	}
	if err := saveLines(ctx, *o, lines); err != nil {
		return err
	}
	return saveOrder(ctx, o)
}

// hide takes the prices out of an order for a reader without the right to them.
func (o *Order) hide(yes bool) {
	if !yes {
		return
	}
	zero := money.Amount{Currency: o.Currency}
	o.PricesHidden, o.Total, o.ConfirmedTotal, o.InvoicedTotal = true, zero, zero, zero
}
