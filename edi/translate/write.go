package translate

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"entente/edi/doc"
	"entente/edi/wire"
	"entente/edi/x12"
)

// WritePurchaseOrder makes the body of an 850. version is GS08, "004010" or
// "005010". Findings of severity Reject mean that the body must not be sent; notes
// tell what was changed in free text or left out. Whether lengths and codes fit is
// for schema.CheckBody to say.
func WritePurchaseOrder(d *doc.PurchaseOrder, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("850", version)
	b.add("BEG", d.Purpose, d.Type, d.Number, d.Release, b.date(d.Date), d.Contract)
	b.header(&d.Header, "BY", d.Carrier)
	for i := range d.Lines {
		b.orderLine("PO1", &d.Lines[i], nil)
	}
	b.add("CTT", strconv.Itoa(len(d.Lines)))
	if d.Total != "" {
		b.add("AMT", "TT", string(d.Total))
	}
	return b.body, b.findings
}

// WriteOrderAck makes the body of an 855. Several responses of a line become
// several ACK segments, in their order.
func WriteOrderAck(d *doc.OrderAck, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("855", version)
	b.add("BAK", d.Purpose, d.Type, d.Number, b.date(d.Date), d.Release, d.Request, d.Contract, d.Seller, b.date(d.AckDate))
	b.header(&d.Header, "SE", d.Carrier)
	for i := range d.Lines {
		l := &d.Lines[i]
		b.orderLine("PO1", &l.Line, l.Responses)
	}
	if len(d.Lines) > 0 {
		b.add("CTT", strconv.Itoa(len(d.Lines)))
	}
	return b.body, b.findings
}

// WriteInvoice makes the body of an 810. TDS01 and SAC05 are written as N2, cents
// without a point; TXI02 is R.
func WriteInvoice(d *doc.Invoice, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("810", version)
	b.add("BIG", b.date(d.Date), d.Number, b.date(d.OrderDate), d.OrderNumber, d.Release, "", d.Type, d.Purpose)
	for _, n := range d.Notes {
		for _, part := range b.chunks("NTE", n, 80) {
			b.add("NTE", "GEN", part)
		}
	}
	b.currency(d.Currency, "SE")
	b.refs(d.Refs)
	b.contacts(d.Contacts)
	b.parties(d.Parties)
	b.terms(d.Terms)
	b.dates(d.Dates)
	for i := range d.Lines {
		b.invoiceLine(&d.Lines[i].Line)
	}
	b.add("TDS", b.cents("TDS", 1, d.Total), b.cents("TDS", 2, d.Discountable),
		b.cents("TDS", 3, d.DiscountedTotal), b.cents("TDS", 4, d.Discount))
	b.taxes(d.Taxes)
	b.allowances(d.Allowances)
	if d.ShippedUnits != "" {
		b.add("ISS", string(d.ShippedUnits), d.ShippedUnit)
	}
	b.add("CTT", strconv.Itoa(len(d.Lines)))
	return b.body, b.findings
}

// builder makes the segments of a body.
type builder struct {
	body     x12.Body
	delims   x12.Delimiters
	findings []wire.Finding
}

func newBuilder(kind, version string) *builder {
	return &builder{body: x12.Body{Type: kind}, delims: x12.DefaultDelimiters(x12.ISAVersion(version))}
}

// find records a finding on the segment that is added next.
func (b *builder) find(key string, sev wire.Severity, id string, el int, value string) {
	if len(value) > wire.MaxValue {
		value = strings.ToValidUTF8(value[:wire.MaxValue], "")
	}
	b.findings = append(b.findings, wire.Finding{
		Level: wire.LevelElement, Severity: sev, Key: key, SegmentID: id, Value: value,
		Pos: wire.Position{Segment: len(b.body.Segs) + 2, Element: el},
	})
}

// add writes a segment unless all elements are empty. A value that cannot be sent
// is told.
func (b *builder) add(id string, els ...string) {
	n := len(els)
	for n > 0 && els[n-1] == "" {
		n--
	}
	if n == 0 {
		return
	}
	for i, e := range els[:n] {
		if reason, ok := x12.Writable(e, b.delims); !ok {
			b.find("write."+reason, wire.Reject, id, i+1, e)
		}
	}
	b.body.Segs = append(b.body.Segs, x12.S(id, els[:n]...))
}

