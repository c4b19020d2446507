package web_test

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

var input = regexp.MustCompile(`<input[^>]*>`)
var attr = regexp.MustCompile(`(name|value)="([^"]*)"`)
var option = regexp.MustCompile(`(?s)<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>`)
var selected = regexp.MustCompile(`<option value="([^"]*)"[^>]* selected`)
var firstOption = regexp.MustCompile(`<option value="([^"]*)"`)

// filled reads a form as a browser would send it: the one whose action is given.
func filled(t *testing.T, page, action string) url.Values {
	t.Helper()
	at := strings.Index(page, `action="`+action+`"`)
	if at < 0 {
		t.Fatalf("no form posts to %s\n%.3000s", action, page)
	}
	form := page[at:]
	form = form[:strings.Index(form, "</form>")]
	out := url.Values{}
	for _, i := range input.FindAllString(form, -1) {
		if strings.Contains(i, `type="checkbox"`) && !strings.Contains(i, " checked") {
			continue
		}
		m := map[string]string{}
		for _, a := range attr.FindAllStringSubmatch(i, -1) {
			m[a[1]] = html.UnescapeString(a[2])
		}
		if m["name"] != "" {
			out.Add(m["name"], m["value"])
		}
	}
	for _, s := range option.FindAllStringSubmatch(form, -1) {
		v := selected.FindStringSubmatch(s[2])
		if v == nil {
			v = firstOption.FindStringSubmatch(s[2])
		}
		if v != nil {
			out.Set(s[1], html.UnescapeString(v[1]))
		}
	}
	return out
}

