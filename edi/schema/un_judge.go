package schema

import (
	"strconv"
	"strings"

	"entente/edi/edifact"
	"entente/edi/wire"
)

// The codes of list 0085 that judging a message gives, one list for all levels.
const (
	ctlInvalid     = "12"
	ctlMissing     = "13"
	ctlValue       = "14" // a value that is not supported in this position
	ctlPlace       = "15" // a segment or element that is not supported in this position
	ctlTooMany     = "16" // elements or components
	ctlUnspecified = "18"
	ctlDecimal     = "19"
	ctlCharacter   = "21"
	ctlReference   = "28"
	ctlCount       = "29"
	ctlMixed       = "30"
	ctlOutside     = "33"
	ctlRepeats     = "35" // of a segment or element
	ctlGroups      = "36" // repetitions of a segment group
	ctlType        = "37"
	ctlLong        = "39"
	ctlShort       = "40"
)

// unFrame is one open group: where in it we are and how often that place was used.
type unFrame struct {
	group *unGroup
	at    int
	count int
	// As in frame.
	high         int
	jumped, told bool
}

type unMissing struct {
	node  *unNode
	group string
}

// unJudge holds one message against its directory, segment by segment. It is
// reused from message to message.
type unJudge struct {
	dir     *directory
	msg     *unMessage // nil: structure is unknown, nothing is judged
	charset edifact.Charset
	eancom  bool // the association is GS1's
	stack   []unFrame
	limit   int

	findings []wire.Finding
	dropped  int
	narrow   bool // a character outside the set was told in this message
	lines    int
	scratch  []unMissing
	text     [512]byte // for values without their release characters
	treats   []Tolerance
	entered  bool       // the segment placed last opened a group
	lost     []*unGroup // one of them may lack its head: told as out of order
}

var (
	tagDTM = edifact.TagOf("DTM")
	tagCNT = edifact.TagOf("CNT")
)

func (j *unJudge) begin(dir *directory, msg *unMessage, c edifact.Charset, association string) {
	j.dir, j.msg, j.charset, j.eancom = dir, msg, c, strings.HasPrefix(association, "EAN")
	j.findings, j.dropped, j.narrow, j.lines = nil, 0, false, 0
	j.stack, j.lost = j.stack[:0], j.lost[:0]
	if msg != nil {
		j.stack = append(j.stack, unFrame{group: msg.root, at: -1, high: -1})
	}
}

func (j *unJudge) kind() string {
	if j.msg == nil {
		return ""
	}
	return j.msg.kind
}

func (j *unJudge) add(f wire.Finding) {
	if len(j.treats) > 0 && !treat(j.treats, j.kind(), &f) {
		return
	}
	if len(j.findings) >= j.limit {
		j.dropped++
		return
	}
	f.Value = clip([]byte(f.Value))
	j.findings = append(j.findings, f)
}

func (j *unJudge) groupID() string {
	if len(j.stack) == 0 {
		return ""
	}
	return j.stack[len(j.stack)-1].group.id
}

func unPosition(s *edifact.Segment) wire.Position {
	return wire.Position{Offset: s.Offset, FileSegment: s.FileSegment, Segment: s.SetSegment}
}

// segmentFinding records a finding about a segment; id is the tag in question.
func (j *unJudge) segmentFinding(key, code string, s *edifact.Segment, id, group string, args map[string]string) {
	if group != "" && args != nil {
		args["loop"] = group
	}
	j.add(wire.Finding{
		Level: wire.LevelSegment, Severity: wire.Reject, Key: key, Codes: wire.Codes{CONTRL: code},
		SegmentID: id, Pos: unPosition(s), LoopID: group, Args: args,
	})
}

// segment judges one segment between UNH and UNT.
func (j *unJudge) segment(s *edifact.Segment) {
	if j.msg == nil {
		return
	}
	def := j.place(s)
	if def == nil {
		tag, ok := capitals(s.Tag)
		if !ok || j.dir.segments[tag] == nil {
			return
		}
		c := *s // told already; what it holds is judged all the same
		c.Tag = tag
		if s, def = &c, j.place(&c); def == nil {
			return
		}
	}
	if !j.fine(s, def) {
		j.elements(s, def)
	}
	switch s.Tag {
	case tagDTM:
		j.period(s)
	case j.msg.line:
		j.lines++
	case tagCNT:
		j.checkCount(s)
	}
}

