package web

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/chat/room"
	"entente/edi/doc"
	"entente/portal/locale"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/deal"
	"entente/prm/money"
	quotes "entente/prm/quote"
	"entente/prm/trade"
)

// quoteForms are the forms of the page; one of them may have been refused.
type quoteForms struct{ accept, end view.Form }

// quoteShow is a quote, for each side of it.
func quoteShow(v *visit) error {
	id := quotes.ID(v.Params("id"))
	if err := v.w.d.Quotes.Open(v.ctx, v.actor(), id); err != nil {
		return err
	}
	return v.quotePage(200, id, quoteForms{})
}

func (v *visit) quotePage(status int, id quotes.ID, f quoteForms) error {
	d, err := v.w.d.Quotes.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	people := []string{d.DecidedBy}
	for _, x := range d.Versions {
		people = append(people, x.Person)
	}
	n, err := v.lookup([]string{d.Supplier, d.Reseller}, people)
	if err != nil {
		return err
	}
	page := &view.QuotePage{Base: v.shell(), URL: v.quoteURL(id), Number: d.Number, Title: d.Title, Round: d.Round, Status: quoteState(d.Quote), Total: amount(d.Sum()), Note: d.Note, Accept: f.accept, End: f.end, MoreOrders: d.More}
	if d.State == quotes.Offered {
		page.Clock = &view.Clock{Since: d.At, Due: d.Expires, Text: view.T("quote.open_until", "due", d.Expires.Add(-time.Minute))} // of that day
	}
	v.quoteMay(page, d)
	v.quoteSaid(page, d, n)
	v.quoteTexts(page, d, n)
	res := d.Resource()
	if page.Sees, err = v.sees(n, seer{d.Reseller, access.QuoteRead, res, "quotesees.reseller"}, seer{d.Supplier, access.QuoteRead, res, "quotesees.supplier"}); err != nil {
		return err
	}
	if page.Room, err = v.roomAbout(room.Subject{Kind: "quote", ID: string(id)}, true); err != nil {
		return err
	}
	return v.renderAs(status, page, nil)
}

// quoteMay says which acts are shown.
func (v *visit) quoteMay(page *view.QuotePage, d quotes.Detail) {
	res, can := d.Resource(), func(x quotes.Deed) bool { return d.Can(x, v.org(), v.now) }
	var end quotes.Deed
	if v.may(access.QuoteWrite, res) {
		if page.CanDecline, page.CanRecall = can(quotes.Decline), can(quotes.Recall); page.CanDecline {
			end = quotes.Decline
		}
		if can(quotes.Ask) {
			page.AskURL = page.URL + "/ask"
		}
	}
	if v.may(access.QuoteOffer, res) {
		if page.CanRefuse, page.CanWithdraw = can(quotes.Refuse), can(quotes.Withdraw); page.CanRefuse {
			end = quotes.Refuse
		}
		if can(quotes.Offer) {
			page.OfferURL = page.URL + "/offer"
		}
	}
	if page.CanAccept = v.may(access.QuoteAccept, res) && can(quotes.Accept); page.CanAccept || d.State == quotes.Accepted && d.Order == "" && d.OrderApproval == "" && d.Reseller == v.org() {
		day := v.civilDay()
		page.CanOrder = v.may(access.QuoteAccept, res) && v.may(access.OrderPlace, res) && d.From <= day && day <= d.Until
	}
	page.Reasons = []view.Option{{Label: view.T("form.choose")}}
	for _, r := range quotes.ReasonsFor(end) {
		page.Reasons = append(page.Reasons, view.Option{Value: r, Label: view.T("quotereason." + r), On: r == page.End.Value("reason")})
	}
	if page.CanOrder {
		if page.Accept.Values == nil {
			page.Accept.Values = map[string]string{"ship_name": v.login.Org.Name, "ship_city": v.login.Org.City}
		}
		page.Countries = countries(or(page.Accept.Value("ship_country"), v.login.Org.Country), v.p)
	}
	if v.org() == d.Reseller && d.State == quotes.Accepted && d.Order == "" || v.org() == d.Reseller && d.State == quotes.Offered {
		page.Copy, page.CopyText = d.Number, view.T("quote.copy_text", "number", d.Number)
		if d.State == quotes.Accepted {
			page.CopyText = view.T("quote.copy_expected", "number", d.Number, "until", view.Date(d.Until))
		}
	}
}

