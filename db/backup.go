package db

import (
	"context"
	"errors"
	"fmt"
)

// ErrNotSQLite says that a database is copied by its own tools.
var ErrNotSQLite = errors.New("db: only SQLite is copied by us")

// CopyTo writes a consistent copy of a SQLite database to path, which must not be
// there yet, while others read and write. What is committed later is not in it.
func (d *DB) CopyTo(ctx context.Context, path string) error {
	if d.dialect != SQLite {
		return ErrNotSQLite
	}
	sdb, err := d.read.DB()
	if err != nil {
		return err
	}
	conn, err := sdb.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "PRAGMA query_only = 0"); err != nil {
		return err
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA query_only = 1") }()
	if _, err := conn.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	return nil
}
