// Package quote keeps quotes: what a supplier offers one reseller, at which prices and until
// when. A reseller asks, with a special price where the list is too high; the supplier
// offers; either takes another round. Each round is an immutable version, and an acceptance
// names the version that was seen. An accepted quote becomes an order, or its number is
// expected in the order that follows (REF PR, RFF PR or AAG), which is weighed against it.
//
// The package stands above prm/trade, whose order lines are the only count of what was
// ordered. Numbers run per partnership: neither a number nor a gap tells of another reseller.
package quote

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/deal"
	"entente/prm/money"
	"entente/prm/trade"
)

// ID identifies a quote.
type ID string

// State of a quote; the key of its word is "state.quote.<state>".
type State string

// The states.
const (
	Requested State = "requested" // the supplier is to make a price
	Offered   State = "offered"   // the reseller may accept it
	Accepted  State = "accepted"
	Declined  State = "declined"  // by the reseller, or the supplier makes no offer
	Expired   State = "expired"   // nobody accepted in time
	Withdrawn State = "withdrawn" // by who wrote last
)

// States lists them.
var States = []State{Requested, Offered, Accepted, Declined, Expired, Withdrawn}

// Deed is a step of a quote.
type Deed string

// The deeds.
const (
	Ask      Deed = "ask"      // the reseller: for a price, or for another one
	Offer    Deed = "offer"    // the supplier
	Accept   Deed = "accept"   // the reseller
	Decline  Deed = "decline"  // the reseller
	Refuse   Deed = "refuse"   // the supplier, to make an offer
	Withdraw Deed = "withdraw" // an offer
	Recall   Deed = "recall"   // a request
	Expire   Deed = "expire"   // the clock
)

// Deeds lists them.
var Deeds = []Deed{Ask, Offer, Accept, Decline, Refuse, Withdraw, Recall, Expire}

// steps is the whole machine: whose deed it is, from where, and where it leads. The empty
// state is that of a quote that is not there yet.
var steps = map[Deed]struct {
	side access.Side // None: the clock's
	from []State
	to   State
}{
	Ask:      {access.Reseller, []State{"", Requested, Offered, Expired}, Requested},
	Offer:    {access.Supplier, []State{"", Requested, Offered, Expired}, Offered},
	Accept:   {access.Reseller, []State{Offered}, Accepted},
	Decline:  {access.Reseller, []State{Offered}, Declined},
	Refuse:   {access.Supplier, []State{Requested}, Declined},
	Withdraw: {access.Supplier, []State{Offered}, Withdrawn},
	Recall:   {access.Reseller, []State{Requested}, Withdrawn},
	Expire:   {access.None, []State{Offered}, Expired},
}

// may says whether a deed may be done from a state by a side.
func may(d Deed, from State, side access.Side) bool {
	s := steps[d]
	if s.side != side {
		return false
	}
	for _, x := range s.from {
		if x == from {
			return true
		}
	}
	return false
}

var reasons = map[Deed][]string{
	Decline: {"price", "delivery", "other_vendor", "no_project", "late", "other"},
	Refuse:  {"not_sold", "price", "no_stock", "no_reason_given", "other"},
}

// ReasonsFor are the coded reasons of a deed; none: it takes none.
func ReasonsFor(d Deed) []string { return reasons[d] }

// The kinds of version.
const (
	KindRequest = "request" // of the reseller
	KindOffer   = "offer"   // of the supplier
)

// The steps on the way to a price. StepList and StepPartner are those of the catalogue.
const (
	StepList    = "list"
	StepPartner = "partner"
	StepOption  = "option"  // what an option adds
	StepAsked   = "asked"   // the special price that the reseller asked for
	StepSpecial = "special" // the one that was offered
)

// Step is one step on the way to the price of a line, per unit; the last one counts. List and
// Version name the price list and its version, Deal the registration that a special price was
// asked for.
type Step struct {
	Kind    string      `json:"kind"`
	Price   money.Price `json:"price"`
	List    string      `json:"list,omitempty"`
	Version int         `json:"version,omitempty"`
	From    string      `json:"from,omitempty"`
	// Of an option: its code and names, how many pieces, and what they add; Percent where it
	// is a part of the product's own price.
	Option  string      `json:"option,omitempty"`
	NameEN  string      `json:"name_en,omitempty"`
	NameZH  string      `json:"name_zh,omitempty"`
	Pieces  int         `json:"pieces,omitempty"`
	Add     money.Price `json:"add,omitempty"`
	Percent money.Rate  `json:"percent,omitempty"`
}

