package as2

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"strings"

	"entente/edi/as2/internal/span"
)

// Limits bound what a message may make us do; zero fields take the default.
type Limits struct {
	Body     int // octets of an HTTP body; 128 MiB, which holds 100 MB in any dress
	Inflated int // octets that decompression may give; as Body
	Ratio    int // octets out for one in, beyond 1 MiB of output; 200
	Header   int // octets of one header; 64 KiB
	Parts    int // parts of a multipart; 100
	MDN      int // octets of an MDN; 1 MiB
	// Spool, where set, makes the files for what is decrypted, inflated or decoded of a
	// large message, so that it costs no memory. The caller removes them when it has done
	// with the message.
	Spool func() (File, error)
}

// File is a file of Limits.Spool, empty at first.
type File = span.File

// Body is what came, or a part of it: in memory or in a file.
type Body = span.Span

// Content is what follows one another of what is sent.
type Content = span.Chain

// InMemory is a Body of octets at hand.
func InMemory(b []byte) Body { return span.Of(b) }

// InFile is a Body of the first n octets of a file.
func InFile(f io.ReaderAt, n int) Body { return span.In(f, n) }

// ErrFile: a temporary file of our own failed; the message may come again.
var ErrFile = span.ErrLost

// most is what of a message that lies in a file is taken into memory: signatures, and
// what is not a document.
const most = 1 << 20

func (l Limits) filled() Limits {
	set := func(p *int, v int) {
		if *p <= 0 {
			*p = v
		}
	}
	set(&l.Body, 128<<20)
	set(&l.Inflated, l.Body)
	set(&l.Ratio, 200)
	set(&l.Header, 64<<10)
	set(&l.Parts, 100)
	set(&l.MDN, 1<<20)
	return l
}

// ErrTooLarge: a body beyond the limit; HTTP answers 413.
var ErrTooLarge = errors.New("as2: larger than allowed")

// ReadBody reads a body of a declared length (negative when chunked) and refuses one
// beyond the limit before reading it, or as soon as it is.
func ReadBody(r io.Reader, length int64, lim Limits) ([]byte, error) {
	most := int64(lim.filled().Body)
	if length > most {
		return nil, ErrTooLarge
	}
	if length >= 0 {
		b := make([]byte, length)
		n, err := io.ReadFull(r, b)
		if err != nil {
			return nil, fmt.Errorf("as2: %d of %d octets: %w", n, length, err)
		}
		return b, nil
	}
	var blocks [][]byte
	for size, room := int64(0), 16<<10; ; room = min(4*room, 1<<20) {
		block := make([]byte, room)
		n, err := io.ReadFull(r, block)
		blocks, size = append(blocks, block[:n]), size+int64(n)
		if size > most {
			return nil, ErrTooLarge
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return bytes.Join(blocks, nil), nil
		}
		if err != nil {
			return nil, fmt.Errorf("as2: after %d octets: %w", size, err)
		}
	}
}

// entity is a MIME entity: stretches of the bytes received, never written anew.
type entity struct {
	raw    Body // header, blank line and body
	header Header
	body   Body
}

var (
	errMIME = errors.New("as2: not a MIME entity")
	errBare = fmt.Errorf("%w: no header", errMIME) // the entity is given beside it
)

// parseEntity splits header and body. Without a field the error is errBare.
func parseEntity(whole Body, lim Limits) (entity, error) {
	e := entity{raw: whole}
	raw, err := whole.At(0, lim.Header+1)
	if err != nil {
		return e, err
	}
	name, from := "", 0 // of the field that is open, with its folded lines
	for at := 0; ; {
		n := -1
		if at <= lim.Header {
			n = bytes.IndexByte(raw[min(at, len(raw)):], '\n')
		}
		if n < 0 {
			return e, fmt.Errorf("%w: the header does not end within %d octets", errMIME, lim.Header)
		}
		start, line := at, bytes.TrimSuffix(raw[at:at+n], []byte("\r"))
		at += n + 1
		if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
			if name == "" {
				return e, fmt.Errorf("%w: begins with a blank", errMIME)
			}
			continue
		}
		if name != "" {
			e.header.add(name, unfold(string(raw[from:start])))
		}
		if len(line) == 0 {
			e.body = whole.Slice(at, whole.Len())
			if len(e.header) == 0 {
				return e, errBare
			}
			return e, nil
		}
		before, _, ok := bytes.Cut(line, []byte(":"))
		name, from = string(bytes.TrimRight(before, " \t")), start+len(before)+1
		if !ok || !token(name) {
			return e, fmt.Errorf("%w: a line that is no field", errMIME)
		}
	}
}

func token(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != ""
}

