package db

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	over  error  // nobody knows what the server heard: nothing more is said to it
}

// errUnsure says that a commit was sent and no answer came: it may stand or not.
var errUnsure = errors.New("db: the commit was not answered")

func pin(ctx context.Context, sdb *sql.DB, s *txState) (*pgTx, error) {
	conn, err := sdb.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &pgTx{Conn: conn, s: s}, nil
}

// ExecContext implements conn.
func (t *pgTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if t.begun && t.s.orgs == t.told && t.over == nil {
		return t.Conn.ExecContext(ctx, query, args...)
	}
	tag, err := t.send(ctx, statement{query, args})
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
	if last == goesOn {
		_, err := t.send(ctx, statements...)
		return err
	}
	ended := t.over != nil
	tag, err := t.send(ctx, append(statements, statement{query: "COMMIT"})...)
	switch {
	case err != nil && !ended && !answered(err):
		err = fmt.Errorf("%w: %w", errUnsure, err)
	case err == nil:
		t.begun = false
		if tag.String() == "ROLLBACK" {
			err = pgx.ErrTxCommitRollback
		}
	}
	return err
}

// answered says that an error of a commit leaves no doubt: the server refused something, or
// never heard of it. What a server says that is going down is no answer.
func answered(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return !strings.HasPrefix(pg.Code, "57P")
	}
	var unsent pgx.ErrPreprocessingBatch
	return errors.As(err, &unsent) || pgconn.SafeToRetry(err)
}

// Rollback implements conn.
func (t *pgTx) Rollback() error {
	if !t.begun {
		return nil
	}
	t.begun = false
	ctx, cancel := context.WithTimeout(context.Background(), rollbackTime)
	defer cancel()
	_, err := t.pipe(ctx, []statement{{query: "ROLLBACK"}}, nil)
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

// unaware says that the server has to be told something before a question.
func (t *pgTx) unaware() bool { return t.over == nil && (!t.begun || t.s.orgs != t.told) }

// row reads one row, and tells the server on the way what it has to know.
func (t *pgTx) row(ctx context.Context, ask statement, dest ...any) error {
	_, err := t.pipe(ctx, t.opening(), func(b pgx.BatchResults) error { return b.QueryRow().Scan(dest...) }, ask)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		t.over = err
	}
	return err
}

// rows is row for many. A failure of fn is its caller's own and leaves the transaction as it is.
func (t *pgTx) rows(ctx context.Context, ask statement, fn func(scan func(dest ...any) error) error) error {
	var own error
	_, err := t.pipe(ctx, t.opening(), func(b pgx.BatchResults) error {
		rows, err := b.Query()
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if own = fn(rows.Scan); own != nil {
				return own
			}
		}
		return rows.Err()
	}, ask)
	if err != nil && own == nil {
		t.over = err
	}
	return err
}

// reach tells the server what it has to know before a question.
func (t *pgTx) reach(ctx context.Context) error {
	_, err := t.send(ctx)
	return err
}

// send sends statements behind what the server has to be told first. Where that fails the
// transaction is over: a caller who goes on would write outside of it, or for others.
func (t *pgTx) send(ctx context.Context, statements ...statement) (pgconn.CommandTag, error) {
	if t.over != nil {
		return pgconn.CommandTag{}, t.over
	}
	first := t.opening()
	if len(first)+len(statements) == 0 {
		return pgconn.CommandTag{}, nil
	}
	tag, err := t.pipe(ctx, append(first, statements...), nil)
	if err != nil && len(first) > 0 {
		t.over = err
	}
	return tag, err
}

// both implements conn.
func (t *pgTx) both(ctx context.Context, run, ask statement, dest ...any) (int64, error) {
	if t.over != nil {
		return 0, t.over
	}
	first := t.opening()
	tag, err := t.pipe(ctx, append(first, run), func(b pgx.BatchResults) error { return b.QueryRow().Scan(dest...) }, ask)
	if err != nil && len(first) > 0 {
		t.over = err
	}
	return tag.RowsAffected(), err
}

// pipe sends statements that ask nothing, all at once, and gives the tag of the last; asks
// may follow, whose answers read takes. The server runs none of those that follow one that
// failed.
func (t *pgTx) pipe(ctx context.Context, all []statement, read func(pgx.BatchResults) error, asks ...statement) (tag pgconn.CommandTag, err error) {
	t.s.db.counts.run.Add(1)
	err = t.Conn.Raw(func(c any) error {
		conn := c.(*stdlib.Conn).Conn()
		var b pgx.Batch
		for _, s := range slices.Concat(all, asks) {
			b.Queue(s.query, s.args...)
		}
		answers := conn.SendBatch(ctx, &b)
		for range all {
			if tag, err = answers.Exec(); err != nil {
				break
			}
		}
		if err == nil && read != nil {
			err = read(answers)
		}
		return cmp.Or(err, answers.Close())
	})
	return tag, err
}
