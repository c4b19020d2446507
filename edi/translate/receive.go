package translate

import (
	"strconv"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// maxExceptions is how many quantities in question an RCD has.
const maxExceptions = 5

// ReadReceivingAdvice reads an 861 or a RECADV.
func ReadReceivingAdvice(set *schema.Set) (*doc.ReceivingAdvice, []wire.Finding) {
	if set.Message != nil && set.Type == "RECADV" {
		return readRECADV(set)
	}
	d := &doc.ReceivingAdvice{Lines: []doc.ReceivedLine{}}
	r := newReader(set, &d.Header)
	if !r.is("861") {
		return d, r.findings
	}
	var line *doc.ReceivedLine
	for i := range set.Segments {
		s := &set.Segments[i]
		tag := string(s.TagBytes())
		if line != nil && r.at == inPart && tag != "RCD" && tag != "CTT" && tag != "SE" {
			r.drop(s)
			continue
		}
		switch tag {
		case "BRA":
			d.Number, d.Date, d.Purpose, d.Type = r.text(s, 1), r.date(s, 2), r.text(s, 3), r.text(s, 4)
			d.Time, d.Condition, d.Action = clock(r.text(s, 5)), r.text(s, 6), r.text(s, 7)
		case "RCD":
			d.Lines = append(d.Lines, r.received(s))
			line = &d.Lines[len(d.Lines)-1]
			r.newLine(&line.Line)
		case "SN1":
			if line == nil || line.Shipped != "" {
				r.drop(s)
				continue
			}
			line.Shipped, line.ShippedUnit = r.number(s, 2), r.text(s, 3)
		case "LIN":
			r.itemOf(s, line)
		case "PRF":
			if line != nil {
				line.Orders = append(line.Orders, r.orderRef(s))
			} else {
				d.Orders = append(d.Orders, r.orderRef(s))
			}
		case "MAN":
			if line == nil || r.text(s, 1) != "GM" && r.text(s, 1) != "AA" {
				r.drop(s)
				continue
			}
			line.SSCCs = append(line.SSCCs, r.text(s, 2))
		case "TD1":
			if line != nil {
				r.drop(s)
				continue
			}
			d.Loads = append(d.Loads, r.load(s))
		case "TD5":
			if line != nil || d.Carrier != (doc.Carrier{}) {
				r.drop(s)
				continue
			}
			d.Carrier = doc.Carrier{Code: r.text(s, 3), Mode: r.text(s, 4), Name: r.text(s, 5)}
		case "CTT":
			line = nil
			r.count(s)
		default:
			if !r.common(s) {
				r.drop(s)
			}
		}
	}
	for i := range d.Lines {
		identify(&d.Lines[i].Line)
	}
	r.done()
	return d, r.findings
}

// received reads RCD.
func (r *reader) received(s *x12.Segment) doc.ReceivedLine {
	l := doc.ReceivedLine{
		Line:     doc.Line{Number: r.text(s, 1), Quantity: r.number(s, 2), Unit: r.text(s, 3)},
		Returned: r.number(s, 4), ReturnedUnit: r.text(s, 5),
	}
	r.beyond(s, 5+3*maxExceptions)
	for i := range maxExceptions {
		at := 6 + 3*i
		e := doc.Exception{Quantity: r.number(s, at), Unit: r.text(s, at+1), Condition: r.text(s, at+2)}
		if e != (doc.Exception{}) {
			l.Exceptions = append(l.Exceptions, e)
		}
	}
	return l
}

// itemOf reads the first LIN of a line. Its number stands in where RCD has none; another
// one is told.
func (r *reader) itemOf(s *x12.Segment, line *doc.ReceivedLine) {
	if line == nil || len(line.Items) > 0 {
		r.drop(s)
		return
	}
	line.Items = r.items(s, 2, 31)
	switch n := r.text(s, 1); {
	case line.Number == "":
		line.Number = n
	case n != "" && n != line.Number:
		r.note("translate.not_carried", s, 1, n)
	}
}

// orderRef reads PRF; which change of the order it is has no place.
func (r *reader) orderRef(s *x12.Segment) doc.OrderRef {
	if v := r.text(s, 3); v != "" {
		r.note("translate.not_carried", s, 3, v)
	}
	return doc.OrderRef{Number: r.text(s, 1), Release: r.text(s, 2), Date: r.date(s, 4)}
}

// load reads TD1: packages of a kind, with their gross weight.
func (r *reader) load(s *x12.Segment) doc.ShipmentCount {
	return doc.ShipmentCount{Packaging: r.text(s, 1), Count: r.number(s, 2), Weight: r.number(s, 7), Unit: r.text(s, 8)}
}

// WriteReceivingAdvice makes the body of an 861.
func WriteReceivingAdvice(d *doc.ReceivingAdvice, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("861", version)
	b.add("BRA", d.Number, b.date(d.Date), d.Purpose, d.Type, b.clock(d.Time), d.Condition, d.Action)
	b.currency(d.Currency, "BY")
	b.refs(d.Refs)
	b.contacts(d.Contacts)
	b.dates(d.Dates)
	b.orderRefs(d.Orders)
	b.loads(d.Loads)
	b.carrier(d.Carrier)
	b.parties(d.Parties)
	b.leftHead("BRA", &d.Header)
	for i := range d.Lines {
		b.received(&d.Lines[i])
	}
	b.add("CTT", strconv.Itoa(len(d.Lines)))
	return b.body, b.findings
}

func (b *builder) received(l *doc.ReceivedLine) {
	els := []string{l.Number, string(l.Quantity), l.Unit, string(l.Returned), l.ReturnedUnit}
	for i, e := range l.Exceptions {
		if i == maxExceptions {
			b.left("RCD", 6, string(e.Quantity))
			break
		}
		els = append(els, string(e.Quantity), e.Unit, e.Condition)
	}
	b.add("RCD", els...)
	if l.Shipped != "" {
		b.add("SN1", l.Number, string(l.Shipped), l.ShippedUnit)
	}
	if items := b.items("LIN", 2, itemsOf(&l.Line)); len(items) > 0 {
		b.add("LIN", append([]string{l.Number}, items...)...)
	}
	b.description(&l.Line)
	b.refs(l.Refs)
	b.dates(l.Dates)
	b.orderRefs(l.Orders)
	b.allowances(l.Allowances)
	for _, m := range l.SSCCs {
		b.add("MAN", "GM", m)
	}
	b.parties(l.Parties)
	b.left("RCD", 0, string(l.Price))
	b.leftLine("RCD", &l.Line)
}

func (b *builder) orderRefs(list []doc.OrderRef) {
	for _, o := range list {
		b.add("PRF", o.Number, o.Release, "", b.date(o.Date))
	}
}

func (b *builder) loads(list []doc.ShipmentCount) {
	for _, l := range list {
		kind := ""
		if l.Weight != "" {
			kind = "G"
		}
		b.add("TD1", l.Packaging, string(l.Count), "", "", "", kind, string(l.Weight), l.Unit)
	}
}

func (b *builder) carrier(c doc.Carrier) {
	if c == (doc.Carrier{}) {
		return
	}
	qualifier := ""
	if c.Code != "" {
		qualifier = "2"
	}
	b.add("TD5", "", qualifier, c.Code, c.Mode, b.free("TD5", 5, c.Name, 35))
}

// left tells a value that the set has no place for.
func (b *builder) left(id string, el int, value string) {
	if value != "" {
		b.find("write.left_out", wire.Note, id, el, value)
	}
}

// leftHead tells what sets without notes and terms leave out of a header.
func (b *builder) leftHead(id string, h *doc.Header) {
	for _, v := range h.Notes {
		b.left(id, 0, v)
	}
	for _, v := range h.Requirements {
		b.left(id, 0, v)
	}
	for _, a := range h.Allowances {
		b.left(id, 0, or(string(a.Amount), string(a.Percent)))
	}
	for _, t := range h.Terms {
		b.left(id, 0, or(or(t.NetDate, t.NetDays), t.Text))
	}
}

// leftLine tells what such sets leave out of a line.
func (b *builder) leftLine(id string, l *doc.Line) {
	for _, v := range l.Notes {
		b.left(id, 0, v)
	}
	for _, t := range l.Taxes {
		b.left(id, 0, or(string(t.Amount), string(t.Percent)))
	}
	for _, s := range l.Schedules {
		b.left(id, 0, string(s.Quantity))
	}
}

// receipt tells of a receiving advice.
func (f *facts) receipt(d *doc.ReceivingAdvice) {
	f.text("number", d.Number)
	for _, o := range d.Orders {
		f.text("order", o.Number)
	}
	f.date("date", d.Date)
	for _, t := range d.Dates {
		if t.Qualifier == "050" {
			f.date("received", t.Date)
		}
	}
	f.head(&d.Header)
	f.lines(len(d.Lines))
	bad := 0
	for i := range d.Lines {
		if l := &d.Lines[i]; l.Returned != "" || len(l.Exceptions) > 0 {
			bad++
		}
	}
	f.some("differing", bad)
}
