package socket

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"entente/chat/hub"
	"entente/chat/room"
	"entente/prm/fault"
)

// client is one connection: the loop that reads its frames, and its timers.
type client struct {
	e    *Endpoint
	id   atomic.Pointer[Identity]
	link *link // set under e.mu when the connection was hijacked
	conn *hub.Conn
	ping *time.Timer
	ask  *time.Timer // recheck; set under e.mu

	checkMu sync.Mutex // one recheck at a time
	over    bool       // no more rechecks

	closed chan struct{} // closed when the close handshake is over

	relayed map[string]bool // rooms whose call the client is in and goes through the server alone

	excess int // frames over the rate, in a row
}

func (c *client) who() Identity { return *c.id.Load() }

// soon asks for a recheck without waiting. Called with e.mu held.
func (c *client) soon() {
	if c.ask != nil { // else the first one is still to come
		c.ask.Reset(0)
	}
}

// admit counts a connection that is about to be upgraded.
func (e *Endpoint) admit(id Identity) (*client, error) {
	if !e.rate.open(id.Actor.Person) {
		return nil, fault.New(fault.RateLimited, "live.too_many")
	}
	cl := &client{e: e, closed: make(chan struct{})}
	cl.id.Store(&id)
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
// the closing is done.
func (c *client) Close(code hub.Code, reason string) {
	go func() {
		defer close(c.closed)
		c.link.end(code, reason)
	}()
}

// run reads frames until the connection ends.
func (c *client) run(ws *websocket.Conn) {
	e := c.e
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ready := false
	apart(func() { ready = c.begin(ctx, ws) })
	if c.conn == nil {
		return
	}
	defer func() { // every way out closes exactly once; the bytes of it leave before the connection is cut
		c.conn.Remove()
		<-c.closed
	}()
	defer c.rest(cancel)
	if !ready {
		return
	}
	for {
		kind, data, err := ws.Read(context.Background())
		if err != nil {
			if !ended(err) {
				e.log.Debug("live connection ended", "err", err)
				if !broke(err) { // whatever coder/websocket has not answered itself, such as a frame without a mask
					c.conn.Close(hub.CodeProtocol, "")
				}
			}
			return
		}
		if kind != websocket.MessageText {
			c.conn.Close(hub.CodeData, "")
			return
		}
		if !utf8.Valid(data) { // coder/websocket does not look; JSON would be read with other letters
			c.conn.Close(hub.CodeNoText, "")
			return
		}
		more := false
		apart(func() { more = c.handle(ctx, data) })
		if !more {
			return
		}
	}
}

// begin puts the client into the hub and starts its timers. False: it ended.
func (c *client) begin(ctx context.Context, ws *websocket.Conn) bool {
	e, id := c.e, c.who()
	self, err := e.feed.Self(ctx, id.Actor.Person, id.Actor.Org)
	if err != nil {
		_ = ws.Close(websocket.StatusCode(closeFor(err)), "")
		return false
	}
	var out hub.Transport = c
	if c.link.now == nil {
		out = patient{c}
	}
	conn, err := e.hub.Add(hub.Who{Person: id.Actor.Person, Org: id.Actor.Org, Session: id.Session, Lang: id.Lang,
		Face: hub.Face(self)}, out)
	if err != nil {
		_ = ws.Close(websocket.StatusGoingAway, "")
		return false
	}
	c.conn = conn
	lim := e.cfg.Limits
	e.mu.Lock()
	c.ask = time.AfterFunc(time.Hour, func() { // the field is set before it first runs
		if c.check(ctx) {
			c.ask.Reset(jitter(lim.RecheckEvery))
		}
	})
	c.ask.Reset(jitter(lim.RecheckEvery))
	e.mu.Unlock()
	// a drop between the authentication and Add found no connection: ask again
	if !c.check(ctx) {
		return false
	}
	c.ping = time.AfterFunc(time.Hour, func() {
		if c.pinged(ctx, ws) {
			c.ping.Reset(jitter(lim.PingEvery))
		}
	})
	c.ping.Reset(jitter(lim.PingEvery))
	return true
}

// rest ends the timers and waits for a recheck under way.
func (c *client) rest(cancel context.CancelFunc) {
	cancel()
	if c.ping != nil {
		c.ping.Stop()
	}
	c.ask.Stop()
	c.checkMu.Lock()
	c.over = true
	c.checkMu.Unlock()
}

// check asks who the client is, unless it ended. False: it did.
func (c *client) check(ctx context.Context) bool {
	c.checkMu.Lock()
	defer c.checkMu.Unlock()
	return !c.over && !c.done(ctx) && c.recheck(ctx)
}

// pinged pings the client and waits for its answer. False: the connection ended.
func (c *client) pinged(ctx context.Context, ws *websocket.Conn) bool {
	if c.done(ctx) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, c.e.cfg.Limits.PongWait)
	defer cancel()
	if err := ws.Ping(ctx); err != nil {
		c.conn.Close(hub.CodeSilent, "")
		return false
	}
	return true
}

func (c *client) done(ctx context.Context) bool {
	return c.conn.Closed() || ctx.Err() != nil
}

func ended(err error) bool {
	return websocket.CloseStatus(err) != -1 || errors.Is(err, net.ErrClosed)
}

// broke reports a line that ended rather than a client that sent nonsense.
func broke(err error) bool {
	var n net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &n)
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

// recheck asks who the client is now and takes it out of rooms it may not see
// any more. False: the connection ended.
func (c *client) recheck(ctx context.Context) bool {
	now, err := c.e.cfg.Auth.Recheck(ctx, c.who())
	if err != nil {
		if ctx.Err() != nil {
			return false
		}
		if code := closeFor(err); code == hub.CodeEnded {
			c.conn.Close(code, "")
			return false
		}
		c.e.log.Warn("asking again who a live client is", "err", err)
		return true
	}
	c.id.Store(&now)
	for _, id := range c.conn.Rooms() {
		if _, err := c.e.cfg.Rooms.Get(ctx, now.Actor, room.ID(id)); err != nil && closeFor(err) == hub.CodeEnded {
			if c.conn.Leave(id) {
				c.conn.Send(leftFrame(id))
			}
		} else if err == nil {
			c.recheckCall(ctx, id)
		}
	}
	return true
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
		if c.excess++; c.excess > maxExcess {
			c.conn.Close(hub.CodeFlood, "")
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
	return !c.conn.Closed()
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
	err := c.conn.Join(ctx, in.Room, func() (hub.Entry, error) {
		r, err := c.e.cfg.Rooms.Enter(ctx, c.who().Actor, room.ID(in.Room))
		if err != nil {
			return hub.Entry{}, err
		}
		c.e.entered.came(r.ID, c.who().Actor.Person)
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
