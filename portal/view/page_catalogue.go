package view

import "time"

// ProductPage is /c/{slug}/catalogue/{id}. The owner edits at URL+"/edit"; a cross reference posts partner and buyer_item to
// URL+"/references", and to URL+"/references/remove".
type ProductPage struct {
	Base
	URL, SKU, Name string
	Status         Status
	Facts          []KV
	Units          []UnitRow
	Prices         []PriceRow // nil without the right to see them
	PricesHidden   bool
	Stock          []KV
	StockStatus    Status
	References     []ReferenceRow
	Reference      *Form // nil: may not add one
	Partners       []Option
	Own            bool // the viewer's company sells it
	CanEdit        bool
	OrderURL       string
	NewURL         string // of the successor
	NewSKU         string
	Options        []OptionGroupRow // what can be chosen of it
	Rules          []Text           // between the options, as sentences
	OptionsURL     string           // where they are changed
}

// OptionGroupRow is a group of options of a product.
type OptionGroupRow struct {
	Name    string
	Note    Text // how many may be chosen
	Options []Text
}

// OptionsPage is /c/{slug}/catalogue/{id}/options, the form of what can be chosen of a product. It posts revision, list, draft,
// g.{n}.opt_code, .name_en, .name_zh, .required, .opt_most; o.{n}.opt_group, .opt_code, .name_en, .name_zh, .opt_most, .opt_price,
// .opt_percent; r.{n}.opt_if, .opt_kind, .opt_then, .opt_most to URL; add=groups|options|rules and fill (with paste or file) only change the form.
type OptionsPage struct {
	Base
	URL, BackURL, CSVURL, ListURL, ListsURL string
	SKU, Name                               string
	Form                                    Form
	Groups, Options, Rules                  []int // the rows
	Codes                                   []string
	Kinds                                   []Option
	Lists                                   []KV // the price lists; Mono marks the one that is shown
	List, Currency                          string
	ListName                                Text
	Draft                                   bool // prices can be changed
	Sentences                               []Text
}

// UnitRow is one level of a pack tree, the piece first. Holds says what is in it.
type UnitRow struct {
	Level   Text
	Unit    string
	Rec20   string // the code in EDIFACT
	Holds   Text
	GTIN    string
	Pieces  string
	Smaller int // levels below it, for the indent
}

// PriceRow is the price of a product in one currency, with its steps where there is more than one, and the price that comes.
type PriceRow struct {
	Price Money
	From  Date
	Steps []PriceStep
	Next  *PriceNext
	URL   string
}

// PriceStep is one step on the way to a price.
type PriceStep struct {
	Words Text
	Price Money
	From  Date
}

// PriceNext is the price of a coming version.
type PriceNext struct {
	Price Money
	From  Date
	Up    bool
	Same  bool
}

// ReferenceRow is a partner's number for a product. Company is empty where it is the viewer's own.
type ReferenceRow struct {
	Company   string
	Partner   string // company id, for the form
	BuyerItem string
	CanDrop   bool
}

// ProductFormPage is the form of a product, new or changed. Fields: sku, name_en, name_zh, family, unit, gtin, state, minimum, multiple,
// replaced_by, replaced_from and for each of Packs pack.{level}.unit, pack.{level}.quantity, pack.{level}.gtin.
type ProductFormPage struct {
	Base
	URL, BackURL, SKU string // SKU is empty for a new one
	Form              Form
	States            []Option
	Packs             []string
	Families          []string
}

// PriceListsPage is /c/{slug}/catalogue/prices. A new list posts name, currency, partner, basis, notice_days to URL.
type PriceListsPage struct {
	Base
	URL        string
	Tabs       []Tab
	Rows       []PriceListRow
	New        *Form // nil: may not make one
	Currencies []Option
	Partners   []Option
	Bases      []Option
	Open       bool // the form for a new list is open
}

