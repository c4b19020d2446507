package translate

import (
	"reflect"
	"slices"
	"strconv"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// ReadSellThrough reads an 867 or an SLSRPT; the document is the same for both. What
// stands once for a PTD or a place of sale is repeated on each of its lines.
func ReadSellThrough(set *schema.Set) (*doc.SellThrough, []wire.Finding) {
	if set.Message != nil && set.Type == "SLSRPT" {
		return readSLSRPT(set)
	}
	d := &doc.SellThrough{Lines: []doc.SellLine{}}
	r := newReader(set, &d.Header)
	if !r.is("867") {
		return d, r.findings
	}
	var ptd doc.SellLine
	var empty *x12.Segment // a PTD without a quantity yet
	var line *doc.SellLine
	details := 0
	for i := range set.Segments {
		s := &set.Segments[i]
		switch string(s.TagBytes()) {
		case "BPT":
			d.Purpose, d.Number, d.Date, d.Type = r.text(s, 1), r.text(s, 2), r.date(s, 3), r.text(s, 4)
			d.Time, d.Replaces = clock(r.text(s, 8)), r.text(s, 9)
			r.spare(s, 5, 7)
		case "PTD":
			if empty != nil {
				r.drop(empty)
			}
			details++
			ptd, empty, line = doc.SellLine{Movement: r.text(s, 1), Detail: details}, s, nil
			ptd.Kind = doc.KindOf(ptd.Movement)
			r.newLine(&ptd.Line)
			if q := r.text(s, 4); q != "" {
				ptd.Refs = append(ptd.Refs, doc.Ref{Qualifier: q, Value: r.text(s, 5)})
			}
			r.spare(s, 2, 6)
		case "PRF":
			if r.line != &ptd.Line {
				r.drop(s)
				continue
			}
			ptd.Refs = append(ptd.Refs, doc.Ref{Qualifier: "PO", Value: r.text(s, 1)})
			r.spare(s, 2, 4)
		case "QTY":
			if ptd.Movement == "" || r.at == inSummary {
				r.drop(s)
				continue
			}
			d.Lines = append(d.Lines, sameDetail(&ptd))
			line, empty = &d.Lines[len(d.Lines)-1], nil
			line.Measure, line.Quantity, line.Unit = r.text(s, 1), r.number(s, 2), r.unit(s, 3)
			r.newLine(&line.Line)
		case "LIN":
			if line == nil || r.at != inLine {
				r.drop(s)
				continue
			}
			line.Number, line.Items = r.text(s, 1), r.items(s, 2, 31)
			identify(&line.Line)
		case "UIT":
			if line == nil || r.at != inLine {
				r.drop(s)
				continue
			}
			line.Prices = append(line.Prices, r.unitPrice(s))
		case "AMT":
			switch {
			case r.at == inSummary:
				d.Amounts = append(d.Amounts, r.amountOf(s))
			case line != nil && r.at == inLine:
				line.Amounts = append(line.Amounts, r.amountOf(s))
			default:
				r.drop(s)
			}
		case "DTM":
			p := &d.Period
			switch {
			case line != nil:
				p = &line.Period
			case r.line != nil:
				p = &ptd.Period
			}
			if r.at != inHeader && r.at != inLine || !r.period(s, p) {
				r.common(s)
			}
		case "LX", "SII":
			r.at = inPart
			r.drop(s)
		case "CTT":
			line = nil
			r.count(s)
		default:
			if !r.common(s) {
				r.drop(s)
			}
		}
	}
	if empty != nil {
		r.drop(empty)
	}
	for i := range d.Lines {
		firstPrice(&d.Lines[i].Line, d.Lines[i].Prices)
	}
	r.keepShape(d)
	for i := range d.Lines {
		if len(d.Extra) == 0 {
			d.Lines[i].Detail = 0
		}
	}
	r.done()
	return d, r.findings
}

// sameDetail copies what stands for all lines of a group, so that each may grow alone.
func sameDetail(l *doc.SellLine) doc.SellLine {
	c := *l
	c.Refs, c.Dates, c.Parties, c.Prices = slices.Clip(c.Refs), slices.Clip(c.Dates), slices.Clip(c.Parties), slices.Clip(c.Prices)
	return c
}

// joined gives both lists as one that may grow alone; it copies only where both have
// entries.
func joined[T any](a, b []T) []T {
	switch {
	case len(a) == 0:
		return slices.Clip(b)
	case len(b) == 0:
		return slices.Clip(a)
	}
	return slices.Concat(a, b)
}

// WriteSellThrough makes the body of an 867: lines with the same movement, parties, dates
// and references that follow each other share a PTD.
func WriteSellThrough(d *doc.SellThrough, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("867", version)
	b.add("BPT", d.Purpose, d.Number, b.date(d.Date), d.Type, "", "", "", b.clock(d.Time), d.Replaces)
	b.currency(d.Currency, "SE")
	b.period(d.Period)
	b.dates(d.Dates)
	b.refs(d.Refs)
	b.contacts(d.Contacts)
	b.parties(d.Parties)
	b.leftAll("BPT", 1, restOfHeader(&d.Header)...)
	b.leftAll("BPT", 1, d.Notes...)
	dates, refs := 0, 0 // how many of them stand once for the PTD
	for i := range d.Lines {
		l := &d.Lines[i]
		if i == 0 || !samePTD(&d.Lines[i-1], l) {
			dates, refs = len(l.Dates), len(l.Refs)
			for k := i + 1; k < len(d.Lines) && samePTD(&d.Lines[k-1], &d.Lines[k]); k++ {
				dates = min(dates, common(l.Dates, d.Lines[k].Dates))
				refs = min(refs, common(l.Refs, d.Lines[k].Refs))
			}
			b.add("PTD", l.Movement)
			b.period(l.Period)
			b.dates(l.Dates[:dates])
			b.refs(l.Refs[:refs])
			b.parties(l.Parties)
		}
		measure := l.Measure
		if measure == "" {
			measure = map[string]string{doc.KindSale: "32", doc.KindReturn: "76"}[l.Kind]
		}
		b.add("QTY", or(measure, "01"), string(l.Quantity), l.Unit)
		b.add("LIN", append([]string{l.Number}, b.items("LIN", 2, itemsOf(&l.Line))...)...)
		if l.Pack != "" {
			b.add("PO4", string(l.Pack))
		}
		b.unitPrices(&l.Line, l.Prices)
		b.amounts(l.Amounts)
		for _, part := range b.chunks("PID", l.Description, 80) {
			b.add("PID", "F", "", "", "", part)
		}
		b.refs(l.Refs[refs:])
		b.dates(l.Dates[dates:])
		b.leftAll("QTY", 1, l.Code, string(l.OnPromotion))
		b.leftAll("QTY", 1, restOfLine(&l.Line)...)
	}
	b.add("CTT", strconv.Itoa(len(d.Lines)))
	b.amounts(d.Amounts)
	return b.body, b.findings
}

// samePTD says whether two lines that follow each other share a PTD: that which they came
// in, else one for what is the same.
func samePTD(a, b *doc.SellLine) bool {
	if a.Detail != b.Detail || a.Movement != b.Movement || a.Period != b.Period || !reflect.DeepEqual(a.Parties, b.Parties) {
		return false
	}
	return a.Detail != 0 || reflect.DeepEqual(a.Dates, b.Dates) && reflect.DeepEqual(a.Refs, b.Refs)
}

// common is how many entries two lists share at their beginning.
func common[T comparable](a, b []T) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
