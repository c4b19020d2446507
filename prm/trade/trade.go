// Package trade is the order desk of two companies: orders, answers, shipments
// and invoices, as the portal sees them, whatever door they came through.
//
// The truth is per line quantity: ordered, confirmed, backordered, cancelled,
// shipped, received, invoiced. The state of an order is derived from its lines
// and never set by itself. Syntax is judged elsewhere: a doubt of business
// (unknown item, price beyond tolerance) never refuses an order but marks the
// line, and the answer to the order settles it. An order is booked once: by the
// transaction set it came in, and again by its business key (reseller, PO
// number, release).
//
// Numbers that a partner sees run per partnership. Prices and amounts are left
// out here, not in templates, for a reader without the right to them.
package trade

import (
	"strings"
	"time"

	"entente/edi/doc"
	"entente/prm/catalog"
	"entente/prm/money"
)

// Ids, one type per kind.
type (
	OrderID    string
	ResponseID string
	ShipmentID string
	InvoiceID  string
	ArrivalID  string // a further document of an order that was not booked by itself
)

// State of an order, derived from its line quantities.
type State string

// The states, in the order of an undisturbed life.
const (
	Received        State = "received"         // nothing answered yet
	Confirmed       State = "confirmed"        // everything asked is promised
	PartlyConfirmed State = "partly_confirmed" // some is promised; the rest open, back-ordered or cancelled
	Rejected        State = "rejected"         // every line refused
	PartlyShipped   State = "partly_shipped"   // some shipped, something still to come
	Shipped         State = "shipped"          // all that will come is on its way
	Invoiced        State = "invoiced"         // all that was shipped is invoiced
	Closed          State = "closed"           // shipped, received and invoiced in full
	Cancelled       State = "cancelled"        // withdrawn by the reseller
	// Held is never stored as a state: an order with a Held reason shows it.
	Held State = "held"
	// Differs is never stored either: an order shows it while one of its
	// invoices does not match.
	Differs State = "differs"
)

// Open lists the states of an order that is not finished.
var Open = []State{Received, Confirmed, PartlyConfirmed, PartlyShipped, Shipped}

// Mark is a doubt about a line, to be settled by the answer to the order. It is
// also the last part of the locale key "trade.mark.<mark>".
type Mark string

// The marks.
const (
	UnknownItem      Mark = "unknown_item"      // none of the item numbers is known
	Discontinued     Mark = "discontinued"      // the item is no longer sold
	UnitUnknown      Mark = "unit_unknown"      // the item is not sold in this unit
	PriceMissing     Mark = "price_missing"     // the order names no price
	PriceZero        Mark = "price_zero"        // it is 0, and nothing says that the goods are free
	DateOdd          Mark = "date_odd"          // a date that cannot be meant, such as 1900-01-01 or 2099-12-31
	PriceDiffers     Mark = "price_differs"     // beyond the tolerance of the partnership against the price list
	NoListPrice      Mark = "no_list_price"     // our list has no price to compare with
	CurrencyDiffers  Mark = "currency_differs"  // not the currency of the partnership
	QuantityUnread   Mark = "quantity_range"    // no positive number that fits
	AmountRange      Mark = "amount_range"      // quantity × price does not fit
	AllowanceUnknown Mark = "allowance_unknown" // takes an allowance off that nobody agreed here
	BelowMinimum     Mark = "below_minimum"     // less than the least that is sold
	NotMultiple      Mark = "not_multiple"      // no multiple of what is sold together
	Superseded       Mark = "superseded"        // a successor is sold instead
	PromotionRefused Mark = "promotion_refused" // the promotion it names does not count here
	PromotionPart    Mark = "promotion_part"    // … counts for a part of the quantity
	ReleaseUnknown   Mark = "release_unknown"   // calls off from a blanket order that is not here
	ReleaseItem      Mark = "release_item"      // … that does not have the item
	ReleaseOver      Mark = "release_over"      // more than the blanket order has left
	ReleaseOutside   Mark = "release_outside"   // before or after the days for which it holds
	ReleaseClosed    Mark = "release_closed"    // it was closed
	ReleasePrice     Mark = "release_price"     // not at the price of the blanket order
	QuoteUnknown     Mark = "quote_unknown"     // names a quote that is not here
	QuoteItem        Mark = "quote_item"        // … that does not have the item
	QuoteOver        Mark = "quote_over"        // more than the quote has left
	QuoteOutside     Mark = "quote_outside"     // the quote does not hold, or not on this day
	QuotePrice       Mark = "quote_price"       // not at the price of the quote
	FreeGoods        Mark = "free_goods"        // free of charge, and nothing says so but the order
)

// Marks is the set of doubts of one line.
type Marks []Mark

