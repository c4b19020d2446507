package view

import "time"

// WizardPage is /c/{slug}/edi/connections/{id}/connect?step=&way=: connecting a partner, one thing at a time. What is done is read from what is
// there, so that it may be left and taken up again by anybody. Forms post to URL + "/connect/identity", "/connect/token", "/connect/test",
// "/connect/live", "/connect/release" and "/connect/echo", and with back=connect to those of the connection page.
type WizardPage struct {
	Base
	Connection
	Step       string // partner, ids, confirm, way, test, live
	Steps      []Step // their URL shows them
	Done       int
	Number     int // of the shown step, from 1
	Prev, Next string
	All        bool // everything is done

	PartnerURL string
	CompanyURL string // empty: not allowed
	SheetURL   string
	BenchURL   string
	CanAccept  bool
	Waits      Text // for the other company: what it has to do; empty: nothing

	Ours, Theirs []Identity
	CanConfirm   bool  // some of theirs at once: posts identity, repeated, to URL + "/connect/confirm"
	Identity     *Form // kind, qualifier, value; nil: not allowed
	Kinds        []Option

	Way    string
	Ways   []WayChoice
	VAN    *WizardVAN
	AS2    *WizardAS2
	Logins *LoginsCard
	Secret *SFTPSecret
	Token  *WizardToken

	Test *WizardTest
	Live []LiveRow
	Held int // interchanges that wait for production
}

// WayChoice is one way for documents to travel. Ready: it is set up.
type WayChoice struct {
	Key   string
	URL   string
	On    bool
	Ready bool
}

// WizardAS2 are the parts of a connection by AS2, each with whether it is there.
type WizardAS2 struct {
	Steps   []Step
	Address *Form
	Here    bool // the company's station lives on this server
	Adding  *CertificateForm
	Check   *AddressCheck // nil: nothing to call
	Echo    *EchoCard     // nil: nothing to send to, or no key here
}

// EchoCard sends a test message to the partner's station and shows what came back. Rows are empty before the first.
type EchoCard struct {
	Company Company
	At      time.Time
	By      string
	Good    bool
	Rows    []CheckRow
	Advice  Text
}

// WizardToken is the way over HTTP. Secret is shown once; Have says that the company has a token that may send.
type WizardToken struct {
	Secret      string
	Have        bool
	CanMake     bool
	Send, Fetch string // commands to copy
}

// WizardTest is the test stage: its ticks, and how to begin.
type WizardTest struct {
	Gate     bool // production is held until both companies say so
	CanStart bool
	Ticks    []Step
	Done     int
	Standard string
	Samples  []Sample
	CanSend  bool // the viewer sends documents of the supplier
	Traffic  bool // production documents went before
}

// LiveRow is one direction with the consent of both companies.
type LiveRow struct {
	Sender Company
	Live   time.Time
	Yes    []LiveYes
	Ready  bool
	CanSay bool // the viewer's company may say yes
	Said   bool // it did
}

// LiveYes is the consent of one company.
type LiveYes struct {
	Company Company
	By      string
	At      time.Time
}

// WizardVAN is a network (VAN) as the way: what the agreement names, and how the company
// reaches it, by its "account" there or the "company" here that it is; empty: not yet.
type WizardVAN struct {
	Network, By              string
	AgreementURL, ServersURL string
}
