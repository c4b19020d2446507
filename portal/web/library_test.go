package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

// TestLibraryPages: from a document to its register on the pages, between companies that
// compete: no page tells one of the other, and no address opens what is not addressed.
func TestLibraryPages(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid, maya, kaarel := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Maya), p.As(t, portaltest.Kaarel)
	form := ingrid.Get(t, "/c/aurelia/library/new").Body
	csrf := ingrid.Find(t, "/c/aurelia/library/new", `name="csrf" value="([^"]+)"`)
	send := func(to string, fields url.Values, files map[string]string) portaltest.Answer {
		body, kind := withFiles(t, fields, files)
		return ingrid.Do(t, "POST", to, body, "Content-Type", kind, "Origin", p.URL, "Sec-Fetch-Site", "same-origin")
	}
	kestrel := regexp.MustCompile(`name="partner" value="([0-9a-v]{26})"[^>]*><span>Kestrel`).FindStringSubmatch(form)
	if kestrel == nil {
		t.Fatalf("%.500s", form)
	}
	fields := url.Values{"csrf": {csrf}, "title": {"Torque sheet of Leeds"}, "kind": {"datasheet"}, "language": {"en"}, "everyone": {""}, "partner": {kestrel[1]}, "confirm": {"1"}, "key": {"library-pages-1"}}
	if a := send("/c/aurelia/library/bring", fields, nil); a.Status != 422 {
		t.Fatalf("without a file: %d %.400s", a.Status, a.Body)
	}
	if a := send("/c/aurelia/library/bring", fields, map[string]string{"sheet.pdf": "%PDF-1.7 torque"}); a.Status != 303 {
		t.Fatalf("%d %.400s", a.Status, a.Body)
	}
	// who is sent nothing begins with what it publishes, and may still look at the other tab
	for path, on := range map[string]string{"/c/aurelia/library": "own", "/c/aurelia/library?view=all": "all", "/c/kestrel/library": "all"} {
		who := ingrid
		if strings.Contains(path, "kestrel") {
			who = maya
		}
		if a := who.Get(t, path); !regexp.MustCompile(`<a[^>]*view=`+on+`"[^>]*aria-current`).MatchString(a.Body) || (on == "own") != strings.Contains(a.Body, "Torque sheet of Leeds") && who == ingrid {
			t.Errorf("%s does not open on %s: %.300s", path, on, a.Body[strings.Index(a.Body, "e-tabs"):])
		}
	}
	list := maya.Get(t, "/c/kestrel/library?q=torque").Body
	at := regexp.MustCompile(`/c/kestrel/library/([0-9a-v]{26})`).FindStringSubmatch(list)
	if at == nil || !strings.Contains(list, "To confirm") {
		t.Fatalf("%.300s", list)
	}
	page := maya.Get(t, at[0]).Body
	for _, secret := range []string{"Baltic", "huadong", "Goes to", "Who has read it"} {
		if strings.Contains(page, secret) {
			t.Errorf("the reader is told %q", secret)
		}
	}
	file := maya.Get(t, at[0]+"/file?show=1")
	if file.Status != 200 || file.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "inline") || !strings.HasPrefix(file.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%d %v", file.Status, file.Header)
	}
	if a := maya.Post(t, at[0]+"/confirm", url.Values{"version": {"1"}}); a.Status != 303 {
		t.Errorf("%d", a.Status)
	}
	for _, end := range []string{"", "/file", "/versions/1/file", "/edit"} {
		if a := kaarel.Get(t, "/c/baltic/library/"+at[1]+end); a.Status != 404 || strings.Contains(a.Body, "Torque") {
			t.Errorf("%s: %d", end, a.Status)
		}
	}
	if a := kaarel.Get(t, "/c/baltic/find?q=torque").Body; strings.Contains(a, "Torque sheet") {
		t.Error("the search tells a competitor")
	}
	if a := maya.Get(t, "/c/kestrel/find?q=torque").Body; !strings.Contains(a, "Torque sheet") {
		t.Error("the search does not find it")
	}
	own := ingrid.Get(t, "/c/aurelia/library/"+at[1]).Body
	if !strings.Contains(own, "Maya Osei") || !strings.Contains(own, "downloaded once") || strings.Contains(own, "have not confirmed") {
		t.Errorf("register: %.300s", own)
	}
	if a := send("/c/aurelia/library/"+at[1]+"/bring", url.Values{"csrf": {csrf}, "note": {"Rev B"}}, map[string]string{"sheet-b.pdf": "%PDF-1.7 torque b"}); a.Status != 303 {
		t.Fatalf("%d %.300s", a.Status, a.Body)
	}
	if page := maya.Get(t, at[0]).Body; !strings.Contains(page, "Changed") || !strings.Contains(page, "Rev B") {
		t.Error("the new version is not marked")
	}
	if a := maya.Get(t, at[0]+"/versions/1/file"); a.Status != 404 {
		t.Errorf("the old one: %d", a.Status)
	}
	if a := ingrid.Post(t, "/c/aurelia/library/"+at[1]+"/withdraw", url.Values{"on": {"1"}}); a.Status != 303 {
		t.Errorf("%d", a.Status)
	}
	if a := maya.Get(t, at[0]); a.Status != 404 {
		t.Errorf("withdrawn: %d", a.Status)
	}
}
