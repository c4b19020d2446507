package db

import (
	"context"
	"database/sql"
	"reflect"
	"slices"
	"strings"
	"sync"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"entente/prm/fault"
)

// What a transaction need not ask or say one by one: Remember keeps what it read, Later
// gathers rows into statements of many. Both look at every statement that goes through
// the transaction, so that nobody reads what is stale or misses what waits.

// conn is the transaction as the database has it: *sql.Tx on SQLite, *pgTx on PostgreSQL.
type conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	// all runs statements one after the other, and commits if last says so.
	all(ctx context.Context, statements []statement, last ending) error
	// both runs a statement and then reads one row, and returns how many rows were touched.
	both(ctx context.Context, run, ask statement, dest ...any) (int64, error)
	Rollback() error
}

// statement is one text with its arguments, as the database reads it.
type statement struct {
	query string
	args  []any
}

// ending says whether statements are the last of their transaction.
type ending bool

const (
	goesOn  ending = false
	commits ending = true
)

// pool is the connection of one transaction as gorm, Exec, Row and Rows use it.
type pool struct {
	conn
	s *txState
}

// ExecContext implements gorm.ConnPool.
func (p *pool) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := p.s.before(query); err != nil {
		return nil, err
	}
	return p.conn.ExecContext(ctx, query, args...)
}

// QueryContext implements gorm.ConnPool.
func (p *pool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := p.s.before(query); err != nil {
		return nil, err
	}
	return p.conn.QueryContext(ctx, query, args...)
}

// QueryRowContext implements gorm.ConnPool. The failure of what waited is told by the
// commit; the row then is none.
func (p *pool) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if p.s.before(query) != nil {
		ctx = ended(ctx)
	}
	return p.conn.QueryRowContext(ctx, query, args...)
}

// ended is a context that is over: a row asked for with it is none.
func ended(ctx context.Context) context.Context {
	ctx, end := context.WithCancel(ctx)
	end()
	return ctx
}

// PrepareContext implements gorm.ConnPool. What is prepared may run at any time: so it
// is refused.
func (p *pool) PrepareContext(context.Context, string) (*sql.Stmt, error) {
	return nil, fault.New(fault.Internal, "error.internal", "Cause", "a statement prepared inside a transaction")
}

// before settles what a statement concerns: rows that wait for its tables are written,
// and what was remembered of the table it writes is forgotten.
func (s *txState) before(query string) error {
	if len(s.waiting) > 0 {
		only, plain := plainWrite(query)
		for i := len(s.waiting) - 1; i >= 0; i-- {
			if t := s.waiting[i].table; plain && t == only || !plain && strings.Contains(query, t) {
				if err := s.writeUpTo(i); err != nil {
					return err
				}
				break
			}
		}
	}
	if len(s.known) > 0 {
		if table, writes := written(query); writes {
			s.forget(table)
		}
	}
	return s.failed
}

// plainWrite is the table of an INSERT or UPDATE that reads no other one: its columns may
// be called like tables.
func plainWrite(query string) (table string, plain bool) {
	if !strings.HasPrefix(query, "INSERT INTO ") && !strings.HasPrefix(query, "UPDATE ") || strings.Contains(query, "SELECT") || strings.Contains(query, " FROM ") {
		return "", false
	}
	table, plain = written(query)
	return table, plain && table != ""
}

// written is the table that a statement writes, "" where it does not show.
func written(query string) (table string, writes bool) {
	q := strings.TrimLeft(query, " \t\r\n")
	if len(q) >= 6 && strings.EqualFold(q[:6], "SELECT") {
		return "", false
	}
	words := strings.FieldsFunc(q[:min(len(q), 120)], func(r rune) bool { return strings.ContainsRune(" \t\r\n(`\".", r) })
	for i := 0; i+1 < len(words) && i < 4; i++ {
		if w := words[i]; strings.EqualFold(w, "INTO") || strings.EqualFold(w, "FROM") && i == 1 || strings.EqualFold(w, "UPDATE") && i == 0 {
			return words[i+1], true
		}
	}
	return "", true
}

type known struct {
	tables []string
	value  any
}

func (s *txState) forget(table string) {
	for key, k := range s.known {
		for _, t := range k.tables {
			if table == "" || t == table {
				delete(s.known, key)
				break
			}
		}
	}
}

// Remember returns what load read earlier in the transaction of ctx under the same key,
// or has it read. A statement of the transaction that writes one of the tables has it
// forgotten. What others commit meanwhile is not seen: the transaction then is as if it
// had come before them. So it is for rows that are not locked, and that say how to judge,
// not what to change. The value is shared and must not be changed. key names everything
// that load depends on, tables all that it reads. Outside of a transaction load is called.
func Remember[T any](ctx context.Context, key string, tables []string, load func() (T, error)) (T, error) {
	if v, ok := Known[T](ctx, key); ok {
		return v, nil
	}
	v, err := load()
	if err == nil {
		Know(ctx, key, tables, v)
	}
	return v, err
}

// Known is what Know or Remember keeps under a key.
func Known[T any](ctx context.Context, key string) (v T, ok bool) {
	if s := state(ctx); s != nil {
		v, ok = s.known[key].value.(T)
	}
	return v, ok
}

// Know keeps what was just read for Known, as Remember does.
func Know[T any](ctx context.Context, key string, tables []string, v T) {
	s := state(ctx)
	if s == nil || s.pool == nil {
		return
	}
	if s.known == nil || len(s.known) >= knownMost {
		s.known = map[string]known{}
	}
	s.known[key] = known{tables, v}
}

// knownMost bounds what one transaction remembers.
const knownMost = 5000

