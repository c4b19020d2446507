package job_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/prm/fault"
)

// Single jobs: unique ones once, later ones not yet, arguments as given.
func TestSingleJobs(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := job.New(d, job.Options{})
		ran := make(chan string, 10)
		j.Handle("mail.send", func(_ context.Context, a job.Args) error {
			var v ids
			if err := a.Decode(&v); err != nil {
				return err
			}
			ran <- v.Order
			return nil
		})
		err := d.InTx(context.Background(), func(ctx context.Context) error {
			for _, one := range []job.Job{
				{Kind: "mail.send", Args: ids{"u"}, Unique: true}, {Kind: "mail.send", Args: ids{"u"}, Unique: true},
				{Kind: "mail.send", Args: ids{"v"}, Unique: true}, {Kind: "mail.send", Args: ids{"later"}, At: time.Now().Add(time.Hour)},
			} {
				if err := j.Enqueue(ctx, one); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		start(t, j)
		if err := j.Start(context.Background()); err != nil {
			t.Errorf("second Start: %v", err)
		}
		idle(t, j)
		if len(ran) != 2 {
			t.Fatalf("%d ran, want 2", len(ran))
		}
		if a, b := <-ran, <-ran; a+b != "uv" && a+b != "vu" {
			t.Errorf("ran %s %s", a, b)
		}
		// a finished unique job does not stand in the way of the next
		if err := j.Enqueue(context.Background(), job.Job{Kind: "mail.send", Args: ids{"u"}, Unique: true}); err != nil {
			t.Fatal(err)
		}
		idle(t, j)
		if len(ran) != 1 {
			t.Errorf("%d ran, want the second one", len(ran))
		}
		stats, err := j.Stats(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if len(stats) != 1 || !stats[0].Single || stats[0].Name != "mail.send" || stats[0].State != "scheduled" || stats[0].Count != 1 || time.Since(stats[0].Oldest) > time.Minute || time.Since(stats[0].Oldest) < -time.Minute {
			t.Errorf("stats %+v", stats)
		}
	})
}

// A single job out of tries is parked, visible, and runs again on demand.
func TestSingleJobParked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := job.New(d, job.Options{})
		var heal atomic.Bool
		var tries atomic.Int64
		j.Handle("mail.send", func(context.Context, job.Args) error {
			tries.Add(1)
			if heal.Load() {
				return nil
			}
			return errors.New("no route")
		})
		if err := j.Enqueue(context.Background(), job.Job{Kind: "mail.send", Args: ids{"a"}}); err != nil {
			t.Fatal(err)
		}
		// seven tries lie behind it
		if err := d.InTx(context.Background(), func(ctx context.Context) error {
			return db.Tx(ctx).Exec("UPDATE river_job SET attempt = ?", job.MaxTries-1).Error
		}); err != nil {
			t.Fatal(err)
		}
		start(t, j)
		idle(t, j)
		p, err := j.Parked(context.Background())
		if err != nil || len(p) != 1 {
			t.Fatalf("parked %+v, %v", p, err)
		}
		if p[0].Subscriber != job.JobSubscriber || p[0].Kind != "mail.send" || p[0].LastError != "no route" || p[0].Tries != job.MaxTries || time.Since(p[0].At) > time.Minute {
			t.Errorf("parked as %+v", p[0])
		}
		heal.Store(true)
		if err := j.Retry(context.Background(), job.JobSubscriber, p[0].EventID); err != nil {
			t.Fatal(err)
		}
		idle(t, j)
		if tries.Load() != 2 {
			t.Errorf("%d tries, want 2", tries.Load())
		}
		if p, _ := j.Parked(context.Background()); len(p) != 0 {
			t.Errorf("still parked: %+v", p)
		}
		for _, id := range []string{p[0].EventID, "999999", "x"} {
			if err := j.Retry(context.Background(), job.JobSubscriber, id); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("retry of %q: %v", id, err)
			}
		}
	})
}

// A process that does not drain tells the one that does.
func TestCommandWakesServer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bind := func(j *job.Jobs, got chan<- string) {
			j.Subscribe("sub", []string{"k"}, func(_ context.Context, e job.Received) error { got <- e.ID; return nil })
		}
		server, command := job.New(d, job.Options{}), job.New(d, job.Options{})
		got, never := make(chan string, 1), make(chan string, 1)
		bind(server, got)
		bind(command, never)
		start(t, server)
		publish(t, d, command, job.Event{Kind: "k", Object: "o"}, job.Event{Kind: "k", Object: "o"})
		if n := count(t, d, "SELECT COUNT(*) FROM river_job WHERE kind = 'house.wake'"); n != 1 {
			t.Errorf("%d wake-ups queued, want 1", n)
		}
		select {
		case <-got:
		case <-time.After(10 * time.Second):
			t.Fatal("the server was not woken")
		}
		if len(never) != 0 {
			t.Error("the command handled it")
		}
	})
}

