// Package lead keeps leads and their offers to partners.
//
// A lead belongs to the company that found it; only that company sees the row. It is
// offered to one partner at a time. An offer is a row of its own with a copy of what
// the partner may know: the Teaser from the start, the Shared part from the moment it
// accepts. Partners read offers only, their own, and each begins its history with its
// own offer: nothing in it counts, names or hints at earlier ones (PRODUCT.md, Lead;
// DESIGN.md 5.1).
//
// Two clocks run on an offer, in the receiver's business calendar: until it must be
// answered and, once accepted, until it must have become a deal.
package lead

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/money"
)

// ID identifies a lead within its company, OfferID an offer, RuleID a routing rule.
type (
	ID      string
	OfferID string
	RuleID  string
)

// State of a lead, as its owner sees it.
type State string

// The states: new → routed → accepted → working → converted | lost. What is declined
// or lapses is offered again; without anybody left it is unplaced and waits for a
// person.
const (
	New       State = "new"
	Routed    State = "routed"
	Unplaced  State = "unplaced"
	Accepted  State = "accepted"
	Working   State = "working"
	Converted State = "converted"
	Lost      State = "lost"
)

// States and OfferStates list them.
var (
	States      = []State{New, Routed, Unplaced, Accepted, Working, Converted, Lost}
	OfferStates = []OfferState{OfferSent, OfferOpened, OfferAccepted, OfferWorking, OfferStale, OfferConverted, OfferLost, OfferDeclined, OfferExpired, OfferWithdrawn, OfferReturned, OfferReclaimed}
)

// OfferState is where an offer stands.
type OfferState string

// The states of an offer.
const (
	OfferSent      OfferState = "offered"
	OfferOpened    OfferState = "opened"
	OfferAccepted  OfferState = "accepted"
	OfferWorking   OfferState = "working" // the partner did something about it
	OfferStale     OfferState = "stale"   // nothing was done for long
	OfferConverted OfferState = "converted"
	OfferLost      OfferState = "lost"
	OfferDeclined  OfferState = "declined"
	OfferExpired   OfferState = "expired"
	OfferWithdrawn OfferState = "withdrawn" // by the owner, before it was answered
	OfferReturned  OfferState = "returned"  // by the partner, after it had accepted
	OfferReclaimed OfferState = "reclaimed" // by the owner or the clock, after it was accepted
)

// Unanswered and Held say what a partner may do with an offer in the state.
func (s OfferState) Unanswered() bool { return s == OfferSent || s == OfferOpened }

// Held says that the partner has the lead.
func (s OfferState) Held() bool { return s == OfferAccepted || s == OfferWorking || s == OfferStale }

// Reasons of a decline, a loss or a return.
var Reasons = []string{"budget", "no_response", "other_vendor", "unmet", "not_customer", "timing", "spam", "other"}

// Sources of a lead.
var Sources = []string{"direct", "website", "event", "promotion", "referral", "import", "api", "other"}

// Teaser is what a partner knows of a lead before it accepts. It holds no name,
// address or way to reach anybody.
type Teaser struct {
	Title    string       `json:"title"` // "Steel fabrication, Leeds"
	Need     string       `json:"need,omitempty"`
	Industry string       `json:"industry,omitempty"`
	Size     string       `json:"size,omitempty"` // "180 staff"
	Country  string       `json:"country,omitempty"`
	Area     string       `json:"area,omitempty"` // begin of the postcode: "LS"
	Families []string     `json:"families,omitempty"`
	Products []Wanted     `json:"products,omitempty"`
	Value    money.Amount `json:"value"`              // expected; zero currency: not said
	Expected string       `json:"expected,omitempty"` // civil date of the decision
	Source   string       `json:"source,omitempty"`
	Call     bool         `json:"call"`  // the person agreed to be written to or called
	Share    bool         `json:"share"` // … and to be passed on
	// Direct says that the person filled this partner's own form: the page of Campaign,
	// by way of Ref.
	Direct   bool   `json:"direct,omitempty"`
	Campaign string `json:"campaign,omitempty"`
	Ref      string `json:"ref,omitempty"`
}

