package letter

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"regexp"
	"strings"
)

// Limits of a report.
const (
	maxReport     = 64 << 10 // bytes of the part that says what became of a mail
	maxRecipients = 20
)

var statusForm = regexp.MustCompile(`^[245]\.[0-9]{1,3}\.[0-9]{1,3}$`)

// Bounce reads a report of a mail that could not be delivered (RFC 3464) and gives the
// status of the first recipient whose delivery failed for good. ok is false for anything
// else: a delay, a success, an absence, a letter of a person, what is cut off or odd.
func Bounce(raw []byte) (status string, ok bool) {
	h, body, ok := Head(raw)
	if !ok {
		return "", false
	}
	kind, args, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || !strings.EqualFold(args["report-type"], "delivery-status") || args["boundary"] == "" {
		return "", false
	}
	parts := multipart.NewReader(bytes.NewReader(body), args["boundary"])
	for range maxParts {
		p, err := parts.NextRawPart()
		if err != nil {
			return "", false
		}
		if kind, _, err := mime.ParseMediaType(p.Header.Get("Content-Type")); err != nil || kind != "message/delivery-status" && kind != "message/global-delivery-status" {
			continue
		}
		var report io.Reader = p
		switch strings.ToLower(strings.TrimSpace(p.Header.Get("Content-Transfer-Encoding"))) {
		case "base64":
			report = base64.NewDecoder(base64.StdEncoding, p)
		case "quoted-printable":
			report = quotedprintable.NewReader(p)
		}
		return failed(io.LimitReader(report, maxReport))
	}
	return "", false
}

// failed reads the groups of a report: one of the mail, then one of each recipient.
func failed(body io.Reader) (string, bool) {
	r := textproto.NewReader(bufio.NewReader(body))
	for range maxRecipients + 1 {
		h, err := r.ReadMIMEHeader()
		action, _, _ := strings.Cut(h.Get("Action"), "(") // a comment may follow
		status, _, _ := strings.Cut(h.Get("Status"), "(")
		if status = strings.TrimSpace(status); strings.EqualFold(strings.TrimSpace(action), "failed") && strings.HasPrefix(status, "5.") && statusForm.MatchString(status) {
			return status, true
		}
		if err != nil {
			return "", false
		}
	}
	return "", false
}
