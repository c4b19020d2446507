package web

import (
	"strconv"
	"strings"

	"entente/edi/doc"
	"entente/portal/view"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/trade"
)

// The order form starts with a few lines and grows.
const (
	firstLines = 3
	moreLines  = 1
	mostLines  = 200
)

var newOrderBlocks = fragments{"order-form": "order_new.form"}

// orderNewForm is the empty order form; ?sku= fills the first line.
func orderNewForm(v *visit) error {
	in := &input{v: v, values: map[string]string{}, wrong: fault.New(fault.Invalid, "form.invalid")}
	for _, name := range []string{"partner", "sku"} {
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
	cmd, rows := in.placeCmd()
	err := in.err()
	if err == nil {
		var receipt trade.Receipt
		receipt, err = v.w.d.Trade.Place(v.ctx, v.actor(), cmd)
		if err = renamed(err, rows); err == nil {
			switch receipt.Outcome {
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

// lineCount is how many lines the form shows: those typed, at least a few.
func (in *input) lineCount() int {
	n := firstLines
	if asked, err := strconv.Atoi(in.text("lines")); err == nil {
		n = max(n, asked)
	}
	for name := range in.values {
		w := strings.Split(name, ".")
		if len(w) == 3 && w[0] == "line" {
			if i, err := strconv.Atoi(w[1]); err == nil && i >= 0 {
				n = max(n, i+1)
			}
		}
	}
	return min(n, mostLines)
}

// removeLine takes one line out and moves the later ones up.
func (in *input) removeLine(which string) {
	gone, err := strconv.Atoi(which)
	last := in.lineCount() - 1
	if err != nil || gone < 0 || gone > last {
		return
	}
	for i := gone; i <= last; i++ {
		for _, f := range []string{".sku", ".quantity"} {
			at, from := "line."+strconv.Itoa(i)+f, "line."+strconv.Itoa(i+1)+f
			if next, ok := in.values[from]; ok && i < last {
				in.values[at] = next
			} else {
				delete(in.values, at)
			}
		}
	}
}

// placeCmd decodes the form. Lines without an item are left out; rows tells which
// row of the form each line of the command came from.
func (in *input) placeCmd() (cmd trade.PlaceCmd, rows []string) {
	in.require("partner", "requested")
	cmd = trade.PlaceCmd{Partnership: in.text("partner"), Number: in.text("po"), RequestedOn: in.date("requested"), Note: in.text("note"), Key: in.v.key(),
		ShipTo: doc.Party{Role: "ST", Name: in.text("ship_name"), City: in.text("ship_city"), Postcode: in.text("ship_postcode"), Country: in.text("ship_country")}}
	if street := in.text("ship_street"); street != "" {
		cmd.ShipTo.Address = []string{street}
	}
	for i := range in.lineCount() {
		at := "line." + strconv.Itoa(i)
		sku := in.text(at + ".sku")
		quantity := in.number(at + ".quantity")
		switch {
		case sku == "" && quantity == 0:
			continue
		case sku == "":
			in.wrong.With(at+".sku", "form.missing")
		case quantity == 0:
			in.wrong.With(at+".quantity", "form.missing")
		}
		cmd.Lines = append(cmd.Lines, trade.PlaceLine{SKU: sku, Quantity: quantity})
		rows = append(rows, at)
	}
	if len(cmd.Lines) == 0 && len(in.wrong.Fields) == 0 {
		in.wrong.With("line.0.sku", "form.missing")
	}
	return cmd, rows
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
	page := &view.NewOrderPage{Base: v.shell(), URL: v.path("orders", "new"), Countries: countries(or(in.text("ship_country"), v.login.Org.Country), v.p)}
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

// newOrderLines fills the rows with what the order desk would book, and the
// suggestions with the supplier's products.
func (v *visit) newOrderLines(page *view.NewOrderPage, in *input, chosen partner.Partnership) error {
	var asked []trade.PlaceLine
	var rows []int
	for i := range in.lineCount() {
		at := "line." + strconv.Itoa(i)
		sku := in.text(at + ".sku")
		page.Lines = append(page.Lines, view.NewOrderLine{Index: i, SKU: sku, Quantity: in.text(at + ".quantity")})
		q, ok := decimal(in.text(at + ".quantity"))
		if sku != "" && ok && q > 0 {
			asked, rows = append(asked, trade.PlaceLine{SKU: sku, Quantity: q}), append(rows, i)
		}
	}
	if len(asked) > 0 {
		quotes, err := v.w.d.Trade.Quote(v.ctx, v.actor(), trade.PlaceCmd{Partnership: chosen.ID, Lines: asked})
		if err != nil && fault.CodeOf(err) != fault.Invalid {
			return err
		}
		total := money.Amount{Currency: chosen.Currency}
		for i, q := range quotes {
			if i >= len(rows) {
				break
			}
			l := &page.Lines[rows[i]]
			if !q.Found {
				if page.Form.Error("line." + strconv.Itoa(rows[i]) + ".sku").IsZero() {
					l.Error = view.T("error.unknown_sku", "sku", q.SKU)
				}
				continue
			}
			l.Name, l.Unit = v.productName(q.NameEN, q.NameZH), q.Unit
			if q.Amount.Currency != "" {
				l.Price, l.Amount = price(q.Price, q.Amount.Currency), amount(q.Amount)
				if sum, err := total.Add(q.Amount); err == nil {
					total = sum
				}
			}
		}
		if total.Minor > 0 {
			page.Total = amount(total)
		}
	}
	list, err := v.w.d.Catalog.List(v.ctx, v.actor(), catalog.Filter{Supplier: chosen.Supplier, Limit: 200})
	if err != nil {
		if fault.IsNotFound(err) {
			return nil
		}
		return err
	}
	for _, e := range list.Items {
		page.Products = append(page.Products, view.ProductRow{SKU: e.SKU, Name: e.Name(string(v.p.Language()))})
	}
	return nil
}

func (v *visit) productName(en, zh string) string {
	return catalog.Product{NameEN: en, NameZH: zh}.Name(string(v.p.Language()))
}
