package translate

import (
	"strconv"
	"strings"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/x12"
)

// Kinds of price (236) and of amount (522) with their twins of 5387 and 5025. Most kinds
// have the same code in both.
var (
	unPriceKinds  = map[string]string{"RTP": "RTL"}
	x12PriceKinds = inverse(unPriceKinds)
	unAmounts     = map[string]string{"203": "1", "79": "TT"}
	x12Amounts    = inverse(unAmounts)
)

// priceCode is the 5125 that a kind of price has unless it is told otherwise.
func priceCode(kind string) string {
	switch kind {
	case "LPR":
		return "AAB"
	case "RTL", "MSR", "SRP", "RES":
		return "INF"
	}
	return "AAA"
}

// first takes the first price for one unit as that of the line.
func firstPrice(l *doc.Line, prices []doc.Price) {
	for _, p := range prices {
		if p.Per == "" && l.Price == "" {
			l.Price, l.PriceBasis = p.Amount, p.Basis
		}
	}
}

// pricesOf gives the prices to write: those of the wire, else that of the line.
func pricesOf(l *doc.Line, prices []doc.Price) []doc.Price {
	if len(prices) > 0 || l.Price == "" {
		return prices
	}
	return []doc.Price{{Amount: l.Price, Basis: l.PriceBasis, Unit: l.Unit}}
}

// one gives no quantity for a single unit.
func one(d doc.Decimal) doc.Decimal {
	if d.Valid() && d.Cmp("1") == 0 {
		return ""
	}
	return d
}

// measure reads a composite unit: its first unit and how many of it (the multiplier).
func (r *reader) measure(s *x12.Segment, i int) (unit string, per doc.Decimal) {
	parts := strings.Split(r.text(s, i), string([]byte{r.set.Delimiters.Component}))
	if len(parts) >= 3 {
		if d, err := doc.ParseDecimal(parts[2]); err == nil {
			per = one(d)
		}
	}
	if len(parts) > 3 || len(parts) > 1 && parts[1] != "" && parts[1] != "1" {
		r.note("translate.not_carried", s, i, "")
	}
	return parts[0], per
}

// unit reads the unit of a quantity; a multiplier there has no place and is told.
func (r *reader) unit(s *x12.Segment, i int) string {
	unit, per := r.measure(s, i)
	if per != "" {
		r.note("translate.not_carried", s, i, "")
	}
	return unit
}

// spare tells of elements of a carried segment that have no place.
func (r *reader) spare(s *x12.Segment, els ...int) {
	for _, i := range els {
		if r.text(s, i) == "" {
			continue
		}
		if key := s.ID() + strconv.Itoa(i); r.told.once(key, r.findings) {
			r.note("translate.not_carried", s, i, "")
		}
	}
}

// unitPrice reads UIT.
func (r *reader) unitPrice(s *x12.Segment) doc.Price {
	p := doc.Price{Amount: r.number(s, 2), Basis: r.text(s, 3)}
	p.Unit, p.Per = r.measure(s, 1)
	return p
}

func (r *reader) amountOf(s *x12.Segment) doc.Amount {
	r.spare(s, 3)
	return doc.Amount{Qualifier: r.text(s, 1), Amount: r.number(s, 2)}
}

// unitPrices writes UIT. Of a price for several units the unit has a multiplier.
func (b *builder) unitPrices(l *doc.Line, prices []doc.Price) {
	for _, p := range pricesOf(l, prices) {
		unit := or(p.Unit, l.Unit)
		b.add("UIT", unit, string(p.Amount), p.Basis)
		if per := one(p.Per); per != "" && unit != "" {
			last := &b.body.Segs[len(b.body.Segs)-1]
			last.Els[0] = x12.Composite(unit, "1", string(per))
		}
		b.leftAll("UIT", 2, p.Kind, p.Class, p.Code, string(p.From), string(p.To), p.Currency, p.ValidFrom, p.ValidTo)
		b.leftAll("UIT", 2, leftOf(p.Dates, func(d doc.Date) string { return d.Date })...)
	}
}

