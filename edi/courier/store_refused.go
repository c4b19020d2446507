package courier

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
)

type refusedRow struct {
	OrgID   string `gorm:"primaryKey"`
	Hour    int64  `gorm:"primaryKey;autoIncrement:false"` // hours since 1970
	Addr    string `gorm:"primaryKey"`
	Times   int64
	FirstAt int64
	LastAt  int64
	As2From string
	As2To   string
	Reason  string
}

// TableName is the table of refusedRow.
func (refusedRow) TableName() string { return "as2_refused" }

// countRefused counts one refusal and reports whether it is the first of its source in
// this hour. Past maxSources sources, the others are counted together.
func countRefused(ctx context.Context, r refusedRow) (bool, error) {
	r.Hour, r.Times = r.LastAt/3600e6, 1
	again := func() (bool, error) {
		res := db.Tx(ctx).Model(&refusedRow{}).Where("org_id = ? AND hour = ? AND addr = ?", r.OrgID, r.Hour, r.Addr).
			Updates(map[string]any{"times": gorm.Expr("times + 1"), "last_at": r.LastAt, "as2_from": r.As2From, "as2_to": r.As2To, "reason": r.Reason})
		return res.RowsAffected > 0, res.Error
	}
	if done, err := again(); done || err != nil {
		return false, err
	}
	var n int64
	if err := db.Tx(ctx).Model(&refusedRow{}).Where("org_id = ? AND hour = ?", r.OrgID, r.Hour).Count(&n).Error; err != nil {
		return false, err
	}
	if n >= maxSources {
		r.Addr = ""
	}
	res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
	if res.Error != nil || res.RowsAffected > 0 {
		return res.RowsAffected > 0, res.Error
	}
	_, err := again() // of the others, or another node was first
	return false, err
}

func refusedAfter(ctx context.Context, since int64, limit int) ([]refusedRow, error) {
	var out []refusedRow
	return out, db.Tx(ctx).Where("hour >= ?", since/3600e6).Order("last_at DESC, org_id, addr").Limit(limit).Find(&out).Error
}

func sweepRefused(ctx context.Context, before int64) error {
	return db.Tx(ctx).Where("hour < ?", before/3600e6).Delete(&refusedRow{}).Error
}
