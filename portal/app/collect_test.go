package app

import (
	"runtime"
	gauge "runtime/metrics"
	"testing"
)

// TestCollect: how far the heap may grow follows what is in use after each collection.
func TestCollect(t *testing.T) {
	for live, want := range map[uint64]int{0: garbage, 10 << 20: garbage, 32 << 20: 200, 64 << 20: 100, 1 << 30: leastGrown} {
		if got := growth(live, garbage); got != want {
			t.Errorf("%d MB may grow by %d %%, not %d", live>>20, got, want)
		}
	}

	if got := growth(0, 30); got != 30 {
		t.Errorf("grows by %d %%", got)
	}

	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	Collect()
	in := []gauge.Sample{{Name: "/gc/gogc:percent"}, {Name: "/gc/heap/live:bytes"}}
	held := make([]byte, grow) // as much as it may grow: 100 % at most
	for range 100 {
		runtime.GC()
		runtime.Gosched() // what was found to be garbage is told aside
		gauge.Read(in)
		if percent := in[0].Value.Uint64(); percent <= 100 && percent >= leastGrown {
			held[0] = 1
			return
		}
	}
	held[0] = 1
	t.Errorf("%d MB in use, and the heap may grow by %d %%", in[1].Value.Uint64()>>20, in[0].Value.Uint64())
}
