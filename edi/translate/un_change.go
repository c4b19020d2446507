package translate

import (
	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
)

// Line actions (1229) that 670 has too. Of a line changed, ORDCHG does not say how.
var (
	unActions  = map[string]string{"1": "AI", "2": "DI", "3": "CA", "4": "NC"}
	x12Actions = inverse(unActions)
	// unChangeTypes: an ORDCHG does not say the type of its order.
	unChangeTypes = map[string]string{"230": "SA"}
)

// readORDCHG reads an ORDCHG as the change that an 860 would be: the order is RFF ON with
// its date 171, which change of it RFF PP, what is left to receive QTY 73.
func readORDCHG(set *schema.Set) (*doc.OrderChange, []wire.Finding) {
	d := &doc.OrderChange{Lines: []doc.ChangeLine{}}
	r := newUnReader(set, &d.Header)
	number, ordered := "", false // after the reference of the order
	var line *doc.ChangeLine
	for i := range set.Un {
		s := &set.Un[i]
		tag := string(s.TagBytes())
		dated := ordered && tag == "DTM"
		ordered = false
		switch tag {
		case "UNH", "UNT":
		case "BGM":
			d.Type, number = twin(unChangeTypes, r.get(s, 1, 1)), r.get(s, 2, 1)
			d.Purpose = twin(unPurposes, r.get(s, 3, 1))
		case "LIN":
			d.Lines = append(d.Lines, doc.ChangeLine{Line: doc.Line{Number: r.get(s, 1, 1)}, Change: twin(unActions, r.get(s, 2, 1))})
			line = &d.Lines[len(d.Lines)-1]
			r.open(&line.Line)
			r.item(r.get(s, 3, 1), r.get(s, 3, 2))
		case "QTY":
			if line != nil && !r.part && r.get(s, 1, 1) == "73" && line.Left == "" {
				line.Left = r.number(s, 1, 2)
				setOnce(&line.Unit, twin(unUnits, r.get(s, 1, 3)))
				continue
			}
			r.common(s)
		case "DTM":
			switch q := r.get(s, 1, 1); {
			case q == "137" && line == nil && !r.summary && r.party == nil && !r.part && !r.group && d.ChangeDate == "":
				d.ChangeDate, _ = r.when(s)
			case q == "171" && dated:
				d.Date, _ = r.when(s)
			default:
				r.dtm(s)
			}
		case "RFF":
			if line == nil && r.party == nil && !r.part && r.changeRef(s, d) {
				ordered = r.get(s, 1, 1) == "ON"
				continue
			}
			r.ref(s)
		case "MOA":
			if r.summary && !r.part && r.get(s, 1, 1) == "79" {
				d.Total = r.number(s, 1, 2)
				continue
			}
			r.money(s)
		case "UNS":
			line = nil
			r.close()
		default:
			r.common(s)
		}
	}
	if number != d.Number {
		d.Request = number
	}
	for i := range d.Lines {
		identify(&d.Lines[i].Line)
	}
	r.done()
	return d, r.findings
}

// changeRef takes the references of the head that are fields of a change.
func (r *unReader) changeRef(s *edifact.Segment, d *doc.OrderChange) bool {
	to := map[string]*string{"ON": &d.Number, "PP": &d.Sequence, "VN": &d.Seller}[r.get(s, 1, 1)]
	if to == nil || *to != "" {
		return r.headRef(s, &d.Contract, &d.Release)
	}
	*to, r.group = r.get(s, 1, 2), true
	return true
}

// orderChange writes ORDCHG. How a line changes is its action; what 670 says beyond
// that is told as left out.
func (b *unBuilder) orderChange(d *doc.OrderChange) {
	if d.Type != "SA" {
		b.left("BGM", 1, d.Type)
	}
	b.add("BGM", "230", b.free("BGM", 2, or(d.Request, d.Number), 35), twin(x12Purposes, d.Purpose))
	b.dtm("137", d.ChangeDate, "")
	b.dates(d.Dates)
	b.notes(d.Notes)
	b.rff("ON", d.Number)
	if d.Number != "" {
		b.dtm("171", d.Date, "")
	}
	b.rff("PP", d.Sequence)
	b.rff("VN", d.Seller)
	b.refs(d.Refs)
	b.rff("BC", d.Contract)
	b.rff("RE", d.Release)
	b.left("DTM", 1, d.AckDate)
	b.head(&d.Header, "9")
	b.allowances(d.Allowances)
	for i := range d.Lines {
		l := &d.Lines[i]
		b.lin(&l.Line, b.action(l.Change))
		b.qty("21", l.Quantity, l.Unit)
		b.qty("73", l.Left, l.Unit)
		b.dates(l.Dates)
		b.notes(l.Notes)
		b.price(&l.Line)
		b.refs(l.Refs)
		b.taxes(l.Taxes, false)
		b.parties(l.Parties)
		b.allowances(l.Allowances)
		for _, s := range l.Schedules {
			b.left("SCC", 1, string(s.Quantity))
		}
	}
	b.add("UNS", "S")
	if d.Total != "" {
		b.add("MOA", edifact.C("79", string(d.Total)))
	}
	b.count(len(d.Lines))
}

// action is the line action of a change code; "3", changed, for one that has none.
func (b *unBuilder) action(change string) string {
	if a, ok := x12Actions[change]; ok {
		return a
	}
	b.left("LIN", 2, change)
	return "3"
}

// orderChangeAck writes the answer to a change as an ORDRSP, with the number of the
// change as RFF PP. What the line was before, and how it was asked to change, has no place.
func (b *unBuilder) orderChangeAck(d *doc.OrderChangeAck) {
	ack := &doc.OrderAck{
		Header: d.Header, Purpose: d.Purpose, Type: d.Type, Number: d.Number, Date: d.Date, Release: d.Release,
		Request: d.Request, Contract: d.Contract, Seller: d.Seller, AckDate: or(d.AckDate, d.ChangeDate),
		Lines: make([]doc.AckLine, 0, len(d.Lines)),
	}
	if d.Sequence != "" {
		ack.Refs = append([]doc.Ref{{Qualifier: "PP", Value: d.Sequence}}, d.Refs...)
	}
	if d.AckDate != "" {
		b.left("DTM", 1, d.ChangeDate)
	}
	for i := range d.Lines {
		l := &d.Lines[i]
		answered := l.AckLine
		b.left("QTY", 1, string(l.Left))
		switch {
		case len(l.Responses) > 0:
		case l.Change == "DI":
			answered.Responses = []doc.Response{{Status: "ID", Quantity: l.Quantity, Unit: l.Unit}}
		default:
			b.left("LIN", 2, l.Change)
		}
		ack.Lines = append(ack.Lines, answered)
	}
	b.orderAck(ack)
}