// waiting are rows for one table. They are kept in the order in which the transaction
// first added to their tables, and never written before those that stand before them: a
// row may refer to one that was added earlier to such a table.
type waiting struct {
	rank                      int
	table, columns, row, tail string
	width                     int
	args                      []any
}

// laterMost is how many rows wait for a table at most; they are written in statements of
// a power of two of them, so that few texts are made.
const laterMost = 64

// Later adds a row to a table, in one statement with others like it: before the commit, or
// before the next statement of the transaction that names the table. columns is
// "a, b, c" and tail what follows the values, such as ON CONFLICT DO NOTHING. It is for
// rows that no statement of the transaction refers to, but rows added so themselves, and
// whose failure nobody answers but by giving up the transaction.
func Later(ctx context.Context, table, columns, tail string, args ...any) error {
	return LaterAs(ctx, table, columns, "", tail, args...)
}

// LaterAs is Later with the form of a row, "(?, lower(?))".
func LaterAs(ctx context.Context, table, columns, row, tail string, args ...any) error {
	s := mustState(ctx)
	if s.pool == nil {
		return fault.New(fault.Internal, "error.internal", "Cause", "a row added outside a transaction")
	}
	s.forget(table)
	for i := range s.waiting {
		w := &s.waiting[i]
		if w.table != table || w.columns != columns || w.row != row || w.tail != tail {
			continue
		}
		if w.args = append(w.args, args...); len(w.args) < laterMost*w.width {
			return nil
		}
		return s.writeUpTo(i)
	}
	rank := s.rank(table)
	at := len(s.waiting)
	for at > 0 && s.waiting[at-1].rank > rank {
		at--
	}
	s.waiting = slices.Insert(s.waiting, at, waiting{rank, table, columns, row, tail, len(args), append(make([]any, 0, 8*len(args)), args...)})
	return s.failed
}

// rank is the place of a table among those that rows were added to.
func (s *txState) rank(table string) int {
	rank, ok := s.ranks[table]
	if !ok {
		if s.ranks == nil {
			s.ranks = map[string]int{}
		}
		rank = len(s.ranks)
		s.ranks[table] = rank
	}
	return rank
}

// First gives a table its place now: rows of it that are added later are written before
// those of tables that come after it.
func First(ctx context.Context, table string) { mustState(ctx).rank(table) }

// writeUpTo writes what waits, up to an index. It stands under no caller's deadline:
// whoever asked for it may have gone on.
func (s *txState) writeUpTo(last int) error {
	if err := s.pool.all(context.Background(), s.due(last), goesOn); err != nil {
		s.failed = err
		return err
	}
	return nil
}

// due takes what waits, up to an index, as statements.
func (s *txState) due(last int) (out []statement) {
	for _, w := range s.waiting[:last+1] {
		for len(w.args) > 0 {
			n := laterMost
			for n*w.width > len(w.args) {
				n /= 2
			}
			rows := Values(w.width, n)
			if w.row != "" {
				rows = w.row + strings.Repeat(", "+w.row, n-1)
			}
			query := "INSERT INTO " + w.table + " (" + w.columns + ") VALUES " + rows + w.tail
			out = append(out, statement{s.db.placed(query), w.args[:n*w.width]})
			w.args = w.args[n*w.width:]
		}
	}
	s.waiting = slices.Delete(s.waiting, 0, last+1)
	return out
}

// commit writes everything that waits and commits, unless the caller has gone.
func (s *txState) commit(ctx context.Context) error {
	if s.failed != nil {
		return s.failed
	}
	if err := ctx.Err(); err != nil { // nobody waits for it any more
		return err
	}
	return s.pool.all(context.Background(), s.due(len(s.waiting)-1), commits)
}

// shape is how rows of a model are inserted.
type shape struct {
	*schema.Schema
	columns string
	insert  string
}

var shapes sync.Map // of *shape, by reflect.Type

func shapeOf(s *txState, row any) (*shape, error) {
	of := reflect.Indirect(reflect.ValueOf(row)).Type()
	if got, ok := shapes.Load(of); ok {
		return got.(*shape), nil
	}
	stmt := &gorm.Statement{DB: s.gorm}
	if err := stmt.Parse(row); err != nil {
		return nil, err
	}
	out := &shape{Schema: stmt.Schema, columns: strings.Join(stmt.Schema.DBNames, ", ")}
	out.insert = "INSERT INTO " + out.Table + " (" + out.columns + ") VALUES " + Values(len(out.DBNames), 1)
	shapes.Store(of, out)
	return out, nil
}

func (h *shape) values(ctx context.Context, row any) []any {
	at := reflect.Indirect(reflect.ValueOf(row))
	out := make([]any, len(h.DBNames))
	for i, name := range h.DBNames {
		out[i], _ = h.FieldsByDBName[name].ValueOf(ctx, at)
	}
	return out
}

// Insert adds one row of a gorm model like Exec; tail is what follows the values, such as
// ON CONFLICT DO NOTHING, and with row decides the statement. It returns how many rows
// were added.
func Insert(ctx context.Context, row any, tail string) (int64, error) {
	h, err := shapeOf(mustState(ctx), row)
	if err != nil {
		return 0, err
	}
	return Exec(ctx, h.insert+tail, h.values(ctx, row)...)
}

// LaterRow is Later for a row of a gorm model.
func LaterRow(ctx context.Context, row any, tail string) error {
	h, err := shapeOf(mustState(ctx), row)
	if err != nil {
		return err
	}
	return Later(ctx, h.Table, h.columns, tail, h.values(ctx, row)...)
}
