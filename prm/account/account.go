package account

import (
	"context"
	"sync"
	"time"

	"entente/prm/access"
	"entente/prm/money"
)

// Limits and life times.
const (
	MinPassword     = 12  // characters
	MaxPassword     = 128 // characters
	SessionIdle     = 8 * time.Hour
	SessionLife     = 7 * 24 * time.Hour
	InvitationLife  = 7 * 24 * time.Hour
	LinkLife        = 24 * time.Hour // reset, first sign-in, change of address
	MaxTokenDays    = 365
	maxName         = 120 // characters of any name
	maxTokens       = 50  // live API tokens of one membership
	maxIdentities   = 50  // EDI identities of one company
	maxOpenSessions = 50  // of one person; the oldest are ended beyond it
)

// State of a company, a person or a membership.
type State string

// The states. A membership ends when somebody leaves; the person stays.
const (
	Active State = "active"
	Ended  State = "ended"
)

// Org is a company that uses the portal.
type Org struct {
	ID, Slug, Name, City string
	Street, Postcode     string         // of its documents; Street may have several lines
	TaxID                string         // VAT or tax number, as written on its documents
	Country              string         // ISO 3166-1 alpha-2
	Currency             money.Currency // home currency
	Zone                 string         // IANA time zone
	Locale               string         // en or zh-CN: what its shared texts are written in
	State                State
	Created              time.Time
}

// Location is the company's time zone, UTC when unknown.
func (o Org) Location() *time.Location { return location(o.Zone) }

// Person is one identity.
type Person struct {
	ID, Email, Name string
	Locale          string // en or zh-CN
	Theme           string // light, dark or system
	Zone            string // IANA time zone
	Operator        bool   // runs the platform
	State           State
	LastOrg         string // company acted for last; may be empty
	Created         time.Time
}

// Location is the person's time zone, UTC when unknown.
func (p Person) Location() *time.Location { return location(p.Zone) }

// Seat is a present membership seen from the person: the company and the roles.
type Seat struct {
	Org   Org
	Roles []access.Role
}

// Member is a membership seen from the company. Seen is the last sign of life
// of somebody who acted for this company last, else zero: a company does not
// learn when its people act for another.
type Member struct {
	Person  Person
	Roles   []access.Role
	State   State
	Created time.Time
	Ended   time.Time
	Seen    time.Time
}

// Invitation is an open invitation of a company.
type Invitation struct {
	ID, Email, Name string
	Roles           []access.Role
	MadeBy          string // person id
	Created         time.Time
	Expires         time.Time
}

// Origin is where a request came from: the client's address and the words of
// its browser. Both are shown to the owner of a session.
type Origin struct{ Addr, Agent string }

// Session is one signed-in browser.
type Session struct {
	ID, Person  string
	Addr, Agent string
	Created     time.Time
	Seen        time.Time
	IdleUntil   time.Time
	EndBy       time.Time // absolute end
	Current     bool      // the one that asked
}

// SignedIn is a fresh session. Token goes into the cookie and is not kept.
type SignedIn struct {
	Token   string
	Session Session
	Person  Person
}

// Login is who stands behind a request.
type Login struct {
	Actor   access.Actor // Org and Roles are empty outside a company
	Person  Person
	Session Session // zero for a token
	CSRF    string  // secret of the session; empty for a token
	Org     Org     // the company acted for; zero outside a company
	Seats   []Seat  // every present membership, by name of company
}

// LinkKind says why a one-time link was made.
type LinkKind string

// The kinds of one-time links.
const (
	LinkInvite  LinkKind = "invite"
	LinkReset   LinkKind = "reset"
	LinkFirst   LinkKind = "first"
	LinkAddress LinkKind = "address"
	// LinkFound leads the first person into a company that a partner invited.
	LinkFound LinkKind = "found"
)

// OneTime is a link just made. Secret is shown once and kept nowhere; the
// address of the page is "/link/" + Secret.
type OneTime struct {
	Secret      string
	Kind        LinkKind
	Email, Name string
	Expires     time.Time
}

// Path is where the link is opened.
func (o OneTime) Path() string { return "/link/" + o.Secret }

// LinkInfo is what the page of a link may show before it is used. It does not
// tell whether the address already has an account, except to its owner.
type LinkInfo struct {
	Kind        LinkKind
	Email       string
	Name        string // as the maker wrote it; may be empty
	Company     string // name; empty for an operator's or an address link
	InvitedBy   string // name; may be empty
	Partner     string // name of the company that invites; only of LinkFound
	Slug        string // of Company; only of LinkFound
	Expires     time.Time
	AskName     bool
	AskPassword bool // false when the owner is signed in, or an address is confirmed
}

