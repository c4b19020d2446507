package schema

import (
	"bytes"
	"fmt"
)

// generate makes one interchange of n orders (850) or invoices (810), the same
// bytes for the same arguments. Every defect-th document is broken in one of four
// ways; 0 breaks none.
func generate(kind, version string, n, defect int) []byte {
	var b bytes.Buffer
	rep, group := "^", "PO"
	if version < "004020" {
		rep = "U"
	}
	if kind == "810" {
		group = "IN"
	}
	fmt.Fprintf(&b, "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*%s*%s*000000001*0*P*>~", rep, version[:5])
	fmt.Fprintf(&b, "GS*%s*KESTRELSUPPLY*AURELIATOOLS*20261122*0912*1*X*%s~", group, version)
	for i := 1; i <= n; i++ {
		bad := 0
		if defect > 0 && i%defect == 0 {
			bad = 1 + i/defect%4
		}
		document(&b, kind, i, bad)
	}
	fmt.Fprintf(&b, "GE*%d*1~IEA*1*000000001~", n)
	return b.Bytes()
}

func document(b *bytes.Buffer, kind string, i, bad int) {
	date, role, unit := fmt.Sprintf("202611%02d", 1+i%28), "ST", "EA"
	switch bad {
	case 1:
		date = "20261399"
	case 2:
		role = ""
	case 3:
		unit = "QQQ"
	}
	segs := 1
	s := func(format string, args ...any) {
		fmt.Fprintf(b, format+"~", args...)
		segs++
	}
	fmt.Fprintf(b, "ST*%s*%09d~", kind, i)
	parties := func(roles ...string) {
		for _, r := range roles {
			s("N1*%s*KESTREL SUPPLY LTD*92*KS%06d", r, i)
			s("N3*UNIT 4 CALDER PARK")
			s("N4*WAKEFIELD**WF2 7AZ*GB")
		}
	}
	line := "PO1"
	if kind == "850" {
		s("BEG*00*SA*PO4%08d**%s", i, date)
	} else {
		line = "IT1"
		s("BIG*%s*INV%08d*20261101*PO4%08d***DI", date, i, i)
	}
	s("CUR*BY*GBP")
	s("REF*DP*%03d", i%1000)
	s("REF*IA*V%07d", i)
	s("PER*BD*DAN WHITLOCK*TE*555%07d", i)
	if kind == "850" {
		s("ITD*14*3*2**10**30*****2 PERCENT 10 NET 30")
		s("DTM*002*20261201")
		s("DTM*010*20261128")
		s("TD5**2*UPSN*M*GROUND")
		parties(role, "BT", "VN")
	} else {
		parties(role, "RE")
		s("ITD*14*3*2**10**30*****NET 30")
		s("DTM*011*20261120")
	}
	total := 0
	for l := 1; l <= 5; l++ {
		q, p := l*12+i%7, 199+i%1000*l
		total += q * p
		s("%s*%d*%d*%s*%d.%02d**UP*%012d*VN*AUR-%06d", line, l, q, unit, p/100, p%100, i*l, i%40)
		s("PID*F****CORDLESS DRILL 18 V BRUSHLESS")
		if kind == "850" {
			s("PO4*%d*1*EA", 1+l)
		}
		unit = "EA"
	}
	if kind == "850" {
		s("CTT*5")
		s("AMT*TT*%d.%02d", total/100, total%100)
	} else {
		s("TDS*%d", total)
		s("CTT*5")
	}
	segs++
	count := segs
	if bad == 4 {
		count++
	}
	fmt.Fprintf(b, "SE*%d*%09d~", count, i)
}
