package socket_test

import (
	"context"
	"testing"
	"time"

	"entente/chat/broker"
	"entente/chat/room"
	"entente/chat/socket"
	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
)

// hinted waits for the hint at a number of a room.
func (p *peer) hinted(t *testing.T, id room.ID, seq int64) {
	t.Helper()
	for {
		if c := p.next(t, "changed"); c["object"] == "room" && c["id"] == string(id) && c["seq"] == float64(seq) {
			return
		}
	}
}

// TestHintsReadNothing: a room that talks asks the database once who is to be hinted at;
// who is live in it gets messages and no hints, his other pages get hints, and so does who
// came after the table was read.
func TestHintsReadNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := newHouse(t, d).node(t, socket.Config{Limits: socket.Limits{NoticeEvery: time.Millisecond, EnteredFor: time.Hour,
			RecheckEvery: time.Hour, CheckEvery: time.Hour, BeatEvery: time.Hour}})
		r := n.room(t, "1")
		maya, ingrid, other, third := n.open(t, "maya"), n.open(t, "ingrid"), n.open(t, "maya.2"), n.open(t, "wen.2")
		maya.join(t, r.ID, 0)
		ingrid.join(t, r.ID, 0)
		for _, p := range []*peer{maya, ingrid} { // live, and not only about to be: the table will not know what is published
			p.send(t, `{"type":"ping"}`)
			p.next(t, "pong")
		}
		m := n.post(t, "ingrid", r.ID, "first")
		other.hinted(t, r.ID, m.Seq)
		maya.exactly(t, r.ID, 1, 1)
		for both := false; !both; { // both are live: what follows is in no table to catch up from
			online, _ := maya.next(t, "presence")["online"].([]any)
			both = len(online) == 2
		}

		was := d.Counts().Run
		for range 20 {
			m.Seq++
			n.live.Published(m)
			other.hinted(t, r.ID, m.Seq)
		}
		maya.exactly(t, r.ID, 1, m.Seq)
		ingrid.exactly(t, r.ID, 1, m.Seq)
		if run := d.Counts().Run - was; run != 0 {
			t.Errorf("%d statements for 20 hints", run)
		}
		for _, p := range []*peer{maya, ingrid, third} {
			for _, f := range p.all() {
				if f["type"] == "changed" && f["seq"] != nil {
					t.Errorf("a hint to one who has the message, or never entered: %v", f)
				}
			}
		}

		n.open(t, "wen").join(t, r.ID, m.Seq) // from now on the room counts for him
		m.Seq++
		n.live.Published(m)
		third.hinted(t, r.ID, m.Seq)
	})
}

// TestNoHintsOnceOut: who is taken out of a room by one node is hinted at by no other from
// then on, though that one had read who is in it.
func TestNoHintsOnceOut(t *testing.T) {
	t.Parallel()
	h, b := newHouse(t, dbtest.One(t)), broker.NewMemory()
	t.Cleanup(func() { _ = b.Close() })
	lim := socket.Limits{NoticeEvery: time.Millisecond, EnteredFor: time.Hour, RecheckEvery: time.Hour}
	one, two := h.node(t, socket.Config{Broker: b, Node: "one", Limits: lim}), h.node(t, socket.Config{Broker: b, Node: "two", Limits: lim})
	r := two.room(t, "1")
	maya, wen, page, far, stays := two.open(t, "maya"), two.open(t, "wen"), two.open(t, "maya.2"), one.open(t, "maya.3"), two.open(t, "wen.2")
	maya.join(t, r.ID, 0)
	wen.join(t, r.ID, 0)
	m := two.post(t, "ingrid", r.ID, "first")
	for _, p := range []*peer{page, far, stays} {
		p.hinted(t, r.ID, m.Seq)
	}
	if err := one.rooms.RemoveOrg(context.Background(), access.System("test", one.org["aurelia"]), r.ID, one.org["kestrel"]); err != nil {
		t.Fatal(err)
	}
	if e := maya.next(t, "error"); e["code"] != "not_found" {
		t.Fatalf("%v", e)
	}
	m = two.post(t, "ingrid", r.ID, "second")
	stays.hinted(t, r.ID, m.Seq)
	two.live.Changed("order", "end", []string{two.org["kestrel"]})
	for _, p := range []*peer{page, far} {
		if c := p.next(t, "changed"); c["object"] != "order" {
			t.Errorf("after it was taken out the company is told %v", c)
		}
	}
}
