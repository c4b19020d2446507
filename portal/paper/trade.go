package paper

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/edi/doc"
	"entente/portal/locale"
	"entente/prm/account"
	"entente/prm/money"
	"entente/prm/trade"
)

// Source is an order as the reader may see it, with its two companies. What the
// service left out (prices, invoices) is left out on paper.
type Source struct {
	Order              trade.Detail
	Supplier, Reseller account.Org
	Tax                map[string]string              // agreed tax numbers, by company
	Others             map[trade.OrderID]trade.Detail // of an invoice of several orders: those beside Order
	P                  *locale.Printer                // see Words
}

// Words writes in a language for paper: dates always have their year.
func Words(lang locale.Language, zone *time.Location) *locale.Printer {
	return locale.New(lang, zone, time.Time{})
}

func (s Source) begin(title, number, day string, at time.Time) Document {
	d := Document{Lang: string(s.P.Language()), Title: s.P.T(title), Number: number, Dated: at}
	if t, err := time.Parse(time.DateOnly, day); err == nil {
		d.Dated = t
	}
	d.PageOf = func(page, pages int) string { return s.P.T("paper.page_of", "page", page, "pages", pages) }
	return d
}

// orgParty is a company as it describes itself; of the document's own party only
// what the company does not say.
func (s Source) orgParty(label string, o account.Org, roles ...string) Party {
	if tax := s.Tax[o.ID]; tax != "" {
		o.TaxID = tax
	}
	p := Party{Label: s.label(label), Name: o.Name}
	written, ok := s.party(roles...)
	switch {
	case o.Street != "" || !ok:
		p.Lines = append(p.Lines, addressLines(o.Street, o.Postcode, o.City, "", o.Country)...)
	default:
		p.Lines = append(p.Lines, partyLines(written)...)
	}
	switch tax := taxNumber(written); {
	case o.TaxID != "":
		p.Lines = append(p.Lines, s.P.T("paper.tax_id", "number", o.TaxID))
	case tax != "":
		p.Lines = append(p.Lines, s.P.T("paper.tax_id", "number", tax))
	}
	return p
}

func (s Source) label(key string) string {
	if key == "" {
		return ""
	}
	return s.P.T(key)
}

func (s Source) party(roles ...string) (doc.Party, bool) {
	for _, role := range roles {
		for _, p := range s.Order.Parties {
			if p.Role == role && p.Name != "" {
				return p, true
			}
		}
	}
	return doc.Party{}, false
}

func taxNumber(p doc.Party) string {
	for _, r := range p.Refs {
		if r.Qualifier == "VX" || r.Qualifier == "VA" || r.Qualifier == "TJ" {
			return r.Value
		}
	}
	return ""
}

func partyLines(p doc.Party) []string {
	street := strings.Join(p.Address, "\n")
	out := slices.Clone(p.MoreNames)
	return append(out, addressLines(street, p.Postcode, p.City, p.Region, p.Country)...)
}

func addressLines(street, postcode, city, region, country string) []string {
	var out []string
	if street != "" {
		out = strings.Split(street, "\n")
	}
	place := strings.Join(strings.Fields(strings.Join([]string{postcode, city, region, country}, " ")), " ")
	if place != "" {
		out = append(out, place)
	}
	return out
}

// shipTo is where the goods go, where the order says so.
func (s Source) shipTo() (Party, bool) {
	p, ok := s.party("ST", "UD")
	return Party{Label: s.P.T("party.ship_to"), Name: p.Name, Lines: partyLines(p)}, ok
}

func (s Source) billTo() (Party, bool) {
	p, ok := s.party("BT")
	return Party{Label: s.P.T("party.bill_to"), Name: p.Name, Lines: partyLines(p)}, ok
}

// add keeps facts that say something.
func add(facts []Fact, label, value string) []Fact {
	if value == "" || value == "–" {
		return facts
	}
	return append(facts, Fact{label, value})
}

func (s Source) terms() string {
	for _, t := range s.Order.Terms {
		switch {
		case t.Text != "":
			return t.Text
		case t.NetDays != "":
			return s.P.T("order.terms_net", "days", t.NetDays)
		}
	}
	return ""
}

