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

// The states of a delivery; a handled one is "done".
const (
	due    = "due"
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
		now := db.Micros(db.Now(ctx))
		id := db.NewID()
		row := eventRow{
			ID: id, Kind: e.Kind, Version: int64(max(e.Version, 1)), Orgs: strings.Join(e.Orgs, ","),
			Object: e.Object, Payload: string(payload), Happened: now,
		}
		var err error
		db.First(ctx, "event") // deliveries refer to it, also where the first event of the transaction does not wait
		if e.First {
			row.Position = 1
			err = db.LaterRow(ctx, &row, "")
		} else {
			row.Position, err = insertEvent(ctx, row)
		}
		if err != nil {
			return err
		}
		j.mu.Lock()
		subscribers := j.bound[e.Kind]
		j.mu.Unlock()
		if len(subscribers) == 0 {
			return nil
		}
		from := min(now, db.Micros(j.db.Clock())) // an event dated ahead is due all the same
		keys := make([]string, len(subscribers))
		for i, s := range subscribers {
			keys[i] = "event:" + s
			if err := db.LaterRow(ctx, &deliveryRow{Subscriber: s, EventID: id, Object: e.Object, Position: row.Position, State: due, NextAt: from}, ""); err != nil {
				return err
			}
		}
		return j.wake(ctx, keys...)
	})
}

// insertEvent adds the row and counts the events of its object, from 1. The lock
// is held to the end of the transaction, so that positions are in commit order;
// SQLite has one writer. Errors are not translated here: after a deadlock the
// whole transaction runs again.
func insertEvent(ctx context.Context, e eventRow) (position int64, err error) {
	next := "0"
	args := []any{e.ID, e.Kind, e.Version, e.Orgs, e.Object}
	if e.Object != "" {
		next = "(SELECT COALESCE(MAX(position), 0) + 1 FROM event WHERE object = ?)"
		args = append(args, e.Object)
		if db.DialectOf(ctx) == db.Postgres {
			if _, err := db.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "event:"+e.Object); err != nil {
				return 0, err
			}
		}
	}
	args = append(args, e.Payload, e.Happened)
	_, err = db.Row(ctx, "INSERT INTO event (id, kind, version, orgs, object, position, payload, happened) VALUES (?, ?, ?, ?, ?, "+next+", ?, ?) RETURNING position", args, &position)
	return position, err
}

// Enqueue records a single job in the transaction of ctx, in one of its own when
// there is none.
func (j *Jobs) Enqueue(ctx context.Context, job Job) error {
	return j.db.InTx(ctx, func(ctx context.Context) error {
		db.AfterCommit(ctx, func() { j.wakes.Add(1) })
		return j.queue.insert(ctx, job)
	})
}
