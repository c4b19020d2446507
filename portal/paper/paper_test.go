package paper

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/edi/doc"
	"entente/portal/locale"
	"entente/prm/account"
	"entente/prm/money"
	"entente/prm/quote"
	"entente/prm/trade"
	"entente/static"
)

// sample is an order of n lines with an answer, a shipment and an invoice.
func sample(t testing.TB, lang locale.Language, n int) (Source, trade.Response, trade.Shipment, trade.Invoice) {
	t.Helper()
	at := time.Date(2026, 11, 16, 9, 12, 0, 0, time.UTC)
	s := Source{P: Words(lang, time.UTC),
		Supplier: account.Org{Name: "Aurelia Tools", Street: "18 Kelham Island", Postcode: "S3 8RY", City: "Sheffield", Country: "GB", TaxID: "GB 123 4567 82"},
		Reseller: account.Org{Name: "华东五金", Street: "黄浦区北京东路 668 号", Postcode: "200001", City: "上海", Country: "CN", TaxID: "91310101MA1FL0AB3X"}}
	o := &s.Order
	o.Number, o.Currency, o.OrderedOn, o.RequestedOn, o.Received, o.Kind = "PO-00142", "CNY", "2026-11-16", "2026-12-01", at, "SA"
	o.Note = "请在上午送货。Łódź, Größe ½ → gate 4. Emoji 😀 and a rare one: 𠮷."
	o.Parties = []doc.Party{{Role: "ST", Name: "华东五金（青浦仓库）", Address: []string{"外青松公路 5500 号"}, City: "上海", Postcode: "201799", Country: "CN"}}
	o.Terms = []doc.Terms{{NetDays: "30"}}
	r := trade.Response{Number: "R-0007", Kind: trade.ResponseChanged, At: at}
	sh := trade.Shipment{Number: "S-00031", ShippedOn: "2026-11-20", Carrier: "顺丰速运", Tracking: "SF1234567890", At: at}
	inv := trade.Invoice{Number: "INV-00077", Kind: trade.InvoiceDebit, Currency: "CNY", IssuedOn: "2026-11-21", DueOn: "2026-12-21", At: at, TaxRate: 130_000, TaxCategory: "S"}
	total := money.Amount{Currency: "CNY"}
	for i := 1; i <= n; i++ {
		l := trade.Line{Number: i, SKU: fmt.Sprintf("AUR-%04d", 1000+i), BuyerItem: fmt.Sprintf("HD/%d", i), GTIN: fmt.Sprintf("050123456%05d", i), NameEN: "Cordless impact drill 18 V, brushless, two batteries", NameZH: "无刷充电式冲击钻 18 V，含两块电池和充电器，工业级", Unit: "EA",
			Ordered: money.Whole(int64(i)), Price: money.Whole(129) + 500_000}
		a, err := money.Extend(l.Ordered, l.Price, "CNY")
		if err != nil {
			t.Fatal(err)
		}
		l.Amount = a
		total.Minor += a.Minor
		o.Lines = append(o.Lines, l)
		act := []trade.Action{trade.Accept, trade.Backorder, trade.Reject}[i%3]
		r.Lines = append(r.Lines, trade.ResponseLine{Line: i, Action: act, Quantity: l.Ordered, Date: "2026-12-03", Reason: map[bool]string{true: "out_of_stock"}[act == trade.Reject]})
		sh.Lines = append(sh.Lines, trade.ShipmentLine{Line: i, Quantity: l.Ordered})
		inv.Lines = append(inv.Lines, trade.InvoiceLine{Position: i, Line: i, SKU: l.SKU, Quantity: l.Ordered, Unit: "EA", Price: l.Price, Amount: a})
	}
	o.Total, inv.Net = total, total
	inv.Tax, _ = money.Portion(total, inv.TaxRate)
	inv.Gross, _ = inv.Net.Add(inv.Tax)
	o.Shipments = []trade.Shipment{sh}
	return s, r, sh, inv
}

// offer is a quote of n lines.
func offer(n int) quote.Quote {
	q := quote.Quote{Number: "Q-00012", State: quote.Offered, Round: 2, Currency: "CNY", DealCode: "D-48291573"}
	q.Kind, q.At, q.Title, q.Customer, q.Note = quote.KindOffer, time.Date(2026, 11, 16, 9, 12, 0, 0, time.UTC), "哈罗四号线", "Harrow Fabrication", "一次交货。One delivery."
	q.ValidUntil, q.From, q.Until = "2026-11-30", "2026-11-16", "2026-12-31"
	for i := 1; i <= n; i++ {
		l := quote.Line{SKU: fmt.Sprintf("AUR-%04d", 1000+i), NameEN: "Cordless impact drill", NameZH: "充电式冲击钻", Unit: "EA", Quantity: money.Whole(int64(i)), Base: money.Whole(129), Price: money.Whole(100), Amount: int64(i) * 10_000, Steps: []quote.Step{{Kind: quote.StepList, Price: money.Whole(129)}}}
		q.Lines, q.Total = append(q.Lines, l), q.Total+l.Amount
	}
	return q
}

