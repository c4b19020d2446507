package web

import (
	"slices"
	"strconv"
	"strings"

	"entente/edi/doc"
	"entente/portal/form"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/approval"
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

// lineFields are the fields of a line of the order form: "line.3.sku".
var lineFields = []string{"sku", "quantity", "unit", "price", "date"}

func lineName(i int, field string) string { return "line." + strconv.Itoa(i) + "." + field }

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
	next := map[string]string{}
	for name, value := range in.values {
		w := strings.SplitN(name, ".", 3)
		i, err := 0, error(nil)
		if len(w) == 3 && w[0] == "line" {
			i, err = strconv.Atoi(w[1])
		}
		switch {
		case len(w) < 3 || w[0] != "line" || err != nil || i < gone:
			next[name] = value
		case i > gone && i <= last:
			next[lineName(i-1, w[2])] = value
		}
	}
	in.values = next
}

// placeCmd decodes the form. Lines without an item are left out; rows tells which
// row of the form each line of the command came from.
func (in *input) placeCmd() (cmd trade.PlaceCmd, rows []string) {
	in.require("partner", "requested")
	cmd = trade.PlaceCmd{Partnership: in.text("partner"), Number: in.text("po"), RequestedOn: in.date("requested"), Note: in.text("note"), Deal: in.text("deal"), Promotion: in.text("promo"), Key: in.v.key(),
		ShipTo: doc.Party{Role: "ST", Name: in.text("ship_name"), City: in.text("ship_city"), Postcode: in.text("ship_postcode"), Country: in.text("ship_country")}}
	if street := in.text("ship_street"); street != "" {
		cmd.ShipTo.Address = []string{street}
	}
	for i := range in.lineCount() {
		at := "line." + strconv.Itoa(i)
		l := trade.PlaceLine{SKU: in.text(at + ".sku"), Quantity: in.number(at + ".quantity"), Unit: in.text(at + ".unit"), Price: in.number(at + ".price"), RequestedOn: in.date(at + ".date")}
		switch {
		case l.SKU == "" && in.text(at+".quantity") == "" && in.text(at+".price") == "" && in.text(at+".date") == "":
			continue
		case l.SKU == "":
			in.wrong.With(at+".sku", "form.missing")
		case l.Quantity == 0 && !in.isWrong(at+".quantity"):
			in.wrong.With(at+".quantity", "form.missing")
		}
		cmd.Lines = append(cmd.Lines, l)
		rows = append(rows, at)
	}
	if len(cmd.Lines) == 0 && len(in.wrong.Fields) == 0 {
		in.wrong.With("line.0.sku", "form.missing")
	}
	return cmd, rows
}

// isWrong reports whether something was found wrong with the field already.
func (in *input) isWrong(name string) bool {
	return slices.ContainsFunc(in.wrong.Fields, func(f fault.Field) bool { return f.Name == name })
}

// newOrderLines fills the rows with what the order desk would book, and the
// suggestions with the supplier's products.
func (v *visit) newOrderLines(page *view.NewOrderPage, in *input, chosen partner.Partnership) error {
	var asked []trade.PlaceLine
	var rows []int
	for i := range in.lineCount() {
		at := "line." + strconv.Itoa(i)
		l := view.NewOrderLine{Index: i, SKU: in.text(at + ".sku"), Quantity: in.text(at + ".quantity"), Price: in.text(at + ".price"), Date: in.text(at + ".date"), Unit: in.text(at + ".unit")}
		page.Lines = append(page.Lines, l)
		q, ok := decimal(l.Quantity)
		if !ok || q < 0 {
			q = 0
		}
		p, ok := decimal(l.Price)
		if !ok || p < 0 {
			p = 0
		}
		if l.SKU != "" {
			day, _ := form.Date(l.Date, v.today())
			asked, rows = append(asked, trade.PlaceLine{SKU: l.SKU, Quantity: q, Unit: l.Unit, Price: p, RequestedOn: day}), append(rows, i)
		}
	}
	if len(asked) > 0 {
		wanted, _ := form.Date(in.text("requested"), v.today())
		quotes, err := v.w.d.Trade.Quote(v.ctx, v.actor(), trade.PlaceCmd{Partnership: chosen.ID, RequestedOn: wanted, Lines: asked})
		if err != nil && fault.CodeOf(err) != fault.Invalid {
			return err
		}
		total := money.Amount{Currency: chosen.Currency}
		for i, q := range quotes {
			if i >= len(rows) {
				break
			}
			v.quoted(&page.Lines[rows[i]], page.Form, q)
			if sum, err := total.Add(q.Amount); err == nil {
				total = sum
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

// quoted writes what is known of the item beside a line, and what is doubtful.
func (v *visit) quoted(l *view.NewOrderLine, f view.Form, q trade.Quote) {
	if !q.Found {
		if f.Error("line." + strconv.Itoa(l.Index) + ".sku").IsZero() {
			l.Error = view.T("error.unknown_sku", "sku", l.SKU)
		}
		return
	}
	l.Name, l.PriceUnit = v.productName(q.NameEN, q.NameZH), q.Unit
	for _, u := range q.Units {
		l.Units = append(l.Units, view.Option{Value: u, Label: view.Raw(v.p.Unit(u)), On: u == q.Unit})
	}
	if q.Marks.Has(trade.UnitUnknown) {
		l.Units = append(l.Units, view.Option{Value: q.Unit, Label: view.Raw(v.p.Unit(q.Unit)), On: true})
	}
	currency := q.Amount.Currency
	if q.Price > 0 && currency != "" {
		l.ListPrice = price(q.Price, currency)
	}
	if q.Amount.Minor > 0 {
		l.Amount = amount(q.Amount)
	}
	for _, m := range q.Marks {
		switch {
		case m == trade.Superseded:
			l.Notes = append(l.Notes, view.T("order_new.successor", "item", q.ReplacedBy))
		case m == trade.NoListPrice:
			l.Notes = append(l.Notes, view.T("order_new.no_price"))
		default:
			l.Notes = append(l.Notes, markText(m, trade.Line{SKU: q.SKU, Unit: q.Unit}, currency, false))
		}
	}
	if was := q.PlaceLine.Price; was > 0 && q.Price > 0 && was != q.Price {
		l.Notes = append(l.Notes, view.T("order_new.price_differs", "yours", price(was, currency), "list", price(q.Price, currency)))
	}
}
