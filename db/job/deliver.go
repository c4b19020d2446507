package job

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/fail"
	"entente/prm/fault"
)

// claimed is a due delivery with its event.
type claimed struct {
	EventID  string
	Kind     string
	Version  int64
	Orgs     string
	Object   string
	Position int64
	Payload  string
	Happened int64
	Attempts int64
	NextAt   int64
}

func (c claimed) received() Received {
	var orgs []string
	if c.Orgs != "" {
		orgs = strings.Split(c.Orgs, ",")
	}
	return Received{
		ID: c.EventID, Kind: c.Kind, Object: c.Object, Version: int(c.Version), Orgs: orgs,
		At: db.FromMicros(c.Happened), Position: c.Position, payload: []byte(c.Payload),
	}
}

const (
	columns = "d.event_id, e.kind, e.version, e.orgs, d.object, d.position, e.payload, e.happened, d.attempts, d.next_at"
	from    = " FROM delivery d JOIN event e ON e.id = d.event_id "
)

// head says that no earlier delivery of the object waits: with one, d is not due.
const head = " AND (d.object = '' OR NOT EXISTS (SELECT 1 FROM delivery p WHERE p.subscriber = d.subscriber AND p.object = d.object AND p.state = 'due' AND p.position < d.position))"

// lockRows lets several nodes drain the same subscriber on PostgreSQL. A locked
// head keeps the rest of its object from the others.
func lockRows(ctx context.Context) string {
	if db.DialectOf(ctx) == db.Postgres {
		return " FOR UPDATE OF d SKIP LOCKED"
	}
	return ""
}

// watch asks every second which subscribers have anything due, all in one question, and
// signals them: other nodes publish, and what failed becomes due by the clock.
func (j *Jobs) watch(ctx context.Context) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	names := []any{}
	for key, l := range j.loops { // bound before Start
		if l.watched {
			names = append(names, strings.TrimPrefix(key, "event:"))
		}
	}
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		due, err := j.dueFor(ctx, names)
		if err != nil && ctx.Err() == nil {
			j.log.Error("nobody knows what is due; it is asked again within a second", "error", err)
		}
		for _, name := range due {
			j.loop("event:" + name).signal()
		}
	}
}

