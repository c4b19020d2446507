package cms

import (
	"bytes"
	"fmt"
	"slices"
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
	b     []byte
	pos   int
	stack []frame
	left  int
}

func newReader(b []byte) *reader { return &reader{b: b, left: maxElements} }

type head struct {
	id     byte
	size   int // octets of identifier and length
	length int // -1 when indefinite
}

func (r *reader) limit() int {
	if n := len(r.stack); n > 0 {
		return r.stack[n-1].limit
	}
	return len(r.b)
}

// more reports whether another element follows in the open frame.
func (r *reader) more() bool {
	if n := len(r.stack); n > 0 {
		if f := r.stack[n-1]; f.end >= 0 {
			return r.pos < f.end
		}
		return r.pos+1 < r.limit() && (r.b[r.pos] != 0 || r.b[r.pos+1] != 0)
	}
	return r.pos < len(r.b)
}

// next reports whether the element that follows has the identifier.
func (r *reader) next(id byte) bool { return r.more() && r.b[r.pos] == id }

func (r *reader) head() (head, error) {
	if r.left--; r.left < 0 {
		return head{}, malformed("more than %d elements", maxElements)
	}
	if !r.more() {
		return head{}, malformed("an element is missing at %d", r.pos)
	}
	b, p := r.b[:r.limit()], r.pos
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
	h.size, h.length = p-r.pos, l
	if l > len(b)-p {
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
		if _, err := r.skip(); err != nil {
			return err
		}
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

// skip passes over an element and returns it whole.
func (r *reader) skip() ([]byte, error) {
	start := r.pos
	h, err := r.head()
	if err != nil {
		return nil, err
	}
	if h.length >= 0 {
		r.pos += h.size + h.length
		return r.b[start:r.pos], nil
	}
	if err := r.push(h); err != nil {
		return nil, err
	}
	if err := r.leave(); err != nil {
		return nil, err
	}
	return r.b[start:r.pos], nil
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
	return r.b[r.pos-h.length : r.pos], nil
}

// octets returns the pieces of an octet string: one when it is primitive. The
// identifier is that of the primitive form.
func (r *reader) octets(id byte) (pieces, error) {
	if r.next(id) {
		b, err := r.prim(id)
		return pieces{b}, err
	}
	if !r.next(id | constructedBit) {
		return nil, malformed("octet string %#02x is missing at %d", id, r.pos)
	}
	return r.collect(nil, id|constructedBit)
}

func (r *reader) collect(out pieces, id byte) (pieces, error) {
	if err := r.enter(id); err != nil {
		return nil, err
	}
	for r.more() {
		if r.next(tagOctets | constructedBit) {
			var err error
			if out, err = r.collect(out, tagOctets|constructedBit); err != nil {
				return nil, err
			}
			continue
		}
		b, err := r.prim(tagOctets)
		if err != nil {
			return nil, err
		}
		if len(b) > 0 {
			out = append(out, b)
		}
	}
	return out, r.leave()
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

// reader reads the octets, piece after piece.
func (p pieces) reader() *piecesReader { return &piecesReader{p: p} }

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
		return tlv(h.id, r.b[r.pos-h.length:r.pos]), nil
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
