package web

import (
	"cmp"
	"slices"
	"strings"

	"entente/chat/room"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/deal"
	"entente/prm/identity"
	"entente/prm/money"
)

// dealForms are the forms of the page; one of them may have been refused.
type dealForms struct {
	submit, decide, ask, lose, cancel, extend, contest, file, rule view.Form
}

// dealShow is a registration, for each side of it.
func dealShow(v *visit) error { return v.dealPage(200, deal.ID(v.Params("id")), dealForms{}) }

func (v *visit) dealPage(status int, id deal.ID, f dealForms) error {
	d, err := v.w.d.Deals.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	orgs, people := []string{d.Supplier, d.Registrant, d.Fulfiller}, []string{d.Reviewer, d.DecidedBy, d.MadeBy}
	for _, e := range d.Entries {
		orgs, people = append(orgs, e.Org), append(people, e.Person)
	}
	for _, x := range d.Files {
		people = append(people, x.Person)
	}
	for _, x := range d.Disputes {
		people = append(people, x.Decider, x.RuledBy)
	}
	for _, s := range d.Similar {
		orgs = append(orgs, s.Registrant)
	}
	n, err := v.lookup(orgs, people)
	if err != nil {
		return err
	}
	page := &view.DealPage{Base: v.shell(), URL: v.dealURL(id), Number: d.Code, Title: d.Title, Need: d.Need, Status: view.Status{State: dealState(d.Registration)},
		Submit: f.submit, Decide: f.decide, Ask: f.ask, Lose: f.lose, Cancel: f.cancel, Extend: f.extend, Contest: f.contest, File: f.file, Rule: f.rule}
	page.Holds, page.Decided = dealHolds(d.Registration, n), view.T("dealdecision."+string(d.Decision), "until", d.Guard.Until, "grace", d.Guard.Grace)
	v.dealMay(page, d)
	v.dealTexts(page, d, n)
	v.dealWon(page, d)
	v.dealFiles(page, d, n)
	if d.Supplier == v.org() {
		page.Similar = v.dealSimilar(d, n, page.CanDecide)
	}
	for _, x := range d.Disputes {
		page.Disputes = append(page.Disputes, v.dealDispute(d, x, n))
	}
	page.History = v.dealHistory(d, n)
	if err := v.dealQuotes(page, d); err != nil {
		return err
	}
	if v.org() == d.Supplier || v.org() == d.Registrant {
		seen := "deal.files_seen"
		if d.Submitted.IsZero() {
			seen = "deal.files_seen_draft"
		}
		page.FilesSeen = view.T(seen, "registrant", n.org(d.Registrant), "supplier", n.org(d.Supplier))
		if page.Sees, err = v.dealSees(d, n); err != nil {
			return err
		}
		if page.Room, err = v.roomAbout(room.Subject{Kind: "deal", ID: string(id)}, true); err != nil {
			return err
		}
	}
	return v.renderAs(status, page, nil)
}

// dealHolds says who holds the pen.
func dealHolds(r deal.Registration, n names) view.Text {
	switch r.Pen {
	case deal.PenReview:
		if who := n.person(r.Reviewer); who != "" {
			return view.T("dealpen.reviewed_by", "person", who, "company", n.org(r.Supplier))
		}
		return view.T("dealpen.in_review", "company", n.org(r.Supplier))
	case deal.PenSubmitted:
		return view.T("dealpen.submitted", "company", n.org(r.Supplier))
	case deal.PenDraft, deal.PenReturned, deal.PenRecalled:
		return view.T("dealpen."+string(r.Pen), "company", n.org(r.Registrant))
	}
	return view.T("dealpen.nobody")
}

