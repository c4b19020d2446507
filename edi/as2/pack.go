package as2

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"

	"entente/edi/as2/internal/cms"
	"entente/edi/as2/internal/span"
)

// Payload is one document.
type Payload struct {
	ContentType string // application/edi-x12, application/edifact, application/xml, …
	FileName    string
	Data        []byte // nil of one that lies in a file, see Reader and NewPayload

	body Body
}

// Size is the number of octets of the document.
func (p *Payload) Size() int { return p.whole().Len() }

// NewPayload is a document that may lie in a file.
func NewPayload(contentType, fileName string, b Body) Payload {
	p := Payload{ContentType: contentType, FileName: fileName, body: b}
	p.Data, _ = b.Memory()
	return p
}

// Reader reads the document from its beginning. An error is ErrFile.
func (p *Payload) Reader() io.Reader { return p.whole().Reader() }

// Head gives up to n octets of its beginning.
func (p *Payload) Head(n int) ([]byte, error) { return p.whole().At(0, n) }

func (p *Payload) whole() Body {
	if p.Data != nil {
		return InMemory(p.Data)
	}
	return p.body
}

// The content types of documents (RFC 1767, 7303).
const (
	TypeX12     = "application/edi-x12"
	TypeEDIFACT = "application/edifact"
	TypeXML     = "application/xml"
	TypeOctets  = "application/octet-stream"
)

// Message is what Pack sends.
type Message struct {
	// ID is the Message-ID, in angle brackets. A try again is the same request with
	// the same bytes: keep the Request, do not pack twice.
	ID       string
	Subject  string
	Date     time.Time
	Payloads []Payload // several go as multipart/related (RFC 6362)
}

// NewID makes a Message-ID at a host.
func NewID(host string) string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return "<" + hex.EncodeToString(b) + "@" + host + ">"
}

// Request is an HTTP request: for the message or for an MDN of its own.
type Request struct {
	Header Header
	Body   []byte
	Sent   Sent // of a message
}

// Packed is a message whose body may lie in files: read it while they stand.
type Packed struct {
	Header Header
	Body   Content
	Sent   Sent
}

// Sent is what must be kept of a message to judge its MDN.
type Sent struct {
	MessageID string  `json:"message_id"`
	From      string  `json:"from"`
	To        string  `json:"to"`
	Receipt   Receipt `json:"receipt"`
	// MICs are what the MDN may hold: by the digest asked for first, then by those
	// that stacks answer in whatever was asked.
	MICs []MIC `json:"mics"`
	// WithHeader are the other reading of a message that is compressed only.
	WithHeader []MIC `json:"with_header,omitempty"`
}

const (
	version  = "1.2"
	features = "multiple-attachments"
)

// Pack makes the request of a message, in memory.
func Pack(m Message, rel Relation) (*Request, error) {
	p, err := PackIn(m, rel, nil)
	if err != nil {
		return nil, err
	}
	body, err := p.Body.Bytes()
	return &Request{Header: p.Header, Body: body, Sent: p.Sent}, err
}

// PackIn is Pack of documents that may lie in files. What is compressed or encrypted of a
// large message lies in files of the spool (see Limits.Spool), so that memory is bounded
// whatever its size. A file that fails is ErrFile.
func PackIn(m Message, rel Relation, spool func() (File, error)) (*Packed, error) {
	a := rel.Agreement
	if err := a.Check(); err != nil {
		return nil, err
	}
	if len(m.ID) < 3 || len(m.ID) > 255 || m.ID[0] != '<' || m.ID[len(m.ID)-1] != '>' || !token(m.ID) {
		return nil, fmt.Errorf("as2: Message-ID %q", short(m.ID))
	}
	if !clean(m.Subject) {
		return nil, errors.New("as2: the subject holds control characters")
	}
	d, err := dress(m.Payloads)
	if err != nil {
		return nil, err
	}
	inner := d
	var mic, withHeader []MIC
	if a.Compression == CompressBefore {
		if d, err = compress(d, spool); err != nil {
			return nil, err
		}
	}
	if a.Sign {
		part := d.entity()
		if mic, err = micOver(a, part); err != nil {
			return nil, err
		}
		if d, err = sign(part, mic[0].Sum, a, rel.Keys.Sign, a.Digest, m.Date); err != nil {
			return nil, err
		}
	}
	if a.Compression == CompressAfter {
		if d, err = compress(d, spool); err != nil {
			return nil, err
		}
	}
	switch {
	case a.Sign:
	case a.Cipher != "":
		mic, err = micOver(a, inner.entity())
	default:
		if mic, err = micOver(a, inner.body); err == nil && a.Compression != NoCompression {
			withHeader, err = micOver(a, inner.entity())
		}
	}
	if err != nil {
		return nil, err
	}
	if a.Cipher != "" {
		if d, err = encrypt(d, rel, spool); err != nil {
			return nil, err
		}
	}
	r := &Packed{Header: outer(a.Us, a.Them, m.ID, m.Subject, m.Date)}
	for _, f := range d.header {
		if f.Name != "Content-Transfer-Encoding" { // RFC 4130 5.2.1: not on the body of HTTP
			r.Header = append(r.Header, f)
		}
	}
	ask(&r.Header, a)
	r.Body = d.body
	r.Sent = Sent{MessageID: m.ID, From: a.Us, To: a.Them, Receipt: a.Receipt, MICs: mic, WithHeader: withHeader}
	return r, nil
}

