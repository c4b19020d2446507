package job

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
)

// However many subscribers there are, one question finds who has anything due.
func TestWhoIsDueIsAskedOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		j := New(d, Options{})
		var names []any
		for i := range 120 {
			names = append(names, fmt.Sprint("asked-", i))
		}
		for name, kind := range map[string]string{"asked-3": "now", "asked-7": "now", "asked-9": "later", "asked-11": "done", "asked-13": "parked", "other": "now"} {
			j.Subscribe(name, []string{kind}, func(context.Context, Received) error { return nil })
		}
		err := d.InTx(ctx, func(ctx context.Context) error {
			for _, kind := range []string{"now", "later", "done", "parked"} {
				if err := j.Publish(ctx, Event{Kind: kind, Object: kind}); err != nil {
					return err
				}
			}
			for kind, set := range map[string]string{"later": fmt.Sprint("next_at = ", db.Micros(d.Clock().Add(time.Hour))), "done": "state = 'done'", "parked": "state = 'parked'"} {
				if err := db.Tx(ctx).Exec("UPDATE delivery SET "+set+" WHERE object = ?", kind).Error; err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		was := d.Counts().Run
		due, err := j.dueFor(ctx, names)
		slices.Sort(due)
		if err != nil || fmt.Sprint(due) != "[asked-3 asked-7]" {
			t.Errorf("due: %v, %v", due, err)
		}
		if n := d.Counts().Run - was; n != 1 {
			t.Errorf("%d statements", n)
		}
	})
}

// What this process was told nothing of is found all the same.
func TestWatchFindsWhatOthersPublish(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		here, there := New(d, Options{}), New(d, Options{})
		got := make(chan string, 1)
		for _, j := range []*Jobs{here, there} {
			j.Subscribe("watcher", []string{"watched"}, func(_ context.Context, e Received) error { got <- e.Object; return nil })
		}
		if err := here.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(here.Stop)
		if err := here.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
		there.state = started // it signals its own loops, and nobody else
		if err := d.InTx(t.Context(), func(ctx context.Context) error { return there.Publish(ctx, Event{Kind: "watched", Object: "x"}) }); err != nil {
			t.Fatal(err)
		}
		select {
		case o := <-got:
			if o != "x" {
				t.Errorf("object %q", o)
			}
		case <-time.After(20 * time.Second):
			t.Error("nobody looked")
		}
	})
}

// What was asked for before a pass is what it is for: no second, empty one follows.
func TestASignalIsForOnePass(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	left := make(chan int, 1)
	var l *loop
	l = newLoop("once", func(context.Context) (bool, error) {
		left <- len(l.kick)
		return false, nil
	})
	l.watched = true
	n := l.signal()
	ended := make(chan struct{})
	go func() { defer close(ended); l.run(ctx, ctx, slog.New(slog.DiscardHandler)) }()
	if waits := <-left; waits != 0 {
		t.Error("the signal waits for another pass")
	}
	if err := l.wait(ctx, n); err != nil {
		t.Error(err)
	}
	stop()
	<-ended
}

// A batch of deliveries takes few statements however many there are, and what follows within
// an object is asked for only where something does. After many the next look waits longer.
func TestPassIsFewStatements(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		j := New(d, Options{})
		var got []string
		j.Subscribe("few", []string{"k"}, func(_ context.Context, e Received) error {
			got = append(got, fmt.Sprint(e.Object, e.Position))
			return nil
		})
		l := j.loops["event:few"]
		pass := func(events ...string) int64 {
			t.Helper()
			err := d.InTx(ctx, func(ctx context.Context) error {
				for _, o := range events {
					if err := j.Publish(ctx, Event{Kind: "k", Object: o}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			got = nil
			was := d.Counts().Run
			if more, err := l.pass(ctx); more || err != nil {
				t.Fatalf("%v, %v", more, err)
			}
			slices.Sort(got)
			return d.Counts().Run - was
		}
		// SQLite: is anything due, what, done; PostgreSQL: what, with the beginning, done, the commit
		if n := pass("a", "b", "c", "d", "e", "f", "g"); n != 3 || fmt.Sprint(got) != "[a1 b1 c1 d1 e1 f1 g1]" || l.gap != together {
			t.Errorf("%d statements for %v, then %v", n, got, l.gap)
		}
		if n := pass("a", "b", "b", "b", "c", "d", "e", "f", "g"); n != 4 || fmt.Sprint(got) != "[a2 b2 b3 b4 c2 d2 e2 f2 g2]" || l.gap != flood {
			t.Errorf("with followers %d statements for %v, then %v", n, got, l.gap)
		}
		want := map[db.Dialect]int64{db.SQLite: 1, db.Postgres: 2}[d.Dialect()]
		if n := pass(); n != want || len(got) > 0 || l.gap != together {
			t.Errorf("nothing is due: %d statements for %v, then %v", n, got, l.gap)
		}
	})
}
