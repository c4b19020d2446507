package translate

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
)

// The kinds of pack of 7065 that X12's levels tell apart.
var unPacks = map[string]string{"201": "T", "202": "T", "200": "T", "PX": "T", "CT": "P", "CS": "P", "BX": "P"}

// readDESADV reads a DESADV as the notice that an 856 would be. Packs are CPS levels
// with an SSCC in GIN BJ; the order of a line is its RFF ON, else that of the head.
func readDESADV(set *schema.Set) (*doc.ShipNotice, []wire.Finding) {
	d := &doc.ShipNotice{Orders: []doc.ShippedOrder{}}
	r := newUnReader(set, &d.Header)
	levels := map[string]*level{}
	var all []*level
	var at *level
	var lines []*level
	order := doc.ShippedOrder{} // of the head
	numbers := map[*level]string{}
	transport := false
	var frees [][2]*level // a line and what is given with it
	for i := range set.Un {
		s := &set.Un[i]
		tag := string(s.TagBytes())
		if tag != "LOC" && tag != "DTM" && tag != "TDT" {
			transport = false
		}
		switch tag {
		case "UNH", "UNT":
		case "BGM":
			d.Number, d.Purpose = r.get(s, 2, 1), twin(unPurposes, r.get(s, 3, 1))
		case "CPS":
			at = &level{kind: "S", parent: levels[r.get(s, 2, 1)]}
			levels[r.get(s, 1, 1)] = at
			all = append(all, at)
			r.line, r.party, r.part, r.group = nil, nil, false, true
		case "PAC":
			if at == nil || r.line != nil {
				r.drop(s)
				continue
			}
			kind := unPacks[r.get(s, 3, 1)]
			switch {
			case at.parent == nil && len(all) == 1 || kind == "":
				d.Loads = append(d.Loads, doc.ShipmentCount{Packaging: r.get(s, 3, 1), Count: r.number(s, 1, 1)})
			default:
				at.pack = &doc.Pack{Kind: kind}
			}
		case "PCI":
		case "GIN":
			if at == nil || at.pack == nil || at.pack.SSCC != "" || r.get(s, 1, 1) != "BJ" {
				r.drop(s)
				continue
			}
			at.pack.SSCC = r.get(s, 2, 1)
		case "LIN":
			l := &level{kind: "I", parent: at, line: &doc.ShipLine{}}
			l.line.Number = r.get(s, 1, 1)
			all, lines = append(all, l), append(lines, l)
			r.open(&l.line.Line)
			r.item(r.get(s, 3, 1), r.get(s, 3, 2))
		case "QTY":
			if r.line != nil && r.get(s, 1, 1) == "192" {
				of := lines[len(lines)-1]
				n, unit := r.number(s, 1, 2), twin(unUnits, r.get(s, 1, 3))
				if of.line.Quantity == "" && of.line.Ordered == "" {
					of.line.Quantity, of.line.Unit, of.line.PriceBasis = n, unit, doc.NoCharge
					continue
				}
				free := &level{kind: "I", parent: at, line: &doc.ShipLine{Line: given(&of.line.Line, n, unit)}}
				free.line.Price = ""
				frees = append(frees, [2]*level{of, free})
				continue
			}
			if r.line == nil || r.get(s, 1, 1) != "12" && r.get(s, 1, 1) != "21" {
				r.drop(s)
				continue
			}
			l := lines[len(lines)-1].line
			if r.get(s, 1, 1) == "21" {
				if l.Ordered = r.number(s, 1, 2); l.Unit == "" {
					l.Unit = twin(unUnits, r.get(s, 1, 3))
				} else if u := twin(unUnits, r.get(s, 1, 3)); u != "" && u != l.Unit {
					r.note("translate.not_carried", s, 1, 3, r.get(s, 1, 3))
				}
			} else {
				l.Quantity, l.Unit = r.number(s, 1, 2), twin(unUnits, r.get(s, 1, 3))
			}
		case "RFF":
			switch {
			case r.get(s, 1, 1) == "ON" && r.line != nil:
				numbers[lines[len(lines)-1]] = r.get(s, 1, 2)
				r.group = true
			case r.get(s, 1, 1) == "ON" && r.party == nil && order.Number == "":
				order.Number, r.group = r.get(s, 1, 2), true
			case r.get(s, 1, 1) == "RE" && r.party == nil && r.line == nil && order.Release == "":
				order.Release, r.group = r.get(s, 1, 2), true
			default:
				r.ref(s)
			}
		case "TDT":
			if r.line != nil || d.Carrier != (doc.Carrier{}) {
				r.drop(s)
				continue
			}
			r.party, r.group, transport = nil, true, true
			d.Carrier = doc.Carrier{Code: r.get(s, 5, 1), Mode: twin(unModes, r.get(s, 3, 1)), Name: r.get(s, 5, 4)}
		case "DTM":
			q := r.get(s, 1, 1)
			switch {
			case q == "137" && r.line == nil && !r.group && r.party == nil && d.Date == "":
				d.Date, d.Time = r.when(s)
			case q == "171" && r.line == nil && r.party == nil && order.Date == "" && !transport:
				order.Date, _ = r.when(s)
			default:
				r.dtm(s)
			}
		case "CNT":
			r.part = false
		default:
			r.common(s)
		}
	}
	for _, f := range frees { // behind the line that they are given with
		f[1].line.Items, numbers[f[1]] = slices.Clone(f[0].line.Items), numbers[f[0]]
		lines = slices.Insert(lines, slices.Index(lines, f[0])+1, f[1])
		if numbers[f[1]] == "" {
			delete(numbers, f[1])
		}
		if d.LineCount > 0 {
			d.LineCount++
		}
	}
	byNumber := map[string]*level{}
	head := func(number string) *level {
		o := byNumber[number]
		if o == nil {
			o = &level{kind: "O", order: &doc.ShippedOrder{Number: number}}
			if number == order.Number {
				*o.order = order
			}
			byNumber[number] = o
		}
		return o
	}
	// Orders stand above everything: a line's chain of packs hangs below its order.
	var ordered []*level
	for _, l := range lines {
		number := order.Number
		if n := numbers[l]; n != "" {
			number = n
		}
		identify(&l.line.Line)
		o := head(number)
		if len(o.children) == 0 {
			ordered = append(ordered, o)
		}
		o.children = append(o.children, l)
	}
	// Loose lines stand before packs on the wire: the order of the head comes first.
	slices.SortStableFunc(ordered, func(a, b *level) int {
		return cmp.Compare(boolNumber(a.order.Number != order.Number), boolNumber(b.order.Number != order.Number))
	})
	var flat []*level
	for _, o := range ordered {
		own := o.children
		o.children = nil
		flat = append(flat, o)
		copies := map[*level]*level{}
		for _, l := range own {
			under(l, o, copies, &flat)
		}
	}
	assemble(d, flat)
	r.done()
	return d, r.findings
}

