package web

import (
	"slices"
	"strings"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
)

func (v *visit) requestURL(id fund.RequestID) string { return v.path("funds", "requests", string(id)) }

func requestState(s fund.RequestState) view.State { return view.State("fundreq." + string(s)) }

// fundOther is the company on the other side.
func (v *visit) fundOther(supplier, reseller string) string {
	if supplier == v.org() {
		return reseller
	}
	return supplier
}

func (v *visit) requestItem(r fund.Request, n names) view.FundItem {
	x := view.FundItem{URL: v.requestURL(r.ID), Number: r.Number, Title: r.Title, Program: r.ProgramTitle, Partner: n.company(v.fundOther(r.Supplier, r.Reseller)), Status: view.Status{State: requestState(r.State)}, Amount: amount(r.Asked), At: r.Changed}
	if r.State.Holds() {
		x.Amount = amount(r.Approved)
	}
	return x
}

var fundShows = []string{"waiting", "open", "over", "all"}

// fundTabs are the views of a list.
func (v *visit) fundTabs(list string) (string, []view.Tab) {
	show := or(oneOf(v.Query("show"), fundShows), "open")
	var tabs []view.Tab
	for _, s := range fundShows {
		tabs = append(tabs, view.Tab{Label: view.T("fundshow." + s), URL: v.path("funds", list) + "?show=" + s, Count: -1, On: s == show})
	}
	if show == "all" {
		return "", tabs
	}
	return show, tabs
}

