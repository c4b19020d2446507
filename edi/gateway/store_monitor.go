package gateway

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"entente/db"
)

// The conditions below are written out as in the partial indexes that serve them.
const (
	stuck       = "state IN ('held', 'failed')"
	refusedHead = "result IN ('rejected', 'partly')"
	undelivered = "delivery IN ('failed', 'held', 'unproved')"
	waiting     = "delivery = '" + DeliveryWaiting + "'"
	oursLate    = "settled = 0 AND overdue > 0"
)

// bothSides are the two index ranges of a company's interchanges; no row is in both.
var bothSides = []string{"supplier_id", "reseller_id"}

type countRow struct {
	Slot         int
	Went         bool
	Origin       string
	State        string
	Result       string
	Delivery     string
	Acknowledged string
	Advised      string
	N            int
}

// countsOf counts the documents of a span by slot, direction and state.
func countsOf(ctx context.Context, org string, span Span) ([]countRow, error) {
	since, slot := span.bounds()
	var out []countRow
	for _, side := range bothSides {
		var some []countRow
		err := db.Tx(ctx).Raw(`SELECT (received - ?) / ? AS slot, sender_id = ? AS went, origin, state, result, delivery, acknowledged, advised, count(*) AS n
FROM interchange WHERE `+side+` = ? AND received >= ? AND types NOT IN ('997', '999', 'CONTRL', 'TA1')
GROUP BY 1, 2, origin, state, result, delivery, acknowledged, advised`, since, slot, org, org, since).Scan(&some).Error
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

// ofBoth reads the newest rows of both sides that fulfil a condition.
func ofBoth(ctx context.Context, org string, limit int, narrow func(q *gorm.DB) *gorm.DB) ([]interchangeRow, error) {
	var out []interchangeRow
	for _, side := range bothSides {
		var some []interchangeRow
		if err := narrow(db.Tx(ctx).Where(side+" = ?", org)).Order("received DESC, id DESC").Limit(limit).Find(&some).Error; err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	slices.SortFunc(out, func(a, b interchangeRow) int {
		return cmp.Or(cmp.Compare(b.Received, a.Received), strings.Compare(b.ID, a.ID))
	})
	return out[:min(len(out), limit)], nil
}

func newestOf(ctx context.Context, org string, since time.Time, limit int) ([]interchangeRow, error) {
	return ofBoth(ctx, org, limit, func(q *gorm.DB) *gorm.DB { return q.Where("received >= ?", db.Micros(since)) })
}

func refusedOf(ctx context.Context, org string, since time.Time, limit int) ([]interchangeRow, error) {
	return ofBoth(ctx, org, limit, func(q *gorm.DB) *gorm.DB {
		return q.Select("id", "sender_id", "receiver_id", "received", "findings").Where(refusedHead+" AND received >= ?", db.Micros(since))
	})
}

func refusedSets(ctx context.Context, ids []string, limit int) ([]setRow, error) {
	var out []setRow
	if len(ids) == 0 {
		return nil, nil
	}
	return out, db.Tx(ctx).Select("interchange_id", "position", "findings").Where("interchange_id IN ? AND result = ?", ids, ResultRejected).
		Order("interchange_id DESC, position").Limit(limit).Find(&out).Error
}

func stuckOf(ctx context.Context, org string, limit int) ([]interchangeRow, int, error) {
	total := 0
	for _, side := range bothSides {
		var n int64
		if err := db.Tx(ctx).Model(&interchangeRow{}).Where(side+" = ? AND "+stuck, org).Count(&n).Error; err != nil {
			return nil, 0, err
		}
		total += int(n)
	}
	rows, err := ofBoth(ctx, org, limit, func(q *gorm.DB) *gorm.DB { return q.Where(stuck) })
	return rows, total, err
}

func undeliveredOf(ctx context.Context, org string, limit int) ([]interchangeRow, int, error) {
	var n int64
	if err := db.Tx(ctx).Model(&interchangeRow{}).Where("sender_id = ? AND "+undelivered, org).Count(&n).Error; err != nil {
		return nil, 0, err
	}
	var out []interchangeRow
	return out, int(n), db.Tx(ctx).Where("sender_id = ? AND "+undelivered, org).Order("received DESC, id DESC").Limit(limit).Find(&out).Error
}

// lateOf reads what a company sent and whose acknowledgement is overdue, the longest
// awaited first.
func lateOf(ctx context.Context, org string, limit int) ([]interchangeRow, int, error) {
	var n int64
	if err := db.Tx(ctx).Model(&waitRow{}).Where("sender_id = ? AND "+oursLate, org).Count(&n).Error; err != nil || n == 0 {
		return nil, 0, err
	}
	var ids []string
	if err := db.Tx(ctx).Model(&waitRow{}).Where("sender_id = ? AND "+oursLate, org).Order("due, interchange_id").Limit(limit).Pluck("interchange_id", &ids).Error; err != nil {
		return nil, 0, err
	}
	rows, err := interchangesByID(ctx, ids)
	slices.SortFunc(rows, func(a, b interchangeRow) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	return rows, int(n), err
}
