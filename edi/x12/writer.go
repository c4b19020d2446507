package x12

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// DataError says that a value may not be written: it holds a delimiter or a
// control character, or does not fit its place in the envelope. X12 has no
// escape, so such data is refused, never changed.
type DataError struct {
	SegmentID string
	Element   int
	Value     string
	// Reason is "delimiter", "control", "length", "tag" or "order".
	Reason string
}

// Error gives the English of a log line.
func (e *DataError) Error() string {
	return fmt.Sprintf("x12: %s%02d cannot be written (%s): %q", e.SegmentID, e.Element, e.Reason, e.Value)
}

// The marks of Composite and Repeated inside an element of Seg. They are control
// characters and thus never data.
const (
	componentMark = '\x1f'
	repeatMark    = '\x1e'
)

// Composite joins components for Seg.Els; empty ones at the end are dropped.
func Composite(parts ...string) string {
	n := len(parts)
	for n > 0 && parts[n-1] == "" {
		n--
	}
	return strings.Join(parts[:n], string(componentMark))
}

// Repeated joins occurrences of a repeating element for Seg.Els.
func Repeated(parts ...string) string { return strings.Join(parts, string(repeatMark)) }

// Writer writes interchanges. It keeps counts and control numbers and refuses
// data that holds a delimiter. Its methods return *DataError or the error of the
// underlying writer; after an error the output must be thrown away.
type Writer struct {
	w   io.Writer
	d   Delimiters
	eol string
	buf []byte
	err error
	sub byte // stands for a delimiter in data; 0 refuses

	depth           int // 0 outside, 1 interchange, 2 group, 3 set
	groups          int
	sets            int
	segs            int
	isa, gs, st, ty string
}

// NewWriter returns a Writer with the delimiters d. eol, mostly empty, is written
// after every terminator.
func NewWriter(w io.Writer, d Delimiters, eol string) *Writer {
	return &Writer{w: w, d: d, eol: eol}
}

// Replace makes the writer put c where data of a set holds a delimiter, as X12 has no
// way to release one; c must not be a delimiter itself. Control characters, and
// delimiters in the envelope, are refused all the same.
func (w *Writer) Replace(c byte) error {
	if c < ' ' || c >= 0x7f || c == w.d.Element || c == w.d.Component || c == w.d.Terminator || c == w.d.Repetition {
		return &DataError{Value: string(rune(c)), Reason: "delimiter"}
	}
	w.sub = c
	return nil
}

// unfit gives a delimiter that must not be written: a letter, a digit, a blank or one
// that is used twice; -1 when all are sound.
func (d Delimiters) unfit() int {
	for _, c := range []byte{d.Element, d.Component, d.Terminator, d.Repetition} {
		if c == 0 {
			continue
		}
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == ' ' || c >= 0x80 {
			return int(c)
		}
	}
	if d.Element == 0 || d.Component == 0 || d.Terminator == 0 || !d.distinct() {
		return int(d.Element)
	}
	return -1
}

func (w *Writer) order(at int, id string) error {
	if w.err == nil && w.depth != at {
		w.err = &DataError{SegmentID: id, Reason: "order"}
	}
	return w.err
}

// BeginInterchange writes ISA. Control is padded to nine digits; Version "00401"
// writes U in ISA11, from 00402 the repetition separator.
func (w *Writer) BeginInterchange(h Header) error {
	if err := w.order(0, "ISA"); err != nil {
		return err
	}
	if bad := w.d.unfit(); bad >= 0 {
		return w.refuse("ISA", 16, string(rune(bad)), "delimiter")
	}
	rep := "U"
	if repeats(h.Version) {
		rep = string([]byte{w.d.Repetition})
	}
	ack := "0"
	if h.AckRequested {
		ack = "1"
	}
	usage := h.Usage
	if usage == "" {
		usage = "P"
	}
	w.isa = zeros(h.Control, 9)
	fields := [16]string{
		orText(h.AuthQualifier, "00"), h.Auth, orText(h.SecurityQualifier, "00"), h.Security,
		h.SenderQualifier, h.Sender, h.ReceiverQualifier, h.Receiver,
		h.Date, h.Time, rep, h.Version, w.isa, ack, usage, string([]byte{w.d.Component}),
	}
	widths := [16]int{2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1}
	w.buf = append(w.buf[:0], "ISA"...)
	for i, f := range fields {
		w.buf = append(w.buf, w.d.Element)
		if i == 10 || i == 15 {
			w.buf = append(w.buf, f...)
			continue
		}
		if len(f) > widths[i] || (i != 1 && i != 3 && i != 5 && i != 7 && len(f) != widths[i]) {
			return w.refuse("ISA", i+1, f, "length")
		}
		if err := w.value("ISA", i+1, f, false); err != nil {
			return err
		}
		for n := len(f); n < widths[i]; n++ {
			w.buf = append(w.buf, ' ')
		}
	}
	w.depth, w.groups = 1, 0
	return w.flushSegment()
}

