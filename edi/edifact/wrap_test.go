package edifact

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"entente/edi/wire"
)

// wrapLines cuts a text into lines of one width, as mailboxes do.
func wrapLines(in string, width int, brk string) string {
	var b strings.Builder
	for len(in) > width {
		b.WriteString(in[:width] + brk)
		in = in[width:]
	}
	return b.String() + in
}

const wide = "UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+PO1+9'DTM+137:20261122:102'FTX+AAI+++FRAGILE??: HANDLE WITH CARE?' OR NOT'" +
	"NAD+BY+5790000000012::9++KESTREL SUPPLY+UNIT 4+WAKEFIELD++WF27AZ+GB'LIN+1++5790000001234:SRV'QTY+21:12'UNS+S'UNT+9+1'"

// TestWrapped: a wrapped file reads as the plain one; every offset leads to the same
// byte of the file.
func TestWrapped(t *testing.T) {
	t.Parallel()
	for name, plain := range map[string]string{
		"plain": unb3 + wide + unz, "two": unb3 + wide + unz + unb3 + wide + unz, "UNA": "UNA:+.? '" + unb3 + wide + unz,
		"own UNA":       strings.NewReplacer("'", "~", "+", "|", "?~", "?'").Replace("UNA:+.? '" + unb3 + wide + unz),
		"two, own UNA":  "UNA:+.? '" + unb3 + wide + unz + "UNA:+.? '" + unb3 + wide + unz,
		"no terminator": unb3 + wide + strings.TrimSuffix(unz, "'"), "no trailer": unb3 + wide + unb3 + wide + unz,
		"control": strings.NewReplacer(":", "\x1f", "+", "\x1d", "'", "\x1c").Replace(unb3 + small + small + small + unz),
	} {
		for _, width := range []int{16, 20, 35, 50, 72, 80, 100} {
			for _, brk := range []string{"\n", "\r\n"} {
				for _, end := range []string{"", brk, brk + brk + "\x1a"} {
					t.Run(fmt.Sprint(name, width, brk, end), func(t *testing.T) {
						t.Parallel()
						sameFile(t, plain, wrapLines(plain, width, brk)+end, width)
					})
				}
			}
		}
	}
}

// sameFile holds a wrapped text against the plain one.
func sameFile(t *testing.T, plain, in string, width int) {
	t.Helper()
	a := NewBytesReader([]byte(plain), wire.Limits{})
	rs := []*Reader{NewBytesReader([]byte(in), wire.Limits{}), NewReader(&pieces{[]byte(in), 1}, wire.Limits{}), NewReader(strings.NewReader(in), wire.Limits{})}
	for n := 0; ; n++ {
		want, err := a.Next()
		for _, r := range rs {
			got, gerr := r.Next()
			if !errors.Is(gerr, err) && err != nil || err == nil && gerr != nil {
				t.Fatalf("segment %d: %v, not %v\n%q", n, gerr, err, in)
			}
			if err != nil {
				continue
			}
			if tokens(got) != tokens(want) || !bytes.Equal(got.Raw(), want.Raw()) || got.Kind != want.Kind || got.FileSegment != want.FileSegment || got.SetSegment != want.SetSegment {
				t.Fatalf("segment %d: %q, not %q", n, got.Raw(), want.Raw())
			}
			for i, c := range got.Raw() {
				if in[got.At(i)] != c {
					t.Fatalf("byte %d of %q stands at %d, there is %q", i, got.Raw(), got.At(i), in[got.At(i)])
				}
			}
			if w, ok := r.Wrapped(); !ok || w.Width != width {
				t.Fatalf("segment %d: wrapped at %d, %v\n%q", n, w.Width, ok, in)
			}
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestNotWrapped: lines that were not cut at one column are read as they stand.
func TestNotWrapped(t *testing.T) {
	t.Parallel()
	whole := unb3 + wide + unz
	for name, in := range map[string]string{
		"plain": whole, "a line a segment": strings.ReplaceAll(whole, "'", "'\n"), "one break in a text": strings.Replace(whole, "HANDLE", "\nHANDLE", 1),
		"two breaks": strings.Replace(strings.Replace(whole, "HANDLE", "\nHANDLE", 1), "UNIT", "\nUNIT", 1), "terminator": strings.ReplaceAll("UNA:+.? '"+whole, "'", "\n"),
		"a line a segment, a break in a text": strings.Replace(strings.ReplaceAll(whole, "'", "'\r\n"), "HANDLE", "\r\nHANDLE", 1),
		"mixed breaks":                        whole[:80] + "\n" + whole[80:160] + "\r\n" + whole[160:],
	} {
		r := NewBytesReader([]byte(in), wire.Limits{})
		for err := error(nil); err == nil; _, err = r.Next() {
			if w, ok := r.Wrapped(); ok {
				t.Errorf("%s: wrapped at %d", name, w.Width)
				break
			}
		}
	}
	// A line that differs further on ends reading at its place.
	long := wrapLines(unb3+strings.Repeat(wide, 20)+unz, 80, "\n")
	in := long[:3000] + "\n" + long[3000:]
	_, err := dump(NewBytesReader([]byte(in), wire.Limits{}))
	if e, ok := errors.AsType[*wire.Error](err); !ok || e.Key != "wrap.irregular" || e.Pos.Offset != 3000 {
		t.Error(err)
	}
}
