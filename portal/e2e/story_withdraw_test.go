package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"entente/edi/as2"
)

// withdrawn is what became of the changes of an order, oldest first: kind and state of each.
func (c *client) withdrawn(id string) string {
	c.t.Helper()
	var got struct {
		Changes []struct{ Kind, State string }
	}
	c.get("/api/v1/orders/"+id, &got)
	var out []string
	for _, x := range got.Changes {
		out = append(out, x.Kind+" "+x.State)
	}
	return strings.Join(out, ", ")
}

// TestStoryWithdrawn: a buyer takes a change back that nobody answered, by an 860 over AS2 that
// restates what stands, by its EDIFACT twin over HTTP, and over the API. The order stands as
// it was, the supplier's system gets the change and its withdrawal, and what answers the
// change afterwards is held and told. Sent twice it is one withdrawal.
func TestStoryWithdrawn(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		kestrel := s.token("maya@kestrel.example", buyerScopes)
		aurelia := s.token("ingrid@aurelia.example", "edi:write,"+sellerScopes)
		baltic := s.token("kaarel@baltic.example", buyerScopes)
		aurelia.put("/api/v1/partners/"+aurelia.partnership("kestrel")+"/routes", `{"routes":[{"type":"850","door":"outbox","standard":"","version":""}]}`, 200)
		aurelia.put("/api/v1/partners/"+aurelia.partnership("baltic")+"/routes", `{"routes":[{"type":"850","door":"outbox","standard":"edifact","version":"D:96A:UN"}]}`, 200)
		x := connect(t, s, kestrel, kestrel.partnership("aurelia"))
		x.listen()
		kestrel.put("/api/v1/edi/station", `{"url":"`+x.url+`"}`, 200)
		by := func(text string) {
			t.Helper()
			m := x.pack(text)
			if f := x.verdict(x.post(m), m); f.Verdict != as2.Proven {
				t.Fatalf("the receipt: %+v", f)
			}
		}
		acknowledged := func(group string) {
			t.Helper()
			eventually(t, "the 997 of "+group+" comes by AS2", func() bool {
				x.mu.Lock()
				defer x.mu.Unlock()
				for _, g := range x.got {
					if text := string(g.Payloads[0].Data); strings.Contains(text, "AK1*PC*"+group) && strings.Contains(text, "AK5*A") {
						return true
					}
				}
				return false
			})
		}

		by(po{control: 740001, number: "BACK-1"}.String())
		var o order
		eventually(t, "the order is there", func() bool {
			list := kestrel.orders("BACK-1")
			if len(list) == 1 {
				o = list[0]
			}
			return len(list) == 1
		})
		by(change860(740002, "BACK-1", "B-1", "POC*1*QD*100*100*EA***VP*AUR-D18B"))
		eventually(t, "the change is asked", func() bool { return kestrel.withdrawn(o.ID) == "lines open" })
		first := kestrel.changesOf(o.ID)[0].ID
		aurelia.await("860", "BACK-1")
		restated := change860(740003, "BACK-1", "B-2", "POC*1*CA*240*240*EA***VP*AUR-D18B")
		by(restated)
		const want = "lines withdrawn, withdrawal withdrawn"
		eventually(t, "the change is withdrawn", func() bool { return kestrel.withdrawn(o.ID) == want })
		by(strings.ReplaceAll(restated, "740003", "740004")) // a copy in a new interchange
		acknowledged("740002")
		acknowledged("740003")
		acknowledged("740004")
		copied := aurelia.await("860", "B-2")
		checkFile(t, copied)
		if !strings.Contains(string(copied), "POC*1*CA*240*240*EA") {
			t.Errorf("%s", copied)
		}
		if got := kestrel.withdrawn(o.ID); got != want {
			t.Errorf("after the copy: %s", got)
		}
		if got := aurelia.orders("BACK-1")[0]; got.State != "received" || got.Lines[0].Quantity != "240" {
			t.Errorf("%+v", got)
		}
		if a := aurelia.do("POST", "/api/v1/orders/"+o.ID+"/changes/"+first+"/answer", "application/json", []byte(`{}`)); a.status != 409 || !strings.Contains(string(a.body), "change_back") {
			t.Errorf("an answer by hand: %d %s", a.status, a.body)
		}
		late := x12("CA", "865", 740005, "BCA*04*AC*BACK-1***20261122*B-1****20261125", "POC*1*QD*100*100*EA*84.00*PE*VP*AUR-D18B", "ACK*IQ*100*EA*067*20261215", "CTT*1")
		if ic := aurelia.processed(aurelia.send(late).ID); *ic.Result != "accepted" || ic.Sets[0].Business != "held" {
			t.Errorf("an answer by 865: %+v", ic)
		}
		if got := kestrel.orders("BACK-1")[0]; got.Lines[0].Quantity != "240" {
			t.Errorf("the late answer moved the order: %+v", got)
		}

		// The twin.
		baltic.processed(baltic.send(unOrderOf("BT8201", "BACK-2")).ID)
		o2 := baltic.orders("BACK-2")[0]
		baltic.processed(baltic.send(unChange("BT8202", "B-1", "BACK-2", "1", "LIN+1+3+AUR-D18B:SA", "QTY+21:60:PCE")).ID)
		if ic := baltic.processed(baltic.send(unChange("BT8203", "B-2", "BACK-2", "2", "LIN+1+3+AUR-D18B:SA", "QTY+21:100:PCE")).ID); ic.Sets[0].Business != "booked" {
			t.Fatalf("%+v", ic)
		}
		if got := baltic.withdrawn(o2.ID); got != want {
			t.Errorf("the twin: %s", got)
		}
		checkFile(t, aurelia.await("ORDCHG", "RFF+PP:2"))

		// Over the API: what goes to the supplier's system restates the lines too.
		kestrel.post("/api/v1/orders/"+o.ID+"/changes", `{"lines":[{"line":2,"cancel":true}]}`, 201, nil)
		third := kestrel.changesOf(o.ID)[2]
		path := fmt.Sprintf("/api/v1/orders/%s/changes/%s/withdraw", o.ID, third.ID)
		if a := baltic.do("POST", path, "application/json", nil); a.status != 404 {
			t.Errorf("a competitor: %d %s", a.status, a.body)
		}
		for range 2 {
			kestrel.post(path, "", 200, nil)
		}
		if got := kestrel.withdrawn(o.ID); got != want+", lines withdrawn, withdrawal withdrawn" {
			t.Errorf("over the API: %s", got)
		}
		back := kestrel.changesOf(o.ID)[3]
		own := aurelia.await("860", back.Number)
		checkFile(t, own)
		if !strings.Contains(string(own), "POC*2*CA*160**EA*46.5") {
			t.Errorf("%s", own)
		}
		var seen struct {
			Changes []struct{ Source string }
		}
		if err := json.Unmarshal(aurelia.do("GET", "/api/v1/orders/"+o.ID, "", nil).body, &seen); err != nil || seen.Changes[3].Source != "api" {
			t.Errorf("%v %+v", err, seen)
		}
		s.command("reconcile")
	})
}
