package batch

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"entente/portal/form"
	"entente/portal/sheet"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/partner"
)

// Names of the kinds of the catalogue.
const (
	KindProducts   = "products"
	KindReferences = "references"
)

// Columns of a file of products; each pack level has three more, such as case_unit.
const (
	pSKU          = "sku"
	pNameEN       = "name_en"
	pNameZH       = "name_zh"
	pFamily       = "family"
	pUnit         = "unit"
	pGTIN         = "gtin"
	pState        = "state"
	pMinimum      = "minimum"
	pMultiple     = "multiple"
	pReplacedBy   = "replaced_by"
	pReplacedFrom = "replaced_from"
)

var productFields = []sheet.Field{
	{Name: pSKU, Required: true, Words: []string{"sku", "item", "item number", "item no", "article", "article number", "product", "product code", "material", "货号", "料号", "产品编码", "商品编码", "物料编码", "编码"}},
	{Name: pNameEN, Words: []string{"name_en", "name", "name (en)", "name en", "english name", "description", "product name", "英文名", "英文名称"}},
	{Name: pNameZH, Words: []string{"name_zh", "name (zh)", "name zh", "chinese name", "中文名", "中文名称", "名称", "品名", "产品名称"}},
	{Name: pFamily, Words: []string{"family", "product family", "category", "group", "产品系列", "系列", "类别", "分类"}},
	{Name: pUnit, Required: true, Words: []string{"unit", "base unit", "uom", "unit of measure", "单位", "基本单位", "计量单位"}},
	{Name: pGTIN, Words: []string{"gtin", "ean", "barcode", "upc", "each gtin", "条码", "商品条码"}},
	{Name: pState, Words: []string{"state", "status", "状态"}},
	{Name: pMinimum, Kind: sheet.Number, Words: []string{"minimum", "minimum quantity", "min qty", "moq", "minimum order quantity", "起订量", "最小起订量"}},
	{Name: pMultiple, Kind: sheet.Number, Words: []string{"multiple", "order multiple", "sold in multiples of", "倍数", "订货倍数"}},
	{Name: pReplacedBy, Words: []string{"replaced_by", "replaced by", "successor", "替代货号", "替代产品", "后续型号"}},
	{Name: pReplacedFrom, Kind: sheet.Date, Words: []string{"replaced_from", "replaced from", "successor from", "替代日期"}},
}

func packField(level, what string) string { return level + "_" + what }

func init() {
	zh := map[string]string{catalog.Inner: "内盒", catalog.Case: "箱", catalog.Pallet: "托盘"}
	for _, level := range catalog.Levels {
		productFields = append(productFields,
			sheet.Field{Name: packField(level, "unit"), Words: []string{packField(level, "unit"), level + " unit", zh[level] + "单位"}},
			sheet.Field{Name: packField(level, "quantity"), Kind: sheet.Number, Words: []string{packField(level, "quantity"), level + " quantity", "quantity per " + level, zh[level] + "数量", "每" + zh[level] + "数量"}},
			sheet.Field{Name: packField(level, "gtin"), Words: []string{packField(level, "gtin"), level + " gtin", zh[level] + "条码"}})
	}
}

// ProductColumns are the columns of a file of products, in the order in which one is
// written.
func ProductColumns() []string { return names(productFields) }

// ProductCells are a product in those columns.
func ProductCells(p catalog.Product) []string {
	out := map[string]string{pSKU: p.SKU, pNameEN: p.NameEN, pNameZH: p.NameZH, pFamily: p.Family, pUnit: p.Unit, pGTIN: p.GTIN, pState: p.State, pMinimum: quantity(p.Minimum), pMultiple: quantity(p.Multiple), pReplacedBy: p.ReplacedBy, pReplacedFrom: p.ReplacedFrom}
	for _, k := range p.Packs {
		out[packField(k.Level, "unit")], out[packField(k.Level, "quantity")], out[packField(k.Level, "gtin")] = k.Unit, quantity(k.Quantity), k.GTIN
	}
	cells := make([]string, len(productFields))
	for i, f := range productFields {
		cells[i] = out[f.Name]
	}
	return cells
}

func quantity(q money.Quantity) string {
	if q == 0 {
		return ""
	}
	return q.String()
}

func names(fields []sheet.Field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.Name
	}
	return out
}

// Products are files of the company's own catalogue: a row is a product with its pack
// tree. What a file does not speak of stays as it is.
type Products struct{ Catalog *catalog.Service }

