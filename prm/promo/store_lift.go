package promo

import (
	"context"
	"math/big"

	"entente/db"
	"entente/prm/catalog"
	"entente/prm/money"
	"entente/prm/trade"
)

// The rows read here belong to the packages of their names.

// good is a product a promotion is measured on.
type good struct {
	ID, SKU, Family string
	Own             bool // of the promotion; else a sibling: of the same family
}

// mostGoods bounds how many products are looked at.
const mostGoods = 3000

// goodsOf are the products of terms and their siblings. What a promotion gives free of
// charge is neither.
func goodsOf(ctx context.Context, owner string, t Terms) ([]good, error) {
	none := []string{""}
	var own []good
	err := db.Tx(ctx).Raw("SELECT id, sku, family FROM product WHERE org_id = ? AND (sku IN ? OR family IN ?) ORDER BY sku LIMIT ?", owner, append(none, t.SKUs...), append(none, t.Families...), mostGoods).Scan(&own).Error
	if err != nil {
		return nil, err
	}
	is := map[string]bool{t.FreeSKU: true}
	families := none
	for i := range own {
		own[i].Own, is[own[i].SKU] = true, true
		if own[i].Family != "" {
			families = append(families, own[i].Family)
		}
	}
	var all []good
	err = db.Tx(ctx).Raw("SELECT id, sku, family FROM product WHERE org_id = ? AND family IN ? ORDER BY sku LIMIT ?", owner, families, mostGoods).Scan(&all).Error
	for _, g := range all {
		if !is[g.SKU] && g.Family != "" {
			own = append(own, g)
		}
	}
	return own, err
}

// moved is what orders, shipments or invoices of a day say of the products, or of their
// siblings, in a unit. Pack is how many base units it holds, 0 where the product has no such
// unit: one line for each day and unit, however many products there are.
type moved struct {
	Day            string
	Own            bool
	Unit, BaseUnit string
	Pack           int64
	Quantity       int64
}

// pieces are base units, as prm/trade tells promotions (PromoOrders).
func (m moved) pieces() money.Quantity {
	if catalog.SameUnit(m.Unit) == catalog.SameUnit(m.BaseUnit) {
		return money.Quantity(m.Quantity)
	}
	return times(money.Quantity(m.Quantity), money.Quantity(m.Pack))
}

const movedPacks = ` JOIN product p ON p.org_id = l.supplier_id AND p.id = l.product_id LEFT JOIN pack k ON k.org_id = l.supplier_id AND k.product_id = l.product_id AND k.unit = l.unit`

// movedBy says where each date that decides is read; goods free of charge are no sales, a
// blanket order is none before it is called off, and a credit takes back.
var movedBy = map[string]string{
	ByOrder: `o.ordered_on AS day, l.ordered - l.cancelled AS quantity, l.product_id, l.unit, p.unit AS base_unit, COALESCE(k.quantity, 0) AS pack FROM purchase_order o JOIN order_line l ON l.order_id = o.id` + movedPacks + `
		WHERE o.supplier_id = ? AND o.reseller_id = ? AND o.ordered_on >= ? AND o.ordered_on <= ? AND o.kind <> 'BK'`,
	ByShip: `s.shipped_on AS day, x.quantity, l.product_id, l.unit, p.unit AS base_unit, COALESCE(k.quantity, 0) AS pack FROM shipment s JOIN shipment_line x ON x.shipment_id = s.id JOIN order_line l ON l.order_id = s.order_id AND l.line = x.line` + movedPacks + `
		WHERE s.supplier_id = ? AND s.reseller_id = ? AND s.shipped_on >= ? AND s.shipped_on <= ?`,
	ByInvoice: `i.issued_on AS day, CASE WHEN i.kind = '` + trade.InvoiceDebit + `' THEN x.quantity ELSE -ABS(x.quantity) END AS quantity, l.product_id, l.unit, p.unit AS base_unit, COALESCE(k.quantity, 0) AS pack FROM invoice i JOIN invoice_line x ON x.invoice_id = i.id JOIN order_line l ON l.order_id = i.order_id AND l.line = x.line` + movedPacks + `
		WHERE i.supplier_id = ? AND i.reseller_id = ? AND i.issued_on >= ? AND i.issued_on <= ?`,
}

func movedIn(ctx context.Context, by, owner, org, from, to string, goods []good) ([]moved, error) {
	own, all := []string{""}, []string{""}
	for _, g := range goods {
		if all = append(all, g.ID); g.Own {
			own = append(own, g.ID)
		}
	}
	var out []moved
	return out, db.Tx(ctx).Raw("SELECT day, own, unit, base_unit, pack, CAST(SUM(quantity) AS BIGINT) AS quantity FROM (SELECT l.product_id IN ? AS own, "+movedBy[by]+" AND l.free = 0 AND l.product_id IN ?) d GROUP BY day, own, unit, base_unit, pack",
		own, owner, org, from, to, all).Scan(&out).Error
}

