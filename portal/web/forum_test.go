package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

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
	_, own, _ := strings.Cut(reports, "not measured")
	do := regexp.MustCompile(`action="(/c/aurelia/forum/reports/[0-9a-v]{26})"`).FindStringSubmatch(own)
	if do == nil {
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

// TestConfidentialPages: a confidential idea from the category's agreement to the register as a
// file, between companies that compete.
func TestConfidentialPages(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid, maya, kaarel, chen := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Maya), p.As(t, portaltest.Kaarel), p.As(t, portaltest.Chen)
	seats := url.Values{"name": {"New blades"}, "about": {"What comes"}, "nda": {"Keep it to yourself."}}
	for _, m := range regexp.MustCompile(`for="seat-([0-9a-v]{26})">([^<]+)<`).FindAllStringSubmatch(ingrid.Get(t, "/c/aurelia/forum/categories/new").Body, -1) {
		if strings.HasPrefix(m[2], "Kestrel") || strings.HasPrefix(m[2], "Baltic") {
			seats.Set("seat."+m[1], "create")
		}
	}
	made := ingrid.Post(t, "/c/aurelia/forum/categories/new", seats)
	id := regexp.MustCompile(`[0-9a-v]{26}`).FindString(made.Header.Get("Location"))
	if made.Status != 303 || id == "" {
		t.Fatalf("%d %.300s", made.Status, made.Body)
	}
	asked := maya.Post(t, "/c/kestrel/forum/new", url.Values{"category": {id}, "kind": {"idea"}, "title": {"Zebra cutter"}, "body": {"A secret blade."}, "nda": {"1"}, "key": {"nda-pages-1"}})
	if asked.Status != 303 {
		t.Fatalf("%d %.300s", asked.Status, asked.Body)
	}
	at := asked.Header.Get("Location")
	tid := at[strings.LastIndexByte(at, '/')+1:]
	const page = "/forum/categories/"
	if a := maya.Post(t, at+"/report", url.Values{"reason": {"somebody else's"}}); a.Status != 303 {
		t.Errorf("reported: %d", a.Status)
	}
	for who, slug := range map[*portaltest.Client]string{ingrid: "aurelia", kaarel: "baltic"} {
		base := "/c/" + slug
		if a := who.Get(t, base+"/forum/topics/"+tid); a.Status != 404 {
			t.Errorf("%s reads it before accepting: %d", slug, a.Status)
		}
		if a := who.Get(t, base+"/forum?q=zebra"); strings.Contains(a.Body, "Zebra cutter") {
			t.Errorf("%s finds it before accepting", slug)
		}
		if who == ingrid { // the owner's managers are told that something was reported, not what
			const told = "被举报：New blades" // another test changes what Ingrid's inbox holds
			if inbox := inboxWith(t, p.As(t, "wen@aurelia.example"), "aurelia", told); !strings.Contains(inbox, told) || strings.Contains(inbox, "Zebra cutter") {
				t.Errorf("the notice of a report says more than %q", told)
			}
		}
		agreement := base + page + id + "/agreement"
		if a := who.Get(t, agreement); a.Status != 200 || !strings.Contains(a.Body, "Keep it to yourself.") {
			t.Errorf("%s: %d", slug, a.Status)
		}
		if a := who.Post(t, agreement, url.Values{"number": {"2"}}); a.Status != 409 {
			t.Errorf("another version: %d", a.Status)
		}
		if a := who.Post(t, agreement, url.Values{"number": {"1"}}); a.Status != 303 {
			t.Errorf("%s accepts: %d", slug, a.Status)
		}
		if a := who.Get(t, base+"/forum/topics/"+tid); a.Status != 200 || !strings.Contains(a.Body, "A secret blade.") {
			t.Errorf("%s accepted: %d", slug, a.Status)
		}
	}
	if a := chen.Get(t, "/c/huadong"+page+id+"/agreement"); a.Status != 404 {
		t.Errorf("without a seat: %d", a.Status)
	}
	own := ingrid.Get(t, "/c/aurelia"+page+id+"/agreement/csv").Body
	if !strings.Contains(own, "Kaarel Tamm") || !strings.Contains(own, "Ingrid Dahl") {
		t.Errorf("the owner's register: %s", own)
	}
	for _, path := range []string{"/agreement", "/agreement/csv"} {
		if a := maya.Get(t, "/c/kestrel"+page+id+path); a.Status != 200 || strings.Contains(a.Body, "Kaarel") || strings.Contains(a.Body, "Baltic") {
			t.Errorf("the register tells a competitor: %d", a.Status)
		}
	}
	if a := ingrid.Post(t, "/c/aurelia/forum/topics/"+tid+"/nda", url.Values{"on": {""}}); a.Status != 403 {
		t.Errorf("a moderator takes it out: %d", a.Status)
	}
	if a := maya.Post(t, at+"/nda", url.Values{"on": {""}}); a.Status != 303 {
		t.Errorf("its author takes it out: %d", a.Status)
	}
}

// inboxWith waits until an inbox says something.
func inboxWith(t *testing.T, who *portaltest.Client, slug, says string) string {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(20 * time.Second); ; {
		select {
		case <-tick.C:
			if body := who.Get(t, "/c/"+slug+"/inbox").Body; strings.Contains(body, says) {
				return body
			}
		case <-end:
			t.Fatalf("no notice %q", says)
		}
	}
}

