package doc

import "fmt"

// Claim asks for money under a contract: ship and debit, charge-back, bill-back (844).
type Claim struct {
	Header
	Purpose string `json:"purpose"` // BAA01: 00 original, 05 replace, 01 cancel
	Report  string `json:"report"`  // BAA02, 755
	Date    string `json:"date"`    // BAA03
	// Qualifier and Number are BAA04 and BAA05, the claimant's number: CL, CM, VN.
	Qualifier string          `json:"qualifier,omitempty"`
	Number    string          `json:"number"`
	Time      string          `json:"time,omitempty"` // BAA06
	Contracts []ClaimContract `json:"contracts"`
	ClaimTotals
}

// ClaimTotals is the summary of claims and their answers. Header.LineCount is CTT01,
// which counts contracts.
type ClaimTotals struct {
	// Quantity is CTT02, the sum of all QTY02.
	Quantity Decimal       `json:"quantity_total,omitempty"`
	Amounts  []ClaimAmount `json:"totals,omitempty"` // AMT: TT the total
}

// Contract is what the documents about claims and prices say of a contract (CON).
type Contract struct {
	Qualifier string    `json:"qualifier"` // CON01: CT contract, PD promotion
	Number    string    `json:"number"`    // CON02
	Status    string    `json:"status"`    // CON03: AC active
	Refs      []Ref     `json:"refs,omitempty"`
	Contacts  []Contact `json:"contacts,omitempty"`
	Dates     []Date    `json:"dates,omitempty"`
	Parties   []Party   `json:"parties,omitempty"` // EU end user, BY, ST
}

// ClaimContract is a contract with what is claimed under it.
type ClaimContract struct {
	Contract
	Lines []ClaimLine `json:"lines,omitempty"`
}

// ClaimLine is one product transferred (PAD, LIN). Number is PAD01; Quantity and Unit
// are those of the first QTY, whose kind is QuantityKind.
type ClaimLine struct {
	Line
	Transfer       string          `json:"transfer,omitempty"` // PAD02: SD ship and debit, SS stock sale, RU return
	Change         string          `json:"change,omitempty"`   // PAD03: QD quantity less, PC price, CA line changed, DI deleted
	MultiplierKind string          `json:"multiplier_kind,omitempty"`
	Multiplier     Decimal         `json:"multiplier,omitempty"` // PAD04 and PAD05
	QuantityKind   string          `json:"quantity_kind,omitempty"`
	Quantities     []ClaimQuantity `json:"quantities,omitempty"` // further QTY
	Amounts        []ClaimAmount   `json:"amounts,omitempty"`    // AMT: what is claimed first
	Prices         []ClaimPrice    `json:"prices,omitempty"`     // UIT
	Currency       string          `json:"currency,omitempty"`   // CUR of the line
}

// ClaimQuantity is a quantity with its meaning (QTY01: 32 sold, 17 on hand).
type ClaimQuantity struct {
	Kind     string  `json:"kind"`
	Quantity Decimal `json:"quantity"`
	Unit     string  `json:"unit,omitempty"`
}

// ClaimAmount is money with its meaning (AMT01), R as written. Flag is AMT03: C credit
// or D debit.
type ClaimAmount struct {
	Kind   string  `json:"kind"`
	Amount Decimal `json:"amount"`
	Flag   string  `json:"flag,omitempty"`
}

// ClaimPrice is a unit price with its basis (UIT): CT contract, DI distributor's.
type ClaimPrice struct {
	Unit  string  `json:"unit"`
	Price Decimal `json:"price,omitempty"`
	Basis string  `json:"basis,omitempty"`
}

// Claimed is the amount of the line: what is said, else nothing.
func (l *ClaimLine) Claimed() Decimal {
	if len(l.Amounts) == 0 {
		return ""
	}
	return l.Amounts[0].Amount
}

// The verdicts on a line of a claim.
const (
	VerdictAccepted = "accepted"
	VerdictChanged  = "changed"
	VerdictRejected = "rejected"
	VerdictPending  = "pending" // another answer follows
)

// ClaimAnswer is the answer to a claim (849). Verdicts are per line, so that good
// lines are paid while one is looked into; a pending answer is followed by a final one.
type ClaimAnswer struct {
	Header
	Purpose   string             `json:"purpose"` // BRC01
	Date      string             `json:"date"`    // BRC02
	Qualifier string             `json:"qualifier,omitempty"`
	Number    string             `json:"number"`            // BRC03 and BRC04, the claim's
	Time      string             `json:"time,omitempty"`    // BRC05
	Reasons   []ClaimReason      `json:"reasons,omitempty"` // AAA of the whole claim
	Contracts []AnsweredContract `json:"contracts,omitempty"`
	ClaimTotals
}

// AnsweredContract is a contract with the answers to its lines.
type AnsweredContract struct {
	Contract
	Reasons []ClaimReason `json:"reasons,omitempty"` // AAA of all its lines
	Lines   []AnswerLine  `json:"lines,omitempty"`
}

