package api_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"entente/portal/portaltest"
)

// TestRoutingOverTheAPI: certificates, territory and rules are written and read by programs: by
// their supplier, and what concerns it by the partner; a rival learns of none.
func TestRoutingOverTheAPI(t *testing.T) {
	t.Parallel()
	ingrid := program(t, portaltest.Ingrid, "aurelia", "leads:write", "partners:read")
	maya := program(t, portaltest.Maya, "kestrel", "leads:write", "partners:read")
	kaarel := program(t, portaltest.Kaarel, "baltic", "leads:write")
	var partners struct {
		Items []struct{ ID string }
	}
	maya.do(t, http.MethodGet, "/partners", "", 200, &partners)
	if len(partners.Items) != 1 {
		t.Fatalf("%+v", partners)
	}
	at := "/lead-profiles/" + partners.Items[0].ID
	type profile struct {
		Reseller     string
		Most         int
		Countries    []string
		Certificates []struct {
			Family, Until string
			Holds         bool
		}
		Version int64
	}
	var was, p profile
	ingrid.do(t, http.MethodGet, at, "", 200, &was)
	body := func(version string) string {
		return `{"most":30,"countries":["gb"],"certificates":[{"family":"Lasers","until":"2019-12-31"},{"family":"robots","until":"2199-12-31"}],"version":` + version + `}`
	}
	v := string(rune('0' + was.Version))
	maya.do(t, http.MethodPut, at, body(v), 403, nil)
	kaarel.do(t, http.MethodPut, at, body(v), 404, nil)
	kaarel.do(t, http.MethodGet, at, "", 404, nil)
	ingrid.do(t, http.MethodPut, at, `{"most":30,"certificates":[{"family":"lasers","until":"soon"}],"version":`+v+`}`, 422, nil)
	ingrid.do(t, http.MethodPut, at, body(v), 200, &p)
	ingrid.do(t, http.MethodPut, at, body(v), 409, nil)
	maya.do(t, http.MethodGet, at, "", 200, &p)
	if p.Reseller != "kestrel" || p.Most != 30 || p.Countries[0] != "GB" || len(p.Certificates) != 2 || p.Certificates[0].Family != "lasers" || p.Certificates[0].Holds || !p.Certificates[1].Holds || p.Version != was.Version+1 {
		t.Fatalf("%+v", p)
	}
	var all struct{ Items []profile }
	ingrid.do(t, http.MethodGet, "/lead-profiles", "", 200, &all)
	if !slices.ContainsFunc(all.Items, func(x profile) bool { return x.Reseller == "kestrel" && x.Most == 30 }) {
		t.Errorf("%+v", all)
	}
	kaarel.do(t, http.MethodGet, "/lead-profiles", "", 200, &all)
	if len(all.Items) != 0 {
		t.Errorf("a rival lists %+v", all)
	}

	type rule struct {
		ID      string
		Name    string
		Accept  int `json:"accept_hours"`
		Least   *struct{ Amount, Currency string }
		Version int64
	}
	var a, b rule
	var rules struct{ Items []rule }
	ingrid.do(t, http.MethodPost, "/lead-rules", `{"name":"Robots, north","active":false,"countries":["GB"],"least":{"amount":"500.00","currency":"GBP"}}`, 200, &a)
	ingrid.do(t, http.MethodPost, "/lead-rules", `{"name":"Robots, rest","active":false,"accept_hours":4}`, 200, &b)
	ingrid.do(t, http.MethodPost, "/lead-rules", `{"name":"","active":false}`, 422, nil)
	ingrid.do(t, http.MethodPut, "/lead-rules/"+a.ID, `{"name":"Robots, north of York","active":false,"version":1}`, 200, &a)
	ingrid.do(t, http.MethodPut, "/lead-rules/"+a.ID, `{"name":"Late","active":false,"version":1}`, 409, nil)
	ingrid.do(t, http.MethodPost, "/lead-rules/"+b.ID+"/move", `{"before":"`+a.ID+`"}`, 204, nil)
	ingrid.do(t, http.MethodGet, "/lead-rules", "", 200, &rules)
	ai, bi := slices.IndexFunc(rules.Items, func(r rule) bool { return r.ID == a.ID }), slices.IndexFunc(rules.Items, func(r rule) bool { return r.ID == b.ID })
	if bi < 0 || ai != bi+1 || rules.Items[ai].Name != "Robots, north of York" || rules.Items[bi].Accept != 4 || rules.Items[ai].Least != nil {
		t.Fatalf("%+v", rules)
	}
	for _, who := range []caller{maya, kaarel} {
		who.do(t, http.MethodGet, "/lead-rules", "", 200, &rules)
		if len(rules.Items) != 0 {
			t.Errorf("another company lists %+v", rules)
		}
		who.do(t, http.MethodDelete, "/lead-rules/"+a.ID, "", 204, nil) // of its own there is none
	}
	ingrid.do(t, http.MethodGet, "/lead-rules", "", 200, &rules)
	if !slices.ContainsFunc(rules.Items, func(r rule) bool { return r.ID == a.ID }) {
		t.Error("another company removed a rule")
	}
	for range 2 {
		ingrid.do(t, http.MethodDelete, "/lead-rules/"+a.ID, "", 204, nil)
	}

	var leads struct{ Items []struct{ ID string } }
	ingrid.do(t, http.MethodGet, "/own-leads?limit=1", "", 200, &leads)
	var cs struct {
		Items []struct {
			Partner string
			Fit     int
			Factors []struct{ Kind string }
		}
	}
	ingrid.do(t, http.MethodGet, "/own-leads/"+leads.Items[0].ID+"/candidates", "", 200, &cs)
	if len(cs.Items) < 2 || len(cs.Items[0].Factors) < 4 {
		t.Errorf("%+v", cs)
	}
	maya.do(t, http.MethodGet, "/own-leads/"+leads.Items[0].ID+"/candidates", "", 404, nil)
}

