package schema

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"entente/edi/wire"
)

// bodies cuts a sample of one set into what stands before the body, its segments, and
// what follows from SE or UNT on without the count.
func bodies(text, sep, head, tail string) (before string, segs []string, after string, ok bool) {
	all := strings.Split(text, sep)
	first, last := -1, -1
	for i, s := range all {
		tag := strings.TrimSpace(s)
		switch {
		case strings.HasPrefix(tag, head):
			if first >= 0 {
				return "", nil, "", false
			}
			first = i
		case strings.HasPrefix(tag, tail):
			last = i
		}
	}
	if first < 0 || last < first {
		return "", nil, "", false
	}
	count := strings.TrimSpace(all[last])[len(tail):]
	at := strings.IndexAny(count, "*+")
	if at < 0 {
		return "", nil, "", false
	}
	return strings.Join(all[:first+1], sep) + sep, all[first+1 : last], count[at:] + sep + strings.Join(all[last+1:], sep), true
}

// told are the findings that count, as "key place segment".
func told(t *testing.T, text string) []string {
	t.Helper()
	rep, err := CheckBytes([]byte(text), Options{})
	if err != nil {
		t.Fatal(err, text)
	}
	var out []string
	for _, i := range rep.Interchanges {
		for _, f := range i.Findings {
			out = append(out, f.Key)
		}
		for _, g := range i.GroupReports {
			for _, s := range g.SetReports {
				for _, f := range s.Findings {
					if f.Severity != wire.Note {
						out = append(out, fmt.Sprintf("%s %s %d", f.Key, f.Place(), f.Pos.Segment))
					}
				}
			}
		}
	}
	return out
}

// TestNoCascade: one segment too many or twice gives one finding, whatever follows it; one
// too few gives one, or two where the first could mean another thing.
func TestNoCascade(t *testing.T) {
	t.Parallel()
	type sample struct{ glob, sep, head, tail, unknown string }
	n := 0
	for _, k := range []sample{
		{casesDir + "/*/in.x12", "~", "ST*", "SE*", "QQQ*1"}, {unCasesDir + "/*/in.edi", "'", "UNH+", "UNT+", "QQQ+1"},
	} {
		files, err := filepath.Glob(k.glob)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			in, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			before, segs, after, ok := bodies(string(in), k.sep, k.head, k.tail)
			if !ok || len(segs) < 3 {
				continue
			}
			write := func(s []string) string {
				return before + strings.Join(s, k.sep) + k.sep + k.tail + strconv.Itoa(len(s)+2) + after
			}
			if rep, err := CheckBytes([]byte(write(segs)), Options{}); err != nil || rep.Rejected || len(told(t, write(segs))) > 0 {
				continue
			}
			n++
			try := func(what string, i int, s []string) {
				if tag := strings.TrimSpace(segs[i])[:3]; what == "without" && (strings.Contains(name, "remadv") && (tag == "UNS" || tag == "AJT") ||
					strings.Contains(name, "slsrpt-week-d01b") && (tag == "GIS" || tag == "LIN")) {
					return // sums then stand where those of the line, or of the message, may: more than one reading is left
				}
				got := told(t, write(s))
				key := func(i int) (string, string) {
					f := strings.Fields(got[i])
					return f[0], f[len(f)-1]
				}
				for len(got) > 1 {
					a, at := key(0)
					b, bt := key(1)
					// What a segment passes over is missing, all of it; each beyond the
					// greatest use is one too many.
					if a != b || !(a == "segment.missing" && at == bt || a == "segment.max_use") {
						break
					}
					got = got[1:]
				}
				most := 1
				if what == "without" {
					most = 2 // where a member of the loop may also stand before it, the second shows which it was
				}
				if len(got) > most {
					t.Errorf("%s: %s %s (%d): %q", filepath.Base(filepath.Dir(name)), what, strings.TrimSpace(segs[i]), i+2, got)
				}
			}
			for i := range segs {
				with := func(mid ...string) []string {
					return append(append(append([]string{}, segs[:i]...), mid...), segs[i+1:]...)
				}
				try("without", i, with())
				try("unknown before", i, with(k.unknown, segs[i]))
				try("twice", i, with(segs[i], segs[i]))
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d samples", n)
	}
}
