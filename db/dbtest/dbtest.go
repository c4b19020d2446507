// Package dbtest gives every test a database of its own: a fresh SQLite file and
// an isolated, empty PostgreSQL database, both at the present schema, in tens of
// milliseconds. Tests may run in parallel.
//
// PostgreSQL is reached by the DSN in ENTENTE_TEST_POSTGRES, whose user may
// create databases; docker/ci/postgres.sh starts a throwaway cluster. Without
// it the PostgreSQL half is skipped, or fails where CI=true.
package dbtest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"entente/db"
	"entente/db/migrate"
)

// copied copies a template file by file (PostgreSQL 15 and later): a sixth of the processor
// time of writing all its pages to the log.
const copied = " STRATEGY FILE_COPY"

// Env names the environment variable with the DSN of the test PostgreSQL.
const Env = "ENTENTE_TEST_POSTGRES"

// Each runs fn as a subtest on a fresh SQLite file and on a fresh PostgreSQL
// database.
func Each(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, One(t)) })
	t.Run("postgres", func(t *testing.T) { fn(t, Postgres(t)) })
}

// One opens a fresh SQLite file at the present schema, closed when t ends.
func One(t testing.TB) *db.DB { return open(t, SQLiteDSN(t), db.Options{}) }

// Postgres opens a PostgreSQL database at the present schema without any row. It
// is closed when t ends, emptied, and given to a later test of this process.
func Postgres(t testing.TB) *db.DB {
	t.Helper()
	admin := adminDSN(t)
	name := takeSpare(admin)
	if name == "" {
		template, err := postgresTemplate(admin)
		if err != nil {
			t.Fatalf("make the PostgreSQL template: %v", err)
		}
		name = fmt.Sprintf("r_%d_%s", os.Getpid(), db.NewID())
		if err := exec(context.Background(), admin, "CREATE DATABASE "+name+" TEMPLATE "+template+copied); err != nil {
			t.Fatalf("create the test database: %v", err)
		}
	}
	t.Cleanup(func() { // runs after the database was closed
		if err := exec(context.Background(), withDatabase(admin, name), empty); err != nil {
			t.Errorf("empty the test database: %v", err)
			return
		}
		templateMu.Lock()
		defer templateMu.Unlock()
		spares[admin] = append(spares[admin], name)
	})
	return open(t, withDatabase(admin, name), db.Options{Conns: 8})
}

// spares are emptied databases of this process, by cluster.
var spares = map[string][]string{}

// Waiting returns once n connections to a PostgreSQL database wait for a lock, with an
// error when they never do.
func Waiting(ctx context.Context, d *db.DB, n int) error {
	for end := time.Now().Add(20 * time.Second); ; runtime.Gosched() {
		var have int
		if err := d.View(ctx, func(ctx context.Context) error {
			return db.Tx(ctx).Raw("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&have).Error
		}); err != nil || have >= n {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d of %d connections wait for a lock", have, n)
		}
	}
}

func takeSpare(admin string) string {
	templateMu.Lock()
	defer templateMu.Unlock()
	free := spares[admin]
	if len(free) == 0 {
		return ""
	}
	spares[admin] = free[:len(free)-1]
	return free[len(free)-1]
}

// empty deletes the rows of a test and starts sequences again: they are few, and to truncate
// would make the files of each table and index anew. A session lock left by a test is gone
// with its connection.
const empty = `DO $$
DECLARE t text; full_ones text[] := '{}'; found boolean;
BEGIN
  FOR t IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT IN ('goose_db_version', 'river_migration') AND pg_relation_size(oid) > 0 LOOP
    EXECUTE 'SELECT EXISTS (SELECT 1 FROM ' || t || ')' INTO found;
    IF found THEN full_ones := full_ones || t; END IF;
  END LOOP;
  IF array_length(full_ones, 1) > 0 THEN
    PERFORM set_config('session_replication_role', 'replica', true); -- the audit log refuses to be emptied
    FOREACH t IN ARRAY full_ones LOOP
      EXECUTE 'DELETE FROM ' || t;
    END LOOP;
  END IF;
  FOR t IN SELECT quote_ident(sequencename) FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
    EXECUTE 'ALTER SEQUENCE ' || t || ' RESTART';
  END LOOP;
END $$`

// sweep drops spare databases of processes that have ended.
func sweep(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, "SELECT datname FROM pg_database WHERE datname LIKE 'r\\_%'")
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		var pid int
		if _, err := fmt.Sscanf(name, "r_%d_", &pid); err != nil || pid == os.Getpid() || alive(pid) {
			continue
		}
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			return err
		}
	}
	return nil
}

func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

