package view

// dealSamples are the pages of registrations with everything on them.
func dealSamples(k, a Base) map[string]Page {
	clock := &Clock{at(4, 9, 0), at(27, 17, 0), T("dealclock.protected", "due", at(27, 17, 0))}
	row := DealRow{URL: "/c/kestrel/deals/1", Number: "D-48291573", Title: "Northgate Rail depot refit", Customer: "Northgate Rail Ltd", Partner: aurelia, Value: gbp("74340.00"), Since: at(4, 9, 0), Due: at(27, 17, 0), Status: Status{State: "deal.partly_won"}, Next: T("dealnext.protected"), Won: 36}
	own := row
	own.Partner, own.Similar, own.Score, own.Status = kestrel, 2, 80, Status{State: "deal.submitted"}
	tabs := []Tab{{T("deals.view.live"), "/c/kestrel/deals", 7, true}, {T("deals.view.review"), "/c/kestrel/deals?view=review", 2, false}}
	filters := Filters{URL: "/c/kestrel/deals", Placeholder: T("deals.search"), Lists: []Filter{{Name: "partner", Label: T("col.partner"), Options: options("", "", "All")}}}
	facts := []KV{{Label: T("deal.value"), Value: T("lead.value_is", "value", gbp("74340.00"))}, {Label: T("deal.close_on"), Value: T("lead.date_is", "date", Date("2026-12-15"))}, {Label: T("deal.kind"), Value: T("dealkind.standard")}}
	customer := []KV{{Label: T("field.customer"), Value: Raw("Northgate Rail Ltd")}, {Label: T("field.web"), Value: Raw("northgate-rail.co.uk")}}
	history := []Entry{{Green, "shield-check", "Ingrid Dahl", T("deallog.approve"), "", at(4, 9, 0)}, {Blue, "send", "Maya Osei", T("deallog.submit"), "", at(2, 9, 0)}}
	reasons := options("", "", "Choose", "other", "Other")
	wrong := Form{Values: map[string]string{"reason": "other", "deed": "return", "beside": "1"}, Errors: []FieldError{{"comment", T("form.missing")}}}
	file := DealFile{"f1", "/c/kestrel/deals/1/files/f1", "Q-5510.pdf", T("dealfile.quote"), "Maya Osei", at(2, 9, 0), T("deal.size", "kb", 120), true}
	line := DealLine{"4500187342", "/c/kestrel/orders/1", "AUR-D18B", Quantity{"400", ""}, Quantity{"240", ""}, gbp("19152.00"), T("dealbasis.number"), true, false}
	stock := line
	stock.Counts, stock.Why = false, T("dealbasis.stock")
	page := DealPage{URL: "/c/kestrel/deals/1", Number: "D-48291573", Title: "Northgate Rail depot refit", Need: "One platform", Status: Status{State: "deal.partly_won"}, Holds: T("dealpen.nobody"), Decided: T("dealdecision.protected"), Clock: clock, Facts: facts, Customer: customer, Percent: 36, Share: 60,
		Won: T("deal.won_text", "share", 60, "won", gbp("26892.00"), "value", gbp("74340.00"), "percent", 36), Items: []DealItem{{"AUR-D18B", Quantity{"400", ""}, Quantity{"240", ""}, Quantity{"60", ""}, Money{}}}, Lines: []DealLine{line, stock}, Files: []DealFile{file}, History: history, FilesSeen: T("deal.files_seen", "registrant", "Kestrel Supply", "supplier", "Aurelia Tools"), Sees: []KV{{Label: Raw("Aurelia Tools"), Value: T("dealsees.supplier", "people", "Ingrid Dahl")}}, Kinds: options("quote", "quote", "Quote"), CanFile: true}
	mine := page
	mine.Base, mine.EditURL, mine.Own, mine.Copy, mine.OrderURL, mine.Told = k, "/c/kestrel/deals/1/edit", []KV{{Label: T("deal.private"), Value: Raw("buy at 61")}}, "D-48291573", "/c/kestrel/orders/new?deal=D-48291573", T("deal.told", "reason", T("dealreason.evidence"), "comment", "which?")
	mine.CanSubmit, mine.CanRecall, mine.CanWithdraw, mine.CanLose, mine.CanAsk, mine.CanPostpone, mine.CanContest, mine.Submit, mine.Ask, mine.Lose, mine.Contest, mine.Losses, mine.Contests = true, true, true, true, true, true, true, Form{Note: T("deal.no_room", "Taken", 25, "Most", 25)}, Form{Errors: []FieldError{{"why", T("form.missing")}}}, wrong, wrong, reasons, reasons
	mine.Disputes = []DealDispute{{ID: "x", Text: T("deal.dispute_open", "person", "Ingrid Dahl"), Clock: clock}}
	mine.QuoteURL, mine.Quotes = "/c/kestrel/quotes/new?deal=1", []QuoteRow{{URL: "/c/kestrel/quotes/1", Number: "Q-00012", Value: gbp("17760.00"), Status: Status{State: "quote.offered"}}}
	theirs := page
	theirs.QuoteURL, theirs.QuoteOffer = "/c/aurelia/quotes/offer?deal=1", true
	theirs.EngageURL = "/c/aurelia/engagements/new?deal=1"
	theirs.Engagements = []EngagementRow{{URL: "/c/aurelia/engagements/1", Number: "E-48291573", Title: "Harrow, tools", Status: Status{State: "engage.active"}}}
	theirs.Base, theirs.CanTake, theirs.CanDecide, theirs.CanAward, theirs.CanCancel, theirs.CanExtend, theirs.CanDoubt, theirs.AskedText = a, true, true, true, true, true, true, T("deal.asked_text", "company", "Kestrel Supply", "days", 30, "why", "The board meets in March")
	theirs.Decide, theirs.Cancel, theirs.Extend, theirs.Contest, theirs.Rule, theirs.Returns, theirs.Rejects, theirs.Cancels, theirs.Denials, theirs.Contests = wrong, wrong, wrong, wrong, Form{Errors: []FieldError{{"note", T("form.missing")}}}, reasons, reasons, reasons, reasons, reasons
	theirs.Similar = []DealSimilar{{"2", "/c/aurelia/deals/2", "D-11111118", "Northgate", baltic, Status{State: "deal.protected"}, customer, T("deal.by.sure", "key", T("identitykey.domain"), "value", "northgate-rail.co.uk"), true, 60, at(1, 9, 0), true, true}}
	theirs.Disputes = []DealDispute{{"x", T("deal.dispute_why", "reason", T("dealreason.worked_first"), "person", "Ingrid Dahl"), Raw("Their letter"), Text{}, Text{}, "Ingrid Dahl", clock, true, true, &KV{Label: T("deal.dispute_claim"), Value: T("action.open"), URL: "/c/aurelia/deals/2"}, &KV{Label: T("deal.resold_by", "company", "Baltic Trade", "quantity", Quantity{"3", ""}, "sku", "AUR-B50", "from", Date("2026-11-01"), "to", Date("2026-11-30")), Value: Raw("BT-W46"), URL: "/c/aurelia/sell-through/1"}}, {ID: "y", Text: T("deal.dispute_was"), Ruled: T("dealruling.split", "percent", 60), Note: Raw("clear")}}
	form := DealFormPage{Base: k, URL: "/c/kestrel/deals/new", CheckURL: "/c/kestrel/deals/check", Form: Form{Values: map[string]string{"customer": "Northgate Rail Ltd", "consent": "1", "tender": "NR-77", "paste": "x"}, Errors: []FieldError{{"items", T("deal.item_unknown", "SKU", "X")}}}, Partners: options("1", "1", "Aurelia Tools"), Kinds: options("standard", "standard", "Project"), Countries: options("GB", "GB", "Great Britain"), Money: options("GBP", "GBP", "GBP"), Sources: options("partner", "partner", "Partner"),
		Families: options("cordless", "cordless", "Cordless"), Work: options("demo", "demo", "Demo"), Fulfillers: options("", "", "We order"), Evidence: options("quote", "quote", "Quote"), Check: DealCheck{3, 25, T("deal_form.known", "by", T("identitykey.domain")), []FieldError{{"value", T("deal.need_value")}}, T("deal_form.promise", "hours", 16, "days", 90)}, Seen: T("deal_form.seen", "company", "Aurelia Tools")}
	change := form
	change.Changing, change.Files, change.Check.Missing = true, 2, nil
	return map[string]Page{
		"deals":       &DealsPage{Base: k, Tabs: tabs, Filters: filters, Rows: []DealRow{row}, Pager: Pager{Shown: 1, Total: -1, Next: "/c/kestrel/deals?after=x"}, NewURL: "/c/kestrel/deals/new"},
		"deals_queue": &DealsPage{Base: a, Supplier: true, Tabs: tabs, Filters: filters, Rows: []DealRow{own}, Pager: Pager{Shown: 1, Total: -1}, TermsURL: "/c/aurelia/deals/terms"},
		"deal":        &mine, "deal_queue": &theirs, "deal_form": &form, "deal_form_change": &change,
		"deal_terms": &DealTermsPage{Base: a, URL: "/c/aurelia/deals/terms", Form: Form{Values: map[string]string{"most": "25"}, Errors: []FieldError{{"tiers", T("deal.tier_wrong")}}}, Deciders: options("", "", "Whoever"), Places: []DealPlace{{kestrel, T("deal_terms.says", "tier", "gold", "most", 50), "/c/aurelia/deals/terms?partner=1#place"}}, Place: Form{Values: map[string]string{"partnership": "1", "company": "Kestrel Supply"}}, Tiers: options("", "", "None", "gold", "gold")},
	}
}

