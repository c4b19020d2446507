package db

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"sync"

	"entente/prm/fault"
)

// Exec runs one statement with ? for its arguments in the transaction of ctx, without
// building it anew and without reflection: for the few statements that every document
// goes through. It returns how many rows were touched.
func Exec(ctx context.Context, query string, args ...any) (int64, error) {
	s := mustState(ctx)
	res, err := s.gorm.Statement.ConnPool.ExecContext(ctx, s.db.placed(query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Row reads one row into dest like Exec, and reports whether there was one.
func Row(ctx context.Context, query string, args []any, dest ...any) (bool, error) {
	s := mustState(ctx)
	query = s.db.placed(query)
	var err error
	if s.pg != nil && s.pg.unaware() {
		if err = s.before(query); err == nil {
			err = s.pg.row(ctx, statement{query, args}, dest...)
		}
	} else {
		err = s.gorm.Statement.ConnPool.QueryRowContext(ctx, query, args...).Scan(dest...)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// ExecRow runs a statement like Exec, and then reads a row that there always is like Row.
// PostgreSQL is told both at once and answers once.
func ExecRow(ctx context.Context, query string, args []any, ask string, asked []any, dest ...any) (int64, error) {
	s := mustState(ctx)
	if s.pool == nil {
		return 0, fault.New(fault.Internal, "error.internal", "Cause", "a row written outside a transaction")
	}
	for _, q := range []string{query, ask} {
		if err := s.before(q); err != nil {
			return 0, err
		}
	}
	return s.pool.both(ctx, statement{s.db.placed(query), args}, statement{s.db.placed(ask), asked}, dest...)
}

func mustState(ctx context.Context) *txState {
	s := state(ctx)
	if s == nil {
		panic("db: no transaction in this context")
	}
	return s
}

// numbered holds the statements of Exec and Row as PostgreSQL wants them. They are
// constants of the program, so it does not grow.
var numbered sync.Map

// placed writes ? as $1, $2 … for PostgreSQL. A question mark stands for nothing else.
func (d *DB) placed(query string) string {
	if d.dialect != Postgres {
		return query
	}
	if out, ok := numbered.Load(query); ok {
		return out.(string)
	}
	var b strings.Builder
	n := 0
	for _, c := range []byte(query) {
		if c != '?' {
			b.WriteByte(c)
			continue
		}
		n++
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
	}
	numbered.Store(query, b.String())
	return b.String()
}

// Values is "(?, ?, …)" with n places, rows times.
func Values(n, rows int) string {
	one := "(?" + strings.Repeat(", ?", n-1) + ")"
	return one + strings.Repeat(", "+one, rows-1)
}

// Rows reads all rows like Row: fn scans each, and asks nothing of the transaction itself.
func Rows(ctx context.Context, query string, args []any, fn func(scan func(dest ...any) error) error) error {
	s := mustState(ctx)
	query = s.db.placed(query)
	if s.pg != nil && s.pg.unaware() {
		if err := s.before(query); err != nil {
			return err
		}
		return s.pg.rows(ctx, statement{query, args}, fn)
	}
	rows, err := s.gorm.Statement.ConnPool.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
