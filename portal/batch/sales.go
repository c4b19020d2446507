package batch

import (
	"context"
	"strings"

	"entente/portal/form"
	"entente/portal/intake"
	"entente/portal/sheet"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/sellthrough"
)

// KindSales is the name of files of what was sold on.
const KindSales = "sales"

// maxSales is the most lines of a report that comes as a file.
const maxSales = 50_000

var salesFields = []sheet.Field{
	{Name: "item", Words: []string{"item", "item number", "item no", "sku", "article", "article number", "product", "product code", "material", "supplier item", "vendor item", "货号", "料号", "产品编码", "商品编码", "供应商货号"}},
	{Name: "gtin", Words: []string{"gtin", "ean", "barcode", "upc", "条码", "商品条码"}},
	{Name: "description", Words: []string{"description", "name", "product name", "品名", "产品名称", "名称"}},
	{Name: "quantity", Required: true, Kind: sheet.Number, Words: []string{"quantity", "qty", "sold", "units", "pieces", "units sold", "quantity sold", "数量", "销量", "销售数量"}},
	{Name: "unit", Words: []string{"unit", "uom", "unit of measure", "单位", "计量单位"}},
	{Name: "price", Kind: sheet.Number, Words: []string{"price", "unit price", "resale price", "selling price", "单价", "售价", "转售价"}},
	{Name: "date", Kind: sheet.Date, Words: []string{"date", "sold on", "sales date", "invoice date", "日期", "销售日期", "开票日期"}},
	{Name: "customer", Words: []string{"customer", "end customer", "customer name", "sold to", "end user", "客户", "最终客户", "客户名称"}},
	{Name: "postcode", Words: []string{"postcode", "zip", "postal code", "customer postcode", "邮编", "邮政编码"}},
	{Name: "country", Words: []string{"country", "customer country", "country code", "国家", "国家代码"}},
	{Name: "gln", Words: []string{"gln", "customer gln"}},
	{Name: "place", Words: []string{"place", "branch", "store", "shop", "location", "门店", "分店", "网点"}},
	{Name: "promotion", Words: []string{"promotion", "promotion number", "promo", "促销", "促销编号"}},
	{Name: "deal", Words: []string{"deal", "deal number", "registration", "registration number", "special price", "报备", "报备编号", "特价编号"}},
	{Name: "reference", Words: []string{"invoice", "invoice number", "invoice no", "reference", "发票", "发票号"}},
}

// Sales are files of what a distributor sold on in a period: all rows are one report. A
// row that cannot be read holds it back; an item that is not known does not.
type Sales struct {
	SellThrough *sellthrough.Service
	Catalog     *catalog.Service
	Partners    *partner.Service
}

// Name is that of the kind.
func (Sales) Name() string { return KindSales }

// Fields are those of a line.
func (Sales) Fields() []string { return names(salesFields) }

// Single is false: the report has many rows.
func (Sales) Single() bool { return false }

// Together is one: a report stands or falls alone.
func (Sales) Together() int { return 1 }

// Check asks for the right to report in the partnership.
func (s Sales) Check(ctx context.Context, actor access.Actor, partnership string) error {
	return s.SellThrough.MayReport(ctx, actor, partnership)
}

// Guess goes by the titles.
func (Sales) Guess(_ context.Context, _ access.Actor, _ File, rows []sheet.Row) sheet.Mapping {
	return sheet.Guess(rows, salesFields)
}

// Clean leaves the columns of a line.
func (Sales) Clean(m sheet.Mapping) sheet.Mapping { return m.Sensible(salesFields) }

// Read reads a row. One without item and quantity is left out: a heading, a total.
func (Sales) Read(m sheet.Mapping, row sheet.Row, today string) (Row, bool) {
	r, ok := readFields(m, row, salesFields, today)
	if ok && r.Fields["item"] == "" && r.Fields["gtin"] == "" && r.Fields["description"] == "" {
		r.Dropped, r.Wrong, r.Doubts = true, nil, []sheet.Wrong{{Key: "batch.blank"}}
		if r.Fields["quantity"] != "" {
			r.Doubts = []sheet.Wrong{{Key: "batch.total"}}
		}
	}
	return r, ok
}

