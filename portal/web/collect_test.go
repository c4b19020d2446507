package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

// TestInvoiceOfSeveralOrders: the supplier picks shipped orders of one partner, adds them up
// with the tax of each rate, and sends one invoice, which is on paper for both; what is wrong
// is said at its order and line, nothing is invoiced twice, and no other company gets in.
func TestInvoiceOfSeveralOrders(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	chen, ingrid, kaarel := p.As(t, portaltest.Chen), p.As(t, portaltest.Ingrid), p.As(t, portaltest.Kaarel)
	var ids []string
	for _, po := range []string{"HD-COLLECT-1", "HD-COLLECT-2"} {
		const at = "/c/huadong/orders/new"
		form := filled(t, chen.Get(t, at).Body, at)
		for k, v := range map[string]string{"po": po, "requested": "2027-01-29", "line.0.sku": "AUR-D18B", "line.0.quantity": "10", "line.1.sku": "AUR-B50", "line.1.quantity": "4"} {
			form.Set(k, v)
		}
		a := chen.Post(t, at, form)
		id := strings.TrimPrefix(a.Location, "/c/huadong/orders/")
		for _, step := range []string{"confirm", "ship"} {
			ours := "/c/aurelia/orders/" + id + "/" + step
			if a := ingrid.Post(t, ours, filled(t, ingrid.Get(t, ours).Body, ours)); a.Status != 303 {
				t.Fatalf("%s: %d\n%.2000s", step, a.Status, a.Body)
			}
		}
		ids = append(ids, id)
	}
	const collect = "/c/aurelia/invoices/collect"
	if !strings.Contains(ingrid.Get(t, "/c/aurelia/invoices").Body, `href="`+collect+`"`) {
		t.Error("the invoices do not lead to it")
	}
	partner := regexp.MustCompile(`<option value="([0-9a-v]{26})"[^>]*>华东五金`).FindStringSubmatch(ingrid.Get(t, collect).Body)[1]
	form := func() url.Values {
		t.Helper()
		_, body, _ := strings.Cut(ingrid.Get(t, collect+"?partner="+partner).Body, `<form class="stack" method="post"`)
		f := filled(t, body, collect)
		for name := range f {
			if strings.HasPrefix(name, "o.") && !strings.HasPrefix(name, "o."+ids[0]) && !strings.HasPrefix(name, "o."+ids[1]) {
				delete(f, name)
			}
		}
		for _, id := range ids {
			if m := regexp.MustCompile(`name="order" value="(` + id + `:\d+)"`).FindStringSubmatch(body); m != nil {
				f.Add("order", m[1])
			}
		}
		f.Set("tax", "13")
		f.Set("number", "INV-COLLECT-1")
		return f
	}
	post := func(c *portaltest.Client, f url.Values, do string, status int, has ...string) portaltest.Answer {
		t.Helper()
		f.Set("do", do)
		a := c.Post(t, collect, f)
		for _, s := range has {
			if !strings.Contains(a.Body, s) {
				t.Errorf("no %q", s)
			}
		}
		if a.Status != status || t.Failed() {
			t.Fatalf("%s: %d\n%s", do, a.Status, a.Body[max(0, strings.Index(a.Body, "<main")):])
		}
		return a
	}
	one := form()
	one["order"] = one["order"][:1]
	post(ingrid, one, "look", 422, "at least two orders")
	over := form()
	over.Set("o."+ids[1]+".2.quantity", "5")
	post(ingrid, over, "send", 422, `id="f-o-`+ids[1]+`-2-quantity-e"`, `value="5"`)
	none := form()
	none.Set("o."+ids[0]+".1.quantity", "")
	none.Set("o."+ids[0]+".2.quantity", "0")
	post(ingrid, none, "look", 422, "No quantity is written at this order.")

	good := form()
	good.Set("o."+ids[0]+".2.quantity", "3")
	good.Set("o."+ids[1]+".2.tax", "5")
	post(ingrid, good, "look", 200, "VAT 13%", "VAT 5%", `value="send"`, `value="`+good["order"][0]+`" checked`)
	rival := url.Values{}
	for k, v := range good {
		rival[k] = v
	}
	rival.Del("csrf")
	rival.Set("do", "look")
	if a := kaarel.Post(t, "/c/baltic/invoices/collect", rival); a.Status != 404 && a.Status != 403 || strings.Contains(a.Body, "HD-COLLECT") {
		t.Errorf("a rival: %d", a.Status)
	}
	seen := regexp.MustCompile(`name="seen" value="([^"]+)"`).FindStringSubmatch(post(ingrid, good, "send", 422, "Not sent", `value="send"`).Body)[1]
	good.Set("seen", "1.00 CNY")
	post(ingrid, good, "send", 422, "Not sent") // added up when it was something else
	good.Set("seen", seen)
	at := post(ingrid, good, "send", 303).Location
	post(ingrid, good, "send", 422, "HD-COLLECT-1") // again
	id := at[strings.LastIndex(at, "/")+1:]
	page := ingrid.Get(t, at).Body
	for _, want := range []string{"INV-COLLECT-1", "HD-COLLECT-1", "HD-COLLECT-2", "VAT 13%", "VAT 5%"} {
		if !strings.Contains(page, want) {
			t.Errorf("the invoice has no %q", want)
		}
	}
	rest := form()
	if q := rest.Get("o." + ids[0] + ".2.quantity"); q != "1" || rest.Get("o."+ids[0]+".1.quantity") != "" || len(rest["order"]) != 1 {
		t.Errorf("what is left: %v", rest)
	}
	for c, path := range map[*portaltest.Client]string{ingrid: at + "/pdf?lang=en", chen: "/c/huadong/invoices/" + id + "/pdf?lang=en"} {
		a := c.Get(t, path)
		if a.Status != 200 {
			t.Fatalf("%s: %d", path, a.Status)
		}
		text := pdfText(t, a.Body)
		for _, want := range []string{"INV-COLLECT-1", "HD-COLLECT-1", "HD-COLLECT-2", "13%", "5%"} {
			if !strings.Contains(text, want) {
				t.Errorf("the paper has no %q:\n%s", want, text)
			}
		}
	}
	if a := kaarel.Get(t, "/c/baltic/invoices/"+id+"/pdf"); a.Status != 404 {
		t.Errorf("a rival's paper: %d", a.Status)
	}
}
