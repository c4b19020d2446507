package schema

import (
	"entente/edi/edifact"
	"entente/edi/x12"
)

// Follower tells which loops the segments of a set open and close, by position as
// judging does. It keeps no segment; one follower may follow many sets in turn.
type Follower struct {
	j  judge
	un unJudge
	// shown are the depths of the loops that a segment was told to open: one whose
	// head is missing may be entered together with a loop in it.
	shown []int
}

// depth counts the loops shown, the judge standing at a depth of its own.
func (f *Follower) depth(at int, entered bool) int {
	for len(f.shown) > 0 && (f.shown[len(f.shown)-1] > at || entered && f.shown[len(f.shown)-1] == at) {
		f.shown = f.shown[:len(f.shown)-1]
	}
	if entered {
		f.shown = append(f.shown, at)
	}
	return len(f.shown)
}

// BeginSet starts a judged set, by the definitions that it was judged by. It says
// whether the set is known; of one that is not, every segment stands outside of loops.
func (f *Follower) BeginSet(set *Set) bool {
	f.j.set, f.un.msg, f.shown = nil, nil, f.shown[:0]
	if set.Message == nil {
		if set.rel == nil {
			return f.Begin(set.Version, set.Type, set.Delimiters)
		}
		f.j.limit = 1
		f.j.begin(set.rel, set.rel.sets[set.Type], set.Delimiters)
		return f.j.set != nil
	}
	dir := set.dir
	if dir == nil {
		dir = directoryOf(*set.Message)
	}
	f.un.limit = 1
	if dir != nil {
		f.un.begin(dir, dir.messages[set.Type], edifact.Charset{}, "")
	}
	return f.un.msg != nil
}

// PlaceUN is Place for a segment of EDIFACT, between UNH and UNT. Loops are named
// "SG25".
func (f *Follower) PlaceUN(s *edifact.Segment) (depth int, opens string) {
	if f.un.msg == nil {
		return 0, ""
	}
	f.un.findings = f.un.findings[:0]
	f.un.place(s)
	if f.un.entered {
		opens = f.un.groupID()
	}
	return f.depth(len(f.un.stack)-1, f.un.entered), opens
}

// Begin starts a set of the given GS08 and ST01. It says whether the set is known;
// of one that is not, every segment stands outside of loops.
func (f *Follower) Begin(version, setType string, d x12.Delimiters) bool {
	f.j.limit, f.shown = 1, f.shown[:0]
	rel := releaseOf(version)
	if rel == nil {
		f.j.begin(nil, nil, d)
		return false
	}
	f.j.begin(rel, rel.sets[setType], d)
	return f.j.set != nil
}

// Place takes the next segment between ST and SE. It gives the number of loops
// open at it, and the name of the loop that it opens, the innermost of these, or
// "". A segment out of place stands in the loop that is open.
func (f *Follower) Place(s *x12.Segment) (depth int, opens string) {
	if f.j.set == nil {
		return 0, ""
	}
	f.j.findings = f.j.findings[:0]
	f.j.place(s)
	if f.j.entered {
		opens = f.j.loopID()
	}
	return f.depth(len(f.j.stack)-1, f.j.entered), opens
}

// UnFollower is a Follower of EDIFACT: loops are the segment groups, "SG1".
type UnFollower struct {
	j   unJudge
	id  edifact.MessageID
	dir *directory
}

// Begin starts a message, as Follower.Begin does.
func (f *UnFollower) Begin(unh *edifact.Segment) bool {
	if id := edifact.MessageOf(unh); id != f.id || f.dir == nil {
		f.id, f.dir = id, directoryOf(id)
	}
	f.j.limit = 1
	var msg *unMessage
	if f.dir != nil {
		msg = f.dir.messages[f.id.Type]
	}
	f.j.begin(f.dir, msg, edifact.Charset{}, "")
	return msg != nil
}

// Place is Follower.Place.
func (f *UnFollower) Place(s *edifact.Segment) (depth int, opens string) {
	if f.j.msg == nil {
		return 0, ""
	}
	f.j.findings = f.j.findings[:0]
	f.j.place(s)
	depth = len(f.j.stack) - 1
	if f.j.entered {
		opens = f.j.groupID()
	}
	return depth, opens
}
