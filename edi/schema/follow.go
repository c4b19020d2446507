package schema

import (
	"entente/edi/edifact"
	"entente/edi/x12"
)

// Follower tells which loops the segments of a set open and close, by position as
// judging does. It keeps no segment; one follower may follow many sets in turn.
type Follower struct{ j judge }

// Begin starts a set of the given GS08 and ST01. It says whether the set is known;
// of one that is not, every segment stands outside of loops.
func (f *Follower) Begin(version, setType string, d x12.Delimiters) bool {
	f.j.limit = 1
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
	depth = len(f.j.stack) - 1
	if f.j.entered {
		opens = f.j.loopID()
	}
	return depth, opens
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
