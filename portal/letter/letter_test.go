package letter

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestMails reads mails as programs write them, Chinese ones among them: what each writer
// typed stands in the file beside it.
func TestMails(t *testing.T) {
	t.Parallel()
	mails, err := filepath.Glob("testdata/mails/*.eml")
	if err != nil || len(mails) < 25 {
		t.Fatal(len(mails), err)
	}
	for _, path := range mails {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		l, err := Read(raw)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		type file struct {
			Name string
			Size int
		}
		said := struct {
			From  []string
			Auto  bool `json:",omitempty"`
			Subj  string
			Lines []string
			Files []file   `json:",omitempty"`
			Left  []string `json:",omitempty"`
		}{l.From, l.Auto, l.Subject, strings.Split(l.Text, "\n"), nil, l.Left}
		for _, f := range l.Files {
			said.Files = append(said.Files, file{f.Name, len(f.Body)})
		}
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", " ")
		if err := e.Encode(said); err != nil {
			t.Fatal(err)
		}
		golden := strings.TrimSuffix(path, ".eml") + ".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || string(want) != b.String() {
			t.Errorf("%s: %v\ngot  %s\nwant %s", path, err, b.String(), want)
		}
	}
}

// TestNoMail: what is no mail is refused, and has no id.
func TestNoMail(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "no header", "a b c\r\n\r\nx"} {
		if _, err := Read([]byte(raw)); err == nil {
			t.Errorf("%q was read", raw)
		}
		if _, ok := ID([]byte(raw)); ok {
			t.Errorf("%q has an id", raw)
		}
	}
	if id, ok := ID([]byte("Message-id:  <a@b> \r\n\r\n")); !ok || id != "<a@b>" {
		t.Errorf("%q %v", id, ok)
	}
}

// TestHead: lines that are none are left out, each with what continues it; a head is bounded
// (a line that is cut there is none), and may end with the bytes.
func TestHead(t *testing.T) {
	t.Parallel()
	h, body, ok := Head([]byte("bad\r\n of the bad\r\nA : 1\r\n\t2 \r\nb: x\r\na:3\r\n\r\nC: of the body\r\n"))
	if want := (map[string][]string{"A": {"1 2", "3"}, "B": {"x"}}); !ok || !maps.EqualFunc(h, want, slices.Equal) || string(body) != "C: of the body\r\n" {
		t.Errorf("%v %q %q", ok, h, body)
	}
	if h, body, ok := Head([]byte("To: a@b.example\nbad")); !ok || h.Get("To") != "a@b.example" || len(body) != 0 {
		t.Errorf("without an end: %v %q %q", ok, h, body)
	}
	if h, _, ok := Head([]byte(strings.Repeat("A: b\n", 2*maxFields) + "\nx")); !ok || len(h["A"]) != maxFields {
		t.Errorf("%d lines are read", len(h["A"]))
	}
	long := "B: x\nA: b\n" + strings.Repeat(" c\n", 4<<20/3) + "To: late@b.example\n\nbody"
	if h, body, ok := Head([]byte(long)); !ok || h.Get("B") != "x" || h.Get("A")+h.Get("To") != "" || string(body) != "body" {
		t.Errorf("%v: %d bytes of a line, %q, %q", ok, len(h.Get("A")), h.Get("To"), body)
	}
	status, ok := Bounce([]byte(">From x\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n--b--\r\n"))
	if !ok || status != "5.1.1" {
		t.Errorf("a report below a bad line: %q %v", status, ok)
	}
}

// TestBounds: parts in parts, many parts and large texts end.
func TestBounds(t *testing.T) {
	t.Parallel()
	deep := "From: a@b.example\r\n"
	for range 50 {
		deep += "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
	}
	many := "Content-Type: multipart/mixed; boundary=x\r\n\r\n" + strings.Repeat("--x\r\nContent-Type: image/png\r\n\r\na\r\n", 5000)
	nested := "Content-Type: text/html\r\n\r\n" + strings.Repeat("<div><blockquote>", 20000) + "x"
	for name, raw := range map[string]string{"deep": deep + "\r\n\r\nx", "many": many, "nested": nested, "large": "A: b\r\n\r\n" + strings.Repeat("x", 2<<20)} {
		l, err := Read([]byte(raw))
		if err != nil || len(l.Text) > maxText || len(l.Files) > maxParts {
			t.Errorf("%s: %d bytes, %d files, %v", name, len(l.Text), len(l.Files), err)
		}
	}
}

// TestMark: our own line is found in whatever a program makes of it, and the words of it
// in a person's text do no harm.
func TestMark(t *testing.T) {
	t.Parallel()
	for _, line := range []string{MarkLine("Answer above this line"), "> " + MarkLine("请在此行上方回复"), "| " + MarkLine("x") + " ", "**" + MarkLine("x") + "**"} {
		if got := Typed("yes\n\n" + line + "\nHello Maya\n"); !strings.HasPrefix(got, "yes") || strings.Contains(got, "#") || !strings.HasPrefix(line, ">") && got != "yes" {
			t.Errorf("%q: %q", line, got)
		}
	}
	if got := Typed("see ##- here -## and there"); got != "see ##- here -## and there" {
		t.Errorf("%q", got)
	}
}

func FuzzRead(f *testing.F) {
	mails, err := filepath.Glob("testdata/mails/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range mails {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		ID(raw)
		l, err := Read(raw)
		if err != nil {
			return
		}
		odd := func(s string, lines bool) bool {
			return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && !(lines && (r == '\n' || r == '\t')) })
		}
		if odd(l.Text, true) || odd(l.Subject, false) || l.Text != strings.TrimSpace(l.Text) {
			t.Errorf("text %q, subject %q", l.Text, l.Subject)
		}
		for _, x := range l.Files {
			if odd(x.Name, false) || x.Name == "" || strings.ContainsAny(x.Name, `/\`) || len(x.Body) == 0 {
				t.Errorf("file %q of %d bytes", x.Name, len(x.Body))
			}
		}
	})
}

// TestUnflow joins what was broken to be joined, each depth of quotes for itself.
func TestUnflow(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a \nb\nc":                "a b\nc",
		"> a \n> b\nc \n d":       "> a b\nc d",
		"> a \nb":                 "> a \nb",
		"a \n-- \nMaya":           "a \n-- \nMaya",
		">> a \n>> b \n> c":       ">> a b \n> c",
		strings.Repeat("x \n", 3): "x x x ",
	} {
		if got := unflow(in, false); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := unflow("a \nb", true); got != "ab" {
		t.Errorf("%q", got)
	}
}

// TestMuchText: of many text parts no more is read than of one, so that nobody's mail costs
// minutes.
func TestMuchText(t *testing.T) {
	t.Parallel()
	part := "--b\r\nContent-Type: text/plain\r\n\r\n" + strings.Repeat("x", 100<<10) + "\r\n"
	l, err := Read([]byte("From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat(part, 20) + "--b--\r\n"))
	if n := strings.Count(l.Text, "x"); err != nil || n != maxText {
		t.Errorf("%d of the text is read: %v", n, err)
	}
}
