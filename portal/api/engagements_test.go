package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

type anEngagement struct {
	ID, Number, Seat, Title, Customer, Teaser string
	Invitation                                *struct{ Hash string }
	Companies                                 []struct{ Company, State string }
	Section                                   struct{ Version int64 }
	Received                                  []struct {
		From     string
		Revision int
		Values   []struct {
			Field, Text string
			Amount      *struct{ Amount, Currency string }
		}
	}
	Splits []struct {
		State, Hash string
		Shares      []struct{ Company, Percent string }
	}
	Handovers []struct{ ID, State string }
}

// TestEngagementsOverTheAPI: programs of three companies; a text is agreed by its hash, a
// private field leaves its company nowhere, and a company that is not shown is not there.
func TestEngagementsOverTheAPI(t *testing.T) {
	t.Parallel()
	ingrid := program(t, portaltest.Ingrid, "aurelia", "engagements:write", "partners:read")
	chen := program(t, portaltest.Chen, "huadong", "engagements:write")
	kaarel := program(t, portaltest.Kaarel, "baltic", "engagements:write")
	reader := program(t, portaltest.Maya, "kestrel", "engagements:read")
	refused := func(c caller, method, path, body string, status int, code string) {
		t.Helper()
		var r refusal
		c.do(t, method, path, body, status, &r)
		if r.Code != code && (len(r.Errors) == 0 || r.Errors[0].Code != code) {
			t.Errorf("%s %s: %+v, want %s", method, path, r, code)
		}
	}
	const post = http.MethodPost
	begin := `{"key":"api-e1","role":"manufacturer","customer":"Moorside Dairies","teaser":"A dairy wants tools","country":"GB"}`
	refused(reader, post, "/engagements", begin, 403, "token.scope_missing")
	var e, again anEngagement
	ingrid.do(t, post, "/engagements", begin, 200, &e)
	ingrid.do(t, post, "/engagements", begin, 200, &again)
	if e.ID == "" || e.ID != again.ID || e.Title != "Moorside Dairies" {
		t.Fatalf("begun twice: %+v %+v", e, again)
	}
	at := "/engagements/" + e.ID
	kaarel.do(t, http.MethodGet, at, "", 404, nil)
	for _, slug := range []string{"huadong", "baltic"} {
		ingrid.do(t, post, at+"/invite", `{"company":"`+slug+`","role":"distributor"}`, 200, &e)
	}
	var raw json.RawMessage
	chen.do(t, http.MethodGet, at, "", 200, &raw)
	if strings.Contains(string(raw), "Moorside") || strings.Contains(string(raw), "baltic") {
		t.Fatalf("the invitation says %s", raw)
	}
	refused(chen, post, at+"/accept", `{"hash":"x"}`, 409, "engage.changed")
	for _, c := range []caller{chen, kaarel} {
		var i anEngagement
		c.do(t, http.MethodGet, at, "", 200, &i)
		c.do(t, post, at+"/accept", `{"hash":"`+i.Invitation.Hash+`"}`, 200, &i)
		if i.Seat != "active" || len(i.Companies) != 2 {
			t.Fatalf("%+v", i)
		}
	}
	refused(kaarel, http.MethodPut, at+"/section", `{"version":7,"stage":"lost"}`, 409, "engage.changed")
	kaarel.do(t, http.MethodPut, at+"/section", `{"version":1,"stage":"technical","amount":{"amount":"1234.56","currency":"EUR"},"notes":"CANARYAPI","private":[{"name":"CANARYAPI","value":"CANARYAPI"}]}`, 200, &e)
	var out struct{ Hash string }
	kaarel.do(t, post, at+"/snapshots/preview", `{"template":"all","to":["aurelia"]}`, 200, &out)
	refused(kaarel, post, at+"/snapshots/preview", `{"template":"all","to":["huadong"]}`, 422, "engage.company_unknown")
	kaarel.do(t, post, at+"/snapshots", `{"template":"all","to":["aurelia"],"hash":"`+out.Hash+`"}`, 200, &raw)
	ingrid.do(t, http.MethodGet, at, "", 200, &raw)
	if err := json.Unmarshal(raw, &e); err != nil || len(e.Received) != 1 || e.Received[0].From != "baltic" || len(e.Received[0].Values) != 2 || e.Received[0].Values[1].Amount.Amount != "1234.56" || strings.Contains(string(raw), "CANARYAPI") {
		t.Fatalf("received: %v %s", err, raw)
	}
	shares := func(a, b, c string) string {
		return `{"shares":[{"company":"aurelia","percent":"` + a + `"},{"company":"huadong","percent":"` + b + `"},{"company":"baltic","percent":"` + c + `"}]}`
	}
	refused(ingrid, post, at+"/splits", shares("50", "30", "19.99"), 422, "engage.shares_sum")
	refused(ingrid, post, at+"/splits", shares("50", "30", "20.001"), 422, "engage.share_places")
	ingrid.do(t, post, at+"/splits", shares("50", "29.75", "20.25"), 200, &e)
	refused(ingrid, post, at+"/splits/agree", `{"hash":"`+e.Splits[0].Hash+`"}`, 409, "engage.split_others")
	for _, c := range []caller{chen, kaarel} {
		var i anEngagement
		c.do(t, http.MethodGet, at, "", 200, &i)
		if len(i.Splits) != 1 || len(i.Splits[0].Shares) != 1 {
			t.Fatalf("more than its own share: %+v", i.Splits)
		}
		c.do(t, post, at+"/splits/agree", `{"hash":"`+i.Splits[0].Hash+`"}`, 200, &i)
	}
	ingrid.do(t, post, at+"/splits/agree", `{"hash":"`+e.Splits[0].Hash+`"}`, 200, &e)
	if e.Splits[0].State != "in_force" {
		t.Errorf("%+v", e.Splits)
	}
	ingrid.do(t, post, at+"/handovers", `{"to":"huadong","what":"Drawings"}`, 200, &e)
	chen.do(t, post, at+"/handovers/"+e.Handovers[0].ID, `{"answer":"taken"}`, 200, &e)
	refused(kaarel, post, at+"/handovers/"+e.Handovers[0].ID, `{"answer":"taken"}`, 404, "not_found")
	chen.do(t, http.MethodGet, at, "", 200, &raw)
	for _, w := range []string{"baltic", "CANARY", "1234.56", "20.25"} {
		if strings.Contains(string(raw), w) {
			t.Errorf("华东五金 reads %s in %s", w, raw)
		}
	}
	reader.do(t, http.MethodGet, at, "", 404, nil)
	var list struct{ Items []anEngagement }
	chen.do(t, http.MethodGet, "/engagements?view=open&q=moorside", "", 200, &list)
	if len(list.Items) != 1 || list.Items[0].Customer != "Moorside Dairies" {
		t.Errorf("%+v", list)
	}
	chen.do(t, post, at+"/leave", `{"reason":"done"}`, 200, &e)
	refused(chen, post, at+"/tasks", `{"company":"aurelia","title":"x"}`, 409, "engage.left")
	ingrid.do(t, post, at+"/handovers", `{"to":"baltic","what":"Keys"}`, 200, &e)
	var now struct{ Waits bool }
	if kaarel.do(t, http.MethodGet, at, "", 200, &now); !now.Waits {
		t.Error("a hand-over does not wait")
	}
	ingrid.do(t, post, at+"/close", `{"outcome":"won"}`, 200, &e)
	if kaarel.do(t, http.MethodGet, at, "", 200, &now); now.Waits {
		t.Error("something waits in what is closed")
	}
}
