package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// account holds what there is against what was sent and acknowledged.
func (k *kills) account() {
	t := k.t
	t.Helper()
	k.kestrel.put("/api/v1/edi/station", k.station(k.x.url), 200)
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
	if out := k.s.command("reconcile"); strings.Contains(out, "FAILED") {
		t.Errorf("reconcile: %s", out)
	}
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
