package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"entente/portal/portaltest"
)

// TestWebForm: a company turns its form on, anybody who has the address fills it without
// signing in, machines leave nothing behind, and a form that is off is not there. The landing
// page of a promotion has the same form.
func TestWebForm(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	c := p.As(t, "ingrid@aurelia.example")
	set := func(active, version string) string {
		t.Helper()
		f := url.Values{"title": {"Trial at your place"}, "consent": {"We keep this to answer you."}, "version": {version}}
		if active != "" {
			f.Set("active", active)
		}
		if a := c.Post(t, "/c/aurelia/leads/form", f); a.Status != 303 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		return c.Find(t, "/c/aurelia/leads/form", `value="[^"]*(/f/[a-z0-9]{26,})"`)
	}
	at := set("1", "0")
	n := p.Nobody(t)
	page := n.Get(t, at)
	for _, want := range []string{"Trial at your place", "Aurelia Tools", "We keep this to answer you.", `name="may_contact"`, `lang="en"`} {
		if page.Status != 200 || !strings.Contains(page.Body, want) {
			t.Errorf("%d, no %q", page.Status, want)
		}
	}
	for _, secret := range []string{"Kestrel", "Baltic", "Ingrid", "/c/aurelia"} {
		if strings.Contains(page.Body, secret) {
			t.Errorf("the form tells of %s", secret)
		}
	}
	if zh := n.Get(t, at+"?lang=zh-CN"); !strings.Contains(zh.Body, "可就此联系我") {
		t.Error("no Chinese")
	}
	n.Get(t, at+"?lang=en")
	landed := landingPage(t, p)
	shown := time.Now()
	stamp, csrf := n.Find(t, at, `name="stamp" value="([^"]+)"`), n.Find(t, at, `name="csrf" value="([^"]+)"`)
	form := url.Values{"stamp": {stamp}, "csrf": {csrf}, "name": {"Ann Fitter"}, "mail": {"ann@webform-shop.example"}, "company": {"Webform Shop Ltd"}, "city": {"Hull"}, "country": {"GB"}, "need": {"Six drills"}, "may_contact": {"1"}, "may_share": {"1"}}
	found := func() bool {
		return strings.Contains(c.Get(t, "/c/aurelia/leads?view=own.open&q=Webform").Body, "Trial at your place, Hull")
	}
	trap := url.Values{"fax": {"1"}}
	for k, x := range form {
		trap[k] = x
	}
	if a := n.Post(t, at, trap); a.Status != 200 || !strings.Contains(a.Body, "Thank you") || found() {
		t.Errorf("a machine: %d, kept %v", a.Status, found())
	}
	if time.Since(shown) < 2*time.Second {
		if a := n.Post(t, at, form); a.Status != 422 || !strings.Contains(a.Body, "very quick") || !strings.Contains(a.Body, "Ann Fitter") || found() {
			t.Errorf("at once: %d", a.Status)
		}
	}
	for time.Since(shown) < 4*time.Second { // as long as a person needs at least
		n.Get(t, at)
	}
	landed()
	form.Del("company")
	if a := n.Post(t, at, form); a.Status != 422 || !strings.Contains(a.Body, "Ann Fitter") || strings.Contains(a.Body, "⟦") {
		t.Errorf("no company: %d", a.Status)
	}
	form.Set("company", "Webform Shop Ltd")
	for range 2 {
		if a := n.Post(t, at, form); a.Status != 200 || !strings.Contains(a.Body, "Thank you") {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	if body := c.Get(t, "/c/aurelia/leads?view=own.open&q=Webform").Body; strings.Count(body, "Trial at your place, Hull</a>") != 1 {
		t.Errorf("%d leads", strings.Count(body, "Trial at your place, Hull</a>"))
	}
	limited := 0
	for range 12 { // one source is slowed down
		if a := n.Post(t, at, form); a.Status == 429 {
			limited++
		}
	}
	if limited == 0 {
		t.Error("a flood goes on")
	}
	for _, path := range []string{"/f/" + strings.Repeat("a", 26), "/f/x", set("", "1")} {
		if a := n.Get(t, path); a.Status != 404 {
			t.Errorf("%s: %d", path, a.Status)
		}
		if a := n.Post(t, path, form); a.Status != 404 {
			t.Errorf("POST %s: %d", path, a.Status)
		}
	}
	if a := p.As(t, "kaarel@baltic.example").Get(t, "/c/baltic/leads/form"); a.Status != 200 || strings.Contains(a.Body, "Trial at your place") {
		t.Errorf("a rival's own page: %d", a.Status)
	}
}
