package translate

import (
	"bytes"
	"slices"
	"strconv"
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

// seen keeps, for each segment of a set, which of its elements were asked for.
type seen []uint64

// all is the mark of a segment that is carried or told of as a whole.
const all = ^uint64(0)

func (v seen) mark(s *x12.Segment, bits uint64) {
	if i := s.SetSegment - 1; i >= 0 && i < len(v) {
		v[i] |= bits
	}
}

// made is an element the writers make themselves, whatever the document says: nothing is
// lost with it. Without values, any will do; without an element, the segment as a whole.
type made struct {
	tag      string
	el, comp int // comp is 0 in X12
	values   []string
}

// madeIn are those of X12.
var madeIn = []made{
	{tag: "ST"}, {tag: "SE"}, {tag: "CTT"},
	{"CUR", 1, 0, []string{"BY", "SE", "PR"}},
	{"PID", 1, 0, []string{"F"}},
	{"NTE", 1, 0, []string{"GEN", "ADD"}},
	{"TD1", 6, 0, []string{"G"}}, {"TD5", 2, 0, []string{"2"}},
	{"LIN", 1, 0, nil}, {"SN1", 1, 0, nil}, {"ENT", 1, 0, nil}, {"HL", 4, 0, nil},
}

// isMade says whether the list has an element with the text it holds.
func isMade(list []made, tag []byte, el, comp int, text func() string) bool {
	for i := range list {
		m := &list[i]
		if string(tag) == m.tag && (m.el == 0 || m.el == el && m.comp == comp && (m.values == nil || slices.Contains(m.values, text()))) {
			return true
		}
	}
	return false
}

// done ends the reading: an element that holds something and that nothing asked for has
// no place in the document, which is told once for each element of a tag, with the first
// value that is lost.
func (r *reader) done() {
	for i := range r.set.Segments {
		s, got := &r.set.Segments[i], r.seen[i]
		if got == all {
			continue
		}
		for el := 1; el <= s.Len() && el < 64; el++ {
			if got&(1<<el) != 0 || len(bytes.TrimRight(s.El(el), " ")) == 0 || isMade(madeIn, s.TagBytes(), el, 0, func() string { return s.Text(el) }) {
				continue
			}
			if r.told.once("lost "+s.ID()+strconv.Itoa(el), r.findings) {
				r.note("translate.not_carried", s, el, s.Text(el))
			}
		}
	}
}

// unSeen is seen for a message: eight components of each of sixteen elements.
type unSeen [][2]uint64

var everything = [2]uint64{all, all}

func bitOf(el, comp int) [2]uint64 {
	var b [2]uint64
	if n := (el-1)*8 + comp - 1; comp <= 8 && n >= 0 && n < 128 {
		b[n/64] = 1 << (n % 64)
	}
	return b
}

func (v unSeen) mark(s *edifact.Segment, bits [2]uint64) {
	if i := s.SetSegment - 1; i >= 0 && i < len(v) {
		v[i][0] |= bits[0]
		v[i][1] |= bits[1]
	}
}

// unMadeIn are those of messages.
var unMadeIn = []made{
	{tag: "UNH"}, {tag: "UNT"}, {tag: "UNS"}, {tag: "CNT"},
	{"BGM", 1, 1, nil}, {"BGM", 1, 3, []string{"9"}}, {"BGM", 3, 1, []string{"9"}},
	{"CUX", 1, 1, []string{"2"}}, {"CUX", 1, 3, nil}, {"MOA", 1, 2, nil}, {"FII", 3, 2, []string{"25"}}, {"CDI", 2, 3, []string{"9", "116"}},
	{"SCC", 1, 1, nil}, {"PAT", 1, 1, nil}, {"PAT", 3, 2, []string{"3"}}, {"PCI", 1, 1, []string{"33E"}},
	{"TDT", 1, 1, []string{"20"}}, {"GIS", 1, 1, []string{"1"}}, {"PAC", 1, 1, []string{"1"}}, {"LIN", 4, 1, []string{"1"}},
	{"FTX", 2, 1, nil}, {"FTX", 5, 1, []string{"EN"}},
	{"CPS", 1, 1, nil}, {"DTM", 1, 3, nil},
	{"PIA", 1, 1, []string{"1", "5"}}, {"IMD", 1, 1, []string{"F"}}, {"FTX", 1, 1, nil}, {"RNG", 1, 1, []string{"4"}},
}

// done is reader.done for messages.
func (r *unReader) done() {
	for i := range r.set.Un {
		s, got := &r.set.Un[i], r.seen[i]
		if got == everything {
			continue
		}
		marks, el, comp, again := s.Marks(), 0, 0, false
		for n := 1; n < len(marks)-1; n++ {
			switch marks[n].Sep() {
			case edifact.SepElement:
				el, comp, again = el+1, 1, false
			case edifact.SepComponent:
				comp++
			default:
				again = true
			}
			b := bitOf(el, comp)
			if again || b == [2]uint64{} || got[0]&b[0] != 0 || got[1]&b[1] != 0 || marks[n+1].Start()-1 == marks[n].Start() || isMade(unMadeIn, s.TagBytes(), el, comp, func() string { return s.Text(el, comp) }) {
				continue
			}
			if r.told.once("lost "+s.ID()+strconv.Itoa(el)+"-"+strconv.Itoa(comp), r.findings) {
				r.note("translate.not_carried", s, el, comp, s.Text(el, comp))
			}
		}
	}
}
