package socket_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"entente/chat/hub"
	"entente/chat/room"
	"entente/chat/socket"
	"entente/prm/access"
)

func TestFramesOfTheContract(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{NoticeEvery: time.Millisecond})
	r := n.room(t, "1")
	n.post(t, "maya", r.ID, "before")
	ingrid := n.open(t, "ingrid")
	j := ingrid.join(t, r.ID, 0)
	hasFields(t, j, "type", "room", "epoch", "seq")
	if j["epoch"] != r.Epoch || j["seq"] != 1.0 {
		t.Fatalf("%v", j)
	}
	gap := ingrid.next(t, "message")
	hasFields(t, gap, "type", "room", "seq", "key", "from", "text", "thread", "at")
	from := gap["from"].(map[string]any)
	if from["id"] != n.person["maya"] || from["name"] != "maya" || from["org"] != "kestrel" || gap["text"] != "text before" || gap["key"] != "before" || gap["thread"] != nil {
		t.Fatalf("%v", gap)
	}
	if at, err := time.Parse(time.RFC3339, gap["at"].(string)); err != nil || at.Location() != time.UTC && !strings.HasSuffix(gap["at"].(string), "Z") {
		t.Fatalf("at %v: %v", gap["at"], err)
	}

	maya := n.open(t, "maya")
	maya.join(t, r.ID, 1)
	maya.send(t, map[string]any{"type": "post", "room": r.ID, "key": "k1", "text": "你好 <b>", "thread": 1, "colour": "red"})
	posted := maya.next(t, "posted")
	if posted["key"] != "k1" || posted["seq"] != 2.0 {
		t.Fatalf("%v", posted)
	}
	live := ingrid.next(t, "message")
	if live["seq"] != 2.0 || live["text"] != "你好 <b>" || live["thread"] != 1.0 {
		t.Fatalf("%v", live)
	}
	// the same key is one message
	maya.send(t, map[string]any{"type": "post", "room": r.ID, "key": "k1", "text": "again"})
	if again := maya.next(t, "posted"); again["seq"] != 2.0 {
		t.Fatalf("%v", again)
	}
	// typing goes to the others, not back
	maya.send(t, map[string]any{"type": "typing", "room": r.ID})
	if ty := ingrid.next(t, "typing"); ty["room"] != string(r.ID) || ty["from"].(map[string]any)["name"] != "maya" {
		t.Fatalf("%v", ty)
	}
	// unknown types are ignored, wrong frames answered, the connection stays
	maya.send(t, `{"type":"dance","room":5}`)
	maya.send(t, `{"type":"dance"}`)
	maya.send(t, `[]`)
	maya.send(t, `{"type":"post","room":"nowhere","key":"k2","text":"x"}`)
	maya.send(t, `{"type":"ping"}`)
	maya.next(t, "pong")
	var errs []string
	for _, f := range maya.all() {
		if f["type"] == "error" {
			hasFields(t, f, "code", "key")
			errs = append(errs, fmt.Sprint(f["code"], f["key"]))
		}
		if f["type"] == "typing" {
			t.Error("typing came back to the typist")
		}
	}
	if fmt.Sprint(errs) != "[invalid invalid not_foundk2]" {
		t.Fatalf("errors %v", errs)
	}
	// events come in the reader's language, in the same sequence
	wen := n.open(t, "wen")
	wen.join(t, r.ID, 2)
	_, err := n.rooms.Event(context.Background(), access.System("test", n.org["aurelia"]), room.Line{Room: r.ID, Key: "e", Kind: "order.confirmed", Args: map[string]string{"n": "45"}})
	if err != nil {
		t.Fatal(err)
	}
	en, zh := ingrid.next(t, "event"), wen.next(t, "event")
	hasFields(t, en, "type", "room", "seq", "kind", "subject", "text", "at")
	if en["seq"] != 3.0 || en["text"] != "en order.confirmed 45" || zh["text"] != "zh-CN order.confirmed 45" || en["subject"].(map[string]any)["kind"] != "order" {
		t.Fatalf("%v %v", en, zh)
	}
	// presence lists all three, sorted by name
	ingrid.until(t, "presence of three", func() bool {
		for i := len(ingrid.frames) - 1; i >= 0; i-- {
			if f := ingrid.frames[i]; f["type"] == "presence" {
				return len(f["online"].([]any)) == 3
			}
		}
		return false
	})
	// a read mark is told to the person's other pages
	other := n.open(t, "maya.2")
	maya.send(t, map[string]any{"type": "read", "room": r.ID, "seq": 3})
	if rd := other.next(t, "read"); rd["seq"] != 3.0 {
		t.Fatalf("%v", rd)
	}
	// and a new message is hinted to pages that have not joined
	n.post(t, "ingrid", r.ID, "hint")
	for {
		if c := other.next(t, "changed"); c["object"] == "room" && c["id"] == string(r.ID) && c["seq"] == 4.0 {
			break
		}
	}
	n.live.Changed("order", "4500", []string{n.org["kestrel"]})
	for {
		if c := maya.next(t, "changed"); c["object"] == "order" && c["id"] == "4500" {
			break
		}
	}
}

