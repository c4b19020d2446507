package doc

import "fmt"

// The stages of a Return.
const (
	// StageRequest: the buyer announces goods or asks what to do with them.
	StageRequest = "request"
	// StageInstruct: the seller authorises, refuses, or says what to do with them.
	StageInstruct = "instruct"
)

// Return is about goods that are to go back (180, RETANN, RETINS).
type Return struct {
	Header
	// Stage is StageRequest (RETANN) or StageInstruct (RETINS). A 180 is an
	// instruction if it answers (BGN01 11), or if it has dispositions and does not
	// ask (BGN01 13).
	Stage     string `json:"stage"`
	Purpose   string `json:"purpose"`             // BGN01: 00 original, 01 cancel, 11 response, 13 request
	Number    string `json:"number"`              // BGN02
	Date      string `json:"date"`                // BGN03
	Time      string `json:"time,omitempty"`      // BGN04
	Zone      string `json:"zone,omitempty"`      // BGN05
	Reference string `json:"reference,omitempty"` // BGN06, the number of what this answers
	Type      string `json:"type,omitempty"`      // BGN07
	Action    string `json:"action,omitempty"`    // BGN08
	// RMA is the number the return is authorised under, N9 RZ of the head.
	RMA   string   `json:"rma,omitempty"`
	Order OrderRef `json:"order,omitzero"` // PRF of the head
	// Disposition is that of all lines that have none.
	Disposition Disposition     `json:"disposition,omitzero"`
	Carrier     Carrier         `json:"carrier,omitzero"`
	Loads       []ShipmentCount `json:"loads,omitempty"`
	Lines       []ReturnLine    `json:"lines"`
}

// Disposition says why goods go back and what becomes of them (RDR).
type Disposition struct {
	// Code is RDR01: RA return under a number, RN without one, RP pending, RD
	// denied, DI dispose, KA keep with an allowance, KR keep and repair, RF repair at
	// the factory, RT ship to a third party.
	Code string `json:"code,omitempty"`
	// Reason is RDR02, the buyer's: DA damaged, DT damaged in transit, DM
	// defective, WG wrong goods, EI excess stock, RE recall, SR stock reduction.
	Reason string `json:"reason,omitempty"`
	// Response is RDR03, the seller's: IN not defective, IO as ordered, RT too
	// late, NR no record of the sale, MI more information wanted.
	Response string `json:"response,omitempty"`
	Text     string `json:"text,omitempty"` // RDR04
	Used     string `json:"used,omitempty"` // RDR05: Y or N
}

// ReturnLine is an item that goes back; Quantity is how much (BLI03). Number is that of
// the order's line (PRF05).
type ReturnLine struct {
	Line
	Disposition Disposition `json:"disposition,omitzero"`
	// Order is the line's own, where it is not that of the head.
	Order OrderRef `json:"order,omitzero"`
	// Quantities are further ones, by what they count (QTY).
	Quantities []Counted `json:"quantities,omitempty"`
}

// Counted is a quantity by what it counts (673): 39 shipped, 40 remaining, 63 on order,
// 76 returned, 87 received.
type Counted struct {
	Qualifier string  `json:"qualifier"`
	Quantity  Decimal `json:"quantity"`
	Unit      string  `json:"unit,omitempty"`
}

// Validate checks that the return can be weighed: its stage, number and date are there,
// and every line names an item and how much of it. A unit may be missing, as RETANN
// counts consumer units without one.
func (d *Return) Validate() []Problem {
	c := &check{}
	c.need("stage", d.Stage)
	c.need("purpose", d.Purpose)
	c.need("number", d.Number)
	c.date("date", d.Date, true)
	c.header(&d.Header, len(d.Lines))
	c.date("order.date", d.Order.Date, false)
	for i := range d.Lines {
		l := &d.Lines[i]
		p := fmt.Sprintf("lines[%d].", i)
		c.number(p+"quantity", l.Quantity, true)
		c.number(p+"price", l.Price, false)
		c.dates(p, l.Dates)
		c.allowances(p, l.Allowances)
		c.date(p+"order.date", l.Order.Date, false)
		c.counted(p, l.Quantities)
		if !l.identified() {
			c.add(p+"items", KeyMissing, "")
		}
	}
	return c.out
}

func (c *check) counted(at string, list []Counted) {
	for i, n := range list {
		p := fmt.Sprintf("%squantities[%d].", at, i)
		c.need(p+"qualifier", n.Qualifier)
		c.number(p+"quantity", n.Quantity, true)
	}
}
