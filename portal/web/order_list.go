package web

import (
	"strconv"
	"strings"

	"entente/chat/room"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/orderdesk"
	"entente/prm/trade"
)

// orderStates are the choices of the filter.
var orderStates = []trade.State{trade.Received, trade.Confirmed, trade.PartlyConfirmed, trade.Rejected, trade.PartlyShipped, trade.Shipped, trade.Invoiced, trade.Closed, trade.Cancelled}

// orderFilter is the filter of the address.
func (v *visit) orderFilter() trade.Filter {
	f := trade.Filter{View: oneOf(v.Query("view"), trade.Views), Partner: v.Query("partner"), From: v.civil("from"), To: v.civil("to"), Query: v.search(), After: v.Query("after"), Limit: pageRows}
	if state := oneOf(v.Query("state"), orderStates); state != "" {
		f.States = []trade.State{state}
	}
	return f
}

// orderList is the list of orders.
func orderList(v *visit) error {
	f := v.orderFilter()
	state := oneOf(v.Query("state"), orderStates)
	partners, err := v.partners()
	if err != nil {
		return err
	}
	if !partners.has(f.Partner) {
		f.Partner = ""
	}
	list, err := v.w.d.Trade.List(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	counts, err := v.w.d.Trade.Counts(v.ctx, v.actor())
	if err != nil {
		return err
	}
	unread, err := v.unreadAbout("order")
	if err != nil {
		return err
	}
	n, err := v.lookup(orgsOf(list.Items), nil)
	if err != nil {
		return err
	}
	page := &view.OrdersPage{Base: v.shell(), CanOrder: partners.canOrder(v.actor()), Exports: v.exports("orders", true), Pager: view.Pager{Shown: len(list.Items), Total: -1, Next: v.next(list.Next)}}
	for _, w := range trade.Views {
		page.Tabs = append(page.Tabs, view.Tab{Label: viewText(w), URL: v.again("view", string(w)), Count: counts.Of(w), On: w == f.View})
	}
	var states []view.Option
	for _, s := range orderStates {
		states = append(states, view.Option{Value: string(s), Label: view.T("state.order." + string(s))})
	}
	page.Filters = v.filters("orders.search", true, []string{"view"}, choice("state", "col.state", string(state), states), choice("partner", "col.partner", f.Partner, partners.options()))
	if f.After == "" && !page.Filters.Active {
		page.Pager.Total = counts.Of(f.View)
	}
	for _, r := range list.Items {
		page.Prices = page.Prices || !r.PricesHidden
		row := v.orderRow(r, n, unread[string(r.ID)])
		if r.State == trade.Received && v.may(access.OrderConfirm, access.Shared(r.Supplier, r.Reseller)) {
			row.Pick, page.Bulk = string(r.ID)+":"+strconv.FormatInt(r.Version, 10), true
		}
		page.Rows = append(page.Rows, row)
	}
	if page.Saved, err = v.savedViews("orders"); err != nil {
		return err
	}
	if page.Saved.Here != "" {
		page.Back = "?" + page.Saved.Here
	}
	return v.render(page, fragments{"list": "orders.list", "rows": "orders.list"})
}

func viewText(w trade.View) view.Text {
	if w == trade.ViewAll {
		return view.T("list.all")
	}
	return view.T("orders." + string(w))
}

func orgsOf(rows []trade.Row) []string {
	var out []string
	for _, r := range rows {
		out = append(out, r.Supplier, r.Reseller)
	}
	return out
}

func (v *visit) orderRow(r trade.Row, n names, unread int) view.OrderRow {
	row := view.OrderRow{URL: v.orderURL(r.ID), Number: r.Number, Partner: n.company(r.PartnerOf(v.org())), Placed: r.Received, Requested: view.Date(r.RequestedOn),
		Lines: r.LineCount, Status: orderState(r.Order), Note: v.rowNote(r), Pips: orderPips(r.Order), Unread: unread, Waits: r.Waits}
	if !r.PricesHidden {
		row.Total = amount(r.Total)
	}
	return row
}

// unreadAbout counts unread lines by subject, for one kind of subject.
func (v *visit) unreadAbout(kind string) (map[string]int, error) {
	if !v.lists(access.RoomRead) {
		return nil, nil
	}
	rooms, _, err := v.w.d.Rooms.List(v.ctx, v.actor(), room.Filter{Kind: kind, Unread: true, Limit: 200})
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	for _, r := range rooms {
		out[r.Subject.ID] = int(r.Unread)
	}
	return out, nil
}

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
	if partners.sells() && access.Allowed(v.actor(), access.OrderInvoice, access.Shared(v.org(), "")) {
		page.NewURL = v.path("invoices", "collect")
		if f.Partner != "" {
			page.NewURL += "?partner=" + f.Partner
		}
	}
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
