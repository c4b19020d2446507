package view

import "time"

// FundsPage is /c/{slug}/funds: what the company earned, and the programmes it owns or has a part of.
type FundsPage struct {
	Base
	Places     []Tab
	Standings  []FundStanding
	Programs   []FundRow // its own
	Wallets    []FundRow // those of others
	NewURL     string
	LimitsURL  string
	Liability  []Export
	Pager      Pager
	Owner      bool // it is a supplier to somebody
	ClaimCount int  // that wait for the reader
}

// FundStanding is where the money with one partner stands. Figures are earned, pending, paid and lapsing.
type FundStanding struct {
	URL     string
	Partner Company
	Side    Text
	Figures []KV
}

// FundRow is a programme of a list. Percent is how much of it is taken, below zero for none.
type FundRow struct {
	URL, Number, Title string
	Kind               Text
	Window             Text
	Status             Status
	Partner            Company // its owner, for a partner
	Sums               []KV
	Percent            int
}

// FundPage is /c/{slug}/funds/{id}, for the owner (Mine) or a partner. The owner's forms post to URL + "/put" (currency, amount, four_eyes, text), "/grant" (partnership, currency, amount, text),
// "/rule" (rate, skus, from, until, days), "/rules/{id}/end", "/reverse" (entry, reason) and "/open" (version, open).
type FundPage struct {
	Base
	URL, Number, Title     string
	Kind                   Text
	Status                 Status
	Window                 Text
	About                  string
	Owner                  Company
	Mine, CanWrite, IsOpen bool
	Earned                 bool // it is earned by rules
	Version                string
	Facts                  []KV
	Sums                   []KV // of a partner
	Budgets                []FundBudget
	Seats                  []FundSeat
	Rules                  []FundRule
	Reaches, Families      []Option
	Volumes                []FundVolume
	Lots                   []FundLot
	Entries                []FundMove
	EditURL                string
	RequestURL, ClaimURL   string
	Put, Grant, Rule, Undo Form
	// Of a programme that is announced; forms post to URL + "/announce" (version) and "/offplan" (grant, yes).
	Alternative          string
	Announced, Announce  bool
	Reach                Text
	OffPlan              []FundOffPlan
	PlanForm             Form
	Partners, Currencies []Option
	Requests             []FundItem
}

// FundBudget is a programme's money in one currency. Percent is how much of it partners have.
type FundBudget struct {
	Currency    string
	Whole, Free Money
	FourEyes    Text
	Percent     int
}

// FundSeat is a partner's part. Amounts are in the currency of the row.
type FundSeat struct {
	Partner                                      Company
	URL                                          string // of its statement
	Granted, Available, Reserved, ToPay, Settled Money
	Told                                         time.Time
	Asked, Refused                               int
}

// FundOffPlan is a grant beside the plan.
type FundOffPlan struct {
	ID, Reason         string
	Partner            Company
	Amount             Money
	Status             Status
	Asked, Decided     time.Time
	AskedBy, DecidedBy string
	Waits, CanDecide   bool
}

// FundRule is a rule by which partners earn.
type FundRule struct {
	ID    string
	Says  Text
	Until Text
	Ended bool
}

// FundVolume is where a partner stands with a rule with steps.
type FundVolume struct {
	Company    Company // of the owner's page
	Says, Next Text
}

// FundLot is what one line of an invoice earned and is left.
type FundLot struct {
	Invoice, SKU string
	Left, Earned Money
	Lapses       Date
}

// FundItemsPage is /c/{slug}/funds/requests or /claims. Fragment "fund_items.list".
type FundItemsPage struct {
	Base
	Claims  bool
	Places  []Tab
	Tabs    []Tab
	Rows    []FundItem
	Pager   Pager
	NewURL  string
	Exports []Export
}

// FundItem is a request or a claim of a list.
type FundItem struct {
	URL, Number, Title string
	Program            string
	Partner            Company
	Status             Status
	Amount             Money
	Note               Text
	At                 time.Time
}

// FundRequestFormPage asks for a request. Names: program, title, activity, about, from, until, cost, asked, version, act ("submit").
type FundRequestFormPage struct {
	Base
	URL, BackURL string
	Program      string
	Currency     string
	Hint         Text
	Form         Form
	Activities   []Option
}

// FundRequestPage is /c/{slug}/funds/requests/{id}. Forms post to URL + "/submit", "/take", "/approve" (amount, claim_by, proof), "/return" and "/decline" (reason), "/commit", "/cancel" (reason), "/close", "/files".
type FundRequestPage struct {
	Base
	URL, Number, Title        string
	Status                    Status
	Version                   string
	Partner                   Company
	Told                      Text
	About                     string
	Facts                     []KV
	Proof                     []string
	EditURL, ClaimURL         string
	CanSubmit, CanTake        bool
	CanDecide, CanCommit      bool
	CanCancel, CanClose       bool
	NeedsReason, CanFile      bool
	Currency                  string
	Decide, Cancel, File, Act Form
	Files                     []FundFile
	Claims                    []FundItem
	History                   []Entry
}

