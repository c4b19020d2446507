package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"entente/chat/room"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/adjust"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
)

// claimSubject is the kind of subject of the room of a claim.
const claimSubject = "fund_claim"

func (v *visit) claimURL(id fund.ClaimID) string { return v.path("funds", "claims", string(id)) }

func claimState(s fund.ClaimState) view.State { return view.State("fundclaim." + string(s)) }

// claimStatus is what a claim's page and row show: one that was decided while lines of it wait
// for something is not called approved.
func claimStatus(c fund.Claim) view.Status {
	if c.State == fund.ClaimApproved && c.Pending > 0 {
		return view.Status{State: "fundclaim.pending"}
	}
	return view.Status{State: claimState(c.State)}
}

func (v *visit) claimItem(c fund.Claim, n names) view.FundItem {
	x := view.FundItem{URL: v.claimURL(c.ID), Number: c.Number, Title: c.Title, Program: c.ProgramTitle, Partner: n.company(v.fundOther(c.Supplier, c.Reseller)), Status: claimStatus(c), Amount: amount(c.Asked), At: c.Changed}
	if c.Approved.Minor > 0 && c.Approved != c.Asked {
		x.Note = view.T("fund.approved_is", "amount", amount(c.Approved))
	}
	if c.Pending > 0 {
		x.Note = view.T("fund.pending_n", "n", c.Pending)
	}
	return x
}

