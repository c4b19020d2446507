// Package inspect reads what a page shows of one document of an interchange: a window of
// its segments, each as it was written, taken apart and in its loops, so that every view
// of it speaks of the same places. It reads a file as a stream and keeps the window only.
package inspect

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode"

	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// MaxBytes is how far into a file is read.
const MaxBytes = 64 << 20

// around is how many segments beside one with a finding are kept, wherever it stands.
const around = 3

// Place is a segment, an element or a component of a document. Segments of a set have a
// number, ST or UNH being 1; those of the envelope are told by their tag.
type Place struct {
	Segment   int
	Tag       string // of the envelope
	Element   int    // 0: the segment
	Component int    // 0: the element
}

// IsZero says that it is none.
func (p Place) IsZero() bool { return p == Place{} }

// Whole is the segment of a place.
func (p Place) Whole() Place { return Place{Segment: p.Segment, Tag: p.Tag} }

// String writes a place as ParsePlace reads it: "5", "5.2", "5.2.1", "ISA.6".
func (p Place) String() string {
	if p.IsZero() {
		return ""
	}
	out := p.Tag
	if p.Tag == "" {
		out = strconv.Itoa(p.Segment)
	}
	for _, n := range []int{p.Element, p.Component} {
		if n == 0 {
			break
		}
		out += "." + strconv.Itoa(n)
	}
	return out
}

// ParsePlace reads a place; what is none gives none.
func ParsePlace(s string) Place {
	parts := strings.Split(s, ".")
	if len(parts) > 3 || len(s) > 24 {
		return Place{}
	}
	var n [3]int
	for i, x := range parts {
		v, err := strconv.Atoi(x)
		if err != nil || v < 1 {
			if i > 0 || !envelope(x) {
				return Place{}
			}
			continue
		}
		n[i] = v
	}
	p := Place{Segment: n[0], Element: n[1], Component: n[2]}
	if p.Segment == 0 {
		p.Tag = parts[0]
	}
	return p
}

func envelope(tag string) bool {
	switch tag {
	case "ISA", "GS", "GE", "IEA", "UNB", "UNG", "UNE", "UNZ":
		return true
	}
	return false
}

// Part is a run of a segment; At is empty for separators.
type Part struct {
	Text string
	At   Place
	Mark bool // a finding speaks of it
}

// Loop is one occurrence of a loop.
type Loop struct {
	Name string // "PO1", "SG25"
	Tag  string // of the segment that opens it
	No   int    // which occurrence in the loop around it
}

// Segment is one segment of a window.
type Segment struct {
	schema.ExplainedSegment
	At       Place
	Envelope bool
	Parts    []Part // what follows the tag
	Depth    int    // loops it stands in
	Opens    []Loop // those that begin with it; the first segment shown opens all it stands in
	Gap      bool   // segments before it are left out
}

// Window is what is shown.
type Window struct {
	Segments []Segment
	Total    int  // segments of the set
	From, To int  // numbers of the first and the last of the window in the set
	Cut      bool // not all of the set is here
	Short    bool // the file is longer than what was read
	Sets     int  // sets met while reading: with Options.Set all that were read, else those in the window
}

// Options say what is asked for.
type Options struct {
	EDIFACT  bool
	Set      int // from 1; 0: the whole interchange, from its beginning
	At       int // segment of the set in the middle of the window; 0: its beginning
	Size     int // segments in the window
	Findings []wire.Finding
}

// Read reads a window. A file that cannot be read on ends there.
func Read(body io.Reader, opt Options) (Window, error) {
	limited := &io.LimitedReader{R: body, N: MaxBytes}
	r := &reader{opt: opt, from: 1, to: opt.Size, near: map[int]bool{}, on: map[int][]wire.Finding{}}
	if opt.At > opt.Size/2 {
		r.from = opt.At - opt.Size/2
		r.to = r.from + opt.Size - 1
	}
	for _, f := range opt.Findings {
		if f.Pos.Segment > 0 {
			r.on[f.Pos.Segment] = append(r.on[f.Pos.Segment], pinned(f))
		}
		for n := f.Pos.Segment - around; f.Pos.Segment > 0 && n <= f.Pos.Segment+around && len(r.near) < opt.Size; n++ {
			r.near[n] = true
		}
	}
	read := r.x12
	if opt.EDIFACT {
		read = r.edifact
	}
	err := read(limited)
	var broken *wire.Error
	if errors.Is(err, io.EOF) || errors.As(err, &broken) || errors.Is(err, errEnough) {
		err = nil // what cannot be read on is in the download
	}
	r.out.Short, r.out.Sets = limited.N <= 0, r.set
	return r.out, err
}

var errEnough = errors.New("the window is full")

type reader struct {
	opt      Options
	out      Window
	from, to int
	near     map[int]bool
	on       map[int][]wire.Finding

	set   int
	last  int // number of the last segment of the set that was kept
	stack []open
}

