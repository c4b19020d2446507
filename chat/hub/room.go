package hub

import (
	"context"
	"sync"
	"time"

	"entente/chat/broker"
)

// room is a room that somebody on this node is in.
type room struct {
	id  string
	hub *Hub
	sub broker.Subscription

	mu      sync.Mutex
	seats   map[*Conn]*seat
	live    []liveSeat // those of the seats that are live
	starts  []*Conn    // deliver's own
	named   map[string]*Conn
	last    int64           // latest number delivered to the live seats; unknown = -1
	known   int64           // latest number known to exist
	pending map[int64]Frame // numbers above last+1 that came early
	filling bool            // a fill is waiting or reading
	dead    bool            // taken out of the hub: look it up again
	faces   map[string]*present
	remote  map[string]remoteFaces // other nodes' lists
}

// liveSeat is what a delivery needs of a live seat, side by side.
type liveSeat struct {
	conn *Conn
	seat *seat
	pos  int64 // latest number queued for it
}

// rise makes a seat live, with the room locked.
func (r *room) rise(c *Conn, s *seat) {
	s.live, s.at = true, len(r.live)
	r.live = append(r.live, liveSeat{c, s, s.pos})
}

// sink is the contrary of rise.
func (r *room) sink(s *seat) {
	last := len(r.live) - 1
	s.live, s.pos = false, r.live[s.at].pos
	r.live[s.at] = r.live[last]
	r.live[s.at].seat.at = s.at
	r.live[last] = liveSeat{}
	r.live = r.live[:last]
}

type present struct {
	face  Face
	count int // connections
}

type remoteFaces struct {
	faces []Face
	at    time.Time
}

const unknown = -1

// find returns the room if somebody on this node is in it.
func (h *Hub) find(id string) *room {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.rooms[id]
}

// sit puts a connection into a room, not live yet. One that has a seat keeps it and its
// name, and begins anew.
func (h *Hub) sit(id string, c *Conn) (*seat, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state != 1 {
		return nil, ErrStopped
	}
	r := h.rooms[id]
	if r == nil {
		r = &room{id: id, hub: h, seats: map[*Conn]*seat{}, named: map[string]*Conn{}, last: unknown, pending: map[int64]Frame{},
			faces: map[string]*present{}, remote: map[string]remoteFaces{}}
		h.rooms[id] = r
		r.sub = h.listen(topicRoom + id)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.removed {
		if len(r.seats) == 0 {
			h.forget(r)
		}
		return nil, ErrGone
	}
	if s := r.seats[c]; s != nil {
		if s.live {
			r.sink(s)
			s.anew = true
			r.unface(c.who.Face)
		}
		return s, nil
	}
	if len(c.rooms) >= maxRooms {
		if len(r.seats) == 0 {
			h.forget(r)
		}
		return nil, ErrTooMany
	}
	s := &seat{room: r}
	c.rooms[id] = s
	r.seats[c] = s
	return s, nil
}

// forget takes an empty room out, with both locks held.
func (h *Hub) forget(r *room) {
	r.dead = true
	delete(h.rooms, r.id)
	if r.sub != nil {
		r.sub.Stop()
	}
}

// Leave takes the connection out of a room at once and reports whether it was in.
func (c *Conn) Leave(id string) bool {
	h := c.hub
	h.mu.Lock()
	r := h.rooms[id]
	if r == nil {
		h.mu.Unlock()
		return false
	}
	r.mu.Lock()
	s := r.seats[c]
	gone, name := false, ""
	if s != nil {
		if name = s.name; name != "" {
			delete(r.named, name)
		}
		delete(r.seats, c)
		gone = s.live && r.unface(c.who.Face) || s.anew
		if s.live {
			r.sink(s)
		}
		c.mu.Lock()
		delete(c.rooms, id)
		c.mu.Unlock()
	}
	if len(r.seats) == 0 {
		h.forget(r)
	}
	dead := r.dead
	r.mu.Unlock()
	h.mu.Unlock()
	if gone && dead {
		h.cast(topicRoom+id, envelope{Kind: kindFaces, Room: id}, Frame{}) // nobody here any more
	} else if gone {
		h.dirtied(id)
	}
	if name != "" && h.opt.Gone != nil {
		h.opt.Gone(id, name)
	}
	return s != nil
}

// Rooms returns the ids of the rooms the connection is in.
func (c *Conn) Rooms() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]string, 0, len(c.rooms))
	for id := range c.rooms {
		out = append(out, id)
	}
	return out
}

