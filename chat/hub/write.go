package hub

import (
	"bytes"
	"context"
	"sync"
)

// Who writes. A connection with frames to write is ready, once, however many they are. A
// few workers take what waits for it and try to write without waiting: nothing is made
// for it, no goroutine, no deadline, no buffer, and while they are busy frames gather.
// What the line does not take at once gets a goroutine that may wait for it, so a client
// that does not read keeps no worker. A transport that cannot try has such a goroutine
// for each burst.

// batchMax is how many bytes are gathered into one write, tryMax into one that is tried: of
// those a slow client keeps a copy.
const batchMax, tryMax = 64 << 10, 32 << 10

// ready are the connections that have frames and no writer.
type ready struct {
	mu    sync.Mutex
	some  sync.Cond
	in    []*Conn // came last
	out   []*Conn // go first, from next on
	next  int
	idle  int // workers that wait
	ended bool
}

// add appends connections whose writing has been set.
func (r *ready) add(conns ...*Conn) {
	r.mu.Lock()
	r.in = append(r.in, conns...)
	if r.idle > 0 {
		r.some.Signal() // it calls the next one
	}
	r.mu.Unlock()
}

// take waits for a connection; nil: the hub stopped.
func (r *ready) take() *Conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		if r.ended {
			return nil
		}
		if r.next == len(r.out) {
			r.in, r.out, r.next = r.out[:0], r.in, 0
		}
		if r.next < len(r.out) {
			break
		}
		r.idle++
		r.some.Wait()
		r.idle--
	}
	c := r.out[r.next]
	r.out[r.next] = nil
	r.next++
	if r.idle > 0 && (r.next < len(r.out) || len(r.in) > 0) {
		r.some.Signal()
	}
	return c
}

func (r *ready) end() {
	r.mu.Lock()
	r.ended = true
	r.some.Broadcast()
	r.mu.Unlock()
}

// start hands connections to writers.
func (h *Hub) start(conns ...*Conn) {
	n := 0
	for _, c := range conns {
		if c.try == nil {
			go c.write()
			continue
		}
		conns[n] = c
		n++
	}
	if n > 0 {
		h.ready.add(conns[:n]...)
	}
}

// work is one worker.
func (h *Hub) work(context.Context) {
	var b []byte
	for c := h.ready.take(); c != nil; c = h.ready.take() {
		if b = c.attempt(b[:0]); cap(b) > 2*batchMax {
			b = nil
		}
	}
}

// attempt writes what waits, as far as the line takes it at once. It returns the buffer.
func (c *Conn) attempt(b []byte) []byte {
	b, counted, ok := c.take(b, tryMax)
	if !ok {
		return b
	}
	n, err := c.try.TryWrite(b)
	if err == nil && n < len(b) {
		go c.rest(bytes.Clone(b[n:]), counted)
		return b
	}
	c.wrote(counted, err)
	return b
}

// rest writes what the line did not take at once.
func (c *Conn) rest(b []byte, counted int) { c.wrote(counted, c.out.Write(b)) }

// wrote takes what was written off the queue's bound and goes on with what came meanwhile.
func (c *Conn) wrote(counted int, err error) {
	if c.settle(counted, err) {
		c.hub.start(c)
	}
}

// settle takes what was written off the queue's bound, and says whether more waits; if not,
// nobody writes now.
func (c *Conn) settle(counted int, err error) (more bool) {
	c.mu.Lock()
	if !c.closed {
		c.bytes -= counted
	}
	if c.space != nil {
		select {
		case c.space <- struct{}{}:
		default:
		}
	}
	if err == nil {
		more = c.waits()
		c.mu.Unlock()
		return more
	}
	c.mu.Unlock()
	c.Close(CodeSlow, "")
	return false
}

// waits says with the lock held whether there is something to write; if not, nobody does.
func (c *Conn) waits() bool {
	if !c.closed && (len(c.queue) > 0 || len(c.slots) > 0) {
		return true
	}
	c.writing = false
	if cap(c.queue) > few {
		giveBack(c.queue)
		c.queue = nil
	}
	if cap(c.slots) > few {
		c.slots = nil
	}
	return false
}

var batches = sync.Pool{New: func() any { b := make([]byte, 0, batchMax); return &b }}

// write hands what waits to a transport that may wait, many frames at once, until nothing
// waits.
func (c *Conn) write() {
	bp := batches.Get().(*[]byte)
	defer func() {
		if cap(*bp) <= 2*batchMax {
			batches.Put(bp)
		}
	}()
	for {
		b, counted, ok := c.take((*bp)[:0], batchMax)
		if !ok {
			return
		}
		err := c.out.Write(b)
		*bp = b
		if !c.settle(counted, err) {
			return
		}
	}
}

// take gathers frames, then slots, into b, of frames at most limit bytes or one.
// counted is what belongs to the queue's bound. False: nothing waits and nobody writes.
func (c *Conn) take(b []byte, limit int) (_ []byte, counted int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.waits() {
		return b, 0, false
	}
	n := 0
	for n < len(c.queue) && (n == 0 || len(b)+len(c.queue[n]) <= limit) {
		b = append(b, c.queue[n]...)
		n++
	}
	counted = len(b)
	rest := copy(c.queue, c.queue[n:])
	clear(c.queue[rest:])
	c.queue = c.queue[:rest]
	if rest == 0 {
		for _, s := range c.slots {
			b = append(b, s.data...)
		}
		clear(c.slots)
		c.slots = c.slots[:0]
	}
	return b, counted, true
}

// A queue at rest has place for few frames. A longer one is lent and given back as soon as
// nothing waits, so that neither a burst nor rest costs the collector.
const few, many, most = 4, 64, 1024

var lentMany = sync.Pool{New: func() any { return new([many][]byte) }}
var lentMost = sync.Pool{New: func() any { return new([most][]byte) }}

// longer makes place for one more frame, with the lock held.
func (c *Conn) longer() {
	q := c.queue
	switch {
	case len(q) < cap(q):
		return
	case cap(q) < few:
		c.queue = make([][]byte, 0, few)
	case cap(q) < many:
		c.queue = lentMany.Get().(*[many][]byte)[:0]
	case cap(q) < most:
		c.queue = lentMost.Get().(*[most][]byte)[:0]
	default:
		return // append does
	}
	c.queue = append(c.queue, q...)
	giveBack(q)
}

// giveBack takes a queue that is not used any more.
func giveBack(q [][]byte) {
	clear(q)
	switch cap(q) {
	case many:
		lentMany.Put((*[many][]byte)(q[:many]))
	case most:
		lentMost.Put((*[most][]byte)(q[:most]))
	}
}
