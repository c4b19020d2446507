package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestOrderDeskByKeyboard: Chen brings twenty orders in a file; Ingrid clears all of them
// with the keyboard alone: moves, picks, looks at the doubts, confirms.
func TestOrderDeskByKeyboard(t *testing.T) {
	chen := as(t, left, "chen@huadong.example")
	open(t, chen, "/c/huadong/files/orders")
	var text strings.Builder
	text.WriteString("Order no,Item,Qty\\n")
	for i := range 20 {
		fmt.Fprintf(&text, "HDDESK-%02d,AUR-D18B,%d\\n", i, 10+i)
	}
	must(t, chen.Await(`(async () => { const f = document.querySelector("form[enctype]"), d = new FormData(f); d.set("file", new File(["`+text.String()+`"], "desk.csv")); const r = await fetch(f.action, {method: "POST", body: d}); location.href = r.url; return true })()`, new(bool)))
	must(t, chen.Has(`form[action$="/apply"] .btn-primary`), chen.Leave(`form[action$="/apply"] .btn-primary`))
	must(t, chen.Until(`document.querySelectorAll('a[href*="/orders/"].num').length === 20`))

	ingrid := as(t, right, "ingrid@aurelia.example")
	open(t, ingrid, "/c/aurelia/orders?q=HDDESK")
	press := func(keys ...string) {
		t.Helper()
		for _, k := range keys {
			must(t, ingrid.Run(chromedp.KeyEvent(k)))
		}
	}
	must(t, ingrid.Until(`document.querySelectorAll("[data-pick]").length === 20`))
	for range 20 {
		press("j", "x")
	}
	if n := read[int](t, ingrid, `document.querySelectorAll("[data-pick]:checked").length`); n != 20 {
		t.Fatalf("%d rows are picked", n)
	}
	if focus := read[bool](t, ingrid, `document.activeElement.closest("[data-row]") === [...document.querySelectorAll("[data-row]")].at(-1)`); !focus {
		t.Error("the focus does not follow the row")
	}
	press("?")
	must(t, ingrid.Until(`document.getElementById("keys").open`))
	must(t, ingrid.Run(chromedp.KeyEvent("\u001b")), ingrid.Until(`!document.getElementById("keys").open`))
	press("c")
	must(t, ingrid.Has(`button[name=go]`))
	if n := read[int](t, ingrid, `document.querySelectorAll("input[name=order]").length`); n != 20 {
		t.Errorf("%d orders are clean", n)
	}
	press("c")
	must(t, ingrid.Until(`!document.querySelector("button[name=go]") && document.querySelectorAll("tbody tr").length === 20`))
	if n := read[int](t, ingrid, `[...document.querySelectorAll("tbody tr")].filter((r) => r.innerText.includes("Confirmed")).length`); n != 20 {
		t.Errorf("%d orders are confirmed", n)
	}
	press("c")
	must(t, ingrid.Until(`location.pathname === "/c/aurelia/orders" && !document.querySelector("[data-pick]")`))
}
