package quote

import (
	"cmp"
	"context"
	"maps"
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

// used says how much of each line of quotes was ordered, in base units, but for one order.
func used(ctx context.Context, qs []Quote, but trade.OrderID, fn func(q, item int, base money.Quantity)) error {
	at := map[ID]int{}
	ids := make([]string, len(qs))
	for i, q := range qs {
		at[q.ID], ids[i] = i, string(q.ID)
	}
	list, err := drawnOf(ctx, ids, but)
	for _, d := range list {
		if i := at[ID(d.QuoteID)]; int(d.Item) < len(qs[i].Lines) {
			fn(i, int(d.Item), ratio(money.Quantity(d.Ordered), money.Quantity(d.Factor), money.One))
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
	vague bool // the line names no price, and the quote has several for its item
}

// factor is how many base units are in the unit of a line, one where that is not known.
func factor(l trade.QuotedLine) money.Quantity {
	if l.Factor <= 0 {
		return money.One
	}
	return l.Factor
}

// named is the number of a quote among references: the first that has the form of one.
func named(refs []string) string {
	for _, r := range refs {
		if n, ok := ReadNumber(r); ok {
			return n
		}
	}
	return ""
}

// match finds what each line of an order draws on. What several lines have of one item adds
// up. tied are the items that lines draw on already.
func match(ctx context.Context, o trade.QuotedOrder, tied map[int]lineRow) ([]matched, []*Quote, error) {
	head := named(o.Refs)
	numbers := map[string]bool{}
	for _, l := range o.Lines {
		if n := cmp.Or(named(l.Refs), head); n != "" {
			numbers[n] = true
		}
	}
	qs, err := byNumbers(ctx, o.Supplier, o.Reseller, slices.Sorted(maps.Keys(numbers)))
	if err != nil {
		return nil, nil, err
	}
	list := make([]*Quote, len(qs))
	byNo := map[string]*Quote{}
	left := map[*Quote][]money.Quantity{}
	for i := range qs {
		q := &qs[i]
		list[i], byNo[q.Number], left[q] = q, q, make([]money.Quantity, len(q.Lines))
		for k, l := range q.Lines {
			left[q][k] = ratio(l.Quantity, l.Factor, money.One)
		}
	}
	if err := used(ctx, qs, o.ID, func(q, item int, base money.Quantity) { left[list[q]][item] -= base }); err != nil {
		return nil, nil, err
	}
	out := make([]matched, len(o.Lines))
	for i, l := range o.Lines {
		m := &out[i]
		m.item = -1
		own := named(l.Refs)
		n := cmp.Or(own, head)
		m.own, m.quote = own != "", byNo[n]
		m.known = n == "" || m.quote != nil
		if m.quote == nil {
			continue
		}
		base, best := ratio(l.Ordered, factor(l), money.One), fit{}
		for k, x := range m.quote.Lines {
			if x.Product != l.Product || l.Product == "" {
				continue
			}
			was, ok := tied[l.Number]
			f := fit{stays: ok && ID(was.QuoteID) == m.quote.ID && int(was.Item) == k, enough: left[m.quote][k] >= base}
			if l.Price > 0 {
				f.off = max(l.Price-priceOf(x, l), priceOf(x, l)-l.Price)
			} else if m.item >= 0 && priceOf(x, l) != priceOf(m.quote.Lines[m.item], l) {
				m.vague = true
			}
			if m.item < 0 || f.better(best) {
				m.item, best = k, f
			}
		}
		m.vague = m.vague && !best.stays
		if m.item >= 0 {
			m.left = left[m.quote][m.item]
			left[m.quote][m.item] -= base
		}
	}
	return out, list, nil
}

// fit is how well a line of a quote suits an order line that has its item: what it draws on
// already comes first, then what has its price, and so its options, or the nearest to it, then
// what has enough left.
type fit struct {
	stays  bool
	off    money.Price
	enough bool
}

func (f fit) better(than fit) bool {
	switch {
	case f.stays != than.stays:
		return f.stays
	case f.off != than.off:
		return f.off < than.off
	}
	return f.enough && !than.enough
}

// priceOf is the price of a line of a quote in the unit of an order line.
func priceOf(x Line, l trade.QuotedLine) money.Price {
	if l.Factor != x.Factor && l.Factor > 0 {
		return money.Price(ratio(money.Quantity(x.Price), l.Factor, x.Factor))
	}
	return x.Price
}

// holds says whether an order of a day may have the prices of a quote.
func (q Quote) holds(ctx context.Context, on string, c money.Currency) bool {
	if c != q.Currency {
		return false
	}
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

// tie is that a line of an order draws on what it matched.
func (m matched) tie(ctx context.Context, o trade.QuotedOrder, l trade.QuotedLine) lineRow {
	return lineRow{OrderID: string(o.ID), Line: int64(l.Number), QuoteID: string(m.quote.ID), Item: int64(m.item), SupplierID: o.Supplier, ResellerID: o.Reseller, Factor: int64(factor(l)), Made: db.Micros(db.Now(ctx))}
}

// Weigh implements trade.Quotes.
func (s *Service) Weigh(ctx context.Context, o trade.QuotedOrder) ([]trade.QuoteVerdict, error) {
	return s.weigh(ctx, o, nil)
}

// Again implements trade.Quotes: the lines of the order go on with what they draw on, new ones
// with the one quote of the others.
func (s *Service) Again(ctx context.Context, o trade.QuotedOrder, units func([]trade.QuotedLine) error) ([]trade.QuoteVerdict, error) {
	tied, err := drawing(ctx, &o)
	if err != nil || len(tied) == 0 {
		return nil, err
	}
	if err := units(o.Lines); err != nil {
		return nil, err
	}
	return s.weigh(ctx, o, tied)
}

// drawing writes the numbers of the quotes that an order draws on into its references, and
// gives what each line draws.
func drawing(ctx context.Context, o *trade.QuotedOrder) (map[int]lineRow, error) {
	rows, numbers, err := tiesOf(ctx, o.ID)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	tied, byLine := map[int]lineRow{}, map[int]string{}
	for i, r := range rows {
		tied[int(r.Line)], byLine[int(r.Line)] = r, numbers[i]
	}
	o.Lines = slices.Clone(o.Lines)
	for i, l := range o.Lines {
		if n := byLine[l.Number]; n != "" {
			o.Lines[i].Refs = []string{n}
		}
	}
	if one := slices.Compact(numbers); len(one) == 1 {
		o.Refs = one
	}
	return tied, nil
}

func (s *Service) weigh(ctx context.Context, o trade.QuotedOrder, tied map[int]lineRow) ([]trade.QuoteVerdict, error) {
	ms, _, err := match(ctx, o, tied)
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
		if v.Number = m.quote.Number; !m.quote.holds(ctx, o.OrderedOn, o.Currency) {
			v.Mark = trade.QuoteOutside
			continue
		}
		if !m.vague { // which of its prices is a person's to say
			v.Price = priceOf(x, l)
		}
		if ratio(l.Ordered, factor(l), money.One) > m.left {
			v.Mark = trade.QuoteOver
		}
	}
	return out, nil
}

// Keep implements trade.Quotes: it ties the lines of a booked order to the quotes they draw
// on. An order is the acceptance of an offer that stands, where none of its lines is in doubt
// or it was placed to accept it.
func (s *Service) Keep(ctx context.Context, o trade.QuotedOrder) error {
	ms, list, err := match(ctx, o, nil)
	if err != nil {
		return err
	}
	var rows []lineRow
	clean := map[*Quote]bool{}
	for i, m := range ms {
		if m.quote == nil || m.item < 0 || !m.quote.holds(ctx, o.OrderedOn, o.Currency) {
			continue
		}
		l := o.Lines[i]
		if was, ok := clean[m.quote]; !ok || was {
			clean[m.quote] = l.Clean
		}
		rows = append(rows, m.tie(ctx, o, l))
	}
	if err := keepLines(ctx, o.ID, rows); err != nil {
		return err
	}
	actor := access.Actor{Person: o.Person, Org: o.Reseller, Via: o.Via}
	for _, q := range list {
		ok, drawn := clean[q]
		switch {
		case !drawn:
		case q.State == Offered && (ok || q.Number == o.Accepts):
			if _, err := s.accept(ctx, actor, *q, o.ID, o.Number, q.Number == o.Accepts); err != nil {
				return err
			}
		case q.State == Accepted && q.Order == "":
			if q.Number != o.Accepts {
				if err := s.overtaken(ctx, *q); err != nil {
					return err
				}
			}
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

// Also implements trade.Quotes.
func (s *Service) Also(ctx context.Context, o trade.QuotedOrder) error {
	tied, err := drawing(ctx, &o)
	if err != nil || len(tied) == 0 {
		return err
	}
	ms, _, err := match(ctx, o, tied)
	if err != nil {
		return err
	}
	var rows []lineRow
	for i, m := range ms {
		l := o.Lines[i]
		if _, was := tied[l.Number]; was || m.quote == nil || m.item < 0 || !m.quote.holds(ctx, o.OrderedOn, o.Currency) {
			continue
		}
		rows = append(rows, m.tie(ctx, o, l))
	}
	return addLines(ctx, rows)
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
	case q.Currency != money.Currency(p.Currency):
		return otherCurrency(q)
	case !q.holds(ctx, today(ctx, p.Zone), q.Currency):
		return fault.New(fault.Conflict, "quote.window_closed", "From", q.From, "Until", q.Until)
	}
	return nil
}
