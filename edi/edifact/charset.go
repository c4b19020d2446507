package edifact

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// charset is one of the character sets that a syntax identifier names.
type charset struct {
	narrow *[128]bool // printable ASCII that belongs to it; nil: all
	high   *[96]rune  // 0xa0 to 0xff, U+FFFD for what is not assigned; nil: none
	utf8   bool
	latin1 bool
}

// Charset says what the syntax identifier allows. Get one from CharsetOf.
type Charset struct{ *charset }

// The letters of level A and B of ISO 9735; the service characters among them.
const (
	levelA = " ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,-()/='+:?!\"%&*;<>"
	levelB = levelA + "abcdefghijklmnopqrstuvwxyz"
)

func narrowOf(s string) *[128]bool {
	var out [128]bool
	for i := range len(s) {
		out[s[i]] = true
	}
	return &out
}

// highOf takes the 96 characters from 0xa0 on.
func highOf(s string) *[96]rune {
	var out [96]rune
	n := 0
	for _, r := range s {
		out[n] = r
		n++
	}
	if n != 96 {
		panic("edifact: a character set with holes")
	}
	return &out
}

// charsets are the sets of ISO 9735 by syntax identifier. UNOW was never listed; it
// is read as UTF-8, as those who write it mean it. UNOX is ISO 2022: without its escape
// sequences, which are foreign, it is ASCII, and those who go beyond write UTF-8.
var charsets = map[string]*charset{
	"UNOA": {narrow: narrowOf(levelA)},
	"UNOB": {narrow: narrowOf(levelB)},
	"UNOC": {latin1: true},
	"UNOD": {high: highOf("\u00a0Ą˘Ł¤ĽŚ§¨ŠŞŤŹ\u00adŽŻ°ą˛ł´ľśˇ¸šşťź˝žżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙")},
	"UNOE": {high: highOf("\u00a0ЁЂЃЄЅІЇЈЉЊЋЌ\u00adЎЏАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя№ёђѓєѕіїјљњћќ§ўџ")},
	"UNOF": {high: highOf("\u00a0‘’£€₯¦§¨©ͺ«¬\u00ad\ufffd―°±²³΄΅Ά·ΈΉΊ»Ό½ΎΏΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡ\ufffdΣΤΥΦΧΨΩΪΫάέήίΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώ\ufffd")},
	"UNOG": {high: highOf("\u00a0Ħ˘£¤\ufffdĤ§¨İŞĞĴ\u00ad\ufffdŻ°ħ²³´µĥ·¸ışğĵ½\ufffdżÀÁÂ\ufffdÄĊĈÇÈÉÊËÌÍÎÏ\ufffdÑÒÓÔĠÖ×ĜÙÚÛÜŬŜßàáâ\ufffdäċĉçèéêëìíîï\ufffdñòóôġö÷ĝùúûüŭŝ˙")},
	"UNOH": {high: highOf("\u00a0ĄĸŖ¤ĨĻ§¨ŠĒĢŦ\u00adŽ¯°ą˛ŗ´ĩļˇ¸šēģŧŊžŋĀÁÂÃÄÅÆĮČÉĘËĖÍÎĪĐŅŌĶÔÕÖ×ØŲÚÛÜŨŪßāáâãäåæįčéęëėíîīđņōķôõö÷øųúûüũū˙")},
	"UNOI": {high: highOf("\u00a0\ufffd\ufffd\ufffd¤\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd،\u00ad\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd؛\ufffd\ufffd\ufffd؟\ufffdءآأؤإئابةتثجحخدذرزسشصضطظعغ\ufffd\ufffd\ufffd\ufffd\ufffdـفقكلمنهوىيًٌٍَُِّْ\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd")},
	"UNOJ": {high: highOf("\u00a0\ufffd¢£¤¥¦§¨©×«¬\u00ad®¯°±²³´µ¶·¸¹÷»¼½¾\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd‗אבגדהוזחטיךכלםמןנסעףפץצקרשת\ufffd\ufffd\u200e\u200f\ufffd")},
	"UNOK": {high: highOf("\u00a0¡¢£¤¥¦§¨©ª«¬\u00ad®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏĞÑÒÓÔÕÖ×ØÙÚÛÜİŞßàáâãäåæçèéêëìíîïğñòóôõö÷øùúûüışÿ")},
	"UNOW": {utf8: true},
	"UNOX": {utf8: true},
	"UNOY": {utf8: true},
}

// anySet reads what no known set is named for: UTF-8, else Latin-1.
var anySet = &charset{}

// CharsetOf gives the set for 0001 and 0133 of a UNB. known is false for a set that
// we do not read; bytes above 0x7f are then taken as UTF-8 or else as Latin-1.
func CharsetOf(syntax, encoding string) (c Charset, known bool) {
	if encoding == "7" {
		return Charset{charsets["UNOY"]}, true
	}
	if s := charsets[strings.ToUpper(syntax)]; s != nil {
		return Charset{s}, true
	}
	return Charset{anySet}, false
}

