package schema

import (
	"io"
	"strings"
	"sync"
	"time"

	"entente/edi/wire"
	"entente/edi/x12"
)

var zeroTime time.Time

// Explained is a set taken apart for people: keys of texts, values and codes, no
// words. Keys are entries of the portal's locale files.
type Explained struct {
	Type     string             `json:"type"`
	NameKey  string             `json:"name_key"` // "edi.set.850"
	Control  string             `json:"control"`
	Version  string             `json:"version"`
	Verdict  wire.Verdict       `json:"verdict"`
	Segments []ExplainedSegment `json:"segments"`
	// Findings are those of the set itself; the others hang on segments.
	Findings []wire.Finding `json:"findings,omitempty"`
}

// ExplainedSegment is one segment.
type ExplainedSegment struct {
	ID string `json:"id"`
	// N is the number in the set, ST = 1; FileSegment counts from the start.
	N           int                `json:"n"`
	FileSegment int                `json:"file_segment"`
	Offset      int64              `json:"offset"`
	NameKey     string             `json:"name_key"`       // "edi.seg.BEG", "edi.seg.unknown"
	Loop        string             `json:"loop,omitempty"` // "PO1"
	Raw         string             `json:"raw"`            // as written, without terminator
	Elements    []ExplainedElement `json:"elements"`
	Findings    []wire.Finding     `json:"findings,omitempty"`
}

// ExplainedElement is one element with a value, or one that is missing and has a
// finding.
type ExplainedElement struct {
	// Place is the usual name, "BEG03"; N the position, Ref the reference
	// number in the dictionary ("324"), empty when unknown.
	Place     string `json:"place"`
	N         int    `json:"n"`
	Component int    `json:"component,omitempty"`
	Ref       string `json:"ref,omitempty"`
	NameKey   string `json:"name_key,omitempty"` // "edi.el.324"
	Type      string `json:"type,omitempty"`     // AN, ID, N0…N9, R, DT, TM
	Value     string `json:"value"`
	// MeaningKey is set for a coded value whose meaning we know:
	// "edi.code.353.00".
	MeaningKey string `json:"meaning_key,omitempty"`
	// Decoded is the value in plain form for dates, times and numbers: a civil
	// date "2026-11-24", a time "09:12", a number with its decimals "50464.00".
	Decoded     string `json:"decoded,omitempty"`
	DecodedKind string `json:"decoded_kind,omitempty"` // date, time, number
	// Bad says that a finding is pinned to this element.
	Bad bool `json:"bad,omitempty"`
}

// named holds the codes that have a text, as "353.00".
var named = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for line := range strings.SplitSeq(strings.TrimSpace(namedCodes), "\n") {
		f := strings.Fields(line)
		for _, c := range f[1:] {
			out[f[0]+"."+c] = true
		}
	}
	return out
})

// MeaningKey gives the key of the text for a code of an element, "edi.code.353.00",
// or "" when we have none.
func MeaningKey(ref, code string) string {
	if named()[ref+"."+code] {
		return "edi.code." + ref + "." + code
	}
	return ""
}

// TextKeys lists every key that explaining can ask for, findings not included:
// names of sets, segments and elements and meanings of codes.
func TextKeys() []string {
	out := append(unTextKeys(), "edi.seg.unknown", "edi.set.unknown")
	for n := range named() {
		out = append(out, "edi.code."+n)
	}
	r := newest()
	for _, s := range r.sets {
		out = append(out, "edi.set."+s.kind)
	}
	for _, s := range r.segments {
		out = append(out, "edi.seg."+s.id)
	}
	for ref := range r.elements {
		out = append(out, "edi.el."+ref)
	}
	return out
}

// ExplainSet takes a judged set apart. Texts are copies; the result may be kept.
func ExplainSet(set *Set) Explained {
	if set.Message != nil {
		return explainMessage(set)
	}
	out := Explained{
		Type: set.Type, NameKey: "edi.set.unknown", Control: set.Control, Version: set.Version,
		Verdict: set.Verdict, Segments: make([]ExplainedSegment, 0, len(set.Segments)),
	}
	rel := set.rel
	if rel == nil {
		rel = releaseOf(set.Version)
	}
	if rel == nil {
		rel = newest()
	}
	x := explainer{rel: rel, delims: set.Delimiters}
	x.judge.limit = 1
	if def := rel.sets[set.Type]; def != nil {
		out.NameKey = "edi.set." + set.Type
		x.judge.begin(rel, def, set.Delimiters)
	}
	bySegment := map[int][]wire.Finding{}
	for _, f := range set.Findings {
		if f.Level == wire.LevelSegment || f.Level == wire.LevelElement {
			bySegment[f.Pos.FileSegment] = append(bySegment[f.Pos.FileSegment], f)
		} else {
			out.Findings = append(out.Findings, f)
		}
	}
	for i := range set.Segments {
		out.Segments = append(out.Segments, x.segment(&set.Segments[i], bySegment[set.Segments[i].FileSegment]))
	}
	return out
}

