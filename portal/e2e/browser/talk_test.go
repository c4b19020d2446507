package browser

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const lines = `[...document.querySelectorAll("#room ol.e-log li[data-seq]")].filter((e) => !e.dataset.key)`

// orderOf opens an order's page by its number through the list.
func orderOf(t *testing.T, p *Page, base, slug, number string) {
	t.Helper()
	open(t, p, base+"/c/"+slug+"/orders?q="+number)
	must(t, p.Until(`document.querySelectorAll("#rows tr").length === 1`), p.Leave("#rows a"), p.Says("h1", number))
}

// gapless wants the numbers of a room's lines one after the other, each once.
func gapless(t *testing.T, p *Page, who string) {
	t.Helper()
	got := read[[]int](t, p, lines+`.map((e) => +e.dataset.seq)`)
	if len(got) == 0 {
		t.Fatalf("%s sees no lines", who)
	}
	for i := 1; i < len(got); i++ {
		if got[i] != got[i-1]+1 {
			t.Errorf("%s sees %d after %d: %v", who, got[i], got[i-1], got)
		}
	}
}

// said is the texts of the messages a page shows, without those still waiting.
func said(t *testing.T, p *Page) []string {
	t.Helper()
	return read[[]string](t, p, lines+`.filter((e) => e.classList.contains("msg")).map((e) => e.querySelector("[data-text]").textContent)`)
}

func say(t *testing.T, p *Page, text string) {
	t.Helper()
	must(t, p.Type("#room textarea", text), p.Enter())
}

func hears(t *testing.T, p *Page, text string) {
	t.Helper()
	must(t, p.Until(lines+`.some((e) => e.querySelector("[data-text]").textContent === `+quote(text)+`)`))
}

const alive = `document.documentElement.dataset.live === "live"`

// TestTalk: two browsers talk on the page of an order; a line that breaks and a
// server that falls over lose nothing and repeat nothing.
func TestTalk(t *testing.T) {
	line, err := Lay(server)
	must(t, err)
	defer line.Close()
	ingrid := as(t, right, "ingrid@aurelia.example")
	orderOf(t, ingrid, server.URL, "aurelia", "4500187588")
	maya := tab(t, left)
	must(t, home(maya, line.URL, "maya@kestrel.example"))
	orderOf(t, maya, line.URL, "kestrel", "4500187588")
	must(t, maya.Until(alive), ingrid.Until(alive))

	// who is here
	must(t, maya.Has(`#room [data-presence] [title="Ingrid Dahl"] .on`), ingrid.Has(`#room [data-presence] [title="Maya Osei"] .on`))

	// typing, then the message, at once and with its author
	must(t, maya.Type("#room textarea", "Can you "), ingrid.Says("#room [data-typing]", "Maya Osei"))
	say(t, maya, "ship on Friday?")
	hears(t, ingrid, "Can you ship on Friday?")
	hears(t, maya, "Can you ship on Friday?")
	must(t, ingrid.Says("#room ol.e-log li.msg:last-child [data-name]", "Maya Osei"), ingrid.Says("#room ol.e-log li.msg:last-child [data-org]", "Kestrel"))
	must(t, ingrid.Until(`document.querySelector("#room [data-typing]").textContent === ""`), maya.Until(`document.querySelector("#room textarea").value === ""`))
	say(t, ingrid, "<b>Yes</b> & 星期五 👍")
	hears(t, maya, "<b>Yes</b> & 星期五 👍")

	// unread counts where the room is not open
	room := read[string](t, ingrid, `document.querySelector("#room").dataset.room`)
	open(t, ingrid, "/c/aurelia/rooms")
	badge := `document.querySelector('[data-unread-room="` + room + `"]')`
	must(t, ingrid.Until(alive))
	unread := read[int](t, ingrid, `+`+badge+`.textContent`)
	say(t, maya, "one")
	must(t, ingrid.Until(`+`+badge+`.textContent === `+strconv.Itoa(unread+1)+` && !`+badge+`.hidden`))
	say(t, maya, "two")
	must(t, ingrid.Until(`+`+badge+`.textContent === `+strconv.Itoa(unread+2)))
	open(t, ingrid, "/c/aurelia/rooms/"+room)
	must(t, ingrid.Says("ol.e-log", "two"), ingrid.Until(badge+`.hidden`))
	orderOf(t, ingrid, server.URL, "aurelia", "4500187588")
	must(t, ingrid.Until(alive))

	// the line breaks: the light says so, what was said meanwhile comes, once
	maya.Quiet(true)
	line.Cut()
	must(t, maya.Until(`document.documentElement.dataset.live !== "live"`), maya.Has(`.e-live[data-state=wait], .e-live[data-state=down]`))
	must(t, ingrid.Until(`!document.querySelector('#room [data-presence] [title="Maya Osei"] .on')`))
	for _, text := range []string{"while", "you were", "away"} {
		say(t, ingrid, text)
	}
	hears(t, ingrid, "away")
	say(t, maya, "said without a line")
	must(t, maya.Has("#room li.msg.pending"))
	if slices.Contains(said(t, maya), "away") {
		t.Error("the line was not cut")
	}
	line.Mend()
	must(t, maya.Until(alive))
	hears(t, maya, "away")
	hears(t, ingrid, "said without a line")
	must(t, maya.Until(`!document.querySelector("#room li.msg.pending")`))

	// the browser knows itself that it is offline
	must(t, maya.Offline(true), maya.Has(".e-live[data-state=down]"), maya.Offline(false), maya.Until(alive))

	// the server falls over and comes back on the same port
	ingrid.Quiet(true)
	server.Kill()
	must(t, ingrid.Until(`document.documentElement.dataset.live !== "live"`))
	say(t, ingrid, "said while the server was down")
	must(t, server.Again())
	must(t, ingrid.Until(alive), maya.Until(alive))
	hears(t, maya, "said while the server was down")
	say(t, maya, "all there")
	hears(t, ingrid, "all there")
	hears(t, maya, "all there")

	gapless(t, maya, "Maya")
	gapless(t, ingrid, "Ingrid")
	hers, theirs := said(t, maya), said(t, ingrid)
	want := []string{"Can you ship on Friday?", "<b>Yes</b> & 星期五 👍", "one", "two", "while", "you were", "away", "said without a line", "said while the server was down", "all there"}
	if !slices.Equal(hers, theirs) || strings.Join(hers, "|") != strings.Join(want, "|") {
		t.Errorf("Maya reads  %q\nIngrid reads %q\nsaid was     %q", hers, theirs, want)
	}
}

