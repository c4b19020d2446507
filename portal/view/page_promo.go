package view

import "time"

// PromosPage is /c/{slug}/promotions as a board, a list or a calendar (Kind "board", "list", "calendar").
type PromosPage struct {
	Base
	Kind    string
	Ways    []Tab // the three
	Filters Filters
	Columns []PromoColumn // board
	Rows    []PromoCard   // list
	Pager   Pager
	Months  []PromoMonth // calendar
	Bars    []PromoBar
	Cut     bool // there are more, which begin earlier
	Earlier string
	Later   string
	NewURL  string
	// SuggestionsURL leads to what the company's rules propose; Suggestions of them are open.
	SuggestionsURL string
	Suggestions    int
}

// PromoColumn is one column of the board; MoreURL leads to the list of what it has no place for.
type PromoColumn struct {
	ID      string
	Label   Text
	Count   int
	Cards   []PromoCard
	MoreURL string
}

// PromoCard is one promotion on the board or in the list. Percent is how much of its window is over, below zero for none. Moves are what may be done with it now.
type PromoCard struct {
	URL, Number, Title string
	Window             Text
	State              Status
	Status             Status
	Partners           []Company
	Budget             Money
	Percent            int
	Moves              []Option // Value is the address
}

// PromoMonth is a month of the calendar, Left and Width in percent of its range.
type PromoMonth struct {
	Label       string
	Left, Width int
}

// PromoBar is a promotion of the calendar. Clash says with which other one it meets: the same products and partner at the same time.
type PromoBar struct {
	PromoCard
	Left, Width int // percent
	Clash       Text
}

// PromoPage is /c/{slug}/promotions/{id}, for the owner (Mine) or a company that takes part. Forms post to URL + "/propose" (version, note), "/approve" (hash), "/decline" (reason),
// "/cancel" (version, reason), "/counters/{id}/adopt" and "/decline", "/tasks" (org, title, due), "/tasks/{id}" (done), "/settle" (version).
type PromoPage struct {
	Base
	URL, Number, Title string
	Status             Status
	Window             Text
	Owner              Company
	Mine               bool
	Tabs               []Tab
	Tab                string // "" overview, "results"
	Sentence           Text
	Summary            string
	Facts              []KV
	Warnings           []Text
	Partners           []PromoPartner
	Budget             Money
	Shares             []PromoShare
	Rates              Text
	Approvals          []Entry
	Counters           []PromoCounter
	Changes            []PromoChange
	ChangesOf          Text // what the changes are against
	Note               string
	Tasks              []PromoTask
	TasksDone          int
	CanTask            bool
	TaskOrgs           []Option
	Task               Form
	History            []Entry
	Named              []Company
	Room               *Room
	Rooms              []KV
	EditURL, CopyURL   string
	CounterURL         string
	OrderURL           string // orders under it
	Version, Hash      string
	CanSend            bool
	Waits              Text // for the own company's approval, and where
	WaitsURL           string
	CanAnswer          bool
	CanDecline         bool
	CanCancel          bool
	CanSettle          bool
	Answer             Form // only its note
	Send               Form
	Decline            Form
	Cancel             Form
	CanKeep            bool
	Keep               Form // name and replace, to URL/template
	Results            *PromoResults
}

// PromoPartner is a company that takes part. Worth is its pledge in the owner's currency, where that is another.
type PromoPartner struct {
	Company     Company
	Role        Text
	Pledge      Money
	Worth       Money
	Allow       Money
	Target      string
	Limit       string
	Status      Status
	CounterOpen bool
}

// PromoShare is one part of the budget's bar, Left and Width in percent.
type PromoShare struct {
	Label       string
	Amount      Money
	Left, Width int
	Class       string
}

// PromoCounter is a counter-proposal with how it differs from the terms that stand.
type PromoCounter struct {
	ID      string
	Company Company
	By      string
	Note    string
	At      time.Time
	Changes []PromoChange
}

// PromoChange is one place where two texts differ.
type PromoChange struct {
	Label    Text
	Who      string
	Was, Now Text
}

// PromoTask is one task.
type PromoTask struct {
	ID, Title string
	Company   Company
	Due       Date
	Late      bool
	Done      bool
	CanDo     bool
}

// PromoFormPage is the form of a promotion: new, changed, or a counter-proposal (Counter: the company's own part alone). It posts the fields of the terms to URL; with preview set it reads them back.
type PromoFormPage struct {
	Base
	URL      string
	BackURL  string
	Title    Text
	Counter  bool
	Form     Form
	Kinds    []Option
	Settles  []Option
	Dates    []Option
	Zones    []Option
	Families []Option
	Items    []Option // of the catalogue, to be added to those written
	Partners []PromoFormPart
	Sentence Text
	Warnings []Text
	Replay   []KV
	Currency string
	// Templates are what the company keeps to begin from.
	Templates []PromoTemplate
}

