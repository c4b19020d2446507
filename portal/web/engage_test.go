package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

var engageSeatID = regexp.MustCompile(`/engagements/[0-9a-z]+/as/([0-9a-z]+)`)

// TestEngagementPages: begun by Aurelia, accepted by two distributors that are not shown to
// each other. Words that Baltic keeps to itself are on no page of the others; its name, and
// what it does, is on none of Kestrel's. What Kestrel shows arrives as it was previewed, and
// the pages work in Chinese.
func TestEngagementPages(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid, maya, kaarel, chen := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Maya), p.As(t, portaltest.Kaarel), p.As(t, portaltest.Chen)
	const begin = "/c/aurelia/engagements/new"
	form := filled(t, ingrid.Get(t, begin).Body, begin)
	form.Set("customer", "Skerry Wind")
	form.Set("teaser", "Skerry Wind wants tools")
	form.Set("role", "manufacturer")
	if a := ingrid.Post(t, begin, form); a.Status != 422 || !strings.Contains(a.Body, "names the customer") {
		t.Fatalf("a teaser that names the customer: %d", a.Status)
	}
	form.Set("teaser", "An operator of wind farms wants tools")
	a := ingrid.Post(t, begin, form)
	if a.Status != 303 {
		t.Fatalf("begin: %d\n%.3000s", a.Status, a.Body)
	}
	own := a.Location
	of := func(slug string) string { return strings.Replace(own, "/c/aurelia/", "/c/"+slug+"/", 1) }
	must := func(c *portaltest.Client, at, verb string, change func(f url.Values)) {
		t.Helper()
		f := filled(t, c.Get(t, at).Body, at+verb)
		change(f)
		if a := c.Post(t, at+verb, f); a.Status != 303 {
			t.Fatalf("%s%s: %d\n%.4000s", at, verb, a.Status, a.Body)
		}
	}
	none := func(url.Values) {}
	page := ingrid.Get(t, own).Body
	for _, name := range []string{"Kestrel Supply", "Baltic Trade Oü"} {
		id := regexp.MustCompile(`<option value="([0-9a-z]+)"[^>]*>` + name).FindStringSubmatch(page)
		if id == nil {
			t.Fatalf("%s cannot be invited\n%.2000s", name, page)
		}
		must(ingrid, own, "/invite", func(f url.Values) { f.Set("company", id[1]); f.Set("role", "distributor") })
	}
	if a := maya.Get(t, of("kestrel")); a.Status != 200 || strings.Contains(a.Body, "Skerry") || !strings.Contains(a.Body, "wind farms") || strings.Contains(a.Body, "Baltic") {
		t.Fatalf("the invitation: %d\n%.3000s", a.Status, a.Body)
	}
	if a := chen.Get(t, of("huadong")); a.Status != 404 {
		t.Errorf("a company that was not invited: %d", a.Status)
	}
	must(maya, of("kestrel"), "/accept", none)
	must(kaarel, of("baltic"), "/accept", none)
	must(kaarel, of("baltic"), "/section", func(f url.Values) {
		f.Set("stage", "business")
		f.Set("notes", "CANARYNOTE")
		f.Set("own_stage", "CANARYSTAGE")
		f.Set("private.0.name", "CANARYNAME")
		f.Set("private.0.value", "CANARYVALUE")
		f.Set("next_step", "BALTICSTEP")
	})
	must(maya, of("kestrel"), "/section", func(f url.Values) {
		f.Set("stage", "technical")
		f.Set("amount", "12,345.67")
		f.Set("currency", "GBP")
		f.Set("close", "2027-03-31")
		f.Set("notes", "KESTRELNOTE")
	})
	// shown as previewed, and not otherwise
	share := of("kestrel") + "/share"
	pre := maya.Get(t, share+"?see=1&template=forecast").Body
	if !strings.Contains(pre, "at least one company") {
		t.Errorf("nobody was chosen\n%.2000s", pre)
	}
	to := regexp.MustCompile(`name="to" value="([0-9a-z]+)"`).FindAllStringSubmatch(pre, -1)
	if len(to) != 1 {
		t.Fatalf("Kestrel may show it to %d companies", len(to))
	}
	pre = maya.Get(t, share+"?see=1&template=forecast&to="+to[0][1]).Body
	if !strings.Contains(pre, "£12,345.67") || strings.Contains(pre, "KESTRELNOTE") {
		t.Fatalf("the preview\n%.3000s", pre)
	}
	send := url.Values{"template": {"forecast"}, "to": {to[0][1]}, "hash": {regexp.MustCompile(`name="hash" value="([0-9a-f]+)"`).FindStringSubmatch(pre)[1]}}
	must(maya, of("kestrel"), "/section", func(f url.Values) { f.Set("stage", "committed") })
	if a := maya.Post(t, share, send); a.Status != 422 || !strings.Contains(a.Body, "changed meanwhile") {
		t.Errorf("another text than the preview: %d", a.Status)
	}
	pre = maya.Get(t, share+"?see=1&template=forecast&to="+to[0][1]).Body
	send.Set("hash", regexp.MustCompile(`name="hash" value="([0-9a-f]+)"`).FindStringSubmatch(pre)[1])
	if a := maya.Post(t, share, send); a.Status != 303 {
		t.Fatalf("send: %d\n%.3000s", a.Status, a.Body)
	}
	// the split: percent with two places that sum to 100
	page = ingrid.Get(t, own).Body
	split := filled(t, page, own+"/split")
	rest := "40"
	for name := range split {
		if strings.HasPrefix(name, "share.") {
			split.Set(name, rest)
			rest = "30.005"
		}
	}
	if a := ingrid.Post(t, own+"/split", split); a.Status != 422 || !strings.Contains(a.Body, "at most two places") {
		t.Errorf("three places: %d", a.Status)
	}
	for name := range split {
		if split.Get(name) == "30.005" {
			split.Set(name, "30.00")
		}
	}
	if a := ingrid.Post(t, own+"/split", split); a.Status != 303 {
		t.Fatalf("propose: %d\n%.3000s", a.Status, a.Body)
	}
	must(maya, of("kestrel"), "/split/agree", none)
	ids := engageSeatID.FindAllStringSubmatch(page, -1)
	seen := map[string][]string{"kestrel": {"", "/as/" + ids[0][1], "/share", "s", "s?q=Skerry"}, "aurelia": {"", "/as/" + ids[0][1], "/as/" + ids[1][1], "/share", "s", "s?view=open&q=Skerry"}}
	for slug, c := range map[string]*portaltest.Client{"kestrel": maya, "aurelia": ingrid} {
		paths := []string{"/c/" + slug + "/", "/c/" + slug + "/inbox", "/c/" + slug + "/rooms", "/c/" + slug + "/find?q=Skerry", "/c/" + slug + "/find?q=CANARY", "/c/" + slug + "/partners"}
		for _, s := range seen[slug] {
			if after, list := strings.CutPrefix(s, "s"); list && !strings.HasPrefix(s, "/") {
				paths = append(paths, "/c/"+slug+"/engagements"+after)
				continue
			}
			paths = append(paths, of(slug)+s)
		}
		for _, id := range regexp.MustCompile(`/rooms/[0-9a-z]{20,}`).FindAllString(c.Get(t, of(slug)).Body, 2) { // and what leaves as a file
			paths = append(paths, "/c/"+slug+id, "/c/"+slug+id+"/export")
		}
		for _, path := range paths {
			a := c.Get(t, path)
			if a.Status >= 500 {
				t.Errorf("%s: %d", path, a.Status)
			}
			for _, w := range []string{"CANARYNOTE", "CANARYSTAGE", "CANARYNAME", "CANARYVALUE"} {
				if strings.Contains(strings.ReplaceAll(a.Body, `value="CANARY"`, ""), w) {
					t.Errorf("%s says %s", path, w)
				}
			}
			if strings.Contains(path, "/as/") && strings.Contains(a.Body, "/split/") {
				t.Errorf("there is something to press at %s", path)
			}
			listed := strings.Contains(path, "/rooms") && !strings.HasSuffix(path, "/export") // beside rooms that other tests open to both
			if slug == "kestrel" && (!listed && (strings.Contains(a.Body, "Baltic") || strings.Contains(a.Body, "Kaarel")) || strings.Contains(a.Body, "BALTICSTEP")) {
				t.Errorf("Kestrel learns of Baltic at %s", path)
			}
			if slug == "aurelia" && strings.Contains(a.Body, "KESTRELNOTE") {
				t.Errorf("Aurelia reads a note of Kestrel at %s", path)
			}
		}
	}
	if got := ingrid.Get(t, own).Body; !strings.Contains(got, "£12,345.67") || !strings.Contains(got, "Committed") {
		t.Errorf("the snapshot did not arrive\n%.3000s", got)
	}
	// a stranger gets nowhere, and the demo's engagement is whole in Chinese
	for _, path := range []string{"", "/edit", "/share", "/as/" + ids[0][1], "/snapshots/" + ids[0][1] + "/" + ids[1][1]} {
		if a := chen.Get(t, of("huadong")+path); a.Status != 404 {
			t.Errorf("%s: %d for a stranger", path, a.Status)
		}
	}
	list := chen.Get(t, "/c/huadong/engagements?view=open").Body
	at := regexp.MustCompile(`/c/huadong/engagements/[0-9a-z]{20,}`).FindString(list)
	zh := chen.Get(t, at).Body
	for _, w := range []string{"Thornhill", "收入分成", "Kestrel Supply", "内部信息", "参与公司", "¥620,000.00"} {
		if !strings.Contains(zh, w) {
			t.Errorf("the page in Chinese lacks %q", w)
		}
	}
	if strings.Contains(zh, "our floor is 11") {
		t.Error("a note of Kestrel is shown to 华东五金")
	}
}
