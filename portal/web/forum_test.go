package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

// TestForumPages: from a category to an accepted answer on the pages, between companies
// that compete: neither page tells one of the other.
func TestForumPages(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid, maya, kaarel, chen := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Maya), p.As(t, portaltest.Kaarel), p.As(t, portaltest.Chen)
	form := ingrid.Get(t, "/c/aurelia/forum/categories/new").Body
	seats := url.Values{"name": {"Field test"}, "about": {"What comes"}}
	for _, m := range regexp.MustCompile(`for="seat-([0-9a-v]{26})">([^<]+)<`).FindAllStringSubmatch(form, -1) {
		if strings.HasPrefix(m[2], "Kestrel") || strings.HasPrefix(m[2], "Baltic") {
			seats.Set("seat."+m[1], "create")
		}
	}
	if a := ingrid.Post(t, "/c/aurelia/forum/categories/new", url.Values{"name": {""}}); a.Status != 422 {
		t.Errorf("no name: %d", a.Status)
	}
	if a := maya.Get(t, "/c/kestrel/forum/categories/new"); a.Status != 200 { // a reseller may share with its own partners
		t.Errorf("%d", a.Status)
	}
	made := ingrid.Post(t, "/c/aurelia/forum/categories/new", seats)
	if made.Status != 303 {
		t.Fatalf("%d %.300s", made.Status, made.Body)
	}
	id := regexp.MustCompile(`[0-9a-v]{26}`).FindString(made.Header.Get("Location"))
	topic := url.Values{"category": {id}, "kind": {"question"}, "title": {"Torque of the new drill"}, "body": {"Is it **85 Nm**? <script>alert(1)</script> [x](javascript:alert(1))"}, "tags": {"drill, torque"}, "key": {"forum-pages-1"}}
	preview := topic
	preview.Set("preview", "1")
	if a := maya.Post(t, "/c/kestrel/forum/new", preview); a.Status != 200 || !strings.Contains(a.Body, "<strong>85 Nm</strong>") || strings.Contains(a.Body, "<script>alert") || strings.Contains(a.Body, `href="javascript`) {
		t.Errorf("preview: %d", a.Status)
	}
	topic.Del("preview")
	asked := maya.Post(t, "/c/kestrel/forum/new", topic)
	if asked.Status != 303 {
		t.Fatalf("%d %.300s", asked.Status, asked.Body)
	}
	at := asked.Header.Get("Location")
	tid := at[strings.LastIndexByte(at, '/')+1:]
	if again := maya.Post(t, "/c/kestrel/forum/new", topic); again.Header.Get("Location") != at {
		t.Error("the same form twice is two topics")
	}
	baltic, aurelia := "/c/baltic/forum/topics/"+tid, "/c/aurelia/forum/topics/"+tid
	for _, who := range []*portaltest.Client{kaarel} {
		page := who.Get(t, baltic)
		if page.Status != 200 || !strings.Contains(page.Body, "A partner") || page.Header.Get("X-Robots-Tag") != "noindex, nofollow" {
			t.Errorf("%d %v", page.Status, page.Header)
		}
		for _, secret := range []string{"Maya", "Kestrel"} {
			if strings.Contains(page.Body, secret) {
				t.Errorf("the page tells a competitor %q", secret)
			}
		}
	}
	if a := chen.Get(t, "/c/huadong/forum/topics/"+tid); a.Status != 404 {
		t.Errorf("without a seat: %d", a.Status)
	}
	reply := kaarel.Post(t, baltic+"/reply", url.Values{"body": {"We measured 83."}, "key": {"forum-pages-2"}})
	if reply.Status != 303 {
		t.Fatalf("%d %.300s", reply.Status, reply.Body)
	}
	post := strings.TrimPrefix(reply.Header.Get("Location"), baltic+"#p-")
	page := maya.Get(t, at).Body
	if !strings.Contains(page, "We measured 83.") || strings.Contains(page, "Kaarel") || strings.Contains(page, "Baltic") {
		t.Error("the reply is missing, or its author is told")
	}
	if page := ingrid.Get(t, aurelia).Body; !strings.Contains(page, "Kaarel") || !strings.Contains(page, "Maya") {
		t.Error("the owner is not told who writes")
	}
	for _, step := range []struct {
		who  *portaltest.Client
		path string
		form url.Values
		want int
	}{
		{maya, at + "/accept", url.Values{"post": {post}, "on": {"1"}}, 303},
		{kaarel, baltic + "/accept", url.Values{"post": {post}, "on": {""}}, 403},
		{maya, at + "/vote", url.Values{"post": {post}, "on": {"1"}}, 303},
		{maya, at + "/watch", url.Values{"level": {"muted"}}, 303},
		{maya, at + "/edit", url.Values{"title": {""}, "body": {""}}, 422},
		{maya, at + "/reply", url.Values{"body": {""}}, 422},
		{maya, at + "/state", url.Values{"state": {"closed"}}, 403},
		{maya, at + "/report", url.Values{"post": {post}, "reason": {"not measured"}}, 303},
		{chen, "/c/huadong/forum/topics/" + tid + "/reply", url.Values{"body": {"x"}}, 404},
	} {
		if a := step.who.Post(t, step.path, step.form); a.Status != step.want {
			t.Errorf("%s %v: %d, want %d", step.path, step.form, a.Status, step.want)
		}
	}
	if page := maya.Get(t, at).Body; !strings.Contains(page, "Accepted answer") {
		t.Error("the answer is not accepted")
	}
	if page := maya.Get(t, "/c/kestrel/forum/related?title="+url.QueryEscape("torque"), "HX-Request", "true").Body; !strings.Contains(page, "Torque of the new drill") || strings.Contains(page, "<html") {
		t.Errorf("related: %.200s", page)
	}
	reports := ingrid.Get(t, "/c/aurelia/forum/reports").Body
	do := regexp.MustCompile(`action="(/c/aurelia/forum/reports/[0-9a-v]{26})"`).FindStringSubmatch(reports)
	if do == nil || !strings.Contains(reports, "not measured") {
		t.Fatal("the report is not shown to the owner")
	}
	if a := ingrid.Post(t, do[1], url.Values{"remove": {"1"}}); a.Status != 303 {
		t.Errorf("%d", a.Status)
	}
	if page := maya.Get(t, at).Body; strings.Contains(page, "We measured 83.") {
		t.Error("what was removed still stands there")
	}
	survey := ingrid.Post(t, "/c/aurelia/forum/new", url.Values{"category": {id}, "kind": {"survey"}, "title": {"What sells?"}, "survey": {"Which one?\n- Drills\n- Grinders\n"}, "key": {"forum-pages-3"}})
	if survey.Status != 303 {
		t.Fatalf("%d %.400s", survey.Status, survey.Body)
	}
	sid := survey.Header.Get("Location")
	sid = sid[strings.LastIndexByte(sid, '/')+1:]
	if a := maya.Post(t, "/c/kestrel/forum/topics/"+sid+"/answer", url.Values{"q.0": {"1"}}); a.Status != 303 {
		t.Errorf("%d", a.Status)
	}
	if page := ingrid.Get(t, "/c/aurelia/forum/topics/"+sid).Body; !strings.Contains(page, "from 5 answers on") || strings.Contains(page, "<progress") {
		t.Error("a result is told below five answers")
	}
}
