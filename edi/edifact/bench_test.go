package edifact

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"entente/edi/wire"
)

// bigOrders makes one interchange of n ORDERS of about 900 bytes each.
func bigOrders(n int) []byte {
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

// BenchmarkRead: "floor" is the yardstick, one table look-up a byte over the warm
// file; "events" walks every token with its bytes.
func BenchmarkRead(b *testing.B) {
	data := bigOrders(10_000)
	run := func(name string, fn func(b *testing.B)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				fn(b)
			}
		})
	}
	var class [256]uint8
	class['+'], class[':'], class['\''] = 1, 2, 3
	run("floor", func(b *testing.B) {
		n := 0
		for _, c := range data {
			n += int(class[c])
		}
		if n == 0 {
			b.Fatal("nothing")
		}
	})
	run("memory", func(b *testing.B) { readAll(b, NewBytesReader(data, wire.Limits{})) })
	run("stream", func(b *testing.B) { readAll(b, NewReader(onlyReader{bytes.NewReader(data)}, wire.Limits{})) })
	run("events", func(b *testing.B) {
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
	run("scan", func(b *testing.B) {
		if _, err := ScanBytes(data, wire.Limits{}); err != nil {
			b.Fatal(err)
		}
	})
}
