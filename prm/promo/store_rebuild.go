package promo

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/fault"
)

// rebuildRow is the newest rebuild of a promotion: where it stands, and what was granted so
// far of each promotion of the company whose orders are being read. Nobody else goes on with
// it before Lease; Step fences who was too slow.
type rebuildRow struct {
	PromotionID      string `gorm:"primaryKey"`
	OwnerID, State   string
	Started          int64
	StartedBy        string
	Changed          int64
	Lease, Step      int64
	OrgID, Place     string
	Taken            string
	Done, Total      int
	Found, Differing int64
}

func (rebuildRow) TableName() string { return "promotion_rebuild" }

func (x rebuildRow) progress() *RebuildProgress {
	return &RebuildProgress{State: x.State, Done: min(x.Done, x.Total), Total: x.Total, Rebuilt: Rebuilt{int(x.Found), int(x.Differing)}, Started: instant(x.Started), At: instant(x.Changed)}
}

func rebuildOf(ctx context.Context, id string) (x rebuildRow, found bool, err error) {
	var rows []rebuildRow
	if err := db.Tx(ctx).Where("promotion_id = ?", id).Find(&rows).Error; err != nil || len(rows) == 0 {
		return x, false, err
	}
	return rows[0], true, nil
}

func rebuildDue(ctx context.Context, now int64) (x rebuildRow, found bool, err error) {
	var rows []rebuildRow
	if err := db.Tx(ctx).Where("state = 'running' AND lease <= ?", now).Order("lease, promotion_id").Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return x, false, err
	}
	return rows[0], true, nil
}

func insertRebuild(ctx context.Context, x rebuildRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "promotion_id"}}, DoUpdates: clause.AssignmentColumns([]string{"state", "started", "started_by", "changed", "lease", "step", "org_id", "place", "taken", "done", "total", "found", "differing"})}).Create(&x).Error
}

// leaseRebuild takes a rebuild until an instant, if nobody went on with it.
func leaseRebuild(ctx context.Context, x *rebuildRow, due, until int64) (bool, error) {
	n, err := db.Exec(ctx, "UPDATE promotion_rebuild SET lease = ?, step = step + 1 WHERE promotion_id = ? AND step = ? AND state = 'running' AND lease <= ?", until, x.PromotionID, x.Step, due)
	if n == 1 {
		x.Step, x.Lease = x.Step+1, until
	}
	return n == 1, err
}

// saveRebuild writes where a rebuild stands, if nobody else went on with it.
func saveRebuild(ctx context.Context, step int64, x *rebuildRow) error {
	x.Step = step + 1
	q := db.Tx(ctx).Model(&rebuildRow{}).Where("promotion_id = ? AND step = ?", x.PromotionID, step).Select("*").Updates(*x)
	if q.Error == nil && q.RowsAffected == 0 {
		return fault.New(fault.Conflict, "error.conflict")
	}
	return q.Error
}

// sinceQuery are the orders of a company from an instant on, behind a place.
func sinceQuery(owner, org string, from time.Time, place string) (string, []any, error) {
	q, args := " FROM purchase_order WHERE supplier_id = ? AND reseller_id = ? AND received >= ?", []any{owner, org, db.Micros(from)}
	if place == "" {
		return q, args, nil
	}
	at, id, ok := db.ReadCursor(place)
	if !ok {
		return "", nil, fault.New(fault.Internal, "error.internal", "Cause", "the place of a rebuild")
	}
	return q + " AND received >= ? AND (received > ? OR id > ?)", append(args, at, at, id), nil
}

// nextOrders are how many lines the next orders of a company have, behind a place.
func nextOrders(ctx context.Context, owner, org string, from time.Time, place string, limit int) ([]int, error) {
	if from.IsZero() {
		return nil, nil
	}
	q, args, err := sinceQuery(owner, org, from, place)
	if err != nil {
		return nil, err
	}
	var out []int
	return out, db.Tx(ctx).Raw("SELECT line_count"+q+" ORDER BY received, id LIMIT ?", append(args, limit)...).Scan(&out).Error
}

func ordersSince(ctx context.Context, owner, org string, from time.Time) (n int, err error) {
	if from.IsZero() {
		return 0, nil
	}
	q, args, err := sinceQuery(owner, org, from, "")
	if err != nil {
		return 0, err
	}
	return n, db.Tx(ctx).Raw("SELECT COUNT(*)"+q, args...).Scan(&n).Error
}

// linesOfOrders are the rows of some orders in a promotion.
func linesOfOrders(ctx context.Context, id string, orders []string) ([]lineRow, error) {
	args := make([]any, 0, len(orders)+1)
	args = append(args, id)
	for _, o := range orders {
		args = append(args, o)
	}
	var out []lineRow
	err := db.Rows(ctx, "SELECT "+lineColumns+" FROM promotion_line WHERE promotion_id = ? AND order_id IN "+db.Values(len(orders), 1),
		args, func(scan func(...any) error) error {
			var r lineRow
			err := scan(&r.PromotionID, &r.OrderID, &r.Line, &r.OwnerID, &r.OrgID, &r.VersionNo, &r.Number, &r.SKU, &r.OrderedOn, &r.Arrived, &r.Unit, &r.Factor, &r.Verdict, &r.Reason, &r.Method, &r.Currency, &r.Price, &r.Allowance, &r.Ordered, &r.Granted, &r.Counted, &r.Confirmed, &r.Shipped, &r.Invoiced, &r.Value, &r.Earned, &r.Base)
			out = append(out, r)
			return err
		})
	sortLines(out)
	return out, err
}

// dropStrays removes the rows of a company in a promotion whose order is not there.
func dropStrays(ctx context.Context, id, org string) (int, error) {
	var rows []lineRow
	if err := db.Tx(ctx).Where("promotion_id = ? AND org_id = ? AND NOT EXISTS (SELECT 1 FROM purchase_order o WHERE o.id = promotion_line.order_id AND o.reseller_id = promotion_line.org_id)", id, org).Limit(10_000).Find(&rows).Error; err != nil || len(rows) == 0 {
		return 0, err
	}
	return len(rows), saveLines(ctx, rows, nil)
}

// recountTaken says what the rows of a seat were granted towards its limit: see took.
func recountTaken(ctx context.Context, id, org string) error {
	const granted = "(SELECT CAST(COALESCE(SUM(granted), 0) AS BIGINT) FROM promotion_line WHERE promotion_id = ? AND org_id = ? AND reason NOT LIKE 'free%')"
	_, err := db.Exec(ctx, "UPDATE promotion_seat SET taken = "+granted+" WHERE promotion_id = ? AND org_id = ?", id, org, id, org)
	return err
}
