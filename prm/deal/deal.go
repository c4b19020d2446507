// Package deal keeps registrations of deals: a reseller tells its supplier of an end
// customer it works on, and is protected against others for a time if the supplier
// agrees (PRODUCT.md, Deal registration).
//
// A registration stands on two axes at once: who holds the pen (Pen) and what was
// decided (Decision). All steps from one Position to another are the table of
// machine.go; what a step does beside is in the file of its name.
//
// What a registrant reads never tells of another registration: candidates, disputes
// and waiting lists are counted and compared for the supplier alone. A submission is
// answered the same with and without a conflict; the comparison is made after it.
//
// A registration is won by evidence: order lines that carry its number, or are shipped
// to the customer, count by their invoiced value (won.go), what was sold on to the customer
// by its registered price (resold.go). Of each product the greater of both counts: the same
// goods are invoiced first and sold on later.
package deal

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/identity"
	"entente/prm/lead"
	"entente/prm/money"
)

// ID identifies a registration, FileID a file of one, DisputeID a dispute.
type (
	ID        string
	FileID    string
	DisputeID string
)

// Pen says who holds the pen.
type Pen string

// The pens.
const (
	PenDraft     Pen = "draft"     // the registrant, nothing was sent
	PenSubmitted Pen = "submitted" // the supplier, nobody took it yet
	PenReview    Pen = "in_review" // a reviewer of the supplier
	PenReturned  Pen = "returned"  // the registrant, something is missing
	PenRecalled  Pen = "recalled"  // the registrant, who took it back
	PenWithdrawn Pen = "withdrawn" // nobody: the registrant gave up
	PenSettled   Pen = "settled"   // nobody: it is decided
)

// Decision is what was decided.
type Decision string

// The decisions.
const (
	None       Decision = "none" // nothing was asked
	Pending    Decision = "pending"
	Registered Decision = "registered" // a tender: known, protected only after the award
	Protected  Decision = "protected"
	Waiting    Decision = "waiting" // behind one that is protected
	Rejected   Decision = "rejected"
	Duplicate  Decision = "duplicate"
	Expired    Decision = "expired" // in grace
	Released   Decision = "released"
	Won        Decision = "won"
	Lost       Decision = "lost"
	Cancelled  Decision = "cancelled" // by the supplier
)

// State is both axes in one word, for lists and pills.
type State string

// StatePartlyWon is the one state that is neither a Pen nor a Decision: protected, and
// some of it is invoiced.
const StatePartlyWon State = "partly_won"

// Kinds of registration.
const (
	KindStandard = "standard"
	KindTender   = "tender"
)

// Kinds lists them.
var Kinds = []string{KindStandard, KindTender}

// Sources say where the deal came from.
var Sources = []string{"partner", "lead", "renewal", "event", "other"}

// Work lists what may have been done about a deal.
var Work = []string{"meeting", "demo", "site_visit", "quote", "sample", "specification"}

// Reasons that a step may carry. What is offered for which step is ReasonsFor.
var reasons = map[Deed][]string{
	Return:      {"evidence", "customer_unclear", "products_unclear", "value_unclear", "other"},
	Reject:      {"direct", "not_eligible", "not_customer", "too_small", "no_evidence", "other"},
	MarkCopy:    {"same_deal", "same_registrant"},
	Wait:        {"held"},
	CancelDeed:  {"not_real", "terms_broken", "partner_asked", "programme_ended", "other"},
	Lose:        {"budget", "other_vendor", "no_response", "timing", "unmet", "other"},
	DenyMore:    {"no_progress", "once_only", "other"},
	OpenDispute: {"worked_first", "customer_letter", "other_project", reasonResold, "other"},
}

// reasonResold is why a rival's resale line opens a dispute.
const reasonResold = "resold"

// ReasonsFor are the coded reasons of a step; none means that it takes no reason.
func ReasonsFor(d Deed) []string { return reasons[d] }

// Party is the end customer as the registrant knows it.
type Party struct {
	Name     string `json:"name"`
	Country  string `json:"country,omitempty"`
	City     string `json:"city,omitempty"`
	Street   string `json:"street,omitempty"`
	Postcode string `json:"postcode,omitempty"`
	TaxID    string `json:"tax_id,omitempty"`
	GLN      string `json:"gln,omitempty"`
	DUNS     string `json:"duns,omitempty"`
	Web      string `json:"web,omitempty"`
}

// Contact is a person at the end customer.
type Contact struct {
	Name    string `json:"name,omitempty"`
	Title   string `json:"title,omitempty"`
	Mail    string `json:"mail,omitempty"`
	Phone   string `json:"phone,omitempty"`
	Consent bool   `json:"consent,omitempty"` // agreed to be passed on
}