// FundFile is a file of a request or a claim.
type FundFile struct {
	ID, URL, Name, By string
	Item              string
	Size              Text
	At                time.Time
	CanRemove         bool
	Said              Text // what was said of it as proof
	CanJudge          bool
	Accepted          bool // as proof
}

// FundClaimFormPage asks for a claim. Names: request or program (hidden), title, number, nature, deducted, note, version, lines.{i}.text, .on, .amount.
type FundClaimFormPage struct {
	Base
	URL, BackURL string
	About        Text // what it is claimed of
	Left         Text
	Currency     string
	Form         Form
	Natures      []Option
	Lines        []int
	MostLines    int
}

// FundClaimPage is /c/{slug}/funds/claims/{id}. Forms post to URL + "/submit", "/withdraw", "/take", "/proof" (file, say: accepted or refused, reason), "/decide" (line.{n}.verdict, .amount, .reason, .missing, .due, note), "/return" and "/deny" (reason),
// "/settle" (kind, reference, amount, tax_rate, on), "/settlements/{id}/reverse" (reason) and "/reconcile" (external), "/files" (item, file).
type FundClaimPage struct {
	Base
	URL, Number, Title          string
	Status                      Status
	Version                     string
	Partner                     Company
	Told                        Text
	Note                        string
	Currency                    string
	Facts                       []KV
	Sums                        []KV
	Lines                       []FundLine
	Checks                      []FundCheck
	Judging                     bool // proof waits for a look of the reader
	Corrected                   bool // it can be answered by the corrected list (URL + "/corrected")
	Proof                       Form
	Files                       []FundFile
	Settlements                 []FundSettlement
	History                     []Entry
	EditURL                     string
	CanSubmit, CanWithdraw      bool
	CanTake, CanDecide, CanSend bool // CanSend: back or away
	CanSettle, CanFile          bool
	Decide, Send, Settle, Act   Form
	File                        Form
	Verdicts, Reasons, Ways     []Option
	Items                       []Option // of the proof a file may be for
	Proving                     bool     // a draft that waits for proof
	Last                        bool     // for one item only: with it the claim may go
	Talk                        *FundTalk
	Lost                        []Option // talks on lines that are not in it any more: Value is the address
}

// FundTalk is the thread of one line; it posts text to URL.
type FundTalk struct {
	Line     FundLine
	URL      string
	RoomURL  string
	Messages []Message
	Readers  []string
	CanSay   bool
	Form     Form
}

// FundLine is one line of a claim. Open is to be decided.
type FundLine struct {
	Position  int
	Text, SKU string
	On        Date
	Order     string
	OrderURL  string
	Quantity  Quantity
	Asked     Money
	Approved  Money
	Status    Status
	Why       Text
	Notes     []Text // what the line does not say by itself: a cap that was used up, a list that was put right
	Open      bool
	TalkURL   string // the thread of the line
	Talked    bool   // there is one
	TalkOn    bool   // it is shown
}

// FundCheck is one piece of the proof that is asked for: Done once a file is there, and Seen once the paying side accepted one.
type FundCheck struct {
	Item  string
	Done  bool
	Seen  bool
	Files []FundFile
}

// FundSettlement is a part of a claim that was settled.
type FundSettlement struct {
	ID       string
	Text     Text
	Amount   Money
	Tax      Money
	On       Date
	Status   Status
	External string
	CanMove  bool
}

// FundStatementPage is /c/{slug}/funds/statements/{partnership}.
type FundStatementPage struct {
	Base
	URL      string
	Partner  Company
	Currency string
	From, To Date
	Sentence Text
	Figures  []KV
	Opening  []KV
	Closing  []KV
	Moves    []FundMove // the newest first, from the closing balance down to the opening one
	Exports  []Export
	Owed     *FundOwed // nil: nothing is owed
}

// FundOwed is what a partner was paid and owes, and what it can be taken off. URL is where it is booked (program, kind, reference, amount), empty for who may not.
type FundOwed struct {
	Says          Text
	Programs      []FundOwing
	Offsets       []FundItem
	URL           string
	Form          Form
	Choices, Ways []Option
}

// FundOwing is what is owed of one programme.
type FundOwing struct {
	URL, Title string
	When       Text
	Amount     Money
}

// FundMove is one entry of the ledger. Approved and Paid are what it added to what is to be paid and was paid.
type FundMove struct {
	ID                  string
	At                  time.Time
	Kind                Text
	Program, Text       string
	URL                 string
	Amount              Money
	Available, Reserved string
	Approved, Paid      string
	Owed                string // more that is owed
	CanReverse          bool
}

// FundFormPage makes or changes a programme. Names: title, kind, about, from, until, zone, claim_days, share, proof, version.
type FundFormPage struct {
	Base
	URL, BackURL string
	Title        Text
	New          bool
	Form         Form
	Kinds, Zones []Option
	Currencies   []Option
}

