package gateway

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
)

type patienceRow struct {
	PartnershipID string `gorm:"primaryKey"`
	OrgID         string `gorm:"primaryKey"`
	SupplierID    string
	ResellerID    string
	Hours         int64
	ReceiptHours  int64
	Changed       int64
	ChangedBy     string
}

// TableName is the table of patienceRow.
func (patienceRow) TableName() string { return "edi_patience" }

type waitRow struct {
	InterchangeID string `gorm:"primaryKey"`
	PartnershipID string
	SupplierID    string
	ResellerID    string
	SenderID      string
	Started       int64
	Due           int64
	Overdue       int64
	Asked         int64
	AskedBy       string
	Settled       int64
	Outcome       string
	SettledBy     string
	Reason        string
}

// TableName is the table of waitRow.
func (waitRow) TableName() string { return "edi_wait" }

// view is the wait as a company sees it.
func (w *waitRow) view(org string) Wait {
	out := Wait{Started: instant(w.Started), Due: instant(w.Due), Overdue: instant(w.Overdue), Asked: instant(w.Asked), Settled: instant(w.Settled), Outcome: w.Outcome}
	if w.SenderID == org {
		out.AskedBy, out.SettledBy, out.Reason = w.AskedBy, w.SettledBy, w.Reason
	}
	return out
}

// patienceOf is nil where nobody said how long.
func patienceOf(ctx context.Context, partnership, org string) (*patienceRow, error) {
	var r patienceRow
	err := db.Tx(ctx).Where("partnership_id = ? AND org_id = ?", partnership, org).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &r, err
}

func savePatience(ctx context.Context, r *patienceRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "partnership_id"}, {Name: "org_id"}}, DoUpdates: clause.AssignmentColumns([]string{"hours", "receipt_hours", "changed", "changed_by"}),
	}).Create(r).Error
}

// insertWait does nothing where a clock ran before.
func insertWait(ctx context.Context, r *waitRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(r).Error
}

func waitOf(ctx context.Context, id string) (*waitRow, error) {
	var r waitRow
	err := db.Tx(ctx).Where("interchange_id = ?", id).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &r, err
}

// waitsOf reads the waits of several interchanges.
func waitsOf(ctx context.Context, ids []string) (map[string]*waitRow, error) {
	out := map[string]*waitRow{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []waitRow
	err := db.Tx(ctx).Where("interchange_id IN ?", ids).Find(&rows).Error
	for i := range rows {
		out[rows[i].InterchangeID] = &rows[i]
	}
	return out, err
}

func changeWait(ctx context.Context, id string, values map[string]any, where string, args ...any) (bool, error) {
	res := db.Tx(ctx).Model(&waitRow{}).Where("interchange_id = ?", id).Where(where, args...).Updates(values)
	return res.RowsAffected == 1, res.Error
}

// settleWait ends the clock of what was acknowledged.
func settleWait(ctx context.Context, id string) error {
	_, err := changeWait(ctx, id, map[string]any{"settled": db.Micros(db.Now(ctx)), "outcome": WaitAnswered}, "settled = 0")
	return err
}

// dueWaits reads the clocks that ran out and were not told of, oldest first.
func dueWaits(ctx context.Context, now time.Time, limit int) ([]waitRow, error) {
	var out []waitRow
	return out, db.Tx(ctx).Where("settled = 0 AND overdue = 0 AND due <= ?", db.Micros(now)).Order("due, interchange_id").Limit(limit).Find(&out).Error
}
