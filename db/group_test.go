package db_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/fault"
)

// ticking opens a fresh database whose clock gives every transaction an instant
// of its own, so that instants count transactions.
func ticking(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	for name, dsn := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLiteDSN, "postgres": dbtest.PostgresDSN} {
		t.Run(name, func(t *testing.T) {
			var n atomic.Int64
			d, err := db.Open(context.Background(), dsn(t), db.Options{Clock: func() time.Time { return time.UnixMicro(1e15 + n.Add(1)) }})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = d.Close() })
			fn(t, d)
		})
	}
}

// What callers want first is fetched for all of them at once, and anew for who runs alone.
func TestGroupAhead(t *testing.T) {
	ticking(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		var fetched [][]any
		fetch := func(ctx context.Context, items []any) (any, error) {
			fetched = append(fetched, slices.Clone(items))
			return len(items), put(ctx, fmt.Sprintf("f%02d", len(fetched)))
		}
		bad := errors.New("bad")
		held, release := make(chan struct{}), make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			if err := d.Group(ctx, "lane", func(context.Context) error { close(held); <-release; return nil }); err != nil {
				t.Error(err)
			}
		})
		<-held
		for i := range 5 {
			all.Go(func() {
				if err := d.GroupAhead(ctx, "lane", i, fetch, func(ctx context.Context) error {
					if n, _ := db.Ahead(ctx).(int); n != 5 {
						t.Errorf("ahead is %v", db.Ahead(ctx))
					}
					return nil
				}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Go(func() { // who wants nothing is given nothing
			if err := d.Group(ctx, "lane", func(ctx context.Context) error {
				if db.Ahead(ctx) != nil {
					t.Errorf("ahead is %v", db.Ahead(ctx))
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
		for d.Waiting("lane") < 6 {
			runtime.Gosched()
		}
		close(release)
		all.Wait()
		if len(fetched) != 1 || len(fetched[0]) != 5 {
			t.Errorf("fetched %v", fetched)
		}
		if err := d.GroupAhead(ctx, "lane", 1, fetch, func(ctx context.Context) error { return bad }); !errors.Is(err, bad) || len(fetched) != 1 {
			t.Errorf("%v %v", err, fetched)
		}
	})
}

// gather has fns share a commit, and returns what each of them was answered.
func gather(t *testing.T, d *db.DB, fns ...func(ctx context.Context) error) []error {
	t.Helper()
	return gatherBy(t, d, len(fns), func(i int) error { return d.Group(context.Background(), "lane", fns[i]) })
}

// gatherBy holds the lane with a first member until n others wait in it, then returns what
// each of them was answered.
func gatherBy(t *testing.T, d *db.DB, n int, join func(i int) error) []error {
	t.Helper()
	answers := make([]error, n)
	held, release := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		if err := d.Group(context.Background(), "lane", func(context.Context) error { close(held); <-release; return nil }); err != nil {
			t.Errorf("the first member: %v", err)
		}
	})
	<-held
	for i := range n {
		all.Go(func() { answers[i] = join(i) })
	}
	for deadline := time.Now().Add(10 * time.Second); d.Waiting("lane") < n; {
		if time.Now().After(deadline) {
			t.Fatal("the members do not wait in the lane")
		}
		runtime.Gosched()
	}
	close(release)
	all.Wait()
	return answers
}

// Of those for whom something was fetched at once one fails: it alone is told so and leaves
// nothing, nor does what was fetched for all; the others run for themselves.
func TestGroupAheadFailsAlone(t *testing.T) {
	ticking(t, func(t *testing.T, d *db.DB) {
		fetched, bad := 0, errors.New("bad")
		fetch := func(ctx context.Context, items []any) (any, error) {
			fetched++
			return len(items), put(ctx, fmt.Sprint("fetched", fetched))
		}
		answers := gatherBy(t, d, 5, func(i int) error {
			return d.GroupAhead(context.Background(), "lane", i, fetch, func(ctx context.Context) error {
				if err := put(ctx, fmt.Sprint("m", i)); err != nil {
					return err
				}
				if i == 2 {
					return bad
				}
				return nil
			})
		})
		for i, err := range answers {
			if i == 2 && !errors.Is(err, bad) || i != 2 && err != nil {
				t.Errorf("member %d: %v", i, err)
			}
		}
		if got := names(t, d); fetched != 1 || !slices.Equal(got, []string{"m0", "m1", "m3", "m4"}) {
			t.Errorf("fetched %d times, rows %v", fetched, got)
		}
	})
}

// A transaction that lasts too long ends before all are in it, but not before all who want what
// was fetched at once; the others share the next.
func TestGroupEndsInTime(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLiteDSN, "postgres": dbtest.PostgresDSN} {
		for _, c := range []struct{ wanting, long, first int }{{0, 2, 2}, {3, 1, 3}} {
			t.Run(fmt.Sprint(name, " ", c.wanting), func(t *testing.T) {
				var passed atomic.Int64
				d, err := db.Open(context.Background(), dsn(t), db.Options{Clock: func() time.Time { return time.UnixMicro(1e15).Add(time.Duration(passed.Load())) }})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = d.Close() })
				var turn atomic.Int64
				var mu sync.Mutex
				instants := map[time.Time]int{}
				fetch := func(_ context.Context, items []any) (any, error) { return len(items), nil }
				answers := gatherBy(t, d, 5, func(i int) error {
					for d.Waiting("lane") < i { // each in its turn
						runtime.Gosched()
					}
					fn := func(ctx context.Context) error {
						mu.Lock()
						instants[db.Now(ctx)]++
						mu.Unlock()
						if turn.Add(1) == int64(c.long) {
							passed.Add(int64(time.Second))
						}
						return put(ctx, fmt.Sprint("m", i))
					}
					if i < c.wanting {
						return d.GroupAhead(context.Background(), "lane", i, fetch, fn)
					}
					return d.Group(context.Background(), "lane", fn)
				})
				for i, err := range answers {
					if err != nil {
						t.Errorf("member %d: %v", i, err)
					}
				}
				began := time.UnixMicro(1e15).UTC()
				if len(instants) != 2 || instants[began] != c.first || instants[began.Add(time.Second)] != 5-c.first || len(names(t, d)) != 5 {
					t.Errorf("%v, %v", instants, names(t, d))
				}
			})
		}
	}
}

// Those who wait together share one transaction.
func TestGroupShares(t *testing.T) {
	ticking(t, func(t *testing.T, d *db.DB) {
		var mu sync.Mutex
		instants := map[time.Time]int{}
		hooks := 0
		var fns []func(ctx context.Context) error
		for i := range 20 {
			fns = append(fns, func(ctx context.Context) error {
				mu.Lock()
				instants[db.Now(ctx)]++
				mu.Unlock()
				db.AfterCommit(ctx, func() { hooks++ })
				return put(ctx, fmt.Sprintf("m%02d", i))
			})
		}
		for i, err := range gather(t, d, fns...) {
			if err != nil {
				t.Errorf("member %d: %v", i, err)
			}
		}
		if len(instants) != 1 || hooks != 20 || len(names(t, d)) != 20 {
			t.Errorf("%d transactions, %d hooks, %d rows; want 1, 20, 20", len(instants), hooks, len(names(t, d)))
		}
	})
}

// One that fails, panics, hits a constraint or whose caller has gone is alone
// with it; nobody is answered yes without a row, or no with one.
func TestGroupFailsAlone(t *testing.T) {
	ticking(t, func(t *testing.T, d *db.DB) {
		if err := d.InTx(context.Background(), func(ctx context.Context) error { return put(ctx, "taken") }); err != nil {
			t.Fatal(err)
		}
		ok := func(name string) func(ctx context.Context) error {
			return func(ctx context.Context) error { return put(ctx, name) }
		}
		bad := map[int]func(ctx context.Context) error{
			1: func(ctx context.Context) error { _ = put(ctx, "bad1"); return errBoom },
			3: func(ctx context.Context) error { _ = put(ctx, "bad3"); panic("out") },
			5: func(ctx context.Context) error { _ = put(ctx, "bad5"); return put(ctx, "taken") },
		}
		var fns []func(ctx context.Context) error
		for i := range 7 {
			if bad[i] != nil {
				fns = append(fns, bad[i])
			} else {
				fns = append(fns, ok(fmt.Sprint("good", i)))
			}
		}
		answers := gather(t, d, fns...)
		for i, err := range answers {
			if (err != nil) != (bad[i] != nil) {
				t.Errorf("member %d: %v", i, err)
			}
		}
		if !errors.Is(answers[1], errBoom) || fault.CodeOf(answers[3]) != fault.Internal || fault.CodeOf(answers[5]) != fault.Conflict {
			t.Errorf("answers %v", answers)
		}
		if got := names(t, d); !slices.Equal(got, []string{"good0", "good2", "good4", "good6", "taken"}) {
			t.Errorf("rows %v", got)
		}
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		if err := d.Group(ended, "lane", ok("gone")); err == nil {
			t.Error("a caller that had gone was answered yes")
		}
		if err := d.Group(context.Background(), "lane", ok("after")); err != nil {
			t.Errorf("the lane is stuck: %v", err)
		}
		if slices.Contains(names(t, d), "gone") {
			t.Error("answered no, but the row is there")
		}
	})
}

// A panic in a hook neither undoes the commit nor runs the members again.
func TestHookPanics(t *testing.T) {
	d := dbtest.One(t)
	var runs atomic.Int64
	fn := func(name string) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			runs.Add(1)
			db.AfterCommit(ctx, func() { panic("in a hook") })
			return put(ctx, name)
		}
	}
	for i, err := range gather(t, d, fn("a"), fn("b")) {
		if err != nil {
			t.Errorf("member %d: %v", i, err)
		}
	}
	if runs.Load() != 2 || len(names(t, d)) != 2 {
		t.Errorf("%d runs, rows %v", runs.Load(), names(t, d))
	}
}

