package socket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"entente/chat/broker"
	"entente/chat/room"
	"entente/chat/socket"
	"entente/db/dbtest"
	"entente/prm/access"
)

// state waits until the room's call has n parties as a client sees it, -1: it is over.
func (p *peer) state(t testing.TB, n int) (got map[string]any) {
	t.Helper()
	p.until(t, "a call of some parties", func() bool {
		rev, begun := 0.0, ""
		got = nil
		for _, f := range p.frames {
			if f["type"] != "call.state" && f["type"] != "call.joined" {
				continue
			}
			r, b := f["rev"].(float64), f["begun"].(string)
			if b > begun || b == begun && r >= rev {
				rev, begun, got = r, b, f
			}
		}
		return got != nil && (n >= 0 && got["ended"] == nil && len(got["parties"].([]any)) == n || n < 0 && got["ended"] != nil)
	})
	return got
}

func (p *peer) refused(t testing.TB, key, code, reason string) {
	t.Helper()
	for {
		if f := p.next(t, "error"); f["key"] == key {
			if f["code"] != code || reason != "" && f["reason"] != reason {
				t.Errorf("%s: %v, want %s %s", key, f, code, reason)
			}
			return
		}
	}
}

// quietly says something and shows by a ping that nothing of some types came of it.
func (p *peer) quietly(t testing.TB, types ...string) {
	t.Helper()
	p.send(t, `{"type":"ping"}`)
	p.next(t, "pong")
	for _, f := range p.all() {
		for _, typ := range types {
			if f["type"] == typ {
				t.Errorf("got %v", f)
			}
		}
	}
}

