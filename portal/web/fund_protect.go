package web

import (
	"fmt"
	"slices"
	"time"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/channel"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/protect"
)

func (v *visit) protectURL(id protect.ID) string { return v.path("funds", "protection", string(id)) }

// protections are the falls of prices as they touch the company, and what is granted on stock.
func protections(v *visit) error { return v.protectionsPage(200, view.Form{}) }

func (v *visit) protectionsPage(status int, form view.Form) error {
	list, next, err := v.w.d.Protect.List(v.ctx, v.actor(), protect.Filter{After: v.Query("after"), Limit: pageRows})
	if err != nil {
		return err
	}
	c, err := v.partners()
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
	page := &view.ProtectionsPage{Base: v.shell(), URL: v.path("funds", "protection"), Places: v.fundPlaces("protection"), Pager: view.Pager{Shown: len(list), Total: -1, Next: v.next(next)}, Form: form}
	for _, x := range list {
		row := view.ProtectionRow{URL: v.protectURL(x.ID), Title: view.T("protect.fall_on", "date", view.Date(x.Day)), Partner: n.company(v.fundOther(x.Supplier, x.Reseller)), Status: view.Status{State: view.State("protect." + string(x.State))}}
		switch {
		case x.State == protect.Proposed:
			row.Amount, row.Note = amount(x.Open), v.protectClock(x)
		case x.State == protect.Nothing || x.State == protect.Closed:
			row.Note = view.T("protectwhy." + x.Why)
		case x.State != protect.Coming:
			row.Amount = amount(x.Amount)
		}
		page.Rows = append(page.Rows, row)
	}
	agreed, err := v.w.d.Protect.Agreed(v.ctx, v.actor())
	if err != nil {
		return err
	}
	for _, p := range c.all {
		if t, ok := agreed[p.Supplier]; ok && p.Reseller == v.org() {
			page.Terms = append(page.Terms, view.ProtectionTerms{Who: view.Raw(c.orgs[p.Supplier].Name), Says: protectSays(t)})
		}
	}
	if c.sells() && v.may(access.FundRead, access.Own(v.org())) {
		own, err := v.w.d.Protect.Terms(v.ctx, v.actor())
		if err != nil {
			return err
		}
		for _, t := range own {
			x := view.ProtectionTerms{Who: view.T("protect.all_in", "currency", string(t.Currency)), Says: protectSays(t), Currency: string(t.Currency), Partner: t.Partner}
			if t.Partner != "" {
				x.Who = view.Raw(c.orgs[t.Partner].Name)
			}
			page.Own = append(page.Own, x)
		}
		if page.CanWrite = v.may(access.FundWrite, access.Own(v.org())); page.CanWrite {
			v.protectForm(page, c)
		}
		page.Owner = true
	}
	return v.renderAs(status, page, fragments{"list": "protections.list", "rows": "protections.list"})
}

// protectForm fills the form of terms.
func (v *visit) protectForm(page *view.ProtectionsPage, c circle) {
	if page.Form.Values == nil {
		page.Form.Values = map[string]string{"days": "30", "cover": "100", "answer_days": "14"}
	}
	page.Partners = []view.Option{{Label: view.T("prices.all_partners")}}
	for _, p := range c.all {
		if p.Supplier == v.org() {
			page.Partners = append(page.Partners, view.Option{Value: p.Reseller, Label: view.Raw(c.orgs[p.Reseller].Name), On: p.Reseller == page.Form.Value("partner")})
		}
	}
	page.Currencies = plainOptions(currencyCodes, or(page.Form.Value("currency"), string(v.login.Org.Currency)))
}

// protectSays reads terms back as sentences.
func protectSays(t protect.Terms) []view.Text {
	if t.Days == 0 {
		return []view.Text{view.T("protect.says_none")}
	}
	out := []view.Text{view.T("protect.says", "percent", percent(t.Cover), "n", t.Days)}
	if t.AnswerDays > 0 { // a fall has its own last day instead
		out = append(out, view.T("protect.says_answer", "n", t.AnswerDays))
	}
	if t.Cap.Minor > 0 {
		out = append(out, view.T("protect.says_cap", "amount", amount(t.Cap)))
	}
	if t.Least.Minor > 0 {
		out = append(out, view.T("protect.says_least", "amount", amount(t.Least)))
	}
	return out
}

