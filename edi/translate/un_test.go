package translate

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
)

const unCases = "../testdata/edifact"

// unTranslator reads every accepted ORDERS of a file.
type unTranslator struct{ translator }

func (v *unTranslator) Set(s *schema.Set) error {
	if s.Verdict == wire.Rejected {
		return nil
	}
	d, f := Read(s)
	if d == nil {
		return nil
	}
	v.out = append(v.out, translated{Control: s.Control, Document: d, Findings: f, Problems: d.Validate()})
	return nil
}

// TestORDERSCases translates every sample of ORDERS and compares the documents.
func TestORDERSCases(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob(unCases + "/*")
	if err != nil || len(dirs) < 75 {
		t.Fatalf("cases: %d, %v", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			in, err := os.ReadFile(filepath.Join(dir, "in.edi"))
			if err != nil {
				t.Fatal(err)
			}
			v := &unTranslator{}
			if err := schema.ReadBytes(in, schema.Options{}, v); err != nil && !errors.Is(err, wire.ErrTruncated) {
				t.Fatal(err)
			}
			var got []byte
			if len(v.out) > 0 {
				if got, err = json.MarshalIndent(v.out, "", " "); err != nil {
					t.Fatal(err)
				}
				got = append(got, '\n')
			}
			path := filepath.Join(dir, "doc.json")
			if *update && got != nil {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs (run with -update and look at the diff)\n%s", path, got)
			}
		})
	}
}

// twinOrder is the order of the sample orders-ok-d96a as an 850.
const twinOrder = "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*U*00401*000000001*0*P*>~" +
	"GS*PO*KESTRELSUPPLY*AURELIATOOLS*20261122*0912*1*X*004010~ST*850*0001~BEG*00*SA*PO45001**20261122~CUR*BY*GBP~" +
	"REF*CT*CT-2026-04~REF*PD*PR-2026-017~DTM*002*20261201~N9*L1*NOTES~MSG*DELIVER BEFORE 10:00~" +
	"N1*BY*KESTREL SUPPLY LTD*UL*5012345000015~N3*UNIT 4 CALDER PARK~N4*WAKEFIELD**WF2 7AZ*GB~PER*OC*DAN WHITLOCK*TE*5550001234~" +
	"N1*SU*AURELIA TOOLS*UL*5098765000016~" +
	"N1*ST*KESTREL DEPOT*92*KS-WKF1~N3*UNIT 4 CALDER PARK~N4*WAKEFIELD**WF2 7AZ*GB~" +
	"PO1*1*240*PC*84.00**EN*5012345678900*BP*KS-77*VP*AUR-000012~PID*F****CORDLESS DRILL 18 V~" +
	"PO1*2*60*PC*19.95**VP*AUR-000013~CTT*2~AMT*TT*21357.00~SE*22*0001~GE*1*1~IEA*1*000000001~"

// TestSameOrder: the same purchase order as 850, and as ORDERS of both directories,
// gives equal documents.
func TestSameOrder(t *testing.T) {
	t.Parallel()
	want, ok := only(t, []byte(twinOrder)).(*doc.PurchaseOrder)
	if !ok || len(want.Lines) != 2 || want.Validate() != nil {
		t.Fatalf("%+v", want)
	}
	for _, name := range []string{"orders-ok-d96a", "orders-ok-d01b", "orders-crlf"} {
		in, err := os.ReadFile(filepath.Join(unCases, name, "in.edi"))
		if err != nil {
			t.Fatal(err)
		}
		v := &unTranslator{}
		if err := schema.ReadBytes(in, schema.Options{}, v); err != nil || len(v.out) != 1 {
			t.Fatal(err, len(v.out))
		}
		if len(v.out[0].Findings) > 0 || len(v.out[0].Problems) > 0 {
			t.Errorf("%s: %s", name, text(t, v.out[0]))
		}
		if a, b := text(t, v.out[0].Document), text(t, want); a != b {
			t.Errorf("%s differs from the 850:\n%s\n---\n%s", name, a, b)
		}
	}
}

// TestDatesOfReferences: the date of a reference is not one of the order.
func TestDatesOfReferences(t *testing.T) {
	t.Parallel()
	in, err := os.ReadFile(filepath.Join(unCases, "orders-ok-d96a", "in.edi"))
	if err != nil {
		t.Fatal(err)
	}
	in = []byte(strings.NewReplacer("RFF+CT:CT-2026-04'", "RFF+CT:CT-2026-04'DTM+171:20260101:102'", "UNT+26+", "UNT+27+", "21:240:", "21:240,5:").Replace(string(in)))
	v := &unTranslator{}
	if err := schema.ReadBytes(in, schema.Options{}, v); err != nil || len(v.out) != 1 {
		t.Fatal(err, len(v.out))
	}
	d := v.out[0].Document.(*doc.PurchaseOrder)
	if len(d.Dates) != 1 || len(v.out[0].Findings) != 1 || v.out[0].Findings[0].Key != "translate.carried" || v.out[0].Findings[0].SegmentID != "DTM" {
		t.Errorf("%+v %+v", d.Dates, v.out[0].Findings)
	}
	if d.Lines[0].Quantity != "240.5" {
		t.Error(d.Lines[0].Quantity)
	}
}
