package translate

import (
	"reflect"
	"slices"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
)

// sales are the quantities of an SLSRPT (6063) that are sales or returns, with their PTD01
// and 673. A 210, returned by the consumer, keeps its code beside.
var sales = map[string][2]string{"153": {"SS", "32"}, "61": {"BN", "76"}, "210": {"BN", "76"}}

// unSellDates are dates of a sale with their twins: invoiced and sold.
var (
	unSellDates  = map[string]string{"3": "003", "356": "006"}
	x12SellDates = inverse(unSellDates)
)

// sellReader reads SLSRPT in both of its orders: lines below places of sale, and places
// below lines (after GIS).
type sellReader struct {
	unReader
	d           *doc.SellThrough
	place, item doc.SellLine // what stands once for a LOC, for a LIN
	line        *doc.SellLine
	at          *doc.SellLine // the one that segments now belong to
	byLine      bool
	early       bool             // D96A: no references of parties
	lonely      *edifact.Segment // a LIN without a quantity yet
	promotion   bool             // the line stands for QTY 26 alone so far
}

// readSLSRPT reads an SLSRPT as the report that an 867 would be.
func readSLSRPT(set *schema.Set) (*doc.SellThrough, []wire.Finding) {
	d := &doc.SellThrough{Lines: []doc.SellLine{}}
	r := &sellReader{unReader: *newUnReader(set, &d.Header), d: d, early: set.Message.Release == "96A"}
	for i := range set.Un {
		r.segment(&set.Un[i])
	}
	r.lonesome()
	for i := range d.Lines {
		identify(&d.Lines[i].Line)
		firstPrice(&d.Lines[i].Line, d.Lines[i].Prices)
	}
	r.keepShape(d)
	r.done()
	return d, r.findings
}

func (r *sellReader) lonesome() {
	if r.lonely != nil {
		r.drop(r.lonely)
		r.lonely = nil
	}
}

// begin makes a template the one that segments belong to.
func (r *sellReader) begin(l *doc.SellLine) {
	r.at, r.line = l, nil
	r.open(&l.Line)
}

func (r *sellReader) segment(s *edifact.Segment) {
	switch string(s.TagBytes()) {
	case "UNH", "UNT":
	case "BGM":
		r.d.Number, r.d.Purpose = r.get(s, 2, 1), twin(unPurposes, r.get(s, 3, 1))
	case "GIS":
		r.byLine = true
		r.place = doc.SellLine{}
	case "LOC":
		r.place = doc.SellLine{}
		if p := r.store(s); p != nil {
			r.place.Parties = []doc.Party{*p}
		}
		r.begin(&r.place)
	case "LIN":
		r.lonesome()
		r.lonely = s
		if r.byLine {
			r.place = doc.SellLine{}
		}
		r.item = doc.SellLine{Line: doc.Line{Number: r.get(s, 1, 1)}}
		r.begin(&r.item)
		r.unReader.item(r.get(s, 3, 1), r.get(s, 3, 2))
	case "QTY":
		r.quantity(s)
	case "PRI":
		if r.at == nil || r.at == &r.place {
			r.drop(s)
			return
		}
		p := r.priceOf(s)
		if p.Kind == "NET" { // what an 867 does not tell apart
			p.Kind = ""
		}
		r.at.Prices = append(r.at.Prices, p)
	case "CUX":
		if r.at == nil {
			r.common(s)
		} else if n := len(r.at.Prices); n > 0 && r.at != &r.place {
			r.at.Prices[n-1].Currency = r.get(s, 1, 2)
		} else {
			r.drop(s)
		}
	case "MOA":
		if r.at == nil {
			r.d.Amounts = append(r.d.Amounts, r.amountOf(s))
			return
		}
		r.at.Amounts = append(r.at.Amounts, r.amountOf(s))
	case "DTM":
		r.date(s)
	case "RFF":
		if r.at != nil || r.early {
			r.party = nil
		}
		if r.at == nil && r.party == nil && r.get(s, 1, 1) == "ACW" && r.d.Replaces == "" {
			r.d.Replaces, r.group = r.get(s, 1, 2), true
			return
		}
		r.ref(s)
	case "NAD":
		if r.at == &r.place || r.at == &r.item {
			r.drop(s)
			return
		}
		r.nad(s)
	case "UNS":
		r.lonesome()
		r.at, r.line = nil, nil
		r.close()
	default:
		r.common(s)
	}
}