// PromoTemplate is one of them.
type PromoTemplate struct {
	Name, Title, URL, DropURL string
	On                        bool
}

// PromoFormPart are the fields of one company, "parts.{id}.share" and so on.
type PromoFormPart struct {
	Company  Company
	Prefix   string
	Currency string
	Same     bool // the owner's currency: no rate
	Roles    []Option
	On       bool
}

// PromoResults is what came of a promotion, and the lines behind each number.
type PromoResults struct {
	Formula   Text
	Settled   time.Time
	Figures   []PromoFigure
	Partners  []PromoResult
	Products  []PromoResult
	Lines     []PromoLine
	Pager     Pager
	Filters   []Option // Value is the address
	ExportURL string
	Hidden    bool // prices
	Resales   []PromoResale
	MoreURL   string // of resale lines
	Claim     *PromoClaim
	Lift      *PromoLift
	Funnel    *PromoFunnel
	Rebuild   *PromoRebuild
	Reports   []PromoReports
	Short     Text // what is missing to settle, for who may; zero: nothing is
	Waived    *PromoWaived
	Late      []PromoLate // what came after it was settled, the newest first
}

// PromoLate is what one document changed after a promotion was settled.
type PromoLate struct {
	At             time.Time
	Why            Text
	Company        Company
	Invoiced, Sold string
	Earned         Money
}

// PromoReports is how far one company has reported what it sold on in the window. Periods are those that are not complete.
type PromoReports struct {
	Company   Company
	Plan      Text
	Done      Text
	Periods   []SellPeriod
	RemindURL string // where one is asked for
	PlanURL   string // where reports are agreed, or sent
	Ours      bool
}

// PromoWaived is why a promotion was settled without all reports, and without which the viewer may know of.
type PromoWaived struct {
	Reason  string
	Missing Text
}

// PromoRebuild is how far the figures are computed again, for the owner. Done and Total are in orders; with Working the page looks again.
type PromoRebuild struct {
	URL         string
	Said        Text // of the newest one
	Working     bool
	Done, Total int
	CanStart    bool
}

// PromoFunnel is what came by the landing pages: Stages are the four numbers, each a link to the rows behind it, Steps the same by page and referral code.
type PromoFunnel struct {
	Stage     string
	Stages    []Tab
	Steps     []PromoFunnelStep
	ByPartner bool
	Rows      []PromoFunnelRow
	MoreURL   string
	ExportURL string // of the rows
}

// PromoFunnelStep is one page, or one referral code of it.
type PromoFunnelStep struct {
	Company                     Company
	Ref                         string
	Views, Leads, Deals, Orders int
}

// PromoFunnelRow is a day of views (Day, Views), a lead, or an order.
type PromoFunnelRow struct {
	Company   Company
	Ref       string
	Day       Date
	Views     int
	At        time.Time
	Name, URL string
	Status    Status
	Deal      string // number of the registration
	DealURL   string
}

// CampaignsPage is /c/{slug}/promotions/{id}/campaigns: the mails that the viewer's company sends about a promotion. LandingURL is where a page has to be published first.
type CampaignsPage struct {
	Base
	URL, PromoURL      string
	Title, Number      string
	Status             Status
	Window             Text
	Tabs               []Tab
	NewURL, LandingURL string
	Rows               []CampaignRow
	Pager              Pager
}

// CampaignRow is one campaign with what became of it.
type CampaignRow struct {
	URL, Name                                        string
	Status                                           Status
	At                                               time.Time
	Mails, Unsubscribed, Views, Leads, Deals, Orders int
}

// CampaignFormPage is the form of a campaign; it posts name, page, pause, countries, industries, bought, not_since, lead, in.{language}, {language}.subject, {language}.body and version to URL.
type CampaignFormPage struct {
	Base
	URL, BackURL, ListURL, PromoURL string
	Title                           string
	Changing                        bool
	Form                            Form
	Languages                       []LandingLanguage
	Countries, Industries, Families []Option
	Leads, Pages                    []Option
}

// CampaignPage is /c/{slug}/campaigns/{id}: a draft with who would get it, or what became of it. It posts lang to URL/try, at and version to URL/start, nothing to URL/stop, version to URL/drop.
type CampaignPage struct {
	Base
	URL, ListURL, PromoURL, EditURL, ResultsURL string
	Name, Version                               string
	Status                                      Status
	Reason                                      Text
	Facts                                       []KV
	Draft, Sends                                bool
	Gets                                        int
	Left, Sample, Figures                       []KV
	Previews                                    []CampaignPreview
	CanTry, CanStart, CanStop                   bool
	Form                                        Form
}

// CampaignPreview is the mail in one language; URL shows it as its reader sees it.
type CampaignPreview struct {
	Language                 string
	Label                    Text
	From, Subject, Text, URL string
}

