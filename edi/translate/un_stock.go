package translate

import (
	"fmt"
	"slices"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
)

// Quantities of stock and of ordering: 6063 with its twin of 673. The lists share numbers
// that mean other things, so that a code without a twin is never passed on as one.
var (
	unStock  = map[string]string{"145": "33", "17": "17", "21": "63", "66": "27", "20": "20", "53": "57", "54": "70"}
	x12Stock = inverse(unStock)
)

// The places of goods of 3227: a warehouse, or where the goods are.
var unStores = map[string]string{"18": "WH", "14": "WH"}

func (r *unReader) stock(s *edifact.Segment) doc.StockQuantity {
	q := doc.StockQuantity{Quantity: r.number(s, 1, 2), Unit: twin(unUnits, r.get(s, 1, 3))}
	if t, ok := unStock[r.get(s, 1, 1)]; ok {
		q.Qualifier = t
	} else {
		q.Code = r.get(s, 1, 1)
	}
	return q
}

// stock writes QTY; one that EDIFACT has no code for is told and left out.
func (b *unBuilder) stock(q *doc.StockQuantity) (code string, ok bool) {
	code = q.Code
	if code == "" {
		if code, ok = x12Stock[q.Qualifier]; !ok {
			b.left("QTY", 1, q.Qualifier+" "+string(q.Quantity))
			for _, v := range restOfQuantity(q) {
				b.left("QTY", 1, v)
			}
			return "", false
		}
	}
	return code, true
}

// stockReader reads INVRPT: quantities with their INV, in either order. A quantity with a
// place of its own goes to a line for that place.
type stockReader struct {
	unReader
	d     *doc.Inventory
	first int // the first line of the LIN that is read
	line  int // the line that q belongs to; -1 in the head
	q     int // the quantity that segments belong to; -1 for none
	inv   *doc.StockQuantity
	late  bool // INV stands before QTY
	price bool
	packs bool // in the packages of a quantity
	// moved are the lines of this LIN by the line a quantity came from and the place.
	moved map[string]int
	// emptied are lines whose quantities all went to lines of places.
	emptied map[int]bool
}

func readINVRPT(set *schema.Set) (*doc.Inventory, []wire.Finding) {
	d := &doc.Inventory{Lines: []doc.StockLine{}}
	r := &stockReader{unReader: *newUnReader(set, &d.Header), d: d, line: -1, q: -1, emptied: map[int]bool{}, late: set.Message.Release != "96A"}
	for i := range set.Un {
		r.segment(&set.Un[i])
	}
	rest := d.Lines[:0]
	for i := range d.Lines {
		identify(&d.Lines[i].Line)
		if l := d.Lines[i]; len(l.Quantities) > 0 || !r.emptied[i] {
			rest = append(rest, l)
		}
	}
	d.Lines = rest
	r.keepShape(d)
	r.done()
	return d, r.findings
}

func (r *stockReader) quantity() *doc.StockQuantity {
	if r.line < 0 || r.q < 0 {
		return nil
	}
	return &r.d.Lines[r.line].Quantities[r.q]
}

