package letter

import (
	"bytes"
	"io"
	"mime"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// decoder reads encoded words (RFC 2047) of any charset.
var decoder = &mime.WordDecoder{CharsetReader: func(charset string, in io.Reader) (io.Reader, error) {
	raw, err := io.ReadAll(in)
	return strings.NewReader(decodeText(charset, raw)), err
}}

// words are a header's value in words; bytes that no charset is named for are guessed.
func words(v string) string {
	if out, err := decoder.DecodeHeader(v); err == nil {
		v = out
	}
	if !utf8.ValidString(v) {
		v = decodeText("", []byte(v))
	}
	return v
}

// decodeText is a text in a charset by its name. Who says GB2312 or GBK writes GB18030
// (WHATWG Encoding 10.1); who names none, a wrong one or one that nobody knows, writes
// UTF-8, else GB18030, else Windows-1252.
func decodeText(charset string, raw []byte) string {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	name := strings.ToLower(strings.Trim(strings.TrimSpace(charset), `"'`))
	var e encoding.Encoding
	switch name {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "unknown-8bit", "x-unknown":
	case "gb2312", "gbk", "gb18030", "cp936", "ms936", "x-gbk", "gb_2312-80", "euc-cn":
		e = simplifiedchinese.GB18030
	case "hz-gb-2312", "hz":
		e = simplifiedchinese.HZGB2312
	default:
		if found, err := htmlindex.Get(name); err == nil && found != encoding.Replacement {
			e = found
		}
	}
	if e != nil {
		if out, err := e.NewDecoder().Bytes(raw); err == nil {
			return string(out)
		}
	}
	if utf8.Valid(raw) {
		return string(raw)
	}
	if out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw); err == nil && !bytes.ContainsRune(out, utf8.RuneError) {
		return string(out)
	}
	out, _ := charmap.Windows1252.NewDecoder().Bytes(raw) // it knows every byte
	return string(out)
}

// clean takes out of a text what is no text: control characters, marks that turn the
// direction of what stands beside them, spaces without width.
func clean(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ", "\u2028", "\n", "\u2029", "\n").Replace(strings.ToValidUTF8(s, "\ufffd"))
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), r == 0x200b, r == 0xfeff, r == 0x200e, r == 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xad:
			return -1
		}
		return r
	}, s)
}

// oneLine is a text on one line, of at most n characters.
func oneLine(s string, n int) string {
	s = strings.Join(strings.Fields(clean(s)), " ")
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
