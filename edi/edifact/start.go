package edifact

import (
	"bytes"
	"fmt"
	"io"

	"entente/edi/wire"
)

// Is says whether a file that begins with these bytes is EDIFACT. A byte order mark
// and blanks before it do not matter.
func Is(head []byte) bool {
	head = bytes.TrimPrefix(head, []byte{0xef, 0xbb, 0xbf})
	for len(head) > 0 && isBlank(head[0]) {
		head = head[1:]
	}
	if bytes.HasPrefix(head, []byte("UNA")) || bytes.HasPrefix(head, []byte("UNB")) || bytes.HasPrefix(head, []byte("UIB")) {
		return true
	}
	at := begin(head)
	return at > 0 && !bytes.Contains(head[:at], []byte("ISA"))
}

// ErrX12 says that an ISA follows the interchanges of EDIFACT: Reader.Rest is for
// x12.NewRestReader. It is also a wire.ErrNotRead.
var ErrX12 = fmt.Errorf("X12 is read by package x12: %w", wire.ErrNotRead)

// NewRestReader returns a Reader over the rest of a file that another reader began.
func NewRestReader(rest wire.Rest, limits wire.Limits) *Reader {
	if rest.Src == nil {
		r := NewBytesReader(rest.Head, limits)
		r.base, r.fileSeg, r.seen = rest.Offset, rest.Segments, rest.Offset > 0
		return r
	}
	r := NewReader(rest.Src, limits)
	r.base, r.fileSeg, r.seen = rest.Offset, rest.Segments, rest.Offset > 0
	if len(rest.Head) > 0 {
		r.buf = make([]byte, max(firstBuffer, 2*len(rest.Head)))
		r.end = copy(r.buf, rest.Head)
	}
	return r
}

// Rest is what the reader has not returned yet. The reader must not be used after.
func (r *Reader) Rest() wire.Rest {
	rest := wire.Rest{Head: r.buf[r.start:r.end], Offset: r.base + int64(r.start), Segments: r.fileSeg}
	if !r.eof {
		rest.Src = r.src
	}
	return rest
}

// maxOther is how far the reader looks for an interchange behind other content, the
// head of a mail for example, in bytes.
const maxOther = 2 << 10

// begin finds where an interchange begins behind other content: UNB with the syntax
// identifier after one separator, or the UNA right before it. -1 when there is none.
func begin(b []byte) int {
	for at := 0; ; at++ {
		i := bytes.Index(b[at:], []byte("UNB"))
		if i < 0 {
			return -1
		}
		at += i
		if len(b) < at+8 || !bytes.HasPrefix(b[at+4:], []byte("UNO")) || at > 0 && letter(b[at-1]) {
			continue
		}
		head := bytes.TrimRight(b[:at], "\r\n \t")
		if n := len(head) - 9; n >= 0 && bytes.HasPrefix(head[n:], []byte("UNA")) {
			return n
		}
		return at
	}
}

func letter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

// skipOther passes over other content before an interchange, and says whether one
// follows.
func (r *Reader) skipOther() (bool, error) {
	if _, err := r.want(maxOther); err != nil {
		return false, err
	}
	b := r.buf[r.start:min(r.end, r.start+maxOther)]
	at := begin(b)
	if at < 0 || r.seen && bytes.Contains(b[:at], []byte("ISA")) {
		return false, nil
	}
	r.start += at
	r.skipped = int64(at)
	return true, nil
}

// Skipped is how many bytes of other content stood before the present interchange.
func (r *Reader) Skipped() int64 { return r.skipped }

