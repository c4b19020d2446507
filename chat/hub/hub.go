// Package hub holds the live connections of this node and hands frames to them.
//
// A room's frames carry the sequence numbers of chat/room. The hub delivers them
// to every member in order, without gap and without repeat: a number that comes
// too early waits, a number that stays away is read from the Source (the message
// table), a number seen before is dropped. A connection that joins is first
// brought up to date from the Source and goes live only when nothing is missing.
//
// Each connection has one queue bounded in bytes and in frames. A client too
// slow for it is closed with CodeSlow, "come back and catch up", and never loses
// a single frame silently. Presence, typing and change hints are not frames of a
// sequence: the last value per key waits in a slot of its own and never fills
// the queue.
//
// Lock order: Hub.mu, then room.mu, then Conn.mu.
package hub

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"entente/chat/broker"
)

// Source is the truth behind the live frames. chat/socket implements it over the
// message table.
type Source interface {
	// After returns the frames of a room above seq in ascending order without a
	// gap, at most limit.
	After(ctx context.Context, room string, seq int64, limit int) ([]Numbered, error)
	// Positions returns the latest number of each room that exists.
	Positions(ctx context.Context, rooms []string) (map[string]int64, error)
}

// Numbered is a frame of a room's sequence.
type Numbered struct {
	Seq   int64
	Frame Frame
}

// Face is how members of a room see a present person. Org is the slug of the
// company, Company its name.
type Face struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Org     string `json:"org"`
	Company string `json:"company,omitempty"`
}

// Options make a hub. Source and Presence are required.
type Options struct {
	Source   Source
	Presence func(room string, online []Face) Frame // builds the frame that lists who is in a room
	Left     func(room string) Frame                // tells a client it was taken out of a room
	Gone     func(room, name string)                // a named connection left a room; must not block
	Came     func(room string)                      // another node tells who is in a room anew; must not block
	Out      func(room string)                      // another node took somebody out of a room; must not block
	Told     func(data []byte)                      // another node tells this one something; must not block
	Broker   broker.Broker                          // nil: this node alone
	Node     string                                 // unique among nodes, required with a Broker
	Log      *slog.Logger                           // nil: slog.Default

	QueueBytes  int           // per connection, default 512 KiB
	QueueFrames int           // per connection, default 4096
	HoleWait    time.Duration // how long a missing number may be late, default 25 ms
	CheckEvery  time.Duration // comparison with Source.Positions, default 15 s
	FlushEvery  time.Duration // presence is told at most this often, default 200 ms
}

// Limits that are not tuned.
const (
	writersPer    = 2    // processor
	maxSlots      = 256  // last-value keys per connection
	maxStarts     = 64   // connections handed to writers at once
	maxPending    = 2048 // early frames per room
	maxRooms      = 200  // rooms one connection may be in
	pageSize      = 100  // rows per read while catching up
	maxPersons    = 1000 // named in one envelope between nodes
	maxFaces      = 200  // persons named in one presence frame
	manyFaces     = 50   // from here presence is told ten times less often
	presenceLease = 3    // CheckEvery intervals after which another node's list is stale
)

// Hub is the live side of one node.
type Hub struct {
	opt Options
	log *slog.Logger

	mu      sync.RWMutex
	rooms   map[string]*room
	conns   map[*Conn]struct{}
	persons map[string]*channel
	orgs    map[string]*channel
	control broker.Subscription
	told    broker.Subscription
	state   int // 0 new, 1 running, 2 stopped
	cancel  context.CancelFunc
	ctx     context.Context

	ready ready

	runMu sync.Mutex // between a new goroutine and Stop
	ended bool
	wg    sync.WaitGroup

	dirtyMu sync.Mutex
	dirty   map[string]time.Time // rooms whose presence changed: due time
	calm    map[string]time.Time // crowded rooms: not told again before
	wake    chan struct{}
}

// channel is the set of connections of a person or a company.
type channel struct {
	conns map[*Conn]struct{}
	sub   broker.Subscription
}

// Errors of the hub.
var (
	ErrStopped = errors.New("hub: stopped")
	ErrTooMany = errors.New("hub: too many rooms on one connection")
	ErrGone    = errors.New("hub: connection closed")
)

