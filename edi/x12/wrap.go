package x12

import (
	"bytes"
	"errors"

	"entente/edi/wire"
)

// wrapWindow is how much of a file is looked at to tell that its ISA is wrapped.
const wrapWindow = 1 << 10

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

// unwrapISA looks for an ISA that has its fixed widths once line breaks at regular
// columns are taken out. It gives the ISA with up to 16 bytes that follow, nil when
// there is none.
func (r *Reader) unwrapISA() ([]byte, *wire.Cut, error) {
	if _, err := r.want(wrapWindow); err != nil {
		return nil, nil, err
	}
	b := r.buf[r.start:min(r.end, r.start+wrapWindow)]
	first, second, brk := wire.Columns(b)
	if first < 1 || first >= isaLen {
		return nil, nil, nil
	}
	for _, width := range []int{first, second} {
		if width < first || width < wire.MinWrap || width == first && second > first {
			continue
		}
		off := r.base + int64(r.start)
		l := &wire.Lines{Wrap: wire.Wrap{Width: width, Break: brk, Column: width - first}, Line: off - int64(width-first)}
		n := 0
		flat, cut, _, err := l.Segment(off, wrapWindow, r.byteAt, func(c byte) bool {
			n++
			return n >= isaLen && c != ' ' || n == isaLen+16
		})
		switch {
		case errors.Is(err, wire.ErrWrap):
			continue
		case err != nil:
			return nil, nil, err
		case len(flat) >= isaLen && cut != nil && isaShape(flat) && flat[n-1] != '\r' && flat[n-1] != '\n':
			r.lines = l
			return flat, cut, nil
		}
	}
	return nil, nil, nil
}

// nextWrapped is next inside a wrapped interchange.
func (r *Reader) nextWrapped() (*Segment, error) {
	for {
		from := r.start
		for r.start < r.end && isBlank(r.buf[r.start]) && r.buf[r.start] != r.delim.Element {
			r.start++
		}
		r.lines.Passed(r.buf[from:r.start], r.base+int64(r.start))
		if err := r.passed(from); err != nil {
			return nil, err
		}
		if r.start < r.end {
			break
		}
		if r.eof {
			return nil, r.fail(wire.ErrTruncated, "interchange.unfinished", "")
		}
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
	if again, err := r.againISA(); again || err != nil {
		if err != nil {
			return nil, err
		}
		return r.readISA()
	}
	off, line := r.base+int64(r.start), r.lines.Line
	binary, first := 0, -1
	flat, cut, used, err := r.lines.Segment(off, r.lim.Segment, r.byteAt, func(c byte) bool {
		n := len(r.lines.Bytes()) - 1 // without c
		if c != r.delim.Terminator {
			return false
		}
		if first < 0 {
			first = n
			binary = r.binaryLength(r.lines.Bytes())
		}
		return n >= binary
	})
	if err == nil && binary > first && (len(flat) != binary+1 || flat[binary] != r.delim.Terminator) {
		// The length stated does not lead to a terminator.
		r.lines.Line = line
		flat, cut, used, err = r.lines.Segment(off, r.lim.Segment, r.byteAt, func(c byte) bool { return c == r.delim.Terminator })
	}
	if err != nil {
		return nil, r.wrapError(used, err)
	}
	n, count, err := r.cutFlat(flat, off)
	if err != nil {
		return nil, err
	}
	s := &r.seg
	s.raw, s.pos, s.traits = flat[:n], r.pos[:count], allTraits
	if r.padded {
		r.trimPad(s)
	}
	s.cut, s.Offset, s.Tag = cut, off, TagOf(s.raw[:s.pos[1]-1])
	r.fileSeg++
	s.FileSegment = r.fileSeg
	if r.unterminated && n > 0 {
		used = int(cut.At(n-1)) + 1
	}
	r.start += used
	if r.holding {
		r.holdOn(count)
	}
	r.classify(s)
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

// againISA says whether a whole ISA stands at start although one is open.
func (r *Reader) againISA() (bool, error) {
	if r.buf[r.start] != 'I' {
		return false, nil
	}
	if r.atISA() {
		return true, nil
	}
	if ok, err := r.want(isaLen + 1); !ok || err != nil || !bytes.HasPrefix(r.buf[r.start:], []byte("ISA")) {
		return false, err
	}
	lines := r.lines
	flat, _, err := r.unwrapISA()
	r.lines = lines
	return flat != nil, err
}

// cutFlat measures the segment in flat as bounds does.
func (r *Reader) cutFlat(flat []byte, off int64) (length, count int, err error) {
	buf, start, end, base, eof, plain := r.buf, r.start, r.end, r.base, r.eof, r.plain
	r.win.to = 0 // the window is one of the buffer
	r.buf, r.start, r.end, r.base, r.eof, r.plain = flat, 0, len(flat), off, true, true
	length, count, err = r.bounds()
	r.buf, r.start, r.end, r.base, r.eof, r.plain = buf, start, end, base, eof, plain
	return length, count, err
}

// binaryLength is the length without terminator that a BIN or BDS segment beginning
// with b states, 0 for another.
func (r *Reader) binaryLength(b []byte) int {
	at, size, _ := binaryHead(b, r.delim.Element, nil)
	if at == 0 || size > r.lim.Segment {
		return 0
	}
	return at + size
}
