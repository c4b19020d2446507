package edifact

import (
	"bytes"
	"errors"
	"slices"

	"entente/edi/wire"
)

// wrapWindow is how much of an interchange is looked at to tell that it is wrapped.
const wrapWindow = 2 << 10

// usualWidths are taken for wrapping even where only one line is full.
var usualWidths = []int{72, 76, 78, 80, 128, 132, 256}

// Wrapped says how the present interchange is wrapped into lines; ok is false when
// it is not.
func (r *Reader) Wrapped() (w wire.Wrap, ok bool) {
	if r.lines == nil {
		return w, false
	}
	return r.lines.Wrap, true
}

// At is the byte offset in the file of byte p of Raw.
func (s *Segment) At(p int) int64 { return s.Offset + s.cut.At(p) }

// byteAt gives byte i of the unread part, for wire.Lines.
func (r *Reader) byteAt(i int) (byte, bool, error) {
	if ok, err := r.want(i + 1); !ok || err != nil {
		return 0, false, err
	}
	return r.buf[r.start+i], true, nil
}

// unwrap tells whether the interchange at start is wrapped, and if so takes it as
// such. The evidence is in its first lines: all are of one width, and a break stands
// inside a segment.
func (r *Reader) unwrap() error {
	off := r.base + int64(r.start)
	if l := r.lines; l != nil && off > l.Line { // in the middle of a line of a wrapped file
		l.Column = int(off - l.Line)
		return nil
	}
	r.lines = nil
	if _, err := r.want(wrapWindow); err != nil {
		return err
	}
	b := r.buf[r.start:min(r.end, r.start+wrapWindow)]
	first, second, brk := wire.Columns(b)
	width := max(first, second)
	if width < wire.MinWrap {
		return nil
	}
	term, ok := r.terminatorOf(b)
	if !ok || !wrapped(b, width, brk, term, first < width, r.eof && r.end-r.start <= wrapWindow) {
		return nil
	}
	r.lines = &wire.Lines{Wrap: wire.Wrap{Width: width, Break: brk, Column: width - first}, Line: off - int64(width-first)}
	return nil
}

// terminatorOf is the terminator of the interchange that b begins with; false where
// it is a line break or cannot be told.
func (r *Reader) terminatorOf(b []byte) (byte, bool) {
	if len(b) < unaLen {
		return 0, false
	}
	term := byte('\'')
	switch {
	case b[2] == 'A':
		d := unaOf(b)
		if !usable(d) {
			return 0, false
		}
		term = d.Terminator
	case b[3] == 0x1d:
		term = controlDelimiters().Terminator
	case b[3] != '+':
		term = r.former.Terminator
	}
	return term, term != '\n' && term != '\r' && term != 0
}

// wrapped judges the lines of b. All but the first and the last of the interchange
// are as long as width; the first may be shorter where late says so. Whole says that
// the file ends with b.
func wrapped(b []byte, width int, brk string, term byte, late, whole bool) bool {
	for _, c := range b { // what holds other bytes is no text that a mailbox wraps
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != 0x1a && (c < 0x1c || c > 0x1f) {
			return false
		}
	}
	full, inside := 0, false
	var last []byte // the line before
	for first := true; ; first = false {
		i := bytes.Index(b, []byte(brk))
		if i < 0 {
			if len(b) > width+len(brk)-1 {
				return false
			}
			break
		}
		line := b[:i]
		b = b[i+len(brk):]
		text := bytes.TrimRight(line, blanks)
		cut := len(text) > 0 && text[len(text)-1] != term
		if len(line) != width && (!first || !late) {
			if len(line) > width || !isTail(append(last, text...), term, cut, whole && len(bytes.TrimLeft(b, blanks)) == 0) {
				return false
			}
			break
		}
		full++
		inside = inside || cut
		last = append(last[:0], text...)
	}
	switch {
	case !inside:
		return false
	case full == 1:
		return whole && !late && slices.Contains(usualWidths, width)
	}
	return !late || full > 2
}

