package view

import "time"

// PartnersPage is /c/{slug}/partners. An invitation posts company (the code of the other company), side, currency and price_tolerance to URL.
type PartnersPage struct {
	Base
	URL        string
	Rows       []PartnerRow
	CanInvite  bool
	Invite     Form
	Sides      []Option
	Currencies []Option
	// A company that is not here yet: posts company_name, email, person_name, country, language, side and currency to URL + "/new".
	CanFound             bool
	New                  Form
	Countries, Languages []Option
}

// PartnerRow is one partnership, seen from the viewer's side. Side is what the other company is to the viewer: supplier or reseller.
type PartnerRow struct {
	URL      string
	Company  Company
	Side     string
	State    State
	Currency string
	Open     int // open orders
	Waiting  int // of them waiting for the viewer's company
	Last     time.Time
	Unread   int
}

// PartnerPage is /c/{slug}/partners/{id}. Forms: settings posts version, price_tolerance, quantity_tolerance to URL+"/settings";
// confirming an identity of the other side posts to URL+"/identities/{id}/confirm"; a move posts to URL+"/" + its name.
type PartnerPage struct {
	Base
	URL        string
	Company    Company
	Logo       *Logo
	Side       string
	State      State
	Facts      []KV
	Mine       []Person // people of the viewer's company who share this
	Theirs     []Person
	Identities []Identity // theirs, with what the viewer's company has confirmed
	OurIDs     []Identity
	Settings   *PartnerSettings // nil: the viewer may not see them
	Moves      []string         // accept, suspend, resume, end: what the viewer may do now
	Clock      *ClockSetting    // nil: the viewer may not see it
	Answer     *AnswerSetting   // nil: the viewer may not see it
	Checks     *CheckSetting    // nil: the viewer's company is not the supplier
	Orders     []MovingOrder
	Scores     []PartnerScore
	Room       *Room
	Link       *OneTimeLink // into a company just invited, shown once
	CanAgain   bool         // nobody joined it yet: posts to URL + "/again"
	ConnectURL string       // where EDI is connected step by step; empty: not allowed
}

// PartnerScore is what one kind of work with a partner comes to; Link names where each figure is from.
type PartnerScore struct {
	ID      string
	Title   Text
	Figures []KV
	URL     string
	Link    Text
}

// AnswerSetting is how long the supplier may take to answer an order. It posts
// answer_hours to the page's address + "/answer".
type AnswerSetting struct {
	Form     Form
	Hours    int
	Ours     bool // the viewer's company is the supplier
	Editable bool
	Calendar string // address of the viewer's own calendar
}

// PartnerSettings is the EDI profile toward this partner.
type PartnerSettings struct {
	Form     Form
	Editable bool
	Rows     []PartnerRoute
}

// PartnerRoute says how one kind of document goes: set, direction, where to, who acknowledges. Names: route.{set}.channel, route.{set}.ack.
type PartnerRoute struct {
	Set      string
	Out      bool
	Channel  []Option
	Ack      []Option
	Versions []Option
}
