package view

import "time"

// ConnectionsPage is /c/{slug}/edi/connections: how EDI flows with each partner.
type ConnectionsPage struct {
	Base
	Filters     Filters
	Rows        []ConnectionRow
	Pager       Pager
	PartnersURL string // empty: the viewer may not see partners
	HooksURL    string // empty: nor webhooks
}

// ConnectionRow is one partnership. Over are the ways in use or ready: AS2, outbox.
type ConnectionRow struct {
	URL     string
	Company Company
	Side    string // what the other company is to the viewer: supplier or reseller
	Status  Status // connection.*
	Over    Text
	Warn    Text // what needs somebody, empty when nothing does
	Last    time.Time
}

// Connection is what the three pages of one partnership share. Tabs are those pages.
type Connection struct {
	URL     string
	Partner Company
	Side    string
	Status  Status // connection.*
	Tabs    []Tab
}

// ConnectionPage is /c/{slug}/edi/connections/{id}. Forms post to URL + "/station", "/certificates", "/certificates/{id}/retire", "/terms",
// "/logins", "/logins/{id}/remove" and "/check"; an AS2 name is confirmed at PartnerURL + "/identities/{id}/confirm" with back=connection.
type ConnectionPage struct {
	Base
	Connection
	PartnerURL string
	CompanyURL string // where names of one's own are added; empty: not allowed
	Secret     *SFTPSecret
	Stations   []Station // ours first
	Address    *Form     // url, receipt_hosts, http_user, http_password; nil: the viewer may not change it
	Adding     *CertificateForm
	Terms      []TermsCard // to us first
	Routes     *RoutesCard // nil: not for the viewer
	Style      *StyleCard  // nil: not for the viewer
	Steps      []Step
	Done       int
	Logins     *LoginsCard  // nil: no SFTP door, or not for the viewer
	Remotes    *RemotesCard // nil: not for the viewer
	APIURL     string
	TokenURL   string // where tokens are made; empty: not allowed
	Traffic    []MessageRow
	Check      *AddressCheck // nil: nothing to call
}

// Station is how one company is reached. Set: it has a station at all. Here: its private key lies on this server, and Address is ours.
type Station struct {
	Company      Company
	Mine         bool
	Set, Here    bool
	Names        []Identity
	Address      string
	Hosts        []string
	Locked       Text // its server does not let us in, zero when it does
	LockedSince  time.Time
	Certificates []CertificateRow
	Retired      []CertificateRow
}

// CertificateRow is one certificate. State is certificate.*; Left are the days until its end, below zero after it.
type CertificateRow struct {
	ID, Subject, Issuer, Serial, Key string
	Fingerprint                      string // SHA-256, in pairs
	State                            State
	Purpose                          Text
	Own                              bool
	From, Until, UseFrom, Retired    time.Time
	Left                             int
	DownloadURL                      string
	CanRetire                        bool
	CanUnpin                         bool // posts to URL + "/certificates/{id}/unpin"
	// CanConfirm and CanTry are set while it waits for Company: posts to URL +
	// "/certificates/{id}/confirm" and "/try".
	CanConfirm, CanTry bool
	Company            Company
	Confirmed          time.Time
	How                Text
}

// CertificateForm adds one: file or text, private with password; or makes one for an AS2 name (generate).
type CertificateForm struct {
	Upload, Make         Form
	UploadOpen, MakeOpen bool
	Private              bool
	Purposes             []Option
	MakePurposes         []Option // of one that is made here
	Names                []Option // AS2 names of one's own
}

// TermsCard are the terms of one direction. Form is set for the side that decides.
type TermsCard struct {
	ToUs    bool
	Sender  Company
	Taker   Company
	Facts   []KV
	Weak    []Text
	Since   time.Time // zero: the defaults hold
	By      string
	Version int64
	Form    *Form
	Choices map[string][]Option // by field
	Ticks   []Tick
	Open    bool
}

// Tick is one box of a form.
type Tick struct {
	Name        string
	Label, Hint Text
	On          bool
}

// Step is one line of a list that ticks itself off. At is when it came true, URL leads to what made it so.
type Step struct {
	Done, Now bool
	Name      Text
	Note      Text
	URL       string
	At        time.Time
}

// SFTPSecret is a login just made; its password is shown once.
type SFTPSecret struct{ Name, Password string }

// LoginsCard are the company's own logins at the SFTP door.
type LoginsCard struct {
	Address string
	HostKey string // its fingerprint
	Rows    []LoginRow
	Tries   []TryRow // failed sign-ins, the newest first
	Form    Form
	Open    bool
}

// TryRow are failed sign-ins of one source within an hour. Login and Addr may be empty: too many of them. Mended: the login has signed in since.
type TryRow struct {
	Login, Addr  string
	Known        bool // the login exists
	What, Advice Text
	Times        int
	Last         time.Time
	Mended       bool
}

// LoginRow is one login.
type LoginRow struct {
	ID, Name      string
	Password      bool
	Keys          []string // fingerprints
	Created, Used time.Time
}