// free makes free text fit to be sent: delimiters and line breaks become blanks,
// what is longer than width characters is cut. Both are told.
func (b *builder) free(id string, el int, s string, width int) string {
	out := strings.TrimSpace(strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c < 0x80 && b.isDelimiter(byte(c)) {
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

func (b *builder) isDelimiter(c byte) bool {
	d := b.delims
	return c == d.Element || c == d.Component || c == d.Terminator || c == d.Repetition && c != 0
}

// chunks makes free text fit and splits it into pieces of at most width
// characters.
func (b *builder) chunks(id, s string, width int) []string {
	r := []rune(b.free(id, 1, s, 100_000))
	var out []string
	for len(r) > 0 {
		n := min(width, len(r))
		if t := strings.TrimSpace(string(r[:n])); t != "" {
			out = append(out, t)
		}
		r = r[n:]
	}
	return out
}

// date writes a civil date as CCYYMMDD.
func (b *builder) date(s string) string { return strings.ReplaceAll(s, "-", "") }

func (b *builder) clock(s string) string { return strings.ReplaceAll(s, ":", "") }

// cents writes money as N2. More than two decimals that count are refused.
func (b *builder) cents(id string, el int, d doc.Decimal) string {
	if d == "" {
		return ""
	}
	t, exact := d.ImpliedText(2)
	if !exact {
		b.find("write.cents", wire.Reject, id, el, string(d))
	}
	return t
}

// header writes what the heads of 850 and 855 share. role is CUR01.
func (b *builder) header(h *doc.Header, role string, carrier doc.Carrier) {
	b.currency(h.Currency, role)
	b.refs(h.Refs)
	b.contacts(h.Contacts)
	for _, c := range h.Requirements {
		b.add("CSH", c)
	}
	b.allowances(h.Allowances)
	b.terms(h.Terms)
	b.dates(h.Dates)
	b.carrier(carrier)
	b.notes(h.Notes)
	b.parties(h.Parties)
}

func (b *builder) currency(c, role string) {
	if c != "" {
		b.add("CUR", role, c)
	}
}

func (b *builder) refs(refs []doc.Ref) {
	for _, r := range refs {
		b.add("REF", r.Qualifier, r.Value, b.free("REF", 3, r.Text, 80))
	}
}

func (b *builder) contacts(list []doc.Contact) {
	for _, c := range list {
		els := []string{c.Function, b.free("PER", 2, c.Name, 60)}
		for i, n := range c.Numbers {
			if i == 3 {
				b.find("write.left_out", wire.Note, "PER", 9, n.Number)
				break
			}
			els = append(els, n.Kind, n.Number)
		}
		b.add("PER", els...)
	}
}

func (b *builder) allowances(list []doc.Allowance) {
	for _, a := range list {
		ind := a.Indicator
		if ind == "" {
			ind = "A"
			if a.Charge {
				ind = "C"
			}
		}
		b.add("SAC", ind, a.Code, a.Agency, a.AgencyCode, b.cents("SAC", 5, a.Amount), a.PercentBasis,
			string(a.Percent), string(a.Rate), a.Unit, string(a.Quantity), "", a.Method, a.Reference, a.Option,
			b.free("SAC", 15, a.Text, 80))
	}
}

func (b *builder) terms(list []doc.Terms) {
	for _, t := range list {
		b.add("ITD", t.Type, t.Basis, string(t.DiscountPercent), b.date(t.DiscountDate), t.DiscountDays,
			b.date(t.NetDate), t.NetDays, b.cents("ITD", 8, t.DiscountAmount), "", "", "", b.free("ITD", 12, t.Text, 80))
	}
}

func (b *builder) dates(list []doc.Date) {
	for _, d := range list {
		b.add("DTM", d.Qualifier, b.date(d.Date), b.clock(d.Time), d.Zone)
	}
}

func (b *builder) notes(list []string) {
	if len(list) == 0 {
		return
	}
	b.add("N9", "L1", "NOTES")
	for _, n := range list {
		for _, part := range b.chunks("MSG", n, 264) {
			b.add("MSG", part)
		}
	}
}

func (b *builder) parties(list []doc.Party) {
	for i := range list {
		p := &list[i]
		b.add("N1", p.Role, b.free("N1", 2, p.Name, 60), p.IDQualifier, p.ID)
		b.pairs("N2", p.MoreNames, 60)
		b.pairs("N3", p.Address, 55)
		region, kind, place := p.Region, "", ""
		if region != "" && len(region) != 2 {
			region, kind, place = "", "SP", b.free("N4", 6, p.Region, 30)
		}
		b.add("N4", b.free("N4", 1, p.City, 30), region, p.Postcode, p.Country, kind, place)
		for _, r := range p.Refs {
			b.add("REF", r.Qualifier, r.Value, b.free("REF", 3, r.Text, 80))
		}
		b.contacts(p.Contacts)
	}
}

// pairs writes texts two to a segment, at most twice.
func (b *builder) pairs(id string, texts []string, width int) {
	for i := 0; i < len(texts); i += 2 {
		if i == 4 {
			b.find("write.left_out", wire.Note, id, 1, texts[i])
			return
		}
		second := ""
		if i+1 < len(texts) {
			second = b.free(id, 2, texts[i+1], width)
		}
		b.add(id, b.free(id, 1, texts[i], width), second)
	}
}

// itemsOf gives the item numbers to write: those of the wire, else what is known.
func itemsOf(l *doc.Line) []doc.ItemID { return l.ItemIDs() }

func (b *builder) items(id string, first int, list []doc.ItemID) []string {
	var els []string
	for i, it := range list {
		if i == 10 {
			b.find("write.left_out", wire.Note, id, first+20, it.ID)
			break
		}
		els = append(els, it.Qualifier, it.ID)
	}
	return els
}

func (b *builder) head(id string, l *doc.Line) {
	els := []string{l.Number, string(l.Quantity), l.Unit, string(l.Price), l.PriceBasis}
	b.add(id, append(els, b.items(id, 6, itemsOf(l))...)...)
}

func (b *builder) description(l *doc.Line) {
	for _, part := range b.chunks("PID", l.Description, 80) {
		b.add("PID", "F", "", "", "", part)
	}
	if l.Pack != "" {
		b.add("PO4", string(l.Pack))
	}
}

// orderLine writes a PO1 loop of 850 or 855 in the order of the set.
func (b *builder) orderLine(id string, l *doc.Line, responses []doc.Response) {
	b.head(id, l)
	b.detail(l, responses)
}

// detail writes what follows the head of a line of 850, 855, 860 or 865.
func (b *builder) detail(l *doc.Line, responses []doc.Response) {
	b.description(l)
	b.refs(l.Refs)
	b.allowances(l.Allowances)
	b.dates(l.Dates)
	b.taxes(l.Taxes)
	for _, r := range responses {
		els := []string{r.Status, string(r.Quantity), r.Unit, r.DateQualifier, b.date(r.Date), r.Request}
		els = append(els, b.items("ACK", 7, r.Items)...)
		if r.Industry != "" {
			for len(els) < 28 {
				els = append(els, "")
			}
			els = append(els, r.Industry)
		}
		b.add("ACK", els...)
		b.dates(r.Dates)
	}
	for _, s := range l.Schedules {
		els := []string{string(s.Quantity), s.Unit, "", ""}
		for i, d := range s.Dates {
			if i == 2 {
				b.find("write.left_out", wire.Note, "SCH", 11, d.Date)
				break
			}
			els = append(els, d.Qualifier, b.date(d.Date), b.clock(d.Time))
		}
		b.add("SCH", els...)
	}
	b.notes(l.Notes)
	b.parties(l.Parties)
}

// invoiceLine writes an IT1 loop in the order of the set.
func (b *builder) invoiceLine(l *doc.Line) {
	b.head("IT1", l)
	b.taxes(l.Taxes)
	b.description(l)
	b.refs(l.Refs)
	b.dates(l.Dates)
	b.allowances(l.Allowances)
	for _, n := range l.Notes {
		b.find("write.left_out", wire.Note, "IT1", 0, n)
	}
	b.parties(l.Parties)
}

func (b *builder) taxes(list []doc.Tax) {
	for _, t := range list {
		j := ""
		if t.Jurisdiction != "" {
			j = "VD"
		}
		b.add("TXI", t.Type, string(t.Amount), string(t.Percent), j, t.Jurisdiction, t.Exempt, "", string(t.Taxable), t.TaxID)
	}
}
