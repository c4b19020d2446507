package room

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"entente/db"
)

type policyRow struct {
	OrgID    string `gorm:"primaryKey"`
	KeepDays int64
	PersonID string
	Changed  int64
}

func (policyRow) TableName() string { return "talk_policy" }

type holdRow struct {
	RoomID   string `gorm:"primaryKey"`
	OrgID    string `gorm:"primaryKey"`
	PersonID string
	Reason   string
	Made     int64
	Upto     int64 // the last number the company could read when it left; counts while it is out
	Gone     int64 // when it left; 0: never
}

func (holdRow) TableName() string { return "room_hold" }

// holdAt is the hold of a company on a room that it left, if there is one.
func holdAt(ctx context.Context, id ID, org string) (holdRow, bool, error) {
	var rows []holdRow
	err := db.Tx(ctx).Where("room_id = ? AND org_id = ?", string(id), org).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return holdRow{}, false, err
	}
	return rows[0], true, nil
}

// holdsBy are the holds of a company after a cursor, the latest first.
func holdsBy(ctx context.Context, org, after string, limit int) ([]holdRow, error) {
	q := db.Tx(ctx).Where("org_id = ?", org)
	if after != "" {
		at, id, err := parseCursor(after)
		if err != nil {
			return nil, err
		}
		q = q.Where("(made, room_id) < (?, ?)", at, id)
	}
	var rows []holdRow
	err := q.Order("made DESC, room_id DESC").Limit(limit).Find(&rows).Error
	return rows, err
}

// leaveHold notes up to where a company that leaves a room could read, if it holds the room.
// Whoever asks holds the lock of the room's row.
func leaveHold(ctx context.Context, id ID, org string) (held bool, err error) {
	n, err := db.Exec(ctx, "UPDATE room_hold SET gone = ?, upto = (SELECT last_seq FROM room WHERE id = ?) WHERE room_id = ? AND org_id = ?", db.Micros(db.Now(ctx)), string(id), string(id), org)
	return n > 0, err
}

// keptSince says whether there is a copy of a message for a company from an instant on.
func keptSince(ctx context.Context, m messageRow, org string, from int64) (bool, error) {
	one := 0
	return db.Row(ctx, "SELECT 1 FROM message_kept WHERE room_id = ? AND seq = ? AND org_id = ? AND kept >= ? LIMIT 1", []any{m.RoomID, m.Seq, org, from}, &one)
}

type keptRow struct {
	RoomID string `gorm:"primaryKey"`
	Seq    int64  `gorm:"primaryKey;autoIncrement:false"`
	OrgID  string `gorm:"primaryKey"`
	Text   string
	Files  string // JSON list of ExportedFile
	Kept   int64  `gorm:"primaryKey;autoIncrement:false"`
}

func (keptRow) TableName() string { return "message_kept" }

func policiesOf(ctx context.Context, orgs []string) (map[string]policyRow, error) {
	var rows []policyRow
	err := db.Tx(ctx).Where("org_id IN ?", orgs).Find(&rows).Error
	out := make(map[string]policyRow, len(rows))
	for _, r := range rows {
		out[r.OrgID] = r
	}
	return out, err
}

func putPolicy(ctx context.Context, org, person string, days int) error {
	row := policyRow{org, int64(days), person, db.Micros(db.Now(ctx))}
	return db.Tx(ctx).Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "org_id"}}, DoUpdates: clause.AssignmentColumns([]string{"keep_days", "person_id", "changed"}),
	}).Create(&row).Error
}

func holdsOf(ctx context.Context, id ID) ([]holdRow, error) {
	var rows []holdRow
	err := db.Tx(ctx).Where("room_id = ?", string(id)).Order("org_id").Find(&rows).Error
	return rows, err
}

func putHold(ctx context.Context, id ID, org, person, reason string) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&holdRow{RoomID: string(id), OrgID: org, PersonID: person, Reason: reason, Made: db.Micros(db.Now(ctx))}).Error
}

// dropHold ends a hold; the copies it made go with it.
func dropHold(ctx context.Context, id ID, org string) error {
	if err := db.Tx(ctx).Where("room_id = ? AND org_id = ?", string(id), org).Delete(&keptRow{}).Error; err != nil {
		return err
	}
	return db.Tx(ctx).Where("room_id = ? AND org_id = ?", string(id), org).Delete(&holdRow{}).Error
}

func keepCopy(ctx context.Context, m messageRow, org string, files []File) error {
	return db.LaterRow(ctx, &keptRow{m.RoomID, m.Seq, org, m.Text, db.Text(exportedFiles(files)), db.Micros(db.Now(ctx))}, " ON CONFLICT DO NOTHING")
}

func keptIn(ctx context.Context, id ID, org string, after, until int64) (map[int64][]keptRow, error) {
	var rows []keptRow
	err := db.Tx(ctx).Where("room_id = ? AND org_id = ? AND seq > ? AND seq <= ?", string(id), org, after, until).Order("seq, kept").Find(&rows).Error
	out := map[int64][]keptRow{}
	for _, r := range rows {
		out[r.Seq] = append(out[r.Seq], r)
	}
	return out, err
}

// keepers are the companies that keep their messages for a time only.
func keepers(ctx context.Context) ([]policyRow, error) {
	var rows []policyRow
	err := db.Tx(ctx).Where("keep_days > 0").Order("org_id").Find(&rows).Error
	return rows, err
}

// overdue are the next messages a company wrote before a time, but in rooms it holds itself.
func overdue(ctx context.Context, org string, before time.Time, after messageRow, limit int) ([]messageRow, error) {
	var rows []messageRow
	err := db.Tx(ctx).Raw(`SELECT m.* FROM message m WHERE m.author_org = ? AND m.kind = 'message' AND m.removed = 0 AND m.happened < ?
		AND m.happened >= ? AND (m.happened > ? OR (m.room_id, m.seq) > (?, ?))
		AND NOT EXISTS (SELECT 1 FROM room_hold h WHERE h.room_id = m.room_id AND h.org_id = m.author_org) ORDER BY m.happened, m.room_id, m.seq LIMIT ?`,
		org, db.Micros(before), after.Happened, after.Happened, after.RoomID, after.Seq, limit).Scan(&rows).Error
	return rows, err
}

// standing are those of some messages that were not removed.
func standing(ctx context.Context, id ID, seqs []int64) ([]messageRow, error) {
	var rows []messageRow
	err := db.Tx(ctx).Where("room_id = ? AND seq IN ? AND kind = ? AND removed = 0", string(id), seqs, string(Said)).Order("seq").Find(&rows).Error
	return rows, err
}
