// Package editest holds what benchmarks and tests of the EDI packages share: the
// yardstick that rates are told against, and streams of any length.
package editest

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"testing"
	"time"
)

// class is the yardstick's table.
var class = func() (t [256]uint8) {
	for i, c := range []byte("*~>^+':?") {
		t[c] = uint8(i%4 + 1)
	}
	return t
}()

var sum int

// Floor is the yardstick: one look into a table for each byte. Where its loop lies in
// the program changes its rate by as much as two, so the fastest of a few copies is
// taken.
func Floor(data []byte) time.Duration {
	best := time.Duration(1<<63 - 1)
	for _, scan := range []func([]byte) int{scan, scanAfter, scanLater} {
		at := time.Now()
		sum += scan(data)
		best = min(best, time.Since(at))
	}
	return max(best, 1)
}

//go:noinline
func scan(buf []byte) (n int) {
	for _, c := range buf {
		n += int(class[c])
	}
	return n
}

//go:noinline
func scanAfter(buf []byte) (n int) {
	n = sum & 1
	for _, c := range buf {
		n += int(class[c])
	}
	return n
}

//go:noinline
func scanLater(buf []byte) (n int) {
	if n = sum * 3; n == 77 {
		n++
	}
	n ^= 0x1234567
	for _, c := range buf {
		n += int(class[c])
	}
	return n
}

// Ratio runs a benchmark over data and reports, beside its rate, the median of its
// ratios to the yardstick measured just before.
func Ratio(b *testing.B, data []byte, run func()) {
	b.Helper()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	var ratios []float64
	for b.Loop() {
		b.StopTimer()
		floor := Floor(data)
		b.StartTimer()
		at := time.Now()
		run()
		ratios = append(ratios, float64(floor)/float64(max(time.Since(at), 1)))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "of-floor")
}

// Orders is an interchange of n purchase orders (850) of about 900 bytes, as a
// stream; Messages the same of ORDERS. The same n gives the same bytes.
func Orders(n int) io.Reader {
	head := "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*^*00501*000000001*0*P*>~" +
		"GS*PO*KESTRELSUPPLY*AURELIATOOLS*20261122*0912*1*X*005010~"
	return &stream{piece: []byte(head), n: n, one: order, end: fmt.Sprintf("GE*%d*1~IEA*1*000000001~", n)}
}

// Messages is described at Orders.
func Messages(n int) io.Reader {
	head := "UNA:+.? 'UNB+UNOA:3+5412345000013:14+4012345000094:14+260115:1030+1'"
	return &stream{piece: []byte(head), n: n, one: message, end: fmt.Sprintf("UNZ+%d+1'", n)}
}

// stream gives a head, n pieces and an end.
type stream struct {
	piece []byte
	rest  []byte
	i, n  int
	one   func(b []byte, i int) []byte
	end   string
}

func (s *stream) Read(p []byte) (int, error) {
	if s.i == 0 {
		s.rest, s.i = s.piece, 1
	}
	n := 0
	for {
		c := copy(p[n:], s.rest)
		n, s.rest = n+c, s.rest[c:]
		if n == len(p) {
			return n, nil
		}
		switch {
		case s.i <= s.n:
			s.piece = s.one(s.piece[:0], s.i)
		case s.i == s.n+1:
			s.piece = append(s.piece[:0], s.end...)
		case n > 0:
			return n, nil
		default:
			return 0, io.EOF
		}
		s.rest = s.piece
		s.i++
	}
}

func order(b []byte, i int) []byte {
	b = fmt.Appendf(b, "ST*850*%09d~BEG*00*SA*PO4%08d**20261122~CUR*BY*GBP~REF*DP*101~REF*IA*V0001234~PER*BD*DAN WHITLOCK*TE*5550001234~", i, i)
	b = append(b, "ITD*14*3*2**10**30*****NET 30~DTM*002*20261201~DTM*010*20261128~TD5**2*UPSN*M*GROUND~"...)
	for _, role := range []string{"ST", "BT", "VN"} {
		b = append(b, "N1*"...)
		b = append(b, role...)
		b = append(b, "*KESTREL SUPPLY LTD*92*KS-00471~N3*UNIT 4 CALDER PARK~N4*WAKEFIELD**WF2 7AZ*GB~"...)
	}
	for l := 1; l <= 5; l++ {
		b = fmt.Appendf(b, "PO1*%d*%d*EA*%d.50**UP*%012d*VN*AUR-%06d~", l, 10*l, 20+l, i, l)
		b = append(b, "PID*F****CORDLESS DRILL 18 V BRUSHLESS~PO4*12*1*EA~"...)
	}
	return fmt.Appendf(b, "CTT*5~AMT*TT*5125.00~SE*37*%09d~", i)
}

func message(b []byte, i int) []byte {
	b = fmt.Appendf(b, "UNH+%d+ORDERS:D:96A:UN:EAN008'BGM+220+PO%09d+9'DTM+137:20261122:102'DTM+2:20261201:102'", i, i)
	b = append(b, "FTX+PUR+3++DELIVER BEFORE 10?:00, DON?'T STACK ?+ KEEP DRY'RFF+CT:00004711'"...)
	for _, role := range []string{"BY", "SU", "DP"} {
		b = append(b, "NAD+"...)
		b = append(b, role...)
		b = append(b, "+5412345000013::9++KESTREL SUPPLY LTD+UNIT 4 CALDER PARK+WAKEFIELD++WF2 7AZ+GB'"...)
	}
	b = append(b, "CUX+2:GBP:9'"...)
	for l := 1; l <= 5; l++ {
		b = fmt.Appendf(b, "LIN+%d++%013d:EN'PIA+1+SKU%06d:SA'", l, 4_000_000_000_000+i, l)
		b = fmt.Appendf(b, "IMD+F++:::CORDLESS DRILL 18 V'QTY+21:%d:PCE'PRI+AAA:%d.50'", 10*l, 20+l)
	}
	return fmt.Appendf(b, "UNS+S'MOA+79:5125.00'CNT+2:5'UNT+39+%d'", i)
}

// All is the whole of a stream.
func All(t testing.TB, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Steady says by how many allocations run grows from 1,000 to 5,000 sets, for each
// segment more. The test may not run beside others.
func Steady(t *testing.T, segments int, run func(sets int)) float64 {
	t.Helper()
	run(1_000) // what is made once
	few := testing.AllocsPerRun(3, func() { run(1_000) })
	many := testing.AllocsPerRun(3, func() { run(5_000) })
	return (many - few) / float64(4_000*segments)
}

// Live is the memory in use after a collection, bytes.
func Live() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
