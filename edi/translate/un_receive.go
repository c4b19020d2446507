package translate

import (
	"strings"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
)

// Discrepancies (4221) that 412 has too. A shortage is a variance below nothing, and any
// other condition of 412 stands as the reason of the variance, of X12's list.
var (
	unConditions  = map[string]string{"AF": "01", "AC": "03"}
	x12Conditions = inverse(unConditions)
	// unWhy are EAN's reasons of a variance (4295) that 412 has.
	unWhy = map[string]string{"DME": "01", "AT": "05"}
)

const (
	short = "02" // 412
	over  = "03"
	good  = "07"
	// goesBack is 6063 for received, not accepted, to be returned.
	goesBack = "195"
)

// readRECADV reads a RECADV as the advice that an 861 would be: QTY 48 and 194 what was
// received, 12 what was shipped, 61 and 195 what goes back (of EAN a QVR), QVR what differs. An SSCC
// above lines is one of each of them; packages of the first CPS are those of the whole.
func readRECADV(set *schema.Set) (*doc.ReceivingAdvice, []wire.Finding) {
	d := &doc.ReceivingAdvice{Type: "2", Lines: []doc.ReceivedLine{}}
	r := newUnReader(set, &d.Header)
	var line *doc.ReceivedLine
	var packs []string            // of the CPS we are in
	var pack *edifact.Segment     // a PAC that nothing has named yet
	first, ordered := true, false // in the first CPS; after the reference of an order
	lost := func() {
		if pack != nil {
			r.drop(pack)
			pack = nil
		}
	}
	for i := range set.Un {
		s := &set.Un[i]
		tag := string(s.TagBytes())
		dated := ordered && tag == "DTM"
		ordered = dated
		switch tag {
		case "UNH", "UNT":
		case "BGM":
			d.Number, d.Purpose = r.get(s, 2, 1), twin(unPurposes, r.get(s, 3, 1))
		case "CPS":
			lost()
			line, packs = nil, nil
			first = r.get(s, 2, 1) == ""
			r.line, r.party, r.part, r.group = nil, nil, false, true
		case "PAC":
			if line != nil {
				r.drop(s)
				continue
			}
			if !first {
				lost()
				pack = s
				continue
			}
			d.Loads = append(d.Loads, doc.ShipmentCount{Packaging: r.get(s, 3, 1), Count: r.number(s, 1, 1)})
		case "PCI":
			r.part = line != nil // its quantities are parts of the line's
		case "GIN":
			if r.get(s, 1, 1) != "BJ" {
				r.drop(s)
				continue
			}
			for el := 2; el <= 6; el++ {
				if n := r.get(s, el, 1); n != "" && line != nil {
					line.SSCCs = append(line.SSCCs, n)
				} else if n != "" {
					packs, pack = append(packs, n), nil
				}
			}
		case "LIN":
			lost()
			d.Lines = append(d.Lines, doc.ReceivedLine{Line: doc.Line{Number: r.get(s, 1, 1)}, SSCCs: append([]string(nil), packs...)})
			line = &d.Lines[len(d.Lines)-1]
			r.open(&line.Line)
			r.item(r.get(s, 3, 1), r.get(s, 3, 2))
		case "QTY":
			r.receivedQuantity(s, line)
		case "QVR":
			r.variance(s, line)
		case "RFF":
			list := &d.Orders
			if line != nil {
				list = &line.Orders
			}
			if r.party != nil || !r.orderRef(s, list) {
				r.ref(s)
				continue
			}
			ordered = r.get(s, 1, 1) == "ON"
		case "TDT":
			if line != nil || d.Carrier != (doc.Carrier{}) {
				r.drop(s)
				continue
			}
			r.party, r.group = nil, true
			d.Carrier = doc.Carrier{Code: r.get(s, 5, 1), Mode: twin(unModes, r.get(s, 3, 1)), Name: r.get(s, 5, 4)}
		case "DTM":
			switch q := r.get(s, 1, 1); {
			case q == "137" && line == nil && !r.group && r.party == nil && d.Date == "":
				d.Date, d.Time = r.when(s)
			case q == "171" && dated && line != nil:
				r.orderDate(s, line.Orders)
			case q == "171" && dated:
				r.orderDate(s, d.Orders)
			default:
				r.dtm(s)
			}
		default:
			r.common(s)
		}
	}
	lost()
	for i := range d.Lines {
		l := &d.Lines[i]
		identify(&l.Line)
		for k := range l.Exceptions {
			l.Exceptions[k].Unit = l.Unit // a variance has no unit of its own
		}
		if l.Returned != "" {
			setOnce(&l.ReturnedUnit, l.Unit)
		}
	}
	r.done()
	return d, r.findings
}

