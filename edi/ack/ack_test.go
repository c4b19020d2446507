package ack

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// answer gives the segments of the answer to a sample with some text replaced.
func answer(t *testing.T, name string, replace ...string) []string {
	t.Helper()
	in, err := os.ReadFile("../testdata/cases/" + name + "/in.x12")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(replace...).Replace(string(in))
	out, _, err := Answer(strings.NewReader(text), schema.Options{}, at)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "~"), "~")
}

func has(segs []string, want string) bool {
	for _, s := range segs {
		if s == want {
			return true
		}
	}
	return false
}

// TestFacts holds the answers that partners build on, segment by segment.
func TestFacts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		sample string
		want   []string
	}{
		"SE01 wrong":          {"850-se-count", []string{"AK5*R*4", "AK9*R*1*1*0"}},
		"SE02 differs":        {"850-control-differs", []string{"AK5*R*3"}},
		"31 November":         {"850-date-31-november", []string{"AK3*DTM*5**8", "AK4*2*373*8*20261131", "AK5*R*5"}},
		"004010: two of AK1":  {"850-ok-004010", []string{"AK1*PO*101", "AK2*850*0001", "AK5*A", "AK9*A*1*1*1"}},
		"005010: three":       {"850-ok-005010", []string{"AK1*PO*101*005010", "AK2*850*0001", "AK5*A"}},
		"length before code":  {"850-design", []string{"AK4*3*355*5*EACH", "AK4*2*373*8*20261131"}},
		"missing segment":     {"850-missing", []string{"AK3*BEG*2**3"}},
		"unknown segment":     {"850-unknown-segment", []string{"AK3*XYZ*5**1"}},
		"order":               {"850-order", []string{"AK3*CUR*5**7"}},
		"SE missing":          {"850-no-se", []string{"AK5*R*2"}},
		"set not supported":   {"set-unsupported", []string{"AK2*940*0001", "AK5*R*1"}},
		"version":             {"group-version", []string{"AK9*R*1*1*0*2"}},
		"group trailer":       {"group-trailer", []string{"AK9*E*7*1*1*5*4"}},
		"partly":              {"850-partly", []string{"AK5*A", "AK5*R*5", "AK5*R*23", "AK9*P*3*3*1"}},
		"accepted, with word": {"850-unlisted-only", []string{"AK4*3*355*7*JX", "AK5*E*5", "AK9*E*1*1*1"}},
		"swapped":             {"850-ok-005010", []string{"GS*FA*AURELIATOOLS*KESTRELSUPPLY*20261122*1030*101*X*005010"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := answer(t, tc.sample)
			for _, w := range tc.want {
				if !has(got, w) {
					t.Errorf("no %s in\n%s", w, strings.Join(got, "\n"))
				}
			}
		})
	}
}

func TestNeverAnswersAcknowledgements(t *testing.T) {
	t.Parallel()
	if got := answer(t, "997-in"); len(got) != 1 || got[0] != "" {
		t.Errorf("a 997 was answered: %q", got)
	}
	var b bytes.Buffer
	err := Write997(&b, x12.Header{}, []Group{{FunctionalID: "FA"}}, Numbers{1, 1}, at)
	if !errors.Is(err, ErrNoAnswer) || b.Len() != 0 {
		t.Errorf("got %v and %d bytes", err, b.Len())
	}
}

func TestTestTrafficIsAnsweredAsTest(t *testing.T) {
	t.Parallel()
	if isa := answer(t, "850-test-usage")[0]; !strings.HasSuffix(isa, "*0*T*>") {
		t.Error(isa)
	}
}

