package socket_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/chat/client"
	"entente/chat/hub"
	"entente/chat/room"
	"entente/chat/socket"
	"entente/db/dbtest"
	"entente/prm/access"
)

// line is how a client reaches a server, which may move, and is cut by the test.
type line struct {
	mu    sync.Mutex
	to    string
	open  []net.Conn
	made  int
	inner *http.Transport
}

func newLine(to string) *line {
	l := &line{to: to}
	l.inner = &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		l.mu.Lock()
		at := l.to
		l.mu.Unlock()
		c, err := (&net.Dialer{}).DialContext(ctx, network, at)
		if err == nil {
			l.mu.Lock()
			l.open = append(l.open, c)
			l.made++
			l.mu.Unlock()
		}
		return c, err
	}}
	return l
}

func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.open {
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	}
	l.open = nil
}

func (l *line) move(to string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = to
}

func (l *line) connections() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.made
}

// program opens a client of the package that programs use. lost gets why connections ended.
func (l *line) program(t testing.TB, opt client.Options) *client.Client {
	t.Helper()
	opt.URL, opt.HTTP = "http://portal.example", &http.Client{Transport: l.inner}
	opt.MinWait, opt.MaxWait = time.Millisecond, 20*time.Millisecond
	c, err := client.Dial(soon(t), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); l.inner.CloseIdleConnections() })
	return c
}

func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	t.Cleanup(cancel)
	return ctx
}

// told returns the next event that is of one of the types.
func told(t testing.TB, c *client.Client, types ...client.Type) client.Event {
	t.Helper()
	for ctx := soon(t); ; {
		e, err := c.Next(ctx)
		if err != nil {
			t.Fatalf("waiting for %v: %v", types, err)
		}
		for _, want := range types {
			if e.Type == want {
				return e
			}
		}
	}
}

var swift = socket.Limits{PostRate: 1e6, PostBurst: 1e6, FrameRate: 1e6, FrameBurst: 1e6, Connections: 1000}

