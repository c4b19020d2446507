package translate

import (
	"strconv"
	"strings"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
)

// agencyX12 is 3055 of a code list of X12.
const agencyX12 = "116"

// The parts of an APERAK.
const (
	adviceHead = iota
	adviceRef  // RFF of the message advised on
	adviceParty
	adviceFault
	adviceItem // RFF below ERC
)

// readAPERAK reads an APERAK as the advice that an 824 would be. It is about one
// message: rejected where 1225 is 27 or 4343 is RE, or where an error message (1001
// 313) lists errors; with errors where 4343 is CA; else accepted.
func readAPERAK(set *schema.Set) (*doc.ApplicationAdvice, []wire.Finding) {
	d := &doc.ApplicationAdvice{Purpose: "11", Advised: []doc.Advised{{Code: "TA"}}}
	r := newUnReader(set, &d.Header)
	about := &d.Advised[0]
	at, kind := adviceHead, ""
	var fault *doc.AdviceError
	for i := range set.Un {
		s := &set.Un[i]
		q := r.get(s, 1, 1)
		switch tag := string(s.TagBytes()); {
		case tag == "UNH" || tag == "UNT":
		case tag == "BGM":
			kind, d.Number = q, r.get(s, 2, 1)
			switch {
			case r.get(s, 3, 1) == "27" || r.get(s, 4, 1) == "RE":
				about.Code = "TR"
			case r.get(s, 4, 1) == "CA":
				about.Code = "TE"
			}
		case tag == "ERC":
			about.Errors = append(about.Errors, doc.AdviceError{Code: q, Agency: r.get(s, 1, 3)})
			r.ignored(s, 1, 2)
			fault, at = &about.Errors[len(about.Errors)-1], adviceFault
			switch fault.Agency {
			case agencyX12:
				fault.Agency = ""
			case "":
				fault.Agency = "ZZZ"
			}
		case tag == "RFF" && fault != nil:
			at = adviceItem
			switch {
			case q == "ZZZ" && locate(fault, r.get(s, 1, 2), r.get(s, 1, 3)):
			case fault.Item.Qualifier == "":
				fault.Item = doc.Ref{Qualifier: twin(unRefs, q), Value: r.get(s, 1, 2)}
			default:
				r.drop(s)
			}
		case tag == "FTX" && fault != nil:
			explain(fault, q, r.ftx(s), at)
		case tag == "NAD":
			at = adviceParty
			r.nad(s)
		case tag == "RFF":
			at = adviceRef
			refer(d, about, q, r.get(s, 1, 2))
		case tag == "DTM" && at == adviceHead && q == "137" && d.Date == "":
			d.Date, d.Time = r.when(s)
		case tag == "DTM" && at == adviceRef && q == "171" && about.Date == "":
			about.Date, about.Time = r.when(s)
		case tag == "DTM" && at == adviceHead:
			r.dtm(s)
		default:
			r.common(s)
		}
	}
	if about.Code == "TA" && kind == "313" && len(about.Errors) > 0 {
		about.Code = "TR"
	}
	r.done()
	return d, r.findings
}

// refer takes a reference of the message advised on: the first is its document's.
func refer(d *doc.ApplicationAdvice, about *doc.Advised, q, value string) {
	switch {
	case q == "ACW" && d.Original == "":
		d.Original = value
	case q == "AGO" && about.Control == "":
		about.Control = value
	case about.Qualifier == "":
		about.Qualifier, about.Number = twin(unRefs, q), value
	default:
		about.Refs = append(about.Refs, doc.Ref{Qualifier: twin(unRefs, q), Value: value})
	}
}

// explain takes a text of an error.
func explain(e *doc.AdviceError, subject, text string, at int) {
	switch {
	case at == adviceFault && e.Text == "":
		e.Text = text
	case at == adviceItem && subject == "ACB" && e.Bad == "":
		e.Bad = text
	case at == adviceItem && subject == "CHG" && e.New == "":
		e.New = text
	default:
		e.Notes = appendTexts(e.Notes, text)
	}
}

// locate reads a place as we write it: RFF+ZZZ:DTM02-1:5 is component 1 of element 2 of
// a DTM, the fifth segment of the message. False for what is no place.
func locate(e *doc.AdviceError, place, position string) bool {
	n, err := strconv.Atoi(position)
	if position != "" && (err != nil || n < 1) {
		return false
	}
	segment, component, _ := strings.Cut(place, "-")
	element := ""
	if n := len(segment) - 2; n >= 2 { // a tag has two or three characters
		if _, err := strconv.Atoi(segment[n:]); err == nil {
			segment, element = segment[:n], segment[n:]
		}
	}
	el, err1 := strconv.Atoi(or(element, "0"))
	co, err2 := strconv.Atoi(or(component, "0"))
	if err1 != nil || err2 != nil || el < 0 || co < 0 || len(segment) == 1 || len(segment) > 3 {
		return false
	}
	e.Segment, e.Element, e.Component, e.Position = segment, el, co, n
	return true
}

