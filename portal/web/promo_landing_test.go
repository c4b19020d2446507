package web_test

import (
	"bytes"
	"html"
	"image"
	"image/png"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"entente/portal/portaltest"
)

// landingPage: the owner proposes words, a participant publishes its page, anybody may
// fill it, nothing is kept in the browser, and the results show what came by it; the rival
// participant finds nothing of it. The form is sent by what is returned: once a person could
// have filled it.
func landingPage(t *testing.T, p *portaltest.Portal) (send func()) {
	t.Helper()
	ingrid, maya, kaarel := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Maya), p.As(t, "kaarel@baltic.example")
	id := ingrid.Find(t, "/c/aurelia/promotions?view=list&state=running", `href="/c/aurelia/promotions/([0-9a-v]{26})"`)
	owner, mine := "/c/aurelia/promotions/"+id+"/landing", "/c/kestrel/promotions/"+id+"/landing"
	version := regexp.MustCompile(`name="version" value="(\d+)"`)
	seen := func(c *portaltest.Client, at string) string { return version.FindStringSubmatch(c.Get(t, at).Body)[1] }
	if a := ingrid.Post(t, owner+"/text", url.Values{"version": {seen(ingrid, owner)}, "in.en": {"1"}, "en.title": {"Proposed words"}, "en.body": {"Sell at no less than list"}}); a.Status != 422 || !strings.Contains(a.Body, "no less than") {
		t.Errorf("a condition on prices: %d", a.Status)
	}
	if a := ingrid.Post(t, owner+"/text", url.Values{"version": {seen(ingrid, owner)}, "in.en": {"1"}, "en.title": {"Proposed words"}, "in.zh-CN": {"1"}, "zh-CN.title": {"建议的标题"}}); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	form := maya.Get(t, mine)
	for _, want := range []string{"建议的标题", `name="en.consent"`, "Kestrel Supply 和 Aurelia Tools"} {
		if !strings.Contains(form.Body, want) {
			t.Errorf("the participant's form has no %q", want)
		}
	}
	page := url.Values{"version": {seen(maya, mine)}, "live": {"1"}, "in.en": {"1"}, "in.zh-CN": {"1"}, "en.title": {"Warm hands in Leeds"}, "zh-CN.title": {"暖手"}, "en.consent": {"Kept to answer you."}, "zh-CN.consent": {"仅用于答复。"}, "imprint": {"Kestrel Supply, 12 Whitehall Road"}, "privacy": {"https://kestrel.example/privacy"}}
	if a := maya.Post(t, mine, page); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := maya.Post(t, mine, page); a.Status != 422 {
		t.Errorf("an old version: %d", a.Status)
	}
	if a := maya.Post(t, mine+"/codes", url.Values{"code": {"expo"}, "name": {"Fair"}}); a.Status != 303 {
		t.Errorf("a code: %d %s", a.Status, a.Body)
	}
	at := maya.Find(t, mine, `value="[^"]*(/l/kestrel/[a-z0-9]{20})"`)
	if !strings.Contains(ingrid.Get(t, owner).Body, at) {
		t.Error("the owner does not see what is published")
	}
	if body := kaarel.Get(t, "/c/baltic/promotions/"+id+"/landing").Body; strings.Contains(body, at) || strings.Contains(body, "Warm hands") {
		t.Error("the rival sees the page among its own")
	}

	logos(t, p, maya, ingrid, kaarel, at)
	claimTalk(t, p, ingrid, maya, kaarel)
	if a := maya.Get(t, mine+"/flyer?lang=zh-CN&ref=EXPO"); a.Status != 200 || !strings.HasPrefix(a.Body, "%PDF-") || a.Header.Get("Content-Language") != "zh-CN" {
		t.Errorf("the flyer: %d %.80q", a.Status, a.Body)
	}
	if a := maya.Get(t, mine+"/flyer?as=png"); a.Status != 200 || !strings.HasPrefix(a.Body, "\x89PNG") || a.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the flyer as a picture: %d %.80q", a.Status, a.Body)
	}
	if a := kaarel.Get(t, "/c/baltic/promotions/"+id+"/landing/flyer"); a.Status != 404 {
		t.Errorf("the rival's flyer: %d", a.Status)
	}

	n := p.Nobody(t)
	browser := []string{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
	got := n.Get(t, at+"?ref=expo&lang=zh-CN", browser...)
	for _, want := range []string{"Warm hands in Leeds", "Kestrel Supply", "Aurelia Tools", "Kept to answer you.", "https://kestrel.example/privacy", "12 Whitehall Road", `lang="en"`, "ref=EXPO"} {
		if got.Status != 200 || !strings.Contains(got.Body, want) {
			t.Errorf("%d, no %q", got.Status, want)
		}
	}
	for _, secret := range []string{"Baltic", "华东", "<script", "/c/kestrel", "PR-20", "Maya", "Ingrid", "off the list price"} {
		if strings.Contains(got.Body, secret) {
			t.Errorf("the page tells of %s", secret)
		}
	}
	h := got.Header
	if h.Get("Set-Cookie") != "" || h.Get("Cache-Control") != "no-store" || h.Get("X-Robots-Tag") != "noindex" || strings.Contains(h.Get("Content-Security-Policy"), "script-src") || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%v", h)
	}
	if zh := n.Get(t, at+"?in=zh-CN"); !strings.Contains(zh.Body, "暖手") || !strings.Contains(zh.Body, "可就此联系我") || zh.Header.Get("Set-Cookie") != "" {
		t.Error("no Chinese")
	}
	shown := time.Now()
	stamp := regexp.MustCompile(`name="stamp" value="([^"]+)"`).FindStringSubmatch(got.Body)[1]
	filled := url.Values{"stamp": {stamp}, "csrf": {stamp}, "name": {"Ann Fitter"}, "mail": {"ann@landing-shop.example"}, "company": {"Landing Shop Ltd"}, "city": {"Hull"}, "country": {"GB"}, "need": {"Six"}, "may_contact": {"1"}}
	trap := url.Values{"fax": {"1"}}
	for k, x := range filled {
		trap[k] = x
	}
	if a := n.Post(t, at+"?ref=EXPO", trap); a.Status != 200 || !strings.Contains(a.Body, "Thank you") {
		t.Errorf("a machine: %d", a.Status)
	}
	if time.Since(shown) < 2*time.Second {
		if a := n.Post(t, at+"?ref=EXPO", filled); a.Status != 422 || !strings.Contains(a.Body, "very quick") || !strings.Contains(a.Body, "Ann Fitter") {
			t.Errorf("at once: %d", a.Status)
		}
	}
	for _, machine := range []string{"Mozilla/5.0 (compatible; Googlebot/2.1)", "curl/8.5", ""} {
		n.Get(t, at, "User-Agent", machine)
	}
	if a := maya.Get(t, at, browser...); strings.Contains(a.Body, "e-rail") {
		t.Error("who is signed in sees the portal around it")
	}
	if a := maya.Post(t, at, url.Values{"fax": {"1"}}); a.Status != 200 || !strings.Contains(a.Body, "Thank you") { // with its session's token
		t.Errorf("who is signed in may not fill it: %d", a.Status)
	}
	return func() {
		t.Helper()
		for time.Since(shown) < 4*time.Second { // as long as a person needs at least
			n.Get(t, at)
		}
		for range 2 {
			if a := n.Post(t, at+"?ref=EXPO", filled); a.Status != 200 || !strings.Contains(a.Body, "Thank you") || a.Header.Get("Set-Cookie") != "" {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
		}
		for c, want := range map[*portaltest.Client][]string{ingrid: {"/c/aurelia/promotions/" + id + "/results", `/c/aurelia/leads/`}, maya: {"/c/kestrel/promotions/" + id + "/results", `/c/kestrel/leads/offers/`}} {
			body := c.Get(t, want[0]).Body
			_, body, ok := strings.Cut(body, `id="funnel"`)
			if !ok || !strings.Contains(body, "EXPO") || !strings.Contains(body, want[1]) || strings.Count(body, `data-l="Views">1<`) != 1 {
				t.Errorf("%s: no funnel, or other numbers: %.3000s", want[0], body)
			}
			if rows := c.Get(t, want[0]+"?funnel=views").Body; !strings.Contains(rows, "Views by day") {
				t.Errorf("%s: no rows of views", want[0])
			}
		}
		rows := maya.Get(t, "/c/kestrel/promotions/"+id+"/funnel.csv?funnel=leads&partner=x").Body
		if !strings.Contains(rows, "EXPO") || !strings.Contains(rows, "Kestrel Supply") || strings.Count(strings.TrimSpace(rows), "\n") != 1 {
			t.Errorf("the rows as a table: %s", rows)
		}
		if a := kaarel.Get(t, "/c/baltic/promotions/"+id+"/funnel.csv"); a.Status != 404 && strings.Contains(a.Body, "EXPO") {
			t.Errorf("the rival's table: %d %s", a.Status, a.Body)
		}
		if body := kaarel.Get(t, "/c/baltic/promotions/"+id+"/results").Body; strings.Contains(body, "EXPO") || strings.Contains(body, `id="funnel"`) {
			t.Error("the rival sees the funnel")
		}
		offer := maya.Get(t, maya.Find(t, "/c/kestrel/promotions/"+id+"/results", `href="(/c/kestrel/leads/offers/[0-9a-v]{26})"`))
		if !strings.Contains(offer.Body, "EXPO") || !strings.Contains(offer.Body, "Your landing page") || strings.Contains(offer.Body, "Landing Shop") {
			t.Errorf("the lead: %d", offer.Status)
		}
		for _, path := range []string{"/l/kestrel/" + strings.Repeat("a", 20), "/l/baltic/" + at[len("/l/kestrel/"):], "/l/x/y"} {
			a := n.Get(t, path)
			if b := n.Post(t, path, filled); a.Status != 404 || b.Status != 404 || a.Header.Get("Set-Cookie") != "" || strings.Contains(a.Body, "<script") {
				t.Errorf("%s: %d %d %v", path, a.Status, b.Status, a.Header)
			}
		}
		cancelled := regexp.MustCompile(`/cancel".*?name="version" value="(\d+)"`).FindStringSubmatch(ingrid.Get(t, "/c/aurelia/promotions/"+id).Body)
		if len(cancelled) < 2 {
			t.Fatal("the owner cannot cancel it")
		}
		if a := ingrid.Post(t, "/c/aurelia/promotions/"+id+"/cancel", url.Values{"version": {cancelled[1]}, "reason": {"No stock"}}); a.Status != 303 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		if a := n.Get(t, at); !strings.Contains(a.Body, "This offer has ended.") || strings.Contains(a.Body, "No stock") || n.Post(t, at, filled).Status != 409 {
			t.Errorf("cancelled before its last day: %s", a.Body)
		}
		page.Del("live")
		page.Set("version", seen(maya, mine))
		if a := maya.Post(t, mine, page); a.Status != 303 || n.Get(t, at).Status != 404 {
			t.Error("taken down, it is still there")
		}
	}
}

