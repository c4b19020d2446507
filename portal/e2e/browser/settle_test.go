package browser

import (
	"testing"
	"time"
)

// backAtOrder holds when a form of work has given way to the page of its order.
const backAtOrder = `/\/orders\/[0-9a-v]{26}$/.test(location.pathname) && !document.querySelector("#work form") && document.readyState === "complete"`

// TestDisputeOnAPhone: Chen, on a telephone and in Chinese, receives the goods, disputes
// the line whose price is wrong and approves the rest. Ingrid credits it, Chen records the
// payment, and both read one statement.
func TestDisputeOnAPhone(t *testing.T) {
	chen := tab(t, left)
	must(t, chen.Size(390, 844, 2), home(chen, server.URL, "chen@huadong.example"))
	open(t, chen, "/c/huadong/")
	must(t, chen.Until(`document.documentElement.lang === "zh-CN"`))
	open(t, chen, "/c/huadong/orders/new")
	must(t, chen.Fill("[name=po]", "HD-SETTLE-1"), chen.Fill("[name=requested]", time.Now().AddDate(0, 0, 14).Format(time.DateOnly)))
	must(t, chen.Fill(`[name="line.0.sku"]`, "AUR-G125"), chen.Fill(`[name="line.0.quantity"]`, "12"), chen.Fill(`[name="line.1.sku"]`, "AUR-D18B"), chen.Fill(`[name="line.1.quantity"]`, "24"))
	for name, value := range map[string]string{"ship_name": "华东五金 一号仓", "ship_street": "共和新路 1988 号", "ship_city": "上海", "ship_postcode": "200072"} {
		must(t, chen.Fill("[name="+name+"]", value))
	}
	must(t, chen.Click("#order-form .row-x > .btn-primary"), chen.Says("h1", "HD-SETTLE-1"))
	id := read[string](t, chen, `location.pathname`)[len("/c/huadong/orders/"):]

	ingrid := tab(t, right)
	must(t, ingrid.Size(1440, 900, 1), home(ingrid, server.URL, "ingrid@aurelia.example"))
	order := "/c/aurelia/orders/" + id
	open(t, ingrid, order+"/confirm")
	must(t, ingrid.Click("#work .e-card-f .btn-primary"), ingrid.Until(backAtOrder))
	open(t, ingrid, order+"/ship")
	must(t, ingrid.Click("#work .e-card-f .btn-primary"), ingrid.Until(backAtOrder))
	open(t, ingrid, order+"/invoice")
	price := read[string](t, ingrid, `document.querySelector('[name="line.1.price"]').value`)
	must(t, ingrid.Fill("[name=number]", "INV-HD-1"), ingrid.Fill(`[name="line.1.price"]`, "9"+price), ingrid.Click("#work .e-card-f .btn-primary"), ingrid.Until(backAtOrder))

	began := time.Now()
	open(t, chen, "/c/huadong/orders/"+id+"/receive")
	must(t, chen.Click("#work .e-card-f .btn-primary"), chen.Until(backAtOrder))
	open(t, chen, "/c/huadong/invoices?q=INV-HD-1")
	must(t, chen.Click("#rows a"), chen.Says("h1", "INV-HD-1"), chen.Says(".e-held", "不符"), chen.Says("#lines", "多收"))
	fits(t, chen, "an invoice that differs")
	picture(t, chen, "invoice-differs-phone", Looks[2])
	invoice := read[string](t, chen, `location.pathname`)
	open(t, chen, invoice+"/dispute")
	must(t, chen.Run(chosen("[name=reason]", "price")), chen.Fill("[name=note]", "价格与订单不符"))
	fits(t, chen, "the form of a dispute")
	picture(t, chen, "dispute-form-phone", Looks[2])
	must(t, chen.Click(".e-work .e-card-f .btn-primary"), chen.Says("h1", "争议 D-"))
	fits(t, chen, "a dispute")
	picture(t, chen, "dispute-phone", Looks[2])
	dispute := read[string](t, chen, `location.pathname`)
	open(t, chen, invoice)
	must(t, chen.Click(".only-m .btn-primary"), chen.Says(".e-held", "批准付款"))
	t.Logf("received, disputed and approved in %s of the machine's time", time.Since(began).Round(time.Millisecond))
	fits(t, chen, "the approved invoice")
	picture(t, chen, "invoice-approved-phone", Looks[2])

	theirs := "/c/aurelia/" + dispute[len("/c/huadong/"):]
	open(t, ingrid, theirs)
	must(t, ingrid.Until(`document.querySelector("#say") || location.reload()`))
	picture(t, ingrid, "dispute-supplier", Looks[0])
	must(t, ingrid.Fill("#say", "Old list, our mistake."), ingrid.Click("#thread .btn-primary"), ingrid.Says("#thread", "our mistake"))
	must(t, ingrid.Click(".e-held .btn-primary"), ingrid.Says("h1 .st", "Closed"))
	picture(t, ingrid, "dispute-closed-dark", Looks[1])

	open(t, chen, "/c/huadong/payments/new")
	must(t, chen.Until(`document.querySelector('[name="line.0.paid"]') || document.querySelector("form .btn-line").click()`))
	must(t, chen.Fill("[name=number]", "ICBC-0001"))
	must(t, chen.Eval(`[...document.querySelectorAll(".e-workline")].filter((e) => e.innerText.includes("INV-HD-1")).forEach((e) => e.querySelector("[type=checkbox]").click())`, nil))
	fits(t, chen, "the form of a payment")
	picture(t, chen, "payment-form-phone", Looks[2])
	must(t, chen.Click(".e-card-f .btn-primary"), chen.Says("h1", "付款 ICBC-0001"), chen.Says("h1 .st", "已入账"))
	picture(t, chen, "payment-phone", Looks[2])
	open(t, chen, invoice)
	must(t, chen.Says("h1 .st", "已付清"))
	open(t, chen, "/c/huadong/statements")
	must(t, chen.Click("#rows a"), chen.Says("h1", "对账单"))
	fits(t, chen, "a statement")
	picture(t, chen, "statement-phone", Looks[2])

	for _, page := range []struct {
		path, name string
		look       Look
	}{{"/c/aurelia/payments/issues", "issues", Looks[0]}, {"/c/aurelia/payments", "payments", Looks[0]}, {"/c/aurelia/statements", "statements", Looks[0]}, {"/c/aurelia/disputes", "disputes", Looks[1]}, {"/c/aurelia/" + invoice[len("/c/huadong/"):], "invoice-supplier", Looks[0]}} {
		open(t, ingrid, page.path)
		picture(t, ingrid, page.name, page.look)
	}
	open(t, ingrid, "/c/aurelia/statements")
	must(t, ingrid.Click("#rows a"), ingrid.Says("h1", "Statement with"))
	picture(t, ingrid, "statement", Looks[0])
}
