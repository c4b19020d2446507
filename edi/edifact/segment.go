package edifact

import (
	"bytes"
	"encoding/binary"
	"strings"

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
	tagUNB Tag = 'U'<<16 | 'N'<<8 | 'B'
	tagUNZ Tag = 'U'<<16 | 'N'<<8 | 'Z'
	tagUNG Tag = 'U'<<16 | 'N'<<8 | 'G'
	tagUNE Tag = 'U'<<16 | 'N'<<8 | 'E'
	tagUNH Tag = 'U'<<16 | 'N'<<8 | 'H'
	tagUNT Tag = 'U'<<16 | 'N'<<8 | 'T'
)

// Sep says what stands before a token.
type Sep uint8

// The separators. The tag, and every first component, counts as an element.
const (
	SepElement Sep = iota
	SepComponent
	SepRepeat
)

// Mark is one token of a segment: where it begins in Raw and what separates it
// from the token before.
type Mark uint32

// Start is the place in Raw.
func (m Mark) Start() int { return int(m >> 2) }

// Sep is the separator before the token.
func (m Mark) Sep() Sep { return Sep(m & 3) }

func makeMark(at int, s Sep) Mark { return Mark(at)<<2 | Mark(s) }

// Segment is one segment. One that came from Reader.Next is borrowed until the
// next call; CopyTo makes one that lasts.
type Segment struct {
	// Kind is the role in the envelope, Tag the packed tag (0 when it is longer
	// than four bytes).
	Kind wire.Kind
	Tag  Tag
	// Released says that the segment holds a release character, High that it
	// may hold a byte above 0x7f.
	Released bool
	High     bool
	// Offset is the byte offset in the file.
	Offset int64
	// FileSegment numbers segments of the file from 1, UNA not counted;
	// SetSegment those of the message, UNH = 1, and is 0 outside.
	FileSegment int
	SetSegment  int

	raw     []byte
	cut     *wire.Cut // where line breaks were taken out, nil for nowhere
	marks   []Mark    // of every token, the tag first; one more at the end
	release byte
	set     *charset
	text    string // raw, where it is text as it stands and ShareText was called
}

// Raw is the whole segment without its terminator, as in the file. Borrowed.
func (s *Segment) Raw() []byte { return s.raw }

// Marks are the beginnings of all tokens in Raw, the tag first, and one more: the
// place after the last. Token i is Raw()[m[i].Start() : m[i+1].Start()-1].
// Borrowed. It is for callers that walk a whole segment.
func (s *Segment) Marks() []Mark { return s.marks }

// ID is the tag as text, "BGM".
func (s *Segment) ID() string { return string(s.TagBytes()) }

// TagBytes is the tag as borrowed bytes.
func (s *Segment) TagBytes() []byte { return s.raw[:s.marks[1].Start()-1] }

// Len is the number of elements after the tag, empty ones at the end included;
// repetitions do not count.
func (s *Segment) Len() int {
	n := 0
	for _, m := range s.marks[1 : len(s.marks)-1] {
		if m.Sep() == SepElement {
			n++
		}
	}
	return n
}

// token gives the index of component c (from 1) of element el (from 1) in its
// first occurrence; 0 when absent.
func (s *Segment) token(el, c int) int {
	last := len(s.marks) - 1
	for i := 1; i < last; i++ {
		if s.marks[i].Sep() != SepElement {
			continue
		}
		if el--; el == 0 {
			for ; c > 1; c-- {
				if i++; i >= last || s.marks[i].Sep() != SepComponent {
					return 0
				}
			}
			return i
		}
	}
	return 0
}

// El is component c of element el, both from 1, as in the file: release
// characters stand in it. Empty when absent. Borrowed.
func (s *Segment) El(el, c int) []byte {
	i := s.token(el, c)
	if i == 0 {
		return nil
	}
	return s.raw[s.marks[i].Start() : s.marks[i+1].Start()-1]
}

