package event

import (
	"bytes"
	"errors"

	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

var (
	tagBIN = x12.TagOf("BIN")
	tagBDS = x12.TagOf("BDS")
)

// xSource reads X12.
type xSource struct {
	r      *x12.Reader
	out    *Reader
	follow schema.Follower
	gs     string // GS08
	seg    *x12.Segment
	d      x12.Delimiters
	whole  bool // elements are not taken apart

	el         int  // the element last told
	from, to   int  // of the element in Raw
	occ, last  int  // of the present occurrence
	told       bool // it was told as a repetition; its value is to come
	repeats    bool
	part1      int // where the next component begins, -1 for none
	components bool
}

func newXSource(out *Reader) *xSource {
	return &xSource{r: x12.NewRestReader(out.rest, out.opt.Limits), out: out}
}

func (s *xSource) end() int64 { return s.r.Offset() }

func (s *xSource) left(err error) (wire.Rest, bool) {
	if !errors.Is(err, x12.ErrEDIFACT) {
		return wire.Rest{}, false
	}
	return s.r.Rest(), true
}

func (s *xSource) next() error {
	seg, err := s.r.Next()
	if err != nil {
		return err
	}
	s.seg, s.el, s.part1, s.repeats, s.told = seg, 0, -1, false, false
	s.out.base = wire.Position{Offset: seg.Offset, FileSegment: seg.FileSegment, Segment: seg.SetSegment}
	s.whole = seg.Tag == tagBIN || seg.Tag == tagBDS || seg.Kind == wire.InterchangeStart
	s.out.structure(seg.Kind, X12, seg.El(1))
	switch seg.Kind {
	case wire.InterchangeStart:
		s.d = s.r.Delimiters()
	case wire.GroupStart:
		s.gs = s.out.name(seg.El(8))
	case wire.SetStart:
		if !s.out.opt.NoLoops {
			s.follow.Begin(s.gs, s.out.name(seg.El(1)), s.d)
		}
	case wire.Body:
		if !s.out.opt.NoLoops {
			s.out.loops(s.follow.Place(seg))
		}
	}
	s.out.segment(uint32(seg.Tag), seg.TagBytes())
	return nil
}

func (s *xSource) part(ev *Event) bool {
	raw := s.seg.Raw()
	switch {
	case s.part1 >= 0:
		end, next := s.last, -1
		if i := bytes.IndexByte(raw[s.part1:s.last], s.d.Component); i >= 0 {
			end = s.part1 + i
			next = end + 1
		}
		ev.Pos.Component++
		s.fill(ev, Component, s.part1, end)
		ev.Value = ev.Raw
		s.part1 = next
		return true
	case s.told:
		s.told = false
		s.value(ev, raw)
		return true
	case s.repeats && s.last < s.to:
		s.occurrence(ev, raw, s.last+1)
		return true
	}
	b := s.seg.Bounds()
	s.el++
	if s.el+1 >= len(b) {
		return false
	}
	s.from, s.to = int(b[s.el]), int(b[s.el+1])-1
	ev.Role, ev.Name = s.out.role, s.out.tag
	ev.Pos = s.out.base
	ev.Pos.Element = s.el
	s.repeats = !s.whole && s.d.Repetition != 0 && bytes.IndexByte(raw[s.from:s.to], s.d.Repetition) >= 0
	if s.repeats {
		s.occurrence(ev, raw, s.from)
		return true
	}
	s.occ, s.last = s.from, s.to
	s.value(ev, raw)
	return true
}

// occurrence tells the occurrence of a repeating element that begins at from.
func (s *xSource) occurrence(ev *Event, raw []byte, from int) {
	s.occ, s.last, s.told = from, s.to, true
	if i := bytes.IndexByte(raw[from:s.to], s.d.Repetition); i >= 0 {
		s.last = from + i
	}
	ev.Pos.Repeat++
	ev.Pos.Component = 0
	s.fill(ev, Repetition, s.occ, s.last)
	ev.Value = nil
}

// value tells the present occurrence as an element or a composite.
func (s *xSource) value(ev *Event, raw []byte) {
	if !s.whole && bytes.IndexByte(raw[s.occ:s.last], s.d.Component) >= 0 {
		s.part1 = s.occ
		s.fill(ev, Composite, s.occ, s.last)
		ev.Value = nil
		return
	}
	s.fill(ev, Element, s.occ, s.last)
	ev.Value = ev.Raw
}

func (s *xSource) fill(ev *Event, kind Kind, from, to int) {
	ev.Kind = kind
	ev.Pos.Offset = s.seg.At(from)
	ev.Raw = s.seg.Raw()[from:to:to]
}
