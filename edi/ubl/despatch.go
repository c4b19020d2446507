package ubl

import (
	"strconv"

	"entente/edi/doc"
	"entente/edi/markup"
)

var packKinds = map[string]string{"T": "PX", "P": "CT"} // Recommendation 21: pallet, carton

// despatch maps a DespatchAdvice. Every shipped line is a DespatchLine; packs are
// handling units that name the lines in them and, as packages, the packs in them.
func (x *mapper) despatch(m *markup.Map, d *doc.ShipNotice) {
	m.Text("cbc:ID", &d.Number)
	m.Date("cbc:IssueDate", &d.Date)
	m.Text("cbc:IssueTime", &d.Time)
	m.Texts("cbc:Note", &d.Notes)
	count(m, &d.LineCount)
	for i := range d.Orders {
		m.In("cac:OrderReference", func(m *markup.Map) { orderRef(m, &d.Orders[i]) })
	}
	var orders []doc.ShippedOrder
	if m.Read() {
		markup.Each(m, "cac:OrderReference", &orders, orderRef)
	}
	refs(m, "cac:AdditionalDocumentReference", &d.Refs)
	who := seller(&d.Header)
	if from := find(d.Parties, "SF"); from != nil || m.Read() && m.Has("cac:SellerSupplierParty") {
		side(m, "cac:DespatchSupplierParty", "SF", &d.Parties, true)
	} else {
		side(m, "cac:DespatchSupplierParty", who, &d.Parties, true)
		who = ""
	}
	side(m, "cac:DeliveryCustomerParty", "ST", &d.Parties, true)
	side(m, "cac:BuyerCustomerParty", "BY", &d.Parties, false)
	if who != "" {
		side(m, "cac:SellerSupplierParty", who, &d.Parties, false)
	}
	s := &shipped{d: d}
	if !m.Read() {
		s.write(m)
		return
	}
	s.read(m, orders)
}

func orderRef(m *markup.Map, o *doc.ShippedOrder) {
	m.Text("cbc:ID", &o.Number)
	m.Date("cbc:IssueDate", &o.Date)
}

func line(m *markup.Map, id *string, order *string, l *doc.ShipLine) {
	m.Text("cbc:ID", id)
	m.Texts("cbc:Note", &l.Notes)
	quantity(m, "cbc:DeliveredQuantity", &l.Quantity, &l.Unit)
	m.In("cac:OrderLineReference", func(m *markup.Map) {
		m.Text("cbc:LineID", &l.Number)
		m.In("cac:OrderReference", func(m *markup.Map) { m.Text("cbc:ID", order) })
	})
	refs(m, "cac:DocumentReference", &l.Refs)
	item(m, &l.Line, nil)
}

// unit is a handling unit as written: its number, kind, lines and packs by number.
type unit struct {
	id, kind string
	lines    []string
	packs    []string
}

type shipped struct {
	d *doc.ShipNotice
	n int
}

func (s *shipped) head(m *markup.Map, units *[]unit) {
	m.In("cac:Shipment", func(m *markup.Map) {
		id := s.d.Number
		m.Text("cbc:ID", &id)
		m.In("cac:ShipmentStage", func(m *markup.Map) {
			m.Text("cbc:TransportModeCode", &s.d.Carrier.Mode)
			carrier(m, &s.d.Carrier)
		})
		m.In("cac:Delivery", func(m *markup.Map) {
			delivery(m, &s.d.Dates, nil)
			m.In("cac:Despatch", func(m *markup.Map) { when(&s.d.Dates, m, "cbc:ActualDespatchDate", "011") })
		})
		markup.Each(m, "cac:TransportHandlingUnit", units, func(m *markup.Map, u *unit) {
			m.Text("cbc:ID", &u.id)
			coded(m, "cbc:TransportHandlingUnitTypeCode", &u.kind, packKinds, back(packKinds, map[string]string{"201": "T", "XPX": "T", "XCT": "P"}))
			markup.Each(m, "cac:HandlingUnitDespatchLine", &u.lines, func(m *markup.Map, id *string) {
				m.Text("cbc:ID", id)
				m.Passed("cbc:DeliveredQuantity", "cac:OrderLineReference", "cac:Item")
				if !m.Read() {
					m.In("cac:OrderLineReference", func(m *markup.Map) { m.Constant("cbc:LineID", *id) })
					m.In("cac:Item", func(m *markup.Map) { m.Constant("cbc:Name", *id) })
				}
			})
			markup.Each(m, "cac:ActualPackage", &u.packs, func(m *markup.Map, id *string) { m.Text("cbc:ID", id) })
		})
	})
}

