package edifact

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"entente/edi/wire"
)

// TestCharsets: every byte of every set is either of the set, read as one character and
// written again as the same byte, or foreign.
func TestCharsets(t *testing.T) {
	t.Parallel()
	// How many bytes above 0x7f each set has: the parts of ISO 8859.
	for syntax, high := range map[string]int{
		"UNOA": 0, "UNOB": 0, "UNOC": 96, "UNOD": 96, "UNOE": 96, "UNOF": 93, "UNOG": 89, "UNOH": 96, "UNOI": 51, "UNOJ": 60, "UNOK": 96,
	} {
		c, known := CharsetOf(syntax, "")
		if !known {
			t.Fatalf("%s is not known", syntax)
		}
		n := 0
		for x := range 256 {
			b := []byte{byte(x)}
			count, fault := c.Check(b)
			bad, foreign := c.FirstForeign(b)
			if foreign != (fault == Foreign) || foreign && bad != byte(x) || count != 1 {
				t.Errorf("%s %#02x: %v, %v", syntax, x, fault, foreign)
			}
			switch {
			case x < ' ' || x == 0x7f:
				if fault != Foreign {
					t.Errorf("%s %#02x: a control character is no fault", syntax, x)
				}
			case x >= 0x80 && fault == Clean:
				n++
				text := c.decode(b)
				again, _, ok := c.Encode(text)
				if utf8.RuneCountInString(text) != 1 || strings.Contains(text, "\uFFFD") || !ok || string(again) != string(b) {
					t.Errorf("%s %#02x: %q, %v", syntax, x, text, again)
				}
			case x < 0x80 && fault == Foreign:
				t.Errorf("%s %#02x: ASCII is foreign", syntax, x)
			}
		}
		if n != high {
			t.Errorf("%s has %d bytes above 0x7f, not %d", syntax, n, high)
		}
	}
	for _, syntax := range []string{"UNOY", "UNOW", "UNOX", "unoy"} {
		c, known := CharsetOf(syntax, "")
		n, f := c.Check([]byte("上海"))
		if _, bad := c.Check([]byte("\xc9\xcf\xba\xa3")); !known || n != 2 || f != Clean || bad != Foreign {
			t.Errorf("%s: %v %d %v %v", syntax, known, n, f, bad)
		}
		if b, ok := c.FirstForeign([]byte("上\xba")); !ok || b != 0xba {
			t.Errorf("%s: %#x", syntax, b)
		}
	}
	if _, known := CharsetOf("KECA", ""); known {
		t.Error("KECA is known")
	}
	if c, known := CharsetOf("UNOA", "7"); !known || !c.utf8 {
		t.Error("0133 does not make it UTF-8")
	}
}

// TestTextIn is Text in bytes, for every set and with release characters.
func TestTextIn(t *testing.T) {
	t.Parallel()
	for _, syntax := range []string{"UNOA", "UNOC", "UNOD", "UNOE", "UNOF", "UNOY", "UNOX", "KECA"} {
		for _, value := range []string{"plain", "a?+b??", "M\xfcller", "M\xfcl?'ler??", "上海?+", "\xff?", ""} {
			in := fmt.Sprintf("UNB+%s:3+A+B+261122:0912+R'UNH+1+ORDERS:D:96A:UN'FTX+%s'UNT+3+1'UNZ+1+R'", syntax, value)
			r := NewBytesReader([]byte(in), wire.Limits{})
			for range 3 {
				if _, err := r.Next(); err != nil {
					t.Fatal(err)
				}
			}
			s := &r.seg
			buf := make([]byte, 0, 64)
			if got := string(s.TextIn(buf, s.El(1, 1))); got != s.Text(1, 1) {
				t.Errorf("%s %q: %q, not %q", syntax, value, got, s.Text(1, 1))
			}
		}
	}
}
