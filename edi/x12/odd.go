package x12

import (
	"bytes"

	"entente/edi/wire"
)

// maxOther is how far the reader looks for an interchange behind other content,
// such as the lines that mailboxes and job systems put before a file. Bytes.
const maxOther = 64 << 10

var (
	tagBIN = TagOf("BIN")
	tagBDS = TagOf("BDS")
)

// KeepGaps makes the reader keep what stands between segments, for Gap. A gap
// longer than the limit of a segment ends reading with the key "limit.gap".
func (r *Reader) KeepGaps() { r.keep = true }

// Gap is what was passed over before the segment last returned (line breaks,
// blanks, before an ISA a byte order mark or other content) or, after io.EOF,
// before the end of the file. Borrowed until the next call; empty unless KeepGaps
// was called.
func (r *Reader) Gap() []byte { return r.gap }

// Tail is how many blanks stand between the segment last returned and its
// terminator.
func (r *Reader) Tail() int { return r.tail }

// Skipped is how many bytes of other content, not blanks, stood before the
// present interchange.
func (r *Reader) Skipped() int64 { return r.skipped }

// passed notes the bytes from the given place to the start as passed over.
func (r *Reader) passed(from int) error {
	if !r.keep || from == r.start {
		return nil
	}
	r.gap = append(r.gap, r.buf[from:r.start]...)
	if len(r.gap) > max(r.lim.Segment, maxOther) {
		return r.fail(wire.ErrTooLarge, "limit.gap", "")
	}
	return nil
}

// skipOther passes over content that is no interchange if a whole ISA follows
// within maxOther bytes.
func (r *Reader) skipOther() (bool, error) {
	if _, err := r.want(maxOther + isaLen); err != nil {
		return false, err
	}
	b := r.buf[r.start:min(r.end, r.start+maxOther+isaLen)]
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte("ISA"))
		if i < 0 || at+i+isaLen > len(b) {
			return false, nil
		}
		at += i
		if unbIn(b[:at]) {
			return false, nil
		}
		if isaShape(b[at:]) {
			from := r.start
			r.start += at
			r.skipped = int64(at)
			return true, r.passed(from)
		}
		at++
	}
}

// unbIn says whether an interchange of EDIFACT begins in b, which must not be passed
// over.
func unbIn(b []byte) bool {
	for {
		i := bytes.Index(b, []byte("UNB"))
		if i < 0 {
			return false
		}
		b = b[i+3:]
		if len(b) > 4 && string(b[1:4]) == "UNO" {
			return true
		}
	}
}

// NewRestReader returns a Reader over the rest of a file that another reader began.
func NewRestReader(rest wire.Rest, limits wire.Limits) *Reader {
	if rest.Src == nil {
		r := NewBytesReader(rest.Head, limits)
		r.base, r.fileSeg, r.seen = rest.Offset, rest.Segments, rest.Offset > 0
		return r
	}
	r := NewReader(rest.Src, limits)
	r.base, r.fileSeg, r.seen = rest.Offset, rest.Segments, rest.Offset > 0
	if len(rest.Head) > 0 {
		r.buf = make([]byte, max(firstBuffer, 2*len(rest.Head)))
		r.end = copy(r.buf, rest.Head)
	}
	return r
}

// Rest is what the reader has not returned yet. The reader must not be used after.
func (r *Reader) Rest() wire.Rest {
	rest := wire.Rest{Head: r.buf[r.start:r.end], Offset: r.base + int64(r.start), Segments: r.fileSeg}
	if !r.eof {
		rest.Src = r.src
	}
	return rest
}

// bounds finds the end of the segment at start, as split does, but takes binary
// data by its stated length.
func (r *Reader) bounds() (length, count int, err error) {
	if r.buf[r.start] == 'B' {
		length, err = r.binary()
		r.traits = allTraits
		if length > 0 || err != nil {
			return length, r.binaryFields, err
		}
	}
	if length, count = r.cut(); count > 0 {
		if length > r.lim.Element || count > r.lim.Elements+2 {
			err = r.checkLengths(length, count)
		}
		return length, count, err
	}
	r.traits = allTraits
	return r.split()
}

// binaryHead reads the head of a BIN or BDS segment: where its data begins, 0 when b
// holds no such head, of how many bytes that says it is, and how many bounds it noted
// in pos.
func binaryHead(b []byte, sep byte, pos []int32) (at, size, bounds int) {
	if len(b) < 6 || b[3] != sep {
		return 0, 0, 0
	}
	note := func(at int) {
		if pos != nil {
			pos[bounds] = int32(at)
		}
		bounds++
	}
	at = 4
	note(0)
	note(4)
	switch TagOf(b[:3]) {
	case tagBIN:
	case tagBDS:
		i := bytes.IndexByte(b[at:], sep)
		if i < 0 {
			return 0, 0, 0
		}
		at += i + 1
		note(at)
	default:
		return 0, 0, 0
	}
	i := bytes.IndexByte(b[at:], sep)
	if i < 0 {
		return 0, 0, 0
	}
	size, ok := count(b[at : at+i])
	if !ok {
		return 0, 0, 0
	}
	at += i + 1
	note(at)
	return at, size, bounds
}

// binary measures a BIN or BDS segment, whose last element is binary data of the
// length stated before it and may hold any byte. It gives 0 when the segment is
// another or its length does not lead to a terminator.
func (r *Reader) binary() (int, error) {
	if _, err := r.want(32); err != nil {
		return 0, err
	}
	at, size, n := binaryHead(r.buf[r.start:min(r.end, r.start+32)], r.delim.Element, r.pos)
	if at == 0 {
		return 0, nil
	}
	length := at + size
	if length > r.lim.Segment || size > r.lim.Element {
		return 0, r.fail(wire.ErrTooLarge, "limit.segment", "")
	}
	if ok, err := r.want(length + 1); !ok || err != nil || r.buf[r.start+length] != r.delim.Terminator {
		return 0, err
	}
	r.pos[n] = int32(length + 1)
	r.binaryFields = n + 1
	return length, nil
}
