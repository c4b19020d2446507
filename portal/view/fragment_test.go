package view

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/portal/locale"
)

// TestFragments: what htmx gets is the block that the whole page holds.
func TestFragments(t *testing.T) {
	page := samples(locale.English)
	for _, c := range []struct{ page, fragment, holds string }{
		{"home", "home.body", "home-needs"}, {"inbox", "inbox.list", `id="rows"`}, {"find", "find.results", `id="found"`}, {"catalogue", "catalogue.list", "AUR-D18B"},
		{"orders", "orders.list", `id="list-foot"`}, {"invoices", "invoices.list", "INV-88213"}, {"edi", "edi.list", "000004217"}, {"rooms", "rooms.list", "data-unread-room"},
		{"order", "order.chain", `id="chain"`}, {"order", "order.lines", `id="lines"`}, {"order", "order.activity", `id="activity"`}, {"order", "order.room", "data-room"}, {"order", "order.work", `id="work"`},
		{"order-confirm", "order.work", "line.3.1.quantity"}, {"order-ship", "order.work", "carrier"}, {"order-invoice", "order.work", "line.1.price"}, {"order-receive", "order.work", "received"},
		{"order-new", "order_new.form", "line.1.sku"}, {"message", "message.say", "finding-1"}, {"message", "message.raw", "pin-1"}, {"signin", "signin.dialog", "current-password"}, {"error-404", "error.box", `id="error"`},
	} {
		t.Run(c.fragment+"/"+c.page, func(t *testing.T) {
			part, whole := draw(t, page[c.page], c.fragment), draw(t, page[c.page], "")
			if !strings.Contains(part, c.holds) {
				t.Errorf("the fragment lacks %s", c.holds)
			}
			if strings.Contains(part, "<html") {
				t.Error("the fragment is a whole page")
			}
			if !strings.Contains(whole, strings.TrimSpace(part)) {
				t.Error("the page does not hold the fragment")
			}
		})
	}
}

// TestRoomContract is the markup that static/js/chat.js relies on.
func TestRoomContract(t *testing.T) {
	for _, name := range []string{"room", "order", "partner"} {
		out := draw(t, samples(locale.English)[name], "")
		for _, want := range []string{`data-room="r1"`, `data-after="7"`, `data-me="p1"`, `data-epoch="e1"`, `<ol role="log" class="e-log"`, `data-seq="7"`, `data-composer method="post" action="/c/kestrel/rooms/r1/messages"`, `name="key" value="k9"`, `<template data-msg>`, `<template data-evt>`, `data-presence`, `data-typing`, `type="module"`, `data-live `} {
			if !strings.Contains(out, want) {
				t.Errorf("%s lacks %s", name, want)
			}
		}
	}
	closed := draw(t, empties(locale.English)["order"], "")
	if strings.Contains(closed, "data-composer") {
		t.Error("a room that can only be read has a composer")
	}
}

func TestAbsentMeansAbsent(t *testing.T) {
	out := draw(t, empties(locale.English)["orders"], "")
	for _, path := range []string{"/c/kestrel/people", "/c/kestrel/company", "/c/kestrel/mail", "/c/kestrel/edi", "/c/kestrel/orders/new", "/platform"} {
		if strings.Contains(out, `"`+path+`"`) {
			t.Errorf("the page leads to %s", path)
		}
	}
	prices := orderPage(base(locale.English, kestrel))
	prices.Prices = false
	for i := range prices.Lines {
		prices.Lines[i].Notes = nil
	}
	if out := draw(t, prices, "order.lines"); strings.Contains(out, "84.00") || strings.Contains(out, "£") {
		t.Error("amounts are shown to somebody who may not see them")
	}
}

func TestTextIsEscaped(t *testing.T) {
	p := samples(locale.English)["room"].(*RoomsPage)
	p.Room.Messages = []Message{{Seq: 1, Author: Person{Name: `<b>x</b>`}, Text: Raw(`<script>alert(1)</script>`), At: now}}
	out := draw(t, p, "")
	if strings.Contains(out, "<script>alert") || strings.Contains(out, "<b>x</b>") {
		t.Error("what a person wrote became markup")
	}
}

