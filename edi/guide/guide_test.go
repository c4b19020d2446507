package guide

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"entente/edi/schema"
	"entente/edi/wire"
)

// read gives a guide with the rules, sound.
func read(t *testing.T, rules string) *Guide {
	t.Helper()
	g, problems, err := Read(strings.NewReader(`{"guide":"entente/1","version":"005010","set":"850",` + rules + `}`))
	if err != nil || !Sound(problems) {
		t.Fatal(err, problems)
	}
	return g
}

// judged gives the verdict and the guide's findings about the first set of a sample.
func judged(t *testing.T, g *Guide, sample string) (wire.Verdict, []string) {
	t.Helper()
	in, err := os.ReadFile("../testdata/cases/" + sample + "/in.x12")
	if err != nil {
		t.Fatal(err)
	}
	rep, err := schema.CheckBytes(in, g.Options(schema.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	s := rep.Interchanges[0].GroupReports[0].SetReports[0]
	var out []string
	for _, f := range s.Findings {
		out = append(out, fmt.Sprintf("%s %s %d %s%s", f.Key, f.Place(), f.Pos.Segment, f.Code, f.Value))
	}
	return s.Verdict, out
}

// TestJudge: each demand says what fails it, where, and with which severity.
func TestJudge(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		rules  string
		sample string
		want   string
		v      wire.Verdict
	}{
		"nothing":           {`"rules":[]`, "850-ok-005010", "", wire.Accepted},
		"code taken":        {`"rules":[{"path":"BEG01","codes":["00","05"]}]`, "850-ok-005010", "", wire.Accepted},
		"code not taken":    {`"rules":[{"path":"BEG01","codes":["05"]}]`, "850-ok-005010", "guide.code BEG01 2 700", wire.Rejected},
		"required there":    {`"rules":[{"path":"N1[N101=ST]","require":true}]`, "850-ok-005010", "", wire.Accepted},
		"required missing":  {`"rules":[{"path":"N1[N101=BT]","require":true}]`, "850-ok-005010", "guide.missing_segment N1 15 3", wire.Rejected},
		"in each line":      {`"rules":[{"path":"PO1/REF","require":true}]`, "850-ok-005010", "guide.missing_segment REF 10 3;guide.missing_segment REF 12 3", wire.Rejected},
		"forbidden segment": {`"rules":[{"path":"CUR","forbid":true}]`, "850-ok-005010", "guide.forbidden_segment CUR 3 2", wire.Rejected},
		"forbidden element": {`"rules":[{"path":"PO1/PO105","forbid":true,"severity":"accept_with_error"}]`, "850-ok-005010", "guide.forbidden_element PO105 10 10PE;guide.forbidden_element PO105 12 10PE", wire.AcceptedWithErrors},
		"greatest use":      {`"rules":[{"path":"N1","max":1,"severity":"accept_with_note"}]`, "850-ok-005010", "guide.max_use N1 7 4", wire.Accepted},
		"element missing":   {`"rules":[{"path":"PO1/PO111","require":true}]`, "850-ok-005010", "guide.missing_element PO111 10 1;guide.missing_element PO111 12 1", wire.Rejected},
		"too long":          {`"rules":[{"path":"PO1/PID/PID05","max_length":20}]`, "850-ok-005010", "guide.too_long PID05 11 5Cordless drill 18 V brushless", wire.Rejected},
		"too short":         {`"rules":[{"path":"BEG03","min_length":12}]`, "850-ok-005010", "guide.too_short BEG03 2 44500187519", wire.Rejected},
		"other set":         {`"rules":[{"path":"BEG01","codes":["05"]}]`, "855-split", "", wire.Accepted},
		"rule is ignored":   {`"tolerance":[{"rule":"date.impossible","as":"ignore"}]`, "850-date-31-november", "", wire.Accepted},
		"rule is a note":    {`"tolerance":[{"rule":"date.*","place":"DTM02","as":"accept_with_note"}]`, "850-date-31-november", "date.impossible DTM02 5 820261131", wire.Accepted},
		"elsewhere":         {`"tolerance":[{"rule":"date.*","place":"DTM03","as":"ignore"}]`, "850-date-31-november", "date.impossible DTM02 5 820261131", wire.Rejected},
		"stricter":          {`"tolerance":[{"rule":"code.unlisted","as":"reject"}]`, "850-unlisted-only", "code.unlisted PO103 10 7JX", wire.Rejected},
		"first decides":     {`"tolerance":[{"rule":"date.*","as":"accept_with_error"},{"rule":"*.*","as":"ignore"}]`, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.sample == "" {
				_, problems, err := Read(strings.NewReader(`{"guide":"entente/1","version":"005010","set":"850",` + tc.rules + `}`))
				if err != nil || Sound(problems) {
					t.Error("a rule for everything was taken")
				}
				return
			}
			v, got := judged(t, read(t, tc.rules), tc.sample)
			if strings.Join(got, ";") != tc.want || v != tc.v {
				t.Errorf("%s %s\nwant %s %s", v, strings.Join(got, ";"), tc.v, tc.want)
			}
		})
	}
}

