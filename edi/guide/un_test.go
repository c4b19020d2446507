package guide

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"entente/edi/schema"
	"entente/edi/wire"
)

// message reads a message of D.96A inside an interchange of its own.
func message(t *testing.T, id, body string) []byte {
	t.Helper()
	n := strings.Count(body, "'") + 2
	return []byte("UNB+UNOC:3+5412345000013:14+4012345500004:14+261122:0912+101'UNH+1+" + id + "'" + body + fmt.Sprintf("UNT+%d+1'UNZ+1+101'", n))
}

func findings(t *testing.T, in []byte, opt schema.Options) (wire.Verdict, []string) {
	t.Helper()
	rep, err := schema.CheckBytes(in, opt)
	if err != nil {
		t.Fatal(err)
	}
	s := rep.Interchanges[0].GroupReports[0].SetReports[0]
	var out []string
	for _, f := range s.Findings {
		out = append(out, fmt.Sprintf("%s %s %d %s", f.Key, f.Place(), f.Pos.Segment, f.Codes.CONTRL))
	}
	return s.Verdict, out
}

const orders = "BGM+220+4500187519+9'DTM+137:20261122:102'NAD+BY+5412345000013::9'CTA+OC+:Dan'NAD+SU+4012345500004::9'" +
	"LIN+1++4012345500110:EN'QTY+21:48'LIN+2++4012345500127:EN'QTY+21:12'PRI+AAA:5'UNS+S'CNT+2:2'"

