package event

import (
	"bufio"
	"errors"
	"io"

	"entente/edi/edifact"
	"entente/edi/wire"
	"entente/edi/x12"
)

// The standards, as the names of interchanges.
const (
	X12     = "X12"
	EDIFACT = "EDIFACT"
)

// sniffLen is how much of a file is looked at to tell its standard.
const sniffLen = 2 << 10

// maxNames bounds the names that are kept to be used again.
const maxNames = 4096

// Reader reads the events of a file. It is not safe for concurrent use.
type Reader struct {
	opt   Options
	lim   wire.Limits
	rest  wire.Rest
	src   *bufio.Reader // until the standard is known
	x     *xSource
	un    *unSource
	cur   source
	names map[uint32]string
	long  map[string]string

	ev    Event
	open  []frame
	queue []step // to be told before anything else
	at    int
	base  wire.Position // of the present segment
	tag   string
	role  wire.Kind
	parts bool // parts of the present segment are still to come
	after Kind // ends with the present segment
	ended bool
	err   error
}

// frame is something that is open.
type frame struct {
	kind Kind // of its end
	name string
}

type step struct {
	kind Kind
	name string
}

// source is a reader of one standard.
type source interface {
	// next moves to the next segment; it tells the steps before it.
	next() error
	// part gives the next part of the segment into the event, false at its end.
	part(ev *Event) bool
	// end is the offset after the segment.
	end() int64
	// left is the rest of the file, where err says that the other standard begins.
	left(err error) (wire.Rest, bool)
}

// NewReader returns a Reader over r.
func NewReader(r io.Reader, opt Options) *Reader {
	return &Reader{opt: opt, lim: opt.Limits.Filled(), src: bufio.NewReaderSize(r, 4<<10)}
}

// NewBytesReader returns a Reader over b without copying it. b must not change while
// it is read.
func NewBytesReader(b []byte, opt Options) *Reader {
	r := &Reader{opt: opt, lim: opt.Limits.Filled(), rest: wire.Rest{Head: b}}
	r.use(edifact.Is(b[:min(len(b), sniffLen)]))
	return r
}

// use goes on with the rest of the file in one standard.
func (r *Reader) use(un bool) {
	if un {
		r.un = newUnSource(r)
		r.cur, r.x = r.un, nil
		return
	}
	r.x = newXSource(r)
	r.cur, r.un = r.x, nil
}

// Next moves to the next event; false at the end of the file or at an error.
func (r *Reader) Next() bool {
	for {
		if r.at < len(r.queue) {
			s := r.queue[r.at]
			r.at++
			r.ev = Event{Kind: s.kind, Role: r.role, Name: s.name, Pos: r.base}
			switch s.kind {
			case Segment:
				r.parts = true
				r.ev.Raw = r.raw()
			case Object:
				r.ev.Raw = r.raw()
				r.ev.Value = r.ev.Raw
			}
			return true
		}
		if r.parts {
			if r.cur.part(&r.ev) {
				return true
			}
			r.parts = false
			if r.after != 0 {
				r.reset()
				r.base = wire.Position{Offset: r.cur.end(), FileSegment: r.base.FileSegment}
				r.close(r.after)
				r.after = 0
				continue
			}
		}
		if r.ended {
			return false
		}
		r.advance()
	}
}

// Event is the present event, valid until Next is called again.
func (r *Reader) Event() *Event { return &r.ev }

// Err is what ended reading, nil at the proper end of the file. It is a *wire.Error, or
// that of the underlying reader.
func (r *Reader) Err() error {
	if errors.Is(r.err, io.EOF) {
		return nil
	}
	return r.err
}

// X12 is the reader of the present interchange, for its header, delimiters and the
// like, nil when it is EDIFACT. It must not be moved on.
func (r *Reader) X12() *x12.Reader {
	if r.x == nil {
		return nil
	}
	return r.x.r
}

// EDIFACT is X12 for an interchange of EDIFACT.
func (r *Reader) EDIFACT() *edifact.Reader {
	if r.un == nil {
		return nil
	}
	return r.un.r
}

func (r *Reader) raw() []byte {
	if r.x != nil {
		return r.x.seg.Raw()
	}
	return r.un.seg.Raw()
}

