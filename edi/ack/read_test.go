package ack

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"entente/edi/schema"
	"entente/edi/wire"
)

// listVisitor takes every acknowledgement of a file apart.
type listVisitor struct {
	got  []Received
	ta1s []ReceivedTA1
}

func (v *listVisitor) Interchange(*schema.Interchange) error { return nil }
func (v *listVisitor) Group(*schema.Group) error             { return nil }
func (v *listVisitor) GroupEnd(*schema.Group) error          { return nil }
func (v *listVisitor) InterchangeEnd(i *schema.Interchange) error {
	v.ta1s = append(v.ta1s, ReadTA1(i)...)
	return nil
}

func (v *listVisitor) Set(s *schema.Set) error {
	list, err := ReadAll(s)
	v.got = append(v.got, list...)
	return err
}

// received reads the body of an acknowledgement, as another maker may have written it.
func received(t *testing.T, kind, version, body string) []Received {
	t.Helper()
	n := strings.Count(body, "~") + 2
	text := "ISA*00*          *00*          *ZZ*AURELIATOOLS   *ZZ*KESTRELSUPPLY  *261122*0912*^*00501*000000101*0*P*>~GS*FA*A*K*20261122*0912*101*X*" + version +
		"~ST*" + kind + "*0001~" + body + fmt.Sprintf("SE*%d*0001~GE*1*101~IEA*1*000000101~", n)
	v := &listVisitor{}
	if err := schema.ReadBytes([]byte(text), schema.Options{}, v); err != nil {
		t.Fatal(err)
	}
	return v.got
}

// TestReadOthers: acknowledgements as other makers write them say the same to us.
func TestReadOthers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		kind, version, body string
		group               string            // control and verdict
		sets                map[string]string // verdicts by Received.Of
	}{
		"accepted, sets listed":        {"997", "004010", "AK1*PO*7~AK2*850*0001~AK5*A~AK2*850*0002~AK5*A~AK9*A*2*2*2~", "7 accepted", map[string]string{"0001": "accepted", "0002": "accepted"}},
		"accepted, none listed":        {"997", "004010", "AK1*PO*7~AK9*A*2*2*2~", "7 accepted", map[string]string{"0001": "accepted"}},
		"refused, none listed":         {"997", "004010", "AK1*PO*7~AK9*R*2*2*0*1~", "7 rejected", map[string]string{"0001": "rejected"}},
		"only errors listed":           {"997", "004010", "AK1*PO*7~AK2*850*0002~AK5*R*5~AK9*P*2*2*1~", "7 partly", map[string]string{"0001": "accepted", "0002": "rejected"}},
		"partly, none listed":          {"997", "004010", "AK1*PO*7~AK9*P*2*2*1~", "7 partly", map[string]string{"0001": ""}},
		"with AK103 in 004010":         {"997", "004010", "AK1*PO*7*004010~AK2*850*0001*X~AK5*E~AK9*E*1*1*1~", "7 accepted_with_errors", map[string]string{"0001": "accepted_with_errors"}},
		"security M":                   {"997", "004010", "AK1*PO*7~AK2*850*0001~AK5*M*13~AK9*M*1*1*0~", "7 rejected", map[string]string{"0001": "rejected"}},
		"security W":                   {"997", "004010", "AK1*PO*7~AK2*850*0001~AK5*W*8~AK9*W*1*1*0*10~", "7 rejected", map[string]string{"0001": "rejected"}},
		"security X":                   {"997", "004010", "AK1*PO*7~AK2*850*0001~AK5*X*16~AK9*X*1*1*0*12~", "7 rejected", map[string]string{"0001": "rejected"}},
		"a status nobody knows":        {"997", "004010", "AK1*PO*7~AK2*850*0001~AK5*Q~AK9*A*1*1*1~", "7 accepted", map[string]string{"0001": "rejected"}},
		"small letters and blanks":     {"997", "004010", "AK1*PO*7~AK2*850*0001~AK5*a ~AK9*a *1*1*1~", "7 accepted", map[string]string{"0001": "accepted"}},
		"AK5 missing":                  {"997", "004010", "AK1*PO*7~AK2*850*0001~AK2*850*0002~AK9*A*2*2*2~", "7 accepted", map[string]string{"0001": "accepted", "0002": "accepted"}},
		"AK5 missing, segments listed": {"997", "004010", "AK1*PO*7~AK2*850*0001~AK3*DTM*5**8~AK4*2*373*8~AK2*850*0002~AK5*A~AK9*P*2*2*1~", "7 partly", map[string]string{"0001": "rejected", "0002": "accepted"}},
		"AK9 missing":                  {"997", "004010", "AK1*PO*7~AK2*850*0001~AK5*R*5~AK2*850*0002~AK5*A~", "7 partly", map[string]string{"0001": "rejected", "0002": "accepted"}},
		"AK9 alone":                    {"997", "004010", "AK9*A*1*1*1~", " accepted", map[string]string{"0001": "accepted"}},
		"nothing":                      {"997", "004010", "AK1*PO*7~", "7 ", map[string]string{"0001": ""}},
		"counts are no numbers":        {"997", "004010", "AK1*PO*7~AK2*850*0001~AK5*A~AK9*A*one**-1~", "7 accepted", map[string]string{"0001": "accepted"}},
		"999":                          {"999", "005010", "AK1*PO*7*005010~AK2*850*0001~IK3*DTM*5**I6~CTX*BEG03>4500187519~IK5*R*I5~AK9*R*1*1*0~", "7 rejected", map[string]string{"0001": "rejected"}},
		"two groups in one":            {"997", "004010", "AK1*PO*7~AK2*850*0001~AK5*A~AK9*A*1*1*1~AK1*IN*8~AK9*R*1*1*0*2~", "7 accepted;8 rejected", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := received(t, tc.kind, tc.version, tc.body)
			var groups []string
			for i := range list {
				groups = append(groups, list[i].Control+" "+string(list[i].Verdict))
			}
			if got := strings.Join(groups, ";"); got != tc.group {
				t.Errorf("%q, want %q", got, tc.group)
			}
			for control, want := range tc.sets {
				if got := list[0].Of(control); string(got) != want {
					t.Errorf("set %s: %q, want %q", control, got, want)
				}
			}
		})
	}
}