// Text is component c of element el, both from 1, as UTF-8 without release
// characters. Bytes that the character set does not have become U+FFFD.
func (s *Segment) Text(el, c int) string {
	if s.text == "" {
		return s.Decode(s.El(el, c))
	}
	i := s.token(el, c)
	if i == 0 {
		return ""
	}
	return s.text[s.marks[i].Start() : s.marks[i+1].Start()-1]
}

// ShareText makes one text of many segments, of which Text gives parts: for callers
// that take most values of a message. Segments with release characters or with bytes
// above 0x7f are as before.
func ShareText(segs []Segment) {
	size := 0
	for i := range segs {
		size += len(segs[i].raw)
	}
	var b strings.Builder
	b.Grow(size)
	for i := range segs {
		b.Write(segs[i].raw)
	}
	all := b.String()
	for i := range segs {
		s, n := &segs[i], len(segs[i].raw)
		if !s.Released && !s.High {
			s.text = all[:n]
		}
		all = all[n:]
	}
}

// Plain gives bytes of this segment without release characters, in the character
// set of the file. Borrowed where there are none.
func (s *Segment) Plain(b []byte) []byte { return s.PlainIn(nil, b) }

// PlainIn is Plain that appends to buf what it must copy.
func (s *Segment) PlainIn(buf, b []byte) []byte {
	if !s.Released || bytes.IndexByte(b, s.release) < 0 {
		return b
	}
	return unescape(buf, b, s.release)
}

// Decode gives bytes of this segment as UTF-8 without release characters.
func (s *Segment) Decode(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s.Released {
		b = s.Plain(b)
	}
	if !s.High {
		return string(b)
	}
	return s.set.decode(b)
}

// TextIn is Decode that gives bytes: borrowed from b where they are the same, else
// appended to buf.
func (s *Segment) TextIn(buf, b []byte) []byte {
	if s.Released && bytes.IndexByte(b, s.release) >= 0 {
		buf = unescape(buf, b, s.release)
		b = buf
		if !s.High {
			return b
		}
		n := len(buf)
		return s.set.appendText(buf, b)[n:]
	}
	if !s.High || ascii(b) {
		return b
	}
	return s.set.appendText(buf, b)
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// unescape appends b to out without release characters.
func unescape(out, b []byte, release byte) []byte {
	for i := 0; i < len(b); i++ {
		if b[i] == release {
			if i++; i == len(b) {
				break // one that stands at the very end
			}
		}
		out = append(out, b[i])
	}
	return out
}

// Start is the place in Raw of component c of element el; the end for one that is
// not there.
func (s *Segment) Start(el, c int) int {
	if el < 1 {
		return 0
	}
	if i := s.token(el, max(c, 1)); i > 0 {
		return s.marks[i].Start()
	}
	return len(s.raw)
}

// ElOffset is the byte offset in the file of component c of element el; of the
// segment's end for one that is not there.
func (s *Segment) ElOffset(el, c int) int64 { return s.At(s.Start(el, c)) }

// MoveTo appends the segment's bytes to a buffer and makes the segment point there.
// It gives the grown buffer; the segment stays valid when it grows again.
func (s *Segment) MoveTo(raw []byte) []byte {
	n := len(raw)
	raw = append(raw, s.raw...)
	s.raw = raw[n:len(raw):len(raw)]
	return raw
}

// CopyTo appends the segment's bytes and marks to two buffers and returns the copy,
// which points into them, with the grown buffers. A copy stays valid when the
// buffers grow again.
func (s *Segment) CopyTo(raw []byte, marks []Mark) (Segment, []byte, []Mark) {
	c := *s
	r, m := len(raw), len(marks)
	raw = append(raw, s.raw...)
	marks = append(marks, s.marks...)
	c.raw = raw[r:len(raw):len(raw)]
	c.marks = marks[m:len(marks):len(marks)]
	return c, raw, marks
}
