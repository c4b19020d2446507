package socket_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/chat/broker"
	"entente/chat/socket"
	"entente/db/dbtest"
	"entente/prm/access"
)

// forwarder writes down what it is asked for, and offers "v=0 NODE" at once.
type forwarder struct {
	name string

	mu    sync.Mutex
	seats map[string]string // party → call
	said  []string
	full  bool
	note  chan struct{}
}

func newForwarder(name string) *forwarder {
	return &forwarder{name: name, seats: map[string]string{}, note: make(chan struct{}, 1)}
}

func (f *forwarder) do(fn func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fn()
	select {
	case f.note <- struct{}{}:
	default:
	}
}

func (f *forwarder) Open(call, party string, tell func(int64, string, map[string][2]string)) (err error) {
	f.do(func() {
		if f.full {
			err = errors.New("full")
			return
		}
		f.seats[party] = call
	})
	if err == nil {
		tell(7, "v=0 "+f.name, map[string][2]string{"3": {"other", "mic"}})
	}
	return err
}

func (f *forwarder) Answer(_, party string, n int64, sdp string) error {
	f.do(func() { f.said = append(f.said, fmt.Sprint(party, " ", n, " ", sdp)) })
	return nil
}

func (f *forwarder) Leave(_, party string) { f.do(func() { delete(f.seats, party) }) }

func (f *forwarder) Keep(call string, parties []string) {
	f.do(func() {
		for p, c := range f.seats {
			if c == call && !slices.Contains(parties, p) {
				delete(f.seats, p)
			}
		}
	})
}

