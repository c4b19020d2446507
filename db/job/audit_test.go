package job_test

import (
	"context"
	"fmt"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
)

// Audit is silent about what was handed to everyone or is due, and about subscribers that
// came or went with a release; it names the event that one of them was never handed, and a
// parked delivery.
func TestAudit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bind := func(subscribers ...string) *job.Jobs {
			j := job.New(d, job.Options{})
			for _, s := range subscribers {
				j.Subscribe(s, []string{"order.received"}, func(context.Context, job.Received) error { return nil })
			}
			return j
		}
		exec := func(query string, args ...any) {
			t.Helper()
			if err := d.InTx(t.Context(), func(ctx context.Context) error { return db.Tx(ctx).Exec(query, args...).Error }); err != nil {
				t.Fatal(err)
			}
		}
		due := int64(0)
		found := func(j *job.Jobs) (out string) {
			t.Helper()
			n, err := j.Audit(t.Context(), func(rule, _, detail string) { out += fmt.Sprintln(rule, detail) })
			if err != nil {
				t.Fatal(err)
			}
			due = n
			return out
		}
		want := func(what string, j *job.Jobs, want string) {
			t.Helper()
			if got := found(j); got != want {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		before, now := bind("rooms", "gone"), bind("rooms", "notices")
		want("nothing happened", now, "")
		publish(t, d, before, job.Event{Kind: "order.received", Object: "o1"})
		publish(t, d, now, job.Event{Kind: "order.received", Object: "o2"}, job.Event{Kind: "order.received", Object: "o3"}, job.Event{Kind: "nobody.hears"})
		want("due, before and after a release", now, "")
		if due != 6 {
			t.Errorf("%d deliveries due, want 6", due)
		}
		exec("DELETE FROM delivery WHERE subscriber = 'gone'")
		idle(t, now)
		want("handled", now, "")
		if due != 0 {
			t.Errorf("%d deliveries due once all is handled", due)
		}
		exec("DELETE FROM delivery WHERE subscriber = 'notices' AND object = 'o3'")
		want("one was never handed over", now, "event_untold order.received notices\n")
		exec("UPDATE delivery SET state = 'parked' WHERE subscriber = 'rooms' AND object = 'o2'")
		want("and one is parked", now, "event_untold order.received notices\ndelivery_parked order.received rooms\n")
	})
}
