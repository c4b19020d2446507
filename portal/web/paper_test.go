package web_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

// pdfText is what a reader that is not ours finds in a PDF.
func pdfText(t *testing.T, body string) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("pdftotext is missing: install the Debian package poppler-utils")
		}
		t.Skip("left out: pdftotext of poppler-utils is not here")
	}
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", file, "-").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// TestDocumentsOnPaper: every document of a chain leads to its PDF, in the reader's
// language and size, or the one asked for.
func TestDocumentsOnPaper(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	dan, chen := p.As(t, portaltest.Dan), p.As(t, portaltest.Chen)
	order := dan.Find(t, "/c/kestrel/orders?state=closed", `href="(/c/kestrel/orders/[a-z0-9]{20,})"`)
	page := dan.Get(t, order).Body
	links := map[string]string{}
	for _, m := range regexp.MustCompile(`class="small pdf" href="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		switch {
		case strings.Contains(m[1], "/responses/"):
			links["Order confirmation"] = m[1]
		case strings.Contains(m[1], "/shipments/"):
			links["Delivery note"] = m[1]
		case strings.Contains(m[1], "/invoices/"):
			links["Invoice"] = m[1]
		default:
			links["Purchase order"] = m[1]
		}
	}
	for title, link := range links {
		a := dan.Get(t, link)
		if a.Status != 200 || a.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "inline; filename=") {
			t.Fatalf("%s: %d %v", link, a.Status, a.Header)
		}
		text := pdfText(t, a.Body)
		for _, want := range []string{title, "Page 1 of", "Aurelia Tools", "18 Kelham Island", "GB 123 4567 82", "Kestrel Supply", "AUR-"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q:\n%s", title, want, text)
			}
		}
	}
	if len(links) != 4 {
		t.Errorf("the page leads to %v", links)
	}
	if text := pdfText(t, dan.Get(t, links["Invoice"]+"?lang=zh-CN&paper=letter").Body); !strings.Contains(text, "应付总额") || strings.Contains(text, "Total to pay") {
		t.Errorf("in Chinese:\n%s", text)
	}
	own := chen.Find(t, "/c/huadong/orders", `href="(/c/huadong/orders/[a-z0-9]{20,})"`)
	if text := pdfText(t, chen.Get(t, own+"/pdf").Body); !strings.Contains(text, "采购订单") || !strings.Contains(text, "华东五金") || !strings.Contains(text, "黄浦区北京东路 668 号") {
		t.Errorf("her own:\n%s", text)
	}
	for _, wrong := range []string{own + "/responses/nope/pdf", own + "/shipments/nope/pdf", "/c/huadong/invoices/nope/pdf", "/c/huadong" + strings.TrimPrefix(order, "/c/kestrel") + "/pdf"} {
		if a := chen.Get(t, wrong); a.Status != 404 {
			t.Errorf("%s: %d", wrong, a.Status)
		}
	}
}
