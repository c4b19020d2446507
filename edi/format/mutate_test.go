package format

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"entente/edi/markup"
)

// TestMutated: files with bytes changed, doubled, cut out and put in read to an end
// without a panic, whatever comes of it, within small limits.
func TestMutated(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		s := source{rand.New(rand.NewPCG(7, 9)), name}
		for range 300 {
			d := []func() Document{s.order, s.answer, s.invoice}[s.IntN(3)]()
			var b bytes.Buffer
			if _, bad, err := Write(&b, d, name, Options{IDoc: control}); err != nil || len(bad) > 0 {
				t.Fatal(err, bad)
			}
			in := b.Bytes()
			for range 1 + s.IntN(6) {
				i := s.IntN(len(in))
				switch s.IntN(4) {
				case 0:
					in[i] = byte(s.IntN(256))
				case 1:
					in = append(in[:i:i], in[min(len(in), i+s.IntN(40)):]...)
				case 2:
					in = append(in[:i:i], append(bytes.Clone(in[i:min(len(in), i+s.IntN(40))]), in[i:]...)...)
				case 3:
					in[i] = `<>&"';,{}[]0-9`[s.IntN(14)]
				}
				if len(in) == 0 {
					break
				}
			}
			items, err := Read(bytes.NewReader(in), name, Options{Limits: markup.Limits{Bytes: 1 << 20, Elements: 5000, Depth: 24, Text: 4096}})
			if err != nil {
				continue
			}
			for _, it := range items {
				if _, _, err := Write(&b, it.Document, name, Options{IDoc: control}); err != nil {
					t.Fatalf("%s: what was read cannot be written: %v\n%q", name, err, in)
				}
			}
		}
	}
}