// open is a loop that is open, with the counts of those in it.
type open struct {
	Loop
	told   bool
	counts map[string]int
}

// kept says whether a segment is shown; number is 0 in the envelope.
func (r *reader) kept(kind wire.Kind, number int) (bool, error) {
	if kind == wire.SetStart {
		r.set++
		r.stack = append(r.stack[:0], open{})
	}
	if !within(kind) {
		if r.opt.Set == 0 && len(r.out.Segments) >= r.opt.Size {
			r.out.Cut = true
			return false, errEnough
		}
		return kind != wire.Object && len(r.out.Segments) < 3*r.opt.Size, nil
	}
	if r.opt.Set == 0 {
		r.out.Total++
		if len(r.out.Segments) >= r.opt.Size {
			r.out.Cut = true
			return false, errEnough
		}
		return true, nil
	}
	if r.set != r.opt.Set {
		return false, nil
	}
	r.out.Total++
	if number < r.from || number > r.to {
		r.out.Cut = true
		return r.near[number], nil
	}
	if r.out.From == 0 {
		r.out.From = number
	}
	r.out.To = number
	return true, nil
}

// placed keeps the loops that are open at a segment between ST and SE.
func (r *reader) placed(depth int, opens string, tag []byte) {
	if len(r.stack) == 0 {
		return
	}
	if opens != "" {
		depth--
	}
	for len(r.stack)-1 > depth {
		r.stack = r.stack[:len(r.stack)-1]
	}
	if opens == "" {
		return
	}
	around := &r.stack[len(r.stack)-1]
	if around.counts == nil {
		around.counts = map[string]int{}
	}
	around.counts[opens]++
	id := opens // mostly the tag of the segment that opens it
	if id != string(tag) {
		id = string(tag)
	}
	r.stack = append(r.stack, open{Loop: Loop{Name: opens, Tag: id, No: around.counts[opens]}})
}

// longest is what is shown of one value, in bytes.
const longest = 600

func clip(s string) string {
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "") + "…"
}

// keep adds a segment.
func (r *reader) keep(s schema.ExplainedSegment, inside bool, parts []Part) {
	s.Raw = ""
	for i := range s.Elements {
		s.Elements[i].Value = clip(Clean([]byte(s.Elements[i].Value)))
	}
	seg := Segment{ExplainedSegment: s, At: Place{Tag: s.ID}, Envelope: !inside, Parts: parts}
	if inside {
		seg.At = Place{Segment: s.N}
		seg.Gap = r.opt.Set > 0 && s.N > r.last+1
		r.last = s.N
		if len(r.stack) > 0 {
			seg.Depth = len(r.stack) - 1
		}
		for i := 1; i < len(r.stack); i++ {
			if !r.stack[i].told {
				r.stack[i].told = true
				seg.Opens = append(seg.Opens, r.stack[i].Loop)
			}
		}
	} else if seg.At.Tag != "" && !envelope(seg.At.Tag) {
		seg.At = Place{}
	}
	r.out.Segments = append(r.out.Segments, seg)
}

// within says that a segment belongs to a set.
func within(k wire.Kind) bool { return k == wire.SetStart || k == wire.Body || k == wire.SetEnd }

func (r *reader) x12(body io.Reader) error {
	in := x12.NewReader(body, wire.Limits{})
	var loops schema.Follower
	version := ""
	refs := schema.ReferencesOf("")
	for {
		s, err := in.Next()
		if err != nil {
			return err
		}
		if s.Kind == wire.GroupStart {
			version = s.Text(8)
			refs = schema.ReferencesOf(version)
		}
		kept, err := r.kept(s.Kind, s.SetSegment)
		if err != nil {
			return err
		}
		d := in.Delimiters()
		if r.follows() {
			switch s.Kind {
			case wire.SetStart:
				loops.Begin(version, s.Text(1), d)
			case wire.Body:
				depth, opens := loops.Place(s)
				r.placed(depth, opens, s.TagBytes())
			case wire.SetEnd:
				r.placed(0, "", nil)
			}
		}
		if !kept {
			continue
		}
		inside := within(s.Kind)
		found := r.found(inside, s.SetSegment, s.ID())
		m := marker{at: place(inside, s.SetSegment, s.ID()), found: found}
		for i := 1; i <= s.Len(); i++ {
			m.text(string(rune(d.Element)))
			_, composite := refs.X12(s.Tag, i, 1)
			m.value(s.El(i), i, composite, d)
		}
		m.text(Clean([]byte{d.Terminator}))
		r.keep(refs.ExplainSegment(s, d, found), inside, m.parts)
	}
}

// follows says whether the loops of the present set matter.
func (r *reader) follows() bool { return r.opt.Set == 0 || r.set == r.opt.Set }