// advice writes APERAK, which is about one message: to leave out that another was
// refused would be wrong, so that the advice must not be sent then.
func (b *unBuilder) advice(d *doc.ApplicationAdvice) {
	about := doc.Advised{}
	for i := range d.Advised {
		if i == 0 {
			about = d.Advised[0]
			continue
		}
		b.find("write.left_out", wire.Reject, "RFF", 1, d.Advised[i].Number)
	}
	kind, function, response := "312", "6", ""
	switch code := about.Code; {
	case about.Refuses():
		kind, function = "313", "27"
	case len(code) == 2 && code[1] == 'E':
		response = "CA"
	}
	if about.Code != "TA" && about.Code != "TE" && about.Code != "TR" {
		b.left("BGM", 3, about.Code)
	}
	name := edifact.C(kind)
	if b.eancom() {
		name = edifact.C("12E", "", "9")
	}
	b.add("BGM", name, b.free("BGM", 2, d.Number, 35), function, response)
	b.dtm("137", d.Date, d.Time)
	b.dates(d.Dates)
	b.notes(d.Notes)
	if about.Number != "" {
		b.rff(twin(x12Refs, about.Qualifier), about.Number)
		b.dtm("171", about.Date, about.Time)
	}
	b.rff("ACW", d.Original)
	b.rff("AGO", about.Control)
	b.refs(about.Refs)
	b.plainParties(d.Parties)
	b.without("BGM", &d.Header)
	rest := []string{d.Zone, d.Type, d.Action, d.Currency, about.Sender, about.Receiver, about.Group, about.Set, about.Version, about.Purpose, about.Type}
	if d.Purpose != "11" {
		rest = append(rest, d.Purpose)
	}
	for _, f := range d.Refs {
		rest = append(rest, f.Value)
	}
	for _, t := range about.Dates {
		rest = append(rest, t.Date)
	}
	for _, c := range about.Contacts {
		rest = append(rest, or(c.Name, c.Function))
	}
	for _, x := range about.Amounts {
		rest = append(rest, string(x.Amount))
	}
	for _, x := range about.Quantities {
		rest = append(rest, string(x.Quantity))
	}
	for _, v := range rest {
		b.left("RFF", 1, v)
	}
	for i := range about.Errors {
		b.applicationError(&about.Errors[i])
	}
}

func (b *unBuilder) applicationError(e *doc.AdviceError) {
	switch e.Agency {
	case "":
		b.add("ERC", edifact.C(e.Code, "", agencyX12))
	case "ZZZ":
		b.add("ERC", edifact.C(e.Code))
	default:
		b.add("ERC", edifact.C(e.Code, "", e.Agency))
	}
	b.told("AAO", or(e.Text, e.Key))
	place := e.Segment
	if place != "" && e.Element > 0 {
		place = wire.Finding{SegmentID: e.Segment, Pos: wire.Position{Element: e.Element, Component: e.Component}}.Place()
	}
	b.left("RFF", 1, e.Ref)
	switch {
	case place != "" || e.Position > 0:
		b.add("RFF", edifact.C("ZZZ", place, count(e.Position)))
	case e.Item.Value != "":
		b.rff(twin(x12Refs, e.Item.Qualifier), e.Item.Value)
	case e.Bad != "" || e.New != "" || len(e.Notes) > 0:
		b.add("RFF", edifact.C("ZZZ"))
	default:
		return
	}
	b.told("ACB", e.Bad)
	b.told("CHG", e.New)
	for _, n := range e.Notes {
		b.told("AAI", n)
	}
	if e.Item.Value != "" && (place != "" || e.Position > 0) {
		if b.early() { // one reference for an error
			b.left("RFF", 1, e.Item.Value)
		} else {
			b.rff(twin(x12Refs, e.Item.Qualifier), e.Item.Value)
		}
	}
}

// told writes a free text of a subject (4451).
func (b *unBuilder) told(subject, text string) {
	if parts := b.broken("FTX", 4, text, 70, 5); len(parts) > 0 {
		b.add("FTX", subject, "", "", parts)
	}
}
