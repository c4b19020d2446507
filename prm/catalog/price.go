package catalog

import (
	"math/big"
	"slices"
	"time"

	"entente/prm/money"
)

// ListID identifies a price list.
type ListID string

// States of a version of a price list.
const (
	Draft     = "draft"     // being worked on; seen by the owner alone
	Published = "published" // never changes again
	Withdrawn = "withdrawn" // was published and taken back before anything was priced by it: it holds on no day
)

// What date decides the price of an order line.
const (
	ByOrderDate     = "order"     // the date of the order
	ByRequestedDate = "requested" // the date the line is wanted
)

// Bases lists the price dates in order.
var Bases = []string{ByOrderDate, ByRequestedDate}

// PriceList is the list of one currency: the standard one of all partners that trade
// in it, or with Partner the special one of that partner, whose prices stand in the
// place of the standard ones. Name may be empty for the standard list.
type PriceList struct {
	Org        string
	ID         ListID
	Name       string
	Currency   money.Currency
	Partner    string // company id, "" for all
	Basis      string
	NoticeDays int // days between publication and validity that partners were promised
	Created    time.Time
	Versions   []PriceVersion // newest valid_from first; a reader who is not the owner sees no drafts
}

// PriceVersion is one version of a price list, complete in itself: a product that is
// not in it has no price by it. Number counts from 1 within the list.
type PriceVersion struct {
	Number      int
	From        string // civil date
	State       string
	Note        string
	Items       int
	Created     time.Time
	CreatedBy   string
	Published   time.Time
	PublishedBy string
}

// InForce is the version whose prices hold on a civil date, false for none.
func (l PriceList) InForce(on string) (PriceVersion, bool) {
	best, found := PriceVersion{}, false
	for _, v := range l.Versions {
		if v.State == Published && v.From <= on && (!found || v.From > best.From || v.From == best.From && v.Number > best.Number) {
			best, found = v, true
		}
	}
	return best, found
}

// Coming are the published versions that begin after a civil date, the next first.
func (l PriceList) Coming(on string) []PriceVersion {
	var out []PriceVersion
	for _, v := range l.Versions {
		if v.State == Published && v.From > on {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b PriceVersion) int {
		if a.From == b.From {
			return a.Number - b.Number
		}
		if a.From < b.From {
			return -1
		}
		return 1
	})
	return out
}

// Draft is the version being worked on, false for none.
func (l PriceList) Draft() (PriceVersion, bool) {
	i := slices.IndexFunc(l.Versions, func(v PriceVersion) bool { return v.State == Draft })
	if i < 0 {
		return PriceVersion{}, false
	}
	return l.Versions[i], true
}

// Kinds of a step of a price.
const (
	StepList    = "list"    // the standard list of the currency
	StepPartner = "partner" // the partner's own list
)

// Step is one step on the way to a price; the last one counts.
type Step struct {
	Kind     string
	List     ListID
	Name     string
	Version  int
	From     string
	Currency money.Currency
	Price    money.Price
}

// PriceEntry is the price of a product in a version; Was is that of the version
// before (Known: there was one). Gone says that the version no longer has it.
type PriceEntry struct {
	Product
	Price money.Price
	Was   money.Price
	Known bool
	Gone  bool
}

// Changed reports whether the entry differs from the version before.
func (e PriceEntry) Changed() bool { return e.Gone || !e.Known || e.Was != e.Price }

// EntryFilter narrows the entries of a version. Changed asks for those that differ
// from the version before. Limit is 1 to 200, default 50.
type EntryFilter struct {
	Version int
	Changed bool
	Query   string
	After   string
	Limit   int
}

// EntryPage is one page of a version, by SKU.
type EntryPage struct {
	Items []PriceEntry
	Next  string
}

// ListCmd makes or changes a price list. Currency and Partner cannot be changed.
type ListCmd struct {
	Name       string
	Currency   money.Currency
	Partner    string
	Basis      string
	NoticeDays int
}

// DraftCmd begins a version: a copy of the version that comes last, every price
// raised by Percent (0.035 for 3.5 %, negative to lower) and rounded half up to
// a multiple of Round (0: a hundredth).
type DraftCmd struct {
	From    string
	Note    string
	Percent money.Rate
	Round   money.Price
}

// PriceChange sets the price of a product in a draft, or takes it out.
type PriceChange struct {
	SKU    string
	Price  money.Price
	Remove bool
}

// PublishCmd publishes the draft. Version is the one that was looked at; Short says
// that the notice period may be cut short.
type PublishCmd struct {
	Version int
	Short   bool
}

// raised is p × (1 + rate), rounded half up to a multiple of step.
func raised(p money.Price, rate money.Rate, step money.Price) (money.Price, bool) {
	if step <= 0 {
		step = money.One / 100
	}
	n := new(big.Int).Mul(big.NewInt(int64(p)), big.NewInt(int64(money.One)+int64(rate)))
	d := new(big.Int).Mul(big.NewInt(int64(money.One)), big.NewInt(int64(step)))
	n.Add(n.Lsh(n, 1), d)
	n.Div(n, d.Lsh(d, 1))
	n.Mul(n, big.NewInt(int64(step)))
	if !n.IsInt64() || n.Sign() < 0 {
		return 0, false
	}
	return money.Price(n.Int64()), true
}

// Offer is a product with what one partner pays for it.
type Offer struct {
	Product
	BuyerItem string
	Price     money.Price
	Special   bool // by the partner's own list
}
