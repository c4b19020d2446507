package cms

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"entente/edi/as2/internal/span"
)

// Identifier octets.
const (
	tagInteger     = 0x02
	tagOctets      = 0x04
	tagNull        = 0x05
	tagOID         = 0x06
	tagSequence    = 0x30
	tagSet         = 0x31
	tagContext0    = 0xa0
	tagContext1    = 0xa1
	tagContext2    = 0xa2
	tagPrimitive0  = 0x80
	constructedBit = 0x20
)

// Limits on what a message may make us do. Elements bounds the pieces of an octet
// string: 100 MB in pieces of 50 bytes.
const (
	maxDepth    = 40
	maxElements = 1 << 21
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}

type frame struct {
	end   int // -1: until the end-of-contents octets
	limit int // no element may reach beyond
}

// reader pulls elements out of BER in one pass: an indefinite length needs no look
// ahead, so work is linear in the bytes and memory is that of the open frames.
type reader struct {
	s     span.Span
	win   []byte // what is at hand of s: all of it where it lies in memory
	from  int    // where win begins
	pos   int
	stack []frame
	left  int
	lost  error // s could not be read
}

func newReader(b []byte) *reader { return readerOf(span.Of(b)) }

func readerOf(s span.Span) *reader {
	r := &reader{s: s, left: maxElements}
	r.win, _ = s.Memory()
	return r
}

// window is how much of a file is at hand, maxSmall the longest element of one that is
// taken into memory: names, certificates and signatures are far shorter.
const (
	window   = 32 << 10
	maxSmall = 1 << 20
)

// at gives up to n octets at a place, n far below window.
func (r *reader) at(p, n int) []byte {
	if _, ok := r.s.Memory(); !ok && (p < r.from || p+n > r.from+len(r.win)) {
		if r.win, r.lost = r.s.At(p, window); r.lost != nil {
			r.win = nil
		}
		r.from = p
	}
	p -= r.from
	if p < 0 || p >= len(r.win) {
		return nil
	}
	return r.win[p:min(len(r.win), p+n)]
}

// cut gives the octets from one place to before another.
func (r *reader) cut(from, to int) ([]byte, error) {
	if _, ok := r.s.Memory(); !ok && to-from > maxSmall {
		return nil, malformed("an element of %d octets at %d", to-from, from)
	}
	return r.s.At(from, to-from)
}

type head struct {
	id     byte
	size   int // octets of identifier and length
	length int // -1 when indefinite
}

func (r *reader) limit() int {
	if n := len(r.stack); n > 0 {
		return r.stack[n-1].limit
	}
	return r.s.Len()
}

// more reports whether another element follows in the open frame.
func (r *reader) more() bool {
	if n := len(r.stack); n > 0 {
		if f := r.stack[n-1]; f.end >= 0 {
			return r.pos < f.end
		}
		if r.pos+1 >= r.limit() {
			return false
		}
		b := r.at(r.pos, 2)
		return len(b) == 2 && (b[0] != 0 || b[1] != 0)
	}
	return r.pos < r.s.Len()
}

// next reports whether the element that follows has the identifier.
func (r *reader) next(id byte) bool {
	if !r.more() {
		return false
	}
	b := r.at(r.pos, 1)
	return len(b) == 1 && b[0] == id
}

// maxHead is the longest identifier and length that are read.
const maxHead = 16

func (r *reader) head() (head, error) {
	if r.left--; r.left < 0 {
		return head{}, malformed("more than %d elements", maxElements)
	}
	if !r.more() {
		if r.lost != nil {
			return head{}, r.lost
		}
		return head{}, malformed("an element is missing at %d", r.pos)
	}
	b, p := r.at(r.pos, min(maxHead, r.limit()-r.pos)), 0
	if r.lost != nil {
		return head{}, r.lost
	}
	if len(b) == 0 {
		return head{}, malformed("cut off at %d", r.pos)
	}
	h := head{id: b[p]}
	p++
	if h.id&0x1f == 0x1f { // a high tag number: nothing of ours, but it may be skipped
		for n := 0; ; n++ {
			if p >= len(b) || n == 4 {
				return head{}, malformed("tag at %d", r.pos)
			}
			p++
			if b[p-1]&0x80 == 0 {
				break
			}
		}
	}
	if p >= len(b) {
		return head{}, malformed("cut off at %d", r.pos)
	}
	l := int(b[p])
	p++
	switch {
	case l < 0x80:
	case l == 0x80:
		if h.id&constructedBit == 0 {
			return head{}, malformed("primitive of indefinite length at %d", r.pos)
		}
		l = -1
	default:
		n := l & 0x7f
		if n > 6 || p+n > len(b) {
			return head{}, malformed("length at %d", r.pos)
		}
		l = 0
		for _, c := range b[p : p+n] {
			l = l<<8 | int(c)
		}
		p += n
	}
	h.size, h.length = p, l
	if l > r.limit()-r.pos-p {
		return head{}, malformed("cut off at %d", r.pos)
	}
	return h, nil
}

