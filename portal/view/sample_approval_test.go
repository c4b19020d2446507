package view

// approvalSamples are the pages of approvals, and an order's with holds.
func approvalSamples(a, s Base) map[string]Page {
	steps := []ApprovalStep{{T("approval.why.order_limit", "total", Money{"12400.00", "EUR"}, "limit", Money{"10000.00", "EUR"}), T("approval.waits_for", "people", "Dan Whitlock"), false, at(24, 9, 0)},
		{T("approval.why.ship_to", "place", "Kestrel Hull"), T("approval.by", "person", "Maya Osei"), true, at(24, 9, 5)}}
	url := "/c/kestrel/approvals/1"
	return map[string]Page{
		"approvals": &ApprovalsPage{Base: a, URL: "/c/kestrel/approvals", Mine: true, Tabs: []Tab{{Label: T("approval.view.mine"), URL: "?view=mine", Count: -1, On: true}}, RulesURL: "/c/kestrel/company/approvals", Pager: Pager{Shown: 1, Total: -1},
			Rows: []ApprovalRow{{url, T("approval.what.order_new", "company", "Aurelia Tools"), []Text{steps[0].Why}, Status{State: "approval.waiting"}, Money{"12400.00", "EUR"}, T("approval.asked_by", "person", "Dan Whitlock"), at(24, 9, 0), at(25, 9, 0), true}}},
		"approval": &ApprovalPage{Base: a, URL: url, Title: T("approval.what.order_new", "company", "Aurelia Tools"), Status: Status{State: "approval.waiting"}, Partner: aurelia, Amount: Money{"12400.00", "EUR"}, Steps: steps, Facts: []KV{{Label: T("approval.asked"), Value: Raw("Dan Whitlock")}},
			Lines: []ApprovalLine{{1, "AUR-D18B", Quantity{"240", "EA"}, Money{"84.00", "EUR"}, Money{"20160.00", "EUR"}}}, Next: T("approval.next.order"), Late: true, CanDecide: true, CanTake: true, Public: true, SubjectURL: "/c/kestrel/orders/1", Form: Form{Errors: []FieldError{{"reason", T("approval.reason")}}}},
		"approval-refused": &ApprovalPage{Base: a, URL: url, Title: T("approval.what.invoice", "number", "INV-7", "company", "Aurelia Tools"), Status: Status{State: "approval.refused"}, Partner: aurelia, Told: T("approval.refused_by", "person", "Maya Osei", "reason", "not this month"), Next: T("approval.next.refused"), EditURL: "/c/kestrel/orders/new?approval=1"},
		"approval_rules": &ApprovalRulesPage{Base: a, URL: "/c/kestrel/company/approvals", ListURL: "/c/kestrel/approvals", CanChange: true, Rules: []ApprovalRule{{"1", T("approval.says.order_limit", "limit", Money{"10000.00", "EUR"}), T("approval.with_four_eyes", "who", T("approval.approves_role", "role", T("role.manager"))), true, "?rule=1"}, {"2", T("approval.says.order_ship_to"), T("approval.approves_person", "person", "Maya Osei"), false, "?rule=2"}},
			Kinds: options("order.limit", "order.limit", "x"), Money: options("EUR", "EUR", "EUR"), Approvers: options("role:manager", "role:manager", "x"), Form: Form{Values: map[string]string{"id": "1", "active": "1", "four_eyes": "1"}, Errors: []FieldError{{"ceiling", T("approval.rule_amount")}}}},
		"order-holds": heldSample(orderPage(s)),
	}
}

// held adds what a supplier's holds show to an order's page.
func heldSample(p *OrderPage) *OrderPage {
	p.Can.Hold = true
	p.Holds = []HoldBox{{"/c/aurelia/orders/1/holds/1/release", T("stop.title_credit"), T("stop.owner_role", "role", T("role.finance"), "company", "Aurelia Tools"), T("stop.lines_of", "lines", "1, 3"), "ask Tomás", at(20, 9, 0), "2026-11-23", true, ""},
		{"", T("stop.title_approval"), T("stop.owner_approval", "company", "Aurelia Tools"), Text{}, "", at(20, 9, 0), "", false, "/c/aurelia/approvals/1"}}
	p.Hold = &HoldForm{Reasons: options("credit", "credit", "Credit"), Owners: options("role:finance", "role:finance", "Finance"), Lines: options("1", "1", "Line 1"), Form: Form{Errors: []FieldError{{"hold_until", T("form.missing")}}}}
	return p
}
