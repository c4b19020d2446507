package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

type aLanding struct {
	Proposal        []struct{ Language, Title string }
	ProposalVersion int64 `json:"proposal_version"`
	Pages           []struct {
		Company, Path string
		Live          bool
		Codes         []struct{ Code, Label string }
		Version       int64
	}
}

// TestLandingOverTheAPI: words proposed, a page published with a code and a template kept
// by programs; the funnel is each company's own, and a competitor finds nothing.
func TestLandingOverTheAPI(t *testing.T) {
	t.Parallel()
	ingrid := program(t, portaltest.Ingrid, "aurelia", "promotions:read", "promotions:write")
	maya := program(t, portaltest.Maya, "kestrel", "promotions:read", "promotions:write")
	kaarel := program(t, portaltest.Kaarel, "baltic", "promotions:read", "promotions:write")
	var running struct{ Items []aPromotion }
	maya.do(t, http.MethodGet, "/promotions?state=running", "", 200, &running)
	at := ""
	for _, p := range running.Items { // not with Baltic
		if at == "" && p.State == "running" {
			at = "/promotions/" + p.ID
		}
	}
	var got aLanding
	ingrid.do(t, http.MethodGet, at+"/landing", "", 200, &got)
	ingrid.do(t, http.MethodPut, at+"/landing/texts", fmt.Sprintf(`{"version":%d,"texts":[{"language":"en","title":"Warm up"}]}`, got.ProposalVersion), 200, &got)
	if len(got.Proposal) != 1 || got.ProposalVersion == 0 {
		t.Fatalf("%+v", got)
	}
	ingrid.do(t, http.MethodPut, at+"/landing/texts", `{"version":0,"texts":[]}`, 409, nil)
	maya.do(t, http.MethodGet, at+"/landing", "", 200, &got)
	maya.do(t, http.MethodPut, at+"/landing", fmt.Sprintf(`{"version":%d,"live":true,"texts":[{"language":"en","title":"Warm up","consent":"Kept to answer you."},{"language":"zh-CN","title":"暖手","consent":"仅用于答复。"}]}`, got.Pages[0].Version), 200, &got)
	maya.do(t, http.MethodPut, at+"/landing", `{"version":99,"live":true,"texts":[{"language":"en","title":"x","consent":"x"}]}`, 409, nil)
	maya.do(t, http.MethodPost, at+"/landing/codes", `{"code":"fair","label":"Leeds"}`, 200, &got)
	if p := got.Pages[0]; p.Company != "kestrel" || !p.Live || !strings.HasPrefix(p.Path, "/l/kestrel/") || len(p.Codes) == 0 {
		t.Errorf("%+v", got)
	}
	maya.do(t, http.MethodPost, at+"/landing/codes", `{"code":"fair","remove":true}`, 200, nil)
	maya.do(t, http.MethodPost, at+"/landing/codes", `{"code":"walk","label":"Street"}`, 200, nil)
	for query, want := range map[string][3]string{"": {"application/pdf", "en", "%PDF-"}, "?lang=zh-CN&ref=WALK": {"application/pdf", "zh-CN", "%PDF-"}, "?as=png&lang=en&paper=letter": {"image/png", "en", "\x89PNG"}} {
		f := maya.browser.Do(t, http.MethodGet, "/api/v1"+at+"/landing/flyer"+query, nil, "Authorization", "Bearer "+maya.token)
		if f.Status != 200 || f.Header.Get("Content-Type") != want[0] || f.Header.Get("Content-Language") != want[1] || !strings.HasPrefix(f.Body, want[2]) {
			t.Errorf("%s: %d %v %.60q", query, f.Status, f.Header, f.Body)
		}
	}
	maya.do(t, http.MethodGet, at+"/landing/flyer?ref=NONE", "", 404, nil)
	maya.do(t, http.MethodGet, at+"/landing/flyer?as=gif", "", 422, nil)
	ingrid.do(t, http.MethodGet, at+"/landing/flyer", "", 404, nil)
	ingrid.do(t, http.MethodPut, at+"/landing", `{"version":0,"live":true,"texts":[{"language":"en","title":"x","consent":"x"}]}`, 403, nil)
	var steps struct {
		Items []struct {
			Company string
			Leads   int
		}
	}
	for _, c := range []caller{ingrid, maya} {
		c.do(t, http.MethodGet, at+"/funnel", "", 200, &steps)
		for _, stage := range []string{"views", "leads", "deals", "orders"} {
			c.do(t, http.MethodGet, at+"/funnel/"+stage, "", 200, nil)
		}
		c.do(t, http.MethodGet, at+"/funnel/clicks", "", 422, nil)
	}
	for _, path := range []string{at + "/landing", at + "/landing/flyer", at + "/funnel", at + "/funnel/leads"} {
		kaarel.do(t, http.MethodGet, path, "", 404, nil)
	}

	var kept struct {
		ID    string
		Terms struct{ From, Title string }
		Items []struct{ ID string }
	}
	ingrid.do(t, http.MethodPost, at+"/template", `{"name":"As every year"}`, 200, &kept)
	if kept.ID == "" || kept.Terms.From != "" || kept.Terms.Title == "" {
		t.Errorf("%+v", kept)
	}
	ingrid.do(t, http.MethodPost, at+"/template", `{"name":"As every year"}`, 409, nil)
	maya.do(t, http.MethodPost, at+"/template", `{"name":"Mine"}`, 403, nil)
	ingrid.do(t, http.MethodPost, "/promotion-templates/"+kept.ID+"/remove", "", 204, nil)
	kaarel.do(t, http.MethodGet, "/promotion-templates", "", 200, &kept)
	if len(kept.Items) != 0 {
		t.Errorf("%+v", kept)
	}
}
