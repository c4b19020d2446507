package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"entente/edi/x12"
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

// releases compiles the dictionaries at first use.
var releases = sync.OnceValue(func() map[string]*release {
	return map[string]*release{"004010": compile("004010"), "005010": compile("005010")}
})

// releaseOf finds the dictionary for a GS08, "005010" or "004010VICS"; nil when
// there is none.
func releaseOf(version string) *release {
	if len(version) < 6 {
		return nil
	}
	return releases()[version[:6]]
}

// Supported lists the sets we judge, by ST01, and the releases.
func Supported() (sets, versions []string) {
	rs := releases()
	for v := range rs {
		versions = append(versions, v)
	}
	for s := range rs["005010"].sets {
		sets = append(sets, s)
	}
	slices.Sort(sets)
	slices.Sort(versions)
	return sets, versions
}

// GroupCode gives GS01 for a set type, "PO" for "850"; empty when unknown.
func GroupCode(setType string) string {
	if s := releases()["005010"].sets[setType]; s != nil {
		return s.group
	}
	return ""
}

func compile(name string) *release {
	r := &release{
		name: name, elements: map[string]*element{},
		segments: map[x12.Tag]*segment{}, sets: map[string]*set{},
	}
	five := name >= "005010"
	for line := range strings.SplitSeq(strings.TrimSpace(elementData+tradeElements[1:]), "\n") {
		r.element(strings.Fields(line), five)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(codeData), "\n") {
		f := strings.Fields(line)
		l := &codeList{wide: f[1] == "wide"}
		for _, c := range f[2:] {
			l.codes = append(l.codes, packCode([]byte(c)))
		}
		slices.Sort(l.codes)
		l.table = newCodes(f[2:])
		r.must(f[0]).codes = l
	}
	for line := range strings.SplitSeq(strings.TrimSpace(compositeData), "\n") {
		f := strings.Fields(line)
		c := &element{ref: f[0], kind: kindAN}
		for _, p := range f[1:] {
			ref, must := strings.CutSuffix(p, "!")
			c.parts = append(c.parts, field{r.must(ref), must})
		}
		r.elements[c.ref] = c
	}
	for line := range strings.SplitSeq(strings.TrimSpace(segmentData+tradeSegments[1:]), "\n") {
		r.segment(line, five)
	}
	for _, s := range r.segments {
		s.prepare()
	}
	r.readSets(wordsOf(setData+tradeSets, five))
	return r
}

// wordsOf cuts data of sets into words; what stands between "{5" and "}" only when
// five.
func wordsOf(data string, five bool) []string {
	var out []string
	in := false
	for _, w := range strings.Fields(data) {
		switch {
		case w == "{5":
			in = true
		case strings.HasPrefix(w, "}"):
			in = false
			if closing := w[1:]; closing != "" {
				out[len(out)-1] += closing
			}
		case w[0] == ']':
			out[len(out)-1] += w
		case five || !in:
			out = append(out, w)
		}
	}
	return out
}

func (r *release) must(ref string) *element {
	e := r.elements[ref]
	if e == nil {
		panic("schema: no element " + ref)
	}
	return e
}

func (r *release) element(f []string, five bool) {
	e := &element{ref: f[0], min: num(f[2]), max: num(f[3])}
	if len(f) == 7 && five {
		e.min, e.max = num(f[5]), num(f[6])
	}
	switch t := f[1]; {
	case t == "AN":
		e.kind = kindAN
	case t == "ID":
		e.kind = kindID
	case t == "R":
		e.kind = kindR
	case t == "DT":
		e.kind = kindDT
	case t == "TM":
		e.kind = kindTM
	case t[0] == 'N':
		e.kind, e.places = kindN, t[1]-'0'
	default:
		panic("schema: type " + t)
	}
	r.elements[e.ref] = e
}

func num(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic("schema: number " + s)
	}
	return n
}

