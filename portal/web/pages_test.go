package web_test

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

const orderLink = `href="(/c/[a-z]+/orders/[0-9a-v]{26})"`

// TestPages opens every page of a company as people of different roles and
// languages.
func TestPages(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	maya, ingrid, chen := p.As(t, portaltest.Maya), p.As(t, portaltest.Ingrid), p.As(t, portaltest.Chen)
	differs := ingrid.Find(t, "/c/aurelia/orders?q=4500187342", orderLink)
	refused := ingrid.Find(t, "/c/aurelia/edi?view=failed&q=4500187519", `href="(/c/aurelia/edi/[0-9a-v]{26})"`)
	partner := ingrid.Find(t, "/c/aurelia/partners", `href="(/c/aurelia/partners/[0-9a-v]{26})"`)
	room := maya.Find(t, "/c/kestrel/rooms", `href="(/c/kestrel/rooms/[0-9a-v]{26})"`)
	portaltest.Run(t, []portaltest.Scenario{
		{Name: "root", As: maya, Path: "/", Status: 303, Location: "/c/kestrel/"},
		{Name: "root of nobody", As: p.Nobody(t), Path: "/", Status: 303, Location: "/signin"},
		{Name: "home", As: ingrid, Path: "/c/aurelia/", Contains: []string{"Needs you", "4500187622", "Answer the order"}},
		{Name: "home in Chinese", As: chen, Path: "/c/huadong/", Contains: []string{`lang="zh-CN"`, "华东五金"}},
		{Name: "orders", As: maya, Path: "/c/kestrel/orders", Contains: []string{"4500187342", "£", `id="rows"`, "Load more"}, Lacks: []string{"BT-2", "HD1"}},
		{Name: "orders that differ", As: maya, Path: "/c/kestrel/orders?view=differs", Contains: []string{"4500187342"}},
		{Name: "orders by state", As: maya, Path: "/c/kestrel/orders?state=received", Contains: []string{"Waits for an answer"}},
		{Name: "orders searched", As: maya, Path: "/c/kestrel/orders?q=4500187342", Contains: []string{"4500187342"}, Lacks: []string{"4500187622"}},
		{Name: "orders filtered to nothing", As: maya, Path: "/c/kestrel/orders?q=zzzzzzzz", Contains: []string{"Nothing matches", "Clear filters"}},
		{Name: "orders of a partner that is none", As: maya, Path: "/c/kestrel/orders?partner=06h0b44s4ds79bpj9aovklj2vs", Contains: []string{"4500187342"}},
		{Name: "orders with nonsense", As: maya, Path: "/c/kestrel/orders?state=%00&from=yesterday&view=%27--&q=%22*%20OR", Status: 200},
		{Name: "orders with a broken cursor", As: maya, Path: "/c/kestrel/orders?after=%ff%fe", Status: 422},
		{Name: "orders as a fragment", As: maya, Path: "/c/kestrel/orders", Headers: []string{"HX-Request", "true", "HX-Target", "list"}, Contains: []string{`<div id="list"`}, Lacks: []string{"<html", "e-rail"}},
		{Name: "order", As: ingrid, Path: differs, Contains: []string{"Order 4500187342", "Invoice differs", "48.90", "384.00", "1,248.00", "£1,632.00", "Kestrel Supply", `data-room="`, "INV-88213", " of 1,360"}, Lacks: []string{"£0.00"}},
		{Name: "order lines alone", As: ingrid, Path: differs, Headers: []string{"HX-Request", "true", "HX-Target", "lines"}, Contains: []string{`id="lines"`}, Lacks: []string{"<html", `id="chain"`}},
		{Name: "order of the other side", As: maya, Path: strings.Replace(differs, "/aurelia/", "/kestrel/", 1), Contains: []string{"4500187342"}, Lacks: []string{"/confirm"}},
		{Name: "order without its company", As: maya, Path: differs[strings.Index(differs, "/orders/"):], Status: 303, Location: strings.Replace(differs, "/aurelia/", "/kestrel/", 1)},
		{Name: "order that does not exist", As: maya, Path: "/c/kestrel/orders/06h0b44s4ds79bpj9aovklj2vs", Status: 404, Contains: []string{"Not found", "e-rail"}},
		{Name: "confirm form of the reseller", As: maya, Path: strings.Replace(differs, "/aurelia/", "/kestrel/", 1) + "/confirm", Status: 403, Contains: []string{"Not allowed", "Your role does not allow this"}},
		{Name: "new order", As: maya, Path: "/c/kestrel/orders/new?sku=AUR-D18B", Contains: []string{"Drill 18 V", "£84.00"}},
		{Name: "new order of a supplier", As: ingrid, Path: "/c/aurelia/orders/new", Status: 404},
		{Name: "invoices", As: maya, Path: "/c/kestrel/invoices", Contains: []string{"INV-88213", "Differs"}},
		{Name: "catalogue", As: maya, Path: "/c/kestrel/catalogue", Contains: []string{"AUR-D18B", "Price, GBP", "£"}, Lacks: []string{"€", "¥"}},
		{Name: "catalogue of the supplier", As: ingrid, Path: "/c/aurelia/catalogue", Contains: []string{"Price, GBP", "Price, EUR", "Price, CNY"}},
		{Name: "catalogue in Chinese", As: chen, Path: "/c/huadong/catalogue?q=AUR-D18B", Contains: []string{"AUR-D18B", "¥"}},
		{Name: "messages", As: ingrid, Path: "/c/aurelia/edi", Contains: []string{"850", "997", "Kestrel Supply"}},
		{Name: "refused message", As: ingrid, Path: refused, Contains: []string{"20261131", "AK403 8", "does not exist", "DTM02"}},
		{Name: "its answer", As: ingrid, Path: refused + "?tab=answer", Contains: []string{"AK5", "AK3"}},
		{Name: "its attempts", As: ingrid, Path: refused + "?tab=attempts"},
		{Name: "its audit", As: ingrid, Path: refused + "?tab=audit", Contains: []string{"was refused"}},
		{Name: "its bytes", As: ingrid, Path: refused + "/raw", After: func(t *testing.T, a portaltest.Answer) {
			if !strings.HasPrefix(a.Body, "ISA*00*") || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") || !strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") {
				t.Errorf("%.40s %v", a.Body, a.Header)
			}
		}},
		{Name: "partners", As: ingrid, Path: "/c/aurelia/partners", Contains: []string{"Kestrel Supply", "Baltic Trade", "华东五金"}},
		{Name: "partner", As: ingrid, Path: partner, Contains: []string{"Partnership", "Trading currency", "End the partnership", `<span class="clip">Aurelia Tools</span>`}},
		{Name: "partners of a reseller", As: maya, Path: "/c/kestrel/partners", Contains: []string{"Aurelia Tools"}, Lacks: []string{"Baltic", "华东"}},
		{Name: "people", As: maya, Path: "/c/kestrel/people", Contains: []string{"Dan Whitlock", "Invite someone"}},
		{Name: "people of a buyer", As: p.As(t, portaltest.Dan), Path: "/c/kestrel/people", Contains: []string{"Maya Osei"}, Lacks: []string{"Invite someone"}},
		{Name: "company", As: maya, Path: "/c/kestrel/company", Contains: []string{"ZZ:KESTRELSUPPLY", "edi:write", "Confirmed by"}},
		{Name: "profile", As: maya, Path: "/c/kestrel/profile", Contains: []string{"maya@kestrel.example", "This browser"}},
		{Name: "rooms", As: maya, Path: "/c/kestrel/rooms", Contains: []string{"Aurelia Tools"}, Lacks: []string{"Baltic"}},
		{Name: "room", As: maya, Path: room, Contains: []string{"data-room=", "data-composer", "Ingrid Dahl"}, Lacks: []string{"Kaarel"}},
		{Name: "inbox", As: maya, Path: "/c/kestrel/inbox"},
		{Name: "mail", As: maya, Path: "/c/kestrel/mail", Contains: []string{"No mail server is set"}},
		{Name: "mail of a buyer", As: p.As(t, portaltest.Dan), Path: "/c/kestrel/mail", Status: 403},
		{Name: "find", As: maya, Path: "/c/kestrel/find?q=4500187342", Contains: []string{"Order 4500187342"}},
		{Name: "find a competitor", As: maya, Path: "/c/kestrel/find?q=Baltic", Contains: []string{"Nothing found"}},
		{Name: "find in the palette", As: maya, Path: "/c/kestrel/find?q=AUR-D18B", Headers: []string{"HX-Request", "true", "HX-Target", "pal-results"}, Contains: []string{`id="found"`, "AUR-D18B"}, Lacks: []string{"<html"}},
		{Name: "platform of no operator", As: maya, Path: "/platform", Status: 404},
		{Name: "help", As: p.Nobody(t), Path: "/help", Contains: []string{"/help/"}},
		{Name: "help article", As: maya, Path: "/help/design", Contains: []string{"<h1", "e-rail"}, Lacks: []string{"style="}},
		{Name: "help that is not there", As: maya, Path: "/help/..%2fsecret", Status: 404},
		{Name: "api docs", As: p.Nobody(t), Path: "/api/docs", Contains: []string{"/api/v1/edi/interchanges", "edi:write"}},
		{Name: "api document", As: p.Nobody(t), Path: "/api/openapi.json", After: func(t *testing.T, a portaltest.Answer) {
			var doc struct{ OpenAPI string }
			if err := json.Unmarshal([]byte(a.Body), &doc); err != nil || !strings.HasPrefix(doc.OpenAPI, "3.1") {
				t.Errorf("%q %v", doc.OpenAPI, err)
			}
		}},
		{Name: "ready", As: p.Nobody(t), Path: "/readyz", Contains: []string{`"checks"`, `"database":"ok"`, `"addresses"`}},
		{Name: "alive", As: p.Nobody(t), Path: "/livez", Contains: []string{"ok"}},
		{Name: "robots", As: p.Nobody(t), Path: "/robots.txt", Contains: []string{"Disallow: /"}},
		{Name: "manifest", As: p.Nobody(t), Path: "/manifest.webmanifest", Contains: []string{`"start_url":"/"`}},
		{Name: "favicon", As: p.Nobody(t), Path: "/favicon.ico", Status: 302, Location: "/static/img/icon."},
		{Name: "offline", As: p.Nobody(t), Path: "/offline", Contains: []string{"No connection"}},
		{Name: "sign-in in Chinese", As: p.Nobody(t), Path: "/signin?lang=zh-CN", Contains: []string{`lang="zh-CN"`}},
		{Name: "sign-in offers the demo people", As: p.Nobody(t), Path: "/signin", Contains: []string{"Maya Osei", "陈静"}},
		{Name: "sign-in elsewhere", As: maya, Path: "/signin?next=https://evil.example/", Status: 303, Location: "/c/kestrel/"},
		{Name: "dead link", As: p.Nobody(t), Path: "/link/" + strings.Repeat("a", 43), Status: 404, Contains: []string{"does not work any more"}},
		{Name: "set-up is over", As: p.Nobody(t), Path: "/setup?token=x", Status: 404},
	})
	for _, line := range strings.Split(p.Log.String(), "\n") {
		if strings.Contains(line, "request failed") || strings.Contains(line, "handler panicked") {
			t.Error(line)
		}
	}
}

