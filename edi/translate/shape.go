package translate

import (
	"slices"
	"strings"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
)

// Reports repeat what stands once for a group on each of its lines, so that they may be
// written in other loops than they came in. What such a document carries along is kept
// only where the loops it stood in would be written as they were: it is never put into
// another line.

// keepShape lets go of carried segments that would be written into other loops, which
// turns the notes on them into those of segments that are not carried. d is the document
// of the reader.
func (r *reader) keepShape(d Document) {
	if len(r.head.Extra) == 0 {
		return
	}
	extra := r.head.Extra
	r.head.Extra = nil
	body, _ := WriteX12(d, r.set.Version)
	tags := make([]string, len(body.Segs))
	for i := range body.Segs {
		tags[i] = body.Segs[i].ID
	}
	o := schema.OutlineOf(r.set.Version, r.set.Type)
	r.head.Extra, r.findings = kept(extra, r.places(len(r.set.Segments)-1), o.Places(tags), r.findings)
}

func (r *unReader) keepShape(d Document) {
	if len(r.head.Extra) == 0 {
		return
	}
	extra := r.head.Extra
	r.head.Extra = nil
	body, _ := WriteUN(d, *r.set.Message)
	tags := []string{"UNH"}
	for i := range body.Segs {
		tags = append(tags, body.Segs[i].ID)
	}
	o := schema.UnOutlineOf(*r.set.Message)
	r.head.Extra, r.findings = kept(extra, r.places(len(r.set.Un)-1), o.Places(tags), r.findings)
}

// kept gives those of extra whose loops, as read and as written, are the same.
func kept(extra []doc.Extra, read, written []string, findings []wire.Finding) (out []doc.Extra, told []wire.Finding) {
	carried := map[string]int{}
	for _, e := range extra {
		carried[e.Place]++
	}
	same := map[string]bool{"": true} // by kind of place
	var holds func(kind string) bool
	holds = func(kind string) bool {
		ok, known := same[kind]
		if !known {
			above := kind[:max(0, strings.LastIndexByte(kind, '/'))]
			ok = holds(above) && slices.Equal(loopsOf(read, kind, carried), loopsOf(written, kind, nil))
			same[kind] = ok
		}
		return ok
	}
	still, lost := map[string]bool{}, map[string]bool{}
	for _, e := range extra {
		if holds(kindOf(e.Place)) {
			out, still[e.Segment] = append(out, e), true
		} else {
			lost[e.Segment] = true
		}
	}
	for _, f := range findings {
		if f.Key == "translate.carried" && lost[f.SegmentID] {
			if still[f.SegmentID] {
				told = append(told, f)
			}
			f.Key = "translate.not_carried"
		}
		told = append(told, f)
	}
	return out, told
}

// kindOf is a place without numbers: "LIN[2]/CTP[1]" is "LIN/CTP".
func kindOf(place string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(place, "/") {
		id, _, _ := strings.Cut(part, "[")
		if b.Len() > 0 {
			b.WriteByte('/')
		}
		b.WriteString(id)
	}
	return b.String()
}

// loopsOf lists the loops of a kind in their order; those of which every segment is
// carried are not among them.
func loopsOf(places []string, kind string, carried map[string]int) (out []string) {
	count := map[string]int{}
	for _, p := range places {
		count[p]++
	}
	seen := map[string]bool{}
	for _, p := range places {
		if p == "" || seen[p] {
			continue
		}
		seen[p] = true
		if kindOf(p) == kind && count[p] > carried[p] {
			out = append(out, p)
		}
	}
	return out
}

// Goods free of charge are a line of their own in the documents, as in X12 (PO105 NC). In
// EDIFACT they are QTY 192 beside the quantity of the line they are given with, or alone
// on a line; the line that such a quantity becomes has the number of its neighbour and
// this letter.
const giftMark = "F"

// given is the line of goods free of charge that stands beside another.
func given(of *doc.Line, n doc.Decimal, unit string) doc.Line {
	l := doc.Line{Items: slices.Clone(of.Items), Quantity: n, Unit: unit, Price: "0", PriceBasis: doc.NoCharge, Description: of.Description, Refs: slices.Clone(of.Refs)}
	if of.Number != "" {
		l.Number = of.Number + giftMark
	}
	return l
}

// goesWith says that next is given with l, and is a quantity of it in EDIFACT.
func goesWith(l, next *doc.Line) bool {
	return next.PriceBasis == doc.NoCharge && l.PriceBasis != doc.NoCharge && l.Number != "" && next.Number == l.Number+giftMark
}

// freeOr is the qualifier of a line's quantity.
func freeOr(kind string, l *doc.Line) string {
	if l.Free() {
		return "192"
	}
	return kind
}

// withGifts makes lines of the quantities that are free of charge; fill completes those
// that stand beside another.
func withGifts[T any](r *unReader, lines []T, line func(*T) *doc.Line, fill func(*T)) []T {
	for i := len(r.gifts) - 1; i >= 0; i-- {
		g := r.gifts[i]
		of := line(&lines[g.line])
		if of.Quantity == "" {
			if of.Quantity, of.Unit, of.PriceBasis = g.qty, g.unit, doc.NoCharge; of.Price == "" {
				of.Price = "0"
			}
			continue
		}
		var one T
		*line(&one) = given(of, g.qty, g.unit)
		if fill != nil {
			fill(&one)
		}
		lines = slices.Insert(lines, g.line+1, one)
		if r.head.LineCount > 0 {
			r.head.LineCount++
		}
	}
	return lines
}

// gift writes what is said of goods free of charge beside the line written last: the
// quantity that will come.
func (b *unBuilder) gift(l *doc.AckLine) {
	delivered, _, _ := parts(l)
	sum := doc.Decimal("0")
	for _, x := range delivered {
		if x.Quantity.Valid() {
			sum = sum.Add(x.Quantity)
		}
	}
	b.qty("192", sum, l.Unit)
}

// directType is a drop shipment (BEG02). An ORDERS says it by the ultimate customer.
const directType = "DS"

func endUser(p doc.Party) bool { return p.Role == "UD" || p.Role == "UC" }

// direct gives the parties of a drop shipment the ultimate customer: who gets the goods.
func direct(list []doc.Party) []doc.Party {
	i := slices.IndexFunc(list, func(p doc.Party) bool { return p.Role == "ST" })
	if i < 0 || slices.ContainsFunc(list, endUser) {
		return list
	}
	p := list[i]
	p.Role, p.Refs, p.Contacts = "UD", nil, nil
	return append(slices.Clone(list), p)
}
