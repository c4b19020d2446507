package web

import (
	"slices"
	"strconv"
	"strings"

	"entente/edi/doc"
	"entente/portal/form"
	"entente/portal/view"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/trade"
)

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
	for i := gone; i <= last; i++ {
		for _, f := range lineFields {
			at, from := lineName(i, f), lineName(i+1, f)
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
