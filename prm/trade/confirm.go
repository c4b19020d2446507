package trade

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/precheck"
)

// Confirm answers an order for the supplier, once or in several steps: a later
// answer speaks about what is still open or back-ordered. It writes the response
// (855) with its codes, moves the quantities and derives the state.
// Codes: NotFound, Forbidden, Conflict (another version: both are named; or
// nothing is open), Invalid (a field per wrong part: unknown line, quantities
// that do not add up, wrong date, reason or price).
// An empty id says that the supplier's own rules keep the answer back until it is approved.
// Publishes OrderConfirmed.
func (s *Service) Confirm(ctx context.Context, actor access.Actor, id OrderID, cmd ConfirmCmd) (ResponseID, error) {
	var out ResponseID
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		o, lines, err := s.open(ctx, actor, access.OrderConfirm, id, cmd.Version)
		if err != nil {
			return err
		}
		if err := stopped(o); err != nil {
			return err
		}
		if err := cmd.spare(ctx, o, lines); err != nil {
			return err
		}
		subs, err := s.substitutes(ctx, actor, o, cmd)
		if err != nil {
			return err
		}
		before := slices.Clone(lines)
		parts, err := answer(lines, cmd.Lines, subs, money.Currency(o.Currency))
		if err != nil {
			return err
		}
		if len(parts) == 0 {
			return fault.New(fault.Conflict, "trade.nothing_to_confirm", "State", o.State)
		}
		t, err := termsOf(ctx, o.PartnershipID)
		if err != nil {
			return err
		}
		warn, err := s.mayLeave(ctx, o.PartnershipID, cmd.Release, answering(cmd.Lines, before, t), func(f precheck.Finding) string {
			i := max(0, slices.IndexFunc(cmd.Lines, func(c ConfirmLine) bool { return before[c.Line-1].Reference == f.Line }))
			if f.Rule == precheck.PriceAnswer {
				return fmt.Sprintf("lines.%d.price", i)
			}
			return fmt.Sprintf("lines.%d.date", i)
		})
		if err != nil {
			return err
		}
		if s.approvals != nil && cmd.Approval == "" {
			f, err := s.promised(t, o, before, cmd)
			if err != nil {
				return err
			}
			if id, err := s.approvals.Answering(ctx, actor, f, cmd); err != nil || id != "" {
				return err
			}
		}
		if err := s.save(ctx, &o, lines); err != nil {
			return err
		}
		if err := s.rematch(ctx, &o, lines); err != nil {
			return err
		}
		if out, err = s.respond(ctx, actor, o, parts); err != nil {
			return err
		}
		return sentWith(ctx, actor, o, warningRow{Kind: DocumentResponse, DocumentID: string(out), Number: o.Number, Reason: cmd.Release}, warn)
	})
	return out, err
}

// answering is what is about to be answered, held against what was ordered.
func answering(parts []ConfirmLine, lines []Line, t terms) (found []precheck.Finding) {
	for _, c := range parts {
		if c.Action == Reject {
			continue
		}
		l := lines[c.Line-1]
		if c.Price > 0 {
			found = notePrice(found, precheck.PriceAnswer, l, c.Price, money.Rate(t.PriceTolerance))
		}
		found = noteLate(found, precheck.LateAnswer, l, l.RequestedOn, c.Date)
	}
	return found
}

// spare refuses an answer that promises lines on hold; one that names no lines leaves them
// out.
func (cmd *ConfirmCmd) spare(ctx context.Context, o orderRow, lines []Line) error {
	on, err := linesOnHold(ctx, o.ID)
	if err != nil || len(on) == 0 {
		return err
	}
	if len(cmd.Lines) == 0 {
		for _, l := range lines {
			if l.Answerable() > 0 && !on[l.Number] {
				cmd.Lines = append(cmd.Lines, ConfirmLine{Line: l.Number, Action: Accept})
			}
		}
		if len(cmd.Lines) == 0 {
			return fault.New(fault.Conflict, "trade.hold_first", "Order", o.Number)
		}
		return nil
	}
	for i, p := range cmd.Lines {
		if on[p.Line] && p.Action != Reject {
			return fault.InvalidField("lines."+itoa(i)+".action", "trade.line_on_hold", "Line", p.Line)
		}
	}
	return nil
}

