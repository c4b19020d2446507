package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/edi/doc"
	"entente/edi/markup"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/edi/wire"
)

// taker keeps the documents of accepted sets.
type taker struct{ out []Document }

func (*taker) Interchange(*schema.Interchange) error    { return nil }
func (*taker) Group(*schema.Group) error                { return nil }
func (*taker) GroupEnd(*schema.Group) error             { return nil }
func (*taker) InterchangeEnd(*schema.Interchange) error { return nil }
func (v *taker) Set(s *schema.Set) error {
	if s.Verdict == wire.Rejected {
		return nil
	}
	if d, _ := translate.Read(s); d != nil {
		v.out = append(v.out, d)
	}
	return nil
}

// documents are those of all the samples of X12 and EDIFACT.
func documents(t *testing.T) []Document {
	t.Helper()
	v := &taker{}
	for _, pattern := range []string{"../testdata/cases/*/in.x12", "../testdata/edifact/*/in.edi"} {
		files, _ := filepath.Glob(pattern)
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			_ = schema.ReadBytes(b, schema.Options{}, v)
		}
	}
	if len(v.out) < 100 {
		t.Fatalf("%d documents", len(v.out))
	}
	return v.out
}

// drop takes the values at the paths of lost out of a plain document.
func drop(v any, path string, gone map[string]bool) any {
	if gone[path] {
		return nil
	}
	switch x := v.(type) {
	case map[string]any:
		for k := range x {
			at := k
			if path != "" {
				at = path + "." + k
			}
			x[k] = drop(x[k], at, gone)
		}
	case []any:
		for i := range x {
			x[i] = drop(x[i], path+"["+itoa(i)+"]", gone)
		}
	}
	return v
}

func itoa(i int) string { b, _ := json.Marshal(i); return string(b) }

// values counts the texts of a plain document that are left.
func values(v any, into map[string]int) {
	switch x := v.(type) {
	case map[string]any:
		for _, e := range x {
			values(e, into)
		}
	case []any:
		for _, e := range x {
			values(e, into)
		}
	case string:
		into[x]++
	}
}

// TestNothingLostUnsaid: every document of the samples is written in every format that
// has it; whatever is not told as lost is in what reads back. JSON loses nothing.
func TestNothingLostUnsaid(t *testing.T) {
	t.Parallel()
	written := map[string]int{}
	for _, d := range documents(t) {
		for _, name := range Names() {
			var b bytes.Buffer
			told, bad, err := Write(&b, d, name, Options{IDoc: control})
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, b.Bytes())
			}
			if len(bad) > 0 {
				continue
			}
			written[name]++
			if name == JSON && len(told) > 0 {
				t.Errorf("JSON lost %+v", told)
			}
			items, err := Read(&b, name, Options{})
			if err != nil || len(items) != 1 {
				t.Fatalf("%s: %v", name, err)
			}
			gone := map[string]bool{}
			for _, l := range told {
				gone[l.Path] = true
			}
			want, _ := plain(d)
			got, _ := plain(items[0].Document)
			kept, back := map[string]int{}, map[string]int{}
			values(drop(want, "", gone), kept)
			values(got, back)
			for v, n := range kept {
				if v != "" && back[v] < n {
					t.Errorf("%s: %q was lost unsaid (told %+v)", name, v, told)
				}
			}
		}
	}
	for _, name := range Names() {
		if written[name] < 20 {
			t.Errorf("%s: only %d written", name, written[name])
		}
	}
}

// TestLostIsTold: a bill-back is never written where it would change the total, and that
// is told; so is what a format has no place for.
func TestLostIsTold(t *testing.T) {
	t.Parallel()
	d := &doc.Invoice{Number: "I-1", Date: "2026-11-22", Total: "20.00", Lines: []doc.InvoiceLine{{Line: doc.Line{Number: "1", Quantity: "2", Unit: "EA", Price: "10", Items: []doc.ItemID{{Qualifier: "VP", ID: "A"}}}, Amount: "20.00"}}}
	d.Currency = "GBP"
	d.Allowances = []doc.Allowance{{Indicator: "A", Method: "01", Amount: "5.00", Code: "F800"}}
	d.Requirements = []string{"SC"}
	for _, name := range Names() {
		var b bytes.Buffer
		told, bad, err := Write(&b, d, name, Options{IDoc: control})
		if err != nil || len(bad) > 0 {
			t.Fatal(name, err, bad)
		}
		items, err := Read(&b, name, Options{})
		if err != nil || len(items[0].Document.Validate()) > 0 {
			t.Errorf("%s: %v %+v", name, err, items)
		}
		if name == JSON {
			continue
		}
		all := ""
		for _, l := range told {
			all += l.Path + " "
		}
		if !strings.Contains(all, "allowances[0]") || !strings.Contains(all, "requirements[0]") {
			t.Errorf("%s: told %s", name, all)
		}
	}
}

// TestStrictJSON: what is not of the form is refused with its place.
func TestStrictJSON(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"type":"850","document":{"number":"1","dat":"2026-11-22"}}`:           "json.unknown document.dat",
		`{"type":"850","document":{"lines":[{"quantity":"1"},{"quantity":2}]}}`: "json.text document.lines[1].quantity",
		`{"type":"850","document":{"lines":{"quantity":"1"}}}`:                  "json.list document.lines",
		`{"type":"850","document":{"number":"1","number":"2"}}`:                 "json.twice document.number",
		`{"type":"850","document":{"Number":"1"}}`:                              "json.unknown document.Number",
		`{"type":"850","document":{"line_count":"1"}}`:                          "json.number document.line_count",
		`{"type":"850","document":{"allowances":[{"charge":"yes"}]}}`:           "json.bool document.allowances[0].charge",
		`{"type":"999","document":{}}`:                                          "json.type 999",
		`{"type":"850"}`:                                                        "json.missing document",
		`{"type":"850","version":2,"document":{}}`:                              "json.version 2",
		`{"typ":"850","document":{}}`:                                           "json.unknown typ",
		`{"type":"850","document":{}`:                                           "json.syntax unexpected EOF",
		`{"type":"850","document":` + strings.Repeat("[", 200) + `}`:            "limit.nesting ",
		`[]]`: "json.syntax invalid character ']' looking for beginning of value",
		``:    "empty ",
	} {
		_, err := Read(strings.NewReader(in), JSON, Options{Limits: markup.Default})
		var w *wire.Error
		if !errors.As(err, &w) || w.Key+" "+w.Value != want {
			t.Errorf("%s: %v, not %s", in, err, want)
		}
	}
	list, err := Read(strings.NewReader(`[{"type":"850","document":{"number":"1"}},{"type":"ORDERS","document":{"number":"2"}}] {"type":"810","version":1,"document":{"number":"3"}}`), JSON, Options{})
	if err != nil || len(list) != 3 || list[1].Type != "850" || list[2].Number != "3" || len(list[0].Problems) == 0 {
		t.Errorf("%v %+v", err, list)
	}
}
