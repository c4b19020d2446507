// Package search turns text into words, and what a person typed into a match
// expression, the same way for SQLite (FTS5) and PostgreSQL (tsvector).
//
// There is one tokenizer. A word is a run of letters and digits, lower-cased,
// in compatibility form (full-width letters become plain ones), Latin, Greek and
// Cyrillic accents dropped. A run of Chinese, Japanese or Korean characters
// becomes overlapping pairs and its last character alone, so that every single
// character is the beginning of some word: 订单号 is 订单, 单号, 号.
package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	maxWord  = 64    // runes of one word; the rest is cut
	maxWords = 20000 // words of one text; the rest is not found
	maxQuery = 16    // words of a query that count
)

// Words returns the words of a text, separated by single spaces, repetitions
// left out: what is stored in a search table.
func Words(text string) string {
	return strings.Join(unique(split(text, true), maxWords), " ")
}

// split cuts text into words. With alone set, a run of CJK characters also
// yields its last character alone.
func split(text string, alone bool) []string {
	var words []string
	var run []rune
	wide := false
	flush := func() {
		switch {
		case len(run) == 0:
		case !wide:
			words = append(words, string(run[:min(len(run), maxWord)]))
		case len(run) == 1:
			words = append(words, string(run))
		default:
			for i := 0; i+1 < len(run); i++ {
				words = append(words, string(run[i:i+2]))
			}
			if alone {
				words = append(words, string(run[len(run)-1:]))
			}
		}
		run = run[:0]
	}
	for _, r := range fold(text) {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) || r == utf8.RuneError {
			flush()
			continue
		}
		if w := cjk(r); w != wide {
			flush()
			wide = w
		}
		run = append(run, r)
	}
	flush()
	return words
}

// idle are words that stand in any question, and small the characters that only join others.
var (
	idle = set("about and any are can could did does for from get got had has have her his how into its may might must not one our " +
		"please shall she should some that the their them then there these they this those use was were what when where which who why will with would you your " +
		"一个 为什 为何 什么 你们 使用 其他 关于 几个 到底 可以 可否 哪些 哪个 哪里 如何 如果 应该 怎么 怎样 我们 是否 是不 有没 没有 现在 能否 能不 请教 请问 还是 这个 这样 进行 通过 那个 需要")
	small = "的了吗呢吧么啊和与或在"
)

func set(words string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(words) {
		out[w] = true
	}
	return out
}

// Telling are the words of a text by which others like it are found: words of three letters
// and pairs of Chinese characters, without those that stand in any question; all of its
// words where it has no other.
func Telling(text string) []string {
	all := split(text, false)
	var out []string
	for _, w := range all {
		r, _ := utf8.DecodeRuneInString(w)
		least := 3
		if cjk(r) {
			least = 2
		}
		if utf8.RuneCountInString(w) >= least && !idle[w] && !(cjk(r) && strings.ContainsAny(w, small)) {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		out = all
	}
	return unique(out, maxQuery)
}

// fold lower-cases, brings to compatibility form and drops combining accents.
func fold(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(norm.NFKC.String(strings.ToValidUTF8(text, " ")))) {
		if r >= 0x0300 && r <= 0x036F { // combining diacritical marks
			continue
		}
		b.WriteRune(r)
	}
	return norm.NFC.String(b.String())
}

func cjk(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || r == 'ー'
}

func unique(words []string, limit int) []string {
	seen := make(map[string]bool, len(words))
	out := words[:0]
	for _, w := range words {
		if len(out) == limit {
			break
		}
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}
