package room

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"entente/db"
)

// taken are the numbers of rooms that posts of one commit took together.
type taken map[ID]*taking

type taking struct {
	next int64
	open bool
	orgs []string
}

// posting is what takeNumbers wants of a post: its room, and who reads on by it, "" for a bot.
type posting struct {
	room        ID
	person, org string
}

// takeNumbers takes a number for each of some postings, with the locks of their rooms' rows in
// the order of their ids, and reads what nextSeqFor reads: one statement, however many rooms.
// Their authors have then read so far. It is the fetch of db.GroupAhead.
func takeNumbers(ctx context.Context, items []any) (any, error) {
	counts := map[string]int{}
	for _, it := range items {
		counts[string(it.(posting).room)]++
	}
	out, err := take(ctx, counts)
	if err != nil {
		return nil, err
	}
	at, last := map[ID]int64{}, map[posting]int64{}
	var order []posting
	for _, it := range items {
		p := it.(posting)
		if out[p.room] == nil || p.person == "" {
			at[p.room]++
			continue
		}
		if _, again := last[p]; !again {
			order = append(order, p)
		}
		last[p] = out[p.room].next + at[p.room]
		at[p.room]++
	}
	for _, p := range order { // one statement may touch a row only once
		if err := enterLater(ctx, p.room, p.person, p.org, last[p]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// take takes numbers of rooms, as many of each.
func take(ctx context.Context, counts map[string]int) (taken, error) {
	out := make(taken, len(counts))
	add := func(id string, last int64, state, orgs string) {
		if n, ours := counts[id]; ours {
			out[ID(id)] = &taking{last - int64(n) + 1, state == stateOpen, strings.Fields(orgs)}
		}
	}
	now := db.Micros(db.Now(ctx))
	if db.DialectOf(ctx) == db.SQLite {
		wanted, err := json.Marshal(counts)
		if err != nil {
			return nil, err
		}
		err = db.Rows(ctx, `UPDATE room SET last_seq = last_seq + v.n, told_seq = last_seq + v.n, active = ? FROM (SELECT key AS id, value AS n FROM json_each(?)) v WHERE room.id = v.id
			RETURNING room.id, last_seq, state, COALESCE((SELECT string_agg(o.org_id, ' ') FROM room_org o WHERE o.room_id = room.id), '')`, []any{now, string(wanted)}, func(scan func(...any) error) error {
			var id, state, orgs string
			var last int64
			err := scan(&id, &last, &state, &orgs)
			add(id, last, state, orgs)
			return err
		})
		return out, err
	}
	var ids, ns []string
	for _, id := range slices.Sorted(maps.Keys(counts)) {
		ids, ns = append(ids, id), append(ns, strconv.Itoa(counts[id]))
	}
	var all string // one row: it is asked for on the way that begins the transaction
	_, err := db.Row(ctx, `WITH t AS (UPDATE room SET last_seq = room.last_seq + v.n, told_seq = room.last_seq + v.n, active = ?
			FROM (SELECT r.id, w.n FROM room r JOIN (SELECT unnest(string_to_array(?, ' ')) AS id, unnest(string_to_array(?, ' ')::bigint[]) AS n) w ON w.id = r.id ORDER BY r.id FOR UPDATE OF r) v WHERE room.id = v.id
			RETURNING room.id, room.last_seq, room.state, COALESCE((SELECT string_agg(o.org_id, ' ') FROM room_org o WHERE o.room_id = room.id), '') AS orgs)
		SELECT COALESCE(json_agg(json_build_object('id', id, 'last', last_seq, 'state', state, 'orgs', orgs))::text, '[]') FROM t`, []any{now, strings.Join(ids, " "), strings.Join(ns, " ")}, &all)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		ID, State, Orgs string
		Last            int64
	}
	if err := json.Unmarshal([]byte(all), &rows); err != nil {
		return nil, err
	}
	for _, r := range rows {
		add(r.ID, r.Last, r.State, r.Orgs)
	}
	return out, nil
}

// nextAhead is nextSeqFor of a post whose number was taken with those of others, or else
// nextSeqFor.
func nextAhead(ctx context.Context, id ID, org string) (seq int64, open, in bool, err error) {
	all, together := db.Ahead(ctx).(taken)
	if !together {
		return nextSeqFor(ctx, id, org)
	}
	t := all[id]
	if t == nil {
		return 0, false, false, errNotFound
	}
	t.next++
	return t.next - 1, t.open, slices.Contains(t.orgs, org), nil
}