// found are the findings of a segment.
func (r *reader) found(inside bool, n int, tag string) []wire.Finding {
	if inside {
		return r.on[n]
	}
	var out []wire.Finding
	for _, f := range r.opt.Findings {
		if f.Pos.Segment == 0 && f.SegmentID == tag {
			out = append(out, pinned(f))
		}
	}
	return out
}

// pinned is a finding as it hangs on its place, whatever level it counts for.
func pinned(f wire.Finding) wire.Finding {
	if f.Pos.Element > 0 {
		f.Level = wire.LevelElement
	}
	return f
}

func place(inside bool, n int, tag string) Place {
	switch {
	case inside:
		return Place{Segment: n}
	case envelope(tag):
		return Place{Tag: tag}
	}
	return Place{}
}

// marker writes a segment in runs.
type marker struct {
	at    Place
	found []wire.Finding
	parts []Part
}

// text adds what is no value.
func (m *marker) text(s string) {
	if n := len(m.parts); n > 0 && m.parts[n-1].At.IsZero() && !m.parts[n-1].Mark {
		m.parts[n-1].Text += s
		return
	}
	m.parts = append(m.parts, Part{Text: s})
}

// one adds a value.
func (m *marker) one(s string, el, comp int) {
	bad := false
	for _, f := range m.found {
		bad = bad || f.Pos.Element == el && (f.Pos.Component == 0 || comp == 0 || f.Pos.Component == comp)
	}
	if s == "" && !bad {
		return
	}
	p := Part{Text: clip(s), Mark: bad}
	if !m.at.IsZero() {
		p.At = m.at
		p.At.Element, p.At.Component = el, comp
	}
	m.parts = append(m.parts, p)
}

// value adds an element of X12, its components each.
func (m *marker) value(v []byte, el int, composite bool, d x12.Delimiters) {
	if !composite {
		m.one(Clean(v), el, 0)
		return
	}
	comp := 1
	for {
		i := bytes.IndexFunc(v, func(r rune) bool { return r == rune(d.Component) || d.Repetition != 0 && r == rune(d.Repetition) })
		if i < 0 {
			m.one(Clean(v), el, comp)
			return
		}
		m.one(Clean(v[:i]), el, comp)
		m.text(string(rune(v[i])))
		if comp++; v[i] == d.Repetition {
			comp = 1
		}
		v = v[i+1:]
	}
}

// edifact shows values as they are in the file, release characters included, in UTF-8.
func (r *reader) edifact(body io.Reader) error {
	in := edifact.NewReader(body, wire.Limits{})
	var loops schema.UnFollower
	var id edifact.MessageID
	refs := schema.MessageReferences(id)
	for {
		s, err := in.Next()
		if err != nil {
			return err
		}
		if s.Kind == wire.SetStart {
			if now := edifact.MessageOf(s); now != id {
				id, refs = now, schema.MessageReferences(now)
			}
		}
		kept, err := r.kept(s.Kind, s.SetSegment)
		if err != nil {
			return err
		}
		if r.follows() {
			switch s.Kind {
			case wire.SetStart:
				loops.Begin(s)
			case wire.Body:
				depth, opens := loops.Place(s)
				r.placed(depth, opens, s.TagBytes())
			case wire.SetEnd:
				r.placed(0, "", nil)
			}
		}
		if !kept {
			continue
		}
		inside := within(s.Kind)
		found := r.found(inside, s.SetSegment, s.ID())
		m := marker{at: place(inside, s.SetSegment, s.ID()), found: found}
		d, raw, marks := in.Delimiters(), s.Raw(), s.Marks()
		el, comp := 0, 0
		for i := 1; i+1 < len(marks); i++ {
			sep := d.Element
			switch marks[i].Sep() {
			case edifact.SepElement:
				el, comp = el+1, 1
			case edifact.SepComponent:
				sep, comp = d.Component, comp+1
			case edifact.SepRepeat:
				sep, comp = d.Repetition, 1
			}
			m.text(string(rune(sep)))
			v := raw[marks[i].Start() : marks[i+1].Start()-1]
			if d.Release != 0 { // decoding takes release characters away; doubled ones stay as they were
				v = bytes.ReplaceAll(v, []byte{d.Release}, []byte{d.Release, d.Release})
			}
			text := Clean([]byte(s.Decode(v)))
			if el == 0 {
				m.text(text)
				continue
			}
			at := comp
			if _, composite := refs.UN(s.Tag, el, comp); !composite && comp == 1 {
				at = 0
			}
			m.one(text, el, at)
		}
		m.text(Clean([]byte{d.Terminator}))
		r.keep(refs.ExplainMessageSegment(s, found), inside, m.parts)
	}
}

// Clean is text for a page: valid, and blanks where control characters stand.
func Clean(b []byte) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(b), "\uFFFD"))
}