// TestAnOrderFromTheFormToTheInvoice: a reseller without an ERP orders on the
// page; the supplier splits and confirms, ships and invoices; the reseller agrees
// and marks the goods as received. Sending a form twice does nothing twice, a
// form made before somebody else's change is refused with the input kept.
func TestAnOrderFromTheFormToTheInvoice(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	chen, ingrid := p.As(t, portaltest.Chen), p.As(t, portaltest.Ingrid)
	const orders = "/c/huadong/orders/new"
	form := filled(t, chen.Get(t, orders).Body, orders)
	form.Set("po", "HD-FORM-1")
	form.Set("requested", "2027-01-29")
	form.Set("line.0.sku", "AUR-D18B")
	form.Set("line.0.quantity", "1,000")
	form.Set("line.1.sku", "AUR-NOPE")
	form.Set("line.1.quantity", "两")

	wrong := chen.Post(t, orders, form)
	if wrong.Status != 422 || !strings.Contains(wrong.Body, `value="AUR-NOPE"`) || !strings.Contains(wrong.Body, `value="1,000"`) || !strings.Contains(wrong.Body, `value="`+form.Get("key")+`"`) {
		t.Fatalf("a wrong form: %d\n%.2000s", wrong.Status, wrong.Body)
	}
	form.Set("line.1.quantity", "2")
	if a := chen.Post(t, orders, form); a.Status != 422 || !strings.Contains(a.Body, "AUR-NOPE") {
		t.Fatalf("an unknown item: %d\n%.2000s", a.Status, a.Body)
	}
	add := url.Values{"add": {"1"}}
	for k, v := range form {
		add[k] = v
	}
	if a := chen.Post(t, orders, add); a.Status != 200 || !strings.Contains(a.Body, `name="line.3.sku"`) {
		t.Fatalf("more lines: %d", a.Status)
	}
	form.Set("remove", "1")
	shorter := chen.Post(t, orders, form)
	form = filled(t, shorter.Body, orders)
	if form.Get("line.1.sku") != "" || form.Get("line.0.sku") != "AUR-D18B" {
		t.Fatalf("after taking a line away: %v", form)
	}
	placed := chen.Post(t, orders, form)
	again := chen.Post(t, orders, form)
	if placed.Status != 303 || again.Status != 303 || placed.Location != again.Location {
		t.Fatalf("placed %d %s, again %d %s\n%.2000s", placed.Status, placed.Location, again.Status, again.Location, placed.Body)
	}
	theirs := placed.Location
	ours := strings.Replace(theirs, "/huadong/", "/aurelia/", 1)
	said := chen.Get(t, theirs).Body
	if !strings.Contains(said, "HD-FORM-1") || !strings.Contains(said, "e-toast") {
		t.Errorf("the order's page: %.2000s", said)
	}
	if strings.Contains(chen.Get(t, theirs).Body, `data-toast="go"`) {
		t.Error("the toast is said twice")
	}

	// The answer, in two parts.
	stale := filled(t, ingrid.Get(t, ours+"/confirm").Body, ours+"/confirm")
	split := filled(t, ingrid.Get(t, ours+"/confirm").Body, ours+"/confirm")
	split.Set("split", "1")
	two := ingrid.Post(t, ours+"/confirm", split)
	answer := filled(t, two.Body, ours+"/confirm")
	if two.Status != 200 || answer.Get("line.1.1.action") != "backorder" {
		t.Fatalf("split: %d %v", two.Status, answer)
	}
	answer.Set("line.1.0.quantity", "700")
	answer.Set("line.1.1.quantity", "400")
	if a := ingrid.Post(t, ours+"/confirm", answer); a.Status != 422 || !strings.Contains(a.Body, `value="400"`) || !strings.Contains(a.Body, "f-line-1-1-quantity-e") {
		t.Fatalf("too much: %d\n%.3000s", a.Status, a.Body)
	}
	answer.Set("line.1.1.quantity", "0")
	if a := ingrid.Post(t, ours+"/confirm", answer); a.Status != 422 || !strings.Contains(a.Body, "f-line-1-1-quantity-e") {
		t.Fatalf("a part of nought: %d\n%.3000s", a.Status, a.Body)
	}
	answer.Set("line.1.1.quantity", "300")
	answer.Set("line.1.1.date", "5.2.2027")
	if a := ingrid.Post(t, ours+"/confirm", answer); a.Status != 303 || a.Location != ours {
		t.Fatalf("confirm: %d\n%.3000s", a.Status, a.Body)
	}
	late := ingrid.Post(t, ours+"/confirm", stale)
	if late.Status != 409 || !strings.Contains(late.Body, "Someone changed this order") || !strings.Contains(late.Body, `name="line.1.0.quantity"`) {
		t.Errorf("a stale answer: %d\n%.3000s", late.Status, late.Body)
	}
	if a := ingrid.Post(t, ours+"/confirm", stale, "HX-Request", "true", "HX-Target", "work"); a.Status != 422 || strings.Contains(a.Body, "<html") || !strings.Contains(a.Body, `id="work"`) {
		t.Errorf("a stale answer as a fragment: %d\n%.1000s", a.Status, a.Body)
	}

	// The reseller agrees to the change.
	if a := chen.Get(t, theirs); !strings.Contains(a.Body, theirs+"/agree") {
		t.Fatalf("nothing to agree to: %.3000s", a.Body)
	}
	if a := ingrid.Post(t, ours+"/agree", nil); a.Status != 403 && a.Status != 404 {
		t.Errorf("the supplier agrees with itself: %d", a.Status)
	}
	for range 2 {
		if a := chen.Post(t, theirs+"/agree", nil); a.Status != 303 {
			t.Fatalf("agree: %d", a.Status)
		}
	}

	// Ship, invoice, receive.
	work := func(c *portaltest.Client, at, name string, change url.Values) portaltest.Answer {
		form := filled(t, c.Get(t, at+"/"+name).Body, at+"/"+name)
		for k, v := range change {
			form[k] = v
		}
		return c.Post(t, at+"/"+name, form)
	}
	if a := work(ingrid, ours, "ship", url.Values{"line.1.quantity": {"many"}}); a.Status != 422 || !strings.Contains(a.Body, "f-line-1-quantity-e") {
		t.Errorf("no number: %d\n%.2000s", a.Status, a.Body)
	}
	if a := work(ingrid, ours, "ship", url.Values{"line.1.quantity": {"701"}}); a.Status != 422 || !strings.Contains(a.Body, `value="701"`) {
		t.Errorf("more than confirmed: %d\n%.2000s", a.Status, a.Body)
	}
	if a := work(ingrid, ours, "ship", url.Values{"carrier": {"SF Express"}, "tracking": {"SF100"}}); a.Status != 303 {
		t.Fatalf("ship: %d\n%.2000s", a.Status, a.Body)
	}
	if a := work(ingrid, ours, "invoice", url.Values{"tax": {"13"}, "number": {""}}); a.Status != 303 {
		t.Fatalf("invoice: %d\n%.3000s", a.Status, a.Body)
	}
	if a := work(chen, theirs, "receive", nil); a.Status != 303 {
		t.Fatalf("receive: %d\n%.2000s", a.Status, a.Body)
	}
	done := chen.Get(t, theirs).Body
	for _, w := range []string{"13%", "700", "300"} {
		if !strings.Contains(done, w) {
			t.Errorf("the finished order lacks %q", w)
		}
	}
}

