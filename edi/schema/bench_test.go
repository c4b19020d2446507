package schema

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"entente/edi/editest"
	"entente/edi/wire"
)

// passing lets everything pass and counts accepted sets.
type passing struct{ n int }

func (v *passing) Interchange(*Interchange) error { return nil }
func (v *passing) Group(*Group) error             { return nil }
func (v *passing) Set(s *Set) error {
	if s.Verdict != wire.Accepted {
		return fmt.Errorf("%+v", s.Findings)
	}
	v.n++
	return nil
}
func (v *passing) GroupEnd(*Group) error             { return nil }
func (v *passing) InterchangeEnd(*Interchange) error { return nil }

// onlyReader hides everything but Read.
type onlyReader struct{ io.Reader }

// standards give sets of about 900 bytes in both syntaxes, and their segments.
var standards = map[string]struct {
	sets     func(n int) io.Reader
	segments int
}{
	"850": {editest.Orders, 37}, "ORDERS": {editest.Messages, 39},
}

// BenchmarkValidate tells rates and their ratios to the yardstick, one table look-up
// a byte.
func BenchmarkValidate(b *testing.B) {
	const n = 5_000
	for name, std := range standards {
		data := editest.All(b, std.sets(n))
		run := func(how string, read func(v Visitor) error) {
			b.Run(name+"/"+how, func(b *testing.B) {
				editest.Ratio(b, data, func() {
					v := &passing{}
					if err := read(v); err != nil || v.n != n {
						b.Fatal(err, v.n)
					}
				})
			})
		}
		run("memory", func(v Visitor) error { return ReadBytes(data, Options{}, v) })
		run("stream", func(v Visitor) error { return Read(onlyReader{bytes.NewReader(data)}, Options{}, v) })
	}
}

// TestValidateAllocates: judging allocates nothing for a segment, and little for a set.
func TestValidateAllocates(t *testing.T) {
	for name, std := range standards {
		all := map[int][]byte{}
		for _, n := range []int{1_000, 5_000} {
			all[n] = editest.All(t, std.sets(n))
		}
		for how, read := range map[string]func(b []byte, v Visitor) error{
			"memory": func(b []byte, v Visitor) error { return ReadBytes(b, Options{}, v) },
			"stream": func(b []byte, v Visitor) error { return Read(onlyReader{bytes.NewReader(b)}, Options{}, v) },
		} {
			got := editest.Steady(t, std.segments, func(n int) {
				if err := read(all[n], &passing{}); err != nil {
					t.Fatal(err)
				}
			})
			if got > 0.01 {
				t.Errorf("%s from %s: %f allocations a segment", name, how, got)
			}
		}
	}
}

// weighing looks at the memory in use every so many sets.
type weighing struct {
	passing
	every int
	first uint64
	most  uint64
}

func (v *weighing) Set(s *Set) error {
	if v.n%v.every == v.every-1 {
		live := editest.Live()
		if v.first == 0 {
			v.first = live
		}
		v.most = max(v.most, live)
	}
	return v.passing.Set(s)
}

// TestStreamedMemory: judging a stream of 64 MB takes no more memory at its end than at its
// beginning.
func TestStreamedMemory(t *testing.T) {
	for name, std := range standards {
		n := 64_000_000 / len(editest.All(t, std.sets(1)))
		v := &weighing{every: n / 10}
		if err := Read(std.sets(n), Options{}, v); err != nil || v.n != n {
			t.Fatal(name, err, v.n)
		}
		if v.most > v.first+1<<20 {
			t.Errorf("%s: %d bytes in use, %d at the beginning", name, v.most, v.first)
		}
	}
}