func (r *stockReader) segment(s *edifact.Segment) {
	q := r.quantity()
	tag := string(s.TagBytes())
	if tag == "PAC" {
		r.packs = true
	} else if tag != "MEA" && tag != "QTY" {
		r.packs = false
	}
	switch tag {
	case "UNH", "UNT":
	case "BGM":
		r.d.Number, r.d.Purpose = r.get(s, 2, 1), twin(unPurposes, r.get(s, 3, 1))
	case "LIN":
		r.d.Lines = append(r.d.Lines, doc.StockLine{Line: doc.Line{Number: r.get(s, 1, 1)}})
		r.line, r.q, r.inv = len(r.d.Lines)-1, -1, nil
		r.first, r.moved = r.line, map[string]int{}
		r.open(&r.d.Lines[r.line].Line)
		r.item(r.get(s, 3, 1), r.get(s, 3, 2))
	case "INV":
		v := &doc.StockQuantity{Movement: r.get(s, 1, 1), State: r.get(s, 2, 1), Reason: r.get(s, 3, 1), Balance: r.get(s, 4, 1)}
		if r.late {
			r.inv = v
		} else if q != nil {
			q.Movement, q.State, q.Reason, q.Balance = v.Movement, v.State, v.Reason, v.Balance
		}
		if s.El(5, 1) != nil {
			r.note("translate.not_carried", s, 5, 1, r.get(s, 5, 1))
		}
	case "QTY":
		if r.line < 0 || r.packs {
			r.drop(s)
			return
		}
		r.add(s)
	case "LOC":
		r.location(s, q)
	case "NAD":
		if q == nil {
			r.nad(s)
			return
		}
		one := &doc.Line{}
		r.unReader.line = one
		r.nad(s)
		r.move(one.Parties[0])
	case "PRI":
		if q == nil {
			r.drop(s)
			return
		}
		r.party, r.group, r.price = nil, true, true
		p := r.priceOf(s)
		if p.Kind == "NET" {
			p.Kind = ""
		}
		q.Prices = append(q.Prices, p)
	case "CUX":
		if q == nil {
			r.common(s)
		} else if n := len(q.Prices); n > 0 && r.price {
			q.Prices[n-1].Currency = r.get(s, 1, 2)
		} else {
			r.drop(s)
		}
	case "RFF":
		if q == nil {
			r.ref(s)
			return
		}
		r.group, r.price = true, false
		q.Refs = append(q.Refs, doc.Ref{Qualifier: twin(unRefs, r.get(s, 1, 1)), Value: r.get(s, 1, 2)})
	case "DTM":
		r.date(s, q)
	case "CPS":
		r.part = true
		r.drop(s)
	default:
		r.common(s)
	}
}

// add takes a QTY to the line of its LIN; what follows it is its own.
func (r *stockReader) add(s *edifact.Segment) {
	r.line = r.first
	l := &r.d.Lines[r.line]
	r.open(&l.Line)
	v := r.stock(s)
	if r.inv != nil {
		v.Movement, v.State, v.Reason, v.Balance = r.inv.Movement, r.inv.State, r.inv.Reason, r.inv.Balance
	}
	l.Quantities = append(l.Quantities, v)
	r.q, r.inv, r.price = len(l.Quantities)-1, nil, false
}

// location is a place of a party, of a line or of a quantity.
func (r *stockReader) location(s *edifact.Segment, q *doc.StockQuantity) {
	role, ok := unStores[r.get(s, 1, 1)]
	if r.line < 0 || !ok || r.get(s, 2, 1)+r.get(s, 2, 4) == "" || r.part {
		r.drop(s)
		return
	}
	p := doc.Party{Role: role, ID: r.get(s, 2, 1), Name: r.get(s, 2, 4)}
	if p.ID != "" {
		p.IDQualifier = twin(unLists, r.get(s, 2, 3))
	}
	if q == nil {
		l := &r.d.Lines[r.line]
		l.Parties = append(l.Parties, p)
		return
	}
	r.move(p)
}

// move takes the quantity to the line of the same LIN that is for a place.
func (r *stockReader) move(p doc.Party) {
	from := &r.d.Lines[r.line]
	v := from.Quantities[r.q]
	from.Quantities = from.Quantities[:r.q]
	r.emptied[r.line] = true
	key := fmt.Sprintf("%d %+v", r.line, p)
	at, ok := r.moved[key]
	if !ok {
		base := r.d.Lines[r.line]
		base.Parties, base.Quantities = slices.Concat(base.Parties, []doc.Party{p}), nil
		r.d.Lines = append(r.d.Lines, base)
		at = len(r.d.Lines) - 1
		r.moved[key] = at
	}
	r.line = at
	l := &r.d.Lines[r.line]
	l.Quantities = append(l.Quantities, v)
	r.q = len(l.Quantities) - 1
	r.open(&l.Line)
}

