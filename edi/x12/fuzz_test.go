package x12

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/edi/wire"
)

func seed(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("../testdata/cases/*/in.x12")
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(isa4 + small))
	f.Add([]byte(wrapped(isa5+small, 80, "\r\n")))
	f.Add([]byte(wrapped(isa5+small+isa4+small, 60, "\n")))
	f.Add([]byte("UNA:+.? '"))
	f.Add([]byte(isa5 + "GS*"))
}

// FuzzRead: never a panic; memory and stream agree; positions rise and stay in the
// file.
func FuzzRead(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		lim := wire.Limits{File: 1 << 20, Segment: 4096, Elements: 100}
		a, aerr := dump(NewBytesReader(data, lim))
		b, berr := dump(NewReader(onlyReader{bytes.NewReader(data)}, lim))
		if a != b || (aerr == nil) != (berr == nil) {
			t.Fatalf("memory and stream differ:\n%s%v\n%s%v", a, aerr, b, berr)
		}
		var e *wire.Error
		if aerr != nil && !errors.As(aerr, &e) {
			t.Fatalf("error of another kind: %v", aerr)
		}
		r := NewBytesReader(data, lim)
		last := int64(-1)
		for {
			s, err := r.Next()
			if err != nil {
				break
			}
			if s.Offset <= last || s.Offset+int64(len(s.Raw())) > int64(len(data)) {
				t.Fatalf("offset %d after %d of %d", s.Offset, last, len(data))
			}
			last = s.Offset
			for i, c := range s.Raw() {
				if at := s.At(i); at >= int64(len(data)) || data[at] != c {
					t.Fatalf("byte %d of %q is not at %d", i, s.Raw(), at)
				}
			}
		}
		envelopes, _ := ScanBytes(data, lim)
		for _, env := range envelopes {
			if env.Offset < 0 || env.Length < 0 || env.Offset+env.Length > int64(len(data)) {
				t.Fatalf("envelope %d+%d of %d", env.Offset, env.Length, len(data))
			}
		}
	})
}

// FuzzRoundTrip: what is read and written again reads the same.
func FuzzRoundTrip(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		first, written, err := copyFile(data)
		if !errors.Is(err, io.EOF) {
			return
		}
		second, again, err := copyFile([]byte(written))
		if !errors.Is(err, io.EOF) || first != second || written != again {
			t.Fatalf("%v\n%q\n%q\n%q\n%q", err, first, second, written, again)
		}
	})
}

// FuzzWrapped: an interchange cut into lines of any width reads as the plain one.
func FuzzWrapped(f *testing.F) {
	f.Add([]byte(isa5+small), uint8(64))
	f.Add([]byte(isa4+small), uint8(0))
	f.Add([]byte(strings.ReplaceAll(isa5+small, "~", "  ~")), uint8(20))
	f.Add([]byte(isa5+strings.Replace(small, "SE*3", "BIN*7*a~b~c~d~SE*4", 1)), uint8(33))
	f.Fuzz(func(t *testing.T, data []byte, n uint8) {
		width := wire.MinWrap + int(n)%(104-wire.MinWrap)
		if !bytes.HasPrefix(data, []byte("ISA")) || bytes.ContainsAny(data, "\r\n") || bytes.Count(data, []byte("ISA")) > 1 {
			return
		}
		lim := wire.Limits{File: 1 << 20, Segment: 4096, Elements: 100}
		if _, err := NewBytesReader(data, lim).Next(); err != nil {
			return
		}
		a := NewBytesReader(data, lim)
		in := []byte(wrapped(string(data), width, "\n"))
		if len(in) < isaLen || isaShape(in) {
			return // the ISA fits as it is: nothing shows that it is wrapped
		}
		b := NewReader(onlyReader{bytes.NewReader(in)}, lim)
		for {
			want, err := a.Next()
			got, gerr := b.Next()
			if err != nil || gerr != nil {
				if fmt.Sprint(keyOf(err)) != fmt.Sprint(keyOf(gerr)) {
					t.Fatalf("%v, %v\n%q", err, gerr, in)
				}
				return
			}
			if !bytes.Equal(want.Raw(), got.Raw()) || want.Len() != got.Len() || want.Kind != got.Kind || a.Tail() != b.Tail() {
				t.Fatalf("%q, %q", want.Raw(), got.Raw())
			}
			for i, c := range got.Raw() {
				if in[got.At(i)] != c {
					t.Fatalf("byte %d of %q is not at %d", i, got.Raw(), got.At(i))
				}
			}
		}
	})
}

// keyOf is the key of an error, or the error itself.
func keyOf(err error) any {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e.Key
	}
	return err
}
