package x12

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"entente/edi/wire"
)

// bigOrder makes one interchange of n purchase orders of about 900 bytes each.
func bigOrder(n int) []byte {
	var b bytes.Buffer
	b.WriteString("ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*^*00501*000000001*0*P*>~")
	b.WriteString("GS*PO*KESTRELSUPPLY*AURELIATOOLS*20261122*0912*1*X*005010~")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "ST*850*%09d~BEG*00*SA*PO4%08d**20261122~CUR*BY*GBP~REF*DP*101~REF*IA*V0001234~PER*BD*DAN WHITLOCK*TE*5550001234~", i, i)
		b.WriteString("ITD*14*3*2**10**30*****NET 30~DTM*002*20261201~DTM*010*20261128~TD5**2*UPSN*M*GROUND~")
		for _, role := range []string{"ST", "BT", "VN"} {
			fmt.Fprintf(&b, "N1*%s*KESTREL SUPPLY LTD*92*KS-%05d~N3*UNIT 4 CALDER PARK~N4*WAKEFIELD**WF2 7AZ*GB~", role, i)
		}
		for l := 1; l <= 5; l++ {
			fmt.Fprintf(&b, "PO1*%d*%d*EA*%d.50**UP*%012d*VN*AUR-%06d~PID*F****CORDLESS DRILL 18 V BRUSHLESS~PO4*12*1*EA~", l, 10*l, 20+l, i, l)
		}
		fmt.Fprintf(&b, "CTT*5~AMT*TT*5125.00~SE*36*%09d~", i)
	}
	fmt.Fprintf(&b, "GE*%d*1~IEA*1*000000001~", n)
	return b.Bytes()
}

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

func BenchmarkRead(b *testing.B) {
	data := bigOrder(10_000)
	b.Run("memory", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			readAll(b, NewBytesReader(data, wire.Limits{}))
		}
	})
	b.Run("stream", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			readAll(b, NewReader(onlyReader{bytes.NewReader(data)}, wire.Limits{}))
		}
	})
	b.Run("scan", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ScanBytes(data, wire.Limits{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("floor", func(b *testing.B) { // what one pass over the bytes costs
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if bytes.Count(data, []byte{0x01}) != 0 {
				b.Fatal("unexpected byte")
			}
		}
	})
}