// homeProtections adds what waits for the distributor's yes, until its last day.
func (v *visit) homeProtections(page *view.HomePage) error {
	if !v.lists(access.FundRead) || !v.lists(access.ClaimWrite) {
		return nil
	}
	list, _, err := v.w.d.Protect.List(v.ctx, v.actor(), protect.Filter{States: []protect.State{protect.Proposed}, Limit: homeNeeds})
	if err != nil {
		return err
	}
	var orgs []string
	for _, x := range list {
		orgs = append(orgs, x.Supplier)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	for _, x := range list {
		if x.Reseller == v.org() && v.may(access.ClaimWrite, access.Shared(x.Supplier, x.Reseller)) {
			page.Needs = append(page.Needs, view.Need{Tone: view.Amber, Icon: v.icon("coin"), URL: v.protectURL(x.ID), Since: x.Changed, Due: x.AnswerBy, Title: view.T("protectneed.proposed", "company", n.org(x.Supplier)), Sub: view.T("fund.money", "amount", amount(x.Open)), Action: view.T("action.open")})
		}
	}
	return nil
}

// protectClock is until when the distributor answers.
func (v *visit) protectClock(x protect.Protection) view.Text {
	if x.AnswerBy.IsZero() {
		return view.Text{}
	}
	return view.T("protect.answer_by", "when", x.AnswerBy.Add(-time.Minute))
}

// protectTermsSave keeps terms, or takes those for one partner back.
func protectTermsSave(v *visit) error {
	in := v.input()
	c := money.Currency(in.text("currency"))
	var err error
	if in.text("drop") != "" {
		err = v.w.d.Protect.DropTerms(v.ctx, v.actor(), c, in.text("partner"))
	} else {
		t := protect.Terms{Currency: c, Partner: in.text("partner"), Days: in.whole("days"), Cover: in.number("cover") / 100, Cap: in.money("cap", c), Least: in.money("least", c), AnswerDays: in.whole("answer_days")}
		if err = in.err(); err == nil {
			err = v.w.d.Protect.SetTerms(v.ctx, v.actor(), t)
		}
	}
	if err == nil {
		return v.done(v.path("funds", "protection"), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.protectionsPage(422, in.form(errs, note))
}

// protectShow is one fall of prices for one distributor: what is granted, and from what.
func protectShow(v *visit) error { return v.protectPage(200, view.Form{}) }

func (v *visit) protectPage(status int, form view.Form) error {
	x, err := v.w.d.Protect.Get(v.ctx, v.actor(), protect.ID(v.Params("id")))
	if err != nil {
		return err
	}
	n, err := v.lookup([]string{x.Supplier, x.Reseller}, []string{x.AnsweredBy})
	if err != nil {
		return err
	}
	page := &view.ProtectionPage{Base: v.shell(), URL: v.protectURL(x.ID), Title: view.T("protect.fall_on", "date", view.Date(x.Day)), Status: view.Status{State: view.State("protect." + string(x.State))}, Partner: n.company(v.fundOther(x.Supplier, x.Reseller)), Mark: x.Mark, Note: x.Note, Form: form, Basis: v.protectBasis(x)}
	switch {
	case x.State == protect.Coming:
		page.Told = view.T("protect.coming_told", "date", view.Date(x.Day))
	case x.State == protect.Proposed && x.Claims != nil:
		page.Told = view.T("protect.more_told")
	case x.Why != "":
		page.Told = view.T("protectwhy." + x.Why)
	}
	page.Sums = []view.KV{{Label: view.T("protect.granted"), Value: view.T("fund.money", "amount", amount(x.Amount))}}
	if x.Whole != x.Amount && x.Amount.Minor > 0 {
		page.Sums = append(page.Sums, view.KV{Label: view.T("protect.whole"), Value: view.T("fund.money", "amount", amount(x.Whole))})
	}
	if x.State == protect.Proposed {
		page.Sums = append(page.Sums, view.KV{Label: view.T("protect.open"), Value: view.T("fund.money", "amount", amount(x.Open))})
		page.Clock = v.protectClock(x)
		page.CanAnswer = v.org() == x.Reseller && v.may(access.ClaimWrite, access.Shared(x.Supplier, x.Reseller))
	}
	if x.Terms.Days > 0 {
		for _, says := range protectSays(x.Terms) {
			page.Terms = append(page.Terms, says)
		}
	}
	lists := v.lists(access.CatalogPrices)
	for _, l := range x.Lines {
		row := view.ProtectionLine{Position: l.Position, SKU: l.SKU, Was: price(l.Was, x.Currency), Price: price(l.Price, x.Currency), Drop: price(l.Drop(), x.Currency), Quantity: l.Quantity.String(), Amount: amount(l.Amount)}
		if l.Countered {
			row.Said = l.Said.String()
		}
		if l.Opening != 0 || l.Came != 0 || l.Sold != 0 || l.Back != 0 {
			opening := ""
			if x.Stock.Basis == channel.ByReport {
				opening = v.p.Quantity(l.Opening.String(), "")
			}
			row.From = view.T("protect.moves", "opening", opening, "came", counted(l.Came, ""), "sold", counted(l.Sold, ""), "back", counted(l.Back, ""))
		}
		if lists {
			row.ListURL, row.ListText = v.listURL(catalog.ListID(l.List))+"?version="+itoa(int64(l.Version)), view.T("protect.by_version", "version", l.Version)
		}
		page.Lines = append(page.Lines, row)
	}
	for _, id := range x.Claims {
		c, err := v.w.d.Funds.GetClaim(v.ctx, v.actor(), id)
		if err != nil {
			return err
		}
		item := v.claimItem(c, n)
		item.Partner = view.Company{}
		page.Claims = append(page.Claims, item)
	}
	return v.renderAs(status, page, nil)
}

// protectBasis says from what the stock was reckoned, and from which days.
func (v *visit) protectBasis(x protect.Protection) []view.KV {
	var out []view.KV
	s := x.Stock
	switch s.Basis {
	case channel.ByReport:
		kv := view.KV{Label: view.T("protect.basis"), Value: view.T("protect.by_report", "number", s.Number, "date", view.Date(s.ReportDay))}
		if v.lists(access.StockReport) {
			kv.URL = v.path("catalogue", "stock", "reports", s.Report)
		}
		out = append(out, kv)
	case channel.ByMoves:
		out = append(out, view.KV{Label: view.T("protect.basis"), Value: view.T("protect.by_moves")})
	default:
		return nil
	}
	if s.From != "" {
		out = append(out, view.KV{Label: view.T("protect.days_counted"), Value: promoWindow(s.From, s.To)})
		sold := view.T("protect.sold_complete")
		if !s.Complete {
			sold = view.T("protect.sold_part")
		}
		out = append(out, view.KV{Label: view.T("protect.sold_on"), Value: sold})
	}
	if s.Straddling > 0 {
		out = append(out, view.KV{Label: view.T("protect.left_out"), Value: view.T("protect.straddling", "n", s.Straddling)})
	}
	return out
}

// protectDone leads to the claim that an answer made.
func (v *visit) protectDone(c fund.Claim, err error, in *input) error {
	switch {
	case err == nil && c.ID == "":
		return v.done(v.protectURL(protect.ID(v.Params("id"))), "said.saved")
	case err == nil && c.Submitted.IsZero():
		return v.done(v.claimURL(c.ID), "said.protect_proof")
	case err == nil:
		return v.done(v.claimURL(c.ID), "said.fund_sent")
	}
	errs, note, status, ok := v.refusal(err)
	if !ok {
		return err
	}
	return v.protectPage(status, in.form(errs, note))
}

// protectConfirm files the claim as it is proposed.
func protectConfirm(v *visit) error {
	in := v.input()
	c, err := v.w.d.Protect.Confirm(v.ctx, v.actor(), protect.ID(v.Params("id")), in.text("mark"))
	return v.protectDone(c, err, in)
}

// protectCounter answers with other quantities.
func protectCounter(v *visit) error {
	in := v.input()
	x, err := v.w.d.Protect.Get(v.ctx, v.actor(), protect.ID(v.Params("id")))
	if err != nil {
		return err
	}
	var says []protect.Say
	var sent []string
	for _, l := range x.Lines {
		name := fmt.Sprintf("line.%d.quantity", l.Position)
		if q := in.number(name); in.text(name) != "" && q != l.Quantity {
			says, sent = append(says, protect.Say{SKU: l.SKU, Quantity: q}), append(sent, fmt.Sprintf("line.%d", l.Position))
		}
	}
	if in.text("more.sku") != "" {
		says, sent = append(says, protect.Say{SKU: in.text("more.sku"), Quantity: in.number("more.quantity")}), append(sent, "more")
	}
	if err = in.err(); err != nil {
		return v.protectDone(fund.Claim{}, err, in)
	}
	c, err := v.w.d.Protect.Counter(v.ctx, v.actor(), x.ID, in.text("mark"), says, in.text("note"))
	return v.protectDone(c, renamed(err, sent), in)
}

// claimRemarks says of lines of a claim of price protection that the cap was used up on them, and
// that the price list was put right after it was sent.
func (v *visit) claimRemarks(page *view.FundClaimPage, c fund.Claim) error {
	if c.Source != fund.SourceProposed {
		return nil
	}
	id, list, err := v.w.d.Protect.Remarks(v.ctx, v.actor(), c.ID)
	if fault.CodeOf(err) == fault.NotFound { // of a promotion
		return nil
	}
	if err != nil {
		return err
	}
	page.Facts = append(page.Facts, view.KV{Label: view.T("protect.link"), Value: view.T("action.open"), URL: v.protectURL(id)})
	for _, x := range list {
		i := slices.IndexFunc(c.Lines, func(l fund.Line) bool { return l.Position == x.Position })
		if i < 0 || i >= len(page.Lines) {
			continue
		}
		l, row := c.Lines[i], &page.Lines[i]
		if x.Cut.Minor > 0 {
			row.Notes = append(row.Notes, view.T("protectnote.cap", "cap", amount(x.Cap), "whole", amount(x.Whole), "cut", amount(x.Cut)))
		}
		switch {
		case x.Lower(l):
			row.Notes = append(row.Notes, view.T("protectnote.lower", "version", x.Version, "drop", price(x.Drop, l.Asked.Currency), "said", price(l.Price, l.Asked.Currency), "comes", amount(x.Comes)))
			page.Corrected = page.Corrected || page.CanDecide && l.Verdict == fund.LineOpen
		case x.Corrected:
			row.Notes = append(row.Notes, view.T("protectnote.more", "version", x.Version, "drop", price(x.Drop, l.Asked.Currency), "said", price(l.Price, l.Asked.Currency)))
		}
	}
	return nil
}
