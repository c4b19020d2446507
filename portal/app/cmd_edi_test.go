package app

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// call runs the program with arguments and standard input.
func call(t *testing.T, in string, args ...string) (out, errs string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(context.Background(), &env{in: strings.NewReader(in), out: &o, err: &e, getenv: func(string) string { return "" }}, args)
	return o.String(), e.String(), code
}

// TestEDIJSONAndWrite: what json prints, write turns into the same bytes.
func TestEDIJSONAndWrite(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../edi/testdata/*/*/in.*")
	if err != nil || len(files) < 60 {
		t.Fatal(len(files), err)
	}
	for _, name := range files {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text, errs, code := call(t, "", "edi", "json", name)
		if code != exitOK || !json.Valid([]byte(text)) {
			t.Fatalf("%s: %d %s", name, code, errs)
		}
		if got, errs, code := call(t, text, "edi", "write", "-"); code != exitOK || got != string(want) {
			t.Errorf("%s: %d %s\n%q", name, code, errs, got)
		}
	}
	if _, errs, code := call(t, "hello", "edi", "json", "-"); code != exitUsage || !strings.Contains(errs, "not EDI") {
		t.Error(code, errs)
	}
	if _, errs, code := call(t, "{}", "edi", "write", "-"); code != exitUsage || errs == "" {
		t.Error(code, errs)
	}
}

// TestEDIDocProfile: a partner's words are read as ours; a profile that is none is
// refused.
func TestEDIDocProfile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good.json"), filepath.Join(dir, "bad.json")
	for name, text := range map[string]string{good: `{"units":[{"theirs":"EA","ours":"PC"}]}`, bad: `{"unit":[]}`} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const file = "../../edi/testdata/cases/850-ok-005010/in.x12"
	if out, errs, code := call(t, "", "edi", "doc", "--profile", good, file); code != exitOK || strings.Count(out, `"unit":"PC"`) != 2 {
		t.Error(code, out, errs)
	}
	for _, name := range []string{bad, filepath.Join(dir, "none")} {
		if _, errs, code := call(t, "", "edi", "doc", "--profile", name, file); code != exitUsage || errs == "" {
			t.Error(name, code, errs)
		}
	}
}

// TestEDIDoc: a line for each document that was not refused; the exit code tells
// of the others.
func TestEDIDoc(t *testing.T) {
	t.Parallel()
	const cases = "../../edi/testdata/cases/"
	for name, want := range map[string]struct{ lines, code int }{
		"850-rich": {1, exitOK}, "850-partly": {1, exitFailed}, "810-off-invoice": {1, exitOK}, "997-in": {0, exitOK}, "850-missing": {0, exitFailed},
	} {
		out, errs, code := call(t, "", "edi", "doc", cases+name+"/in.x12")
		if n := strings.Count(out, "\n"); n != want.lines || code != want.code {
			t.Errorf("%s: %d lines, exit %d %s", name, n, code, errs)
		}
		for line := range strings.Lines(out) {
			var d struct {
				Type     string         `json:"type"`
				Document map[string]any `json:"document"`
			}
			if err := json.Unmarshal([]byte(line), &d); err != nil || d.Type == "" || d.Document["number"] == "" {
				t.Errorf("%s: %v %s", name, err, line)
			}
		}
	}
}

// TestEDIBench: every stage has a rate and a ratio.
func TestEDIBench(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"cases/850-rich/in.x12", "edifact/orders-ok-d96a/in.edi"} {
		out, errs, code := call(t, "", "edi", "bench", "../../edi/testdata/"+name)
		var got map[string]json.RawMessage
		if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitOK {
			t.Fatal(name, err, code, errs)
		}
		for _, stage := range []string{"scan", "tokenise", "events", "validate", "translate", "stream", "stream_validate"} {
			var r rate
			if err := json.Unmarshal(got[stage], &r); err != nil || r.MBs <= 0 || stage != "scan" && r.Ratio <= 0 {
				t.Errorf("%s: %s: %s %v", name, stage, got[stage], err)
			}
		}
	}
	if _, _, code := call(t, "", "edi", "bench", "-"); code != exitUsage {
		t.Error("standard input was measured")
	}
}

