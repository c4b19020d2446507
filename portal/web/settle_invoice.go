package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/chat/room"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/approval"
	"entente/prm/money"
	"entente/prm/settle"
	"entente/prm/trade"
)

// invoiceForms are the forms of the invoice's page: what was refused, and whether the
// one of a dispute is open.
type invoiceForms struct {
	approve view.Form
	dispute *view.Form
}

// invoiceShow is an invoice with what became of it.
func invoiceShow(v *visit) error { return v.invoicePage(200, invoiceForms{}) }

// invoiceDisputeForm is the invoice with the form of a dispute open.
func invoiceDisputeForm(v *visit) error {
	form, err := v.caseForm()
	if err != nil {
		return err
	}
	return v.invoicePage(200, invoiceForms{dispute: &form})
}

func (v *visit) invoiceURL(id trade.InvoiceID) string { return v.path("invoices", string(id)) }

func (v *visit) invoicePage(status int, f invoiceForms) error {
	a, err := v.w.d.Settle.Account(v.ctx, v.actor(), trade.InvoiceID(v.Params("id")))
	if err != nil {
		return err
	}
	i := a.Invoice
	people := []string{i.By}
	if a.Approved != nil {
		people = append(people, a.Approved.Person)
	}
	n, err := v.lookup([]string{i.Supplier, i.Reseller}, people)
	if err != nil {
		return err
	}
	res := access.Shared(i.Supplier, i.Reseller)
	page := &view.InvoicePage{Base: v.shell(), URL: v.invoiceURL(i.ID), Number: i.Number, Credit: i.Kind == trade.InvoiceCredit, Status: view.Status{State: view.State("settle." + a.State())},
		Match: view.Status{State: view.State("invoice." + i.State)}, Buyer: n.company(i.Reseller), Supplier: n.company(i.Supplier), OrderNumber: trade.Orders(i.OrderNumber, i.Orders), OrderURL: v.orderURL(i.Order),
		Issued: view.Date(i.IssuedOn), Due: view.Date(i.DueOn), PDF: v.path("invoices", string(i.ID), "pdf"), Currency: string(i.Currency), Form: f.approve}
	numbers := map[trade.OrderID]string{}
	for _, s := range i.Shares {
		numbers[s.Order] = s.Number
	}
	for _, l := range a.Lines {
		row := v.invoiceLine(i, l)
		if row.OrderNumber = numbers[l.Order]; row.OrderNumber != "" {
			row.OrderURL = v.orderURL(l.Order)
		}
		page.Lines = append(page.Lines, row)
	}
	page.Sums, page.Facts = invoiceSums(a), v.invoiceFacts(a, n)
	for _, d := range a.Disputes {
		page.Disputes = append(page.Disputes, v.disputeRow(d, n))
	}
	for _, s := range a.Settled {
		page.Settled = append(page.Settled, v.settledRow(s))
	}
	for _, c := range a.Credits {
		page.Credits = append(page.Credits, view.SettledRow{Text: view.T("settle.credit_no", "number", c.Number), URL: v.invoiceURL(c.ID), Amount: amount(c.Gross), At: c.At})
	}
	for _, x := range a.Issues {
		if x.State != settle.IssueDone {
			b := v.issueBox(x, n)
			b.InvoiceURL = ""
			page.Issues = append(page.Issues, b)
		}
	}
	v.invoiceCan(page, a, res, n)
	if f.dispute != nil && page.DisputeURL != "" {
		page.Dispute = v.disputeForm(a, *f.dispute)
	}
	return v.renderAs(status, page, nil)
}

