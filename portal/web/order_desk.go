package web

import (
	"strconv"
	"strings"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/orderdesk"
	"entente/prm/trade"
)

// ordersConfirm confirms many orders: first it shows which of them have doubts, then it
// confirms the clean ones and says of each what became of it.
func ordersConfirm(v *visit) error {
	in := v.input()
	var picks []orderdesk.Pick
	for _, s := range v.all("order") {
		id, version, _ := strings.Cut(s, ":")
		n, _ := strconv.ParseInt(version, 10, 64)
		picks = append(picks, orderdesk.Pick{Order: trade.OrderID(id), Version: max(n, 0)})
	}
	page := &view.BulkConfirmPage{Base: v.shell(), URL: v.path("orders", "confirm"), BackURL: v.path("orders")}
	if back := in.text("back"); strings.HasPrefix(back, "?") {
		page.BackURL += back
	}
	page.Back = in.text("back")
	do := v.w.d.Desk.Look
	if _, page.Done = in.values["go"]; page.Done {
		do = v.w.d.Desk.Confirm
	}
	results, err := do(v.ctx, v.actor(), picks)
	if err != nil {
		return err
	}
	var orgs []string
	for _, r := range results {
		orgs = append(orgs, r.Order.Reseller)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	for _, r := range results {
		row := view.BulkRow{URL: v.orderURL(r.ID), Number: r.Order.Number, Partner: n.company(r.Order.Reseller), Lines: r.Order.LineCount, Status: view.Status{State: view.State("bulk." + r.Outcome)}, Value: string(r.ID) + ":" + strconv.FormatInt(r.Order.Version, 10), Clean: r.Outcome == orderdesk.Clean}
		if !r.Order.PricesHidden {
			row.Total = amount(r.Order.Total)
		}
		switch {
		case r.Doubt != "":
			row.Why = view.T("orders.mark", "line", strconv.Itoa(r.Line), "what", view.T("mark.short."+string(r.Doubt)))
		case r.Key != "":
			row.Why = v.sentence("conflict", r.Key, r.Args)
		}
		switch r.Outcome {
		case orderdesk.Clean:
			page.Clean++
		case orderdesk.Confirmed:
			page.Confirmed++
		}
		page.Rows = append(page.Rows, row)
	}
	return v.render(page, nil)
}

// orderViews puts the saved views on the page of the list.
func (v *visit) orderViews(page *view.OrdersPage) error {
	all, err := v.w.d.Desk.Views(v.ctx, v.actor(), "orders")
	if err != nil {
		return err
	}
	now := v.Request().URI().QueryArgs()
	for _, x := range all {
		tab := view.SavedView{ID: x.ID, Name: x.Name, URL: v.path("orders") + "?" + x.Query, Shared: x.Shared, CanDrop: x.Own || x.Shared && v.actor().Has(access.Manager)}
		same := x.Query != ""
		for pair := range strings.SplitSeq(x.Query, "&") {
			name, value, _ := strings.Cut(pair, "=")
			same = same && queryEscape(string(now.Peek(name))) == value
		}
		tab.On = same
		page.Saved = append(page.Saved, tab)
	}
	page.Here = string(v.Request().URI().QueryString())
	return nil
}

// orderViewSave keeps the filters of the list under a name.
func orderViewSave(v *visit) error {
	in := v.input()
	saved, err := v.w.d.Desk.Save(v.ctx, v.actor(), orderdesk.View{List: "orders", Name: in.text("name"), Query: in.text("query"), Shared: in.text("shared") != ""})
	if err != nil {
		return err
	}
	return v.done(v.path("orders")+"?"+saved.Query, "said.saved")
}

// orderViewDrop forgets a view.
func orderViewDrop(v *visit) error {
	if err := v.w.d.Desk.Drop(v.ctx, v.actor(), v.Params("id")); err != nil {
		return err
	}
	return v.done(v.path("orders"), "said.saved")
}