// Line is a line of a version. Prices are per Unit. Base is what the reseller pays without
// the quote, 0 where no list has the item; Asked the special price wanted, 0 for none.
type Line struct {
	Product  string         `json:"product"`
	SKU      string         `json:"sku"`
	NameEN   string         `json:"name_en,omitempty"`
	NameZH   string         `json:"name_zh,omitempty"`
	Unit     string         `json:"unit"`
	Factor   money.Quantity `json:"factor"` // base units in a unit
	Quantity money.Quantity `json:"quantity"`
	Base     money.Price    `json:"base,omitempty"`
	Asked    money.Price    `json:"asked,omitempty"`
	Price    money.Price    `json:"price"`
	Amount   int64          `json:"amount"` // minor units
	Steps    []Step         `json:"steps,omitempty"`
	Config   *Config        `json:"config,omitempty"` // what was chosen of the product
	Choice   *Choice        `json:"-"`                // what can be chosen, of a preview
	Units    []string       `json:"-"`                // in which it is sold, of a preview
	Ordered  money.Quantity `json:"-"`                // by orders that carry the number, in Unit
}

// Special says that the price is another one than the reseller pays anyway.
func (l Line) Special() bool { return l.Price != l.Base }

// Name is that of the product in a language, English where there is no other.
func (l Line) Name(lang string) string {
	return catalog.Product{SKU: l.SKU, NameEN: l.NameEN, NameZH: l.NameZH}.Name(lang)
}

// Terms is what a version says. ValidUntil is the last day on which it may be accepted, From
// and Until the days on which orders have its prices; of a request they are what is wished
// for, and may be empty. All are civil days of the supplier.
type Terms struct {
	Title      string `json:"title"`
	Customer   string `json:"customer,omitempty"` // the end customer, as the reseller names it
	Note       string `json:"note,omitempty"`
	ValidUntil string `json:"valid_until,omitempty"`
	From       string `json:"from,omitempty"`
	Until      string `json:"until,omitempty"`
	Lines      []Line `json:"lines"`
	Total      int64  `json:"total"` // minor units
}