// dealMay says which acts are shown.
func (v *visit) dealMay(page *view.DealPage, d deal.Detail) {
	r := d.Registration
	res := r.Resource()
	if v.may(access.DealWrite, res) {
		page.CanSubmit, page.CanRecall, page.CanWithdraw, page.CanLose, page.CanPostpone = r.Can(deal.Submit), r.Can(deal.Recall), r.Can(deal.Withdraw), r.Can(deal.Lose), r.Can(deal.Postpone)
		page.CanAsk, page.CanContest = r.CanAsk(d.Terms.Extensions), r.CanDispute()
		if page.CanSubmit {
			page.EditURL = page.URL + "/edit"
		}
	}
	if v.may(access.DealDecide, res) {
		page.CanTake, page.CanDecide, page.CanAward, page.CanCancel = r.Can(deal.Take), r.Can(deal.Reject), r.Can(deal.Award), r.Can(deal.CancelDeed)
		page.CanExtend = !r.Asked.At.IsZero() && r.Disputes == 0
		page.CanDoubt = r.Disputes == 0 && (r.Decision == deal.Protected || r.Decision == deal.Expired)
		page.IsTender = r.Kind == deal.KindTender
	}
	page.CanFile = (v.may(access.DealWrite, res) || v.may(access.DealDecide, res)) && (r.Pen != deal.PenWithdrawn && (r.Pen != deal.PenSettled || r.Counting() || r.CanDispute() || r.Disputes > 0))
	if v.org() == r.Registrant || v.org() == r.Fulfiller {
		if r.Pen != deal.PenWithdrawn && (r.Pen != deal.PenSettled || r.Live() || r.Decision == deal.Won) && !r.Submitted.IsZero() {
			page.Copy = r.Code
		}
		if r.Live() && v.may(access.OrderPlace, access.Resource{Reseller: v.org()}) {
			page.OrderURL = v.path("orders", "new") + "?deal=" + r.Code
		}
	}
}

// dealTexts fills what is said of a registration.
func (v *visit) dealTexts(page *view.DealPage, d deal.Detail, n names) {
	if c := dealClock(d.Registration, v.org()); c.Running() {
		key := "dealclock.protected"
		switch {
		case d.Disputes != nil && d.Registration.Disputes > 0:
			key = "dealclock.disputed"
		case d.Pen == deal.PenSubmitted || d.Pen == deal.PenReview:
			key = "dealclock.review"
		case !d.Asked.At.IsZero() && v.org() == d.Supplier:
			key = "dealclock.asked"
		case d.Decision == deal.Expired:
			key = "dealclock.grace"
		}
		page.Clock = &view.Clock{Since: c.Start, Due: c.Due, Text: view.T(key, "due", c.Due, "company", n.org(d.Supplier))}
	}
	if d.Reason != "" {
		page.Told = view.T("deal.told", "reason", v.dealReason(d.Reason), "comment", d.Comment)
		if d.Comment == "" {
			page.Told = v.dealReason(d.Reason)
		}
	}
	if page.CanExtend {
		page.AskedText = view.T("deal.asked_text", "company", n.org(d.Registrant), "days", d.Terms.ExtendDays, "why", d.Asked.Reason)
	}
	add := func(to *[]view.KV, key string, value view.Text, mono bool) {
		if !value.IsZero() {
			*to = append(*to, view.KV{Label: view.T(key), Value: value, Mono: mono})
		}
	}
	if d.Value.Minor > 0 {
		add(&page.Facts, "deal.value", view.T("lead.value_is", "value", amount(d.Value)), false)
	}
	if d.CloseOn != "" {
		add(&page.Facts, "deal.close_on", view.T("lead.date_is", "date", view.Date(d.CloseOn)), false)
	}
	add(&page.Facts, "deal.kind", view.T("dealkind."+d.Kind), false)
	add(&page.Facts, "deal.tender", view.Raw(d.Tender), true)
	add(&page.Facts, "deal.registrant", view.Raw(n.org(d.Registrant)), false)
	add(&page.Facts, "deal.on_behalf", view.Raw(d.OnBehalf), false)
	add(&page.Facts, "deal.fulfiller", view.Raw(n.org(d.Fulfiller)), false)
	if len(d.Families) > 0 {
		add(&page.Facts, "deal.families", v.familyList(d.Families), false)
	}
	add(&page.Facts, "col.source", view.T("dealsource."+or(d.Source, "other")), false)
	if len(d.Work) > 0 {
		var done []string
		for _, w := range d.Work {
			done = append(done, v.p.T("dealwork."+w))
		}
		add(&page.Facts, "deal.work", view.Raw(v.p.List(done)), false)
	}
	add(&page.Facts, "deal.competitor", view.Raw(d.Competitor), false)
	add(&page.Facts, "deal.special", view.Raw(d.Special), false)
	if d.Share != 100 {
		add(&page.Facts, "deal.share", view.T("deal.share_is", "percent", d.Share), false)
	}
	if d.Supplier == v.org() {
		add(&page.Facts, "deal.tries", view.T("deal.tries_is", "n", d.Tries, "most", d.Terms.PerWeek), false)
		add(&page.Facts, "deal.capacity", view.T("deal.capacity_is", "taken", d.Taken, "most", d.Terms.MostOf(d.Place.Tier)), false)
	}
	page.Customer = v.partyFacts(d.Draft)
	add(&page.Own, "deal.private", view.Raw(d.Private), false)
	add(&page.Own, "deal.external", view.Raw(d.External), true)
	if d.Account != "" && v.may(access.CustomerRead, access.Own(v.org())) {
		page.Own = append(page.Own, view.KV{Label: view.T("deal.account"), Value: view.Raw(d.Draft.Customer.Name), URL: v.path("customers", string(d.Account))})
	}
	if d.Offer != "" {
		page.Own = append(page.Own, view.KV{Label: view.T("deal.lead"), Value: view.T("action.open"), URL: v.path("leads", "offers", string(d.Offer))})
	}
	choose := func(x deal.Deed, form view.Form) []view.Option {
		out := []view.Option{{Label: view.T("form.choose")}}
		for _, r := range deal.ReasonsFor(x) {
			out = append(out, view.Option{Value: r, Label: v.dealReason(r), On: r == form.Value("reason")})
		}
		return out
	}
	page.Returns, page.Rejects, page.Cancels, page.Losses = choose(deal.Return, page.Decide), choose(deal.Reject, page.Decide), choose(deal.CancelDeed, page.Cancel), choose(deal.Lose, page.Lose)
	page.Denials, page.Contests = choose(deal.DenyMore, page.Extend), choose(deal.OpenDispute, page.Contest)
	page.Kinds = keyed(deal.EvidenceKinds, "dealfile.", cmp.Or(page.File.Value("kind"), "quote"))
}

