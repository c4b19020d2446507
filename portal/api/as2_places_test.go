package api

import (
	"sync"
	"sync/atomic"
	"testing"
)

// However small and huge messages come, no more places are taken than there are, and
// everybody gets one in the end.
func TestPlaces(t *testing.T) {
	t.Parallel()
	p := newPlaces(largeMessages)
	var held, most atomic.Int64
	var all sync.WaitGroup
	for i := range 60 {
		n := 1 + i%2*(largeMessages-1)
		all.Go(func() {
			for range 50 {
				if !p.take(n) {
					t.Error("no place")
					return
				}
				now := held.Add(int64(n))
				for was := most.Load(); now > was && !most.CompareAndSwap(was, now); was = most.Load() {
				}
				held.Add(int64(-n))
				p.leave(n)
			}
		})
	}
	all.Wait()
	if most.Load() > largeMessages || len(p.free) != largeMessages {
		t.Errorf("%d places were taken at once, %d are free at the end", most.Load(), len(p.free))
	}
}
