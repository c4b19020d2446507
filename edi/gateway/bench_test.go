package gateway

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"entente/db/dbtest"
)

// BenchmarkReceive measures accepted submissions, durable before the answer: one
// sender after the other, and 32 at once that share commits.
func BenchmarkReceive(b *testing.B) {
	for _, senders := range []int{1, 32} {
		b.Run(fmt.Sprint(senders, " senders"), func(b *testing.B) {
			w := setup(b, dbtest.One(b), Options{})
			w.exec("DELETE FROM interchange")
			b.ResetTimer()
			var next counter
			var all sync.WaitGroup
			for range senders {
				all.Go(func() {
					for n := next.take(); n <= b.N; n = next.take() {
						body := fromKestrel(n, order(fmt.Sprint("PO", n))).String()
						if _, err := w.s.Receive(b.Context(), maya, Submission{Reader: strings.NewReader(body)}); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
		})
	}
}

// BenchmarkProcess measures orders booked and answered, one to an interchange.
func BenchmarkProcess(b *testing.B) {
	w := setup(b, dbtest.One(b), Options{Workers: 16, PerLane: 16})
	for n := range b.N {
		w.post(maya, fromKestrel(n+1, order(fmt.Sprint("PO", n))).String())
	}
	b.ResetTimer()
	w.work()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
	b.StopTimer()
	w.want("orders", w.count("SELECT count(*) FROM test_order"), b.N)
}

type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) take() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return c.n
}
