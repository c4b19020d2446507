package web_test

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

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

// TestConfigurator: without a script the form is sent again and says what may be chosen, what
// may not and why, and each step of the price; what does not stand is not sent; the quote, the
// paper and the difference between rounds say what was chosen.
func TestConfigurator(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	maya, ingrid, chen := p.As(t, portaltest.Maya), p.As(t, portaltest.Ingrid), p.As(t, portaltest.Chen)
	const ask = "/c/kestrel/quotes/new"
	form := filled(t, maya.Get(t, ask+"?sku=AUR-W18H").Body, ask)
	form.Set("line.0.g-DRIVE", "HALF")
	form.Set("line.0.o-B50", "2")
	form.Set("look", "1")
	has := func(what, body string, words ...string) {
		t.Helper()
		text := strings.Join(strings.Fields(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " "))), " ")
		for _, w := range words {
			if !strings.Contains(text, w) && !strings.Contains(body, w) {
				t.Errorf("%s lacks %q\n%.6000s", what, w, text)
			}
		}
	}
	a := maya.Post(t, ask, form)
	has("the form", a.Body, "not available, because you chose 1/2 in", "not available, because you chose 1/2 in", `value="HALF" checked`, "5.0 Ah battery, 2 pieces", "+ £58.00", "£200.00")
	form.Del("look")
	form.Set("line.0.o-SOCKETS", "1")
	a = maya.Post(t, ask, form)
	if a.Status != 422 {
		t.Errorf("what is not available: %d", a.Status)
	}
	has("the refusal", a.Body, "Because you chose 1/2 in, socket set is not available. Take one of them back.", "cannot be ordered so")
	form.Set("line.0.g-DRIVE", "THREEQ")
	form.Set("title", "Wrenches")
	if a = maya.Post(t, ask, form); a.Status != 303 {
		t.Fatalf("ask: %d\n%.3000s", a.Status, a.Body)
	}
	own := a.Location
	theirs := strings.Replace(own, "/c/kestrel/", "/c/aurelia/", 1)
	has("the quote", maya.Get(t, own).Body, "Drive: 3/4 in", "Extras: 5.0 Ah battery × 2", "3/4 in, 12.5% of the price + £17.75", "£272.25")
	page := ingrid.Get(t, theirs+"/offer").Body
	deal := filled(t, page, theirs+"/offer")
	if !strings.Contains(page, `value="THREEQ" checked`) || deal.Get("line.0.o-B50") != "2" || deal.Get("line.0.o-SOCKETS") != "1" || !strings.Contains(page, `name="line.0.o-CASE" value="1" checked disabled`) {
		t.Fatalf("the offer begins with %v", deal)
	}
	deal.Set("line.0.g-DRIVE", "THREEQ")
	deal.Del("line.0.o-CASE") // as a browser does not send it
	deal.Del("line.0.o-B50")
	if a := ingrid.Post(t, theirs+"/offer", deal); a.Status != 303 {
		t.Fatalf("offer: %d\n%.3000s", a.Status, a.Body)
	}
	has("the difference", maya.Get(t, own).Body, "AUR-W18H: options Drive: 3/4 in, Extras: carrying case, Extras: socket set and Extras: 5.0 Ah battery × 2 → Drive: 3/4 in, Extras: carrying case and Extras: socket set")
	if text := pdfText(t, maya.Get(t, own+"/pdf?lang=zh-CN&paper=a4").Body); !strings.Contains(text, "驱动头: 3/4 英寸") {
		t.Errorf("on paper:\n%s", text)
	}
	if a := chen.Get(t, strings.Replace(own, "kestrel", "huadong", 1)); a.Status != 404 {
		t.Errorf("a competitor: %d", a.Status)
	}
}