// quoteSaid is what was said last, and what the company's own rules keep back.
func (v *visit) quoteSaid(page *view.QuotePage, d quotes.Detail, n names) {
	if d.Reason != "" {
		page.Told = view.T("quote.told", "company", n.org(d.DecidedOrg), "reason", view.T("quotereason."+d.Reason), "comment", d.Comment)
		if d.Comment == "" {
			page.Told = view.T("quote.told_short", "company", n.org(d.DecidedOrg), "reason", view.T("quotereason."+d.Reason))
		}
	}
	for key, id := range map[string]string{"quote.kept_offer": d.OfferApproval, "quote.kept_order": d.OrderApproval} {
		if id != "" && v.lists(access.ApprovalRead) {
			page.Kept = &view.KV{Label: view.T(key), Value: view.T("action.open"), URL: v.path("approvals", id)}
		}
	}
}

// quoteTexts fills what the quote says.
func (v *visit) quoteTexts(page *view.QuotePage, d quotes.Detail, n names) {
	c, lang := d.Currency, string(v.p.Language())
	for i, l := range d.Lines {
		row := view.QuoteLine{Number: i + 1, SKU: l.SKU, Name: or(l.Name(lang), l.SKU), Unit: l.Unit, Quantity: counted(l.Quantity, l.Unit), Price: price(l.Price, c), Amount: amount(money.Amount{Minor: l.Amount, Currency: c}), Special: l.Special() && l.Base > 0}
		if row.Special {
			row.Base = price(l.Base, c)
		}
		if l.Ordered > 0 {
			row.Ordered = view.T("quote.ordered_n", "n", counted(l.Ordered, l.Unit))
		}
		row.Options, row.Steps = l.Config.Words(lang), v.quoteSteps(l, c)
		page.Lines = append(page.Lines, row)
	}
	add := func(key string, value view.Text) {
		if !value.IsZero() {
			page.Facts = append(page.Facts, view.KV{Label: view.T(key), Value: value})
		}
	}
	add("party.supplier", view.Raw(n.org(d.Supplier)))
	add("party.buyer", view.Raw(n.org(d.Reseller)))
	add("quote.customer", view.Raw(d.Customer))
	if d.Kind == quotes.KindOffer {
		add("quote.valid_until", view.T("order.on", "date", view.Date(d.ValidUntil)))
		add("quote.window", view.T("quote.from_until", "from", view.Date(d.From), "until", view.Date(d.Until)))
	} else if d.Until != "" {
		add("quote_form.wanted_until", view.T("order.on", "date", view.Date(d.Until)))
	}
	if d.DealCode != "" {
		kv := view.KV{Label: view.T("quote.deal"), Value: view.Raw(d.DealCode), Mono: true}
		if v.may(access.DealRead, d.Resource()) {
			kv.URL = v.dealURL(d.Deal)
		}
		page.Facts = append(page.Facts, kv)
	}
	for _, l := range locale.Languages() {
		for _, size := range []string{"a4", "letter"} {
			page.PDFs = append(page.PDFs, view.KV{Label: view.T("quote.pdf", "language", view.T("quotepdf."+string(l)), "paper", view.T("quotepdf."+size)), URL: page.URL + "/pdf?lang=" + string(l) + "&paper=" + size})
		}
	}
	for i, x := range d.Versions {
		row := view.QuoteVersion{Number: x.Number, Kind: view.T("quotekind."+x.Kind, "company", n.org(x.Org)), By: n.actor(x.Person, x.Org), At: x.At, Total: amount(money.Amount{Minor: x.Total, Currency: c}), Now: i == 0}
		if i+1 < len(d.Versions) {
			for _, ch := range quotes.Diff(d.Versions[i+1], x) {
				row.Changes = append(row.Changes, v.diffText(ch))
			}
		}
		page.Versions = append(page.Versions, row)
	}
	for _, o := range d.Orders {
		row := view.QuoteOrder{Number: o.Number, Status: view.Status{State: view.State("order." + string(o.State))}, On: view.Date(o.OrderedOn)}
		if v.lists(access.OrderRead) {
			row.URL = v.orderURL(o.ID)
		}
		page.Orders = append(page.Orders, row)
	}
}

// diffText says one difference between two rounds.
func (v *visit) diffText(c quotes.Change) view.Text {
	word := func(s string) view.Text {
		if slices.Contains([]string{"valid_until", "from", "until"}, c.Field) && s != "" {
			return view.T("order.on", "date", view.Date(s))
		}
		return orDash(s)
	}
	switch {
	case c.Field == "line" && c.Was == "":
		return view.T("quotediff.added", "sku", c.SKU, "now", lot(c.Now))
	case c.Field == "line":
		return view.T("quotediff.removed", "sku", c.SKU, "was", lot(c.Was))
	case c.Field == "note":
		return view.T("quotediff.note")
	case c.Field == "options":
		words := func(c *quotes.Config) view.Text {
			return orDash(v.p.List(c.Words(string(v.p.Language()))))
		}
		return view.T("quotediff.options", "sku", c.SKU, "was", words(c.WasConfig), "now", words(c.NowConfig))
	}
	return view.T("quotediff."+c.Field, "sku", c.SKU, "was", word(c.Was), "now", word(c.Now))
}

