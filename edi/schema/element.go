package schema

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf8"

	"entente/edi/wire"
	"entente/edi/x12"
)

// fault is what is wrong with a value; 0 is nothing.
type fault uint8

const (
	fine fault = iota
	tooShort
	tooLong
	badChar
	badCode
	unlistedCode
	badDate
	badTime
)

// traits of a segment's bytes, found in one pass.
const (
	traitDirty  = 1 << iota // a control character or a byte above 0x7e
	traitParts              // the component separator
	traitRepeat             // the repetition separator
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
	low7  = 0x7f7f7f7f7f7f7f7f
)

func zeroBytes(x uint64) uint64 { return ^(((x & low7) + low7) | x | low7) }

// traits looks over a segment's bytes, eight at a time.
func traits(b []byte, d x12.Delimiters) (t uint8) {
	comp, rep := uint64(d.Component)*ones, uint64(d.Repetition)*ones
	var dirty, parts, reps uint64
	i := 0
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		// A byte is clean from 0x20 to 0x7e: +0x60 sets its high bit, +0x01 does not.
		dirty |= x&highs | ^((x&low7)+0x60*ones)&highs | ((x&low7)+ones)&highs
		parts |= zeroBytes(x ^ comp)
		reps |= zeroBytes(x ^ rep)
	}
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c == d.Component:
			parts = 1
		case c == d.Repetition && c != 0:
			reps = 1
		case c < ' ' || c > 0x7e:
			dirty = 1
		}
	}
	if dirty != 0 {
		t |= traitDirty
	}
	if parts != 0 {
		t |= traitParts
	}
	if reps != 0 && d.Repetition != 0 {
		t |= traitRepeat
	}
	return t
}

// elements judges all elements of a segment.
func (j *judge) elements(s *x12.Segment, def *segment) {
	raw, b := s.Raw(), s.Bounds()
	t := traits(raw, j.delims)
	before := len(j.findings)
	var present uint64
	fields := def.fields
	for i := 1; i < len(b)-1; i++ {
		v := raw[b[i] : b[i+1]-1]
		if len(v) == 0 {
			continue
		}
		if i > len(fields) {
			if !def.open {
				j.elementFinding("element.too_many", "3", wire.Reject, s, i, nil, v, map[string]string{"max": strconv.Itoa(len(fields))})
			}
			break
		}
		e := fields[i-1].element
		if v[0] == ' ' && e.kind <= kindID && len(bytes.TrimLeft(v, " ")) == 0 {
			continue // blanks only are empty
		}
		present |= 1 << (i & 63)
		if e.parts == nil && t&(traitParts|traitRepeat) == 0 {
			if f := check(e, v, t&traitDirty != 0); f != fine {
				j.report(f, s, i, 0, 0, e, v)
			}
			continue
		}
		j.complexElement(s, i, &fields[i-1], v, t)
	}
	if owed := def.must &^ present; owed != 0 {
		for ; owed != 0; owed &= owed - 1 {
			i := bits.TrailingZeros64(owed)
			j.elementFinding("element.missing", "1", wire.Reject, s, i, fields[i-1].element, nil, nil)
		}
	}
	for k := range def.notes {
		j.condition(s, def, &def.notes[k], present)
	}
	if len(j.findings)-before > 1 {
		slices.SortStableFunc(j.findings[before:], func(a, b wire.Finding) int { return a.Pos.Element - b.Pos.Element })
	}
}

// complexElement judges a composite, or a simple element in whose segment a
// component or repetition separator occurs.
func (j *judge) complexElement(s *x12.Segment, i int, fd *field, v []byte, t uint8) {
	e := fd.element
	part, rest, more := x12.Part(v, j.delims.Repetition)
	for rep := 1; ; rep++ {
		at := 0
		if more || rep > 1 {
			at = rep
		}
		if rep > fd.max {
			j.elementFinding("element.repeats", "12", wire.Reject, s, i, e, v, map[string]string{"max": strconv.Itoa(fd.max)})
			return
		}
		switch {
		case e.parts != nil:
			j.composite(s, i, at, e, part, t)
		case bytes.IndexByte(part, j.delims.Component) >= 0:
			j.elementFinding("element.components", "13", wire.Reject, s, i, e, v, nil)
		case len(part) == 0: // only the separator: the next occurrence is told
		default:
			if f := check(e, part, t&traitDirty != 0); f != fine {
				j.report(f, s, i, 0, at, e, part)
			}
		}
		if !more {
			return
		}
		part, rest, more = x12.Part(rest, j.delims.Repetition)
	}
}

