package trade

import (
	"context"
	"slices"
	"strings"

	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/money"
	"entente/prm/precheck"
)

// bookAck answers an order as the supplier's document does. A first answer speaks of
// the whole line; a later one states the whole again, or only what was open. What it
// says again is no news.
func (s *Service) bookAck(ctx context.Context, actor access.Actor, t terms, r *replyRow, d *doc.OrderAck) error {
	o, lines, err := s.known(ctx, r, d.Number, d.Release)
	if err != nil {
		return err
	}
	r.OrderID = o.ID
	if d.Purpose == "01" || d.Purpose == "05" {
		return doubted(DoubtReplaces, "Number", r.Number)
	}
	if c, ok, err := s.answersChange(ctx, o, d); ok || err != nil {
		if err != nil {
			return err
		}
		return s.answered(ctx, actor, t, r, o, lines, c, d.Type, d.Lines)
	}
	if d.Currency != "" && !strings.EqualFold(d.Currency, o.Currency) {
		return doubted(DoubtCurrency, "Currency", bounded(d.Currency, 10), "Ours", o.Currency)
	}
	p, err := s.placer(ctx, o, lines)
	if err != nil {
		return err
	}
	parts, moves, err := p.said855(d)
	if over := finished(o); over != nil && err != nil {
		return over
	}
	if err != nil {
		return err
	}
	if len(parts) == 0 && len(moves) == 0 {
		return doubted(saidBefore, "Number", r.Number, "Order", r.OrderNumber)
	}
	var promised []int
	for _, l := range append(parts[:len(parts):len(parts)], moves...) {
		if l.Action != Reject {
			promised = append(promised, l.Line)
		}
	}
	if err := spared(ctx, o, promised...); err != nil {
		return err
	}
	cmd := ConfirmCmd{Lines: parts}
	subs, err := s.substitutes(ctx, actor, o, cmd)
	if err != nil {
		return err
	}
	before := make([]money.Price, len(lines))
	for i := range lines {
		before[i] = lines[i].Price
	}
	var answered []ResponseLine
	if len(parts) > 0 {
		if answered, err = answer(lines, parts, subs, money.Currency(o.Currency)); err != nil {
			return refusal(err)
		}
	}
	for _, m := range moves {
		l := &lines[m.Line-1]
		l.PromisedOn = m.Date
		answered = append(answered, ResponseLine{Line: m.Line, Action: Change, Code: codeDate, Date: m.Date})
	}
	if err := s.checked(lines); err != nil {
		return err
	}
	for _, x := range slices.Concat(parts, moves) {
		if err := dated(ctx, t, x.Date); err != nil {
			return err
		}
		l := lines[x.Line-1]
		l.Price = before[x.Line-1]
		if x.Price > 0 {
			p.found = notePrice(p.found, precheck.PriceAnswer, l, x.Price, money.Rate(t.PriceTolerance))
		}
		p.found = noteLate(p.found, precheck.LateAnswer, l, l.RequestedOn, x.Date)
	}
	if err := s.cleared(ctx, r, p.found); err != nil {
		return err
	}
	for i := range d.Lines {
		if l, err := p.find(&d.Lines[i].Line, d.Lines[i].Quantity, func(l Line) money.Quantity { return l.Ordered }); err == nil {
			adopt(&d.Lines[i].Line, l)
		}
	}
	r.Inferred = p.inferred
	if err := r.write(IncomingReply{Ack: d}); err != nil {
		return err
	}
	if err := s.save(ctx, &o, lines); err != nil {
		return err
	}
	if err := s.rematch(ctx, &o, lines); err != nil {
		return err
	}
	within := func(x ResponseLine) bool {
		return x.Code == codePrice && money.Within(x.Price, before[x.Line-1], money.Rate(t.PriceTolerance))
	}
	id, err := s.respondWith(ctx, actor, o, answered, within)
	r.MadeID = string(id)
	return err
}

// checked is what save refuses, before anything is written.
func (s *Service) checked(lines []Line) error {
	for _, l := range lines {
		if l.Invoiced-l.Credited > l.Ordered-l.Cancelled || !l.holds() {
			return doubted(DoubtTakesBack, "Line", l.Reference)
		}
	}
	return nil
}

