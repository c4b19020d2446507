package ack

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"entente/edi/schema"
	"entente/edi/wire"
)

const unCases = "../testdata/edifact"

// TestCONTRLCases answers every sample of EDIFACT and compares the bytes; what we
// answer must pass our own judgement, and is never answered itself.
func TestCONTRLCases(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob(unCases + "/*")
	if err != nil || len(dirs) < 75 {
		t.Fatalf("cases: %d, %v", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			in, err := os.ReadFile(filepath.Join(dir, "in.edi"))
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := Answer(bytes.NewReader(in), schema.Options{}, at)
			if err != nil && !errors.Is(err, wire.ErrTruncated) {
				t.Fatal(err)
			}
			if len(got) > 0 {
				rep, err := schema.CheckBytes(got, schema.Options{})
				if err != nil || rep.Rejected {
					t.Errorf("our own answer is refused: %v %+v\n%s", err, rep, got)
				}
				if again, _, _ := Answer(bytes.NewReader(got), schema.Options{}, at); len(again) > 0 {
					t.Errorf("an answer was answered: %s", again)
				}
			}
			path := filepath.Join(dir, "contrl.edi")
			text := strings.ReplaceAll(string(got), "'", "'\n")
			if *update && len(got) > 0 {
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			if text != string(want) {
				t.Errorf("%s differs (run with -update and look at the diff)\n%s", path, text)
			}
		})
	}
}

// TestCONTRLFacts holds the answers that partners build on, segment by segment.
func TestCONTRLFacts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		sample string
		want   []string
	}{
		"accepted":           {"orders-ok-d96a", []string{"UNB+UNOC:3+AURELIATOOLS:ZZZ+KESTRELSUPPLY:ZZZ+261122:1030+1", "UNH+1+CONTRL:D:3:UN:EAN004", "UCI+REF4217+KESTRELSUPPLY:ZZZ+AURELIATOOLS:ZZZ+7", "UCM+1+ORDERS:D:96A:UN:EAN008+7", "UNT+4+1"}},
		"31 November":        {"orders-date-31-november", []string{"UCI+REF4217+KESTRELSUPPLY:ZZZ+AURELIATOOLS:ZZZ+7", "UCM+1+ORDERS:D:96A:UN:EAN008+4", "UCS+4", "UCD+12+2:2"}},
		"count of segments":  {"orders-count", []string{"UCM+1+ORDERS:D:96A:UN:EAN008+4+29+UNT+2"}},
		"references differ":  {"orders-reference-differs", []string{"UCM+1+ORDERS:D:96A:UN:EAN008+4+28+UNT+3"}},
		"UNZ count":          {"orders-unz-count", []string{"UCI+REF4217+KESTRELSUPPLY:ZZZ+AURELIATOOLS:ZZZ+4+29+UNZ+2"}},
		"segment missing":    {"orders-missing-bgm", []string{"UCS+2+13"}},
		"element missing":    {"orders-missing-qualifier", []string{"UCS+8", "UCD+13+2"}},
		"not supported":      {"message-unsupported", []string{"UCM+1+IFTMIN:D:96A:UN+4+14+UNH+3"}},
		"partly":             {"orders-partly", []string{"UCM+1+ORDERS:D:96A:UN:EAN008+7", "UCM+2+ORDERS:D:96A:UN:EAN008+4", "UCM+2+ORDERS:D:96A:UN:EAN008+4+26+UNH+2"}},
		"group":              {"orders-in-group", []string{"UCF+G1+KESTRELSUPPLY+AURELIATOOLS+7", "UCM+1+ORDERS:D:96A:UN:EAN008+7"}},
		"test stays test":    {"orders-test", []string{"UNB+UNOC:3+AURELIATOOLS:ZZZ+KESTRELSUPPLY:ZZZ+261122:1030+1++++++1"}},
		"syntax 4":           {"orders-utf8", []string{"UNH+1+CONTRL:D:4:UN"}},
		"told, not refused":  {"orders-unlisted-code", []string{"UCM+1+ORDERS:D:96A:UN:EAN008+7", "UNT+4+1"}},
		"syntax 1":           {"unoa-syntax-1", []string{"UNH+1+CONTRL:2:2:UN"}},
		"acknowledgement":    {"contrl-in", []string{""}},
		"nobody to answer":   {"interchange-bad-head", []string{""}},
		"unknown characters": {"interchange-unknown-set", []string{"UCI+REF4217+KESTRELSUPPLY:ZZZ+AURELIATOOLS:ZZZ+4+2+UNB+2:1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, err := os.ReadFile(filepath.Join(unCases, tc.sample, "in.edi"))
			if err != nil {
				t.Fatal(err)
			}
			out, _, err := Answer(bytes.NewReader(in), schema.Options{}, at)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Split(strings.TrimSuffix(string(out), "'"), "'")
			for _, w := range tc.want {
				if !has(got, w) {
					t.Errorf("no %s in\n%s", w, strings.Join(got, "\n"))
				}
			}
		})
	}
}

// contrlVisitor takes incoming CONTRLs apart.
type contrlVisitor struct{ got []ReceivedCONTRL }

func (v *contrlVisitor) Interchange(*schema.Interchange) error    { return nil }
func (v *contrlVisitor) Group(*schema.Group) error                { return nil }
func (v *contrlVisitor) GroupEnd(*schema.Group) error             { return nil }
func (v *contrlVisitor) InterchangeEnd(*schema.Interchange) error { return nil }
func (v *contrlVisitor) Set(s *schema.Set) error {
	r, err := ReadCONTRL(s)
	v.got = append(v.got, r)
	return err
}

// TestReadCONTRL reads back what we write.
func TestReadCONTRL(t *testing.T) {
	t.Parallel()
	in, err := os.ReadFile(unCases + "/orders-date-31-november/in.edi")
	if err != nil {
		t.Fatal(err)
	}
	out, _, err := Answer(bytes.NewReader(in), schema.Options{}, at)
	if err != nil {
		t.Fatal(err)
	}
	v := &contrlVisitor{}
	if err := schema.ReadBytes(out, schema.Options{}, v); err != nil || len(v.got) != 1 {
		t.Fatal(err, len(v.got))
	}
	c := v.got[0]
	if c.Reference != "REF4217" || c.Sender != "KESTRELSUPPLY" || c.Verdict != wire.Accepted || len(c.Messages) != 1 {
		t.Fatalf("%+v", c)
	}
	m := c.Messages[0]
	if m.Reference != "1" || m.ID.String() != "ORDERS:D:96A:UN:EAN008" || m.Verdict != wire.Rejected || len(m.Segments) != 1 {
		t.Fatalf("%+v", m)
	}
	if s := m.Segments[0]; s.N != 4 || len(s.Elements) != 1 || !reflect.DeepEqual(s.Elements[0], ReceivedElement{N: 1, Component: 2, Code: "12"}) {
		t.Errorf("%+v", s)
	}
	if _, err := ReadCONTRL(&schema.Set{Type: "997"}); !errors.Is(err, ErrNotCONTRL) {
		t.Error(err)
	}
}
