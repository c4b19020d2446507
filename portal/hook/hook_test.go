package hook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/db/secret"
	"entente/edi/dial"
	"entente/prm/access"
	"entente/prm/fault"
)

var (
	kestrel = db.NewID()
	baltic  = db.NewID()
	tomas   = access.Actor{Person: "tomas", Org: kestrel, Roles: []access.Role{access.EDI}, Via: "token:t"}
	kaarel  = access.Actor{Person: "kaarel", Org: baltic, Roles: []access.Role{access.Admin}, Via: "token:k"}
	sales   = access.Actor{Person: "dan", Org: kestrel, Roles: []access.Role{access.Sales}, Via: "token:d"}
)

// endpoint is a company's own system: it keeps what it got and answers as told.
type endpoint struct {
	*httptest.Server
	mu     sync.Mutex
	got    []arrival
	answer func(n int) int
}

type arrival struct {
	id, signature, stamp, body string
}

func newEndpoint(t *testing.T) *endpoint {
	e := &endpoint{answer: func(int) int { return 204 }}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		e.got = append(e.got, arrival{r.Header.Get("webhook-id"), r.Header.Get("webhook-signature"), r.Header.Get("webhook-timestamp"), string(b)})
		code := e.answer(len(e.got))
		e.mu.Unlock()
		if code == 302 {
			w.Header().Set("Location", "http://127.0.0.1:1/")
		}
		if code == 429 {
			w.Header().Set("Retry-After", "7200")
		}
		w.WriteHeader(code)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) all() []arrival {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.got)
}

type world struct {
	*Service
	db     *db.DB
	jobs   *job.Jobs
	paused chan PausedEvent
}

