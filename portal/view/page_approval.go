package view

import "time"

// ApprovalsPage is /c/{slug}/approvals: what the company's own rules keep back. Fragment "approvals.list".
type ApprovalsPage struct {
	Base
	URL      string
	Tabs     []Tab
	Rows     []ApprovalRow
	Pager    Pager
	Mine     bool   // the tab of what waits for the viewer
	RulesURL string // empty: the viewer may not read rules
}

// ApprovalRow is one request.
type ApprovalRow struct {
	URL    string
	Title  Text
	Why    []Text
	Status Status
	Amount Money
	Asked  Text // who asked
	At     time.Time
	Due    time.Time
	Late   bool
}

// ApprovalPage is /c/{slug}/approvals/{id}. Forms post to URL + "/approve", "/refuse" (reason) and "/withdraw".
type ApprovalPage struct {
	Base
	URL        string
	Title      Text
	Status     Status
	Partner    Company
	Amount     Money
	Steps      []ApprovalStep
	Facts      []KV
	Lines      []ApprovalLine
	Next       Text // what happens next
	Told       Text // the words of a refusal
	Late       bool
	SubjectURL string // the order or invoice
	CanDecide  bool
	CanTake    bool   // withdraw
	EditURL    string // the order form filled with it
	Form       Form
	Public     bool // a refusal goes to the partner
}

// ApprovalStep is one rule that caught it.
type ApprovalStep struct {
	Why  Text
	Who  Text // who approves, or approved
	Done bool
	At   time.Time
}

// ApprovalLine is a line of an order that is kept back.
type ApprovalLine struct {
	Number        int
	SKU           string
	Quantity      Quantity
	Price, Amount Money
}

// ApprovalRulesPage is /c/{slug}/company/approvals. A rule posts id, version, kind (about.test), ceiling, currency, apart, approver (role:… or person:…),
// four_eyes, active to URL; removing posts to URL + "/{id}/remove".
type ApprovalRulesPage struct {
	Base
	URL       string
	ListURL   string
	Rules     []ApprovalRule
	CanChange bool
	Form      Form
	Kinds     []Option
	Money     []Option
	Approvers []Option
}

// ApprovalRule is a rule in words.
type ApprovalRule struct {
	ID      string
	Says    Text
	Who     Text
	Active  bool
	EditURL string
}

// HoldBox is a hold of an order, on its page. Ending it posts to URL.
type HoldBox struct {
	URL      string // empty: the viewer only reads
	Title    Text
	Owner    Text
	Lines    Text // which lines; zero: the whole order
	Note     string
	Since    time.Time
	By       Date
	Late     bool
	Approval string // the request to look at; empty: not for this reader
}

// HoldForm puts an order on hold: reason, owner (role:… or person:…), hold_until, note, lines.
type HoldForm struct {
	Form    Form
	Reasons []Option
	Owners  []Option
	Lines   []Option
}

// SuggestionsPage is /c/{slug}/suggestions: what the rules of the viewer's company propose.
type SuggestionsPage struct {
	Base
	Tabs     []Tab
	RulesURL string
	Rows     []SuggestionRow
	Pager    Pager
}

// SuggestionRow is one suggestion, or what a condition finds when it is tried.
type SuggestionRow struct {
	URL, Rule, Object string
	Company           Company
	Status            Status
	Facts             []KV
	At                time.Time
}

// SuggestionPage is /c/{slug}/suggestions/{id}; it posts nothing to URL/accept, reason and words to URL/dismiss, days to URL/snooze.
type SuggestionPage struct {
	Base
	URL, ListURL       string
	Rule, Says         string
	Company            Company
	Object, ObjectURL  string
	Status             Status
	At                 time.Time
	Facts              []KV
	Action             Text
	Decided, Why       Text
	Words              string
	CanDecide, CanOpen bool
	Reasons            []Option
	Form               Form
}

// TriggerRulesPage is /c/{slug}/suggestions/rules; it posts id, version, name, about, when, action, promotion, quiet, active and try to URL. Says is the condition of the form in words, Matches what it finds today.
type TriggerRulesPage struct {
	Base
	URL, ListURL                string
	CanChange                   bool
	Rules                       []TriggerRuleRow
	Form                        Form
	Abouts, Actions, Promotions []Option
	Templates                   []Option // Value is the address
	Facts                       []TriggerFacts
	Says                        string
	Tried                       bool
	Seen, Found                 int
	Matches                     []SuggestionRow
}

// TriggerRuleRow is one rule.
type TriggerRuleRow struct {
	ID, Name, When, Says, EditURL string
	Active                        bool
	Ran                           time.Time
	Action                        Text
}

// TriggerFacts are the facts of one kind of subject, by the names that a condition uses.
type TriggerFacts struct {
	Label Text
	Facts []KV
}
