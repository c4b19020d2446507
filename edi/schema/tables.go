package schema

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// Tables are the definitions of one edition: a release of X12 ("005010") or a
// directory of EDIFACT ("D96A"). ReadTables reads them from the text form in which the
// embedded ones are written too, Lines gives it back. The form, one definition a line
// (a line that begins with a blank continues the one before, "#" begins a remark):
//
//	el 324 AN 1 22                     element: type, least and greatest length
//	el 127 AN 1 30 @005010 1 50        … otherwise from a release on
//	el 1000 an..35                     element of EDIFACT
//	code 353 closed 00 01              its values: closed, others are errors; wide, others are told
//	code 353 + 99                      values beside those known
//	com C040 128! 127! 128 127         composite: its elements, "!" is mandatory
//	seg REF 128! 127 352 C040:3 | R0203
//	                                   segment: elements, ":3" the greatest repetition,
//	                                   "(235 234)x10" a run, "..." a tail that is not judged;
//	                                   after "|" the notes
//	seg ST@005010 143! 329! 1705       … from a release on, in place of an earlier line
//	set 850 PO BEG! DTM:10 (1000 N9! MSG:1000 {005010 MTX:> })
//	                                   set: type, group code (X12 only), places in order;
//	                                   ":10" the greatest use, ">" without bound, a loop in
//	                                   parentheses with its greatest use ("(9!" mandatory) and
//	                                   its first segment, "{005010 … }" from a release on
//
// Notes of X12 are P, R, E, C or L with two digits for each element ("P0304"); "PP06-25"
// is a pair each from 06 to 25. Those of EDIFACT are D1 to D7 with three digits for each
// position, ten times its number: "D5(020,010)".
type Tables struct {
	Elements   map[string]ElementDef
	Codes      map[string]CodeDef
	Composites map[string][]FieldDef
	Segments   map[string]SegmentDef
	Sets       map[string]SetDef
}

// ElementDef is an element. Type is AN, ID, N0 to N9, R, DT, TM or B of X12, and an, a
// or n of EDIFACT. Lengths count characters.
type ElementDef struct {
	Type     string
	Min, Max int
}

// CodeDef are the values of an element. Mode is closed, wide or, in EDIFACT, empty.
type CodeDef struct {
	Mode  string
	Codes []string
}

// FieldDef is an element or composite at its place; Max is the greatest repetition.
type FieldDef struct {
	Ref  string
	Must bool
	Max  int
}

// SegmentDef is a segment. Open says that what follows its fields is not judged.
type SegmentDef struct {
	Fields []FieldDef
	Open   bool
	Notes  []string
}

// SetDef is a transaction set or message. Group is GS01, of X12 only.
type SetDef struct {
	Group string
	Nodes []NodeDef
}

// NodeDef is a place in a set. Max 0 is without bound. A loop has Nodes, of which the
// first is its head and has the same tag.
type NodeDef struct {
	Tag   string
	Must  bool
	Max   int
	Nodes []NodeDef
}

// TableError says what is wrong with a line of tables. Line counts from 1; 0 is for what
// only the whole shows. Key is one of TableKeys, the sentence for people is the text
// "edi.guide.define_" + Key.
type TableError struct {
	Line int
	Key  string
	Text string
}

func (e *TableError) Error() string {
	return fmt.Sprintf("tables: line %d: %s: %q", e.Line, e.Key, e.Text)
}

// TableKeys are all keys of a TableError.
func TableKeys() []string {
	return []string{
		"short", "word", "empty", "type", "lengths", "codes", "repeat", "run", "elements", "tag", "note", "brackets", "segments", "nesting",
		"bound", "head", "element_unknown", "segment_unknown", "set_unknown",
	}
}

// holds says whether something that begins with an edition holds in another. Editions
// of EDIFACT are of the years 1970 to 2069.
func holds(since, edition string) bool {
	if strings.HasPrefix(since, "D") && strings.HasPrefix(edition, "D") && len(since) == 4 && len(edition) == 4 {
		century := func(s string) string {
			if s[1] >= '7' {
				return "19" + s[1:]
			}
			return "20" + s[1:]
		}
		return century(since) <= century(edition)
	}
	return since <= edition
}