// store is the place of sale of a LOC, nil where it is the reporter's own.
func (r *sellReader) store(s *edifact.Segment) *doc.Party {
	p := &doc.Party{Role: "SN", ID: r.get(s, 2, 1), Name: r.get(s, 2, 4)}
	if q := r.get(s, 1, 1); q != "162" {
		r.note("translate.not_carried", s, 1, 1, q)
	}
	if p.ID != "" {
		p.IDQualifier = twin(unLists, r.get(s, 2, 3))
	}
	own := r.d.Reporter()
	switch {
	case p.ID == "" && p.Name == "", own != nil && p.ID != "" && own.ID == p.ID, own != nil && p.ID == "" && own.ID == "" && own.Name == p.Name:
		return nil
	}
	return p
}

func (r *sellReader) date(s *edifact.Segment) {
	q := r.get(s, 1, 1)
	if r.at == nil {
		if r.summary || r.party != nil || r.group || r.part {
			r.dtm(s)
			return
		}
		if q == "137" && r.d.Date == "" {
			r.d.Date, r.d.Time = r.when(s)
		} else if !r.unReader.period(s, &r.d.Period, true) {
			r.dtm(s)
		}
		return
	}
	r.party = nil
	if r.group && r.at == &r.place && !r.byLine {
		r.drop(s) // of a reference
		return
	}
	r.group = false
	if r.unReader.period(s, &r.at.Period, false) {
		return
	}
	if t, ok := unSellDates[q]; ok {
		if date, clock := r.when(s); date != "" {
			r.at.Dates = append(r.at.Dates, doc.Date{Qualifier: t, Date: date, Time: clock})
		}
		return
	}
	r.dtm(s)
}

// quantity makes a line of a quantity sold or returned. What was sold on promotion is part
// of the quantity sold where both are there, else it is that quantity.
func (r *sellReader) quantity(s *edifact.Segment) {
	code, n, unit := r.get(s, 1, 1), r.number(s, 1, 2), twin(unUnits, r.get(s, 1, 3))
	means, known := sales[code]
	switch {
	case r.at == nil || !known && code != "26":
		r.drop(s)
		return
	case code == "26" && r.line != nil && r.line.Kind == doc.KindSale && r.line.OnPromotion == "":
		r.line.OnPromotion = n
		return
	case code == "153" && r.line != nil && r.promotion:
		r.line.Quantity, r.line.Unit, r.promotion = n, unit, false
		return
	case code == "26":
		means = sales["153"]
	}
	r.lonely = nil
	l := sameDetail(&r.item)
	l.Refs, l.Dates, l.Parties = joined(r.place.Refs, l.Refs), joined(r.place.Dates, l.Dates), slices.Clip(r.place.Parties)
	if l.Period == (doc.Period{}) {
		l.Period = r.place.Period
	}
	l.Amounts = append(r.place.Amounts, r.item.Amounts...)
	r.place.Amounts, r.item.Amounts = nil, nil // said once, for the first quantity
	l.Movement, l.Measure, l.Quantity, l.Unit = means[0], means[1], n, unit
	l.Kind = doc.KindOf(l.Movement)
	if code == "210" {
		l.Code = code
	}
	if r.promotion = code == "26"; r.promotion {
		l.OnPromotion = n
	}
	r.d.Lines = append(r.d.Lines, l)
	at := &r.d.Lines[len(r.d.Lines)-1]
	r.begin(at)
	r.line = at
}

// sellThrough writes SLSRPT by place of sale. Moves and adjustments are no sales and have
// no place; they are told and left out.
func (b *unBuilder) sellThrough(d *doc.SellThrough) {
	early := b.body.ID.Release == "96A"
	b.add("BGM", edifact.C("73E", "", "9"), b.free("BGM", 2, d.Number, 35), twin(x12Purposes, d.Purpose))
	b.dtm("137", d.Date, d.Time)
	b.period(d.Period)
	b.dates(d.Dates)
	if early {
		b.parties(b.bare(d.Parties, true))
	}
	b.rff("ACW", d.Replaces)
	b.refs(d.Refs)
	if !early {
		for _, p := range d.Parties { // contacts stand before references here
			refs := p.Refs
			p.Refs = nil
			b.parties([]doc.Party{p})
			b.refs(refs)
		}
	}
	if d.Currency != "" {
		b.add("CUX", edifact.C("2", d.Currency, "10"))
	}
	b.leave(&d.Header)
	b.left("BGM", 1, d.Type)
	for _, n := range d.Notes {
		b.left("BGM", 1, n)
	}
	var last *doc.SellLine
	for i := range d.Lines {
		l := &d.Lines[i]
		if l.Kind != doc.KindSale && l.Kind != doc.KindReturn {
			b.left("QTY", 1, l.Movement+" "+string(l.Quantity))
			continue
		}
		if last == nil || !samePlace(last, l) {
			b.location(d, l)
		}
		last = l
		b.sellLine(l, early)
	}
	if early {
		for _, a := range d.Amounts {
			b.left("MOA", 1, string(a.Amount))
		}
		return
	}
	b.add("UNS", "S")
	b.amounts(d.Amounts)
}

