package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/prm/fault"
)

// shelf is a store of uploads with a table that names them.
type shelf struct {
	t   *testing.T
	d   *db.DB
	s   *blob.Store
	dir string
}

func newShelf(t *testing.T, d *db.DB, o blob.UploadOptions) *shelf {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "files")
	o.Names = []string{"EXISTS (SELECT 1 FROM named n WHERE n.hash = u.hash)"}
	o.Sizes = []string{"SELECT COALESCE(SUM(size), 0) FROM named WHERE org_id = ?"}
	s, err := blob.NewUploads(d, dir, o)
	if err != nil {
		t.Fatal(err)
	}
	x := &shelf{t, d, s, dir}
	x.exec("DROP TABLE IF EXISTS named") // of an earlier test on the same schema
	x.exec("CREATE TABLE named (hash TEXT NOT NULL, org_id TEXT NOT NULL, size BIGINT NOT NULL)")
	return x
}

func (x *shelf) exec(q string, args ...any) {
	x.t.Helper()
	if err := x.d.InTx(context.Background(), func(ctx context.Context) error { _, err := db.Exec(ctx, q, args...); return err }); err != nil {
		x.t.Fatal(err)
	}
}

func (x *shelf) stage(body []byte) *blob.Staged {
	x.t.Helper()
	st, err := x.s.Stage(context.Background(), bytes.NewReader(body), 1<<30)
	if err != nil {
		x.t.Fatal(err)
	}
	return st
}

// name keeps a staged upload and a row that names it, in one transaction.
func name(ctx context.Context, d *db.DB, st *blob.Staged, org string) error {
	return d.InTx(ctx, func(ctx context.Context) error {
		if err := st.InsertFor(ctx, org); err != nil {
			return err
		}
		_, err := db.Exec(ctx, "INSERT INTO named (hash, org_id, size) VALUES (?, ?, ?)", st.Hash, org, st.Size)
		return err
	})
}

// sweep is a sweep after some days; files are as old.
func (x *shelf) sweep(days int, dry bool) blob.Swept {
	x.t.Helper()
	got, err := x.s.SweepAll(db.WithNow(context.Background(), time.Now().Add(time.Duration(days)*48*time.Hour)), dry)
	if err != nil {
		x.t.Fatal(err)
	}
	return got
}

// age makes the files look older than the grace.
func (x *shelf) age() {
	x.t.Helper()
	old := time.Now().Add(-72 * time.Hour)
	for _, f := range files(x.t, x.dir) {
		if err := os.Chtimes(filepath.Join(x.dir, f), old, old); err != nil {
			x.t.Fatal(err)
		}
	}
}

func (x *shelf) there(hash string) bool {
	x.t.Helper()
	f, err := x.s.Open(context.Background(), hash)
	if err == nil {
		_ = f.Close()
		return true
	}
	if !fault.IsNotFound(err) {
		x.t.Errorf("a row without its bytes: %v", err)
	}
	return false
}

