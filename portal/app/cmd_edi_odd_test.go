package app

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// ebcdicOf writes capitals, digits and the usual signs in code page 037.
func ebcdicOf(s string) string {
	const ascii = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 *~>+:'.^-"
	const code = "\xc1\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xd1\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\x40\x5c\xa1\x6e\x4e\x7a\x7d\x4b\xb0\x60"
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if k := strings.IndexByte(ascii, s[i]); k >= 0 {
			out = append(out, code[k])
		}
	}
	return string(out)
}

func utf16Of(s string, mark bool) string {
	var out []byte
	if mark {
		out = []byte{0xff, 0xfe}
	}
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return string(out)
}

func linesOf(s string, width int, brk string) string {
	var b strings.Builder
	for ; len(s) > width; s = s[width:] {
		b.WriteString(s[:width] + brk)
	}
	return b.String() + s
}

// TestEDIOddFiles holds every command against files as they come: the exit code of
// check, words for what is refused, and the same bytes by json and write for all that
// can be read.
func TestEDIOddFiles(t *testing.T) {
	t.Parallel()
	sample := func(name string) string {
		b, err := os.ReadFile(filepath.Join("../../edi/testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return strings.NewReplacer("\r", "", "\n", "").Replace(string(b))
	}
	x, un := sample("cases/850-ok-005010/in.x12"), sample("edifact/orders-ok-d96a/in.edi")
	noIEA := x[:strings.Index(x, "GE*")]
	for name, tc := range map[string]struct {
		in   string
		code int
		says string // part of what check prints, on either stream
	}{
		"CR as terminator":          {strings.ReplaceAll(x, "~", "\r"), exitOK, "accepted"},
		"CR LF as terminator":       {strings.ReplaceAll(x, "~", "\r\n"), exitOK, "accepted"},
		"NUL as terminator":         {strings.ReplaceAll(x, "~", "\x00"), exitOK, "accepted"},
		"0xFF as terminator":        {strings.ReplaceAll(x, "~", "\xff"), exitOK, "accepted"},
		"BOM":                       {"\xef\xbb\xbf" + x, exitOK, "accepted"},
		"BOM, EDIFACT":              {"\xef\xbb\xbf\r\n" + un, exitOK, "accepted"},
		"leading junk":              {"//JOB 12\r\n" + x, exitOK, "10 bytes that are not EDI"},
		"last terminator missing":   {strings.TrimSuffix(x, "~"), exitOK, "accepted"},
		"the same, EDIFACT":         {strings.TrimSuffix(un, "'"), exitOK, "accepted"},
		"wrapped":                   {linesOf(x, 80, "\r\n"), exitOK, "lines of 80 characters"},
		"wrapped, EDIFACT":          {linesOf(un, 72, "\n") + "\n", exitOK, "lines of 72 characters"},
		"wrapped unevenly":          {linesOf(x, 80, "\n")[:300] + "\n" + linesOf(x, 80, "\n")[300:], exitUsage, "byte 300"},
		"both standards":            {x + un + x + "\n" + un, exitOK, "REF4217"},
		"X12 after EDIFACT, cut":    {un + noIEA, exitFailed, "ends without IEA"},
		"trailing junk":             {x + "\r\n*** END ***\r\n", exitUsage, "*** END ***"},
		"trailing junk, EDIFACT":    {un + "\nEOF\n", exitUsage, "“EOF”"},
		"IEA missing":               {noIEA, exitFailed, "ends without IEA"},
		"UNZ missing":               {un[:strings.Index(un, "UNZ")], exitFailed, "without UNZ"},
		"cut in ISA":                {x[:60], exitUsage, "106 characters"},
		"only ISA":                  {x[:106], exitFailed, "ends without IEA"},
		"empty":                     {"", exitUsage, "empty"},
		"blank":                     {" \r\n\t\n", exitUsage, "empty"},
		"zeros":                     {strings.Repeat("\x00", 300), exitUsage, "empty"},
		"HTML":                      {"<!DOCTYPE html><html>", exitUsage, "web page"},
		"XML":                       {"<?xml version=\"1.0\"?><a/>", exitUsage, "XML"},
		"JSON":                      {"{\"a\":1}", exitUsage, "JSON"},
		"PDF":                       {"%PDF-1.7", exitUsage, "PDF"},
		"ZIP":                       {"PK\x03\x04\x00\x00", exitUsage, "archive"},
		"gzip":                      {"\x1f\x8b\x08\x00", exitUsage, "archive"},
		"a letter":                  {"Dear Sirs,", exitUsage, "not EDI"},
		"EBCDIC":                    {ebcdicOf(x), exitUsage, "EBCDIC"},
		"EBCDIC, EDIFACT":           {ebcdicOf(un), exitUsage, "EBCDIC"},
		"UTF-16":                    {utf16Of(x, true), exitUsage, "UTF-16"},
		"UTF-16, no mark":           {utf16Of(un, false), exitUsage, "UTF-16"},
		"interactive":               {"UIB+UNOA:4'UIH+A:D:01B:UN'", exitUsage, "interactive"},
		"small letters":             {strings.ToLower(x), exitUsage, "small letters"},
		"GB18030":                   {strings.Replace(x, "Kestrel Supply", "\xbb\xaa\xb6\xab", 1), exitOK, "accepted"},
		"Latin-1":                   {strings.Replace(x, "Kestrel Supply", "K\xe9strel", 1), exitOK, "accepted"},
		"UTF-8":                     {strings.Replace(x, "Kestrel Supply", "华东五金", 1), exitOK, "accepted"},
		"a byte outside the set":    {strings.Replace(un, "KESTREL DEPOT", "KESTREL \x96 DEPOT", 1), exitFailed, "byte 96"},
		"a segment without its end": {strings.ReplaceAll(x[106:], "~", "|"), exitUsage, "not EDI"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, errs, code := call(t, tc.in, "edi", "check", "-")
			if code != tc.code || !strings.Contains(out+errs, tc.says) {
				t.Errorf("check: exit %d, not %d\n%s%s", code, tc.code, out, errs)
			}
			if code == exitUsage && (errs == "" || strings.Contains(errs, "edi.error")) {
				t.Errorf("no words: %q", errs)
			}
			if zh, errs, c := call(t, tc.in, "edi", "check", "--lang", "zh-CN", "-"); c != code || code == exitUsage && (strings.Contains(errs, "edi.error") || errs == "") {
				t.Errorf("zh-CN: exit %d\n%s%s", c, zh, errs)
			}
			text, _, jsonCode := call(t, tc.in, "edi", "json", "-")
			if (jsonCode == exitOK) != (tc.code != exitUsage) {
				t.Errorf("json: exit %d where check has %d", jsonCode, code)
			}
			if jsonCode == exitOK {
				if back, errs, c := call(t, text, "edi", "write", "-"); c != exitOK || back != tc.in || !json.Valid([]byte(text)) {
					t.Errorf("write: exit %d %s\n%q\n%q", c, errs, back, tc.in)
				}
			}
			for _, verb := range []string{"explain", "ack", "doc"} {
				if out, errs, c := call(t, tc.in, "edi", verb, "-"); c != tc.code {
					t.Errorf("%s: exit %d, not %d\n%s%s", verb, c, tc.code, out, errs)
				}
			}
		})
	}
}
