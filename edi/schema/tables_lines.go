package schema

import (
	"slices"
	"strconv"
	"strings"
)

// With gives these tables with further definitions of a text on top: a definition
// stands in place of one of the same name. The error is a *TableError.
func (t *Tables) With(text, edition string) (*Tables, error) {
	out := emptyTables()
	out.merge(t)
	if err := out.read(text, edition); err != nil {
		return nil, err
	}
	return out, nil
}

func (t *Tables) merge(o *Tables) {
	copyMap(t.Elements, o.Elements)
	copyMap(t.Codes, o.Codes)
	copyMap(t.Composites, o.Composites)
	copyMap(t.Segments, o.Segments)
	copyMap(t.Sets, o.Sets)
}

func copyMap[V any](to, from map[string]V) {
	for k, v := range from {
		to[k] = v
	}
}

// Lines writes a set and everything it needs in the text form, whole: read again they
// give the same set. Elements come first, the set last; nil for an unknown set.
func (t *Tables) Lines(set string) []string {
	def, ok := t.Sets[set]
	if !ok {
		return nil
	}
	tags, refs := map[string]bool{}, map[string]bool{}
	for _, tag := range envelopeTags {
		if _, ok := t.Segments[tag]; ok {
			tags[tag] = true
		}
	}
	eachNode(def.Nodes, func(n *NodeDef) { tags[n.Tag] = true })
	var need func(fields []FieldDef)
	need = func(fields []FieldDef) {
		for _, f := range fields {
			refs[f.Ref] = true
			need(t.Composites[f.Ref])
		}
	}
	for tag := range tags {
		need(t.Segments[tag].Fields)
	}
	var out, composites []string
	for _, ref := range sortedKeys(refs) {
		if fields, ok := t.Composites[ref]; ok {
			composites = append(composites, "com "+ref+fieldText(fields))
			continue
		}
		out = append(out, "el "+ref+" "+t.Elements[ref].text())
		if c, ok := t.Codes[ref]; ok {
			out = append(out, strings.Join(slices.DeleteFunc(append([]string{"code", ref, c.Mode}, c.Codes...), func(s string) bool { return s == "" }), " "))
		}
	}
	out = append(out, composites...)
	for _, tag := range sortedKeys(tags) {
		out = append(out, "seg "+tag+t.Segments[tag].text())
	}
	head := "set " + set
	if def.Group != "" {
		head += " " + def.Group
	}
	return append(append(out, head), nodeText(def.Nodes, " ")...)
}

// envelopeTags are the segments around the body of a set, judged outside of it.
var envelopeTags = []string{"ST", "SE", "UNH", "UNT"}

func eachNode(nodes []NodeDef, fn func(*NodeDef)) {
	for i := range nodes {
		fn(&nodes[i])
		eachNode(nodes[i].Nodes, fn)
	}
}

func (e ElementDef) text() string {
	if e.Type == strings.ToLower(e.Type) {
		if e.Min == 0 {
			return e.Type + ".." + strconv.Itoa(e.Max)
		}
		return e.Type + strconv.Itoa(e.Max)
	}
	return e.Type + " " + strconv.Itoa(e.Min) + " " + strconv.Itoa(e.Max)
}

func fieldText(fields []FieldDef) string {
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(" " + f.Ref)
		if f.Must {
			b.WriteByte('!')
		}
		if f.Max != 1 {
			b.WriteString(":" + strconv.Itoa(f.Max))
		}
	}
	return b.String()
}

func (s SegmentDef) text() string {
	out := fieldText(s.Fields)
	if s.Open {
		out += " ..."
	}
	if len(s.Notes) > 0 {
		out += " | " + strings.Join(s.Notes, " ")
	}
	return out
}

// nodeText writes places; a loop begins a line of its own, indented by its depth.
func nodeText(nodes []NodeDef, indent string) []string {
	var out []string
	line := ""
	flush := func() {
		if line != "" {
			out = append(out, indent+line)
		}
		line = ""
	}
	for i := range nodes {
		n := &nodes[i]
		if n.Nodes == nil {
			if line != "" {
				line += " "
			}
			line += n.Tag
			if n.Must {
				line += "!"
			}
			if n.Max != 1 {
				line += ":" + boundText(n.Max)
			}
			continue
		}
		flush()
		open := "(" + boundText(n.Max)
		if n.Must {
			open += "!"
		}
		inner := nodeText(n.Nodes, indent+" ")
		inner[0] = indent + open + " " + strings.TrimLeft(inner[0], " ")
		inner[len(inner)-1] += ")"
		out = append(out, inner...)
	}
	flush()
	return out
}

func boundText(n int) string {
	if n == 0 {
		return ">"
	}
	return strconv.Itoa(n)
}
