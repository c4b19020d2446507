package trade

import (
	"context"
	"strings"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/precheck"
)

// bookNotice records the shipment that a ship notice announces, one per order that it
// names. Goods that were not promised yet are promised by being sent.
func (s *Service) bookNotice(ctx context.Context, actor access.Actor, t terms, r *replyRow, d *doc.ShipNotice) error {
	if d.Purpose == "01" || d.Purpose == "05" {
		return doubted(DoubtReplaces, "Number", r.Number)
	}
	if len(d.Orders) == 0 {
		return doubted(DoubtEmpty)
	}
	if err := dated(ctx, t, shippedOn(d)); err != nil {
		return err
	}
	type part struct {
		order orderRow
		lines []Line
		moved []LineQuantity
	}
	var parts []part
	var found []precheck.Finding
	at := map[string]int{}
	for i := range d.Orders {
		so := &d.Orders[i]
		key := so.Number + "\x00" + so.Release
		k, there := at[key]
		if !there {
			o, lines, err := s.known(ctx, r, so.Number, so.Release)
			if err != nil {
				return err
			}
			if o.Kind == KindBlanket {
				return doubted(DoubtBlanket, "Order", o.Number)
			}
			k = len(parts)
			at[key] = k
			parts = append(parts, part{order: o, lines: lines})
		}
		p, err := s.placer(ctx, parts[k].order, parts[k].lines)
		if err != nil {
			return err
		}
		p.loose = d.Number != "" // LIN01 and LIN 1082 of a ship notice count its own lines
		moved, err := p.shipped(d, so)
		if err != nil {
			return err
		}
		found = append(found, p.found...)
		parts[k].moved = mergeQuantities(parts[k].moved, moved)
		r.Inferred = r.Inferred || p.inferred
	}
	for i := range parts {
		p := &parts[i]
		if len(p.moved) == 0 {
			return doubted(DoubtEmpty)
		}
		named := make([]int, len(p.moved))
		for i, m := range p.moved {
			named[i] = m.Line
		}
		if err := spared(ctx, p.order, named...); err != nil {
			return err
		}
		for _, m := range p.moved {
			l := p.lines[m.Line-1]
			if open := l.Ordered - l.Cancelled - l.Shipped; m.Quantity > open {
				if over := finished(p.order); over != nil {
					return over
				}
				return doubted(DoubtShips, "Line", l.Reference, "Item", firstOf(l.SKU, l.BuyerItem, "?"), "Quantity", m.Quantity.String(), "Open", open.String(), "Unit", l.Unit)
			}
			if have := l.Confirmed - l.Shipped; m.Quantity > have && l.Confirmed+l.Cancelled+l.Backordered > 0 {
				found = precheck.Note(found, precheck.AboveConfirmed, l.Reference, "Item", firstOf(l.SKU, l.BuyerItem, "?"), "Unit", l.Unit, "Was", l.Confirmed.String(), "Now", (l.Shipped + m.Quantity).String())
			}
			found = noteLate(found, precheck.LateShipment, l, firstOf(l.PromisedOn, l.RequestedOn), shippedOn(d))
		}
	}
	found, codes, err := notePacks(ctx, found, r.SupplierID, d)
	if err != nil {
		return err
	}
	if err := s.cleared(ctx, r, found); err != nil {
		return err
	}
	numbers := []string{r.Number}
	for i := 1; i < len(parts); i++ { // a shipment belongs to one order
		numbers = append(numbers, bounded(r.Number, 56)+"/"+itoa(i+1))
	}
	for _, n := range numbers { // made on the pages under the same number
		if known, err := shipmentKnown(ctx, r.SupplierID, n); err != nil || known {
			if err == nil {
				err = doubted(DoubtSame, "Number", n)
			}
			return err
		}
	}
	if err := r.write(IncomingReply{Notice: d}); err != nil {
		return err
	}
	if err := keepPacks(ctx, r.SupplierID, r.Number, codes); err != nil {
		return err
	}
	r.OrderID = parts[0].order.ID
	for i := range parts {
		p := &parts[i]
		id, err := s.bookShipment(ctx, actor, &p.order, p.lines, p.moved, numbers[i], d, r)
		if err != nil {
			return err
		}
		if i == 0 {
			r.MadeID = id
		}
	}
	return nil
}