// TestEnvelopeStays: no tolerance reaches the rules that hold a file together.
func TestEnvelopeStays(t *testing.T) {
	t.Parallel()
	in, err := os.ReadFile("../testdata/cases/850-se-count/in.x12")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []string{"set.count", "set.*", "group.count", "interchange.count", "*", "s*"} {
		rep, err := schema.CheckBytes(in, schema.Options{Tolerance: []schema.Tolerance{{Rule: rule, As: schema.TreatIgnore}}})
		if err != nil || !rep.Rejected {
			t.Errorf("%s: %v, a wrong count passes", rule, err)
		}
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ guide, want string }{
		"set":              {`"version":"003010","set":"850"`, "set_unknown!"},
		"path":             {`"version":"005010","set":"850","rules":[{"path":"N1[","require":true}]`, "path!"},
		"segment":          {`"version":"005010","set":"850","rules":[{"path":"BSN","forbid":true}]`, "segment_unknown!"},
		"element":          {`"version":"005010","set":"850","rules":[{"path":"BEG99","require":true}]`, "element_unknown!"},
		"code":             {`"version":"005010","set":"850","rules":[{"path":"BEG01","codes":["99"]}]`, "code_unknown"},
		"nothing":          {`"version":"005010","set":"850","rules":[{"path":"BEG01"}]`, "nothing"},
		"contradiction":    {`"version":"005010","set":"850","rules":[{"path":"BEG01","forbid":true,"require":true}]`, "contradiction!"},
		"codes of segment": {`"version":"005010","set":"850","rules":[{"path":"BEG","codes":["00"]}]`, "not_element!"},
		"lengths":          {`"version":"005010","set":"850","rules":[{"path":"BEG03","min_length":9,"max_length":3}]`, "length!"},
		"wider":            {`"version":"005010","set":"850","rules":[{"path":"BEG03","max_length":99}]`, "lengths_wider"},
		"severity":         {`"version":"005010","set":"850","rules":[{"path":"BEG03","require":true,"severity":"ignore"}]`, "severity!"},
		"tolerance":        {`"version":"005010","set":"850","tolerance":[{"rule":"set.count","as":"ignore"}]`, "tolerance!"},
		"treatment":        {`"version":"005010","set":"850","tolerance":[{"rule":"date.format","as":"forget"}]`, "tolerance!"},
		"repeated":         {`"version":"005010","set":"850","rules":[{"path":"BEG03","require":true},{"path":"BEG03","max_length":9}]`, "repeated"},
		"misspelt":         {`"version":"005010","set":"850","rules":[{"path":"BEG03","requires":true}]`, "field_unknown! nothing"},
		"max of element":   {`"version":"005010","set":"850","rules":[{"path":"BEG03","max":2}]`, "max!"},
		"856":              {`"version":"004010","set":"856","rules":[{"path":"HL[HL03=S]/N1[N101=ST]","require":true}]`, ""},
	} {
		_, problems, err := Read(strings.NewReader(`{"guide":"entente/1",` + tc.guide + `}`))
		var got []string
		for _, p := range problems {
			if p.Error {
				p.Key += "!"
			}
			got = append(got, p.Key)
		}
		if err != nil || strings.Join(got, " ") != tc.want {
			t.Errorf("%s: %v %v, want %s", name, err, problems, tc.want)
		}
	}
	for _, bad := range []string{"", "[]", "{}", `{"guide":"entente/2"}`, `{"guide":"entente/1","rules":7}`, strings.Repeat(" ", MaxSize+1)} {
		if _, _, err := Read(strings.NewReader(bad)); err == nil {
			t.Errorf("%.20q was taken for a guide", bad)
		}
	}
}

// TestProblemsHaveTexts: every key of a problem has a text in both languages.
func TestProblemsHaveTexts(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "zh-CN"} {
		b, err := os.ReadFile("../../portal/locale/edi." + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]string
		if err := json.Unmarshal(b, &texts); err != nil {
			t.Fatal(err)
		}
		for _, k := range Keys() {
			if texts["edi.guide."+k] == "" {
				t.Errorf("%s: no text edi.guide.%s", lang, k)
			}
		}
	}
}

// FuzzRead: a guide is refused, or judges without a panic.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"guide":"entente/1","version":"005010","set":"850","rules":[{"path":"PO1[PO101=1]/PID/PID05","max_length":20},{"path":"//N1","max":1},{"path":"REF04-2:1","require":true}]}`))
	in, err := os.ReadFile("../testdata/cases/850-rich/in.x12")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g, _, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		var we *wire.Error
		if _, err := schema.CheckBytes(in, g.Options(schema.Options{})); err != nil && !errors.As(err, &we) {
			t.Fatal(err)
		}
	})
}