// items are the numbers and the name of a line.
func (s Source) item(l trade.Line) (sku, name string, notes []string) {
	sku = l.SKU
	if sku == "" {
		sku = l.BuyerItem
	}
	if l.BuyerItem != "" && l.BuyerItem != sku {
		notes = append(notes, s.P.T("paper.your_item", "item", l.BuyerItem))
	}
	if l.GTIN != "" {
		notes = append(notes, "GTIN "+l.GTIN)
	}
	if len(notes) > 1 {
		notes = []string{strings.Join(notes, " · ")}
	}
	return sku, l.Name(string(s.P.Language())), notes
}

func (s Source) price(p money.Price) string {
	return s.P.Number(p.Fixed(s.Order.Currency.Digits()))
}

// of is the source of one of the orders of an invoice.
func (s Source) of(id trade.OrderID) Source {
	if d, ok := s.Others[id]; ok {
		s.Order = d
	}
	return s
}

func (s Source) line(n int) trade.Line {
	for _, l := range s.Order.Lines {
		if l.Number == n {
			return l
		}
	}
	return trade.Line{Number: n}
}

func (s Source) columns(keys ...string) []Column {
	weights := map[string]Column{
		"paper.line": {Weight: 5}, "col.item": {Weight: 16}, "paper.description": {Weight: 34}, "col.ordered": {Weight: 13, Right: true}, "paper.quantity": {Weight: 14, Right: true},
		"col.price": {Weight: 13, Right: true}, "paper.amount": {Weight: 15, Right: true}, "col.wanted": {Weight: 13}, "paper.answer": {Weight: 19}, "paper.date": {Weight: 13}, "paper.received": {Weight: 13, Right: true},
	}
	out := make([]Column, len(keys))
	for i, k := range keys {
		out[i] = weights[k]
		out[i].Title = s.P.T(k)
		if k == "paper.amount" {
			out[i].Title = s.P.T("col.amount_in", "sign", string(s.Order.Currency))
		}
	}
	return out
}

func (s Source) note(d *Document) {
	if s.Order.Note != "" {
		d.Notes = append(d.Notes, Fact{s.P.T("order.note"), s.Order.Note})
	}
}

// Order is the purchase order as the reseller sent it.
func Order(s Source) Document {
	o := s.Order
	d := s.begin("paper.order", o.Number, o.OrderedOn, o.Received)
	d.Issuer = s.orgParty("", s.Reseller, "BY")
	d.Parties = []Party{s.orgParty("party.supplier", s.Supplier, "SE", "SU", "VN")}
	if p, ok := s.shipTo(); ok {
		d.Parties = append(d.Parties, p)
	}
	if p, ok := s.billTo(); ok {
		d.Parties = append(d.Parties, p)
	}
	d.Facts = add(d.Facts, s.P.T("order.ordered_on"), s.P.Date(o.OrderedOn))
	d.Facts = add(d.Facts, s.P.T("col.wanted"), s.P.Date(o.RequestedOn))
	d.Facts = add(d.Facts, s.P.T("order.release"), o.Release)
	d.Facts = add(d.Facts, s.P.T("order.contract"), o.Contract)
	if !o.PricesHidden {
		d.Facts = add(d.Facts, s.P.T("order.currency"), string(o.Currency))
		d.Facts = add(d.Facts, s.P.T("order.terms"), s.terms())
	}
	keys := []string{"paper.line", "col.item", "paper.description", "paper.quantity"}
	if !o.PricesHidden {
		keys = append(keys, "col.price", "paper.amount")
	}
	d.Columns = s.columns(keys...)
	for _, l := range o.Lines {
		sku, name, notes := s.item(l)
		if l.RequestedOn != "" && l.RequestedOn != o.RequestedOn {
			notes = append(notes, s.P.T("order.wanted", "date", s.P.Date(l.RequestedOn)))
		}
		r := Row{Cells: []string{strconv.Itoa(l.Number), sku, name, s.P.Quantity(l.Ordered.String(), l.Unit)}, Notes: notes}
		if !o.PricesHidden {
			r.Cells = append(r.Cells, s.price(l.Price), s.P.Number(l.Amount.String()))
		}
		d.Rows = append(d.Rows, r)
	}
	if !o.PricesHidden {
		d.Sums = []Sum{{s.P.T("order.total_net"), s.P.Money(o.Total.String(), string(o.Currency)), true}}
	}
	s.note(&d)
	return d
}

