package trade

import (
	"entente/edi/doc"
	"entente/prm/money"
)

// Incoming is an order document that arrived for a supplier. Interchange and
// SetNo name where it came from and make it idempotent; both are empty for
// documents of other sources.
type Incoming struct {
	Doc         doc.PurchaseOrder
	Supplier    string
	Reseller    string
	Partnership string
	Interchange string
	SetNo       int
	Source      string // SourceEDI when empty
	PlacedBy    string // person, for an order made on the pages
	Accepts     string // number of the quote that it is placed to accept
	Uncoded     bool   // it came in a form whose ship-to may be an address without a code
}

// Outcome says what became of an order document.
type Outcome string

// The outcomes.
const (
	Booked    Outcome = "booked"    // an order stands
	Duplicate Outcome = "duplicate" // the same order again: nothing was booked
	HeldBack  Outcome = "held"      // same number, other content: both companies are asked
	Refused   Outcome = "refused"   // cancels or replaces an order that does not exist
	// ForApproval says that the buyer's own rules keep it back: there is no order yet.
	ForApproval Outcome = "approval"
)

// Receipt is the answer to an order document. For a duplicate or held one Order
// is the order already booked and Arrival the record of the newcomer.
type Receipt struct {
	Order    OrderID
	Outcome  Outcome
	Arrival  ArrivalID
	Reason   string // for held and refused
	Approval string // the request, ForApproval
	Marked   int    // lines with a mark
	Repeated bool   // this very set was received before: nothing was done
}

// PlaceCmd is an order typed on the pages. Number is the buyer's own; empty takes
// the next of the partnership. Key makes a repeated post the same order.
type PlaceCmd struct {
	Partnership string
	Number      string
	RequestedOn string // civil date, may be empty
	ShipTo      doc.Party
	Note        string
	Deal        string // number of a registration or special price the whole order stands on (REF CT), may be empty
	Promotion   string // number of a promotion that all lines are ordered under (REF PD), may be empty
	Quote       string // number of the quote that it accepts (REF PR), may be empty; Round is the version that was seen
	Round       int
	Key         string
	Lines       []PlaceLine
	File        bool `json:",omitempty"` // it came in a file: its ship-to may be one that nobody knows, though it has no code
	// Approval is the request by which it was approved; prm/approval alone sets it.
	Approval string `json:"-"`
}

// PlaceLine is one line being ordered. SKU is any number of the item, the
// supplier's, the buyer's own or a GTIN; who knows which writes BuyerItem or GTIN
// instead. Unit "" is the base unit. Price is what the buyer reckons with, per
// unit; 0 takes the list price. RequestedOn "" is the order's.
type PlaceLine struct {
	SKU         string
	BuyerItem   string
	GTIN        string
	Quantity    money.Quantity
	Unit        string
	Price       money.Price
	RequestedOn string // civil date
	Text        string `json:",omitempty"` // in place of the item's name: what was chosen of it
}

// item is the number by which the line names its item.
func (l PlaceLine) item() string {
	for _, s := range []string{l.SKU, l.BuyerItem, l.GTIN} {
		if s != "" {
			return s
		}
	}
	return ""
}

// Quote is a PlaceLine as it would be booked: the form shows it while typing.
// Found is false for an unknown item. Marks are the doubts that the supplier would
// be shown, of item, unit, quantity and list.
type Quote struct {
	PlaceLine
	Found          bool
	Product        string
	NameEN, NameZH string
	ReplacedBy     string      // the successor's SKU, where one is sold instead
	Units          []string    // the units it is sold in, the base unit first
	Price          money.Price // per Unit, of the list; 0: none
	Amount         money.Amount
	Marks          Marks

	pieces money.Quantity // as MostPieces counts
}

// Action is what the supplier answers to a quantity of a line.
type Action string

// The actions of a confirmation.
const (
	Accept     Action = "accept"
	Change     Action = "change" // another quantity, date or price
	Backorder  Action = "backorder"
	Reject     Action = "reject"
	Substitute Action = "substitute"
)

// Actions lists them in the order of the form.
var Actions = []Action{Accept, Change, Backorder, Reject, Substitute}

// Reasons are the coded reasons of the form; other words are taken as they are,
// to 80 characters. The key of a word is "trade.reason.<reason>".
var Reasons = []string{"out_of_stock", "allocation", "discontinued", "unknown_item", "price", "pack", "minimum", "date", "credit", "ship_to", "other"}

