package browser

import (
	"regexp"
	"testing"
)

var hanzi = regexp.MustCompile(`\p{Han}`)

// TestDoor: the form lets in who has the words, in both languages, and out again.
func TestDoor(t *testing.T) {
	p := tab(t, left)
	open(t, p, "/signin?lang=en")
	must(t, p.Fill("#main input[type=email]", "maya@kestrel.example"), p.Fill("#main input[type=password]", "not the password"))
	p.Quiet(true) // the browser writes down that the answer was 4xx
	must(t, p.Leave("#main .btn-primary"), p.Has("#main [role=alert]"))
	p.Quiet(false)
	if got := read[string](t, p, `document.querySelector("#main input[type=email]").value`); got != "maya@kestrel.example" {
		t.Errorf("the address typed is gone: %q", got)
	}
	if got := read[string](t, p, `document.querySelector("#main input[type=password]").value`); got != "" {
		t.Error("the password came back")
	}
	words := read[string](t, p, `document.querySelector("#main [role=alert]").innerText`)
	open(t, p, "/signin?lang=zh-CN")
	p.Quiet(true)
	must(t, p.Fill("#main input[type=email]", "nobody@kestrel.example"), p.Fill("#main input[type=password]", "not the password"), p.Leave("#main .btn-primary"), p.Has("#main [role=alert]"))
	p.Quiet(false)
	chinese := read[string](t, p, `document.querySelector("#main [role=alert]").innerText`)
	if words == chinese || !hanzi.MatchString(chinese) || hanzi.MatchString(words) {
		t.Errorf("the refusal says %q and %q", words, chinese)
	}
	open(t, p, "/signin?lang=en")
	p.Quiet(true)
	must(t, p.Fill("#main input[type=email]", "nobody@kestrel.example"), p.Fill("#main input[type=password]", "not the password"), p.Leave("#main .btn-primary"))
	p.Quiet(false)
	if got := read[string](t, p, `document.querySelector("#main [role=alert]").innerText`); got != words {
		t.Errorf("an unknown address is told %q, a known one %q", got, words)
	}

	must(t, p.SignIn(server.URL, "maya@kestrel.example", Password), p.Says("h1", ""))
	if got := read[string](t, p, `location.pathname`); got != "/c/kestrel/" {
		t.Errorf("after signing in one is at %s", got)
	}
	must(t, p.Click(".e-me button[popovertarget=me]"), p.Leave(`#me form[action="/signout"] button`))
	must(t, p.Has("#main input[type=password]"))
	if _, err := p.Go(server.URL + "/c/kestrel/orders"); err != nil {
		t.Fatal(err)
	}
	must(t, p.Has("#main input[type=password]"))
}

// TestSwitch: language and theme change on the page and stay.
func TestSwitch(t *testing.T) {
	p := as(t, left, "kaarel@baltic.example")
	theme := `document.documentElement.getAttribute("data-bs-theme")`
	ground := `getComputedStyle(document.body).backgroundColor`
	light := read[string](t, p, ground)
	must(t, p.Click(".e-rail form[data-theme-toggle] button"), p.Until(theme+` === "dark"`))
	if dark := read[string](t, p, ground); dark == light {
		t.Errorf("dark has the ground of light: %s", dark)
	}
	served(t, p, "dark")
	open(t, p, "/c/baltic/orders")
	must(t, p.Until(theme+` === "dark"`), p.Click(".e-rail form[data-theme-toggle] button"), p.Until(theme+` === "light"`))
	served(t, p, "light")

	open(t, p, "/c/baltic/profile")
	must(t, p.Fill(`#main select[name=language]`, "zh-CN"), p.Leave(`#main form[action$="/profile/name"] .btn`), p.Until(`document.documentElement.lang === "zh-CN"`))
	open(t, p, "/c/baltic/orders")
	if got := read[string](t, p, `document.querySelector(".e-nav.on").innerText`); !hanzi.MatchString(got) {
		t.Errorf("the navigation says %q", got)
	}
	// it belongs to the person, not to the browser
	must(t, p.SignIn(server.URL, "kaarel@baltic.example", Password), p.Until(`document.documentElement.lang === "zh-CN"`))
}

// served waits until the server gives the page in a theme.
func served(t *testing.T, p *Page, theme string) {
	t.Helper()
	must(t, p.Eval(`(window.__served = "", setInterval(() => fetch(location.href).then((r) => r.text()).then((x) => { window.__served = (x.match(/data-bs-theme="(\w+)"/) || [])[1] }), 100), 1)`, nil), p.Until(`window.__served === `+quote(theme)))
}
