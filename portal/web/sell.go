package web

import (
	"context"
	"strconv"
	"strings"

	"entente/portal/batch"
	"entente/portal/session"
	"entente/portal/sheet"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/channel"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/promo"
	"entente/prm/sellthrough"
)

func sellRoutes() []Route {
	return []Route{
		get("/c/:slug/sell-through", "sell-through", InCompany, access.SellRead, sellList),
		get("/c/:slug/sell-through/export", "sell-through reports as a table", InCompany, access.SellRead, sellListExport),
		get("/c/:slug/sell-through/coverage", "sell-through periods", InCompany, access.SellRead, sellCoverage),
		get("/c/:slug/sell-through/stock", "stock in the channel", InCompany, access.SellRead, sellStock),
		post("/c/:slug/sell-through/coverage/:partnership/plan", "plan sell-through", InCompany, access.SellPlan, sellPlan),
		post("/c/:slug/sell-through/coverage/:partnership/remind", "remind of sell-through", InCompany, access.SellPlan, sellRemind),
		post("/c/:slug/sell-through/coverage/:partnership/dual", "hide end customers", InCompany, access.PartnerManage, sellDual),
		get("/c/:slug/sell-through/:id", "sell-through report", InCompany, access.SellRead, sellShow),
		get("/c/:slug/sell-through/:id/export", "sell-through lines as a table", InCompany, access.SellRead, sellExport),
		post("/c/:slug/sell-through/:id/check", "check sell-through again", InCompany, access.SellMend, sellCheck),
		post("/c/:slug/sell-through/:id/withdraw", "withdraw sell-through", InCompany, access.SellReport, sellWithdraw),
	}
}

func (v *visit) sellTabs(on string) []view.Tab {
	return []view.Tab{{Label: view.T("sell.tab.reports"), URL: v.path("sell-through"), Count: -1, On: on == ""}, {Label: view.T("sell.tab.coverage"), URL: v.path("sell-through", "coverage"), Count: -1, On: on == "coverage"}, {Label: view.T("sell.tab.stock"), URL: v.path("sell-through", "stock"), Count: -1, On: on == "stock"}}
}

func sellRow(v *visit, r sellthrough.Report, name func(string) string) view.SellReportRow {
	row := view.SellReportRow{URL: v.path("sell-through", string(r.ID)), Number: r.Number, Ours: r.Reseller == v.org(), From: view.Date(r.From), To: view.Date(r.To), Status: view.Status{State: view.State("sell." + r.State)}, Lines: r.Lines, Doubts: r.Doubts, At: r.Received}
	other := r.Reseller
	if row.Ours {
		other = r.Supplier
	}
	row.Partner = view.Company{ID: other, Name: name(other)}
	if r.State != sellthrough.Current {
		row.Doubts = 0
	}
	return row
}

// sellFilter is what the list of reports is narrowed to, and the partner that was chosen.
func (v *visit) sellFilter(c circle) (sellthrough.Filter, string) {
	f := sellthrough.Filter{Query: v.search(), Doubts: v.Query("show") == "doubts"}
	if v.Query("show") == "current" || f.Doubts {
		f.State = sellthrough.Current
	}
	with := v.Query("partner")
	for _, p := range c.all {
		if p.Other(c.own) == with {
			f.Partnership = p.ID
		}
	}
	return f, with
}

