package browser

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// documents are the codes in the chain that stand, not those still to come.
const documents = `[...document.querySelectorAll("#chain li:not(.todo) .code")].map((e) => e.textContent)`

// activities counts what happened to an order.
const activities = `document.querySelectorAll("#activity .tl > li").length`

// TestOrder: Ingrid answers an order with a split line, ships and invoices it in
// the page; Dan agrees and marks the goods as received. Every button is pressed
// twice, and nothing happens twice.
func TestOrder(t *testing.T) {
	ingrid := as(t, right, "ingrid@aurelia.example")
	orderOf(t, ingrid, server.URL, "aurelia", "4500187622")
	dan := as(t, left, "dan@kestrel.example")
	orderOf(t, dan, server.URL, "kestrel", "4500187622")
	must(t, dan.Until(alive))
	before := read[int](t, ingrid, activities)

	// line 1 in two parts: 20 now, 10 later
	must(t, ingrid.Click(`a[href$="/confirm"]`), ingrid.Has("#work form"), ingrid.Click(`#work button[name=split][value="1"]`), ingrid.Has(`[name="line.1.1.quantity"]`))
	if got := read[string](t, ingrid, `document.querySelector('[name="line.1.0.quantity"]').value`); got != "30" {
		t.Errorf("the first part starts at %q, ordered were 30", got)
	}
	later := time.Now().AddDate(0, 0, 30).Format(time.DateOnly)
	must(t, ingrid.Fill(`[name="line.1.0.quantity"]`, "20"), ingrid.Fill(`[name="line.1.1.quantity"]`, "99"), ingrid.Fill(`[name="line.1.1.date"]`, later))
	// too much is refused with what was typed still there
	ingrid.Quiet(true)
	must(t, ingrid.Click("#work .btn-primary"), ingrid.Has("#work [role=alert]"))
	ingrid.Quiet(false)
	if got := read[string](t, ingrid, `document.querySelector('[name="line.1.1.quantity"]').value`); got != "99" {
		t.Errorf("what was typed is gone: %q", got)
	}
	must(t, ingrid.Fill(`[name="line.1.1.quantity"]`, "10"), ingrid.DoubleClick("#work .btn-primary"), ingrid.Until(`!document.querySelector("#work form") && `+documents+`.includes("855")`))
	if got := read[int](t, ingrid, activities); got != before+1 {
		t.Errorf("%d things happened, want one: the answer", got-before)
	}
	must(t, ingrid.Says("#lines tbody", "20"))

	// Dan's page has the answer without being loaded again
	must(t, dan.Until(documents+`.includes("855")`), dan.Says("#lines", "20"), dan.Until(activities+` === `+strconv.Itoa(before+1)))
	open(t, dan, read[string](t, dan, `location.pathname`))
	must(t, dan.Has(`form[action$="/agree"] button`), dan.Leave(`form[action$="/agree"] button`))
	must(t, dan.Until(`!document.querySelector('form[action$="/agree"]')`))

	// shipped and invoiced
	open(t, ingrid, read[string](t, ingrid, `location.pathname`))
	must(t, ingrid.Click(`a[href$="/ship"]`), ingrid.Has("#work form"), ingrid.Fill("#work [name=carrier]", "DHL"), ingrid.Fill("#work [name=tracking]", "JD0146000"))
	must(t, ingrid.DoubleClick("#work .btn-primary"), ingrid.Until(`!document.querySelector("#work form") && `+documents+`.includes("856")`))
	must(t, ingrid.Click(`a[href$="/invoice"]`), ingrid.Has("#work form"))
	must(t, ingrid.Fill("#work [name=number]", "INV-BROWSER-1"))
	must(t, ingrid.DoubleClick("#work .btn-primary"), ingrid.Until(`!document.querySelector("#work form") && `+documents+`.includes("810")`))
	if got := read[[]string](t, ingrid, documents); !slices.Equal(got, []string{"850", "855", "856", "810"}) {
		t.Errorf("the chain has %v", got)
	}

	// received
	must(t, dan.Until(documents+`.includes("810")`))
	must(t, dan.Click(`a[href$="/receive"]`), dan.Has("#work form"))
	must(t, dan.DoubleClick("#work .btn-primary"), dan.Until(`!document.querySelector("#work form") && !document.querySelector('a[href$="/receive"]')`))
	open(t, dan, read[string](t, dan, `location.pathname`))
	if got := read[int](t, dan, activities); got != before+5 {
		t.Errorf("%d things happened, want 5: answered, agreed, shipped, invoiced, received", got-before)
	}
	open(t, dan, "/c/kestrel/invoices?q=INV-BROWSER-1")
	if got := read[int](t, dan, `document.querySelectorAll("#rows tr").length`); got != 1 {
		t.Errorf("the invoice stands %d times", got)
	}
	gapless(t, ingrid, "Ingrid")
}