// AnswerLine is a line of the claim with what is granted of it.
type AnswerLine struct {
	ClaimLine
	// Verdict is derived on reading, by VerdictOf. A line to be written that is
	// rejected or pending and has no reasons gets the AAA of its verdict.
	Verdict string        `json:"verdict,omitempty"`
	Reasons []ClaimReason `json:"reasons,omitempty"`
}

// ClaimReason is one AAA.
type ClaimReason struct {
	Valid    string `json:"valid"`               // AAA01: Y or N
	Agency   string `json:"agency,omitempty"`    // AAA02, whose list Code is of
	Code     string `json:"code,omitempty"`      // AAA03
	FollowUp string `json:"follow_up,omitempty"` // AAA04: C correct and resubmit, N not again, Y held, an answer follows
}

// VerdictOf says what the first reasons given mean, those of the line before those of
// the contract and of the claim: pending where the request is held (889 Y, or S asked
// of a third party), rejected where it is not valid, else changed where the line says
// how (PAD03), else accepted.
func VerdictOf(change string, levels ...[]ClaimReason) string {
	for _, reasons := range levels {
		for _, r := range reasons {
			switch {
			case r.FollowUp == "Y" || r.FollowUp == "S":
				return VerdictPending
			case r.Valid == "N":
				return VerdictRejected
			}
		}
		if len(reasons) > 0 {
			break
		}
	}
	if change != "" {
		return VerdictChanged
	}
	return VerdictAccepted
}

// ReasonsOf are the AAA that a verdict is written as, none where the line is granted;
// code is why, of X12's own list (901).
func ReasonsOf(verdict, code string) []ClaimReason {
	switch verdict {
	case VerdictRejected:
		return []ClaimReason{{Valid: "N", Code: code, FollowUp: "N"}}
	case VerdictPending:
		return []ClaimReason{{Valid: "Y", Code: code, FollowUp: "Y"}}
	}
	return nil
}

// PriceAuthorization grants special prices under contracts (845).
type PriceAuthorization struct {
	Header
	Purpose   string               `json:"purpose"` // BPA01
	Date      string               `json:"date"`    // BPA02
	Qualifier string               `json:"qualifier,omitempty"`
	Number    string               `json:"number"`         // BPA03 and BPA04
	Time      string               `json:"time,omitempty"` // BPA05
	Contracts []AuthorizedContract `json:"contracts"`
}

// AuthorizedContract is a contract with the prices it grants.
type AuthorizedContract struct {
	Contract
	Lines []AuthorizedLine `json:"lines,omitempty"`
}

// AuthorizedLine is a product with its prices; Quantity is the most that is granted.
type AuthorizedLine struct {
	ClaimLine
	Offers []AuthorizedPrice `json:"offers,omitempty"` // CTP
}

// AuthorizedPrice is a price that is granted (CTP).
type AuthorizedPrice struct {
	Class          string  `json:"class,omitempty"` // CTP01, class of trade
	Kind           string  `json:"kind,omitempty"`  // CTP02: CON contract, RES resale, SHD ship and debit
	Price          Decimal `json:"price,omitempty"` // CTP03
	Quantity       Decimal `json:"quantity,omitempty"`
	Unit           string  `json:"unit,omitempty"` // CTP04 and CTP05
	MultiplierKind string  `json:"multiplier_kind,omitempty"`
	Multiplier     Decimal `json:"multiplier,omitempty"` // CTP06 and CTP07: DIS discount factor
	Rebate         Decimal `json:"rebate,omitempty"`     // CTP08, amount
	Basis          string  `json:"basis,omitempty"`      // CTP09
	Dates          []Date  `json:"dates,omitempty"`
}

// Validate checks that the claim can be judged: number, date and contract, a product
// and an amount or quantity for every line, and totals that are those of the lines.
func (d *Claim) Validate() []Problem {
	c := &check{}
	c.need("report", d.Report)
	c.claimHead(&d.Header, d.Purpose, d.Date, d.Number, len(d.Contracts), true)
	s := &claimSum{quantity: "0", amount: "0", each: true}
	for i := range d.Contracts {
		at := fmt.Sprintf("contracts[%d].", i)
		c.contract(at, &d.Contracts[i].Contract, len(d.Contracts[i].Lines))
		for k := range d.Contracts[i].Lines {
			c.claimLine(fmt.Sprintf("%slines[%d].", at, k), &d.Contracts[i].Lines[k], s)
		}
	}
	c.claimTotals(&d.ClaimTotals, s)
	return c.out
}

// Validate checks that the answer can be sent: whatever is rejected has its reason, and
// a verdict is what the reasons say.
func (d *ClaimAnswer) Validate() []Problem {
	c := &check{}
	c.claimHead(&d.Header, d.Purpose, d.Date, d.Number, len(d.Contracts), len(d.Reasons) == 0)
	c.claimReasons("", d.Reasons)
	s := &claimSum{quantity: "0", amount: "0", each: true}
	for i := range d.Contracts {
		x := &d.Contracts[i]
		at := fmt.Sprintf("contracts[%d].", i)
		c.contract(at, &x.Contract, len(x.Lines)+len(x.Reasons)+len(d.Reasons))
		c.claimReasons(at, x.Reasons)
		for k := range x.Lines {
			l := &x.Lines[k]
			p := fmt.Sprintf("%slines[%d].", at, k)
			c.claimLine(p, &l.ClaimLine, s)
			c.claimReasons(p, l.Reasons)
			if len(l.Reasons) > 0 && l.Verdict != "" && l.Verdict != VerdictOf(l.Change, l.Reasons) {
				c.add(p+"verdict", KeyVerdict, l.Verdict)
			}
		}
	}
	c.claimTotals(&d.ClaimTotals, s)
	return c.out
}

