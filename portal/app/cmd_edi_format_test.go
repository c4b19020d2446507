package app

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"entente/edi/format"
)

// TestEDIConvert: a file of EDI in every format and from there as the same document; what
// is left out is told in both languages.
func TestEDIConvert(t *testing.T) {
	t.Parallel()
	const order = "../../edi/testdata/cases/850-ok-004010/in.x12"
	for _, name := range format.Names() {
		out, errs, code := call(t, "", "edi", "convert", "--to", name, order)
		if code != exitOK || out == "" || name != format.JSON && !strings.Contains(errs, "lines[0].price_basis: “PE” has no place in "+name) {
			t.Errorf("%s: exit %d %s", name, code, errs)
		}
		if _, errs, _ := call(t, "", "edi", "convert", "--lang", "zh-CN", "--to", name, order); name != format.JSON && !strings.Contains(errs, "没有对应位置") {
			t.Errorf("%s: %s", name, errs)
		}
		json, errs, code := call(t, out, "edi", "doc", "--from", name, "-")
		if code != exitOK || !strings.Contains(json, `"number":"4500187519"`) || !strings.Contains(json, `"quantity":"240"`) {
			t.Errorf("%s: exit %d %s %s", name, code, json, errs)
		}
		if _, errs, code := call(t, out, "edi", "convert", "--to", "json", "-"); code != exitOK {
			t.Errorf("%s is not recognised: %s", name, errs)
		}
	}
	line, _, _ := call(t, "", "edi", "doc", order)
	if back, errs, code := call(t, line, "edi", "doc", "--from", "json", "-"); code != exitOK || !strings.Contains(back, `"number":"4500187519"`) {
		t.Errorf("what doc prints is not read: %d %s", code, errs)
	}
}

func TestEDIConvertRefuses(t *testing.T) {
	t.Parallel()
	two := `{"type":"850","document":{"number":"1"}} {"type":"810","document":{"number":"2"}}`
	for _, tc := range []struct {
		in   string
		args []string
		code int
		says string
	}{
		{two, []string{"--to", "ubl"}, exitUsage, "holds one document a file, and this file has 2"},
		{two, []string{"--to", "csv"}, exitUsage, "several kinds"},
		{two, []string{"--to", "json", "--number", "3"}, exitUsage, "no document with the number 3"},
		{two, []string{"--to", "json", "--number", "1"}, exitFailed, "date is missing"},
		{two, []string{"--to", "pdf"}, exitUsage, "--to is json, csv"},
		{two, []string{"--to", "csv", "--decimal", "dot"}, exitUsage, "--decimal is"},
		{two, []string{"--to", "csv", "--columns", "x"}, exitUsage, "our=theirs"},
		{two, []string{"--to", "csv", "--separator", "x"}, exitUsage, "--separator is"},
		{`{"type":"850","document":{"nummer":"1"}}`, []string{"--to", "csv"}, exitUsage, "document.nummer is not a field"},
		{`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`, []string{"--to", "json"}, exitUsage, "DOCTYPE"},
		{`<Order/>`, []string{"--to", "json"}, exitUsage, "no UBL document"},
		{"EDI_DC40  ", []string{"--to", "json"}, exitUsage, "message type"},
		{"ISA", []string{"--to", "json"}, exitUsage, "too short"},
	} {
		_, errs, code := call(t, tc.in, append(append([]string{"edi", "convert"}, tc.args...), "-")...)
		if code != tc.code || !strings.Contains(errs, tc.says) {
			t.Errorf("%v: exit %d, %s", tc.args, code, errs)
		}
	}
}

var formatKey = regexp.MustCompile(`"((?:csv|idoc|json|ubl|xml|limit|format)\.[a-z]+|empty|utf16)"`)

// TestFormatTexts: every key that the formats tell has its sentence.
func TestFormatTexts(t *testing.T) {
	t.Parallel()
	var keys []string
	for _, dir := range []string{"markup", "idoc", "ubl", "flat", "format"} {
		keys = append(keys, errorKeys(t, "../../edi/"+dir)...)
	}
	if len(keys) < 30 {
		t.Fatalf("%d keys", len(keys))
	}
	for _, lang := range []string{"en", "zh-CN"} {
		p := printer(lang)
		for _, k := range keys {
			if s := p.T("edi.error."+k, "Value", "V"); strings.Contains(s, "edi.error.") {
				t.Errorf("%s: no edi.error.%s", lang, k)
			}
		}
		for _, k := range []string{"width", "no_idoc", "no_ubl", "no_csv", "not_carried"} {
			if s := p.T("edi.doc."+k, "Path", "P", "Value", "V"); strings.Contains(s, "edi.doc.") {
				t.Errorf("%s: no edi.doc.%s", lang, k)
			}
		}
	}
}

// errorKeys are the keys in the source of a package.
func errorKeys(t *testing.T, dir string) (out []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		b, err := os.ReadFile(dir + "/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range formatKey.FindAllStringSubmatch(string(b), -1) {
			out = append(out, m[1])
		}
	}
	return out
}
