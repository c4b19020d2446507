package x12

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"entente/edi/wire"
)

// wrapped cuts a text into lines of one width, as mailboxes do.
func wrapped(in string, width int, brk string) string {
	var b strings.Builder
	for len(in) > width {
		b.WriteString(in[:width] + brk)
		in = in[width:]
	}
	return b.String() + in
}

// TestWrapped: a wrapped file reads as the plain one; every offset leads to the same
// byte of the file.
func TestWrapped(t *testing.T) {
	t.Parallel()
	long := isa5 + strings.Replace(small, "P1", strings.Repeat("ABCDEFGHIJ ", 40), 1)
	for name, plain := range map[string]string{
		"small": isa5 + small, "long element": long, "two": isa5 + small + isa4 + small, "no terminator": strings.TrimSuffix(long, "~"),
		"blanks before terminators": strings.ReplaceAll(isa5+small, "~", "  ~"), "binary": isa5 + strings.Replace(small, "SE*3", "BIN*300*"+strings.Repeat("a~b", 100)+"~SE*4", 1),
		"wrong binary": isa5 + strings.Replace(small, "SE*3", "BIN*9*abc~SE*4", 1),
		"no trailer":   isa5 + small[:60] + "~" + isa5 + small,
	} {
		for _, width := range []int{16, 20, 35, 72, 80, 100, 104} {
			for _, brk := range []string{"\n", "\r\n"} {
				for _, end := range []string{"", brk, brk + brk + "\x1a"} {
					t.Run(fmt.Sprint(name, width, brk, end), func(t *testing.T) {
						t.Parallel()
						in := wrapped(plain, width, brk) + end
						same(t, plain, in, width)
					})
				}
			}
		}
	}
}

// same holds a wrapped text against the plain one.
func same(t *testing.T, plain, in string, width int) {
	t.Helper()
	a := NewBytesReader([]byte(plain), wire.Limits{})
	rs := []*Reader{
		NewBytesReader([]byte(in), wire.Limits{}), NewReader(iotest.OneByteReader(strings.NewReader(in)), wire.Limits{}),
		NewReader(strings.NewReader(in), wire.Limits{}),
	}
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
			if !bytes.Equal(got.Raw(), want.Raw()) || got.Kind != want.Kind || got.FileSegment != want.FileSegment || got.SetSegment != want.SetSegment || got.Len() != want.Len() {
				t.Fatalf("segment %d: %q, not %q", n, got.Raw(), want.Raw())
			}
			for i := 1; i <= got.Len(); i++ {
				if !bytes.Equal(got.El(i), want.El(i)) {
					t.Fatalf("%q: element %d is %q", want.Raw(), i, got.El(i))
				}
			}
			for i, c := range got.Raw() {
				if in[got.At(i)] != c {
					t.Fatalf("byte %d of %q stands at %d, there is %q", i, got.Raw(), got.At(i), in[got.At(i)])
				}
			}
			if w, ok := r.Wrapped(); !ok || w.Width != width {
				t.Fatalf("segment %d: wrapped at %d, %v", n, w.Width, ok)
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

// TestWrappedOtherwise: lines that were not cut at one column.
func TestWrappedOtherwise(t *testing.T) {
	t.Parallel()
	each := wrapped(isa5, 80, "\n") + "\n" + strings.ReplaceAll(small, "~", "~\n")
	if got, err := ids(t, each); err != nil || got != "ISA GS ST BEG SE GE IEA" {
		t.Error("a line for each segment, long ones wrapped:", got, err)
	}
	whole := wrapped(isa5+small, 80, "\n")
	for name, tc := range map[string]struct {
		in     string
		offset int64
	}{
		"short line": {whole[:170] + "\n" + whole[170:], 170},
		"long line":  {whole[:100] + "XXX" + whole[100:], 161},
	} {
		_, err := ids(t, tc.in)
		if e, ok := errors.AsType[*wire.Error](err); !ok || e.Key != "isa.shape" && (e.Key != "wrap.irregular" || e.Pos.Offset != tc.offset) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Line breaks that are terminators wrap nothing.
	for _, in := range []string{strings.ReplaceAll(isa5+small, "~", "\n"), strings.ReplaceAll(isa5+small, "~", "\r\n"), strings.ReplaceAll(isa5+small, "~", "\r")} {
		r := NewReader(strings.NewReader(in), wire.Limits{})
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		if _, ok := r.Wrapped(); ok {
			t.Errorf("%q is said to be wrapped", in)
		}
	}
}
