package guide

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"entente/edi/schema"
	"entente/edi/tree"
	"entente/edi/wire"
	"entente/edi/x12"
)

// Judge gives the findings of the guide about a set; none about a set of another
// kind or release. Codes are those of the 997, and of the 999 where it has its own.
func (g *Guide) Judge(set *schema.Set) []wire.Finding {
	if set.Type != g.Set || !strings.HasPrefix(set.Version, g.Version) || len(set.Segments) == 0 {
		return nil
	}
	j := &judging{set: tree.Of(set), end: &set.Segments[len(set.Segments)-1]}
	for i := range g.Rules {
		if g.Rules[i].query != nil {
			j.rule(&g.Rules[i])
		}
	}
	return j.out
}

// judging is one set being judged.
type judging struct {
	set *tree.Set
	end *x12.Segment // SE, where what is missing in the set itself is told
	out []wire.Finding
}

// at makes a finding that stands at a segment; at the end of the set for nil.
func (j *judging) at(n *tree.Node, tag string, el, part int) wire.Finding {
	s := j.end
	if n != nil {
		s = n.Segment
	}
	f := wire.Finding{
		Level: wire.LevelSegment, SegmentID: tag,
		Pos: wire.Position{Offset: s.Offset, FileSegment: s.FileSegment, Segment: s.SetSegment},
	}
	if n != nil {
		f.LoopID = n.Loop
	}
	if el > 0 {
		f.Level = wire.LevelElement
		f.Pos.Element, f.Pos.Component, f.Pos.Offset = el, part, s.ElOffset(el)
	}
	return f
}

func (j *judging) add(r *Rule, key, code, ik string, f wire.Finding) {
	f.Key, f.Code, f.Codes.IK = key, code, ik
	switch r.Severity {
	case schema.TreatAccept:
		f.Severity = wire.AcceptedWithError
	case schema.TreatNote:
		f.Severity = wire.Note
	default:
		f.Severity = wire.Reject
	}
	j.out = append(j.out, f)
}

func (j *judging) rule(r *Rule) {
	tag, el, part := r.query.Target()
	for _, p := range r.query.Places(j.set) {
		if el > 0 {
			for _, n := range p.Found {
				j.value(r, n, el, part)
			}
			continue
		}
		switch {
		case r.Forbid:
			for _, n := range p.Found {
				j.add(r, "guide.forbidden_segment", "2", "I4", j.at(n, tag, 0, 0))
			}
		case r.Require && len(p.Found) == 0:
			f := j.at(p.Parent, tag, 0, 0)
			f.Args = map[string]string{"path": r.Path}
			j.add(r, "guide.missing_segment", "3", "I8", f)
		case r.Max > 0 && len(p.Found) > r.Max:
			f := j.at(p.Found[r.Max], tag, 0, 0)
			f.Args = map[string]string{"max": strconv.Itoa(r.Max)}
			j.add(r, "guide.max_use", "5", "", f)
		}
	}
}

// value judges one element.
func (j *judging) value(r *Rule, n *tree.Node, el, part int) {
	v := r.query.Of(j.set, n)
	f := j.at(n, n.Segment.ID(), el, part)
	if f.Value = v; len(v) > wire.MaxValue {
		f.Value = strings.ToValidUTF8(v[:wire.MaxValue], "")
	}
	count := utf8.RuneCountInString(v)
	switch {
	case v == "":
		if r.Require {
			j.add(r, "guide.missing_element", "1", "", f)
		}
	case r.Forbid:
		j.add(r, "guide.forbidden_element", "10", "I10", f)
	case len(r.Codes) > 0 && !slices.Contains(r.Codes, v):
		f.Args = map[string]string{"codes": strings.Join(r.Codes, ", ")}
		j.add(r, "guide.code", "7", "I6", f)
	case r.MinLength > 0 && count < r.MinLength:
		f.Args = map[string]string{"min": strconv.Itoa(r.MinLength)}
		j.add(r, "guide.too_short", "4", "", f)
	case r.MaxLength > 0 && count > r.MaxLength:
		f.Args = map[string]string{"max": strconv.Itoa(r.MaxLength)}
		j.add(r, "guide.too_long", "5", "", f)
	}
}