// RemotesCard are the company's own SFTP servers. Forms post to URL + "/servers", "/servers/{id}/check", "/servers/{id}/change" and "/servers/{id}/remove".
type RemotesCard struct {
	Rows []RemoteRow
	Form Form
	Open bool
}

// RemoteRow is one server. State is remote.*; Said is why it fails.
type RemoteRow struct {
	ID, Name, Address, HostKey string
	Change                     Form // as that of the card; without password and password_key those of before hold
	Open                       bool
	In, Out                    string // folders to fetch from and deliver to, either may be empty
	Network                    bool   // an account at a VAN
	Every                      time.Duration
	State                      State
	Said                       Text
	Checked                    time.Time
	Left                       int    // files taken that it lets us neither move nor remove
	Stuck                      string // names of files that lie there incomplete
	Idle                       string // the server that gets what this one was to get; empty: none
}

// AddressCheck calls the address of a station and says step by step what happened. Rows are empty before.
type AddressCheck struct {
	Address string
	Company Company
	Rows    []CheckRow
}

// CheckRow is one step: DNS, TCP, TLS, HTTP. State is check.ok or check.failed.
type CheckRow struct {
	Name  string
	State State
	Note  Text
	Took  time.Duration
}

// BenchPage is /c/{slug}/edi/connections/{id}/bench. The form posts edi (text) or file to URL + "/bench". Nothing of it is kept.
type BenchPage struct {
	Base
	Connection
	Scenario []Step
	Done     int
	Standard string // of the scenario: X12 or EDIFACT; empty: the companies share none
	Samples  []Sample
	Form     Form
	Result   *BenchResult
	Gate     bool // the partnership is tested first: the portal answers test orders by itself
	CanSend  bool // the viewer sends the supplier's test documents
	CanPost  bool // what was tried may be sent as a test: posts edi to URL + "/bench/send"
}

// Sample is a file made for this partnership. Bad ones are refused, and About says why.
type Sample struct {
	URL   string
	Name  string
	About Text
	Bad   bool
}

// BenchResult is what would be answered.
type BenchResult struct {
	Status    Status
	Envelope  []Text // what is wrong with sender and receiver: the file would not be taken
	Findings  []Finding
	Raw       []RawSegment
	Truncated bool
	Sets      []BenchSet
	More      int    // sets that are not shown
	Answer    string // the exact bytes
	AnswerAs  string // 997, CONTRL; empty: nothing is answered
}

// BenchSet is one set of the file in words.
type BenchSet struct {
	Type, Control string
	Status        Status
	Facts         []KV
}

// SheetPage is /c/{slug}/edi/connections/{id}/sheet: what the partner's people need to know of us, for paper.
type SheetPage struct {
	Base
	Connection
	Us, Them Company
	Sections []SheetSection
	Made     time.Time
}

// SheetSection is a heading with facts.
type SheetSection struct {
	Title Text
	Note  Text
	Facts []KV
}

// RoutesCard says by which door, and in which standard, the company receives each
// document of the partner. Its form posts to URL + "/routes".
type RoutesCard struct {
	Form     Form
	Rows     []RouteRow
	Editable bool
}

// RouteRow is one document: its select fields are door_CODE and format_CODE.
type RouteRow struct {
	Code           string
	Name           Text
	Doors, Formats []Option
	PreviewURL     string
}

// CertificatesPage is /c/{slug}/edi/certificates: all certificates, those that end first at the top. Ending shows those that end soon or have ended.
type CertificatesPage struct {
	Base
	Tabs    []Tab
	Ending  bool
	Count   int // that end soon or have ended
	Filters Filters
	Rows    []CertificateOf
	Pager   Pager
	AddURL  string // where the company adds its own; empty: it has no partner
}

// CertificateOf is a certificate with whose it is and the connections that use it.
type CertificateOf struct {
	CertificateRow
	Company Company
	Mine    bool
	Uses    []CertificateUse // the first of them
	MoreURL string           // all connections, where more use it
	NextURL string           // where a next one is added; empty: not by the viewer
}

// CertificateUse is a connection that uses it.
type CertificateUse struct {
	Name, URL string
}

// MapsPage is /c/{slug}/edi/maps: what turns documents into each other and what judges them.
type MapsPage struct {
	Base
	Filters  Filters
	Partners []MapCard
	Pager    Pager
	House    []MapRow // rules of the company, whoever the partner is
	RulesURL string
}

// MapCard is that of one partner.
type MapCard struct {
	Company Company
	Side    string
	URL     string
	Rows    []MapRow
	Routes  []MapRoute
}

// MapRow is one thing with the place where it is set.
type MapRow struct {
	Name  Text
	Value Text
	URL   string
}

// MapRoute is how one kind of document travels and what it is translated into.
type MapRoute struct {
	Kind      string
	Name      Text
	Direction Text
	Format    Text
	Door      Text
}
