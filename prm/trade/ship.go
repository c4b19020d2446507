package trade

import (
	"context"
	"fmt"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/precheck"
)

// Ship records goods sent by the supplier: never more of a line than is confirmed
// and not yet shipped.
// Codes: NotFound, Forbidden, Conflict (another version, or nothing to ship),
// Invalid (a field per wrong line, the date). Publishes OrderShipped.
func (s *Service) Ship(ctx context.Context, actor access.Actor, id OrderID, cmd ShipCmd) (ShipmentID, error) {
	var out ShipmentID
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		o, lines, err := s.open(ctx, actor, access.OrderShip, id, cmd.Version)
		if err == nil {
			err = movesGoods(o)
		}
		if err != nil {
			return err
		}
		t, err := termsOf(ctx, o.PartnershipID)
		if err != nil {
			return err
		}
		if cmd.ShippedOn == "" {
			cmd.ShippedOn = today(ctx, t.SupplierZone)
		}
		if !civil(cmd.ShippedOn) {
			return fault.InvalidField("shipped", "form.date")
		}
		if err := stopped(o); err != nil {
			return err
		}
		on, err := linesOnHold(ctx, o.ID)
		if err != nil {
			return err
		}
		for i, l := range cmd.Lines {
			if on[l.Line] && l.Quantity > 0 {
				return fault.InvalidField("lines."+itoa(i)+".quantity", "trade.line_on_hold", "Line", l.Line)
			}
		}
		moved, err := quantities(lines, cmd.Lines, func(l Line) money.Quantity {
			if on[l.Number] {
				return 0
			}
			return l.ToShip()
		})
		if err != nil {
			return err
		}
		if len(moved) == 0 {
			return fault.New(fault.Conflict, "trade.nothing_to_ship", "State", o.State)
		}
		var found []precheck.Finding
		for _, m := range moved {
			l := lines[m.Line-1]
			found = noteLate(found, precheck.LateShipment, l, firstOf(l.PromisedOn, l.RequestedOn), cmd.ShippedOn)
		}
		warn, err := s.mayLeave(ctx, o.PartnershipID, cmd.Release, found, func(precheck.Finding) string { return "shipped" })
		if err != nil {
			return err
		}
		r := shipmentRow{ID: db.NewID(), OrderID: o.ID, SupplierID: o.SupplierID, ResellerID: o.ResellerID, ShippedOn: cmd.ShippedOn, Carrier: bounded(strings.TrimSpace(cmd.Carrier), 80), Tracking: bounded(strings.TrimSpace(cmd.Tracking), 80), MadeBy: actor.Person, Made: db.Micros(db.Now(ctx))}
		if err := numbered(ctx, t, "ASN", &r.Number, func() (bool, error) { return insertOnce(ctx, &r) }); err != nil {
			return err
		}
		out = ShipmentID(r.ID)
		if err := sentWith(ctx, actor, o, warningRow{Kind: DocumentShipment, DocumentID: r.ID, Number: r.Number, Reason: cmd.Release}, warn); err != nil {
			return err
		}
		return s.goods(ctx, actor, &o, lines, moved, r, "")
	})
	return out, err
}

// quantities checks what a command says of the lines against what is left of
// them; an empty command takes all that is left. One entry per line comes back.
func quantities(lines []Line, cmd []LineQuantity, left func(Line) money.Quantity) ([]LineQuantity, error) {
	if len(cmd) == 0 {
		var out []LineQuantity
		for _, l := range lines {
			if q := left(l); q > 0 {
				out = append(out, LineQuantity{l.Number, q})
			}
		}
		return out, nil
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	taken := map[int]money.Quantity{}
	var out []LineQuantity
	for i, c := range cmd {
		if c.Line < 1 || c.Line > len(lines) {
			bad.With(fmt.Sprintf("lines.%d.line", i), "trade.line_unknown", "Line", c.Line)
			continue
		}
		open := left(lines[c.Line-1]) - taken[c.Line]
		if c.Quantity < 0 || c.Quantity > open {
			bad.With(fmt.Sprintf("lines.%d.quantity", i), "trade.quantity_over", "Line", c.Line, "Open", open.String())
			continue
		}
		if c.Quantity == 0 {
			continue
		}
		if taken[c.Line] > 0 {
			for k := range out {
				if out[k].Line == c.Line {
					out[k].Quantity += c.Quantity
				}
			}
		} else {
			out = append(out, c)
		}
		taken[c.Line] += c.Quantity
	}
	return out, bad.OrNil()
}

// MarkReceived records that goods arrived at the reseller, oldest shipment first
// unless one is named.
// Codes: NotFound, Forbidden, Conflict (another version, or nothing is under
// way), Invalid (a field per wrong line). Publishes GoodsReceived.
func (s *Service) MarkReceived(ctx context.Context, actor access.Actor, id OrderID, cmd ReceiveCmd) (Order, error) {
	var out Order
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		o, lines, err := s.open(ctx, actor, access.OrderReceive, id, cmd.Version)
		if err != nil {
			return err
		}
		if err := s.arrived(ctx, actor, &o, lines, cmd); err != nil {
			return err
		}
		out = o.order()
		return nil
	})
	out.hide(!access.Allowed(actor, access.OrderPrices, access.Shared(out.Supplier, out.Reseller)))
	return out, err
}