// FundLimitsPage is /c/{slug}/funds/limits. Names: person, currency, amount; and posted to
// URL + "/two": kind, currency, amount, or drop.
type FundLimitsPage struct {
	Base
	URL        string
	Rows       []FundLimit
	CanWrite   bool
	Form       Form
	People     []Option
	Currencies []Option

	Pairs                 []FundPair
	CanPair               bool
	Two                   Form
	Kinds, PairCurrencies []Option
}

// FundPair is above which amount two people decide about one kind of money.
type FundPair struct {
	Kind, Currency string
	Label, Says    Text
}

// FundLimit is what somebody may decide alone.
type FundLimit struct {
	Person, ID, Currency string
	Amount               Money
}

// ClaimNoticesPage is /c/{slug}/funds/claims/edi: claims that came as 844. Fragment "claim_notices.list".
type ClaimNoticesPage struct {
	Base
	Places []Tab
	Rows   []ClaimNotice
	Pager  Pager
}

// ClaimNotice is one of them.
type ClaimNotice struct {
	URL, Number, Contracts string
	Partner                Company
	Status                 Status
	At                     time.Time
}

// ClaimNoticePage is /c/{slug}/funds/claims/edi/{id}.
type ClaimNoticePage struct {
	Base
	Number  string
	Status  Status
	Partner Company
	Told    Text // why it is refused
	Facts   []KV
	Parts   []ClaimContract
	Answers []ClaimAnswer
}

// ClaimContract is one contract of it: the claim it became, or why it is none.
type ClaimContract struct {
	Number, URL string
	Why         Text
}

// ClaimAnswer is an answer that went out.
type ClaimAnswer struct {
	Final bool
	At    time.Time
}

// ProtectionsPage is /c/{slug}/funds/protection: falls of prices and what is granted on stock. An owner's
// form posts to URL + "/terms" (currency, partner, days, cover, cap, least, answer_days; drop takes one back).
// Fragment "protections.list".
type ProtectionsPage struct {
	Base
	URL                  string
	Places               []Tab
	Rows                 []ProtectionRow
	Pager                Pager
	Terms                []ProtectionTerms // that suppliers grant the reader
	Own                  []ProtectionTerms
	Owner, CanWrite      bool
	Form                 Form
	Partners, Currencies []Option
}

// ProtectionRow is one of them. Amount is what waits, or what is granted.
type ProtectionRow struct {
	URL         string
	Title, Note Text
	Partner     Company
	Status      Status
	Amount      Money
}

// ProtectionTerms are terms in words. Partner is the company they are for, "" for all of a currency.
type ProtectionTerms struct {
	Who               Text
	Says              []Text
	Currency, Partner string
}

// ProtectionPage is /c/{slug}/funds/protection/{id}. The distributor's forms post to URL + "/confirm" (mark)
// and "/counter" (mark, line.N.quantity, more.sku, more.quantity, note).
type ProtectionPage struct {
	Base
	URL, Mark, Note string
	Title           Text
	Status          Status
	Partner         Company
	Told, Clock     Text
	Sums, Basis     []KV
	Terms           []Text
	Lines           []ProtectionLine
	Claims          []FundItem
	CanAnswer       bool
	Form            Form
}

// ProtectionLine is one product whose price fell. Quantities are base units.
type ProtectionLine struct {
	Position         int
	SKU              string
	Was, Price, Drop Money
	Quantity, Said   string
	Amount           Money
	From             Text // from what the quantity was reckoned
	ListURL          string
	ListText         Text
}

func fundMeta(block string) meta { return meta{block: block, layout: "app", nav: NavFunds} }

func fundHead(block string) meta { m := fundMeta(block); m.head = true; return m }

func (p *FundsPage) meta() meta           { return fundHead("funds") }
func (p *FundPage) meta() meta            { return fundMeta("fund") }
func (p *FundItemsPage) meta() meta       { return fundHead("fund_items") }
func (p *FundRequestFormPage) meta() meta { return fundMeta("fund_request_form") }
func (p *FundRequestPage) meta() meta     { return fundMeta("fund_request") }
func (p *FundClaimFormPage) meta() meta   { return fundMeta("fund_claim_form") }
func (p *FundClaimPage) meta() meta       { return fundMeta("fund_claim") }
func (p *ClaimNoticesPage) meta() meta    { return fundHead("claim_notices") }
func (p *ClaimNoticePage) meta() meta     { return fundMeta("claim_notice") }
func (p *ProtectionsPage) meta() meta     { return fundHead("protections") }
func (p *ProtectionPage) meta() meta      { return fundMeta("protection") }
func (p *FundStatementPage) meta() meta   { return fundMeta("fund_statement") }
func (p *FundFormPage) meta() meta        { return fundMeta("fund_form") }
func (p *FundLimitsPage) meta() meta      { return fundMeta("fund_limits") }
