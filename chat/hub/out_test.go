package hub

import (
	"context"
	"runtime"
	"testing"

	"entente/chat/broker"
)

// TestNothingAfterTakenOut: who reads slowly while a gap is sent is told of nothing that he
// has not got when he is taken out of the room, but that he was.
func TestNothingAfterTakenOut(t *testing.T) {
	t.Parallel()
	tab := newTable()
	h := start(t, Options{Source: tab, QueueFrames: 8})
	for range 50 {
		tab.add("r")
	}
	hold := make(chan struct{})
	tp := newTap()
	tp.hold = hold
	c, err := h.Add(Who{Person: "ann", Org: "kestrel"}, tp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Remove)
	joined := make(chan error, 1)
	go func() { joined <- c.Join(context.Background(), "r", at(0)) }()
	for {
		c.mu.Lock()
		full := c.space != nil
		c.mu.Unlock()
		if full { // the rest waits for the client
			break
		}
		runtime.Gosched()
	}
	h.Expel("r", "ann", "")
	if c.SendIn("r", Prepare([]byte(`{"type":"late"}`))) || c.SendIn("none", Prepare([]byte(`{"type":"late"}`))) {
		t.Error("a frame about a room that it is not in was queued")
	}
	close(hold)
	if err := <-joined; err != nil {
		t.Fatal(err)
	}
	c.Send(Prepare([]byte(`{"type":"end"}`)))
	tp.until(t, "the end", func() bool { return len(tp.msgs) > 0 && tp.msgs[len(tp.msgs)-1]["type"] == "end" })
	out := false
	for _, m := range tp.msgs {
		switch {
		case m["type"] == "left":
			out = true
		case out && m["type"] != "end":
			t.Fatalf("after it was taken out came %v", m)
		}
	}
	if !out || len(tp.seqs()) >= 50 {
		t.Fatalf("told %v; %d messages", out, len(tp.seqs()))
	}
}

// TestOutIsToldToNodes: a node is told of who was taken out of a room on another.
func TestOutIsToldToNodes(t *testing.T) {
	t.Parallel()
	m := broker.NewMemory()
	t.Cleanup(func() { _ = m.Close() })
	out := make(chan string, 1)
	one := start(t, Options{Source: newTable(), Broker: m, Node: "one", Out: func(string) { t.Error("its own doing") }})
	start(t, Options{Source: newTable(), Broker: m, Node: "two", Out: func(room string) { out <- room }})
	one.Expel("r", "ann", "")
	if room := <-out; room != "r" {
		t.Error(room)
	}
}
