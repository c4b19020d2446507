// Package job carries work that follows a change: events with one delivery per
// subscriber, single jobs, schedules and named drains. All of it is made in the
// caller's transaction, so that the change and what follows from it stand or
// fall together, on both databases.
//
// An event is a row, and so is each of its deliveries. After the commit the
// subscriber's drain is signalled at once; a poll every second finds what was
// made by another process. A drain hands up to 200 due deliveries to the
// subscriber within one transaction, singly if that fails, and marks them done
// in it: a handler's writes and the mark stand together. Order is promised per
// object only. A delivery that fails is tried again with growing pauses; after
// 8 tries it is parked, alone, where people see it.
//
// Handlers run inside a transaction: they do no network, mail or waiting. They
// may be called again for the same event (a crash before the commit) and must be
// idempotent by event id. Single jobs run outside any transaction, may be called
// twice, and end within Timeout.
package job

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"entente/prm/fault"
)

// Limits of the house: see static/docs/design.md.
const (
	Timeout  = 15 * time.Second       // a handler past it is cancelled and does not commit
	Rescue   = 20 * time.Second       // a job left running by a dead process runs again after it
	MaxTries = 8                      // then parked
	batch    = 200                    // deliveries in one transaction
	together = 50 * time.Millisecond  // from one look of a subscriber to the next: the first event is told at once, others in batches
	many     = 8                      // deliveries of one look that are a flood
	flood    = 250 * time.Millisecond // to the next look in a flood: a look and a commit cost about what ten deliveries do
	poll     = time.Second
)

// Event is something that happened, published in the transaction it happened in.
// It holds ids, never content.
type Event struct {
	Kind    string   // "trade.OrderReceived"
	Version int      // of the payload's shape, from 1; 0 is taken as 1
	Orgs    []string // the companies concerned
	Object  string   // id of the object whose order of events is kept; "" for none
	First   bool     // Object was made in this very transaction: nothing was published of it
	Payload any      // encoded as JSON
}

// Received is an event as a subscriber gets it.
type Received struct {
	ID       string
	Kind     string
	Object   string
	Version  int
	Orgs     []string
	At       time.Time // when it happened, UTC
	Position int64     // counts the events of Object from 1; 0 without object
	payload  []byte
}

// Decode reads the payload into v.
func (r Received) Decode(v any) error {
	if err := json.Unmarshal(r.payload, v); err != nil {
		return fault.Wrap(err, fault.Internal, "error.internal", "Event", r.ID)
	}
	return nil
}

// Handler handles one event inside the transaction of ctx, whose companies
// (db.Orgs) are those of the event.
type Handler func(ctx context.Context, e Received) error

// Job is a single piece of work.
type Job struct {
	Kind   string    // as given to Handle
	Args   any       // encoded as JSON; ids only
	At     time.Time // not before; zero for at once
	Unique bool      // no second one of equal Kind and Args is made while one waits or runs
}

// Args is what a single job was made with.
type Args struct {
	Kind string
	ID   string // of the job, for the log
	Try  int    // from 1
	raw  []byte
}

// Decode reads the arguments into v.
func (a Args) Decode(v any) error {
	if err := json.Unmarshal(a.raw, v); err != nil {
		return fault.Wrap(err, fault.Internal, "error.internal", "Job", a.Kind)
	}
	return nil
}

// Parked is a delivery or a single job that failed MaxTries times.
type Parked struct {
	Subscriber string // of the event; JobSubscriber for a single job
	EventID    string // id of the event or of the single job
	Kind       string
	Object     string
	Orgs       []string
	Tries      int
	LastError  string // for operators, never shown to a partner
	At         time.Time
}

// JobSubscriber stands for the subscriber of a parked single job.
const JobSubscriber = "job"

// Stat counts deliveries or single jobs by state.
type Stat struct {
	Name   string    // subscriber, or kind of a single job
	Single bool      // a single job
	State  string    // "due", "parked" (deliveries); "available", "running", "retryable", "scheduled", "parked" (single)
	Count  int64     //
	Oldest time.Time // due since (deliveries), made (single); UTC
}

// Options tune New; the zero value is right for a command that only publishes.
type Options struct {
	Log     *slog.Logger  // default: discard
	Revive  bool          // SQLite: single jobs left running are due again at Start. Only the holder of the data folder lock may set it.
	Workers int           // single jobs at once on this node, default 8
	Grace   time.Duration // what runs may finish within it when stopping, default 8 s
}
