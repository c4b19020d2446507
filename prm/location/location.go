// Package location keeps the places to which a reseller has goods sent, as its supplier
// knows them, and the cross references of the codes that stand for them in the
// reseller's documents: a code with its qualifier (N103 and N104, NAD 3055 and 3039)
// means one place of the partnership. The supplier decides; both see the same list.
//
// A GLN of a place stands for it without being listed, and so does the supplier's own
// number of it under the qualifier 91.
package location

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode"

	"entente/db/job"
	"entente/prm/access"
)

// ID is the id of a place.
type ID string

// Qualifiers of codes, as X12 writes them; what EDIFACT says is turned into these when
// a document is read.
const (
	ByBuyer  = "92" // assigned by the buyer
	BySeller = "91" // assigned by the seller
	GLN      = "UL"
	// Address is the qualifier of what stands for a place in documents without codes: the
	// address itself, as AddressCode folds it.
	Address = "ADR"
)

// AddressCode folds what a document says of a place that has no code in it, so that the same
// address written otherwise is the same code. One that says nothing has none.
func AddressCode(parts ...string) Code {
	var words []string
	for _, p := range parts {
		if w := strings.FieldsFunc(strings.ToLower(p), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }); len(w) > 0 {
			words = append(words, strings.Join(w, " "))
		}
	}
	text := strings.Join(words, ", ")
	if text == "" {
		return Code{}
	}
	if r := []rune(text); len(r) > 80 { // two long ones that begin alike are not the same
		sum := sha256.Sum256([]byte(text))
		text = string(r[:63]) + " " + hex.EncodeToString(sum[:8])
	}
	return Code{Address, text}
}

// Code is a code with who gave it.
type Code struct {
	Qualifier string
	Code      string
}

// String writes it as people do: "92:KS-WKF1".
func (c Code) String() string { return c.Qualifier + ":" + c.Code }

// ParseCode reads what String wrote.
func ParseCode(s string) Code {
	q, c, _ := strings.Cut(s, ":")
	return Code{q, c}
}

// Clean folds what people and systems write differently.
func (c Code) Clean() Code {
	return Code{strings.ToUpper(strings.TrimSpace(c.Qualifier)), strings.TrimSpace(c.Code)}
}

// Place is one place of a partnership.
type Place struct {
	ID          ID
	Partnership string
	Supplier    string // company ids
	Reseller    string
	Number      string // the supplier's own number of it, such as its ship-to; may be empty
	GLN         string // 13 digits, or empty
	Name        string
	Street      string
	City        string
	Postcode    string
	Country     string // ISO 3166-1 alpha-2, or empty
	Codes       []Code // what the reseller calls it
	Made        time.Time
	Changed     time.Time
	ChangedBy   string // person id
}

// Resource is the place as access.Check sees it.
func (p Place) Resource() access.Resource { return access.Shared(p.Supplier, p.Reseller) }

// Line is the place in one line: name, city.
func (p Place) Line() string {
	if p.City == "" || strings.Contains(p.Name, p.City) {
		return p.Name
	}
	return p.Name + ", " + p.City
}

// Sent is the code under which the supplier's own system knows the place; empty where
// it has none of its own.
func (p Place) Sent() Code {
	switch {
	case p.Number != "":
		return Code{BySeller, p.Number}
	case p.GLN != "":
		return Code{GLN, p.GLN}
	}
	return Code{}
}

// Referred is the event that a code has a place now, or another. Its payload is Event.
const Referred = "location.Referred"

// Event is the payload of Referred.
type Event struct {
	Location    ID     `json:"location"`
	Partnership string `json:"partnership"`
	Supplier    string `json:"supplier"`
	Reseller    string `json:"reseller"`
}

func (p Place) event() job.Event {
	return job.Event{Kind: Referred, Version: 1, Orgs: []string{p.Supplier, p.Reseller}, Object: string(p.ID),
		Payload: Event{Location: p.ID, Partnership: p.Partnership, Supplier: p.Supplier, Reseller: p.Reseller}}
}
