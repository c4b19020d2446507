package ubl

import (
	"strconv"
	"strings"
	"time"

	"entente/edi/doc"
	"entente/edi/markup"
)

var (
	orderTypes     = map[string]string{"SA": "220", "BK": "221", "RL": "226"}
	orderTypesBack = back(orderTypes, map[string]string{"105": "SA"})
	answers        = map[string]string{"AD": "AP", "RD": "RE", "AC": "CA"}
	answersBack    = back(answers, map[string]string{"29": "AD", "27": "RD", "4": "AC"})
	statuses       = map[string]string{"IA": "5", "IR": "7", "ID": "2", "IC": "3"}
	statusesBack   = back(statuses, map[string]string{"AP": "IA", "RE": "IR", "CA": "IC"})
)

func count(m *markup.Map, n *int) {
	v := ""
	if *n > 0 {
		v = strconv.Itoa(*n)
	}
	m.Text("cbc:LineCountNumeric", &v)
	if m.Read() && v != "" {
		c, err := strconv.Atoi(strings.TrimSuffix(v, ".0"))
		if err != nil {
			m.Problem("cbc:LineCountNumeric", doc.KeyNumber, v)
		}
		*n = c
	}
}

func numbered(m *markup.Map, name string, v *string) {
	m.In(name, func(m *markup.Map) { m.Text("cbc:ID", v) })
}

// buyers and sellers are the parties of an order, whose wrappers must be there.
func buyers(m *markup.Map, h *doc.Header) { side(m, "cac:BuyerCustomerParty", "BY", &h.Parties, true) }
func sellers(m *markup.Map, h *doc.Header) {
	side(m, "cac:SellerSupplierParty", seller(h), &h.Parties, true)
}

// seller is the role that the seller has in the document: SU where there is none.
func seller(h *doc.Header) string {
	for _, role := range []string{"SU", "SE", "VN"} {
		if find(h.Parties, role) != nil {
			return role
		}
	}
	return "SU"
}

func (x *mapper) terms(m *markup.Map, list *[]doc.Terms, from string) {
	some := *list
	if !m.Read() && len(some) > 1 {
		some = some[:1]
	}
	markup.Each(m, "cac:PaymentTerms", &some, func(m *markup.Map, t *doc.Terms) {
		m.Text("cbc:Note", &t.Text)
		m.Number("cbc:SettlementDiscountPercent", &t.DiscountPercent)
		x.amount(m, "cbc:SettlementDiscountAmount", &t.DiscountAmount)
		due := t.NetDate
		if !m.Read() && due == "" {
			due = after(from, t.NetDays)
		}
		m.Date("cbc:PaymentDueDate", &due)
		m.In("cac:SettlementPeriod", func(m *markup.Map) {
			end := t.DiscountDate
			if !m.Read() && end == "" {
				end = after(from, t.DiscountDays)
			}
			m.Date("cbc:EndDate", &end)
			t.DiscountDate = end
		})
		t.NetDate = due
	})
	if m.Read() {
		for _, t := range some {
			if t != (doc.Terms{}) {
				*list = append(*list, t)
			}
		}
	}
}

// after is the day so many days after another, empty where either is not said.
func after(day, days string) string {
	t, err := time.Parse("2006-01-02", day)
	n, err2 := strconv.Atoi(days)
	if err != nil || err2 != nil {
		return ""
	}
	return t.AddDate(0, 0, n).Format("2006-01-02")
}

