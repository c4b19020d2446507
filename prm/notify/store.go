package notify

import (
	"context"
	"encoding/json"

	"gorm.io/gorm/clause"

	"entente/db"
)

type noticeRow struct {
	OrgID       string `gorm:"primaryKey"`
	ID          string `gorm:"primaryKey"`
	PersonID    string
	Kind        string
	Dedupe      string
	Args        string
	SubjectKind string
	SubjectID   string
	Urgent      bool
	Happened    int64
	Seen        int64
}

func (noticeRow) TableName() string { return "notice" }

func (r noticeRow) told() Told {
	t := Told{ID: r.ID, Notice: Notice{Kind: r.Kind, SubjectKind: r.SubjectKind, SubjectID: r.SubjectID, Urgent: r.Urgent, Dedupe: r.Dedupe}, At: db.FromMicros(r.Happened), Seen: db.FromMicros(r.Seen)}
	_ = json.Unmarshal([]byte(r.Args), &t.Args) // written by encode
	return t
}

func encode(args map[string]string) string {
	if args == nil {
		args = map[string]string{}
	}
	b, _ := json.Marshal(args) // strings always encode
	return string(b)
}

func insert(ctx context.Context, rows []noticeRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error
}

func list(ctx context.Context, org, person string, unread bool, at int64, id string, limit int) (rows []noticeRow, err error) {
	q := db.Tx(ctx).Where("org_id = ? AND person_id = ?", org, person)
	if unread {
		q = q.Where("seen = 0")
	}
	if at > 0 {
		q = q.Where("(happened < ? OR (happened = ? AND id < ?))", at, at, id)
	}
	err = q.Order("happened DESC, id DESC").Limit(limit).Find(&rows).Error
	return rows, err
}

func unread(ctx context.Context, org, person string) (int, error) {
	var ids []string
	err := db.Tx(ctx).Model(&noticeRow{}).Where("org_id = ? AND person_id = ? AND seen = 0", org, person).Limit(100).Pluck("id", &ids).Error
	return len(ids), err
}

func see(ctx context.Context, org, person, id string) (bool, error) {
	mine := db.Tx(ctx).Model(&noticeRow{}).Where("org_id = ? AND id = ? AND person_id = ?", org, id, person)
	var n int64
	if err := mine.Count(&n).Error; err != nil || n == 0 {
		return false, err
	}
	return true, db.Tx(ctx).Model(&noticeRow{}).Where("org_id = ? AND id = ? AND person_id = ? AND seen = 0", org, id, person).Update("seen", db.Micros(db.Now(ctx))).Error
}

func seeAll(ctx context.Context, org, person string) error {
	return db.Tx(ctx).Model(&noticeRow{}).Where("org_id = ? AND person_id = ? AND seen = 0", org, person).Update("seen", db.Micros(db.Now(ctx))).Error
}
