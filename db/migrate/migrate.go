// Package migrate brings a database to the present schema: our own SQL, the same
// numbers in both dialects, then the tables of the job queue.
//
// Files are forward only, each runs in one transaction, and none is edited after
// a release. On PostgreSQL a session lock lets several nodes start at once.
package migrate

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"entente/db"
)

//go:embed sqlite/*.sql postgres/*.sql
var files embed.FS

// Files is the folder of migrations of one dialect.
func Files(d db.Dialect) fs.FS {
	sub, err := fs.Sub(files, string(d))
	if err != nil {
		panic(err) // the folders are embedded
	}
	return sub
}

// Up applies every migration not applied yet. It is safe to call again, and from
// several nodes at once on PostgreSQL. It needs no transaction in ctx.
func Up(ctx context.Context, d *db.DB) error {
	p, err := provider(d)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := queueUp(ctx, d); err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	return nil
}

// Version is the number of the last migration applied, 0 on an empty database.
func Version(ctx context.Context, d *db.DB) (int64, error) {
	p, err := provider(d)
	if err != nil {
		return 0, err
	}
	return p.GetDBVersion(ctx)
}

func provider(d *db.DB) (*goose.Provider, error) {
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger())}
	dialect := goose.DialectSQLite3
	if d.Dialect() == db.Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // seconds between tries, tries
		if err != nil {
			return nil, err
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, d.Writer(), Files(d.Dialect()), opts...)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return p, nil
}

// queueLock keeps two nodes from migrating the queue at the same moment.
const queueLock = 0x656e74656e746501

func queueUp(ctx context.Context, d *db.DB) error {
	cfg := &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)}
	if d.Dialect() == db.SQLite {
		m, err := rivermigrate.New(riversqlite.New(d.Writer()), cfg)
		if err != nil {
			return err
		}
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	}
	conn, err := d.Pool().Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(queueLock)); err != nil {
		return err
	}
	defer func() {
		_, _ = conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(queueLock))
	}()
	m, err := rivermigrate.New(riverpgxv5.New(d.Pool()), cfg)
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}
