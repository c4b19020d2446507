package app

import (
	"context"

	"gorm.io/gorm/clause"

	"entente/db"
)

// installationRow is one fact of this installation.
type installationRow struct {
	Name  string `gorm:"primaryKey"`
	Value string
}

func (installationRow) TableName() string { return "installation" }

const addressName = "base_url"

// noteAddress keeps the address people type, so that commands beside the server
// print links that open.
func noteAddress(ctx context.Context, d *db.DB, url string) error {
	return d.InTx(ctx, func(ctx context.Context) error {
		return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoUpdates: clause.AssignmentColumns([]string{"value"})}).
			Create(&installationRow{addressName, url}).Error
	})
}

// notedAddress is the address the server last ran at, "" when it never did.
func notedAddress(ctx context.Context, d *db.DB) (url string, err error) {
	err = d.View(ctx, func(ctx context.Context) error {
		var rows []installationRow
		err := db.Tx(ctx).Where("name = ?", addressName).Find(&rows).Error
		if len(rows) > 0 {
			url = rows[0].Value
		}
		return err
	})
	return url, err
}