// In reports whether the connection is in the room.
func (c *Conn) In(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rooms[id] != nil
}

// Entry is what a connection is told when it joins: the frames to begin with and
// the number after which its frames begin.
type Entry struct {
	After int64
	Hello []Frame
}

// Join puts the connection into a room: the entry's hello first, then every
// frame above its After, in order, then what comes live. admit is called once
// the connection has its seat, so that whoever is expelled later is found; its
// error leaves the room. A second Join of the same room begins anew. Join returns
// when the connection is live; one goroutine at a time may call it.
// Errors: ErrStopped, ErrTooMany, ErrGone, those of admit, the Source and the
// context.
func (c *Conn) Join(ctx context.Context, id string, admit func() (Entry, error)) error {
	s, err := c.hub.sit(id, c)
	if err != nil {
		c.Leave(id)
		return err
	}
	if err := c.catchUp(ctx, id, s, admit); err != nil {
		c.Leave(id)
		return err
	}
	c.hub.dirtied(id)
	return nil
}

func (c *Conn) catchUp(ctx context.Context, id string, s *seat, admit func() (Entry, error)) error {
	e, err := admit()
	if err != nil {
		return err
	}
	s.pos = e.After
	if in, err := c.tell(ctx, s, e.Hello...); err != nil || !in {
		return err
	}
	// read at least once: of a room that nobody here was in the hub knows nothing
	for {
		ahead := s.room.at() // what is delivered while the table is read is no proof of a hole
		rows, err := c.hub.opt.Source.After(ctx, id, s.pos, pageSize)
		if err != nil {
			return err
		}
		for _, n := range rows {
			if n.Seq <= s.pos {
				continue
			}
			if in, err := c.tell(ctx, s, n.Frame); err != nil || !in { // taken out: what was read may be later than that
				return err
			}
			s.pos = n.Seq
		}
		switch {
		case len(rows) == pageSize:
		case c.live(s):
			return nil
		case len(rows) == 0 && ahead > s.pos: // the room was ahead of the table: a number that will never come
			c.hub.log.Warn("live room ahead of its table", "room", id, "at", s.pos)
			s.pos = ahead
		}
	}
}

// live makes the seat live if nothing is missing up to where the room is. While
// a seat is not live only its own joiner touches pos.
func (c *Conn) live(s *seat) bool {
	r := s.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seats[c] != s { // taken out meanwhile
		return true
	}
	switch {
	case r.last == unknown:
		r.last = s.pos
		r.rise(c, s)
		r.drain()
	case r.last <= s.pos:
		r.rise(c, s)
	default:
		return false
	}
	s.anew = false
	r.know(s.pos)
	r.face(c.who.Face)
	return true
}

// tell queues frames for as long as the connection has the seat, however slowly it reads:
// nothing of a room comes after the word that one was taken out of it.
func (c *Conn) tell(ctx context.Context, s *seat, frames ...Frame) (in bool, err error) {
	for _, f := range frames {
		if err := c.calm(ctx); err != nil {
			return false, err
		}
		if in, err := c.within(s.room, s, f); err != nil || !in {
			return false, err
		}
	}
	return true, nil
}

// SendIn queues a frame about a room, and reports whether the connection is in it.
func (c *Conn) SendIn(id string, f Frame) bool {
	r := c.hub.find(id)
	if r == nil {
		return false
	}
	in, err := c.within(r, nil, f)
	return in && err == nil
}

// within queues a frame where the connection has that seat, or with none given any, in the
// room.
func (c *Conn) within(r *room, s *seat, f Frame) (in bool, err error) {
	r.mu.Lock()
	has := r.seats[c]
	if has == nil || s != nil && has != s {
		r.mu.Unlock()
		return false, nil
	}
	ok, start := c.enqueue(f.For(c.who.Lang))
	r.mu.Unlock()
	if start {
		c.hub.start(c)
	}
	if !ok {
		return true, ErrGone
	}
	return true, nil
}

