package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestLeadOnAPhone: Chen's two minutes with a lead, in Chinese on a telephone: from home
// to the offer, which names nobody yet; accepted, it shows the customer; a call is noted.
func TestLeadOnAPhone(t *testing.T) {
	chen := tab(t, left)
	must(t, chen.Size(390, 844, 2), home(chen, server.URL, "chen@huadong.example"))
	must(t, chen.Until(`document.documentElement.lang === "zh-CN"`))
	must(t, chen.Has(`#main a[href*="/leads/offers/"]`), chen.Leave(`#main a[href*="/leads/offers/"]`))
	must(t, chen.Says("h1", "机床维修"), chen.Says(".sla", "剩余"))
	fits(t, chen, "the offer")
	for _, secret := range []string{"@", "tel:"} {
		if html := read[string](t, chen, `document.querySelector("#main").innerHTML`); strings.Contains(html, secret) {
			t.Errorf("the offer holds %q before it is accepted", secret)
		}
	}

	must(t, chen.DoubleClick(`form[action$="/accept"] .btn-primary`), chen.Has(`form[action$="/work"]`))
	must(t, chen.Has(`#main a[href^="tel:"], #main a[href^="mailto:"]`))
	if read[bool](t, chen, `!!document.querySelector('form[action$="/accept"]')`) {
		t.Error("it can be accepted once more")
	}
	fits(t, chen, "the accepted lead")
	before := read[int](t, chen, `document.querySelectorAll(".tl > li").length`)

	must(t, chen.Fill(`form[action$="/work"] [name=kind]`, "call"), chen.Fill(`form[action$="/work"] [name=text]`, "已联系王工，周四到厂看现场"))
	must(t, chen.Leave(`form[action$="/work"] .btn-primary`), chen.Says(".tl", "已联系王工，周四到厂看现场"))
	if got := read[int](t, chen, `document.querySelectorAll(".tl > li").length`); got != before+1 {
		t.Errorf("%d lines of history after %d", got, before)
	}
	must(t, chen.Says("h1", "跟进中"))
	fits(t, chen, "the lead in work")

	// what waits for an answer is one less
	open(t, chen, "/c/huadong/leads?view=offered")
	must(t, chen.Until(`document.querySelectorAll("#rows tr").length === 0`))
	open(t, chen, "/c/huadong/leads?view=accepted")
	must(t, chen.Says("#rows", "机床维修"), chen.Says("#rows", "跟进中"))
	fits(t, chen, "the list")
}

// TestLeadBoardByKeyboard: Maya goes over the board with the keyboard alone, opens a card
// in the drawer beside it, accepts it by its menu, and it stands in the next column.
func TestLeadBoardByKeyboard(t *testing.T) {
	maya := as(t, left, "maya@kestrel.example")
	must(t, maya.Size(1440, 900, 1))
	open(t, maya, "/c/kestrel/leads?as=board")
	press := func(key string) { t.Helper(); must(t, maya.Run(chromedp.KeyEvent(key))) }
	cards := func(column string) int {
		return read[int](t, maya, `document.querySelectorAll("[data-column=`+column+`] [data-row]").length`)
	}
	must(t, maya.Until(`document.querySelectorAll("[data-column=offered] [data-row]").length > 0`))
	offered, accepted := cards("offered"), cards("accepted")
	press("j")
	press("\r")
	must(t, maya.Has(`#drawer:not([hidden]) h2`), maya.Says("#drawer", "Name, address and telephone appear when you accept"))
	press("k") // back to the card
	press("m")
	must(t, maya.Until(`document.activeElement.closest("form[data-to=accepted]")`))
	press("\u001b")
	must(t, maya.Until(`!document.querySelector("[data-moves][open]") && document.activeElement.matches("[data-moves] > summary")`))
	press("m")
	must(t, maya.Until(`document.activeElement.closest("form[data-to=accepted]")`))
	press("\r")
	must(t, maya.Until(`location.pathname === "/c/kestrel/leads" && document.querySelectorAll("[data-column=accepted] [data-row]").length === `+fmt.Sprint(accepted+1)))
	if n := cards("offered"); n != offered-1 {
		t.Errorf("%d cards are offered still", n)
	}
	// the other columns are one arrow away
	press(kb.ArrowRight)
	press(kb.ArrowRight)
	must(t, maya.Until(`document.activeElement.closest("[data-column]").dataset.column === "accepted"`))
	wide(t, maya)
}

// fits wants a page of a telephone without English words, keys or a width beyond the window.
func fits(t *testing.T, p *Page, what string) {
	t.Helper()
	wide(t, p)
	if got := englishWords(t, p); len(got) > 0 {
		t.Errorf("English words on %s: %q", what, got)
	}
	if text := read[string](t, p, `document.documentElement.innerText`); strings.Contains(text, "⟦") {
		t.Errorf("a key without words on %s", what)
	}
}
