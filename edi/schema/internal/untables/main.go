// Command untables makes the tables of a UN/EDIFACT directory that edi/schema
// embeds out of a file of facts: structure, types and code values, no words. Run
// it through go generate with EDIFACT_FACTS naming the folder of the facts:
//
//	EDIFACT_FACTS=folder go generate ./edi/schema
//
// A facts file has lines of three kinds:
//
//	msg ORDERS  UNH M1 BGM M1 SG1 C10 ( RFF M1 DTM C5 ) UNT M1
//	seg BGM  C002:C{ 1001:C an..3, 1131:C an..3 } | 1004:C an..35
//	code 1001 1 2 3
//
// and the tables hold the same facts once each: el, com, seg, set and code. In seg
// and com an exclamation mark means mandatory; in set it does too, and a number
// after a colon is the greatest use, "(10" opens a group used ten times.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	in := flag.String("in", "", "folder of the facts, one NAME.txt for each directory")
	out := flag.String("out", ".", "folder of the tables")
	flag.Parse()
	if *in == "" {
		log.Fatal("untables: no folder of facts; set EDIFACT_FACTS")
	}
	for _, name := range flag.Args() {
		facts, err := os.ReadFile(filepath.Join(*in, name+".txt"))
		if err != nil {
			log.Fatal(err)
		}
		text, err := convert(name, string(facts))
		if err != nil {
			log.Fatalf("untables: %s: %v", name, err)
		}
		if err := os.WriteFile(filepath.Join(*out, "un_"+strings.ToLower(name)+".txt"), []byte(text), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// corrections replace composites that the facts give with parts missing.
var corrections = map[string]map[string]string{
	"D01B": {
		"C502": "6313:C an..3, 6321:C an..3, 6155:C an..3, 6154:C an..70",
		"C819": "3229:C an..9, 1131:C an..17, 3055:C an..3, 3228:C an..70",
		"C829": "5495:C an..3, 1082:C an..6",
	},
}

// tables collects the facts of one directory.
type tables struct {
	fixed                                       map[string]string // corrections of this directory
	elements, composites, segments, sets, codes map[string]string
}

var (
	compositeForm = regexp.MustCompile(`^(C\d{3}|S\d{3}):([MC])\{(.*)\}$`)
	groupForm     = regexp.MustCompile(`^SG\d+$`)
	elementForm   = regexp.MustCompile(`^(\d{4}):([MC]) ((?:an|a|n)(?:\.\.)?\d+)$`)
)

func convert(name, facts string) (string, error) {
	t := tables{corrections[name], map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}}
	for line := range strings.SplitSeq(facts, "\n") {
		kind, rest, _ := strings.Cut(line, " ")
		var err error
		switch kind {
		case "msg":
			err = t.message(strings.Fields(rest))
		case "seg":
			err = t.segment(rest)
		case "code":
			f := strings.Fields(rest)
			codes := f[1:]
			slices.Sort(codes)
			t.list(f[0], strings.Join(slices.Compact(codes), " "))
		}
		if err != nil {
			return "", fmt.Errorf("%w in %.60s", err, line)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Directory %s. Made by internal/untables; do not edit.\n", name)
	for _, part := range []struct {
		kind  string
		facts map[string]string
	}{{"el", t.elements}, {"com", t.composites}, {"seg", t.segments}, {"set", t.sets}, {"code", t.codes}} {
		keys := make([]string, 0, len(part.facts))
		for k := range part.facts {
			if _, used := t.elements[k]; part.kind == "code" && !used {
				continue
			}
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			fmt.Fprintf(&b, "%s %s %s\n", part.kind, k, part.facts[k])
		}
	}
	return b.String(), nil
}

// once keeps a fact and refuses another one of the same name.
func once(m map[string]string, key, fact string) error {
	if old, ok := m[key]; ok && old != fact {
		return fmt.Errorf("%s is %q and %q", key, old, fact)
	}
	m[key] = fact
	return nil
}

// list keeps the codes of an element. Facts that give two lists for one element are
// told, and the shorter list is kept: the longer has run into its neighbour.
func (t *tables) list(element, codes string) {
	old, ok := t.codes[element]
	if ok && old != codes {
		log.Printf("untables: element %s has two lists, of %d and %d bytes", element, len(old), len(codes))
	}
	if !ok || len(codes) < len(old) {
		t.codes[element] = codes
	}
}

func mark(requirement string) string {
	if requirement == "M" {
		return "!"
	}
	return ""
}

// element takes "1001:C an..3" and gives "1001".
func (t *tables) element(s string) (string, error) {
	m := elementForm.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return "", fmt.Errorf("no element: %q", s)
	}
	return m[1] + mark(m[2]), once(t.elements, m[1], m[3])
}

func (t *tables) segment(rest string) error {
	tag, def, _ := strings.Cut(strings.TrimSpace(rest), " ")
	var out []string
	for part := range strings.SplitSeq(def, "|") {
		part = strings.TrimSpace(part)
		m := compositeForm.FindStringSubmatch(part)
		if m == nil {
			ref, err := t.element(part)
			if err != nil {
				return err
			}
			out = append(out, ref)
			continue
		}
		var parts []string
		if fixed, ok := t.fixed[m[1]]; ok {
			m[3] = fixed
		}
		for p := range strings.SplitSeq(m[3], ",") {
			ref, err := t.element(p)
			if err != nil {
				return err
			}
			parts = append(parts, ref)
		}
		if err := once(t.composites, m[1], strings.Join(parts, " ")); err != nil {
			return err
		}
		out = append(out, m[1]+mark(m[2]))
	}
	return once(t.segments, tag, strings.Join(out, " "))
}

// message turns the structure of a message; groups must be numbered in order.
func (t *tables) message(f []string) error {
	var out []string
	groups, open := 0, 0
	for i := 1; i < len(f); i++ {
		w := f[i]
		if w == ")" {
			out[len(out)-1] += ")"
			open--
			continue
		}
		if i+1 >= len(f) {
			return fmt.Errorf("%s has no use", w)
		}
		i++
		use, max := mark(f[i][:1]), f[i][1:]
		if groupForm.MatchString(w) {
			if groups++; w != fmt.Sprintf("SG%d", groups) {
				return fmt.Errorf("%s is group %d", w, groups)
			}
			if i++; f[i] != "(" {
				return fmt.Errorf("%s does not open", w)
			}
			open++
			out = append(out, "("+max+use)
			continue
		}
		if w == "UNH" || w == "UNT" {
			continue
		}
		if max != "1" {
			use += ":" + max
		}
		out = append(out, w+use)
	}
	if open != 0 {
		return fmt.Errorf("groups are not closed")
	}
	return once(t.sets, f[0], strings.Join(out, " "))
}
