package web

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"entente/portal/sheet"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/promo"
)

// promoTabs are the parts of a promotion's page, once something was agreed.
// A sponsor has no landing page.
func (v *visit) promoTabs(url string, agreed, pages bool, on string) []view.Tab {
	if !agreed {
		return nil
	}
	tabs := []view.Tab{{Label: view.T("promo.overview"), URL: url, Count: -1, On: on == ""}}
	if pages {
		tabs = append(tabs, view.Tab{Label: view.T("landing.h"), URL: url + "/landing", Count: -1, On: on == "landing"})
	}
	if pages && v.lists(access.CampaignRead) {
		tabs = append(tabs, view.Tab{Label: view.T("campaign.h"), URL: url + "/campaigns", Count: -1, On: on == "campaigns"})
	}
	return append(tabs, view.Tab{Label: view.T("promo.results"), URL: url + "/results", Count: -1, On: on == "results"})
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
	left := r.Seat != nil && (r.Seat.State == promo.Dropped || r.Seat.State == promo.Declined) // its landing page is not there any more
	filter := v.lineFilter(mine)
	filter.After, filter.Limit = v.Query("after"), pageRows
	lines, next, err := v.w.d.Promos.Lines(v.ctx, v.actor(), id, filter)
	if err != nil {
		return err
	}
	orgs := []string{r.Owner, v.org()}
	for _, x := range r.Parts {
		orgs = append(orgs, x.Org)
	}
	for _, x := range r.Adjusted {
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
	p.Mine, p.Owner, p.Tab, p.Tabs = mine, n.company(r.Owner), "results", v.promoTabs(p.URL, true, mine || r.Seat != nil && r.Seat.Role == promo.Participant && !left, "results")
	p.CanSettle = mine && r.State == promo.Ended && v.may(access.PromoWrite, access.Own(v.org()))
	out := &view.PromoResults{Formula: view.T("promo.formula"), Settled: r.Settled, ExportURL: p.URL + "/lines.csv" + lineQuery(filter), Pager: view.Pager{Shown: len(lines), Total: -1, Next: v.next(next)}}
	for _, w := range []string{"", "in", "out"} {
		key := "promo.show." + or(w, "all")
		out.Filters = append(out.Filters, view.Option{Value: v.again("show", w) + "#lines", Label: view.T(key), On: filter.Show == w})
	}
	v.promoFigures(out, r, mine, n)
	for _, x := range r.Adjusted {
		out.Late = append(out.Late, view.PromoLate{At: x.At, Why: view.T("promolate."+x.Reason, "number", x.Number), Company: n.company(x.Org), Invoiced: v.signed(x.Invoiced), Sold: v.signed(x.Sold), Earned: amount(x.Earned)})
	}
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
	if out.Lift, err = v.promoLift(id, r, mine, n, f); err != nil {
		return err
	}
	out.Rebuild = v.promoRebuilding(r)
	if !left {
		if out.Funnel, err = v.funnel(id, mine); err != nil {
			return err
		}
	}
	if !mine {
		if out.Claim, err = v.promoClaim(id, r.Terms); err != nil {
			return err
		}
	}
	if err = v.promoReports(out, r, mine, p.CanSettle); err != nil {
		return err
	}
	p.Results = out
	return v.renderAs(status, p, fragments{"rows": "promo.results"})
}

func (v *visit) promoLine(l promo.Line, n names) view.PromoLine {
	q := func(x money.Quantity) view.Quantity { return view.Quantity{Value: x.String()} }
	return view.PromoLine{Order: l.Number, OrderURL: v.orderURL(l.Order), Line: itoa(int64(l.Line)), SKU: l.SKU, Company: n.company(l.Org), On: view.Date(l.OrderedOn), Ordered: q(l.Ordered), Granted: q(l.Counted), Invoiced: q(l.Invoiced), Earned: amount(l.Earned),
		Status: view.Status{State: view.State("promoline." + l.Verdict)}, Why: promoCut(l.Reason, l.Ordered, l.Granted, "")}
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
		row.Step = v.promoVolume(r, x.Org)
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
			row.Step = v.promoVolume(r, p.Org)
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
		paid = view.T("promo.fig.settled_all", "settled", amount(frozen))
		if late := earned.Minor - frozen.Minor; late != 0 {
			paid = view.T("promo.fig.settled", "settled", amount(frozen), "late", amount(money.Amount{Minor: late, Currency: c}))
		}
	}
	out.Figures = []view.PromoFigure{
		{Label: view.T("promo.fig.units"), Value: view.Raw(v.p.Quantity(counted.String(), "")), Sub: view.T("promo.fig.units_sub", "n", orders)},
		{Label: view.T("promo.fig.invoiced"), Value: view.Raw(v.p.Quantity(invoiced.String(), "")), Sub: view.T("promo.fig.invoiced_sub", "shipped", v.p.Quantity(shipped.String(), ""), "sold", v.p.Quantity(sold.String(), ""))},
		{Label: view.T("promo.fig.value"), Value: view.T("promosay.one_amount", "amount", amount(value)), Sub: what},
		{Label: view.T("promo.fig.earned"), Value: view.T("promosay.one_amount", "amount", amount(earned)), Sub: paid},
	}
}

