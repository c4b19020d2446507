package browser

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// picture takes a page to the folder of ENTENTE_PICTURES, for people to look at; without
// one it does nothing.
func picture(t *testing.T, p *Page, name string, l Look) {
	t.Helper()
	dir := os.Getenv("ENTENTE_PICTURES")
	if dir == "" {
		return
	}
	if l.Dark {
		must(t, p.Eval(`document.documentElement.dataset.bsTheme = "dark"`, nil))
	}
	raw, err := p.Shot(l)
	must(t, err, os.WriteFile(filepath.Join(dir, name+".png"), raw, 0o644))
	must(t, p.Size(l.Width, l.Height, l.Scale()))
}

// chosen chooses an option as a person does: the page hears of it.
func chosen(selector, value string) chromedp.Action {
	return chromedp.Evaluate(`(() => { const e = document.querySelector(`+quote(selector)+`); e.value = `+quote(value)+`; e.dispatchEvent(new Event("change", {bubbles: true})); })()`, nil)
}
