package audit_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/db/dbtest"
	"entente/prm/fault"
)

func write(t *testing.T, d *db.DB, ctx context.Context, entries ...audit.Entry) {
	t.Helper()
	if err := d.InTx(ctx, func(ctx context.Context) error {
		for _, e := range entries {
			if err := audit.Write(ctx, e); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// Lines come back whole, newest first, page by page, and only those of one company.
func TestWriteAndList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
		for i := range 7 { // pairs share an instant
			ctx := db.WithNow(context.Background(), at.Add(time.Duration(i/2)*time.Second))
			write(t, d, ctx, audit.Entry{Org: "a", Person: "p", Via: "page", Action: "order.confirm", SubjectKind: "order", SubjectID: fmt.Sprint(i), Outcome: audit.Done, Addr: "192.0.2.1"},
				audit.Entry{Org: "b", Action: "x", Outcome: audit.Denied})
		}
		var seen []string
		var cursor audit.Cursor
		for pages := 0; ; pages++ {
			var next *audit.Cursor
			err := d.View(context.Background(), func(ctx context.Context) error {
				lines, n, err := audit.List(ctx, "a", cursor, 3)
				for _, l := range lines {
					seen = append(seen, l.SubjectID)
					if l.Org != "a" || l.Person != "p" || l.Via != "page" || l.Action != "order.confirm" || l.SubjectKind != "order" || l.Outcome != audit.Done || l.Addr != "192.0.2.1" || l.At.Before(at) || l.ID == "" {
						t.Errorf("line %+v", l)
					}
				}
				next = n
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if next == nil {
				if pages != 2 {
					t.Errorf("%d pages, want 3", pages+1)
				}
				break
			}
			cursor = *next
		}
		if got := fmt.Sprint(seen); got != "[6 5 4 3 2 1 0]" {
			t.Errorf("listed %s", got)
		}
	})
}

// The log joins the transaction, and only grows: no change, no removal.
func TestOnlyGrows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		write(t, d, ctx, audit.Entry{ID: "one", Org: "a", Action: "x", Outcome: audit.Done}, audit.Entry{ID: "two", Org: "a", Action: "x", Outcome: audit.Done})
		boom := errors.New("boom")
		if err := d.InTx(ctx, func(ctx context.Context) error {
			_ = audit.Write(ctx, audit.Entry{ID: "three", Org: "a", Action: "x", Outcome: audit.Done})
			return boom
		}); !errors.Is(err, boom) {
			t.Fatal(err)
		}
		exec := func(q string) error {
			return d.InTx(ctx, func(ctx context.Context) error { return db.Tx(ctx).Exec(q).Error })
		}
		refused := []string{"TRUNCATE audit"}
		if d.Dialect() == db.SQLite {
			refused = []string{"INSERT OR REPLACE INTO audit SELECT id, org_id, position, person_id, via, action, subject_kind, subject_id, 'denied', addr, happened, seal FROM audit", "UPDATE OR REPLACE audit SET id = 'two' WHERE id = 'one'"}
		}
		for _, q := range append(refused,
			"DELETE FROM audit", "DELETE FROM audit WHERE id = 'one'", "UPDATE audit SET outcome = 'denied'", "UPDATE audit SET org_id = 'b' WHERE id = 'one'",
			"UPDATE audit SET happened = 0", "UPDATE audit SET person_id = 'q'", "UPDATE audit SET addr = 'x'", "UPDATE audit SET subject_id = 'x'", "UPDATE audit SET id = 'x' WHERE id = 'one'",
			"INSERT INTO audit SELECT * FROM audit WHERE id = 'one' ON CONFLICT (id) DO UPDATE SET outcome = 'denied'",
		) {
			if err := exec(q); err == nil {
				t.Errorf("accepted: %s", q)
			}
		}
		if err := exec("UPDATE audit SET position = 1, seal = 'abc' WHERE id = 'one'"); err != nil {
			t.Errorf("sealing an unsealed line is refused: %v", err)
		}
		for _, q := range []string{"UPDATE audit SET seal = 'def' WHERE id = 'one'", "UPDATE audit SET seal = NULL WHERE id = 'one'", "UPDATE audit SET position = 2 WHERE id = 'one'"} {
			if err := exec(q); err == nil {
				t.Errorf("accepted on a sealed line: %s", q)
			}
		}
		var n int64
		if err := d.View(ctx, func(ctx context.Context) error {
			return db.Tx(ctx).Raw("SELECT COUNT(*) FROM audit WHERE outcome = 'done'").Scan(&n).Error
		}); err != nil || n != 2 {
			t.Errorf("%d lines, %v; want 2", n, err)
		}
		err := d.InTx(ctx, func(ctx context.Context) error { return audit.Write(ctx, audit.Entry{Org: "a", Action: "x"}) })
		if fault.CodeOf(err) != fault.Internal {
			t.Errorf("an entry without outcome: %v", err)
		}
	})
}