// TestStored builds the same bytes from verdicts that went through storage.
func TestStored(t *testing.T) {
	t.Parallel()
	g := Group{
		FunctionalID: "PO", Sender: "KESTREL", Receiver: "AURELIA", Control: "7", Version: "004010", Stated: 1, Received: 1,
		Sets: []Set{{Type: "850", Control: "0001", Verdict: wire.Rejected, Findings: []wire.Finding{
			{Level: wire.LevelElement, Severity: wire.Reject, Code: "8", SegmentID: "DTM", Ref: "373", Value: "20261131", Pos: wire.Position{Segment: 5, Element: 2}},
			{Level: wire.LevelElement, Severity: wire.Reject, Code: "13", SegmentID: "N1", Ref: "93", Value: "a>b", Pos: wire.Position{Segment: 6, Element: 2}},
			{Level: wire.LevelElement, Severity: wire.Note, Code: "7", SegmentID: "N1", Pos: wire.Position{Segment: 6, Element: 1}},
		}}},
	}
	raw, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	var back Group
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	head := x12.Header{SenderQualifier: "ZZ", Sender: "KESTREL", ReceiverQualifier: "ZZ", Receiver: "AURELIA", Version: "00401", Usage: "P"}
	var a, b bytes.Buffer
	if err := Write997(&a, head, []Group{g}, Numbers{41, 42}, at); err != nil {
		t.Fatal(err)
	}
	if err := Write997(&b, head, []Group{back}, Numbers{41, 42}, at); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("bytes differ after storage")
	}
	for _, want := range []string{"*U*00401*000000041*", "GS*FA*AURELIA*KESTREL*", "AK3*DTM*5**8~AK4*2*373*8*20261131~", "AK3*N1*6**8~AK4*2*93*3~AK5*R*5~"} {
		if !strings.Contains(a.String(), want) {
			t.Errorf("no %s in %s", want, a.String())
		}
	}
}

// readVisitor takes incoming 997s apart.
type readVisitor struct{ got []Received }

func (v *readVisitor) Interchange(*schema.Interchange) error    { return nil }
func (v *readVisitor) Group(*schema.Group) error                { return nil }
func (v *readVisitor) GroupEnd(*schema.Group) error             { return nil }
func (v *readVisitor) InterchangeEnd(*schema.Interchange) error { return nil }
func (v *readVisitor) Set(s *schema.Set) error {
	r, err := Read(s)
	v.got = append(v.got, r)
	return err
}

// TestRead reads back what we write.
func TestRead(t *testing.T) {
	t.Parallel()
	in, err := os.ReadFile("../testdata/cases/850-design/in.x12")
	if err != nil {
		t.Fatal(err)
	}
	out, _, err := Answer(bytes.NewReader(in), schema.Options{}, at)
	if err != nil {
		t.Fatal(err)
	}
	v := &readVisitor{}
	if err := schema.ReadBytes(out, schema.Options{}, v); err != nil {
		t.Fatal(err)
	}
	if len(v.got) != 1 {
		t.Fatalf("%d acknowledgements", len(v.got))
	}
	g := v.got[0]
	if g.FunctionalID != "PO" || g.Control != "4217" || g.Version != "005010" || g.Verdict != wire.Rejected || g.Stated != 1 || g.Received != 1 || g.Accepted != 0 {
		t.Errorf("%+v", g)
	}
	if len(g.Sets) != 1 || len(g.Sets[0].Segments) != 2 || g.Sets[0].Codes[0] != "5" {
		t.Fatalf("%+v", g.Sets)
	}
	s := g.Sets[0].Segments[1]
	if s.ID != "PO1" || s.N != 12 || s.Loop != "PO1" || s.Code != "8" || len(s.Elements) != 1 || !reflect.DeepEqual(s.Elements[0], ReceivedElement{N: 3, Ref: "355", Code: "5", Value: "EACH"}) {
		t.Errorf("%+v", s)
	}
	if _, err := Read(&schema.Set{Type: "850"}); !errors.Is(err, ErrNot997) {
		t.Error(err)
	}
}

func TestGroupVerdict(t *testing.T) {
	t.Parallel()
	ok, bad, warn := Set{Verdict: wire.Accepted}, Set{Verdict: wire.Rejected}, Set{Verdict: wire.AcceptedWithErrors}
	for _, tc := range []struct {
		g    Group
		want wire.Verdict
	}{
		{Group{Sets: []Set{ok, ok}}, wire.Accepted},
		{Group{Sets: []Set{ok, warn}}, wire.AcceptedWithErrors},
		{Group{Sets: []Set{ok, bad}}, wire.Partly},
		{Group{Sets: []Set{bad}}, wire.Rejected},
		{Group{Sets: []Set{ok}, Findings: []wire.Finding{{Severity: wire.Reject}}}, wire.Rejected},
		{Group{Sets: []Set{ok}, Findings: []wire.Finding{{Severity: wire.AcceptedWithError}}}, wire.AcceptedWithErrors},
		{Group{}, wire.Accepted},
	} {
		if got := tc.g.Verdict(); got != tc.want {
			t.Errorf("%+v: %s, want %s", tc.g, got, tc.want)
		}
	}
}