// composite judges the components of one occurrence.
func (j *judge) composite(s *x12.Segment, i, rep int, e *element, v []byte, t uint8) {
	rest, more := v, true
	var part []byte
	n := 0
	for more {
		part, rest, more = x12.Part(rest, j.delims.Component)
		n++
		if n > len(e.parts) {
			if len(part) > 0 {
				j.elementFinding("element.components", "13", wire.Reject, s, i, e, v, map[string]string{"max": strconv.Itoa(len(e.parts))})
			}
			return
		}
		p := e.parts[n-1]
		if len(part) == 0 {
			if p.must {
				j.componentFinding("element.missing", "1", s, i, n, rep, p.element, nil)
			}
			continue
		}
		if f := check(p.element, part, t&traitDirty != 0); f != fine {
			j.report(f, s, i, n, rep, p.element, part)
		}
	}
	for n++; n <= len(e.parts); n++ {
		if e.parts[n-1].must {
			j.componentFinding("element.missing", "1", s, i, n, rep, e.parts[n-1].element, nil)
		}
	}
}

// check holds one value against its element. Length goes before the code list: a
// partner that sends EACH for EA is told "too long" (5), not "not in the list" (7).
func check(e *element, v []byte, dirty bool) fault {
	switch e.kind {
	case kindAN, kindID:
		n := len(v)
		if dirty {
			var ok bool
			if n, ok = characters(v); !ok {
				return badChar
			}
		}
		if n < e.min {
			return tooShort
		}
		if n > e.max {
			return tooLong
		}
		if e.codes != nil && !e.codes.has(v) {
			if e.codes.wide {
				return unlistedCode
			}
			return badCode
		}
	case kindN, kindR:
		return checkNumber(e, v)
	case kindDT:
		if len(v) < e.min {
			return tooShort
		}
		if len(v) > e.max {
			return tooLong
		}
		if !validDate(v) {
			return badDate
		}
	case kindTM:
		if len(v) < e.min {
			return tooShort
		}
		if len(v) > e.max {
			return tooLong
		}
		if !validTime(v) {
			return badTime
		}
	}
	return fine
}

// characters counts characters and says whether all may stand in a text: no
// control characters. Bytes that are not UTF-8 count one each.
func characters(v []byte) (int, bool) {
	for _, c := range v {
		if c < ' ' || c == 0x7f {
			return 0, false
		}
	}
	if utf8.Valid(v) {
		return utf8.RuneCount(v), true
	}
	return len(v), true
}

// checkNumber judges N and R. Sign, point and zeros that lead beyond the greatest
// length do not count.
func checkNumber(e *element, v []byte) fault {
	i, digits, points := 0, 0, 0
	if v[0] == '-' {
		i = 1
	}
	start := i
	for ; i < len(v); i++ {
		switch c := v[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' && e.kind == kindR:
			points++
		default:
			return badChar
		}
	}
	if digits == 0 || points > 1 {
		return badChar
	}
	for ; digits > e.max && start < len(v) && v[start] == '0'; start++ {
		digits--
	}
	if digits > e.max {
		return tooLong
	}
	if digits < e.min {
		return tooShort
	}
	return fine
}

func two(b []byte) (int, bool) {
	d, e := b[0]-'0', b[1]-'0'
	return int(d)*10 + int(e), d <= 9 && e <= 9
}

var monthDays = [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// daysIn gives the number of days of a month.
func daysIn(year, month int) int {
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		return 29
	}
	return monthDays[month]
}

// validDate takes CCYYMMDD and YYMMDD that exist in the calendar.
func validDate(v []byte) bool {
	year, ok := 2000, true
	if len(v) == 8 {
		var c int
		c, ok = two(v)
		v = v[2:]
		year = c * 100
	}
	if !ok || len(v) != 6 {
		return false
	}
	y, ok1 := two(v)
	m, ok2 := two(v[2:])
	d, ok3 := two(v[4:])
	return ok1 && ok2 && ok3 && m >= 1 && m <= 12 && d >= 1 && d <= daysIn(year+y, m)
}

// validTime takes HHMM, HHMMSS, HHMMSSd and HHMMSSdd.
func validTime(v []byte) bool {
	if len(v) == 5 {
		return false
	}
	for _, c := range v {
		if c < '0' || c > '9' {
			return false
		}
	}
	h, _ := two(v)
	m, _ := two(v[2:])
	if h > 23 || m > 59 {
		return false
	}
	if len(v) >= 6 {
		s, _ := two(v[4:])
		return s <= 59
	}
	return true
}

