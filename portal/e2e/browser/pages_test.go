package browser

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
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
	if (/\b0 in the set|共 0 段/.test(text)) out.push("a message without segments");
	if (!document.title.trim() || document.title.startsWith("·")) out.push("no title");
	const ids = [...document.querySelectorAll("[id]")].map((e) => e.id), twice = ids.filter((id, i) => ids.indexOf(id) !== i);
	if (twice.length) out.push("the same id twice: " + twice.join(" "));
	return out;
})()`

// TestPages: every page of every person is there in Chinese; one of each kind is shown for each
// side, a supplier's in English and the others' in Chinese, wide and narrow, light and dark,
// without a complaint from the browser and without a flaw. make long shows them all in both.
func TestPages(t *testing.T) {
	people := make(chan Person, len(People)) // the browser that is free takes the next
	for _, person := range People {
		people <- person
	}
	close(people)
	for i, chrome := range []*Chrome{left, right, nil, nil} { // a person's pages, one after the other, are mostly waiting
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			t.Parallel()
			person, more := <-people
			if !more {
				return
			}
			if chrome == nil {
				var err error
				if chrome, err = Launch(); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(chrome.Close)
			}
			p := tab(t, chrome)
			for ; more; person, more = <-people {
				every(t, p, person)
			}
		})
	}
}

// passes are the two rounds: each language, width and theme meets each page, and
// so does each pair of width and theme. In the first a person looks for pages.
var passes = []struct {
	language string
	looks    [2]Look
}{
	{"zh-CN", [2]Look{Looks[0], Looks[3]}},
	{"en", [2]Look{Looks[2], Looks[1]}},
}

// everything has each page shown for each company in each language, not only one of its kind.
var everything = os.Getenv("ENTENTE_PAGES") == "all"

// seen holds the kinds of pages that were shown: each once for each side, a supplier's in
// English and every other one's in Chinese.
var seen sync.Map

// first says whether a page is to be shown to the person, as the first of its kind.
func first(person Person, place, language string) bool {
	kind, side := shape(place), person.Side
	if person.Slug != "" {
		kind = strings.Replace(kind, "/c/"+person.Slug, "/c/-", 1)
	}
	switch {
	case strings.HasPrefix(place, "/help") || strings.HasPrefix(place, "/api/"): // the same for everybody
		kind, side = place, ""
	case everything:
		side = person.Slug
	case (language == "en") != (side == "supplier"):
		return false
	}
	_, again := seen.LoadOrStore(language+" "+side+" "+kind, true)
	return !again
}

// every looks at every page of a person. What is not the first of its kind is only glanced at.
func every(t *testing.T, p *Page, person Person) {
	must(t, p.SignIn(server.URL, person.Email, Password))
	var places []string
	shown := 0
	for i, pass := range passes {
		must(t, p.Speak(pass.language))
		look := func(place string) (bool, error) {
			where := person.Name + " " + pass.language + " " + place
			open := strings.HasPrefix(place, "/help") || strings.HasPrefix(place, "/api/")
			if !first(person, place, pass.language) {
				if open || i > 0 {
					return false, nil
				}
				got, err := p.Glance(place)
				if err == nil && (got.Status != 200 || got.Language != pass.language || got.Missing) {
					t.Errorf("%s: %+v", where, got)
				}
				if pass.language == "zh-CN" {
					if words := foreign(got.Words); len(words) > 0 {
						t.Errorf("%s: English words %q", where, words)
					}
				}
				return false, err
			}
			shown++
			status, err := p.Go(server.URL + place)
			if err != nil {
				return true, err
			}
			if status != 200 {
				t.Errorf("%s: status %d", where, status)
			}
			if got := read[string](t, p, `document.documentElement.lang`); got != pass.language {
				t.Errorf("%s: speaks %s", where, got)
			}
			if pass.language == "zh-CN" && !open {
				if got := englishWords(t, p); len(got) > 0 {
					t.Errorf("%s: English words %q", where, slices.Compact(got))
				}
			}
			for _, look := range pass.looks {
				must(t, p.Show(look))
				for _, flaw := range read[[]string](t, p, flaws) {
					t.Errorf("%s %d %s: %s", where, look.Width, look.Theme(), flaw)
				}
			}
			for _, trouble := range p.Troubles() {
				t.Errorf("%s: %s", where, trouble)
			}
			return true, nil
		}
		if i > 0 {
			for _, place := range places {
				_, err := look(place)
				must(t, err)
			}
			continue
		}
		open(t, p, "/")
		must(t, p.Tour(func(place string) (bool, error) {
			places = append(places, place)
			return look(place)
		}))
		if person.Slug != "" && len(places) < 12 {
			t.Errorf("%s: only %d pages", person.Name, len(places))
		}
	}
	t.Logf("%s: %d pages, %d of them shown", person.Name, len(places), shown)
}
