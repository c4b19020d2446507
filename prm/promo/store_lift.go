package promo

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm/clause"

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
	families, skus := append(none, t.Families...), slices.Concat(none, t.SKUs, t.Within)
	if t.Fixed {
		families = none
	}
	var own []good
	err := db.Tx(ctx).Raw("SELECT id, sku, family FROM product WHERE org_id = ? AND (sku IN ? OR family IN ?) ORDER BY sku LIMIT ?", owner, skus, families, mostGoods).Scan(&own).Error
	if err != nil {
		return nil, err
	}
	is := map[string]bool{t.FreeSKU: true}
	families = none
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

// invoiced is what a line of an invoice adds: a credit of goods takes back, one of the price
// alone does not. A line of an invoice of several orders names its own.
const (
	invoiced     = `CASE WHEN i.kind = '` + trade.InvoiceDebit + `' THEN x.quantity WHEN x.price >= l.price THEN -ABS(x.quantity) ELSE 0 END`
	invoicedLine = `invoice i JOIN invoice_line x ON x.invoice_id = i.id JOIN order_line l ON l.order_id = CASE WHEN x.order_id = '' THEN i.order_id ELSE x.order_id END AND l.line = x.line`
)

// movedBy says where each date that decides is read; goods free of charge are no sales, a
// blanket order is none before it is called off, and a credit takes back.
var movedBy = map[string]string{
	ByOrder: `o.ordered_on AS day, l.ordered - l.cancelled AS quantity, l.product_id, l.unit, p.unit AS base_unit, COALESCE(k.quantity, 0) AS pack FROM purchase_order o JOIN order_line l ON l.order_id = o.id` + movedPacks + `
		WHERE o.supplier_id = ? AND o.reseller_id = ? AND o.ordered_on >= ? AND o.ordered_on <= ? AND o.kind <> 'BK'`,
	ByShip: `s.shipped_on AS day, x.quantity, l.product_id, l.unit, p.unit AS base_unit, COALESCE(k.quantity, 0) AS pack FROM shipment s JOIN shipment_line x ON x.shipment_id = s.id JOIN order_line l ON l.order_id = s.order_id AND l.line = x.line` + movedPacks + `
		WHERE s.supplier_id = ? AND s.reseller_id = ? AND s.shipped_on >= ? AND s.shipped_on <= ?`,
	ByInvoice: `i.issued_on AS day, ` + invoiced + ` AS quantity, l.product_id, l.unit, p.unit AS base_unit, COALESCE(k.quantity, 0) AS pack FROM ` + invoicedLine + movedPacks + `
		WHERE i.supplier_id = ? AND i.reseller_id = ? AND i.issued_on >= ? AND i.issued_on <= ?`,
}

// nested has PostgreSQL read the lines of a partner's documents one document after the other:
// it would rather read all lines of everybody and throw most of them away. SQLite does so
// by itself.
func nested(ctx context.Context, query string) string {
	if db.DialectOf(ctx) != db.Postgres {
		return query
	}
	return lateral.Replace(query)
}

var lateral = strings.NewReplacer(
	"JOIN order_line l ON l.order_id = o.id", "JOIN LATERAL (SELECT * FROM order_line y WHERE y.order_id = o.id OFFSET 0) l ON TRUE",
	"JOIN order_line l ON l.order_id = s.order_id AND l.line = x.line", "JOIN LATERAL (SELECT * FROM order_line y WHERE y.order_id = s.order_id AND y.line = x.line OFFSET 0) l ON TRUE",
	"JOIN order_line l ON l.order_id = CASE WHEN x.order_id = '' THEN i.order_id ELSE x.order_id END AND l.line = x.line", "JOIN LATERAL (SELECT * FROM order_line y WHERE y.order_id = CASE WHEN x.order_id = '' THEN i.order_id ELSE x.order_id END AND y.line = x.line OFFSET 0) l ON TRUE",
	"JOIN shipment_line x ON x.shipment_id = s.id", "JOIN LATERAL (SELECT * FROM shipment_line y WHERE y.shipment_id = s.id OFFSET 0) x ON TRUE",
	"JOIN invoice_line x ON x.invoice_id = i.id", "JOIN LATERAL (SELECT * FROM invoice_line y WHERE y.invoice_id = i.id OFFSET 0) x ON TRUE",
	"JOIN sell_line l ON l.report_id = r.id", "JOIN LATERAL (SELECT * FROM sell_line y WHERE y.report_id = r.id OFFSET 0) l ON TRUE",
)

