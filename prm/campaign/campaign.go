// Package campaign sends mail of a company to a segment of its own contacts about a
// promotion that it owns or takes part in, with the landing page of a participant and a
// referral code of its own.
//
// Only who agreed to be written to gets one, judged again when it is sent; each contact and
// each address gets one mail of a campaign. Whoever follows the link of a mail that ends it
// withdraws the consent at the contact, and the address is not written to any more.
//
// Contacts, segments and campaigns are the company's own: nobody else, the owner of the
// promotion and its other participants neither, learns that there is one. What came of it
// is the funnel of the landing page under the code of the campaign; nothing follows whoever
// reads a mail.
package campaign

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/landing"
	"entente/prm/promo"
)

// ID identifies a campaign.
type ID string

// State of a campaign.
type State string

// The states: being written, waiting for its hour, under way, done, and ended early.
const (
	Draft     State = "draft"
	Scheduled State = "scheduled"
	Sending   State = "sending"
	Sent      State = "sent"
	Stopped   State = "stopped"
)

// States lists them.
var States = []State{Draft, Scheduled, Sending, Sent, Stopped}

// Languages are those a mail may be written in.
var Languages = landing.Languages

// Why a campaign ended early.
const (
	ByHand   = "hand" // somebody stopped it
	OverDue  = "over" // the promotion does not run any more
	PageDown = "page" // the landing page was taken down
)

// Ends lists why a campaign ended early.
var Ends = []string{ByHand, OverDue, PageDown}

// Why a contact gets no mail.
const (
	NoAddress    = "address"
	NoConsent    = "consent"      // did not agree to be written to
	OtherBasis   = "basis"        // may be written to, but not because it agreed
	Unsubscribed = "unsubscribed" // said no
	Unconfirmed  = "unconfirmed"  // asked for mail on a public page, and did not confirm the address
	Refused      = "refused"      // its mail server refused a mail for good
	Recent       = "recent"       // had a mail about the promotion not long ago
	Twice        = "twice"        // the address has one already
)

// Reasons lists them in the order in which they are looked at.
var Reasons = []string{NoAddress, Unsubscribed, NoConsent, OtherBasis, Unconfirmed, Refused, Recent, Twice}

// What customers are to be, by their leads and registrations.
const (
	LeadNone = "none"
	LeadOpen = "open"
	LeadWon  = "won"
	LeadLost = "lost"
)

// LeadStates lists them.
var LeadStates = []string{LeadNone, LeadOpen, LeadWon, LeadLost}

// Segment chooses contacts by their customer; what is empty chooses all.
type Segment struct {
	Countries  []string `json:"countries,omitempty"`
	Industries []string `json:"industries,omitempty"` // of the company's own leads
	Bought     []string `json:"bought,omitempty"`     // bought something of these families
	NotSince   int      `json:"not_since,omitempty"`  // bought nothing (of these families) for so many days
	Lead       string   `json:"lead,omitempty"`       // a Lead… word
}

// Text is a mail in one language. The body may hold {name}, {customer}, {company} and {link}.
type Text struct {
	Language string `json:"language"`
	Subject  string `json:"subject"`
	Body     string `json:"body"`
}

// Words are what a body may hold in braces.
var Words = []string{"{name}", "{customer}", "{company}", "{link}"}

// Content is what people write of a campaign.
type Content struct {
	Name    string // for the own company only
	PageOrg string // whose landing page it leads to
	Segment Segment
	Texts   []Text // in the order of Languages
	Pause   int    // a contact that had a mail about the promotion within so many days is left out
}

// Campaign is one of a company.
type Campaign struct {
	ID        ID
	Org       string
	Promotion promo.ID
	Content
	Ref      string // its referral code, once it was started
	State    State
	Reason   string // why it ended early
	ReplyTo  string
	Starts   time.Time
	Finished time.Time
	Made     time.Time
	MadeBy   string
	Changed  time.Time
	Version  int64

	seen   string // the last contact that was looked at
	slices int64
}

// Resource is the campaign as access.Check sees it.
func (c Campaign) Resource() access.Resource { return access.Own(c.Org) }

// In is the text of a language, else the one that stands for all others.
func (c Content) In(language string) Text {
	for _, t := range c.Texts {
		if t.Language == language {
			return t
		}
	}
	if len(c.Texts) == 0 {
		return Text{Language: language}
	}
	return c.Texts[0]
}

// languageOf is the language in which a customer of a country is written to.
func (c Content) languageOf(country string) string {
	want := "en"
	if country == "CN" {
		want = "zh-CN"
	}
	return c.In(want).Language
}

// Tally is what became of a campaign: mails by what happened to them, and who was left out.
type Tally struct {
	Posted       int // handed to the outbox, and not sent yet
	Sent         int
	Kept         int // no mail server is set: they stand in the outbox
	Refused      int
	Unsubscribed int            // by a link of it
	Left         map[string]int // by reason
}

// Mails is how many mails there are of it.
func (t Tally) Mails() int { return t.Posted + t.Sent + t.Kept + t.Refused }

// Shown is a campaign with what became of it.
type Shown struct {
	Campaign
	Tally  Tally
	Funnel landing.Step // what came by its code
}

// Audience says who would get a mail now.
type Audience struct {
	Get    int
	Left   map[string]int // by reason
	Sample []Recipient    // the first few that would get one
}

// Recipient is a contact that would get a mail.
type Recipient struct {
	Contact  customer.ContactID
	Customer customer.ID
	Name     string
	Company  string
	Country  string
	Mail     string
	Language string
}

// Choices are what a segment can be made of here.
type Choices struct {
	Countries, Industries, Families []string
	Pages                           []landing.Page // it may lead to
}

// Letter is one mail to be written. Test is one to whom wrote it; a Preview is shown and
// goes nowhere.
type Letter struct {
	Org, Campaign, Contact  string
	Test, Preview           bool
	Person                  string // of a test
	Address, Name, Customer string
	Text                    Text
	Page                    landing.Page
	Ref, ReplyTo, Key       string
}

// Written is a mail as its reader gets it.
type Written struct{ From, Subject, Text, HTML string }

// Outbox writes and posts mails. It is a port: portal/mail implements it.
type Outbox interface {
	// Write renders a mail.
	Write(ctx context.Context, l Letter) (Written, error)
	// Post puts one into the outbox, in the caller's transaction; a second one with its key
	// to its address is passed over. kept says that nothing sends it.
	Post(ctx context.Context, l Letter) (kept bool, err error)
}

// Mark is what is kept of an address.
func Mark(address string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(address))))
	return hex.EncodeToString(sum[:16])
}

// agreed says whether a basis is that the person agreed.
func agreed(basis string) bool {
	return slices.Contains([]string{customer.BasisForm, customer.BasisMail, customer.BasisSpoken}, basis)
}
