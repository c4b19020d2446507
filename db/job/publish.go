package job

import (
	"context"
	"encoding/json"
	"strings"

	"entente/db"
	"entente/prm/fault"
)

type eventRow struct {
	ID       string `gorm:"primaryKey"`
	Kind     string
	Version  int64
	Orgs     string // ids separated by commas
	Object   string
	Position int64
	Payload  string
	Happened int64
}

func (eventRow) TableName() string { return "event" }

type deliveryRow struct {
	Subscriber string `gorm:"primaryKey"`
	EventID    string `gorm:"primaryKey"`
	Object     string
	Position   int64
	State      string
	Attempts   int64
	NextAt     int64
	LastError  string
	Done       int64
}

func (deliveryRow) TableName() string { return "delivery" }

// The states of a delivery.
const (
	due    = "due"
	done   = "done"
	parked = "parked"
)

// Publish records an event and one delivery per bound subscriber in the
// transaction of ctx, which there must be. It is found by nobody before the
// commit and signalled right after it.
func (j *Jobs) Publish(ctx context.Context, e Event) error {
	if !db.Joined(ctx) {
		return fault.New(fault.Internal, "error.internal", "Cause", "an event published outside a transaction")
	}
	if e.Kind == "" {
		return fault.New(fault.Internal, "error.internal", "Cause", "an event without kind")
	}
	payload := []byte("{}")
	if e.Payload != nil {
		var err error
		if payload, err = json.Marshal(e.Payload); err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal", "Event", e.Kind)
		}
	}
	return j.db.InTx(ctx, func(ctx context.Context) error {
		position, err := nextPosition(ctx, e.Object)
		if err != nil {
			return err
		}
		now := db.Micros(db.Now(ctx))
		row := eventRow{
			ID: db.NewID(), Kind: e.Kind, Version: int64(max(e.Version, 1)), Orgs: strings.Join(e.Orgs, ","),
			Object: e.Object, Position: position, Payload: string(payload), Happened: now,
		}
		if err := db.Tx(ctx).Create(&row).Error; err != nil {
			return db.Translate(err)
		}
		j.mu.Lock()
		subscribers := j.bound[e.Kind]
		j.mu.Unlock()
		if len(subscribers) == 0 {
			return nil
		}
		from := min(now, db.Micros(j.db.Clock())) // an event dated ahead is due all the same
		rows := make([]deliveryRow, len(subscribers))
		keys := make([]string, len(subscribers))
		for i, s := range subscribers {
			rows[i] = deliveryRow{Subscriber: s, EventID: row.ID, Object: e.Object, Position: position, State: due, NextAt: from}
			keys[i] = "event:" + s
		}
		if err := db.Tx(ctx).Create(&rows).Error; err != nil {
			return db.Translate(err)
		}
		return j.wake(ctx, keys...)
	})
}

// nextPosition counts the events of an object. The lock is held to the end of
// the transaction, so that positions are in commit order; SQLite has one writer.
func nextPosition(ctx context.Context, object string) (int64, error) {
	if object == "" {
		return 0, nil
	}
	tx := db.Tx(ctx)
	if db.DialectOf(ctx) == db.Postgres {
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "event:"+object).Error; err != nil {
			return 0, err // untranslated: a deadlock runs the whole transaction again
		}
	}
	var last int64
	if err := tx.Raw("SELECT COALESCE(MAX(position), 0) FROM event WHERE object = ?", object).Scan(&last).Error; err != nil {
		return 0, err
	}
	return last + 1, nil
}

// Enqueue records a single job in the transaction of ctx, in one of its own when
// there is none.
func (j *Jobs) Enqueue(ctx context.Context, job Job) error {
	return j.db.InTx(ctx, func(ctx context.Context) error {
		db.AfterCommit(ctx, func() { j.wakes.Add(1) })
		return j.queue.insert(ctx, job)
	})
}