// enter opens a constructed element with the identifier.
func (r *reader) enter(id byte) error {
	at := r.pos
	h, err := r.head()
	if err != nil {
		return err
	}
	if h.id != id {
		return malformed("element %#02x instead of %#02x at %d", h.id, id, at)
	}
	return r.push(h)
}

func (r *reader) push(h head) error {
	if h.id&constructedBit == 0 {
		return malformed("element %#02x cannot be entered", h.id)
	}
	if len(r.stack) == maxDepth {
		return malformed("nested deeper than %d", maxDepth)
	}
	f := frame{end: -1, limit: r.limit()}
	r.pos += h.size
	if h.length >= 0 {
		f.end = r.pos + h.length
		f.limit = f.end
	}
	r.stack = append(r.stack, f)
	return nil
}

// leave closes the open frame, over what is left in it.
func (r *reader) leave() error {
	for r.more() {
		if err := r.pass(); err != nil {
			return err
		}
	}
	if r.lost != nil {
		return r.lost
	}
	f := r.stack[len(r.stack)-1]
	if f.end >= 0 {
		r.pos = f.end
	} else {
		if r.pos+2 > f.limit {
			return malformed("end of contents is missing")
		}
		r.pos += 2
	}
	r.stack = r.stack[:len(r.stack)-1]
	return nil
}

// pass goes over an element.
func (r *reader) pass() error {
	h, err := r.head()
	if err != nil {
		return err
	}
	if h.length >= 0 {
		r.pos += h.size + h.length
		return nil
	}
	if err := r.push(h); err != nil {
		return err
	}
	return r.leave()
}

// skip passes over an element and returns it whole.
func (r *reader) skip() ([]byte, error) {
	start := r.pos
	if err := r.pass(); err != nil {
		return nil, err
	}
	return r.cut(start, r.pos)
}

// whole returns an element with the identifier, header included.
func (r *reader) whole(id byte) ([]byte, error) {
	if !r.next(id) {
		return nil, malformed("element %#02x is missing at %d", id, r.pos)
	}
	return r.skip()
}

// prim returns the contents of a primitive element.
func (r *reader) prim(id byte) ([]byte, error) {
	at := r.pos
	h, err := r.head()
	if err != nil {
		return nil, err
	}
	if h.id != id {
		return nil, malformed("element %#02x instead of %#02x at %d", h.id, id, at)
	}
	r.pos += h.size + h.length
	return r.cut(r.pos-h.length, r.pos)
}

