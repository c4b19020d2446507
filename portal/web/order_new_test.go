package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

const newOrder = "/c/huadong/orders/new"

// placed orders something on the form and returns the page of the order.
func placed(t *testing.T, c *portaltest.Client, number string, fields ...string) string {
	t.Helper()
	form := filled(t, c.Get(t, newOrder).Body, newOrder)
	form.Set("po", number)
	form.Set("requested", "2027-02-01")
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	a := c.Post(t, newOrder, form)
	if a.Status != 303 {
		t.Fatalf("place %s: %d\n%.3000s", number, a.Status, a.Body)
	}
	return a.Location
}

// TestOrderAgain: a buyer repeats an old order; lines, units and address are there,
// number and dates are not, an item that is no longer sold is marked, the prices
// are today's. Whoever is not its buyer gets nowhere.
func TestOrderAgain(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	chen, ingrid := p.As(t, portaltest.Chen), p.As(t, portaltest.Ingrid)

	const make, sku = "/c/aurelia/catalogue/new", "AGAIN-1"
	product := filled(t, ingrid.Get(t, make).Body, make)
	for k, v := range map[string]string{"sku": sku, "name_en": "Repeated", "name_zh": "重复", "unit": "EA", "state": "active"} {
		product.Set(k, v)
	}
	if a := ingrid.Post(t, make, product); a.Status != 303 {
		t.Fatalf("product: %d\n%.2000s", a.Status, a.Body)
	}
	old := placed(t, chen, "HD-AGAIN-1", "ship_street", "虹桥路 1 号", "ship_city", "上海", "line.0.sku", "AUR-D18B", "line.0.quantity", "7", "line.1.sku", "AUR-G125", "line.1.quantity", "3",
		"line.2.sku", sku, "line.2.quantity", "2", "line.2.price", "12.5")
	edit := ingrid.Find(t, "/c/aurelia/catalogue?q="+sku, `href="(/c/aurelia/catalogue/[0-9a-v]{26})"`) + "/edit"
	product = filled(t, ingrid.Get(t, edit).Body, edit)
	product.Set("state", "discontinued")
	if a := ingrid.Post(t, edit, product); a.Status != 303 {
		t.Fatalf("discontinue: %d\n%.2000s", a.Status, a.Body)
	}

	again := chen.Find(t, old, `href="(/c/huadong/orders/new\?again=[0-9a-v]{26})"`)
	page := chen.Get(t, again)
	form := filled(t, page.Body, newOrder)
	for k, want := range map[string]string{"po": "", "requested": "", "ship_street": "虹桥路 1 号", "ship_city": "上海", "line.0.sku": "AUR-D18B", "line.0.quantity": "7", "line.1.sku": "AUR-G125", "line.1.quantity": "3", "line.2.sku": sku, "line.2.quantity": "2"} {
		if got := form.Get(k); got != want {
			t.Errorf("%s is %q, want %q", k, got, want)
		}
	}
	if form.Has("line.3.sku") {
		t.Error("there are more lines than the order had")
	}
	for _, w := range []string{"HD-AGAIN-1", "该产品已停售", "今日价目表中没有该产品的价格", "e-line-sum\">¥"} {
		if !strings.Contains(page.Body, w) {
			t.Errorf("the form lacks %q", w)
		}
	}
	form.Set("remove", "2")
	form = filled(t, chen.Post(t, newOrder, form).Body, newOrder)
	form.Set("po", "HD-AGAIN-2")
	form.Set("requested", "2027-02-01")
	if a := chen.Post(t, newOrder, form); a.Status != 303 || a.Location == old {
		t.Fatalf("ordered again: %d %s\n%.3000s", a.Status, a.Location, a.Body)
	}

	id := regexp.MustCompile(`[0-9a-v]{26}$`).FindString(again)
	if b := ingrid.Get(t, strings.Replace(old, "/huadong/", "/aurelia/", 1)).Body; strings.Contains(b, "again=") {
		t.Error("the supplier is offered to order again")
	}
	for who, slug := range map[string]string{portaltest.Ingrid: "aurelia", portaltest.Maya: "kestrel", portaltest.Kaarel: "baltic"} {
		if a := p.As(t, who).Get(t, "/c/"+slug+"/orders/new?again="+url.QueryEscape(id)); a.Status != 404 || strings.Contains(a.Body, "HD-AGAIN") {
			t.Errorf("%s gets %d", who, a.Status)
		}
	}
}