// Judge says which rows will not count, and why.
func (s Sales) Judge(ctx context.Context, actor access.Actor, f File, rows []Row) error {
	p, err := s.Partners.Get(ctx, actor, f.Partnership)
	if err != nil {
		return err
	}
	keys := make([]catalog.ItemKey, len(rows))
	for i, r := range rows {
		keys[i] = catalog.ItemKey{SKU: r.Fields["item"], BuyerItem: r.Fields["item"], GTIN: r.Fields["gtin"]}
	}
	items, err := s.Catalog.Resolve(ctx, actor, p.Supplier, p.Reseller, keys)
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		r.Group = "report"
		if r.Dropped {
			continue
		}
		r.Doubts = nil
		refuse := func(field, key string, args map[string]any) {
			r.Wrong = append(r.Wrong, sheet.Wrong{Field: field, Key: key, Args: args, Value: r.Fields[field]})
		}
		if r.Fields["item"] == "" && r.Fields["gtin"] == "" {
			refuse("item", "form.missing", nil)
		}
		if price, ok := form.Decimal(r.Fields["price"]); ok && price < 0 {
			refuse("price", "trade.price_negative", nil)
		}
		if d := r.Fields["date"]; d != "" && (d < f.Head["from"] || d > f.Head["to"]) {
			r.Doubts = append(r.Doubts, sheet.Wrong{Field: "date", Key: "sell.doubt.date"})
		}
		unit := r.Fields["unit"]
		switch {
		case !items[i].Found:
			r.Doubts = append(r.Doubts, sheet.Wrong{Field: "item", Key: "sell.doubt.item"})
		case unit != "":
			if code, ok := soldUnit(items[i].Product, unit); ok {
				r.Fields["unit"] = code
			} else {
				r.Doubts = append(r.Doubts, sheet.Wrong{Field: "unit", Key: "sell.doubt.unit"})
			}
		}
	}
	return nil
}

// soldUnit is the code of the product's unit that a word stands for.
func soldUnit(p catalog.Product, word string) (string, bool) {
	for _, code := range intake.UnitCodes(word) {
		if _, ok := p.Factor(code); ok {
			return catalog.SameUnit(code), true
		}
	}
	return "", false
}

// Apply books the report.
func (s Sales) Apply(ctx context.Context, actor access.Actor, f File, groups []Group) error {
	for i := range groups {
		g := &groups[i]
		g.Label = f.Head["report"]
		if g.Lines > maxSales {
			g.Outcome, g.Problem = Refused, Problem{Key: "trade.too_many_lines", Args: map[string]any{"Most": maxSales}}
			continue
		}
		cmd := sellthrough.BookCmd{Partnership: f.Partnership, Number: f.Head["report"], From: f.Head["from"], To: f.Head["to"], Source: sellthrough.FromFile, Key: "file:" + f.Key(g.Key+" "+f.Head["from"]+" "+f.Head["to"]+" "+f.Head["report"])}
		if cmd.Number == "" {
			cmd.Number = cmd.From + "/" + cmd.To
			g.Label = cmd.Number
		}
		for _, r := range g.Rows {
			if !r.Dropped {
				cmd.Lines = append(cmd.Lines, soldOf(r))
			}
		}
		got, err := s.SellThrough.Book(ctx, actor, cmd)
		if p := fault.As(err); err != nil {
			if p.Code != fault.Invalid && p.Code != fault.TooLarge {
				return err
			}
			g.Outcome, g.Problem = Refused, problemOf(p, g.Rows)
			continue
		}
		g.Outcome, g.Subject = Made, string(got.Report.ID)
		switch got.Outcome {
		case sellthrough.Corrected:
			g.Outcome = Changed
		case sellthrough.Duplicate, sellthrough.Late:
			g.Outcome = Same
		}
	}
	return nil
}

func soldOf(r Row) sellthrough.Line {
	f := r.Fields
	quantity, _ := form.Decimal(f["quantity"])
	price, _ := form.Decimal(f["price"])
	l := sellthrough.Line{SKU: f["item"], BuyerItem: f["item"], GTIN: f["gtin"], Description: f["description"], Kind: sellthrough.KindSale, Movement: "SS", Quantity: quantity, Unit: f["unit"], Price: max(money.Price(price), 0), From: f["date"], To: f["date"],
		Customer: sellthrough.Customer{Name: f["customer"], Postcode: f["postcode"], Country: strings.ToUpper(f["country"])}, Place: f["place"], Promotion: f["promotion"], Deal: f["deal"], Reference: f["reference"]}
	if f["gln"] != "" {
		l.Customer.List, l.Customer.Code = "UL", f["gln"]
	}
	if quantity < 0 {
		l.Kind, l.Movement = sellthrough.KindReturn, "BN"
	}
	return l
}