// Has reports whether m is among them.
func (ms Marks) Has(m Mark) bool {
	for _, x := range ms {
		if x == m {
			return true
		}
	}
	return false
}

func (ms Marks) add(m Mark) Marks {
	if ms.Has(m) {
		return ms
	}
	return append(ms, m)
}

func (ms Marks) text() string {
	w := make([]string, len(ms))
	for i, m := range ms {
		w[i] = string(m)
	}
	return strings.Join(w, ",")
}

func readMarks(s string) Marks {
	if s == "" {
		return nil
	}
	var out Marks
	for w := range strings.SplitSeq(s, ",") {
		out = append(out, Mark(w))
	}
	return out
}

// LineState is the state of one line; the key of its word is "state.line.<state>".
type LineState string

// The states of a line.
const (
	LineOpen        LineState = "open"        // not answered
	LineConfirmed   LineState = "confirmed"   // promised as asked
	LineChanged     LineState = "changed"     // promised with another quantity, date, price or item
	LineBackordered LineState = "backordered" // some or all comes later
	LineRejected    LineState = "rejected"
	LineCancelled   LineState = "cancelled"
	LineShipped     LineState = "shipped"
	LineReceived    LineState = "received"
	LineInvoiced    LineState = "invoiced"
)

// Why an order is held.
const (
	HeldDuplicate = "duplicate" // another document with the same number and other content
	HeldReplace   = "replace"   // a document that says it replaces this order
	HeldCancel    = "cancel"    // a document that says it cancels this order
	HeldLocation  = "location"  // the supplier does not know its ship-to
)

// Sources of an order.
const (
	SourceEDI  = "edi"
	SourceForm = "form"
	SourceDemo = "demo"
	SourceAPI  = "api"
)

// Order is the head of an order. Total is the sum of the line amounts as
// ordered, net; ConfirmedTotal that of the confirmed quantities, InvoicedTotal
// the net of the invoices. With PricesHidden all amounts are zero.
type Order struct {
	ID             OrderID
	Supplier       string // company ids
	Reseller       string
	Partnership    string
	Number         string // the reseller's PO number
	Release        string
	Purpose        string // as BEG01: 00 original, 06 confirmation …
	Kind           string // as BEG02: SA, NE, DS …
	Copy           int    // 0; 1 and more for further orders under the same number, by decision
	State          State
	Held           string // "", one of HeldDuplicate …, or HoldReason
	ShipToUnknown  string // while held for it: qualifier, colon and code
	HoldReason     string // of a hold of the whole order by its supplier: HeldApproval or one of HoldReasons
	Differs        bool   // one of its invoices does not match
	Marks          int    // lines with a doubt that is not answered
	Currency       money.Currency
	Total          money.Amount
	ConfirmedTotal money.Amount
	InvoicedTotal  money.Amount
	PricesHidden   bool
	LineCount      int
	OrderedOn      string // civil dates
	RequestedOn    string
	ShipTo         string // one line: name, city
	Note           string
	Source         string
	Interchange    string // the interchange it came in, "" for one made on the pages
	SetNo          int
	PlacedBy       string // person, where known
	Received       time.Time
	Changed        time.Time
	Version        int64
}

// Shown is the state a person is told: held and differing come before the plain
// state.
func (o Order) Shown() State {
	switch {
	case o.Held != "":
		return Held
	case o.Differs:
		return Differs
	}
	return o.State
}

// PartnerOf is the company on the other side of org.
func (o Order) PartnerOf(org string) string {
	if org == o.Supplier {
		return o.Reseller
	}
	return o.Supplier
}

// Head is what an order carries beside its lines: the parties, references,
// dates, terms and allowances of the document.
type Head struct {
	Parties    []doc.Party     `json:"parties,omitempty"`
	Refs       []doc.Ref       `json:"refs,omitempty"`
	Dates      []doc.Date      `json:"dates,omitempty"`
	Terms      []doc.Terms     `json:"terms,omitempty"`
	Allowances []doc.Allowance `json:"allowances,omitempty"`
	Contacts   []doc.Contact   `json:"contacts,omitempty"`
	Contract   string          `json:"contract,omitempty"`
	// Goes is the country by which territories of promotions were judged; nil where none was asked.
	Goes *Destination `json:"goes,omitempty"`
}

// How it is known to which country goods go.
const (
	GoesPlace = "place" // the ship-to is a place that the supplier keeps
	GoesTold  = "told"  // nothing is kept of it: as the order says
	GoesHome  = "home"  // the order says nothing either: the reseller's own country
)

// Destination is the country to which goods go and how that is known: By is one of the above.
// Judged says that a promotion that is meant for countries was judged by it.
type Destination struct {
	Country string `json:"country"`
	By      string `json:"by"`
	Place   string `json:"place,omitempty"`
	Judged  bool   `json:"judged,omitempty"`
}

