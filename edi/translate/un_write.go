package translate

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/wire"
)

// WriteUN makes the message of a document: ORDERS of a purchase order, ORDRSP of its
// answer, DESADV of a ship notice, INVOIC of an invoice, SLSRPT, INVRPT and PRICAT of
// reports and price lists. id says of which directory ("D", "96A" or "01B",
// "UN", and EANCOM's association); its type is filled in. Findings of severity Reject
// mean that the message must not be sent; notes tell what was cut, replaced or left
// out, because the message has no place for it.
func WriteUN(d Document, id edifact.MessageID) (edifact.Body, []wire.Finding) {
	b := &unBuilder{body: edifact.Body{ID: id}}
	switch d := d.(type) {
	case *doc.PurchaseOrder:
		b.body.ID.Type = "ORDERS"
		b.purchaseOrder(d)
	case *doc.OrderAck:
		b.body.ID.Type = "ORDRSP"
		b.orderAck(d)
	case *doc.Invoice:
		b.body.ID.Type = "INVOIC"
		b.invoice(d)
	case *doc.ShipNotice:
		b.body.ID.Type = "DESADV"
		b.shipNotice(d)
	case *doc.Remittance:
		b.body.ID.Type = "REMADV"
		b.remittance(d)
	case *doc.ApplicationAdvice:
		b.body.ID.Type = "APERAK"
		b.advice(d)
	case *doc.Dispute:
		b.body.ID.Type = "COMDIS"
		b.dispute(d)
	case *doc.OrderChange:
		b.body.ID.Type = "ORDCHG"
		b.orderChange(d)
	case *doc.OrderChangeAck:
		b.body.ID.Type = "ORDRSP"
		b.orderChangeAck(d)
	case *doc.ReceivingAdvice:
		b.body.ID.Type = "RECADV"
		b.receivingAdvice(d)
	case *doc.Return:
		b.returned(d)
	case *doc.SellThrough:
		b.body.ID.Type = "SLSRPT"
		b.sellThrough(d)
	case *doc.Inventory:
		b.body.ID.Type = "INVRPT"
		b.inventory(d)
	case *doc.PriceCatalog:
		b.body.ID.Type = "PRICAT"
		b.priceCatalog(d)
	default:
		b.find("translate.wrong_set", wire.Reject, "UNH", 2, "")
	}
	if extra := extraOf(d); len(extra) > 0 {
		b.findings = append(b.findings, unWeave(&b.body, extra)...)
	}
	return b.body, b.findings
}

// Inverses of what the reader maps, and codes that only a writer needs.
var (
	x12Purposes   = inverse(unPurposes)
	x12OrderTypes = inverse(unOrderTypes)
	x12Roles      = inverse(unRoles)
	x12Refs       = inverse(unRefs)
	x12Lists      = inverse(unLists)
	x12Units      = inverse(unUnits)
	x12Functions  = inverse(unFunctions)
	x12Items      = map[string]string{"VP": "SA", "VN": "SA", "BP": "IN", "IN": "IN", "MG": "MF", "UK": "EN", "EN": "EN", "UP": "EN"}
)

func inverse(m map[string]string) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[v] = k
	}
	return out
}

// unBuilder makes the segments of a message.
type unBuilder struct {
	body     edifact.Body
	findings []wire.Finding
}

func (b *unBuilder) find(key string, sev wire.Severity, id string, el int, value string) {
	if len(value) > wire.MaxValue {
		value = strings.ToValidUTF8(value[:wire.MaxValue], "")
	}
	b.findings = append(b.findings, wire.Finding{
		Level: wire.LevelElement, Severity: sev, Key: key, SegmentID: id, Value: value,
		Pos: wire.Position{Segment: len(b.body.Segs) + 2, Element: el},
	})
}

func (b *unBuilder) left(id string, el int, value string) {
	if value != "" {
		b.find("write.left_out", wire.Note, id, el, value)
	}
}

func (b *unBuilder) add(id string, els ...any) {
	b.body.Segs = append(b.body.Segs, edifact.S(id, els...))
}

