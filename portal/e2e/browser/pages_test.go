package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// flaws looks at the page shown now and lists what is wrong with it.
const flaws = `(() => {
	const out = [], root = document.documentElement, shown = (e) => e.getClientRects().length > 0;
	const wide = root.scrollWidth - root.clientWidth;
	if (wide > 0) {
		const culprit = [...document.querySelectorAll("body *")].filter((e) => shown(e) && e.getBoundingClientRect().right > root.clientWidth + 1).map((e) => e.tagName + "." + e.className).slice(0, 3);
		out.push("scrolls sideways by " + wide + " px: " + culprit.join(", "));
	}
	if (root.clientWidth > 1400) for (const e of document.querySelectorAll(".e-scroll")) if (e.scrollWidth > e.clientWidth + 1) out.push("a table is cut off by " + (e.scrollWidth - e.clientWidth) + " px");
	const heads = [...document.querySelectorAll("h1")].filter(shown);
	if (heads.length !== 1) out.push(heads.length + " headings h1: " + heads.map((e) => e.innerText).join(" | "));
	for (const i of document.images) if (!i.complete || !i.naturalWidth) out.push("picture " + i.src);
	for (const u of document.querySelectorAll("svg use")) { if (shown(u.ownerSVGElement) && !u.getBBox().width && !u.getBBox().height) { out.push("icon " + u.getAttribute("href")); break } }
	const text = document.body.innerText;
	for (const bad of ["⟦", "undefined", "NaN", "<nil>", "%!", "{{"]) if (text.includes(bad)) out.push("the page says " + bad + " in: " + text.slice(Math.max(0, text.indexOf(bad) - 40), text.indexOf(bad) + 40));
	if (!document.title.trim() || document.title.startsWith("·")) out.push("no title");
	const ids = [...document.querySelectorAll("[id]")].map((e) => e.id), twice = ids.filter((id, i) => ids.indexOf(id) !== i);
	if (twice.length) out.push("the same id twice: " + twice.join(" "));
	return out;
})()`

// TestPages: every page of every person in both languages, wide and narrow, light
// and dark, without a complaint from the browser and without a flaw.
func TestPages(t *testing.T) {
	halves := []*Chrome{left, right}
	for i, chrome := range halves {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			t.Parallel()
			p := tab(t, chrome)
			for n, person := range People {
				if n%len(halves) == i {
					every(t, p, person)
				}
			}
		})
	}
}

func every(t *testing.T, p *Page, person Person) {
	must(t, p.SignIn(server.URL, person.Email, Password))
	places, err := p.Places(server, true)
	must(t, err)
	if least := 10; person.Slug != "" && len(places) < least {
		t.Errorf("%s: only %v", person.Name, places)
	}
	for _, language := range []string{"zh-CN", "en"} {
		open(t, p, "/")
		must(t, p.Speak(language))
		for _, place := range places {
			status, err := p.Go(server.URL + place)
			must(t, err)
			where := person.Name + " " + language + " " + place
			if status != 200 {
				t.Errorf("%s: status %d", where, status)
			}
			if got := read[string](t, p, `document.documentElement.lang`); got != language {
				t.Errorf("%s: speaks %s", where, got)
			}
			if language == "zh-CN" && !strings.HasPrefix(place, "/help/") {
				if got := englishWords(t, p); len(got) > 0 {
					t.Errorf("%s: English words %q", where, slices.Compact(got))
				}
			}
			for _, look := range Looks {
				must(t, p.Show(look))
				for _, flaw := range read[[]string](t, p, flaws) {
					t.Errorf("%s %d %s: %s", where, look.Width, look.Theme(), flaw)
				}
			}
			for _, trouble := range p.Troubles() {
				t.Errorf("%s: %s", where, trouble)
			}
		}
	}
}