// TestForum: a question of a partner, the answer of the supplier and that it was accepted, each
// in the browser of who does it; a competitor reads it all and learns of nobody but the supplier.
func TestForum(t *testing.T) {
	const title = "Which torque for the AUR-2000 chuck, 价目表第三页?"
	maya, ingrid := as(t, left, "maya@kestrel.example"), as(t, right, "ingrid@aurelia.example")
	open(t, maya, "/c/kestrel/forum/new")
	must(t, maya.Type("#f-title", title), maya.Type("#f-body", "It says **83 Nm** on the box."), maya.Leave(`form[action$="/forum/new"] button.btn-primary`), maya.Says("h1", title), maya.Says(".e-post .e-doc strong", "83 Nm"), maya.Until(alive))
	bell := `[...document.querySelectorAll('.e-rail [data-count="inbox"]')].map((e) => e.hidden ? 0 : +e.textContent)[0]`
	waiting := read[int](t, maya, bell)

	open(t, ingrid, "/c/aurelia/forum?q="+url.QueryEscape("价目"))
	must(t, ingrid.Leave("#rows a"), ingrid.Says("h1", title), ingrid.Says(".e-post .by", "Maya Osei"))
	must(t, ingrid.Type("#reply textarea", "84 Nm, <b>cold</b>: the box is wrong."), ingrid.Leave(`#reply button.btn-primary`), ingrid.Says(`article[id^="p-"] .e-doc`, "84 Nm"))

	// the notice leads to the answer
	must(t, maya.Until(bell+` === `+strconv.Itoa(waiting+1)))
	open(t, maya, "/c/kestrel/inbox")
	must(t, maya.Leave(`#rows a[href*="/forum/topics/"]`), maya.Says(`article[id^="p-"] .by`, "Ingrid Dahl"))
	must(t, maya.Leave(`article[id^="p-"] form[action$="/accept"] button`), maya.Says("article.best", "Accepted answer"), maya.Says("h1 ~ .sub, .e-title", "Answered"))
	topic := read[string](t, maya, `location.pathname.split("/").pop()`)

	open(t, ingrid, "/c/aurelia/forum/topics/"+topic)
	must(t, ingrid.Says("article.best", "Ingrid Dahl"), ingrid.Says("article.best", "Accepted answer"))

	must(t, ingrid.Run(chromedp.Navigate("about:blank"))) // the next one signs in where she is
	kaarel := as(t, right, "kaarel@baltic.example")
	open(t, kaarel, "/c/baltic/forum?q="+url.QueryEscape("价目"))
	must(t, kaarel.Leave("#rows a"), kaarel.Says("article.best", "Ingrid Dahl"), kaarel.Says(".e-post:not(.best) .by", "A partner"), kaarel.Show(Look{390, 844, false}))
	if text := read[string](t, kaarel, `document.documentElement.outerHTML`); strings.Contains(text, "Maya") || strings.Contains(text, "Kestrel") {
		t.Error("a competitor learns who asked")
	}
	if at := read[float64](t, kaarel, `document.documentElement.scrollWidth`); at > 390 {
		t.Errorf("the topic is %v wide on a telephone", at)
	}
	must(t, kaarel.Show(Look{1440, 900, false}))
}
