package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/money"
	"entente/prm/trade"
)

// freshLines is how many empty lines the form of a change offers.
const freshLines = 2

// changeable says that a buyer may ask for changes of the order.
func changeable(d trade.Detail) bool {
	if d.Held != "" && d.Held != d.HoldReason || slices.Contains([]trade.State{trade.Closed, trade.Cancelled, trade.Rejected}, d.State) {
		return false
	}
	for _, l := range d.Lines {
		if want := l.Ordered - l.Cancelled; want > l.Shipped && want > l.Invoiced-l.Credited {
			return true
		}
	}
	return false
}

// orderChangeForm is the order page with the form of a change open.
func orderChangeForm(v *visit) error {
	page, d, err := v.orderPage(v.Params("id"))
	if err != nil {
		return err
	}
	if err := access.Check(v.actor(), access.OrderPlace, access.Shared(d.Supplier, d.Reseller)); err != nil {
		return err
	}
	if !page.Can.Change {
		return v.seeOther(page.URL)
	}
	page.Change = changeForm(d, view.Form{})
	return v.render(page, orderBlocks)
}

// changeForm shows every line that is not withdrawn, what was typed winning over what
// stands.
func changeForm(d trade.Detail, form view.Form) *view.ChangeForm {
	f := &view.ChangeForm{Form: form, Prices: !d.PricesHidden}
	for _, l := range d.Lines {
		want := l.Ordered - l.Cancelled
		if want <= 0 {
			continue
		}
		at := "line." + strconv.Itoa(l.Number)
		x := view.ChangeFormLine{Number: l.Number, Name: l.Description, SKU: l.SKU, Quantity: want.String(), Date: l.RequestedOn, Now: view.T("change.stands", "ordered", counted(want, l.Unit))}
		if l.Shipped > 0 {
			x.Now = view.T("change.stands_shipped", "ordered", counted(want, l.Unit), "shipped", counted(l.Shipped, l.Unit))
		}
		if x.Name == "" {
			x.Name = x.SKU
		}
		if f.Prices {
			x.Price = priceText(l, d.Currency)
		}
		for name, into := range map[string]*string{".quantity": &x.Quantity, ".price": &x.Price, ".date": &x.Date} {
			if typed, ok := form.Values[at+name]; ok {
				*into = typed
			}
		}
		x.Cancel = form.Values[at+".cancel"] != ""
		f.Lines = append(f.Lines, x)
	}
	for i := range freshLines {
		f.Fresh = append(f.Fresh, i)
	}
	return f
}

// priceText is the price as the form of a change shows it.
func priceText(l trade.Line, c money.Currency) string { return l.Price.Fixed(c.Digits()) }

// orderChange asks for the change: what differs from what stands is asked for.
func orderChange(v *visit) error {
	id := trade.OrderID(v.Params("id"))
	d, err := v.w.d.Trade.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	in := v.input()
	cmd := trade.AskCmd{Version: in.version(), Key: v.key(), Note: in.text("note"), Cancel: in.text("all") == "cancel"}
	var sent []string
	if !cmd.Cancel {
		cmd.Lines, sent = in.changes(d)
		if len(cmd.Lines) == 0 && len(in.wrong.Fields) == 0 {
			in.wrong.With("", "trade.change_nothing")
		}
	}
	if err = in.err(); err == nil {
		var made trade.ChangeID
		made, err = v.w.d.Trade.AskChange(v.ctx, v.actor(), id, cmd)
		if err = renamed(err, sent); err == nil && made == "" {
			return v.done(v.path("approvals")+"?view=asked", "said.approval_asked")
		}
	}
	if err == nil {
		return v.done(v.orderURL(id), "said.change_asked")
	}
	return v.orderAgain(err, in, func(page *view.OrderPage, d trade.Detail, form view.Form) { page.Change = changeForm(d, form) })
}

// changes are the lines whose values are not those that stand, and the new ones.
func (in *input) changes(d trade.Detail) (out []trade.AskLine, sent []string) {
	for _, l := range d.Lines {
		at := "line." + strconv.Itoa(l.Number)
		if in.text(at+".cancel") != "" {
			out, sent = append(out, trade.AskLine{Line: l.Number, Cancel: true}), append(sent, at)
			continue
		}
		if _, shown := in.values[at+".quantity"]; !shown {
			continue
		}
		a := trade.AskLine{Line: l.Number}
		want := l.Ordered - l.Cancelled
		if q := in.number(at + ".quantity"); q == 0 && len(in.wrong.Fields) == 0 {
			in.wrong.With(at+".quantity", "change.zero")
		} else if q != want {
			a.Quantity = q
		}
		if p := in.number(at + ".price"); !d.PricesHidden && in.text(at+".price") != priceText(l, d.Currency) {
			a.Price = p
		}
		if day := in.date(at + ".date"); day != l.RequestedOn {
			a.RequestedOn = day
		}
		if a.Quantity != 0 || a.Price != 0 || a.RequestedOn != "" {
			out, sent = append(out, a), append(sent, at)
		}
	}
	for i := range freshLines {
		at := "new." + strconv.Itoa(i)
		if in.text(at+".sku") == "" && in.text(at+".quantity") == "" {
			continue
		}
		out = append(out, trade.AskLine{SKU: in.text(at + ".sku"), Quantity: in.number(at + ".quantity"), Price: in.number(at + ".price"), RequestedOn: in.date(at + ".date")})
		sent = append(sent, at)
	}
	return out, sent
}