func TestReloadWhenTooMuchIsMissing(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{})
	r := n.room(t, "1")
	n.fill(t, "ingrid", r.ID, room.MaxGap+1, "x")
	const last = room.MaxGap + 1
	p := n.open(t, "maya")
	p.join(t, r.ID, 0)
	rl := p.next(t, "reload")
	if rl["seq"] != float64(last) || rl["epoch"] != r.Epoch || rl["room"] != string(r.ID) {
		t.Fatalf("%v", rl)
	}
	n.post(t, "ingrid", r.ID, "live")
	p.exactly(t, r.ID, last+1, last+1)
	// exactly MaxGap missing is replayed
	q := n.open(t, "maya")
	q.join(t, r.ID, 2)
	q.exactly(t, r.ID, 3, last+1)
	// a client ahead of the room has another history
	a := n.open(t, "maya")
	a.join(t, r.ID, last+100)
	a.next(t, "reload")
	// a missing after means from the beginning
	b := n.open(t, "maya")
	b.send(t, map[string]any{"type": "join", "room": n.room(t, "2").ID})
	b.next(t, "joined")
}

func TestWhoMayOpen(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{Connections: 4})
	cookie := http.Header{"Cookie": {"a=b; session=maya; c=d"}}
	with := func(h http.Header, kv ...string) http.Header {
		h = h.Clone()
		for i := 0; i < len(kv); i += 2 {
			h.Add(kv[i], kv[i+1])
		}
		return h
	}
	id, err := n.identity("maya")
	if err != nil {
		t.Fatal(err)
	}
	ticket, until, err := n.live.IssueTicket(context.Background(), id)
	if err != nil || time.Until(until) > 31*time.Second || time.Until(until) < 25*time.Second {
		t.Fatalf("%v %v", until, err)
	}
	ended, _ := n.identity("wen.9")
	late, _, err := n.live.IssueTicket(context.Background(), ended)
	if err != nil {
		t.Fatal(err)
	}
	n.end("wen.9")
	for _, c := range []struct {
		name, path string
		head       http.Header
		status     int
	}{
		{"cookie", "/live", cookie, 101},
		{"cookie, own origin", "/live", with(cookie, "Origin", "http://"+n.addr), 101},
		{"cookie, foreign origin", "/live", with(cookie, "Origin", "https://evil.example"), 403},
		{"cookie, null origin", "/live", with(cookie, "Origin", "null"), 403},
		{"cookie, two origins", "/live", with(cookie, "Origin", "http://"+n.addr, "Origin", "https://evil.example"), 403},
		{"cookie, foreign host with our name in it", "/live", with(cookie, "Origin", "http://"+n.addr+".evil.example"), 403},
		{"bearer", "/live", http.Header{"Authorization": {"Bearer ingrid"}}, 101},
		{"ticket", "/live?ticket=" + ticket, nil, 101},
		{"ticket again", "/live?ticket=" + ticket, cookie, 401},
		{"ticket of an ended session", "/live?ticket=" + late, nil, 401},
		{"no ticket of ours", "/live?ticket=x", cookie, 401},
		{"nothing", "/live", nil, 401},
		{"unknown cookie", "/live", http.Header{"Cookie": {"session=nobody"}}, 401},
		{"one more", "/live", cookie, 101},
		{"too many", "/live", cookie, 429},
	} {
		p, res, err := n.dial(c.path, c.head)
		if res == nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if res.StatusCode != c.status {
			t.Errorf("%s: status %d, want %d", c.name, res.StatusCode, c.status)
		}
		if p != nil {
			t.Cleanup(func() { _ = p.ws.CloseNow() })
			p.send(t, `{"type":"ping"}`)
			p.next(t, "pong")
		}
	}
	res, err := http.Get("http://" + n.addr + "/live")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != 426 || !strings.EqualFold(res.Header.Get("Upgrade"), "websocket") {
		t.Fatalf("plain GET: %d %v", res.StatusCode, res.Header)
	}
	// what the port kept is its own copy, not memory that later requests wrote over
	for range 50 {
		if res, err := http.Get("http://" + n.addr + "/plain?" + strings.Repeat("zz", 300)); err == nil {
			_ = res.Body.Close()
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if c := n.cred[0]; c.Cookies["session"] != "maya" || c.Cookies["a"] != "b" || c.Cookies["c"] != "d" || c.Addr != "127.0.0.1" {
		t.Fatalf("%+v", c)
	}
}

func TestTicketEnds(t *testing.T) {
	t.Parallel()
	var m socket.MemoryTickets
	now := time.Now()
	if err := m.Put(context.Background(), [32]byte{1}, socket.Identity{Session: "s"}, now.Add(socket.TicketLife)); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Take(context.Background(), [32]byte{1}, now.Add(socket.TicketLife+1)); err == nil {
		t.Fatal("a late ticket was taken")
	}
	if err := m.Put(context.Background(), [32]byte{2}, socket.Identity{Session: "s"}, now.Add(socket.TicketLife)); err != nil {
		t.Fatal(err)
	}
	if id, err := m.Take(context.Background(), [32]byte{2}, now); err != nil || id.Session != "s" {
		t.Fatalf("%v %v", id, err)
	}
	if _, err := m.Take(context.Background(), [32]byte{2}, now); err == nil {
		t.Fatal("a used ticket was taken")
	}
}

func TestTheWall(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{NoticeEvery: time.Millisecond})
	r := n.room(t, "1")
	stranger, maya := n.open(t, "kaarel"), n.open(t, "maya")
	maya.join(t, r.ID, 0)
	for _, f := range []string{"join", "post", "read", "typing"} {
		stranger.send(t, map[string]any{"type": f, "room": r.ID, "key": f, "text": "x", "seq": 1})
	}
	n.post(t, "ingrid", r.ID, "secret")
	maya.exactly(t, r.ID, 1, 1)
	stranger.send(t, `{"type":"post","room":"none","key":"none","text":"x"}`)
	stranger.send(t, `{"type":"ping"}`)
	stranger.next(t, "pong")
	seen := map[string]string{}
	for _, f := range stranger.all() {
		if f["type"] == "pong" {
			continue
		}
		if f["type"] != "error" || f["code"] != "not_found" {
			t.Fatalf("the stranger got %v", f)
		}
		seen[f["key"].(string)] = fmt.Sprint(f["code"], f["reason"])
	}
	if len(seen) != 4 || seen["post"] != seen["none"] {
		t.Fatalf("answers %v", seen)
	}
	for _, f := range maya.all() {
		if strings.Contains(fmt.Sprint(f), "kaarel") {
			t.Fatalf("maya learned of the stranger: %v", f)
		}
	}
}

