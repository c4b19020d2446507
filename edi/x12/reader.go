package x12

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"strings"

	"entente/edi/wire"
)

// ErrEDIFACT says that UNA or UNB stands where an interchange may begin: Reader.Rest
// is for edifact.NewRestReader. It is also a wire.ErrNotRead.
var ErrEDIFACT = fmt.Errorf("EDIFACT is read by package edifact: %w", wire.ErrNotRead)

const (
	firstBuffer = 8 << 10
	fullBuffer  = 256 << 10
	isaLen      = 106
	firstBounds = 80
)

// isaSeps are the places of the element separator in an ISA.
var isaSeps = [16]int{3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103}

// Reader reads segments from a stream, one at a time, in one reused buffer.
// Delimiters come from each ISA's fixed offsets. It is not safe for concurrent use.
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

	delim        Delimiters
	elPat        uint64
	termPat      uint64
	padded       bool // blanks before the terminator, as the ISA has
	seen         bool // an ISA was read
	keep         bool // KeepGaps was called
	gap          []byte
	binaryFields int         // bounds of the binary segment just measured
	tail         int         // bytes between the last segment and its terminator
	skipped      int64       // bytes of other content before the present ISA
	lines        *wire.Lines // of a wrapped interchange, else nil

	inInterchange, inGroup, inSet bool
	unterminated                  bool
	fileSeg, setSeg               int
	header                        Header
	seg                           Segment
	pos                           []int32

	win         window
	plain       bool   // a test wants every segment split without the window
	look        bool   // LookOver was called
	traits      Traits // of the segment just cut
	holding     bool   // pos is the rest of held, not loose
	held, loose []int32
}

// NewReader returns a Reader over r. Zero fields of limits mean the defaults.
func NewReader(r io.Reader, limits wire.Limits) *Reader {
	return &Reader{src: r, lim: limits.Filled(), pos: make([]int32, firstBounds)}
}

// NewBytesReader returns a Reader over b without copying it. b must not change
// while it is read.
func NewBytesReader(b []byte, limits wire.Limits) *Reader {
	return &Reader{buf: b, end: len(b), eof: true, fixed: true, lim: limits.Filled(), pos: make([]int32, firstBounds)}
}

// Header is the header of the interchange being read.
func (r *Reader) Header() Header { return r.header }

// Delimiters are those of the interchange being read.
func (r *Reader) Delimiters() Delimiters { return r.delim }

// Offset is the offset in the file right after the segment last returned and its
// terminator.
func (r *Reader) Offset() int64 { return r.base + int64(r.start) }

// Unterminated says that the last segment of the file had no terminator.
func (r *Reader) Unterminated() bool { return r.unterminated }

// Next returns the next segment, borrowed until the following call. At the proper
// end it returns io.EOF; all other errors are *wire.Error or come from the
// underlying reader, and repeat.
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
	r.gap, r.tail = r.gap[:0], 0
	if !r.inInterchange {
		if err := r.seekISA(); err != nil {
			return nil, err
		}
		return r.readISA()
	}
	if r.lines != nil {
		return r.nextWrapped()
	}
	if r.start == r.end || r.buf[r.start] <= ' ' {
		if err := r.skipBlanks(); err != nil {
			return nil, err
		}
	}
	if r.start == r.end {
		return nil, r.fail(wire.ErrTruncated, "interchange.unfinished", "")
	}
	if r.buf[r.start] == 'I' && r.atISA() {
		return r.readISA()
	}
	n, count, err := r.bounds()
	if err != nil {
		return nil, err
	}
	s := &r.seg
	s.raw = r.buf[r.start : r.start+n]
	s.pos = r.pos[:count]
	s.traits = r.traits
	if r.padded {
		r.trimPad(s)
	}
	if r.holding {
		r.holdOn(count)
	}
	s.Offset = r.base + int64(r.start)
	s.Tag = tagAt(s.raw, int(s.pos[1]-1))
	r.fileSeg++
	s.FileSegment = r.fileSeg
	r.start += n
	if !r.unterminated {
		r.start++
	}
	r.classify(s)
	return s, nil
}

