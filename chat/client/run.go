package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// session is one connection.
type session struct {
	c    *Client
	ws   *websocket.Conn
	out  chan out
	done chan struct{} // it reads no more
	last atomic.Int64  // nanoseconds of Unix when something came last
	sent int64         // pings; the writer's

	mu    sync.Mutex
	pings []ping // without an answer, oldest first
}

// out is a frame for the writer. Then is answered by the pong of a ping after the frame.
type out struct {
	frame []byte
	then  *pending
	try   int
}

type ping struct {
	key  string
	then *pending
	try  int
}

// put hands a frame to the writer. A connection that has ended takes everything: what
// waits for an answer is sent again by the next one.
func (s *session) put(ctx context.Context, o out) error {
	select {
	case s.out <- o:
	case <-s.done:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// run connects again and again until Close, or until the server says no for good. What
// became of the first connection goes to ready.
func (c *Client) run(ready chan<- error) {
	defer close(c.done)
	wait, refused := c.opt.MinWait, 0
	for {
		ws, err := c.dial()
		began := time.Now()
		if err == nil {
			refused = 0
			if ready != nil {
				ready <- nil
				ready = nil
			}
			err = c.serve(ws)
			if time.Since(began) >= steady {
				wait = c.opt.MinWait
			}
		}
		if c.ctx.Err() != nil {
			return
		}
		least := time.Duration(0)
		var ce *CloseError
		var re *RefusedError
		final := false
		switch {
		case errors.As(err, &ce):
			final, least = ce.Final, ce.After
		case errors.As(err, &re):
			final = !re.passing()
			if re.Status == http.StatusUnauthorized && c.opt.Ticket != nil { // it may have lain too long: once more with another
				refused++
				final = refused > 1
			}
		}
		if final {
			c.finish(err)
			if ready != nil {
				ready <- err
			}
			return
		}
		pause := least + wait - time.Duration(rand.Int64N(int64(wait)/2+1))
		wait = min(2*wait, c.opt.MaxWait)
		c.mu.Lock()
		c.lost = err
		c.mu.Unlock()
		c.opt.Log.Debug("live connection lost", "err", err, "wait", pause)
		if c.opt.Lost != nil {
			c.opt.Lost(err, pause)
		}
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-c.ctx.Done():
			t.Stop()
			return
		}
	}
}

// dial makes one connection.
func (c *Client) dial() (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(c.ctx, dialWait)
	defer cancel()
	at, head := c.url, http.Header{}
	if c.opt.Ticket != nil {
		ticket, err := c.opt.Ticket(ctx)
		if err != nil {
			return nil, err
		}
		at += "?ticket=" + url.QueryEscape(ticket)
	} else {
		head.Set("Authorization", "Bearer "+c.opt.Token)
	}
	ws, res, err := websocket.Dial(ctx, at, &websocket.DialOptions{HTTPClient: c.http, HTTPHeader: head})
	if err == nil {
		ws.SetReadLimit(maxRead)
		return ws, nil
	}
	if res != nil && res.StatusCode != http.StatusSwitchingProtocols {
		e := &RefusedError{Status: res.StatusCode}
		if res.Body != nil {
			b, _ := io.ReadAll(io.LimitReader(res.Body, 1<<10))
			e.Body = string(b)
		}
		return nil, e
	}
	var bad *url.Error
	if c.opt.Ticket != nil && errors.As(err, &bad) { // its text holds the address, and that the ticket
		err = bad.Err
	}
	return nil, err
}

// serve lives on one connection until it ends, and says why.
func (c *Client) serve(ws *websocket.Conn) error {
	s := &session{c: c, ws: ws, out: make(chan out, 16), done: make(chan struct{})}
	s.last.Store(time.Now().UnixNano())
	ctx, cancel := context.WithCancel(c.ctx)
	var writer sync.WaitGroup
	writer.Go(func() { s.write(ctx, s.begin()) })
	err := s.read()
	cancel()
	close(s.done)
	c.mu.Lock()
	c.sess = nil
	for _, r := range c.rooms {
		r.asked = false
	}
	c.mu.Unlock()
	writer.Wait()
	_ = ws.CloseNow()
	return err
}

// begin makes the session the client's, and returns what it begins with: joins from the
// last numbers, then everything that waits for an answer, in its order.
func (s *session) begin() (first []out) {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sess = s
	for _, r := range c.rooms {
		first = append(first, out{frame: c.joinFrame(r)})
	}
	for _, p := range c.pending {
		first = append(first, p.out())
	}
	return first
}

// write writes frames until the session ends. It ends the connection itself where writing
// failed, the line is silent or the client was closed; the reader ends by that.
func (s *session) write(ctx context.Context, first []out) {
	for _, o := range first {
		if !s.send(ctx, o) {
			return
		}
	}
	beat := time.NewTicker(s.c.opt.Ping)
	defer beat.Stop()
	retry := time.NewTicker(tick)
	defer retry.Stop()
	for {
		ok := true
		select {
		case o := <-s.out:
			ok = s.send(ctx, o)
		case <-beat.C:
			if time.Since(time.Unix(0, s.last.Load())) > 3*s.c.opt.Ping {
				_ = s.ws.CloseNow()
				return
			}
			ok = s.send(ctx, out{})
		case <-retry.C:
			for _, o := range s.c.putOff() {
				ok = ok && s.send(ctx, o)
			}
		case <-ctx.Done():
			if s.c.ctx.Err() != nil {
				_ = s.ws.Close(websocket.StatusNormalClosure, "")
			}
			return
		}
		if !ok {
			return
		}
	}
}

// send writes a frame, and a ping where there is none or its answer shall answer it.
func (s *session) send(ctx context.Context, o out) bool {
	ctx, cancel := context.WithTimeout(ctx, writeWait)
	defer cancel()
	frames := [][]byte{o.frame}
	if o.frame == nil || o.then != nil {
		s.sent++
		p := ping{s.c.tag + "!" + strconv.FormatInt(s.sent, 10), o.then, o.try}
		s.mu.Lock()
		s.pings = append(s.pings, p)
		s.mu.Unlock()
		frames = append(frames, encode(map[string]any{"type": "ping", "key": p.key}))
	}
	for _, f := range frames {
		if f == nil {
			continue
		}
		if s.ws.Write(ctx, websocket.MessageText, f) != nil {
			_ = s.ws.CloseNow()
			return false
		}
	}
	return true
}

// putOff returns what the server did not take before, twenty frames at once, and joins of
// rooms that are behind where there is space for them.
func (c *Client) putOff() (all []out) {
	half := c.queue.half()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.pending {
		if p.again && len(all) < 20 {
			all = append(all, p.out())
		}
	}
	for _, r := range c.rooms {
		if r.behind && !r.asked && half {
			all = append(all, out{frame: c.joinFrame(r)})
		}
	}
	return all
}

// catchUp joins rooms again of which something found no space in the queue. What the
// writer cannot take now it finds at its next tick.
func (c *Client) catchUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sess == nil {
		return
	}
	for _, r := range c.rooms {
		if !r.behind || r.asked {
			continue
		}
		select {
		case c.sess.out <- out{frame: c.joinFrame(r)}:
		default:
			r.asked, r.behind = false, true
		}
	}
}