func TestLimitsOfAFrame(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{})
	r := n.room(t, "1")
	p := n.open(t, "maya")
	p.send(t, map[string]any{"type": "post", "room": r.ID, "key": "fits", "text": strings.Repeat("x", room.MaxText)})
	p.next(t, "posted")
	p.send(t, map[string]any{"type": "post", "room": r.ID, "key": "long", "text": strings.Repeat("x", 60<<10)})
	if e := p.next(t, "error"); e["code"] != "invalid" || e["key"] != "long" || e["reason"] != "room.text_long" {
		t.Fatalf("%v", e)
	}
	p.send(t, `{"type":"`+strings.Repeat("x", 64<<10)+`"}`)
	if c := p.closed(t); c != websocket.StatusMessageTooBig {
		t.Fatalf("code %d", c)
	}
	b := n.open(t, "maya")
	if err := b.ws.Write(context.Background(), websocket.MessageBinary, []byte(`{"type":"ping"}`)); err != nil {
		t.Fatal(err)
	}
	if c := b.closed(t); c != websocket.StatusUnsupportedData {
		t.Fatalf("code %d", c)
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{PostRate: 0.001, PostBurst: 3, FrameRate: 0.001, FrameBurst: 30})
	r := n.room(t, "1")
	one, two := n.open(t, "maya"), n.open(t, "maya.2")
	for i := range 3 {
		p := []*peer{one, two}[i%2]
		p.send(t, map[string]any{"type": "post", "room": r.ID, "key": fmt.Sprint(i), "text": "x"})
		p.next(t, "posted")
	}
	two.send(t, map[string]any{"type": "post", "room": r.ID, "key": "much", "text": "x"})
	if e := two.next(t, "error"); e["code"] != "rate_limited" || e["key"] != "much" {
		t.Fatalf("%v", e)
	}
	// another person has rates of his own
	other := n.open(t, "ingrid")
	other.send(t, map[string]any{"type": "post", "room": r.ID, "key": "k", "text": "x"})
	other.next(t, "posted")
	// flooding ends the connection
	for range 300 {
		if one.ws.Write(context.Background(), websocket.MessageText, []byte(`{"type":"ping"}`)) != nil {
			break
		}
	}
	if c := one.closed(t); c != websocket.StatusCode(hub.CodeFlood) {
		t.Fatalf("code %d", c)
	}
}

