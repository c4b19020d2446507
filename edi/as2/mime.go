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
)

// Limits bound what a message may make us do; zero fields take the default.
type Limits struct {
	Body     int // octets of an HTTP body; 128 MiB, which holds 100 MB in any dress
	Inflated int // octets that decompression may give; as Body
	Ratio    int // octets out for one in, beyond 1 MiB of output; 200
	Header   int // octets of one header; 64 KiB
	Parts    int // parts of a multipart; 100
	MDN      int // octets of an MDN; 1 MiB
}

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

// entity is a MIME entity: slices of the bytes received, never written anew.
type entity struct {
	raw    []byte // header, blank line and body
	header Header
	body   []byte
}

var errMIME = errors.New("as2: not a MIME entity")

// parseEntity splits header and body. At least one field is needed.
func parseEntity(raw []byte, lim Limits) (entity, error) {
	e := entity{raw: raw}
	name, from := "", 0 // of the field that is open, with its folded lines
	for at := 0; ; {
		n := -1
		if at <= lim.Header {
			n = bytes.IndexByte(raw[at:min(len(raw), lim.Header+1)], '\n')
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
			if len(e.header) == 0 {
				return e, fmt.Errorf("%w: no header", errMIME)
			}
			e.body = raw[at:]
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
func split(body []byte, boundary string, lim Limits) ([][]byte, error) {
	if boundary == "" || len(boundary) > 200 {
		return nil, fmt.Errorf("%w: boundary of %d characters", errMIME, len(boundary))
	}
	delim := []byte("--" + boundary)
	var parts [][]byte
	start := -1
	for at := 0; ; {
		n := bytes.Index(body[at:], delim)
		if n < 0 {
			return nil, fmt.Errorf("%w: the multipart does not end", errMIME)
		}
		at += n
		after := body[at+len(delim):]
		if at > 0 && body[at-1] != '\n' {
			at += len(delim)
			continue
		}
		last := bytes.HasPrefix(after, []byte("--"))
		if last {
			after = after[2:]
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
			end := at
			if end > start {
				end-- // the LF
				if end > start && body[end-1] == '\r' {
					end--
				}
			}
			parts = append(parts, body[start:end])
		}
		if last {
			return parts, nil
		}
		at = len(body) - len(after) + next + 1
		start = at
	}
}

// decode undoes a content transfer encoding.
func decode(encoding string, body []byte) ([]byte, error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return decodeBase64(body)
	case "quoted-printable":
		return io.ReadAll(quotedprintable.NewReader(bytes.NewReader(body)))
	}
	return body, nil
}

func decodeBase64(b []byte) ([]byte, error) {
	out := make([]byte, len(b)/4*3+3) // also enough where the padding is missing
	n, err := base64.StdEncoding.Decode(out, b)
	if err == nil {
		return out[:n], nil
	}
	// Blanks, and a padding left out.
	compact := bytes.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\r' || r == '\n' || r == '=' {
			return -1
		}
		return r
	}, b)
	n, err = base64.RawStdEncoding.Decode(out, compact)
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
	body   [][]byte
}

// parts gives header, blank line and body, as they stand inside another entity.
func (d draft) parts() [][]byte {
	var b bytes.Buffer
	for _, f := range d.header {
		b.WriteString(f.Name + ": " + f.Value + "\r\n")
	}
	b.WriteString("\r\n")
	return append([][]byte{b.Bytes()}, d.body...)
}

func multipart(kind string, parts ...[][]byte) draft {
	boundary := newBoundary()
	d := draft{header: Header{{"Content-Type", kind + `; boundary="` + boundary + `"`}}}
	for _, p := range parts {
		d.body = append(d.body, []byte("--"+boundary+"\r\n"))
		d.body = append(d.body, p...)
		d.body = append(d.body, []byte("\r\n"))
	}
	d.body = append(d.body, []byte("--"+boundary+"--\r\n"))
	return d
}

// newBoundary cannot be met in a content: it is 120 random bits.
func newBoundary() string {
	b := make([]byte, 15)
	_, _ = rand.Read(b) // never fails
	return "_" + hex.EncodeToString(b)
}
