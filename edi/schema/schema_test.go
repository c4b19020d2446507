package schema

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"entente/edi/wire"
	"entente/edi/x12"
)

// TestGenerated: sound documents of every kind and release are accepted without a
// word, broken ones are rejected, and only those.
func TestGenerated(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"850", "810"} {
		for _, version := range []string{"004010", "005010"} {
			rep, err := CheckBytes(generate(kind, version, 200, 0), Options{})
			if err != nil || rep.Rejected {
				t.Fatalf("%s %s: %v", kind, version, err)
			}
			for _, s := range rep.Interchanges[0].GroupReports[0].SetReports {
				if len(s.Findings) > 0 {
					t.Fatalf("%s %s: %+v", kind, version, s.Findings)
				}
			}
			rep, err = CheckBytes(generate(kind, version, 200, 10), Options{})
			if err != nil || !rep.Rejected {
				t.Fatalf("%s %s: %v", kind, version, err)
			}
			g := rep.Interchanges[0].GroupReports[0]
			if g.Received != 200 || g.Accepted != 180 || g.Verdict != wire.Partly {
				t.Errorf("%s %s: %+v", kind, version, g.Group)
			}
			for i, s := range g.SetReports {
				if want := (i+1)%10 == 0; (s.Verdict == wire.Rejected) != want {
					t.Errorf("%s %s set %d: %s", kind, version, i, s.Verdict)
				}
			}
		}
	}
}

