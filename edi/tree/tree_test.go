package tree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"entente/edi/wire"
)

const (
	isa  = "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*^*00501*000000101*0*P*>~"
	isa4 = "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*U*00401*000000101*0*P*>~"
	rest = "GS*PO*KESTREL*AURELIA*20261122*0912*1*X*005010~ST*850*0001~BEG*00*SA*P1**20261122~N1*ST*Wakefield~N3*Unit 4~PO1*1*5*EA*2**VP*A1~PO1*2*5*EA*2**VP*A2~PID*F****Drill~CTT*2~SE*9*0001~GE*1*1~IEA*1*000000101~"
)

func toJSON(t *testing.T, in string) string {
	t.Helper()
	var out bytes.Buffer
	if err := ToJSON(&out, strings.NewReader(in), wire.Limits{}); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if !json.Valid(out.Bytes()) {
		t.Fatalf("no JSON:\n%s", out.String())
	}
	return out.String()
}

func fromJSON(t *testing.T, in string) string {
	t.Helper()
	var out bytes.Buffer
	if err := FromJSON(&out, strings.NewReader(in), wire.Limits{}); err != nil {
		t.Fatalf("%v\n%s", err, in)
	}
	return out.String()
}

// TestSameBytes: whatever can be read is written again byte for byte.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	whole := isa + rest
	cases := map[string]string{
		"plain": whole, "004010": isa4 + rest,
		"line feeds":              strings.ReplaceAll(whole, "~", "~\n"),
		"CRLF":                    strings.ReplaceAll(whole, "~", "~\r\n"),
		"some line feeds":         strings.ReplaceAll(strings.ReplaceAll(whole, "~", "~\n"), "~\nN", "~N"),
		"blank lines":             strings.ReplaceAll(whole, "~", "~ \r\n\n\t"),
		"byte order mark":         "\xef\xbb\xbf\r\n" + whole + "\r\n",
		"newline as terminator":   strings.ReplaceAll(whole, "~", "\n"),
		"CR LF as terminator":     strings.ReplaceAll(whole, "~", "\r\n"),
		"terminator missing":      strings.TrimSuffix(whole, "~"),
		"and blanks":              strings.TrimSuffix(whole, "~") + " \r\n",
		"end of file mark":        whole + "\x1a",
		"control characters":      strings.NewReplacer("~", "\x1c", "*", "\x1d", ">", "\x1f").Replace(whole),
		"high bytes":              strings.NewReplacer("~", "\xa7", "*", "\xb6").Replace(whole),
		"blank before terminator": strings.ReplaceAll(whole, "~", " ~"),
		"sometimes":               strings.ReplaceAll(strings.ReplaceAll(whole, "~", " ~"), "Drill ~", "Drill  ~"),
		"tab as separator":        strings.TrimSuffix(strings.ReplaceAll(whole, "*", "\t"), "~") + "\t",
		"other content first":     "//JOB EDI\r\nROUTE=ISA;UNIT=4\r\n" + whole,
		"and between":             whole + "\n-- next --\n" + whole,
		"two, other delimiters":   whole + "\n" + strings.NewReplacer("~", "'", "*", "+", ">", ":").Replace(isa4+rest),
		"no trailer":              strings.TrimSuffix(whole, "GE*1*1~IEA*1*000000101~"),
		"only ISA":                isa,
		"next ISA in a set":       isa + rest[:90] + whole,
		"TA1 alone":               isa + "TA1*000000044*261121*1200*A*000~IEA*0*000000101~",
		"stray":                   isa + "XYZ*1~" + rest,
		"empty segments":          isa + strings.Replace(rest, "N3*", "~~*~N3*", 1),
		"composites, repeats":     isa + strings.Replace(rest, "Unit 4", ">a>>b^c^^>d>^", 1),
		"trailing empties":        isa + strings.Replace(rest, "Drill", "Drill***>", 1),
		"not UTF-8":               isa + strings.Replace(rest, "Wakefield", "W\xe9k\xfffield", 1),
		"UTF-8":                   isa + strings.Replace(rest, "Wakefield", "华东\u2028\"五金\\\x7f", 1),
		"binary":                  isa + strings.Replace(rest, "CTT*2", "BIN*9*a~*>^\x00\xff~b~CTT*2", 1),
		"binary with a filter":    isa + strings.Replace(rest, "CTT*2", "BDS*ABC*3*~~~~CTT*2", 1),
		"binary, wrong length":    isa + strings.Replace(rest, "CTT*2", "BIN*9*abc~CTT*2", 1),
		"unknown set":             isa + strings.Replace(rest, "ST*850", "ST*999", 1),
		"wrong places":            isa + strings.Replace(rest, "CTT*2", "N4*X~CUR*BY*GBP~SE*1*1~BEG~CTT*2", 1),
	}
	files, err := filepath.Glob("../testdata/cases/*/in.x12")
	if err != nil || len(files) < 30 {
		t.Fatal(len(files), err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		cases[filepath.Base(filepath.Dir(name))] = string(b)
	}
	for name, in := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := toJSON(t, in)
			if got := fromJSON(t, text); got != in {
				t.Errorf("got\n%q\nwant\n%q\nby\n%s", got, in, text)
			}
			var slow bytes.Buffer
			if err := ToJSON(&slow, iotest.OneByteReader(strings.NewReader(in)), wire.Limits{}); err != nil || slow.String() != text {
				t.Errorf("a stream of single bytes gives another tree: %v", err)
			}
			if again := toJSON(t, fromJSON(t, text)); again != text {
				t.Error("the tree of the file written is another")
			}
		})
	}
}