// classify gives a segment its role and keeps the state of the envelope.
func (r *Reader) classify(s *Segment) {
	s.SetSegment = 0
	switch s.Tag {
	case tagIEA:
		s.Kind = wire.InterchangeEnd
		r.inInterchange, r.inGroup, r.inSet = false, false, false
		return
	case tagGS:
		s.Kind = wire.GroupStart
		r.inGroup, r.inSet = true, false
		return
	case tagGE:
		s.Kind = wire.Stray
		if r.inGroup {
			s.Kind = wire.GroupEnd
		}
		r.inGroup, r.inSet = false, false
		return
	case tagST:
		s.Kind = wire.Stray
		if r.inGroup {
			s.Kind = wire.SetStart
			r.inSet = true
			r.setSeg = 1
			s.SetSegment = 1
		}
		return
	case tagTA1, tagTA3:
		if !r.inGroup {
			s.Kind = wire.Service
			return
		}
	}
	if !r.inSet {
		s.Kind = wire.Stray
		return
	}
	r.setSeg++
	s.SetSegment = r.setSeg
	s.Kind = wire.Body
	if s.Tag == tagSE {
		s.Kind = wire.SetEnd
		r.inSet = false
	}
}

// split finds the end of the segment at start and the bounds of its elements.
// It returns the length without terminator and the count of bounds.
func (r *Reader) split() (length, count int, err error) {
	i, n := 0, 1
	pos := r.pos
	pos[0] = 0
	el, term := r.elPat, r.termPat
	termByte := r.delim.Terminator
	elByte := r.delim.Element
	for {
		b := r.buf[r.start:r.end]
		for ; i+8 <= len(b); i += 8 {
			x := binary.LittleEndian.Uint64(b[i:])
			m := zeroBytes(x^el) | zeroBytes(x^term)
			for m != 0 {
				j := i + bits.TrailingZeros64(m)>>3
				if n == len(pos) {
					if pos, err = r.growPos(); err != nil {
						return 0, 0, err
					}
				}
				pos[n] = int32(j + 1)
				n++
				if b[j] == termByte {
					return j, n, r.checkLengths(j, n)
				}
				m &= m - 1
			}
		}
		for ; i < len(b); i++ {
			c := b[i]
			if c != elByte && c != termByte {
				continue
			}
			if n == len(pos) {
				if pos, err = r.growPos(); err != nil {
					return 0, 0, err
				}
			}
			pos[n] = int32(i + 1)
			n++
			if c == termByte {
				return i, n, r.checkLengths(i, n)
			}
		}
		if len(b) > r.lim.Segment {
			return 0, 0, r.fail(wire.ErrTooLarge, "limit.segment", "")
		}
		if !r.eof {
			if err = r.fill(); err != nil {
				return 0, 0, err
			}
			continue
		}
		return r.lastSegment(b, n)
	}
}

// zeroBytes has the high bit set in every byte of x that is zero, exactly.
func zeroBytes(x uint64) uint64 {
	const low7 = 0x7f7f7f7f7f7f7f7f
	return ^(((x & low7) + low7) | x | low7)
}

// lastSegment closes a segment that ends with the file instead of a terminator.
func (r *Reader) lastSegment(b []byte, n int) (int, int, error) {
	length := len(b)
	for length > 0 && isBlank(b[length-1]) && b[length-1] != r.delim.Element {
		length--
	}
	for n > 1 && int(r.pos[n-1]) > length {
		n--
	}
	if n == len(r.pos) {
		if _, err := r.growPos(); err != nil {
			return 0, 0, err
		}
	}
	r.pos[n] = int32(length + 1)
	r.unterminated = true
	return length, n + 1, r.checkLengths(length, n+1)
}

