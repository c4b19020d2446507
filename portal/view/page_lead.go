package view

import "time"

// LeadsPage is /c/{slug}/leads: what was offered to the company and, where it has leads of its own, those. Own says which of both is shown.
// Routing posts to RouteURL; it is empty where the viewer may not. The drawer holds Offer or Lead, that of ?open=.
type LeadsPage struct {
	Base
	Own      bool
	Tabs     []Tab
	Filters  Filters
	Saved    SavedViews
	Rows     []LeadRow
	Pager    Pager
	NewURL   string
	RulesURL string
	RouteURL string
	Ways     []Tab // list, board
	Board    bool
	Columns  []LeadColumn
	Offer    *OfferPage
	Lead     *LeadPage
	CloseURL string
	Back     string // the query of the address, where a move on the board comes back to
	BulkURL  string // rows may be picked and offered together
	Partners []Option
}

// LeadBulkPage is the answer to POST /c/{slug}/leads/bulk: the leads that were picked with what would become of each, and with go=1 what became of it. The form posts lead (id:version), partnership (empty: by the rules), accept, convert, note, back and go to URL.
type LeadBulkPage struct {
	Base
	URL, BackURL string
	Back         string
	Done         bool
	ByRule       bool
	Partnership  string
	Partner      Company
	Ready        int
	Offered      int
	Rows         []LeadBulkRow
	Form         Form
}

// LeadBulkRow is one of them.
type LeadBulkRow struct {
	URL, Number, Title string
	Value              string
	Partner            Company
	Fit                int
	Amount             Money
	Status             Status
	Ready              bool
}

// PublicFormPage is /f/{token}, the form of a company for whoever knows its address. It posts company, country, city, postcode, web, name, position, mail, phone, need, may_contact, may_share and stamp to URL; fax is for machines.
type PublicFormPage struct {
	Base
	URL         string
	CompanyName string
	Title       string
	Intro       string
	Consent     string
	Stamp       string
	Done        bool
	Form        Form
	Countries   []Option
	MayContact  Text
	MayShare    Text
}

// LandingPage is /l/{company}/{token}, the page of a promotion at a participant, for whoever knows its address. It posts what a public form does. Phase is soon, live or over, or gone where there is none. Offer is the allowance in words, where it is told; Title and Intro are the participant's words.
type LandingPage struct {
	PublicFormPage
	Phase       string
	Colour      string
	OwnerName   string
	Offer       Text
	Products    []string
	More        int
	Where       string
	From, Until Date
	Languages   []Option // Value is the address
	Logos       []Logo   // of the participant and of the owner, as far as there are
	Privacy     string
	Imprint     string
}

// WebFormPage is /c/{slug}/leads/form; it posts active, confirms, title, intro, consent, version and renew to URL.
type WebFormPage struct {
	Base
	URL       string
	Link      string // empty until it is made
	Active    bool
	Made      bool
	CanChange bool
	Form      Form
}

// LeadColumn is one state on the board. Count is -1 where it is not known.
type LeadColumn struct {
	ID      string
	Label   Text
	Count   int
	Cards   []LeadRow
	MoreURL string
}

// LeadMove takes a card to the column To: it posts Name=Value and back to URL, or is a link where a person has to say more.
type LeadMove struct {
	To, URL     string
	Label       Text
	Link        bool
	Name, Value string
}

// LeadRow is one lead or offer. Since and Due are those of its running clock, zero where none runs. OpenURL shows it in the drawer.
type LeadRow struct {
	OpenURL string
	On      bool
	Fit     int // percent; 0 shows none
	Moves   []LeadMove
	Pick    string
	URL     string
	Number  string
	Title   string
	Note    Text
	Partner Company
	Value   Money
	Source  Text
	Since   time.Time
	Due     time.Time
	Status  Status
}

// Clock is a running clock with the sentence that goes with it.
type Clock struct {
	Since, Due time.Time
	Text       Text
}

// Meter is one reason of a fit: 0 to 100.
type Meter struct {
	Label, Text Text
	Percent     int
}

