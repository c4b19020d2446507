package web

import (
	"slices"
	"strconv"
	"strings"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/deal"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/money"
	"entente/prm/partner"
	quotes "entente/prm/quote"
)

var quoteBlocks = fragments{"quote-form": "quote_form.form"}

// quoteNew is the empty form, or that of another round filled with the last one; ?deal= fills
// it from a registration, ?lead= from an offer of a lead, ?sku= the first line.
func quoteNew(d quotes.Deed) func(*visit) error {
	return func(v *visit) error {
		in := &input{v: v, values: map[string]string{}, wrong: fault.New(fault.Invalid, "form.invalid")}
		var was *quotes.Quote
		var err error
		switch {
		case v.Params("id") != "":
			q, err := v.w.d.Quotes.Head(v.ctx, v.actor(), quotes.ID(v.Params("id")))
			if err != nil {
				return err
			}
			in.fillQuote(q, d)
			was = &q
		case v.Query("deal") != "":
			err = in.fillDeal(deal.ID(v.Query("deal")))
		case v.Query("lead") != "":
			err = in.fillLead(lead.OfferID(v.Query("lead")))
		default:
			if s := v.Query("sku"); s != "" && len(s) < 80 {
				in.values[lineName(0, "sku")], in.values[lineName(0, "quantity")] = s, "1"
			}
			in.values["partner"] = v.Query("partner")
		}
		if err != nil {
			return err
		}
		return v.quoteForm(200, in, d, was, nil)
	}
}

// fillQuote writes the last round into the form. An offer answers the price that was asked
// for, a request begins with the one it got.
func (in *input) fillQuote(q quotes.Quote, d quotes.Deed) {
	in.values["round"], in.values["title"], in.values["customer"] = strconv.Itoa(q.Round), q.Title, q.Customer
	if d == quotes.Offer {
		in.values["valid_until"], in.values["from"], in.values["until"] = q.ValidUntil, q.From, q.Until
		if q.ValidUntil < in.v.civilDay() {
			in.values["valid_until"] = ""
		}
		if q.Until < in.v.civilDay() {
			in.values["until"] = ""
		}
		if q.Kind == quotes.KindOffer {
			in.values["note"] = q.Note
		}
	}
	for i, l := range q.Lines {
		in.values[lineName(i, "sku")], in.values[lineName(i, "quantity")], in.values[lineName(i, "unit")] = l.SKU, l.Quantity.String(), l.Unit
		if l.Special() {
			in.values[lineName(i, "price")] = l.Price.Fixed(q.Currency.Digits())
		}
		for _, p := range l.Config.Picks() {
			in.values[lineName(i, "o-"+p.Option)] = strconv.Itoa(p.Pieces)
		}
	}
	in.values["lines"] = strconv.Itoa(len(q.Lines))
}

// picks are the options that were chosen on a line of the form: one of a group, or pieces of
// an option.
func (in *input) picks(line int) []catalog.Pick {
	var out []catalog.Pick
	for name, value := range in.values {
		f, ok := strings.CutPrefix(name, lineName(line, ""))
		if !ok || value == "" || len(out) >= catalog.MaxOptions {
			continue
		}
		if _, group := strings.CutPrefix(f, "g-"); group {
			out = append(out, catalog.Pick{Option: strings.TrimSpace(value), Pieces: 1})
		} else if code, option := strings.CutPrefix(f, "o-"); option {
			n, err := strconv.Atoi(strings.TrimSpace(value))
			if err != nil || n < 0 {
				in.wrong.With(name, "error.number", "value", value)
				continue
			}
			out = append(out, catalog.Pick{Option: code, Pieces: n})
		}
	}
	slices.SortFunc(out, func(a, b catalog.Pick) int { return strings.Compare(a.Option, b.Option) })
	return out
}

