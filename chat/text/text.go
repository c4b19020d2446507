// Package text judges what people write before it is kept: its length, and that others can
// read it. The same rules hold wherever people write to each other.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"entente/prm/fault"
)

// Check adds to bad what is wrong with the text of a field: its length in characters, and
// what cannot be read, such as control characters and marks that turn the direction. lines
// says that it may have several.
func Check(bad *fault.Error, field, text string, least, most int, lines bool) {
	n := utf8.RuneCountInString(text)
	switch {
	case n < least:
		bad.With(field, "form.missing")
	case n > most:
		bad.With(field, "form.too_long", "Most", most)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && !(lines && (r == '\n' || r == '\t')) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
	}):
		bad.With(field, "form.text_wrong")
	}
}

// Clean is a text of several lines without the space around it, its lines ended in one way.
func Clean(text string) string { return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")) }