// order wraps the body of an 850 and gives its findings as "key code place".
func order(t *testing.T, body string) []string {
	t.Helper()
	segs := strings.Split(strings.TrimSpace(body), "\n")
	text := "ISA*00*          *00*          *ZZ*K              *ZZ*A              *261122*0912*^*00501*000000001*0*P*>~" +
		"GS*PO*K*A*20261122*0912*1*X*005010~ST*850*0001~" + strings.Join(segs, "~") +
		fmt.Sprintf("~SE*%d*0001~GE*1*1~IEA*1*000000001~", len(segs)+2)
	rep, err := CheckBytes([]byte(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range rep.Interchanges[0].GroupReports[0].SetReports[0].Findings {
		out = append(out, f.Key+" "+f.Code+" "+f.Place())
	}
	return out
}

const (
	beg  = "BEG*00*SA*P1**20261122\n"
	line = "PO1*1*1*EA*1.5*PE*VP*X\n"
)

func TestElements(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		// conditions, each kind met and broken
		beg + "PER*BD*X*TE*1\n" + line:                         "",
		beg + "PER*BD*X*TE\n" + line:                           "condition.paired 2 PER04",
		beg + "REF*PD\n" + line:                                "condition.one_of 2 REF02",
		beg + "REF*PD**text\n" + line:                          "",
		beg + "N1*BY*X\nN4*Leeds*WY*WF1*GB***AB\n" + line:      "condition.only_one 10 N407",
		beg + "N1*BY*X\nN4*Leeds****SP\n" + line:               "",
		beg + "N1*BY*X\nN4*Leeds*****X\n" + line:               "condition.required 2 N405",
		beg + "ITD*14*3*2\n" + line:                            "condition.required_one 2 ITD04",
		beg + "ITD*14*3*2**10\n" + line:                        "",
		beg + "N1*BY\n" + line:                                 "condition.one_of 2 N102",
		beg + "N1*BY*   \n" + line:                             "condition.one_of 2 N102",
		beg + "PO1*1*1*EA*1*PE*VP\n":                           "condition.paired 2 PO107",
		beg + "PO1*1*1*EA**PE\n":                               "condition.required 2 PO104",
		beg + line + "SAC*A*F800***100*******02*PR*\n":         "",
		beg + line + "SAC*A*F800********02\n":                  "condition.paired 2 SAC09 allowance.no_amount  SAC05",
		beg + line + "SAC*C*D240***100**********Freight\n":     "",
		beg + line + "SAC*A****100\n":                          "condition.one_of 2 SAC02",
		beg + line + "SAC*A*F800***1.00\n":                     "number.format 6 SAC05",
		beg + line + "SAC*A*F800***-100\n":                     "",
		"BEG*00*SA***20261122\n" + line:                        "element.missing 1 BEG03",
		"BEG*00*SA*  **20261122\n" + line:                      "element.missing 1 BEG03",
		"BEG*0*SA*1**20261122\n" + line:                        "element.too_short 4 BEG01",
		"BEG*XX*SA*1**20261122\n" + line:                       "code.unknown 7 BEG01",
		beg + "CUR*BY*QQQ\n" + line:                            "code.unlisted 7 CUR02",
		beg + "DTM*002*20260229\n" + line:                      "date.impossible 8 DTM02",
		beg + "DTM*002*20240229\n" + line:                      "",
		beg + "DTM*002*19000229\n" + line:                      "date.impossible 8 DTM02",
		beg + "DTM*002*2026-1-1\n" + line:                      "date.format 8 DTM02",
		beg + "DTM*002*261122\n" + line:                        "element.too_short 4 DTM02",
		beg + "DTM*002*20261122*2359\n" + line:                 "",
		beg + "DTM*002*20261122*2400\n" + line:                 "time.impossible 9 DTM03",
		beg + "DTM*002*20261122*12345\n" + line:                "time.impossible 9 DTM03",
		beg + "DTM*002*20261122*12345678\n" + line:             "",
		beg + "PO1*1*-1.5*EA\n":                                "",
		beg + "PO1*1*.5*EA\n":                                  "",
		beg + "PO1*1*1.2.3*EA\n":                               "number.format 6 PO102",
		beg + "PO1*1*1,5*EA\n":                                 "number.format 6 PO102",
		beg + "PO1*1*-*EA\n":                                   "number.format 6 PO102",
		beg + "PO1*1*123456789012345*EA\n":                     "",
		beg + "PO1*1*-12345678901234.5*EA\n":                   "",
		beg + "PO1*1*1234567890123456*EA\n":                    "element.too_long 5 PO102",
		beg + "PO1*1*0001234567890123456*EA\n":                 "element.too_long 5 PO102",
		beg + "PO1*1*000123456789012345*EA\n":                  "",
		beg + "N1*BY*" + strings.Repeat("é", 60) + "\n" + line: "",
		beg + "N1*BY*" + strings.Repeat("é", 61) + "\n" + line: "element.too_long 5 N102",
		beg + "N1*BY*a\tb\n" + line:                            "element.characters 6 N102",
		beg + "CTP**RES*1*1*EA>>>\n" + line:                    "",
		beg + "PO1*1*1*EA\nCTP**RES*1*1*EA\n":                  "",
		beg + "PO1*1*1*EA\nCTP**RES*1*1*>2\n":                  "element.missing 1 CTP05-1",
		beg + "PO1*1*1*EA\nCTP**RES*1*1*QQQ\n":                 "element.too_long 5 CTP05-1",
		beg + "CTT*1\n":                                        "segment.missing 3 PO1 count.lines  CTT01",
		beg + line + "CTT*2\n":                                 "count.lines  CTT01",
		// structure
		beg:                                  "segment.missing 3 PO1",
		line:                                 "segment.missing 3 BEG",
		beg + beg + line:                     "segment.max_use 5 BEG",
		beg + "BIG*20261122*1\n" + line:      "segment.not_in_set 6 BIG",
		beg + "ZZZ*1\n" + line:               "segment.unknown 1 ZZZ",
		beg + "TOOLONG*1\n" + line:           "segment.unknown 1 TOOLONG",
		beg + "*1\n" + line:                  "segment.unknown 1 ",
		beg + "N4*Leeds\n" + line:            "segment.unexpected 2 N4",
		beg + "N1*BY*X\nN3*a\nN2*b\n" + line: "segment.order 7 N2",
		beg + line + "CUR*BY*GBP\nPO4*1\n":   "",
		beg + line + "PID*F****a\nMEA***1\nPID*F****b\nN1*ST*X\nREF*PD*1\n" + line: "",
		beg + line + "DTM*002*20261122\nPID*F****a\n":                              "segment.order 7 PID",
		beg + strings.Repeat("SAC*C*D240***1\n", 26) + line:                        "loop.max_use 4 SAC",
	} {
		got := strings.Join(order(t, body), " ")
		if got != want {
			t.Errorf("%q\n got %q\nwant %q", body, got, want)
		}
	}
}

// TestReleases: 004010 has shorter references and fewer elements than 005010.
func TestReleases(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]wire.Verdict{"004010": wire.Rejected, "005010": wire.Accepted} {
		b := x12.Body{Type: "850", Segs: []x12.Seg{
			x12.S("BEG", "00", "SA", "1", "", "20261122"), x12.S("REF", "PD", strings.Repeat("9", 40)), x12.S("PO1", "1", "1", "EA"),
		}}
		f, err := CheckBody(b, version)
		if err != nil || wire.VerdictOf(f) != want {
			t.Errorf("%s: %v %+v", version, err, f)
		}
	}
}