// orderChangeAnswer answers a change for the supplier.
func orderChangeAnswer(v *visit) error {
	id := trade.OrderID(v.Params("id"))
	in := v.input()
	change := trade.ChangeID(in.text("change"))
	cmd := trade.AnswerCmd{Version: in.version()}
	var sent []string
	d, err := v.w.d.Trade.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	for _, c := range d.Changes {
		if c.ID != change {
			continue
		}
		for _, l := range c.Lines {
			at := in.text("change") + "." + strconv.Itoa(l.Position)
			a := trade.ChangeAnswer{Position: l.Position, Refuse: in.text(at+".do") == "refuse" || in.text("all") == "refuse"}
			if a.Refuse {
				a.Reason = in.text(at + ".reason")
			} else {
				a.Quantity = in.number(at + ".quantity")
			}
			cmd.Lines, sent = append(cmd.Lines, a), append(sent, at)
		}
	}
	if err = in.err(); err == nil {
		var made trade.ResponseID
		made, err = v.w.d.Trade.AnswerChange(v.ctx, v.actor(), change, cmd)
		if err = renamed(err, sent); err == nil && made == "" {
			return v.done(v.path("approvals")+"?view=asked", "said.approval_asked")
		}
	}
	if err == nil {
		return v.done(v.orderURL(id), "said.change_answered")
	}
	return v.orderAgain(err, in, func(page *view.OrderPage, _ trade.Detail, form view.Form) {
		for i := range page.Changes {
			if page.Changes[i].ID == string(change) {
				page.Changes[i].Form = form
			}
		}
	})
}

// orderChangeWithdraw takes back a change for the buyer.
func orderChangeWithdraw(v *visit) error {
	if err := v.w.d.Trade.WithdrawChange(v.ctx, v.actor(), trade.ChangeID(v.Params("change"))); err != nil {
		return err
	}
	return v.done(v.orderURL(trade.OrderID(v.Params("id"))), "said.change_withdrawn")
}

// changeBoxes are the changes of an order: those that wait, and those that were answered,
// the last one first.
func (v *visit) changeBoxes(page *view.OrderPage, d trade.Detail, n names) {
	res, open := access.Shared(d.Supplier, d.Reseller), false
	for i := len(d.Changes) - 1; i >= 0; i-- {
		c := d.Changes[i]
		if c.Kind == trade.ChangeBack { // told by those that it took back
			continue
		}
		b := view.ChangeBox{ID: string(c.ID), Number: c.Number, At: c.At, Note: c.Note, Revision: strconv.FormatInt(d.Version, 10), Title: view.T("change.of", "company", n.org(d.Reseller)), Status: view.Status{State: "change.open"}}
		if c.Kind == trade.ChangeAll {
			b.Title = view.T("change.of_all", "company", n.org(d.Reseller))
		}
		refused, granted := 0, 0
		for _, l := range c.Lines {
			b.Lines = append(b.Lines, changeRow(l, d, c.Open()))
			switch l.Verdict {
			case trade.VerdictRefused:
				refused++
			case trade.VerdictGranted:
				granted++
			}
		}
		if c.Open() {
			b.Due = view.T("change.waits_for", "company", n.org(d.Supplier))
			if v.may(access.OrderConfirm, res) {
				b.URL = v.orderURL(d.ID) + "/change/answer"
				for _, r := range trade.Reasons {
					b.Reasons = append(b.Reasons, view.Option{Value: r, Label: view.T("reason." + r)})
				}
			}
			if v.may(access.OrderPlace, res) && !open { // the last one, with those before it
				b.BackURL = v.orderURL(d.ID) + "/change/" + string(c.ID) + "/withdraw"
			}
			page.Changes, open = append(page.Changes, b), true
			continue
		}
		said := "change.answered_by"
		switch {
		case c.State == trade.ChangeWithdrawn:
			b.Status.State, said = "change.withdrawn", "change.withdrawn_by"
		case len(c.Lines) == granted:
			b.Status.State = "change.granted"
		case len(c.Lines) == refused:
			b.Status.State = "change.refused"
		default:
			b.Status.State = "change.partly"
		}
		who := n.actor(c.AnsweredBy, c.AnsweredOrg)
		if who == "" {
			who = n.org(cmp.Or(c.AnsweredOrg, d.Supplier))
		}
		b.Due = view.T(said, "who", who, "when", c.AnsweredAt)
		page.Changed = append(page.Changed, b)
	}
}