// decode gives UTF-8.
func (c *charset) decode(b []byte) string { return string(c.appendText(nil, b)) }

// appendText appends b as UTF-8.
func (c *charset) appendText(out, b []byte) []byte {
	switch {
	case c == nil || c.utf8:
		if !utf8.Valid(b) {
			b = bytes.ToValidUTF8(b, []byte("\uFFFD"))
		}
		return append(out, b...)
	case c.high == nil && !c.latin1 && utf8.Valid(b):
		return append(out, b...)
	}
	for _, x := range b {
		switch {
		case x < 0x80 || c.high == nil:
			out = utf8.AppendRune(out, rune(x)) // Latin-1, also where a set has nothing up there
		case x < 0xa0:
			out = utf8.AppendRune(out, utf8.RuneError)
		default:
			out = utf8.AppendRune(out, c.high[x-0xa0])
		}
	}
	return out
}

// Fault is what is wrong with the characters of a value.
type Fault uint8

// The faults, lightest first.
const (
	// Clean: all characters belong to the set.
	Clean Fault = iota
	// Wider: printable ASCII that a narrow set does not have, such as small
	// letters in UNOA. It is read without doubt.
	Wider
	// Foreign: control characters, and bytes above 0x7f that the set does not
	// have.
	Foreign
)

// Check judges bytes as they stand in a file and counts their characters.
func (c Charset) Check(b []byte) (characters int, f Fault) {
	high := false
	for _, x := range b {
		switch {
		case x < ' ' || x == 0x7f:
			f = Foreign
		case x > 0x7f:
			high = true
			if c.high != nil && (x < 0xa0 || c.high[x-0xa0] == utf8.RuneError) || c.latin1 && x < 0xa0 || c.narrow != nil {
				f = Foreign
			}
		case c.narrow != nil && !c.narrow[x]:
			f = max(f, Wider)
		}
	}
	if !high || c.high != nil || c.latin1 {
		return len(b), f
	}
	if utf8.Valid(b) {
		return utf8.RuneCount(b), f
	}
	if c.utf8 {
		f = Foreign
	}
	return len(b), f
}

// FirstForeign is the first byte of b that makes Check say Foreign.
func (c Charset) FirstForeign(b []byte) (byte, bool) {
	for i := 0; i < len(b); i++ {
		x := b[i]
		switch {
		case x < ' ' || x == 0x7f:
			return x, true
		case x < 0x80:
		case c.utf8:
			r, n := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && n == 1 {
				return x, true
			}
			i += n - 1
		case c.narrow != nil, c.high != nil && (x < 0xa0 || c.high[x-0xa0] == utf8.RuneError), c.latin1 && x < 0xa0:
			return x, true
		}
	}
	return 0, false
}

// Look gives an upper bound of what Check would find, in one pass: a value within
// bytes that are Clean is clean, anything else must be held against Check.
func (c Charset) Look(b []byte) Fault {
	t := &lookWide
	if c.charset != nil && c.narrow != nil {
		if t = &lookB; !c.narrow['a'] {
			t = &lookA
		}
	}
	var f uint8
	for _, x := range b {
		f |= t[x]
	}
	switch {
	case f >= uint8(Foreign):
		return Foreign
	case f != 0:
		return Wider
	}
	return Clean
}

var lookA, lookB, lookWide = lookOf(levelA), lookOf(levelB), lookOf("")

// lookOf gives the faults of all bytes; an empty set has all printable ASCII.
func lookOf(set string) (out [256]uint8) {
	narrow := narrowOf(set)
	for i := range out {
		switch {
		case i < ' ' || i >= 0x7f:
			out[i] = uint8(Foreign)
		case set != "" && !narrow[i]:
			out[i] = uint8(Wider)
		}
	}
	return out
}

// plain says that text is the same in the set.
func (c Charset) plain(s string) bool {
	for i := range len(s) {
		if b := s[i]; b < ' ' || b > 0x7e || c.narrow != nil && !c.narrow[b] {
			return false
		}
	}
	return true
}

// Encode gives the bytes of UTF-8 text in the set; ok is false when the set cannot
// hold it, bad is then the first character that it lacks.
func (c Charset) Encode(s string) (out []byte, bad rune, ok bool) {
	out = make([]byte, 0, len(s))
	for i, r := range s {
		switch {
		case r < ' ' || r == 0x7f || r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			return nil, r, false
		case r < 0x80:
			if c.narrow != nil && !c.narrow[r] {
				return nil, r, false
			}
			out = append(out, byte(r))
		case c.utf8:
			out = utf8.AppendRune(out, r)
		case c.latin1 && r >= 0xa0 && r <= 0xff:
			out = append(out, byte(r))
		case c.high != nil:
			at := -1
			for k, h := range c.high {
				if h == r {
					at = k
					break
				}
			}
			if at < 0 || r == utf8.RuneError {
				return nil, r, false
			}
			out = append(out, byte(0xa0+at))
		default:
			return nil, r, false
		}
	}
	return out, 0, true
}
