// Package mask copies one document out of an interchange without what it costs: prices,
// amounts, percentages, account numbers and passwords are written as XXXX, in X12 and in
// EDIFACT. What is a price is told by the dictionary of the standard, element by element.
//
// Where it is not known what something means, it is masked too: elements of segments that
// the dictionary does not have, binary data, and every number in free text.
package mask

import (
	"errors"
	"io"
	"regexp"
	"slices"

	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// Word is what stands in place of a value.
const Word = "XXXX"

// kind says what is done to the values of an element.
type kind uint8

const (
	plain kind = iota
	whole      // the value is masked
	text       // free text: every number in it
	words      // a description: what looks like an amount
)

// x12Kinds are the elements of X12 that are not copied as they are.
var x12Kinds = kinds(map[kind][]string{
	// Prices, amounts, rates and percentages, what is computed from them, account
	// numbers, and the copies that answers make of a wrong value.
	whole: {"118", "212", "332", "338", "342", "347", "362", "389", "427", "499", "508", "608", "610", "649", "655", "657", "724", "782", "828", "954", "961", "9998", "I02", "I04"},
	text:  {"3", "61", "369", "933", "1551"},
	words: {"79", "352", "751"},
})

// unKinds are those of EDIFACT.
var unKinds = kinds(map[kind][]string{
	whole: {"0022", "0058", "3194", "5004", "5118", "5286", "5394", "5420", "5482", "6066", "6152", "6162"},
	text:  {"4440"},
	words: {"7008", "7036", "7110"},
})

func kinds(m map[kind][]string) map[string]kind {
	out := map[string]kind{}
	for k, refs := range m {
		for _, r := range refs {
			out[r] = k
		}
	}
	return out
}

// PriceX12 says that an element of X12 tells a price or an amount, by its reference number.
func PriceX12(ref string) bool { return x12Kinds[ref] == whole }

// PriceUN is PriceX12 for EDIFACT.
func PriceUN(ref string) bool { return unKinds[ref] == whole }

var (
	anyNumber = regexp.MustCompile(`[0-9][0-9.,]*`)
	amount    = regexp.MustCompile(`[$£€¥][ ]?[0-9][0-9.,]*|[0-9][0-9.,]*[.,][0-9]{2,}|[0-9][0-9.,]*[ ]?(?:[$£€¥%]|(?:USD|GBP|EUR|CNY|PCT)\b)|\b(?:USD|GBP|EUR|CNY)[ ]?[0-9][0-9.,]*`)
)

// Text masks every number in a text.
func Text(s string) string { return anyNumber.ReplaceAllString(s, Word) }

// Tells says that what a finding says may tell a price: it is about an element that is
// masked or unknown, or names a number without saying of what.
func Tells(f wire.Finding, un bool) bool {
	if f.Pos.Element > 0 && f.SegmentID != "" {
		if un {
			ref, _ := schema.MessageReferences(edifact.MessageID{}).UN(edifact.TagOf(f.SegmentID), f.Pos.Element, max(f.Pos.Component, 1))
			return kindOf(unKinds, ref) != plain
		}
		ref, _ := schema.ReferencesOf("").X12(x12.TagOf(f.SegmentID), f.Pos.Element, max(f.Pos.Component, 1))
		return kindOf(x12Kinds, ref) != plain
	}
	if anyNumber.MatchString(f.Value) {
		return true
	}
	for _, v := range f.Args {
		if anyNumber.MatchString(v) {
			return true
		}
	}
	return false
}

// apply is a value as it is copied.
func apply(k kind, v []byte) []byte {
	switch {
	case len(v) == 0:
		return v
	case k == whole:
		return []byte(Word)
	case k == text:
		return anyNumber.ReplaceAll(v, []byte(Word))
	case k == words:
		return amount.ReplaceAll(v, []byte(Word))
	}
	return v
}

// Reader gives document number set (from 1) of an interchange with its envelope, masked.
// Whoever reads it closes it.
func Reader(body io.Reader, un bool, set int) io.ReadCloser {
	r, w := io.Pipe()
	go func() { w.CloseWithError(Copy(w, body, un, set)) }()
	return r
}

// Copy writes what Reader gives. Where the bytes cannot be read on, what was written so
// far is all there is.
func Copy(w io.Writer, body io.Reader, un bool, set int) error {
	c := &copier{w: w, set: set}
	var err error
	if un {
		err = c.edifact(body)
	} else {
		err = c.x12(body)
	}
	var broken *wire.Error
	if errors.Is(err, io.EOF) || errors.As(err, &broken) {
		return nil
	}
	return err
}

// copier writes segments of the envelope once what they hold is written.
type copier struct {
	w       io.Writer
	set, at int
	waits   [][]byte // heads of what has not begun to be written
	open    int      // heads written and not ended
	b       []byte
}

// head keeps the beginning of an interchange or a group.
func (c *copier) head(b []byte) { c.waits = append(c.waits, slices.Clone(b)) }

// tail ends one: it is written where its head was.
func (c *copier) tail(b []byte) error {
	if n := len(c.waits); n > 0 {
		c.waits = c.waits[:n-1]
		return nil
	}
	if c.open == 0 {
		return nil
	}
	c.open--
	_, err := c.w.Write(b)
	return err
}

// take does with a segment what its role asks for.
func (c *copier) take(k wire.Kind, segment func() []byte) error {
	switch k {
	case wire.InterchangeStart, wire.GroupStart:
		c.head(segment())
	case wire.InterchangeEnd, wire.GroupEnd:
		return c.tail(segment())
	case wire.SetStart, wire.Body, wire.SetEnd:
		if k == wire.SetStart {
			c.at++
		}
		if c.at != c.set {
			return nil
		}
		if k == wire.SetStart {
			for _, h := range c.waits {
				c.open++
				if _, err := c.w.Write(h); err != nil {
					return err
				}
			}
			c.waits = nil
		}
		_, err := c.w.Write(segment())
		return err
	}
	return nil // what stands outside of sets is no part of the document
}

var (
	tagISA = x12.TagOf("ISA")
	tagBIN = x12.TagOf("BIN")
	tagBDS = x12.TagOf("BDS")
	tagNTE = x12.TagOf("NTE")
)

func (c *copier) x12(body io.Reader) error {
	r := x12.NewReader(body, wire.Limits{})
	refs := schema.ReferencesOf("")
	for {
		s, err := r.Next()
		if err != nil {
			return err
		}
		if s.Kind == wire.GroupStart {
			refs = schema.ReferencesOf(s.Text(8))
		}
		err = c.take(s.Kind, func() []byte {
			c.b = append(x12Segment(c.b[:0], s, refs, r.Delimiters()), r.Delimiters().Terminator, '\n')
			return c.b
		})
		if err != nil {
			return err
		}
	}
}

// x12Segment appends a segment without its terminator.
func x12Segment(b []byte, s *x12.Segment, refs schema.References, d x12.Delimiters) []byte {
	b = append(b, s.TagBytes()...)
	binary := s.Tag == tagBIN || s.Tag == tagBDS
	for i := 1; i <= s.Len(); i++ {
		b = append(b, d.Element)
		v := s.El(i)
		ref, composite := refs.X12(s.Tag, i, 1)
		switch {
		case binary && i == s.Len():
			b = append(b, Word...)
		case binary && i == s.Len()-1:
			b = append(b, '4')
		case s.Tag == tagISA && x12Kinds[ref] == whole: // of a fixed length
			for _, x := range v {
				if x != ' ' {
					x = Word[0]
				}
				b = append(b, x)
			}
		case s.Tag == tagISA:
			b = append(b, v...)
		case s.Tag == tagNTE:
			b = append(b, apply(text, v)...)
		default:
			b = each(b, v, d.Repetition, func(b, v []byte) []byte {
				if !composite {
					return append(b, apply(kindOf(x12Kinds, ref), v)...)
				}
				n := 0
				return each(b, v, d.Component, func(b, v []byte) []byte {
					n++
					ref, _ := refs.X12(s.Tag, i, n)
					return append(b, apply(kindOf(x12Kinds, ref), v)...)
				})
			})
		}
	}
	return b
}

// kindOf is what is done to an element; to one that nobody knows, everything.
func kindOf(m map[string]kind, ref string) kind {
	if ref == "" {
		return whole
	}
	return m[ref]
}

// each appends the parts of a value between separators; sep 0 is none.
func each(b, v []byte, sep byte, part func(b, v []byte) []byte) []byte {
	for sep != 0 {
		p, rest, more := x12.Part(v, sep)
		b = part(b, p)
		if !more {
			return b
		}
		b, v = append(b, sep), rest
	}
	return part(b, v)
}

func (c *copier) edifact(body io.Reader) error {
	r := edifact.NewReader(body, wire.Limits{})
	var refs = schema.MessageReferences(edifact.MessageID{})
	for {
		s, err := r.Next()
		if err != nil {
			return err
		}
		if s.Kind == wire.SetStart {
			refs = schema.MessageReferences(edifact.MessageOf(s))
		}
		err = c.take(s.Kind, func() []byte {
			c.b = c.b[:0]
			d := r.Delimiters()
			if s.Kind == wire.InterchangeStart && r.HasUNA() {
				c.b = append(c.b, 'U', 'N', 'A', d.Component, d.Element, d.Decimal, blank(d.Release), blank(d.Repetition), d.Terminator)
			}
			c.b = append(unSegment(c.b, s, refs, d), d.Terminator, '\n')
			return c.b
		})
		if err != nil {
			return err
		}
	}
}

func blank(c byte) byte {
	if c == 0 {
		return ' '
	}
	return c
}

// lines is the kind of control total that counts lines.
const lines = "2"

// unSegment appends a segment without its terminator.
func unSegment(b []byte, s *edifact.Segment, refs schema.References, d edifact.Delimiters) []byte {
	raw, marks := s.Raw(), s.Marks()
	b = append(b, s.TagBytes()...)
	el, comp := 0, 0
	for i := 1; i+1 < len(marks); i++ {
		switch marks[i].Sep() {
		case edifact.SepElement:
			el, comp = el+1, 1
			b = append(b, d.Element)
		case edifact.SepComponent:
			comp++
			b = append(b, d.Component)
		case edifact.SepRepeat:
			comp = 1
			b = append(b, d.Repetition)
		}
		v := raw[marks[i].Start() : marks[i+1].Start()-1]
		if el == 0 { // what hangs on the tag itself says where it repeats
			b = append(b, v...)
			continue
		}
		ref, _ := refs.UN(s.Tag, el, comp)
		k := kindOf(unKinds, ref)
		if ref == "6066" && string(s.El(el, 1)) == lines {
			k = plain
		}
		b = append(b, apply(k, v)...)
	}
	return b
}
