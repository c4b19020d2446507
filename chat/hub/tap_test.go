package hub

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// table is the message table of the tests.
type table struct {
	mu   sync.Mutex
	rows map[string][]Numbered
}

func newTable() *table { return &table{rows: map[string][]Numbered{}} }

func (t *table) add(room string) (int64, Frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	seq := int64(len(t.rows[room]) + 1)
	f := Prepare(fmt.Appendf(nil, `{"seq":%d}`, seq)).With("zh-CN", fmt.Appendf(nil, `{"seq":%d,"zh":true}`, seq))
	t.rows[room] = append(t.rows[room], Numbered{seq, f})
	return seq, f
}

func (t *table) last(room string) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int64(len(t.rows[room]))
}

func (t *table) After(_ context.Context, room string, seq int64, limit int) ([]Numbered, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	rows := t.rows[room]
	if seq >= int64(len(rows)) {
		return nil, nil
	}
	rows = rows[seq:]
	return append([]Numbered(nil), rows[:min(limit, len(rows))]...), nil
}

func (t *table) Positions(_ context.Context, rooms []string) (map[string]int64, error) {
	out := map[string]int64{}
	for _, r := range rooms {
		out[r] = t.last(r)
	}
	return out, nil
}

// tap is a client's end: it parses what is written strictly.
type tap struct {
	mu     sync.Mutex
	cond   *sync.Cond
	msgs   []map[string]any
	writes int
	bytes  int
	code   Code
	hold   chan struct{} // when set, Write blocks until it is closed
	bad    error
}

func newTap() *tap {
	t := &tap{}
	t.cond = sync.NewCond(&t.mu)
	return t
}

func (t *tap) Write(b []byte) error {
	if t.hold != nil {
		<-t.hold
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.cond.Broadcast()
	t.writes++
	t.bytes += len(b)
	for len(b) > 0 {
		p, rest, err := unwrap(b)
		if err != nil {
			t.bad = err
			return err
		}
		m := map[string]any{}
		if err := json.Unmarshal(p, &m); err != nil {
			t.bad = err
			return err
		}
		t.msgs = append(t.msgs, m)
		b = rest
	}
	return nil
}

func unwrap(b []byte) (payload, rest []byte, err error) {
	if len(b) < 2 || b[0] != 0x81 || b[1]&0x80 != 0 {
		return nil, nil, fmt.Errorf("no final unmasked text frame: % x", b[:min(len(b), 4)])
	}
	n, at := int(b[1]), 2
	switch n {
	case 126:
		n, at = int(binary.BigEndian.Uint16(b[2:])), 4
	case 127:
		n, at = int(binary.BigEndian.Uint64(b[2:])), 10
	}
	if len(b) < at+n {
		return nil, nil, errors.New("frame cut short")
	}
	return b[at : at+n], b[at+n:], nil
}

func (t *tap) Close(code Code, _ string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.code != 0 {
		t.bad = fmt.Errorf("closed twice: %d, %d", t.code, code)
	}
	t.code = code
	t.cond.Broadcast()
}

// until waits for a condition on the tap.
func (t *tap) until(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	timer := time.AfterFunc(10*time.Second, func() { t.cond.Broadcast() })
	defer timer.Stop()
	end := time.Now().Add(10 * time.Second)
	t.mu.Lock()
	defer t.mu.Unlock()
	for !ok() {
		if t.bad != nil {
			tb.Fatal(t.bad)
		}
		if time.Now().After(end) {
			tb.Fatalf("waited for %s; have %d messages, code %d, last %v", what, len(t.msgs), t.code, t.msgs[max(0, len(t.msgs)-3):])
		}
		t.cond.Wait()
	}
}

// seqs returns the numbers received so far.
func (t *tap) seqs() []int64 {
	var out []int64
	for _, m := range t.msgs {
		if s, ok := m["seq"].(float64); ok {
			out = append(out, int64(s))
		}
	}
	return out
}

// exactly waits for the numbers from..to and fails on a gap, a repeat or a wrong
// order.
func (t *tap) exactly(tb testing.TB, from, to int64) {
	tb.Helper()
	n := int(to - from + 1)
	t.until(tb, fmt.Sprintf("%d..%d", from, to), func() bool { return len(t.seqs()) >= n })
	t.mu.Lock()
	defer t.mu.Unlock()
	got := t.seqs()
	if len(got) != n {
		tb.Fatalf("%d numbers, want %d", len(got), n)
	}
	for i, s := range got {
		if s != from+int64(i) {
			tb.Fatalf("place %d: number %d, want %d (of %v)", i, s, from+int64(i), got)
		}
	}
}

func presenceFrame(room string, online []Face) Frame {
	b, _ := json.Marshal(map[string]any{"type": "presence", "room": room, "online": online})
	return Prepare(b)
}

func leftFrame(room string) Frame { return Prepare([]byte(`{"type":"left","room":"` + room + `"}`)) }

func start(tb testing.TB, o Options) *Hub {
	tb.Helper()
	if o.Presence == nil {
		o.Presence = presenceFrame
	}
	o.Left = leftFrame
	if o.CheckEvery == 0 {
		o.CheckEvery = time.Hour
	}
	if o.FlushEvery == 0 {
		o.FlushEvery = time.Millisecond
	}
	h := New(o)
	for range 2 {
		if err := h.Start(context.Background()); err != nil {
			tb.Fatal(err)
		}
	}
	tb.Cleanup(func() { h.Stop(); h.Stop() })
	return h
}

func add(tb testing.TB, h *Hub, who Who) (*Conn, *tap) {
	tb.Helper()
	t := newTap()
	c, err := h.Add(who, t)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Remove)
	return c, t
}

func join(tb testing.TB, c *Conn, room string, after int64, hello ...Frame) {
	tb.Helper()
	if err := c.Join(context.Background(), room, at(after, hello...)); err != nil {
		tb.Fatal(err)
	}
}

func at(after int64, hello ...Frame) func() (Entry, error) {
	return func() (Entry, error) { return Entry{after, hello}, nil }
}

// has says that a message of a type has come; it runs with the tap's lock held.
func has(tp *tap, typ string) func() bool {
	return func() bool {
		return slices.ContainsFunc(tp.msgs, func(m map[string]any) bool { return m["type"] == typ })
	}
}