// TestCallFrames: a call on two nodes, from the ringing to the end.
func TestCallFrames(t *testing.T) {
	t.Parallel()
	h, b := newHouse(t, dbtest.One(t)), broker.NewMemory()
	t.Cleanup(func() { _ = b.Close() })
	ice := func(person string) []socket.ICEServer {
		return []socket.ICEServer{{URLs: []string{"turn:127.0.0.1:1"}, Username: "1:" + person, Credential: "c"}}
	}
	one := h.node(t, socket.Config{Broker: b, Node: "one", ICE: ice})
	two := h.node(t, socket.Config{Broker: b, Node: "two", ICE: ice, Limits: socket.Limits{RecheckEvery: 10 * time.Millisecond}})
	r := one.room(t, "1")
	maya, ingrid, watch := one.open(t, "maya"), two.open(t, "ingrid"), one.open(t, "wen")
	maya.join(t, r.ID, 0)
	ingrid.join(t, r.ID, 0)
	watch.join(t, r.ID, 0)
	elsewhere := two.open(t, "ingrid.2") // a page that is in no room
	elsewhere.quietly(t)                 // it is there
	kaarel := two.open(t, "kaarel")
	kaarel.send(t, map[string]any{"type": "join", "room": r.ID, "key": "j"})
	kaarel.refused(t, "j", "not_found", "")

	call := func(p *peer, typ string, more map[string]any) {
		t.Helper()
		f := map[string]any{"type": typ, "room": r.ID, "key": typ}
		for k, v := range more {
			f[k] = v
		}
		p.send(t, f)
	}
	call(maya, "call.begin", map[string]any{"mic": true, "key": "k"})
	in := maya.next(t, "call.joined")
	hasFields(t, in, "room", "call", "rev", "begun", "ended", "by", "parties", "key", "peer", "ice", "ring")
	if in["key"] != "k" || in["ring"] != 45.0 || in["by"].(map[string]any)["name"] != "maya" {
		t.Fatalf("%v", in)
	}
	if s := in["ice"].([]any)[0].(map[string]any); s["username"] != "1:"+one.person["maya"] || s["credential"] != "c" {
		t.Errorf("ice %v", s)
	}
	id, m := in["call"], in["peer"].(string)
	for _, p := range []*peer{ingrid, elsewhere} {
		if ring := p.next(t, "call.ring"); ring["call"] != id || ring["room"] != string(r.ID) || ring["from"].(map[string]any)["name"] != "maya" || ring["title"] != "1" || ring["about"] != "order" {
			t.Errorf("%v", ring)
		}
	}
	if f := watch.next(t, "event"); f["kind"] != "call.began" || f["seq"] != 1.0 {
		t.Errorf("%v", f)
	}
	// one declines on one page: it is told to who calls, and her other pages are quiet
	call(elsewhere, "call.decline", map[string]any{"call": id})
	if f := maya.next(t, "call.declined"); f["call"] != id || f["from"].(map[string]any)["name"] != "ingrid" {
		t.Errorf("%v", f)
	}
	ingrid.next(t, "call.hush")

	// a stranger, and a member who is in no call, reach nobody
	kaarelCalls := func(typ string, more map[string]any) {
		t.Helper()
		more["key"] = typ
		call(kaarel, typ, more)
		kaarel.refused(t, typ, "not_found", "")
	}
	kaarelCalls("call.begin", map[string]any{})
	kaarelCalls("call.join", map[string]any{"call": id})
	kaarelCalls("call.decline", map[string]any{"call": id})
	kaarelCalls("call.end", map[string]any{"call": id})
	kaarelCalls("call.offer", map[string]any{"to": m, "sdp": "v=0"})
	kaarelCalls("call.ice", map[string]any{"to": m})
	kaarelCalls("call.set", map[string]any{"mic": true})
	call(watch, "call.offer", map[string]any{"to": m, "sdp": "v=0"})
	watch.refused(t, "call.offer", "not_found", "call.not_in_it")
	maya.quietly(t, "call.offer", "call.ice")

	// she comes after all, from the other node
	call(ingrid, "call.join", map[string]any{"call": id, "camera": true})
	got := ingrid.next(t, "call.joined")
	i := got["peer"].(string)
	if p := got["parties"].([]any); len(p) != 2 || got["ring"] != 0.0 || p[1].(map[string]any)["camera"] != true || p[1].(map[string]any)["from"].(map[string]any)["org"] != "aurelia" {
		t.Fatalf("%v", got)
	}
	maya.state(t, 2)
	watch.state(t, 2)
	call(ingrid, "call.offer", map[string]any{"to": m, "sdp": "v=0 offer"})
	if f := maya.next(t, "call.offer"); f["from"] != i || f["sdp"] != "v=0 offer" || f["room"] != string(r.ID) {
		t.Errorf("%v", f)
	}
	call(maya, "call.answer", map[string]any{"to": i, "sdp": "v=0 answer"})
	if f := ingrid.next(t, "call.answer"); f["from"] != m || f["sdp"] != "v=0 answer" {
		t.Errorf("%v", f)
	}
	call(maya, "call.ice", map[string]any{"to": i, "candidate": map[string]any{"candidate": "candidate:1 1 udp 1 127.0.0.1 9 typ host", "sdpMid": "0", "sdpMLineIndex": 0, "evil": true}})
	if c := ingrid.next(t, "call.ice")["candidate"].(map[string]any); c["candidate"] != "candidate:1 1 udp 1 127.0.0.1 9 typ host" || c["sdpMid"] != "0" || c["sdpMLineIndex"] != 0.0 || c["evil"] != nil {
		t.Errorf("%v", c)
	}
	call(maya, "call.ice", map[string]any{"to": i, "candidate": nil})
	if f := ingrid.next(t, "call.ice"); f["candidate"] != nil {
		t.Errorf("%v", f)
	}
	watch.quietly(t, "call.offer", "call.answer", "call.ice")

	// what is too long, to nobody or to oneself is refused; who is gone is no error
	for _, bad := range []map[string]any{{"to": i, "sdp": strings.Repeat("x", 33<<10)}, {"to": i}, {"sdp": "v=0"}, {"to": m, "sdp": "v=0"}} {
		call(maya, "call.offer", bad)
		maya.refused(t, "call.offer", "invalid", "call.said_wrong")
	}
	call(maya, "call.ice", map[string]any{"to": i, "candidate": map[string]any{"candidate": strings.Repeat("x", 3000)}})
	maya.refused(t, "call.ice", "invalid", "call.said_wrong")
	call(maya, "call.offer", map[string]any{"to": "nobody", "sdp": "v=0"})
	maya.quietly(t)

	// catching up with the room does not lose the call
	call(ingrid, "call.set", map[string]any{"screen": true})
	ingrid.join(t, r.ID, 0)
	call(maya, "call.offer", map[string]any{"to": i, "sdp": "v=0 again"})
	if f := ingrid.next(t, "call.offer"); f["sdp"] != "v=0 again" {
		t.Errorf("%v", f)
	}
	if p := ingrid.state(t, 2)["parties"].([]any)[1].(map[string]any); p["screen"] != true || p["camera"] != false {
		t.Errorf("%v", p)
	}

	// who comes later learns of it, who is taken out of the company is out at once
	late := one.open(t, "wen.2")
	late.join(t, r.ID, 1)
	late.state(t, 2)
	two.end("ingrid")
	if c := ingrid.closed(t); c != 4001 {
		t.Errorf("close code %d", c)
	}
	maya.state(t, 1)
	call(maya, "call.offer", map[string]any{"to": i, "sdp": "v=0"})
	maya.quietly(t)

	// a role that may not call is out, and stays in the room
	call(late, "call.join", map[string]any{"call": id})
	late.next(t, "call.joined")
	wen := two.open(t, "wen.3")
	wen.join(t, r.ID, 2)
	call(wen, "call.join", map[string]any{"call": id})
	wen.next(t, "call.joined")
	maya.state(t, 3)
	two.mu.Lock()
	two.roles[two.person["wen"]] = []access.Role{access.Viewer}
	two.mu.Unlock()
	if f := wen.next(t, "call.left"); f["reason"] != "removed" {
		t.Errorf("%v", f)
	}
	one.live.Recheck(one.person["wen"])
	if f := late.next(t, "call.left"); f["reason"] != "removed" {
		t.Errorf("%v", f)
	}
	late.quietly(t)
	maya.state(t, 1)

	// the last one goes without a word
	_ = maya.ws.Close(websocket.StatusNormalClosure, "")
	watch.state(t, -1)
	if f := watch.next(t, "event"); f["kind"] != "call.ended" || f["seq"] != 2.0 {
		t.Errorf("%v", f)
	}
}

