package text

import (
	"testing"

	"entente/prm/fault"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		lines bool
		want  string
	}{
		{"", false, "form.missing"},
		{"价价价价价", false, ""},
		{"价价价价价价", false, "form.too_long"},
		{"a\nb", true, ""},
		{"a\tb", true, ""},
		{"a\nb", false, "form.text_wrong"},
		{"a\x00b", true, "form.text_wrong"},
		{"a\xffb", true, "form.text_wrong"},
		{"a\u202eb", true, "form.text_wrong"},
		{"a\u2066b", false, "form.text_wrong"},
	} {
		bad := fault.New(fault.Invalid, "form.invalid")
		Check(bad, "about", c.text, 1, 5, c.lines)
		got := ""
		if len(bad.Fields) > 0 {
			got = bad.Fields[0].Key
		}
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
	if got := Clean(" a\r\nb\r\n"); got != "a\nb" {
		t.Errorf("%q", got)
	}
}
