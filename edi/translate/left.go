package translate

import (
	"bytes"
	"slices"
	"strconv"

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
