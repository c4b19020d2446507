package attach

import (
	"strings"
	"testing"
)

func TestNamesOfFiles(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "file", "...": "file", "a/b/c.txt": "c.txt", ".htaccess": "htaccess", "a\x00b\r\nc": "abc", "x\u202egnp.exe": "xgnp.exe", "C:\\Users\\m\\o.csv": "o.csv"} {
		if got := CleanName(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	if got := CleanName(strings.Repeat("价", 400) + ".xlsx"); len([]rune(got)) != maxName || !strings.HasSuffix(got, ".xlsx") {
		t.Errorf("%q", got)
	}
}