// isTail says whether a short line may be the last of an interchange: it ends with a
// UNZ, the terminator of which is missing at the end of a file only. Text is that
// line with the one before.
func isTail(text []byte, term byte, cut, end bool) bool {
	i := bytes.LastIndex(text, []byte("UNZ"))
	if i < 0 || cut && !end {
		return end
	}
	at := bytes.IndexByte(text[i:], term)
	return at < 0 || at == len(text[i:])-1
}

const blanks = " \r\n\t\x1a\x00"

// peek joins the first n bytes of a wrapped interchange or segment, fewer at the end
// of the file, and says how many bytes of the file they are.
func (r *Reader) peek(n int) (flat []byte, used int, err error) {
	l := wire.Lines{Wrap: r.lines.Wrap, Line: r.lines.Line}
	k := 0
	flat, _, used, err = l.Segment(r.base+int64(r.start), n, r.byteAt, func(byte) bool { k++; return k == n })
	if errors.Is(err, wire.ErrWrap) { // something else stands there
		return r.buf[r.start:min(r.start+n, r.end)], n, nil
	}
	return flat, used, err
}

// head is what stands at start, at least n bytes unless the file ends, breaks taken
// out where the interchange is wrapped.
func (r *Reader) head(n int) ([]byte, error) {
	if r.lines != nil {
		b, _, err := r.peek(n)
		return b, err
	}
	_, err := r.want(n)
	return r.buf[r.start:r.end], err
}

// pass moves past n bytes, breaks among them not counted.
func (r *Reader) pass(n int) error {
	if r.lines == nil {
		r.start += n
		return nil
	}
	k := 0
	_, _, used, err := r.lines.Segment(r.base+int64(r.start), n, r.byteAt, func(byte) bool { k++; return k == n })
	r.start += used
	return err
}

// skipWrapped is skipBlanks inside a wrapped interchange.
func (r *Reader) skipWrapped() error {
	for {
		from := r.start
		for r.start < r.end && isBlank(r.buf[r.start]) {
			r.start++
		}
		r.lines.Passed(r.buf[from:r.start], r.base+int64(r.start))
		if r.start < r.end || r.eof {
			return nil
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
}

// wrappedSegment is segment inside a wrapped interchange.
func (r *Reader) wrappedSegment() (*Segment, error) {
	off, released := r.base+int64(r.start), false
	flat, cut, used, err := r.lines.Segment(off, r.lim.Segment, r.byteAt, func(c byte) bool {
		switch {
		case released:
			released = false
		case r.class[c] == clsRelease:
			released = true
		default:
			return r.class[c] == clsTerminator
		}
		return false
	})
	if err != nil {
		return nil, r.wrapError(used, err)
	}
	buf, start, end, base, eof := r.buf, r.start, r.end, r.base, r.eof
	r.buf, r.start, r.end, r.base, r.eof = flat, 0, len(flat), off, true
	n, count, hasReleased, high, err := r.split()
	r.buf, r.start, r.end, r.base, r.eof = buf, start, end, base, eof
	if err != nil {
		return nil, err
	}
	s := &r.seg
	s.raw, s.marks, s.cut = flat[:n], r.marks[:count], cut
	s.Released, s.High = hasReleased, high
	s.release, s.set, s.text = r.delim.Release, r.set, ""
	s.Offset = off
	s.Tag = TagOf(s.raw[:max(s.marks[1].Start()-1, 0)])
	r.fileSeg++
	s.FileSegment = r.fileSeg
	if r.unterminated && n > 0 {
		used = int(cut.At(n-1)) + 1
	}
	r.start += used
	if r.holding {
		r.holdOn(count)
	}
	return s, nil
}

// wrapError is the error of a wrapped segment, used bytes behind the start.
func (r *Reader) wrapError(used int, err error) error {
	if _, ours := errors.AsType[*wire.Error](err); ours {
		return err
	}
	switch {
	case errors.Is(err, wire.ErrWrap):
		r.start += min(used, r.end-r.start)
		return r.fail(wire.ErrMalformed, "wrap.irregular", "")
	case errors.Is(err, wire.ErrTooLarge):
		return r.fail(wire.ErrTooLarge, "limit.segment", "")
	}
	return err
}
