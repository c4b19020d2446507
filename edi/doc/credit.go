package doc

import "fmt"

// CreditDebit adjusts what an invoice said: a credit or a debit with its reasons (812).
// A credit note in full is an Invoice of type CR or CN (INVOIC 381).
type CreditDebit struct {
	Header
	Date     string `json:"date"`     // BCD01
	Number   string `json:"number"`   // BCD02
	Handling string `json:"handling"` // BCD03: A adjust account, see 305
	// Amount is BCD04, money without sign, with two decimals; Flag is BCD05: C
	// credit, D debit.
	Amount      Decimal `json:"amount"`
	Flag        string  `json:"flag"`
	InvoiceDate string  `json:"invoice_date,omitempty"` // BCD06
	Invoice     string  `json:"invoice,omitempty"`      // BCD07
	SellerOrder string  `json:"seller_order,omitempty"` // BCD08
	OrderDate   string  `json:"order_date,omitempty"`   // BCD09
	OrderNumber string  `json:"order_number,omitempty"` // BCD10
	Purpose     string  `json:"purpose,omitempty"`      // BCD11
	Type        string  `json:"type,omitempty"`         // BCD12: CR, DR
	// Ref is BCD13 and BCD14: PD promotion, RZ return authorisation.
	Ref    Ref            `json:"ref,omitzero"`
	Action string         `json:"action,omitempty"` // BCD15
	Lines  []AdjustedLine `json:"lines,omitempty"`
}

// AdjustedLine is one line that is credited or debited (CDD). Number is CDD03, Quantity
// and Unit are CDD07 and 08, Price CDD11, the corrected one, of the kind PriceKind.
type AdjustedLine struct {
	Line
	Reason     string  `json:"reason"` // CDD01, 426
	Flag       string  `json:"flag"`   // CDD02: C or D
	Amount     Decimal `json:"amount,omitempty"`
	Returned   string  `json:"returned,omitempty"`   // CDD05: Y goods came back
	Bracket    string  `json:"bracket,omitempty"`    // CDD06
	Difference Decimal `json:"difference,omitempty"` // CDD09, per unit
	PriceKind  string  `json:"price_kind,omitempty"` // CDD10: CON contract, INV invoiced
	// CompareKind and ComparePrice are CDD12 and 13, what it is compared with.
	CompareKind  string  `json:"compare_kind,omitempty"`
	ComparePrice Decimal `json:"compare_price,omitempty"`
}

// signedBy gives an amount the sign of its flag: a credit is negative, as it lowers what is owed.
func signedBy(flag string, d Decimal) Decimal {
	if flag == "C" {
		return Decimal("0").Sub(d)
	}
	return d
}

// Sum is what lines and allowances come to, with the sign of the whole: positive where
// they add to its flag's side. False where a line has no amount.
func (d *CreditDebit) Sum() (Decimal, bool) {
	sum := Decimal("0")
	for i := range d.Lines {
		l := &d.Lines[i]
		if !l.Amount.Valid() {
			return "", false
		}
		sum = sum.Add(signedBy(l.Flag, l.Amount))
	}
	if d.Flag == "C" {
		sum = Decimal("0").Sub(sum)
	}
	return sum, true
}

// Validate checks that the adjustment can be booked: number, date, amount and side are
// there, every line has its reason and an amount or a quantity, and the lines come to
// the amount where nothing else is added to them.
func (d *CreditDebit) Validate() []Problem {
	c := &check{}
	c.need("number", d.Number)
	c.date("date", d.Date, true)
	c.need("handling", d.Handling)
	c.number("amount", d.Amount, true)
	c.side("flag", d.Flag)
	c.date("invoice_date", d.InvoiceDate, false)
	c.date("order_date", d.OrderDate, false)
	c.dates("", d.Dates)
	c.allowances("", d.Allowances)
	plain := len(d.Allowances) == 0 && len(d.Extra) == 0
	for i := range d.Lines {
		l := &d.Lines[i]
		p := fmt.Sprintf("lines[%d].", i)
		c.need(p+"reason", l.Reason)
		c.side(p+"flag", l.Flag)
		c.number(p+"amount", l.Amount, l.Quantity == "")
		c.number(p+"quantity", l.Quantity, false)
		c.number(p+"price", l.Price, false)
		c.number(p+"difference", l.Difference, false)
		c.number(p+"compare_price", l.ComparePrice, false)
		if l.Quantity != "" {
			c.need(p+"unit", l.Unit)
		}
		c.dates(p, l.Dates)
		c.allowances(p, l.Allowances)
		plain = plain && len(l.Allowances) == 0
	}
	if len(c.out) == 0 && plain && len(d.Lines) > 0 {
		if sum, ok := d.Sum(); ok && sum.Cmp(d.Amount) != 0 {
			c.add("amount", KeyTotal, string(sum))
		}
	}
	return c.out
}

