package socket

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/chat/hub"
	"entente/chat/room"
)

// One sweeper looks at all connections: it pings them, ends those that are silent, and
// asks in bulk who everybody is now. A connection has no timer of its own.

// beats are what the sweeper knows of a connection; nobody else touches them.
type beats struct {
	pingAt time.Time // when the next ping is due; zero: it has not been seen
	pongBy time.Time // when the ping under way must have been answered
	pings  uint32    // sent
	asking bool      // the latest ping was not answered yet
}

// tickShare is how many times the sweeper looks within the shortest interval.
const tickShare = 10

func (l Limits) tick() time.Duration {
	return max(min(l.PingEvery, l.PongWait)/tickShare, 5*time.Millisecond)
}

// startSweeper begins to look after connections. Safe to call twice.
func (e *Endpoint) startSweeper() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped || e.sweeper != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	e.sweeper = cancel
	e.wg.Add(2)
	go func() {
		defer e.wg.Done()
		e.everyTime(ctx, e.cfg.Limits.tick, func() { e.sweep(time.Now()) })
	}()
	go func() {
		defer e.wg.Done()
		e.everyTime(ctx, func() time.Duration { return jitter(e.cfg.Limits.RecheckEvery) }, func() {
			e.recheck(ctx, e.held(func(*client) bool { return true }))
		})
	}()
}

// everyTime runs fn again and again until ctx ends, each time so much later than the
// last began.
func (e *Endpoint) everyTime(ctx context.Context, wait func() time.Duration, fn func()) {
	t := time.NewTimer(wait())
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		begun := time.Now()
		fn()
		t.Reset(max(wait()-time.Since(begun), time.Millisecond))
	}
}

// held are the clients in the hub that are wanted.
func (e *Endpoint) held(wanted func(*client) bool) (out []*client) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for c := range e.clients {
		if c.here.Load() && wanted(c) {
			out = append(out, c)
		}
	}
	return out
}

// sweep looks at every connection once: who is due is pinged, who has not answered or
// has not finished a message for too long is closed.
func (e *Endpoint) sweep(now time.Time) {
	lim := e.cfg.Limits
	var due, silent []*client
	e.mu.Lock()
	for c := range e.clients {
		if !c.here.Load() || c.done() {
			continue
		}
		if since := c.since.Load(); since != 0 && now.Sub(time.Unix(0, since)) > lim.PingEvery+lim.PongWait {
			silent = append(silent, c)
			continue
		}
		switch {
		case c.pingAt.IsZero():
			c.pingAt = now.Add(jitter(lim.PingEvery))
		case c.asking && c.ponged.Load() == c.pings:
			c.asking = false
		case c.asking && c.behind.Load(): // its pong waits behind the join; one that takes nothing is ended by WriteWait
			c.pongBy = now.Add(lim.PongWait)
		case c.asking && now.After(c.pongBy):
			silent = append(silent, c)
		case !c.asking && !now.Before(c.pingAt):
			c.pings++
			c.asking = true
			c.pongBy, c.pingAt = now.Add(lim.PongWait), now.Add(jitter(lim.PingEvery))
			due = append(due, c)
		}
	}
	e.mu.Unlock()
	for _, c := range silent {
		c.conn.Close(hub.CodeSilent, "")
	}
	for _, c := range due {
		f := controlFrame(opPing, strconv.AppendUint(nil, uint64(c.pings), 10))
		go func() { // a client that reads nothing holds up nobody else
			if c.link.writeControl(f) != nil {
				c.conn.Close(hub.CodeSilent, "")
			}
		}()
	}
}

// sameness is what makes two identities one: what is asked of one is known of the other.
type sameness struct{ session, person, org, via, lang, scopes string }

func (id Identity) sameness() sameness {
	return sameness{id.Session, id.Actor.Person, id.Actor.Org, id.Actor.Via, id.Lang, strings.Join(id.Actor.Scopes, " ")}
}

// standing is an identity as it is now, and the connections of it.
type standing struct {
	now     *Identity
	err     error
	clients []*client
	turns   []uint32 // of the recheck, by client
	rooms   map[string]error
}

