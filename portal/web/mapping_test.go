package web_test

import (
	"bytes"
	"mime/multipart"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

// TestMappingPages: a comparison from the form to the accounts in common, each step agreed
// to on the pages of both; a competitor learns of nothing, and a file that is none is
// refused in words.
func TestMappingPages(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid, maya, kaarel := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Maya), p.As(t, portaltest.Kaarel)
	const fresh = "/c/aurelia/mappings/new"
	page := ingrid.Get(t, fresh).Body
	form := filled(t, page, fresh)
	form.Set("partner", ingrid.Find(t, fresh, `<option value="([0-9a-v]+)"[^>]*>Kestrel Supply</option>`))
	form.Del("kinds")
	if a := ingrid.Post(t, fresh, form); a.Status != 422 || !strings.Contains(a.Body, "Choose at least one.") {
		t.Fatalf("no keys: %d\n%.2000s", a.Status, a.Body)
	}
	form.Set("kinds", "domain")
	a := ingrid.Post(t, fresh, form)
	if a.Status != 303 {
		t.Fatalf("begin: %d\n%.3000s", a.Status, a.Body)
	}
	own := a.Location
	theirs := strings.Replace(own, "/c/aurelia/", "/c/kestrel/", 1)
	if a := kaarel.Get(t, strings.Replace(own, "/c/aurelia/", "/c/baltic/", 1)); a.Status != 404 {
		t.Fatalf("a competitor: %d", a.Status)
	}
	if a := ingrid.Post(t, own+"/accept", filled(t, maya.Get(t, theirs).Body, theirs+"/accept")); a.Status == 303 {
		t.Fatal("who asks answers for the other")
	}
	agree := func(c *portaltest.Client, at, act string) {
		t.Helper()
		if a := c.Post(t, at+"/"+act, filled(t, c.Get(t, at).Body, at+"/"+act)); a.Status != 303 {
			t.Fatalf("%s at %s: %d\n%.3000s", act, at, a.Status, a.Body)
		}
	}
	shows := func(c *portaltest.Client, at, word string) {
		t.Helper()
		eventually(t, word, func() bool { return strings.Contains(c.Get(t, at).Body, word) })
	}
	agree(maya, theirs, "accept")
	shows(ingrid, own, "Of your accounts Kestrel Supply has: 5 to 9.")
	if body := ingrid.Get(t, own).Body; strings.Contains(body, "Esk Turbines") {
		t.Fatal("an account is told with the size")
	}
	agree(ingrid, own, "consent")
	agree(maya, theirs, "consent")
	shows(ingrid, own, "Esk Turbines")
	if body := maya.Get(t, theirs).Body; !strings.Contains(body, "exactly as Aurelia Tools will see them") || !strings.Contains(body, "Calder Valve Works · HD6 1QF Brighouse, GB") || strings.Contains(body, "Wharfe Electrical") {
		t.Fatalf("before the third step:\n%.6000s", body)
	}
	agree(ingrid, own, "consent")
	agree(maya, theirs, "consent")
	shows(maya, theirs, ">Done<")
	if a := maya.Get(t, theirs+"/receipt"); a.Status != 200 || !strings.Contains(a.Body, `"consented_to_step":3`) || strings.Contains(a.Body, "Esk") {
		t.Fatalf("receipt: %d %s", a.Status, a.Body)
	}
	if body := kaarel.Get(t, "/c/baltic/mappings").Body; strings.Contains(body, "Aurelia") && strings.Contains(body, "Done") {
		t.Fatal("a competitor lists it")
	}

	if body := maya.Get(t, "/c/kestrel/find?q=mapp").Body; !strings.Contains(body, `href="/c/kestrel/mappings"`) {
		t.Fatal("the palette does not lead to it")
	}

	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range filled(t, page, "/c/aurelia/mappings/bring") {
		if name != "file" {
			_ = w.WriteField(name, values[0])
		}
	}
	part, err := w.CreateFormFile("file", "x.emap")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte("ISA*00*"))
	_ = w.Close()
	if a := ingrid.Do(t, "POST", "/c/aurelia/mappings/bring", &body, "Content-Type", w.FormDataContentType()); a.Status != 422 || !strings.Contains(a.Body, "This is not a file of an account mapping.") {
		t.Fatalf("a file that is none: %d\n%.3000s", a.Status, a.Body)
	}
}
