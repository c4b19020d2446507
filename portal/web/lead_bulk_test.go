package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

// TestLeadsTogether: leads picked in the list are looked at, offered to one partner, and
// offered once however often it is sent; a partner has no such page.
func TestLeadsTogether(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	c := p.As(t, "ingrid@aurelia.example")
	list := c.Get(t, "/c/aurelia/leads?view=own.open")
	picks := regexp.MustCompile(`name="lead" value="([0-9a-z]{26}:\d+)"`).FindAllStringSubmatch(list.Body, -1)
	partner := regexp.MustCompile(`<option value="([0-9a-z]{26})">Kestrel Supply`).FindStringSubmatch(list.Body[strings.Index(list.Body, `name="partnership"`):])
	if len(picks) < 2 || partner == nil {
		t.Fatalf("%d picks, partner %v", len(picks), partner)
	}
	form := url.Values{"partnership": {partner[1]}, "back": {"?view=own.open"}}
	for _, x := range picks {
		form.Add("lead", x[1])
	}
	look := c.Post(t, "/c/aurelia/leads/bulk", form)
	if look.Status != 200 || strings.Count(look.Body, "Would be offered") < 2 || !strings.Contains(look.Body, `name="go"`) {
		t.Fatalf("%d %s", look.Status, look.Body)
	}
	form.Set("accept", "many")
	form.Set("go", "1")
	if a := c.Post(t, "/c/aurelia/leads/bulk", form); a.Status != 422 || !strings.Contains(a.Body, "Would be offered") {
		t.Errorf("wrong hours: %d", a.Status)
	}
	form.Set("accept", "16")
	done := c.Post(t, "/c/aurelia/leads/bulk", form)
	if done.Status != 200 || strings.Contains(done.Body, "Would be offered") || strings.Count(done.Body, ">Offered<") < 2 {
		t.Fatalf("%d %s", done.Status, done.Body)
	}
	if again := c.Post(t, "/c/aurelia/leads/bulk", form); strings.Count(again.Body, "Has it already") < 2 {
		t.Errorf("again: %s", again.Body)
	}
	if a := p.As(t, "maya@kestrel.example").Post(t, "/c/kestrel/leads/bulk", form); a.Status != 403 && a.Status != 404 {
		t.Errorf("a partner offers: %d", a.Status)
	}
	// the board shows them as offered, the drawer as the owner sees them
	if a := c.Get(t, "/c/aurelia/leads?view=own.open&as=board&open="+picks[0][1][:26]); !strings.Contains(a.Body, `data-column="routed"`) || !strings.Contains(a.Body, `id="dw-t"`) {
		t.Errorf("%d", a.Status)
	}
	// a rival finds nothing by the ids
	if a := p.As(t, "kaarel@baltic.example").Get(t, "/c/baltic/leads?view=own&open="+picks[0][1][:26]); a.Status != 200 || strings.Contains(a.Body, `id="dw-t"`) {
		t.Errorf("a rival opens it: %d", a.Status)
	}
}