// hash binds an answer to what was seen.
func (t Terms) hash() (string, error) {
	raw, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// Version is one round. It never changes.
type Version struct {
	Number int
	Kind   string
	Org    string // that wrote it
	Person string
	At     time.Time
	Hash   string
	Terms
}

// Quote is one quote with its latest version. OfferApproval is the supplier's own request
// that keeps back an offer, OrderApproval the reseller's own that keeps back the order; each
// is empty for the other company.
type Quote struct {
	ID            ID
	Number        string
	Supplier      string
	Reseller      string
	Partnership   string
	State         State
	Round         int // of the latest version
	Currency      money.Currency
	Deal          deal.ID
	DealCode      string
	Made          time.Time
	MadeBy        string // person
	MadeOrg       string
	Changed       time.Time
	Expires       time.Time // when an offer ends; zero: none stands
	Reason        string
	Comment       string
	Decided       time.Time
	DecidedBy     string
	DecidedOrg    string
	Order         trade.OrderID // the first that carries its number
	OrderNumber   string
	OfferApproval string
	OrderApproval string
	Version
}

// Resource is the quote as access.Check sees it.
func (q Quote) Resource() access.Resource { return access.Shared(q.Supplier, q.Reseller) }

// Sum is the total of the latest version.
func (q Quote) Sum() money.Amount { return money.Amount{Minor: q.Total, Currency: q.Currency} }

// Side is what a company is to the quote.
func (q Quote) Side(org string) access.Side { return q.Resource().SideOf(org) }

// Can says whether a company may do a deed now, as far as the state goes.
func (q Quote) Can(d Deed, org string, now time.Time) bool {
	if d == Expire && org != "" { // the clock alone
		return false
	}
	if d == Accept && (q.Expires.IsZero() || !now.Before(q.Expires)) {
		return false
	}
	return may(d, q.State, q.Side(org))
}

// Waits says that the next step is a company's own.
func (q Quote) Waits(org string) bool {
	return q.State == Requested && org == q.Supplier || q.State == Offered && org == q.Reseller
}

// Detail is a quote with its rounds, the newest first, and the orders that carry its number.
type Detail struct {
	Quote
	Versions []Version
	Orders   []Order
	More     bool // there are further orders
}

// Order is an order that carries the number of a quote.
type Order struct {
	ID        trade.OrderID
	Number    string
	State     trade.State
	OrderedOn string
}

// Change is one difference between two versions. SKU is empty for one of the head. Field is
// line, options, quantity, price, asked, title, customer, note, valid_until, from or until; of a
// line that came, Was is empty, of one that went, Now; days are told where both versions have one:
// a request leaves them to the offer.
type Change struct {
	SKU, Field string
	Was, Now   string
	// What was chosen, where that is the difference; nil: nothing.
	WasConfig, NowConfig *Config
}

// Diff tells what a version says otherwise than the one before.
func Diff(was, now Version) []Change {
	var out []Change
	head := func(field, a, b string) {
		if a != b {
			out = append(out, Change{Field: field, Was: a, Now: b})
		}
	}
	head("title", was.Title, now.Title)
	head("customer", was.Customer, now.Customer)
	for _, f := range [][3]string{{"valid_until", was.ValidUntil, now.ValidUntil}, {"from", was.From, now.From}, {"until", was.Until, now.Until}} {
		if f[1] != "" && f[2] != "" {
			head(f[0], f[1], f[2])
		}
	}
	head("note", was.Note, now.Note)
	line := func(l Line) string { return l.Quantity.String() + " " + l.Unit }
	at := meet(was.Lines, now.Lines)
	kept := map[int]bool{}
	for i, n := range now.Lines {
		if at[i] < 0 {
			out = append(out, Change{SKU: n.SKU, Field: "line", Now: line(n), NowConfig: n.Config})
			continue
		}
		l := was.Lines[at[i]]
		kept[at[i]] = true
		if a, b := l.Config.Code(), n.Config.Code(); a != b {
			out = append(out, Change{SKU: n.SKU, Field: "options", Was: a, Now: b, WasConfig: l.Config, NowConfig: n.Config})
		}
		for _, f := range [][3]string{{"quantity", l.Quantity.String(), n.Quantity.String()}, {"asked", price(l.Asked), price(n.Asked)}, {"price", price(l.Price), price(n.Price)}} {
			if f[1] != f[2] {
				out = append(out, Change{SKU: n.SKU, Field: f[0], Was: f[1], Now: f[2]})
			}
		}
	}
	for i, l := range was.Lines {
		if !kept[i] {
			out = append(out, Change{SKU: l.SKU, Field: "line", Was: line(l), WasConfig: l.Config})
		}
	}
	return out
}

// meet finds for each line of now the one of was that it goes on with, -1 for none: of the
// same item and unit, with the same options before others.
func meet(was, now []Line) []int {
	at, taken := make([]int, len(now)), map[int]bool{}
	for i := range at {
		at[i] = -1
	}
	for _, alike := range []bool{true, false} {
		key := func(l Line) string {
			if alike {
				return l.SKU + "\n" + l.Unit + "\n" + l.Config.Code()
			}
			return l.SKU + "\n" + l.Unit
		}
		old := map[string][]int{}
		for k, l := range was {
			if !taken[k] {
				old[key(l)] = append(old[key(l)], k)
			}
		}
		for i, n := range now {
			if k := key(n); at[i] < 0 && len(old[k]) > 0 {
				at[i], old[k] = old[k][0], old[k][1:]
				taken[at[i]] = true
			}
		}
	}
	return at
}

func price(p money.Price) string {
	if p == 0 {
		return ""
	}
	return p.Fixed(2)
}

// LineCmd is a line that somebody typed. SKU is any number of the item. Price is the special
// price: asked for by the reseller, offered by the supplier; 0 is the list's.
type LineCmd struct {
	SKU      string
	Quantity money.Quantity
	Unit     string
	Price    money.Price
	Options  []catalog.Pick `json:",omitempty"` // of a product with options
}

// Cmd asks for a quote or offers one. Quote is empty for a new one, which names the
// partnership; else Round is the version that was seen, and an empty title or customer stays as
// it was. Key makes a repeated post the same
// quote. ValidUntil, From and Until are an offer's; empty they are 30 days, from today, as
// long as it may be accepted.
type Cmd struct {
	Quote       ID
	Round       int
	Partnership string
	Key         string
	Deal        deal.ID
	Title       string
	Customer    string
	Note        string
	ValidUntil  string
	From        string
	Until       string
	Lines       []LineCmd
	// Approval is the request by which an offer was approved; prm/approval alone sets it.
	Approval string `json:"-"`
}

// AcceptCmd accepts the version that was seen. Order books the order here and now, with what
// an order form says; without it the order is to follow and to carry the number.
type AcceptCmd struct {
	Round int
	Order bool
	trade.PlaceCmd
}

// EndCmd declines, refuses or takes back. Reason is one of ReasonsFor.
type EndCmd struct {
	Round   int
	Reason  string
	Comment string
}

// The bounds of a quote.
const (
	MaxLines   = 200
	MaxRounds  = 50
	MaxOrders  = 100
	ValidDays  = 30  // of an offer that names no day
	MostDays   = 730 // from today to the last day of its prices
	warnBefore = 48 * time.Hour
)

var numbers = regexp.MustCompile(`^Q-[0-9]{5,12}$`)

// ReadNumber finds the number of a quote in what somebody wrote into a reference.
func ReadNumber(s string) (string, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if !numbers.MatchString(s) {
		return "", false
	}
	return s, true
}
