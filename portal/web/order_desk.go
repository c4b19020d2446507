package web

import (
	"strconv"
	"strings"

	"entente/portal/view"
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
