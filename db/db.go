// Package db opens the database and owns transactions. SQLite and PostgreSQL
// are equals: the same models, the same migrations by number, the same tests.
//
// SQLite has one immediate writer connection and a pool of readers (WAL,
// synchronous FULL: what was acknowledged survives power loss). PostgreSQL is
// spoken through pgx. A transaction lives in the context: InTx begins or joins
// one, Tx gives its handle, Now its fixed instant, AfterCommit what to do once
// it stands. Only the context passed to fn may be used inside.
package db

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"entente/db/fail"
	"entente/prm/fault"
)

// Dialect names the database spoken.
type Dialect string

// The two dialects.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// DB is an open database.
type DB struct {
	dialect Dialect
	write   *gorm.DB      // SQLite: the one writer; PostgreSQL: the pool
	read    *gorm.DB      // SQLite: the readers; PostgreSQL: the pool
	pool    *pgxpool.Pool // PostgreSQL only
	clock   func() time.Time
	counts  counters

	lanesMu sync.Mutex
	lanes   map[string]*lane
}

// Options tune Open; the zero value is right.
type Options struct {
	Readers int              // SQLite reader connections, default 8
	Conns   int              // PostgreSQL connections, default 16
	Clock   func() time.Time // default time.Now
}

// Open opens "sqlite:PATH" (or a bare path) or a "postgres://" URL or DSN. It
// does not migrate.
func Open(ctx context.Context, dsn string, o Options) (*DB, error) {
	if o.Readers == 0 {
		o.Readers = 8
	}
	if o.Conns == 0 {
		o.Conns = 16
	}
	if o.Clock == nil {
		o.Clock = func() time.Time { return time.Now().Add(fail.Ahead()) }
	}
	d := &DB{clock: o.Clock, lanes: map[string]*lane{}}
	var err error
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") || strings.Contains(dsn, "host=") {
		err = d.openPostgres(ctx, dsn, o)
	} else {
		err = d.openSQLite(strings.TrimPrefix(strings.TrimPrefix(dsn, "sqlite://"), "sqlite:"), o)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

func config() *gorm.Config {
	return &gorm.Config{
		SkipDefaultTransaction: true,
		TranslateError:         true,
		Logger:                 logger.Discard,
		NowFunc:                func() time.Time { return time.Now().UTC() },
	}
}

func (d *DB) openSQLite(path string, o Options) error {
	d.dialect = SQLite
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600); err == nil { // trade data: for its owner alone
		_ = f.Close()
	}
	file := (&url.URL{Path: path}).EscapedPath()
	base := "file:" + file + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_time_format=sqlite"
	// A write-ahead log of up to 32 MB: pages written again and again are copied seldom.
	base += "&_pragma=wal_autocheckpoint(8000)"
	open := func(dsn string, conns, kept int) (*gorm.DB, error) {
		k, err := newKeeper(dsn, kept, &d.counts)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", path, err)
		}
		pool := sql.OpenDB(k)
		pool.SetMaxOpenConns(conns)
		pool.SetMaxIdleConns(conns)
		g, err := gorm.Open(dialect{pool}, config())
		if err != nil {
			_ = pool.Close()
			return nil, fmt.Errorf("open %s: %w", path, err)
		}
		return g, nil
	}
	w, err := open(base+"&_pragma=cache_size(-16000)&_txlock=immediate", 1, keptByWriter) // KiB
	if err != nil {
		return err
	}
	r, err := open(base+"&_pragma=query_only(1)", o.Readers, keptByReader)
	if err != nil {
		if pool, err := w.DB(); err == nil {
			_ = pool.Close()
		}
		return err
	}
	if pool, err := r.DB(); err == nil { // each holds a few megabytes: the schema, statements, pages
		pool.SetConnMaxIdleTime(time.Minute)
	}
	d.write, d.read = w, r
	return nil
}

func (d *DB) openPostgres(ctx context.Context, dsn string, o Options) error {
	d.dialect = Postgres
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return fmt.Errorf("database url: %w", err)
	}
	cfg.MaxConns = int32(o.Conns)
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.Tracer = &d.counts
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("open PostgreSQL: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return fmt.Errorf("reach PostgreSQL: %w", err)
	}
	g, err := gorm.Open(postgres.New(postgres.Config{Conn: stdlib.OpenDBFromPool(pool)}), config())
	if err != nil {
		pool.Close()
		return fmt.Errorf("open PostgreSQL: %w", err)
	}
	d.pool, d.write, d.read = pool, g, g
	return nil
}

// Dialect returns which database this is.
func (d *DB) Dialect() Dialect { return d.dialect }

// Pool is the PostgreSQL pool, nil on SQLite.
func (d *DB) Pool() *pgxpool.Pool { return d.pool }

// Writer is the writing *sql.DB: on SQLite the single connection that River and
// the migrations share.
func (d *DB) Writer() *sql.DB { s, _ := d.write.DB(); return s }

// Gorm is the bare writing handle, for migrations and schema tests only.
func (d *DB) Gorm() *gorm.DB { return d.write }

// Clock is the present instant, UTC, whole microseconds.
func (d *DB) Clock() time.Time { return d.clock().UTC().Truncate(time.Microsecond) }

// Ping reports whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	s, err := d.read.DB()
	if err == nil {
		err = s.PingContext(ctx)
	}
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	return nil
}

// Weigh has PostgreSQL look at what its tables hold, which it does by itself only minutes
// after they were filled: until then it plans as if they were empty.
func (d *DB) Weigh(ctx context.Context) error {
	if d.pool == nil {
		return nil
	}
	_, err := d.pool.Exec(ctx, "ANALYZE")
	return Translate(err)
}

// Close closes all connections; safe to call twice.
func (d *DB) Close() error {
	var first error
	for _, g := range []*gorm.DB{d.read, d.write} {
		if g == nil {
			continue
		}
		if s, err := g.DB(); err == nil {
			if err := s.Close(); err != nil && first == nil {
				first = err
			}
		}
	}
	if d.pool != nil {
		d.pool.Close()
	}
	return first
}

// PgxConn runs fn with the pgx connection of the transaction in ctx (PostgreSQL
// only): how River joins it. No rows may be open on it meanwhile.
func PgxConn(ctx context.Context, fn func(*pgx.Conn) error) error {
	s := state(ctx)
	if s == nil || s.pg == nil {
		return fault.New(fault.Internal, "error.internal", "Cause", "no PostgreSQL transaction in this context")
	}
	if err := s.pg.reach(ctx); err != nil {
		return err
	}
	return s.pg.Raw(func(c any) error { return fn(c.(*stdlib.Conn).Conn()) })
}