// invoiceCan decides which buttons exist, and says what is to be done.
func (v *visit) invoiceCan(page *view.InvoicePage, a settle.Account, res access.Resource, n names) {
	approved := a.Approved != nil && a.Approved.Amount.Minor == a.Payable.Minor
	open := a.Payable.Minor > 0
	may := v.may(access.InvoiceApprove, res)
	if open && v.may(access.DisputeOpen, res) {
		page.DisputeURL = page.URL + "/dispute"
	}
	switch {
	case a.Differing.Minor > 0 && open:
		bad := 0
		for _, l := range a.Lines {
			if l.Difference.Minor > 0 && l.Disputed == "" {
				bad++
			}
		}
		page.Told = append(page.Told, view.T("settle.differs", "n", bad, "amount", amount(a.Differing)))
		if may {
			page.Told = append(page.Told, view.T("settle.differs_next", "company", n.org(a.Invoice.Supplier)))
			page.AcceptAll = view.T("settle.accept_all", "amount", amount(a.Payable))
		}
	case open && may && !approved:
		page.Approve = view.T("settle.approve", "amount", amount(a.Payable))
	}
	if approved && open {
		page.Told = append(page.Told, view.T("settle.approved_by", "amount", amount(a.Approved.Amount), "person", n.person(a.Approved.Person), "when", a.Approved.At))
	}
}

// invoiceLine is a position beside its order line, with a sentence for each difference.
func (v *visit) invoiceLine(i trade.Invoice, l settle.AccountLine) view.InvoiceLineRow {
	digits := i.Currency.Digits()
	delivered := l.Item.Confirmed
	if l.Item.Shipped > 0 {
		delivered = l.Item.Shipped
	}
	priced, counted_ := slices.Contains(l.Wrong, "price"), slices.Contains(l.Wrong, "quantity")
	row := view.InvoiceLineRow{Position: l.Position, Name: l.Item.Name(string(v.p.Language())), SKU: l.SKU, Unit: l.Unit, Ordered: view.Cell{Value: l.Item.Ordered.String()}, Delivered: view.Cell{Value: delivered.String(), Differs: counted_},
		Received: view.Cell{Value: l.Item.Received.String()}, Quantity: view.Cell{Value: l.Quantity.String(), Differs: counted_}, OrderPrice: view.Cell{Value: l.Item.Price.Fixed(digits)}, Price: view.Cell{Value: l.Price.Fixed(digits), Differs: priced},
		Amount: view.Cell{Value: l.Amount.String()}, Difference: signed(l.Difference), Bad: l.Difference.Minor != 0 && l.Disputed == "", Status: view.Status{State: "invoice.matched"}}
	if row.Name == "" {
		row.Name = l.SKU
	}
	switch {
	case l.Disputed != "":
		row.Status.State = "settle.disputed"
	case l.Difference.Minor != 0:
		row.Status.State = "invoice.differs"
	case i.Kind == trade.InvoiceCredit:
		row.Status.State = "settle.cleared"
	}
	if priced {
		key := "settle.why_price_over"
		diff := l.Price - l.Item.Price
		if diff < 0 {
			key, diff = "settle.why_price_under", -diff
		}
		sum, err := money.Extend(l.Quantity, diff, i.Currency)
		if err == nil {
			row.Notes = append(row.Notes, view.T(key, "order", price(l.Item.Price, i.Currency), "invoice", price(l.Price, i.Currency), "quantity", counted(l.Quantity, l.Unit), "by", price(diff, i.Currency), "amount", amount(sum)))
		}
	}
	if counted_ {
		row.Notes = append(row.Notes, view.T("settle.why_quantity", "invoiced", counted(l.Item.Invoiced, l.Unit), "delivered", counted(delivered, l.Unit)))
	}
	return row
}

