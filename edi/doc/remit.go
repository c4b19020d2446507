package doc

import (
	"fmt"
	"strconv"
)

// Remittance says what is paid, for which documents, and what is kept back and why
// (820, REMADV). Payer and payee are parties with the roles PR and PE.
type Remittance struct {
	Header
	// Number is the trace number (TRN02; BGM 1004), TraceType TRN01, 1 of this
	// payment. TraceCompany and TraceRef are TRN03 and TRN04.
	Number       string `json:"number"`
	TraceType    string `json:"trace_type,omitempty"`
	TraceCompany string `json:"trace_company,omitempty"`
	TraceRef     string `json:"trace_ref,omitempty"`
	// Date is when it was written: DTM 097 (DTM 137). Paid is when the money
	// moves: BPR16 (DTM 138).
	Date string `json:"date,omitempty"`
	Paid string `json:"paid,omitempty"`
	// Handling is BPR01: I advice only, C payment with the advice, D payment only.
	Handling string `json:"handling"`
	// Total is BPR02 (MOA 12 of the summary), Flag BPR03: C credit, D debit.
	Total Decimal `json:"total"`
	Flag  string  `json:"flag"`
	// Method is BPR04: ACH, CHK cheque, FWT wire, NON none (PAI 4461). Format is
	// BPR05.
	Method string `json:"method,omitempty"`
	Format string `json:"format,omitempty"`
	// Payer and Payee are their banks: BPR06 to 09 and 12 to 15 (FII OR and BF).
	Payer BankAccount `json:"payer,omitzero"`
	Payee BankAccount `json:"payee,omitzero"`
	// Company and CompanyCode are BPR10 and BPR11, the originating company.
	Company     string           `json:"company,omitempty"`
	CompanyCode string           `json:"company_code,omitempty"`
	Lines       []RemittanceLine `json:"lines"`
}

// BankAccount is an account at a bank.
type BankAccount struct {
	// BankQualifier says what Bank is: 01 ABA, 02 SWIFT, 04 Canadian (BPR06; C088).
	BankQualifier string `json:"bank_qualifier,omitempty"`
	Bank          string `json:"bank,omitempty"`
	Kind          string `json:"kind,omitempty"`    // BPR08: DA demand deposit
	Account       string `json:"account,omitempty"` // BPR09; 3194
}

// RemittanceLine is one document with what is paid for it (RMR; DOC). Without
// Qualifier and Number it holds adjustments that concern no document (ADX of ENT).
type RemittanceLine struct {
	Qualifier string `json:"qualifier,omitempty"` // RMR01: IV invoice, CM credit memo, DL debit memo (DOC 380, 381, 383)
	Number    string `json:"number,omitempty"`    // RMR02
	Action    string `json:"action,omitempty"`    // RMR03
	// Paid is RMR04 (MOA 12), Amount what the document is for, RMR05 (MOA 9),
	// Discount what was taken, RMR06 (MOA 52). R, exact as written; Paid and
	// Amount of a credit note are negative.
	Paid     Decimal  `json:"paid,omitempty"`
	Amount   Decimal  `json:"amount,omitempty"`
	Discount Decimal  `json:"discount,omitempty"`
	Dates    []Date   `json:"dates,omitempty"` // 003 of the invoice (DTM 137)
	Refs     []Ref    `json:"refs,omitempty"`
	Notes    []string `json:"notes,omitempty"`
	// Entity is for whom this line is paid, where one payment is for several
	// (ENT02 to 04; NAD of DOC). Only role, qualifier and ID are used.
	Entity      Party        `json:"entity,omitzero"`
	Adjustments []Adjustment `json:"adjustments,omitempty"`
}

