package view

import "time"

// OrdersPage is /c/{slug}/orders. Fragment "orders.list" (table and foot).
type OrdersPage struct {
	Base
	Tabs     []Tab
	Filters  Filters
	Rows     []OrderRow
	Pager    Pager
	Prices   bool // the viewer may see amounts
	CanOrder bool
	Exports  []Export
	Saved    SavedViews
	Bulk     bool // some rows may be picked
	Back     string
}

// Export is a download of a list with its filters.
type Export struct {
	Label Text
	URL   string
}

// OrderRow is one order of the list.
type OrderRow struct {
	URL, Number, PO string
	Partner         Company
	Placed          time.Time
	Requested       Date
	Lines           int
	Total           Money
	Status          Status
	Note            Text // what stands out: "line 2: price differs"
	Pips            Pips
	Unread          int // unread lines in its room
	Waits           bool
	Pick            string // id and version, where it may be confirmed
}

// OrderPage is /c/{slug}/orders/{id}. URL is that address. Forms post to URL+"/confirm", "/ship", "/invoice", "/receive", "/held";
// GET on the first four shows the page with that form open. Fragments: "order.work" (the open form), "order.lines", "order.chain", "order.activity", "order.room".
type OrderPage struct {
	Base
	URL        string
	Number, PO string
	Status     Status
	Buyer      Company
	Supplier   Company
	BuyerName  string // the person, where known
	Placed     time.Time
	Requested  Date
	Revision   string // version for conflict checks: hidden field "version"
	Parties    []Party
	Terms      []KV        // payment terms, currency, references, notes
	Prices     bool        // the viewer may see prices and amounts
	Changes    []ChangeBox // that wait for the supplier
	Returns    []ReturnBox
	Blanket    *BlanketBox // of a blanket order, and of what calls off from it
	Changed    []ChangeBox // that were answered
	Replies    []ReplyBox  // what the supplier's system sent and what is not booked
	Chain      []ChainStep
	Lines      []OrderLine
	Totals     OrderTotals
	Documents  []DocumentRow
	Findings   []Finding
	Activity   []Entry
	Held       *Held
	Holds      []HoldBox     // of the supplier, that stand
	Warnings   []SentWarning // of its supplier, for its people
	Hold       *HoldForm
	Place      *HeldPlace  // nil: its ship-to is known, or need not be
	Clock      *OrderClock // nil: no answer is awaited
	Room       *Room
	Can        OrderCan
	AgainURL   string // the order form filled with the lines; empty: not for this reader
	Confirm    *ConfirmForm
	Ship       *ShipForm
	Invoice    *InvoiceForm
	Receive    *ReceiveForm
	Change     *ChangeForm
	Return     *ReturnForm
}

// BlanketBox shows a blanket order with what was called off. Own says that the page is the
// blanket order's; CallURL takes a call-off (release, requested, line.{n}.quantity), EndURL
// the reason for closing it; empty: the viewer may not.
type BlanketBox struct {
	Own             bool
	Number, URL     string
	Valid, Ended    Text // empty: no bounds; not closed
	Lines           []BlanketRow
	CallOffs        []BlanketCall
	More            bool
	CallURL, EndURL string
	Form            Form // of a call-off
	End             Form
	Release         string // a number that is free
}

// BlanketRow is a line of it, quantities in its unit.
type BlanketRow struct {
	Number              int
	Name, SKU, Unit     string
	Agreed, Drawn, Left string
	Over                bool
}

// BlanketCall is an order that draws on it.
type BlanketCall struct {
	Number, URL string
	Date        Date
	Status      Status
	This        bool
}

// OrderClock is the clock on the supplier's answer. Late and Near colour it; Note says
// what the clock goes by.
type OrderClock struct {
	Late, Near bool
	Text, Note Text
}

// OrderCan says which buttons exist. A right that is missing is an absent button. Agree shows the banner "answered something else than you asked"; its button posts to URL+"/agree".
type OrderCan struct{ Confirm, Ship, Invoice, Receive, Agree, Change, Return, Hold bool }

