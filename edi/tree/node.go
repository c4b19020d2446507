package tree

import (
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// Set is a transaction set or message as a tree of segments: the children of a
// segment that opens a loop are the other segments and loops of that loop.
type Set struct {
	Nodes []*Node
	delim x12.Delimiters
}

// Node is one segment and what its loop holds: Segment of X12, or Un of EDIFACT.
type Node struct {
	Segment  *x12.Segment
	Un       *edifact.Segment
	Loop     string // the loop that the segment opens, or empty
	Children []*Node
}

// Tag is the tag of the segment.
func (n *Node) Tag() string {
	if n.Un != nil {
		return n.Un.ID()
	}
	return n.Segment.ID()
}

func (n *Node) is(tag string) bool {
	if n.Un != nil {
		return string(n.Un.TagBytes()) == tag
	}
	return n.Segment != nil && string(n.Segment.TagBytes()) == tag
}

// Position is where the segment stands, or component part of its element el; 0 for
// none.
func (n *Node) Position(el, part int) wire.Position {
	if s := n.Un; s != nil {
		return wire.Position{Offset: s.ElOffset(el, part), FileSegment: s.FileSegment, Segment: s.SetSegment, Element: el, Component: part}
	}
	s := n.Segment
	p := wire.Position{Offset: s.Offset, FileSegment: s.FileSegment, Segment: s.SetSegment, Element: el, Component: part}
	if el > 0 {
		p.Offset = s.ElOffset(el)
	}
	return p
}

// Of makes the tree of a judged set. It points into the set's segments and is valid
// as long as they are.
func Of(set *schema.Set) *Set {
	out := &Set{delim: set.Delimiters}
	var follow schema.Follower
	follow.BeginSet(set)
	open := []*Node{{}}
	for i := range len(set.Segments) + len(set.Un) {
		n := &Node{}
		depth := 0
		if set.Message != nil {
			n.Un = &set.Un[i]
			if n.Un.Kind == wire.Body {
				depth, n.Loop = follow.PlaceUN(n.Un)
			}
		} else {
			n.Segment = &set.Segments[i]
			if n.Segment.Kind == wire.Body {
				depth, n.Loop = follow.Place(n.Segment)
			}
		}
		if n.Loop != "" {
			depth--
		}
		open = open[:depth+1]
		open[depth].Children = append(open[depth].Children, n)
		if n.Loop != "" {
			open = append(open, n)
		}
	}
	out.Nodes = open[0].Children
	return out
}
