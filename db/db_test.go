package db_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/fault"
)

var errBoom = errors.New("boom")

func put(ctx context.Context, name string) error {
	return db.Tx(ctx).Exec("INSERT INTO installation (name, value) VALUES (?, '')", name).Error
}

func names(t *testing.T, d *db.DB) (list []string) {
	t.Helper()
	if err := d.View(context.Background(), func(ctx context.Context) error {
		return db.Tx(ctx).Raw("SELECT name FROM installation ORDER BY name").Scan(&list).Error
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

// Inner calls join: all or nothing, one instant, hooks only after the commit.
func TestInTxJoins(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bg := context.Background()
		var hooks []string
		err := d.InTx(bg, func(ctx context.Context) error {
			now := db.Now(ctx)
			if now.Location() != time.UTC || now.Nanosecond()%1000 != 0 {
				t.Errorf("now is %v", now)
			}
			db.AfterCommit(ctx, func() { hooks = append(hooks, "outer") })
			if err := put(ctx, "a"); err != nil {
				return err
			}
			return d.InTx(ctx, func(ctx context.Context) error {
				if !db.Now(ctx).Equal(now) || !db.Joined(ctx) || db.DialectOf(ctx) != d.Dialect() {
					t.Error("the inner call did not join")
				}
				db.AfterCommit(ctx, func() { hooks = append(hooks, "inner") })
				if len(hooks) != 0 {
					t.Error("a hook ran before the commit")
				}
				return put(ctx, "b")
			})
		})
		if err != nil || !slices.Equal(hooks, []string{"outer", "inner"}) || !slices.Equal(names(t, d), []string{"a", "b"}) {
			t.Fatalf("%v, hooks %v, rows %v", err, hooks, names(t, d))
		}
		err = d.InTx(bg, func(ctx context.Context) error {
			db.AfterCommit(ctx, func() { t.Error("a hook ran after a rollback") })
			if err := d.InTx(ctx, func(ctx context.Context) error { return put(ctx, "c") }); err != nil {
				return err
			}
			return errBoom
		})
		if !errors.Is(err, errBoom) || len(names(t, d)) != 2 {
			t.Errorf("%v, rows %v", err, names(t, d))
		}
		func() {
			defer func() { _ = recover() }()
			_ = d.InTx(bg, func(ctx context.Context) error { _ = put(ctx, "d"); panic("out") })
		}()
		if got := names(t, d); len(got) != 2 {
			t.Errorf("a panic committed: %v", got)
		}
		if err := d.InTx(bg, func(ctx context.Context) error { return put(ctx, "e") }); err != nil {
			t.Errorf("after a panic: %v", err)
		}
	})
}

// A reading transaction cannot write, neither by joining nor by itself.
func TestViewOnlyReads(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.View(context.Background(), func(ctx context.Context) error {
			if err := d.InTx(ctx, func(ctx context.Context) error { return put(ctx, "a") }); fault.CodeOf(err) != fault.Internal {
				t.Errorf("a writing call joined: %v", err)
			}
			return put(ctx, "b")
		})
		if err == nil || len(names(t, d)) != 0 {
			t.Errorf("%v, rows %v", err, names(t, d))
		}
	})
}

