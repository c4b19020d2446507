package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// account holds what there is against what was sent and acknowledged.
func (k *kills) account() {
	t := k.t
	t.Helper()
	k.way(true)
	answered := map[string]bool{} // what is lost is not made up for by what got no answer and was booked
	for _, d := range k.sent {
		if d.answered {
			answered[d.po.number] = true
		}
	}
	defer func() {
		if t.Failed() {
			t.Logf("waiting for %s; the server says:\n%s", k.awaits, k.s.logs)
		}
	}()
	eventually(t, "all is processed, answered and delivered", func() bool {
		k.x.settle()
		var waiting struct{ Items []struct{ ID string } }
		k.kestrel.get("/api/v1/edi/interchanges?state=received&limit=1", &waiting)
		booked := map[string]bool{}
		for _, o := range k.kestrel.ordersAll("KILLS") {
			if answered[o.Number] {
				booked[o.Number] = true
			}
		}
		k.awaits = fmt.Sprintf("%d received, %d of %d booked", len(waiting.Items), len(booked), len(answered))
		return len(waiting.Items) == 0 && len(booked) == len(answered) && k.quiet()
	})
	k.reconcile()
	orders := map[string][]order{}
	for _, o := range k.aurelia.ordersAll("KILLS") {
		orders[o.Number] = append(orders[o.Number], o)
	}
	acks := map[string]int{}     // by group control of the order
	answers := map[string]int{}  // 855s by order
	carried := map[string]bool{} // what went by AS2, by control and kind
	pages(k.kestrel, "/api/v1/edi/interchanges?direction=in&limit=200", func(raw json.RawMessage) {
		var i struct {
			ID, Control, Delivery string
			Types                 []string
		}
		if err := json.Unmarshal(raw, &i); err != nil {
			t.Fatal(err)
		}
		text := k.kestrel.raw("/api/v1/edi/interchanges/" + i.ID + "/raw")
		switch i.Types[0] {
		case "997":
			acks[element(find(text, "AK1"), 2)]++
		case "855":
			answers[element(find(text, "BAK"), 3)]++
		}
		if i.Delivery == "delivered" {
			carried[i.Control+" "+i.Types[0]] = true
		}
	})
	for _, d := range k.sent {
		n := len(orders[d.po.number])
		a := acks[element(find([]byte(d.po.String()), "GS"), 6)]
		if n > 1 || a > 1 || n != a || d.answered && n != 1 {
			t.Errorf("%s by %s, acknowledged %v, became %d orders and got %d 997s", d.po.number, d.door, d.answered, n, a)
		}
		if d.asked != "" && d.answered && k.x.mdns[d.asked] == 0 {
			t.Errorf("%s was taken and its receipt never came", d.po.number)
		}
	}
	for id, yes := range k.asked {
		var o order
		k.aurelia.get("/api/v1/orders/"+id, &o)
		if n := answers[o.Number]; n > 1 || yes && n != 1 {
			t.Errorf("%s was confirmed (answered: %v) and has %d 855s", o.Number, yes, n)
		}
	}
	k.x.mu.Lock()
	defer k.x.mu.Unlock()
	for doc, ids := range k.x.docs {
		if len(ids) != 1 {
			t.Errorf("%s was sent under %d Message-IDs", doc, len(ids))
		}
	}
	put := k.put()
	for doc := range carried {
		if n, m := len(k.x.docs[doc]), put[doc]; n+m != 1 {
			t.Errorf("%s is said to be delivered and came %d times by AS2 and %d times as a file", doc, n, m)
		}
	}
	for _, b := range k.x.bad {
		t.Error(b)
	}
	k.lines(orders)
	k.notices()
	k.posts(orders)
	k.aurelia.unchanged(k.promo) // its lines are those that the orders give
	t.Logf("%d deaths; %d orders sent, %d acknowledged, %d booked; %d documents carried by AS2", k.deaths, len(k.sent), len(answered), len(orders), len(k.x.docs))
}

