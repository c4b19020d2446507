package translate

import (
	"slices"
	"strconv"
	"strings"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
)

// The documents keep the codes of X12, so that an order is the same whichever
// syntax it came in. A code that has no twin stays as it is on the wire.
var (
	unPurposes   = map[string]string{"9": "00", "1": "01", "4": "04", "5": "05", "7": "07"}
	unOrderTypes = map[string]string{"220": "SA", "221": "BK", "226": "RL", "227": "CN"}
	unRoles      = map[string]string{"DP": "ST", "IV": "BT"}
	unRefs       = map[string]string{"ON": "PO", "VA": "VX", "AAK": "MA", "ALQ": "RZ"}
	unLists      = map[string]string{"9": "UL"}
	unItems      = map[string]string{"SA": "VP", "BP": "BP", "IN": "BP", "MF": "MG"}
	unUnits      = map[string]string{"PCE": "PC", "KGM": "KG", "LBR": "LB", "MTR": "MR", "DZN": "DZ", "LTR": "LT", "FOT": "FT"}
	unFunctions  = map[string]string{"OC": "OC", "PD": "BD"}
)

// twin gives the code of X12 for one of EDIFACT.
func twin(m map[string]string, code string) string {
	if t, ok := m[code]; ok {
		return t
	}
	return code
}

// unReader walks the segments of a message.
type unReader struct {
	set      *schema.Set
	placed   []string // as of reader
	outlined bool
	seen     unSeen

	findings []wire.Finding
	told     told
	head     *doc.Header
	line     *doc.Line // nil in the header and the summary
	party    *doc.Party
	summary  bool
	// The group that is open, and where the taxes met now belong.
	allowance *doc.Allowance
	tax       *doc.Tax
	taxes     *[]doc.Tax
	part      bool // in a group that is not carried
	group     bool // in a group whose dates are not those of the order or line
	// Lines met so far, and the free goods of them.
	lines int
	gifts []gift
}

// gift is a quantity free of charge beside what is paid (QTY 192), by line from 0.
type gift struct {
	line int
	qty  doc.Decimal
	unit string
}

func newUnReader(set *schema.Set, head *doc.Header) *unReader {
	edifact.ShareText(set.Un)
	return &unReader{set: set, head: head, seen: make(unSeen, len(set.Un))}
}

func (r *unReader) note(key string, s *edifact.Segment, el, comp int, value string) {
	f := wire.Finding{
		Level: wire.LevelSegment, Severity: wire.Note, Key: key, SegmentID: s.ID(), Value: value,
		Pos: wire.Position{Offset: s.ElOffset(el, comp), FileSegment: s.FileSegment, Segment: s.SetSegment, Element: el, Component: comp},
	}
	if el > 0 {
		f.Level = wire.LevelElement
	}
	r.findings = append(r.findings, f)
}

// drop is for a segment that the document has no field for, as reader.drop.
func (r *unReader) drop(s *edifact.Segment) {
	key := "translate.not_carried"
	if r.carry(s) {
		key = "translate.carried"
	}
	r.seen.mark(s, everything)
	if r.told.first(key, s.TagBytes(), r.findings) {
		r.note(key, s, 0, 0, "")
	}
}

// get is a component as the document takes it.
func (r *unReader) get(s *edifact.Segment, el, comp int) string {
	r.seen.mark(s, bitOf(el, comp))
	return s.Text(el, comp)
}

// number reads n: a decimal comma becomes a point.
func (r *unReader) number(s *edifact.Segment, el, comp int) doc.Decimal {
	t := strings.Replace(r.get(s, el, comp), ",", ".", 1)
	if t == "" {
		return ""
	}
	d, err := doc.ParseDecimal(t)
	if err != nil {
		r.note("translate.number", s, el, comp, t)
		return ""
	}
	return d
}

// when reads a DTM of the formats 101, 102, 203 and 204.
func (r *unReader) when(s *edifact.Segment) (date, clockTime string) {
	v := r.get(s, 1, 2)
	switch format := r.get(s, 1, 3); {
	case format == "101" && len(v) == 6:
		v = "20" + v
	case (format == "102" || format == "") && len(v) == 8, format == "203" && len(v) == 12, format == "204" && len(v) == 14:
	default:
		r.note("translate.date", s, 1, 2, v)
		return "", ""
	}
	return v[:4] + "-" + v[4:6] + "-" + v[6:8], clock(v[8:])
}

