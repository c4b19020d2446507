package browser

import "strings"

// Person is somebody of the demo companies.
type Person struct{ Name, Email, Slug string }

// People are those whose pages are looked at.
var People = []Person{
	{"maya", "maya@kestrel.example", "kestrel"},
	{"dan", "dan@kestrel.example", "kestrel"},
	{"ingrid", "ingrid@aurelia.example", "aurelia"},
	{"tomas", "tomas@aurelia.example", "aurelia"},
	{"chen", "chen@huadong.example", "huadong"},
	{"ops", "ops@entente.example", ""},
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

// Places are the addresses a person can reach from the page shown now: what the
// navigation and the person's menu name, in their order, and with deep the first
// record of every list behind them.
func (p *Page) Places(server *Server, deep bool) ([]string, error) {
	const links = `[...new Set([...document.querySelectorAll(".e-rail a[href], #me a[href], #more a[href], .e-head .act a[href]")].map((a) => a.getAttribute("href")).filter((h) => h.startsWith("/")))]`
	var first []string
	if err := p.Eval(links, &first); err != nil {
		return nil, err
	}
	if !deep {
		return first, nil
	}
	known := map[string]bool{}
	var all []string
	add := func(path string) {
		path, _, _ = strings.Cut(path, "#")
		if path != "" && !known[path] {
			known[path] = true
			all = append(all, path)
		}
	}
	for _, path := range first {
		add(path)
	}
	for _, path := range first {
		if _, err := p.Go(server.URL + path); err != nil {
			return nil, err
		}
		var inside []string
		const records = `(() => { const seen = new Set(), out = []; for (const a of document.querySelectorAll("#main a[href^='/']")) { const h = a.getAttribute("href"); if (h.includes("?")) continue; const kind = h.replace(/[0-9a-z]{26}/g, "*"); if (!seen.has(kind)) { seen.add(kind); out.push(h) } } return out })()`
		if err := p.Eval(records, &inside); err != nil {
			return nil, err
		}
		for _, in := range inside {
			if kind := shape(in); !known[kind] && !strings.HasSuffix(in, "/raw") {
				known[kind] = true
				add(in)
			}
		}
	}
	return all, nil
}

// shape is an address with its ids left out.
func shape(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if len(part) == 26 {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}