// TestEDIGuide: a guide is linted, and judges what check reads.
func TestEDIGuide(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := file("good.json", `{"guide":"entente/1","version":"005010","set":"850","rules":[{"path":"BEG01","codes":["05"]}]}`)
	bad := file("bad.json", `{"guide":"entente/1","version":"005010","set":"850","rules":[{"path":"BSN01","forbid":true}]}`)
	const sample = "../../edi/testdata/cases/850-ok-005010/in.x12"
	if out, errs, code := call(t, "", "edi", "guide", "lint", good); code != exitOK || !strings.Contains(out, "sound") {
		t.Error(code, out, errs)
	}
	if out, _, code := call(t, "", "edi", "guide", "lint", bad); code != exitFailed || !strings.Contains(out, "BSN") {
		t.Error(code, out)
	}
	if out, _, code := call(t, "", "edi", "check", "--guide", good, sample); code != exitFailed || !strings.Contains(out, "It takes: 05") || !strings.Contains(out, "[AK403 7]") {
		t.Error(code, out)
	}
	if _, errs, code := call(t, "", "edi", "check", "--guide", bad, sample); code != exitUsage || !strings.Contains(errs, "BSN") {
		t.Error(code, errs)
	}
	if _, _, code := call(t, "", "edi", "check", sample); code != exitOK {
		t.Error(code)
	}
	if _, _, code := call(t, "", "edi", "guide", "lint", sample); code != exitUsage {
		t.Error("an EDI file was taken for a guide")
	}
	if out, _, code := call(t, "", "edi", "ack", "--999", "--guide", good, sample); code != exitFailed || !strings.Contains(out, "IK4*1*353*I6*00~IK5*R*I5~") {
		t.Error(code, out)
	}
	un := file("un.json", `{"guide":"entente/1","version":"D96A","set":"ORDERS","rules":[{"path":"LIN/PRI/PRI01-2","max_length":1}]}`)
	if out, _, code := call(t, "", "edi", "check", "--guide", un, "../../edi/testdata/edifact/orders-ok-d96a/in.edi"); code != exitFailed || !strings.Contains(out, "PRI01-2") {
		t.Error(code, out)
	}
}

// TestEDIGuideShow: the standard is printed as a guide that lint finds sound and that
// judges as the standard does.
func TestEDIGuideShow(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ set, version, sample string }{
		{"850", "005010", "cases/850-rich/in.x12"}, {"ORDERS", "D96A", "edifact/orders-ok-d96a/in.edi"},
	} {
		out, _, code := call(t, "", "edi", "guide", "show", tc.set, "--version", tc.version)
		path := filepath.Join(t.TempDir(), "guide.json")
		if err := os.WriteFile(path, []byte(out), 0o600); err != nil || code != exitOK {
			t.Fatal(err, code)
		}
		if out, errs, code := call(t, "", "edi", "guide", "lint", path); code != exitOK {
			t.Error(tc.set, code, out, errs)
		}
		if out, _, code := call(t, "", "edi", "check", "--guide", path, "../../edi/testdata/"+tc.sample); code != exitOK {
			t.Error(tc.set, code, out)
		}
	}
	if out, _, code := call(t, "", "edi", "guide", "show", "DESADV", "--version", "D96A", "--eancom"); code != exitOK || !strings.Contains(out, `"accept_with_note"`) {
		t.Error(code, out)
	}
	if _, errs, code := call(t, "", "edi", "guide", "show", "850", "--version", "007030"); code != exitUsage || !strings.Contains(errs, "006020") {
		t.Error(code, errs)
	}
}