// Writers that read first, beside readers: nobody meets "database is locked".
func TestNobodyIsLockedOut(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const writers, each = 4, 40
		if err := d.InTx(context.Background(), func(ctx context.Context) error {
			return db.Tx(ctx).Exec("INSERT INTO counter (name, value) VALUES ('n', 0)").Error
		}); err != nil {
			t.Fatal(err)
		}
		lock := ""
		if d.Dialect() == db.Postgres {
			lock = " FOR UPDATE"
		}
		stop := make(chan struct{})
		var readers, all sync.WaitGroup
		for range 8 {
			readers.Go(func() {
				for last := int64(0); ; {
					select {
					case <-stop:
						return
					default:
					}
					err := d.View(context.Background(), func(ctx context.Context) error {
						var n int64
						err := db.Tx(ctx).Raw("SELECT value FROM counter WHERE name = 'n'").Scan(&n).Error
						if n < last {
							t.Errorf("read %d after %d", n, last)
						}
						last = n
						return err
					})
					if err != nil {
						t.Errorf("reader: %v", err)
						return
					}
				}
			})
		}
		for range writers {
			all.Go(func() {
				for range each {
					err := d.InTx(context.Background(), func(ctx context.Context) error {
						var n int64
						if err := db.Tx(ctx).Raw("SELECT value FROM counter WHERE name = 'n'" + lock).Scan(&n).Error; err != nil {
							return err
						}
						return db.Tx(ctx).Exec("UPDATE counter SET value = ? WHERE name = 'n'", n+1).Error
					})
					if err != nil {
						t.Errorf("writer: %v", err)
					}
				}
			})
		}
		all.Wait()
		close(stop)
		readers.Wait()
		var n int64
		_ = d.View(context.Background(), func(ctx context.Context) error {
			return db.Tx(ctx).Raw("SELECT value FROM counter WHERE name = 'n'").Scan(&n).Error
		})
		if n != writers*each {
			t.Errorf("%d of %d updates kept", n, writers*each)
		}
	})
}

// Driver errors become faults, and their text reaches nobody: a fault's code and
// key are all a person gets.
func TestErrorsAreTranslated(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bg := context.Background()
		ended, cancel := context.WithCancel(bg)
		cancel()
		run := func(ctx context.Context, query string, args ...any) error {
			return d.InTx(ctx, func(ctx context.Context) error { return db.Tx(ctx).Exec(query, args...).Error })
		}
		if err := run(bg, "INSERT INTO installation (name, value) VALUES ('a', '')"); err != nil {
			t.Fatal(err)
		}
		var row struct{ Name string }
		for name, c := range map[string]struct {
			err  error
			code fault.Code
		}{
			"duplicate":     {run(bg, "INSERT INTO installation (name, value) VALUES ('a', '')"), fault.Conflict},
			"no such table": {run(bg, "SELECT * FROM secret_table"), fault.Internal},
			"syntax":        {run(bg, "SELEC 1"), fault.Internal},
			"foreign key":   {run(bg, "INSERT INTO membership (org_id, person_id, roles, state, created, ended) VALUES ('x', 'y', '', '', 0, 0)"), fault.Internal},
			"null":          {run(bg, "INSERT INTO installation (name, value) VALUES ('n', NULL)"), fault.Internal},
			"ended":         {run(ended, "SELECT 1"), fault.Unavailable},
			"not found": {d.View(bg, func(ctx context.Context) error {
				return db.Tx(ctx).Table("installation").Where("name = 'zz'").Take(&row).Error
			}), fault.NotFound},
			"own fault": {d.InTx(bg, func(context.Context) error { return fault.New(fault.RateLimited, "k") }), fault.RateLimited},
		} {
			var f *fault.Error
			if !errors.As(c.err, &f) || f.Code != c.code {
				t.Errorf("%s: %v, want %s", name, c.err, c.code)
				continue
			}
			if shown := fmt.Sprint(f.Key, f.Args, f.Fields); strings.Contains(shown, "secret_table") || strings.Contains(shown, "installation") || strings.Contains(shown, "SQL") {
				t.Errorf("%s: raw text in what is shown: %s", name, shown)
			}
		}
		if !db.IsDuplicate(run(bg, "INSERT INTO installation (name, value) VALUES ('a', '')")) {
			t.Error("a duplicate is not recognised after translation")
		}
		if db.Translate(nil) != nil {
			t.Error("nil became an error")
		}
	})
	d := dbtest.One(t)
	_ = d.Close()
	_ = d.Close()
	if err := d.InTx(context.Background(), func(context.Context) error { return nil }); fault.CodeOf(err) == "" {
		t.Error("a closed database answers")
	}
	if err := d.Ping(context.Background()); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("ping of a closed database: %v", err)
	}
}

