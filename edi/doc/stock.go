package doc

import "fmt"

// Inventory says what lies where (846, INVRPT). The place is a party of the head (WH), or
// of a line where lines differ.
type Inventory struct {
	Header
	Purpose string `json:"purpose"`        // BIA01, the twin of 1225: 00 original, 08 status
	Type    string `json:"type,omitempty"` // BIA02: DD of a distributor, SI of a seller, MM of a manufacturer
	Number  string `json:"number"`         // BIA03, 1004
	Date    string `json:"date"`           // BIA04, DTM 137
	Time    string `json:"time,omitempty"` // BIA05
	// Period is what movements are told of: DTM 090 and 091, DTM 90 and 91 or 356.
	Period Period      `json:"period,omitzero"`
	Lines  []StockLine `json:"lines"`
}

// StockLine is one product at one place.
type StockLine struct {
	Line
	Quantities []StockQuantity `json:"quantities,omitempty"`
	Places     []PlaceQuantity `json:"places,omitempty"` // SDQ
}

// StockQuantity is one quantity of a product with its meaning (QTY).
type StockQuantity struct {
	// Qualifier is QTY01 or the twin of 6063: 33 available, 17 on hand, 63 on order,
	// 27 committed, 20 unusable, 57 and 70 the least and most that may be ordered.
	Qualifier string `json:"qualifier,omitempty"`
	// Code is 6063 where it has no twin: 198 in transit, 124 damaged, 197 reorder level.
	Code     string  `json:"code,omitempty"`
	Quantity Decimal `json:"quantity"`
	Unit     string  `json:"unit,omitempty"`
	Dates    []Date  `json:"dates,omitempty"`
	Refs     []Ref   `json:"refs,omitempty"`
	Prices   []Price `json:"prices,omitempty"` // UIT, PRI
	// Movement is INV 4501 (1 out, 2 in), State 7491 (1 sound, 2 damaged, 3 bonded, 4
	// reserved), Reason 4499, Balance 4503.
	Movement string `json:"movement,omitempty"`
	State    string `json:"state,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Balance  string `json:"balance,omitempty"`
}

// PlaceQuantity is a quantity of one place (SDQ).
type PlaceQuantity struct {
	IDQualifier string  `json:"id_qualifier,omitempty"` // SDQ02
	ID          string  `json:"id"`
	Quantity    Decimal `json:"quantity"`
	Unit        string  `json:"unit,omitempty"` // SDQ01
}

// OnHand is the stock of the line: what is on hand, else what is available; empty when
// the line says neither.
func (l *StockLine) OnHand() Decimal {
	for _, q := range []string{"17", "33"} {
		for i := range l.Quantities {
			if l.Quantities[i].Qualifier == q {
				return l.Quantities[i].Quantity
			}
		}
	}
	return ""
}

// Validate checks that the report can be used: number, date and purpose are there, and
// every line has a product and a quantity whose meaning is said.
func (d *Inventory) Validate() []Problem {
	c := &check{}
	c.need("purpose", d.Purpose)
	c.need("number", d.Number)
	c.date("date", d.Date, true)
	c.header(&d.Header, len(d.Lines))
	c.period("period.", d.Period, false)
	for i := range d.Lines {
		l := &d.Lines[i]
		p := fmt.Sprintf("lines[%d].", i)
		c.item(p, &l.Line)
		c.dates(p, l.Dates)
		if len(l.Quantities)+len(l.Places) == 0 {
			c.add(p+"quantities", KeyMissing, "")
		}
		c.quantities(p, l.Quantities)
		c.places(p, l.Places)
	}
	return c.out
}

func (c *check) quantities(at string, list []StockQuantity) {
	for i, q := range list {
		p := fmt.Sprintf("%squantities[%d].", at, i)
		c.number(p+"quantity", q.Quantity, true)
		c.need(p+"qualifier", q.Qualifier+q.Code)
		c.dates(p, q.Dates)
		c.prices(p, q.Prices)
	}
}

func (c *check) places(at string, list []PlaceQuantity) {
	for i, q := range list {
		p := fmt.Sprintf("%splaces[%d].", at, i)
		c.need(p+"id", q.ID)
		c.number(p+"quantity", q.Quantity, true)
	}
}

// ProductActivity tells of sales and stock of products in a period, store by store (852).
type ProductActivity struct {
	Header
	Handling string         `json:"handling"`         // XQ01: H notification only
	Period   Period         `json:"period"`           // XQ02 and XQ03
	Orders   []OrderRange   `json:"orders,omitempty"` // XPO
	Lines    []ActivityLine `json:"lines"`
}

// OrderRange is an order, or the orders from one number to another (XPO).
type OrderRange struct {
	From        string `json:"from"`
	To          string `json:"to,omitempty"`
	IDQualifier string `json:"id_qualifier,omitempty"`
	ID          string `json:"id,omitempty"`
}

// ActivityLine is one product with what happened to it.
type ActivityLine struct {
	Line
	Prices     []Price         `json:"prices,omitempty"`     // CTP
	Amounts    []Amount        `json:"amounts,omitempty"`    // AMT
	Quantities []StockQuantity `json:"quantities,omitempty"` // QTY
	Activities []Activity      `json:"activities"`
}

// Activity is one figure of a product (ZA).
type Activity struct {
	// Code is ZA01: QS sold, QA available, QR received, QP on order, QI in transit, QU
	// returned by consumers, QO out of stock, QC committed.
	Code       string          `json:"code"`
	Quantity   Decimal         `json:"quantity,omitempty"` // ZA02, the sum of Places where both are there
	Unit       string          `json:"unit,omitempty"`     // ZA03
	Date       Date            `json:"date,omitzero"`      // ZA04 and ZA05
	Ref        Ref             `json:"ref,omitzero"`       // ZA06 and ZA07
	Quantities []StockQuantity `json:"quantities,omitempty"`
	Prices     []Price         `json:"prices,omitempty"`
	Places     []PlaceQuantity `json:"places,omitempty"` // SDQ
}

// Total is the quantity of an activity: its own, else the sum over its places; empty when
// neither is there.
func (a *Activity) Total() Decimal {
	if a.Quantity != "" || len(a.Places) == 0 {
		return a.Quantity
	}
	sum := Decimal("0")
	for _, p := range a.Places {
		sum = sum.Add(p.Quantity)
	}
	return sum
}

// Reporter is whose figures these are, nil when it is not said.
func (d *ProductActivity) Reporter() *Party { return firstOf(d.Parties, "FR", "RE", "DS", "BY") }

// Validate checks that the figures can be used: the period is there, every line has a
// product and an activity, and the places of an activity add up to its quantity.
func (d *ProductActivity) Validate() []Problem {
	c := &check{}
	c.need("handling", d.Handling)
	c.period("period.", d.Period, false)
	c.need("period.from", d.Period.From)
	c.header(&d.Header, len(d.Lines))
	for i := range d.Lines {
		l := &d.Lines[i]
		p := fmt.Sprintf("lines[%d].", i)
		c.item(p, &l.Line)
		c.prices(p, l.Prices)
		c.amounts(p, l.Amounts)
		c.quantities(p, l.Quantities)
		if len(l.Activities) == 0 {
			c.add(p+"activities", KeyMissing, "")
		}
		for k := range l.Activities {
			c.activity(fmt.Sprintf("%sactivities[%d].", p, k), &l.Activities[k])
		}
	}
	return c.out
}

func (c *check) activity(at string, a *Activity) {
	c.need(at+"code", a.Code)
	c.number(at+"quantity", a.Quantity, false)
	c.date(at+"date.date", a.Date.Date, false)
	c.quantities(at, a.Quantities)
	c.prices(at, a.Prices)
	c.places(at, a.Places)
	if a.Quantity == "" && len(a.Places) == 0 && len(a.Quantities) == 0 {
		c.add(at+"quantity", KeyMissing, "")
	}
	if a.Quantity.Valid() && len(a.Places) > 0 {
		sum := Decimal("0")
		for _, p := range a.Places {
			if p.Unit != "" && a.Unit != "" && p.Unit != a.Unit {
				return
			}
			sum = sum.Add(p.Quantity)
		}
		if sum.Cmp(a.Quantity) != 0 {
			c.add(at+"places", KeyPlaces, string(sum))
		}
	}
}
