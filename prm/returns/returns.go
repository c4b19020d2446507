// Package returns keeps goods that go back from a reseller to its supplier: the reseller
// asks line by line with a reason, the supplier authorises under a number of its own or
// refuses, counts what arrives, and credits it against the invoices it came from. It
// stands above prm/trade, which keeps the quantities, the history and the credits.
package returns

import (
	"time"

	"entente/prm/money"
	"entente/prm/trade"
)

// ID names a return.
type ID string

// State of a return.
type State string

// The states, in the order of an undisturbed life.
const (
	Asked    State = "asked"
	Granted  State = "granted" // authorised, in all or in part: the goods may come
	Refused  State = "refused"
	Arrived  State = "arrived"
	Credited State = "credited"
)

// Reasons are why goods go back (RDR02).
var Reasons = []string{"DA", "DT", "DM", "WG", "EI", "RE", "SR"}

// Return is goods that go back. Quantities are in the units of the order's lines.
type Return struct {
	ID          ID
	Order       trade.OrderID
	Supplier    string // company ids
	Reseller    string
	Partnership string
	Number      string // the reseller's
	RMA         string // the supplier's, once it is authorised
	State       State
	Note        string // of the reseller
	Answer      string // of the supplier, in words
	Source      string
	Interchange string
	SetNo       int
	AskedAt     time.Time
	AskedBy     string // person, "" for a system
	DecidedAt   time.Time
	DecidedBy   string
	ArrivedAt   time.Time
	ArrivedBy   string
	CreditedAt  time.Time
	Lines       []Line
}

// Line is what goes back of a line of the order.
type Line struct {
	Position    int
	Line        int
	Reference   string
	SKU         string
	BuyerItem   string
	GTIN        string
	Description string
	Unit        string
	Reason      string // of Reasons
	Quantity    money.Quantity
	Granted     money.Quantity
	Arrived     money.Quantity
	Credited    money.Quantity
}

// AskCmd asks to send goods back. Key makes a repeated post the same return.
type AskCmd struct {
	Key    string
	Number string // the reseller's own; empty takes one
	Note   string
	Lines  []AskLine
}

// AskLine is a quantity of a line of the order.
type AskLine struct {
	Line     int
	Quantity money.Quantity
	Reason   string
}

// DecideCmd answers it. Lines that are not named are granted as they were asked for.
type DecideCmd struct {
	Refuse bool
	RMA    string // empty takes the next of the partnership
	Answer string // words for the reseller; needed to refuse
	Lines  []Part
}

// Part is a quantity of a line of a return, by its position.
type Part struct {
	Position int
	Quantity money.Quantity
}
