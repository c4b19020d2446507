package e2e

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestStoryApproval: an order over EDI above the supplier's limit is held and told in one
// sentence; nothing of it is promised, and the buyer sees neither rule nor limit, before an
// approver lets it go; then the 855 goes out. Another is refused, and the buyer hears it as
// any answer. A hold for credit stops a third, with a reason for the buyer.
func TestStoryApproval(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		ingrid, kaarel := s.signIn(t, "ingrid@aurelia.example"), s.signIn(t, "kaarel@baltic.example")
		baltic := s.token("kaarel@baltic.example", "edi:read,edi:write,orders:read,approvals:read")
		aurelia := s.token("ingrid@aurelia.example", "edi:read,orders:read,orders:write,approvals:read,approvals:write,approvals:rules")
		kestrel := s.token("maya@kestrel.example", "orders:read,orders:write,approvals:read,approvals:write")
		aurelia.post("/api/v1/approval-rules", `{"about":"incoming","test":"limit","limit":{"amount":"10000.00","currency":"EUR"},"role":"manager","four_eyes":false,"active":true}`, 200, nil)
		send := func(control, number, quantity string) order {
			t.Helper()
			text := unOrder(control, number, "LIN+1++AUR-D18B:SA", "QTY+21:"+quantity+":PCE", "PRI+AAA:97.00")
			ic := baltic.processed(baltic.send(strings.ReplaceAll(text, "ü", "\xfc")).ID)
			if ic.Result == nil || *ic.Result != "accepted" || ic.Sets[0].Business != "booked" {
				t.Fatalf("%s: %+v", number, ic)
			}
			return aurelia.orders(number)[0]
		}
		if below := send("AP0001", "APR-1", "100"); below.Held != "" {
			t.Fatalf("below the limit: %+v", below)
		}
		over, second := send("AP0002", "APR-2", "128"), send("AP0003", "APR-3", "500")
		if over.Held != "approval" || second.Held != "approval" {
			t.Fatalf("%+v %+v", over, second)
		}
		if a := aurelia.do("POST", "/api/v1/orders/"+over.ID+"/confirm", "application/json", []byte("{}")); a.status != 409 || !strings.Contains(string(a.body), "trade.approval_first") {
			t.Errorf("confirmed while held: %d %s", a.status, a.body)
		}
		kaarel.open("/c/baltic/orders/" + over.ID).says("Waits for an approval of the supplier")
		if strings.Contains(kaarel.page, "10,000") {
			t.Error("the buyer reads the limit")
		}
		ingrid.open("/c/aurelia/").says("Order total", "is above your company")
		var list struct {
			Items []struct{ ID, Order, State string }
		}
		aurelia.get("/api/v1/approvals?view=mine", &list)
		by := map[string]string{}
		for _, x := range list.Items {
			by[x.Order] = x.ID
		}
		if by[over.ID] == "" || by[second.ID] == "" {
			t.Fatalf("%+v", list)
		}
		for _, c := range []*client{baltic, kestrel} {
			if a := c.do("POST", "/api/v1/approvals/"+by[over.ID]+"/approve", "application/json", nil); a.status != 404 && a.status != 403 {
				t.Errorf("a stranger: %d", a.status)
			}
		}
		ingrid.open("/c/aurelia/approvals/"+by[over.ID]).says("12,416.00", "10,000.00")
		ingrid.post("/c/aurelia/approvals/"+by[over.ID]+"/approve", url.Values{}).says("Approved and carried out")
		aurelia.post("/api/v1/orders/"+over.ID+"/confirm", `{}`, 200, nil)
		if raw := string(baltic.await("ORDRSP", "APR-2")); !strings.Contains(raw, "BGM+231+") {
			t.Error(raw)
		}
		aurelia.post("/api/v1/approvals/"+by[second.ID]+"/refuse", `{"reason":"over your credit line"}`, 200, nil)
		if raw := string(baltic.await("ORDRSP", "APR-3")); !strings.Contains(raw, "BGM+231+") {
			t.Error(raw)
		}
		if got := aurelia.orders("APR-3")[0]; got.State != "rejected" || got.Held != "" {
			t.Errorf("%+v", got)
		}
		third := send("AP0004", "APR-4", "10")
		var hold struct{ ID, Reason, Note string }
		aurelia.post("/api/v1/orders/"+third.ID+"/holds", `{"reason":"credit","role":"finance","by":"2999-01-01","note":"ask"}`, 422, nil)
		aurelia.post("/api/v1/orders/"+third.ID+"/holds", `{"reason":"credit","role":"finance","by":"`+time.Now().UTC().AddDate(0, 0, 20).Format(time.DateOnly)+`","note":"ask Tomas"}`, 201, &hold)
		kaarel.open("/c/baltic/orders/"+third.ID).says("On hold: credit check", "Finance at Aurelia Tools")
		if strings.Contains(kaarel.page, "ask Tomas") || strings.Contains(kaarel.page, "/holds/") {
			t.Error("the buyer reads the note, or may end the hold")
		}
		if a := aurelia.do("POST", "/api/v1/orders/"+third.ID+"/confirm", "application/json", []byte("{}")); a.status != 409 {
			t.Errorf("confirmed on hold: %d", a.status)
		}
		aurelia.post("/api/v1/orders/"+third.ID+"/holds/"+hold.ID+"/release", ``, 200, nil)
		aurelia.post("/api/v1/orders/"+third.ID+"/confirm", `{}`, 200, nil)
		baltic.await("ORDRSP", "APR-4")
	})
}
