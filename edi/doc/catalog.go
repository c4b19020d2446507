package doc

import "fmt"

// PriceCatalog is a price list or a change of one (832, PRICAT).
type PriceCatalog struct {
	Header
	Purpose string `json:"purpose,omitempty"` // BCT10, the twin of 1225: 00 original, 05 replace
	Type    string `json:"type,omitempty"`    // BCT01: PC price list
	Number  string `json:"number"`            // BCT02, 1004
	// Version and Revision are BCT03 and BCT04, or 1056 and 1060 of the BGM; in D96A
	// the version is that of RFF PL.
	Version  string `json:"version,omitempty"`
	Revision string `json:"revision,omitempty"`
	// Replaces is the list that this one takes the place of (BCT06 to BCT08).
	Replaces    CatalogVersion `json:"replaces,omitzero"`
	Description string         `json:"description,omitempty"` // BCT09
	Date        string         `json:"date,omitempty"`        // DTM 097, DTM 137
	// ValidFrom is DTM 007, or 157, 194, 7 or the first day of 273; ValidTo DTM 036, or
	// 206, 36 or its last day.
	ValidFrom string        `json:"valid_from,omitempty"`
	ValidTo   string        `json:"valid_to,omitempty"`
	Lines     []CatalogItem `json:"lines"`
}

// CatalogVersion names a version of a price list.
type CatalogVersion struct {
	Number   string `json:"number,omitempty"`
	Version  string `json:"version,omitempty"`
	Revision string `json:"revision,omitempty"`
}

// CatalogItem is one product with its prices. What a PRICAT says of a group of products
// is repeated on each of them, before what it says of the product.
type CatalogItem struct {
	Line
	// Action is G5301, or the twin of 1229: 021 added, 002 deleted, 001 changed.
	Action string `json:"action,omitempty"`
	// Parent is the line that this one is a smaller pack of (C829).
	Parent string       `json:"parent,omitempty"`
	Group  ProductGroup `json:"group,omitzero"`
	// Quantities are those of ordering (CTB OR, QTY): 57 least, 70 most.
	Quantities []StockQuantity `json:"quantities,omitempty"`
	Packs      []Packing       `json:"packs,omitempty"`
	Origin     string          `json:"origin,omitempty"`     // ALI 3239, a country
	Conditions []string        `json:"conditions,omitempty"` // ALI 4183
	ValidFrom  string          `json:"valid_from,omitempty"` // as that of the list
	ValidTo    string          `json:"valid_to,omitempty"`
	Prices     []Price         `json:"prices,omitempty"` // CTP, PRI
}

// ProductGroup is the group a product belongs to (PGI).
type ProductGroup struct {
	Type string `json:"type,omitempty"` // 5379: 10 price group, 11 product group, 12 promotion
	Code string `json:"code,omitempty"` // 5389
	Name string `json:"name,omitempty"` // 5388
}

// Packing is how a product is packed (PO4; QTY 59 and PAC of a PRICAT).
type Packing struct {
	Pack       Decimal `json:"pack,omitempty"`      // PO401, units in the pack
	Size       Decimal `json:"size,omitempty"`      // PO402, of one unit
	Unit       string  `json:"unit,omitempty"`      // PO403, of Size
	Packaging  string  `json:"packaging,omitempty"` // PO404, 7065
	Inner      Decimal `json:"inner,omitempty"`     // PO414, inner packs
	Weight     Decimal `json:"weight,omitempty"`    // PO406, gross
	WeightUnit string  `json:"weight_unit,omitempty"`
	Volume     Decimal `json:"volume,omitempty"` // PO408, gross
	VolumeUnit string  `json:"volume_unit,omitempty"`
	Length     Decimal `json:"length,omitempty"` // PO410
	Width      Decimal `json:"width,omitempty"`
	Height     Decimal `json:"height,omitempty"`
	LengthUnit string  `json:"length_unit,omitempty"`
}

// Deleted says whether the item is taken out of the list.
func (i *CatalogItem) Deleted() bool { return i.Action == "002" }

// Validate checks that the list can be loaded: it has a number, every item is a product
// with a price whose kind is said, unless it is taken out, and no validity ends before it
// begins.
func (d *PriceCatalog) Validate() []Problem {
	c := &check{}
	c.need("number", d.Number)
	c.date("date", d.Date, false)
	c.header(&d.Header, len(d.Lines))
	c.valid("", d.ValidFrom, d.ValidTo)
	for i := range d.Lines {
		l := &d.Lines[i]
		p := fmt.Sprintf("lines[%d].", i)
		c.item(p, &l.Line)
		c.dates(p, l.Dates)
		c.allowances(p, l.Allowances)
		c.valid(p, l.ValidFrom, l.ValidTo)
		c.quantities(p, l.Quantities)
		c.prices(p, l.Prices)
		for k, price := range l.Prices {
			c.need(fmt.Sprintf("%sprices[%d].kind", p, k), price.Kind+price.Code)
		}
		if len(l.Prices) == 0 && !l.Deleted() {
			c.add(p+"prices", KeyMissing, "")
		}
		for k, pack := range l.Packs {
			c.number(fmt.Sprintf("%spacks[%d].pack", p, k), pack.Pack, false)
		}
	}
	return c.out
}
