package job_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/prm/fault"
)

type ids struct {
	Order string `json:"order"`
}

func publish(t *testing.T, d *db.DB, j *job.Jobs, events ...job.Event) {
	t.Helper()
	err := d.InTx(context.Background(), func(ctx context.Context) error {
		for _, e := range events {
			if err := j.Publish(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("publish: %v", err)
	}
}

func idle(t *testing.T, j *job.Jobs) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := j.Idle(ctx); err != nil {
		t.Fatalf("not idle: %v", err)
	}
}

func start(t *testing.T, j *job.Jobs) {
	t.Helper()
	if err := j.Start(context.Background()); err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(j.Stop)
}

func count(t *testing.T, d *db.DB, query string, args ...any) (n int64) {
	t.Helper()
	if err := d.View(context.Background(), func(ctx context.Context) error {
		return db.Tx(ctx).Raw(query, args...).Scan(&n).Error
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// An event reaches every bound subscriber with its content and companies, within
// milliseconds; the handler's writes and the mark stand together.
func TestPublishReachesSubscribers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := job.New(d, job.Options{})
		type call struct {
			at time.Time
			e  job.Received
			o  string
			as []string
		}
		calls := make(chan call, 4)
		for _, s := range []string{"notify", "room"} {
			j.Subscribe(s, []string{"trade.OrderReceived"}, func(ctx context.Context, e job.Received) error {
				var v ids
				if err := e.Decode(&v); err != nil {
					return err
				}
				calls <- call{time.Now(), e, v.Order, db.Orgs(ctx)}
				return db.Tx(ctx).Exec("INSERT INTO installation (name, value) VALUES (?, ?)", s, e.ID).Error
			})
		}
		start(t, j)
		idle(t, j) // the loops stand
		began := time.Now()
		publish(t, d, j, job.Event{Kind: "trade.OrderReceived", Orgs: []string{"a", "b"}, Object: "o1", Payload: ids{"o1"}}, job.Event{Kind: "nobody.listens", Object: "o1"})
		for range 2 {
			select {
			case c := <-calls:
				if c.o != "o1" || c.e.Version != 1 || c.e.Object != "o1" || c.e.Position != 1 || c.e.At.IsZero() || !slices.Equal(c.e.Orgs, []string{"a", "b"}) || !slices.Equal(c.as, c.e.Orgs) {
					t.Errorf("received %+v acting for %v", c.e, c.as)
				}
				if took := c.at.Sub(began); took > 700*time.Millisecond { // the poll alone would take up to a second
					t.Errorf("picked up after %v", took)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("not delivered")
			}
		}
		idle(t, j)
		if n := count(t, d, "SELECT COUNT(*) FROM delivery WHERE state = 'done'"); n != 2 {
			t.Errorf("%d deliveries done, want 2", n)
		}
		if n := count(t, d, "SELECT COUNT(*) FROM installation WHERE name IN ('notify', 'room')"); n != 2 {
			t.Errorf("%d handler rows, want 2", n)
		}
		if n := count(t, d, "SELECT COUNT(*) FROM event"); n != 2 {
			t.Errorf("%d events, want 2: an event without subscriber is kept too", n)
		}
	})
}

// What is rolled back was never published; publishing needs a transaction.
func TestRolledBackIsNotPublished(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := job.New(d, job.Options{})
		j.Subscribe("notify", []string{"k"}, func(context.Context, job.Received) error { t.Error("delivered"); return nil })
		j.Handle("mail.send", func(context.Context, job.Args) error { t.Error("ran"); return nil })
		boom := errors.New("boom")
		err := d.InTx(context.Background(), func(ctx context.Context) error {
			if err := j.Publish(ctx, job.Event{Kind: "k", Object: "o"}); err != nil {
				return err
			}
			if err := j.Enqueue(ctx, job.Job{Kind: "mail.send"}); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatalf("got %v, want the cause of the rollback", err)
		}
		start(t, j)
		idle(t, j)
		for _, table := range []string{"event", "delivery", "river_job"} {
			if n := count(t, d, "SELECT COUNT(*) FROM "+table); n != 0 {
				t.Errorf("%s has %d rows after the rollback", table, n)
			}
		}
		if err := j.Publish(context.Background(), job.Event{Kind: "k"}); fault.CodeOf(err) != fault.Internal {
			t.Errorf("publishing outside a transaction: %v, want a refusal", err)
		}
	})
}

// One bad event holds up neither its neighbours nor, once parked, its object.
func TestFailureIsAloneThenParked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := job.New(d, job.Options{})
		var mu sync.Mutex
		handled := map[string]int{}
		var heal atomic.Bool
		j.Subscribe("sub", []string{"k"}, func(ctx context.Context, e job.Received) error {
			var v ids
			if err := e.Decode(&v); err != nil {
				return err
			}
			if err := db.Tx(ctx).Exec("INSERT INTO counter (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = counter.value + 1", v.Order).Error; err != nil {
				return err
			}
			if v.Order == "bad" && !heal.Load() {
				panic("a handler must not take others down")
			}
			mu.Lock()
			handled[v.Order]++
			mu.Unlock()
			return nil
		})
		at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
		now := func() context.Context { return db.WithNow(context.Background(), at) }
		err := d.InTx(now(), func(ctx context.Context) error {
			for _, e := range []job.Event{
				{Kind: "k", Object: "x", Payload: ids{"x1"}}, {Kind: "k", Object: "y", Payload: ids{"bad"}},
				{Kind: "k", Object: "y", Payload: ids{"y2"}}, {Kind: "k", Object: "z", Payload: ids{"z1"}}, {Kind: "k", Payload: ids{"free"}},
			} {
				if err := j.Publish(ctx, e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for try := 1; try <= job.MaxTries; try++ {
			if err := j.Idle(now()); err != nil {
				t.Fatal(err)
			}
			if n := handled["y2"]; try < job.MaxTries && n != 0 {
				t.Fatalf("try %d: y2 was handled before the event ahead of it", try)
			}
			p, err := j.Parked(now())
			if err != nil {
				t.Fatal(err)
			}
			if want := try == job.MaxTries; (len(p) == 1) != want {
				t.Fatalf("after try %d: parked %+v", try, p)
			}
			if got := count(t, d, "SELECT attempts FROM delivery WHERE attempts > 0"); got != int64(try) {
				t.Fatalf("%d tries counted, want %d", got, try)
			}
			at = at.Add(31 * time.Minute)
		}
		for _, o := range []string{"x1", "y2", "z1", "free"} {
			if handled[o] < 1 {
				t.Errorf("%s was not handled", o)
			}
			if n := count(t, d, "SELECT value FROM counter WHERE name = ?", o); n != 1 {
				t.Errorf("%s has written %d times, want once", o, n)
			}
		}
		if n := count(t, d, "SELECT COUNT(*) FROM counter WHERE name = 'bad'"); n != 0 {
			t.Error("a failed handler left its writes behind")
		}
		p, _ := j.Parked(now())
		if p[0].Subscriber != "sub" || p[0].Object != "y" || p[0].Tries != job.MaxTries || p[0].LastError == "" {
			t.Errorf("parked as %+v", p[0])
		}
		heal.Store(true)
		if err := j.Retry(now(), "sub", p[0].EventID); err != nil {
			t.Fatal(err)
		}
		if err := j.Idle(now()); err != nil {
			t.Fatal(err)
		}
		if handled["bad"] != 1 {
			t.Error("the parked event was not handled on retry")
		}
		if err := j.Retry(now(), "sub", p[0].EventID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("retrying what is not parked: %v", err)
		}
	})
}

// Events of one object arrive in the order of their commits, also with two nodes
// draining and failures in between.
func TestOrderPerObject(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const objects, each = 12, 25
		var flaky atomic.Int64
		nodes := make([]*job.Jobs, 2)
		for i := range nodes {
			nodes[i] = job.New(d, job.Options{})
			nodes[i].Subscribe("sub", []string{"k"}, func(ctx context.Context, e job.Received) error {
				if flaky.Add(1)%17 == 0 {
					return errors.New("now and then")
				}
				if e.Position == 1 {
					return db.Tx(ctx).Exec("INSERT INTO counter (name, value) VALUES (?, 1)", e.Object).Error
				}
				r := db.Tx(ctx).Exec("UPDATE counter SET value = value + 1 WHERE name = ? AND value = ?", e.Object, e.Position-1)
				if r.Error == nil && r.RowsAffected != 1 {
					t.Errorf("%s: event %d out of turn", e.Object, e.Position)
				}
				return r.Error
			})
			start(t, nodes[i])
			if d.Dialect() == db.SQLite {
				break // one process serves
			}
		}
		var all sync.WaitGroup
		for o := range objects {
			all.Go(func() {
				for range each {
					publish(t, d, nodes[0], job.Event{Kind: "k", Object: fmt.Sprint("o", o)})
				}
			})
		}
		all.Wait()
		deadline := time.Now().Add(60 * time.Second)
		for {
			idle(t, nodes[0])
			if n := count(t, d, "SELECT COUNT(*) FROM delivery WHERE state <> 'done'"); n == 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("deliveries are left over")
			}
			// a pause after a failure must not hold the test up
			if err := d.InTx(context.Background(), func(ctx context.Context) error {
				return db.Tx(ctx).Exec("UPDATE delivery SET next_at = 0 WHERE state = 'due'").Error
			}); err != nil {
				t.Fatal(err)
			}
		}
		for o := range objects {
			if n := count(t, d, "SELECT value FROM counter WHERE name = ?", fmt.Sprint("o", o)); n != each {
				t.Errorf("object %d ends at event %d, want %d", o, n, each)
			}
		}
	})
}

