package view

// fundSamples are the pages of the money for partners with everything on them.
func fundSamples(k, a Base) map[string]Page {
	money := func(key, amount string) KV {
		return KV{Label: T("fundsum." + key), Value: T("fund.money", "amount", gbp(amount))}
	}
	places := []Tab{{Label: T("fundplace.overview"), URL: "/c/kestrel/funds", Count: -1, On: true}, {Label: T("fundplace.requests"), URL: "/c/kestrel/funds/requests", Count: -1}, {Label: T("fundplace.claims"), URL: "/c/kestrel/funds/claims", Count: -1}}
	figures := []KV{money("earned", "812.40"), money("pending", "600.00"), money("settled", "450.00"), money("to_pay", "362.40"), {Label: T("fundsum.lapsing", "date", Date("2027-01-23")), Value: T("fund.money", "amount", gbp("400.00"))}, money("to_draw", "3187.60")}
	sums := []KV{money("granted", "4000.00"), money("available", "3187.60"), money("reserved", "0.00"), money("to_pay", "362.40"), money("settled", "450.00"), money("lapsed", "0.00"), money("owed", "0.00")}
	row := FundRow{"/c/aurelia/funds/1", "F-7K2M3Q", "Autumn marketing", T("fundkind.mdf"), T("promo.window_is", "from", Date("2026-10-01"), "until", Date("2026-12-31")), Status{State: "fund.open"}, aurelia, sums[:2], 40}
	item := FundItem{"/c/kestrel/funds/claims/1", "CL-00001", "Counter days", "Autumn marketing", kestrel, Status{State: "fundclaim.approved"}, gbp("600.00"), T("fund.pending_n", "n", 1), at(20, 9, 0)}
	wish := item
	wish.Status, wish.Note = Status{State: "fundreq.in_review"}, T("fund.approved_is", "amount", gbp("450.00"))
	move := FundMove{"e1", at(20, 9, 0), T("fundentry.consume"), "Autumn marketing", "CL-00001", "/c/kestrel/funds/claims/1", gbp("450.00"), "+10.00", "-450.00", "+450.00", "-1.00", true}
	file := FundFile{"f1", "/c/kestrel/funds/claims/1/files/f1", "invoice.pdf", "Maya Osei", "Invoice copy", T("deal.size", "kb", 84), at(20, 9, 0), true}
	history := []Entry{{Amber, "", "Maya Osei", T("fundlog.with_amount", "step", T("fundlog.claim_submitted"), "amount", gbp("600.00")), "", at(20, 9, 0)}}
	options := []Option{{Value: "a", Label: Raw("GBP")}}
	values := map[string]string{"title": "Counter days", "amount": "12.00", "version": "3"}
	form := Form{Values: values}
	return map[string]Page{
		"funds": &FundsPage{Base: a, Places: places, Standings: []FundStanding{{"/c/aurelia/funds/statements/1", kestrel, T("fund.side_owner"), figures}}, Programs: []FundRow{row}, Wallets: []FundRow{row}, NewURL: "/c/aurelia/funds/new", LimitsURL: "/c/aurelia/funds/limits", Liability: []Export{{T("fundliability.csv"), "?format=csv"}}, Owner: true},
		"fund": &FundPage{Base: a, URL: "/c/aurelia/funds/1", Number: "F-7K2M3Q", Title: "Autumn marketing", Kind: T("fundkind.mdf"), Status: Status{State: "fund.open"}, Window: row.Window, About: "Half of the cost.", Owner: aurelia, Mine: true, CanWrite: true, IsOpen: true, Earned: true, Version: "3", Facts: []KV{{Label: T("fund.share"), Value: T("fund.percent_is", "percent", "50%")}}, Sums: sums,
			Budgets: []FundBudget{{"GBP", gbp("10000.00"), gbp("6000.00"), T("fund.two_decide", "amount", gbp("500.00")), 40}}, Seats: []FundSeat{{kestrel, "/c/aurelia/funds/statements/1", gbp("4000.00"), gbp("3187.60"), gbp("0.00"), gbp("362.40"), gbp("450.00")}}, Rules: []FundRule{{"r1", T("fund.rule_says", "percent", "3%", "days", 90), row.Window, false}, {"r2", T("fund.rule_says_of", "percent", "3%", "days", 90, "items", "AUR-D18B"), T("fund.rule_ended", "at", at(20, 9, 0)), true}},
			Reaches: options, Families: options, Volumes: []FundVolume{{kestrel, T("fund.volume_says", "bought", gbp("900.00"), "rate", "3%", "earned", gbp("27.00")), T("fund.volume_next", "missing", gbp("100.00"), "rate", "5%", "gain", gbp("23.00"))}},
			Lots: []FundLot{{"INV-1", "AUR-D18B", gbp("6.00"), gbp("9.00"), "2027-02-18"}}, Entries: []FundMove{move}, EditURL: "/c/aurelia/funds/1/edit", RequestURL: "/c/aurelia/funds/requests/new", ClaimURL: "/c/aurelia/funds/claims/new", Put: form, Grant: form, Rule: form, Partners: options, Currencies: options, Requests: []FundItem{wish}},
		"fund_items":        &FundItemsPage{Base: k, Claims: true, Places: places, Tabs: []Tab{{Label: T("fundshow.waiting"), URL: "?show=waiting", Count: -1, On: true}}, Rows: []FundItem{item, wish}, Exports: []Export{{T("export.xlsx"), "?format=xlsx"}}},
		"fund_request_form": &FundRequestFormPage{Base: k, URL: "/c/kestrel/funds/requests/new", BackURL: "/c/kestrel/funds", Program: "Autumn marketing", Currency: "GBP", Hint: T("fund.request_hint", "percent", "50%", "available", gbp("3187.60"), "from", Date("2026-10-01"), "until", Date("2026-12-31")), Form: form, Activities: options},
		"fund_request":      &FundRequestPage{Base: a, URL: "/c/aurelia/funds/requests/1", Number: "MR-00001", Title: "Counter days", Status: Status{State: "fundreq.in_review"}, Version: "3", Partner: kestrel, Told: T("fund.first_is", "person", "李雯", "amount", gbp("700.00")), About: "Three days at the counter.", Facts: []KV{{Label: T("fund.cost"), Value: T("fund.money", "amount", gbp("2000.00"))}}, Proof: []string{"Photo"}, EditURL: "/e", ClaimURL: "/c", CanSubmit: true, CanTake: true, CanDecide: true, CanCommit: true, CanCancel: true, CanClose: true, NeedsReason: true, CanFile: true, Currency: "GBP", Decide: form, Files: []FundFile{file}, Claims: []FundItem{item}, History: history},
		"fund_claim_form":   &FundClaimFormPage{Base: k, MostLines: 5000, URL: "/c/kestrel/funds/claims/new", BackURL: "/c/kestrel/funds", About: Raw("Counter days"), Left: T("fund.left_is", "amount", gbp("400.00")), Currency: "GBP", Form: form, Natures: options, Lines: []int{0, 1}},
		"fund_claim": &FundClaimPage{Base: a, URL: "/c/aurelia/funds/claims/1", Number: "CL-00001", Title: "Counter days", Status: Status{State: "fundclaim.approved"}, Version: "3", Partner: kestrel, Told: T("fund.first_claim", "person", "李雯"), Note: "Three branches", Currency: "GBP", Facts: []KV{{Label: T("fund.nature"), Value: T("fundnature.service")}}, Sums: []KV{money("asked", "600.00"), money("approved", "450.00")},
			Lines:  []FundLine{{1, "Stand", "AUR-D18B", "2026-11-18", "line 2", "/c/aurelia/orders/1", Quantity{"3", "EA"}, gbp("300.00"), gbp("250.00"), Status{State: "fundline.changed"}, T("fundreason.wrong_price"), false, "/c/aurelia/funds/claims/1?talk=1#talk", true, true}, {2, "Print", "", "2026-11-19", "", "", Quantity{}, gbp("100.00"), Money{}, Status{State: "fundline.pending"}, T("fund.line_pending", "reason", T("fundreason.no_proof"), "missing", "The printer's invoice", "date", Date("2026-12-05")), true, "/c/aurelia/funds/claims/1?talk=2#talk", false, false}},
			Checks: []FundCheck{{"Invoice copy", true}, {"Photo", false}}, Files: []FundFile{file}, Settlements: []FundSettlement{{"s1", T("fund.settled_by", "way", T("fundway.invoice"), "reference", "K-77"), gbp("450.00"), gbp("90.00"), "2026-11-24", Status{State: "fundsettle.booked"}, "GL 1", true}}, History: history, EditURL: "/e", CanSubmit: true, CanWithdraw: true, CanTake: true, CanDecide: true, CanSend: true, CanSettle: true, CanFile: true, Settle: form, Verdicts: options, Reasons: options, Ways: options, Items: options, Proving: true, Last: true,
			Talk: &FundTalk{Line: FundLine{Position: 1, Text: "Stand", Asked: gbp("300.00"), Status: Status{State: "fundline.changed"}}, URL: "/c/aurelia/funds/claims/1/lines/1/talk", RoomURL: "/c/aurelia/rooms/r1", Messages: []Message{{Seq: 6, Author: Person{Name: "Chen Jing"}, Text: Raw("The stand stood for three weeks.")}}, Readers: []string{"Kestrel Supply"}, CanSay: true, Form: form}},
		"claim_notices":  &ClaimNoticesPage{Base: a, Places: places, Rows: []ClaimNotice{{"/c/aurelia/funds/claims/edi/1", "CLM-2026-12", "PR-2026-017, CT-9", kestrel, Status{State: "claimnotice.booked"}, at(20, 9, 0)}, {"/c/aurelia/funds/claims/edi/2", "CLM-2026-13", "", kestrel, Status{State: "claimnotice.refused"}, at(20, 9, 0)}}},
		"claim_notice":   &ClaimNoticePage{Base: a, Number: "CLM-2026-12", Status: Status{State: "claimnotice.booked"}, Partner: kestrel, Told: T("claimrefusal.number_used"), Facts: []KV{{Label: T("claimnotice.purpose"), Value: T("claimpurpose.05")}}, Parts: []ClaimContract{{"PR-2026-017", "/c/aurelia/funds/claims/1", Text{}}, {"CT-9", "", T("claimrefusal.unknown")}}, Answers: []ClaimAnswer{{false, at(20, 9, 0)}, {true, at(21, 9, 0)}}},
		"fund_statement": &FundStatementPage{Base: k, URL: "/c/kestrel/funds/statements/1", Partner: aurelia, Currency: "GBP", From: "2025-11-25", To: "2026-11-24", Sentence: T("fund.statement_says", "partner", "Kestrel Supply", "supplier", "Aurelia Tools", "earned", gbp("812.40"), "paid", gbp("450.00")), Figures: figures, Opening: sums, Closing: sums, Moves: []FundMove{move}, Exports: []Export{{T("export.xlsx"), "?format=xlsx"}}},
		"fund_form":      &FundFormPage{Base: a, URL: "/c/aurelia/funds/new", BackURL: "/c/aurelia/funds", Title: T("fund.new"), New: true, Form: form, Kinds: options, Zones: options},
		"fund_limits":    &FundLimitsPage{Base: a, URL: "/c/aurelia/funds/limits", Rows: []FundLimit{{"李雯", "p5", "GBP", gbp("800.00")}}, CanWrite: true, Form: form, People: options, Currencies: options},
	}
}

func fundEmpties(e Base) map[string]Page {
	return map[string]Page{
		"funds": &FundsPage{Base: e}, "fund": &FundPage{Base: e, Title: "x"}, "fund_items": &FundItemsPage{Base: e}, "fund_request_form": &FundRequestFormPage{Base: e}, "fund_request": &FundRequestPage{Base: e, Title: "x"}, "fund_claim_form": &FundClaimFormPage{Base: e}, "fund_claim": &FundClaimPage{Base: e, Title: "x"},
		"claim_notices": &ClaimNoticesPage{Base: e}, "claim_notice": &ClaimNoticePage{Base: e, Number: "x"},
		"fund_statement": &FundStatementPage{Base: e, Partner: kestrel}, "fund_form": &FundFormPage{Base: e, Title: T("fund.new")}, "fund_limits": &FundLimitsPage{Base: e},
	}
}