// TestFragmentsHoldTheirTarget: whatever part of a page htmx fetches again, the
// answer holds the element it replaces. An empty answer would wipe it out.
func TestFragmentsHoldTheirTarget(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid := p.As(t, portaltest.Ingrid)
	order := ingrid.Find(t, "/c/aurelia/orders?view=differs", orderLink)
	message := ingrid.Find(t, "/c/aurelia/edi", `href="(/c/aurelia/edi/[0-9a-v]{26})"`)
	target := regexp.MustCompile(`(?:id="([a-z-]+)"[^>]*data-refresh="([^"]*)"|data-refresh="([^"]*)"[^>]*id="([a-z-]+)")`)
	n := 0
	for _, path := range []string{"/c/aurelia/", "/c/aurelia/orders", "/c/aurelia/invoices", "/c/aurelia/edi", "/c/aurelia/catalogue", "/c/aurelia/inbox", "/c/aurelia/rooms", order, order + "/confirm", message} {
		body := ingrid.Get(t, path).Body
		for _, m := range target.FindAllStringSubmatch(body, -1) {
			id, from := m[1]+m[4], m[2]+m[3]
			n++
			if a := ingrid.Get(t, from, "HX-Request", "true", "HX-Target", id); a.Status != 200 || !strings.Contains(a.Body, `id="`+id+`"`) {
				t.Errorf("%s: #%s from %s: %d without it", path, id, from, a.Status)
			}
		}
		for _, id := range []string{"list", "rows", "work", "lines", "chain", "activity", "tab", "home"} {
			if strings.Contains(body, `id="`+id+`"`) {
				if a := ingrid.Get(t, path, "HX-Request", "true", "HX-Target", id); a.Status != 200 || !strings.Contains(a.Body, `id="`+id+`"`) {
					t.Errorf("%s: #%s: %d without it", path, id, a.Status)
				}
			}
		}
	}
	if n < 4 {
		t.Errorf("only %d parts refresh themselves", n)
	}
}