// TestReadPlaces: components, repetitions, codes and contexts are kept, also of an AK4
// without AK3.
func TestReadPlaces(t *testing.T) {
	t.Parallel()
	got := received(t, "999", "005010", "AK1*PO*7*005010~AK2*850*0001*005010~IK3*REF*5*N9*8~CTX*BEG03>4500~IK4*4>2>3*127*I12*a/b~CTX*SITUATIONAL TRIGGER*BEG*2**2*92~IK5*R*5*I5~"+
		"AK2*850*0002~IK4*2**I9~IK5*R*5~AK9*R*2*2*0*5~")
	b, err := json.Marshal(got[0].Sets)
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"type":"850","control":"0001","implementation":"005010","status":"R","verdict":"rejected","codes":["5","I5"],"segments":[` +
		`{"id":"REF","n":5,"loop":"N9","code":"8","elements":[{"n":4,"component":2,"repeat":3,"ref":"127","code":"I12","value":"a/b",` +
		`"contexts":[{"name":"SITUATIONAL TRIGGER","id":"BEG","n":2,"element":2}]}],"contexts":[{"name":"BEG03","value":"4500"}]}]},` +
		`{"type":"850","control":"0002","status":"R","verdict":"rejected","codes":["5"],"segments":[{"id":"","n":0,"elements":[{"n":2,"code":"I9"}]}]}]`
	if string(b) != want {
		t.Errorf("got %s\nwant %s", b, want)
	}
	if got[0].Codes[0] != "5" || got[0].Stated != 2 {
		t.Errorf("%+v", got[0])
	}
}

// TestReadTA1: acknowledgements of interchanges, several in one, some shortened.
func TestReadTA1(t *testing.T) {
	t.Parallel()
	const text = "ISA*00*          *00*          *ZZ*AURELIATOOLS   *ZZ*KESTRELSUPPLY  *261122*0912*^*00501*000000101*0*P*>~" +
		"TA1*000000044*261121*1200*A*000~TA1*45*261121*1200*R*25~TA1*000000046*261121*1200*e*015~IEA*0*000000101~"
	v := &listVisitor{}
	if err := schema.ReadBytes([]byte(text), schema.Options{}, v); err != nil {
		t.Fatal(err)
	}
	want := []ReceivedTA1{
		{"000000044", "261121", "1200", wire.Accepted, "000"}, {"000000045", "261121", "1200", wire.Rejected, "025"},
		{"000000046", "261121", "1200", wire.AcceptedWithErrors, "015"},
	}
	if fmt.Sprint(v.ta1s) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", v.ta1s, want)
	}
}
