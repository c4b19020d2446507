package trade

import (
	"context"
	"strings"

	"entente/db"
)

type holdRow struct {
	ID, OrderID, SupplierID, ResellerID, PartnershipID string
	Reason, Note, OwnerRole, OwnerPerson               string
	Lines                                              string // "1,3"; "" is all of them
	ByDay                                              string
	Due, Overdue, Placed                               int64
	PlacedBy                                           string
	Released                                           int64
	ReleasedBy                                         string
}

func (holdRow) TableName() string { return "order_hold" }

func holdByID(ctx context.Context, id string) (holdRow, error) {
	var r holdRow
	err := db.Tx(ctx).Where("id = ?", id).Take(&r).Error
	return r, err
}

// openHolds are the holds of an order that stand, the oldest first.
func openHolds(ctx context.Context, order string) ([]holdRow, error) {
	var rows []holdRow
	err := db.Tx(ctx).Where("order_id = ? AND released = 0", order).Order("placed, id").Find(&rows).Error
	return rows, err
}

// holdsOf are all holds of an order, the newest first.
func holdsOf(ctx context.Context, order string) ([]Hold, error) {
	var rows []holdRow
	err := db.Tx(ctx).Where("order_id = ?", order).Order("placed DESC, id DESC").Limit(100).Find(&rows).Error
	out := make([]Hold, len(rows))
	for i, r := range rows {
		out[i] = r.hold()
	}
	return out, err
}

// endHold ends a hold that stands; it reports whether it did.
func endHold(ctx context.Context, id, by string) (bool, error) {
	tx := db.Tx(ctx).Model(&holdRow{}).Where("id = ? AND released = 0", id).Updates(map[string]any{"released": db.Micros(db.Now(ctx)), "released_by": by})
	return tx.RowsAffected == 1, tx.Error
}

// endHolds ends the holds of an order that stand: of one reason, or all of them.
func endHolds(ctx context.Context, order, reason, by string) (int64, error) {
	tx := db.Tx(ctx).Model(&holdRow{}).Where("order_id = ? AND released = 0", order)
	if reason != "" {
		tx = tx.Where("reason = ?", reason)
	}
	tx = tx.Updates(map[string]any{"released": db.Micros(db.Now(ctx)), "released_by": by})
	return tx.RowsAffected, tx.Error
}

func lateHolds(ctx context.Context, now int64, limit int) ([]holdRow, error) {
	var rows []holdRow
	err := db.Tx(ctx).Where("released = 0 AND overdue = 0 AND due > 0 AND due <= ? AND order_id IN (SELECT id FROM purchase_order WHERE state NOT IN ('closed', 'cancelled', 'rejected', 'shipped', 'invoiced'))", now).Order("due, id").Limit(limit).Find(&rows).Error
	return rows, err
}

func markHoldLate(ctx context.Context, id string) error {
	return db.Tx(ctx).Model(&holdRow{}).Where("id = ? AND overdue = 0", id).Update("overdue", db.Micros(db.Now(ctx))).Error
}

// roleIn is the first role of an active member of a company; "": it is none.
func roleIn(ctx context.Context, org, person string) (string, error) {
	var roles []string
	err := db.Tx(ctx).Raw("SELECT roles FROM membership WHERE org_id = ? AND person_id = ? AND state = 'active'", org, person).Scan(&roles).Error
	if err != nil || len(roles) == 0 {
		return "", err
	}
	first, _, _ := strings.Cut(roles[0], ",")
	return first, nil
}

// ordersTo are orders of a partnership that go to a place, by the line people read: those
// that were not refused, the newest first, but for one.
func ordersTo(ctx context.Context, partnership, line, except string) ([]orderRow, error) {
	var rows []orderRow
	err := db.Tx(ctx).Select("id", "parties", "references_json").Where("partnership_id = ? AND ship_to = ? AND id <> ? AND state NOT IN ('rejected', 'cancelled') AND hold_reason <> ?", partnership, line, except, HeldApproval).
		Order("received DESC").Limit(50).Find(&rows).Error
	return rows, err
}
