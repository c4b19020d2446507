package as2

import (
	"fmt"
	"mime"
	"sort"
	"strings"
	"unicode/utf8"
)

// Field is a header field.
type Field struct{ Name, Value string }

// Header holds fields in order; names keep their spelling and are compared without
// regard to case.
type Header []Field

// HeaderOf takes the header of an HTTP library.
func HeaderOf(m map[string][]string) Header {
	var h Header
	for name, values := range m {
		for _, v := range values {
			h = append(h, Field{name, v})
		}
	}
	sort.SliceStable(h, func(i, j int) bool { return h[i].Name < h[j].Name })
	return h
}

// Get gives the first field of the name, unfolded and without blanks around it.
func (h Header) Get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return unfold(f.Value)
		}
	}
	return ""
}

// count counts what the fields of the name say: one that a gateway on the way wrote
// twice over counts once.
func (h Header) count(name string) int {
	n, said := 0, h.Get(name)
	for _, f := range h {
		if strings.EqualFold(f.Name, name) && (n == 0 || unfold(f.Value) != said) {
			n++
		}
	}
	return n
}

// Map gives the header as HTTP libraries take it, names in our spelling.
func (h Header) Map() map[string][]string {
	m := make(map[string][]string, len(h))
	for _, f := range h {
		m[f.Name] = append(m[f.Name], f.Value)
	}
	return m
}

func (h *Header) add(name, value string) { *h = append(*h, Field{name, value}) }

func (h Header) size() int {
	n := 0
	for _, f := range h {
		n += len(f.Name) + len(f.Value) + 4
	}
	return n
}

// unfold joins a folded value: a line end with the blanks after it is one blank.
func unfold(s string) string {
	if strings.ContainsAny(s, "\r\n") {
		lines := strings.FieldsFunc(s, func(r rune) bool { return r == '\r' || r == '\n' })
		for i := range lines {
			lines[i] = strings.Trim(lines[i], " \t")
		}
		s = strings.Join(lines, " ")
	}
	return strings.Trim(s, " \t")
}

// clean reports whether a value may stand in a header field of ours.
func clean(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

const maxID = 128

// ParseID reads an AS2-From or AS2-To: 1 to 128 printable ASCII characters, quoted
// when they hold a blank; case counts (RFC 4130 6.2).
func ParseID(s string) (string, error) {
	s = unfold(s)
	id := s
	if strings.HasPrefix(s, `"`) {
		if len(s) < 2 || !strings.HasSuffix(s, `"`) {
			return "", fmt.Errorf("as2: name %q lacks a quote", short(s))
		}
		var b strings.Builder
		in := s[1 : len(s)-1]
		for i := 0; i < len(in); i++ {
			switch {
			case in[i] == '\\' && i+1 < len(in):
				i++
			case in[i] == '\\' || in[i] == '"':
				return "", fmt.Errorf("as2: name %q is quoted wrongly", short(s))
			}
			b.WriteByte(in[i])
		}
		id = b.String()
	}
	return id, CheckID(id)
}

// CheckID says why a name cannot be an AS2 name.
func CheckID(id string) error {
	if id == "" || len(id) > maxID {
		return fmt.Errorf("as2: a name of %d characters", len(id))
	}
	for i := range len(id) {
		if id[i] < ' ' || id[i] > '~' {
			return fmt.Errorf("as2: name %q is not printable ASCII", short(id))
		}
	}
	return nil
}

// FormatID writes a name for the header.
func FormatID(id string) string {
	if !strings.ContainsAny(id, " \"\\") {
		return id
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(id) + `"`
}

func short(s string) string {
	if len(s) > 60 {
		return s[:60]
	}
	return s
}

// SameMessageID compares two Message-IDs: without blanks and angle brackets, which
// some stacks leave out; case counts.
func SameMessageID(a, b string) bool { return bareID(a) == bareID(b) && bareID(a) != "" }

func bareID(s string) string {
	s = strings.TrimSpace(s)
	s = strings.TrimPrefix(s, "<")
	return strings.TrimSuffix(s, ">")
}

// media reads a Content-Type or Content-Disposition: what it is, in lower case, and
// its parameters. It never fails: what mime refuses is read for what it has.
func media(value string) (string, map[string]string) {
	value = unfold(value)
	if kind, params, err := mime.ParseMediaType(value); err == nil {
		return kind, params
	}
	kind, rest, _ := strings.Cut(value, ";")
	params := map[string]string{}
	for rest != "" {
		var name, v string
		name, rest, _ = strings.Cut(rest, "=")
		name = strings.ToLower(strings.Trim(name, " \t;"))
		rest = strings.TrimLeft(rest, " \t")
		if strings.HasPrefix(rest, `"`) {
			v, rest = quoted(rest[1:])
			_, rest, _ = strings.Cut(rest, ";")
		} else {
			v, rest, _ = strings.Cut(rest, ";")
			v = strings.TrimSpace(v)
		}
		if _, twice := params[name]; name != "" && !twice {
			params[name] = v
		}
	}
	return strings.ToLower(strings.TrimSpace(kind)), params
}

// quoted reads up to the closing quote.
func quoted(s string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		// Browsers and some stacks put paths with single backslashes here.
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}

const maxName = 255

// fileName takes the name out of Content-Disposition or Content-Type.
func fileName(h Header) string {
	_, params := media(h.Get("Content-Disposition"))
	name := params["filename"]
	if name == "" {
		_, params = media(h.Get("Content-Type"))
		name = params["name"]
	}
	if dec, err := new(mime.WordDecoder).DecodeHeader(name); err == nil {
		name = dec
	}
	return SafeName(name)
}

// SafeName is the last part of a path, at most 255 octets, without what could mislead a person or a file
// system; empty when nothing is left.
func SafeName(name string) string {
	if !utf8.ValidString(name) { // Latin-1
		r := make([]rune, len(name))
		for i := range len(name) {
			r[i] = rune(name[i])
		}
		name = string(r)
	}
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1 // controls, and those that turn the direction of writing
		}
		return r
	}, name)
	for len(name) > maxName {
		_, n := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-n]
	}
	if name = strings.TrimSpace(name); name == "." || name == ".." {
		return ""
	}
	return name
}

// disposition writes a file name: quoted, and for what is not ASCII also as RFC 5987
// has it.
func disposition(name string) string {
	if name = SafeName(name); name == "" {
		return "attachment"
	}
	ascii := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return '_'
		}
		return r
	}, name)
	if ascii == name {
		return `attachment; filename="` + name + `"`
	}
	var ext strings.Builder
	for i := range len(name) {
		if c := name[i]; c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == '-' || c == '_' {
			ext.WriteByte(c)
		} else {
			fmt.Fprintf(&ext, "%%%02X", c)
		}
	}
	return `attachment; filename="` + ascii + `"; filename*=UTF-8''` + ext.String()
}