// TestOpenRoomPages: an admin asks two competitors into a room; each finds the invitation,
// and nothing of the other before it agreed.
func TestOpenRoomPages(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid, maya, kaarel, dan := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Maya), p.As(t, portaltest.Kaarel), p.As(t, portaltest.Dan)
	form := url.Values{"title": {"Fair in Leeds"}, "open": {"1"}, "agreed": {"1"}, "key": {"open-pages-1"}} // others choose how long messages are kept meanwhile
	for _, m := range regexp.MustCompile(`name="partners" value="([0-9a-v]{26})"[^>]*><span>([^<]+)<`).FindAllStringSubmatch(ingrid.Get(t, "/c/aurelia/rooms/new").Body, -1) {
		if strings.HasPrefix(m[2], "Kestrel") || strings.HasPrefix(m[2], "Baltic") {
			form.Add("partners", m[1])
		}
	}
	if len(form["partners"]) != 2 {
		t.Fatal("the form names no partners to ask")
	}
	made := ingrid.Post(t, "/c/aurelia/rooms", form)
	if made.Status != 303 {
		t.Fatalf("%d %.400s", made.Status, made.Body)
	}
	id := made.Header.Get("Location")
	id = id[strings.LastIndexByte(id, '/')+1:]
	if a := ingrid.Get(t, "/c/aurelia/rooms/"+id+"?about=1").Body; strings.Count(a, "Not answered") != 2 {
		t.Error("the maker does not see who was asked")
	}
	if a := ingrid.Get(t, "/c/aurelia/rooms/"+id).Body; !strings.Contains(a, "Your company can read this, and so can whoever agrees to join later.") || strings.Contains(a, "Only your company can read") {
		t.Error("who writes first is not told that others read it later")
	}
	for who, slug := range map[*portaltest.Client]string{maya: "kestrel", kaarel: "baltic"} {
		list := who.Get(t, "/c/"+slug+"/rooms").Body
		at := "/c/" + slug + "/rooms/invitations/" + id
		if !strings.Contains(list, at) || !strings.Contains(list, "Fair in Leeds") {
			t.Errorf("%s finds no invitation", slug)
		}
		page := who.Get(t, at)
		if page.Status != 200 || !strings.Contains(page.Body, "Aurelia") {
			t.Errorf("%s: %d", slug, page.Status)
		}
		for _, other := range []string{"Kestrel", "Baltic"} {
			if !strings.HasPrefix(other, strings.ToUpper(slug[:1])) && strings.Contains(page.Body, other) {
				t.Errorf("the invitation tells %s of %s", slug, other)
			}
		}
		if a := who.Get(t, "/c/"+slug+"/rooms/"+id); a.Status != 404 {
			t.Errorf("%s is in before it agreed: %d", slug, a.Status)
		}
	}
	if a := dan.Get(t, "/c/kestrel/rooms/invitations/"+id); a.Status != 403 && a.Status != 404 {
		t.Errorf("who is no admin: %d", a.Status)
	}
	if a := maya.Post(t, "/c/kestrel/rooms/invitations/"+id, url.Values{"join": {"1"}, "agreed": {"1"}}); a.Status != 303 {
		t.Fatalf("%d %.300s", a.Status, a.Body)
	}
	about := func() string { // without the list of rooms beside it: another test may have made one of both companies
		_, room, _ := strings.Cut(maya.Get(t, "/c/kestrel/rooms/"+id+"?about=1").Body, `class="chat-main`)
		return room
	}
	if a := about(); !strings.Contains(a, `id="about-h"`) || strings.Contains(a, "Baltic") || strings.Contains(a, "Kaarel") {
		t.Errorf("the one that agreed is told who else was asked: %s", a)
	}
	if a := kaarel.Post(t, "/c/baltic/rooms/invitations/"+id, url.Values{}); a.Status != 303 {
		t.Errorf("declined: %d", a.Status)
	}
	if strings.Contains(about(), "Baltic") {
		t.Error("who declined is told to others")
	}
	if a := ingrid.Get(t, "/c/aurelia/rooms/"+id+"?about=1").Body; !strings.Contains(a, "Declined") {
		t.Error("the maker is not told who declined")
	}
}

// TestCategoryByTier: a category is shared by tier on its form, and whoever has the tier is
// in; others find nothing.
func TestCategoryByTier(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid, maya, kaarel := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Maya), p.As(t, portaltest.Kaarel)
	const name = "For gold partners"
	if a := ingrid.Post(t, "/c/aurelia/forum/categories/new", url.Values{"name": {name}, "tier.Iron": {"see"}}); a.Status != 422 {
		t.Errorf("a tier that is none: %d", a.Status)
	}
	a := ingrid.Post(t, "/c/aurelia/forum/categories/new", url.Values{"name": {name}, "tier.Gold": {"reply"}, "tier.Silver": {""}})
	if a.Status != 303 {
		t.Fatalf("%d %.400s", a.Status, a.Body)
	}
	id := a.Header.Get("Location")[strings.LastIndexByte(a.Header.Get("Location"), '=')+1:]
	form := ingrid.Get(t, "/c/aurelia/forum/categories/"+id).Body
	if !regexp.MustCompile(`name="tier\.Gold"><option value="">[^/]*</option><option value="see">[^/]*</option><option value="reply" selected>`).MatchString(form) || !strings.Contains(ingrid.Get(t, "/c/aurelia/forum").Body, "tier Gold") {
		t.Error("the form forgets the tier")
	}
	if b := maya.Get(t, "/c/kestrel/forum").Body; !strings.Contains(b, name) || strings.Contains(b, "tier Gold") {
		t.Error("who has the tier finds nothing of it, or reads by which")
	}
	if strings.Contains(kaarel.Get(t, "/c/baltic/forum").Body, name) || kaarel.Get(t, "/c/baltic/forum?category="+id).Status != 404 {
		t.Error("another tier finds it")
	}
}
