package room

import (
	"context"
	"time"

	"entente/db"
)

// botRow is a bot. Its token is kept as a hash.
type botRow struct {
	ID        string `gorm:"primaryKey"`
	RoomID    string
	OrgID     string
	Name      string
	TokenHash string
	PersonID  string // who made it
	Made      int64
	Used      int64 // 0 = never
	Ended     int64 // 0 = not
}

func (botRow) TableName() string { return "room_bot" }

func (b botRow) bot() Bot {
	out := Bot{ID: BotID(b.ID), Room: ID(b.RoomID), Org: b.OrgID, Name: b.Name, By: b.PersonID, Made: db.FromMicros(b.Made)}
	if b.Used != 0 {
		out.Used = db.FromMicros(b.Used)
	}
	return out
}

func insertBot(ctx context.Context, b Bot, hash string) error {
	return db.Tx(ctx).Create(&botRow{ID: string(b.ID), RoomID: string(b.Room), OrgID: b.Org, Name: b.Name, TokenHash: hash, PersonID: b.By, Made: db.Micros(b.Made)}).Error
}

// botsIn are the bots of a room that were not ended.
func botsIn(ctx context.Context, id ID) (rows []botRow, err error) {
	err = db.Tx(ctx).Where("room_id = ? AND ended = 0", string(id)).Order("made, id").Find(&rows).Error
	return rows, err
}

func readBot(ctx context.Context, id ID, bot BotID) (botRow, bool, error) {
	var rows []botRow
	err := db.Tx(ctx).Where("room_id = ? AND id = ?", string(id), string(bot)).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return botRow{}, false, err
	}
	return rows[0], true, nil
}

func botOf(ctx context.Context, hash string) (botRow, bool, error) {
	var rows []botRow
	err := db.Tx(ctx).Where("token_hash = ? AND ended = 0", hash).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return botRow{}, false, err
	}
	return rows[0], true, nil
}

func endBot(ctx context.Context, bot string, at time.Time) (ended bool, err error) {
	n, err := db.Exec(ctx, "UPDATE room_bot SET ended = ? WHERE id = ? AND ended = 0", db.Micros(at), bot)
	return n == 1, err
}

// endBotsOf ends the bots of a company in a room.
func endBotsOf(ctx context.Context, id ID, org string) error {
	_, err := db.Exec(ctx, "UPDATE room_bot SET ended = ? WHERE room_id = ? AND org_id = ? AND ended = 0", db.Micros(db.Now(ctx)), string(id), org)
	return err
}

// useBot notes that a bot spoke; used is false when it was ended.
func useBot(ctx context.Context, bot string, at time.Time) (used bool, err error) {
	n, err := db.Exec(ctx, "UPDATE room_bot SET used = ? WHERE id = ? AND ended = 0", db.Micros(at), bot)
	return n == 1, err
}

// botNames are the names of bots by id, those that were ended included.
func botNames(ctx context.Context, ids []string) (map[string]string, error) {
	var rows []botRow
	err := db.Tx(ctx).Select("id", "name").Where("id IN ?", ids).Find(&rows).Error
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.ID] = r.Name
	}
	return out, err
}