// outer is what every request begins with.
func outer(from, to, id, subject string, date time.Time) Header {
	h := Header{
		{"AS2-Version", version}, {"AS2-From", FormatID(from)}, {"AS2-To", FormatID(to)},
		{"Message-ID", id}, {"MIME-Version", "1.0"}, {"EDIINT-Features", features},
	}
	if !date.IsZero() {
		h.add("Date", date.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"))
	}
	if subject != "" {
		h.add("Subject", subject)
	}
	return h
}

func ask(h *Header, a Agreement) {
	if a.Receipt == NoReceipt {
		return
	}
	to := a.NotifyTo
	if to == "" {
		to = a.Us
	}
	h.add("Disposition-Notification-To", to)
	if a.Receipt == SignedReceipt {
		h.add("Disposition-Notification-Options",
			"signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, "+a.Digest.Spell(a.PlainNames))
	}
	if a.AsyncURL != "" {
		h.add("Receipt-Delivery-Option", a.AsyncURL)
	}
}

// dress makes the innermost entity: a document, or several related ones.
func dress(payloads []Payload) (draft, error) {
	if len(payloads) == 0 {
		return draft{}, errors.New("as2: nothing to send")
	}
	var parts []Content
	var one draft
	for _, p := range payloads {
		body := p.whole()
		if body.Len() == 0 {
			return draft{}, errors.New("as2: an empty document")
		}
		kind := p.ContentType
		if kind == "" {
			kind = TypeOctets
		}
		if !clean(kind) || !strings.Contains(kind, "/") {
			return draft{}, fmt.Errorf("as2: content type %q", short(kind))
		}
		one = draft{Header{{"Content-Type", kind}, {"Content-Transfer-Encoding", "binary"}}, Content{body}}
		if p.FileName != "" {
			one.header.add("Content-Disposition", disposition(p.FileName))
		}
		parts = append(parts, one.entity())
	}
	if len(payloads) == 1 {
		return one, nil
	}
	root, _ := media(payloads[0].ContentType)
	if root == "" {
		root = TypeOctets
	}
	return multipart(`multipart/related; type="`+root+`"`, parts...), nil
}

// Part is one document as a message holds it: what the MIC of a signed or encrypted
// message is made of, unless it is compressed before.
func Part(p Payload) (Content, error) {
	d, err := dress([]Payload{p})
	if err != nil {
		return Content{}, err
	}
	return d.entity(), nil
}

// micOver digests what the MIC is made of by what the MDN may use: the agreement's first.
func micOver(a Agreement, part Content) ([]MIC, error) {
	var out []MIC
	var sums []hash.Hash
	var all []io.Writer
	for _, h := range []Hash{a.Digest, SHA256, SHA1, SHA512, SHA384} {
		if len(out) > 0 && h == a.Digest {
			continue
		}
		d := hashes[h].New()
		out, sums, all = append(out, MIC{Hash: h, Name: h.Spell(a.PlainNames)}), append(sums, d), append(all, d)
	}
	if _, err := io.Copy(io.MultiWriter(all...), part.Reader()); err != nil {
		return nil, err
	}
	for i, d := range sums {
		out[i].Sum = d.Sum(nil)
	}
	return out, nil
}

// sign makes a multipart/signed (RFC 1847) of an entity with this digest.
func sign(part Content, sum []byte, a Agreement, who Identity, h Hash, at time.Time) (draft, error) {
	if who.Key == nil || who.Certificate == nil {
		return draft{}, errors.New("as2: no key to sign with")
	}
	sig, err := cms.Sign(sum, who.Key, who.Certificate, cms.SignOptions{Hash: hashes[h], PSS: a.PSS, Time: at})
	if err != nil {
		return draft{}, err
	}
	s := draft{Header{
		{"Content-Type", `application/pkcs7-signature; name="smime.p7s"`},
		{"Content-Transfer-Encoding", "base64"},
		{"Content-Disposition", `attachment; filename="smime.p7s"`},
	}, span.Join(bytes.TrimSuffix(encodeBase64(sig), []byte("\r\n")))}
	return multipart(`multipart/signed; protocol="application/pkcs7-signature"; micalg=`+h.Spell(a.PlainNames), part, s.entity()), nil
}

func pkcs7(kind, file string, body ...Body) draft {
	return draft{Header{
		{"Content-Type", `application/pkcs7-mime; smime-type=` + kind + `; name="` + file + `"`},
		{"Content-Transfer-Encoding", "binary"},
		{"Content-Disposition", `attachment; filename="` + file + `"`},
	}, body}
}

func compress(d draft, spool span.Spool) (draft, error) {
	body, err := cms.Compress(d.entity(), spool)
	return pkcs7("compressed-data", "smime.p7z", body...), err
}

func encrypt(d draft, rel Relation, spool span.Spool) (draft, error) {
	a, to := rel.Agreement, rel.Keys.Encrypt
	if to == nil {
		return draft{}, errors.New("as2: no certificate to encrypt for")
	}
	c := ciphers[a.Cipher]
	body, err := cms.Encrypt(d.entity(), []*x509.Certificate{to}, cms.EncryptOptions{Cipher: c, OAEP: hashes[a.OAEP]}, spool)
	kind := "enveloped-data"
	if c.Authenticated() {
		kind = "authEnveloped-data"
	}
	return pkcs7(kind, "smime.p7m", body), err
}
