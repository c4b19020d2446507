package doc

import (
	"fmt"
	"strconv"
	"time"
)

// Problem is one thing that keeps a document from being sent or booked. Key is
// the stable name of the rule; the text is "edi.doc." + Key.
type Problem struct {
	// Path is the place in the JSON form, "lines[2].quantity".
	Path  string `json:"path"`
	Key   string `json:"key"`
	Value string `json:"value,omitempty"`
}

// The keys of problems.
const (
	KeyMissing   = "missing"
	KeyNumber    = "number"
	KeyDate      = "date"
	KeyNoLines   = "no_lines"
	KeyLineCount = "line_count"
	KeyQuantity  = "quantity_sum"
	KeyTotal     = "total"
	KeyDuplicate = "line_duplicate"
	KeyVerdict   = "verdict" // not what its reasons say
	KeyPeriod    = "period"  // ends before it begins
	KeyPlaces    = "places_sum"
)

// Problems lists the keys of all problems Validate can find.
func Problems() []string {
	return []string{KeyMissing, KeyNumber, KeyDate, KeyNoLines, KeyLineCount, KeyQuantity, KeyTotal, KeyDuplicate, KeyVerdict, KeyPeriod, KeyPlaces}
}

type check struct{ out []Problem }

func (c *check) add(path, key, value string) {
	c.out = append(c.out, Problem{Path: path, Key: key, Value: value})
}

func (c *check) need(path, v string) {
	if v == "" {
		c.add(path, KeyMissing, "")
	}
}

func (c *check) date(path, v string, must bool) {
	if v == "" {
		if must {
			c.add(path, KeyMissing, "")
		}
		return
	}
	if _, err := time.Parse("2006-01-02", v); err != nil {
		c.add(path, KeyDate, v)
	}
}

func (c *check) number(path string, d Decimal, must bool) {
	if d == "" {
		if must {
			c.add(path, KeyMissing, "")
		}
		return
	}
	if !d.Valid() {
		c.add(path, KeyNumber, string(d))
	}
}

func (c *check) dates(path string, ds []Date) {
	for i, d := range ds {
		c.date(fmt.Sprintf("%sdates[%d].date", path, i), d.Date, false)
	}
}

func (c *check) allowances(path string, as []Allowance) {
	for i, a := range as {
		p := fmt.Sprintf("%sallowances[%d].", path, i)
		c.need(p+"indicator", a.Indicator)
		c.number(p+"amount", a.Amount, false)
		c.number(p+"percent", a.Percent, false)
		c.number(p+"rate", a.Rate, false)
		c.number(p+"quantity", a.Quantity, false)
		if (a.Indicator == "A" || a.Indicator == "C") && a.Amount == "" && a.Percent == "" && a.Rate == "" {
			c.add(p+"amount", KeyMissing, "")
		}
	}
}

func (c *check) header(h *Header, lines int) {
	c.dates("", h.Dates)
	c.allowances("", h.Allowances)
	if lines == 0 {
		c.add("lines", KeyNoLines, "")
	}
	if h.LineCount != 0 && h.LineCount != lines {
		c.add("line_count", KeyLineCount, strconv.Itoa(h.LineCount))
	}
}

func (c *check) line(i int, l *Line, seen map[string]bool) {
	p := fmt.Sprintf("lines[%d].", i)
	c.number(p+"quantity", l.Quantity, true)
	c.need(p+"unit", l.Unit)
	c.number(p+"price", l.Price, false)
	c.dates(p, l.Dates)
	c.allowances(p, l.Allowances)
	if len(l.Items) == 0 && l.BuyerItem == "" && l.VendorItem == "" && l.GTIN == "" {
		c.add(p+"items", KeyMissing, "")
	}
	if l.Number != "" {
		if seen[l.Number] {
			c.add(p+"number", KeyDuplicate, l.Number)
		}
		seen[l.Number] = true
	}
}

// Validate checks that the order can be booked: number, date, purpose, type and
// lines with item, quantity and unit are there and are what they say. It is about the
// document alone, not about prices or known items.
func (d *PurchaseOrder) Validate() []Problem {
	c := &check{}
	c.need("purpose", d.Purpose)
	c.need("type", d.Type)
	c.need("number", d.Number)
	c.date("date", d.Date, true)
	lines := len(d.Lines)
	if lines == 0 && d.Purpose == "01" { // a cancellation needs no lines
		lines = d.LineCount
		c.dates("", d.Dates)
	} else {
		c.header(&d.Header, lines)
	}
	c.number("total", d.Total, false)
	seen := map[string]bool{}
	for i := range d.Lines {
		c.line(i, &d.Lines[i], seen)
	}
	return c.out
}

