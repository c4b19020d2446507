package wire

import (
	"bytes"
	"errors"
)

// Wrap says how an interchange was cut into lines of one width, by a mailbox or a
// mainframe, in the middle of segments. Widths count bytes.
type Wrap struct {
	// Width is the length of a line without its break.
	Width int
	// Break is "\n" or "\r\n".
	Break string
	// Column is how much of the first line stands before the ISA or UNB.
	Column int
}

// MinWrap is the least width of lines that are taken for wrapping.
const MinWrap = 16

// ErrWrap says that a line of a wrapped interchange has another width.
var ErrWrap = errors.New("a line of another width")

// Cut says where breaks were taken out of a segment: before the byte First, counted
// without breaks, and then after every Width bytes; each was Break bytes long.
type Cut struct{ First, Width, Break int }

// At is how far byte p of the segment, counted without breaks, stands from the
// segment's start in the file. A nil Cut took nothing out.
func (c *Cut) At(p int) int64 {
	if c == nil || p < c.First {
		return int64(p)
	}
	return int64(p + (1+(p-c.First)/c.Width)*c.Break)
}

// Lines takes the breaks out of a wrapped interchange, segment by segment. Line is
// the offset in the file where the present line begins.
type Lines struct {
	Wrap
	Line int64
	flat []byte
}

// Bytes is what Segment has joined so far.
func (l *Lines) Bytes() []byte { return l.flat }

// Segment joins the lines of the segment at offset off. At gives byte i from there,
// false at the end of the file; end is asked for each byte in turn whether it is the
// terminator. It returns the bytes with the terminator, valid until the next call,
// where breaks were taken out (nil for nowhere) and how far it came in the file; an
// ErrWrap where a line has another width, ErrTooLarge beyond limit bytes.
func (l *Lines) Segment(off int64, limit int, at func(i int) (byte, bool, error), end func(c byte) bool) (flat []byte, cut *Cut, used int, err error) {
	l.flat = l.flat[:0]
	col := int(off - l.Line)
	for {
		if col >= l.Width {
			for i := range len(l.Break) {
				c, ok, err := at(used + i)
				if err != nil || !ok {
					return l.flat, cut, used, err
				}
				if c != l.Break[i] {
					return nil, nil, used, ErrWrap
				}
			}
			used += len(l.Break)
			col, l.Line = 0, off+int64(used)
			if cut == nil {
				cut = &Cut{First: len(l.flat), Width: l.Width, Break: len(l.Break)}
			}
			continue
		}
		c, ok, err := at(used)
		if err != nil || !ok {
			return l.flat, cut, used, err
		}
		if c == '\n' && trimBlanks(l.flat) > 0 { // at the end of a file that has no terminator
			if rest, err := blankToEnd(used, at); err != nil || !rest {
				return nil, nil, used, errors.Join(err, ErrWrap)
			}
			return l.flat, cut, used, nil
		}
		l.flat = append(l.flat, c)
		used++
		col++
		if end(c) {
			return l.flat, cut, used, nil
		}
		if len(l.flat) > limit {
			return nil, nil, used, ErrTooLarge
		}
	}
}

func trimBlanks(b []byte) int { return len(bytes.TrimRight(b, " \r\n\t\x1a\x00")) }

// blankToEnd says whether nothing but a few blanks stands between byte i and the
// end of the file.
func blankToEnd(i int, at func(i int) (byte, bool, error)) (bool, error) {
	for stop := i + 1024; i < stop; i++ {
		c, ok, err := at(i)
		if err != nil || !ok {
			return err == nil, err
		}
		if trimBlanks([]byte{c}) > 0 {
			return false, nil
		}
	}
	return false, nil
}

// Passed notes bytes between segments that end at offset to.
func (l *Lines) Passed(b []byte, to int64) {
	if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
		l.Line = to - int64(len(b)-i-1)
	}
}

// Columns measures the lines of b, which begins with an interchange: the length of
// the first, that of the second (-1 when b ends before it does) and the break.
func Columns(b []byte) (first, second int, brk string) {
	brk = "\n"
	first = bytes.IndexByte(b, '\n')
	if first < 0 {
		return -1, -1, ""
	}
	rest := b[first+1:]
	if first > 0 && b[first-1] == '\r' {
		first--
		brk = "\r\n"
	}
	if second = bytes.IndexByte(rest, '\n'); second > 0 && brk == "\r\n" && rest[second-1] == '\r' {
		second--
	}
	return first, second, brk
}