func boolNumber(b bool) int {
	if b {
		return 1
	}
	return 0
}

// under gives a copy of a level whose packs hang below an order, and lists it once,
// after those above it.
func under(l, order *level, copies map[*level]*level, flat *[]*level) *level {
	if c := copies[l]; c != nil {
		return c
	}
	c := &level{kind: l.kind, pack: l.pack, line: l.line, parent: order}
	if l.parent != nil {
		c.parent = under(l.parent, order, copies, flat)
	}
	copies[l] = c
	*flat = append(*flat, c)
	return c
}

// unModes are the modes of transport (8067) and their twins of TD504.
var (
	unModes  = map[string]string{"30": "M", "20": "R", "40": "A", "10": "S"}
	x12Modes = inverse(unModes)
)

// shipNotice writes DESADV: one CPS for the shipment, one for every pack below it.
// Lines outside packs stand under the first CPS, before any pack.
func (b *unBuilder) shipNotice(d *doc.ShipNotice) {
	b.add("BGM", "351", b.free("BGM", 2, d.Number, 35), twin(x12Purposes, d.Purpose))
	b.dtm("137", d.Date, d.Time)
	b.dates(d.Dates)
	var first doc.ShippedOrder
	if len(d.Orders) > 0 {
		first = d.Orders[0]
	}
	b.rff("ON", first.Number)
	if first.Number != "" {
		b.dtm("171", first.Date, "")
	}
	b.rff("RE", first.Release)
	b.refs(d.Refs)
	b.parties(d.Parties)
	b.carrier(d.Carrier)
	for _, n := range d.Notes {
		b.left("FTX", 4, n)
	}
	b.add("CPS", "1")
	for _, l := range d.Loads {
		b.add("PAC", string(l.Count), "", l.Packaging)
		b.left("PAC", 1, string(l.Weight))
	}
	count, cps := 0, 1
	var before *doc.Line
	d.EachLine(func(_ *doc.ShippedOrder, l *doc.ShipLine) {
		if count++; before != nil && goesWith(before, &l.Line) {
			count--
		}
		before = &l.Line
	})
	for i := range d.Orders {
		o := &d.Orders[i]
		for _, f := range o.Refs {
			b.left("RFF", 1, f.Value)
		}
		b.shipLines(o, o.Lines)
	}
	var packs func(o *doc.ShippedOrder, parent int, list []doc.Pack)
	packs = func(o *doc.ShippedOrder, parent int, list []doc.Pack) {
		for i := range list {
			p := &list[i]
			cps++
			id := cps
			b.add("CPS", strconv.Itoa(id), strconv.Itoa(parent))
			kind := "201"
			if p.Kind == "P" {
				kind = "CT"
			}
			b.add("PAC", "1", "", kind)
			if p.SSCC != "" {
				b.add("PCI", "33E")
				b.add("GIN", "BJ", strings.TrimSpace(p.SSCC))
			}
			b.shipLines(o, p.Lines)
			packs(o, id, p.Packs)
		}
	}
	for i := range d.Orders {
		packs(&d.Orders[i], 1, d.Orders[i].Packs)
	}
	b.count(count)
}

func (b *unBuilder) shipLines(o *doc.ShippedOrder, list []doc.ShipLine) {
	for i := range list {
		l := &list[i]
		if i > 0 && goesWith(&list[i-1].Line, &l.Line) {
			continue
		}
		b.lin(&l.Line, "")
		if kind := "12"; l.PriceBasis == doc.NoCharge {
			b.qty("192", l.Quantity, l.Unit)
		} else {
			b.qty(kind, l.Quantity, l.Unit)
			b.qty("21", l.Ordered, l.Unit)
		}
		if i+1 < len(list) && goesWith(&l.Line, &list[i+1].Line) {
			b.qty("192", list[i+1].Quantity, list[i+1].Unit)
		}
		b.dates(l.Dates)
		b.rff("ON", o.Number)
		b.refs(l.Refs)
	}
}
