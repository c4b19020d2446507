package db_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/fault"
)

func putLater(ctx context.Context, name string, value int64) error {
	return db.Later(ctx, "counter", "name, value", "", name, value)
}

func has(t *testing.T, ctx context.Context, d *db.DB, where string, args ...any) (n int64) {
	t.Helper()
	if err := d.View(ctx, func(ctx context.Context) error {
		return db.Tx(ctx).Raw("SELECT COUNT(*) FROM counter WHERE "+where, args...).Scan(&n).Error
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// Rows wait for the commit or for the first statement that names their table, by every
// way a statement goes.
func TestLater(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bg := context.Background()
		ways := map[string]func(ctx context.Context) (int64, error){
			"gorm": func(ctx context.Context) (n int64, err error) {
				return n, db.Tx(ctx).Raw("SELECT COUNT(*) FROM counter").Scan(&n).Error
			},
			"gorm row": func(ctx context.Context) (n int64, err error) {
				return n, db.Tx(ctx).Raw("SELECT COUNT(*) FROM counter").Row().Scan(&n)
			},
			"Row": func(ctx context.Context) (n int64, err error) {
				_, err = db.Row(ctx, "SELECT COUNT(*) FROM counter", nil, &n)
				return n, err
			},
			"Rows": func(ctx context.Context) (n int64, err error) {
				return n, db.Rows(ctx, "SELECT COUNT(*) FROM counter", nil, func(scan func(...any) error) error { return scan(&n) })
			},
			"Exec": func(ctx context.Context) (int64, error) { return db.Exec(ctx, "UPDATE counter SET value = 7") },
		}
		for name, ask := range ways {
			err := d.InTx(bg, func(ctx context.Context) error {
				for i := range 3 {
					if err := putLater(ctx, fmt.Sprint(name, i), int64(i)); err != nil {
						return err
					}
				}
				n, err := ask(ctx)
				if err == nil && n != 3 {
					t.Errorf("%s: %d rows, want 3", name, n)
				}
				_, err = db.Exec(ctx, "DELETE FROM counter")
				return err
			})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		before := d.Counts().Run
		if err := d.InTx(bg, func(ctx context.Context) error { // more than one statement takes
			for i := range 150 {
				if err := putLater(ctx, fmt.Sprint("many", i), 1); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if ran := d.Counts().Run - before; ran > 8 { // 64, 64, 16, 4, 2, and the transaction
			t.Errorf("%d statements for 150 rows", ran)
		}
		if n := has(t, bg, d, "name LIKE 'many%'"); n != 150 {
			t.Errorf("%d rows, want 150", n)
		}
	})
}

// A row that cannot be written fails its transaction, whoever asked for it, and nothing
// of it stands; neither does anything of one that was given up.
func TestLaterFails(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bg := context.Background()
		twice := func(ctx context.Context) error {
			if err := putLater(ctx, "there", 1); err != nil {
				return err
			}
			return putLater(ctx, "there", 2)
		}
		if err := d.InTx(bg, twice); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("at the commit: %v", err)
		}
		err := d.InTx(bg, func(ctx context.Context) error {
			if err := twice(ctx); err != nil {
				return err
			}
			var n int64
			_ = db.Tx(ctx).Raw("SELECT COUNT(*) FROM counter").Row().Scan(&n) // forgets the error
			return nil
		})
		if fault.CodeOf(err) != fault.Conflict {
			t.Errorf("after a statement whose error was forgotten: %v", err)
		}
		err = d.InTx(bg, func(ctx context.Context) error {
			if err := twice(ctx); err != nil {
				return err
			}
			var n int64
			return db.Tx(ctx).Raw("SELECT COUNT(*) FROM counter").Row().Scan(&n) // no row, for another reason
		})
		if fault.CodeOf(err) != fault.Conflict {
			t.Errorf("after a row that was none: %v", err)
		}
		gone := errors.New("gone")
		if err := d.InTx(bg, func(ctx context.Context) error { return errors.Join(putLater(ctx, "given up", 1), gone) }); !errors.Is(err, gone) {
			t.Errorf("given up: %v", err)
		}
		// of a shared commit only the bad one fails
		errs := make(chan error, 3)
		for i := range 3 {
			go func() {
				errs <- d.Group(bg, "x", func(ctx context.Context) error {
					if i == 1 {
						return twice(ctx)
					}
					return putLater(ctx, fmt.Sprint("good", i), 1)
				})
			}()
		}
		bad := 0
		for range 3 {
			if <-errs != nil {
				bad++
			}
		}
		if n := has(t, bg, d, "1 = 1"); n != 2 || bad != 1 {
			t.Errorf("%d rows and %d failures, want 2 and 1", n, bad)
		}
	})
}

// What was read is not read again, until the transaction writes its table.
func TestRemember(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bg := context.Background()
		loads := 0
		value := func(ctx context.Context) int64 {
			v, err := db.Remember(ctx, "value", []string{"counter"}, func() (v int64, err error) {
				loads++
				return v, db.Tx(ctx).Raw("SELECT COALESCE(SUM(value), 0) FROM counter").Scan(&v).Error
			})
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		type counter struct {
			Name  string
			Value int64
		}
		writes := []struct {
			how  string
			do   func(ctx context.Context) error
			want int64
		}{
			{"Exec", func(ctx context.Context) error {
				_, err := db.Exec(ctx, "INSERT INTO counter (name, value) VALUES (?, ?)", "a", 1)
				return err
			}, 1},
			{"gorm create", func(ctx context.Context) error {
				return db.Tx(ctx).Table("counter").Create(&counter{"b", 10}).Error
			}, 11},
			{"gorm update", func(ctx context.Context) error {
				return db.Tx(ctx).Table("counter").Where("name = ?", "b").Update("value", 20).Error
			}, 21},
			{"gorm delete", func(ctx context.Context) error {
				return db.Tx(ctx).Table("counter").Where("name = ?", "a").Delete(&counter{}).Error
			}, 20},
			{"returning", func(ctx context.Context) error {
				var v int64
				_, err := db.Row(ctx, "UPDATE counter SET value = value + 1 WHERE name = ? RETURNING value", []any{"b"}, &v)
				return err
			}, 21},
			{"later", func(ctx context.Context) error { return putLater(ctx, "c", 100) }, 121},
			{"with", func(ctx context.Context) error {
				_, err := db.Exec(ctx, "WITH x AS (SELECT 5 AS v) UPDATE counter SET value = (SELECT v FROM x) WHERE name = 'c'")
				return err
			}, 26},
		}
		err := d.InTx(bg, func(ctx context.Context) error {
			value(ctx)
			for _, w := range writes {
				if err := w.do(ctx); err != nil {
					return fmt.Errorf("%s: %w", w.how, err)
				}
				loads = 0
				if got := value(ctx); got != w.want {
					t.Errorf("after %s %d, want %d", w.how, got, w.want)
				}
				_, err := db.Exec(ctx, "UPDATE calendar SET zone = zone")
				if got := value(ctx); got != w.want || loads != 1 || err != nil {
					t.Errorf("again after %s %d by %d loads: %v", w.how, got, loads, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		loads = 0
		for range 2 { // each transaction asks for itself
			if err := d.View(bg, func(ctx context.Context) error { value(ctx); value(ctx); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if loads != 2 {
			t.Errorf("%d loads by two transactions", loads)
		}
	})
}
