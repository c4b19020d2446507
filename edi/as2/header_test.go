package as2

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"AURELIA-AS2": "AURELIA-AS2", `"AURELIA-AS2"`: "AURELIA-AS2", `"Aurelia Tools"`: "Aurelia Tools", ` a `: "a",
		`"a\"b\\c"`: `a"b\c`, "\r\n  folded": "folded", "Aurelia Tools": "Aurelia Tools",
		strings.Repeat("x", 128): strings.Repeat("x", 128), "!#$%&'()*+,-./:;<=>?@[]^_`{|}~": "!#$%&'()*+,-./:;<=>?@[]^_`{|}~",
	} {
		got, err := ParseID(in)
		if err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
		if back, err := ParseID(FormatID(want)); err != nil || back != want {
			t.Errorf("%q written %q: %q, %v", want, FormatID(want), back, err)
		}
	}
	for _, in := range []string{"", `""`, `"`, `"a`, `"a"b"`, `"a\"`, "a\tb", "a\x7f", "é", strings.Repeat("x", 129), "a\x00"} {
		if got, err := ParseID(in); err == nil {
			t.Errorf("%q: %q", in, got)
		}
	}
	if !SameMessageID("<a@b>", " a@b ") || SameMessageID("<a@b>", "<A@b>") || SameMessageID("", "<>") {
		t.Error("Message-IDs are compared wrongly")
	}
}

