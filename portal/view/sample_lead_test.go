package view

import "time"

// leadSamples are the pages of leads and customers with everything on them.
func leadSamples(k, a Base) map[string]Page {
	clock := &Clock{at(24, 8, 30), at(24, 13, 12), T("lead.answer_until", "due", at(24, 13, 12), "company", "Aurelia Tools")}
	facts := []KV{{Label: T("lead.from"), Value: Raw("Aurelia Tools")}, {Label: T("lead.value"), Value: T("lead.value_is", "value", gbp("38000.00"))}, {Label: T("lead.expected"), Value: T("lead.date_is", "date", Date("2026-12-15"))}, {Label: T("col.source"), Value: T("leadsource.website")}, {Label: T("lead.consent"), Value: T("lead.consent_both")}}
	factors := []Meter{{T("leadfactor.territory"), Raw("LS, WF, BD"), 100}, {T("leadfactor.speed"), T("leadfactor.speed_is", "duration", 190*time.Minute), 86}, {T("leadfactor.room"), T("leadfactor.room_is", "n", 14, "of", 20), 62}}
	history := []Entry{{Blue, "phone", "Maya Osei", T("leadact.call"), "", at(24, 10, 0)}, {Grey, "eye", "Maya Osei", T("leadlog.opened"), "", at(24, 9, 40)}, {Green, "check", "Maya Osei", T("leadlog.accepted"), "", at(24, 9, 44)}, {Blue, "send", "Aurelia Tools", T("leadlog.offered_rule", "company", "Kestrel Supply", "rule", "North England"), "", at(24, 9, 30)}}
	reasons := options("", "", "Choose", "budget", "No budget")
	row := LeadRow{URL: "/c/kestrel/leads/offers/1", Number: "L-7", Title: "Steel fabrication, Leeds", Note: Raw("180 staff"), Partner: aurelia, Value: gbp("38000.00"), Source: T("leadsource.direct"), Since: at(24, 8, 30), Due: at(24, 13, 12), Status: Status{State: "offer.offered"}}
	own := row
	own.URL, own.Partner, own.Status, own.Due = "/c/aurelia/leads/1", Company{}, Status{State: "lead.unplaced"}, time.Time{}
	wrong := Form{Values: map[string]string{"reason": "other", "title": "x"}, Errors: []FieldError{{"comment", T("form.missing")}}}
	tabs := []Tab{{T("leads.view.open"), "/c/kestrel/leads", 22, true}, {T("leads.view.offered"), "/c/kestrel/leads?view=offered", 3, false}}
	filters := Filters{URL: "/c/kestrel/leads", Placeholder: T("leads.search"), Lists: []Filter{{Name: "partner", Label: T("col.partner"), Options: options("", "", "All", "o2", "Aurelia Tools")}}}
	customerForm := Form{Values: map[string]string{"name": "Harrow Fitout Ltd", "country": "GB", "version": "2"}, Errors: []FieldError{{"tax_id", T("identity.tax_wrong")}}}
	saved := SavedViews{"/c/kestrel/leads/views", "view=open", []SavedView{{"1", "Mine", "/c/kestrel/leads?view=stale", true, true, true}}}
	ways := []Tab{{T("leads.list"), "/c/kestrel/leads", -1, false}, {T("leads.board"), "/c/kestrel/leads?as=board", -1, true}}
	row.OpenURL, row.Fit, row.On = "/c/kestrel/leads?open=1", 92, true
	card := row
	card.Moves = []LeadMove{{To: "accepted", URL: "/c/kestrel/leads/offers/1/accept", Label: T("lead.accept")}, {To: "working", URL: "/c/kestrel/leads/offers/1/work", Label: T("leadact.call"), Name: "kind", Value: "call"}, {URL: "/c/kestrel/leads/offers/1#of-a", Label: T("lead.decline_more"), Link: true}}
	drawn := &OfferPage{URL: "/c/kestrel/leads/offers/1", Number: "L-7", Title: "Steel fabrication, Leeds", Need: "One platform for two shifts", Status: Status{State: "offer.opened"}, Clock: clock, Facts: facts, Masked: true, Fit: 92, Factors: factors, History: history[3:], CanAnswer: true}
	held := &LeadPage{URL: "/c/aurelia/leads/1", Number: "L-10482", Title: "Steel fabrication, Leeds", Status: Status{State: "lead.unplaced"}, Clock: clock, Facts: facts, Customer: facts[:1], Sees: facts[:1], History: history, CanOffer: true}
	bulkRows := []LeadBulkRow{{"/c/aurelia/leads/1", "L-7", "Steel fabrication, Leeds", "1:2", kestrel, 92, gbp("38000.00"), Status{State: "leadbulk.ready"}, true}}
	for _, x := range []string{"offered", "already", "not_free", "before", "consent", "no_rule", "nobody", "changed", "names", "unfounded"} {
		bulkRows = append(bulkRows, LeadBulkRow{URL: "/c/aurelia/leads/2", Number: "L-8", Title: "Roofing", Status: Status{State: State("leadbulk." + x)}})
	}
	picks := own
	picks.Pick = "1:2"
	filled := Form{Values: map[string]string{"name": "Joe Day", "may_contact": "1"}, Errors: []FieldError{{"company", T("form.missing")}, {"may_contact", T("form.missing")}}}
	return map[string]Page{
		"public_form":      &PublicFormPage{Base: open(k.P.Language()), URL: "/f/abc", CompanyName: "Aurelia Tools", Title: "Demo request", Intro: "We show every tool at your place.", Consent: "We keep this to answer you.", Stamp: "x", Form: filled, Countries: options("GB", "GB", "United Kingdom")},
		"public_form_done": &PublicFormPage{Base: open(k.P.Language()), URL: "/f/abc", CompanyName: "Aurelia Tools", Title: "Demo request", Done: true},
		"webform":          &WebFormPage{Base: a, URL: "/c/aurelia/leads/form", Link: "https://portal.example/f/abc", Active: true, Made: true, CanChange: true, Form: Form{Values: map[string]string{"active": "1", "title": "Demo request", "version": "2"}, Errors: []FieldError{{"title", T("lead.teaser_names")}}}},
		"lead_bulk":        &LeadBulkPage{Base: a, URL: "/c/aurelia/leads/bulk", BackURL: "/c/aurelia/leads?view=own", Partnership: "p1", Partner: kestrel, Ready: 1, Rows: bulkRows, Form: Form{Values: map[string]string{"accept": "x"}, Errors: []FieldError{{"accept", T("form.whole_number")}}}},
		"lead_bulk_done":   &LeadBulkPage{Base: a, URL: "/c/aurelia/leads/bulk", BackURL: "/c/aurelia/leads?view=own", ByRule: true, Done: true, Offered: 2, Rows: bulkRows[1:]},
		"leads_picks":      &LeadsPage{Base: a, Own: true, Ways: ways, Tabs: tabs, Filters: filters, Rows: []LeadRow{picks}, BulkURL: "/c/aurelia/leads/bulk", Partners: options("", "", "by the rules", "p1", "Kestrel Supply"), Pager: Pager{Shown: 1, Total: -1}},
		"leads_board":      &LeadsPage{Base: k, Board: true, Ways: ways, Tabs: tabs, Filters: filters, Saved: saved, Back: "?as=board", Columns: []LeadColumn{{"offered", T("leads.col.offered"), 3, []LeadRow{card}, "/c/kestrel/leads?view=offered"}, {"working", T("leads.col.working"), -1, nil, ""}}},
		"leads_drawer":     &LeadsPage{Base: k, Ways: ways, Tabs: tabs, Filters: filters, Saved: saved, Rows: []LeadRow{row}, Pager: Pager{Shown: 1, Total: -1}, Offer: drawn, CloseURL: "/c/kestrel/leads"},
		"leads_own_drawer": &LeadsPage{Base: a, Own: true, Ways: ways, Tabs: tabs, Filters: filters, Saved: saved, Rows: []LeadRow{own}, Pager: Pager{Shown: 1, Total: -1}, Lead: held, CloseURL: "/c/aurelia/leads"},
		"leads":            &LeadsPage{Base: k, Tabs: tabs, Filters: filters, Rows: []LeadRow{row}, Pager: Pager{Shown: 1, Total: 22, Next: "/c/kestrel/leads?after=x"}},
		"leads_own":        &LeadsPage{Base: a, Own: true, Tabs: tabs, Filters: filters, Rows: []LeadRow{own}, NewURL: "/c/aurelia/leads/new", RulesURL: "/c/aurelia/leads/rules", RouteURL: "/c/aurelia/leads/route", Pager: Pager{Shown: 1, Total: -1}},
		"offer":            &OfferPage{Base: k, URL: "/c/kestrel/leads/offers/1", Number: "L-7", Title: "Steel fabrication, Leeds", Need: "One platform for two shifts", Status: Status{State: "offer.opened"}, Clock: clock, Facts: facts, Masked: true, Fit: 92, Factors: factors, History: history[3:], CanAnswer: true, Decline: wrong, Reasons: reasons},
		"offer_held": &OfferPage{Base: k, URL: "/c/kestrel/leads/offers/1", Number: "L-7", Title: "Steel fabrication, Leeds", Status: Status{State: "offer.working"}, Clock: clock, Facts: facts, Contact: []KV{{Label: T("field.contact"), Value: Raw("Priya Nair")}, {Label: T("field.mail"), Value: Raw("p@x.example"), URL: "mailto:p@x.example"}},
			History: history, Sees: []KV{{Label: Raw("Kestrel Supply"), Value: T("leadsees.holder", "people", "Maya Osei")}}, DealURL: "/c/kestrel/leads/offers/1/convert", DealPage: "/c/kestrel/deals/1", CanWork: true, Reasons: reasons, Kinds: options("call", "call", "Called", "note", "Note"), Give: wrong},
		"lead": &LeadPage{Base: a, URL: "/c/aurelia/leads/1", EditURL: "/c/aurelia/leads/1/edit", Number: "L-10482", Title: "Steel fabrication, Leeds", Need: "One platform", Details: "Ask for the workshop manager", Status: Status{State: "lead.unplaced"}, Clock: clock, Facts: facts,
			CustomerURL: "/c/aurelia/customers/1", Customer: []KV{{Label: T("field.company_name"), Value: Raw("Harrow Fitout Ltd")}}, Offers: []OfferLine{{"/c/aurelia/leads/offers/1", kestrel, Status{State: "offer.declined"}, T("lead.reason_comment", "reason", T("leadreason.timing"), "comment", "January"), at(23, 9, 0), true, true}}, Sees: []KV{{Label: Raw("Aurelia Tools"), Value: T("leadsees.owner", "people", "Ingrid Dahl")}}, History: history,
			Candidates: []CandidateRow{{kestrel, 92, Text{}, factors}, {baltic, 31, T("leadout.territory"), factors[:1]}}, CanOffer: true, CanClose: true, Offer: Form{Values: map[string]string{"version": "3", "accept": "8"}, Note: T("lead.no_consent"), Errors: []FieldError{{"accept", T("form.whole_number")}}}, Partners: options("1", "1", "Kestrel Supply"), Close: Form{Errors: []FieldError{{"reason", T("form.choice_wrong")}}}, Reasons: reasons},
		"lead_form":     &LeadFormPage{Base: a, URL: "/c/aurelia/leads/new", Form: Form{Values: map[string]string{"title": "Harrow"}, Errors: []FieldError{{"title", T("lead.teaser_names")}}}, Customers: options("1", "", "Choose", "1", "Harrow"), Contacts: options("", "", "None"), Sources: options("direct", "direct", "Direct"), Money: options("GBP", "GBP", "GBP"), Families: options("cordless", "cordless", "Cordless"), NewURL: "/c/aurelia/customers/new"},
		"lead_rules":    &LeadRulesPage{Base: a, URL: "/c/aurelia/leads/rules", Rules: []LeadRule{{"1", "North England", true, []Text{T("lead_rules.says_where", "where", "GB, LS"), T("lead_rules.says_clocks", "accept", 8, "convert", 240, "rounds", 3)}, "/c/aurelia/leads/rules?rule=1", true}, {"2", "Rest", false, []Text{T("lead_rules.says_all")}, "/c/aurelia/leads/rules?rule=2", false}}, Profiles: []LeadProfile{{kestrel, T("lead_rules.profile_says", "n", 20, "where", Raw("LS"), "families", T("lead_rules.all_families")), "/c/aurelia/leads/rules?partner=1"}}, CanChange: true, Form: Form{Values: map[string]string{"id": "1", "active": "1"}, Errors: []FieldError{{"rounds", T("form.between", "least", 1, "most", 20)}}}, Profile: Form{Values: map[string]string{"partnership": "1", "company": "Kestrel Supply"}}, Partners: options("1", "1", "Kestrel Supply"), Money: options("GBP", "GBP", "GBP")},
		"customers":     &CustomersPage{Base: a, NewURL: "/c/aurelia/customers/new", Filters: Filters{URL: "/c/aurelia/customers", Placeholder: T("customers.search")}, Rows: []CustomerRow{{"/c/aurelia/customers/1", "Harrow Fitout Ltd", "LS1 4AP Leeds, GB", "GB980780684", at(23, 9, 0)}}, Pager: Pager{Shown: 1, Total: -1}},
		"customer_form": &CustomerFormPage{Base: a, URL: "/c/aurelia/customers/new", Form: customerForm},
		"customer": &CustomerPage{Base: a, URL: "/c/aurelia/customers/1", Name: "Harrow Fitout Ltd", Facts: []KV{{Label: T("field.company_name"), Value: Raw("Harrow Fitout Ltd")}}, Note: "met in May", Keys: []KV{{Label: T("identitykey.domain"), Value: Raw("harrow.example"), Mono: true}}, Contacts: []ContactRow{{"1", "Priya Nair", "Buyer", "p@x.example", "0113 496 0000", T("consent.both", "basis", T("consentbasis.form"), "when", at(3, 9, 0)), "/c/aurelia/customers/1?contact=1"}},
			Matches: []MatchRow{{"Harrow Fit-Out", "Leeds", T("customer.match_near", "percent", 92), "/c/aurelia/customers/1/merge?loser=2", "/c/aurelia/customers/2"}}, Merges: []MergeRow{{"1", "Harrow FO", "Ingrid Dahl", at(20, 9, 0), true}}, Into: "/c/aurelia/customers/3", CanEdit: true, Form: customerForm, Contact: Form{Values: map[string]string{"id": "1", "may_share": "1"}, Errors: []FieldError{{"basis", T("customer.basis_missing")}}}, Bases: options("", "", "None", "form", "Form"), Opened: "contact"},
		"merge": &MergePage{Base: a, URL: "/c/aurelia/customers/1/merge", BackURL: "/c/aurelia/customers/1", Winner: "Harrow Fitout", Loser: "Harrow Fit-Out", LoserID: "2", WinnerVersion: "1", LoserVersion: "2", Choices: []MergeChoice{{"city", T("field.city"), "Harrow", "Leeds", true, true}, {"name", T("field.name"), "Harrow Fitout", "", false, false}}, Contacts: 2},
	}
}

func leadEmpties(e Base) map[string]Page {
	return map[string]Page{
		"leads": &LeadsPage{Base: e}, "lead_bulk": &LeadBulkPage{Base: e}, "public_form": &PublicFormPage{Base: open(e.P.Language()), Title: "x"}, "webform": &WebFormPage{Base: e}, "offer": &OfferPage{Base: e, Title: "x"}, "lead": &LeadPage{Base: e, Title: "x"}, "lead_form": &LeadFormPage{Base: e}, "lead_rules": &LeadRulesPage{Base: e},
		"customers": &CustomersPage{Base: e}, "customer_form": &CustomerFormPage{Base: e}, "customer": &CustomerPage{Base: e, Name: "x"}, "merge": &MergePage{Base: e},
	}
}
