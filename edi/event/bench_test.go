package event

import (
	"strings"
	"testing"
)

// BenchmarkEvents pulls every event of a file in memory.
func BenchmarkEvents(b *testing.B) {
	lines := strings.Repeat("PO1*1*5*EA*2**VP*A1*BP*KS-77~PID*F****CORDLESS DRILL 18 V~", 20_000)
	for name, file := range map[string]string{
		"X12":     isa + strings.Replace(rest, "CTT*2", lines+"CTT*2", 1),
		"EDIFACT": strings.Replace(un, "UNT", strings.Repeat("LIN+1++4012345:SRV'PIA+1+KS-77:BP'QTY+21:12'", 20_000)+"UNT", 1),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				r := NewBytesReader([]byte(file), Options{})
				for r.Next() {
					sink += len(r.Event().Value)
				}
				if r.Err() != nil {
					b.Fatal(r.Err())
				}
			}
		})
	}
}