// promoVolume says where a company stands with steps of all of the window, and what the next
// one would add.
func (v *visit) promoVolume(r promo.Results, org string) view.Text {
	i := slices.IndexFunc(r.Volumes, func(x promo.Volume) bool { return x.Org == org })
	if i < 0 {
		return view.Text{}
	}
	x := r.Volumes[i]
	says := view.T("promo.volume", "volume", v.p.Quantity(x.Volume.String(), ""), "step", percent(x.Step))
	if n := x.Next; n != nil {
		return view.T("promo.volume_next", "said", says, "missing", v.p.Quantity(n.Missing.String(), ""), "step", percent(n.Step), "gain", amount(n.Gain))
	}
	return says
}

// promoExport is the lines behind the figures as a table: those that the page shows.
func promoExport(v *visit) error {
	id := promo.ID(v.Params("id"))
	f := v.lineFilter(true)
	f.Limit = exportRows
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

// promoLift shows what a promotion added at one of the companies, and in all for the owner.
func (v *visit) promoLift(id promo.ID, r promo.Results, mine bool, n names, f view.Form) (*view.PromoLift, error) {
	got, err := v.w.d.Promos.Lift(v.ctx, v.actor(), id)
	if err != nil || len(got.Parts) == 0 {
		return nil, err
	}
	url := v.promoURL(id)
	at := 0
	for i, m := range got.Parts {
		if m.Main.Why == "" && got.Parts[at].Main.Why != "" || m.Org == v.Query("of") {
			at = i
		}
		if m.Org == v.Query("of") {
			break
		}
	}
	m := got.Parts[at]
	out := &view.PromoLift{InLabel: view.T("lift.in." + m.In.By), SoldLabel: view.T("lift.in.resale")}
	if len(got.Parts) > 1 {
		for i, x := range got.Parts {
			out.Choices = append(out.Choices, view.Option{Value: v.again("of", x.Org) + "#lift", Label: view.Raw(n.company(x.Org).Name), On: i == at})
			out.Rows = append(out.Rows, v.liftRow(x, n))
		}
	}
	v.liftWords(out, m, got)
	if !got.AsOf.IsZero() {
		out.Notes = append(out.Notes, view.T("lift.as_of", "when", got.AsOf))
	}
	v.liftFigures(out, m, got)
	for _, x := range r.Frozen {
		if x.Org == m.Org && x.Extra != nil && x.Extra.Value != m.Main.Extra.Value {
			out.Notes = append(out.Notes, view.T("lift.settled", "extra", v.signed(x.Extra.Value), "low", v.signed(x.Extra.Low), "high", v.signed(x.Extra.High)))
		}
	}
	v.liftChart(out, m)
	for _, format := range []sheet.Format{sheet.XLSX, sheet.CSV} {
		q := "?format=" + string(format)
		periods := url + "/periods.csv" + q
		if v.Query("of") != "" {
			periods += "&partner=" + m.Org
		}
		out.Exports = append(out.Exports, view.Export{Label: view.T("export." + string(format)), URL: periods})
		for _, by := range []string{m.In.By, promo.ByResale} {
			right := access.OrderRead
			if by == promo.ByResale {
				right = access.SellRead
			}
			if v.may(right, access.Shared(r.Owner, m.Org)) {
				out.Documents = append(out.Documents, view.Export{Label: view.T("lift.lines."+by, "format", strings.ToUpper(string(format))), URL: url + "/documents.csv" + q + "&by=" + by + "&partner=" + m.Org})
			}
		}
	}
	if mine && v.may(access.PromoWrite, access.Own(v.org())) {
		out.MarginURL, out.Margin = url+"/margin", f
		if out.Margin.Values == nil && got.Margin > 0 {
			out.Margin.Values = map[string]string{"margin": (got.Margin * 100).String()}
		}
	}
	return out, nil
}

// liftFigures are the four numbers and the steps between them.
func (v *visit) liftFigures(out *view.PromoLift, m promo.Measured, got promo.Lifted) {
	s := m.Main
	if s.Why == "" {
		step := func(key string, value string) {
			out.Steps = append(out.Steps, view.KV{Label: view.T(key), Value: view.Raw(value)})
		}
		step("lift.step.actual."+s.By, v.p.Quantity(s.Actual.String(), ""))
		step("lift.step.base", v.p.Quantity(s.Base.String(), ""))
		step("lift.step.lift", v.signed(s.Lift.Value)+" ("+v.share(s.Lift.Value, s.Base)+")")
		if !s.Open {
			step("lift.step.after", v.signed(s.After.Value))
		}
		if s.Siblings && s.SiblingsWhy == "" {
			step("lift.step.taken", v.signed(s.Taken.Value))
		}
		step("lift.step.extra", v.signed(s.Extra.Value))
	}
	if m.Gapped {
		out.Steps = append(out.Steps, view.KV{Label: view.T("lift.step.gap"), Value: view.Raw(v.signed(m.Gap))})
	}
	extra, worth, cost, per, net := s.Extra, s.Worth, m.Cost, m.PerCost, m.Return
	measured := s.Why == ""
	sub := view.T("lift.between", "low", v.signed(extra.Low), "high", v.signed(extra.High))
	if t := got.Total; t != nil && len(got.Parts) > 1 {
		extra, worth, cost, per, net, measured = t.Extra, t.Worth, t.Cost, t.PerCost, t.Return, t.Measured > 0
		sub = view.T("lift.between_of", "low", v.signed(extra.Low), "high", v.signed(extra.High), "measured", t.Measured, "all", len(got.Parts))
	}
	none := view.Raw("–")
	figure := func(key string, value, sub view.Text) {
		out.Figures = append(out.Figures, view.PromoFigure{Label: view.T(key, "one", v.p.Money("1", string(cost.Currency))), Value: value, Sub: sub})
	}
	if !measured {
		figure("lift.fig.extra", none, view.T("lift.not_measured"))
		figure("lift.fig.worth", none, view.T("lift.not_measured"))
	} else {
		figure("lift.fig.extra", view.Raw(v.signed(extra.Value)), sub)
		if worth.Low == worth.High {
			figure("lift.fig.worth", none, view.T("lift.no_price"))
		} else {
			figure("lift.fig.worth", view.T("promosay.one_amount", "amount", amount(worth.Value)), view.T("lift.between_money", "low", amount(worth.Low), "high", amount(worth.High)))
		}
	}
	figure("lift.fig.cost", view.T("promosay.one_amount", "amount", amount(cost)), view.T("lift.cost_sub"))
	value, key := none, "lift.fig.sales"
	if net != nil {
		value, key = view.Raw(v.cents(net.Value)), "lift.fig.return"
	} else if per != nil {
		value = view.Raw(v.cents(per.Value))
	}
	text := v.returned(per, net)
	if text.IsZero() {
		text = view.T("lift.no_return")
	}
	figure(key, value, text)
}

func (v *visit) liftRow(m promo.Measured, n names) view.PromoLiftRow {
	s := m.Main
	row := view.PromoLiftRow{Company: n.company(m.Org), URL: v.again("of", m.Org) + "#lift", Base: "–", Actual: v.p.Quantity(s.Actual.String(), ""), Percent: "–", Extra: "–", Gap: "–", Cost: amount(m.Cost), Return: "–"}
	if m.Gapped {
		row.Gap = v.signed(m.Gap)
	}
	if x := cmp.Or(m.Return, m.PerCost); x != nil {
		row.Return, row.ReturnSpan = v.cents(x.Value), v.p.T("lift.span", "low", v.cents(x.Low), "high", v.cents(x.High))
	}
	if s.Why != "" {
		row.Data = view.T("lift.data." + s.Why)
		return row
	}
	row.Base, row.Percent, row.Extra, row.Differs = v.p.Quantity(s.Base.String(), ""), v.share(s.Lift.Value, s.Base), v.signed(s.Extra.Value), s.Extra.Differs
	row.Span = v.p.T("lift.span", "low", v.signed(s.Extra.Low), "high", v.signed(s.Extra.High))
	row.Data = view.T("lift.fitted."+s.Grain, "n", s.Fitted)
	if !s.Extra.Differs {
		row.Data = view.T("lift.data.zero")
	}
	return row
}

// liftChart draws half a year before the window and what came since: sold in as bars, sold
// on as a line, and the baseline of the date that decides.
func (v *visit) liftChart(out *view.PromoLift, m promo.Measured) {
	s := m.Main
	from := slices.IndexFunc(s.Periods, func(w promo.Weighed) bool { return w.Part == promo.InWindow })
	if from < 0 {
		return
	}
	back := 26
	if s.Grain != "week" {
		back = 12
	}
	shown := s.Periods[max(0, from-back):]
	if len(shown) < 2 {
		return
	}
	in, sold := map[string]promo.Weighed{}, map[string]promo.Weighed{}
	keep := func(to map[string]promo.Weighed, x promo.Side) {
		for _, w := range x.Periods {
			if x.Grain == s.Grain && w.Known {
				to[w.From] = w
			}
		}
	}
	keep(in, m.In)
	keep(sold, m.Out)
	top := money.Quantity(0)
	for _, w := range shown {
		top = max(top, in[w.From].Actual, sold[w.From].Actual)
		if w.Fitted {
			top = max(top, w.High)
		}
	}
	if top <= 0 {
		return
	}
	step := money.One
	for k := 0; int64(top) > 4*int64(step); k++ { // 1, 2, 5, 10 … for each of four lines
		step = step * 5 / 2
		if k%3 != 1 {
			step = step / 5 * 4
		}
	}
	full := 4 * int64(step)
	y := func(q money.Quantity) int { return 240 - int(max(0, min(int64(q), full))*236/full) }
	wide := 1000 / len(shown)
	c := &view.PromoChart{In: out.InLabel, Sold: out.SoldLabel, Labels: []view.Date{view.Date(shown[0].From), view.Date(shown[len(shown)-1].From)}}
	for k := int64(4); k >= 0; k-- {
		c.Ticks = append(c.Ticks, v.p.Quantity(money.Quantity(k*int64(step)).String(), ""))
	}
	var low, actual, base, band []string
	part := func(to *[]string, points *[]string) {
		if len(*points) > 1 {
			*to = append(*to, strings.Join(*points, " "))
		}
		*points = nil
	}
	draw := func() {
		part(&c.Base, &base)
		slices.Reverse(low)
		band = append(band, low...)
		low = nil
		part(&c.Band, &band)
	}
	for i, w := range shown {
		x := i * wide
		point := func(q money.Quantity) string { return itoa(int64(x+wide/2)) + "," + itoa(int64(y(q))) }
		row := view.PromoPeriod{From: view.Date(w.From), To: view.Date(w.To), In: "–", Sold: "–", Base: "–"}
		if b, ok := in[w.From]; ok {
			row.In = v.p.Quantity(b.Actual.String(), "")
			if h := 240 - y(b.Actual); h > 0 {
				c.Bars = append(c.Bars, view.Bar{X: x + wide/6, Y: 240 - h, W: max(1, wide*2/3), H: h, Words: view.T("lift.bar", "from", view.Date(w.From), "n", row.In)})
			}
		}
		if b, ok := sold[w.From]; ok {
			row.Sold = v.p.Quantity(b.Actual.String(), "")
			actual = append(actual, point(b.Actual))
		} else {
			part(&c.Actual, &actual)
		}
		if w.Fitted {
			base, band, low = append(base, point(w.Base)), append(band, point(w.High)), append(low, point(w.Low))
			row.Base, row.Span = v.p.Quantity(w.Base.String(), ""), v.p.T("lift.span", "low", v.p.Quantity(w.Low.String(), ""), "high", v.p.Quantity(w.High.String(), ""))
		} else {
			draw()
		}
		if w.Part != promo.InHistory {
			row.Part = view.T("lift.part." + w.Part)
		}
		if w.Part == promo.InWindow {
			c.Windows = append(c.Windows, view.Bar{X: x, W: wide, H: 240})
		}
		out.Periods = append(out.Periods, row)
	}
	part(&c.Actual, &actual)
	draw()
	if len(c.Bars) == 0 {
		c.In = view.Text{}
	}
	if len(c.Actual) == 0 {
		c.Sold = view.Text{}
	}
	c.Say = view.T("lift.chart", "grain", view.T("lift.grain."+s.Grain))
	c.Data = v.chartData(c, out.Periods, shown, in, sold)
	out.Chart = c
}

// promoMargin keeps what the owner earns on a sale.
func promoMargin(v *visit) error {
	in := v.input()
	id := promo.ID(v.Params("id"))
	margin, _ := money.ParseMicro(or(in.percent("margin"), "0"))
	err := in.err()
	if err == nil {
		err = v.w.d.Promos.SetMargin(v.ctx, v.actor(), id, margin)
	}
	if err == nil {
		return v.done(v.promoURL(id)+"/results#lift", "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.resultsPage(422, in.form(errs, note))
}

// promoPeriods is every period of every company that the viewer reads, both sides, as a table.
func promoPeriods(v *visit) error {
	got, err := v.w.d.Promos.Lift(v.ctx, v.actor(), promo.ID(v.Params("id")))
	if err != nil {
		return err
	}
	if of := v.Query("partner"); of != "" { // the company that the page shows
		got.Parts = slices.DeleteFunc(got.Parts, func(m promo.Measured) bool { return m.Org != of })
	}
	var orgs []string
	for _, m := range got.Parts {
		orgs = append(orgs, m.Org)
	}
	n, err := v.companies(v.ctx, orgs)
	if err != nil {
		return err
	}
	titles := v.titles("col.partner", "lift.col.by", "lift.col.from", "lift.col.to", "lift.col.part", "lift.col.actual", "lift.col.base", "lift.col.low", "lift.col.high", "lift.col.sibling")
	return v.export(v.p.T("lift.periods"), titles, func(_ context.Context, put func(...sheet.Cell) error) error {
		for _, m := range got.Parts {
			for _, s := range []promo.Side{m.In, m.Out} {
				for _, w := range s.Periods {
					if !w.Known {
						continue
					}
					part, base, low, high := words(""), words(""), words(""), words("")
					if w.Part != promo.InHistory {
						part = words(v.p.T("lift.part." + w.Part))
					}
					if w.Fitted {
						base, low, high = number(w.Base), number(w.Low), number(w.High)
					}
					if err := put(words(n.org(m.Org)), words(v.p.T("lift.in."+s.By)), day(w.From), day(w.To), part, number(w.Actual), base, low, high, number(w.Sibling)); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
}

// promoDocuments is every line of the documents behind one side of one company.
func promoDocuments(v *visit) error {
	id, org, by := promo.ID(v.Params("id")), v.Query("partner"), v.Query("by")
	list, err := v.w.d.Promos.Documents(v.ctx, v.actor(), id, org, by, promo.Document{}, exportRows)
	if err != nil {
		return err
	}
	titles := v.titles("lift.col.from", "lift.col.to", "col.document", "paper.line", "col.item", "lift.col.quantity", "col.unit", "lift.col.sibling_is")
	return v.export(v.p.T("lift.in."+by), titles, func(ctx context.Context, put func(...sheet.Cell) error) error {
		for {
			for _, l := range list {
				sibling := words("")
				if !l.Own {
					sibling = words(v.p.T("lift.col.sibling"))
				}
				if err := put(day(l.Day), day(l.Until), words(l.Number), whole(l.Line), words(l.SKU), number(l.Quantity), unit(v, l.Unit), sibling); err != nil {
					return err
				}
			}
			if len(list) < exportRows {
				return nil
			}
			if list, err = v.w.d.Promos.Documents(ctx, v.actor(), id, org, by, list[len(list)-1], exportRows); err != nil {
				return fault.Wrap(err, fault.CodeOf(err), "error.internal")
			}
		}
	})
}