// logos: an admin's picture is seen by its partners, on its landing page by everybody, on
// its flyer, and by no rival; what is no picture is refused in words.
func logos(t *testing.T, p *portaltest.Portal, maya, ingrid, kaarel *portaltest.Client, at string) {
	t.Helper()
	var drawn bytes.Buffer
	if err := png.Encode(&drawn, image.NewNRGBA(image.Rect(0, 0, 120, 40))); err != nil {
		t.Fatal(err)
	}
	bring := func(c *portaltest.Client, slug string, file []byte) portaltest.Answer {
		t.Helper()
		return upload(t, c, c.Find(t, "/c/"+slug+"/", `name="csrf" value="([^"]+)"`), "/c/"+slug+"/company/logo", "file", "logo.png", file, nil)
	}
	n := p.Nobody(t)
	if a := n.Get(t, at+"/logo/own"); a.Status != 404 {
		t.Errorf("a logo that nobody brought: %d", a.Status)
	}
	if a := bring(maya, "kestrel", []byte("<svg onload='x'/>")); a.Status != 422 || !strings.Contains(a.Body, "Only PNG and JPEG") {
		t.Errorf("a program for a picture: %d", a.Status)
	}
	if a := bring(maya, "kestrel", drawn.Bytes()); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	own := maya.Find(t, "/c/kestrel/company", `src="/c/kestrel/(logos/[0-9a-v]{26})`)
	for who, x := range map[string]struct {
		c    *portaltest.Client
		path string
		want int
	}{"its own": {maya, "/c/kestrel/" + own, 200}, "its supplier": {ingrid, "/c/aurelia/" + own, 200}, "the rival": {kaarel, "/c/baltic/" + own, 404}, "anybody": {n, at + "/logo/own", 200}, "who guesses": {n, "/l/kestrel/" + strings.Repeat("a", 20) + "/logo/own", 404}, "another word": {n, at + "/logo/other", 404}} {
		a := x.c.Get(t, x.path)
		if a.Status != x.want || x.want == 200 && (!strings.HasPrefix(a.Body, "\x89PNG") || a.Header.Get("Content-Type") != "image/png" || !strings.Contains(a.Header.Get("Content-Security-Policy"), "default-src 'none'")) {
			t.Errorf("%s: %d %v", who, a.Status, a.Header)
		}
	}
	if body := n.Get(t, at).Body; !strings.Contains(body, at+"/logo/own?v=") || strings.Contains(body, "/logo/owner") {
		t.Error("the landing page shows other logos")
	}
}

