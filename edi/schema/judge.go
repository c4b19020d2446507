package schema

import (
	"strconv"

	"entente/edi/wire"
	"entente/edi/x12"
)

// frame is one open loop: where in it we are and how often that place was used.
type frame struct {
	loop  *loop
	at    int
	count int
	// After a step back, high is how far we were. jumped says that something missing
	// was told, or taken for missing, on the way to this place; told that it once was.
	high         int
	jumped, told bool
}

// judge holds one set against its definition, segment by segment. It is reused
// from set to set.
type judge struct {
	rel    *release
	set    *set // nil: structure is unknown, nothing is judged
	delims x12.Delimiters
	stack  []frame
	limit  int // of findings
	treats []Tolerance
	// nesting is how deep HL levels may nest.
	nesting int

	findings []wire.Finding
	dropped  int
	inError  bool // a segment has a finding that counts

	lines   int // segments seen that CTT01 counts
	lineTag x12.Tag
	levels  levels
	scratch []missing
	entered bool    // the segment placed last opened a loop
	lost    []*loop // one of them may lack its head: told as out of order
}

// lineTags are the segments that CTT01 counts, by set.
var lineTags = map[string]x12.Tag{
	"850": x12.TagOf("PO1"), "855": x12.TagOf("PO1"), "810": x12.TagOf("IT1"), "856": x12.TagOf("HL"), "860": x12.TagOf("POC"),
	"865": x12.TagOf("POC"), "846": x12.TagOf("LIN"), "861": x12.TagOf("RCD"), "832": x12.TagOf("LIN"), "852": x12.TagOf("LIN"),
}

type missing struct {
	node *node
	loop string
}

var (
	tagHL  = x12.TagOf("HL")
	tagBSN = x12.TagOf("BSN")
	tagCTT = x12.TagOf("CTT")
	tagSAC = x12.TagOf("SAC")
)

func (j *judge) begin(rel *release, set *set, d x12.Delimiters) {
	j.rel, j.set, j.delims = rel, set, d
	j.findings, j.dropped, j.inError, j.lines = nil, 0, false, 0
	j.stack, j.lost = j.stack[:0], j.lost[:0]
	if set != nil {
		j.stack = append(j.stack, frame{loop: set.root, at: -1, high: -1})
		j.lineTag = lineTags[set.kind]
		j.levels.reset()
	}
}

func (j *judge) kind() string {
	if j.set == nil {
		return ""
	}
	return j.set.kind
}

func (j *judge) add(f wire.Finding) {
	if len(j.treats) > 0 && !treat(j.treats, j.kind(), &f) {
		return
	}
	if f.Severity != wire.Note && (f.Level == wire.LevelSegment || f.Level == wire.LevelElement) {
		j.inError = true
	}
	if len(j.findings) >= j.limit {
		j.dropped++
		return
	}
	f.Value = clip([]byte(f.Value))
	j.findings = append(j.findings, f)
}

// clip cuts a value to what a finding keeps, and to whole characters.
func clip(b []byte) string {
	if len(b) <= wire.MaxValue {
		return string(b)
	}
	n := wire.MaxValue
	for n > 0 && n > wire.MaxValue-4 && b[n]&0xc0 == 0x80 {
		n--
	}
	return string(b[:n])
}

func (j *judge) loopID() string {
	if len(j.stack) == 0 {
		return ""
	}
	return j.stack[len(j.stack)-1].loop.id
}

func position(s *x12.Segment) wire.Position {
	return wire.Position{Offset: s.Offset, FileSegment: s.FileSegment, Segment: s.SetSegment}
}

// segmentFinding records a finding about a segment; id is the tag in question.
func (j *judge) segmentFinding(key, code string, s *x12.Segment, id, loop string, args map[string]string) {
	if loop != "" && args != nil {
		args["loop"] = loop
	}
	j.add(wire.Finding{
		Level: wire.LevelSegment, Severity: wire.Reject, Key: key, Code: code,
		SegmentID: id, Pos: position(s), LoopID: loop, Args: args,
	})
}

// segment judges one segment between ST and SE.
func (j *judge) segment(s *x12.Segment) {
	if j.set == nil {
		return
	}
	def := j.place(s)
	if def == nil {
		tag, ok := capitals(s.Tag)
		if !ok || j.rel.segments[tag] == nil {
			return
		}
		c := *s // told already; what it holds is judged all the same
		c.Tag = tag
		if s, def = &c, j.place(&c); def == nil {
			return
		}
	}
	if !def.fine(s) {
		j.elements(s, def)
	}
	if s.Tag == j.lineTag {
		j.lines++
	}
	if def.more {
		j.special(s)
	}
}

// special judges the segments that have rules of their own.
func (j *judge) special(s *x12.Segment) {
	switch s.Tag {
	case tagCTT:
		j.checkCount(s)
	case tagSAC:
		j.checkAllowance(s)
	case tagBSN:
		j.levels.form = string(s.El(5))
	case tagHL:
		j.checkLevel(s)
	}
}

