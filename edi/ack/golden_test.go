package ack

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entente/edi/schema"
)

var update = flag.Bool("update", false, "write the expected files anew")

var at = time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)

// TestCases answers every sample and compares the bytes; what we answer must pass
// our own judgement.
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
			got, _, err := Answer(bytes.NewReader(in), schema.Options{}, at)
			if err != nil {
				t.Fatal(err)
			}
			again, _, _ := Answer(bytes.NewReader(in), schema.Options{}, at)
			if !bytes.Equal(got, again) {
				t.Error("the same input gave two answers")
			}
			if len(got) > 0 {
				rep, err := schema.CheckBytes(got, schema.Options{})
				if err != nil || rep.Rejected {
					t.Errorf("our own answer is refused: %v %+v", err, rep)
				}
			}
			path := filepath.Join(dir, "997.x12")
			text := strings.ReplaceAll(string(got), "~", "~\n")
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
