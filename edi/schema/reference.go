package schema

import (
	"entente/edi/edifact"
	"entente/edi/wire"
	"entente/edi/x12"
)

// References knows the elements of segments by their reference numbers, whatever the set
// they stand in. Of a version that nobody keeps it is the one that is explained by.
type References struct {
	rel *release
	dir *directory
}

// ReferencesOf is that of X12 for a GS08.
func ReferencesOf(version string) References {
	rel := releaseOf(version)
	if rel == nil {
		rel = newest()
	}
	return References{rel: rel}
}

// MessageReferences is that of EDIFACT for a message.
func MessageReferences(id edifact.MessageID) References {
	dir := directoryOf(id)
	if dir == nil {
		dir = directoryNamed("D01B")
	}
	return References{dir: dir}
}

// X12 gives the reference number of element el of a segment ("212"), of its component c
// where it is a composite; "" where the dictionary has none.
func (d References) X12(tag x12.Tag, el, c int) (ref string, composite bool) {
	def := d.rel.segments[tag]
	if def == nil || el < 1 || el > len(def.fields) || def.fields[el-1].element == nil {
		return "", false
	}
	e := def.fields[el-1].element
	if e.parts == nil {
		return e.ref, false
	}
	if c < 1 || c > len(e.parts) || e.parts[c-1].element == nil {
		return "", true
	}
	return e.parts[c-1].ref, true
}

// UN is X12 for EDIFACT.
func (d References) UN(tag edifact.Tag, el, c int) (ref string, composite bool) {
	def := d.dir.segments[tag]
	if def == nil || el < 1 || el > len(def.fields) {
		return "", false
	}
	f := &def.fields[el-1]
	switch {
	case f.parts == nil && c > 1:
		return "", true
	case f.parts == nil:
		return f.ref, false
	case c < 1 || c > len(f.parts):
		return "", true
	}
	if f.parts[c-1].unElement == nil {
		return "", true
	}
	return f.parts[c-1].ref, true
}

// ExplainMessageSegment takes one segment of a message apart, with the findings on it.
func (d References) ExplainMessageSegment(s *edifact.Segment, findings []wire.Finding) ExplainedSegment {
	x := unExplainer{dir: d.dir}
	return x.segment(s, findings)
}

// ExplainSegment takes one segment of X12 apart, with the findings on it.
func (d References) ExplainSegment(s *x12.Segment, delims x12.Delimiters, findings []wire.Finding) ExplainedSegment {
	x := explainer{rel: d.rel, delims: delims}
	return x.segment(s, findings)
}
