// Package letter reads a mail that a person wrote: who sent it, whether a machine did,
// what its writer typed above what is quoted, and its files. It stores nothing and calls
// nobody; what it is given comes from strangers, so sizes, parts and depth are bounded.
package letter

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"path"
	"slices"
	"strings"

	"entente/prm/fault"
)

// Limits of a letter.
const (
	maxDepth   = 10        // of parts in parts
	maxParts   = 200       // of one mail
	maxText    = 512 << 10 // bytes of all text parts together: what is HTML is costly to read
	maxFrom    = 10
	trifle     = 20 << 10 // bytes: a picture in the text up to it is a logo
	maxSubject = 300      // characters
)

// Letter is a mail in the words of its writer.
type Letter struct {
	From    []string // addresses of the From line, lower-case
	Subject string
	Auto    bool   // a machine sent it: a bounce, an absence, a list
	Text    string // what was typed, without quotes and signature; may be empty
	Files   []File
	Left    []string // names of parts that are no files to take
}

// File is a file of a letter.
type File struct {
	Name string
	Body []byte
}

// ID is the Message-ID of a mail as its header says it, "" without one, and whether it is
// a mail at all.
func ID(raw []byte) (id string, ok bool) {
	h, _, ok := Head(raw)
	return strings.TrimSpace(h.Get("Message-Id")), ok
}

// Read reads a mail.
// Codes: Invalid (it is none).
func Read(raw []byte) (Letter, error) {
	h, body, ok := Head(raw)
	if !ok {
		return Letter{}, fault.New(fault.Invalid, "mailin.unreadable")
	}
	l := Letter{Subject: oneLine(words(h.Get("Subject")), maxSubject)}
	for _, a := range addresses(h) {
		if len(l.From) < maxFrom {
			l.From = append(l.From, strings.ToLower(a.Address))
		}
	}
	r := &reader{}
	text := r.part(h, bytes.NewReader(body), 0)
	l.Text = Typed(clean(text.text))
	l.Files, l.Left = r.files, r.left
	l.Auto = r.report || automatic(h, l)
	return l, nil
}

// addresses are those of all From lines: two lines are as wrong as two addresses.
func addresses(h textproto.MIMEHeader) []*mail.Address {
	p := mail.AddressParser{WordDecoder: decoder}
	var out []*mail.Address
	for _, v := range h["From"] {
		list, err := p.ParseList(v)
		if err != nil { // names that are not quoted as they must be
			if i, j := strings.LastIndexByte(v, '<'), strings.LastIndexByte(v, '>'); strings.Count(v, "@") == 1 && i >= 0 && j > i {
				if a, err := p.Parse(v[i : j+1]); err == nil {
					list = []*mail.Address{a}
				}
			}
		}
		out = append(out, list...)
	}
	return out
}

// absent begin the subject of an absence that says nothing in its header: QQ and older
// programs. A person's answer to one begins with Re:.
var absent = []string{"automatic reply:", "auto reply:", "autoreply:", "auto-reply:", "out of office:", "abwesenheitsnotiz:", "réponse automatique", "respuesta automática", "自动回复", "自動回覆", "自动答复"}

// automatic says that no person wrote a mail: RFC 3834 section 5, and what programs did
// before it.
func automatic(h textproto.MIMEHeader, l Letter) bool {
	first := func(name string) string {
		v, _, _ := strings.Cut(strings.ToLower(h.Get(name)), ";")
		return strings.TrimSpace(v)
	}
	if v := first("Auto-Submitted"); v != "" && v != "no" {
		return true
	}
	if slices.Contains([]string{"bulk", "junk", "list", "auto_reply"}, first("Precedence")) {
		return true
	}
	if h.Get("X-Autoreply") != "" || h.Get("X-Autorespond") != "" || len(h["Return-Path"]) > 0 && strings.TrimSpace(h.Get("Return-Path")) == "<>" {
		return true
	}
	if slices.ContainsFunc(l.From, func(a string) bool {
		return strings.HasPrefix(a, "mailer-daemon@") || strings.HasPrefix(a, "postmaster@")
	}) {
		return true
	}
	subject := strings.ToLower(l.Subject)
	return slices.ContainsFunc(absent, func(s string) bool { return strings.HasPrefix(subject, s) })
}

// piece is the text of a part. marked says that it was HTML.
type piece struct {
	text   string
	marked bool
}

func (p piece) blank() bool { return strings.TrimSpace(p.text) == "" }

type reader struct {
	files  []File
	left   []string
	parts  int
	text   int64 // bytes of text that were read
	report bool
}

