package edifact

import (
	"encoding/binary"
	"errors"
	"io"
	"math/bits"

	"entente/edi/wire"
)

const (
	firstBuffer = 8 << 10
	fullBuffer  = 256 << 10
	unaLen      = 9
	firstMarks  = 80
	// tokensPerElement bounds the components and repetitions of a segment as a
	// multiple of Limits.Elements.
	tokensPerElement = 16
)

// Reader reads segments from a stream, one at a time, in one reused buffer.
// Service characters come from each UNA, else from the syntax identifier. It is
// not safe for concurrent use.
type Reader struct {
	src   io.Reader
	lim   wire.Limits
	buf   []byte
	start int   // of the unread part of buf
	end   int   // of the filled part of buf
	base  int64 // offset in the file of buf[0]
	fixed bool  // buf is the caller's, whole and not ours to change
	eof   bool
	err   error

	delim Delimiters
	class [256]uint8 // 0, or what the byte separates
	pats  [5]uint64
	seen  bool // a UNB was read
	// skipped counts bytes of other content before the present interchange.
	skipped int64
	former  Delimiters  // of the last UNA
	object  object      // of a package that is open
	lines   *wire.Lines // of a wrapped interchange, else nil

	inInterchange, inGroup, inSet bool
	unterminated                  bool
	una                           bool  // the interchange has a UNA
	begin                         int64 // where the interchange begins: UNA or UNB
	fileSeg, setSeg               int
	header                        Header
	set                           *charset
	setKnown                      bool
	seg                           Segment
	marks                         []Mark

	win         window
	plain       bool // a test wants every segment split without the window
	holding     bool // marks is the rest of held, not loose
	held, loose []Mark
}