// free makes free text fit: control characters become blanks, what is longer than
// width characters is cut. Both are told.
func (b *unBuilder) free(id string, el int, s string, width int) string {
	out := strings.TrimSpace(strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(s, "?")))
	if out != strings.TrimSpace(s) {
		b.find("write.replaced", wire.Note, id, el, s)
	}
	if utf8.RuneCountInString(out) > width {
		b.find("write.cut", wire.Note, id, el, out)
		out = strings.TrimSpace(string([]rune(out)[:width]))
	}
	return out
}

// broken splits text at blanks into at most n pieces of at most width characters.
func (b *unBuilder) broken(id string, el int, s string, width, n int) []string {
	s = b.free(id, el, s, width*n)
	var out []string
	for s != "" && len(out) < n {
		r := []rune(s)
		if len(r) <= width {
			out = append(out, s)
			return out
		}
		at := width
		for at > 0 && r[at] != ' ' {
			at--
		}
		if at == 0 {
			at = width
		}
		out = append(out, strings.TrimSpace(string(r[:at])))
		s = strings.TrimSpace(string(r[at:]))
	}
	if s != "" {
		b.find("write.cut", wire.Note, id, el, s)
	}
	return out
}

// unDateQualifier is the inverse of dateQualifier.
func unDateQualifier(q string) string {
	if q == "001" {
		return "61"
	}
	if t := strings.TrimLeft(q, "0"); t != "" && t != q && dateQualifier(t) == q {
		return t
	}
	return q
}

func (b *unBuilder) dtm(qualifier, date, clock string) {
	if date == "" {
		return
	}
	v, format := strings.ReplaceAll(date, "-", "")+strings.ReplaceAll(clock, ":", ""), "102"
	switch len(v) {
	case 12:
		format = "203"
	case 14:
		format = "204"
	}
	b.add("DTM", edifact.C(qualifier, v, format))
}

func (b *unBuilder) dates(list []doc.Date) {
	for _, d := range list {
		b.dtm(unDateQualifier(d.Qualifier), d.Date, d.Time)
		b.left("DTM", 1, d.Zone)
	}
}

func (b *unBuilder) notes(list []string) {
	for _, n := range list {
		if parts := b.broken("FTX", 4, n, 70, 5); len(parts) > 0 {
			b.add("FTX", "AAI", "", "", parts)
		}
	}
}

func (b *unBuilder) rff(qualifier, value string) {
	if value != "" {
		b.add("RFF", edifact.C(qualifier, b.free("RFF", 1, value, 35)))
	}
}

func (b *unBuilder) refs(list []doc.Ref) {
	for _, r := range list {
		b.left("RFF", 1, r.Text)
		b.rff(twin(x12Refs, r.Qualifier), r.Value)
	}
}

// lines35 gives the components of a name or an address, cut to their width.
func (b *unBuilder) lines35(el int, texts []string, most int) []string {
	var out []string
	for i, t := range texts {
		if i == most {
			b.left("NAD", el, t)
			break
		}
		out = append(out, b.free("NAD", el, t, 35))
	}
	return out
}

func (b *unBuilder) parties(list []doc.Party) {
	for i := range list {
		p := &list[i]
		id := []string{}
		if p.ID != "" {
			id = edifact.C(b.free("NAD", 2, p.ID, 35), "", twin(x12Lists, p.IDQualifier))
		}
		b.add("NAD", twin(x12Roles, p.Role), id, "", b.lines35(4, append([]string{p.Name}, p.MoreNames...), 5), b.lines35(5, p.Address, 3),
			b.free("NAD", 6, p.City, 35), b.free("NAD", 7, p.Region, 9), b.free("NAD", 8, p.Postcode, 9), p.Country)
		b.refs(p.Refs)
		b.contacts(p.Contacts)
	}
}

func (b *unBuilder) contacts(list []doc.Contact) {
	for _, c := range list {
		b.add("CTA", twin(x12Functions, c.Function), edifact.C("", b.free("CTA", 2, c.Name, 35)))
		for _, n := range c.Numbers {
			b.add("COM", edifact.C(b.free("COM", 1, n.Number, 512), n.Kind))
		}
	}
}

