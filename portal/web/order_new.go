package web

import (
	"slices"
	"strconv"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/approval"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/trade"
)

// The order form starts with a few lines and grows.
const (
	firstLines = 3
	moreLines  = 1
	mostLines  = 500 // of the form; an order of more comes in a file
)

var newOrderBlocks = fragments{"order-form": "order_new.form"}

// orderNewForm is the empty order form; ?sku= fills the first line, ?deal= the number of a
// registration, ?promo= that of a promotion, ?again= all of them with those of an older order.
func orderNewForm(v *visit) error {
	if id := v.Query("again"); id != "" {
		return v.repeated(trade.OrderID(id))
	}
	if id := v.Query("approval"); id != "" {
		return v.approvalAgain(approval.ID(id))
	}
	in := &input{v: v, values: map[string]string{}, wrong: fault.New(fault.Invalid, "form.invalid")}
	for _, name := range []string{"partner", "sku", "deal", "promo"} {
		if s := v.Query(name); s != "" && len(s) < 80 {
			in.values[name] = s
		}
	}
	in.values["ship_name"], in.values["ship_city"] = v.login.Org.Name, v.login.Org.City
	if sku := in.values["sku"]; sku != "" {
		in.values["line.0.sku"], in.values["line.0.quantity"] = sku, "1"
	}
	return v.newOrder(200, in, nil)
}

// orderNew places the order; adding and removing lines only render the form.
func orderNew(v *visit) error {
	in := v.input()
	if _, add := in.values["add"]; add {
		in.values["lines"] = strconv.Itoa(in.lineCount() + moreLines)
		return v.newOrder(200, in, nil)
	}
	if gone, remove := in.values["remove"]; remove {
		in.removeLine(gone)
		return v.newOrder(200, in, nil)
	}
	if _, fill := in.values["fill"]; fill || in.text("paste") != "" || len(v.file("file")) > 0 {
		return v.fillLines(in)
	}
	cmd, rows := in.placeCmd()
	err := in.err()
	if err == nil {
		var receipt trade.Receipt
		receipt, err = v.w.d.Trade.Place(v.ctx, v.actor(), cmd)
		if err = renamed(err, rows); err == nil {
			if old := in.text("approval"); old != "" { // safe to repeat, as placing is
				err := v.w.d.Approvals.Replace(v.ctx, v.actor(), approval.ID(old))
				if err != nil && !slices.Contains([]fault.Code{fault.Conflict, fault.Forbidden, fault.NotFound}, fault.CodeOf(err)) {
					return err
				}
			}
			switch receipt.Outcome {
			case trade.ForApproval:
				return v.done(v.approvalURL(approval.ID(receipt.Approval)), "said.approval_asked")
			case trade.Duplicate:
				return v.done(v.orderURL(receipt.Order), "said.duplicate")
			case trade.HeldBack:
				return v.done(v.orderURL(receipt.Order), "said.held")
			}
			return v.done(v.orderURL(receipt.Order), "said.ordered")
		}
	}
	return v.newOrder(422, in, err)
}

// newOrder renders the form with prices for what was typed.
func (v *visit) newOrder(status int, in *input, err error) error {
	partners, perr := v.partners()
	if perr != nil {
		return perr
	}
	suppliers := partners.suppliers(v.actor())
	if len(suppliers) == 0 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	chosen := suppliers[0]
	for _, p := range suppliers {
		if p.ID == in.text("partner") {
			chosen = p
		}
	}
	page := &view.NewOrderPage{Base: v.shell(), URL: v.path("orders", "new"), Told: in.told, Rows: in.rows, Countries: countries(or(in.text("ship_country"), v.login.Org.Country), v.p)}
	for _, p := range suppliers {
		page.Partners = append(page.Partners, view.Option{Value: p.ID, Label: view.Raw(partners.orgs[p.Supplier].Name), On: p.ID == chosen.ID})
	}
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		page.Form = in.form(errs, note)
		page.Key = v.key()
	} else {
		page.Form = in.form(nil, view.Text{})
	}
	if status == 200 && v.Method() == "POST" {
		page.Key = v.key()
	}
	if err := v.newOrderLines(page, in, chosen); err != nil {
		return err
	}
	return v.renderAs(status, page, newOrderBlocks)
}

func (v *visit) productName(en, zh string) string {
	return catalog.Product{NameEN: en, NameZH: zh}.Name(string(v.p.Language()))
}

// repeated is the order form with the lines and the address of an older order:
// the prices are today's, number and dates are new.
func (v *visit) repeated(id trade.OrderID) error {
	d, err := v.w.d.Trade.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	if d.Reseller != v.org() || !v.may(access.OrderPlace, access.Shared(d.Supplier, d.Reseller)) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	partners, err := v.partners()
	if err != nil {
		return err
	}
	trades := false
	for _, p := range partners.suppliers(v.actor()) {
		trades = trades || p.ID == d.Partnership
	}
	if !trades {
		return fault.New(fault.Conflict, "order_new.partner_gone", "Number", d.Number)
	}
	in := &input{v: v, values: map[string]string{"partner": d.Partnership}, wrong: fault.New(fault.Invalid, "form.invalid")}
	for _, p := range d.Parties {
		if p.Role != "ST" {
			continue
		}
		in.values["ship_name"], in.values["ship_city"], in.values["ship_postcode"], in.values["ship_country"] = p.Name, p.City, p.Postcode, p.Country
		if len(p.Address) > 0 {
			in.values["ship_street"] = p.Address[0]
		}
	}
	if in.values["ship_name"] == "" {
		in.values["ship_name"], in.values["ship_city"] = v.login.Org.Name, v.login.Org.City
	}
	in.told = append(in.told, view.T("order_new.again", "number", d.Number))
	n := 0
	for _, l := range d.Lines {
		if n == mostLines {
			in.told = append(in.told, view.T("order_new.too_many", "lines", strconv.Itoa(len(d.Lines)), "most", strconv.Itoa(mostLines)))
			break
		}
		sku := l.SKU
		for _, other := range []string{l.BuyerItem, l.GTIN} {
			if sku == "" {
				sku = other
			}
		}
		if sku == "" {
			sku = l.Description
		}
		in.values[lineName(n, "sku")], in.values[lineName(n, "unit")] = sku, l.Unit
		if l.Ordered > 0 {
			in.values[lineName(n, "quantity")] = l.Ordered.String()
		}
		n++
	}
	in.values["lines"] = strconv.Itoa(n)
	return v.newOrder(200, in, nil)
}
