package translate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"entente/edi/schema"
	"entente/edi/wire"
)

// bigOrder makes one interchange of n purchase orders of about 900 bytes.
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
		fmt.Fprintf(&b, "CTT*5~AMT*TT*5125.00~SE*37*%09d~", i)
	}
	fmt.Fprintf(&b, "GE*%d*1~IEA*1*000000001~", n)
	return b.Bytes()
}

// worker judges, translates and, when asked, writes JSON.
type worker struct {
	json bool
	n    int
}

func (v *worker) Interchange(*schema.Interchange) error    { return nil }
func (v *worker) Group(*schema.Group) error                { return nil }
func (v *worker) GroupEnd(*schema.Group) error             { return nil }
func (v *worker) InterchangeEnd(*schema.Interchange) error { return nil }
func (v *worker) Set(s *schema.Set) error {
	if s.Verdict != wire.Accepted {
		return fmt.Errorf("set %s: %v", s.Control, s.Findings)
	}
	d, _ := ReadPurchaseOrder(s)
	if v.json {
		if _, err := json.Marshal(d); err != nil {
			return err
		}
	}
	v.n++
	return nil
}

func BenchmarkTranslate(b *testing.B) {
	in := bigOrder(5_000)
	for name, asJSON := range map[string]bool{"document": false, "json": true} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				v := &worker{json: asJSON}
				if err := schema.ReadBytes(in, schema.Options{}, v); err != nil || v.n != 5_000 {
					b.Fatal(err, v.n)
				}
			}
		})
	}
}
