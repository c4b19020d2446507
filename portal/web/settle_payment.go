package web

import (
	"cmp"
	"strconv"
	"time"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/settle"
)

// turn says whose turn it is and until when.
func (v *visit) turn(owner string, due time.Time, late bool, n names) (view.Text, bool) {
	key := "settle.turn"
	switch {
	case owner == "":
		return view.Text{}, false
	case owner == v.org():
		key = "settle.turn_mine"
	}
	if late {
		key += "_late"
	}
	return view.T(key, "company", n.org(owner), "when", due), late
}

// issueBox is something of a payment that is in question, with the answers that the
// reader may give.
func (v *visit) issueBox(x settle.Issue, n names) view.IssueBox {
	b := view.IssueBox{URL: v.path("payments", "issues", string(x.ID)), Title: view.T("issue." + x.Kind), Status: view.Status{State: view.State("issue." + x.State)}, Amount: amount(x.Amount), Partner: n.company(x.PartnerOf(v.org())),
		PaymentNo: x.PayNumber, PaymentURL: v.path("payments", string(x.Payment)), At: x.At}
	if x.Invoice != "" {
		b.InvoiceNo, b.InvoiceURL = x.Number, v.invoiceURL(x.Invoice)
	}
	args := []any{"number", x.Number, "amount", amount(x.Amount), "reference", x.Reference, "note", x.Note, "payment", x.PayNumber, "reason", v.deductionReason(x)}
	b.Why = view.T("issue.why."+x.Kind, args...)
	if x.Kind == settle.IssueDeduction && x.Invoice == "" {
		b.Why = view.T("issue.why.deduction_none", args...)
	}
	switch x.State {
	case settle.IssueMatched:
		b.Next = view.T("issue.tied", "number", x.SubjectNo)
	case settle.IssueDone:
		b.Next = view.T("issue.answer."+x.Answer, "number", x.SubjectNo)
	default:
		b.Turn, b.Late = v.turn(x.Owner, x.Due, x.Late(v.now), n)
		b.Next = view.T("issue.next." + x.Kind)
		if x.Answer == settle.DoneRefused {
			b.Next = view.T("issue.next.refused", "company", n.org(x.Supplier), "note", x.AnswerNote)
		}
	}
	if v.may(access.PaymentSettle, access.Shared(x.Supplier, x.Reseller)) {
		for _, a := range x.Answers(v.org() == x.Supplier) {
			k := view.IssueAnswer{Value: a, Label: view.T("issue.do." + a), Note: a == settle.DoneRefused, Danger: a == settle.DoneRefused}
			switch a {
			case settle.DoneMatched:
				k.Reference = view.T("issue.which_dispute")
			case settle.DoneAssigned:
				k.Reference = view.T("issue.which_invoice")
			}
			b.Answers = append(b.Answers, k)
		}
	}
	return b
}

// deductionReason is the word for a coded reason; the bare code where there is none.
func (v *visit) deductionReason(x settle.Issue) view.Text {
	if key := "deduction." + x.Code; x.Code != "" && v.has(key) {
		return view.T(key)
	}
	if x.Code+x.CodeUN == "" {
		return view.T("deduction.none")
	}
	return view.T("deduction.code", "code", x.Code+x.CodeUN)
}

