package schema

import (
	_ "embed" // the tables of the directories
	"slices"
	"strconv"
	"strings"
	"sync"

	"entente/edi/edifact"
)

//go:generate sh -c "go run ./internal/untables -in \"$EDIFACT_FACTS\" -out . D96A D01B"

// The tables of EDIFACT, in one format: el gives the type of an element, com the
// elements of a composite, seg those of a segment, set the structure of a message,
// code the values of an element. An exclamation mark means mandatory, ":9" the
// greatest use, "(9 … )" a group with its greatest use, led by its first segment.
var (
	//go:embed un_d96a.txt
	unD96A string
	//go:embed un_d01b.txt
	unD01B string
	//go:embed un_service.txt
	unService string
)

// closedElements are those whose code list does not grow by agreement: a code
// outside is an error. Any other list moves with directories, and a code outside it
// is told and accepted.
const closedElements = " 0081 0083 1225 2379 4347 5463 "

// unCodes holds the codes of an element in an open table of packed bytes.
type unCodes struct {
	closed bool
	shift  uint
	slots  []uint64
}

func newCodes(list []string) *unCodes {
	bits := uint(2)
	for 1<<bits < 2*len(list) {
		bits++
	}
	c := &unCodes{shift: 64 - bits, slots: make([]uint64, 1<<bits)}
	for _, s := range list {
		v := packCode([]byte(s))
		at := c.at(v)
		for c.slots[at] != 0 {
			at = (at + 1) & uint64(len(c.slots)-1)
		}
		c.slots[at] = v
	}
	return c
}

func (c *unCodes) at(v uint64) uint64 { return v * 0x9e3779b97f4a7c15 >> c.shift }

func (c *unCodes) has(b []byte) bool { return c.hasPacked(packCode(b)) }

func (c *unCodes) hasPacked(v uint64) bool {
	for at := c.at(v); c.slots[at] != 0; at = (at + 1) & uint64(len(c.slots)-1) {
		if c.slots[at] == v {
			return true
		}
	}
	return false
}

// unElement is one entry of a directory.
type unElement struct {
	ref      string
	kind     unKind
	fixed    bool
	max      int
	codes    *unCodes
	typeName string // "an..35"
}

type unKind uint8

const (
	unText    unKind = iota // an
	unLetters               // a
	unNumber                // n
)

// unPart is an element at its place in a composite.
type unPart struct {
	*unElement
	must   bool
	agency int // index of the part that names who keeps the code, 0 for none
}

// unField is a place in a segment: one element, or a composite.
type unField struct {
	ref   string
	must  bool
	one   unPart   // when parts is nil
	parts []unPart // of a composite
	owes  bool     // a part is mandatory
}

type unSegment struct {
	id     string
	tag    edifact.Tag
	fields []unField
	must   uint64 // bit i is field i, from 0

	// For the quick look: all components, where those of each element begin, and
	// what must be there.
	slots  []unSlot
	starts []uint8
	gates  []unGate
}

// unNode is a place in a message: a segment, or a group by its first segment.
type unNode struct {
	tag   edifact.Tag
	seg   *unSegment
	max   int
	must  bool
	group *unGroup
}

// unGroup is a run of nodes; the first opens it.
type unGroup struct {
	id     string // "SG25", empty for the message
	nodes  []unNode
	filter uint64 // which tags can stand directly in it, by hash
	// first is the first node of each hash of a tag; musts counts the mandatory
	// nodes before each, and before the end.
	first [64]uint16
	musts []uint16
}

// prepare fills what is looked up by node.
func (g *unGroup) prepare() {
	for i := len(g.nodes) - 1; i >= 0; i-- {
		g.first[unHash(g.nodes[i].tag)] = uint16(i)
	}
	n := uint16(0)
	for i := range g.nodes {
		g.musts = append(g.musts, n)
		if g.nodes[i].must {
			n++
		}
		if in := g.nodes[i].group; in != nil {
			in.prepare()
		}
	}
	g.musts = append(g.musts, n)
}

func unHash(t edifact.Tag) uint32 { return uint32(t) * 2654435761 >> 26 }

func unBit(t edifact.Tag) uint64 { return 1 << unHash(t) }

type unMessage struct {
	kind  string
	root  *unGroup
	tags  map[edifact.Tag]bool
	line  edifact.Tag // what CNT 2 counts
	shape func() *shape
}

// directory is one compiled directory.
type directory struct {
	name     string
	elements map[string]*unElement
	parts    map[string][]unPart
	segments map[edifact.Tag]*unSegment
	messages map[string]*unMessage
}

// directories compiles at first use. The service segments are in each; "" is for
// what belongs to no directory.
var directories = sync.OnceValue(func() map[string]*directory {
	return map[string]*directory{
		"":     compileDirectory("", unService),
		"D96A": compileDirectory("D96A", unService+unD96A),
		"D01B": compileDirectory("D01B", unService+unD01B),
	}
})