// said855 turns an answer into the parts that are news, and the dates that moved of
// what was promised before.
func (p *placer) said855(d *doc.OrderAck) (parts, moves []ConfirmLine, err error) {
	if len(d.Lines) == 0 {
		return p.saidWhole(d)
	}
	type heard struct {
		promises, backs, rejects []ConfirmLine
		blank                    int
	}
	byLine, order := map[int]*heard{}, []int{}
	for i := range d.Lines {
		al := &d.Lines[i]
		l, err := p.find(&al.Line, al.Quantity, func(l Line) money.Quantity { return l.Ordered })
		if err != nil {
			return nil, nil, err
		}
		p.named(&al.Line, l)
		h := byLine[l.Number]
		if h == nil {
			h = &heard{}
			byLine[l.Number] = h
			order = append(order, l.Number)
		}
		responses := al.Responses
		if len(responses) == 0 {
			status := codeAccepted
			if d.Type == "RD" || d.Type == "RJ" {
				status = codeRejected
			}
			responses = []doc.Response{{Status: status, Quantity: al.Quantity, Unit: al.Unit}}
		}
		for _, x := range responses {
			c, err := p.part(l, al, x)
			if err != nil {
				return nil, nil, err
			}
			if x.Status == "BP" { // some now, the balance later
				rest := l.Ordered - c.Quantity
				if c.Quantity > 0 && rest > 0 {
					h.backs = append(h.backs, ConfirmLine{Line: l.Number, Action: Backorder, Quantity: rest})
				}
			}
			switch c.Action {
			case Reject:
				h.rejects = append(h.rejects, c)
			case Backorder:
				h.backs = append(h.backs, c)
			default:
				h.promises = append(h.promises, c)
			}
			p.said[l.Number] += c.Quantity
		}
	}
	for _, n := range order {
		h := byLine[n]
		more, moved, err := news(&p.lines[n-1], h.promises, h.backs, h.rejects)
		if err != nil {
			return nil, nil, err
		}
		parts, moves = append(parts, more...), append(moves, moved...)
	}
	return parts, moves, nil
}

// saidWhole is an answer without lines: everything open is accepted or refused.
func (p *placer) saidWhole(d *doc.OrderAck) (parts, moves []ConfirmLine, err error) {
	action := Accept
	switch d.Type {
	case "AD", "AK", "AT":
	case "RD", "RJ":
		action = Reject
	default:
		return nil, nil, doubted(DoubtEmpty)
	}
	var promised bool
	for _, l := range p.lines {
		if promised = promised || l.Confirmed > 0; action == Reject && l.Confirmed > 0 {
			return nil, nil, doubted(DoubtTakesBack, "Line", l.Reference)
		}
		if l.Answerable() > 0 || action == Reject && l.State == LineOpen {
			parts = append(parts, ConfirmLine{Line: l.Number, Action: action})
		}
	}
	if len(parts) == 0 && action == Accept && !promised && len(p.lines) > 0 { // all of it was cancelled
		l := p.lines[0]
		return nil, nil, doubted(DoubtAnswered, "Line", l.Reference, "Quantity", l.Ordered.String(), "Open", "0")
	}
	return parts, nil, nil
}

// part is one ACK (or its twin) as a part of a confirmation.
func (p *placer) part(l *Line, al *doc.AckLine, x doc.Response) (ConfirmLine, error) {
	c := ConfirmLine{Line: l.Number}
	switch x.Status {
	case "IA", "AC", "AR", "BP", "IF", "SP":
		c.Action = Accept
	case "IC", "IP", "IQ", "DR":
		c.Action = Accept // what is less than asked becomes a change by its quantity
	case "IB":
		c.Action = Backorder
	case "IH", "IE":
		c.Action, c.Reason = Backorder, map[string]string{"IH": "on_hold", "IE": "price_pending"}[x.Status]
	case "IR", "ID", "R1", "R2", "R3", "R4":
		c.Action = Reject
	case "IS":
		c.Action = Substitute
		c.Substitute = substituteOf(x.Items)
		if c.Substitute == "" {
			c.Substitute = al.VendorItem
		}
	default:
		return c, doubted(DoubtStatus, "Line", l.Reference, "Code", bounded(x.Status, 10))
	}
	if x.Industry != "" {
		c.Reason = bounded(x.Industry, 80)
	}
	unit := x.Unit
	if unit == "" {
		unit = al.Unit
	}
	q := x.Quantity
	if q == "" && len(al.Responses) <= 1 {
		q = al.Quantity
	}
	var err error
	if c.Quantity, err = p.quantity(l, q, unit); err != nil {
		return c, err
	}
	if civil(x.Date) && c.Action != Reject {
		c.Date = x.Date
	}
	for _, day := range x.Dates {
		if c.Date == "" && civil(day.Date) && c.Action != Reject {
			c.Date = day.Date
		}
	}
	if al.Price != "" && c.Action != Reject && c.Action != Backorder {
		price, err := p.price(l, &al.Line)
		if err != nil {
			return c, err
		}
		if price > 0 && price != l.Price {
			c.Price = price
		}
	}
	return c, nil
}

