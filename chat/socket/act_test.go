package socket_test

import (
	"testing"

	"entente/chat/socket"
	"entente/db"
	"entente/db/dbtest"
)

// TestActsOnTheWire: acts are events with a number of their own, live and in the gap of
// who was away; a removed text is told to nobody who comes later.
func TestActsOnTheWire(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		n := h.node(t, socket.Config{})
		r := n.room(t, "acts")
		maya, ingrid := n.open(t, "maya"), n.open(t, "ingrid")
		maya.join(t, r.ID, 0)
		ingrid.join(t, r.ID, 0)
		say := func(frame map[string]any) {
			frame["room"] = r.ID
			maya.send(t, frame)
		}
		say(map[string]any{"type": "post", "key": "k", "text": "secret wording"})
		ingrid.next(t, "message")
		say(map[string]any{"type": "edit", "seq": 1, "text": "second wording"})
		if f := ingrid.next(t, "event"); f["kind"] != "message.edited" || f["seq"] != 2.0 || f["target"] != 1.0 || f["body"] != "second wording" || f["from"].(map[string]any)["org"] != "kestrel" || f["subject"].(map[string]any)["id"] != "1" {
			t.Errorf("%v", f)
		}
		say(map[string]any{"type": "react", "seq": 1, "emoji": "👍"})
		if f := ingrid.next(t, "event"); f["kind"] != "message.reacted" || f["emoji"] != "👍" || f["on"] != true {
			t.Errorf("%v", f)
		}
		say(map[string]any{"type": "pin", "seq": 1})
		if f := ingrid.next(t, "event"); f["kind"] != "message.pinned" {
			t.Errorf("%v", f)
		}
		ingrid.send(t, map[string]any{"type": "read", "room": r.ID, "seq": 4})
		if f := maya.next(t, "seen"); f["seq"] != 4.0 || f["from"].(map[string]any)["id"] != h.person["ingrid"] {
			t.Errorf("%v", f)
		}
		ingrid.send(t, map[string]any{"type": "edit", "room": r.ID, "seq": 1, "text": "not hers", "key": "e"})
		if f := ingrid.next(t, "error"); f["code"] != "forbidden" || f["key"] != "e" {
			t.Errorf("%v", f)
		}
		say(map[string]any{"type": "remove", "seq": 1})
		if f := ingrid.next(t, "event"); f["kind"] != "message.removed" || f["seq"] != 5.0 {
			t.Errorf("%v", f)
		}
		wen := n.open(t, "wen")
		wen.join(t, r.ID, 0)
		wen.exactly(t, r.ID, 1, 5)
		for _, f := range wen.all() {
			if text, _ := f["text"].(string); f["type"] == "message" && (text != "" || f["removed"] != true) {
				t.Errorf("%v", f)
			}
			if body, ok := f["body"].(string); ok && body != "" {
				t.Errorf("the text comes back with its edit: %v", f)
			}
			if _, ok := f["emoji"]; ok {
				t.Errorf("%v", f)
			}
		}
		ingrid.exactly(t, r.ID, 1, 5)
		kaarel := n.open(t, "kaarel")
		kaarel.send(t, map[string]any{"type": "react", "room": r.ID, "seq": 1, "emoji": "👍", "key": "x"})
		if f := kaarel.next(t, "error"); f["code"] != "not_found" {
			t.Errorf("%v", f)
		}
	})
}