// TestLoadMore walks the list of orders by its cursor: every row once.
func TestLoadMore(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid := p.As(t, portaltest.Ingrid)
	row := regexp.MustCompile(`<a class="plain num[^>]*` + orderLink)
	next := regexp.MustCompile(`btn-sm" href="(/c/aurelia/orders\?after=[^"]+)"`)
	seen, path, pages := map[string]bool{}, "/c/aurelia/orders", 0
	for path != "" && pages < 40 {
		body := ingrid.Get(t, path).Body
		for _, m := range row.FindAllStringSubmatch(body, -1) {
			if seen[m[1]] {
				t.Errorf("%s came twice", m[1])
			}
			seen[m[1]] = true
		}
		path = ""
		if m := next.FindStringSubmatch(body); m != nil {
			path = strings.ReplaceAll(m[1], "&amp;", "&")
		}
		pages++
	}
	if pages < 3 || len(seen) <= (pages-1)*50 || len(seen) > pages*50 {
		t.Errorf("%d orders on %d pages", len(seen), pages)
	}
}

// TestSignIn: the wrong password and the unknown address get the same answer;
// signing out ends the session.
func TestSignIn(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	c := p.Nobody(t)
	wrong := c.Post(t, "/signin", url.Values{"email": {"tomas@aurelia.example"}, "password": {"not the password"}, "next": {"/c/aurelia/edi"}})
	unknown := c.Post(t, "/signin", url.Values{"email": {"nobody@aurelia.example"}, "password": {"not the password"}, "next": {"/c/aurelia/edi"}})
	clean := func(s string) string { return regexp.MustCompile(`value="[^"]*"`).ReplaceAllString(s, "") }
	if wrong.Status != 422 || clean(wrong.Body) != clean(unknown.Body) || !strings.Contains(wrong.Body, "do not match") || strings.Contains(wrong.Body, "not the password") {
		t.Errorf("%d and %d, or the answers differ", wrong.Status, unknown.Status)
	}
	in := c.Post(t, "/signin", url.Values{"email": {"tomas@aurelia.example"}, "password": {portaltest.Password}, "next": {"/c/aurelia/edi"}})
	if in.Status != 303 || in.Location != "/c/aurelia/edi" {
		t.Errorf("%d to %q", in.Status, in.Location)
	}
	cookie := in.Header.Get("Set-Cookie")
	for _, w := range []string{"HttpOnly", "SameSite=Lax", "path=/"} {
		if !strings.Contains(strings.ToLower(cookie), strings.ToLower(w)) {
			t.Errorf("the cookie %q lacks %s", cookie, w)
		}
	}
	tomas := p.As(t, "tomas@aurelia.example")
	if a := tomas.Post(t, "/signout", nil); a.Status != 303 {
		t.Errorf("sign out: %d", a.Status)
	}
	if a := tomas.Get(t, "/c/aurelia/"); a.Status != 303 || !strings.HasPrefix(a.Location, "/signin") {
		t.Errorf("after signing out: %d %s", a.Status, a.Location)
	}
}

