package catalog

import (
	"time"

	"entente/prm/money"
)

// How much of its stock a supplier shows a partner.
const (
	ShowNothing = "no"
	ShowBand    = "band"  // in stock, low, out of stock
	ShowExact   = "exact" // the quantity
)

// Showings lists them in order.
var Showings = []string{ShowNothing, ShowBand, ShowExact}

// Levels of a stock.
const (
	InStock  = "in"
	LowStock = "low"
	NoStock  = "out"
)

// Shown is what a reader is told of the stock of a product. Level is "" where
// nothing is told or known; Quantity, in base units over all places, only with Exact.
type Shown struct {
	Level    string
	Quantity money.Quantity
	Exact    bool
	AsOf     time.Time
}

// Where a stock figure came from.
const (
	FromPage = "page"
	FromFile = "file"
	FromAPI  = "api"
	FromEDI  = "edi"
	FromDemo = "demo"
)

// StockSet is the available quantity of a product at one place ("" for the only
// one), in base units. At is when it was counted, now when zero.
type StockSet struct {
	SKU      string
	Place    string
	Quantity money.Quantity
	At       time.Time
}

// StockRow is a product of the owner with its stock.
type StockRow struct {
	Product
	Total  money.Quantity
	Known  bool
	Low    bool
	AsOf   time.Time
	Places []PlaceStock
}

// PlaceStock is the stock at one place.
type PlaceStock struct {
	Place    string
	Quantity money.Quantity
	AsOf     time.Time
	Source   string
}

// StockPage is one page of the owner's stock, by SKU.
type StockPage struct {
	Items []StockRow
	Next  string
}

// Terms are what one partner is told. Partner "" holds the default for all that have
// none of their own.
type Terms struct {
	Partner string
	Own     bool           // not the default
	Shown   string         // ShowNothing …
	Low     money.Quantity // below it, in base units, the stock of a product is low
	// StockEDI and PricesEDI send 846/INVRPT and 832/PRICAT to the partner; never
	// set in the default. StockEDI needs ShowExact: a report holds quantities.
	StockEDI, PricesEDI bool
	StockSent           time.Time
}

// Report is the stock of a distributor as it told its supplier (846, INVRPT); seen by
// those two alone.
type Report struct {
	ID          string
	Supplier    string
	Reseller    string
	Partnership string
	Number      string
	Day         string
	Source      string
	Interchange string
	Lines       int
	Unknown     int // lines whose item is not in the catalogue
	Received    time.Time
}

// ReportLine is one product at one place. Pieces is Quantity in base units, 0 where
// the unit is none of the product's.
type ReportLine struct {
	Position  int
	Product   ID
	SKU       string
	BuyerItem string
	GTIN      string
	Place     string
	Kind      string // as 673: 17 on hand, 33 available …
	Quantity  money.Quantity
	Unit      string
	Pieces    money.Quantity
}

// ReportCmd is an incoming report. Key makes it unique for the reseller: the same key
// again is the same report.
type ReportCmd struct {
	Supplier, Reseller, Partnership string
	Number, Day, Source, Key        string
	Interchange                     string
	Lines                           []ReportLine
}

// level judges a quantity.
func level(q, low money.Quantity) string {
	switch {
	case q <= 0:
		return NoStock
	case q < low:
		return LowStock
	}
	return InStock
}

// shown is what terms let a partner see.
func shown(t Terms, q money.Quantity, at time.Time) Shown {
	switch t.Shown {
	case ShowExact:
		return Shown{Level: level(q, t.Low), Quantity: q, Exact: true, AsOf: at}
	case ShowBand:
		return Shown{Level: level(q, t.Low)}
	}
	return Shown{}
}
