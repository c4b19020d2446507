// Package settle is what follows an invoice until it is paid: approval for payment,
// disputes of its lines, payments with what they deduct, and the account that two
// companies have with each other.
//
// What two companies owe is the sum of their documents and nothing else: invoices and
// credits at their totals, payments below zero. A payment settles the invoices it names;
// what it does not explain (a deduction, too little, too much, an invoice that nobody
// knows) is an issue with an owner and a clock, and is never guessed away. Where a dispute
// or a credit explains it to the cent, the two are tied.
//
// Approved is what the buyer lets its own system pay; paid is only what a payment says.
package settle

import (
	"time"

	"entente/db"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/money"
	"entente/prm/trade"

	"context"
)

// Ids, one type per kind.
type (
	DisputeID string
	PaymentID string
	IssueID   string
)

// Publisher takes events in the caller's transaction; *job.Jobs is one.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
}

// Service settles. Every method checks the actor first; what its company is not party to
// does not exist for it.
type Service struct {
	db     *db.DB
	trade  *trade.Service
	events Publisher
	gate   Approvals // nil: no company has rules of its own
}

// Approvals keeps an invoice from being paid where the buyer's own rules want somebody to
// approve it. It is implemented by prm/approval and joins the transaction of ctx.
type Approvals interface {
	// Paying gives the id of the request, or nothing where no rule catches the invoice.
	Paying(ctx context.Context, actor access.Actor, f Facts, cmd ApproveCmd) (string, error)
	// Waiting gives those of the invoices that somebody of a company was asked to approve
	// and has not decided on.
	Waiting(ctx context.Context, org string, invoices []trade.InvoiceID) ([]trade.InvoiceID, error)
}

// Facts is an invoice as approval rules look at it.
type Facts struct {
	Invoice     trade.InvoiceID
	Supplier    string
	Reseller    string
	Partnership string
	Number      string
	Amount      money.Amount // what is to be approved
	Lines       []FactLine
}

// FactLine is a position with its price and that of the order.
type FactLine struct {
	Position      int
	SKU           string
	Price, Agreed money.Price
}

// Heed has the rules of companies looked at; call it before use.
func (s *Service) Heed(a Approvals) { s.gate = a }

// New makes the service. events may be nil in tests that do not look at them.
func New(d *db.DB, t *trade.Service, events Publisher) *Service {
	return &Service{db: d, trade: t, events: events}
}

// Working hours that the one whose turn it is has, in its own business calendar.
const (
	DisputeHours = 40
	IssueHours   = 40
)

// States of a dispute. Whose turn it is: of an open one the supplier's, of an offered one
// the reseller's, of an agreed one the supplier's again.
const (
	DisputeOpen    = "open"
	DisputeOffered = "offered" // the supplier made an offer, the reseller answers it
	DisputeAgreed  = "agreed"  // the credit that was agreed is still to come
	DisputeClosed  = "closed"
)

// Offers of the supplier. The key of the words is "dispute.offer.<offer>".
const (
	OfferCredit  = "credit"  // a credit of so much
	OfferStand   = "stand"   // the invoice is right
	OfferCorrect = "correct" // all of it is credited, and a corrected invoice follows
)

// How a dispute ended. The key of the words is "dispute.outcome.<outcome>".
const (
	EndCredited  = "credited"
	EndAccepted  = "accepted"  // the reseller accepts the invoice as it is
	EndCorrected = "corrected" // credited, and invoiced anew
	EndWithdrawn = "withdrawn" // the reseller took it back before an offer
)

// Reasons lists the coded reasons of a dispute in the order of the form. The key of the
// words is "dispute.reason.<reason>".
var Reasons = []string{"price", "quantity", "not_received", "damaged", "wrong_item", "duplicate", "allowance", "tax", "freight", "other"}

// reasonCodes are the codes of element 426 that speak of the same; a deduction is told
// apart by them where amounts do not.
var reasonCodes = map[string]string{"price": "01", "quantity": "06", "not_received": "06", "damaged": "11", "wrong_item": "12", "allowance": "56", "freight": "54"}

