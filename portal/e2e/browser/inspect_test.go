package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestInspector: the document shows itself at once; a place chosen by pointer or by keys is
// chosen in raw, tree and form and told in words, and without a script by the address alone.
// A stranger who opens a link made there reads no price, and nothing once it is taken back.
func TestInspector(t *testing.T) {
	p := as(t, left, "ingrid@aurelia.example")
	open(t, p, "/c/aurelia/edi?q=4500187519")
	must(t, p.Eval(`[...document.querySelectorAll("#rows tr")].find((r) => r.textContent.includes("4500187519")).querySelector("a").id = "the-order"`, nil), p.Leave("#the-order"))
	must(t, p.Has(`[data-pane=raw] [data-at="2"]`), p.Has(`[data-view=raw][aria-current]`))
	same := func(at, word string) {
		t.Helper()
		must(t, p.Until(`["raw", "tree", "form"].every((v) => document.querySelector("[data-pane=" + v + "] [data-seg='`+strings.Split(at, ".")[0]+`'].sel")) && [...document.querySelectorAll("[data-pane=raw] [data-at][aria-current]")].map((a) => a.dataset.at).join() === "`+at+`" && new URL(location.href).searchParams.get("at") === "`+at+`"`), p.Says("#said", word))
	}
	must(t, p.Click(`[data-pane=raw] [data-at="4.2"]`))
	same("4.2", "DTM02")
	must(t, p.Run(chromedp.KeyEvent(kb.ArrowLeft)))
	same("4.1", "DTM01")
	must(t, p.Run(chromedp.KeyEvent(kb.ArrowDown)), p.Until(`new URL(location.href).searchParams.get("at") === "5"`), p.Says("#said", "N1"))
	must(t, p.Click(`[data-view=tree]`), p.Click(`[data-pane=tree] [data-at="2.3"]`))
	same("2.3", "BEG03")
	must(t, p.Click(`[data-view=form]`), p.Click(`[data-pane=form] [data-at="4.2"]`))
	same("4.2", "DTM02")
	at := read[string](t, p, `location.pathname + location.search`)
	if !strings.Contains(at, "at=4.2") || !strings.Contains(at, "view=form") {
		t.Errorf("the address is %s", at)
	}
	must(t, p.Scripts(false))
	open(t, p, at)
	must(t, p.Has(`[data-pane=form] [data-at="4.2"][aria-current]`), p.Leave(`[data-pane=form] [data-at="2.3"]`), p.Says("#said", "BEG03"))
	must(t, p.Scripts(true))

	open(t, p, strings.Split(at, "?")[0]+"?tab=share")
	must(t, p.Has(`[data-pane=raw] [data-at="2"]`), p.Fill("[name=note]", "The carrier"), p.Leave(`form[action$="/shares"] .btn-primary`))
	link := read[string](t, p, `document.querySelector("#share-url").value`)
	stranger := tab(t, right)
	must(t, stranger.Size(390, 844, 1))
	code, err := stranger.Go(link)
	must(t, err)
	must(t, stranger.Has(`[data-pane=raw] .seg`), stranger.Says("[data-pane=raw]", "XXXX"))
	if body := read[string](t, stranger, `document.documentElement.innerHTML`); code != 200 || strings.Contains(body, "84.00") || strings.Contains(body, "41.50") {
		t.Errorf("a stranger is answered %d with %s", code, body)
	}
	wide(t, stranger)
	must(t, p.Click(`form[action$="/revoke"] button`), p.Leave("[data-ask-yes]"), p.Until(`!document.querySelector("form[action$='/revoke']")`))
	stranger.Quiet(true)
	if code, err = stranger.Go(link); err != nil || code != 404 {
		t.Errorf("taken back it answers %d, %v", code, err)
	}
}

// TestUploadReport: what a file would become is shown before it is booked, in Chinese on a
// telephone; after that it is a message.
func TestUploadReport(t *testing.T) {
	p := as(t, left, "dan@kestrel.example")
	must(t, p.Speak("zh-CN"), p.Size(390, 844, 1))
	file := filepath.Join(t.TempDir(), "orders.csv")
	rows := "document,number,date,currency,vendor_item,quantity,unit,price\n850,SEEN-FIRST-1,2026-11-22,GBP,AUR-D18B,24,EA,84.00\n"
	must(t, os.WriteFile(file, []byte(rows), 0o600))
	open(t, p, "/c/kestrel/edi/send")
	must(t, p.Run(chosen("[name=partner]", "aurelia"), chromedp.SetUploadFiles("[name=file]", []string{file})), p.Leave(`form[action$="/edi/send"] .btn-primary`))
	must(t, p.Has(`form[action$="/drop"] button`), p.Says("#main", "SEEN-FIRST-1"))
	wide(t, p)
	picture(t, p, "upload-report-zh-390", Looks[2])
	must(t, p.Size(390, 844, 1), p.Leave(`form[action$="/book"] .btn-primary`))
	must(t, p.Until(`/\/edi\/[^\/]+$/.test(location.pathname)`), p.Says("#raw", "SEEN-FIRST-1"))
	must(t, p.Speak("en"))
}

// TestRoomOfSeveral: two partners are asked into one room, each on its own; the one that
// agrees is in it, and neither reads of the other before.
func TestRoomOfSeveral(t *testing.T) {
	p := as(t, right, "ingrid@aurelia.example")
	open(t, p, "/c/aurelia/rooms/new")
	must(t, p.Fill("[name=title]", "Dust extraction"), p.Click("[name=open]"))
	for _, company := range []string{"Kestrel Supply", "华东五金"} {
		must(t, p.Eval(fmt.Sprintf(`[...document.querySelectorAll("[name=partners]")].find((e) => e.closest("label").textContent.includes(%q)).click()`, company), nil))
	}
	must(t, p.Leave("#main form .btn-primary"), p.Until(`/\/rooms\/[^\/]+$/.test(location.pathname)`))
	room := read[string](t, p, `location.pathname.split("/").pop()`)

	maya := as(t, left, "maya@kestrel.example")
	must(t, maya.Size(390, 844, 1))
	open(t, maya, "/c/kestrel/rooms/invitations/"+room)
	must(t, maya.Says("h1", "Dust extraction"))
	if read[bool](t, maya, `document.documentElement.innerHTML.includes("华东五金")`) {
		t.Error("who else is asked is told before anybody agreed")
	}
	wide(t, maya)
	picture(t, maya, "room-asked-en-390", Looks[2])
	must(t, maya.Size(1440, 900, 1), maya.Leave("#main [name=join]"), maya.Until(`location.pathname === "/c/kestrel/rooms/`+room+`"`), maya.Says("#main", "Dust extraction"))
	// the list of rooms names a room of the demo companies that both have agreed to
	if read[bool](t, maya, `(() => { const page = document.documentElement.cloneNode(true); page.querySelectorAll("a.room").forEach((a) => a.remove()); return page.innerHTML.includes("华东五金") })()`) {
		t.Error("who has not agreed is shown to who has")
	}
}
