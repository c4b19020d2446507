package web_test

import (
	"bytes"
	"mime/multipart"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"entente/portal/portaltest"
	"entente/portal/sheet"
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

// TestPastedCells: cells of a spreadsheet in any order of columns become lines of
// the form, below what was typed; every wrong row is told by its number and stands
// in its line as it was pasted; nobody orders with cells that are not lines yet.
func TestPastedCells(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	chen := p.As(t, portaltest.Chen)
	form := filled(t, chen.Get(t, newOrder).Body, newOrder)
	form.Set("po", "HD-PASTE-1")
	form.Set("requested", "2027-02-01")
	form.Set("line.1.sku", "AUR-G125")
	form.Set("line.1.quantity", "5")
	form.Set("paste", "数量\t货号\t单位\t单价\t交货日期\n24\tAUR-D18B\t件\t¥1.5\t2027-02-10\n许多\tAUR-D18B\t\t\t\n3\tAUR-NOPE\t\t\t\n2\tAUR-D18B\t托盘车\t\t\n\t\t\t\t随后\n\t\t请送三号门\t\t\n合计\t\t\t\t\n")
	page := chen.Post(t, newOrder, form) // the plain button, not "fill"
	if page.Status != 200 {
		t.Fatalf("pasted: %d\n%.3000s", page.Status, page.Body)
	}
	got := filled(t, page.Body, newOrder)
	for k, want := range map[string]string{"po": "HD-PASTE-1", "line.0.sku": "AUR-G125", "line.0.quantity": "5", "line.1.sku": "AUR-D18B", "line.1.quantity": "24", "line.1.price": "1.5", "line.1.date": "2027-02-10",
		"line.2.sku": "AUR-D18B", "line.2.quantity": "许多", "line.3.sku": "AUR-NOPE", "line.3.quantity": "3", "line.4.sku": "AUR-D18B", "line.4.quantity": "2", "line.4.unit": "托盘车"} {
		if got.Get(k) != want {
			t.Errorf("%s is %q, want %q", k, got.Get(k), want)
		}
	}
	if got.Has("line.5.sku") {
		t.Error("rows without an item and a quantity became lines")
	}
	for _, w := range []string{"第 3 行：数量：“许多”", "第 4 行：目录中没有 AUR-NOPE", "第 5 行：", "第 7 行：既无货号也无数量", "请送三号门", "您的单价为"} {
		if !strings.Contains(page.Body, w) {
			t.Errorf("the form does not say %q", w)
		}
	}
	if strings.Contains(page.Body, "第 2 行：") {
		t.Error("a good row is told as wrong")
	}
	if a := chen.Post(t, newOrder, got); a.Status != 422 {
		t.Fatalf("wrong lines are ordered: %d", a.Status)
	}
	for _, last := range []string{"4", "3", "2"} {
		got.Set("remove", last)
		got = filled(t, chen.Post(t, newOrder, got).Body, newOrder)
	}
	done := chen.Post(t, newOrder, got)
	if done.Status != 303 {
		t.Fatalf("place: %d\n%.3000s", done.Status, done.Body)
	}
	order := chen.Get(t, done.Location).Body
	for _, w := range []string{"HD-PASTE-1", "AUR-G125", "AUR-D18B"} {
		if !strings.Contains(order, w) {
			t.Errorf("the order lacks %q", w)
		}
	}

	form = filled(t, chen.Get(t, newOrder).Body, newOrder)
	form.Set("fill", "1")
	form.Set("paste", "\"AUR-D18B")
	if a := chen.Post(t, newOrder, form); a.Status != 422 || !strings.Contains(a.Body, "AUR-D18B</textarea>") || !strings.Contains(a.Body, "f-paste-e") {
		t.Errorf("an open quotation mark: %d\n%.2000s", a.Status, a.Body)
	}
	var many strings.Builder
	for range 503 {
		many.WriteString("AUR-D18B;1\n")
	}
	form.Set("paste", many.String())
	full := chen.Post(t, newOrder, form)
	if full.Status != 200 || !strings.Contains(full.Body, `name="line.499.sku"`) || strings.Contains(full.Body, `name="line.500.sku"`) || strings.Count(full.Body, "AUR-D18B\t1") != 3 {
		t.Errorf("503 rows: %d, %d kept", full.Status, strings.Count(full.Body, "AUR-D18B\t1"))
	}
}

// TestOrderFile: a CSV in the encoding of a Chinese spreadsheet and an XLSX become
// lines of the form like pasted cells; what is no table is refused with what was
// typed kept.
func TestOrderFile(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	chen := p.As(t, portaltest.Chen)
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("货号,数量,单位\r\nAUR-D18B,24,件\r\nAUR-NOPE,2,件\r\nAUR-G125,3 件,\r\n")
	if err != nil {
		t.Fatal(err)
	}
	var book bytes.Buffer
	w, err := sheet.NewWriter(&book, sheet.XLSX, "Order", []sheet.Column{{Title: "Qty"}, {Title: "Item no."}, {Title: "Wanted on"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range [][]sheet.Cell{{{Text: "24", Kind: sheet.Number}, {Text: "AUR-D18B"}, {Text: "2027-02-10", Kind: sheet.Date}}, {{Text: "2", Kind: sheet.Number}, {Text: "AUR-NOPE"}}, {{Text: "3", Kind: sheet.Number}, {Text: "AUR-G125"}}} {
		if err := w.Row(r...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	send := func(name string, content []byte) portaltest.Answer {
		form := filled(t, chen.Get(t, newOrder).Body, newOrder)
		form.Set("po", "HD-FILE-1")
		form.Del("file")
		return sendFile(t, p, chen, newOrder, form, name, content)
	}
	for name, content := range map[string][]byte{"订单.csv": []byte(gbk), "order.xlsx": book.Bytes()} {
		page := send(name, content)
		if page.Status != 200 {
			t.Fatalf("%s: %d\n%.3000s", name, page.Status, page.Body)
		}
		got := filled(t, page.Body, newOrder)
		for k, want := range map[string]string{"po": "HD-FILE-1", "line.0.sku": "AUR-D18B", "line.0.quantity": "24", "line.1.sku": "AUR-NOPE", "line.2.sku": "AUR-G125", "line.2.quantity": "3"} {
			if got.Get(k) != want {
				t.Errorf("%s: %s is %q, want %q", name, k, got.Get(k), want)
			}
		}
		if !strings.Contains(page.Body, "第 3 行：目录中没有 AUR-NOPE") {
			t.Errorf("%s: the wrong row is not told", name)
		}
	}
	if a := send("order.pdf", []byte("%PDF-1.7 ...")); a.Status != 422 || !strings.Contains(a.Body, `value="HD-FILE-1"`) || !strings.Contains(a.Body, "f-file-e") {
		t.Errorf("no table: %d\n%.2000s", a.Status, a.Body)
	}
}

// sendFile posts a form with a file.
func sendFile(t *testing.T, p *portaltest.Portal, c *portaltest.Client, path string, form url.Values, name string, content []byte) portaltest.Answer {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k := range form {
		if k == "file" {
			continue
		}
		if err := m.WriteField(k, form.Get(k)); err != nil {
			t.Fatal(err)
		}
	}
	f, err := m.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return c.Do(t, "POST", path, &b, "Content-Type", m.FormDataContentType(), "Origin", p.URL, "Sec-Fetch-Site", "same-origin")
}