// growPos makes room for more elements, up to the limit.
func (r *Reader) growPos() ([]int32, error) {
	if len(r.pos) > r.lim.Elements+2 {
		return nil, r.fail(wire.ErrTooLarge, "limit.elements", "")
	}
	grown := make([]int32, 2*len(r.pos))
	copy(grown, r.pos)
	r.pos = grown
	return grown, nil
}

// checkLengths holds a segment against the limits.
func (r *Reader) checkLengths(length, count int) error {
	if length > r.lim.Segment {
		return r.fail(wire.ErrTooLarge, "limit.segment", "")
	}
	if count > r.lim.Elements+2 {
		return r.fail(wire.ErrTooLarge, "limit.elements", "")
	}
	if length <= r.lim.Element {
		return nil
	}
	for i := 1; i < count; i++ {
		if int(r.pos[i]-r.pos[i-1]) > r.lim.Element {
			return r.fail(wire.ErrTooLarge, "limit.element", "")
		}
	}
	return nil
}

// trimPad takes blanks off the end of a segment.
func (r *Reader) trimPad(s *Segment) {
	n := len(s.raw)
	low := int(s.pos[len(s.pos)-2])
	for n > low && s.raw[n-1] == ' ' {
		n--
	}
	r.tail = len(s.raw) - n
	s.raw = s.raw[:n]
	s.pos[len(s.pos)-1] = int32(n + 1)
}

func isBlank(c byte) bool {
	return c == ' ' || c == '\r' || c == '\n' || c == '\t' || c == 0x1a || c == 0
}