// dateQualifier is the twin of 2005: most have the same number in X12, of three
// digits.
func dateQualifier(q string) string {
	switch q {
	case "61":
		return "001"
	case "2", "10", "11", "17", "35", "50", "67", "37", "38", "63", "64":
		return strings.Repeat("0", 3-len(q)) + q
	}
	return q
}

var tagLIN = edifact.TagOf("LIN")

// unLines counts the segments that open a line.
func unLines(set *schema.Set) int {
	n := 0
	for i := range set.Un {
		if set.Un[i].Tag == tagLIN {
			n++
		}
	}
	return n
}

// readORDERS reads an ORDERS as the order that an 850 would be.
func readORDERS(set *schema.Set) (*doc.PurchaseOrder, []wire.Finding) {
	d := &doc.PurchaseOrder{Lines: make([]doc.Line, 0, unLines(set))}
	r := newUnReader(set, &d.Header)
	var parted *doc.Line // in an SCC group of it
	for i := range set.Un {
		s := &set.Un[i]
		switch string(s.TagBytes()) {
		case "UNH", "UNT":
		case "BGM":
			d.Type, d.Number = twin(unOrderTypes, r.get(s, 1, 1)), r.get(s, 2, 1)
			d.Purpose = twin(unPurposes, r.get(s, 3, 1))
		case "LIN":
			d.Lines = append(d.Lines, doc.Line{Number: r.get(s, 1, 1)})
			r.open(&d.Lines[len(d.Lines)-1])
			r.item(r.get(s, 3, 1), r.get(s, 3, 2))
		case "TDT":
			r.routing(s, &d.Carrier)
		case "UNS":
			r.close()
			parted = nil
		case "SCC":
			if r.line == nil {
				r.common(s)
				continue
			}
			r.get(s, 1, 1)
			r.party, r.part, r.group, r.allowance, r.tax = nil, false, true, nil, nil
			parted = r.line
		case "QTY":
			if parted == nil || parted != r.line || r.part || r.get(s, 1, 1) != "21" {
				r.common(s)
				continue
			}
			parted.Schedules = append(parted.Schedules, doc.Schedule{Quantity: r.number(s, 1, 2), Unit: twin(unUnits, r.get(s, 1, 3))})
		case "DTM":
			if parted != nil && parted == r.line && !r.part && len(parted.Schedules) > 0 {
				x := &parted.Schedules[len(parted.Schedules)-1]
				if date, t := r.when(s); date != "" {
					x.Dates = append(x.Dates, doc.Date{Qualifier: dateQualifier(r.get(s, 1, 1)), Date: date, Time: t})
				}
				continue
			}
			if r.get(s, 1, 1) == "137" && r.line == nil && r.party == nil && !r.part && !r.group && d.Date == "" {
				d.Date, _ = r.when(s)
				continue
			}
			r.dtm(s)
		case "MOA":
			if r.summary && !r.part && r.get(s, 1, 1) == "79" {
				d.Total = r.number(s, 1, 2)
				continue
			}
			r.money(s)
		case "RFF":
			if r.line == nil && r.party == nil && !r.part && r.headRef(s, &d.Contract, &d.Release) {
				continue
			}
			r.ref(s)
		default:
			r.common(s)
		}
	}
	d.Lines = withGifts(r, d.Lines, func(l *doc.Line) *doc.Line { return l }, nil)
	if d.Type == "SA" && slices.ContainsFunc(d.Parties, endUser) { // no code of 1001 says so
		d.Type = directType
	}
	for i := range d.Lines {
		identify(&d.Lines[i])
	}
	r.done()
	return d, r.findings
}

// routing takes the TDT of the header that names one carrier; any other is carried, as
// is what else stands in its group.
func (r *unReader) routing(s *edifact.Segment, to *doc.Carrier) {
	c := doc.Carrier{Code: r.get(s, 5, 1), Mode: twin(unModes, r.get(s, 3, 1)), Name: r.get(s, 5, 4)}
	plain := r.get(s, 1, 1) == "20" && s.Len() <= 5
	for _, at := range [][2]int{{2, 1}, {3, 2}, {4, 1}, {4, 2}, {5, 2}, {5, 3}} {
		plain = plain && r.get(s, at[0], at[1]) == ""
	}
	if r.line != nil || r.summary || *to != (doc.Carrier{}) || !plain || c == (doc.Carrier{}) {
		r.common(s)
		return
	}
	r.part, r.party = true, nil
	*to = c
}