func emptyTables() *Tables {
	return &Tables{
		Elements: map[string]ElementDef{}, Codes: map[string]CodeDef{}, Composites: map[string][]FieldDef{},
		Segments: map[string]SegmentDef{}, Sets: map[string]SetDef{},
	}
}

// ReadTables reads what of a text holds in an edition. The error is a *TableError.
func ReadTables(text, edition string) (*Tables, error) {
	t := emptyTables()
	if err := t.read(text, edition); err != nil {
		return nil, err
	}
	return t, nil
}

// read adds the definitions of a text; later ones stand in place of earlier ones.
func (t *Tables) read(text, edition string) error {
	var words []string
	at, n := 0, 0
	flush := func() error {
		if len(words) == 0 {
			return nil
		}
		if what := t.line(words, edition); what != "" {
			return &TableError{Line: at, Key: what, Text: clip([]byte(strings.Join(words, " ")))}
		}
		return nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		n++
		line = strings.TrimRight(line, "\r")
		switch {
		case strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "":
			continue
		case line[0] == ' ' || line[0] == '\t':
			words = append(words, strings.Fields(line)...)
			continue
		}
		if err := flush(); err != nil {
			return err
		}
		at, words = n, strings.Fields(line)
	}
	return flush()
}

// line takes one definition; it says what is wrong, or nothing.
func (t *Tables) line(words []string, edition string) string {
	if len(words) < 2 {
		return "short"
	}
	name, since, guarded := strings.Cut(words[1], "@")
	if guarded && !holds(since, edition) {
		return ""
	}
	rest := words[2:]
	switch words[0] {
	case "el":
		return t.element(name, rest, edition)
	case "code":
		return t.code(name, rest)
	case "com":
		fields, _, what := fieldsOf(rest)
		if what == "" && len(fields) == 0 {
			what = "empty"
		}
		t.Composites[name] = fields
		return what
	case "seg":
		return t.segment(name, rest)
	case "set":
		return t.set(name, rest, edition)
	}
	return "word"
}

func (t *Tables) element(name string, f []string, edition string) string {
	e := ElementDef{}
	if len(f) == 1 { // EDIFACT
		size := strings.TrimLeft(f[0], "an.")
		e.Type = strings.TrimRight(strings.TrimSuffix(f[0], size), ".")
		n, err := strconv.Atoi(size)
		if err != nil || n < 1 || e.Type != "an" && e.Type != "a" && e.Type != "n" {
			return "type"
		}
		if e.Max = n; !strings.Contains(f[0], "..") {
			e.Min = n
		}
		t.Elements[name] = e
		return ""
	}
	if len(f) < 3 || len(f)%3 != 0 {
		return "lengths"
	}
	e.Type = f[0]
	if _, _, ok := kindOf(e.Type); !ok {
		return "type"
	}
	for i := 0; i < len(f); i += 3 {
		if i > 0 && (f[i][0] != '@' || !holds(f[i][1:], edition)) {
			continue
		}
		least, err := strconv.Atoi(f[i+1])
		most, err2 := strconv.Atoi(f[i+2])
		if err != nil || err2 != nil || least < 0 || most < least || most < 1 {
			return "lengths"
		}
		e.Min, e.Max = least, most
	}
	t.Elements[name] = e
	return ""
}

func (t *Tables) code(name string, f []string) string {
	c := CodeDef{}
	if len(f) > 0 && (f[0] == "closed" || f[0] == "wide" || f[0] == "+") {
		c.Mode, f = f[0], f[1:]
	}
	if len(f) == 0 {
		return "codes"
	}
	c.Codes = slices.Clone(f)
	if c.Mode == "+" {
		known := t.Codes[name]
		c.Mode, c.Codes = known.Mode, append(slices.Clone(known.Codes), c.Codes...)
	}
	t.Codes[name] = c
	return ""
}

