package room

import (
	"context"

	"gorm.io/gorm/clause"

	"entente/db"
)

// madeRow is an object that a company made of a message.
type madeRow struct {
	RoomID   string `gorm:"primaryKey"`
	Seq      int64  `gorm:"primaryKey;autoIncrement:false"`
	OrgID    string `gorm:"primaryKey"`
	Kind     string `gorm:"primaryKey"`
	Object   string `gorm:"primaryKey"`
	PersonID string
	Made     int64
}

func (madeRow) TableName() string { return "room_made" }

func keepMade(ctx context.Context, m madeRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&m).Error
}

func madeOf(ctx context.Context, id ID, seq int64, org string) (rows []madeRow, err error) {
	err = db.Tx(ctx).Where("room_id = ? AND seq = ? AND org_id = ?", string(id), seq, org).Order("made, kind, object").Limit(50).Find(&rows).Error
	return rows, err
}

func madeFrom(ctx context.Context, org, kind, object string) (madeRow, bool, error) {
	var rows []madeRow
	err := db.Tx(ctx).Where("org_id = ? AND kind = ? AND object = ?", org, kind, object).Order("made").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return madeRow{}, false, err
	}
	return rows[0], true, nil
}
