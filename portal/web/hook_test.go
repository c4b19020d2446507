package web_test

import (
	"net/url"
	"strings"
	"testing"

	"entente/portal/hook"
	"entente/portal/portaltest"
)

// TestWebhooks: a webhook is added with its secret shown once, tested, changed, given a
// new secret and removed; another company sees nothing of it.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	c := p.As(t, "tomas@aurelia.example")
	form := c.Get(t, "/c/aurelia/edi/hooks").Body
	for _, e := range hook.Events() { // each stands under one object
		if strings.Count(form, `name="events" value="`+e+`"`) != 1 {
			t.Errorf("%s is not offered once", e)
		}
	}
	if bad := c.Post(t, "/c/aurelia/edi/hooks", url.Values{"url": {"ftp://erp.aurelia.example"}, "events": {"order.received"}}); bad.Status != 422 || strings.Contains(bad.Body, "⟦") {
		t.Errorf("%d", bad.Status)
	}
	made := c.Post(t, "/c/aurelia/edi/hooks", url.Values{"url": {"https://erp.aurelia.example/hooks"}, "events": {"order.received", "invoice.issued"}})
	if made.Status != 303 {
		t.Fatalf("%d %s", made.Status, made.Body)
	}
	at := made.Location
	if first := c.Get(t, at); !strings.Contains(first.Body, "whsec_") {
		t.Error("the secret is not shown")
	}
	if again := c.Get(t, at); strings.Contains(again.Body, "whsec_") || !strings.Contains(again.Body, "https://erp.aurelia.example/hooks") {
		t.Error("the secret is shown twice, or the page has no address")
	}
	test := c.Post(t, at+"/test", nil)
	if test.Status != 303 || !strings.Contains(test.Location, "?message=") {
		t.Fatalf("%d %s", test.Status, test.Location)
	}
	if page := c.Get(t, test.Location); page.Status != 200 || !strings.Contains(page.Body, "webhook.test") {
		t.Errorf("%d", page.Status)
	}
	if a := c.Post(t, at, url.Values{"url": {"https://erp.aurelia.example/other"}, "events": {"document.refused"}}); a.Status != 303 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if page := c.Get(t, "/c/aurelia/edi/hooks"); !strings.Contains(page.Body, "https://erp.aurelia.example/other") || !strings.Contains(page.Body, "Document refused") {
		t.Error("the change is not on the list")
	}
	orders := url.Values{"url": {"https://erp.aurelia.example/other"}, "events": {"lead.offered"}}
	for _, e := range hook.Events() {
		if strings.HasPrefix(e, "order.") {
			orders.Add("events", e)
		}
	}
	if c.Post(t, at, orders); !strings.Contains(c.Get(t, "/c/aurelia/edi/hooks").Body, ">Orders (all), Lead offered<") {
		t.Error("the list does not say in few words of what it tells")
	}
	if a := c.Post(t, at+"/rotate", nil); a.Status != 303 || !strings.Contains(c.Get(t, at).Body, "whsec_") {
		t.Errorf("%d", a.Status)
	}
	stranger := p.As(t, "kaarel@baltic.example")
	theirs := strings.Replace(at, "/c/aurelia/", "/c/baltic/", 1)
	if a := stranger.Get(t, theirs); a.Status != 404 {
		t.Errorf("another company: %d", a.Status)
	}
	if a := stranger.Post(t, theirs+"/remove", nil); a.Status != 404 {
		t.Errorf("another company: %d", a.Status)
	}
	if a := c.Post(t, at+"/remove", nil); a.Status != 303 || c.Get(t, at).Status != 404 {
		t.Errorf("%d", a.Status)
	}
}
