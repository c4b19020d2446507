package room

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// blacked stands for what was taken out.
const blacked = "[…]"

// coins are short names of currencies, many is a number with what multiplies it.
const (
	coins = `(?:GBP|EUR|USD|CNY|RMB|CHF|SEK|NOK|DKK|PLN|JPY)`
	many  = `\p{Nd}(?:[\p{Nd}.,，'’ ]*\p{Nd})?(?:\s?(?:k|m|bn|mio|thousand|million|billion)\b|\s?[十百千万亿]+)?`
)

var (
	mailLike   = regexp.MustCompile(`[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+`)
	linkLike   = regexp.MustCompile(`(?i)\b(?:https?://|www\.)\S+|\b(?:[\p{L}\p{N}-]+\.)+(?:com|net|org|info|biz|eu|cn|uk|de|fr|nl|ch|se|no|dk|pl|jp|io)\b(?:/\S*)?`)
	amountLike = regexp.MustCompile(`(?i)(?:[£€$¥￥]|\b` + coins + `)\s?` + many + `|` + many + `\s?(?:[£€$¥￥]|美元|欧元|英镑|日元|人民币|元|块|(?:` + coins + `|euros?|dollars?|pounds?|yuan)\b)`)
	callLike   = regexp.MustCompile(`\+?\p{Nd}(?:[\s().-]?\p{Nd}){6,}`) // to call, and numbers of orders and the like
	blanked    = regexp.MustCompile(`(?:\[…\][ \t]*){2,}`)
)

// redact takes names, addresses, amounts and long numbers out of a text. Of people their
// parts are names too, of companies the first word.
func redact(text string, people, things []string) string {
	for _, re := range []*regexp.Regexp{mailLike, linkLike, amountLike, callLike} {
		text = re.ReplaceAllString(text, blacked)
	}
	var names []string
	for _, p := range people {
		names = append(append(names, p), strings.FieldsFunc(p, func(r rune) bool { return !unicode.IsLetter(r) })...)
	}
	for _, c := range things {
		names = append(names, c)
		if w := strings.Fields(c); len(w) > 1 {
			names = append(names, w[0])
		}
	}
	names = slices.DeleteFunc(names, func(n string) bool {
		first, _ := utf8.DecodeRuneInString(n)
		least := 3
		if unicode.Is(unicode.Han, first) {
			least = 2
		}
		return utf8.RuneCountInString(n) < least
	})
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var out strings.Builder
	for at := 0; at < len(text); {
		if i := slices.IndexFunc(names, func(n string) bool { return stands(text, at, n) }); i >= 0 {
			if s := out.String(); strings.HasSuffix(s, "@") {
				out.Reset()
				out.WriteString(s[:len(s)-1])
			}
			out.WriteString(blacked)
			at += len(names[i])
			continue
		}
		_, n := utf8.DecodeRuneInString(text[at:])
		out.WriteString(text[at : at+n])
		at += n
	}
	return blanked.ReplaceAllString(out.String(), blacked+" ")
}

// stands says that a name stands in a text at a place, as a word of its own.
func stands(text string, at int, name string) bool {
	if len(text)-at < len(name) || !strings.EqualFold(text[at:at+len(name)], name) {
		return false
	}
	word := func(r rune) bool { return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.Is(unicode.Han, r) }
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	after, _ := utf8.DecodeRuneInString(text[at+len(name):])
	first, _ := utf8.DecodeRuneInString(name)
	last, _ := utf8.DecodeLastRuneInString(name)
	return !(word(before) && word(first)) && !(word(after) && word(last))
}
