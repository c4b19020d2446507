package e2e

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"entente/edi/as2"
)

// restart ends the program as a power cut would and starts it again with a clock that
// runs so far ahead.
func (s *server) restart(ahead string) {
	s.kill()
	s.env = []string{"ENTENTE_AHEAD=" + ahead}
	s.run()
}

// close and open shut the station's door for a while, at one address.
func (x *station) close() { _ = x.server.Close() }

func (x *station) open() {
	x.t.Helper()
	l, err := net.Listen("tcp", strings.TrimSuffix(strings.TrimPrefix(x.url, "http://"), "/in"))
	if err != nil {
		x.t.Fatal(err)
	}
	x.server = &http.Server{Handler: http.HandlerFunc(x.take), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = x.server.Serve(l) }()
	x.t.Cleanup(x.close)
}

// kinds lists the sets that came to the station.
func (x *station) kinds(set string) (out []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, g := range x.got {
		for _, p := range g.Payloads {
			if strings.Contains(string(p.Data), "ST*"+set+"*") {
				out = append(out, string(p.Data))
			}
		}
	}
	return out
}

// outgoing is what Aurelia sees of its document to Kestrel.
type outgoing struct {
	ID, Delivery, Acknowledged string
	Overdue                    bool
	AcknowledgementDue         *time.Time `json:"acknowledgement_due"`
}

func (c *client) document(order, set string) (out outgoing) {
	var full struct {
		Interchanges []struct{ ID, Type string }
	}
	c.get("/api/v1/orders/"+order, &full)
	for _, i := range full.Interchanges {
		if i.Type == set {
			c.get("/api/v1/edi/interchanges/"+i.ID, &out)
		}
	}
	return out
}

// TestStoryLate is what happens when a partner's side is silent: receipts that cannot
// be brought or do not come, and a 997 that never comes. The program has a clock that
// the test turns on; each turn is a kill -9, too.
func TestStoryLate(t *testing.T) {
	t.Parallel()
	bin, err := mortal()
	if err != nil {
		t.Fatal(err)
	}
	eachDatabase(t, func(t *testing.T, d database) {
		s := &server{t: t, db: d, data: t.TempDir(), bin: bin, args: []string{"--demo"}}
		s.takeDemo()
		s.run()
		t.Cleanup(s.kill)
		kestrel := s.token("maya@kestrel.example", buyerScopes)
		aurelia := s.token("ingrid@aurelia.example", sellerScopes+",edi:write")
		partner := kestrel.partnership("aurelia")
		x := connect(t, s, kestrel, partner)
		x.listen()
		kestrel.put("/api/v1/edi/station", `{"url":"`+x.url+`","receipt_hosts":["127.0.0.1"]}`, 200)

		// The receiver of a receipt is down for a while: the order is booked once, the
		// receipt comes once its server is back, however often both tried.
		x.close()
		async := *x
		async.rel.Agreement.AsyncURL = x.url
		message := async.pack(po{control: 890001, number: "LATE-1"}.String())
		if a := x.post(message); a.status != 200 || len(a.body) != 0 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		eventually(t, "the order is booked", func() bool { return len(aurelia.orders("LATE-1")) == 1 })
		for _, ahead := range []string{"1m", "10m", "1h"} {
			s.restart(ahead)
			if a := x.post(message); a.status != 200 { // the partner, too, tries again
				t.Fatalf("%d %s", a.status, a.body)
			}
		}
		x.open()
		s.restart("8h")
		eventually(t, "the receipt comes when its receiver is back", func() bool {
			x.mu.Lock()
			defer x.mu.Unlock()
			return len(x.mdns) > 0
		})
		x.mu.Lock()
		for _, m := range x.mdns {
			if f := x.verdict(m, message); f.Verdict != as2.Proven {
				t.Errorf("the late receipt: %+v", f)
			}
		}
		x.mu.Unlock()
		mine := aurelia.orders("LATE-1")
		if len(mine) != 1 {
			t.Fatalf("%d orders", len(mine))
		}
		id := mine[0].ID
		eventually(t, "the 997 came", func() bool { return len(x.kinds("997")) > 0 })

		// The 855 is delivered, and no 997 comes.
		aurelia.post("/api/v1/orders/"+id+"/confirm", `{}`, 200, nil)
		eventually(t, "the 855 is delivered and awaited", func() bool {
			m := aurelia.document(id, "855")
			return m.Delivery == "delivered" && m.AcknowledgementDue != nil && !m.Overdue
		})
		sent := aurelia.document(id, "855")
		ask := "/api/v1/edi/interchanges/" + sent.ID + "/ask"
		if a := aurelia.do("POST", ask, "", nil); a.status != 409 {
			t.Errorf("asked before it is late: %d %s", a.status, a.body)
		}
		s.restart("33h")
		eventually(t, "its 997 is overdue", func() bool { return aurelia.document(id, "855").Overdue })
		if late := s.command("interchange", "list", "--org", "aurelia", "--late"); !strings.Contains(late, sent.ID) || !strings.Contains(late, "overdue") {
			t.Errorf("the operator's list of late ones: %s", late)
		}
		if a := kestrel.do("POST", ask, "", nil); a.status != 403 {
			t.Errorf("the receiver asked: %d %s", a.status, a.body)
		}
		if a := s.token("kaarel@baltic.example", buyerScopes).do("POST", ask, "", nil); a.status != 404 {
			t.Errorf("a competitor asked: %d %s", a.status, a.body)
		}
		aurelia.post(ask, "", 204, nil)
		if a := aurelia.do("POST", ask, "", nil); a.status != 409 {
			t.Errorf("asked twice: %d %s", a.status, a.body)
		}
		if n := len(x.kinds("855")); n != 1 {
			t.Errorf("the 855 went %d times: it arrived, nobody may send it again", n)
		}

		// Then it comes after all, and the clock stops.
		raw := x.kinds("855")[0]
		group := element(find([]byte(raw), "GS"), 6)
		ack := x.pack(fmt.Sprintf("ISA*00*          *00*          *ZZ*%-15s*ZZ*%-15s*261201*0900*^*00501*000890002*0*P*>~GS*FA*KESTRELSUPPLY*AURELIATOOLS*20261201*0900*890002*X*005010~ST*997*0001~AK1*PR*%s*005010~AK9*A*1*1*1~SE*4*0001~GE*1*890002~IEA*1*000890002~", "KESTRELSUPPLY", "AURELIATOOLS", group))
		if f := x.verdict(x.post(ack), ack); f.Verdict != as2.Proven {
			t.Fatalf("%+v", f)
		}
		eventually(t, "the 997 settles it", func() bool {
			m := aurelia.document(id, "855")
			return !m.Overdue && m.Acknowledged == "accepted"
		})
		if out := s.command("reconcile"); !strings.Contains(out, "0") {
			t.Errorf("reconcile: %s", out)
		}
	})
}
