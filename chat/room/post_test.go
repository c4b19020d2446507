package room

import (
	"strconv"
	"sync"
	"testing"

	"entente/db"
	"entente/db/dbtest"
)

// TestOneKeyAtOnce sends the same keys through two programs on one database, many times at
// once: each key is one message, which everybody is answered, and no number is lost.
func TestOneKeyAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		other := NewService(d, Deps{People: h, Gate: h, Events: h})
		r, ctx, maya := h.shared(t, "K-1"), t.Context(), h.actor("maya")
		const many, each = 8, 12
		var mu sync.Mutex
		seqs, firsts := map[string]map[int64]bool{}, map[string]int{}
		var all sync.WaitGroup
		for i := range many * each {
			all.Go(func() {
				s, key := h.s, "k"+strconv.Itoa(i%many)
				if i/many%2 == 1 {
					s = other
				}
				m, repeated, err := s.Post(ctx, maya, Draft{Room: r.ID, Key: key, Text: "once " + key})
				if err != nil || m.Key != key || m.Text != "once "+key || m.From.Name != "maya" {
					t.Errorf("%s: %+v %v", key, m, err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				if seqs[key] == nil {
					seqs[key] = map[int64]bool{}
				}
				seqs[key][m.Seq] = true
				if !repeated {
					firsts[key]++
				}
			})
		}
		all.Wait()
		numbers := map[int64]bool{}
		for key, got := range seqs {
			if len(got) != 1 || firsts[key] != 1 {
				t.Errorf("%s: numbers %v, %d times new", key, got, firsts[key])
			}
			for n := range got {
				numbers[n] = true
			}
		}
		history, err := h.s.History(ctx, maya, r.ID, Window{})
		if err != nil || len(history) != many || len(numbers) != many {
			t.Errorf("%d messages, numbers %v: %v", len(history), numbers, err)
		}
		for n := int64(1); n <= many; n++ {
			if !numbers[n] {
				t.Errorf("no number %d: %v", n, numbers)
			}
		}
		if len(h.s.sending.busy)+len(other.sending.busy) != 0 {
			t.Error("keys are kept")
		}
	})
}

// TestPostIsFewStatements: a message costs few questions, and of those that wait for the same
// commit each one fewer.
func TestPostIsFewStatements(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		r, ctx := h.shared(t, "F-1"), t.Context()
		post := func(who, key string) {
			if _, _, err := h.s.Post(ctx, h.actor(who), Draft{Room: r.ID, Key: key, Text: "few words " + key}); err != nil {
				t.Error(err)
			}
		}
		post("maya", "first")
		before := d.Counts().Run
		post("maya", "alone")
		// the room, the key, the number; then what waited, which PostgreSQL takes at once, and the commit
		most := int64(8)
		if d.Dialect() == db.Postgres {
			most = 5
		}
		if got := d.Counts().Run - before; got > most {
			t.Errorf("%d statements, at most %d", got, most)
		}
	})
}