// Item is one product of a registration. Quantity is in base units, Price the expected
// net price of one; zero where it is not known.
type Item struct {
	SKU      string         `json:"sku"`
	Family   string         `json:"family,omitempty"` // of the catalogue
	Quantity money.Quantity `json:"quantity"`
	Price    money.Price    `json:"price,omitempty"`
}

// Draft is what the registrant says. Both companies read it, but for Private.
type Draft struct {
	Kind       string       `json:"kind"`
	Title      string       `json:"title"`
	Customer   Party        `json:"customer"`
	Contact    Contact      `json:"contact"`
	OnBehalf   string       `json:"on_behalf,omitempty"` // reseller without an account here
	Fulfiller  string       `json:"-"`                   // distributor that will order; empty: the registrant
	Need       string       `json:"need,omitempty"`
	Items      []Item       `json:"items,omitempty"`
	Families   []string     `json:"families,omitempty"`
	Value      money.Amount `json:"-"`                  // expected, net
	CloseOn    string       `json:"close_on,omitempty"` // civil date
	Tender     string       `json:"tender,omitempty"`   // its number
	Source     string       `json:"source,omitempty"`   //
	Competitor string       `json:"competitor,omitempty"`
	Work       []string     `json:"work,omitempty"`
	Special    string       `json:"special,omitempty"` // special price asked for, in words
	Private    string       `json:"-"`                 // note of the registrant's own
	External   string       `json:"-"`                 // number in its CRM, unique there
}

// Facts are what the identity keys are made from.
func (d Draft) Facts() identity.Facts {
	c := d.Customer
	f := identity.Facts{Name: c.Name, Country: c.Country, Postcode: c.Postcode, TaxID: c.TaxID, GLN: c.GLN, DUNS: c.DUNS}
	if c.Web != "" {
		f.Web = []string{c.Web}
	}
	if d.Contact.Mail != "" {
		f.Mail = []string{d.Contact.Mail}
	}
	return f
}

// Clock is one running clock. The zero value does not run.
type Clock = lead.Clock

// Guard is the protection of a registration.
type Guard struct {
	From   time.Time
	Until  time.Time // end of protection
	Grace  time.Time // end of the grace after it; zero before it began
	Frozen time.Time // since when a dispute stands still the clock; zero: it runs
	Halted time.Time // since when it is won; the rest of the time is kept
}

// Asked is an extension that was asked for; the zero value: none is.
type Asked struct {
	At     time.Time
	By     string
	Reason string
}

// Sums are the values of the order lines of a registration, in its currency. Open is
// ordered, not invoiced and not cancelled. Resold is what was sold on, less returns. Won is
// what counts towards the agreed share.
type Sums struct {
	Ordered, Open, Invoiced, Won int64 // minor units
	Lines                        int   // that count
	Resold                       int64
}

// Registration is one registration. What the registrant must not know (Score, Against,
// Reviewer) and what the supplier must not (Draft.Private, Draft.External, Account,
// Offer) is empty for it.
type Registration struct {
	ID          ID
	Code        string // "D-48291573": the number on the customer's and the partner's papers
	Supplier    string
	Registrant  string
	Partnership string
	Position
	Draft
	Keys       []identity.Key
	Score      int // of the evidence
	Submits    int
	Submitted  time.Time // last
	Reviewer   string
	Review     Clock // until a decision is due
	Reason     string
	Comment    string
	Against    ID // of which it is a duplicate
	Decided    time.Time
	DecidedBy  string
	Guard      Guard
	Extensions int
	Asked      Asked
	Postponed  bool
	Share      int // percent of the deal, 100 but after a split
	Disputes   int // open ones
	Sums       Sums
	Account    customer.ID // of the registrant's own list of customers
	Offer      lead.OfferID
	MadeBy     string
	Created    time.Time
	Changed    time.Time
	Version    int64
	kept       kept
}

// kept is what only the clocks need of the row.
type kept struct {
	warned int       // days before the end that were told
	look   time.Time // when to look again; zero: never
	late   bool      // that the decision is overdue was told
	holds  bool      // an order in hand keeps it, told
	counts bool      // Counting, as it is stored
}

// Resource is the registration as access.Check sees it.
func (r Registration) Resource() access.Resource {
	out := access.Resource{Reseller: r.Registrant}
	if !r.Submitted.IsZero() { // before that it is the registrant's alone
		out.Supplier = r.Supplier
		if r.Fulfiller != "" {
			out.Members = []string{r.Fulfiller}
		}
	}
	return out
}

// State is both axes in one word.
func (r Registration) State() State {
	if r.Pen != PenSettled {
		return State(r.Pen)
	}
	if r.Decision == Protected && r.Sums.Won > 0 {
		return StatePartlyWon
	}
	return State(r.Decision)
}

