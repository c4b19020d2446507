package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"entente/db"
	"entente/prm/fault"
)

// Jobs is the machinery of one node: bind subscribers, handlers, schedules and
// drains first, then Start.
type Jobs struct {
	db    *db.DB
	log   *slog.Logger
	opt   Options
	queue queue

	mu       sync.Mutex                    // bindings and life cycle
	bound    map[string][]string           // event kind → subscribers
	handlers map[string]map[string]Handler // subscriber → event kind → handler
	prepare  map[string]func(ctx context.Context, all []Received) error
	loops    map[string]*loop     // "event:SUBSCRIBER", "drain:NAME"
	told     map[string]time.Time // loop → when another process was last told
	state    life
	stop     context.CancelFunc // no new pass
	kill     context.CancelFunc // what runs is cancelled
	running  sync.WaitGroup

	wakes atomic.Uint64 // work made known since New, for Idle
}

type life int

const (
	fresh life = iota
	started
	stopped
)

// New makes the machinery on an open, migrated database. It starts nothing:
// publishing works at once, handling after Start.
func New(d *db.DB, o Options) *Jobs {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Workers == 0 {
		o.Workers = 8
	}
	if o.Grace == 0 {
		o.Grace = 8 * time.Second
	}
	j := &Jobs{
		db: d, log: o.Log, opt: o, bound: map[string][]string{}, handlers: map[string]map[string]Handler{}, prepare: map[string]func(context.Context, []Received) error{},
		loops: map[string]*loop{}, told: map[string]time.Time{},
	}
	j.queue = newQueue(d, o)
	j.Handle(wakeKind, j.wakeJob)
	return j
}

var nameForm = regexp.MustCompile(`^[\w][\w\-.]+$`)

func checkName(what, name string) {
	if !nameForm.MatchString(name) {
		panic(fmt.Sprintf("job: %s %q: two or more letters, digits, dots, dashes or underlines", what, name))
	}
}

// bind runs fn under the lock; bindings after Start are a fault of the program.
func (j *Jobs) bind(fn func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.state != fresh {
		panic("job: bindings are made before Start")
	}
	fn()
}

// Subscribe binds a subscriber to event kinds. A name may be used again for
// other kinds with another handler: deliveries are counted and ordered per name.
// It panics when called after Start or twice for the same name and kind.
func (j *Jobs) Subscribe(subscriber string, kinds []string, fn func(ctx context.Context, e Received) error) {
	checkName("subscriber", subscriber)
	j.bind(func() {
		byKind := j.handlers[subscriber]
		if byKind == nil {
			byKind = map[string]Handler{}
			j.handlers[subscriber] = byKind
			l := newLoop(subscriber, nil)
			l.gap, l.watched = together, true
			l.pass = func(ctx context.Context) (bool, error) {
				took, more, err := j.deliver(ctx, subscriber)
				if l.gap = together; took >= many {
					l.gap = flood
				}
				return more, err
			}
			j.loops["event:"+subscriber] = l
		}
		for _, k := range kinds {
			if byKind[k] != nil {
				panic(fmt.Sprintf("job: %s is bound to %s twice", subscriber, k))
			}
			byKind[k] = fn
			j.bound[k] = append(j.bound[k], subscriber)
		}
	})
}

// Prepare binds what is done once for the deliveries of a batch, in their transaction and
// before the subscriber's handlers: to read at once what they would ask one by one. A
// failure of it fails nothing but the batch: each delivery is then handled by itself.
func (j *Jobs) Prepare(subscriber string, fn func(ctx context.Context, all []Received) error) {
	j.bind(func() { j.prepare[subscriber] = fn })
}

// Handle binds the handler of a kind of single job. It runs outside any
// transaction, within Timeout, and may be called twice with the same arguments.
// An error runs it again with growing pauses; after MaxTries it is parked.
func (j *Jobs) Handle(kind string, fn func(ctx context.Context, a Args) error) {
	checkName("job kind", kind)
	j.bind(func() { j.queue.handle(kind, fn) })
}