// at is the number delivered last.
func (r *room) at() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// accept takes a numbered frame for the members on this node.
func (h *Hub) accept(id string, seq int64, f Frame) {
	r := h.find(id)
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead {
		return
	}
	r.take(seq, f)
	r.drain()
	r.know(seq)
}

// take delivers the next number or keeps an early one.
func (r *room) take(seq int64, f Frame) {
	switch {
	case r.last != unknown && seq <= r.last:
	case r.last != unknown && seq == r.last+1:
		r.deliver(seq, f)
	case len(r.pending) < maxPending:
		r.pending[seq] = f
	}
}

// drain delivers what was waiting for its turn.
func (r *room) drain() {
	if r.last == unknown {
		return
	}
	for len(r.pending) > 0 {
		f, ok := r.pending[r.last+1]
		if !ok {
			break
		}
		r.deliver(r.last+1, f)
	}
	for seq := range r.pending {
		if seq <= r.last {
			delete(r.pending, seq)
		}
	}
}

func (r *room) deliver(seq int64, f Frame) {
	r.last = seq
	delete(r.pending, seq)
	var lang string
	var w []byte
	for i := range r.live {
		l := &r.live[i]
		if seq <= l.pos {
			continue
		}
		l.pos = seq
		if w == nil || l.conn.who.Lang != lang {
			lang = l.conn.who.Lang
			w = f.For(lang)
		}
		if _, start := l.conn.enqueue(w); start {
			r.starts = append(r.starts, l.conn)
		}
		if len(r.starts) == maxStarts {
			r.begin()
		}
	}
	r.begin()
}

// begin hands the connections that deliver found at rest to writers.
func (r *room) begin() {
	r.hub.start(r.starts...)
	clear(r.starts)
	r.starts = r.starts[:0]
}

// know notes that a number exists and starts a fill when it is not delivered.
func (r *room) know(seq int64) {
	r.known = max(r.known, seq)
	if r.last == unknown || r.known <= r.last || r.filling {
		return
	}
	r.filling = r.hub.run(r.fill)
}

// fill waits a moment for the late number, then reads what is missing.
func (r *room) fill(ctx context.Context) {
	wait := r.hub.opt.HoleWait
	for {
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		r.mu.Lock()
		if r.dead || r.known <= r.last {
			r.filling = false
			r.mu.Unlock()
			return
		}
		last, known := r.last, r.known
		r.mu.Unlock()
		rows, err := r.hub.opt.Source.After(ctx, r.id, last, pageSize)
		if err != nil {
			if ctx.Err() == nil {
				r.hub.log.Warn("reading missing messages", "room", r.id, "err", err)
			}
			wait = min(max(2*wait, 50*time.Millisecond), 5*time.Second)
			continue
		}
		r.mu.Lock()
		for _, n := range rows {
			r.take(n.Seq, n.Frame)
		}
		r.drain()
		if len(rows) == 0 && r.known == known { // the table knows no such number, and none came while it was read
			r.hub.log.Warn("live number unknown to the table", "room", r.id, "known", r.known, "last", r.last)
			r.known = r.last
			clear(r.pending)
		}
		r.mu.Unlock()
		wait = 0
	}
}

// watch compares the rooms of this node with the table, so that even the last
// message of a room is not lost by a broker that lost it.
func (h *Hub) watch(ctx context.Context) {
	t := time.NewTicker(h.opt.CheckEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			h.Check(ctx)
		}
	}
}

// Check compares the rooms of this node with the table once.
func (h *Hub) Check(ctx context.Context) {
	h.mu.RLock()
	rooms := make(map[string]*room, len(h.rooms))
	ids := make([]string, 0, len(h.rooms))
	for id, r := range h.rooms {
		rooms[id] = r
		ids = append(ids, id)
	}
	h.mu.RUnlock()
	if len(ids) == 0 {
		return
	}
	at, err := h.opt.Source.Positions(ctx, ids)
	if err != nil {
		if ctx.Err() == nil {
			h.log.Warn("comparing room positions", "err", err)
		}
		return
	}
	for id, seq := range at {
		if r := rooms[id]; r != nil {
			r.mu.Lock()
			if !r.dead {
				r.know(seq)
			}
			r.mu.Unlock()
		}
	}
	h.refreshPresence(rooms)
}
