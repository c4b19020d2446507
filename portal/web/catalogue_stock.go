package web

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"time"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// stockShow is the owner's stock with what its partners are told, and the stock that
// distributors reported.
func stockShow(v *visit) error { return v.stockPage(200, nil, "", nil) }

// stockPage renders the page; set is the refused form of a quantity, terms that of
// the partner named.
func (v *visit) stockPage(status int, set *view.Form, partner string, terms *view.Form) error {
	partners, err := v.partners()
	if err != nil {
		return err
	}
	page := &view.StockPage{Base: v.shell(), URL: v.path("catalogue", "stock"), Tabs: v.catalogueTabs("stock"), Filters: v.filters("catalogue.search", false, nil)}
	owner := access.Own(v.org())
	if v.may(access.StockWrite, owner) {
		page.CSVURL = page.URL + "/csv"
		page.Set = &view.Form{}
		if set != nil {
			page.Set = set
		}
		list, err := v.w.d.Catalog.Stock(v.ctx, v.actor(), catalog.Filter{State: catalog.Active, Query: v.search(), After: v.Query("after"), Limit: pageRows})
		if err != nil {
			return err
		}
		page.Pager = view.Pager{Shown: len(list.Items), Total: -1, Next: v.next(list.Next)}
		for _, r := range list.Items {
			page.Rows = append(page.Rows, v.stockRow(r))
		}
	}
	if v.may(access.CatalogWrite, owner) {
		if page.Terms, err = v.termsRows(partners, partner, terms); err != nil {
			return err
		}
	}
	if v.lists(access.StockReport) {
		all, err := v.w.d.Catalog.Reports(v.ctx, v.actor())
		if err != nil {
			return err
		}
		for _, r := range all {
			row := view.StockReportRow{URL: v.path("catalogue", "stock", "reports", r.ID), Company: partners.orgs[r.Reseller].Name, Day: view.Date(r.Day), Lines: r.Lines, Unknown: r.Unknown, At: r.Received}
			if r.Reseller == v.org() {
				row.Ours, row.Company = true, partners.orgs[r.Supplier].Name
			}
			page.Reports = append(page.Reports, row)
		}
	}
	return v.renderAs(status, page, fragments{"list": "stock.list", "rows": "stock.list"})
}

func (v *visit) stockRow(r catalog.StockRow) view.StockRow {
	row := view.StockRow{SKU: r.SKU, Name: r.Name(string(v.p.Language())), URL: v.productURL(r.ID), Unit: r.Unit, AsOf: r.AsOf}
	if !r.Known {
		return row
	}
	row.Quantity = r.Total.String()
	switch {
	case r.Total == 0:
		row.Status.State = "stock.out"
	case r.Low:
		row.Status.State = "stock.low"
	default:
		row.Status.State = "stock.in"
	}
	if len(r.Places) > 1 || r.Places[0].Place != "" {
		words := ""
		for _, p := range r.Places {
			if words != "" {
				words += " · "
			}
			words += or(p.Place, "–") + " " + p.Quantity.String()
		}
		row.Places = view.Raw(words)
	}
	return row
}

func (v *visit) termsRows(c circle, partner string, refused *view.Form) ([]view.TermsRow, error) {
	all, err := v.w.d.Catalog.TermsOf(v.ctx, v.actor())
	if err != nil {
		return nil, err
	}
	var out []view.TermsRow
	for _, t := range all {
		row := view.TermsRow{Partner: t.Partner, Company: c.orgs[t.Partner].Name, Own: t.Own, StockEDI: t.StockEDI, PricesEDI: t.PricesEDI, Sent: t.StockSent, Form: view.Form{Values: map[string]string{"shown": t.Shown}}}
		if t.Low > 0 {
			row.Form.Values["low"] = t.Low.String()
		}
		if refused != nil && partner == t.Partner {
			row.Form, row.StockEDI, row.PricesEDI = *refused, refused.Value("stock_edi") == "1", refused.Value("prices_edi") == "1"
		}
		for _, s := range catalog.Showings {
			row.Shown = append(row.Shown, view.Option{Value: s, Label: view.T("stock.show." + s), On: s == row.Form.Value("shown")})
		}
		out = append(out, row)
	}
	return out, nil
}

