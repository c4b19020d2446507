package web

import (
	"strconv"
	"strings"
	"time"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// work is one of the plain forms under an order: ship, invoice, receive.
type work struct {
	action access.Action
	open   func(trade.Line) money.Quantity // what is left to do on a line
	can    func(view.OrderCan) bool
	form   func(*visit, *view.OrderPage, trade.Detail, view.Form)
	run    func(*visit, *input, []lineEntry) error
	toast  string
}

// lineEntry is what was typed for one line; a line left empty is not named.
type lineEntry struct {
	line     int
	quantity money.Quantity
	price    money.Price
}

var works = map[string]work{
	"ship":    {access.OrderShip, trade.Line.ToShip, func(c view.OrderCan) bool { return c.Ship }, shipForm, ship, "said.shipped"},
	"invoice": {access.OrderInvoice, toInvoice, func(c view.OrderCan) bool { return c.Invoice }, invoiceForm, invoice, "said.invoiced"},
	"receive": {access.OrderReceive, trade.Line.ToReceive, func(c view.OrderCan) bool { return c.Receive }, receiveForm, receive, "said.received"},
}

// toInvoice is shipped and not invoiced; where nothing was shipped here, what is
// confirmed.
func toInvoice(l trade.Line) money.Quantity {
	if l.Shipped > 0 {
		return l.Shipped - l.Invoiced
	}
	return l.Confirmed - l.Invoiced
}

// orderWorkForm is the order page with one of the forms open.
func orderWorkForm(name string) func(*visit) error {
	return func(v *visit) error {
		k := works[name]
		page, d, err := v.orderPage(v.Params("id"))
		if err != nil {
			return err
		}
		if err := access.Check(v.actor(), k.action, access.Shared(d.Supplier, d.Reseller)); err != nil {
			return err
		}
		if !k.can(page.Can) {
			return v.seeOther(page.URL)
		}
		k.form(v, page, d, view.Form{})
		return v.render(page, orderBlocks)
	}
}

// orderWork does what the form says.
func orderWork(name string) func(*visit) error {
	return func(v *visit) error {
		k := works[name]
		in := v.input()
		entries := in.lines()
		err := in.err()
		if err == nil {
			err = renamed(k.run(v, in, entries), fieldsOf(entries))
		}
		if err == nil {
			return v.done(v.orderURL(trade.OrderID(v.Params("id"))), k.toast)
		}
		return v.orderAgain(err, in, func(page *view.OrderPage, d trade.Detail, form view.Form) { k.form(v, page, d, form) })
	}
}

// lines collects line.{line}.quantity and .price. A line without a quantity, or
// with nought, is left out.
func (in *input) lines() []lineEntry {
	var out []lineEntry
	for n := 1; n <= maxLines; n++ {
		at := "line." + strconv.Itoa(n)
		if _, ok := in.values[at+".quantity"]; !ok {
			continue
		}
		q := in.number(at + ".quantity")
		if q > 0 {
			out = append(out, lineEntry{n, q, in.number(at + ".price")})
		}
	}
	if len(out) == 0 && len(in.wrong.Fields) == 0 && in.has("line.") {
		in.wrong.With("", "form.nothing_named")
	}
	return out
}

// fieldsOf names the fields of each entry.
func fieldsOf(entries []lineEntry) []string {
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = "line." + strconv.Itoa(e.line)
	}
	return out
}

// maxLines bounds the lines one form may hold.
const maxLines = 1000