// split gives the parts of a multipart: what stands between the delimiter lines,
// without the line end that belongs to the delimiter. The closing one is needed:
// without it the body was cut off.
func split(body Body, boundary string, lim Limits) ([]Body, error) {
	if boundary == "" || len(boundary) > 200 {
		return nil, fmt.Errorf("%w: boundary of %d characters", errMIME, len(boundary))
	}
	delim := []byte("--" + boundary)
	w := span.NewWindow(body, 256<<10)
	var parts []Body
	start := -1
	for at := 0; ; {
		n, err := index(w, at, delim)
		if err != nil {
			return nil, err
		}
		if n < 0 {
			return nil, fmt.Errorf("%w: the multipart does not end", errMIME)
		}
		at = n
		before, err := w.At(max(0, at-2), 2)
		if err != nil {
			return nil, err
		}
		before = before[:min(at, 2)]
		if at > 0 && before[len(before)-1] != '\n' {
			at += len(delim)
			continue
		}
		eol := len(before) // of the line end that belongs to the delimiter
		if eol == 2 && before[0] != '\r' {
			eol = 1
		}
		rest := at + len(delim) // where after begins
		after, err := w.At(rest, maxLine)
		if err != nil {
			return nil, err
		}
		after = after[:min(len(after), maxLine)]
		last := bytes.HasPrefix(after, []byte("--"))
		if last {
			after, rest = after[2:], rest+2
		}
		line := after
		next := bytes.IndexByte(after, '\n')
		if next >= 0 {
			line = after[:next]
		}
		if len(bytes.TrimRight(line, " \t\r")) > 0 || next < 0 && !last {
			at += len(delim)
			continue
		}
		if start >= 0 {
			if len(parts) == lim.Parts {
				return nil, fmt.Errorf("%w: more than %d parts", errMIME, lim.Parts)
			}
			parts = append(parts, body.Slice(start, max(start, at-eol)))
		}
		if last {
			return parts, nil
		}
		at = rest + next + 1
		start = at
	}
}

// maxLine is how much of a delimiter's line is looked at: nothing but blanks may follow.
const maxLine = 1000

// index finds what from a place on, -1 where it is not.
func index(w *span.Window, at int, what []byte) (int, error) {
	for {
		b, err := w.At(at, len(what))
		if err != nil || len(b) < len(what) {
			return -1, err
		}
		if n := bytes.Index(b, what); n >= 0 {
			return at + n, nil
		}
		at += len(b) - len(what) + 1
	}
}

// decode undoes a content transfer encoding.
func decode(encoding string, body Body, spool span.Spool) (Body, error) {
	b, inMemory := body.Memory()
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		if inMemory {
			out, err := decodeBase64(b)
			return InMemory(out), err
		}
		out := span.NewOut(spool, most)
		_, err := io.Copy(out, base64.NewDecoder(base64.RawStdEncoding, &compact{body.Reader()}))
		return out.Span(), err
	case "quoted-printable":
		out := span.NewOut(spool, min(body.Len(), most))
		_, err := io.Copy(out, quotedprintable.NewReader(body.Reader()))
		return out.Span(), err
	}
	return body, nil
}

// compact leaves out blanks and the padding of base64.
type compact struct{ r io.Reader }

func (c *compact) Read(b []byte) (int, error) {
	for {
		n, err := c.r.Read(b)
		kept := b[:0]
		for _, x := range b[:n] {
			if !unwritten(rune(x)) {
				kept = append(kept, x)
			}
		}
		if len(kept) > 0 || err != nil || len(b) == 0 {
			return len(kept), err
		}
	}
}

func unwritten(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' || r == '=' }

func decodeBase64(b []byte) ([]byte, error) {
	out := make([]byte, len(b)/4*3+3) // also enough where the padding is missing
	n, err := base64.StdEncoding.Decode(out, b)
	if err == nil {
		return out[:n], nil
	}
	// Blanks, and a padding left out.
	bare := bytes.Map(func(r rune) rune {
		if unwritten(r) {
			return -1
		}
		return r
	}, b)
	n, err = base64.RawStdEncoding.Decode(out, bare)
	return out[:n], err
}

// encodeBase64 writes lines of 76 characters.
func encodeBase64(b []byte) []byte {
	text := base64.StdEncoding.EncodeToString(b)
	out := make([]byte, 0, len(text)+len(text)/38+2)
	for len(text) > 0 {
		n := min(76, len(text))
		out = append(append(out, text[:n]...), "\r\n"...)
		text = text[n:]
	}
	return out
}

// draft is an entity being made; its body is parts, to be copied once at the end.
type draft struct {
	header Header
	body   Content
}

// entity gives header, blank line and body, as they stand inside another entity.
func (d draft) entity() Content {
	var b bytes.Buffer
	for _, f := range d.header {
		b.WriteString(f.Name + ": " + f.Value + "\r\n")
	}
	b.WriteString("\r\n")
	return append(span.Join(b.Bytes()), d.body...)
}

func multipart(kind string, parts ...Content) draft {
	boundary := newBoundary()
	d := draft{header: Header{{"Content-Type", kind + `; boundary="` + boundary + `"`}}}
	for _, p := range parts {
		d.body = append(d.body, InMemory([]byte("--"+boundary+"\r\n")))
		d.body = append(d.body, p...)
		d.body = append(d.body, InMemory([]byte("\r\n")))
	}
	d.body = append(d.body, InMemory([]byte("--"+boundary+"--\r\n")))
	return d
}

// newBoundary cannot be met in a content: it is 120 random bits.
func newBoundary() string {
	b := make([]byte, 15)
	_, _ = rand.Read(b) // never fails
	return "_" + hex.EncodeToString(b)
}
