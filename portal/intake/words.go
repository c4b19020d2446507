package intake

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"entente/portal/sheet"
)

// Fields of a line. A person may choose each of them for a column.
const (
	Number   = "number" // the buyer's order number: rows with one number are one order
	Item     = "item"   // any number of the item
	GTIN     = "gtin"   // stands in where there is no item number
	Quantity = "quantity"
	Unit     = "unit"
	Price    = "price"
	Date     = "date" // when it is wanted
)

// Names lists the fields in the order of a form.
var Names = []string{Number, Item, GTIN, Quantity, Unit, Price, Date}

// decoys are titles that must not be taken for a field whose word they hold:
// "order date", "total price", "line no".
const decoy = "-"

var fields = []sheet.Field{
	{Name: decoy + "position", Words: []string{"line", "line no", "line number", "row", "no", "pos", "position", "#", "序号", "行号", "项次"}},
	{Name: decoy + "ordered", Words: []string{"order date", "date of order", "po date", "下单日期", "订单日期", "订购日期", "采购日期"}},
	{Name: decoy + "amount", Words: []string{"amount", "total", "total price", "line total", "net amount", "sum", "金额", "总金额", "小计", "总价", "合计", "含税金额"}},
	{Name: decoy + "gross", Words: []string{"gross price", "price incl vat", "price incl tax", "含税单价", "含税价", "零售价"}},
	{Name: decoy + "name", Words: []string{"name", "description", "item name", "item description", "product name", "product description", "article name", "品名", "名称", "产品名称", "商品名称", "物料名称", "规格", "规格型号", "描述"}},
	{Name: decoy + "stock", Words: []string{"stock", "stock quantity", "quantity in stock", "库存", "库存数量"}},
	{Name: decoy + "pack", Words: []string{"pack quantity", "quantity per pack", "quantity per case", "装箱数", "每箱数量", "箱规"}},
	{Name: Number, Kind: sheet.Text, Words: []string{"order number", "order no", "order", "po", "po number", "po no", "purchase order", "purchase order number", "your order", "bestellnummer", "订单号", "订单编号", "采购单号", "采购订单号", "客户订单号", "单号"}},
	{Name: Item, Kind: sheet.Text, Words: []string{"item", "item number", "item no", "item code", "sku", "article", "article number", "article no", "artikel", "artikelnummer", "part", "part number", "part no", "material", "material number", "product", "product code", "product number", "product no", "model", "code", "supplier item", "your item", "customer item",
		"货号", "料号", "物料", "物料号", "物料编码", "物料编号", "商品", "商品编码", "商品编号", "产品", "产品编码", "产品编号", "产品型号", "型号", "编码", "编号", "品号", "款号", "存货编码"}},
	{Name: GTIN, Kind: sheet.Text, Words: []string{"gtin", "ean", "ean code", "upc", "barcode", "bar code", "条码", "条形码", "商品条码", "国际条码"}},
	{Name: Quantity, Kind: sheet.Number, Words: []string{"quantity", "qty", "order quantity", "order qty", "quantity ordered", "qty ordered", "ordered", "menge", "数量", "订购数量", "订货数量", "采购数量", "订单数量", "需求数量", "件数"}},
	{Name: Unit, Kind: sheet.Text, Words: []string{"unit", "units", "uom", "unit of measure", "order unit", "einheit", "单位", "计量单位", "订货单位", "包装单位"}},
	{Name: Price, Kind: sheet.Number, Words: []string{"price", "unit price", "net price", "price net", "price each", "preis", "单价", "价格", "不含税单价", "未税单价", "采购单价"}},
	{Name: Date, Kind: sheet.Date, Words: []string{"date", "requested", "requested date", "request date", "required date", "required", "wanted", "wanted on", "delivery date", "deliver by", "need by", "due", "due date", "liefertermin", "日期", "交期", "交货日期", "交货期", "需求日期", "要求日期", "要求交期", "到货日期", "送货日期", "期望到货日期"}},
}

// unitWords are what people call units, each with the codes it may stand for, the
// likeliest first.
var unitWords = map[string][]string{}

func init() {
	for codes, words := range map[string]string{
		"EA":       "ea each pc pcs pce piece pieces unit stk stück stueck 件 个 只 台 支 把 条 块 根 颗 粒 枚 片 张 本",
		"BX":       "bx box boxes 盒",
		"CA BX":    "ca cs ct ctn case cases carton cartons 箱",
		"PK":       "pk pack packs pkt packet packets 包 袋",
		"PL":       "pl pf pal pallet pallets 托 托盘 板",
		"SET":      "set sets 套 组",
		"PR":       "pr pair pairs 双 对 副",
		"DZ":       "dz doz dozen 打",
		"KG":       "kg kgs kgm 千克 公斤",
		"M MR MTR": "m mtr metre metres meter meters 米",
		"LT":       "l lt ltr litre litres liter liters 升",
		"RO RL":    "roll rolls 卷",
	} {
		for w := range strings.FieldsSeq(words) {
			unitWords[w] = strings.Fields(codes)
		}
	}
}

// UnitCodes are the codes that a word for a unit may stand for; the word itself in
// capitals where it is none that people use. Empty is nil.
func UnitCodes(word string) []string {
	w := strings.ToLower(strings.Trim(width.Fold.String(word), " .\u00a0"))
	if w == "" {
		return nil
	}
	up := strings.ToUpper(w)
	if c, ok := unitWords[w]; ok {
		if slices.Contains(c, up) {
			return c
		}
		return append([]string{up}, c...)
	}
	return []string{up}
}

func isUnit(word string) bool {
	_, ok := unitWords[strings.ToLower(strings.Trim(width.Fold.String(word), " .\u00a0"))]
	return ok
}

// currencies are the signs and codes that people write beside a price.
var currencies = []string{"CNY", "RMB", "GBP", "EUR", "USD", "HKD", "¥", "￥", "£", "€", "$", "元"}

// plainPrice takes a currency off a price.
func plainPrice(s string) string {
	s = strings.TrimSpace(s)
	for _, c := range currencies {
		if rest, ok := strings.CutPrefix(s, c); ok {
			return strings.TrimSpace(rest)
		}
		if rest, ok := strings.CutSuffix(s, c); ok {
			return strings.TrimSpace(rest)
		}
	}
	return s
}

// countedIn cuts "12 pcs" and "12件" into the number and the unit.
func countedIn(s string) (number, unit string, ok bool) {
	at := strings.LastIndexFunc(s, func(r rune) bool { return unicode.IsDigit(r) })
	if at < 0 {
		return "", "", false
	}
	rest := s[at:]
	for _, r := range rest {
		rest = rest[len(string(r)):]
		break
	}
	number, unit = strings.TrimSpace(s[:len(s)-len(rest)]), strings.TrimSpace(rest)
	return number, unit, unit != "" && isUnit(unit)
}

// totals are the words of a row that sums up the others.
var totals = []string{"total", "totals", "sum", "subtotal", "grandtotal", "summe", "合计", "总计", "小计", "共计"}

func isTotal(s string) bool {
	folded := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
	return folded != "" && slices.Contains(totals, folded)
}
