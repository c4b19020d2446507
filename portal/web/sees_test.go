package web_test

import (
	"regexp"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

// TestWhoCanSee: a lead, an offer, a registration and its files say who can see them, companies
// and people, in the reader's language; what a partner reads of it names no rival.
func TestWhoCanSee(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	maya, ingrid, chen := p.As(t, portaltest.Maya), p.As(t, portaltest.Ingrid), p.As(t, "chen@huadong.example")
	first := func(c *portaltest.Client, list, pattern string) string {
		t.Helper()
		m := regexp.MustCompile(pattern).FindString(c.Get(t, list).Body)
		if m == "" {
			t.Fatalf("%s has none", list)
		}
		return m
	}
	for _, x := range []struct {
		who   *portaltest.Client
		at    string
		wants []string
	}{
		{ingrid, first(ingrid, "/c/aurelia/leads", `/c/aurelia/leads/[a-z0-9]{26}`), []string{"Who can see this", "Ingrid Dahl"}},
		{maya, first(maya, "/c/kestrel/leads?view=offered", `/c/kestrel/leads/offers/[a-z0-9]{26}`), []string{"Who can see this", "Maya Osei", "Aurelia Tools"}},
		{maya, first(maya, "/c/kestrel/deals", `/c/kestrel/deals/[a-z0-9]{26}`), []string{"Who can see this", "Maya Osei", "Who can see these files: those at Kestrel Supply", "Aurelia Tools"}},
		{ingrid, first(ingrid, "/c/aurelia/deals", `/c/aurelia/deals/[a-z0-9]{26}`), []string{"Who can see this", "Ingrid Dahl", "Who can see these files: those at "}},
		{chen, first(chen, "/c/huadong/deals", `/c/huadong/deals/[a-z0-9]{26}`), []string{"谁可以看到", "这些文件的可见范围", "华东五金"}},
	} {
		body := x.who.Get(t, x.at).Body
		for _, w := range x.wants {
			if !strings.Contains(body, w) {
				t.Errorf("%s does not say %q", x.at, w)
			}
		}
		if x.who != ingrid && strings.Contains(body, "Baltic") {
			t.Errorf("%s names a rival", x.at)
		}
	}
}
