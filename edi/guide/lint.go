package guide

import (
	"encoding/json"
	"slices"
	"strconv"

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
	return []string{
		"set_unknown", "path", "segment_unknown", "element_unknown", "code_unknown", "nothing", "contradiction", "length", "lengths_wider",
		"severity", "tolerance", "repeated", "field_unknown", "not_element", "max",
	}
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
	note(all, "guide", "name", "version", "set", "rules", "tolerance", "comment")
	for _, r := range top.Rules {
		note(r, "path", "require", "forbid", "max", "codes", "min_length", "max_length", "severity", "comment")
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
	known := schema.HasSegment(g.Version, g.Set, "ST")
	if !known {
		add(0, "set_unknown", "", g.Set+" "+g.Version, true)
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
		if seen[r.Path] {
			add(n, "repeated", r.Path, "", false)
		}
		seen[r.Path] = true
		tag, el, part := q.Target()
		ref, least, most := "", 0, 0
		if known {
			for _, t := range q.Tags() {
				if !schema.HasSegment(g.Version, g.Set, t) {
					add(n, "segment_unknown", r.Path, t, true)
				}
			}
			if el > 0 {
				var ok bool
				if ref, least, most, ok = schema.Element(g.Version, tag, el, part); !ok {
					add(n, "element_unknown", r.Path, tag+strconv.Itoa(el), true)
				}
			}
		}
		g.lintRule(r, n, el, ref, least, most, add)
	}
	return out
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
		if ref != "" && !schema.HasCode(g.Version, ref, c) {
			add(n, "code_unknown", r.Path, c, false)
		}
	}
}
