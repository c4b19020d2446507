// Package client speaks the live socket of a portal (the outside contract, section 4)
// for programs: bots, tests, load. It knows the contract alone and nothing of the server.
//
// A Client keeps one connection. When that is cut it connects again after a random wait
// that grows, joins its rooms with the last number it has of each, and sends again what
// was not answered. So Next tells the numbers of a room in order, each once and without a
// gap, and a Post that returned nil stands in the room once. Where more is missing than
// the server sends again (500 numbers), Next tells a Reload instead.
//
//	c, err := client.Dial(ctx, client.Options{URL: "https://portal.example", Token: token})
//	if err != nil {
//		return err
//	}
//	defer c.Close()
//	if _, err := c.Join(ctx, room, after); err != nil {
//		return err
//	}
//	for {
//		e, err := c.Next(ctx)
//		if err != nil {
//			return err
//		}
//		if e.Type == client.Message && e.Text == "status?" {
//			_, err = c.Post(ctx, client.Draft{Room: room, Key: "answer-" + strconv.FormatInt(e.Seq, 10), Text: "All well."})
//		}
//	}
//
// Memory is bounded whatever the server or the caller does: Options.Queue events wait for
// Next, and what does not fit is asked for again once there is space; at most 100 frames
// of the caller wait for an answer. Next and the other methods may be called from any
// goroutine, and from the one that calls Next.
package client

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options say where to connect, and as whom. URL and one of Token and Ticket are required.
type Options struct {
	// URL is the address of the portal, such as https://portal.example; its scheme is
	// http, https, ws or wss. A path before /live is kept.
	URL string
	// Token is an API token with the scope chat:write (chat:read to listen only).
	Token string
	// Ticket returns a ticket, as POST /api/v1/live/ticket gives it. It is called before
	// every connection, since a ticket is good for one, within 30 seconds.
	Ticket func(ctx context.Context) (string, error)

	// HTTP makes the connection, where certificates, a proxy or a dialler of one's own are
	// needed. It must not have a Timeout. Default: a client that follows no redirect, so
	// that a token goes to URL alone.
	HTTP *http.Client

	Queue   int           // events that wait for Next, default 256, at least 8
	MinWait time.Duration // the first wait before connecting again, default 250 ms
	MaxWait time.Duration // waits double up to this one, default 30 s; each is shortened at random by up to a half
	Ping    time.Duration // how often the line is tried, default 20 s; it is given up after three of them in silence

	// Lost, if set, is told why a connection ended or could not be made (a *CloseError, a
	// *RefusedError, or what the network said) when the client will connect again after
	// wait. It must neither block nor call Close.
	Lost func(why error, wait time.Duration)
	Log  *slog.Logger // default: none
}

const (
	maxFrame   = 64 << 10 // bytes of a frame to the server; above it the server closes
	maxRead    = 1 << 20  // bytes of a frame of the server
	maxPending = 100      // frames of the caller that wait for an answer
	writeWait  = 10 * time.Second
	dialWait   = 20 * time.Second
	steady     = 10 * time.Second // a connection that lasted this long ends the growth of waits
	tick       = time.Second      // how often what was put off is tried again
)

// Client is a connection to the live socket that mends itself. Close it.
type Client struct {
	opt  Options
	url  string
	http *http.Client
	own  *http.Transport // of the default HTTP client
	tag  string          // begins the keys of frames that are not posts
	wide chan struct{}   // places for frames that wait for an answer

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	done chan struct{} // run has returned

	mu      sync.Mutex
	err     error // why the client ended
	lost    error // why the latest connection ended or was not made
	sess    *session
	rooms   map[string]*room
	pending []*pending // in the order in which they were asked
	count   int64

	queue queue
}

// room is how far the client is in a room.
type room struct {
	id     string
	pos    int64  // latest number that was queued for Next
	last   Joined // what the server said last; its epoch is of the history that pos is of
	in     bool   // the server said joined once
	asked  bool   // a join is under way on this connection
	behind bool   // something of it was not queued: join again
	wait   []chan joinAnswer
}

type joinAnswer struct {
	joined Joined
	err    error
}

// pending is a frame of the caller that waits for an answer.
type pending struct {
	key    string
	room   string
	frame  []byte
	post   bool // answered by posted; others by the pong of a ping sent after it
	again  bool // put off by the server: send again at the next tick
	try    int  // how often it was handed to a writer; only the pong of the latest counts
	answer chan postAnswer
}

type postAnswer struct {
	seq int64
	err error
}

