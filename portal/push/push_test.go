package push

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/notify"
)

// house has Maya and Dan of kestrel, and a push service that reads what it is sent as a
// browser would.
type house struct {
	s       *Service
	n       *notify.Service
	browser *ecdh.PrivateKey
	url     string
	people  []account.Colleague

	mu     sync.Mutex
	status int
	got    []string
	heads  http.Header
}

func (h *house) People(context.Context, ...string) ([]account.Colleague, error) { return h.people, nil }
func (h *house) OrgsByID(_ context.Context, ids ...string) (map[string]account.Org, error) {
	return map[string]account.Org{"kestrel": {ID: "kestrel", Slug: "kestrel", Name: "Kestrel Supply"}}, nil
}

func (h *house) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	text, err := open(body, h.browser, make([]byte, authSize))
	if err != nil {
		text = err.Error()
	}
	h.got, h.heads = append(h.got, text), r.Header
	w.WriteHeader(h.status)
}

func (h *house) take() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := strings.Join(h.got, "\n")
	h.got = nil
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var sys = access.System("notices", "kestrel")

func person(id string) access.Actor {
	return access.Actor{Person: id, Org: "kestrel", Roles: []access.Role{access.Buyer}, Via: "session:of-" + id}
}

// at is some minutes after nine on a Monday, UTC.
func at(min int) context.Context {
	return db.WithNow(context.Background(), time.Date(2026, 11, 23, 9, min, 0, 0, time.UTC))
}

func setup(t *testing.T, d *db.DB) *house {
	t.Helper()
	h := &house{status: http.StatusCreated}
	var err error
	h.browser, err = ecdh.P256().GenerateKey(rand.Reader)
	must(t, err)
	for _, id := range []string{"maya", "dan"} {
		h.people = append(h.people, account.Colleague{ID: id, Name: id, Org: "kestrel", Locale: map[string]string{"maya": "en", "dan": "zh-CN"}[id], Zone: "UTC"})
	}
	must(t, d.InTx(context.Background(), func(ctx context.Context) error {
		if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES ('kestrel', 'kestrel', 'Kestrel Supply', '', '', 'GBP', 'UTC', 'en', 'active', 0)").Error; err != nil {
			return err
		}
		for _, id := range []string{"maya", "dan"} {
			if err := db.Tx(ctx).Exec("INSERT INTO person (id, email, name, locale, theme, timezone, password, password_at, operator, state, last_org, created) VALUES (?, ?, ?, 'en', '', 'UTC', '', 0, ?, 'active', '', 0)", id, id+"@example", id, false).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	h.url = server.URL
	h.n = notify.NewService(d)
	key := make([]byte, 32)
	key[0] = 1
	h.s, err = New(Deps{DB: d, Notify: h.n, People: h, Key: key, Client: server.Client(), URL: "https://portal.example", Plain: true, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Judge: func(_ context.Context, host string) error {
			if host == "10.0.0.1" {
				return fault.New(fault.Forbidden, "error.forbidden")
			}
			return nil
		}})
	must(t, err)
	h.n.Push(h.s)
	return h
}

func (h *house) subscribe(who, path string) error {
	return h.s.Subscribe(at(0), person(who), Subscription{Endpoint: h.url + path, P256dh: b64.EncodeToString(h.browser.PublicKey().Bytes()), Auth: b64.EncodeToString(make([]byte, authSize)), Agent: "Firefox"})
}

func (h *house) tell(t *testing.T, min int, kind, number string) {
	t.Helper()
	to := []notify.Target{{Org: "kestrel", Person: "maya"}, {Org: "kestrel", Person: "dan"}}
	must(t, h.n.Tell(at(min), sys, to, notify.Notice{Kind: kind, Dedupe: db.NewID(), SubjectKind: "topic", SubjectID: number, Args: map[string]string{"title": number}}))
}

// run does what the two jobs do.
func (h *house) run(t *testing.T, min int) string {
	t.Helper()
	must(t, h.s.Tell(at(min)))
	must(t, h.s.Send(at(min)))
	return h.take()
}

// TestTold: a device is told in its reader's words, sealed, by topic, not in quiet hours,
// and not what was read meanwhile; what fails is tried again, what is gone is removed.
func TestTold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		h.tell(t, 0, "forum.replied", "before")
		must(t, h.subscribe("maya", "/m"))
		must(t, h.subscribe("maya", "/m"))
		must(t, h.subscribe("dan", "/d"))
		h.tell(t, 1, "forum.replied", "T-1")
		got := h.run(t, 1)
		for _, want := range []string{`{"title":"Kestrel Supply","body":"New reply: T-1","url":"/c/kestrel/forum/topics/T-1","tag":"topic/T-1"}`, `回复`} {
			if !strings.Contains(got, want) {
				t.Errorf("%s lacks %s", got, want)
			}
		}
		if strings.Count(got, "\n") != 1 || strings.Contains(got, "before") {
			t.Error(got)
		}
		if a := h.heads.Get("Authorization"); !strings.HasPrefix(a, "vapid t=") || !strings.HasSuffix(a, "k="+h.s.PublicKey()) || h.heads.Get("Content-Encoding") != "aes128gcm" || h.heads.Get("TTL") == "" {
			t.Error(h.heads)
		}
		if got := h.run(t, 2); got != "" {
			t.Error("told twice: " + got)
		}
		// by topic, and never in quiet hours
		must(t, h.n.SaveSettings(at(2), person("dan"), notify.Settings{Mode: notify.ModeNever, Off: map[string][]string{"forum": {notify.WayPush}}}, time.UTC))
		must(t, h.n.SaveSettings(at(2), person("maya"), notify.Settings{Mode: notify.ModeNever, Quiet: notify.Quiet{From: 9 * 60, To: 9*60 + 30}}, time.UTC))
		h.tell(t, 3, "forum.replied", "T-2")
		if got := h.run(t, 4); got != "" {
			t.Error("in quiet hours: " + got)
		}
		if got := h.run(t, 31); strings.Contains(got, "\n") || !strings.Contains(got, "New reply: T-2") { // Maya alone
			t.Error("after them: " + got)
		}
		// read meanwhile
		h.tell(t, 32, "forum.replied", "T-3")
		must(t, h.n.MarkAllSeen(at(33), person("maya"), time.Time{}))
		if got := h.run(t, 34); got != "" {
			t.Error("read already: " + got)
		}
		// tried again, later and later; then the device is gone
		h.status = http.StatusServiceUnavailable
		h.tell(t, 35, "forum.replied", "T-4")
		tries := 0
		for min := 35; min < 45; min++ {
			if h.run(t, min) != "" {
				tries++
			}
		}
		if tries != 3 {
			t.Errorf("%d tries in ten minutes", tries)
		}
		h.status = http.StatusGone
		h.run(t, 58)
		if list, err := h.s.Devices(at(59), person("maya")); err != nil || len(list) != 0 {
			t.Error(list, err)
		}
		if list, err := h.s.Devices(at(59), person("dan")); err != nil || len(list) != 1 {
			t.Error(list, err)
		}
	})
}

