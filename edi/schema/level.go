package schema

import (
	"strconv"

	"entente/edi/wire"
	"entente/edi/x12"
)

// levels holds the HL segments of a set: a tree told as a list, in which HL02 names
// the HL01 of the parent.
type levels struct {
	form  string // BSN05: how the levels of an 856 are nested
	count int
	told  bool // something of the tree was told: what follows from it is not
	lost  bool // an HL is missing, as its segments show
	byID  map[string]*level
	// unknown are the parents told as missing.
	unknown map[string]struct{}
}

type level struct {
	code     string // HL03
	pos      wire.Position
	childTag string // HL04
	children int
	depth    int // 1 for the root
}

// maxLevels bounds what is remembered; the tree of a longer set is judged as far as
// that.
const maxLevels = 1 << 18

func (l *levels) reset() {
	l.form, l.count, l.told, l.lost = "", 0, false, false
	clear(l.byID)
	clear(l.unknown)
}

// below are the levels that may stand directly under a level, by BSN05. A form or
// a level that is not here is not judged: partners agree on others.
var below = map[string]map[string]string{
	"0001": {"S": "O", "O": "TP", "T": "P", "P": "I"},
	"0002": {"S": "O", "O": "I", "I": "P"},
	"0004": {"S": "O", "O": "I"},
}

// checkLevel judges one HL: the number is new, the parent stands before it, the
// level may stand under the parent's.
func (j *judge) checkLevel(s *x12.Segment) {
	l := &j.levels
	l.count++
	if l.count > maxLevels {
		return
	}
	if l.byID == nil {
		l.byID = map[string]*level{}
	}
	id, parent, code := s.El(1), s.El(2), string(s.El(3))
	if len(id) == 0 {
		return // told as missing already
	}
	if l.byID[string(id)] != nil {
		l.told = true
		j.elementFinding("level.repeated", "7", wire.Reject, s, 1, j.rel.must("628"), id, nil)
		return
	}
	if n, err := strconv.Atoi(string(id)); err != nil || n != l.count {
		j.elementFinding("level.sequence", "", wire.Note, s, 1, j.rel.must("628"), id, map[string]string{"want": strconv.Itoa(l.count)})
	}
	own := &level{code: code, pos: position(s), childTag: string(s.El(4)), depth: 1}
	l.byID[string(id)] = own
	if len(parent) == 0 {
		if l.count > 1 {
			l.told = true
			j.elementFinding("level.root", "", wire.Note, s, 2, j.rel.must("734"), nil, map[string]string{"level": code})
		}
		return
	}
	p := l.byID[string(parent)]
	if p == nil || string(parent) == string(id) {
		l.told = true
		if l.lost || !remember(&l.unknown, string(parent)) {
			return
		}
		j.elementFinding("level.parent", "7", wire.Reject, s, 2, j.rel.must("734"), parent, nil)
		return
	}
	p.children++
	if own.depth = p.depth + 1; own.depth == j.nesting+1 {
		j.elementFinding("level.deep", "7", wire.Reject, s, 2, j.rel.must("734"), parent, map[string]string{"max": strconv.Itoa(j.nesting)})
	}
	if allowed, ok := below[l.form][p.code]; ok && code != "" && !contains(allowed, code) {
		l.told = true
		j.elementFinding("level.order", "", wire.Note, s, 3, j.rel.must("735"), s.El(3), map[string]string{"parent": p.code, "form": l.form})
	}
}

func contains(list, code string) bool {
	for i := range len(list) {
		if list[i:i+1] == code {
			return true
		}
	}
	return false
}

// finishLevels compares HL04 with the children found. The syntax does not ask for it.
func (j *judge) finishLevels() {
	if j.levels.count == 0 || j.levels.told {
		return
	}
	var wrong *level
	for _, l := range j.levels.byID {
		if (l.childTag == "0" && l.children > 0 || l.childTag == "1" && l.children == 0) && (wrong == nil || l.pos.Offset < wrong.pos.Offset) {
			wrong = l
		}
	}
	if wrong == nil {
		return
	}
	f := wire.Finding{
		Level: wire.LevelElement, Severity: wire.Note, Key: "level.children", SegmentID: "HL", Pos: wrong.pos, LoopID: "HL", Ref: "736",
		Value: wrong.childTag, Args: map[string]string{"want": strconv.Itoa(min(wrong.children, 1))},
	}
	f.Pos.Element = 4
	j.add(f)
}
