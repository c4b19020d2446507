package socket

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"entente/chat/hub"
	"entente/chat/room"
	"entente/prm/fault"
)

// client is one connection: what reads its frames and answers them. The goroutine that
// waits for it keeps a small stack; see apart.
type client struct {
	e    *Endpoint
	id   atomic.Pointer[Identity]
	link *link // set under e.mu when the connection was hijacked
	conn *hub.Conn
	in   wire
	shut sync.WaitGroup // until the close frame is written

	here   atomic.Bool   // conn is set, the sweeper looks at it
	since  atomic.Int64  // nanoseconds of Unix since when a message is unfinished; 0: none is
	ponged atomic.Uint32 // the latest ping that was answered
	behind atomic.Bool   // it is being told what it missed, and nobody reads its pongs meanwhile
	beats                // the sweeper's

	checkMu sync.Mutex
	asked   uint32 // rechecks begun
	told    uint32 // the recheck that was taken last

	relayed map[string]bool // rooms whose call the client is in and goes through the server alone

	excess int // frames over the rate, in a row
}

func (c *client) who() Identity { return *c.id.Load() }

// admit counts a connection that is about to be upgraded.
func (e *Endpoint) admit(id Identity) (*client, error) {
	if !e.rate.open(id.Actor.Person) {
		return nil, fault.New(fault.RateLimited, "live.too_many")
	}
	cl := &client{e: e, in: wire{limit: e.cfg.Limits.FrameBytes}}
	cl.id.Store(&id)
	cl.shut.Add(1)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped {
		e.rate.close(id.Actor.Person)
		return nil, fault.New(fault.Unavailable, "error.unavailable")
	}
	e.wg.Add(1)
	e.clients[cl] = struct{}{}
	return cl, nil
}

func (e *Endpoint) release(cl *client) {
	e.mu.Lock()
	delete(e.clients, cl)
	e.mu.Unlock()
	e.rate.close(cl.who().Actor.Person)
	e.wg.Done()
}

// Write implements hub.Transport.
func (c *client) Write(frames []byte) error { return c.link.writeFrames(frames) }

// TryWrite implements hub.Prompt.
func (c *client) TryWrite(frames []byte) (int, error) { return c.link.tryFrames(frames) }

// patient is a client whose connection cannot write without waiting.
type patient struct{ hub.Transport }

// Close implements hub.Transport. The reader ends because of it; run waits until
// the close frame is written.
func (c *client) Close(code hub.Code, reason string) {
	go func() {
		defer c.shut.Done()
		c.link.end(code, reason)
	}()
}

// run reads what the client sends until it hung up or the line ended.
func (c *client) run() {
	defer c.link.detach()
	if c.conn == nil && !c.in.deaf { // no handshake
		return
	}
	for over := false; !over; {
		b, err := c.link.next()
		if err != nil {
			break
		}
		apart(func() { over = c.take(b) })
		c.link.done()
	}
	if c.conn != nil {
		c.conn.Remove() // every way out closes exactly once; the bytes of it leave before the connection is cut
		c.shut.Wait()
	}
}

// take takes bytes of the client. True: it hung up.
func (c *client) take(b []byte) (over bool) {
	over = c.in.feed(b, c)
	switch {
	case c.in.deaf:
		c.since.Store(0)
		if c.conn != nil {
			c.conn.Remove() // what is still read is read for its close frame alone
		}
	case c.in.resting():
		c.since.Store(0)
	case c.since.Load() == 0:
		c.since.Store(time.Now().UnixNano())
	}
	return over
}

// message implements taker.
func (c *client) message(text []byte) bool {
	c.since.Store(0)
	return !c.done() && c.handle(context.Background(), text)
}

