package job

import (
	"context"
	"encoding/json"
	"sort"
	"strconv"
	"strings"
	"time"

	"entente/db"
	"entente/prm/fault"
)

// Parked lists what failed MaxTries times and waits for a person, oldest first,
// at most 500. A schedule that failed appears once, with its last failure.
func (j *Jobs) Parked(ctx context.Context) ([]Parked, error) {
	var list []Parked
	err := j.db.View(ctx, func(ctx context.Context) error {
		var rows []struct {
			Subscriber, EventID, Kind, Object, Orgs, LastError string
			Attempts, Happened                                 int64
		}
		err := db.Tx(ctx).Raw("SELECT d.subscriber, d.event_id, e.kind, d.object, e.orgs, d.last_error, d.attempts, e.happened FROM delivery d JOIN event e ON e.id = d.event_id" +
			" WHERE d.state = 'parked' ORDER BY e.happened, d.event_id LIMIT 500").Scan(&rows).Error
		if err != nil {
			return err
		}
		for _, r := range rows {
			p := Parked{Subscriber: r.Subscriber, EventID: r.EventID, Kind: r.Kind, Object: r.Object, Tries: int(r.Attempts), LastError: r.LastError, At: db.FromMicros(r.Happened)}
			if r.Orgs != "" {
				p.Orgs = strings.Split(r.Orgs, ",")
			}
			list = append(list, p)
		}
		singles, err := parkedSingles(ctx)
		list = append(list, singles...)
		return err
	})
	return list, err
}

// parkedSingles are River's discarded jobs.
func parkedSingles(ctx context.Context) ([]Parked, error) {
	made := "CAST(EXTRACT(EPOCH FROM created_at) * 1000000 AS bigint)"
	last := "errors[array_upper(errors, 1)]"
	if db.DialectOf(ctx) == db.SQLite {
		made = "CAST((julianday(created_at) - 2440587.5) * 86400000 AS INTEGER) * 1000"
		last = "json_extract(json(errors), '$[#-1]')"
	}
	var rows []struct {
		ID, Attempt, Made int64
		Kind              string
		Last              *string
	}
	err := db.Tx(ctx).Raw("SELECT id, kind, attempt, " + made + " AS made, CAST(" + last + " AS text) AS last FROM river_job WHERE state = 'discarded' ORDER BY id DESC LIMIT 500").Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	var list []Parked
	seen := map[string]bool{}
	for _, r := range rows {
		if isEvery(r.Kind) {
			if seen[r.Kind] {
				continue
			}
			seen[r.Kind] = true
		}
		p := Parked{Subscriber: JobSubscriber, EventID: strconv.FormatInt(r.ID, 10), Kind: r.Kind, Tries: int(r.Attempt), At: db.FromMicros(r.Made)}
		var cause struct {
			Error string `json:"error"`
		}
		if r.Last != nil && json.Unmarshal([]byte(*r.Last), &cause) == nil {
			p.LastError = shorten(cause.Error)
		}
		list = append(list, p)
	}
	sort.SliceStable(list, func(a, b int) bool { return list[a].At.Before(list[b].At) })
	return list, nil
}

// Retry makes a parked delivery, or a parked single job (JobSubscriber and its
// id), due again with all its tries. Codes: NotFound when it is not parked.
func (j *Jobs) Retry(ctx context.Context, subscriber, eventID string) error {
	return j.db.InTx(ctx, func(ctx context.Context) error {
		if subscriber == JobSubscriber {
			id, err := strconv.ParseInt(eventID, 10, 64)
			if err != nil {
				return fault.New(fault.NotFound, "error.not_found")
			}
			var n int64
			if err := db.Tx(ctx).Raw("SELECT COUNT(*) FROM river_job WHERE id = ? AND state = 'discarded'", id).Scan(&n).Error; err != nil {
				return err
			}
			if n == 0 {
				return fault.New(fault.NotFound, "error.not_found")
			}
			db.AfterCommit(ctx, func() { j.wakes.Add(1) })
			return j.queue.retry(ctx, id)
		}
		r := db.Tx(ctx).Exec("UPDATE delivery SET state = 'due', attempts = 0, next_at = ? WHERE subscriber = ? AND event_id = ? AND state = 'parked'",
			min(db.Micros(db.Now(ctx)), db.Micros(j.db.Clock())), subscriber, eventID)
		if r.Error != nil {
			return r.Error
		}
		if r.RowsAffected == 0 {
			return fault.New(fault.NotFound, "error.not_found")
		}
		return j.wake(ctx, "event:"+subscriber)
	})
}

