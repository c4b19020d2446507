package view

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	tagOf  = regexp.MustCompile(`(?s)<!--.*?-->|<!doctype html>|<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[^\s=>"']+(?:\s*=\s*(?:"[^"]*"|'[^']*'))?)*)\s*(/?)>`)
	attrOf = regexp.MustCompile(`([^\s=>"']+)(?:\s*=\s*("[^"]*"|'[^']*'))?`)
	void   = []string{"meta", "link", "input", "br", "hr", "img"}
)

// element is one start tag.
type element struct {
	name  string
	attrs map[string]string
}

// check reads a page as HTML and says what is wrong with it: unbalanced tags, repeated ids, labels and targets that lead nowhere,
// controls without a name, and anything inline that the content policy blocks. It knows only the HTML our templates write.
func check(page string) []string {
	var bad []string
	say := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	var stack []string
	var elements []element
	ids, labelled := map[string]bool{}, map[string]bool{}
	inLabel := 0
	var unlabelled []element
	rest := page
	for {
		i := strings.IndexByte(rest, '<')
		if i < 0 {
			break
		}
		rest = rest[i:]
		m := tagOf.FindStringSubmatchIndex(rest)
		if m == nil || m[0] != 0 {
			say("not a tag: %.60q", rest)
			rest = rest[1:]
			continue
		}
		whole := rest[:m[1]]
		rest = rest[m[1]:]
		if m[4] < 0 {
			continue
		}
		closing, name := whole[1] == '/', strings.ToLower(whole[m[4]:m[5]])
		if closing {
			if len(stack) == 0 || stack[len(stack)-1] != name {
				say("</%s> closes %v", name, stack[max(0, len(stack)-3):])
				continue
			}
			stack = stack[:len(stack)-1]
			if name == "label" {
				inLabel--
			}
			continue
		}
		e := element{name, map[string]string{}}
		for _, a := range attrOf.FindAllStringSubmatch(whole[m[6]:m[7]], -1) {
			if _, twice := e.attrs[a[1]]; twice {
				say("<%s> has %s twice", name, a[1])
			}
			e.attrs[a[1]] = strings.Trim(a[2], `"'`)
		}
		elements = append(elements, e)
		if id, ok := e.attrs["id"]; ok {
			if id == "" || ids[id] {
				say("id %q is empty or there twice", id)
			}
			ids[id] = true
		}
		if name == "label" {
			labelled[e.attrs["for"]] = true
			inLabel++
		}
		if slices.Contains([]string{"input", "select", "textarea"}, name) && e.attrs["type"] != "hidden" && inLabel == 0 && e.attrs["aria-label"] == "" {
			unlabelled = append(unlabelled, e)
		}
		if m[8] == m[9] && !slices.Contains(void, name) {
			stack = append(stack, name)
		}
		if name == "script" && (e.attrs["src"] == "" || !strings.HasPrefix(rest, "</script>")) {
			say("inline script")
		}
		if name == "style" {
			say("inline style sheet")
		}
		for a := range e.attrs {
			if a == "style" || strings.HasPrefix(a, "on") || strings.HasPrefix(a, "hx-on") {
				say("<%s> has the inline attribute %s", name, a)
			}
		}
		if v := e.attrs["href"]; strings.HasPrefix(v, "javascript:") || strings.Contains(v, "ZgotmplZ") || strings.Contains(e.attrs["action"], "ZgotmplZ") {
			say("<%s> leads to %q", name, v)
		}
	}
	if len(stack) > 0 {
		say("left open: %v", stack)
	}
	for _, e := range unlabelled {
		if !labelled[e.attrs["id"]] || e.attrs["id"] == "" {
			say("<%s name=%q> has no label", e.name, e.attrs["name"])
		}
	}
	for _, e := range elements {
		for _, a := range []string{"for", "aria-labelledby", "aria-describedby", "popovertarget", "list", "data-copy"} {
			for _, id := range strings.Fields(e.attrs[a]) {
				if !ids[id] {
					say("<%s %s=%q> leads to nothing", e.name, a, id)
				}
			}
		}
		if e.name == "a" && strings.HasPrefix(e.attrs["href"], "#") && !ids[e.attrs["href"][1:]] {
			say("a link leads to %s, which is not there", e.attrs["href"])
		}
		if e.name == "th" && e.attrs["scope"] == "" && e.attrs["colspan"] == "" && !strings.Contains(page, "e-doc") {
			say("a table head without scope")
		}
	}
	return bad
}
