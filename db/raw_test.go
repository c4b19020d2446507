package db_test

import (
	"context"
	"testing"

	"entente/db"
	"entente/db/dbtest"
)

// Statements without gorm take part in the transaction like all others.
func TestRaw(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		count := func(ctx context.Context) (n int64) {
			if ok, err := db.Row(ctx, "SELECT count(*) FROM counter WHERE name IN (?, ?)", []any{"raw a", "raw b"}, &n); err != nil || !ok {
				t.Fatal(ok, err)
			}
			return n
		}
		failed := d.InTx(ctx, func(ctx context.Context) error {
			if n, err := db.Exec(ctx, "INSERT INTO counter (name, value) VALUES "+db.Values(2, 2), "raw a", 1, "raw b", 2); err != nil || n != 2 {
				t.Errorf("%d rows: %v", n, err)
			}
			if n := count(ctx); n != 2 {
				t.Errorf("%d rows inside", n)
			}
			_, err := db.Exec(ctx, "INSERT INTO counter (name, value) VALUES (?, ?)", "raw a", 3)
			return err
		})
		if !db.IsDuplicate(failed) {
			t.Errorf("a unique key: %v", failed)
		}
		err := d.Glance(ctx, func(ctx context.Context) error {
			if n := count(ctx); n != 0 {
				t.Errorf("%d rows after the rollback", n)
			}
			if ok, err := db.Row(ctx, "SELECT value FROM counter WHERE name = ?", []any{"raw c"}, new(int64)); ok || err != nil {
				t.Errorf("none: %v %v", ok, err)
			}
			return d.InTx(ctx, func(context.Context) error { return nil })
		})
		if err == nil {
			t.Error("a writing call inside a glance is taken")
		}
		var names []string
		err = d.InTx(ctx, func(ctx context.Context) error {
			if _, err := db.Exec(ctx, "INSERT INTO counter (name, value) VALUES "+db.Values(2, 2), "raw a", 1, "raw b", 2); err != nil {
				return err
			}
			return d.Glance(ctx, func(ctx context.Context) error {
				return db.Rows(ctx, "SELECT name FROM counter WHERE name LIKE ? ORDER BY name", []any{"raw %"}, func(scan func(...any) error) error {
					names = append(names, "")
					return scan(&names[len(names)-1])
				})
			})
		})
		if err != nil || len(names) != 2 || names[1] != "raw b" {
			t.Errorf("%q: %v", names, err)
		}
	})
}