// TestClient: the line of a program is cut fifty times while it writes and listens, and the
// server is restarted; nothing is lost, repeated or out of order, and nothing is left.
func TestClient(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("run", func(t *testing.T) {
		h := newHouse(t, dbtest.One(t))
		n := h.node(t, socket.Config{Limits: swift})
		r := n.room(t, "1")
		const writers, cuts = 4, 50
		l := newLine(n.addr)
		c := l.program(t, client.Options{Token: "maya", Queue: 16})
		if j, err := c.Join(soon(t), string(r.ID), 0); err != nil || j.Epoch != r.Epoch || j.Seq != 0 {
			t.Fatal(j, err)
		}
		var over atomic.Bool
		var wg sync.WaitGroup
		var mu sync.Mutex
		answered := map[string]int64{}
		var now atomic.Int64 // the number that was heard last
		limit := soon(t)
		for w := range writers {
			wg.Go(func() {
				for i := 0; !over.Load() || i < 20; i++ {
					key := fmt.Sprint(w, "-", i)
					seq, err := c.Post(soon(t), client.Draft{Room: string(r.ID), Key: key, Text: "text " + key})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					answered[key] = seq
					mu.Unlock()
				}
			})
		}
		go func() {
			defer over.Store(true)
			for i := range cuts {
				if i == cuts/2 { // the server goes, and another comes on the same database
					two := h.node(t, socket.Config{Limits: swift})
					n.live.Stop()
					l.move(two.addr)
				}
				l.cut()
				from := now.Load()
				// it is in the middle of things again, over a line of its own: what was heard may have waited
				for limit.Err() == nil && (now.Load() < from+3 || l.connections() < i+2) {
					<-time.After(time.Millisecond)
				}
			}
		}()
		done := make(chan struct{})
		go func() { wg.Wait(); close(done) }()
		heard := map[string]int64{}
		last := int64(0)
		finished := false
		for !finished || len(heard) < len(answered) {
			select {
			case <-done:
				finished = true
				done = nil
			default:
			}
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			e, err := c.Next(ctx)
			cancel()
			if errors.Is(err, context.DeadlineExceeded) {
				if t.Failed() || limit.Err() != nil {
					t.Fatalf("%d heard, %d answered", len(heard), last)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if e.Type == client.Reload {
				t.Fatalf("%+v", e)
			}
			if e.Type != client.Message {
				continue
			}
			if e.Seq != last+1 || e.Text != "text "+e.Key || e.From.ID != n.person["maya"] || e.From.Org != "kestrel" {
				t.Fatalf("%+v after %d", e, last)
			}
			last = e.Seq
			now.Store(last)
			heard[e.Key] = e.Seq
		}
		if l.connections() <= cuts {
			t.Errorf("%d connections for %d cuts", l.connections(), cuts)
		}
		if int64(len(heard)) != last {
			t.Errorf("%d keys in %d numbers: a post stands twice", len(heard), last)
		}
		for key, seq := range answered {
			if heard[key] != seq {
				t.Errorf("%s was answered with %d and heard as %d", key, seq, heard[key])
			}
		}
	})
	eventually(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= before+3 })
}

// TestClientThatReadsSlowly: what finds no space is asked for again, also by who posts in
// the loop that reads.
func TestClientThatReadsSlowly(t *testing.T) {
	t.Parallel()
	n := single(t, swift)
	r := n.room(t, "1")
	c := newLine(n.addr).program(t, client.Options{Token: "maya", Queue: 8})
	if _, err := c.Join(soon(t), string(r.ID), 0); err != nil {
		t.Fatal(err)
	}
	n.fill(t, "ingrid", r.ID, 100, "x")
	for want := int64(1); want <= 110; want++ { // the answers are heard too
		if e := told(t, c, client.Message); e.Seq != want {
			t.Fatalf("%d, want %d", e.Seq, want)
		}
		if want <= 100 && want%10 == 0 {
			if _, err := c.Post(soon(t), client.Draft{Room: string(r.ID), Key: fmt.Sprint(want), Text: "answer"}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestClientHearsAndDoes: everything that is no message.
func TestClientHearsAndDoes(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{NoticeEvery: time.Millisecond})
	r := n.room(t, "1")
	maya := newLine(n.addr).program(t, client.Options{Token: "maya"})
	ingrid := newLine(n.addr).program(t, client.Options{Token: "ingrid"})
	id := string(r.ID)
	for _, c := range []*client.Client{maya, ingrid} {
		if _, err := c.Join(soon(t), id, 0); err != nil {
			t.Fatal(err)
		}
	}
	for e := told(t, maya, client.Presence); len(e.Online) < 2; e = told(t, maya, client.Presence) {
	}
	if err := maya.Typing(soon(t), id); err != nil {
		t.Fatal(err)
	}
	if e := told(t, ingrid, client.Typing); e.From.Name != "maya" || e.Room != id {
		t.Fatalf("%+v", e)
	}
	seq, err := maya.Post(soon(t), client.Draft{Room: id, Key: "k", Text: "first"})
	if err != nil || seq != 1 {
		t.Fatal(seq, err)
	}
	if again, err := maya.Post(soon(t), client.Draft{Room: id, Key: "k", Text: "first"}); err != nil || again != 1 {
		t.Fatal(again, err)
	}
	for _, err := range []error{
		maya.Edit(soon(t), id, 1, "second"), ingrid.React(soon(t), id, 1, "👍", true), ingrid.React(soon(t), id, 1, "👍", false),
		ingrid.Read(soon(t), id, 1), maya.Remove(soon(t), id, 1)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	told(t, ingrid, client.Message)
	for _, want := range []struct {
		kind, body, emoji string
		on                bool
	}{{"message.edited", "second", "", false}, {"message.reacted", "", "👍", true}, {"message.reacted", "", "👍", false}, {"message.removed", "", "", false}} {
		if e := told(t, ingrid, client.Happened); e.Kind != want.kind || e.Target != 1 || e.Body != want.body || e.Emoji != want.emoji || e.On != want.on {
			t.Fatalf("%+v, want %+v", e, want)
		}
	}
	if e := told(t, maya, client.Seen); e.From.Name != "ingrid" || e.Seq != 1 {
		t.Fatalf("%+v", e)
	}
	var no *client.Error
	if err := ingrid.Edit(soon(t), id, 1, "mine"); !errors.As(err, &no) || no.Code == "" || no.Room != id {
		t.Fatalf("another's message: %v", err)
	}
	if _, err := maya.Post(soon(t), client.Draft{Room: id, Key: "empty"}); !errors.As(err, &no) || no.Code != "invalid" {
		t.Fatalf("an empty post: %v", err)
	}
	// a room of others and none at all are the same
	baltic := newLine(n.addr).program(t, client.Options{Token: "kaarel"})
	for _, where := range []string{id, "none"} {
		if _, err := baltic.Join(soon(t), where, 0); !errors.As(err, &no) || no.Code != "not_found" {
			t.Fatalf("%s: %v", where, err)
		}
		if _, err := baltic.Post(soon(t), client.Draft{Room: where, Key: "k", Text: "x"}); !errors.As(err, &no) || no.Code != "not_found" {
			t.Fatalf("%s: %v", where, err)
		}
	}
	// out of the room
	if err := n.rooms.RemoveOrg(context.Background(), access.System("test", n.org["aurelia"]), r.ID, n.org["kestrel"]); err != nil {
		t.Fatal(err)
	}
	if e := told(t, maya, client.Left); e.Room != id || e.Reason != "room.left" {
		t.Fatalf("%+v", e)
	}
	// the membership ends: for good, and it says so
	n.live.DropPerson(n.person["maya"])
	for err = nil; err == nil; {
		_, err = maya.Next(soon(t))
	}
	if !errors.Is(err, client.ErrEnded) || !errors.Is(maya.Err(), client.ErrEnded) {
		t.Fatal(err)
	}
	if _, err := maya.Post(soon(t), client.Draft{Room: id, Key: "late", Text: "x"}); !errors.Is(err, client.ErrEnded) {
		t.Fatal(err)
	}
}

// TestClientReload: where more is missing than is sent again, the client says so and goes
// on from there; a client ahead of the room has another history.
func TestClientReload(t *testing.T) {
	t.Parallel()
	n := single(t, swift)
	r := n.room(t, "1")
	const last = room.MaxGap + 2
	n.fill(t, "ingrid", r.ID, last, "x")
	for _, after := range []int64{1, last + 100} {
		c := newLine(n.addr).program(t, client.Options{Token: "maya", Queue: 8})
		if _, err := c.Join(soon(t), string(r.ID), after); err != nil {
			t.Fatal(err)
		}
		if e := told(t, c, client.Reload, client.Message); e.Type != client.Reload || e.Seq < last || e.After != after || e.Epoch != r.Epoch {
			t.Fatalf("%+v", e)
		}
		m := n.post(t, "ingrid", r.ID, fmt.Sprint("live", after))
		if e := told(t, c, client.Reload, client.Message); e.Type != client.Message || e.Seq != m.Seq {
			t.Fatalf("%+v", e)
		}
	}
}

// TestClientSignsIn: by a token, and by tickets of which one has expired.
func TestClientSignsIn(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	n := newHouse(t, dbtest.One(t)).node(t, socket.Config{Clock: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	r := n.room(t, "1")
	ident, err := n.identity("maya")
	if err != nil {
		t.Fatal(err)
	}
	fresh := func(ctx context.Context) (string, error) {
		s, _, err := n.live.IssueTicket(ctx, ident)
		return s, err
	}
	old, err := fresh(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	ahead.Store(int64(socket.TicketLife + time.Second))
	asked := 0
	why := make(chan error, 100)
	l := newLine(n.addr)
	c := l.program(t, client.Options{Lost: func(err error, _ time.Duration) { why <- err }, Ticket: func(ctx context.Context) (string, error) {
		if asked++; asked == 1 {
			return old, nil
		}
		return fresh(ctx)
	}})
	var refused *client.RefusedError
	if err := <-why; !errors.As(err, &refused) || refused.Status != fiber.StatusUnauthorized {
		t.Fatalf("the expired ticket: %v", err)
	}
	if _, err := c.Join(soon(t), string(r.ID), 0); err != nil {
		t.Fatal(err)
	}
	for i, opt := range []client.Options{{Token: "nobody"}, {Ticket: func(context.Context) (string, error) { return old, nil }}} {
		opt.URL, opt.MinWait = "http://"+n.addr, time.Millisecond
		if _, err := client.Dial(soon(t), opt); !errors.As(err, &refused) || refused.Status != fiber.StatusUnauthorized {
			t.Errorf("%d: %v", i, err)
		}
	}
	l.cut() // every connection has a ticket of its own
	n.post(t, "ingrid", r.ID, "k")
	if e := told(t, c, client.Message); e.Seq != 1 {
		t.Fatalf("%+v", e)
	}
	c.Close()
	for err = nil; err == nil; {
		_, err = c.Next(soon(t))
	}
	if !errors.Is(err, client.ErrClosed) || !errors.Is(c.Err(), client.ErrClosed) {
		t.Fatal(err)
	}
}

// TestClientKnowsTheCodes: what the package for programs says of a close code is what
// chat/hub says.
func TestClientKnowsTheCodes(t *testing.T) {
	t.Parallel()
	for code, want := range map[hub.Code]*client.CloseError{
		hub.CodeNormal: client.ErrNormal, hub.CodeAway: client.ErrAway, hub.CodeProtocol: client.ErrProtocol, hub.CodeData: client.ErrData,
		hub.CodeNoText: client.ErrNoText, hub.CodeTooBig: client.ErrTooBig, hub.CodeInternal: client.ErrInternal, hub.CodeSlow: client.ErrSlow,
		hub.CodeEnded: client.ErrEnded, hub.CodeFlood: client.ErrFlood, hub.CodeCrowd: client.ErrCrowd, hub.CodeSilent: client.ErrSilent} {
		if want.Code != int(code) {
			t.Errorf("%v is %d", want, code)
		}
	}
}
