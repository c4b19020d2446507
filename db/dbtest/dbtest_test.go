package dbtest_test

import (
	"context"
	"testing"

	"entente/db"
	"entente/db/dbtest"
)

// Every test has a database of its own, also in parallel.
func TestEachIsIsolated(t *testing.T) {
	for range 4 {
		t.Run("one of several", func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				err := d.InTx(context.Background(), func(ctx context.Context) error {
					return db.Tx(ctx).Exec("INSERT INTO installation (name, value) VALUES ('mine', '1')").Error
				})
				if err != nil {
					t.Fatal(err)
				}
				var n int64
				if err := d.View(context.Background(), func(ctx context.Context) error {
					return db.Tx(ctx).Raw("SELECT COUNT(*) FROM installation").Scan(&n).Error
				}); err != nil || n != 1 {
					t.Fatalf("installation has %d rows, want the 1 of this test (%v)", n, err)
				}
			})
		})
	}
}