// Inside a transaction Group joins it.
func TestGroupJoins(t *testing.T) {
	d := dbtest.One(t)
	err := d.InTx(context.Background(), func(ctx context.Context) error {
		if err := d.Group(ctx, "lane", func(ctx context.Context) error { return put(ctx, "a") }); err != nil {
			return err
		}
		return errBoom
	})
	if !errors.Is(err, errBoom) || len(names(t, d)) != 0 {
		t.Errorf("%v, rows %v", err, names(t, d))
	}
}

const childEnv = "ENTENTE_DB_TEST_CHILD"

// TestChild is the process that TestKilled kills: it groups inserts and prints
// each name once it was answered yes.
func TestChild(t *testing.T) {
	dsn := os.Getenv(childEnv)
	if dsn == "" {
		return // not the child
	}
	d, err := db.Open(context.Background(), dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out sync.Mutex
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i)
				if err := d.Group(context.Background(), "lane", func(ctx context.Context) error { return put(ctx, name) }); err != nil {
					t.Error(err)
					return
				}
				out.Lock()
				fmt.Println("ACK", name)
				out.Unlock()
			}
		})
	}
	all.Wait()
}

// Killed at any moment, what was answered yes is there.
func TestKilled(t *testing.T) {
	for kind, dsn := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLiteDSN, "postgres": dbtest.PostgresDSN} {
		t.Run(kind, func(t *testing.T) {
			dsn := dsn(t)
			acked := map[string]bool{}
			for round := range 5 {
				cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
				cmd.Env = append(os.Environ(), childEnv+"="+dsn)
				pipe, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				lines := bufio.NewScanner(pipe)
				n := 0
				for lines.Scan() {
					var name string
					if c, _ := fmt.Sscanf(lines.Text(), "ACK %s", &name); c == 1 {
						acked[name] = true
						if n++; n == 40+round*37 {
							_ = cmd.Process.Kill() // the rest of the pipe is still read
						}
					}
				}
				_ = cmd.Wait()
				if n < 40 {
					t.Fatalf("the child answered only %d times", n)
				}
				d, err := db.Open(context.Background(), dsn, db.Options{})
				if err != nil {
					t.Fatal(err)
				}
				have := map[string]bool{}
				for _, name := range names(t, d) {
					have[name] = true
				}
				_ = d.Close()
				for name := range acked {
					if !have[name] {
						t.Errorf("round %d: %s was answered yes and is gone", round, name)
					}
				}
			}
		})
	}
}