// ConfirmCmd answers an order. Version 0 does not check; otherwise it must be the
// version the person saw. No lines accepts everything that is open. A line may
// appear several times; its quantities add up to what is open, except that a
// Change may leave a rest, which is cancelled.
type ConfirmCmd struct {
	Version  int64
	Lines    []ConfirmLine
	Release  string // why it goes although the supplier's own checks stop it
	Approval string `json:"-"` // the request by which it was approved; prm/approval alone sets it
}

// ConfirmLine is the answer to a quantity of a line. Quantity 0 is all that is
// open and not named by another part. Price 0 is as ordered.
type ConfirmLine struct {
	Line       int
	Action     Action
	Quantity   money.Quantity
	Date       string // civil date
	Reason     string
	Price      money.Price
	Substitute string // SKU, for Substitute
}

// LineQuantity is a quantity of an order line.
type LineQuantity struct {
	Line     int
	Quantity money.Quantity
}

// ShipCmd says that goods left. No lines: everything confirmed and not shipped.
type ShipCmd struct {
	Version   int64
	Lines     []LineQuantity
	ShippedOn string // civil date; today in the supplier's zone when empty
	Carrier   string
	Tracking  string
	Release   string // as of ConfirmCmd
}

// InvoiceCmd makes an invoice. No lines: everything shipped and not invoiced, or,
// when the supplier keeps no shipments here, everything confirmed and not
// invoiced. Number "" takes the next of the partnership. Rate 0 is no tax, with
// the category that follows from the two countries.
type InvoiceCmd struct {
	Version     int64
	Number      string
	IssuedOn    string // today in the supplier's zone when empty
	DueOn       string // 30 days later when empty
	TaxRate     money.Rate
	TaxCategory string
	Lines       []InvoiceCmdLine
	Release     string // as of ConfirmCmd
}

// InvoiceCmdLine is a line to invoice. Price 0 is the order's; Quantity 0 what is
// open.
type InvoiceCmdLine struct {
	Line     int
	Quantity money.Quantity
	Price    money.Price
	TaxRate  *money.Rate // nil: that of the invoice
}

// CollectCmd makes one invoice of several orders of a partnership. The head is as that of
// InvoiceCmd; each order says which of its lines.
type CollectCmd struct {
	Number      string
	IssuedOn    string
	DueOn       string
	TaxRate     money.Rate
	TaxCategory string
	Release     string
	Orders      []CollectOrder
}

// CollectOrder is an order to invoice with others. No lines: all that is shipped (confirmed,
// where nothing was shipped here) and not invoiced.
type CollectOrder struct {
	Order   OrderID
	Version int64
	Lines   []InvoiceCmdLine
}

// CreditCmd gives an invoice back, or part of it. No lines: all that is not credited yet.
// Number "" takes the next of the partnership; IssuedOn "" is today in the supplier's zone.
type CreditCmd struct {
	Number   string
	IssuedOn string
	Lines    []CreditLine
}

// CreditLine credits a position of the invoice: a quantity at its price, or an amount,
// net, which corrects the price of the whole position and gives no goods back. With
// neither all of the position is credited.
type CreditLine struct {
	Position int
	Quantity money.Quantity
	Amount   money.Amount
}

// ReturnDeed is a step of goods that go back. Lines are those that arrived, of a
// ReturnArrived.
type ReturnDeed struct {
	What        string // ReturnAsked …, an event of Events
	Return      string
	Number      string
	Reason      string // a key word
	Interchange string
	SetNo       int
	Source      string
	Lines       []LineQuantity
}

// ReceiveCmd marks goods as received. No lines: everything shipped. Short says
// that the rest of the shipments touched will not come.
type ReceiveCmd struct {
	Version  int64
	Shipment ShipmentID // "" means all, oldest first
	Lines    []LineQuantity
	Short    bool
	Note     string
}

// Answers to a held document.
const (
	AnswerNew     = "new"     // a further order under the same number
	AnswerReplace = "replace" // takes the place of the order; only while nothing is confirmed
	AnswerRefuse  = "refuse"  // is not booked
)

// ResolveCmd answers a held document.
type ResolveCmd struct {
	Answer string
	Reason string
}
