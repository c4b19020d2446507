package browser

import (
	"strings"
	"testing"
)

// pasted fetches a sample of the bench and gives it a control number of its own.
func pasted(t *testing.T, p *Page, sample, control string) string {
	t.Helper()
	var text string
	must(t, p.Await(`fetch(location.pathname.replace(/\/connect$/, "/bench") + "/`+sample+`").then((r) => r.text())`, &text))
	if !strings.HasPrefix(text, "ISA*") || len(text) < 110 {
		t.Fatalf("the sample: %.200s", text)
	}
	old := strings.Split(text, "*")[13]
	return strings.ReplaceAll(text, "*"+old, "*"+control)
}

// TestConnect: a newcomer who was invited by link is led through the wizard to the first
// accepted test order, in English at a desk and in Chinese on a telephone; then it finds,
// reads and mends an order that is refused.
func TestConnect(t *testing.T) {
	for _, c := range []struct {
		name, company, email, edi, language string
		width, height                       int64
		scale                               float64
		accepted, refused, mend             string
	}{
		{"en", "Atlas Maghreb", "samira@atlas.example", "ATLASMAGHREB", "en", 1440, 900, 1, "Accepted", "Refused", "Mend a copy"},
		{"zh", "宁波工具", "wang@ningbo.example", "NINGBOTOOLS", "zh-CN", 390, 844, 2, "已接受", "已拒收", "修改副本"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ingrid := as(t, right, "ingrid@aurelia.example")
			open(t, ingrid, "/c/aurelia/partners")
			form := `form[action$="/partners/new"] `
			must(t, ingrid.Fill(form+"[name=company_name]", c.company), ingrid.Fill(form+"[name=email]", c.email), ingrid.Fill(form+"[name=language]", c.language), ingrid.Leave(form+".btn-primary"))
			link := read[string](t, ingrid, `document.querySelector("#one-time-link").value`)
			theirs := read[string](t, ingrid, `document.querySelector('a[href$="/connect"]').getAttribute("href")`)

			p := tab(t, left)
			must(t, p.Size(c.width, c.height, c.scale))
			if c.language != "en" {
				link += "?lang=" + c.language
			}
			open(t, p, link)
			must(t, p.Fill("[name=name]", "Samira Idrissi"), p.Fill("[name=password]", "a quiet harbour 7"), p.Fill("[name=password2]", "a quiet harbour 7"), p.Leave("#main .btn-primary"))
			must(t, p.Until(`document.documentElement.lang === `+quote(c.language)))
			wizard := read[string](t, p, `location.pathname`)
			must(t, p.Leave(`form[action$="/accept"] .btn-primary`))
			must(t, p.Fill("[name=value]", c.edi), p.Leave(`form[action$="/connect/identity"] .btn-primary`))
			open(t, p, wizard)
			must(t, p.Leave(`form[action$="/connect/confirm"] .btn-primary`))
			open(t, ingrid, theirs)
			must(t, ingrid.Leave(`form[action$="/connect/confirm"] .btn-primary`))
			open(t, p, wizard)
			must(t, p.Leave(`.e-way[href$="way=http"]`), p.Leave(`form[action$="/connect/token"] .btn`), p.Has("#new-token"))
			open(t, p, wizard)
			must(t, p.Click(`form[action$="/connect/test"] .btn-primary`), p.Leave("[data-ask-yes]"))
			wide(t, p)

			// The wrong order first: sent as a test, refused.
			send := func(text, verdict string) {
				t.Helper()
				must(t, p.Fill("[name=edi]", text), p.Leave(`form[action$="/bench"] [type=submit]`), p.Says("#result .st", verdict), p.Leave(`form[action$="/bench/send"] .btn-primary`))
				must(t, p.Until(`(() => { const s = document.querySelector("#main .st, .e-head .st"); if (document.body.textContent.includes(`+quote(verdict)+`)) return true; if (!window.__again) { window.__again = setTimeout(() => location.reload(), 700) } return s === null && false })()`))
			}
			bad := pasted(t, p, "850-wrong", "000000101")
			open(t, p, strings.TrimSuffix(wizard, "/connect")+"/bench")
			send(bad, c.refused)
			open(t, p, read[string](t, p, `location.pathname.split("/").slice(0, 3).join("/")`)+"/edi")
			must(t, p.Says("#rows", c.refused), p.Eval(`[...document.querySelectorAll("#rows tr")].find((r) => r.textContent.includes("850")).querySelector("a").id = "the-850"`, nil), p.Leave("#the-850"))
			must(t, p.Says("body", "XYZQ"), p.Says(`a[href*="/bench?from="]`, c.mend), p.Leave(`a[href*="/bench?from="]`))
			must(t, p.Has("#result"), p.Has(`[id^="pin-"]`))
			wide(t, p)
			mended := read[string](t, p, `document.querySelector("[name=edi]").value`)
			for was, now := range map[string]string{"XYZQ": "EA", "1131~": "1130~", "000000101": "000000102"} {
				if !strings.Contains(mended, was) {
					t.Fatalf("%s is not in the refused order:\n%s", was, mended)
				}
				mended = strings.ReplaceAll(mended, was, now)
			}
			send(mended, c.accepted)

			// Ticked off by itself.
			open(t, p, wizard+"?step=test")
			must(t, p.Until(`document.querySelectorAll(".e-card li.bench.done a[href*='/edi/']").length >= 2`))
			wide(t, p)
			if text := read[string](t, p, `document.documentElement.innerText`); strings.Contains(text, "⟦") {
				t.Error("a key without words")
			}
			open(t, ingrid, theirs+"?step=test")
			must(t, ingrid.Until(`document.querySelectorAll(".e-card li.bench.done a[href*='/edi/']").length >= 2`))
		})
	}
}

// wide wants a page that does not scroll sideways.
func wide(t *testing.T, p *Page) {
	t.Helper()
	if over := read[int](t, p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		t.Errorf("%s is %d px wider than the window", read[string](t, p, `location.pathname`), over)
	}
}
