package guide

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"entente/edi/schema"
	"entente/edi/tree"
	"entente/edi/wire"
)

// Judge gives the findings of the guide about a set; none about a set of another
// kind, release or association. Codes are those of the 997, of the 999 where it has its
// own, and of CONTRL.
func (g *Guide) Judge(set *schema.Set) []wire.Finding {
	if !g.speaksOf(set) {
		return nil
	}
	j := &judging{guide: g, set: tree.Of(set), un: set.Message != nil}
	if len(j.set.Nodes) == 0 {
		return nil
	}
	j.end = j.set.Nodes[len(j.set.Nodes)-1]
	for i := range g.Rules {
		if g.Rules[i].query != nil {
			j.rule(&g.Rules[i])
		}
	}
	return j.out
}

func (g *Guide) speaksOf(set *schema.Set) bool {
	if set.Type != g.Set || g.dict == nil {
		return false
	}
	if m := set.Message; m != nil {
		return m.Version+m.Release == g.Version && strings.HasPrefix(m.Association, g.Association)
	}
	return strings.HasPrefix(set.Version, g.Version)
}

// judging is one set being judged.
type judging struct {
	guide   *Guide
	set     *tree.Set
	un      bool
	end     *tree.Node // SE or UNT, where what is missing in the set itself is told
	trigger *wire.Trigger
	out     []wire.Finding
}

// at makes a finding that stands at a segment; at the end of the set for nil.
func (j *judging) at(n *tree.Node, tag string, el, part int) wire.Finding {
	f := wire.Finding{Level: wire.LevelSegment, SegmentID: tag}
	if n != nil {
		f.LoopID = n.Loop
	} else {
		n = j.end
	}
	f.Pos = n.Position(el, part)
	if el > 0 {
		f.Level = wire.LevelElement
		f.Ref, _, _, _ = j.guide.dict.Element(tag, el, part)
	}
	return f
}

// codes are what the acknowledgements say of a fault, by family; when is the code of a
// 999 for a demand that depends on other content.
type codes struct{ ak, ik, when, contrl string }

func (j *judging) add(r *Rule, key string, c codes, f wire.Finding) {
	f.Key = key
	if j.un {
		f.Codes.CONTRL = c.contrl
	} else {
		f.Code, f.Codes.IK = c.ak, c.ik
		if j.trigger != nil && c.when != "" {
			f.Codes.IK, f.Trigger = c.when, j.trigger
		}
	}
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

// holds says whether the condition of a rule is met, and keeps what meets it.
func (j *judging) holds(r *Rule) bool {
	j.trigger = nil
	if r.when == nil {
		return true
	}
	tag, el, part := r.when.Decides()
	_, ends, _ := r.when.Target()
	for _, n := range r.when.Segments(j.set) {
		if ends > 0 && r.when.Of(j.set, n) == "" {
			continue
		}
		t := &wire.Trigger{SegmentID: n.Tag(), Segment: n.Position(0, 0).Segment, LoopID: n.Loop}
		if tag == n.Tag() && el > 0 {
			t.Element, t.Component = el, part
			t.Ref, _, _, _ = j.guide.dict.Element(tag, el, part)
		}
		j.trigger = t
		return true
	}
	return false
}

func (j *judging) rule(r *Rule) {
	if !j.holds(r) {
		return
	}
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
				j.add(r, "guide.forbidden_segment", codes{"2", "I4", "I9", "15"}, j.at(n, tag, 0, 0))
			}
		case r.Require && len(p.Found) == 0:
			f := j.at(p.Parent, tag, 0, 0)
			f.Args = map[string]string{"path": r.Path}
			j.add(r, "guide.missing_segment", codes{"3", "I8", "I6", "13"}, f)
		case r.Max > 0 && len(p.Found) > r.Max:
			n := p.Found[r.Max]
			f := j.at(n, tag, 0, 0)
			f.Args = map[string]string{"max": strconv.Itoa(r.Max)}
			c := codes{ak: "5", contrl: "35"}
			if n.Loop != "" {
				c = codes{ak: "4", contrl: "36"}
			}
			j.add(r, "guide.max_use", c, f)
		}
	}
}

// takes says whether a rule about an element has nothing against a value of so many
// characters.
func (r *Rule) takes(v string, count int) bool {
	if v == "" {
		return !r.Require
	}
	return !r.Forbid && (len(r.Codes) == 0 || slices.Contains(r.Codes, v)) &&
		count >= r.MinLength && (r.MaxLength == 0 || count <= r.MaxLength)
}

// value judges one element.
func (j *judging) value(r *Rule, n *tree.Node, el, part int) {
	v := r.query.Of(j.set, n)
	count := utf8.RuneCountInString(v)
	if r.takes(v, count) {
		return
	}
	f := j.at(n, n.Tag(), el, part)
	if f.Value = v; len(v) > wire.MaxValue {
		f.Value = strings.ToValidUTF8(v[:wire.MaxValue], "")
	}
	switch {
	case v == "":
		if r.Require {
			j.add(r, "guide.missing_element", codes{"1", "", "I9", "13"}, f)
		}
	case r.Forbid:
		j.add(r, "guide.forbidden_element", codes{"10", "I10", "I13", "15"}, f)
	case len(r.Codes) > 0 && !slices.Contains(r.Codes, v):
		f.Args = map[string]string{"codes": strings.Join(r.Codes, ", ")}
		j.add(r, "guide.code", codes{"7", "I6", "", "14"}, f)
	case r.MinLength > 0 && count < r.MinLength:
		f.Args = map[string]string{"min": strconv.Itoa(r.MinLength)}
		j.add(r, "guide.too_short", codes{ak: "4", contrl: "40"}, f)
	case r.MaxLength > 0 && count > r.MaxLength:
		f.Args = map[string]string{"max": strconv.Itoa(r.MaxLength)}
		j.add(r, "guide.too_long", codes{ak: "5", contrl: "39"}, f)
	}
}
