package x12

import (
	"encoding/binary"

	"entente/edi/wire"
)

// Tag is a segment tag packed into a number, so that tags compare in one step.
type Tag uint32

// TagOf packs a tag of at most four bytes; longer ones give 0.
func TagOf[T string | []byte](s T) Tag {
	if len(s) > 4 {
		return 0
	}
	var t Tag
	for i := 0; i < len(s); i++ {
		t = t<<8 | Tag(s[i])
	}
	return t
}

// tagAt packs the tag of n bytes at the beginning of raw.
func tagAt(raw []byte, n int) Tag {
	if n > 4 {
		return 0
	}
	if cap(raw) < 4 || n == 0 {
		return TagOf(raw[:n])
	}
	return Tag(binary.BigEndian.Uint32(raw[:4]) >> (32 - 8*uint(n)))
}

// The tags of the envelope, packed as TagOf does.
const (
	tagISA Tag = 'I'<<16 | 'S'<<8 | 'A'
	tagIEA Tag = 'I'<<16 | 'E'<<8 | 'A'
	tagTA1 Tag = 'T'<<16 | 'A'<<8 | '1'
	tagTA3 Tag = 'T'<<16 | 'A'<<8 | '3'
	tagGS  Tag = 'G'<<8 | 'S'
	tagGE  Tag = 'G'<<8 | 'E'
	tagST  Tag = 'S'<<8 | 'T'
	tagSE  Tag = 'S'<<8 | 'E'
)

// Segment is one segment. One that came from Reader.Next is borrowed until the
// next call; CopyTo makes one that lasts.
type Segment struct {
	// Kind is the role in the envelope, Tag the packed tag (0 when it is
	// longer than four bytes).
	Kind wire.Kind
	Tag  Tag
	// Offset is the byte offset in the file.
	Offset int64
	// FileSegment numbers segments of the file from 1; SetSegment those of the
	// set, ST = 1, and is 0 outside.
	FileSegment int
	SetSegment  int

	traits Traits
	raw    []byte
	cut    *wire.Cut // where line breaks were taken out, nil for nowhere
	pos    []int32   // start of every element in raw, the tag first; one more at the end
}

// Len is the number of elements after the tag, empty ones at the end included.
func (s *Segment) Len() int { return len(s.pos) - 2 }

// ID is the tag as text, "BEG".
func (s *Segment) ID() string { return string(s.TagBytes()) }

// TagBytes is the tag as borrowed bytes.
func (s *Segment) TagBytes() []byte { return s.raw[:s.pos[1]-1] }

// El is element i (1 is the first after the tag), empty when absent. Borrowed.
func (s *Segment) El(i int) []byte {
	if i < 1 || i+1 >= len(s.pos) {
		return nil
	}
	return s.raw[s.pos[i] : s.pos[i+1]-1]
}

// Text is element i as a string of its own.
func (s *Segment) Text(i int) string { return string(s.El(i)) }

// ElOffset is the byte offset of element i in the file; of the segment's end for an
// element that is not there.
func (s *Segment) ElOffset(i int) int64 {
	if i < 1 {
		return s.Offset
	}
	if i+1 >= len(s.pos) {
		return s.At(len(s.raw))
	}
	return s.At(int(s.pos[i]))
}

// Raw is the whole segment without its terminator. Borrowed.
func (s *Segment) Raw() []byte { return s.raw }

// Bounds are the starts of all elements in Raw, the tag first, and one more: the
// place after the last separator. Borrowed; element i is
// Raw()[b[i]:b[i+1]-1]. It is for callers that walk many elements.
func (s *Segment) Bounds() []int32 { return s.pos }

// Traits tells what the bytes may hold: everything, unless the Reader looked over
// them.
func (s *Segment) Traits() Traits { return s.traits }

// CopyTo appends the segment's bytes and bounds to two buffers and returns the
// copy, which points into them, with the grown buffers. A copy stays valid when
// the buffers grow again.
func (s *Segment) CopyTo(raw []byte, pos []int32) (Segment, []byte, []int32) {
	c := *s
	r, p := len(raw), len(pos)
	raw = append(raw, s.raw...)
	pos = append(pos, s.pos...)
	c.raw = raw[r:len(raw):len(raw)]
	c.pos = pos[p:len(pos):len(pos)]
	return c, raw, pos
}

// MoveTo appends the segment's bytes to a buffer and makes the segment point there.
// It gives the grown buffer; the segment stays valid when it grows again.
func (s *Segment) MoveTo(raw []byte) []byte {
	n := len(raw)
	raw = append(raw, s.raw...)
	s.raw = raw[n:len(raw):len(raw)]
	return raw
}

// Stretch is the stretch of a file from the first of some segments to the last, as it
// stands there, borrowed: a segment begins in it as far from the first as in the file.
// Nil when they do not stand in one piece of memory.
func Stretch(segs []Segment) []byte {
	first, last := &segs[0], &segs[len(segs)-1]
	at := last.Offset - first.Offset
	end := at + int64(len(last.raw))
	if at < 0 || end > int64(cap(first.raw)) || len(last.raw) == 0 {
		return nil
	}
	whole := first.raw[:end]
	if &whole[at] != &last.raw[0] {
		return nil
	}
	return whole
}

// Part cuts the part of b before sep and the rest after it; more is false at the
// last part. A sep of 0 never cuts. It walks composites and repetitions without
// allocating.
func Part(b []byte, sep byte) (part, rest []byte, more bool) {
	if sep != 0 {
		for i, c := range b {
			if c == sep {
				return b[:i], b[i+1:], true
			}
		}
	}
	return b, nil, false
}
