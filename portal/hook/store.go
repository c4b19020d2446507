package hook

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm/clause"

	"entente/db"
)

type hookRow struct {
	OrgID     string `gorm:"primaryKey"`
	ID        string `gorm:"primaryKey"`
	URL       string `gorm:"column:url"`
	Events    string
	Active    int64
	Secret    []byte
	OldSecret []byte
	OldUntil  int64
	Failing   int64
	Paused    int64
	PausedWhy string
	MadeBy    string
	Created   int64 `gorm:"autoCreateTime:false"`
	Changed   int64
}

// TableName is the table of hookRow.
func (hookRow) TableName() string { return "webhook" }

func (r *hookRow) hook() Hook {
	return Hook{
		ID: r.ID, Org: r.OrgID, URL: r.URL, Events: strings.Fields(r.Events), Active: r.Active == 1, OldUntil: instant(r.OldUntil), Failing: instant(r.Failing),
		Paused: instant(r.Paused), Why: r.PausedWhy, MadeBy: r.MadeBy, Created: db.FromMicros(r.Created),
	}
}

func instant(v int64) time.Time {
	if v == 0 {
		return time.Time{}
	}
	return db.FromMicros(v)
}

type deliveryRow struct {
	ID        string `gorm:"primaryKey"`
	OrgID     string
	WebhookID string
	EventID   string
	Kind      string
	Body      string
	Place     int64
	State     string
	Attempts  int64
	Fence     int64
	NextAt    int64
	Created   int64 `gorm:"autoCreateTime:false"`
	Settled   int64
}

// TableName is the table of deliveryRow.
func (deliveryRow) TableName() string { return "webhook_delivery" }

func (r *deliveryRow) delivery() Delivery {
	return Delivery{ID: r.ID, Hook: r.WebhookID, Kind: r.Kind, State: State(r.State), Attempts: int(r.Attempts), Next: instant(r.NextAt), Created: db.FromMicros(r.Created), Settled: instant(r.Settled)}
}

type attemptRow struct {
	DeliveryID string `gorm:"primaryKey"`
	Number     int64  `gorm:"primaryKey"`
	OrgID      string
	Happened   int64
	Took       int64
	Status     int64
	Outcome    string
}

// TableName is the table of attemptRow.
func (attemptRow) TableName() string { return "webhook_attempt" }

func hooksOf(ctx context.Context, org string) (out []hookRow, err error) {
	return db.Remember(ctx, "hooks:"+org, []string{"webhook"}, func() (out []hookRow, err error) {
		return out, db.Tx(ctx).Where("org_id = ?", org).Order("created, id").Find(&out).Error
	})
}

func hookByID(ctx context.Context, org, id string) (r hookRow, err error) {
	return r, db.Tx(ctx).Where("org_id = ? AND id = ?", org, id).Take(&r).Error
}

func insertHook(ctx context.Context, r *hookRow) error { return db.Tx(ctx).Create(r).Error }

func changeHook(ctx context.Context, org, id string, values map[string]any) error {
	return db.Tx(ctx).Model(&hookRow{}).Where("org_id = ? AND id = ?", org, id).Updates(values).Error
}

func removeHook(ctx context.Context, org, id string) error {
	for _, sql := range []string{
		"DELETE FROM webhook_attempt WHERE org_id = ? AND delivery_id IN (SELECT id FROM webhook_delivery WHERE webhook_id = ?)",
		"DELETE FROM webhook_delivery WHERE org_id = ? AND webhook_id = ?", "DELETE FROM webhook WHERE org_id = ? AND id = ?",
	} {
		if err := db.Tx(ctx).Exec(sql, org, id).Error; err != nil {
			return err
		}
	}
	return nil
}

// insertDelivery adds a message, once for each event and address.
func insertDelivery(ctx context.Context, r *deliveryRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(r).Error
}

func deliveryByID(ctx context.Context, org, hook, id string) (r deliveryRow, err error) {
	return r, db.Tx(ctx).Where("org_id = ? AND webhook_id = ? AND id = ?", org, hook, id).Take(&r).Error
}

// deliveriesOf lists the messages of an address, newest first, that come after the cursor.
func deliveriesOf(ctx context.Context, org, hook string, created int64, id string, limit int) (out []deliveryRow, err error) {
	q := db.Tx(ctx).Omit("body").Where("org_id = ? AND webhook_id = ?", org, hook)
	if id != "" {
		q = q.Where("(created, id) < (?, ?)", created, id)
	}
	return out, q.Order("created DESC, id DESC").Limit(limit).Find(&out).Error
}

func changeDelivery(ctx context.Context, id string, fence int64, values map[string]any) (bool, error) {
	res := db.Tx(ctx).Model(&deliveryRow{}).Where("id = ? AND fence = ?", id, fence).Updates(values)
	return res.RowsAffected == 1, res.Error
}

func insertAttempt(ctx context.Context, r *attemptRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(r).Error
}

func attemptsOf(ctx context.Context, org, delivery string) (out []attemptRow, err error) {
	return out, db.Tx(ctx).Where("org_id = ? AND delivery_id = ?", org, delivery).Order("number DESC").Limit(100).Find(&out).Error
}

// sweep deletes what was settled before, with its tries.
func sweep(ctx context.Context, before int64) error {
	err := db.Tx(ctx).Exec("DELETE FROM webhook_attempt WHERE delivery_id IN (SELECT id FROM webhook_delivery WHERE state <> 'queued' AND settled < ?)", before).Error
	if err != nil {
		return err
	}
	return db.Tx(ctx).Exec("DELETE FROM webhook_delivery WHERE state <> 'queued' AND settled < ?", before).Error
}

// due are the messages to send now: of each address the first that waits, if its time
// has come; a test also where nothing else is sent.
func due(ctx context.Context, now time.Time, limit int) (out []deliveryRow, err error) {
	return out, db.Tx(ctx).Raw(`SELECT d.* FROM webhook_delivery d JOIN webhook h ON h.org_id = d.org_id AND h.id = d.webhook_id
WHERE d.state = 'queued' AND d.next_at <= ? AND (d.kind = 'webhook.test' OR h.active = 1 AND h.paused = 0)
AND NOT EXISTS (SELECT 1 FROM webhook_delivery p WHERE p.webhook_id = d.webhook_id AND p.state = 'queued' AND (p.place, p.id) < (d.place, d.id))
ORDER BY d.next_at, d.id LIMIT ?`, db.Micros(now), limit).Scan(&out).Error
}