// Stats counts unfinished and parked work, for the platform page and metrics.
func (j *Jobs) Stats(ctx context.Context) ([]Stat, error) {
	var list []Stat
	err := j.db.View(ctx, func(ctx context.Context) error {
		var rows []struct {
			Name, State   string
			Count, Oldest int64
		}
		if err := db.Tx(ctx).Raw("SELECT subscriber AS name, state, COUNT(*) AS count, MIN(next_at) AS oldest FROM delivery WHERE state <> 'done' GROUP BY subscriber, state ORDER BY 1, 2").Scan(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			list = append(list, Stat{Name: r.Name, State: r.State, Count: r.Count, Oldest: db.FromMicros(r.Oldest)})
		}
		made := "CAST(EXTRACT(EPOCH FROM MIN(created_at)) * 1000000 AS bigint)"
		if db.DialectOf(ctx) == db.SQLite {
			made = "CAST((MIN(julianday(created_at)) - 2440587.5) * 86400000 AS INTEGER) * 1000"
		}
		rows = nil
		if err := db.Tx(ctx).Raw("SELECT kind AS name, CASE CAST(state AS text) WHEN 'discarded' THEN 'parked' ELSE CAST(state AS text) END AS state, COUNT(*) AS count, " + made +
			" AS oldest FROM river_job WHERE state IN ('available', 'running', 'retryable', 'scheduled', 'discarded') GROUP BY 1, 2 ORDER BY 1, 2").Scan(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			list = append(list, Stat{Name: r.Name, Single: true, State: r.State, Count: r.Count, Oldest: db.FromMicros(r.Oldest)})
		}
		return nil
	})
	return list, err
}

// Idle returns when nothing is due: deliveries, drains and single jobs. What
// waits for a later instant (a pause after a failure, a timer) does not count.
// Before Start it drains deliveries and named drains itself, under ctx, so that
// db.WithNow reaches the handlers; single jobs then wait for Start.
func (j *Jobs) Idle(ctx context.Context) error {
	j.mu.Lock()
	local := j.state == started
	keys := make([]string, 0, len(j.loops))
	for k := range j.loops {
		keys = append(keys, k)
	}
	j.mu.Unlock()
	sort.Strings(keys)
	for {
		before := j.wakes.Load()
		for _, k := range keys {
			l := j.loop(k)
			if local {
				if err := l.wait(ctx, l.signal()); err != nil {
					return fault.Wrap(err, fault.Unavailable, "error.unavailable")
				}
				continue
			}
			l.inline.Lock()
			err := l.turnOver(ctx, ctx)
			l.inline.Unlock()
			if err != nil {
				return db.Translate(err)
			}
		}
		if j.wakes.Load() != before {
			continue
		}
		busy, err := j.busy(ctx, local)
		if err != nil {
			return err
		}
		if !busy && j.wakes.Load() == before {
			return nil
		}
		select {
		case <-ctx.Done():
			return fault.Wrap(ctx.Err(), fault.Unavailable, "error.unavailable")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// busy reports due deliveries of our subscribers (another node may hold them)
// and, once started, single jobs due or running.
func (j *Jobs) busy(ctx context.Context, local bool) (bool, error) {
	j.mu.Lock()
	names := []string{""}
	for s := range j.handlers {
		names = append(names, s)
	}
	j.mu.Unlock()
	var n int64
	err := j.db.View(ctx, func(ctx context.Context) error {
		err := db.Tx(ctx).Raw("SELECT COUNT(*) FROM delivery d WHERE d.subscriber IN ? AND d.state = 'due' AND d.next_at <= ?"+head, names, db.Micros(db.Now(ctx))).Scan(&n).Error
		if err != nil || n > 0 || !local {
			return err
		}
		now := "scheduled_at <= now()"
		if db.DialectOf(ctx) == db.SQLite {
			now = "julianday(scheduled_at) <= julianday('now')"
		}
		return db.Tx(ctx).Raw("SELECT COUNT(*) FROM river_job WHERE state = 'running' OR state IN ('available', 'retryable', 'scheduled') AND " + now).Scan(&n).Error
	})
	return n > 0, err
}
