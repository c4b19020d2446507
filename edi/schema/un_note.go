package schema

import (
	"math/bits"

	"entente/edi/edifact"
	"entente/edi/wire"
)

// depend judges one dependency note, D1 to D7, by which places of the segment are
// filled: bit i of present is place i. The first place at fault is told, as missing or
// as not supported here.
func (j *unJudge) depend(s *edifact.Segment, def *unSegment, n *note, present uint64) {
	have := present & n.mask
	count := bits.OnesCount64(have)
	first := present&n.first != 0
	second := bits.TrailingZeros64(have & (have - 1)) // of those there, the second
	lack := bits.TrailingZeros64(n.mask &^ have)
	key, at := "", 0
	switch n.kind {
	case '1': // one and only one
		switch {
		case count == 0:
			key, at = "condition.one_of", bits.TrailingZeros64(n.mask)
		case count > 1:
			key, at = "condition.only_one", second
		}
	case '2': // all or none
		if count > 0 && have != n.mask {
			key, at = "condition.paired", lack
		}
	case '3': // one or more
		if count == 0 {
			key, at = "condition.one_of", bits.TrailingZeros64(n.mask)
		}
	case '4': // one or none
		if count > 1 {
			key, at = "condition.only_one", second
		}
	case '5': // if the first, then all
		if first && have != n.mask {
			key, at = "condition.required", lack
		}
	case '6': // if the first, then one more at least
		if first && have == n.first {
			key, at = "condition.required_one", bits.TrailingZeros64(n.mask&^n.first)
		}
	case '7': // if the first, then none of the others
		if first && have != n.first {
			key, at = "condition.excluded", bits.TrailingZeros64(have&^n.first)
		}
	}
	if key == "" || at > len(def.fields) {
		return
	}
	code := ctlMissing
	if present&(1<<at) != 0 {
		code = ctlPlace
	}
	f := &def.fields[at-1]
	e := f.one.unElement
	if e == nil {
		e = &unElement{ref: f.ref}
	}
	var v []byte
	if code == ctlPlace {
		v = s.El(at, 1)
	}
	j.elementFinding(key, code, wire.Reject, s, at, 0, 0, e, v, map[string]string{"rule": n.text, "places": places(def.id, n.mask)})
}
