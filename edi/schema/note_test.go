package schema

import (
	"fmt"
	"strings"
	"testing"
)

// TestDependencyNotes: D1 to D7, with the place and the code of CONTRL.
func TestDependencyNotes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ note, seg, want string }{
		{"D1(010,020,030)", "+a", ""},
		{"D1(010,020,030)", "++b", ""},
		{"D1(010,020,030)", "++++d", "condition.one_of QQQ01 13"},
		{"D1(010,020,030)", "+a++c", "condition.only_one QQQ03 15"},
		{"D2(010,020,030)", "++++d", ""},
		{"D2(010,020,030)", "+a+b+c", ""},
		{"D2(010,020,030)", "+a++c", "condition.paired QQQ02 13"},
		{"D3(010,020)", "++b", ""},
		{"D3(010,020)", "+a+b", ""},
		{"D3(010,020)", "+++c", "condition.one_of QQQ01 13"},
		{"D4(010,020)", "+++c", ""},
		{"D4(010,020)", "+a", ""},
		{"D4(010,020)", "+a+b", "condition.only_one QQQ02 15"},
		{"D5(020,010,030)", "+a", ""},
		{"D5(020,010,030)", "+a+b+c", ""},
		{"D5(020,010,030)", "++b+c", "condition.required QQQ01 13"},
		{"D5(020,010,030)", "+a+b", "condition.required QQQ03 13"},
		{"D6(020,010,030)", "+a", ""},
		{"D6(020,010,030)", "++b+c", ""},
		{"D6(020,010,030)", "++b", "condition.required_one QQQ01 13"},
		{"D7(020,010,030)", "+a++c", ""},
		{"D7(020,010,030)", "++b", ""},
		{"D7(020,010,030)", "++b+c", "condition.excluded QQQ03 15"},
		{"D7(010,040)", "+a+++d:e", "condition.excluded QQQ04 15"},
	} {
		tables, err := TablesOf("D96A").With("com C999 1004 1004\nseg QQQ 1004 1004 1004 C999 | "+tc.note+"\nset ORDERS BGM! QQQ", "D96A")
		if err != nil {
			t.Fatal(err)
		}
		dict, err := tables.Compile("D96A", "ORDERS")
		if err != nil {
			t.Fatal(err)
		}
		in := "UNB+UNOC:3+K:ZZZ+A:ZZZ+261122:0912+101'UNH+1+ORDERS:D:96A:UN'BGM+220+1+9'QQQ" + tc.seg + "'UNT+4+1'UNZ+1+101'"
		rep, err := CheckBytes([]byte(in), Options{Own: []*Dictionary{dict}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range rep.Interchanges[0].GroupReports[0].SetReports[0].Findings {
			got = append(got, fmt.Sprintf("%s %s %s", f.Key, f.Place(), f.Codes.CONTRL))
			if f.Args["rule"] != tc.note || f.Args["places"] == "" {
				t.Errorf("%s: %v", tc.note, f.Args)
			}
		}
		if strings.Join(got, ";") != tc.want {
			t.Errorf("%s on QQQ%s: %q, want %q", tc.note, tc.seg, got, tc.want)
		}
	}
	if _, err := ReadTables("seg QQQ 1004 1004 | D8(010,020)", "D96A"); err == nil {
		t.Error("a note D8 was taken")
	}
}

// TestEditions: each release is judged by its own differences, and others are refused
// with the names of those that are taken.
func TestEditions(t *testing.T) {
	t.Parallel()
	order := func(version, ref string) string {
		return "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*^*" + version[:5] + "*000000001*0*P*>~" +
			"GS*PO*KESTREL*AURELIA*20261122*0912*1*X*" + version + "~ST*850*0001~BEG*00*SA*4500**20261122~REF*DP*" + ref + "~PO1*1*1*EA*1~SE*5*0001~GE*1*1~IEA*1*000000001~"
	}
	long := strings.Repeat("7", 40)
	for _, tc := range []struct{ version, ref, want string }{
		{"004010", long, "element.too_long REF02"}, {"004030", long, "element.too_long REF02"}, {"004030", "7", ""}, {"004060", "7", ""},
		{"005010", long, ""}, {"006020", long, ""}, {"004030VICS", "7", ""}, {"005010X231", "7", ""},
		{"004050", "7", "group.version GS08"}, {"007030", "7", "group.version GS08"}, {"003030", "7", "group.version GS08"},
	} {
		rep, err := CheckBytes([]byte(order(tc.version, tc.ref)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		g := rep.Interchanges[0].GroupReports[0]
		got := ""
		for _, f := range append(g.Findings, g.SetReports[0].Findings...) {
			if f.Key == "set.group_refused" {
				continue
			}
			got += f.Key + " " + f.Place()
			if f.Key == "group.version" && (f.Args["supported"] != "004010, 004030, 004060, 005010, 006020" || f.Value != tc.version || f.Code != "2") {
				t.Errorf("%+v", f)
			}
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.version, got, tc.want)
		}
	}
	for version, fields := range map[string]int{"004010": 2, "004030": 2, "004060": 3, "005010": 3, "006020": 3} {
		if n := len(TablesOf(version).Segments["AK1"].Fields); n != fields {
			t.Errorf("AK1 of %s has %d elements", version, n)
		}
	}
}