func (r *unReader) receivedQuantity(s *edifact.Segment, line *doc.ReceivedLine) {
	if line == nil || r.part {
		r.drop(s)
		return
	}
	n, unit := r.number(s, 1, 2), twin(unUnits, r.get(s, 1, 3))
	switch kind := r.get(s, 1, 1); {
	case (kind == "48" || kind == "194") && line.Quantity == "":
		line.Quantity, line.Unit = n, unit
	case kind == "12" && line.Shipped == "":
		line.Shipped, line.ShippedUnit = n, unit
	case (kind == "61" || kind == goesBack) && line.Returned == "":
		line.Returned, line.ReturnedUnit = n, unit
	default:
		r.drop(s)
	}
}

// variance reads QVR as a quantity in question: less is short, more is over, unless a
// code says otherwise.
func (r *unReader) variance(s *edifact.Segment, line *doc.ReceivedLine) {
	n := r.number(s, 1, 1)
	if line == nil || r.part || n == "" {
		r.drop(s)
		return
	}
	size := doc.Decimal(strings.TrimPrefix(string(n), "-"))
	if r.get(s, 1, 2) == goesBack && line.Returned == "" {
		line.Returned = size
		if r.get(s, 2, 1)+r.get(s, 3, 1) == "" {
			return
		}
	}
	e := doc.Exception{Quantity: size, Condition: over}
	if n.Sign() < 0 {
		e.Condition = short
	}
	if c := r.get(s, 2, 1); c != "" {
		e.Condition = twin(unConditions, c)
		if e.Condition == c { // no code of X12: the sign is part of what it says
			e.Quantity = n
		}
	}
	if c := r.get(s, 3, 1); c != "" && r.get(s, 3, 3) == agencyX12 {
		e.Condition = c
	} else if to := unWhy[c]; to != "" && r.get(s, 2, 1) == "" {
		e.Condition = to
	} else if c != "" && unWhy[c] != e.Condition {
		r.note("translate.not_carried", s, 3, 1, c)
	}
	line.Exceptions = append(line.Exceptions, e)
}

// orderRef takes RFF ON as an order, and RFF RE as the release of the one before.
func (r *unReader) orderRef(s *edifact.Segment, list *[]doc.OrderRef) bool {
	n := len(*list)
	switch r.get(s, 1, 1) {
	case "ON":
		*list = append(*list, doc.OrderRef{Number: r.get(s, 1, 2)})
	case "RE":
		if n == 0 || (*list)[n-1].Release != "" {
			return false
		}
		(*list)[n-1].Release = r.get(s, 1, 2)
	default:
		return false
	}
	r.group = true
	return true
}

// orderDate takes DTM 171 as the date of the last order.
func (r *unReader) orderDate(s *edifact.Segment, list []doc.OrderRef) {
	if o := &list[len(list)-1]; o.Date == "" {
		o.Date, _ = r.when(s)
		return
	}
	r.drop(s)
}

// receivingAdvice writes RECADV: one CPS, and its lines.
func (b *unBuilder) receivingAdvice(d *doc.ReceivingAdvice) {
	notes := b.body.ID.Release != "96A" // D96A has neither FTX nor CUX
	b.add("BGM", "632", b.free("BGM", 2, d.Number, 35), twin(x12Purposes, d.Purpose))
	b.dtm("137", d.Date, d.Time)
	b.dates(d.Dates)
	if d.Currency != "" && notes {
		b.add("CUX", edifact.C("2", d.Currency, "9"))
	} else {
		b.left("CUX", 1, d.Currency)
	}
	b.notesIf(notes, d.Notes)
	b.orderRefs(d.Orders)
	b.refs(d.Refs)
	b.parties(d.Parties)
	b.carrier(d.Carrier)
	if d.Type != "2" {
		b.left("BGM", 1, d.Type)
	}
	b.left("BGM", 1, d.Condition)
	b.left("BGM", 1, d.Action)
	b.leftHead(&d.Header)
	b.add("CPS", "1")
	for _, l := range d.Loads {
		b.add("PAC", string(l.Count), "", l.Packaging)
		b.left("PAC", 1, string(l.Weight))
	}
	for i := range d.Lines {
		l := &d.Lines[i]
		b.lin(&l.Line, "")
		b.qty("48", l.Quantity, l.Unit)
		b.qty("12", l.Shipped, l.ShippedUnit)
		b.goingBack(l)
		for _, e := range l.Exceptions {
			b.variance(l, e)
		}
		b.dates(l.Dates)
		if notes {
			b.price(&l.Line)
		} else {
			b.left("PRI", 1, string(l.Price))
			b.left("PRI", 1, string(l.Pack))
		}
		b.notesIf(notes, l.Notes)
		for _, m := range l.SSCCs {
			b.add("GIN", "BJ", strings.TrimSpace(m))
		}
		b.orderRefs(l.Orders)
		b.refs(l.Refs)
		b.leftLine(&l.Line)
	}
	b.count(len(d.Lines))
}