func dealEmpties(e Base) map[string]Page {
	return map[string]Page{"deals": &DealsPage{Base: e}, "deal": &DealPage{Base: e, Title: "x"}, "deal_form": &DealFormPage{Base: e}, "deal_terms": &DealTermsPage{Base: e}}
}

// quoteSamples are the pages of quotes with everything on them.
func quoteSamples(k, a Base) map[string]Page {
	row := QuoteRow{URL: "/c/kestrel/quotes/1", Number: "Q-00012", Title: "Harrow line 4", Customer: "Harrow Fabrication", Partner: aurelia, Value: gbp("17760.00"), Status: Status{State: "quote.offered"}, Waits: true, Since: at(4, 9, 0), Due: at(27, 17, 0), Changed: at(4, 9, 0)}
	tabs := []Tab{{T("quotes.reseller.mine"), "/c/kestrel/quotes", 1, true}, {T("quotes.reseller.closed"), "/c/kestrel/quotes?view=reseller.closed", 3, false}}
	wrong := Form{Values: map[string]string{"reason": "other"}, Errors: []FieldError{{"reason", T("form.choice_wrong")}}}
	steps := []QuoteStep{{T("quotestep.list", "list", "GBP", "version", "3", "from", Date("2026-01-01")), Text{}, gbp("84.00"), false}, {T("quotestep.option", "option", "Motor, big"), T("config.adds", "price", gbp("21.00")), gbp("105.00"), false}, {T("quotestep.asked"), Text{}, gbp("71.50"), false}, {T("quotestep.special"), Text{}, gbp("74.00"), true}}
	page := QuotePage{URL: "/c/kestrel/quotes/1", Number: "Q-00012", Title: "Harrow line 4", Round: 2, Status: Status{State: "quote.offered"}, Clock: &Clock{at(4, 9, 0), at(27, 17, 0), T("quote.open_until", "due", at(27, 17, 0))},
		Told: T("quote.told", "company", "Kestrel Supply", "reason", T("quotereason.price"), "comment", "too dear"), Kept: &KV{Label: T("quote.kept_order"), Value: T("action.open"), URL: "/c/kestrel/approvals/1"},
		Facts: []KV{{Label: T("quote.customer"), Value: Raw("Harrow Fabrication")}, {Label: T("quote.window"), Value: T("quote.from_until", "from", Date("2026-11-16"), "until", Date("2026-12-31"))}}, Total: gbp("17760.00"), Note: "One delivery", Copy: "Q-00012", CopyText: T("quote.copy_text", "number", "Q-00012"),
		Lines:    []QuoteLine{{1, "AUR-D18B", "Cordless drill 18V", "EA", Quantity{"240", "EA"}, gbp("74.00"), gbp("84.00"), gbp("17760.00"), true, []string{"Motor: big"}, steps, T("quote.ordered_n", "n", Quantity{"24", "EA"})}},
		PDFs:     []KV{{Label: T("quote.pdf", "language", T("quotepdf.en"), "paper", T("quotepdf.a4")), URL: "/c/kestrel/quotes/1/pdf"}},
		Versions: []QuoteVersion{{2, T("quotekind.offer", "company", "Aurelia Tools"), "Ingrid Dahl", at(4, 9, 0), gbp("17760.00"), []Text{T("quotediff.price", "sku", "AUR-D18B", "was", "71.50", "now", "74.00")}, true}, {1, T("quotekind.request", "company", "Kestrel Supply"), "Maya Osei", at(2, 9, 0), gbp("17160.00"), nil, false}},
		Orders:   []QuoteOrder{{"4500187342", "/c/kestrel/orders/1", Status{State: "order.received"}, "2026-11-16"}}, MoreOrders: true, Sees: []KV{{Label: Raw("Aurelia Tools"), Value: T("quotesees.supplier", "people", "Ingrid Dahl")}}}
	mine := page
	mine.Base, mine.AskURL, mine.CanAccept, mine.CanOrder, mine.CanDecline, mine.CanRecall, mine.Accept, mine.End, mine.Reasons, mine.Countries = k, "/c/kestrel/quotes/1/ask", true, true, true, true, Form{Note: T("quote.changed"), Errors: []FieldError{{"po", T("quote.number_used", "Number", "45")}}}, wrong, options("", "", "Choose"), options("GB", "GB", "Great Britain")
	theirs := page
	theirs.Base, theirs.OfferURL, theirs.CanRefuse, theirs.CanWithdraw, theirs.End, theirs.Reasons = a, "/c/aurelia/quotes/1/offer", true, true, wrong, options("", "", "Choose")
	form := QuoteFormPage{Base: k, URL: "/c/kestrel/quotes/new", Form: Form{Values: map[string]string{"customer": "Harrow"}, Errors: []FieldError{{"line.0.sku", T("trade.item_unknown", "SKU", "X")}}}, Partners: options("1", "1", "Aurelia Tools"), Products: []ProductRow{{SKU: "AUR-D18B", Name: "Drill"}}, Total: gbp("17760.00"), Deal: "D-48291573", Hint: T("quote_form.hint.ask"),
		Lines: []NewOrderLine{{Index: 0, SKU: "AUR-D18B", Quantity: "240", Price: "71.50", Name: "Cordless drill", PriceUnit: "EA", Units: options("EA", "EA", "piece"), ListPrice: gbp("84.00"), Amount: gbp("17160.00"), Notes: []Text{T("quotestep.asked_is", "price", gbp("71.50"))}, Config: &ConfigBox{Problems: []Text{T("optionproblem.group_required", "group", "Motor")}, Steps: steps, Groups: []ConfigGroup{{Name: "Motor", Note: T("options.one"), Options: []ConfigOption{{Field: "line.0.g-MOTOR", Value: "BIG", Name: "big", Radio: true, On: true, Most: 1, Adds: T("config.adds", "price", gbp("21.00"))}, {Field: "line.0.g-MOTOR", Value: "SMALL", Name: "small", Radio: true, Off: true, Most: 1, Why: T("optionblocked.because", "because", "battery")}}},
			{Name: "Handle", Note: T("options.free"), None: "line.0.g-HANDLE", NoneOn: true}, {Name: "Extras", Note: T("options.most", "most", "3"), Options: []ConfigOption{{Field: "line.0.o-CASE", Value: "1", Name: "case", On: true, Off: true, Most: 1, Why: T("optionblocked.brought", "because", "kit")}, {Field: "line.0.o-BATTERY", Value: "2", Name: "battery", On: true, Most: 4, Adds: T("config.adds_not")}}}}}}, {Index: 1, SKU: "?", Unit: "EA", Error: T("quote_form.not_sold", "sku", "?")}}}
	offer := form
	offer.Base, offer.Offer, offer.Changing, offer.Number, offer.BackURL, offer.Hint = a, true, true, "Q-00012", "/c/aurelia/quotes/1", T("quote_form.hint.offer")
	return map[string]Page{
		"quotes":   &QuotesPage{Base: k, Tabs: tabs, Filters: Filters{URL: "/c/kestrel/quotes", Placeholder: T("quotes.search")}, Rows: []QuoteRow{row}, Pager: Pager{Shown: 1, Total: -1, Next: "/c/kestrel/quotes?after=x"}, AskURL: "/c/kestrel/quotes/new"},
		"quotes_s": &QuotesPage{Base: a, Tabs: tabs, Rows: []QuoteRow{row}, Pager: Pager{Shown: 1, Total: -1}, OfferURL: "/c/aurelia/quotes/offer"},
		"quote":    &mine, "quote_s": &theirs, "quote_form": &form, "quote_form_offer": &offer,
	}
}