// dueFor names those of some subscribers that have a delivery due.
func (j *Jobs) dueFor(ctx context.Context, names []any) (out []string, err error) {
	for some := range slices.Chunk(names, 500) {
		err := j.db.Glance(ctx, func(ctx context.Context) error {
			return db.Rows(ctx, "SELECT v.column1 FROM (VALUES (CAST(? AS text))"+strings.Repeat(", (?)", len(some)-1)+") v"+
				" WHERE (SELECT 1 FROM delivery d WHERE d.subscriber = v.column1 AND d.state = 'due' AND d.next_at <= ? LIMIT 1) = 1",
				append(slices.Clone(some), db.Micros(db.Now(ctx))), func(scan func(...any) error) error {
					var name string
					err := scan(&name)
					out = append(out, name)
					return err
				})
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// deliver makes one pass for a subscriber: a batch in one transaction, singly if
// that fails. took is how many were due, and more is true when more may be: what comes
// meanwhile signals anew.
func (j *Jobs) deliver(ctx context.Context, subscriber string) (took int, more bool, err error) {
	if j.db.Dialect() == db.SQLite { // before the one writer is taken; PostgreSQL is asked once
		if there, err := j.anyDue(ctx, subscriber); err != nil || !there {
			return 0, false, err
		}
	}
	var got []claimed
	err = j.shared(ctx, func(ctx context.Context) error {
		got = nil
		var err error
		if got, err = claim(ctx, subscriber); err != nil {
			return err
		}
		if prepare := j.prepare[subscriber]; prepare != nil && len(got) > 1 {
			all := make([]Received, len(got))
			for i, c := range got {
				all[i] = c.received()
			}
			if err := prepare(ctx, all); err != nil {
				return err
			}
		}
		for _, c := range got {
			if err := j.handle(ctx, subscriber, c); err != nil {
				return err
			}
		}
		if len(got) > 1 {
			if err := fail.Err(fail.DeliverSingle); err != nil {
				return err
			}
		}
		if len(got) > 0 {
			fail.At(fail.DeliverHandled)
		}
		return markDone(ctx, subscriber, got)
	})
	switch {
	case err == nil:
		fail.At(fail.DeliverDone)
		return len(got), len(got) >= batch, nil
	case ctx.Err() != nil:
		return 0, false, ctx.Err() // stopping: all of it stays due
	case len(got) == 0:
		return 0, false, err
	case len(got) == 1:
		return 1, true, j.failed(ctx, subscriber, got[0], err)
	}
	for _, c := range got {
		if err := j.single(ctx, subscriber, c); err != nil {
			return len(got), false, err
		}
	}
	return len(got), true, nil
}

// anyDue says whether a subscriber has anything to do.
func (j *Jobs) anyDue(ctx context.Context, subscriber string) (there bool, err error) {
	err = j.db.Glance(ctx, func(ctx context.Context) (err error) {
		there, err = db.Row(ctx, "SELECT 1 FROM delivery d WHERE d.subscriber = ? AND d.state = 'due' AND d.next_at <= ?"+head+" LIMIT 1",
			[]any{subscriber, db.Micros(db.Now(ctx))}, new(int))
		return err
	})
	return there, err
}

// within runs fn in a transaction that ends with Timeout, and cannot commit past
// it.
func (j *Jobs) within(ctx context.Context, fn func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	return j.db.InTx(ctx, fn)
}

// shared is within, but on SQLite subscribers that are served at the same time share
// one commit: they would wait for the one writer anyway. PostgreSQL serves them side by side.
func (j *Jobs) shared(ctx context.Context, fn func(ctx context.Context) error) error {
	if j.db.Dialect() != db.SQLite {
		return j.within(ctx, fn)
	}
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	return j.db.Group(ctx, "deliver", func(ctx context.Context) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := fn(ctx); err != nil {
			return err
		}
		return ctx.Err() // nothing is committed past Timeout
	})
}

// claim takes due heads, then what follows them within the same objects, where anything does.
func claim(ctx context.Context, subscriber string) ([]claimed, error) {
	now := db.Micros(db.Now(ctx))
	var got []claimed
	var objects, heads []string
	err := db.Rows(ctx, "SELECT "+columns+", CASE WHEN d.object <> '' AND EXISTS (SELECT 1 FROM delivery n WHERE n.subscriber = d.subscriber AND n.object = d.object AND n.state = 'due' AND n.position > d.position) THEN 1 ELSE 0 END"+
		from+"WHERE d.subscriber = ? AND d.state = 'due' AND d.next_at <= ?"+head+" ORDER BY d.next_at, d.event_id LIMIT ?"+lockRows(ctx),
		[]any{subscriber, now, batch}, func(scan func(...any) error) error {
			var c claimed
			var followed int
			err := scan(&c.EventID, &c.Kind, &c.Version, &c.Orgs, &c.Object, &c.Position, &c.Payload, &c.Happened, &c.Attempts, &c.NextAt, &followed)
			if got = append(got, c); followed == 1 {
				objects, heads = append(objects, c.Object), append(heads, c.EventID)
			}
			return err
		})
	if err != nil {
		return nil, err
	}
	if len(objects) == 0 || len(got) >= batch {
		return got, nil
	}
	var next []claimed
	err = db.Tx(ctx).Raw("SELECT "+columns+from+"WHERE d.subscriber = ? AND d.state = 'due' AND d.object IN ? AND d.event_id NOT IN ? ORDER BY d.object, d.position LIMIT ?"+lockRows(ctx),
		subscriber, objects, heads, batch-len(got)).Scan(&next).Error
	if err != nil {
		return nil, err
	}
	blocked := map[string]bool{} // an object is taken up to its first delivery that waits
	for _, c := range next {
		if blocked[c.Object] = blocked[c.Object] || c.NextAt > now; !blocked[c.Object] {
			got = append(got, c)
		}
	}
	return got, nil
}

// handle calls the subscriber's handler, acting for the companies of the event.
func (j *Jobs) handle(ctx context.Context, subscriber string, c claimed) (err error) {
	j.mu.Lock()
	fn := j.handlers[subscriber][c.Kind]
	j.mu.Unlock()
	if fn == nil {
		return fault.New(fault.Internal, "error.internal", "Cause", subscriber+" is no longer bound to "+c.Kind)
	}
	defer func() {
		if r := recover(); r != nil {
			err = fault.Wrap(fmt.Errorf("panic: %v", r), fault.Internal, "error.internal")
		}
	}()
	e := c.received()
	return j.db.InTx(db.WithOrgs(ctx, e.Orgs...), func(ctx context.Context) error { return fn(ctx, e) })
}

func markDone(ctx context.Context, subscriber string, got []claimed) error {
	if len(got) == 0 {
		return nil
	}
	ids := make([]string, len(got))
	for i, c := range got {
		ids[i] = c.EventID
	}
	// one text for however many, so that it is compiled once
	list, among := strings.Join(ids, ","), "= ANY (string_to_array(?, ','))"
	if db.DialectOf(ctx) == db.SQLite {
		list, among = `["`+strings.Join(ids, `","`)+`"]`, "IN (SELECT value FROM json_each(?))"
	}
	_, err := db.Exec(ctx, "UPDATE delivery SET state = 'done', done = ?, last_error = '' WHERE subscriber = ? AND event_id "+among, db.Micros(db.Now(ctx)), subscriber, list)
	return err
}

// single handles one delivery of a batch that failed, if it is still due.
func (j *Jobs) single(ctx context.Context, subscriber string, c claimed) error {
	err := j.within(ctx, func(ctx context.Context) error {
		var again []claimed
		err := db.Tx(ctx).Raw("SELECT "+columns+from+"WHERE d.subscriber = ? AND d.event_id = ? AND d.state = 'due' AND d.next_at <= ?"+head+lockRows(ctx),
			subscriber, c.EventID, db.Micros(db.Now(ctx))).Scan(&again).Error
		if err != nil || len(again) == 0 {
			return err
		}
		if err := j.handle(ctx, subscriber, again[0]); err != nil {
			return err
		}
		fail.At(fail.DeliverSingle)
		return markDone(ctx, subscriber, again)
	})
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	return j.failed(ctx, subscriber, c, err)
}

// failed counts a try and sets the pause before the next, or parks the delivery.
func (j *Jobs) failed(ctx context.Context, subscriber string, c claimed, cause error) error {
	tries := c.Attempts + 1
	state := due
	if tries >= MaxTries {
		state = parked
	}
	j.log.Warn("event not handled", "subscriber", subscriber, "event", c.EventID, "kind", c.Kind, "try", tries, "state", state, "error", cause)
	return j.db.InTx(ctx, func(ctx context.Context) error {
		return db.Tx(ctx).Exec("UPDATE delivery SET attempts = ?, state = ?, next_at = ?, last_error = ? WHERE subscriber = ? AND event_id = ? AND state = 'due' AND attempts = ?",
			tries, state, db.Micros(db.Now(ctx).Add(pause(int(tries)))), shorten(cause.Error()), subscriber, c.EventID, c.Attempts).Error
	})
}

// pause is the wait after a failed try: 1, 4, 16, 64 seconds … half an hour.
func pause(tries int) time.Duration {
	p := time.Second
	for range min(tries-1, 8) {
		p *= 4
	}
	return min(p, 30*time.Minute)
}

func shorten(s string) string {
	const most = 500
	r := []rune(strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "?"))
	return string(r[:min(len(r), most)])
}