// segment reads one line of segmentData.
func (r *release) segment(line string, five bool) {
	def, conds, _ := strings.Cut(line, "|")
	f := strings.Fields(def)
	id, late := strings.CutSuffix(f[0], "@5")
	if late && !five {
		return
	}
	s := &segment{id: id, tag: x12.TagOf(id)}
	add := func(p string) {
		ref, must := strings.CutSuffix(p, "!")
		s.fields = append(s.fields, field{r.must(ref), must})
		if must {
			s.must |= 1 << len(s.fields)
		}
	}
	for i := 1; i < len(f); i++ {
		switch {
		case f[i] == "...":
			s.open = true
		case f[i][0] == '(':
			var run []string
			for ; ; i++ {
				p := strings.TrimPrefix(f[i], "(")
				body, times, end := strings.Cut(p, ")x")
				run = append(run, body)
				if end {
					for range num(times) {
						for _, p := range run {
							add(p)
						}
					}
					break
				}
			}
		default:
			add(f[i])
		}
	}
	for _, c := range strings.Fields(conds) {
		if rest, ok := strings.CutPrefix(c, "PP"); ok {
			from, to := num(rest[:2]), num(rest[3:])
			for i := from; i < to; i += 2 {
				s.notes = append(s.notes, makeNote(fmt.Sprintf("P%02d%02d", i, i+1)))
			}
			continue
		}
		s.notes = append(s.notes, makeNote(c))
	}
	r.segments[s.tag] = s
}

func makeNote(c string) note {
	n := note{kind: c[0], text: c}
	for i := 1; i < len(c); i += 2 {
		bit := uint64(1) << num(c[i:i+2])
		if i == 1 {
			n.first = bit
		}
		n.mask |= bit
	}
	return n
}

// readSets reads setData, whose words are a type, a group code and places.
func (r *release) readSets(words []string) {
	var cur *set
	var stack []*loop
	head := false // the next word opens the loop on top
	for i := 0; i < len(words); i++ {
		w := words[i]
		if w[0] >= '0' && w[0] <= '9' {
			cur = &set{kind: w, group: words[i+1], root: &loop{}, tags: map[x12.Tag]bool{}}
			r.sets[w] = cur
			stack = []*loop{cur.root}
			i++
			continue
		}
		if w[0] == '[' {
			max, must := strings.CutPrefix(w[1:], "!")
			n := node{must: must, loop: &loop{}}
			if max != ">" {
				n.max = 1
				if max != "" && max[0] >= '0' && max[0] <= '9' {
					n.max = num(max)
				} else {
					words[i] = max // "[CTT": the head itself, once
					i--
				}
			}
			top := stack[len(stack)-1]
			top.add(n)
			stack = append(stack, n.loop)
			head = true
			continue
		}
		closing := len(w) - len(strings.TrimRight(w, "]"))
		w = w[:len(w)-closing]
		n := r.place(w)
		cur.tags[n.tag] = true
		top := stack[len(stack)-1]
		if head {
			outer := stack[len(stack)-2]
			at := &outer.nodes[len(outer.nodes)-1]
			at.tag, at.seg = n.tag, n.seg
			outer.filter |= tagBit(n.tag)
			top.id = n.seg.id
			n.must, n.max = true, 1
			head = false
		} else {
			top.filter |= tagBit(n.tag)
		}
		top.add(n)
		stack = stack[:len(stack)-closing]
	}
	for _, s := range r.sets {
		s.root.prepare()
		s.shape = sync.OnceValue(func() *shape { return shapeOf(s.root) })
	}
}

// place reads "DTM:10" or "BEG!".
func (r *release) place(w string) node {
	name, max, bounded := strings.Cut(w, ":")
	name, must := strings.CutSuffix(name, "!")
	n := node{tag: x12.TagOf(name), must: must, max: 1}
	if bounded {
		n.max = 0
		if max != ">" {
			n.max = num(max)
		}
	}
	n.seg = r.segments[n.tag]
	if n.seg == nil {
		panic("schema: no segment " + name)
	}
	return n
}