// octets returns the pieces of an octet string: one when it is primitive. The
// identifier is that of the primitive form.
func (r *reader) octets(id byte) (pieces, error) {
	o, err := r.stretch(id)
	if err != nil {
		return nil, err
	}
	out := make(pieces, 0, len(o.at))
	for _, e := range o.at {
		b, err := r.cut(e.from, e.to)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// stretch is octets for what may be large: it says where the pieces lie.
func (r *reader) stretch(id byte) (stretch, error) {
	o := stretch{s: r.s}
	if r.next(id) {
		return o, r.collect(&o, id)
	}
	if !r.next(id | constructedBit) {
		if r.lost != nil {
			return o, r.lost
		}
		return o, malformed("octet string %#02x is missing at %d", id, r.pos)
	}
	return o, r.gather(&o, id|constructedBit)
}

func (r *reader) gather(o *stretch, id byte) error {
	if err := r.enter(id); err != nil {
		return err
	}
	for r.more() {
		if r.next(tagOctets | constructedBit) {
			if err := r.gather(o, tagOctets|constructedBit); err != nil {
				return err
			}
			continue
		}
		if err := r.collect(o, tagOctets); err != nil {
			return err
		}
	}
	return r.leave()
}

// collect adds a primitive element.
func (r *reader) collect(o *stretch, id byte) error {
	at := r.pos
	h, err := r.head()
	if err != nil {
		return err
	}
	if h.id != id {
		return malformed("element %#02x instead of %#02x at %d", h.id, id, at)
	}
	if r.pos += h.size + h.length; h.length > 0 {
		o.at, o.n = append(o.at, extent{r.pos - h.length, r.pos}), o.n+h.length
	}
	return nil
}

// stretch is an octet string where it lies.
type stretch struct {
	s  span.Span
	at []extent
	n  int
}

type extent struct{ from, to int }

// reader reads the octets, piece after piece.
func (o stretch) reader() io.Reader {
	if len(o.at) == 1 {
		return o.s.Slice(o.at[0].from, o.at[0].to).Reader()
	}
	return &piecesReader{o: o}
}

// whole gives the octets in one: without a copy where there is one piece.
func (o stretch) whole(spool span.Spool) (span.Span, error) {
	if len(o.at) == 1 {
		return o.s.Slice(o.at[0].from, o.at[0].to), nil
	}
	out := span.NewOut(spool, o.n)
	_, err := io.Copy(out, o.reader())
	return out.Span(), err
}

// piecesReader reads what lies in pieces, through a window where that is a file.
type piecesReader struct {
	o      stretch
	i, off int
	buf    []byte
	win    []byte // of buf, or of what lies in memory
	from   int
}

func (p *piecesReader) Read(b []byte) (int, error) {
	for p.i < len(p.o.at) && p.off == p.o.at[p.i].to-p.o.at[p.i].from {
		p.i, p.off = p.i+1, 0
	}
	if p.i == len(p.o.at) {
		return 0, io.EOF
	}
	e := p.o.at[p.i]
	at := e.from + p.off
	if at < p.from || at >= p.from+len(p.win) {
		if p.buf == nil {
			p.buf = make([]byte, window)
		}
		var err error
		if p.win, err = p.o.s.Into(p.buf, at); err != nil {
			return 0, err
		}
		p.from = at
	}
	n := copy(b, p.win[at-p.from:min(len(p.win), e.to-p.from)])
	p.off += n
	return n, nil
}

// pieces are slices of the message that together are one octet string.
type pieces [][]byte

func (p pieces) size() int {
	n := 0
	for _, b := range p {
		n += len(b)
	}
	return n
}

// join returns the octets in one: without a copy when there is one piece.
func (p pieces) join() []byte {
	if len(p) == 1 {
		return p[0]
	}
	return bytes.Join(p, nil)
}

// DER returns the element at the start of b in definite lengths, its octet strings
// in one piece and its sets sorted. Small structures only: it copies.
func DER(b []byte) ([]byte, error) {
	r := newReader(b)
	return r.der()
}

func (r *reader) der() ([]byte, error) {
	h, err := r.head()
	if err != nil {
		return nil, err
	}
	if h.id&0x1f == 0x1f {
		return nil, malformed("a tag above 30")
	}
	if h.id&constructedBit == 0 {
		r.pos += h.size + h.length
		b, err := r.cut(r.pos-h.length, r.pos)
		return tlv(h.id, b), err
	}
	if h.id == tagOctets|constructedBit {
		p, err := r.octets(tagOctets)
		if err != nil {
			return nil, err
		}
		return tlv(tagOctets, p...), nil
	}
	if err := r.push(h); err != nil {
		return nil, err
	}
	var parts [][]byte
	for r.more() {
		part, err := r.der()
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	if h.id == tagSet {
		slices.SortStableFunc(parts, bytes.Compare)
	}
	return tlv(h.id, parts...), r.leave()
}

// tlvHead is the identifier and length of n octets of contents.
func tlvHead(id byte, n int) []byte {
	if n < 0x80 {
		return []byte{id, byte(n)}
	}
	var l []byte
	for m := n; m > 0; m >>= 8 {
		l = append([]byte{byte(m)}, l...)
	}
	return append([]byte{id, 0x80 | byte(len(l))}, l...)
}

func tlv(id byte, parts ...[]byte) []byte {
	n := pieces(parts).size()
	out := append(make([]byte, 0, n+8), tlvHead(id, n)...)
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}
