package translate

import (
	"errors"
	"strconv"
	"strings"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// ErrNoAdvice says that a set is not answered by an advice: it is an acknowledgement
// or an advice itself, or has an answer of its own.
var ErrNoAdvice = errors.New("translate: the set is not answered by an advice")

// unadvised are the sets that no advice answers.
var unadvised = map[string]bool{
	"997": true, "999": true, "824": true, "CONTRL": true, "APERAK": true, // never an answer to an answer
	"850": true, "860": true, "844": true, "ORDERS": true, "ORDCHG": true, // 855, 865, 849 and ORDRSP say it
}

// Advise makes the advice on a set from the findings of those who judged its content:
// one error for each, with its place and the key of its words; notes are left out. It
// refuses the set (TR) where a finding does, else tells the errors (TE), else accepts
// it (TA). about says which document it is: qualifier, number and date, and the
// group's control number of X12; the rest is taken from the set. Number and date of
// the advice are the caller's to fill in.
//
// An advice says what a 997 or CONTRL cannot: that the syntax was sound and the
// content is not. ErrNoAdvice where nothing or something else is to be sent.
func Advise(set *schema.Set, about doc.Advised, findings []wire.Finding) (*doc.ApplicationAdvice, error) {
	if unadvised[set.Type] {
		return nil, ErrNoAdvice
	}
	about.Errors = nil
	for i := range findings {
		if findings[i].Severity != wire.Note {
			about.Errors = append(about.Errors, adviceError(&findings[i]))
		}
	}
	switch wire.VerdictOf(findings) {
	case wire.Rejected:
		about.Code = "TR"
	case wire.AcceptedWithErrors:
		about.Code = "TE"
	default:
		about.Code = "TA"
	}
	if set.Message != nil {
		about.Control = set.Control
	} else {
		about.Set, about.Version = set.Type, set.Version
		if about.Group != "" { // X12 names the set within its group only
			about.Control = set.Control
		}
	}
	return &doc.ApplicationAdvice{Purpose: "11", Advised: []doc.Advised{about}}, nil
}

func adviceError(f *wire.Finding) doc.AdviceError {
	e := doc.AdviceError{
		Code: conditionOf(f.Key), Key: f.Key, Segment: f.SegmentID, Position: f.Pos.Segment,
		Element: f.Pos.Element, Component: f.Pos.Component, Bad: f.Value,
	}
	if _, err := strconv.Atoi(f.Ref); err == nil {
		e.Ref = f.Ref
	}
	return e
}

// conditionOf gives the code of 647 for the key of a rule.
func conditionOf(key string) string {
	family, rule, _ := strings.Cut(key, ".")
	switch {
	case rule == "missing" || strings.HasPrefix(rule, "missing_") || strings.HasPrefix(rule, "required"):
		return "007"
	case family == "date" || family == "time":
		return "009"
	case rule == "count" || family == "count" || rule == "total":
		return "010"
	case family == "condition":
		return "012"
	}
	return "024"
}

// ReadAdvice reads an 824 or an APERAK; the document is the same for both.
func ReadAdvice(set *schema.Set) (*doc.ApplicationAdvice, []wire.Finding) {
	if set.Message != nil && set.Type == "APERAK" {
		return readAPERAK(set)
	}
	d := &doc.ApplicationAdvice{Advised: []doc.Advised{}}
	r := newReader(set, &d.Header)
	if !r.is("824") {
		return d, r.findings
	}
	var about *doc.Advised
	var fault *doc.AdviceError
	for i := range set.Segments {
		s := &set.Segments[i]
		tag := string(s.TagBytes())
		switch {
		case tag == "BGN":
			d.Purpose, d.Number, d.Date, d.Time, d.Zone = r.text(s, 1), r.text(s, 2), r.date(s, 3), clock(r.text(s, 4)), r.text(s, 5)
			d.Original, d.Type, d.Action = r.text(s, 6), r.text(s, 7), r.text(s, 8)
			r.beyond(s, 8)
		case tag == "OTI":
			d.Advised = append(d.Advised, doc.Advised{
				Code: r.text(s, 1), Qualifier: r.text(s, 2), Number: r.text(s, 3), Sender: r.text(s, 4), Receiver: r.text(s, 5),
				Date: r.date(s, 6), Time: clock(r.text(s, 7)), Group: r.text(s, 8), Control: r.text(s, 9), Set: r.text(s, 10),
				Version: r.text(s, 11), Purpose: r.text(s, 12), Type: r.text(s, 13),
			})
			r.beyond(s, 13)
			about, fault = &d.Advised[len(d.Advised)-1], nil
			r.at = inLine
		case about == nil:
			if !r.common(s) {
				r.drop(s)
			}
		case tag == "TED" && r.at != inPart:
			about.Errors = append(about.Errors, r.technicalError(s))
			fault = &about.Errors[len(about.Errors)-1]
		case tag == "NTE" && fault != nil:
			fault.Notes = append(fault.Notes, r.text(s, 2))
		case tag == "SE":
		case tag == "LM":
			r.at = inPart // a list of codes, the last of the OTI loop
			r.drop(s)
		case fault != nil || r.at == inPart:
			r.drop(s)
		default:
			r.advised(s, tag, about)
		}
	}
	r.done()
	return d, r.findings
}

// advised reads what stands below OTI and above its errors.
func (r *reader) advised(s *x12.Segment, tag string, about *doc.Advised) {
	switch tag {
	case "REF":
		about.Refs = append(about.Refs, r.reference(s))
	case "DTM":
		r.stamped(s, &about.Dates)
	case "PER":
		h := &doc.Header{}
		head, party := r.head, r.party
		r.head, r.party, r.line, r.at = h, nil, nil, inHeader
		r.contact(s)
		r.head, r.party, r.at = head, party, inLine
		about.Contacts = append(about.Contacts, h.Contacts...)
	case "AMT":
		about.Amounts = append(about.Amounts, doc.ClaimAmount{Kind: r.text(s, 1), Amount: r.number(s, 2), Flag: r.text(s, 3)})
	case "QTY":
		about.Quantities = append(about.Quantities, doc.ClaimQuantity{Kind: r.text(s, 1), Quantity: r.number(s, 2), Unit: r.part(s, 3, 1)})
		r.beyond(s, 3)
	default:
		r.drop(s)
	}
}

// technicalError reads TED, whose fifth element is a composite from 004040.
func (r *reader) technicalError(s *x12.Segment) doc.AdviceError {
	number := func(t string) int {
		n, _ := strconv.Atoi(t)
		return n
	}
	return doc.AdviceError{
		Code: r.text(s, 1), Text: r.text(s, 2), Segment: r.text(s, 3), Position: number(r.text(s, 4)),
		Element: number(r.part(s, 5, 1)), Component: number(r.part(s, 5, 2)), Ref: r.text(s, 6), Bad: r.text(s, 7), New: r.text(s, 8),
	}
}

// WriteAdvice makes the body of an 824.
func WriteAdvice(d *doc.ApplicationAdvice, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("824", version)
	b.add("BGN", d.Purpose, d.Number, b.date(d.Date), b.clock(d.Time), d.Zone, d.Original, d.Type, d.Action)
	b.parties(d.Parties)
	b.without("BGN", &d.Header, true)
	b.outside("BGN", 0, d.Currency)
	for _, f := range d.Refs {
		b.outside("BGN", 0, f.Value)
	}
	for _, t := range d.Dates {
		b.outside("BGN", 0, t.Date)
	}
	for _, n := range d.Notes {
		b.outside("BGN", 0, n)
	}
	for i := range d.Advised {
		a := &d.Advised[i]
		b.add("OTI", a.Code, a.Qualifier, a.Number, a.Sender, a.Receiver, b.date(a.Date), b.clock(a.Time), a.Group, a.Control, a.Set, a.Version, a.Purpose, a.Type)
		b.refs(a.Refs)
		b.dates(a.Dates)
		b.contacts(a.Contacts)
		for _, x := range a.Amounts {
			b.add("AMT", x.Kind, string(x.Amount), x.Flag)
		}
		for _, x := range a.Quantities {
			b.add("QTY", x.Kind, string(x.Quantity), x.Unit)
		}
		for k := range a.Errors {
			b.technicalError(&a.Errors[k], version)
		}
	}
	return b.body, b.findings
}

func (b *builder) technicalError(e *doc.AdviceError, version string) {
	code := e.Code
	if e.Agency != "" { // of another list
		b.outside("TED", 1, e.Code)
		code = "024"
	}
	els := []string{
		code, b.free("TED", 2, or(e.Text, e.Key), 60), e.Segment, count(e.Position), count(e.Element), e.Ref,
		b.free("TED", 7, e.Bad, 99), b.free("TED", 8, e.New, 99),
	}
	b.add("TED", els...)
	if e.Component > 0 && e.Element > 0 && version >= "004040" {
		segs := b.body.Segs
		segs[len(segs)-1].Els[4] = x12.Composite(count(e.Element), count(e.Component))
	} else {
		b.outside("TED", 5, count(e.Component))
	}
	b.outside("TED", 0, e.Item.Value)
	b.remarks(e.Notes)
}

// count writes a number, none as nothing.
func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
