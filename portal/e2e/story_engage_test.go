package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestStoryEngage: Aurelia invites Kestrel and Baltic, which are not shown to each other. Each
// keeps private fields and notes with a word of its own, and shows the owner all it can show.
// Over every page and every answer of the API that a company can ask for here, the words of
// another company, and the rival itself, never come up; what was shown does.
func TestStoryEngage(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		type company struct {
			slug, email   string
			canary, shown string // words by which one searches
			secret        string // what stands beside the canary
			api           *client
			web           *visitor
		}
		all := []*company{{slug: "aurelia", email: "ingrid@aurelia.example", canary: "zaffre", shown: "quokka"}, {slug: "kestrel", email: "maya@kestrel.example", canary: "verjuice", shown: "numbat"}, {slug: "baltic", email: "kaarel@baltic.example", canary: "tamarisk", shown: "wombat"}}
		for _, c := range all {
			c.api, c.web = s.token(c.email, "engagements:read,engagements:write"), s.signIn(t, c.email)
		}
		for _, c := range all {
			c.secret = strings.ToUpper(c.canary) + "-9"
		}
		owner := all[0]
		type engagement struct {
			ID         string
			Hash       string
			Invitation struct{ Hash string }
		}
		var e engagement
		owner.api.post("/api/v1/engagements", `{"role":"manufacturer","customer":"Ferrybridge Foundry","title":"Ferrybridge line","purpose":"Win it","teaser":"A foundry wants tools","country":"GB"}`, 200, &e)
		at := "/api/v1/engagements/" + e.ID
		for _, c := range all[1:] {
			owner.api.post(at+"/invite", `{"company":"`+c.slug+`","role":"distributor"}`, 200, nil)
		}
		for _, c := range all[1:] {
			var i engagement
			c.api.get(at, &i)
			c.api.post(at+"/accept", `{"hash":"`+i.Invitation.Hash+`"}`, 200, nil)
		}
		for _, c := range all {
			got := c.api.do(http.MethodPut, at+"/section", "application/json", []byte(`{"version":1,"stage":"technical","own_stage":"`+c.shown+`","next_step":"`+c.shown+` next","notes":"`+c.canary+` `+c.secret+`","private":[{"name":"`+c.canary+` `+c.secret+`","value":"`+c.secret+`"}]}`))
			if got.status != 200 {
				t.Fatalf("%s keeps its section: %d %s", c.slug, got.status, got.body)
			}
		}
		publish := func(c *company, to string) {
			var out struct{ Hash string }
			c.api.post(at+"/snapshots/preview", `{"template":"all","to":["`+to+`"]}`, 200, &out)
			c.api.post(at+"/snapshots", `{"template":"all","to":["`+to+`"],"hash":"`+out.Hash+`"}`, 200, nil)
		}
		for _, c := range all[1:] {
			publish(c, owner.slug)
			publish(owner, c.slug)
			owner.api.post(at+"/tasks", `{"company":"`+c.slug+`","title":"Call, `+c.shown+`"}`, 200, nil)
			owner.api.post(at+"/handovers", `{"to":"`+c.slug+`","what":"Drawings, `+c.shown+`"}`, 200, nil)
		}
		owner.api.post(at+"/splits", `{"shares":[{"company":"aurelia","percent":"50"},{"company":"kestrel","percent":"29.75"},{"company":"baltic","percent":"20.25"}]}`, 200, nil)

		for _, c := range all {
			var said strings.Builder
			page := "/c/" + c.slug + "/engagements/" + e.ID
			paths := []string{page, "/c/" + c.slug + "/engagements", "/c/" + c.slug + "/engagements?q=Ferrybridge", "/c/" + c.slug, "/c/" + c.slug + "/inbox", page + "/share"}
			for _, o := range all {
				if o != c {
					for _, w := range []string{o.canary, o.shown} {
						paths = append(paths, "/c/"+c.slug+"/find?q="+url.QueryEscape(w))
					}
				}
			}
			for _, p := range paths {
				body := c.web.open(p).main()
				if strings.Contains(p, "/find?q=") {
					if strings.Contains(body, e.ID) {
						t.Errorf("%s finds the engagement by a word of another company: %s", c.slug, p)
					}
					continue // what was searched for stands on the page
				}
				said.WriteString(body)
			}
			for _, p := range []string{"", "/snapshots?from=aurelia", "/snapshots?from=kestrel", "/snapshots?from=baltic"} {
				got, err := c.api.try(t.Context(), http.MethodGet, at+p, "", nil)
				if err != nil {
					t.Fatal(err)
				}
				said.Write(got.body)
			}
			list := c.api.do(http.MethodGet, "/api/v1/engagements", "", nil)
			said.Write(list.body)
			text := said.String()
			for _, o := range all {
				switch {
				case o == c:
				case strings.Contains(text, o.secret) || strings.Contains(text, o.canary):
					t.Errorf("%s reads what %s keeps to itself", c.slug, o.slug)
				case c != owner && o != owner && strings.Contains(text, o.shown):
					t.Errorf("%s reads what %s showed to the owner", c.slug, o.slug)
				case (c == owner || o == owner) && !strings.Contains(text, o.shown):
					t.Errorf("%s does not read what %s showed", c.slug, o.slug)
				}
			}
			if c != owner {
				rival := map[string]string{"kestrel": "20.25", "baltic": "29.75"}[c.slug]
				if strings.Contains(text, rival) {
					t.Errorf("%s reads the share of its rival", c.slug)
				}
			}
		}
		// what another company must not reach does not exist for it
		for _, c := range all[1:] {
			rival := all[1]
			if c == rival {
				rival = all[2]
			}
			if got := c.api.do(http.MethodPost, at+"/snapshots/preview", "application/json", []byte(`{"template":"all","to":["`+rival.slug+`"]}`)); got.status != 422 || strings.Contains(string(got.body), "Baltic") || strings.Contains(string(got.body), "Kestrel") {
				t.Errorf("%s shows something to its rival: %d %s", c.slug, got.status, got.body)
			}
		}
	})
}
