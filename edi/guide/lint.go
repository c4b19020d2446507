package guide

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"entente/edi/schema"
	"entente/edi/tree"
)

// Problem is something wrong with a guide. The sentence is the text
// "edi.guide." + Key with Path and Value.
type Problem struct {
	// Rule counts rules from 1; 0 is the guide itself.
	Rule int    `json:"rule,omitempty"`
	Key  string `json:"key"`
	Path string `json:"path,omitempty"`
	// Value is what is wrong: the tag, the code, the word.
	Value string `json:"value,omitempty"`
	// Error says that the guide cannot be used as long as it is so; others are
	// remarks.
	Error bool `json:"error"`
}

// Sound says that no problem is an error.
func Sound(list []Problem) bool {
	return !slices.ContainsFunc(list, func(p Problem) bool { return p.Error })
}

// Keys are all keys of problems.
func Keys() []string {
	out := []string{
		"set_unknown", "association", "path", "segment_unknown", "element_unknown", "code_unknown", "nothing", "contradiction", "length", "lengths_wider",
		"severity", "tolerance", "repeated", "field_unknown", "not_element", "max",
	}
	for _, k := range schema.TableKeys() {
		out = append(out, "define_"+k)
	}
	return out
}

// unknownFields are names in the JSON that mean nothing, mostly misspelt.
func unknownFields(b []byte) []string {
	var top struct {
		Rules []map[string]json.RawMessage `json:"rules"`
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(b, &top) != nil || json.Unmarshal(b, &all) != nil {
		return nil
	}
	var out []string
	note := func(m map[string]json.RawMessage, known ...string) {
		for name := range m {
			if !slices.Contains(known, name) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	note(all, "guide", "name", "version", "set", "association", "rules", "tolerance", "define", "comment")
	for _, r := range top.Rules {
		note(r, "path", "require", "forbid", "max", "codes", "min_length", "max_length", "when", "severity", "comment")
	}
	slices.Sort(out)
	return out
}

// lint checks a guide against itself and the standard, and compiles its paths.
func (g *Guide) lint(unknown []string) []Problem {
	var out []Problem
	add := func(rule int, key, path, value string, isError bool) {
		out = append(out, Problem{Rule: rule, Key: key, Path: path, Value: value, Error: isError})
	}
	for _, name := range unknown {
		add(0, "field_unknown", "", name, true)
	}
	var te *schema.TableError
	switch err := g.compile(); {
	case errors.As(err, &te):
		line := ""
		if te.Line > 0 {
			line = strconv.Itoa(te.Line)
		}
		add(0, "define_"+te.Key, line, te.Text, true)
	case g.dict == nil:
		add(0, "set_unknown", "", g.Set+" "+g.Version, true)
	}
	known := g.dict != nil
	if g.Association != "" && !schema.IsDirectory(g.Version) {
		add(0, "association", "", g.Association, true)
	}
	for _, t := range g.Tolerance {
		if t.Check() != nil {
			add(0, "tolerance", "", t.Rule+" "+string(t.As), true)
		}
	}
	seen := map[string]bool{}
	for i := range g.Rules {
		r, n := &g.Rules[i], i+1
		q, err := tree.Compile(r.Path)
		if err != nil {
			add(n, "path", r.Path, "", true)
			continue
		}
		r.query = q
		if r.When != "" {
			if r.when, err = tree.Compile(r.When); err != nil {
				r.query = nil
				add(n, "path", r.When, "", true)
				continue
			}
			if known {
				g.lintTags(r.when, n, r.When, add)
			}
		}
		if seen[r.Path+" "+r.When] {
			add(n, "repeated", r.Path, "", false)
		}
		seen[r.Path+" "+r.When] = true
		tag, el, part := q.Target()
		ref, least, most := "", 0, 0
		if known {
			g.lintTags(q, n, r.Path, add)
			if el > 0 {
				var ok bool
				if ref, least, most, ok = g.dict.Element(tag, el, part); !ok {
					add(n, "element_unknown", r.Path, tag+strconv.Itoa(el), true)
				}
			}
		}
		g.lintRule(r, n, el, ref, least, most, add)
	}
	return out
}

// compile makes the dictionary that the guide stands on. The error is a
// *schema.TableError.
func (g *Guide) compile() error {
	if len(g.Define) == 0 {
		g.dict = schema.DictionaryOf(g.Version, g.Set)
		return nil
	}
	t := schema.TablesOf(g.Version)
	if t == nil {
		return nil
	}
	t, err := t.With(strings.Join(g.Define, "\n"), g.Version)
	if err != nil {
		return err
	}
	g.dict, err = t.Compile(g.Version, g.Set)
	return err
}

func (g *Guide) lintTags(q *tree.Query, n int, path string, add func(int, string, string, string, bool)) {
	for _, t := range q.Tags() {
		if !g.dict.HasSegment(t) {
			add(n, "segment_unknown", path, t, true)
		}
	}
}

func (g *Guide) lintRule(r *Rule, n, el int, ref string, least, most int, add func(int, string, string, string, bool)) {
	switch r.Severity {
	case "", schema.TreatReject, schema.TreatAccept, schema.TreatNote:
	default:
		add(n, "severity", r.Path, string(r.Severity), true)
	}
	lengths := r.MinLength != 0 || r.MaxLength != 0
	if !r.Require && !r.Forbid && r.Max == 0 && len(r.Codes) == 0 && !lengths {
		add(n, "nothing", r.Path, "", false)
	}
	if r.Forbid && (r.Require || r.Max != 0 || len(r.Codes) > 0 || lengths) {
		add(n, "contradiction", r.Path, "", true)
	}
	if el == 0 && (len(r.Codes) > 0 || lengths) {
		add(n, "not_element", r.Path, "", true)
	}
	if r.Max < 0 || el > 0 && r.Max > 0 {
		add(n, "max", r.Path, strconv.Itoa(r.Max), true)
	}
	if r.MinLength < 0 || r.MaxLength < 0 || r.MaxLength > 0 && r.MinLength > r.MaxLength {
		add(n, "length", r.Path, "", true)
	} else if ref != "" && (r.MaxLength > most || r.MinLength > 0 && r.MinLength < least) {
		add(n, "lengths_wider", r.Path, strconv.Itoa(least)+"/"+strconv.Itoa(most), false)
	}
	for _, c := range r.Codes {
		if ref != "" && !g.dict.HasCode(ref, c) {
			add(n, "code_unknown", r.Path, c, false)
		}
	}
}
