package tree

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"entente/edi/edifact"
	"entente/edi/wire"
	"entente/edi/x12"
)

// ErrTree says that the JSON is no tree, or one that cannot be written: a value
// holds a delimiter, the ISA and the delimiters differ, something follows a segment
// without terminator. The error that wraps it says where.
var ErrTree = errors.New("tree: not a tree that can be written")

// FromJSON writes the file that a tree describes, the bytes exactly as they stand
// in it: counts and control numbers are not made anew. Errors wrap ErrTree, or are
// those of r and w; after an error the output must be thrown away.
func FromJSON(w io.Writer, r io.Reader, limits wire.Limits) error {
	limits = limits.Filled()
	m := &meter{r: r, max: 8*int64(limits.Segment) + 1<<20}
	d := &decoder{w: bufio.NewWriterSize(w, 64<<10), m: m, dec: json.NewDecoder(m)}
	if err := d.file(); err != nil {
		if _, syntax := errors.AsType[*json.SyntaxError](err); syntax || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			err = fmt.Errorf("%w: %v at byte %d", ErrTree, err, d.dec.InputOffset())
		}
		return err
	}
	return d.w.Flush()
}

// meter bounds what is read between two segments, and so what the JSON decoder
// must hold.
type meter struct {
	r      io.Reader
	n, max int64
}

func (m *meter) Read(p []byte) (int, error) {
	if m.n > m.max {
		return 0, fmt.Errorf("%w: a value is longer than a segment may be", ErrTree)
	}
	n, err := m.r.Read(p)
	m.n += int64(n)
	return n, err
}

type decoder struct {
	w   *bufio.Writer
	m   *meter
	dec *json.Decoder

	d      x12.Delimiters
	un     *edifact.Delimiters // of an EDIFACT interchange, nil for X12
	gap    []byte
	tail   int
	before []byte
	wrap   wire.Wrap
	col    int  // of a wrapped interchange
	any    bool // an interchange was written
	first  bool // the next segment is the ISA
	over   bool // a segment without terminator was written
	b      []byte
}

func (d *decoder) wrong(format string, args ...any) error {
	return fmt.Errorf("%w: %s, at byte %d", ErrTree, fmt.Sprintf(format, args...), d.dec.InputOffset())
}

// object reads the fields of an object whose brace was read.
func (d *decoder) object(field func(name string) error) error {
	for d.dec.More() {
		t, err := d.dec.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		if err := field(name); err != nil {
			return err
		}
	}
	_, err := d.dec.Token()
	return err
}

// open reads the next token, which must be the delimiter.
func (d *decoder) open(want json.Delim) error {
	t, err := d.dec.Token()
	if err != nil {
		return err
	}
	if t != want {
		return d.wrong("%v stands where %v must", t, want)
	}
	return nil
}

func (d *decoder) file() error {
	if err := d.open('{'); err != nil {
		return err
	}
	format := ""
	err := d.object(func(name string) error {
		switch name {
		case "edi":
			if err := d.dec.Decode(&format); err != nil {
				return d.wrong("edi: %v", err)
			}
			if format != Format {
				return d.wrong("the form is %q, not %q", format, Format)
			}
		case "interchanges":
			if format == "" {
				return d.wrong("\"edi\" must come first")
			}
			if err := d.open('['); err != nil {
				return err
			}
			for d.dec.More() {
				if err := d.interchange(); err != nil {
					return err
				}
			}
			_, err := d.dec.Token()
			return err
		case "after":
			v, err := d.bytes()
			if err != nil {
				return err
			}
			if len(bytes.Trim(v, blanks)) > 0 {
				return d.wrong("after: only blanks may follow")
			}
			_, err = d.w.Write(v)
			return err
		default:
			return d.skip()
		}
		return nil
	})
	if err != nil {
		return err
	}
	if format == "" {
		return d.wrong("it is no tree")
	}
	if _, err := d.dec.Token(); !errors.Is(err, io.EOF) {
		return d.wrong("something follows the tree")
	}
	return nil
}

// blanks are what may stand between segments.
const blanks = " \r\n\t\x1a\x00"

// skip passes over a value that has no meaning here.
func (d *decoder) skip() error {
	var v json.RawMessage
	return d.dec.Decode(&v)
}

func (d *decoder) value() (any, error) {
	var v any
	if err := d.dec.Decode(&v); err != nil {
		return nil, err
	}
	return v, nil
}

func (d *decoder) bytes() ([]byte, error) {
	v, err := d.value()
	if err != nil {
		return nil, err
	}
	return d.text(v)
}

// text gives the bytes of a string or of {"base64":…}.
func (d *decoder) text(v any) ([]byte, error) {
	switch t := v.(type) {
	case string:
		return []byte(t), nil
	case map[string]any:
		if s, ok := t["base64"].(string); ok && len(t) == 1 {
			b, err := base64.StdEncoding.DecodeString(s)
			if err != nil {
				return nil, d.wrong("base64: %v", err)
			}
			return b, nil
		}
	}
	return nil, d.wrong("a string must stand here")
}