// TestCallRelayed: in a call that goes through the server nobody is told another's address.
func TestCallRelayed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.One(t))
	h.relay = true
	n := h.node(t, socket.Config{})
	r := n.room(t, "1")
	maya, ingrid := n.open(t, "maya"), n.open(t, "ingrid")
	maya.join(t, r.ID, 0)
	ingrid.join(t, r.ID, 0)
	maya.send(t, map[string]any{"type": "call.begin", "room": r.ID})
	in := maya.next(t, "call.joined")
	ingrid.send(t, map[string]any{"type": "call.join", "room": r.ID, "call": in["call"]})
	if f := ingrid.next(t, "call.joined"); f["relay"] != true || in["relay"] != true {
		t.Errorf("%v %v", in["relay"], f["relay"])
	}
	ice := func(c string) {
		ingrid.send(t, map[string]any{"type": "call.ice", "room": r.ID, "to": in["peer"], "candidate": map[string]any{"candidate": c, "sdpMid": "0"}})
	}
	ice("candidate:1 1 udp 1 192.168.7.3 9 typ host")
	ice("candidate:4 1 udp 1 198.51.100.1 3333 typ relay raddr 192.168.7.3 rport 9")
	if c := maya.next(t, "call.ice")["candidate"].(map[string]any); c["candidate"] != "candidate:4 1 udp 1 198.51.100.1 3333 typ relay raddr 0.0.0.0 rport 0" || c["sdpMid"] != "0" {
		t.Errorf("%v", c)
	}
	ingrid.send(t, map[string]any{"type": "call.ice", "room": r.ID, "to": in["peer"], "candidate": nil})
	if f := maya.next(t, "call.ice"); f["candidate"] != nil {
		t.Errorf("%v", f)
	}
	ingrid.send(t, map[string]any{"type": "call.offer", "room": r.ID, "to": in["peer"], "sdp": "v=0\r\na=candidate:1 1 udp 1 192.168.7.3 9 typ host\r\na=x\r\n"})
	if f := maya.next(t, "call.offer"); f["sdp"] != "v=0\r\na=x\r\n" {
		t.Errorf("%v", f)
	}
}

