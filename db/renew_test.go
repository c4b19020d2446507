package db_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
)

// A renewal that fails ends no others; one that finds the claim another's ends the holder's work.
func TestRenew(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		calls := 0
		held, stop := d.Renew(t.Context(), slog.New(slog.DiscardHandler), time.Millisecond, func(ctx context.Context, until int64) (bool, error) {
			calls++
			switch {
			case until <= db.Micros(db.Now(ctx)):
				t.Error("it ends at once")
			case len(db.Orgs(ctx)) != 1:
				t.Errorf("for %v", db.Orgs(ctx))
			case calls == 1:
				return false, errors.New("no commit")
			}
			return calls < 4, nil
		}, "o1")
		<-held.Done()
		if stop() || calls != 4 {
			t.Errorf("still held, after %d calls", calls)
		}
		held, stop = d.Renew(t.Context(), slog.Default(), time.Hour, nil)
		if !stop() || held.Err() == nil {
			t.Error("lost without a renewal, or held after its end")
		}
	})
}