// tape records what the Visitor is told.
type tape struct {
	lines []string
	stop  error
}

func (v *tape) note(format string, args ...any) {
	v.lines = append(v.lines, fmt.Sprintf(format, args...))
}

func (v *tape) Interchange(i *Interchange) error {
	v.note("interchange %d %s", i.Index, i.Header.Control)
	return nil
}

func (v *tape) Group(g *Group) error { v.note("group %d in %d", g.Index, g.Interchange); return nil }

func (v *tape) Set(s *Set) error {
	first, last := &s.Segments[0], &s.Segments[len(s.Segments)-1]
	v.note("set %d %s %s %d segments %s to %s", s.Index, s.Control, s.Verdict, len(s.Segments), first.ID(), last.ID())
	return v.stop
}

func (v *tape) GroupEnd(g *Group) error {
	v.note("group end %d %s stated %d received %d accepted %d", g.Index, g.Verdict, g.Stated, g.Received, g.Accepted)
	return nil
}

func (v *tape) InterchangeEnd(i *Interchange) error {
	v.note("interchange end %d %s groups %d sets %d", i.Index, i.Verdict, i.Groups, i.Sets)
	return nil
}

func sampleFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(casesDir + "/" + name + "/in.x12")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestVisitorOrder(t *testing.T) {
	t.Parallel()
	in := sampleFile(t, "850-partly")
	v := &tape{}
	if err := ReadBytes(in, Options{}, v); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"interchange 0 000000101", "group 0 in 0",
		"set 0 0001 accepted 15 segments ST to SE", "set 1 0002 rejected 15 segments ST to SE", "set 2 0001 rejected 15 segments ST to SE",
		"group end 0 partly stated 3 received 3 accepted 1", "interchange end 0 partly groups 1 sets 3",
	}
	if strings.Join(v.lines, "\n") != strings.Join(want, "\n") {
		t.Error(strings.Join(v.lines, "\n"))
	}
	// Resuming after the second set tells only the third, judged as before.
	v = &tape{}
	if err := ReadBytes(in, Options{SkipSets: 2}, v); err != nil {
		t.Fatal(err)
	}
	want = append(append([]string{}, want[:2]...), want[4], "group end 0 rejected stated 3 received 3 accepted 0", "interchange end 0 rejected groups 1 sets 3")
	if strings.Join(v.lines, "\n") != strings.Join(want, "\n") {
		t.Error(strings.Join(v.lines, "\n"))
	}
	stop := errors.New("disk full")
	v = &tape{stop: stop}
	if err := ReadBytes(in, Options{}, v); !errors.Is(err, stop) || len(v.lines) != 3 {
		t.Errorf("%v %q", err, v.lines)
	}
}