func (c *check) side(path, flag string) {
	if flag != "C" && flag != "D" {
		c.add(path, KeyMissing, flag)
	}
}

// Dispute contests invoices or other documents, or answers such a dispute (COMDIS).
type Dispute struct {
	Header
	Purpose   string             `json:"purpose"` // BGM 1225: 00 original, 01 cancel, 05 replace, 06 confirmation
	Number    string             `json:"number"`  // BGM 1004
	Date      string             `json:"date"`    // DTM 137
	Documents []DisputedDocument `json:"documents"`
}

// DisputedDocument is a document with what is contested of it (DOC).
type DisputedDocument struct {
	Qualifier string `json:"qualifier"`        // IV invoice, CM credit memo, DL debit memo (1001 380, 381, 383)
	Number    string `json:"number"`           // 1004
	Status    string `json:"status,omitempty"` // 1373: 8 rejected
	Dates     []Date `json:"dates,omitempty"`  // 003 of the invoice (DTM 137)
	// Due is the amount of the document without any deduction (MOA 9), Disputed what
	// is contested of it (MOA 257), Adjusted what it is agreed to be (MOA 5).
	Due      Decimal         `json:"due,omitempty"`
	Disputed Decimal         `json:"disputed,omitempty"`
	Adjusted Decimal         `json:"adjusted,omitempty"`
	Reasons  []DisputeReason `json:"reasons,omitempty"`
	Actions  []DisputeAction `json:"actions,omitempty"`
	Lines    []DisputedLine  `json:"lines,omitempty"`
}

// DisputeReason is why (AJT), with words (FTX).
type DisputeReason struct {
	Reason   string   `json:"reason,omitempty"`    // 426
	ReasonUN string   `json:"reason_un,omitempty"` // 4465 where no code of 426 says the same
	Notes    []string `json:"notes,omitempty"`
}

// DisputeAction is what a party is to do (INP).
type DisputeAction struct {
	Party string   `json:"party"`          // BY or SE (3301: 4 buyer, 5 seller)
	Kind  string   `json:"kind"`           // 4403: 1 action required
	Code  string   `json:"code,omitempty"` // 4401: AA send credit note, AD advise, AG send replacement
	Notes []string `json:"notes,omitempty"`
}

// DisputedLine is a line of the document (DLI).
type DisputedLine struct {
	Kind     string          `json:"kind"`   // 1073: 1 included, 2 excluded
	Number   string          `json:"number"` // 1082
	Due      Decimal         `json:"due,omitempty"`
	Disputed Decimal         `json:"disputed,omitempty"`
	Adjusted Decimal         `json:"adjusted,omitempty"`
	Reasons  []DisputeReason `json:"reasons,omitempty"`
}

// Validate checks that the dispute can be looked into: number, date and documents, each
// with a reason, its own or one of its lines, unless the dispute is cancelled or
// confirmed.
func (d *Dispute) Validate() []Problem {
	c := &check{}
	c.need("purpose", d.Purpose)
	c.need("number", d.Number)
	c.date("date", d.Date, true)
	c.dates("", d.Dates)
	open := d.Purpose != "01" && d.Purpose != "06"
	if len(d.Documents) == 0 && open {
		c.add("documents", KeyNoLines, "")
	}
	for i := range d.Documents {
		x := &d.Documents[i]
		at := fmt.Sprintf("documents[%d].", i)
		c.need(at+"qualifier", x.Qualifier)
		c.need(at+"number", x.Number)
		c.dates(at, x.Dates)
		c.disputed(at, x.Due, x.Disputed, x.Adjusted)
		why := len(x.Reasons)
		for k := range x.Lines {
			l := &x.Lines[k]
			p := fmt.Sprintf("%slines[%d].", at, k)
			c.need(p+"number", l.Number)
			c.disputed(p, l.Due, l.Disputed, l.Adjusted)
			why += len(l.Reasons)
		}
		if why == 0 && open {
			c.add(at+"reasons", KeyMissing, "")
		}
	}
	return c.out
}

func (c *check) disputed(at string, due, disputed, adjusted Decimal) {
	c.number(at+"due", due, false)
	c.number(at+"disputed", disputed, false)
	c.number(at+"adjusted", adjusted, false)
}
