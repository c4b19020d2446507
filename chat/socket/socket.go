// Package socket is the live endpoint GET /live: it upgrades a fiber request to a
// WebSocket, authenticates it once and again at intervals, and speaks the frames
// of the outside contract (section 4).
//
// Frames are JSON objects, one per text message. Unknown types and fields are
// ignored. Limits: 64 KiB per frame, rates per person, of which pings take too, connections per person;
// a ping every 25 to 30 seconds; a message must be whole within 40 seconds of its
// first byte (PingEvery and PongWait together). The close codes are listed in chat/hub.
//
// The upgrade does not use fiber's adaptor, whose handshake never completes: the
// handler copies what it needs out of fasthttp's memory, hijacks the connection
// and hands coder/websocket a ResponseWriter of our own. coder does the handshake;
// frames are read by wire.go, from a buffer that is there only while something is,
// and data frames are prepared once per message by chat/hub and written by us, many
// per system call. One sweeper pings, judges silence and asks again who everybody is.
package socket

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"entente/chat/broker"
	"entente/chat/call"
	"entente/chat/hub"
	"entente/chat/room"
)

// Config makes an Endpoint. Rooms, Auth and Phrase are required.
type Config struct {
	Rooms *room.Service
	Auth  Authenticator

	// Phrase returns the sentence of an event in a language of Langs: the texts
	// live in portal/locale.
	Phrase func(lang, kind string, args map[string]string) string
	Langs  []string // languages events are told in, the first for all others; default en, zh-CN

	Calls *call.Service                   // nil: no calls
	ICE   func(person string) []ICEServer // where browsers find a way to each other; nil: by themselves

	Tickets TicketStore      // default: memory
	Broker  broker.Broker    // default: this node alone
	Node    string           // unique name of this node, required with a Broker
	Origins []string         // further allowed origins as scheme://host[:port]; the request's own host always is
	Log     *slog.Logger     // default: slog.Default
	Clock   func() time.Time // default: time.Now

	Limits Limits
}

// Limits bound what one client and one person may do. Zero fields take the
// default.
type Limits struct {
	FrameBytes   int64         // of one message from a client, default 64 KiB
	QueueBytes   int           // waiting for one client, default 512 KiB
	Connections  int           // of one person on this node, default 20
	PostRate     float64       // posts per second and person, default 20
	PostBurst    float64       // default 100
	FrameRate    float64       // frames of any type per second and person, default 100
	FrameBurst   float64       // default 400
	CallRate     float64       // frames of calls per second and person, default 30
	CallBurst    float64       // default 300
	RingRate     float64       // calls begun per second and person, default 0.1
	RingBurst    float64       // default 5
	EnterRate    float64       // times a person comes into calls per second, default 0.5
	EnterBurst   float64       // default 20
	SaidRate     float64       // bytes per second that a person says to other parties, default 64 KiB
	SaidBurst    float64       // default 256 KiB, half of a queue
	BeatEvery    time.Duration // how often this node says which parties of calls it holds, default 20 s
	PingEvery    time.Duration // default 30 s, each time shortened at random by up to a sixth
	PongWait     time.Duration // default 10 s
	RecheckEvery time.Duration // default 15 s
	WriteWait    time.Duration // one write to a client, default 10 s
	CheckEvery   time.Duration // comparison of live rooms with the table, default 15 s
	NoticeEvery  time.Duration // a room's activity is told to absent members at most this often, default 500 ms
	EnteredFor   time.Duration // how long it is taken for known who entered a room that somebody is in, default 10 s
}

func (l *Limits) defaults() {
	set(&l.FrameBytes, 64<<10)
	set(&l.QueueBytes, 512<<10)
	set(&l.Connections, 20)
	set(&l.PostRate, 20)
	set(&l.PostBurst, 100)
	set(&l.FrameRate, 100)
	set(&l.FrameBurst, 400)
	set(&l.CallRate, 30)
	set(&l.CallBurst, 300)
	set(&l.RingRate, 0.1)
	set(&l.RingBurst, 5)
	set(&l.EnterRate, 0.5)
	set(&l.EnterBurst, 20)
	set(&l.SaidRate, 64<<10)
	set(&l.SaidBurst, 256<<10)
	set(&l.BeatEvery, 20*time.Second)
	set(&l.PingEvery, 30*time.Second)
	set(&l.PongWait, 10*time.Second)
	set(&l.RecheckEvery, 15*time.Second)
	set(&l.WriteWait, 10*time.Second)
	set(&l.CheckEvery, 15*time.Second)
	set(&l.NoticeEvery, 500*time.Millisecond)
	set(&l.EnteredFor, 10*time.Second)
}