// recheck asks who clients are now and takes them out of rooms they may not see any
// more: each identity once, and all rooms together.
func (e *Endpoint) recheck(ctx context.Context, clients []*client) {
	by := map[sameness]*standing{}
	var all []*standing
	var ids []Identity
	for _, c := range clients {
		if c.done() {
			continue
		}
		id := c.id.Load()
		key := id.sameness()
		s := by[key]
		if s == nil {
			s = &standing{now: id}
			by[key] = s
			all = append(all, s)
			ids = append(ids, *id)
		}
		s.clients = append(s.clients, c)
		s.turns = append(s.turns, c.turn())
	}
	answers := e.recheckAll(ctx, ids)
	if ctx.Err() != nil {
		return
	}
	for i, s := range all {
		if s.err = answers[i].Err; s.err == nil && !answers[i].Now.same(*s.now) {
			now := answers[i].Now // of its own: the others are not kept with it
			s.now = &now
		}
	}
	var alive []*standing
	for _, s := range all {
		if e.settle(s) {
			alive = append(alive, s)
		}
	}
	e.recheckRooms(ctx, alive)
}

// turn begins a recheck of the client; see latest.
func (c *client) turn() uint32 {
	c.checkMu.Lock()
	defer c.checkMu.Unlock()
	c.asked++
	return c.asked
}

// latest says that no recheck that began later was taken. What an earlier one found is old.
func (c *client) latest(turn uint32) bool {
	c.checkMu.Lock()
	defer c.checkMu.Unlock()
	if turn < c.told {
		return false
	}
	c.told = turn
	return true
}

// settle tells the connections of an identity who they are. False: there is nothing more
// to ask for them.
func (e *Endpoint) settle(s *standing) bool {
	if s.err != nil {
		code := closeFor(s.err)
		if code != hub.CodeEnded {
			e.log.Warn("asking again who a live client is", "err", s.err)
			return false
		}
		for _, c := range s.clients {
			c.conn.Close(code, "")
		}
		return false
	}
	kept := s.clients[:0]
	for i, c := range s.clients {
		if c.latest(s.turns[i]) {
			if c.id.Load() != s.now {
				c.id.Store(s.now)
			}
			kept = append(kept, c)
		}
	}
	s.clients = kept
	return len(kept) > 0
}

func (id Identity) same(o Identity) bool {
	return id.Session == o.Session && id.Lang == o.Lang && id.Actor.Person == o.Actor.Person && id.Actor.Org == o.Actor.Org &&
		id.Actor.Via == o.Actor.Via && id.Actor.Operator == o.Actor.Operator &&
		slices.Equal(id.Actor.Roles, o.Actor.Roles) && slices.Equal(id.Actor.Scopes, o.Actor.Scopes) && (id.Actor.Scopes == nil) == (o.Actor.Scopes == nil)
}

// recheckRooms takes clients out of rooms that they may not see any more.
func (e *Endpoint) recheckRooms(ctx context.Context, all []*standing) {
	var asks []room.Ask
	type place struct {
		s  *standing
		id string
	}
	var of []place
	for _, s := range all {
		for _, c := range s.clients {
			for _, id := range c.conn.Rooms() {
				if _, there := s.rooms[id]; there {
					continue
				}
				if s.rooms == nil {
					s.rooms = map[string]error{}
				}
				s.rooms[id] = nil
				asks = append(asks, room.Ask{Who: s.now.Actor, Room: room.ID(id)})
				of = append(of, place{s, id})
			}
		}
	}
	if len(asks) == 0 {
		return
	}
	answers := e.feed.May(ctx, asks)
	if ctx.Err() != nil {
		return
	}
	var failed error
	for i, p := range of {
		p.s.rooms[p.id] = answers[i]
		if answers[i] != nil && closeFor(answers[i]) != hub.CodeEnded {
			failed = answers[i]
		}
	}
	if failed != nil {
		e.log.Warn("asking again who may be in live rooms", "err", failed)
	}
	for _, s := range all {
		for _, c := range s.clients {
			for _, id := range c.conn.Rooms() {
				err, asked := s.rooms[id]
				switch {
				case !asked:
				case err == nil:
					c.recheckCall(ctx, id)
				case closeFor(err) == hub.CodeEnded && c.conn.Leave(id):
					c.conn.Send(leftFrame(id))
				}
			}
		}
	}
}
