package view

// sellSamples are the pages of sell-through, of the supplier and of the reseller.
func sellSamples(k, a Base) map[string]Page {
	tabs := []Tab{{T("sell.tab.reports"), "/c/aurelia/sell-through", -1, true}, {T("sell.tab.coverage"), "/c/aurelia/sell-through/coverage", -1, false}}
	row := SellReportRow{URL: "/c/aurelia/sell-through/1", Number: "SR-2026-11", Partner: kestrel, From: "2026-11-01", To: "2026-11-30", Status: Status{State: "sell.current"}, Lines: 41, Doubts: 2, At: at(24, 9, 0)}
	old := row
	old.Ours, old.Status, old.Doubts = true, Status{State: "sell.replaced"}, 0
	lines := []SellLine{
		{Name: "Drill 18 V brushless", SKU: "AUR-D18B", BuyerItem: "KS-40100", URL: "/p", Quantity: Quantity{"2", "CA"}, Pieces: Quantity{"20", ""}, Counts: true, From: "2026-11-04", To: "2026-11-04", Price: gbp("119.50"), Customer: "Wharfe Steel Ltd", Place: "Leeds", Refs: []Text{T("sell.promotion", "number", "PR-2026-014"), T("sell.deal", "number", "D-10000001"), T("sell.reference", "number", "4711")}},
		{Name: "KS-1", BuyerItem: "KS-1", Quantity: Quantity{"4", "EA"}, Wrong: true, Why: []Text{T("sell.doubt.item")}, From: "2026-11-01", To: "2026-11-30"},
		{Name: "Drill", SKU: "AUR-D18B", Quantity: Quantity{"50", "EA"}, Why: []Text{T("sell.kind.move")}, From: "2026-11-01", To: "2026-11-30"},
	}
	report := SellReportPage{Base: a, URL: "/c/aurelia/sell-through/1", Number: "SR-2026-11", Reseller: "Kestrel Supply", From: "2026-11-01", To: "2026-11-30", Status: Status{State: "sell.current"}, Facts: []KV{{Label: T("sell.sold"), Value: T("product.quantity", "quantity", Quantity{"20", ""})}}, Overlaps: []SellReportRow{row}, Doubts: 2, DoubtsURL: "/d", CanCheck: true, CanWithdraw: true, NumbersURL: "/n", Exports: []Export{{T("export.csv"), "/x"}}, Rows: lines, Pager: Pager{Shown: 3, Total: -1}}
	hidden := report
	hidden.Hidden, hidden.Newer, hidden.OnlyDoubts, hidden.Status = true, "/c/aurelia/sell-through/2", true, Status{State: "sell.replaced"}
	plan := Form{Values: map[string]string{"grain": "month", "since": "2026-08-01", "due_days": "10", "version": "2"}, Errors: []FieldError{{"since", T("form.date")}}}
	periods := []SellPeriod{{From: "2026-11-01", To: "2026-11-30", Status: Status{State: "period.running"}, Due: "2026-12-10"}, {From: "2026-10-01", To: "2026-10-31", Status: Status{State: "period.missing"}, Due: "2026-11-10", Chased: at(20, 9, 0), CanRemind: true}, {From: "2026-09-01", To: "2026-09-30", Status: Status{State: "period.complete", Words: T("sell.late")}, Due: "2026-10-10"}}
	return map[string]Page{
		"sell":               &SellReportsPage{Base: a, Tabs: tabs, Filters: filters("/c/aurelia/sell-through"), Rows: []SellReportRow{row, old}, Pager: Pager{Shown: 2, Total: -1}, FileURL: "/f"},
		"sell-report":        &report,
		"sell-report-hidden": &hidden,
		"sell-coverage":      &SellCoveragePage{Base: a, URL: "/c/aurelia/sell-through/coverage", Tabs: tabs, Rows: []SellCoverage{{ID: "1", Partner: kestrel, Plan: T("sell.plan.month", "since", Date("2026-08-01"), "days", 10), Gaps: 1, Done: T("sell.done", "done", 1, "all", 3), Periods: periods, Form: &plan, Grains: options("month", "month", "every month"), Dual: true, DualText: T("sell.dual_on")}, {ID: "2", Partner: kestrel, Plan: T("sell.plan.none"), CanDual: true, DualText: T("sell.dual_off")}}},
		"sell-stock":         &SellStockPage{Base: a, URL: "/c/aurelia/sell-through/stock", Tabs: tabs, Partners: options("1", "1", "Kestrel Supply"), Reports: []Option{{"s1", T("sell.stock_of", "date", Date("2026-11-30")), true}}, From: "2026-10-31", To: "2026-11-30", Straddling: 2, Rows: []SellStockRow{{"AUR-D18B", "/p", Quantity{"30", ""}, Quantity{"40", ""}, Quantity{"23", ""}, Quantity{"10", ""}, Quantity{"37", ""}, Quantity{"38", ""}, Quantity{"1", ""}, true, true}, {SKU: "AUR-B50", Opening: Quantity{"9", ""}}}},
		"sell-coverage-ours": &SellCoveragePage{Base: k, URL: "/c/kestrel/sell-through/coverage", Tabs: tabs, Rows: []SellCoverage{{ID: "1", Partner: aurelia, Ours: true, Plan: T("sell.plan.445", "since", Date("2026-01-05"), "days", 5), Periods: periods[2:], Dual: true, CanDual: true, DualText: T("sell.dual_on")}}},
	}
}

func sellEmpties(b Base, quiet Filters) map[string]Page {
	return map[string]Page{"sell": &SellReportsPage{Base: b, Filters: quiet}, "sell-report": &SellReportPage{Base: b}, "sell-coverage": &SellCoveragePage{Base: b}, "sell-stock": &SellStockPage{Base: b}}
}
