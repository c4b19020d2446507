package quote

import (
	"context"
	"slices"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// The exported methods of this file are the port of prm/trade. They join the transaction in
// which an order is weighed and booked.

// used says how much of each line of a quote was ordered, in base units, but for one order.
func used(ctx context.Context, q Quote, but trade.OrderID, fn func(item int, base money.Quantity)) error {
	list, err := drawnOf(ctx, q.ID, but)
	for _, d := range list {
		if int(d.Item) < len(q.Lines) {
			fn(int(d.Item), ratio(money.Quantity(d.Ordered), money.Quantity(d.Factor), money.One))
		}
	}
	return err
}

// matched is a line of an order held against the quote that it names.
type matched struct {
	quote *Quote // nil: it names none
	known bool   // the number is of a quote of the two
	own   bool   // the line names it, not the head alone
	item  int    // line of the quote, -1: it has no such item
	left  money.Quantity
}

// factor is how many base units are in the unit of a line, one where that is not known.
func factor(l trade.QuotedLine) money.Quantity {
	if l.Factor <= 0 {
		return money.One
	}
	return l.Factor
}

// match finds what each line of an order draws on. What several lines have of one item adds
// up.
func match(ctx context.Context, o trade.QuotedOrder) ([]matched, []*Quote, error) {
	var list []*Quote
	byNo := map[string]*Quote{}
	left := map[*Quote][]money.Quantity{}
	find := func(refs []string) (*Quote, bool, error) {
		for _, r := range refs {
			n, ok := ReadNumber(r)
			if !ok {
				continue
			}
			q, seen := byNo[n]
			if !seen {
				got, found, err := byNumber(ctx, o.Supplier, o.Reseller, n, true)
				if err != nil {
					return nil, false, err
				}
				if found {
					q = &got
					list, left[q] = append(list, q), make([]money.Quantity, len(got.Lines))
					for i, l := range got.Lines {
						left[q][i] = ratio(l.Quantity, l.Factor, money.One)
					}
					if err := used(ctx, got, o.ID, func(i int, base money.Quantity) { left[q][i] -= base }); err != nil {
						return nil, false, err
					}
				}
				byNo[n] = q
			}
			return q, true, nil
		}
		return nil, false, nil
	}
	out := make([]matched, len(o.Lines))
	for i, l := range o.Lines {
		m := &out[i]
		m.item = -1
		var named bool
		var err error
		if m.quote, named, err = find(l.Refs); err != nil {
			return nil, nil, err
		}
		if m.own = named; !named {
			if m.quote, named, err = find(o.Refs); err != nil {
				return nil, nil, err
			}
		}
		m.known = !named || m.quote != nil
		if m.quote == nil {
			continue
		}
		base := ratio(l.Ordered, factor(l), money.One)
		for k, x := range m.quote.Lines {
			if x.Product != l.Product || l.Product == "" {
				continue
			}
			if m.item < 0 || left[m.quote][m.item] < base && left[m.quote][k] >= base { // of two lines the one that has enough
				m.item = k
			}
		}
		if m.item >= 0 {
			m.left = left[m.quote][m.item]
			left[m.quote][m.item] -= base
		}
	}
	return out, list, nil
}

// holds says whether an order of a day may have the prices of a quote.
func (q Quote) holds(ctx context.Context, on string) bool {
	switch q.State {
	case Accepted:
	case Offered:
		if !db.Now(ctx).Before(q.Expires) {
			return false
		}
	default:
		return false
	}
	return q.From <= on && on <= q.Until
}

// Weigh implements trade.Quotes.
func (s *Service) Weigh(ctx context.Context, o trade.QuotedOrder) ([]trade.QuoteVerdict, error) {
	ms, _, err := match(ctx, o)
	if err != nil {
		return nil, err
	}
	out := make([]trade.QuoteVerdict, len(ms))
	for i, m := range ms {
		v := &out[i]
		switch {
		case !m.known:
			v.Mark = trade.QuoteUnknown
			continue
		case m.quote == nil:
			continue
		case m.item < 0:
			if m.own {
				v.Mark = trade.QuoteItem
			}
			continue
		}
		l := o.Lines[i]
		x := m.quote.Lines[m.item]
		if v.Number = m.quote.Number; !m.quote.holds(ctx, o.OrderedOn) || o.Currency != m.quote.Currency {
			v.Mark = trade.QuoteOutside
			continue
		}
		if v.Price = x.Price; l.Factor != x.Factor && l.Factor > 0 {
			v.Price = money.Price(ratio(money.Quantity(x.Price), l.Factor, x.Factor))
		}
		if ratio(l.Ordered, factor(l), money.One) > m.left {
			v.Mark = trade.QuoteOver
		}
	}
	return out, nil
}

// Keep implements trade.Quotes: it ties the lines of a booked order to the quotes they draw
// on. An order is the acceptance of an offer that stands, where none of its lines is in doubt.
func (s *Service) Keep(ctx context.Context, o trade.QuotedOrder) error {
	ms, list, err := match(ctx, o)
	if err != nil {
		return err
	}
	var rows []lineRow
	clean := map[*Quote]bool{}
	for i, m := range ms {
		if m.quote == nil || m.item < 0 || !m.quote.holds(ctx, o.OrderedOn) {
			continue
		}
		l := o.Lines[i]
		if was, ok := clean[m.quote]; !ok || was {
			clean[m.quote] = l.Clean
		}
		rows = append(rows, lineRow{OrderID: string(o.ID), Line: int64(l.Number), QuoteID: string(m.quote.ID), Item: int64(m.item), SupplierID: o.Supplier, ResellerID: o.Reseller, Factor: int64(factor(l)), Made: db.Micros(db.Now(ctx))})
	}
	if err := keepLines(ctx, o.ID, rows); err != nil {
		return err
	}
	actor := access.Actor{Person: o.Person, Org: o.Reseller, Via: o.Via}
	for _, q := range list {
		ok, drawn := clean[q]
		switch {
		case !drawn:
		case q.State == Offered && ok:
			if _, err := s.accept(ctx, actor, *q, o.ID, o.Number); err != nil {
				return err
			}
		case q.State == Accepted && q.Order == "":
			if err := setOrder(ctx, q.ID, o.ID, o.Number); err != nil {
				return err
			}
			if err := audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: "quote.order", SubjectKind: "quote", SubjectID: string(q.ID), Outcome: audit.Done}); err != nil {
				return err
			}
			if err := s.publish(ctx, actor, EventOrdered, *q, Event{Order: o.ID}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Ready implements trade.Quotes: what is about to be ordered is the round that was seen, as
// it stands, and it may still be had.
func (s *Service) Ready(ctx context.Context, supplier, reseller string, cmd trade.PlaceCmd) error {
	q, ok, err := byNumber(ctx, supplier, reseller, cmd.Quote, true)
	if err == nil && !ok {
		err = notFound()
	}
	if err != nil {
		return err
	}
	same := slices.EqualFunc(q.Lines, cmd.Lines, func(l Line, p trade.PlaceLine) bool {
		return l.SKU == p.SKU && l.Unit == p.Unit && l.Quantity == p.Quantity && l.Price == p.Price
	})
	p, err := pairOf(ctx, q.Partnership)
	switch {
	case err != nil:
		return err
	case q.State == Offered && !db.Now(ctx).Before(q.Expires):
		return fault.New(fault.Conflict, "quote.over")
	case q.State != Offered && (q.State != Accepted || q.Order != ""):
		return wrongState(q.State)
	case q.Round != cmd.Round || !same:
		return fault.New(fault.Conflict, "quote.changed")
	case !q.holds(ctx, today(ctx, p.Zone)):
		return fault.New(fault.Conflict, "quote.window_closed", "From", q.From, "Until", q.Until)
	}
	return nil
}
