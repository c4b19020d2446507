package view

// agreementPage with a proposal of theirs is the page of the side that answers.
func agreementPage(b Base, theirs bool) Page {
	url := b.Prefix() + "/edi/connections/1"
	row := func(n int, st State) AgreementRow {
		r := AgreementRow{Number: n, URL: url + "/agreement/1", Status: Status{State: st}, Proposed: T("agreement.by", "person", "Tomás Vega", "company", "Aurelia Tools"), At: at(12, 9, 0)}
		if st != "agreement.proposed" {
			r.From, r.How, r.Answered = at(13, 9, 0), T("agreement.answer.confirmed"), T("agreement.by", "person", "Maya Osei", "company", "Kestrel Supply")
		}
		return r
	}
	sections := []SheetSection{
		{Title: T("agreement.section.parties"), Facts: []KV{{Label: T("agreement.f.x12_id", "company", "Kestrel Supply"), Value: Raw("ZZ:KESTRELSUPPLY"), Mono: true}, {Label: T("agreement.f.delegate", "company", "Kestrel Supply", "of", "A provider"), Value: T("agreement.every_set")}}},
		{Title: T("agreement.section.clocks"), Facts: []KV{{Label: T("agreement.f.patience", "company", "Kestrel Supply"), Value: T("agreement.hours", "n", 1)}, {Label: T("agreement.f.duplicates"), Value: T("agreement.days", "n", 60)}}},
	}
	const hash = "6f1ed002ab5595859014ebf0951522d9a0fb1d4c4a7e8a3a3a3f3f5c2d1b0a99"
	changes := []AgreementChange{{T("agreement.f.x12"), Raw("004010"), Raw("005010")}, {T("agreement.f.duplicates"), Text{}, T("agreement.days", "n", 30)}, {T("agreement.f.lines"), T("terms.yes"), Text{}}}
	p := &AgreementPage{
		Base: b, Connection: connectionOf("agreement", url, kestrel, "connection.ready"), Refused: Form{Note: T("agreement.other_text")},
		Shown:   &AgreementVersion{AgreementRow: row(3, "agreement.confirmed"), Note: "As discussed", Sections: sections, Hash: hash},
		History: []AgreementRow{row(4, "agreement.proposed"), row(3, "agreement.confirmed"), row(2, "agreement.superseded"), row(1, "agreement.declined")},
		Open:    &AgreementProposal{AgreementVersion: AgreementVersion{AgreementRow: row(4, "agreement.proposed"), Note: "The new release", Sections: sections, Changes: changes, Before: 3, Hash: hash}, ID: "a4", Mine: !theirs, CanAnswer: true, Starts: T("agreement.starts_on", "date", Date("2026-12-01"), "company", "Aurelia Tools")},
	}
	if !theirs {
		next := row(5, "agreement.coming")
		p.Next, p.Older = &next, true
		p.Shown.Changes, p.Shown.Before = changes, 2
		p.ProposeURL = url + "/agreement/propose"
	}
	return p
}

func agreementFormPage(b Base) Page {
	url := b.Prefix() + "/edi/connections/1"
	side := func(prefix string, c Company) AgreementSide {
		s := AgreementSide{Prefix: prefix, Company: c, Terms: prefix == "supplier_", Choices: map[string][]Option{}, Ticks: []Tick{{Name: prefix + "async", Label: T("terms.async"), On: true}}}
		for _, name := range []string{"x12", "edifact", "sign", "encrypt", "receipt", "compress", "signature", "key_transport"} {
			s.Choices[name] = []Option{{Label: T("agreement.not_agreed")}, {Value: "sha256", Label: Raw("SHA-256")}}
		}
		return s
	}
	return &AgreementFormPage{
		Base: b, Connection: connectionOf("agreement", url, kestrel, "connection.ready"), Number: 4,
		Form:     Form{Values: map[string]string{"version": "3", "x12": "5010", "guide": "{"}, Errors: []FieldError{{"x12", T("agreement.version_wrong", "Value", "5010")}, {"guide", T("agreement.guide_json")}, {"supplier_patience", T("agreement.range", "Least", 0, "Most", 720)}}},
		Sides:    []AgreementSide{side("supplier_", aurelia), side("reseller_", kestrel)},
		X12:      []AgreementSets{{aurelia, []Option{{Value: "855:supplier", Label: Raw("855"), On: true}}}, {kestrel, []Option{{Value: "850:reseller", Label: Raw("850")}}}},
		Guides:   []Tick{{Name: "0", Label: Raw("Kestrel orders 850 005010"), On: true}},
		Choices:  map[string][]Option{"price_date": {{Label: T("agreement.not_agreed")}, {Value: "order", Label: T("agreement.price_date.order")}}, "price_basis": {{Value: "list", Label: T("agreement.price_basis.list")}}},
		Business: []Tick{{"tax_reverse", T("agreement.f.tax_reverse"), T("agreement.tax_reverse_hint"), false}, {"check_locations", T("agreement.f.check_locations"), T("agreement.check_locations_hint"), true}},
		Ticks:    []Tick{{"lines", T("agreement.f.lines"), T("agreement.lines_hint"), true}},
	}
}
