package browser

import (
	"testing"
	"time"
)

// TestChangeOnAPhone: Chen, on a telephone and in Chinese, orders, and then wants less,
// later, and one thing more. Ingrid answers on the page: one line refused, the rest
// accepted. Both read what became of it.
func TestChangeOnAPhone(t *testing.T) {
	chen := tab(t, left)
	must(t, chen.Size(390, 844, 2), home(chen, server.URL, "chen@huadong.example"))
	must(t, chen.Until(`document.documentElement.lang === "zh-CN"`))
	open(t, chen, "/c/huadong/orders/new")
	must(t, chen.Fill("[name=po]", "HD-CHANGE-1"), chen.Fill("[name=requested]", time.Now().AddDate(0, 0, 14).Format(time.DateOnly)))
	must(t, chen.Fill(`[name="line.0.sku"]`, "AUR-G125"), chen.Fill(`[name="line.0.quantity"]`, "12"), chen.Fill(`[name="line.1.sku"]`, "AUR-D18B"), chen.Fill(`[name="line.1.quantity"]`, "24"))
	for name, value := range map[string]string{"ship_name": "华东五金 一号仓", "ship_street": "共和新路 1988 号", "ship_city": "上海", "ship_postcode": "200072"} {
		must(t, chen.Fill("[name="+name+"]", value))
	}
	must(t, chen.Click("#order-form .row-x > .btn-primary"), chen.Says("h1", "HD-CHANGE-1"))
	id := read[string](t, chen, `location.pathname`)
	open(t, chen, id+"/change")
	must(t, chen.Fill(`[name="line.1.quantity"]`, "6"), chen.Click(`[name="line.2.cancel"]`), chen.Fill(`[name="new.0.sku"]`, "AUR-B50"), chen.Fill(`[name="new.0.quantity"]`, "3"), chen.Fill("[name=note]", "客户改单"))
	fits(t, chen, "the form of a change")
	picture(t, chen, "change-form", Looks[2])
	must(t, chen.Click("#work .btn-primary"), chen.Says(".e-held h2", "请求变更订单"))
	fits(t, chen, "the order with a change")
	picture(t, chen, "change-asked", Looks[2])

	ingrid := tab(t, right)
	must(t, ingrid.Size(1440, 900, 1), home(ingrid, server.URL, "ingrid@aurelia.example"))
	open(t, ingrid, "/c/aurelia/orders/"+id[len("/c/huadong/orders/"):])
	must(t, ingrid.Says(".e-held h2", "asks for a change"), ingrid.Has(".e-held .e-was"))
	picture(t, ingrid, "change-answer", Looks[0])
	must(t, ingrid.Run(chosen(`[name$=".2.do"]`, "refuse")), ingrid.Click(".e-held .btn-primary"), ingrid.Says("#or-ch", "Changes"))
	must(t, ingrid.Click(".e-fold summary"))
	picture(t, ingrid, "change-answered", Looks[1])
	open(t, chen, id)
	must(t, chen.Says(".e-fold summary", "部分接受"), chen.Says("#lines tbody", "AUR-B50"))
	fits(t, chen, "the order that changed")
	picture(t, chen, "change-done", Looks[2])
}
