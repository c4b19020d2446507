package room

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
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
		// the room with the key, the number; then what waited, which PostgreSQL takes at once, and the commit
		most := int64(7)
		if d.Dialect() == db.Postgres {
			most = 4
		}
		if got := d.Counts().Run - before; got > most {
			t.Errorf("%d statements, at most %d", got, most)
		}
		// the numbers of many posts in many rooms are one statement; none is left out, and of a
		// commit that fails none is gone
		other := h.shared(t, "F-2")
		maya, ingrid := h.actor("maya"), h.actor("ingrid")
		by := func(a access.Actor, id ID) posting { return posting{id, a.Person, a.Org} }
		items := []any{by(maya, r.ID), by(ingrid, other.ID), by(ingrid, r.ID), by(maya, r.ID), by(maya, ID(db.NewID())), posting{room: other.ID}}
		undone := errors.New("undone")
		for _, end := range []error{undone, nil} {
			err := d.InTx(ctx, func(ctx context.Context) error {
				before := d.Counts().Run
				got, err := takeNumbers(ctx, items)
				ok(t, err)
				if n := d.Counts().Run - before; n != 1 {
					t.Errorf("%d statements", n)
				}
				all := got.(taken)
				if a, b := all[r.ID], all[other.ID]; len(all) != 2 || a.next != 3 || b.next != 1 || b.orgs == nil || !a.open || !slices.Contains(a.orgs, h.org["kestrel"]) || len(b.orgs) != 2 {
					t.Errorf("%+v %+v", a, b)
				}
				return end
			})
			if !errors.Is(err, end) {
				t.Error(err)
			}
		}
		for id, want := range map[ID][3]int64{r.ID: {5, 5, 4}, other.ID: {2, 0, 1}} {
			now, err := h.s.Get(ctx, maya, id)
			hers, _, err2 := h.s.Mark(ctx, maya, id)
			theirs, _, err3 := h.s.Mark(ctx, ingrid, id)
			if got := [3]int64{now.LastSeq, hers, theirs}; err != nil || err2 != nil || err3 != nil || got != want {
				t.Errorf("%v, want %v: %v %v %v", got, want, err, err2, err3)
			}
		}
	})
}

// TestOneBadPost: of posts that share a commit one cannot be stored. It is told why, the others
// are there, each once and with a number, and no number is lost.
func TestOneBadPost(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx, maya, ingrid := t.Context(), h.actor("maya"), h.actor("ingrid")
		r, other := h.shared(t, "B-1"), h.shared(t, "B-2")
		drafts := []Draft{
			{Room: r.ID, Key: "0", Text: "0"}, {Room: other.ID, Key: "1", Text: "1"},
			{Room: r.ID, Key: "2", Text: "2", Files: []FileID{FileID(db.NewID())}}, // nobody brought it
			{Room: r.ID, Key: "3", Text: "3"}, {Room: other.ID, Key: "4", Text: "4"},
		}
		type answer struct {
			m   Message
			err error
		}
		answers := make([]answer, len(drafts))
		held, release := make(chan struct{}), make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			ok(t, d.Group(ctx, "chat", func(context.Context) error { close(held); <-release; return nil }))
		})
		<-held
		for i, draft := range drafts {
			all.Go(func() {
				a := maya
				if i%2 == 1 {
					a = ingrid
				}
				answers[i].m, _, answers[i].err = h.s.Post(ctx, a, draft)
			})
		}
		for d.Waiting("chat") < len(drafts) {
			runtime.Gosched()
		}
		close(release)
		all.Wait()
		for i, a := range answers {
			if i == 2 {
				isCode(t, a.err, fault.Invalid)
				if f := fault.As(a.err); f == nil || len(f.Fields) != 1 || f.Fields[0].Name != "files" {
					t.Errorf("told %v", a.err)
				}
			} else if a.err != nil || a.m.Text != drafts[i].Text {
				t.Errorf("%d: %+v %v", i, a.m, a.err)
			}
		}
		for id, want := range map[ID][]string{r.ID: {"0", "3"}, other.ID: {"1", "4"}} {
			said, err := h.s.History(ctx, maya, id, Window{})
			ok(t, err)
			var got []string
			for i, m := range said {
				if got = append(got, m.Text); m.Seq != int64(i+1) {
					t.Errorf("%q has number %d", m.Text, m.Seq)
				}
			}
			slices.Sort(got)
			if now, err := h.s.Get(ctx, maya, id); err != nil || now.LastSeq != 2 || !slices.Equal(got, want) {
				t.Errorf("%q to %d, want %q: %v", got, now.LastSeq, want, err)
			}
		}
	})
}

// leaver does something once, after a post was checked and before it is written.
type leaver struct {
	*house
	do func()
}

func (l *leaver) Names(ctx context.Context, ids []string) (map[string]string, error) {
	if do := l.do; do != nil {
		l.do = nil
		do()
	}
	return l.house.Names(ctx, ids)
}

// TestPostAfterRemoval: who is taken out between the check and the write says nothing, does
// nothing to a message, and uses no number.
func TestPostAfterRemoval(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		l := &leaver{house: h}
		s, ctx := NewService(d, Deps{People: l, Gate: h, Partners: h, Publisher: h.pub}), t.Context()
		r := h.shared(t, "L-1")
		m := h.post(t, "ingrid", r.ID, "k", "before")
		out := func() { ok(t, h.s.RemoveOrg(ctx, h.system("aurelia"), r.ID, h.org["kestrel"])) }
		in := func() {
			_, err := h.s.EnsureRoom(ctx, h.system("aurelia"), Spec{Subject: r.Subject, Orgs: r.Orgs})
			ok(t, err)
		}
		l.do = out
		_, _, err := s.Post(ctx, h.actor("maya"), Draft{Room: r.ID, Key: "late", Text: "once more"})
		isCode(t, err, fault.NotFound)
		in()
		l.do = out
		isCode(t, second(s.React(ctx, h.actor("maya"), r.ID, m.Seq, "👍", true)), fault.NotFound)
		if at, err := h.s.Get(ctx, h.actor("ingrid"), r.ID); err != nil || at.LastSeq != m.Seq {
			t.Errorf("%+v %v", at, err)
		}
		// left out of a free room whose company stays
		dan := h.actor("maya")
		dan.Person, dan.Roles = h.person["dan"], []access.Role{access.Sales}
		free, err := h.s.Make(ctx, h.actor("maya"), FreeCmd{Title: "Few", People: []string{dan.Person}, Key: "f"})
		ok(t, err)
		l.do = func() { ok(t, h.s.Choose(ctx, h.actor("maya"), free.ID, []string{h.actor("maya").Person})) }
		_, _, err = s.Post(ctx, dan, Draft{Room: free.ID, Key: "late", Text: "once more"})
		isCode(t, err, fault.NotFound)
		if said, err := h.s.History(ctx, h.actor("maya"), free.ID, Window{}); err != nil || slices.ContainsFunc(said, func(m Message) bool { return m.Kind == Said }) {
			t.Errorf("%+v %v", said, err)
		}
	})
}
