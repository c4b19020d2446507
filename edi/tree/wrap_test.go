package tree

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"entente/edi/wire"
)

func wrapLines(in string, width int, brk string) string {
	var b strings.Builder
	for len(in) > width {
		b.WriteString(in[:width] + brk)
		in = in[width:]
	}
	return b.String() + in
}

var wrapField = regexp.MustCompile(`,"wrap":\{[^}]*\}`)

// TestWrappedSameBytes: a wrapped file has the tree of the plain one, but for the
// field that says so, and becomes the same bytes again.
func TestWrappedSameBytes(t *testing.T) {
	t.Parallel()
	whole, una := isa+rest, "UNA:+.? '"+un
	for name, plain := range map[string]string{
		"X12": whole, "two": whole + isa4 + rest, "no terminator": strings.TrimSuffix(whole, "~"), "blanks": strings.ReplaceAll(whole, "~", "  ~"),
		"EDIFACT": un, "UNA": una, "two of EDIFACT": una + una, "EDIFACT, no terminator": strings.TrimSuffix(una, "'"),
	} {
		for _, width := range []int{20, 64, 72, 80} {
			for _, brk := range []string{"\n", "\r\n"} {
				for _, end := range []string{"", brk} {
					t.Run(fmt.Sprint(name, width, brk, end), func(t *testing.T) {
						t.Parallel()
						in := wrapLines(plain, width, brk) + end
						text := toJSON(t, in)
						if !wrapField.MatchString(text) {
							t.Fatalf("not wrapped:\n%s", text)
						}
						if got := fromJSON(t, text); got != in {
							t.Errorf("got\n%q\nwant\n%q\nby\n%s", got, in, text)
						}
						var slow bytes.Buffer
						if err := ToJSON(&slow, iotest.OneByteReader(strings.NewReader(in)), wire.Limits{}); err != nil || slow.String() != text {
							t.Errorf("a stream of single bytes gives another tree: %v", err)
						}
					})
				}
			}
		}
	}
}

// TestMixed: both standards in one file, blanks or nothing between them.
func TestMixed(t *testing.T) {
	t.Parallel()
	x, e := isa+rest, un
	files, err := filepath.Glob("../testdata/edifact/orders-*/in.edi")
	if err != nil || len(files) < 10 {
		t.Fatal(err)
	}
	more, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]string{
		"X12 first": x + e, "EDIFACT first": e + x, "lines between": x + "\r\n" + e + "\n \n" + x + "\n", "many": strings.Repeat(e+"\n"+x+e, 50),
		"UNA": x + "UNA:+.? '\n" + e + x, "wrapped": wrapLines(x, 80, "\n") + "\n" + wrapLines(e, 80, "\n") + "\n" + x,
		"other content between": "head\n" + e + "\n-- next --\n" + e + "\n" + x + "\n-- next --\n" + x, "end missing": x + strings.TrimSuffix(e, "'"),
		"golden": x + string(more),
	} {
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
			if got, want := strings.Count(text, `{"syntax":`), strings.Count(in, "ISA*")+strings.Count(in, "UNB+"); got != want {
				t.Errorf("%d interchanges, not %d", got, want)
			}
		})
	}
}