// fillDeal writes a registration into the form, for either side of it.
func (in *input) fillDeal(id deal.ID) error {
	v := in.v
	d, err := v.w.d.Deals.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	in.values["deal"], in.values["title"], in.values["customer"] = string(d.ID), d.Title, d.Draft.Customer.Name
	c, err := v.partners()
	if err != nil {
		return err
	}
	for _, p := range c.all {
		if p.State == partner.Active && p.Supplier == d.Supplier && (p.Reseller == d.Registrant && d.Fulfiller == "" || p.Reseller == d.Fulfiller || p.Reseller == v.org()) {
			in.values["partner"] = p.ID
		}
	}
	for i, x := range d.Items {
		in.values[lineName(i, "sku")], in.values[lineName(i, "quantity")] = x.SKU, x.Quantity.String()
		if x.Price > 0 {
			in.values[lineName(i, "price")] = x.Price.Fixed(d.Value.Currency.Digits())
		}
	}
	in.values["lines"] = strconv.Itoa(max(1, len(d.Items)))
	return nil
}

// fillLead writes a lead that the company accepted into the form.
func (in *input) fillLead(id lead.OfferID) error {
	v := in.v
	o, err := v.w.d.Leads.GetOffer(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	c, err := v.partners()
	if err != nil {
		return err
	}
	for _, p := range c.all {
		if p.State == partner.Active && p.Supplier == o.Supplier && p.Reseller == v.org() {
			in.values["partner"] = p.ID
		}
	}
	in.values["title"] = o.Teaser.Title
	if o.Shared != nil {
		in.values["customer"] = o.Shared.Customer
	}
	return nil
}

// quoteSend sends the form; adding and removing lines only render it.
func quoteSend(d quotes.Deed) func(*visit) error {
	return func(v *visit) error {
		in := v.input()
		var was *quotes.Quote
		if id := v.Params("id"); id != "" {
			q, err := v.w.d.Quotes.Head(v.ctx, v.actor(), quotes.ID(id))
			if err != nil {
				return err
			}
			was = &q
		}
		if _, look := in.values["look"]; look {
			return v.quoteForm(200, in, d, was, nil)
		}
		if _, add := in.values["add"]; add {
			in.values["lines"] = strconv.Itoa(in.lineCount() + moreLines)
			return v.quoteForm(200, in, d, was, nil)
		}
		if gone, remove := in.values["remove"]; remove {
			in.removeLine(gone)
			return v.quoteForm(200, in, d, was, nil)
		}
		cmd, rows := in.quoteCmd(was)
		err := in.err()
		if err == nil {
			var q quotes.Quote
			if d == quotes.Offer {
				q, err = v.w.d.Quotes.Offer(v.ctx, v.actor(), cmd)
			} else {
				q, err = v.w.d.Quotes.Ask(v.ctx, v.actor(), cmd)
			}
			if err = renamed(err, rows); err == nil {
				switch {
				case d == quotes.Offer && q.OfferApproval != "":
					return v.done(v.path("approvals", q.OfferApproval), "said.approval_asked")
				case d == quotes.Offer:
					return v.done(v.quoteURL(q.ID), "said.quote_offered")
				}
				return v.done(v.quoteURL(q.ID), "said.quote_asked")
			}
		}
		return v.quoteForm(422, in, d, was, err)
	}
}

// quoteCmd decodes the form. Lines without an item are left out; rows tells which row of the
// form each line came from.
func (in *input) quoteCmd(was *quotes.Quote) (cmd quotes.Cmd, rows []string) {
	cmd = quotes.Cmd{Partnership: in.text("partner"), Key: in.v.key(), Deal: deal.ID(in.text("deal")), Title: in.text("title"), Customer: in.text("customer"), Note: in.text("note"),
		ValidUntil: in.date("valid_until"), From: in.date("from"), Until: in.date("until")}
	if was != nil {
		cmd.Quote, cmd.Round = was.ID, in.whole("round")
	} else {
		in.require("partner")
	}
	for i := range in.lineCount() {
		at := "line." + strconv.Itoa(i)
		l := quotes.LineCmd{SKU: in.text(at + ".sku"), Quantity: in.number(at + ".quantity"), Unit: in.text(at + ".unit"), Price: in.number(at + ".price"), Options: in.picks(i)}
		switch {
		case l.SKU == "" && in.text(at+".quantity") == "" && in.text(at+".price") == "":
			continue
		case l.SKU == "":
			in.wrong.With(at+".sku", "form.missing")
		case l.Quantity == 0 && !in.isWrong(at+".quantity"):
			in.wrong.With(at+".quantity", "form.missing")
		}
		cmd.Lines, rows = append(cmd.Lines, l), append(rows, at)
	}
	if len(cmd.Lines) == 0 && len(in.wrong.Fields) == 0 {
		in.wrong.With("line.0.sku", "form.missing")
	}
	return cmd, rows
}

// quoteForm renders the form with what is known of the lines.
func (v *visit) quoteForm(status int, in *input, d quotes.Deed, was *quotes.Quote, err error) error {
	side, act, name := access.Reseller, access.QuoteWrite, "new"
	if d == quotes.Offer {
		side, act, name = access.Supplier, access.QuoteOffer, "offer"
	}
	page := &view.QuoteFormPage{Base: v.shell(), URL: v.path("quotes", name), Offer: d == quotes.Offer, Hint: view.T("quote_form.hint." + string(d))}
	c, perr := v.partners()
	if perr != nil {
		return perr
	}
	var chosen partner.Partnership
	if was != nil {
		if !v.may(act, was.Resource()) || was.Side(v.org()) != side {
			return fault.New(fault.NotFound, "error.not_found")
		}
		page.Changing, page.Number, page.BackURL, page.URL = true, was.Number, v.quoteURL(was.ID), v.quoteURL(was.ID)+"/"+map[quotes.Deed]string{quotes.Ask: "ask", quotes.Offer: "offer"}[d]
		page.Deal = was.DealCode
		chosen = partner.Partnership{ID: was.Partnership, Supplier: was.Supplier, Reseller: was.Reseller, Currency: was.Currency}
		if status == 200 && !was.Can(d, v.org(), v.now) {
			err, status = fault.New(fault.Conflict, "quote.not_now", "State", string(was.State)), 409
		}
	} else {
		pairs := v.quotePairs(c, side)
		if len(pairs) == 0 || !v.may(act, v.quoteRes(side)) {
			return fault.New(fault.NotFound, "error.not_found")
		}
		chosen = pairs[0]
		for _, p := range pairs {
			if p.ID == in.text("partner") {
				chosen = p
			}
		}
		for _, p := range pairs {
			page.Partners = append(page.Partners, view.Option{Value: p.ID, Label: view.Raw(c.orgs[p.Other(v.org())].Name), On: p.ID == chosen.ID})
		}
		if id := in.text("deal"); id != "" {
			if x, err := v.w.d.Deals.Get(v.ctx, v.actor(), deal.ID(id)); err == nil {
				page.Deal = x.Code
			}
		}
	}
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		if fault.CodeOf(err) == fault.Conflict {
			status, note = 409, v.quoteNote(err, note)
		}
		page.Form, page.Key = in.form(errs, note), v.key()
	} else {
		page.Form = in.form(nil, view.Text{})
		if v.Method() == "POST" {
			page.Key = v.key()
		}
	}
	if err := v.quoteLines(page, in, d, was, chosen); err != nil {
		return err
	}
	return v.renderAs(status, page, quoteBlocks)
}

