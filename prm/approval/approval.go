// Package approval is what the rules of a company keep back until one of its own people
// lets it go: an order that its people write or change, an order that comes in, an answer
// that promises other prices than were agreed, an invoice that is to be paid, a quote at
// special prices, a promotion whose budget is large.
//
// A rule tests one thing (above a limit, a price beyond so many percent from the agreed
// one, a ship-to that is new) and names who approves, a role or a person. Each rule that
// catches is a step of one request, with its own approver. What is kept back is the command
// itself: it is carried out, as it was asked for, by the last approval, and once only. An
// order that is kept back does not exist for its supplier.
//
// Rules and requests are the company's own. No partner sees them.
package approval

import (
	"encoding/json"
	"slices"
	"time"

	"entente/prm/access"
	"entente/prm/money"
)

// Ids, one type per kind.
type (
	ID     string // of a request
	RuleID string
)

// What a rule is about. The key of the words is "approval.about.<about>".
const (
	AboutOrder    = "order"    // what the company orders, by hand or by the API
	AboutInvoice  = "invoice"  // what it lets be paid
	AboutIncoming = "incoming" // what is ordered from it, by any door, and what it grants of changes by hand
	AboutAnswer   = "answer"   // the prices that it promises by hand
	AboutQuote    = "quote"    // what it offers a reseller
	AboutPromo    = "promo"    // the promotions that it proposes to its partners
)

// What a rule tests. The key of the words is "approval.test.<test>".
const (
	TestLimit  = "limit"   // the total is above Amount
	TestPrice  = "price"   // a price is more than Percent away from the agreed one
	TestShipTo = "ship_to" // nothing was sent there before
)

// Abouts lists what a rule may be about, each with its tests, in the order of the form.
var Abouts = []struct {
	About string
	Tests []string
}{
	{AboutOrder, []string{TestLimit, TestPrice, TestShipTo}}, {AboutInvoice, []string{TestLimit, TestPrice}},
	{AboutIncoming, []string{TestLimit, TestPrice, TestShipTo}}, {AboutAnswer, []string{TestPrice}}, {AboutQuote, []string{TestLimit, TestPrice}}, {AboutPromo, []string{TestLimit}},
}

// Roles are those a rule may name, in the order of the form.
var Roles = []access.Role{access.Manager, access.Buyer, access.Finance, access.Admin}

// Rule is one rule of a company. Of Role and Person one is set.
type Rule struct {
	ID        RuleID
	About     string
	Test      string
	Amount    money.Amount // of TestLimit; a rule speaks of its currency alone
	Percent   money.Rate   // of TestPrice: 0.05 for 5 %
	Role      access.Role
	Person    string // person id
	FourEyes  bool   // not by the one who made it
	Active    bool
	Version   int64
	Changed   time.Time
	ChangedBy string
}

// States of a request.
const (
	Waiting   = "waiting"
	Granted   = "granted" // every step was approved, and it was carried out
	Refused   = "refused"
	Withdrawn = "withdrawn" // by who asked, or it went another way meanwhile
	Replaced  = "replaced"  // it was edited and asked for again
)

// Kinds of what is kept back.
const (
	KindOrder    = "order"    // a new order of the company; there is none yet
	KindChange   = "change"   // a change of one
	KindCallOff  = "calloff"  // a call-off from a blanket order; the subject is that
	KindIncoming = "incoming" // an order that came in and is held
	KindAnswer   = "answer"   // an answer to one
	KindGrant    = "grant"    // an answer that grants a change
	KindInvoice  = "invoice"  // an invoice that is to be paid
	KindQuote    = "quote"    // an offer; the reseller has not seen it
	KindPromo    = "promo"    // a proposal of a promotion; its partners have not seen it
)

// Request is something that waits for an approval, or waited. Subject is the order, the
// invoice or the quote; empty for a new one until it was made.
type Request struct {
	ID          ID
	Org         string   // whose rules
	Partner     string   // the company on the other side
	Others      []string // further ones: of a promotion with several
	Partnership string
	Kind        string
	Subject     string
	Number      string // of the order or the invoice; "" where there is none yet
	State       string
	Amount      money.Amount
	Asked       time.Time
	AskedBy     string // person; "" for a document that came in
	Due         time.Time
	Overdue     time.Time // when it was found late; zero: it is not
	Decided     time.Time
	DecidedBy   string
	Reason      string // of a refusal, in words
	Made        string // the order or the quote that it became
	Steps       []Step
	content     json.RawMessage
}

// Companies are all on the other side.
func (r Request) Companies() []string { return append([]string{r.Partner}, r.Others...) }

// Open says that somebody is to decide.
func (r Request) Open() bool { return r.State == Waiting }

// Next is the first step that is open.
func (r Request) Next() (Step, bool) {
	i := slices.IndexFunc(r.Steps, func(s Step) bool { return s.Decided.IsZero() })
	if i < 0 || !r.Open() {
		return Step{}, false
	}
	return r.Steps[i], true
}

// Step is one rule that caught it, as it stood then.
type Step struct {
	Position  int
	Rule      RuleID
	Test      string
	Facts     Facts
	Role      access.Role
	Person    string
	FourEyes  bool
	Decided   time.Time // when it was approved
	DecidedBy string
}

// Facts are what a rule found, for one sentence. The key is "approval.why.<kind>_<test>".
type Facts struct {
	Total   money.Amount `json:"total"`
	Limit   money.Amount `json:"limit"`
	Line    int          `json:"line,omitempty"`
	SKU     string       `json:"sku,omitempty"`
	Price   money.Price  `json:"price,omitempty"`
	Agreed  money.Price  `json:"agreed,omitempty"`
	Percent money.Rate   `json:"percent,omitempty"` // how far it is
	Most    money.Rate   `json:"most,omitempty"`    // how far it may be
	Lines   int          `json:"lines,omitempty"`   // that are too far
	ShipTo  string       `json:"ship_to,omitempty"`
}

// WorkHours are the working hours, in the company's calendar, after which a request is
// overdue.
const WorkHours = 16

// MaxRules is how many rules a company may have.
const MaxRules = 100
