package tree

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
)

// recorder keeps what was read and not yet let go, so that the bytes between
// segments can be had.
type recorder struct {
	src  io.Reader
	buf  []byte
	base int64 // offset in the file of buf[0]
	max  int
}

func (r *recorder) Read(p []byte) (int, error) {
	if len(r.buf) > r.max {
		return 0, &wire.Error{Kind: wire.ErrTooLarge, Key: "limit.gap", Pos: wire.Position{Offset: r.base}}
	}
	n, err := r.src.Read(p)
	r.buf = append(r.buf, p[:n]...)
	return n, err
}

// cut gives the bytes up to an offset and lets them go. Borrowed until the next Read.
func (r *recorder) cut(to int64) []byte {
	n := max(0, min(int(to-r.base), len(r.buf)))
	out := r.buf[:n]
	r.buf = r.buf[n:]
	r.base += int64(n)
	return out
}

// unEncoder writes one EDIFACT file.
type unEncoder struct {
	w   *bufio.Writer
	r   *edifact.Reader
	rec *recorder
	b   []byte

	d       edifact.Delimiters
	wrap    wire.Wrap
	unb     edifact.Segment // held back until the gap after it is known
	before  []byte
	unbRaw  []byte
	unbMark []edifact.Mark
	held    bool
	open    bool
	any     bool
	fresh   bool
	inGroup bool
	inSet   bool
	loops   int
	follow  schema.UnFollower
	cutOff  bool // the UNB has no terminator
	gap     []byte
	now     []byte // the gap before the present segment
	plain   []byte // scratch of token
	again   []byte
}

// run writes interchanges to the end of the file, or until X12 begins. It returns what
// was passed over last.
func (e *unEncoder) run() ([]byte, error) {
	lead, rec := bytes.Clone(e.before), e.rec
	for {
		s, err := e.r.Next()
		if errors.Is(err, edifact.ErrX12) {
			e.endInterchange()
			return append(lead, rec.cut(e.r.Offset())...), err
		}
		if err != nil {
			var we *wire.Error
			unfinished := errors.As(err, &we) && we.Key == "interchange.unfinished" && (e.held || e.open)
			if !errors.Is(err, io.EOF) && !unfinished || len(bytes.Trim(rec.buf, blanks)) > 0 {
				return nil, err
			}
			e.endInterchange()
			return append(lead, rec.cut(rec.base+int64(len(rec.buf)))...), nil
		}
		e.now = append(append(e.now[:0], lead...), rec.cut(s.Offset)...)
		lead = nil
		rec.cut(e.r.Offset())
		if s.Kind == wire.InterchangeStart {
			e.endInterchange()
			e.unb, e.unbRaw, e.unbMark = s.CopyTo(e.unbRaw[:0], e.unbMark[:0])
			e.before = append(e.before[:0], e.now...)
			e.d, e.held, e.cutOff = e.r.Delimiters(), true, e.r.Unterminated()
			e.wrap, _ = e.r.Wrapped()
			continue
		}
		if err := e.segment(s); err != nil {
			return nil, err
		}
	}
}

func (e *unEncoder) text(s string) { _, _ = e.w.WriteString(s) }

// begin writes the head of the interchange whose UNB is held.
func (e *unEncoder) begin(gap []byte) {
	e.held, e.open = false, true
	b := e.b[:0]
	if e.any {
		b = append(b, ',')
	}
	e.any = true
	b = append(b, "\n{\"syntax\":\"edifact\",\"delimiters\":{\"component\":"...)
	b = appendByte(b, e.d.Component)
	b = appendByte(append(b, `,"element":`...), e.d.Element)
	b = appendByte(append(b, `,"decimal":`...), e.d.Decimal)
	if e.d.Release != 0 {
		b = appendByte(append(b, `,"release":`...), e.d.Release)
	}
	if e.d.Repetition != 0 {
		b = appendByte(append(b, `,"repetition":`...), e.d.Repetition)
	}
	b = append(appendByte(append(b, `,"terminator":`...), e.d.Terminator), '}')
	b = appendWrap(b, e.wrap)
	if len(e.before) > 0 {
		b = appendBytes(append(b, `,"before":`...), e.before)
	}
	if len(gap) > 0 {
		b = appendBytes(append(b, `,"gap":`...), gap)
	}
	b = append(b, ",\"nodes\":[\n"...)
	if e.cutOff {
		b = append(b, `{"segment":`...)
	}
	b = e.elements(b, &e.unb)
	if e.cutOff {
		b = append(b, `,"unterminated":true}`...)
	}
	e.b = b
	_, _ = e.w.Write(b)
	e.gap = append(e.gap[:0], gap...)
	e.fresh, e.inGroup, e.inSet, e.loops = false, false, false, 0
}

func (e *unEncoder) endInterchange() {
	if e.held {
		e.begin(nil)
	}
	if e.open {
		e.endGroup()
		e.text("]}")
		e.open = false
	}
}

func (e *unEncoder) endLoops(to int) {
	for ; e.loops > to; e.loops-- {
		e.text("]}")
		e.fresh = false
	}
}

func (e *unEncoder) endSet() {
	if e.inSet {
		e.endLoops(0)
		e.text("]}")
		e.inSet, e.fresh = false, false
	}
}

