package job

import (
	"context"
	"fmt"
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
