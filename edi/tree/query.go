package tree

import (
	"fmt"
	"strconv"
	"strings"

	"entente/edi/edifact"
	"entente/edi/x12"
)

// Query is a compiled path. Steps are parted by "/":
//
//	BEG03                          element 3 of BEG
//	N1[N101=ST]/N104               of the header's N1 that is ST
//	N1[N101=ST]/N4/N403            the postcode in its loop
//	PO1[PO101=2]/PID/PID05         of the line numbered 2
//	//SLN                          segments at any depth
//	AK4/AK401-2                    a component; AK401:2 the second repetition
//	NAD[NAD01=BY]/NAD02-1          of EDIFACT; without component, the first
//
// A step is a segment tag, with conditions in brackets that all must hold: an
// element equal to a value, or present ([REF03]). Conditions look at the segment
// and at the segments directly in its loop. The last step may name an element.
type Query struct {
	text  string
	steps []step
	value *ref
}

type step struct {
	tag   string
	deep  bool
	conds []cond
}

type ref struct {
	tag                    string
	element, part, repeats int
}

type cond struct {
	ref   ref
	value string
	equal bool
}

// Compile reads a path. The error says what in it is wrong.
func Compile(path string) (*Query, error) {
	q := &Query{text: path}
	rest := path
	deep := false
	if r, ok := strings.CutPrefix(rest, "//"); ok {
		rest, deep = r, true
	}
	for rest != "" {
		if q.value != nil {
			return nil, q.wrong("an element is the last step")
		}
		at := strings.IndexAny(rest, "/[")
		if at < 0 {
			at = len(rest)
		}
		name := rest[:at]
		rest = rest[at:]
		s := step{tag: name, deep: deep}
		for strings.HasPrefix(rest, "[") {
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return nil, q.wrong("a bracket is not closed")
			}
			c := cond{}
			left, value, equal := strings.Cut(rest[1:end], "=")
			r, ok := parseRef(left)
			if !ok {
				return nil, q.wrong("no element " + left)
			}
			c.ref, c.value, c.equal = r, value, equal
			s.conds = append(s.conds, c)
			rest = rest[end+1:]
		}
		deep = false
		switch {
		case strings.HasPrefix(rest, "//"):
			rest, deep = rest[2:], true
		case strings.HasPrefix(rest, "/"):
			rest = rest[1:]
			if rest == "" {
				return nil, q.wrong("a step is missing")
			}
		case rest != "":
			return nil, q.wrong("after a bracket comes / or the end")
		}
		if r, ok := parseRef(name); ok && len(s.conds) == 0 {
			q.value = &r
			if s.deep {
				q.steps = append(q.steps, step{tag: r.tag, deep: true})
			}
			continue
		}
		if !isTag(name) {
			return nil, q.wrong("no segment " + strconv.Quote(name))
		}
		q.steps = append(q.steps, s)
	}
	if deep || len(q.steps) == 0 && q.value == nil {
		return nil, q.wrong("a step is missing")
	}
	return q, nil
}

// MustCompile is Compile for paths known to be right; it panics otherwise.
func MustCompile(path string) *Query {
	q, err := Compile(path)
	if err != nil {
		panic(err)
	}
	return q
}

// String gives the path.
func (q *Query) String() string { return q.text }

func (q *Query) wrong(what string) error { return fmt.Errorf("tree: path %q: %s", q.text, what) }

func isTag(s string) bool {
	if len(s) < 2 || len(s) > 3 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !(c >= 'A' && c <= 'Z' || i > 0 && c >= '0' && c <= '9') {
			return false
		}
	}
	return true
}

// parseRef reads "N104", "REF04-2", "AK401:2".
func parseRef(s string) (ref, bool) {
	r := ref{}
	var ok bool
	if left, n, found := strings.Cut(s, ":"); found {
		if r.repeats, ok = small(n); !ok {
			return r, false
		}
		s = left
	}
	if left, n, found := strings.Cut(s, "-"); found {
		if r.part, ok = small(n); !ok {
			return r, false
		}
		s = left
	}
	if len(s) < 4 {
		return r, false
	}
	if r.element, ok = small(s[len(s)-2:]); !ok {
		return r, false
	}
	r.tag = s[:len(s)-2]
	return r, isTag(r.tag)
}

func small(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n > 0 && n < 100 && s[0] != '+'
}

// Place is one place where the last segment of a path may stand, and what stands
// there, perhaps nothing. Parent is nil for the set itself.
type Place struct {
	Parent *Node
	Found  []*Node
}

// Places gives every place that the path speaks of: the loops that its steps lead
// to, each with the segments found in it.
func (q *Query) Places(set *Set) []Place {
	steps := q.steps
	last := len(steps) - 1
	inside := q.value != nil && (last < 0 || steps[last].tag != q.value.tag)
	if !inside {
		steps = steps[:last]
	}
	at := []*Node{{Children: set.Nodes}}
	for i := range steps {
		var next []*Node
		for _, n := range at {
			next = steps[i].collect(set, n, next)
		}
		at = next
	}
	out := make([]Place, 0, len(at))
	for _, n := range at {
		p := Place{Parent: n}
		if n.Segment == nil && n.Un == nil {
			p.Parent = nil
		}
		if inside {
			p.Found = holders(n, q.value.tag, nil)
		} else {
			p.Found = q.steps[last].collect(set, n, nil)
		}
		out = append(out, p)
	}
	return out
}