// TestARoomWithoutScript: a message posted by the plain form is in the history of
// both companies, once.
func TestARoomWithoutScript(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	chen, ingrid := p.As(t, portaltest.Chen), p.As(t, portaltest.Ingrid)
	room := chen.Find(t, "/c/huadong/rooms", `href="(/c/huadong/rooms/[0-9a-v]{26})"`)
	form := filled(t, chen.Get(t, room).Body, room+"/messages")
	form.Set("text", "<b>下周一能发货吗？</b>")
	for range 2 {
		if a := chen.Post(t, room+"/messages", form); a.Status != 303 || a.Location != room {
			t.Fatalf("post: %d %s\n%.1000s", a.Status, a.Location, a.Body)
		}
	}
	read := ingrid.Get(t, strings.Replace(room, "/huadong/", "/aurelia/", 1)).Body
	if n := strings.Count(read, "&lt;b&gt;下周一能发货吗？&lt;/b&gt;"); n != 1 {
		t.Errorf("the message is there %d times", n)
	}
	form.Set("text", "   ")
	form.Set("key", "another-key-01")
	if a := chen.Post(t, room+"/messages", form); a.Status != 422 {
		t.Errorf("an empty message: %d", a.Status)
	}
}

// TestSettings: secrets are shown once, refusals keep the input, the last admin
// stays.
func TestSettings(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	kaarel := p.As(t, portaltest.Kaarel)
	const company, people = "/c/baltic/company", "/c/baltic/people"
	made := kaarel.Post(t, company+"/tokens", url.Values{"name": {"ERP Tallinn"}, "days": {"30"}, "scope": {"orders:read", "edi:write"}})
	if made.Status != 303 {
		t.Fatalf("token: %d\n%.2000s", made.Status, made.Body)
	}
	secret := regexp.MustCompile(`value="(ent_[a-z2-7]{52})"`)
	once := kaarel.Get(t, company)
	if !secret.MatchString(once.Body) {
		t.Fatal("the token is not shown")
	}
	if token := secret.FindStringSubmatch(once.Body)[1]; strings.Contains(kaarel.Get(t, company).Body, token) || strings.Contains(made.Header.Get("Set-Cookie"), token) {
		t.Error("the token is shown twice, or stands in a cookie")
	}
	if a := kaarel.Post(t, company+"/tokens", url.Values{"name": {"None"}, "days": {"30"}}); a.Status != 422 || !strings.Contains(a.Body, `value="None"`) {
		t.Errorf("a token that may do nothing: %d", a.Status)
	}
	taken := kaarel.Post(t, company+"/identities", url.Values{"kind": {"x12"}, "qualifier": {"ZZ"}, "value": {"KESTRELSUPPLY"}})
	if taken.Status != 422 || strings.Contains(taken.Body, "Kestrel Supply") || !strings.Contains(taken.Body, `value="KESTRELSUPPLY"`) {
		t.Errorf("a taken identity: %d", taken.Status)
	}
	self := regexp.MustCompile(`action="` + people + `/([0-9a-v]{26})/roles"`).FindStringSubmatch(kaarel.Get(t, people).Body)
	if self == nil {
		t.Fatal("no roles form")
	}
	if a := kaarel.Post(t, people+"/"+self[1]+"/roles", url.Values{"role": {"buyer"}}); a.Status != 409 || !strings.Contains(a.Body, "last admin") {
		t.Errorf("the last admin: %d\n%.1000s", a.Status, a.Body)
	}
	if a := kaarel.Post(t, people, url.Values{"email": {"no address"}, "name": {"Liis"}, "role": {"buyer"}}); a.Status != 422 || !strings.Contains(a.Body, `value="no address"`) {
		t.Errorf("a wrong invitation: %d", a.Status)
	}
	if a := kaarel.Post(t, people, url.Values{"email": {"liis@baltic.example"}, "name": {"Liis Saar"}, "role": {"buyer", "finance"}}); a.Status != 303 {
		t.Fatalf("invite: %d\n%.1000s", a.Status, a.Body)
	}
	link := regexp.MustCompile(`value="http[^"]*(/link/[A-Za-z0-9_-]{43})"`).FindStringSubmatch(kaarel.Get(t, people).Body)
	if link == nil {
		t.Fatal("the link is not shown")
	}
	if strings.Contains(kaarel.Get(t, people).Body, link[1]) {
		t.Error("the link is shown twice")
	}
	liis := p.Nobody(t)
	if a := liis.Get(t, link[1]); a.Status != 200 || !strings.Contains(a.Body, "liis@baltic.example") || !strings.Contains(a.Body, "Baltic Trade") {
		t.Fatalf("the link's page: %d", a.Status)
	}
	if a := liis.Post(t, link[1], url.Values{"name": {"Liis Saar"}, "password": {"a long enough one"}, "password2": {"another one of them"}}); a.Status != 422 || strings.Contains(a.Body, "a long enough one") {
		t.Errorf("two passwords: %d", a.Status)
	}
	if a := liis.Post(t, link[1], url.Values{"name": {"Liis Saar"}, "password": {"kalaranna 14 õhtul"}, "password2": {"kalaranna 14 õhtul"}}); a.Status != 303 {
		t.Fatalf("the link: %d\n%.1000s", a.Status, a.Body)
	}
	if a := liis.Get(t, "/"); a.Location != "/c/baltic/" {
		t.Errorf("Liis is sent to %q", a.Location)
	}
	if a := p.Nobody(t).Get(t, link[1]); a.Status != 404 {
		t.Errorf("the link again: %d", a.Status)
	}
}

