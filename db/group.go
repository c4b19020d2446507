package db

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"entente/prm/fault"
)

// groupMax is how many callers share one commit, and groupTime how long the writer is
// held for them before it commits: others wait for it.
const (
	groupMax  = 64
	groupTime = 100 * time.Millisecond
)

// lane gathers callers that may share a commit.
type lane struct {
	mu      sync.Mutex
	waiting []*member
	busy    bool
}

type member struct {
	ctx  context.Context
	want *want
	fn   func(ctx context.Context) error
	done chan struct{}
	err  error
}

// Group runs fn like InTx, but callers of one lane that arrive while a commit is
// under way share the next one: one fsync for many. If any of them fails, all
// are run again one by one, so fn must have no effect outside the database. Where
// nobody knows whether the commit stands, none is: each is told that it is not known.
// Nobody is answered before the commit. A caller whose context ends first is
// still answered only after its fate is known.
func (d *DB) Group(ctx context.Context, name string, fn func(ctx context.Context) error) error {
	return d.group(ctx, name, nil, fn)
}

// want is what a caller of GroupAhead wants before its turn.
type want struct {
	item  any
	fetch func(ctx context.Context, items []any) (any, error)
}

// GroupAhead is Group for callers who all need something first that one statement fetches for
// many: fetch is called once in the shared transaction, with the items of all who share it, in
// the order of their turns, and what it returns is what Ahead gives to each fn. All callers of
// a lane bring the same fetch. Whoever shares what was fetched is in one commit, or it is
// fetched anew: so it may take what must not be lost, such as numbers.
func (d *DB) GroupAhead(ctx context.Context, name string, item any, fetch func(ctx context.Context, items []any) (any, error), fn func(ctx context.Context) error) error {
	return d.group(ctx, name, &want{item, fetch}, fn)
}

type aheadKey struct{}

// Ahead is what the fetch of GroupAhead returned; nil where fn runs for itself.
func Ahead(ctx context.Context) any { return ctx.Value(aheadKey{}) }

func (d *DB) group(ctx context.Context, name string, want *want, fn func(ctx context.Context) error) error {
	if state(ctx) != nil {
		return d.InTx(ctx, fn)
	}
	d.lanesMu.Lock()
	l := d.lanes[name]
	if l == nil {
		l = &lane{}
		d.lanes[name] = l
	}
	d.lanesMu.Unlock()

	m := &member{ctx: ctx, want: want, fn: fn, done: make(chan struct{})}
	l.mu.Lock()
	l.waiting = append(l.waiting, m)
	if l.busy {
		l.mu.Unlock()
		<-m.done
		return m.err
	}
	l.busy = true
	for len(l.waiting) > 0 {
		n := min(len(l.waiting), groupMax)
		batch := append([]*member(nil), l.waiting[:n]...)
		l.waiting = l.waiting[n:]
		l.mu.Unlock()
		d.commit(batch)
		l.mu.Lock()
	}
	l.busy = false
	l.mu.Unlock()
	return m.err
}

// Waiting counts the callers that wait in a lane for the next commit.
func (d *DB) Waiting(name string) int {
	d.lanesMu.Lock()
	l := d.lanes[name]
	d.lanesMu.Unlock()
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}

var errAborted = errors.New("db: the group did not commit")

func (d *DB) commit(batch []*member) {
	for _, m := range batch {
		m.err = errAborted // whoever is released without a commit must not read success
	}
	defer func() {
		r := recover()
		for _, m := range batch {
			if r != nil && errors.Is(m.err, errAborted) {
				m.err = fault.Wrap(fmt.Errorf("panic: %v", r), fault.Internal, "error.internal")
			}
			close(m.done)
		}
	}()
	for len(batch) > 0 {
		n, shared, unsure := 1, false, false
		if len(batch) > 1 {
			var err error
			n, err = d.together(batch)
			switch unsure = errors.Is(err, errUnsure); {
			case err == nil:
				shared = true
			case !unsure:
				n = len(batch)
			}
		}
		for _, m := range batch[:n] {
			m.err = nil
			if unsure {
				m.err = Translate(errUnsure)
			} else if !shared {
				m.err = errAborted
				m.err = d.alone(m)
			}
			close(m.done)
			batch = batch[1:]
		}
	}
}

// alone runs one member; a panic is its own failure, not its neighbours'.
func (d *DB) alone(m *member) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.Wrap(fmt.Errorf("panic: %v", r), fault.Internal, "error.internal")
		}
	}()
	return d.InTx(m.ctx, m.fn)
}

// together runs the first members in one transaction, as many as fit in groupTime, and
// returns how many. The transaction's own context is free of any caller's deadline; each
// fn sees its caller's values.
func (d *DB) together(batch []*member) (n int, err error) {
	defer func() {
		if recover() != nil {
			err = errAborted
		}
	}()
	err = d.once(context.Background(), true, func(ctx context.Context) error {
		s, began := state(ctx), d.clock()
		ahead, err := fetchAhead(ctx, batch)
		if err != nil {
			return err
		}
		last := 0 // what was taken for all is used by all who want it
		for i, m := range batch {
			if m.want != nil {
				last = i
			}
		}
		for _, m := range batch {
			s.setOrgs(Orgs(m.ctx))
			mctx := context.WithValue(m.ctx, txKey, s)
			if ahead != nil && m.want != nil {
				mctx = context.WithValue(mctx, aheadKey{}, ahead)
			}
			if err := m.fn(mctx); err != nil {
				return err
			}
			if n++; n > last && d.clock().Sub(began) > groupTime {
				break
			}
		}
		return nil
	})
	return n, err
}

// fetchAhead has fetched what the members want, at once.
func fetchAhead(ctx context.Context, batch []*member) (any, error) {
	var items []any
	var fetch func(ctx context.Context, items []any) (any, error)
	s := state(ctx)
	for _, m := range batch {
		if m.want != nil {
			items, fetch = append(items, m.want.item), m.want.fetch
			s.setOrgs(Orgs(m.ctx))
		}
	}
	if fetch == nil {
		return nil, nil
	}
	return fetch(ctx, items)
}
