package view

import (
	"bytes"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"testing"

	"entente/portal/locale"
)

var renderer = func() *Renderer {
	r, err := New()
	if err != nil {
		panic(err)
	}
	return r
}()

// pages gives every page in every language, with sample and with empty data.
func pages() map[string]Page {
	out := map[string]Page{}
	for _, lang := range locale.Languages() {
		for name, p := range withCatalogue(lang, true) {
			out[fmt.Sprintf("%s/sample/%s", lang, name)] = p
		}
		for name, p := range withCatalogue(lang, false) {
			out[fmt.Sprintf("%s/empty/%s", lang, name)] = p
		}
	}
	return out
}

func names(m map[string]Page) []string {
	out := make([]string, 0, len(m))
	for n := range m {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}

func draw(t *testing.T, page Page, fragment string) string {
	t.Helper()
	var b bytes.Buffer
	if err := renderer.Render(&b, page, fragment); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var missing = regexp.MustCompile(`⟦[^⟧]*⟧`)

// TestEveryPage renders every page whole and checks what all pages have in common.
func TestEveryPage(t *testing.T) {
	all := pages()
	for _, name := range names(all) {
		page := all[name]
		t.Run(name, func(t *testing.T) {
			out := draw(t, page, "")
			if keys := missing.FindAllString(out, -1); keys != nil {
				t.Errorf("texts are missing: %s", strings.Join(keys, " "))
			}
			for _, complaint := range check(out) {
				t.Error(complaint)
			}
			if n := strings.Count(out, "<h1"); n != 1 {
				t.Errorf("%d h1, want one", n)
			}
			if !strings.Contains(out, `<html lang="`+string(page.base().P.Language())+`"`) {
				t.Error("the page does not say its language")
			}
		})
	}
}