// shippedOn is the day on which a ship notice says that the goods left.
func shippedOn(d *doc.ShipNotice) string {
	out := d.Date
	for _, day := range d.Dates {
		if day.Qualifier == "011" && civil(day.Date) {
			out = day.Date
		}
	}
	return out
}

func mergeQuantities(list, more []LineQuantity) []LineQuantity {
next:
	for _, m := range more {
		for i := range list {
			if list[i].Line == m.Line {
				list[i].Quantity += m.Quantity
				continue next
			}
		}
		list = append(list, m)
	}
	return list
}

// shipped adds up what is shipped of one order, whatever packs it lies in.
func (p *placer) shipped(d *doc.ShipNotice, of *doc.ShippedOrder) ([]LineQuantity, error) {
	var out []LineQuantity
	var failure error
	d.EachLine(func(o *doc.ShippedOrder, sl *doc.ShipLine) {
		if o != of || failure != nil {
			return
		}
		l, err := p.find(&sl.Line, sl.Quantity, func(l Line) money.Quantity { return l.Ordered - l.Cancelled - l.Shipped })
		if err != nil {
			failure = err
			return
		}
		q, err := p.quantity(l, sl.Quantity, sl.Unit)
		if err != nil {
			failure = err
			return
		}
		p.named(&sl.Line, l)
		adopt(&sl.Line, l)
		if q > 0 {
			p.said[l.Number] += q
			out = mergeQuantities(out, []LineQuantity{{l.Number, q}})
		}
	})
	return out, failure
}

func (s *Service) bookShipment(ctx context.Context, actor access.Actor, o *orderRow, lines []Line, moved []LineQuantity, number string, d *doc.ShipNotice, r *replyRow) (string, error) {
	row := shipmentRow{ID: db.NewID(), OrderID: o.ID, SupplierID: o.SupplierID, ResellerID: o.ResellerID, Number: number, ShippedOn: shippedOn(d),
		Carrier: bounded(firstOf(d.Carrier.Name, d.Carrier.Code), 80), MadeBy: actor.Person, Made: db.Micros(db.Now(ctx))}
	for _, q := range []string{"2I", "CN", "BM"} {
		for _, ref := range d.Refs {
			if ref.Qualifier == q && row.Tracking == "" {
				row.Tracking = bounded(ref.Value, 80)
			}
		}
	}
	ok, err := insertOnce(ctx, &row)
	if err != nil {
		return "", err
	}
	if !ok { // made on the pages at this moment: tried again, it is a doubt
		return "", fault.New(fault.Conflict, "trade.number_taken", "Number", number)
	}
	return row.ID, s.goods(ctx, actor, o, lines, moved, row, r.Packs)
}

// goods moves the quantities of a shipment whose row is stored and tells of it.
func (s *Service) goods(ctx context.Context, actor access.Actor, o *orderRow, lines []Line, moved []LineQuantity, r shipmentRow, packs string) error {
	if err := s.confirmShipped(ctx, actor, o, lines, moved); err != nil {
		return err
	}
	rows := make([]shipmentLineRow, len(moved))
	for i, m := range moved {
		rows[i] = shipmentLineRow{ShipmentID: r.ID, Line: int64(m.Line), Quantity: int64(m.Quantity)}
		l := &lines[m.Line-1]
		l.Shipped += m.Quantity
		l.State = lineState(*l, l.State)
	}
	if err := insertMany(ctx, rows); err != nil {
		return err
	}
	if err := s.save(ctx, o, lines); err != nil {
		return err
	}
	if err := s.rematch(ctx, o, lines); err != nil {
		return err
	}
	if err := alsoFound(ctx, o.ID, r.Number+" "+r.Tracking+" "+strings.ReplaceAll(packs, ",", " ")); err != nil {
		return err
	}
	return s.record(ctx, actor, *o, deed{history: "order.shipped", args: map[string]string{"Shipment": r.Number, "Lines": itoa(len(moved)), "Carrier": r.Carrier, "Tracking": r.Tracking}, action: "order.ship",
		event: OrderShipped, payload: Event{Shipment: ShipmentID(r.ID)}})
}
