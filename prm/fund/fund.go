// Package fund keeps the money that a supplier gives its partners for what they do
// together: programmes with budgets, what each partner may draw on, requests that reserve
// of it, claims that use it, and how those are settled.
//
// A programme belongs to one company, its owner. Each partner sees its own part of it and
// nothing else: not the budget, not who else takes part, not how many. So there are two
// types: Program for the owner, Wallet for a partner.
//
// Money moves in a ledger that only grows (ledger.go): every entry is balanced, in one
// currency, and no account but the owner's source goes below zero. So a partner's part is
// never more than the budget, a reservation never more than the part, and what is approved
// of a claim never more than was reserved for it; the database refuses anything else. What
// was wrong is reversed by another entry.
//
// A claim is decided line by line (Decide), by a person who did not file it, within that
// person's limit, and by two where the amount is above what the budget says. What is
// approved is settled by its nature: a price rebate by a credit note, a service by the
// partner's invoice or a payment, and what the partner has deducted already by an offset
// and nothing else.
package fund

import (
	"slices"
	"strings"
	"time"

	"entente/prm/access"
	"entente/prm/money"
)

// Ids, one type per kind.
type (
	ProgramID string
	RequestID string
	ClaimID   string
	FileID    string
)

// Kinds of programme.
const (
	KindMDF    = "mdf"    // market development: requests, then claims with proof
	KindEarned = "earned" // earned by what is invoiced, in lots that lapse
	KindPromo  = "promo"  // of a promotion: what its lines earned, claimed back
	// KindProtect is of a fall of prices: what is granted on stock (package prm/protect).
	KindProtect = "protect"
)

// ProofStock is the proof that a claim of price protection asks for where it is more than was
// reckoned: the partner's report of its stock. Pages say it in words: "fundproof.stock_report".
const ProofStock = "stock_report"

// Kinds lists those that people make.
var Kinds = []string{KindMDF, KindEarned}

// States of a programme.
const (
	Open   = "open"
	Closed = "closed" // nothing is asked for any more; what is under way goes on
)

// Program is a programme as its owner sees it.
type Program struct {
	ID        ProgramID
	Owner     string
	Number    string
	Title     string
	Kind      string
	State     string
	About     string // who may take part and how, in words
	From      string // civil dates, both inside: of the activities
	Until     string
	Zone      string
	ClaimDays int        // after an activity in which it may be claimed
	Share     money.Rate // of the cost that is paid at most
	Proof     []string   // what a claim has to prove
	Subject   string     // the promotion it is of
	Made      time.Time
	MadeBy    string
	Version   int64
	Budgets   []Budget
	Seats     []Seat
	Rules     []Rule   // of an earned one, the newest first
	Volumes   []Volume // of its rules with steps, by partner
	Plan
	OffPlan []OffPlan // beside the plan, those that wait first
}

// Plan is to whom a programme is open once it is announced.
type Plan struct {
	Countries   []string     // of partners; none: all
	Part        money.Amount // for each; zero: as the owner gives
	Alternative string       // what those may use instead who get nothing of it
	Announced   time.Time    // zero: it is not
}

// Budget is a programme's money in one currency. Free is what no partner has.
type Budget struct {
	Currency money.Currency
	FourEyes money.Amount // above it two people decide; zero: one
	Whole    money.Amount
	Free     money.Amount
}

// Seat is a partner's part of a programme.
type Seat struct {
	Org         string
	Partnership string
	Balance     Balance
	Use         Use // of Get
}

// Balance is where a partner's money stands in one currency. Granted is the sum of the
// others that follow, but for Owed.
type Balance struct {
	Currency  money.Currency
	Granted   money.Amount // allocated or earned, less what was taken back
	Available money.Amount
	Reserved  money.Amount // for approved requests
	Consumed  money.Amount // approved claims that are not settled
	Settled   money.Amount
	Lapsed    money.Amount
	Owed      money.Amount // to be earned before anything is available again
}

// Wallet is a programme as one partner sees it.
type Wallet struct {
	ID          ProgramID
	Owner       string
	Number      string
	Title       string
	Kind        string
	State       string
	About       string
	From, Until string
	ClaimDays   int
	Share       money.Rate
	Proof       []string
	Balance     Balance
	Lots        []Lot // of an earned one, what is left, the next to lapse first
	Rules       []Rule
	Volumes     []Volume // of rules with steps
	Plan
}

// RequestState is where a request stands.
type RequestState string

// The states of a request (prm.md B3).
const (
	ReqDraft     RequestState = "draft"
	ReqSubmitted RequestState = "submitted"
	ReqReview    RequestState = "in_review"
	ReqReturned  RequestState = "returned"
	ReqDeclined  RequestState = "declined"
	ReqApproved  RequestState = "approved"
	ReqCommitted RequestState = "committed" // the partner takes it as it was approved
	ReqRunning   RequestState = "running"
	ReqExecuted  RequestState = "executed" // its days are over, it may still be claimed
	ReqClosed    RequestState = "closed"
	ReqLapsed    RequestState = "lapsed" // nothing was claimed in time
	ReqCancelled RequestState = "cancelled"
)

