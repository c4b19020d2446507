package web_test

import (
	"regexp"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

// settled waits until a file is worked on no more and gives its page.
func settled(t *testing.T, c *portaltest.Client, path string) string {
	t.Helper()
	body := ""
	eventually(t, "the file is done with", func() bool {
		a := c.Get(t, path)
		if body = a.Body; a.Status != 200 {
			t.Fatalf("%s: %d\n%.2000s", path, a.Status, a.Body)
		}
		return !strings.Contains(body, `hx-trigger="every 1s"`)
	})
	return body
}

// TestOrderFilePages: a buyer brings a file with two orders and a wrong cell, repairs it in
// the grid, places both, finds them; the same file adds nothing; columns are set by hand
// and remembered; the error file names the reason; others see nothing.
func TestOrderFilePages(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	chen, kaarel := p.As(t, portaltest.Chen), p.As(t, "kaarel@baltic.example")
	const list = "/c/huadong/files/orders"
	text := []byte("订单号,货号,数量\nHD-F-1,AUR-D18B,7\nHD-F-1,AUR-G125,3\nHD-F-2,AUR-D18B,=BAD\n")
	bring := func(content []byte) string {
		t.Helper()
		a := sendFile(t, p, chen, list, filled(t, chen.Get(t, list).Body, list), "orders.csv", content)
		if a.Status != 303 {
			t.Fatalf("bring: %d\n%.3000s", a.Status, a.Body)
		}
		return a.Location
	}
	at := bring(text)
	page := settled(t, chen, at)
	for _, w := range []string{"1 张订单可提交", "不是数字", `name="r.4.quantity"`} {
		if !strings.Contains(page, w) {
			t.Errorf("the preview lacks %q\n%.6000s", w, page)
		}
	}
	if strings.Contains(page, `name="r.2.quantity"`) {
		t.Error("rows without a finding are shown first")
	}
	if bad := chen.Get(t, at+"/errors?format=csv"); bad.Status != 200 || !regexp.MustCompile(`HD-F-2,AUR-D18B,'?=BAD,.*不是数字`).MatchString(bad.Body) || strings.Contains(bad.Body, "HD-F-1") {
		t.Errorf("error file: %d\n%s", bad.Status, bad.Body)
	}
	form := filled(t, page, at+"/rows")
	form.Set("r.4.quantity", "5")
	if a := chen.Post(t, at+"/rows", form); a.Status != 303 {
		t.Fatalf("repair: %d\n%.2000s", a.Status, a.Body)
	}
	page = settled(t, chen, at)
	if !strings.Contains(page, "2 张订单可提交") {
		t.Errorf("not repaired\n%s", page)
	}
	if a := chen.Post(t, at+"/apply", filled(t, page, at+"/apply")); a.Status != 303 {
		t.Fatalf("apply: %d\n%.2000s", a.Status, a.Body)
	}
	page = settled(t, chen, at)
	orders := regexp.MustCompile(`href="(/c/huadong/orders/[0-9a-v]{26})">(HD-F-[12])<`).FindAllStringSubmatch(page, -1)
	if len(orders) != 2 || strings.Count(page, "已生成") != 2 {
		t.Fatalf("orders %v\n%.5000s", orders, page)
	}
	if a := chen.Get(t, orders[1][1]); a.Status != 200 || !strings.Contains(a.Body, "HD-F-2") {
		t.Errorf("the order: %d", a.Status)
	}

	again := bring(text)
	page = settled(t, chen, again)
	if !strings.Contains(page, "同一文件此前已上传") {
		t.Error("the same file is not told")
	}
	if a := chen.Post(t, again+"/apply", filled(t, page, again+"/apply")); a.Status != 303 {
		t.Fatalf("apply again: %d", a.Status)
	}
	if page = settled(t, chen, again); !strings.Contains(page, "已存在") || strings.Contains(page, "已生成") {
		t.Errorf("the same file added something\n%s", page)
	}

	odd := bring([]byte("甲,乙\n7,AUR-D18B\n"))
	form = filled(t, settled(t, chen, odd), odd+"/columns")
	form.Set("header", "1")
	form.Set("column.0", "quantity")
	form.Set("column.1", "item")
	if a := chen.Post(t, odd+"/columns", form); a.Status != 303 {
		t.Fatalf("columns: %d\n%.2000s", a.Status, a.Body)
	}
	settled(t, chen, odd)
	if page = settled(t, chen, bring([]byte("甲,乙\n8,AUR-D18B\n"))); !strings.Contains(page, "已沿用上次同版式文件的列设置") || !strings.Contains(page, "1 张订单可提交") {
		t.Errorf("the columns are not remembered\n%s", page)
	}

	for _, path := range []string{at, at + "/errors", strings.Replace(at, "huadong", "baltic", 1), strings.Replace(at, "huadong", "baltic", 1) + "/errors"} {
		if a := kaarel.Get(t, path); a.Status != 404 || strings.Contains(a.Body, "HD-F-1") {
			t.Errorf("a stranger at %s: %d", path, a.Status)
		}
	}
	mine := strings.Replace(at, "huadong", "baltic", 1)
	for _, do := range []string{"/rows", "/apply", "/columns", "/remove"} {
		if a := kaarel.Post(t, mine+do, nil); a.Status != 404 && a.Status != 409 && a.Status != 403 {
			t.Errorf("a stranger posts %s: %d", do, a.Status)
		}
	}
}

// TestCatalogueFilePages: the catalogue goes out as a file and comes in again without a
// change; a product is added by it. Who may not change it gets the file and no form.
func TestCatalogueFilePages(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid, chen := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Chen)
	const list = "/c/aurelia/files/products"
	out := ingrid.Get(t, "/c/aurelia/catalogue/export?format=csv")
	if out.Status != 200 || !strings.Contains(out.Body, "AUR-D18B") {
		t.Fatalf("export: %d\n%.2000s", out.Status, out.Body)
	}
	blank := strings.Repeat(",", 19)
	a := sendFile(t, p, ingrid, list, filled(t, ingrid.Get(t, list).Body, list), "catalogue.csv", []byte(out.Body+"FILE-1,From a file"+blank[:3]+"EA"+blank[:15]+"\r\n"))
	if a.Status != 303 {
		t.Fatalf("bring: %d\n%.3000s", a.Status, a.Body)
	}
	page := settled(t, ingrid, a.Location)
	if a := ingrid.Post(t, a.Location+"/apply", filled(t, page, a.Location+"/apply")); a.Status != 303 {
		t.Fatalf("apply: %d\n%.2000s", a.Status, a.Body)
	}
	page = settled(t, ingrid, a.Location)
	if strings.Count(page, ">Made<") != 1 || strings.Contains(page, ">Changed<") || strings.Contains(page, ">Not taken<") || !strings.Contains(page, "Was there already") {
		t.Errorf("the catalogue is not read as it was written\n%.8000s", page)
	}
	if a := ingrid.Get(t, "/c/aurelia/catalogue?q=FILE-1"); !strings.Contains(a.Body, "From a file") {
		t.Error("the product is not in the catalogue")
	}
	refs := chen.Get(t, "/c/huadong/files/references")
	if refs.Status != 200 {
		t.Fatalf("references: %d", refs.Status)
	}
	csv := regexp.MustCompile(`href="(/c/huadong/catalogue/export\?[^"]+)"`).FindStringSubmatch(refs.Body)
	if csv == nil {
		t.Fatal("no file of numbers")
	}
	if a := chen.Get(t, strings.ReplaceAll(csv[1], "&amp;", "&")); a.Status != 200 || !strings.Contains(a.Body, "buyer_item") {
		t.Errorf("numbers: %d\n%.500s", a.Status, a.Body)
	}
	if a := p.As(t, "kaarel@baltic.example").Get(t, strings.Replace(strings.ReplaceAll(csv[1], "&amp;", "&"), "huadong", "baltic", 1)); a.Status != 404 {
		t.Errorf("another partner's numbers: %d", a.Status)
	}
}
