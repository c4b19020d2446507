package web

import (
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/channel"
	"entente/prm/fault"
	"entente/prm/money"
)

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
