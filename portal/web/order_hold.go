package web

import (
	"slices"
	"strconv"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/approval"
	"entente/prm/trade"
)

// holdBoxes are the holds of an order that stand.
func (v *visit) holdBoxes(page *view.OrderPage, d trade.Detail, n names) error {
	res := access.Shared(d.Supplier, d.Reseller)
	var people []string
	for _, h := range d.Holds {
		people = append(people, h.Person)
	}
	known, err := v.lookup(nil, people)
	if err != nil {
		return err
	}
	for _, h := range d.Holds {
		if !h.Open() {
			continue
		}
		title := "stop.title_" + h.Reason
		b := view.HoldBox{Title: view.T(title), Note: h.Note, Since: h.Placed, By: view.Date(h.By), Late: h.Late(v.now)}
		switch {
		case h.Reason == trade.HeldApproval:
			b.Owner = view.T("stop.owner_approval", "company", n.org(d.Supplier))
			if d.Supplier == v.org() && v.lists(access.ApprovalRead) {
				b.Approval = v.approvalURL(approval.ID(h.ID))
			}
		case h.Person != "":
			b.Owner = view.T("stop.owner_person", "person", known.person(h.Person), "role", view.T("role."+string(h.Role)), "company", n.org(d.Supplier))
		default:
			b.Owner = view.T("stop.owner_role", "role", view.T("role."+string(h.Role)), "company", n.org(d.Supplier))
		}
		if len(h.Lines) > 0 {
			b.Lines = view.T("stop.lines_of", "lines", lineNumbers(h.Lines))
		}
		if h.Reason != trade.HeldApproval && v.may(access.OrderHold, res) {
			b.URL = v.orderURL(d.ID) + "/holds/" + h.ID + "/release"
		}
		page.Holds = append(page.Holds, b)
	}
	open := slices.ContainsFunc(d.Lines, func(l trade.Line) bool { return l.Outstanding() > 0 })
	page.Can.Hold = open && v.may(access.OrderHold, res) && !slices.Contains([]trade.State{trade.Closed, trade.Cancelled, trade.Rejected, trade.Shipped, trade.Invoiced}, d.State)
	return nil
}

func lineNumbers(lines []int) string {
	out := ""
	for i, n := range lines {
		if i > 0 {
			out += ", "
		}
		out += strconv.Itoa(n)
	}
	return out
}

// orderHoldForm is the order page with the form of a hold open.
func orderHoldForm(v *visit) error {
	page, d, err := v.orderPage(v.Params("id"))
	if err != nil {
		return err
	}
	if err := access.Check(v.actor(), access.OrderHold, access.Shared(d.Supplier, d.Reseller)); err != nil {
		return err
	}
	if !page.Can.Hold {
		return v.seeOther(page.URL)
	}
	if err := v.holdForm(page, d, view.Form{}, nil); err != nil {
		return err
	}
	return v.render(page, orderBlocks)
}

func (v *visit) holdForm(page *view.OrderPage, d trade.Detail, form view.Form, lines []string) error {
	f := &view.HoldForm{Form: form}
	for _, r := range trade.HoldReasons {
		f.Reasons = append(f.Reasons, view.Option{Value: r, Label: view.T("holdreason." + r), On: form.Value("reason") == r})
	}
	var err error
	if f.Owners, err = v.ownerOptions(trade.HoldRoles, form.Value("owner"), ""); err != nil {
		return err
	}
	if len(d.Lines) > 1 {
		for _, l := range d.Lines {
			if l.Outstanding() > 0 {
				k := strconv.Itoa(l.Number)
				f.Lines = append(f.Lines, view.Option{Value: k, Label: view.T("stop.line", "line", k, "item", or(l.SKU, l.BuyerItem)), On: slices.Contains(lines, k)})
			}
		}
	}
	page.Hold = f
	return nil
}

// orderHoldPut puts the order, or the lines that were chosen, on hold.
func orderHoldPut(v *visit) error {
	in, id := v.input(), trade.OrderID(v.Params("id"))
	cmd := trade.HoldCmd{Version: in.version(), Reason: in.text("reason"), Note: in.text("note"), By: in.date("hold_until")}
	cmd.Role, cmd.Person = in.owner("owner")
	in.require("hold_until")
	lines := v.all("lines")
	for _, s := range lines {
		if n, err := strconv.Atoi(s); err == nil {
			cmd.Lines = append(cmd.Lines, n)
		}
	}
	err := in.err()
	if err == nil {
		_, err = v.w.d.Trade.Hold(v.ctx, v.actor(), id, cmd)
	}
	if err == nil {
		return v.done(v.orderURL(id), "said.on_hold")
	}
	var failed error
	err = v.orderAgain(err, in, func(page *view.OrderPage, d trade.Detail, form view.Form) { failed = v.holdForm(page, d, form, lines) })
	if failed != nil {
		return failed
	}
	return err
}

// orderRelease ends a hold.
func orderRelease(v *visit) error {
	h, err := v.w.d.Trade.GetHold(v.ctx, v.actor(), v.Params("hold"))
	if err != nil {
		return err
	}
	if err := v.w.d.Trade.Release(v.ctx, v.actor(), h.ID); err != nil {
		return err
	}
	return v.done(v.orderURL(h.Order), "said.hold_ended")
}
