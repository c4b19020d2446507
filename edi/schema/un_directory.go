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

// The tables of EDIFACT, in the form of Tables.
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
	max   int      // the greatest repetition
}

type unSegment struct {
	id     string
	tag    edifact.Tag
	fields []unField
	must   uint64 // bit i is field i, from 0
	notes  []note

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

// directories compiles each at first use. The service segments are in each; "" is for
// what belongs to no directory.
var directories = func() map[string]func() *directory {
	out := map[string]func() *directory{}
	for _, name := range []string{"", "D96A", "D01B"} {
		out[name] = sync.OnceValue(func() *directory {
			d, err := compileDirectory(embeddedUN(name), name)
			if err != nil {
				panic(err)
			}
			return d
		})
	}
	return out
}()

// embeddedUN reads the tables of a directory.
func embeddedUN(name string) *Tables {
	t := emptyTables()
	for _, text := range []string{unService, map[string]string{"D96A": unD96A, "D01B": unD01B}[name]} {
		if err := t.read(text, name); err != nil {
			panic(err)
		}
	}
	return t
}

// directoryNamed gives a directory, "D96A"; nil when there is none.
func directoryNamed(name string) *directory {
	if d := directories[name]; d != nil {
		return d()
	}
	return nil
}

// directoryOf finds the directory of a message; nil when there is none. CONTRL
// belongs to the syntax, whatever directory it names.
func directoryOf(id edifact.MessageID) *directory {
	if id.Type == "CONTRL" {
		return directoryNamed("")
	}
	if id.Agency != "UN" || id.Version+id.Release == "" {
		return nil
	}
	return directoryNamed(id.Version + id.Release)
}

// SupportedMessages lists the EDIFACT messages we judge in a directory, "D96A".
func SupportedMessages(directory string) []string {
	d := directoryNamed(directory)
	if d == nil {
		return nil
	}
	return sortedKeys(d.messages)
}

// compileDirectory makes a directory. The error is a *TableError.
func compileDirectory(t *Tables, name string) (*directory, error) {
	d := &directory{
		name: name, elements: map[string]*unElement{}, parts: map[string][]unPart{},
		segments: map[edifact.Tag]*unSegment{}, messages: map[string]*unMessage{},
	}
	for ref, def := range t.Elements {
		e := &unElement{ref: ref, max: def.Max, fixed: def.Min > 0, typeName: def.text()}
		switch def.Type {
		case "a":
			e.kind = unLetters
		case "n":
			e.kind = unNumber
		case "an":
		default:
			return nil, &TableError{Key: "type", Text: ref + " " + def.Type}
		}
		if c, ok := t.Codes[ref]; ok {
			e.codes = newCodes(c.Codes)
			e.codes.closed = c.Mode == "closed" || c.Mode == "" && strings.Contains(closedElements, " "+ref+" ")
		}
		d.elements[ref] = e
	}
	for ref, fields := range t.Composites {
		parts := make([]unPart, 0, len(fields))
		for _, f := range fields {
			e := d.elements[f.Ref]
			if e == nil {
				return nil, &TableError{Key: "element_unknown", Text: "com " + ref + " " + f.Ref}
			}
			parts = append(parts, unPart{unElement: e, must: f.Must})
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
	for id, def := range t.Segments {
		s, bad := d.segment(id, def)
		if bad != "" {
			return nil, &TableError{Key: "element_unknown", Text: "seg " + id + " " + bad}
		}
		d.segments[s.tag] = s
	}
	for kind, def := range t.Sets {
		m := &unMessage{kind: kind, root: &unGroup{}, tags: map[edifact.Tag]bool{}, line: edifact.TagOf("LIN")}
		groups := 0
		if bad := d.nodes(m, m.root, def.Nodes, &groups); bad != "" {
			return nil, &TableError{Key: "segment_unknown", Text: "set " + kind + " " + bad}
		}
		m.root.prepare()
		m.shape = sync.OnceValue(func() *shape { return unShapeOf(m.root) })
		d.messages[kind] = m
	}
	return d, nil
}

// segment compiles one segment; bad is an element that is not known.
func (d *directory) segment(id string, def SegmentDef) (s *unSegment, bad string) {
	s = &unSegment{id: id, tag: edifact.TagOf(id)}
	for i, fd := range def.Fields {
		f := unField{ref: fd.Ref, must: fd.Must, max: fd.Max, parts: d.parts[fd.Ref]}
		if f.parts == nil {
			e := d.elements[fd.Ref]
			if e == nil {
				return nil, fd.Ref
			}
			f.one = unPart{unElement: e, must: fd.Must}
		}
		for _, p := range f.parts {
			f.owes = f.owes || p.must
		}
		if fd.Must {
			s.must |= 1 << i
		}
		s.fields = append(s.fields, f)
	}
	for _, c := range def.Notes {
		n, _ := makeNote(c)
		s.notes = append(s.notes, n)
	}
	s.prepare()
	return s, ""
}

// nodes compiles the places of a group; groups counts those opened in the message, and
// bad is a segment that is not known.
func (d *directory) nodes(m *unMessage, g *unGroup, list []NodeDef, groups *int) (bad string) {
	for i := range list {
		def := &list[i]
		n := unNode{tag: edifact.TagOf(def.Tag), must: def.Must, max: def.Max}
		if n.max == 0 {
			n.max = 1 << 30
		}
		if n.seg = d.segments[n.tag]; n.seg == nil {
			return def.Tag
		}
		m.tags[n.tag] = true
		g.filter |= unBit(n.tag)
		if def.Nodes != nil {
			*groups++
			n.group = &unGroup{id: "SG" + strconv.Itoa(*groups)}
			if bad = d.nodes(m, n.group, def.Nodes, groups); bad != "" {
				return bad
			}
		}
		g.nodes = append(g.nodes, n)
	}
	return ""
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
