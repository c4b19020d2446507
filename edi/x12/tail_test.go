package x12

import (
	"io"
	"strings"
	"testing"

	"entente/edi/wire"
)

// TestLastByte: a set that breaks off after any byte, "I" of an ISA or IEA too, ends in
// an error and not in a panic, in memory as in a stream.
func TestLastByte(t *testing.T) {
	t.Parallel()
	head := "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260317*1015*U*00401*000000001*0*P*>~" +
		"GS*PO*SENDER*RECEIVER*20260317*1015*1*X*004010~ST*850*0001~"
	for c := range 256 {
		for _, rest := range []string{"", strings.Repeat("N1*ST*Name~", 12)} {
			data := head + rest + string([]byte{byte(c)})
			for name, r := range map[string]*Reader{
				"bytes":  NewBytesReader([]byte(data)[:len(data):len(data)], wire.Limits{}),
				"stream": NewReader(strings.NewReader(data), wire.Limits{}),
			} {
				for n := 0; ; n++ {
					if _, err := r.Next(); err != nil {
						if err == io.EOF {
							t.Errorf("%s: %q ends well", name, data[len(data)-1:])
						}
						break
					}
				}
			}
		}
	}
}
