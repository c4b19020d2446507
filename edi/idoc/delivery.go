package idoc

import (
	"strconv"
	"strings"

	"entente/edi/doc"
	"entente/edi/markup"
)

// item is E1EDL24 with the order it is of.
type deliveryItem struct {
	position           string
	line               doc.ShipLine
	order, date, place string // BSTNR, BSTDT and POSEX of E1EDL41
}

// unit is a handling unit, E1EDL37.
type unit struct {
	sscc, kind string
	contents   []content
}

// content is E1EDL44: a quantity of an item, or another handling unit.
type content struct {
	kind, position, sscc string
	quantity             doc.Decimal
	unit                 string
}

// The kinds of content (VELIN).
const (
	contentItem = "1"
	contentUnit = "3"
)

// moments are the qualifiers of E1EDT13 by those of dates (374).
var moments = [][2]string{{"011", "006"}, {"017", "007"}}

// packaging is VHILM by the kind of a pack.
var packaging = map[string]string{"T": "PALLET", "P": "CARTON"}

// delivery maps DESADV (DELVRY03). A pack without SSCC cannot be named there: its lines
// are then written without it.
func delivery(m *markup.Map, d *doc.ShipNotice) {
	var items []deliveryItem
	var units []unit
	if !m.Read() {
		items, units = unpack(d)
	}
	m.In("E1EDL20", func(m *markup.Map) {
		number := d.Number
		if len(number) > 10 {
			number = ""
		}
		m.Text("VBELN", &number)
		bill := ""
		if !m.Read() {
			bill = refOf(d.Refs, "BM")
		}
		m.Text("BOLNR", &bill)
		m.Text("LIFEX", &d.Number)
		if m.Read() {
			if d.Number == "" {
				d.Number = number
			}
			if bill != "" {
				d.Refs = append(d.Refs, doc.Ref{Qualifier: "BM", Value: bill})
			}
		}
		addresses(m, d)
		m.Marked("E1EDT13", "QUALF", "015", func(m *markup.Map) {
			date(m, "NTANF", &d.Date)
			clock(m, "NTANZ", &d.Time)
		})
		times(m, &d.Dates)
		markup.Each(m, "E1EDL24", &items, deliveryLine)
		markup.Each(m, "E1EDL37", &units, func(m *markup.Map, u *unit) {
			m.Text("EXIDV", &u.sscc)
			m.Text("VHILM", &u.kind)
			markup.Each(m, "E1EDL44", &u.contents, func(m *markup.Map, c *content) {
				m.Text("VELIN", &c.kind)
				m.Text("POSNR", &c.position)
				m.Text("EXIDV", &c.sscc)
				m.Number("VEMNG", &c.quantity)
				m.Text("VEMEH", &c.unit)
				if m.Read() {
					passed(m, "VBELN", "MATNR", "KDMAT")
				}
			})
		})
	})
	if m.Read() {
		pack(m, d, items, units)
	}
}

func refOf(list []doc.Ref, qualifier string) string {
	for _, r := range list {
		if r.Qualifier == qualifier {
			return r.Value
		}
	}
	return ""
}

func clock(m *markup.Map, name string, v *string) {
	m.Turned(name, v, doc.KeyDate, func(s string) string { return strings.ReplaceAll(s, ":", "") }, func(s string) (string, bool) {
		if len(s) != 6 || strings.Trim(s, "0123456789") != "" || s == "000000" {
			return "", s == "000000"
		}
		return s[:2] + ":" + s[2:4] + ":" + s[4:], true
	})
}

func times(m *markup.Map, list *[]doc.Date) {
	for _, q := range moments {
		var day string
		for _, d := range *list {
			if !m.Read() && d.Qualifier == q[0] {
				day = d.Date
				break
			}
		}
		if !m.Read() && day == "" {
			continue
		}
		m.Marked("E1EDT13", "QUALF", q[1], func(m *markup.Map) {
			date(m, "NTANF", &day)
			if m.Read() {
				passed(m, "NTANZ")
			}
		})
		if m.Read() && day != "" {
			*list = append(*list, doc.Date{Qualifier: q[0], Date: day})
		}
	}
}