// Validate checks that the authorization can be taken: number, date and contract, and
// a product and a price for every line.
func (d *PriceAuthorization) Validate() []Problem {
	c := &check{}
	c.claimHead(&d.Header, d.Purpose, d.Date, d.Number, len(d.Contracts), true)
	for i := range d.Contracts {
		x := &d.Contracts[i]
		at := fmt.Sprintf("contracts[%d].", i)
		c.contract(at, &x.Contract, len(x.Lines))
		for k := range x.Lines {
			l := &x.Lines[k]
			p := fmt.Sprintf("%slines[%d].", at, k)
			c.claimNumbers(p, &l.ClaimLine)
			if len(l.Offers)+len(l.Prices)+len(l.Amounts) == 0 && l.Multiplier == "" {
				c.add(p+"offers", KeyMissing, "")
			}
			for n, o := range l.Offers {
				q := fmt.Sprintf("%soffers[%d].", p, n)
				c.number(q+"price", o.Price, false)
				c.number(q+"quantity", o.Quantity, false)
				c.number(q+"multiplier", o.Multiplier, false)
				c.number(q+"rebate", o.Rebate, false)
				c.dates(q, o.Dates)
			}
		}
	}
	return c.out
}

// claimSum adds up what the lines say; each tells that every line has one amount.
type claimSum struct {
	quantity, amount Decimal
	each             bool
	lines            int
}

func (c *check) claimHead(h *Header, purpose, date, number string, contracts int, must bool) {
	c.need("purpose", purpose)
	c.date("date", date, true)
	c.need("number", number)
	c.dates("", h.Dates)
	if contracts == 0 && must {
		c.add("contracts", KeyNoLines, "")
	}
	if h.LineCount != 0 && h.LineCount != contracts {
		c.add("line_count", KeyLineCount, fmt.Sprint(h.LineCount))
	}
}

func (c *check) contract(at string, x *Contract, content int) {
	c.need(at+"number", x.Number)
	c.dates(at, x.Dates)
	if content == 0 {
		c.add(at+"lines", KeyNoLines, "")
	}
}

func (c *check) claimNumbers(p string, l *ClaimLine) {
	c.number(p+"quantity", l.Quantity, false)
	c.number(p+"multiplier", l.Multiplier, false)
	c.dates(p, l.Dates)
	for k, q := range l.Quantities {
		c.number(fmt.Sprintf("%squantities[%d].quantity", p, k), q.Quantity, true)
	}
	for k, a := range l.Amounts {
		c.number(fmt.Sprintf("%samounts[%d].amount", p, k), a.Amount, true)
	}
	for k, u := range l.Prices {
		c.number(fmt.Sprintf("%sprices[%d].price", p, k), u.Price, false)
	}
	if len(l.Items) == 0 && l.BuyerItem == "" && l.VendorItem == "" && l.GTIN == "" {
		c.add(p+"items", KeyMissing, "")
	}
}

func (c *check) claimLine(p string, l *ClaimLine, s *claimSum) {
	c.claimNumbers(p, l)
	if l.Quantity == "" && len(l.Amounts) == 0 {
		c.add(p+"amounts", KeyMissing, "")
	}
	s.lines++
	for _, q := range append([]ClaimQuantity{{Quantity: l.Quantity}}, l.Quantities...) {
		if q.Quantity.Valid() {
			s.quantity = s.quantity.Add(q.Quantity)
		}
	}
	if len(l.Amounts) != 1 || !l.Amounts[0].Amount.Valid() {
		s.each = false
		return
	}
	s.amount = s.amount.Add(l.Amounts[0].Amount)
}

func (c *check) claimReasons(p string, list []ClaimReason) {
	for k, r := range list {
		if r.Valid == "N" && r.Code == "" {
			c.add(fmt.Sprintf("%sreasons[%d].code", p, k), KeyMissing, "")
		}
	}
}

func (c *check) claimTotals(t *ClaimTotals, s *claimSum) {
	c.number("quantity_total", t.Quantity, false)
	for k, a := range t.Amounts {
		c.number(fmt.Sprintf("totals[%d].amount", k), a.Amount, true)
	}
	if len(c.out) > 0 || s.lines == 0 {
		return
	}
	if t.Quantity != "" && t.Quantity.Cmp(s.quantity) != 0 {
		c.add("quantity_total", KeyTotal, string(s.quantity))
	}
	for k, a := range t.Amounts {
		if a.Kind == "TT" && s.each && a.Amount.Cmp(s.amount) != 0 {
			c.add(fmt.Sprintf("totals[%d].amount", k), KeyTotal, string(s.amount))
		}
	}
}