// Every runs fn at every interval (at least a second) on one node of those
// started, first soon after Start. fn runs outside any transaction within
// Timeout; a failure is logged, tried once more and kept in Parked, the next turn
// runs all the same. A turn that a killed process left running is run again.
func (j *Jobs) Every(name string, interval time.Duration, fn func(ctx context.Context) error) {
	checkName("schedule", name)
	j.bind(func() {
		j.queue.handle(everyPrefix+name, func(ctx context.Context, _ Args) error { return fn(ctx) })
		j.queue.every(everyPrefix+name, max(interval, time.Second))
	})
}

// Drain binds a named local loop: fn works through what is due in tables of its
// own and says whether more is. It runs on every node started, one call at a
// time per node, woken by Wake and every second. Its context ends when stopping.
func (j *Jobs) Drain(name string, fn func(ctx context.Context) (more bool, err error)) {
	checkName("drain", name)
	j.bind(func() {
		if j.loops["drain:"+name] != nil {
			panic("job: drain " + name + " is bound twice")
		}
		j.loops["drain:"+name] = newLoop(name, fn)
	})
}

// Wake wakes a named drain once the transaction in ctx has committed, at once
// outside of one. From a process that does not drain, the serving one is told
// through the queue. After an error the transaction in ctx may be dead (a
// deadlock with another node's wake-up): return it, so that InTx runs again.
func (j *Jobs) Wake(ctx context.Context, name string) error {
	return j.wake(ctx, "drain:"+name)
}

