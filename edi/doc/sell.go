package doc

import (
	"fmt"
	"slices"
)

// SellThrough is a report of what was sold on, moved and returned (867, SLSRPT). With
// purpose 05 it replaces what was reported for the period whole.
type SellThrough struct {
	Header
	Purpose string `json:"purpose"`        // BPT01, the twin of 1225: 00 original, 05 replace
	Number  string `json:"number"`         // BPT02, 1004
	Date    string `json:"date"`           // BPT03, DTM 137
	Time    string `json:"time,omitempty"` // BPT08
	Type    string `json:"type,omitempty"` // BPT04: 02 resale, 03 transfer and resale
	// Replaces is the report that this one takes the place of: BPT09, RFF ACW.
	Replaces string `json:"replaces,omitempty"`
	// Period is what is reported on: DTM 090 and 091, or 582; DTM 90 and 91, or 356.
	Period Period     `json:"period,omitzero"`
	Lines  []SellLine `json:"lines"`
	// Amounts are totals of the report: AMT after CTT, MOA after UNS.
	Amounts []Amount `json:"amounts,omitempty"`
}

// Period is a span of days with the grain the partner reports by, which is never made
// finer.
type Period struct {
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Grain is "week", "month", "quarter" or "year" where the period was named so
	// and not by its days. Value is then the name as sent: "202647", "202611",
	// "20264", "2026"; a week is read as that of ISO 8601.
	Grain string `json:"grain,omitempty"`
	Value string `json:"value,omitempty"`
}

// Amount is money with its meaning: AMT01, or the twin of 5025 (1 line item total). A
// code without twin is in Code.
type Amount struct {
	Qualifier string  `json:"qualifier,omitempty"`
	Code      string  `json:"code,omitempty"` // 5025
	Amount    Decimal `json:"amount"`
}

// Price is one price as sent (UIT, CTP, PRI).
type Price struct {
	// Kind is CTP02, or the twin of 5387: LPR list, NET net, CON contract, RES
	// resale, RTL retail, MSR suggested retail, PRP promotional.
	Kind  string `json:"kind,omitempty"`
	Class string `json:"class,omitempty"` // CTP01, class of trade
	// Code is 5125 where it says more than Kind does: AAB gross, AAE with taxes.
	Code   string  `json:"code,omitempty"`
	Amount Decimal `json:"amount"`
	// Per is for how many units the price is (5284, CTP11), empty for one; Unit is
	// which (6411, CTP05, UIT01).
	Per   Decimal `json:"per,omitempty"`
	Unit  string  `json:"unit,omitempty"`
	Basis string  `json:"basis,omitempty"` // CTP09, UIT03, 5375: PE per each, CT contract
	// From and To are quantities the price holds for: CTP04, RNG 6162 and 6152.
	From      Decimal `json:"from,omitempty"`
	To        Decimal `json:"to,omitempty"`
	Currency  string  `json:"currency,omitempty"` // CUR or CUX of the price alone
	ValidFrom string  `json:"valid_from,omitempty"`
	ValidTo   string  `json:"valid_to,omitempty"`
	Dates     []Date  `json:"dates,omitempty"` // others than those two
}

// What a line of a SellThrough is.
const (
	KindSale   = "sale"
	KindReturn = "return"
	KindMove   = "move"  // between places of the reporter
	KindNone   = "none"  // an adjustment: nothing was sold
	KindOther  = "other" // a code whose meaning is not known here: never counted
)

// SellLine is what was sold of one product to one customer, or came back. Its Parties
// are the customer (EU, UD) and the place of sale (SN, LOC 162).
type SellLine struct {
	Line
	// Kind is derived from Movement.
	Kind string `json:"kind"`
	// Movement is PTD01: SS stock, SD ship and debit, DS drop ship, CS consignment
	// sale; IB, BJ own move; BN, RU, RV, RB return; IA, SA, PA adjustments. An
	// SLSRPT knows only SS and BN.
	Movement string `json:"movement"`
	// Measure is QTY01 or its twin: 32 sold, 76 returned. Code is 6063 where it
	// says more: 210 returned by the consumer.
	Measure string `json:"measure,omitempty"`
	Code    string `json:"code,omitempty"`
	// OnPromotion is how much of Quantity was sold on promotion (QTY 26).
	OnPromotion Decimal `json:"on_promotion,omitempty"`
	// Period is that of the line or its place of sale (LOC, DTM 356), empty where it
	// is the report's.
	Period  Period   `json:"period,omitzero"`
	Prices  []Price  `json:"prices,omitempty"`  // UIT, PRI; the first for one unit is Line.Price
	Amounts []Amount `json:"amounts,omitempty"` // AMT, MOA
	// Detail is the PTD that the line stood in, from 1. It is kept only beside segments
	// that are carried along (Extra), which need the PTDs to stay as they were.
	Detail int `json:"detail,omitempty"`
}

