package translate

import (
	"strconv"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// level is one HL of a ship notice.
type level struct {
	kind     string // S O T P I
	parent   *level
	order    *doc.ShippedOrder
	pack     *doc.Pack
	line     *doc.ShipLine
	children []*level
}

// ReadShipNotice reads an 856 in any order of levels, or a DESADV: a line belongs to
// the order above it and lies in the packs above it. A line under no order is put
// under one without a number.
func ReadShipNotice(set *schema.Set) (*doc.ShipNotice, []wire.Finding) {
	if set.Message != nil && set.Type == "DESADV" {
		return readDESADV(set)
	}
	d := &doc.ShipNotice{Orders: []doc.ShippedOrder{}}
	r := newReader(set, &d.Header)
	if !r.is("856") {
		return d, r.findings
	}
	levels := map[string]*level{}
	var all []*level
	var at *level
	for i := range set.Segments {
		s := &set.Segments[i]
		switch string(s.TagBytes()) {
		case "BSN":
			d.Purpose, d.Number, d.Date, d.Time, d.Structure = r.text(s, 1), r.text(s, 2), r.date(s, 3), clock(r.text(s, 4)), r.text(s, 5)
		case "HL":
			at = &level{kind: r.text(s, 3), parent: levels[r.text(s, 2)]}
			levels[r.text(s, 1)] = at
			all = append(all, at)
			r.at, r.line, r.party = inHeader, nil, nil
			switch at.kind {
			case "O":
				at.order = &doc.ShippedOrder{}
			case "T", "P":
				at.pack = &doc.Pack{Kind: at.kind}
			case "I":
				at.line = &doc.ShipLine{}
				r.newLine(&at.line.Line)
			case "S":
			default:
				r.drop(s)
			}
		case "PRF":
			if at == nil || at.order == nil {
				r.drop(s)
				continue
			}
			at.order.Number, at.order.Release, at.order.Date = r.text(s, 1), r.text(s, 2), r.date(s, 4)
		case "LIN":
			if at == nil || at.line == nil {
				r.drop(s)
				continue
			}
			at.line.Number, at.line.Items = r.text(s, 1), r.items(s, 2, 31)
			identify(&at.line.Line)
		case "SN1":
			if at == nil || at.line == nil {
				r.drop(s)
				continue
			}
			if n := r.text(s, 1); n != "" {
				at.line.Number = n
			}
			at.line.Quantity, at.line.Unit, at.line.Ordered = r.number(s, 2), r.text(s, 3), r.number(s, 5)
		case "MAN":
			if at == nil || at.pack == nil || at.pack.SSCC != "" || r.text(s, 1) != "GM" && r.text(s, 1) != "AA" {
				r.drop(s)
				continue
			}
			at.pack.SSCC = r.text(s, 2)
		case "TD1":
			if at == nil || at.kind != "S" {
				r.drop(s)
				continue
			}
			d.Loads = append(d.Loads, r.load(s))
		case "TD5":
			if at == nil || at.kind != "S" || d.Carrier != (doc.Carrier{}) {
				r.drop(s)
				continue
			}
			d.Carrier = doc.Carrier{Code: r.text(s, 3), Mode: r.text(s, 4), Name: r.text(s, 5)}
		case "REF":
			if at != nil && at.order != nil && r.party == nil {
				at.order.Refs = append(at.order.Refs, doc.Ref{Qualifier: r.text(s, 1), Value: r.text(s, 2), Text: r.text(s, 3)})
				continue
			}
			r.common(s)
		case "CTT":
			r.at, r.line, r.party = inSummary, nil, nil // it counts levels, not lines
		default:
			if !r.common(s) {
				r.drop(s)
			}
		}
	}
	assemble(d, all)
	r.done()
	return d, r.findings
}

// assemble hangs lines into packs and packs into orders. A pack above an order, or
// lines above packs, give the same document as the usual way round.
func assemble(d *doc.ShipNotice, all []*level) {
	type place struct {
		order *level
		packs string
	}
	root := &level{kind: "O", order: &doc.ShippedOrder{}}
	var orders []*level
	seen := map[*level]bool{}
	nodes := map[place]*level{}
	for _, l := range all {
		if l.order != nil {
			orders, seen[l] = append(orders, l), true
		}
	}
	ids := map[*level]string{}
	for i, l := range all {
		ids[l] = strconv.Itoa(i)
		if l.line == nil {
			continue
		}
		order, chain := root, []*level{}
		for up := l.parent; up != nil; up = up.parent {
			if up.pack != nil {
				chain = append([]*level{up}, chain...)
			}
			if up.order != nil && order == root {
				order = up
			}
		}
		if order == root && !seen[root] {
			orders, seen[root] = append(orders, root), true
		}
		// A pack under the line holds it (0002: order, item, pack).
		parent, path := order, ""
		for _, p := range chain {
			path += "/" + ids[p]
			node := nodes[place{order, path}]
			if node == nil {
				node = &level{pack: &doc.Pack{Kind: p.pack.Kind, SSCC: p.pack.SSCC}}
				nodes[place{order, path}] = node
				parent.children = append(parent.children, node)
			}
			parent = node
		}
		parent.children = append(parent.children, l)
	}
	for _, o := range orders {
		for _, c := range o.children {
			if c.line != nil {
				o.order.Lines = append(o.order.Lines, *c.line)
			} else if c.pack != nil {
				o.order.Packs = append(o.order.Packs, packed(c))
			}
		}
		d.Orders = append(d.Orders, *o.order)
	}
}

func packed(n *level) doc.Pack {
	p := *n.pack
	for _, c := range n.children {
		if c.line != nil {
			p.Lines = append(p.Lines, *c.line)
		} else if c.pack != nil {
			p.Packs = append(p.Packs, packed(c))
		}
	}
	return p
}

// WriteShipNotice makes the body of an 856: shipment, orders, packs, items, in that
// order (BSN05 0001, or 0004 where nothing is packed).
func WriteShipNotice(d *doc.ShipNotice, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("856", version)
	structure := "0004"
	for i := range d.Orders {
		if len(d.Orders[i].Packs) > 0 {
			structure = "0001"
		}
	}
	at := b.clock(d.Time)
	if at == "" {
		at = "0000"
	}
	b.add("BSN", d.Purpose, d.Number, b.date(d.Date), at, structure)
	w := &levels{builder: b}
	shipment := w.open(0, "S", true)
	b.loads(d.Loads)
	b.carrier(d.Carrier)
	b.refs(d.Refs)
	b.contacts(d.Contacts)
	b.dates(d.Dates)
	b.parties(d.Parties)
	if d.Currency != "" {
		b.add("CUR", "SE", d.Currency)
	}
	for _, n := range d.Notes {
		b.find("write.left_out", wire.Note, "HL", 1, n)
	}
	for i := range d.Orders {
		o := &d.Orders[i]
		id := w.open(shipment, "O", true)
		b.add("PRF", o.Number, o.Release, "", b.date(o.Date))
		b.refs(o.Refs)
		w.packs(id, o.Packs)
		w.lines(id, o.Lines)
	}
	b.add("CTT", strconv.Itoa(w.n))
	return b.body, b.findings
}

// levels numbers the HL of a notice.
type levels struct {
	*builder
	n int
}

// open writes an HL under a parent (0: none) and gives its number.
func (w *levels) open(parent int, kind string, children bool) int {
	w.n++
	up, below := "", "0"
	if parent > 0 {
		up = strconv.Itoa(parent)
	}
	if children {
		below = "1"
	}
	w.add("HL", strconv.Itoa(w.n), up, kind, below)
	return w.n
}

func (w *levels) packs(parent int, list []doc.Pack) {
	for i := range list {
		p := &list[i]
		id := w.open(parent, p.Kind, len(p.Packs)+len(p.Lines) > 0)
		if p.SSCC != "" {
			w.add("MAN", "GM", p.SSCC)
		}
		w.packs(id, p.Packs)
		w.lines(id, p.Lines)
	}
}

func (w *levels) lines(parent int, list []doc.ShipLine) {
	for i := range list {
		l := &list[i]
		w.open(parent, "I", false)
		w.add("LIN", append([]string{l.Number}, w.items("LIN", 2, itemsOf(&l.Line))...)...)
		ordered, unit := string(l.Ordered), ""
		if ordered != "" {
			unit = l.Unit
		}
		w.add("SN1", l.Number, string(l.Quantity), l.Unit, "", ordered, unit)
		for _, part := range w.chunks("PID", l.Description, 80) {
			w.add("PID", "F", "", "", "", part)
		}
		w.refs(l.Refs)
		w.dates(l.Dates)
	}
}
