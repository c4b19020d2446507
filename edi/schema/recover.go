package schema

import "entente/edi/x12"

// One fault is told once. A segment that has no place is told, and then the judge takes
// up a place from which what follows can be judged: it steps back to where the segment
// should have stood, or into the loop whose head is missing.

// misplaced tells why a segment that the set knows has no place here, and finds the way
// on.
func (j *judge) misplaced(s *x12.Segment, id string) {
	for _, l := range j.lost {
		if d, i := j.find(l); d >= 0 && l.index(s.Tag) > 0 {
			j.enterLost(d, i, s.Tag) // the next in a loop without head: told already
			return
		}
	}
	j.headless(s.Tag)
	for d := len(j.stack) - 1; d >= 0; d-- {
		f := &j.stack[d]
		for i := 0; i <= f.at && i < len(f.loop.nodes); i++ {
			if f.loop.nodes[i].tag != s.Tag || i == 0 && d > 0 {
				continue
			}
			if f.jumped { // what was told as missing comes late, or what was taken up was not it
				if j.behind(s.Tag) {
					return
				}
				j.lost = j.lost[:0]
			} else {
				after := f.loop.nodes[f.at].seg.id
				j.segmentFinding("segment.order", "7", s, id, j.loopID(), map[string]string{"after": after})
			}
			if len(j.lost) == 0 {
				j.stepBack(d, i)
			}
			return
		}
	}
	if j.behind(s.Tag) {
		return
	}
	j.segmentFinding("segment.unexpected", "2", s, id, j.loopID(), nil)
	if len(j.lost) > 0 {
		d, i := j.find(j.lost[0])
		j.enterLost(d, i, s.Tag)
	}
}

// behind finds a loop that was passed when something missing was told, and that
// directly holds the tag: then that loop goes on.
func (j *judge) behind(tag x12.Tag) bool {
	for d := len(j.stack) - 1; d >= 0; d-- {
		f := &j.stack[d]
		for i := f.at - 1; f.told && i >= 0; i-- {
			if l := f.loop.nodes[i].loop; l != nil && l.index(tag) > 0 {
				j.enterLost(d, i, tag)
				return true
			}
		}
	}
	return false
}

// index finds a tag directly in a loop, its head left out; -1 when it is not there.
func (l *loop) index(tag x12.Tag) int {
	for i := 1; i < len(l.nodes); i++ {
		if l.nodes[i].tag == tag {
			return i
		}
	}
	return -1
}

// holds says whether a tag stands anywhere in a loop.
func (l *loop) holds(tag x12.Tag) bool {
	for i := range l.nodes {
		if n := &l.nodes[i]; n.tag == tag || n.loop != nil && n.loop.holds(tag) {
			return true
		}
	}
	return false
}

// headless collects the loops that may come next and directly hold the tag, innermost
// first.
func (j *judge) headless(tag x12.Tag) {
	j.lost = j.lost[:0]
	for d := len(j.stack) - 1; d >= 0; d-- {
		f := &j.stack[d]
		for i := max(f.at, 0); i < len(f.loop.nodes); i++ {
			if l := f.loop.nodes[i].loop; l != nil && l.index(tag) > 0 {
				j.lost = append(j.lost, l)
				j.levels.lost = j.levels.lost || l.nodes[0].tag == tagHL
			}
		}
	}
}

// find gives where a loop may begin, from here on: the depth of the loop around it and
// the place there, -1 for nowhere.
func (j *judge) find(l *loop) (depth, at int) {
	for d := len(j.stack) - 1; d >= 0; d-- {
		f := &j.stack[d]
		for i := max(f.at, 0); i < len(f.loop.nodes); i++ {
			if f.loop.nodes[i].loop == l {
				return d, i
			}
		}
	}
	return -1, -1
}

// enterLost moves into the loop at node i of the frame at depth d as if its head had
// come, to the place of a tag in it.
func (j *judge) enterLost(d, i int, tag x12.Tag) {
	j.lost = j.lost[:0]
	f := &j.stack[d]
	if i != f.at {
		f.high, f.at, f.count, f.jumped = max(f.high, f.at), i, 0, i > f.at
	}
	f.count++
	l := f.loop.nodes[i].loop
	k := l.index(tag)
	j.stack = append(j.stack[:d+1], frame{loop: l, at: k, count: 1})
	if inner := l.nodes[k].loop; inner != nil {
		j.stack = append(j.stack, frame{loop: inner, at: 0, count: 1})
	}
	j.entered = true
}

// stepBack moves to node i of the frame at depth d, which was passed.
func (j *judge) stepBack(d, i int) {
	f := &j.stack[d]
	f.high, f.at, f.count, f.jumped = max(f.high, f.at), i, 1, false
	j.stack = j.stack[:d+1]
	if inner := f.loop.nodes[i].loop; inner != nil {
		j.stack = append(j.stack, frame{loop: inner, at: 0, count: 1})
		j.entered = true
	}
}

// follow is asked when a segment has a place although a loop may have lost its head: it
// says whether the segment belongs to that loop rather than once too often to its place.
func (j *judge) follow(f *frame, n *node, tag x12.Tag) bool {
	kept := j.lost[:0]
	for _, l := range j.lost {
		if l.holds(tag) {
			kept = append(kept, l)
		}
	}
	j.lost = kept
	if len(kept) == 0 || kept[0].index(tag) < 0 || n.max == 0 || f.count < n.max {
		return false
	}
	d, i := j.find(kept[0])
	if d < 0 {
		return false
	}
	j.enterLost(d, i, tag)
	return true
}