// ExplainSegment takes a segment of the envelope apart (ISA, GS, GE, IEA, TA1).
func ExplainSegment(s *x12.Segment, version string, d x12.Delimiters) ExplainedSegment {
	return ReferencesOf(version).ExplainSegment(s, d, nil)
}

type explainer struct {
	rel    *release
	delims x12.Delimiters
	judge  judge // follows the loops only
}

func (x *explainer) segment(s *x12.Segment, findings []wire.Finding) ExplainedSegment {
	out := ExplainedSegment{
		ID: text(s.TagBytes()), N: s.SetSegment, FileSegment: s.FileSegment, Offset: s.Offset,
		NameKey: "edi.seg.unknown", Raw: text(s.Raw()), Findings: findings, Elements: []ExplainedElement{},
	}
	def := x.rel.segments[s.Tag]
	if def != nil {
		out.NameKey = "edi.seg." + def.id
	}
	if x.judge.set != nil && s.Kind == wire.Body {
		x.judge.findings = x.judge.findings[:0]
		x.judge.place(s)
		out.Loop = x.judge.loopID()
	}
	bad := map[int]bool{}
	for _, f := range findings {
		if f.Level == wire.LevelElement {
			bad[f.Pos.Element] = true
		}
	}
	last := s.Len()
	for n := range bad {
		last = max(last, n)
	}
	for i := 1; i <= last; i++ {
		v := s.El(i)
		if len(v) == 0 && !bad[i] {
			continue
		}
		var e *element
		if def != nil && i <= len(def.fields) {
			e = def.fields[i-1].element
		}
		if e == nil || e.parts == nil {
			out.Elements = append(out.Elements, x.element(out.ID, i, 0, e, v, bad[i]))
			continue
		}
		rest, more := v, true
		var part []byte
		for c := 1; more; c++ {
			part, rest, more = x12.Part(rest, x.delims.Component)
			var p *element
			if c <= len(e.parts) {
				p = e.parts[c-1].element
			}
			if len(part) > 0 || bad[i] {
				out.Elements = append(out.Elements, x.element(out.ID, i, c, p, part, bad[i]))
			}
		}
	}
	return out
}

func (x *explainer) element(id string, i, component int, e *element, v []byte, bad bool) ExplainedElement {
	out := ExplainedElement{Place: place(id, i), N: i, Component: component, Value: text(v), Bad: bad}
	if e == nil {
		return out
	}
	out.Ref, out.NameKey, out.Type = e.ref, "edi.el."+e.ref, e.kind.name(e.places)
	switch e.kind {
	case kindID:
		out.MeaningKey = MeaningKey(e.ref, out.Value)
	case kindDT:
		if validDate(v) && len(v) >= 6 {
			d := string(v)
			if len(v) == 6 {
				d = "20" + d
			}
			out.Decoded, out.DecodedKind = d[:4]+"-"+d[4:6]+"-"+d[6:8], "date"
		}
	case kindTM:
		if len(v) >= 4 && validTime(v) {
			out.Decoded, out.DecodedKind = string(v[:2])+":"+string(v[2:4]), "time"
			if len(v) >= 6 {
				out.Decoded += ":" + string(v[4:6])
			}
		}
	case kindN, kindR:
		if len(v) > 0 && checkNumber(&element{kind: e.kind, max: len(v)}, v) == fine {
			out.Decoded, out.DecodedKind = number(string(v), int(e.places)), "number"
		}
	case kindAN:
	}
	return out
}

// number puts the implied decimal point in and leading zeros away.
func number(v string, places int) string {
	neg := strings.HasPrefix(v, "-")
	v = strings.TrimPrefix(v, "-")
	if places > 0 {
		for len(v) <= places {
			v = "0" + v
		}
		v = v[:len(v)-places] + "." + v[len(v)-places:]
	}
	v = strings.TrimLeft(v, "0")
	if v == "" || v[0] == '.' {
		v = "0" + v
	}
	if neg {
		v = "-" + v
	}
	return v
}

// text makes a string that is valid UTF-8.
func text(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }

// Explain reads a file and hands every set, taken apart, to fn with its
// interchange and group. Errors are those of Read and of fn.
func Explain(r io.Reader, opt Options, fn func(*Interchange, *Group, Explained) error) error {
	return Read(r, opt, &explainVisitor{fn: fn})
}

type explainVisitor struct {
	fn func(*Interchange, *Group, Explained) error
	ic Interchange
	g  Group
}

func (v *explainVisitor) Interchange(i *Interchange) error  { v.ic = *i; return nil }
func (v *explainVisitor) Group(g *Group) error              { v.g = *g; return nil }
func (v *explainVisitor) Set(s *Set) error                  { return v.fn(&v.ic, &v.g, ExplainSet(s)) }
func (v *explainVisitor) GroupEnd(*Group) error             { return nil }
func (v *explainVisitor) InterchangeEnd(*Interchange) error { return nil }
