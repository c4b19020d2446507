package x12

import "entente/edi/wire"

// Segment is one segment. One that came from Reader.Next is borrowed until the
// next call.
type Segment struct {
	// Kind is the role in the envelope.
	Kind wire.Kind
	// Offset is the byte offset in the file.
	Offset int64
	// FileSegment numbers segments of the file from 1; SetSegment those of the
	// set, ST = 1, and is 0 outside.
	FileSegment int
	SetSegment  int

	raw []byte
	pos []int32 // start of every element in raw, the tag first; one more at the end
}

// Len is the number of elements after the tag.
func (s *Segment) Len() int { return len(s.pos) - 2 }

// ID is the tag, "BEG".
func (s *Segment) ID() string { return string(s.Tag()) }

// Tag is the tag as borrowed bytes.
func (s *Segment) Tag() []byte { return s.raw[:s.pos[1]-1] }

// El is element i (1 is the first after the tag), empty when absent. Borrowed.
func (s *Segment) El(i int) []byte {
	if i < 1 || i+1 >= len(s.pos) {
		return nil
	}
	return s.raw[s.pos[i] : s.pos[i+1]-1]
}

// Text is element i as a string of its own.
func (s *Segment) Text(i int) string { return string(s.El(i)) }

// ElOffset is the byte offset of element i in the file.
func (s *Segment) ElOffset(i int) int64 {
	if i < 1 || i+1 >= len(s.pos) {
		return s.Offset
	}
	return s.Offset + int64(s.pos[i])
}

// Raw is the whole segment without its terminator. Borrowed.
func (s *Segment) Raw() []byte { return s.raw }
