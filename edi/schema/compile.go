package schema

import (
	_ "embed" // the tables of X12
	"slices"
	"strconv"
	"sync"

	"entente/edi/x12"
)

// The tables of X12, in the form of Tables.
var (
	//go:embed x12_elements.txt
	x12Elements string
	//go:embed x12_codes.txt
	x12Codes string
	//go:embed x12_segments.txt
	x12Segments string
	//go:embed x12_sets.txt
	x12Sets string
)

// kind is the type of an element.
type kind uint8

const (
	kindAN kind = iota
	kindID
	kindN
	kindR
	kindDT
	kindTM
)

func (k kind) name(places uint8) string {
	switch k {
	case kindAN:
		return "AN"
	case kindID:
		return "ID"
	case kindN:
		return "N" + strconv.Itoa(int(places))
	case kindR:
		return "R"
	case kindDT:
		return "DT"
	case kindTM:
		return "TM"
	}
	return ""
}

// codeList holds codes of at most eight bytes packed into numbers, sorted.
type codeList struct {
	wide  bool
	codes []uint64
	table *unCodes // the same codes
}

func packCode(b []byte) uint64 {
	if len(b) > 8 {
		return 0
	}
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

func (l *codeList) has(b []byte) bool {
	return l.table.has(b)
}

// element is one entry of the dictionary.
type element struct {
	ref      string
	kind     kind
	places   uint8 // of N0 to N9
	min, max int
	codes    *codeList
	parts    []field // of a composite, else nil
}

// field is an element at its place in a segment or composite.
type field struct {
	*element
	must bool
	max  int // the greatest repetition
}

// note is a condition between elements: bit i of mask is element i.
type note struct {
	kind  byte
	first uint64
	mask  uint64
	text  string
}

type segment struct {
	id     string
	tag    x12.Tag
	fields []field
	must   uint64
	notes  []note
	open   bool // what follows is not judged

	// For the quick look: the fields, and the conditions by what they ask for
	// (all, some or at most one of their elements).
	quick []quickField
	all   []noteTest
	some  []noteTest
	one   []uint64
	more  bool // judge.special has something to say
}

// node is a place in a set: a segment, or a loop by its first segment.
type node struct {
	tag  x12.Tag
	seg  *segment
	max  int // 0: without bound
	must bool
	loop *loop
}

// loop is a run of nodes; the first opens it.
type loop struct {
	id     string
	nodes  []node
	filter uint64 // which tags can stand directly in it, by hash
	// first is the first node of each hash of a tag; musts counts the mandatory
	// nodes before each, and before the end.
	first [64]uint16
	musts []uint16
}

// prepare fills what is looked up by node.
func (l *loop) prepare() {
	for i := len(l.nodes) - 1; i >= 0; i-- {
		l.first[tagHash(l.nodes[i].tag)] = uint16(i)
	}
	n := uint16(0)
	for i := range l.nodes {
		l.musts = append(l.musts, n)
		if l.nodes[i].must {
			n++
		}
		if in := l.nodes[i].loop; in != nil {
			in.prepare()
		}
	}
	l.musts = append(l.musts, n)
}

func (l *loop) add(n node) { l.nodes = append(l.nodes, n) }

func tagHash(t x12.Tag) uint32 { return uint32(t) * 2654435761 >> 26 }

func tagBit(t x12.Tag) uint64 { return 1 << tagHash(t) }

type set struct {
	kind  string
	group string
	root  *loop
	tags  map[x12.Tag]bool
	shape func() *shape
}

// release is the compiled dictionary of one release.
type release struct {
	name     string
	elements map[string]*element
	segments map[x12.Tag]*segment
	sets     map[string]*set
}

// editions are the releases we judge. What is not said of one stands in the tables of
// the nearest lower: 004030 and 004060 on those of 004010, 006020 on those of 005010.
var editions = []string{"004010", "004030", "004060", "005010", "006020"}

// releases compiles each dictionary at first use.
var releases = func() map[string]func() *release {
	out := map[string]func() *release{}
	for _, name := range editions {
		out[name] = sync.OnceValue(func() *release {
			r, err := compile(embedded(name), name)
			if err != nil {
				panic(err)
			}
			return r
		})
	}
	return out
}()

// embedded reads the tables of a release of X12.
func embedded(name string) *Tables {
	t := emptyTables()
	for _, text := range []string{x12Elements, x12Codes, x12Segments, x12Sets} {
		if err := t.read(text, name); err != nil {
			panic(err)
		}
	}
	return t
}

// newest is the release whose names and sets stand for all.
func newest() *release { return releases["005010"]() }

// releaseOf finds the dictionary for a GS08, "005010" or "004010VICS"; nil when
// there is none.
func releaseOf(version string) *release {
	if len(version) < 6 {
		return nil
	}
	if r := releases[version[:6]]; r != nil {
		return r()
	}
	return nil
}

// Supported lists the sets we judge, by ST01, and the releases.
func Supported() (sets, versions []string) {
	return sortedKeys(newest().sets), slices.Clone(editions)
}

// GroupCode gives GS01 for a set type, "PO" for "850"; empty when unknown.
func GroupCode(setType string) string {
	if s := newest().sets[setType]; s != nil {
		return s.group
	}
	return ""
}

// kindOf reads a type of X12.
func kindOf(t string) (k kind, places uint8, ok bool) {
	switch {
	case t == "AN", t == "B":
		return kindAN, 0, true
	case t == "ID":
		return kindID, 0, true
	case t == "R":
		return kindR, 0, true
	case t == "DT":
		return kindDT, 0, true
	case t == "TM":
		return kindTM, 0, true
	case len(t) == 2 && t[0] == 'N' && t[1] >= '0' && t[1] <= '9':
		return kindN, t[1] - '0', true
	}
	return 0, 0, false
}

// compile makes the dictionary of a release. The error is a *TableError.
func compile(t *Tables, name string) (*release, error) {
	r := &release{
		name: name, elements: map[string]*element{},
		segments: map[x12.Tag]*segment{}, sets: map[string]*set{},
	}
	for ref, d := range t.Elements {
		e := &element{ref: ref, min: d.Min, max: d.Max}
		var ok bool
		if e.kind, e.places, ok = kindOf(d.Type); !ok {
			return nil, &TableError{Key: "type", Text: ref + " " + d.Type}
		}
		if c, ok := t.Codes[ref]; ok {
			e.codes = &codeList{wide: c.Mode == "wide"}
			for _, v := range c.Codes {
				e.codes.codes = append(e.codes.codes, packCode([]byte(v)))
			}
			slices.Sort(e.codes.codes)
			e.codes.table = newCodes(c.Codes)
		}
		r.elements[ref] = e
	}
	for ref, fields := range t.Composites {
		c := &element{ref: ref, kind: kindAN}
		for _, f := range fields {
			if _, ok := t.Elements[f.Ref]; !ok {
				return nil, &TableError{Key: "element_unknown", Text: "com " + ref + " " + f.Ref}
			}
			c.parts = append(c.parts, field{r.elements[f.Ref], f.Must, 1})
		}
		r.elements[ref] = c
	}
	for id, d := range t.Segments {
		s, bad := r.segment(id, d)
		if bad != "" {
			return nil, &TableError{Key: "element_unknown", Text: "seg " + id + " " + bad}
		}
		r.segments[s.tag] = s
	}
	for kind, d := range t.Sets {
		s := &set{kind: kind, group: d.Group, root: &loop{}, tags: map[x12.Tag]bool{}}
		if bad := r.nodes(s, s.root, d.Nodes); bad != "" {
			return nil, &TableError{Key: "segment_unknown", Text: "set " + kind + " " + bad}
		}
		s.root.prepare()
		s.shape = sync.OnceValue(func() *shape { return shapeOf(s.root) })
		r.sets[kind] = s
	}
	return r, nil
}

func (r *release) must(ref string) *element {
	e := r.elements[ref]
	if e == nil {
		panic("schema: no element " + ref)
	}
	return e
}

// segment compiles one segment; bad is an element that is not known.
func (r *release) segment(id string, d SegmentDef) (s *segment, bad string) {
	s = &segment{id: id, tag: x12.TagOf(id), open: d.Open}
	for i, f := range d.Fields {
		e := r.elements[f.Ref]
		if e == nil {
			return nil, f.Ref
		}
		s.fields = append(s.fields, field{e, f.Must, f.Max})
		if f.Must {
			s.must |= 1 << (i + 1)
		}
	}
	for _, c := range d.Notes {
		n, _ := makeNote(c)
		s.notes = append(s.notes, n)
	}
	s.prepare()
	return s, ""
}

// nodes compiles the places of a loop; bad is a segment that is not known.
func (r *release) nodes(s *set, l *loop, list []NodeDef) (bad string) {
	for i := range list {
		d := &list[i]
		n := node{tag: x12.TagOf(d.Tag), must: d.Must, max: d.Max}
		if n.seg = r.segments[n.tag]; n.seg == nil {
			return d.Tag
		}
		s.tags[n.tag] = true
		l.filter |= tagBit(n.tag)
		if d.Nodes != nil {
			n.loop = &loop{id: d.Tag}
			if bad = r.nodes(s, n.loop, d.Nodes); bad != "" {
				return bad
			}
			// The head opens the next occurrence, from outside.
			n.loop.filter = 0
			for _, inner := range n.loop.nodes[1:] {
				n.loop.filter |= tagBit(inner.tag)
			}
		}
		l.add(n)
	}
	return ""
}