// advance takes the next segment and queues what comes before its parts.
func (r *Reader) advance() {
	r.reset()
	if r.src != nil {
		head, err := r.src.Peek(sniffLen)
		if err != nil && !errors.Is(err, io.EOF) {
			r.fail(err)
			return
		}
		r.rest, r.src = wire.Rest{Src: r.src}, nil
		r.use(edifact.Is(head))
	}
	err := r.cur.next()
	if err == nil {
		if len(r.open) > r.lim.Nesting { // what this segment begins is not told
			r.open, r.queue = r.open[:len(r.open)-1], r.queue[:len(r.queue)-2]
			r.fail(&wire.Error{Kind: wire.ErrTooLarge, Key: "limit.nesting", Pos: r.base})
		}
		return
	}
	if rest, ok := r.cur.left(err); ok {
		r.close(InterchangeEnd)
		r.rest = rest
		r.use(r.un == nil)
		return
	}
	r.fail(err)
}

// fail ends reading, and everything that is open.
func (r *Reader) fail(err error) {
	r.err, r.ended = err, true
	if we, ok := errors.AsType[*wire.Error](err); ok {
		r.base = we.Pos
	} else if r.cur != nil {
		r.base = wire.Position{Offset: r.cur.end()}
	}
	r.close(InterchangeEnd)
}

func (r *Reader) reset() { r.queue, r.at = r.queue[:0], 0 }

func (r *Reader) begin(kind, end Kind, name string) {
	r.queue = append(r.queue, step{kind, name})
	r.open = append(r.open, frame{end, name})
}

// close ends what is open up to and including the innermost of a kind; nothing when
// none is.
func (r *Reader) close(kind Kind) {
	to := -1
	for i := len(r.open) - 1; i >= 0; i-- {
		if r.open[i].kind == kind {
			to = i
			break
		}
	}
	if to < 0 {
		return
	}
	for i := len(r.open) - 1; i >= to; i-- {
		r.queue = append(r.queue, step{r.open[i].kind, r.open[i].name})
	}
	r.open = r.open[:to]
}

// closeLoops ends loops until so many are open.
func (r *Reader) closeLoops(depth int) {
	n := 0
	for _, f := range r.open {
		if f.kind == LoopEnd {
			n++
		}
	}
	for ; n > depth; n-- {
		f := r.open[len(r.open)-1]
		r.queue = append(r.queue, step{f.kind, f.name})
		r.open = r.open[:len(r.open)-1]
	}
}

// loops ends and begins loops at a segment.
func (r *Reader) loops(depth int, opens string) {
	if opens == "" {
		r.closeLoops(depth)
		return
	}
	r.closeLoops(depth - 1)
	r.begin(LoopBegin, LoopEnd, opens)
}

// structure queues the events that the envelope asks for at a segment of a kind, but
// for loops. Name gives the name of what begins.
func (r *Reader) structure(kind wire.Kind, standard string, name []byte) {
	r.role, r.after = kind, 0
	switch kind {
	case wire.InterchangeStart:
		r.close(InterchangeEnd)
		r.begin(InterchangeBegin, InterchangeEnd, standard)
	case wire.GroupStart:
		r.close(SetEnd)
		r.close(GroupEnd)
		r.begin(GroupBegin, GroupEnd, r.name(name))
	case wire.SetStart:
		r.close(SetEnd)
		r.begin(SetBegin, SetEnd, r.name(name))
	case wire.SetEnd:
		r.closeLoops(0)
		r.after = SetEnd
	case wire.GroupEnd:
		r.close(SetEnd)
		r.after = GroupEnd
	case wire.InterchangeEnd:
		r.close(SetEnd)
		r.close(GroupEnd)
		r.after = InterchangeEnd
	case wire.Body, wire.Service, wire.Stray, wire.Object:
	}
}

// segment queues the segment itself.
func (r *Reader) segment(tag uint32, name []byte) {
	r.tag = r.tagName(tag, name)
	r.queue = append(r.queue, step{Segment, r.tag})
}

// tagName is the text of a tag, the same string each time.
func (r *Reader) tagName(tag uint32, b []byte) string {
	if s, ok := r.names[tag]; ok && tag != 0 {
		return s
	}
	if tag == 0 {
		return r.name(b)
	}
	if r.names == nil {
		r.names = map[uint32]string{}
	}
	s := string(b)
	if len(r.names) < maxNames {
		r.names[tag] = s
	}
	return s
}

// name is bytes as a string, the same each time.
func (r *Reader) name(b []byte) string {
	if s, ok := r.long[string(b)]; ok {
		return s
	}
	if r.long == nil {
		r.long = map[string]string{}
	}
	s := string(b)
	if len(r.long) < maxNames && len(s) < 64 {
		r.long[s] = s
	}
	return s
}
