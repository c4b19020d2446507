package locale

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// message is a text cut at its places: words, place, words, place, words. Places are names without braces.
type message struct {
	words  []string // one more than places
	places []string
	spaced bool // Chinese: one space between Chinese and Latin, whatever is filled in
}

var place = regexp.MustCompile(`\{\{\s*\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}`)

// compile cuts a text. It refuses texts that hold more than plain places.
func compile(text string) (message, bool) {
	var m message
	rest := text
	for {
		at := place.FindStringSubmatchIndex(rest)
		if at == nil {
			break
		}
		m.words = append(m.words, rest[:at[0]])
		m.places = append(m.places, rest[at[2]:at[3]])
		rest = rest[at[1]:]
	}
	m.words = append(m.words, rest)
	for _, w := range m.words {
		if strings.Contains(w, "{{") {
			return message{}, false
		}
	}
	return m, true
}

// write fills the places with the values of the pairs; the later of two equal names counts. A place without a value shows as ⟦name⟧.
func (m message) write(args []any) string {
	if len(m.places) == 0 {
		return m.words[0]
	}
	var b strings.Builder
	words := m.words[0]
	for i, name := range m.places {
		value, after := "⟦"+name+"⟧", m.words[i+1]
		if v, ok := find(args, name); ok {
			if s, isString := v.(string); isString {
				value = s
			} else {
				value = fmt.Sprint(v)
			}
		}
		if m.spaced && value != "" {
			first, _ := utf8.DecodeRuneInString(value)
			last, _ := utf8.DecodeLastRuneInString(value)
			end, _ := utf8.DecodeLastRuneInString(strings.TrimSuffix(words, " "))
			begin, _ := utf8.DecodeRuneInString(strings.TrimPrefix(after, " "))
			if han(end) {
				words = strings.TrimSuffix(words, " ") + seam(name, first, strings.HasSuffix(words, " "))
			}
			if han(begin) {
				after = seam(name, last, strings.HasPrefix(after, " ")) + strings.TrimPrefix(after, " ")
			}
		}
		b.WriteString(words)
		b.WriteString(value)
		words = after
	}
	b.WriteString(words)
	return b.String()
}

// called are the places that hold companies and people: a Chinese name needs no space around it, while the title
// of an object and a date keep the space that sets them apart.
var called = map[string]bool{"company": true, "companies": true, "partner": true, "person": true, "owner": true}

// seam is what stands between the Chinese words of a text and the value of a place, whose rune
// beside them is value; space says that one is written there.
func seam(name string, value rune, space bool) string {
	switch {
	case unicode.Is(unicode.Latin, value) || unicode.IsDigit(value):
		space = true
	case han(value) && called[name]:
		space = false
	}
	if space {
		return " "
	}
	return ""
}

func han(r rune) bool { return unicode.Is(unicode.Han, r) }

func find(args []any, name string) (any, bool) {
	if len(args) == 1 {
		if m, ok := args[0].(map[string]any); ok {
			v, ok := m[name]
			return v, ok
		}
	}
	for i := len(args) &^ 1; i >= 2; i -= 2 {
		if args[i-2] == name {
			return args[i-1], true
		}
	}
	return nil, false
}
