package trade

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

type backorderRow struct {
	OrderID, Number, SupplierID, ResellerID string
	Line                                    int64
	ProductID, SKU, Description, Unit       string
	NameEn, NameZh                          string
	Backordered, Received                   int64
	PromisedOn                              string
}

func (r backorderRow) backorder() BackorderLine {
	b := BackorderLine{Order: OrderID(r.OrderID), Number: r.Number, Supplier: r.SupplierID, Reseller: r.ResellerID, Line: int(r.Line), Product: r.ProductID, SKU: r.SKU, NameEN: r.NameEn, NameZH: r.NameZh, Unit: r.Unit,
		Waiting: money.Quantity(r.Backordered), PromisedOn: r.PromisedOn, Since: db.FromMicros(r.Received)}
	if b.NameEN == "" && b.NameZH == "" {
		b.NameEN = r.Description
	}
	return b
}

// backorders reads one page by (received, order, line).
func backorders(ctx context.Context, scope access.Scope, f BackorderFilter) ([]backorderRow, string, error) {
	column := "l.reseller_id"
	if f.Side == "supplier" {
		column = "l.supplier_id"
	}
	tx := db.Tx(ctx).Table("order_line l").Select("l.order_id, o.number, l.supplier_id, l.reseller_id, l.line, l.product_id, l.sku, l.description, l.unit, COALESCE(p.name_en, '') AS name_en, COALESCE(p.name_zh, '') AS name_zh, l.backordered, o.received, l.promised_on").
		Joins("JOIN purchase_order o ON o.id = l.order_id").Joins("LEFT JOIN product p ON p.org_id = l.supplier_id AND p.id = l.product_id").
		Where(column+" = ? AND l.backordered > 0", scope.Org())
	if f.After != "" {
		at, order, line, err := queueCursor(f.After)
		if err != nil {
			return nil, "", err
		}
		tx = tx.Where("(o.received > ? OR o.received = ? AND (l.order_id > ? OR l.order_id = ? AND l.line > ?))", at, at, order, order, line)
	}
	var rows []backorderRow
	if err := tx.Order("o.received, l.order_id, l.line").Limit(f.Limit + 1).Scan(&rows).Error; err != nil {
		return nil, "", err
	}
	if len(rows) <= f.Limit {
		return rows, "", nil
	}
	rows = rows[:f.Limit]
	last := rows[f.Limit-1]
	next := strings.Join([]string{strconv.FormatInt(last.Received, 10), last.OrderID, strconv.FormatInt(last.Line, 10)}, "/")
	return rows, base64.RawURLEncoding.EncodeToString([]byte(next)), nil
}

func queueCursor(s string) (at int64, order string, line int64, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	w := strings.Split(string(b), "/")
	if err == nil && len(w) == 3 {
		var e1, e2 error
		at, e1 = strconv.ParseInt(w[0], 10, 64)
		line, e2 = strconv.ParseInt(w[2], 10, 64)
		if e1 == nil && e2 == nil {
			return at, w[1], line, nil
		}
	}
	return 0, "", 0, fault.InvalidField("after", "form.cursor")
}