// Party is a name and address of an order. Role is a key word: buyer, supplier, ship_to, bill_to.
type Party struct {
	Role  string
	Name  string
	Code  string
	Lines []string
	Known Text // the place that its code stands for
}

// ChainStep is one document of the chain: 850, 855, 860, 865, 856, 810.
type ChainStep struct {
	Code   string // also chooses the name: key "document." + Code
	At     time.Time
	Sent   bool // sent by the viewer's company, else received
	Status Status
	Figure Text
	Pips   Pips
	URL    string
	PDF    string // address of the document on paper
	Todo   bool   // not there yet: shown grey
}

// Cell is a figure of the line table; Differs marks it on the very value. An empty Value shows as "–".
type Cell struct {
	Value   string // exact decimal
	Differs bool
}

// OrderLine is one line, side by side. Notes are the sentences under it ("Price is from the list of July").
type OrderLine struct {
	Number                                 int
	Name, SKU, BuyerItem, GTIN             string
	Unit                                   string
	Ordered                                Cell
	Confirmed, Shipped, Received, Invoiced Cell
	Price, InvoicePrice                    Cell   // per unit, without sign
	Amount, InvoiceAmount                  Cell   // without sign, in the order's currency
	Difference                             string // exact decimal with sign; empty matches
	Requested, Promised                    Date
	Status                                 Status
	UnknownItem                            bool
	Notes                                  []Text
	Steps                                  []KV // how the price came about; none where prices are hidden
	Bad                                    bool // tints the row: something on it differs
	Done                                   bool // invoiced and equal: shows the check mark
}

// OrderTotals are the sums under the table, net, in one currency.
type OrderTotals struct {
	Currency                     string
	Ordered, Confirmed, Invoiced string
	Difference                   string
	Tax, Gross                   Money // of the invoices so far; empty when none
	TaxNote                      Text
	Differing                    int
	ShowReceived, ShowInvoiced   bool // columns that have something to show
	ShowConfirmed, ShowShipped   bool
}

// DocumentRow is a document of the order: an EDI message or an entry made on the pages.
type DocumentRow struct {
	Code  string // 850, 997 …
	Title Text
	Sub   Text
	At    time.Time
	URL   string
}

// Held is the banner of a held order. Answers post answer=new|replace|refuse to the order's URL+"/held".
type Held struct {
	Reason      string // duplicate, replace, cancel: the words are the key "hold." + Reason
	Text        Text
	Since       time.Time
	Owner       string
	OtherNumber string // the order it repeats
	OtherURL    string
	Differences []HeldDifference
	Answers     []HeldAnswer // empty: the viewer only reads
}

// HeldAnswer is a button of the held banner: new, replace, refuse (an order) or process, discard (a message). The words are the key "hold.answer_" + the answer.
type HeldAnswer string

// The answers.
const (
	AnswerNew     HeldAnswer = "new"
	AnswerReplace HeldAnswer = "replace"
	AnswerRefuse  HeldAnswer = "refuse"
	AnswerProcess HeldAnswer = "process"
	AnswerDiscard HeldAnswer = "discard"
)

// HeldDifference is one place where the new document differs from the one already booked.
type HeldDifference struct {
	Where    Text
	Was, Now Text
}

// ConfirmForm answers an order (855). Names: line.{line}.{part}.action, .quantity, .date, .reason with part counted from 0.
// The button named split with the line as value asks for one more part; the button named unsplit takes the last part away. Both render the form again.
type ConfirmForm struct {
	Form    Form
	Lines   []ConfirmLine
	Actions []Option // accept, change, backorder, reject
	Reasons []Option
}

// ConfirmLine is one ordered line with its parts: one, or several after a split.
type ConfirmLine struct {
	Number    int
	Name, SKU string
	Ordered   Quantity
	Price     Money
	Requested Date
	Notes     []Text // "unknown item", "price differs from the list: 46.50"
	Parts     []ConfirmPart
}

