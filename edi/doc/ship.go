package doc

import "fmt"

// ShipNotice announces goods on their way (856, DESADV): which orders, in which
// packs, how much of each line. Header holds what is true of the whole shipment.
type ShipNotice struct {
	Header
	Purpose string `json:"purpose"` // BSN01: 00 original, 01 cancel, 05 replace
	Number  string `json:"number"`  // BSN02
	Date    string `json:"date"`    // BSN03, when it was written
	Time    string `json:"time,omitempty"`
	// Structure is BSN05, the order of levels the notice was written in: 0001
	// shipment, order, pack, item; 0004 shipment, order, item. How it is written
	// follows the packs, not this.
	Structure string          `json:"structure,omitempty"`
	Carrier   Carrier         `json:"carrier,omitzero"`
	Orders    []ShippedOrder  `json:"orders"`
	Loads     []ShipmentCount `json:"loads,omitempty"`
}

// Carrier is who carries the goods.
type Carrier struct {
	Code string `json:"code,omitempty"` // SCAC (TD503 under TD502 2), or 3127
	Mode string `json:"mode,omitempty"` // TD504: M road, R rail, A air, S ocean
	Name string `json:"name,omitempty"`
}

// ShipmentCount is a number of packages of a kind with their weight (TD1).
type ShipmentCount struct {
	Packaging string  `json:"packaging,omitempty"` // TD101, "CTN"
	Count     Decimal `json:"count,omitempty"`
	Weight    Decimal `json:"weight,omitempty"` // gross
	Unit      string  `json:"unit,omitempty"`   // of the weight
}

// ShippedOrder is what is shipped of one order: in packs, or lines without any.
type ShippedOrder struct {
	Number  string     `json:"number"` // PRF01, the purchase order's
	Release string     `json:"release,omitempty"`
	Date    string     `json:"date,omitempty"` // PRF04
	Refs    []Ref      `json:"refs,omitempty"`
	Packs   []Pack     `json:"packs,omitempty"`
	Lines   []ShipLine `json:"lines,omitempty"`
}

// Pack is a unit that is handled as one.
type Pack struct {
	Kind  string     `json:"kind"`           // T pallet (tare), P carton
	SSCC  string     `json:"sscc,omitempty"` // 18 digits, or with 00 before them
	Packs []Pack     `json:"packs,omitempty"`
	Lines []ShipLine `json:"lines,omitempty"`
}

// ShipLine is a quantity of an order line; Quantity is what is shipped.
type ShipLine struct {
	Line
	Ordered Decimal `json:"ordered,omitempty"`
}

// Validate says what is wrong with a ship notice, place by place.
func (d *ShipNotice) Validate() []Problem {
	c := &check{}
	c.need("number", d.Number)
	c.date("date", d.Date, true)
	n := 0
	d.EachLine(func(*ShippedOrder, *ShipLine) { n++ })
	c.header(&d.Header, n)
	for i := range d.Orders {
		o := &d.Orders[i]
		at := fmt.Sprintf("orders[%d].", i)
		c.need(at+"number", o.Number)
		c.date(at+"date", o.Date, false)
		c.shipLines(at, o.Lines)
		c.packs(at, o.Packs)
	}
	return c.out
}

func (c *check) packs(at string, list []Pack) {
	for i := range list {
		here := fmt.Sprintf("%spacks[%d].", at, i)
		c.shipLines(here, list[i].Lines)
		c.packs(here, list[i].Packs)
	}
}

func (c *check) shipLines(at string, list []ShipLine) {
	for i := range list {
		l := &list[i]
		p := fmt.Sprintf("%slines[%d].", at, i)
		c.number(p+"quantity", l.Quantity, true)
		c.need(p+"unit", l.Unit)
		c.number(p+"ordered", l.Ordered, false)
		if len(l.Items) == 0 && l.BuyerItem == "" && l.VendorItem == "" && l.GTIN == "" {
			c.add(p+"items", KeyMissing, "")
		}
	}
}

// EachLine calls fn for every shipped line with its order, in or out of packs.
func (d *ShipNotice) EachLine(fn func(o *ShippedOrder, l *ShipLine)) {
	var walk func(o *ShippedOrder, packs []Pack)
	walk = func(o *ShippedOrder, packs []Pack) {
		for i := range packs {
			for k := range packs[i].Lines {
				fn(o, &packs[i].Lines[k])
			}
			walk(o, packs[i].Packs)
		}
	}
	for i := range d.Orders {
		o := &d.Orders[i]
		for k := range o.Lines {
			fn(o, &o.Lines[k])
		}
		walk(o, o.Packs)
	}
}
