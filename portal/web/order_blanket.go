package web

import (
	"strconv"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/approval"
	"entente/prm/blanket"
	"entente/prm/fault"
	"entente/prm/trade"
)

// blanketBox shows a blanket order with its call-offs, on its own page and on theirs.
func (v *visit) blanketBox(page *view.OrderPage, d trade.Detail, n names) error {
	if d.Kind != trade.KindBlanket && d.Kind != trade.KindRelease {
		return nil
	}
	b, err := v.w.d.Blankets.Of(v.ctx, v.actor(), d.ID)
	if fault.IsNotFound(err) {
		return nil // its blanket order is not here: the lines say so
	}
	if err != nil {
		return err
	}
	box := &view.BlanketBox{Own: b.Order == d.ID, Number: b.Number, URL: v.orderURL(b.Order), More: b.More}
	switch from, until := view.Date(b.From), view.Date(b.Until); {
	case b.From != "" && b.Until != "":
		box.Valid = view.T("blanket.valid", "from", from, "until", until)
	case b.From != "":
		box.Valid = view.T("blanket.valid_from", "from", from)
	case b.Until != "":
		box.Valid = view.T("blanket.valid_until", "until", until)
	}
	for _, l := range b.Lines {
		x := view.BlanketRow{Number: l.Line, Name: l.Description, SKU: l.SKU, Unit: l.Unit, Agreed: l.Agreed.String(), Drawn: l.Drawn.String(), Left: l.Left.String(), Over: l.Left < 0}
		if x.Name == "" {
			x.Name = x.SKU
		}
		box.Lines = append(box.Lines, x)
	}
	for _, c := range b.CallOffs {
		x := view.BlanketCall{Number: c.Number, URL: v.orderURL(c.Order), Date: view.Date(c.OrderedOn), Status: view.Status{State: view.State("order." + string(c.State))}, This: c.Order == d.ID}
		if c.Release != "" {
			x.Number += " / " + c.Release
		}
		box.CallOffs = append(box.CallOffs, x)
	}
	res := access.Shared(d.Supplier, d.Reseller)
	if !b.Closed.IsZero() {
		box.Ended = view.T("blanket.ended", "when", b.Closed, "reason", b.Reason)
	} else if box.Own {
		if v.may(access.OrderPlace, res) {
			box.CallURL, box.Release = page.URL+"/calloff", strconv.Itoa(len(b.CallOffs)+1)
		}
		if v.may(access.OrderPlace, res) || v.may(access.OrderConfirm, res) {
			box.EndURL = page.URL + "/blanket/close"
		}
	}
	page.Blanket = box
	return nil
}

// orderCallOff orders goods of a blanket order.
func orderCallOff(v *visit) error {
	id := trade.OrderID(v.Params("id"))
	in := v.input()
	cmd := blanket.CallOffCmd{Release: in.text("release"), RequestedOn: in.date("requested")}
	var sent []string
	for n := 1; n <= maxLines; n++ {
		at := "line." + strconv.Itoa(n)
		if _, ok := in.values[at+".quantity"]; !ok {
			continue
		}
		if q := in.number(at + ".quantity"); q > 0 {
			cmd.Lines, sent = append(cmd.Lines, trade.LineQuantity{Line: n, Quantity: q}), append(sent, at)
		}
	}
	err := in.err()
	if err == nil {
		var r trade.Receipt
		if r, err = v.w.d.Blankets.CallOff(v.ctx, v.actor(), id, cmd); err == nil && r.Outcome == trade.ForApproval {
			return v.done(v.approvalURL(approval.ID(r.Approval)), "said.approval_asked")
		}
		if err == nil {
			return v.done(v.orderURL(r.Order), "said.called_off")
		}
		err = renamed(err, sent)
	}
	return v.orderAgain(err, in, func(page *view.OrderPage, _ trade.Detail, form view.Form) {
		if page.Blanket != nil {
			page.Blanket.Form, page.Blanket.Release = form, in.text("release")
		}
	})
}

// blanketClose ends a blanket order.
func blanketClose(v *visit) error {
	id := trade.OrderID(v.Params("id"))
	in := v.input()
	err := v.w.d.Blankets.Close(v.ctx, v.actor(), id, blanket.CloseCmd{Reason: in.text("reason")})
	if err == nil {
		return v.done(v.orderURL(id), "said.blanket_closed")
	}
	return v.orderAgain(err, in, func(page *view.OrderPage, _ trade.Detail, form view.Form) {
		if page.Blanket != nil {
			page.Blanket.End = form
		}
	})
}

// blanketRoutes are those of blanket orders.
func blanketRoutes() []Route {
	return []Route{
		post("/c/:slug/orders/:id/calloff", "call off", InCompany, access.OrderPlace, orderCallOff),
		post("/c/:slug/orders/:id/blanket/close", "close blanket order", InCompany, access.OrderRead, blanketClose),
	}
}