func (x *mapper) order(m *markup.Map, d *doc.PurchaseOrder) {
	m.Text("cbc:ID", &d.Number)
	m.Date("cbc:IssueDate", &d.Date)
	coded(m, "cbc:OrderTypeCode", &d.Type, orderTypes, orderTypesBack)
	m.Texts("cbc:Note", &d.Notes)
	m.Text("cbc:DocumentCurrencyCode", &d.Currency)
	if m.Read() {
		x.currency = d.Currency
	}
	count(m, &d.LineCount)
	refs(m, "cac:AdditionalDocumentReference", &d.Refs)
	numbered(m, "cac:Contract", &d.Contract)
	buyers(m, &d.Header)
	sellers(m, &d.Header)
	side(m, "cac:AccountingCustomerParty", "BT", &d.Parties, false)
	headDelivery(m, &d.Header, &d.Carrier)
	x.terms(m, &d.Terms, "")
	x.allowances(m, &d.Allowances, lineSum(len(d.Lines), func(i int) *doc.Line { return &d.Lines[i] }))
	m.In("cac:AnticipatedMonetaryTotal", func(m *markup.Map) { x.amount(m, "cbc:PayableAmount", &d.Total); m.Passed("cbc:LineExtensionAmount") })
	markup.Each(m, "cac:OrderLine", &d.Lines, func(m *markup.Map, l *doc.Line) {
		if m.Read() {
			m.Texts("cbc:Note", &l.Notes)
		}
		m.In("cac:LineItem", func(m *markup.Map) {
			m.Text("cbc:ID", &l.Number)
			m.Texts("cbc:Note", &l.Notes)
			quantity(m, "cbc:Quantity", &l.Quantity, &l.Unit)
			x.extension(m, l)
			schedules(m, l)
			x.allowances(m, &l.Allowances, l.Quantity.Mul(l.Price, 2))
			x.price(m, l)
			item(m, l, &l.Taxes)
		})
		refs(m, "cac:DocumentReference", &l.Refs)
	})
	if m.Read() && d.Type == "" {
		d.Type = "SA"
	}
}

// extension is the amount of a line, which is always quantity times price less what
// is allowed.
func (x *mapper) extension(m *markup.Map, l *doc.Line) {
	if m.Read() {
		m.Passed("cbc:LineExtensionAmount", "cbc:TotalTaxAmount")
		return
	}
	if l.Price != "" {
		v := net(l.Quantity.Mul(l.Price, 2), l.Allowances)
		x.amount(m, "cbc:LineExtensionAmount", &v)
	}
}

func lineSum(n int, line func(int) *doc.Line) doc.Decimal {
	sum := doc.Decimal("0.00")
	for i := range n {
		l := line(i)
		sum = sum.Add(net(l.Quantity.Mul(l.Price, 2), l.Allowances))
	}
	return sum
}

// schedules maps part deliveries, or the dates of the whole line.
func schedules(m *markup.Map, l *doc.Line) {
	list := l.Schedules
	if !m.Read() && len(list) == 0 {
		list = []doc.Schedule{{Dates: l.Dates}}
	}
	markup.Each(m, "cac:Delivery", &list, func(m *markup.Map, s *doc.Schedule) {
		s.Unit = l.Unit
		quantity(m, "cbc:Quantity", &s.Quantity, &s.Unit)
		delivery(m, &s.Dates, func(m *markup.Map) { member(m, "cac:DeliveryParty", "ST", &l.Parties) })
	})
	if !m.Read() {
		return
	}
	if len(list) == 1 && list[0].Quantity == "" {
		l.Dates = list[0].Dates
		return
	}
	for _, s := range list {
		if s.Quantity != "" {
			l.Schedules = append(l.Schedules, s)
		} else {
			l.Dates = append(l.Dates, s.Dates...)
		}
	}
}