// BeginGroup writes GS. An empty Agency is X.
func (w *Writer) BeginGroup(g Group) error {
	if err := w.order(1, "GS"); err != nil {
		return err
	}
	w.depth, w.sets, w.gs = 2, 0, g.Control
	w.groups++
	return w.segment(S("GS", g.FunctionalID, g.Sender, g.Receiver, g.Date, g.Time, g.Control, orText(g.Agency, "X"), g.Version))
}

// BeginSet writes ST with its type and control number, and ST03 when given.
func (w *Writer) BeginSet(kind, control, implementation string) error {
	if err := w.order(2, "ST"); err != nil {
		return err
	}
	w.depth, w.segs, w.st, w.ty = 3, 0, control, kind
	w.sets++
	return w.segment(S("ST", kind, control, implementation))
}

// Segment writes one segment of a set.
func (w *Writer) Segment(s Seg) error {
	if err := w.order(3, s.ID); err != nil {
		return err
	}
	return w.segment(s)
}

// Service writes a segment between ISA and the first group.
func (w *Writer) Service(s Seg) error {
	if err := w.order(1, s.ID); err != nil {
		return err
	}
	return w.segment(s)
}

// Copy writes a segment that was read, byte for byte. Its delimiters must be
// those of the Writer.
func (w *Writer) Copy(s *Segment) error {
	if err := w.order(3, s.ID()); err != nil {
		return err
	}
	for _, c := range s.Raw() {
		if c == w.d.Terminator {
			return w.refuse(s.ID(), 0, string(s.Raw()), "delimiter")
		}
	}
	w.segs++
	w.buf = append(w.buf[:0], s.Raw()...)
	return w.flushSegment()
}

// EndSet writes SE with the count.
func (w *Writer) EndSet() error {
	if err := w.order(3, "SE"); err != nil {
		return err
	}
	err := w.segment(S("SE", strconv.Itoa(w.segs+1), w.st))
	w.depth = 2
	return err
}

// EndGroup writes GE with the count.
func (w *Writer) EndGroup() error {
	if err := w.order(2, "GE"); err != nil {
		return err
	}
	w.depth = 1
	return w.segment(S("GE", strconv.Itoa(w.sets), w.gs))
}

// EndInterchange writes IEA with the count.
func (w *Writer) EndInterchange() error {
	if err := w.order(1, "IEA"); err != nil {
		return err
	}
	w.depth = 0
	return w.segment(S("IEA", strconv.Itoa(w.groups), w.isa))
}

func (w *Writer) segment(s Seg) error {
	if w.err != nil {
		return w.err
	}
	if len(s.ID) < 2 || len(s.ID) > 3 {
		return w.refuse(s.ID, 0, s.ID, "tag")
	}
	for i := 0; i < len(s.ID); i++ {
		if c := s.ID[i]; !(c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
			return w.refuse(s.ID, 0, s.ID, "tag")
		}
	}
	n := len(s.Els)
	for n > 0 && s.Els[n-1] == "" {
		n--
	}
	w.segs++
	w.buf = append(w.buf[:0], s.ID...)
	marks := true
	switch s.ID {
	case "GS", "GE", "ST", "SE", "IEA": // nothing in an envelope is composite or repeats
		marks = false
	}
	for i, e := range s.Els[:n] {
		w.buf = append(w.buf, w.d.Element)
		if err := w.value(s.ID, i+1, e, marks); err != nil {
			return err
		}
	}
	return w.flushSegment()
}