// A quote says what may be shown to others: its number, days and prices, not how they came
// about. A request is the paper of who asks.
func TestQuote(t *testing.T) {
	for lang, want := range map[locale.Language][]string{"en": {"Quotation", "Acceptby", "Q-00012", "D-48291573", "HarrowFabrication"}, "zh-CN": {"报价单", "接受截止", "充电式冲击钻", "请在订单中注明报价编号Q-00012"}} {
		s, _, _, _ := sample(t, lang, 1)
		got := written(Quote(s, offer(3)), A4)
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s lacks %q:\n%s", lang, w, got)
			}
		}
		if strings.Contains(got, "129") {
			t.Errorf("%s tells the list price:\n%s", lang, got)
		}
		q := offer(1)
		q.Kind = quote.KindRequest
		if d := Quote(s, q); d.Issuer.Name != "华东五金" || d.Parties[0].Name != "Aurelia Tools" {
			t.Errorf("the request is of %s to %v", d.Issuer.Name, d.Parties)
		}
	}
}

func made(t testing.TB, d Document, size Size) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(context.Background(), &b, d, size); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// poppler runs one of the tools that are not ours. Without them the test is left
// out, which CI refuses.
func poppler(t *testing.T, tool string, pdf []byte, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing: install the Debian package poppler-utils", tool)
		}
		t.Skipf("left out: %s of poppler-utils is not here", tool)
	}
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	args = append(args, file)
	if tool == "pdftotext" {
		args = append(args, "-")
	}
	out, err := exec.Command(tool, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", tool, err, out)
	}
	return string(out)
}

func squeezed(s string) string { return strings.Join(strings.Fields(s), "") }

// written is everything that a document puts on paper, in its order.
func written(d Document, size Size) string {
	var b strings.Builder
	spy(d, size, func(s string) { b.WriteString(s) })
	return squeezed(b.String())
}

func all(t testing.TB, lang locale.Language, n int) map[string]Document {
	s, r, sh, inv := sample(t, lang, n)
	return map[string]Document{"order": Order(s), "response": Response(s, r), "shipment": Shipment(s, sh), "invoice": Invoice(s, inv), "quote": Quote(s, offer(min(n, 60)))}
}

