package translate

import (
	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// ReadReturn reads a 180, a RETANN or a RETINS.
func ReadReturn(set *schema.Set) (*doc.Return, []wire.Finding) {
	if set.Message != nil && (set.Type == "RETANN" || set.Type == "RETINS") {
		return readReturnUN(set)
	}
	d := &doc.Return{Lines: []doc.ReturnLine{}}
	r := newReader(set, &d.Header)
	if !r.is("180") {
		return d, r.findings
	}
	var line *doc.ReturnLine
	for i := range set.Segments {
		s := &set.Segments[i]
		switch string(s.TagBytes()) {
		case "BGN":
			d.Purpose, d.Number, d.Date, d.Time, d.Zone = r.text(s, 1), r.text(s, 2), r.date(s, 3), clock(r.text(s, 4)), r.text(s, 5)
			d.Reference, d.Type, d.Action = r.text(s, 6), r.text(s, 7), r.text(s, 8)
			r.beyond(s, 8)
		case "RDR":
			v := doc.Disposition{Code: r.text(s, 1), Reason: r.text(s, 2), Response: r.text(s, 3), Text: r.text(s, 4), Used: r.text(s, 5)}
			if line != nil {
				line.Disposition = v
			} else {
				d.Disposition = v
			}
		case "PRF":
			if line == nil {
				d.Order = r.orderRef(s)
				continue
			}
			line.Order, line.Number = r.orderRef(s), r.text(s, 5)
		case "N9":
			r.identifier(s, d, line)
		case "TD1":
			d.Loads = append(d.Loads, r.load(s))
		case "TD5":
			if line != nil || d.Carrier != (doc.Carrier{}) {
				r.drop(s)
				continue
			}
			d.Carrier = doc.Carrier{Code: r.text(s, 3), Mode: r.text(s, 4), Name: r.text(s, 5)}
		case "BLI":
			d.Lines = append(d.Lines, doc.ReturnLine{Line: r.baseline(s)})
			line = &d.Lines[len(d.Lines)-1]
			r.newLine(&line.Line)
		case "QTY":
			if line == nil {
				r.drop(s)
				continue
			}
			line.Quantities = append(line.Quantities, r.counted(s))
			r.at, r.party = inPart, nil // its amounts, dates and parties are not the line's
		case "PKG", "G38":
			r.drop(s)
		default:
			if !r.common(s) {
				r.drop(s)
			}
		}
	}
	for i := range d.Lines {
		if l := &d.Lines[i]; l.Order == d.Order {
			l.Order = doc.OrderRef{}
		}
	}
	d.Stage = returnStage(d)
	r.done()
	return d, r.findings
}

// returnStage says who speaks in a 180: one that answers or decides is the seller's.
func returnStage(d *doc.Return) string {
	switch d.Purpose {
	case "13":
		return doc.StageRequest
	case "11":
		return doc.StageInstruct
	}
	decides := func(v doc.Disposition) bool { return v.Code != "" && v.Code != "CR" || v.Response != "" }
	if decides(d.Disposition) {
		return doc.StageInstruct
	}
	for i := range d.Lines {
		if decides(d.Lines[i].Disposition) {
			return doc.StageInstruct
		}
	}
	return doc.StageRequest
}

// identifier reads N9 as a reference, and RZ of the head as the number of the return.
func (r *reader) identifier(s *x12.Segment, d *doc.Return, line *doc.ReturnLine) {
	v := doc.Ref{Qualifier: r.text(s, 1), Value: r.text(s, 2), Text: r.text(s, 3)}
	switch {
	case r.at == inPart:
		r.drop(s)
	case line != nil:
		line.Refs = append(line.Refs, v)
	case v.Qualifier == "RZ" && v.Text == "" && d.RMA == "":
		d.RMA = v.Value
	default:
		d.Refs = append(d.Refs, v)
	}
}

// baseline reads BLI.
func (r *reader) baseline(s *x12.Segment) doc.Line {
	l := doc.Line{Quantity: r.number(s, 3), Unit: r.text(s, 4), Price: r.number(s, 6), PriceBasis: r.text(s, 7)}
	l.Items = append(r.items(s, 1, 2), r.items(s, 8, 13)...)
	if v := r.text(s, 5); v != "" {
		r.note("translate.not_carried", s, 5, v)
	}
	r.beyond(s, 13)
	identify(&l)
	return l
}

func (r *reader) counted(s *x12.Segment) doc.Counted {
	return doc.Counted{Qualifier: r.text(s, 1), Quantity: r.number(s, 2), Unit: r.text(s, 3)}
}

// WriteReturn makes the body of a 180.
func WriteReturn(d *doc.Return, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("180", version)
	b.add("BGN", d.Purpose, d.Number, b.date(d.Date), b.clock(d.Time), d.Zone, d.Reference, d.Type, d.Action)
	b.disposition(d.Disposition)
	if o := d.Order; o != (doc.OrderRef{}) {
		b.orderRefs([]doc.OrderRef{o})
	}
	b.dates(d.Dates)
	if d.RMA != "" {
		b.add("N9", "RZ", d.RMA)
	}
	b.identifiers(d.Refs)
	b.contacts(d.Contacts)
	b.allowances(d.Allowances)
	b.loads(d.Loads)
	b.carrier(d.Carrier)
	b.remarks(d.Notes)
	b.bareParties(d.Parties)
	b.left("BGN", 0, d.Currency)
	b.leftHead("BGN", &doc.Header{Requirements: d.Requirements, Terms: d.Terms})
	for i := range d.Lines {
		b.returned(d, &d.Lines[i])
	}
	return b.body, b.findings
}

func (b *builder) returned(d *doc.Return, l *doc.ReturnLine) {
	items := itemsOf(&l.Line)
	els := []string{"", ""}
	if len(items) > 0 {
		els[0], els[1] = items[0].Qualifier, items[0].ID
		items = items[1:]
	}
	els = append(els, string(l.Quantity), l.Unit, "", string(l.Price), l.PriceBasis)
	for i, it := range items {
		if i == 3 {
			b.left("BLI", 14, it.ID)
			break
		}
		els = append(els, it.Qualifier, it.ID)
	}
	b.add("BLI", els...)
	b.identifiers(l.Refs)
	for _, part := range b.chunks("PID", l.Description, 80) {
		b.add("PID", "F", "", "", "", part)
	}
	b.disposition(l.Disposition)
	b.allowances(l.Allowances)
	b.remarks(l.Notes)
	order := l.Order
	if order == (doc.OrderRef{}) && l.Number != "" {
		order = d.Order
	}
	if order.Number != "" {
		b.add("PRF", order.Number, order.Release, "", b.date(order.Date), l.Number)
	} else {
		b.left("BLI", 0, l.Number)
	}
	b.dates(l.Dates)
	b.bareParties(l.Parties)
	for _, n := range l.Quantities {
		b.add("QTY", n.Qualifier, string(n.Quantity), n.Unit)
	}
	b.left("BLI", 0, string(l.Pack))
	b.leftLine("BLI", &doc.Line{Taxes: l.Taxes, Schedules: l.Schedules})
}

func (b *builder) disposition(v doc.Disposition) {
	b.add("RDR", v.Code, v.Reason, v.Response, b.free("RDR", 4, v.Text, 80), v.Used)
}

// identifiers writes references as N9.
func (b *builder) identifiers(refs []doc.Ref) {
	for _, r := range refs {
		b.add("N9", r.Qualifier, r.Value, b.free("N9", 3, r.Text, 45))
	}
}

// bareParties writes parties without their references, which a 180 has no place for.
func (b *builder) bareParties(list []doc.Party) {
	for _, p := range list {
		for _, r := range p.Refs {
			b.left("N1", 0, r.Value)
		}
		p.Refs = nil
		b.parties([]doc.Party{p})
	}
}

// returned tells of a return.
func (f *facts) returned(d *doc.Return) {
	f.text("number", d.Number)
	f.text("rma", d.RMA)
	f.text("order", d.Order.Number)
	f.date("date", d.Date)
	f.head(&d.Header)
	f.lines(len(d.Lines))
	refused := 0
	for i := range d.Lines {
		if c := d.Lines[i].Disposition.Code; c == "RD" || c == "" && d.Disposition.Code == "RD" {
			refused++
		}
	}
	f.some("refused", refused)
}