func quoteEmpties(e Base) map[string]Page {
	return map[string]Page{"quotes": &QuotesPage{Base: e}, "quote": &QuotePage{Base: e, Title: "x"}, "quote_form": &QuoteFormPage{Base: e}}
}

// engageSamples are the pages of engagements with everything on them.
func engageSamples(k, a Base) map[string]Page {
	row := EngagementRow{URL: "/c/kestrel/engagements/1", Number: "E-48291573", Title: "Harrow line 4", Customer: "Harrow Fabrication", Owner: aurelia, Role: T("engagerole.distributor"), Status: Status{State: "engage.active"}, Waits: true, Changed: at(4, 9, 0)}
	tabs := []Tab{{T("engagements.invited"), "/c/kestrel/engagements?view=invited", 1, false}, {T("engagements.open"), "/c/kestrel/engagements", 3, true}}
	wrong := Form{Values: map[string]string{"reason": "other"}, Errors: []FieldError{{"reason", T("form.choice_wrong")}}, Note: T("engage.changed")}
	told := func(field string) Form {
		return Form{Values: map[string]string{"note": "x"}, Errors: []FieldError{{field, T("form.choice_wrong")}, {"", T("engage.shares_sum")}}}
	}
	forms := map[string]Form{"accept": told(""), "end": wrong, "invite": told("company"), "seat": told(""), "close": told("outcome"), "split": told("note"), "agree": told(""), "task": told("title"), "hand": told("what"), "answer": told("")}
	values := []KV{{Label: T("engagefield.stage"), Value: T("engagestage.qualified")}, {Label: T("engagefield.amount"), Value: Raw("£12,345.67")}}
	revision := EngagementRevision{Company: aurelia, Rev: 2, Values: values, Changes: []Text{T("engage.change", "field", T("engagefield.close"), "was", Raw("–"), "now", T("order.on", "date", Date("2026-12-31")))}, By: "Ingrid Dahl", URL: "/c/kestrel/engagements/1/snapshots/1/2", At: at(4, 9, 0)}
	shares := []EngagementShare{{Company: aurelia, Percent: "65.00", Width: 65}, {Company: kestrel, Percent: "35.00", Width: 35, Mine: true}}
	invitation := EngagementInvitationPage{Base: k, URL: "/c/kestrel/engagements/1", Number: "E-48291573", Teaser: "Tools for a metal works", Owner: aurelia, Status: Status{State: "engage.invited"}, Facts: []KV{{Label: T("engage.your_role"), Value: T("engagerole.reseller")}}, Message: "Will you?", By: "Ingrid Dahl", At: at(2, 9, 0), Shown: T("engage.shown_you", "company", "Aurelia Tools"), Hash: "abc", Clock: &Clock{at(2, 9, 0), at(16, 9, 0), T("engage.answer_until", "due", at(16, 9, 0))}, CanAnswer: true, Reasons: options("", "", "Choose"), Forms: forms}
	seen := invitation
	seen.Base, seen.As, seen.CanAnswer, seen.Forms = a, T("engage.as", "company", "Kestrel Supply"), false, nil
	page := EngagementPage{Base: k, URL: "/c/kestrel/engagements/1", Number: "E-48291573", Title: "Harrow line 4", Told: T("engage.closed_told", "outcome", T("engageoutcome.won"), "comment", "Well done"), Shown: T("engage.shown_all"), Owner: aurelia, Status: Status{State: "engage.active"}, Purpose: "Win it", Facts: values,
		Seats: []EngagementSeat{{Company: aurelia, Role: T("engagerole.manufacturer"), Status: Status{State: "engage.active"}, Owner: true, AsURL: "/c/kestrel/engagements/1/as/1"}, {Company: kestrel, Role: T("engagerole.distributor"), Status: Status{State: "engage.left"}, Told: T("engage.reason_told", "reason", T("engagereason.done"), "comment", "x"), CanWithdraw: true, CanRemove: true}},
		Own:   values, Private: []KV{{Label: T("engage.notes"), Value: Raw("our floor is 11 %")}}, Section: Form{Values: map[string]string{"version": "3"}, Errors: []FieldError{{"amount", T("engage.amount_range")}}}, PrivateRows: []string{"0", "1"}, Got: []EngagementRevision{revision}, Sent: []EngagementRevision{revision},
		Splits: []EngagementSplit{{Number: 2, Status: Status{State: "split.open"}, Shares: shares, Note: "Of what is invoiced", Hash: "abc", By: T("engage.proposed_by", "person", "Ingrid Dahl", "company", "Aurelia Tools"), At: at(4, 9, 0), Answers: []Text{T("engage.answer_comment", "answer", T("engageanswer.refused", "company", "Kestrel Supply"), "comment", "too little")}, Strange: true, CanAgree: true, CanRefuse: true, CanWithdraw: true}, {Number: 1, Status: Status{State: "split.in_force"}, Shares: shares, Hash: "abd", By: T("engage.proposed_by", "person", "Ingrid Dahl", "company", "Aurelia Tools"), At: at(2, 9, 0), Since: at(3, 9, 0)}}, Shares: shares,
		Tasks: []EngagementTask{{ID: "1", Title: "Measure the hall", Person: "Maya Osei", Company: kestrel, Due: "2026-12-01", Late: true, CanDo: true}, {ID: "2", Title: "Call", Company: aurelia, Done: true}}, TasksDone: 1,
		Hands: []EngagementHand{{ID: "1", What: "Commissioning", Note: "All drawings", Comment: "no", By: "Maya Osei", Text: T("engage.hand_from_to", "from", "Aurelia Tools", "to", "Kestrel Supply"), Due: "2026-12-01", Status: Status{State: "handover.offered"}, At: at(4, 9, 0), CanAnswer: true, CanTakeBack: true}},
		Sees:  []KV{{Label: Raw("Aurelia Tools"), Value: T("engagesees.owner", "people", "Ingrid Dahl")}}, Rooms: []KV{{Label: Raw("Kestrel Supply"), Value: T("promo.room_open"), URL: "/c/kestrel/rooms/1"}}, EditURL: "/c/kestrel/engagements/1/edit", ShareURL: "/c/kestrel/engagements/1/share", Forms: forms,
		CanWork: true, CanLead: true, CanLeave: true, CanPropose: true, Stages: options("qualified", "qualified", "Qualified"), Currencies: options("GBP", "GBP", "GBP"), Partners: options("", "1", "Baltic"), Roles: options("", "reseller", "Reseller"), Assignees: options("", "1", "Kestrel"), Others: options("", "1", "Aurelia"), LeaveReasons: options("", "", "Choose"), RemoveReasons: options("", "", "Choose"), Outcomes: options("", "won", "won")}
	read := EngagementPage{Base: a, URL: "/c/aurelia/engagements/1", Number: "E-48291573", Title: "Harrow line 4", As: T("engage.as", "company", "Kestrel Supply"), Shown: T("engage.hidden_all", "company", "Aurelia Tools"), Owner: aurelia, Status: Status{State: "engage.active"}}
	form := EngagementFormPage{Base: k, URL: "/c/kestrel/engagements/new", BackURL: "/c/kestrel/engagements", Form: told("teaser"), From: T("engagefrom.deal", "number", "D-48291573"), Roles: options("", "reseller", "Reseller"), Bands: options("", "", "Not said"), Countries: options("GB", "GB", "Great Britain"), Currencies: options("GBP", "GBP", "GBP"), Shown: []Option{{Value: "", Label: T("engage.hidden"), On: true}, {Value: "1", Label: T("engage.shown")}}}
	edit := form
	edit.Changing = true
	share := EngagementSharePage{Base: k, URL: "/c/kestrel/engagements/1/share", BackURL: "/c/kestrel/engagements/1", Number: "E-48291573", Form: told("template"), Templates: options("", "", "None"), Fields: options("stage", "stage", "Stage"), To: options("1", "1", "Aurelia Tools"),
		Ready: &EngagementOutgoing{Hash: "abc", Fields: []string{"stage"}, To: []string{"1"}, Values: values, Readers: []EngagementReader{{Company: aurelia, Rev: 3, Changes: revision.Changes}, {Company: kestrel, Same: true}}, Send: true}}
	return map[string]Page{
		"engagements": &EngagementsPage{Base: k, Tabs: tabs, Filters: Filters{URL: "/c/kestrel/engagements", Placeholder: T("engagements.search")}, Rows: []EngagementRow{row}, Pager: Pager{Shown: 1, Total: -1, Next: "/c/kestrel/engagements?after=x"}, NewURL: "/c/kestrel/engagements/new"},
		"engagement":  &page, "engagement_as": &read, "engagement_invitation": &invitation, "engagement_invitation_as": &seen, "engagement_form": &form, "engagement_form_edit": &edit, "engagement_share": &share,
		"engagement_revisions": &EngagementRevisionsPage{Base: k, BackURL: "/c/kestrel/engagements/1", Number: "E-48291573", Title: T("engage.revisions_of", "from", "Aurelia Tools", "to", "Kestrel Supply"), Rows: []EngagementRevision{revision}},
	}
}

