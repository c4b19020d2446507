package schema

import (
	"math/bits"
	"strconv"
	"strings"

	"entente/edi/edifact"
	"entente/edi/wire"
)

// unFault is what is wrong with a value; 0 is nothing.
type unFault uint8

const (
	unFine unFault = iota
	unTooShort
	unTooLong
	unForeign
	unWider
	unNotNumber
	unDecimal
	unBare
	unNotLetters
	unBadCode
	unUnlisted
)

// elements judges all elements of a segment.
func (j *unJudge) elements(s *edifact.Segment, def *unSegment) {
	raw, marks := s.Raw(), s.Marks()
	plain := !s.Released
	if look := j.charset.Look(raw); look == edifact.Foreign || look == edifact.Wider && !j.narrow {
		plain = false
	}
	var present uint64
	last := len(marks) - 1
	i := 1
	for el := 0; i < last; el++ {
		from := i
		for i++; i < last && marks[i].Sep() != edifact.SepElement; i++ {
		}
		if from+1 == i {
			at := marks[from].Start()
			if at == marks[i].Start()-1 {
				continue // empty
			}
		}
		if el >= len(def.fields) {
			if v := raw[marks[from].Start() : marks[last].Start()-1]; !onlySeparators(v, marks[from:last]) {
				j.elementFinding("element.too_many", ctlTooMany, wire.Reject, s, el+1, 0, 0, nil, v, map[string]string{"max": strconv.Itoa(len(def.fields))})
			}
			break
		}
		f := &def.fields[el]
		if f.parts == nil && from+1 == i {
			present |= 1 << (el & 63)
			v := raw[marks[from].Start() : marks[i].Start()-1]
			if fault := j.check(s, f.one.unElement, v, plain); fault != unFine {
				j.report(fault, s, el+1, 0, 0, f.one.unElement, v)
			}
			continue
		}
		if j.field(s, f, el+1, from, i, plain) {
			present |= 1 << (el & 63)
		}
	}
	if owed := def.must &^ present; owed != 0 {
		for ; owed != 0; owed &= owed - 1 {
			at := bits.TrailingZeros64(owed)
			f := &def.fields[at]
			e := f.one.unElement
			if e == nil {
				e = &unElement{ref: f.ref}
			}
			j.elementFinding("element.missing", ctlMissing, wire.Reject, s, at+1, 0, 0, e, nil, nil)
		}
	}
	for k := range def.notes {
		j.depend(s, def, &def.notes[k], present<<1)
	}
}

// onlySeparators says whether the tokens hold nothing.
func onlySeparators(v []byte, marks []edifact.Mark) bool {
	return len(v) == len(marks)-1 || len(v) == 0
}

// field judges a composite, or an element with components or repetitions, whose
// tokens are from to to. It says whether it holds anything.
func (j *unJudge) field(s *edifact.Segment, f *unField, el, from, to int, plain bool) bool {
	raw, marks := s.Raw(), s.Marks()
	parts := f.parts
	single := [1]unPart{f.one}
	if parts == nil {
		parts = single[:]
	}
	any, repeat, c := false, 0, 0
	var have uint64
	for i := from; i < to; i++ {
		switch {
		case i > from && marks[i].Sep() == edifact.SepRepeat:
			if any {
				j.owedParts(s, f, el, have)
			}
			if repeat++; repeat >= f.max {
				v := raw[marks[from].Start() : marks[to].Start()-1]
				j.elementFinding("element.repeats", ctlRepeats, wire.Reject, s, el, 0, 0, orRef(f), v, map[string]string{"max": strconv.Itoa(f.max)})
				return true
			}
			any, have, c = false, 0, 0
		case i > from:
			c++
		}
		v := raw[marks[i].Start() : marks[i+1].Start()-1]
		if len(v) == 0 {
			continue
		}
		if c >= len(parts) {
			whole := raw[marks[from].Start() : marks[to].Start()-1]
			j.elementFinding("element.components", ctlTooMany, wire.Reject, s, el, 0, 0, orRef(f), whole, map[string]string{"max": strconv.Itoa(len(parts))})
			return true
		}
		any = true
		have |= 1 << (c & 63)
		p := &parts[c]
		fault := j.check(s, p.unElement, v, plain)
		if fault == unFine {
			continue
		}
		if fault >= unBadCode && p.agency > 0 && !ownCode(s, raw, marks, i+p.agency-c, to) {
			continue
		}
		comp := c + 1
		if f.parts == nil {
			comp = 0
		}
		j.report(fault, s, el, comp, 0, p.unElement, v)
	}
	if any && f.owes {
		j.owedParts(s, f, el, have)
	}
	return any || repeat > 0
}

