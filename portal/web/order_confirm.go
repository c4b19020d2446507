package web

import (
	"slices"
	"strconv"
	"strings"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// maxParts is how many parts one line may be answered in.
const maxParts = 12

// formActions are the answers the form offers; a substitute needs a SKU and is
// offered by the API.
var formActions = []trade.Action{trade.Accept, trade.Change, trade.Backorder, trade.Reject}

// orderConfirmForm is the order page with the answer open.
func orderConfirmForm(v *visit) error {
	page, d, err := v.orderPage(v.Params("id"))
	if err != nil {
		return err
	}
	if err := access.Check(v.actor(), access.OrderConfirm, access.Shared(d.Supplier, d.Reseller)); err != nil {
		return err
	}
	if !page.Can.Confirm {
		return v.seeOther(page.URL)
	}
	page.Confirm = v.confirmForm(d, nil)
	return v.render(page, orderBlocks)
}

// orderConfirm answers the order; splitting a line only renders the form again.
func orderConfirm(v *visit) error {
	in := v.input()
	parts := in.parts()
	split, unsplit := in.text("split"), in.text("unsplit")
	if split == "" && unsplit == "" {
		cmd, sent := in.confirmCmd(parts)
		err := in.err()
		if err == nil {
			var made trade.ResponseID
			made, err = v.w.d.Trade.Confirm(v.ctx, v.actor(), trade.OrderID(v.Params("id")), cmd)
			if err = renamed(err, sent); err == nil && made == "" {
				return v.done(v.path("approvals")+"?view=asked", "said.approval_asked")
			}
		}
		if err == nil {
			return v.done(v.orderURL(trade.OrderID(v.Params("id"))), "said.confirmed")
		}
		return v.orderAgain(err, in, func(page *view.OrderPage, d trade.Detail, form view.Form) {
			page.Confirm = v.confirmForm(d, parts)
			page.Confirm.Form = form
		})
	}
	page, d, err := v.orderPage(v.Params("id"))
	if err != nil {
		return err
	}
	if line, err := strconv.Atoi(split); err == nil && len(parts[line]) < maxParts {
		parts[line] = append(parts[line], view.ConfirmPart{Index: len(parts[line]), Action: string(trade.Backorder)})
	}
	if line, err := strconv.Atoi(unsplit); err == nil && len(parts[line]) > 1 {
		parts[line] = parts[line][:len(parts[line])-1]
	}
	page.Revision = in.text("version")
	page.Confirm = v.confirmForm(d, parts)
	return v.render(page, orderBlocks)
}

// parts collects line.{line}.{part}.{field} by line, in the order of parts.
func (in *input) parts() map[int][]view.ConfirmPart {
	found := map[[2]int]view.ConfirmPart{}
	for name := range in.values {
		w := strings.Split(name, ".")
		if len(w) != 4 || w[0] != "line" {
			continue
		}
		line, err1 := strconv.Atoi(w[1])
		part, err2 := strconv.Atoi(w[2])
		if err1 != nil || err2 != nil || line < 1 || part < 0 || part >= maxParts {
			continue
		}
		p := found[[2]int{line, part}]
		p.Index = part
		switch w[3] {
		case "action":
			p.Action = in.text(name)
		case "quantity":
			p.Quantity = in.text(name)
		case "date":
			p.Date = in.text(name)
		case "reason":
			p.Reason = in.text(name)
		}
		found[[2]int{line, part}] = p
	}
	out := map[int][]view.ConfirmPart{}
	for at, p := range found {
		out[at[0]] = append(out[at[0]], p)
	}
	for _, ps := range out {
		slices.SortFunc(ps, func(a, b view.ConfirmPart) int { return a.Index - b.Index })
		for i := range ps {
			ps[i].Index = i
		}
	}
	return out
}

// version is the version the person saw; 0 when the form says none.
func (in *input) version() int64 { return in.revision("version") }

// revision is version for a field of another name.
func (in *input) revision(name string) int64 {
	n, _ := strconv.ParseInt(in.text(name), 10, 64)
	return max(n, 0)
}

// confirmCmd decodes the parts. A line accepted as it stands is named too, so
// that what the person saw is what is answered.
func (in *input) confirmCmd(parts map[int][]view.ConfirmPart) (cmd trade.ConfirmCmd, sent []string) {
	cmd.Version, cmd.Release = in.version(), in.text("release")
	lines := make([]int, 0, len(parts))
	for n := range parts {
		lines = append(lines, n)
	}
	slices.Sort(lines)
	for _, n := range lines {
		for _, p := range parts[n] {
			at := "line." + strconv.Itoa(n) + "." + strconv.Itoa(p.Index)
			act := trade.Action(p.Action)
			if !slices.Contains(formActions, act) {
				in.wrong.With(at+".action", "form.choice_wrong")
				continue
			}
			l := trade.ConfirmLine{Line: n, Action: act, Quantity: in.number(at + ".quantity"), Date: in.date(at + ".date")}
			if q, ok := decimal(in.text(at + ".quantity")); ok && q == 0 { // left out is all that is open, a nought is a mistake
				in.wrong.With(at+".quantity", "trade.quantity_wrong", "Line", n)
			}
			if act == trade.Reject {
				l.Reason, l.Date = p.Reason, ""
			}
			cmd.Lines = append(cmd.Lines, l)
			sent = append(sent, at)
		}
	}
	return cmd, sent
}

// confirmForm shows every line that still has something to answer, with the
// parts typed so far.
func (v *visit) confirmForm(d trade.Detail, parts map[int][]view.ConfirmPart) *view.ConfirmForm {
	f := &view.ConfirmForm{}
	for _, a := range formActions {
		f.Actions = append(f.Actions, view.Option{Value: string(a), Label: view.T("action.line." + string(a))})
	}
	for _, r := range trade.Reasons {
		f.Reasons = append(f.Reasons, view.Option{Value: r, Label: view.T("reason." + r)})
	}
	for _, l := range d.Lines {
		if l.Answerable() <= 0 {
			continue
		}
		c := view.ConfirmLine{Number: l.Number, Name: l.Description, SKU: l.SKU, Ordered: counted(l.Ordered, l.Unit), Requested: view.Date(l.RequestedOn)}
		if c.Name == "" {
			c.Name = l.SKU
		}
		if !d.PricesHidden {
			c.Price = price(l.Price, d.Currency)
		}
		for _, m := range l.Marks {
			c.Notes = append(c.Notes, markText(m, l, d.Currency, d.PricesHidden))
		}
		if c.Parts = parts[l.Number]; len(c.Parts) == 0 {
			date := l.RequestedOn
			if date == "" {
				date = d.RequestedOn
			}
			c.Parts = []view.ConfirmPart{{Action: string(trade.Accept), Quantity: l.Answerable().String(), Date: date}}
		}
		f.Lines = append(f.Lines, c)
	}
	return f
}

// orderAgain renders the order page with a form that was refused: what was typed
// stays, a conflict says so, everything else goes to the error renderer.
func (v *visit) orderAgain(err error, in *input, open func(*view.OrderPage, trade.Detail, view.Form)) error {
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	page, d, perr := v.orderPage(v.Params("id"))
	if perr != nil {
		return perr
	}
	status := 422
	if fault.CodeOf(err) == fault.Conflict {
		status = 409
		note = v.conflictNote(err, d)
	}
	page.Key = v.key()
	open(page, d, in.form(errs, note))
	return v.renderConflict(status, page)
}

// renderConflict answers a refused form; htmx swaps a 409 only when told that it
// is content, so there it travels as 422.
func (v *visit) renderConflict(status int, page view.Page) error {
	if v.htmx() && status == 409 {
		status = 422
	}
	return v.renderAs(status, page, orderBlocks)
}

// conflictNote says what the order is now and what it was when the form was made.
func (v *visit) conflictNote(err error, d trade.Detail) view.Text {
	f := fault.As(err)
	if yours, ok := f.Args["Yours"]; ok {
		return view.T("order.conflict_version", "yours", yours, "now", d.Version, "state", view.State("order."+string(d.Shown())))
	}
	return view.T("order.conflict", "state", view.State("order."+string(d.Shown())), "why", v.sentence(f.Code, f.Key, f.Args))
}

// openQuantity is a quantity as an input shows it, empty when nothing is left.
func openQuantity(q money.Quantity) string {
	if q <= 0 {
		return ""
	}
	return q.String()
}
