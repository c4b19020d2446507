package view

import "time"

// promoSamples are the pages of promotions with everything on them.
func promoSamples(k, a Base) map[string]Page {
	ways := []Tab{{T("promos.board"), "/c/aurelia/promotions", -1, true}, {T("promos.list"), "/c/aurelia/promotions?view=list", -1, false}, {T("promos.calendar"), "/c/aurelia/promotions?view=calendar", -1, false}}
	filters := Filters{URL: "/c/aurelia/promotions", Placeholder: T("promos.search"), Lists: []Filter{{Name: "partner", Label: T("col.partner"), Options: options("", "", "All", "o2", "Kestrel Supply")}}}
	window := T("promo.window_is", "from", Date("2026-12-01"), "until", Date("2027-01-31"))
	card := PromoCard{URL: "/c/aurelia/promotions/1", Number: "PR-2026-7K4F", Title: "Winter Site Warm-up", Window: window, Status: Status{State: "promotion.running", Words: T("promo.tasks_open", "n", 3)}, Partners: []Company{kestrel, baltic}, Budget: gbp("24000.00"), Percent: 40,
		Moves: []Option{{Value: "/c/aurelia/promotions/1#cancel", Label: T("promo.move.cancel")}}}
	waits := card
	waits.Status, waits.Percent = Status{State: "seat.asked", Words: T("promo.your_answer")}, -1
	say := T("promosay.whole", "what", T("promosay.percent", "percent", "5%", "products", "AUR-D18B"), "when", T("promosay.shipped_back", "when", T("promosay.by.order", "from", Date("2026-12-01"), "until", Date("2026-12-31")), "ship", Date("2027-01-15"), "days", 20), "zone", "Europe/London", "how", T("promosay.off_invoice"), "quoted", T("promosay.quoted", "number", "PR-2026-7K4F"))
	changes := []PromoChange{{T("promofield.pledge"), "Kestrel Supply", T("promosay.one_amount", "amount", gbp("3000.00")), T("promosay.one_amount", "amount", gbp("2000.00"))}, {T("promofield.settle"), "", T("promoword.off_invoice"), T("promoword.bill_back")}}
	part := PromoPartner{Company: kestrel, Role: T("promoword.participant"), Pledge: gbp("3000.00"), Worth: gbp("2400.00"), Target: "420", Limit: "500", Status: Status{State: "seat.approved"}}
	log := []Entry{{Green, "check", "Maya Osei", T("promolog.approved", "number", 0), "", at(24, 9, 44)}, {Blue, "send", "Ingrid Dahl", T("promo.log_with", "what", T("promolog.proposed", "number", 2), "words", "as discussed"), "", at(23, 9, 0)}}
	page := PromoPage{Base: a, URL: "/c/aurelia/promotions/1", Number: "PR-2026-7K4F", Title: "Winter Site Warm-up", Status: Status{State: "promotion.proposed"}, Window: window, Owner: aurelia, Mine: true, Sentence: say, Summary: "Heated workwear", Facts: []KV{{Label: T("promo.code_x12"), Value: Raw("REF*PD*PR-2026-7K4F"), Mono: true}}, Warnings: []Text{T("promo.warn.graduated")},
		Partners: []PromoPartner{part}, Budget: gbp("24000.00"), Shares: []PromoShare{{"Aurelia Tools", gbp("12000.00"), 0, 50, "f-accent"}, {"Kestrel Supply", gbp("3000.00"), 50, 12, "f-soft"}}, Rates: T("promo.rates", "rates", "£1 = €1.15"), Approvals: []Entry{{Amber, "clock", "Baltic Trade Oü", T("promo.waits_since"), "", at(23, 9, 0)}},
		Counters: []PromoCounter{{"v1", kestrel, "Maya Osei", "more units, less money", at(24, 8, 0), changes}}, Changes: changes, ChangesOf: T("promo.changes_last", "number", 1), Tasks: []PromoTask{{"t1", "Counter display", kestrel, "2026-11-20", true, false, true}, {"t2", "Leaflet", aurelia, "", false, true, false}}, TasksDone: 1, CanTask: true, TaskOrgs: options("", "o1", "Aurelia"), Task: Form{Errors: []FieldError{{"title", T("form.missing")}}},
		History: log, Named: []Company{baltic}, Rooms: []KV{{Label: Raw("Kestrel Supply"), Value: T("promo.room_open"), URL: "/c/aurelia/rooms/1"}}, EditURL: "/c/aurelia/promotions/1/edit", CopyURL: "/c/aurelia/promotions/new?from=1", Version: "3", CanSend: true, CanCancel: true, Cancel: Form{Errors: []FieldError{{"reason", T("form.missing")}}}}
	joined := page
	joined.Base, joined.Mine, joined.CanSend, joined.CanCancel, joined.CanAnswer, joined.CanDecline, joined.CounterURL, joined.Hash, joined.Note, joined.Rooms, joined.EditURL, joined.CopyURL = k, false, false, false, true, true, "/c/kestrel/promotions/1/counter", "abc", "as discussed", nil, "", ""
	joined.Answer = Form{Note: T("promo.other_text")}
	joined.Room = &Room{ID: "r1", URL: "/c/kestrel/rooms/r1", ReadOnly: true}
	row := PromoResult{Company: kestrel, URL: "/c/aurelia/promotions/1/results?partner=o2", Orders: 12, Ordered: "240", Confirmed: "240", Shipped: "200", Invoiced: "180", Sold: "120", Channel: T("promo.channel", "n", "60"), Percent: 43, Value: gbp("15120.00"), Earned: gbp("756.00"), Worth: gbp("756.00")}
	product := row
	product.Company, product.Label, product.Percent = Company{}, "AUR-D18B", -1
	results := page
	results.Tab, results.CanSettle = "results", true
	results.Tabs = []Tab{{T("promo.overview"), "/c/aurelia/promotions/1", -1, false}, {T("promo.results"), "/c/aurelia/promotions/1/results", -1, true}}
	results.Results = &PromoResults{Formula: T("promo.formula"), Settled: time.Time{}, Figures: []PromoFigure{{T("promo.fig.units"), Raw("240"), T("promo.fig.units_sub", "n", 12)}}, Partners: []PromoResult{row}, Products: []PromoResult{product},
		Lines: []PromoLine{{"4500187342", "/c/aurelia/orders/1", "10", "AUR-D18B", kestrel, "2026-12-02", Quantity{"240", "EA"}, Quantity{"200", "EA"}, Quantity{"180", "EA"}, gbp("756.00"), Status{State: "promoline.part"}, T("promowhy.limit")}}, Pager: Pager{Shown: 1, Total: -1, Next: "/c/aurelia/promotions/1/results?after=x"}, Filters: []Option{{"/c/aurelia/promotions/1/results?show=out", T("promo.show.out"), true}}, ExportURL: "/c/aurelia/promotions/1/lines.csv", Resales: []PromoResale{{"SR-2026-11", "/c/aurelia/sell-through/1", "AUR-D18B", kestrel, "2026-12-01", "2026-12-31", Quantity{"24", ""}, Quantity{"20", ""}, gbp("84.00"), Status{State: "promoline.part"}, T("promowhy.limit")}, {"SR-2026-12", "", "AUR-B50", kestrel, "2026-12-04", "2026-12-04", Quantity{"3", ""}, Quantity{"0", ""}, gbp("0.00"), Status{State: "promoline.out"}, T("promowhy.period")}}, MoreURL: "/more"}
	form := PromoFormPage{Base: a, URL: "/c/aurelia/promotions/new", BackURL: "/c/aurelia/promotions", Title: T("promos.new"), Form: Form{Values: map[string]string{"title": "Winter", "quoted": "1"}, Errors: []FieldError{{"summary", T("promo.resale_price", "Words", "rrp")}, {"parts.o2.share", T("form.number_wrong")}}}, Kinds: options("percent", "percent", "Percent"), Settles: options("off_invoice", "off_invoice", "Off"), Dates: options("order", "order", "Order"), Zones: options("UTC", "UTC", "UTC"), Families: options("cordless", "cordless", "Cordless"),
		Partners: []PromoFormPart{{Company: kestrel, Prefix: "parts.o2.", Currency: "EUR", Roles: options("participant", "", "Not in it", "participant", "Buys")}}, Sentence: say, Warnings: []Text{T("promo.warn.limits")}, Replay: []KV{{Label: Raw("Kestrel Supply"), Value: Raw("240")}}, Currency: "GBP"}
	counter := form
	counter.Base, counter.Counter, counter.Title = k, true, T("promo.counter")
	return map[string]Page{
		"promos":          &PromosPage{Base: a, Kind: "board", Ways: ways, Filters: filters, Columns: []PromoColumn{{"running", T("promos.col.running"), 21, []PromoCard{card, waits}, "/c/aurelia/promotions?view=list&state=running"}}, NewURL: "/c/aurelia/promotions/new"},
		"promos_list":     &PromosPage{Base: k, Kind: "list", Ways: ways, Filters: filters, Rows: []PromoCard{card, waits}, Pager: Pager{Shown: 2, Total: -1, Next: "/c/kestrel/promotions?after=x"}},
		"promos_calendar": &PromosPage{Base: a, Kind: "calendar", Ways: ways, Filters: filters, Months: []PromoMonth{{"Dec 2026", 0, 50}, {"Jan 2027", 50, 50}}, Bars: []PromoBar{{card, 0, 40, T("promos.clash", "others", "Grinder safety month")}, {waits, 50, 20, Text{}}}, Earlier: "/e", Later: "/l"},
		"promo":           &page, "promo_joined": &joined, "promo_results": &results, "promo_form": &form, "promo_counter": &counter,
	}
}

func promoEmpties(e Base) map[string]Page {
	return map[string]Page{"promos": &PromosPage{Base: e, Kind: "board"}, "promos_calendar": &PromosPage{Base: e, Kind: "calendar"}, "promos_list": &PromosPage{Base: e, Kind: "list"}, "promo": &PromoPage{Base: e, Title: "x"}, "promo_form": &PromoFormPage{Base: e, Title: T("promos.new")}, "promo_results": &PromoPage{Base: e, Title: "x", Tab: "results", Results: &PromoResults{Claim: &PromoClaim{URL: "/c/kestrel/promotions/1/claim", Mark: "m", Text: T("promo.claim_text", "amount", gbp("812.40")), Sum: gbp("812.40"), Lines: []PromoClaimLine{{"4500187342", "/c/kestrel/orders/1", "AUR-D18B", Quantity{"240", "EA"}, gbp("812.40")}}, Proof: T("promo.claim_proof", "items", "Photo"), FundsURL: "/c/kestrel/funds/claims"}, Formula: T("promo.formula")}}}
}
