package translate

import (
	"strconv"
	"strings"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// statusReader reads an 870: a tree of levels, in which an item stands as PO1 under its
// order or at a level of its own. What is said at that level is the item's.
type statusReader struct {
	*reader
	d      *doc.OrderStatus
	orders map[string]int // index of the order that a level belongs to, by HL01
	order  int            // -1 in the head
	item   *doc.StatusLine
	open   bool // in a level of an item whose PO1 has not come
	state  *doc.State
	deep   bool // the state is one of a PO1, and dates and references are its
	after  bool // after a reference, whose date may follow
	to     sink
}

// sink is where the segments of a level go; what is nil has no place there.
type sink struct {
	dates    *[]doc.Date
	refs     *[]doc.Ref
	parties  *[]doc.Party
	contacts *[]doc.Contact
	states   *[]doc.State
}

// ReadOrderStatus reads an 870.
func ReadOrderStatus(set *schema.Set) (*doc.OrderStatus, []wire.Finding) {
	d := &doc.OrderStatus{Orders: []doc.StatusOrder{}}
	r := &statusReader{reader: newReader(set, &d.Header), d: d, orders: map[string]int{}, order: -1}
	if !r.is("870") {
		return d, r.findings
	}
	r.to = sink{dates: &d.Dates, refs: &d.Refs, parties: &d.Parties}
	if !r.regular() { // written otherwise than it came: nothing can be put back in its place
		r.placed = make([]string, len(set.Segments))
	}
	for i := range set.Segments {
		r.segment(&set.Segments[i])
	}
	for i := range d.Orders {
		for k := range d.Orders[i].Lines {
			identify(&d.Orders[i].Lines[k].Line)
		}
	}
	r.done()
	return d, r.findings
}

func (r *statusReader) segment(s *x12.Segment) {
	d := r.d
	tag := string(s.TagBytes())
	switch tag {
	case "HL":
		r.level(s)
		return
	case "PO1":
		r.orderItem(s)
		return
	case "ISR":
		r.begin(s)
		return
	case "CTT":
		r.summary() // partners count lines, or levels
		return
	}
	if r.at == inPart && tag != "SE" {
		r.drop(s)
		return
	}
	switch tag {
	case "BSR":
		d.Report, d.Scope, d.Number, d.Date = r.text(s, 1), r.text(s, 2), r.text(s, 3), r.date(s, 4)
		d.Time, d.Inquiry, d.InquiryDate = clock(r.text(s, 7)), r.text(s, 8), r.date(s, 9)
		for _, el := range []int{5, 6, 10, 11, 12, 13} {
			if v := r.text(s, el); v != "" {
				r.note("translate.not_carried", s, el, v)
			}
		}
	case "PRF":
		r.prf(s)
	case "PID":
		if t := r.text(s, 5); r.state != nil && t != "" {
			r.state.Text = strings.TrimSpace(r.state.Text + " " + t)
		} else {
			r.description(s)
		}
	case "QTY":
		if r.state == nil {
			r.drop(s)
			return
		}
		r.state.Quantities = append(r.state.Quantities, r.counted(s))
	case "DTM":
		list := r.to.dates
		if r.deep {
			list = &r.state.Dates
		}
		v := doc.Date{Qualifier: r.text(s, 1), Date: r.date(s, 2), Time: clock(r.text(s, 3)), Zone: r.text(s, 4)}
		if r.after || r.party != nil || v.Date == "" && v.Time == "" {
			r.drop(s)
			return
		}
		put(r.reader, s, list, v)
	case "REF":
		v := doc.Ref{Qualifier: r.text(s, 1), Value: r.text(s, 2), Text: r.text(s, 3)}
		switch {
		case r.party != nil:
			r.party.Refs = append(r.party.Refs, v)
		case r.deep:
			put(r.reader, s, &r.state.Refs, v)
		default:
			r.after = true
			put(r.reader, s, r.to.refs, v)
		}
	case "PER":
		v := r.person(s)
		if r.party != nil {
			r.party.Contacts = append(r.party.Contacts, v)
			return
		}
		put(r.reader, s, r.to.contacts, v)
	case "N1":
		if r.deep { // where a part of a line goes
			r.at = inPart
			r.drop(s)
			return
		}
		put(r.reader, s, r.to.parties, doc.Party{Role: r.text(s, 1), Name: r.text(s, 2), IDQualifier: r.text(s, 3), ID: r.text(s, 4)})
		r.party = &(*r.to.parties)[len(*r.to.parties)-1]
	case "TD5":
		if r.order >= 0 || d.Carrier != (doc.Carrier{}) {
			r.drop(s)
			return
		}
		d.Carrier = doc.Carrier{Code: r.text(s, 3), Mode: r.text(s, 4), Name: r.text(s, 5)}
	case "LX":
		r.at = inPart
		r.drop(s)
	case "N2", "N3", "N4", "ST", "SE", "LM", "SLN":
		r.common(s)
	default:
		r.drop(s)
	}
}

// put adds to a list, or tells that there is none.
func put[T any](r *reader, s *x12.Segment, list *[]T, v T) {
	if list == nil {
		r.drop(s)
		return
	}
	*list = append(*list, v)
}

// level begins an order, or an item of one. An item under no order is put under one
// of its own, whose number its PRF gives.
func (r *statusReader) level(s *x12.Segment) {
	r.state, r.deep, r.item, r.open, r.after = nil, false, nil, false, false
	r.at, r.line, r.party = inHeader, nil, nil
	at, known := r.orders[r.text(s, 2)]
	kind := r.text(s, 3)
	if kind == "O" || !known {
		r.d.Orders = append(r.d.Orders, doc.StatusOrder{})
		at = len(r.d.Orders) - 1
	}
	r.order = at
	r.orders[r.text(s, 1)] = at
	o := &r.d.Orders[at]
	r.to = sink{&o.Dates, &o.Refs, &o.Parties, &o.Contacts, &o.States}
	switch kind {
	case "O":
	case "I":
		o.Levels = true
		r.add(doc.Line{})
		r.open = true
	default:
		r.note("translate.not_carried", s, 3, kind)
	}
}

// regular says whether the tree is one that is written: orders, each with PO1 below it or
// with an item a level.
func (r *statusReader) regular() bool {
	order, kind, levels, items := "", "", false, 0 // of the last order; of the last level
	for i := range r.set.Segments {
		s := &r.set.Segments[i]
		switch s.ID() {
		case "HL":
			if kind == "I" && items != 1 {
				return false
			}
			kind = r.text(s, 3)
			switch up := r.text(s, 2); {
			case kind == "O" && up == "":
				order, levels = r.text(s, 1), false
			case kind == "I" && up == order && order != "" && (levels || items == 0):
				levels = true
			default:
				return false
			}
			items = 0
		case "PO1":
			items++
		}
	}
	return kind != "I" || items == 1
}

func (r *statusReader) add(l doc.Line) {
	o := &r.d.Orders[r.order]
	o.Lines = append(o.Lines, doc.StatusLine{Line: l})
	r.item = &o.Lines[len(o.Lines)-1]
	r.newLine(&r.item.Line)
	r.to = sink{dates: &r.item.Dates, refs: &r.item.Refs, parties: &r.item.Parties, states: &r.item.States}
}

// orderItem reads PO1. The first in a level of an item is that item.
func (r *statusReader) orderItem(s *x12.Segment) {
	if r.order < 0 {
		r.drop(s)
		return
	}
	r.state, r.deep, r.after = nil, false, false
	l := r.orderLine(s)
	if !r.open {
		r.add(l)
		return
	}
	r.open = false
	l.Dates, l.Refs, l.Parties = r.item.Dates, r.item.Refs, r.item.Parties
	r.item.Line = l
	r.newLine(&r.item.Line)
}

// begin reads ISR.
func (r *statusReader) begin(s *x12.Segment) {
	if r.to.states == nil {
		r.drop(s)
		return
	}
	r.at, r.party, r.after = inHeader, nil, false
	if r.item != nil {
		r.at = inLine
	}
	r.beyond(s, 3)
	*r.to.states = append(*r.to.states, doc.State{Code: r.text(s, 1), Date: r.date(s, 2), Reason: r.text(s, 3)})
	r.state = &(*r.to.states)[len(*r.to.states)-1]
	r.deep = r.item != nil && !r.open
}

func (r *statusReader) prf(s *x12.Segment) {
	if r.order < 0 {
		r.drop(s)
		return
	}
	o := &r.d.Orders[r.order]
	switch n := r.text(s, 1); o.Number {
	case "":
		o.Number, o.Release, o.Date = n, r.text(s, 2), r.date(s, 4)
	case n:
	default:
		r.drop(s)
	}
}

// WriteOrderStatus makes the body of an 870. Items stand as PO1 under their order, or, if
// one of them has dates, references or parties, each at a level of its own.
func WriteOrderStatus(d *doc.OrderStatus, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("870", version)
	b.add("BSR", d.Report, d.Scope, d.Number, b.date(d.Date), "", "", b.clock(d.Time), d.Inquiry, b.date(d.InquiryDate))
	b.carrier(d.Carrier)
	b.dates(d.Dates)
	b.refs(d.Refs)
	b.parties(d.Parties)
	b.left("BSR", 0, d.Currency)
	for _, c := range d.Contacts {
		b.left("BSR", 0, c.Name)
	}
	b.leftHead("BSR", &d.Header)
	w := &levels{builder: b}
	lines := 0
	for i := range d.Orders {
		o := &d.Orders[i]
		own := o.Levels && len(o.Lines) > 0
		for k := range o.Lines {
			l := &o.Lines[k]
			own = own || len(l.Dates)+len(l.Refs)+len(l.Parties) > 0
		}
		id := w.open(0, "O", own)
		b.add("PRF", o.Number, o.Release, "", b.date(o.Date))
		b.states(o.States, false)
		b.contacts(o.Contacts)
		b.dates(o.Dates)
		b.refs(o.Refs)
		b.parties(o.Parties)
		for k := range o.Lines {
			l := &o.Lines[k]
			if own {
				w.open(id, "I", false)
				b.dates(l.Dates)
				b.refs(l.Refs)
				b.parties(l.Parties)
			}
			b.statusLine(l)
			lines++
		}
	}
	b.add("CTT", strconv.Itoa(lines))
	return b.body, b.findings
}

func (b *builder) statusLine(l *doc.StatusLine) {
	b.head("PO1", &l.Line)
	for _, part := range b.chunks("PID", l.Description, 80) {
		b.add("PID", "F", "", "", "", part)
	}
	b.states(l.States, true)
	b.left("PO1", 0, string(l.Pack))
	for _, a := range l.Allowances {
		b.left("PO1", 0, or(string(a.Amount), string(a.Percent)))
	}
	b.leftLine("PO1", &l.Line)
}

// states writes ISR loops. Dates and references have a place only below a line.
func (b *builder) states(list []doc.State, ofLine bool) {
	for _, s := range list {
		b.add("ISR", s.Code, b.date(s.Date), s.Reason)
		for _, part := range b.chunks("PID", s.Text, 80) {
			b.add("PID", "F", "", "", "", part)
		}
		for _, n := range s.Quantities {
			b.add("QTY", n.Qualifier, string(n.Quantity), n.Unit)
		}
		if ofLine {
			b.dates(s.Dates)
			b.refs(s.Refs)
			continue
		}
		for _, d := range s.Dates {
			b.left("ISR", 0, d.Date)
		}
		for _, r := range s.Refs {
			b.left("ISR", 0, r.Value)
		}
	}
}

// status tells of a report: which orders, and how many of their lines are waited for.
func (f *facts) status(d *doc.OrderStatus) {
	f.text("number", d.Number)
	f.date("date", d.Date)
	f.head(&d.Header)
	lines, waiting := 0, 0
	for i := range d.Orders {
		o := &d.Orders[i]
		f.text("order", o.Number)
		lines += len(o.Lines)
		for k := range o.Lines {
			for _, s := range o.Lines[k].States {
				if s.Code == "BO" {
					waiting++
					break
				}
			}
		}
	}
	f.lines(lines)
	f.some("waiting", waiting)
}