// Line is one line of an order with its quantities, all in Unit. Number counts
// from 1; Reference is the line number as the buyer wrote it. ListPrice is the
// supplier's list price per Unit on the day of the order, 0 where none is known.
type Line struct {
	Number      int
	Reference   string
	Product     string // product id, "" when unknown
	SKU         string // the supplier's number: ours when known, else as written
	BuyerItem   string
	GTIN        string
	Description string // as written, else the product's English name
	NameEN      string // of the catalogue, filled by Get
	NameZH      string
	Unit        string
	Price       money.Price
	ListPrice   money.Price
	Amount      money.Amount // ordered × price, less what the invoice takes off under a promotion
	Marks       Marks
	State       LineState
	RequestedOn string
	PromisedOn  string // the last date promised
	DealNumber  string
	Parts       []Part     // deliveries asked for, where there are several
	InsteadOf   string     // the item as ordered, where SKU is its substitute
	Free        bool       // asked for free of charge (PO105 NC, QTY 192)
	Trail       []ListStep // the price lists by which it was judged, as they were then; none: not kept

	// What a promotion does to the line: its number, how its allowance per unit reaches the
	// reseller (DealInPrice …), the quantity it was granted for, and why it counts or not.
	DealApplied   string
	DealMethod    string
	DealAllowance money.Price
	DealGranted   money.Quantity
	DealReason    string

	Ordered, Confirmed, Backordered, Cancelled money.Quantity
	Shipped, Received, Invoiced                money.Quantity
	Credited, Returned                         money.Quantity

	// Of the invoices: the price of the last one, the sum of the line's amounts,
	// and what is wrong ("price", "quantity"). Difference is invoiced amount −
	// shipped × order price, zero when it matches.
	InvoicePrice  money.Price
	InvoiceAmount money.Amount
	Difference    money.Amount
	PriceWrong    bool
	QuantityWrong bool
}

// ListStep is a price list on the way to Line.ListPrice: its version, from which day that holds,
// the day by which the line was priced, and its price per unit of the line. The last one counts.
type ListStep struct {
	Kind    string      `json:"k"` // catalog.StepList or catalog.StepPartner
	List    string      `json:"l"`
	Version int         `json:"v"`
	From    string      `json:"f"`
	On      string      `json:"d"`
	Price   money.Price `json:"p"`
}

// Part is one delivery that a line asks for (SCH, SCC).
type Part struct {
	Quantity money.Quantity `json:"q"`
	On       string         `json:"on,omitempty"`
}

// Unanswered is what the supplier has said nothing about yet.
func (l Line) Unanswered() money.Quantity {
	return l.Ordered - l.Confirmed - l.Backordered - l.Cancelled
}

// Answerable is what a confirmation may still speak about: unanswered and
// back-ordered.
func (l Line) Answerable() money.Quantity { return l.Ordered - l.Confirmed - l.Cancelled }

// ToShip is confirmed and not shipped.
func (l Line) ToShip() money.Quantity { return l.Confirmed - l.Shipped }

// ToReceive is shipped and not marked as received.
func (l Line) ToReceive() money.Quantity { return l.Shipped - l.Received }

// Outstanding is what will still come: neither cancelled nor shipped.
func (l Line) Outstanding() money.Quantity { return l.Ordered - l.Cancelled - l.Shipped }

// Response is one answer to an order (855), or to a change of it (865).
type Response struct {
	ID          ResponseID
	Order       OrderID
	Number      string
	Kind        string // ResponseAccepted …
	By          string // person, "" for a system
	At          time.Time
	AgreedBy    string // who on the reseller's side agreed to a change
	AgreedAt    time.Time
	Interchange string
	Change      ChangeID // of an answer to a change: it states anew the lines that it touches
	Lines       []ResponseLine
}

// Kinds of response.
const (
	ResponseAccepted = "accepted" // everything answered as asked
	ResponseChanged  = "changed"  // something else than asked; waits for the reseller's agreement
	ResponseRejected = "rejected" // every line refused
)

// ResponseLine is one part of the answer. Code is ACK01: IA accepted, IB
// back-ordered, IC changed, IQ quantity, IP price, DR date, IR rejected, IS
// substituted.
type ResponseLine struct {
	Line       int
	Action     Action
	Code       string
	Quantity   money.Quantity
	Price      money.Price // the changed price, 0 when as ordered
	Date       string
	Substitute string // SKU
	Reason     string
}

