package web

import (
	"entente/portal/view"
	"entente/prm/trade"
)

var invoiceStates = []string{trade.InvoiceMatched, trade.InvoiceDiffers}

// invoiceFilter is the filter of the address.
func (v *visit) invoiceFilter() trade.InvoiceFilter {
	return trade.InvoiceFilter{State: oneOf(v.Query("state"), invoiceStates), Partner: v.Query("partner"), From: v.civil("from"), To: v.civil("to"), Query: v.search(), After: v.Query("after"), Limit: pageRows}
}

// invoiceList is the list of invoices, sent and received.
func invoiceList(v *visit) error {
	f := v.invoiceFilter()
	partners, err := v.partners()
	if err != nil {
		return err
	}
	if !partners.has(f.Partner) {
		f.Partner = ""
	}
	list, err := v.w.d.Trade.Invoices(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	var orgs []string
	for _, i := range list.Items {
		orgs = append(orgs, i.PartnerOf(v.org()))
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	page := &view.InvoicesPage{Base: v.shell(), Exports: v.exports("invoices", false), Pager: view.Pager{Shown: len(list.Items), Total: -1, Next: v.next(list.Next)}}
	if page.Places, err = v.settlePlaces("invoices"); err != nil {
		return err
	}
	for _, s := range append([]string{""}, invoiceStates...) {
		label := view.T("list.all")
		if s != "" {
			label = view.T("state.invoice." + s)
		}
		page.Tabs = append(page.Tabs, view.Tab{Label: label, URL: v.again("state", s), Count: -1, On: s == f.State})
	}
	page.Filters = v.filters("invoices.search", true, []string{"state"}, choice("partner", "col.partner", f.Partner, partners.options()))
	for _, i := range list.Items {
		page.Rows = append(page.Rows, v.invoiceRow(i, n))
	}
	return v.render(page, fragments{"list": "invoices.list", "rows": "invoices.list"})
}

func (v *visit) invoiceRow(i trade.Invoice, n names) view.InvoiceRow {
	row := view.InvoiceRow{URL: v.path("invoices", string(i.ID)), Number: i.Number, OrderNumber: trade.Orders(i.OrderNumber, i.Orders), OrderURL: v.orderURL(i.Order),
		Partner: n.company(i.PartnerOf(v.org())), Date: view.Date(i.IssuedOn), Due: view.Date(i.DueOn), Status: view.Status{State: view.State("invoice." + i.State)}}
	if !i.PricesHidden {
		row.Net, row.Gross = amount(i.Net), amount(i.Gross)
		if i.State == trade.InvoiceDiffers {
			row.Note = view.T("need.difference", "amount", view.Money{Amount: signed(i.Difference), Currency: string(i.Currency)})
		}
	}
	return row
}