// common handles the segments that mean the same in all messages.
func (r *unReader) common(s *edifact.Segment) {
	switch string(s.TagBytes()) {
	case "RFF":
		r.ref(s)
	case "NAD":
		r.nad(s)
	case "CTA":
		if r.party == nil || r.part {
			r.drop(s)
			return
		}
		name := r.get(s, 2, 2)
		if name == "" {
			name = r.get(s, 2, 1)
		}
		r.party.Contacts = append(r.party.Contacts, doc.Contact{Function: twin(unFunctions, r.get(s, 1, 1)), Name: name})
	case "COM":
		if r.party == nil || r.part || len(r.party.Contacts) == 0 {
			r.drop(s)
			return
		}
		c := &r.party.Contacts[len(r.party.Contacts)-1]
		c.Numbers = append(c.Numbers, doc.ContactNumber{Kind: r.get(s, 1, 2), Number: r.get(s, 1, 1)})
	case "CUX":
		r.party, r.part, r.group, r.allowance, r.tax = nil, false, true, nil, nil
		if r.line != nil || r.head.Currency != "" || r.get(s, 1, 1) != "2" {
			r.part = true
			r.drop(s)
			return
		}
		r.head.Currency = r.get(s, 1, 2)
	case "FTX":
		r.text(s)
	case "PIA":
		if r.line == nil || r.part {
			r.drop(s)
			return
		}
		for el := 2; el <= 6; el++ {
			r.item(r.get(s, el, 1), r.get(s, el, 2))
		}
	case "IMD":
		t := strings.TrimSpace(r.get(s, 3, 4))
		if more := r.get(s, 3, 5); more != "" {
			t = strings.TrimSpace(r.get(s, 3, 4) + " " + more)
		}
		if r.line == nil || r.part || t == "" {
			r.drop(s)
			return
		}
		if r.line.Description != "" {
			t = r.line.Description + " " + t
		}
		r.line.Description = strings.TrimSpace(t)
	case "QTY":
		if r.line != nil && !r.part && r.get(s, 1, 1) == "192" {
			r.gifts = append(r.gifts, gift{r.lines - 1, r.number(s, 1, 2), twin(unUnits, r.get(s, 1, 3))})
			return
		}
		if r.line == nil || r.part || r.get(s, 1, 1) != "21" || r.line.Quantity != "" {
			r.drop(s)
			return
		}
		r.line.Quantity, r.line.Unit = r.number(s, 1, 2), twin(unUnits, r.get(s, 1, 3))
	case "PRI":
		r.price(s)
	case "ALC":
		r.alc(s)
	case "TAX":
		r.duty(s)
	case "PCD":
		if r.allowance == nil || r.get(s, 1, 1) != "3" && r.get(s, 1, 1) != "1" {
			r.drop(s)
			return
		}
		r.allowance.Percent = r.number(s, 1, 2)
	case "PAT":
		r.pat(s)
	case "CNT":
		r.part = false
		if n, err := strconv.Atoi(r.get(s, 1, 2)); err == nil && r.get(s, 1, 1) == "2" {
			r.head.LineCount = n
		}
	case "TDT", "TOD", "PAC", "EQD", "SCC", "APR", "RCS", "DGS", "CCI", "LOC", "STG", "DOC", "RJL":
		// Each leads a group of its own, which is not carried; LOC and DOC
		// below a party end nothing.
		if s.ID() != "LOC" && s.ID() != "DOC" || r.party == nil {
			r.part, r.party = true, nil
		}
		r.drop(s)
	default:
		r.drop(s)
	}
}

// pat reads terms of payment: days after the invoice, or a date in its DTM 13.
func (r *unReader) pat(s *edifact.Segment) {
	r.party, r.allowance, r.tax, r.part, r.group = nil, nil, nil, false, true
	if r.line != nil || r.summary {
		r.part = true
		r.drop(s)
		return
	}
	t := doc.Terms{}
	if r.get(s, 3, 3) == "D" && r.get(s, 3, 1) == "5" {
		t.NetDays = r.get(s, 3, 4)
	}
	r.head.Terms = append(r.head.Terms, t)
}