func movedIn(ctx context.Context, by, owner, org, from, to string, goods []good) ([]moved, error) {
	own, all := []string{""}, []string{""}
	for _, g := range goods {
		if all = append(all, g.ID); g.Own {
			own = append(own, g.ID)
		}
	}
	var out []moved
	return out, db.Tx(ctx).Raw("SELECT day, own, unit, base_unit, pack, CAST(SUM(quantity) AS BIGINT) AS quantity FROM (SELECT l.product_id IN ? AS own, "+nested(ctx, movedBy[by])+" AND l.free = 0 AND l.product_id IN ?) d GROUP BY day, own, unit, base_unit, pack",
		own, owner, org, from, to, all).Scan(&out).Error
}

// pricedIn is what orders of a span ask for products: quantity by unit and price.
func pricedIn(ctx context.Context, owner, org, currency, from, to string, ids []string) (map[string][]priced, error) {
	var rows []priced
	err := db.Tx(ctx).Raw(nested(ctx, `SELECT l.sku, l.unit, l.price, CAST(SUM(l.ordered - l.cancelled) AS BIGINT) AS quantity FROM purchase_order o JOIN order_line l ON l.order_id = o.id
		WHERE o.supplier_id = ? AND o.reseller_id = ? AND o.currency = ? AND o.ordered_on >= ? AND o.ordered_on <= ? AND o.kind <> 'BK' AND l.free = 0 AND l.price > 0 AND l.product_id IN ? GROUP BY l.sku, l.unit, l.price`), owner, org, currency, from, to, ids).Scan(&rows).Error
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
	ByInvoice: `SELECT i.issued_on AS day, i.issued_on AS until, i.number, l.order_id AS id, x.position AS line, l.sku, l.unit, ` + invoiced + ` AS quantity FROM ` + invoicedLine + `
		WHERE i.supplier_id = ? AND i.reseller_id = ? AND i.issued_on >= ? AND i.issued_on <= ? AND l.free = 0 AND (i.kind = '` + trade.InvoiceDebit + `' OR x.price >= l.price) AND l.product_id IN ?`,
	ByResale: `SELECT l.sold_from AS day, l.sold_to AS until, r.number, r.id, l.position AS line, l.sku, '' AS unit, l.pieces AS quantity FROM sell_report r JOIN sell_line l ON l.report_id = r.id
		WHERE r.supplier_id = ? AND r.reseller_id = ? AND l.sold_from >= ? AND l.sold_to <= ? AND r.state = 'current' AND l.pieces <> 0 AND l.product_id IN ?`,
}

