package paper

import (
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/text/unicode/norm"

	"entente/static"
)

// The faces of a document. Chinese has one weight; its bold is drawn with an
// outline.
const (
	regular = "aa+notosans"
	bold    = "ab+notosans-bold"
	chinese = "ac+notosanssc"
)

// faces are the names in the file, as the library writes them and as they should
// be: six capital letters and a plus mark a subset.
var faces = []struct{ inFile, proper string }{{"utf8" + regular, "ENTTAA+NotoSans"}, {"utf8" + bold, "ENTTAB+NotoSans-Bold"}, {"utf8" + chinese, "ENTTAC+NotoSansSC"}}

// letters is the set of characters a font has.
type letters map[rune]bool

var coverage = sync.OnceValue(func() map[string]letters {
	f := static.Paper()
	return map[string]letters{regular: charactersOf(f.Regular), bold: charactersOf(f.Bold), chinese: charactersOf(f.Chinese)}
})

// charactersOf reads the character map of a TrueType font: its Unicode tables of
// format 4.
func charactersOf(font []byte) letters {
	u16 := func(at int) int { return int(binary.BigEndian.Uint16(font[at:])) }
	u32 := func(at int) int { return int(binary.BigEndian.Uint32(font[at:])) }
	out := letters{}
	for i := range u16(4) {
		rec := 12 + 16*i
		if string(font[rec:rec+4]) != "cmap" {
			continue
		}
		cmap := u32(rec + 8)
		for k := range u16(cmap + 2) {
			table := cmap + u32(cmap+4+8*k+4)
			if u16(table) != 4 {
				continue
			}
			segs := u16(table+6) / 2
			ends, starts := table+14, table+16+2*segs
			deltas, offsets := starts+2*segs, starts+4*segs
			for s := range segs {
				for c := u16(starts + 2*s); c <= u16(ends+2*s) && c != 0xFFFF; c++ {
					glyph := 0
					if o := u16(offsets + 2*s); o == 0 {
						glyph = c + u16(deltas+2*s)
					} else if glyph = u16(offsets + 2*s + o + 2*(c-u16(starts+2*s))); glyph != 0 {
						glyph += u16(deltas + 2*s)
					}
					if glyph&0xFFFF != 0 {
						out[rune(c)] = true
					}
				}
			}
		}
	}
	return out
}

// run is a piece of text in one face.
type run struct {
	face, text string
	outlined   bool // bold by outline
}

// clean composes characters, makes blanks of controls, and writes what no font has
// as its code, so that nothing is lost without a trace.
func clean(s string) string {
	has := coverage()
	var b strings.Builder
	for _, r := range norm.NFC.String(s) {
		switch {
		case r == '\n':
			b.WriteRune(r)
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			b.WriteByte(' ')
		case unicode.Is(unicode.Cf, r): // joiners and marks of direction have no form
		case has[regular][r], has[chinese][r]:
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "[U+%04X]", r)
		}
	}
	return b.String()
}

// runs cuts cleaned text by face: Latin, Greek and Cyrillic first, Chinese for the
// rest.
func runs(s string, strong bool) []run {
	has := coverage()
	latin := regular
	if strong {
		latin = bold
	}
	var out []run
	start, face := 0, ""
	flush := func(end int) {
		if end > start {
			out = append(out, run{face, s[start:end], strong && face == chinese})
		}
		start = end
	}
	for i, r := range s {
		f := chinese
		if has[latin][r] {
			f = latin
		}
		if f != face {
			flush(i)
			face = f
		}
	}
	flush(len(s))
	return out
}

// pen writes text of any script with one document of the library.
type pen struct {
	pdf    *fpdf.Fpdf
	face   string
	size   float64
	widths map[string]map[rune]float64 // of one point, by face; a face is embedded only when it is used
	told   func(string)                // hears every text as it is drawn; for tests
}

func newPen(pdf *fpdf.Fpdf) *pen { return &pen{pdf: pdf, widths: map[string]map[rune]float64{}} }

func (p *pen) use(face string, size float64) {
	if p.widths[face] == nil {
		f := static.Paper()
		p.pdf.AddUTF8FontFromBytes(face, "", map[string][]byte{regular: f.Regular, bold: f.Bold, chinese: f.Chinese}[face])
		p.widths[face] = map[rune]float64{}
	}
	if p.face != face || p.size != size {
		p.pdf.SetFont(face, "", size)
		p.face, p.size = face, size
	}
}

// width is how far a cleaned text reaches, in points.
func (p *pen) width(s string, strong bool, size float64) float64 {
	w := 0.0
	for _, r := range runs(s, strong) {
		for _, c := range r.text {
			one, ok := p.widths[r.face][c]
			if !ok {
				p.use(r.face, size)
				one = p.pdf.GetStringWidth(string(c)) / size
				p.widths[r.face][c] = one
			}
			w += one * size
		}
	}
	return w
}

// write draws a cleaned text with its baseline at y.
func (p *pen) write(x, y float64, s string, strong bool, size float64) {
	if p.told != nil {
		p.told(s)
	}
	for _, r := range runs(s, strong) {
		p.use(r.face, size)
		if r.outlined {
			p.pdf.SetLineWidth(size * 0.028)
			p.pdf.SetTextRenderingMode(2)
		}
		p.pdf.Text(x, y, r.text)
		if r.outlined {
			p.pdf.SetTextRenderingMode(0)
		}
		x += p.width(r.text, strong, size)
	}
}

// opens and closes are the signs that may not end and not begin a line.
const (
	opens  = "（《「『【〈“‘(["
	closes = "，。、；：！？）》」』】〉”’)],.;:!?%"
)

// wrap cuts a text into lines of at most width points: at blanks, between Chinese
// characters, within a word only where it is wider than a line.
func (p *pen) wrap(s string, width float64, strong bool, size float64) []string {
	var out []string
	for para := range strings.SplitSeq(strings.TrimRight(clean(s), "\n "), "\n") {
		line, reach := "", 0.0
		for _, word := range words(para) {
			if reach+p.width(strings.TrimRight(word, " "), strong, size) > width && line != "" {
				out = append(out, strings.TrimRight(line, " "))
				line, reach = "", 0
			}
			w := p.width(word, strong, size)
			for p.width(strings.TrimRight(word, " "), strong, size) > width {
				n := p.fits(word, width, strong, size)
				if n == len(word) {
					break
				}
				out = append(out, word[:n])
				word = word[n:]
				w = p.width(word, strong, size)
			}
			line, reach = line+word, reach+w
		}
		out = append(out, strings.TrimRight(line, " "))
	}
	return out
}

// fits is how many bytes of a word fit, at least one character.
func (p *pen) fits(word string, width float64, strong bool, size float64) int {
	reach := 0.0
	for i, r := range word {
		if reach += p.width(string(r), strong, size); reach > width && i > 0 {
			return i
		}
	}
	return len(word)
}

// words cuts a paragraph where a line may end; blanks stay at the end of a word.
func words(s string) []string {
	var out []string
	start, last := 0, rune(0)
	for i, r := range s {
		cut := last == ' ' && r != ' ' || i > 0 && (wide(r) || wide(last))
		if r == ' ' || strings.ContainsRune(closes, r) || last != 0 && strings.ContainsRune(opens, last) {
			cut = false
		}
		if cut && i > start {
			out = append(out, s[start:i])
			start = i
		}
		last = r
	}
	return append(out, s[start:])
}

// wide reports a character around which a line may end.
func wide(r rune) bool { return r >= 0x2E80 }