// Two transactions that lock each other out: one is run again, both succeed. The one
// that is run again may take its first row before the other wakes up, and be the
// victim once more.
func TestDeadlockRunsAgain(t *testing.T) {
	d := dbtest.Postgres(t)
	bg := context.Background()
	if err := d.InTx(bg, func(ctx context.Context) error {
		return db.Tx(ctx).Exec("INSERT INTO counter (name, value) VALUES ('a', 0), ('b', 0)").Error
	}); err != nil {
		t.Fatal(err)
	}
	var both, all sync.WaitGroup
	both.Add(2)
	var mu sync.Mutex
	runs := 0
	for _, order := range [][2]string{{"a", "b"}, {"b", "a"}} {
		all.Go(func() {
			first := true
			err := d.InTx(bg, func(ctx context.Context) error {
				mu.Lock()
				runs++
				mu.Unlock()
				for i, name := range order {
					if err := db.Tx(ctx).Exec("UPDATE counter SET value = value + 1 WHERE name = ?", name).Error; err != nil {
						return err
					}
					if i == 0 && first {
						first = false
						both.Done()
						both.Wait() // each holds one row
					}
				}
				return nil
			})
			if err != nil {
				t.Errorf("%v: %v", order, err)
			}
		})
	}
	all.Wait()
	var sum int64
	_ = d.View(bg, func(ctx context.Context) error {
		return db.Tx(ctx).Raw("SELECT SUM(value) FROM counter").Scan(&sum).Error
	})
	if sum != 4 || runs < 3 {
		t.Errorf("sum %d after %d runs, want 4 after 3 or more", sum, runs)
	}
}

