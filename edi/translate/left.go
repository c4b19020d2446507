package translate

import (
	"bytes"
	"slices"
	"strconv"

	"entente/edi/edifact"
	"entente/edi/x12"
)

// seen keeps, for each segment of a set, which of its elements were asked for.
type seen []uint64

// all is the mark of a segment that is carried or told of as a whole.
const all = ^uint64(0)

func (v seen) mark(s *x12.Segment, bits uint64) {
	if i := s.SetSegment - 1; i >= 0 && i < len(v) {
		v[i] |= bits
	}
}

// made are the elements the writers make themselves, whatever the document says: nothing
// is lost with them. Without values, any will do; without elements, the segment as a whole.
var made = []struct {
	tag    string
	el     int
	values []string
}{
	{tag: "ST"}, {tag: "SE"}, {tag: "CTT"},
	{"CUR", 1, []string{"BY", "SE", "PR"}},
	{"PID", 1, []string{"F"}},
	{"NTE", 1, []string{"GEN", "ADD"}},
	{"TD1", 6, []string{"G"}}, {"TD5", 2, []string{"2"}},
	{"LIN", 1, nil}, {"SN1", 1, nil}, {"ENT", 1, nil}, {"HL", 4, nil},
}

func isMade(s *x12.Segment, el int) bool {
	tag := s.TagBytes()
	for i := range made {
		m := &made[i]
		if string(tag) == m.tag && (m.el == 0 || m.el == el && (m.values == nil || slices.Contains(m.values, s.Text(el)))) {
			return true
		}
	}
	return false
}

// done ends the reading: an element that holds something and that nothing asked for has
// no place in the document, which is told once for each element of a tag, with the first
// value that is lost.
func (r *reader) done() {
	for i := range r.set.Segments {
		s, got := &r.set.Segments[i], r.seen[i]
		if got == all {
			continue
		}
		for el := 1; el <= s.Len() && el < 64; el++ {
			if got&(1<<el) != 0 || len(bytes.TrimRight(s.El(el), " ")) == 0 || isMade(s, el) {
				continue
			}
			if r.told.once("lost "+s.ID()+strconv.Itoa(el), r.findings) {
				r.note("translate.not_carried", s, el, s.Text(el))
			}
		}
	}
}

// unSeen is seen for a message: eight components of each of sixteen elements.
type unSeen [][2]uint64

var everything = [2]uint64{all, all}

func bitOf(el, comp int) [2]uint64 {
	var b [2]uint64
	if n := (el-1)*8 + comp - 1; comp <= 8 && n >= 0 && n < 128 {
		b[n/64] = 1 << (n % 64)
	}
	return b
}

func (v unSeen) mark(s *edifact.Segment, bits [2]uint64) {
	if i := s.SetSegment - 1; i >= 0 && i < len(v) {
		v[i][0] |= bits[0]
		v[i][1] |= bits[1]
	}
}

// unMade is made for messages.
var unMade = []struct {
	tag      string
	el, comp int
	values   []string
}{
	{tag: "UNH"}, {tag: "UNT"}, {tag: "UNS"}, {tag: "CNT"},
	{"BGM", 1, 1, nil}, {"BGM", 1, 3, []string{"9"}}, {"BGM", 3, 1, []string{"9"}},
	{"CUX", 1, 1, []string{"2"}}, {"CUX", 1, 3, nil}, {"MOA", 1, 2, nil}, {"FII", 3, 2, []string{"25"}}, {"CDI", 2, 3, []string{"9", "116"}},
	{"SCC", 1, 1, nil}, {"PAT", 1, 1, nil}, {"PAT", 3, 2, []string{"3"}}, {"PCI", 1, 1, []string{"33E"}},
	{"TDT", 1, 1, []string{"20"}}, {"GIS", 1, 1, []string{"1"}}, {"PAC", 1, 1, []string{"1"}}, {"LIN", 4, 1, []string{"1"}},
	{"FTX", 2, 1, nil}, {"FTX", 5, 1, []string{"EN"}},
	{"CPS", 1, 1, nil}, {"DTM", 1, 3, nil},
	{"PIA", 1, 1, []string{"1", "5"}}, {"IMD", 1, 1, []string{"F"}}, {"FTX", 1, 1, nil}, {"RNG", 1, 1, []string{"4"}},
}

func isUnMade(s *edifact.Segment, el, comp int) bool {
	tag := s.TagBytes()
	for i := range unMade {
		m := &unMade[i]
		if string(tag) == m.tag && (m.el == 0 || m.el == el && m.comp == comp && (m.values == nil || slices.Contains(m.values, s.Text(el, comp)))) {
			return true
		}
	}
	return false
}

// done is reader.done for messages.
func (r *unReader) done() {
	for i := range r.set.Un {
		s, got := &r.set.Un[i], r.seen[i]
		if got == everything {
			continue
		}
		marks, el, comp, again := s.Marks(), 0, 0, false
		for n := 1; n < len(marks)-1; n++ {
			switch marks[n].Sep() {
			case edifact.SepElement:
				el, comp, again = el+1, 1, false
			case edifact.SepComponent:
				comp++
			default:
				again = true
			}
			b := bitOf(el, comp)
			if again || b == [2]uint64{} || got[0]&b[0] != 0 || got[1]&b[1] != 0 || marks[n+1].Start()-1 == marks[n].Start() || isUnMade(s, el, comp) {
				continue
			}
			if r.told.once("lost "+s.ID()+strconv.Itoa(el)+"-"+strconv.Itoa(comp), r.findings) {
				r.note("translate.not_carried", s, el, comp, s.Text(el, comp))
			}
		}
	}
}