// New makes a hub; Start brings it to life.
func New(o Options) *Hub {
	if o.QueueBytes == 0 {
		o.QueueBytes = 512 << 10
	}
	if o.QueueFrames == 0 {
		o.QueueFrames = 4096
	}
	if o.HoleWait == 0 {
		o.HoleWait = 25 * time.Millisecond
	}
	if o.CheckEvery == 0 {
		o.CheckEvery = 15 * time.Second
	}
	if o.FlushEvery == 0 {
		o.FlushEvery = 200 * time.Millisecond
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	h := &Hub{
		opt: o, log: o.Log,
		rooms: map[string]*room{}, conns: map[*Conn]struct{}{},
		persons: map[string]*channel{}, orgs: map[string]*channel{},
		dirty: map[string]time.Time{}, calm: map[string]time.Time{}, wake: make(chan struct{}, 1),
	}
	h.ready.some.L = &h.ready.mu
	return h
}

// Start begins to listen to the other nodes and to check positions. Safe to call
// twice. It does not keep ctx.
func (h *Hub) Start(context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state == 1 {
		return nil
	}
	if h.state == 2 {
		return ErrStopped
	}
	if h.opt.Broker != nil {
		if h.opt.Node == "" {
			return errors.New("hub: a node among others needs a name")
		}
		s, err := h.opt.Broker.Subscribe(topicControl, h.onControl)
		if err != nil {
			return err
		}
		if h.told, err = h.opt.Broker.Subscribe(topicNode+h.opt.Node, h.onTold); err != nil {
			s.Stop()
			return err
		}
		h.control = s
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.state = 1
	h.run(h.watch)
	h.run(h.tellPresence)
	for range writersPer * runtime.GOMAXPROCS(0) {
		h.run(h.work)
	}
	return nil
}

// run starts a goroutine that Stop waits for; false after Stop.
func (h *Hub) run(fn func(context.Context)) bool {
	h.runMu.Lock()
	defer h.runMu.Unlock()
	if h.ended {
		return false
	}
	h.wg.Go(func() { fn(h.ctx) })
	return true
}

// Stop closes every connection with CodeAway, all at once, and waits for the
// hub's own goroutines. Safe to call twice.
func (h *Hub) Stop() {
	h.mu.Lock()
	was := h.state
	h.state = 2
	conns := make([]*Conn, 0, len(h.conns))
	for c := range h.conns {
		conns = append(conns, c)
	}
	ctl, told := h.control, h.told
	h.control, h.told = nil, nil
	h.mu.Unlock()
	for _, c := range conns {
		c.Close(CodeAway, "")
	}
	if ctl != nil {
		ctl.Stop()
		told.Stop()
	}
	if was == 1 {
		h.cancel()
	}
	h.ready.end()
	h.runMu.Lock()
	h.ended = true
	h.runMu.Unlock()
	h.wg.Wait()
}

// Add registers a connection. The caller reads from the client and must call
// Conn.Remove when it ends.
// Errors: ErrStopped.
func (h *Hub) Add(who Who, t Transport) (*Conn, error) {
	c := &Conn{hub: h, who: who, out: t, rooms: map[string]*seat{}}
	c.try, _ = t.(Prompt)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state != 1 {
		return nil, ErrStopped
	}
	h.conns[c] = struct{}{}
	h.index(h.persons, who.Person, topicPerson, c)
	h.index(h.orgs, who.Org, topicOrg, c)
	return c, nil
}

func (h *Hub) index(m map[string]*channel, id, topic string, c *Conn) {
	if id == "" {
		return
	}
	ch := m[id]
	if ch == nil {
		ch = &channel{conns: map[*Conn]struct{}{}, sub: h.listen(topic + id)}
		m[id] = ch
	}
	ch.conns[c] = struct{}{}
}

func unindex(m map[string]*channel, id string, c *Conn) broker.Subscription {
	ch := m[id]
	if ch == nil {
		return nil
	}
	delete(ch.conns, c)
	if len(ch.conns) > 0 {
		return nil
	}
	delete(m, id)
	return ch.sub
}

// Connections returns how many connections this node holds, and how many of
// them belong to the person ("" = none counted).
func (h *Hub) Connections(person string) (all, own int) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if ch := h.persons[person]; ch != nil {
		own = len(ch.conns)
	}
	return len(h.conns), own
}

// Open returns how many connections of the person on this node take frames.
func (h *Hub) Open(person string) int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	n := 0
	if ch := h.persons[person]; ch != nil {
		for c := range ch.conns {
			if !c.Closed() {
				n++
			}
		}
	}
	return n
}

// Publish hands a frame of a room's sequence to the members on this node and to
// the other nodes. It does not block on clients.
func (h *Hub) Publish(roomID string, seq int64, f Frame) {
	h.accept(roomID, seq, f)
	h.cast(topicRoom+roomID, envelope{Kind: kindFrame, Room: roomID, Seq: seq}, f)
}

// Signal hands a last-value frame (typing) to everyone in a room but the person
// it is about. A later one with the same key replaces one not yet written.
func (h *Hub) Signal(roomID, key, about string, f Frame) {
	h.signal(roomID, key, about, f)
	h.cast(topicRoom+roomID, envelope{Kind: kindSignal, Room: roomID, Key: key, About: about}, f)
}

