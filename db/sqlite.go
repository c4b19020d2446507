package db

import (
	"container/list"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"modernc.org/sqlite"
)

// Compiled statements kept for each connection, and the longest text that is kept:
// what is longer is a list of its own length, seldom asked again.
const (
	keptByWriter = 512
	keptByReader = 64
	keptText     = 8 << 10
)

// Counts tells what the database did since Open.
type Counts struct {
	Run      int64 // statements run; on PostgreSQL beginning and ending a transaction are two more
	Compiled int64 // of them, those that SQLite had to parse and plan first
	Commits  int64 // of transactions that write
	Rows     int64 // rows that were read
}

// counters are shared by all connections of a database.
type counters struct{ run, compiled, commits, rows atomic.Int64 }

// TraceQueryStart implements pgx.QueryTracer.
func (c *counters) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.run.Add(1)
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (c *counters) TraceQueryEnd(_ context.Context, _ *pgx.Conn, d pgx.TraceQueryEndData) {
	if d.CommandTag.Select() {
		c.rows.Add(d.CommandTag.RowsAffected())
	}
}

// Counts returns what was done since Open.
func (d *DB) Counts() Counts {
	return Counts{Run: d.counts.run.Load(), Compiled: d.counts.compiled.Load(), Commits: d.counts.commits.Load(), Rows: d.counts.rows.Load()}
}

// keeper opens SQLite connections that keep their compiled statements. database/sql
// has each statement compiled anew, which costs about as much as running it.
type keeper struct {
	driver.Connector
	most   int
	counts *counters
}

func newKeeper(dsn string, most int, counts *counters) (*keeper, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return &keeper{c, most, counts}, nil
}

func (k *keeper) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := c.(engineConn)
	if !ok {
		_ = c.Close()
		return nil, fmt.Errorf("db: the SQLite driver's %T lacks a method", c)
	}
	return &keptConn{engineConn: full, most: k.most, counts: k.counts, at: map[string]*list.Element{}, used: list.New()}, nil
}

// engineConn and engineRows are what the driver offers and database/sql looks for.
type engineConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type engineStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type engineRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

// keptConn is one connection. Its calls do not overlap, but rows may be open while
// other statements run: what is open is not run a second time.
type keptConn struct {
	engineConn
	most   int
	counts *counters
	at     map[string]*list.Element // of *keptStmt, by text
	used   *list.List               // the last used first
}

type keptStmt struct {
	engineStmt
	text string
	open bool // rows are being read
	gone bool // dropped while open: closed with its rows
}

// take returns the compiled statement for a text, nil for one that is not kept or is
// being read.
func (c *keptConn) take(ctx context.Context, text string) (*keptStmt, error) {
	c.counts.run.Add(1)
	if el := c.at[text]; el != nil {
		s := el.Value.(*keptStmt)
		if s.open {
			c.counts.compiled.Add(1)
			return nil, nil
		}
		c.used.MoveToFront(el)
		return s, nil
	}
	c.counts.compiled.Add(1)
	if len(text) > keptText || !keepable(text) {
		return nil, nil
	}
	st, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	full, ok := st.(engineStmt)
	if !ok {
		return nil, st.Close()
	}
	for c.used.Len() >= c.most {
		c.drop(c.used.Back())
	}
	s := &keptStmt{engineStmt: full, text: strings.Clone(text)}
	c.at[s.text] = c.used.PushFront(s)
	return s, nil
}

func (c *keptConn) drop(el *list.Element) {
	s := c.used.Remove(el).(*keptStmt)
	delete(c.at, s.text)
	if s.gone = s.open; !s.gone {
		_ = s.Close()
	}
}

// keepable says whether a text is an ordinary statement, and not a pragma or a change
// of the schema. Scripts of several statements are run as they are.
func keepable(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	word := text[:min(len(text), 6)]
	for _, w := range []string{"SELECT", "INSERT", "UPDATE", "DELETE"} {
		if strings.EqualFold(word, w) {
			return true
		}
	}
	return len(word) == 6 && strings.EqualFold(word[:4], "WITH")
}

// ExecContext implements driver.ExecerContext.
func (c *keptConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.engineConn.ExecContext(ctx, text, args)
	}
	return s.ExecContext(ctx, args)
}

// QueryContext implements driver.QueryerContext.
func (c *keptConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.engineConn.QueryContext(ctx, text, args)
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	full, ok := rows.(engineRows)
	if !ok {
		_ = rows.Close()
		return nil, fmt.Errorf("db: the SQLite driver's %T lacks a method", rows)
	}
	s.open = true
	return &keptRows{full, s, c.counts}, nil
}

// Close closes the statements before the connection.
func (c *keptConn) Close() error {
	for c.used.Len() > 0 {
		c.drop(c.used.Front())
	}
	return c.engineConn.Close()
}

// keptRows gives its statement back when it is closed.
type keptRows struct {
	engineRows
	s      *keptStmt
	counts *counters
}

// Next implements driver.Rows.
func (r *keptRows) Next(dest []driver.Value) error {
	err := r.engineRows.Next(dest)
	if err == nil {
		r.counts.rows.Add(1)
	}
	return err
}

// Close implements driver.Rows.
func (r *keptRows) Close() error {
	err := r.engineRows.Close()
	if r.s.open = false; r.s.gone {
		_ = r.s.Close()
	}
	return err
}

// liteTx is a transaction of SQLite.
type liteTx struct{ *sql.Tx }

// all implements conn.
func (t liteTx) all(ctx context.Context, statements []statement, last ending) error {
	for _, s := range statements {
		if _, err := t.ExecContext(ctx, s.query, s.args...); err != nil {
			return err
		}
	}
	if last == commits {
		return t.Commit()
	}
	return nil
}

// both implements conn.
func (t liteTx) both(ctx context.Context, run, ask statement, dest ...any) (int64, error) {
	res, err := t.ExecContext(ctx, run.query, run.args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, err
	}
	return n, t.QueryRowContext(ctx, ask.query, ask.args...).Scan(dest...)
}