// sellListExport is the list of reports as a table, narrowed as the page is.
func sellListExport(v *visit) error {
	c, err := v.partners()
	if err != nil {
		return err
	}
	f, _ := v.sellFilter(c)
	f.Limit = exportRows
	list, next, err := v.w.d.SellThrough.List(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	titles := v.titles("sell.report", "col.partner", "sell.first_day", "sell.last_day", "col.state", "col.lines", "sell.in_doubt", "stock.received", "sell.source")
	return v.export(v.p.T("nav.sellthrough"), titles, func(ctx context.Context, put func(...sheet.Cell) error) error {
		for {
			var orgs []string
			for _, r := range list {
				orgs = append(orgs, r.Supplier, r.Reseller)
			}
			n, err := v.companies(ctx, orgs)
			if err != nil {
				return err
			}
			for _, r := range list {
				row := sellRow(v, r, n.org)
				if err := put(words(r.Number), words(row.Partner.Name), day(r.From), day(r.To), words(v.p.T("state."+string(row.Status.State))), whole(r.Lines), whole(row.Doubts), day(r.Received.Format("2006-01-02")), words(v.p.T("sell.from."+r.Source))); err != nil {
					return err
				}
			}
			if next == "" {
				return nil
			}
			f.After = next
			if list, next, err = v.w.d.SellThrough.List(v.ctx, v.actor(), f); err != nil {
				return err
			}
		}
	})
}

// sellExportURL is where the list, narrowed as it is shown, is had as a table.
func (v *visit) sellExportURL(f sheet.Format) string {
	return v.path("sell-through", "export") + strings.TrimPrefix(v.again("format", string(f)), v.Path())
}

// sellList is the reports of both sides, newest first.
func sellList(v *visit) error {
	c, err := v.partners()
	if err != nil {
		return err
	}
	f, with := v.sellFilter(c)
	f.After, f.Limit = v.Query("after"), pageRows
	list, next, err := v.w.d.SellThrough.List(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	page := &view.SellReportsPage{Base: v.shell(), Tabs: v.sellTabs(""), FileURL: v.salesFile(c), Pager: view.Pager{Shown: len(list), Total: -1, Next: v.next(next)},
		Filters: v.filters("sell.search", false, nil, choice("partner", "col.partner", with, c.options()), choice("show", "col.state", v.Query("show"), []view.Option{{Value: "current", Label: view.T("state.sell.current")}, {Value: "doubts", Label: view.T("sell.only_doubts")}}))}
	for _, x := range []sheet.Format{sheet.XLSX, sheet.CSV} {
		page.Exports = append(page.Exports, view.Export{Label: view.T("export." + string(x)), URL: v.sellExportURL(x)})
	}
	name := func(id string) string { return c.orgs[id].Name }
	if len(c.orgs) == 0 { // who may not see partnerships still sees the names of its reports
		var ids []string
		for _, r := range list {
			ids = append(ids, r.Supplier, r.Reseller)
		}
		n, err := v.lookup(ids, nil)
		if err != nil {
			return err
		}
		name = n.org
	}
	for _, r := range list {
		page.Rows = append(page.Rows, sellRow(v, r, name))
	}
	return v.render(page, fragments{"list": "sell.list", "rows": "sell.list"})
}

// salesFile is where a file is brought, for who may report to somebody.
func (v *visit) salesFile(c circle) string {
	for _, p := range c.all {
		if p.State == partner.Active && v.may(access.SellReport, p.Resource()) {
			return v.path("files", batch.KindSales)
		}
	}
	return ""
}

// sellShow is one report with its lines.
func sellShow(v *visit) error {
	after, _ := strconv.Atoi(v.Query("after"))
	only := v.Query("doubts") == "1"
	d, err := v.w.d.SellThrough.Show(v.ctx, v.actor(), sellthrough.ID(v.Params("id")), sellthrough.LineFilter{After: max(after, 0), Limit: pageRows, Doubts: only})
	if err != nil {
		return err
	}
	n, err := v.lookup([]string{d.Reseller, d.Supplier}, []string{d.ReceivedBy})
	if err != nil {
		return err
	}
	res := d.Resource()
	page := &view.SellReportPage{Base: v.shell(), URL: v.path("sell-through", string(d.ID)), Number: d.Number, Reseller: n.org(d.Reseller), From: view.Date(d.From), To: view.Date(d.To), Status: view.Status{State: view.State("sell." + d.State)}, Hidden: d.Hidden, OnlyDoubts: only,
		Pager: view.Pager{Shown: len(d.Page), Total: -1}, CanWithdraw: d.State == sellthrough.Current && v.may(access.SellReport, res)}
	if d.State == sellthrough.Current {
		page.Doubts, page.CanCheck, page.DoubtsURL = d.Doubts, v.may(access.SellMend, res), v.again("doubts", "1")
		if only {
			page.DoubtsURL = v.again("doubts", "")
		}
		if v.may(access.ReferenceWrite, access.Resource{Owner: d.Supplier, Reseller: d.Reseller}) {
			page.NumbersURL = v.path("files", batch.KindReferences)
		}
	}
	if d.ReplacedBy != "" {
		page.Newer = v.path("sell-through", string(d.ReplacedBy))
	}
	page.Facts = []view.KV{{Label: view.T("sell.sold"), Value: view.T("product.quantity", "quantity", counted(d.Totals.Sold, ""))}, {Label: view.T("sell.returned"), Value: view.T("product.quantity", "quantity", counted(d.Totals.Returned, ""))},
		{Label: view.T("stock.received"), Value: view.T("product.at", "when", d.Received)}, {Label: view.T("sell.source"), Value: view.T("sell.from." + d.Source)}, {Label: view.T("stock.private"), Value: view.T("stock.private_text", "supplier", n.org(d.Supplier), "reseller", n.org(d.Reseller))}}
	if who := n.person(d.ReceivedBy); d.ReceivedBy != "" && who != "" && d.Reseller == v.org() {
		page.Facts = append(page.Facts, view.KV{Label: view.T("sell.by"), Value: view.Raw(who)})
	}
	if d.Interchange != "" && v.lists(access.EDIRead) {
		page.Facts = append(page.Facts, view.KV{Label: view.T("stock.message"), Value: view.Raw(d.Interchange), URL: v.path("edi", d.Interchange), Mono: true})
	}
	for _, o := range d.Overlaps {
		page.Overlaps = append(page.Overlaps, sellRow(v, o, n.org))
	}
	names, err := v.sellNames(d)
	if err != nil {
		return err
	}
	for _, l := range d.Page {
		page.Rows = append(page.Rows, v.sellLine(l, names))
	}
	if d.Next > 0 {
		page.Pager.Next = v.next(strconv.Itoa(d.Next))
	}
	for _, f := range []sheet.Format{sheet.XLSX, sheet.CSV} {
		x := view.Export{Label: view.T("export." + string(f)), URL: page.URL + "/export?format=" + string(f)}
		if only {
			x.URL += "&doubts=1"
		}
		page.Exports = append(page.Exports, x)
	}
	return v.render(page, fragments{"list": "sell.lines", "rows": "sell.lines"})
}

// sellNames are the products of the lines shown.
func (v *visit) sellNames(d sellthrough.Detail) ([]catalog.Item, error) {
	keys := make([]catalog.ItemKey, len(d.Page))
	for i, l := range d.Page {
		keys[i] = catalog.ItemKey{SKU: l.SKU}
	}
	items, err := v.w.d.Catalog.Resolve(v.ctx, v.actor(), d.Supplier, d.Reseller, keys)
	if c := fault.CodeOf(err); c == fault.NotFound || c == fault.Forbidden { // the partnership ended: the lines stay
		return nil, nil
	}
	return items, err
}

func (v *visit) sellLine(l sellthrough.Line, items []catalog.Item) view.SellLine {
	row := view.SellLine{Name: or(l.Description, or(l.SKU, or(l.BuyerItem, l.GTIN))), SKU: l.SKU, BuyerItem: or(l.BuyerItem, l.GTIN), Quantity: counted(l.Quantity, l.Unit), Pieces: counted(l.Pieces, ""), Counts: l.Counts() && len(l.Doubts) == 0, Wrong: len(l.Doubts) > 0, From: view.Date(l.From), To: view.Date(l.To), Customer: l.Customer.Name, Place: l.Place}
	if row.BuyerItem == row.SKU {
		row.BuyerItem = ""
	}
	if row.Customer == "" {
		row.Customer = l.Customer.Code
	}
	for _, it := range items {
		if it.Found && string(it.Product.ID) == l.Product {
			row.Name, row.URL = it.Product.Name(string(v.p.Language())), v.productURL(it.Product.ID)
			break
		}
	}
	if l.Price > 0 {
		row.Price = price(l.Price, l.Currency)
	}
	for _, d := range l.Doubts {
		row.Why = append(row.Why, view.T("sell.doubt."+d))
	}
	switch l.Kind {
	case sellthrough.KindReturn, sellthrough.KindMove, sellthrough.KindNone:
		row.Why = append(row.Why, view.T("sell.kind."+l.Kind))
	}
	for _, r := range []struct{ key, value string }{{"sell.promotion", l.Promotion}, {"sell.deal", l.Deal}, {"sell.reference", l.Reference}} {
		if r.value != "" {
			row.Refs = append(row.Refs, view.T(r.key, "number", r.value))
		}
	}
	return row
}

// sellExport is the lines of a report as a table: with doubts=1 those in doubt, as the page
// shows them.
func sellExport(v *visit) error {
	id, only := sellthrough.ID(v.Params("id")), v.Query("doubts") == "1"
	r, err := v.w.d.SellThrough.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	titles := v.titles("col.item", "export.buyer_item", "export.gtin", "export.name", "sell.kind", "field.quantity", "export.unit", "sell.counts", "sell.doubts", "sell.first_day", "sell.last_day", "sell.customer", "field.postcode", "field.country", "sell.place_of", "sell.resale_price", "order.currency", "sell.promotion_of", "sell.deal_of", "sell.reference_of")
	return v.export(v.p.T("sell.report")+" "+r.Number, titles, func(ctx context.Context, put func(...sheet.Cell) error) error {
		return v.w.d.SellThrough.Each(ctx, v.actor(), id, func(lines []sellthrough.Line) error {
			for _, l := range lines {
				if only && len(l.Doubts) == 0 {
					continue
				}
				price, doubts := words(""), ""
				if l.Price > 0 {
					price = number(money.Micro(l.Price))
				}
				for i, d := range l.Doubts {
					if i > 0 {
						doubts += "; "
					}
					doubts += v.p.T("sell.doubt." + d)
				}
				err := put(words(l.SKU), words(l.BuyerItem), words(l.GTIN), words(l.Description), words(v.p.T("sell.kind."+l.Kind)), number(l.Quantity), unit(v, l.Unit), number(l.Pieces), words(doubts), day(l.From), day(l.To), words(or(l.Customer.Name, l.Customer.Code)), words(l.Customer.Postcode), words(l.Customer.Country), words(l.Place), price, words(string(l.Currency)), words(l.Promotion), words(l.Deal), words(l.Reference))
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func sellCheck(v *visit) error {
	r, err := v.w.d.SellThrough.Get(v.ctx, v.actor(), sellthrough.ID(v.Params("id")))
	if err != nil {
		return err
	}
	n, err := v.w.d.SellThrough.Mend(v.ctx, v.actor(), r.Partnership)
	if err != nil {
		return err
	}
	to := v.path("sell-through", string(r.ID))
	if n == 0 {
		return v.done(to, "sell.checked_none")
	}
	return v.done(to, "sell.checked", "n", n)
}

func sellWithdraw(v *visit) error {
	id := sellthrough.ID(v.Params("id"))
	if err := v.w.d.SellThrough.Withdraw(v.ctx, v.actor(), id); err != nil {
		return err
	}
	return v.done(v.path("sell-through", string(id)), "said.saved")
}

// sellCoverage is which periods of which partner are reported.
func sellCoverage(v *visit) error { return v.coveragePage(200, "", nil) }

// coveragePage renders it; typed is the refused plan of a partnership.
func (v *visit) coveragePage(status int, partnership string, typed *view.Form) error {
	c, err := v.partners()
	if err != nil {
		return err
	}
	all, err := v.w.d.SellThrough.Completeness(v.ctx, v.actor(), v.today(), 13)
	if err != nil {
		return err
	}
	of := map[string]sellthrough.Coverage{}
	for _, x := range all {
		of[x.Partnership] = x
	}
	page := &view.SellCoveragePage{Base: v.shell(), URL: v.path("sell-through", "coverage"), Tabs: v.sellTabs("coverage")}
	for _, p := range c.all {
		if p.State != partner.Active || !v.may(access.SellRead, p.Resource()) {
			continue
		}
		x, other := of[p.ID], p.Other(c.own)
		row := view.SellCoverage{ID: p.ID, Partner: view.Company{ID: other, Name: c.orgs[other].Name}, Ours: p.Reseller == c.own, Gaps: x.Gaps(), Dual: x.Dual, Plan: view.T("sell.plan.none")}
		if x.Grain != sellthrough.NoGrain {
			row.Plan = view.T("sell.plan."+x.Grain, "since", view.Date(x.Since), "days", x.DueDays)
		}
		complete := 0
		remind := v.may(access.SellPlan, p.Resource())
		for _, s := range x.Periods {
			if s.State == sellthrough.Complete {
				complete++
			}
			st := view.Status{State: view.State("period." + s.State)}
			if s.Late {
				st.Words = view.T("sell.late")
			}
			row.Periods = append(row.Periods, view.SellPeriod{From: view.Date(s.From), To: view.Date(s.To), Status: st, Due: view.Date(s.Due), Chased: s.Chased, CanRemind: remind && (s.State == sellthrough.Missing || s.State == sellthrough.Partial)})
		}
		if len(x.Periods) > 0 {
			row.Done = view.T("sell.done", "done", complete, "all", len(x.Periods))
		}
		if remind {
			row.Form = &view.Form{Values: map[string]string{"grain": x.Grain, "since": x.Since, "due_days": "10", "version": strconv.FormatInt(x.Version, 10)}}
			if x.Grain != sellthrough.NoGrain {
				row.Form.Values["due_days"] = strconv.Itoa(x.DueDays)
			}
			if p.ID == partnership && typed != nil {
				row.Form = typed
			}
			for _, g := range append([]string{sellthrough.NoGrain}, sellthrough.Grains...) {
				row.Grains = append(row.Grains, view.Option{Value: g, Label: view.T("sell.grain." + or(g, "none")), On: g == row.Form.Value("grain")})
			}
		}
		row.CanDual = v.may(access.PartnerManage, p.Resource()) && (!x.Dual || row.Ours)
		row.DualText = view.T("sell.dual_off")
		if x.Dual {
			row.DualText = view.T("sell.dual_on")
		}
		page.Rows = append(page.Rows, row)
	}
	return v.renderAs(status, page, nil)
}

func (v *visit) coverageURL() string {
	return v.path("sell-through", "coverage") + "#p-" + v.Params("partnership")
}

func sellPlan(v *visit) error {
	in := v.input()
	days, err := strconv.Atoi(or(in.text("due_days"), "0"))
	if err != nil {
		days = -1
	}
	p := sellthrough.Plan{Partnership: v.Params("partnership"), Grain: in.text("grain"), Since: in.text("since"), DueDays: days, Version: in.version()}
	if err = v.w.d.SellThrough.SetPlan(v.ctx, v.actor(), p); err == nil {
		return v.done(v.coverageURL(), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	form := in.form(errs, note)
	return v.coveragePage(422, p.Partnership, &form)
}

func sellRemind(v *visit) error {
	in := v.input()
	if err := v.w.d.SellThrough.Chase(v.ctx, v.actor(), v.Params("partnership"), in.text("from"), v.today()); err != nil {
		return err
	}
	return v.done(session.SafeNext(in.text("next"), v.coverageURL()), "sell.said_reminded")
}

func sellDual(v *visit) error {
	if err := v.w.d.SellThrough.SetDual(v.ctx, v.actor(), v.Params("partnership"), v.input().text("on") == "1"); err != nil {
		return err
	}
	return v.done(v.coverageURL(), "said.saved")
}

// sellStock holds a partner's reported stock against what its reports and ours explain.
func sellStock(v *visit) error {
	c, err := v.partners()
	if err != nil {
		return err
	}
	page := &view.SellStockPage{Base: v.shell(), URL: v.path("sell-through", "stock"), Tabs: v.sellTabs("stock")}
	chosen := v.Query("partnership")
	for _, p := range c.all {
		if !v.may(access.SellRead, p.Resource()) || !v.may(access.StockReport, p.Resource()) {
			continue
		}
		if chosen == "" {
			chosen = p.ID
		}
		page.Partners = append(page.Partners, view.Option{Value: p.ID, Label: view.Raw(c.orgs[p.Other(c.own)].Name), On: p.ID == chosen})
	}
	if len(page.Partners) == 0 {
		return v.render(page, nil)
	}
	b, err := v.w.d.Channel.Balance(v.ctx, v.actor(), chosen, v.Query("report"))
	if err != nil && fault.CodeOf(err) != fault.Conflict {
		return err
	}
	for _, r := range b.Reports {
		page.Reports = append(page.Reports, view.Option{Value: r.ID, Label: view.T("sell.stock_of", "date", view.Date(r.Day)), On: r.ID == b.To.ID})
	}
	if err == nil {
		v.balance(page, b)
	}
	return v.render(page, nil)
}

func (v *visit) balance(page *view.SellStockPage, b channel.Balance) {
	page.From, page.To, page.Complete, page.Straddling = view.Date(b.From.Day), view.Date(b.To.Day), b.Complete, b.Straddling
	q := func(n money.Quantity) view.Quantity { return counted(n, "") }
	for _, r := range b.Rows {
		row := view.SellStockRow{SKU: r.SKU, Opening: q(r.Opening), In: q(r.In), Sold: q(r.Sold), Back: q(r.Back), Expected: q(r.Expected), Closing: q(r.Closing), Difference: q(r.Difference), Off: r.Difference != 0, Known: r.Known}
		if r.Product != "" {
			row.URL = v.productURL(r.Product)
		}
		page.Rows = append(page.Rows, row)
	}
}

// promoReports shows how far the window of a promotion is reported, what that lacks to
// settle it, and without what it was settled.
func (v *visit) promoReports(out *view.PromoResults, r promo.Results, mine, settle bool) error {
	all, err := v.w.d.Promos.Reports(v.ctx, v.actor(), r.ID)
	if err != nil {
		return err
	}
	orgs, gaps := promoGaps(all, r.Terms.By)
	if r.Waived != nil {
		for _, g := range r.Waived.Gaps {
			orgs = append(orgs, g.Org)
		}
	}
	n, err := v.companies(v.ctx, orgs)
	if err != nil {
		return err
	}
	for _, x := range all {
		row := view.PromoReports{Company: n.company(x.Org), Plan: view.T("promo.reports_none"), Ours: x.Org == v.org()}
		if x.Grain != sellthrough.NoGrain {
			row.Plan = view.T("sell.grain." + x.Grain)
		}
		remind := mine && x.Partnership != "" && v.may(access.SellPlan, access.Shared(r.Owner, x.Org))
		complete := 0
		for _, p := range x.Periods {
			if p.State == promo.ReportComplete {
				complete++
				continue
			}
			row.Periods = append(row.Periods, view.SellPeriod{From: view.Date(p.From), To: view.Date(p.To), Status: view.Status{State: view.State("period." + p.State)}, Due: view.Date(p.Due), Chased: p.Chased, CanRemind: remind && (p.State == sellthrough.Missing || p.State == sellthrough.Partial)})
			if p.State == promo.ReportUnplanned && remind {
				row.PlanURL = v.path("sell-through", "coverage") + "#p-" + x.Partnership
			}
		}
		if row.Done = view.T("promo.reports_done", "done", complete, "all", len(x.Periods)); complete == len(x.Periods) {
			row.Done = view.T("promo.reports_all", "n", complete)
		}
		if remind {
			row.RemindURL = v.path("sell-through", "coverage", x.Partnership) + "/remind"
		}
		if row.Ours && len(row.Periods) > 0 && x.Partnership != "" && v.may(access.SellReport, access.Shared(r.Owner, x.Org)) {
			row.PlanURL = v.path("files", batch.KindSales)
		}
		out.Reports = append(out.Reports, row)
	}
	if settle && len(gaps) > 0 {
		out.Short = view.T("promo.settle_short_text", "gaps", v.gapWords(gaps, n))
	}
	if w := r.Waived; w != nil {
		out.Waived = &view.PromoWaived{Reason: w.Reason, Missing: view.T("promo.waived_none")}
		if len(w.Gaps) > 0 {
			out.Waived.Missing = view.T("promo.waived_of", "gaps", v.gapWords(w.Gaps, n))
		}
	}
	return nil
}

// promoGaps are the companies of reports, and what keeps a promotion from being settled.
func promoGaps(all []promo.Reports, by string) (orgs []string, gaps []promo.Gap) {
	for _, x := range all {
		orgs, gaps = append(orgs, x.Org), append(gaps, x.Gaps(by)...)
	}
	return orgs, gaps
}

// missingReports says which reports keep a promotion from being settled.
func (v *visit) missingReports(id promo.ID) (view.Text, error) {
	r, err := v.w.d.Promos.Standing(v.ctx, v.actor(), id)
	if err != nil {
		return view.Text{}, err
	}
	all, err := v.w.d.Promos.Reports(v.ctx, v.actor(), id)
	if err != nil {
		return view.Text{}, err
	}
	orgs, gaps := promoGaps(all, r.Terms.By)
	n, err := v.companies(v.ctx, orgs)
	return view.T("promo.reports_missing_of", "gaps", v.gapWords(gaps, n)), err
}

// gapWords names periods without a full report, the first of many.
func (v *visit) gapWords(gaps []promo.Gap, n names) string {
	const named = 8
	var out []string
	for _, g := range gaps[:min(len(gaps), named)] {
		out = append(out, v.p.T("promo.gap", "company", n.org(g.Org), "from", v.p.Date(g.From), "to", v.p.Date(g.To), "state", v.p.T("state.period."+g.State)))
	}
	if more := len(gaps) - named; more > 0 {
		out = append(out, v.p.T("promo.gaps_more", "n", more))
	}
	return v.p.List(out)
}
