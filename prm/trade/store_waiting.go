package trade

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"

	"entente/db"
	"entente/db/search"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// waitRow is one thing that waits, joined with its order.
type waitRow struct {
	ID, OrderID, Number, SupplierID, ResellerID, Subject string
	Marks, Since, DiffersBy, Due                         int64
	Currency                                             string
}

func (r waitRow) item(kind string, side access.Side, days int) Item {
	it := Item{Kind: kind, Order: OrderID(r.OrderID), Number: r.Number, Partner: r.ResellerID, Subject: r.Subject, ID: r.ID, Marks: int(r.Marks), Since: db.FromMicros(r.Since)}
	it.Difference = money.Amount{Minor: r.DiffersBy, Currency: money.Currency(r.Currency)}
	if side == access.Reseller {
		it.Partner = r.SupplierID
	}
	it.Due, it.days = db.FromMicros(r.Due), days
	return it
}

// The oldest come first: they are the ones that are due.

func waitConfirm(ctx context.Context, scope access.Scope, side access.Side, limit int) ([]Item, error) {
	var rows []waitRow
	err := db.Tx(ctx).Raw(`SELECT o.id, o.id AS order_id, o.number, o.supplier_id, o.reseller_id, o.marks, o.received AS since, COALESCE(k.due, 0) AS due
		FROM purchase_order o LEFT JOIN order_clock k ON k.order_id = o.id AND k.settled = 0 WHERE o.supplier_id = ? AND o.state = 'received' AND o.ship_to_unknown = '' ORDER BY o.received, o.id LIMIT ?`, scope.Org(), limit).Scan(&rows).Error
	return items(rows, side, confirmDays, func(r waitRow) string {
		if r.Marks > 0 {
			return WaitMarked
		}
		return WaitConfirm
	}), err
}

// waitRest are orders that were answered in part.
func waitRest(ctx context.Context, scope access.Scope, side access.Side, limit int) ([]Item, error) {
	var rows []waitRow
	err := db.Tx(ctx).Raw(`SELECT o.id, o.id AS order_id, o.number, o.supplier_id, o.reseller_id, o.marks, k.started AS since, k.due FROM order_clock k JOIN purchase_order o ON o.id = k.order_id
		WHERE k.supplier_id = ? AND k.settled = 0 AND o.state <> 'received' ORDER BY k.due, k.order_id LIMIT ?`, scope.Org(), limit).Scan(&rows).Error
	return items(rows, side, confirmDays, func(waitRow) string { return WaitConfirm }), err
}

// waitAnswer are orders that the supplier should have answered by now.
func waitAnswer(ctx context.Context, scope access.Scope, side access.Side, limit int) ([]Item, error) {
	var rows []waitRow
	now := db.Micros(db.Now(ctx))
	err := db.Tx(ctx).Raw(`SELECT o.id, o.id AS order_id, o.number, o.supplier_id, o.reseller_id, 0 AS marks, k.started AS since, k.due FROM order_clock k JOIN purchase_order o ON o.id = k.order_id
		WHERE k.reseller_id = ? AND k.settled = 0 AND (k.overdue > 0 OR k.paused = 0 AND k.due <= ?) ORDER BY k.due, k.order_id LIMIT ?`, scope.Org(), now, limit).Scan(&rows).Error
	return items(rows, side, confirmDays, func(waitRow) string { return WaitAnswer }), err
}

func waitHeld(ctx context.Context, scope access.Scope, side access.Side, limit int) ([]Item, error) {
	var rows []waitRow
	col := column(side)
	err := db.Tx(ctx).Raw(`SELECT a.id, o.id AS order_id, o.number, o.supplier_id, o.reseller_id, o.marks, a.made AS since FROM `+search.By(db.DialectOf(ctx), "purchase_order AS o", indexOf(side, "held"))+` JOIN order_arrival a ON a.order_id = o.id
		WHERE o.`+col+` = ? AND o.held <> '' AND a.outcome = 'held' AND a.answer = '' ORDER BY a.made, a.id LIMIT ?`, scope.Org(), limit).Scan(&rows).Error
	return items(rows, side, heldDays, func(waitRow) string { return WaitHeld }), err
}

// waitPlace are orders that are held for a ship-to nobody knows.
func waitPlace(ctx context.Context, scope access.Scope, side access.Side, limit int) ([]Item, error) {
	var rows []waitRow
	err := db.Tx(ctx).Raw(`SELECT o.id, o.id AS order_id, o.number, o.supplier_id, o.reseller_id, o.ship_to_unknown AS subject, 0 AS marks, o.received AS since FROM `+search.By(db.DialectOf(ctx), "purchase_order AS o", indexOf(access.Supplier, "held"))+`
		WHERE o.supplier_id = ? AND o.held <> '' AND o.ship_to_unknown <> '' ORDER BY o.received, o.id LIMIT ?`, scope.Org(), limit).Scan(&rows).Error
	return items(rows, side, heldDays, func(waitRow) string { return WaitPlace }), err
}

func waitAgree(ctx context.Context, scope access.Scope, side access.Side, limit int) ([]Item, error) {
	var rows []waitRow
	err := db.Tx(ctx).Raw(`SELECT r.id, r.order_id, o.number, o.supplier_id, o.reseller_id, r.number AS subject, r.made AS since FROM order_response r JOIN purchase_order o ON o.id = r.order_id
		WHERE r.reseller_id = ? AND r.kind = 'changed' AND r.agreed = 0 ORDER BY r.made, r.id LIMIT ?`, scope.Org(), limit).Scan(&rows).Error
	return items(rows, side, agreeDays, func(waitRow) string { return WaitAgree }), err
}

func waitReceive(ctx context.Context, scope access.Scope, side access.Side, limit int) ([]Item, error) {
	var rows []waitRow
	err := db.Tx(ctx).Raw(`SELECT s.id, s.order_id, o.number, o.supplier_id, o.reseller_id, s.number AS subject, s.made AS since FROM shipment s JOIN purchase_order o ON o.id = s.order_id
		WHERE s.reseller_id = ? AND s.received = 0 ORDER BY s.made, s.id LIMIT ?`, scope.Org(), limit).Scan(&rows).Error
	return items(rows, side, receiveDays, func(waitRow) string { return WaitReceive }), err
}

func waitDiffers(ctx context.Context, scope access.Scope, side access.Side, limit int) ([]Item, error) {
	var rows []waitRow
	col := column(side)
	err := db.Tx(ctx).Raw(`SELECT i.id, o.id AS order_id, o.number, o.supplier_id, o.reseller_id, i.number AS subject, i.made AS since, i.differs_by, i.currency FROM invoice i
		JOIN purchase_order o ON o.id = COALESCE((SELECT x.order_id FROM invoice_share x WHERE x.invoice_id = i.id AND x.state = 'differs' ORDER BY x.position LIMIT 1), i.order_id)
		WHERE i.`+col+` = ? AND i.state = 'differs' ORDER BY i.made, i.id LIMIT ?`, scope.Org(), limit).Scan(&rows).Error
	return items(rows, side, differsDays, func(waitRow) string { return WaitDiffers }), err
}

func items(rows []waitRow, side access.Side, days int, kind func(waitRow) string) []Item {
	out := make([]Item, len(rows))
	for i, r := range rows {
		out[i] = r.item(kind(r), side, days)
	}
	return out
}

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
