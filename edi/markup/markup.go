// Package markup reads and writes the XML of business documents as a small tree, and
// walks such a tree in one of two directions (Map), so that what is written and what is
// read is said once.
//
// Reading is strict and bounded: no document type declarations, so that there are no
// entities to expand and nothing to fetch; no processing instructions but the XML
// declaration; depth, elements and bytes have limits. Bytes are UTF-8, or ISO 8859-1 and
// Windows-1252 where the declaration says so.
package markup

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"entente/edi/wire"
)

// Limits bound what is read.
type Limits struct {
	Bytes    int64 // of the file
	Elements int
	Depth    int
	Text     int // bytes of one element or attribute
}

// Default is enough for a document of 10,000 lines.
var Default = Limits{Bytes: 32 << 20, Elements: 500_000, Depth: 32, Text: 64 << 10}

// Node is an element.
type Node struct {
	// Name is the local name, after the agreed prefix of its namespace: "cbc:ID".
	// An element of an unknown namespace has "?:" before it.
	Name  string
	Attrs []Attr
	Text  string
	Kids  []*Node

	taken bool
	marks []string // attributes that were read
}

// Attr is an attribute. Namespace declarations are none.
type Attr struct{ Name, Value string }

func fail(kind error, key string, at int64, value string) error {
	if len(value) > wire.MaxValue {
		value = strings.ToValidUTF8(value[:wire.MaxValue], "")
	}
	return &wire.Error{Kind: kind, Key: key, Pos: wire.Position{Offset: at}, Value: value}
}

// counted stops at a number of bytes.
type counted struct {
	r    io.Reader
	left int64
}

func (c *counted) Read(p []byte) (int, error) {
	if c.left <= 0 {
		if n, err := c.r.Read(make([]byte, 1)); n == 0 {
			return 0, err
		}
		return 0, fail(wire.ErrTooLarge, "limit.file", 0, "")
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.r.Read(p)
	c.left -= int64(n)
	return n, err
}

// Read reads one document. spaces gives the prefix of each namespace that is known; the
// empty prefix leaves the name as it is. root is the namespace of the outermost element.
func Read(r io.Reader, lim Limits, spaces map[string]string) (n *Node, root string, err error) {
	in := bufio.NewReader(&counted{r, lim.Bytes})
	if b, _ := in.Peek(3); bytes.Equal(b, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(3)
	} else if len(b) >= 2 && (b[0] == 0xff && b[1] == 0xfe || b[0] == 0xfe && b[1] == 0xff || b[0] == 0 || b[1] == 0) {
		return nil, "", fail(wire.ErrNotRead, "utf16", 0, "")
	}
	d := xml.NewDecoder(in)
	d.CharsetReader = charset
	p := &parser{d: d, lim: lim, spaces: spaces}
	for {
		tok, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, "", p.broken(err)
		}
		if err := p.token(tok); err != nil {
			return nil, "", err
		}
	}
	switch {
	case p.root == nil && d.InputOffset() == 0:
		return nil, "", fail(wire.ErrNotEDI, "empty", 0, "")
	case p.root == nil || len(p.open) > 0:
		return nil, "", fail(wire.ErrTruncated, "xml.unfinished", d.InputOffset(), "")
	}
	return p.root, p.space, nil
}

func charset(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return in, nil
	case "iso-8859-1", "latin1":
		return charmap.ISO8859_1.NewDecoder().Reader(in), nil
	case "windows-1252", "cp1252":
		return charmap.Windows1252.NewDecoder().Reader(in), nil
	}
	return nil, fail(wire.ErrNotRead, "xml.charset", 0, label)
}

// scope are the namespace declarations of an open element.
type scope struct {
	node     *Node
	raw      string // its name as written
	declared map[string]string
}

type parser struct {
	d      *xml.Decoder
	lim    Limits
	spaces map[string]string
	root   *Node
	space  string
	open   []scope
	count  int
	text   strings.Builder
	mixed  bool
}

// broken says what the decoder found wrong.
func (p *parser) broken(err error) error {
	if w, ok := errors.AsType[*wire.Error](err); ok {
		return w
	}
	if s, ok := errors.AsType[*xml.SyntaxError](err); ok {
		if strings.Contains(s.Msg, "EOF") {
			return fail(wire.ErrTruncated, "xml.unfinished", p.d.InputOffset(), "")
		}
		return fail(wire.ErrMalformed, "xml.syntax", p.d.InputOffset(), s.Msg)
	}
	return err
}

func (p *parser) token(tok xml.Token) error {
	at := p.d.InputOffset()
	switch t := tok.(type) {
	case xml.Directive:
		return fail(wire.ErrMalformed, "xml.doctype", at, "")
	case xml.ProcInst:
		if t.Target != "xml" || p.root != nil {
			return fail(wire.ErrMalformed, "xml.instruction", at, t.Target)
		}
	case xml.CharData:
		if len(p.open) == 0 {
			if len(bytes.TrimSpace(t)) > 0 {
				return fail(wire.ErrMalformed, "xml.outside", at, string(bytes.TrimSpace(t)))
			}
			return nil
		}
		if p.text.Len()+len(t) > p.lim.Text {
			return fail(wire.ErrTooLarge, "limit.element", at, "")
		}
		if !utf8.Valid(t) {
			return fail(wire.ErrMalformed, "xml.syntax", at, "invalid UTF-8")
		}
		p.text.Write(t)
	case xml.StartElement:
		return p.start(t, at)
	case xml.EndElement:
		return p.end(t, at)
	}
	return nil
}