// Shipment is goods sent.
type Shipment struct {
	ID         ShipmentID
	Order      OrderID
	Number     string
	ShippedOn  string
	Carrier    string
	Tracking   string
	By         string
	At         time.Time
	ReceivedBy string
	ReceivedAt time.Time // zero: not yet marked as received
	Lines      []ShipmentLine
}

// ShipmentLine is a quantity of one order line.
type ShipmentLine struct {
	Line               int
	Quantity, Received money.Quantity
}

// Invoice is one invoice (810).
type Invoice struct {
	ID           InvoiceID
	Order        OrderID
	OrderNumber  string
	Supplier     string
	Reseller     string
	Number       string
	Kind         string // InvoiceDebit, InvoiceCredit
	State        string // InvoiceMatched, InvoiceDiffers
	Currency     money.Currency
	Net          money.Amount
	Tax          money.Amount
	Gross        money.Amount
	TaxRate      money.Rate // 0.2 for 20 %; 0 too where there are several
	TaxCategory  string     // UN/CEFACT 5305: S, Z, K, G …
	Taxes        []TaxRow   // a row for each rate; their amounts come to Tax
	IssuedOn     string
	DueOn        string
	CreditOf     InvoiceID    // of a credit: the invoice it is for, "" where none was named
	Difference   money.Amount // net against what was delivered at the order's prices
	PricesHidden bool
	By           string
	At           time.Time
	Interchange  string
	Lines        []InvoiceLine
	// Orders is how many orders it invoices, 0 for one. Of several, Order is the first and
	// Shares, where one invoice is read, are all; among the invoices of an order, Order, Net,
	// State, Difference and Lines are that order's share and the rest is the whole.
	Orders int
	Shares []InvoiceShare
}

// InvoiceShare is what of an invoice of several orders one of them is invoiced. What the
// invoice has beside its lines stands with the first.
type InvoiceShare struct {
	Order      OrderID
	Number     string
	Net        money.Amount
	State      string // InvoiceMatched, InvoiceDiffers
	Difference money.Amount
}

// Orders names the orders of an invoice in a list: the first, and how many more.
func Orders(first string, orders int) string {
	if orders < 2 {
		return first
	}
	return first + " +" + itoa(orders-1)
}

// Name is the line's name in the language ("zh-CN", else English): that of the
// catalogue, else what the document says.
func (l Line) Name(lang string) string {
	n := catalog.Product{NameEN: l.NameEN, NameZH: l.NameZH}.Name(lang)
	if n == "" {
		return l.Description
	}
	return n
}

// PartnerOf is the company on the other side of org.
func (i Invoice) PartnerOf(org string) string {
	if org == i.Supplier {
		return i.Reseller
	}
	return i.Supplier
}

// States and kinds of an invoice.
const (
	InvoiceMatched = "matched"
	InvoiceDiffers = "differs"
	InvoiceDebit   = "invoice"
	InvoiceCredit  = "credit" // amounts below zero
)

// TaxRow is the tax of an invoice at one rate and category. Basis is the net amount it is
// of; zero where the document that came did not say.
type TaxRow struct {
	Category string
	Rate     money.Rate
	Basis    money.Amount
	Amount   money.Amount
}

// InvoiceLine is one line of an invoice. Wrong lists what differs: "price",
// "quantity".
type InvoiceLine struct {
	Position int
	Order    OrderID
	Line     int // of that order
	SKU      string
	Quantity money.Quantity
	Unit     string
	Price    money.Price
	Amount   money.Amount
	Off      money.Amount // taken off by a promotion
	Deal     string       // its number
	Wrong    []string
	TaxRate  money.Rate // that of the invoice where it has but one
}

// Entry is one line of an order's history, the same for both companies. Kind is
// also the locale key "history.<kind>"; Args fill it and never hold prices.
type Entry struct {
	ID     string
	Kind   string
	Args   map[string]string
	Person string // "" where a machine acted
	Org    string
	At     time.Time
}

// Arrival is a further document of an order that was not booked by itself.
type Arrival struct {
	ID          ArrivalID
	Order       OrderID
	Number      string
	Outcome     Outcome
	Reason      string // HeldDuplicate …; a reason key for a refused one
	Source      string
	Interchange string
	SetNo       int
	At          time.Time
	Differences []Difference // against the order as it stands; only while not answered
	Answer      string       // "", AnswerNew …
	AnsweredBy  string
	AnsweredOrg string
	AnsweredAt  time.Time
	NewOrder    OrderID
	CanReplace  bool // nothing of the order is confirmed yet
}

// Difference is one place where an arrival differs from the order. Field is
// quantity, unit, price, item, requested, currency, ship_to, line (Was or Now
// empty: the line is only in the other one), date or other. Line is 0 at the head.
type Difference struct {
	Line     int
	Field    string
	Was, Now string
}
