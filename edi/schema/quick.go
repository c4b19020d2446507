package schema

import (
	"encoding/binary"
	"math/bits"

	"entente/edi/edifact"
	"entente/edi/x12"
)

// quickKind is how a value is looked at when all is well, which is nearly always.
type quickKind uint8

const (
	quickText   quickKind = iota
	quickCode             // text of a list
	quickWhole            // N
	quickNumber           // R
	quickDate
	quickTime
	quickNever // only the full look will do
)

// quickField is what the quick look needs to know of a place in a segment.
type quickField struct {
	codes    *unCodes
	min, max uint32
	kind     quickKind
}

// maxQuick is the greatest number of elements of a segment that is looked at
// quickly; bit 0 of a mask is always set.
const maxQuick = 62

// prepare makes what the quick look needs.
func (s *segment) prepare() {
	for i, f := range s.fields {
		if i == maxQuick {
			break
		}
		q := quickField{min: uint32(f.min), max: uint32(f.element.max)}
		switch {
		case f.parts != nil:
			q.kind = quickNever
		case f.kind == kindN:
			q.kind = quickWhole
		case f.kind == kindR:
			q.kind = quickNumber
		case f.kind == kindDT:
			q.kind = quickDate
		case f.kind == kindTM:
			q.kind = quickTime
		case f.codes != nil:
			q.kind, q.codes = quickCode, f.codes.table
		}
		s.quick = append(s.quick, q)
	}
	for _, n := range s.notes {
		switch n.kind {
		case 'P':
			s.all = append(s.all, noteTest{n.mask, n.mask})
		case 'C':
			s.all = append(s.all, noteTest{n.first, n.mask})
		case 'R':
			s.some = append(s.some, noteTest{1, n.mask})
		case 'L':
			s.some = append(s.some, noteTest{n.first, n.mask &^ n.first})
		case 'E':
			s.one = append(s.one, n.mask)
		}
	}
	switch s.tag {
	case tagCTT, tagSAC, tagBSN, tagHL:
		s.more = true
	}
}

// noteTest says: when one of the elements "when" is there, those of mask are asked
// for.
type noteTest struct{ when, mask uint64 }

// keeps says whether the elements present keep all conditions.
func (s *segment) keeps(present uint64) bool {
	for _, n := range s.all {
		if present&n.when != 0 && present&n.mask != n.mask {
			return false
		}
	}
	for _, n := range s.some {
		if present&n.when != 0 && present&n.mask == 0 {
			return false
		}
	}
	for _, mask := range s.one {
		if have := present & mask; have&(have-1) != 0 {
			return false
		}
	}
	return true
}

// fine says that a segment is without fault. What it does not pass is not wrong yet:
// judge.elements has the last word, and the words.
func (s *segment) fine(seg *x12.Segment) bool {
	raw, b := seg.Raw(), seg.Bounds()
	n := len(b) - 2
	if seg.Traits() != 0 || n > len(s.quick) || n < 0 {
		return false
	}
	b = b[1:]
	present := uint64(1)
	at := int(b[0])
	for i := range s.quick[:n] {
		end := int(b[i+1])
		from, size := at, end-1-at
		at = end
		if size == 0 {
			continue
		}
		q := &s.quick[i]
		present |= 2 << (i & 63)
		long := uint32(size)-q.min > q.max-q.min
		switch q.kind {
		case quickText:
			if long || raw[from] == ' ' {
				return false
			}
		case quickCode:
			if long || size > 8 || !q.codes.hasPacked(packed(raw, from, size)) {
				return false
			}
		case quickDate:
			if long || size != 8 || !quickDay(packed(raw, from, 8)) {
				return false
			}
		case quickWhole, quickNumber:
			if size > 8 {
				e := s.fields[i].element
				if check(e, raw[from:end-1], false) != fine {
					return false
				}
				continue
			}
			digits := quickDigits(packed(raw, from, size), size, q.kind == quickNumber)
			if uint32(digits)-q.min > q.max-q.min {
				return false
			}
		case quickTime:
			if long || !validTime(raw[from:end-1]) {
				return false
			}
		default:
			return false
		}
	}
	return s.must&^present == 0 && s.keeps(present)
}

// packed packs the size bytes at from, one to eight, as packCode does.
func packed(raw []byte, from, size int) uint64 {
	if whole := raw[:cap(raw)]; from+8 <= len(whole) {
		return binary.BigEndian.Uint64(whole[from:]) >> (64 - 8*uint(size))
	}
	return packCode(raw[from : from+size])
}

