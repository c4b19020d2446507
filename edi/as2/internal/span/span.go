// Package span holds stretches of octets that lie in memory or in a file, so that what is
// read from a large message costs no memory.
package span

import (
	"errors"
	"fmt"
	"io"
)

// ErrLost: a file of our own cannot be read or written. It says nothing about the message.
var ErrLost = errors.New("as2: a temporary file cannot be used")

func lost(err error) error { return errors.Join(ErrLost, err) }

// File keeps what does not fit into memory. Who gives it removes it.
type File interface {
	io.Writer
	io.ReaderAt
}

// Spool makes an empty file; nil: everything stays in memory.
type Spool func() (File, error)

// Span is a stretch of octets, never changed.
type Span struct {
	mem []byte // all of it, where src is nil
	src io.ReaderAt
	off int64
	n   int
}

// Of is a span in memory.
func Of(b []byte) Span { return Span{mem: b, n: len(b)} }

// In is a span of the first n octets of a file.
func In(src io.ReaderAt, n int) Span { return Span{src: src, n: n} }

// Len is the number of octets.
func (s Span) Len() int { return s.n }

// Memory gives the octets of a span that lies in memory.
func (s Span) Memory() ([]byte, bool) { return s.mem, s.src == nil }

// Slice is the stretch from one place to before another.
func (s Span) Slice(from, to int) Span {
	if s.src == nil {
		return Of(s.mem[from:to])
	}
	return Span{src: s.src, off: s.off + int64(from), n: to - from}
}

// At gives up to n octets at a place, fewer at the end. They are not to be changed.
func (s Span) At(at, n int) ([]byte, error) {
	n = max(0, min(n, s.n-at))
	if s.src == nil {
		return s.mem[at : at+n], nil
	}
	return s.Into(make([]byte, n), at)
}

// Into is At that reads into b what does not lie in memory.
func (s Span) Into(b []byte, at int) ([]byte, error) {
	n := max(0, min(len(b), s.n-at))
	if s.src == nil {
		return s.mem[at : at+n], nil
	}
	if m, err := s.src.ReadAt(b[:n], s.off+int64(at)); m < n {
		return nil, lost(fmt.Errorf("%d of %d octets at %d: %w", m, n, at, err))
	}
	return b[:n], nil
}

// Bytes takes all of it into memory, if it is at most most octets.
func (s Span) Bytes(most int) ([]byte, error) {
	if s.src != nil && s.n > most {
		return nil, fmt.Errorf("as2: %d octets where at most %d were expected", s.n, most)
	}
	return s.At(0, s.n)
}

// Reader reads it from its beginning. An error is ErrLost.
func (s Span) Reader() io.Reader { return &reader{s: s} }

type reader struct {
	s  Span
	at int
}

func (r *reader) Read(b []byte) (int, error) {
	if r.at == r.s.n {
		return 0, io.EOF
	}
	b = b[:min(len(b), r.s.n-r.at)]
	if r.s.src == nil {
		n := copy(b, r.s.mem[r.at:])
		r.at += n
		return n, nil
	}
	n, err := r.s.src.ReadAt(b, r.s.off+int64(r.at))
	r.at += n
	if n > 0 || len(b) == 0 {
		return n, nil
	}
	return 0, lost(err)
}

// WriteTo writes the rest: of what lies in memory without a copy.
func (r *reader) WriteTo(w io.Writer) (int64, error) {
	if r.s.src == nil {
		n, err := w.Write(r.s.mem[r.at:])
		r.at += n
		return int64(n), err
	}
	return io.CopyBuffer(w, struct{ io.Reader }{r}, make([]byte, min(r.s.n-r.at+1, 32<<10)))
}

// Chain is spans that follow one another.
type Chain []Span

// Join is a chain in memory.
func Join(parts ...[]byte) Chain {
	var c Chain
	for _, p := range parts {
		c = append(c, Of(p))
	}
	return c
}

// Len is the number of octets.
func (c Chain) Len() int {
	n := 0
	for _, s := range c {
		n += s.n
	}
	return n
}

// Reader reads it from its beginning. An error is ErrLost.
func (c Chain) Reader() io.Reader {
	all := make([]io.Reader, len(c))
	for i, s := range c {
		all[i] = s.Reader()
	}
	return io.MultiReader(all...)
}

// Bytes takes all of it into memory: without a copy where that is one span there.
func (c Chain) Bytes() ([]byte, error) {
	if len(c) == 1 {
		return c[0].At(0, c[0].n)
	}
	b := make([]byte, c.Len())
	_, err := io.ReadFull(c.Reader(), b)
	return b, err
}

// Window looks into a span from place to place: what lies in a file is read in large
// stretches, once where the places go forward.
type Window struct {
	s    Span
	buf  []byte // nil where the span lies in memory
	have []byte // what is at hand
	from int    // where have begins
}

// NewWindow makes a window of size octets.
func NewWindow(s Span, size int) *Window {
	w := &Window{s: s}
	if s.src == nil {
		w.have = s.mem
	} else {
		w.buf = make([]byte, min(size, s.n))
	}
	return w
}

// At gives what is at hand from a place on: at least need octets, which are far fewer than
// the window has, or all to the end. They hold until the next call.
func (w *Window) At(at, need int) ([]byte, error) {
	if w.buf != nil && (at < w.from || min(at+need, w.s.n) > w.from+len(w.have)) {
		have, err := w.s.Into(w.buf, at)
		if err != nil {
			w.have = nil
			return nil, err
		}
		w.have, w.from = have, at
	}
	return w.have[min(at-w.from, len(w.have)):], nil
}

// Held is how much an Out keeps in memory where it has a spool.
const Held = 1 << 20

// Out collects what is written: in memory, or beyond Held octets in a file.
type Out struct {
	spool Spool
	mem   []byte
	file  File
	n     int
}

// NewOut makes one for about size octets.
func NewOut(spool Spool, size int) *Out {
	if spool != nil {
		size = min(size, Held)
	}
	return &Out{spool: spool, mem: make([]byte, 0, size)}
}

// Write adds octets.
func (o *Out) Write(b []byte) (int, error) {
	if o.file == nil && (o.spool == nil || len(o.mem)+len(b) <= Held) {
		if need := len(o.mem) + len(b); need > cap(o.mem) { // doubled: append grows in smaller steps
			o.mem = append(make([]byte, 0, max(2*cap(o.mem), need)), o.mem...)
		}
		o.mem = append(o.mem, b...)
		o.n = len(o.mem)
		return len(b), nil
	}
	if o.file == nil {
		f, err := o.spool()
		if err != nil {
			return 0, lost(err)
		}
		o.file = f
		if _, err := f.Write(o.mem); err != nil {
			return 0, lost(err)
		}
		o.mem = nil
	}
	n, err := o.file.Write(b)
	o.n += n
	if err != nil {
		err = lost(err)
	}
	return n, err
}

// Span is what was written. Nothing may be written after it.
func (o *Out) Span() Span {
	if o.file == nil {
		return Of(o.mem)
	}
	return In(o.file, o.n)
}