// The classes of bytes. The first three are the separators of tokens.
const (
	clsElement    = uint8(SepElement) + 1
	clsComponent  = uint8(SepComponent) + 1
	clsRepeat     = uint8(SepRepeat) + 1
	clsRelease    = 4
	clsTerminator = 5
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// NewReader returns a Reader over r. Zero fields of limits mean the defaults.
func NewReader(r io.Reader, limits wire.Limits) *Reader {
	return &Reader{src: r, lim: limits.Filled(), marks: make([]Mark, firstMarks)}
}

// NewBytesReader returns a Reader over b without copying it. b must not change
// while it is read.
func NewBytesReader(b []byte, limits wire.Limits) *Reader {
	return &Reader{buf: b, end: len(b), eof: true, fixed: true, lim: limits.Filled(), marks: make([]Mark, firstMarks)}
}

// Header is the header of the interchange being read.
func (r *Reader) Header() Header { return r.header }

// Delimiters are those of the interchange being read.
func (r *Reader) Delimiters() Delimiters { return r.delim }

// Charset is the character set of the interchange being read; known is false when
// the syntax identifier names none that we read.
func (r *Reader) Charset() (c Charset, known bool) { return Charset{r.set}, r.setKnown }

// HasUNA says whether the interchange being read has a UNA.
func (r *Reader) HasUNA() bool { return r.una }

// Begin is the offset in the file where the interchange being read begins: at its
// UNA, else at its UNB.
func (r *Reader) Begin() int64 { return r.begin }

// Offset is the offset in the file right after the segment last returned and its
// terminator.
func (r *Reader) Offset() int64 { return r.base + int64(r.start) }

// Unterminated says that the last segment of the file had no terminator.
func (r *Reader) Unterminated() bool { return r.unterminated }

// Next returns the next segment, borrowed until the following call. UNA is no
// segment and not returned. At the proper end it returns io.EOF; all other errors
// are *wire.Error or come from the underlying reader, and repeat.
func (r *Reader) Next() (*Segment, error) {
	if r.err != nil {
		return nil, r.err
	}
	if s := r.quick(); s != nil {
		return s, nil
	}
	seg, err := r.next()
	if err != nil {
		r.err = err
		return nil, err
	}
	return seg, nil
}

func (r *Reader) next() (*Segment, error) {
	if !r.inInterchange {
		if err := r.seek(); err != nil {
			return nil, err
		}
		return r.readUNB()
	}
	if r.object.open {
		if part, err := r.objectPart(); part != nil || err != nil {
			return part, err
		}
	}
	if r.start == r.end || r.buf[r.start] <= ' ' {
		if err := r.skipBlanks(); err != nil {
			return nil, err
		}
	}
	if r.start == r.end {
		return nil, r.fail(wire.ErrTruncated, "interchange.unfinished", "")
	}
	if r.buf[r.start] == 'U' {
		again, err := r.atStart()
		if err != nil {
			return nil, err
		}
		if again {
			return r.readUNB()
		}
	}
	s, err := r.segment()
	if err != nil {
		return nil, err
	}
	r.classify(s)
	if r.object.open && s.Tag != tagUNO && r.object.before == 0 && r.object.left == 0 {
		return s, r.closeObject(s)
	}
	return s, nil
}

// segment cuts the segment at start and moves past it.
func (r *Reader) segment() (*Segment, error) {
	if r.lines != nil {
		return r.wrappedSegment()
	}
	n, count, released, high, err := r.bounds()
	if err != nil {
		return nil, err
	}
	s := &r.seg
	s.raw = r.buf[r.start : r.start+n]
	s.marks = r.marks[:count]
	if r.delim.Terminator == '\n' && n > 0 && s.raw[n-1] == '\r' {
		s.raw = s.raw[:n-1]
		s.marks[count-1] = makeMark(n, SepElement)
	}
	s.Released, s.High = released, high
	s.release, s.set, s.text = r.delim.Release, r.set, ""
	s.Offset = r.base + int64(r.start)
	s.Tag = tagAt(s.raw, max(s.marks[1].Start()-1, 0))
	r.fileSeg++
	s.FileSegment = r.fileSeg
	r.start += n
	if !r.unterminated {
		r.start++
	}
	if r.holding {
		r.holdOn(count)
	}
	return s, nil
}

// classify gives a segment its role and keeps the state of the envelope.
func (r *Reader) classify(s *Segment) {
	s.SetSegment = 0
	switch s.Tag {
	case tagUNZ:
		s.Kind = wire.InterchangeEnd
		r.inInterchange, r.inGroup, r.inSet = false, false, false
		return
	case tagUNG:
		s.Kind = wire.GroupStart
		r.inGroup, r.inSet = true, false
		return
	case tagUNE:
		s.Kind = wire.Stray
		if r.inGroup {
			s.Kind = wire.GroupEnd
		}
		r.inGroup, r.inSet = false, false
		return
	case tagUNH:
		s.Kind = wire.SetStart
		r.inSet = true
		r.setSeg = 1
		s.SetSegment = 1
		return
	}
	if !r.inSet {
		s.Kind = wire.Stray
		switch {
		case s.Tag == tagUNO && !r.object.open:
			s.Kind = wire.Service
			r.openObject(s)
		case r.object.open || s.Tag == tagUNP:
			s.Kind = wire.Service
		}
		return
	}
	r.setSeg++
	s.SetSegment = r.setSeg
	s.Kind = wire.Body
	if s.Tag == tagUNT {
		s.Kind = wire.SetEnd
		r.inSet = false
	}
}

// split finds the end of the segment at start and the beginnings of its tokens. It
// returns the length without terminator and the count of marks.
//
// Eight bytes are looked at together: a difference to each service character, of
// which a zero byte sets its high bit. Bits above the lowest may be false, so each
// is held against the class of its byte.
func (r *Reader) split() (length, count int, released, high bool, err error) {
	i, n := 0, 1
	marks := r.marks
	marks[0] = 0
	el, comp, term, rel, rep := r.pats[0], r.pats[1], r.pats[2], r.pats[3], r.pats[4]
	var seen uint64
	for {
		b := r.buf[r.start:r.end]
	words:
		for i+8 <= len(b) {
			x := binary.LittleEndian.Uint64(b[i:])
			seen |= x
			t := x ^ el
			m := (t - ones) &^ t
			t = x ^ comp
			m |= (t - ones) &^ t
			t = x ^ term
			m |= (t - ones) &^ t
			t = x ^ rel
			m |= (t - ones) &^ t
			t = x ^ rep
			m |= (t - ones) &^ t
			m &= highs
			if n+9 > len(marks) && m != 0 {
				if marks, err = r.growMarks(); err != nil {
					return 0, 0, false, false, err
				}
			}
			for ; m != 0; m &= m - 1 {
				j := i + bits.TrailingZeros64(m)>>3
				switch c := r.class[b[j]]; c {
				case 0:
				case clsRelease:
					released = true
					if j+2 > len(b) {
						i = j
						break words
					}
					seen |= uint64(b[j+1])
					i = j + 2
					continue words
				case clsTerminator:
					marks[n] = makeMark(j+1, SepElement)
					n++
					return j, n, released, seen&highs != 0, r.checkLengths(j, n)
				default:
					marks[n] = makeMark(j+1, Sep(c-1))
					n++
				}
			}
			i += 8
		}
		for ; i < len(b); i++ {
			c := r.class[b[i]]
			seen |= uint64(b[i])
			if c == 0 {
				continue
			}
			if c == clsRelease {
				released = true
				if i+2 > len(b) {
					break
				}
				i++
				seen |= uint64(b[i])
				continue
			}
			if n+1 >= len(marks) {
				if marks, err = r.growMarks(); err != nil {
					return 0, 0, false, false, err
				}
			}
			if c == clsTerminator {
				marks[n] = makeMark(i+1, SepElement)
				n++
				return i, n, released, seen&highs != 0, r.checkLengths(i, n)
			}
			marks[n] = makeMark(i+1, Sep(c-1))
			n++
		}
		if len(b) > r.lim.Segment {
			return 0, 0, false, false, r.fail(wire.ErrTooLarge, "limit.segment", "")
		}
		if !r.eof {
			if err = r.fill(); err != nil {
				return 0, 0, false, false, err
			}
			continue
		}
		length, count, err = r.lastSegment(b, n)
		return length, count, released, seen&highs != 0, err
	}
}

// lastSegment closes a segment that ends with the file instead of a terminator.
func (r *Reader) lastSegment(b []byte, n int) (int, int, error) {
	length := len(b)
	for length > 0 && isBlank(b[length-1]) {
		length--
	}
	for n > 1 && r.marks[n-1].Start() > length {
		n--
	}
	r.marks[n] = makeMark(length+1, SepElement)
	r.unterminated = true
	return length, n + 1, r.checkLengths(length, n+1)
}

// growMarks makes room for more tokens, up to the limit.
func (r *Reader) growMarks() ([]Mark, error) {
	if len(r.marks) > tokensPerElement*(r.lim.Elements+2) {
		return nil, r.fail(wire.ErrTooLarge, "limit.elements", "")
	}
	grown := make([]Mark, 2*len(r.marks))
	copy(grown, r.marks)
	r.marks = grown
	return grown, nil
}

// checkLengths holds a segment against the limits.
func (r *Reader) checkLengths(length, count int) error {
	if length > r.lim.Segment {
		return r.fail(wire.ErrTooLarge, "limit.segment", "")
	}
	if count > r.lim.Elements {
		n := 0
		for _, m := range r.marks[1:count] {
			if m.Sep() == SepElement {
				n++
			}
		}
		if n > r.lim.Elements+1 || count > 2*tokensPerElement*(r.lim.Elements+2) {
			return r.fail(wire.ErrTooLarge, "limit.elements", "")
		}
	}
	if length <= r.lim.Element {
		return nil
	}
	for i := 1; i < count; i++ {
		if r.marks[i].Start()-r.marks[i-1].Start() > r.lim.Element {
			return r.fail(wire.ErrTooLarge, "limit.element", "")
		}
	}
	return nil
}

func isBlank(c byte) bool {
	return c == ' ' || c == '\r' || c == '\n' || c == '\t' || c == 0x1a || c == 0
}

// skipBlanks passes over line breaks and blanks between segments.
func (r *Reader) skipBlanks() error {
	if r.lines != nil {
		return r.skipWrapped()
	}
	for {
		for r.start < r.end {
			c := r.buf[r.start]
			if c > ' ' || !isBlank(c) {
				return nil
			}
			r.start++
		}
		if r.eof {
			return nil
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
}

// want fills the buffer until n bytes are there or the input ends.
func (r *Reader) want(n int) (bool, error) {
	for r.end-r.start < n {
		if r.eof {
			return false, nil
		}
		if err := r.fill(); err != nil {
			return false, err
		}
	}
	return true, nil
}

// fill reads at least one more byte or notes the end of the input.
func (r *Reader) fill() error {
	r.win.from, r.win.to = 0, 0
	if r.start > 0 {
		copy(r.buf, r.buf[r.start:r.end])
		r.base += int64(r.start)
		r.end -= r.start
		r.start = 0
	}
	switch size := len(r.buf); {
	case size == 0:
		r.buf = make([]byte, firstBuffer)
	case size < fullBuffer || r.end == size:
		grown := make([]byte, 2*size)
		copy(grown, r.buf[:r.end])
		r.buf = grown
	}
	for range 100 {
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		if r.base+int64(r.end) > r.lim.File {
			return r.fail(wire.ErrTooLarge, "limit.file", "")
		}
		if errors.Is(err, io.EOF) {
			r.eof = true
			return nil
		}
		if err != nil {
			return err
		}
		if n > 0 {
			return nil
		}
	}
	return io.ErrNoProgress
}

// fail makes an error at the present place.
func (r *Reader) fail(kind error, key, value string) error {
	if len(value) > wire.MaxValue {
		value = value[:wire.MaxValue]
	}
	return &wire.Error{Kind: kind, Key: key, Value: value, Pos: wire.Position{
		Offset: r.base + int64(r.start), FileSegment: r.fileSeg + 1,
	}}
}
