package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/edi/edifact"
	"entente/edi/wire"
)

// told is what is told of a file, places in bytes left out: they move with the bytes.
func toldOf(t *testing.T, in []byte) string {
	t.Helper()
	rep, err := CheckBytes(in, Options{})
	if err != nil {
		t.Fatalf("%v\n%q", err, in)
	}
	for i := range rep.Interchanges {
		ic := &rep.Interchanges[i]
		plain := func(fs []wire.Finding) {
			for i := range fs {
				fs[i].Pos.Offset = 0
				if bytes.HasPrefix(in, []byte("UNA")) {
					v := strings.ReplaceAll(fs[i].Value, string(rune(in[3])), ":")
					fs[i].Value = strings.ReplaceAll(v, string(rune(in[7])), "*")
				}
				if d := ic.Delimiters; d.Component != 0 { // a composite as it stands in the file
					v := bytes.ReplaceAll([]byte(fs[i].Value), []byte{d.Component}, []byte{'>'})
					fs[i].Value = string(bytes.ReplaceAll(v, []byte{d.Repetition}, []byte{'^'}))
				}
			}
		}
		ic.Offset, ic.Length = 0, 0
		plain(ic.Findings)
		for k := range ic.GroupReports {
			g := &ic.GroupReports[k]
			g.Offset = 0
			plain(g.Findings)
			for n := range g.SetReports {
				s := &g.SetReports[n]
				s.Offset, s.Length = 0, 0
				plain(s.Findings)
			}
		}
	}
	out, err := json.Marshal(rep)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// collect keeps the values of every set, in the order of the file.
type collect struct{ b strings.Builder }

func (*collect) Interchange(*Interchange) error    { return nil }
func (*collect) Group(*Group) error                { return nil }
func (*collect) GroupEnd(*Group) error             { return nil }
func (*collect) InterchangeEnd(*Interchange) error { return nil }

func (c *collect) Set(s *Set) error {
	for i := range s.Segments {
		seg := &s.Segments[i]
		fmt.Fprintf(&c.b, "%s", seg.TagBytes())
		for el := 1; el <= seg.Len(); el++ {
			var v []byte
			for _, x := range seg.El(el) {
				switch {
				case x == s.Delimiters.Component:
					v = append(v, "<component>"...)
				case x == s.Delimiters.Repetition && x != 0:
					v = append(v, "<repeat>"...)
				default:
					v = append(v, x)
				}
			}
			fmt.Fprintf(&c.b, "|%s", v)
		}
		c.b.WriteByte('\n')
	}
	for i := range s.Un {
		seg := &s.Un[i]
		m := seg.Marks()
		for k := 0; k+1 < len(m); k++ {
			fmt.Fprintf(&c.b, "%d%s|", m[k].Sep(), seg.Decode(seg.Raw()[m[k].Start():m[k+1].Start()-1]))
		}
		c.b.WriteByte('\n')
	}
	return nil
}

func values(t *testing.T, in []byte) string {
	t.Helper()
	c := &collect{}
	if err := ReadBytes(in, Options{}, c); err != nil {
		t.Fatal(err)
	}
	return c.b.String()
}

// unbroken is a sample without the line ends between its segments.
func unbroken(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../testdata", path))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r"), nil), []byte("\n"), nil)
}

// TestAnyDelimiters: an 850 and an 856 give the same values and findings with every
// byte that is allowed in each of the four roles, whatever stands between segments.
func TestAnyDelimiters(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"850-rich", "850-repeats-components", "850-conditions", "856-sopi", "856-level-order"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := unbroken(t, "cases/"+name+"/in.x12")
			was := []byte{in[3], in[104], in[105]} // element, component, terminator
			if rep := in[82]; rep != 'U' {
				was = append(was, rep)
			}
			wantTold, wantValues := toldOf(t, in), values(t, in)
			used := [256]bool{}
			for _, c := range in {
				used[c] = true
			}
			for _, c := range was {
				used[c] = false
			}
			var free []byte
			for c := range 256 {
				letter := c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == ' '
				if !letter && !used[c] && bytes.IndexByte(was, byte(c)) < 0 {
					free = append(free, byte(c))
				}
			}
			if len(free) < 150 {
				t.Fatalf("only %d bytes are free", len(free))
			}
			n := 0
			for role := range was {
				for _, c := range free {
					if c == 0 && (role == 1 || role == 3) || (c == '\r' || c == '\n') && role < 2 {
						continue // never a separator: see x12.Reader
					}
					out := bytes.Clone(in)
					for i, x := range out {
						if x == was[role] {
							out[i] = c
						}
					}
					alike(t, fmt.Sprintf("role %d is %#02x", role, c), out, wantTold, wantValues)
					n++
				}
			}
			for _, between := range []string{"\n", "\r\n", "\r\n\r\n", " ", " \n", "\t\r\n", "\x00", "\n\x1a"} {
				out := bytes.ReplaceAll(in, []byte{was[2]}, append([]byte{was[2]}, between...))
				alike(t, fmt.Sprintf("%q between", between), out, wantTold, wantValues)
			}
			for _, all := range []string{"|^~`", "\x1d\x1f\x1c\x1e", "+:'&", "\xfe\xfd\xff\xfc", "*>\r^", "*:\n^", ",;!%"} {
				if strings.ContainsFunc(all, func(r rune) bool { return r < 256 && used[byte(r)] }) {
					continue
				}
				swap := bytes.Clone(in)
				for i, x := range swap {
					if k := bytes.IndexByte(was, x); k >= 0 {
						swap[i] = all[k]
					}
				}
				alike(t, fmt.Sprintf("all are %q", all), swap, wantTold, wantValues)
			}
			if n < 500 && len(was) == 4 {
				t.Errorf("only %d choices were tried", n)
			}
		})
	}
}