func substituteOf(items []doc.ItemID) string {
	for _, q := range []string{"VP", "VN", "VC", "SA"} {
		for _, it := range items {
			if it.Qualifier == q {
				return bounded(it.ID, 60)
			}
		}
	}
	if len(items) > 0 {
		return bounded(items[0].ID, 60)
	}
	return ""
}

// news takes away from what a line is told what stands already.
func news(l *Line, promises, backs, rejects []ConfirmLine) (parts, moves []ConfirmLine, err error) {
	sum := func(list []ConfirmLine) (n money.Quantity) {
		for _, c := range list {
			n += c.Quantity
		}
		return n
	}
	said, open := sum(promises)+sum(backs)+sum(rejects), l.Answerable()
	again := l.Confirmed > 0 || l.Cancelled > 0
	switch {
	case again && (said == l.Ordered || said == l.Ordered-l.Cancelled && sum(rejects) == 0):
		if sum(promises) < l.Confirmed {
			return nil, nil, doubted(DoubtTakesBack, "Line", l.Reference)
		}
		promises, moves = less(promises, l.Confirmed, l.PromisedOn)
		if said == l.Ordered {
			if sum(rejects) < l.Cancelled {
				return nil, nil, doubted(DoubtTakesBack, "Line", l.Reference)
			}
			rejects, _ = less(rejects, l.Cancelled, "")
		}
		if open > 0 && sum(promises) == 0 && sum(rejects) == 0 && sum(backs) == l.Backordered && !datedBack(backs, l.PromisedOn) {
			return nil, moves, nil // as it stood
		}
		if open == 0 {
			return nil, moves, nil
		}
	case said > open:
		return nil, nil, doubted(DoubtAnswered, "Line", l.Reference, "Quantity", said.String(), "Open", open.String())
	case said < open && again: // of what was open, the rest stays so
		backs = append(backs, ConfirmLine{Line: l.Number, Action: Backorder, Quantity: open - said})
	case said < open && sum(promises) == 0:
		return nil, nil, doubted(DoubtRest, "Line", l.Reference, "Quantity", said.String(), "Open", open.String())
	case said < open:
		for i := range promises {
			if promises[i].Action == Accept {
				promises[i].Action = Change // the rest is not delivered
			}
		}
	}
	for _, list := range [][]ConfirmLine{promises, backs, rejects} {
		for _, c := range list {
			if c.Quantity > 0 || l.Ordered == 0 {
				parts = append(parts, c)
			}
		}
	}
	return parts, moves, nil
}

func datedBack(parts []ConfirmLine, promised string) bool {
	for _, c := range parts {
		if c.Date != "" && c.Date != promised {
			return true
		}
	}
	return false
}

// less takes a quantity off the beginning of the parts; a date in what was taken that
// is not the one promised is a move.
func less(parts []ConfirmLine, q money.Quantity, promised string) (rest, moves []ConfirmLine) {
	for _, c := range parts {
		take := min(q, c.Quantity)
		if take > 0 && promised != "" && c.Date > promised {
			moves = append(moves, ConfirmLine{Line: c.Line, Date: c.Date})
		}
		q -= take
		if c.Quantity -= take; c.Quantity > 0 {
			rest = append(rest, c)
		}
	}
	return rest, moves
}

// confirmShipped promises what goods on their way were not promised for: who ships has
// accepted.
func (s *Service) confirmShipped(ctx context.Context, actor access.Actor, o *orderRow, lines []Line, moved []LineQuantity) error {
	var parts []ResponseLine
	for _, m := range moved {
		l := &lines[m.Line-1]
		need := m.Quantity - l.ToShip()
		if need <= 0 {
			continue
		}
		l.Confirmed += need
		l.Backordered = min(l.Backordered, l.Ordered-l.Confirmed-l.Cancelled)
		if l.PromisedOn == "" {
			l.PromisedOn = l.RequestedOn
		}
		l.State = lineState(*l, l.State)
		parts = append(parts, ResponseLine{Line: l.Number, Action: Accept, Code: codeAccepted, Quantity: need})
	}
	if len(parts) == 0 {
		return nil
	}
	if err := s.save(ctx, o, lines); err != nil {
		return err
	}
	_, err := s.respondWith(withoutAnswer(ctx), actor, *o, parts, nil)
	return err
}

type silentKey struct{}

// withoutAnswer marks a response that no 855 goes out for.
func withoutAnswer(ctx context.Context) context.Context {
	return context.WithValue(ctx, silentKey{}, true)
}

func silent(ctx context.Context) bool { return ctx.Value(silentKey{}) != nil }