// head writes NAD, CUX and PAT of the header, in the order of all three messages.
func (b *unBuilder) head(h *doc.Header, currency string) {
	b.parties(h.Parties)
	for _, c := range h.Contacts {
		b.left("CTA", 2, c.Name)
	}
	for _, c := range h.Requirements {
		b.left("FTX", 4, c)
	}
	if h.Currency != "" {
		b.add("CUX", edifact.C("2", h.Currency, currency))
	}
	for _, t := range h.Terms {
		if t.NetDays != "" {
			b.add("PAT", "3", "", edifact.C("5", "3", "D", t.NetDays))
		} else if t.NetDate != "" {
			b.add("PAT", "3")
		}
		b.dtm("13", t.NetDate, "")
		for _, v := range []string{t.Type, t.Basis, string(t.DiscountPercent), t.DiscountDate, t.DiscountDays, string(t.DiscountAmount), t.Text} {
			b.left("PAT", 1, v)
		}
	}
}

// allowances writes ALC groups. 4471 says how it is settled, as SAC12 does.
func (b *unBuilder) allowances(list []doc.Allowance) {
	for _, a := range list {
		indicator := "A"
		if a.Charge || a.Indicator == "C" {
			indicator = "C"
		}
		if a.Indicator != "" && a.Indicator != "A" && a.Indicator != "C" {
			b.left("ALC", 1, a.Indicator)
			continue
		}
		code := twin(x12Services, a.Code)
		service := edifact.C(code, "", "", b.free("ALC", 5, a.Text, 35))
		b.add("ALC", indicator, b.free("ALC", 2, a.Reference, 35), strings.TrimPrefix(a.Method, "0"), "", service)
		if a.Percent != "" {
			b.add("PCD", edifact.C("3", string(a.Percent)))
		}
		if a.Amount != "" {
			b.add("MOA", edifact.C("8", string(a.Amount)))
		}
		for _, v := range []string{a.Agency, a.AgencyCode, a.PercentBasis, string(a.Rate), a.Unit, string(a.Quantity), a.Option} {
			b.left("ALC", 5, v)
		}
	}
}

// taxes writes TAX; amounts only where the message has a place for them.
func (b *unBuilder) taxes(list []doc.Tax, amounts bool) {
	for _, t := range list {
		category := "S"
		switch {
		case t.Exempt != "":
			category = "E"
		case t.Percent.Valid() && t.Percent.Sign() == 0:
			category = "Z"
		}
		b.add("TAX", "7", twin(x12Taxes, t.Type), "", "", edifact.C("", "", "", string(t.Percent)), category, b.free("TAX", 7, t.TaxID, 20))
		if amounts && t.Taxable != "" {
			b.add("MOA", edifact.C("125", string(t.Taxable)))
		}
		if amounts && t.Amount != "" {
			b.add("MOA", edifact.C("124", string(t.Amount)))
		}
		b.left("TAX", 3, t.Jurisdiction)
	}
}

// lin opens a line: LIN with the GTIN, PIA with the other numbers, IMD.
func (b *unBuilder) lin(l *doc.Line, action string) {
	var first []string
	var rest []any
	for _, it := range itemsOf(l) {
		code, ok := x12Items[it.Qualifier]
		switch {
		case !ok:
			code = it.Qualifier
			fallthrough
		default:
			if code == "EN" && first == nil {
				id := it.ID
				if len(id) == 14 && id[0] == '0' { // a GTIN-13 filled up
					id = id[1:]
				}
				first = edifact.C(id, code)
				continue
			}
			if len(rest) == 5 {
				b.left("PIA", 6, it.ID)
				continue
			}
			rest = append(rest, edifact.C(b.free("PIA", 2, it.ID, 35), code))
		}
	}
	if first == nil {
		first = []string{}
	}
	b.add("LIN", l.Number, action, first)
	if len(rest) > 0 {
		function := "1"
		if len(first) == 0 {
			function = "5"
		}
		b.add("PIA", append([]any{function}, rest...)...)
	}
	if parts := b.broken("IMD", 3, l.Description, 35, 2); len(parts) > 0 {
		b.add("IMD", "F", "", append([]string{"", "", ""}, parts...))
	}
}

func (b *unBuilder) qty(kind string, n doc.Decimal, unit string) {
	if n != "" {
		b.add("QTY", edifact.C(kind, string(n), twin(x12Units, unit)))
	}
}

