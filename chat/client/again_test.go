package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/coder/websocket"

	"entente/chat/client"
)

type frame map[string]any

// frames gives what a client sends to answer, until the line ends or answer says so.
func frames(ws *websocket.Conn, answer func(f frame, say func(frame)) bool) {
	say := func(f frame) {
		b, _ := json.Marshal(f)
		_ = ws.Write(context.Background(), websocket.MessageText, b)
	}
	for {
		_, b, err := ws.Read(context.Background())
		f := frame{}
		if err != nil || json.Unmarshal(b, &f) != nil || !answer(f, say) {
			return
		}
	}
}

// TestSentUntilAnswered: what a line that broke, or a server without time, left without an
// answer is sent again with the same key, and nothing is sent after its answer.
func TestSentUntilAnswered(t *testing.T) {
	t.Parallel()
	got := make(chan frame, 100)
	var refused, late bool
	at := server(t, func(n int64, ws *websocket.Conn) {
		frames(ws, func(f frame, say func(frame)) bool {
			if f["type"] == "post" || f["type"] == "edit" {
				got <- f
				if n == 1 {
					return false // cut before the answer
				}
			}
			switch {
			case f["type"] == "post" && !refused:
				refused = true
				say(frame{"type": "error", "code": "rate_limited", "reason": "error.rate_limited", "key": f["key"], "room": f["room"]})
			case f["type"] == "post":
				say(frame{"type": "posted", "key": f["key"], "seq": 7, "room": "another"}) // the same key elsewhere
				say(frame{"type": "posted", "key": f["key"], "seq": 8, "room": f["room"]})
			case f["type"] == "ping" && !late: // the ping alone found no time: whether the edit was done is not known
				late = true
				say(frame{"type": "error", "code": "rate_limited", "key": f["key"]})
			case f["type"] == "ping":
				say(frame{"type": "pong"})
			}
			return true
		})
	})
	c, err := client.Dial(soon(t), client.Options{URL: at, Token: "x", MinWait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if seq, err := c.Post(soon(t), client.Draft{Room: "r", Key: "k", Text: "x"}); err != nil || seq != 8 {
		t.Fatal(seq, err)
	}
	for range 3 { // cut, refused, taken
		if f := <-got; f["key"] != "k" || f["text"] != "x" || f["room"] != "r" {
			t.Fatal(f)
		}
	}
	if err := c.Edit(soon(t), "r", 8, "y"); err != nil {
		t.Fatal(err)
	}
	first, second := <-got, <-got
	if first["key"] != second["key"] || second["text"] != "y" || len(got) > 0 {
		t.Fatal(first, second)
	}
}

// TestHistoryAnew: a server whose history is another one (a copy that was put back) is told
// as a reload, and what has a number that was told before is told no second time.
func TestHistoryAnew(t *testing.T) {
	t.Parallel()
	at := server(t, func(n int64, ws *websocket.Conn) {
		frames(ws, func(f frame, say func(frame)) bool {
			if f["type"] != "join" {
				return true
			}
			if n == 1 {
				say(frame{"type": "joined", "room": "r", "epoch": "one", "seq": 2})
				for _, seq := range []int{1, 2, 2, 1} { // a server that repeats
					say(frame{"type": "message", "room": "r", "seq": seq, "text": "one"})
				}
				_ = ws.Close(websocket.StatusGoingAway, "")
				return false
			}
			if f["after"] != 2.0 {
				t.Errorf("it came back with %v", f)
			}
			say(frame{"type": "joined", "room": "r", "epoch": "two", "seq": 3})
			say(frame{"type": "message", "room": "r", "seq": 3, "text": "two"})
			say(frame{"type": "message", "room": "r", "seq": 4, "text": "two"})
			say(frame{"type": "error", "code": "not_found", "key": "", "room": "r", "reason": "room.left"})
			say(frame{"type": "call.offer", "room": "r", "from": "sfu"}) // a name used in another way
			say(frame{"type": "message", "room": "r", "seq": 5, "text": "two"})
			return true
		})
	})
	c, err := client.Dial(soon(t), client.Options{URL: at, Token: "x", MinWait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Join(soon(t), "r", 0); err != nil {
		t.Fatal(err)
	}
	for i, want := range []client.Event{{Type: client.Message, Seq: 1}, {Type: client.Message, Seq: 2}, {Type: client.Reload, Seq: 3, After: 2, Epoch: "two"},
		{Type: client.Message, Seq: 4}, {Type: client.Left, Reason: "room.left"}, {Type: "call.offer"}} {
		e, err := c.Next(soon(t))
		if err != nil {
			t.Fatal(err)
		}
		if e.Type != want.Type || e.Seq != want.Seq || e.After != want.After || e.Epoch != want.Epoch || e.Reason != want.Reason || e.Room != "r" {
			t.Fatalf("%d: %+v, want %+v", i, e, want)
		}
	}
	short, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if e, err := c.Next(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%+v %v", e, err)
	}
}