// ToPerson hands a last-value frame to all connections of a person.
func (h *Hub) ToPerson(person, key string, f Frame) {
	h.toChannel(h.persons, person, key, f)
	h.cast(topicPerson+person, envelope{Kind: kindPerson, Room: person, Key: key}, f)
}

// ToAbsent is ToPerson for many at once, but for the connections that are live in the
// room: what the hint is about reaches those anyway. One of persons is a person, or a person, a
// blank and a company: then only the connections by which he acts for it.
func (h *Hub) ToAbsent(roomID string, persons []string, key string, f Frame) {
	h.toAbsent(roomID, persons, key, f)
	if h.opt.Broker == nil {
		return
	}
	for some := range slices.Chunk(persons, maxPersons) {
		h.cast(topicControl, envelope{Kind: kindAbsent, Room: roomID, Key: key, Persons: some}, f)
	}
}

func (h *Hub) toAbsent(roomID string, persons []string, key string, f Frame) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	r := h.rooms[roomID]
	if r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
	}
	for _, p := range persons {
		p, org, _ := strings.Cut(p, " ")
		ch := h.persons[p]
		if ch == nil {
			continue
		}
		for c := range ch.conns {
			if org != "" && c.who.Org != org {
				continue
			}
			if r != nil {
				if s := r.seats[c]; s != nil && s.live {
					continue
				}
			}
			c.slot(key, f)
		}
	}
}

// Live says that somebody on this node is in the room.
func (h *Hub) Live(roomID string) bool { return h.find(roomID) != nil }

// ToMember is ToPerson for the connections by which the person acts for one company.
func (h *Hub) ToMember(person, org, key string, f Frame) {
	h.toMember(person, org, key, f)
	h.cast(topicPerson+person, envelope{Kind: kindMember, Room: person, Org: org, Key: key}, f)
}

func (h *Hub) toMember(person, org, key string, f Frame) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if ch := h.persons[person]; ch != nil {
		for c := range ch.conns {
			if c.who.Org == org {
				c.slot(key, f)
			}
		}
	}
}

// ToOrg hands a last-value frame to all connections that act for a company.
func (h *Hub) ToOrg(org, key string, f Frame) {
	h.toChannel(h.orgs, org, key, f)
	h.cast(topicOrg+org, envelope{Kind: kindOrg, Room: org, Key: key}, f)
}

func (h *Hub) toChannel(m map[string]*channel, id, key string, f Frame) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if ch := m[id]; ch != nil {
		for c := range ch.conns {
			c.slot(key, f)
		}
	}
}

// Drop names connections to be closed on all nodes. All that are set must match.
type Drop struct {
	Person  string `json:"p,omitempty"`
	Org     string `json:"o,omitempty"`
	Session string `json:"s,omitempty"`
	Code    Code   `json:"c"`
}

// Drop closes the matching connections of all nodes at once: the leaver, the
// ended session. Nothing more is delivered to them once it returned (on this
// node). Person or Session must be set.
func (h *Hub) Drop(d Drop) {
	h.drop(d)
	h.cast(topicControl, envelope{Kind: kindDrop, Drop: &d}, Frame{})
}

func (h *Hub) drop(d Drop) {
	if d.Person == "" && d.Session == "" {
		return
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	set := h.conns
	if d.Person != "" {
		ch := h.persons[d.Person]
		if ch == nil {
			return
		}
		set = ch.conns
	}
	for c := range set {
		if (d.Org == "" || d.Org == c.who.Org) && (d.Session == "" || d.Session == c.who.Session) {
			c.Close(d.Code, "")
		}
	}
}

// Expel takes a person ("" = everyone) of a company ("" = any) out of a room on
// all nodes at once; the connections stay and are told. One of the two must be
// set.
func (h *Hub) Expel(roomID, person, org string) {
	h.expel(roomID, person, org)
	h.cast(topicControl, envelope{Kind: kindExpel, Room: roomID, About: person, Org: org}, Frame{})
}

func (h *Hub) expel(roomID, person, org string) {
	if person == "" && org == "" {
		return
	}
	r := h.find(roomID)
	if r == nil {
		return
	}
	var out []*Conn
	r.mu.Lock()
	for c := range r.seats {
		if (person == "" || person == c.who.Person) && (org == "" || org == c.who.Org) {
			out = append(out, c)
		}
	}
	r.mu.Unlock()
	for _, c := range out {
		if c.Leave(roomID) && h.opt.Left != nil {
			c.Send(h.opt.Left(roomID))
		}
	}
}