// stockSet records the quantity of one product.
func stockSet(v *visit) error {
	in := v.input()
	in.require("sku", "quantity")
	err := in.err()
	if q := in.number("quantity"); err == nil {
		if err = in.err(); err == nil {
			err = plainFields(v.w.d.Catalog.SetStock(v.ctx, v.actor(), catalog.FromPage, []catalog.StockSet{{SKU: in.text("sku"), Place: in.text("place"), Quantity: q}}), "stock.0.")
		}
	}
	if err == nil {
		return v.done(v.path("catalogue", "stock"), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	form := in.form(errs, note)
	return v.stockPage(422, &form, "", nil)
}

// stockTerms says what a partner is told.
func stockTerms(v *visit) error {
	in := v.input()
	t := catalog.Terms{Partner: in.text("partner"), Shown: in.text("shown"), Low: in.number("low"), StockEDI: in.text("stock_edi") == "1", PricesEDI: in.text("prices_edi") == "1"}
	err := in.err()
	if err == nil {
		err = v.w.d.Catalog.SetTerms(v.ctx, v.actor(), t)
	}
	if err == nil {
		return v.done(v.path("catalogue", "stock")+"#terms", "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	form := in.form(errs, note)
	return v.stockPage(422, nil, t.Partner, &form)
}

// stockFile is the stock as CSV, as it can be read in again.
func stockFile(v *visit) error {
	if err := access.Check(v.actor(), access.StockWrite, access.Own(v.org())); err != nil {
		return err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"sku", "place", "quantity", "as_of"})
	for after := ""; ; {
		got, err := v.w.d.Catalog.Stock(v.ctx, v.actor(), catalog.Filter{After: after, Limit: 200})
		if err != nil {
			return err
		}
		for _, r := range got.Items {
			for _, p := range r.Places {
				_ = w.Write([]string{cell(r.SKU), cell(p.Place), p.Quantity.String(), p.AsOf.UTC().Format(time.RFC3339)})
			}
		}
		if after = got.Next; after == "" {
			break
		}
	}
	w.Flush()
	return v.csvFile("stock-"+v.today()+".csv", b.Bytes())
}

// stockReport is one report of a distributor's stock.
func stockReport(v *visit) error {
	after, _ := strconv.Atoi(v.Query("after"))
	r, lines, err := v.w.d.Catalog.ReportLines(v.ctx, v.actor(), v.Params("id"), after, pageRows)
	if err != nil {
		return err
	}
	n, err := v.lookup([]string{r.Reseller, r.Supplier}, nil)
	if err != nil {
		return err
	}
	page := &view.StockReportPage{Base: v.shell(), Company: n.org(r.Reseller), Facts: []view.KV{{Label: view.T("stock.day"), Value: view.T("order.on", "date", view.Date(r.Day))}, {Label: view.T("stock.number"), Value: view.Raw(r.Number), Mono: true}, {Label: view.T("stock.received"), Value: view.T("product.at", "when", r.Received)}, {Label: view.T("stock.private"), Value: view.T("stock.private_text", "supplier", n.org(r.Supplier), "reseller", n.org(r.Reseller))}}}
	if r.Interchange != "" && v.lists(access.EDIRead) {
		page.Facts = append(page.Facts, view.KV{Label: view.T("stock.message"), Value: view.Raw(r.Interchange), URL: v.path("edi", r.Interchange), Mono: true})
	}
	page.Pager = view.Pager{Shown: len(lines), Total: -1}
	for _, l := range lines {
		kind := view.T("stock.kind.other", "code", l.Kind)
		if key := "stock.kind." + l.Kind; v.has(key) {
			kind = view.T(key)
		}
		row := view.StockReportLine{SKU: l.SKU, BuyerItem: l.BuyerItem, Place: l.Place, Kind: kind, Quantity: counted(l.Quantity, l.Unit), Known: l.Product != ""}
		if l.Pieces > 0 {
			row.Pieces = counted(l.Pieces, "")
		}
		page.Rows = append(page.Rows, row)
	}
	if len(lines) == pageRows {
		page.Pager.Next = v.next(strconv.Itoa(lines[len(lines)-1].Position))
	}
	return v.render(page, nil)
}

// backorderList is what was ordered and comes later: a supplier's queue, or what the
// company waits for. A place in the queue is kept and never shown as a number.
func backorderList(v *visit) error {
	partners, err := v.partners()
	if err != nil {
		return err
	}
	f := trade.BackorderFilter{Side: "reseller", After: v.Query("after"), Limit: pageRows}
	for _, p := range partners.all {
		if p.Supplier == v.org() {
			f.Side = "supplier"
		}
	}
	if s := v.Query("side"); s == "supplier" || s == "reseller" {
		f.Side = s
	}
	list, err := v.w.d.Trade.Backorders(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	page := &view.BackordersPage{Base: v.shell(), Tabs: v.catalogueTabs("backorders"), Supply: f.Side == "supplier", Pager: view.Pager{Shown: len(list.Items), Total: -1, Next: v.next(list.Next)}}
	left := map[string]money.Quantity{}
	for _, b := range list.Items {
		other := b.Supplier
		if page.Supply {
			other = b.Reseller
		}
		row := view.BackorderRow{URL: v.orderURL(b.Order), Number: b.Number, Partner: view.Company{ID: other, Name: partners.orgs[other].Name}, SKU: b.SKU, Name: or(v.productName(b.NameEN, b.NameZH), b.SKU), Waiting: counted(b.Waiting, b.Unit), Since: b.Since, Promised: view.Date(b.PromisedOn), Late: b.PromisedOn != "" && b.PromisedOn < v.today()}
		if page.Supply {
			if err := v.covered(&row, b, left, f.After == ""); err != nil {
				return err
			}
		}
		page.Rows = append(page.Rows, row)
	}
	return v.render(page, fragments{"list": "backorders.list", "rows": "backorders.list"})
}

// covered says how much of a waiting line the stock holds, after the lines before it
// in the queue. left is what is not spoken for; it is known from the first page on.
func (v *visit) covered(row *view.BackorderRow, b trade.BackorderLine, left map[string]money.Quantity, first bool) error {
	if v.may(access.OrderConfirm, access.Shared(b.Supplier, b.Reseller)) {
		row.AnswerURL = v.orderURL(b.Order) + "/confirm"
	}
	if b.Product == "" || !first {
		return nil
	}
	e, err := v.w.d.Catalog.Product(v.ctx, v.actor(), catalog.ID(b.Product), v.today())
	if fault.IsNotFound(err) || err == nil && e.Stock.Level == "" {
		return nil
	}
	if err != nil {
		return err
	}
	have, known := left[b.Product]
	if !known {
		have = e.Stock.Quantity
	}
	need, ok := e.Pieces(b.Waiting, b.Unit)
	if !ok {
		return nil
	}
	switch {
	case have >= need:
		row.Stock, row.Covered = view.T("backorder.covered"), view.Green
	case have > 0:
		row.Stock, row.Covered = view.T("backorder.partly", "quantity", counted(have, e.Unit)), view.Amber
	default:
		row.Stock = view.T("backorder.short")
	}
	left[b.Product] = max(have-need, 0)
	return nil
}
