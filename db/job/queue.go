package job

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"

	"entente/db"
	"entente/prm/fault"
)

const everyPrefix = "every."

// queue is River on either database.
type queue interface {
	handle(kind string, fn func(ctx context.Context, a Args) error)
	every(kind string, interval time.Duration)
	insert(ctx context.Context, j Job) error // in the transaction of ctx
	retry(ctx context.Context, id int64) error
	start(ctx context.Context) error
	stop()
}

func newQueue(d *db.DB, o Options) queue {
	if d.Dialect() == db.Postgres {
		return newRiver(riverpgxv5.New(d.Pool()), o, func(ctx context.Context, fn func(pgx.Tx) error) error {
			return db.PgxConn(ctx, func(c *pgx.Conn) error { return fn(joined{c}) })
		})
	}
	// The one writing connection, not a pool of its own: it would starve.
	return newRiver(riversqlite.New(d.Writer()), o, func(ctx context.Context, fn func(*sql.Tx) error) error {
		tx, err := db.SQLiteTx(ctx)
		if err != nil {
			return err
		}
		return fn(tx)
	})
}

type riverQueue[T any] struct {
	client  *river.Client[T]
	workers *river.Workers
	join    func(ctx context.Context, fn func(T) error) error
	log     *slog.Logger
	grace   time.Duration
}

func newRiver[T any](driver interface {
	riverDriver[T]
}, o Options, join func(context.Context, func(T) error) error) queue {
	q := &riverQueue[T]{workers: river.NewWorkers(), join: join, log: o.Log, grace: o.Grace}
	client, err := river.NewClient[T](driver, &river.Config{
		Logger:               slog.New(quiet{o.Log.Handler()}),
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: o.Workers}},
		Workers:              q.workers,
		FetchCooldown:        20 * time.Millisecond,
		FetchPollInterval:    poll,
		JobTimeout:           Timeout,
		JobStuckThreshold:    Rescue - Timeout,
		RescueStuckJobsAfter: Rescue,
		SoftStopTimeout:      o.Grace,
		MaxAttempts:          MaxTries,
		RetryPolicy:          policy{},
		SkipUnknownJobCheck:  true, // a command may make what only the serving process handles
	})
	if err != nil {
		panic("job: " + err.Error()) // the configuration above is fixed
	}
	q.client = client
	return q
}

// args are the arguments of any kind of job, already encoded.
type args struct {
	kind string
	raw  json.RawMessage
}

func (a args) Kind() string                  { return a.kind }
func (a args) MarshalJSON() ([]byte, error)  { return a.raw, nil }
func (a *args) UnmarshalJSON(b []byte) error { a.raw = append(a.raw[:0], b...); return nil }

type worker struct {
	river.WorkerDefaults[args]
	fn func(ctx context.Context, a Args) error
}

func (w worker) Work(ctx context.Context, j *river.Job[args]) error {
	return w.fn(ctx, Args{Kind: j.Kind, ID: strconv.FormatInt(j.ID, 10), Try: j.Attempt, raw: j.EncodedArgs})
}

func (q *riverQueue[T]) handle(kind string, fn func(ctx context.Context, a Args) error) {
	river.AddWorkerArgs[args](q.workers, args{kind: kind}, worker{fn: fn})
}

// unfinished are the states in which an equal unique job stands in the way.
var unfinished = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
}

func (q *riverQueue[T]) every(kind string, interval time.Duration) {
	q.client.PeriodicJobs().Add(river.NewPeriodicJob(river.PeriodicInterval(interval), func() (river.JobArgs, *river.InsertOpts) {
		// the second try is for a turn that a killed process left running: without it the
		// turn is discarded, and until then stands in the way of the next process's first
		return args{kind: kind, raw: json.RawMessage("{}")}, &river.InsertOpts{MaxAttempts: 2, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished}}
	}, &river.PeriodicJobOpts{ID: kind, RunOnStart: true}))
}

func (q *riverQueue[T]) insert(ctx context.Context, j Job) error {
	raw := json.RawMessage("{}")
	if j.Args != nil {
		b, err := json.Marshal(j.Args)
		if err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal", "Job", j.Kind)
		}
		raw = b
	}
	opts := &river.InsertOpts{ScheduledAt: j.At}
	if j.Unique {
		opts.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: unfinished}
	}
	return q.join(ctx, func(tx T) error {
		_, err := q.client.InsertTx(ctx, tx, args{kind: j.Kind, raw: raw}, opts)
		return err
	})
}

func (q *riverQueue[T]) retry(ctx context.Context, id int64) error {
	return q.join(ctx, func(tx T) error {
		_, err := q.client.JobRetryTx(ctx, tx, id)
		if errors.Is(err, rivertype.ErrNotFound) {
			return fault.New(fault.NotFound, "error.not_found")
		}
		return err
	})
}

func (q *riverQueue[T]) start(ctx context.Context) error { return q.client.Start(ctx) }

func (q *riverQueue[T]) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), q.grace+time.Second)
	defer cancel()
	if err := q.client.Stop(ctx); err != nil {
		q.log.Warn("single jobs did not end in time", "error", err)
	}
}

// policy gives single jobs the pauses of deliveries.
type policy struct{}

func (policy) NextRetry(j *rivertype.JobRow) time.Time {
	return time.Now().UTC().Add(pause(len(j.Errors) + 1))
}

// quiet passes warnings and errors of the queue on, without its chatter.
type quiet struct{ slog.Handler }

func (h quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}
func (h quiet) WithAttrs(a []slog.Attr) slog.Handler { return quiet{h.Handler.WithAttrs(a)} }
func (h quiet) WithGroup(n string) slog.Handler      { return quiet{h.Handler.WithGroup(n)} }

func isEvery(kind string) bool { return strings.HasPrefix(kind, everyPrefix) }