// ownCode says whether a code is one of the directory's: the agency, token i, is
// empty or 6, the UN.
func ownCode(_ *edifact.Segment, raw []byte, marks []edifact.Mark, i, to int) bool {
	if i >= to {
		return true
	}
	v := raw[marks[i].Start() : marks[i+1].Start()-1]
	return len(v) == 0 || string(v) == "6"
}

func orRef(f *unField) *unElement {
	if f.one.unElement != nil {
		return f.one.unElement
	}
	return &unElement{ref: f.ref}
}

// owedParts tells the mandatory components that are missing from a composite that
// holds something.
func (j *unJudge) owedParts(s *edifact.Segment, f *unField, el int, have uint64) {
	for c := range f.parts {
		if f.parts[c].must && have&(1<<(c&63)) == 0 {
			j.elementFinding("element.missing", ctlMissing, wire.Reject, s, el, c+1, 0, f.parts[c].unElement, nil, nil)
		}
	}
}

// check holds one value against its element. plain says that its bytes are
// characters of the set, one each. Length goes before the code list.
func (j *unJudge) check(s *edifact.Segment, e *unElement, v []byte, plain bool) unFault {
	n := len(v)
	var late unFault
	if !plain {
		if s.Released {
			v = s.PlainIn(j.text[:0], v)
		}
		var f edifact.Fault
		n, f = j.charset.Check(v)
		if f == edifact.Foreign {
			return unForeign
		}
		if f == edifact.Wider && !j.narrow {
			late = unWider
		}
	}
	switch e.kind {
	case unNumber:
		return unCheckNumber(e, v)
	case unLetters:
		for _, c := range v {
			if c >= '0' && c <= '9' {
				return unNotLetters
			}
		}
	case unText:
	}
	if n > e.max {
		return unTooLong
	}
	if e.fixed && n < e.max {
		return unTooShort
	}
	if e.codes != nil && !e.codes.has(v) {
		if e.codes.closed {
			return unBadCode
		}
		if j.eancom && v[len(v)-1] == 'E' {
			return late // GS1's own codes end with E
		}
		return unUnlisted
	}
	return late
}

// unCheckNumber judges n. Sign and decimal mark do not count; comma and point are
// both taken as the mark. A digit should stand before and after it.
func unCheckNumber(e *unElement, v []byte) unFault {
	i, digits, points, bare := 0, 0, 0, false
	if len(v) > 0 && v[0] == '-' {
		i = 1
	}
	for ; i < len(v); i++ {
		switch c := v[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' || c == ',':
			points++
			bare = bare || digits == 0 || i == len(v)-1
		default:
			return unNotNumber
		}
	}
	switch {
	case digits == 0:
		return unNotNumber
	case points > 1 || points > 0 && e.fixed:
		return unDecimal
	case digits > e.max:
		return unTooLong
	case e.fixed && digits < e.max:
		return unTooShort
	case bare:
		return unBare
	}
	return unFine
}

// report turns a fault into a finding.
func (j *unJudge) report(f unFault, s *edifact.Segment, el, comp, rep int, e *unElement, v []byte) {
	args := map[string]string{}
	key, code, sev := "", "", wire.Reject
	switch f {
	case unTooShort:
		key, code = "element.too_short", ctlShort
		args["min"], args["max"] = strconv.Itoa(e.max), strconv.Itoa(e.max)
	case unTooLong:
		key, code = "element.too_long", ctlLong
		args["max"] = strconv.Itoa(e.max)
	case unForeign:
		key, code = "charset.foreign", ctlCharacter
		if c, ok := j.charset.FirstForeign(v); ok {
			args["byte"] = strings.ToUpper(strconv.FormatUint(uint64(c), 16))
		}
	case unWider:
		key, code, sev = "charset.wider", ctlCharacter, wire.AcceptedWithError
		j.narrow = true
	case unNotNumber:
		key, code = "number.format", ctlType
	case unDecimal:
		key, code = "number.decimal", ctlDecimal
	case unBare:
		key, code, sev = "number.bare", ctlDecimal, wire.AcceptedWithError
	case unNotLetters:
		key, code = "element.letters", ctlType
	case unBadCode:
		key, code = "code.unknown", ctlInvalid
	case unUnlisted:
		key, code, sev = "code.unlisted", ctlInvalid, wire.AcceptedWithError
	case unFine:
		return
	}
	j.elementFinding(key, code, sev, s, el, comp, rep, e, v, args)
}

