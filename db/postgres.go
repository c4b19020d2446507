package db

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// pgTx is a transaction of PostgreSQL on a connection of its own. It begins with its first
// statement, and on the way is told what it is and which companies act: all of it costs one
// answer of the server, and a call that asks nothing costs none.
type pgTx struct {
	*sql.Conn
	s     *txState
	begun bool
	told  string // the companies, as the server knows them
}

func pin(ctx context.Context, sdb *sql.DB, s *txState) (*pgTx, error) {
	conn, err := sdb.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &pgTx{Conn: conn, s: s}, nil
}

// ExecContext implements conn.
func (t *pgTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := t.reach(ctx); err != nil {
		return nil, err
	}
	return t.Conn.ExecContext(ctx, query, args...)
}

// QueryContext implements conn.
func (t *pgTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := t.reach(ctx); err != nil {
		return nil, err
	}
	return t.Conn.QueryContext(ctx, query, args...)
}

// QueryRowContext implements conn.
func (t *pgTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if t.reach(ctx) != nil {
		ctx = ended(ctx)
	}
	return t.Conn.QueryRowContext(ctx, query, args...)
}

// Commit implements conn.
func (t *pgTx) Commit() error { return t.end(context.Background(), "commit") } // it is waited for

// Rollback implements conn.
func (t *pgTx) Rollback() error {
	ctx, cancel := context.WithTimeout(context.Background(), rollbackTime)
	defer cancel()
	return t.end(ctx, "rollback")
}

// rollbackTime bounds a rollback: a server that hangs costs the connection, which rolls back.
const rollbackTime = 10 * time.Second

// reach begins the transaction and tells the server which companies act, where it does not
// know that yet.
func (t *pgTx) reach(ctx context.Context) error {
	if t.begun && t.s.orgs == t.told {
		return nil
	}
	var parts []string
	if !t.begun {
		begin := "BEGIN"
		if !t.s.write {
			begin += " READ ONLY"
		}
		parts = append(parts, begin)
	}
	if t.s.orgs != t.told {
		parts = append(parts, "SELECT set_config('entente.orgs', '"+strings.ReplaceAll(t.s.orgs, "'", "''")+"', true)")
	}
	t.begun = true // whatever comes of it, it ends with a rollback
	_, err := t.simple(ctx, strings.Join(parts, "; "))
	if err == nil {
		t.told = t.s.orgs
	}
	return err
}

// end commits or rolls back, where the transaction has begun. A commit that the server turns
// into a rollback, after a statement that failed, is an error.
func (t *pgTx) end(ctx context.Context, word string) error {
	if !t.begun {
		return nil
	}
	t.begun = false
	tag, err := t.simple(ctx, word)
	if err == nil && word == "commit" && tag.String() == "ROLLBACK" {
		err = pgx.ErrTxCommitRollback
	}
	return err
}

// simple sends statements without arguments, all in one, and gives the tag of the last.
func (t *pgTx) simple(ctx context.Context, text string) (tag pgconn.CommandTag, err error) {
	t.s.db.counts.run.Add(1)
	err = t.Conn.Raw(func(c any) error {
		all, err := c.(*stdlib.Conn).Conn().PgConn().Exec(ctx, text).ReadAll()
		for _, r := range all {
			tag = r.CommandTag
			err = errors.Join(err, r.Err)
		}
		return err
	})
	return tag, err
}