// Wanted is one product a lead asks for.
type Wanted struct {
	SKU      string         `json:"sku"`
	Quantity money.Quantity `json:"quantity"`
}

// Shared is what a partner learns when it accepts.
type Shared struct {
	Details  string `json:"details,omitempty"`
	Customer string `json:"customer"`
	Street   string `json:"street,omitempty"`
	City     string `json:"city,omitempty"`
	Postcode string `json:"postcode,omitempty"`
	Country  string `json:"country,omitempty"`
	Web      string `json:"web,omitempty"`
	TaxID    string `json:"tax_id,omitempty"`
	Contact  string `json:"contact,omitempty"`
	Title    string `json:"title,omitempty"`
	Mail     string `json:"mail,omitempty"`
	Phone    string `json:"phone,omitempty"`
}

// Draft is what is said of a lead.
type Draft struct {
	Customer customer.ID
	Contact  customer.ContactID // at the customer; "" for none
	Title    string             // 1 to 120 bytes, names nobody
	Need     string             // up to 1000 bytes, names nobody
	Details  string             // up to 4000 bytes, for who accepts
	Industry string
	Size     string
	Families []string
	Products []Wanted
	Value    money.Amount
	Expected string // civil date or empty
	Source   string
	Campaign string // promotion or campaign it came from
	Ref      string // referral code it came by; fixed with the lead
	External string // number in the owner's CRM, unique there

	origin string // how it came, see Incoming
}

// Lead is a lead as its owner sees it.
type Lead struct {
	ID     ID
	Org    string
	Number int64 // per company
	Draft
	State    State
	Holder   string  // company that has or was offered it; empty for none
	Offer    OfferID // the present one
	Round    int     // offers so far
	Reason   string  // of a lost one
	Unplaced time.Time
	MadeBy   string
	Created  time.Time
	Changed  time.Time
	Version  int64
}

// Resource is the lead as access.Check sees it.
func (l Lead) Resource() access.Resource { return access.Own(l.Org) }

// Clock is one running clock: when it started, when half and four fifths of its
// working time are over, and its end. The zero value does not run.
type Clock struct{ Start, Half, Most, Due time.Time }

// Running says that it has an end.
func (c Clock) Running() bool { return !c.Due.IsZero() }

// Factor is one reason why a partner was chosen, shown to it.
type Factor struct {
	Kind  string `json:"kind"`  // a Factor… word
	Score int    `json:"score"` // 0 to 1000
	Text  string `json:"text,omitempty"`
	N, Of int    // counts of the partner itself
}

// The factors.
const (
	FactorTerritory = "territory"
	FactorFamilies  = "families"
	FactorSpeed     = "speed"     // Text: minutes, the median until its first answer
	FactorRoom      = "room"      // N of Of open leads
	FactorCertified = "certified" // for the families of the lead that need it; it lifts no fit
	FactorTurn      = "turn"      // a new partner gets its share: nothing is said of others
)

// Offer is one offer. Supplier is the owner of the lead, Reseller the partner.
type Offer struct {
	ID          OfferID
	Lead        ID // for the owner only
	Supplier    string
	Reseller    string
	Partnership string
	Number      int64 // per partnership
	State       OfferState
	Teaser      Teaser
	Shared      *Shared // nil until accepted, and again for a partner that lost it before
	Rule        string  // name of the routing rule; empty: chosen by a person
	Fit         int     // 0 to 1000
	Factors     []Factor
	Note        string // from who offered it
	Offered     time.Time
	OfferedBy   string
	Opened      time.Time
	OpenedBy    string
	Answered    time.Time
	AnsweredBy  string
	Reason      string // of a decline, loss, return
	Comment     string
	Accept      Clock
	Convert     Clock
	Worked      time.Time     // last activity of the partner
	Pause       *Pause        // nil: the clocks run
	Paused      time.Duration // by pauses that are over
	Ended       time.Time
	Deal        string // id of what it became
	Version     int64
	kept        kept
}