// Unsent says that its partner may still write on it: a draft, or one that came back.
func (s RequestState) Unsent() bool { return s == ReqDraft || s == ReqReturned }

// Holds says that a request has money reserved.
func (s RequestState) Holds() bool {
	return s == ReqApproved || s == ReqCommitted || s == ReqRunning || s == ReqExecuted
}

// Over says that nothing of it changes any more.
func (s RequestState) Over() bool {
	return s == ReqDeclined || s == ReqClosed || s == ReqLapsed || s == ReqCancelled
}

// Activities are the words for what is done.
var Activities = []string{"event", "advert", "digital", "print", "training", "demo_stock", "other"}

// Request is what a partner wants to do.
type Request struct {
	ID           RequestID
	Program      ProgramID
	ProgramTitle string
	Supplier     string
	Reseller     string
	Partnership  string
	Number       string
	State        RequestState
	Title        string
	Activity     string
	About        string
	From, Until  string
	Cost         money.Amount
	Asked        money.Amount
	Approved     money.Amount
	Left         money.Amount // of what is reserved for it
	ClaimBy      string
	Proof        []string
	Reason       string
	FirstBy      string // the first of two people who decide
	Made         time.Time
	MadeBy       string
	Submitted    time.Time
	SubmittedBy  string
	Decided      time.Time
	DecidedBy    string
	Changed      time.Time
	Version      int64
	Files        []File
	Log          []Entry
	Claims       []Claim // without lines
	ByPartner    bool    // the viewer is the partner's side
}

// Resource is the request as access.Check sees it.
func (r Request) Resource() access.Resource { return access.Shared(r.Supplier, r.Reseller) }

// ClaimState is where a claim stands.
type ClaimState string

// The states of a claim (prm.md B3).
const (
	ClaimDraft      ClaimState = "draft"
	ClaimSubmitted  ClaimState = "submitted"
	ClaimCheck      ClaimState = "proof_check"
	ClaimReturned   ClaimState = "returned"
	ClaimDenied     ClaimState = "denied"
	ClaimApproved   ClaimState = "approved"
	ClaimSettled    ClaimState = "settled"
	ClaimReconciled ClaimState = "reconciled"
	ClaimWithdrawn  ClaimState = "withdrawn"
)

// Waits says that the supplier is to decide it.
func (s ClaimState) Waits() bool { return s == ClaimSubmitted || s == ClaimCheck }

// Over says that it came to nothing.
func (s ClaimState) Over() bool { return s == ClaimDenied || s == ClaimWithdrawn }

// Natures of what is claimed: they say how it is settled.
const (
	NatureRebate  = "rebate"  // a price given back: by credit note at the goods' tax rate
	NatureService = "service" // work for the supplier: by the partner's invoice
)

// Natures lists them.
var Natures = []string{NatureService, NatureRebate}

// Kinds of settlement.
const (
	ByCreditNote = "credit_note"
	ByInvoice    = "invoice" // of the partner
	ByPayment    = "payment"
	ByOffset     = "offset" // against what the partner deducted already
)

// WaysFor are the settlements that a nature allows.
func WaysFor(nature string) []string {
	if nature == NatureRebate {
		return []string{ByCreditNote, ByOffset}
	}
	return []string{ByInvoice, ByPayment, ByOffset}
}

// Verdicts on a line.
const (
	LineOpen     = "open"
	LineAccepted = "accepted"
	LineChanged  = "changed" // accepted with another amount
	LineRejected = "rejected"
	LinePending  = "pending" // something is missing, until a day
	LineCounter  = "counter" // goods came back: Back was taken off a line that was granted
)

// Verdicts lists what can be decided.
var Verdicts = []string{LineAccepted, LineChanged, LineRejected, LinePending}

// LineReasons are the codes of what is not accepted as it stands.
var LineReasons = []string{"no_proof", "wrong_window", "wrong_product", "wrong_price", "over_quantity", "claimed_before", "not_eligible", "other"}

// Reasons that only the checks of a document give (package prm/adjust).
const (
	ReasonLate     = "late"
	ReasonCurrency = "currency"
	ReasonReturn   = "return"         // what went back counts by its credit or report
	ReasonReplaced = "replaced"       // by a line with the same key, or by nothing
	ReasonStep     = "below_step"     // the volume of the window is below the step it asks for
	ReasonUnit     = "unit"           // a unit that the product is not sold in
	ReasonLowered  = "lowered"        // its sender claims less than was granted
	ReasonList     = "list_corrected" // the price list was put right after the claim was sent (package prm/protect)
	ReasonTakenOff = "taken_off"      // its sender does not claim it any more, or says that the goods came back
)

// DocumentReasons lists them.
var DocumentReasons = []string{ReasonLate, ReasonCurrency, ReasonReturn, ReasonReplaced, ReasonStep, ReasonUnit, ReasonLowered, ReasonTakenOff, ReasonList}