// value appends one element, refusing what cannot be sent.
func (w *Writer) value(id string, el int, v string, marks bool) error {
	if !utf8.ValidString(v) {
		return w.refuse(id, el, v, "control")
	}
	for i := 0; i < len(v); i++ {
		c := v[i]
		switch {
		case c == componentMark && marks:
			c = w.d.Component
		case c == repeatMark && marks && w.d.Repetition != 0:
			c = w.d.Repetition
		case c < ' ' || c == 0x7f:
			return w.refuse(id, el, v, "control")
		case c == w.d.Element || c == w.d.Component || c == w.d.Terminator || c == w.d.Repetition && c != 0:
			if w.sub == 0 || w.depth < 3 || !marks {
				return w.refuse(id, el, v, "delimiter")
			}
			c = w.sub
		}
		w.buf = append(w.buf, c)
	}
	return nil
}

func (w *Writer) refuse(id string, el int, v, reason string) error {
	w.err = &DataError{SegmentID: id, Element: el, Value: clip(v), Reason: reason}
	return w.err
}

func (w *Writer) flushSegment() error {
	w.buf = append(w.buf, w.d.Terminator)
	w.buf = append(w.buf, w.eol...)
	if _, err := w.w.Write(w.buf); err != nil {
		w.err = err
	}
	return w.err
}

func zeros(s string, n int) string {
	for len(s) < n {
		s = "0" + s
	}
	return s
}

func orText(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// Writable says whether v could be an element with the delimiters d; if not it
// gives the reason of a DataError.
func Writable(v string, d Delimiters) (reason string, ok bool) {
	if !utf8.ValidString(v) {
		return "control", false
	}
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c < ' ' || c == 0x7f:
			return "control", false
		case c == d.Element || c == d.Component || c == d.Terminator || c == d.Repetition && c != 0:
			return "delimiter", false
		}
	}
	return "", true
}

// Outgoing is an interchange with one group, ready to be written.
type Outgoing struct {
	Header Header
	// Service are segments before the first group, such as TA1.
	Service []Seg
	Group   Group
	// Bodies are written with ST02 "0001", "0002" and so on. Without any there
	// is no group either.
	Bodies []Body
	// Delimiters are those agreed with the partner; the default ones when they are
	// zero. EOL is written after every terminator, and Replace stands for a
	// delimiter in data (Writer.Replace); 0 refuses.
	Delimiters Delimiters
	EOL        string
	Replace    byte
}

// WriteInterchange writes one interchange. Control
// numbers stand in Header.Control (padded to nine digits) and Group.Control. Empty
// dates and times are filled from at (UTC), an empty Header.Version from the
// group's. Errors are those of Writer; nothing of use was written then.
func WriteInterchange(w io.Writer, out Outgoing, at time.Time) error {
	h, g := out.Header, out.Group
	at = at.UTC()
	h.Date = orText(h.Date, at.Format("060102"))
	h.Time = orText(h.Time, at.Format("1504"))
	g.Date = orText(g.Date, at.Format("20060102"))
	g.Time = orText(g.Time, at.Format("1504"))
	h.Version = orText(h.Version, ISAVersion(g.Version))
	d := out.Delimiters
	if d == (Delimiters{}) {
		d = DefaultDelimiters(h.Version)
	}
	if !repeats(h.Version) {
		d.Repetition = 0
	}
	x := NewWriter(w, d, out.EOL)
	if out.Replace != 0 {
		if err := x.Replace(out.Replace); err != nil {
			return err
		}
	}
	if err := x.BeginInterchange(h); err != nil {
		return err
	}
	for _, s := range out.Service {
		if err := x.Service(s); err != nil {
			return err
		}
	}
	if len(out.Bodies) == 0 {
		return x.EndInterchange()
	}
	if err := x.BeginGroup(g); err != nil {
		return err
	}
	for i, b := range out.Bodies {
		if err := x.BeginSet(b.Type, zeros(strconv.Itoa(i+1), 4), b.Implementation); err != nil {
			return err
		}
		for _, s := range b.Segs {
			if err := x.Segment(s); err != nil {
				return err
			}
		}
		if b.More != nil {
			for s := range b.More {
				if err := x.Segment(s); err != nil {
					return err
				}
			}
		}
		if err := x.EndSet(); err != nil {
			return err
		}
	}
	if err := x.EndGroup(); err != nil {
		return err
	}
	return x.EndInterchange()
}

// ISAVersion gives the ISA12 that goes with a GS08: "004010" makes "00401".
func ISAVersion(groupVersion string) string {
	if len(groupVersion) < 6 {
		return "00501"
	}
	return groupVersion[:5]
}
