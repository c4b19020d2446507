package db_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"entente/db"
)

func kept(t *testing.T) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "kept.db"), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if _, err := d.Writer().Exec("CREATE TABLE kept (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)"); err != nil {
		t.Fatal(err)
	}
	return d
}

// The same text is compiled once for a connection, however often it runs.
func TestStatementsAreCompiledOnce(t *testing.T) {
	d := kept(t)
	before := d.Counts()
	for i := range 50 {
		err := d.InTx(t.Context(), func(ctx context.Context) error {
			_, err := db.Exec(ctx, "INSERT INTO kept (name) VALUES (?)", fmt.Sprint("n", i))
			if err != nil {
				return err
			}
			var n int
			if _, err := db.Row(ctx, "SELECT count(*) FROM kept", nil, &n); err != nil || n != i+1 {
				t.Errorf("%d rows after %d, %v", n, i+1, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	after := d.Counts()
	if run, compiled := after.Run-before.Run, after.Compiled-before.Compiled; run != 100 || compiled != 2 {
		t.Errorf("%d run, %d compiled, want 100 and 2", run, compiled)
	}
}

// A statement whose rows are being read is not run a second time: the inner one has its own.
func TestKeptStatementWithinItself(t *testing.T) {
	d := kept(t)
	err := d.InTx(t.Context(), func(ctx context.Context) error {
		for i := range 3 {
			if _, err := db.Exec(ctx, "INSERT INTO kept (name) VALUES (?)", fmt.Sprint(i)); err != nil {
				return err
			}
		}
		const text = "SELECT id FROM kept WHERE id >= ? ORDER BY id"
		pairs := 0
		err := db.Rows(ctx, text, []any{1}, func(scan func(...any) error) error {
			var outer int
			if err := scan(&outer); err != nil {
				return err
			}
			return db.Rows(ctx, text, []any{outer}, func(scan func(...any) error) error {
				var inner int
				pairs++
				return scan(&inner)
			})
		})
		if pairs != 6 {
			t.Errorf("%d pairs, want 6", pairs)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A statement that failed, was broken off or lost its table is good again afterwards, and
// more texts than are kept do no harm.
func TestKeptStatementAfterTrouble(t *testing.T) {
	d := kept(t)
	insert := func(ctx context.Context, name string) error {
		return d.InTx(ctx, func(ctx context.Context) error {
			_, err := db.Exec(ctx, "INSERT INTO kept (name) VALUES (?)", name)
			return err
		})
	}
	if err := insert(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	if err := insert(t.Context(), "one"); !db.IsDuplicate(err) {
		t.Fatalf("a second one: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	err := d.InTx(ended, func(ctx context.Context) error {
		end()
		_, err := db.Exec(ctx, "INSERT INTO kept (name) VALUES (?)", "two")
		return err
	})
	if err == nil {
		t.Fatal("a write under an ended context")
	}
	if err := insert(t.Context(), "two"); err != nil {
		t.Fatal(err)
	}
	count := func() (n int) {
		if err := d.View(t.Context(), func(ctx context.Context) error {
			_, err := db.Row(ctx, "SELECT count(*) FROM kept", nil, &n)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(); n != 2 {
		t.Fatalf("%d rows, want 2", n)
	}
	for _, text := range []string{"ALTER TABLE kept ADD COLUMN more TEXT", "DROP TABLE kept", "CREATE TABLE kept (name TEXT NOT NULL)"} {
		if _, err := d.Writer().Exec(text); err != nil {
			t.Fatal(text, err)
		}
	}
	if n := count(); n != 0 {
		t.Fatalf("%d rows in the new table, want 0", n)
	}
	if err := insert(t.Context(), "three"); err != nil {
		t.Fatal(err)
	}
	err = d.InTx(t.Context(), func(ctx context.Context) error {
		return db.Rows(ctx, "SELECT name FROM kept", nil, func(scan func(...any) error) error {
			for i := range 600 { // past what is kept, while rows are open
				var n int
				if _, err := db.Row(ctx, fmt.Sprintf("SELECT %d FROM kept", i), nil, &n); err != nil || n != i {
					return fmt.Errorf("%d: %d %w", i, n, err)
				}
			}
			var name string
			return scan(&name)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 1 {
		t.Fatalf("%d rows, want 1", n)
	}
}
