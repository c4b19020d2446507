package web_test

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"entente/portal/portaltest"
	"entente/portal/sheet"
)

// table reads a download back.
func table(t *testing.T, a portaltest.Answer) [][]sheet.Cell {
	t.Helper()
	if a.Status != 200 {
		t.Fatalf("%d %.300s", a.Status, a.Body)
	}
	r, err := sheet.Open(bytes.NewReader([]byte(a.Body)), int64(len(a.Body)), sheet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out [][]sheet.Cell
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, append([]sheet.Cell(nil), row.Cells...))
	}
}

// TestExports: orders, their lines and invoices leave as CSV and XLSX with the
// list's filters, in the reader's language, all of them and not one page.
func TestExports(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	dan, chen := p.As(t, portaltest.Dan), p.As(t, portaltest.Chen)
	page := dan.Get(t, "/c/kestrel/orders").Body
	for _, format := range []string{"csv", "xlsx"} {
		if !strings.Contains(page, "/c/kestrel/orders/export?format="+format) {
			t.Errorf("the list has no link to %s", format)
		}
		a := dan.Get(t, "/c/kestrel/orders/export?format="+format)
		if got := a.Header.Get("Content-Type"); got != sheet.Format(format).Type() || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment;") {
			t.Errorf("%s: %v", format, a.Header)
		}
		rows := table(t, a)
		if len(rows) < 52 || rows[0][0].Text != "Order" || rows[1][1].Text != "Aurelia Tools" {
			t.Errorf("%s: %d rows, first %v", format, len(rows), rows[:2])
		}
		lines := table(t, dan.Get(t, "/c/kestrel/orders/export?lines=1&format="+format))
		if len(lines) <= len(rows) || fmt.Sprint(lines[0]) == fmt.Sprint(rows[0]) {
			t.Errorf("%s: %d lines of %d orders", format, len(lines), len(rows))
		}
		invoices := table(t, dan.Get(t, "/c/kestrel/invoices/export?format="+format))
		if len(invoices) < 10 || !strings.HasPrefix(invoices[1][0].Text, "INV") {
			t.Errorf("%s: %d invoices: %v", format, len(invoices), invoices[:2])
		}
	}
	all, some := table(t, dan.Get(t, "/c/kestrel/orders/export")), table(t, dan.Get(t, "/c/kestrel/orders/export?state=closed"))
	if len(some) < 2 || len(some) >= len(all) {
		t.Errorf("a filter leaves %d of %d rows", len(some), len(all))
	}
	for _, r := range some[1:] {
		if r[2].Text != "Finished" {
			t.Errorf("filtered: %v", r)
		}
	}
	if mine := table(t, chen.Get(t, "/c/huadong/orders/export?"+url.Values{"lines": {"1"}}.Encode())); mine[0][1].Text != "伙伴" || strings.Contains(fmt.Sprint(mine), "Kestrel") {
		t.Errorf("hers: %v", mine[:1])
	}
}

