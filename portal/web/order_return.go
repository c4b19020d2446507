package web

import (
	"errors"
	"slices"
	"strconv"

	"entente/chat/room"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/returns"
	"entente/prm/trade"
)

// orderReturnForm is the order page with the form for goods that go back open.
func orderReturnForm(v *visit) error {
	page, d, err := v.orderPage(v.Params("id"))
	if err != nil {
		return err
	}
	if err := access.Check(v.actor(), access.OrderPlace, access.Shared(d.Supplier, d.Reseller)); err != nil {
		return err
	}
	if !page.Can.Return {
		return v.seeOther(page.URL)
	}
	form, err := v.caseForm()
	if err != nil {
		return err
	}
	if err := v.returnForm(page, d, form); err != nil {
		return err
	}
	return v.render(page, orderBlocks)
}

// returnForm shows the lines of which something can go back.
func (v *visit) returnForm(page *view.OrderPage, d trade.Detail, form view.Form) error {
	all, err := v.w.d.Returns.Of(v.ctx, v.actor(), d.ID)
	if err != nil {
		return err
	}
	f := &view.ReturnForm{Form: form}
	for _, r := range returns.Reasons {
		f.Reasons = append(f.Reasons, view.Option{Value: r, Label: view.T("return.reason." + r)})
	}
	left := returns.Returnable(d.Lines, all)
	for _, l := range d.Lines {
		if left[l.Number] <= 0 {
			continue
		}
		at := "line." + strconv.Itoa(l.Number)
		x := view.ReturnFormLine{Number: l.Number, Name: l.Description, SKU: l.SKU, Open: counted(left[l.Number], l.Unit), Quantity: form.Values[at+".quantity"], Reason: form.Values[at+".reason"]}
		if x.Name == "" {
			x.Name = x.SKU
		}
		f.Lines = append(f.Lines, x)
	}
	page.Return = f
	return nil
}

// orderReturn asks to send goods back.
func orderReturn(v *visit) error {
	id := trade.OrderID(v.Params("id"))
	in := v.input()
	cmd := returns.AskCmd{Key: v.key(), Number: in.text("number"), Note: in.text("note")}
	var sent []string
	for n := 1; n <= maxLines; n++ {
		at := "line." + strconv.Itoa(n)
		if _, ok := in.values[at+".quantity"]; !ok {
			continue
		}
		if q := in.number(at + ".quantity"); q > 0 {
			cmd.Lines, sent = append(cmd.Lines, returns.AskLine{Line: n, Quantity: q, Reason: in.text(at + ".reason")}), append(sent, at)
		}
	}
	err := in.err()
	if err == nil {
		var r returns.ID
		if r, err = v.w.d.Returns.Ask(v.ctx, v.actor(), id, cmd); err == nil {
			v.madeOf(in.text("from"), room.MadeReturn, string(r))
		}
		err = renamed(err, sent)
	}
	if err == nil {
		return v.done(v.orderURL(id), "said.return_asked")
	}
	var failed error
	err = v.orderAgain(err, in, func(page *view.OrderPage, d trade.Detail, form view.Form) { failed = v.returnForm(page, d, form) })
	if failed != nil {
		return failed
	}
	return err
}

// returnSaid is what is said after each step of a return.
var returnSaid = map[string]string{"decide": "said.return_decided", "arrive": "said.return_arrived", "credit": "said.return_credited"}

// returnStep does the next thing with a return.
func returnStep(step string) func(*visit) error {
	return func(v *visit) error {
		id := trade.OrderID(v.Params("id"))
		in := v.input()
		r, err := v.w.d.Returns.Get(v.ctx, v.actor(), returns.ID(v.Params("return")))
		if err != nil {
			return err
		}
		var parts []returns.Part
		var sent []string
		for _, l := range r.Lines {
			at := string(r.ID) + "." + strconv.Itoa(l.Position)
			if in.text(at+".quantity") != "" {
				parts, sent = append(parts, returns.Part{Position: l.Position, Quantity: in.number(at + ".quantity")}), append(sent, at)
			}
		}
		if err = in.err(); err == nil {
			switch step {
			case "decide":
				cmd := returns.DecideCmd{Refuse: in.text("do") == "refuse", RMA: in.text(string(r.ID) + ".rma"), Answer: in.text(string(r.ID) + ".answer"), Lines: parts}
				_, err = v.w.d.Returns.Decide(v.ctx, v.actor(), r.ID, cmd)
			case "arrive":
				_, err = v.w.d.Returns.Receive(v.ctx, v.actor(), r.ID, parts)
			default:
				_, err = v.w.d.Returns.Credit(v.ctx, v.actor(), r.ID)
			}
			err = beneath(renamed(err, sent), string(r.ID), "answer", "rma")
		}
		if err == nil {
			return v.done(v.orderURL(id)+"#returns", returnSaid[step])
		}
		return v.orderAgain(err, in, func(page *view.OrderPage, _ trade.Detail, form view.Form) {
			for i := range page.Returns {
				if page.Returns[i].ID == string(r.ID) {
					page.Returns[i].Form = form
				}
			}
		})
	}
}