// A schedule turns, and a named drain runs on Wake after the commit only.
func TestEveryAndDrain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := job.New(d, job.Options{})
		turned := make(chan struct{}, 16)
		j.Every("cleanup", time.Second, func(context.Context) error {
			turned <- struct{}{}
			return errors.New("a failed turn does not end the schedule")
		})
		left := 5
		passes := make(chan int, 64)
		j.Drain("lanes", func(ctx context.Context) (bool, error) {
			if db.Joined(ctx) {
				t.Error("a drain runs inside a transaction")
			}
			if left > 0 {
				left--
				passes <- left
			}
			return left > 0, nil
		})
		start(t, j)
		err := d.InTx(context.Background(), func(ctx context.Context) error {
			return j.Wake(ctx, "lanes")
		})
		if err != nil {
			t.Fatal(err)
		}
		for want := 4; want >= 0; want-- {
			select {
			case got := <-passes:
				if got != want {
					t.Fatalf("pass %d, want %d", got, want)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("the drain did not run")
			}
		}
		for range 2 {
			select {
			case <-turned:
			case <-time.After(15 * time.Second):
				t.Fatal("the schedule did not turn")
			}
		}
		j.Stop()
		p, err := j.Parked(context.Background())
		if err != nil || len(p) > 1 {
			t.Errorf("a failing schedule is parked %d times, want once at most: %v", len(p), err)
		}
	})
}

// What a killed process left running is revived by the holder of the data folder.
func TestRevive(t *testing.T) {
	d := dbtest.One(t)
	j := job.New(d, job.Options{Revive: true})
	ran := make(chan int, 1)
	j.Handle("mail.send", func(_ context.Context, a job.Args) error { ran <- a.Try; return nil })
	if err := j.Enqueue(context.Background(), job.Job{Kind: "mail.send"}); err != nil {
		t.Fatal(err)
	}
	if err := d.InTx(context.Background(), func(ctx context.Context) error {
		return db.Tx(ctx).Exec("UPDATE river_job SET state = 'running', attempt = 1, attempted_at = CURRENT_TIMESTAMP").Error
	}); err != nil {
		t.Fatal(err)
	}
	start(t, j)
	idle(t, j)
	select {
	case try := <-ran:
		if try != 2 {
			t.Errorf("try %d, want 2", try)
		}
	default:
		t.Fatal("not revived")
	}
}

// A turn of a schedule has a try left while it runs: River discards a job that a killed
// process left running with none, and its like is refused until then, so that the next
// process's first turn would not come before the interval is over.
func TestAKilledTurnHasATryLeft(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := job.New(d, job.Options{})
		type tries struct{ Attempt, MaxAttempts int }
		turned := make(chan []tries, 1)
		j.Every("clock", time.Hour, func(ctx context.Context) error {
			var rows []tries
			err := d.View(ctx, func(ctx context.Context) error {
				return db.Tx(ctx).Raw("SELECT attempt, max_attempts FROM river_job WHERE state = 'running'").Scan(&rows).Error
			})
			turned <- rows
			return err
		})
		start(t, j)
		select {
		case rows := <-turned:
			if len(rows) != 1 || rows[0].Attempt >= rows[0].MaxAttempts {
				t.Errorf("%+v", rows)
			}
		case <-time.After(15 * time.Second):
			t.Fatal("the schedule did not turn")
		}
	})
}

// Bindings that would be found out late are refused at once.
func TestBindingFaultsPanic(t *testing.T) {
	d := dbtest.One(t)
	nop := func(context.Context, job.Received) error { return nil }
	for name, fn := range map[string]func(j *job.Jobs){
		"twice": func(j *job.Jobs) { j.Subscribe("sub", []string{"k", "k"}, nop) },
		"name":  func(j *job.Jobs) { j.Subscribe("a b", []string{"k"}, nop) },
		"handle": func(j *job.Jobs) {
			f := func(context.Context, job.Args) error { return nil }
			j.Handle("mail", f)
			j.Handle("mail", f)
		},
		"after start": func(j *job.Jobs) { start(t, j); j.Subscribe("sub", []string{"k"}, nop) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("accepted")
				}
			}()
			fn(job.New(d, job.Options{}))
		})
	}
}

// TestWakeDeadlock lets two processes that do not drain wake the same two loops
// in opposite order: one of them loses, and its transaction is run again instead
// of going on dead.
func TestWakeDeadlock(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t)
	var meet, all sync.WaitGroup
	meet.Add(2)
	for _, names := range [][2]string{{"one", "two"}, {"two", "one"}} {
		j := job.New(d, job.Options{})
		all.Go(func() {
			first := true
			if err := d.InTx(t.Context(), func(ctx context.Context) error {
				if err := j.Wake(ctx, names[0]); err != nil {
					return err
				}
				if first {
					first = false
					meet.Done()
					meet.Wait()
				}
				if err := j.Wake(ctx, names[1]); err != nil {
					return err
				}
				return db.Tx(ctx).Exec("SELECT 1").Error
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
