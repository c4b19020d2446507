package browser

import "strings"

// Person is somebody of the demo companies; Side is "distributor", "supplier" or empty.
type Person struct{ Name, Email, Slug, Side string }

// People are those whose pages are looked at.
var People = []Person{
	{"maya", "maya@kestrel.example", "kestrel", "distributor"},
	{"dan", "dan@kestrel.example", "kestrel", "distributor"},
	{"ingrid", "ingrid@aurelia.example", "aurelia", "supplier"},
	{"tomas", "tomas@aurelia.example", "aurelia", "supplier"},
	{"chen", "chen@huadong.example", "huadong", "distributor"},
	{"ops", "ops@entente.example", "", ""},
}

// Look is how a page is shown.
type Look struct {
	Width, Height int64
	Dark          bool
}

// Looks are all the ways in which every page must be fit to be seen.
var Looks = []Look{{1440, 900, false}, {1440, 900, true}, {390, 844, false}, {390, 844, true}}

// Scale is the pixels of a picture per CSS pixel: a telephone has two.
func (l Look) Scale() float64 {
	if l.Width < 600 {
		return 2
	}
	return 1
}

// Theme is the word for it.
func (l Look) Theme() string {
	if l.Dark {
		return "dark"
	}
	return "light"
}

// Show gives the page a look without loading it again.
func (p *Page) Show(l Look) error {
	if err := p.Size(l.Width, l.Height, l.Scale()); err != nil {
		return err
	}
	return p.Eval(`document.documentElement.setAttribute("data-bs-theme", `+quote(l.Theme())+`)`, nil)
}

// Speak switches the signed-in person's language: "en" or "zh-CN".
func (p *Page) Speak(language string) error {
	return p.Await(`fetch("/language", { method: "POST", redirect: "manual", headers: { "X-CSRF-Token": document.body.dataset.csrf }, body: new URLSearchParams({ csrf: document.body.dataset.csrf, language: `+quote(language)+`, next: "/" }) }).then((r) => { if (r.status >= 400) throw new Error("language: " + r.status); return true })`, nil)
}

// Places are the addresses the navigation, the person's menu and the page's own
// buttons name on the page shown now, in their order.
func (p *Page) Places() (out []string, err error) {
	err = p.Eval(`[...new Set([...document.querySelectorAll(".e-rail a[href], #me a[href], #more a[href], .e-head .act a[href]")].map((a) => a.getAttribute("href")).filter((h) => h.startsWith("/")))]`, &out)
	return out, err
}

// Tour visits every kind of page a person can reach by links, beginning with the page
// shown now: what the navigation names, and of every kind of record behind it one.
//
// The visitor says whether the page is shown now: if not, Tour has a glance at it for its links.
func (p *Page) Tour(visit func(place string) (shown bool, err error)) error {
	queue, err := p.Places()
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, place := range queue {
		known[shape(place)] = true
	}
	for i := 0; i < len(queue); i++ {
		shown, err := visit(queue[i])
		if err != nil {
			return err
		}
		var inside []string
		if shown {
			err = p.Eval(inner+"(document)", &inside)
		} else {
			var g Glance
			g, err = p.Glance(queue[i])
			inside = g.Links
		}
		if err != nil {
			return err
		}
		for _, place := range inside {
			if kind := shape(place); !known[kind] {
				known[kind] = true
				queue = append(queue, place)
			}
		}
	}
	return nil
}

// inner is a function of a document: the addresses of this program it links to.
const inner = `((d) => [...d.querySelectorAll(":is(#main, .e-head) a[href^='/']:not([download]):not([target])")].map((a) => a.getAttribute("href").split("#")[0]).filter((h) => h && !h.includes("?") && !/(\/raw|\/proof|\/files\/[^\/]+|\/pdf|\.[a-z0-9]+)$/.test(h)))`

// Words is a function of a document, and of which of its elements count: texts of headings,
// buttons, labels and the navigation that are English words.
const Words = `((d, shown) => [...d.querySelectorAll("nav a, nav button, nav .e-nav-h, h1, h2, th, label, .btn, .st, dt:not(.mono)")].filter(shown).map((e) => (e.innerText ?? e.textContent).trim()).filter((s) => /^[A-Za-z][a-z]+( [a-z]+)*$/.test(s)))`

// Glance is what a page says without being shown: a tenth of the processor.
type Glance struct {
	Status   int      `json:"status"`
	Language string   `json:"language"`
	Links    []string `json:"links"`
	Missing  bool     `json:"missing"` // a text is not translated
	Words    []string `json:"words"`   // that are English
}

// Glance reads a page beside the one shown now.
func (p *Page) Glance(place string) (out Glance, err error) {
	err = p.Await(`fetch(`+quote(place)+`).then(async (r) => { const d = new DOMParser().parseFromString(await r.text(), "text/html"); return { status: r.status, language: d.documentElement.lang, links: `+inner+`(d), missing: d.body.textContent.includes("⟦"), words: `+Words+`(d, (e) => !e.closest("[hidden]")) } })`, &out)
	return out, err
}

// shape is an address with its ids, numbers and codes left out.
func shape(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if i > 1 && strings.ContainsAny(part, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}
