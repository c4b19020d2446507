package translate

import (
	"strings"
	"unicode/utf8"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// texts gives the values of a set as strings that share one copy of its bytes, and
// makes small things many to one piece of memory: a document is made of hundreds.
type texts struct {
	set   *schema.Set
	all   string // all segments, one behind the other
	valid bool   // all of it is UTF-8

	n    int    // of the segment that is read
	at   int    // where it begins in all
	cur  string // its text
	seg  *x12.Segment
	made strings.Builder // what join makes
	list []string        // what append begins lists in
	ids  []doc.ItemID    // what items gives
	in   bool            // all is as in the file
}

// take begins with a set.
func (t *texts) take(set *schema.Set) {
	*t = texts{set: set, n: -1}
	segs := set.Segments
	if len(segs) == 0 {
		return
	}
	size := 0
	for i := range segs {
		size += len(segs[i].Raw())
	}
	// Line breaks may stand between segments, but no blanks without end.
	if whole := x12.Stretch(segs); whole != nil && len(whole) <= size+4*len(segs) {
		t.all, t.in = string(whole), true
		t.valid = utf8.ValidString(t.all)
		return
	}
	var b strings.Builder
	b.Grow(size)
	for i := range segs {
		b.Write(segs[i].Raw())
	}
	t.all = b.String()
	t.valid = utf8.ValidString(t.all)
}

// of is element i of a segment, empty when absent. Segments are read in their order;
// one that is not has a text of its own.
func (t *texts) of(s *x12.Segment, i int) string {
	if s != t.seg {
		t.turn(s)
	}
	b := s.Bounds()
	if i < 1 || i+1 >= len(b) {
		return ""
	}
	return t.cur[b[i] : b[i+1]-1]
}

func (t *texts) turn(s *x12.Segment) {
	segs, at, size := t.set.Segments, t.at, len(s.Raw())
	if t.in {
		if at := s.Offset - segs[0].Offset; at >= 0 && at+int64(size) <= int64(len(t.all)) {
			t.seg, t.cur = s, t.all[at:at+int64(size)]
			return
		}
	}
	for n := t.n; !t.in && n < len(segs) && (n < 0 || segs[n].FileSegment < s.FileSegment); {
		if n >= 0 {
			at += len(segs[n].Raw())
		}
		if n++; n < len(segs) && &segs[n] == s {
			t.n, t.at, t.seg = n, at, s
			t.cur = t.all[at : at+size]
			return
		}
	}
	t.seg, t.cur = s, string(s.Raw())
}

// madeRoom is how many bytes join makes at once.
const madeRoom = 128

// join is the parts one behind the other.
func (t *texts) join(parts ...string) string {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	if t.made.Cap()-t.made.Len() < size {
		t.made = strings.Builder{}
		t.made.Grow(max(madeRoom, size))
	}
	at := t.made.Len()
	for _, p := range parts {
		t.made.WriteString(p)
	}
	return t.made.String()[at:]
}

// append adds the texts that are not empty to a list.
func (t *texts) append(list []string, more ...string) []string {
	for _, m := range more {
		if m == "" {
			continue
		}
		if list == nil {
			if cap(t.list)-len(t.list) < 2 {
				t.list = make([]string, 0, 8)
			}
			n := len(t.list) + 2
			list = t.list[n-2 : n-2 : n]
			t.list = t.list[:n]
		}
		list = append(list, m)
	}
	return list
}

// items gives an empty list with room for n.
func (t *texts) items(n int) []doc.ItemID {
	if cap(t.ids)-len(t.ids) < n {
		t.ids = make([]doc.ItemID, 0, max(n, 16))
	}
	at := len(t.ids)
	t.ids = t.ids[:at+n]
	return t.ids[at : at : at+n]
}

// told remembers which segments were told as carried or not, by that and the tag. Few
// are: they are looked for among the findings until there are many.
type told map[string]bool

const toldFew = 16

// first says whether the tag was not told yet by a key; it is then to be told.
func (t *told) first(key string, id []byte, findings []wire.Finding) bool {
	if *t == nil && len(findings) <= toldFew {
		for i := range findings {
			if f := &findings[i]; f.SegmentID == string(id) && f.Key == key && f.Pos.Element == 0 {
				return false
			}
		}
		return true
	}
	return t.once(key+string(id), findings)
}

// once says whether something was not told yet by a name of its own.
func (t *told) once(name string, findings []wire.Finding) bool {
	if *t == nil {
		*t = told{}
		for i := range findings {
			if f := &findings[i]; f.Pos.Element == 0 {
				(*t)[f.Key+f.SegmentID] = true
			}
		}
	}
	if (*t)[name] {
		return false
	}
	(*t)[name] = true
	return true
}