// response maps an OrderResponse. Its ID is the seller's number; each answer of a line
// is an OrderLine of its own that names the line of the order.
func (x *mapper) response(m *markup.Map, d *doc.OrderAck) {
	id := d.Seller
	if id == "" {
		id = d.Number
	}
	m.Text("cbc:ID", &id)
	m.Text("cbc:SalesOrderID", &d.Seller)
	issued := d.AckDate
	m.Date("cbc:IssueDate", &issued)
	d.AckDate = issued
	coded(m, "cbc:OrderResponseCode", &d.Type, answers, answersBack)
	m.Texts("cbc:Note", &d.Notes)
	m.Text("cbc:DocumentCurrencyCode", &d.Currency)
	if m.Read() {
		x.currency = d.Currency
	}
	count(m, &d.LineCount)
	m.In("cac:OrderReference", func(m *markup.Map) {
		m.Text("cbc:ID", &d.Number)
		m.Date("cbc:IssueDate", &d.Date)
	})
	refs(m, "cac:AdditionalDocumentReference", &d.Refs)
	numbered(m, "cac:Contract", &d.Contract)
	sellers(m, &d.Header)
	buyers(m, &d.Header)
	headDelivery(m, &d.Header, &d.Carrier)
	x.allowances(m, &d.Allowances, lineSum(len(d.Lines), func(i int) *doc.Line { return &d.Lines[i].Line }))
	if !m.Read() {
		for i := range d.Lines {
			for k := range max(1, len(d.Lines[i].Responses)) {
				x.answer(m, &d.Lines[i], k)
			}
		}
		return
	}
	if d.Date == "" {
		d.Date = d.AckDate
	}
	if d.Seller == "" && id != d.Number {
		d.Seller = id
	}
	var parts []doc.AckLine
	markup.Each(m, "cac:OrderLine", &parts, func(m *markup.Map, l *doc.AckLine) { x.part(m, l, &doc.Response{}) })
	for _, p := range parts {
		if n := len(d.Lines); n > 0 && p.Number != "" && d.Lines[n-1].Number == p.Number {
			l := &d.Lines[n-1]
			l.Quantity = l.Quantity.Add(p.Quantity)
			l.Responses = append(l.Responses, p.Responses...)
			continue
		}
		d.Lines = append(d.Lines, p)
	}
}

// answer writes one answer of a line; what is said of the line itself stands at the first.
func (x *mapper) answer(m *markup.Map, l *doc.AckLine, k int) {
	one := *l
	var r doc.Response
	if len(l.Responses) > 0 {
		r = l.Responses[k]
	}
	if k > 0 {
		one.Notes, one.Allowances, one.Refs, one.Dates, one.Parties, one.Taxes = nil, nil, nil, nil, nil, nil
	}
	m.In("cac:OrderLine", func(m *markup.Map) { x.part(m, &one, &r) })
}

func (x *mapper) part(m *markup.Map, l *doc.AckLine, r *doc.Response) {
	m.In("cac:LineItem", func(m *markup.Map) {
		m.Text("cbc:ID", &l.Number)
		m.Texts("cbc:Note", &l.Notes)
		coded(m, "cbc:LineStatusCode", &r.Status, statuses, statusesBack)
		if r.Unit == "" {
			r.Unit = l.Unit
		}
		quantity(m, "cbc:Quantity", &r.Quantity, &r.Unit)
		m.In("cac:Delivery", func(m *markup.Map) {
			list := l.Dates
			if r.Date != "" && !m.Read() {
				list = append(list[:len(list):len(list)], doc.Date{Qualifier: "067", Date: r.Date})
			}
			delivery(m, &list, nil)
			if !m.Read() {
				return
			}
			for _, d := range list {
				if d.Qualifier == "067" {
					r.DateQualifier, r.Date = d.Qualifier, d.Date
				} else {
					l.Dates = append(l.Dates, d)
				}
			}
		})
		x.allowances(m, &l.Allowances, l.Quantity.Mul(l.Price, 2))
		x.price(m, &l.Line)
		item(m, &l.Line, nil)
	})
	m.In("cac:SellerSubstitutedLineItem", func(m *markup.Map) {
		sub := doc.Line{Items: r.Items}
		if !m.Read() && len(r.Items) == 0 {
			return
		}
		m.Constant("cbc:ID", l.Number)
		item(m, &sub, nil)
		r.Items = sub.Items
	})
	m.In("cac:OrderLineReference", func(m *markup.Map) { m.Text("cbc:LineID", &l.Number) })
	refs(m, "cac:DocumentReference", &l.Refs)
	if m.Read() {
		l.Quantity, l.Unit = r.Quantity, r.Unit
		if r.Status == "" {
			r.Status = "IA"
		}
		l.Responses = []doc.Response{*r}
	}
}
