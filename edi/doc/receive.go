package doc

import "fmt"

// ReceivingAdvice says what arrived of a shipment and in which state (861, RECADV).
type ReceivingAdvice struct {
	Header
	Purpose string `json:"purpose"` // BRA03: 00 original, 05 replace
	// Type is BRA04: 2 a receiving advice after the count, 8 an acceptance
	// certificate, whose quantities are those accepted.
	Type   string `json:"type"`
	Number string `json:"number"` // BRA01
	Date   string `json:"date"`   // BRA02, when it was written
	Time   string `json:"time,omitempty"`
	// Condition is BRA06, of the whole shipment, as in an Exception; Action is BRA07.
	Condition string          `json:"condition,omitempty"`
	Action    string          `json:"action,omitempty"`
	Orders    []OrderRef      `json:"orders,omitempty"`
	Carrier   Carrier         `json:"carrier,omitzero"`
	Loads     []ShipmentCount `json:"loads,omitempty"`
	Lines     []ReceivedLine  `json:"lines"`
}

// OrderRef names a purchase order that goods belong to (PRF).
type OrderRef struct {
	Number  string `json:"number"` // PRF01
	Release string `json:"release,omitempty"`
	Date    string `json:"date,omitempty"` // PRF04
}

// ReceivedLine is what arrived of an item; Quantity is what was received (RCD02), in
// good order or not.
type ReceivedLine struct {
	Line
	// Returned is RCD04, what goes back.
	Returned     Decimal `json:"returned,omitempty"`
	ReturnedUnit string  `json:"returned_unit,omitempty"`
	// Shipped is SN102, what was to arrive.
	Shipped     Decimal     `json:"shipped,omitempty"`
	ShippedUnit string      `json:"shipped_unit,omitempty"`
	Exceptions  []Exception `json:"exceptions,omitempty"`
	Orders      []OrderRef  `json:"orders,omitempty"`
	SSCCs       []string    `json:"ssccs,omitempty"` // MAN GM: the packs it lay in
}

// Exception is a quantity that is not as it should be (RCD06 to RCD08).
type Exception struct {
	Quantity Decimal `json:"quantity,omitempty"`
	Unit     string  `json:"unit,omitempty"`
	// Condition is 412: 01 damaged, 02 short, 03 over, 07 good.
	Condition string `json:"condition,omitempty"`
}

// Validate checks that the advice can be weighed against a shipment: it has a number
// and a date, and every line names an item and a quantity received, returned or
// missing.
func (d *ReceivingAdvice) Validate() []Problem {
	c := &check{}
	c.need("purpose", d.Purpose)
	c.need("number", d.Number)
	c.date("date", d.Date, true)
	c.header(&d.Header, len(d.Lines))
	c.orders("", d.Orders)
	for i := range d.Lines {
		l := &d.Lines[i]
		p := fmt.Sprintf("lines[%d].", i)
		c.measure(p, "quantity", l.Quantity, "unit", l.Unit, l.Returned == "" && len(l.Exceptions) == 0)
		c.measure(p, "returned", l.Returned, "returned_unit", l.ReturnedUnit, false)
		c.measure(p, "shipped", l.Shipped, "shipped_unit", l.ShippedUnit, false)
		for k, e := range l.Exceptions {
			q := fmt.Sprintf("%sexceptions[%d].", p, k)
			c.measure(q, "quantity", e.Quantity, "unit", e.Unit, true)
			c.need(q+"condition", e.Condition)
		}
		c.dates(p, l.Dates)
		c.orders(p, l.Orders)
		if !l.identified() && l.Number == "" {
			c.add(p+"items", KeyMissing, "")
		}
	}
	return c.out
}

// measure checks a quantity that needs a unit.
func (c *check) measure(at, name string, d Decimal, unitName, unit string, must bool) {
	c.number(at+name, d, must)
	if d != "" {
		c.need(at+unitName, unit)
	}
}

func (c *check) orders(at string, list []OrderRef) {
	for i, o := range list {
		p := fmt.Sprintf("%sorders[%d].", at, i)
		c.need(p+"number", o.Number)
		c.date(p+"date", o.Date, false)
	}
}
