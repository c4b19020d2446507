package edifact

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// DataError says that a value may not be written: it holds a character that the
// character set lacks, or does not fit its place.
type DataError struct {
	SegmentID string
	Element   int
	Value     string
	// Reason is "charset", "tag" or "order".
	Reason string
	// Char is the first character that the set lacks, for "charset".
	Char rune
}

// Error gives the English of a log line.
func (e *DataError) Error() string {
	return fmt.Sprintf("edifact: %s%02d cannot be written (%s): %q", e.SegmentID, e.Element, e.Reason, e.Value)
}

// Seg is one segment as text, for writing: its elements, each a list of
// components. Empty ones at the end are dropped on writing.
type Seg struct {
	ID  string     `json:"id"`
	Els [][]string `json:"els"`
}

// S is the short form to build a Seg. Each element is a string, or a []string for a
// composite.
func S(id string, els ...any) Seg {
	out := Seg{ID: id, Els: make([][]string, 0, len(els))}
	for _, e := range els {
		switch v := e.(type) {
		case string:
			out.Els = append(out.Els, []string{v})
		case []string:
			out.Els = append(out.Els, v)
		default:
			panic(fmt.Sprintf("edifact: an element of type %T", e))
		}
	}
	return out
}

// C makes a composite for S.
func C(components ...string) []string { return components }

// Body is a message without UNH and UNT.
type Body struct {
	ID   MessageID `json:"id"`
	Segs []Seg     `json:"segs"`
}

// Writer writes interchanges. It keeps counts and references, escapes service
// characters and refuses what the character set cannot hold. Its methods return
// *DataError or the error of the underlying writer; after an error the output must
// be thrown away.
type Writer struct {
	w   io.Writer
	d   Delimiters
	eol string
	set Charset
	buf []byte
	err error

	depth                  int // 0 outside, 1 interchange, 2 group, 3 message
	groups, messages, segs int
	inGroup                int // messages in the group
	grouped                bool
	unb, ung, unh          string
}

// NewWriter returns a Writer with the service characters d. eol, mostly empty, is
// written after every terminator.
func NewWriter(w io.Writer, d Delimiters, eol string) *Writer {
	return &Writer{w: w, d: d, eol: eol}
}

func (w *Writer) order(id string, at ...int) error {
	if w.err == nil && !slices.Contains(at, w.depth) {
		w.err = &DataError{SegmentID: id, Reason: "order"}
	}
	return w.err
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return ""
}

// BeginInterchange writes UNA and UNB. UNA is written unless the service characters
// are the defaults.
func (w *Writer) BeginInterchange(h Header) error {
	if err := w.order("UNB", 0); err != nil {
		return err
	}
	set, known := CharsetOf(h.Syntax, h.Encoding)
	if !known {
		w.err = &DataError{SegmentID: "UNB", Element: 1, Value: h.Syntax, Reason: "charset"}
		return w.err
	}
	if !repeats(h.SyntaxVersion) {
		w.d.Repetition = 0
	}
	w.set = set
	if w.d != DefaultDelimiters(h.SyntaxVersion) {
		una := []byte{'U', 'N', 'A', w.d.Component, w.d.Element, w.d.Decimal, orBlank(w.d.Release), orBlank(w.d.Repetition), w.d.Terminator}
		if _, w.err = w.w.Write(append(una, w.eol...)); w.err != nil {
			return w.err
		}
	}
	w.depth, w.groups, w.messages, w.unb = 1, 0, 0, h.Reference
	encoding := h.Encoding
	syntax := C(h.Syntax, h.SyntaxVersion)
	if encoding != "" {
		syntax = C(h.Syntax, h.SyntaxVersion, "", encoding)
	}
	return w.segment(S("UNB", syntax, C(h.Sender, h.SenderQualifier, h.SenderInternal),
		C(h.Recipient, h.RecipientQualifier, h.RecipientInternal), C(h.Date, h.Time), h.Reference,
		h.Password, h.Application, h.Priority, flag(h.AckRequested), h.Agreement, flag(h.Test)))
}

func orBlank(c byte) byte {
	if c == 0 {
		return ' '
	}
	return c
}

// BeginGroup writes UNG.
func (w *Writer) BeginGroup(g Group) error {
	if err := w.order("UNG", 1); err != nil {
		return err
	}
	w.depth, w.inGroup, w.ung, w.grouped = 2, 0, g.Reference, true
	w.groups++
	return w.segment(S("UNG", g.Type, C(g.Sender, g.SenderQualifier), C(g.Recipient, g.RecipientQualifier),
		C(g.Date, g.Time), g.Reference, g.Agency, C(g.Version, g.Release)))
}