// TestCallEnds: who began it ends it for all; a company that leaves the room is out of its
// call; floods are refused.
func TestCallEnds(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{CallRate: 1e-9, CallBurst: 30, RingRate: 1e-9, RingBurst: 2, SaidRate: 1e-9, SaidBurst: 1200})
	r := n.room(t, "1")
	begin := func(p *peer) map[string]any {
		t.Helper()
		p.send(t, map[string]any{"type": "call.begin", "room": r.ID, "key": "b"})
		return p.next(t, "call.joined")
	}
	maya, ingrid := n.open(t, "maya"), n.open(t, "ingrid")
	maya.send(t, map[string]any{"type": "call.begin", "room": r.ID, "key": "early"}) // not in the room
	maya.refused(t, "early", "not_found", "")
	maya.join(t, r.ID, 0)
	ingrid.join(t, r.ID, 0)
	in := begin(maya)
	ingrid.send(t, map[string]any{"type": "call.join", "room": r.ID, "call": in["call"], "key": "j"})
	ingrid.next(t, "call.joined")
	maya.send(t, map[string]any{"type": "call.end", "room": r.ID, "call": in["call"]})
	if f := ingrid.next(t, "call.left"); f["reason"] != "ended" {
		t.Errorf("%v", f)
	}
	maya.next(t, "call.left")
	ingrid.state(t, -1)
	ingrid.send(t, map[string]any{"type": "call.offer", "room": r.ID, "to": in["peer"], "sdp": "v=0", "key": "o"})
	ingrid.refused(t, "o", "not_found", "call.not_in_it")

	begin(maya) // anew
	maya.state(t, 1)
	if err := n.rooms.RemoveOrg(t.Context(), access.System("test", n.org["aurelia"]), r.ID, n.org["kestrel"]); err != nil {
		t.Fatal(err)
	}
	ingrid.state(t, -1)
	maya.send(t, map[string]any{"type": "call.begin", "room": r.ID, "key": "out"})
	maya.refused(t, "out", "not_found", "")

	other, err := n.rooms.EnsureRoom(t.Context(), access.System("test", n.org["aurelia"]), room.Spec{Subject: room.Subject{Kind: "order", ID: "2"}, Orgs: []string{n.org["kestrel"], n.org["aurelia"]}})
	if err != nil {
		t.Fatal(err)
	}
	maya.join(t, other.ID, 0)
	r = other
	maya.send(t, map[string]any{"type": "call.begin", "room": r.ID, "key": "often"}) // the third call begun
	maya.refused(t, "often", "rate_limited", "")
	// what one says to others is bounded in bytes, so that nobody's line is filled
	ingrid.send(t, map[string]any{"type": "call.begin", "room": r.ID, "key": "b2"})
	ingrid.refused(t, "b2", "not_found", "")
	ingrid.join(t, r.ID, 0)
	ingrid.send(t, map[string]any{"type": "call.begin", "room": r.ID, "key": "b3"})
	ingrid.next(t, "call.joined")
	ingrid.send(t, map[string]any{"type": "call.offer", "room": r.ID, "to": "x", "sdp": strings.Repeat("v", 500), "key": "short"})
	ingrid.send(t, map[string]any{"type": "call.offer", "room": r.ID, "to": "x", "sdp": strings.Repeat("v", 1000), "key": "long"})
	ingrid.refused(t, "long", "rate_limited", "")
	ingrid.quietly(t)
	// types nobody knows are passed over
	ingrid.send(t, map[string]any{"type": "call.unheard", "room": r.ID, "key": "u"})
	ingrid.send(t, map[string]any{"type": "call.ring", "room": r.ID, "key": "u"})
	ingrid.quietly(t)
	if slices.ContainsFunc(ingrid.all(), func(f map[string]any) bool { return f["type"] == "error" && f["key"] == "u" }) {
		t.Error("a type nobody knows is an error")
	}
	for range 40 {
		ingrid.send(t, map[string]any{"type": "call.ice", "room": r.ID, "to": "x", "key": "many"})
	}
	for {
		f := ingrid.next(t, "error")
		if f["code"] == "rate_limited" {
			break
		}
	}
}