// Token is an API token of one person in one company. Hint is the visible
// beginning of the secret.
type Token struct {
	ID, Org, Person, PersonName string
	Name, Hint                  string
	Scopes                      []string
	Created, Expires            time.Time
	Used, Revoked               time.Time // zero: never
}

// Live reports whether the token works at now, its membership aside.
func (t Token) Live(now time.Time) bool { return t.Revoked.IsZero() && now.Before(t.Expires) }

// IdentityKind is an EDI naming system.
type IdentityKind string

// The kinds of EDI identity. X12 has qualifier ISA05 and value ISA06 without
// trailing blanks; EDIFACT the qualifier of UNB S002 (0007, may be empty) and
// its 0004; AS2 a name without qualifier.
const (
	X12     IdentityKind = "x12"
	EDIFACT IdentityKind = "edifact"
	AS2     IdentityKind = "as2"
)

// IdentityKinds lists the kinds in the order shown.
var IdentityKinds = []IdentityKind{X12, EDIFACT, AS2}

// Identity is an EDI address of a company, unique on the server.
type Identity struct {
	ID, Org          string
	Kind             IdentityKind
	Qualifier, Value string
	Created          time.Time
}

// Colleague is somebody of a company, for rooms and notices.
type Colleague struct {
	ID, Name string
	Org      string
	Roles    []access.Role
	Locale   string
	Zone     string
	Email    string
}

// MailKind says what a mail is about; portal/view has the words.
type MailKind string

// The mails this package causes.
const (
	MailInvitation   MailKind = "invitation"
	MailReset        MailKind = "reset"
	MailFirst        MailKind = "first"
	MailFounding     MailKind = "founding"      // a partner invites a company
	MailAddress      MailKind = "address"       // to the new address: confirm
	MailAddressTold  MailKind = "address_told"  // to the old address: it was changed
	MailPasswordTold MailKind = "password_told" // the password was changed
)

// Mail is one mail to be written. Org may be empty (mail outside any company).
// Secret mails carry Path; they are kept readable only while no mail server is
// set and nothing else shows the link.
type Mail struct {
	Kind                  MailKind
	Org, Person           string
	Address, Name         string
	Locale, Zone          string
	Company, By, NewEmail string
	Path                  string // "/link/…", relative to the base address
	Expires               time.Time
	Dedupe                string // unique per company and address
}

// Letter is a mail in words.
type Letter struct {
	Mail
	Subject, Body string
	HTML          string // the same as HTML; "" for none
	Sender        string // name beside the sender's address, "" for none
	Stop          string // address that ends mails of this kind when posted to (RFC 8058), "" for none
	Thread        string // what it is about: mails to one address about the same are one thread; "" for none
	ReplyTo       string // where an answer goes, "" for the sender
}

// Mailer is the port to the outbox; portal/mail implements it.
type Mailer interface {
	// Sends reports whether a mail server is set. Without one a link that the
	// page shows anyway is not written down a second time.
	Sends() bool
	// Compose renders a mail in the reader's language, outside any transaction.
	Compose(m Mail) (Letter, error)
	// Post puts the letter into the outbox inside the caller's transaction.
	Post(ctx context.Context, l Letter) error
}

// Leaver is told after the commit whose connections must close at once. It must
// not block. The live side implements it.
type Leaver interface {
	// Left: the person is no longer in the company, or has other roles there.
	Left(org, person string)
	// SignedOut: these sessions of the person ended.
	SignedOut(person string, sessions []string)
	// Revoked: these API tokens of the person ended.
	Revoked(person string, tokens []string)
}

// silent is used where nobody listens: commands and tests.
type silent struct{}

func (silent) Left(string, string)                {}
func (silent) SignedOut(string, []string)         {}
func (silent) Revoked(string, []string)           {}
func (silent) Sends() bool                        { return false }
func (silent) Compose(m Mail) (Letter, error)     { return Letter{Mail: m}, nil }
func (silent) Post(context.Context, Letter) error { return nil }

// locations are the zones that were read: every page asks for its reader's.
var locations sync.Map

func location(zone string) *time.Location {
	if l, ok := locations.Load(zone); ok {
		return l.(*time.Location)
	}
	if l, err := time.LoadLocation(zone); err == nil && zone != "" {
		locations.Store(zone, l)
		return l
	}
	return time.UTC
}