// BeginMessage writes UNH with a reference and what the message is.
func (w *Writer) BeginMessage(reference string, id MessageID) error {
	if err := w.order("UNH", 1, 2); err != nil {
		return err
	}
	w.depth, w.segs, w.unh = 3, 0, reference
	w.messages++
	w.inGroup++
	return w.segment(S("UNH", reference, C(id.Type, id.Version, id.Release, id.Agency, id.Association)))
}

// Segment writes one segment of a message.
func (w *Writer) Segment(s Seg) error {
	if err := w.order(s.ID, 3); err != nil {
		return err
	}
	return w.segment(s)
}

// EndMessage writes UNT with the count.
func (w *Writer) EndMessage() error {
	if err := w.order("UNT", 3); err != nil {
		return err
	}
	err := w.segment(S("UNT", strconv.Itoa(w.segs+1), w.unh))
	w.depth = 1
	if w.grouped {
		w.depth = 2
	}
	return err
}

// EndGroup writes UNE with the count.
func (w *Writer) EndGroup() error {
	if err := w.order("UNE", 2); err != nil {
		return err
	}
	w.depth, w.grouped = 1, false
	return w.segment(S("UNE", strconv.Itoa(w.inGroup), w.ung))
}

// EndInterchange writes UNZ with the count of groups or, without groups, of messages.
func (w *Writer) EndInterchange() error {
	if err := w.order("UNZ", 1); err != nil {
		return err
	}
	w.depth = 0
	n := w.messages
	if w.groups > 0 {
		n = w.groups
	}
	return w.segment(S("UNZ", strconv.Itoa(n), w.unb))
}

func (w *Writer) segment(s Seg) error {
	if w.err != nil {
		return w.err
	}
	if len(s.ID) != 3 || !upper(s.ID) {
		return w.refuse(&DataError{SegmentID: s.ID, Value: s.ID, Reason: "tag"})
	}
	w.segs++
	w.buf = append(w.buf[:0], s.ID...)
	end := len(w.buf)
	for i, el := range s.Els {
		w.buf = append(w.buf, w.d.Element)
		whole, filled := len(w.buf), false
		for c, v := range el {
			if c > 0 {
				w.buf = append(w.buf, w.d.Component)
			}
			raw := v
			if !w.set.plain(v) {
				encoded, bad, ok := w.set.Encode(v)
				if !ok {
					return w.refuse(&DataError{SegmentID: s.ID, Element: i + 1, Value: clip(v), Reason: "charset", Char: bad})
				}
				raw = string(encoded)
			}
			for k := range len(raw) {
				b := raw[k]
				if w.isService(b) {
					if w.d.Release == 0 {
						return w.refuse(&DataError{SegmentID: s.ID, Element: i + 1, Value: clip(v), Reason: "charset", Char: rune(b)})
					}
					w.buf = append(w.buf, w.d.Release)
				}
				w.buf = append(w.buf, b)
			}
			if v != "" {
				whole, filled = len(w.buf), true
			}
		}
		w.buf = w.buf[:whole]
		if filled {
			end = whole
		}
	}
	w.buf = append(w.buf[:end], w.d.Terminator)
	w.buf = append(w.buf, w.eol...)
	if _, err := w.w.Write(w.buf); err != nil {
		w.err = err
	}
	return w.err
}

func upper(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
			return false
		}
	}
	return true
}

func (w *Writer) isService(b byte) bool {
	return b == w.d.Component || b == w.d.Element || b == w.d.Terminator ||
		b == w.d.Release && b != 0 || b == w.d.Repetition && b != 0
}

func (w *Writer) refuse(err *DataError) error {
	w.err = err
	return err
}

// Outgoing is an interchange without groups, ready to be written.
type Outgoing struct {
	Header Header
	// Bodies are written with the references "1", "2" and so on.
	Bodies []Body
	// EOL is written after every terminator.
	EOL string
}

// WriteInterchange writes one interchange with the default service characters. An
// empty date and time are filled from at (UTC), an empty syntax is UNOC version 3.
// Errors are those of Writer; nothing of use was written then.
func WriteInterchange(w io.Writer, out Outgoing, at time.Time) error {
	h := out.Header
	if h.Syntax == "" {
		h.Syntax, h.SyntaxVersion = "UNOC", "3"
	}
	if h.Date == "" {
		layout := "060102"
		if repeats(h.SyntaxVersion) {
			layout = "20060102"
		}
		h.Date, h.Time = at.UTC().Format(layout), at.UTC().Format("1504")
	}
	x := NewWriter(w, DefaultDelimiters(h.SyntaxVersion), out.EOL)
	if err := x.BeginInterchange(h); err != nil {
		return err
	}
	for i, b := range out.Bodies {
		if err := x.BeginMessage(strconv.Itoa(i+1), b.ID); err != nil {
			return err
		}
		for _, s := range b.Segs {
			if err := x.Segment(s); err != nil {
				return err
			}
		}
		if err := x.EndMessage(); err != nil {
			return err
		}
	}
	return x.EndInterchange()
}