func (f *forwarder) Calls() (out []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.seats {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

func (f *forwarder) until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	end := time.After(patience)
	for {
		f.mu.Lock()
		done := ok()
		f.mu.Unlock()
		if done {
			return
		}
		select {
		case <-f.note:
		case <-end:
			t.Fatalf("%s waits in vain for %s: %v %v", f.name, what, f.seats, f.said)
		}
	}
}

// TestCallForwarded: the third has a call of two nodes forwarded by one of them; who is out
// has no seat any more at once; when the node stops, the other takes the call over.
func TestCallForwarded(t *testing.T) {
	t.Parallel()
	h, b := newHouse(t, dbtest.One(t)), broker.NewMemory()
	t.Cleanup(func() { _ = b.Close() })
	first, second := newForwarder("one"), newForwarder("two")
	h.fw = map[string]*forwarder{"one": first, "two": second}
	limits := socket.Limits{RecheckEvery: 10 * time.Millisecond, BeatEvery: 20 * time.Millisecond}
	one := h.node(t, socket.Config{Broker: b, Node: "one", Limits: limits})
	two := h.node(t, socket.Config{Broker: b, Node: "two", Limits: limits})
	r := one.room(t, "1")
	maya, ingrid, wen, watch := one.open(t, "maya"), two.open(t, "ingrid"), one.open(t, "wen"), two.open(t, "maya.2")
	call := func(p *peer, typ string, more map[string]any) {
		t.Helper()
		f := map[string]any{"type": typ, "room": r.ID, "key": typ}
		for k, v := range more {
			f[k] = v
		}
		p.send(t, f)
	}
	for _, p := range []*peer{maya, ingrid, wen, watch} {
		p.join(t, r.ID, 0)
	}
	call(maya, "call.begin", nil)
	in := maya.next(t, "call.joined")
	m := in["peer"].(string)
	if in["sfu"] != false || in["most"] != 4.0 {
		t.Errorf("a call of one: %v", in)
	}
	call(maya, "call.ask", nil)
	maya.refused(t, "call.ask", "not_found", "") // it is not forwarded
	join := func(p *peer) (string, map[string]any) {
		t.Helper()
		call(p, "call.join", map[string]any{"call": in["call"]})
		f := p.next(t, "call.joined")
		return f["peer"].(string), f
	}
	i, f := join(ingrid)
	if f["sfu"] != false {
		t.Errorf("a call of two: %v", f)
	}
	w, f := join(wen)
	if f["sfu"] != true {
		t.Errorf("a call of three: %v", f)
	}
	for _, p := range []*peer{maya, ingrid} {
		if st := p.state(t, 3); st["sfu"] != true {
			t.Errorf("%v", st)
		}
	}

	// each gets a seat, from the node that forwards, and what it answers comes there
	for _, p := range []*peer{maya, ingrid, wen} {
		call(p, "call.ask", nil)
		if f := p.next(t, "call.offer"); f["from"] != "sfu" || f["sdp"] != "v=0 one" || f["n"] != 7.0 || fmt.Sprint(f["tracks"]) != "map[3:[other mic]]" {
			t.Errorf("%v", f)
		}
	}
	call(ingrid, "call.answer", map[string]any{"to": "sfu", "n": 7, "sdp": "v=0 answer"})
	call(ingrid, "call.ice", map[string]any{"to": "sfu", "candidate": map[string]any{"candidate": "x"}})
	first.until(t, "an answer", func() bool { return slices.Equal(first.said, []string{i + " 7 v=0 answer"}) && len(first.seats) == 3 })
	call(ingrid, "call.answer", map[string]any{"to": "sfu", "n": 7, "sdp": strings.Repeat("x", 49<<10)})
	ingrid.refused(t, "call.answer", "invalid", "call.said_wrong")
	call(ingrid, "call.offer", map[string]any{"to": "sfu", "sdp": "v=0"}) // reaches nobody
	ingrid.quietly(t)

	// who is in the room and not in the call, and a stranger, get none
	call(watch, "call.ask", nil)
	watch.refused(t, "call.ask", "not_found", "call.not_in_it")
	call(watch, "call.answer", map[string]any{"to": "sfu", "n": 7, "sdp": "v=0"})
	watch.refused(t, "call.answer", "not_found", "call.not_in_it")
	kaarel := one.open(t, "kaarel")
	call(kaarel, "call.ask", nil)
	kaarel.refused(t, "call.ask", "not_found", "call.not_in_it")

	// out of the call by a role, by the session and by leaving: the seat is gone with it
	h.mu.Lock()
	h.roles[h.person["wen"]] = []access.Role{access.Viewer}
	h.mu.Unlock()
	wen.next(t, "call.left")
	first.until(t, "a role to have no seat", func() bool { return first.seats[w] == "" && first.seats[i] != "" })
	two.end("ingrid")
	first.until(t, "a session to have no seat", func() bool { return first.seats[i] == "" && first.seats[m] != "" })
	ingrid = two.open(t, "ingrid.2")
	ingrid.join(t, r.ID, 0)
	if i, f = join(ingrid); f["sfu"] != true {
		t.Errorf("a call that was forwarded goes back: %v", f)
	}
	call(ingrid, "call.ask", nil)
	ingrid.next(t, "call.offer")
	first.until(t, "a seat", func() bool { return first.seats[i] != "" })
	call(ingrid, "call.leave", nil)
	first.until(t, "who left to have no seat", func() bool { return first.seats[i] == "" })

	// what nobody was told of is mended: a seat of somebody who is not in the call
	first.do(func() { first.seats["ghost"] = in["call"].(string) })
	first.until(t, "a seat of nobody to end", func() bool { return first.seats["ghost"] == "" && first.seats[m] != "" })

	// the node stops: the other is asked, and forwards from now on
	i, _ = join(ingrid)
	one.live.Stop()
	call(ingrid, "call.ask", nil)
	if f := ingrid.next(t, "call.offer"); f["sdp"] != "v=0 two" {
		t.Errorf("%v", f)
	}
	second.until(t, "a seat", func() bool { return second.seats[i] != "" })
	second.do(func() { second.full = true })
	call(ingrid, "call.ask", nil)
	ingrid.refused(t, "call.ask", "unavailable", "")
	call(ingrid, "call.end", map[string]any{"call": in["call"]})
	second.until(t, "the end", func() bool { return len(second.seats) == 0 })
}

// TestCallOne: a call rings the one person it is for, and the others when they are asked for.
func TestCallOne(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{})
	r := n.room(t, "1")
	maya, ingrid, wen, kaarel := n.open(t, "maya"), n.open(t, "ingrid"), n.open(t, "wen"), n.open(t, "kaarel")
	for _, p := range []*peer{maya, ingrid, wen} {
		p.join(t, r.ID, 0)
	}
	begin := func(only string) map[string]any {
		t.Helper()
		maya.send(t, map[string]any{"type": "call.begin", "room": r.ID, "only": only})
		return maya.next(t, "call.joined")
	}
	if f := begin(n.person["kaarel"]); f["ring"] != 0.0 { // who is no member is no one to be rung
		t.Errorf("%v", f)
	}
	kaarel.quietly(t, "call.ring")
	if f := begin(n.person["ingrid"]); f["ring"] != 45.0 {
		t.Errorf("%v", f)
	}
	if f := ingrid.next(t, "call.ring"); f["from"].(map[string]any)["name"] != "maya" {
		t.Errorf("%v", f)
	}
	wen.quietly(t, "call.ring")
	maya.send(t, map[string]any{"type": "call.others", "room": r.ID})
	if f := maya.next(t, "call.ringing"); f["ring"] != 45.0 {
		t.Errorf("%v", f)
	}
	wen.next(t, "call.ring")
	ingrid.quietly(t)
	if n := len(slices.DeleteFunc(ingrid.all(), func(f map[string]any) bool { return f["type"] != "call.ring" })); n > 1 {
		t.Errorf("rung %d times", n)
	}
	maya.send(t, map[string]any{"type": "call.others", "room": r.ID})
	if f := maya.next(t, "call.ringing"); f["ring"] != 0.0 { // all were rung
		t.Errorf("%v", f)
	}
	wen.send(t, map[string]any{"type": "call.others", "room": r.ID, "key": "o"})
	wen.refused(t, "o", "not_found", "call.not_in_it")
}

// TestCallAgain: who declines is not rung again and again by the same person.
func TestCallAgain(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{RingBurst: 50})
	r := n.room(t, "1")
	maya, ingrid, wen := n.open(t, "maya"), n.open(t, "ingrid"), n.open(t, "wen")
	for _, p := range []*peer{maya, ingrid, wen} {
		p.join(t, r.ID, 0)
	}
	rung := 0
	for range 8 {
		maya.send(t, map[string]any{"type": "call.begin", "room": r.ID, "only": n.person["ingrid"]})
		f := maya.next(t, "call.joined")
		if f["ring"] != 0.0 {
			rung++
			ingrid.next(t, "call.ring")
			ingrid.send(t, map[string]any{"type": "call.decline", "room": r.ID, "call": f["call"]})
			maya.next(t, "call.declined")
		}
	}
	if rung != 3 {
		t.Errorf("rung %d times of 8 within a moment", rung)
	}
	maya.send(t, map[string]any{"type": "call.begin", "room": r.ID, "only": n.person["wen"]})
	if f := maya.next(t, "call.joined"); f["ring"] != 45.0 {
		t.Errorf("another one: %v", f)
	}
}
