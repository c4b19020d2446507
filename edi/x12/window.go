package x12

import (
	"encoding/binary"
	"math/bits"

	"entente/edi/wire"
)

// windowBlocks is how many blocks of 64 bytes are looked at together.
const windowBlocks = 32

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
	low7  = 0x7f7f7f7f7f7f7f7f
)

// window tells where delimiters stand in a stretch of the buffer, one bit a byte,
// so that a segment is cut without looking at its bytes one by one.
type window struct {
	from, to int                      // the stretch of buf; to-from is a multiple of 64
	marks    [windowBlocks + 1]uint64 // element separators and terminators; none in the last
	ends     [windowBlocks + 1]uint64 // terminators
	traits   [windowBlocks + 1]Traits // of whole blocks, when they were asked for
}

// Traits tells what a segment's bytes may hold. It is an upper bound: a segment
// may have a trait without such a byte in it, never the other way round.
type Traits uint8

// The traits.
const (
	// Dirty is a control character or a byte above 0x7e.
	Dirty Traits = 1 << iota
	// Parted is the component separator.
	Parted
	// Repeats is the repetition separator.
	Repeats

	allTraits = Dirty | Parted | Repeats
)

// filled has the high bit set in every byte of x that is not zero; the other bits
// are of no meaning.
func filled(x uint64) uint64 { return (x&low7 + low7) | x }

// gather makes eight bits of the high bits of eight bytes, the first lowest.
func gather(m uint64) uint64 { return m * 0x0002040810204081 >> 56 }

// index looks over b, which stands at from in the buffer.
func (r *Reader) index(b []byte, from int) {
	w := &r.win
	el, term := r.elPat, r.termPat
	n := min(len(b)/64, windowBlocks)
	w.from, w.to = from, from+n*64
	for k := range n {
		block := (*[64]byte)(b[k*64:])
		var marks, ends uint64
		for i := 0; i < 64; i += 16 {
			x := binary.LittleEndian.Uint64(block[i:])
			y := binary.LittleEndian.Uint64(block[i+8:])
			e, f := filled(x^term), filled(y^term)
			m, n := ^(e&filled(x^el))&highs, ^(f&filled(y^el))&highs
			ends |= (gather(^e&highs) | gather(^f&highs)<<8) << i
			marks |= (gather(m) | gather(n)<<8) << i
		}
		w.marks[k], w.ends[k] = marks, ends
		if r.look {
			w.traits[k] = r.traitsOf(block)
		}
	}
	w.marks[n], w.ends[n] = 0, 0
}

// traitsOf looks over a block for all traits.
func (r *Reader) traitsOf(block *[64]byte) (t Traits) {
	comp, rep := uint64(r.delim.Component)*ones, uint64(r.delim.Repetition)*ones
	var dirty uint64
	parts, reps := ^uint64(0), ^uint64(0)
	for i := 0; i < 64; i += 8 {
		x := binary.LittleEndian.Uint64(block[i:])
		// A byte is clean from 0x20 to 0x7e: +0x60 sets its high bit, +0x01 does not.
		low := x & low7
		dirty |= x | ^(low + 0x60*ones) | (low + ones)
		parts &= filled(x ^ comp)
		reps &= filled(x ^ rep)
	}
	if dirty&highs != 0 {
		t |= Dirty
	}
	if ^parts&highs != 0 {
		t |= Parted
	}
	if ^reps&highs != 0 && r.delim.Repetition != 0 {
		t |= Repeats
	}
	return t
}

// quick is next for the plain case, a segment within a set that lies in the window;
// nil, and nothing changed, for any other.
func (r *Reader) quick() *Segment {
	w, start := &r.win, r.start
	if !r.inSet || r.padded || start >= w.to {
		return nil
	}
	if c := r.buf[start]; c <= ' ' || c == 'B' || c == 'I' && (start+1 >= r.end || r.buf[start+1] == 'S') {
		return nil
	}
	at := start - w.from
	k, in := at>>6, uint(at&63)
	if k < 0 || k >= windowBlocks {
		return nil
	}
	end := w.ends[k]>>in | w.ends[k+1]<<1<<(63-in)
	if end == 0 {
		return nil
	}
	m := w.marks[k]>>in | w.marks[k+1]<<1<<(63-in)
	n := bits.TrailingZeros64(end)
	pos := r.pos
	if len(pos) < 72 || n > r.lim.Element || n > r.lim.Segment {
		return nil
	}
	pos[0] = 0
	count := spread(pos, 1, m&(end^(end-1)), 1)
	if count > r.lim.Elements+2 {
		return nil
	}
	r.gap, r.tail = r.gap[:0], 0
	s := &r.seg
	s.raw = r.buf[start : start+n]
	s.pos = pos[:count]
	if s.traits = allTraits; r.look {
		s.traits = w.traits[k] | w.traits[k+1]
	}
	s.Tag = tagAt(s.raw, int(pos[1]-1))
	s.Offset = r.base + int64(start)
	r.fileSeg++
	s.FileSegment = r.fileSeg
	r.start = start + n + 1
	if r.holding {
		r.holdOn(count)
	}
	switch s.Tag {
	case tagIEA, tagGS, tagGE, tagST, tagSE:
		r.classify(s)
	default:
		r.setSeg++
		s.SetSegment, s.Kind = r.setSeg, wire.Body
	}
	return s
}