// documentsIn reads a page of the lines of a span, the earliest first, some weeks at a time:
// a page sorts the lines of its days, not those of years.
func documentsIn(ctx context.Context, by, owner, org, from, to string, ids []string, after Document, limit int) ([]Document, error) {
	var out []Document
	from = max(from, after.Day)
	for days := 14; from <= to && len(out) < limit; days = min(2*days, 112) {
		at, err := time.Parse(time.DateOnly, from)
		if err != nil {
			return nil, err
		}
		until := min(to, at.AddDate(0, 0, days-1).Format(time.DateOnly))
		next := at.AddDate(0, 0, days).Format(time.DateOnly)
		last := until
		if by == ByResale { // from is the first day of a line, which may last: months and quarters are chosen by that day
			last = to
		}
		q, args := "SELECT * FROM ("+nested(ctx, documentsBy[by])+") d WHERE day <= ?", []any{owner, org, from, last, ids, until}
		if after.Number != "" {
			q += " AND (day > ? OR day = ? AND (number > ? OR number = ? AND (id > ? OR id = ? AND line > ?)))"
			args = append(args, after.Day, after.Day, after.Number, after.Number, after.ID, after.ID, after.Line)
		}
		var got []Document
		if err := db.Tx(ctx).Raw(q+" ORDER BY day, number, id, line LIMIT ?", append(args, limit-len(out))...).Scan(&got).Error; err != nil {
			return nil, err
		}
		out, from = append(out, got...), next
	}
	return out, nil
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

// keptRow is what a promotion added at a company, as it was measured. Stamp tells what that
// was made of.
type keptRow struct {
	PromotionID string `gorm:"primaryKey"`
	OrgID       string `gorm:"primaryKey"`
	Version     int64
	Stamp       string
	Made        int64
	Content     string
}

func (keptRow) TableName() string { return "promotion_measure" }

// keptOf reads what is kept of a promotion by company; org "" stands for all.
func keptOf(ctx context.Context, id, org string) (map[string]keptRow, error) {
	q := db.Tx(ctx).Where("promotion_id = ?", id)
	if org != "" {
		q = q.Where("org_id = ?", org)
	}
	var rows []keptRow
	err := q.Find(&rows).Error
	out := map[string]keptRow{}
	for _, r := range rows {
		out[r.OrgID] = r
	}
	return out, err
}

func keep(ctx context.Context, r keptRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "promotion_id"}, {Name: "org_id"}}, DoUpdates: clause.AssignmentColumns([]string{"version", "stamp", "made", "content"})}).Create(&r).Error
}

// renewKept says that what is kept holds at an instant too.
func renewKept(ctx context.Context, r keptRow, made int64) error {
	return db.Tx(ctx).Model(&keptRow{}).Where("promotion_id = ? AND org_id = ? AND version = ? AND stamp = ?", r.PromotionID, r.OrgID, r.Version, r.Stamp).Update("made", made).Error
}

func dropKept(ctx context.Context, r keptRow) error {
	return db.Tx(ctx).Where("promotion_id = ? AND org_id = ?", r.PromotionID, r.OrgID).Delete(&keptRow{}).Error
}

// stampOf is how many lines the orders of a company have, and a word that is another one when
// its orders, its reports or a promotion of the owner may have changed.
func stampOf(ctx context.Context, owner, org string) (lines int64, stamp string, err error) {
	var x struct{ Lines, Orders, Reports, Standing, Doubts, Promotions int64 }
	err = db.Tx(ctx).Raw(`SELECT o.lines, o.orders, r.reports, r.standing, r.doubts, (SELECT CAST(COALESCE(SUM(version + 1), 0) AS BIGINT) FROM promotion WHERE owner_id = ?) AS promotions
		FROM (SELECT CAST(COALESCE(SUM(line_count), 0) AS BIGINT) AS lines, CAST(COALESCE(SUM(version), 0) AS BIGINT) AS orders FROM purchase_order WHERE supplier_id = ? AND reseller_id = ?) o,
			(SELECT COUNT(*) AS reports, COUNT(CASE WHEN state = 'current' THEN 1 END) AS standing, CAST(COALESCE(SUM(doubts), 0) AS BIGINT) AS doubts FROM sell_report WHERE supplier_id = ? AND reseller_id = ?) r`,
		owner, owner, org, owner, org).Scan(&x).Error
	return x.Lines, fmt.Sprint(x.Lines, x.Orders, x.Reports, x.Standing, x.Doubts, x.Promotions), err
}

// lineCount is how many order lines some companies have together.
func lineCount(ctx context.Context, owner string, orgs []string) (n int64, err error) {
	return n, db.Tx(ctx).Raw("SELECT CAST(COALESCE(SUM(line_count), 0) AS BIGINT) FROM purchase_order WHERE supplier_id = ? AND reseller_id IN ?", owner, orgs).Scan(&n).Error
}

// agreedAfter reads promotions whose terms were agreed, by their ids.
func agreedAfter(ctx context.Context, after string, limit int) ([]row, error) {
	var rows []row
	return rows, db.Tx(ctx).Where("agreed_no > 0 AND id > ?", after).Order("id").Limit(limit).Find(&rows).Error
}