func setup(t *testing.T, d *db.DB, allow ...netip.Prefix) *world {
	t.Helper()
	w := &world{db: d, jobs: job.New(d, job.Options{}), paused: make(chan PausedEvent, 10)}
	w.Service = New(Deps{DB: d, Jobs: w.jobs, Secrets: secret.Random(), Client: dial.New(dial.Options{Allow: allow}).Client(dial.Limits{}), Judge: dial.New(dial.Options{Allow: allow}).Judge}, Options{Plain: true})
	w.jobs.Subscribe("told", []string{EventPaused}, func(_ context.Context, e job.Received) error {
		var x PausedEvent
		err := e.Decode(&x)
		w.paused <- x
		return err
	})
	err := d.InTx(t.Context(), func(ctx context.Context) error {
		for slug, id := range map[string]string{"kestrel": kestrel, "baltic": baltic} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, 'x', '', 'GB', 'GBP', 'UTC', 'en', 'active', 1)", id, slug).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.jobs.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.jobs.Stop)
	return w
}

func (w *world) idle(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := w.jobs.Idle(ctx); err != nil {
		t.Fatal(err)
	}
}

// due makes what waits due at once, as if its time had come.
func (w *world) due(t *testing.T) {
	t.Helper()
	err := w.db.InTx(t.Context(), func(ctx context.Context) error {
		if err := db.Tx(ctx).Exec("UPDATE webhook_delivery SET next_at = 1 WHERE state = 'queued'").Error; err != nil {
			return err
		}
		return w.wake(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	w.idle(t)
}

func (w *world) tell(t *testing.T, place int64, kind string) {
	t.Helper()
	m := Message{Event: db.NewID(), Place: place, Kind: kind, At: time.Unix(1_700_000_000, 0), Data: map[string]int64{"place": place}}
	for range 2 { // a subscriber may be called twice
		if err := w.Tell(t.Context(), access.System("webhooks", kestrel), m, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// verify is what the documentation tells receivers to do.
func verify(t *testing.T, key string, a arrival) bool {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(a.stamp, 10, 64)
	if err != nil || time.Since(time.Unix(n, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, raw)
	mac.Write([]byte(a.id + "." + a.stamp + "." + a.body))
	for _, s := range strings.Fields(a.signature) {
		got, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "v1,"))
		if err == nil && hmac.Equal(got, mac.Sum(nil)) {
			return true
		}
	}
	return false
}

// TestSignature: the specification's own example, and two secrets while one is changed.
func TestSignature(t *testing.T) {
	t.Parallel()
	const key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	at := time.Unix(1614265330, 0)
	const specSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	if got := signature([]string{key}, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, []byte(`{"test": 2432232314}`)); got != specSignature {
		t.Errorf("%s", got)
	}
	two := strings.Fields(signature([]string{newSecret(), key}, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, []byte(`{"test": 2432232314}`)))
	if len(two) != 2 || two[1] != specSignature {
		t.Errorf("%v", two)
	}
	if s := newSecret(); len(s) != len("whsec_")+44 || s == newSecret() {
		t.Error(s)
	}
}

func TestModels(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { dbtest.CheckModels(t, d, &hookRow{}, &deliveryRow{}, &attemptRow{}) })
}

// TestInOrder: what is told goes out once, signed, in order, and only what was asked for;
// a failing call holds up its own address alone, and the same id comes again.
func TestInOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, dial.Loopback...)
		one, two := newEndpoint(t), newEndpoint(t)
		one.answer = func(n int) int { return map[bool]int{true: 500, false: 200}[n == 1] }
		h, key, err := w.Add(t.Context(), tomas, one.URL, []string{OrderReceived, InvoiceIssued})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Add(t.Context(), tomas, two.URL, []string{OrderReceived}); err != nil {
			t.Fatal(err)
		}
		w.tell(t, 1, OrderReceived)
		w.idle(t)
		w.tell(t, 2, OrderReceived)
		w.tell(t, 3, OrderConfirmed)
		w.tell(t, 4, InvoiceIssued)
		w.idle(t)
		if a, b := one.all(), two.all(); len(a) != 1 || len(b) != 2 {
			t.Fatalf("%d and %d arrived", len(a), len(b))
		}
		if got, _ := w.Get(t.Context(), tomas, h.ID); got.Failing.IsZero() || !got.Paused.IsZero() {
			t.Errorf("%+v", got)
		}
		w.due(t)
		got := one.all()
		var order []string
		for _, a := range got {
			var b struct {
				Type string
				Data struct{ Place int }
			}
			if err := json.Unmarshal([]byte(a.body), &b); err != nil {
				t.Fatal(err)
			}
			order = append(order, b.Type)
		}
		if strings.Join(order, " ") != "order.received order.received order.received invoice.issued" || got[0].id != got[1].id || got[1].id == got[2].id {
			t.Errorf("%v %+v", order, got)
		}
		for _, a := range got {
			if !verify(t, key, a) {
				t.Errorf("signature %s", a.signature)
			}
		}
		list, next, err := w.Deliveries(t.Context(), tomas, h.ID, "", 2)
		if err != nil || len(list) != 2 || next == "" {
			t.Fatalf("%v %+v %s", err, list, next)
		}
		rest, next, err := w.Deliveries(t.Context(), tomas, h.ID, next, 2)
		if err != nil || len(rest) != 1 || next != "" {
			t.Fatalf("%v %+v", err, rest)
		}
		x, err := w.Delivery(t.Context(), tomas, h.ID, rest[0].ID)
		if err != nil || x.State != Delivered || len(x.Tries) != 2 || x.Tries[0].Status != 200 || x.Tries[1].Status != 500 || x.Tries[1].Result != "hook.status" || x.Body != got[0].body {
			t.Errorf("%v %+v", err, x)
		}
		if got, _ := w.Get(t.Context(), tomas, h.ID); !got.Failing.IsZero() {
			t.Error("still failing")
		}
	})
}

// TestPausedAndTold: an address that fails every try is paused and told once, what waits
// stays, a test goes through, and it goes on when resumed; redelivery has the same id.
func TestPausedAndTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, dial.Loopback...)
		e := newEndpoint(t)
		good := false
		e.answer = func(int) int { return map[bool]int{true: 200, false: 503}[good] }
		h, _, err := w.Add(t.Context(), tomas, e.URL, Events())
		if err != nil {
			t.Fatal(err)
		}
		w.tell(t, 1, OrderReceived)
		w.tell(t, 2, ShipmentSent)
		w.idle(t)
		for range len(waits) {
			w.due(t)
		}
		if x := <-w.paused; x != (PausedEvent{kestrel, h.ID, WhyFailing}) {
			t.Errorf("%+v", x)
		}
		w.due(t)
		if n := len(e.all()); n != len(waits)+1 {
			t.Errorf("%d calls", n)
		}
		e.mu.Lock()
		good = true
		e.mu.Unlock()
		test, err := w.Test(t.Context(), tomas, h.ID)
		if err != nil {
			t.Fatal(err)
		}
		w.idle(t)
		if x, err := w.Delivery(t.Context(), tomas, h.ID, test.ID); err != nil || x.State != Delivered {
			t.Errorf("%v %+v", err, x)
		}
		if _, err := w.Resume(t.Context(), tomas, h.ID); err != nil {
			t.Fatal(err)
		}
		w.idle(t)
		all := e.all()
		if last := all[len(all)-1]; !strings.Contains(last.body, ShipmentSent) {
			t.Errorf("%+v", last)
		}
		parked := all[0].id
		if x, err := w.Redeliver(t.Context(), tomas, h.ID, parked); err != nil || x.State != Queued {
			t.Fatalf("%v %+v", err, x)
		}
		w.idle(t)
		if all := e.all(); all[len(all)-1].id != parked {
			t.Errorf("%+v", all[len(all)-1])
		}
		if len(w.paused) > 0 {
			t.Error("told twice")
		}
	})
}