// pricedIn is what orders of a span ask for products: quantity by unit and price.
func pricedIn(ctx context.Context, owner, org, currency, from, to string, ids []string) (map[string][]priced, error) {
	var rows []priced
	err := db.Tx(ctx).Raw(`SELECT l.sku, l.unit, l.price, CAST(SUM(l.ordered - l.cancelled) AS BIGINT) AS quantity FROM purchase_order o JOIN order_line l ON l.order_id = o.id
		WHERE o.supplier_id = ? AND o.reseller_id = ? AND o.currency = ? AND o.ordered_on >= ? AND o.ordered_on <= ? AND o.kind <> 'BK' AND l.free = 0 AND l.price > 0 AND l.product_id IN ? GROUP BY l.sku, l.unit, l.price`, owner, org, currency, from, to, ids).Scan(&rows).Error
	out := map[string][]priced{}
	for _, r := range rows {
		out[r.SKU] = append(out[r.SKU], r)
	}
	return out, err
}

type priced struct {
	SKU, Unit       string
	Price, Quantity int64
}

// Document is one line of a document that a baseline is made of.
type Document struct {
	Day, Until string // Until is another day where a report tells no single one
	Number     string // of the order, the shipment, the invoice or the report
	ID         string // of the order or the report
	Line       int
	SKU, Unit  string
	Quantity   money.Quantity
	Own        bool // else a sibling
}

var documentsBy = map[string]string{
	ByOrder: `SELECT o.ordered_on AS day, o.ordered_on AS until, o.number, o.id, l.line, l.sku, l.unit, l.ordered - l.cancelled AS quantity FROM purchase_order o JOIN order_line l ON l.order_id = o.id
		WHERE o.supplier_id = ? AND o.reseller_id = ? AND o.ordered_on >= ? AND o.ordered_on <= ? AND o.kind <> 'BK' AND l.free = 0 AND l.product_id IN ?`,
	ByShip: `SELECT s.shipped_on AS day, s.shipped_on AS until, s.number, s.order_id AS id, x.line, l.sku, l.unit, x.quantity FROM shipment s JOIN shipment_line x ON x.shipment_id = s.id JOIN order_line l ON l.order_id = s.order_id AND l.line = x.line
		WHERE s.supplier_id = ? AND s.reseller_id = ? AND s.shipped_on >= ? AND s.shipped_on <= ? AND l.free = 0 AND l.product_id IN ?`,
	ByInvoice: `SELECT i.issued_on AS day, i.issued_on AS until, i.number, i.order_id AS id, x.position AS line, l.sku, l.unit, CASE WHEN i.kind = '` + trade.InvoiceDebit + `' THEN x.quantity ELSE -ABS(x.quantity) END AS quantity FROM invoice i JOIN invoice_line x ON x.invoice_id = i.id JOIN order_line l ON l.order_id = i.order_id AND l.line = x.line
		WHERE i.supplier_id = ? AND i.reseller_id = ? AND i.issued_on >= ? AND i.issued_on <= ? AND l.free = 0 AND l.product_id IN ?`,
	ByResale: `SELECT l.sold_from AS day, l.sold_to AS until, r.number, r.id, l.position AS line, l.sku, '' AS unit, l.pieces AS quantity FROM sell_report r JOIN sell_line l ON l.report_id = r.id
		WHERE r.supplier_id = ? AND r.reseller_id = ? AND l.sold_from >= ? AND l.sold_to <= ? AND r.state = 'current' AND l.pieces <> 0 AND l.product_id IN ?`,
}

// documentsIn reads a page of the lines of a span, the earliest first.
func documentsIn(ctx context.Context, by, owner, org, from, to string, ids []string, after Document, limit int) ([]Document, error) {
	q := "SELECT * FROM (" + documentsBy[by] + ") d"
	args := []any{owner, org, from, to, ids}
	if after.Number != "" {
		q += " WHERE (day > ? OR day = ? AND (number > ? OR number = ? AND (id > ? OR id = ? AND line > ?)))"
		args = append(args, after.Day, after.Day, after.Number, after.Number, after.ID, after.ID, after.Line)
	}
	var out []Document
	return out, db.Tx(ctx).Raw(q+" ORDER BY day, number, id, line LIMIT ?", append(args, limit)...).Scan(&out).Error
}

// setMargin keeps what the owner earns on a sale.
func setMargin(ctx context.Context, id string, r money.Rate) error {
	return db.Tx(ctx).Model(&row{}).Where("id = ?", id).Update("margin", int64(r)).Error
}

// average is money per base unit, rounded half up at six places; 0 for nothing.
func average(minor int64, c money.Currency, pieces money.Quantity) money.Price {
	if minor <= 0 || pieces <= 0 {
		return 0
	}
	n := new(big.Int).Mul(big.NewInt(minor), big.NewInt(money.One))
	for d := c.Digits(); d < money.Scale; d++ {
		n.Mul(n, big.NewInt(10))
	}
	n.Add(n, big.NewInt(int64(pieces)/2))
	if n.Quo(n, big.NewInt(int64(pieces))); !n.IsInt64() {
		return 0
	}
	return money.Price(n.Int64())
}