// outside is a judge that is asked in no transaction, and in whose time more is told.
type outside struct {
	t    *testing.T
	h    *house
	lost map[string]bool
	once func()
}

func (o *outside) Lost(ctx context.Context, _ access.Actor, of []notify.Subject) (map[notify.Subject]bool, error) {
	free := false
	db.AfterCommit(ctx, func() { free = true })
	if !free {
		o.t.Error("whoever judges is asked inside a transaction")
	}
	if do := o.once; do != nil {
		o.once = nil
		do()
	}
	out := map[notify.Subject]bool{}
	for _, x := range of {
		if o.lost[x.ID] {
			out[x] = true
		}
	}
	return out, nil
}

// TestAskedOutside: what a device is told is judged outside of the transaction that settles
// it, all of it, and each is told once.
func TestAskedOutside(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		must(t, h.subscribe("maya", "/m"))
		o := &outside{t: t, h: h, lost: map[string]bool{"T-2": true, "T-4": true}}
		h.n.Judge(o, "topic")
		h.tell(t, 1, "forum.replied", "T-1")
		h.tell(t, 1, "forum.replied", "T-2")
		o.once = func() {
			h.tell(t, 1, "forum.replied", "T-3")
			h.tell(t, 1, "forum.replied", "T-4")
		}
		got := h.run(t, 2)
		if strings.Count(got, "reply: T-1") != 1 || strings.Count(got, "reply: T-3") != 1 || strings.Contains(got, "T-2") || strings.Contains(got, "T-4") {
			t.Error(got)
		}
		if got := h.run(t, 3); got != "" {
			t.Error("told twice: " + got)
		}
	})
}