// OfferPage is /c/{slug}/leads/offers/{id}, a lead as the partner sees it. Forms post to URL + "/accept", "/decline" (reason, comment), "/work" (kind, text, due),
// "/return" and "/lose" (reason, comment).
type OfferPage struct {
	Base
	URL         string
	Number      string
	Title       string
	Need        string
	Status      Status
	Clock       *Clock
	Facts       []KV
	Contact     []KV // empty: masked until it is accepted
	Masked      bool
	Fit         int // percent; 0 shows none
	Factors     []Meter
	History     []Entry
	CanAnswer   bool
	CanWork     bool
	Sees        []KV            // who can see it, with the rule that gives it
	QuoteURL    string          // asks for a quote
	EngageURL   string          // begins an engagement
	Engagements []EngagementRow // that the company began from it
	Pause       *PauseBox       // nil: neither paused nor to be
	DealURL     string          // makes a registration of the lead; empty where the viewer may not
	DealPage    string          // of what it became
	Accept      Form            // only its note: why it did not go
	Decline     Form
	Work        Form
	Give        Form // return and lose
	Reasons     []Option
	Kinds       []Option
	WorkKeys    []Entry
}

// LeadPage is /c/{slug}/leads/{id}, a lead of the viewer's own company. Forms post to URL + "/offer" (partnership, accept, convert, note, version), "/route", "/close" (reason),
// and to the offer's address + "/withdraw" and "/reclaim" (comment).
type LeadPage struct {
	Base
	URL         string
	EditURL     string
	EngageURL   string          // begins an engagement
	Engagements []EngagementRow // that the company began from it
	Pause       *PauseBox       // nil: neither paused nor to be
	Number      string
	FromURL     string // the message it was made of
	Title       string
	Need        string
	Details     string
	Status      Status
	Clock       *Clock
	Facts       []KV
	CustomerURL string
	Customer    []KV
	Offers      []OfferLine
	Sees        []KV // who can see it, with the rule that gives it
	History     []Entry
	Candidates  []CandidateRow
	CanOffer    bool
	CanClose    bool
	Offer       Form
	Partners    []Option
	Close       Form
	Reasons     []Option
}

// OfferLine is one offer of a lead, for its owner.
type OfferLine struct {
	URL         string
	Partner     Company
	Status      Status
	Note        Text
	At          time.Time
	CanWithdraw bool
	CanReclaim  bool
}

// CandidateRow is a partner weighed for a lead. Out says why no rule chooses it; empty: it may be chosen.
type CandidateRow struct {
	Partner Company
	Fit     int
	Out     Text
	Factors []Meter
}

// LeadFormPage is the form of a lead of one's own, new or changed. It posts customer, contact, title, need, details, industry, size, families, products, value, currency, expected, source, version to URL.
type LeadFormPage struct {
	Base
	URL       string
	Changing  bool
	Form      Form
	Customers []Option
	Contacts  []Option
	Sources   []Option
	Money     []Option
	Families  []Option
	NewURL    string // makes a customer first
}

// LeadRulesPage is /c/{slug}/leads/rules. A rule posts id, version, name, active, countries, postcodes, families, partners, least, currency, accept, convert, rounds to URL; moving and removing post to URL + "/{id}/up" and "/{id}/remove".
// What a partner is sent posts partnership, version, most, countries, postcodes, families to URL + "/partners".
type LeadRulesPage struct {
	Base
	URL       string
	Rules     []LeadRule
	Profiles  []LeadProfile
	CanChange bool
	Form      Form
	Profile   Form
	Partners  []Option
	Money     []Option
}

// LeadRule is one routing rule in words.
type LeadRule struct {
	ID      string
	Name    string
	Active  bool
	Says    []Text
	EditURL string
	First   bool
}

// LeadProfile is what one partner is sent.
type LeadProfile struct {
	Partner Company
	Says    Text
	EditURL string
}

// CustomersPage is /c/{slug}/customers.
type CustomersPage struct {
	Base
	NewURL  string
	Mapping string // compares lists with a partner
	Filters Filters
	Rows    []CustomerRow
	Pager   Pager
}

// CustomerRow is one customer of the company's own.
type CustomerRow struct {
	URL, Name, Place, TaxID string
	Changed                 time.Time
}

