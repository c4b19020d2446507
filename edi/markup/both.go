package markup

import (
	"fmt"
	"time"

	"entente/edi/doc"
)

// Map walks a tree in one of two directions: it fills values from the elements that are
// there, or makes elements of the values that are not empty. The order of the calls is
// the order of what is written; reading takes elements in any order.
type Map struct {
	n    *Node
	read bool
	path string
	st   *state
}

type state struct{ problems []doc.Problem }

// Reading makes a Map that fills values from the tree n.
func Reading(n *Node) *Map { return &Map{n: n, read: true, path: n.Name, st: &state{}} }

// Writing makes a Map that adds to the tree n.
func Writing(n *Node) *Map { return &Map{n: n, path: n.Name, st: &state{}} }

// Read says whether values are filled.
func (m *Map) Read() bool { return m.read }

// Problems are the values that were no number or no date, by the path of their element.
func (m *Map) Problems() []doc.Problem { return m.st.problems }

// Problem tells that the value at a name below the present place is not what it should be.
func (m *Map) Problem(name, key, value string) {
	path := m.path
	if name != "" {
		path += "/" + name
	}
	m.st.problems = append(m.st.problems, doc.Problem{Path: path, Key: key, Value: value})
}

func (m *Map) next(name string) *Node {
	for _, k := range m.n.Kids {
		if k.Name == name && !k.taken {
			k.taken = true
			return k
		}
	}
	return nil
}

// empty says that an element says nothing.
func (n *Node) empty() bool { return n.Text == "" && len(n.Kids) == 0 }

// In goes into one element. What stays without text and elements is not written.
func (m *Map) In(name string, fn func(*Map)) {
	if m.read {
		if k := m.next(name); k != nil {
			fn(&Map{k, true, m.path + "/" + name, m.st})
		}
		return
	}
	k := &Node{Name: name}
	fn(&Map{k, false, m.path + "/" + name, m.st})
	if !k.empty() {
		m.n.Kids = append(m.n.Kids, k)
	}
}

// Must is In of an element that is written even where it says nothing.
func (m *Map) Must(name string, fn func(*Map)) {
	if m.read {
		m.In(name, fn)
		return
	}
	k := &Node{Name: name}
	fn(&Map{k, false, m.path + "/" + name, m.st})
	m.n.Kids = append(m.n.Kids, k)
}

// Passed takes elements that say nothing of the document.
func (m *Map) Passed(names ...string) {
	if !m.read {
		return
	}
	for _, name := range names {
		for k := m.next(name); k != nil; k = m.next(name) {
			k.pass()
		}
	}
}

func (n *Node) pass() {
	n.taken = true
	for _, k := range n.Kids {
		k.pass()
	}
}

// Marked goes into one element that has a mark: a part named key that says value. What
// has nothing but the mark is not written.
func (m *Map) Marked(name, key, value string, fn func(*Map)) {
	if m.read {
		for _, k := range m.n.Kids {
			if k.Name != name || k.taken {
				continue
			}
			for _, q := range k.Kids {
				if q.Name == key && q.Text == value {
					k.taken, q.taken = true, true
					fn(&Map{k, true, fmt.Sprintf("%s/%s[%s]", m.path, name, value), m.st})
					return
				}
			}
		}
		return
	}
	k := &Node{Name: name, Kids: []*Node{{Name: key, Text: value}}}
	fn(&Map{k, false, m.path + "/" + name, m.st})
	if len(k.Kids) > 1 {
		m.n.Kids = append(m.n.Kids, k)
	}
}

// Each goes into the elements of a name, one for each entry of the list.
func Each[T any](m *Map, name string, list *[]T, fn func(*Map, *T)) {
	EachWhere(m, name, list, nil, fn)
}

