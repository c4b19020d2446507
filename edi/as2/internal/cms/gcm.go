package cms

import (
	"bytes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"

	"entente/edi/as2/internal/span"
)

// gcm is Galois/Counter Mode (NIST SP 800-38D) piece by piece; the standard library takes a
// message only whole. Counting is its CTR. Its GHASH of a window is had by sealing nothing
// over the window as additional data, so the machine's own instructions do the work in
// constant time; two products per window lead from one to the next.
type gcm struct {
	block cipher.Block
	mac   cipher.AEAD // by a nonce that no message has: what it gives is never shown
	mask  field       // that lies over what mac gives
	key   field       // H
	undo  field       // 1/H
	y     field       // GHASH so far
	first [16]byte    // the counter block that the tag is masked with
	ctr   cipher.Stream
	left  uint64 // blocks until the counter's 32 bits are full
	aad   int
	n     int
}

const blockSize = 16

func newGCM(block cipher.Block, nonce, aad []byte) (*gcm, error) {
	mac, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	g := &gcm{block: block, mac: mac, aad: len(aad)}
	var b [blockSize]byte
	block.Encrypt(b[:], b[:])
	g.key = fieldOf(b[:])
	g.undo = g.key.inverse()
	b = [blockSize]byte{blockSize - 1: 1} // the first counter of mac's nonce, all zero
	block.Encrypt(b[:], b[:])
	g.mask = fieldOf(b[:])
	if len(nonce) == nonceSize {
		copy(g.first[:], nonce)
		g.first[blockSize-1] = 1
	} else {
		g.seen(bytes.Clone(nonce)) // blocks changes it meanwhile
		g.sizes(0, len(nonce))
		g.y.put(g.first[:])
		g.y = field{}
	}
	g.n = 0
	counter := binary.BigEndian.Uint32(g.first[12:]) + 1
	g.left = 1<<32 - uint64(counter)
	g.ctr = g.countFrom(counter)
	g.seen(bytes.Clone(aad))
	g.n = 0
	return g, nil
}

func (g *gcm) countFrom(counter uint32) cipher.Stream {
	iv := g.first
	binary.BigEndian.PutUint32(iv[12:], counter)
	return cipher.NewCTR(g.block, iv[:])
}

// crypt encrypts or decrypts in place. Pieces are whole blocks, but for the last.
func (g *gcm) crypt(b []byte) {
	for len(b) > 0 {
		if g.left == 0 { // the counter begins anew, and nothing is carried
			g.ctr, g.left = g.countFrom(0), 1<<32
		}
		n := len(b)
		if uint64(n) > g.left*blockSize {
			n = int(g.left * blockSize)
		}
		g.ctr.XORKeyStream(b[:n], b[:n])
		g.left -= uint64((n + blockSize - 1) / blockSize)
		b = b[n:]
	}
}

// seen takes what is authenticated. Pieces are whole blocks, but for the last.
func (g *gcm) seen(b []byte) {
	g.n += len(b)
	whole := len(b) &^ (blockSize - 1)
	for at := 0; at < whole; at += window {
		g.blocks(b[at:min(whole, at+window)])
	}
	if whole < len(b) {
		var last [blockSize]byte
		copy(last[:], b[whole:])
		g.blocks(last[:])
	}
}

// blocks adds whole blocks. They are changed meanwhile, and as before afterwards.
func (g *gcm) blocks(b []byte) {
	first := fieldOf(b)
	first.plus(g.y).put(b)
	var tag [tagSize]byte
	g.mac.Seal(tag[:0], make([]byte, nonceSize), nil, b)
	first.put(b)
	// mac also took the size, (y + size)·H: that is undone.
	g.y = fieldOf(tag[:]).plus(g.mask).times(g.undo).plus(field{uint64(len(b)) * 8, 0})
}

// sizes adds the block that ends it.
func (g *gcm) sizes(aad, n int) {
	g.y = g.y.plus(field{uint64(aad) * 8, uint64(n) * 8}).times(g.key)
}

// tag ends it.
func (g *gcm) tag() []byte {
	g.sizes(g.aad, g.n)
	out := make([]byte, tagSize)
	g.block.Encrypt(out, g.first[:])
	g.y.plus(fieldOf(out)).put(out)
	return out
}

// field is an element of GF(2^128) as GCM writes it: the first bit is that of x^0.
type field struct{ hi, lo uint64 }

func fieldOf(b []byte) field {
	return field{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

func (x field) put(b []byte) {
	binary.BigEndian.PutUint64(b, x.hi)
	binary.BigEndian.PutUint64(b[8:], x.lo)
}

func (x field) plus(y field) field { return field{x.hi ^ y.hi, x.lo ^ y.lo} }

// times multiplies in constant time, bit by bit.
func (x field) times(y field) field {
	var z field
	a := field{bits.Reverse64(x.hi), bits.Reverse64(x.lo)}
	for i := range 128 {
		w := a.hi
		if i >= 64 {
			w = a.lo
		}
		take := -(w >> (i & 63) & 1)
		z.hi ^= y.hi & take
		z.lo ^= y.lo & take
		over := -(y.lo & 1)
		y.lo = y.lo>>1 | y.hi<<63
		y.hi = y.hi>>1 ^ 0xe1<<56&over
	}
	return z
}

// inverse is x^(2^128-2): the product of all squares of squares.
func (x field) inverse() field {
	out, square := field{1 << 63, 0}, x
	for range 127 {
		square = square.times(square)
		out = out.times(square)
	}
	return out
}

// openGCM reads the ciphertext twice: the tag is verified before anything is decrypted.
func openGCM(block cipher.Block, params []byte, sealed stretch, mac, aad []byte, spool span.Spool) (span.Span, error) {
	r := newReader(params)
	if err := r.enter(tagSequence); err != nil {
		return span.Span{}, err
	}
	nonce, err := r.prim(tagOctets)
	if err != nil {
		return span.Span{}, err
	}
	icv := 12
	if r.next(tagInteger) {
		if icv, err = r.small(); err != nil {
			return span.Span{}, err
		}
	}
	if icv < 12 || icv > tagSize || len(mac) != icv || len(nonce) == 0 {
		return span.Span{}, malformed("tag of %d octets", len(mac))
	}
	g, err := newGCM(block, nonce, aad)
	if err != nil {
		return span.Span{}, ErrDecrypt
	}
	room := make([]byte, min(sealed.n, window))
	if err := inWindows(sealed.reader(), sealed.n, room, func(b []byte) error { g.seen(b); return nil }); err != nil {
		return span.Span{}, err
	}
	if subtle.ConstantTimeCompare(g.tag()[:icv], mac) != 1 {
		return span.Span{}, ErrDecrypt
	}
	out := span.NewOut(spool, sealed.n)
	err = inWindows(sealed.reader(), sealed.n, room, func(b []byte) error {
		g.crypt(b)
		_, err := out.Write(b)
		return err
	})
	return out.Span(), err
}

// inWindows reads n octets by as much as room holds.
func inWindows(r io.Reader, n int, room []byte, fn func([]byte) error) error {
	for left := n; left > 0; left -= len(room) {
		room = room[:min(left, len(room))]
		if _, err := io.ReadFull(r, room); err != nil {
			return fmt.Errorf("cms: %d of %d octets: %w", n-left, n, err)
		}
		if err := fn(room); err != nil {
			return err
		}
	}
	return nil
}