// quickDigits counts the digits of a packed number, which may hold a point when
// asked; a number of any other form has -1.
func quickDigits(v uint64, size int, point bool) int {
	if size < 8 { // zeros in front
		v |= (0x30 * ones) << (8 * uint(size))
	}
	if x := v ^ 0x30*ones; (x+0x76*ones|x)&highs == 0 {
		return size
	}
	if !point {
		return -1
	}
	dot := zeroBytes(v ^ 0x2e*ones)
	if dot == 0 || dot&(dot-1) != 0 || size == 1 {
		return -1
	}
	v ^= 0x1e << (bits.TrailingZeros64(dot) - 7) // a zero for the point
	if x := v ^ 0x30*ones; (x+0x76*ones|x)&highs != 0 {
		return -1
	}
	return size - 1
}

// quickDay says whether eight packed bytes are a date up to the 28th of a month.
func quickDay(v uint64) bool {
	x := v ^ 0x30*ones
	if (x+0x76*ones|x)&highs != 0 {
		return false
	}
	x = x>>8&0x00ff00ff00ff00ff*10 + x&0x00ff00ff00ff00ff // CC, YY, MM, DD
	return uint8(x>>16)-1 < 12 && uint8(x)-1 < 28
}

// unSlot is a component at its place in a segment of EDIFACT, all components of all
// elements one behind the other.
type unSlot struct {
	codes    *unCodes
	min, max uint32
	kind     quickKind
	*unElement
}

// unGate is an element that is mandatory, or that owes a component once it is there:
// all are its slots, must those of mandatory components.
type unGate struct {
	all, must uint64
	owed      bool
}

// prepare makes what the quick look needs; a segment of more than 64 slots has none.
func (s *unSegment) prepare() {
	for _, f := range s.fields {
		parts := f.parts
		if parts == nil {
			parts = []unPart{f.one}
		}
		from := len(s.slots)
		s.starts = append(s.starts, uint8(from))
		g := unGate{owed: f.must}
		for _, p := range parts {
			q := unSlot{unElement: p.unElement, max: uint32(p.max), min: 1, codes: p.codes}
			switch {
			case p.kind == unLetters:
				q.kind = quickNever
			case p.kind == unNumber && p.codes != nil:
				q.kind = quickNever
			case p.kind == unNumber && p.fixed:
				q.kind = quickWhole
			case p.kind == unNumber:
				q.kind = quickNumber
			case p.codes != nil:
				q.kind = quickCode
			}
			if p.fixed {
				q.min = q.max
			}
			if len(s.slots) == 64 {
				s.slots, s.starts, s.gates = nil, nil, nil
				return
			}
			bit := uint64(1) << len(s.slots)
			g.all |= bit
			if f.parts != nil && p.must {
				g.must |= bit
			}
			s.slots = append(s.slots, q)
		}
		if g.owed || g.must != 0 {
			s.gates = append(s.gates, g)
		}
	}
	s.starts = append(s.starts, uint8(len(s.slots)))
}

// fine says that a segment is without fault. What it does not pass is not wrong yet:
// elements has the last word, and the words.
func (j *unJudge) fine(s *edifact.Segment, def *unSegment) bool {
	raw, marks := s.Raw(), s.Marks()
	if s.Released || len(def.starts) == 0 || len(def.notes) > 0 {
		return false
	}
	if look := j.charset.Look(raw); look == edifact.Foreign || look == edifact.Wider && !j.narrow {
		return false
	}
	var present uint64
	el, slot, end := -1, 0, 0
	last := len(marks) - 1
	next := marks[1]
walk:
	for i := 1; i < last; i++ {
		m := next
		next = marks[i+1]
		switch m.Sep() {
		case edifact.SepElement:
			if el++; el+1 >= len(def.starts) {
				if !onlySeparators(raw[m.Start():], marks[i:last]) {
					return false
				}
				break walk
			}
			slot, end = int(def.starts[el]), int(def.starts[el+1])
		case edifact.SepComponent:
			slot++
		default:
			return false
		}
		from := m.Start()
		size := next.Start() - 1 - from
		if size == 0 {
			continue
		}
		if slot >= end {
			return false
		}
		q := &def.slots[slot]
		present |= 1 << (slot & 63)
		long := uint32(size)-q.min > q.max-q.min
		switch q.kind {
		case quickText:
			if long {
				return false
			}
		case quickCode:
			if long || size > 8 || !q.codes.hasPacked(packed(raw, from, size)) {
				return false
			}
		case quickWhole, quickNumber:
			if size > 8 || raw[from] == '.' || raw[from+size-1] == '.' {
				if j.check(s, q.unElement, raw[from:from+size], true) != unFine {
					return false
				}
				continue
			}
			digits := quickDigits(packed(raw, from, size), size, q.kind == quickNumber)
			if uint32(digits)-q.min > q.max-q.min {
				return false
			}
		default:
			if j.check(s, q.unElement, raw[from:from+size], true) != unFine {
				return false
			}
		}
	}
	for _, g := range def.gates {
		if present&g.all == 0 {
			if g.owed {
				return false
			}
		} else if g.must&^present != 0 {
			return false
		}
	}
	return true
}
