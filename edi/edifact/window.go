package edifact

import (
	"encoding/binary"
	"math/bits"

	"entente/edi/wire"
)

// windowBlocks is how many blocks of 64 bytes are looked at together.
const windowBlocks = 32

const low7 = 0x7f7f7f7f7f7f7f7f

// window tells where service characters stand in a stretch of the buffer, one bit a
// byte, so that a segment is cut without looking at its bytes one by one. What
// follows a release character is no service character.
type window struct {
	from, to int                     // the stretch of buf; to-from is a multiple of 64
	blocks   [windowBlocks + 1]block // nothing in the one after the last
}

type block struct {
	marks    uint64 // all separators and terminators
	ends     uint64 // terminators
	parts    uint64 // component separators
	repeats  uint64 // repetition separators
	releases uint64
	high     bool // a byte above 0x7f
}

// filled has the high bit set in every byte of x that is not zero; the other bits
// are of no meaning.
func filled(x uint64) uint64 { return (x&low7 + low7) | x }

// gather makes eight bits of the bytes whose high bit is not set, the first lowest.
func gather(filled uint64) uint64 { return (^filled & highs) * 0x0002040810204081 >> 56 }

// index looks over b, which stands at from in the buffer and begins outside of any
// release.
func (r *Reader) index(b []byte, from int) {
	w := &r.win
	el, comp, term, rel, rep := r.pats[0], r.pats[1], r.pats[2], r.pats[3], r.pats[4]
	n := min(len(b)/64, windowBlocks)
	w.from, w.to = from, from+n*64
	released := uint64(0) // bit 0: the next byte is
	for k := range n {
		bytes := (*[64]byte)(b[k*64:])
		var o block
		var seen uint64
		freed, again := ^uint64(0), ^uint64(0)
		for i := 0; i < 64; i += 8 {
			x := binary.LittleEndian.Uint64(bytes[i:])
			seen |= x
			e, c, t := filled(x^el), filled(x^comp), filled(x^term)
			freed &= filled(x ^ rel)
			again &= filled(x ^ rep)
			o.ends |= gather(t) << i
			o.parts |= gather(c) << i
			o.marks |= gather(e&c&t) << i
		}
		o.high = seen&highs != 0
		if ^again&highs != 0 && r.delim.Repetition != 0 {
			o.repeats = bitsOf(bytes, rep)
			o.marks |= o.repeats
		}
		if ^freed&highs != 0 && r.delim.Release != 0 {
			o.releases = bitsOf(bytes, rel)
		}
		if o.releases != 0 || released != 0 {
			released = o.release(released)
		}
		w.blocks[k] = o
	}
	w.blocks[n] = block{}
}

func bitsOf(bytes *[64]byte, pattern uint64) (out uint64) {
	for i := 0; i < 64; i += 8 {
		out |= gather(filled(binary.LittleEndian.Uint64(bytes[i:])^pattern)) << i
	}
	return out
}

// release takes out what follows a release character; what that is may be one
// itself. first is 1 when it is the first byte. It gives first of the next block.
func (o *block) release(first uint64) (next uint64) {
	skip := first
	for left := o.releases; left != 0; left &= left - 1 {
		if bit := left & -left; bit&skip == 0 {
			skip |= bit << 1
			next = bit >> 63
		}
	}
	o.marks &^= skip
	o.ends &^= skip
	o.parts &^= skip
	o.repeats &^= skip
	return next
}

// quick is next for the plain case, a segment within a message of which no more than
// 64 bytes are to be looked at; nil, and nothing changed, for any other.
func (r *Reader) quick() *Segment {
	w, start := &r.win, r.start
	if !r.inSet || start >= w.to || r.delim.Terminator == '\n' {
		return nil
	}
	if c := r.buf[start]; c <= ' ' || c == 'U' {
		return nil
	}
	at := start - w.from
	k, in := at>>6, uint(at&63)
	if k < 0 || k >= windowBlocks {
		return nil
	}
	a, b := &w.blocks[k], &w.blocks[k+1]
	end := a.ends>>in | b.ends<<1<<(63-in)
	if end == 0 {
		return nil
	}
	n := bits.TrailingZeros64(end)
	marks := r.marks
	if len(marks) < 80 || n > r.lim.Element || n > r.lim.Segment {
		return nil
	}
	upTo := end ^ (end - 1)
	m := (a.marks>>in | b.marks<<1<<(63-in)) & upTo
	parts := a.parts>>in | b.parts<<1<<(63-in)
	repeats := a.repeats>>in | b.repeats<<1<<(63-in)
	released := (a.releases>>in|b.releases<<1<<(63-in))&upTo != 0
	marks[0] = 0
	count := spread(marks, 1, m, parts, repeats, 1)
	if count > r.lim.Elements {
		return nil
	}
	s := &r.seg
	s.raw = r.buf[start : start+n]
	s.marks = marks[:count]
	s.Released, s.High = released, a.high || b.high
	s.release, s.set, s.text = r.delim.Release, r.set, ""
	s.Offset = r.base + int64(start)
	s.Tag = tagAt(s.raw, max(marks[1].Start()-1, 0))
	r.fileSeg++
	s.FileSegment = r.fileSeg
	r.setSeg++
	s.SetSegment, s.Kind = r.setSeg, wire.Body
	r.start = start + n + 1
	if r.holding {
		r.holdOn(count)
	}
	return s
}

