package letter

import (
	"bytes"
	"net/textproto"
)

// Limits of a head. Real ones have some 50 lines; what is beyond is not read.
const (
	maxHead   = 256 << 10 // bytes
	maxFields = 1000
)

// Head reads the head of a mail and gives what stands below it. A line that is none of a
// head (RFC 5322 section 2.2) is left out with its continuation: one without a colon or with
// a name that is none, as programs on the way put it in, such as "From maya@… Mon Nov 23" of
// a mailbox file. Every mail program shows such a mail. The head ends at the first empty
// line, or with the bytes. ok is false where no line of it could be read: that is no mail.
func Head(raw []byte) (h textproto.MIMEHeader, body []byte, ok bool) {
	h = textproto.MIMEHeader{}
	var name string
	var value []byte // of that name, with what continues it
	read, fields := 0, 0
	keep := func() {
		if name != "" && fields < maxFields {
			fields++
			h[name] = append(h[name], string(bytes.TrimRight(value, " \t")))
		}
		name = ""
	}
	for len(raw) > 0 {
		line, rest, _ := bytes.Cut(raw, []byte("\n"))
		read, raw = read+len(line)+1, rest
		if line = bytes.TrimSuffix(line, []byte("\r")); len(line) == 0 {
			break
		}
		if read > maxHead {
			name = ""
			continue
		}
		if line[0] == ' ' || line[0] == '\t' { // belongs to the one before, and goes with it
			if name != "" {
				value = append(append(value, ' '), bytes.Trim(line, " \t")...)
			}
			continue
		}
		keep()
		k, v, ok := bytes.Cut(line, []byte(":"))
		if k = bytes.TrimRight(k, " \t"); ok && fieldName(k) { // white space before the colon: RFC 5322 section 4.5
			name, value = textproto.CanonicalMIMEHeaderKey(string(k)), append(value[:0], bytes.Trim(v, " \t")...)
		}
	}
	keep()
	return h, raw, fields > 0
}

// fieldName says whether a text is the name of a line: printable ASCII without a colon and
// without a space (RFC 5322 section 3.6.8).
func fieldName(s []byte) bool {
	return len(s) > 0 && !bytes.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' })
}