func open(t testing.TB, dsn string, o db.Options) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), dsn, o)
	if err != nil {
		t.Fatalf("open the test database: %v", err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// SQLiteDSN is the DSN of a fresh migrated SQLite file, for tests that open it
// themselves (a second process, a restart, a movable clock).
func SQLiteDSN(t testing.TB) string {
	t.Helper()
	bytes, err := sqliteTemplate()
	if err != nil {
		t.Fatalf("make the SQLite template: %v", err)
	}
	path := filepath.Join(t.TempDir(), "entente.db")
	if err := os.WriteFile(path, bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

// sqliteTemplate is a migrated database file as bytes, made once per process.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "entente-template-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "entente.db")
	d, err := db.Open(context.Background(), "sqlite:"+path, db.Options{})
	if err != nil {
		return nil, err
	}
	if err := migrate.Up(context.Background(), d); err != nil {
		_ = d.Close()
		return nil, err
	}
	if err := d.Close(); err != nil { // the last connection folds the log into the file
		return nil, err
	}
	return os.ReadFile(path)
})

// PostgresDSN is the DSN of a fresh migrated PostgreSQL database, for tests that
// open it themselves (two nodes, a restart). It is dropped when t ends.
func PostgresDSN(t testing.TB) string {
	t.Helper()
	admin := adminDSN(t)
	name, err := postgresTemplate(admin)
	if err != nil {
		t.Fatalf("make the PostgreSQL template: %v", err)
	}
	return create(t, admin, "t_"+db.NewID(), name)
}

// EmptyPostgresDSN is the DSN of a PostgreSQL database without any table.
func EmptyPostgresDSN(t testing.TB) string {
	t.Helper()
	return create(t, adminDSN(t), "t_"+db.NewID(), "template0")
}

func adminDSN(t testing.TB) string {
	t.Helper()
	dsn := os.Getenv(Env)
	if dsn == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not set: with CI=true the PostgreSQL half must run", Env)
		}
		t.Skipf("no PostgreSQL: set %s (docker/ci/postgres.sh starts one) to run this half", Env)
	}
	return dsn
}

func create(t testing.TB, admin, name, template string) string {
	t.Helper()
	ctx := context.Background()
	if err := exec(ctx, admin, "CREATE DATABASE "+name+" TEMPLATE "+template+copied); err != nil {
		t.Fatalf("create the test database: %v", err)
	}
	t.Cleanup(func() {
		if err := exec(ctx, admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	return withDatabase(admin, name)
}

var (
	templateMu sync.Mutex
	templates  = map[string]string{}
)

// postgresTemplate makes, once per schema and cluster, a migrated database that
// others are copied from. Several test processes may ask at once.
func postgresTemplate(admin string) (string, error) {
	templateMu.Lock()
	defer templateMu.Unlock()
	if name := templates[admin]; name != "" {
		return name, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	name, err := templateName()
	if err != nil {
		return "", err
	}
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	const lock = 0x656e746573740001 // one maker at a time; the lock ends with the connection
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(lock)); err != nil {
		return "", err
	}
	if err := sweep(ctx, conn); err != nil {
		return "", err
	}
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil {
		return "", err
	}
	if !there {
		making := name + "_making"
		for _, q := range []string{"DROP DATABASE IF EXISTS " + making + " WITH (FORCE)", "CREATE DATABASE " + making + " TEMPLATE template0"} {
			if _, err := conn.Exec(ctx, q); err != nil {
				return "", err
			}
		}
		d, err := db.Open(ctx, withDatabase(admin, making), db.Options{})
		if err != nil {
			return "", err
		}
		err = migrate.Up(ctx, d)
		_ = d.Close()
		if err != nil {
			return "", err
		}
		if _, err := conn.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", making); err != nil {
			return "", err
		}
		if _, err := conn.Exec(ctx, "ALTER DATABASE "+making+" RENAME TO "+name); err != nil {
			return "", err
		}
	}
	templates[admin] = name
	return name, nil
}

// templateName changes whenever a migration does.
func templateName() (string, error) {
	h := sha256.New()
	err := fs.WalkDir(migrate.Files(db.Postgres), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrate.Files(db.Postgres), path)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(h, "%s\n%s\n", path, text)
		return err
	})
	return fmt.Sprintf("tpl_%x", h.Sum(nil)[:8]), err
}

func exec(ctx context.Context, dsn, query string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, query)
	return err
}

// withDatabase is the DSN with another database name; a later dbname wins in the
// keyword form, and the path is replaced in the URL form.
func withDatabase(dsn, name string) string {
	if !strings.Contains(dsn, "://") {
		return dsn + " dbname=" + name
	}
	head, query, _ := strings.Cut(dsn, "?")
	scheme, rest, _ := strings.Cut(head, "://")
	host, _, _ := strings.Cut(rest, "/")
	out := scheme + "://" + host + "/" + name
	if query != "" {
		out += "?" + query
	}
	return out
}