func (d *decoder) delimiters() error {
	d.d = x12.Delimiters{}
	if err := d.open('{'); err != nil {
		return err
	}
	return d.object(func(name string) error {
		b, err := d.bytes()
		if err != nil {
			return err
		}
		if len(b) != 1 {
			return d.wrong("delimiter %s must be one byte", name)
		}
		switch name {
		case "element":
			d.d.Element = b[0]
		case "component":
			d.d.Component = b[0]
		case "repetition":
			d.d.Repetition = b[0]
		case "terminator":
			d.d.Terminator = b[0]
		case "decimal":
			if d.un != nil {
				d.un.Decimal = b[0]
			}
		case "release":
			if d.un != nil {
				d.un.Release = b[0]
			}
		}
		if d.un != nil {
			d.un.Component, d.un.Element, d.un.Repetition, d.un.Terminator = d.d.Component, d.d.Element, d.d.Repetition, d.d.Terminator
		}
		return nil
	})
}

func (d *decoder) interchange() error {
	if d.over {
		return d.wrong("an interchange follows a segment without terminator")
	}
	if err := d.open('{'); err != nil {
		return err
	}
	d.gap, d.before, d.tail, d.first = nil, nil, 0, true
	d.d, d.un, d.wrap, d.col = x12.Delimiters{}, nil, wire.Wrap{}, 0
	err := d.object(func(name string) (err error) {
		if d.first && len(d.before) == 0 && name == "before" {
			d.before, err = d.bytes()
			return err
		}
		switch name {
		case "syntax":
			var s string
			if err := d.dec.Decode(&s); err != nil || s != "x12" && s != "edifact" || d.d.Terminator != 0 {
				return d.wrong("syntax must come first and be x12 or edifact, not %q", s)
			}
			if s == "edifact" {
				d.un = &edifact.Delimiters{}
			}
		case "delimiters":
			return d.delimiters()
		case "wrap":
			return d.wrapping()
		case "gap":
			d.gap, err = d.blank()
			return err
		case "tail":
			return d.number(&d.tail)
		case "nodes":
			if d.d.Terminator == 0 && d.d.Element == 0 {
				return d.wrong("delimiters must come before nodes")
			}
			return d.nodes(0)
		default:
			return d.skip()
		}
		return nil
	})
	d.any = true
	if err == nil && d.first {
		err = d.wrong("an interchange begins with ISA or UNB")
	}
	return err
}

// wrapping reads how the interchange is wrapped.
func (d *decoder) wrapping() error {
	var w struct {
		Width, Column int
		Break         string
	}
	if err := d.dec.Decode(&w); err != nil || w.Width < wire.MinWrap || w.Column < 0 || w.Column > w.Width || w.Break != "\n" && w.Break != "\r\n" || !d.first {
		return d.wrong("wrap has a width from %d, a break \\n or \\r\\n and a column, and comes before nodes", wire.MinWrap)
	}
	d.wrap, d.col = wire.Wrap{Width: w.Width, Break: w.Break}, w.Column
	return nil
}

// blank reads bytes that may stand between segments.
func (d *decoder) blank() ([]byte, error) {
	b, err := d.bytes()
	if err == nil && (len(bytes.Trim(b, blanks)) > 0 || bytes.IndexByte(b, d.d.Element) >= 0) {
		err = d.wrong("only blanks may stand between segments")
	}
	return b, err
}

func (d *decoder) number(n *int) error {
	if err := d.dec.Decode(n); err != nil || *n < 0 || *n > 16 {
		return d.wrong("tail must be a number from 0 to 16")
	}
	return nil
}

func (d *decoder) nodes(depth int) error {
	if depth > maxDepth {
		return d.wrong("nodes nest too deep")
	}
	if err := d.open('['); err != nil {
		return err
	}
	for d.dec.More() {
		if err := d.node(depth); err != nil {
			return err
		}
		d.m.n = 0
	}
	_, err := d.dec.Token()
	return err
}

func (d *decoder) node(depth int) error {
	t, err := d.dec.Token()
	if err != nil {
		return err
	}
	if t == json.Delim('[') {
		var els []any
		for d.dec.More() {
			v, err := d.value()
			if err != nil {
				return err
			}
			els = append(els, v)
		}
		if _, err := d.dec.Token(); err != nil {
			return err
		}
		return d.segment(els, d.gap, d.tail, false)
	}
	if t != json.Delim('{') {
		return d.wrong("a node is an array or an object")
	}
	var els []any
	gap, tail, cut := d.gap, d.tail, false
	err = d.object(func(name string) (err error) {
		switch name {
		case "nodes":
			return d.nodes(depth + 1)
		case "object":
			return d.part()
		case "segment":
			if err := d.dec.Decode(&els); err != nil || len(els) == 0 {
				return d.wrong("a segment is an array")
			}
		case "before":
			gap, err = d.blank()
			return err
		case "tail":
			return d.number(&tail)
		case "unterminated":
			if err := d.dec.Decode(&cut); err != nil {
				return d.wrong("unterminated is true or false")
			}
		default:
			return d.skip()
		}
		return nil
	})
	if err != nil || els == nil {
		return err
	}
	return d.segment(els, gap, tail, cut)
}

