package as2

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"entente/edi/as2/internal/span"
)

// MDN is what is said about a message received.
type MDN struct {
	ID          string // its Message-ID
	Date        time.Time
	Agent       string // Reporting-UA
	Disposition Disposition
	Text        string // for people, in any language; the disposition when empty
}

const mode = "automatic-action/MDN-sent-automatically; "

// Answer makes the MDN of a message: signed when that was asked for and the pair of
// names is known. It goes into the reply of the request, or as a request of its own to
// Ask.Async. The same bytes answer a repetition: keep them.
func (r *Received) Answer(m MDN) (*Request, error) {
	if r.From == "" || r.To == "" || r.MessageID == "" {
		return nil, errors.New("as2: a message without names or Message-ID cannot be answered")
	}
	if !clean(m.Agent) || !clean(m.Disposition.String()) || !clean(m.ID) {
		return nil, errors.New("as2: control characters in a field of the MDN")
	}
	text := m.Text
	if text == "" {
		text = m.Disposition.String()
	}
	human := draft{header: Header{{"Content-Type", "text/plain; charset=utf-8"}, {"Content-Transfer-Encoding", "8bit"}},
		body: span.Join([]byte(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n") + "\r\n"))}

	var b bytes.Buffer
	field := func(name, value string) {
		if value != "" {
			b.WriteString(name + ": " + value + "\r\n")
		}
	}
	field("Reporting-UA", m.Agent)
	field("Original-Recipient", "rfc822; "+FormatID(r.To))
	field("Final-Recipient", "rfc822; "+FormatID(r.To))
	field("Original-Message-ID", r.MessageID)
	field("Disposition", mode+m.Disposition.String())
	field("Received-Content-MIC", r.MIC.String())
	machine := draft{header: Header{{"Content-Type", "message/disposition-notification"}, {"Content-Transfer-Encoding", "7bit"}}, body: span.Join(b.Bytes())}

	d := multipart("multipart/report; report-type=disposition-notification", human.entity(), machine.entity())
	if r.Ask.Signed && r.Known {
		a := r.Relation.Agreement
		part, h := d.entity(), r.answerHash()
		text, err := part.Bytes()
		if err != nil {
			return nil, err
		}
		if d, err = sign(part, h.sum(text), a, r.Relation.Keys.Sign, h, m.Date); err != nil {
			return nil, fmt.Errorf("as2: sign the MDN: %w", err)
		}
	}
	req := &Request{Header: outer(r.To, r.From, m.ID, "", m.Date)}
	req.Header = append(req.Header, d.header...)
	var err error
	req.Body, err = d.body.Bytes()
	return req, err
}

// answerHash is the digest of the MDN's signature: as the partner asked, but SHA-1
// only where the agreement allows it.
func (r *Received) answerHash() Hash {
	a := r.Relation.Agreement
	switch {
	case r.Ask.Hash != "" && (r.Ask.Hash != SHA1 || a.AllowSHA1):
		return r.Ask.Hash
	case a.Digest != "" && (a.Digest != SHA1 || a.AllowSHA1):
		return a.Digest
	}
	return SHA256
}