func TestMail(t *testing.T) {
	for _, lang := range locale.Languages() {
		for _, kind := range []MailKind{MailInvitation, MailFounding, MailReset, MailFirst, MailAddress, MailAddressTold, MailPasswordTold, MailNotice} {
			m, err := renderer.Mail(Mail{Kind: kind, P: locale.New(lang, nil, now), Name: "Dan <Whitlock>", Company: "Kestrel Supply", By: "Maya Osei", URL: "https://portal.example/link/7f3k", Expires: at(26, 9, 0), Notice: T("need.refused", "number", "4500187519"), Site: "portal.example"})
			if err != nil {
				t.Fatal(err)
			}
			all := m.Subject + m.Text + m.HTML
			if found := missing.FindString(all); found != "" {
				t.Errorf("%s %s lacks %s", lang, kind, found)
			}
			if !strings.Contains(m.Text, "https://portal.example/link/7f3k") || !strings.Contains(m.HTML, `href="https://portal.example/link/7f3k"`) {
				t.Errorf("%s %s does not hold its link", lang, kind)
			}
			if strings.Contains(m.HTML, "<Whitlock>") || !strings.Contains(m.Text, "Dan <Whitlock>") {
				t.Errorf("%s %s escapes the wrong part", lang, kind)
			}
			if strings.ContainsAny(m.Subject, "\r\n") {
				t.Errorf("%s %s has a subject of several lines", lang, kind)
			}
		}
	}
}

// TestEmptyMonitor: where nothing came in a span the monitor names a wider one.
func TestEmptyMonitor(t *testing.T) {
	page := empties(locale.English)["monitor"].(*MonitorPage)
	if out := draw(t, page, ""); strings.Contains(out, "See seven days") {
		t.Error("a link to nowhere")
	}
	page.Wider = "/c/aurelia/edi/monitor?span=week"
	if out := draw(t, page, ""); !strings.Contains(out, `href="/c/aurelia/edi/monitor?span=week">See seven days`) {
		t.Error(out)
	}
}

// TestRendersAreApart: template functions are bound to one page at a time, also when many are drawn at once.
func TestRendersAreApart(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			lang := locale.Languages()[i%2]
			b := base(lang, kestrel)
			b.CSRF = fmt.Sprintf("token-%d", i)
			var out strings.Builder
			if err := renderer.Render(&out, orderPage(b), ""); err != nil {
				t.Error(err)
				return
			}
			if n := strings.Count(out.String(), "token-"); n != strings.Count(out.String(), b.CSRF+`"`)+strings.Count(out.String(), b.CSRF+"&") {
				t.Errorf("page %d holds the token of another", i)
			}
			if !strings.Contains(out.String(), `<html lang="`+string(lang)) {
				t.Errorf("page %d speaks another language", i)
			}
		}()
	}
	wg.Wait()
}

func TestRing(t *testing.T) {
	for _, c := range []struct {
		since, due time.Duration
		class      string
	}{{-time.Hour, 3 * time.Hour, "calm"}, {-3 * time.Hour, 2 * time.Hour, ""}, {-9 * time.Hour, time.Hour, "hot"}, {-9 * time.Hour, -time.Hour, "hot"}} {
		if got := ringAt(now, now.Add(c.since), now.Add(c.due)); got.Class != c.class || got.Part < 0 || got.Part > 100 {
			t.Errorf("%v to %v gives %+v, want %q", c.since, c.due, got, c.class)
		}
	}
}

func TestInitials(t *testing.T) {
	for _, c := range []struct {
		name    string
		company bool
		want    string
	}{{"Maya Osei", false, "MO"}, {"李雯", false, "李"}, {"华东五金", true, "华东"}, {"Baltic Trade Oü", true, "BT"}, {"", false, "?"}, {"tomás vega", false, "TV"}} {
		if got := initials(c.name, c.company); got != c.want {
			t.Errorf("%q gives %q, want %q", c.name, got, c.want)
		}
	}
}

// BenchmarkOrderList draws a list of 50 orders as a fragment.
func BenchmarkOrderList(b *testing.B) {
	p := samples(locale.English)["orders"].(*OrdersPage)
	for len(p.Rows) < 50 {
		p.Rows = append(p.Rows, p.Rows[0])
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := renderer.Render(io.Discard, p, "orders.list"); err != nil {
			b.Fatal(err)
		}
	}
}