// arrived moves the quantities of goods that arrived, and tells of it.
func (s *Service) arrived(ctx context.Context, actor access.Actor, o *orderRow, lines []Line, cmd ReceiveCmd) error {
	ships, parts, err := shipmentsOf(ctx, o.ID)
	if err != nil {
		return err
	}
	way := map[int]money.Quantity{} // what the shipments meant still hold
	for _, p := range parts {
		if sh := ships[p.ShipmentID]; sh.Received == 0 && (cmd.Shipment == "" || p.ShipmentID == string(cmd.Shipment)) {
			way[int(p.Line)] += money.Quantity(p.Quantity - p.Received)
		}
	}
	moved, err := quantities(lines, cmd.Lines, func(l Line) money.Quantity { return way[l.Number] })
	if err != nil {
		return err
	}
	if len(moved) == 0 && !cmd.Short {
		return fault.New(fault.Conflict, "trade.nothing_to_receive", "State", o.State)
	}
	total := map[int]money.Quantity{}
	for _, m := range moved {
		total[m.Line] = m.Quantity
		l := &lines[m.Line-1]
		l.Received += m.Quantity
		l.State = lineState(*l, l.State)
	}
	if err := receiveInto(ctx, actor, cmd, ships, parts, total); err != nil {
		return err
	}
	if err := s.save(ctx, o, lines); err != nil {
		return err
	}
	kind := "order.received_goods"
	if cmd.Short {
		kind = "order.received_short"
	}
	return s.record(ctx, actor, *o, deed{history: kind, args: map[string]string{"Lines": itoa(len(moved)), "Note": bounded(cmd.Note, 200)}, action: "order.receive_goods",
		event: GoodsReceived, payload: Event{Shipment: cmd.Shipment}})
}

// receiveInto spreads received quantities over the open shipments, oldest first,
// and closes those that are complete (or meant to be, when the rest is missing).
func receiveInto(ctx context.Context, actor access.Actor, cmd ReceiveCmd, ships map[string]*shipmentRow, parts []shipmentLineRow, total map[int]money.Quantity) error {
	touched, whole := map[string]bool{}, map[string]bool{}
	for id, sh := range ships {
		whole[id] = sh.Received == 0 && (cmd.Shipment == "" || id == string(cmd.Shipment))
	}
	meant := map[string]bool{}
	for id, w := range whole {
		meant[id] = w
	}
	for _, p := range parts {
		if !meant[p.ShipmentID] {
			continue
		}
		take := min(total[int(p.Line)], money.Quantity(p.Quantity-p.Received))
		if take > 0 {
			total[int(p.Line)] -= take
			p.Received += int64(take)
			touched[p.ShipmentID] = true
			if err := setReceived(ctx, p); err != nil {
				return err
			}
		}
		if p.Received < p.Quantity {
			whole[p.ShipmentID] = false
		}
	}
	for id := range ships {
		if !meant[id] || !whole[id] && !(cmd.Short && (touched[id] || len(touched) == 0)) {
			continue
		}
		if err := closeShipment(ctx, id, actor.Person); err != nil {
			return err
		}
	}
	return nil
}

// Returned records a step of goods that go back: asked for by the reseller, granted or
// refused by the supplier, arrived there. It is the order's part of it: its history, the
// quantities of its lines, and the event; prm/returns keeps the return itself.
// Codes: NotFound, Forbidden, Invalid (no such step, more than was delivered).
// Publishes the event of the step.
func (s *Service) Returned(ctx context.Context, actor access.Actor, id OrderID, d ReturnDeed) error {
	action, ok := map[string]access.Action{ReturnAsked: access.OrderPlace, ReturnGranted: access.OrderConfirm, ReturnRefused: access.OrderConfirm, ReturnArrived: access.OrderShip}[d.What]
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if !ok {
			action = access.OrderRead
		}
		o, lines, err := s.open(ctx, actor, action, id, 0)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Invalid, "form.invalid")
		}
		if d.What == ReturnArrived {
			for _, x := range d.Lines {
				if x.Line < 1 || x.Line > len(lines) || x.Quantity < 0 {
					return fault.InvalidField("line", "trade.line_unknown", "Line", x.Line)
				}
				l := &lines[x.Line-1]
				if l.Returned += x.Quantity; l.Returned > max(l.Shipped, l.Invoiced) {
					return fault.InvalidField("quantity", "trade.return_over", "Line", x.Line)
				}
			}
			if err := s.save(ctx, &o, lines); err != nil {
				return err
			}
		}
		kind := map[string]string{ReturnAsked: "order.return_asked", ReturnGranted: "order.return_granted", ReturnRefused: "order.return_refused", ReturnArrived: "order.return_arrived"}[d.What]
		return s.record(ctx, actor, o, deed{history: kind, args: map[string]string{"Return": bounded(d.Number, 60)}, action: "order.return",
			event: d.What, payload: Event{Return: d.Return, Reason: d.Reason, Interchange: d.Interchange, SetNo: d.SetNo, Source: d.Source}})
	})
}