// quoteNote says a refusal that names a state in its words.
func (v *visit) quoteNote(err error, note view.Text) view.Text {
	if s, ok := fault.As(err).Args["State"].(string); ok && fault.KeyOf(err) == "quote.not_now" {
		return view.T("quote.not_now", "State", view.State("quote."+s))
	}
	return note
}

// quoteLines fills the rows with what each line would cost, and the suggestions.
func (v *visit) quoteLines(page *view.QuoteFormPage, in *input, d quotes.Deed, was *quotes.Quote, p partner.Partnership) error {
	cmd := quotes.Cmd{Partnership: p.ID}
	if was != nil {
		cmd.Quote, cmd.Round = was.ID, was.Round
	}
	var rows []int
	for i := range in.lineCount() {
		at := "line." + strconv.Itoa(i)
		l := view.NewOrderLine{Index: i, SKU: in.text(at + ".sku"), Quantity: in.text(at + ".quantity"), Price: in.text(at + ".price"), Unit: in.text(at + ".unit")}
		page.Lines = append(page.Lines, l)
		if l.SKU == "" {
			continue
		}
		q, ok := decimal(l.Quantity)
		if !ok || q <= 0 {
			q = money.One
		}
		x, ok := decimal(l.Price)
		if !ok || x < 0 {
			x = 0
		}
		cmd.Lines, rows = append(cmd.Lines, quotes.LineCmd{SKU: l.SKU, Quantity: q, Unit: l.Unit, Price: x, Options: in.picks(i)}), append(rows, i)
	}
	if len(cmd.Lines) > 0 && (was == nil || was.Can(d, v.org(), v.now)) {
		got, total, err := v.w.d.Quotes.Preview(v.ctx, v.actor(), d, cmd)
		if err != nil && fault.CodeOf(err) != fault.Conflict {
			return err
		}
		for i, l := range got {
			row := &page.Lines[rows[i]]
			if l.SKU == "" {
				if page.Form.Error(lineName(rows[i], "sku")).IsZero() && page.Form.Error(lineName(rows[i], "price")).IsZero() && page.Form.Error(lineName(rows[i], "unit")).IsZero() {
					row.Error = view.T("quote_form.not_sold", "sku", row.SKU)
				}
				continue
			}
			v.quoteRow(row, l, p.Currency)
		}
		if total.Minor > 0 {
			page.Total = amount(total)
		}
	}
	list, err := v.w.d.Catalog.List(v.ctx, v.actor(), catalog.Filter{Supplier: p.Supplier, Limit: 200})
	if err != nil {
		if fault.IsNotFound(err) {
			return nil
		}
		return err
	}
	for _, e := range list.Items {
		page.Products = append(page.Products, view.ProductRow{SKU: e.SKU, Name: e.Name(string(v.p.Language()))})
	}
	return nil
}

