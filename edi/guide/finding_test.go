package guide

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"entente/edi/schema"
	"entente/edi/wire"
)

// The sound files that the cases change. "#" is the count of the set, put in last.
const (
	isa   = "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*^*00501*000000101*0*P*>~"
	order = isa + "GS*PO*KESTREL*AURELIA*20261122*0912*7*X*005010~ST*850*0001~BEG*00*SA*4500**20261122~CUR*BY*USD~REF*DP*1~DTM*002*20261201~" +
		"N1*ST*Wakefield*92*W1~N3*Unit 4~N4*Wakefield**WF27AZ*GB~PO1*1*2*EA*1.5*PE*VP*X~CTT*1~SE*#*0001~GE*1*7~IEA*1*000000101~"
	notice = isa + "GS*SH*KESTREL*AURELIA*20261122*0912*7*X*005010~ST*856*0001~BSN*00*S1*20261122*0912*0004~HL*1**S*1~TD1*CTN*1~HL*2*1*O*1~PRF*4500~" +
		"HL*3*2*I*0~LIN**VP*X~SN1**2*EA~CTT*3~SE*#*0001~GE*1*7~IEA*1*000000101~"
	unOrder = "UNB+UNOC:3+5412345000013:14+4012345500004:14+261122:0912+REF1'UNH+1+ORDERS:D:96A:UN'BGM+220+4500+9'DTM+137:20261122:102'" +
		"NAD+BY+5412345000013::9'LIN+1++4012345500110:EN'QTY+21:48'UNS+S'CNT+2:1'UNT+#+1'UNZ+1+REF1'"
	ung = "UNG+ORDERS+K+A+261122:0912+7+UN+D:96A'"
)

// A case changes a sound file in one point. What it must give is one finding, written
// "key place segment AK/IK/TA1/CONTRL severity", or where the point is the head of what
// follows, what it says of that too.
type findingCase struct {
	file, from, to string
	guide          string // further JSON of a guide
	limit          int    // bytes of a set
	want           string
}

// grouped puts the message of unOrder into a group.
func grouped(from, to string) (string, string) {
	text := strings.Replace(strings.Replace(unOrder, "UNH", ung+"UNH", 1), "UNZ", "UNE+1+7'UNZ", 1)
	text = strings.Replace(text, from, to, 1)
	if strings.HasSuffix(to, "++UN") { // both references of the group
		text = strings.Replace(text, "UNE+1+7", "UNE+1+", 1)
	}
	return unOrder, text
}

// filled puts the counts of segments in.
func filled(text string) string {
	for _, k := range []struct{ sep, head, tail string }{{"~", "ST*", "SE*#"}, {"'", "UNH+", "UNT+#"}} {
		segs := strings.Split(text, k.sep)
		first := 0
		for i, s := range segs {
			switch s = strings.TrimSpace(s); {
			case strings.HasPrefix(s, k.head):
				first = i
			case strings.HasPrefix(s, k.tail):
				segs[i] = strings.Replace(segs[i], "#", strconv.Itoa(i-first+1), 1)
			}
		}
		text = strings.Join(segs, k.sep)
	}
	return text
}