func (b *unBuilder) price(l *doc.Line) {
	if l.Price != "" {
		b.add("PRI", edifact.C("AAA", string(l.Price)))
	}
	b.left("PRI", 1, string(l.Pack))
}

func (b *unBuilder) count(n int) { b.add("CNT", edifact.C("2", strconv.Itoa(n))) }

func (b *unBuilder) purchaseOrder(d *doc.PurchaseOrder) {
	kind := d.Type
	if kind == directType {
		c := *d
		c.Parties = direct(c.Parties)
		kind, d = "SA", &c
	}
	b.add("BGM", twin(x12OrderTypes, kind), b.free("BGM", 2, d.Number, 35), twin(x12Purposes, d.Purpose))
	b.dtm("137", d.Date, "")
	b.dates(d.Dates)
	b.notes(d.Notes)
	b.refs(d.Refs)
	b.rff("BC", d.Contract)
	b.rff("RE", d.Release)
	b.head(&d.Header, "9")
	b.carrier(d.Carrier)
	b.allowances(d.Allowances)
	count := len(d.Lines)
	for i := range d.Lines {
		l := &d.Lines[i]
		if i > 0 && goesWith(&d.Lines[i-1], l) {
			count--
			continue
		}
		b.lin(l, "")
		b.qty(freeOr("21", l), l.Quantity, l.Unit)
		if i+1 < len(d.Lines) && goesWith(l, &d.Lines[i+1]) {
			b.qty("192", d.Lines[i+1].Quantity, d.Lines[i+1].Unit)
		}
		b.dates(l.Dates)
		b.notes(l.Notes)
		b.price(l)
		b.refs(l.Refs)
		b.taxes(l.Taxes, false)
		b.parties(l.Parties)
		b.allowances(l.Allowances)
		for _, s := range l.Schedules {
			b.add("SCC", "1")
			b.qty("21", s.Quantity, s.Unit)
			b.dates(s.Dates)
		}
	}
	b.add("UNS", "S")
	if d.Total != "" {
		b.add("MOA", edifact.C("79", string(d.Total)))
	}
	b.count(count)
}

// The answers of 1225 that 855 has too.
var unAnswers = map[string]string{"29": "AD", "4": "AC", "27": "RD"}

// orderAck writes ORDRSP. Parts of a line that are delivered are QTY 113 with DTM 67,
// in SCC groups where there are several; back-ordered ones QTY 83; what is left of the
// line is refused.
func (b *unBuilder) orderAck(d *doc.OrderAck) {
	answer, ok := inverse(unAnswers)[d.Type]
	if !ok {
		answer = "4"
		b.left("BGM", 3, d.Type)
	}
	number := d.Seller
	if number == "" {
		number = d.Number
	}
	b.add("BGM", "231", b.free("BGM", 2, number, 35), answer)
	b.dtm("137", d.AckDate, "")
	b.dates(d.Dates)
	b.notes(d.Notes)
	b.rff("ON", d.Number)
	b.dtm("171", d.Date, "")
	b.refs(d.Refs)
	b.rff("BC", d.Contract)
	b.rff("RE", d.Release)
	b.left("RFF", 1, d.Request)
	b.head(&d.Header, "9")
	b.carrier(d.Carrier)
	b.allowances(d.Allowances)
	count := len(d.Lines)
	for i := range d.Lines {
		l := &d.Lines[i]
		if i > 0 && goesWith(&d.Lines[i-1].Line, &l.Line) {
			count--
			continue
		}
		delivered, backordered, refused := parts(l)
		action := "3"
		switch {
		case len(l.Responses) == 1 && len(delivered) == 1 && delivered[0].Status == "IA" && delivered[0].Quantity.Valid() && l.Quantity.Valid() && delivered[0].Quantity.Cmp(l.Quantity) == 0:
			action = "5"
		case len(refused) == 1 && len(l.Responses) == 1 && refused[0].Status == "ID":
			action = "2"
		case len(refused) == len(l.Responses) && len(refused) > 0:
			action = "7"
		}
		b.lin(&l.Line, action)
		for _, r := range delivered {
			for _, it := range r.Items {
				b.add("PIA", "3", edifact.C(b.free("PIA", 2, it.ID, 35), twin(x12Items, it.Qualifier)))
			}
			b.left("LIN", 2, r.Industry)
		}
		b.qty(freeOr("21", &l.Line), l.Quantity, l.Unit)
		if i+1 < len(d.Lines) && goesWith(&l.Line, &d.Lines[i+1].Line) {
			b.gift(&d.Lines[i+1])
		}
		for _, r := range backordered {
			b.qty("83", r.Quantity, r.Unit)
		}
		if len(delivered) == 1 {
			b.qty("113", delivered[0].Quantity, delivered[0].Unit)
			b.dtm("67", delivered[0].Date, "")
		}
		b.dates(l.Dates)
		b.notes(l.Notes)
		b.price(&l.Line)
		b.refs(l.Refs)
		b.parties(l.Parties)
		b.allowances(l.Allowances)
		if len(delivered) > 1 {
			for _, r := range delivered {
				b.add("SCC", "1")
				b.qty("113", r.Quantity, r.Unit)
				b.dtm("67", r.Date, "")
			}
		}
	}
	b.add("UNS", "S")
	b.count(count)
}

