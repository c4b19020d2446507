package doc

import "fmt"

// OrderStatus is the seller's report on where orders stand (870).
type OrderStatus struct {
	Header
	Report string `json:"report"` // BSR01: why it is sent
	Scope  string `json:"scope"`  // BSR02: which orders and items it covers
	Number string `json:"number"` // BSR03
	Date   string `json:"date"`   // BSR04
	Time   string `json:"time,omitempty"`
	// Inquiry and InquiryDate are BSR08 and BSR09, of the question it answers.
	Inquiry     string        `json:"inquiry,omitempty"`
	InquiryDate string        `json:"inquiry_date,omitempty"`
	Carrier     Carrier       `json:"carrier,omitzero"`
	Orders      []StatusOrder `json:"orders"`
}

// StatusOrder is an order, what is true of all of it, and its lines.
type StatusOrder struct {
	Number   string    `json:"number"` // PRF01
	Release  string    `json:"release,omitempty"`
	Date     string    `json:"date,omitempty"` // PRF04
	Contacts []Contact `json:"contacts,omitempty"`
	Dates    []Date    `json:"dates,omitempty"`
	Refs     []Ref     `json:"refs,omitempty"`
	Parties  []Party   `json:"parties,omitempty"`
	States   []State   `json:"states,omitempty"`
	// Levels says that the lines stand at levels of their own (HL03 I), not as PO1
	// under the order.
	Levels bool         `json:"levels,omitempty"`
	Lines  []StatusLine `json:"lines,omitempty"`
}

// StatusLine is a line of an order and where parts of it stand.
type StatusLine struct {
	Line
	States []State `json:"states,omitempty"`
}

// State is one ISR: where a part of an order or a line stands.
type State struct {
	Code   string `json:"code"`           // ISR01 (368): BO back-ordered, BP part, the rest to follow, CC complete
	Date   string `json:"date,omitempty"` // ISR02, when it will be so
	Reason string `json:"reason,omitempty"`
	Text   string `json:"text,omitempty"`
	// Quantities are the parts it is true of.
	Quantities []Counted `json:"quantities,omitempty"`
	Dates      []Date    `json:"dates,omitempty"`
	Refs       []Ref     `json:"refs,omitempty"`
}

// Validate checks that the report can be weighed: its number and date are there, every
// order has a number, and every order or line says where it stands.
func (d *OrderStatus) Validate() []Problem {
	c := &check{}
	c.need("report", d.Report)
	c.need("scope", d.Scope)
	c.need("number", d.Number)
	c.date("date", d.Date, true)
	c.date("inquiry_date", d.InquiryDate, false)
	c.dates("", d.Dates)
	if len(d.Orders) == 0 {
		c.add("orders", KeyMissing, "")
	}
	for i := range d.Orders {
		o := &d.Orders[i]
		at := fmt.Sprintf("orders[%d].", i)
		c.need(at+"number", o.Number)
		c.date(at+"date", o.Date, false)
		c.dates(at, o.Dates)
		c.states(at, o.States)
		if len(o.States)+len(o.Lines) == 0 {
			c.add(at+"states", KeyMissing, "")
		}
		for k := range o.Lines {
			l := &o.Lines[k]
			p := fmt.Sprintf("%slines[%d].", at, k)
			c.number(p+"quantity", l.Quantity, false)
			c.number(p+"price", l.Price, false)
			c.dates(p, l.Dates)
			c.states(p, l.States)
			if !l.identified() && l.Number == "" {
				c.add(p+"items", KeyMissing, "")
			}
			if len(l.States)+len(o.States) == 0 {
				c.add(p+"states", KeyMissing, "")
			}
		}
	}
	return c.out
}

func (c *check) states(at string, list []State) {
	for i, s := range list {
		p := fmt.Sprintf("%sstates[%d].", at, i)
		c.need(p+"code", s.Code)
		c.date(p+"date", s.Date, false)
		c.counted(p, s.Quantities)
		c.dates(p, s.Dates)
	}
}
