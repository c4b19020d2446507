package web_test

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

// TestQuotePages: asked for in Chinese, offered, accepted once and ordered; another round in
// between makes the old page's answer a question; a competitor gets nowhere.
func TestQuotePages(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	chen, ingrid, kaarel := p.As(t, portaltest.Chen), p.As(t, portaltest.Ingrid), p.As(t, portaltest.Kaarel)
	const ask = "/c/huadong/quotes/new"
	form := filled(t, chen.Get(t, ask).Body, ask)
	form.Set("title", "四号线")
	form.Set("line.0.sku", "AUR-D18B")
	form.Set("line.0.quantity", "240")
	form.Set("line.0.price", "500")
	more := form
	more.Set("add", "1")
	if a := chen.Post(t, ask, more); a.Status != 200 || !strings.Contains(a.Body, "line.3.sku") || !strings.Contains(a.Body, "申请价") {
		t.Fatalf("one more line: %d\n%.3000s", a.Status, a.Body)
	}
	form.Del("add")
	a := chen.Post(t, ask, form)
	if a.Status != 303 {
		t.Fatalf("ask: %d\n%.3000s", a.Status, a.Body)
	}
	own := a.Location
	theirs := strings.Replace(own, "/c/huadong/", "/c/aurelia/", 1)
	offer := theirs + "/offer"
	deal := filled(t, ingrid.Get(t, offer).Body, offer)
	if deal.Get("line.0.price") != "500.00" || deal.Get("round") != "1" {
		t.Fatalf("the offer begins with %v", deal)
	}
	deal.Set("line.0.price", "520")
	if a := ingrid.Post(t, offer, deal); a.Status != 303 || a.Location != theirs {
		t.Fatalf("offer: %d %s\n%.3000s", a.Status, a.Location, a.Body)
	}
	page := chen.Get(t, own).Body
	for _, w := range []string{"四号线", "¥520.00", "价格由来", "申请的特价", "所报特价", "接受并下单", "AUR-D18B：价格 500.00 → 520.00", "标准价目表第 ", ":59"} {
		if !strings.Contains(page, w) {
			t.Errorf("the page lacks %q", w)
		}
	}
	if strings.Contains(page, "– →") || strings.Contains(page, "→ –") {
		t.Error("days that a request leaves open are told as changed")
	}
	accept := filled(t, page, own+"/accept")
	accept.Set("po", "HD-QUOTE-1")
	accept.Set("act", "order")
	deal.Set("round", "2")
	deal.Set("line.0.price", "510")
	if a := ingrid.Post(t, offer, deal); a.Status != 303 {
		t.Fatalf("offer anew: %d\n%.3000s", a.Status, a.Body)
	}
	if a := chen.Post(t, own+"/accept", accept); a.Status != 409 || !strings.Contains(a.Body, "期间已有新一轮") {
		t.Fatalf("the old round: %d\n%.2000s", a.Status, a.Body)
	}
	accept.Set("round", "3")
	a = chen.Post(t, own+"/accept", accept)
	if a.Status != 303 || !strings.Contains(a.Location, "/orders/") {
		t.Fatalf("accept: %d %s\n%.3000s", a.Status, a.Location, a.Body)
	}
	if again := chen.Post(t, own+"/accept", accept); again.Location != a.Location {
		t.Errorf("a second press leads to %s", again.Location)
	}
	if order := chen.Get(t, a.Location).Body; !strings.Contains(order, own) || !strings.Contains(order, "¥122,400.00") {
		t.Error("the order does not lead back to the quote, or has other prices")
	}
	if text := pdfText(t, ingrid.Get(t, theirs+"/pdf?lang=zh-CN&paper=letter").Body); !strings.Contains(text, "报价单") || strings.Contains(text, "申请的特价") {
		t.Errorf("on paper:\n%s", text)
	}
	for _, path := range []string{own, strings.Replace(own, "huadong", "baltic", 1), strings.Replace(own, "huadong", "baltic", 1) + "/pdf"} {
		if a := kaarel.Get(t, path); a.Status != 404 {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	if a := kaarel.Get(t, "/c/baltic/find?q="+"四号线"); strings.Contains(a.Body, "Q-0") {
		t.Error("a competitor finds it")
	}
}

// TestQuoteFromADealAndALead: the form begins with what is known, for either side, and for
// nobody else.
func TestQuoteFromADealAndALead(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	maya, ingrid, kaarel := p.As(t, portaltest.Maya), p.As(t, portaltest.Ingrid), p.As(t, portaltest.Kaarel)
	link := func(body, pattern string) string {
		t.Helper()
		m := regexp.MustCompile(pattern).FindStringSubmatch(body)
		if m == nil {
			t.Fatalf("no %s", pattern)
		}
		return m[1]
	}
	begun := func(c *portaltest.Client, url, form string, want map[string]string) {
		t.Helper()
		got := filled(t, c.Get(t, url).Body, form)
		for k, v := range want {
			if got.Get(k) != v {
				t.Errorf("%s: %s is %q, want %q", url, k, got.Get(k), v)
			}
		}
	}
	deal := link(maya.Get(t, "/c/kestrel/find?q=Northgate").Body, `/c/kestrel/deals/([a-z0-9]{26})`)
	page := maya.Get(t, "/c/kestrel/deals/"+deal).Body
	if !strings.Contains(page, "Ask for a quote") {
		t.Error("a registration leads to no request")
	}
	begun(maya, html.UnescapeString(link(page, `"(/c/kestrel/quotes/new\?deal=[^"]+)"`)), "/c/kestrel/quotes/new", map[string]string{"deal": deal, "title": "Northgate Rail depot refit", "customer": "Northgate Rail Ltd", "line.0.sku": "AUR-D18B", "line.0.quantity": "400", "line.3.sku": "AUR-H26"})
	page = ingrid.Get(t, "/c/aurelia/deals/"+deal).Body
	if !strings.Contains(page, "Make an offer") && !strings.Contains(page, "Make a quote") || strings.Contains(page, "Ask for a quote") {
		t.Error("the supplier is to ask itself")
	}
	begun(ingrid, "/c/aurelia/quotes/offer?deal="+deal, "/c/aurelia/quotes/offer", map[string]string{"deal": deal, "customer": "Northgate Rail Ltd", "line.0.price": "84.00"})
	offer := link(maya.Get(t, "/c/kestrel/leads?view=accepted").Body, `/leads/offers/([a-z0-9]{26})`)
	lead := maya.Get(t, "/c/kestrel/leads/offers/"+offer).Body
	begun(maya, html.UnescapeString(link(lead, `"(/c/kestrel/quotes/new\?lead=[^"]+)"`)), "/c/kestrel/quotes/new", map[string]string{"title": html.UnescapeString(link(lead, `<h1>([^<]*?) ?<`))})
	for _, path := range []string{"?deal=" + deal, "?lead=" + offer} {
		if a := kaarel.Get(t, "/c/baltic/quotes/new"+path); a.Status != 404 {
			t.Errorf("a competitor, %s: %d", path, a.Status)
		}
	}
}

// TestOrderAfterAccepting: who accepted without an order, and has no system that sends one,
// orders from the page of the quote, once.
func TestOrderAfterAccepting(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	chen := p.As(t, portaltest.Chen)
	own := regexp.MustCompile(`/c/huadong/quotes/[a-z0-9]{26}`).FindString(chen.Get(t, "/c/huadong/quotes?view=reseller.accepted&q="+url.QueryEscape("首批")).Body)
	page := chen.Get(t, own).Body
	if own == "" || !strings.Contains(page, "按此价格下单") || strings.Contains(page, "接受并下单") {
		t.Fatalf("%s offers no order", own)
	}
	form := filled(t, page, own+"/accept")
	form.Set("act", "order")
	a := chen.Post(t, own+"/accept", form)
	if a.Status != 303 || !strings.HasPrefix(a.Location, "/c/huadong/orders/") || len(a.Location) < 40 {
		t.Fatalf("%d %s\n%.2000s", a.Status, a.Location, a.Body)
	}
	if page := chen.Get(t, own).Body; strings.Contains(page, "按此价格下单") || !strings.Contains(page, a.Location) {
		t.Error("it may be ordered again, or does not lead to its order")
	}
}