// addresses maps E1ADRM1: the parties, and the carrier as SP.
func addresses(m *markup.Map, d *doc.ShipNotice) {
	var some []doc.Party
	if !m.Read() {
		for _, p := range d.Parties {
			if roles[p.Role] != "" && p.Role != "CA" {
				some = append(some, p)
			}
		}
		if d.Carrier.Code != "" || d.Carrier.Name != "" {
			some = append(some, doc.Party{Role: "CA", IDQualifier: "92", ID: d.Carrier.Code, Name: d.Carrier.Name})
		}
	}
	markup.EachWhere(m, "E1ADRM1", &some, func(n *markup.Node) bool { return whose[n.Part("PARTNER_Q")] != "" }, func(m *markup.Map, p *doc.Party) {
		m.Turned("PARTNER_Q", &p.Role, "", func(s string) string { return roles[s] }, func(s string) (string, bool) { return whose[s], true })
		m.Text("PARTNER_ID", &p.ID)
		m.Text("NAME1", &p.Name)
		row(m, &p.MoreNames, "NAME2", "NAME3", "NAME4")
		row(m, &p.Address, "STREET1", "STREET2")
		m.Text("POSTL_COD1", &p.Postcode)
		m.Text("CITY1", &p.City)
		m.Text("COUNTRY1", &p.Country)
		m.Text("REGION", &p.Region)
		if m.Read() {
			passed(m, "ADDRESS_T", "LANGUAGE")
			if p.ID != "" {
				p.IDQualifier = "92"
				if len(p.ID) == 13 && strings.Trim(p.ID, "0123456789") == "" {
					p.IDQualifier = "UL"
				}
			}
		}
	})
	if !m.Read() {
		return
	}
	for _, p := range some {
		if p.Role == "CA" {
			d.Carrier.Code, d.Carrier.Name = p.ID, p.Name
			continue
		}
		d.Parties = append(d.Parties, p)
	}
}

func deliveryLine(m *markup.Map, it *deliveryItem) {
	l := &it.line
	m.Text("POSNR", &it.position)
	var vendor, buyer, gtin string
	if !m.Read() {
		for _, x := range l.ItemIDs() {
			switch x.Qualifier {
			case "VP", "VN":
				usual(&vendor, x.ID)
			case "BP", "IN":
				usual(&buyer, x.ID)
			case "EN", "UP", "UK":
				usual(&gtin, x.ID)
			}
		}
	}
	m.Text("MATNR", &vendor)
	m.Text("ARKTX", &l.Description)
	m.Text("KDMAT", &buyer)
	m.Number("LFIMG", &l.Quantity)
	m.Text("VRKME", &l.Unit)
	m.Text("EAN11", &gtin)
	m.Marked("E1EDL41", "QUALI", "001", func(m *markup.Map) {
		m.Text("BSTNR", &it.order)
		date(m, "BSTDT", &it.date)
		m.Text("POSEX", &it.place)
	})
	if !m.Read() {
		return
	}
	passed(m, "LGMNG", "MEINS")
	l.Number = it.place
	for _, x := range []doc.ItemID{{Qualifier: "BP", ID: buyer}, {Qualifier: "VP", ID: vendor}, {Qualifier: object("003", gtin), ID: gtin}} {
		if x.ID != "" {
			l.Items = append(l.Items, x)
		}
	}
	l.Identify()
}

func usual(to *string, v string) {
	if *to == "" {
		*to = v
	}
}

