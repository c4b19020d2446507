package ubl

import (
	"entente/edi/doc"
	"entente/edi/markup"
)

func (x *mapper) invoice(m *markup.Map, d *doc.Invoice, credit bool) {
	kind, line, billed := "380", "cac:InvoiceLine", "cbc:InvoicedQuantity"
	if credit {
		kind, line, billed = "381", "cac:CreditNoteLine", "cbc:CreditedQuantity"
	}
	m.Text("cbc:ID", &d.Number)
	m.Date("cbc:IssueDate", &d.Date)
	var due string
	if !credit {
		if len(d.Terms) > 0 && !m.Read() {
			if due = d.Terms[0].NetDate; due == "" {
				due = after(d.Date, d.Terms[0].NetDays)
			}
		}
		m.Date("cbc:DueDate", &due)
	}
	code := kind
	if credit {
		m.Text("cbc:CreditNoteTypeCode", &code)
	} else {
		m.Text("cbc:InvoiceTypeCode", &code)
	}
	m.Texts("cbc:Note", &d.Notes)
	m.Text("cbc:DocumentCurrencyCode", &d.Currency)
	if m.Read() {
		x.currency = d.Currency
		d.Type = "DI"
		if credit {
			d.Type = "CR"
		}
		if code != kind && code != "" {
			m.Problem("cbc:InvoiceTypeCode", "not_carried", code)
		}
	}
	count(m, &d.LineCount)
	m.In("cac:OrderReference", func(m *markup.Map) {
		m.Text("cbc:ID", &d.OrderNumber)
		m.Date("cbc:IssueDate", &d.OrderDate)
	})
	refs(m, "cac:AdditionalDocumentReference", &d.Refs)
	side(m, "cac:AccountingSupplierParty", seller(&d.Header), &d.Parties, true)
	// The customer billed is the buyer, unless another is: then the buyer stands apart.
	who := "BY"
	if m.Read() && m.Has("cac:BuyerCustomerParty") || find(d.Parties, "BT") != nil {
		who = "BT"
	}
	side(m, "cac:AccountingCustomerParty", who, &d.Parties, true)
	member(m, "cac:PayeeParty", "RE", &d.Parties)
	if who == "BT" {
		side(m, "cac:BuyerCustomerParty", "BY", &d.Parties, false)
	}
	headDelivery(m, &d.Header, nil)
	x.terms(m, &d.Terms, d.Date)
	lines := lineSum(len(d.Lines), func(i int) *doc.Line { return &d.Lines[i].Line })
	allowances := func() { x.allowances(m, &d.Allowances, lines) }
	allowances()
	x.taxes(m, &d.Taxes)
	m.In("cac:LegalMonetaryTotal", func(m *markup.Map) { x.totals(m, d, lines) })
	markup.Each(m, line, &d.Lines, func(m *markup.Map, l *doc.InvoiceLine) { x.invoiceLine(m, billed, d, l) })
	for i, seen := 0, map[string]bool{}; m.Read() && i < len(d.Lines); i++ { // lines of two orders may have one number
		if l := &d.Lines[i]; seen[l.Number] && ref(l.Refs, "PO") != "" {
			l.Number = ""
		}
		seen[d.Lines[i].Number] = true
	}
	if m.Read() && due != "" && len(d.Terms) == 0 {
		d.Terms = []doc.Terms{{NetDate: due}}
	}
}

// totals writes the sums that lead to the total, and reads the total alone, as the
// document's own rules check the rest.
func (x *mapper) totals(m *markup.Map, d *doc.Invoice, lines doc.Decimal) {
	if m.Read() {
		m.Passed("cbc:LineExtensionAmount", "cbc:TaxExclusiveAmount", "cbc:AllowanceTotalAmount", "cbc:ChargeTotalAmount")
		var with doc.Decimal
		x.amount(m, "cbc:TaxInclusiveAmount", &with)
		x.amount(m, "cbc:PayableAmount", &d.Total)
		if with != "" && d.Total != "" && with.Cmp(d.Total) != 0 { // paid before, or rounded
			m.Problem("cbc:PayableAmount", "not_carried", string(d.Total))
			d.Total = with
		}
		return
	}
	less, more, tax := doc.Decimal("0.00"), doc.Decimal("0.00"), doc.Decimal("0.00")
	for _, a := range d.Allowances {
		v := amountOf(a, lines)
		switch {
		case !a.ChangesTotal() || v == "":
		case a.Charge:
			more = more.Add(v)
		default:
			less = less.Add(v)
		}
	}
	for _, t := range d.Taxes {
		tax = tax.Add(t.Amount)
	}
	bare := d.Total.Sub(tax)
	for _, s := range []struct {
		name string
		v    doc.Decimal
	}{
		{"cbc:LineExtensionAmount", lines}, {"cbc:TaxExclusiveAmount", bare}, {"cbc:TaxInclusiveAmount", d.Total},
		{"cbc:AllowanceTotalAmount", less}, {"cbc:ChargeTotalAmount", more}, {"cbc:PayableAmount", d.Total},
	} {
		x.amount(m, s.name, &s.v)
	}
}

// ref is the first reference of a qualifier.
func ref(list []doc.Ref, qualifier string) string {
	for _, r := range list {
		if r.Qualifier == qualifier {
			return r.Value
		}
	}
	return ""
}

func (x *mapper) invoiceLine(m *markup.Map, billed string, d *doc.Invoice, l *doc.InvoiceLine) {
	m.Text("cbc:ID", &l.Number)
	m.Texts("cbc:Note", &l.Notes)
	quantity(m, billed, &l.Quantity, &l.Unit)
	x.extension(m, &l.Line)
	at, order := l.Number, d.OrderNumber
	if own := ref(l.Refs, "PO"); own != "" && own != d.OrderNumber { // an invoice of several orders
		order = own
		if n := ref(l.Refs, "LI"); n != "" {
			at = n
		}
	}
	m.In("cac:OrderLineReference", func(m *markup.Map) {
		m.Text("cbc:LineID", &at)
		m.In("cac:OrderReference", func(m *markup.Map) { m.Text("cbc:ID", &order) })
	})
	refs(m, "cac:DocumentReference", &l.Refs)
	if m.Read() {
		if d.OrderNumber == "" {
			d.OrderNumber = order
		}
		switch {
		case order != "" && order != d.OrderNumber:
			for _, r := range []doc.Ref{{Qualifier: "PO", Value: order}, {Qualifier: "LI", Value: at}} {
				if r.Value != "" && ref(l.Refs, r.Qualifier) == "" {
					l.Refs = append(l.Refs, r)
				}
			}
		case at != "":
			l.Number = at
		}
	}
	m.In("cac:Delivery", func(m *markup.Map) {
		delivery(m, &l.Dates, func(m *markup.Map) { member(m, "cac:DeliveryParty", "ST", &l.Parties) })
	})
	x.allowances(m, &l.Allowances, l.Quantity.Mul(l.Price, 2))
	item(m, &l.Line, &l.Taxes)
	x.price(m, &l.Line)
	if m.Read() {
		l.Amount = l.Quantity.Mul(l.Price, 2)
	}
}
