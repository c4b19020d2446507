package schema

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"entente/edi/wire"
)

func unSample(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(unCasesDir, name, "in.edi"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSupportedMessages(t *testing.T) {
	t.Parallel()
	d96 := "APERAK COMDIS CONTRL DESADV INVOIC INVRPT ORDCHG ORDERS ORDRSP PRICAT RECADV REMADV SLSRPT"
	if got := strings.Join(SupportedMessages("D96A"), " "); got != d96 {
		t.Error(got)
	}
	for _, m := range []string{"RETANN", "RETINS", "ORDERS", "CONTRL"} {
		if !slices.Contains(SupportedMessages("D01B"), m) {
			t.Errorf("no %s in D01B", m)
		}
	}
	if SupportedMessages("D99A") != nil {
		t.Error("a directory that is not there")
	}
}

func TestExplainMessage(t *testing.T) {
	t.Parallel()
	var got []Explained
	err := Explain(bytes.NewReader(unSample(t, "orders-date-31-november")), Options{}, func(ic *Interchange, g *Group, e Explained) error {
		if ic.Syntax != SyntaxEDIFACT || ic.UNB.Sender != "KESTRELSUPPLY" || !g.Implicit {
			t.Errorf("%+v %+v", ic, g)
		}
		got = append(got, e)
		return nil
	})
	if err != nil || len(got) != 1 {
		t.Fatal(err, len(got))
	}
	e := got[0]
	if e.NameKey != "edi.un.set.ORDERS" || e.Version != "D:96A:UN:EAN008" || e.Verdict != wire.Rejected || len(e.Segments) != 26 {
		t.Fatalf("%+v", e)
	}
	bgm := e.Segments[1].Elements
	if len(bgm) != 3 || bgm[0] != (ExplainedElement{Place: "BGM01-1", N: 1, Component: 1, Ref: "1001", NameKey: "edi.un.el.1001", Type: "an..3", Value: "220", MeaningKey: "edi.un.code.1001.220"}) {
		t.Errorf("%+v", bgm)
	}
	if bgm[1].Place != "BGM02" || bgm[1].Component != 0 {
		t.Errorf("%+v", bgm[1])
	}
	if d := e.Segments[2].Elements[1]; d.Decoded != "2026-11-22" || d.DecodedKind != "date" {
		t.Errorf("%+v", d)
	}
	if d := e.Segments[3]; len(d.Findings) != 1 || !d.Elements[1].Bad || d.Elements[1].Decoded != "" {
		t.Errorf("%+v", d)
	}
	if l := e.Segments[13]; l.ID != "LIN" || l.Loop != "SG25" {
		t.Errorf("%+v", l)
	}
}

// TestSkipMessages: a reader that resumes sees the rest as it would have.
func TestSkipMessages(t *testing.T) {
	t.Parallel()
	in := unSample(t, "orders-partly")
	rep, err := CheckBytes(in, Options{SkipSets: 1})
	if err != nil {
		t.Fatal(err)
	}
	sets := rep.Interchanges[0].GroupReports[0].SetReports
	if len(sets) != 2 || sets[0].Index != 1 || sets[1].Findings[0].Key != "un_set.reference_repeated" {
		t.Errorf("%+v", sets)
	}
}

// TestPlaces: a message taken by its offset and length is the message.
func TestPlaces(t *testing.T) {
	t.Parallel()
	in := unSample(t, "orders-partly")
	rep, err := CheckBytes(in, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ic := rep.Interchanges[0]
	if ic.Offset != 0 || int(ic.Length) != len(bytes.TrimSpace(in)) {
		t.Errorf("%d+%d of %d", ic.Offset, ic.Length, len(in))
	}
	for _, s := range ic.GroupReports[0].SetReports {
		part := string(in[s.Offset : s.Offset+s.Length])
		if !strings.HasPrefix(part, "UNH+"+s.Control+"+") || !strings.HasSuffix(part, "+"+s.Control+"'") {
			t.Errorf("%q", part)
		}
	}
}

// FuzzEDIFACT: judging never panics, a stream is judged as memory is, and findings
// stand within the file.
func FuzzEDIFACT(f *testing.F) {
	files, err := filepath.Glob(unCasesDir + "/*/in.edi")
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		opt := Options{Limits: wire.Limits{File: 1 << 20, Findings: 20}}
		a, aerr := CheckBytes(data, opt)
		b, berr := Check(&slowReader{b: data}, opt)
		if !sameJSON(t, a, b) || (aerr == nil) != (berr == nil) {
			t.Fatalf("memory and stream differ: %v, %v", aerr, berr)
		}
		for _, i := range a.Interchanges {
			for _, g := range i.GroupReports {
				for _, s := range g.SetReports {
					if s.Length < 0 || s.Offset+s.Length > int64(len(data)) {
						t.Fatalf("%d+%d of %d", s.Offset, s.Length, len(data))
					}
					for _, fd := range s.Findings {
						if fd.Pos.Offset < 0 || fd.Pos.Offset > int64(len(data)) {
							t.Fatalf("%+v", fd)
						}
					}
				}
			}
		}
		_ = Explain(bytes.NewReader(data), opt, func(*Interchange, *Group, Explained) error { return nil })
	})
}
