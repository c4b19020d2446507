package hub

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
)

// lazy is a client whose line takes a random part at once, now and then nothing, and the
// rest when it is waited for. It insists on what Prompt promises.
type lazy struct {
	*tap
	mu    sync.Mutex
	rnd   *rand.Rand
	owed  []byte // the rest that must come next
	part  []byte // what came of frames that are not whole yet
	waits int
	deaf  chan struct{} // Write waits for it; nil: it does not
}

func newLazy(seed uint64) *lazy {
	return &lazy{tap: newTap(), rnd: rand.New(rand.NewPCG(seed, 7))}
}

func (l *lazy) fail(err error) {
	l.tap.mu.Lock()
	l.tap.bad = err
	l.tap.cond.Broadcast()
	l.tap.mu.Unlock()
}

func (l *lazy) TryWrite(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owed != nil {
		l.fail(fmt.Errorf("tried while %d bytes were owed", len(l.owed)))
	}
	n := len(b)
	switch l.rnd.IntN(3) {
	case 0:
		n = 0
	case 1:
		n = l.rnd.IntN(len(b))
	}
	if l.deaf != nil {
		n = 0
	}
	l.part = append(l.part, b[:n]...)
	switch n {
	case len(b):
		return n, l.whole()
	case 0:
		return 0, nil
	}
	l.owed = bytes.Clone(b[n:])
	return n, nil
}

func (l *lazy) Write(b []byte) error {
	if l.deaf != nil {
		<-l.deaf
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owed != nil && !bytes.Equal(l.owed, b) {
		l.fail(fmt.Errorf("%d bytes came where %d others were owed", len(b), len(l.owed)))
	}
	l.owed = nil
	l.waits++
	l.part = append(l.part, b...)
	return l.whole()
}

// whole hands on what is whole now.
func (l *lazy) whole() error {
	b := l.part
	l.part = nil
	return l.tap.Write(b)
}

// TestTriedInParts: what a line takes in parts arrives whole, once and in order, whoever
// waits for it, and last values come with it.
func TestTriedInParts(t *testing.T) {
	t.Parallel()
	tab := newTable()
	h := start(t, Options{Source: tab, QueueFrames: 1 << 16, QueueBytes: 64 << 20})
	const total, many = 2000, 40
	var all []*lazy
	for i := range many {
		l := newLazy(uint64(i))
		c, err := h.Add(Who{Person: fmt.Sprint(i), Lang: []string{"en", "zh-CN"}[i%2]}, l)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Remove)
		join(t, c, "r", 0)
		all = append(all, l)
	}
	for range total {
		seq, f := tab.add("r")
		h.Publish("r", seq, f)
		h.Signal("r", "typing", "nobody", Prepare([]byte(`{"type":"typing"}`)))
	}
	waits := 0
	for _, l := range all {
		l.exactly(t, 1, total)
		l.mu.Lock()
		waits += l.waits
		l.mu.Unlock()
	}
	if waits == 0 {
		t.Error("no line was waited for")
	}
}

// TestDeafKeepNoWorker: more clients that never read than there are writers delay nobody,
// keep at most their queue and what was tried, and are closed as too slow.
func TestDeafKeepNoWorker(t *testing.T) {
	t.Parallel()
	tab := newTable()
	h := start(t, Options{Source: tab, QueueBytes: 4 << 10})
	over := make(chan struct{})
	defer close(over)
	var deafs []*lazy
	for i := range 200 {
		l := newLazy(uint64(i))
		l.deaf = over
		c, err := h.Add(Who{}, l)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Remove)
		join(t, c, "r", 0)
		deafs = append(deafs, l)
	}
	l := newLazy(1)
	c, err := h.Add(Who{}, l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Remove)
	join(t, c, "r", 0)
	for i := range int64(1000) {
		seq, f := tab.add("r")
		h.Publish("r", seq, f)
		if i%20 == 0 {
			l.until(t, "progress", func() bool { return int64(len(l.seqs())) >= seq })
		}
	}
	l.exactly(t, 1, 1000)
	for _, d := range deafs {
		d.until(t, "the close", func() bool { return d.code == CodeSlow })
	}
}

// TestRestKeepsNothing: whatever a burst was, a connection at rest keeps no long queue, and
// what it gave back holds nobody's frames.
func TestRestKeepsNothing(t *testing.T) {
	t.Parallel()
	h := start(t, Options{Source: newTable()})
	at := 0
	l := newLazy(3)
	c, err := h.Add(Who{}, l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Remove)
	for _, n := range []int{1, few, few + 1, many, many + 1, 3 * most, 2} {
		for range n {
			at++
			c.Send(Prepare(fmt.Appendf(nil, `{"seq":%d}`, at)))
		}
		for i := range n {
			c.slot(fmt.Sprint(i), Prepare([]byte(`{"type":"last"}`)))
		}
		l.exactly(t, 1, int64(at))
		l.until(t, "rest", func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.writing {
				time.AfterFunc(time.Millisecond, l.cond.Broadcast)
				return false
			}
			if cap(c.queue) > few || cap(c.slots) > few {
				l.bad = fmt.Errorf("%d and %d places are kept after %d frames", cap(c.queue), cap(c.slots), n)
			}
			return true
		})
		if l.bad != nil {
			t.Fatal(l.bad)
		}
	}
	for range 100 {
		if q := lentMany.Get().(*[many][]byte); slices.ContainsFunc(q[:], func(f []byte) bool { return f != nil }) {
			t.Fatal("a frame is left in a queue that was given back")
		}
	}
}
