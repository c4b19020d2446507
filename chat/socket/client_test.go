package socket_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/gofiber/fiber/v2"

	"entente/chat/broker"
	"entente/chat/call"
	"entente/chat/room"
	"entente/chat/socket"
	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

const patience = 10 * time.Second

// house is three companies, their people and who is signed in. aurelia supplies
// kestrel; baltic is a stranger.
type house struct {
	db     *db.DB
	org    map[string]string
	person map[string]string
	orgOf  map[string]string

	mu    sync.Mutex
	gone  map[string]error         // session → why it ended
	roles map[string][]access.Role // person → present roles
	cred  []socket.Credentials     // what was brought, as kept by the port
	relay bool                     // calls go through the server
	fw    map[string]*forwarder    // node → what forwards its calls, from the third party on
}

func newHouse(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := &house{db: d, org: map[string]string{}, person: map[string]string{}, orgOf: map[string]string{}, gone: map[string]error{}, roles: map[string][]access.Role{}}
	err := d.InTx(context.Background(), func(ctx context.Context) error {
		for _, slug := range []string{"aurelia", "kestrel", "baltic"} {
			h.org[slug] = db.NewID()
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', '', 'GBP', 'UTC', 'en', 'active', 0)",
				h.org[slug], slug, slug).Error; err != nil {
				return err
			}
		}
		for name, org := range map[string]string{"ingrid": "aurelia", "wen": "aurelia", "maya": "kestrel", "kaarel": "baltic"} {
			id := db.NewID()
			h.person[name], h.orgOf[id], h.roles[id] = id, h.org[org], []access.Role{access.Admin}
			if err := db.Tx(ctx).Exec("INSERT INTO person (id, email, name, locale, theme, timezone, password, password_at, operator, state, last_org, created) VALUES (?, ?, ?, 'en', '', 'UTC', '', 0, ?, 'active', '', 0)",
				id, name+"@example", name, false).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) Staff(_ context.Context, orgs []string) (out []room.Person, _ error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, id := range h.person {
		if slices.Contains(orgs, h.orgOf[id]) {
			out = append(out, room.Person{ID: id, Name: name, Org: h.orgOf[id], Roles: h.roles[id]})
		}
	}
	return out, nil
}

func (h *house) Names(_ context.Context, ids []string) (map[string]string, error) {
	out := map[string]string{}
	for name, id := range h.person {
		for _, want := range ids {
			if id == want {
				out[id] = name
			}
		}
	}
	return out, nil
}

func (h *house) Companies(_ context.Context, ids []string) (map[string]room.Company, error) {
	out := map[string]room.Company{}
	for slug, id := range h.org {
		for _, want := range ids {
			if id == want {
				out[id] = room.Company{ID: id, Slug: slug, Name: slug}
			}
		}
	}
	return out, nil
}

// identity is a session or token named "PERSON" or "PERSON.n".
func (h *house) identity(session string) (socket.Identity, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	name, _, _ := strings.Cut(session, ".")
	id, ok := h.person[name]
	if err := h.gone[session]; err != nil {
		return socket.Identity{}, err
	}
	if !ok {
		return socket.Identity{}, fault.New(fault.Unauthenticated, "error.signed_out")
	}
	lang := "en"
	if name == "wen" {
		lang = "zh-CN"
	}
	return socket.Identity{Session: session, Lang: lang,
		Actor: access.Actor{Person: id, Org: h.orgOf[id], Roles: h.roles[id], Via: "session:" + session}}, nil
}

func (h *house) Authenticate(_ context.Context, c socket.Credentials) (socket.Identity, error) {
	h.mu.Lock()
	h.cred = append(h.cred, c)
	h.mu.Unlock()
	if c.Bearer != "" {
		id, err := h.identity(c.Bearer)
		id.Actor.Scopes = []string{"chat:write"}
		return id, err
	}
	return h.identity(c.Cookies["session"])
}

func (h *house) Recheck(_ context.Context, id socket.Identity) (socket.Identity, error) {
	now, err := h.identity(id.Session)
	now.Actor.Scopes = id.Actor.Scopes
	return now, err
}

func (h *house) end(session string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gone[session] = fault.New(fault.Unauthenticated, "error.signed_out")
}

// node is one running endpoint behind fiber.
type node struct {
	*house
	rooms *room.Service
	calls *call.Service
	live  *socket.Endpoint
	addr  string
}

func (h *house) node(t testing.TB, cfg socket.Config) *node { return h.nodeAs(t, cfg, h) }

// nodeAs is a node where another says who somebody is.
func (h *house) nodeAs(t testing.TB, cfg socket.Config, auth socket.Authenticator) *node {
	t.Helper()
	n := &node{house: h, rooms: room.NewService(h.db, room.Deps{People: h})}
	cfg.Rooms, cfg.Auth, cfg.Log = n.rooms, auth, slog.New(slog.DiscardHandler)
	deps := call.Deps{Rooms: n.rooms, People: h, Relay: h.relay, Node: cfg.Node}
	if fw := h.fw[cfg.Node]; fw != nil {
		deps.Forwarder, deps.Mesh, deps.Most = fw, 2, 4
	}
	n.calls = call.New(h.db, deps)
	cfg.Calls = n.calls
	cfg.Phrase = func(lang, kind string, args map[string]string) string { return lang + " " + kind + " " + args["n"] }
	n.live = socket.New(cfg)
	n.rooms.Publish(n.live)
	if err := n.live.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ReadTimeout: 2 * time.Second, ErrorHandler: func(c *fiber.Ctx, err error) error {
		var fe *fiber.Error
		if errors.As(err, &fe) {
			return c.SendStatus(fe.Code)
		}
		return c.Status(fault.CodeOf(err).Status()).SendString(fault.KeyOf(err))
	}})
	app.Server().KeepHijackedConns = cfg.Node != "two" // both ways must do
	app.Get("/live", n.live.Handle)
	app.Get("/plain", func(c *fiber.Ctx) error { return c.SendString("plain") })
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n.addr = ln.Addr().String()
	served := make(chan error, 1)
	go func() { served <- app.Listener(ln) }()
	t.Cleanup(func() {
		n.live.Stop()
		http.DefaultClient.CloseIdleConnections() // else the server waits for their read timeout
		if err := app.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return n
}

// single is one node on a fresh SQLite file.
func single(t testing.TB, lim socket.Limits) *node {
	t.Helper()
	return newHouse(t, dbtest.One(t)).node(t, socket.Config{Limits: lim})
}

func pair(t testing.TB, d *db.DB) (one, two *node) {
	t.Helper()
	h, b := newHouse(t, d), broker.NewMemory()
	t.Cleanup(func() { _ = b.Close() })
	lim := socket.Limits{PostRate: 1e6, PostBurst: 1e6, FrameRate: 1e6, FrameBurst: 1e6}
	return h.node(t, socket.Config{Broker: b, Node: "one", Limits: lim}), h.node(t, socket.Config{Broker: b, Node: "two", Limits: lim})
}

// room makes a room of aurelia and kestrel.
func (n *node) room(t testing.TB, subject string) room.Room {
	t.Helper()
	r, err := n.rooms.EnsureRoom(context.Background(), access.System("test", n.org["aurelia"]), room.Spec{
		Subject: room.Subject{Kind: "order", ID: subject}, Title: subject, Orgs: []string{n.org["aurelia"], n.org["kestrel"]}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// post writes a message without a connection.
func (n *node) post(t testing.TB, who string, id room.ID, key string) room.Message {
	t.Helper()
	ident, err := n.identity(who)
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := n.rooms.Post(context.Background(), ident.Actor, room.Draft{Room: id, Key: key, Text: "text " + key})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// fill writes n messages of the text at once, so that they share commits, and
// returns the highest number.
func (n *node) fill(t testing.TB, who string, id room.ID, count int, text string) int64 {
	t.Helper()
	ident, err := n.identity(who)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var last atomic.Int64
	for range count {
		wg.Go(func() {
			m, _, err := n.rooms.Post(context.Background(), ident.Actor, room.Draft{Room: id, Key: db.NewID(), Text: text})
			if err != nil {
				t.Error(err)
			}
			for seq := last.Load(); m.Seq > seq && !last.CompareAndSwap(seq, m.Seq); seq = last.Load() {
			}
		})
	}
	wg.Wait()
	return last.Load()
}

// peer is a client as other programs write one: it reads everything into frames.
type peer struct {
	ws *websocket.Conn

	mu     sync.Mutex
	cond   *sync.Cond
	frames []map[string]any
	used   int // frames already looked at by next
	err    error
}

func (n *node) open(t testing.TB, session string) *peer {
	t.Helper()
	p, _, err := n.dial("/live", http.Header{"Cookie": {"session=" + session}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.ws.CloseNow() })
	return p
}

func (n *node) dial(path string, h http.Header) (*peer, *http.Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ws, res, err := websocket.Dial(ctx, "ws://"+n.addr+path, &websocket.DialOptions{HTTPHeader: h})
	if err != nil {
		return nil, res, err
	}
	ws.SetReadLimit(1 << 20)
	p := &peer{ws: ws}
	p.cond = sync.NewCond(&p.mu)
	go p.read()
	return p, res, nil
}

func (p *peer) read() {
	for {
		kind, data, err := p.ws.Read(context.Background())
		m := map[string]any{}
		if err == nil && kind != websocket.MessageText {
			err = errors.New("a binary message came")
		}
		if err == nil {
			err = json.Unmarshal(data, &m)
		}
		p.mu.Lock()
		if err != nil {
			p.err = err
			p.cond.Broadcast()
			p.mu.Unlock()
			return
		}
		p.frames = append(p.frames, m)
		p.cond.Broadcast()
		p.mu.Unlock()
	}
}

func (p *peer) send(t testing.TB, v any) {
	t.Helper()
	var b []byte
	switch v := v.(type) {
	case string:
		b = []byte(v)
	default:
		b, _ = json.Marshal(v)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := p.ws.Write(ctx, websocket.MessageText, b); err != nil {
		t.Fatal(err)
	}
}

// until waits until ok, called with the lock held.
func (p *peer) until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	end := time.Now().Add(patience)
	timer := time.AfterFunc(patience, func() { p.cond.Broadcast() })
	defer timer.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for !ok() {
		if p.err != nil || time.Now().After(end) {
			last := fmt.Sprint(p.frames[max(0, len(p.frames)-3):])
			t.Fatalf("waited for %s: %v; last frames %.600s", what, p.err, last)
		}
		p.cond.Wait()
	}
}

// next returns the next frame that has one of the types.
func (p *peer) next(t testing.TB, types ...string) map[string]any {
	t.Helper()
	var got map[string]any
	p.until(t, strings.Join(types, " or "), func() bool {
		for ; p.used < len(p.frames); p.used++ {
			for _, typ := range types {
				if p.frames[p.used]["type"] == typ {
					got = p.frames[p.used]
					p.used++
					return true
				}
			}
		}
		return false
	})
	return got
}

// all returns the frames received so far.
func (p *peer) all() []map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.frames)
}

// closed waits for the end and returns its code.
func (p *peer) closed(t testing.TB) websocket.StatusCode {
	t.Helper()
	end := time.Now().Add(patience)
	timer := time.AfterFunc(patience, func() { p.cond.Broadcast() })
	defer timer.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.err == nil {
		if time.Now().After(end) {
			t.Fatal("the connection never ended")
		}
		p.cond.Wait()
	}
	return websocket.CloseStatus(p.err)
}

// seqs returns the numbers of one room received so far, with the lock held.
func (p *peer) seqs(id room.ID) []int64 {
	var out []int64
	for _, f := range p.frames {
		if f["room"] == string(id) && (f["type"] == "message" || f["type"] == "event") {
			out = append(out, int64(f["seq"].(float64)))
		}
	}
	return out
}

// exactly waits for the numbers from..to of a room, no gap, no repeat.
func (p *peer) exactly(t testing.TB, id room.ID, from, to int64) {
	t.Helper()
	n := int(to - from + 1)
	p.until(t, fmt.Sprintf("%d..%d", from, to), func() bool { return len(p.seqs(id)) >= n })
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.seqs(id)
	for i, s := range got {
		if len(got) != n || s != from+int64(i) {
			t.Fatalf("want %d..%d, got %v", from, to, got)
		}
	}
}

func (p *peer) join(t testing.TB, id room.ID, after int64) map[string]any {
	t.Helper()
	p.send(t, map[string]any{"type": "join", "room": id, "after": after})
	j := p.next(t, "joined")
	if j["room"] != string(id) {
		t.Fatalf("joined %v", j)
	}
	return j
}

// keys are the field names of a frame.
func keys(f map[string]any) map[string]bool {
	out := map[string]bool{}
	for k := range f {
		out[k] = true
	}
	return out
}

func hasFields(t testing.TB, f map[string]any, fields ...string) {
	t.Helper()
	have := keys(f)
	for _, k := range fields {
		if !have[k] {
			t.Errorf("%v lacks %q", f, k)
		}
	}
}
