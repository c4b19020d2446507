package browser

import "testing"

// TestDealOnAPhone: Chen's two minutes in Chinese on a telephone: a pasted quote fills the
// form, the box says what is missing, and the draft is kept; the list says until when and
// what next, and the protected deal shows its number for the order.
func TestDealOnAPhone(t *testing.T) {
	chen := tab(t, left)
	must(t, chen.Size(390, 844, 2), home(chen, server.URL, "chen@huadong.example"))
	open(t, chen, "/c/huadong/deals")
	must(t, chen.Says("#rows", "苏州新区机床厂"), chen.Says("#rows", "以商机编号下单"))
	fits(t, chen, "the list of deals")
	picture(t, chen, "deals-zh-390", Looks[2])
	must(t, chen.Leave("#rows a"), chen.Says("h1", "已保护"), chen.Says(".sla", "保护至"), chen.Has("#deal-code"))
	fits(t, chen, "the deal")
	picture(t, chen, "deal-zh-390", Looks[2])

	open(t, chen, "/c/huadong/deals/new")
	must(t, chen.Says("#check", "请填写客户名称"), chen.Click("details summary"))
	must(t, chen.Fill("[name=paste]", "客户：常州光伏设备有限公司\n联系人：李敏\n网址：changzhou-pv.cn\nAUR-D18B 60台\n合计 ¥45,600.00\n预计 2099年12月20日"))
	must(t, chen.Leave("[name=act][value=read]"))
	for field, want := range map[string]string{"customer": "常州光伏设备有限公司", "contact": "李敏", "items": "60 AUR-D18B", "value": "45600.00", "close_on": "2099-12-20"} {
		if got := read[string](t, chen, `document.querySelector("[name=`+field+`]").value`); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	// the box follows what is chosen, and looks at nothing else
	must(t, chen.Run(chosen("[name=country]", "CN")), chen.Says("#check", "域名"))
	fits(t, chen, "the form")
	picture(t, chen, "deal-form-zh-390", Looks[2])
	chen.Quiet(true) // the browser notes the 422
	must(t, chen.Leave("[name=act][value=submit]"))
	must(t, chen.Says("[role=alert]", "凭证"), chen.Says("h1", "草稿")) // kept, and says what is missing
	fits(t, chen, "the refused registration")
}

// TestDealQueue: Ingrid's queue of decisions in English: the next deadline first, two
// registrations for one customer side by side; she lets one wait behind the other.
func TestDealQueue(t *testing.T) {
	ingrid := as(t, left, "ingrid@aurelia.example")
	must(t, ingrid.Size(1440, 900, 1))
	open(t, ingrid, "/c/aurelia/deals")
	must(t, ingrid.Says("#rows", "Humber Wind"), ingrid.Says("#rows", "similar"))
	picture(t, ingrid, "deals-en-1440", Looks[0])
	must(t, ingrid.Leave(`#rows a[href]`), ingrid.Has("#decide"))
	open(t, ingrid, "/c/aurelia/deals?q=crews")
	must(t, ingrid.Leave(`#rows a[href]`), ingrid.Says("#main", "Similar registrations"), ingrid.Says("#main", "humber-wind.example"))
	picture(t, ingrid, "deal-queue-en-1440", Looks[0])
	picture(t, ingrid, "deal-queue-en-dark", Looks[1])
	must(t, ingrid.Leave(`form[action$="/approve"] .btn-primary`), ingrid.Says("h1", "Protected"))

	open(t, ingrid, "/c/aurelia/deals?q=vans")
	must(t, ingrid.Leave(`#rows a[href]`))
	ingrid.Quiet(true) // the browser notes the 409
	must(t, ingrid.Leave(`form[action$="/approve"] .btn-primary`))
	must(t, ingrid.Says("[role=alert]", "protected for the same customer")) // said, and nothing is lost
	must(t, ingrid.Leave(`form[action$="/wait"] button`), ingrid.Says("h1", "Waiting"))
	ingrid.Quiet(false)

	wen := as(t, left, "wen@aurelia.example")
	open(t, wen, "/c/aurelia/deals?view=queue.waiting")
	must(t, wen.Says("#rows", "Humber Wind"), wen.Says("#rows", "等候中"))
	if got := englishWords(t, wen); len(got) > 12 { // names of customers and deals are English
		t.Errorf("English words: %q", got)
	}
	picture(t, wen, "deals-zh-1440", Looks[0])
	// and decides in Chinese: a partner asked for more time
	open(t, wen, "/c/aurelia/deals?q=Trammid")
	must(t, wen.Leave(`#rows a[href]`), wen.Has("#decide"), wen.Leave(`form[action$="/extend"] .btn-primary`))
	must(t, wen.Says("h1", "已保护"), wen.Until(`!document.querySelector('form[action$="/extend"]')`))
}

// TestDealInEnglish: Maya's two minutes on a telephone: a forwarded mail fills the form, the
// box says what is missing, and the draft is kept.
func TestDealInEnglish(t *testing.T) {
	maya := as(t, left, "maya@kestrel.example")
	must(t, maya.Size(390, 844, 2), maya.Speak("en"))
	open(t, maya, "/c/kestrel/deals/new")
	must(t, maya.Click("details summary"))
	must(t, maya.Fill("[name=paste]", "Customer: Ripon Steelworks Ltd\nContact: Jo Bell\nWebsite: ripon-steel.example\n60 x AUR-D18B\nTotal GBP 5,040.00\nExpected 2099-12-20"))
	must(t, maya.Leave("[name=act][value=read]"))
	for field, want := range map[string]string{"customer": "Ripon Steelworks Ltd", "contact": "Jo Bell", "items": "60 AUR-D18B", "value": "5040.00", "close_on": "2099-12-20"} {
		if got := read[string](t, maya, `document.querySelector("[name=`+field+`]").value`); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	must(t, maya.Run(chosen("[name=country]", "GB")), maya.Says("#check", "Domain"))
	wide(t, maya)
	maya.Quiet(true) // the browser notes the 422
	must(t, maya.Leave("[name=act][value=submit]"))
	must(t, maya.Says("[role=alert]", "Attach"), maya.Says("h1", "Draft"))
	wide(t, maya)
}
