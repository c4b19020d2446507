// Package trigger proposes offers by rules that a person can read: an order that is
// overdue, a quote that was read and not accepted, stock that runs low, a lead that nobody
// works on. A rule is a condition over a few typed facts (github.com/expr-lang/expr), without
// loops, without functions that reach anything; it is read back as a sentence and tried on
// the partners of today before it is kept.
//
// A rule never does anything. What it finds is a suggestion to the company's own people,
// with the facts that made it; they open the action, say no, or put it off. Rules and
// suggestions are the company's own: no partner learns of them.
package trigger

import (
	"time"

	"entente/prm/access"
)

// RuleID identifies a rule, ID a suggestion.
type (
	RuleID string
	ID     string
)

// About is what a rule looks at.
type About string

// What rules look at, each with facts of its own.
const (
	Partners About = "partner" // what a partner orders
	Quotes   About = "quote"   // an offer that stands
	Stock    About = "stock"   // what a partner reported of a product
	Leads    About = "lead"    // a lead that a partner holds
)

// Abouts lists them.
var Abouts = []About{Partners, Quotes, Stock, Leads}

// What a suggestion opens.
const (
	ActMessage   = "message"   // words in the room of the partnership
	ActPromotion = "promotion" // a promotion with the partner
	ActCampaign  = "campaign"  // mail to the own contacts about a promotion
)

// Actions lists them.
var Actions = []string{ActMessage, ActPromotion, ActCampaign}

// State of a suggestion.
type State string

// The states. A snoozed one is open again at its hour.
const (
	Open      State = "open"
	Snoozed   State = "snoozed"
	Accepted  State = "accepted"
	Dismissed State = "dismissed"
)

// States lists them.
var States = []State{Open, Snoozed, Accepted, Dismissed}

// Reasons for which a suggestion is dismissed.
var Reasons = []string{"known", "agreed", "not_now", "wrong", "other"}

// Limits.
const (
	mostRules   = 50
	mostLength  = 500 // characters of a condition
	mostNodes   = 120
	mostQuiet   = 365
	mostSubject = 20_000
)

// Rule of a company.
type Rule struct {
	ID        RuleID
	Org       string
	Name      string
	About     About
	When      string // the condition
	Action    string
	Promotion string // that it is about; "" for none
	Quiet     int    // days in which the same is not proposed again
	Active    bool
	Ran       time.Time
	Made      time.Time
	MadeBy    string
	Changed   time.Time
	Version   int64
}

// Resource is the rule as access.Check sees it.
func (r Rule) Resource() access.Resource { return access.Own(r.Org) }

// Fact is one that a rule asked for. Arg is what was asked of it, as the family in
// bought("battery"). Value is a number, yes, no, or words.
type Fact struct {
	Name  string `json:"n"`
	Arg   string `json:"a,omitempty"`
	Value string `json:"v"`
}

// Match is a subject to which a condition applies.
type Match struct {
	Partner string
	Object  string // number of a quote or lead, or a SKU
	Facts   []Fact
}

// Tried is what a condition finds today.
type Tried struct {
	Seen    int // subjects that were looked at
	Found   int
	Matches []Match // the first few
}

// Suggestion is what a rule proposes.
type Suggestion struct {
	ID        ID
	Org       string
	Rule      RuleID
	RuleName  string
	About     About
	When      string // the condition as it was
	Partner   string
	ObjectID  string
	Object    string
	Occasion  string
	Facts     []Fact
	Action    string
	Promotion string
	State     State
	Until     time.Time
	Reason    string
	Words     string
	Made      time.Time
	Decided   time.Time
	DecidedBy string
}

// Filter chooses suggestions.
type Filter struct {
	State State // Open if empty
	After string
	Limit int
}

// Template is a rule to begin from.
type Template struct {
	Key    string
	About  About
	When   string
	Action string
}

// Templates lists them.
var Templates = []Template{
	{"order_gap", Partners, "orders_in_year >= 4 and days_since_last_order > 1.5 * usual_gap", ActMessage},
	{"order_late", Partners, "usual_gap > 0 and days_since_last_order > usual_gap + 14", ActPromotion},
	{"family_gone", Partners, `bought("battery") and days_since_bought("battery") > 90`, ActPromotion},
	{"quote_read", Quotes, "opened and days_since_opened >= 3 and days_left <= 7", ActMessage},
	{"quote_unread", Quotes, "not opened and days_open >= 5", ActMessage},
	{"stock_low", Stock, "sold_per_week > 0 and weeks_of_stock < 2", ActMessage},
	{"stock_high", Stock, "weeks_of_stock > 12 and on_hand > 20", ActPromotion},
	{"lead_stale", Leads, "days_since_worked >= 7", ActMessage},
}