// put counts the files at the distributor's own server, by control and kind.
func (k *kills) put() map[string]int {
	k.t.Helper()
	out := map[string]int{}
	files, err := k.remote.files.ReadDir("/to")
	if err != nil {
		k.t.Fatal(err)
	}
	for _, info := range files {
		f, err := k.remote.files.Open("/to/" + info.Name())
		if err != nil {
			k.t.Fatal(err)
		}
		raw, err := io.ReadAll(f)
		_ = f.Close()
		if err != nil {
			k.t.Fatal(err)
		}
		out[element(find(raw, "ISA"), 13)+" "+element(find(raw, "ST"), 1)]++
	}
	return out
}

// quiet says that nothing is on its way to the station any more.
func (k *kills) quiet() bool {
	k.x.mu.Lock()
	owed := len(k.x.owed)
	k.x.mu.Unlock()
	if owed > 0 {
		return false
	}
	still := false
	pages(k.kestrel, "/api/v1/edi/interchanges?direction=in&limit=200", func(raw json.RawMessage) {
		var i struct{ ID, Delivery string }
		if err := json.Unmarshal(raw, &i); err != nil {
			k.t.Fatal(err)
		}
		if i.Delivery == "sending" {
			still = true
			k.awaits += " " + i.ID
		}
	})
	return !still
}

// lines wants each order's room to tell once that it was received: events are
// delivered once.
func (k *kills) lines(orders map[string][]order) {
	for number, os := range orders {
		var full order
		k.kestrel.get("/api/v1/orders/"+os[0].ID, &full)
		if full.Room == nil {
			k.t.Errorf("%s has no room", number)
			continue
		}
		var list struct{ Items []struct{ Type, Kind string } }
		k.kestrel.get("/api/v1/rooms/"+*full.Room+"/messages?limit=200", &list)
		n := 0
		for _, m := range list.Items {
			if m.Type == "event" && m.Kind == "order.received" {
				n++
			}
		}
		if n != 1 {
			k.t.Errorf("%s was told %d times in its room", number, n)
		}
	}
}

// reconcile waits until all that happened was handed on, and wants no discrepancy then.
func (k *kills) reconcile() {
	k.t.Helper()
	var got struct {
		Undelivered   int
		Discrepancies []struct{ Rule, ID, Detail string }
	}
	args := []string{"reconcile", "--json", "--data", k.s.data}
	if k.s.db.url != "" {
		args = append(args, "--database-url", k.s.db.url)
	}
	eventually(k.t, "everybody is told", func() bool {
		var errs strings.Builder
		cmd := exec.Command(k.s.program(), args...)
		cmd.Stderr = &errs
		out, err := cmd.Output() // 1 with the rows
		if json.Unmarshal(out, &got) != nil {
			k.t.Fatalf("reconcile: %v %s", err, errs.String())
		}
		k.awaits = fmt.Sprintf("%d deliveries", got.Undelivered)
		return got.Undelivered == 0
	})
	for _, d := range got.Discrepancies {
		k.t.Errorf("reconcile: %+v", d)
	}
}

// promote has both sides agree to a promotion that counts every order of a run.
func (k *kills) promote() {
	k.t.Helper()
	now := time.Now().UTC()
	k.today = now.Format("20060102")
	var p promoText
	k.aurelia.post("/api/v1/promotions", `{"title":"Every order of the kills","skus":["AUR-D18B"],"mechanism":"amount","settle":"bill_back","by":"order","zone":"UTC","from":"`+now.AddDate(0, 0, -2).Format(time.DateOnly)+
		`","until":"`+now.AddDate(0, 1, 0).Format(time.DateOnly)+`","parts":[{"company":"kestrel","allow":"2.00"}]}`, 201, &p)
	k.promo = p.ID
	k.aurelia.post("/api/v1/promotions/"+p.ID+"/propose", fmt.Sprintf(`{"version":%d}`, p.Version), 200, nil)
	var text struct{ Hash string }
	k.kestrel.get("/api/v1/promotions/"+p.ID, &text)
	k.kestrel.post("/api/v1/promotions/"+p.ID+"/approve", `{"hash":"`+text.Hash+`"}`, 200, nil)
}

