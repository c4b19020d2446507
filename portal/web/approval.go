package web

import (
	"slices"
	"strconv"
	"strings"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/approval"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/promo"
	quotes "entente/prm/quote"
	"entente/prm/trade"
)

// homeApprovals adds what the person may approve now, and what of theirs was refused.
func (v *visit) homeApprovals(page *view.HomePage) error {
	if !v.lists(access.ApprovalRead) {
		return nil
	}
	mine, err := v.w.d.Approvals.List(v.ctx, v.actor(), approval.Filter{View: "mine", Limit: homeNeeds})
	if err != nil {
		return err
	}
	asked, err := v.w.d.Approvals.List(v.ctx, v.actor(), approval.Filter{View: "asked", Limit: homeNeeds})
	if err != nil {
		return err
	}
	all := slices.Clone(mine.Items)
	for _, r := range asked.Items {
		if r.State == approval.Refused {
			all = append(all, r)
		}
	}
	var orgs []string
	for _, r := range all {
		orgs = append(orgs, r.Companies()...)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	for _, r := range all {
		need := view.Need{Tone: view.Amber, Icon: v.icon("checks"), URL: v.approvalURL(r.ID), Since: r.Asked, Due: r.Due, Title: v.approvalTitle(r, n), Action: view.T("approval.decide")}
		if len(r.Steps) > 0 {
			need.Sub = approvalWhy(r, r.Steps[0])
		}
		if r.State == approval.Refused {
			need.Tone, need.Due, need.Action, need.Sub = view.Red, r.Decided, view.T("action.open"), view.T("approval.refused_with", "reason", r.Reason)
		}
		page.Needs = append(page.Needs, need)
	}
	return nil
}

func (v *visit) approvalURL(id approval.ID) string { return v.path("approvals", string(id)) }

// approvalTitle is what is asked for, in a few words.
func (v *visit) approvalTitle(r approval.Request, n names) view.Text {
	key := "approval.what." + r.Kind
	if r.Number == "" {
		key += "_new"
	}
	return view.T(key, "number", r.Number, "company", v.approvalWith(r, n))
}

// approvalWith names the companies on the other side, three at most.
func (v *visit) approvalWith(r approval.Request, n names) string {
	const most = 3
	var said []string
	all := r.Companies()
	for _, id := range all[:min(len(all), most)] {
		said = append(said, n.org(id))
	}
	out := strings.Join(said, v.p.T("approval.comma"))
	if more := len(all) - most; more > 0 {
		out = v.p.T("approval.and_more", "companies", out, "n", more)
	}
	return out
}

// approvalWhy is the one sentence that says why a rule caught it.
func approvalWhy(r approval.Request, st approval.Step) view.Text {
	f := st.Facts
	switch st.Test {
	case approval.TestLimit:
		key := "approval.why.order_limit"
		switch r.Kind {
		case approval.KindInvoice:
			key = "approval.why.invoice_limit"
		case approval.KindQuote:
			key = "approval.why.quote_limit"
		case approval.KindPromo:
			key = "approval.why.promo_limit"
		}
		return view.T(key, "total", amount(f.Total), "limit", amount(f.Limit))
	case approval.TestPrice:
		key := "approval.why.price"
		if f.Lines > 1 {
			key = "approval.why.price_more"
		}
		c := f.Total.Currency
		return view.T(key, "line", strconv.Itoa(f.Line), "item", f.SKU, "price", price(f.Price, c), "agreed", price(f.Agreed, c), "percent", percent(f.Percent), "most", percent(f.Most), "more", strconv.Itoa(f.Lines-1))
	}
	return view.T("approval.why.ship_to", "place", f.ShipTo)
}

// approvalList is what the company's own rules keep back.
func approvalList(v *visit) error {
	f := approval.Filter{View: v.Query("view"), After: v.Query("after"), Limit: pageRows}
	if !slices.Contains([]string{"asked", "open", "closed", "all"}, f.View) {
		f.View = "mine"
	}
	chosen := f.View
	if f.View == "all" {
		f.View = ""
	}
	got, err := v.w.d.Approvals.List(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	page := &view.ApprovalsPage{Base: v.shell(), URL: v.path("approvals"), Mine: chosen == "mine", Pager: view.Pager{Shown: len(got.Items), Total: -1, Next: v.next(got.Next)}, RulesURL: v.path("company", "approvals")}
	for _, t := range []string{"mine", "asked", "open", "closed", "all"} {
		page.Tabs = append(page.Tabs, view.Tab{Label: view.T("approval.view." + t), URL: v.path("approvals") + "?view=" + t, Count: -1, On: t == chosen})
	}
	var orgs, people []string
	for _, r := range got.Items {
		orgs, people = append(orgs, r.Companies()...), append(people, r.AskedBy)
	}
	n, err := v.lookup(orgs, people)
	if err != nil {
		return err
	}
	for _, r := range got.Items {
		row := view.ApprovalRow{URL: v.approvalURL(r.ID), Title: v.approvalTitle(r, n), Status: view.Status{State: view.State("approval." + r.State)}, Asked: v.approvalAsked(r, n), At: r.Asked}
		if r.Amount.Minor > 0 {
			row.Amount = amount(r.Amount)
		}
		if r.Open() {
			row.Due, row.Late = r.Due, !r.Due.IsZero() && v.now.After(r.Due)
		}
		for _, st := range r.Steps {
			row.Why = append(row.Why, approvalWhy(r, st))
		}
		page.Rows = append(page.Rows, row)
	}
	return v.render(page, fragments{"list": "approvals.list", "rows": "approvals.list"})
}

func (v *visit) approvalAsked(r approval.Request, n names) view.Text {
	if name := n.person(r.AskedBy); name != "" {
		return view.T("approval.asked_by", "person", name)
	}
	return view.T("approval.came_from", "company", n.org(r.Partner))
}

// approvalShow is one request.
func approvalShow(v *visit) error { return v.approvalPage(200, view.Form{}) }

func (v *visit) approvalPage(status int, form view.Form) error {
	r, err := v.w.d.Approvals.Get(v.ctx, v.actor(), approval.ID(v.Params("id")))
	if err != nil {
		return err
	}
	parts, err := v.w.d.Approvals.Parts(v.ctx, v.actor(), r.ID)
	if err != nil {
		return err
	}
	people := []string{r.AskedBy, r.DecidedBy}
	for _, st := range r.Steps {
		people = append(people, st.DecidedBy, st.Person)
	}
	n, err := v.lookup(r.Companies(), people)
	if err != nil {
		return err
	}
	page := &view.ApprovalPage{Base: v.shell(), URL: v.approvalURL(r.ID), Title: v.approvalTitle(r, n), Status: view.Status{State: view.State("approval." + r.State)}, Partner: n.company(r.Partner), Form: form,
		Late: r.Open() && !r.Due.IsZero() && v.now.After(r.Due), Public: r.Kind == approval.KindIncoming}
	if r.Amount.Minor > 0 {
		page.Amount = amount(r.Amount)
	}
	open := map[int]approval.Part{}
	for _, p := range parts {
		open[p.Step.Position] = p
		page.CanDecide = page.CanDecide || p.Mine
	}
	for _, st := range r.Steps {
		row := view.ApprovalStep{Why: approvalWhy(r, st), Done: !st.Decided.IsZero(), At: st.Decided}
		p, waits := open[st.Position]
		switch {
		case row.Done:
			row.Who = view.T("approval.by", "person", n.person(st.DecidedBy))
		case waits && len(p.Approvers) == 0:
			row.Who = view.T("approval.nobody")
		case waits:
			var who []string
			for _, c := range p.Approvers {
				who = append(who, c.Name)
			}
			row.Who = view.T("approval.waits_for", "people", strings.Join(who, ", "))
		default:
			row.Who = v.approverWords(st.Role, st.Person, n)
		}
		page.Steps = append(page.Steps, row)
	}
	switch r.Kind {
	case approval.KindInvoice:
		page.SubjectURL = v.invoiceURL(trade.InvoiceID(r.Subject))
	case approval.KindPromo:
		page.SubjectURL = v.promoURL(promo.ID(r.Subject))
	case approval.KindQuote:
		if id := or(r.Made, r.Subject); id != "" {
			page.SubjectURL = v.quoteURL(quotes.ID(id))
		}
	default:
		if id := or(r.Made, r.Subject); id != "" {
			page.SubjectURL = v.orderURL(trade.OrderID(id))
		}
	}
	page.Facts = append(page.Facts, view.KV{Label: view.T("approval.asked"), Value: v.approvalAsked(r, n)}, view.KV{Label: view.T("approval.asked_at"), Value: view.T("approval.at", "when", r.Asked)})
	if r.Open() && !r.Due.IsZero() {
		page.Facts = append(page.Facts, view.KV{Label: view.T("approval.due_label"), Value: view.T("approval.at", "when", r.Due)})
	}
	own := r.AskedBy == v.login.Person.ID && r.Kind != approval.KindIncoming
	switch r.State {
	case approval.Waiting:
		page.Next, page.CanTake = view.T("approval.next."+r.Kind), own
	case approval.Refused:
		page.Told = view.T("approval.refused_by", "person", n.person(r.DecidedBy), "reason", r.Reason)
		page.Next = view.T("approval.next.refused")
	default:
		page.Next = view.T("approval.next." + r.State)
	}
	if own && r.Kind == approval.KindOrder && (r.State == approval.Refused || r.State == approval.Withdrawn) && v.lists(access.OrderPlace) {
		page.EditURL = v.path("orders", "new") + "?approval=" + queryEscape(string(r.ID))
	}
	if r.Kind == approval.KindOrder {
		if err := v.keptOrder(page, r); err != nil {
			return err
		}
	}
	if r.Kind == approval.KindQuote {
		if err := v.keptOffer(page, r); err != nil {
			return err
		}
	}
	return v.renderAs(status, page, nil)
}

// keptOrder shows the order that is kept back.
func (v *visit) keptOrder(page *view.ApprovalPage, r approval.Request) error {
	cmd, err := v.w.d.Approvals.Order(v.ctx, v.actor(), r.ID)
	if err != nil {
		return err
	}
	c := r.Amount.Currency
	for i, l := range cmd.Lines {
		row := view.ApprovalLine{Number: i + 1, SKU: or(l.SKU, or(l.BuyerItem, l.GTIN)), Quantity: counted(l.Quantity, l.Unit), Price: price(l.Price, c)}
		if a, err := money.Extend(l.Quantity, l.Price, c); err == nil {
			row.Amount = amount(a)
		}
		page.Lines = append(page.Lines, row)
	}
	if to := slices.DeleteFunc([]string{cmd.ShipTo.Name, strings.Join(cmd.ShipTo.Address, ", "), cmd.ShipTo.Postcode, cmd.ShipTo.City, cmd.ShipTo.Country}, func(s string) bool { return s == "" }); len(to) > 0 {
		page.Facts = append(page.Facts, view.KV{Label: view.T("party.ship_to"), Value: view.Raw(strings.Join(to, ", "))})
	}
	if cmd.Note != "" {
		page.Facts = append(page.Facts, view.KV{Label: view.T("field.note"), Value: view.Raw(cmd.Note)})
	}
	return nil
}

// keptOffer shows the offer that is kept back.
func (v *visit) keptOffer(page *view.ApprovalPage, r approval.Request) error {
	cmd, err := v.w.d.Approvals.Offer(v.ctx, v.actor(), r.ID)
	if err != nil {
		return err
	}
	c := r.Amount.Currency
	for i, l := range cmd.Lines {
		row := view.ApprovalLine{Number: i + 1, SKU: l.SKU, Quantity: counted(l.Quantity, l.Unit)}
		if a, err := money.Extend(l.Quantity, l.Price, c); err == nil && l.Price > 0 {
			row.Price, row.Amount = price(l.Price, c), amount(a)
		}
		page.Lines = append(page.Lines, row)
	}
	if cmd.Customer != "" {
		page.Facts = append(page.Facts, view.KV{Label: view.T("quote.customer"), Value: view.Raw(cmd.Customer)})
	}
	if cmd.Note != "" {
		page.Facts = append(page.Facts, view.KV{Label: view.T("field.note"), Value: view.Raw(cmd.Note)})
	}
	return nil
}

// approverWords is whom a rule means.
func (v *visit) approverWords(role access.Role, person string, n names) view.Text {
	if person != "" {
		return view.T("approval.approves_person", "person", n.person(person))
	}
	return view.T("approval.approves_role", "role", view.T("role."+string(role)))
}

// approvalSaid is what is said after each deed.
var approvalSaid = map[string]string{"approve": "said.approval_approve", "refuse": "said.approval_refuse", "withdraw": "said.approval_withdraw"}

// approvalDo decides a request, or takes it back.
func approvalDo(deed string) func(*visit) error {
	return func(v *visit) error {
		in, id := v.input(), approval.ID(v.Params("id"))
		var err error
		switch deed {
		case "approve":
			_, err = v.w.d.Approvals.Approve(v.ctx, v.actor(), id)
		case "refuse":
			_, err = v.w.d.Approvals.Refuse(v.ctx, v.actor(), id, in.text("reason"))
		default:
			err = v.w.d.Approvals.Withdraw(v.ctx, v.actor(), id)
		}
		if err == nil {
			return v.done(v.approvalURL(id), approvalSaid[deed])
		}
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.approvalPage(422, in.form(errs, note))
	}
}

// approvalAgain is the order form filled with an order that was refused or taken back.
func (v *visit) approvalAgain(id approval.ID) error {
	cmd, err := v.w.d.Approvals.Order(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	in := &input{v: v, values: map[string]string{"partner": cmd.Partnership, "approval": string(id), "po": cmd.Number, "note": cmd.Note, "deal": cmd.Deal, "requested": cmd.RequestedOn}, wrong: fault.New(fault.Invalid, "form.invalid")}
	to := cmd.ShipTo
	in.values["ship_name"], in.values["ship_city"], in.values["ship_postcode"], in.values["ship_country"] = to.Name, to.City, to.Postcode, to.Country
	if len(to.Address) > 0 {
		in.values["ship_street"] = to.Address[0]
	}
	for i, l := range cmd.Lines {
		in.values[lineName(i, "sku")], in.values[lineName(i, "unit")], in.values[lineName(i, "quantity")] = or(l.SKU, or(l.BuyerItem, l.GTIN)), l.Unit, l.Quantity.String()
		in.values[lineName(i, "price")] = l.Price.Fixed(2)
	}
	in.values["lines"] = strconv.Itoa(len(cmd.Lines))
	return v.newOrder(200, in, nil)
}

// approvalRoutes are approvals and the rules for them.
func approvalRoutes() []Route {
	return []Route{
		get("/c/:slug/approvals", "approvals", InCompany, access.ApprovalRead, approvalList),
		get("/c/:slug/approvals/:id", "approval", InCompany, access.ApprovalRead, approvalShow),
		post("/c/:slug/approvals/:id/approve", "approve", InCompany, access.ApprovalDecide, approvalDo("approve")),
		post("/c/:slug/approvals/:id/refuse", "refuse approval", InCompany, access.ApprovalDecide, approvalDo("refuse")),
		post("/c/:slug/approvals/:id/withdraw", "take approval back", InCompany, access.ApprovalRead, approvalDo("withdraw")),
		get("/c/:slug/company/approvals", "approval rules", InCompany, access.ApprovalRead, approvalRules),
		post("/c/:slug/company/approvals", "save approval rule", InCompany, access.ApprovalRules, approvalRuleSave),
		post("/c/:slug/company/approvals/:rule/remove", "remove approval rule", InCompany, access.ApprovalRules, approvalRuleRemove),
		get("/c/:slug/orders/:id/hold", "hold form", InCompany, access.OrderHold, orderHoldForm),
		post("/c/:slug/orders/:id/hold", "put on hold", InCompany, access.OrderHold, orderHoldPut),
		post("/c/:slug/orders/:id/holds/:hold/release", "release hold", InCompany, access.OrderHold, orderRelease),
	}
}

// approvalRules are the rules of the company; ?rule= opens one to be changed.
func approvalRules(v *visit) error { return v.approvalRulesPage(200, view.Form{}) }

func (v *visit) approvalRulesPage(status int, form view.Form) error {
	rules, err := v.w.d.Approvals.Rules(v.ctx, v.actor())
	if err != nil {
		return err
	}
	url := v.path("company", "approvals")
	page := &view.ApprovalRulesPage{Base: v.shell(), URL: url, ListURL: v.path("approvals"), CanChange: v.may(access.ApprovalRules, access.Own(v.org())), Form: form}
	var people []string
	for _, r := range rules {
		people = append(people, r.Person)
	}
	n, err := v.lookup(nil, people)
	if err != nil {
		return err
	}
	for _, r := range rules {
		who := v.approverWords(r.Role, r.Person, n)
		if r.FourEyes {
			who = view.T("approval.with_four_eyes", "who", who)
		}
		page.Rules = append(page.Rules, view.ApprovalRule{ID: string(r.ID), Says: ruleWords(r), Who: who, Active: r.Active, EditURL: url + "?rule=" + queryEscape(string(r.ID)) + "#edit"})
		if string(r.ID) == v.Query("rule") && page.Form.Values == nil {
			page.Form.Values = approvalRuleValues(r)
		}
	}
	if page.Form.Values == nil {
		page.Form.Values = map[string]string{"active": "1", "four_eyes": "1", "currency": string(v.login.Org.Currency), "kind": approval.AboutOrder + "." + approval.TestLimit, "approver": "role:" + string(access.Manager)}
	}
	for _, a := range approval.Abouts {
		for _, t := range a.Tests {
			k := a.About + "." + t
			page.Kinds = append(page.Kinds, view.Option{Value: k, Label: view.T("approval.rule." + a.About + "_" + t), On: page.Form.Value("kind") == k})
		}
	}
	page.Money = plainOptions(currencyCodes, or(page.Form.Value("currency"), string(v.login.Org.Currency)))
	if page.CanChange {
		if page.Approvers, err = v.ownerOptions(approval.Roles, page.Form.Value("approver"), access.ApprovalDecide); err != nil {
			return err
		}
	}
	return v.renderAs(status, page, nil)
}

// ruleWords is a rule in one sentence.
func ruleWords(r approval.Rule) view.Text {
	key := "approval.says." + r.About + "_" + r.Test
	switch r.Test {
	case approval.TestLimit:
		return view.T(key, "limit", amount(r.Amount))
	case approval.TestPrice:
		return view.T(key, "percent", percent(r.Percent))
	}
	return view.T(key)
}

func approvalRuleValues(r approval.Rule) map[string]string {
	out := map[string]string{"id": string(r.ID), "version": itoa(r.Version), "kind": r.About + "." + r.Test, "currency": string(r.Amount.Currency), "approver": "role:" + string(r.Role)}
	if r.Person != "" {
		out["approver"] = "person:" + r.Person
	}
	if r.Test == approval.TestLimit {
		out["ceiling"] = r.Amount.String()
	}
	if r.Test == approval.TestPrice {
		out["apart"] = strings.TrimSuffix(percent(r.Percent), "%")
	}
	for name, on := range map[string]bool{"four_eyes": r.FourEyes, "active": r.Active} {
		if on {
			out[name] = "1"
		}
	}
	return out
}

// ownerOptions are roles and people who may own something: "role:manager", "person:ID".
func (v *visit) ownerOptions(roles []access.Role, chosen string, act access.Action) ([]view.Option, error) {
	var out []view.Option
	for _, r := range roles {
		k := "role:" + string(r)
		out = append(out, view.Option{Value: k, Label: view.T("approval.role_option", "role", view.T("role."+string(r))), On: k == chosen})
	}
	people, err := v.w.d.Accounts.Directory().People(v.ctx, v.org())
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		a := access.Actor{Person: p.ID, Org: v.org(), Roles: p.Roles, Via: "session:choice"}
		if act != "" && !access.Allowed(a, act, access.Own(v.org())) {
			continue
		}
		k := "person:" + p.ID
		out = append(out, view.Option{Value: k, Label: view.Raw(p.Name), On: k == chosen})
	}
	return out, nil
}

// owner reads a choice of ownerOptions.
func (in *input) owner(name string) (access.Role, string) {
	kind, id, _ := strings.Cut(in.text(name), ":")
	if kind == "person" {
		return "", id
	}
	return access.Role(id), ""
}

// approvalRuleSave adds or changes a rule.
func approvalRuleSave(v *visit) error {
	in := v.input()
	r := approval.Rule{ID: approval.RuleID(in.text("id")), Version: in.version(), FourEyes: in.text("four_eyes") != "", Active: in.text("active") != ""}
	r.About, r.Test, _ = strings.Cut(in.text("kind"), ".")
	r.Role, r.Person = in.owner("approver")
	switch r.Test {
	case approval.TestLimit:
		in.require("ceiling")
		c := money.Currency(in.text("currency"))
		if !slices.Contains(currencyCodes, string(c)) {
			c = v.login.Org.Currency
		}
		r.Amount = in.coins("ceiling", c)
	case approval.TestPrice:
		in.require("apart")
		r.Percent = in.number("apart") / 100
	}
	err := in.err()
	if err == nil {
		_, err = v.w.d.Approvals.SaveRule(v.ctx, v.actor(), r)
	}
	if err == nil {
		return v.done(v.path("company", "approvals"), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.approvalRulesPage(422, in.form(errs, note))
}

// approvalRuleRemove takes a rule away.
func approvalRuleRemove(v *visit) error {
	if err := v.w.d.Approvals.RemoveRule(v.ctx, v.actor(), approval.RuleID(v.Params("rule"))); err != nil {
		return err
	}
	return v.done(v.path("company", "approvals"), "said.removed")
}