// TestJudgeEDIFACT: the demands of a guide about a message, with the codes of CONTRL.
func TestJudgeEDIFACT(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ rules, want string }{
		"nothing":           {``, ""},
		"code":              {`{"path":"BGM03","codes":["1"]}`, "guide.code BGM03 2 14"},
		"component":         {`{"path":"NAD[NAD01=BY]/NAD02-1","max_length":12}`, "guide.too_long NAD02-1 4 39"},
		"too short":         {`{"path":"LIN/QTY/QTY01-2","min_length":3}`, "guide.too_short QTY01-2 8 40;guide.too_short QTY01-2 10 40"},
		"in each line":      {`{"path":"LIN/PRI","require":true}`, "guide.missing_segment PRI 7 13"},
		"in its loop":       {`{"path":"NAD[NAD01=SU]/CTA","require":true}`, "guide.missing_segment CTA 6 13"},
		"of the message":    {`{"path":"CUX","require":true}`, "guide.missing_segment CUX 14 13"},
		"forbidden":         {`{"path":"NAD/CTA","forbid":true}`, "guide.forbidden_segment CTA 5 15"},
		"forbidden element": {`{"path":"CNT01-1","forbid":true}`, "guide.forbidden_element CNT01-1 13 15"},
		"group too often":   {`{"path":"LIN","max":1}`, "guide.max_use LIN 9 36"},
		"element missing":   {`{"path":"LIN/LIN02","require":true}`, "guide.missing_element LIN02 7 13;guide.missing_element LIN02 9 13"},
		"when":              {`{"path":"FTX","require":true,"when":"NAD[NAD01=SU]"}`, "guide.missing_segment FTX 14 13"},
		"when not":          {`{"path":"FTX","require":true,"when":"NAD[NAD01=DP]"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, problems, err := Read(strings.NewReader(`{"guide":"entente/1","version":"D96A","set":"ORDERS","association":"EAN","rules":[` + tc.rules + `]}`))
			if err != nil || len(problems) > 0 {
				t.Fatal(err, problems)
			}
			_, got := findings(t, message(t, "ORDERS:D:96A:UN:EAN008", orders), g.Options(schema.Options{}))
			if strings.Join(got, ";") != tc.want {
				t.Errorf("%s\nwant %s", strings.Join(got, ";"), tc.want)
			}
			if _, got := findings(t, message(t, "ORDERS:D:96A:UN", orders), g.Options(schema.Options{})); len(got) > 0 {
				t.Error("judged a message of another association", got)
			}
		})
	}
}

// TestToleranceEDIFACT: the standard's rules are treated otherwise in messages too.
func TestToleranceEDIFACT(t *testing.T) {
	t.Parallel()
	in := message(t, "ORDERS:D:96A:UN", strings.Replace(orders, "20261122", "20261131", 1))
	if v, got := findings(t, in, schema.Options{}); v != wire.Rejected || len(got) != 1 {
		t.Fatal(v, got)
	}
	v, got := findings(t, in, schema.Options{Tolerance: []schema.Tolerance{{Rule: "date.*", Place: "DTM01-2", As: schema.TreatNote}}})
	if v != wire.Accepted || len(got) != 1 {
		t.Error(v, got)
	}
}

// TestEANCOM: a message by the subset is accepted as it is; what is outside is told, and
// does not refuse the message.
func TestEANCOM(t *testing.T) {
	t.Parallel()
	opt := WithAssociations(schema.Options{})
	if v, got := findings(t, message(t, "ORDERS:D:96A:UN:EAN008", orders), opt); v != wire.Accepted || len(got) > 0 {
		t.Errorf("%s %q", v, got)
	}
	for name, tc := range map[string]struct {
		body string
		want string
		v    wire.Verdict
	}{
		"document":     {strings.Replace(orders, "BGM+220", "BGM+105", 1), "guide.code BGM01-1 2 14", wire.Accepted},
		"function":     {strings.Replace(orders, "19+9'", "19+1'", 1), "guide.code BGM03 2 14", wire.Accepted},
		"no function":  {strings.Replace(orders, "19+9'", "19'", 1), "guide.missing_element BGM03 2 13", wire.Accepted},
		"GLN":          {strings.Replace(orders, "5412345000013::9", "541234500001::9", 1), "guide.too_short NAD02-1 4 40", wire.AcceptedWithErrors},
		"own number":   {strings.Replace(orders, "5412345000013::9", "KS-1::92", 1), "", wire.Accepted},
		"not used":     {strings.Replace(orders, "QTY+21:48'", "QTY+21:48'PCD+1:10'", 1), "guide.forbidden_segment PCD 9 15", wire.Accepted},
		"not used, in": {strings.Replace(orders, "PRI+AAA:5'", "PRI+AAA:5'APR+WS'", 1), "guide.forbidden_segment APR 12 15", wire.Accepted},
		"item":         {strings.Replace(orders, "4012345500110:EN", "4012345500110:BP", 1), "guide.code LIN03-2 7 14", wire.Accepted},
	} {
		if v, got := findings(t, message(t, "ORDERS:D:96A:UN:EAN008", tc.body), opt); v != tc.v || strings.Join(got, ";") != tc.want {
			t.Errorf("%s: %s %q, want %s %q", name, v, got, tc.v, tc.want)
		}
		if _, got := findings(t, message(t, "ORDERS:D:96A:UN", tc.body), opt); len(got) > 0 {
			t.Errorf("%s: judged by EANCOM without its code: %q", name, got)
		}
	}
	for version, sets := range map[string][]string{"D96A": eancomSets, "D01B": eancomSets} {
		for _, set := range sets {
			if g := EANCOM(version, set); g == nil || len(g.Rules) < 5 {
				t.Errorf("no guide for %s of %s", set, version)
			}
		}
	}
	if EANCOM("D96A", "CONTRL") != nil {
		t.Error("a guide for CONTRL")
	}
}

// TestEANCOMAcceptsSamples: no sample with GS1's code that the directory accepts is
// refused by the subset.
func TestEANCOMAcceptsSamples(t *testing.T) {
	t.Parallel()
	dirs, err := os.ReadDir("../testdata/edifact")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, d := range dirs {
		in, err := os.ReadFile("../testdata/edifact/" + d.Name() + "/in.edi")
		if err != nil {
			t.Fatal(err)
		}
		plain, err1 := schema.CheckBytes(in, schema.Options{})
		also, err2 := schema.CheckBytes(in, WithAssociations(schema.Options{}))
		if err1 != nil || err2 != nil || len(plain.Interchanges) == 0 {
			continue
		}
		n++
		if plain.Rejected != also.Rejected {
			t.Errorf("%s: rejected %v by the directory, %v with EANCOM", d.Name(), plain.Rejected, also.Rejected)
		}
	}
	if n < 100 {
		t.Errorf("only %d samples", n)
	}
}

// TestShowIsWhole: every set of every edition, shown and read again, judges every
// sample as the standard does.
func TestShowIsWhole(t *testing.T) {
	t.Parallel()
	samples := map[string][][]byte{}
	for _, glob := range []string{"../testdata/cases", "../testdata/edifact"} {
		dirs, err := os.ReadDir(glob)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range dirs {
			for _, name := range []string{"in.x12", "in.edi"} {
				if in, err := os.ReadFile(glob + "/" + d.Name() + "/" + name); err == nil {
					set, _, _ := strings.Cut(d.Name(), "-")
					samples[strings.ToUpper(set)] = append(samples[strings.ToUpper(set)], in)
				}
			}
		}
	}
	for _, edition := range schema.Editions() {
		sets, _ := schema.Supported()
		if schema.IsDirectory(edition) {
			sets = schema.SupportedMessages(edition)
		}
		for _, set := range sets {
			g, ok := Show(edition, set)
			if !ok {
				if set != "999" {
					t.Errorf("%s of %s is not shown", set, edition)
				}
				continue
			}
			if (edition == "004030" || edition == "004060" || edition == "006020") && set != "850" && set != "997" {
				continue // on the tables of those between which they stand
			}
			b, err := json.Marshal(g)
			if err != nil {
				t.Fatal(err)
			}
			again, problems, err := Read(strings.NewReader(string(b)))
			if err != nil || len(problems) > 0 {
				t.Fatalf("%s of %s: %v %v", set, edition, err, problems)
			}
			for _, in := range samples[set] {
				want, _ := schema.CheckBytes(in, schema.Options{})
				got, _ := schema.CheckBytes(in, again.Options(schema.Options{}))
				a, _ := json.Marshal(want)
				b, _ := json.Marshal(got)
				if string(a) != string(b) {
					t.Fatalf("%s of %s judges otherwise:\n%s\n%s", set, edition, a, b)
				}
			}
		}
	}
}

// TestDefine: a guide adds a segment, an element and a set of its own.
func TestDefine(t *testing.T) {
	t.Parallel()
	in := []byte("ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*^*00501*000000001*0*P*>~" +
		"GS*PS*KESTRELSUPPLY*AURELIATOOLS*20261122*0912*1*X*005010~ST*830*0001~BFR*05**R1*DL*C*20261122*20261231~ZZA*WAVE*x~SE*4*0001~GE*1*1~IEA*1*000000001~")
	g, problems, err := Read(strings.NewReader(`{"guide":"entente/1","version":"005010","set":"830","define":[
	 "el 9001 ID 4 4","code 9001 closed WAVE","el 675 ID 2 2","el 676 ID 1 1",
	 "seg BFR 353! 127 328 675! 676! 373! 373","seg ZZA 9001! 127 | C0201","set 830 PS BFR! ZZA:2 (> LIN! QTY)"],
	 "rules":[{"path":"ZZA02","min_length":2}]}`))
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	if v, got := findings(t, in, g.Options(schema.Options{})); v != wire.Rejected || len(got) != 1 || !strings.HasPrefix(got[0], "guide.too_short ZZA02 3") {
		t.Errorf("%s %q", v, got)
	}
	bad := []byte(strings.Replace(string(in), "WAVE", "WAVY", 1))
	if _, got := findings(t, bad, g.Options(schema.Options{})); len(got) != 2 || !strings.HasPrefix(got[0], "code.unknown ZZA01 3") {
		t.Errorf("%q", got)
	}
	if rep, _ := schema.CheckBytes(in, schema.Options{}); !rep.Rejected {
		t.Error("830 is taken without the guide")
	}
	for name, tc := range map[string]struct{ define, want string }{
		"word":            {`"segment ZZA 353"`, "define_word!"},
		"element unknown": {`"seg ZZA 99999"`, "define_element_unknown!"},
		"segment unknown": {`"set 850 PO QQQ"`, "define_segment_unknown!"},
		"brackets":        {`"set 850 PO (1 BEG"`, "define_brackets!"},
		"note":            {`"seg ZZA 353 127 | P0103"`, "define_note!"},
		"lengths":         {`"el 9001 AN 5 3"`, "define_lengths!"},
		"type":            {`"el 9001 an..35"`, "define_type!"},
		"bound":           {`"set 850 PO BEG:x"`, "define_bound!"},
		"head":            {`"set 850 PO (1 (1 BEG))"`, "define_head!"},
		"run":             {`"seg ZZA (353 127"`, "define_run!"},
		"since later":     {`"seg ZZA@006020 99999"`, ""},
	} {
		_, problems, err := Read(strings.NewReader(`{"guide":"entente/1","version":"005010","set":"850","define":[` + tc.define + `]}`))
		var got []string
		for _, p := range problems {
			k := p.Key
			if p.Error {
				k += "!"
			}
			got = append(got, k)
		}
		if err != nil || strings.Join(got, " ") != tc.want {
			t.Errorf("%s: %v %v", name, err, problems)
		}
	}
}
