package translate

import (
	"strconv"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// activityReader reads an 852, where prices, quantities and places stand below the line or
// below one of its figures.
type activityReader struct {
	*reader
	d    *doc.ProductActivity
	line *doc.ActivityLine
	za   *doc.Activity
}

// ReadProductActivity reads an 852. EDIFACT tells the same in SLSRPT and INVRPT.
func ReadProductActivity(set *schema.Set) (*doc.ProductActivity, []wire.Finding) {
	d := &doc.ProductActivity{Lines: []doc.ActivityLine{}}
	r := &activityReader{reader: newReader(set, &d.Header), d: d}
	if !r.is("852") {
		return d, r.findings
	}
	for i := range set.Segments {
		r.segment(&set.Segments[i])
	}
	r.keepShape(d)
	r.done()
	return d, r.findings
}

func (r *activityReader) segment(s *x12.Segment) {
	switch tag := string(s.TagBytes()); tag {
	case "XQ":
		r.d.Handling, r.d.Period = r.text(s, 1), doc.Period{From: r.date(s, 2), To: r.date(s, 3)}
	case "XPO":
		r.d.Orders = append(r.d.Orders, doc.OrderRange{From: r.text(s, 1), To: r.text(s, 2), IDQualifier: r.text(s, 3), ID: r.text(s, 4)})
	case "N9":
		r.reference(s)
	case "LIN":
		r.d.Lines = append(r.d.Lines, doc.ActivityLine{Line: doc.Line{Number: r.text(s, 1), Items: r.items(s, 2, 31)}, Activities: []doc.Activity{}})
		r.line, r.za = &r.d.Lines[len(r.d.Lines)-1], nil
		identify(&r.line.Line)
		r.newLine(&r.line.Line)
	case "G95":
		r.at = inPart
		r.drop(s)
	case "CTT":
		r.line, r.za = nil, nil
		r.count(s)
	case "ZA", "CTP", "AMT", "QTY", "SDQ":
		if r.line == nil || r.at != inLine && tag != "ZA" {
			r.drop(s)
			return
		}
		r.figure(s, tag)
	default:
		if !r.common(s) {
			r.drop(s)
		}
	}
}

// figure takes what stands below a line, or below its last ZA.
func (r *activityReader) figure(s *x12.Segment, tag string) {
	switch {
	case tag == "ZA":
		r.newLine(&r.line.Line)
		a := doc.Activity{
			Code: r.text(s, 1), Quantity: r.number(s, 2), Unit: r.text(s, 3), Date: doc.Date{Qualifier: r.text(s, 4), Date: r.date(s, 5)},
			Ref: doc.Ref{Qualifier: r.text(s, 6), Value: r.text(s, 7)},
		}
		r.line.Activities = append(r.line.Activities, a)
		r.za = &r.line.Activities[len(r.line.Activities)-1]
	case tag == "CTP" && r.za != nil:
		r.za.Prices = append(r.za.Prices, r.ctp(s))
	case tag == "CTP":
		r.line.Prices = append(r.line.Prices, r.ctp(s))
	case tag == "QTY" && r.za != nil:
		r.za.Quantities = append(r.za.Quantities, r.quantity(s))
	case tag == "QTY":
		r.line.Quantities = append(r.line.Quantities, r.quantity(s))
	case tag == "SDQ" && r.za != nil:
		r.za.Places = append(r.za.Places, r.stores(s)...)
	case tag == "AMT" && r.za == nil:
		r.line.Amounts = append(r.line.Amounts, r.amountOf(s))
	default:
		r.drop(s)
	}
}

// reference takes N9, which an 852 has instead of REF.
func (r *activityReader) reference(s *x12.Segment) {
	v := doc.Ref{Qualifier: r.text(s, 1), Value: r.text(s, 2), Text: r.text(s, 3)}
	r.spare(s, 4, 5, 6, 7)
	switch {
	case r.at == inPart:
		r.drop(s)
	case r.party != nil:
		r.party.Refs = append(r.party.Refs, v)
	case r.line != nil:
		r.line.Refs = append(r.line.Refs, v)
	default:
		r.head.Refs = append(r.head.Refs, v)
	}
}

// ctp reads CTP. A price from one unit on has no break.
func (r *reader) ctp(s *x12.Segment) doc.Price {
	p := doc.Price{Class: r.text(s, 1), Kind: r.text(s, 2), Amount: r.number(s, 3), From: one(r.number(s, 4)), Basis: r.text(s, 9), Per: one(r.number(s, 11))}
	var per doc.Decimal
	if p.Unit, per = r.measure(s, 5); p.Per == "" {
		p.Per = per
	} else if per != "" {
		r.note("translate.not_carried", s, 5, "")
	}
	r.spare(s, 6, 7, 8)
	if r.text(s, 10) != "" {
		r.note("translate.not_carried", s, 10, r.text(s, 10))
	}
	return p
}

// ctp writes CTP. A quantity needs a unit and the other way round.
func (b *builder) ctp(p *doc.Price, unit string) {
	from, basis := string(p.From), p.Basis
	unit = or(p.Unit, unit)
	if p.From == "" && p.Unit == "" {
		unit = ""
	}
	if unit != "" {
		from = or(from, "1")
	} else if from != "" {
		b.leftAll("CTP", 4, from)
		from = ""
	}
	if p.Kind == "" {
		b.leftAll("CTP", 9, basis)
		basis = ""
	}
	b.add("CTP", p.Class, p.Kind, string(p.Amount), from, unit, "", "", "", basis, "", string(one(p.Per)))
	b.leftAll("CTP", 4, string(p.To), p.Code)
}

// WriteProductActivity makes the body of an 852.
func WriteProductActivity(d *doc.ProductActivity, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("852", version)
	b.add("XQ", d.Handling, b.date(d.Period.From), b.date(d.Period.To))
	for _, o := range d.Orders {
		b.add("XPO", o.From, o.To, o.IDQualifier, o.ID)
	}
	b.n9(d.Refs)
	b.contacts(d.Contacts)
	for _, p := range d.Parties {
		refs, contacts := p.Refs, p.Contacts
		p.Refs, p.Contacts = nil, nil
		b.parties([]doc.Party{p})
		b.n9(refs)
		b.contacts(contacts)
	}
	b.leftAll("XQ", 1, d.Currency, d.Period.Value)
	b.leftAll("XQ", 1, restOfHeader(&d.Header)...)
	b.leftAll("XQ", 1, d.Notes...)
	b.leftAll("XQ", 1, leftOf(d.Dates, func(t doc.Date) string { return t.Date })...)
	for i := range d.Lines {
		l := &d.Lines[i]
		b.add("LIN", append([]string{l.Number}, b.items("LIN", 2, itemsOf(&l.Line))...)...)
		b.unitCosts(l.Prices, l.Unit)
		if l.Pack != "" {
			b.add("PO4", string(l.Pack))
		}
		b.n9(l.Refs)
		b.amounts(l.Amounts)
		for k := range l.Quantities {
			b.plain(&l.Quantities[k])
		}
		for k := range l.Activities {
			a := &l.Activities[k]
			unit := a.Unit
			if a.Quantity == "" { // one needs the other; the places say it
				unit = ""
			}
			b.add("ZA", a.Code, string(a.Quantity), unit, a.Date.Qualifier, b.date(a.Date.Date), a.Ref.Qualifier, a.Ref.Value)
			b.leftAll("ZA", 5, a.Date.Time, a.Ref.Text)
			for j := range a.Quantities {
				b.plain(&a.Quantities[j])
			}
			b.unitCosts(a.Prices, a.Unit)
			b.places(a.Places, a.Unit)
		}
		b.leftAll("LIN", 1, string(l.Quantity), string(l.Price), l.Description)
		b.leftAll("LIN", 1, restOfLine(&l.Line)...)
		b.leftAll("LIN", 1, leftOf(l.Dates, func(t doc.Date) string { return t.Date })...)
		b.leftAll("LIN", 1, leftOf(l.Parties, func(p doc.Party) string { return or(p.Name, p.ID) })...)
	}
	b.add("CTT", strconv.Itoa(len(d.Lines)))
	return b.body, b.findings
}

// unitCosts writes CTP where prices have neither days nor a currency of their own.
func (b *builder) unitCosts(list []doc.Price, unit string) {
	for i := range list {
		p := &list[i]
		b.ctp(p, unit)
		b.leftAll("CTP", 3, p.Currency, p.ValidFrom, p.ValidTo)
		b.leftAll("CTP", 3, leftOf(p.Dates, func(t doc.Date) string { return t.Date })...)
	}
}

// plain writes QTY where nothing may stand below it.
func (b *builder) plain(q *doc.StockQuantity) {
	if b.quantity(q) {
		b.leftAll("QTY", 2, leftOf(q.Dates, func(t doc.Date) string { return t.Date })...)
		b.leftAll("QTY", 2, leftOf(q.Prices, func(p doc.Price) string { return string(p.Amount) })...)
	}
}