// quoteRow says what is known of a line: its name, the price without the quote, the special
// price that was asked for.
func (v *visit) quoteRow(row *view.NewOrderLine, l quotes.Line, c money.Currency) {
	row.Name, row.PriceUnit = or(l.Name(string(v.p.Language())), l.SKU), l.Unit
	for _, u := range l.Units {
		row.Units = append(row.Units, view.Option{Value: u, Label: view.Raw(v.p.Unit(u)), On: catalog.SameUnit(u) == l.Unit})
	}
	if l.Base > 0 {
		row.ListPrice = price(l.Base, c)
	}
	if l.Amount > 0 && row.Quantity != "" {
		row.Amount = amount(money.Amount{Minor: l.Amount, Currency: c})
	}
	if l.Choice != nil {
		row.Config = v.configBox(row.Index, l, c)
	}
	if l.Asked > 0 {
		row.Notes = append(row.Notes, view.T("quotestep.asked_is", "price", price(l.Asked, c)))
	}
}

// configBox is what can be chosen on a line, what stands in the way, and how its price comes
// about.
func (v *visit) configBox(line int, l quotes.Line, c money.Currency) *view.ConfigBox {
	ch, lang := l.Choice, string(v.p.Language())
	box := &view.ConfigBox{Steps: v.quoteSteps(l, c)}
	for _, p := range ch.Problems {
		box.Problems = append(box.Problems, v.optionProblem(ch.Options, p))
	}
	have := map[string]catalog.Chosen{}
	for _, x := range ch.Chosen {
		have[x.Option.Code] = x
	}
	for _, g := range ch.Options.Groups {
		row := view.ConfigGroup{Name: g.Name(lang), Note: groupNote(g), NoneOn: true}
		if g.Most <= 1 && !g.Required {
			row.None = lineName(line, "g-"+g.Code)
		}
		for _, o := range g.Options {
			x, on := have[o.Code]
			out := view.ConfigOption{Field: lineName(line, "o-"+o.Code), Value: "1", Name: o.Name(lang), On: on, Most: o.Most}
			if g.Most == 1 && o.Most == 1 {
				out.Radio, out.Field, out.Value = true, lineName(line, "g-"+g.Code), o.Code
			} else if o.Most > 1 {
				if out.Value = ""; on {
					out.Value = strconv.Itoa(x.Pieces)
				}
			}
			if on {
				row.NoneOn = false
			}
			if p, blocked := ch.Blocked[o.Code]; blocked {
				out.Off, out.Why = true, v.blockedText(ch.Options, p)
			} else if on && x.By != "" {
				out.Off, out.Why = o.Most == 1, view.T("optionblocked.brought", "because", v.optionNames(ch.Options, []string{x.By}))
			}
			if l.Base > 0 {
				out.Adds = adds(ch.Adds[o.Code], c)
			}
			row.Options = append(row.Options, out)
		}
		box.Groups = append(box.Groups, row)
	}
	return box
}