// Dispute is what a reseller does not accept of an invoice. Amount is Net with tax.
type Dispute struct {
	ID            DisputeID
	Number        string
	Invoice       trade.InvoiceID
	InvoiceNumber string
	Order         trade.OrderID
	OrderNumber   string
	Supplier      string // company ids
	Reseller      string
	Partnership   string
	Reason        string
	Note          string
	Net           money.Amount
	Tax           money.Amount
	Amount        money.Amount
	State         string
	Owner         string // the company whose turn it is, "" once closed
	Due           time.Time
	Overdue       time.Time // when it was found late; zero: it is not
	Offer         string
	OfferAmount   money.Amount // gross
	OfferNote     string
	Outcome       string
	Credit        trade.InvoiceID // the credit that ended it
	CreditNumber  string
	Room          string // where it is talked about, and the line its thread hangs on
	Thread        int64
	Opened        time.Time
	OpenedBy      string
	Closed        time.Time
	ClosedBy      string
	ClosedOrg     string
	Version       int64
	Lines         []DisputeLine
	Steps         []Step
}

// PartnerOf is the company on the other side of org.
func (d Dispute) PartnerOf(org string) string {
	if org == d.Supplier {
		return d.Reseller
	}
	return d.Supplier
}

// Late says that it waits past its time at an instant.
func (d Dispute) Late(now time.Time) bool { return d.State != DisputeClosed && !now.Before(d.Due) }

// DisputeLine is one position of the invoice with what of it is disputed, net.
type DisputeLine struct {
	Position int
	Line     int // of the order
	Net      money.Amount
}

// Step is one thing that happened to a dispute: opened, offer_credit, offer_stand,
// offer_correct, refused, agreed, closed_<outcome>. Amount is gross.
type Step struct {
	Kind   string
	Amount money.Amount
	Note   string
	Person string
	Org    string
	At     time.Time
}

// Approval is that somebody of the reseller let an amount of an invoice be paid.
type Approval struct {
	Amount money.Amount
	Note   string
	Person string
	At     time.Time
	// Request is the approval that the buyer's own rules ask for first; then nothing else is set.
	Request string
}

// Account is an invoice with what became of it. Open is what is still owed: for a credit
// it is below zero. Payable is Open without what is disputed, and what may be approved.
type Account struct {
	Invoice  trade.Invoice
	Open     money.Amount
	Paid     money.Amount // by payments
	Credited money.Amount // by credits
	Disputed money.Amount // gross of the disputes that are not closed
	Payable  money.Amount
	// Differing is the gross of what does not match and is not disputed: who approves the
	// invoice accepts it.
	Differing money.Amount
	Approved  *Approval // the last one; nil: none
	Disputes  []Dispute // oldest first
	Settled   []Settlement
	Issues    []Issue
	Credits   []trade.Invoice // that name the invoice
	Lines     []AccountLine
}

// State is the word for how far an invoice came: key "state.settle.<state>".
func (a Account) State() string {
	switch {
	case a.Open.Minor == 0:
		if a.Paid.Minor != 0 {
			return "paid"
		}
		return "cleared"
	case a.Disputed.Minor != 0:
		return "disputed"
	case a.Invoice.Kind == trade.InvoiceCredit:
		return "credit_open"
	case a.Paid.Minor != 0:
		return "part_paid"
	case a.Approved != nil:
		return "approved"
	}
	return "open"
}

// AccountLine is a position of the invoice held against its order line.
type AccountLine struct {
	trade.InvoiceLine
	Item       trade.Line   // of the order
	Difference money.Amount // net, what of the position does not match
	Disputed   DisputeID    // the dispute that speaks of it and is not closed
}

// Settlement is a part of an invoice that a payment or a credit settled.
type Settlement struct {
	Amount money.Amount
	Kind   string // ByPayment, ByCredit
	ID     string // of the payment or the credit
	Number string
	At     time.Time
}

// What settles an invoice.
const (
	ByPayment = "payment"
	ByCredit  = "credit"
	ByInvoice = "invoice" // on a credit: the invoice it was set off against
)
