package account

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
)

// sftpTryRow counts failed sign-ins. org_id is empty for strangers; login is the name
// tried last, login_id set where it is one.
type sftpTryRow struct {
	OrgID   string `gorm:"primaryKey"`
	Hour    int64  `gorm:"primaryKey;autoIncrement:false"` // hours since 1970
	Addr    string `gorm:"primaryKey"`
	LoginID string `gorm:"primaryKey"`
	Reason  string `gorm:"primaryKey"`
	Login   string
	Times   int64
	FirstAt int64
	LastAt  int64
}

func (sftpTryRow) TableName() string { return "sftp_try" }

// countSFTPTry counts, and reports whether it is the first of its kind in this hour.
// Past maxTrySources the others are counted together.
func countSFTPTry(ctx context.Context, r sftpTryRow) (bool, error) {
	r.Hour = r.LastAt / 3600e6
	again := func() (bool, error) {
		res := db.Tx(ctx).Model(&sftpTryRow{}).Where("org_id = ? AND hour = ? AND addr = ? AND login_id = ? AND reason = ?", r.OrgID, r.Hour, r.Addr, r.LoginID, r.Reason).
			Updates(map[string]any{"times": gorm.Expr("times + ?", r.Times), "last_at": r.LastAt, "login": r.Login})
		return res.RowsAffected > 0, res.Error
	}
	if done, err := again(); done || err != nil {
		return false, err
	}
	var n int64
	if err := db.Tx(ctx).Model(&sftpTryRow{}).Where("org_id = ? AND hour = ?", r.OrgID, r.Hour).Count(&n).Error; err != nil {
		return false, err
	}
	if n >= maxTrySources {
		r.Addr, r.LoginID, r.Login = "", "", ""
	}
	res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
	if res.Error != nil || res.RowsAffected > 0 {
		return res.RowsAffected > 0, res.Error
	}
	_, err := again() // of the others, or another node was first
	return false, err
}

func sftpTriesOf(ctx context.Context, org string, since int64, most int) ([]sftpTryRow, error) {
	var out []sftpTryRow
	return out, db.Tx(ctx).Where("org_id = ? AND hour >= ?", org, since/3600e6).Order("hour DESC, last_at DESC, addr, login_id, reason").Limit(most).Find(&out).Error
}

// orgIDBySlug is the company of a short name; empty where there is none.
func orgIDBySlug(ctx context.Context, slug string) (string, error) {
	var ids []string
	err := db.Tx(ctx).Model(&orgRow{}).Where("slug = ?", slug).Limit(1).Pluck("id", &ids).Error
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[0], nil
}

func sweepSFTPTries(ctx context.Context, before int64) error {
	return db.Tx(ctx).Where("hour < ?", before/3600e6).Delete(&sftpTryRow{}).Error
}
