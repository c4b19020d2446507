package schema

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the expected files anew")

const casesDir = "../testdata/cases"

type goldenFindings struct {
	Error  string  `json:"error,omitempty"`
	Report *Report `json:"report"`
}

// TestCases judges every sample and compares verdicts and findings.
func TestCases(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob(casesDir + "/*")
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

func sameJSON(t *testing.T, a, b any) bool {
	t.Helper()
	x, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(x, y)
}

func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (run with -update and look at the diff)\ngot:\n%s", path, got)
	}
}

// slowReader gives one byte at a time.
type slowReader struct{ b []byte }

func (r *slowReader) Read(p []byte) (int, error) {
	if len(r.b) == 0 {
		return 0, io.EOF
	}
	p[0] = r.b[0]
	r.b = r.b[1:]
	return 1, nil
}
