package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// talker is one live connection that keeps what it got.
type talker struct {
	t  *testing.T
	ws *websocket.Conn
	in chan map[string]any
}

func (c *client) live() *talker {
	c.t.Helper()
	var ticket struct{ Ticket string }
	c.post("/api/v1/live/ticket", "", 201, &ticket)
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, strings.Replace(c.s.url, "http", "ws", 1)+"/live?ticket="+ticket.Ticket, nil)
	if err != nil {
		c.t.Fatalf("live: %v", err)
	}
	k := &talker{c.t, ws, make(chan map[string]any, 1000)}
	go func() {
		defer close(k.in)
		for {
			_, raw, err := ws.Read(context.Background())
			if err != nil {
				return
			}
			for _, line := range strings.Split(string(raw), "\n") {
				var m map[string]any
				if json.Unmarshal([]byte(line), &m) == nil {
					k.in <- m
				}
			}
		}
	}()
	c.t.Cleanup(func() { _ = ws.CloseNow() })
	return k
}

func (k *talker) send(frame map[string]any) {
	k.t.Helper()
	raw, err := json.Marshal(frame)
	if err != nil {
		k.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(k.t.Context(), 10*time.Second)
	defer cancel()
	if err := k.ws.Write(ctx, websocket.MessageText, raw); err != nil {
		k.t.Fatalf("write: %v", err)
	}
}

// next waits for a frame of one of the types.
func (k *talker) next(types ...string) map[string]any {
	k.t.Helper()
	end := time.After(15 * time.Second)
	for {
		select {
		case m, ok := <-k.in:
			if !ok {
				k.t.Fatalf("the connection closed while waiting for %v", types)
			}
			for _, want := range types {
				if m["type"] == want {
					return m
				}
			}
		case <-end:
			k.t.Fatalf("no %v frame", types)
		}
	}
}

// TestStoryChat: two companies talk on an order; a killed connection resumes with
// no gap and no repeat; a restart of the server loses nothing.
func TestStoryChat(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		kestrel := s.token("maya@kestrel.example", "edi:read,edi:write,orders:read,chat:read,chat:write")
		aurelia := s.token("ingrid@aurelia.example", "orders:read,chat:read,chat:write")
		baltic := s.token("kaarel@baltic.example", "orders:read,chat:read,chat:write")
		in := kestrel.send(po{control: 990001, number: "CHAT-1"}.String())
		kestrel.processed(in.ID)
		var o order
		eventually(t, "the order has its room", func() bool {
			kestrel.get("/api/v1/orders/"+kestrel.orders("CHAT-1")[0].ID, &o)
			return o.Room != nil
		})
		room := *o.Room

		a, b := kestrel.live(), aurelia.live()
		a.send(map[string]any{"type": "join", "room": room, "after": 0})
		b.send(map[string]any{"type": "join", "room": room, "after": 0})
		joined := a.next("joined")
		if joined["epoch"] == "" || joined["seq"].(float64) < 1 {
			t.Errorf("joined %v", joined)
		}
		if ev := a.next("event"); ev["kind"] != "order.received" || !strings.Contains(fmt.Sprint(ev["text"]), "CHAT-1") {
			t.Errorf("event %v", ev)
		}
		b.next("joined")
		a.send(map[string]any{"type": "post", "room": room, "key": "k1", "text": "Can you ship on Friday?"})
		posted := a.next("posted")
		got := b.next("message")
		from, _ := got["from"].(map[string]any)
		if got["text"] != "Can you ship on Friday?" || got["seq"] != posted["seq"] || from["org"] != "kestrel" || from["name"] != "Maya Osei" {
			t.Errorf("message %v, posted %v", got, posted)
		}
		// the same key again is the same message
		a.send(map[string]any{"type": "post", "room": room, "key": "k1", "text": "Can you ship on Friday?"})
		if again := a.next("posted"); again["seq"] != posted["seq"] {
			t.Errorf("the same key got %v and %v", posted["seq"], again["seq"])
		}
		// a stranger cannot join, and the answer is that of a room that does not exist
		x := baltic.live()
		x.send(map[string]any{"type": "join", "room": room, "after": 0})
		e1 := x.next("error", "joined")
		x.send(map[string]any{"type": "join", "room": strings.Repeat("0", 26), "after": 0})
		e2 := x.next("error", "joined")
		if e1["type"] != "error" || e1["code"] != e2["code"] {
			t.Errorf("a stranger joins: %v; a room that does not exist: %v", e1, e2)
		}

		// the connection dies, others go on, it comes back with the gap and no repeat
		last := int64(got["seq"].(float64))
		_ = b.ws.CloseNow()
		for i := range 50 {
			a.send(map[string]any{"type": "post", "room": room, "key": fmt.Sprintf("gap-%d", i), "text": fmt.Sprint("line ", i)})
			a.next("posted")
		}
		b = aurelia.live()
		b.send(map[string]any{"type": "join", "room": room, "after": last})
		b.next("joined")
		for want := last + 1; want <= last+50; want++ {
			m := b.next("message", "event")
			if int64(m["seq"].(float64)) != want {
				t.Fatalf("got %v, want seq %d", m, want)
			}
		}
		// after a kill of the server the numbers go on where they stood
		s.kill()
		s.run()
		b = aurelia.live()
		b.send(map[string]any{"type": "join", "room": room, "after": last + 50})
		if j := b.next("joined"); int64(j["seq"].(float64)) != last+50 {
			t.Errorf("after the restart the room stands at %v", j["seq"])
		}
		b.send(map[string]any{"type": "post", "room": room, "key": "after", "text": "Back again"})
		if p := b.next("posted"); int64(p["seq"].(float64)) != last+51 {
			t.Errorf("posted %v", p)
		}
		var history struct {
			Items []struct {
				Seq  int64
				Type string
			}
		}
		kestrel.get("/api/v1/rooms/"+room+"/messages?after=0&limit=200", &history)
		for i, m := range history.Items {
			if m.Seq != int64(i+1) {
				t.Fatalf("history has %d at place %d", m.Seq, i+1)
			}
		}
	})
}
