package web

import (
	"context"
	"strings"

	"entente/portal/sheet"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fund"
	"entente/prm/money"
)

func (v *visit) fundStatementFilter() fund.StatementFilter {
	return fund.StatementFilter{Partnership: v.Params("id"), Currency: money.Currency(v.Query("currency")), From: v.Query("from"), To: v.Query("to")}
}

// fundStatement is what a partner earned, with every movement behind it.
func fundStatement(v *visit) error { return v.statementPage(200, view.Form{}) }

func (v *visit) statementPage(status int, form view.Form) error {
	st, err := v.w.d.Funds.Statement(v.ctx, v.actor(), v.fundStatementFilter())
	if err != nil {
		return err
	}
	n, err := v.lookup([]string{st.Supplier, st.Reseller}, nil)
	if err != nil {
		return err
	}
	page := &view.FundStatementPage{Base: v.shell(), URL: v.path("funds", "statements", st.Partnership), Partner: n.company(v.fundOther(st.Supplier, st.Reseller)), Currency: string(st.Currency), From: view.Date(st.From), To: view.Date(st.To), Figures: fundFigures(st.Standing), Opening: fundSums(st.Opening), Closing: fundSums(st.Closing),
		Sentence: view.T("fund.statement_says", "partner", n.org(st.Reseller), "supplier", n.org(st.Supplier), "earned", amount(st.Earned), "paid", amount(st.Balance.Settled))}
	for i := len(st.Moves) - 1; i >= 0; i-- {
		m := st.Moves[i]
		page.Moves = append(page.Moves, view.FundMove{ID: m.Entry, At: m.At, Kind: view.T("fundentry." + m.Kind), Program: m.Title, Text: v.moveText(m), URL: v.moveURL(m), Amount: amount(m.Amount), Available: fundPart(m.Change.Available), Reserved: fundPart(m.Change.Reserved), Approved: fundPart(m.Change.Consumed), Paid: fundPart(m.Change.Settled), Owed: fundPart(m.Change.Owed)})
	}
	query := "?currency=" + string(st.Currency) + "&from=" + st.From + "&to=" + st.To
	for _, f := range []string{"xlsx", "csv"} {
		page.Exports = append(page.Exports, view.Export{Label: view.T("export." + f), URL: page.URL + "/export" + query + "&format=" + f})
	}
	if st.Balance.Owed.Minor > 0 {
		page.Owed = v.fundOwed(st, form)
	}
	return v.renderAs(status, page, nil)
}

// fundOwed is what a partner owes of what it was paid, what it can be taken off, and the form
// in which that is booked.
func (v *visit) fundOwed(st fund.Statement, form view.Form) *view.FundOwed {
	out := &view.FundOwed{Says: view.T("fundowed.says", "amount", amount(st.Balance.Owed)), Form: form}
	for _, x := range st.Owing {
		when := "fundowed.goes_on"
		if x.Ended {
			when = "fundowed.ended"
		}
		out.Programs = append(out.Programs, view.FundOwing{URL: v.fundURL(x.Program), Title: x.Title, When: view.T(when), Amount: amount(x.Amount)})
	}
	left := st.Balance.Owed
	for _, x := range st.Due { // as far as it goes, the oldest claim first
		if left.Minor <= 0 {
			break
		}
		take := money.Amount{Minor: min(left.Minor, x.Amount.Minor), Currency: left.Currency}
		left.Minor -= take.Minor
		out.Offsets = append(out.Offsets, view.FundItem{URL: v.claimURL(x.Claim), Number: x.Number, Amount: amount(take), Note: view.T("fundowed.of_due", "amount", amount(x.Amount))})
	}
	if v.may(access.ClaimSettle, access.Shared(st.Supplier, st.Reseller)) {
		out.URL = v.path("funds", "statements", st.Partnership, "recover") + "?currency=" + string(st.Currency)
		for i, x := range st.Owing {
			out.Choices = append(out.Choices, view.Option{Value: string(x.Program), Label: view.T("fundowed.choice", "title", x.Title, "amount", amount(x.Amount)), On: form.Value("program") == string(x.Program) || form.Value("program") == "" && i == 0})
		}
		out.Ways = choices(fund.RecoverWays, "fundrecover.", form.Value("kind"))
	}
	return out
}

