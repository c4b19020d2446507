package attach

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// names are what a file may be called to land elsewhere, or to look like what it is not, and
// what becomes of it.
var names = map[string]string{
	"../../etc/passwd": "passwd", `..\..\windows\win.ini`: "win.ini", "/etc/cron.d/x": "x", "//host/share/a.txt": "a.txt", `\\host\share\a.txt`: "a.txt", "a/..": "file", "..": "file", ".": "file", "/": "file", `\`: "file",
	"a.txt/": "a.txt", "C:evil.exe": "Cevil.exe", "order.csv:hidden.exe": "order.csvhidden.exe", "%2e%2e%2fpasswd": "%2e%2e%2fpasswd", "file:///etc/passwd": "passwd", "~/.ssh/id_rsa": "id_rsa", "a\x00.png.exe": "a.png.exe",
	"invoice\u202efdp.exe": "invoicefdp.exe", "\u2066a\u2069.pdf": "a.pdf", "pay\u200bment.xlsx": "payment.xlsx", "a\u00ad.txt": "a.txt", "\ufeff订单.csv": "订单.csv", "a\tb\nc.txt": "abc.txt", `<img src=x onerror="1">.png`: "img src=x onerror=1.png",
	"CON": "_CON", "nul.txt": "_nul.txt", "Aux.tar.gz": "_Aux.tar.gz", "com1.csv": "_com1.csv", "LPT¹": "_LPT¹", "con .txt": "_con .txt", "console.txt": "console.txt", "com10.txt": "com10.txt", "COM.txt": "COM.txt",
	"a.exe.": "a.exe", "a.exe . .": "a.exe", "a.txt ": "a.txt", " .htaccess": "htaccess", ". .x": "x", "报价 单.pdf": "报价 单.pdf", "a;b&c|d$(e).txt": "a;b&cd$(e).txt", "\xff\xfe.txt": "txt",
}

// FuzzCleanName: whatever a file is called, its name is one that stays in its folder, says
// itself again, and is no device.
func FuzzCleanName(f *testing.F) {
	for in := range names {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := CleanName(in)
		stem, _, _ := strings.Cut(got, ".")
		switch {
		case got == "" || !utf8.ValidString(got) || utf8.RuneCountInString(got) > maxName+1:
		case strings.ContainsAny(got, `/\:*?"<>|`) || got[0] == '.' || strings.HasSuffix(got, ".") || strings.HasSuffix(got, " "):
		case strings.ContainsFunc(got, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }):
		case reserved(stem) || CleanName(got) != got:
		default:
			return
		}
		t.Errorf("%q is %q", in, got)
	})
}

func TestNamesOfFiles(t *testing.T) {
	t.Parallel()
	for in, want := range names {
		if got := CleanName(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"": "file", "...": "file", "a/b/c.txt": "c.txt", ".htaccess": "htaccess", "a\x00b\r\nc": "abc", "x\u202egnp.exe": "xgnp.exe", "C:\\Users\\m\\o.csv": "o.csv"} {
		if got := CleanName(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	if got := CleanName(strings.Repeat("价", 400) + ".xlsx"); len([]rune(got)) != maxName || !strings.HasSuffix(got, ".xlsx") {
		t.Errorf("%q", got)
	}
}
