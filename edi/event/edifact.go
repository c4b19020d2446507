package event

import (
	"errors"

	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
)

// unSource reads EDIFACT.
type unSource struct {
	r      *edifact.Reader
	out    *Reader
	follow schema.UnFollower
	seg    *edifact.Segment
	text   []byte

	tok     int  // the token that comes next
	element int  // number of the element told last
	stop    int  // the token after the present occurrence
	told    bool // the occurrence was told as a repetition; its value is to come
	inside  bool // components of a composite are still to come
	repeats bool
}

func newUnSource(out *Reader) *unSource {
	return &unSource{r: edifact.NewRestReader(out.rest, out.opt.Limits), out: out}
}

func (s *unSource) end() int64 { return s.r.Offset() }

func (s *unSource) left(err error) (wire.Rest, bool) {
	if !errors.Is(err, edifact.ErrX12) {
		return wire.Rest{}, false
	}
	return s.r.Rest(), true
}

func (s *unSource) next() error {
	seg, err := s.r.Next()
	if err != nil {
		return err
	}
	s.seg, s.tok, s.element, s.told, s.inside, s.repeats = seg, 1, 0, false, false, false
	if m := seg.Marks(); len(m) > 2 && m[1].Sep() != edifact.SepElement {
		s.tok, s.element = 0, -1 // a tag with components
	}
	s.out.base = wire.Position{Offset: seg.Offset, FileSegment: seg.FileSegment, Segment: seg.SetSegment}
	if seg.Kind == wire.Object {
		s.out.role, s.out.after = seg.Kind, 0
		s.out.queue = append(s.out.queue, step{Object, ""})
		return nil
	}
	name := seg.El(1, 1)
	if seg.Kind == wire.SetStart {
		name = seg.El(2, 1)
	}
	s.out.structure(seg.Kind, EDIFACT, s.plain(name))
	switch seg.Kind {
	case wire.SetStart:
		if !s.out.opt.NoLoops {
			s.follow.Begin(seg)
		}
	case wire.Body:
		if !s.out.opt.NoLoops {
			s.out.loops(s.follow.Place(seg))
		}
	}
	s.out.segment(uint32(seg.Tag), seg.TagBytes())
	return nil
}

// plain gives a value in UTF-8 without release characters.
func (s *unSource) plain(b []byte) []byte {
	v := s.seg.TextIn(s.text[:0], b)
	if cap(v) > cap(s.text) && len(b) > 0 && len(v) > 0 && &v[0] != &b[0] {
		s.text = v
	}
	return v
}

func (s *unSource) part(ev *Event) bool {
	m := s.seg.Marks()
	n := len(m) - 1
	switch {
	case s.inside:
		ev.Pos.Component++
		s.fill(ev, Component, s.tok, s.tok+1)
		ev.Value = s.plain(ev.Raw)
		s.tok++
		s.inside = s.tok < s.stop
		return true
	case s.told:
		s.told = false
		s.value(ev)
		return true
	case s.repeats && s.tok < n && m[s.tok].Sep() == edifact.SepRepeat:
		s.occurrence(ev, m, n)
		return true
	case s.tok >= n:
		return false
	}
	s.element++
	ev.Role, ev.Name = s.out.role, s.out.tag
	ev.Pos = s.out.base
	ev.Pos.Element = s.element
	s.repeats = false
	s.stop = s.tok + 1
	for s.stop < n && m[s.stop].Sep() == edifact.SepComponent {
		s.stop++
	}
	for i := s.stop; i < n && m[i].Sep() != edifact.SepElement; i++ {
		s.repeats = s.repeats || m[i].Sep() == edifact.SepRepeat
	}
	if s.repeats {
		s.occurrence(ev, m, n)
		return true
	}
	s.value(ev)
	return true
}

// occurrence tells the occurrence of a repeating element that begins at tok.
func (s *unSource) occurrence(ev *Event, m []edifact.Mark, n int) {
	s.told = true
	s.stop = s.tok + 1
	for s.stop < n && m[s.stop].Sep() == edifact.SepComponent {
		s.stop++
	}
	ev.Pos.Repeat++
	ev.Pos.Component = 0
	s.fill(ev, Repetition, s.tok, s.stop)
	ev.Value = nil
}

// value tells the present occurrence as an element or a composite.
func (s *unSource) value(ev *Event) {
	if s.stop > s.tok+1 {
		s.inside = true
		s.fill(ev, Composite, s.tok, s.stop)
		ev.Value = nil
		return
	}
	s.fill(ev, Element, s.tok, s.stop)
	ev.Value = s.plain(ev.Raw)
	s.tok = s.stop
}

// fill takes the tokens from one to before another.
func (s *unSource) fill(ev *Event, kind Kind, from, to int) {
	m := s.seg.Marks()
	a, b := m[from].Start(), m[to].Start()-1
	ev.Kind = kind
	ev.Pos.Offset = s.seg.At(a)
	ev.Raw = s.seg.Raw()[a:b:b]
}