// beneath points the named fields of a service's refusal at those of one of several forms of
// a page, whose names begin with its id.
func beneath(err error, id string, names ...string) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	out := *f
	out.Fields = slices.Clone(f.Fields)
	for i := range out.Fields {
		if slices.Contains(names, out.Fields[i].Name) {
			out.Fields[i].Name = id + "." + out.Fields[i].Name
		}
	}
	return &out
}

// returnBoxes are the returns of an order, the last one first.
func (v *visit) returnBoxes(page *view.OrderPage, d trade.Detail, n names) error {
	all, err := v.w.d.Returns.Of(v.ctx, v.actor(), d.ID)
	if err != nil {
		return err
	}
	res := access.Shared(d.Supplier, d.Reseller)
	for _, q := range returns.Returnable(d.Lines, all) {
		page.Can.Return = page.Can.Return || q > 0 && v.may(access.OrderPlace, res)
	}
	for i := len(all) - 1; i >= 0; i-- {
		r := all[i]
		b := view.ReturnBox{URL: v.orderURL(d.ID) + "/returns/" + string(r.ID), ID: string(r.ID), Number: r.Number, RMA: r.RMA, Title: view.T("return.of", "company", n.org(d.Reseller)), Note: r.Note, Answer: r.Answer, At: r.AskedAt, Status: view.Status{State: view.State("return." + string(r.State))}}
		switch r.State {
		case returns.Asked:
			b.Waits = view.T("return.waits_decision", "company", n.org(d.Supplier))
			if v.may(access.OrderConfirm, res) {
				b.Next = "decide"
			}
		case returns.Granted:
			b.Waits = view.T("return.waits_goods", "company", n.org(d.Supplier))
			if v.may(access.OrderShip, res) {
				b.Next = "arrive"
			}
		case returns.Arrived:
			b.Waits = view.T("return.waits_credit", "company", n.org(d.Supplier))
			if v.may(access.OrderInvoice, res) {
				b.Next = "credit"
			}
		}
		for _, l := range r.Lines {
			b.Lines = append(b.Lines, returnRow(l, r.State))
		}
		page.Returns = append(page.Returns, b)
	}
	return nil
}

func returnRow(l returns.Line, state returns.State) view.ReturnRow {
	figure := func(label view.Text, n view.Quantity) view.KV {
		return view.KV{Label: label, Value: view.T("change.quantity", "quantity", n)}
	}
	x := view.ReturnRow{Position: l.Position, Number: l.Line, Name: l.Description, SKU: l.SKU, Quantity: l.Quantity.String(), Figures: []view.KV{figure(view.T("return.figure.asked"), counted(l.Quantity, l.Unit))}}
	if x.Name == "" {
		x.Name = x.SKU
	}
	if l.Reason != "" {
		x.Reason = view.T("return.reason." + l.Reason)
	}
	if state != returns.Asked && state != returns.Refused {
		x.Quantity = l.Granted.String()
		x.Figures = append(x.Figures, figure(view.T("return.figure.granted"), counted(l.Granted, l.Unit)))
	}
	if state == returns.Arrived || state == returns.Credited {
		x.Figures = append(x.Figures, figure(view.T("return.figure.arrived"), counted(l.Arrived, l.Unit)))
	}
	if state == returns.Credited {
		x.Figures = append(x.Figures, figure(view.T("return.figure.credited"), counted(l.Credited, l.Unit)))
	}
	return x
}

// returnRoutes are goods that go back.
func returnRoutes() []Route {
	return []Route{
		get("/c/:slug/orders/:id/return", "return form", InCompany, access.OrderPlace, orderReturnForm),
		post("/c/:slug/orders/:id/return", "ask for return", InCompany, access.OrderPlace, orderReturn),
		post("/c/:slug/orders/:id/returns/:return/decide", "decide return", InCompany, access.OrderConfirm, returnStep("decide")),
		post("/c/:slug/orders/:id/returns/:return/arrive", "receive return", InCompany, access.OrderShip, returnStep("arrive")),
		post("/c/:slug/orders/:id/returns/:return/credit", "credit return", InCompany, access.OrderInvoice, returnStep("credit")),
	}
}
