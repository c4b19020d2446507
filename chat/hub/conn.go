package hub

import (
	"context"
	"slices"
	"sync"
)

// Who is on a connection.
type Who struct {
	Person  string // person id
	Org     string // id of the company acted for
	Session string // what the connection lives by: a session or token id
	Lang    string // language of the reader, for frames with variants
	Face    Face   // how room members see him; zero is never shown as present
}

// Transport writes to one client.
type Transport interface {
	// Write sends whole frames in one go. It blocks at most for its own write
	// deadline; an error means that the connection is dead.
	Write(frames []byte) error
	// Close ends the connection with a code and must not block. It is called
	// once, from any goroutine.
	Close(code Code, reason string)
}

// Conn is one connection in the hub.
type Conn struct {
	hub *Hub
	who Who
	out Transport

	mu      sync.Mutex
	rooms   map[string]*seat
	queue   [][]byte
	bytes   int // waiting and being written
	slots   []slotted
	writing bool
	closed  bool
	removed bool
	space   chan struct{} // told when the queue shrank
	done    chan struct{} // closed with the connection
}

type slotted struct {
	key  string
	data []byte
}

// seat is a connection's place in a room; guarded by the room's lock.
type seat struct {
	room *room
	pos  int64  // latest number queued for it
	live bool   // false while catching up
	anew bool   // it was live and catches up once more, of which the others were told nothing
	name string // by which others in the room reach this very connection; empty: by none
}

// Who returns who is on it.
func (c *Conn) Who() Who { return c.who }

// Done is closed once the connection takes no more frames.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Send queues a frame. False: the connection is closed, perhaps now, because it
// was too slow.
func (c *Conn) Send(f Frame) bool { return c.push(f.For(c.who.Lang)) }

// push queues ready bytes.
func (c *Conn) push(w []byte) bool {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return false
	}
	if c.bytes+len(w) > c.hub.opt.QueueBytes && c.bytes > 0 || len(c.queue) >= c.hub.opt.QueueFrames {
		c.shut()
		c.mu.Unlock()
		c.out.Close(CodeSlow, "")
		return false
	}
	c.queue = append(c.queue, w)
	c.bytes += len(w)
	c.kick()
	c.mu.Unlock()
	return true
}

// SendWait queues frames that the client asked for, such as a gap. It waits while
// the queue is more than half full, so that answers never count as slowness.
// Errors: ErrGone, the context's.
func (c *Conn) SendWait(ctx context.Context, frames ...Frame) error {
	for _, f := range frames {
		for !c.roomy() {
			select {
			case <-c.space:
			case <-c.done:
				return ErrGone
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if !c.Send(f) {
			return ErrGone
		}
	}
	return nil
}

func (c *Conn) roomy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed || c.bytes <= c.hub.opt.QueueBytes/2 && len(c.queue) <= c.hub.opt.QueueFrames/2
}

// slot keeps the last value of a key until it is written.
func (c *Conn) slot(key string, f Frame) {
	w := f.For(c.who.Lang)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(w) == 0 {
		return
	}
	if i := slices.IndexFunc(c.slots, func(s slotted) bool { return s.key == key }); i >= 0 {
		c.slots[i].data = w
	} else if len(c.slots) < maxSlots {
		c.slots = append(c.slots, slotted{key, w})
	} else {
		return
	}
	c.kick()
}

// kick starts the writer when none runs. The writer ends when nothing waits, so
// an idle connection costs no goroutine for writing. Called with the lock held.
func (c *Conn) kick() {
	if !c.writing {
		c.writing = true
		go c.write()
	}
}

// shut marks the end, with the lock held.
func (c *Conn) shut() {
	c.closed = true
	c.queue, c.slots, c.bytes = nil, nil, 0
	close(c.done)
}

// Close ends the connection with a code; what waits is dropped. Safe to repeat.
func (c *Conn) Close(code Code, reason string) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.shut()
	c.mu.Unlock()
	c.out.Close(code, reason)
}

// batchMax is how many bytes are gathered into one write.
const batchMax = 64 << 10

var batches = sync.Pool{New: func() any { b := make([]byte, 0, batchMax); return &b }}

// write hands what waits to the transport, many frames at once, until nothing
// waits.
func (c *Conn) write() {
	bp := batches.Get().(*[]byte)
	defer func() {
		if cap(*bp) <= 2*batchMax {
			batches.Put(bp)
		}
	}()
	for {
		b, counted, ok := c.take((*bp)[:0])
		if !ok {
			return
		}
		err := c.out.Write(b)
		*bp = b
		c.mu.Lock()
		if !c.closed {
			c.bytes -= counted
		}
		c.mu.Unlock()
		select {
		case c.space <- struct{}{}:
		default:
		}
		if err != nil {
			c.Close(CodeSlow, "")
		}
	}
}

// take gathers frames, then slots, into b. counted is what belongs to the queue's
// bound. False: nothing waits and the writer has ended.
func (c *Conn) take(b []byte) (_ []byte, counted int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.queue) == 0 && len(c.slots) == 0 {
		c.writing = false
		if cap(c.queue) > 64 {
			c.queue = nil
		}
		return nil, 0, false
	}
	n := 0
	for n < len(c.queue) && (n == 0 || len(b)+len(c.queue[n]) <= batchMax) {
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

// Remove takes the connection out of the hub: rooms, channels, counts. The
// reader calls it when the client is gone. Safe to repeat.
func (c *Conn) Remove() {
	c.Close(CodeNormal, "")
	c.mu.Lock()
	if c.removed {
		c.mu.Unlock()
		return
	}
	c.removed = true
	ids := make([]string, 0, len(c.rooms))
	for id := range c.rooms {
		ids = append(ids, id)
	}
	c.mu.Unlock()
	for _, id := range ids {
		c.Leave(id)
	}
	h := c.hub
	h.mu.Lock()
	delete(h.conns, c)
	a := unindex(h.persons, c.who.Person, c)
	b := unindex(h.orgs, c.who.Org, c)
	h.mu.Unlock()
	if a != nil {
		a.Stop()
	}
	if b != nil {
		b.Stop()
	}
}