// More than one batch, on several nodes, each event exactly once.
func TestManyBatches(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := job.New(d, job.Options{})
		var n atomic.Int64
		j.Subscribe("sub", []string{"k"}, func(ctx context.Context, _ job.Received) error {
			db.AfterCommit(ctx, func() { n.Add(1) })
			return nil
		})
		var events []job.Event
		for i := range 450 {
			events = append(events, job.Event{Kind: "k", Object: fmt.Sprint("o", i%30)})
		}
		publish(t, d, j, events...)
		start(t, j)
		idle(t, j)
		if n.Load() != 450 {
			t.Errorf("%d handled, want 450", n.Load())
		}
	})
}

// A handler past the timeout cannot commit, and stopping leaves work due.
func TestStopLeavesWorkDue(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := job.New(d, job.Options{Grace: 200 * time.Millisecond})
		inside := make(chan struct{}, 1)
		j.Subscribe("sub", []string{"k"}, func(ctx context.Context, e job.Received) error {
			if err := db.Tx(ctx).Exec("INSERT INTO installation (name, value) VALUES ('half', '')").Error; err != nil {
				return err
			}
			inside <- struct{}{}
			<-ctx.Done() // hangs until it is cancelled
			return nil   // and pretends that all went well
		})
		start(t, j)
		publish(t, d, j, job.Event{Kind: "k", Object: "o"})
		<-inside
		began := time.Now()
		j.Stop()
		j.Stop()
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("Stop took %v", took)
		}
		if n := count(t, d, "SELECT COUNT(*) FROM delivery WHERE state = 'due' AND attempts = 0"); n != 1 {
			t.Errorf("%d deliveries due untouched, want 1", n)
		}
		if n := count(t, d, "SELECT COUNT(*) FROM installation WHERE name = 'half'"); n != 0 {
			t.Error("a cancelled handler's write was committed")
		}
		if err := j.Start(context.Background()); err == nil {
			t.Error("started again after Stop")
		}
	})
}

// A first event after a later one of another object, in one transaction: the rows that
// wait are written so that each delivery finds its event.
func TestFirstAfterLater(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := job.New(d, job.Options{})
		j.Subscribe("notify", []string{"k"}, func(context.Context, job.Received) error { return nil })
		publish(t, d, j, job.Event{Kind: "k", Object: "a"}, job.Event{Kind: "k", Object: "b", First: true})
		if n := count(t, d, "SELECT COUNT(*) FROM delivery"); n != 2 {
			t.Errorf("%d deliveries, want 2", n)
		}
	})
}