// bounds finds the end of the segment at start and the beginnings of its tokens: in
// the window where it lies in it as a whole, else as split does.
func (r *Reader) bounds() (length, count int, released, high bool, err error) {
	if length, count, released, high = r.cut(); count > 0 {
		if length > r.lim.Element || count > r.lim.Elements {
			err = r.checkLengths(length, count)
		}
		return length, count, released, high, err
	}
	return r.split()
}

// cut gives a count of 0 when the segment at start does not lie in the window as a
// whole, which is moved to start once.
func (r *Reader) cut() (length, count int, released, high bool) {
	if r.start < r.win.to {
		if length, count, released, high = r.cutHere(); count > 0 {
			return length, count, released, high
		}
	}
	if r.win.from == r.start && r.win.to > 0 || r.end-r.start < 64 || r.plain {
		return 0, 0, false, false
	}
	r.index(r.buf[r.start:r.end], r.start)
	return r.cutHere()
}

func (r *Reader) cutHere() (length, count int, released, high bool) {
	w, marks := &r.win, r.marks
	at := r.start - w.from
	k := at >> 6
	if k < 0 || k >= windowBlocks || len(marks) < 16 {
		return 0, 0, false, false
	}
	o := &w.blocks[k]
	live := ^uint64(0) << (at & 63)
	end, m, rel := o.ends&live, o.marks&live, o.releases&live
	base := k<<6 - at + 1
	high = o.high
	marks[0] = 0
	n := 1
	for end == 0 {
		if n = spread(marks, n, m, o.parts, o.repeats, base); n == 0 {
			return 0, 0, false, false
		}
		released = released || rel != 0
		k++
		if k<<6 >= w.to-w.from || k >= windowBlocks {
			return 0, 0, false, false
		}
		o = &w.blocks[k]
		end, m, rel = o.ends, o.marks, o.releases
		high = high || o.high
		base += 64
	}
	upTo := end ^ (end - 1)
	released = released || rel&upTo != 0
	return base - 1 + bits.TrailingZeros64(end), spread(marks, n, m&upTo, o.parts, o.repeats, base), released, high
}

// spread writes the marks of the bits of m, plus base, from n on, and gives the new
// count; 0 when there may be no room. It writes four at a time, of which the last
// are of no meaning.
func spread(marks []Mark, n int, m, parts, repeats uint64, base int) int {
	c := bits.OnesCount64(m)
	if n+c+4 > len(marks) {
		return 0
	}
	for i := n; i < n+c; i += 4 {
		p := (*[4]Mark)(marks[i:])
		p[0] = markAt(m, parts, repeats, base)
		m &= m - 1
		p[1] = markAt(m, parts, repeats, base)
		m &= m - 1
		p[2] = markAt(m, parts, repeats, base)
		m &= m - 1
		p[3] = markAt(m, parts, repeats, base)
		m &= m - 1
	}
	return n + c
}

// markAt is the mark of the lowest bit of m; counting is faster than the search for
// it where the processor is not known to have the better instruction.
func markAt(m, parts, repeats uint64, base int) Mark {
	at := bits.OnesCount64(m&-m-1) & 63
	return Mark(base+at)<<2 | Mark(parts>>at&1) | Mark(repeats>>at&1)<<1
}

// Lasting says that the bytes of a segment last as long as those that the reader
// was made over, and not only until the next call.
func (r *Reader) Lasting() bool { return r.fixed && r.lines == nil }

// Hold makes the marks of s, the segment just returned, and of those returned from
// now on last until Hold is called again; LetGo ends that for those yet to come. The
// room for them is used again.
func (r *Reader) Hold(s *Segment) {
	if !r.holding {
		r.loose, r.holding = r.marks, true
	}
	if r.held == nil {
		r.held = make([]Mark, 1024)
	}
	r.marks = r.held
	copied := r.marks[:copy(r.marks, s.marks)]
	if len(copied) < len(s.marks) {
		copied = append([]Mark(nil), s.marks...)
	}
	s.marks = copied
	r.holdOn(len(copied))
}

// LetGo is described at Hold.
func (r *Reader) LetGo() {
	if r.holding {
		r.marks, r.holding = r.loose, false
	}
}

// holdOn leaves the marks last written alone. Where room ends the next is twice as
// long, and kept; what is in the old one lives as long as its segments.
func (r *Reader) holdOn(count int) {
	r.marks = r.marks[min(count, len(r.marks)):]
	if len(r.marks) < firstMarks {
		r.held = make([]Mark, 2*len(r.held))
		r.marks = r.held
	}
}