// kept is what only the clocks of an offer need of its row.
type kept struct {
	phase  string
	hours  int       // to convert it
	warned int       // percent of the running clock
	look   time.Time // when to look again; zero: never
}

// Resource is the offer as access.Check sees it.
func (o Offer) Resource() access.Resource { return access.Shared(o.Supplier, o.Reseller) }

// Activity is something that was done about an accepted lead; both companies see it.
type Activity struct {
	ID     string
	Org    string
	Person string
	Kind   string // an Activities word
	Text   string
	Due    string // civil date of the next step; empty for none
	At     time.Time
}

// Activities lists the kinds.
var Activities = []string{"call", "mail", "meeting", "demo", "quote", "note"}

// Rule routes leads of a company. Empty lists match all.
type Rule struct {
	ID        RuleID
	Org       string
	Position  int // the first that matches counts
	Name      string
	Active    bool
	Countries []string
	Postcodes []string // beginnings, "LS"
	Families  []string
	Least     money.Amount // value; zero currency: any
	Partners  []string     // partnership ids; empty: every active one
	Accept    int          // working hours to answer
	Convert   int          // working hours to convert
	Rounds    int          // offers before a person decides
	Changed   time.Time
	ChangedBy string
	Version   int64
}

// Defaults of rules and of offers made by hand, in working hours and rounds.
const (
	DefaultAccept  = 8
	DefaultConvert = 240 // thirty days of eight hours
	DefaultRounds  = 3
	StaleAfter     = 7 * 24 * time.Hour // without activity, in elapsed time
)

// Profile says what a partner is sent: set by the supplier, seen by both.
type Profile struct {
	Partnership string
	Supplier    string
	Reseller    string
	Most        int // open leads at once; 0: none by rule
	Countries   []string
	Postcodes   []string
	Families    []string
	// Certificates of the partner. Leads of a family for which any partner has one go to
	// partners alone whose own holds.
	Certificates []Certificate
	Day          string // the supplier's civil day, by which they are judged; not kept
	Changed      time.Time
	ChangedBy    string
	Version      int64
	told         lapses
	look         time.Time // when a certificate is to be told of; zero: never
}

// DefaultMost is the number of open leads of a partner nobody set a profile for.
const DefaultMost = 20

// Calendar gives the clocks of companies. It is implemented by portal/app over
// prm/account.
type Calendar interface {
	// Clock gives the ends of working hours that begin at start for the company.
	Clock(ctx context.Context, org string, start time.Time, hours int) (Clock, error)
}

// Filter chooses leads or offers. Empty fields choose all.
type Filter struct {
	View    string       // a View… word
	State   string       // one State or OfferState within the view
	Partner string       // company id
	Source  string       // a Sources word
	Least   money.Amount // value, in this currency; zero currency: any
	Query   string
	After   string
	Limit   int // default 50, at most 200
}

// The views.
const (
	ViewOpen     = "open"
	ViewNew      = "new" // the owner's only
	ViewOffered  = "offered"
	ViewAccepted = "accepted"
	ViewStale    = "stale"
	ViewUnplaced = "unplaced"
	ViewClosed   = "closed"
)

// Page is a page of leads, Offers one of offers: the next clock first while they are
// open, else the newest first. Next is empty at the end.
type Page struct {
	Items []Lead
	Next  string
}

// Offers is a page of offers.
type Offers struct {
	Items []Offer
	Next  string
}

// CountMost is how far the numbers beside the views are counted: one more says that there
// are more.
const CountMost = 1000

// Counts are the numbers of a partner's or an owner's views, each up to CountMost + 1.
// Accepted counts those that are worked on and the stale ones as well, Taken, Working and
// Stale each alone.
type Counts struct{ Open, New, Offered, Accepted, Taken, Working, Stale, Unplaced, Closed int }