func rawName(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

func (p *parser) start(t xml.StartElement, at int64) error {
	if p.root != nil && len(p.open) == 0 {
		return fail(wire.ErrMalformed, "xml.outside", at, rawName(t.Name))
	}
	if p.count++; p.count > p.lim.Elements {
		return fail(wire.ErrTooLarge, "limit.elements", at, "")
	}
	if len(p.open) >= p.lim.Depth {
		return fail(wire.ErrTooLarge, "limit.nesting", at, "")
	}
	if len(p.open) > 0 { // text before an element is only layout
		if strings.TrimSpace(p.text.String()) != "" {
			return fail(wire.ErrMalformed, "xml.mixed", at, strings.TrimSpace(p.text.String()))
		}
		p.text.Reset()
	}
	s := scope{node: &Node{}, raw: rawName(t.Name)}
	seen := map[string]bool{}
	for _, a := range t.Attr {
		name := rawName(a.Name)
		if len(a.Value) > p.lim.Text || seen[name] {
			return fail(wire.ErrMalformed, "xml.syntax", at, name)
		}
		seen[name] = true
		switch {
		case name == "xmlns":
			s.declare("", a.Value)
		case a.Name.Space == "xmlns":
			s.declare(a.Name.Local, a.Value)
		default:
			s.node.Attrs = append(s.node.Attrs, Attr{name, a.Value})
		}
	}
	p.open = append(p.open, s)
	uri, known := p.resolve(t.Name.Space)
	if !known {
		return fail(wire.ErrMalformed, "xml.prefix", at, s.raw)
	}
	prefix, ok := p.spaces[uri]
	switch {
	case !ok:
		s.node.Name = "?:" + t.Name.Local
	case prefix == "":
		s.node.Name = t.Name.Local
	default:
		s.node.Name = prefix + ":" + t.Name.Local
	}
	if n := len(p.open); n > 1 {
		up := p.open[n-2].node
		up.Kids = append(up.Kids, s.node)
	} else {
		p.root, p.space = s.node, uri
	}
	return nil
}

func (s *scope) declare(prefix, uri string) {
	if s.declared == nil {
		s.declared = map[string]string{}
	}
	s.declared[prefix] = uri
}

// resolve gives the namespace of a prefix; none needs no declaration.
func (p *parser) resolve(prefix string) (string, bool) {
	for i := len(p.open) - 1; i >= 0; i-- {
		if uri, ok := p.open[i].declared[prefix]; ok {
			return uri, true
		}
	}
	return "", prefix == ""
}

func (p *parser) end(t xml.EndElement, at int64) error {
	n := len(p.open)
	if n == 0 || p.open[n-1].raw != rawName(t.Name) {
		return fail(wire.ErrMalformed, "xml.syntax", at, "</"+rawName(t.Name)+">")
	}
	node := p.open[n-1].node
	text := strings.TrimSpace(p.text.String())
	p.text.Reset()
	p.open = p.open[:n-1]
	if len(node.Kids) > 0 {
		if text != "" {
			return fail(wire.ErrMalformed, "xml.mixed", at, text)
		}
		return nil
	}
	node.Text = text
	return nil
}

// Write writes the document, one element a line, with the namespaces declared on the
// outermost one.
func (n *Node) Write(w io.Writer, spaces ...Attr) error {
	b := bufio.NewWriter(w)
	_, _ = b.WriteString(xml.Header)
	n.write(b, 0, spaces)
	return b.Flush()
}

func (n *Node) write(b *bufio.Writer, depth int, spaces []Attr) {
	for range depth {
		_, _ = b.WriteString("  ")
	}
	_, _ = b.WriteString("<" + n.Name)
	for _, a := range append(append([]Attr(nil), spaces...), n.Attrs...) {
		_, _ = b.WriteString(" " + a.Name + `="`)
		_ = xml.EscapeText(b, []byte(a.Value))
		_ = b.WriteByte('"')
	}
	switch {
	case len(n.Kids) > 0:
		_, _ = b.WriteString(">\n")
		for _, k := range n.Kids {
			k.write(b, depth+1, nil)
		}
		for range depth {
			_, _ = b.WriteString("  ")
		}
		_, _ = b.WriteString("</" + n.Name + ">\n")
	case n.Text == "":
		_, _ = b.WriteString("/>\n")
	default:
		_ = b.WriteByte('>')
		_ = xml.EscapeText(b, []byte(n.Text))
		_, _ = b.WriteString("</" + n.Name + ">\n")
	}
}