func (j *unJudge) elementFinding(key, code string, sev wire.Severity, s *edifact.Segment, el, comp, rep int, e *unElement, v []byte, args map[string]string) {
	p := unPosition(s)
	p.Element, p.Component, p.Repeat = el, comp, rep
	p.Offset = s.ElOffset(el, comp)
	f := wire.Finding{
		Level: wire.LevelElement, Severity: sev, Key: key, Codes: wire.Codes{CONTRL: code},
		SegmentID: clip(s.TagBytes()), Pos: p, LoopID: j.groupID(), Value: s.Decode(v),
	}
	if e != nil {
		f.Ref = e.ref
	}
	if len(args) > 0 {
		f.Args = args
	}
	j.add(f)
}

// unPeriods gives, by 2379, the layout of a date, time or period: Y year, M month,
// D day, h hour, m minute, s second; other characters stand for digits.
var unPeriods = map[string]string{
	"2": "DDMMYY", "3": "MMDDYY", "101": "YYMMDD", "102": "CCYYMMDD", "103": "YYWWd", "105": "YYqqq", "106": "MMDD", "107": "qqq",
	"108": "WW", "109": "MM", "110": "DD", "201": "YYMMDDhhmm", "202": "YYMMDDhhmmss", "203": "CCYYMMDDhhmm", "204": "CCYYMMDDhhmmss",
	"205": "CCYYMMDDhhmm", "301": "YYMMDDhhmm", "302": "YYMMDDhhmmss", "303": "CCYYMMDDhhmm", "304": "CCYYMMDDhhmmss",
	"401": "hhmm", "402": "hhmmss", "404": "hhmmss", "405": "MMmmss", "501": "hhmmhhmm", "502": "hhmmss", "602": "CCYY", "603": "YYq", "604": "CCYYq",
	"609": "YYMM", "610": "CCYYMM", "613": "YYMMDD", "615": "YYWW", "616": "CCYYWW", "713": "YYMMDDhhmm", "711": "CCYYMMDD", "718": "CCYYMMDD",
}

// period judges the date, time or period of a DTM by its format. Formats that we do
// not know, and those with a zone or a dash, are judged as far as the layout goes.
func (j *unJudge) period(s *edifact.Segment) {
	v := s.El(1, 2)
	if len(v) == 8 && string(s.El(1, 3)) == "102" && quickDay(packCode(v)) {
		return
	}
	if v = s.Plain(v); len(v) > 0 {
		j.judgePeriod(s, v, string(s.El(1, 3)))
	}
}

func (j *unJudge) judgePeriod(s *edifact.Segment, v []byte, format string) {
	layout, known := unPeriods[format]
	if !known {
		return
	}
	tell := func(key string, args map[string]string) {
		j.elementFinding(key, ctlInvalid, wire.Reject, s, 1, 2, 0, j.dir.elements["2380"], v, args)
	}
	switch format {
	case "405", "502", "613", "108", "107", "105", "404", "109", "110", "103", "106", "603", "604", "501":
		return // lengths of time and counts: any digits
	}
	whole := v
	switch {
	case (format == "718" || format == "711" || format == "713") && len(v) == 2*len(layout)+1 && v[len(layout)] == '-':
		v = append(append([]byte{}, v[:len(layout)]...), v[len(layout)+1:]...)
		fallthrough
	case (format == "718" || format == "711" || format == "713") && len(v) == 2*len(layout):
		if !unDate(v[:len(layout)], layout) || !unDate(v[len(layout):], layout) {
			v = whole
			tell("date.period", map[string]string{"format": format})
		}
		return
	case len(v) > len(layout) && format[0] == '3' && len(format) == 3:
		v = v[:len(layout)] // the zone follows
	}
	if len(v) != len(layout) {
		v = whole
		tell("date.layout", map[string]string{"format": format, "layout": layout})
		return
	}
	if !unDate(v, layout) {
		v = whole
		args := map[string]string{}
		if format == "102" && datedArgs(args, v) {
			tell("date.impossible", args)
			return
		}
		tell("date.layout", map[string]string{"format": format, "layout": layout})
	}
}

// unDate says whether digits of a layout exist in the calendar and on the clock.
func unDate(v []byte, layout string) bool {
	year, month, day := 2000, 1, 1
	for i := 0; i < len(v); i++ {
		if v[i] < '0' || v[i] > '9' {
			return false
		}
	}
	for i := 0; i+1 < len(layout); i += 2 {
		n, _ := two(v[i:])
		switch layout[i : i+2] {
		case "CC":
			year = n * 100
		case "YY":
			year = year/100*100 + n
		case "MM":
			if month = n; n < 1 || n > 12 {
				return false
			}
		case "DD":
			day = n
		case "WW":
			if n < 1 || n > 53 {
				return false
			}
		case "hh":
			if n > 24 {
				return false
			}
		case "mm", "ss":
			if n > 59 {
				return false
			}
		}
	}
	return day >= 1 && day <= daysIn(year, month)
}