// TestAppearance: theme and language switch at once, in the profile and for
// somebody not signed in by cookie.
func TestAppearance(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	wen := p.As(t, "wen@aurelia.example")
	if a := wen.Get(t, "/c/aurelia/"); !strings.Contains(a.Body, `lang="zh-CN"`) {
		t.Error("李雯 does not read Chinese")
	}
	if a := wen.Post(t, "/theme", url.Values{"theme": {"dark"}, "next": {"/c/aurelia/orders"}}); a.Status != 303 || a.Location != "/c/aurelia/orders" {
		t.Errorf("theme: %d %s", a.Status, a.Location)
	}
	wen.Post(t, "/language", url.Values{"language": {"en"}})
	if a := wen.Get(t, "/c/aurelia/"); !strings.Contains(a.Body, `lang="en" data-bs-theme="dark"`) {
		t.Errorf("%.200s", a.Body)
	}
	wen.Post(t, "/language", url.Values{"language": {"zh-CN"}})
	nobody := p.Nobody(t)
	nobody.Get(t, "/signin?lang=zh-CN")
	if a := nobody.Get(t, "/help"); !strings.Contains(a.Body, `lang="zh-CN"`) {
		t.Error("the language was not remembered")
	}
	if a := nobody.Post(t, "/theme", url.Values{"theme": {"purple"}}); a.Status != 422 {
		t.Errorf("a theme that does not exist: %d", a.Status)
	}
	if a := nobody.Post(t, "/theme", url.Values{"theme": {"light"}, "next": {"//evil.example"}}); a.Location != "/" {
		t.Errorf("sent to %q", a.Location)
	}
}