func TestFileNames(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`attachment; filename="order.x12"`:                      "order.x12",
		`attachment; filename=order.x12`:                        "order.x12",
		`attachment;filename=Bestellung 1.edi`:                  "Bestellung 1.edi",
		`attachment; filename="a \"b\".x12"`:                    `a "b".x12`,
		`attachment; filename="../../etc/passwd"`:               "passwd",
		`attachment; filename="C:\temp\order.x12"`:              "order.x12",
		`attachment; filename="..\..\boot.ini"`:                 "boot.ini",
		`attachment; filename=".."`:                             "",
		`attachment; filename="a/"`:                             "",
		`attachment; filename*=UTF-8''%E8%AE%A2%E5%8D%95.x12`:   "订单.x12",
		`attachment; filename*0="long-"; filename*1="name.x12"`: "long-name.x12",
		"attachment; filename=\"=?UTF-8?B?6K6i5Y2VLngxMg==?=\"": "订单.x12",
		"attachment; filename=\"订单.x12\"":                       "订单.x12",
		"attachment; filename=\"Gr\xfc\xdfe.x12\"":              "Grüße.x12",
		"attachment; filename=\"a\u202ecod.exe\"":               "acod.exe",
		"attachment; filename=\"a\x00\x1b[31m.x12\"":            "a[31m.x12",
		"inline": "",
		"":       "",
	} {
		if got := fileName(Header{{"content-disposition", in}}); got != want {
			t.Errorf("%q: %q, not %q", in, got, want)
		}
	}
	if got := fileName(Header{{"Content-Type", `application/edi-x12; name="order.x12"`}}); got != "order.x12" {
		t.Errorf("name of the content type: %q", got)
	}
	if got := fileName(Header{{"Content-Disposition", `attachment; filename="` + strings.Repeat("订", 200) + `"`}}); len(got) != 255 {
		t.Errorf("%d octets of name", len(got))
	}
	for _, name := range []string{"order.x12", "order 1.x12", `a "b" (c).x12`, "订单 4500187342.x12", "Grüße & 100%+1=a:b@c$d.x12", "a'b*c.x12", "a;b,c.x12"} {
		value := disposition(name)
		if !clean(value) || strings.ContainsFunc(value, func(r rune) bool { return r > '~' }) {
			t.Errorf("%q is written %q", name, value)
		}
		if got := fileName(Header{{"Content-Disposition", value}}); got != name {
			t.Errorf("%q is written %q and read %q", name, value, got)
		}
	}
	if got := disposition("a\"\r\nX: y"); strings.ContainsAny(got, "\r\n") {
		t.Errorf("line ends in %q", got)
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	lim := Limits{}.filled()
	for name, c := range map[string]struct {
		body string
		want []string
	}{
		"usual":            {"--b\r\none\r\n--b\r\ntwo\r\n--b--\r\n", []string{"one", "two"}},
		"line feeds":       {"--b\none\n--b\ntwo\n--b--\n", []string{"one", "two"}},
		"preamble":         {"hi\r\n--b\r\none\r\n--b--", []string{"one"}},
		"empty part":       {"--b\r\n\r\n--b--", []string{""}},
		"no octet":         {"--b\r\n--b--", []string{""}},
		"blank lines kept": {"--b\r\n\r\none\r\n\r\n--b--", []string{"\r\none\r\n"}},
		"longer boundary":  {"--b\r\n--bb\r\n--bb--\r\n--b--", []string{"--bb\r\n--bb--"}},
		"inside a line":    {"--b\r\nx--b\r\n --b--\r\n--b--", []string{"x--b\r\n --b--"}},
		"dash after":       {"--b\r\n--b-\r\n--b--", []string{"--b-"}},
		"none":             {"--b--", nil},
	} {
		parts, err := split(InMemory([]byte(c.body)), "b", lim)
		var got [][]byte
		for _, p := range parts {
			got = append(got, mem(p))
		}
		inFile, ferr := split(InFile(strings.NewReader(c.body), len(c.body)), "b", lim)
		if ferr != nil || len(inFile) != len(parts) {
			t.Errorf("%s, from a file: %d parts, %v", name, len(inFile), ferr)
		}
		for i, p := range inFile {
			if b, err := p.At(0, p.Len()); err != nil || !bytes.Equal(b, got[i]) {
				t.Errorf("%s, from a file: %q, %v", name, b, err)
			}
		}
		if err != nil || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, body := range []string{"", "--b", "--b\r\none", "--b\r\none\r\n--b", "--b\r\none\r\n--b\r\n", "--c--", "x--b--"} {
		if got, err := split(InMemory([]byte(body)), "b", lim); err == nil {
			t.Errorf("%q: %d parts", body, len(got))
		}
	}
	if _, err := split(InMemory([]byte("----")), "", lim); err == nil {
		t.Error("split at nothing")
	}
}

func TestEntity(t *testing.T) {
	t.Parallel()
	lim := Limits{Header: 1000}.filled()
	e, err := parseEntity(InMemory([]byte("A: 1\r\nB:\t2\r\n  3\r\nc : 4\n\r\nbody\r\n")), lim)
	if err != nil || e.header.Get("a") != "1" || e.header.Get("B") != "2 3" || e.header.Get("C") != "4" || string(mem(e.body)) != "body\r\n" {
		t.Errorf("%+v, %v", e, err)
	}
	for _, raw := range []string{"", "\r\nbody", "A: 1", "A: 1\r\n", " A: 1\r\n\r\n", "A\r\n\r\n", "A B: 1\r\n\r\n", ": 1\r\n\r\n", "A: " + strings.Repeat("x", 2000) + "\r\n\r\n", strings.Repeat("A: 1\r\n", 400) + "\r\n"} {
		if e, err := parseEntity(InMemory([]byte(raw)), lim); err == nil {
			t.Errorf("%.20q: %+v", raw, e.header)
		}
	}
}

func TestTransferEncodings(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 3, 56, 57, 58, 1000} {
		data := bytes.Repeat([]byte{0xff, 0x00, 'a'}, n)[:n]
		if got, err := decode("BASE64 ", InMemory(encodeBase64(data)), nil); err != nil || !bytes.Equal(mem(got), data) {
			t.Errorf("%d octets in base64: %d, %v", n, got.Len(), err)
		}
	}
	for in, want := range map[string]string{"YWI": "ab", "YW I\r\n\t=": "ab", "YWI=": "ab", "": ""} {
		if got, err := decode("base64", InMemory([]byte(in)), nil); err != nil || string(mem(got)) != want {
			t.Errorf("%q: %q, %v", in, mem(got), err)
		}
	}
	if got, err := decode("Quoted-Printable", InMemory([]byte("a=3D=\r\nb")), nil); err != nil || string(mem(got)) != "a=b" {
		t.Errorf("%q, %v", mem(got), err)
	}
	for _, kind := range []string{"", "binary", "8bit", "7BIT", "unheard-of"} {
		if got, err := decode(kind, InMemory([]byte("YWI=")), nil); err != nil || string(mem(got)) != "YWI=" {
			t.Errorf("%s: %q, %v", kind, mem(got), err)
		}
	}
}
