// Package catalog holds what a supplier sells: products with their pack trees
// and identifiers, price lists by currency and valid-from date, and the item
// numbers its partners use for the same things.
//
// A product belongs to one company. Resellers in an active partnership see it
// with the price in the currency of the partnership; a cross reference is seen
// by the supplier and that partner alone.
package catalog

import (
	"slices"
	"strings"
	"time"

	"entente/prm/money"
)

// ID identifies a product within its company.
type ID string

// State of a product.
const (
	Active       = "active"
	Discontinued = "discontinued"
)

// Pack levels, from the smallest.
const (
	Inner  = "inner"
	Case   = "case"
	Pallet = "pallet"
)

// Levels lists the pack levels in order.
var Levels = []string{Inner, Case, Pallet}

// Product is one article. Unit is its base unit code (EA, BX, SET …), in which
// prices and packs are counted. GTIN has 14 digits, filled with zeros on the
// left, or is empty.
type Product struct {
	Org     string // the supplying company
	ID      ID
	SKU     string
	NameEN  string
	NameZH  string
	Family  string
	Unit    string
	GTIN    string
	State   string
	Created time.Time
	Packs   []Pack
	// Minimum is the least that may be ordered, Multiple what an order must be a
	// multiple of; both in base units, 0 for none.
	Minimum, Multiple money.Quantity
	// ReplacedBy is the SKU of the successor, sold instead from the civil date
	// ReplacedFrom on; both or neither are set.
	ReplacedBy, ReplacedFrom string
}

// Fits says whether a quantity in base units is below the minimum, and whether it
// is no multiple of what is sold together.
func (p Product) Fits(q money.Quantity) (short, odd bool) {
	return q < p.Minimum, p.Multiple > 0 && q%p.Multiple != 0
}

// Replaced reports whether the successor is sold instead on a civil date.
func (p Product) Replaced(on string) bool {
	return p.ReplacedBy != "" && p.ReplacedFrom <= on
}

// Name is the product's name in the language ("zh-CN", else English); the other
// one where it has none.
func (p Product) Name(lang string) string {
	if strings.HasPrefix(lang, "zh") && p.NameZH != "" || p.NameEN == "" {
		return p.NameZH
	}
	return p.NameEN
}

// PackOf is the pack ordered by the unit code, if there is one.
func (p Product) PackOf(unit string) (Pack, bool) {
	i := slices.IndexFunc(p.Packs, func(k Pack) bool { return k.Unit == SameUnit(unit) })
	if i < 0 {
		return Pack{}, false
	}
	return p.Packs[i], true
}

// Factor says how many base units one of the unit holds: 1 for the base unit,
// the pack's quantity for a pack; false for a unit the product is not sold in.
func (p Product) Factor(unit string) (money.Quantity, bool) {
	if SameUnit(unit) == SameUnit(p.Unit) {
		return money.One, true
	}
	k, ok := p.PackOf(unit)
	return k.Quantity, ok
}

// Pack is one level above the piece: Quantity base units in one Unit.
type Pack struct {
	Level    string
	GTIN     string
	Unit     string
	Quantity money.Quantity
}

// ListPrice is a price per base unit from a civil date ("2026-01-01") on.
type ListPrice struct {
	Currency money.Currency
	From     string
	Price    money.Price
}

// ItemKey is what an order line says about its item; any of the three may be
// empty.
type ItemKey struct{ SKU, BuyerItem, GTIN string }

// How an item was found.
const (
	BySKU       = "sku"
	ByBuyerItem = "buyer_item"
	ByGTIN      = "gtin"
)

// Item is the answer to one ItemKey. Found false means unknown. Unit is the unit
// the key itself names: that of the pack when the GTIN is a pack's, else the
// product's.
type Item struct {
	Found   bool
	By      string
	Unit    string
	Product Product
}

// Entry is one row of the catalogue list: the product with the prices valid on
// the day asked, one per currency the reader may see (a partner: its own), what the
// reader is told of the stock, and the reader's own item number.
type Entry struct {
	Product
	Prices    []ListPrice
	Stock     Shown
	BuyerItem string
}

// Filter narrows the list. Supplier "" means every company whose catalogue the
// actor may see. After is the cursor of the page before. On is the civil date the
// prices are asked for, today (UTC) when empty. Limit is 1 to 200, default 50.
type Filter struct {
	Supplier string
	Family   string
	State    string
	Query    string
	After    string
	On       string
	Limit    int
}

// Page is one page of the catalogue. PricesHidden says that the actor's role sees
// no prices. Currencies are those of Prices, in order.
type Page struct {
	Items        []Entry
	Next         string
	Currencies   []money.Currency
	PricesHidden bool
}

// Reference is one cross reference: the partner's item number for a product of the
// supplier.
type Reference struct {
	Supplier  string
	Partner   string
	BuyerItem string
	Product   ID
	SKU       string
}

// PadGTIN writes an identifier of 8, 12, 13 or 14 digits as 14 digits, filled
// with zeros on the left. ok is false for another length, other characters or a
// wrong check digit.
func PadGTIN(s string) (string, bool) {
	switch len(s) {
	case 8, 12, 13, 14:
	default:
		return "", false
	}
	g := strings.Repeat("0", 14-len(s)) + s
	sum := 0
	for i := 0; i < 14; i++ {
		d := int(g[i]) - '0'
		if d < 0 || d > 9 {
			return "", false
		}
		if i%2 == 0 {
			d *= 3
		}
		sum += d
	}
	return g, sum%10 == 0
}

// CheckDigit appends the GS1 check digit to the first 13 digits of a GTIN-14.
func CheckDigit(first13 string) string {
	sum := 0
	for i := 0; i < len(first13); i++ {
		d := int(first13[i]) - '0'
		if i%2 == 0 {
			d *= 3
		}
		sum += d
	}
	return first13 + string(rune('0'+(10-sum%10)%10))
}

// rightDigit is the check digit that a number of 8, 12, 13 or 14 digits should end
// in; false for what cannot be a GTIN by its length or characters.
func rightDigit(gtin string) (string, bool) {
	switch len(gtin) {
	case 8, 12, 13, 14:
	default:
		return "", false
	}
	if strings.ContainsFunc(gtin, func(r rune) bool { return r < '0' || r > '9' }) {
		return "", false
	}
	full := CheckDigit(strings.Repeat("0", 14-len(gtin)) + gtin[:len(gtin)-1])
	return full[13:], true
}