// parts sorts the responses of a line by what EDIFACT can say of them.
func parts(l *doc.AckLine) (delivered, backordered, refused []doc.Response) {
	for _, r := range l.Responses {
		switch r.Status {
		case "IB":
			backordered = append(backordered, r)
		case "IR", "ID", "R1", "R2", "R3", "R4", "R5", "R6":
			refused = append(refused, r)
		default:
			delivered = append(delivered, r)
		}
	}
	return delivered, backordered, refused
}

func (b *unBuilder) invoice(d *doc.Invoice) {
	kind := "380"
	if d.Type == "CR" || d.Type == "CN" {
		kind = "381"
	}
	b.add("BGM", kind, b.free("BGM", 2, d.Number, 35), "9")
	b.dtm("137", d.Date, "")
	b.dates(d.Dates)
	b.notes(d.Notes)
	b.rff("ON", d.OrderNumber)
	if d.OrderNumber != "" {
		b.dtm("171", d.OrderDate, "")
	}
	b.refs(d.Refs)
	b.rff("RE", d.Release)
	b.head(&d.Header, "4")
	b.allowances(d.Allowances)
	sum := doc.Decimal("0")
	count := len(d.Lines)
	for i := range d.Lines {
		l := &d.Lines[i]
		if i > 0 && goesWith(&d.Lines[i-1].Line, &l.Line) {
			count--
			continue
		}
		b.lin(&l.Line, "")
		b.qty(freeOr("47", &l.Line), l.Quantity, l.Unit)
		if i+1 < len(d.Lines) && goesWith(&l.Line, &d.Lines[i+1].Line) {
			b.qty("192", d.Lines[i+1].Quantity, d.Lines[i+1].Unit)
		}
		b.dates(l.Dates)
		b.notes(l.Notes)
		amount := l.Amount
		if amount == "" && l.Price.Valid() && l.Quantity.Valid() {
			amount = l.Quantity.Mul(l.Price, 2)
		}
		if amount != "" {
			b.add("MOA", edifact.C("203", string(amount)))
			sum = sum.Add(amount)
		}
		b.price(&l.Line)
		b.refs(l.Refs)
		b.taxes(l.Taxes, false)
		b.parties(l.Parties)
		b.allowances(l.Allowances)
	}
	b.add("UNS", "S")
	b.count(count)
	b.add("MOA", edifact.C("77", string(d.Total)))
	b.add("MOA", edifact.C("79", string(sum)))
	tax := doc.Decimal("0")
	for _, t := range d.Taxes {
		if t.Amount.Valid() {
			tax = tax.Add(t.Amount)
		}
	}
	if d.Total.Valid() {
		b.add("MOA", edifact.C("125", string(d.Total.Sub(tax))))
	}
	b.add("MOA", edifact.C("124", string(tax)))
	b.taxes(d.Taxes, true)
	for _, v := range []string{string(d.Discountable), string(d.DiscountedTotal), string(d.Discount), string(d.ShippedUnits)} {
		b.left("MOA", 1, v)
	}
}
