package room

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
)

// spent is the processor time of this process; a database server's own is not in it.
func spent(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPost stores messages of 128 bytes from 64 people at once, each answered after its
// commit, into one room and into 50. The goals are 500 and 1,500 a second.
func BenchmarkPost(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.One, "postgres": dbtest.Postgres} {
		for _, rooms := range []int{1, 50} {
			b.Run(name+"/"+strconv.Itoa(rooms)+" rooms", func(b *testing.B) {
				d := open(b)
				h := setup(b, d)
				var ids []ID
				for i := range rooms {
					ids = append(ids, h.shared(b, strconv.Itoa(i)).ID)
				}
				text, ctx, maya := strings.Repeat("word ", 25)+"end", context.Background(), h.actor("maya")
				post := func(n int64) {
					var next atomic.Int64
					var all sync.WaitGroup
					for range 64 {
						all.Go(func() {
							for {
								i := next.Add(1)
								if i > n {
									return
								}
								if _, _, err := h.s.Post(ctx, maya, Draft{Room: ids[int(i)%rooms], Key: db.NewID(), Text: text}); err != nil {
									b.Error(err)
									return
								}
							}
						})
					}
					all.Wait()
				}
				post(256)
				run, cpu := d.Counts(), spent(b)
				b.ResetTimer()
				post(int64(b.N))
				b.StopTimer()
				n := float64(b.N)
				b.ReportMetric(n/b.Elapsed().Seconds(), "posts/s")
				b.ReportMetric(float64((spent(b)-cpu).Microseconds())/n, "cpu-us/post")
				b.ReportMetric(float64(d.Counts().Run-run.Run)/n, "statements/post")
			})
		}
	}
}