// invoiceSums are the amounts of an invoice and what of them is settled.
func invoiceSums(a settle.Account) []view.KV {
	i := a.Invoice
	kv := func(key string, m money.Amount, args ...any) view.KV {
		return view.KV{Label: view.T(key, args...), Value: view.T("settle.money_of", "amount", amount(m))}
	}
	out := []view.KV{kv("col.net", i.Net)}
	for _, x := range i.Taxes {
		out = append(out, view.KV{Label: view.T("order.tax_at", "rate", percent(x.Rate)), Value: view.T("settle.tax_on", "amount", amount(x.Amount), "basis", amount(x.Basis))})
	}
	out = append(out, kv("order.gross", i.Gross))
	for _, x := range []struct {
		key string
		m   money.Amount
	}{{"settle.sum_credited", a.Credited}, {"settle.sum_paid", a.Paid}, {"settle.sum_disputed", a.Disputed}} {
		if x.m.Minor != 0 {
			out = append(out, kv(x.key, x.m))
		}
	}
	return append(out, kv("settle.sum_open", a.Open))
}

func (v *visit) invoiceFacts(a settle.Account, n names) []view.KV {
	i := a.Invoice
	out := []view.KV{{Label: view.T("field.invoice_number"), Value: view.Raw(i.Number)}, {Label: view.T("col.order"), Value: view.Raw(i.OrderNumber), URL: v.orderURL(i.Order)}}
	if len(i.Shares) > 0 {
		out = out[:1]
		for _, s := range i.Shares {
			kv := view.KV{Label: view.T("col.order"), Value: view.T("settle.share", "number", s.Number, "amount", amount(s.Net)), URL: v.orderURL(s.Order)}
			if s.State == trade.InvoiceDiffers {
				kv.Value = view.T("settle.share_differs", "number", s.Number, "amount", amount(s.Net), "by", view.Money{Amount: signed(s.Difference), Currency: string(i.Currency)})
			}
			out = append(out, kv)
		}
	}
	if i.CreditOf != "" {
		out = append(out, view.KV{Label: view.T("settle.credit_of"), Value: view.T("settle.the_invoice"), URL: v.invoiceURL(i.CreditOf)})
	}
	if name := n.person(i.By); name != "" {
		out = append(out, view.KV{Label: view.T("settle.made_by"), Value: view.Raw(name)})
	}
	if i.Interchange != "" && v.may(access.EDIRead, access.Shared(i.Supplier, i.Reseller)) {
		out = append(out, view.KV{Label: view.T("settle.message"), Value: view.T("payment.message"), URL: v.path("edi", i.Interchange)})
	}
	return out
}

func (v *visit) settledRow(s settle.Settlement) view.SettledRow {
	r := view.SettledRow{Amount: amount(s.Amount), At: s.At, URL: v.path("payments", s.ID)}
	switch s.Kind {
	case settle.ByPayment:
		r.Text = view.T("payment.title", "number", s.Number)
	case settle.ByCredit:
		r.Text, r.URL = view.T("settle.credit_no", "number", s.Number), v.invoiceURL(trade.InvoiceID(s.ID))
	default:
		r.Text, r.URL = view.T("settle.invoice_title", "number", s.Number), v.invoiceURL(trade.InvoiceID(s.ID))
	}
	return r
}

// disputeForm offers the positions; those that differ are chosen.
func (v *visit) disputeForm(a settle.Account, form view.Form) *view.DisputeForm {
	f := &view.DisputeForm{Form: form, Reasons: disputeReasons(form.Value("reason"), true)}
	_, typed := form.Values["reason"] // sent, and refused
	for _, l := range a.Lines {
		if l.Disputed != "" {
			continue
		}
		at := "line." + strconv.Itoa(l.Position)
		row := view.DisputeFormLine{Position: l.Position, Name: l.Item.Name(string(v.p.Language())), SKU: l.SKU, Amount: amount(l.Amount), On: l.Difference.Minor > 0, Net: l.Amount.String()}
		if l.Difference.Minor > 0 {
			row.Net, row.Differs = l.Difference.String(), view.T("settle.differs_by", "amount", amount(l.Difference))
		}
		if typed {
			row.On, row.Net = form.Value(at+".on") != "", form.Value(at+".net")
		}
		f.Lines = append(f.Lines, row)
	}
	return f
}