// TestPauseOverTheAPI: who offers a lead stops the clock of its answer; the partner reads it,
// cannot, and accepts all the same.
func TestPauseOverTheAPI(t *testing.T) {
	t.Parallel()
	ingrid := program(t, portaltest.Ingrid, "aurelia", "leads:write", "customers:write")
	maya := program(t, portaltest.Maya, "kestrel", "leads:write", "partners:read")
	var partners struct {
		Items []struct{ ID string }
	}
	maya.do(t, http.MethodGet, "/partners", "", 200, &partners)
	var customer, lead struct{ ID string }
	ingrid.do(t, http.MethodPost, "/customers", `{"name":"Paused Weavers Ltd","country":"GB"}`, 200, &customer)
	ingrid.do(t, http.MethodPost, "/own-leads", `{"customer":"`+customer.ID+`","title":"Tools for a weaver"}`, 200, &lead)
	type offer struct {
		ID, State string
		AcceptBy  string `json:"accept_by"`
		Pause     *struct{ Reason, Company string }
	}
	var o, seen offer
	ingrid.do(t, http.MethodPost, "/own-leads/"+lead.ID+"/offer", `{"partner":"`+partners.Items[0].ID+`","version":1}`, 200, &o)
	until := time.Now().AddDate(0, 0, 10).Format(time.DateOnly)
	maya.do(t, http.MethodPost, "/leads/"+o.ID+"/pause", `{"reason":"checking","until":"`+until+`"}`, 409, nil)
	ingrid.do(t, http.MethodPost, "/leads/"+o.ID+"/pause", `{"reason":"checking","comment":"Paused Weavers asked us","until":"`+until+`"}`, 422, nil)
	ingrid.do(t, http.MethodPost, "/leads/"+o.ID+"/pause", `{"reason":"checking","until":"`+until+`"}`, 200, nil)
	maya.do(t, http.MethodGet, "/leads/"+o.ID, "", 200, &seen)
	if seen.Pause == nil || seen.Pause.Company != "aurelia" || seen.AcceptBy <= o.AcceptBy {
		t.Fatalf("%+v", seen)
	}
	seen = offer{}
	maya.do(t, http.MethodPost, "/leads/"+o.ID+"/accept", "", 200, &seen)
	if seen.State != "accepted" || seen.Pause != nil {
		t.Fatalf("%+v", seen)
	}
}