// StopPage is /answer/{token} of a mail of a campaign, for whoever got it: it posts to URL that no more is wanted.
type StopPage struct {
	Base
	URL, CompanyName, Colour string
	Intro                    string // of the layout: there is none
	Done, Test               bool
	Confirm                  bool     // it confirms an address instead: the post needs nothing
	Late                     bool     // of Confirm: the link is too old
	Languages                []Option // Value is the address
}

// LandingEditPage is /c/{slug}/promotions/{id}/landing. A participant keeps its page there: it posts in.{language}, {language}.title, {language}.body, {language}.consent, live, offer, listed, privacy, imprint, colour, version and renew to URL, and code and name, or drop, to URL/codes. The owner (Mine) posts the words it proposes to URL/text.
type LandingEditPage struct {
	Base
	URL, PromoURL string
	Title, Number string
	Status        Status
	Window        Text
	Tabs          []Tab
	Mine          bool
	CanChange     bool
	Made, Live    bool
	Link          string
	Form, Code    Form
	Languages     []LandingLanguage
	Offer         Text
	Codes         []LandingCode
	Flyers        []Option // Value is the address of the PDF
	Colours       []Option
	Pages         []LandingLink
}

// LandingLanguage are the fields of one language.
type LandingLanguage struct {
	Language string
	Label    Text
	On       bool
}

// LandingCode is a referral code with its address.
type LandingCode struct{ Code, Label, URL, FlyerURL string }

// LandingLink is a page that a participant published.
type LandingLink struct {
	Company    Company
	Title, URL string
	Since      time.Time
}

// PromoLift is what a promotion added at the company that is chosen, against its own history. Say is the result in sentences, Notes say what else has to be known, Method how it was computed. MarginURL takes what the owner earns on a sale (margin, a percentage).
type PromoLift struct {
	Choices            []Option // companies; Value is the address
	Say                []Text
	Notes              []Text
	Figures            []PromoFigure
	Chart              *PromoChart
	Steps              []KV
	Rows               []PromoLiftRow // for the owner of several
	Method             []Text
	Exports            []Export
	Documents          []Export
	MarginURL          string
	Margin             Form
	Periods            []PromoPeriod
	InLabel, SoldLabel Text
}

// PromoChart is drawn here: a view box of 1000 by 240, the base line at its foot. Actual and Base are points of lines, Band those of a surface, empty where there is none.
type PromoChart struct {
	Bars               []Bar
	Windows            []Bar // of the promotion
	Actual, Base, Band []string
	Data               string   // the same for the script of the chart, as JSON
	Ticks              []string // of the height, from the top
	Labels             []Date
	Say                Text
	Sold               Text // what the line is
	In                 Text // what the bars are
}

// PromoPeriod is one period in words.
type PromoPeriod struct {
	From, To             Date
	In, Sold, Base, Span string
	Part                 Text
}

// PromoLiftRow is one company. Data says what stands behind it.
type PromoLiftRow struct {
	Company            Company
	URL                string
	Base, Actual       string
	Percent            string
	Extra, Span        string
	Gap                string
	Cost               Money
	Return, ReturnSpan string
	Data               Text
	Differs            bool
}

// PromoResale is one line of a sell-through report with what the promotion does to it. ReportURL is empty where the viewer does not read reports.
type PromoResale struct {
	Report, ReportURL, SKU string
	Company                Company
	From, To               Date
	Sold, Counted          Quantity
	Earned                 Money
	Status                 Status
	Why                    Text
}

// PromoClaim is the claim that follows from the lines of a bill-back, for the company whose lines they are. It posts mark to URL.
type PromoClaim struct {
	URL, Mark string
	Text      Text
	Sum       Money
	Lines     []PromoClaimLine
	Proof     Text // what is asked for first; zero: one tap files it
	FundsURL  string
}

// PromoClaimLine is one line of it.
type PromoClaimLine struct {
	Order, OrderURL, SKU string
	Quantity             Quantity
	Amount               Money
}

// PromoFigure is one number with its second line.
type PromoFigure struct {
	Label, Value, Sub Text
}

// PromoResult is a row of figures by partner or by product.
type PromoResult struct {
	Company                               Company
	Label                                 string
	URL                                   string // the lines behind it
	Orders                                int
	Ordered, Confirmed, Shipped, Invoiced string
	Target                                string
	Percent                               int // of the target; below zero: none
	Value, Earned, Worth                  Money
	Before                                string
	Sold                                  string // on
	Channel                               Text   // what is left between sold in and sold on
	Step                                  Text   // where the company stands with steps of all of the window
}

// PromoLine is one order line with what became of the promotion on it.
type PromoLine struct {
	Order, OrderURL, Line, SKU string
	Company                    Company
	On                         Date
	Ordered, Granted, Invoiced Quantity
	Earned                     Money
	Status                     Status
	Why                        Text
}
