package job

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/riverqueue/river/riverdriver"
)

type riverDriver[T any] interface{ riverdriver.Driver[T] }

// joined shows a connection, whose transaction somebody else began and will end,
// as a pgx.Tx: the queue's rows join it.
type joined struct{ c *pgx.Conn }

var errNotOurs = errors.New("job: this transaction is begun and ended by its owner")

func (joined) Begin(context.Context) (pgx.Tx, error) { return nil, errNotOurs }
func (joined) Commit(context.Context) error          { return errNotOurs }
func (joined) Rollback(context.Context) error        { return errNotOurs }

func (j joined) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error) {
	return j.c.CopyFrom(ctx, table, columns, src)
}
func (j joined) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return j.c.SendBatch(ctx, b)
}
func (joined) LargeObjects() pgx.LargeObjects { panic(errNotOurs) }
func (j joined) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	return j.c.Prepare(ctx, name, sql)
}
func (j joined) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return j.c.Exec(ctx, sql, args...)
}
func (j joined) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return j.c.Query(ctx, sql, args...)
}
func (j joined) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return j.c.QueryRow(ctx, sql, args...)
}
func (j joined) Conn() *pgx.Conn { return j.c }