// lot is a quantity with its unit, as quotes.Diff writes it.
func lot(s string) view.Quantity {
	n, unit, _ := strings.Cut(s, " ")
	return view.Quantity{Value: n, Unit: unit}
}

// quoteAccept accepts the round that was seen: with an order, or one that follows by EDI.
func quoteAccept(v *visit) error {
	in := v.input()
	id := quotes.ID(v.Params("id"))
	cmd := quotes.AcceptCmd{Round: in.whole("round"), Order: in.text("act") == "order"}
	if cmd.Order {
		cmd.PlaceCmd = trade.PlaceCmd{Number: in.text("po"), RequestedOn: in.date("requested"), ShipTo: doc.Party{Role: "ST", Name: in.text("ship_name"), City: in.text("ship_city"), Postcode: in.text("ship_postcode"), Country: in.text("ship_country")}}
		if street := in.text("ship_street"); street != "" {
			cmd.ShipTo.Address = []string{street}
		}
	}
	err := in.err()
	if err == nil {
		var q quotes.Quote
		if q, err = v.w.d.Quotes.Accept(v.ctx, v.actor(), id, cmd); err == nil {
			switch {
			case cmd.Order && q.Order == "" && q.OrderApproval != "":
				return v.done(v.path("approvals", q.OrderApproval), "said.approval_asked")
			case cmd.Order:
				return v.done(v.orderURL(q.Order), "said.quote_ordered")
			}
			return v.done(v.quoteURL(id), "said.quote_accepted")
		}
	}
	return v.quoteAgain(err, in, id, func(f *quoteForms, form view.Form) { f.accept = form })
}

// quoteEnd declines, refuses, withdraws or recalls.
func quoteEnd(said string, do func(*quotes.Service, context.Context, access.Actor, quotes.ID, quotes.EndCmd) (quotes.Quote, error)) func(*visit) error {
	return func(v *visit) error {
		in := v.input()
		id := quotes.ID(v.Params("id"))
		_, err := do(v.w.d.Quotes, v.ctx, v.actor(), id, quotes.EndCmd{Round: in.whole("round"), Reason: in.text("reason"), Comment: in.text("comment")})
		if err == nil {
			return v.done(v.quoteURL(id), said)
		}
		return v.quoteAgain(err, in, id, func(f *quoteForms, form view.Form) { f.end = form })
	}
}

// quoteAgain shows the page with the form that was refused.
func (v *visit) quoteAgain(err error, in *input, id quotes.ID, keep func(f *quoteForms, form view.Form)) error {
	errs, note, status, ok := v.refusal(err)
	if !ok {
		return err
	}
	if status == 409 {
		note = v.quoteNote(err, note)
	}
	var f quoteForms
	keep(&f, in.form(errs, note))
	return v.quotePage(status, id, f)
}

// dealQuotes shows the quotes of a registration, makes one, and begins an engagement from it.
func (v *visit) dealQuotes(page *view.DealPage, d deal.Detail) error {
	if d.Live() || d.Decision == deal.Pending && d.Pen != deal.PenWithdrawn {
		page.EngageURL = v.engageFrom("deal", string(d.ID))
	}
	rows, err := v.engagedIn("deal", string(d.ID))
	if err != nil {
		return err
	}
	page.Engagements = rows
	side, act, path := access.Reseller, access.QuoteWrite, "new"
	if v.org() == d.Supplier {
		side, act, path = access.Supplier, access.QuoteOffer, "offer"
	}
	if !v.may(access.QuoteRead, v.quoteRes(side)) {
		return nil
	}
	list, err := v.w.d.Quotes.List(v.ctx, v.actor(), side, quotes.Filter{Deal: d.ID, Limit: 20})
	if err != nil {
		return err
	}
	if page.Quotes, err = v.quoteRows(list.Items); err != nil {
		return err
	}
	if (d.Live() || d.Decision == deal.Pending || d.Decision == deal.None) && d.Pen != deal.PenWithdrawn && v.may(act, v.quoteRes(side)) {
		page.QuoteOffer = side == access.Supplier
		page.QuoteURL = v.path("quotes", path) + "?deal=" + queryEscape(string(d.ID))
	}
	return nil
}

// orderQuotes are the quotes on which an order draws, as facts of its page.
func (v *visit) orderQuotes(id trade.OrderID) ([]view.KV, error) {
	if !v.lists(access.QuoteRead) {
		return nil, nil
	}
	list, err := v.w.d.Quotes.OfOrder(v.ctx, v.actor(), id)
	var out []view.KV
	for _, q := range list {
		out = append(out, view.KV{Label: view.T("quote.one"), Value: view.Raw(q.Number), Mono: true, URL: v.quoteURL(q.ID)})
	}
	return out, err
}
