package translate

import (
	"strconv"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// ReadInventory reads an 846 or an INVRPT; the document is the same for both.
func ReadInventory(set *schema.Set) (*doc.Inventory, []wire.Finding) {
	if set.Message != nil && set.Type == "INVRPT" {
		return readINVRPT(set)
	}
	d := &doc.Inventory{Lines: []doc.StockLine{}}
	r := newReader(set, &d.Header)
	if !r.is("846") {
		return d, r.findings
	}
	var line *doc.StockLine
	var q *doc.StockQuantity
	for i := range set.Segments {
		s := &set.Segments[i]
		switch string(s.TagBytes()) {
		case "BIA":
			d.Purpose, d.Type, d.Number, d.Date, d.Time = r.text(s, 1), r.text(s, 2), r.text(s, 3), r.date(s, 4), clock(r.text(s, 5))
			r.spare(s, 6)
		case "LIN":
			d.Lines = append(d.Lines, doc.StockLine{Line: doc.Line{Number: r.text(s, 1), Items: r.items(s, 2, 31)}})
			line, q = &d.Lines[len(d.Lines)-1], nil
			identify(&line.Line)
			r.newLine(&line.Line)
		case "QTY":
			if line == nil {
				r.drop(s)
				continue
			}
			r.newLine(&line.Line)
			line.Quantities = append(line.Quantities, r.quantity(s))
			q = &line.Quantities[len(line.Quantities)-1]
		case "UIT":
			if q == nil || r.at != inLine {
				r.drop(s)
				continue
			}
			q.Prices = append(q.Prices, r.unitPrice(s))
		case "DTM":
			switch {
			case r.line == nil && r.at == inHeader && r.period(s, &d.Period):
			case q != nil && r.at == inLine:
				if t, ok := r.dated(s); ok {
					q.Dates = append(q.Dates, t)
				}
			default:
				r.common(s)
			}
		case "SDQ":
			if line == nil || r.at != inLine || q != nil {
				r.drop(s)
				continue
			}
			line.Places = append(line.Places, r.stores(s)...)
		case "LS", "SCH":
			r.at = inPart
			r.drop(s)
		case "LE":
			r.at = inLine
			r.drop(s)
		case "LM", "LQ":
			r.drop(s)
		case "CTT":
			line, q = nil, nil
			r.count(s)
		default:
			if !r.common(s) {
				r.drop(s)
			}
		}
	}
	r.keepShape(d)
	r.done()
	return d, r.findings
}

// quantity reads QTY. One that is words and not a number is told.
func (r *reader) quantity(s *x12.Segment) doc.StockQuantity {
	r.spare(s, 4)
	return doc.StockQuantity{Qualifier: r.text(s, 1), Quantity: r.number(s, 2), Unit: r.unit(s, 3)}
}

// dated reads the date of a DTM; one without any is told.
func (r *reader) dated(s *x12.Segment) (doc.Date, bool) {
	d := doc.Date{Qualifier: r.text(s, 1), Date: r.date(s, 2), Time: clock(r.text(s, 3)), Zone: r.text(s, 4)}
	if d.Date == "" && r.text(s, 5) == "D8" {
		d.Date = r.date(s, 6)
	}
	if d.Date == "" && d.Time == "" {
		r.drop(s)
		return d, false
	}
	return d, true
}

// stores reads SDQ: a quantity for each place.
func (r *reader) stores(s *x12.Segment) (out []doc.PlaceQuantity) {
	for i := 3; i <= 21; i += 2 {
		if id := r.text(s, i); id != "" {
			out = append(out, doc.PlaceQuantity{Unit: r.text(s, 1), IDQualifier: r.text(s, 2), ID: id, Quantity: r.number(s, i+1)})
		}
	}
	if r.text(s, 23) != "" {
		r.note("translate.not_carried", s, 23, r.text(s, 23))
	}
	return out
}

// places writes SDQ, ten places to a segment.
func (b *builder) places(list []doc.PlaceQuantity, unit string) {
	for len(list) > 0 {
		n := 1
		for n < len(list) && n < 10 && list[n].Unit == list[0].Unit && list[n].IDQualifier == list[0].IDQualifier {
			n++
		}
		els := []string{or(list[0].Unit, unit), list[0].IDQualifier}
		for _, p := range list[:n] {
			els = append(els, p.ID, string(p.Quantity))
		}
		b.add("SDQ", els...)
		list = list[n:]
	}
}

// quantity writes QTY; one that X12 has no qualifier for is told and left out.
func (b *builder) quantity(q *doc.StockQuantity) bool {
	if q.Qualifier == "" {
		b.leftAll("QTY", 1, q.Code+" "+string(q.Quantity))
		b.leftAll("QTY", 1, restOfQuantity(q)...)
		return false
	}
	b.add("QTY", q.Qualifier, string(q.Quantity), q.Unit)
	b.leftAll("QTY", 1, q.Code, q.Movement, q.State, q.Reason, q.Balance)
	b.leftAll("REF", 2, leftOf(q.Refs, func(f doc.Ref) string { return f.Value })...)
	return true
}

// restOfQuantity is what goes with a quantity that is left out.
func restOfQuantity(q *doc.StockQuantity) []string {
	out := []string{q.Movement, q.State, q.Reason, q.Balance}
	for _, t := range q.Dates {
		out = append(out, t.Date)
	}
	for _, f := range q.Refs {
		out = append(out, f.Value)
	}
	for _, p := range q.Prices {
		out = append(out, string(p.Amount), string(p.Per), p.Basis, p.Currency)
	}
	return out
}

// WriteInventory makes the body of an 846.
func WriteInventory(d *doc.Inventory, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("846", version)
	b.add("BIA", d.Purpose, d.Type, d.Number, b.date(d.Date), b.clock(d.Time))
	b.currency(d.Currency, "SE")
	b.period(d.Period)
	b.dates(d.Dates)
	b.refs(d.Refs)
	b.contacts(d.Contacts)
	b.parties(d.Parties)
	b.leftAll("BIA", 1, restOfHeader(&d.Header)...)
	b.leftAll("BIA", 1, d.Notes...)
	for i := range d.Lines {
		l := &d.Lines[i]
		b.add("LIN", append([]string{l.Number}, b.items("LIN", 2, itemsOf(&l.Line))...)...)
		for _, part := range b.chunks("PID", l.Description, 80) {
			b.add("PID", "F", "", "", "", part)
		}
		b.dates(l.Dates)
		b.refs(l.Refs)
		b.places(l.Places, l.Unit)
		for k := range l.Quantities {
			q := &l.Quantities[k]
			if b.quantity(q) {
				b.unitPrices(&doc.Line{Unit: q.Unit}, q.Prices)
				b.dates(q.Dates)
			}
		}
		b.parties(l.Parties)
		b.leftAll("LIN", 1, string(l.Quantity), string(l.Price), string(l.Pack))
		b.leftAll("LIN", 1, restOfLine(&l.Line)...)
	}
	b.add("CTT", strconv.Itoa(len(d.Lines)))
	return b.body, b.findings
}