// TestSweep: bytes go when nothing named them for the grace, twice; what is named stays,
// what is named again stays, and a dry run says so and does nothing.
func TestSweep(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x, ctx := newShelf(t, d, blob.UploadOptions{}), context.Background()
		small, large, kept := x.stage(payload(100)), x.stage(payload(100_000)), x.stage(payload(200_000))
		for _, st := range []*blob.Staged{small, large, kept} {
			if err := name(ctx, d, st, "o"); err != nil {
				t.Fatal(err)
			}
		}
		if err := small.Insert(ctx); err == nil {
			t.Error("an upload was kept for nobody")
		}
		x.age()
		x.exec("DELETE FROM named WHERE hash <> ?", kept.Hash)
		for _, step := range []struct {
			days int
			dry  bool
			want blob.Swept
		}{
			{0, false, blob.Swept{}}, // too young
			{1, true, blob.Swept{Marked: 2}},
			{1, false, blob.Swept{Marked: 2}},
			{1, false, blob.Swept{}}, // marked just now
			{2, true, blob.Swept{Deleted: 2, Bytes: 100_100}},
		} {
			if got := x.sweep(step.days, step.dry); got != step.want {
				t.Fatalf("%+v: %+v", step, got)
			}
			if !x.there(small.Hash) || !x.there(large.Hash) {
				t.Fatal("deleted early")
			}
		}
		// Somebody brings the small one again: it is named, and never goes.
		if err := name(ctx, d, x.stage(payload(100)), "o"); err != nil {
			t.Fatal(err)
		}
		if got := x.sweep(2, false); got != (blob.Swept{Deleted: 1, Bytes: 100_000}) {
			t.Fatalf("%+v", got)
		}
		if x.there(large.Hash) || !x.there(small.Hash) || !x.there(kept.Hash) || len(files(t, x.dir)) != 1 {
			t.Fatalf("%v", files(t, x.dir))
		}
		// A row that names it without bringing it (a copy) takes the mark off as well.
		x.exec("DELETE FROM named WHERE hash = ?", small.Hash)
		x.sweep(3, false)
		x.exec("INSERT INTO named (hash, org_id, size) VALUES (?, 'o', 100)", small.Hash)
		if got := x.sweep(4, false); got != (blob.Swept{}) || !x.there(small.Hash) {
			t.Fatalf("%+v", got)
		}
		x.exec("DELETE FROM named WHERE hash = ?", small.Hash)
		if got := x.sweep(5, false); got != (blob.Swept{Marked: 1}) {
			t.Fatalf("the old mark counted: %+v", got)
		}
		wrong := []string{}
		if err := os.Truncate(filepath.Join(x.dir, kept.Hash[:2], kept.Hash), 9); err != nil {
			t.Fatal(err)
		}
		n, _, err := x.s.Verify(ctx, func(hash string) { wrong = append(wrong, hash) })
		if err != nil || n != 1 || len(wrong) != 1 || wrong[0] != kept.Hash {
			t.Errorf("%d %v %v", n, wrong, err)
		}
	})
}

// TestSweepFiles: a file without a row goes when it is old; one that was just staged again
// stays, also where its row was deleted meanwhile.
func TestSweepFiles(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x, ctx := newShelf(t, d, blob.UploadOptions{}), context.Background()
		lost := x.stage(payload(70_000))
		x.age()
		again := x.stage(payload(90_000))
		if err := name(ctx, d, again, "o"); err != nil {
			t.Fatal(err)
		}
		x.exec("DELETE FROM named")
		x.sweep(1, false)
		staged := x.stage(payload(90_000)) // before the row goes
		if got := x.sweep(2, false); got.Deleted != 1 {
			t.Fatalf("%+v", got)
		}
		if err := name(ctx, d, staged, "o"); err != nil {
			t.Fatal(err)
		}
		if !x.there(again.Hash) {
			t.Error("the file of what is named went with the row before")
		}
		if got := files(t, x.dir); len(got) != 1 {
			t.Errorf("%s is still there: %v", lost.Hash, got)
		}
		// A sweep that was killed between: the file is put back at the next start.
		path := filepath.Join(x.dir, again.Hash[:2], again.Hash)
		if err := os.Rename(path, filepath.Join(x.dir, ".going-"+again.Hash)); err != nil {
			t.Fatal(err)
		}
		if _, err := blob.New(d, x.dir); err != nil {
			t.Fatal(err)
		}
		if !x.there(again.Hash) {
			t.Error("not put back")
		}
	})
}

// TestSweepRace: people bring equal bytes and take them away while sweeps run: what is
// named at the end has its bytes.
func TestSweepRace(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newShelf(t, d, blob.UploadOptions{})
		var people, sweeps sync.WaitGroup
		done := make(chan struct{})
		for days := range 2 {
			sweeps.Go(func() {
				for i := 1; ; i++ {
					select {
					case <-done:
						return
					default:
					}
					ctx := db.WithNow(context.Background(), time.Now().Add(time.Duration(i+days)*48*time.Hour))
					for _, body := range []int{100, 70_000} {
						part := int(hexByte(body))
						if _, err := x.s.SweepPart(ctx, part, false); err != nil {
							t.Error(err)
							return
						}
					}
				}
			})
		}
		for range 4 {
			people.Go(func() {
				for range 15 {
					for _, n := range []int{100, 70_000} {
						st, err := x.s.Stage(context.Background(), bytes.NewReader(payload(n)), 1<<20)
						if err == nil {
							err = name(context.Background(), d, st, "o")
						}
						if err != nil {
							t.Error(err)
							return
						}
						f, err := x.s.Open(context.Background(), st.Hash)
						if err != nil {
							t.Errorf("named, and not there: %v", err)
							return
						}
						_ = f.Close()
					}
				}
			})
		}
		people.Wait()
		close(done)
		sweeps.Wait()
		for _, n := range []int{100, 70_000} {
			if !x.there(x.stage(payload(n)).Hash) {
				t.Errorf("%d bytes that are named went", n)
			}
		}
	})
}