// What a line waits for by the checks of a document; the texts are "fundmissing.<word>".
const (
	LackInvoices = "invoices" // of the goods
	LackReports  = "reports"  // of what was sold on
	LackStep     = "step"     // of a volume: Lack.Step
	LackProof    = "proof"    // files only: Lack.Proof
	LackLook     = "look"     // the files are there: a person of the paying side has to look at them
)

// Lacks lists them.
var Lacks = []string{LackInvoices, LackReports, LackStep, LackProof, LackLook}

// Lack is what a line of a claim waits for by the checks of a document.
type Lack struct {
	Word  string         // of Lacks
	Step  money.Quantity // of a step: the volume from which it holds, base units
	More  money.Quantity // and what was missing to it when that was said
	Proof string         // the pieces of proof without a file, or of LackLook those with one, in the words of the programme
}

const lackMark = "evidence:"

// String is the lack as Verdict.Missing keeps it.
func (l Lack) String() string {
	out := lackMark + l.Word
	if l.Word == LackStep {
		out += " " + l.Step.String() + " " + l.More.String()
	}
	if l.Proof != "" {
		out += ";" + l.Proof
	}
	return out
}

// LackOf reads what a line waits for; false for the words of a person.
func LackOf(missing string) (Lack, bool) {
	rest, ok := strings.CutPrefix(missing, lackMark)
	if !ok {
		return Lack{}, false
	}
	var l Lack
	rest, l.Proof, _ = strings.Cut(rest, ";")
	word, figures, _ := strings.Cut(rest, " ")
	if l.Word = word; word == LackStep {
		step, more, _ := strings.Cut(figures, " ")
		l.Step, _ = money.ParseMicro(step)
		l.More, _ = money.ParseMicro(more)
	}
	return l, slices.Contains(Lacks, word)
}

// Claim is what a partner wants paid.
type Claim struct {
	ID           ClaimID
	Program      ProgramID
	ProgramTitle string
	Request      RequestID
	RequestTitle string
	Supplier     string
	Reseller     string
	Partnership  string
	Number       string
	State        ClaimState
	Nature       string
	Title        string
	Asked        money.Amount
	Approved     money.Amount
	Settled      money.Amount
	Pending      int // lines that wait for something
	Proof        []string
	Deducted     string // the payment with which it was deducted already
	Note         string
	Reason       string
	FirstBy      string
	Source       string
	Made         time.Time
	MadeBy       string
	Submitted    time.Time
	SubmittedBy  string
	Decided      time.Time
	DecidedBy    string
	Changed      time.Time
	Version      int64
	Lines        []Line
	Files        []File
	Settlements  []Settlement
	Log          []Entry
	Missing      []string // of Proof, what has no file, or only ones that were refused
	Unseen       []string // of Proof, what has a file on which nobody of the paying side has said anything
}

// Resource is the claim as access.Check sees it.
func (c Claim) Resource() access.Resource { return access.Shared(c.Supplier, c.Reseller) }

// Due is what is approved and not settled.
func (c Claim) Due() money.Amount {
	return money.Amount{Minor: c.Approved.Minor - c.Settled.Minor, Currency: c.Asked.Currency}
}

// Line is one line of a claim. Key is what it stands for, such as the line of an order
// under a promotion: while a line with it lives, no other has it.
type Line struct {
	Position  int
	Key       string
	Text      string
	SKU       string
	On        string // civil date: of the activity, the invoice or the sale
	Quantity  money.Quantity
	Price     money.Price // allowance per unit
	Asked     money.Amount
	Approved  money.Amount
	Verdict   string
	Reason    string // of LineReasons
	Missing   string // of a pending one: the words of a person, or see LackOf
	Due       string // until when
	Order     string
	OrderLine int
	Back      money.Amount // of goods that came back: what it took off a line that was granted
	BackOf    string       // the number of the claim of that line
	BackLine  int          // and its position
}

// Settlement is a part of a claim that was settled.
type Settlement struct {
	ID         string
	Kind       string
	Reference  string
	Amount     money.Amount
	TaxRate    money.Rate
	Tax        money.Amount
	On         string
	Made       time.Time
	By         string
	Reversed   time.Time
	Reconciled time.Time
	ReconBy    string
	External   string // of the books it was found in
}

// File is a piece of proof.
type File struct {
	ID     FileID
	Org    string
	Item   string // of the proof that is asked for
	Name   string
	Mime   string
	Size   int64
	Hash   string
	Made   time.Time
	Person string
	// What a person of the paying side said of it as proof: "" nothing yet, or a Proof… word,
	// with the reason of a refusal.
	Verdict  string
	Reason   string
	Judged   time.Time
	JudgedBy string
}

// What is said of a piece of proof.
const (
	ProofAccepted = "accepted"
	ProofRefused  = "refused"
)

// Entry is one line of the history of a request or a claim. Kind is the end of the key
// "fundlog.<kind>".
type Entry struct {
	Kind   string
	Org    string
	Person string
	Amount money.Amount
	Text   string
	At     time.Time
}
