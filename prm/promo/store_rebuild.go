package promo

import (
	"context"
	"slices"
	"strings"
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

// nextOrder is an order that is read next.
type nextOrder struct {
	ID, ResellerID string
	Received       int64
	LineCount      int
}

// nextOrders are the next orders of some companies from an instant on, behind a place, in the
// order in which they came.
func nextOrders(ctx context.Context, owner string, orgs []string, from time.Time, place string, limit int) ([]nextOrder, error) {
	if from.IsZero() || len(orgs) == 0 {
		return nil, nil
	}
	q, args := "SELECT id, reseller_id, received, line_count FROM purchase_order WHERE supplier_id = ? AND received >= ?", []any{owner, db.Micros(from)}
	if place != "" {
		at, id, ok := db.ReadCursor(place)
		if !ok {
			return nil, fault.New(fault.Internal, "error.internal", "Cause", "the place of a rebuild")
		}
		q, args = q+" AND received >= ? AND (received > ? OR id > ?)", append(args, at, at, id)
	}
	if len(orgs) == 1 {
		q, args = q+" AND reseller_id = ?", append(args, orgs[0])
	} else { // walked in the supplier's order: no index on the reseller helps
		q, args = q+" AND reseller_id || '' IN ?", append(args, orgs)
	}
	var out []nextOrder
	return out, db.Tx(ctx).Raw(q+" ORDER BY received, id LIMIT ?", append(args, limit)...).Scan(&out).Error
}

func ordersSince(ctx context.Context, owner, org string, from time.Time) (n int, err error) {
	if from.IsZero() {
		return 0, nil
	}
	return n, db.Tx(ctx).Raw("SELECT COUNT(*) FROM purchase_order WHERE supplier_id = ? AND reseller_id = ? AND received >= ?", owner, org, db.Micros(from)).Scan(&n).Error
}

// lockCompanies makes whoever changes lines of some companies in a promotion wait.
func lockCompanies(ctx context.Context, id string, orgs []string) error {
	if db.DialectOf(ctx) != db.Postgres || len(orgs) == 0 {
		return nil
	}
	var ids []string
	return db.Tx(ctx).Raw("SELECT id FROM promotion_seat WHERE promotion_id = ? AND org_id IN ? ORDER BY org_id FOR UPDATE", id, orgs).Scan(&ids).Error
}

// linesOfOrders are the rows of some orders in a promotion. PostgreSQL seeks them order by
// order: it keeps the plan of when there were few rows, and would read all of them each time.
func linesOfOrders(ctx context.Context, id string, orders []string) ([]lineRow, error) {
	columns := strings.TrimPrefix(lineColumns, "promotion_id, ")
	var query string
	var args []any
	if db.DialectOf(ctx) == db.Postgres {
		query = "SELECT " + columns + " FROM unnest(CAST(? AS text[])) o(wanted) CROSS JOIN LATERAL (SELECT * FROM promotion_line WHERE promotion_id = ? AND order_id = o.wanted OFFSET 0) l"
		args = []any{orders, id}
	} else {
		query = "SELECT " + columns + " FROM promotion_line WHERE promotion_id = ? AND order_id IN " + db.Values(len(orders), 1)
		args = append(args, id)
		for _, o := range orders {
			args = append(args, o)
		}
	}
	var out []lineRow
	err := db.Rows(ctx, query,
		args, func(scan func(...any) error) error {
			r := lineRow{PromotionID: id}
			err := scan(&r.OrderID, &r.Line, &r.OwnerID, &r.OrgID, &r.VersionNo, &r.Number, &r.SKU, &r.OrderedOn, &r.Arrived, &r.Unit, &r.Factor, &r.Verdict, &r.Reason, &r.Method, &r.Currency, &r.Price, &r.Allowance, &r.Ordered, &r.Granted, &r.Counted, &r.Confirmed, &r.Shipped, &r.Invoiced, &r.Value, &r.Earned, &r.Base, &r.Free, &r.Freed)
			out = append(out, r)
			return err
		})
	sortLines(out)
	return out, err
}

// strayChunk bounds how many orders are asked for at once.
const strayChunk = 1000

// addedUp is what the lines of a company in a promotion come to: their sums, and what they hold of
// the limit of its seat.
type addedUp struct {
	sums  tally
	taken int64
}

// addUp adds up the lines of a company in a promotion, after it has removed those whose order
// is not there: how many those were. Each line is read once.
func addUp(ctx context.Context, id, org string) (out addedUp, strays int, err error) {
	for {
		var orders []string
		if out, orders, err = addLines(ctx, id, org); err != nil {
			return out, strays, err
		}
		gone, err := missingOrders(ctx, org, orders)
		if err != nil || len(gone) == 0 {
			return out, strays, err
		}
		for part := range slices.Chunk(gone, strayChunk) {
			var rows []lineRow
			if err := db.Tx(ctx).Where("promotion_id = ? AND org_id = ? AND order_id IN ?", id, org, part).Order("order_id, line").Find(&rows).Error; err != nil {
				return out, strays, err
			}
			if err := saveLines(ctx, rows, nil); err != nil {
				return out, strays, err
			}
			strays += len(rows)
		}
	}
}

// addLines adds up the lines of a company in a promotion, and names their orders.
func addLines(ctx context.Context, id, org string) (out addedUp, orders []string, err error) {
	adder := adder{}
	err = db.Rows(ctx, "SELECT order_id, sku, method, currency, verdict, free, freed, granted, counted, confirmed, shipped, invoiced, value, earned FROM promotion_line WHERE promotion_id = ? AND org_id = ? ORDER BY arrived, order_id, line", []any{id, org}, func(scan func(...any) error) error {
		r := lineRow{PromotionID: id, OrgID: org}
		if err := scan(&r.OrderID, &r.SKU, &r.Method, &r.Currency, &r.Verdict, &r.Free, &r.Freed, &r.Granted, &r.Counted, &r.Confirmed, &r.Shipped, &r.Invoiced, &r.Value, &r.Earned); err != nil {
			return err
		}
		if n := len(orders); n == 0 || orders[n-1] != r.OrderID {
			orders = append(orders, r.OrderID)
		}
		out.taken += r.held()
		adder.line(&r)
		return nil
	})
	out.sums = tally{}
	adder.into(out.sums, 1)
	return out, orders, err
}

// missingOrders are those of some orders that a company does not have.
func missingOrders(ctx context.Context, org string, orders []string) ([]string, error) {
	var gone []string
	for part := range slices.Chunk(orders, strayChunk) {
		var have []string
		if err := db.Tx(ctx).Raw("SELECT id FROM purchase_order WHERE reseller_id || '' = ? AND id IN ?", org, part).Scan(&have).Error; err != nil {
			return nil, err
		}
		if len(have) == len(part) {
			continue
		}
		slices.Sort(have)
		for _, o := range part {
			if _, ok := slices.BinarySearch(have, o); !ok {
				gone = append(gone, o)
			}
		}
	}
	return gone, nil
}

// setTaken says what the rows of a seat hold of its limit.
func setTaken(ctx context.Context, id, org string, taken int64) error {
	_, err := db.Exec(ctx, "UPDATE promotion_seat SET taken = ? WHERE promotion_id = ? AND org_id = ?", taken, id, org)
	return err
}