// fundClaims lists claims: what waits for a decision, or for the books.
func fundClaims(v *visit) error {
	show, tabs := v.fundTabs("claims")
	list, next, err := v.w.d.Funds.Claims(v.ctx, v.actor(), fund.Filter{Show: show, After: v.Query("after"), Limit: pageRows})
	if err != nil {
		return err
	}
	var orgs []string
	for _, c := range list {
		orgs = append(orgs, c.Supplier, c.Reseller)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	page := &view.FundItemsPage{Base: v.shell(), Claims: true, Places: v.fundPlaces("claims"), Tabs: tabs, Pager: view.Pager{Shown: len(list), Total: -1, Next: v.next(next)}}
	for _, c := range list {
		page.Rows = append(page.Rows, v.claimItem(c, n))
	}
	if len(list) > 0 {
		for _, f := range []string{"xlsx", "csv"} {
			page.Exports = append(page.Exports, view.Export{Label: view.T("export." + f), URL: v.path("funds", "claims", "export") + "?show=" + or(show, "all") + "&format=" + f})
		}
	}
	return v.render(page, fragments{"list": "fund_items.list", "rows": "fund_items.list"})
}

// claimLines is how many lines the form has at least, and how many free ones beyond those filled.
const (
	claimLines = 4
	spareLines = 2
)

// fundClaimNew is the form of a claim.
func fundClaimNew(v *visit) error {
	f := view.Form{Values: map[string]string{"request": v.Query("request"), "program": v.Query("program"), "nature": fund.NatureService}}
	if id := v.Query("request"); id != "" {
		r, err := v.w.d.Funds.GetRequest(v.ctx, v.actor(), fund.RequestID(id))
		if err != nil {
			return err
		}
		f.Values["title"], f.Values["lines.0.text"], f.Values["lines.0.on"] = r.Title, r.Title, r.From
	} else {
		w, err := v.w.d.Funds.Wallet(v.ctx, v.actor(), fund.ProgramID(v.Query("program")))
		if err == nil {
			err = fund.ByHand(w.Kind, fund.SourceForm)
		}
		if err != nil {
			return err
		}
	}
	return v.claimForm(200, "", f)
}

// claimOf is what a claim is made of, by the form: its currency, what is left, a name.
func (v *visit) claimOf(request, program string) (about string, left money.Amount, back string, err error) {
	if request != "" {
		r, err := v.w.d.Funds.GetRequest(v.ctx, v.actor(), fund.RequestID(request))
		if err == nil {
			err = access.Check(v.actor(), access.ClaimWrite, r.Resource())
		}
		return r.Title, r.Left, v.requestURL(r.ID), err
	}
	w, err := v.w.d.Funds.Wallet(v.ctx, v.actor(), fund.ProgramID(program))
	if err == nil {
		err = access.Check(v.actor(), access.ClaimWrite, access.Shared(w.Owner, v.org()))
	}
	return w.Title, w.Balance.Available, v.fundURL(w.ID), err
}

func (v *visit) claimForm(status int, id fund.ClaimID, form view.Form) error {
	about, left, back, err := v.claimOf(form.Value("request"), form.Value("program"))
	if err != nil {
		return err
	}
	page := &view.FundClaimFormPage{Base: v.shell(), MostLines: fund.MostLines, URL: v.path("funds", "claims", "new"), BackURL: back, About: view.Raw(about), Left: view.T("fund.left_is", "amount", amount(left)), Currency: string(left.Currency), Form: form, Natures: keyed(fund.Natures, "fundnature.", form.Value("nature"))}
	if id != "" {
		page.URL, page.BackURL = v.claimURL(id)+"/edit", v.claimURL(id)
	}
	n := claimLines
	for i := range 200 {
		if form.Value(fmt.Sprintf("lines.%d.text", i)) != "" || form.Value(fmt.Sprintf("lines.%d.amount", i)) != "" {
			n = max(n, i+1+spareLines)
		}
	}
	for i := range n {
		page.Lines = append(page.Lines, i)
	}
	return v.renderAs(status, page, nil)
}

// fundClaimEdit is the form of a claim that was not sent, or came back.
func fundClaimEdit(v *visit) error {
	c, err := v.w.d.Funds.GetClaim(v.ctx, v.actor(), fund.ClaimID(v.Params("id")))
	if err != nil {
		return err
	}
	f := view.Form{Values: map[string]string{"request": string(c.Request), "program": string(c.Program), "version": itoa(c.Version), "title": c.Title, "number": c.Number, "nature": c.Nature, "deducted": c.Deducted, "note": c.Note}}
	for i, l := range c.Lines {
		at := fmt.Sprintf("lines.%d.", i)
		f.Values[at+"text"], f.Values[at+"on"], f.Values[at+"amount"] = l.Text, l.On, l.Asked.String()
	}
	return v.claimForm(200, c.ID, f)
}

// fundClaimSave keeps a claim; it is sent from its own page, where its proof is.
func fundClaimSave(v *visit) error {
	in, id := v.input(), fund.ClaimID(v.Params("id"))
	var old fund.Claim
	if id != "" {
		c, err := v.w.d.Funds.GetClaim(v.ctx, v.actor(), id)
		if err != nil {
			return err
		}
		old = c
		in.values["request"], in.values["program"] = string(c.Request), string(c.Program)
	}
	_, left, _, err := v.claimOf(in.text("request"), in.text("program"))
	if err != nil {
		return err
	}
	cmd := fund.ClaimCmd{Program: fund.ProgramID(in.text("program")), Request: fund.RequestID(in.text("request")), Number: in.text("number"), Nature: in.text("nature"), Title: in.text("title"), Note: in.text("note"), Deducted: in.text("deducted"), Source: fund.SourceForm}
	var sent []string
	for i := range 200 {
		at := fmt.Sprintf("lines.%d", i)
		if in.text(at+".text") == "" && in.text(at+".amount") == "" {
			continue
		}
		l := fund.LineCmd{Text: in.text(at + ".text"), On: in.date(at + ".on"), Amount: in.money(at+".amount", left.Currency)}
		if i < len(old.Lines) { // what the form does not show stays
			o := old.Lines[i]
			l.Key, l.SKU, l.Quantity, l.Price, l.Order, l.OrderLine = o.Key, o.SKU, o.Quantity, o.Price, o.Order, o.OrderLine
		}
		sent, cmd.Lines = append(sent, at), append(cmd.Lines, l)
	}
	err = in.err()
	var c fund.Claim
	if err == nil {
		c, err = v.w.d.Funds.SaveClaim(v.ctx, v.actor(), id, in.version(), cmd)
		err = renamed(err, sent)
	}
	if err == nil {
		return v.done(v.claimURL(c.ID), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.claimForm(422, id, in.form(errs, note))
}

// claimForms are the forms of the page as they came back.
type claimForms struct{ act, decide, send, settle, file, talk, proof view.Form }

// fundClaimShow is a claim, for each side of it.
func fundClaimShow(v *visit) error { return v.claimPage(200, claimForms{}) }

func (v *visit) claimPage(status int, f claimForms) error {
	id := fund.ClaimID(v.Params("id"))
	c, err := v.w.d.Funds.GetClaim(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	n, err := v.fundNames(c.Supplier, c.Reseller, c.Log, c.Files, append(judges(c.Files), c.FirstBy)...)
	if err != nil {
		return err
	}
	page := &view.FundClaimPage{Base: v.shell(), URL: v.claimURL(id), Number: c.Number, Title: c.Title, Status: claimStatus(c), Version: itoa(c.Version), Partner: n.company(v.fundOther(c.Supplier, c.Reseller)), Note: c.Note, Currency: string(c.Asked.Currency),
		Act: f.act, Proof: f.proof, Decide: f.decide, Send: f.send, Settle: f.settle, File: f.file, Verdicts: append([]view.Option{{Label: view.T("fund.verdict_none")}}, keyed(fund.Verdicts, "fundverdict.", "")...), Reasons: append([]view.Option{{Label: view.T("form.choose")}}, keyed(fund.LineReasons, "fundreason.", "")...), Ways: keyed(fund.WaysFor(c.Nature), "fundway.", f.settle.Value("kind"))}
	switch {
	case c.FirstBy != "":
		page.Told = view.T("fund.first_claim", "person", n.person(c.FirstBy))
	case c.Reason != "":
		page.Told = view.Raw(c.Reason)
	}
	page.Sums = []view.KV{fundKV("asked", c.Asked), fundKV("approved", c.Approved), fundKV("settled", c.Settled)}
	if c.Due().Minor > 0 {
		page.Sums = append(page.Sums, fundKV("to_pay", c.Due()))
	}
	page.Facts = []view.KV{{Label: view.T("fund.program"), Value: view.Raw(c.ProgramTitle), URL: v.fundURL(c.Program)}}
	if c.Request != "" {
		page.Facts = append(page.Facts, view.KV{Label: view.T("fund.request"), Value: view.Raw(c.RequestTitle), URL: v.requestURL(c.Request)})
	}
	page.Facts = append(page.Facts, view.KV{Label: view.T("fund.nature"), Value: view.T("fundnature." + c.Nature)}, view.KV{Label: view.T("col.source"), Value: view.T("fundsource." + c.Source)})
	if c.Source == fund.SourceEDI {
		list, err := v.w.d.Adjust.Of(v.ctx, v.actor(), c.ID)
		if err != nil {
			return err
		}
		for _, x := range list {
			page.Facts = append(page.Facts, view.KV{Label: view.T("fundplace.edi"), Value: view.Raw(x.Number), URL: v.noticeURL(x.ID)})
		}
	}
	if c.Deducted != "" {
		page.Facts = append(page.Facts, view.KV{Label: view.T("fund.deducted_label"), Value: view.Raw(c.Deducted)})
	}
	v.claimMay(page, c)
	v.claimLinesOf(page, c)
	if err := v.claimRemarks(page, c); err != nil {
		return err
	}
	if err := v.claimTalk(page, c, n, f.talk); err != nil {
		return err
	}
	if over := c.Settled.Minor - c.Approved.Minor; over > 0 {
		page.Sums = append(page.Sums, fundKV("surplus", money.Amount{Minor: over, Currency: c.Asked.Currency}))
	}
	for _, p := range c.Proof {
		page.Checks = append(page.Checks, v.claimCheck(page, c, p, n))
		page.Items = append(page.Items, view.Option{Value: p, Label: proofName(p), On: len(c.Missing) > 0 && c.Missing[0] == p})
	}
	if len(page.Items) > 0 {
		page.Items = append(page.Items, view.Option{Label: view.T("fund.file_other")})
	}
	early := c.State == fund.ClaimDraft || c.State == fund.ClaimReturned
	page.Proving = page.CanSubmit && len(c.Missing) > 0
	page.Last = page.Proving && len(c.Missing) == 1
	page.Files = v.fundFiles(page.URL, c.Files, n, early && page.CanFile)
	for _, s := range c.Settlements {
		x := view.FundSettlement{ID: s.ID, Text: view.T("fund.settled_by", "way", view.T("fundway."+s.Kind), "reference", s.Reference), Amount: amount(s.Amount), On: view.Date(s.On), External: s.External, Status: view.Status{State: "fundsettle.booked"}, CanMove: s.Reversed.IsZero() && s.Reconciled.IsZero() && v.may(access.ClaimSettle, c.Resource())}
		if s.Tax.Minor != 0 {
			x.Tax = amount(s.Tax)
		}
		if !s.Reconciled.IsZero() {
			x.Status.State = "fundsettle.reconciled"
		}
		if !s.Reversed.IsZero() {
			x.Status.State = "fundsettle.reversed"
		}
		page.Settlements = append(page.Settlements, x)
	}
	page.History = v.fundHistory(c.Log, n)
	return v.renderAs(status, page, nil)
}

// claimMay says which acts are shown.
func (v *visit) claimMay(page *view.FundClaimPage, c fund.Claim) {
	res, early := c.Resource(), c.State == fund.ClaimDraft || c.State == fund.ClaimReturned
	if v.may(access.ClaimWrite, res) {
		page.CanSubmit, page.CanWithdraw, page.CanFile = early, early || c.State.Waits(), early || c.State.Waits() || c.Pending > 0
		if early && c.Source != fund.SourceProposed && c.Source != fund.SourceEDI {
			page.EditURL = page.URL + "/edit"
		}
	}
	if v.may(access.ClaimDecide, res) {
		page.CanTake, page.CanSend = c.State == fund.ClaimSubmitted, c.State.Waits()
		page.CanDecide = c.State.Waits() || c.Pending > 0
	}
	if page.CanSettle = v.may(access.ClaimSettle, res) && c.State == fund.ClaimApproved && c.Due().Minor > 0; page.CanSettle && page.Settle.Values == nil {
		page.Settle.Values = map[string]string{"amount": c.Due().String(), "on": v.today()}
		offset := slices.ContainsFunc(c.Settlements, func(s fund.Settlement) bool { return s.Kind == fund.ByOffset && s.Reversed.IsZero() })
		if c.Deducted != "" && !offset {
			page.Settle.Values["reference"] = c.Deducted
			for i := range page.Ways {
				page.Ways[i].On = page.Ways[i].Value == fund.ByOffset
			}
		}
	}
}

func (v *visit) claimLinesOf(page *view.FundClaimPage, c fund.Claim) {
	for _, l := range c.Lines {
		x := view.FundLine{Position: l.Position, Text: l.Text, SKU: l.SKU, On: view.Date(l.On), Asked: amount(l.Asked), Status: view.Status{State: view.State("fundline." + l.Verdict)}, Open: l.Verdict == fund.LineOpen && c.State.Waits() || l.Verdict == fund.LinePending}
		if l.Verdict == fund.LineChanged {
			x.Approved = amount(l.Approved)
		}
		if l.Quantity > 0 {
			x.Quantity = view.Quantity{Value: l.Quantity.String()}
		}
		if l.Order != "" && v.lists(access.OrderRead) {
			x.Order, x.OrderURL = v.p.T("fund.order_line", "line", l.OrderLine), v.path("orders", l.Order)
		}
		switch {
		case l.Verdict == fund.LinePending:
			x.Why = view.T("fund.line_pending", "reason", view.T("fundreason."+l.Reason), "missing", v.missing(l.Missing), "date", view.Date(l.Due))
		case l.Back.Minor > 0:
			x.Why = view.T("fund.counter_of", "amount", amount(l.Back), "line", l.BackLine, "number", l.BackOf)
			x.Asked = amount(money.Amount{Minor: -l.Back.Minor, Currency: l.Back.Currency})
		case l.Reason != "":
			x.Why = view.T("fundreason." + l.Reason)
		}
		if cut := l.Asked.Minor - l.Approved.Minor; l.Verdict == fund.LineChanged && cut > 0 {
			x.Notes = append(x.Notes, view.T("fund.line_cut", "cut", amount(money.Amount{Minor: cut, Currency: l.Asked.Currency}), "asked", amount(l.Asked)))
		}
		page.Lines = append(page.Lines, x)
	}
}

// claimTalk leads to the threads of the lines, and shows the one that ?talk= names: what was
// said about it by both sides.
func (v *visit) claimTalk(page *view.FundClaimPage, c fund.Claim, n names, form view.Form) error {
	early := c.State == fund.ClaimDraft || c.State == fund.ClaimWithdrawn
	if early || !v.lists(access.RoomRead) || !v.may(access.ClaimWrite, c.Resource()) && !v.may(access.ClaimDecide, c.Resource()) {
		return nil
	}
	talks, err := v.w.d.Funds.Talks(v.ctx, v.actor(), c.ID)
	if err != nil {
		return err
	}
	for _, t := range talks {
		if t.Position == 0 {
			page.Lost = append(page.Lost, view.Option{Value: v.path("rooms", t.Room), Label: view.Raw(t.Said)})
		}
	}
	on := or(v.Query("talk"), v.Params("position"))
	for i := range page.Lines {
		l := &page.Lines[i]
		at := itoa(int64(l.Position))
		k := slices.IndexFunc(talks, func(t fund.Talk) bool { return t.Position == l.Position })
		l.TalkURL, l.Talked, l.TalkOn = page.URL+"?talk="+at+"#talk", k >= 0, at == on
		if !l.TalkOn {
			continue
		}
		page.Talk = &view.FundTalk{Line: *l, URL: page.URL + "/lines/" + at + "/talk", Form: form, Readers: []string{n.org(v.fundOther(c.Supplier, c.Reseller))}, CanSay: v.lists(access.RoomPost)}
		if k < 0 {
			continue
		}
		r, err := v.w.d.Rooms.Get(v.ctx, v.actor(), room.ID(talks[k].Room))
		if err != nil {
			return err
		}
		said, err := v.w.d.Rooms.History(v.ctx, v.actor(), r.ID, room.Window{Thread: talks[k].Thread, Limit: threadRows})
		if err != nil {
			return err
		}
		bySlug := n.bySlug()
		for _, m := range said {
			page.Talk.Messages = append(page.Talk.Messages, v.message(m, n, bySlug))
		}
		page.Talk.RoomURL = v.path("rooms", string(r.ID))
		page.Talk.CanSay = !r.ReadOnly && v.may(access.RoomPost, r.Resource())
	}
	return nil
}

// claimSay says something about a line; the first word begins its thread.
func claimSay(v *visit) error {
	in, id := v.input(), fund.ClaimID(v.Params("id"))
	position, _ := strconv.Atoi(v.Params("position"))
	say := func(text string) error {
		if strings.TrimSpace(text) == "" { // nothing is begun for nothing
			return fault.InvalidField("text", "room.text_missing")
		}
		t, err := v.w.d.Funds.Discuss(v.ctx, v.actor(), id, position)
		if err != nil {
			return err
		}
		_, _, err = v.w.d.Rooms.Post(v.ctx, v.actor(), room.Draft{Room: room.ID(t.Room), Thread: t.Thread, Key: v.key(), Text: text})
		return err
	}
	err := say(in.values["text"])
	if err == nil {
		return v.seeOther(v.claimURL(id) + "?talk=" + itoa(int64(position)) + "#talk")
	}
	errs, note, status, ok := v.refusal(err)
	if !ok {
		return err
	}
	return v.claimPage(status, claimForms{talk: in.form(errs, note)})
}

// claimDeed does something with a claim and comes back to it.
func claimDeed(said string, do func(v *visit, in *input, id fund.ClaimID) error, keep func(f *claimForms, form view.Form)) func(*visit) error {
	return func(v *visit) error {
		in, id := v.input(), fund.ClaimID(v.Params("id"))
		err := do(v, in, id)
		if err == nil {
			return v.done(v.claimURL(id), said)
		}
		errs, note, status, ok := v.refusal(err)
		if !ok {
			return err
		}
		var f claimForms
		keep(&f, in.form(errs, note))
		return v.claimPage(status, f)
	}
}

// claimProve adds proof to a claim and sends it, where that was the wish.
func claimProve(v *visit, in *input, id fund.ClaimID) error {
	if err := v.addFundFile(id, "", in.text("item")); err != nil || in.text("send") == "" {
		return err
	}
	c, err := v.w.d.Funds.GetClaim(v.ctx, v.actor(), id)
	if err != nil || len(c.Missing) > 0 || c.State != fund.ClaimDraft && c.State != fund.ClaimReturned {
		return err
	}
	_, err = v.w.d.Funds.SubmitClaim(v.ctx, v.actor(), id, c.Version)
	return err
}

// claimDecide reads the verdicts of a form; lines that say nothing are accepted.
func claimDecide(v *visit, in *input, id fund.ClaimID) error {
	c, err := v.w.d.Funds.GetClaim(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	var list []fund.Verdict
	for _, l := range c.Lines {
		at := fmt.Sprintf("line.%d.", l.Position)
		if in.text(at+"verdict") == "" {
			continue
		}
		list = append(list, fund.Verdict{Position: l.Position, Verdict: in.text(at + "verdict"), Amount: in.money(at+"amount", c.Asked.Currency), Reason: in.text(at + "reason"), Missing: in.text(at + "missing"), Due: in.date(at + "due")})
	}
	if err := in.err(); err != nil {
		return err
	}
	_, err = v.w.d.Funds.Decide(v.ctx, v.actor(), id, in.version(), list, in.text("note"))
	return err
}

func claimSettle(v *visit, in *input, id fund.ClaimID) error {
	c, err := v.w.d.Funds.GetClaim(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	cmd := fund.SettleCmd{Kind: in.text("kind"), Reference: in.text("reference"), Amount: in.money("amount", c.Asked.Currency), TaxRate: in.number("tax_rate") / 100, On: in.date("on")}
	if err := in.err(); err != nil {
		return err
	}
	_, err = v.w.d.Funds.Settle(v.ctx, v.actor(), id, in.version(), cmd)
	return err
}

// missing is what a line waits for: in the words of a person, or what the checks of a
// document look for.
func (v *visit) missing(s string) string {
	l, ok := fund.LackOf(s)
	switch {
	case !ok:
		return s
	case l.Word == fund.LackProof:
		return l.Proof
	}
	out := v.p.T("fundmissing."+l.Word, "step", v.p.Quantity(l.Step.String(), ""), "more", v.p.Quantity(l.More.String(), ""))
	if l.Proof != "" {
		out = v.p.T("fund.missing_too", "what", out, "proof", l.Proof)
	}
	return out
}

func (v *visit) noticeURL(id adjust.ID) string { return v.path("funds", "claims", "edi", string(id)) }

// claimNotices lists the claims that came by EDI.
func claimNotices(v *visit) error {
	list, next, err := v.w.d.Adjust.List(v.ctx, v.actor(), v.Query("after"), pageRows)
	if err != nil {
		return err
	}
	var orgs []string
	for _, x := range list {
		orgs = append(orgs, x.Supplier, x.Reseller)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	page := &view.ClaimNoticesPage{Base: v.shell(), Places: v.fundPlaces("edi"), Pager: view.Pager{Shown: len(list), Total: -1, Next: v.next(next)}}
	for _, x := range list {
		var numbers []string
		for _, p := range x.Parts {
			numbers = append(numbers, p.Number)
		}
		page.Rows = append(page.Rows, view.ClaimNotice{URL: v.noticeURL(x.ID), Number: x.Number, Contracts: strings.Join(numbers, ", "), Partner: n.company(v.fundOther(x.Supplier, x.Reseller)), Status: view.Status{State: view.State("claimnotice." + x.State)}, At: x.Received})
	}
	return v.render(page, fragments{"list": "claim_notices.list", "rows": "claim_notices.list"})
}

// claimNoticeShow is one of them: what became of each contract, and what was answered.
func claimNoticeShow(v *visit) error {
	x, err := v.w.d.Adjust.Get(v.ctx, v.actor(), adjust.ID(v.Params("id")))
	if err != nil {
		return err
	}
	n, err := v.lookup([]string{x.Supplier, x.Reseller}, nil)
	if err != nil {
		return err
	}
	purpose := "other"
	if slices.Contains([]string{"00", "01", "05"}, x.Purpose) {
		purpose = x.Purpose
	}
	page := &view.ClaimNoticePage{Base: v.shell(), Number: x.Number, Partner: n.company(v.fundOther(x.Supplier, x.Reseller)), Status: view.Status{State: view.State("claimnotice." + x.State)},
		Facts: []view.KV{{Label: view.T("claimnotice.purpose"), Value: view.T("claimpurpose." + purpose)}, {Label: view.T("col.date"), Value: view.T("order.on", "date", view.Date(x.On))}}}
	if v.lists(access.EDIRead) {
		page.Facts = append(page.Facts, view.KV{Label: view.T("claimnotice.message"), Value: view.T("action.open"), URL: v.path("edi", x.Interchange)})
	}
	if x.Reason != "" {
		page.Told = view.T("claimrefusal." + x.Reason)
	}
	for _, p := range x.Parts {
		c := view.ClaimContract{Number: p.Number}
		if p.Claim != "" {
			c.URL = v.claimURL(p.Claim)
		}
		if p.Reason != "" {
			c.Why = view.T("claimrefusal." + p.Reason)
		}
		page.Parts = append(page.Parts, c)
	}
	for _, a := range x.Answers {
		page.Answers = append(page.Answers, view.ClaimAnswer{Final: a.Final, At: a.Made})
	}
	return v.render(page, nil)
}

// homeFunds adds what waits for the person of requests and claims.
func (v *visit) homeFunds(page *view.HomePage) error {
	if !v.lists(access.FundRead) || !v.lists(access.ClaimWrite) && !v.lists(access.ClaimDecide) && !v.lists(access.ClaimSettle) {
		return nil
	}
	reqs, _, err := v.w.d.Funds.Requests(v.ctx, v.actor(), fund.Filter{Show: "waiting", Limit: homeNeeds})
	if err != nil {
		return err
	}
	claims, _, err := v.w.d.Funds.Claims(v.ctx, v.actor(), fund.Filter{Show: "waiting", Limit: homeNeeds})
	if err != nil {
		return err
	}
	var orgs []string
	for _, r := range reqs {
		orgs = append(orgs, r.Supplier, r.Reseller)
	}
	for _, c := range claims {
		orgs = append(orgs, c.Supplier, c.Reseller)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	for _, r := range reqs {
		act := access.ClaimWrite
		if r.Supplier == v.org() {
			act = access.ClaimDecide
		}
		if v.may(act, r.Resource()) {
			page.Needs = append(page.Needs, view.Need{Tone: view.Amber, Icon: v.icon("coin"), URL: v.requestURL(r.ID), Since: r.Changed, Title: view.T("fundrequestneed."+string(r.State), "title", r.Title, "company", n.org(v.fundOther(r.Supplier, r.Reseller))), Sub: view.T("fund.money", "amount", amount(r.Asked)), Action: view.T("action.open")})
		}
	}
	for _, c := range claims {
		act, word := access.ClaimWrite, string(c.State)
		if c.Supplier == v.org() {
			if act, word = access.ClaimDecide, "decide"; !c.State.Waits() {
				if act, word = access.ClaimSettle, "settle"; c.Due().Minor == 0 {
					act, word = access.ClaimDecide, "pending"
				}
			}
		}
		if v.may(act, c.Resource()) {
			page.Needs = append(page.Needs, view.Need{Tone: view.Amber, Icon: v.icon("coin"), URL: v.claimURL(c.ID), Since: c.Changed, Title: view.T("fundclaimneed."+word, "title", c.Title, "company", n.org(v.fundOther(c.Supplier, c.Reseller))), Sub: view.T("fund.money", "amount", amount(c.Asked)), Action: view.T("action.open")})
		}
	}
	return nil
}