// control implements taker.
func (c *client) control(op byte, payload []byte) {
	switch op {
	case opPing:
		if !c.e.rate.frame(c.who().Actor.Person) { // not answered; a later one may be
			c.flooded()
			return
		}
		if c.link.writeControl(controlFrame(opPong, payload)) != nil && c.link.dead() {
			c.link.cut()
		}
	case opPong:
		if n, err := strconv.ParseUint(string(payload), 10, 32); err == nil {
			c.ponged.Store(uint32(n))
		}
	}
}

// hungUp implements taker.
func (c *client) hungUp(code hub.Code) { _ = c.link.writeControl(closeFrame(code, "")) }

// refuse implements taker.
func (c *client) refuse(code hub.Code) { c.conn.Close(code, "") }

// begin puts the client into the hub, or tells it why not.
func (c *client) begin() {
	e, id := c.e, c.who()
	ctx := context.Background()
	self, err := e.feed.Self(ctx, id.Actor.Person, id.Actor.Org)
	if err != nil {
		c.in.stop()
		c.link.end(closeFor(err), "")
		return
	}
	var out hub.Transport = c
	if c.link.now == nil {
		out = patient{c}
	}
	conn, err := e.hub.Add(hub.Who{Person: id.Actor.Person, Org: id.Actor.Org, Session: id.Session, Lang: id.Lang,
		Face: hub.Face(self)}, out)
	if err != nil {
		c.in.stop()
		c.link.end(hub.CodeAway, "")
		return
	}
	c.conn = conn
	c.here.Store(true)
	e.recheck(ctx, []*client{c}) // a drop between the authentication and Add found no connection: ask again
}

func (c *client) done() bool {
	return c.conn.Closed()
}

func closeFor(err error) hub.Code {
	switch fault.CodeOf(err) {
	case fault.Unauthenticated, fault.NotFound, fault.Forbidden:
		return hub.CodeEnded
	}
	return hub.CodeInternal
}

// jitter shortens d by up to a sixth, so that clients do not beat together.
func jitter(d time.Duration) time.Duration {
	return d - time.Duration(rand.Int64N(int64(d)/6+1))
}

// maxExcess frames in a row over the rate end the connection.
const maxExcess = 200

// writes are the frames that write, limited alike.
var writes = map[string]bool{"post": true, "edit": true, "remove": true, "react": true, "pin": true}

// handle answers one frame. False: the connection ended.
func (c *client) handle(ctx context.Context, data []byte) bool {
	var in inbound
	if err := json.Unmarshal(data, &in); err != nil {
		c.fail(in, fault.Wrap(err, fault.Invalid, "live.frame_wrong"))
		return true
	}
	person := c.who().Actor.Person
	if !c.e.rate.frame(person) || writes[in.Type] && !c.e.rate.post(person) || strings.HasPrefix(in.Type, "call.") && !c.e.rate.call(person) {
		if c.flooded() {
			return false
		}
		c.fail(in, fault.New(fault.RateLimited, "error.rate_limited"))
		return true
	}
	c.excess = 0
	var err error
	switch in.Type {
	case "join":
		err = c.join(ctx, in)
	case "post":
		err = c.post(ctx, in)
	case "edit":
		_, err = c.e.cfg.Rooms.Edit(ctx, c.who().Actor, room.ID(in.Room), in.Seq, in.Text)
	case "remove":
		_, err = c.e.cfg.Rooms.Remove(ctx, c.who().Actor, room.ID(in.Room), in.Seq)
	case "react":
		_, err = c.e.cfg.Rooms.React(ctx, c.who().Actor, room.ID(in.Room), in.Seq, in.Emoji, in.On == nil || *in.On)
	case "pin":
		_, err = c.e.cfg.Rooms.Pin(ctx, c.who().Actor, room.ID(in.Room), in.Seq, in.On == nil || *in.On)
	case "typing":
		c.typing(in)
	case "read":
		err = c.read(ctx, in)
	case "ping":
		c.conn.Send(pongFrame)
	default:
		if callFrames[in.Type] {
			err = c.call(ctx, in)
		}
	}
	if err != nil {
		c.fail(in, err)
	}
	return !c.done()
}

