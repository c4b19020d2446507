package trade

import (
	"time"

	"entente/prm/money"
)

// Detail is one order with everything that belongs to it. InvoicesHidden says
// that the reader has no right to invoices, which are then left out.
type Detail struct {
	Order
	Head
	Lines          []Line
	Responses      []Response // oldest first, as all of these
	Shipments      []Shipment
	Invoices       []Invoice
	InvoicesHidden bool
	Arrivals       []Arrival
	Changes        []OrderChange
	Replies        []Reply // what the supplier's system sent about it
	History        []Entry // newest first
	Chain          []Step
	Clock          AnswerClock
	Place          *HeldPlace   // set while it is held for its ship-to
	Holds          []Hold       // of its supplier, the newest first
	Difference     money.Amount // sum over the lines
}

// Step is one document of the chain: 850, 855, 860, 865, 856, 810. Todo: not there yet.
// Quantity of Total is what it is about ("360 of 400").
type Step struct {
	Code        string
	ID          string
	Number      string
	State       string // received; accepted, changed, rejected; shipped, received; matched, differs
	At          time.Time
	By          string // the company that made it
	Interchange string
	Quantity    money.Quantity
	Total       money.Quantity
	Amount      money.Amount // zero with PricesHidden
	Todo        bool
}

// View is a saved view of the orders list.
type View string

// The views.
const (
	ViewAll     View = ""
	ViewWaiting View = "waiting" // waits for the actor's company
	ViewOpen    View = "open"    // not finished
	ViewHeld    View = "held"
	ViewMarked  View = "marked"  // lines with a doubt
	ViewDiffers View = "differs" // an invoice does not match
	ViewLate    View = "late"    // the answer is overdue
)

// Views lists them in the order of the tabs.
var Views = []View{ViewAll, ViewWaiting, ViewOpen, ViewLate, ViewMarked, ViewHeld, ViewDiffers}

// Filter narrows the list of orders. Side is "", "supplier" or "reseller", seen
// from the actor. From and To are civil days (UTC) of receipt, both included.
// Limit is 1 to 200, default 50. After is the cursor of the page before.
type Filter struct {
	View    View
	States  []State
	Partner string // company id
	Side    string
	From    string
	To      string
	Query   string
	After   string
	Limit   int
}

// Row is one order of the list, newest first.
type Row struct {
	Order
	FirstMark     Mark // of the first marked line
	FirstMarkLine int
	Waits         bool // waits for the actor's company
	Clock         AnswerClock
}

// Page is one page of orders.
type Page struct {
	Items []Row
	Next  string // "" at the end
}

// Counts are the numbers beside the views.
type Counts struct {
	All     int
	Waiting int
	Open    int
	Held    int
	Marked  int
	Differs int
	Late    int
}

// Of is the count of a view.
func (c Counts) Of(v View) int {
	switch v {
	case ViewWaiting:
		return c.Waiting
	case ViewOpen:
		return c.Open
	case ViewHeld:
		return c.Held
	case ViewMarked:
		return c.Marked
	case ViewDiffers:
		return c.Differs
	case ViewLate:
		return c.Late
	}
	return c.All
}

// What waits.
const (
	WaitConfirm = "confirm" // supplier: an order has no answer
	WaitMarked  = "marked"  // supplier: an order without an answer has doubtful lines
	WaitHeld    = "held"    // both: a document of the order is held
	WaitPlace   = "place"   // supplier: the ship-to of an order is not known; Subject is the code
	WaitAgree   = "agree"   // reseller: the answer differs from what was asked
	WaitReceive = "receive" // reseller: goods are on their way
	WaitDiffers = "differs" // both: an invoice does not match
	WaitChange  = "change"  // supplier: the reseller asks to change an order
	WaitReply   = "reply"   // supplier: what its system sent is held
	WaitAnswer  = "answer"  // reseller: the supplier's answer is overdue
)

// Item is one thing that waits for the actor's company. Between Since and Due
// lies its clock; what is due first comes first.
type Item struct {
	Kind    string
	Order   OrderID
	Number  string // of the order
	Partner string // company on the other side
	Subject string // number of the shipment or invoice, where it is about one
	ID      string // id of the response, shipment, invoice or arrival
	Marks   int
	// Difference is what the invoice differs by, for WaitDiffers.
	Difference money.Amount
	Since      time.Time
	Due        time.Time
}

// InvoiceFilter narrows the list of invoices, as Filter does.
type InvoiceFilter struct {
	State   string // InvoiceMatched, InvoiceDiffers or ""
	Partner string
	Side    string
	From    string
	To      string
	Query   string // the beginning of a number
	After   string
	Limit   int
}

// InvoicePage is one page of invoices, newest first, without lines.
type InvoicePage struct {
	Items []Invoice
	Next  string
}

// Summary is what a partnership has going on.
type Summary struct {
	Open    int
	Waiting int // for the actor's company
	Last    time.Time
}

// Parties names whose document it is and the order it belongs to.
type Parties struct {
	Supplier, Reseller, Partnership string
	Order                           OrderID
	Source                          string // of the order
	Interchange                     string // the document's, when it already went out
	Received                        string // the interchange it came in, "" for one made here
	Follows                         bool   // it went out with another document
}