// has reports whether any field begins so.
func (in *input) has(prefix string) bool {
	for name := range in.values {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// workLines are the lines with something left, what was typed winning over what
// is left.
func workLines(d trade.Detail, form view.Form, left func(trade.Line) money.Quantity) []view.WorkLine {
	var out []view.WorkLine
	for _, l := range d.Lines {
		open := left(l)
		if open <= 0 {
			continue
		}
		at := "line." + strconv.Itoa(l.Number)
		w := view.WorkLine{Number: l.Number, Name: l.Description, SKU: l.SKU, Ordered: counted(l.Ordered, l.Unit), Open: counted(open, l.Unit), Quantity: openQuantity(open), Price: l.Price.Fixed(d.Currency.Digits())}
		if w.Name == "" {
			w.Name = l.SKU
		}
		if typed, ok := form.Values[at+".quantity"]; ok {
			w.Quantity = typed
		}
		if typed, ok := form.Values[at+".price"]; ok {
			w.Price = typed
		}
		out = append(out, w)
	}
	return out
}

// preset fills a field that nobody typed yet.
func preset(form view.Form, name, value string) view.Form {
	if form.Values == nil {
		form.Values = map[string]string{}
	}
	if _, typed := form.Values[name]; !typed {
		form.Values[name] = value
	}
	return form
}

func shipForm(v *visit, page *view.OrderPage, d trade.Detail, form view.Form) {
	form = preset(form, "shipped", v.civilDay())
	page.Ship = &view.ShipForm{Form: form, Lines: workLines(d, form, trade.Line.ToShip)}
}

func ship(v *visit, in *input, entries []lineEntry) error {
	cmd := trade.ShipCmd{Version: in.version(), ShippedOn: in.date("shipped"), Carrier: in.text("carrier"), Tracking: in.text("tracking"), Lines: quantities(entries), Release: in.text("release")}
	if err := in.err(); err != nil {
		return err
	}
	_, err := v.w.d.Trade.Ship(v.ctx, v.actor(), trade.OrderID(v.Params("id")), cmd)
	return err
}

func quantities(entries []lineEntry) []trade.LineQuantity {
	out := make([]trade.LineQuantity, len(entries))
	for i, e := range entries {
		out[i] = trade.LineQuantity{Line: e.line, Quantity: e.quantity}
	}
	return out
}

// taxRates are what the form offers, in per cent; another rate comes by the API.
var taxRates = []string{"0", "5", "20", "13", "22", "24"}

func invoiceForm(v *visit, page *view.OrderPage, d trade.Detail, form view.Form) {
	form = preset(form, "date", v.civilDay())
	form = preset(form, "due", v.now.In(v.login.Org.Location()).AddDate(0, 0, 30).Format(time.DateOnly))
	f := &view.InvoiceForm{Form: form, Currency: string(d.Currency), Lines: workLines(d, form, toInvoice)}
	for _, r := range taxRates {
		f.TaxRates = append(f.TaxRates, view.Option{Value: r, Label: view.Raw(r + "%"), On: form.Values["tax"] == r})
	}
	page.Invoice = f
}

func invoice(v *visit, in *input, entries []lineEntry) error {
	cmd := trade.InvoiceCmd{Version: in.version(), Number: in.text("number"), IssuedOn: in.date("date"), DueOn: in.date("due"), TaxRate: in.number("tax") / 100, Release: in.text("release")}
	for _, e := range entries {
		cmd.Lines = append(cmd.Lines, trade.InvoiceCmdLine{Line: e.line, Quantity: e.quantity, Price: e.price})
	}
	if err := in.err(); err != nil {
		return err
	}
	_, err := v.w.d.Trade.Invoice(v.ctx, v.actor(), trade.OrderID(v.Params("id")), cmd)
	return err
}

func receiveForm(v *visit, page *view.OrderPage, d trade.Detail, form view.Form) {
	form = preset(form, "received", v.civilDay())
	page.Receive = &view.ReceiveForm{Form: form, Lines: workLines(d, form, trade.Line.ToReceive)}
}

func receive(v *visit, in *input, entries []lineEntry) error {
	cmd := trade.ReceiveCmd{Version: in.version(), Lines: quantities(entries), Note: in.text("note"), Short: in.text("short") != ""}
	in.date("received")
	if err := in.err(); err != nil {
		return err
	}
	_, err := v.w.d.Trade.MarkReceived(v.ctx, v.actor(), trade.OrderID(v.Params("id")), cmd)
	return err
}

// orderHeld answers the held document of an order.
func orderHeld(v *visit) error {
	id := trade.OrderID(v.Params("id"))
	d, err := v.w.d.Trade.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	in := v.input()
	answer := in.text("answer")
	for i := len(d.Arrivals) - 1; i >= 0; i-- {
		a := d.Arrivals[i]
		if a.Outcome != trade.HeldBack || a.Answer != "" {
			continue
		}
		if arrival := in.text("arrival"); arrival != "" && arrival != string(a.ID) {
			continue
		}
		if _, err := v.w.d.Trade.Resolve(v.ctx, v.actor(), a.ID, trade.ResolveCmd{Answer: answer, Reason: in.text("reason")}); err != nil {
			return err
		}
		return v.done(v.orderURL(id), "said.answered")
	}
	return fault.New(fault.Conflict, "trade.held_answered")
}

// orderAgree accepts the supplier's changed answer for the reseller.
func orderAgree(v *visit) error {
	id := trade.OrderID(v.Params("id"))
	d, err := v.w.d.Trade.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	response := agreeable(d)
	if response == "" {
		return v.seeOther(v.orderURL(id)) // agreed already
	}
	if err := v.w.d.Trade.Agree(v.ctx, v.actor(), response); err != nil {
		return err
	}
	return v.done(v.orderURL(id), "said.agreed")
}

// orderCancel withdraws an order that nobody has answered.
func orderCancel(v *visit) error {
	id := trade.OrderID(v.Params("id"))
	in := v.input()
	if _, err := v.w.d.Trade.Cancel(v.ctx, v.actor(), id, in.version(), in.text("reason")); err != nil {
		return err
	}
	return v.done(v.orderURL(id), "said.cancelled")
}