func (e *unEncoder) endGroup() {
	e.endSet()
	if e.inGroup {
		e.text("]}")
		e.inGroup, e.fresh = false, false
	}
}

func (e *unEncoder) list(kind string, name []byte) {
	b := e.b[:0]
	if !e.fresh {
		b = append(b, ',')
	}
	b = append(append(append(b, "\n{\""...), kind...), `":`...)
	e.b = append(appendBytes(b, name), `,"nodes":[`...)
	_, _ = e.w.Write(e.b)
	e.fresh = true
}

func (e *unEncoder) segment(s *edifact.Segment) error {
	if e.held && e.wrap.Width > 0 {
		e.begin(nil)
	} else if e.held {
		e.begin(e.now)
	}
	switch s.Kind {
	case wire.GroupStart:
		e.endGroup()
		e.list("group", e.unescape(s.El(1, 1)))
		e.inGroup = true
	case wire.SetStart:
		e.endSet()
		e.list("set", e.unescape(s.El(2, 1)))
		e.inSet = true
		e.follow.Begin(s)
	case wire.Body:
		depth, opens := e.follow.Place(s)
		if opens == "" {
			e.endLoops(depth)
			break
		}
		e.endLoops(depth - 1)
		e.list("loop", []byte(opens))
		e.loops = depth
	case wire.SetEnd:
		e.endLoops(0)
	case wire.GroupEnd:
		e.endSet()
	case wire.InterchangeEnd:
		e.endGroup()
	}
	b := e.b[:0]
	if !e.fresh {
		b = append(b, ',')
	}
	b = append(b, '\n')
	if s.Kind == wire.Object {
		e.fresh = false
		e.b = append(appendBytes(append(b, `{"object":`...), s.Raw()), '}')
		_, err := e.w.Write(e.b)
		return err
	}
	cut := e.r.Unterminated()
	other := !bytes.Equal(e.now, e.gap)
	if cut || other {
		b = append(b, `{"segment":`...)
	}
	b = e.elements(b, s)
	if other {
		b = appendBytes(append(b, `,"before":`...), e.now)
	}
	if cut {
		b = append(b, `,"unterminated":true`...)
	}
	if cut || other {
		b = append(b, '}')
	}
	e.fresh = false
	e.b = b
	if _, err := e.w.Write(b); err != nil {
		return err
	}
	switch s.Kind {
	case wire.SetEnd:
		e.endSet()
	case wire.GroupEnd:
		e.endGroup()
	}
	return nil
}

// elements appends a segment as an array, the tag first, which may have components
// itself.
func (e *unEncoder) elements(b []byte, s *edifact.Segment) []byte {
	marks, raw := s.Marks(), s.Raw()
	b = append(b, '[')
	n := len(marks) - 1 // tokens
	for i := 0; i < n; {
		// One element: the tokens up to the next that begins an element.
		end := i + 1
		repeats := false
		for end < n && marks[end].Sep() != edifact.SepElement {
			repeats = repeats || marks[end].Sep() == edifact.SepRepeat
			end++
		}
		if i > 0 {
			b = append(b, ',')
		}
		if repeats {
			b = append(b, `{"repeat":[`...)
		}
		for at := i; at < end; {
			last := at + 1
			for last < end && marks[last].Sep() == edifact.SepComponent {
				last++
			}
			if at > i {
				b = append(b, ',')
			}
			if last > at+1 {
				b = append(b, '[')
			}
			for k := at; k < last; k++ {
				if k > at {
					b = append(b, ',')
				}
				b = e.token(b, s, raw[marks[k].Start():marks[k+1].Start()-1])
			}
			if last > at+1 {
				b = append(b, ']')
			}
			at = last
		}
		if repeats {
			b = append(b, "]}"...)
		}
		i = end
	}
	return append(b, ']')
}

// token appends a value without release characters; as {"raw":…} where writing it
// would not set the same ones.
func (e *unEncoder) token(b []byte, s *edifact.Segment, v []byte) []byte {
	plain := e.unescape(v)
	d := e.d
	if s.Kind == wire.InterchangeStart {
		d.Repetition = 0 // only UNB itself says whether there is one
	}
	e.again = escape(e.again[:0], plain, d)
	if !bytes.Equal(e.again, v) {
		return append(appendBytes(append(b, `{"raw":`...), v), '}')
	}
	return appendBytes(b, plain)
}

// unescape drops release characters. The result is valid until the next call.
func (e *unEncoder) unescape(v []byte) []byte {
	if e.d.Release == 0 || bytes.IndexByte(v, e.d.Release) < 0 {
		return v
	}
	e.plain = e.plain[:0]
	for i := 0; i < len(v); i++ {
		if v[i] == e.d.Release {
			if i++; i == len(v) {
				break
			}
		}
		e.plain = append(e.plain, v[i])
	}
	return e.plain
}

// escape sets the release character before every service character but the
// decimal mark.
func escape(b, v []byte, d edifact.Delimiters) []byte {
	for _, c := range v {
		if d.Release != 0 && (c == d.Release || separates(c, d)) {
			b = append(b, d.Release)
		}
		b = append(b, c)
	}
	return b
}

func separates(c byte, d edifact.Delimiters) bool {
	return c == d.Component || c == d.Element || c == d.Terminator || c == d.Repetition && c != 0
}
