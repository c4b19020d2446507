package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

type aPromotion struct {
	ID, Number, State, Owner, Title, Answer, Hash string
	Waiting                                       bool
	Version                                       int64
	Terms                                         struct {
		Percent, By, Settle string
		Quoted              bool
		SKUs                []string
		Parts               []struct{ Company, Role, Currency, Share, Limit string }
	}
	Counters []struct {
		ID, Company, Words string
		Terms              struct{ Percent string }
	}
}

// TestPromotionsOverTheAPI: a promotion written, proposed, answered with other words, taken
// over, proposed anew and approved by programs; who takes part sees its own part, and a
// competitor nothing.
func TestPromotionsOverTheAPI(t *testing.T) {
	t.Parallel()
	const scopes = "promotions:read"
	ingrid := program(t, portaltest.Ingrid, "aurelia", scopes, "promotions:write")
	maya := program(t, portaltest.Maya, "kestrel", scopes, "promotions:write")
	chen := program(t, portaltest.Chen, "huadong", scopes, "promotions:write")
	kaarel := program(t, portaltest.Kaarel, "baltic", scopes, "promotions:write")
	const body = `"title":"Drill weeks","mechanism":"percent","percent":%q,"skus":["AUR-D18B"],"from":"2031-03-01","until":"2031-03-31","prices":"list of the day"`
	parts := `,"share":"5000.00","parts":[{"company":"kestrel","share":"1000.00","limit":"200","rate":"0.85"},{"company":"baltic","limit":"50","rate":"1"}]`
	var p aPromotion
	refused := func(c caller, path, body string, status int, code string) {
		t.Helper()
		var r refusal
		c.do(t, http.MethodPost, path, body, status, &r)
		if r.Code != code && (len(r.Errors) == 0 || r.Errors[0].Code != code) {
			t.Errorf("POST %s: %+v, want %s", path, r, code)
		}
	}
	text := func(percent, more string) string { return "{" + fmt.Sprintf(body, percent) + more + "}" }
	refused(ingrid, "/promotions", text("0.05", `,"parts":[{"company":"nobody"}]`), 422, "promo.partner_unknown")
	refused(ingrid, "/promotions", text("a lot", ""), 422, "form.decimal")
	refused(ingrid, "/promotions", text("0.05", `,"parts":[{"company":"kestrel","share":"1.005"}]`), 422, "form.decimal")

	ingrid.do(t, http.MethodPost, "/promotions", text("0.05", parts), 201, &p)
	if p.State != "draft" || p.Owner != "aurelia" || p.Terms.By != "order" || p.Terms.Settle != "off_invoice" || !p.Terms.Quoted || len(p.Terms.Parts) != 2 {
		t.Fatalf("%+v", p)
	}
	at := "/promotions/" + p.ID
	maya.do(t, http.MethodGet, at, "", 404, nil)
	var seen aPromotion
	ingrid.do(t, http.MethodPut, at, text("0.06", parts+`,"quoted":false,"named":true,"countries":["GB"],"proof":["photo"],"claim_by":"2031-05-01"`+fmt.Sprintf(`,"version":%d`, p.Version)), 200, &p)
	for range 2 { // what was read can be sent back, and says the same
		var was, now struct {
			Version int64           `json:"version"`
			Terms   json.RawMessage `json:"terms"`
		}
		ingrid.do(t, http.MethodGet, at, "", 200, &was)
		ingrid.do(t, http.MethodPut, at, strings.TrimSuffix(string(was.Terms), "}")+fmt.Sprintf(`,"version":%d}`, was.Version), 200, &now)
		if string(now.Terms) != string(was.Terms) || !strings.Contains(string(was.Terms), `"quoted":false`) || !strings.Contains(string(was.Terms), `"share":"5000.00"`) {
			t.Fatalf("%s was %s", now.Terms, was.Terms)
		}
		p.Version = now.Version
	}
	refused(ingrid, "/promotions", text("0.05", `,"currency":"JPY"`), 422, "form.choice_wrong")
	ingrid.do(t, http.MethodPut, at, text("0.06", parts+fmt.Sprintf(`,"version":%d`, p.Version)), 200, &p)
	ingrid.do(t, http.MethodPut, at, text("0.07", parts+`,"version":1`), 409, nil)
	ingrid.do(t, http.MethodPost, at+"/propose", fmt.Sprintf(`{"version":%d,"words":"as discussed"}`, p.Version), 200, &p)
	if p.State != "proposed" || p.Number == "" {
		t.Fatalf("%+v", p)
	}
	maya.do(t, http.MethodGet, at, "", 200, &seen)
	if !seen.Waiting || seen.Hash == "" || seen.Terms.Percent != "0.06" || len(seen.Terms.Parts) != 1 || seen.Terms.Parts[0].Company != "kestrel" || seen.Terms.Parts[0].Limit != "200" {
		t.Fatalf("%+v", seen)
	}
	for _, call := range []struct{ method, path, body string }{
		{http.MethodGet, at, ""}, {http.MethodPut, at, text("0.1", `,"version":1`)}, {http.MethodPost, at + "/propose", `{"version":1}`}, {http.MethodPost, at + "/counter", text("0.1", `,"hash":"x"`)},
	} {
		chen.do(t, call.method, call.path, call.body, 404, nil)
	}
	counter := text("0.08", `,"parts":[{"company":"kestrel","share":"1200.00","limit":"300"}],"hash":"`+seen.Hash+`","words":"six is too little"`)
	refused(maya, at+"/counter", text("0.08", `,"parts":[{"company":"baltic"}],"hash":"`+seen.Hash+`"`), 422, "promo.partner_unknown")
	refused(maya, at+"/counter", text("0.08", `,"parts":[{"company":"kestrel"},{"company":"kestrel","limit":"9"}],"hash":"`+seen.Hash+`"`), 422, "promo.partner_twice")
	refused(maya, at+"/counter", text("0.08", `,"parts":[{"company":"kestrel"}],"hash":"old"`), 409, "promo.other_text")
	maya.do(t, http.MethodPost, at+"/counter", counter, 200, nil)
	seen = aPromotion{}
	kaarel.do(t, http.MethodGet, at, "", 200, &seen)
	if len(seen.Counters) != 0 || len(seen.Terms.Parts) != 1 || seen.Terms.Parts[0].Company != "baltic" || seen.Terms.Percent != "0.06" {
		t.Errorf("a competitor sees %+v", seen)
	}
	p = aPromotion{}
	ingrid.do(t, http.MethodGet, at, "", 200, &p)
	if len(p.Counters) != 1 || p.Counters[0].Company != "kestrel" || p.Counters[0].Words != "six is too little" || p.Counters[0].Terms.Percent != "0.08" {
		t.Fatalf("%+v", p)
	}
	answer := at + "/counters/" + p.Counters[0].ID + "/answer"
	kaarel.do(t, http.MethodPost, answer, `{"adopt":true}`, 403, nil) // it takes part, and does not decide
	chen.do(t, http.MethodPost, answer, `{"adopt":true}`, 404, nil)
	for range 2 { // safe to repeat
		p = aPromotion{}
		ingrid.do(t, http.MethodPost, answer, `{"adopt":true}`, 200, &p)
	}
	refused(ingrid, at+"/propose", fmt.Sprintf(`{"version":%d}`, p.Version), 409, "promo.no_draft") // it is proposed already
	for c, limit := range map[*caller]string{&maya: "300", &kaarel: "50"} {
		var mine aPromotion
		c.do(t, http.MethodGet, at, "", 200, &mine)
		if mine.Terms.Percent != "0.08" || mine.Terms.Parts[0].Limit != limit {
			t.Errorf("%+v", mine)
		}
		c.do(t, http.MethodPost, at+"/approve", `{"hash":"`+mine.Hash+`"}`, 200, nil)
	}
	ingrid.do(t, http.MethodGet, at, "", 200, &p)
	if p.State != "agreed" {
		t.Errorf("%+v", p)
	}
	// what it added: the owner reads both companies and its margin, each of them itself
	type results struct {
		By, Margin string
		Added      []struct {
			Company string
			Sold_in struct{ Grain, Not_measured string }
		}
	}
	var all, own results
	ingrid.do(t, http.MethodPut, at+"/margin", `{"margin":"0.25"}`, 200, &all)
	ingrid.do(t, http.MethodGet, at+"/results?periods=true", "", 200, &all)
	kaarel.do(t, http.MethodGet, at+"/results", "", 200, &own)
	if len(all.Added) != 2 || all.Margin != "0.25" || all.Added[0].Sold_in.Not_measured != "no_window" || all.Added[0].Sold_in.Grain != "week" || all.By != "order" {
		t.Errorf("%+v", all)
	}
	if len(own.Added) != 1 || own.Added[0].Company != "baltic" || own.Margin != "" {
		t.Errorf("%+v", own)
	}
	kaarel.do(t, http.MethodPut, at+"/margin", `{"margin":"0.25"}`, 403, nil)
	var again struct{ State string }
	if ingrid.do(t, http.MethodPost, at+"/rebuild", "", 202, &again); again.State != "running" {
		t.Errorf("%+v", again)
	}
	ingrid.do(t, http.MethodGet, at+"/rebuild", "", 200, &again)
	kaarel.do(t, http.MethodPost, at+"/rebuild", "", 403, nil)
	kaarel.do(t, http.MethodGet, at+"/rebuild", "", 404, nil)
	chen.do(t, http.MethodPost, at+"/rebuild", "", 404, nil)
	chen.do(t, http.MethodGet, at+"/results", "", 404, nil)
	chen.do(t, http.MethodPut, at+"/margin", `{"margin":"0.25"}`, 404, nil)
}