// TestSetPlace: the bytes from Offset on, Length long, are the set.
func TestSetPlace(t *testing.T) {
	t.Parallel()
	in := sampleFile(t, "850-own-delimiters")
	rep, err := CheckBytes(in, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range rep.Interchanges {
		if whole := in[i.Offset : i.Offset+i.Length]; !bytes.HasPrefix(whole, []byte("ISA")) || !bytes.Contains(whole[len(whole)-20:], []byte("IEA")) {
			t.Errorf("%q", whole)
		}
		s := i.GroupReports[0].SetReports[0]
		b := in[s.Offset : s.Offset+s.Length]
		if !bytes.HasPrefix(b, []byte("ST")) || !bytes.HasPrefix(b[len(b)-10:], []byte("SE")) && !bytes.Contains(b[len(b)-12:], []byte("SE")) {
			t.Errorf("%q", b)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	in := generate("850", "005010", 3, 0)
	rep, err := CheckBytes(in, Options{Limits: wire.Limits{Sets: 2}})
	var e *wire.Error
	if !errors.As(err, &e) || e.Key != "limit.sets" || len(rep.Interchanges[0].GroupReports[0].SetReports) != 2 {
		t.Errorf("%v", err)
	}
	rep, err = CheckBytes(in, Options{Limits: wire.Limits{Set: 300}})
	if s := rep.Interchanges[0].GroupReports[0].SetReports[0]; err != nil || s.Verdict != wire.Rejected || s.Findings[0].Key != "set.too_large" {
		t.Errorf("%v %+v", err, s)
	}
	noisy := bytes.ReplaceAll(in, []byte("PID*F"), []byte("PID*?"))
	rep, err = CheckBytes(noisy, Options{Limits: wire.Limits{Findings: 2}})
	if s := rep.Interchanges[0].GroupReports[0].SetReports[0]; err != nil || len(s.Findings) != 2 || s.Dropped != 3 || s.Verdict != wire.Rejected {
		t.Errorf("%v %d %d", err, len(s.Findings), s.Dropped)
	}
}

func TestControls(t *testing.T) {
	t.Parallel()
	var c controls
	c.reset()
	for i, tc := range []struct {
		in    string
		fresh bool
	}{
		{"0001", true}, {"0002", true}, {"0002", false}, {"0001", false}, {"0010", true}, {"0005", true}, {"0005", false},
		{"0010", false}, {"0011", true}, {"ABCD", true}, {"ABCD", false}, {"0003", true}, {"0003", false},
	} {
		if got := c.add(tc.in); got != tc.fresh {
			t.Errorf("%d %s: %v", i, tc.in, got)
		}
	}
	c.reset()
	if !c.add("0001") || !c.add("ABCD") {
		t.Error("a group remembers the one before")
	}
}

// TestMemory: ten times the sets need no more memory.
func TestMemory(t *testing.T) {
	grown := func(n int) uint64 {
		in := generate("850", "005010", n, 0)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		if err := Read(bytes.NewReader(in), Options{}, &quiet{}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	grown(10)
	small, large := grown(1000), grown(10_000)
	if large > small+600_000 { // a few strings a set may come and go, segments may not
		t.Errorf("%d bytes for 1,000 sets, %d for 10,000", small, large)
	}
}

type quiet struct{ sets int }

func (v *quiet) Interchange(*Interchange) error    { return nil }
func (v *quiet) Group(*Group) error                { return nil }
func (v *quiet) Set(*Set) error                    { v.sets++; return nil }
func (v *quiet) GroupEnd(*Group) error             { return nil }
func (v *quiet) InterchangeEnd(*Interchange) error { return nil }

func TestSupported(t *testing.T) {
	t.Parallel()
	sets, versions := Supported()
	if strings.Join(sets, " ") != "180 810 812 820 824 832 844 845 846 849 850 852 855 856 860 861 865 867 870 997 999" || strings.Join(versions, " ") != "004010 004030 004060 005010 006020" {
		t.Error(sets, versions)
	}
	if GroupCode("850") != "PO" || GroupCode("855") != "PR" || GroupCode("810") != "IN" || GroupCode("997") != "FA" || GroupCode("999") != "FA" || GroupCode("940") != "" {
		t.Error("group codes")
	}
}

// FuzzCheck: never a panic, verdicts agree with findings, and judging is the same
// from memory and from a stream.
func FuzzCheck(f *testing.F) {
	for _, name := range []string{"850-rich", "855-split", "810-off-invoice", "997-in", "850-repeats-components", "850-truncated", "ta1-only"} {
		f.Add(sampleFile(f, name))
	}
	f.Add(generate("850", "004010", 4, 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, aerr := CheckBytes(data, Options{})
		b, berr := Check(bytes.NewReader(data), Options{})
		if !sameJSON(t, a, b) || (aerr == nil) != (berr == nil) {
			t.Fatal("memory and stream differ")
		}
		for _, i := range a.Interchanges {
			for _, g := range i.GroupReports {
				for _, s := range g.SetReports {
					if len(s.Findings) > wire.DefaultLimits().Findings || s.Dropped == 0 && wire.VerdictOf(s.Findings) != s.Verdict {
						t.Fatalf("%+v", s)
					}
				}
			}
		}
		err := Explain(bytes.NewReader(data), Options{}, func(*Interchange, *Group, Explained) error { return nil })
		if (err == nil) != (aerr == nil) && !errors.Is(err, wire.ErrTruncated) {
			t.Fatal(err, aerr)
		}
	})
}
