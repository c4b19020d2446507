package schema

import (
	"strconv"
	"strings"
)

// set reads the structure of a set. X12 states a group code after the type.
func (t *Tables) set(name string, words []string, edition string) string {
	s := SetDef{}
	if len(words) > 0 && len(words[0]) == 2 && name[0] >= '0' && name[0] <= '9' {
		s.Group, words = words[0], words[1:]
	}
	p := setParser{edition: edition}
	for _, w := range words {
		for _, part := range splitMarks(w) {
			p.words = append(p.words, part)
		}
	}
	var what string
	if s.Nodes, what = p.nodes(0); what != "" {
		return what
	}
	if p.at < len(p.words) {
		return "brackets"
	}
	if len(s.Nodes) == 0 {
		return "segments"
	}
	t.Sets[name] = s
	return ""
}

// splitMarks cuts closing marks off a word.
func splitMarks(w string) []string {
	var out []string
	for w != "" {
		at := strings.IndexAny(w, ")}")
		if at < 0 {
			return append(out, w)
		}
		if at > 0 {
			out = append(out, w[:at])
		}
		out = append(out, w[at:at+1])
		w = w[at+1:]
	}
	return out
}

type setParser struct {
	edition string
	words   []string
	at      int
}

// maxNesting bounds how deep loops nest.
const maxNesting = 16

// nodes reads places up to the parenthesis that closes them.
func (p *setParser) nodes(depth int) (out []NodeDef, what string) {
	if depth > maxNesting {
		return nil, "nesting"
	}
	for ; p.at < len(p.words); p.at++ {
		w := p.words[p.at]
		switch w[0] {
		case ')':
			return out, ""
		case '}':
			continue
		case '{':
			if holds(w[1:], p.edition) {
				continue
			}
			for open := 1; open > 0; {
				if p.at++; p.at == len(p.words) {
					return nil, "brackets"
				}
				switch p.words[p.at][0] {
				case '{':
					open++
				case '}':
					open--
				}
			}
		case '(':
			size, must := strings.CutSuffix(w[1:], "!")
			max, ok := bound(size)
			if !ok {
				return nil, "bound"
			}
			p.at++
			inner, what := p.nodes(depth + 1)
			if what != "" {
				return nil, what
			}
			if p.at >= len(p.words) {
				return nil, "brackets"
			}
			if len(inner) == 0 || inner[0].Nodes != nil {
				return nil, "head"
			}
			inner[0].Must, inner[0].Max = true, 1
			out = append(out, NodeDef{Tag: inner[0].Tag, Must: must, Max: max, Nodes: inner})
		default:
			name, size, many := strings.Cut(w, ":")
			n := NodeDef{Max: 1}
			n.Tag, n.Must = strings.CutSuffix(name, "!")
			if many {
				var ok bool
				if n.Max, ok = bound(size); !ok {
					return nil, "bound"
				}
			}
			out = append(out, n)
		}
	}
	if depth > 0 {
		return nil, "brackets"
	}
	return out, ""
}

// bound reads a greatest use; 0 is without bound.
func bound(s string) (int, bool) {
	if s == ">" {
		return 0, true
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n > 0
}
