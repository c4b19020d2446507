package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"entente/prm/fault"
)

type ctxKey int

const (
	txKey ctxKey = iota
	orgsKey
	nowKey
)

// txState is one open transaction.
type txState struct {
	db    *DB
	gorm  *gorm.DB
	pg    *pgTx // PostgreSQL: the transaction on its pinned connection
	now   time.Time
	write bool
	orgs  string // acted for
	after []func()

	pool    *pool            // nil in Glance
	known   map[string]known // of Remember
	waiting []waiting        // of Later
	ranks   map[string]int   // of its tables
	failed  error            // of what waited
}

func state(ctx context.Context) *txState {
	s, _ := ctx.Value(txKey).(*txState)
	return s
}

// WithOrgs names the companies acted for. InTx and View hand them to PostgreSQL
// with SET LOCAL, so that row-level security can stand behind the scope.
func WithOrgs(ctx context.Context, orgs ...string) context.Context {
	return context.WithValue(ctx, orgsKey, orgs)
}

// Orgs returns the companies named by WithOrgs.
func Orgs(ctx context.Context) []string {
	o, _ := ctx.Value(orgsKey).([]string)
	return o
}

// WithNow sets the instant that transactions begun under ctx take as now: how
// demo data of two years comes from the ordinary services.
func WithNow(ctx context.Context, t time.Time) context.Context {
	return context.WithValue(ctx, nowKey, t.UTC().Truncate(time.Microsecond))
}

// Now is the instant of the transaction in ctx, fixed for its length, UTC.
// An instant of WithNow comes before it, also one set inside the transaction, so
// that many deeds of different days may share a commit. Outside a transaction
// and without WithNow it is the clock.
func Now(ctx context.Context) time.Time {
	if t, ok := ctx.Value(nowKey).(time.Time); ok {
		return t
	}
	if s := state(ctx); s != nil {
		return s.now
	}
	return time.Now().UTC().Truncate(time.Microsecond)
}

// Tx is the gorm handle of the transaction in ctx. It panics outside InTx, View
// and Group: a store method is never called without one.
func Tx(ctx context.Context) *gorm.DB {
	s := state(ctx)
	if s == nil {
		panic("db: no transaction in this context")
	}
	return s.gorm.WithContext(ctx)
}

// Joined reports whether ctx is inside a transaction.
func Joined(ctx context.Context) bool { return state(ctx) != nil }

// DialectOf is the dialect of the transaction in ctx.
func DialectOf(ctx context.Context) Dialect { return state(ctx).db.dialect }

// AfterCommit runs fn once the transaction in ctx has committed; it is dropped
// on rollback. Outside a transaction fn runs at once. fn must not block and must
// not use ctx of the transaction.
func AfterCommit(ctx context.Context, fn func()) {
	if s := state(ctx); s != nil {
		s.after = append(s.after, fn)
		return
	}
	fn()
}

// InTx runs fn in a writing transaction, or joins the one in ctx. It commits
// when fn returns nil. On PostgreSQL a deadlock or serialisation failure runs fn
// again, up to three times: fn must have no effect outside the database.
// Errors are translated to faults once.
func (d *DB) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if s := state(ctx); s != nil {
		if !s.write {
			return fault.New(fault.Internal, "error.internal", "Cause", "a writing call inside a reading transaction")
		}
		return s.join(ctx, fn)
	}
	var err error
	for try := 0; try < 3; try++ {
		if err = d.once(ctx, true, fn); !retryable(err) {
			break
		}
	}
	return Translate(err)
}

// View runs fn in a reading transaction (one snapshot on SQLite), or joins the
// one in ctx.
func (d *DB) View(ctx context.Context, fn func(ctx context.Context) error) error {
	if s := state(ctx); s != nil {
		return s.join(ctx, fn)
	}
	return Translate(d.once(ctx, false, fn))
}

// Glance runs fn, which reads with a single statement, without a transaction around it,
// or joins the one in ctx: for what every request asks first.
func (d *DB) Glance(ctx context.Context, fn func(ctx context.Context) error) error {
	if s := state(ctx); s != nil {
		return s.join(ctx, fn)
	}
	s := &txState{db: d, gorm: d.read.WithContext(ctx), now: d.Clock()}
	return Translate(fn(context.WithValue(ctx, txKey, s)))
}

// join runs fn inside the open transaction. Companies named since it began are
// acted for until fn returns.
func (s *txState) join(ctx context.Context, fn func(ctx context.Context) error) error {
	before := s.orgs
	defer func() { s.orgs = before }() // after an error too: the caller may bear it and go on
	s.setOrgs(Orgs(ctx))
	return fn(ctx)
}

// SQLiteTx is the *sql.Tx of the transaction in ctx on SQLite: how the job queue
// joins it.
func SQLiteTx(ctx context.Context) (*sql.Tx, error) {
	if s := state(ctx); s != nil {
		if s.pool != nil && s.db.dialect == SQLite {
			return s.pool.conn.(liteTx).Tx, nil
		}
	}
	return nil, fault.New(fault.Internal, "error.internal", "Cause", "no SQLite transaction in this context")
}

