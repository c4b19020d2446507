package db_test

import (
	"context"
	"sync/atomic"
	"testing"

	"entente/db"
	"entente/db/dbtest"
)

// Each operation is one durable row for a caller of its own; 32 callers at once.
// Compare single (a commit each) with group (shared commits). The throwaway
// PostgreSQL of the tests runs without fsync: only SQLite shows what sharing an
// fsync is worth.
func BenchmarkCommit(b *testing.B) {
	for _, open := range []struct {
		name string
		fn   func(b testing.TB) *db.DB
	}{{"sqlite", dbtest.One}, {"postgres", dbtest.Postgres}} {
		b.Run(open.name, func(b *testing.B) {
			d := open.fn(b)
			var n atomic.Int64
			insert := func(ctx context.Context) error {
				return db.Tx(ctx).Exec("INSERT INTO counter (name, value) VALUES (?, ?)", db.NewID(), n.Add(1)).Error
			}
			for name, run := range map[string]func(ctx context.Context) error{
				"single": func(ctx context.Context) error { return d.InTx(ctx, insert) },
				"group":  func(ctx context.Context) error { return d.Group(ctx, "bench", insert) },
			} {
				b.Run(name, func(b *testing.B) {
					b.SetParallelism(16)
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							if err := run(context.Background()); err != nil {
								b.Error(err)
								return
							}
						}
					})
					b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
				})
			}
		})
	}
}
