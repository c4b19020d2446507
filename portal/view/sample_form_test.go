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
	return &FormSendPage{Base: b, Form: Form{Errors: []FieldError{{"file", T("formats.no_file")}}}, Partners: options("", "", "As the file says", "aurelia", "Aurelia Tools"), Most: "32", APIURL: "/api/docs"}
}
