// Package mask copies one document out of an interchange without what it costs: prices,
// amounts, percentages, account numbers and passwords are written as XXXX, in X12 and in
// EDIFACT. What is a price is told by the dictionary of the standard, element by element.
//
// Where it is not known what something means, it is masked too: elements of segments that
// the dictionary does not have, what stands in place of a tag and is none, binary data,
// every number in free text, in digits of any script or in English or Chinese words. Of a
// description the numbers that are a part of a name or have a unit stay; of any other
// element what can be nothing but an amount does not.
package mask

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// Word is what stands in place of a value.
const Word = "XXXX"

// kind says what is done to the values of an element.
type kind uint8

const (
	plain   kind = iota // what looks like an amount
	whole               // the value is masked
	text                // free text: every number in it
	words               // a description: every number but those of names and measures
	code                // a code that is never a number: one that is
	measure             // a quantity or a measure: nothing
)

// x12Kinds are the elements of X12 that are not copied as they are.
var x12Kinds = kinds(map[kind][]string{
	// Prices, amounts, rates and percentages, what is computed from them, account
	// numbers, and the copies that answers make of a wrong value.
	whole:   {"118", "212", "332", "338", "342", "347", "362", "389", "427", "499", "508", "608", "610", "649", "655", "657", "724", "782", "828", "954", "961", "9998", "I02", "I04"},
	text:    {"3", "61", "369", "933", "1551"},
	words:   {"79", "87", "352", "387", "751"},
	code:    {"100", "236", "355", "639", "687", "819", "934"},
	measure: {"65", "81", "82", "183", "189", "280", "289", "330", "357", "358", "380", "382", "383", "384", "385", "477", "646", "663", "664", "667", "671", "733", "739", "740", "741", "1018"},
})

// unKinds are those of EDIFACT.
var unKinds = kinds(map[kind][]string{
	whole:   {"0022", "0058", "3194", "5004", "5118", "5286", "5394", "5420", "5482", "6066", "6152", "6162"},
	text:    {"4440"},
	words:   {"1000", "4052", "4276", "4294", "4400", "5152", "5388", "6154", "7006", "7008", "7036", "7102", "7110", "7160", "7294", "9010", "9012"},
	code:    {"3453", "5125", "5375", "5387", "6345", "6411"},
	measure: {"5284", "5402", "6060", "6064", "6314", "6348", "6428", "6432", "7106"},
})

func kinds(m map[kind][]string) map[string]kind {
	out := map[string]kind{}
	for k, refs := range m {
		for _, r := range refs {
			out[r] = k
		}
	}
	return out
}

// PriceX12 says that an element of X12 tells a price or an amount, by its reference number.
func PriceX12(ref string) bool { return x12Kinds[ref] == whole }

// PriceUN is PriceX12 for EDIFACT.
func PriceUN(ref string) bool { return unKinds[ref] == whole }

// What an amount looks like.
const (
	currencies = `USD|GBP|EUR|CNY|RMB|CAD|AUD|NZD|CHF|JPY|SEK|NOK|DKK|PLN|CZK|HUF|INR|HKD|SGD|KRW|MXN|BRL|ZAR|PCT`
	codes      = `(?i:` + currencies + `|percent)`
	before     = `(?:\p{Sc}|\b` + codes + `)[\s:=.-]*`
	after      = `[\s,.-]*(?:\p{Sc}|[%‰％]|` + codes + `\b)`
	digits     = `\p{N}(?:[\p{N}.,'’\s\x{a0}\x{202f}]*\p{N})?`
	spelled    = `(?i:\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million)(?:[\s-]+(?:and|point|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million)\b)*)`
	han        = `[〇零一二三四五六七八九十百千万亿两点壹贰叁肆伍陆柒捌玖拾佰仟萬億]`
	hanMoney   = han + `+[半]?(?:元|圆|块|角|毛|分|折|成|美元|欧元|英镑)`
)