func (v *visit) dealReason(r string) view.Text { return view.T("dealreason." + r) }

// partyFacts are the lines of the end customer.
func (v *visit) partyFacts(d deal.Draft) []view.KV {
	var out []view.KV
	add := func(key, value string, mono bool) {
		if strings.TrimSpace(value) != "" {
			out = append(out, view.KV{Label: view.T(key), Value: view.Raw(value), Mono: mono})
		}
	}
	c, k := d.Customer, d.Contact
	add("field.customer", c.Name, false)
	add("lead.address", strings.Join(slices.DeleteFunc([]string{c.Street, strings.TrimSpace(c.Postcode + " " + c.City), c.Country}, func(s string) bool { return strings.TrimSpace(s) == "" }), ", "), false)
	add("field.web", c.Web, false)
	add("field.tax_id", c.TaxID, true)
	add("field.gln", c.GLN, true)
	add("field.duns", c.DUNS, true)
	add("field.contact", strings.Trim(k.Name+", "+k.Title, ", "), false)
	if k.Mail != "" {
		out = append(out, view.KV{Label: view.T("field.mail"), Value: view.Raw(k.Mail), URL: "mailto:" + k.Mail})
	}
	if k.Phone != "" {
		out = append(out, view.KV{Label: view.T("field.phone"), Value: view.Raw(k.Phone), URL: "tel:" + strings.ReplaceAll(k.Phone, " ", "")})
	}
	return out
}

// dealWon shows what orders say.
func (v *visit) dealWon(page *view.DealPage, d deal.Detail) {
	page.Percent, page.Share = d.Percent(), int(int64(d.Terms.WonShare)*100/money.One)
	won := d.Value
	won.Minor = d.Sums.Won
	page.Won = view.T("deal.won_text", "share", page.Share, "won", amount(won), "value", amount(d.Value), "percent", page.Percent)
	page.MoreLines = d.MoreLines
	for _, l := range d.Lines {
		row := view.DealLine{Number: l.Number, SKU: l.SKU, Ordered: view.Quantity{Value: l.Ordered.String()}, Invoiced: view.Quantity{Value: l.Invoiced.String()}, Counts: l.Counts, Why: view.T("dealbasis." + l.Basis)}
		if !l.Counts && l.Why != deal.WhyStock {
			row.Why = view.T("dealwhy." + l.Why)
		}
		a := d.Value
		a.Minor = l.Amount
		row.Amount = amount(a)
		if l.Basis == deal.ByResale {
			row.Resale, row.URL = true, ""
			if v.lists(access.SellRead) && (v.org() == d.Supplier || v.org() == d.Registrant && d.Fulfiller == "" || v.org() == d.Fulfiller) {
				row.URL = v.path("sell-through", l.Order)
			}
			page.Lines = append(page.Lines, row)
			continue
		}
		if v.lists(access.OrderRead) && (v.org() == d.Supplier || v.org() == d.Registrant && d.Fulfiller == "" || v.org() == d.Fulfiller) {
			row.URL = v.path("orders", l.Order)
		}
		page.Lines = append(page.Lines, row)
	}
	for _, p := range d.Items {
		page.Items = append(page.Items, view.DealItem{SKU: p.SKU, Registered: view.Quantity{Value: p.Quantity.String()}, Invoiced: view.Quantity{Value: d.Won[p.SKU].String()}, Resold: view.Quantity{Value: d.Resold[p.SKU].String()}})
	}
}

