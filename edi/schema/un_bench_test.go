package schema

import (
	"bytes"
	"fmt"
	"testing"
)

// generateORDERS makes one interchange of n orders of D96A, the same bytes for the
// same n.
func generateORDERS(n int) []byte {
	var b bytes.Buffer
	b.WriteString("UNA:+.? 'UNB+UNOA:3+5412345000013:14+4012345000094:14+260115:1030+1'")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "UNH+%d+ORDERS:D:96A:UN:EAN008'BGM+220+PO%09d+9'DTM+137:20261122:102'DTM+2:20261201:102'", i, i)
		b.WriteString("FTX+PUR+3++DELIVER BEFORE 10?:00, DON?'T STACK ?+ KEEP DRY'RFF+CT:00004711'")
		for _, role := range []string{"BY", "SU", "DP"} {
			fmt.Fprintf(&b, "NAD+%s+%013d::9++KESTREL SUPPLY LTD+UNIT 4 CALDER PARK+WAKEFIELD++WF2 7AZ+GB'", role, 5_000_000_000_000+i)
		}
		b.WriteString("CUX+2:GBP:9'")
		for l := 1; l <= 5; l++ {
			fmt.Fprintf(&b, "LIN+%d++%013d:EN'PIA+1+SKU%06d:SA'IMD+F++:::CORDLESS DRILL 18 V'QTY+21:%d:PCE'PRI+AAA:%d.50'", l, 4_000_000_000_000+i, l, 10*l, 20+l)
		}
		fmt.Fprintf(&b, "UNS+S'MOA+79:5125.00'CNT+2:5'UNT+39+%d'", i)
	}
	fmt.Fprintf(&b, "UNZ+%d+1'", n)
	return b.Bytes()
}

// passing lets everything pass and counts accepted messages.
type passing struct{ n int }

func (v *passing) Interchange(*Interchange) error { return nil }
func (v *passing) Group(*Group) error             { return nil }
func (v *passing) Set(s *Set) error {
	if s.Findings != nil {
		return fmt.Errorf("%+v", s.Findings)
	}
	v.n++
	return nil
}
func (v *passing) GroupEnd(*Group) error             { return nil }
func (v *passing) InterchangeEnd(*Interchange) error { return nil }

// BenchmarkEDIFACT: "floor" is the yardstick, one table look-up a byte.
func BenchmarkEDIFACT(b *testing.B) {
	in := generateORDERS(10_000)
	var class [256]uint8
	class['+'], class[':'], class['\''] = 1, 2, 3
	b.Run("floor", func(b *testing.B) {
		b.SetBytes(int64(len(in)))
		for b.Loop() {
			n := 0
			for _, c := range in {
				n += int(class[c])
			}
			if n == 0 {
				b.Fatal("nothing")
			}
		}
	})
	b.Run("validate", func(b *testing.B) {
		b.SetBytes(int64(len(in)))
		b.ReportAllocs()
		for b.Loop() {
			v := &passing{}
			if err := ReadBytes(in, Options{}, v); err != nil || v.n != 10_000 {
				b.Fatal(err, v.n)
			}
		}
	})
}