// Counting says that the registration takes one place of its registrant's capacity.
func (r Registration) Counting() bool {
	switch r.Decision {
	case Pending:
		return r.Pen != PenWithdrawn
	case Waiting, Protected, Registered, Expired:
		return true
	}
	return false
}

// Live says that order lines count for it.
func (r Registration) Live() bool {
	return r.Decision == Protected || r.Decision == Expired || r.Decision == Registered
}

// Percent is the won share of the value, in whole percent, at most 100.
func (r Registration) Percent() int {
	if r.Value.Minor <= 0 {
		return 0
	}
	return int(min(100, r.Sums.Won*100/r.Value.Minor))
}

// File is a piece of evidence.
type File struct {
	ID     FileID
	Deal   ID
	Org    string
	Person string
	Kind   string // an EvidenceKinds word
	Name   string
	Size   int64
	Mime   string
	Hash   string
	Note   string
	At     time.Time
}

// EvidenceKinds lists the kinds with their weight in the score.
var EvidenceKinds = []string{"purchase_order", "customer_letter", "tender", "quote", "meeting_note", "mail", "other"}

var weight = map[string]int{"purchase_order": 100, "customer_letter": 80, "tender": 60, "quote": 60, "meeting_note": 30, "mail": 20, "other": 10}

// Entry is one line of the history.
type Entry struct {
	ID     string
	Kind   string // an event's word or a Deed
	Org    string // empty: a clock, or the system
	Person string
	From   State
	To     State
	Reason string
	Note   string
	Args   map[string]string
	At     time.Time
	seen   string // "": all; supplier or registrant
}

// Similar is another registration for what may be the same customer; for the supplier.
type Similar struct {
	Registration
	By   []identity.Key // shared, the strongest first; none: the names are near
	Near int            // similarity of the names, 0 to 1000
}

// Sure says that a strong key is shared.
func (s Similar) Sure() bool { return len(s.By) > 0 && s.By[0].Kind.Strong() }

// Line is one order line that speaks of a registration, or one that was sold on: then Order
// and Number are the report's, and Invoiced is what was sold, below zero for a return.
type Line struct {
	Order    string // id
	Number   string // of the order
	Line     int
	Basis    string // a Basis… word
	SKU      string
	Ordered  money.Quantity
	Open     money.Quantity // neither cancelled nor invoiced
	Invoiced money.Quantity // net of credits
	Amount   int64          // invoiced and counted, minor units of the registration's currency
	Value    int64          // ordered
	Counts   bool
	Why      string // it does not: a Why… word
	At       time.Time
}

// Bases of a line.
const (
	ByNumber   = "number"    // it carries the number
	ByDelivery = "drop_ship" // it is shipped to the customer
	ByStock    = "stock"     // it is neither: evidence, never a win
	ByResale   = "resale"    // it was sold on to the customer, or with the number
)

// Why a line does not count.
const (
	WhyStock    = "stock"
	WhyProduct  = "product"  // another product than registered
	WhyCurrency = "currency" // another currency than the registration's
	WhyDiffers  = "differs"  // its invoice is in dispute
	WhyFull     = "full"     // more than was registered
	WhyTime     = "time"     // ordered before it was written
	WhyPrice    = "price"    // sold on, and neither registered nor listed at a price
)

// Dispute is one dispute about who holds a deal. To each registrant it is about its own
// registration alone.
type Dispute struct {
	ID       DisputeID
	Claim    ID // that claims the deal; empty: the supplier doubts the holder
	Holder   ID // that is protected; empty: what was refused is contested
	Org      string
	Person   string
	Reason   string
	Text     string
	Decider  string // person
	Due      Clock  // to bring evidence, then to rule
	Ruling   Ruling // empty while open
	Percent  int    // of the holder, after a split
	Note     string // the supplier's own
	Opened   time.Time
	Ruled    time.Time
	RuledBy  string
	Supplier string
	Evidence *Resold // the resale line that opened it, for the supplier
}

// Ruling is how a dispute ended.
type Ruling string

// The rulings.
const (
	Uphold   Ruling = "uphold"
	Split    Ruling = "split"
	Transfer Ruling = "transfer"
)

// Calendar gives the clocks of companies. It is implemented by portal/app over
// prm/account.
type Calendar interface {
	// Clock gives the ends of working hours that begin at start for the company.
	Clock(ctx context.Context, org string, start time.Time, hours int) (Clock, error)
	// Close is the end of work on the day of t in the company, or on the next day with
	// work.
	Close(ctx context.Context, org string, t time.Time) (time.Time, error)
}