func (v *visit) dealFiles(page *view.DealPage, d deal.Detail, n names) {
	for _, x := range d.Files {
		page.Files = append(page.Files, view.DealFile{ID: string(x.ID), URL: page.URL + "/files/" + string(x.ID), Name: x.Name, Kind: view.T("dealfile." + x.Kind), By: n.actor(x.Person, x.Org), At: x.At, Size: view.T("deal.size", "kb", max(1, x.Size/1024)),
			CanRemove: d.Pen == deal.PenDraft && v.may(access.DealWrite, d.Resource())})
	}
}

// dealSimilar lays others beside a registration.
func (v *visit) dealSimilar(d deal.Detail, n names, decide bool) []view.DealSimilar {
	var out []view.DealSimilar
	for _, s := range d.Similar {
		why := view.T("deal.near", "percent", s.Near/10)
		if len(s.By) > 0 {
			why = view.T("deal.by."+map[bool]string{true: "sure", false: "name"}[s.Sure()], "key", view.T("identitykey."+string(s.By[0].Kind)), "value", keyText(s.By[0]))
		}
		row := view.DealSimilar{ID: string(s.ID), URL: v.dealURL(s.ID), Number: s.Code, Title: s.Title, Partner: n.company(s.Registrant), Status: view.Status{State: dealState(s.Registration)}, Why: why, Sure: s.Sure(), Score: s.Score, At: s.Submitted, CanCopy: decide,
			CanWait: decide && d.Kind != deal.KindTender && (s.Decision == deal.Protected || s.Decision == deal.Expired)}
		row.Customer = v.partyFacts(deal.Draft{Customer: s.Draft.Customer})
		if s.Value.Minor > 0 {
			row.Customer = append(row.Customer, view.KV{Label: view.T("deal.value"), Value: view.T("lead.value_is", "value", amount(s.Value))})
		}
		if len(s.Families) > 0 {
			row.Customer = append(row.Customer, view.KV{Label: view.T("deal.families"), Value: v.familyList(s.Families)})
		}
		out = append(out, row)
	}
	return out
}

// keyText is a key as people write it.
func keyText(k identity.Key) string {
	if k.Kind == identity.Name {
		name, _, _ := strings.Cut(k.Value, "|")
		return name
	}
	return k.Value
}

func (v *visit) dealDispute(d deal.Detail, x deal.Dispute, n names) view.DealDispute {
	out := view.DealDispute{ID: string(x.ID), Decider: n.person(x.Decider), Text: view.T("deal.dispute_open", "person", n.person(x.Decider))}
	if x.Reason != "" {
		out.Text = view.T("deal.dispute_why", "reason", v.dealReason(x.Reason), "person", n.person(x.Decider))
	}
	out.Words = view.Raw(x.Text)
	if x.Ruling != "" {
		out.Text = view.T("deal.dispute_was")
		out.Ruled = view.T("dealruling."+string(x.Ruling), "percent", x.Percent)
		out.Note = view.Raw(x.Note)
		return out
	}
	out.Clock = &view.Clock{Since: x.Due.Start, Due: x.Due.Due, Text: view.T("dealclock.disputed", "due", x.Due.Due, "company", n.org(d.Supplier))}
	if v.may(access.DealDecide, d.Resource()) {
		out.CanRule = x.Decider == "" || x.Decider == v.login.Person.ID || v.actor().Has(access.Admin)
		out.CanSplit = x.Claim != "" && x.Holder != ""
		other, key := x.Holder, "deal.dispute_holder"
		if d.ID == x.Holder {
			other, key = x.Claim, "deal.dispute_claim"
		}
		if e := x.Evidence; e != nil {
			out.Line = &view.KV{Label: view.T("deal.resold_by", "company", n.org(e.Reseller), "quantity", view.Quantity{Value: e.Pieces.String()}, "sku", e.SKU, "from", view.Date(e.From), "to", view.Date(e.To)), Value: view.Raw(e.Number), URL: v.path("sell-through", e.Report)}
		}
		if other != "" {
			out.Other = &view.KV{Label: view.T(key), Value: view.T("action.open"), URL: v.dealURL(other)}
		}
	}
	return out
}

