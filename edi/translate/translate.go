// Package translate turns judged transaction sets into canonical documents and
// back. It never guesses: what cannot be carried over is a finding. Segments that a
// document has no field for are carried with it as they are (doc.Extra) and written
// again in the standard they came in; each tag is told once, as a note.
//
// Reading works on accepted sets; of a rejected one it gives what can be read, which
// is for showing and never for booking.
package translate

import (
	"strings"
	"unicode/utf8"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// place is the part of the set that the reader is in.
type place uint8

const (
	inHeader place = iota
	inParty        // N1 loop of the header
	inNote         // N9 loop of the header
	inLine
	inLineParty
	inLineNote
	inSchedule
	inResponse  // ACK of an 855
	inPart      // sub-lines and lists we do not carry
	inSummary   // after the last line
	inAllowance // SAC loop of a line
)

// reader walks the segments of a set and fills what all documents share.
type reader struct {
	set      *schema.Set
	findings []wire.Finding
	told     told

	at     place
	head   *doc.Header
	line   *doc.Line // of the place we are in, nil in the header
	party  *doc.Party
	legacy bool // bytes that are not UTF-8 were met

	placed   []string // the loops of every segment, once one is carried
	outlined bool     // the set is known, and placed true

	texts texts
	seen  seen
}

func newReader(set *schema.Set, head *doc.Header) *reader {
	r := &reader{set: set, head: head, seen: make(seen, len(set.Segments))}
	r.texts.take(set)
	var parties, dates, refs int
	for i := range set.Segments {
		switch set.Segments[i].Tag {
		case tagN1:
			parties++
		case tagDTM:
			dates++
		case tagREF:
			refs++
		case tagPO1, tagIT1:
			head.Parties = grown(head.Parties, parties)
			head.Dates = grown(head.Dates, dates)
			head.Refs = grown(head.Refs, refs)
			return r
		}
	}
	return r
}

// grown makes room for n entries; none stay nil, as the JSON leaves them out.
func grown[T any](list []T, n int) []T {
	if n == 0 {
		return list
	}
	return make([]T, 0, n)
}

var (
	tagN1  = x12.TagOf("N1")
	tagDTM = x12.TagOf("DTM")
	tagREF = x12.TagOf("REF")
	tagPO1 = x12.TagOf("PO1")
	tagIT1 = x12.TagOf("IT1")
)

// text is element i as valid UTF-8 without blanks at its end. Bytes that are not
// UTF-8 are read as Latin-1, which is told once.
func (r *reader) text(s *x12.Segment, i int) string {
	r.seen.mark(s, 1<<min(uint(i), 63))
	t := r.texts.of(s, i)
	if n := len(t); n > 0 && t[n-1] == ' ' {
		t = strings.TrimRight(t, " ")
	}
	if r.texts.valid || utf8.ValidString(t) {
		return t
	}
	if !r.legacy {
		r.legacy = true
		r.note("translate.encoding", s, i, "")
	}
	out := make([]rune, len(t))
	for k := range len(t) {
		out[k] = rune(t[k])
	}
	return string(out)
}

func (r *reader) note(key string, s *x12.Segment, el int, value string) {
	level := wire.LevelSegment
	if el > 0 {
		level = wire.LevelElement
	}
	r.findings = append(r.findings, wire.Finding{
		Level: level, Severity: wire.Note, Key: key, SegmentID: s.ID(), Value: value,
		Pos: wire.Position{Offset: s.ElOffset(el), FileSegment: s.FileSegment, Segment: s.SetSegment, Element: el},
	})
}

// drop is for a segment that the document has no field for: it is carried as it is,
// which is told once for each tag, as is what cannot be carried.
func (r *reader) drop(s *x12.Segment) {
	key := "translate.not_carried"
	if r.carry(s) {
		key = "translate.carried"
	}
	r.seen.mark(s, all)
	if r.told.first(key, s.TagBytes(), r.findings) {
		r.note(key, s, 0, "")
	}
}

// number reads an N0 or R element; empty when absent. What is no number is told.
func (r *reader) number(s *x12.Segment, i int) doc.Decimal {
	t := r.text(s, i)
	if t == "" {
		return ""
	}
	d, err := doc.ParseDecimal(t)
	if err != nil {
		r.note("translate.number", s, i, t)
		return ""
	}
	return d
}

// implied reads an N2 element: cents without a point.
func (r *reader) implied(s *x12.Segment, i int) doc.Decimal {
	t := r.text(s, i)
	if t == "" {
		return ""
	}
	d, err := doc.Implied(t, 2)
	if err != nil {
		r.note("translate.number", s, i, t)
		return ""
	}
	return d
}

// date reads CCYYMMDD as a civil date.
func (r *reader) date(s *x12.Segment, i int) string {
	t := r.text(s, i)
	if t == "" {
		return ""
	}
	if len(t) != 8 {
		r.note("translate.date", s, i, t)
		return ""
	}
	return r.texts.join(t[:4], "-", t[4:6], "-", t[6:])
}

func clock(t string) string {
	switch {
	case len(t) >= 6:
		return t[:2] + ":" + t[2:4] + ":" + t[4:6]
	case len(t) == 4:
		return t[:2] + ":" + t[2:]
	}
	return ""
}

// common handles the segments that mean the same in all sets. It says whether
// the segment was one of them.
func (r *reader) common(s *x12.Segment) bool {
	switch string(s.TagBytes()) {
	case "ST", "SE":
	case "CUR":
		r.currency(s)
	case "REF":
		r.ref(s)
	case "PER":
		r.contact(s)
	case "CSH":
		if c := r.text(s, 1); c != "" && r.at == inHeader {
			r.head.Requirements = append(r.head.Requirements, c)
		} else {
			r.drop(s)
		}
	case "SAC":
		r.allowance(s)
	case "ITD":
		r.terms(s)
	case "DTM":
		r.dtm(s)
	case "N9":
		r.n9(s)
	case "MSG", "NTE", "MTX":
		r.message(s)
	case "N1":
		r.n1(s)
	case "N2", "N3", "N4":
		r.address(s)
	case "PID":
		r.description(s)
	case "PO4":
		if r.line != nil && r.at != inPart && r.line.Pack == "" {
			r.line.Pack = r.number(s, 1)
		} else {
			r.drop(s)
		}
	case "TXI":
		r.tax(s)
	case "SCH":
		r.schedule(s)
	case "SLN", "SPI", "ADV", "LM", "LDT", "PKG", "FA1", "V1":
		if r.line != nil || s.ID() == "SPI" || s.ID() == "ADV" || s.ID() == "LM" {
			r.at = inPart
		}
		r.drop(s)
	default:
		return false
	}
	return true
}

// newLine begins a line of the document.
func (r *reader) newLine(l *doc.Line) { r.at, r.line, r.party = inLine, l, nil }

// summary begins what follows the lines.
func (r *reader) summary() { r.at, r.line, r.party = inSummary, nil, nil }

func (r *reader) currency(s *x12.Segment) {
	if r.line != nil || r.at == inPart || r.head.Currency != "" {
		r.drop(s)
		return
	}
	r.head.Currency = r.text(s, 2)
}

func (r *reader) ref(s *x12.Segment) {
	v := doc.Ref{Qualifier: r.text(s, 1), Value: r.text(s, 2), Text: r.text(s, 3)}
	switch {
	case r.at == inPart || r.at == inSchedule:
		r.drop(s)
	case r.party != nil:
		r.party.Refs = append(r.party.Refs, v)
	case r.line != nil:
		r.line.Refs = append(r.line.Refs, v)
	default:
		r.head.Refs = append(r.head.Refs, v)
	}
}

// person reads PER.
func (r *reader) person(s *x12.Segment) doc.Contact {
	c := doc.Contact{Function: r.text(s, 1), Name: r.text(s, 2)}
	for i := 3; i <= 7; i += 2 {
		if k := r.text(s, i); k != "" {
			c.Numbers = append(c.Numbers, doc.ContactNumber{Kind: k, Number: r.text(s, i+1)})
		}
	}
	return c
}

func (r *reader) contact(s *x12.Segment) {
	c := r.person(s)
	switch {
	case r.at == inPart:
		r.drop(s)
	case r.party != nil:
		r.party.Contacts = append(r.party.Contacts, c)
	case r.line != nil:
		r.drop(s)
	default:
		r.head.Contacts = append(r.head.Contacts, c)
	}
}

func (r *reader) allowance(s *x12.Segment) {
	a := doc.Allowance{
		Indicator: r.text(s, 1), Code: r.text(s, 2), Agency: r.text(s, 3), AgencyCode: r.text(s, 4),
		Amount: r.implied(s, 5), PercentBasis: r.text(s, 6), Percent: r.number(s, 7), Rate: r.number(s, 8),
		Unit: r.text(s, 9), Quantity: r.number(s, 10), Method: r.text(s, 12),
		Reference: r.text(s, 13), Option: r.text(s, 14), Text: r.text(s, 15),
	}
	a.Charge = a.Indicator == "C"
	switch {
	case r.at == inPart:
		r.drop(s)
	case r.line != nil:
		r.line.Allowances = append(r.line.Allowances, a)
		r.at, r.party = inAllowance, nil
	default:
		r.head.Allowances = append(r.head.Allowances, a)
	}
}

func (r *reader) terms(s *x12.Segment) {
	if r.line != nil || r.at == inPart {
		r.drop(s)
		return
	}
	r.head.Terms = append(r.head.Terms, doc.Terms{
		Type: r.text(s, 1), Basis: r.text(s, 2), DiscountPercent: r.number(s, 3), DiscountDate: r.date(s, 4),
		DiscountDays: r.text(s, 5), NetDate: r.date(s, 6), NetDays: r.text(s, 7), DiscountAmount: r.implied(s, 8),
		Text: r.text(s, 12),
	})
	r.party = nil
	if r.at == inParty { // the terms of an 810 follow its parties
		r.at = inHeader
	}
}

func (r *reader) dtm(s *x12.Segment) {
	d := doc.Date{Qualifier: r.text(s, 1), Date: r.date(s, 2), Time: clock(r.text(s, 3)), Zone: r.text(s, 4)}
	if d.Date == "" && r.text(s, 5) == "D8" {
		d.Date = r.date(s, 6)
	}
	if d.Date == "" && d.Time == "" {
		r.drop(s)
		return
	}
	switch r.at {
	case inHeader:
		r.head.Dates = append(r.head.Dates, d)
	case inParty:
		if r.set.Type == "810" { // no dates in its N1 loop: the header's
			r.at, r.party = inHeader, nil
			r.head.Dates = append(r.head.Dates, d)
			return
		}
		r.drop(s)
	case inLine:
		r.line.Dates = append(r.line.Dates, d)
	case inAllowance:
		r.line.Dates = append(r.line.Dates, d)
		r.at = inLine
	default:
		r.drop(s)
	}
}

// n9 is a reference, and the head of a loop of notes. L1 is only that.
func (r *reader) n9(s *x12.Segment) {
	if r.at == inPart {
		r.drop(s)
		return
	}
	r.party = nil
	r.at = inNote
	if r.line != nil {
		r.at = inLineNote
	}
	v := doc.Ref{Qualifier: r.text(s, 1), Value: r.text(s, 2), Text: r.text(s, 3)}
	if v.Qualifier == "L1" {
		return
	}
	if r.line != nil {
		r.line.Refs = append(r.line.Refs, v)
		return
	}
	r.head.Refs = append(r.head.Refs, v)
}

func (r *reader) message(s *x12.Segment) {
	t := r.text(s, 1)
	if s.ID() != "MSG" {
		t = r.text(s, 2)
	}
	switch {
	case r.at == inPart || t == "":
		r.drop(s)
	case r.line != nil:
		r.line.Notes = append(r.line.Notes, t)
	default:
		r.head.Notes = append(r.head.Notes, t)
	}
}

func (r *reader) n1(s *x12.Segment) {
	if r.at == inPart {
		r.drop(s)
		return
	}
	p := doc.Party{Role: r.text(s, 1), Name: r.text(s, 2), IDQualifier: r.text(s, 3), ID: r.text(s, 4)}
	if r.line != nil {
		r.line.Parties = append(r.line.Parties, p)
		r.party, r.at = &r.line.Parties[len(r.line.Parties)-1], inLineParty
		return
	}
	r.head.Parties = append(r.head.Parties, p)
	r.party, r.at = &r.head.Parties[len(r.head.Parties)-1], inParty
}

func (r *reader) address(s *x12.Segment) {
	p := r.party
	if p == nil {
		r.drop(s)
		return
	}
	switch string(s.TagBytes()) {
	case "N2":
		p.MoreNames = r.texts.append(p.MoreNames, r.text(s, 1), r.text(s, 2))
	case "N3":
		p.Address = r.texts.append(p.Address, r.text(s, 1), r.text(s, 2))
	case "N4":
		p.City, p.Region, p.Postcode, p.Country = r.text(s, 1), r.text(s, 2), r.text(s, 3), r.text(s, 4)
		if p.Region == "" {
			p.Region = r.text(s, 7)
		}
		if p.Region == "" && r.text(s, 5) == "SP" {
			p.Region = r.text(s, 6)
		}
	}
}

func appendTexts(list []string, texts ...string) []string {
	for _, t := range texts {
		if t != "" {
			list = append(list, t)
		}
	}
	return list
}

func (r *reader) description(s *x12.Segment) {
	t := r.text(s, 5)
	if r.line == nil || r.at == inPart || t == "" {
		r.drop(s)
		return
	}
	if r.line.Description != "" {
		t = r.line.Description + " " + t
	}
	r.line.Description = strings.TrimSpace(t)
}

func (r *reader) taxOf(s *x12.Segment) doc.Tax {
	return doc.Tax{
		Type: r.text(s, 1), Amount: r.number(s, 2), Percent: r.number(s, 3), Jurisdiction: r.text(s, 5),
		Exempt: r.text(s, 6), Taxable: r.number(s, 8), TaxID: r.text(s, 9),
	}
}

// tax is TXI of a line; that of an allowance or a header has no place.
func (r *reader) tax(s *x12.Segment) {
	// Only the 810 has taxes of its own below an allowance.
	if r.at == inLine || r.at == inAllowance && r.set.Type != "810" {
		r.line.Taxes = append(r.line.Taxes, r.taxOf(s))
		return
	}
	r.drop(s)
}

func (r *reader) schedule(s *x12.Segment) {
	if r.line == nil || r.at == inPart || r.at == inLineParty {
		r.drop(s)
		return
	}
	sch := doc.Schedule{Quantity: r.number(s, 1), Unit: r.text(s, 2)}
	for i := 5; i <= 8; i += 3 {
		if q := r.text(s, i); q != "" {
			sch.Dates = append(sch.Dates, doc.Date{Qualifier: q, Date: r.date(s, i+1), Time: clock(r.text(s, i+2))})
		}
	}
	r.line.Schedules = append(r.line.Schedules, sch)
	r.at = inSchedule
}

// items reads pairs of qualifier and item number from element i on.
func (r *reader) items(s *x12.Segment, i, last int) []doc.ItemID {
	if i >= s.Len() {
		return nil
	}
	out := r.texts.items((s.Len() - i + 1) / 2)
	for ; i < last && i < s.Len(); i += 2 {
		if q := r.text(s, i); q != "" {
			out = append(out, doc.ItemID{Qualifier: q, ID: r.text(s, i+1)})
		}
	}
	return out
}

// identify takes buyer's and vendor's number and the GTIN out of the items.
func identify(l *doc.Line) { l.Identify() }

func setOnce(to *string, v string) {
	if *to == "" {
		*to = v
	}
}
