package schema

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

const unCasesDir = "../testdata/edifact"

// TestEDIFACTCases judges every sample of EDIFACT and compares verdicts and findings.
func TestEDIFACTCases(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob(unCasesDir + "/*")
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
			var got goldenFindings
			got.Report, err = CheckBytes(in, Options{})
			if err != nil {
				got.Error = err.Error()
			}
			streamed, serr := Check(&slowReader{b: in}, Options{})
			if !sameJSON(t, streamed, got.Report) || (serr == nil) != (err == nil) {
				t.Error("a stream of single bytes is judged differently")
			}
			out, err := json.MarshalIndent(got, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			compare(t, filepath.Join(dir, "findings.json"), append(out, '\n'))
		})
	}
}
