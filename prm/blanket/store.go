package blanket

import (
	"context"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/money"
	"entente/prm/trade"
)

type blanketRow struct {
	OrderID                string `gorm:"primaryKey"`
	SupplierID, ResellerID string
	Number                 string
	ValidFrom, ValidUntil  string
	Closed                 int64
	ClosedBy, ClosedOrg    string
	Reason                 string
}

func (blanketRow) TableName() string { return "blanket" }

type releaseRow struct {
	OrderID                string `gorm:"primaryKey"`
	BlanketID              string
	SupplierID, ResellerID string
	Number                 string
	Made                   int64
}

func (releaseRow) TableName() string { return "blanket_release" }

// keep writes a blanket order, or what it says now of how long it holds.
func keep(ctx context.Context, r blanketRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "order_id"}}, DoUpdates: clause.AssignmentColumns([]string{"number", "valid_from", "valid_until"})}).Create(&r).Error
}

// adopt ties call-offs that came before their blanket order.
func adopt(ctx context.Context, r blanketRow) error {
	return db.Tx(ctx).Model(&releaseRow{}).Where("supplier_id = ? AND reseller_id = ? AND number = ? AND blanket_id = ''", r.SupplierID, r.ResellerID, r.Number).Update("blanket_id", r.OrderID).Error
}

func keepRelease(ctx context.Context, r releaseRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "order_id"}}, DoUpdates: clause.AssignmentColumns([]string{"blanket_id", "number"})}).Create(&r).Error
}

// byNumber finds the blanket order of a number, the latest; lock takes it, so that two
// call-offs are weighed one after the other.
func byNumber(ctx context.Context, supplier, reseller, number string, lock bool) (blanketRow, bool, error) {
	tx := db.Tx(ctx)
	if lock && db.DialectOf(ctx) == db.Postgres {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var rows []blanketRow
	err := tx.Where("supplier_id = ? AND reseller_id = ? AND number = ?", supplier, reseller, number).Order("order_id DESC").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return blanketRow{}, false, err
	}
	return rows[0], true, nil
}

// ofOrder finds the blanket order that an order is, or draws on.
func ofOrder(ctx context.Context, order trade.OrderID) (blanketRow, bool, error) {
	var rows []blanketRow
	err := db.Tx(ctx).Where("order_id = ? OR order_id IN (SELECT blanket_id FROM blanket_release WHERE order_id = ?)", string(order), string(order)).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return blanketRow{}, false, err
	}
	return rows[0], true, nil
}

func byID(ctx context.Context, order trade.OrderID, lock bool) (blanketRow, error) {
	tx := db.Tx(ctx)
	if lock && db.DialectOf(ctx) == db.Postgres {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var r blanketRow
	err := tx.Where("order_id = ?", string(order)).Take(&r).Error
	return r, err
}

// ended closes it once.
func ended(ctx context.Context, r blanketRow) (bool, error) {
	tx := db.Tx(ctx).Model(&blanketRow{}).Where("order_id = ? AND closed = 0", r.OrderID).Updates(map[string]any{"closed": r.Closed, "closed_by": r.ClosedBy, "closed_org": r.ClosedOrg, "reason": r.Reason})
	return tx.RowsAffected == 1, tx.Error
}

// lineSum is what lines of orders have of one item in one unit; the rows are prm/trade's
// and read only.
type lineSum struct {
	Line              int64
	ProductID, SKU    string
	Description, Unit string
	Price, Ordered    int64
}

func (s lineSum) quantity() money.Quantity { return money.Quantity(s.Ordered) }

// agreedLines are the lines of a blanket order.
func agreedLines(ctx context.Context, order string) ([]lineSum, error) {
	var out []lineSum
	err := db.Tx(ctx).Raw(`SELECT line, product_id, sku, description, unit, price, ordered - cancelled AS ordered FROM order_line WHERE order_id = ? ORDER BY line`, order).Scan(&out).Error
	return out, err
}

// drawnLines sums what was called off, but for one order.
func drawnLines(ctx context.Context, blanket, but string) ([]lineSum, error) {
	var out []lineSum
	err := db.Tx(ctx).Raw(`SELECT l.product_id, l.sku, l.unit, SUM(l.ordered - l.cancelled) AS ordered FROM blanket_release r JOIN order_line l ON l.order_id = r.order_id
		WHERE r.blanket_id = ? AND r.order_id <> ? GROUP BY l.product_id, l.sku, l.unit ORDER BY l.product_id, l.sku, l.unit`, blanket, but).Scan(&out).Error
	return out, err
}

// callOffs lists the orders that draw on it, newest first.
func callOffs(ctx context.Context, blanket string, limit int) ([]CallOff, error) {
	var rows []struct{ ID, Number, ReleaseNo, State, OrderedOn string }
	err := db.Tx(ctx).Raw(`SELECT o.id, o.number, o.release_no, o.state, o.ordered_on FROM blanket_release r JOIN purchase_order o ON o.id = r.order_id WHERE r.blanket_id = ? ORDER BY r.made DESC, r.order_id DESC LIMIT ?`, blanket, limit).Scan(&rows).Error
	out := make([]CallOff, len(rows))
	for i, r := range rows {
		out[i] = CallOff{trade.OrderID(r.ID), r.Number, r.ReleaseNo, trade.State(r.State), r.OrderedOn}
	}
	return out, err
}