func (c findingCase) findings(t *testing.T) string {
	t.Helper()
	text := c.to
	if c.from != c.file {
		if c.from != "" && !strings.Contains(c.file, c.from) {
			t.Fatalf("no %q in the file", c.from)
		}
		text = strings.Replace(c.file, c.from, c.to, 1)
	}
	opt := schema.Options{Limits: wire.Limits{Set: c.limit}}
	if c.guide != "" {
		head := `{"guide":"entente/1","version":"005010","set":"850",`
		if c.file == unOrder {
			head = `{"guide":"entente/1","version":"D96A","set":"ORDERS",`
		}
		g, problems, err := Read(strings.NewReader(head + c.guide + "}"))
		if err != nil || len(problems) > 0 {
			t.Fatal(err, problems)
		}
		opt = g.Options(opt)
	}
	rep, err := schema.CheckBytes([]byte(filled(text)), opt)
	if err != nil {
		t.Fatal(err)
	}
	var all []wire.Finding
	for _, i := range rep.Interchanges {
		all = append(all, i.Findings...)
		for _, g := range i.GroupReports {
			all = append(all, g.Findings...)
			for _, s := range g.SetReports {
				all = append(all, s.Findings...)
			}
		}
	}
	var out []string
	for _, f := range all {
		sev := map[wire.Severity]string{wire.Note: "note", wire.AcceptedWithError: "accept", wire.Reject: "reject"}[f.Severity]
		out = append(out, fmt.Sprintf("%s %s %d %s/%s/%s/%s %s", f.Key, f.Place(), f.Pos.Segment, f.In(wire.AK), f.In(wire.IK), f.In(wire.TA1), f.In(wire.CONTRL), sev))
	}
	return strings.Join(out, "; ")
}

// standards names the syntaxes that can give the findings of a source file.
func standards(file string) []string {
	switch {
	case strings.Contains(file, "../edifact/") || strings.HasPrefix(filepath.Base(file), "un_"):
		return []string{"edifact"}
	case strings.HasPrefix(file, "judge.go"):
		return []string{"x12", "edifact"}
	}
	return []string{"x12"}
}

var findingKey = regexp.MustCompile(`"((?:segment|loop|element|code|date|time|number|condition|set|group|interchange|count|level|guide|charset|un_group|un_interchange|un_set|allowance)\.[a-z0-9_]+)"`)

// TestEveryFinding: every key that the source can give has a case here, for each
// standard, and each case gives exactly what it says: the place, the codes of all
// acknowledgements, and nothing beside.
func TestEveryFinding(t *testing.T) {
	t.Parallel()
	covered := map[string]bool{}
	for _, c := range findingCases() {
		std := "x12"
		if strings.HasPrefix(c.file, "UNB") {
			std = "edifact"
		}
		for part := range strings.SplitSeq(c.want, "; ") {
			key, _, _ := strings.Cut(part, " ")
			covered[std+" "+key] = true
		}
		if got := c.findings(t); got != c.want {
			t.Errorf("%s: %q for %q\n got %s\nwant %s", std, c.to[:min(len(c.to), 60)], c.from[:min(len(c.from), 30)], got, c.want)
		}
	}
	for _, f := range []string{order, notice, unOrder} {
		if got := (findingCase{file: f}).findings(t); got != "" {
			t.Errorf("the file is not sound: %s", got)
		}
	}
	n := 0
	for _, dir := range []string{"../schema/*.go", "../x12/*.go", "../edifact/*.go", "judge.go"} {
		files, err := filepath.Glob(dir)
		if err != nil || len(files) == 0 {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.SplitSeq(string(src), "\n") {
				if strings.Contains(line, "wire.Err") {
					continue // what ends reading is no finding
				}
				for _, m := range findingKey.FindAllStringSubmatch(line, -1) {
					for _, std := range standards(name) {
						n++
						if !covered[std+" "+m[1]] {
							t.Errorf("no case for %s of %s (%s)", m[1], std, filepath.Base(name))
							covered[std+" "+m[1]] = true
						}
					}
				}
			}
		}
	}
	if n < 110 {
		t.Errorf("only %d keys found in the source", n)
	}
}

// TestFindingsAreData: a finding keeps its facts through storage.
func TestFindingsAreData(t *testing.T) {
	t.Parallel()
	in := wire.Finding{Key: "guide.missing_segment", Trigger: &wire.Trigger{SegmentID: "BEG", Segment: 2, Element: 2, Ref: "92"}}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var back wire.Finding
	if err := json.Unmarshal(b, &back); err != nil || back.Trigger == nil || *back.Trigger != *in.Trigger {
		t.Errorf("%s %v", b, err)
	}
}
