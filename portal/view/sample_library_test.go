package view

// librarySamples are the pages of the library, as reader and as owner.
func librarySamples(k, a Base) map[string]Page {
	row := LibraryRow{URL: "/c/kestrel/library/1", Title: "Installation manual AUR-D18B", Kind: T("library.kind.manual"), Language: T("library.language.en"), Owner: "Aurelia Tools", Version: 2, Changed: at(20, 9, 0), Mark: T("library.mark.changed"), Asked: true, Expires: "2027-01-31", File: FileLink{Name: "manual.pdf", URL: "/c/kestrel/library/1/file", PDF: "/c/kestrel/library/1/file?show=1", Size: 120_000}}
	picture := LibraryRow{URL: "/c/kestrel/library/2", Title: "展台海报", Kind: T("library.kind.brochure"), Owner: "Aurelia Tools", Version: 1, Changed: at(19, 9, 0), File: FileLink{Name: "海报.png", URL: "/c/kestrel/library/2/file", Image: "/c/kestrel/library/2/file?show=1", Size: 80}}
	own := row
	own.Owner, own.Mark, own.Asked, own.Status = "", Text{}, false, Status{State: "document.current"}
	late, gone, over := own, own, own
	late.Status.State, gone.Status.State, over.Status.State = "document.scheduled", "document.withdrawn", "document.expired"
	facts := []KV{{Label: T("field.kind"), Value: T("library.kind.manual")}}
	versions := []DocumentVersion{{2, "New torque table", "Ingrid Dahl", at(20, 9, 0), row.File, "?version=2#register", true}, {1, "", "Ingrid Dahl", at(10, 9, 0), row.File, "?version=1#register", false}}
	readers := []RegisterRow{{Company: "Kestrel Supply", Confirmed: true, People: []RegisterPerson{{"Maya Osei", at(20, 10, 0), at(20, 10, 5), at(20, 10, 6), 2}, {Name: "Dan Whitlock", Seen: at(21, 8, 0)}}}, {Company: "华东五金"}, {Company: "Baltic Trade", Gone: true}}
	opts := options("1", "1", "x")
	wrong := Form{Values: map[string]string{"title": "x"}, Errors: []FieldError{{"title", T("form.missing")}, {"file", T("room.file_empty")}, {"audience", T("library.nobody")}, {"expires", T("library.ends_first")}}}
	return map[string]Page{
		"library":            &LibraryPage{Base: k, URL: "/c/kestrel/library", Tabs: []Tab{{T("library.view.all"), "/c/kestrel/library", -1, true}}, Filters: filters("/c/kestrel/library"), Rows: []LibraryRow{row, picture}, Pager: Pager{Shown: 2, Total: -1, Next: "?after=x"}},
		"library-own":        &LibraryPage{Base: a, URL: "/c/aurelia/library", Own: true, Filters: filters("/c/aurelia/library"), Rows: []LibraryRow{own, late, gone, over}, Pager: Pager{Shown: 4, Total: -1}, NewURL: "/c/aurelia/library/new"},
		"document":           &DocumentPage{Base: k, URL: row.URL, Row: row, About: "How to install it.\nStep by step.", Note: "New torque table", Facts: facts, Confirm: true},
		"document-confirmed": &DocumentPage{Base: k, URL: picture.URL, Row: picture, Facts: facts, Confirm: true, Confirmed: at(20, 9, 0)},
		"document-own":       &DocumentPage{Base: a, URL: row.URL, EditURL: row.URL + "/edit", Row: own, Facts: facts, Confirm: true, Own: true, CanManage: true, CanRemind: true, Audience: []Text{T("library.to_both", "tiers", "Gold", "countries", "China"), Raw("Baltic Trade")}, Versions: versions, Register: true, Readers: readers, Missing: 1, Shown: 2, Form: Form{Errors: []FieldError{{"file", T("room.file_empty")}}}},
		"document-withdrawn": &DocumentPage{Base: a, URL: row.URL, EditURL: row.URL + "/edit", Row: gone, Own: true, CanManage: true, Withdrawn: true, Versions: versions[:1], Audience: []Text{T("library.to_all")}},
		"document-form":      &DocumentFormPage{Base: a, URL: "/c/aurelia/library/bring", BackURL: "/c/aurelia/library", Form: wrong, Kinds: opts, Languages: opts, Tiers: opts, Countries: opts, Partners: opts},
		"document-edit":      &DocumentFormPage{Base: a, URL: "/c/aurelia/library/1/edit", BackURL: "/c/aurelia/library/1", ID: "1", Kinds: opts, Languages: opts, Everyone: true, Confirm: true},
	}
}

// libraryEmpties are the same with nothing on them.
func libraryEmpties(b Base) map[string]Page {
	return map[string]Page{"library": &LibraryPage{Base: b, Filters: Filters{Placeholder: T("library.search")}}, "library-own": &LibraryPage{Base: b, Own: true, Filters: Filters{Placeholder: T("library.search")}}, "library-nothing": &LibraryPage{Base: b, Filters: filters("/x")},
		"document": &DocumentPage{Base: b, URL: "/x", Row: LibraryRow{Title: "x"}, Register: true, Own: true}, "document-form": &DocumentFormPage{Base: b}}
}
