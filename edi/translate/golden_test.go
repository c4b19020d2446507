package translate

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
)

var update = flag.Bool("update", false, "write the expected files anew")

// translated is a document with its notes, as the golden files hold it.
type translated struct {
	Control  string         `json:"control"`
	Document any            `json:"document"`
	Problems []doc.Problem  `json:"problems,omitempty"`
	Findings []wire.Finding `json:"findings,omitempty"`
}

// translator reads every accepted business set of a file.
type translator struct{ out []translated }

func (v *translator) Interchange(*schema.Interchange) error    { return nil }
func (v *translator) Group(*schema.Group) error                { return nil }
func (v *translator) GroupEnd(*schema.Group) error             { return nil }
func (v *translator) InterchangeEnd(*schema.Interchange) error { return nil }
func (v *translator) Set(s *schema.Set) error {
	if s.Verdict == wire.Rejected {
		return nil
	}
	t := translated{Control: s.Control}
	d, f := Read(s)
	if d == nil {
		return nil
	}
	t.Document, t.Findings, t.Problems = d, f, d.Validate()
	v.out = append(v.out, t)
	return nil
}

// TestCases translates every sample and compares the documents.
func TestCases(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("../testdata/cases/*")
	if err != nil || len(dirs) < 30 {
		t.Fatalf("cases: %d, %v", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			in, err := os.ReadFile(filepath.Join(dir, "in.x12"))
			if err != nil {
				t.Fatal(err)
			}
			v := &translator{}
			if err := schema.ReadBytes(in, schema.Options{}, v); err != nil && !errors.Is(err, wire.ErrTruncated) {
				t.Fatal(err)
			}
			var got []byte
			if len(v.out) > 0 {
				if got, err = json.MarshalIndent(v.out, "", " "); err != nil {
					t.Fatal(err)
				}
				got = append(got, '\n')
			}
			path := filepath.Join(dir, "doc.json")
			if *update && got != nil {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs (run with -update and look at the diff)\n%s", path, got)
			}
		})
	}
}
