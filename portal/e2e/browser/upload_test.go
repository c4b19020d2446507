package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

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