var (
	anyNumber = regexp.MustCompile(digits + `[.,]?|` + spelled + `\b|` + hanMoney + `|百分之` + han + `+|` + han + `{2,}`)
	// A number of a description, with what it hangs on.
	described = regexp.MustCompile(`(` + before + `)?([\p{Lu}x]-?)?(` + digits + `)(` + after + `)?(\s?(?:mm|cm|m|km|kg|g|mg|lb|lbs|oz|l|L|ml|V|kV|W|kW|Wh|A|mA|Ah|mAh|Hz|kHz|Nm|J|bar|psi|rpm|K|°C|°F|°|ft|"|″|pcs|pc|pk|x)(?:[^A-Za-z\p{N}]|$))?`)
	priceWord = regexp.MustCompile(`(?i)(?:price|net|list|cost|msrp|rrp|srp|each)-?$`)
	asWord    = regexp.MustCompile(spelled + `\b`)
	inWords   = regexp.MustCompile(hanMoney + `|百分之` + han + `+`)
	money     = regexp.MustCompile(before + digits + `|` + digits + after + `|^\s*[-+]?(?:\p{N}{1,3}(?:[., '’]\p{N}{3})+|\p{N}+)[.,]\p{N}{1,6}\s*$`)
	number    = regexp.MustCompile(`^[\s.,\p{N}-]*\p{N}[\s.,\p{N}-]*$`)
	tagOf     = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,2}$`)
	unTagOf   = regexp.MustCompile(`^[A-Z]{3}$`)
)

// Text masks every number in a text.
func Text(s string) string { return anyNumber.ReplaceAllString(s, Word) }

// Value is a number or a name as it is copied: without what can be nothing but an amount.
func Value(s string) string { return string(apply(plain, []byte(s))) }

// Tag is the tag of a segment, or Word for what stands in its place and is none: the rest
// of a text that holds the sign which ends segments.
func Tag(tag string, un bool) string {
	if un && !unTagOf.MatchString(tag) || !un && !tagOf.MatchString(tag) {
		return Word
	}
	return tag
}

// Tells says that what a finding says may tell a price: it is about an element that is
// masked or unknown, repeats a value that is masked in its place, or names a number
// without saying of what.
func Tells(f wire.Finding, un bool) bool {
	if f.SegmentID != "" && Tag(f.SegmentID, un) != f.SegmentID {
		return true
	}
	if f.Pos.Element > 0 && f.SegmentID != "" {
		k := kindAt(f, un)
		if k == whole || k == text || k == words || !same(k, f.Value) {
			return true
		}
		for _, v := range f.Args {
			if !same(k, v) {
				return true
			}
		}
		return false
	}
	if !same(text, f.Value) {
		return true
	}
	for _, v := range f.Args {
		if !same(text, v) {
			return true
		}
	}
	return false
}

// same says that a value is copied as it is.
func same(k kind, v string) bool { return string(apply(k, []byte(v))) == v }

// kindAt is what is done to what a finding is about; to a composite what is done to the
// worst of its parts.
func kindAt(f wire.Finding, un bool) kind {
	refs, all := schema.ReferencesOf(""), x12Kinds
	at := func(c int) (string, bool) { return refs.X12(x12.TagOf(f.SegmentID), f.Pos.Element, c) }
	if un {
		refs, all = schema.MessageReferences(edifact.MessageID{}), unKinds
		at = func(c int) (string, bool) { return refs.UN(edifact.TagOf(f.SegmentID), f.Pos.Element, c) }
	}
	ref, composite := at(max(f.Pos.Component, 1))
	k := kindOf(all, ref)
	for c := 2; composite && f.Pos.Component == 0 && k != whole; c++ {
		if ref, _ = at(c); ref == "" {
			break
		}
		if p := all[ref]; p == whole || p == text || p == words {
			k = whole
		}
	}
	return k
}

// apply is a value as it is copied.
func apply(k kind, v []byte) []byte {
	word := []byte(Word)
	switch {
	case len(v) == 0 || k == measure:
		return v
	case k == whole, k == code && number.Match(v):
		return word
	case k == text:
		return anyNumber.ReplaceAll(v, word)
	case k == words:
		if v = describe(v); foreign(v) {
			v = inWords.ReplaceAll(v, word)
		}
		return v
	}
	if !mayPay(v) {
		return v
	}
	return money.ReplaceAll(v, word)
}

var codeSet = func() map[[3]byte]bool {
	out := map[[3]byte]bool{{'P', 'E', 'R'}: true}
	for c := range strings.SplitSeq(currencies, "|") {
		out[[3]byte([]byte(c))] = true
	}
	return out
}()

// speaksOfMoney says that a description has the sign or the letters of a currency.
func speaksOfMoney(v []byte) bool {
	var last [3]byte
	for _, c := range v {
		if c == '$' || c == '%' || c >= 0x80 {
			return true
		}
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if last = [3]byte{last[1], last[2], c}; codeSet[last] {
			return true
		}
	}
	return false
}

// foreign says that a value is more than ASCII.
func foreign(v []byte) bool {
	return bytes.ContainsFunc(v, func(r rune) bool { return r >= 0x80 })
}

// mayPay says that a value has what every amount has: a mark of decimals or a currency.
func mayPay(v []byte) bool { return bytes.ContainsAny(v, ".,") || speaksOfMoney(v) }

// describe masks the numbers of a description that have no unit and are no part of a name;
// where it speaks of money, those in words too.
func describe(v []byte) []byte {
	digit, other := bytes.ContainsAny(v, "0123456789"), foreign(v)
	if speaksOfMoney(v) {
		v = asWord.ReplaceAll(v, []byte(Word))
	}
	if !digit && !other {
		return v
	}
	var out []byte
	last := 0
	for _, m := range described.FindAllSubmatchIndex(v, -1) {
		paid, name, unit := m[2] >= 0 || m[8] >= 0, m[4] >= 0, m[10] >= 0
		if name {
			name = !bytes.ContainsAny(v[m[6]:m[7]], "., ") && !priceWord.Match(v[:m[6]])
		}
		if !paid && (name || unit) {
			continue
		}
		out = append(append(out, v[last:m[6]]...), Word...)
		last = m[7]
	}
	return append(out, v[last:]...)
}

// Reader gives document number set (from 1) of an interchange with its envelope, masked.
// Whoever reads it closes it; from then on body is not read any more.
func Reader(body io.Reader, un bool, set int) io.ReadCloser {
	r, w := io.Pipe()
	out := &reader{PipeReader: r, done: make(chan struct{})}
	go func() {
		defer close(out.done)
		w.CloseWithError(Copy(w, until{body, &out.closed}, un, set))
	}()
	return out
}

type reader struct {
	*io.PipeReader
	closed atomic.Bool
	done   chan struct{}
}

// Close ends the copying and waits for its end.
func (r *reader) Close() error {
	r.closed.Store(true)
	err := r.PipeReader.Close()
	<-r.done
	return err
}

// until reads until it is closed.
type until struct {
	io.Reader
	closed *atomic.Bool
}

func (u until) Read(b []byte) (int, error) {
	if u.closed.Load() {
		return 0, io.ErrClosedPipe
	}
	return u.Reader.Read(b)
}

// Copy writes what Reader gives. Where the bytes cannot be read on, what was written so
// far is all there is.
func Copy(w io.Writer, body io.Reader, un bool, set int) error {
	c := &copier{w: w, set: set}
	var err error
	if un {
		err = c.edifact(body)
	} else {
		err = c.x12(body)
	}
	var broken *wire.Error
	if errors.Is(err, io.EOF) || errors.As(err, &broken) {
		return nil
	}
	return err
}

// copier writes segments of the envelope once what they hold is written.
type copier struct {
	w       io.Writer
	set, at int
	waits   [][]byte // heads of what has not begun to be written
	open    int      // heads written and not ended
	b       []byte
}

// head keeps the beginning of an interchange or a group.
func (c *copier) head(b []byte) { c.waits = append(c.waits, slices.Clone(b)) }

// tail ends one: it is written where its head was.
func (c *copier) tail(b []byte) error {
	if n := len(c.waits); n > 0 {
		c.waits = c.waits[:n-1]
		return nil
	}
	if c.open == 0 {
		return nil
	}
	c.open--
	_, err := c.w.Write(b)
	return err
}

// take does with a segment what its role asks for.
func (c *copier) take(k wire.Kind, segment func() []byte) error {
	switch k {
	case wire.InterchangeStart, wire.GroupStart:
		c.head(segment())
	case wire.InterchangeEnd, wire.GroupEnd:
		return c.tail(segment())
	case wire.SetStart, wire.Body, wire.SetEnd:
		if k == wire.SetStart {
			c.at++
		}
		if c.at != c.set {
			return nil
		}
		if k == wire.SetStart {
			for _, h := range c.waits {
				c.open++
				if _, err := c.w.Write(h); err != nil {
					return err
				}
			}
			c.waits = nil
		}
		_, err := c.w.Write(segment())
		return err
	}
	return nil // what stands outside of sets is no part of the document
}

var (
	tagISA = x12.TagOf("ISA")
	tagBIN = x12.TagOf("BIN")
	tagBDS = x12.TagOf("BDS")
	tagNTE = x12.TagOf("NTE")
)

func (c *copier) x12(body io.Reader) error {
	r := x12.NewReader(body, wire.Limits{})
	refs := schema.ReferencesOf("")
	for {
		s, err := r.Next()
		if err != nil {
			return err
		}
		if s.Kind == wire.GroupStart {
			refs = schema.ReferencesOf(s.Text(8))
		}
		err = c.take(s.Kind, func() []byte {
			c.b = append(x12Segment(c.b[:0], s, refs, r.Delimiters()), r.Delimiters().Terminator, '\n')
			return c.b
		})
		if err != nil {
			return err
		}
	}
}

// x12Segment appends a segment without its terminator.
func x12Segment(b []byte, s *x12.Segment, refs schema.References, d x12.Delimiters) []byte {
	b = append(b, Tag(s.ID(), false)...)
	binary := s.Tag == tagBIN || s.Tag == tagBDS
	for i := 1; i <= s.Len(); i++ {
		b = append(b, d.Element)
		v := s.El(i)
		ref, composite := refs.X12(s.Tag, i, 1)
		switch {
		case binary && i == s.Len():
			b = append(b, Word...)
		case binary && i == s.Len()-1:
			b = append(b, '4')
		case s.Tag == tagISA && x12Kinds[ref] == whole: // of a fixed length
			for _, x := range v {
				if x != ' ' {
					x = Word[0]
				}
				b = append(b, x)
			}
		case s.Tag == tagISA:
			b = append(b, v...)
		case s.Tag == tagNTE:
			b = append(b, apply(text, v)...)
		default:
			b = each(b, v, d.Repetition, func(b, v []byte) []byte {
				if k := kindOf(x12Kinds, ref); !composite && k != plain {
					return append(b, apply(k, v)...)
				}
				if !composite { // it may be written in parts all the same
					return each(b, v, d.Component, func(b, v []byte) []byte { return append(b, apply(plain, v)...) })
				}
				n := 0
				return each(b, v, d.Component, func(b, v []byte) []byte {
					n++
					ref, _ := refs.X12(s.Tag, i, n)
					return append(b, apply(kindOf(x12Kinds, ref), v)...)
				})
			})
		}
	}
	return b
}

// kindOf is what is done to an element; to one that nobody knows, everything.
func kindOf(m map[string]kind, ref string) kind {
	if ref == "" {
		return whole
	}
	return m[ref]
}

// each appends the parts of a value between separators; sep 0 is none.
func each(b, v []byte, sep byte, part func(b, v []byte) []byte) []byte {
	for sep != 0 {
		p, rest, more := x12.Part(v, sep)
		b = part(b, p)
		if !more {
			return b
		}
		b, v = append(b, sep), rest
	}
	return part(b, v)
}

func (c *copier) edifact(body io.Reader) error {
	r := edifact.NewReader(body, wire.Limits{})
	var refs = schema.MessageReferences(edifact.MessageID{})
	for {
		s, err := r.Next()
		if err != nil {
			return err
		}
		if s.Kind == wire.SetStart {
			refs = schema.MessageReferences(edifact.MessageOf(s))
		}
		err = c.take(s.Kind, func() []byte {
			c.b = c.b[:0]
			d := r.Delimiters()
			if s.Kind == wire.InterchangeStart && r.HasUNA() {
				c.b = append(c.b, 'U', 'N', 'A', d.Component, d.Element, d.Decimal, blank(d.Release), blank(d.Repetition), d.Terminator)
			}
			c.b = append(unSegment(c.b, s, refs, d), d.Terminator, '\n')
			return c.b
		})
		if err != nil {
			return err
		}
	}
}

func blank(c byte) byte {
	if c == 0 {
		return ' '
	}
	return c
}

// lines is the kind of control total that counts lines.
const lines = "2"

// unSegment appends a segment without its terminator.
func unSegment(b []byte, s *edifact.Segment, refs schema.References, d edifact.Delimiters) []byte {
	raw, marks := s.Raw(), s.Marks()
	b = append(b, Tag(s.ID(), true)...)
	el, comp, first := 0, 0, []byte(nil)
	for i := 1; i+1 < len(marks); i++ {
		switch marks[i].Sep() {
		case edifact.SepElement:
			el, comp = el+1, 1
			b = append(b, d.Element)
		case edifact.SepComponent:
			comp++
			b = append(b, d.Component)
		case edifact.SepRepeat:
			comp = 1
			b = append(b, d.Repetition)
		}
		v := raw[marks[i].Start() : marks[i+1].Start()-1]
		if el == 0 { // what hangs on the tag itself
			b = append(b, apply(whole, v)...)
			continue
		}
		if comp == 1 {
			first = v
		}
		ref, _ := refs.UN(s.Tag, el, comp)
		k := kindOf(unKinds, ref)
		if ref == "6066" && string(first) == lines {
			k = measure
		}
		b = unValue(b, k, v, s, d)
	}
	return b
}

// unValue appends a value as it is copied. What it says is judged without the release
// characters, which may stand between any two of its digits.
func unValue(b []byte, k kind, v []byte, s *edifact.Segment, d edifact.Delimiters) []byte {
	said := s.Plain(v)
	masked := apply(k, said)
	if bytes.Equal(masked, said) {
		return append(b, v...)
	}
	for _, c := range masked {
		if d.Release != 0 && (c == d.Release || c == d.Component || c == d.Element || c == d.Terminator || d.Repetition != 0 && c == d.Repetition) {
			b = append(b, d.Release)
		}
		b = append(b, c)
	}
	return b
}