// flooded counts a frame over the rate. True: it was one too many, and the connection ended.
func (c *client) flooded() bool {
	if c.excess++; c.excess <= maxExcess {
		return false
	}
	c.conn.Close(hub.CodeFlood, "")
	return true
}

// fail answers an error frame. Only our own faults are logged.
func (c *client) fail(in inbound, err error) {
	f := fault.As(err)
	if f.Code == fault.Internal {
		c.e.log.Error("live frame failed", "type", in.Type, "room", in.Room, "err", err)
	}
	reason := f.Key
	if len(f.Fields) > 0 {
		reason = f.Fields[0].Key
	}
	c.conn.Send(frame(errorOut{Type: "error", Code: string(f.Code), Key: in.Key, Room: in.Room, Reason: reason}))
}

// join answers joined, then what is missing, then live frames. Above
// room.MaxGap missing messages, or when the client is ahead of the room (its
// history is another one), it answers reload and goes on from the present.
func (c *client) join(ctx context.Context, in inbound) error {
	c.behind.Store(true)
	defer c.behind.Store(false)
	err := c.conn.Join(ctx, in.Room, func() (hub.Entry, error) {
		r, err := c.e.cfg.Rooms.Enter(ctx, c.who().Actor, room.ID(in.Room))
		if err != nil {
			return hub.Entry{}, err
		}
		c.e.entered.came(r.ID, member(c.who().Actor.Person, c.who().Actor.Org))
		e := hub.Entry{After: max(in.After, 0), Hello: []hub.Frame{frame(joinedOut{"joined", r.ID, r.Epoch, r.LastSeq, r.ReadOnly})}}
		if e.After > r.LastSeq || r.LastSeq-e.After > room.MaxGap {
			e.After = r.LastSeq
			e.Hello = append(e.Hello, frame(joinedOut{"reload", r.ID, r.Epoch, r.LastSeq, false}))
		}
		return e, nil
	})
	switch {
	case err == nil:
		return c.running(ctx, room.ID(in.Room))
	case errors.Is(err, hub.ErrGone), ctx.Err() != nil:
		return nil
	case errors.Is(err, hub.ErrTooMany):
		return fault.New(fault.RateLimited, "live.too_many_rooms")
	case errors.Is(err, hub.ErrStopped):
		return fault.New(fault.Unavailable, "error.unavailable")
	}
	return err
}

func (c *client) post(ctx context.Context, in inbound) error {
	m, _, err := c.e.cfg.Rooms.Post(ctx, c.who().Actor, room.Draft{Room: room.ID(in.Room), Key: in.Key, Text: in.Text, Thread: in.Thread, Files: in.Files})
	if err != nil {
		return err
	}
	c.conn.Send(frame(postedOut{"posted", in.Key, m.Seq, m.Room}))
	return nil
}

// typing is passed on only from a room the client is in, and silently dropped
// otherwise.
func (c *client) typing(in inbound) {
	who := c.conn.Who()
	if c.conn.In(in.Room) && c.e.rate.typing(who.Person, in.Room) {
		c.e.hub.Signal(in.Room, "typing", who.Person, typingFrame(in.Room, who.Face))
	}
}

// read moves the read mark and lets the person's other pages know.
func (c *client) read(ctx context.Context, in inbound) error {
	if err := c.e.cfg.Rooms.Read(ctx, c.who().Actor, room.ID(in.Room), in.Seq); err != nil {
		return err
	}
	c.e.hub.ToPerson(c.who().Actor.Person, "read "+in.Room, frame(readOut{"read", in.Room, in.Seq}))
	if who := c.conn.Who(); c.conn.In(in.Room) {
		c.e.hub.Signal(in.Room, "seen "+who.Person, who.Person, frame(seenOut{"seen", in.Room, in.Seq, who.Face}))
	}
	return nil
}