// Name is that of the kind.
func (Products) Name() string { return KindProducts }

// Fields are those of a product.
func (Products) Fields() []string { return names(productFields) }

// Single is true: a product has one row.
func (Products) Single() bool { return true }

// Together is how many the catalogue takes at once, so that a successor may stand
// anywhere in a file.
func (Products) Together() int { return 5000 }

// Check asks for the right to change the catalogue.
func (Products) Check(_ context.Context, actor access.Actor, _ string) error {
	return access.Check(actor, access.CatalogWrite, access.Own(actor.Org))
}

// Guess goes by the titles.
func (Products) Guess(_ context.Context, _ access.Actor, _ File, rows []sheet.Row) sheet.Mapping {
	return sheet.Guess(rows, productFields)
}

// Clean leaves the columns of a product.
func (Products) Clean(m sheet.Mapping) sheet.Mapping { return m.Sensible(productFields) }

// Read reads a row.
func (Products) Read(m sheet.Mapping, row sheet.Row, today string) (Row, bool) {
	return readFields(m, row, productFields, today)
}

func readFields(m sheet.Mapping, row sheet.Row, fields []sheet.Field, today string) (Row, bool) {
	rec, ok := m.Read(row, fields, sheet.Repairs{}, today)
	if !ok {
		return Row{}, false
	}
	r := Row{No: row.No, Wrong: rec.Wrong, Fields: map[string]string{}}
	for name, value := range rec.Values {
		if value = strings.TrimSpace(value); value != "" {
			r.Fields[name] = value
		}
	}
	return r, true
}

// productOf lays a row over what is there already: columns that the file does not have
// stay as they are.
func productOf(m sheet.Mapping, r Row, was catalog.Product) catalog.Product {
	p := was
	p.Packs = nil
	text := func(name string, to *string) {
		if m.Column(name) >= 0 || r.Fields[name] != "" {
			*to = r.Fields[name]
		}
	}
	count := func(name string, to *money.Quantity) {
		if m.Column(name) >= 0 || r.Fields[name] != "" {
			*to, _ = form.Decimal(r.Fields[name])
		}
	}
	text(pSKU, &p.SKU)
	text(pNameEN, &p.NameEN)
	text(pNameZH, &p.NameZH)
	text(pFamily, &p.Family)
	text(pUnit, &p.Unit)
	text(pGTIN, &p.GTIN)
	text(pState, &p.State)
	text(pReplacedBy, &p.ReplacedBy)
	text(pReplacedFrom, &p.ReplacedFrom)
	count(pMinimum, &p.Minimum)
	count(pMultiple, &p.Multiple)
	p.State = strings.ToLower(p.State)
	p.GTIN = plainGTIN(p.GTIN)
	for _, level := range catalog.Levels {
		k := catalog.Pack{Level: level}
		if i := slices.IndexFunc(was.Packs, func(x catalog.Pack) bool { return x.Level == level }); i >= 0 {
			k = was.Packs[i]
		}
		text(packField(level, "unit"), &k.Unit)
		text(packField(level, "gtin"), &k.GTIN)
		count(packField(level, "quantity"), &k.Quantity)
		k.GTIN = plainGTIN(k.GTIN)
		if k.Unit != "" || k.GTIN != "" || k.Quantity != 0 {
			p.Packs = append(p.Packs, k)
		}
	}
	return p
}

// plainGTIN takes the blanks and hyphens out of a number as people write it.
func plainGTIN(s string) string { return strings.NewReplacer(" ", "", "-", "").Replace(s) }

func skuOf(r Row) string { return strings.ToUpper(strings.TrimSpace(r.Fields[pSKU])) }

func (c Products) read(ctx context.Context, actor access.Actor, rows []Row) (map[string]catalog.Product, error) {
	skus := make([]string, len(rows))
	for i, r := range rows {
		skus[i] = skuOf(r)
	}
	return c.Catalog.Own(ctx, actor, skus...)
}

