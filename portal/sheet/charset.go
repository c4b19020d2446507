package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Charset is how a text file encodes characters.
type Charset string

// The charsets. Western is Windows-1252, which holds Latin-1.
const (
	UTF8    Charset = "utf-8"
	UTF16LE Charset = "utf-16le"
	UTF16BE Charset = "utf-16be"
	GB18030 Charset = "gb18030"
	Western Charset = "windows-1252"
)

// Charsets lists what a person may choose.
var Charsets = []Charset{UTF8, GB18030, Western, UTF16LE, UTF16BE}

func (c Charset) encoding() encoding.Encoding {
	switch c {
	case UTF16LE:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case UTF16BE:
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case GB18030:
		return simplifiedchinese.GB18030
	case Western:
		return charmap.Windows1252
	}
	return unicode.UTF8BOM
}

// known reports whether c is one of Charsets.
func (c Charset) known() bool {
	for _, k := range Charsets {
		if k == c {
			return true
		}
	}
	return false
}

// detect tells the charset of a whole file in one pass: its mark, the zeros of
// UTF-16, valid UTF-8, else what the pairs of high bytes speak for. A file that is
// not text at all is no charset.
func detect(src io.ReaderAt, size int64) (Charset, error) {
	in := bufio.NewReaderSize(io.NewSectionReader(src, 0, size), 64<<10)
	head, err := in.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		return UTF8, nil
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return UTF16LE, nil
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return UTF16BE, nil
	}
	var zero [2]int
	for i, b := range head {
		if b == 0 {
			zero[i&1]++
		}
	}
	switch half := len(head) / 2; {
	case zero[1] > half/4 && zero[0] < zero[1]/4:
		return UTF16LE, nil
	case zero[0] > half/4 && zero[1] < zero[0]/4:
		return UTF16BE, nil
	case zero[0]+zero[1] > 0:
		return "", nil
	}
	count := tally{utf8: true}
	buf := make([]byte, 64<<10)
	kept := 0
	for {
		n, err := in.Read(buf[kept:])
		n += kept
		end := errors.Is(err, io.EOF)
		if err != nil && !end {
			return "", err
		}
		kept = count.add(buf[:n], end)
		copy(buf, buf[n-kept:n])
		if end {
			return count.charset(), nil
		}
	}
}

// tally counts what speaks for each charset. Of two high bytes in a row nearly all
// are a character of GB18030's first two levels; words of Latin-1 have such pairs
// rarely, single high bytes mostly.
type tally struct {
	utf8          bool
	pairs, single int
}

// add counts b and returns how many bytes at its end must come again.
func (t *tally) add(b []byte, end bool) int {
	for i := 0; i < len(b); {
		if b[i] < 0x80 {
			i++
			continue
		}
		if !end && len(b)-i < utf8.UTFMax {
			return len(b) - i
		}
		if t.utf8 {
			r, n := utf8.DecodeRune(b[i:])
			if r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
			t.utf8 = false
		}
		if i+1 < len(b) && b[i] >= 0xA1 && b[i] <= 0xF7 && b[i+1] >= 0xA1 && b[i+1] <= 0xFE {
			t.pairs++
			i += 2
			continue
		}
		t.single++
		i++
	}
	return 0
}

func (t *tally) charset() Charset {
	switch {
	case t.utf8:
		return UTF8
	case t.pairs > 2*t.single:
		return GB18030
	}
	return Western
}

// decoded is the text as UTF-8, without its mark.
func decoded(src io.ReaderAt, size int64, c Charset) io.Reader {
	return transform.NewReader(io.NewSectionReader(src, 0, size), c.encoding().NewDecoder())
}