// seek passes over blanks (and a byte order mark at the start) to the next
// interchange. It returns io.EOF at a proper end.
func (r *Reader) seek() error {
	if !r.seen {
		if _, err := r.want(4); err != nil {
			return err
		}
		b := r.buf[r.start:r.end]
		if bytes.HasPrefix(b, []byte{0xef, 0xbb, 0xbf}) {
			r.start += 3
		}
		if bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
			return r.fail(wire.ErrNotEDI, "utf16", "")
		}
		if bytes.HasPrefix(b, []byte{0xe4, 0xd5, 0xc1}) || bytes.HasPrefix(b, []byte{0xe4, 0xd5, 0xc2}) {
			return r.fail(wire.ErrNotEDI, "ebcdic", "")
		}
	}
	r.skipped = 0
	if err := r.skipBlanks(); err != nil {
		return err
	}
	b, err := r.head(3)
	if err != nil {
		return err
	}
	switch {
	case len(b) == 0 && r.seen:
		return io.EOF
	case len(b) == 0:
		return r.fail(wire.ErrNotEDI, "empty", "")
	case bytes.HasPrefix(b, []byte("UNA")), bytes.HasPrefix(b, []byte("UNB")):
		return nil
	case bytes.HasPrefix(b, []byte("UIB")):
		return r.fail(wire.ErrNotRead, "interactive", "")
	case r.seen && bytes.HasPrefix(b, []byte("ISA")):
		return r.fail(ErrX12, "x12", "")
	}
	if found, err := r.skipOther(); found || err != nil {
		return err
	}
	b = r.buf[r.start:r.end]
	if r.seen {
		return r.fail(wire.ErrMalformed, "junk", string(b[:min(len(b), 20)]))
	}
	return r.fail(wire.ErrNotEDI, "not_edi", string(b[:min(len(b), 20)]))
}

// atStart says whether a new interchange begins at start although one is open.
func (r *Reader) atStart() (bool, error) {
	b, err := r.head(5)
	if len(b) < 5 || err != nil {
		return false, err
	}
	if b[1] != 'N' {
		return false, nil
	}
	if b[2] == 'B' {
		return r.class[b[3]] == clsElement, nil
	}
	if b[2] != 'A' || r.class[b[3]] == clsElement && r.class[b[4]] != clsElement {
		return false, nil // a segment UNA does not exist
	}
	b, err = r.head(unaLen)
	return len(b) >= unaLen && usable(unaOf(b)), err
}

func unaOf(b []byte) Delimiters {
	d := Delimiters{Component: b[3], Element: b[4], Decimal: b[5], Release: b[6], Repetition: b[7], Terminator: b[8]}
	if d.Release == ' ' {
		d.Release = 0
	}
	if d.Repetition == ' ' {
		d.Repetition = 0
	}
	return d
}