// unpack lists the items of a notice and the handling units that they lie in.
func unpack(d *doc.ShipNotice) (items []deliveryItem, units []unit) {
	add := func(o *doc.ShippedOrder, l *doc.ShipLine) string {
		at := strconv.Itoa((len(items) + 1) * 10)
		at = strings.Repeat("0", max(0, 6-len(at))) + at
		items = append(items, deliveryItem{position: at, line: *l, order: o.Number, date: o.Date, place: l.Number})
		return at
	}
	var walk func(o *doc.ShippedOrder, list []doc.Pack) []content
	walk = func(o *doc.ShippedOrder, list []doc.Pack) (inside []content) {
		for i := range list {
			p := &list[i]
			var mine []content
			for k := range p.Lines {
				l := &p.Lines[k]
				mine = append(mine, content{kind: contentItem, position: add(o, l), quantity: l.Quantity, unit: l.Unit})
			}
			at := len(units)
			if p.SSCC != "" {
				units = append(units, unit{sscc: p.SSCC, kind: packaging[p.Kind]})
			}
			mine = append(mine, walk(o, p.Packs)...)
			if p.SSCC == "" {
				inside = append(inside, mine...)
				continue
			}
			units[at].contents = mine
			inside = append(inside, content{kind: contentUnit, sscc: p.SSCC})
		}
		return inside
	}
	for i := range d.Orders {
		o := &d.Orders[i]
		for k := range o.Lines {
			add(o, &o.Lines[k])
		}
		walk(o, o.Packs)
	}
	return items, units
}

// pack puts items and handling units together: what of an item lies in no unit stays a
// line of its order.
func pack(m *markup.Map, d *doc.ShipNotice, items []deliveryItem, units []unit) {
	at := map[string]int{}
	rest := make([]doc.Decimal, len(items))
	orders := map[string]int{}
	for i := range items {
		at[items[i].position], rest[i] = i, items[i].line.Quantity
		if _, ok := orders[items[i].order]; !ok {
			orders[items[i].order] = len(d.Orders)
			d.Orders = append(d.Orders, doc.ShippedOrder{Number: items[i].order, Date: items[i].date})
		}
	}
	byCode := map[string]*unit{}
	inner := map[string]bool{}
	for i := range units {
		u := &units[i]
		if u.sscc == "" || byCode[u.sscc] != nil {
			m.Problem("E1EDL37/EXIDV", doc.KeyDuplicate, u.sscc)
			continue
		}
		byCode[u.sscc] = u
		for _, c := range u.contents {
			if c.kind == contentUnit {
				inner[c.sscc] = true
			}
		}
	}
	open := map[string]bool{}
	taken := make([]bool, len(items))
	var fill func(u *unit) map[string]*doc.Pack
	fill = func(u *unit) map[string]*doc.Pack {
		out := map[string]*doc.Pack{}
		of := func(order string) *doc.Pack {
			if out[order] == nil {
				kind := "P"
				if u.kind == packaging["T"] {
					kind = "T"
				}
				out[order] = &doc.Pack{Kind: kind, SSCC: u.sscc}
			}
			return out[order]
		}
		open[u.sscc] = true
		for _, c := range u.contents {
			if c.kind == contentUnit {
				below := byCode[c.sscc]
				if below == nil || open[c.sscc] {
					m.Problem("E1EDL44/EXIDV", doc.KeyMissing, c.sscc)
					continue
				}
				for order, p := range fill(below) {
					x := of(order)
					x.Packs = append(x.Packs, *p)
				}
				continue
			}
			i, ok := at[c.position]
			if !ok {
				m.Problem("E1EDL44/POSNR", doc.KeyMissing, c.position)
				continue
			}
			l := items[i].line
			if c.quantity != "" {
				l.Quantity = c.quantity
			}
			if c.unit != "" {
				l.Unit = c.unit
			}
			taken[i] = true
			rest[i] = rest[i].Sub(l.Quantity)
			x := of(items[i].order)
			x.Lines = append(x.Lines, l)
		}
		return out
	}
	for i := range units {
		u := &units[i]
		if byCode[u.sscc] != u || inner[u.sscc] {
			continue
		}
		for order, p := range fill(u) {
			o := &d.Orders[orders[order]]
			o.Packs = append(o.Packs, *p)
		}
	}
	for code := range inner { // units that hold each other
		if byCode[code] != nil && !open[code] {
			m.Problem("E1EDL37/EXIDV", doc.KeyDuplicate, code)
		}
	}
	for i := range items {
		if taken[i] && rest[i].Sign() <= 0 {
			continue
		}
		l := items[i].line
		if taken[i] {
			l.Quantity = rest[i]
		}
		o := &d.Orders[orders[items[i].order]]
		o.Lines = append(o.Lines, l)
	}
}
