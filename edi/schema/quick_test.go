package schema

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"entente/edi/edifact"
	"entente/edi/editest"
	"entente/edi/wire"
	"entente/edi/x12"
)

// holdQuick fails when the quick look passes a segment in which the full one finds
// something. It counts the segments passed.
func holdQuick(t *testing.T, data []byte) (passed int) {
	t.Helper()
	if edifact.Is(data[:min(len(data), sniffLen)]) {
		return holdQuickUN(t, data)
	}
	r := x12.NewBytesReader(data, wire.Limits{})
	r.LookOver()
	rel := releaseOf("005010")
	for {
		s, err := r.Next()
		if err != nil {
			return passed
		}
		if s.Kind == wire.GroupStart {
			if rel = releaseOf(x12.GroupOf(s).Version); rel == nil {
				rel = releaseOf("005010")
			}
		}
		def := rel.segments[s.Tag]
		if def == nil || !def.fine(s) {
			continue
		}
		passed++
		j := judge{limit: 1}
		j.begin(rel, nil, r.Delimiters())
		if j.elements(s, def); len(j.findings) > 0 {
			t.Fatalf("%q passed, but %+v", s.Raw(), j.findings[0])
		}
	}
}

func holdQuickUN(t *testing.T, data []byte) (passed int) {
	t.Helper()
	r := edifact.NewBytesReader(data, wire.Limits{})
	for {
		s, err := r.Next()
		if err != nil {
			return passed
		}
		for _, name := range []string{"D96A", "D01B"} {
			dir := directoryNamed(name)
			def := dir.segments[s.Tag]
			if def == nil {
				continue
			}
			j := unJudge{limit: 1}
			set, _ := r.Charset()
			j.begin(dir, nil, set, "EAN008")
			if !j.fine(s, def) {
				continue
			}
			passed++
			if j.elements(s, def); len(j.findings) > 0 {
				t.Fatalf("%q passed, but %+v", s.Raw(), j.findings[0])
			}
		}
	}
}

func allCases(t testing.TB) (out [][]byte) {
	t.Helper()
	for _, pattern := range []string{"../testdata/cases/*/in.x12", "../testdata/edifact/*/in.edi"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, b)
		}
	}
	return out
}

// TestQuickLook: what passes the quick look is without fault, in all cases and in
// orders with some bytes changed; and it passes nearly all of good orders.
func TestQuickLook(t *testing.T) {
	t.Parallel()
	for _, data := range allCases(t) {
		holdQuick(t, data)
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	for name, std := range standards {
		order := editest.All(t, std.sets(3))
		if got := holdQuick(t, order); got < 3*(std.segments-8) {
			t.Errorf("%s: %d passed", name, got)
		}
		for range 400 {
			data := bytes.Clone(order)
			for range 1 + rnd.IntN(30) {
				data[160+rnd.IntN(len(data)-160)] = "~*>^'+:? .,-0129AZaz\x00\xc3"[rnd.IntN(22)]
			}
			holdQuick(t, data)
		}
	}
}

// FuzzQuick is TestQuickLook with any bytes.
func FuzzQuick(f *testing.F) {
	for _, data := range allCases(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { holdQuick(t, data) })
}

// TestQuickValues: the fast checks of values say what the slow ones do.
func TestQuickValues(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(5, 6))
	number := &element{kind: kindR, min: 1, max: 8}
	for range 200_000 {
		v := make([]byte, 1+rnd.IntN(8), 16)
		for i := range v {
			v[i] = "0123456789012345678.-/:\xb0\x2e\xff"[rnd.IntN(26)]
		}
		p := packed(v, 0, len(v))
		if p != packCode(v) {
			t.Fatalf("%q is packed as %x", v, p)
		}
		if n := quickDigits(p, len(v), true); n >= 0 && (checkNumber(number, v) != fine || n != len(v)-bytes.Count(v, []byte("."))) {
			t.Fatalf("%q: %d digits", v, n)
		}
		if len(v) == 8 && quickDay(p) && !validDate(v) {
			t.Fatalf("%q is a day", v)
		}
	}
	for _, day := range []string{"20240228", "19991231", "20261122"} {
		if got := quickDay(packCode([]byte(day))); got != (day != "19991231") {
			t.Errorf("%s: %v", day, got)
		}
	}
	if quickDigits(packCode([]byte("123.45")), 6, true) != 5 || quickDigits(packCode([]byte("123")), 3, false) != 3 {
		t.Error("good numbers are not seen")
	}
}

// TestHeldBounds: the segments of a set that a Visitor is given are whole, however
// long the set and whatever came before it; one that is too long is given as far as
// it was kept.
func TestHeldBounds(t *testing.T) {
	t.Parallel()
	for name, std := range standards {
		data := editest.All(t, std.sets(60))
		for _, stream := range []bool{false, true} {
			v := &comparing{t: t, data: data}
			var err error
			if stream {
				err = Read(onlyReader{bytes.NewReader(data)}, Options{SkipSets: 2}, v)
			} else {
				err = ReadBytes(data, Options{SkipSets: 2}, v)
			}
			if err != nil || v.n != 58*std.segments {
				t.Fatal(name, err, v.n)
			}
		}
		v := &comparing{t: t, data: data}
		if err := ReadBytes(data, Options{Limits: wire.Limits{Set: 500}}, v); err != nil || v.n == 0 || v.n > 60*std.segments*2/3 {
			t.Fatal(name, err, v.n)
		}
	}
}

// comparing holds the segments of sets against the file.
type comparing struct {
	passing
	t    *testing.T
	data []byte
}

func (v *comparing) Set(s *Set) error {
	for i := range s.Segments {
		seg := &s.Segments[i]
		for el := 1; el <= seg.Len(); el++ {
			if at := seg.ElOffset(el); !bytes.HasPrefix(v.data[at:], append(seg.El(el), v.data[at+int64(len(seg.El(el)))])) {
				return errors.New("not what stands in the file")
			}
		}
		if !bytes.HasPrefix(v.data[seg.Offset:], seg.Raw()) || seg.SetSegment != i+1 {
			return errors.New(string(seg.Raw()))
		}
		v.n++
	}
	for i := range s.Un {
		seg := &s.Un[i]
		if !bytes.HasPrefix(v.data[seg.Offset:], seg.Raw()) || seg.SetSegment != i+1 {
			return errors.New(string(seg.Raw()))
		}
		if el := seg.El(1, 1); !bytes.HasPrefix(v.data[seg.ElOffset(1, 1):], el) {
			return errors.New(string(el))
		}
		v.n++
	}
	return nil
}