func (r *unReader) dtm(s *edifact.Segment) {
	if n := len(r.head.Terms); r.get(s, 1, 1) == "13" && n > 0 && r.line == nil && !r.summary && r.head.Terms[n-1].NetDate == "" {
		r.head.Terms[n-1].NetDate, _ = r.when(s)
		return
	}
	if r.part || r.group || r.party != nil {
		r.drop(s)
		return
	}
	date, t := r.when(s)
	if date == "" {
		return
	}
	d := doc.Date{Qualifier: dateQualifier(r.get(s, 1, 1)), Date: date, Time: t}
	if r.line != nil {
		r.line.Dates = append(r.line.Dates, d)
		return
	}
	r.head.Dates = append(r.head.Dates, d)
}

func (r *unReader) ref(s *edifact.Segment) {
	v := doc.Ref{Qualifier: twin(unRefs, r.get(s, 1, 1)), Value: r.get(s, 1, 2)}
	r.group = true
	switch {
	case r.party != nil:
		r.party.Refs = append(r.party.Refs, v)
	case r.part && r.line == nil:
		r.drop(s)
	case r.line != nil:
		r.line.Refs = append(r.line.Refs, v)
	default:
		r.head.Refs = append(r.head.Refs, v)
	}
}

func (r *unReader) text(s *edifact.Segment) {
	parts := make([]string, 0, 5)
	for c := 1; c <= 5; c++ {
		parts = appendTexts(parts, r.get(s, 4, c))
	}
	t := strings.Join(parts, " ")
	switch {
	case t == "" || r.part || r.party != nil:
		r.drop(s)
	case r.line != nil:
		r.line.Notes = append(r.line.Notes, t)
	default:
		r.head.Notes = append(r.head.Notes, t)
	}
}

func (r *unReader) nad(s *edifact.Segment) {
	p := doc.Party{Role: twin(unRoles, r.get(s, 1, 1)), ID: r.get(s, 2, 1)}
	if p.ID != "" {
		p.IDQualifier = twin(unLists, r.get(s, 2, 3))
	}
	p.Name = r.get(s, 4, 1)
	for c := 2; c <= 5; c++ {
		p.MoreNames = appendTexts(p.MoreNames, r.get(s, 4, c))
	}
	for c := 1; c <= 5; c++ { // the unstructured address: its first line is the name
		if t := r.get(s, 3, c); p.Name == "" {
			p.Name = t
		} else {
			p.Address = appendTexts(p.Address, t)
		}
	}
	for c := 1; c <= 4; c++ {
		p.Address = appendTexts(p.Address, r.get(s, 5, c))
	}
	p.City, p.Region, p.Postcode, p.Country = r.get(s, 6, 1), r.get(s, 7, 1), r.get(s, 8, 1), r.get(s, 9, 1)
	r.part, r.allowance, r.tax = false, nil, nil
	if r.line != nil {
		r.line.Parties = append(r.line.Parties, p)
		r.party = &r.line.Parties[len(r.line.Parties)-1]
		return
	}
	r.head.Parties = append(r.head.Parties, p)
	r.party = &r.head.Parties[len(r.head.Parties)-1]
}

// item adds an item number to the line; a GTIN is named by its length, as in X12.
func (r *unReader) item(id, kind string) {
	if id == "" || kind == "" || r.line == nil {
		return
	}
	q := twin(unItems, kind)
	if kind == "EN" || kind == "SRV" || kind == "UP" {
		switch len(id) {
		case 14:
			q = "UK"
		case 12:
			q = "UP"
		default:
			q = "EN"
		}
	}
	if r.line.Items == nil {
		r.line.Items = make([]doc.ItemID, 0, 2)
	}
	r.line.Items = append(r.line.Items, doc.ItemID{Qualifier: q, ID: id})
}

// price takes the net price; the gross price where no other is given. A price for
// more than one unit is told and not taken.
func (r *unReader) price(s *edifact.Segment) {
	r.party, r.part, r.group, r.allowance, r.tax = nil, false, true, nil, nil
	kind, basis := r.get(s, 1, 1), r.get(s, 1, 5)
	if r.line == nil || kind != "AAA" && (kind != "AAB" || r.line.Price != "") || basis != "" && basis != "1" {
		r.drop(s)
		return
	}
	r.line.Price = r.number(s, 1, 2)
}