// fundRequests lists requests.
func fundRequests(v *visit) error {
	show, tabs := v.fundTabs("requests")
	list, next, err := v.w.d.Funds.Requests(v.ctx, v.actor(), fund.Filter{Show: show, After: v.Query("after"), Limit: pageRows})
	if err != nil {
		return err
	}
	var orgs []string
	for _, r := range list {
		orgs = append(orgs, r.Supplier, r.Reseller)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	page := &view.FundItemsPage{Base: v.shell(), Places: v.fundPlaces("requests"), Tabs: tabs, Pager: view.Pager{Shown: len(list), Total: -1, Next: v.next(next)}}
	for _, r := range list {
		page.Rows = append(page.Rows, v.requestItem(r, n))
	}
	return v.render(page, fragments{"list": "fund_items.list", "rows": "fund_items.list"})
}

// fundRequestNew is the form of a request.
func fundRequestNew(v *visit) error {
	return v.requestForm(200, "", view.Form{Values: map[string]string{"program": v.Query("program")}})
}

func (v *visit) requestForm(status int, id fund.RequestID, form view.Form) error {
	w, err := v.w.d.Funds.Wallet(v.ctx, v.actor(), fund.ProgramID(form.Value("program")))
	if err != nil {
		return err
	}
	if err := access.Check(v.actor(), access.ClaimWrite, access.Shared(w.Owner, v.org())); err != nil {
		return err
	}
	page := &view.FundRequestFormPage{Base: v.shell(), URL: v.path("funds", "requests", "new"), BackURL: v.fundURL(w.ID), Program: w.Title, Currency: string(w.Balance.Currency), Form: form, Activities: keyed(fund.Activities, "fundact.", form.Value("activity")),
		Hint: view.T("fund.request_hint", "percent", percent(w.Share), "available", amount(w.Balance.Available), "from", view.Date(w.From), "until", view.Date(w.Until))}
	if id != "" {
		page.URL, page.BackURL = v.requestURL(id)+"/edit", v.requestURL(id)
	}
	return v.renderAs(status, page, nil)
}

// fundRequestEdit is the form of a request that was not sent, or came back.
func fundRequestEdit(v *visit) error {
	r, err := v.w.d.Funds.GetRequest(v.ctx, v.actor(), fund.RequestID(v.Params("id")))
	if err != nil {
		return err
	}
	return v.requestForm(200, r.ID, view.Form{Values: map[string]string{"program": string(r.Program), "version": itoa(r.Version), "title": r.Title, "activity": r.Activity, "about": r.About, "from": r.From, "until": r.Until, "cost": r.Cost.String(), "asked": r.Asked.String()}})
}

// fundRequestSave keeps a request, and sends it where that was asked for.
func fundRequestSave(v *visit) error {
	in, id := v.input(), fund.RequestID(v.Params("id"))
	program := fund.ProgramID(in.text("program"))
	if id != "" { // the form may say what it likes
		r, err := v.w.d.Funds.GetRequest(v.ctx, v.actor(), id)
		if err != nil {
			return err
		}
		program = r.Program
		in.values["program"] = string(program)
	}
	w, err := v.w.d.Funds.Wallet(v.ctx, v.actor(), program)
	if err != nil {
		return err
	}
	c := w.Balance.Currency
	cmd := fund.RequestCmd{Program: program, Title: in.text("title"), Activity: in.text("activity"), About: in.text("about"), From: in.date("from"), Until: in.date("until"), Cost: in.money("cost", c), Asked: in.money("asked", c), Key: v.key()}
	err = in.err()
	var r fund.Request
	if err == nil {
		r, err = v.w.d.Funds.SaveRequest(v.ctx, v.actor(), id, in.version(), cmd)
	}
	if err == nil && in.text("act") == "submit" && r.State.Unsent() { // a form sent twice was sent
		if _, err := v.w.d.Funds.SubmitRequest(v.ctx, v.actor(), r.ID, r.Version); err != nil {
			errs, note, ok := v.formErrors(err)
			if !ok {
				return err
			}
			return v.requestPage(422, r.ID, requestForms{act: view.Form{Errors: errs, Note: note}})
		}
		return v.done(v.requestURL(r.ID), "said.fund_sent")
	}
	if err == nil {
		return v.done(v.requestURL(r.ID), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.requestForm(422, id, in.form(errs, note))
}

// requestForms are the forms of the page as they came back.
type requestForms struct{ act, decide, cancel, file view.Form }

// fundRequestShow is a request, for each side of it.
func fundRequestShow(v *visit) error {
	return v.requestPage(200, fund.RequestID(v.Params("id")), requestForms{})
}

func (v *visit) requestPage(status int, id fund.RequestID, f requestForms) error {
	r, err := v.w.d.Funds.GetRequest(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	n, err := v.fundNames(r.Supplier, r.Reseller, r.Log, r.Files, r.FirstBy)
	if err != nil {
		return err
	}
	other := v.fundOther(r.Supplier, r.Reseller)
	page := &view.FundRequestPage{Base: v.shell(), URL: v.requestURL(id), Number: r.Number, Title: r.Title, Status: view.Status{State: requestState(r.State)}, Version: itoa(r.Version), Partner: n.company(other), About: r.About, Proof: r.Proof, Currency: string(r.Asked.Currency), Act: f.act, Decide: f.decide, Cancel: f.cancel, File: f.file}
	switch {
	case r.FirstBy != "":
		page.Told = view.T("fund.first_is", "person", n.person(r.FirstBy), "amount", amount(r.Approved))
	case r.Reason != "":
		page.Told = view.Raw(r.Reason)
	case r.State == fund.ReqApproved && r.ByPartner:
		page.Told = view.T("fund.commit_told", "amount", amount(r.Approved), "date", view.Date(r.ClaimBy))
	}
	page.Facts = []view.KV{{Label: view.T("fund.program"), Value: view.Raw(r.ProgramTitle), URL: v.fundURL(r.Program)}, {Label: view.T("fund.activity"), Value: view.T("fundact." + r.Activity)}, {Label: view.T("fund.days_label"), Value: promoWindow(r.From, r.Until)},
		{Label: view.T("fund.cost"), Value: view.T("fund.money", "amount", amount(r.Cost))}, {Label: view.T("fund.asked"), Value: view.T("fund.money", "amount", amount(r.Asked))}}
	if r.Approved.Minor > 0 && r.FirstBy == "" {
		page.Facts = append(page.Facts, view.KV{Label: view.T("fund.approved"), Value: view.T("fund.money", "amount", amount(r.Approved))}, view.KV{Label: view.T("fund.left"), Value: view.T("fund.money", "amount", amount(r.Left))}, view.KV{Label: view.T("fund.claim_by"), Value: view.T("fund.date_is", "date", view.Date(r.ClaimBy))})
	}
	res := r.Resource()
	early := r.State == fund.ReqDraft || r.State == fund.ReqReturned
	if v.may(access.ClaimWrite, res) {
		page.CanSubmit, page.CanCommit, page.CanFile = early, r.State == fund.ReqApproved, !r.State.Over()
		page.CanCancel = early || r.State == fund.ReqSubmitted || r.State == fund.ReqReview || r.State == fund.ReqApproved || r.State == fund.ReqCommitted
		if early {
			page.EditURL = page.URL + "/edit"
		}
		if r.State.Holds() && r.State != fund.ReqApproved {
			page.ClaimURL = v.path("funds", "claims", "new") + "?request=" + string(id)
		}
	}
	if v.may(access.ClaimDecide, res) {
		page.CanTake, page.CanDecide = r.State == fund.ReqSubmitted, r.State == fund.ReqSubmitted || r.State == fund.ReqReview
		page.CanClose = r.State == fund.ReqRunning || r.State == fund.ReqExecuted
		page.CanCancel, page.NeedsReason = r.State.Holds(), true
		if page.Decide.Values == nil {
			a := r.Asked
			if r.FirstBy != "" {
				a = r.Approved
			}
			page.Decide.Values = map[string]string{"amount": a.String(), "claim_by": r.ClaimBy, "proof": strings.Join(r.Proof, "; ")}
		}
	}
	for _, c := range r.Claims {
		x := v.claimItem(c, n)
		x.Partner = view.Company{}
		page.Claims = append(page.Claims, x)
	}
	page.Files = v.fundFiles(page.URL, r.Files, n, early && v.may(access.ClaimWrite, res))
	page.History = v.fundHistory(r.Log, n)
	return v.renderAs(status, page, nil)
}

// fundNames looks up who stands in a request or a claim.
func (v *visit) fundNames(supplier, reseller string, log []fund.Entry, files []fund.File, people ...string) (names, error) {
	for _, e := range log {
		people = append(people, e.Person)
	}
	for _, f := range files {
		people = append(people, f.Person)
	}
	return v.lookup([]string{supplier, reseller}, people)
}

func (v *visit) fundFiles(url string, files []fund.File, n names, remove bool) []view.FundFile {
	var out []view.FundFile
	for _, x := range files {
		out = append(out, view.FundFile{ID: string(x.ID), URL: url + "/files/" + string(x.ID), Name: x.Name, By: n.actor(x.Person, x.Org), Item: proofName(x.Item).In(v.p), Size: view.T("deal.size", "kb", max(1, x.Size/1024)), At: x.Made, CanRemove: remove})
	}
	return out
}

// fundTones are the colours of steps that are not plain.
var fundTones = map[string]view.Tone{"approved": view.Green, "claim_decided": view.Green, "declined": view.Red, "claim_denied": view.Red, "returned": view.Amber, "claim_returned": view.Amber, "lapsed": view.Red, "claim_reconciled": view.Green, "claim_unsettled": view.Amber}

func (v *visit) fundHistory(log []fund.Entry, n names) []view.Entry {
	var out []view.Entry
	for _, e := range log {
		x := view.Entry{Tone: fundTones[e.Kind], Actor: n.actor(e.Person, e.Org), Text: view.T("fundlog." + e.Kind), At: e.At}
		switch {
		case e.Amount.Minor > 0 && e.Text != "":
			x.Text = view.T("fundlog.with_both", "step", x.Text, "amount", amount(e.Amount), "words", e.Text)
		case e.Amount.Minor > 0:
			x.Text = view.T("fundlog.with_amount", "step", x.Text, "amount", amount(e.Amount))
		case e.Text != "":
			x.Text = view.T("fundlog.with_words", "step", x.Text, "words", e.Text)
		}
		out = append(out, x)
	}
	return out
}

// requestDeed does something with a request and comes back to it.
func requestDeed(said string, do func(v *visit, in *input, id fund.RequestID) error, keep func(f *requestForms, form view.Form)) func(*visit) error {
	return func(v *visit) error {
		in, id := v.input(), fund.RequestID(v.Params("id"))
		err := do(v, in, id)
		if err == nil {
			return v.done(v.requestURL(id), said)
		}
		errs, note, status, ok := v.refusal(err)
		if !ok {
			return err
		}
		var f requestForms
		keep(&f, in.form(errs, note))
		return v.requestPage(status, id, f)
	}
}

func keepAct(f *requestForms, form view.Form) { f.act = form }

func requestApprove(v *visit, in *input, id fund.RequestID) error {
	r, err := v.w.d.Funds.GetRequest(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	g := fund.Grants{Amount: in.money("amount", r.Asked.Currency), ClaimBy: in.date("claim_by"), Proof: in.commas("proof")}
	if len(g.Proof) == 0 {
		g.Proof = nil
	}
	if err := in.err(); err != nil {
		return err
	}
	_, err = v.w.d.Funds.ApproveRequest(v.ctx, v.actor(), id, in.version(), g)
	return err
}

// fundFile gives a file of a request or a claim to either side.
func (v *visit) fundFile(c fund.ClaimID, r fund.RequestID) error {
	f, body, err := v.w.d.Funds.OpenFile(v.ctx, v.actor(), c, r, fund.FileID(v.Params("file")))
	if err != nil {
		return err
	}
	defer body.Close()
	return v.sendFile(f.Name, body, fund.MostFile)
}

// addFundFile adds the file of a form.
func (v *visit) addFundFile(c fund.ClaimID, r fund.RequestID, item string) error {
	head, err := v.FormFile("file")
	if err != nil {
		return fault.InvalidField("file", "form.missing")
	}
	f, err := head.Open()
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	defer f.Close()
	_, err = v.w.d.Funds.AddFile(v.ctx, v.actor(), fund.FileCmd{Claim: c, Request: r, Item: item, Name: head.Filename, Mime: head.Header.Get("Content-Type")}, f)
	return err
}

// fundPart reads a balance of the statement: what it added, nothing where that is nothing.
func fundPart(a money.Amount) string {
	if a.Minor == 0 {
		return ""
	}
	if a.Minor > 0 {
		return "+" + a.String()
	}
	return a.String()
}

// judges are the people who said something of files.
func judges(files []fund.File) []string {
	var out []string
	for _, f := range files {
		if f.JudgedBy != "" {
			out = append(out, f.JudgedBy)
		}
	}
	return out
}

// proofName is a piece of proof as its programme calls it.
func proofName(item string) view.Text {
	if item == fund.ProofStock {
		return view.T("fundproof." + item)
	}
	return view.Raw(item)
}

// claimCheck is one piece of the proof with its files and what was said of them.
func (v *visit) claimCheck(page *view.FundClaimPage, c fund.Claim, item string, n names) view.FundCheck {
	out := view.FundCheck{Item: proofName(item).In(v.p), Done: !slices.Contains(c.Missing, item)}
	out.Seen = out.Done && !slices.Contains(c.Unseen, item)
	may := page.CanDecide
	for _, f := range c.Files {
		if f.Item != item {
			continue
		}
		x := v.fundFiles(page.URL, []fund.File{f}, n, false)[0]
		x.Accepted = f.Verdict == fund.ProofAccepted
		switch f.Verdict {
		case fund.ProofAccepted:
			x.Said = view.T("fund.proof_accepted", "person", n.person(f.JudgedBy))
		case fund.ProofRefused:
			x.Said = view.T("fund.proof_refused", "reason", f.Reason)
		default:
			x.Said = view.T("fund.proof_waits")
		}
		x.CanJudge = may && v.login.Person.ID != f.Person
		page.Judging = page.Judging || x.CanJudge && f.Verdict == ""
		out.Files = append(out.Files, x)
	}
	return out
}

// claimLook takes what is said of one piece of proof.
func claimLook(v *visit, in *input, id fund.ClaimID) error {
	_, err := v.w.d.Funds.JudgeProof(v.ctx, v.actor(), id, []fund.Look{{File: fund.FileID(in.text("file")), Accept: in.text("say") == fund.ProofAccepted, Reason: in.text("reason")}})
	return err
}