// disputeReasons are the coded reasons; empty asks for a choice.
func disputeReasons(chosen string, empty bool) []view.Option {
	var out []view.Option
	if empty {
		out = append(out, view.Option{Label: view.T("dispute.choose")})
	}
	for _, r := range settle.Reasons {
		out = append(out, view.Option{Value: r, Label: view.T("dispute.reason." + r), On: r == chosen})
	}
	return out
}

// invoiceApprove lets the invoice be paid.
func invoiceApprove(v *visit) error {
	in := v.input()
	id := trade.InvoiceID(v.Params("id"))
	got, err := v.w.d.Settle.Approve(v.ctx, v.actor(), id, settle.ApproveCmd{Accept: in.text("accept") != ""})
	if err == nil && got.Request != "" {
		return v.done(v.approvalURL(approval.ID(got.Request)), "said.approval_asked")
	}
	if err == nil {
		return v.done(v.invoiceURL(id), "said.invoice_approved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.invoicePage(422, invoiceForms{approve: in.form(errs, note)})
}

// invoiceDispute disputes positions of the invoice.
func invoiceDispute(v *visit) error {
	in := v.input()
	id := trade.InvoiceID(v.Params("id"))
	i, err := v.w.d.Trade.GetInvoice(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	cmd := settle.DisputeCmd{Reason: in.text("reason"), Note: in.text("note")}
	var fields []string
	for _, l := range i.Lines {
		at := "line." + strconv.Itoa(l.Position)
		if in.text(at+".on") == "" {
			continue
		}
		var net money.Amount // empty: what differs, else all of it
		if in.text(at+".net") != "" {
			net = in.coins(at+".net", i.Currency)
		}
		cmd.Lines, fields = append(cmd.Lines, settle.DisputeCmdLine{Position: l.Position, Net: net}), append(fields, at)
	}
	if len(cmd.Lines) == 0 {
		in.wrong.With("", "settle.choose_lines")
	}
	if err = in.err(); err == nil {
		var d settle.DisputeID
		if d, err = v.w.d.Settle.OpenDispute(v.ctx, v.actor(), id, cmd); err == nil {
			v.madeOf(in.text("from"), room.MadeDispute, string(d))
			return v.done(v.path("disputes", string(d)), "said.disputed")
		}
		err = renamed(err, fields)
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	form := in.form(errs, note)
	return v.invoicePage(422, invoiceForms{dispute: &form})
}

// coins reads an amount of money as people write it; empty is zero.
func (in *input) coins(name string, c money.Currency) money.Amount {
	m := in.number(name)
	a, err := money.ParseAmount(m.String(), c)
	if err != nil {
		in.wrong.With(name, "error.number", "value", in.text(name))
		return money.Amount{Currency: c}
	}
	return a
}

// collecting is an invoice of several orders as it is being put together.
type collecting struct {
	partner string
	form    view.Form
	picked  map[trade.OrderID]bool
	wrong   map[trade.OrderID][]view.Text
	sums    []view.KV
	seen    string // gross of the sums
}

// invoiceCollect shows what was shipped to a partner and not invoiced.
func invoiceCollect(v *visit) error {
	return v.collectPage(200, collecting{partner: v.Query("partner")})
}

func (v *visit) collectPage(status int, c collecting) error {
	partners, err := v.partners()
	if err != nil {
		return err
	}
	page := &view.CollectPage{Base: v.shell(), URL: v.path("invoices", "collect"), BackURL: v.path("invoices"), Form: c.form, Sums: c.sums, Seen: c.seen, Most: trade.MaxInvoiceOrders}
	for _, o := range partners.options() {
		if partners.supplies(o.Value) {
			page.Partners = append(page.Partners, o)
		}
	}
	if partners.supplies(c.partner) {
		page.Partner, page.Company = c.partner, view.Company{ID: c.partner, Slug: partners.orgs[c.partner].Slug, Name: partners.orgs[c.partner].Name}
		if err := v.collectOrders(page, c); err != nil {
			return err
		}
	}
	page.Form = preset(page.Form, "date", v.civilDay())
	page.Form = preset(page.Form, "due", v.now.In(v.login.Org.Location()).AddDate(0, 0, 30).Format(time.DateOnly))
	for _, r := range taxRates {
		page.TaxRates = append(page.TaxRates, view.Option{Value: r, Label: view.Raw(r + "%"), On: page.Form.Values["tax"] == r})
	}
	return v.renderAs(status, page, nil)
}

// collectOrders fills the orders of a partner with lines that were shipped and not invoiced.
func (v *visit) collectOrders(page *view.CollectPage, c collecting) error {
	list, err := v.w.d.Trade.List(v.ctx, v.actor(), trade.Filter{Partner: c.partner, States: []trade.State{trade.PartlyShipped, trade.Shipped}, Limit: trade.MaxInvoiceOrders})
	if err != nil {
		return err
	}
	var ids []trade.OrderID
	for _, r := range list.Items {
		if r.Supplier == v.org() {
			ids = append(ids, r.ID)
		}
	}
	bodies, err := v.w.d.Trade.Named(v.ctx, v.actor(), ids...)
	if err != nil {
		return err
	}
	page.More = list.Next != ""
	for _, id := range ids {
		d := bodies[id]
		row := view.CollectOrder{Value: string(id) + ":" + strconv.FormatInt(d.Version, 10), URL: v.orderURL(id), Number: d.Number, Placed: d.Received, On: c.picked[id], Wrong: c.wrong[id]}
		net := money.Amount{Currency: d.Currency}
		for _, l := range d.Lines {
			open := l.Shipped - l.Invoiced
			if open <= 0 {
				continue
			}
			at := collectField(id, l.Number)
			sum, err := money.Extend(open, l.Price, d.Currency)
			if err == nil {
				net, err = net.Add(sum)
			}
			if err != nil {
				return err
			}
			x := view.CollectLine{At: at, Amount: amount(sum), WorkLine: view.WorkLine{Number: l.Number, Name: or(l.Name(string(v.p.Language())), l.SKU), SKU: l.SKU, Ordered: counted(l.Ordered, l.Unit), Open: counted(open, l.Unit), Quantity: openQuantity(open)}}
			x.TaxRates = []view.Option{{Label: view.T("collect.tax_same")}}
			for _, r := range taxRates {
				x.TaxRates = append(x.TaxRates, view.Option{Value: r, Label: view.Raw(r + "%"), On: c.form.Values[at+".tax"] == r})
			}
			row.Lines = append(row.Lines, x)
		}
		if len(row.Lines) > 0 {
			row.Net = amount(net)
			page.Orders = append(page.Orders, row)
		}
	}
	return nil
}

// collectField begins the names of the fields of an order's line.
func collectField(id trade.OrderID, line int) string {
	return "o." + string(id) + "." + strconv.Itoa(line)
}

// collectCmd reads which orders and lines are invoiced together, and in what sequence the
// lines of each were sent.
func (in *input) collectCmd(picks []string) (trade.CollectCmd, [][]string) {
	cmd := trade.CollectCmd{Number: in.text("number"), IssuedOn: in.date("date"), DueOn: in.date("due"), TaxRate: in.number("tax") / 100, Release: in.text("release")}
	if len(picks) < 2 || len(picks) > trade.MaxInvoiceOrders {
		in.wrong.With("", "collect.pick_two", "most", trade.MaxInvoiceOrders)
		return cmd, nil
	}
	var sent [][]string
	for _, s := range picks {
		id, version, _ := strings.Cut(s, ":")
		n, _ := strconv.ParseInt(version, 10, 64)
		o, fields := trade.CollectOrder{Order: trade.OrderID(id), Version: max(n, 0)}, []string(nil)
		for line := 1; line <= maxLines; line++ {
			at := collectField(o.Order, line)
			if _, ok := in.values[at+".quantity"]; !ok {
				continue
			}
			x := trade.InvoiceCmdLine{Line: line, Quantity: in.number(at + ".quantity")}
			if in.text(at+".tax") != "" {
				rate := in.number(at+".tax") / 100
				x.TaxRate = &rate
			}
			if x.Quantity > 0 {
				o.Lines, fields = append(o.Lines, x), append(fields, at)
			}
		}
		cmd.Orders, sent = append(cmd.Orders, o), append(sent, fields)
	}
	return cmd, sent
}

// invoiceCollected adds up an invoice of several orders, or makes it.
func invoiceCollected(v *visit) error {
	in := v.input()
	c := collecting{partner: in.text("partner"), picked: map[trade.OrderID]bool{}, wrong: map[trade.OrderID][]view.Text{}}
	picks := v.all("order")
	for _, s := range picks {
		id, _, _ := strings.Cut(s, ":")
		c.picked[trade.OrderID(id)] = true
	}
	cmd, sent := in.collectCmd(picks)
	empty := false
	for _, o := range cmd.Orders {
		if len(o.Lines) == 0 { // to the service that would be all of it
			c.wrong[o.Order], empty = []view.Text{view.T("collect.nothing")}, true
		}
	}
	err := in.err()
	switch {
	case err != nil:
		sent = nil
	case empty:
		c.form = in.form(nil, view.Text{})
		return v.collectPage(422, c)
	default:
		var i trade.Invoice
		if i, err = v.w.d.Trade.Rehearse(v.ctx, v.actor(), cmd); err != nil {
			break
		}
		status, note := 200, view.Text{}
		if c.seen = i.Gross.String() + " " + string(i.Currency); in.text("do") == "send" {
			if in.text("seen") == c.seen {
				var id trade.InvoiceID
				if id, err = v.w.d.Trade.Collect(v.ctx, v.actor(), cmd); err == nil {
					return v.done(v.invoiceURL(id), "said.invoiced")
				}
				break
			}
			status, note = 422, view.T("collect.changed")
		}
		c.form, c.sums = in.form(nil, note), invoiceSums(settle.Account{Invoice: i})
		c.sums = c.sums[:len(c.sums)-1] // nothing of it is open or paid yet
		return v.collectPage(status, c)
	}
	return v.collectAgain(in, c, cmd, sent, err)
}

// collectAgain shows the form with what was refused: at the orders and lines it is about.
func (v *visit) collectAgain(in *input, c collecting, cmd trade.CollectCmd, sent [][]string, err error) error {
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	if len(sent) > 0 {
		each, bad := v.w.d.Trade.Unfit(v.ctx, v.actor(), cmd)
		if bad != nil {
			return bad
		}
		var whole []view.FieldError
		for _, e := range errs { // those of orders are said by each of them
			if !strings.HasPrefix(e.Field, "orders.") {
				whole = append(whole, e)
			} else if i, _, ok := strings.Cut(strings.TrimPrefix(e.Field, "orders."), "."); ok {
				if n, err := strconv.Atoi(i); err == nil && n < len(each) && each[n] == nil {
					c.wrong[cmd.Orders[n].Order] = append(c.wrong[cmd.Orders[n].Order], e.Text)
				}
			}
		}
		errs = whole
		for i, e := range each {
			if e == nil {
				continue
			}
			fields, why, _ := v.formErrors(renamed(e, sent[i]))
			for _, f := range fields {
				if strings.HasPrefix(f.Field, "o.") {
					errs = append(errs, f)
				}
			}
			if !why.IsZero() {
				c.wrong[cmd.Orders[i].Order], note = append(c.wrong[cmd.Orders[i].Order], why), view.Text{}
			}
		}
	}
	c.form = in.form(errs, note)
	return v.collectPage(422, c)
}