// TestDevices: one's own alone, few, at addresses that may be called; gone with the session,
// with signing out everywhere and with leaving the company.
func TestDevices(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		good := Subscription{Endpoint: h.url + "/m", P256dh: b64.EncodeToString(h.browser.PublicKey().Bytes()), Auth: b64.EncodeToString(make([]byte, authSize))}
		for what, change := range map[string]func(*Subscription){
			"private": func(s *Subscription) { s.Endpoint = "https://10.0.0.1/x" }, "scheme": func(s *Subscription) { s.Endpoint = "file:///etc/passwd" }, "name": func(s *Subscription) { s.Endpoint = "https://a:b@push.example/x" },
			"long": func(s *Subscription) { s.Endpoint = "https://push.example/" + strings.Repeat("x", maxEndpoint) }, "point": func(s *Subscription) { s.P256dh = b64.EncodeToString(make([]byte, 65)) }, "auth": func(s *Subscription) { s.Auth = "" },
		} {
			bad := good
			change(&bad)
			if err := h.s.Subscribe(at(0), person("maya"), bad); fault.CodeOf(err) != fault.Invalid {
				t.Errorf("%s: %v", what, err)
			}
		}
		for i := range mostDevices {
			must(t, h.subscribe("maya", fmt.Sprint("/", i)))
		}
		if err := h.subscribe("maya", "/more"); fault.CodeOf(err) != fault.Conflict {
			t.Error(err)
		}
		must(t, h.subscribe("dan", "/d"))
		count := func(who string, want int) {
			t.Helper()
			if list, err := h.s.Devices(at(1), person(who)); err != nil || len(list) != want {
				t.Errorf("%s has %d devices, want %d, %v", who, len(list), want, err)
			}
		}
		list, err := h.s.Devices(at(1), person("maya"))
		must(t, err)
		if err := h.s.Remove(at(1), person("dan"), list[0].ID); !fault.IsNotFound(err) {
			t.Error(err)
		}
		must(t, h.s.Remove(at(1), person("maya"), list[0].ID))
		count("maya", mostDevices-1)
		must(t, h.s.Ended(at(1), []string{"of-maya"}))
		count("maya", 0)
		count("dan", 1)
		must(t, h.subscribe("maya", "/m"))
		h.tell(t, 1, "forum.replied", "T-1")
		must(t, h.s.Forget(at(1), person("maya")))
		count("maya", 0)
		h.people = h.people[:1] // Dan has left
		if got := h.run(t, 2); got != "" {
			t.Error(got)
		}
		count("dan", 0)
	})
}

// TestSlow: a push service that does not answer, or never takes anything, keeps nobody else
// waiting, and is not asked again for each notice.
func TestSlow(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		must(t, h.subscribe("maya", "/m"))
		must(t, h.subscribe("dan", "/d"))
		told, asked := make(chan struct{}), 0
		var once sync.Once
		server := h.s.Client.Transport
		h.s.Client = &http.Client{Transport: carrier(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/d" {
				once.Do(func() { close(told) })
				return server.RoundTrip(r)
			}
			h.mu.Lock()
			asked++
			h.mu.Unlock()
			select {
			case <-told:
			case <-r.Context().Done():
				t.Error("Dan waits for Maya's push service")
			}
			return &http.Response{StatusCode: http.StatusInternalServerError, Body: http.NoBody}, nil
		})}
		for i := range 3 {
			h.tell(t, 1, "forum.replied", fmt.Sprint("T-", i))
		}
		if got := h.run(t, 1); strings.Count(got, "回复") != 3 || strings.Index(got, "T-0") > strings.Index(got, "T-2") {
			t.Error(got)
		}
		if asked != 1 {
			t.Errorf("Maya's push service was asked %d times at once", asked)
		}
		h.run(t, 2)
		if asked != 2 {
			t.Errorf("and %d times a minute later", asked)
		}
		for min := 3; min < 24*60; min += 20 {
			h.run(t, min)
		}
		if asked > 3*mostTries {
			t.Errorf("%d tries for three notices", asked)
		}
		if n := h.waiting(t); n != 0 {
			t.Errorf("%d messages wait for ever", n)
		}
	})
}

type carrier func(*http.Request) (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }

func (h *house) waiting(t *testing.T) (n int64) {
	t.Helper()
	must(t, h.s.DB.View(context.Background(), func(ctx context.Context) error { return db.Tx(ctx).Model(&messageRow{}).Count(&n).Error }))
	return n
}
