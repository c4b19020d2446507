package x12

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
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
