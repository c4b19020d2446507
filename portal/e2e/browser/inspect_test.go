package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// chosenIn is the place that a view shows as chosen.
func chosenIn(t *testing.T, p *Page, view string) string {
	t.Helper()
	return read[string](t, p, `(document.querySelector("[data-pane=`+view+`] [data-at][aria-current]") || {dataset: {at: ""}}).dataset.at`)
}

// TestInspector: a place chosen in one view of a document is chosen in all and explained,
// by pointer, by keys and without a script; a link made there shows no price and ends when
// it is taken back.
func TestInspector(t *testing.T) {
	for _, language := range []string{"en", "zh-CN"} {
		t.Run(language, func(t *testing.T) {
			p := as(t, left, "tomas@aurelia.example")
			must(t, p.Speak(language))
			open(t, p, "/c/aurelia/edi?view=failed&q=4500187519")
			must(t, p.Click("#rows a"), p.Has("[data-inspect]"))
			same := func(at, word string) {
				t.Helper()
				must(t, p.Until(`["raw", "tree", "form"].every((v) => [...document.querySelectorAll("[data-pane=" + v + "] [aria-current][data-at]")].map((a) => a.dataset.at).join() === "`+at+`") && new URL(location.href).searchParams.get("at") === "`+at+`"`), p.Says("#said", word))
			}
			must(t, p.Click(`[data-pane=raw] [data-at="4.2"]`))
			same("4.2", "DTM02")
			must(t, p.Run(chromedp.KeyEvent(kb.ArrowLeft)))
			same("4.1", "DTM01")
			must(t, p.Run(chromedp.KeyEvent(kb.ArrowRight)))
			same("4.2", "DTM02")
			must(t, p.Run(chromedp.KeyEvent(kb.ArrowDown)), p.Until(`new URL(location.href).searchParams.get("at") === "5"`))
			must(t, p.Click(`[data-view=tree]`), p.Until(`!document.querySelector("[data-pane=tree]").hidden && document.querySelector("[data-pane=raw]").hidden`))
			must(t, p.Click(`[data-pane=tree] [data-at="2.3"]`))
			same("2.3", "BEG03")
			must(t, p.Click(`[data-view=form]`), p.Click(`[data-pane=form] [data-at="4.2"]`))
			same("4.2", "DTM02")
			at := read[string](t, p, `location.pathname + location.search`)
			if !strings.Contains(at, "at=4.2") || !strings.Contains(at, "view=form") {
				t.Errorf("the address is %s", at)
			}

			// the same without a script, from the address alone
			must(t, p.Scripts(false))
			open(t, p, at)
			for _, view := range []string{"raw", "tree", "form"} {
				if got := chosenIn(t, p, view); got != "4.2" {
					t.Errorf("without a script %s has %q", view, got)
				}
			}
			must(t, p.Leave(`[data-pane=form] [data-at="2.3"]`))
			if got := chosenIn(t, p, "raw"); got != "2.3" {
				t.Errorf("a link of the form chose %q in raw", got)
			}
			must(t, p.Scripts(true))

			// a link without prices
			open(t, p, read[string](t, p, `location.pathname`)+"?tab=share")
			must(t, p.Fill("[name=note]", "Carrier "+language), p.Leave(`form[action$="/shares"] button`), p.Has("#share-url"))
			link := read[string](t, p, `document.querySelector("#share-url").value`)
			code, err := p.Go(link)
			must(t, err)
			body := read[string](t, p, `document.body.textContent`)
			if code != 200 || !strings.Contains(body, "XXXX") || strings.Contains(body, "84.00") || strings.Contains(body, "46.50") {
				t.Errorf("%d %s", code, body)
			}
			must(t, p.Size(390, 844, 1))
			if wide := read[int](t, p, `document.documentElement.scrollWidth`); wide > 390 {
				t.Errorf("the shared page is %d wide on a phone", wide)
			}
			must(t, p.Size(1440, 900, 1))
			open(t, p, strings.Split(at, "?")[0]+"?tab=share")
			must(t, p.Click(`form[action$="/revoke"] button`), p.Has("#ask[open]"), p.Leave("#ask[open] [data-ask-yes]"))
			p.Quiet(true)
			code, err = p.Go(link)
			p.Quiet(false)
			must(t, err)
			if code != 404 {
				t.Errorf("taken back it answers %d", code)
			}
			open(t, p, "/c/aurelia/")
			must(t, p.Speak("en"))
		})
	}
}