// ownNames are English because they are names, codes or words kept in Chinese.
var ownNames = []string{"Kestrel Supply", "Aurelia Tools", "Entente", "Esc", "Enter", "Excel", "English", "Webhook", "Branch display kit", "Gold", "Silver"}

// englishWords are words of the frame that must not appear on the page shown in Chinese.
func englishWords(t *testing.T, p *Page) []string {
	t.Helper()
	return foreign(read[[]string](t, p, Words+`(document, (e) => e.getClientRects().length)`))
}

// foreign takes the names out of English words.
func foreign(words []string) []string {
	return slices.DeleteFunc(slices.Compact(words), func(s string) bool { return slices.Contains(ownNames, s) })
}

// TestOrderOnAPhone: Chen, who has no ERP, orders with the plain form on a
// telephone, in Chinese.
func TestOrderOnAPhone(t *testing.T) {
	chen := tab(t, left)
	must(t, chen.Size(390, 844, 2), home(chen, server.URL, "chen@huadong.example"))
	must(t, chen.Until(`document.documentElement.lang === "zh-CN"`))
	if got := englishWords(t, chen); len(got) > 0 {
		t.Errorf("English words at home: %q", got)
	}
	must(t, chen.Leave(`.e-tabs-m a[href="/c/huadong/orders"]`), chen.Leave(`a[href="/c/huadong/orders/new"]`))
	must(t, chen.Fill("[name=po]", "HD-BROWSER-1"), chen.Fill("[name=requested]", time.Now().AddDate(0, 0, 14).Format(time.DateOnly)))
	first := read[string](t, chen, `document.querySelector("[name$='.sku']").name`)
	line, _, _ := strings.Cut(strings.TrimPrefix(first, "line."), ".")
	must(t, chen.Fill(`[name="line.`+line+`.sku"]`, "AUR-G125"), chen.Fill(`[name="line.`+line+`.quantity"]`, "12"))
	for name, value := range map[string]string{"ship_name": "华东五金 一号仓", "ship_street": "共和新路 1988 号", "ship_city": "上海", "ship_postcode": "200072"} {
		must(t, chen.Fill("[name="+name+"]", value))
	}
	if got := englishWords(t, chen); len(got) > 0 {
		t.Errorf("English words on the form: %q", got)
	}
	must(t, chen.DoubleClick("#order-form .row-x > .btn-primary"), chen.Says("h1", "HD-BROWSER-1"))
	must(t, chen.Says("#lines tbody", "AUR-G125"))
	if got := englishWords(t, chen); len(got) > 0 {
		t.Errorf("English words on the order: %q", got)
	}
	if text := read[string](t, chen, `document.documentElement.innerText`); strings.Contains(text, "⟦") {
		t.Error("a key without words on the order")
	}
	open(t, chen, "/c/huadong/orders?view=differs") // empty, though there are orders
	must(t, chen.Says("#list h2", "这里目前没有内容"))
	open(t, chen, "/c/huadong/orders?q=HD-BROWSER-1")
	if got := read[int](t, chen, `document.querySelectorAll("#rows tr").length`); got != 1 {
		t.Errorf("the order stands %d times", got)
	}
}

// TestWithoutScripts: a room's history, a message and an order need no script.
func TestWithoutScripts(t *testing.T) {
	p := as(t, left, "chen@huadong.example")
	must(t, p.Scripts(false))
	defer p.Scripts(true)
	open(t, p, "/c/huadong/orders")
	p.follow(t, "#rows a")
	p.follow(t, "#room h2 ~ .act a:not([target])")
	lines := read[int](t, p, `document.querySelectorAll("ol.e-log li[data-seq]").length`)
	if lines == 0 {
		t.Fatal("no history without scripts")
	}
	must(t, p.Fill("form[data-composer] textarea", "不用脚本"))
	p.send(t, "form[data-composer]", "button[type=submit]")
	must(t, p.Says("ol.e-log .msg:last-child", "不用脚本"))

	open(t, p, "/c/huadong/orders/new")
	must(t, p.Fill("[name=po]", "HD-BROWSER-2"), p.Fill("[name=requested]", time.Now().AddDate(0, 0, 14).Format(time.DateOnly)))
	must(t, p.Fill("[name$='.sku']", "AUR-G125"), p.Fill("[name$='.quantity']", "6"))
	rows := read[int](t, p, `document.querySelectorAll("[name$='.sku']").length`)
	p.send(t, "#order-form", "button[name=add]")
	if got := read[int](t, p, `document.querySelectorAll("[name$='.sku']").length`); got != rows+1 {
		t.Errorf("another line: %d after %d", got, rows)
	}
	for name, value := range map[string]string{"ship_name": "华东五金", "ship_street": "共和新路 1988 号", "ship_city": "上海"} {
		must(t, p.Fill("[name="+name+"]", value))
	}
	p.send(t, "#order-form", ".row-x > .btn-primary")
	must(t, p.Says("h1", "HD-BROWSER-2"), p.Says("#lines tbody", "AUR-G125"))
}
