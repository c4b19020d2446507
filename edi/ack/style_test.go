package ack

import (
	"os"
	"strings"
	"testing"

	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// styled gives the segments of the answer in a style.
func styled(t *testing.T, name string, style Style, replace ...string) []string {
	t.Helper()
	in, err := os.ReadFile("../testdata/cases/" + name + "/in.x12")
	if err != nil {
		t.Fatal(err)
	}
	out, _, err := AnswerAs(strings.NewReader(strings.NewReplacer(replace...).Replace(string(in))), schema.Options{}, style, at)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := schema.CheckBytes(out, schema.Options{})
	if len(out) > 0 && (err != nil || rep.Rejected) {
		t.Errorf("our own answer is refused: %v %s", err, out)
	}
	return strings.Split(strings.TrimSuffix(string(out), "~"), "~")
}

// TestTA1: sent when asked for or when the interchange is refused, and then alone.
func TestTA1(t *testing.T) {
	t.Parallel()
	const asked, not = "*0*P*>~", "*1*P*>~"
	for name, tc := range map[string]struct {
		sample  string
		replace []string
		style   Style
		want    string // the TA1, empty for none
		groups  bool   // a 997 comes too
	}{
		"not asked":             {"850-ok-005010", nil, Style{}, "", true},
		"asked":                 {"850-ok-005010", []string{asked, not}, Style{}, "TA1*000000101*261122*0912*A*000", true},
		"asked, 004010":         {"850-ok-004010", []string{asked, not}, Style{}, "TA1*000000101*261122*0912*A*000", true},
		"asked, set refused":    {"850-missing", []string{asked, not}, Style{}, "TA1*000000101*261122*0912*A*000", true},
		"asked, time is wrong":  {"850-ok-005010", []string{asked, not, "*0912*^*", "*2560*^*"}, Style{}, "TA1*000000101*261122*2560*E*015", true},
		"time is wrong":         {"850-ok-005010", []string{"*0912*^*", "*2560*^*"}, Style{}, "", true},
		"IEA02 differs":         {"850-ok-005010", []string{"IEA*1*000000101", "IEA*1*000000109"}, Style{}, "TA1*000000101*261122*0912*R*001", false},
		"IEA01 wrong":           {"850-ok-005010", []string{"IEA*1*", "IEA*4*"}, Style{}, "TA1*000000101*261122*0912*R*021", false},
		"IEA01 wrong, only ask": {"850-ok-005010", []string{"IEA*1*", "IEA*4*"}, Style{OnlyAsked: true}, "", false},
		"file breaks off":       {"850-ok-005010", []string{"IEA*1*000000101~", ""}, Style{}, "TA1*000000101*261122*0912*R*023", false},
		"usage":                 {"850-ok-005010", []string{"*0*P*", "*0*X*"}, Style{}, "TA1*000000101*261122*0912*R*020", false},
		"a TA1 alone":           {"ta1-only", []string{asked, not}, Style{}, "", false},
		"a 997":                 {"997-in", []string{asked, not}, Style{}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := styled(t, tc.sample, tc.style, tc.replace...)
			ta1, groups := "", false
			for _, s := range got {
				if strings.HasPrefix(s, "TA1*") {
					ta1 = s
				}
				groups = groups || strings.HasPrefix(s, "GS*FA*")
			}
			if ta1 != tc.want || groups != tc.groups {
				t.Errorf("%q, groups %t\n%s", ta1, groups, strings.Join(got, "\n"))
			}
		})
	}
}

// Test999: from 005010 and only where asked for; accepted sets can be left out.
func Test999(t *testing.T) {
	t.Parallel()
	got := styled(t, "850-design", Style{Implementation: true})
	for _, want := range []string{"ST*999*0001", "AK1*PO*4217*005010", "AK2*850*0001", "IK3*PO1*12*PO1*8", "CTX*BEG03>4500187519", "IK4*3*355*5*EACH", "IK5*R*5", "AK9*R*1*1*0"} {
		if !has(got, want) {
			t.Errorf("no %s in\n%s", want, strings.Join(got, "\n"))
		}
	}
	if got := styled(t, "850-ok-004010", Style{Implementation: true}); !has(got, "ST*997*0001") || !has(got, "AK5*A") {
		t.Errorf("004010 has no 999\n%s", strings.Join(got, "\n"))
	}
	got = styled(t, "850-partly", Style{OnlyErrors: true})
	if has(got, "AK5*A") || !has(got, "AK5*R*5") || !has(got, "AK9*P*3*3*1") {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

// TestReadBack reads the 999 that we write.
func TestReadBack(t *testing.T) {
	t.Parallel()
	v := &readVisitor{}
	text := strings.Join(styled(t, "850-design", Style{Implementation: true}), "~") + "~"
	if err := schema.Read(strings.NewReader(text), schema.Options{}, v); err != nil || len(v.got) != 1 {
		t.Fatal(err, v.got)
	}
	g := v.got[0]
	if g.Control != "4217" || len(g.Sets) != 1 || len(g.Sets[0].Segments) != 2 || g.Sets[0].Segments[1].Elements[0].Code != "5" {
		t.Errorf("%+v", g)
	}
}

// TestContext: a 999 says what a demand depends on, below the segment or the element; a
// 997 does not.
func TestContext(t *testing.T) {
	t.Parallel()
	g := Group{
		FunctionalID: "PO", Sender: "K", Receiver: "A", Control: "7", Version: "005010", Stated: 1, Received: 1,
		Sets: []Set{{Type: "850", Control: "0001", Verdict: wire.Rejected, Unit: schema.Unit{Place: "BEG03", Value: "4500"}, Findings: []wire.Finding{
			{
				Level: wire.LevelSegment, Severity: wire.Reject, Code: "3", Codes: wire.Codes{IK: "I6"}, SegmentID: "N4", LoopID: "N1", Pos: wire.Position{Segment: 6},
				Trigger: &wire.Trigger{SegmentID: "BEG", Segment: 2, Element: 2, Ref: "92"},
			},
			{
				Level: wire.LevelElement, Severity: wire.Reject, Code: "1", Codes: wire.Codes{IK: "I9"}, SegmentID: "REF", Ref: "352", Pos: wire.Position{Segment: 7, Element: 3},
				Trigger: &wire.Trigger{SegmentID: "REF", Segment: 7, LoopID: "N9", Element: 4, Component: 1, Ref: "128"},
			},
		}}},
	}
	segments := func(style Style) []string {
		var b strings.Builder
		head := x12.Header{SenderQualifier: "ZZ", Sender: "K", ReceiverQualifier: "ZZ", Receiver: "A", Version: "00501", Usage: "P"}
		if err := Write(&b, head, []Group{g}, nil, style, Numbers{1, 1}, at); err != nil {
			t.Fatal(err)
		}
		all := strings.Split(b.String(), "~")
		return all[3 : len(all)-4]
	}
	got := segments(Style{Implementation: true})
	const want = "AK1*PO*7*005010 AK2*850*0001 IK3*N4*6*N1*I6 CTX*SITUATIONAL TRIGGER*BEG*2**2*92 CTX*BEG03>4500 " +
		"IK3*REF*7**8 CTX*BEG03>4500 IK4*3*352*I9 CTX*SITUATIONAL TRIGGER*REF*7*N9*4>1*128 IK5*R*I5 AK9*R*1*1*0"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
	for _, s := range segments(Style{}) {
		if strings.HasPrefix(s, "CTX") {
			t.Error("a 997 with CTX")
		}
	}
}