// read reads until the connection ends, and says why.
func (s *session) read() error {
	for {
		kind, b, err := s.ws.Read(context.Background()) // ended by CloseNow
		if err != nil {
			if code := websocket.CloseStatus(err); code != -1 {
				return closeError(int(code))
			}
			return err
		}
		s.last.Store(time.Now().UnixNano())
		if kind == websocket.MessageText {
			s.take(b)
		}
	}
}

// take deals with a frame. Unknown ones go to Next, which may ignore them.
func (s *session) take(b []byte) {
	c := s.c
	var e Event
	var other *json.UnmarshalTypeError // a frame this package does not know may use a name in its own way
	if err := json.Unmarshal(b, &e); err != nil && !errors.As(err, &other) {
		return
	}
	e.Raw = b
	switch e.Type {
	case "joined":
		var j Joined
		if json.Unmarshal(b, &j) == nil {
			c.joined(j)
		}
	case Reload:
		c.reload(e)
	case Message, Happened:
		c.numbered(e)
	case "posted":
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, p := range c.pending {
			if p.post && p.key == e.Key && (p.room == e.Room || e.Room == "") { // the room is not in the contract
				c.settle(p, postAnswer{seq: e.Seq})
				break
			}
		}
	case "pong":
		s.ponged("", nil)
	case "error":
		var f struct{ Code, Reason, Room, Key string }
		if json.Unmarshal(b, &f) == nil {
			s.failed(&Error{f.Code, f.Reason, f.Room, f.Key})
		}
	default:
		c.queue.add(e, false)
	}
}

