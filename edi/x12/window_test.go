package x12

import (
	"bytes"
	"io"
	"math/rand/v2"
	"reflect"
	"testing"

	"entente/edi/editest"
	"entente/edi/wire"
)

// bothWays reads data with the window and without; all must be the same.
func bothWays(t *testing.T, data []byte, lim wire.Limits, stream bool) {
	t.Helper()
	open := func(plain bool) *Reader {
		r := NewBytesReader(data, lim)
		if stream {
			r = NewReader(onlyReader{bytes.NewReader(data)}, lim)
		}
		r.plain = plain
		r.LookOver()
		r.KeepGaps()
		return r
	}
	a, b := open(false), open(true)
	for n := 0; ; n++ {
		x, xerr := a.Next()
		y, yerr := b.Next()
		if !reflect.DeepEqual(xerr, yerr) {
			t.Fatalf("%v and %v", xerr, yerr)
		}
		if xerr != nil {
			return
		}
		switch n % 5 { // must change nothing
		case 0, 2:
			a.Hold(x)
		case 3:
			a.LetGo()
		}
		if !bytes.Equal(x.raw, y.raw) || !reflect.DeepEqual(x.pos, y.pos) || x.Tag != y.Tag || x.Kind != y.Kind ||
			x.Offset != y.Offset || x.SetSegment != y.SetSegment || !bytes.Equal(a.Gap(), b.Gap()) || a.Tail() != b.Tail() {
			t.Fatalf("%+v and %+v", x, y)
		}
		if exact := exactTraits(x.raw, a.delim); exact&^x.Traits() != 0 {
			t.Fatalf("%q: traits %b without %b", x.raw, x.Traits(), exact)
		}
	}
}

// exactTraits looks at every byte.
func exactTraits(raw []byte, d Delimiters) (t Traits) {
	for _, c := range raw {
		switch {
		case c == d.Component:
			t |= Parted
		case c == d.Repetition && c != 0:
			t |= Repeats
		case c < ' ' || c > 0x7e:
			t |= Dirty
		}
	}
	return t
}

// TestWindow: segments cut by masks are those cut byte by byte, whatever the lengths,
// and in files with some bytes changed.
func TestWindow(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	order := editest.All(t, editest.Orders(20))
	for range 300 {
		data := bytes.Clone(order)
		for range rnd.IntN(20) {
			data[106+rnd.IntN(len(data)-106)] = "~*>^\n\r AZ\x00\x1d\xc3*~"[rnd.IntN(14)]
		}
		bothWays(t, data, wire.Limits{Segment: 2000, Elements: 40}, rnd.IntN(2) == 0)
	}
	for _, size := range []int{0, 1, 7, 8, 63, 64, 65, 127, 2000, 2048, 2049, 5000, 70_000} {
		data := append([]byte(isa5+"GS*PO*A*B*20261122*0912*1*X*005010~ST*850*0001~MSG*"), bytes.Repeat([]byte("x"), size)...)
		data = append(data, "~SE*3*0001~GE*1*1~IEA*1*000000001~"...)
		bothWays(t, data, wire.Limits{}, false)
		bothWays(t, data, wire.Limits{}, true)
	}
}

// FuzzWindow is TestWindow with any bytes.
func FuzzWindow(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		bothWays(t, data, wire.Limits{Segment: 4096, Elements: 100}, false)
		bothWays(t, data, wire.Limits{Segment: 4096, Elements: 100}, true)
	})
}

// TestReadAllocates: reading allocates nothing for a segment.
func TestReadAllocates(t *testing.T) {
	all := map[int][]byte{}
	for _, n := range []int{1_000, 5_000} {
		all[n] = editest.All(t, editest.Orders(n))
	}
	read := func(r *Reader) {
		for {
			if _, err := r.Next(); err == io.EOF {
				return
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, run := range map[string]func(int){
		"memory": func(n int) { read(NewBytesReader(all[n], wire.Limits{})) },
		"stream": func(n int) { read(NewReader(onlyReader{bytes.NewReader(all[n])}, wire.Limits{})) },
	} {
		if got := editest.Steady(t, 37, run); got > 0.0001 {
			t.Errorf("%s: %f allocations a segment", name, got)
		}
	}
}