func (s *shipped) write(m *markup.Map) {
	var units []unit
	type placed struct {
		id    string
		order string
		l     *doc.ShipLine
	}
	var lines []placed
	add := func(o *doc.ShippedOrder, list []doc.ShipLine) (ids []string) {
		for i := range list {
			s.n++
			id := strconv.Itoa(s.n)
			ids = append(ids, id)
			lines = append(lines, placed{id, o.Number, &list[i]})
		}
		return ids
	}
	var pack func(o *doc.ShippedOrder, p *doc.Pack)
	pack = func(o *doc.ShippedOrder, p *doc.Pack) {
		at := len(units)
		units = append(units, unit{id: p.SSCC, kind: p.Kind})
		units[at].lines = add(o, p.Lines)
		for i := range p.Packs {
			if p.Packs[i].SSCC != "" {
				units[at].packs = append(units[at].packs, p.Packs[i].SSCC)
			}
			pack(o, &p.Packs[i])
		}
	}
	for i := range s.d.Orders {
		o := &s.d.Orders[i]
		add(o, o.Lines)
		for k := range o.Packs {
			pack(o, &o.Packs[k])
		}
	}
	s.head(m, &units)
	for _, p := range lines {
		m.In("cac:DespatchLine", func(m *markup.Map) { line(m, &p.id, &p.order, p.l) })
	}
}

func (s *shipped) read(m *markup.Map, orders []doc.ShippedOrder) {
	var units []unit
	s.head(m, &units)
	type placed struct {
		id, order string
		l         doc.ShipLine
	}
	var lines []placed
	markup.Each(m, "cac:DespatchLine", &lines, func(m *markup.Map, p *placed) { line(m, &p.id, &p.order, &p.l) })
	s.d.Orders = orders
	if len(orders) == 0 {
		s.d.Orders = []doc.ShippedOrder{{}}
	}
	byLine := map[string]*placed{}
	order := func(number string) *doc.ShippedOrder {
		for i := range s.d.Orders {
			if o := &s.d.Orders[i]; o.Number == number || number == "" && len(s.d.Orders) == 1 {
				return o
			}
		}
		s.d.Orders = append(s.d.Orders, doc.ShippedOrder{Number: number})
		return &s.d.Orders[len(s.d.Orders)-1]
	}
	for i := range lines {
		byLine[lines[i].id] = &lines[i]
		if lines[i].order != "" && len(orders) == 0 && s.d.Orders[0].Number == "" {
			s.d.Orders[0].Number = lines[i].order
		}
	}
	byID, inner := map[string]int{}, map[string]bool{}
	for i, u := range units {
		byID[u.id] = i
		for _, id := range u.packs {
			inner[id] = true
		}
	}
	packed := map[string]bool{}
	var build func(u unit, depth int) (doc.Pack, string)
	build = func(u unit, depth int) (doc.Pack, string) {
		p := doc.Pack{Kind: u.kind, SSCC: u.id}
		of := ""
		for _, id := range u.lines {
			if l := byLine[id]; l != nil && !packed[id] {
				packed[id] = true
				p.Lines = append(p.Lines, l.l)
				of = l.order
			}
		}
		for _, id := range u.packs {
			if k, ok := byID[id]; ok && depth < 8 && id != u.id {
				child, order := build(units[k], depth+1)
				p.Packs = append(p.Packs, child)
				if of == "" {
					of = order
				}
			}
		}
		return p, of
	}
	for _, u := range units {
		if u.id != "" && inner[u.id] {
			continue
		}
		p, of := build(u, 0)
		o := order(of)
		o.Packs = append(o.Packs, p)
	}
	for i := range lines {
		if !packed[lines[i].id] {
			o := order(lines[i].order)
			o.Lines = append(o.Lines, lines[i].l)
		}
	}
}