// Judge asks the catalogue what it would refuse, and says what would change.
func (c Products) Judge(ctx context.Context, actor access.Actor, f File, rows []Row) error {
	have, err := c.read(ctx, actor, rows)
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		if r.Group, r.Doubts = skuOf(*r), nil; r.Dropped {
			continue
		}
		was, known := have[r.Group]
		tried, err := c.Catalog.Try(ctx, actor, productOf(f.Mapping, *r, was))
		var p *fault.Error
		switch {
		case err == nil && !known:
			r.Doubts = []sheet.Wrong{{Key: "batch.new"}}
		case err == nil:
			if n := differs(was, tried[0]); n > 0 {
				r.Doubts = []sheet.Wrong{{Key: "batch.changes", Args: map[string]any{"Fields": strconv.Itoa(n)}}}
			}
		case errors.As(err, &p) && p.Code == fault.Invalid:
			for _, w := range p.Fields {
				name := fieldOf(strings.TrimPrefix(w.Name, "products.0."))
				if !slices.ContainsFunc(r.Wrong, func(x sheet.Wrong) bool { return x.Field == name }) {
					r.Wrong = append(r.Wrong, sheet.Wrong{Field: name, Key: w.Key, Args: w.Args, Value: r.Fields[name]})
				}
			}
		default:
			return err
		}
	}
	return nil
}

// fieldOf is our column for a field that the catalogue found wrong.
func fieldOf(name string) string {
	if name == "name" {
		return pNameEN
	}
	if rest, ok := strings.CutPrefix(name, "packs."); ok {
		return strings.Replace(rest, ".", "_", 1)
	}
	return name
}

// differs counts the columns in which two products differ.
func differs(a, b catalog.Product) (n int) {
	x, y := ProductCells(a), ProductCells(b)
	for i := range x {
		if x[i] != y[i] {
			n++
		}
	}
	return n
}

// Apply puts the products into the catalogue; equal ones are left alone.
func (c Products) Apply(ctx context.Context, actor access.Actor, f File, groups []Group) error {
	rows := make([]Row, len(groups))
	for i, g := range groups {
		if len(g.Rows) != 1 {
			return fault.New(fault.Conflict, "batch.twice")
		}
		rows[i] = g.Rows[0]
	}
	have, err := c.read(ctx, actor, rows)
	if err != nil {
		return err
	}
	for {
		var put []catalog.Product
		var at []int
		for i := range groups {
			g := &groups[i]
			if g.Outcome != Untouched {
				continue
			}
			was, known := have[g.Key]
			p := productOf(f.Mapping, rows[i], was)
			tried, err := c.Catalog.Try(ctx, actor, p)
			if err == nil && known && differs(was, tried[0]) == 0 {
				g.Outcome, g.Label = Same, g.Key
				continue
			}
			put, at = append(put, p), append(at, i)
		}
		if len(put) == 0 {
			return nil
		}
		err := c.Catalog.Put(ctx, actor, put...)
		p := fault.As(err)
		switch {
		case err == nil:
			for _, i := range at {
				groups[i].Outcome, groups[i].Label = Made, groups[i].Key
				if _, known := have[groups[i].Key]; known {
					groups[i].Outcome = Changed
				}
			}
			return nil
		case p.Code != fault.Invalid || len(p.Fields) == 0: // refused before anything was written
			return err
		}
		refused := 0
		for _, w := range p.Fields {
			parts := strings.SplitN(w.Name, ".", 3)
			if len(parts) < 2 {
				return err
			}
			i, nerr := strconv.Atoi(parts[1])
			if nerr != nil || i >= len(at) {
				return err
			}
			if g := &groups[at[i]]; g.Outcome == Untouched {
				g.Outcome, g.Label, g.Problem, refused = Refused, g.Key, problemOf(&fault.Error{Fields: []fault.Field{{Name: "products.0.x", Key: w.Key, Args: w.Args}}}, g.Rows), refused+1
			}
		}
		if refused == 0 {
			return err
		}
	}
}

var referenceFields = []sheet.Field{
	{Name: "buyer_item", Required: true, Words: []string{"buyer_item", "partner item", "their item", "their number", "customer item", "customer item number", "buyer item", "buyer's item", "partner item number", "客户货号", "客户料号", "客户编码", "对方货号"}},
	{Name: pSKU, Required: true, Words: []string{"sku", "our item", "item", "item number", "product", "supplier item", "vendor item", "货号", "料号", "我方货号", "供应商货号", "产品编码"}},
}

// ReferenceColumns are the columns of a file of cross references.
func ReferenceColumns() []string { return names(referenceFields) }

// References are files of what one partner calls the products. The supplier brings them,
// or the partner itself.
type References struct {
	Catalog  *catalog.Service
	Partners *partner.Service
}