// cut finds the end of the segment at start and the bounds of its elements in the
// window, as split does. It gives a count of 0 when the segment does not lie in it
// as a whole; the window is then moved to start once.
func (r *Reader) cut() (length, count int) {
	if r.start < r.win.to {
		if length, count = r.cutHere(); count > 0 {
			return length, count
		}
	}
	if r.win.from == r.start && r.win.to > 0 || r.end-r.start < 64 || r.plain {
		return 0, 0
	}
	r.index(r.buf[r.start:r.end], r.start)
	return r.cutHere()
}

func (r *Reader) cutHere() (length, count int) {
	w, pos := &r.win, r.pos
	at := r.start - w.from
	k := at >> 6
	if k < 0 || k >= windowBlocks || len(pos) < 16 {
		return 0, 0
	}
	pos[0] = 0
	// The 64 bytes from start on, of two blocks, hold nearly every segment.
	in := uint(at & 63)
	if end := w.ends[k]>>in | w.ends[k+1]<<1<<(63-in); end != 0 {
		m := w.marks[k]>>in | w.marks[k+1]<<1<<(63-in)
		if r.traits = allTraits; r.look {
			r.traits = w.traits[k] | w.traits[k+1]
		}
		return bits.TrailingZeros64(end), spread(pos, 1, m&(end^(end-1)), 1)
	}
	live := ^uint64(0) << in
	end, m := w.ends[k]&live, w.marks[k]&live
	base := k<<6 - at + 1
	traits := w.traits[k]
	n := 1
	for end == 0 {
		if n = spread(pos, n, m, base); n == 0 {
			return 0, 0
		}
		k++
		if k<<6 >= w.to-w.from || k >= windowBlocks {
			return 0, 0
		}
		end, m = w.ends[k], w.marks[k]
		traits |= w.traits[k]
		base += 64
	}
	if r.traits = allTraits; r.look {
		r.traits = traits
	}
	m &= end ^ (end - 1)
	return base - 1 + bits.TrailingZeros64(end), spread(pos, n, m, base)
}

// spread writes the places of the bits of m, plus base, into pos from n on, and
// gives the new count; 0 when there may be no room. It writes four at a time, of
// which the last are of no meaning.
func spread(pos []int32, n int, m uint64, base int) int {
	c := bits.OnesCount64(m)
	if n+c+4 > len(pos) {
		return 0
	}
	for i := n; i < n+c; i += 4 {
		p := (*[4]int32)(pos[i:])
		p[0] = int32(base + lowest(m))
		m &= m - 1
		p[1] = int32(base + lowest(m))
		m &= m - 1
		p[2] = int32(base + lowest(m))
		m &= m - 1
		p[3] = int32(base + lowest(m))
		m &= m - 1
	}
	return n + c
}

// lowest is the place of the lowest bit; counting is faster than the search for it
// where the processor is not known to have the better instruction.
func lowest(m uint64) int { return bits.OnesCount64(m&-m - 1) }

// LookOver makes the reader tell the traits of segments; call it before reading.
func (r *Reader) LookOver() { r.look = true }

// Lasting says that the bytes of a segment last as long as those that the reader
// was made over, and not only until the next call.
func (r *Reader) Lasting() bool { return r.fixed && r.lines == nil }

// Hold makes the bounds of s, the segment just returned, and of those returned from
// now on last until Hold is called again; LetGo ends that for those yet to come. The
// room for them is used again.
func (r *Reader) Hold(s *Segment) {
	if !r.holding {
		r.loose, r.holding = r.pos, true
	}
	if r.held == nil {
		r.held = make([]int32, 512)
	}
	r.pos = r.held
	copied := r.pos[:copy(r.pos, s.pos)]
	if len(copied) < len(s.pos) {
		copied = append([]int32(nil), s.pos...)
	}
	s.pos = copied
	r.holdOn(len(copied))
}

// LetGo is described at Hold.
func (r *Reader) LetGo() {
	if r.holding {
		r.pos, r.holding = r.loose, false
	}
}

// holdOn leaves the bounds last written alone. Where room ends the next is twice as
// long, and kept; what is in the old one lives as long as its segments.
func (r *Reader) holdOn(count int) {
	r.pos = r.pos[min(count, len(r.pos)):]
	if len(r.pos) < firstBounds {
		r.held = make([]int32, 2*len(r.held))
		r.pos = r.held
	}
}
