package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// asked is a change of an order as the API shows it.
type asked struct {
	ID, Number, State, Response string
	Lines                       []struct {
		Position                                   int
		Action, Possible, Verdict, Granted, Reason string
		Was, Asked                                 struct{ Quantity string }
		Limits                                     []struct{ Field, Why, Done string }
	}
}

func (c *client) changesOf(id string) []asked {
	c.t.Helper()
	var got struct{ Changes []asked }
	c.get("/api/v1/orders/"+id, &got)
	return got.Changes
}

// outcome is what became of a change, in one line.
func (a asked) outcome() string {
	w := []string{a.State}
	for _, l := range a.Lines {
		w = append(w, fmt.Sprintf("%s %s→%s %s %s %s", l.Action, l.Was.Quantity, l.Asked.Quantity, l.Verdict, l.Granted, l.Reason))
	}
	return strings.Join(w, "; ")
}

// change860 is an 860 of Kestrel's system.
func change860(control int, number, request string, lines ...string) string {
	body := append([]string{"BCH*04*SA*" + number + "***20261122*" + request + "****20261124"}, lines...)
	text := x12("PC", "860", control, append(body, fmt.Sprintf("CTT*%d", len(lines)))...)
	swap := strings.NewReplacer("AURELIATOOLS   *ZZ*KESTRELSUPPLY  ", "KESTRELSUPPLY  *ZZ*AURELIATOOLS   ", "GS*PC*AURELIATOOLS*KESTRELSUPPLY", "GS*PC*KESTRELSUPPLY*AURELIATOOLS")
	return swap.Replace(text)
}