// directoryOf finds the directory of a message; nil when there is none. CONTRL
// belongs to the syntax, whatever directory it names.
func directoryOf(id edifact.MessageID) *directory {
	if id.Type == "CONTRL" {
		return directories()[""]
	}
	if id.Agency != "UN" {
		return nil
	}
	name := id.Version + id.Release
	if name == "" {
		return nil
	}
	return directories()[name]
}

// SupportedMessages lists the EDIFACT messages we judge in a directory, "D96A".
func SupportedMessages(directory string) []string {
	d := directories()[directory]
	if d == nil {
		return nil
	}
	return sortedKeys(d.messages)
}

func compileDirectory(name, text string) *directory {
	d := &directory{
		name: name, elements: map[string]*unElement{}, parts: map[string][]unPart{},
		segments: map[edifact.Tag]*unSegment{}, messages: map[string]*unMessage{},
	}
	var rest [][]string // lines that need those before them, by kind
	for _, pass := range []string{"el", "code", "com", "seg", "set"} {
		for line := range strings.SplitSeq(text, "\n") {
			f := strings.Fields(line)
			if len(f) > 2 && f[0] == pass {
				rest = append(rest, f)
			}
		}
	}
	for _, f := range rest {
		switch f[0] {
		case "el":
			d.elements[f[1]] = newElement(f[1], f[2])
		case "code":
			e := d.must(f[1])
			e.codes = newCodes(f[2:])
			e.codes.closed = strings.Contains(closedElements, " "+f[1]+" ")
		case "com":
			d.composite(f[1], f[2:])
		case "seg":
			d.segment(f[1], f[2:])
		case "set":
			d.message(f[1], f[2:])
		}
	}
	return d
}

func newElement(ref, form string) *unElement {
	e := &unElement{ref: ref, typeName: form}
	size := strings.TrimLeft(form, "an.")
	e.max = num(size)
	e.fixed = !strings.Contains(form, "..")
	switch strings.TrimRight(strings.TrimSuffix(form, size), ".") {
	case "a":
		e.kind = unLetters
	case "n":
		e.kind = unNumber
	}
	return e
}

func (d *directory) must(ref string) *unElement {
	e := d.elements[ref]
	if e == nil {
		panic("schema: no element " + ref)
	}
	return e
}

func (d *directory) composite(ref string, words []string) {
	var parts []unPart
	for _, w := range words {
		name, must := strings.CutSuffix(w, "!")
		parts = append(parts, unPart{unElement: d.must(name), must: must})
	}
	for i := range parts {
		for k := i + 1; k < len(parts) && k <= i+2 && parts[i].codes != nil; k++ {
			if parts[k].ref == "3055" {
				parts[i].agency = k
			}
		}
	}
	d.parts[ref] = parts
}

func (d *directory) segment(id string, words []string) {
	s := &unSegment{id: id, tag: edifact.TagOf(id)}
	for _, w := range words {
		ref, must := strings.CutSuffix(w, "!")
		f := unField{ref: ref, must: must, parts: d.parts[ref]}
		if f.parts == nil {
			f.one = unPart{unElement: d.must(ref), must: must}
		}
		for _, p := range f.parts {
			f.owes = f.owes || p.must
		}
		if must {
			s.must |= 1 << len(s.fields)
		}
		s.fields = append(s.fields, f)
	}
	s.prepare()
	d.segments[s.tag] = s
}

// message reads the structure of a message.
func (d *directory) message(kind string, words []string) {
	m := &unMessage{kind: kind, root: &unGroup{}, tags: map[edifact.Tag]bool{}, line: edifact.TagOf("LIN")}
	stack := []*unGroup{m.root}
	groups := 0
	var opening *unNode
	for _, w := range words {
		top := stack[len(stack)-1]
		if max, ok := strings.CutPrefix(w, "("); ok {
			size, must := strings.CutSuffix(max, "!")
			groups++
			opening = &unNode{max: num(size), must: must, group: &unGroup{id: "SG" + strconv.Itoa(groups)}}
			continue
		}
		bare := strings.TrimRight(w, ")")
		name, max, many := strings.Cut(bare, ":")
		name, must := strings.CutSuffix(name, "!")
		n := unNode{tag: edifact.TagOf(name), must: must, max: 1}
		if many {
			n.max = num(max)
		}
		if n.seg = d.segments[n.tag]; n.seg == nil {
			panic("schema: no segment " + name)
		}
		m.tags[n.tag] = true
		if opening != nil {
			opening.tag, opening.seg = n.tag, n.seg
			top.nodes = append(top.nodes, *opening)
			top.filter |= unBit(n.tag)
			top, opening = opening.group, nil
			stack = append(stack, top)
		}
		top.nodes = append(top.nodes, n)
		top.filter |= unBit(n.tag)
		stack = stack[:len(stack)-(len(w)-len(bare))]
	}
	if len(stack) != 1 {
		panic("schema: groups of " + kind + " do not close")
	}
	m.root.prepare()
	m.shape = sync.OnceValue(func() *shape { return unShapeOf(m.root) })
	d.messages[kind] = m
}

// sortedKeys gives the keys of a map in order.
func sortedKeys[T any](m map[string]T) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
