package jobtest_test

import (
	"context"
	"slices"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/db/job/jobtest"
)

func TestEvents(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := job.New(d, job.Options{})
		jobtest.Kinds(t, d)
		if err := d.InTx(context.Background(), func(ctx context.Context) error {
			for _, kind := range []string{"b", "a"} {
				if err := j.Publish(ctx, job.Event{Kind: kind, Object: "o", Orgs: []string{"x", "y"}, Payload: map[string]int{"n": 1}}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		jobtest.Kinds(t, d, "b", "a")
		e := jobtest.Events(t, d)[1]
		var v struct{ N int }
		if e.Decode(t, &v); e.Position != 2 || e.Object != "o" || !slices.Equal(e.Orgs, []string{"x", "y"}) || v.N != 1 {
			t.Errorf("event %+v, payload %+v", e, v)
		}
		probe := &recorder{TB: t}
		jobtest.Kinds(probe, d, "a", "b")
		if !probe.failed {
			t.Error("a wrong order passes")
		}
	})
}

type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Helper()               {}
func (r *recorder) Errorf(string, ...any) { r.failed = true }
