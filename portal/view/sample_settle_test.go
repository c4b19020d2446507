package view

// settleSamples are the pages of what follows an invoice with everything on them.
func settleSamples(k, a Base) map[string]Page {
	places := []Tab{{Label: T("settle.place.invoices"), URL: "/c/kestrel/invoices", Count: -1}, {Label: T("settle.place.disputes"), URL: "/c/kestrel/disputes", Count: 2, On: true}, {Label: T("settle.place.payments"), URL: "/c/kestrel/payments", Count: -1}}
	row := DisputeRow{"/c/kestrel/disputes/1", "D-00001", "INV-88213", "/c/kestrel/invoices/1", aurelia, T("dispute.reason.price"), gbp("460.80"), Status{State: "dispute.open"}, T("settle.turn_late", "company", "Aurelia Tools", "when", at(23, 9, 0)), true, at(19, 14, 31)}
	answers := []IssueAnswer{{Value: "credited", Label: T("issue.do.credited")}, {Value: "refused", Label: T("issue.do.refused"), Note: true, Danger: true}, {Value: "explained", Label: T("issue.do.explained"), Reference: T("issue.which_dispute")}}
	box := IssueBox{"/c/aurelia/payments/issues/1", T("issue.deduction"), T("issue.why.deduction", "amount", gbp("460.80"), "number", "INV-88213", "reason", T("deduction.01"), "reference", "D-00001", "note", ""), T("issue.next.deduction"), Status{State: "issue.open"}, T("settle.turn_mine", "when", at(27, 17, 0)), false, kestrel, gbp("460.80"), "BACS-771", "/c/aurelia/payments/1", "INV-88213", "/c/aurelia/invoices/1", at(24, 9, 0), answers}
	lines := []InvoiceLineRow{
		{Position: 1, Name: "Drill 18 V brushless", SKU: "AUR-D18B", Unit: "EA", Ordered: Cell{Value: "240"}, Delivered: Cell{Value: "240"}, Received: Cell{Value: "240"}, Quantity: Cell{Value: "240"}, OrderPrice: Cell{Value: "84.00"}, Price: Cell{Value: "84.00"}, Amount: Cell{Value: "20160.00"}, Status: Status{State: "invoice.matched"}},
		{Position: 2, Name: "Grinder 125 mm", SKU: "AUR-G125", Unit: "EA", Ordered: Cell{Value: "160"}, Delivered: Cell{Value: "160"}, Received: Cell{Value: "160"}, Quantity: Cell{Value: "160"}, OrderPrice: Cell{Value: "46.50"}, Price: Cell{"48.90", true}, Amount: Cell{Value: "7824.00"}, Difference: "+384.00", Bad: true, Status: Status{State: "invoice.differs"}, OrderNumber: "4500187343", OrderURL: "/c/kestrel/orders/2",
			Notes: []Text{T("settle.why_price_over", "order", gbp("46.50"), "invoice", gbp("48.90"), "quantity", Quantity{"160", "EA"}, "by", gbp("2.40"), "amount", gbp("384.00"))}},
	}
	page := func(form *DisputeForm) *InvoicePage {
		return &InvoicePage{Base: k, URL: "/c/kestrel/invoices/1", Number: "INV-88213", Status: Status{State: "settle.disputed"}, Match: Status{State: "invoice.differs"}, Buyer: kestrel, Supplier: aurelia, OrderNumber: "4500187342", OrderURL: "/c/kestrel/orders/1", Issued: "2026-11-19", Due: "2026-12-19", PDF: "/c/kestrel/invoices/1/pdf", Currency: "GBP",
			Told: []Text{T("settle.differs", "n", 1, "amount", gbp("460.80")), T("settle.differs_next", "company", "Aurelia Tools")}, Lines: lines, Sums: []KV{{Label: T("col.net"), Value: Raw("27,984.00")}, {Label: T("settle.sum_open"), Value: Raw("33,580.80")}}, Facts: []KV{{Label: T("col.order"), Value: T("settle.share", "number", "4500187342", "amount", gbp("20160.00")), URL: "/c/kestrel/orders/1"}, {Label: T("col.order"), Value: T("settle.share_differs", "number", "4500187343", "amount", gbp("7824.00"), "by", gbp("+384.00")), URL: "/c/kestrel/orders/2"}, {Label: T("settle.credit_of"), Value: T("settle.the_invoice"), URL: "/c/kestrel/invoices/2"}},
			Approve: T("settle.approve", "amount", gbp("33120.00")), AcceptAll: T("settle.accept_all", "amount", gbp("33580.80")), DisputeURL: "/c/kestrel/invoices/1/dispute", Dispute: form, Disputes: []DisputeRow{row},
			Settled: []SettledRow{{T("payment.title", "number", "BACS-771"), "/c/kestrel/payments/1", gbp("33120.00"), at(24, 9, 0)}, {T("settle.credit_no", "number", "CN-1"), "", gbp("460.80"), at(24, 9, 0)}}, Credits: []SettledRow{{T("settle.credit_no", "number", "CN-1"), "/c/kestrel/invoices/3", gbp("-460.80"), at(24, 9, 0)}}, Issues: []IssueBox{box}}
	}
	form := &DisputeForm{Form: Form{Errors: []FieldError{{"reason", T("settle.reason_missing")}}, Values: map[string]string{"line.2.net": "384.00"}}, Reasons: []Option{{Label: T("dispute.choose")}, {Value: "price", Label: T("dispute.reason.price")}}, Lines: []DisputeFormLine{{2, "Grinder 125 mm", "AUR-G125", gbp("7824.00"), T("settle.differs_by", "amount", gbp("384.00")), true, "384.00"}}}
	credit := page(nil)
	credit.Credit, credit.Number = true, "CN-KESTREL-00001"
	entry := StatementRow{Date: "2026-11-19", Due: "2026-12-19", Kind: T("statement.kind.invoice"), Number: "INV-88213", URL: "/c/kestrel/invoices/1", Order: "4500187342", OrderURL: "/c/kestrel/orders/1", Amount: "33580.80", Balance: "33580.80", Days: T("statement.days_late", "n", 5), Late: true, Note: T("payment.disputed", "amount", gbp("460.80"))}
	dispute := func(b Base) *DisputePage {
		return &DisputePage{Base: b, URL: "/c/kestrel/disputes/1", Number: "D-00001", Status: Status{State: "dispute.offered"}, Buyer: kestrel, Supplier: aurelia, InvoiceNumber: "INV-88213", InvoiceURL: "/c/kestrel/invoices/1", OrderNumber: "4500187342", OrderURL: "/c/kestrel/orders/1", Version: "2",
			Turn: T("settle.turn_mine", "when", at(27, 17, 0)), TurnNote: T("dispute.turn_note", "company", "Kestrel Supply"), Late: true, Note: "Line 2 has the July price.", Facts: []KV{{Label: T("dispute.why"), Value: T("dispute.reason.price")}}, Lines: []DisputeLineRow{{2, "Grinder 125 mm", "AUR-G125", gbp("384.00")}},
			Offer: &OfferBox{T("dispute.offered.credit", "company", "Aurelia Tools", "amount", gbp("230.40")), "Half of it: the list changed on 1 November."}, Steps: []Entry{{Amber, "receipt", "Ingrid Dahl", T("dispute.step.offer_credit", "amount", gbp("230.40")), "", at(20, 9, 0)}, {Red, "alert-circle", "Dan Whitlock", T("dispute.step_note", "step", T("dispute.step.opened", "amount", gbp("460.80")), "note", "Line 2"), "", at(19, 14, 31)}},
			CanOffer: true, CanAnswer: true, CanCredit: true, CanWithdraw: true, CreditLabel: T("dispute.credit", "amount", gbp("460.80")), Messages: room(true).Messages[2:5], CanSay: true, RoomURL: "/c/kestrel/rooms/r1", Readers: []string{"Aurelia Tools"}, Issues: []IssueBox{box}, Form: Form{Errors: []FieldError{{"note", T("settle.note_missing")}}}}
	}
	return map[string]Page{
		"invoice": page(nil), "invoice-dispute": page(form), "invoice-credit": credit,
		"disputes": &DisputesPage{Base: k, Places: places, Tabs: []Tab{{Label: T("list.all"), URL: "?", Count: -1, On: true}, {Label: T("dispute.view.mine"), URL: "?view=mine", Count: -1}}, Rows: []DisputeRow{row}, Pager: Pager{Shown: 1, Total: -1, Next: "?after=x"}},
		"dispute":  dispute(k), "dispute-supplier": dispute(a),
		"payments": &PaymentsPage{Base: k, Places: places, Tabs: []Tab{{Label: T("list.all"), URL: "?", Count: -1, On: true}}, Filters: Filters{URL: "/c/kestrel/payments", Placeholder: T("payment.search")}, Rows: []PaymentRow{{"/c/kestrel/payments/1", "BACS-771", aurelia, "2026-11-24", gbp("33120.00"), gbp("24.00"), Status{State: "payment.held"}, T("payment.held.same_number", "Number", "BACS-771"), at(24, 9, 0)}}, Pager: Pager{Shown: 1, Total: -1}, NewURL: "/c/kestrel/payments/new"},
		"payment": &PaymentPage{Base: a, URL: "/c/aurelia/payments/1", Number: "BACS-771", Status: Status{State: "payment.held"}, Buyer: kestrel, Supplier: aurelia, Facts: []KV{{Label: T("payment.total"), Value: Raw("33,120.00")}}, MessageURL: "/c/aurelia/edi/1", Held: T("payment.held.same_number", "Number", "BACS-771"), HeldNext: T("payment.held_next.same_number"), Same: true, CanDecide: true,
			Lines: []PaymentLineRow{{"INV-88213", "/c/aurelia/invoices/1", T("payment.kind.invoice"), "33120.00", "33120.00", "10.00", false}, {"INV-9", "", T("payment.kind.invoice"), "24.00", "0.00", "", true}}, Currency: "GBP", Issues: []IssueBox{box}, Form: Form{Errors: []FieldError{{"reason", T("settle.note_missing")}}}},
		"issues": &IssuesPage{Base: a, Places: places, Tabs: []Tab{{Label: T("issue.view.all"), URL: "?", Count: -1, On: true}, {Label: T("issue.view.mine"), URL: "?view=mine", Count: -1}}, Rows: []IssueBox{box}, Pager: Pager{Shown: 1, Total: -1}},
		"payment_new": &NewPaymentPage{Base: k, URL: "/c/kestrel/payments/new", Form: Form{Values: map[string]string{"partnership": "p1", "number": ""}, Errors: []FieldError{{"number", T("form.missing")}}}, Partners: options("p1", "p1", "to Aurelia Tools"), Methods: options("ACH", "ACH", "ACH"), Reasons: options("price", "price", "Price"), Currency: "GBP", Chosen: true,
			Lines: []NewPaymentLine{{Index: 0, Number: "INV-88213", Due: "2026-12-19", Open: gbp("33580.80"), Told: T("payment.disputed", "amount", gbp("460.80")), On: true, Paid: "33120.00", Less: "460.80", Reason: "price", Note: "D-00001"}, {Index: 1, Number: "CN-1", Credit: true, Open: gbp("-12.00"), Paid: "12.00"}}},
		"statements": &StatementsPage{Base: a, Places: places, Rows: []BalanceRow{{"/c/aurelia/statements/1?currency=GBP", kestrel, T("statement.they_owe"), gbp("33580.80"), gbp("120.00"), gbp("460.80"), 1}}},
		"statement": &StatementPage{Base: a, URL: "/c/aurelia/statements/1", Partner: kestrel, Supplier: aurelia, Buyer: kestrel, Currency: "GBP", From: "2026-09-01", To: "2026-11-24", Opening: gbp("0.00"), Closing: gbp("33580.80"), Sentence: T("statement.owes", "debtor", "Kestrel Supply", "creditor", "Aurelia Tools", "amount", gbp("33580.80"), "date", Date("2026-11-24")),
			Ages: []KV{{Label: T("statement.age.current"), Value: Raw("33,580.80")}, {Label: T("statement.age.older"), Value: Raw("0.00")}}, Entries: []StatementRow{entry}, Open: []StatementRow{entry}, Disputes: []DisputeRow{row}, Issues: []IssueBox{box}, PDF: "/c/aurelia/statements/1/pdf", Exports: []Export{{T("export.xlsx"), "?format=xlsx"}}},
	}
}

func settleEmpties(e Base) map[string]Page {
	return map[string]Page{
		"invoice": &InvoicePage{Base: e, Number: "x"}, "disputes": &DisputesPage{Base: e}, "dispute": &DisputePage{Base: e, Number: "x"}, "payments": &PaymentsPage{Base: e}, "payment": &PaymentPage{Base: e, Number: "x"}, "issues": &IssuesPage{Base: e},
		"payment_new": &NewPaymentPage{Base: e}, "payment_new-none": &NewPaymentPage{Base: e, Chosen: true}, "statements": &StatementsPage{Base: e}, "statement": &StatementPage{Base: e, Partner: kestrel},
	}
}
