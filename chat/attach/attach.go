// Package attach judges the files that people send to each other before anything of them
// is kept: by their content and by the operator's scanner, never by their name or what
// their sender said. The same rules hold wherever a file comes in.
package attach

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"entente/prm/fault"
)

// MaxFile is the size of one file, in bytes.
const MaxFile = 25 << 20

const maxName = 150 // characters of a file name

// Types that are known here: interchanges (RFC 1767), and PDF.
const (
	TypeX12     = "application/edi-x12"
	TypeEDIFACT = "application/edifact"
	TypePDF     = "application/pdf"
)

// Picture says of a type that a browser may show it itself: pictures that hold no script.
func Picture(kind string) bool {
	return kind == "image/png" || kind == "image/jpeg" || kind == "image/gif" || kind == "image/webp"
}

// EDI says of a type that it is an X12 or EDIFACT interchange.
func EDI(kind string) bool { return kind == TypeX12 || kind == TypeEDIFACT }

// Scanner judges a file before it is kept. A refusal is a fault Invalid; anything else
// means that it could not be judged, and then the file is not taken either.
type Scanner interface {
	Scan(ctx context.Context, name string, body io.Reader) error
}

// barred begin files that run when they are opened: no partner has a reason to send one.
var barred = [][]byte{
	[]byte("MZ"),                            // Windows programs
	[]byte("\x7fELF"),                       // Unix programs
	[]byte("\xca\xfe\xba\xbe"),              // Java classes, Mach-O for several machines
	[]byte("\xcf\xfa\xed\xfe"),              // Mach-O
	[]byte("\xce\xfa\xed\xfe"),              // Mach-O
	[]byte("#!"),                            // scripts
	[]byte("L\x00\x00\x00\x01\x14\x02\x00"), // Windows shortcuts
}

// judge is the type of a file by the beginning of its content.
func judge(head []byte) (string, error) {
	for _, b := range barred {
		if bytes.HasPrefix(head, b) {
			return "", fault.InvalidField("file", "room.file_barred")
		}
	}
	text := bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	switch {
	case bytes.HasPrefix(text, []byte("ISA")) && len(text) > 105:
		return TypeX12, nil
	case bytes.HasPrefix(text, []byte("UNA")) && len(text) > 9, bytes.HasPrefix(text, []byte("UNB+")):
		return TypeEDIFACT, nil
	}
	t, _, _ := strings.Cut(http.DetectContentType(head), ";")
	if t == "text/html" || t == "text/xml" { // never told as something a browser would run
		t = "text/plain"
	}
	return t, nil
}

// Pass is the type of a file that may be kept. scan may be nil: then its beginning alone
// is looked at.
// Codes: Invalid (empty, a program, refused by the scanner), Unavailable (not scanned).
func Pass(ctx context.Context, scan Scanner, name string, in io.ReadSeeker) (string, error) {
	head := make([]byte, 512)
	n, err := io.ReadFull(in, head)
	if err == io.EOF {
		return "", fault.InvalidField("file", "room.file_empty")
	}
	if err != nil && err != io.ErrUnexpectedEOF {
		return "", err
	}
	kind, err := judge(head[:n])
	if err != nil || scan == nil {
		return kind, err
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	if err = scan.Scan(ctx, name, in); err != nil && fault.CodeOf(err) != fault.Invalid {
		err = fault.Wrap(err, fault.Unavailable, "room.file_not_scanned")
	}
	return kind, err
}

// reserved says of a name without its end that Windows takes it for a device, whatever end
// it has.
func reserved(stem string) bool {
	stem = strings.ToUpper(strings.TrimSpace(stem))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	port, numbered := strings.CutPrefix(stem, "COM")
	if !numbered {
		port, numbered = strings.CutPrefix(stem, "LPT")
	}
	return numbered && utf8.RuneCountInString(port) == 1 && strings.Contains("0123456789¹²³", port)
}

// CleanName makes a name safe to show and to save under: no folder, no control or
// direction marks, no leading dot, no dot or blank at the end, no name of a device, bounded.
func CleanName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`/:*?"<>|`, r) {
			return -1
		}
		return r
	}, name)
	edge := func(r rune) bool { return r == '.' || unicode.IsSpace(r) } // at its end Windows drops them, and what is left may be another name
	name = strings.TrimFunc(name, edge)
	if stem, _, _ := strings.Cut(name, "."); reserved(stem) {
		name = "_" + name
	}
	for utf8.RuneCountInString(name) > maxName {
		end := path.Ext(name)
		if utf8.RuneCountInString(end) > 12 {
			end = ""
		}
		stem := []rune(strings.TrimSuffix(name, end))
		name = string(stem[:maxName-utf8.RuneCountInString(end)]) + end
	}
	if name = strings.TrimRightFunc(name, edge); name == "" {
		return "file"
	}
	return name
}