// adds says what an option adds to a price.
func adds(p money.Price, c money.Currency) view.Text {
	switch {
	case p == 0:
		return view.T("config.adds_not")
	case p < 0:
		return view.T("config.takes", "price", price(-p, c))
	}
	return view.T("config.adds", "price", price(p, c))
}

// optionProblem says why a configuration does not stand.
func (v *visit) optionProblem(o catalog.Options, p catalog.Problem) view.Text {
	key, group := "optionproblem."+p.Kind, p.Group
	for _, g := range o.Groups {
		if g.Code == p.Group {
			group = g.Name(string(v.p.Language()))
		}
	}
	if p.Kind == catalog.RuleRequires && len(p.Among) > 1 {
		key += "_one"
	}
	return view.T(key, "group", group, "option", v.optionNames(o, []string{p.Option}), "because", v.optionNames(o, p.Because), "among", v.optionNames(o, p.Among), "most", strconv.Itoa(p.Most))
}

// blockedText says why an option cannot be had.
func (v *visit) blockedText(o catalog.Options, p catalog.Problem) view.Text {
	key := "optionblocked.because"
	switch {
	case len(p.Because) == 0:
		key = "optionblocked.alone"
	case p.Kind == catalog.ProblemMany || p.Kind == catalog.RuleLimits:
		key = "optionblocked.most"
	}
	return view.T(key, "because", v.optionNames(o, p.Because), "most", strconv.Itoa(p.Most))
}

// quoteSteps says how the price of a line comes about.
func (v *visit) quoteSteps(l quotes.Line, c money.Currency) []view.QuoteStep {
	var out []view.QuoteStep
	for k, s := range l.Steps {
		key := "quotestep." + s.Kind
		if s.Kind != quotes.StepOption && s.Version > 0 && s.List == "" {
			key += "_plain"
		}
		step := view.QuoteStep{Text: view.T(key, "list", s.List, "version", strconv.Itoa(s.Version), "from", view.Date(s.From)), Price: price(s.Price, c), Last: k == len(l.Steps)-1}
		if s.Kind == quotes.StepOption {
			name := quotes.ConfigOption{Code: s.Option, NameEN: s.NameEN, NameZH: s.NameZH}.Name(string(v.p.Language()))
			switch {
			case s.Percent != 0:
				key += "_percent"
			case s.Pieces > 1:
				key += "_pieces"
			}
			step.Text, step.Add = view.T(key, "option", name, "pieces", strconv.Itoa(s.Pieces), "percent", catalog.PercentText(s.Percent)), adds(s.Add, c)
		}
		out = append(out, step)
	}
	return out
}
