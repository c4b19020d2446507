package browser

import (
	"strings"
	"testing"
)

// TestEngagement: Ingrid in English begins an engagement and invites Kestrel and Huadong; Maya
// accepts on a large window, Chen in Chinese on a telephone. Each keeps private fields and sends
// the others a snapshot that it saw before; a split is agreed by all. Nobody's private words
// stand on any page of another company.
func TestEngagement(t *testing.T) {
	ingrid := as(t, right, "ingrid@aurelia.example")
	must(t, ingrid.Size(1440, 900, 1))
	open(t, ingrid, "/c/aurelia/engagements/new")
	must(t, ingrid.Fill("[name=customer]", "Wharfe Castings"), ingrid.Fill("[name=title]", "Wharfe line"), ingrid.Fill("[name=teaser]", "A foundry wants tools"))
	must(t, ingrid.Click("[name=shown][value='1']"), ingrid.Run(chosen("[name=role]", "manufacturer")))
	must(t, ingrid.Leave("#main form .btn-primary, form .btn-primary"), ingrid.Has("#members"))
	at := read[string](t, ingrid, "location.pathname")
	id := at[strings.LastIndexByte(at, '/')+1:]
	for _, company := range []string{"Kestrel Supply", "华东五金"} {
		open(t, ingrid, at)
		must(t, ingrid.Click("#members details:has(form[action$='/invite']) > summary"))
		must(t, ingrid.Eval(`(() => { const e = document.querySelector("#members select[name=company]"); e.value = [...e.options].find((o) => o.text.includes(`+quote(company)+`)).value; })()`, nil))
		must(t, ingrid.Run(chosen("#members form[action$='/invite'] [name=role]", "distributor")), ingrid.Leave("#members form[action$='/invite'] .btn-primary"), ingrid.Says("#members", company))
	}

	// what a company reads before it accepts names nobody
	join := func(p *Page, slug string) string {
		t.Helper()
		here := "/c/" + slug + "/engagements/" + id
		open(t, p, here)
		must(t, p.Says("#main", "A foundry wants tools"))
		if read[bool](t, p, `document.documentElement.innerHTML.includes("Wharfe")`) {
			t.Errorf("%s reads the customer's name before it accepts", slug)
		}
		must(t, p.Leave("#answer form[action$='/accept'] .btn-primary"), p.Has("#section"), p.Says("#main", "Wharfe Castings"))
		return here
	}
	// keeps the company's section with private words, and shares what the preview shows
	share := func(p *Page, here, shown, secret, preview string) {
		t.Helper()
		open(t, p, here)
		must(t, p.Click("#section details:has(form) > summary"))
		must(t, p.Fill("#section [name=next_step]", shown), p.Fill("#section [name=notes]", secret), p.Fill("#section [name='private.0.name']", secret), p.Fill("#section [name='private.0.value']", secret))
		must(t, p.Leave("#section form[action$='/section'] .btn-primary"), p.Says("#section", secret))
		open(t, p, here+"/share")
		must(t, p.Run(chosen("[name=template]", "all")), p.Eval(`document.querySelectorAll("[name=to]").forEach((e) => { e.checked = true })`, nil))
		must(t, p.Leave("form[method=get] .btn-line"), p.Says("#main", preview), p.Says("#main", shown))
		if read[bool](t, p, `document.querySelector("#main").innerText.includes(`+quote(secret)+`)`) {
			t.Errorf("the preview shows %q", secret)
		}
		must(t, p.Leave("form[method=post]:has([name=hash]) .btn-primary"), p.Has("#section"))
	}
	hidden := func(p *Page, here string, words ...string) {
		t.Helper()
		slug := strings.Split(here, "/")[2]
		for _, path := range []string{here, here + "/share", "/c/" + slug + "/engagements", "/c/" + slug + "/inbox", "/c/" + slug} {
			open(t, p, path)
			for _, w := range words {
				if read[bool](t, p, `document.documentElement.innerHTML.includes(`+quote(w)+`)`) {
					t.Errorf("%s holds %q", path, w)
				}
			}
		}
	}

	chen := as(t, left, "chen@huadong.example")
	must(t, chen.Size(390, 844, 2))
	huadong := join(chen, "huadong")
	must(t, chen.Until(`document.documentElement.lang === "zh-CN"`), chen.Says("#members", "经销商"))
	wide(t, chen)
	chen.Quiet(true) // its page asks on while the next person signs in

	maya := as(t, left, "maya@kestrel.example")
	must(t, maya.Size(1440, 900, 1))
	kestrel := join(maya, "kestrel")
	share(maya, kestrel, "Trial in the fettling shop", "verjuice", "This is what they get")
	picture(t, maya, "engagement-kestrel-en-1440", Looks[0])
	must(t, maya.Says("#main", "Wharfe"))

	maya.Quiet(true)
	chen = as(t, left, "chen@huadong.example")
	must(t, chen.Size(390, 844, 2))
	open(t, chen, huadong)
	must(t, chen.Says("#got", "Trial in the fettling shop"))
	share(chen, huadong, "先列出工位", "墨绿橙", "对方将收到")
	wide(t, chen)
	picture(t, chen, "engagement-huadong-zh-390", Looks[2])
	hidden(chen, huadong, "verjuice")

	open(t, ingrid, at)
	must(t, ingrid.Says("#got", "Trial in the fettling shop"), ingrid.Says("#got", "先列出工位"))
	must(t, ingrid.Click("#split details:has(form[action$='/split']) > summary"))
	must(t, ingrid.Eval(`[...document.querySelectorAll("#split [name^='share.']")].forEach((e, i) => { e.value = ["50", "29.75", "20.25"][i] })`, nil))
	must(t, ingrid.Leave("#split form[action$='/split'] .btn-primary"), ingrid.Says("#split", "29.75"))

	open(t, chen, huadong)
	must(t, chen.Leave("#split form[action$='/split/agree'] .btn-primary"), chen.Says("#split", "20.25"))
	if read[bool](t, chen, `document.querySelector("#split").innerText.includes("已生效")`) {
		t.Error("the split is in force before all agreed")
	}
	chen.Quiet(true)
	maya = as(t, left, "maya@kestrel.example")
	open(t, maya, kestrel)
	must(t, maya.Leave("#split form[action$='/split/agree'] .btn-primary"), maya.Says("#split", "In force"))
	hidden(maya, kestrel, "墨绿橙")
	hidden(ingrid, at, "verjuice", "墨绿橙")
	open(t, ingrid, at)
	must(t, ingrid.Says("#split", "In force"))
}
