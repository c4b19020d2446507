package db

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// pgTx is a transaction of PostgreSQL on a connection of its own. It begins with its first
// statement, and on the way is told what it is and which companies act. What the program
// need not wait for one by one is sent together and costs one answer of the server: the
// beginning with a first statement that asks nothing, rows that waited with the commit. A
// call that asks nothing costs none.
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
	first := t.opening()
	if len(first) == 0 {
		return t.Conn.ExecContext(ctx, query, args...)
	}
	tag, err := t.pipe(ctx, append(first, statement{query, args}))
	if err != nil {
		return nil, err
	}
	return driver.RowsAffected(tag.RowsAffected()), nil
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

// all implements conn. A commit that the server turns into a rollback, after a statement
// that failed, is an error.
func (t *pgTx) all(ctx context.Context, statements []statement, last ending) error {
	if len(statements) == 0 && (last == goesOn || !t.begun) {
		return nil
	}
	every := append(t.opening(), statements...)
	if last == commits {
		every = append(every, statement{query: "COMMIT"})
	}
	tag, err := t.pipe(ctx, every)
	if err == nil && last == commits {
		t.begun = false
		if tag.String() == "ROLLBACK" {
			err = pgx.ErrTxCommitRollback
		}
	}
	return err
}

// Rollback implements conn.
func (t *pgTx) Rollback() error {
	if !t.begun {
		return nil
	}
	t.begun = false
	ctx, cancel := context.WithTimeout(context.Background(), rollbackTime)
	defer cancel()
	_, err := t.pipe(ctx, []statement{{query: "ROLLBACK"}})
	return err
}

// rollbackTime bounds a rollback: a server that hangs costs the connection, which rolls back.
const rollbackTime = 10 * time.Second

// opening is what the server has to be told before the next statement: that a transaction
// begins, and which companies act, where it does not know that yet. Whatever comes of it,
// the transaction then ends with a commit or a rollback.
func (t *pgTx) opening() (out []statement) {
	if !t.begun {
		begin := "BEGIN"
		if !t.s.write {
			begin += " READ ONLY"
		}
		out = append(out, statement{query: begin})
		t.begun = true
	}
	if t.s.orgs != t.told {
		out = append(out, statement{"SELECT set_config('entente.orgs', $1, true)", []any{t.s.orgs}})
		t.told = t.s.orgs
	}
	return out
}

// reach tells the server what it has to know before a question.
func (t *pgTx) reach(ctx context.Context) error {
	first := t.opening()
	if len(first) == 0 {
		return nil
	}
	_, err := t.pipe(ctx, first)
	return err
}

// pipe sends statements that ask nothing, all at once, and gives the tag of the last. The
// server runs none of those that follow one that failed.
func (t *pgTx) pipe(ctx context.Context, all []statement) (tag pgconn.CommandTag, err error) {
	t.s.db.counts.run.Add(1)
	err = t.Conn.Raw(func(c any) error {
		conn := c.(*stdlib.Conn).Conn()
		var b pgx.Batch
		for _, s := range all {
			b.Queue(s.query, s.args...)
		}
		answers := conn.SendBatch(ctx, &b)
		for range all {
			if tag, err = answers.Exec(); err != nil {
				break
			}
		}
		return cmp.Or(err, answers.Close())
	})
	return tag, err
}
