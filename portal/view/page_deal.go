package view

import "time"

// DealsPage is /c/{slug}/deals: the supplier's queue of decisions (Supplier), or the registrations of the company's own.
type DealsPage struct {
	Base
	Supplier bool
	Tabs     []Tab
	Filters  Filters
	Rows     []DealRow
	Pager    Pager
	NewURL   string
	TermsURL string
}

// DealRow is one registration. Since and Due are those of its running clock, zero where none runs. Similar counts others for the same customer, for the supplier.
type DealRow struct {
	URL, Number, Title string
	Customer           string
	Partner            Company
	Value              Money
	Since, Due         time.Time
	Status             Status
	Next               Text // what the viewer does next
	Similar            int
	Score              int
	Won                int // percent
}

// DealPage is /c/{slug}/deals/{id}, for every side of a registration. Every act posts to URL + "/" + its name; a flag says which are shown.
type DealPage struct {
	Base
	URL, EditURL, Number, Title, Need string
	Status                            Status
	Holds, Decided                    Text // the two axes in words
	Clock                             *Clock
	Facts, Customer, Own              []KV
	Items                             []DealItem
	Percent, Share                    int // won, and the agreed share, in percent
	Won                               Text
	Lines                             []DealLine
	MoreLines                         bool   // only the latest are shown
	Copy                              string // the number, where it may stand on an order
	OrderURL                          string
	QuoteURL                          string // asks for a quote, or makes one: QuoteOffer
	QuoteOffer                        bool
	Quotes                            []QuoteRow
	EngageURL                         string          // begins an engagement
	Engagements                       []EngagementRow // that the company began from it
	Files                             []DealFile
	FilesSeen                         Text // who can open them
	History                           []Entry
	Similar                           []DealSimilar
	Disputes                          []DealDispute
	Sees                              []KV // who can see it, with the rule that gives it
	Room                              *Room
	Told                              Text // what the supplier said last

	CanSubmit, CanRecall, CanWithdraw, CanLose, CanAsk, CanPostpone, CanContest, CanFile bool
	CanTake, CanDecide, CanAward, CanCancel, CanExtend, CanDoubt, IsTender               bool
	AskedText                                                                            Text

	Submit, Decide, Ask, Lose, Cancel, Extend, Contest, File, Rule Form
	Returns, Rejects, Cancels, Losses, Denials, Contests           []Option
	Kinds                                                          []Option // of evidence
}

// DealItem is one product of a registration with what was invoiced of it.
type DealItem struct {
	SKU        string
	Registered Quantity
	Invoiced   Quantity
	Resold     Quantity
	Price      Money
}

// DealLine is one order line that speaks of a registration.
type DealLine struct {
	Number, URL, SKU  string
	Ordered, Invoiced Quantity
	Amount            Money
	Why               Text
	Counts            bool
	Resale            bool // of a sell-through report: Invoiced is what was sold on
}

// DealFile is a piece of evidence.
type DealFile struct {
	ID, URL, Name string
	Kind          Text
	By            string
	At            time.Time
	Size          Text
	CanRemove     bool
}

// DealSimilar is another registration beside this one, for the supplier. Differs marks the facts that are not the same.
type DealSimilar struct {
	ID, URL, Number, Title string
	Partner                Company
	Status                 Status
	Customer               []KV
	Why                    Text
	Sure                   bool
	Score                  int
	At                     time.Time
	CanCopy, CanWait       bool
}

// DealDispute is a dispute about a registration.
type DealDispute struct {
	ID                       string
	Text, Words, Ruled, Note Text
	Decider                  string
	Clock                    *Clock
	CanRule, CanSplit        bool
	Other                    *KV
	Line                     *KV // the resale line that opened it
}

// DealFormPage is the one page on which a deal is registered, new or changed. It posts its fields to URL (act "save" or "submit"), and to URL + "/check" for what is still missing (fragment "deal_form.check").
type DealFormPage struct {
	Base
	URL, CheckURL                              string
	Changing                                   bool
	Form                                       Form
	Partners, Kinds, Countries, Money, Sources []Option
	Families, Work, Fulfillers, Evidence       []Option
	Files                                      int
	Check                                      DealCheck
	Seen                                       Text // who will see it
}