// claimTalk: the supplier discusses a line of a claim, its partner reads and answers in the
// same thread, and nobody else finds it; nothing said begins nothing.
func claimTalk(t *testing.T, p *portaltest.Portal, ingrid, partner, kaarel *portaltest.Client) {
	t.Helper()
	id, slug := ingrid.Find(t, "/c/aurelia/funds/claims?show=waiting", `href="/c/aurelia/funds/claims/([0-9a-v]{26})"`), "kestrel"
	if partner.Get(t, "/c/kestrel/funds/claims/"+id).Status != 200 {
		partner, slug = p.As(t, "chen@huadong.example"), "huadong"
	}
	here, there := "/c/aurelia/funds/claims/"+id, "/c/"+slug+"/funds/claims/"+id
	line := html.UnescapeString(ingrid.Find(t, here, `href="[^"]*\?talk=(\d+)#talk"`))
	for path, c := range map[string]*portaltest.Client{here: ingrid, "/c/baltic/funds/claims/" + id: kaarel} {
		if a := c.Post(t, path+"/lines/"+line+"/talk", url.Values{"text": {" "}}); a.Status != 422 && a.Status != 404 {
			t.Errorf("%s: nothing is said: %d", path, a.Status)
		}
	}
	if a := ingrid.Get(t, here+"?talk="+line); !strings.Contains(a.Body, "Nothing said yet") {
		t.Errorf("nothing said began it: %d", a.Status)
	}
	if a := ingrid.Post(t, here+"/lines/99/talk", url.Values{"text": {"x"}}); a.Status != 404 {
		t.Errorf("a line that is not there: %d", a.Status)
	}
	if a := ingrid.Post(t, here+"/lines/"+line+"/talk", url.Values{"text": {"Which week was the stand up?"}}); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := partner.Post(t, there+"/lines/"+line+"/talk", url.Values{"text": {"The week of the fair."}}); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for path, c := range map[string]*portaltest.Client{here: ingrid, there: partner} {
		body := c.Get(t, path+"?talk="+line).Body
		_, body, ok := strings.Cut(body, `id="talk"`)
		if !ok || !strings.Contains(body, "Which week was the stand up?") || !strings.Contains(body, "The week of the fair.") {
			t.Errorf("%s: %.2000s", path, body)
		}
		if plain := c.Get(t, path).Body; strings.Contains(plain, "the fair.") {
			t.Errorf("%s tells it unasked", path)
		}
	}
	room := strings.TrimPrefix(ingrid.Find(t, here+"?talk="+line, `href="(/c/aurelia/rooms/[0-9a-v]{26})" aria-label`), "/c/aurelia")
	for path, c := range map[string]*portaltest.Client{"/c/baltic" + room: kaarel, "/c/baltic/funds/claims/" + id: kaarel} {
		if a := c.Get(t, path); a.Status != 404 {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}