// EachWhere is Each of the elements for which where says true.
func EachWhere[T any](m *Map, name string, list *[]T, where func(*Node) bool, fn func(*Map, *T)) {
	if !m.read {
		for i := range *list {
			m.In(name, func(m *Map) { fn(m, &(*list)[i]) })
		}
		return
	}
	n := 0
	for _, k := range m.n.Kids {
		if k.Name != name {
			continue
		}
		n++
		if k.taken || where != nil && !where(k) {
			continue
		}
		k.taken = true
		*list = append(*list, *new(T))
		fn(&Map{k, true, fmt.Sprintf("%s/%s[%d]", m.path, name, n), m.st}, &(*list)[len(*list)-1])
	}
}

// Part is the text of the first element of a name, empty without one.
func (n *Node) Part(name string) string {
	for _, k := range n.Kids {
		if k.Name == name {
			return k.Text
		}
	}
	return ""
}

// Has says whether an element of the name is there and was not read yet.
func (m *Map) Has(name string) bool {
	for _, k := range m.n.Kids {
		if k.Name == name && !k.taken {
			return true
		}
	}
	return false
}

// Text is an element that is a text.
func (m *Map) Text(name string, v *string) { m.In(name, func(m *Map) { m.Value(v) }) }

// Texts are elements that are texts.
func (m *Map) Texts(name string, list *[]string) {
	Each(m, name, list, func(m *Map, v *string) { m.Value(v) })
}

// Value is the text of the element itself.
func (m *Map) Value(v *string) {
	if m.read {
		*v = m.n.Text
	} else {
		m.n.Text = *v
	}
}

// Constant is an element that always says the same; other values are told when read.
func (m *Map) Constant(name, value string) {
	v := value
	m.Text(name, &v)
}

// Turned is a text that is written and read otherwise than it is held. in says false of
// what it does not understand, which is told as a problem of kind key.
func (m *Map) Turned(name string, v *string, key string, out func(string) string, in func(string) (string, bool)) {
	if !m.read {
		t := out(*v)
		m.Text(name, &t)
		return
	}
	m.In(name, func(m *Map) {
		if m.n.Text == "" {
			return
		}
		t, ok := in(m.n.Text)
		if !ok {
			m.Problem("", key, m.n.Text)
			return
		}
		*v = t
	})
}

// Number is an element that is a number.
func (m *Map) Number(name string, v *doc.Decimal) {
	m.In(name, func(m *Map) { m.NumberValue(v) })
}

// NumberValue is the number that the element itself says.
func (m *Map) NumberValue(v *doc.Decimal) {
	if !m.read {
		m.n.Text = string(*v)
		return
	}
	if m.n.Text == "" {
		return
	}
	d, err := doc.ParseDecimal(m.n.Text)
	if err != nil {
		m.Problem("", doc.KeyNumber, m.n.Text)
		return
	}
	*v = d
}

// Date is an element that is a civil date; a zone after it is passed over.
func (m *Map) Date(name string, v *string) {
	m.Turned(name, v, doc.KeyDate, func(s string) string { return s }, func(s string) (string, bool) {
		if len(s) > 10 {
			if _, err := time.Parse("2006-01-02Z07:00", s); err != nil {
				return "", false
			}
			s = s[:10]
		}
		_, err := time.Parse("2006-01-02", s)
		return s, err == nil
	})
}

// Attr is an attribute of the element itself.
func (m *Map) Attr(name string, v *string) {
	if !m.read {
		if *v != "" {
			m.n.Attrs = append(m.n.Attrs, Attr{name, *v})
		}
		return
	}
	for _, a := range m.n.Attrs {
		if a.Name == name {
			*v = a.Value
			m.n.marks = append(m.n.marks, name)
		}
	}
}

// Left are the values that were not read, each by its path: what the document has no
// place for.
func (n *Node) Left() []doc.Problem {
	var out []doc.Problem
	var walk func(n *Node, path string)
	walk = func(n *Node, path string) {
		if len(n.Kids) == 0 {
			if !n.taken && n.Text != "" {
				out = append(out, doc.Problem{Path: path, Key: "not_carried", Value: n.Text})
			}
			return
		}
		for _, k := range n.Kids {
			walk(k, path+"/"+k.Name)
		}
	}
	walk(n, n.Name)
	return out
}
