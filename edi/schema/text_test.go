package schema

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"

	"entente/edi/wire"
)

// texts reads the portal's EDI texts of one language.
func texts(t *testing.T, lang string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, topic := range []string{"edi", "un"} {
		b, err := os.ReadFile("../../portal/locale/" + topic + "." + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &out); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

var (
	placeholder = regexp.MustCompile(`\{\{[^}]*\}\}`)
	// ruleKey finds the keys of findings and errors in the source: a word of a
	// known family, a dot, and the rule.
	ruleKey = regexp.MustCompile(`"((?:segment|loop|element|code|date|time|number|condition|set|group|interchange|count|level|guide|charset|un_group|un_interchange|un_set|allowance|translate|write)\.[a-z0-9_]+)"`)
	failKey = regexp.MustCompile(`(?:fail\([^,]+, |wire\.Error\{Kind: [^,]+, Key: )"([a-z0-9_.]+)"`)
)

// TestTexts: both languages have the same keys, the same placeholders and no empty
// text; every text is a sound template.
func TestTexts(t *testing.T) {
	t.Parallel()
	en, zh := texts(t, "en"), texts(t, "zh-CN")
	for k, e := range en {
		z, ok := zh[k]
		if !ok || strings.TrimSpace(e) == "" || strings.TrimSpace(z) == "" {
			t.Errorf("%s: %q, %q", k, e, z)
			continue
		}
		a, b := placeholder.FindAllString(e, -1), placeholder.FindAllString(z, -1)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(slices.Compact(a), slices.Compact(b)) {
			t.Errorf("%s: placeholders %v and %v", k, a, b)
		}
		for _, s := range []string{e, z} {
			if _, err := template.New(k).Parse(s); err != nil {
				t.Error(err)
			}
		}
	}
	for k := range zh {
		if _, ok := en[k]; !ok {
			t.Errorf("%s is in Chinese only", k)
		}
	}
}

// TestEveryKeyHasAText: what explaining can ask for and what any EDI package can
// find has a text; and no text of a finding is left over.
func TestEveryKeyHasAText(t *testing.T) {
	t.Parallel()
	en := texts(t, "en")
	for _, k := range TextKeys() {
		if en[k] == "" {
			t.Errorf("no text %s", k)
		}
	}
	used := map[string]bool{}
	for _, dir := range []string{".", "../x12", "../edifact", "../translate", "../ack", "../guide", "../event"} {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range ruleKey.FindAllStringSubmatch(string(src), -1) {
				used["edi.finding."+m[1]] = true
			}
			for _, m := range failKey.FindAllStringSubmatch(string(src), -1) {
				used["edi.error."+m[1]] = true
			}
		}
	}
	// "write." + reason of a DataError
	used["edi.finding.write.delimiter"], used["edi.finding.write.control"] = true, true
	if len(used) < 70 {
		t.Fatalf("only %d keys found in the source", len(used))
	}
	for k := range used {
		if en[k] == "" {
			t.Errorf("no text %s", k)
		}
	}
	known := map[string]bool{}
	for _, k := range TextKeys() {
		known[k] = true
	}
	for k := range en {
		family := strings.HasPrefix(k, "edi.finding.") || strings.HasPrefix(k, "edi.error.")
		if family && !used[k] {
			t.Errorf("the text %s is for no finding", k)
		}
		if (strings.HasPrefix(k, "edi.el.") || strings.HasPrefix(k, "edi.code.") || strings.HasPrefix(k, "edi.seg.")) && !known[k] {
			t.Errorf("the text %s is for nothing", k)
		}
	}
}

// TestSentence fills a finding's text with its facts, as the portal does.
func TestSentence(t *testing.T) {
	t.Parallel()
	rep, err := CheckBytes(sampleFile(t, "850-design"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := rep.Interchanges[0].GroupReports[0].SetReports[0].Findings
	if len(f) != 2 {
		t.Fatalf("%+v", f)
	}
	for lang, want := range map[string][2]string{
		"en": {
			"DTM02: the date 2026-11-31 does not exist. That month has 30 days. Did you mean 20261130?",
			"PO103: “EACH” is too long, at most 2 characters are allowed. Did you mean EA?",
		},
		"zh-CN": {
			"DTM02：日期 2026-11-31 不存在。该月只有 30 天，是否应为 20261130？",
			"PO103：“EACH”太长，最多允许 2 个字符。是否应为 EA？",
		},
	} {
		all := texts(t, lang)
		for i := range f {
			var b strings.Builder
			if err := template.Must(template.New("").Parse(all["edi.finding."+f[i].Key])).Execute(&b, f[i].Data()); err != nil {
				t.Fatal(err)
			}
			if b.String() != want[i] {
				t.Errorf("got %q, want %q", b.String(), want[i])
			}
		}
	}
}

// TestEverySampleHasItsFacts: no finding of any sample leaves a hole in its text.
func TestEverySampleHasItsFacts(t *testing.T) {
	t.Parallel()
	en := texts(t, "en")
	files, err := filepath.Glob(casesDir + "/*/in.x12")
	if err != nil {
		t.Fatal(err)
	}
	un, err := filepath.Glob(unCasesDir + "/*/in.edi")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, un...)
	n := 0
	for _, name := range files {
		in, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rep, _ := CheckBytes(in, Options{})
		var all []wire.Finding
		for _, i := range rep.Interchanges {
			all = append(all, i.Findings...)
			for _, g := range i.GroupReports {
				all = append(all, g.Findings...)
				for _, s := range g.SetReports {
					all = append(all, s.Findings...)
				}
			}
		}
		for _, f := range all {
			n++
			facts := map[string]any{} // a missing name would read "<no value>"
			for k, v := range f.Data() {
				facts[k] = v
			}
			var b strings.Builder
			if err := template.Must(template.New("").Parse(en["edi.finding."+f.Key])).Execute(&b, facts); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(b.String(), "<no value>") {
				t.Errorf("%s: %s", f.Key, b.String())
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d findings", n)
	}
}