// report turns a fault into a finding.
func (j *judge) report(f fault, s *x12.Segment, i, comp, rep int, e *element, v []byte) {
	args := map[string]string{}
	key, code, sev := "", "", wire.Reject
	switch f {
	case tooShort:
		key, code = "element.too_short", "4"
		args["min"], args["max"] = strconv.Itoa(e.min), strconv.Itoa(e.max)
	case tooLong:
		key, code = "element.too_long", "5"
		args["min"], args["max"] = strconv.Itoa(e.min), strconv.Itoa(e.max)
		if e.ref == "355" {
			guessUnit(args, v)
		}
	case badChar:
		key, code = "element.characters", "6"
		if e.kind == kindN || e.kind == kindR {
			key = "number.format"
		}
	case badCode, unlistedCode:
		key, code = "code.unknown", "7"
		if f == unlistedCode {
			key, sev = "code.unlisted", wire.AcceptedWithError
		}
		if e.ref == "355" {
			guessUnit(args, v)
		}
	case badDate:
		key, code = "date.format", "8"
		if datedArgs(args, v) {
			key = "date.impossible"
		}
	case badTime:
		key, code = "time.impossible", "9"
	case fine:
		return
	}
	fd := j.makeElement(key, code, sev, s, i, e, v, args)
	fd.Pos.Component, fd.Pos.Repeat = comp, rep
	j.add(fd)
}

func guessUnit(args map[string]string, v []byte) {
	if g := unitGuess[string(bytes.ToUpper(v))]; g != "" {
		args["suggest"] = g
	}
}

// datedArgs takes a date of eight digits apart; false when it is none at all. A
// day beyond the month's last is proposed to be that.
func datedArgs(args map[string]string, v []byte) bool {
	if len(v) != 8 {
		return false
	}
	for _, c := range v {
		if c < '0' || c > '9' {
			return false
		}
	}
	args["year"], args["month"], args["day"] = string(v[:4]), string(v[4:6]), string(v[6:])
	y, _ := strconv.Atoi(string(v[:4]))
	m, _ := two(v[4:])
	d, _ := two(v[6:])
	if m >= 1 && m <= 12 {
		last := daysIn(y, m)
		args["last"] = strconv.Itoa(last)
		if d > last && d <= 31 {
			args["suggest"] = string(v[:6]) + strconv.Itoa(last)
		}
	}
	return true
}

func (j *judge) makeElement(key, code string, sev wire.Severity, s *x12.Segment, i int, e *element, v []byte, args map[string]string) wire.Finding {
	p := position(s)
	p.Element = i
	p.Offset = s.ElOffset(i)
	f := wire.Finding{
		Level: wire.LevelElement, Severity: sev, Key: key, Code: code,
		SegmentID: clip(s.TagBytes()), Pos: p, LoopID: j.loopID(), Value: clip(v),
	}
	if e != nil {
		f.Ref = e.ref
	}
	if len(args) > 0 {
		f.Args = args
	}
	return f
}

func (j *judge) elementFinding(key, code string, sev wire.Severity, s *x12.Segment, i int, e *element, v []byte, args map[string]string) {
	j.add(j.makeElement(key, code, sev, s, i, e, v, args))
}

func (j *judge) componentFinding(key, code string, s *x12.Segment, i, comp, rep int, e *element, v []byte) {
	f := j.makeElement(key, code, wire.Reject, s, i, e, v, nil)
	f.Pos.Component, f.Pos.Repeat = comp, rep
	j.add(f)
}

// condition judges one relation between elements by which of them are there.
func (j *judge) condition(s *x12.Segment, def *segment, n *note, present uint64) {
	have := present & n.mask
	var at int
	key, code := "condition.required", "2"
	switch n.kind {
	case 'P':
		if have == 0 || have == n.mask {
			return
		}
		key, at = "condition.paired", bits.TrailingZeros64(n.mask&^have)
	case 'R':
		if have != 0 {
			return
		}
		key, at = "condition.one_of", bits.TrailingZeros64(n.mask)
	case 'E':
		if bits.OnesCount64(have) < 2 {
			return
		}
		key, code = "condition.only_one", "10"
		at = bits.TrailingZeros64(have & (have - 1))
	case 'C':
		if present&n.first == 0 || have == n.mask {
			return
		}
		at = bits.TrailingZeros64(n.mask &^ have)
	case 'L':
		if present&n.first == 0 || have != n.first {
			return
		}
		key, at = "condition.required_one", bits.TrailingZeros64(n.mask&^n.first)
	default:
		return
	}
	var v []byte
	if code == "10" {
		v = s.El(at)
	}
	j.elementFinding(key, code, wire.Reject, s, at, def.fields[at-1].element, v, map[string]string{"rule": n.text, "places": places(def.id, n.mask)})
}

// places lists elements as people name them: "SAC02, SAC03".
func places(id string, mask uint64) string {
	out := ""
	for ; mask != 0; mask &= mask - 1 {
		if out != "" {
			out += ", "
		}
		out += place(id, bits.TrailingZeros64(mask))
	}
	return out
}

// place names an element: place("BEG", 3) is "BEG03".
func place(id string, i int) string {
	if i < 10 {
		return id + "0" + strconv.Itoa(i)
	}
	return id + strconv.Itoa(i)
}
