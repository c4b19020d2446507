package edifact

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
			r = NewReader(&pieces{data, 7}, lim)
		}
		r.plain = plain
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
		if !bytes.Equal(x.raw, y.raw) || !reflect.DeepEqual(x.marks, y.marks) || x.Tag != y.Tag || x.Kind != y.Kind ||
			x.Offset != y.Offset || x.SetSegment != y.SetSegment || x.Released != y.Released || y.High && !x.High && high(y.raw) {
			t.Fatalf("%+v and %+v", x, y)
		}
	}
}

func high(b []byte) bool { return bytes.ContainsFunc(b, func(r rune) bool { return r > 0x7f }) }

// TestWindow: segments cut by masks are those cut byte by byte, whatever the lengths,
// and in files with some bytes changed.
func TestWindow(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	order := editest.All(t, editest.Messages(20))
	for range 300 {
		data := bytes.Clone(order)
		for range rnd.IntN(20) {
			data[80+rnd.IntN(len(data)-80)] = "'+:??*\n\r AZ\x00\xc3?"[rnd.IntN(14)]
		}
		bothWays(t, data, wire.Limits{Segment: 2000, Elements: 40}, rnd.IntN(2) == 0)
	}
	for _, size := range []int{0, 1, 7, 8, 63, 64, 65, 127, 2000, 2048, 2049, 5000, 70_000} {
		data := append([]byte(unb3+"UNH+1+ORDERS:D:96A:UN'FTX+AAI+++"), bytes.Repeat([]byte("x"), size)...)
		data = append(data, "?'y??'UNT+3+1'UNZ+1+R'"...)
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
		all[n] = editest.All(t, editest.Messages(n))
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
		"stream": func(n int) { read(NewReader(bytes.NewReader(all[n]), wire.Limits{})) },
	} {
		if got := editest.Steady(t, 39, run); got > 0.0001 {
			t.Errorf("%s: %f allocations a segment", name, got)
		}
	}
}
