package edifact

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"entente/edi/editest"
	"entente/edi/wire"
)

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
// byte. "events" walks every token with its bytes.
func BenchmarkRead(b *testing.B) {
	data := editest.All(b, editest.Messages(5_000))
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
			raw, m := s.Raw(), s.Marks()
			for i := 1; i+1 < len(m); i++ {
				n += len(raw[m[i].Start() : m[i+1].Start()-1])
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