// TestSetUp: the first company and person are made with the printed token, once;
// then partners are invited.
func TestSetUp(t *testing.T) {
	t.Parallel()
	p := portaltest.Empty(t)
	m := p.Log.Await(t, regexp.MustCompile(`/setup\?token=([A-Za-z0-9_-]+)`))
	c := p.Nobody(t)
	if a := c.Get(t, "/setup?token=wrong"); a.Status != 404 {
		t.Errorf("a wrong token: %d", a.Status)
	}
	page := c.Get(t, "/setup?token="+m[1])
	if page.Status != 200 {
		t.Fatalf("set-up: %d", page.Status)
	}
	form := filled(t, page.Body, "/setup")
	for k, v := range map[string]string{"company": "Northwind Tools", "name": "Ada Byron", "email": "ada@northwind.example", "password": "short"} {
		form.Set(k, v)
	}
	if a := c.Post(t, "/setup", form); a.Status != 422 || !strings.Contains(a.Body, "Northwind Tools") || strings.Contains(a.Body, `value="short"`) {
		t.Fatalf("a short password: %d\n%.2000s", a.Status, a.Body)
	}
	form.Set("password", "seven lamps of order")
	if a := c.Post(t, "/setup", form); a.Status != 303 {
		t.Fatalf("set-up: %d\n%.2000s", a.Status, a.Body)
	}
	home := c.Get(t, "/").Location
	if home != "/c/northwind-tools/" {
		t.Fatalf("sent to %q", home)
	}
	if a := c.Get(t, home); a.Status != 200 || !strings.Contains(a.Body, "First steps") {
		t.Errorf("home: %d\n%.2000s", a.Status, a.Body)
	}
	if a := c.Get(t, "/platform"); a.Status != 200 || !strings.Contains(a.Body, "Northwind Tools") {
		t.Errorf("platform: %d", a.Status)
	}
	if a := c.Get(t, "/setup?token="+m[1]); a.Status != 404 {
		t.Errorf("set-up again: %d", a.Status)
	}
}