// TestGoneRedirectedAndSlow: 410 pauses at once; a redirect is a failure and is not
// followed; Retry-After is kept to.
func TestGoneRedirectedAndSlow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, dial.Loopback...)
		ends := map[int]*endpoint{}
		hooks := map[int]string{}
		for _, code := range []int{410, 302, 429} {
			ends[code] = newEndpoint(t)
			ends[code].answer = func(int) int { return code }
			h, _, err := w.Add(t.Context(), tomas, ends[code].URL, Events())
			if err != nil {
				t.Fatal(err)
			}
			hooks[code] = h.ID
		}
		w.tell(t, 1, OrderReceived)
		w.idle(t)
		if x := <-w.paused; x.Hook != hooks[410] || x.Why != WhyGone {
			t.Errorf("%+v", x)
		}
		list, _, err := w.Deliveries(t.Context(), tomas, hooks[302], "", 10)
		if err != nil || len(list) != 1 || list[0].State != Queued {
			t.Fatalf("%v %+v", err, list)
		}
		if x, _ := w.Delivery(t.Context(), tomas, hooks[302], list[0].ID); x.Tries[0].Result != "dial.redirected" || x.Tries[0].Status != 302 {
			t.Errorf("%+v", x.Tries)
		}
		list, _, _ = w.Deliveries(t.Context(), tomas, hooks[429], "", 10)
		if len(list) != 1 || list[0].Next.Sub(list[0].Created) < 7000*time.Second {
			t.Errorf("%+v", list)
		}
	})
}

// TestPrivateAddressesRefused: an address inside is never called, whatever its form.
func TestPrivateAddressesRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		w.Judge = nil // their names lead elsewhere only later
		e := newEndpoint(t)
		port := e.URL[strings.LastIndex(e.URL, ":"):]
		var ids []string
		for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]"} {
			h, _, err := w.Add(t.Context(), tomas, "http://"+host+port, Events())
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, h.ID)
		}
		w.tell(t, 1, OrderReceived)
		w.idle(t)
		if len(e.all()) > 0 {
			t.Fatal("a private address was called")
		}
		for _, id := range ids {
			list, _, _ := w.Deliveries(t.Context(), tomas, id, "", 10)
			x, err := w.Delivery(t.Context(), tomas, id, list[0].ID)
			if err != nil || len(x.Tries) != 1 || x.Tries[0].Status != 0 || x.Tries[0].Result == "delivered" {
				t.Errorf("%v %+v", err, x)
			}
		}
	})
}