// DealCheck is how a registration stands before it is sent.
type DealCheck struct {
	Taken, Most int
	Known       Text // by what the customer is known
	Missing     []FieldError
	Promise     Text
}

// DealTermsPage is /c/{slug}/deals/terms. It posts the terms to URL, the place of a partner (partnership, version, tier, countries, families) to URL + "/partners".
type DealTermsPage struct {
	Base
	URL      string
	Form     Form
	Deciders []Option
	Places   []DealPlace
	Place    Form
	Tiers    []Option
}

// DealPlace is where one partner stands.
type DealPlace struct {
	Partner Company
	Says    Text
	EditURL string
}

// QuotesPage is /c/{slug}/quotes.
type QuotesPage struct {
	Base
	Tabs     []Tab
	Filters  Filters
	Rows     []QuoteRow
	Pager    Pager
	AskURL   string // the reseller asks for one
	OfferURL string // the supplier makes one
}

// QuoteRow is one quote. Since and Due are the clock of an offer that stands.
type QuoteRow struct {
	URL, Number, Title, Customer string
	Partner                      Company
	Value                        Money
	Status                       Status
	Waits                        bool // for the viewer's company
	Since, Due                   time.Time
	Changed                      time.Time
}

// QuotePage is /c/{slug}/quotes/{id}, for both sides. Accepting posts round, act (order or only), po, requested, note and the ship-to to URL + "/accept"; declining, refusing, withdrawing and recalling post round,
// reason and comment to URL + "/" + the deed.
type QuotePage struct {
	Base
	URL, Number, Title string
	Round              int
	Status             Status
	Clock              *Clock
	Told               Text // what was said last, with the reason
	Kept               *KV  // what the company's own rules keep back
	Facts              []KV
	Lines              []QuoteLine
	Total              Money
	Note               string
	Copy               string // the number, where an order may carry it
	CopyText           Text
	PDFs               []KV
	Versions           []QuoteVersion
	Orders             []QuoteOrder
	MoreOrders         bool
	Sees               []KV
	Room               *Room

	AskURL, OfferURL                              string
	CanAccept, CanOrder                           bool
	CanDecline, CanRefuse, CanWithdraw, CanRecall bool
	Accept, End                                   Form
	Reasons, Countries                            []Option
}

// QuoteLine is a line with the steps to its price.
type QuoteLine struct {
	Number              int
	SKU, Name, Unit     string
	Quantity            Quantity
	Price, Base, Amount Money
	Special             bool
	Options             []string // what was chosen of it
	Steps               []QuoteStep
	Ordered             Text // on orders that carry the number
}

// QuoteStep is one step on the way to a price.
type QuoteStep struct {
	Text  Text
	Add   Text // what an option adds
	Price Money
	Last  bool
}

// QuoteVersion is one round, with what it says otherwise than the one before.
type QuoteVersion struct {
	Number  int
	Kind    Text
	By      string
	At      time.Time
	Total   Money
	Changes []Text
	Now     bool
}

// QuoteOrder is an order that carries the number.
type QuoteOrder struct {
	Number, URL string
	Status      Status
	On          Date
}

// QuoteFormPage is the form of a request (Offer: of an offer), a new one or another round. It posts partner, deal, round, title, customer, note, valid_until, from, until and line.{n}.sku, .quantity, .unit, .price, .g-{group} and .o-{option} to URL;
// add, look and remove=n only change the form. Fragment "quote_form.form".
type QuoteFormPage struct {
	Base
	URL, BackURL, Number string
	Offer, Changing      bool
	Form                 Form
	Partners             []Option
	Lines                []NewOrderLine
	Products             []ProductRow
	Total                Money
	Deal                 string // number of the registration
	Hint                 Text
}

// EngagementsPage is /c/{slug}/engagements.
type EngagementsPage struct {
	Base
	Tabs    []Tab
	Filters Filters
	Rows    []EngagementRow
	Pager   Pager
	NewURL  string
}

// EngagementRow is one engagement; of an invitation Title is the teaser.
type EngagementRow struct {
	URL, Number, Title, Customer string
	Owner                        Company
	Role                         Text
	Status                       Status
	Waits                        bool
	Changed                      time.Time
}