// fundRecover books that what is owed came back.
func fundRecover(v *visit) error {
	st, err := v.w.d.Funds.Statement(v.ctx, v.actor(), v.fundStatementFilter())
	if err != nil {
		return err
	}
	in := v.input()
	a := in.money("amount", st.Currency)
	in.require("amount")
	if err = in.err(); err == nil {
		err = v.w.d.Funds.Recover(v.ctx, v.actor(), fund.ProgramID(in.text("program")), fund.RecoverCmd{Org: st.Reseller, Kind: in.text("kind"), Reference: in.text("reference"), Amount: a, Key: v.key()})
	}
	if err == nil {
		return v.done(v.path("funds", "statements", st.Partnership)+"?currency="+string(st.Currency), "said.fund_settled")
	}
	errs, note, status, ok := v.refusal(err)
	if !ok {
		return err
	}
	return v.statementPage(status, in.form(errs, note))
}

// moveText is what an entry is about, and how one of a rule with steps came about.
func (v *visit) moveText(m fund.Move) string {
	x := m.Step
	if x == nil {
		return m.Text
	}
	said := v.p.T("fundstep."+x.Why, "volume", v.coin(x.Volume), "base", v.coin(x.Base), "was", percent(x.Was), "now", percent(x.Now), "units", v.p.Quantity(x.Units.String(), ""))
	if m.Text == "" {
		return said
	}
	return m.Text + " · " + said
}

func (v *visit) coin(a money.Amount) string { return v.p.Money(a.String(), string(a.Currency)) }

// volumeText is where a partner stands with a rule with steps, and what the next step would add.
func volumeText(x fund.Volume) (says, next view.Text) {
	says = view.T("fund.volume_says", "bought", amount(x.Bought), "rate", percent(x.Rate), "earned", amount(x.Earned))
	if !x.Closed.IsZero() {
		says = view.T("fund.volume_closed", "bought", amount(x.Bought), "rate", percent(x.Rate), "earned", amount(x.Earned), "when", x.Closed)
	}
	if n := x.Next; n != nil {
		next = view.T("fund.volume_next", "missing", amount(n.Missing), "rate", percent(n.Rate), "gain", amount(n.Gain))
	}
	return says, next
}

func (v *visit) moveURL(m fund.Move) string {
	if m.Kind == fund.EntryRecover {
		return v.fundURL(m.Program)
	}
	switch m.SubjectKind {
	case "request":
		return v.requestURL(fund.RequestID(m.Subject))
	case "claim":
		return v.claimURL(fund.ClaimID(m.Subject))
	case "invoice":
		if v.lists(access.InvoiceRead) {
			return v.path("invoices", m.Subject)
		}
	}
	return ""
}

// fundStatementExport is the statement as a table: opening, movements, closing.
func fundStatementExport(v *visit) error {
	st, err := v.w.d.Funds.Statement(v.ctx, v.actor(), v.fundStatementFilter())
	if err != nil {
		return err
	}
	columns := v.titles("col.date", "fund.entry", "fund.program", "fund.reference", "order.currency", "fundsum.available", "fundsum.reserved", "fundsum.to_pay", "fundsum.settled", "fundsum.lapsed", "fundsum.owed")
	row := func(date, what, program, text string, b fund.Balance) []sheet.Cell {
		return []sheet.Cell{day(date), words(what), words(program), words(text), words(string(st.Currency)), coins(b.Available), coins(b.Reserved), coins(b.Consumed), coins(b.Settled), coins(b.Lapsed), coins(b.Owed)}
	}
	return v.export(v.p.T("fund.statement"), columns, func(_ context.Context, put func(...sheet.Cell) error) error {
		if err := put(row(st.From, v.p.T("statement.opening"), "", "", st.Opening)...); err != nil {
			return err
		}
		for _, m := range st.Moves {
			if err := put(row(m.At.Format("2006-01-02"), v.p.T("fundentry."+m.Kind), m.Title, v.moveText(m), m.Change)...); err != nil {
				return err
			}
		}
		return put(row(st.To, v.p.T("statement.closing"), "", "", st.Closing)...)
	})
}