// bare gives parties without what stands below a NAD, which is told.
func (b *unBuilder) bare(list []doc.Party, contacts bool) []doc.Party {
	out := slices.Clone(list)
	for i := range out {
		for _, f := range out[i].Refs {
			b.left("RFF", 1, f.Value)
		}
		out[i].Refs = nil
		if contacts {
			continue
		}
		for _, c := range out[i].Contacts {
			b.left("CTA", 2, or(c.Name, c.Function))
		}
		out[i].Contacts = nil
	}
	return out
}

func storeOf(l *doc.SellLine) int {
	return slices.IndexFunc(l.Parties, func(p doc.Party) bool { return p.Role == "SN" })
}

func samePlace(a, b *doc.SellLine) bool {
	i, k := storeOf(a), storeOf(b)
	if (i < 0) != (k < 0) || i >= 0 && !reflect.DeepEqual(a.Parties[i], b.Parties[k]) {
		return false
	}
	return a.Period == b.Period && reflect.DeepEqual(a.Dates, b.Dates)
}

// location writes the place of sale of a line with its dates; the reporter's own where
// the line names none.
func (b *unBuilder) location(d *doc.SellThrough, l *doc.SellLine) {
	at := d.Reporter()
	if i := storeOf(l); i >= 0 {
		at = &l.Parties[i]
		for _, v := range append(append([]string{at.City, at.Region, at.Postcode, at.Country}, at.Address...), at.MoreNames...) {
			b.left("LOC", 2, v)
		}
	}
	place := []string{}
	if at != nil {
		list := ""
		if at.ID != "" {
			list = twin(x12Lists, at.IDQualifier)
		}
		name := ""
		if at.Role == "SN" || at.ID == "" {
			name = b.free("LOC", 2, at.Name, 70)
		}
		place = edifact.C(b.free("LOC", 2, at.ID, 25), "", list, name)
	}
	b.add("LOC", "162", place)
	b.period(l.Period)
	for _, t := range l.Dates {
		b.left("DTM", 1, t.Zone)
		if q, ok := x12SellDates[t.Qualifier]; ok {
			b.dtm(q, t.Date, t.Time)
			continue
		}
		b.dtm(unDateQualifier(t.Qualifier), t.Date, t.Time)
	}
}

func (b *unBuilder) sellLine(l *doc.SellLine, early bool) {
	b.lin(&l.Line, "")
	b.refs(l.Refs)
	b.amounts(l.Amounts)
	for _, p := range pricesOf(&l.Line, l.Prices) {
		b.pri(p)
		for _, v := range []string{string(p.From), string(p.To), p.ValidFrom, p.ValidTo} {
			b.left("PRI", 1, v)
		}
		for _, t := range p.Dates {
			b.left("DTM", 1, t.Date)
		}
		switch {
		case p.Currency != "" && early:
			b.left("CUX", 1, p.Currency)
		case p.Currency != "":
			b.add("CUX", edifact.C("2", p.Currency))
		}
	}
	code, movement := "153", "SS"
	if l.Kind == doc.KindReturn {
		code, movement = "61", "BN"
		if l.Code == "210" {
			code = "210"
		}
	}
	if l.Movement != movement {
		b.left("QTY", 1, l.Movement)
	}
	if l.Measure != "" && l.Measure != sales[code][1] {
		b.left("QTY", 1, l.Measure)
	}
	b.qty(code, l.Quantity, l.Unit)
	placed := false
	for _, p := range l.Parties {
		switch {
		case p.Role == "SN":
		case placed:
			b.left("NAD", 4, or(p.Name, p.ID))
		default:
			placed = true
			if p.Role == "EU" {
				p.Role = "UD"
			}
			b.parties(b.bare([]doc.Party{p}, false))
		}
	}
	b.qty("26", l.OnPromotion, l.Unit)
	b.left("QTY", 1, string(l.Pack))
	for _, v := range restOfLine(&l.Line) {
		b.left("LIN", 1, v)
	}
}