// Adjustment is an amount added or kept back and why (ADX, RMR07 and 08; AJT).
type Adjustment struct {
	// Amount is signed as ADX01 is since 003060: negative lowers the payment,
	// positive raises it. AJT's amount has the opposite sign: what is kept back.
	Amount Decimal `json:"amount"`
	// Reason is element 426: 01 price, 06 quantity, 11 to 15 returns, 54 freight,
	// 56 advertising allowance, 57 volume discount taken.
	Reason string `json:"reason,omitempty"`
	// ReasonUN is 4465 where no code of 426 says the same; Reason is then empty.
	ReasonUN string `json:"reason_un,omitempty"`
	// Ref is the identification of the adjustment (ADX03 and 04; RFF of AJT).
	Ref  Ref   `json:"ref,omitzero"`
	Refs []Ref `json:"refs,omitempty"`
	// Dates are of an adjustment that concerns no document: one at most.
	Dates []Date   `json:"dates,omitempty"`
	Notes []string `json:"notes,omitempty"`
}

// What a payment does to a document.
const (
	SettlesFull   = "closes"       // all is paid, but for a discount
	SettlesPart   = "part_closes"  // some is left open and nothing said of it
	SettlesDeduct = "deducts"      // adjustments say why less or more is paid
	SettlesNone   = "adjusts_only" // no document
)

// Settles says what the line does to its document, and how much of it stays open:
// amount − discount + adjustments − paid; below zero more was paid or said than that.
// Without an amount the document is taken as closed by what is paid.
func (l *RemittanceLine) Settles() (effect string, open Decimal) {
	if l.Number == "" {
		return SettlesNone, "0"
	}
	open = "0"
	if l.Amount.Valid() {
		open = l.Amount.Sub(orZero(l.Discount)).Add(l.Adjusted()).Sub(orZero(l.Paid))
	}
	switch {
	case open.Sign() != 0:
		return SettlesPart, open
	case len(l.Adjustments) > 0:
		return SettlesDeduct, open
	}
	return SettlesFull, open
}

// Adjusted sums the adjustments of the line.
func (l *RemittanceLine) Adjusted() Decimal {
	sum := Decimal("0")
	for _, a := range l.Adjustments {
		if a.Amount.Valid() {
			sum = sum.Add(a.Amount)
		}
	}
	return sum
}

// Sum is what the lines come to: what is paid for each document, which is net of its
// adjustments, and the adjustments that concern none.
func (d *Remittance) Sum() Decimal {
	sum := Decimal("0")
	for i := range d.Lines {
		l := &d.Lines[i]
		if l.Number == "" {
			sum = sum.Add(l.Adjusted())
		} else if l.Paid.Valid() {
			sum = sum.Add(l.Paid)
		}
	}
	return sum
}

// Validate checks that the remittance can be booked: number and amounts are there and
// are what they say, every adjustment has a reason, and the lines come to the total.
// An advice that is a payment order alone (handling D) may have no lines.
func (d *Remittance) Validate() []Problem {
	c := &check{}
	c.need("number", d.Number)
	c.need("handling", d.Handling)
	c.date("date", d.Date, false)
	c.date("paid", d.Paid, false)
	c.number("total", d.Total, true)
	if d.Flag != "C" && d.Flag != "D" {
		c.add("flag", KeyMissing, d.Flag)
	}
	if d.Handling == "D" && len(d.Lines) == 0 {
		c.dates("", d.Dates)
		return c.out
	}
	c.header(&d.Header, len(d.Lines))
	for i := range d.Lines {
		l := &d.Lines[i]
		p := fmt.Sprintf("lines[%d].", i)
		c.number(p+"paid", l.Paid, l.Number != "")
		c.number(p+"amount", l.Amount, false)
		c.number(p+"discount", l.Discount, false)
		c.dates(p, l.Dates)
		if l.Number == "" && len(l.Adjustments) == 0 {
			c.add(p+"number", KeyMissing, "")
		}
		c.adjustments(p, l.Adjustments)
	}
	if len(c.out) == 0 {
		if sum := d.Sum(); sum.Cmp(d.Total) != 0 {
			c.add("total", KeyTotal, string(sum))
		}
	}
	return c.out
}

func (c *check) adjustments(p string, list []Adjustment) {
	for k, a := range list {
		q := p + "adjustments[" + strconv.Itoa(k) + "]."
		c.number(q+"amount", a.Amount, true)
		if a.Reason == "" && a.ReasonUN == "" {
			c.add(q+"reason", KeyMissing, "")
		}
		c.dates(q, a.Dates)
	}
}
