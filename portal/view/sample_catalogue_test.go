package view

import (
	"maps"

	"entente/portal/locale"
)

// withCatalogue are the samples, or the empty pages, with those of the catalogue.
func withCatalogue(lang locale.Language, full bool) map[string]Page {
	if !full {
		out := empties(lang)
		maps.Copy(out, catalogueEmpties(bare(lang), Filters{Placeholder: T("find.placeholder")}))
		maps.Copy(out, sellEmpties(bare(lang), Filters{Placeholder: T("find.placeholder")}))
		maps.Copy(out, forumEmpties(bare(lang)))
		maps.Copy(out, libraryEmpties(bare(lang)))
		return out
	}
	out := samples(lang)
	maps.Copy(out, catalogueSamples(base(lang, kestrel), base(lang, aurelia)))
	maps.Copy(out, sellSamples(base(lang, kestrel), base(lang, aurelia)))
	maps.Copy(out, forumSamples(base(lang, kestrel), base(lang, aurelia)))
	maps.Copy(out, librarySamples(base(lang, kestrel), base(lang, aurelia)))
	return out
}

// catalogueSamples are the pages of the catalogue, as owner and as partner.
func catalogueSamples(k, a Base) map[string]Page {
	tabs := []Tab{{T("catalogue.tab.products"), "/c/aurelia/catalogue", -1, true}, {T("catalogue.tab.prices"), "/c/aurelia/catalogue/prices", -1, false}}
	units := []UnitRow{{Level: T("level.each"), Unit: "EA", Rec20: "PCE", Holds: T("product.base_unit"), GTIN: "07391234500019"}, {Level: T("level.inner"), Unit: "BX", Rec20: "BX", Holds: T("product.holds", "quantity", Quantity{"5", "EA"}), Smaller: 1}, {Level: T("level.case"), Unit: "CA", Rec20: "CT", Holds: T("product.holds_packs", "packs", Quantity{"4", "BX"}, "quantity", Quantity{"20", "EA"}), GTIN: "27391234500013", Smaller: 2}}
	facts := []KV{{Label: T("field.minimum"), Value: T("product.quantity", "quantity", Quantity{"10", "EA"})}}
	wrong := Form{Values: map[string]string{"gtin": "7391234500018", "state": "active", "from": "2026-01-01"}, Errors: []FieldError{{"gtin", T("catalog.gtin_digit", "GTIN", "7391234500018", "Digit", "9")}}}
	dated := Form{Values: map[string]string{"from": "2026-01-01"}, Errors: []FieldError{{"from", T("catalog.from_past", "From", "2026-01-01")}}}
	named := Form{Errors: []FieldError{{"notice_days", T("catalog.notice_range", "Most", 365)}}}
	rows := []PriceDiffRow{{SKU: "AUR-D18B", Name: "Drill 18 V brushless", URL: "/p", Unit: "EA", Price: gbp("86.94"), Was: gbp("84.00"), Move: T("prices.move", "sign", "+", "percent", "3.5"), Up: true}, {SKU: "AUR-G125", Name: "Grinder", URL: "/p", Unit: "EA", Was: gbp("46.50"), State: T("prices.gone")}, {SKU: "AUR-B50", Name: "Battery", URL: "/p", Unit: "EA", Price: gbp("30.00"), Was: gbp("31.20"), Move: T("prices.move", "sign", "−", "percent", "3.8")}}
	return map[string]Page{
		"product":          &ProductPage{Base: k, URL: "/c/kestrel/catalogue/p", SKU: "AUR-D18B", Name: "Drill 18 V brushless", Status: Status{State: "product.replaced", Words: T("product.replaced_on", "sku", "AUR-D18C", "date", Date("2027-01-01"))}, Facts: facts, Units: units, Prices: []PriceRow{{Price: gbp("79.00"), From: "2026-01-01", URL: "/l", Steps: []PriceStep{{T("price.step.list"), gbp("84.00"), "2026-01-01"}, {T("price.step.partner"), gbp("79.00"), "2026-03-01"}}, Next: &PriceNext{Price: gbp("82.00"), From: "2027-01-01", Up: true}}, {Price: gbp("1"), Next: &PriceNext{From: "2027-01-01", Same: true}}}, Stock: []KV{{Label: T("stock.as_of"), Value: T("product.at", "when", at(24, 9, 0))}}, StockStatus: Status{State: "stock.out"}, References: []ReferenceRow{{BuyerItem: "KS-40100", CanDrop: true}}, Reference: &Form{}, OrderURL: "/o", NewURL: "/n", NewSKU: "AUR-D18C"},
		"product-own":      &ProductPage{Base: a, URL: "/c/aurelia/catalogue/p", SKU: "AUR-D18B", Name: "Drill 18 V brushless", Status: Status{State: "product.active"}, Own: true, CanEdit: true, OptionsURL: "/c/aurelia/catalogue/p/options", Options: []OptionGroupRow{{"Motor", T("options.one"), []Text{Raw("small"), T("options.pieces", "name", "battery", "most", "4")}}}, Rules: []Text{T("optionrule.limits_always", "then", "A, B", "most", "2")}, Units: units[:1], References: []ReferenceRow{{Company: "Kestrel Supply", Partner: "k", BuyerItem: "KS-40100", CanDrop: true}}, Reference: &Form{}, Partners: options("k", "k", "Kestrel Supply"), StockStatus: Status{State: "stock.low"}},
		"options":          &OptionsPage{Base: a, URL: "/c/aurelia/catalogue/p/options", BackURL: "/c/aurelia/catalogue/p", CSVURL: "/csv", ListURL: "/l", SKU: "AUR-D18B", Name: "Drill", Form: Form{Values: map[string]string{"revision": "2", "g.0.opt_code": "MOTOR", "g.0.required": "1"}, Errors: []FieldError{{"g.0.opt_code", T("option.group_never", "Group", "MOTOR")}, {"paste", T("option.row_wrong", "Row", "3", "Column", "most", "Value", "many")}}}, Groups: []int{0, 1}, Options: []int{0}, Rules: []int{0}, Codes: []string{"MOTOR"}, Kinds: options("adds", "adds", "brings"), Lists: []KV{{Label: T("options.list", "name", T("prices.standard"), "currency", "GBP"), Mono: true}, {Label: Raw("Kestrel 2026"), URL: "/x"}}, List: "l", Currency: "GBP", ListName: T("prices.standard"), Draft: true, Sentences: []Text{T("optionrule.requires_one", "if", "LONG", "then", "BIG")}},
		"options-read":     &OptionsPage{Base: a, URL: "/o", List: "l", ListURL: "/l", ListName: T("prices.standard"), Options: []int{0}},
		"product-form":     &ProductFormPage{Base: a, URL: "/c/aurelia/catalogue/new", BackURL: "/c/aurelia/catalogue", Form: wrong, States: options("active", "active", "Sold"), Packs: []string{"inner", "case", "pallet"}, Families: []string{"cordless"}},
		"product-edit":     &ProductFormPage{Base: a, URL: "/c/aurelia/catalogue/p/edit", BackURL: "/c/aurelia/catalogue/p", SKU: "AUR-D18B", States: options("active", "active", "Sold"), Packs: []string{"inner", "case", "pallet"}},
		"price-lists":      &PriceListsPage{Base: a, URL: "/c/aurelia/catalogue/prices", Tabs: tabs, Rows: []PriceListRow{{URL: "/l", Name: T("prices.standard"), Who: T("prices.all_partners"), Currency: "GBP", Items: 40, From: "2026-01-01", Coming: "2027-01-01", Draft: true}, {URL: "/m", Name: Raw("Kestrel 2026"), Who: Raw("Kestrel Supply"), Currency: "GBP"}}, New: &named, Open: true, Currencies: options("GBP", "GBP", "GBP"), Partners: options("", "", "All"), Bases: options("order", "order", "Order date")},
		"price-list":       &PriceListPage{Base: k, URL: "/l", Name: T("prices.standard"), Currency: "GBP", Facts: facts, Versions: []PriceVersionRow{{"/l?version=3", 3, "2027-01-01", Status{State: "price.coming"}, 40, true}, {"/l?version=2", 2, "2026-01-01", Status{State: "price.current"}, 40, false}, {"/l?version=1", 1, "2025-01-01", Status{State: "price.past"}, 1, false}}, Version: 3, Shown: Status{State: "price.coming"}, From: "2027-01-01", Note: "Steel", Filters: filters("/l"), Rows: rows, Pager: Pager{Shown: 3, Total: -1, Next: "/l?after=x"}, CSVURL: "/l/csv", Compare: "2026-01-01"},
		"price-list-own":   &PriceListPage{Base: a, URL: "/l", Name: T("prices.special"), Currency: "GBP", Facts: facts, Version: 3, Shown: Status{State: "price.draft"}, From: "2027-01-01", Filters: filters("/l"), Rows: rows, CSVURL: "/l/csv", Settings: &Form{}, Bases: options("order", "order", "Order date"), Publish: &Form{Errors: []FieldError{{"short", T("catalog.notice_short", "Days", 30)}}}, Change: &Form{}, ShortAsk: true, Notice: 30},
		"stock":            &StockPage{Base: a, URL: "/c/aurelia/catalogue/stock", Tabs: tabs, Filters: filters("/s"), CSVURL: "/s/csv", Set: &Form{}, Rows: []StockRow{{SKU: "AUR-D18B", Name: "Drill", URL: "/p", Unit: "EA", Quantity: "12", Status: Status{State: "stock.low"}, Places: Raw("LDS 7 · – 5"), AsOf: at(24, 9, 0)}, {SKU: "AUR-G125", Name: "Grinder", URL: "/p", Unit: "EA"}}, Terms: []TermsRow{{Form: Form{Values: map[string]string{"shown": "band"}}, Shown: options("band", "band", "Band")}, {Partner: "k", Company: "Kestrel Supply", Own: true, StockEDI: true, Sent: at(24, 9, 0), Shown: options("band", "band", "Band"), Form: Form{Errors: []FieldError{{"low", T("catalog.quantity_wrong")}}}}, {Partner: "b", Company: "Baltic", Shown: options("band", "band", "Band")}}, Reports: []StockReportRow{{"/r", "Kestrel Supply", false, "2026-11-20", 40, 2, at(24, 9, 0)}}},
		"stock-partner":    &StockPage{Base: k, Tabs: tabs, Filters: filters("/s"), Reports: []StockReportRow{{"/r", "Aurelia Tools", true, "2026-11-20", 40, 0, at(24, 9, 0)}}},
		"stock-report":     &StockReportPage{Base: a, Company: "Kestrel Supply", Facts: facts, Rows: []StockReportLine{{SKU: "AUR-D18B", BuyerItem: "KS-1", Place: "LEEDS", Kind: T("stock.kind.33"), Quantity: Quantity{"3", "CA"}, Pieces: Quantity{"12", ""}, Known: true}, {BuyerItem: "XX", Kind: T("stock.kind.other", "code", "198"), Quantity: Quantity{"1", "EA"}}}, Pager: Pager{Shown: 2, Total: -1}},
		"backorders":       &BackordersPage{Base: a, Tabs: tabs, Supply: true, Rows: []BackorderRow{{URL: "/o/1", Number: "4500187622", Partner: kestrel, SKU: "AUR-D18B", Name: "Drill", Waiting: Quantity{"40", "EA"}, Since: at(20, 9, 0), Promised: "2026-11-20", Late: true, Stock: T("backorder.partly", "quantity", Quantity{"12", "EA"}), Covered: Amber, AnswerURL: "/o/1/confirm"}}, Pager: Pager{Shown: 1, Total: -1}},
		"backorders-buyer": &BackordersPage{Base: k, Tabs: tabs, Rows: []BackorderRow{{URL: "/o/1", Number: "4500187622", Partner: aurelia, SKU: "AUR-D18B", Name: "Drill", Waiting: Quantity{"40", "EA"}, Since: at(20, 9, 0)}}, Pager: Pager{Shown: 1, Total: -1}},
		"price-list-next":  &PriceListPage{Base: a, URL: "/l", Name: T("prices.standard"), Currency: "GBP", Filters: filters("/l"), Settings: &Form{}, Bases: options("order", "order", "Order date"), Draft: &dated},
	}
}

func catalogueEmpties(b Base, quiet Filters) map[string]Page {
	return map[string]Page{"product": &ProductPage{Base: b}, "product-form": &ProductFormPage{Base: b}, "options": &OptionsPage{Base: b}, "price-lists": &PriceListsPage{Base: b}, "stock": &StockPage{Base: b, Filters: quiet}, "stock-own": &StockPage{Base: b, Filters: quiet, CSVURL: "/x"}, "stock-report": &StockReportPage{Base: b}, "backorders": &BackordersPage{Base: b}, "price-list": &PriceListPage{Base: b, Filters: quiet}}
}