// TestRotation: after a change both secrets sign, the new one first; the old one is told
// when it ends, and a secret lies sealed.
func TestRotation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, dial.Loopback...)
		e := newEndpoint(t)
		h, first, err := w.Add(t.Context(), tomas, e.URL, Events())
		if err != nil {
			t.Fatal(err)
		}
		h2, second, err := w.Rotate(t.Context(), tomas, h.ID)
		if err != nil || second == first || h2.OldUntil.Before(time.Now().Add(Overlap-time.Minute)) {
			t.Fatalf("%v %+v", err, h2)
		}
		w.tell(t, 1, OrderReceived)
		w.idle(t)
		a := e.all()[0]
		if !verify(t, first, a) || !verify(t, second, a) || verify(t, newSecret(), a) || len(strings.Fields(a.signature)) != 2 {
			t.Errorf("%s", a.signature)
		}
		err = d.InTx(t.Context(), func(ctx context.Context) error {
			var r hookRow
			if err := db.Tx(ctx).Where("id = ?", h.ID).Take(&r).Error; err != nil {
				return err
			}
			if strings.Contains(string(r.Secret)+string(r.OldSecret), first[6:20]) {
				t.Error("a secret lies open")
			}
			return changeHook(ctx, kestrel, h.ID, map[string]any{"old_until": int64(1)})
		})
		if err != nil {
			t.Fatal(err)
		}
		w.tell(t, 2, OrderReceived)
		w.idle(t)
		if a := e.all()[1]; verify(t, first, a) || !verify(t, second, a) {
			t.Errorf("%s", a.signature)
		}
	})
}

// TestKilledBetweenCallAndNote: a node that dies while it calls leaves a message that is
// sent again with the same id once its lease is over, and a late node writes nothing.
func TestKilledBetweenCallAndNote(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, dial.Loopback...)
		e := newEndpoint(t)
		h, _, err := w.Add(t.Context(), tomas, e.URL, Events())
		if err != nil {
			t.Fatal(err)
		}
		w.jobs.Stop()
		w.tell(t, 1, OrderReceived)
		var row deliveryRow
		var hook hookRow
		err = d.InTx(t.Context(), func(ctx context.Context) error {
			if err := db.Tx(ctx).Take(&row).Error; err != nil {
				return err
			}
			if hook, err = hookByID(ctx, kestrel, h.ID); err != nil {
				return err
			}
			_, err := changeDelivery(ctx, row.ID, 0, map[string]any{"fence": 1, "attempts": 1, "next_at": 1}) // claimed, and the lease is over
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		row.Fence = 1
		w.work(t.Context(), row)
		if got := e.all(); len(got) != 1 || got[0].id != row.ID {
			t.Fatalf("%+v", got)
		}
		if err := w.settle(t.Context(), &hook, &row, outcome{status: 500, result: "hook.status"}, time.Now()); err != nil {
			t.Fatal(err)
		}
		if x, err := w.Delivery(t.Context(), tomas, h.ID, row.ID); err != nil || x.State != Delivered || len(x.Tries) != 1 {
			t.Errorf("%v %+v", err, x)
		}
	})
}

