// Package protect keeps price protection: when a supplier's prices fall, what it grants on the
// stock that its distributors hold.
//
// On the day on which lower prices begin, and not before, each distributor's stock at the close
// of the day before is reckoned: by its own report of stock, else by what came in within the
// agreed window less what left (package channel). Stock × (old price − new price) is proposed to
// it as a claim (practice.md 17). It confirms the claim with one tap, or names other quantities:
// what is more than was reckoned needs its stock report as proof. From there on it is a claim of
// prm/fund like any other, which the supplier decides and settles by a credit note.
//
// Prices are those the distributor pays, so its own price list counts before the standard one.
// There is one protection for a pair, a currency and a day: a list that is published twice, put
// right or withdrawn before its day, changes what is proposed and adds nothing. What is put right
// after a claim was sent, also one with other quantities, makes a claim of the difference, or
// takes the difference back; the claim says so, and may be answered by the corrected list
// (Remarks, AnswerCorrected).
package protect

import (
	"context"
	"time"

	"entente/db/job"
	"entente/prm/fund"
	"entente/prm/money"
)

// ID is the id of a protection.
type ID string

// State is where a protection stands.
type State string

// The states. A claim's own state is that of the claim.
const (
	Coming   State = "coming"   // lower prices are published, their day has not begun
	Proposed State = "proposed" // it waits for the distributor
	Proving  State = "proving"  // it was answered with other quantities, and the claim waits for its proof; the distributor's own matter
	Claimed  State = "claimed"  // a claim was sent
	Nothing  State = "nothing"  // there is nothing to claim: see the reason
	Lapsed   State = "lapsed"   // nobody answered in time
	Closed   State = "closed"   // the claim came to nothing
)

// States lists them.
func States() []State { return []State{Coming, Proposed, Proving, Claimed, Nothing, Lapsed, Closed} }

// Why there is nothing to claim; the texts are "protectwhy.<word>".
const (
	WhyNoStock  = "no_stock"
	WhyNoFall   = "no_fall" // of what is held nothing became cheaper
	WhyLeast    = "least"   // the sum is below what the terms pay out at least
	WhyNoTerms  = "no_terms"
	WhyInactive = "inactive" // the partnership is not active
	WhyDeclined = "declined" // the distributor claims nothing
	WhyDenied   = "denied"   // the supplier denied the claim
	WhyLate     = "late"     // the claim was taken back after its last day
	// WhyWithdrawn: the version by which prices were to fall was taken back before its day.
	WhyWithdrawn = "withdrawn"
)

// Whys lists them.
func Whys() []string {
	return []string{WhyNoStock, WhyNoFall, WhyLeast, WhyNoTerms, WhyInactive, WhyDeclined, WhyDenied, WhyLate, WhyWithdrawn}
}

// Terms say what is granted when prices fall. Those with a Partner stand in the place of the
// ones for all that trade in the currency.
type Terms struct {
	Currency   money.Currency
	Partner    string       // company id, "" for all
	Days       int          // what came in within so many days is protected, where no report of stock says more; 0: nothing is
	Cover      money.Rate   // the share of the fall that is granted: 1 is all of it
	Cap        money.Amount // the most for one fall; zero: no limit
	Least      money.Amount // below it nothing is paid
	AnswerDays int          // within which the distributor answers
	Changed    time.Time
}

// Limits of terms.
const (
	MostDays       = 365
	MostAnswerDays = 60
)

// freshDays is how old a report of stock may be for what moved since to be added to it.
const freshDays = 7

// Protection is one fall of prices as it touches one distributor.
type Protection struct {
	ID          ID
	Supplier    string
	Reseller    string
	Partnership string
	Currency    money.Currency
	Day         string // the first of the lower prices
	State       State
	Why         string
	Terms       Terms // as they were when it was reckoned
	Stock       Stock
	Whole       money.Amount // before the cap
	Amount      money.Amount // what is granted by the reckoning
	Open        money.Amount // of it what no claim asks for
	Mark        string       // of exactly what is proposed; Confirm and Counter ask for it
	AnswerBy    time.Time    // zero: nothing waits
	Answered    time.Time
	AnsweredBy  string
	Note        string
	Changed     time.Time
	Lines       []Line
	Claims      []fund.ClaimID // oldest first; of Get
}

// Stock says by what the stock was reckoned and from which days (package channel).
type Stock struct {
	Basis      string // channel.ByReport, channel.ByMoves
	Report     string // id
	Number     string
	ReportDay  string
	From, To   string // whose movements were counted; From empty: none
	Complete   bool
	Straddling int
}

// Line is one product whose price fell. Quantities are base units, prices for one.
type Line struct {
	Position                  int
	Product                   string
	SKU                       string
	Was, Price                money.Price
	WasList, List             string // ids of price lists
	WasVersion, Version       int
	Opening, Came, Sold, Back money.Quantity
	Quantity                  money.Quantity // reckoned
	Said                      money.Quantity // by the distributor, where Countered
	Countered                 bool
	Amount                    money.Amount // granted by the reckoning, after share and cap
	Claimed                   money.Amount // by claims so far
}

// Drop is what a unit became cheaper.
func (l Line) Drop() money.Price { return l.Was - l.Price }

// Say is a quantity as the distributor says it holds it.
type Say struct {
	SKU      string
	Quantity money.Quantity
}

// Filter chooses protections of the actor's company. States: empty for all.
type Filter struct {
	States []State
	After  string
	Limit  int // to 200
}

// Kinds of published events. Object is the protection.
const (
	EventProposed = "protect.Proposed" // or proposed anew with another sum
	EventReminded = "protect.Reminded" // its last day is near
	EventLapsed   = "protect.Lapsed"
	EventAnswered = "protect.Answered" // it was claimed, or nothing is; of a claim people hear as of every claim
	eventVersion  = 1
)

// Events lists those that people hear of; systems hear of EventAnswered too.
func Events() []string { return []string{EventProposed, EventReminded, EventLapsed} }

type quietKey struct{}

// Quiet marks work that makes demo data: its events say so, and nobody is told.
func Quiet(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, true) }

// Event is the payload of all of them: ids, no content.
type Event struct {
	Protection  ID     `json:"protection"`
	Supplier    string `json:"supplier"`
	Reseller    string `json:"reseller"`
	Partnership string `json:"partnership"`
	Mark        string `json:"mark,omitempty"`
	Quiet       bool   `json:"quiet,omitempty"`
}

// Publisher takes events in the caller's transaction; *job.Jobs is one.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
}

// Document is the kind of subject of notices about a protection.
const Document = "price_protection"
