package web_test

import (
	"net/url"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

// TestTriggerForm: a template stands in the form and is read back, a mistake is answered with
// its place and what was written, trying shows facts and keeps nothing; who may not read
// quotes finds nothing there.
func TestTriggerForm(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid := p.As(t, portaltest.Ingrid)
	const at = "/c/aurelia/suggestions/rules"
	if body := ingrid.Get(t, at+"?template=order_gap").Body; !strings.Contains(body, "1.5 times usual days between orders") || !strings.Contains(body, "days_since_bought") {
		t.Error("the template is not read back")
	}
	in := url.Values{"name": {"Odd one"}, "about": {"partner"}, "when": {"usual_gap > 1 and lead_age > 2"}, "action": {"message"}, "quiet": {"14"}, "try": {"1"}}
	if a := ingrid.Post(t, at, in); a.Status != 422 || !strings.Contains(a.Body, "lead_age") || !strings.Contains(a.Body, "character 19") || !strings.Contains(a.Body, "Odd one") {
		t.Errorf("a mistake: %d", a.Status)
	}
	in.Set("when", "orders_in_year >= 0")
	if a := ingrid.Post(t, at, in); a.Status != 200 || !strings.Contains(a.Body, `id="tried"`) || !strings.Contains(a.Body, "Kestrel Supply") {
		t.Errorf("a try: %d", a.Status)
	}
	if strings.Contains(ingrid.Get(t, at).Body, "Odd one") {
		t.Error("what was tried was kept")
	}
	if a := p.As(t, portaltest.Maya).Get(t, "/c/kestrel/suggestions"); strings.Contains(a.Body, "Orders later than usual") {
		t.Error("a partner sees its supplier's suggestions")
	}
}
