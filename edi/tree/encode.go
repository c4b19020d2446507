package tree

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// ToJSON writes the tree of a file of X12, EDIFACT or both. A file that ends before its
// last trailer is written as far as it goes and is no error. Errors are those of
// x12.Reader, of r and of w; what was written until then is not whole JSON.
func ToJSON(w io.Writer, r io.Reader, limits wire.Limits) error {
	out, in := bufio.NewWriterSize(w, 64<<10), bufio.NewReaderSize(r, 4<<10)
	head, err := in.Peek(2 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	_, _ = out.WriteString(`{"edi":"` + Format + `","interchanges":[`)
	err = nodes(out, wire.Rest{Src: in}, edifact.Is(head), limits)
	if ferr := out.Flush(); err == nil {
		err = ferr
	}
	return err
}

// nodes writes the interchanges of a file, of either standard, and the end of the tree.
func nodes(out *bufio.Writer, rest wire.Rest, un bool, limits wire.Limits) error {
	var after []byte // what was passed over since the last interchange
	for any := false; ; any = true {
		var err error
		switched := false
		if un {
			rec := &recorder{src: rest.Reader(), base: rest.Offset, max: limits.Filled().Segment + 4<<20}
			e := &unEncoder{w: out, rec: rec, before: after, any: any}
			e.r = edifact.NewRestReader(wire.Rest{Src: rec, Offset: rest.Offset, Segments: rest.Segments}, limits)
			if after, err = e.run(); errors.Is(err, edifact.ErrX12) {
				if rest, switched = e.r.Rest(), true; rest.Src != nil {
					rest.Src = rec.src
				}
			}
		} else {
			e := &encoder{w: out, r: x12.NewRestReader(rest, limits), before: after, any: any}
			e.r.KeepGaps()
			if after, err = e.run(); errors.Is(err, x12.ErrEDIFACT) {
				rest, switched = e.r.Rest(), true
			}
		}
		if err != nil && !switched {
			return err
		}
		if !switched {
			break
		}
		un = !un
	}
	_, _ = out.WriteString("\n]")
	if len(after) > 0 {
		_, _ = out.Write(appendBytes([]byte(`,"after":`), after))
	}
	_, err := out.WriteString("}\n")
	return err
}

// encoder writes one file.
type encoder struct {
	w *bufio.Writer
	r *x12.Reader
	b []byte // the line being made

	d       x12.Delimiters
	wrap    wire.Wrap
	isa     x12.Segment // held back until the gap after it is known
	before  []byte      // the gap before it
	isaRaw  []byte
	isaPos  []int32
	held    bool
	open    bool // an interchange is open
	gap     []byte
	tail    int
	any     bool // an interchange was written
	fresh   bool // nothing stands in the innermost list yet
	loops   int
	inSet   bool
	inGroup bool
	version string
	follow  schema.Follower
}

// run writes interchanges to the end of the file, or until EDIFACT begins. It returns
// what was passed over last.
func (e *encoder) run() ([]byte, error) {
	lead := bytes.Clone(e.before)
	for {
		s, err := e.r.Next()
		if err != nil {
			e.endInterchange()
			after := append(lead, e.r.Gap()...)
			var we *wire.Error
			if errors.Is(err, io.EOF) || errors.As(err, &we) && we.Key == "interchange.unfinished" {
				err = nil
			}
			return after, err
		}
		if s.Kind == wire.InterchangeStart {
			e.endInterchange()
			e.hold(s, lead)
			lead = nil
			continue
		}
		if err := e.segment(s); err != nil {
			return nil, err
		}
	}
}

func (e *encoder) text(s string) { _, _ = e.w.WriteString(s) }

func (e *encoder) flush() { _, _ = e.w.Write(e.b) }

// hold keeps an ISA until what follows it is known; lead stands before its gap.
func (e *encoder) hold(s *x12.Segment, lead []byte) {
	e.isa, e.isaRaw, e.isaPos = s.CopyTo(e.isaRaw[:0], e.isaPos[:0])
	e.before = append(append(e.before[:0], lead...), e.r.Gap()...)
	e.wrap, _ = e.r.Wrapped()
	e.d, e.tail, e.held = e.r.Delimiters(), e.r.Tail(), true
}

// begin writes the head of the interchange whose ISA is held.
func (e *encoder) begin(gap []byte) {
	e.held, e.open = false, true
	b := e.b[:0]
	if e.any {
		b = append(b, ',')
	}
	e.any = true
	b = append(b, "\n{\"syntax\":\"x12\",\"delimiters\":{\"element\":"...)
	b = appendByte(b, e.d.Element)
	b = appendByte(append(b, `,"component":`...), e.d.Component)
	if e.d.Repetition != 0 {
		b = appendByte(append(b, `,"repetition":`...), e.d.Repetition)
	}
	b = append(appendByte(append(b, `,"terminator":`...), e.d.Terminator), '}')
	b = appendWrap(b, e.wrap)
	if len(e.before) > 0 {
		b = appendBytes(append(b, `,"before":`...), e.before)
	}
	if len(gap) > 0 {
		b = appendBytes(append(b, `,"gap":`...), gap)
	}
	if e.tail > 0 {
		b = strconv.AppendInt(append(b, `,"tail":`...), int64(e.tail), 10)
	}
	b = append(b, ",\"nodes\":[\n"...)
	b = e.elements(b, &e.isa, false)
	e.b = b
	e.flush()
	e.gap = append(e.gap[:0], gap...)
	e.fresh = false
	e.inGroup, e.inSet, e.loops = false, false, 0
}

func (e *encoder) endInterchange() {
	if e.held {
		e.begin(nil)
	}
	if !e.open {
		return
	}
	e.endGroup()
	e.text("]}")
	e.open = false
}

func (e *encoder) endLoops(to int) {
	for ; e.loops > to; e.loops-- {
		e.text("]}")
		e.fresh = false
	}
}

func (e *encoder) endSet() {
	if e.inSet {
		e.endLoops(0)
		e.text("]}")
		e.inSet, e.fresh = false, false
	}
}

func (e *encoder) endGroup() {
	e.endSet()
	if e.inGroup {
		e.text("]}")
		e.inGroup, e.fresh = false, false
	}
}

// list opens an object with a list of nodes.
func (e *encoder) list(kind string, name []byte) {
	b := e.b[:0]
	if !e.fresh {
		b = append(b, ',')
	}
	b = append(append(append(b, "\n{\""...), kind...), `":`...)
	b = append(appendBytes(b, name), `,"nodes":[`...)
	e.b = b
	e.flush()
	e.fresh = true
}

// segment writes one segment and the lists that open and close with it.
func (e *encoder) segment(s *x12.Segment) error {
	if e.held && e.wrap.Width > 0 {
		e.begin(nil) // blanks fall where a line ends between segments by chance
	} else if e.held {
		e.begin(e.r.Gap())
	}
	switch s.Kind {
	case wire.GroupStart:
		e.endGroup()
		e.list("group", s.El(1))
		e.inGroup = true
		e.version = s.Text(8)
	case wire.SetStart:
		e.endSet()
		e.list("set", s.El(1))
		e.inSet = true
		e.follow.Begin(e.version, s.Text(1), e.d)
	case wire.Body:
		depth, opens := e.follow.Place(s)
		if opens == "" {
			e.endLoops(depth)
			break
		}
		e.endLoops(depth - 1)
		e.list("loop", []byte(opens))
		e.loops = depth
	case wire.SetEnd:
		e.endLoops(0)
	case wire.GroupEnd:
		e.endSet()
	case wire.InterchangeEnd:
		e.endGroup()
	case wire.InterchangeStart, wire.Service, wire.Stray:
	}
	b := e.b[:0]
	if !e.fresh {
		b = append(b, ',')
	}
	b = append(b, '\n')
	gap, tail, cut := e.r.Gap(), e.r.Tail(), e.r.Unterminated()
	odd := tail != e.tail || cut || !bytes.Equal(gap, e.gap)
	if odd {
		b = append(b, `{"segment":`...)
	}
	b = e.elements(b, s, s.Tag != tagBIN && s.Tag != tagBDS)
	if odd {
		if !bytes.Equal(gap, e.gap) {
			b = appendBytes(append(b, `,"before":`...), gap)
		}
		if tail != e.tail {
			b = strconv.AppendInt(append(b, `,"tail":`...), int64(tail), 10)
		}
		if cut {
			b = append(b, `,"unterminated":true`...)
		}
		b = append(b, '}')
	}
	e.fresh = false
	e.b = b
	if _, err := e.w.Write(b); err != nil {
		return err
	}
	switch s.Kind {
	case wire.SetEnd:
		e.endSet()
	case wire.GroupEnd:
		e.endGroup()
	}
	return nil
}

var (
	tagBIN = x12.TagOf("BIN")
	tagBDS = x12.TagOf("BDS")
)

// elements appends a segment as an array; parts says whether composites and
// repetitions are taken apart.
func (e *encoder) elements(b []byte, s *x12.Segment, parts bool) []byte {
	b = appendBytes(append(b, '['), s.TagBytes())
	for i := 1; i <= s.Len(); i++ {
		v := s.El(i)
		b = append(b, ',')
		switch {
		case !parts:
			b = appendBytes(b, v)
		case e.d.Repetition != 0 && bytes.IndexByte(v, e.d.Repetition) >= 0:
			b = append(b, `{"repeat":[`...)
			for more, first := true, true; more; first = false {
				var part []byte
				part, v, more = x12.Part(v, e.d.Repetition)
				if !first {
					b = append(b, ',')
				}
				b = e.composite(b, part)
			}
			b = append(b, "]}"...)
		default:
			b = e.composite(b, v)
		}
	}
	return append(b, ']')
}

func (e *encoder) composite(b, v []byte) []byte {
	if bytes.IndexByte(v, e.d.Component) < 0 {
		return appendBytes(b, v)
	}
	b = append(b, '[')
	for more, first := true, true; more; first = false {
		var part []byte
		part, v, more = x12.Part(v, e.d.Component)
		if !first {
			b = append(b, ',')
		}
		b = appendBytes(b, part)
	}
	return append(b, ']')
}

// appendWrap appends how an interchange is wrapped, if it is.
func appendWrap(b []byte, w wire.Wrap) []byte {
	if w.Width == 0 {
		return b
	}
	b = strconv.AppendInt(append(b, `,"wrap":{"width":`...), int64(w.Width), 10)
	b = appendBytes(append(b, `,"break":`...), []byte(w.Break))
	if w.Column > 0 {
		b = strconv.AppendInt(append(b, `,"column":`...), int64(w.Column), 10)
	}
	return append(b, '}')
}

func appendByte(b []byte, c byte) []byte { return appendBytes(b, []byte{c}) }

// appendBytes appends bytes as a JSON string, or as {"base64":…} when they are not
// UTF-8.
func appendBytes(b, v []byte) []byte {
	if !utf8.Valid(v) {
		b = append(b, `{"base64":"`...)
		b = base64.StdEncoding.AppendEncode(b, v)
		return append(b, `"}`...)
	}
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, c := range v {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < ' ' || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