func (d *DB) once(ctx context.Context, write bool, fn func(ctx context.Context) error) (err error) {
	s, err := d.begin(ctx, write)
	if err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			_ = s.pool.Rollback()
		}
		if s.pg != nil {
			_ = s.pg.Close()
		}
	}()
	if err := fn(context.WithValue(ctx, txKey, s)); err != nil {
		return cmp.Or(s.failed, err) // a row asked for after what waited had failed says only that it is none
	}
	if err := s.commit(ctx); err != nil {
		return err
	}
	done = true
	if write {
		d.counts.commits.Add(1)
	}
	for _, f := range s.after {
		hook(f)
	}
	return nil
}

// hook runs what was asked for after the commit. A panic in it is logged: the
// transaction stands and must not be reported as failed, or be run again.
func hook(fn func()) {
	defer func() {
		if r := recover(); r != nil {
			slog.Error("panic after the commit", "panic", r)
		}
	}()
	fn()
}

func (d *DB) begin(ctx context.Context, write bool) (*txState, error) {
	s := &txState{db: d, write: write}
	if t, ok := ctx.Value(nowKey).(time.Time); ok {
		s.now = t
	}
	g := d.read
	if write {
		g = d.write
	}
	sdb, err := g.DB()
	if err != nil {
		return nil, err
	}
	if d.dialect == Postgres {
		if s.pg, err = pin(ctx, sdb, s); err != nil {
			return nil, err
		}
		s.pool = &pool{s.pg, s}
	} else {
		tx, err := sdb.BeginTx(ctx, nil)
		if err != nil {
			return nil, err
		}
		s.pool = &pool{liteTx{tx}, s}
	}
	s.gorm = g.Session(&gorm.Session{NewDB: true, Context: ctx})
	s.gorm.Statement.ConnPool = s.pool
	if s.now.IsZero() {
		s.now = d.Clock() // after the writer's lock was taken
	}
	s.setOrgs(Orgs(ctx))
	return s, nil
}

// setOrgs notes which companies act.
func (s *txState) setOrgs(orgs []string) {
	if s.db.dialect == Postgres { // SQLite has no such thing
		s.orgs = strings.Join(slices.Sorted(slices.Values(orgs)), ",")
	}
}

func retryable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && slices.Contains([]string{"40001", "40P01"}, pg.Code)
}

// Translate turns driver errors into faults; faults pass unchanged. This is the
// only place that knows them, so raw database text never reaches a person.
func Translate(err error) error {
	if err == nil {
		return nil
	}
	var f *fault.Error
	switch {
	case errors.As(err, &f):
		return err
	case errors.Is(err, gorm.ErrRecordNotFound), errors.Is(err, sql.ErrNoRows):
		return fault.Wrap(err, fault.NotFound, "error.not_found")
	case IsDuplicate(err):
		return fault.Wrap(err, fault.Conflict, "error.conflict")
	case errors.Is(err, errUnsure), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	text := err.Error()
	for _, w := range []string{"database is locked", "SQLITE_BUSY", "SQLITE_FULL", "database or disk is full", "connection refused", "conn closed", "bad connection", "failed to connect", "unexpected EOF"} {
		if strings.Contains(text, w) {
			return fault.Wrap(err, fault.Unavailable, "error.unavailable")
		}
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "22021" { // a NUL, or what is no UTF-8: no text to keep or to look for
		return fault.Wrap(err, fault.Invalid, "form.text_wrong")
	}
	if errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "57")) {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	return fault.Wrap(err, fault.Internal, "error.internal")
}

// IsDuplicate reports a violated unique key.
func IsDuplicate(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505"
	}
	return errors.Is(err, gorm.ErrDuplicatedKey) || err != nil && strings.Contains(err.Error(), "UNIQUE constraint failed")
}

// Renew has a claim outlive none but who holds it: until stop is called it is claimed anew,
// each time well before lease ends. claim does so in a transaction for orgs, with the time
// (Micros) until which it then stands, by the number under which it was made and nothing
// else: it is not known of a transaction that failed whether it committed. It says whether
// the claim is still its holder's; where not, held ends, and the holder is to stop. stop waits
// for a call under way and says whether it was his to the end.
func (d *DB) Renew(ctx context.Context, log *slog.Logger, lease time.Duration, claim func(ctx context.Context, until int64) (ours bool, err error), orgs ...string) (held context.Context, stop func() (ours bool)) {
	held, lose := context.WithCancel(ctx)
	renewing, cancel := context.WithCancel(ctx)
	if len(orgs) > 0 {
		renewing = WithOrgs(renewing, orgs...)
	}
	ended, lost := make(chan struct{}), false
	go func() {
		defer close(ended)
		tick := time.NewTicker(max(lease/3, time.Millisecond))
		defer tick.Stop()
		for !lost {
			select {
			case <-tick.C:
			case <-renewing.Done():
				return
			}
			ours := false
			err := d.InTx(renewing, func(ctx context.Context) (err error) {
				ours, err = claim(ctx, Micros(d.Clock().Add(lease)))
				return err
			})
			switch {
			case err == nil && !ours:
				lost = true
				lose()
			case err != nil && renewing.Err() == nil:
				log.Warn("a claim could not be renewed", slog.Any("cause", err))
			}
		}
	}()
	return held, func() bool {
		cancel()
		<-ended
		lose()
		return !lost
	}
}