// EngagementFormPage begins an engagement or changes its terms. It posts kind, ref, title, customer, purpose, teaser, country, band, shown, role, amount, currency to URL.
type EngagementFormPage struct {
	Base
	URL, BackURL                               string
	Changing                                   bool
	Form                                       Form
	From                                       Text
	Roles, Bands, Countries, Currencies, Shown []Option
}

// EngagementInvitationPage is an engagement before the company accepted. It posts hash to URL + "/accept", reason and comment to URL + "/decline". As says through whose eyes it is seen.
type EngagementInvitationPage struct {
	Base
	URL, Number, Teaser string
	As                  Text
	Owner               Company
	Status              Status
	Facts               []KV
	Message, By         string
	At                  time.Time
	Clock               *Clock // until when to answer
	Shown               Text
	Hash                string
	CanAnswer           bool
	Reasons             []Option
	Forms               map[string]Form
}

// EngagementPage is /c/{slug}/engagements/{id} for a company that takes part. The names of Forms are those of the deeds; they post to URL + "/section", "/invite", "/withdraw", "/remove", "/leave", "/close", "/split",
// "/split/agree", "/split/refuse", "/split/withdraw", "/tasks", "/tasks/{id}", "/handovers", "/handovers/{id}".
type EngagementPage struct {
	Base
	URL, Number, Title string
	As, Told, Shown    Text
	Owner              Company
	Status             Status
	Purpose            string
	Facts              []KV
	Seats              []EngagementSeat
	Own, Private       []KV
	Section            Form
	PrivateRows        []string
	Got, Sent          []EngagementRevision
	Splits             []EngagementSplit
	Shares             []EngagementShare // of the form that proposes
	Tasks              []EngagementTask
	TasksDone          int
	Hands              []EngagementHand
	Sees, Rooms        []KV
	Room               *Room
	EditURL, ShareURL  string
	Forms              map[string]Form

	CanWork, CanLead, CanLeave, CanPropose                                                        bool
	Stages, Currencies, Partners, Roles, Assignees, Others, LeaveReasons, RemoveReasons, Outcomes []Option
}

// EngagementSeat is a company that takes part.
type EngagementSeat struct {
	Company                Company
	Role                   Text
	Status                 Status
	Owner                  bool
	Told                   Text
	AsURL                  string
	CanWithdraw, CanRemove bool
}

// EngagementRevision is a snapshot as one company got it.
type EngagementRevision struct {
	Company Company
	Rev     int
	Values  []KV
	Changes []Text
	By, URL string
	At      time.Time
}

// EngagementShare is a part of the revenue; Width in percent.
type EngagementShare struct {
	Company Company
	Percent string
	Width   int
	Mine    bool
}

// EngagementSplit is one text of the split.
type EngagementSplit struct {
	Number                                    int
	Status                                    Status
	Shares                                    []EngagementShare
	Note, Hash                                string
	By                                        Text
	At, Since                                 time.Time
	Answers                                   []Text
	Strange, CanAgree, CanRefuse, CanWithdraw bool
}

// EngagementTask is a task of one company.
type EngagementTask struct {
	ID, Title, Person string
	Company           Company
	Due               Date
	Done, Late, CanDo bool
}

// EngagementHand is a hand-over.
type EngagementHand struct {
	ID, What, Note, Comment, By string
	Text                        Text
	Due                         Date
	Status                      Status
	At                          time.Time
	CanAnswer, CanTakeBack      bool
}

// EngagementSharePage chooses fields and readers (GET) and sends what it showed (POST template, field, to, hash).
type EngagementSharePage struct {
	Base
	URL, BackURL, Number  string
	Form                  Form
	Templates, Fields, To []Option
	Ready                 *EngagementOutgoing
}

// EngagementOutgoing is what would be sent.
type EngagementOutgoing struct {
	Hash, Template string
	Fields, To     []string
	Values         []KV
	Readers        []EngagementReader
	Send           bool
}

// EngagementReader is one company that would get a revision; Same: it has exactly this.
type EngagementReader struct {
	Company Company
	Rev     int
	Changes []Text
	Same    bool
}

// EngagementRevisionsPage is every revision that one company got from another.
type EngagementRevisionsPage struct {
	Base
	BackURL, Number string
	Title           Text
	Rows            []EngagementRevision
}
