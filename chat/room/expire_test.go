package room

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

// TestExpireDrains: one run removes all that is overdue, however much of it one company
// wrote; a room in which nothing can be removed keeps what stands in no other.
func TestExpireDrains(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		at := func(day int) context.Context {
			return db.WithNow(context.Background(), time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC).AddDate(0, 0, day))
		}
		bad, good := h.shared(t, "1"), h.shared(t, "2")
		ingrid, maya := h.actor("ingrid"), h.actor("maya")
		admin := maya
		admin.Roles = []access.Role{access.Admin}
		say := func(day int, a access.Actor, id ID, key string) Message {
			t.Helper()
			m, _, err := h.s.Post(at(day), a, Draft{Room: id, Key: key, Text: "said"})
			ok(t, err)
			return m
		}
		const many = 2*expireSlice + 5
		for id, n := range map[ID]int{bad.ID: many, good.ID: many / 2} { // one instant: a slice ends between equals
			ok(t, d.InTx(at(0), func(ctx context.Context) error {
				seq, _, err := nextActs(ctx, id, n)
				for i := range int64(n) {
					err = errors.Join(err, insert(ctx, Message{Room: id, Seq: seq + i, Kind: Said, Key: fmt.Sprint("k", i), Body: "said", At: db.Now(ctx)}, ingrid.Person, ingrid.Org))
				}
				return err
			}))
		}
		say(0, maya, good.ID, "maya")
		fresh := say(40, maya, good.ID, "fresh")
		ok(t, h.s.Read(at(40), ingrid, good.ID, fresh.Seq))
		for _, a := range []access.Actor{ingrid, admin} {
			ok(t, h.s.SetRetention(at(40), a, 30))
		}
		raise := func(by int) {
			t.Helper()
			ok(t, d.InTx(context.Background(), func(ctx context.Context) error {
				return db.Tx(ctx).Exec("UPDATE room SET last_seq = last_seq + ? WHERE id = ?", by, string(bad.ID)).Error
			}))
		}
		left := func(id ID) (n int64) {
			t.Helper()
			ok(t, d.View(context.Background(), func(ctx context.Context) error {
				return db.Tx(ctx).Model(&messageRow{}).Where("room_id = ? AND kind = 'message' AND removed = 0", string(id)).Count(&n).Error
			}))
			return n
		}
		raise(-1) // the number of the next act is taken
		if err := h.s.Expire(at(41)); err == nil || !strings.Contains(err.Error(), string(bad.ID)) || strings.Contains(err.Error(), string(good.ID)) {
			t.Errorf("%v", err)
		}
		if n, m := left(bad.ID), left(good.ID); n != many || m != 1 {
			t.Errorf("%d and %d are left, want %d and 1", n, m, many)
		}
		raise(1)
		ok(t, h.s.Expire(at(41)))
		if n := left(bad.ID); n != 0 {
			t.Errorf("%d are left", n)
		}
		for _, id := range []ID{bad.ID, good.ID} { // the sequence has no gap, and is read as before
			last, acts := int64(0), 0
			for {
				page, err := h.s.History(at(41), ingrid, id, Window{After: last, Limit: MaxHistory, forward: true})
				ok(t, err)
				if len(page) == 0 {
					break
				}
				for _, m := range page {
					if m.Seq != last+1 {
						t.Fatalf("%d follows %d", m.Seq, last)
					}
					if last = m.Seq; m.Kind == Act {
						acts++
					}
				}
			}
			if r, err := h.s.Get(at(41), ingrid, id); err != nil || r.LastSeq != last || acts != int(last)/2 && id == bad.ID {
				t.Errorf("%+v %v, %d acts to %d", r, err, acts, last)
			}
		}
		r, err := h.s.Get(at(41), ingrid, good.ID)
		ok(t, err)
		if seq, _, err := h.s.Mark(at(41), ingrid, good.ID); err != nil || seq != r.LastSeq {
			t.Errorf("read to %d of %d, %v", seq, r.LastSeq, err)
		}
	})
}

// TestHoldsInPages: all that a company holds is read in parts, each room once, also where
// several began at one instant.
func TestHoldsInPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		at := func(day int) context.Context {
			return db.WithNow(context.Background(), time.Date(2026, 1, day, 8, 0, 0, 0, time.UTC))
		}
		ingrid := h.actor("ingrid")
		want := map[ID]bool{}
		for i, day := range []int{1, 1, 1, 2, 3} {
			r := h.shared(t, fmt.Sprint(i))
			want[r.ID] = true
			ok(t, h.s.Hold(at(day), ingrid, r.ID, "dispute"))
		}
		last, n := "", time.Time{}
		for pages := 1; ; pages++ {
			part, next, err := h.s.Holds(at(4), ingrid, last, 2)
			ok(t, err)
			for _, x := range part {
				if !want[x.Room] || !n.IsZero() && x.At.After(n) {
					t.Errorf("%+v comes again, or after %v", x, n)
				}
				delete(want, x.Room)
				n = x.At
			}
			if last = next; last == "" {
				if len(want) != 0 || pages != 3 {
					t.Errorf("%d pages, without %v", pages, want)
				}
				break
			}
		}
		for _, wrong := range []struct {
			after string
			limit int
		}{{"x", 0}, {"", 201}, {"", -1}} {
			_, _, err := h.s.Holds(at(4), ingrid, wrong.after, wrong.limit)
			isCode(t, err, fault.Invalid)
		}
	})
}