// capitals is a tag in capitals; false when it is so already.
func capitals[T ~uint32](tag T) (T, bool) {
	out := tag
	for shift := 0; shift < 32; shift += 8 {
		if c := tag >> shift & 0xff; c >= 'a' && c <= 'z' {
			out -= ('a' - 'A') << shift
		}
	}
	return out, out != tag
}

// place finds where a segment stands in the set, by position: forward in the
// innermost open loop, then outward. It returns the definition to judge elements
// by, nil for an unknown tag.
func (j *judge) place(s *x12.Segment) *segment {
	tag := s.Tag
	hash := tagHash(tag)
	bit := uint64(1) << hash
	for d := len(j.stack) - 1; d >= 0; d-- {
		f := &j.stack[d]
		if f.loop.filter&bit == 0 {
			continue
		}
		from := f.at
		if from < 0 || d > 0 && from == 0 {
			from = 0
			if d > 0 {
				from = 1 // the head of a loop opens the next one, from outside
			}
		}
		nodes := f.loop.nodes
		for i := max(from, int(f.loop.first[hash])); i < len(nodes); i++ {
			if nodes[i].tag == tag {
				j.enter(d, i, s)
				return nodes[i].seg
			}
		}
	}
	return j.unexpected(s)
}

// enter moves to node i of the frame at depth d.
func (j *judge) enter(d, i int, s *x12.Segment) {
	j.scratch = j.scratch[:0]
	for k := len(j.stack) - 1; k > d; k-- {
		j.owed(&j.stack[k], len(j.stack[k].loop.nodes))
	}
	f := &j.stack[d]
	n := &f.loop.nodes[i]
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
	for _, m := range j.scratch {
		j.segmentFinding("segment.missing", "3", s, m.node.seg.id, m.loop, map[string]string{"before": s.ID()})
	}
	f.count++
	j.stack = j.stack[:d+1]
	if n.max > 0 && f.count > n.max {
		key, code := "segment.max_use", "5"
		if n.loop != nil {
			key, code = "loop.max_use", "4"
		}
		j.segmentFinding(key, code, s, n.seg.id, f.loop.id, map[string]string{"max": strconv.Itoa(n.max)})
	}
	if j.entered = n.loop != nil; j.entered {
		j.stack = append(j.stack, frame{loop: n.loop, at: 0, count: 1})
	}
}

// owed notes the mandatory nodes of f after its place and before to.
func (j *judge) owed(f *frame, to int) {
	from := max(f.at, f.high)
	if f.loop.musts[from+1] == f.loop.musts[to] {
		return
	}
	for i := from + 1; i < to; i++ {
		if n := &f.loop.nodes[i]; n.must {
			j.scratch = append(j.scratch, missing{n, f.loop.id})
		}
	}
}

// unexpected tells why a segment has no place here.
func (j *judge) unexpected(s *x12.Segment) *segment {
	j.entered = false
	id := clip(s.TagBytes())
	def := j.rel.segments[s.Tag]
	if def == nil {
		if tag, ok := capitals(s.Tag); ok && j.rel.segments[tag] != nil {
			j.segmentFinding("segment.case", "1", s, id, "", map[string]string{"want": j.rel.segments[tag].id})
			return nil
		}
		j.segmentFinding("segment.unknown", "1", s, id, "", nil)
		return nil
	}
	if !j.set.tags[s.Tag] {
		j.segmentFinding("segment.not_in_set", "6", s, id, j.loopID(), nil)
		return def
	}
	j.misplaced(s, id)
	return def
}

// finish judges what is still owed at the end of the set; s is SE or what stands
// in its place.
func (j *judge) finish(s *x12.Segment) {
	j.finishLevels()
	j.scratch = j.scratch[:0]
	for k := len(j.stack) - 1; k >= 0; k-- {
		j.owed(&j.stack[k], len(j.stack[k].loop.nodes))
	}
	for _, m := range j.scratch {
		j.segmentFinding("segment.missing", "3", s, m.node.seg.id, m.loop, map[string]string{"before": s.ID()})
	}
}

// checkCount compares CTT01 with the lines seen. The syntax does not ask for it.
func (j *judge) checkCount(s *x12.Segment) {
	v := s.Text(1)
	if n, err := strconv.Atoi(v); err == nil && n != j.lines && j.lineTag != 0 {
		j.elementFinding("count.lines", "", wire.Note, s, 1, j.rel.must("354"), []byte(v), map[string]string{"want": strconv.Itoa(j.lines)})
	}
}

// checkAllowance notes an allowance or charge that says no amount, percent or rate.
func (j *judge) checkAllowance(s *x12.Segment) {
	if c := string(s.El(1)); (c == "A" || c == "C") && len(s.El(5)) == 0 && len(s.El(7)) == 0 && len(s.El(8)) == 0 {
		j.elementFinding("allowance.no_amount", "", wire.Note, s, 5, j.rel.must("610"), nil, nil)
	}
}
