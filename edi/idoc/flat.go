package idoc

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"entente/edi/markup"
	"entente/edi/wire"
)

// maxLine is the longest record: 63 and 1000 characters, with room for trailing blanks.
const maxLine = 8 << 10

// readFlat reads a flat file: one record a line, trailing blanks cut or not. Bytes that
// are not UTF-8 are Windows-1252.
func readFlat(r io.Reader, lim markup.Limits) ([]*markup.Node, error) {
	in := bufio.NewReaderSize(io.LimitReader(r, lim.Bytes+1), maxLine)
	var out []*markup.Node
	var open *markup.Node
	last := map[string]*markup.Node{}
	var at int64
	for n := 1; ; n++ {
		raw, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return nil, &wire.Error{Kind: wire.ErrTooLarge, Key: "limit.segment", Pos: wire.Position{Offset: at, FileSegment: n}}
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		line := characters(raw)
		bad := func(kind error, key, value string) error {
			return &wire.Error{Kind: kind, Key: key, Pos: wire.Position{Offset: at, FileSegment: n}, Value: value}
		}
		if at += int64(len(raw)); at > lim.Bytes {
			return nil, bad(wire.ErrTooLarge, "limit.file", "")
		}
		if n > lim.Elements {
			return nil, bad(wire.ErrTooLarge, "limit.elements", "")
		}
		switch {
		case len(line) == 0:
		case strings.HasPrefix(string(line), "EDI_DC40"):
			dc := &markup.Node{Name: "EDI_DC40", Kids: cells(line, control)}
			open = &markup.Node{Name: "IDOC", Kids: []*markup.Node{dc}}
			out = append(out, open)
			clear(last)
		case open == nil:
			return nil, bad(wire.ErrNotEDI, "idoc.control", string(line[:min(len(line), 10)]))
		case len(line) < 30:
			return nil, bad(wire.ErrTruncated, "idoc.record", string(line))
		default:
			name := typeOf(strings.TrimRight(string(line[:30]), " "))
			seg, known := segments[name]
			if !known {
				body := strings.TrimSpace(string(line[min(len(line), widthOf(dataHead)):]))
				open.Kids = append(open.Kids, &markup.Node{Name: name, Text: body})
				break
			}
			s := &markup.Node{Name: name, Kids: cells(line[min(len(line), widthOf(dataHead)):], seg.fields)}
			up := open
			if seg.parent != "" {
				if up = last[seg.parent]; up == nil {
					return nil, bad(wire.ErrMalformed, "idoc.parent", name)
				}
			}
			up.Kids = append(up.Kids, s)
			last[name] = s
		}
		if errors.Is(err, io.EOF) {
			break
		}
	}
	if len(out) == 0 {
		return nil, &wire.Error{Kind: wire.ErrNotEDI, Key: "empty"}
	}
	return out, nil
}

// characters gives a line without its end as characters.
func characters(raw []byte) []rune {
	raw = []byte(strings.TrimRight(string(raw), "\r\n\x1a"))
	if !utf8.Valid(raw) {
		raw, _ = charmap.Windows1252.NewDecoder().Bytes(raw)
	}
	return []rune(strings.TrimRight(string(raw), " "))
}

// cells cuts a record into its fields; those without content are left out.
func cells(line []rune, list []field) []*markup.Node {
	var out []*markup.Node
	at := 0
	for _, f := range list {
		if at >= len(line) {
			return out
		}
		if t := strings.TrimSpace(string(line[at:min(at+f.width, len(line))])); t != "" {
			out = append(out, &markup.Node{Name: f.name, Text: t})
		}
		at += f.width
	}
	if at < len(line) {
		if t := strings.TrimSpace(string(line[at:])); t != "" {
			out = append(out, &markup.Node{Name: "?", Text: t})
		}
	}
	return out
}

// writeFlat writes an IDoc as records of one line, ended by a line feed.
func writeFlat(w io.Writer, doc *markup.Node) error {
	b := bufio.NewWriter(w)
	dc := doc.Kids[0]
	record(b, "", dc, control)
	client, number := dc.Part("MANDT"), dc.Part("DOCNUM")
	n := 0
	var walk func(list []*markup.Node, parent int)
	walk = func(list []*markup.Node, parent int) {
		for _, s := range list {
			seg, known := segments[s.Name]
			if !known {
				continue // a field
			}
			n++
			head := fmt.Sprintf("%-30s%-3s%-16s%06d%06d%02d", "E2"+s.Name[2:], client, number, n, parent, seg.level)
			mine := n
			record(b, head, s, seg.fields)
			walk(s.Kids, mine)
		}
	}
	walk(doc.Kids[1:], 0)
	return b.Flush()
}

func record(b *bufio.Writer, head string, s *markup.Node, list []field) {
	_, _ = b.WriteString(head)
	for _, f := range list {
		t := s.Part(f.name)
		_, _ = b.WriteString(t)
		for range f.width - utf8.RuneCountInString(t) {
			_ = b.WriteByte(' ')
		}
	}
	_ = b.WriteByte('\n')
}