// TestStrangers: another company finds nothing, and who is not for EDI nothing either;
// wrong addresses and events are refused by field.
func TestStrangers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, dial.Loopback...)
		h, _, err := w.Add(t.Context(), tomas, "https://erp.example.com/x", []string{OrderReceived})
		if err != nil {
			t.Fatal(err)
		}
		w.jobs.Stop()
		w.tell(t, 1, OrderReceived)
		list, _, err := w.Deliveries(t.Context(), tomas, h.ID, "", 10)
		if err != nil || len(list) != 1 {
			t.Fatal(err, list)
		}
		for _, a := range []access.Actor{kaarel, sales} {
			for name, fn := range map[string]func() error{
				"get":        func() error { _, err := w.Get(t.Context(), a, h.ID); return err },
				"change":     func() error { _, err := w.Change(t.Context(), a, h.ID, h.URL, h.Events, true); return err },
				"resume":     func() error { _, err := w.Resume(t.Context(), a, h.ID); return err },
				"rotate":     func() error { _, _, err := w.Rotate(t.Context(), a, h.ID); return err },
				"remove":     func() error { return w.Remove(t.Context(), a, h.ID) },
				"test":       func() error { _, err := w.Test(t.Context(), a, h.ID); return err },
				"deliveries": func() error { _, _, err := w.Deliveries(t.Context(), a, h.ID, "", 10); return err },
				"delivery":   func() error { _, err := w.Delivery(t.Context(), a, h.ID, list[0].ID); return err },
				"redeliver":  func() error { _, err := w.Redeliver(t.Context(), a, h.ID, list[0].ID); return err },
			} {
				if err := fn(); fault.CodeOf(err) != fault.NotFound {
					t.Errorf("%s of %s: %v", name, a.Person, err)
				}
			}
		}
		if got, err := w.List(t.Context(), kaarel); err != nil || len(got) != 0 {
			t.Errorf("%v %+v", err, got)
		}
		if _, err := w.Redeliver(t.Context(), tomas, h.ID, list[0].ID); fault.CodeOf(err) != fault.Conflict {
			t.Error(err)
		}
		for _, bad := range [][2]string{{"ftp://x/", OrderReceived}, {"https://a:b@x/", OrderReceived}, {"", OrderReceived}, {"https://x/", "order.eaten"}, {"https://x/", ""}} {
			events := strings.Fields(bad[1])
			if _, _, err := w.Add(t.Context(), tomas, bad[0], events); fault.CodeOf(err) != fault.Invalid {
				t.Errorf("%v: %v", bad, err)
			}
		}
		w.opt.Plain = false
		if _, _, err := w.Add(t.Context(), tomas, "http://erp.example.com/", []string{OrderReceived}); fault.CodeOf(err) != fault.Invalid {
			t.Error(err)
		}
		if err := w.Remove(t.Context(), tomas, h.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Get(t.Context(), tomas, h.ID); fault.CodeOf(err) != fault.NotFound {
			t.Error(err)
		}
	})
}

// An address that would be refused at every call is refused when it is given, by the
// name of its field; what the operator allowed is taken, and a name that DNS does not
// know yet too. One that became so may still be switched off.
func TestPrivateAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, netip.MustParsePrefix("10.1.0.0/16"))
		events := []string{OrderReceived}
		for _, url := range []string{"https://127.0.0.1/", "https://10.2.0.1/x", "https://[::1]:8443/", "https://localhost/", "http://169.254.169.254/latest", "https://[::ffff:192.168.1.1]/"} {
			_, _, err := w.Add(t.Context(), tomas, url, events)
			f := fault.As(err)
			if err == nil || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != "url" || f.Fields[0].Key != "dial.not_allowed" {
				t.Errorf("%s: %v", url, err)
			}
		}
		h, _, err := w.Add(t.Context(), tomas, "https://10.1.2.3/in", events)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Add(t.Context(), tomas, "https://not-there-yet.invalid/", events); err != nil {
			t.Error(err)
		}
		if _, err := w.Change(t.Context(), tomas, h.ID, "https://10.2.0.1/", events, true); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("changed to a private address: %v", err)
		}
		w.Judge = dial.New(dial.Options{}).Judge
		if _, err := w.Change(t.Context(), tomas, h.ID, h.URL, events, false); err != nil {
			t.Errorf("switched off: %v", err)
		}
	})
}