// part reads one part, and what is in it.
func (r *reader) part(h textproto.MIMEHeader, body io.Reader, depth int) piece {
	if r.parts++; r.parts > maxParts || depth > maxDepth {
		return piece{}
	}
	kind, params := mediaType(h.Get("Content-Type"), "text/plain")
	if strings.HasPrefix(kind, "multipart/") && params["boundary"] != "" {
		return r.multi(kind, params["boundary"], body, depth)
	}
	name, attached := fileName(h, params)
	switch {
	case strings.HasPrefix(kind, "text/") && kind != "text/calendar" && !attached && name == "":
		raw, _ := io.ReadAll(io.LimitReader(decoded(h, body), maxText-r.text)) // what could be read of a broken part is what there is
		r.text += int64(len(raw))
		text := decodeText(params["charset"], raw)
		if kind == "text/html" {
			return piece{plain(text), true}
		}
		if strings.EqualFold(params["format"], "flowed") {
			text = unflow(text, strings.EqualFold(params["delsp"], "yes"))
		}
		return piece{text, false}
	case kind == "application/pkcs7-signature", kind == "application/x-pkcs7-signature", kind == "application/pgp-signature", kind == "text/calendar" && !attached,
		kind == "message/delivery-status", kind == "message/disposition-notification", kind == "text/rfc822-headers":
		return piece{} // about the mail, not of its writer
	case kind == "message/rfc822", kind == "message/global", kind == "application/ms-tnef", kind == "application/pkcs7-mime", kind == "application/x-pkcs7-mime", kind == "application/pgp-encrypted", kind == "message/partial", kind == "message/external-body":
		if name == "" {
			name = strings.ReplaceAll(kind, "/", ".")
		}
		r.left = append(r.left, name)
		return piece{}
	}
	raw, err := io.ReadAll(decoded(h, body))
	if strings.HasPrefix(kind, "image/") && !attached && h.Get("Content-Id") != "" && len(raw) <= trifle {
		return piece{} // a logo
	}
	if name == "" {
		name = "file"
		if ends, _ := mime.ExtensionsByType(kind); len(ends) > 0 {
			name += ends[0]
		}
	}
	if err != nil || len(raw) == 0 { // half a file is none
		r.left = append(r.left, name)
		return piece{}
	}
	r.files = append(r.files, File{name, raw})
	return piece{}
}

// multi reads the parts of a part.
func (r *reader) multi(kind, boundary string, body io.Reader, depth int) piece {
	if kind == "multipart/report" {
		r.report = true // RFC 6522: of a mail server or program
	}
	in := multipart.NewReader(body, boundary)
	var all []piece
	for r.parts < maxParts {
		p, err := in.NextRawPart()
		if err != nil { // the end, or where it is broken
			break
		}
		if one := r.part(p.Header, p, depth+1); !one.blank() {
			all = append(all, one)
		}
	}
	if len(all) == 0 {
		return piece{}
	}
	if kind == "multipart/alternative" { // the same in several forms
		if i := slices.IndexFunc(all, func(p piece) bool { return !p.marked }); i >= 0 {
			return all[i]
		}
		return all[len(all)-1]
	}
	out := all[0]
	for _, p := range all[1:] {
		out.text, out.marked = strings.TrimRight(out.text, "\r\n")+"\n"+p.text, out.marked || p.marked
	}
	return out
}

// mediaType reads a content type; one that is broken keeps its kind.
func mediaType(v, def string) (string, map[string]string) {
	if strings.TrimSpace(v) == "" {
		return def, nil
	}
	kind, params, err := mime.ParseMediaType(v)
	if err != nil {
		first, rest, _ := strings.Cut(v, ";")
		kind, params = strings.ToLower(strings.TrimSpace(first)), map[string]string{}
		for part := range strings.SplitSeq(rest, ";") {
			k, x, _ := strings.Cut(part, "=")
			params[strings.ToLower(strings.TrimSpace(k))] = strings.Trim(strings.TrimSpace(x), `"`)
		}
	}
	return kind, params
}

// fileName is the name that a part has as a file, and whether it says that it is one.
func fileName(h textproto.MIMEHeader, params map[string]string) (string, bool) {
	way, put := mediaType(h.Get("Content-Disposition"), "")
	name := put["filename"]
	if name == "" {
		name = params["name"]
	}
	name = oneLine(words(name), 200)
	if name != "" {
		name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	}
	return name, way == "attachment"
}

// decoded undoes the transfer encoding (RFC 2045 section 6).
func decoded(h textproto.MIMEHeader, body io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(h.Get("Content-Transfer-Encoding"))) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, &only64{body})
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	}
	return body
}

// only64 passes over what is not base64: "must be ignored by decoding software" (RFC 2045
// section 6.8).
type only64 struct{ r io.Reader }

func (o *only64) Read(p []byte) (int, error) {
	for {
		n, err := o.r.Read(p)
		kept := 0
		for _, c := range p[:n] {
			if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '=' {
				p[kept] = c
				kept++
			}
		}
		if kept > 0 || err != nil {
			return kept, err
		}
	}
}