// ponged takes the answer of a ping: the oldest, or the one of the key where it failed.
func (s *session) ponged(key string, err *Error) bool {
	s.mu.Lock()
	var p ping
	found := false
	for i, x := range s.pings {
		if key == "" || x.key == key {
			p, found = x, true
			s.pings = append(s.pings[:i], s.pings[i+1:]...)
			break
		}
	}
	s.mu.Unlock()
	if p.then != nil {
		s.c.mu.Lock()
		defer s.c.mu.Unlock()
		switch {
		case p.then.try != p.try:
		case err != nil:
			p.then.again = true // it may have been done; doing it again is the same
		case !p.then.again:
			s.c.settle(p.then, postAnswer{})
		}
	}
	return found
}

// failed deals with an error frame.
func (s *session) failed(e *Error) {
	if e.Key != "" && s.ponged(e.Key, e) {
		return
	}
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.pending {
		if p.key != e.Key || p.room != e.Room && e.Room != "" {
			continue
		}
		if e.passing() {
			p.again = true
		} else {
			c.settle(p, postAnswer{err: e})
		}
		return
	}
	r := c.rooms[e.Room]
	if r == nil || e.Key != c.tag+e.Room && (e.Key != "" || e.Code != "not_found") {
		return
	}
	r.asked = false
	if e.passing() || r.in && e.Code == "internal" {
		r.behind = true
		return
	}
	delete(c.rooms, r.id)
	if r.in {
		c.queue.add(Event{Type: Left, Room: r.id, Reason: e.Reason}, true)
	}
	r.answer(joinAnswer{err: e})
}

// joined notes that the server has the client in a room, and that what comes next
// continues at the number that was asked for.
func (c *Client) joined(j Joined) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rooms[j.Room]
	if r == nil {
		return
	}
	if r.in && r.last.Epoch != j.Epoch { // the numbers of before are of another history
		c.queue.add(Event{Type: Reload, Room: r.id, Seq: j.Seq, Epoch: j.Epoch, After: r.pos}, true)
		r.pos = j.Seq
	}
	r.last, r.in, r.asked, r.behind = j, true, false, false // what was passed over since the join follows now
	r.answer(joinAnswer{joined: j})
}

func (c *Client) reload(e Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rooms[e.Room]
	if r == nil || r.pos == e.Seq { // told by joined
		return
	}
	e.After = r.pos
	c.queue.add(e, true)
	r.pos = e.Seq
}

// numbered queues a number of a room if it is the next one.
func (c *Client) numbered(e Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rooms[e.Room]
	if r == nil || e.Seq <= r.pos {
		return
	}
	if e.Seq == r.pos+1 && c.queue.add(e, false) {
		r.pos = e.Seq
		return
	}
	r.behind = true
}