// wake signals loops of this process after the commit, or tells the serving
// process through one unique job, at most once a second per loop.
func (j *Jobs) wake(ctx context.Context, keys ...string) error {
	j.mu.Lock()
	var tell []string
	for _, k := range keys {
		// marked before the commit: after a rollback the poll finds what comes within the second
		if j.state != started && time.Since(j.told[k]) > poll {
			j.told[k] = time.Now()
			tell = append(tell, k)
		}
	}
	j.mu.Unlock()
	db.AfterCommit(ctx, func() {
		j.wakes.Add(1)
		for _, k := range keys {
			if l := j.loop(k); l != nil {
				l.signal()
			}
		}
	})
	if len(tell) == 0 {
		return nil
	}
	return j.db.InTx(ctx, func(ctx context.Context) error {
		for _, k := range tell {
			if err := j.queue.insert(ctx, Job{Kind: wakeKind, Args: wakeArgs{Loop: k}, Unique: true}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (j *Jobs) loop(key string) *loop {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.loops[key]
}

const wakeKind = "house.wake"

type wakeArgs struct {
	Loop string `json:"loop"`
}

func (j *Jobs) wakeJob(_ context.Context, a Args) error {
	var w wakeArgs
	if err := a.Decode(&w); err != nil {
		return err
	}
	if l := j.loop(w.Loop); l != nil {
		j.wakes.Add(1)
		l.signal()
	}
	return nil
}

// Start begins handling on this node. ctx bounds only the start itself. A second
// call does nothing; after Stop it is refused.
func (j *Jobs) Start(ctx context.Context) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch j.state {
	case started:
		return nil
	case stopped:
		return fault.New(fault.Internal, "error.internal", "Cause", "jobs started after Stop")
	}
	base := context.WithoutCancel(ctx)
	if j.opt.Revive {
		if err := j.revive(ctx); err != nil {
			return err
		}
	}
	if err := j.queue.start(base); err != nil {
		return db.Translate(err)
	}
	accept, stop := context.WithCancel(base)
	work, kill := context.WithCancel(base)
	j.stop, j.kill, j.state = stop, kill, started
	for _, l := range j.loops {
		j.running.Go(func() { l.run(accept, work, j.log) })
	}
	j.running.Go(func() { j.watch(accept) })
	return nil
}

// revive makes single jobs that a killed process left running due again. On
// SQLite one process serves, and it holds the lock on the data folder.
func (j *Jobs) revive(ctx context.Context) error {
	if j.db.Dialect() != db.SQLite {
		return nil // another node may be running them; the rescuer takes care
	}
	return j.db.InTx(ctx, func(ctx context.Context) error {
		return db.Tx(ctx).Exec("UPDATE river_job SET state = 'available' WHERE state = 'running'").Error
	})
}

// Stop takes no new work, lets what runs finish within Grace, then cancels it: its
// transaction is rolled back and the work stays due. It returns within two
// seconds more. A second call does nothing.
func (j *Jobs) Stop() {
	j.mu.Lock()
	was := j.state
	j.state = stopped
	j.mu.Unlock()
	if was != started {
		return
	}
	j.stop()
	var all sync.WaitGroup
	all.Go(j.queue.stop)
	all.Go(func() {
		done := make(chan struct{})
		go func() { j.running.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(j.opt.Grace):
		}
		j.kill()
		select {
		case <-done:
		case <-time.After(time.Second):
			j.log.Warn("work did not end when cancelled")
		}
	})
	all.Wait()
}

// loop is one drain: passes one at a time, until there is no more.
type loop struct {
	name string
	pass func(ctx context.Context) (more bool, err error)
	kick chan struct{}
	gap  time.Duration // from the beginning of one turn to the next: what comes meanwhile shares it; a pass may change it

	watched bool // it is signalled when something is due, and does not look by itself

	mu         sync.Mutex
	want, done uint64        // passes asked for; passes that began after being asked for and ended
	turn       chan struct{} // closed and replaced when done moves
	inline     sync.Mutex    // Idle without Start
}

func newLoop(name string, pass func(ctx context.Context) (bool, error)) *loop {
	return &loop{name: name, pass: pass, kick: make(chan struct{}, 1), turn: make(chan struct{})}
}

// signal asks for a pass and returns its number.
func (l *loop) signal() uint64 {
	l.mu.Lock()
	l.want++
	n := l.want
	l.mu.Unlock()
	select {
	case l.kick <- struct{}{}:
	default:
	}
	return n
}

func (l *loop) asked() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.want
}

func (l *loop) finished(n uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done = n
	close(l.turn)
	l.turn = make(chan struct{})
}

// wait returns when a pass asked for by number n has ended.
func (l *loop) wait(ctx context.Context, n uint64) error {
	for {
		l.mu.Lock()
		ready, turn := l.done >= n, l.turn
		l.mu.Unlock()
		if ready {
			return nil
		}
		select {
		case <-turn:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (l *loop) run(accept, work context.Context, log *slog.Logger) {
	var look <-chan time.Time
	if !l.watched {
		tick := time.NewTicker(poll)
		defer tick.Stop()
		look = tick.C
	}
	for {
		select {
		case <-l.kick: // what was asked for so far is what this pass is for
		default:
		}
		n, began := l.asked(), time.Now()
		if err := l.turnOver(accept, work); err != nil && !errors.Is(err, context.Canceled) {
			log.Error("drain failed; it runs again within a second", "drain", l.name, "error", err)
		}
		l.finished(n)
		select {
		case <-l.kick:
		case <-look:
		case <-accept.Done():
			return
		}
		if l.gap > 0 {
			select {
			case <-time.After(l.gap - time.Since(began)):
			case <-accept.Done():
				return
			}
		}
	}
}

// turnOver makes passes until there is no more, one fails, or accept ends.
func (l *loop) turnOver(accept, work context.Context) error {
	for accept.Err() == nil {
		if more, err := l.safely(work); err != nil || !more {
			return err
		}
	}
	return accept.Err()
}

func (l *loop) safely(ctx context.Context) (more bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			more, err = false, fmt.Errorf("panic: %v", r)
		}
	}()
	return l.pass(ctx)
}
