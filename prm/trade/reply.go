package trade

import (
	"time"

	"entente/edi/doc"
	"entente/prm/access"
)

// ReplyID names one document that a supplier sent in reply to an order.
type ReplyID string

// Reply is a document of the supplier's own system: an answer (855, ORDRSP), a ship
// notice (856, DESADV), an invoice or a credit (810, INVOIC). It is booked as one made
// on the pages, or it waits for its order, or it is held with the reason.
type Reply struct {
	ID          ReplyID
	Kind        string // DocumentResponse, DocumentShipment, DocumentInvoice, DocumentCredit
	Supplier    string // company ids
	Reseller    string
	Partnership string
	Number      string  // its own, where it has one
	OrderNumber string  // of the first order it names
	Order       OrderID // "" while that is unknown
	Made        string  // id of the response, shipment or invoice it became
	Outcome     Outcome
	Reason      string            // why it waits or is held: the key of its words is "trade.doubt.<reason>"
	Args        map[string]string // of these words; no prices
	Inferred    bool              // lines were found by item and quantity, not by their number
	Packs       []string          // SSCC of a ship notice, at most MaxPacks
	Source      string
	Interchange string
	SetNo       int
	At          time.Time
	Due         time.Time // until when it waits, then people are asked
	Settled     time.Time // when a person or the order decided it; zero while it is open
	SettledBy   string
	SettledOrg  string
	Note        string // what the person wrote
}

// Open says that it waits for its order or for a person.
func (r Reply) Open() bool { return r.Outcome == Waits || r.Outcome == HeldBack }

// PartnerOf is the company on the other side of org.
func (r Reply) PartnerOf(org string) string {
	if org == r.Supplier {
		return r.Reseller
	}
	return r.Supplier
}

// DocumentCredit is the kind of a credit; it is kept among the invoices.
const DocumentCredit = "credit"

// Kinds of a change of an order and of the answer to it; the answer is kept among the
// responses.
const (
	DocumentChange    = "order_change"
	DocumentChangeAck = "change_answer"
)

// DocumentReply names a reply that was not booked, for links from the gateway.
const DocumentReply = "reply"

// MaxPacks is how many packs of a ship notice are listed.
const MaxPacks = 100

// Further outcomes of a reply.
const (
	Waits     Outcome = "waiting"   // for its order
	Discarded Outcome = "discarded" // a person said that it is not to be booked
)

// WaitForOrder is how long a reply waits for its order before people are asked.
const WaitForOrder = 48 * time.Hour

// Why a reply is not booked. The words of each name the next step.
const (
	DoubtOrder     = "order_unknown"          // nobody knows the order, yet
	DoubtSame      = "same_number"            // its number was used for other content
	DoubtCurrency  = "currency_differs"       // not that of the order
	DoubtLine      = "line_unknown"           // a line that the order does not have
	DoubtUnclear   = "line_unclear"           // several lines of the order fit
	DoubtUnit      = "unit_differs"           // cannot be converted to the unit of the order
	DoubtQuantity  = "quantity_unread"        // no positive number
	DoubtAnswered  = "answers_more"           // answers more than is open
	DoubtRest      = "rest_open"              // says nothing of the rest of a line
	DoubtTakesBack = "takes_back"             // promises less than was promised before
	DoubtStatus    = "status_unknown"         // a code that has no effect here
	DoubtEmpty     = "no_lines"               // says nothing
	DoubtShips     = "ships_more"             // ships more than was ordered
	DoubtReplaces  = "replaces"               // replaces or cancels an earlier one
	DoubtInvoices  = "invoices_more"          // invoices more than was ordered
	DoubtTotal     = "total_wrong"            // its total is not that of its lines
	DoubtAmount    = "amount_range"           // cannot be computed
	DoubtOrders    = "several_orders"         // an invoice of several orders
	DoubtCredit    = "credit_without_invoice" // names no invoice that is known
	DoubtCredits   = "credits_more"           // more than was invoiced
	DoubtState     = "order_held"             // the order waits for a decision itself
	DoubtOther     = "other"                  // the desk refuses it; Args hold the words
)

// saidBefore is why a reply that is no copy is still a duplicate: everything it says
// stands already.
const saidBefore = "said_before"

// IncomingReply is a document that a supplier's system sent. Interchange and SetNo make
// it idempotent. Exactly one of the documents is set. Change comes from the reseller's
// system: it waits for its order, or is held, as a reply is.
type IncomingReply struct {
	Ack         *doc.OrderAck
	Notice      *doc.ShipNotice
	Invoice     *doc.Invoice
	Change      *doc.OrderChange
	ChangeAck   *doc.OrderChangeAck
	Supplier    string
	Reseller    string
	Partnership string
	Interchange string
	SetNo       int
	Syntax      string // of the interchange; kept for the record
	Source      string // SourceEDI when empty
}

// ReplyReceipt says what became of a reply. For a booked one Kind and ID name what it
// made, for others the reply itself.
type ReplyReceipt struct {
	Reply    ReplyID
	Outcome  Outcome
	Reason   string
	Kind, ID string
	Order    OrderID
	Repeated bool // this very set was received before: nothing was done
}

// doubt is a rule of the desk that a reply breaks: it is held with these words.
type doubt struct {
	reason string
	args   map[string]string
}

func (d *doubt) Error() string { return "trade: reply in doubt: " + d.reason }

// doubted makes a doubt with its values, name and value in turn.
func doubted(reason string, args ...string) *doubt {
	d := &doubt{reason: reason, args: map[string]string{}}
	for i := 0; i+1 < len(args); i += 2 {
		d.args[args[i]] = args[i+1]
	}
	return d
}

func (in *IncomingReply) kind() string {
	switch {
	case in.Ack != nil:
		return DocumentResponse
	case in.Notice != nil:
		return DocumentShipment
	case in.Change != nil:
		return DocumentChange
	case in.ChangeAck != nil:
		return DocumentChangeAck
	case in.Invoice != nil && (in.Invoice.Type == "CR" || in.Invoice.Type == "CN"):
		return DocumentCredit
	}
	return DocumentInvoice
}

// orders are the numbers and releases of the orders it names, the first one first.
func (in *IncomingReply) orders() [][2]string {
	switch {
	case in.Ack != nil:
		return [][2]string{{in.Ack.Number, in.Ack.Release}}
	case in.Notice != nil:
		var out [][2]string
		for _, o := range in.Notice.Orders {
			out = append(out, [2]string{o.Number, o.Release})
		}
		return out
	case in.Change != nil:
		return [][2]string{{in.Change.Number, in.Change.Release}}
	case in.ChangeAck != nil:
		return [][2]string{{in.ChangeAck.Number, in.ChangeAck.Release}}
	}
	return [][2]string{{in.Invoice.OrderNumber, in.Invoice.Release}}
}

// number is that of the document itself.
func (in *IncomingReply) number() string {
	switch {
	case in.Ack != nil:
		return in.Ack.Seller
	case in.Notice != nil:
		return in.Notice.Number
	case in.Change != nil:
		return firstOf(in.Change.Request, in.Change.Sequence)
	case in.ChangeAck != nil:
		return firstOf(in.ChangeAck.Request, in.ChangeAck.Sequence)
	}
	return in.Invoice.Number
}

// fromReseller says that documents of a kind come from the reseller's system.
func fromReseller(kind string) bool { return kind == DocumentChange }

// system is the actor that books a document: its sender's.
func (r *replyRow) system() access.Actor {
	if fromReseller(r.Kind) {
		return access.System("edi", r.ResellerID)
	}
	return access.System("edi", r.SupplierID)
}