// plain says whether c may not be a service character: letters, digits and blank.
func plain(c byte) bool {
	return c == ' ' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// usable says whether the separators are none of the plain characters and differ.
func usable(d Delimiters) bool {
	all := []byte{d.Component, d.Element, d.Terminator}
	if d.Release != 0 {
		all = append(all, d.Release)
	}
	for i, c := range all {
		if plain(c) || bytes.IndexByte(all[:i], c) >= 0 {
			return false
		}
	}
	return true
}

// readUNB takes UNA, if there is one, and UNB.
func (r *Reader) readUNB() (*Segment, error) {
	r.begin = r.base + int64(r.start)
	r.una = false
	var d Delimiters
	if err := r.unwrap(); err != nil {
		return nil, err
	}
	b, err := r.head(unaLen)
	if err != nil {
		return nil, err
	}
	if b[2] == 'A' {
		if len(b) < unaLen {
			return nil, r.fail(wire.ErrTruncated, "una.truncated", string(b))
		}
		if d = unaOf(b); !usable(d) {
			return nil, r.fail(wire.ErrMalformed, "una.delimiters", string(b[:unaLen]))
		}
		r.una = true
		if err := r.pass(unaLen); err != nil {
			return nil, err
		}
		if err := r.skipBlanks(); err != nil {
			return nil, err
		}
		if b, err = r.head(4); err != nil {
			return nil, err
		}
		if !bytes.HasPrefix(b, []byte("UNB")) {
			return nil, r.fail(wire.ErrMalformed, "una.no_unb", string(b[:min(len(b), 20)]))
		}
	}
	if len(b) < 4 {
		return nil, r.fail(wire.ErrTruncated, "interchange.unfinished", "")
	}
	if !r.una {
		switch {
		case b[3] == '+':
			d = DefaultDelimiters("")
		case b[3] == 0x1d:
			d = controlDelimiters()
		case b[3] == r.former.Element && r.former.Terminator != 0:
			d = r.former // an earlier UNA that was meant for the whole file
		default:
			return nil, r.fail(wire.ErrMalformed, "unb.no_una", string(b[:min(len(b), 20)]))
		}
	}
	if b[3] != d.Element {
		return nil, r.fail(wire.ErrMalformed, "una.differs", string(b[:min(len(b), 20)]))
	}
	stated := d
	d.Repetition = 0
	r.use(d)
	r.set, r.setKnown = anySet, false
	r.inInterchange, r.inGroup, r.inSet, r.seen = true, false, false, true
	if r.lines == nil {
		r.seg.cut = nil
	} else {
		r.lines.Column = int(r.base + int64(r.start) - r.lines.Line)
	}
	s, err := r.segment()
	if err != nil {
		return nil, err
	}
	s.Kind, s.SetSegment = wire.InterchangeStart, 0
	c, known := CharsetOf(s.Text(1, 1), s.Text(1, 4))
	r.set, r.setKnown, s.set = c.charset, known, c.charset
	r.header = headerOf(s)
	if repeats(r.header.SyntaxVersion) {
		d.Repetition = stated.Repetition
		if !r.una && d.Element == '+' {
			d.Repetition = '*'
		}
		if rep := d.Repetition; plain(rep) || rep == d.Component || rep == d.Element || rep == d.Terminator || rep == d.Release {
			d.Repetition = 0
		}
	}
	r.use(d)
	if r.una {
		r.former = d
	}
	return s, nil
}

// use sets the service characters.
func (r *Reader) use(d Delimiters) {
	r.delim = d
	r.win.from, r.win.to = 0, 0
	r.class = [256]uint8{}
	if d.Repetition != 0 {
		r.class[d.Repetition] = clsRepeat
	}
	if d.Release != 0 {
		r.class[d.Release] = clsRelease
	}
	r.class[d.Component] = clsComponent
	r.class[d.Element] = clsElement
	r.class[d.Terminator] = clsTerminator
	for i, c := range [5]byte{d.Element, d.Component, d.Terminator, d.Release, d.Repetition} {
		if c == 0 && i > 2 {
			c = d.Element // none: the element's is looked for twice
		}
		r.pats[i] = uint64(c) * ones
	}
}

func headerOf(s *Segment) Header {
	return Header{
		Syntax: s.Text(1, 1), SyntaxVersion: s.Text(1, 2), Encoding: s.Text(1, 4),
		Sender: s.Text(2, 1), SenderQualifier: s.Text(2, 2), SenderInternal: s.Text(2, 3),
		Recipient: s.Text(3, 1), RecipientQualifier: s.Text(3, 2), RecipientInternal: s.Text(3, 3),
		Date: s.Text(4, 1), Time: s.Text(4, 2), Reference: s.Text(5, 1), Password: s.Text(6, 1),
		Application: s.Text(7, 1), Priority: s.Text(8, 1), AckRequested: s.Text(9, 1) == "1",
		Agreement: s.Text(10, 1), Test: s.Text(11, 1) != "" && s.Text(11, 1) != "0",
	}
}

// GroupOf reads a UNG segment.
func GroupOf(s *Segment) Group {
	return Group{
		Type: s.Text(1, 1), Sender: s.Text(2, 1), SenderQualifier: s.Text(2, 2),
		Recipient: s.Text(3, 1), RecipientQualifier: s.Text(3, 2), Date: s.Text(4, 1), Time: s.Text(4, 2),
		Reference: s.Text(5, 1), Agency: s.Text(6, 1), Version: s.Text(7, 1), Release: s.Text(7, 2),
	}
}

// MessageOf reads S009 of a UNH segment.
func MessageOf(s *Segment) MessageID {
	return MessageID{
		Type: s.Text(2, 1), Version: s.Text(2, 2), Release: s.Text(2, 3), Agency: s.Text(2, 4), Association: s.Text(2, 5),
	}
}
