package view

func formPreviewPage(b Base, table bool) Page {
	p := &FormPreviewPage{Base: b, Connection: connectionOf("setup", b.Prefix()+"/edi/connections/1", kestrel, "connection.ready"), Code: "850", Name: T("document.850"), Number: "4500187342", FromURL: b.Prefix() + "/edi/1",
		Format: "csv", Formats: options("csv", "json", "JSON", "csv", "CSV"), Doors: options("outbox", "outbox", "Outbox", "as2", "AS2"), CanSave: true, FileURL: b.Prefix() + "/edi/connections/1/preview/file?kind=850",
		Text: "document;number\n850;4500187342\n", Cut: true, Lost: []KV{{Label: Raw("requirements[0]"), Value: Raw("SC"), Mono: true}}}
	if table {
		p.Text, p.Table, p.Chosen, p.Lost = "", [][]string{{"document", "number"}, {"850", "4500187342"}}, true, nil
	}
	return p
}

func formSendPage(b Base) Page {
	return &FormSendPage{Base: b, Form: Form{Errors: []FieldError{{"file", T("formats.no_file")}}}, Partners: options("", "", "As the file says", "aurelia", "Aurelia Tools"), Most: "32", APIURL: "/api/docs",
		Waiting: []UploadRow{{URL: b.Prefix() + "/edi/send/1", Name: "orders.edi", By: "Dan", Size: 812, Made: at(1, 9, 0), Expires: at(2, 9, 0)}, {URL: b.Prefix() + "/edi/send/2", By: "Maya", Size: 3 << 20, Made: at(1, 9, 5), Expires: at(2, 9, 5)}}}
}

func uploadPage(b Base) Page {
	f := Finding{No: 1, Severity: "finding.error", Title: Raw("The quantity is no number."), Place: Raw("PO102"), Value: "twelve", Fix: Raw("Write 12.")}
	return &UploadPage{Base: b, URL: b.Prefix() + "/edi/send/1", BackURL: b.Prefix() + "/edi/send", Name: "orders.edi", Size: 812, By: "Dan", Made: at(1, 9, 0), Expires: at(2, 9, 0),
		Interchanges: 12000, Sets: 12400, Rejected: 301, Kept: 200, From: 51, To: 52, PrevURL: "?from=1", NextURL: "?from=101", Trials: []Trial{
			{No: 51, Left: 3, Type: "850", Written: "X12 005010", Control: "000000501", To: aurelia, Test: true, Status: Status{State: "edi.partly"}, Held: T("hold.control_reused_text"), SetCount: 2, Rejected: 1, Cut: true, Findings: []Finding{f},
				Sets: []TrialSet{{1, "850", "PO501", Status{State: "edi.accepted"}, Status{State: "edi.booked"}, nil}, {2, "850", "PO502", Status{State: "edi.rejected"}, Status{State: "edi.refused"}, []Finding{f}}}, Answers: []TrialAnswer{{"997", "AK9*P*2*2*1~", false}}},
			{Type: "850", Written: "X12 005010", Control: "000000502", To: aurelia, Status: Status{State: "edi.accepted"}, DuplicateURL: b.Prefix() + "/edi/1"},
		}}
}

func hooksPage(b Base) Page {
	return &HooksPage{Base: b, URL: b.Prefix() + "/edi/hooks", Secret: "whsec_abc", Rows: []HookRow{{URL: b.Prefix() + "/edi/hooks/1", Address: "https://erp.kestrel.example/hooks", Events: []Text{T("hooks.name.order.received")}, Status: Status{State: "hook.failing"}, Created: at(1, 9, 0)}},
		Form: Form{Errors: []FieldError{{"url", T("hook.https")}}}, Events: hookKinds(), Manage: true, APIURL: "/api/docs"}
}

func hookPage(b Base) Page {
	m := HookMessage{URL: "?message=1", ID: "06h2", Name: T("hooks.name.order.received"), Kind: "order.received", At: at(1, 9, 0), Attempts: 2, Next: at(1, 9, 5), Status: Status{State: "hook.queued"}, CanAgain: true}
	return &HookPage{Base: b, URL: b.Prefix() + "/edi/hooks/1", Address: "https://erp.kestrel.example/hooks", Status: Status{State: "hook.paused"}, Secret: "whsec_abc", OldUntil: at(2, 9, 0), Paused: true, Events: hookKinds(), Active: true, Manage: true,
		Sent: []HookMessage{m}, One: &HookOne{HookMessage: m, Body: "{}", Tries: []Attempt{{Number: 1, At: at(1, 9, 0), Status: Status{State: "hook.failed"}, Note: T("hook.status", "Status", 500)}}}}
}

func hookKinds() []HookKind {
	return []HookKind{{Name: T("hooks.kind.order"), Events: options("order.received", "order.received", "Order received", "order.held", "Order held")}, {Name: T("hooks.kind.edi"), Events: options("", "document.refused", "Document refused")}}
}