// skipBlanks passes over line breaks and blanks between segments.
func (r *Reader) skipBlanks() error {
	for {
		from := r.start
		for r.start < r.end {
			c := r.buf[r.start]
			if c > ' ' || !isBlank(c) || c == r.delim.Element && r.inInterchange {
				return r.passed(from)
			}
			r.start++
		}
		if err := r.passed(from); err != nil || r.eof {
			return err
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

// seekISA passes over blanks (and a byte order mark at the start) to the next
// interchange. It returns io.EOF at a proper end.
func (r *Reader) seekISA() error {
	if !r.seen {
		if err := r.begin(); err != nil {
			return err
		}
	}
	r.delim, r.skipped = Delimiters{}, 0
	if err := r.skipBlanks(); err != nil {
		return err
	}
	if _, err := r.want(3); err != nil {
		return err
	}
	b := r.buf[r.start:r.end]
	switch {
	case len(b) == 0 && r.seen:
		return io.EOF
	case len(b) == 0:
		return r.fail(wire.ErrNotEDI, "empty", "")
	case bytes.HasPrefix(b, []byte("UNA")), bytes.HasPrefix(b, []byte("UNB")):
		return r.fail(ErrEDIFACT, "edifact", "")
	case bytes.HasPrefix(b, []byte("ISA")):
		return nil
	}
	if r.seen && b[0] == 'I' { // a tag that a line break cuts through
		if flat, _, err := r.unwrapISA(); flat != nil || err != nil {
			return err
		}
	}
	if found, err := r.skipOther(); found || err != nil {
		return err
	}
	b = r.buf[r.start:r.end]
	if r.seen {
		return r.fail(wire.ErrMalformed, "junk", string(b[:min(len(b), 20)]))
	}
	return r.notEDI(b)
}

// atISA says whether a whole ISA stands at start although one is open. It must
// hold all separators in place, so that data beginning "ISA" is not taken for one.
func (r *Reader) atISA() bool {
	if ok, err := r.want(isaLen); !ok || err != nil {
		return false
	}
	b := r.buf[r.start:r.end]
	return b[1] == 'S' && b[2] == 'A' && isaShape(b)
}

// isaShape says whether the 16 separators stand where they must.
func isaShape(b []byte) bool {
	for _, at := range isaSeps {
		if b[at] != b[3] {
			return false
		}
	}
	return !plain(b[3])
}

// plain says whether c may not be a delimiter: letters, digits and blank.
func plain(c byte) bool {
	return c == ' ' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// readISA takes the header and the delimiters from the fixed offsets.
func (r *Reader) readISA() (*Segment, error) {
	ok, err := r.want(isaLen)
	if err != nil {
		return nil, err
	}
	b := r.buf[r.start:r.end]
	if !ok {
		return nil, r.fail(wire.ErrTruncated, "isa.truncated", string(b[:min(len(b), 40)]))
	}
	r.lines = nil
	var cut *wire.Cut
	shaped := isaShape(b)
	if !shaped || b[104] == '\n' || b[104] == '\r' {
		flat, c, err := r.unwrapISA()
		b = r.buf[r.start:r.end]
		switch {
		case err != nil:
			return nil, err
		case flat != nil:
			b, cut = flat, c
		case !shaped:
			return nil, r.fail(wire.ErrMalformed, "isa.shape", string(b[:min(len(b), 40)]))
		}
	}
	if cut == nil && b[105] == ' ' { // blanks before the terminator
		if _, err = r.want(isaLen + 16); err != nil {
			return nil, err
		}
		b = r.buf[r.start:r.end]
	}
	at := 105
	for at < len(b)-1 && at < isaLen+15 && b[at] == ' ' {
		at++
	}
	d := Delimiters{Element: b[3], Component: b[104], Terminator: b[at]}
	version := string(b[84:89])
	if rep := b[82]; repeats(version) && !plain(rep) && rep != d.Element && rep != d.Component && rep != d.Terminator {
		d.Repetition = rep // one that cannot be used is judged, not followed
	}
	if plain(d.Terminator) || plain(d.Component) || d.Component == 0 || !d.distinct() {
		return nil, r.fail(wire.ErrMalformed, "isa.delimiters", string([]byte{d.Element, d.Component, d.Repetition, d.Terminator}))
	}
	r.delim = d
	r.win.from, r.win.to = 0, 0
	r.elPat = uint64(d.Element) * 0x0101010101010101
	r.termPat = uint64(d.Terminator) * 0x0101010101010101
	r.padded = at > 105
	r.tail = at - 105
	r.seen = true
	r.inInterchange, r.inGroup, r.inSet = true, false, false
	r.fileSeg++
	r.pos[0] = 0
	for i, p := range isaSeps {
		r.pos[i+1] = int32(p + 1)
	}
	r.pos[17] = 106
	r.seg = Segment{
		Kind: wire.InterchangeStart, Tag: tagISA, Offset: r.base + int64(r.start),
		FileSegment: r.fileSeg, raw: b[:105], cut: cut, pos: r.pos[:18], traits: allTraits,
	}
	r.header = headerOf(&r.seg)
	r.start += int(cut.At(at)) + 1
	return &r.seg, nil
}

func headerOf(s *Segment) Header {
	t := func(i int) string { return strings.TrimSpace(string(s.El(i))) }
	return Header{
		AuthQualifier: t(1), Auth: t(2), SecurityQualifier: t(3), Security: t(4),
		SenderQualifier: t(5), Sender: t(6), ReceiverQualifier: t(7), Receiver: t(8),
		Date: t(9), Time: t(10), Version: t(12), Control: t(13),
		AckRequested: t(14) == "1", Usage: t(15),
	}
}

// GroupOf reads a GS segment.
func GroupOf(s *Segment) Group {
	t := func(i int) string { return strings.TrimSpace(string(s.El(i))) }
	return Group{
		FunctionalID: t(1), Sender: t(2), Receiver: t(3), Date: t(4),
		Time: t(5), Control: t(6), Agency: t(7), Version: t(8),
	}
}

// distinct says whether no two delimiters are the same.
func (d Delimiters) distinct() bool {
	if d.Element == d.Component || d.Element == d.Terminator || d.Component == d.Terminator {
		return false
	}
	return d.Repetition == 0 ||
		d.Repetition != d.Element && d.Repetition != d.Component && d.Repetition != d.Terminator
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