// notices wants the buyer to be told once of each order that was confirmed.
func (k *kills) notices() {
	k.t.Helper()
	told := map[string]int{}
	for _, pile := range []string{"open", "done"} {
		pages(k.buyer, "/api/v1/notices?limit=200&pile="+pile, func(raw json.RawMessage) {
			var g struct {
				N       int
				Subject *struct{ Kind, ID string }
				Notices []struct{ Kind string } // the newest five
			}
			if err := json.Unmarshal(raw, &g); err != nil {
				k.t.Fatal(err)
			}
			if g.Subject == nil || g.Subject.Kind != "order" {
				return
			}
			if g.N > len(g.Notices) {
				k.t.Errorf("the buyer was told %d times of %s", g.N, g.Subject.ID)
			}
			for _, n := range g.Notices {
				if n.Kind == "order.confirmed" {
					told[g.Subject.ID]++
				}
			}
		})
	}
	for id, yes := range k.asked {
		if n := told[id]; n > 1 || yes && n != 1 {
			k.t.Errorf("that %s was confirmed (answered: %v) was told %d times to the buyer", id, yes, n)
		}
	}
}

// hookEnd is a system of the manufacturer's that takes webhooks.
type hookEnd struct {
	url string

	mu     sync.Mutex
	bodies map[string]string          // by webhook-id: a message that comes again has the same bytes
	ids    map[string]map[string]bool // order and type → webhook-ids
	bad    []string
}

func listenHook(t *testing.T) *hookEnd {
	t.Helper()
	h := &hookEnd{bodies: map[string]string{}, ids: map[string]map[string]bool{}}
	srv := httptest.NewServer(http.HandlerFunc(h.take))
	t.Cleanup(srv.Close)
	h.url = srv.URL + "/hook"
	return h
}

func (h *hookEnd) take(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the portal died while sending
	}
	var m struct {
		Type string
		Data struct{ Order string }
	}
	id := r.Header.Get("webhook-id")
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := json.Unmarshal(body, &m); err != nil || id == "" || m.Data.Order == "" {
		h.bad = append(h.bad, fmt.Sprintf("webhook %q: %s", id, body))
		return
	}
	before, seen := h.bodies[id]
	if seen && before != string(body) {
		h.bad = append(h.bad, "one webhook-id with two bodies: "+before+" "+string(body))
	}
	h.bodies[id] = string(body)
	key := m.Data.Order + " " + m.Type
	if h.ids[key] == nil {
		h.ids[key] = map[string]bool{}
	}
	h.ids[key][id] = true
}

// posts wants each order to be posted under one id: a system that knows an id acts once.
func (k *kills) posts(orders map[string][]order) {
	k.t.Helper()
	h := k.hook
	missing := func() (n int) {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, os := range orders {
			if len(h.ids[os[0].ID+" order.received"]) == 0 {
				n++
			}
		}
		return n
	}
	eventually(k.t, "every order is posted", func() bool {
		k.awaits = fmt.Sprintf("%d webhooks", missing())
		return missing() == 0
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	for key, ids := range h.ids {
		if len(ids) != 1 {
			k.t.Errorf("%s was posted under %d ids", key, len(ids))
		}
	}
	for id, yes := range k.asked {
		if n := len(h.ids[id+" order.confirmed"]); n > 1 || yes && n != 1 {
			k.t.Errorf("that %s was confirmed (answered: %v) was posted under %d ids", id, yes, n)
		}
	}
	for _, b := range h.bad {
		k.t.Error(b)
	}
}