// fundClaimExport is the list of claims as a table.
func fundClaimExport(v *visit) error {
	show, _ := v.fundTabs("claims")
	f := fund.Filter{Show: show, Limit: exportRows}
	list, next, err := v.w.d.Funds.Claims(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	columns := v.titles("fund.claim", "col.partner", "fund.what", "fund.program", "col.state", "order.currency", "fundsum.asked", "fundsum.approved", "fundsum.settled")
	return v.export(v.p.T("fund.claims"), columns, func(ctx context.Context, put func(...sheet.Cell) error) error {
		for {
			var orgs []string
			for _, c := range list {
				orgs = append(orgs, c.Supplier, c.Reseller)
			}
			n, err := v.companies(ctx, orgs)
			if err != nil {
				return err
			}
			for _, c := range list {
				if err := put(words(c.Number), words(n.org(v.fundOther(c.Supplier, c.Reseller))), words(c.Title), words(c.ProgramTitle), words(v.p.T("state."+string(claimState(c.State)))), words(string(c.Asked.Currency)), coins(c.Asked), coins(c.Approved), coins(c.Settled)); err != nil {
					return err
				}
			}
			if next == "" {
				return nil
			}
			f.After = next
			if list, next, err = v.w.d.Funds.Claims(ctx, v.actor(), f); err != nil {
				return err
			}
		}
	})
}

// fundLiability is what the company may still have to pay, by partner and programme, as it
// stood at the end of a day.
func fundLiability(v *visit) error {
	list, err := v.w.d.Funds.Liabilities(v.ctx, v.actor(), v.civil("on"))
	if err != nil {
		return err
	}
	var orgs []string
	for _, l := range list {
		orgs = append(orgs, l.Org)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	columns := v.titles("col.partner", "fund.number", "fund.program", "order.currency", "fundsum.granted", "fundsum.available", "fundsum.reserved", "fundsum.to_pay", "fundsum.settled", "fundsum.lapsed", "fundsum.owed", "fundsum.liability", "fund.volumes")
	return v.export(v.p.T("fund.liability"), columns, func(_ context.Context, put func(...sheet.Cell) error) error {
		for _, l := range list {
			b := l.Balance
			open := money.Amount{Minor: b.Available.Minor + b.Reserved.Minor + b.Consumed.Minor - b.Owed.Minor, Currency: l.Currency}
			if err := put(words(n.org(l.Org)), words(l.Number), words(l.Title), words(string(l.Currency)), coins(b.Granted), coins(b.Available), coins(b.Reserved), coins(b.Consumed), coins(b.Settled), coins(b.Lapsed), coins(b.Owed), coins(open), words(v.volumesIn(l.Volumes))); err != nil {
				return err
			}
		}
		return nil
	})
}

// volumesIn says where a partner stands with rules with steps, in one cell.
func (v *visit) volumesIn(list []fund.Volume) string {
	var out []string
	for _, x := range list {
		said := v.p.T("fund.volume_says", "bought", v.coin(x.Bought), "rate", percent(x.Rate), "earned", v.coin(x.Earned))
		if n := x.Next; n != nil {
			said += " " + v.p.T("fund.volume_next", "missing", v.coin(n.Missing), "rate", percent(n.Rate), "gain", v.coin(n.Gain))
		}
		out = append(out, said)
	}
	return strings.Join(out, " ")
}

// ruleTiers reads the steps of a rule: "0: 3; 100000: 5".
func (in *input) ruleTiers() []fund.Step {
	var out []fund.Step
	for _, s := range strings.FieldsFunc(in.text("tiers"), func(r rune) bool { return strings.ContainsRune(";；\n\r", r) }) {
		from, rate, ok := strings.Cut(strings.ReplaceAll(s, "：", ":"), ":")
		f, ok1 := decimal(strings.TrimSpace(from))
		r, ok2 := decimal(strings.TrimSuffix(strings.TrimSpace(rate), "%"))
		if !ok || !ok1 || !ok2 {
			in.wrong.With("tiers", "fund.tiers_form", "Step", strings.TrimSpace(s))
			return nil
		}
		out = append(out, fund.Step{From: f, Rate: r / 100})
	}
	return out
}

// fundRoutes are the pages of the money for partners.
func fundRoutes() []Route {
	plainRequest := func(said string, do func(v *visit, in *input, id fund.RequestID) error) func(*visit) error {
		return requestDeed(said, do, keepAct)
	}
	plainClaim := func(said string, do func(v *visit, in *input, id fund.ClaimID) error) func(*visit) error {
		return claimDeed(said, do, func(f *claimForms, form view.Form) { f.act = form })
	}
	put := func(v *visit, in *input, id fund.ProgramID) error {
		c := money.Currency(in.text("currency"))
		cmd := fund.PutCmd{Amount: in.money("amount", c), Words: in.text("text"), Key: v.key()}
		if in.text("four_eyes") != "" {
			four := in.money("four_eyes", c)
			cmd.FourEyes = &four
		}
		if err := in.err(); err != nil {
			return err
		}
		return v.w.d.Funds.Put(v.ctx, v.actor(), id, cmd)
	}
	grant := func(v *visit, in *input, id fund.ProgramID) error {
		a := in.money("amount", money.Currency(in.text("currency")))
		if err := in.err(); err != nil {
			return err
		}
		return v.w.d.Funds.Grant(v.ctx, v.actor(), id, in.text("partnership"), a, in.text("text"), v.key())
	}
	rule := func(v *visit, in *input, id fund.ProgramID) error {
		in.values["families"] = strings.Join(v.all("families"), ",")
		r := fund.Rule{Rate: in.number("rate") / 100, SKUs: in.commas("skus"), Families: in.v.all("families"), Fixed: in.text("fixed") != "", From: in.date("from"), Until: in.date("until"), Days: in.whole("days"), Tiers: in.ruleTiers(), Reach: in.text("reach"), CloseDays: in.whole("close_days")}
		if err := in.err(); err != nil {
			return err
		}
		_, err := v.w.d.Funds.AddRule(v.ctx, v.actor(), id, r)
		return err
	}
	return []Route{
		get("/c/:slug/funds", "funds", InCompany, access.FundRead, fundList),
		get("/c/:slug/funds/new", "fund form", InCompany, access.FundWrite, fundNew),
		post("/c/:slug/funds/new", "make fund", InCompany, access.FundWrite, fundSave),
		get("/c/:slug/funds/limits", "fund limits", InCompany, access.FundRead, fundLimits),
		post("/c/:slug/funds/limits", "save fund limit", InCompany, access.FundLimits, fundLimitSave),
		post("/c/:slug/funds/limits/two", "say above what two people decide", InCompany, access.FundWrite, fourEyesSave),
		get("/c/:slug/funds/liability", "fund liability as a table", InCompany, access.FundRead, fundLiability),
		get("/c/:slug/funds/statements/:id", "fund statement", InCompany, access.FundRead, fundStatement),
		post("/c/:slug/funds/statements/:id/recover", "book what came back of funds", InCompany, access.ClaimSettle, fundRecover),
		get("/c/:slug/funds/statements/:id/export", "fund statement as a table", InCompany, access.FundRead, fundStatementExport),
		get("/c/:slug/funds/protection", "price protections", InCompany, access.FundRead, protections),
		post("/c/:slug/funds/protection/terms", "save price protection terms", InCompany, access.FundWrite, protectTermsSave),
		get("/c/:slug/funds/protection/:id", "price protection", InCompany, access.FundRead, protectShow),
		post("/c/:slug/funds/protection/:id/confirm", "confirm price protection", InCompany, access.ClaimWrite, protectConfirm),
		post("/c/:slug/funds/protection/:id/counter", "answer price protection with other quantities", InCompany, access.ClaimWrite, protectCounter),
		get("/c/:slug/funds/requests", "fund requests", InCompany, access.FundRead, fundRequests),
		get("/c/:slug/funds/requests/new", "fund request form", InCompany, access.ClaimWrite, fundRequestNew),
		post("/c/:slug/funds/requests/new", "make fund request", InCompany, access.ClaimWrite, fundRequestSave),
		get("/c/:slug/funds/requests/:id", "fund request", InCompany, access.FundRead, fundRequestShow),
		get("/c/:slug/funds/requests/:id/edit", "fund request edit form", InCompany, access.ClaimWrite, fundRequestEdit),
		post("/c/:slug/funds/requests/:id/edit", "save fund request", InCompany, access.ClaimWrite, fundRequestSave),
		post("/c/:slug/funds/requests/:id/submit", "send fund request", InCompany, access.ClaimWrite, plainRequest("said.fund_sent", func(v *visit, in *input, id fund.RequestID) error {
			_, err := v.w.d.Funds.SubmitRequest(v.ctx, v.actor(), id, in.version())
			return err
		})),
		post("/c/:slug/funds/requests/:id/take", "review fund request", InCompany, access.ClaimDecide, plainRequest("said.saved", func(v *visit, in *input, id fund.RequestID) error {
			_, err := v.w.d.Funds.TakeRequest(v.ctx, v.actor(), id, in.version())
			return err
		})),
		post("/c/:slug/funds/requests/:id/approve", "approve fund request", InCompany, access.ClaimDecide, requestDeed("said.fund_decided", requestApprove, func(f *requestForms, form view.Form) { f.decide = form })),
		post("/c/:slug/funds/requests/:id/return", "return fund request", InCompany, access.ClaimDecide, plainRequest("said.fund_decided", func(v *visit, in *input, id fund.RequestID) error {
			_, err := v.w.d.Funds.ReturnRequest(v.ctx, v.actor(), id, in.version(), in.text("reason"))
			return err
		})),
		post("/c/:slug/funds/requests/:id/decline", "decline fund request", InCompany, access.ClaimDecide, plainRequest("said.fund_decided", func(v *visit, in *input, id fund.RequestID) error {
			_, err := v.w.d.Funds.DeclineRequest(v.ctx, v.actor(), id, in.version(), in.text("reason"))
			return err
		})),
		post("/c/:slug/funds/requests/:id/commit", "commit fund request", InCompany, access.ClaimWrite, plainRequest("said.saved", func(v *visit, in *input, id fund.RequestID) error {
			_, err := v.w.d.Funds.CommitRequest(v.ctx, v.actor(), id, in.version())
			return err
		})),
		post("/c/:slug/funds/requests/:id/cancel", "cancel fund request", InCompany, access.FundRead, requestDeed("said.saved", func(v *visit, in *input, id fund.RequestID) error {
			_, err := v.w.d.Funds.CancelRequest(v.ctx, v.actor(), id, in.version(), in.text("reason"))
			return err
		}, func(f *requestForms, form view.Form) { f.cancel = form })),
		post("/c/:slug/funds/requests/:id/close", "close fund request", InCompany, access.ClaimDecide, plainRequest("said.saved", func(v *visit, in *input, id fund.RequestID) error {
			_, err := v.w.d.Funds.CloseRequest(v.ctx, v.actor(), id, in.version())
			return err
		})),
		get("/c/:slug/funds/requests/:id/files/:file", "paper of a fund request", InCompany, access.FundRead, func(v *visit) error { return v.fundFile("", fund.RequestID(v.Params("id"))) }),
		post("/c/:slug/funds/requests/:id/files", "add paper to a fund request", InCompany, access.ClaimWrite, requestDeed("said.fund_file", func(v *visit, in *input, id fund.RequestID) error {
			return v.addFundFile("", id, in.text("item"))
		}, func(f *requestForms, form view.Form) { f.file = form })),
		post("/c/:slug/funds/requests/:id/files/:file/remove", "remove paper of a fund request", InCompany, access.ClaimWrite, plainRequest("said.saved", func(v *visit, _ *input, id fund.RequestID) error {
			return v.w.d.Funds.RemoveFile(v.ctx, v.actor(), "", id, fund.FileID(v.Params("file")))
		})),
		get("/c/:slug/funds/claims", "fund claims", InCompany, access.FundRead, fundClaims),
		get("/c/:slug/funds/claims/export", "fund claims as a table", InCompany, access.FundRead, fundClaimExport),
		get("/c/:slug/funds/claims/new", "fund claim form", InCompany, access.ClaimWrite, fundClaimNew),
		post("/c/:slug/funds/claims/new", "make fund claim", InCompany, access.ClaimWrite, fundClaimSave),
		get("/c/:slug/funds/claims/edi", "claims by EDI", InCompany, access.FundRead, claimNotices),
		get("/c/:slug/funds/claims/edi/:id", "claim by EDI", InCompany, access.FundRead, claimNoticeShow),
		get("/c/:slug/funds/claims/:id", "fund claim", InCompany, access.FundRead, fundClaimShow),
		get("/c/:slug/funds/claims/:id/edit", "fund claim edit form", InCompany, access.ClaimWrite, fundClaimEdit),
		post("/c/:slug/funds/claims/:id/edit", "save fund claim", InCompany, access.ClaimWrite, fundClaimSave),
		post("/c/:slug/funds/claims/:id/submit", "send fund claim", InCompany, access.ClaimWrite, plainClaim("said.fund_sent", func(v *visit, in *input, id fund.ClaimID) error {
			_, err := v.w.d.Funds.SubmitClaim(v.ctx, v.actor(), id, in.version())
			return err
		})),
		post("/c/:slug/funds/claims/:id/withdraw", "withdraw fund claim", InCompany, access.ClaimWrite, plainClaim("said.saved", func(v *visit, in *input, id fund.ClaimID) error {
			_, err := v.w.d.Funds.WithdrawClaim(v.ctx, v.actor(), id, in.version())
			return err
		})),
		post("/c/:slug/funds/claims/:id/take", "review fund claim", InCompany, access.ClaimDecide, plainClaim("said.saved", func(v *visit, in *input, id fund.ClaimID) error {
			_, err := v.w.d.Funds.TakeClaim(v.ctx, v.actor(), id, in.version())
			return err
		})),
		post("/c/:slug/funds/claims/:id/lines/:position/talk", "discuss a line of a fund claim", InCompany, access.RoomPost, claimSay),
		post("/c/:slug/funds/claims/:id/proof", "say of proof of fund claim", InCompany, access.ClaimDecide, claimDeed("said.fund_proof", claimLook, func(f *claimForms, form view.Form) { f.proof = form })),
		post("/c/:slug/funds/claims/:id/decide", "decide fund claim", InCompany, access.ClaimDecide, claimDeed("said.fund_decided", claimDecide, func(f *claimForms, form view.Form) { f.decide = form })),
		post("/c/:slug/funds/claims/:id/corrected", "decide fund claim by the corrected list", InCompany, access.ClaimDecide, claimDeed("said.fund_decided", func(v *visit, in *input, id fund.ClaimID) error {
			_, err := v.w.d.Protect.AnswerCorrected(v.ctx, v.actor(), id, in.version(), "")
			return err
		}, func(f *claimForms, form view.Form) { f.decide = form })),
		post("/c/:slug/funds/claims/:id/return", "return fund claim", InCompany, access.ClaimDecide, claimDeed("said.fund_decided", func(v *visit, in *input, id fund.ClaimID) error {
			_, err := v.w.d.Funds.ReturnClaim(v.ctx, v.actor(), id, in.version(), in.text("reason"))
			return err
		}, func(f *claimForms, form view.Form) { f.send = form })),
		post("/c/:slug/funds/claims/:id/deny", "deny fund claim", InCompany, access.ClaimDecide, claimDeed("said.fund_decided", func(v *visit, in *input, id fund.ClaimID) error {
			_, err := v.w.d.Funds.DenyClaim(v.ctx, v.actor(), id, in.version(), in.text("reason"))
			return err
		}, func(f *claimForms, form view.Form) { f.send = form })),
		post("/c/:slug/funds/claims/:id/settle", "settle fund claim", InCompany, access.ClaimSettle, claimDeed("said.fund_settled", claimSettle, func(f *claimForms, form view.Form) { f.settle = form })),
		post("/c/:slug/funds/claims/:id/settlements/:settlement/reverse", "reverse settlement", InCompany, access.ClaimSettle, plainClaim("said.saved", func(v *visit, in *input, id fund.ClaimID) error {
			_, err := v.w.d.Funds.Unsettle(v.ctx, v.actor(), id, in.version(), v.Params("settlement"), in.text("reason"))
			return err
		})),
		post("/c/:slug/funds/claims/:id/settlements/:settlement/reconcile", "reconcile settlement", InCompany, access.ClaimSettle, plainClaim("said.saved", func(v *visit, in *input, id fund.ClaimID) error {
			_, err := v.w.d.Funds.Reconcile(v.ctx, v.actor(), id, in.version(), v.Params("settlement"), in.text("external"))
			return err
		})),
		get("/c/:slug/funds/claims/:id/files/:file", "proof of a fund claim", InCompany, access.FundRead, func(v *visit) error { return v.fundFile(fund.ClaimID(v.Params("id")), "") }),
		post("/c/:slug/funds/claims/:id/files", "add proof to a fund claim", InCompany, access.ClaimWrite, claimDeed("said.fund_file", claimProve, func(f *claimForms, form view.Form) { f.file = form })),
		post("/c/:slug/funds/claims/:id/files/:file/remove", "remove proof of a fund claim", InCompany, access.ClaimWrite, plainClaim("said.saved", func(v *visit, _ *input, id fund.ClaimID) error {
			return v.w.d.Funds.RemoveFile(v.ctx, v.actor(), id, "", fund.FileID(v.Params("file")))
		})),
		get("/c/:slug/funds/:id", "fund", InCompany, access.FundRead, fundShow),
		get("/c/:slug/funds/:id/edit", "fund edit form", InCompany, access.FundWrite, fundEdit),
		post("/c/:slug/funds/:id/edit", "save fund", InCompany, access.FundWrite, fundSave),
		post("/c/:slug/funds/:id/put", "put money into a fund", InCompany, access.FundWrite, fundDeed(put, func(f *fundForms, form view.Form) { f.put = form })),
		post("/c/:slug/funds/:id/grant", "give a part of a fund", InCompany, access.FundWrite, fundDeed(grant, func(f *fundForms, form view.Form) { f.grant = form })),
		post("/c/:slug/funds/:id/announce", "announce fund", InCompany, access.FundWrite, fundDeed(func(v *visit, in *input, id fund.ProgramID) error {
			_, err := v.w.d.Funds.Announce(v.ctx, v.actor(), id, in.version())
			return err
		}, func(f *fundForms, form view.Form) { f.plan = form })),
		post("/c/:slug/funds/:id/offplan", "decide a grant beside the plan", InCompany, access.FundWrite, fundDeed(func(v *visit, in *input, id fund.ProgramID) error {
			return v.w.d.Funds.DecideOffPlan(v.ctx, v.actor(), id, in.text("grant"), in.text("yes") != "")
		}, func(f *fundForms, form view.Form) { f.plan = form })),
		post("/c/:slug/funds/:id/rule", "add fund rule", InCompany, access.FundWrite, fundDeed(rule, func(f *fundForms, form view.Form) { f.rule = form })),
		post("/c/:slug/funds/:id/rules/:rule/end", "end fund rule", InCompany, access.FundWrite, fundDeed(func(v *visit, _ *input, id fund.ProgramID) error {
			return v.w.d.Funds.EndRule(v.ctx, v.actor(), id, v.Params("rule"))
		}, func(f *fundForms, form view.Form) { f.rule = form })),
		post("/c/:slug/funds/:id/reverse", "reverse fund entry", InCompany, access.FundRead, fundDeed(func(v *visit, in *input, id fund.ProgramID) error {
			return v.w.d.Funds.Reverse(v.ctx, v.actor(), id, in.text("entry"), in.text("reason"))
		}, func(f *fundForms, form view.Form) { f.undo = form })),
		post("/c/:slug/funds/:id/open", "open or close fund", InCompany, access.FundWrite, fundDeed(func(v *visit, in *input, id fund.ProgramID) error {
			return v.w.d.Funds.SetOpen(v.ctx, v.actor(), id, in.version(), in.text("open") != "")
		}, func(f *fundForms, form view.Form) { f.undo = form })),
	}
}
