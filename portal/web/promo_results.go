package web

import (
	"context"

	"entente/portal/sheet"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/promo"
)

// promoTabs are the parts of a promotion's page, once something was agreed.
func (v *visit) promoTabs(url string, agreed bool, on string) []view.Tab {
	if !agreed {
		return nil
	}
	return []view.Tab{{Label: view.T("promo.overview"), URL: url, Count: -1, On: on == ""}, {Label: view.T("promo.results"), URL: url + "/results", Count: -1, On: on == "results"}}
}

// promoResults shows what came of a promotion, and the lines behind each number.
func promoResults(v *visit) error { return v.resultsPage(200, view.Form{}) }

func (v *visit) resultsPage(status int, f view.Form) error {
	id := promo.ID(v.Params("id"))
	r, err := v.w.d.Promos.Results(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	mine := r.Owner == v.org()
	filter := promo.LineFilter{SKU: v.Query("sku"), Show: oneOf(v.Query("show"), []string{"in", "out"}), After: v.Query("after"), Limit: pageRows}
	if mine {
		filter.Org = v.Query("partner")
	}
	lines, next, err := v.w.d.Promos.Lines(v.ctx, v.actor(), id, filter)
	if err != nil {
		return err
	}
	orgs := []string{r.Owner, v.org()}
	for _, x := range r.Parts {
		orgs = append(orgs, x.Org)
	}
	for _, l := range lines {
		orgs = append(orgs, l.Org)
	}
	for _, x := range r.Terms.Parts {
		orgs = append(orgs, x.Org)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	p := v.promoHead(r.Head, r.Terms, promoForms{answer: f})
	p.Mine, p.Owner, p.Tab, p.Tabs = mine, n.company(r.Owner), "results", v.promoTabs(p.URL, true, "results")
	p.CanSettle = mine && r.State == promo.Ended && v.may(access.PromoWrite, access.Own(v.org()))
	out := &view.PromoResults{Formula: view.T("promo.formula"), Settled: r.Settled, ExportURL: p.URL + "/lines.csv", Pager: view.Pager{Shown: len(lines), Total: -1, Next: v.next(next)}}
	for _, w := range []string{"", "in", "out"} {
		key := "promo.show." + or(w, "all")
		out.Filters = append(out.Filters, view.Option{Value: v.again("show", w) + "#lines", Label: view.T(key), On: filter.Show == w})
	}
	v.promoFigures(out, r, mine, n)
	for _, l := range lines {
		out.Lines = append(out.Lines, v.promoLine(l, n))
	}
	sold, more, err := v.w.d.Promos.Resales(v.ctx, v.actor(), id, promo.LineFilter{Org: filter.Org, SKU: filter.SKU, Show: filter.Show, After: v.Query("resales"), Limit: pageRows})
	if err != nil {
		return err
	}
	for _, l := range sold {
		row := view.PromoResale{Report: l.Number, SKU: l.SKU, Company: n.company(l.Org), From: view.Date(l.From), To: view.Date(l.To), Sold: counted(l.Sold, ""), Counted: counted(l.Counted, ""), Earned: amount(l.Earned), Status: view.Status{State: view.State("promoline." + l.Verdict)}, Why: view.T("promowhy." + l.Reason)}
		if v.lists(access.SellRead) {
			row.ReportURL = v.path("sell-through", l.Report)
		}
		out.Resales = append(out.Resales, row)
	}
	if more != "" {
		out.MoreURL = v.again("resales", more) + "#resales"
	}
	if !mine {
		if out.Claim, err = v.promoClaim(id, r.Terms); err != nil {
			return err
		}
	}
	p.Results = out
	return v.renderAs(status, p, fragments{"rows": "promo.results"})
}

func (v *visit) promoLine(l promo.Line, n names) view.PromoLine {
	q := func(x money.Quantity) view.Quantity { return view.Quantity{Value: x.String()} }
	return view.PromoLine{Order: l.Number, OrderURL: v.orderURL(l.Order), Line: itoa(int64(l.Line)), SKU: l.SKU, Company: n.company(l.Org), On: view.Date(l.OrderedOn), Ordered: q(l.Ordered), Granted: q(l.Counted), Invoiced: q(l.Invoiced), Earned: amount(l.Earned),
		Status: view.Status{State: view.State("promoline." + l.Verdict)}, Why: view.T("promowhy." + l.Reason)}
}

// promoFigures are the sums: for the owner converted at the fixed rates, else the viewer's
// own in its currency.
func (v *visit) promoFigures(out *view.PromoResults, r promo.Results, mine bool, n names) {
	t := r.Terms
	var counted, shipped, invoiced, sold money.Quantity
	sales := func(row *view.PromoResult, x promo.Figures) {
		row.Sold = v.p.Quantity(x.Sold.String(), "")
		if left := x.Invoiced - x.Sold; t.By != promo.ByResale && x.Sold != 0 {
			row.Channel = view.T("promo.channel", "n", v.p.Quantity(left.String(), ""))
		}
	}
	orders := 0
	total := func(c money.Currency) money.Amount { return money.Amount{Currency: c} }
	c := t.Currency
	if !mine && len(t.Parts) > 0 {
		c = t.Parts[0].Currency
	}
	value, earned := total(c), total(c)
	seen := map[string]bool{}
	for _, x := range r.Parts {
		part, _ := t.Part(x.Org)
		row := view.PromoResult{Company: n.company(x.Org), URL: v.again("partner", x.Org, "sku", "") + "#lines", Orders: x.Orders, Ordered: v.p.Quantity(x.Counted.String(), ""), Confirmed: v.p.Quantity(x.Confirmed.String(), ""), Shipped: v.p.Quantity(x.Shipped.String(), ""), Invoiced: v.p.Quantity(x.Invoiced.String(), ""), Value: amount(x.Value), Earned: amount(x.Earned), Percent: -1}
		sales(&row, x)
		if part.Target > 0 {
			row.Percent = int(x.Counted * 100 / part.Target)
			if t.By == promo.ByResale {
				row.Percent = int(max(0, x.Sold) * 100 / part.Target)
			}
		}
		a, b := x.Value, x.Earned
		if x.Currency != c {
			a, b = promo.Convert(x.Value, part.Rate, c), promo.Convert(x.Earned, part.Rate, c)
			row.Worth = amount(b)
		}
		value.Minor, earned.Minor = value.Minor+a.Minor, earned.Minor+b.Minor
		counted, shipped, invoiced, orders = counted+x.Counted, shipped+x.Shipped, invoiced+x.Invoiced, orders+x.Orders
		sold += x.Sold
		seen[x.Org] = true
		out.Partners = append(out.Partners, row)
	}
	for _, p := range t.Parts { // who ordered nothing yet
		if p.Role == promo.Participant && !seen[p.Org] {
			zero := amount(money.Amount{Currency: p.Currency})
			row := view.PromoResult{Company: n.company(p.Org), URL: v.again("partner", p.Org) + "#lines", Ordered: "0", Confirmed: "0", Shipped: "0", Invoiced: "0", Sold: "0", Value: zero, Earned: zero, Percent: -1}
			if p.Target > 0 {
				row.Percent = 0
			}
			out.Partners = append(out.Partners, row)
		}
	}
	for _, x := range r.Products {
		row := view.PromoResult{Label: x.SKU, URL: v.again("sku", x.SKU, "partner", "") + "#lines", Orders: x.Orders, Ordered: v.p.Quantity(x.Counted.String(), ""), Confirmed: v.p.Quantity(x.Confirmed.String(), ""), Shipped: v.p.Quantity(x.Shipped.String(), ""), Invoiced: v.p.Quantity(x.Invoiced.String(), ""), Value: amount(x.Value), Earned: amount(x.Earned), Percent: -1}
		sales(&row, x)
		out.Products = append(out.Products, row)
	}
	what := view.T("promo.fig.value_own")
	paid := view.T("promo.fig.earned_own")
	if mine {
		what, paid = view.T("promo.fig.value_sub"), view.T("promo.fig.earned_sub", "budget", amount(t.Budget()))
	}
	frozen := total(c)
	for _, x := range r.Frozen {
		part, _ := t.Part(x.Org)
		b := x.Earned
		if x.Currency != c {
			b = promo.Convert(x.Earned, part.Rate, c)
		}
		frozen.Minor += b.Minor
	}
	if r.State == promo.Settled {
		paid = view.T("promo.fig.settled", "settled", amount(frozen), "late", amount(money.Amount{Minor: earned.Minor - frozen.Minor, Currency: c}))
	}
	out.Figures = []view.PromoFigure{
		{Label: view.T("promo.fig.units"), Value: view.Raw(v.p.Quantity(counted.String(), "")), Sub: view.T("promo.fig.units_sub", "n", orders)},
		{Label: view.T("promo.fig.invoiced"), Value: view.Raw(v.p.Quantity(invoiced.String(), "")), Sub: view.T("promo.fig.invoiced_sub", "shipped", v.p.Quantity(shipped.String(), ""), "sold", v.p.Quantity(sold.String(), ""))},
		{Label: view.T("promo.fig.value"), Value: view.T("promosay.one_amount", "amount", amount(value)), Sub: what},
		{Label: view.T("promo.fig.earned"), Value: view.T("promosay.one_amount", "amount", amount(earned)), Sub: paid},
	}
}

// promoSettle closes a promotion that has ended.
func promoSettle(v *visit) error {
	in := v.input()
	id := promo.ID(v.Params("id"))
	err := v.w.d.Promos.Settle(v.ctx, v.actor(), id, in.version())
	if err == nil {
		return v.done(v.promoURL(id)+"/results", "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.resultsPage(422, in.form(errs, note))
}

// promoExport is the lines behind the figures as a table.
func promoExport(v *visit) error {
	id := promo.ID(v.Params("id"))
	f := promo.LineFilter{Limit: exportRows}
	list, next, err := v.w.d.Promos.Lines(v.ctx, v.actor(), id, f)
	if err != nil {
		return err
	}
	titles := v.titles("col.order", "paper.line", "col.partner", "order.ordered_on", "col.item", "promo.ordered", "promo.granted", "promo.counted", "promo.shipped", "promo.invoiced", "order.currency", "promo.value", "promo.earned", "promo.why")
	return v.export(v.p.T("promo.lines"), titles, func(ctx context.Context, put func(...sheet.Cell) error) error {
		for {
			var orgs []string
			for _, l := range list {
				orgs = append(orgs, l.Org)
			}
			n, err := v.companies(ctx, orgs)
			if err != nil {
				return err
			}
			for _, l := range list {
				if err := put(words(l.Number), whole(l.Line), words(n.org(l.Org)), day(l.OrderedOn), words(l.SKU), number(l.Ordered), number(l.Granted), number(l.Counted), number(l.Shipped), number(l.Invoiced), words(string(l.Value.Currency)), coins(l.Value), coins(l.Earned), words(v.p.T("promowhy."+l.Reason))); err != nil {
					return err
				}
			}
			if next == "" {
				return nil
			}
			f.After = next
			if list, next, err = v.w.d.Promos.Lines(ctx, v.actor(), id, f); err != nil {
				return fault.Wrap(err, fault.CodeOf(err), "error.internal")
			}
		}
	})
}

// promoClaim is the claim that follows from the lines of a bill-back; nil where there is
// none to be made.
func (v *visit) promoClaim(id promo.ID, t promo.Terms) (*view.PromoClaim, error) {
	if t.Settle != promo.BillBack || !v.may(access.ClaimWrite, access.Resource{Reseller: v.org()}) {
		return nil, nil
	}
	got, err := v.w.d.Promos.Proposed(v.ctx, v.actor(), id)
	if c := fault.CodeOf(err); c == fault.NotFound || c == fault.Conflict {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := &view.PromoClaim{URL: v.promoURL(id) + "/claim", Mark: got.Mark, Sum: amount(got.Sum), Text: view.T("promo.claim_none"), FundsURL: v.path("funds", "claims")}
	if got.Mark == "" {
		return out, nil
	}
	out.Text = view.T("promo.claim_text", "amount", amount(got.Sum))
	if len(got.Proof) > 0 {
		out.Proof = view.T("promo.claim_proof", "items", v.p.List(got.Proof))
	}
	for _, l := range got.Lines {
		x := view.PromoClaimLine{Order: l.Text, SKU: l.SKU, Quantity: view.Quantity{Value: l.Quantity.String()}, Amount: amount(l.Amount)}
		if v.lists(access.OrderRead) {
			x.OrderURL = v.path("orders", l.Order)
		}
		out.Lines = append(out.Lines, x)
	}
	return out, nil
}

// promoClaimFile confirms the claim that was proposed.
func promoClaimFile(v *visit) error {
	c, err := v.w.d.Promos.Claim(v.ctx, v.actor(), promo.ID(v.Params("id")), v.input().text("mark"))
	if err == nil {
		return v.done(v.claimURL(c.ID), "said.promo_claimed")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.resultsPage(409, view.Form{Errors: errs, Note: note})
}
