package translate

import (
	"strconv"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

var tagPOC = x12.TagOf("POC")

// ReadOrderChange reads an 860 or an ORDCHG.
func ReadOrderChange(set *schema.Set) (*doc.OrderChange, []wire.Finding) {
	if set.Message != nil && set.Type == "ORDCHG" {
		return readORDCHG(set)
	}
	d := &doc.OrderChange{Lines: make([]doc.ChangeLine, 0, lines(set, tagPOC))}
	r := newReader(set, &d.Header)
	if !r.is("860") {
		return d, r.findings
	}
	for i := range set.Segments {
		s := &set.Segments[i]
		switch string(s.TagBytes()) {
		case "BCH":
			d.Purpose, d.Type, d.Number, d.Release = r.text(s, 1), r.text(s, 2), r.text(s, 3), r.text(s, 4)
			d.Sequence, d.Date, d.Request, d.Contract = r.text(s, 5), r.date(s, 6), r.text(s, 7), r.text(s, 8)
			d.Seller, d.AckDate, d.ChangeDate = r.text(s, 9), r.date(s, 10), r.date(s, 11)
			r.beyond(s, 11)
		case "POC":
			l := doc.ChangeLine{}
			l.Line, l.Change, l.Left = r.changeLine(s)
			d.Lines = append(d.Lines, l)
			r.newLine(&d.Lines[len(d.Lines)-1].Line)
		case "CTT":
			r.count(s)
		case "AMT":
			r.amount(s, &d.Total)
		default:
			if !r.common(s) {
				r.drop(s)
			}
		}
	}
	r.done()
	return d, r.findings
}

// ReadOrderChangeAck reads an 865. Its twin ORDRSP is read by ReadOrderAck.
func ReadOrderChangeAck(set *schema.Set) (*doc.OrderChangeAck, []wire.Finding) {
	d := &doc.OrderChangeAck{Lines: make([]doc.ChangeAckLine, 0, lines(set, tagPOC))}
	r := newReader(set, &d.Header)
	if !r.is("865") {
		return d, r.findings
	}
	var line *doc.ChangeAckLine
	for i := range set.Segments {
		s := &set.Segments[i]
		switch string(s.TagBytes()) {
		case "BCA":
			d.Purpose, d.Type, d.Number, d.Release = r.text(s, 1), r.text(s, 2), r.text(s, 3), r.text(s, 4)
			d.Sequence, d.Date, d.Request, d.Contract = r.text(s, 5), r.date(s, 6), r.text(s, 7), r.text(s, 8)
			d.Seller, d.AckDate, d.ChangeDate = r.text(s, 9), r.date(s, 10), r.date(s, 11)
			r.beyond(s, 11)
		case "POC":
			l := doc.ChangeAckLine{AckLine: doc.AckLine{Responses: []doc.Response{}}}
			l.Line, l.Change, l.Left = r.changeLine(s)
			d.Lines = append(d.Lines, l)
			line = &d.Lines[len(d.Lines)-1]
			r.newLine(&line.Line)
		case "ACK":
			if line == nil || r.at == inPart {
				r.drop(s)
				continue
			}
			line.Responses = append(line.Responses, r.response(s))
			r.at, r.party = inResponse, nil
		case "DTM":
			if line != nil && r.at == inResponse {
				last := &line.Responses[len(line.Responses)-1]
				last.Dates = append(last.Dates, doc.Date{
					Qualifier: r.text(s, 1), Date: r.date(s, 2), Time: clock(r.text(s, 3)), Zone: r.text(s, 4),
				})
				continue
			}
			r.common(s)
		case "CTT":
			line = nil
			r.count(s)
		default:
			if !r.common(s) {
				r.drop(s)
			}
		}
	}
	r.done()
	return d, r.findings
}

// changeLine reads POC: the line, what changes, and what is left to receive.
func (r *reader) changeLine(s *x12.Segment) (l doc.Line, change string, left doc.Decimal) {
	l = doc.Line{
		Number: r.text(s, 1), Quantity: r.number(s, 3), Unit: r.text(s, 5),
		Price: r.number(s, 6), PriceBasis: r.text(s, 7), Items: r.items(s, 8, 27),
	}
	identify(&l)
	return l, r.text(s, 2), r.number(s, 4)
}

// WriteOrderChange makes the body of an 860.
func WriteOrderChange(d *doc.OrderChange, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("860", version)
	b.add("BCH", d.Purpose, d.Type, d.Number, d.Release, d.Sequence, b.date(d.Date), d.Request, d.Contract,
		d.Seller, b.date(d.AckDate), b.date(d.ChangeDate))
	b.header(&d.Header, "BY", doc.Carrier{})
	for i := range d.Lines {
		l := &d.Lines[i]
		b.changeLine(&l.Line, l.Change, l.Left)
		b.detail(&l.Line, nil)
	}
	if len(d.Lines) > 0 || d.Total != "" {
		b.add("CTT", strconv.Itoa(len(d.Lines)))
	}
	if d.Total != "" {
		b.add("AMT", "TT", string(d.Total))
	}
	return b.body, b.findings
}

// WriteOrderChangeAck makes the body of an 865.
func WriteOrderChangeAck(d *doc.OrderChangeAck, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("865", version)
	b.add("BCA", d.Purpose, d.Type, d.Number, d.Release, d.Sequence, b.date(d.Date), d.Request, d.Contract,
		d.Seller, b.date(d.AckDate), b.date(d.ChangeDate))
	b.header(&d.Header, "SE", doc.Carrier{})
	for i := range d.Lines {
		l := &d.Lines[i]
		b.changeLine(&l.Line, l.Change, l.Left)
		b.detail(&l.Line, l.Responses)
	}
	if len(d.Lines) > 0 {
		b.add("CTT", strconv.Itoa(len(d.Lines)))
	}
	return b.body, b.findings
}

// changeLine writes POC.
func (b *builder) changeLine(l *doc.Line, change string, left doc.Decimal) {
	els := []string{l.Number, change, string(l.Quantity), string(left), l.Unit, string(l.Price), l.PriceBasis}
	b.add("POC", append(els, b.items("POC", 8, itemsOf(l))...)...)
}

// change tells of a change: whose order, and how many lines come, go and differ.
func (f *facts) change(d *doc.OrderChange) {
	f.text("order", d.Number)
	f.text("number", d.Request)
	f.date("date", or(d.ChangeDate, d.Date))
	f.head(&d.Header)
	f.lines(len(d.Lines))
	f.changes(len(d.Lines), func(i int) string { return d.Lines[i].Change })
	f.money("total", d.Total, d.Currency)
}

func (f *facts) changeAck(d *doc.OrderChangeAck) {
	f.text("order", d.Number)
	f.text("number", d.Seller)
	f.date("date", or(d.AckDate, d.ChangeDate))
	f.head(&d.Header)
	f.lines(len(d.Lines))
	f.changes(len(d.Lines), func(i int) string { return d.Lines[i].Change })
	refused := 0
	for i := range d.Lines {
		if _, _, no := parts(&d.Lines[i].AckLine); len(no) > 0 {
			refused++
		}
	}
	f.some("refused", refused)
}

func (f *facts) changes(n int, change func(i int) string) {
	count := map[string]int{}
	for i := range n {
		switch change(i) {
		case "AI":
			count["added"]++
		case "DI":
			count["removed"]++
		case "NC":
		default:
			count["changed"]++
		}
	}
	for _, key := range []string{"added", "changed", "removed"} {
		f.some(key, count[key])
	}
}

// some tells a count that is not zero.
func (f *facts) some(key string, n int) {
	if n > 0 {
		f.add(key, strconv.Itoa(n), "number")
	}
}
