package trade

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
)

type answerTimeRow struct {
	PartnershipID string `gorm:"primaryKey"`
	SupplierID    string
	ResellerID    string
	Hours         int64
	Changed       int64
	ChangedBy     string
}

func (answerTimeRow) TableName() string { return "answer_time" }

// answerTimeOf is the default where nobody said otherwise.
func answerTimeOf(ctx context.Context, partnership string) (answerTimeRow, error) {
	return db.Remember(ctx, "answer_time:"+partnership, []string{"answer_time"}, func() (answerTimeRow, error) {
		var rows []answerTimeRow
		err := db.Tx(ctx).Where("partnership_id = ?", partnership).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return answerTimeRow{PartnershipID: partnership, Hours: DefaultAnswerHours}, err
		}
		return rows[0], nil
	})
}

func saveAnswerTime(ctx context.Context, r answerTimeRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "partnership_id"}}, DoUpdates: clause.AssignmentColumns([]string{"hours", "changed", "changed_by"}),
	}).Create(&r).Error
}

type clockRow struct {
	OrderID         string `gorm:"primaryKey"`
	PartnershipID   string
	SupplierID      string
	ResellerID      string
	CalendarVersion int64
	Work            int64
	Started         int64
	Warn            int64
	Due             int64
	Warned          int64
	Overdue         int64
	Paused          int64
	WarnLeft        int64
	DueLeft         int64
	Settled         int64
	Outcome         string
}

func (clockRow) TableName() string { return "order_clock" }

func (r clockRow) clock() AnswerClock {
	at := func(n int64) time.Time {
		if n == 0 {
			return time.Time{}
		}
		return db.FromMicros(n)
	}
	return AnswerClock{Started: at(r.Started), Warn: at(r.Warn), Due: at(r.Due), Warned: at(r.Warned), Overdue: at(r.Overdue), Paused: at(r.Paused), Settled: at(r.Settled), Outcome: r.Outcome}
}

// saveClock begins the clock of an order, in place of one that ran before.
func saveClock(ctx context.Context, r clockRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "order_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"calendar_version", "work", "started", "warn", "due", "warned", "overdue", "paused", "warn_left", "due_left", "settled", "outcome"}),
	}).Create(&r).Error
}

// beginClock is saveClock for an order just made.
func beginClock(ctx context.Context, r clockRow) error { return db.LaterRow(ctx, &r, "") }

func clockOf(ctx context.Context, order string) (clockRow, bool, error) {
	var rows []clockRow
	err := db.Tx(ctx).Where("order_id = ?", order).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return clockRow{}, false, err
	}
	return rows[0], true, nil
}

// clocksOf reads the clocks of several orders.
func clocksOf(ctx context.Context, orders []string) (map[string]AnswerClock, error) {
	out := map[string]AnswerClock{}
	if len(orders) == 0 {
		return out, nil
	}
	var rows []clockRow
	err := db.Tx(ctx).Where("order_id IN ?", orders).Find(&rows).Error
	for _, r := range rows {
		out[r.OrderID] = r.clock()
	}
	return out, err
}

func changeClock(ctx context.Context, order string, values map[string]any) error {
	return db.Tx(ctx).Model(&clockRow{}).Where("order_id = ? AND settled = 0", order).Updates(values).Error
}

// unanswered says whether the supplier has still to speak about a line of an order.
func unanswered(ctx context.Context, order string) (bool, error) {
	var n int64
	err := db.Tx(ctx).Raw("SELECT COUNT(*) FROM order_line WHERE order_id = ? AND (state = 'open' OR ordered - confirmed - backordered - cancelled > 0)", order).Scan(&n).Error
	return n > 0, err
}

// ringing reads the clocks that came to a point and were not told of, oldest first.
func ringing(ctx context.Context, at, told string, now time.Time, limit int) ([]clockRow, error) {
	var rows []clockRow
	return rows, db.Tx(ctx).Where("settled = 0 AND paused = 0 AND "+told+" = 0 AND "+at+" <= ?", db.Micros(now)).Order(at + ", order_id").Limit(limit).Find(&rows).Error
}

// overdueSQL chooses the orders of one side whose answer is overdue; its arguments are
// the company and the instant.
func overdueSQL(side access.Side) string {
	return "SELECT k.order_id FROM order_clock k WHERE k." + column(side) + " = ? AND k.settled = 0 AND (k.overdue > 0 OR k.paused = 0 AND k.due <= ?)"
}

// lateOrders reads the orders of a company whose answer is overdue, the longest first.
func lateOrders(ctx context.Context, scope access.Scope, now time.Time, limit int) ([]orderRow, int, error) {
	args := []any{scope.Org(), db.Micros(now), scope.Org(), db.Micros(now)}
	where := "id IN (" + overdueSQL(access.Supplier) + ") OR id IN (" + overdueSQL(access.Reseller) + ")"
	var n int64
	if err := db.Tx(ctx).Model(&orderRow{}).Where(where, args...).Count(&n).Error; err != nil || n == 0 {
		return nil, 0, err
	}
	var rows []orderRow
	err := db.Tx(ctx).Where(where, args...).Order("(SELECT due FROM order_clock c WHERE c.order_id = purchase_order.id), id").Limit(limit).Find(&rows).Error
	return rows, int(n), err
}
