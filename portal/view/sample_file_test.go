package view

// fileSamples are the pages of files of many rows.
func fileSamples(k, a Base) map[string]Page {
	columns := []FileColumn{{0, "Order no", []string{"PO-1", "PO-2"}, options("number", "number", "Order number", "item", "Item")}, {1, "Item", []string{"AUR-01"}, options("item", "number", "Order number", "item", "Item")}}
	fields := []FileField{{"number", T("files.orders.number")}, {"item", T("files.orders.item")}, {"quantity", T("files.orders.quantity")}}
	rows := []FileRow{
		{No: 2, Cells: []FileCell{{"r.2.number", T("files.orders.number"), "PO-1", Text{}, false}, {"r.2.item", T("files.orders.item"), "AUR-01", Text{}, false}, {"r.2.quantity", T("files.orders.quantity"), "many", T("sheet.number", "Value", "many"), false}}, Bad: true, Notes: []Text{T("mark.short.superseded")}},
		{No: 3, Dropped: true, Cells: []FileCell{{"r.3.number", T("files.orders.number"), "", Text{}, true}, {"r.3.item", T("files.orders.item"), "", Text{}, false}, {"r.3.quantity", T("files.orders.quantity"), "11", Text{}, false}}, Notes: []Text{T("batch.total")}},
	}
	exports := []Export{{T("export.csv"), "?format=csv"}}
	page := func(b Base, kind string) *FilePage {
		wrong := []FieldError{{"number", T("form.too_long", "Most", 22)}}
		if kind != "orders" {
			wrong = nil
		}
		return &FilePage{Base: b, URL: "/c/kestrel/files/orders/1", BackURL: "/c/kestrel/files/orders", Kind: kind, Name: "orders november.xlsx", Partner: "Aurelia Tools", Status: Status{State: "file.ready"}, Notes: []Text{T("files.known"), T("files.before", "name", "a.csv", "when", at(24, 9, 0))},
			Columns: columns, Headers: options("1", "0", "none", "1", "row 1"), Decimals: options("", "", "each"), Orders: options("", "", "each"), Open: true, Tabs: []Tab{{T("files.rows_wrong"), "?rows=wrong", 1, true}, {T("list.all"), "?rows=all", 2, false}}, Fields: fields, Rows: rows, Next: "?after=3", Rest: "?rows=wrong",
			Clean: 2, CleanText: T("files.clean."+kind, "n", 2), AskNumber: kind == "orders", Form: Form{Errors: wrong}, Errors: exports,
			Results: []FileResult{{"PO-1", "/c/kestrel/orders/1", 2, Status{State: "outcome.made"}, Text{}}, {"PO-2", "", 1, Status{State: "outcome.refused"}, T("trade.item_unknown", "SKU", "X")}, {"PO-3", "", 1, Status{State: "outcome.held"}, Text{}}, {"PO-4", "", 1, Status{State: "outcome.same"}, Text{}}, {"PO-5", "", 1, Status{State: "outcome.changed"}, Text{}}}, ResultsNext: "?results=9"}
	}
	list := func(b Base, kind string, partners []Option) *FilesPage {
		return &FilesPage{Base: b, URL: "/c/kestrel/files/" + kind, BackURL: "/c/kestrel/orders", Kind: kind, Form: Form{Errors: []FieldError{{"file", T("files.no_file")}}}, Partners: partners, Countries: options("GB", "GB", "United Kingdom"), Exports: exports,
			Rows: []FileListRow{{"/c/kestrel/files/orders/1", "orders november.xlsx", "Aurelia Tools", Status{State: "file.done"}, 1200, at(24, 9, 0), "Dan Whitlock"}, {"/c/kestrel/files/orders/2", "x.csv", "", Status{State: "file.failed"}, 1, at(23, 9, 0), ""}}}
	}
	firm := Company{ID: "o1", Name: "Kestrel Supply"}
	picked := []BulkRow{{"/o/1", "PO-1", "1:1", firm, 2, gbp("12.00"), Status{State: "bulk.clean"}, Text{}, true}, {"/o/2", "PO-2", "2:1", firm, 1, gbp("1.00"), Status{State: "bulk.doubtful"}, T("orders.mark", "line", "2", "what", T("mark.short.price_differs")), false}, {"/o/3", "PO-3", "3:1", firm, 1, gbp("1.00"), Status{State: "bulk.already"}, Text{}, false}, {"/o/4", "PO-4", "4:1", firm, 1, gbp("1.00"), Status{State: "bulk.held"}, Text{}, false}}
	done := []BulkRow{{"/o/1", "PO-1", "1:1", firm, 2, gbp("12.00"), Status{State: "bulk.confirmed"}, Text{}, false}, {"/o/2", "PO-2", "2:1", firm, 1, gbp("1.00"), Status{State: "bulk.failed"}, T("trade.nothing_to_confirm", "State", "confirmed"), false}, {"/o/3", "PO-3", "3:1", firm, 1, gbp("1.00"), Status{State: "bulk.waits"}, Text{}, false}}
	saved := &OrdersPage{Base: a, Bulk: true, Back: "?view=open", Saved: SavedViews{"/c/aurelia/orders/views", "view=open", []SavedView{{"1", "Today", "/c/aurelia/orders?view=open", true, true, true}, {"2", "Kestrel", "/c/aurelia/orders?partner=1", false, false, false}}}, Rows: []OrderRow{{URL: "/o/1", Number: "PO-1", Partner: firm, Status: Status{State: "order.received"}, Pick: "1:1", Lines: 1}, {URL: "/o/2", Number: "PO-2", Partner: firm, Status: Status{State: "order.confirmed"}, Lines: 1}}, Filters: Filters{URL: "/c/aurelia/orders", Placeholder: T("orders.search")}, Pager: Pager{Shown: 2, Total: 2}}
	leads := list(a, "leads", nil)
	leads.Bases, leads.Money = options("", "", "Each row", "form", "Form"), options("GBP", "GBP", "GBP")
	return map[string]Page{
		"files-leads": leads, "file-leads": page(a, "leads"),
		"bulk": &BulkConfirmPage{Base: a, URL: "/c/aurelia/orders/confirm", BackURL: "/c/aurelia/orders", Clean: 1, Rows: picked}, "bulk-done": &BulkConfirmPage{Base: a, URL: "/c/aurelia/orders/confirm", BackURL: "/c/aurelia/orders", Done: true, Confirmed: 1, Rows: done}, "orders-saved": saved,
		"files": list(k, "orders", options("p1", "p1", "Aurelia Tools")), "files-products": list(a, "products", nil), "files-references": list(a, "references", options("p1", "p1", "Kestrel Supply")),
		"file": page(k, "orders"), "file-products": page(a, "products"), "file-references": page(a, "references"),
		"file-reading":  &FilePage{Base: k, URL: "/c/kestrel/files/orders/1", BackURL: "/c/kestrel/files/orders", Kind: "orders", Name: "x.csv", Status: Status{State: "file.reading"}, Working: true, Progress: T("files.reading", "n", 41500)},
		"file-applying": &FilePage{Base: k, URL: "/c/kestrel/files/orders/1", BackURL: "/c/kestrel/files/orders", Kind: "orders", Name: "x.csv", Status: Status{State: "file.applying"}, Working: true, Progress: T("files.applying", "done", "1,240", "all", "5,000"), Done: 1240, Total: 5000},
		"file-failed":   &FilePage{Base: k, URL: "/c/kestrel/files/orders/1", BackURL: "/c/kestrel/files/orders", Kind: "orders", Name: "x.csv", Status: Status{State: "file.failed"}, Problem: T("sheet.empty")},
	}
}