// TestTextComesBack: a reader that is not ours extracts exactly what was written,
// in both languages and sizes; the fonts are embedded subsets of TrueType with a
// map to Unicode. PAPER_OUT=DIR keeps the files to look at.
func TestTextComesBack(t *testing.T) {
	for _, lang := range locale.Languages() {
		for name, d := range all(t, lang, 200) {
			for _, size := range []Size{A4, Letter} {
				pdf := made(t, d, size)
				if dir := os.Getenv("PAPER_OUT"); dir != "" {
					if err := os.WriteFile(filepath.Join(dir, name+"-"+string(lang)+"-"+string(size)+".pdf"), pdf, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				got, want := squeezed(poppler(t, "pdftotext", pdf, "-raw")), written(d, size)
				if got != want {
					at := 0
					for at < min(len(got), len(want)) && got[at] == want[at] {
						at++
					}
					t.Errorf("%s %s %s: at byte %d of %d\n got …%.80s\nwant …%.80s", name, lang, size, at, len(want), got[max(0, at-20):], want[max(0, at-20):])
				}
				for _, line := range strings.Split(strings.TrimSpace(poppler(t, "pdffonts", pdf)), "\n")[2:] {
					if !strings.HasPrefix(line, "ENTTA") || !strings.Contains(line, "CID TrueType") || !strings.Contains(line, "yes yes yes") {
						t.Errorf("%s %s: %s", name, lang, line)
					}
				}
				if info := poppler(t, "pdfinfo", pdf); !strings.Contains(info, map[Size]string{A4: "(A4)", Letter: "(letter)"}[size]) {
					t.Errorf("%s: %s", size, info)
				}
			}
		}
	}
}

// TestPages: titles and the number of pages stand on every page, sums once, and
// what no font has is told by its code.
func TestPages(t *testing.T) {
	s, _, _, inv := sample(t, locale.Chinese, 200)
	text := poppler(t, "pdftotext", made(t, Invoice(s, inv), A4), "-layout")
	pages := strings.Split(strings.TrimRight(text, "\f"), "\f")
	if len(pages) < 5 {
		t.Fatalf("%d pages", len(pages))
	}
	for i, p := range pages {
		if !strings.Contains(p, fmt.Sprintf("第 %d 页，共 %d 页", i+1, len(pages))) || !strings.Contains(p, "品名") || !strings.Contains(p, "INV-00077") {
			t.Errorf("page %d:\n%s", i+1, p)
		}
	}
	for _, want := range []string{"Aurelia Tools", "GB 123 4567 82", "91310101MA1FL0AB3X", "青浦仓库", "应付总额", "¥" + s.P.Number(inv.Gross.String()), "增值税 13%（S）"} {
		if n := strings.Count(text, want); n != 1 && want != "Aurelia Tools" {
			t.Errorf("%q stands %d times", want, n)
		}
	}
	if order := poppler(t, "pdftotext", made(t, Order(s), A4)); !strings.Contains(order, "[U+1F600]") || !strings.Contains(order, "[U+20BB7]") || !strings.Contains(order, "Łódź, Größe ½ → gate 4") {
		t.Errorf("the note: %s", order)
	}
}

// TestRights: without prices there are none on paper; a delivery note has none ever,
// and that of a drop ship does not name the supplier.
func TestRights(t *testing.T) {
	s, r, sh, _ := sample(t, locale.English, 3)
	flat := func(d Document) string { return written(d, A4) }
	if !strings.Contains(flat(Order(s)), "129.50") || strings.Contains(flat(Shipment(s, sh)), "129.50") || !strings.Contains(flat(Shipment(s, sh)), "AureliaTools") {
		t.Error("prices or the sender are not where they should be")
	}
	s.Order.Kind = "DS"
	if got := flat(Shipment(s, sh)); strings.Contains(got, "Aurelia") || strings.Contains(got, "GB1234567") || !strings.Contains(got, "华东五金") {
		t.Errorf("the note of a drop ship names the supplier: %s", got)
	}
	s.Order.PricesHidden = true
	for name, d := range map[string]Document{"order": Order(s), "response": Response(s, r)} {
		if got := flat(d); strings.Contains(got, "129.50") || strings.Contains(got, "CNY") || len(d.Sums) > 0 {
			t.Errorf("%s shows prices: %s", name, got)
		}
	}
}

// TestSameBytes: the same document is the same file, also when many are made at
// once, and the shared fonts stay as they are.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	fonts := func() string {
		f := static.Paper()
		return fmt.Sprintf("%x", sha256.Sum256(slices.Concat(f.Regular, f.Bold, f.Chinese)))
	}
	before := fonts()
	d := all(t, locale.Chinese, 40)["invoice"]
	want := made(t, d, A4)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if !bytes.Equal(made(t, d, A4), want) {
				t.Error("another file")
			}
		})
	}
	wg.Wait()
	if fonts() != before {
		t.Error("the fonts were changed")
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range cap(making) {
		making <- struct{}{}
	}
	err := Write(gone, &bytes.Buffer{}, d, A4)
	for range cap(making) {
		<-making
	}
	if err == nil {
		t.Error("a caller who gave up was served")
	}
}

// TestOddDocuments: empty, endless words, a row taller than a page, a note over
// pages.
func TestOddDocuments(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("词语", 4000)
	for name, d := range map[string]Document{
		"empty": {},
		"long":  {Title: "T", Number: strings.Repeat("9", 300), Issuer: Party{Name: strings.Repeat("W", 400)}, Columns: []Column{{Title: "A", Weight: 1}, {Title: "B", Weight: 1, Right: true}}, Rows: []Row{{Cells: []string{long, "1"}}, {Cells: []string{"x"}, Notes: []string{long}}}, Notes: []Fact{{"N", long}}},
		"marks": {Title: "e\u0301 \u200bx\x00\ty", Notes: []Fact{{"", "a\u0301\r\nb"}}},
	} {
		pdf := made(t, d, Letter)
		if got, want := squeezed(poppler(t, "pdftotext", pdf, "-raw")), written(d, Letter); got != want {
			t.Errorf("%s: %d bytes read, %d written", name, len(got), len(want))
		}
	}
}

func TestSizeFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		asked, country string
		want           Size
	}{{"", "GB", A4}, {"", "US", Letter}, {"a4", "US", A4}, {"letter", "CN", Letter}, {"a5", "CN", A4}} {
		if got := SizeFor(c.asked, c.country); got != c.want {
			t.Errorf("%v: %s", c, got)
		}
	}
}

func BenchmarkInvoice500(b *testing.B) {
	s, _, _, inv := sample(b, locale.Chinese, 500)
	d := Invoice(s, inv)
	b.ReportAllocs()
	for b.Loop() {
		made(b, d, A4)
	}
}
