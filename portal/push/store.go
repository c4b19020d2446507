package push

import (
	"context"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
)

type deviceRow struct {
	ID       string `gorm:"primaryKey"`
	OrgID    string
	PersonID string
	Session  string // in which it was added
	Hash     string // of the endpoint
	Endpoint string
	P256dh   string `gorm:"column:p256dh"`
	Auth     string
	Agent    string
	Made     int64
}

func (deviceRow) TableName() string { return "push_device" }

type messageRow struct {
	ID       string `gorm:"primaryKey"`
	DeviceID string
	Body     string
	Made     int64
	Tries    int64
	NextAt   int64
}

func (messageRow) TableName() string { return "push_message" }

func devicesOf(ctx context.Context, org, person string) ([]deviceRow, error) {
	var rows []deviceRow
	err := db.Tx(ctx).Where("org_id = ? AND person_id = ?", org, person).Order("made, id").Limit(mostDevices).Find(&rows).Error
	return rows, err
}

func putDevice(ctx context.Context, r deviceRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "org_id"}, {Name: "person_id"}, {Name: "hash"}}, DoUpdates: clause.AssignmentColumns([]string{"session", "p256dh", "auth", "agent"})}).Create(&r).Error
}

// drop removes devices with what waits for them.
func drop(ctx context.Context, which *gorm.DB) (int64, error) {
	var ids []string
	if err := which.Session(&gorm.Session{}).Model(&deviceRow{}).Pluck("id", &ids).Error; err != nil || len(ids) == 0 {
		return 0, err
	}
	if err := db.Tx(ctx).Where("device_id IN ?", ids).Delete(&messageRow{}).Error; err != nil {
		return 0, err
	}
	res := db.Tx(ctx).Where("id IN ?", ids).Delete(&deviceRow{})
	return res.RowsAffected, res.Error
}

func dropDevice(ctx context.Context, org, person, id string) (int64, error) {
	return drop(ctx, db.Tx(ctx).Where("org_id = ? AND person_id = ? AND id = ?", org, person, id))
}

func dropDeviceByID(ctx context.Context, id string) error {
	_, err := drop(ctx, db.Tx(ctx).Where("id = ?", id))
	return err
}

// forget removes the devices of a person, in one company or in all.
func forget(ctx context.Context, person, org string) error {
	q := db.Tx(ctx).Where("person_id = ?", person)
	if org != "" {
		q = q.Where("org_id = ?", org)
	}
	_, err := drop(ctx, q)
	return err
}

func endSessions(ctx context.Context, sessions []string) error {
	if len(sessions) == 0 {
		return nil
	}
	_, err := drop(ctx, db.Tx(ctx).Where("session IN ? AND session <> ''", sessions))
	return err
}

func having(ctx context.Context, org string, people []string) (map[string]bool, error) {
	out := map[string]bool{}
	ids, err := db.Remember(ctx, "devices:"+org+":"+strings.Join(people, ","), []string{deviceRow{}.TableName()}, func() (ids []string, err error) {
		return ids, db.Tx(ctx).Model(&deviceRow{}).Where("org_id = ? AND person_id IN ?", org, people).Distinct().Pluck("person_id", &ids).Error
	})
	for _, id := range ids {
		out[id] = true
	}
	return out, err
}

func insertMessage(ctx context.Context, r messageRow) error { return db.Tx(ctx).Create(&r).Error }

// dueRow is a message that is due with its device.
type dueRow struct {
	ID, DeviceID, Body, OrgID, PersonID, Endpoint, P256dh, Auth string
	Made, Tries                                                 int64
}

func dueMessages(ctx context.Context, limit int) ([]dueRow, error) {
	var rows []dueRow
	err := db.Tx(ctx).Raw(`SELECT m.id, m.device_id, m.body, m.made, m.tries, d.org_id, d.person_id, d.endpoint, d.p256dh AS p256dh, d.auth
		FROM push_message m JOIN push_device d ON d.id = m.device_id WHERE m.next_at <= ? ORDER BY m.tries, m.next_at, m.id LIMIT ?`, db.Micros(db.Now(ctx)), limit).Scan(&rows).Error
	return rows, err
}

func dropMessage(ctx context.Context, id string) error {
	return db.Tx(ctx).Where("id = ?", id).Delete(&messageRow{}).Error
}

func countTry(ctx context.Context, id string) error {
	return db.Tx(ctx).Model(&messageRow{}).Where("id = ?", id).UpdateColumn("tries", gorm.Expr("tries + 1")).Error
}

// delayDevice puts off all that waits for a device.
func delayDevice(ctx context.Context, device string, at int64) error {
	return db.Tx(ctx).Model(&messageRow{}).Where("device_id = ? AND next_at < ?", device, at).UpdateColumn("next_at", at).Error
}