// Target names what the path ends with: the tag, and the element and component, 0
// where it ends with the segment.
func (q *Query) Target() (tag string, element, component int) {
	if q.value != nil {
		return q.value.tag, q.value.element, q.value.part
	}
	return q.steps[len(q.steps)-1].tag, 0, 0
}

// Decides names the element that decides whether the path leads somewhere: the one it
// ends with, or that of the last condition of its last step; element 0 when it is the
// segment itself.
func (q *Query) Decides() (tag string, element, component int) {
	if q.value != nil {
		return q.Target()
	}
	s := &q.steps[len(q.steps)-1]
	if len(s.conds) == 0 {
		return s.tag, 0, 0
	}
	r := s.conds[len(s.conds)-1].ref
	return r.tag, r.element, r.part
}

// Tags are the tags of all steps, conditions left out.
func (q *Query) Tags() []string {
	var out []string
	for i := range q.steps {
		out = append(out, q.steps[i].tag)
	}
	if q.value != nil {
		out = append(out, q.value.tag)
	}
	return out
}

// Of gives the value of the path's element in one of the segments found.
func (q *Query) Of(set *Set, n *Node) string {
	if q.value == nil {
		return ""
	}
	return q.value.of(set, n)
}

// Segments gives the segments that the path leads to, in the order of the file;
// of a path that ends with an element, those that hold it.
func (q *Query) Segments(set *Set) []*Node {
	at := []*Node{{Children: set.Nodes}}
	for i := range q.steps {
		s := &q.steps[i]
		var next []*Node
		for _, n := range at {
			next = s.collect(set, n, next)
		}
		at = next
	}
	if q.value == nil {
		return at
	}
	var out []*Node
	for _, n := range at {
		out = holders(n, q.value.tag, out)
	}
	return out
}

// holders gives the node itself when it has the tag, else its children that have.
func holders(n *Node, tag string, out []*Node) []*Node {
	if n.is(tag) {
		return append(out, n)
	}
	for _, c := range n.Children {
		if c.is(tag) {
			out = append(out, c)
		}
	}
	return out
}

func (s *step) collect(set *Set, n *Node, out []*Node) []*Node {
	for _, c := range n.Children {
		if c.is(s.tag) && s.holds(set, c) {
			out = append(out, c)
		}
		if s.deep {
			out = s.collect(set, c, out)
		}
	}
	return out
}

func (s *step) holds(set *Set, n *Node) bool {
	for _, c := range s.conds {
		found := false
		for _, h := range holders(n, c.ref.tag, nil) {
			v := c.ref.of(set, h)
			found = found || c.equal && v == c.value || !c.equal && v != ""
		}
		if !found {
			return false
		}
	}
	return true
}

// of gives the value of the element, blanks at its end cut.
func (r *ref) of(set *Set, n *Node) string {
	if n.Un != nil {
		return strings.TrimRight(unValue(n.Un, r.element, max(r.part, 1), max(r.repeats, 1)), " ")
	}
	v := n.Segment.El(r.element)
	if r.repeats > 0 {
		v = nth(v, set.delim.Repetition, r.repeats)
	}
	if r.part > 0 {
		v = nth(v, set.delim.Component, r.part)
	}
	return strings.TrimRight(string(v), " ")
}

// unValue gives a component of one repetition of an element of EDIFACT.
func unValue(s *edifact.Segment, el, part, repeat int) string {
	raw, marks := s.Raw(), s.Marks()
	e, p, r := 0, 0, 0
	for i := 1; i < len(marks)-1; i++ {
		switch marks[i].Sep() {
		case edifact.SepElement:
			e, p, r = e+1, 1, 1
		case edifact.SepComponent:
			p++
		case edifact.SepRepeat:
			p, r = 1, r+1
		}
		if e == el && p == part && r == repeat {
			return s.Decode(raw[marks[i].Start() : marks[i+1].Start()-1])
		}
	}
	return ""
}

func nth(v []byte, sep byte, n int) []byte {
	part, rest, more := x12.Part(v, sep)
	for ; n > 1; n-- {
		if !more {
			return nil
		}
		part, rest, more = x12.Part(rest, sep)
	}
	return part
}

// Values gives the values that the path leads to, absent ones left out; of a path
// that ends with a segment, the raw segments.
func (q *Query) Values(set *Set) []string {
	var out []string
	for _, n := range q.Segments(set) {
		var v string
		switch {
		case q.value != nil:
			v = q.value.of(set, n)
		case n.Un != nil:
			v = string(n.Un.Raw())
		default:
			v = string(n.Segment.Raw())
		}
		if v != "" {
			out = append(out, v)
		}
	}
	return out
}

// Value is the first of Values, or "".
func (q *Query) Value(set *Set) string {
	if v := q.Values(set); len(v) > 0 {
		return v[0]
	}
	return ""
}