func (b *builder) amounts(list []doc.Amount) {
	for _, a := range list {
		if a.Qualifier == "" {
			b.left("AMT", 1, a.Code+" "+string(a.Amount))
			continue
		}
		b.add("AMT", a.Qualifier, string(a.Amount))
	}
}

// priceOf reads PRI. A price without a kind is net or a list price by its 5125.
func (r *unReader) priceOf(s *edifact.Segment) doc.Price {
	p := doc.Price{
		Code: r.get(s, 1, 1), Amount: r.number(s, 1, 2), Basis: r.get(s, 1, 3), Kind: twin(unPriceKinds, r.get(s, 1, 4)),
		Per: one(r.number(s, 1, 5)), Unit: twin(unUnits, r.get(s, 1, 6)),
	}
	if p.Kind == "" {
		p.Kind = map[string]string{"AAA": "NET", "AAB": "LPR"}[p.Code]
	}
	if p.Code == priceCode(p.Kind) {
		p.Code = ""
	}
	return p
}

// pri writes one PRI; 5284 is there whenever a unit is.
func (b *unBuilder) pri(p doc.Price) {
	kind := twin(x12PriceKinds, p.Kind)
	if kind == "NET" || kind == "LPR" { // said by 5125 alone
		kind = ""
		if p.Code != "" {
			b.left("PRI", 1, p.Kind)
		}
	}
	per := string(p.Per)
	if per == "" && p.Unit != "" {
		per = "1"
	}
	b.add("PRI", edifact.C(or(p.Code, priceCode(p.Kind)), string(p.Amount), p.Basis, kind, per, twin(x12Units, p.Unit)))
	b.left("PRI", 1, p.Class)
}

// amountOf reads MOA.
func (r *unReader) amountOf(s *edifact.Segment) doc.Amount {
	a := doc.Amount{Amount: r.number(s, 1, 2)}
	if q, ok := unAmounts[r.get(s, 1, 1)]; ok {
		a.Qualifier = q
	} else {
		a.Code = r.get(s, 1, 1)
	}
	if r.get(s, 1, 3) != "" && r.get(s, 1, 3) != r.head.Currency {
		r.note("translate.not_carried", s, 1, 3, r.get(s, 1, 3))
	}
	return a
}

func (b *unBuilder) amounts(list []doc.Amount) {
	for _, a := range list {
		code := a.Code
		if t, ok := x12Amounts[a.Qualifier]; ok && code == "" {
			code = t
		}
		if code == "" {
			b.left("MOA", 1, a.Qualifier+" "+string(a.Amount))
			continue
		}
		b.add("MOA", edifact.C(code, string(a.Amount)))
	}
}

// leave tells of what the head of a report has that the message has no place for.
func (b *unBuilder) leave(h *doc.Header) {
	for _, v := range restOfHeader(h) {
		b.left("BGM", 1, v)
	}
	for _, c := range h.Contacts {
		b.left("CTA", 2, or(c.Name, c.Function))
	}
}

// restOfHeader is what none of the reports and lists carries of a header.
func restOfHeader(h *doc.Header) []string {
	out := append([]string{}, h.Requirements...)
	out = append(out, leftOf(h.Allowances, func(a doc.Allowance) string { return or(a.Code, a.Text) })...)
	return append(out, leftOf(h.Terms, func(t doc.Terms) string { return or(t.Text, t.Type) })...)
}

// restOfLine is what the lines of reports do not carry.
func restOfLine(l *doc.Line) []string {
	out := append([]string{}, l.Notes...)
	out = append(out, leftOf(l.Allowances, func(a doc.Allowance) string { return or(a.Code, a.Text) })...)
	out = append(out, leftOf(l.Taxes, func(t doc.Tax) string { return t.Type })...)
	return append(out, leftOf(l.Schedules, func(s doc.Schedule) string { return string(s.Quantity) })...)
}