// PriceListRow is a price list with what is in force and what comes.
type PriceListRow struct {
	URL      string
	Name     Text
	Who      Text // whose prices: all partners, one partner, a supplier's
	Currency string
	Items    int
	From     Date // of the version in force; empty for none
	Coming   Date
	Draft    bool
}

// PriceListPage is /c/{slug}/catalogue/prices/{id}?version=N: one version of a list beside the one before it. Forms of the owner: URL+"/settings"
// (name, basis, notice_days), URL+"/draft" (from, percent, round, note), URL+"/draft/change" (sku, price), URL+"/draft/drop", URL+"/publish" (version, short).
type PriceListPage struct {
	Base
	URL      string
	Name     Text
	Currency string
	Facts    []KV
	Versions []PriceVersionRow
	Version  int
	Shown    Status // of the version shown
	From     Date
	Note     string
	Filters  Filters
	Rows     []PriceDiffRow
	Changed  int // rows of this page that differ
	Pager    Pager
	CSVURL   string
	Compare  Date // begin of the version it is compared with; empty for none
	Settings *Form
	Bases    []Option
	Draft    *Form // to begin a draft
	Change   *Form // to change a price of the draft
	Publish  *Form
	Withdraw *Form // to take the version shown back
	ShortAsk bool  // the notice period would be cut short
	Notice   int
}

// PriceVersionRow is a version in the list of versions.
type PriceVersionRow struct {
	URL    string
	Number int
	From   Date
	Status Status
	Items  int
	On     bool
}

// PriceDiffRow is a product in a version. Move is the difference in percent, written with its sign.
type PriceDiffRow struct {
	SKU, Name, URL string
	Unit           string
	Price, Was     Money
	Move           Text
	Up             bool
	State          Text // new, gone, unchanged
}

// StockPage is /c/{slug}/catalogue/stock. The owner posts sku, place, quantity to URL, and what partners are told to URL+"/terms"
// (partner, shown, low, stock_edi, prices_edi).
type StockPage struct {
	Base
	URL     string
	Tabs    []Tab
	Filters Filters
	Rows    []StockRow
	Pager   Pager
	Set     *Form
	Terms   []TermsRow
	Reports []StockReportRow
	CSVURL  string
}

// StockRow is a product with its stock; Places is empty where there is one place without a name.
type StockRow struct {
	SKU, Name, URL, Unit string
	Quantity             string // empty: not known
	Status               Status
	Places               Text
	AsOf                 time.Time
	Form                 Form
}

// TermsRow is what one partner is told; Company is empty for the default.
type TermsRow struct {
	Partner, Company string
	Own              bool
	Form             Form
	Shown            []Option
	StockEDI         bool
	PricesEDI        bool
	Sent             time.Time
}

// StockReportRow is a partner's stock as it told us, or ours as we told a supplier.
type StockReportRow struct {
	URL     string
	Company string
	Ours    bool
	Day     Date
	Lines   int
	Unknown int
	At      time.Time
}

// StockReportPage is one report.
type StockReportPage struct {
	Base
	Company string
	Facts   []KV
	Rows    []StockReportLine
	Pager   Pager
}

// StockReportLine is a product at a place.
type StockReportLine struct {
	SKU, BuyerItem, Place string
	Kind                  Text
	Quantity              Quantity
	Pieces                Quantity
	Known                 bool
}

// BackordersPage is /c/{slug}/catalogue/backorders: what was ordered and will come later, in the order in which it was ordered.
type BackordersPage struct {
	Base
	Tabs    []Tab
	Filters Filters
	Rows    []BackorderRow
	Pager   Pager
	Supply  bool // the viewer supplies some of it
}

// BackorderRow is a line that waits for goods.
type BackorderRow struct {
	URL, Number string
	Partner     Company
	SKU, Name   string
	Waiting     Quantity
	Since       time.Time
	Promised    Date
	Late        bool
	Stock       Text // for the supplier: what there is for it
	Covered     Tone
	AnswerURL   string
}
