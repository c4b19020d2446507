package view

import "time"

// SignInPage is /signin. The form posts email, password, next, csrf to /signin. Fragment "signin.dialog" is the form alone, for a session that ended.
// Form.Errors without a Field stand on top ("not known", "too many tries").
type SignInPage struct {
	Base
	Form Form
	Next string
	Demo []DemoAccount // with --demo: who may be tried; else empty
}

// DemoAccount is a person of the demo data, shown on the sign-in page of a demo server only.
type DemoAccount struct{ Name, Company, Email, Password string }

// SetupPage is /setup?token=…: the first company and its first person. The form posts token, company, country, currency, zone, name, email, password.
type SetupPage struct {
	Base
	Form       Form
	Token      string
	Currencies []Option
	Zones      []Option
	Countries  []Option
}

// LinkPurpose says why a one-time link was made.
type LinkPurpose string

// The purposes of a one-time link.
const (
	LinkInvitation LinkPurpose = "invite"
	LinkReset      LinkPurpose = "reset"
	LinkFirst      LinkPurpose = "first"
	LinkAddress    LinkPurpose = "address"
	LinkFounding   LinkPurpose = "found" // the first person of a company that a partner invites
)

// LinkPage is /link/{token}. It posts name (invitation of a new person only), password, password2 to the same address;
// for a change of address it posts nothing but the confirmation.
type LinkPage struct {
	Base
	URL         string // this address
	Purpose     LinkPurpose
	Form        Form
	Email       string
	CompanyName string // invitation: who invites
	InvitedBy   string
	Partner     string // founding: the company that invites
	AskName     bool
	AskPassword bool // false when the person already has an account, or only confirms an address
	Expires     time.Time
	Dead        bool // used, expired or unknown: says so, with nothing to fill in
}

// AnswerPage is /answer/{token}, the page of a link in a mail. It posts answer (accept, decline), reason and comment
// to the same address; with Stop nothing.
type AnswerPage struct {
	Base
	URL         string // this address
	OpenURL     string // the same in the portal, after a sign-in
	Title       Text
	CompanyName string // the reader's
	Says        Text   // zero: nothing beside Need
	Need        string
	Facts       []KV
	Due         time.Time
	Form        Form
	Reasons     []Option // to choose from; nil: in the reader's words
	ReasonHint  string   // key of who reads them
	Accept      Text
	AcceptText  Text
	Refuse      Text // zero: it cannot be refused here
	RefuseMore  Text
	CanAnswer   bool
	Stop        bool   // no more notices by mail
	Done        string // key of the sentence that says what became of it
	DoneAt      time.Time
}

// ProfilePage is /c/{slug}/profile. Forms post to URL+"/name" (name, language, theme, zone), "/password" (old, password, password2), "/address" (email, password),
// "/sessions/{id}/end", "/sessions/end-all", "/tokens/{id}/revoke".
type ProfilePage struct {
	Base
	URL       string
	Email     string
	Name      Form
	Languages []Option
	Themes    []Option
	Zones     []Option
	Password  Form
	Address   Form
	Absence   *AbsenceForm  // nil: outside a company
	Notices   *NoticeChoice // nil: outside a company; posts to URL + "/mail"
	Sessions  []SessionRow
	Tokens    []TokenRow
}

// NoticeChoice is what a person is told by which way.
type NoticeChoice struct {
	Form   Form // quiet_from, quiet_to
	Modes  []Option
	Topics []TopicChoice

	PushKey, PushURL, Worker string // how this browser subscribes
	Devices                  []PushDevice
}

// PushDevice is a browser that is told.
type PushDevice struct {
	Name    string
	Made    time.Time
	DropURL string
}

// TopicChoice says by which ways a topic comes.
type TopicChoice struct {
	Topic       string
	Label       Text
	Inbox, Mail bool
	Push        bool
}

// SessionRow is one signed-in browser.
type SessionRow struct {
	ID, Agent, Address string
	Started, Seen      time.Time
	Current            bool
}

// TokenRow is an API token; the secret is shown once, on the page that made it.
type TokenRow struct {
	ID, Name, Prefix, Person string
	Scopes                   []string
	State                    State
	Created, Used, Expires   time.Time
	CanRevoke                bool
}

// PeoplePage is /c/{slug}/people. Forms: invite posts email, name, role (several) to URL; each row posts role (several) to URL+"/{id}/roles",
// nothing to URL+"/{id}/deactivate", "/{id}/activate", "/{id}/link".
type PeoplePage struct {
	Base
	URL    string
	People []MemberRow
	Roles  []Option // every role, for the invitation; On marks what was chosen
	Invite Form
	Link   *OneTimeLink // the link just made, shown once
	Manage bool         // the viewer is an admin
}

// MemberRow is a person of the company.
type MemberRow struct {
	Person   Person
	Email    string
	Roles    []Option // every role; On = held
	State    State    // person.*
	Seen     time.Time
	Self     bool
	CanLink  bool
	Editable bool
}

// OneTimeLink is a sign-in link that is shown once and works once.
type OneTimeLink struct {
	URL, Name, Email string
	Purpose          LinkPurpose
	Expires          time.Time
}

// CompanyPage is /c/{slug}/company. Forms: profile posts name, country, currency, zone, language to URL; a new identity posts kind, qualifier, value to URL+"/identities",
// its removal to URL+"/identities/{id}/remove"; a new token posts name, scope (several), days to URL+"/tokens", its end to URL+"/tokens/{id}/revoke".
type CompanyPage struct {
	Base
	URL        string
	Code       string // by which partners invite the company
	Profile    Form
	Countries  []Option
	Currencies []Option
	Zones      []Option
	Identities []Identity
	Kinds      []Option // kinds of identity
	Identity   Form
	Tokens     []TokenRow
	Scopes     []Option
	Days       []Option // lifetimes of a token
	Token      Form
	Secret     string // the token just made, shown once
	Manage     bool   // admin: may change the profile and the identities
	CanToken   bool
	Calendar   string // address of the business calendar
	Approvals  string // the rules for approvals; empty: not for this reader
	Logo       *Logo
	Picture    Form  // a new one
	Stored     int64 // bytes of its files
	Quota      int64 // that it may keep; 0: no bound
}

// Logo is the picture of a company.
type Logo struct {
	URL, Alt      string
	Width, Height int
}

// Identity is an EDI address of a company. It counts toward a partner only once that partner confirmed it.
type Identity struct {
	ID, Kind, Value string // kind as people say it: "X12", "EDIFACT", "AS2"
	State           State  // identity.*
	Confirmed       []Confirmation
	CanConfirm      bool // on a partnership page: this side has still to confirm it
	CanRemove       bool
}

// Confirmation says that a partner confirmed an identity.
type Confirmation struct {
	Company string
	By      string
	At      time.Time
}