// place finds where a segment stands in the message, by position: forward in the
// innermost open group, then outward. A place that is used up gives way to a later
// one of the same tag, as long as nothing mandatory lies between. It returns the
// definition to judge elements by, nil for an unknown tag.
func (j *unJudge) place(s *edifact.Segment) *unSegment {
	j.entered = false
	hash := unHash(s.Tag)
	bit := uint64(1) << hash
	full := -1 // the depth whose present place is the right one, but used up
	for d := len(j.stack) - 1; d >= 0; d-- {
		f := &j.stack[d]
		if f.group.filter&bit != 0 {
			from := max(f.at, 0)
			if d > 0 && from == 0 {
				from = 1 // the head of a group opens the next one, from outside
			}
			nodes := f.group.nodes
			if full < 0 {
				from = max(from, int(f.group.first[hash]))
			}
			for i := from; i < len(nodes); i++ {
				if full >= 0 && nodes[i].must && i > f.at && nodes[i].tag != s.Tag {
					break
				}
				if nodes[i].tag != s.Tag {
					continue
				}
				if i == f.at && f.count >= nodes[i].max {
					if full < 0 {
						full = d
					}
					continue
				}
				j.enter(d, i, s)
				return nodes[i].seg
			}
		}
		if full >= 0 && f.owes() {
			break
		}
	}
	if full >= 0 {
		j.enter(full, j.stack[full].at, s)
		return j.stack[full].group.nodes[j.stack[full].at].seg
	}
	return j.unexpected(s)
}

// owes says whether something mandatory is still to come in the group.
func (f *unFrame) owes() bool {
	for i := f.at + 1; i < len(f.group.nodes); i++ {
		if f.group.nodes[i].must {
			return true
		}
	}
	return false
}

// enter moves to node i of the frame at depth d.
func (j *unJudge) enter(d, i int, s *edifact.Segment) {
	j.scratch = j.scratch[:0]
	for k := len(j.stack) - 1; k > d; k-- {
		j.owed(&j.stack[k], len(j.stack[k].group.nodes))
	}
	f := &j.stack[d]
	n := &f.group.nodes[i]
	if i != f.at {
		inner := len(j.scratch)
		j.owed(f, i)
		f.jumped = len(j.scratch) > inner
		f.told = f.told || f.jumped
		f.at, f.count = i, 0
	}
	if len(j.lost) > 0 && j.follow(f, n, s.Tag) {
		return
	}
	j.tellOwed(s)
	f.count++
	j.stack = j.stack[:d+1]
	if f.count > n.max {
		key, code, group := "segment.max_use", ctlRepeats, f.group.id
		if n.group != nil {
			key, code, group = "loop.max_use", ctlGroups, n.group.id
		}
		j.segmentFinding(key, code, s, n.seg.id, group, map[string]string{"max": strconv.Itoa(n.max)})
	}
	if j.entered = n.group != nil; j.entered {
		j.stack = append(j.stack, unFrame{group: n.group, at: 0, count: 1})
		j.entered = true
	}
}

// owed notes the mandatory nodes of f after its place and before to.
func (j *unJudge) owed(f *unFrame, to int) {
	from := max(f.at, f.high)
	if f.group.musts[from+1] == f.group.musts[to] {
		return
	}
	for i := from + 1; i < to; i++ {
		if n := &f.group.nodes[i]; n.must {
			j.scratch = append(j.scratch, unMissing{n, f.group.id})
		}
	}
}

func (j *unJudge) tellOwed(s *edifact.Segment) {
	for _, m := range j.scratch {
		group := m.group
		if m.node.group != nil {
			group = m.node.group.id
		}
		j.segmentFinding("segment.missing", ctlMissing, s, m.node.seg.id, group, map[string]string{"before": s.ID()})
	}
}

// unexpected tells why a segment has no place here.
func (j *unJudge) unexpected(s *edifact.Segment) *unSegment {
	j.entered = false
	id := clip(s.TagBytes())
	def := j.dir.segments[s.Tag]
	if def == nil {
		if tag, ok := capitals(s.Tag); ok && j.dir.segments[tag] != nil {
			j.segmentFinding("segment.case", ctlPlace, s, id, "", map[string]string{"want": j.dir.segments[tag].id})
			return nil
		}
		j.segmentFinding("segment.unknown", ctlPlace, s, id, "", nil)
		return nil
	}
	if !j.msg.tags[s.Tag] {
		j.segmentFinding("segment.not_in_set", ctlPlace, s, id, j.groupID(), nil)
		return def
	}
	j.misplaced(s, id)
	return def
}

// finish judges what is still owed at the end of the message; s is UNT.
func (j *unJudge) finish(s *edifact.Segment) {
	j.scratch = j.scratch[:0]
	for k := len(j.stack) - 1; k >= 0; k-- {
		j.owed(&j.stack[k], len(j.stack[k].group.nodes))
	}
	j.tellOwed(s)
}

// checkCount compares CNT 2, the number of lines, with the lines seen. The syntax does
// not ask for it.
func (j *unJudge) checkCount(s *edifact.Segment) {
	if string(s.El(1, 1)) != "2" {
		return
	}
	if n, err := strconv.Atoi(string(s.El(1, 2))); err == nil && n != j.lines {
		j.elementFinding("count.lines", "", wire.Note, s, 1, 2, 0, j.dir.elements["6066"], s.El(1, 2), map[string]string{"want": strconv.Itoa(j.lines)})
	}
}