// issueList lists what is in question.
func issueList(v *visit) error {
	f := settle.IssueFilter{View: oneOf(v.Query("view"), []string{"mine", "matched", "settled"}), After: v.Query("after"), Limit: pageRows}
	list, err := v.w.d.Settle.Issues(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	var orgs []string
	for _, x := range list.Items {
		orgs = append(orgs, x.Supplier, x.Reseller)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	page := &view.IssuesPage{Base: v.shell(), Pager: view.Pager{Shown: len(list.Items), Total: -1, Next: v.next(list.Next)}}
	if page.Places, err = v.settlePlaces("issues"); err != nil {
		return err
	}
	for _, w := range []string{"", "mine", "matched", "settled"} {
		page.Tabs = append(page.Tabs, view.Tab{Label: view.T("issue.view." + cmp.Or(w, "all")), URL: v.again("view", w), Count: -1, On: w == f.View})
	}
	for _, x := range list.Items {
		page.Rows = append(page.Rows, v.issueBox(x, n))
	}
	return v.render(page, fragments{"list": "issues.list", "rows": "issues.list"})
}

// issueSettle answers an issue.
func issueSettle(v *visit) error {
	in := v.input()
	cmd := settle.IssueCmd{Answer: in.text("answer"), Note: in.text("note"), Reference: in.text("reference")}
	if err := v.w.d.Settle.SettleIssue(v.ctx, v.actor(), settle.IssueID(v.Params("id")), cmd); err != nil {
		if _, note, ok := v.formErrors(err); ok {
			f := fault.As(err)
			key := f.Key
			if len(f.Fields) > 0 {
				key = f.Fields[0].Key
			}
			if note.IsZero() && !v.has(key) {
				return err
			}
			v.setFlash(flash{Key: key, Bad: true})
			return v.back()
		}
		return err
	}
	v.setFlash(flash{Key: "said.issue_answered"})
	return v.back()
}

// paymentList lists the payments of the company.
func paymentList(v *visit) error {
	f := settle.PaymentFilter{Outcome: oneOf(v.Query("outcome"), []settle.Outcome{settle.Booked, settle.HeldBack}), Partner: v.Query("partner"), Query: v.search(), After: v.Query("after"), Limit: pageRows}
	partners, err := v.partners()
	if err != nil {
		return err
	}
	if !partners.has(f.Partner) {
		f.Partner = ""
	}
	list, err := v.w.d.Settle.Payments(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	var orgs []string
	for _, p := range list.Items {
		orgs = append(orgs, p.PartnerOf(v.org()))
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	page := &view.PaymentsPage{Base: v.shell(), Pager: view.Pager{Shown: len(list.Items), Total: -1, Next: v.next(list.Next)}}
	if page.Places, err = v.settlePlaces("payments"); err != nil {
		return err
	}
	for _, o := range []settle.Outcome{"", settle.Booked, settle.HeldBack} {
		label := view.T("list.all")
		if o != "" {
			label = view.T("state.payment." + string(o))
		}
		page.Tabs = append(page.Tabs, view.Tab{Label: label, URL: v.again("outcome", string(o)), Count: -1, On: o == f.Outcome})
	}
	page.Filters = v.filters("payment.search", false, []string{"outcome"}, choice("partner", "col.partner", f.Partner, partners.options()))
	if v.lists(access.PaymentRecord) && len(partners.all) > 0 {
		page.NewURL = v.path("payments", "new")
	}
	for _, p := range list.Items {
		row := view.PaymentRow{URL: v.path("payments", string(p.ID)), Number: p.Number, Partner: n.company(p.PartnerOf(v.org())), Paid: view.Date(p.PaidOn), Total: amount(p.Total), Status: view.Status{State: view.State("payment." + string(p.Outcome))}, At: p.At}
		if row.Number == "" {
			row.Number = "–"
		}
		if p.Rest.Minor != 0 {
			row.Rest = amount(p.Rest)
		}
		if p.Outcome == settle.HeldBack {
			row.Note = view.T("payment.held."+p.Reason, pairs(p.Args)...)
		}
		page.Rows = append(page.Rows, row)
	}
	return v.render(page, fragments{"list": "payments.list", "rows": "payments.list"})
}

func paymentShow(v *visit) error { return v.paymentPage(200, view.Form{}) }

func (v *visit) paymentPage(status int, form view.Form) error {
	p, err := v.w.d.Settle.GetPayment(v.ctx, v.actor(), settle.PaymentID(v.Params("id")))
	if err != nil {
		return err
	}
	n, err := v.lookup([]string{p.Supplier, p.Reseller, p.ByOrg}, []string{p.By})
	if err != nil {
		return err
	}
	res := access.Shared(p.Supplier, p.Reseller)
	page := &view.PaymentPage{Base: v.shell(), URL: v.path("payments", string(p.ID)), Number: p.Number, Status: view.Status{State: view.State("payment." + string(p.Outcome))}, Buyer: n.company(p.Reseller), Supplier: n.company(p.Supplier), Currency: string(p.Total.Currency), Form: form}
	kv := func(key string, m money.Amount) view.KV {
		return view.KV{Label: view.T(key), Value: view.T("settle.money_of", "amount", amount(m))}
	}
	page.Facts = []view.KV{{Label: view.T("payment.paid_on"), Value: view.T("order.on", "date", view.Date(p.PaidOn))}, kv("payment.total", p.Total)}
	if p.Outcome == settle.Booked {
		page.Facts = append(page.Facts, kv("payment.applied", p.Applied), kv("payment.rest", p.Rest))
	}
	if p.Method != "" {
		method := view.Raw(p.Method)
		if v.has("payment.method." + p.Method) {
			method = view.T("payment.method." + p.Method)
		}
		page.Facts = append(page.Facts, view.KV{Label: view.T("payment.method"), Value: method})
	}
	if by := n.actor(p.By, p.ByOrg); by != "" {
		page.Facts = append(page.Facts, view.KV{Label: view.T("settle.made_by"), Value: view.Raw(by)})
	}
	if p.Note != "" {
		page.Facts = append(page.Facts, view.KV{Label: view.T("order.note"), Value: view.Raw(p.Note)})
	}
	if p.Interchange != "" && v.may(access.EDIRead, res) {
		page.MessageURL = v.path("edi", p.Interchange)
	}
	switch p.Outcome {
	case settle.HeldBack:
		page.Held, page.HeldNext = view.T("payment.held."+p.Reason, pairs(p.Args)...), view.T("payment.held_next."+p.Reason)
		page.Same, page.CanDecide = p.Reason == settle.HeldSame, v.may(access.PaymentSettle, res)
	case settle.Duplicate:
		page.Held, page.HeldNext = view.T("payment.duplicate"), view.T("payment.duplicate_next")
	}
	for _, l := range p.Lines {
		row := view.PaymentLineRow{Number: l.Number, Paid: l.Paid.String(), Applied: l.Applied.String(), Unknown: l.Invoice == "" && l.Number != "", Kind: view.T("payment.kind." + l.Kind)}
		if l.Kind == "" {
			row.Number, row.Kind = "–", view.T("payment.kind.none")
		}
		if l.Discount.Minor != 0 {
			row.Discount = l.Discount.String()
		}
		if l.Invoice != "" {
			row.URL = v.invoiceURL(l.Invoice)
		}
		page.Lines = append(page.Lines, row)
	}
	for _, x := range p.Issues {
		b := v.issueBox(x, n)
		b.PaymentURL = ""
		page.Issues = append(page.Issues, b)
	}
	return v.renderAs(status, page, nil)
}

// paymentRetry books a held payment.
func paymentRetry(v *visit) error {
	in := v.input()
	id := settle.PaymentID(v.Params("id"))
	r, err := v.w.d.Settle.RetryPayment(v.ctx, v.actor(), id, in.text("again") != "")
	if err != nil {
		return err
	}
	if r.Outcome == settle.HeldBack {
		return v.done(v.path("payments", string(id)), "said.reply_still")
	}
	return v.done(v.path("payments", string(id)), "said.payment_booked")
}

func paymentDiscard(v *visit) error {
	in := v.input()
	id := settle.PaymentID(v.Params("id"))
	err := v.w.d.Settle.DiscardPayment(v.ctx, v.actor(), id, in.text("reason"))
	if err == nil {
		return v.done(v.path("payments", string(id)), "said.reply_discarded")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.paymentPage(422, in.form(errs, note))
}

var paymentMethods = []string{"ACH", "FWT", "CHK", "NON"}

// paymentNewForm offers the open items of the chosen partner.
func paymentNewForm(v *visit) error {
	form := view.Form{Values: map[string]string{"partnership": v.Query("partnership"), "paid_on": v.civilDay()}}
	return v.paymentNewPage(200, form, false)
}

func (v *visit) paymentNewPage(status int, form view.Form, typed bool) error {
	partners, err := v.partners()
	if err != nil {
		return err
	}
	page := &view.NewPaymentPage{Base: v.shell(), URL: v.path("payments", "new"), Form: form, Reasons: disputeReasons("", true)}
	chosen := form.Value("partnership")
	for _, p := range partners.all {
		if !v.may(access.PaymentRecord, p.Resource()) {
			continue
		}
		key := "payment.to"
		if p.Supplier == v.org() {
			key = "payment.from"
		}
		if chosen == "" && len(partners.all) == 1 {
			chosen = p.ID
		}
		page.Partners = append(page.Partners, view.Option{Value: p.ID, Label: view.T(key, "company", partners.orgs[p.Other(v.org())].Name), On: p.ID == chosen})
	}
	for _, m := range paymentMethods {
		page.Methods = append(page.Methods, view.Option{Value: m, Label: view.T("payment.method." + m)})
	}
	if chosen != "" {
		st, err := v.w.d.Settle.Statement(v.ctx, v.actor(), settle.StatementFilter{Partnership: chosen})
		if err != nil {
			return err
		}
		page.Chosen, page.Currency = true, string(st.Currency)
		if page.Form.Values == nil {
			page.Form.Values = map[string]string{}
		}
		page.Form.Values["partnership"] = chosen
		for i, x := range st.Open {
			if i == maxLines {
				break
			}
			page.Lines = append(page.Lines, newPaymentLine(i, x, form, typed))
		}
	}
	return v.renderAs(status, page, nil)
}

func newPaymentLine(i int, x settle.OpenItem, form view.Form, typed bool) view.NewPaymentLine {
	at := "line." + strconv.Itoa(i) + "."
	l := view.NewPaymentLine{Index: i, Number: x.Number, Credit: x.Kind == settle.EntryCredit, Due: view.Date(x.Due), Open: amount(x.Left)}
	pay := x.Left
	pay.Minor -= x.Disputed.Minor
	if x.Disputed.Minor > 0 {
		l.Told = view.T("payment.disputed", "amount", amount(x.Disputed))
	}
	if l.Credit {
		l.Due, pay.Minor = "", -pay.Minor
	}
	l.Paid = pay.String()
	if typed {
		l.On, l.Paid, l.Less, l.Reason, l.Note = form.Value(at+"on") != "", form.Value(at+"paid"), form.Value(at+"less"), form.Value(at+"reason"), form.Value(at+"note")
	}
	return l
}

// paymentNew records a payment.
func paymentNew(v *visit) error {
	in := v.input()
	st, err := v.w.d.Settle.Statement(v.ctx, v.actor(), settle.StatementFilter{Partnership: in.text("partnership")})
	if err != nil {
		return err
	}
	credits := map[string]bool{}
	for _, x := range st.Open {
		credits[x.Number] = x.Kind == settle.EntryCredit
	}
	cmd := settle.RecordCmd{Partnership: st.Partnership, Number: in.text("number"), Method: in.text("method"), PaidOn: in.date("paid_on"), Currency: st.Currency, Key: v.key()}
	var fields []string
	for i := range maxLines {
		at := "line." + strconv.Itoa(i)
		number := in.text(at + ".number")
		if number == "" {
			break
		}
		if in.text(at+".on") == "" {
			continue
		}
		l := settle.RecordLine{Number: number, Paid: in.coins(at+".paid", st.Currency)}
		if credits[number] {
			l.Paid.Minor = -l.Paid.Minor
		}
		if less := in.coins(at+".less", st.Currency); less.Minor > 0 {
			l.Deductions = []settle.Deduction{{Amount: less, Reason: in.text(at + ".reason"), Reference: in.text(at + ".note")}}
		}
		cmd.Lines, fields = append(cmd.Lines, l), append(fields, at)
	}
	err = in.err()
	if err == nil {
		var r settle.Receipt
		if r, err = v.w.d.Settle.Record(v.ctx, v.actor(), cmd); err == nil {
			return v.done(v.path("payments", string(r.ID)), "said.payment_"+string(r.Outcome))
		}
		err = renamed(err, fields)
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.paymentNewPage(422, in.form(errs, note), true)
}

// homeSettle adds the disputes, payments and questions whose turn it is.
func (v *visit) homeSettle(page *view.HomePage) error {
	if !v.lists(access.PaymentRead) {
		return nil
	}
	ds, err := v.w.d.Settle.Disputes(v.ctx, v.actor(), settle.DisputeFilter{View: "mine", Limit: homeNeeds})
	if err != nil {
		return err
	}
	xs, err := v.w.d.Settle.Issues(v.ctx, v.actor(), settle.IssueFilter{View: "mine", Limit: homeNeeds})
	if err != nil {
		return err
	}
	held, err := v.w.d.Settle.Payments(v.ctx, v.actor(), settle.PaymentFilter{Outcome: settle.HeldBack, Limit: homeNeeds})
	if err != nil {
		return err
	}
	var orgs []string
	for _, d := range ds.Items {
		orgs = append(orgs, d.Supplier, d.Reseller)
	}
	for _, x := range xs.Items {
		orgs = append(orgs, x.Supplier, x.Reseller)
	}
	for _, p := range held.Items {
		orgs = append(orgs, p.Supplier, p.Reseller)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	for _, d := range ds.Items {
		page.Needs = append(page.Needs, view.Need{Tone: tone(d.Late(v.now)), Icon: v.icon("receipt"), URL: v.disputeURL(d.ID), Since: d.Opened, Due: d.Due, Action: view.T("action.open"),
			Title: view.T("need.dispute", "number", d.Number, "invoice", d.InvoiceNumber), Sub: view.Raw(n.org(d.PartnerOf(v.org())))})
	}
	for _, x := range xs.Items {
		page.Needs = append(page.Needs, view.Need{Tone: tone(x.Late(v.now)), Icon: v.icon("receipt"), URL: v.path("payments", string(x.Payment)), Since: x.At, Due: x.Due, Action: view.T("action.open"),
			Title: view.T("need.issue", "number", x.PayNumber, "what", view.T("issue."+x.Kind)), Sub: view.Raw(n.org(x.PartnerOf(v.org())))})
	}
	for _, p := range held.Items {
		if p.Supplier == v.org() {
			page.Needs = append(page.Needs, view.Need{Tone: view.Amber, Icon: v.icon("lock"), URL: v.path("payments", string(p.ID)), Since: p.At, Action: view.T("action.open"), Title: view.T("need.payment_held", "number", p.Number), Sub: view.Raw(n.org(p.Reseller))})
		}
	}
	return nil
}

func tone(late bool) view.Tone {
	if late {
		return view.Red
	}
	return view.Amber
}