// KindOf says what a PTD01 means for sell-through.
func KindOf(movement string) string {
	switch movement {
	case "SS", "SD", "DS", "CS":
		return KindSale
	case "IB", "BJ":
		return KindMove
	case "BN", "RU", "RV", "RB":
		return KindReturn
	case "IA", "SA", "PA":
		return KindNone
	}
	return KindOther
}

// Sold is what the line adds to the quantity sold: returns count below zero however
// their sign was sent, moves and adjustments not at all.
func (l *SellLine) Sold() Decimal {
	switch l.Kind {
	case KindSale:
		return orZero(l.Quantity)
	case KindReturn:
		if l.Quantity.Sign() > 0 {
			return "-" + l.Quantity
		}
		return orZero(l.Quantity)
	}
	return "0"
}

// Customer is to whom the line was sold, nil when it is not said.
func (l *SellLine) Customer() *Party { return firstOf(l.Parties, "EU", "UD", "BY", "ST") }

// Reporter is whose sales these are, nil when it is not said.
func (d *SellThrough) Reporter() *Party {
	return firstOf(d.Parties, "FR", "DS", "SE", "RE", "BY")
}

// firstOf gives the party with the first of the roles that is there.
func firstOf(list []Party, roles ...string) *Party {
	for _, role := range roles {
		if i := slices.IndexFunc(list, func(p Party) bool { return p.Role == role }); i >= 0 {
			return &list[i]
		}
	}
	return nil
}

// Validate checks that the report can be counted: number, date, purpose and period are
// there, and every line says what was sold, how much, and what kind of movement it is.
func (d *SellThrough) Validate() []Problem {
	c := &check{}
	c.need("purpose", d.Purpose)
	c.need("number", d.Number)
	c.date("date", d.Date, true)
	c.header(&d.Header, len(d.Lines))
	c.period("period.", d.Period, true)
	c.amounts("", d.Amounts)
	for i := range d.Lines {
		l := &d.Lines[i]
		p := fmt.Sprintf("lines[%d].", i)
		c.item(p, &l.Line)
		c.number(p+"quantity", l.Quantity, true)
		c.number(p+"on_promotion", l.OnPromotion, false)
		c.dates(p, l.Dates)
		c.need(p+"movement", l.Movement)
		c.period(p+"period.", l.Period, false)
		c.prices(p, l.Prices)
		c.amounts(p, l.Amounts)
	}
	return c.out
}

func (c *check) period(at string, p Period, must bool) {
	c.date(at+"from", p.From, must)
	c.date(at+"to", p.To, must)
	c.order(at+"to", p.From, p.To)
}

// order checks that days do not end before they begin.
func (c *check) order(path, from, to string) {
	if from != "" && to != "" && to < from {
		c.add(path, KeyPeriod, to)
	}
}

func (c *check) valid(at, from, to string) {
	c.date(at+"valid_from", from, false)
	c.date(at+"valid_to", to, false)
	c.order(at+"valid_to", from, to)
}

func (c *check) amounts(at string, list []Amount) {
	for i, a := range list {
		c.number(fmt.Sprintf("%samounts[%d].amount", at, i), a.Amount, true)
	}
}

func (c *check) prices(at string, list []Price) {
	for i, p := range list {
		here := fmt.Sprintf("%sprices[%d].", at, i)
		c.number(here+"amount", p.Amount, true)
		c.number(here+"per", p.Per, false)
		c.number(here+"from", p.From, false)
		c.number(here+"to", p.To, false)
		c.valid(here, p.ValidFrom, p.ValidTo)
		c.dates(here, p.Dates)
	}
}

// item checks that a line says which product it is about.
func (c *check) item(at string, l *Line) {
	if len(l.Items) == 0 && l.BuyerItem == "" && l.VendorItem == "" && l.GTIN == "" {
		c.add(at+"items", KeyMissing, "")
	}
}