func engageEmpties(e Base) map[string]Page {
	return map[string]Page{"engagements": &EngagementsPage{Base: e}, "engagement": &EngagementPage{Base: e, Title: "x"}, "engagement_invitation": &EngagementInvitationPage{Base: e}, "engagement_form": &EngagementFormPage{Base: e}, "engagement_share": &EngagementSharePage{Base: e}, "engagement_revisions": &EngagementRevisionsPage{Base: e, Title: Raw("x")}}
}

// mappingSamples are the pages of account mapping with everything on them.
func mappingSamples(k Base) map[string]Page {
	limits := []Text{T("mapping.limit.lie"), T("mapping.limit.operator")}
	wrong := Form{Errors: []FieldError{{"file", T("mapping.file.checksum")}}}
	return map[string]Page{
		"mappings":     &MappingsPage{Base: k, NewURL: "/c/kestrel/mappings/new", Rows: []MappingRow{{URL: "/c/kestrel/mappings/1", Partner: aurelia, Way: T("mapping.way.here"), Status: Status{State: "mapping.sized"}, Overlap: T("mapping.overlap.between", "from", 25, "to", 49), Waits: true, Made: at(3, 9, 0)}, {URL: "/c/kestrel/mappings/2", Partner: Company{Name: "北方工具"}, Way: T("mapping.way.file"), Status: Status{State: "mapping.small"}, Overlap: T("mapping.overlap.few", "n", 5), Made: at(2, 9, 0)}}, Pager: Pager{Shown: 2, Total: -1}},
		"mapping-form": &MappingFormPage{Base: k, URL: "/c/kestrel/mappings/new", BringURL: "/c/kestrel/mappings/bring", Form: Form{Values: map[string]string{"name": "x"}, Errors: []FieldError{{"kinds", T("mapping.kinds_missing")}}}, Bring: wrong, Partners: options("1", "1", "Aurelia Tools"), Kinds: options("tax", "tax", "Tax"), Fields: options("name", "name", "Name"), Limits: limits},
		"mapping": &MappingPage{Base: k, URL: "/c/kestrel/mappings/1", Partner: "Aurelia Tools", Status: Status{State: "mapping.matched"}, Told: T("mapping.matched", "n", 31, "partner", "Aurelia Tools"), Known: true,
			Steps:    []MappingStep{{T("mapping.step.1"), T("mapping.step_note.1", "n", 5), T("mapping.said.both"), true, false}, {T("mapping.step.2"), T("mapping.step_note.2"), T("mapping.said.both"), true, false}, {T("mapping.step.3"), T("mapping.step_note.3"), T("mapping.said.theirs", "partner", "Aurelia Tools"), false, true}},
			Accounts: []MappingAccount{{"/c/kestrel/customers/1", "Harrow Fabrication", "LS1 4AP Leeds, GB", []Text{Raw("Harrow Fab Ltd · Leeds")}}, {"/c/kestrel/customers/2", "Selby", "GB", nil}}, Pager: Pager{Shown: 2, Total: 31, Next: "/c/kestrel/mappings/1?after=x"},
			Shown: []Text{Raw("Harrow Fabrication · LS1 4AP Leeds, GB")}, Step: 3, CanConsent: true, CanEnd: true, Ask: T("mapping.ask.3"), Mine: T("mapping.mine.3", "fields", "Name"), Theirs: T("mapping.theirs.3", "fields", "Name"),
			Receipt: []KV{{Label: T("mapping.code"), Value: Raw("ab12"), Mono: true}}, ReceiptURL: "/c/kestrel/mappings/1/receipt", Log: []MappingLine{{T("mapping.did.proposed"), "Ingrid Dahl", at(2, 9, 0)}, {T("mapping.did.erased"), "", at(3, 9, 0)}}, Limits: limits, Sees: []KV{{Label: Raw("Kestrel Supply"), Value: T("mapping.sees", "people", "Maya Osei")}}, Note: T("mapping.changed")},
		"mapping-file":  &MappingPage{Base: k, URL: "/c/kestrel/mappings/2", Partner: "北方工具", Status: Status{State: "mapping.working"}, Working: true, Progress: 40, ByFile: true, Check: "AB12 CD34", CanCancel: true, CanErase: true, Files: []KV{{Label: T("mapping.part.1", "partner", "北方工具"), URL: "/c/kestrel/mappings/2/files/1"}}, Awaited: T("mapping.awaited", "partner", "北方工具", "part", 2), Bring: wrong, ReceiptURL: "/x", Limits: limits},
		"mapping-asked": &MappingPage{Base: k, URL: "/c/kestrel/mappings/3", Partner: "Aurelia Tools", Status: Status{State: "mapping.proposed"}, CanAccept: true, Step: 1, Ask: T("mapping.ask.1", "partner", "Aurelia Tools"), Mine: T("mapping.mine.1", "n", 5), Theirs: T("mapping.theirs.1", "n", 5), ReceiptURL: "/x"},
	}
}
