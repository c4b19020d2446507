package locale

import (
	"fmt"
	"regexp"
	"strings"
)

// message is a text cut at its places: words, place, words, place, words. Places are names without braces.
type message struct {
	words  []string // one more than places
	places []string
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
	for i, name := range m.places {
		b.WriteString(m.words[i])
		if v, ok := find(args, name); ok {
			if s, isString := v.(string); isString {
				b.WriteString(s)
			} else {
				fmt.Fprint(&b, v)
			}
		} else {
			b.WriteString("⟦" + name + "⟧")
		}
	}
	b.WriteString(m.words[len(m.places)])
	return b.String()
}

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