// respond writes the response and tells both companies.
func (s *Service) respond(ctx context.Context, actor access.Actor, o orderRow, parts []ResponseLine) (ResponseID, error) {
	return s.respondWith(ctx, actor, o, parts, nil)
}

// respondWith is respond where some changes are within what both agreed to: nobody
// needs to agree to these again.
func (s *Service) respondWith(ctx context.Context, actor access.Actor, o orderRow, parts []ResponseLine, within func(ResponseLine) bool) (ResponseID, error) {
	t, err := termsOf(ctx, o.PartnershipID)
	if err != nil {
		return "", err
	}
	kind, refused := ResponseAccepted, 0
	for _, p := range parts {
		if p.Code != codeAccepted && (within == nil || !within(p)) {
			kind = ResponseChanged
		}
		if p.Code == codeRejected {
			refused++
		}
	}
	if refused == len(parts) {
		kind = ResponseRejected
	}
	r, err := s.writeResponse(ctx, actor, t, o, kind, "", parts)
	if err != nil {
		return "", err
	}
	err = s.record(ctx, actor, o, deed{history: "order.answer_" + kind, args: map[string]string{"Response": r.Number, "Lines": itoa(len(parts))}, action: "order.confirm",
		event: OrderConfirmed, payload: Event{Response: ResponseID(r.ID), Reason: kind, Silent: silent(ctx)}})
	return ResponseID(r.ID), err
}

// writeResponse stores an answer with its parts.
func (s *Service) writeResponse(ctx context.Context, actor access.Actor, t terms, o orderRow, kind, change string, parts []ResponseLine) (responseRow, error) {
	r := responseRow{ID: db.NewID(), OrderID: o.ID, SupplierID: o.SupplierID, ResellerID: o.ResellerID, Kind: kind, MadeBy: actor.Person, Made: db.Micros(db.Now(ctx)), ChangeID: change}
	if err := numbered(ctx, t, "OA", &r.Number, func() (bool, error) { return insertOnce(ctx, &r) }); err != nil {
		return r, err
	}
	rows := make([]responseLineRow, len(parts))
	for i, p := range parts {
		rows[i] = responseLineRow{ResponseID: r.ID, Position: int64(i + 1), Line: int64(p.Line), Action: string(p.Action), Code: p.Code, Quantity: int64(p.Quantity), Price: int64(p.Price), Day: p.Date, Substitute: p.Substitute, Reason: p.Reason}
	}
	return r, insertMany(ctx, rows)
}

// Codes of ACK01.
const (
	codeAccepted    = "IA"
	codeBackorder   = "IB"
	codeChanged     = "IC"
	codePrice       = "IP"
	codeQuantity    = "IQ"
	codeRejected    = "IR"
	codeSubstituted = "IS"
	codeDate        = "DR"
)

// substitutes finds the products named as substitutes.
func (s *Service) substitutes(ctx context.Context, actor access.Actor, o orderRow, cmd ConfirmCmd) (map[string]catalog.Product, error) {
	var asked []catalog.ItemKey
	for _, l := range cmd.Lines {
		if l.Action == Substitute && l.Substitute != "" {
			asked = append(asked, catalog.ItemKey{SKU: l.Substitute})
		}
	}
	if len(asked) == 0 {
		return nil, nil
	}
	items, err := s.cat.Resolve(ctx, access.System("trade", o.SupplierID), o.SupplierID, o.ResellerID, asked)
	if err != nil {
		return nil, err
	}
	out := map[string]catalog.Product{}
	for i, it := range items {
		if it.Found {
			out[asked[i].SKU] = it.Product
		}
	}
	return out, nil
}

