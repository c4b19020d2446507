package translate

import (
	"strings"
	"unicode/utf8"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// The standards of doc.Extra.
const (
	standardX12 = "x12"
	standardUN  = "edifact"
)

// maxExtra bounds what one document carries along.
const maxExtra = 10_000

// places gives the loops of the segments of the set up to i at least: only what stands
// before a segment decides on its place.
func (r *reader) places(i int) []string {
	if n := len(r.placed); n <= i {
		r.placed = make([]string, min(max(i+1, 2*n), len(r.set.Segments)))
		o := schema.OutlineOf(r.set.Version, r.set.Type)
		if o == nil {
			return r.placed
		}
		r.outlined = true
		at, tags := make([]int, 0, len(r.placed)), make([]string, 0, len(r.placed))
		for i := range r.placed {
			switch id := r.set.Segments[i].ID(); id {
			case "ST", "SE":
			default:
				at, tags = append(at, i), append(tags, id)
			}
		}
		for k, p := range o.Places(tags) {
			r.placed[at[k]] = p
		}
	}
	return r.placed
}

// carry keeps a segment with the document; false when it cannot be kept.
func (r *reader) carry(s *x12.Segment) bool {
	i := s.SetSegment - 1
	if r.head == nil || i < 0 || i >= len(r.set.Segments) || &r.set.Segments[i] != s || len(r.head.Extra) >= maxExtra {
		return false
	}
	id := s.ID()
	place := r.places(i)[i]
	if !r.outlined || id == "BIN" || id == "BDS" || id == "ST" || id == "SE" || !utf8.Valid(s.Raw()) {
		return false
	}
	e := doc.Extra{Standard: standardX12, Set: r.set.Type, Place: place, Segment: id, Elements: []doc.Element{}}
	for el := 1; el < s.Len()+1; el++ {
		var v doc.Element
		for rep := range strings.SplitSeq(s.Text(el), sep(r.set.Delimiters.Repetition)) {
			v = append(v, strings.Split(rep, sep(r.set.Delimiters.Component)))
		}
		e.Elements = append(e.Elements, v)
	}
	r.head.Extra = append(r.head.Extra, e)
	return true
}

// sep is a delimiter to split by; one that is not in use occurs nowhere.
func sep(c byte) string {
	if c == 0 {
		return "\x00"
	}
	return string([]byte{c})
}

// weave puts what the document carries of this set into the body.
func weave(b *x12.Body, extra []doc.Extra, version string) []wire.Finding {
	list, strays, findings := mine(extra, standardX12, b.Type)
	o := schema.OutlineOf(version, b.Type)
	if len(list) == 0 || o == nil {
		return append(findings, leftOut(list)...)
	}
	tags := make([]string, len(b.Segs))
	for i := range b.Segs {
		tags[i] = b.Segs[i].ID
	}
	order, lost := o.Weave(tags, strays)
	segs := make([]x12.Seg, 0, len(order))
	for _, i := range order {
		if i < len(tags) {
			segs = append(segs, b.Segs[i])
			continue
		}
		e := list[i-len(tags)]
		s := x12.Seg{ID: e.Segment}
		for _, el := range e.Elements {
			reps := make([]string, len(el))
			for k, parts := range el {
				reps[k] = x12.Composite(parts...)
			}
			s.Els = append(s.Els, x12.Repeated(reps...))
		}
		segs = append(segs, s)
	}
	b.Segs = segs
	for _, i := range lost {
		findings = append(findings, leftOut(list[i:i+1])...)
	}
	return findings
}

// mine picks what belongs to one set; the rest is told as left out.
func mine(extra []doc.Extra, standard, set string) (list []doc.Extra, strays []schema.Stray, findings []wire.Finding) {
	for i, e := range extra {
		if e.Standard != standard || e.Set != set {
			findings = append(findings, leftOut(extra[i:i+1])...)
			continue
		}
		list = append(list, e)
		strays = append(strays, schema.Stray{Tag: e.Segment, Place: e.Place})
	}
	return list, strays, findings
}

func leftOut(list []doc.Extra) []wire.Finding {
	var out []wire.Finding
	for _, e := range list {
		out = append(out, wire.Finding{Level: wire.LevelSegment, Severity: wire.Note, Key: "write.left_out", SegmentID: e.Segment})
	}
	return out
}

func (r *unReader) places(i int) []string {
	if n := len(r.placed); n <= i {
		r.placed = make([]string, min(max(i+1, 2*n), len(r.set.Un)))
		if r.set.Message == nil {
			return r.placed
		}
		o := schema.UnOutlineOf(*r.set.Message)
		if o == nil {
			return r.placed
		}
		r.outlined = true
		tags := make([]string, len(r.placed))
		for i := range tags {
			tags[i] = r.set.Un[i].ID()
		}
		r.placed = o.Places(tags) // UNH and UNT are of the message
	}
	return r.placed
}

func (r *unReader) carry(s *edifact.Segment) bool {
	if r.set == nil || r.head == nil {
		return false
	}
	i := s.SetSegment - 1
	if i < 0 || i >= len(r.set.Un) || &r.set.Un[i] != s || len(r.head.Extra) >= maxExtra {
		return false
	}
	place := r.places(i)[i]
	if !r.outlined {
		return false
	}
	e := doc.Extra{Standard: standardUN, Set: r.set.Type, Place: place, Segment: s.ID(), Elements: []doc.Element{}}
	marks, raw := s.Marks(), s.Raw()
	for k := 1; k < len(marks)-1; k++ {
		v := s.Decode(raw[marks[k].Start() : marks[k+1].Start()-1])
		last := len(e.Elements) - 1
		if last < 0 && marks[k].Sep() != edifact.SepElement {
			return false // components of the tag itself, "NAD:1+BY", have no place in a document
		}
		switch marks[k].Sep() {
		case edifact.SepElement:
			e.Elements = append(e.Elements, doc.Element{{v}})
		case edifact.SepComponent:
			reps := len(e.Elements[last]) - 1
			e.Elements[last][reps] = append(e.Elements[last][reps], v)
		case edifact.SepRepeat:
			e.Elements[last] = append(e.Elements[last], []string{v})
		}
	}
	r.head.Extra = append(r.head.Extra, e)
	return true
}

// unWeave puts what the document carries of this message into the body.
func unWeave(b *edifact.Body, extra []doc.Extra) []wire.Finding {
	list, strays, findings := mine(extra, standardUN, b.ID.Type)
	o := schema.UnOutlineOf(b.ID)
	if len(list) == 0 || o == nil {
		return append(findings, leftOut(list)...)
	}
	tags := []string{"UNH"}
	for i := range b.Segs {
		tags = append(tags, b.Segs[i].ID)
	}
	order, lost := o.Weave(tags, strays)
	segs := make([]edifact.Seg, 0, len(order))
	for _, i := range order {
		switch {
		case i == 0:
		case i < len(tags):
			segs = append(segs, b.Segs[i-1])
		default:
			e := list[i-len(tags)]
			s := edifact.Seg{ID: e.Segment}
			for _, el := range e.Elements {
				if len(el) > 1 { // the messages of our directories repeat no element
					findings = append(findings, leftOut([]doc.Extra{e})...)
				}
				if len(el) == 0 {
					el = doc.Element{nil}
				}
				s.Els = append(s.Els, el[0])
			}
			segs = append(segs, s)
		}
	}
	b.Segs = segs
	for _, i := range lost {
		findings = append(findings, leftOut(list[i:i+1])...)
	}
	return findings
}

// extraOf gives what a document carries.
func extraOf(d Document) []doc.Extra {
	if c, ok := d.(interface{ Carried() *[]doc.Extra }); ok {
		return *c.Carried()
	}
	return nil
}
