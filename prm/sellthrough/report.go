// Package sellthrough keeps what resellers tell their suppliers of what they sold on: by
// whom, of which period, line by line, and what of it is in doubt. A report is corrected by
// another one that takes its place; nothing is deleted. It is seen by the two companies
// alone, and end customers and resale prices by fewer people where the supplier also sells
// directly (Plan.Dual; reference/practice.md 25).
//
// The package stands on the catalogue and knows neither messages nor what is measured from
// the lines: registrations and promotions read them through Each.
package sellthrough

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"entente/prm/access"
	"entente/prm/identity"
	"entente/prm/money"
)

// ID names a report.
type ID string

// States of a report.
const (
	Current   = "current"
	Replaced  = "replaced"  // by a later report of the same period
	Withdrawn = "withdrawn" // by the reseller (BPT01 01)
)

// Where a report came from.
const (
	FromEDI  = "edi"
	FromFile = "file"
	FromAPI  = "api"
)

// Kinds of a line: PTD01 as edi/doc tells it.
const (
	KindSale   = "sale"
	KindReturn = "return"
	KindMove   = "move"
	KindNone   = "none"
	KindOther  = "other"
)

// Doubts of a line. It is kept and not counted until the doubt is gone.
const (
	DoubtItem = "item" // not in the catalogue
	DoubtUnit = "unit" // none of the product's
	DoubtKind = "kind" // a movement whose meaning is not known
	DoubtDate = "date" // outside the report's period
	DoubtSize = "size" // more than can be meant
	// DoubtFuture is a line that was sold on a day that is still to come; the doubt ends
	// when the day begins (Begin).
	DoubtFuture = "future"
)

// Purposes with an effect of their own (BPT01, 1225).
const (
	PurposeCancel  = "01"
	PurposeReplace = "05"
)

// Report is one report.
type Report struct {
	ID          ID
	Supplier    string // company ids
	Reseller    string
	Partnership string
	Number      string
	Purpose     string
	Made        string // BPT03 and BPT08, "2026-12-02 0830": which of two is the later one
	From, To    string // civil dates of the period
	State       string
	ReplacedBy  ID
	Source      string
	Interchange string
	SetNo       int
	Currency    money.Currency
	Lines       int
	Doubts      int // lines with a doubt
	Received    time.Time
	ReceivedBy  string // person, "" for a system
	// Hidden says that the reader sees no end customers and no resale prices.
	Hidden bool
}

// Resource is the report as access.Check sees it.
func (r Report) Resource() access.Resource { return access.Shared(r.Supplier, r.Reseller) }

// Customer is an end customer as the reseller named it. Code is in List: "UL" a GLN, "1"
// a DUNS number and "9" one with four digits more, "91" and "92" numbers of one of both
// companies (N103, and its twins).
type Customer struct {
	Name, City, Postcode, Country string
	List, Code                    string
}

// Named says that something is known of the customer.
func (c Customer) Named() bool { return c.Name != "" || c.Code != "" }

// Line is one line. Quantity is below zero for returns, in Unit; Pieces is what counts as
// sold, in base units of the product: nothing for moves, adjustments and doubts.
type Line struct {
	Position    int
	Product     string
	SKU         string
	BuyerItem   string
	GTIN        string
	Description string
	Kind        string
	Movement    string // PTD01
	Quantity    money.Quantity
	Unit        string
	Pieces      money.Quantity
	Doubts      []string
	Price       money.Price // resale price of one Unit, 0: not told
	Currency    money.Currency
	From, To    string // when it was sold: a day, or the period where no day is told
	Customer    Customer
	Place       string // of sale
	Promotion   string // REF PD
	Deal        string // REF CT: a registration or a special price
	Reference   string // the reseller's own invoice
}

// texts are what a person wrote into a line.
func (l *Line) texts() []*string {
	return []*string{&l.SKU, &l.BuyerItem, &l.GTIN, &l.Description, &l.Unit, &l.Place, &l.Promotion, &l.Deal, &l.Reference,
		&l.Customer.Name, &l.Customer.City, &l.Customer.Postcode, &l.Customer.Country, &l.Customer.List, &l.Customer.Code}
}

// shown is a text without what does not show: control characters and marks that turn the
// direction of writing around.
func shown(s string) string {
	if identity.Readable(s, false) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !identity.Readable(string(r), false):
			return -1
		}
		return r
	}, s)
}

// Counts says that the line is a sale or a return: something to be counted.
func (l Line) Counts() bool { return l.Kind == KindSale || l.Kind == KindReturn }

// BookCmd is a report as it comes in. Key makes it unique in the partnership: the same key
// again is the same report.
type BookCmd struct {
	Partnership string
	Number      string
	Purpose     string // "" is an original
	Replaces    string // number of the report it takes the place of (BPT09)
	Made        string
	From, To    string
	Source      string
	Key         string
	Interchange string
	SetNo       int
	Currency    money.Currency
	Lines       []Line
}

// Outcome of Book.
type Outcome string

// The outcomes.
const (
	Booked    Outcome = "booked"
	Corrected Outcome = "corrected" // in place of one or more
	Duplicate Outcome = "duplicate" // equal to one that stands
	Late      Outcome = "late"      // kept, but a later one had replaced it already
	Dropped   Outcome = "withdrawn" // it took one back
	Nothing   Outcome = "nothing"   // it was to take back what is not there
)

// Receipt is what Book did.
type Receipt struct {
	Report  Report
	Outcome Outcome
}

// hide takes away what people of direct sales must not see.
func (l Line) hide() Line {
	l.Customer, l.Price, l.Currency, l.Place, l.Reference, l.Deal = Customer{}, 0, "", "", "", ""
	return l
}

func doubt(l *Line, what string) {
	if !slices.Contains(l.Doubts, what) {
		l.Doubts = append(l.Doubts, what)
	}
}

// settled removes doubts.
func settled(l *Line, what ...string) {
	l.Doubts = slices.DeleteFunc(l.Doubts, func(d string) bool { return slices.Contains(what, d) })
}

// cut bounds a text to n bytes at a rune.
func cut(s string, n int) string {
	s = strings.TrimSpace(s)
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
