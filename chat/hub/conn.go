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

// Prompt is a Transport that can also write without waiting.
type Prompt interface {
	Transport
	// TryWrite writes as much of whole frames as the line takes at once, and says how
	// much that was. After a part of it the next call is Write with the rest, and until
	// then nothing else gets onto the line. An error means that the connection is dead.
	TryWrite(frames []byte) (int, error)
}

// Conn is one connection in the hub.
type Conn struct {
	hub *Hub
	who Who
	out Transport
	try Prompt // out, when it can; nil: each burst has a goroutine that may wait

	mu      sync.Mutex
	rooms   map[string]*seat
	queue   [][]byte
	bytes   int // waiting and being written
	slots   []slotted
	writing bool // it is ready, or somebody writes
	closed  bool
	removed bool
	space   chan struct{} // told when the queue shrank; nil: nobody asked yet
	done    chan struct{} // closed with the connection; nil: nobody asked yet
}

type slotted struct {
	key  string
	data []byte
}

// seat is a connection's place in a room; guarded by the room's lock.
type seat struct {
	room *room
	pos  int64  // latest number queued for it; once it is live, see live
	live bool   // false while catching up
	at   int    // its place among the live ones
	anew bool   // it was live and catches up once more, of which the others were told nothing
	name string // by which others in the room reach this very connection; empty: by none
}

// Who returns who is on it.
func (c *Conn) Who() Who { return c.who }

// Done is closed once the connection takes no more frames.
func (c *Conn) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending()
}

// ending is Done with the lock held.
func (c *Conn) ending() <-chan struct{} {
	if c.done == nil {
		c.done = make(chan struct{})
		if c.closed {
			close(c.done)
		}
	}
	return c.done
}

// Closed says that the connection takes no more frames.
func (c *Conn) Closed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// Send queues a frame. False: the connection is closed, perhaps now, because it
// was too slow.
func (c *Conn) Send(f Frame) bool { return c.push(f.For(c.who.Lang)) }

// push queues ready bytes.
func (c *Conn) push(w []byte) bool {
	ok, start := c.enqueue(w)
	if start {
		c.hub.start(c)
	}
	return ok
}

// enqueue queues ready bytes. With start the caller hands the connection to a writer.
func (c *Conn) enqueue(w []byte) (ok, start bool) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return false, false
	}
	if c.bytes+len(w) > c.hub.opt.QueueBytes && c.bytes > 0 || len(c.queue) >= c.hub.opt.QueueFrames {
		c.shut()
		c.mu.Unlock()
		c.out.Close(CodeSlow, "")
		return false, false
	}
	c.longer()
	c.queue = append(c.queue, w)
	c.bytes += len(w)
	start, c.writing = !c.writing, true
	c.mu.Unlock()
	return true, start
}

// calm waits while the queue is more than half full, so that what the client asked for,
// such as a gap, never counts as slowness.
// Errors: ErrGone, the context's.
func (c *Conn) calm(ctx context.Context) error {
	for {
		space, done := c.full()
		if space == nil {
			return nil
		}
		select {
		case <-space:
		case <-done:
			return ErrGone
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// full returns what to wait for while the queue is more than half full; nil: it is not.
func (c *Conn) full() (space, done <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.bytes <= c.hub.opt.QueueBytes/2 && len(c.queue) <= c.hub.opt.QueueFrames/2 {
		return nil, nil
	}
	if c.space == nil {
		c.space = make(chan struct{}, 1)
	}
	return c.space, c.ending()
}

// slot keeps the last value of a key until it is written.
func (c *Conn) slot(key string, f Frame) {
	w := f.For(c.who.Lang)
	c.mu.Lock()
	start := c.put(key, w)
	c.mu.Unlock()
	if start {
		c.hub.start(c)
	}
}

// put is slot with the lock held; true: the caller hands the connection to a writer.
func (c *Conn) put(key string, w []byte) (start bool) {
	if c.closed || len(w) == 0 {
		return false
	}
	if i := slices.IndexFunc(c.slots, func(s slotted) bool { return s.key == key }); i >= 0 {
		c.slots[i].data = w
	} else if len(c.slots) < maxSlots {
		c.slots = append(c.slots, slotted{key, w})
	} else {
		return false
	}
	start, c.writing = !c.writing, true
	return start
}

// shut marks the end, with the lock held.
func (c *Conn) shut() {
	c.closed = true
	c.queue, c.slots, c.bytes = nil, nil, 0
	if c.done != nil {
		close(c.done)
	}
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