// ConfirmPart is what is answered for a quantity of the line.
type ConfirmPart struct {
	Index                          int
	Action, Quantity, Date, Reason string
	Error                          Text
}

// ShipForm makes a shipment. Names: line.{line}.quantity, and carrier, tracking, shipped (date).
type ShipForm struct {
	Form  Form
	Lines []WorkLine
}

// InvoiceForm makes an invoice (810). Names: number, date, due, tax (a rate), line.{line}.quantity, line.{line}.price.
type InvoiceForm struct {
	Form     Form
	Currency string
	TaxRates []Option
	Lines    []WorkLine
}

// ReceiveForm marks goods as received. Names: line.{line}.quantity, received (date), note.
type ReceiveForm struct {
	Form  Form
	Lines []WorkLine
}

// WorkLine is a line of the ship, invoice and receive forms. Open is what is left; Quantity and Price are what stands in the inputs.
type WorkLine struct {
	Number          int
	Name, SKU       string
	Ordered, Open   Quantity
	Quantity, Price string
	Error           Text
}

// NewOrderPage is /c/{slug}/orders/new. Names: partner, po, requested, ship_name, ship_street, ship_city, ship_postcode, ship_country, note,
// line.{i}.sku, .quantity, .unit, .price, .date with i from 0. The button named add asks for more lines, the button named remove (value i) takes one away, the button named fill makes lines of the cells in paste. Fragment "order_new.form".
type NewOrderPage struct {
	Base
	URL       string
	Form      Form
	Told      []Text // where the lines come from and what did not become one
	Rows      []Text // what is wrong with rows of a table, each with its number
	Partners  []Option
	Countries []Option
	Lines     []NewOrderLine
	Products  []ProductRow // suggestions of the chosen partner
	Total     Money
}

// NewOrderLine is one line being typed: SKU, Quantity, Unit, Price and Date as typed; the rest is known once the product is. Price and date have
// inputs where they were given.
type NewOrderLine struct {
	Index                            int
	SKU, Quantity, Unit, Price, Date string
	Name, PriceUnit                  string
	Units                            []Option // the units it is sold in
	ListPrice, Amount                Money
	Notes                            []Text // doubts that do not keep it from being ordered
	Error                            Text
	Config                           *ConfigBox // of a quote: what can be chosen of it
}

// ConfigBox is what can be chosen of the product of a line, with the steps of its price.
type ConfigBox struct {
	Problems []Text // why it cannot be sent so
	Groups   []ConfigGroup
	Steps    []QuoteStep
}

// ConfigGroup is one question. None is the field of "nothing of it", where one may be chosen.
type ConfigGroup struct {
	Name    string
	Note    Text
	None    string
	NoneOn  bool
	Options []ConfigOption
}

// ConfigOption is one answer: a radio button, a check box, or a number of pieces (Most above
// 1). Off ones cannot be had; Why says the reason, or what brought it.
type ConfigOption struct {
	Field, Value, Name string
	Radio, On, Off     bool
	Most               int
	Adds, Why          Text
}

// More reports whether the line has a second row: unit, price, date.
func (l NewOrderLine) More() bool {
	return len(l.Units) > 1 || l.Price != "" || l.Date != "" || l.Unit != "" && len(l.Units) == 0
}

// InvoicesPage is /c/{slug}/invoices. Fragment "invoices.list".
type InvoicesPage struct {
	Base
	Places  []Tab // invoices, disputes, payments, statements
	Tabs    []Tab
	Filters Filters
	Rows    []InvoiceRow
	Pager   Pager
	Exports []Export
	NewURL  string // of an invoice of several orders; empty: not for this reader
}

// InvoiceRow is one invoice.
type InvoiceRow struct {
	URL, Number           string
	OrderNumber, OrderURL string
	Partner               Company
	Date, Due             Date
	Net, Gross            Money
	Status                Status
	Note                  Text
}