func set[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// Endpoint is the live side of one node. It implements room.Publisher.
type Endpoint struct {
	cfg  Config
	log  *slog.Logger
	feed room.Feed
	hub  *hub.Hub
	rate *rates

	mu       sync.Mutex
	clients  map[*client]struct{}
	stopped  bool
	sweeper  context.CancelFunc // ends the sweeper; nil: not begun
	beat     context.CancelFunc // ends the beat of calls; nil: not begun
	places   map[call.Peer]place
	forwards map[call.ID]int64 // calls that this node forwards → number of the state when somebody last came
	wg       sync.WaitGroup    // connections and the goroutines that close them

	noticeMu sync.Mutex
	notices  map[room.ID]*notice
	entered  entered
}

// New makes an endpoint. Tell the room service of it with room.Service.Publish,
// Start it, and mount Handle at GET /live.
func New(cfg Config) *Endpoint {
	cfg.Limits.defaults()
	if cfg.Tickets == nil {
		cfg.Tickets = &MemoryTickets{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if len(cfg.Langs) == 0 {
		cfg.Langs = []string{"en", "zh-CN"}
	}
	e := &Endpoint{cfg: cfg, log: cfg.Log, feed: cfg.Rooms.Feed(), clients: map[*client]struct{}{},
		places: map[call.Peer]place{}, forwards: map[call.ID]int64{}, notices: map[room.ID]*notice{}, entered: entered{last: cfg.Limits.EnteredFor, rooms: map[room.ID][]string{}, asked: map[room.ID]*int{}}, rate: newRates(cfg.Limits, cfg.Clock)}
	forget := func(id string) { e.entered.forget(room.ID(id)) }
	e.hub = hub.New(hub.Options{
		Source: source{e}, Presence: presenceFrame, Left: leftFrame, Gone: e.partyGone, Came: forget, Out: forget, Told: e.toldByNode,
		Broker: cfg.Broker, Node: cfg.Node, Log: cfg.Log,
		QueueBytes: cfg.Limits.QueueBytes, CheckEvery: cfg.Limits.CheckEvery,
	})
	return e
}

func (e *Endpoint) now() time.Time { return e.cfg.Clock() }

// Hub is the hub behind the endpoint, for figures.
func (e *Endpoint) Hub() *hub.Hub { return e.hub }

// Start brings the hub to life. Safe to call twice.
func (e *Endpoint) Start(ctx context.Context) error {
	if err := e.hub.Start(ctx); err != nil {
		return err
	}
	e.startSweeper()
	e.startBeat()
	return nil
}

// stopWait is how long Stop waits for clients to answer the close.
const stopWait = 6 * time.Second

// Stop refuses new connections, closes all with 1001 at once and waits a few
// seconds for the answers, then cuts what is left. Safe to call twice.
func (e *Endpoint) Stop() {
	e.mu.Lock()
	was := e.stopped
	e.stopped = true
	beat, sweeper := e.beat, e.sweeper
	e.mu.Unlock()
	if sweeper != nil {
		sweeper()
	}
	if !was {
		e.unhost()
	}
	if beat != nil {
		beat()
	}
	e.hub.Stop()
	done := make(chan struct{})
	go func() {
		e.wg.Wait()
		close(done)
	}()
	t := time.NewTimer(stopWait)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
		e.mu.Lock()
		for c := range e.clients {
			c.link.cut()
		}
		e.mu.Unlock()
		<-done
	}
	e.noticeMu.Lock()
	for _, n := range e.notices {
		n.timer.Stop()
	}
	clear(e.notices)
	e.noticeMu.Unlock()
}

// Changed tells everybody who acts for one of the companies, and the persons,
// that an object changed: open pages fetch it again. It says nothing but kind and
// id; the caller names only companies that may see the object.
func (e *Endpoint) Changed(object, id string, orgs []string, persons ...string) {
	f := changedFrame(object, id, 0)
	key := "changed " + object + " " + id
	for _, o := range orgs {
		e.hub.ToOrg(o, key, f)
	}
	for _, p := range persons {
		e.hub.ToPerson(p, key, f)
	}
}

// DropPerson closes all connections of a person on all nodes at once: a leaver,
// or a sign-out everywhere.
func (e *Endpoint) DropPerson(person string) {
	e.hub.Drop(hub.Drop{Person: person, Code: hub.CodeEnded})
}

// DropMembership closes the connections of a person for one company.
func (e *Endpoint) DropMembership(person, org string) {
	e.hub.Drop(hub.Drop{Person: person, Org: org, Code: hub.CodeEnded})
}

// DropSession closes the connections that live by a session or a token, by the
// key that Identity.Session carries.
func (e *Endpoint) DropSession(session string) {
	e.hub.Drop(hub.Drop{Session: session, Code: hub.CodeEnded})
}

// Recheck asks at once for the identity of a person's connections on this node,
// as the interval does later for all: call it when roles changed.
func (e *Endpoint) Recheck(person string) {
	e.aside(func(ctx context.Context) {
		e.recheck(ctx, e.held(func(c *client) bool { return c.who().Actor.Person == person }))
	})
}