// goingBack writes what is returned: a variance as EAN has it, else a quantity.
func (b *unBuilder) goingBack(l *doc.ReceivedLine) {
	if l.Returned == "" || l.ReturnedUnit != l.Unit || !strings.HasPrefix(b.body.ID.Association, "EAN") {
		b.qty(goesBack, l.Returned, l.ReturnedUnit)
		return
	}
	b.add("QVR", edifact.C("-"+string(l.Returned), goesBack))
}

// variance writes QVR against what was shipped, else what was ordered; below nothing
// unless there is more, or nothing amiss.
func (b *unBuilder) variance(l *doc.ReceivedLine, e doc.Exception) {
	against := "21"
	if l.Shipped != "" {
		against = "12"
	}
	if e.Unit != l.Unit {
		b.left("QVR", 1, e.Unit)
	}
	n := string(e.Quantity)
	if n == "" {
		b.left("QVR", 2, e.Condition)
		return
	}
	if c := e.Condition; len(c) != 2 || c[0] < '0' || c[0] > '9' { // a discrepancy as it came
		b.add("QVR", edifact.C(n, against), c)
		return
	}
	if e.Condition != over && e.Condition != good && !strings.HasPrefix(n, "-") {
		n = "-" + n
	}
	if e.Condition == short {
		b.add("QVR", edifact.C(n, against))
		return
	}
	if code, ok := x12Conditions[e.Condition]; ok {
		b.add("QVR", edifact.C(n, against), code)
		return
	}
	b.add("QVR", edifact.C(n, against), "", edifact.C(e.Condition, "", agencyX12))
}

func (b *unBuilder) orderRefs(list []doc.OrderRef) {
	for _, o := range list {
		b.rff("ON", o.Number)
		if o.Number != "" {
			b.dtm("171", o.Date, "")
		}
		b.rff("RE", o.Release)
	}
}

func (b *unBuilder) carrier(c doc.Carrier) {
	if c != (doc.Carrier{}) {
		b.add("TDT", "20", "", twin(x12Modes, c.Mode), "", edifact.C(b.free("TDT", 5, c.Code, 17), "", "", b.free("TDT", 5, c.Name, 35)))
	}
}

// notesIf writes notes where the message has a place for them.
func (b *unBuilder) notesIf(place bool, list []string) {
	if place {
		b.notes(list)
		return
	}
	for _, n := range list {
		b.left("FTX", 4, n)
	}
}

// leftHead tells what messages without terms leave out of a header.
func (b *unBuilder) leftHead(h *doc.Header) {
	for _, c := range h.Contacts {
		b.left("CTA", 2, c.Name)
	}
	for _, c := range h.Requirements {
		b.left("FTX", 4, c)
	}
	for _, a := range h.Allowances {
		b.left("ALC", 1, or(string(a.Amount), string(a.Percent)))
	}
	for _, t := range h.Terms {
		b.left("PAT", 1, or(or(t.NetDate, t.NetDays), t.Text))
	}
}

// leftLine tells what such messages leave out of a line.
func (b *unBuilder) leftLine(l *doc.Line) {
	for _, a := range l.Allowances {
		b.left("ALC", 1, or(string(a.Amount), string(a.Percent)))
	}
	for _, t := range l.Taxes {
		b.left("TAX", 1, or(string(t.Amount), string(t.Percent)))
	}
	for _, s := range l.Schedules {
		b.left("SCC", 1, string(s.Quantity))
	}
	for _, p := range l.Parties {
		b.left("NAD", 1, or(p.Name, p.ID))
	}
}