// TestWhatAPromotionAddedLeaves: on Results each company reads and downloads its own periods
// and lines, the owner those of all; what it earns is the owner's, and the builder says what
// terms would have cost last year.
func TestWhatAPromotionAddedLeaves(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid, maya, chen := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Maya), p.As(t, portaltest.Chen)
	list := maya.Get(t, "/c/kestrel/promotions?view=list&q=Autumn").Body
	found := regexp.MustCompile(`/c/kestrel/promotions/([0-9a-z]{26})`).FindStringSubmatch(list)
	if found == nil {
		t.Fatalf("no promotion in %.500s", list)
	}
	at := func(slug string) string { return "/c/" + slug + "/promotions/" + found[1] + "/" }
	links := func(page string) (periods, orders string) {
		t.Helper()
		for _, m := range regexp.MustCompile(`href="([^"]+\.csv\?format=csv[^"]*)"`).FindAllStringSubmatch(page, -1) {
			u := html.UnescapeString(m[1])
			switch {
			case strings.Contains(u, "/periods.csv"):
				periods = u
			case strings.Contains(u, "by=order"):
				orders = u
			}
		}
		return periods, orders
	}
	firms := func(rows [][]sheet.Cell) string {
		seen := map[string]bool{}
		for _, r := range rows[1:] {
			seen[r[0].Text] = true
		}
		return fmt.Sprint(seen)
	}
	all := ingrid.Get(t, at("aurelia")+"results").Body
	hers := maya.Get(t, at("kestrel")+"results").Body
	if strings.Contains(hers, "Baltic") || strings.Contains(hers, "/margin") || !strings.Contains(all, "/margin") || !strings.Contains(all, "Baltic") {
		t.Error("a partner reads of another, or of the margin")
	}
	periods, orders := links(hers)
	own := table(t, maya.Get(t, periods))
	if len(own) < 50 || firms(own) != "map[Kestrel Supply:true]" {
		t.Errorf("%d periods of %s", len(own), firms(own))
	}
	theirs, _ := links(all)
	if got := firms(table(t, ingrid.Get(t, theirs))); !strings.Contains(got, "Baltic") || !strings.Contains(got, "Kestrel") {
		t.Error(got)
	}
	lines := table(t, maya.Get(t, orders))
	baltic := regexp.MustCompile(`of=([0-9a-z]{26})#lift"[^>]*>Baltic`).FindStringSubmatch(all)
	if baltic == nil {
		t.Fatal("Baltic cannot be chosen")
	}
	if other := table(t, maya.Get(t, at("kestrel")+"documents.csv?by=order&partner="+baltic[1])); len(lines) < 5 || fmt.Sprint(other) != fmt.Sprint(lines) {
		t.Errorf("%d lines of her own, %d when she names another", len(lines), len(other))
	}
	// the table of lines and that of periods have what the page shows
	wide := table(t, ingrid.Get(t, at("aurelia")+"lines.csv"))
	i := slices.IndexFunc(wide, func(r []sheet.Cell) bool { return strings.Contains(r[2].Text, "Baltic") })
	if i < 0 {
		t.Fatalf("no line of Baltic: %v", wide)
	}
	sku := wide[i][4].Text
	sees := ingrid.Get(t, at("aurelia")+"results?sku="+sku+"&of="+baltic[1]+"&partner="+baltic[1]).Body
	link := regexp.MustCompile(`href="([^"]+/lines\.csv[^"]*)"`).FindStringSubmatch(sees)
	if link == nil {
		t.Fatal("no table of lines")
	}
	narrow := table(t, ingrid.Get(t, html.UnescapeString(link[1])))
	for _, r := range narrow[1:] {
		if !strings.Contains(r[2].Text, "Baltic") || r[4].Text != sku {
			t.Errorf("%v is not on the page", r)
		}
	}
	if len(narrow) < 2 || len(wide) <= len(narrow) {
		t.Errorf("%d lines of %d", len(narrow), len(wide))
	}
	few, _ := links(sees)
	if got := firms(table(t, ingrid.Get(t, few))); !strings.Contains(got, "Baltic") || strings.Contains(got, "Kestrel") {
		t.Error(got)
	}
	if a := chen.Get(t, "/c/huadong/promotions/"+found[1]+"/documents.csv?by=never"); a.Status != 422 && a.Status != 400 {
		t.Errorf("%d", a.Status)
	}
	if a := ingrid.Post(t, at("aurelia")+"margin", url.Values{"margin": {"28"}}); a.Status != 303 {
		t.Errorf("%d %.200s", a.Status, a.Body)
	}
	if a := ingrid.Post(t, at("aurelia")+"margin", url.Values{"margin": {"100"}}); a.Status != 422 {
		t.Errorf("%d", a.Status)
	}
	if body := ingrid.Get(t, at("aurelia")+"results").Body; !strings.Contains(body, `value="28"`) {
		t.Error("the margin is not kept")
	}
	if strings.Contains(hers, "/rebuild") || !strings.Contains(all, `action="`+at("aurelia")+`rebuild"`) {
		t.Error("who may compute the figures again")
	}
	if a := ingrid.Post(t, at("aurelia")+"rebuild", url.Values{}); a.Status != 303 {
		t.Errorf("%d %.200s", a.Status, a.Body)
	}
	if body := ingrid.Get(t, at("aurelia")+"results").Body; !strings.Contains(body, `hx-get="`+at("aurelia")+`rebuild"`) && !strings.Contains(body, "omputed again") {
		t.Error("the page does not say how far it is")
	}
	if a := maya.Get(t, at("kestrel")+"rebuild"); a.Status != 303 && a.Status != 404 {
		t.Errorf("%d", a.Status)
	}
	kept := "/c/aurelia/promotions/" + found[1]
	if a := ingrid.Post(t, kept+"/template", url.Values{"name": {"As every year"}}); a.Status != 303 {
		t.Errorf("a template: %d", a.Status)
	}
	if a := ingrid.Post(t, kept+"/template", url.Values{"name": {"As every year"}}); a.Status != 422 || !strings.Contains(a.Body, "There is a template named As every year") {
		t.Errorf("its name again: %d", a.Status)
	}
	begun := ingrid.Get(t, ingrid.Find(t, "/c/aurelia/promotions/new", `href="(/c/aurelia/promotions/new\?template=[0-9a-v]{26})"`))
	if !strings.Contains(begun.Body, "Chosen") || !strings.Contains(begun.Body, `name="from" type="date" value=""`) {
		t.Error("it does not begin from the template, or with its dates")
	}
	if a := ingrid.Post(t, ingrid.Find(t, "/c/aurelia/promotions/new", `action="(/c/aurelia/promotions/templates/[0-9a-v]{26}/drop)"`), nil); a.Status != 303 || strings.Contains(ingrid.Get(t, "/c/aurelia/promotions/new").Body, "As every year") {
		t.Errorf("dropped: %d", a.Status)
	}
	parts := regexp.MustCompile(`name="(parts\.[0-9a-z]{26}\.)role"`).FindStringSubmatch(ingrid.Get(t, "/c/aurelia/promotions/new").Body)
	if parts == nil {
		t.Fatal("no partner in the builder")
	}
	terms := url.Values{"title": {"Again"}, "skus": {"AUR-D18B, AUR-B50"}, "kind": {"percent"}, "percent": {"5"}, "settle": {"off_invoice"}, "by": {"order"}, "from": {"2027-09-14"}, "until": {"2027-10-25"}, "zone": {"Europe/London"},
		parts[1] + "role": {"participant"}, parts[1] + "rate": {"1"}, "preview": {"1"}}
	a := ingrid.Post(t, "/c/aurelia/promotions/new", terms)
	if a.Status != 200 || !strings.Contains(a.Body, "On last year’s orders") || !strings.Contains(a.Body, "would have cost") && !strings.Contains(a.Body, "no order under these terms") {
		t.Errorf("%d: nothing is said of last year", a.Status)
	}

	// a family that holds one of the products is warned of before anything is kept or sent
	const meets = "can order the same products under Again ("
	if strings.Contains(a.Body, meets) {
		t.Error("it meets itself before it is kept")
	}
	terms.Del("preview")
	if a = ingrid.Post(t, "/c/aurelia/promotions/new", terms); a.Status != 303 {
		t.Fatalf("%d\n%.2000s", a.Status, a.Body)
	}
	terms.Set("preview", "1")
	terms.Del("skus")
	terms.Set("title", "Once more")
	terms.Set("families", "cordless")
	if a = ingrid.Post(t, "/c/aurelia/promotions/new", terms); !strings.Contains(a.Body, meets) || !strings.Contains(a.Body, "the better for the partner, never both") {
		t.Errorf("%d: no word of the promotion it meets\n%.3000s", a.Status, a.Body)
	}
}
