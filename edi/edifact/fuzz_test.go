package edifact

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"entente/edi/wire"
)

func seed(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("../testdata/edifact/*/in.edi")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(unb3 + small + unz))
	f.Add([]byte("UNA:+.? '"))
	f.Add([]byte(wrapLines(unb3+wide+unz, 40, "\n")))
	f.Add([]byte(packageFile))
	f.Add([]byte("UNA;*,! ~UNB*UNOA;2*A*B*261122;0912*R~UNH*1~XYZ*?!~~UNT"))
	f.Add([]byte("UNB+UNOY:4+A+B+20261122:0912+R'UNH+1+ORDERS:D:01B:UN'XYZ+a*b:c*d??'UNT+3+1'UNZ+1+R'"))
}

// FuzzRead: never a panic; memory and stream agree; positions rise and stay in the
// file; no segment but the last holds its terminator unreleased.
func FuzzRead(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		lim := wire.Limits{File: 1 << 20, Segment: 4096, Elements: 100}
		a, aerr := dump(NewBytesReader(data, lim))
		b, berr := dump(NewReader(&pieces{data, 5}, lim))
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
			if s.Kind != wire.Object {
				naive(t, s, r.Delimiters())
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

// naive cuts a segment byte by byte and compares.
func naive(t *testing.T, s *Segment, d Delimiters) {
	t.Helper()
	if s.Kind == wire.InterchangeStart {
		d.Repetition = 0
	}
	want := []Mark{0}
	raw := s.Raw()
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == d.Terminator:
			t.Fatalf("%q holds its terminator", raw)
		case c == d.Element:
			want = append(want, makeMark(i+1, SepElement))
		case c == d.Component:
			want = append(want, makeMark(i+1, SepComponent))
		case c == d.Release && c != 0:
			i++
		case c == d.Repetition && c != 0:
			want = append(want, makeMark(i+1, SepRepeat))
		}
	}
	want = append(want, makeMark(len(raw)+1, SepElement))
	got := s.Marks()
	if len(got) != len(want) {
		t.Fatalf("%q: %d marks, not %d", raw, len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%q: mark %d is %d, not %d", raw, i, got[i], want[i])
		}
	}
}

// FuzzRoundTrip: the texts of a file, written anew in UTF-8, read the same.
func FuzzRoundTrip(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		first := bodies(data)
		if len(first) == 0 {
			return
		}
		var out bytes.Buffer
		h := Header{Syntax: "UNOY", SyntaxVersion: "4", Encoding: "7", Sender: "A", Recipient: "B", Date: "20261122", Time: "0912", Reference: "1"}
		w := NewWriter(&out, DefaultDelimiters("4"), "\n")
		if err := w.BeginInterchange(h); err != nil {
			t.Fatal(err)
		}
		if err := w.BeginMessage("1", MessageID{Type: "ORDERS", Version: "D", Release: "96A", Agency: "UN"}); err != nil {
			t.Fatal(err)
		}
		for _, s := range first {
			if err := w.Segment(s); err != nil {
				var bad *DataError
				if !errors.As(err, &bad) {
					t.Fatal(err)
				}
				return
			}
		}
		if err := errors.Join(w.EndMessage(), w.EndInterchange()); err != nil {
			t.Fatal(err)
		}
		second := bodies(out.Bytes())
		if len(first) != len(second) {
			t.Fatalf("%d and %d segments\n%s", len(first), len(second), out.Bytes())
		}
		for i := range first {
			if !same(first[i], second[i]) {
				t.Fatalf("%q became %q\n%s", first[i], second[i], out.Bytes())
			}
		}
	})
}

// bodies reads the segments within messages up to the first repetition or error.
func bodies(data []byte) []Seg {
	r := NewBytesReader(data, wire.Limits{Elements: 100})
	var out []Seg
	for {
		s, err := r.Next()
		if err != nil {
			return out
		}
		if s.Kind != wire.Body {
			continue
		}
		seg := Seg{ID: s.ID()}
		m := s.Marks()
		for i := 1; i+1 < len(m); i++ {
			v := s.Decode(s.Raw()[m[i].Start() : m[i+1].Start()-1])
			switch {
			case m[i].Sep() == SepRepeat:
				return out
			case m[i].Sep() == SepElement || len(seg.Els) == 0:
				seg.Els = append(seg.Els, []string{v})
			default:
				seg.Els[len(seg.Els)-1] = append(seg.Els[len(seg.Els)-1], v)
			}
		}
		out = append(out, seg)
	}
}

// same compares two segments, empty ends not counted.
func same(a, b Seg) bool {
	at := func(s Seg, i, c int) string {
		if i < len(s.Els) && c < len(s.Els[i]) {
			return s.Els[i][c]
		}
		return ""
	}
	for i := range max(len(a.Els), len(b.Els)) {
		n := 0
		if i < len(a.Els) {
			n = len(a.Els[i])
		}
		if i < len(b.Els) {
			n = max(n, len(b.Els[i]))
		}
		for c := range n {
			if at(a, i, c) != at(b, i, c) {
				return false
			}
		}
	}
	return a.ID == b.ID
}