// Response is the supplier's answer to an order.
func Response(s Source, r trade.Response) Document {
	o := s.Order
	d := s.begin("paper.response", r.Number, "", r.At)
	d.Issuer = s.orgParty("", s.Supplier, "SE", "SU", "VN")
	d.Parties = []Party{s.orgParty("party.buyer", s.Reseller, "BY")}
	if p, ok := s.shipTo(); ok {
		d.Parties = append(d.Parties, p)
	}
	d.Facts = add(d.Facts, s.P.T("paper.order_number"), o.Number)
	d.Facts = add(d.Facts, s.P.T("order.ordered_on"), s.P.Date(o.OrderedOn))
	d.Facts = add(d.Facts, s.P.T("paper.answered_on"), s.P.Date(r.At.In(s.P.Zone()).Format(time.DateOnly)))
	d.Facts = add(d.Facts, s.P.T("paper.answer"), s.P.T("paper.response."+r.Kind))
	keys := []string{"paper.line", "col.item", "paper.description", "paper.answer", "paper.quantity", "paper.date"}
	if !o.PricesHidden {
		keys = append(keys, "col.price")
	}
	d.Columns = s.columns(keys...)
	for _, a := range r.Lines {
		l := s.line(a.Line)
		sku, name, notes := s.item(l)
		if a.Substitute != "" {
			notes = append(notes, s.P.T("paper.instead", "item", a.Substitute))
		}
		if a.Reason != "" {
			notes = append(notes, s.reason(a.Reason))
		}
		row := Row{Cells: []string{strconv.Itoa(a.Line), sku, name, s.answered(a), s.P.Quantity(a.Quantity.String(), l.Unit), s.P.Date(a.Date)}, Notes: notes}
		if !o.PricesHidden {
			p := a.Price
			if p == 0 {
				p = l.Price
			}
			row.Cells = append(row.Cells, s.price(p))
		}
		d.Rows = append(d.Rows, row)
	}
	return d
}

// answered is the word of an answer, or its code where a partner's system gave one
// that the pages do not.
func (s Source) answered(a trade.ResponseLine) string {
	if key := "paper.action." + string(a.Action); locale.Has(s.P.Language(), key) {
		return s.P.T(key)
	}
	return a.Code
}

func (s Source) reason(code string) string {
	if key := "reason." + code; locale.Has(s.P.Language(), key) {
		return s.P.T(key)
	}
	return code
}

// dropShip reports an order whose goods go to the reseller's customer (BEG02 DS).
func (s Source) dropShip() bool { return s.Order.Kind == "DS" }

// Shipment is the delivery note. It never shows prices; where the goods go to the
// reseller's customer it is neutral: the reseller sends them, the supplier is not
// named.
func Shipment(s Source, sh trade.Shipment) Document {
	o := s.Order
	d := s.begin("paper.shipment", sh.Number, sh.ShippedOn, sh.At)
	if s.dropShip() {
		d.Issuer = s.orgParty("", s.Reseller, "BY")
	} else {
		d.Issuer = s.orgParty("", s.Supplier, "SE", "SU", "VN")
		d.Parties = []Party{s.orgParty("party.buyer", s.Reseller, "BY")}
	}
	if p, ok := s.shipTo(); ok {
		d.Parties = append(d.Parties, p)
	}
	d.Facts = add(d.Facts, s.P.T("paper.order_number"), o.Number)
	d.Facts = add(d.Facts, s.P.T("paper.shipped_on"), s.P.Date(sh.ShippedOn))
	d.Facts = add(d.Facts, s.P.T("field.carrier"), sh.Carrier)
	d.Facts = add(d.Facts, s.P.T("field.tracking"), sh.Tracking)
	d.Columns = s.columns("paper.line", "col.item", "paper.description", "col.ordered", "paper.quantity", "paper.received")
	for _, x := range sh.Lines {
		l := s.line(x.Line)
		sku, name, notes := s.item(l)
		got := ""
		if !sh.ReceivedAt.IsZero() {
			got = s.P.Quantity(x.Received.String(), l.Unit)
		}
		d.Rows = append(d.Rows, Row{Cells: []string{strconv.Itoa(x.Line), sku, name, s.P.Quantity(l.Ordered.String(), l.Unit), s.P.Quantity(x.Quantity.String(), l.Unit), got}, Notes: notes})
	}
	d.Notes = append(d.Notes, Fact{s.P.T("paper.receipt"), s.P.T("paper.receipt_line")})
	return d
}