func changeRow(l trade.ChangeLine, d trade.Detail, open bool) view.ChangeRow {
	r := view.ChangeRow{Position: l.Position, Name: l.Description, SKU: l.SKU, What: view.T("change.what." + string(l.Action)), Quantity: l.Action == trade.ChangeValues && l.Has(trade.FieldQuantity)}
	if l.Line > 0 {
		r.Number = strconv.Itoa(l.Line)
		if lang := d.Lines[l.Line-1]; r.Name == "" {
			r.Name = lang.Description
		}
	}
	if r.Name == "" {
		r.Name = r.SKU
	}
	diff := func(field string, was, now view.Text) {
		r.Diffs = append(r.Diffs, view.HeldDifference{Where: view.T("hold.field." + field), Was: was, Now: now})
	}
	quantity := func(q money.Quantity) view.Text {
		return view.T("change.quantity", "quantity", counted(q, l.Unit))
	}
	switch l.Action {
	case trade.ChangeAdd:
		diff("quantity", view.Raw("–"), quantity(l.Quantity))
		if !d.PricesHidden {
			diff("price", view.Raw("–"), view.T("change.price", "price", price(l.Price, d.Currency)))
		}
		if l.Date != "" {
			diff("requested", view.Raw("–"), view.T("order.on", "date", view.Date(l.Date)))
		}
		if l.Product == "" && open {
			r.Notes = append(r.Notes, view.T("mark.unknown_item", "item", l.SKU))
		}
	case trade.ChangeCancel:
		diff("quantity", quantity(l.WasQuantity), quantity(0))
	default:
		if l.Has(trade.FieldQuantity) {
			diff("quantity", quantity(l.WasQuantity), quantity(l.Quantity))
		}
		if l.Has(trade.FieldPrice) {
			if d.PricesHidden {
				diff("price", view.T("hold.not_shown"), view.T("hold.not_shown"))
			} else {
				diff("price", view.T("change.price", "price", price(l.WasPrice, d.Currency)), view.T("change.price", "price", price(l.Price, d.Currency)))
			}
		}
		if l.Has(trade.FieldDate) {
			was := view.Raw("–")
			if l.WasDate != "" {
				was = view.T("order.on", "date", view.Date(l.WasDate))
			}
			diff("requested", was, view.T("order.on", "date", view.Date(l.Date)))
		}
	}
	if open {
		r.Late = l.Effect.None
		for _, x := range l.Effect.Limits {
			r.Notes = append(r.Notes, limitText(x, l, l.Effect.None))
		}
		for _, m := range l.Marks {
			r.Notes = append(r.Notes, markText(m, trade.Line{Number: l.Line, SKU: l.SKU, Unit: l.Unit, Ordered: l.Quantity, Price: l.Price}, d.Currency, d.PricesHidden))
		}
		return r
	}
	r.Verdict = view.Status{State: view.State("change." + l.Verdict)}
	if l.Verdict != trade.VerdictGranted {
		if l.Reason != "" {
			r.Notes = append(r.Notes, view.T("change.because", "reason", reasonText(l.Reason)))
		}
		if l.Line > 0 && l.Verdict == trade.VerdictPartly {
			r.Notes = append(r.Notes, view.T("change.left_at", "quantity", counted(l.Granted, l.Unit)))
		}
	}
	return r
}

// limitText says what of a line is too late.
func limitText(x trade.Limit, l trade.ChangeLine, none bool) view.Text {
	key := "change.limit." + x.Field + "." + x.Key
	if none {
		key = "change.limit.none." + x.Key
	}
	return view.T(key, "done", counted(x.Done, l.Unit), "left", counted(l.Effect.Quantity, l.Unit))
}

// reasonText is a reason as words: a code of ours, or what was written.
func reasonText(reason string) view.Text {
	switch reason {
	case trade.LimitShipped, trade.LimitInvoiced, trade.LimitCancelled:
		return view.T("change.reason." + reason)
	}
	if slices.Contains(trade.Reasons, reason) {
		return view.T("reason." + reason)
	}
	return view.Raw(strings.TrimSpace(reason))
}

// changeRoutes are the change of an order and its answer.
func changeRoutes() []Route {
	return []Route{
		get("/c/:slug/orders/:id/change", "change form", InCompany, access.OrderPlace, orderChangeForm),
		post("/c/:slug/orders/:id/change", "ask for change", InCompany, access.OrderPlace, orderChange),
		post("/c/:slug/orders/:id/change/answer", "answer change", InCompany, access.OrderConfirm, orderChangeAnswer),
		post("/c/:slug/orders/:id/change/:change/withdraw", "withdraw change", InCompany, access.OrderPlace, orderChangeWithdraw),
	}
}