// CustomerPage is /c/{slug}/customers/{id}. Forms post the facts to URL, a contact to URL + "/contacts" (id, version, name, title, mail, phone, may_contact, may_share, basis), its removal to URL + "/contacts/{id}/remove",
// an undone merge to URL + "/merges/{id}/undo".
type CustomerPage struct {
	Base
	URL      string
	Name     string
	Facts    []KV
	Note     string
	Keys     []KV
	Contacts []ContactRow
	Matches  []MatchRow
	Merges   []MergeRow
	Into     string // address of the one it became
	CanEdit  bool
	Form     Form
	Contact  Form
	Bases    []Option
	Opened   string // the form that is open: "", "facts", "contact"
}

// ContactRow is a person at a customer.
type ContactRow struct {
	ID, Name, Title, Mail, Phone string
	Consent                      Text
	Undelivered                  Text // since when its mail comes back
	OptIn                        Text // what is kept of its wish on a page to be written to
	EditURL                      string
}

// MatchRow is another customer that may be the same.
type MatchRow struct {
	Name, Place string
	Why         Text
	MergeURL    string
	URL         string
}

// MergeRow is a merge that stands.
type MergeRow struct {
	ID, Name, By string
	At           time.Time
	CanUndo      bool
}

// CustomerFormPage is /c/{slug}/customers/new; it posts the facts to URL.
type CustomerFormPage struct {
	Base
	URL  string
	Form Form
}

// MergePage is the preview of a merge; it posts loser, versions and take.{field} to URL.
type MergePage struct {
	Base
	URL                         string
	BackURL                     string
	Winner, Loser               string
	LoserID                     string
	WinnerVersion, LoserVersion string
	Choices                     []MergeChoice
	Contacts                    int
	Form                        Form
}

// MergeChoice is one field of a merge.
type MergeChoice struct {
	Field         string
	Label         Text
	Winner, Loser string
	Differs       bool
	TakeLoser     bool
}

// MappingsPage is /c/{slug}/mappings.
type MappingsPage struct {
	Base
	NewURL string
	Rows   []MappingRow
	Pager  Pager
}

// MappingRow is one comparison of two lists.
type MappingRow struct {
	URL     string
	Partner Company
	Way     Text
	Status  Status
	Overlap Text
	Waits   bool
	Made    time.Time
}

// MappingFormPage is /c/{slug}/mappings/new. It posts partner (a partnership, or "file" with name), kinds and fields to URL, a file of another server's company to BringURL.
type MappingFormPage struct {
	Base
	URL, BringURL string
	Form, Bring   Form
	Partners      []Option
	Kinds, Fields []Option
	Limits        []Text
}

// MappingPage is /c/{slug}/mappings/{id}. Acts post to URL + "/accept", "/decline", "/consent" (step), "/cancel", "/end", "/erase"; a file to URL + "/bring".
type MappingPage struct {
	Base
	URL                                      string
	Partner                                  string
	Status                                   Status
	Told                                     Text // what came of it, or why it ended
	Steps                                    []MappingStep
	Working                                  bool
	Progress                                 int
	Accounts                                 []MappingAccount
	Pager                                    Pager
	Known                                    bool // the accounts may be seen
	Shown                                    []Text
	Step                                     int
	CanAccept, CanConsent, CanCancel, CanEnd bool
	CanErase                                 bool
	Ask, Mine, Theirs                        Text // what one agrees to, what one will see, what the other will see
	ByFile                                   bool
	Files                                    []KV
	Awaited                                  Text
	Bring                                    Form
	Check                                    string
	Receipt                                  []KV
	ReceiptURL                               string
	Log                                      []MappingLine
	Limits                                   []Text
	Sees                                     []KV
	Note                                     Text // why an act was refused
}

// MappingStep is one of the three steps.
type MappingStep struct {
	Name, Note, Said Text
	Done, Now        bool
}

// MappingAccount is one of the company's accounts that the other has too.
type MappingAccount struct {
	URL, Name, Place string
	Theirs           []Text
}

// MappingLine is a line of what happened.
type MappingLine struct {
	Text Text
	By   string
	At   time.Time
}

// PauseBox is the pause of an accepted lead, or the form that sets one: it posts reason, until and comment to URL + "/pause"; "/resume" ends it.
type PauseBox struct {
	URL     string
	On, Can bool
	Text    Text
	Comment string
	Reasons []Option
	Wrong   Text
}