// part writes a part of the object of a package.
func (d *decoder) part() error {
	b, err := d.bytes()
	if err != nil {
		return err
	}
	if d.un == nil || d.first || d.over || d.wrap.Width > 0 {
		return d.wrong("an object stands in a package of EDIFACT that is not wrapped")
	}
	_, err = d.w.Write(b)
	return err
}

// segment writes one segment with the bytes around it.
func (d *decoder) segment(els []any, gap []byte, tail int, cut bool) error {
	if d.over {
		return d.wrong("a segment follows one without terminator")
	}
	if len(els) == 0 {
		return d.wrong("a segment has a tag")
	}
	if d.un != nil {
		return d.unSegment(els, gap, cut)
	}
	b := d.b[:0]
	tag, err := d.text(els[0])
	if err != nil {
		return err
	}
	if err := d.clean(tag, true); err != nil {
		return err
	}
	if d.first != (string(tag) == "ISA") && d.first {
		return d.wrong("an interchange begins with ISA")
	}
	raw := d.first || string(tag) == "BIN" || string(tag) == "BDS"
	b = append(b, tag...)
	for _, v := range els[1:] {
		b = append(b, d.d.Element)
		if b, err = d.element(b, v, raw); err != nil {
			return err
		}
	}
	d.b = b
	first := d.first
	if first {
		gap = d.before
		if err := d.checkISA(b, tail); err != nil {
			return err
		}
		d.first = false
	}
	return d.put(gap, b, tail, cut, first)
}

// put writes a segment with the bytes around it.
func (d *decoder) put(gap, b []byte, tail int, cut, first bool) error {
	_, _ = d.w.Write(gap)
	if d.wrap.Width > 0 {
		if !first {
			d.passed(gap)
		}
		return d.putWrapped(b, tail, cut)
	}
	_, err := d.w.Write(b)
	for range tail {
		_ = d.w.WriteByte(' ')
	}
	if d.over = cut; !cut {
		err = d.w.WriteByte(d.d.Terminator)
	}
	return err
}

// passed counts the columns of bytes between segments.
func (d *decoder) passed(gap []byte) {
	if i := bytes.LastIndexByte(gap, '\n'); i >= 0 {
		d.col, gap = 0, gap[i+1:]
	}
	d.col += len(gap)
}

// putWrapped writes a segment of a wrapped interchange.
func (d *decoder) putWrapped(b []byte, tail int, cut bool) error {
	b = append(b, bytes.Repeat([]byte{' '}, tail)...)
	if d.over = cut; !cut {
		b = append(b, d.d.Terminator)
	}
	for len(b) > 0 {
		if d.col >= d.wrap.Width {
			_, _ = d.w.WriteString(d.wrap.Break)
			d.col = 0
		}
		n := min(d.wrap.Width-d.col, len(b))
		if _, err := d.w.Write(b[:n]); err != nil {
			return err
		}
		d.col += n
		b = b[n:]
	}
	return nil
}

// checkISA holds the ISA against the delimiters stated.
func (d *decoder) checkISA(isa []byte, tail int) error {
	whole := append(bytes.Clone(isa), bytes.Repeat([]byte{' '}, tail)...)
	r := x12.NewBytesReader(append(whole, d.d.Terminator), wire.Limits{})
	if _, err := r.Next(); err != nil {
		return d.wrong("ISA: %v", err)
	}
	if r.Delimiters() != d.d {
		return d.wrong("the delimiters are not those of the ISA")
	}
	return nil
}

// element appends an element; raw ones, of ISA and binary segments, may hold any
// byte.
func (d *decoder) element(b []byte, v any, raw bool) ([]byte, error) {
	if m, ok := v.(map[string]any); ok {
		if list, ok := m["repeat"].([]any); ok && len(m) == 1 {
			if d.d.Repetition == 0 {
				return nil, d.wrong("nothing repeats without a repetition separator")
			}
			for i, part := range list {
				if i > 0 {
					b = append(b, d.d.Repetition)
				}
				var err error
				if b, err = d.composite(b, part, raw); err != nil {
					return nil, err
				}
			}
			return b, nil
		}
	}
	return d.composite(b, v, raw)
}

func (d *decoder) composite(b []byte, v any, raw bool) ([]byte, error) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for i, part := range list {
		if i > 0 {
			b = append(b, d.d.Component)
		}
		t, err := d.text(part)
		if err != nil {
			return nil, err
		}
		if !raw {
			if err := d.clean(t, false); err != nil {
				return nil, err
			}
		}
		b = append(b, t...)
	}
	return b, nil
}

// clean refuses a delimiter in data; a tag may hold those inside elements.
func (d *decoder) clean(v []byte, tag bool) error {
	for _, c := range v {
		if c == d.d.Element || c == d.d.Terminator || !tag && (c == d.d.Component || c == d.d.Repetition && c != 0) {
			return d.wrong("%q holds the delimiter %q", v, c)
		}
	}
	return nil
}