// Invoice is an invoice or a credit note, tax per rate and category.
func Invoice(s Source, inv trade.Invoice) Document {
	o := s.Order
	title := "paper.invoice"
	if inv.Kind != trade.InvoiceDebit {
		title = "paper.credit"
	}
	d := s.begin(title, inv.Number, inv.IssuedOn, inv.At)
	d.Issuer = s.orgParty("", s.Supplier, "SE", "SU", "VN")
	d.Parties = []Party{s.orgParty("paper.invoice_to", s.Reseller, "BT", "BY")}
	if p, ok := s.shipTo(); ok {
		d.Parties = append(d.Parties, p)
	}
	d.Facts = add(d.Facts, s.P.T("field.invoice_date"), s.P.Date(inv.IssuedOn))
	d.Facts = add(d.Facts, s.P.T("col.due"), s.P.Date(inv.DueOn))
	if numbers := []string{}; len(inv.Shares) > 0 {
		for _, x := range inv.Shares {
			numbers = append(numbers, x.Number)
		}
		said := s.P.List(numbers)
		if len(numbers) > 6 { // each line names its own
			said = trade.Orders(numbers[0], len(numbers))
		}
		d.Facts = add(d.Facts, s.P.T("paper.order_number"), said)
	} else {
		d.Facts = add(d.Facts, s.P.T("paper.order_number"), o.Number)
		d.Facts = add(d.Facts, s.P.T("order.ordered_on"), s.P.Date(o.OrderedOn))
	}
	d.Facts = add(d.Facts, s.P.T("order.currency"), string(inv.Currency))
	d.Facts = add(d.Facts, s.P.T("order.terms"), s.terms())
	var notes []string
	for _, x := range append([]trade.InvoiceShare{{Order: o.ID}}, inv.Shares...) {
		for _, sh := range s.of(x.Order).Order.Shipments {
			if !slices.Contains(notes, sh.Number) {
				notes = append(notes, sh.Number)
			}
		}
	}
	d.Facts = add(d.Facts, s.P.T("paper.shipments"), s.P.List(notes))
	d.Columns = s.columns("paper.line", "col.item", "paper.description", "paper.quantity", "col.price", "paper.amount")
	for _, x := range inv.Lines {
		of := s.of(x.Order)
		l := of.line(x.Line)
		if l.SKU == "" {
			l.SKU = x.SKU
		}
		sku, name, below := s.item(l)
		if inv.Orders > 0 {
			below = append(below, s.P.T("order.title", "number", of.Order.Number))
		}
		d.Rows = append(d.Rows, Row{Cells: []string{strconv.Itoa(x.Line), sku, name, s.P.Quantity(x.Quantity.String(), x.Unit), s.P.Number(x.Price.Fixed(inv.Currency.Digits())), s.P.Number(x.Amount.String())}, Notes: below})
	}
	cash := func(a money.Amount) string { return s.P.Money(a.String(), string(inv.Currency)) }
	lines := money.Amount{Currency: inv.Currency}
	for _, x := range inv.Lines {
		lines.Minor += x.Amount.Minor
	}
	if more := (money.Amount{Minor: inv.Net.Minor - lines.Minor, Currency: inv.Currency}); more.Minor != 0 {
		d.Sums = []Sum{{s.P.T("paper.lines_total"), cash(lines), false}, {s.P.T("paper.adjustments"), cash(more), false}}
	}
	d.Sums = append(d.Sums, Sum{s.P.T("col.net"), cash(inv.Net), false})
	taxes := inv.Taxes
	if len(taxes) == 0 {
		taxes = []trade.TaxRow{{Category: inv.TaxCategory, Rate: inv.TaxRate, Basis: inv.Net, Amount: inv.Tax}}
	}
	for _, x := range taxes {
		label := s.P.T("paper.tax", "rate", percent(x.Rate), "category", x.Category, "net", cash(x.Basis))
		if len(taxes) == 1 && x.Rate == 0 && x.Amount.Minor != 0 || x.Basis.Minor == 0 && x.Amount.Minor != 0 { // the document did not say of what
			label = s.P.T("paper.tax_several")
		}
		d.Sums = append(d.Sums, Sum{label, cash(x.Amount), false})
	}
	d.Sums = append(d.Sums, Sum{s.P.T("paper.gross"), cash(inv.Gross), true})
	if key := "paper.category." + inv.TaxCategory; inv.Tax.Minor == 0 && locale.Has(s.P.Language(), key) {
		d.Notes = append(d.Notes, Fact{"", s.P.T(key)})
	}
	return d
}

func percent(r money.Rate) string { return (r * 100).String() + "%" }
