package job_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
)

var databases = []struct {
	name string
	fn   func(b testing.TB) *db.DB
}{{"sqlite", dbtest.One}, {"postgres", dbtest.Postgres}}

// Events published 100 to a transaction and delivered to five subscribers, each
// writing a row: deliveries per second from the claim to the mark.
func BenchmarkDeliver(b *testing.B) {
	for _, x := range databases {
		b.Run(x.name, func(b *testing.B) {
			d := x.fn(b)
			j := job.New(d, job.Options{})
			const subscribers = 5
			for s := range subscribers {
				j.Subscribe(fmt.Sprint("sub", s), []string{"k"}, func(ctx context.Context, e job.Received) error {
					return db.Tx(ctx).Exec("INSERT INTO counter (name, value) VALUES (?, 1)", fmt.Sprint(e.ID, s)).Error
				})
			}
			publishBench(b, d, j, b.N)
			b.ResetTimer()
			if err := j.Idle(context.Background()); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N*subscribers)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}

// Events published 100 to a transaction with five subscribers bound.
func BenchmarkPublish(b *testing.B) {
	for _, x := range databases {
		b.Run(x.name, func(b *testing.B) {
			d := x.fn(b)
			j := job.New(d, job.Options{})
			for s := range 5 {
				j.Subscribe(fmt.Sprint("sub", s), []string{"k"}, func(context.Context, job.Received) error { return nil })
			}
			b.ResetTimer()
			publishBench(b, d, j, b.N)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// From the commit of a publishing transaction to the handler, one at a time.
func BenchmarkPickUp(b *testing.B) {
	for _, x := range databases {
		b.Run(x.name, func(b *testing.B) {
			d := x.fn(b)
			j := job.New(d, job.Options{})
			got := make(chan time.Time, 1)
			j.Subscribe("sub", []string{"k"}, func(context.Context, job.Received) error { got <- time.Now(); return nil })
			if err := j.Start(context.Background()); err != nil {
				b.Fatal(err)
			}
			b.Cleanup(j.Stop)
			var total time.Duration
			b.ResetTimer()
			for range b.N {
				publishBench(b, d, j, 1)
				began := time.Now()
				total += (<-got).Sub(began)
			}
			b.ReportMetric(float64(total.Microseconds())/float64(b.N), "µs/pick-up")
		})
	}
}

// Single jobs claimed and finished by the queue.
func BenchmarkSingle(b *testing.B) {
	for _, x := range databases {
		b.Run(x.name, func(b *testing.B) {
			d := x.fn(b)
			j := job.New(d, job.Options{Workers: 100})
			j.Handle("bench", func(context.Context, job.Args) error { return nil })
			for made := 0; made < b.N; {
				n := min(100, b.N-made)
				if err := d.InTx(context.Background(), func(ctx context.Context) error {
					for range n {
						if err := j.Enqueue(ctx, job.Job{Kind: "bench"}); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					b.Fatal(err)
				}
				made += n
			}
			b.ResetTimer()
			if err := j.Start(context.Background()); err != nil {
				b.Fatal(err)
			}
			if err := j.Idle(context.Background()); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
			b.StopTimer()
			j.Stop()
		})
	}
}

func publishBench(b *testing.B, d *db.DB, j *job.Jobs, n int) {
	b.Helper()
	for made := 0; made < n; {
		k := min(100, n-made)
		if err := d.InTx(context.Background(), func(ctx context.Context) error {
			for i := range k {
				if err := j.Publish(ctx, job.Event{Kind: "k", Orgs: []string{"a", "b"}, Object: fmt.Sprint("o", made+i)}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		made += k
	}
}
