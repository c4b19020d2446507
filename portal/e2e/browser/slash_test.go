package browser

import "testing"

// TestSlash: a line that begins with a slash does what it says, is offered while it is
// typed, and is never said; two slashes are one that is.
func TestSlash(t *testing.T) {
	p := as(t, right, "ingrid@aurelia.example")
	open(t, p, "/c/aurelia/rooms")
	must(t, p.Leave(`.rooms a.room`), p.Until(alive), p.Has("#room-title"))
	const lines = `[...document.querySelectorAll(".chat-main ol.e-log li[data-seq]")].filter((e) => !e.dataset.key)`
	box := `form[data-composer] textarea`
	must(t, p.Type(box, "/"), p.Until(`document.querySelectorAll("[data-names] li").length === 4`))
	must(t, p.Type(box, "ab"), p.Until(`document.querySelectorAll("[data-names] li").length === 1`), p.Enter(), p.Until(`document.querySelector("`+box+`").value === "/about "`))
	must(t, p.Enter(), p.Until(`location.search === "?about=1"`), p.Has("#about-h"))
	before := read[int](t, p, lines+`.length`)

	must(t, p.Until(alive), p.Type(box, "/nonsense now"), p.Enter(), p.Until(`!document.querySelector("`+box+`").validity.valid`))
	must(t, p.Fill(box, ""), p.Type(box, "//usr is a folder"), p.Enter())
	must(t, p.Until(lines+`.some((e) => e.querySelector("[data-text]")?.textContent === "/usr is a folder")`))
	if after := read[int](t, p, lines+`.length`); after != before+1 {
		t.Errorf("%d lines became %d: a command was said", before, after)
	}
	// each task is made of a message of its own, also from a page that came back
	must(t, p.Eval(`HTMLFormElement.prototype.submit = function () { (window.sent ??= []).push(this.elements.key.value) }`, nil))
	for _, text := range []string{"/task one", "/task two"} {
		must(t, p.Fill(box, ""), p.Type(box, text), p.Enter())
	}
	must(t, p.Until(`window.sent?.length === 2 && window.sent[0] !== window.sent[1]`), p.Fill(box, ""))
	must(t, p.Type(box, "/search folder"), p.Enter(), p.Until(`location.pathname === "/c/aurelia/rooms" && location.search === "?q=folder"`))
}