// dealLooks are the tone and icon of the lines of the history.
var dealLooks = map[string]struct {
	tone view.Tone
	icon string
}{
	"create": {view.Grey, "plus"}, "submit": {view.Blue, "send"}, "recall": {view.Grey, "arrow-back-up"}, "withdraw": {view.Grey, "x"}, "take": {view.Blue, "eye"}, "approve": {view.Green, "shield-check"}, "return": {view.Amber, "arrow-back-up"},
	"reject": {view.Red, "x"}, "duplicate": {view.Red, "copy"}, "wait": {view.Amber, "clock"}, "admit": {view.Blue, "refresh"}, "cancel": {view.Red, "x"}, "award": {view.Green, "shield-check"}, "pass": {view.Grey, "x"}, "expire": {view.Red, "clock"},
	"postpone": {view.Blue, "shield-check"}, "release": {view.Grey, "x"}, "win": {view.Green, "circle-check"}, "reopen": {view.Amber, "refresh"}, "lose": {view.Grey, "x"}, "yield": {view.Red, "x"}, "grant": {view.Green, "shield-check"},
	"ask": {view.Amber, "clock"}, "grant_more": {view.Green, "check"}, "deny_more": {view.Red, "x"}, "dispute": {view.Amber, "alert-circle"}, "rule": {view.Blue, "checks"}, "file": {view.Grey, "file-text"}, "ordered": {view.Blue, "package"}, "partly_won": {view.Blue, "receipt"}, "beside": {view.Grey, "info-circle"},
}

func (v *visit) dealHistory(d deal.Detail, n names) []view.Entry {
	var out []view.Entry
	for _, e := range d.Entries {
		look := dealLooks[e.Kind]
		text := view.T("deallog." + e.Kind)
		switch {
		case e.Kind == "file":
			text = view.T("deallog.file", "name", e.Args["name"])
		case e.Kind == "rule":
			text = view.T("dealruling." + e.Args["ruling"])
			if e.Args["ruling"] == string(deal.Split) {
				text = view.T("deallog.split")
			}
		case e.Reason != "" && e.Note != "":
			text = view.T("deallog.with_both", "what", text, "reason", v.dealReason(e.Reason), "note", e.Note)
		case e.Reason != "":
			text = view.T("deallog.with", "what", text, "reason", v.dealReason(e.Reason))
		case e.Note != "":
			text = view.T("deallog.with", "what", text, "reason", view.Raw(e.Note))
		}
		out = append(out, view.Entry{Tone: look.tone, Icon: v.icon(look.icon), Actor: n.actor(e.Person, e.Org), Text: text, At: e.At})
	}
	return out
}

// seer is a company that can see an object, the right that gives it, and the words of
// the rule.
type seer struct {
	org string
	act access.Action
	res access.Resource
	key string
}

// sees says who can see an object: companies and the people there who hold the right,
// with the rule that gives it.
func (v *visit) sees(n names, seers ...seer) ([]view.KV, error) {
	var orgs []string
	for _, s := range seers {
		orgs = append(orgs, s.org)
	}
	people, err := v.w.d.Accounts.Directory().People(v.ctx, orgs...)
	if err != nil {
		return nil, err
	}
	var out []view.KV
	for _, s := range seers {
		var who []string
		for _, p := range people {
			if p.Org == s.org && access.Allowed(access.Actor{Person: p.ID, Org: s.org, Roles: p.Roles}, s.act, s.res) {
				who = append(who, p.Name)
			}
		}
		out = append(out, view.KV{Label: view.Raw(n.org(s.org)), Value: view.T(s.key, "people", v.p.List(who))})
	}
	return out, nil
}

// dealSees says who can see a registration.
func (v *visit) dealSees(d deal.Detail, n names) ([]view.KV, error) {
	res := d.Resource()
	seers := []seer{{d.Registrant, access.DealRead, res, "dealsees.registrant"}}
	if !d.Submitted.IsZero() {
		seers = append(seers, seer{d.Supplier, access.DealRead, res, "dealsees.supplier"})
	}
	out, err := v.sees(n, seers...)
	if d.Submitted.IsZero() {
		out = append(out, view.KV{Label: view.Raw(n.org(d.Supplier)), Value: view.T("dealsees.not_yet")})
	} else if d.Fulfiller != "" {
		out = append(out, view.KV{Label: view.Raw(n.org(d.Fulfiller)), Value: view.T("dealsees.fulfiller")})
	}
	return out, err
}

// dealFile sends a piece of evidence as a download: what partners send is never shown as
// a page of ours.
func dealFile(v *visit) error {
	f, body, err := v.w.d.Deals.OpenFile(v.ctx, v.actor(), deal.ID(v.Params("id")), deal.FileID(v.Params("file")))
	if err != nil {
		return err
	}
	defer body.Close()
	return v.sendFile(f.Name, body, deal.MostFile)
}
