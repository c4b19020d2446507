package socket_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"entente/chat/hub"
	"entente/chat/room"
	"entente/chat/socket"
	"entente/db/dbtest"
	"entente/prm/fault"
)

// asked counts who was asked for anew.
type asked struct {
	*house
	mu   sync.Mutex
	n    map[string]int // by session
	down bool           // the answer is trouble
}

func (a *asked) Recheck(ctx context.Context, id socket.Identity) (socket.Identity, error) {
	a.mu.Lock()
	a.n[id.Session]++
	down := a.down
	a.mu.Unlock()
	if down {
		return socket.Identity{}, fault.New(fault.Unavailable, "error.unavailable")
	}
	return a.house.Recheck(ctx, id)
}

func (a *asked) times(session string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.n[session]
}

func (a *asked) set(down bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.down = down
}

// TestRecheckInBulk: one round asks for each session once, and for the rooms of all with a
// few statements; what it finds is done to each connection.
func TestRecheckInBulk(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.One(t))
	a := &asked{house: h, n: map[string]int{}}
	n := h.nodeAs(t, socket.Config{Limits: socket.Limits{RecheckEvery: time.Hour}}, a)
	var rooms []room.Room
	for _, s := range []string{"1", "2", "3"} {
		rooms = append(rooms, n.room(t, s))
	}
	var peers []*peer
	for range 4 {
		for _, session := range []string{"maya", "maya.2"} {
			p := n.open(t, session)
			for _, r := range rooms {
				p.join(t, r.ID, 0)
			}
			peers = append(peers, p)
		}
	}
	first, second, before := a.times("maya"), a.times("maya.2"), h.db.Counts().Run
	n.live.Recheck(h.person["maya"])
	eventually(t, "a round", func() bool { return a.times("maya.2") > second })
	// the round is over when the next one's answer is there
	h.mu.Lock()
	h.roles[h.person["maya"]] = nil
	h.mu.Unlock()
	n.live.Recheck(h.person["maya"])
	for _, p := range peers {
		for range rooms {
			if e := p.next(t, "error"); e["code"] != "not_found" {
				t.Fatalf("%v", e)
			}
		}
	}
	if x, y := a.times("maya")-first, a.times("maya.2")-second; x != 2 || y != 2 {
		t.Errorf("two rounds asked %d and %d times for two sessions", x, y)
	}
	if run := h.db.Counts().Run - before; run > 16 {
		t.Errorf("%d statements for two rounds of %d connections in %d rooms", run, len(peers), len(rooms))
	}
	// trouble ends nobody, and is over when it is over
	a.set(true)
	n.live.Recheck(h.person["maya"])
	eventually(t, "a round in trouble", func() bool { return a.times("maya.2") == second+3 })
	peers[0].send(t, `{"type":"ping"}`)
	peers[0].next(t, "pong")
	a.set(false)
	h.end("maya.2")
	n.live.Recheck(h.person["maya"])
	for i, p := range peers {
		if i%2 == 1 {
			if c := p.closed(t); c != websocket.StatusCode(hub.CodeEnded) {
				t.Fatalf("code %d", c)
			}
			continue
		}
		p.send(t, `{"type":"ping"}`)
		p.next(t, "pong")
	}
}
