package browser

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// attach puts a file into the field of a form.
func attach(t *testing.T, p *Page, selector, path string) {
	t.Helper()
	must(t, p.Run(chromedp.ActionFunc(func(ctx context.Context) error {
		o, _, err := runtime.Evaluate("document.querySelector(" + quote(selector) + ")").Do(ctx)
		if err != nil {
			return err
		}
		return dom.SetFileInputFiles([]string{path}).WithObjectID(o.ObjectID).Do(ctx)
	})))
}

// line is the log's line that says a text, as a JavaScript expression.
func line(text string) string {
	return `[...document.querySelectorAll(".chat-main ol.e-log li.msg")].find((e) => e.querySelector("[data-text]")?.textContent === ` + quote(text) + `)`
}

// TestRoom: two people in a room of their companies: what one does to a message the other
// sees on the page that is open, on a telephone too, and after the line was gone.
func TestRoom(t *testing.T) {
	lay, err := Lay(server)
	must(t, err)
	defer lay.Close()
	ingrid, maya := as(t, right, "ingrid@aurelia.example"), tab(t, left)
	must(t, ingrid.Front(), maya.Front())
	must(t, home(maya, lay.URL, "maya@kestrel.example"))
	orderOf(t, maya, lay.URL, "kestrel", "4500187610")
	room := read[string](t, maya, `document.querySelector("#room").dataset.room`)
	open(t, maya, lay.URL+"/c/kestrel/rooms/"+room)
	open(t, ingrid, "/c/aurelia/rooms/"+room)
	must(t, maya.Until(alive), ingrid.Until(alive))
	write := func(p *Page, text string) {
		must(t, p.Type(".chat-main form[data-composer] textarea", text), p.Enter())
	}
	seq := func(p *Page, text string) string {
		must(t, p.Until(line(text)+`?.dataset.seq`))
		return read[string](t, p, line(text)+`.dataset.seq`)
	}

	end := `(() => { const s = document.querySelector(".chat-main [data-log-scroll]"); s.scrollTop = s.scrollHeight; return true })()` // they open where the new begins
	must(t, maya.Eval(end, nil), ingrid.Eval(end, nil))

	bell := `[...document.querySelectorAll('.e-rail [data-count="inbox"]')].map((e) => e.hidden ? 0 : +e.textContent)[0]`
	waiting := read[int](t, ingrid, bell)

	// a name is offered, the message is there at once and counts who has read it
	must(t, maya.Type(".chat-main form[data-composer] textarea", "请看@Ing"), maya.Says(".e-names li", "Ingrid Dahl"), maya.Enter(),
		maya.Until(`document.querySelector(".chat-main textarea").value === "请看@Ingrid Dahl "`))
	write(maya, "两箱价目表")
	asked := "请看@Ingrid Dahl 两箱价目表"
	must(t, maya.Until(line(asked)))
	one := seq(maya, asked)
	must(t, ingrid.Until(line(asked)+`?.querySelector(".mention")?.textContent === "@Ingrid Dahl"`), maya.Says(`.chat-main [data-seen]`, "Seen by Aurelia Tools (1 of 3)"), ingrid.Until(bell+` === `+strconv.Itoa(waiting+1)))

	// a reaction, an answer in the open pane, a pin
	must(t, ingrid.Leave(`li[data-seq="`+one+`"] [data-more]`), ingrid.Until(alive))
	must(t, ingrid.Click(`.chat-thread [data-emoji="👍"]`), maya.Until(line(asked)+`.querySelector(".react")?.textContent === "👍 1"`))
	must(t, ingrid.Until(`document.querySelector(".chat-thread .react.on [data-n]")?.textContent === "1"`))
	must(t, maya.Click(`li[data-seq="`+one+`"] .react`), ingrid.Until(line(asked)+`.querySelector("[data-n]").textContent === "2"`), maya.Until(line(asked)+`.querySelector(".react.on")`))
	must(t, maya.Click(`li[data-seq="`+one+`"] .react`), ingrid.Until(line(asked)+`.querySelector("[data-n]").textContent === "1"`))
	must(t, ingrid.Type(".chat-thread form[data-answer] textarea", "<i>yes</i>, tomorrow"), ingrid.Enter())
	answer := seq(maya, "<i>yes</i>, tomorrow")
	must(t, maya.Says(`li[data-seq="`+answer+`"] [data-quote]`, "Maya Osei: "+asked), maya.Says(`li[data-seq="`+one+`"] [data-answers]`, "1 answer"))
	must(t, ingrid.Says(`.chat-thread [data-thread-log] li[data-seq="`+answer+`"] [data-text]`, "<i>yes</i>"), ingrid.Says(".chat-thread .day[data-answers]", "1 answer"), ingrid.Until(`!document.querySelector("li[data-key]")`))
	must(t, ingrid.Leave(`.chat-thread form[action$="/pin"] button`), maya.Says("[data-pins]", asked), maya.Has(`li[data-seq="`+one+`"] [data-pinned]`))

	// a file, by the form
	path := filepath.Join(t.TempDir(), "4500187610.edi")
	must(t, os.WriteFile(path, []byte("UNB+UNOC:3+A+B+260101:1200+1'"), 0o600))
	attach(t, ingrid, ".chat-main [data-attach]", path)
	must(t, ingrid.Says(".chat-main [data-attached]", "4500187610.edi"), ingrid.Type(".chat-main form[data-composer] textarea", "the order again"), ingrid.Leave(`.chat-main form[data-composer] button[type=submit]`))
	must(t, maya.Says(`a.file[href*="/files/"]`, "4500187610.edi"), ingrid.Until(alive))

	// away: what was changed, answered, removed meanwhile is right after it
	write(maya, "seven boxes")
	boxes := seq(ingrid, "seven boxes")
	write(ingrid, "sorry")
	sorry := seq(maya, "sorry")
	maya.Quiet(true)
	lay.Cut()
	must(t, maya.Has("[data-offline]"), maya.Until(`document.documentElement.dataset.live !== "live"`))
	write(maya, "written without a line")
	must(t, maya.Has("li.msg.pending"))
	must(t, ingrid.Leave(`li[data-seq="`+sorry+`"] [data-more]`), ingrid.Click(".chat-thread details summary"), ingrid.Fill(".chat-thread details textarea", "sorry, eight"), ingrid.Leave(".chat-thread details button"))
	must(t, ingrid.Until(alive), ingrid.Leave(`li[data-seq="`+answer+`"] [data-more]`), ingrid.Click(`.chat-thread form[action$="/remove"] button`), ingrid.Leave("#ask [data-ask-yes]"))
	lay.Mend()
	must(t, maya.Until(alive), maya.Until(`!document.querySelector("li.pending")`), maya.Until(`[...document.querySelectorAll("[data-offline]")].every((e) => e.hidden)`))
	must(t, maya.Until(line("sorry, eight")+`.querySelector("[data-edited]").hidden === false`), maya.Says(`li.gone[data-seq="`+answer+`"]`, "Message removed by Ingrid Dahl"), ingrid.Until(line("written without a line")))
	maya.Quiet(false)

	// found by two Chinese characters; the notice of being named leads to the message
	open(t, maya, lay.URL+"/c/kestrel/rooms")
	must(t, maya.Type("#rooms-q", "价目"), maya.Enter(), maya.Says(".rooms .room", asked))
	open(t, ingrid, "/c/aurelia/inbox")
	must(t, ingrid.Leave(`#rows a[href$="/rooms/`+room+`?m=`+one+`"]`), ingrid.Has(`.chat-thread li[data-seq="`+one+`"]`))

	// on a telephone the pane stands alone, and its buttons are not under the bar
	must(t, ingrid.Until(alive), ingrid.Show(Look{390, 844, false}))
	must(t, ingrid.Until(`(scrollTo(0, 0), document.querySelector(".chat-thread form[data-answer]").getBoundingClientRect().bottom <= document.querySelector(".e-tabs-m").getBoundingClientRect().top)`))
	must(t, ingrid.Type(".chat-thread form[data-answer] textarea", "from the van"), ingrid.Click(`.chat-thread form[data-answer] button`))
	must(t, ingrid.Says(".chat-thread [data-thread-log] li[data-seq]", "from the van"))
	if at := read[float64](t, ingrid, `document.documentElement.scrollWidth`); at > 390 {
		t.Errorf("the pane is %s wide", strconv.FormatFloat(at, 'f', 0, 64))
	}
	must(t, ingrid.Leave(".chat-thread .pane-h .only-m"), ingrid.Has(`.chat-main li[data-seq="`+boxes+`"]`), ingrid.Until(alive), ingrid.Type(".chat-main form[data-composer] textarea", "and from the room"), ingrid.Click(".chat-main form[data-composer] button[type=submit]"))
	must(t, ingrid.Until(line("and from the room")+`?.dataset.seq`), ingrid.Show(Look{1440, 900, false}))
}
