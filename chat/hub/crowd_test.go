package hub

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// sink is a client that takes everything and keeps nothing.
type sink struct{ bytes *atomic.Int64 }

func (s sink) Write(b []byte) error { s.bytes.Add(int64(len(b))); return nil }
func (s sink) Close(Code, string)   {}

// deaf is a client that never reads: its writer waits until the end.
type deaf struct {
	over   chan struct{}
	closed *atomic.Int64
}

func (d deaf) Write([]byte) error { <-d.over; return nil }
func (d deaf) Close(code Code, _ string) {
	if code == CodeSlow {
		d.closed.Add(1)
	}
}

func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what pools held
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestTenThousandJoins: a room of 10,000 people costs memory by the connection,
// not by the pair of them; leaving gives it back. Not parallel: it reads the heap.
func TestTenThousandJoins(t *testing.T) {
	const many, each = 10_000, 3 << 10
	h := start(t, Options{Source: newTable(), FlushEvery: time.Second, Presence: func(room string, online []Face) Frame {
		return Prepare(fmt.Appendf(nil, `{"type":"presence","n":%d}`, len(online)))
	}})
	var took atomic.Int64
	before := inUse()
	conns := make([]*Conn, 0, many)
	for i := range many {
		id := fmt.Sprint(i)
		c, err := h.Add(Who{Person: id, Org: "o", Face: Face{ID: id, Name: id}}, sink{&took})
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
		join(t, c, "r", 0)
		join(t, c, "r", 0) // anew, and nothing of it is kept twice
	}
	if got := (inUse() - before) / many; got > each {
		t.Errorf("%d bytes of heap a connection, expected at most %d", got, each)
	}
	for _, c := range conns {
		c.Remove()
	}
	conns = nil
	if all, _ := h.Connections(""); all != 0 {
		t.Errorf("%d connections are left", all)
	}
	if got := (inUse() - before) / many; got > each/3 {
		t.Errorf("%d bytes of heap stay of each connection that left", got)
	}
}

// TestCrowdThatNeverReads: what waits for clients that do not read is bounded by
// their queues, which share the frames, and each is closed as too slow.
func TestCrowdThatNeverReads(t *testing.T) {
	const many, text, sent = 500, 4 << 10, 100
	h := start(t, Options{Source: newTable(), QueueBytes: 64 << 10})
	over := make(chan struct{})
	defer close(over)
	var closed atomic.Int64
	for range many {
		c, err := h.Add(Who{}, deaf{over, &closed})
		if err != nil {
			t.Fatal(err)
		}
		join(t, c, "r", 0)
	}
	before := inUse()
	for i := range sent {
		h.Publish("r", int64(i+1), Prepare(make([]byte, text)))
	}
	if n := closed.Load(); n != many {
		t.Errorf("%d of %d were closed as too slow", n, many)
	}
	// a writer holds one batch, of what it began with
	if got := inUse() - before; got > many*(batchMax+16<<10) {
		t.Errorf("%d bytes of heap wait for clients that never read", got)
	}
}