func alike(t *testing.T, name string, in []byte, wantTold, wantValues string) {
	t.Helper()
	if got := values(t, in); got != wantValues {
		t.Errorf("%s: the values are\n%s\nnot\n%s", name, got, wantValues)
	}
	if got := toldOf(t, in); got != wantTold {
		t.Errorf("%s: told\n%s\nnot\n%s", name, got, wantTold)
	}
}

// TestAnyServiceCharacters: an ORDERS gives the same values and findings with every
// choice in UNA.
func TestAnyServiceCharacters(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"orders-ok-d96a", "orders-release-parity", "orders-components", "orders-repetition"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := unbroken(t, "edifact/"+name+"/in.edi")
			in = bytes.TrimPrefix(in, []byte("UNA:+.?*'"))
			if bytes.HasPrefix(in, []byte("UNA")) {
				in = in[9:]
			}
			std := edifact.DefaultDelimiters("4")
			wantTold, wantValues := toldOf(t, in), values(t, in)
			free := "!\"#$%&;<=>@[]^_`{|}~\x1c\x1d\x1e\x1f\x01\x7f\xa7\xb6\xfe"
			n := 0
			for i := range free {
				pick := func(k int) byte { return free[(i+k)%len(free)] }
				for roles := 1; roles < 32; roles++ {
					d := std
					for k, to := range []*byte{&d.Component, &d.Element, &d.Release, &d.Repetition, &d.Terminator} {
						if roles>>k&1 == 1 {
							*to = pick(k)
						}
					}
					out := append([]byte{'U', 'N', 'A', d.Component, d.Element, d.Decimal, d.Release, d.Repetition, d.Terminator}, anew(in, std, d)...)
					alike(t, fmt.Sprintf("%+v", d), out, wantTold, wantValues)
					n++
				}
			}
			for _, between := range []string{"\n", "\r\n", " \r\n\r\n", "\t"} {
				alike(t, fmt.Sprintf("%q between", between), broken(in, std, between), wantTold, wantValues)
			}
			if n < 800 {
				t.Errorf("only %d choices were tried", n)
			}
		})
	}
}

// anew writes a file with other service characters: each value is released anew.
func anew(in []byte, was, d edifact.Delimiters) []byte {
	var out []byte
	for i := 0; i < len(in); i++ {
		c := in[i]
		if c == was.Release && i+1 < len(in) {
			i++
			c = in[i]
		} else {
			switch c {
			case was.Component:
				out = append(out, d.Component)
				continue
			case was.Element:
				out = append(out, d.Element)
				continue
			case was.Terminator:
				out = append(out, d.Terminator)
				continue
			case was.Repetition:
				if bytes.HasPrefix(in, []byte("UNB+UNOC:4")) || bytes.HasPrefix(in, []byte("UNB+UNOY:4")) {
					out = append(out, d.Repetition)
					continue
				}
			}
		}
		if c == d.Component || c == d.Element || c == d.Terminator || c == d.Release || c == d.Repetition {
			out = append(out, d.Release)
		}
		out = append(out, c)
	}
	return out
}

// broken puts a text after every terminator.
func broken(in []byte, d edifact.Delimiters, text string) []byte {
	var out []byte
	for i := 0; i < len(in); i++ {
		out = append(out, in[i])
		switch in[i] {
		case d.Release:
			i++
			out = append(out, in[i])
		case d.Terminator:
			out = append(out, text...)
		}
	}
	return out
}
