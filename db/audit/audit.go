// Package audit is the log of who did what. It only grows: triggers refuse
// every change and removal. A row holds ids, never a name and never content, so
// that nothing has to be taken out of it later.
package audit

import (
	"context"
	"time"

	"entente/db"
	"entente/prm/fault"
)

// The outcomes of an action.
const (
	Done   = "done"
	Denied = "denied"
	Failed = "failed"
)

// Entry is one line of the log.
type Entry struct {
	ID          string    // set by Write when empty
	Org         string    // the company acted for, "" before one is known
	Person      string    // the person, "" for the system or an unknown caller
	Via         string    // the door: "page", "api", "as2", "system", …
	Action      string    // what was done: "order.confirm"
	SubjectKind string    // what it was done to: "order"
	SubjectID   string    // its id
	Outcome     string    // Done, Denied or Failed
	Addr        string    // the caller's network address, "" for the system
	At          time.Time // set by Write: the transaction's instant
}

type row struct {
	ID          string `gorm:"primaryKey"`
	OrgID       string
	Position    *int64
	PersonID    string
	Via         string
	Action      string
	SubjectKind string
	SubjectID   string
	Outcome     string
	Addr        string
	Happened    int64
	Seal        *string
}

func (row) TableName() string { return "audit" }

// Write adds a line in the transaction of ctx, which must be a writing one. A
// refusal is written in a transaction of its own, after the refused one ended.
func Write(ctx context.Context, e Entry) error {
	if e.Action == "" || e.Outcome == "" {
		return fault.New(fault.Internal, "error.internal", "Cause", "an audit entry without action or outcome")
	}
	if e.ID == "" {
		e.ID = db.NewID()
	}
	err := db.Later(ctx, "audit", "id, org_id, person_id, via, action, subject_kind, subject_id, outcome, addr, happened", "",
		e.ID, e.Org, e.Person, e.Via, e.Action, e.SubjectKind, e.SubjectID, e.Outcome, e.Addr, db.Micros(db.Now(ctx)))
	return db.Translate(err)
}

// Cursor names the last line of a page; the zero value starts at the newest.
type Cursor struct {
	At time.Time
	ID string
}

// List returns up to limit lines (1 to 200) of one company, newest first, that
// come after the cursor, in the transaction of ctx. next is nil on the last page.
func List(ctx context.Context, org string, after Cursor, limit int) (lines []Entry, next *Cursor, err error) {
	limit = min(max(limit, 1), 200)
	q := db.Tx(ctx).Where("org_id = ?", org)
	if after.ID != "" {
		at := db.Micros(after.At)
		q = q.Where("happened < ? OR happened = ? AND id < ?", at, at, after.ID)
	}
	var rows []row
	if err := q.Order("happened DESC, id DESC").Limit(limit + 1).Find(&rows).Error; err != nil {
		return nil, nil, db.Translate(err)
	}
	more := len(rows) > limit
	if more {
		rows = rows[:limit]
	}
	for _, r := range rows {
		lines = append(lines, r.entry())
	}
	if more {
		last := lines[len(lines)-1]
		next = &Cursor{At: last.At, ID: last.ID}
	}
	return lines, next, nil
}

// Of returns the lines of one company about some subjects, oldest first, at most 200,
// in the transaction of ctx.
func Of(ctx context.Context, org string, subjects ...string) ([]Entry, error) {
	var rows []row
	if err := db.Tx(ctx).Where("subject_id IN ? AND org_id = ?", subjects, org).Order("happened, id").Limit(200).Find(&rows).Error; err != nil {
		return nil, db.Translate(err)
	}
	out := make([]Entry, len(rows))
	for i, r := range rows {
		out[i] = r.entry()
	}
	return out, nil
}

func (r row) entry() Entry {
	return Entry{
		ID: r.ID, Org: r.OrgID, Person: r.PersonID, Via: r.Via, Action: r.Action, SubjectKind: r.SubjectKind,
		SubjectID: r.SubjectID, Outcome: r.Outcome, Addr: r.Addr, At: db.FromMicros(r.Happened),
	}
}