// Validate checks that the answer can be sent: every line says something, and the
// quantities of several responses add up to what was ordered (rule of practice:
// a split line sums to the line).
func (d *OrderAck) Validate() []Problem {
	c := &check{}
	c.need("purpose", d.Purpose)
	c.need("type", d.Type)
	c.need("number", d.Number)
	c.date("date", d.Date, true)
	c.date("ack_date", d.AckDate, false)
	if d.Type != "AK" && d.Type != "RJ" {
		c.header(&d.Header, len(d.Lines))
	}
	seen := map[string]bool{}
	for i := range d.Lines {
		l := &d.Lines[i]
		c.line(i, &l.Line, seen)
		c.responses(i, l)
	}
	return c.out
}

func (c *check) responses(i int, l *AckLine) {
	p := fmt.Sprintf("lines[%d].", i)
	if len(l.Responses) == 0 {
		c.add(p+"responses", KeyMissing, "")
		return
	}
	sum, all, free := Decimal("0"), true, false
	for j, r := range l.Responses {
		q := fmt.Sprintf("%sresponses[%d].", p, j)
		c.need(q+"status", r.Status)
		c.number(q+"quantity", r.Quantity, false)
		c.date(q+"date", r.Date, false)
		c.dates(q, r.Dates)
		if !r.Quantity.Valid() {
			all = false
		} else {
			sum = sum.Add(r.Quantity)
		}
		// A changed quantity (IQ) or a status without quantity is free to differ.
		free = free || r.Status == "IQ" || r.Status == "IC"
	}
	if all && !free && l.Quantity.Valid() && sum.Cmp(l.Quantity) != 0 {
		c.add(p+"responses", KeyQuantity, string(sum))
	}
}

// Validate checks that the invoice can be sent or booked, the balance among it:
// total = Σ line amounts − off-invoice allowances + charges + taxes, before any
// terms discount. Bill-back and information are not summed.
func (d *Invoice) Validate() []Problem {
	c := &check{}
	c.need("number", d.Number)
	c.date("date", d.Date, true)
	c.date("order_date", d.OrderDate, false)
	c.header(&d.Header, len(d.Lines))
	c.number("total", d.Total, true)
	seen := map[string]bool{}
	for i := range d.Lines {
		c.line(i, &d.Lines[i].Line, seen)
	}
	if len(c.out) == 0 {
		if want := d.Balance(); want.Cmp(d.Total) != 0 {
			c.add("total", KeyTotal, string(want))
		}
	}
	return c.out
}

// Balance computes the total that the lines, allowances and taxes lead to, with
// two decimals: each line quantity × price rounded half up, allowances by amount,
// else percent of the line or of the lines, else rate × quantity.
func (d *Invoice) Balance() Decimal {
	sum := Decimal("0.00")
	for i := range d.Lines {
		l := &d.Lines[i]
		amount := l.Quantity.Mul(orZero(l.Price), 2)
		sum = sum.Add(amount)
		for _, a := range l.Allowances {
			sum = a.apply(sum, amount, l.Quantity)
		}
	}
	lines := sum
	for _, a := range d.Allowances {
		sum = a.apply(sum, lines, "")
	}
	taxes := d.Taxes
	if len(taxes) == 0 {
		for i := range d.Lines {
			taxes = append(taxes, d.Lines[i].Taxes...)
		}
	}
	for _, t := range taxes {
		if t.Amount.Valid() {
			sum = sum.Add(t.Amount)
		}
	}
	return sum.Round(2)
}

func orZero(d Decimal) Decimal {
	if d == "" {
		return "0"
	}
	return d
}

// apply adds a charge to sum or takes an allowance off, if it changes the total.
func (a Allowance) apply(sum, base, quantity Decimal) Decimal {
	if !a.ChangesTotal() {
		return sum
	}
	v := a.Amount
	switch {
	case v.Valid():
	case a.Percent.Valid():
		v = base.Mul(a.Percent, 8).Mul("0.01", 2)
	case a.Rate.Valid():
		q := a.Quantity
		if !q.Valid() {
			q = quantity
		}
		if v = a.Rate.Mul(orZero(q), 2); v == "" {
			return sum
		}
	default:
		return sum
	}
	if a.Charge {
		return sum.Add(v)
	}
	return sum.Sub(v)
}