// TestPingFlood: pings count as frames. Over the rate they are not answered, and too many
// in a row end the connection.
func TestPingFlood(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{FrameRate: 0.001, FrameBurst: 30, PingEvery: time.Hour})
	w := n.wire(t, "maya", 0)
	go func() { _, _ = w.Write(bytes.Repeat(raw(0x89, "x"), 400)) }()
	pongs := 0
	for {
		op, p := w.frame(t)
		if op == 10 {
			pongs++
		}
		if op == 8 {
			if code := hub.Code(binary.BigEndian.Uint16(p)); code != hub.CodeFlood {
				t.Fatalf("code %d", code)
			}
			break
		}
	}
	if pongs != 29 { // one of the burst was the message before
		t.Errorf("%d pings were answered", pongs)
	}
}

func TestEndedPeopleAreCutOffAtOnce(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{RecheckEvery: time.Hour})
	r := n.room(t, "1")
	p1, p2, other := n.open(t, "maya"), n.open(t, "maya.2"), n.open(t, "ingrid")
	for _, p := range []*peer{p1, p2, other} {
		p.join(t, r.ID, 0)
	}
	n.live.DropSession("maya.2")
	n.post(t, "ingrid", r.ID, "1")
	if c := p2.closed(t); c != websocket.StatusCode(hub.CodeEnded) {
		t.Fatalf("code %d", c)
	}
	p1.exactly(t, r.ID, 1, 1)
	p2.mu.Lock()
	if len(p2.seqs(r.ID)) != 0 {
		t.Error("a message came after the session had ended")
	}
	p2.mu.Unlock()
	n.live.DropMembership(n.person["maya"], n.org["baltic"]) // another company: nothing
	n.live.DropPerson(n.person["maya"])
	if c := p1.closed(t); c != websocket.StatusCode(hub.CodeEnded) {
		t.Fatalf("code %d", c)
	}
	// a company taken out of the room
	back := n.open(t, "maya")
	back.join(t, r.ID, 1)
	if err := n.rooms.RemoveOrg(context.Background(), access.System("test", n.org["aurelia"]), r.ID, n.org["kestrel"]); err != nil {
		t.Fatal(err)
	}
	n.post(t, "ingrid", r.ID, "2")
	other.exactly(t, r.ID, 1, 2)
	if e := back.next(t, "error"); e["code"] != "not_found" || e["room"] != string(r.ID) {
		t.Fatalf("%v", e)
	}
	back.send(t, `{"type":"ping"}`)
	back.next(t, "pong")
	back.mu.Lock()
	if len(back.seqs(r.ID)) != 0 {
		t.Error("a message came after the company had left")
	}
	back.mu.Unlock()
}

func TestRecheckFindsWhatNobodyTold(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{RecheckEvery: 20 * time.Millisecond})
	r := n.room(t, "1")
	p := n.open(t, "maya")
	p.join(t, r.ID, 0)
	n.mu.Lock()
	n.roles[n.person["maya"]] = nil // no role: may not read the room any more
	n.mu.Unlock()
	if e := p.next(t, "error"); e["code"] != "not_found" || e["room"] != string(r.ID) {
		t.Fatalf("%v", e)
	}
	n.end("maya")
	if c := p.closed(t); c != websocket.StatusCode(hub.CodeEnded) {
		t.Fatalf("code %d", c)
	}
	// on demand, without the interval
	m := single(t, socket.Limits{RecheckEvery: time.Hour})
	q := m.open(t, "maya")
	q.send(t, `{"type":"ping"}`) // past the first check
	q.next(t, "pong")
	m.end("maya")
	m.live.Recheck(m.person["maya"])
	if c := q.closed(t); c != websocket.StatusCode(hub.CodeEnded) {
		t.Fatalf("code %d", c)
	}
}