// TestOptionsForm: the owner changes options in the form or from a table; what contradicts
// itself is told at its row; nobody else may.
func TestOptionsForm(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid, maya := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Maya)
	of := func(slug, sku string) string {
		t.Helper()
		return "/c/" + slug + "/catalogue/" + regexp.MustCompile(`/catalogue/([a-z0-9]{26})"`).FindStringSubmatch(ingrid.Get(t, "/c/aurelia/catalogue?q="+sku).Body)[1]
	}
	at := of("aurelia", "AUR-LL3") + "/options"
	table := "kind\tgroup\tcode\tname_en\tname_zh\trequired\tmost\tif\tthen\ngroup\t\tTRIPOD\tTripod\t三脚架\tyes\t1\noption\tTRIPOD\tLOW\tlow\t低\noption\tTRIPOD\tHIGH\thigh\t高\nexcludes\t\t\t\t\t\t\tLOW\tHIGH\n"
	form := filled(t, ingrid.Get(t, at).Body, at)
	form.Set("paste", table)
	form.Set("fill", "1")
	a := ingrid.Post(t, at, form)
	if a.Status != 200 || !strings.Contains(a.Body, "low does not go with high.") {
		t.Fatalf("filled: %d\n%.3000s", a.Status, a.Body)
	}
	form = filled(t, a.Body, at)
	bad := url.Values{}
	for k, v := range form {
		bad[k] = v
	}
	bad.Set("r.0.opt_then", "LOW HIGH")
	bad.Set("r.0.opt_kind", "limits")
	bad.Set("r.0.opt_if", "")
	bad.Set("r.0.opt_most", "0")
	if a := ingrid.Post(t, at, bad); a.Status != 422 || !strings.Contains(a.Body, "TRIPOD must be answered, but no option of it can be chosen.") {
		t.Errorf("never filled: %d\n%.3000s", a.Status, a.Body)
	}
	if a := ingrid.Post(t, at, form); a.Status != 303 {
		t.Fatalf("save: %d\n%.3000s", a.Status, a.Body)
	}
	if a := ingrid.Post(t, at, form); a.Status != 409 {
		t.Errorf("an old revision: %d", a.Status)
	}
	if a := ingrid.Get(t, at+"/csv"); !strings.Contains(a.Body, "option,TRIPOD,LOW,low,低,,1") {
		t.Errorf("table:\n%s", a.Body)
	}
	theirs := strings.Replace(strings.TrimSuffix(at, "/options"), "aurelia", "kestrel", 1)
	if body := maya.Get(t, theirs).Body; !strings.Contains(body, "low does not go with high.") || strings.Contains(body, "/options\"") {
		t.Error("the partner does not read the options, or may change them")
	}
	for _, path := range []string{theirs + "/options", theirs + "/options/csv"} {
		if a := maya.Get(t, path); a.Status != 403 && a.Status != 404 {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}

// TestPausePages: the partner pauses the clock of an accepted lead, both pages say who and
// until when, the owner lets it run on; a day that is none is refused, and a rival has nothing.
func TestPausePages(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	maya, ingrid, kaarel := p.As(t, portaltest.Maya), p.As(t, portaltest.Ingrid), p.As(t, portaltest.Kaarel)
	id := regexp.MustCompile(`/leads/offers/([a-z0-9]{26})`).FindStringSubmatch(maya.Get(t, "/c/kestrel/leads?view=accepted").Body)[1]
	at := "/c/kestrel/leads/offers/" + id
	page := maya.Get(t, at).Body
	if !strings.Contains(page, "Pause the clock") {
		t.Fatal("the clock of an accepted lead cannot be paused")
	}
	form := filled(t, page, at+"/pause")
	form.Set("reason", "customer_budget")
	form.Set("until", "2020-01-01")
	if a := maya.Post(t, at+"/pause", form); a.Status != 422 || !strings.Contains(a.Body, "At least until tomorrow.") {
		t.Errorf("a day that is over: %d", a.Status)
	}
	form.Set("until", time.Now().AddDate(0, 0, 20).Format(time.DateOnly))
	if a := maya.Post(t, at+"/pause", form); a.Status != 303 {
		t.Fatalf("pause: %d\n%.2000s", a.Status, a.Body)
	}
	if body := maya.Get(t, at).Body; !strings.Contains(body, "Kestrel Supply paused the clock: the customer waits for its budget.") {
		t.Error("the partner's page does not say so")
	}
	theirs := strings.Replace(at, "/kestrel/", "/aurelia/", 1)
	a := ingrid.Get(t, theirs)
	lead := a.Location
	body := ingrid.Get(t, lead).Body
	if !strings.Contains(body, "Kestrel Supply paused the clock: the customer waits for its budget.") {
		t.Errorf("the owner's page %s does not say so", lead)
	}
	if a := ingrid.Post(t, theirs+"/resume", filled(t, body, theirs+"/resume")); a.Status != 303 {
		t.Errorf("resume: %d", a.Status)
	}
	if body := maya.Get(t, at).Body; strings.Contains(body, "paused the clock") {
		t.Error("it is paused yet")
	}
	rival := strings.Replace(at, "/kestrel/", "/baltic/", 1)
	if a := kaarel.Get(t, rival); a.Status != 404 {
		t.Errorf("a rival: %d", a.Status)
	}

	// the clock of an answer is stopped by who offers the lead; the partner sees it and may answer
	at = "/c/kestrel/leads/offers/" + regexp.MustCompile(`/leads/offers/([a-z0-9]{26})`).FindStringSubmatch(maya.Get(t, "/c/kestrel/leads?view=offered").Body)[1]
	theirs = strings.Replace(at, "/kestrel/", "/aurelia/", 1)
	if strings.Contains(maya.Get(t, at).Body, "Pause the clock") {
		t.Error("the partner may stop the clock of its own answer")
	}
	lead = ingrid.Get(t, theirs).Location
	form = filled(t, ingrid.Get(t, lead).Body, theirs+"/pause")
	form.Set("reason", "checking")
	form.Set("until", time.Now().AddDate(0, 0, 20).Format(time.DateOnly))
	if a := ingrid.Post(t, theirs+"/pause", form); a.Status != 303 {
		t.Fatalf("pause of an offer: %d\n%.2000s", a.Status, a.Body)
	}
	if body := maya.Get(t, at).Body; !strings.Contains(body, "Aurelia Tools paused the clock: something has to be checked first.") || !strings.Contains(body, at+"/accept") || strings.Contains(body, at+"/resume") {
		t.Errorf("the partner's page of a paused offer:\n%.3000s", body)
	}
	if !strings.Contains(maya.Get(t, "/c/kestrel/leads?view=offered").Body, ">Paused<") {
		t.Error("the list does not call it paused")
	}
}