// TestReleases: a group is answered in its release; AK103 and AK203 come with 004060,
// and what we write passes our own judgement.
func TestReleases(t *testing.T) {
	t.Parallel()
	for version, want := range map[string][]string{
		"004010": {"AK1*PO*1~", "AK2*850*0001~"}, "004030": {"AK1*PO*1~", "AK2*850*0001~"}, "004060": {"AK1*PO*1*004060~", "AK2*850*0001~"},
		"006020": {"AK1*PO*1*006020~", "AK2*850*0001~"}, "007030": {"AK1*PO*1~", "AK9*R*1*1*0*2~", "*X*004010~"},
	} {
		in := "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*^*" + version[:5] + "*000000001*0*P*>~GS*PO*KESTREL*AURELIA*20261122*0912*1*X*" +
			version + "~ST*850*0001~BEG*00*SA*4500**20261122~PO1*1*1*EA*1~SE*4*0001~GE*1*1~IEA*1*000000001~"
		out, _, err := Answer(strings.NewReader(in), schema.Options{}, at)
		if err != nil {
			t.Fatal(err)
		}
		if version != "007030" {
			want = append(want, "*X*"+version+"~")
		}
		for _, w := range want {
			if !strings.Contains(string(out), w) {
				t.Errorf("%s: no %s in %s", version, w, out)
			}
		}
		if rep, err := schema.CheckBytes(out, schema.Options{}); err != nil || rep.Rejected {
			t.Errorf("%s: our own answer is refused: %v %s", version, err, out)
		}
	}
}

// TestRepetitionSeparator: ISA11 that cannot be one is answered by the code of the
// interchange's version.
func TestRepetitionSeparator(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ version, rep, want string }{
		{"00401", "U", "A*000"}, {"00501", "^", "A*000"}, {"00501", "U", "E*022"}, {"00501", "*", "R*022"}, {"00501", "7", "R*022"},
		{"00602", "U", "E*032"}, {"00602", ">", "R*032"},
	} {
		in := "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*" + tc.rep + "*" + tc.version + "*000000001*1*P*>~GS*PO*K*A*20261122*0912*1*X*005010" +
			"~ST*850*0001~BEG*00*SA*4500**20261122~PO1*1*1*EA*1~SE*4*0001~GE*1*1~IEA*1*000000001~"
		out, _, err := Answer(strings.NewReader(in), schema.Options{}, at)
		if err != nil || !strings.Contains(string(out), "~TA1*000000001*261122*0912*"+tc.want+"~") {
			t.Errorf("%s %s: no TA1 %s in %s, %v", tc.version, tc.rep, tc.want, out, err)
		}
	}
}

// heapAt looks at the heap when so many bytes were written.
type heapAt struct {
	left int
	used uint64
}

func (h *heapAt) Write(p []byte) (int, error) {
	if h.left -= len(p); h.left <= 0 && h.used == 0 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		h.used = m.HeapAlloc
	}
	return len(p), nil
}

// The segments of an answer are made while they are written: a group may have a hundred
// thousand sets.
func TestSegmentsAreNotHeld(t *testing.T) {
	g := Group{FunctionalID: "PO", Sender: "A", Receiver: "B", Control: "1", Version: "005010", Stated: 100_000, Received: 100_000, Sets: make([]Set, 100_000)}
	for i := range g.Sets {
		g.Sets[i] = Set{Type: "850", Control: "0001", Verdict: wire.Accepted}
	}
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	at := &heapAt{left: 1 << 20}
	if err := Write997(at, x12.Header{SenderQualifier: "ZZ", Sender: "A", ReceiverQualifier: "ZZ", Receiver: "B", Control: "1", Usage: "P"}, []Group{g}, Numbers{Interchange: 1, Group: 1}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if at.used == 0 {
		t.Fatal("less than a megabyte was written")
	}
	if more := int64(at.used) - int64(before.HeapAlloc); more > 2<<20 {
		t.Errorf("%d bytes are held while it is written", more)
	}
	runtime.KeepAlive(g)
}