// hexByte is the part of a payload.
func hexByte(n int) byte {
	h := hashOf(payload(n))
	var b byte
	for _, c := range h[:2] {
		b <<= 4
		switch {
		case c >= 'a':
			b |= byte(c-'a') + 10
		default:
			b |= byte(c - '0')
		}
	}
	return b
}

// TestQuota: a company keeps as much as it may, and not a byte more; another is not hindered.
func TestQuota(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x, ctx := newShelf(t, d, blob.UploadOptions{Most: 1000}), context.Background()
		if err := name(ctx, d, x.stage(payload(600)), "o"); err != nil {
			t.Fatal(err)
		}
		err := name(ctx, d, x.stage(payload(401)), "o")
		if f := fault.As(err); err == nil || f.Code != fault.TooLarge || f.Key != "error.quota" {
			t.Errorf("over: %v", err)
		}
		for org, n := range map[string]int{"o": 400, "p": 1000} {
			if err := name(ctx, d, x.stage(payload(n)), org); err != nil {
				t.Errorf("%s: %v", org, err)
			}
		}
		if used, most, err := x.s.Used(ctx, "o"); err != nil || used != 1000 || most != 1000 {
			t.Errorf("%d of %d, %v", used, most, err)
		}
	})
}

// TestQuotaRaced: of two uploads at once for which there is no room together, one is kept; the
// uploads of another company do not wait.
func TestQuotaRaced(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x, ctx := newShelf(t, d, blob.UploadOptions{Most: 1000}), context.Background()
		one, two, other := x.stage(payload(600)), x.stage(payload(601)), x.stage(payload(602))
		done := make(chan error, 1)
		err := d.InTx(ctx, func(ctx context.Context) error {
			if err := one.InsertFor(ctx, "o"); err != nil {
				return err
			}
			if _, err := db.Exec(ctx, "INSERT INTO named (hash, org_id, size) VALUES (?, ?, ?)", one.Hash, "o", one.Size); err != nil {
				return err
			}
			go func() { done <- name(context.Background(), d, two, "o") }()
			if d.Dialect() != db.Postgres {
				return nil
			}
			if err := name(context.Background(), d, other, "p"); err != nil {
				return err
			}
			return dbtest.Waiting(context.Background(), d, 1)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-done; fault.CodeOf(err) != fault.TooLarge {
			t.Errorf("both were kept: %v", err)
		}
		if used, _, err := x.s.Used(ctx, "o"); err != nil || used != 600 {
			t.Errorf("%d are kept, %v", used, err)
		}
	})
}

// TestUploadsBefore: what was kept among the payloads is found still.
func TestUploadsBefore(t *testing.T) {
	t.Parallel()
	d := dbtest.One(t)
	old, _ := open(t, d)
	st, err := old.Stage(context.Background(), bytes.NewReader(payload(100)), 1000)
	if err != nil {
		t.Fatal(err)
	}
	insert(t, d, st)
	x := newShelf(t, d, blob.UploadOptions{Before: old})
	r, err := x.s.Open(context.Background(), st.Hash)
	if err != nil {
		t.Fatal(err)
	}
	same(t, r, payload(100))
	if _, err := old.SweepPart(context.Background(), 0, false); err == nil {
		t.Error("payloads were swept")
	}
	boom := errors.New("boom")
	if err := d.InTx(context.Background(), func(ctx context.Context) error {
		if err := x.stage(payload(50)).InsertFor(ctx, "o"); err != nil {
			return err
		}
		return boom
	}); !errors.Is(err, boom) {
		t.Fatal(err)
	}
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