func (r *stockReader) date(s *edifact.Segment, q *doc.StockQuantity) {
	switch {
	case q != nil && (r.group || r.party != nil || r.part):
		r.drop(s)
	case q != nil:
		if date, clock := r.when(s); date != "" {
			q.Dates = append(q.Dates, doc.Date{Qualifier: dateQualifier(r.get(s, 1, 1)), Date: date, Time: clock})
		}
	case r.line < 0 && !r.group && r.party == nil && !r.part && r.get(s, 1, 1) == "137" && r.d.Date == "":
		r.d.Date, r.d.Time = r.when(s)
	case r.line < 0 && !r.group && r.party == nil && !r.part && r.period(s, &r.d.Period, true):
	default:
		r.dtm(s)
	}
}

// inventory writes INVRPT. The place of a line is LOC 18; in D01B an INV leads each
// quantity.
func (b *unBuilder) inventory(d *doc.Inventory) {
	early := b.body.ID.Release == "96A"
	b.add("BGM", "35", b.free("BGM", 2, d.Number, 35), twin(x12Purposes, d.Purpose))
	if !early {
		b.notes(d.Notes)
	}
	b.dtm("137", d.Date, d.Time)
	b.period(d.Period)
	b.dates(d.Dates)
	b.refs(d.Refs)
	b.parties(d.Parties)
	if d.Currency != "" {
		b.add("CUX", edifact.C("2", d.Currency, "10"))
	}
	b.leave(&d.Header)
	b.left("BGM", 1, d.Type)
	if early {
		for _, n := range d.Notes {
			b.left("FTX", 4, n)
		}
	}
	for i := range d.Lines {
		l := &d.Lines[i]
		b.lin(&l.Line, "")
		var others []doc.Party
		for _, p := range b.bare(l.Parties, false) {
			if p.Role != "WH" {
				others = append(others, p)
				continue
			}
			b.add("LOC", "18", edifact.C(b.free("LOC", 2, p.ID, 25), "", twin(x12Lists, p.IDQualifier), b.free("LOC", 2, p.Name, 70)))
			for _, v := range append(append([]string{p.City, p.Region, p.Postcode, p.Country}, p.Address...), p.MoreNames...) {
				b.left("LOC", 2, v)
			}
		}
		b.dates(l.Dates)
		rest := *l
		if !early {
			b.notes(l.Notes)
			rest.Notes = nil
		}
		b.refs(l.Refs)
		for k := range l.Quantities {
			b.stockQuantity(&l.Quantities[k], others, early)
		}
		for _, p := range l.Places {
			b.left("QTY", 1, p.ID+" "+string(p.Quantity))
		}
		for _, v := range append(restOfLine(&rest.Line), string(l.Quantity), string(l.Price), string(l.Pack)) {
			b.left("LIN", 1, v)
		}
	}
}

// stockQuantity writes a QTY group; parties other than the place stand in each.
func (b *unBuilder) stockQuantity(q *doc.StockQuantity, parties []doc.Party, early bool) {
	code, ok := b.stock(q)
	if !ok {
		return
	}
	said := q.Movement+q.State+q.Reason+q.Balance != ""
	if !early {
		b.add("INV", q.Movement, q.State, q.Reason, q.Balance)
	}
	b.qty(code, q.Quantity, q.Unit)
	if early && said {
		b.add("INV", q.Movement, q.State, q.Reason, q.Balance)
	}
	b.dates(q.Dates)
	b.parties(parties)
	for _, p := range q.Prices {
		b.pri(p)
		if p.Currency != "" {
			b.add("CUX", edifact.C("2", p.Currency))
		}
		for _, v := range []string{string(p.From), string(p.To), p.ValidFrom, p.ValidTo} {
			b.left("PRI", 1, v)
		}
		for _, t := range p.Dates {
			b.left("DTM", 1, t.Date)
		}
	}
	b.refs(q.Refs)
}
