package doc

import (
	"fmt"
	"strconv"
)

// OrderChange is a buyer's change of an order (860, ORDCHG). A change may concern the
// head alone, so that it may have no lines.
type OrderChange struct {
	Header
	Purpose  string `json:"purpose"` // BCH01: 04 change, 01 cancel, 05 replace
	Type     string `json:"type"`    // BCH02, the order's
	Number   string `json:"number"`  // BCH03, the purchase order's
	Release  string `json:"release,omitempty"`
	Sequence string `json:"sequence,omitempty"` // BCH05: which change of the order this is
	Date     string `json:"date"`               // BCH06, the purchase order's
	Request  string `json:"request,omitempty"`  // BCH07, the number of this change
	Contract string `json:"contract,omitempty"` // BCH08
	Seller   string `json:"seller,omitempty"`   // BCH09, the seller's order number
	AckDate  string `json:"ack_date,omitempty"` // BCH10, of the answer to the order
	// ChangeDate is BCH11, when the change was written.
	ChangeDate string       `json:"change_date,omitempty"`
	Total      Decimal      `json:"total,omitempty"` // AMT TT
	Lines      []ChangeLine `json:"lines"`
}

// ChangeLine is a line of an order and what changes in it. Quantity, price and the
// rest are those after the change.
type ChangeLine struct {
	Line
	// Change is POC02: AI line added, DI deleted, CA changed, QI and QD quantity
	// higher and lower, PC price, PQ both, CT dates, RZ all replaced, NC no change.
	Change string `json:"change"`
	// Left is POC04, what is still to be received of the line.
	Left Decimal `json:"left,omitempty"`
}

// OrderChangeAck is the seller's answer to a change, or a change of his own (865). As
// EDIFACT it is an ORDRSP, which is read as an OrderAck.
type OrderChangeAck struct {
	Header
	Purpose string `json:"purpose"` // BCA01
	// Type is BCA02, as in an OrderAck; empty where the seller asks for a change.
	Type       string          `json:"type,omitempty"`
	Number     string          `json:"number"` // BCA03, the purchase order's
	Release    string          `json:"release,omitempty"`
	Sequence   string          `json:"sequence,omitempty"` // BCA05
	Date       string          `json:"date"`               // BCA06, the purchase order's
	Request    string          `json:"request,omitempty"`  // BCA07
	Contract   string          `json:"contract,omitempty"` // BCA08
	Seller     string          `json:"seller,omitempty"`   // BCA09
	AckDate    string          `json:"ack_date,omitempty"` // BCA10
	ChangeDate string          `json:"change_date,omitempty"`
	Lines      []ChangeAckLine `json:"lines"`
}

// ChangeAckLine is a line of a change and what the seller says to it.
type ChangeAckLine struct {
	AckLine
	Change string  `json:"change"` // POC02
	Left   Decimal `json:"left,omitempty"`
}

// Validate checks that the change can be weighed against its order: number, date and
// purpose are there, and every line says which one it is and what becomes of it.
func (d *OrderChange) Validate() []Problem {
	c := &check{}
	c.need("purpose", d.Purpose)
	c.need("type", d.Type)
	c.need("number", d.Number)
	c.date("date", d.Date, true)
	c.date("ack_date", d.AckDate, false)
	c.date("change_date", d.ChangeDate, false)
	c.head(&d.Header, len(d.Lines))
	c.number("total", d.Total, false)
	seen := map[string]bool{}
	for i := range d.Lines {
		l := &d.Lines[i]
		c.changed(i, &l.Line, l.Change, l.Left, seen)
	}
	return c.out
}

// Validate checks what Validate of a change does, and that the responses of a line sum
// to it. A line without responses is one that the seller asks to change.
func (d *OrderChangeAck) Validate() []Problem {
	c := &check{}
	c.need("purpose", d.Purpose)
	c.need("number", d.Number)
	c.date("date", d.Date, true)
	c.date("ack_date", d.AckDate, false)
	c.date("change_date", d.ChangeDate, false)
	c.head(&d.Header, len(d.Lines))
	seen := map[string]bool{}
	for i := range d.Lines {
		l := &d.Lines[i]
		c.changed(i, &l.Line, l.Change, l.Left, seen)
		if len(l.Responses) > 0 {
			c.responses(i, &l.AckLine)
		}
	}
	return c.out
}

// head checks a header whose document may have no lines.
func (c *check) head(h *Header, lines int) {
	c.dates("", h.Dates)
	c.allowances("", h.Allowances)
	if h.LineCount != 0 && h.LineCount != lines {
		c.add("line_count", KeyLineCount, strconv.Itoa(h.LineCount))
	}
}

// changed checks a line of a change. A new line needs item and quantity, a new quantity
// the quantity; any other is named by its number or its item.
func (c *check) changed(i int, l *Line, change string, left Decimal, seen map[string]bool) {
	p := fmt.Sprintf("lines[%d].", i)
	c.need(p+"change", change)
	c.number(p+"quantity", l.Quantity, change == "AI" || change == "QI" || change == "QD")
	c.number(p+"left", left, false)
	if l.Quantity != "" || left != "" {
		c.need(p+"unit", l.Unit)
	}
	c.number(p+"price", l.Price, false)
	c.dates(p, l.Dates)
	c.allowances(p, l.Allowances)
	if !l.identified() && (change == "AI" || l.Number == "") {
		c.add(p+"items", KeyMissing, "")
	}
	c.once(p, l.Number, seen)
}

// once tells a line number that was there before.
func (c *check) once(path, number string, seen map[string]bool) {
	if number == "" {
		return
	}
	if seen[number] {
		c.add(path+"number", KeyDuplicate, number)
	}
	seen[number] = true
}

// identified says whether the line names its item.
func (l *Line) identified() bool {
	return len(l.Items) > 0 || l.BuyerItem != "" || l.VendorItem != "" || l.GTIN != ""
}