// TestShape holds the form that the guide documents.
func TestShape(t *testing.T) {
	t.Parallel()
	got := toJSON(t, isa+"\n"+strings.ReplaceAll(rest, "~", "~\n"))
	for _, want := range []string{
		`{"edi":"tree/1","interchanges":[`,
		`"delimiters":{"element":"*","component":">","repetition":"^","terminator":"~"},"gap":"\n","nodes":[`,
		"{\"group\":\"PO\",\"nodes\":[\n[\"GS\",", "{\"set\":\"850\",\"nodes\":[\n[\"ST\",\"850\",\"0001\"]",
		"{\"loop\":\"N1\",\"nodes\":[\n[\"N1\",\"ST\",\"Wakefield\"],\n[\"N3\",\"Unit 4\"]]},\n{\"loop\":\"PO1\"",
		"{\"loop\":\"PID\",\"nodes\":[\n[\"PID\",\"F\",\"\",\"\",\"\",\"Drill\"]]}]},\n{\"loop\":\"CTT\"", `"after":"\n"}`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	good := toJSON(t, isa+rest)
	for name, in := range map[string]string{
		"empty": "", "no JSON": "ISA*00", "list": "[]", "no tree": "{}", "cut": good[:len(good)-20], "more": good + "1",
		"form":           strings.Replace(good, "tree/1", "tree/9", 1),
		"syntax":         strings.Replace(good, `"x12"`, `"edifact"`, 1),
		"delimiter":      strings.Replace(good, "Wakefield", "Wake*field", 1),
		"terminator":     strings.Replace(good, "Wakefield", "Wake~field", 1),
		"component":      strings.Replace(good, "Wakefield", "Wake>field", 1),
		"other ISA":      strings.Replace(good, `"component":">"`, `"component":":"`, 1),
		"ISA too short":  strings.Replace(good, "KESTRELSUPPLY  ", "KESTREL", 1),
		"no ISA":         strings.Replace(good, `"ISA"`, `"ISB"`, 1),
		"two bytes":      strings.Replace(good, `"terminator":"~"`, `"terminator":"~~"`, 1),
		"gap":            strings.Replace(good, `,"nodes"`, `,"gap":"x","nodes"`, 1),
		"number":         strings.Replace(good, `"Wakefield"`, `7`, 1),
		"base64":         strings.Replace(good, `"Wakefield"`, `{"base64":"*"}`, 1),
		"after an end":   strings.Replace(good, `["GE","1","1"]`, `{"segment":["GE","1","1"],"unterminated":true}`, 1),
		"nested":         strings.Replace(good, `["GE","1","1"]`, strings.Repeat(`{"loop":"X","nodes":[`, 50)+strings.Repeat("]}", 50), 1),
		"empty segment":  strings.Replace(good, `["GE","1","1"]`, `[]`, 1),
		"after":          strings.TrimSuffix(good, "}\n") + `,"after":"x"}`,
		"nothing inside": `{"edi":"tree/1","interchanges":[{"syntax":"x12","delimiters":{"element":"*","component":">","terminator":"~"},"nodes":[]}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := FromJSON(io.Discard, strings.NewReader(in), wire.Limits{}); !errors.Is(err, ErrTree) {
				t.Errorf("got %v", err)
			}
		})
	}
	var we *wire.Error
	if err := ToJSON(io.Discard, strings.NewReader("hello"), wire.Limits{}); !errors.As(err, &we) || we.Key != "not_edi" {
		t.Errorf("got %v", err)
	}
}

// TestMemory: a big file takes no more than a small one.
func TestMemory(t *testing.T) {
	var body strings.Builder
	fmt.Fprintf(&body, "%s", isa)
	for range 8_000 {
		body.WriteString(strings.TrimSuffix(rest, "IEA*1*000000101~"))
	}
	body.WriteString("IEA*1*000000101~")
	pr, pw := io.Pipe()
	go func() { pw.CloseWithError(ToJSON(pw, strings.NewReader(body.String()), wire.Limits{})) }()
	var sum counter
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if err := FromJSON(&sum, pr, wire.Limits{}); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if int(sum) != body.Len() {
		t.Errorf("%d of %d bytes", sum, body.Len())
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("%d bytes held after the run", grown)
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

// FuzzSameBytes: what becomes a tree becomes the same file again.
func FuzzSameBytes(f *testing.F) {
	f.Add([]byte(isa + rest))
	f.Add([]byte("x\n" + isa4 + strings.ReplaceAll(rest, "~", " ~\r\n")))
	f.Add([]byte(strings.ReplaceAll(isa+rest, "*", "\t") + "\t"))
	f.Add([]byte(isa + "BIN*3*~~~~IEA*0*1"))
	f.Add([]byte(wrapLines(isa+rest+isa4+rest, 80, "\r\n")))
	f.Add([]byte(wrapLines(isa+rest, 40, "\n") + "\n" + wrapLines(un, 72, "\n") + "\n" + isa4 + rest))
	f.Fuzz(func(t *testing.T, data []byte) {
		var text, back bytes.Buffer
		lim := wire.Limits{File: 1 << 20, Segment: 4096, Elements: 100}
		if err := ToJSON(&text, bytes.NewReader(data), lim); err != nil {
			return
		}
		if err := FromJSON(&back, bytes.NewReader(text.Bytes()), wire.Limits{}); err != nil {
			t.Fatalf("%v\n%s", err, text.String())
		}
		if !bytes.Equal(back.Bytes(), data) {
			t.Fatalf("%q\n%q\n%s", data, back.Bytes(), text.String())
		}
	})
}

// FuzzFromJSON: any JSON is refused, or written as a file whose tree can be had.
func FuzzFromJSON(f *testing.F) {
	var text bytes.Buffer
	if err := ToJSON(&text, strings.NewReader(isa+rest), wire.Limits{}); err != nil {
		f.Fatal(err)
	}
	f.Add(text.Bytes())
	f.Add([]byte(`{"edi":"tree/1","interchanges":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var out bytes.Buffer
		if err := FromJSON(&out, bytes.NewReader(data), wire.Limits{}); err != nil && !errors.Is(err, ErrTree) {
			t.Fatal(err)
		}
	})
}
