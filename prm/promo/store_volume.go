package promo

import (
	"context"

	"entente/db"
	"entente/prm/money"
)

// volumeOf is what the lines of a company come to that steps of all of a window go by.
func volumeOf(ctx context.Context, id, org, by string) (money.Quantity, error) {
	column, methods := "invoiced", "method <> ?"
	if by == ByResale {
		column, methods = "sold", "method = ?"
	}
	var n int64
	_, err := db.Row(ctx, "SELECT CAST(COALESCE(SUM("+column+"), 0) AS BIGINT) FROM promotion_sum WHERE promotion_id = ? AND grain = ? AND org_id = ? AND "+methods, []any{id, byOrg, org, soldOn}, &n)
	return max(0, money.Quantity(n)), err
}

// heldVolume is the volume that the lines of a company are at the step of.
func heldVolume(ctx context.Context, id, org string) (money.Quantity, error) {
	var n int64
	_, err := db.Row(ctx, "SELECT volume FROM promotion_seat WHERE promotion_id = ? AND org_id = ?", []any{id, org}, &n)
	return money.Quantity(n), err
}

func setVolume(ctx context.Context, id, org string, volume money.Quantity) error {
	return db.Tx(ctx).Model(&seatRow{}).Where("promotion_id = ? AND org_id = ?", id, org).Update("volume", int64(volume)).Error
}

// steppedLines are the lines of a company that were judged by a version and count, or will where
// their documents say so.
func steppedLines(ctx context.Context, id, org string, version int) ([]lineRow, error) {
	var rows []lineRow
	return rows, db.Tx(ctx).Where("promotion_id = ? AND org_id = ? AND version_no = ? AND granted > 0", id, org, version).Order("arrived, order_id, line").Find(&rows).Error
}

// steppedResales are the resale lines of a company whose allowance a version gives, those for
// which nothing is left of a limit too. Those of a promotion by another date only count what
// was sold on.
func steppedResales(ctx context.Context, id, org string, version int) ([]resaleRow, error) {
	v, err := versionNo(ctx, id, int64(version))
	if err != nil || v.Terms.By != ByResale {
		return nil, err
	}
	var rows []resaleRow
	return rows, db.Tx(ctx).Where("promotion_id = ? AND org_id = ? AND version_no = ? AND basis <> ''", id, org, version).Order("report_id, line").Find(&rows).Error
}
