package promo

import (
	"context"

	"entente/db"
	"entente/prm/money"
)

type adjustmentRow struct {
	ID                          string `gorm:"primaryKey"`
	PromotionID, OwnerID, OrgID string
	Reason, DocumentID, Number  string
	Currency                    string
	Invoiced, Sold, Earned      int64
	Made                        int64
}

func (adjustmentRow) TableName() string { return "promotion_adjustment" }

func (r adjustmentRow) adjustment() Adjustment {
	return Adjustment{ID: r.ID, Org: r.OrgID, Reason: r.Reason, Document: r.DocumentID, Number: r.Number, Invoiced: money.Quantity(r.Invoiced), Sold: money.Quantity(r.Sold), Earned: money.Amount{Minor: r.Earned, Currency: money.Currency(r.Currency)}, At: instant(r.Made)}
}

// settledAmong are those of some promotions that are settled.
func settledAmong(ctx context.Context, ids []string) ([]row, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []row
	return rows, db.Tx(ctx).Where("id IN ? AND state = ?", ids, string(Settled)).Order("id").Find(&rows).Error
}

// lockAll locks the seats of a promotion: no document is followed under it meanwhile.
func lockAll(ctx context.Context, id string) error {
	if db.DialectOf(ctx) != db.Postgres {
		return nil
	}
	var ids []string
	return db.Tx(ctx).Raw("SELECT id FROM promotion_seat WHERE promotion_id = ? ORDER BY org_id FOR UPDATE", id).Scan(&ids).Error
}

func insertAdjustment(ctx context.Context, r adjustmentRow) error { return db.Tx(ctx).Create(&r).Error }

// adjustmentsOf reads what came after a promotion was settled, the newest first; org narrows it.
func adjustmentsOf(ctx context.Context, id, org string) ([]Adjustment, error) {
	q := db.Tx(ctx).Where("promotion_id = ?", id)
	if org != "" {
		q = q.Where("org_id = ?", org)
	}
	var rows []adjustmentRow
	err := q.Order("made DESC, id DESC").Limit(mostAdjustments).Find(&rows).Error
	out := make([]Adjustment, len(rows))
	for i, r := range rows {
		out[i] = r.adjustment()
	}
	return out, err
}

// adjustmentByID reads one with the promotion it is of.
func adjustmentByID(ctx context.Context, id string) (adjustmentRow, error) {
	var rows []adjustmentRow
	if !db.ValidID(id) {
		return adjustmentRow{}, notFound()
	}
	err := db.Tx(ctx).Where("id = ?", id).Limit(1).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = notFound()
	}
	if err != nil {
		return adjustmentRow{}, err
	}
	return rows[0], nil
}