// The companies acted for reach PostgreSQL for the length of the call that names
// them, and never leak into the next transaction on the same connection.
func TestOrgsReachPostgres(t *testing.T) {
	d := dbtest.Postgres(t)
	bg := context.Background()
	told := func(ctx context.Context) (s string) {
		if err := db.Tx(ctx).Raw("SELECT COALESCE(current_setting('entente.orgs', true), '')").Scan(&s).Error; err != nil {
			t.Error(err)
		}
		return s
	}
	err := d.InTx(db.WithOrgs(bg, "a", "b"), func(ctx context.Context) error {
		if got := told(ctx); got != "a,b" {
			t.Errorf("told %q", got)
		}
		if err := d.InTx(db.WithOrgs(ctx, "c"), func(ctx context.Context) error {
			if got := told(ctx); got != "c" {
				t.Errorf("inner call told %q", got)
			}
			return nil
		}); err != nil {
			return err
		}
		if got := told(ctx); got != "a,b" {
			t.Errorf("after the inner call %q", got)
		}
		bad := errors.New("bad")
		if err := d.InTx(db.WithOrgs(ctx, "c"), func(context.Context) error { return bad }); !errors.Is(err, bad) {
			t.Errorf("a failed inner call: %v", err)
		}
		if got := told(ctx); got != "a,b" {
			t.Errorf("after a failed inner call %q", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if err := d.View(bg, func(ctx context.Context) error {
			if got := told(ctx); got != "" {
				t.Errorf("leaked %q", got)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// An upsert or a Save with another company's id makes a row of one's own or
// nothing; it never changes theirs (composite keys begin with the owner).
func TestUpsertCannotReachAcross(t *testing.T) {
	type product struct {
		OrgID  string `gorm:"primaryKey"`
		ID     string `gorm:"primaryKey"`
		SKU    string
		NameEn string
		NameZh string
		Family string
		Unit   string
		GTIN   string
		State  string

		Created int64
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bg := context.Background()
		err := d.InTx(bg, func(ctx context.Context) error {
			for _, o := range []string{"mine", "theirs"} {
				if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, '', '', '', '', '', '', '', 0)", o, o).Error; err != nil {
					return err
				}
			}
			return db.Tx(ctx).Table("product").Create(&product{OrgID: "theirs", ID: "p1", SKU: "S", NameEn: "untouched"}).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		attempts := map[string]func(ctx context.Context) error{
			"save": func(ctx context.Context) error {
				return db.Tx(ctx).Table("product").Save(&product{OrgID: "mine", ID: "p1", SKU: "S", NameEn: "mine"}).Error
			},
			"on conflict": func(ctx context.Context) error {
				return db.Tx(ctx).Exec("INSERT INTO product (org_id, id, sku, name_en, name_zh, family, unit, gtin, state, created) VALUES ('mine', 'p1', 'S', 'mine', '', '', '', '', '', 0) ON CONFLICT (org_id, sku) DO UPDATE SET org_id = excluded.org_id, name_en = excluded.name_en").Error
			},
		}
		for name, fn := range attempts {
			if err := d.InTx(bg, fn); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			var got []product
			if err := d.View(bg, func(ctx context.Context) error {
				return db.Tx(ctx).Table("product").Order("org_id").Find(&got).Error
			}); err != nil {
				t.Fatal(err)
			}
			if len(got) != 2 || got[0].OrgID != "mine" || got[1].OrgID != "theirs" || got[1].NameEn != "untouched" {
				t.Errorf("%s: rows %+v", name, got)
			}
		}
	})
}

// Ids have a form, sort by the time of making, and do not repeat.
func TestIDs(t *testing.T) {
	var last string
	for i := range 20_000 {
		id := db.NewID()
		if !db.ValidID(id) || id <= last {
			t.Fatalf("id %d: %q after %q", i, id, last)
		}
		last = id
	}
	for _, bad := range []string{"", "x", strings.ToUpper(last), last[:25], last + "0", strings.Repeat("z", 26), last[:25] + "-"} {
		if db.ValidID(bad) {
			t.Errorf("%q passes for an id", bad)
		}
	}
	for range 1000 {
		at := time.UnixMicro(rand.Int64N(1 << 52)).UTC()
		if !db.FromMicros(db.Micros(at)).Equal(at) {
			t.Errorf("%v does not survive", at)
		}
	}
	if db.Micros(time.Time{}) != 0 || !db.FromMicros(0).IsZero() {
		t.Error("the zero time is not 0")
	}
}

// A path may hold what a URL would mind; a broken URL is an error, not a panic.
func TestOpen(t *testing.T) {
	for _, dir := range []string{"plain", "with space", "a?b#c%41&d", "数据"} {
		path := filepath.Join(t.TempDir(), dir, "entente.db")
		for _, dsn := range []string{path, "sqlite:" + path, "sqlite://" + path} {
			d, err := db.Open(context.Background(), dsn, db.Options{})
			if err != nil {
				t.Fatalf("%s: %v", dsn, err)
			}
			var mode, file string
			var sync int
			if err := d.InTx(context.Background(), func(ctx context.Context) error {
				tx := db.Tx(ctx)
				return errors.Join(tx.Raw("PRAGMA journal_mode").Scan(&mode).Error, tx.Raw("PRAGMA synchronous").Scan(&sync).Error,
					tx.Raw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file).Error)
			}); err != nil || mode != "wal" || sync != 2 || filepath.Base(filepath.Dir(file)) != dir {
				t.Errorf("%s: %v, journal %s, synchronous %d, file %s", dsn, err, mode, sync, file)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	for _, dsn := range []string{"postgres://127.0.0.1:1/none?connect_timeout=1", "postgres://%zz", "sqlite:/proc/none/x.db"} {
		if d, err := db.Open(context.Background(), dsn, db.Options{}); err == nil {
			_ = d.Close()
			t.Errorf("%s opened", dsn)
		}
	}
}

// A first statement that asks nothing goes with the beginning, and rows that waited with
// the commit: each costs one answer of the server. What fails among them fails them all.
func TestSendsTogether(t *testing.T) {
	d := dbtest.Postgres(t)
	bg := db.WithOrgs(t.Context(), "a", "b")
	put := func(name string, more ...string) (trips int64, err error) {
		before := d.Counts().Run
		err = d.InTx(bg, func(ctx context.Context) error {
			if _, err := db.Exec(ctx, "INSERT INTO counter (name, value) VALUES (?, 1)", name); err != nil {
				return err
			}
			for i, m := range more {
				if err := db.Later(ctx, "counter", "name, value", strings.Repeat(" ", i), m, 1); err != nil {
					return err
				}
			}
			return nil
		})
		return d.Counts().Run - before, err
	}
	if trips, err := put("one", "two", "three", "four"); err != nil || trips != 2 {
		t.Errorf("%d answers were waited for, want 2 (%v)", trips, err)
	}
	if _, err := put("five", "six", "one", "seven"); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a row that is there twice: %v", err)
	}
	if _, err := put("one", "eight"); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a first statement that fails: %v", err)
	}
	if trips, err := put("nine"); err != nil || trips != 2 {
		t.Errorf("after failures: %d answers, %v", trips, err)
	}
	var n int64
	var orgs string
	if err := d.View(bg, func(ctx context.Context) error {
		_, err := db.Row(ctx, "SELECT count(*), current_setting('entente.orgs') FROM counter", nil, &n, &orgs)
		return err
	}); err != nil || n != 5 || orgs != "a,b" {
		t.Errorf("%d rows stand, want 5; %q act (%v)", n, orgs, err)
	}
}

// On PostgreSQL a transaction begins with its first statement. What follows a failed
// statement is not committed, a caller who has gone gets nothing committed, and a
// connection never goes back in the middle of a transaction.
func TestBeginsWithItsFirstStatement(t *testing.T) {
	d := dbtest.Postgres(t)
	bg := t.Context()
	before := d.Counts().Run
	if err := d.View(db.WithOrgs(bg, "a"), func(context.Context) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if n := d.Counts().Run - before; n != 0 {
		t.Errorf("a call that asks nothing ran %d statements", n)
	}
	add := func(ctx context.Context, name string) error {
		_, err := db.Exec(ctx, "INSERT INTO counter (name, value) VALUES (?, 1)", name)
		return err
	}
	err := d.InTx(bg, func(ctx context.Context) error {
		if err := add(ctx, "swallowed"); err != nil {
			return err
		}
		_ = add(ctx, "swallowed") // fails: the name is taken
		return nil
	})
	if err == nil {
		t.Error("a transaction with a failed statement is told as committed")
	}
	gone, leave := context.WithCancel(bg)
	if err := d.InTx(gone, func(ctx context.Context) error {
		if err := add(ctx, "gone"); err != nil {
			return err
		}
		leave()
		return nil
	}); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("committed for a caller who had gone: %v", err)
	}
	if err := d.View(bg, func(ctx context.Context) error {
		if _, err := db.Exec(ctx, "INSERT INTO counter (name, value) VALUES ('read', 1)"); err == nil {
			t.Error("a reading transaction writes")
		}
		return nil
	}); err == nil {
		t.Error("a reading transaction with a failed statement is told as ended well")
	}
	for what, goes := range map[string]func(ctx context.Context){"a statement": func(ctx context.Context) { _ = add(ctx, "lost") }, "a question": func(ctx context.Context) {
		var n int64
		_, _ = db.Row(ctx, "SELECT count(*) FROM counter", nil, &n)
	}} {
		err := d.InTx(db.WithOrgs(bg, "a"), func(ctx context.Context) error {
			over, end := context.WithCancel(ctx)
			end()
			goes(over) // the beginning never leaves, and nobody looks
			_ = add(ctx, "gone")
			return errors.New("given up")
		})
		if err == nil {
			t.Errorf("%s: it was given up", what)
		}
	}
	for range 40 { // every connection of the pool
		var n int64
		if err := d.View(bg, func(ctx context.Context) error {
			_, err := db.Row(ctx, "SELECT count(*) FROM counter WHERE name IN ('swallowed', 'gone', 'read')", nil, &n)
			return err
		}); err != nil || n != 0 {
			t.Fatalf("%d rows stand, %v", n, err)
		}
	}
}
