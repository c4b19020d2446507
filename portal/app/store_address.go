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

// keepFact keeps a fact unless there is one of its name already, or in place of it, and
// returns what stands there. Nodes that start together get the same.
func keepFact(ctx context.Context, d *db.DB, name, value string, replace bool) (kept string, err error) {
	then := clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoNothing: true}
	if replace {
		then.DoNothing, then.DoUpdates = false, clause.AssignmentColumns([]string{"value"})
	}
	err = d.InTx(ctx, func(ctx context.Context) error {
		if err := db.Tx(ctx).Clauses(then).Create(&installationRow{name, value}).Error; err != nil {
			return err
		}
		var r installationRow
		err := db.Tx(ctx).Where("name = ?", name).Take(&r).Error
		kept = r.Value
		return err
	})
	return kept, err
}