// Dial connects. While the server is not there, has no time or Ticket fails it tries again
// until ctx ends; ctx has no meaning afterwards.
// Errors: *RefusedError (the server said no for good), that of the address, and that of ctx
// with the latest trouble.
func Dial(ctx context.Context, opt Options) (*Client, error) {
	at, err := address(opt.URL)
	if err != nil {
		return nil, err
	}
	if (opt.Token == "") == (opt.Ticket == nil) {
		return nil, errors.New("client: one of Token and Ticket is needed")
	}
	def(&opt.Queue, 256)
	opt.Queue = max(opt.Queue, 8)
	def(&opt.MinWait, 250*time.Millisecond)
	def(&opt.MaxWait, 30*time.Second)
	opt.MaxWait = max(opt.MaxWait, opt.MinWait)
	def(&opt.Ping, 20*time.Second)
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	c := &Client{opt: opt, url: at, http: opt.HTTP, tag: "client." + rand.Text()[:12] + ".", wide: make(chan struct{}, maxPending),
		done: make(chan struct{}), rooms: map[string]*room{}}
	c.queue.init(opt.Queue)
	if c.http == nil {
		c.own = http.DefaultTransport.(*http.Transport).Clone()
		c.http = &http.Client{Transport: c.own, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	c.ctx, c.stop = context.WithCancel(context.Background())
	ready := make(chan error, 1)
	go c.run(ready)
	select {
	case err = <-ready:
	case <-ctx.Done():
		err = context.Cause(ctx)
		c.mu.Lock()
		if c.lost != nil {
			err = fmt.Errorf("%w; the latest try: %w", err, c.lost)
		}
		c.mu.Unlock()
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func def[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

func address(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil {
		return "", err
	}
	switch u.Scheme {
	case "http", "ws":
		u.Scheme = "http"
	case "https", "wss":
		u.Scheme = "https"
	default:
		return "", errors.New("client: the address must begin with https:// or http://: " + s)
	}
	if u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", errors.New("client: the address is a scheme, a host and perhaps a path: " + u.Redacted())
	}
	return strings.TrimSuffix(u.String(), "/") + "/live", nil
}

// Close ends the connection and waits until everything of the client has ended. What
// waits for an answer gets ErrClosed: whether a post stands in the room is then not known,
// and sending it again by another client with the same key finds out. Safe to call twice.
func (c *Client) Close() {
	c.finish(ErrClosed)
	c.stop()
	<-c.done
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// Done is closed when the client has ended, by Close or because the server said no for
// good; Err says which.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err is why the client ended: ErrClosed, a *CloseError or a *RefusedError. Nil while it
// lives.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// finish notes why the client ended, once, and answers everybody who waits.
func (c *Client) finish(why error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = why
	for _, p := range c.pending {
		p.answer <- postAnswer{err: why}
	}
	c.pending = nil
	for _, r := range c.rooms {
		r.answer(joinAnswer{err: why})
	}
	c.mu.Unlock()
	c.queue.end(why)
}

// answer tells everybody who waits for a join; the client's lock is held.
func (r *room) answer(a joinAnswer) {
	for _, w := range r.wait {
		w <- a
	}
	r.wait = nil
}

// Next returns the next event. What came before the client ended is still told, then the
// error of Err. Other errors: those of ctx.
func (c *Client) Next(ctx context.Context) (Event, error) {
	e, half, err := c.queue.next(ctx)
	if half {
		c.catchUp()
	}
	return e, err
}

// Join enters a room and has everything after the number told by Next, then what comes:
// 0 for all there is, and to go on where an earlier client stopped, the Seq of the latest
// event that was dealt with. It returns once the server said joined; from then on the
// client joins again by itself until a Left is told. A room that was joined already is
// answered at once. At most 200 rooms.
// Errors: *Error (not_found: no such room for this person; rate_limited: too many rooms),
// the error of Err, those of ctx, after which the room may yet be joined.
func (c *Client) Join(ctx context.Context, id string, after int64) (Joined, error) {
	w := make(chan joinAnswer, 1)
	c.mu.Lock()
	if c.err != nil {
		defer c.mu.Unlock()
		return Joined{}, c.err
	}
	r := c.rooms[id]
	if r == nil {
		r = &room{id: id, pos: max(after, 0)}
		c.rooms[id] = r
	}
	if r.in {
		defer c.mu.Unlock()
		return r.last, nil
	}
	r.wait = append(r.wait, w)
	s := c.sess
	ask := s != nil && !r.asked
	var f []byte
	if ask {
		f = c.joinFrame(r)
	}
	c.mu.Unlock()
	if ask {
		if err := s.put(ctx, out{frame: f}); err != nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			r.asked, r.behind = false, true // at the next tick
			return Joined{}, err
		}
	}
	select {
	case a := <-w:
		return a.joined, a.err
	case <-ctx.Done():
		c.mu.Lock()
		defer c.mu.Unlock()
		r.wait = slices.DeleteFunc(r.wait, func(x chan joinAnswer) bool { return x == w })
		return Joined{}, context.Cause(ctx)
	}
}

// joinFrame makes the frame that joins a room; the lock is held.
func (c *Client) joinFrame(r *room) []byte {
	r.asked, r.behind = true, false
	return encode(map[string]any{"type": "join", "room": r.id, "after": r.pos, "key": c.tag + r.id})
}

// Draft is a post. Key is the caller's own, 1 to 64 bytes, which makes of the same post
// one message however often it is sent, also by another client of the same person.
type Draft struct {
	Room   string
	Key    string
	Text   string
	Thread int64    // number of the message this answers, 0 for none
	Files  []string // ids of files brought to the room before
}

// Post writes a message and returns its number. It is sent until the server answers: again
// after a cut, and again a second later where the server had no time or asked for a slower
// pace. The room need not be joined. After an error of ctx or ErrClosed it may stand in
// the room all the same; post it again with the same Key to find out.
// Errors: *Error (the server refused it), the error of Err, those of ctx.
func (c *Client) Post(ctx context.Context, d Draft) (seq int64, err error) {
	if d.Key == "" || strings.HasPrefix(d.Key, c.tag) {
		return 0, &Error{Code: "invalid", Reason: "client.key_wrong", Room: d.Room}
	}
	return c.ask(ctx, d.Key, true, map[string]any{"type": "post", "room": d.Room, "key": d.Key, "text": d.Text, "thread": d.Thread, "files": d.Files})
}

// Edit gives a message of one's own another text. Sending it twice does nothing twice;
// the room is told by an event of kind message.edited.
// Errors: as of Post.
func (c *Client) Edit(ctx context.Context, room string, seq int64, text string) error {
	return c.act(ctx, map[string]any{"type": "edit", "room": room, "seq": seq, "text": text})
}

// Remove takes the content of a message away; the room is told by an event of kind
// message.removed. Errors: as of Post.
func (c *Client) Remove(ctx context.Context, room string, seq int64) error {
	return c.act(ctx, map[string]any{"type": "remove", "room": room, "seq": seq})
}

// React sets an emoji under a message, or takes one's own back; the room is told by an
// event of kind message.reacted. Errors: as of Post.
func (c *Client) React(ctx context.Context, room string, seq int64, emoji string, on bool) error {
	return c.act(ctx, map[string]any{"type": "react", "room": room, "seq": seq, "emoji": emoji, "on": on})
}

// Read moves one's read mark of a room to a number. Errors: as of Post.
func (c *Client) Read(ctx context.Context, room string, seq int64) error {
	return c.act(ctx, map[string]any{"type": "read", "room": room, "seq": seq})
}

// Typing tells the others in a joined room that one is writing. It is a hint: without a
// connection it is dropped. Errors: those of ctx, the error of Err.
func (c *Client) Typing(ctx context.Context, room string) error {
	c.mu.Lock()
	s, err := c.sess, c.err
	c.mu.Unlock()
	if err != nil || s == nil {
		return err
	}
	return s.put(ctx, out{frame: encode(map[string]any{"type": "typing", "room": room})})
}

// act sends a frame that the server answers only where it failed.
func (c *Client) act(ctx context.Context, v map[string]any) error {
	c.mu.Lock()
	c.count++
	key := c.tag + "#" + strconv.FormatInt(c.count, 10)
	c.mu.Unlock()
	v["key"] = key
	_, err := c.ask(ctx, key, false, v)
	return err
}

// ask sends a frame and waits for its answer.
func (c *Client) ask(ctx context.Context, key string, post bool, v map[string]any) (int64, error) {
	p := &pending{key: key, room: v["room"].(string), frame: encode(v), post: post, answer: make(chan postAnswer, 1)}
	if len(p.frame) > maxFrame {
		return 0, &Error{Code: "too_large", Reason: "client.frame_large", Key: key}
	}
	select {
	case c.wide <- struct{}{}:
		defer func() { <-c.wide }()
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	case <-c.done:
		return 0, c.Err()
	}
	c.mu.Lock()
	if c.err != nil {
		defer c.mu.Unlock()
		return 0, c.err
	}
	c.pending = append(c.pending, p)
	s, o := c.sess, p.out()
	c.mu.Unlock()
	if s != nil {
		if err := s.put(ctx, o); err != nil {
			c.forget(p)
			return 0, err
		}
	}
	select {
	case a := <-p.answer:
		return a.seq, a.err
	case <-ctx.Done():
		c.forget(p)
		return 0, context.Cause(ctx)
	}
}

// out is the frame for the writer; the lock is held.
func (p *pending) out() out {
	p.again = false
	p.try++
	if p.post {
		return out{frame: p.frame}
	}
	return out{frame: p.frame, then: p, try: p.try}
}

// forget drops a frame nobody waits for any more.
func (c *Client) forget(p *pending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(p)
}

// settle answers a frame; the lock is held.
func (c *Client) settle(p *pending, a postAnswer) {
	if c.drop(p) {
		p.answer <- a
	}
}

// drop takes a frame off the list; the lock is held.
func (c *Client) drop(p *pending) bool {
	for i, x := range c.pending {
		if x == p {
			c.pending = slices.Delete(c.pending, i, i+1)
			return true
		}
	}
	return false
}

// encode cannot fail for the frames of this package.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("client: frame not encodable: " + err.Error())
	}
	return b
}
