package browser

import "testing"

// follow clicks a link of a page whose scripts are off, and waits for the next.
func (p *Page) follow(t *testing.T, selector string) {
	t.Helper()
	p.arrive(t, func() error { return p.Click(selector) })
}

// send presses a button of a form on such a page.
func (p *Page) send(t *testing.T, form, button string) {
	t.Helper()
	p.arrive(t, func() error { return p.Click(form + " " + button) })
}

// arrive does something that leaves the page, and waits until another stands.
func (p *Page) arrive(t *testing.T, do func() error) {
	t.Helper()
	must(t, p.Eval(`document.documentElement.dataset.left = "1"`, nil), do(), p.Until(`!document.documentElement.dataset.left && document.readyState === "complete"`))
}
