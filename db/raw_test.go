package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
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

// A statement and a question go together, in the transaction and for its companies;
// PostgreSQL answers once, whether it knew of the transaction or not.
func TestExecRow(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		both := func(ctx context.Context, name string, sum *int64) (int64, error) {
			return db.ExecRow(ctx, "INSERT INTO counter (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", []any{name, 3}, "SELECT COALESCE(SUM(value), 0) FROM counter WHERE name LIKE ?", []any{"both %"}, sum)
		}
		was := d.Counts().Run
		err := d.InTx(ctx, func(ctx context.Context) error {
			for i, name := range []string{"both a", "both b", "both b"} {
				var sum int64
				if n, err := both(ctx, name, &sum); err != nil || n != int64([]int{1, 1, 0}[i]) || sum != int64([]int{3, 6, 6}[i]) {
					t.Errorf("%s: %d rows, a sum of %d: %v", name, n, sum, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n, want := d.Counts().Run-was, map[db.Dialect]int64{db.SQLite: 6, db.Postgres: 4}[d.Dialect()]; n != want { // with the commit
			t.Errorf("%d statements, not %d", n, want)
		}
		err = d.InTx(ctx, func(ctx context.Context) error {
			if err := db.Later(ctx, "counter", "name, value", "", "both waited", 10); err != nil {
				return err
			}
			var sum int64
			if _, err := both(ctx, "both c", &sum); err != nil || sum != 19 {
				t.Errorf("what waited is not seen: %d, %v", sum, err)
			}
			_, err := db.ExecRow(ctx, "INSERT INTO counter (name, value) VALUES (?, ?)", []any{"both a", 1}, "SELECT 1", nil, &sum)
			return err
		})
		if !db.IsDuplicate(err) {
			t.Errorf("a unique key: %v", err)
		}
		if n := has(t, ctx, d, "name LIKE 'both %'"); n != 2 {
			t.Errorf("%d rows after the rollback", n)
		}
		if err := d.Glance(ctx, func(ctx context.Context) error { _, err := both(ctx, "both d", new(int64)); return err }); err == nil {
			t.Error("a writing call inside a glance is taken")
		}
	})
}

// A row is asked for together with what PostgreSQL has to be told first: one answer,
// also where there is none.
func TestRowTellsOnTheWay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const put = "INSERT INTO counter (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value, name"
		ctx := db.WithOrgs(t.Context(), "one")
		was := d.Counts().Run
		err := d.InTx(ctx, func(ctx context.Context) error {
			for i, orgs := range [][]string{{"one"}, {"one", "two"}, {"one"}} {
				err := d.InTx(db.WithOrgs(ctx, orgs...), func(ctx context.Context) error {
					var n int64
					var name, acting string
					if ok, err := db.Row(ctx, put, []any{"told"}, &n, &name); !ok || err != nil || n != int64(i)+1 || name != "told" {
						t.Errorf("%v: %d, %q, %v, %v", orgs, n, name, ok, err)
					}
					if d.Dialect() == db.Postgres {
						if _, err := db.Row(ctx, "SELECT current_setting('entente.orgs')", nil, &acting); err != nil || acting != strings.Join(orgs, ",") {
							t.Errorf("acting %q, %v", acting, err)
						}
					}
					return nil
				})
				if err != nil {
					return err
				}
			}
			return d.InTx(db.WithOrgs(ctx, "two"), func(ctx context.Context) error {
				if ok, err := db.Row(ctx, "SELECT value FROM counter WHERE name = ?", []any{"nobody"}, new(int64)); ok || err != nil {
					t.Errorf("none: %v, %v", ok, err)
				}
				return nil
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		if n, want := d.Counts().Run-was, map[db.Dialect]int64{db.SQLite: 4, db.Postgres: 8}[d.Dialect()]; n != want { // with the commit
			t.Errorf("%d statements, not %d", n, want)
		}
		err = d.InTx(ctx, func(ctx context.Context) error {
			if _, err := db.Row(ctx, "SELECT value FROM no_such_table", nil, new(int64)); err == nil {
				t.Error("a table that is not there")
			}
			_, err := db.Exec(ctx, "INSERT INTO counter (name, value) VALUES ('told after', 1)")
			return err
		})
		if n := has(t, ctx, d, "name = 'told after'"); (err == nil) != (n == 1) || d.Dialect() == db.Postgres && err == nil {
			t.Errorf("after a first statement that failed: %d, %v", n, err)
		}
	})
}

// So are many rows.
func TestRowsTellOnTheWay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		own := errors.New("enough")
		was := d.Counts().Run
		err := d.InTx(db.WithOrgs(t.Context(), "one"), func(ctx context.Context) error {
			var names []string
			put := func(name string) error {
				return db.Rows(ctx, "INSERT INTO counter (name, value) VALUES (?, 1), (?, 2) RETURNING name, value", []any{name + " a", name + " b"}, func(scan func(...any) error) error {
					var n int64
					var at string
					err := scan(&at, &n)
					names = append(names, fmt.Sprint(at, n))
					return err
				})
			}
			if err := put("rows"); err != nil || strings.Join(names, ",") != "rows a1,rows b2" {
				t.Errorf("%v, %v", names, err)
			}
			// who has read enough may go on
			err := d.InTx(db.WithOrgs(ctx, "two"), func(ctx context.Context) error {
				return db.Rows(ctx, "SELECT name FROM counter WHERE name LIKE 'rows %'", nil, func(func(...any) error) error { return own })
			})
			if !errors.Is(err, own) {
				t.Errorf("enough: %v", err)
			}
			_, err = db.Exec(ctx, "INSERT INTO counter (name, value) VALUES ('rows c', 3)")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if n, want := d.Counts().Run-was, map[db.Dialect]int64{db.SQLite: 3, db.Postgres: 4}[d.Dialect()]; n != want { // with the commit
			t.Errorf("%d statements, not %d", n, want)
		}
		if n := has(t, t.Context(), d, "name LIKE 'rows %'"); n != 3 {
			t.Errorf("%d rows", n)
		}
		err = d.InTx(t.Context(), func(ctx context.Context) error {
			if err := db.Rows(ctx, "SELECT name FROM no_such_table", nil, func(func(...any) error) error { return nil }); err == nil {
				t.Error("a table that is not there")
			}
			_, err := db.Exec(ctx, "INSERT INTO counter (name, value) VALUES ('rows after', 1)")
			return err
		})
		if n := has(t, t.Context(), d, "name = 'rows after'"); (err == nil) != (n == 1) || d.Dialect() == db.Postgres && err == nil {
			t.Errorf("after a first question that failed: %d, %v", n, err)
		}
	})
}
