package x12

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"entente/edi/editest"
	"entente/edi/wire"
)

// onlyReader hides everything but Read.
type onlyReader struct{ io.Reader }

func readAll(b *testing.B, r *Reader) {
	for {
		if _, err := r.Next(); err != nil {
			if !errors.Is(err, io.EOF) {
				b.Fatal(err)
			}
			return
		}
	}
}

// BenchmarkRead tells rates and their ratios to the yardstick, one table look-up a
// byte. "events" walks every element with its bytes.
func BenchmarkRead(b *testing.B) {
	data := editest.All(b, editest.Orders(5_000))
	run := func(name string, fn func()) {
		b.Run(name, func(b *testing.B) { editest.Ratio(b, data, fn) })
	}
	run("memory", func() { readAll(b, NewBytesReader(data, wire.Limits{})) })
	run("stream", func() { readAll(b, NewReader(onlyReader{bytes.NewReader(data)}, wire.Limits{})) })
	run("events", func() {
		r, n := NewBytesReader(data, wire.Limits{}), 0
		for {
			s, err := r.Next()
			if err != nil {
				break
			}
			raw, at := s.Raw(), s.Bounds()
			for i := 1; i+1 < len(at); i++ {
				n += len(raw[at[i] : at[i+1]-1])
			}
		}
		if n == 0 {
			b.Fatal("nothing")
		}
	})
	run("scan", func() {
		if _, err := ScanBytes(data, wire.Limits{}); err != nil {
			b.Fatal(err)
		}
	})
}