// fieldsOf reads the places of a segment or composite.
func fieldsOf(words []string) (fields []FieldDef, open bool, what string) {
	for i := 0; i < len(words); i++ {
		if words[i] == "..." {
			return fields, true, ""
		}
		if words[i][0] != '(' {
			f, ok := fieldOf(words[i])
			if !ok {
				return nil, false, "repeat"
			}
			fields = append(fields, f)
			continue
		}
		var run []FieldDef
		for ; ; i++ {
			if i == len(words) {
				return nil, false, "run"
			}
			body, times, end := strings.Cut(strings.TrimPrefix(words[i], "("), ")x")
			f, ok := fieldOf(body)
			if !ok {
				return nil, false, "repeat"
			}
			run = append(run, f)
			if !end {
				continue
			}
			n, err := strconv.Atoi(times)
			if err != nil || n < 1 || n > 60 {
				return nil, false, "run"
			}
			for range n {
				fields = append(fields, run...)
			}
			break
		}
	}
	if len(fields) > maxFields {
		return nil, false, "elements"
	}
	return fields, open, ""
}

// maxFields is the greatest number of elements in a segment: what a word of bits holds,
// the first bit left out.
const maxFields = 63

func fieldOf(w string) (FieldDef, bool) {
	name, times, many := strings.Cut(w, ":")
	f := FieldDef{Max: 1}
	f.Ref, f.Must = strings.CutSuffix(name, "!")
	if many {
		n, err := strconv.Atoi(times)
		if err != nil || n < 1 {
			return f, false
		}
		f.Max = n
	}
	return f, f.Ref != ""
}

func (t *Tables) segment(name string, words []string) string {
	if len(name) < 2 || len(name) > 3 {
		return "tag"
	}
	def, notes := words, []string(nil)
	if i := slices.Index(words, "|"); i >= 0 {
		def, notes = words[:i], words[i+1:]
	}
	s := SegmentDef{}
	var what string
	if s.Fields, s.Open, what = fieldsOf(def); what != "" {
		return what
	}
	for _, c := range notes {
		if rest, ok := strings.CutPrefix(c, "PP"); ok {
			var from, to int
			if n, err := fmt.Sscanf(rest, "%02d-%02d", &from, &to); n != 2 || err != nil {
				return "note"
			}
			for i := from; i < to; i += 2 {
				s.Notes = append(s.Notes, fmt.Sprintf("P%02d%02d", i, i+1))
			}
			continue
		}
		s.Notes = append(s.Notes, c)
	}
	for _, c := range s.Notes {
		if n, ok := makeNote(c); !ok || bits.Len64(n.mask) > len(s.Fields)+1 {
			return "note"
		}
	}
	t.Segments[name] = s
	return ""
}

// makeNote reads a note of X12 or EDIFACT. Bit i of the mask is element i, from 1.
func makeNote(c string) (note, bool) {
	n := note{text: c}
	var at []int
	if rest, ok := strings.CutPrefix(c, "D"); ok {
		if len(rest) < 3 || rest[0] < '1' || rest[0] > '7' || rest[1] != '(' || rest[len(rest)-1] != ')' {
			return n, false
		}
		n.kind = rest[0]
		for p := range strings.SplitSeq(rest[2:len(rest)-1], ",") {
			i, err := strconv.Atoi(p)
			if err != nil || i%10 != 0 {
				return n, false
			}
			at = append(at, i/10)
		}
	} else {
		if len(c) < 5 || len(c)%2 != 1 || !strings.Contains("PRECL", c[:1]) {
			return n, false
		}
		n.kind = c[0]
		for i := 1; i < len(c); i += 2 {
			k, err := strconv.Atoi(c[i : i+2])
			if err != nil {
				return n, false
			}
			at = append(at, k)
		}
	}
	for i, k := range at {
		if k < 1 || k > maxFields {
			return n, false
		}
		if i == 0 {
			n.first = 1 << k
		}
		n.mask |= 1 << k
	}
	return n, len(at) > 1
}
