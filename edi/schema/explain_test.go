package schema

import (
	"bytes"
	"strings"
	"testing"

	"entente/edi/wire"
	"entente/edi/x12"
)

func explain(t *testing.T, name string) Explained {
	t.Helper()
	var out []Explained
	err := Explain(bytes.NewReader(sampleFile(t, name)), Options{}, func(_ *Interchange, _ *Group, e Explained) error {
		out = append(out, e)
		return nil
	})
	if err != nil || len(out) != 1 {
		t.Fatalf("%d sets, %v", len(out), err)
	}
	return out[0]
}

func TestExplain(t *testing.T) {
	t.Parallel()
	e := explain(t, "850-design")
	if e.Type != "850" || e.NameKey != "edi.set.850" || e.Verdict != wire.Rejected || len(e.Segments) != 16 {
		t.Fatalf("%+v", e)
	}
	dtm := e.Segments[4]
	if dtm.ID != "DTM" || dtm.N != 5 || dtm.NameKey != "edi.seg.DTM" || dtm.Raw != "DTM*002*20261131" || len(dtm.Findings) != 1 || dtm.Loop != "" {
		t.Errorf("%+v", dtm)
	}
	if q := dtm.Elements[0]; q != (ExplainedElement{Place: "DTM01", N: 1, Ref: "374", NameKey: "edi.el.374", Type: "ID", Value: "002", MeaningKey: "edi.code.374.002"}) {
		t.Errorf("%+v", q)
	}
	if d := dtm.Elements[1]; !d.Bad || d.Decoded != "" || d.Value != "20261131" {
		t.Errorf("%+v", d)
	}
	if d := e.Segments[1].Elements[3]; d.Place != "BEG05" || d.Decoded != "2026-11-24" || d.DecodedKind != "date" {
		t.Errorf("%+v", d)
	}
	po1 := e.Segments[9]
	if po1.Loop != "PO1" || po1.Elements[1].Decoded != "240" || po1.Elements[1].DecodedKind != "number" || po1.Elements[5].MeaningKey != "edi.code.235.VP" {
		t.Errorf("%+v", po1)
	}
	if n3 := e.Segments[7]; n3.Loop != "N1" {
		t.Errorf("%+v", n3)
	}
}

func TestExplainMissingAndAmounts(t *testing.T) {
	t.Parallel()
	e := explain(t, "850-conditions")
	for _, s := range e.Segments {
		if s.ID != "REF" {
			continue
		}
		if len(s.Elements) != 2 || s.Elements[1].Place != "REF02" || !s.Elements[1].Bad || s.Elements[1].Value != "" {
			t.Errorf("%+v", s.Elements)
		}
	}
	e = explain(t, "810-off-invoice")
	for _, s := range e.Segments {
		switch s.ID {
		case "TDS":
			if s.Elements[0].Decoded != "23267.01" {
				t.Errorf("%+v", s.Elements)
			}
		case "SAC":
			if s.Elements[2].Type != "N2" || !strings.Contains(s.Elements[2].Decoded, ".") {
				t.Errorf("%+v", s.Elements)
			}
		}
	}
	e = explain(t, "set-unsupported")
	if e.NameKey != "edi.set.unknown" || len(e.Findings) != 1 || len(e.Segments) != 15 {
		t.Errorf("%+v", e)
	}
	e = explain(t, "850-unknown-segment")
	if e.Segments[4].NameKey != "edi.seg.unknown" || len(e.Segments[4].Findings) != 1 {
		t.Errorf("%+v", e.Segments[4])
	}
}

func TestExplainEnvelope(t *testing.T) {
	t.Parallel()
	r := x12.NewBytesReader(sampleFile(t, "850-test-usage"), wire.Limits{})
	s, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	e := ExplainSegment(s, "005010", r.Delimiters())
	if e.NameKey != "edi.seg.ISA" || len(e.Elements) != 16 {
		t.Fatalf("%+v", e)
	}
	for _, el := range e.Elements {
		if el.Place == "ISA15" && el.MeaningKey != "edi.code.I14.T" || el.Place == "ISA09" && el.Decoded != "2026-11-22" || el.Place == "ISA10" && el.Decoded != "09:12" {
			t.Errorf("%+v", el)
		}
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in     string
		places int
		want   string
	}{{"5046400", 2, "50464.00"}, {"5", 2, "0.05"}, {"-5", 2, "-0.05"}, {"007", 0, "7"}, {"0", 0, "0"}, {".5", 0, "0.5"}, {"1.50", 0, "1.50"}} {
		if got := number(tc.in, tc.places); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.in, got, tc.want)
		}
	}
}
