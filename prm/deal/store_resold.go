package deal

import (
	"context"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/identity"
)

// resoldOf adds up what was sold on for a registration, by product: returns taken off.
func resoldOf(ctx context.Context, id ID) ([]productWins, error) {
	var out []productWins
	err := db.Rows(ctx, "SELECT sku, CAST(sum(invoiced) AS BIGINT), CAST(sum(amount) AS BIGINT) FROM deal_line WHERE deal_id = ? AND counts AND basis = 'resale' GROUP BY sku", []any{string(id)}, func(scan func(...any) error) error {
		var p productWins
		err := scan(&p.SKU, (*int64)(&p.Invoiced), &p.Amount)
		out = append(out, p)
		return err
	})
	return out, err
}

// heldFor are the registrations of a supplier that count and are, or may be, for one of
// the customers: they share a key, or their place.
func heldFor(ctx context.Context, supplier string, facts []identity.Facts) ([]Registration, error) {
	var values, blocks []string
	for _, f := range facts {
		keys, _ := identity.Of(f)
		for _, k := range keys {
			values = append(values, k.Value)
		}
		if b := identity.Block(f); b != "" {
			blocks = append(blocks, b)
		}
	}
	ids := map[ID]bool{}
	if len(values) > 0 {
		var got []ID
		if err := db.Tx(ctx).Model(&keyRow{}).Where("supplier_id = ? AND kind IN ? AND value IN ? AND live = ?", supplier, identity.Kinds, values, true).Limit(5000).Pluck("deal_id", &got).Error; err != nil {
			return nil, err
		}
		for _, id := range got {
			ids[id] = true
		}
	}
	if len(blocks) > 0 {
		var got []ID
		if err := db.Tx(ctx).Model(&row{}).Where("supplier_id = ? AND block IN ? AND block <> '' AND registrant_lane = ? AND submitted > 0", supplier, blocks, laneLive).Limit(5000).Pluck("id", &got).Error; err != nil {
			return nil, err
		}
		for _, id := range got {
			ids[id] = true
		}
	}
	var list []ID
	for id := range ids {
		list = append(list, id)
	}
	known, err := many(ctx, list)
	out := make([]Registration, 0, len(known))
	for _, r := range known {
		out = append(out, r)
	}
	return out, err
}

type rivalRow struct {
	DealID     string `gorm:"primaryKey"`
	RivalID    string `gorm:"primaryKey"`
	Mark       string `gorm:"primaryKey"`
	SupplierID string
	Found      int64
}

func (rivalRow) TableName() string { return "deal_rival" }

// markRival notes that a report of a rival spoke of a registration; false if it did before.
func markRival(ctx context.Context, r Registration, rival, mark string) (bool, error) {
	x := rivalRow{string(r.ID), rival, mark, r.Supplier, db.Micros(db.Now(ctx))}
	res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&x)
	return res.RowsAffected == 1, res.Error
}

// mostWon is how many won registrations of a reseller are looked through: the latest.
const mostWon = 2000

// wonBy are the registrations that a reseller won or fulfilled, the latest first.
func wonBy(ctx context.Context, supplier, reseller string) ([]Registration, error) {
	var out []Registration
	for _, column := range []string{"registrant_id", "fulfiller_id"} {
		var rows []row
		err := db.Tx(ctx).Where("supplier_id = ? AND "+column+" = ? AND "+earningNow+" AND decision = ?", supplier, reseller, string(Won)).Order("id DESC").Limit(mostWon).Find(&rows).Error
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			out = append(out, r.registration())
		}
	}
	return out, nil
}