// answer applies the parts to the lines in place and returns them with their
// codes. Pure: it decides everything before it changes anything.
func answer(lines []Line, parts []ConfirmLine, subs map[string]catalog.Product, c money.Currency) ([]ResponseLine, error) {
	if len(parts) == 0 {
		for _, l := range lines {
			if l.Answerable() > 0 {
				parts = append(parts, ConfirmLine{Line: l.Number, Action: Accept})
			}
		}
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	byLine := map[int][]int{}
	var order []int
	for i, p := range parts {
		at := fmt.Sprintf("lines.%d.", i)
		if p.Line < 1 || p.Line > len(lines) {
			bad.With(at+"line", "trade.line_unknown", "Line", p.Line)
			continue
		}
		if !slices.Contains(Actions, p.Action) {
			bad.With(at+"action", "trade.action_wrong", "Line", p.Line)
		}
		if p.Quantity < 0 || p.Price < 0 {
			bad.With(at+"quantity", "trade.quantity_wrong", "Line", p.Line)
		}
		if p.Date != "" && !civil(p.Date) {
			bad.With(at+"date", "form.date", "Line", p.Line)
		}
		if len(p.Reason) > 80 {
			bad.With(at+"reason", "form.too_long", "Most", 80)
		}
		if byLine[p.Line] == nil {
			order = append(order, p.Line)
		}
		byLine[p.Line] = append(byLine[p.Line], i)
	}
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	var out []ResponseLine
	next := slices.Clone(lines)
	for _, n := range order {
		done := answerLine(&next[n-1], parts, byLine[n], subs, c, bad)
		out = append(out, done...)
	}
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	copy(lines, next)
	return out, nil
}

// answerLine applies the parts at the places given to one line.
func answerLine(l *Line, parts []ConfirmLine, at []int, subs map[string]catalog.Product, c money.Currency, bad *fault.Error) []ResponseLine {
	open := l.Answerable()
	field := func(i int, name, key string) {
		bad.With(fmt.Sprintf("lines.%d.%s", i, name), key, "Line", l.Number, "Open", open.String())
	}
	unread := l.Ordered == 0 && l.State == LineOpen
	if open == 0 && !unread {
		field(at[0], "line", "trade.line_answered")
		return nil
	}
	if unread {
		if len(at) != 1 || parts[at[0]].Action != Reject {
			field(at[0], "action", "trade.line_unread")
			return nil
		}
	}
	sum, free, fill := money.Quantity(0), false, -1
	price := money.Price(0)
	for _, i := range at {
		p := parts[i]
		if p.Quantity > open {
			field(i, "quantity", "trade.quantity_over")
			return nil
		}
		if p.Quantity == 0 {
			if fill >= 0 {
				field(i, "quantity", "trade.quantity_missing")
				return nil
			}
			fill = i
		}
		if sum += p.Quantity; sum > open {
			field(i, "quantity", "trade.quantity_over")
			return nil
		}
		free = free || p.Action == Change
		if p.Price != 0 && p.Action != Reject {
			if price != 0 && price != p.Price {
				field(i, "price", "trade.price_twice")
				return nil
			}
			price = p.Price
		}
		if p.Action == Substitute {
			if _, ok := subs[p.Substitute]; !ok {
				field(i, "substitute", "trade.substitute_unknown")
				return nil
			}
			if len(at) != 1 || l.Confirmed > 0 {
				field(i, "action", "trade.substitute_whole")
				return nil
			}
		}
	}
	rest := open - sum
	if fill >= 0 {
		if rest == 0 && !unread {
			field(fill, "quantity", "trade.quantity_missing")
			return nil
		}
		rest = 0
	}
	if rest > 0 && !free {
		field(at[len(at)-1], "quantity", "trade.quantity_sum")
		return nil
	}
	was := *l
	l.Backordered = 0
	var out []ResponseLine
	changed := false
	for _, i := range at {
		p := parts[i]
		q := p.Quantity
		if i == fill {
			q = open
			for _, k := range at {
				q -= parts[k].Quantity
			}
		}
		r := ResponseLine{Line: l.Number, Action: p.Action, Quantity: q, Date: p.Date, Reason: strings.TrimSpace(p.Reason), Substitute: p.Substitute}
		if p.Price != 0 && p.Price != was.Price {
			r.Price = p.Price
		}
		moved := p.Date != "" && was.RequestedOn != "" && p.Date != was.RequestedOn && !slices.ContainsFunc(was.Parts, func(x Part) bool { return x.On == p.Date })
		switch p.Action {
		case Reject:
			r.Code = codeRejected
			l.Cancelled += q
		case Backorder:
			r.Code = codeBackorder
			l.Backordered += q
		case Substitute:
			r.Code = codeSubstituted
			l.Confirmed += q
		default:
			l.Confirmed += q
			r.Code = changeCode(p.Action == Change && rest > 0, r.Price != 0, moved)
		}
		if p.Action != Reject && p.Date > l.PromisedOn {
			l.PromisedOn = p.Date
		}
		changed = changed || r.Code != codeAccepted && r.Code != codeRejected
		out = append(out, r)
	}
	l.Cancelled += rest
	if price != 0 {
		l.Price = price
	}
	if p := parts[at[0]]; p.Action == Substitute {
		sub := subs[p.Substitute]
		if l.InsteadOf == "" {
			l.InsteadOf = l.SKU
		}
		l.Product, l.SKU, l.GTIN, l.Description = string(sub.ID), sub.SKU, sub.GTIN, sub.Name("en")
	}
	unpriced := was.Marks.Has(AmountRange) || was.unpriced()
	if price == 0 && unpriced && l.Cancelled < l.Ordered {
		field(at[0], "price", "trade.price_needed")
		*l = was
		return nil
	}
	if price != 0 {
		amount, err := l.net(l.Ordered)
		if err != nil {
			field(at[0], "price", "trade.amount_range")
			*l = was
			return nil
		}
		l.Amount = amount
	}
	if l.PromisedOn == "" && l.Confirmed > 0 {
		l.PromisedOn = l.RequestedOn
	}
	before := was.State
	switch {
	case unread || l.Cancelled == l.Ordered:
		before = LineRejected
	case changed:
		before = LineChanged
	}
	l.State = lineState(*l, before)
	return out
}

// changeCode is the ACK01 of a promise: what about it is not as asked.
func changeCode(quantity, price, date bool) string {
	n := 0
	for _, b := range []bool{quantity, price, date} {
		if b {
			n++
		}
	}
	switch {
	case n > 1:
		return codeChanged
	case quantity:
		return codeQuantity
	case price:
		return codePrice
	case date:
		return codeDate
	}
	return codeAccepted
}

// Agree records that the reseller agrees to an answer that differs from what was
// asked. Safe to repeat.
// Codes: NotFound, Forbidden, Conflict (nothing to agree to). Publishes OrderAgreed.
func (s *Service) Agree(ctx context.Context, actor access.Actor, id ResponseID) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := responseByID(ctx, id)
		if err == nil {
			err = access.Check(actor, access.OrderReceive, access.Shared(r.SupplierID, r.ResellerID))
		}
		if err != nil {
			return err
		}
		if r.Kind != ResponseChanged {
			return fault.New(fault.Conflict, "trade.nothing_to_agree")
		}
		first, err := agree(ctx, r.ID, actor.Person)
		if err != nil || !first {
			return err
		}
		o, err := orderByID(ctx, OrderID(r.OrderID), false)
		if err != nil {
			return err
		}
		return s.record(ctx, actor, o, deed{history: "order.agreed", args: map[string]string{"Response": r.Number}, action: "order.agree", event: OrderAgreed, payload: Event{Response: id}})
	})
}

// numbered tries the next numbers of the partnership until one is free for the
// supplier. Numbers shown to a partner count only its own documents.
func numbered(ctx context.Context, t terms, kind string, number *string, insert func() (bool, error)) error {
	for range 20 {
		n, err := db.Next(ctx, "trade:"+kind+":"+t.ID)
		if err != nil {
			return err
		}
		*number = fmt.Sprintf("%s-%s-%05d", kind, code(t), n)
		if ok, err := insert(); err != nil || ok {
			return err
		}
	}
	return fault.New(fault.Conflict, "trade.number_taken", "Number", *number)
}

// code is the partner's part of a number: its slug, or where that is long its
// beginning and the end of the partnership's id. At most 10 characters, so that a
// whole number stays within the 22 of an invoice number in X12.
func code(t terms) string {
	w := strings.ToUpper(strings.ReplaceAll(t.ResellerSlug, "-", ""))
	if len(w) > 9 {
		w = w[:5] + strings.ToUpper(t.ID[len(t.ID)-5:])
	}
	return w
}
