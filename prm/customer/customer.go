// Package customer keeps a company's end customers and their contacts. They are
// private: no other company sees a row of it. What is shared of a customer, with a
// lead or a registration, is copied there by the service that shares it.
//
// Every customer has identity keys (prm/identity), by which duplicates within the
// company are found. A merged customer keeps its row and names the one it became, so
// that references to it hold and the merge can be taken back.
package customer

import (
	"time"

	"entente/prm/access"
	"entente/prm/identity"
)

// ID identifies a customer within its company, ContactID a contact.
type (
	ID        string
	ContactID string
	MergeID   string
)

// State of a customer.
const (
	Active = "active"
	Merged = "merged" // it is Into another one
)

// Draft is what people and files say of a customer. Website and TaxID and so on may be
// empty; what is there must be readable.
type Draft struct {
	Name     string // 1 to 200 bytes
	Country  string // ISO 3166-1 alpha-2
	City     string
	Street   string
	Postcode string
	TaxID    string
	GLN      string
	DUNS     string
	Web      string // address or host
	Note     string // for the own company only
	External string // number in the company's own CRM, unique there; "" for none
}

// Facts are what the keys are made from.
func (d Draft) Facts(mail ...string) identity.Facts {
	f := identity.Facts{Name: d.Name, Country: d.Country, Postcode: d.Postcode, TaxID: d.TaxID, GLN: d.GLN, DUNS: d.DUNS, Mail: mail}
	if d.Web != "" {
		f.Web = []string{d.Web}
	}
	return f
}

// Customer is an end customer of one company.
type Customer struct {
	ID  ID
	Org string // company id
	Draft
	State   string
	Into    ID // of a merged one
	MadeBy  string
	Created time.Time
	Changed time.Time
	Version int64
}

// Resource is the customer as access.Check sees it.
func (c Customer) Resource() access.Resource { return access.Own(c.Org) }

// Consent is what a contact agreed to, and how one knows.
type Consent struct {
	Contact bool // may be written to or called
	Share   bool // may be passed on to a partner
	// Basis says how it was given: a Basis… word. It is needed when either is true.
	Basis string
	Given time.Time // when, as the person recorded it
	By    string    // person who recorded it
	// Withdrawn is when the person said by a link of a mail that it is not to be written
	// to; zero: never. It stays when it agrees anew.
	Withdrawn time.Time
}

// Bases of a consent.
const (
	BasisForm     = "form"     // ticked on a form
	BasisMail     = "mail"     // written
	BasisSpoken   = "spoken"   // said, with a note
	BasisContract = "contract" // needed for a contract with the person's company
	BasisInterest = "interest" // legitimate interest, weighed
)

// Bases lists them.
var Bases = []string{BasisForm, BasisMail, BasisSpoken, BasisContract, BasisInterest}

// ContactDraft is what is said of a contact.
type ContactDraft struct {
	Name  string // 1 to 200 bytes
	Title string
	Mail  string
	Phone string
}

// Contact is a person at a customer.
type Contact struct {
	ID       ContactID
	Customer ID
	Org      string
	ContactDraft
	Consent Consent
	Created time.Time
	Changed time.Time
	Version int64
}

// Detail is a customer with everything the company knows of it.
type Detail struct {
	Customer
	Keys     []identity.Key
	Problems []identity.Problem // facts that give no key
	Contacts []Contact
	Merges   []Merge // that stand, the newest first
}

// Match is another customer of the same company that may be the same.
type Match struct {
	Customer Customer
	By       []identity.Key // shared keys, the strongest first; none: the names are near
	Near     int            // similarity of the names, 0 to 1000
}

// Sure says that a strong key is shared.
func (m Match) Sure() bool { return len(m.By) > 0 && m.By[0].Kind.Strong() }

// Merge is one customer taken into another.
type Merge struct {
	ID     MergeID
	Winner ID
	Loser  ID
	Name   string // of the loser, where it was read with the winner
	MadeBy string
	Made   time.Time
	Undone time.Time // zero: it stands
}

// Filter chooses customers. Empty fields choose all that are not merged.
type Filter struct {
	Query string // words of name, city, numbers
	After string // cursor of the page before
	Limit int    // default 50, at most 200
}

// Page is a page of customers by name. Next is empty at the end.
type Page struct {
	Items []Customer
	Next  string
}
