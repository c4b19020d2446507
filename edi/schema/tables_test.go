package schema

import (
	"errors"
	"strings"
	"testing"
)

// TestTableErrors: each key of a TableError has a line that gives it, with its number.
func TestTableErrors(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for line, want := range map[string]string{
		"el": "short", "elements 1": "word", "com C1": "empty", "el 1 XX 1 2": "type", "el 1 AN 3 2": "lengths", "code 1": "codes",
		"seg AB 1:x": "repeat", "seg AB (1 2": "run", "seg AB (1)x60 2 2 2 2": "elements", "seg ABCD 1": "tag", "seg AB 1 2 | P0103": "note",
		"seg AB 1 2 ... | P0103": "note", "set 1 AB (1 AA": "brackets", "set 1 AB": "segments", "set 1 AB AA:x": "bound", "set 1 AB (1 (1 AA))": "head",
		"set 1 AB " + strings.Repeat("(1 AA ", 20): "nesting",
	} {
		_, err := ReadTables("# remark\n\nel 1 AN 1 1\n"+line, "005010")
		var te *TableError
		if !errors.As(err, &te) || te.Key != want || te.Line != 4 {
			t.Errorf("%s: %v, want %s in line 4", line, err, want)
			continue
		}
		seen[te.Key] = true
	}
	for text, want := range map[string]string{"seg AB 9": "element_unknown", "com C1 9": "element_unknown", "set 1 XX AB": "segment_unknown", "el 1 AN 1 1": "set_unknown"} {
		tables, err := ReadTables(text, "005010")
		if err != nil {
			t.Fatal(err)
		}
		_, err = tables.Compile("005010", "1")
		var te *TableError
		if !errors.As(err, &te) || te.Key != want {
			t.Errorf("%s: %v, want %s", text, err, want)
			continue
		}
		seen[te.Key] = true
	}
	for _, k := range TableKeys() {
		if !seen[k] {
			t.Errorf("no case for %s", k)
		}
	}
}

// FuzzTables: definitions are refused, or written as lines that read the same, and judge
// without a panic.
func FuzzTables(f *testing.F) {
	f.Add("el 9001 ID 4 4 @006020 1 5\ncode 9001 closed WAVE\nseg ZZA 9001! (127 9001)x3 ... | C0201 PP02-05\nset 850 PO BEG! {005010 ZZA:2 } (> PO1! (9! PID! ZZA))", "005010")
	f.Add("el 9001 an3\ncom C9 9001! 9001\nseg QQQ C9 9001:3 | D5(020,010)\nset ORDERS BGM! QQQ (9 LIN! QTY) UNS", "D96A")
	x := sampleFile(f, "850-rich")
	un := []byte("UNB+UNOC:4+K:ZZZ+A:ZZZ+261122:0912+101'UNH+1+ORDERS:D:96A:UN'BGM+220*230+1+9'QQQ+a:b*c+d'LIN+1'QTY+21:4'UNS+S'UNT+7+1'UNZ+1+101'")
	f.Fuzz(func(t *testing.T, text, edition string) {
		base := TablesOf(edition)
		if base == nil || len(text) > 1<<12 {
			return
		}
		tables, err := base.With(text, edition)
		if err != nil {
			return
		}
		set, in := "850", x
		if IsDirectory(edition) {
			set, in = "ORDERS", un
		}
		dict, err := tables.Compile(edition, set)
		if err != nil {
			return
		}
		again, err := ReadTables(strings.Join(tables.Lines(set), "\n"), edition)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := strings.Join(tables.Lines(set), "\n"), strings.Join(again.Lines(set), "\n"); a != b {
			t.Fatalf("%s\n%s", a, b)
		}
		if _, err := CheckBytes(in, Options{Own: []*Dictionary{dict}}); err != nil {
			t.Fatal(err)
		}
	})
}
