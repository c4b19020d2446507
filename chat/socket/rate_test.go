package socket

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"entente/chat/hub"
)

// TestManyGoAtOnce: what a connection that ends costs does not grow with how many others
// there are; a person is forgotten a minute after the last one ended, and who comes back
// before finds no fresh buckets.
func TestManyGoAtOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	lim := Limits{}
	lim.defaults()
	r := newRates(lim, func() time.Time { return now })
	const many = 5000
	name := func(i int) string { return fmt.Sprint("p", i) }
	for i := range many {
		if !r.open(name(i)) || !r.frame(name(i)) {
			t.Fatal(i)
		}
	}
	for i := range many {
		r.close(name(i))
	}
	if r.looked > 2*many {
		t.Errorf("%d looks for %d who go", r.looked, many)
	}
	now = now.Add(keepAllowance / 2)
	if !r.open(name(0)) || r.persons[name(0)].frames.tokens > lim.FrameBurst-1 {
		t.Error("coming back fills the buckets")
	}
	now = now.Add(keepAllowance)
	r.open("last")
	r.close("last")
	if len(r.persons) != 2 || r.persons[name(0)] == nil || r.persons["last"] == nil || len(r.gone) != 1 {
		t.Errorf("%d persons, %d gone", len(r.persons), len(r.gone))
	}
	r.close(name(0))
	now = now.Add(2 * keepAllowance)
	r.open("x")
	r.close("x")
	if len(r.persons) != 1 {
		t.Errorf("%d persons are kept", len(r.persons))
	}
}

// ended keeps the code with which a connection was closed.
type ended struct{ code chan hub.Code }

func (e ended) Write([]byte) error            { return nil }
func (e ended) Close(code hub.Code, _ string) { e.code <- code }

// TestBehindIsNotSilent: a client that is told what it missed answers no ping meanwhile,
// since nobody reads, and is not taken for a silent one, however long its line needs; from
// then on it has as long to answer as any other.
func TestBehindIsNotSilent(t *testing.T) {
	t.Parallel()
	e := &Endpoint{clients: map[*client]struct{}{}, log: slog.New(slog.DiscardHandler)}
	e.cfg.Limits.defaults()
	lim := e.cfg.Limits
	h := hub.New(hub.Options{Log: e.log})
	if err := h.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer h.Stop()
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	go func() { _, _ = io.Copy(io.Discard, there) }()
	out := ended{make(chan hub.Code, 1)}
	conn, err := h.Add(hub.Who{Person: "maya", Org: "kestrel"}, out)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{e: e, link: &link{Conn: here, wait: time.Minute}, conn: conn}
	c.here.Store(true)
	e.clients[c] = struct{}{}
	now := time.Now()
	e.sweep(now)
	now = now.Add(lim.PingEvery)
	e.sweep(now)
	if !c.asking {
		t.Fatal("no ping was sent")
	}
	c.behind.Store(true)
	for range 10 {
		now = now.Add(lim.PingEvery + lim.PongWait)
		e.sweep(now)
	}
	if c.done() {
		t.Fatal("closed while it was told what it missed")
	}
	c.behind.Store(false)
	e.sweep(now.Add(lim.PongWait / 2))
	if c.done() {
		t.Fatal("closed without time to answer")
	}
	e.sweep(now.Add(2 * lim.PongWait))
	if code := <-out.code; code != hub.CodeSilent {
		t.Errorf("code %d", code)
	}
}
