package edifact

import (
	"entente/edi/wire"
)

// maxPart is the longest part of an object that is returned at once, in bytes.
const maxPart = 16 << 10

var (
	tagUNO = TagOf("UNO")
	tagUNP = TagOf("UNP")
)

// object is a package (UNO, UNP) whose object, any bytes, is still to be read.
type object struct {
	open   bool  // UNO was read, UNP not yet
	before int   // segments that stand before the object
	left   int64 // bytes of the object still to come
}

// openObject begins the package that a UNO heads: 0810 says how long the object is,
// 0814 how many segments stand before it.
func (r *Reader) openObject(s *Segment) {
	size, ok := longCount(s.El(4, 1))
	if !ok {
		return // as any segment; UNP will be in no place
	}
	before, _ := count(s.El(4, 2))
	r.object = object{open: true, before: before, left: size}
}

func longCount(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// objectPart gives the next part of the object; nil when the segments before it are
// not all read, or nothing is left of it.
func (r *Reader) objectPart() (*Segment, error) {
	o := &r.object
	if o.before > 0 {
		o.before--
		return nil, nil
	}
	if o.left == 0 {
		return nil, nil
	}
	if r.lines != nil {
		return nil, r.fail(wire.ErrMalformed, "object.wrapped", "")
	}
	n := int(min(o.left, maxPart, int64(r.lim.Segment)))
	if ok, err := r.want(n); err != nil {
		return nil, err
	} else if !ok {
		return nil, r.fail(wire.ErrTruncated, "interchange.unfinished", "")
	}
	s := &r.seg
	s.raw, s.cut = r.buf[r.start:r.start+n], nil
	s.marks = append(r.marks[:0], 0, makeMark(n+1, SepElement))
	s.Kind, s.Tag, s.Released, s.High = wire.Object, 0, false, false
	s.Offset = r.base + int64(r.start)
	s.FileSegment, s.SetSegment = r.fileSeg, 0
	r.start += n
	o.left -= int64(n)
	return s, nil
}

// closeObject holds what follows an object against UNP.
func (r *Reader) closeObject(s *Segment) error {
	r.object = object{}
	if s.Tag == tagUNP {
		return nil
	}
	r.start = int(s.Offset - r.base)
	return r.fail(wire.ErrMalformed, "object.length", string(s.raw[:min(len(s.raw), 20)]))
}
