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
	win   *span.Window
	pos   int
	stack []frame
	left  int   // elements
	room  int   // octets that may be taken into memory, of a file
	lost  error // s could not be read
}

func newReader(b []byte) *reader { return readerOf(span.Of(b)) }

func readerOf(s span.Span) *reader {
	return &reader{s: s, win: span.NewWindow(s, window), left: maxElements, room: maxSmall}
}

// window is how much of a file is at hand, maxSmall how much of one is taken into memory:
// names, certificates and signatures are far less.
const (
	window   = 32 << 10
	maxSmall = 1 << 20
)

// at gives up to n octets at a place, n far below window.
func (r *reader) at(p, n int) []byte {
	if r.lost != nil {
		return nil
	}
	b, err := r.win.At(p, n)
	if r.lost = err; err != nil {
		return nil
	}
	return b[:min(len(b), n)]
}

// cut gives the octets from one place to before another.
func (r *reader) cut(from, to int) ([]byte, error) {
	if err := r.take(to - from); err != nil {
		return nil, err
	}
	return r.s.At(from, to-from)
}

// take makes sure of memory for n octets of a file.
func (r *reader) take(n int) error {
	if _, ok := r.s.Memory(); ok {
		return nil
	}
	if r.room -= n; r.room < 0 {
		return malformed("more than %d octets beside the content", maxSmall)
	}
	return nil
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
		return nil, r.missing(id)
	}
	return r.skip()
}

// missing says that next found no element with the identifier.
func (r *reader) missing(id byte) error {
	if r.lost != nil {
		return r.lost
	}
	return malformed("element %#02x is missing at %d", id, r.pos)
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

// octets returns an octet string, of one piece or many. The identifier is that of the
// primitive form.
func (r *reader) octets(id byte) ([]byte, error) {
	o, err := r.stretch(id)
	if err != nil {
		return nil, err
	}
	if err := r.take(o.n); err != nil {
		return nil, err
	}
	whole, err := o.whole(nil)
	if err != nil {
		return nil, err
	}
	return whole.At(0, whole.Len())
}

// stretch is octets for what may be large: it says where the pieces lie.
func (r *reader) stretch(id byte) (stretch, error) {
	o, from := stretch{s: r.s}, r.pos
	if r.next(id) {
		return o, r.collect(&o, id)
	}
	if !r.next(id | constructedBit) {
		return o, r.missing(id)
	}
	err := r.gather(&o, id|constructedBit)
	o.from, o.to = from, r.pos
	return o, err
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
		o.first, o.pieces, o.n = r.pos-h.length, o.pieces+1, o.n+h.length
	}
	return nil
}

// stretch is an octet string where it lies. Its pieces are found anew whenever it is read:
// there may be millions of them.
type stretch struct {
	s        span.Span
	from, to int // the element, where it is constructed
	first    int // where the octets begin, of one piece
	pieces   int
	n        int // octets
}

// reader reads the octets, piece after piece.
func (o stretch) reader() io.Reader {
	if o.pieces <= 1 {
		return o.s.Slice(o.first, o.first+o.n).Reader()
	}
	return &piecesReader{r: readerOf(o.s.Slice(o.from, o.to))}
}

// whole gives the octets in one: without a copy where there is one piece.
func (o stretch) whole(spool span.Spool) (span.Span, error) {
	switch o.pieces {
	case 0:
		return span.Of([]byte{}), nil
	case 1:
		return o.s.Slice(o.first, o.first+o.n), nil
	}
	out := span.NewOut(spool, o.n)
	_, err := io.Copy(out, o.reader())
	return out.Span(), err
}

// piecesReader reads the pieces of a constructed octet string that was gone through before.
type piecesReader struct {
	r    *reader
	left int // of the piece
	over bool
}

func (p *piecesReader) Read(b []byte) (int, error) {
	for p.left == 0 && !p.over {
		if err := p.step(); err != nil {
			return 0, err
		}
	}
	if p.left == 0 {
		return 0, io.EOF
	}
	have, err := p.r.win.At(p.r.pos, 1)
	if err != nil {
		return 0, err
	}
	n := copy(b, have[:min(len(have), p.left)])
	p.r.pos, p.left = p.r.pos+n, p.left-n
	return n, nil
}

// step goes to the next piece, into or out of what holds some.
func (p *piecesReader) step() error {
	r := p.r
	if len(r.stack) > 0 && !r.more() {
		err := r.leave()
		p.over = len(r.stack) == 0
		return err
	}
	h, err := r.head()
	if err != nil {
		return err
	}
	if h.id&constructedBit != 0 {
		return r.push(h)
	}
	r.pos, p.left = r.pos+h.size, h.length
	return nil
}

// pieces are slices that follow one another.
type pieces [][]byte

func (p pieces) size() int {
	n := 0
	for _, b := range p {
		n += len(b)
	}
	return n
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
		b, err := r.octets(tagOctets)
		return tlv(tagOctets, b), err
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
