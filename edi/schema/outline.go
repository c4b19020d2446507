package schema

import (
	"slices"
	"strconv"
	"strings"

	"entente/edi/edifact"
)

// Outline is what may stand where in a set or message, for those who do not judge:
// which loops a segment stands in, and where one more would go.
type Outline struct{ root *shape }

// shape is a loop of either standard. It is made once and never changed.
type shape struct {
	id    string
	steps []step
}

// step is a place in a loop: a segment, or a loop by its first segment.
type step struct {
	tag  string
	max  int // 0: without bound
	must bool
	loop *shape
}

// OutlineOf gives the outline of a set (ST01) of a release (GS08); nil when it is not
// known.
func OutlineOf(version, setType string) *Outline {
	rel := releaseOf(version)
	if rel == nil || rel.sets[setType] == nil {
		return nil
	}
	return &Outline{root: rel.sets[setType].shape()}
}

func shapeOf(l *loop) *shape {
	s := &shape{id: l.id}
	for i := range l.nodes {
		n := &l.nodes[i]
		st := step{tag: n.seg.id, max: n.max, must: n.must}
		if n.loop != nil {
			st.loop = shapeOf(n.loop)
		}
		s.steps = append(s.steps, st)
	}
	return s
}

// UnOutlineOf gives the outline of a message; nil when it is not known.
func UnOutlineOf(id edifact.MessageID) *Outline {
	d := directoryOf(id)
	if d == nil || d.messages[id.Type] == nil {
		return nil
	}
	return &Outline{root: d.messages[id.Type].shape()}
}

func unShapeOf(g *unGroup) *shape {
	s := &shape{id: g.id}
	for i := range g.nodes {
		n := &g.nodes[i]
		st := step{tag: n.seg.id, max: n.max, must: n.must}
		if n.group != nil {
			st.loop = unShapeOf(n.group)
		}
		s.steps = append(s.steps, st)
	}
	return s
}

// branch is a loop that is there, with what stands in it.
type branch struct {
	shape  *shape
	name   string // "PO1[2]", empty for the set
	at     int    // the step reached
	count  int    // how often that was used
	leaves []leaf
}

// leaf is a segment, or a loop.
type leaf struct {
	step    int
	segment int // index of the caller's
	loop    *branch
}

// walk follows segments by position: forward in the innermost open loop, then
// outward. A place that is used up gives way to a later one of the same tag, as long
// as nothing mandatory lies between.
type walk struct{ open []*branch }

func (o *Outline) walk() *walk { return &walk{open: []*branch{{shape: o.root, at: -1}}} }

func (w *walk) take(tag string, index int) {
	full := -1
	for d := len(w.open) - 1; d >= 0; d-- {
		b := w.open[d]
		from := max(b.at, 0)
		if d > 0 {
			from = max(from, 1) // the head of a loop opens the next one, from outside
		}
		for i := from; i < len(b.shape.steps); i++ {
			st := &b.shape.steps[i]
			if full >= 0 && st.must && i > b.at && st.tag != tag {
				break
			}
			if st.tag != tag {
				continue
			}
			if i == b.at && st.max > 0 && b.count >= st.max {
				if full < 0 {
					full = d
				}
				continue
			}
			w.enter(d, i, index)
			return
		}
		if full >= 0 && slices.ContainsFunc(b.shape.steps[b.at+1:], func(s step) bool { return s.must }) {
			break
		}
	}
	if full >= 0 {
		w.enter(full, w.open[full].at, index)
		return
	}
	b := w.open[len(w.open)-1] // out of place: where the walk stands
	b.leaves = append(b.leaves, leaf{step: max(b.at, 0), segment: index})
}

func (w *walk) enter(d, i, index int) {
	w.open = w.open[:d+1]
	b := w.open[d]
	if i != b.at {
		b.at, b.count = i, 0
	}
	b.count++
	st := &b.shape.steps[i]
	if st.loop == nil {
		b.leaves = append(b.leaves, leaf{step: i, segment: index})
		return
	}
	inner := &branch{shape: st.loop, name: b.next(st.loop.id), count: 1}
	inner.leaves = append(inner.leaves, leaf{segment: index})
	b.leaves = append(b.leaves, leaf{step: i, loop: inner})
	w.open = append(w.open, inner)
}

// next names one more loop of a kind.
func (b *branch) next(id string) string {
	n := 1
	for _, l := range b.leaves {
		if l.loop != nil && l.loop.shape.id == id {
			n++
		}
	}
	return id + "[" + strconv.Itoa(n) + "]"
}

func (w *walk) path() string {
	var names []string
	for _, b := range w.open[1:] {
		names = append(names, b.name)
	}
	return strings.Join(names, "/")
}

// Places gives for every segment the loops it stands in, outermost first, counted
// from 1 among those of the same name: "PO1[2]/N1[1]". A segment that opens a loop
// stands in it; empty means the set itself. Envelope segments are not among tags.
func (o *Outline) Places(tags []string) []string {
	out := make([]string, len(tags))
	w := o.walk()
	for i, t := range tags {
		w.take(t, i)
		out[i] = w.path()
	}
	return out
}

// Stray is a segment to be put among others: its tag and the loops it stands in,
// named as Places does.
type Stray struct{ Tag, Place string }

// Weave says in which order to write segments and strays so that each stray stands in
// its place: an index below len(tags) is a segment, above it a stray. Strays of one
// loop keep their order and follow what stands there already. Lost lists the strays
// whose loop is not there or has no room for them.
func (o *Outline) Weave(tags []string, strays []Stray) (order, lost []int) {
	w := o.walk()
	for i, t := range tags {
		w.take(t, i)
	}
	root := w.open[0]
	for i, s := range strays {
		if !root.put(s, len(tags)+i) {
			lost = append(lost, i)
		}
	}
	return root.order(make([]int, 0, len(tags)+len(strays))), lost
}

func (b *branch) order(out []int) []int {
	for _, l := range b.leaves {
		if l.loop != nil {
			out = l.loop.order(out)
		} else {
			out = append(out, l.segment)
		}
	}
	return out
}

// put finds the place of a stray below b, opening its loop when the stray heads it.
func (b *branch) put(s Stray, index int) bool {
	first, rest, _ := strings.Cut(s.Place, "/")
	if first != "" {
		for _, l := range b.leaves {
			if l.loop != nil && l.loop.name == first {
				return l.loop.put(Stray{s.Tag, rest}, index)
			}
		}
		id, _, _ := strings.Cut(first, "[")
		for i, st := range b.shape.steps {
			if rest == "" && st.loop != nil && st.loop.id == id && st.tag == s.Tag {
				b.insert(leaf{step: i, loop: &branch{shape: st.loop, name: first, leaves: []leaf{{segment: index}}}})
				return true
			}
		}
		return false
	}
	for i, st := range b.shape.steps {
		if st.loop == nil && st.tag == s.Tag && (i > 0 || b.name == "") {
			b.insert(leaf{step: i, segment: index})
			return true
		}
	}
	return false
}

// insert puts a leaf behind all that stand no later.
func (b *branch) insert(l leaf) {
	at := len(b.leaves)
	for at > 0 && b.leaves[at-1].step > l.step {
		at--
	}
	b.leaves = slices.Insert(b.leaves, at, l)
}