// TestStoryChange: an order changes after part of it is on its way. What is shipped stays,
// the rest changes, and the answer says so in both standards; the supplier's system gets
// the change and may answer it itself; sent twice it is asked once, under the same number
// with other content it is held; a competitor learns nothing. The X12 chain and its
// EDIFACT twin end alike.
func TestStoryChange(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		kestrel := s.token("dan@kestrel.example", "edi:read,edi:write,orders:read,orders:write")
		aurelia := s.token("ingrid@aurelia.example", "edi:read,edi:write,orders:read,orders:write")
		baltic := s.token("kaarel@baltic.example", "edi:read,edi:write,orders:read,orders:write")
		link := s.token("ingrid@aurelia.example", "stations:read,stations:write,partners:read")
		link.put("/api/v1/partners/"+link.partnership("kestrel")+"/routes", `{"routes":[{"type":"850","door":"outbox","standard":"","version":""}]}`, 200)
		link.put("/api/v1/partners/"+link.partnership("baltic")+"/routes", `{"routes":[{"type":"850","door":"outbox","standard":"edifact","version":"D:96A:UN"}]}`, 200)

		// The change is quicker than its order, and waits for it.
		first := change860(730001, "CHG-1", "K-1", "POC*1*QD*100*100*EA***VP*AUR-D18B", "POC*2*DI*0*0*EA***VP*AUR-G125")
		early := kestrel.send(first)
		if ic := kestrel.processed(early.ID); *ic.Result != "accepted" || ic.Sets[0].Business != "waiting_order" {
			t.Fatalf("%+v", ic)
		}
		kestrel.processed(kestrel.send(po{control: 730101, number: "CHG-1"}.String()).ID)
		eventually(t, "the change is booked when its order is there", func() bool {
			ic := kestrel.processed(early.ID)
			return ic.Sets[0].Business == "booked" && ic.Sets[0].Document != nil && ic.Sets[0].Document.Kind == "order_change"
		})
		o := aurelia.orders("CHG-1")[0]
		copied := aurelia.await("860", "CHG-1")
		checkFile(t, copied)
		if !strings.Contains(string(copied), "POC*1*QD*100*100*EA") || !strings.Contains(string(copied), "*K-1*") {
			t.Errorf("%s", copied)
		}
		if ic := kestrel.processed(kestrel.send(strings.ReplaceAll(first, "730001", "730002")).ID); ic.Sets[0].Business != "duplicate" {
			t.Errorf("sent twice: %+v", ic)
		}
		other := strings.ReplaceAll(strings.Replace(first, "QD*100*100", "QD*90*90", 1), "730001", "730003")
		if ic := kestrel.processed(kestrel.send(other).ID); ic.Sets[0].Business != "held" {
			t.Errorf("other content: %+v", ic)
		}
		for _, path := range []string{"/changes", "/changes/" + aurelia.changesOf(o.ID)[0].ID + "/answer"} {
			if a := baltic.do("POST", "/api/v1/orders/"+o.ID+path, "application/json", []byte(`{"cancel":true}`)); a.status != 404 && a.status != 422 {
				t.Errorf("a competitor: %d", a.status)
			}
		}

		// Part of line 1 and all of line 2 leave before the change is answered.
		for _, step := range []string{"confirm", "ship"} {
			body := `{}`
			if step == "ship" {
				body = `{"lines":[{"line":1,"quantity":"120"},{"line":2,"quantity":"160"}]}`
			}
			aurelia.post("/api/v1/orders/"+o.ID+"/"+step, body, 200, nil)
		}
		ch := kestrel.changesOf(o.ID)[0]
		if l := ch.Lines[0]; l.Possible != "120" || len(l.Limits) != 1 || l.Limits[0].Why != "shipped_already" || l.Limits[0].Done != "120" {
			t.Fatalf("%+v", ch)
		}
		aurelia.post("/api/v1/orders/"+o.ID+"/changes/"+ch.ID+"/answer", `{}`, 200, nil)
		x12Answer := kestrel.await("865", "CHG-1")
		checkFile(t, x12Answer)
		for _, w := range []string{"BCA*04*AC*CHG-1", "ACK*IC*120*EA", "ACK*IR*160*EA", "*K-1*"} {
			if !strings.Contains(string(x12Answer), w) {
				t.Errorf("no %s in %s", w, x12Answer)
			}
		}
		x12Ch := kestrel.changesOf(o.ID)[0]
		if got := kestrel.orders("CHG-1")[0]; got.State != "shipped" || got.Lines[0].Quantity != "120" || got.Lines[1].Quantity != "160" {
			t.Errorf("%+v", got)
		}

		// The supplier's system answers the next one itself.
		kestrel.processed(kestrel.send(po{control: 730102, number: "CHG-2"}.String()).ID)
		kestrel.processed(kestrel.send(change860(730004, "CHG-2", "K-2", "POC*1*QI*300*300*EA*84.00*PE*VP*AUR-D18B", "POC*3*AI*12*12*EA*31.20*PE*VP*AUR-B50")).ID)
		aurelia.await("860", "CHG-2")
		own := x12("CA", "865", 730005, "BCA*04*AC*CHG-2***20261122*K-2****20261125", "POC*1*QI*260*260*EA*84.00*PE*VP*AUR-D18B", "ACK*IQ*260*EA*067*20261215", "POC*3*AI*12*12*EA*31.20*PE*VP*AUR-B50", "ACK*IA*12*EA*067*20261215", "CTT*2")
		aurelia.booked(own)
		checkFile(t, kestrel.await("865", "CHG-2"))
		got := kestrel.orders("CHG-2")[0]
		if len(got.Lines) != 3 || got.Lines[0].Confirmed != "260" || got.Lines[2].SKU != "AUR-B50" || got.Lines[2].Confirmed != "12" {
			t.Fatalf("%+v", got)
		}

		// The twin: ORDERS, ORDCHG, ORDRSP.
		un := unOrder("BT8101", "CHG-3", "LIN+1++AUR-D18B:SA", "QTY+21:240:PCE", "PRI+AAA:97.00", "LIN+2++AUR-G125:SA", "QTY+21:160:PCE", "PRI+AAA:53.80")
		baltic.processed(baltic.send(strings.ReplaceAll(un, "ü", "\xfc")).ID)
		o3 := baltic.orders("CHG-3")[0]
		aurelia.post("/api/v1/orders/"+o3.ID+"/confirm", `{}`, 200, nil)
		aurelia.post("/api/v1/orders/"+o3.ID+"/ship", `{"lines":[{"line":1,"quantity":"120"},{"line":2,"quantity":"160"}]}`, 200, nil)
		ic := baltic.processed(baltic.send(unChange("BT8102", "K-1", "CHG-3", "1", "LIN+1+3+AUR-D18B:SA", "QTY+21:100:PCE", "LIN+2+2+AUR-G125:SA", "QTY+21:0:PCE")).ID)
		if *ic.Result == "rejected" || ic.Sets[0].Business != "booked" {
			t.Fatalf("%+v", ic)
		}
		ordchg := aurelia.await("ORDCHG", "CHG-3")
		checkFile(t, ordchg)
		aurelia.post("/api/v1/orders/"+o3.ID+"/changes/"+baltic.changesOf(o3.ID)[0].ID+"/answer", `{}`, 200, nil)
		ordrsp := baltic.await("ORDRSP", "RFF+PP:1")
		checkFile(t, ordrsp)
		if a, b := x12Ch.outcome(), baltic.changesOf(o3.ID)[0].outcome(); a != b {
			t.Errorf("the twins differ:\n%s\n%s", a, b)
		}
		if a, b := kestrel.orders("CHG-1")[0], baltic.orders("CHG-3")[0]; a.State != b.State || a.Lines[0].Confirmed != b.Lines[0].Confirmed || a.Lines[1].State != b.Lines[1].State {
			t.Errorf("%+v\n%+v", a, b)
		}
		// An ORDRSP that names the change answers it.
		ic = baltic.processed(baltic.send(unOrderOf("BT8103", "CHG-4")).ID)
		o4 := baltic.orders("CHG-4")[0]
		baltic.processed(baltic.send(unChange("BT8104", "K-2", "CHG-4", "7", "LIN+1+3+AUR-D18B:SA", "QTY+21:50:PCE")).ID)
		ic = aurelia.processed(aurelia.send(unReply("AU9101", "ORDRSP", "BGM+231+OR-4+4", "DTM+137:20261123:102", "RFF+ON:CHG-4", "RFF+PP:7", "NAD+BY+BT-TLN::92", "NAD+SU+AURELIA::92", "LIN+1+5+AUR-D18B:SA", "QTY+21:50:PCE", "UNS+S")).ID)
		if *ic.Result == "rejected" || ic.Sets[0].Business != "booked" {
			t.Fatalf("%+v", ic)
		}
		if got := baltic.changesOf(o4.ID)[0]; got.State != "answered" || got.Lines[0].Verdict != "granted" {
			t.Errorf("%+v", got)
		}

		// A system without EDI asks over the API; the same key is the same change.
		ask := `{"key":"a1","note":"less please","lines":[{"line":2,"cancel":true}]}`
		kestrel.post("/api/v1/orders/"+got.ID+"/changes", ask, 201, nil)
		kestrel.post("/api/v1/orders/"+got.ID+"/changes", ask, 201, nil)
		list := kestrel.changesOf(got.ID)
		if len(list) != 2 || list[1].State != "open" {
			t.Fatalf("%+v", list)
		}
		checkFile(t, aurelia.await("860", list[1].Number))
		s.command("reconcile")
	})
}

// unOrderOf is an ORDERS of one line, 100 pieces.
func unOrderOf(reference, number string) string {
	return strings.ReplaceAll(unOrder(reference, number, "LIN+1++AUR-D18B:SA", "QTY+21:100:PCE", "PRI+AAA:97.00"), "ü", "\xfc")
}

// unChange is an ORDCHG of Baltic Trade's system.
func unChange(reference, request, number, sequence string, lines ...string) string {
	segs := append([]string{"UNH+1+ORDCHG:D:96A:UN", "BGM+230+" + request + "+4", "DTM+137:20261124:102", "RFF+ON:" + number, "DTM+171:20261122:102", "RFF+PP:" + sequence, "NAD+BY+BT-TLN::92", "NAD+SU+AURELIA::92", "CUX+2:EUR:9"}, lines...)
	segs = append(segs, "UNS+S")
	segs = append(segs, fmt.Sprintf("UNT+%d+1", len(segs)+1))
	return "UNB+UNOC:3+BALTICTRADE:ZZZ+AURELIATOOLS:ZZZ+261124:0915+" + reference + "'" + strings.Join(segs, "'") + "'UNZ+1+" + reference + "'"
}