// Name is that of the kind.
func (References) Name() string { return KindReferences }

// Fields are those of a cross reference.
func (References) Fields() []string { return names(referenceFields) }

// Single is true: a number stands for one product.
func (References) Single() bool { return true }

// Together is how many are written in one transaction.
func (References) Together() int { return 200 }

func (c References) pair(ctx context.Context, actor access.Actor, partnership string) (supplier, reseller string, err error) {
	p, err := c.Partners.Get(ctx, actor, partnership)
	if err == nil {
		err = access.Check(actor, access.ReferenceWrite, access.Resource{Owner: p.Supplier, Reseller: p.Reseller})
	}
	return p.Supplier, p.Reseller, err
}

// Check asks for the right to write cross references of the partnership.
func (c References) Check(ctx context.Context, actor access.Actor, partnership string) error {
	_, _, err := c.pair(ctx, actor, partnership)
	return err
}

// Guess goes by the titles; without them the partner's number comes first.
func (References) Guess(_ context.Context, _ access.Actor, _ File, rows []sheet.Row) sheet.Mapping {
	return sheet.Guess(rows, referenceFields)
}

// Clean leaves the columns of a cross reference.
func (References) Clean(m sheet.Mapping) sheet.Mapping { return m.Sensible(referenceFields) }

// Read reads a row.
func (References) Read(m sheet.Mapping, row sheet.Row, today string) (Row, bool) {
	return readFields(m, row, referenceFields, today)
}

// Judge says which products are not known and which numbers would move.
func (c References) Judge(ctx context.Context, actor access.Actor, f File, rows []Row) error {
	supplier, reseller, err := c.pair(ctx, actor, f.Partnership)
	if err != nil {
		return err
	}
	keys := make([]catalog.ItemKey, len(rows))
	items := make([]string, len(rows))
	for i := range rows {
		rows[i].Group = clip(rows[i].Fields["buyer_item"], 60)
		keys[i], items[i] = catalog.ItemKey{SKU: skuOf(rows[i])}, rows[i].Group
	}
	found, err := c.Catalog.Resolve(ctx, actor, supplier, reseller, keys)
	if err != nil {
		return err
	}
	now, err := c.Catalog.Referred(ctx, actor, supplier, reseller, items)
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		if r.Doubts = nil; r.Dropped {
			continue
		}
		if len(r.Group) > 48 {
			r.Wrong = append(r.Wrong, sheet.Wrong{Field: "buyer_item", Key: "form.too_long", Args: map[string]any{"Most": 48}, Value: r.Group})
		}
		if sku := skuOf(*r); sku != "" && (!found[i].Found || found[i].Product.SKU != sku) {
			r.Wrong = append(r.Wrong, sheet.Wrong{Field: pSKU, Key: "catalog.sku_unknown", Args: map[string]any{"SKU": sku}, Value: sku})
		} else if was, ok := now[r.Group]; ok && was != sku {
			r.Doubts = []sheet.Wrong{{Field: pSKU, Key: "batch.moves", Args: map[string]any{"SKU": was}}}
		}
	}
	return nil
}

// Apply writes the cross references; those that stand already are left alone.
func (c References) Apply(ctx context.Context, actor access.Actor, f File, groups []Group) error {
	supplier, reseller, err := c.pair(ctx, actor, f.Partnership)
	if err != nil {
		return err
	}
	items := make([]string, len(groups))
	for i, g := range groups {
		items[i] = g.Key
	}
	now, err := c.Catalog.Referred(ctx, actor, supplier, reseller, items)
	if err != nil {
		return err
	}
	for i := range groups {
		g := &groups[i]
		if len(g.Rows) != 1 {
			return fault.New(fault.Conflict, "batch.twice")
		}
		sku := skuOf(g.Rows[0])
		g.Label, g.Outcome = g.Key+" = "+sku, Made
		if was, ok := now[g.Key]; ok {
			if g.Outcome = Changed; was == sku {
				g.Outcome = Same
				continue
			}
		}
		err := c.Catalog.Refer(ctx, actor, catalog.Reference{Supplier: supplier, Partner: reseller, BuyerItem: g.Key, SKU: sku})
		if p := fault.As(err); err != nil {
			if p.Code != fault.NotFound && p.Code != fault.Invalid {
				return err
			}
			g.Outcome, g.Problem = Refused, problemOf(p, g.Rows)
		}
	}
	return nil
}
