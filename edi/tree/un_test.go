package tree

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"entente/edi/wire"
)

const un = "UNB+UNOC:3+KESTREL:ZZZ+AURELIA:ZZZ+261122:0912+101'UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+4500187519+9'FTX+AAI+++A ?+ B?: C??, 1.5'LIN+1++4012345:SRV'UNT+5+1'UNZ+1+101'"

// TestSameBytesEDIFACT: as TestSameBytes.
func TestSameBytesEDIFACT(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"plain": un, "UNA": "UNA:+.? '" + un, "UNA, line": "\xef\xbb\xbfUNA:+,? '\r\n" + un,
		"line feeds":         strings.ReplaceAll(un, "'", "'\r\n"),
		"some line feeds":    strings.Replace(strings.ReplaceAll(un, "'", "'\n"), "'\nBGM", "'BGM", 1),
		"terminator missing": strings.TrimSuffix(un, "'"),
		"and blanks":         strings.TrimSuffix(un, "'") + "\r\n ",
		"other characters":   "UNA|!.\\ ~" + strings.NewReplacer("?+", "\\!", "?:", "\\|", "??", "\\\\", ":", "|", "+", "!", "'", "~").Replace(un),
		"needless release":   strings.Replace(un, "4500187519", "45?0018?7519", 1),
		"release of a quote": strings.Replace(un, "A ?+", "?'??A", 1),
		"syntax 4, repeats":  strings.NewReplacer("UNOC:3", "UNOC:4", "BGM+220+4500187519", "BGM+220*230:1*:2+45?*7").Replace(un),
		"two":                un + "\n" + "UNA:+.? '" + un,
		"group":              strings.NewReplacer("'UNH", "'UNG+ORDERS+K+A+261122:0912+7+UN+D:96A'UNH", "'UNZ", "'UNE+1+7'UNZ").Replace(un),
		"Latin-1":            strings.Replace(un, "4500187519", "4500 \xe9\xff", 1),
		"empty composites":   strings.Replace(un, "LIN+1", "LIN+:::+1+++", 1),
		"no elements":        strings.Replace(un, "LIN+1", "UNS'LIN+1", 1),
		"tag with parts":     strings.Replace(un, "LIN+1", "RFF:1:2+ON:7'LIN+1", 1),
		"no trailer":         strings.TrimSuffix(un, "UNT+5+1'UNZ+1+101'"),
		"package":            strings.Replace(un, "UNZ+1", "UNO+7+AAA:D+1:8+9'a'+:?\x00\xff\n~UNP+9+7'UNZ+2", 1),
		"big package":        strings.Replace(un, "UNZ+1", "UNO+7+AAA:D+1:8+50000'"+strings.Repeat("'UNZ+", 10_000)+"UNP+50000+7'UNZ+2", 1),
		"only UNB":           un[:strings.Index(un, "UNH")],
	}
	files, err := filepath.Glob("../testdata/edifact/*/in.edi")
	if err != nil || len(files) < 20 {
		t.Fatal(len(files), err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		cases[filepath.Base(filepath.Dir(name))] = string(b)
	}
	for name, in := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := toJSON(t, in)
			if got := fromJSON(t, text); got != in {
				t.Errorf("got\n%q\nwant\n%q\nby\n%s", got, in, text)
			}
			var slow bytes.Buffer
			if err := ToJSON(&slow, iotest.OneByteReader(strings.NewReader(in)), wire.Limits{}); err != nil || slow.String() != text {
				t.Errorf("a stream of single bytes gives another tree: %v", err)
			}
		})
	}
	if got := toJSON(t, un); !strings.Contains(got, `["FTX","AAI","","","A + B: C?, 1.5"]`) || !strings.Contains(got, `{"set":"ORDERS","nodes":[`) || !strings.Contains(got, `["LIN","1","",["4012345","SRV"]]`) {
		t.Error(got)
	}
}

// FuzzSameBytesEDIFACT: as FuzzSameBytes.
func FuzzSameBytesEDIFACT(f *testing.F) {
	f.Add([]byte(un))
	f.Add([]byte("UNA:+.? '\r\n" + un + "\nUNA:+.?*'" + strings.Replace(un, ":3+", ":4+", 1)))
	f.Add([]byte(wrapLines("UNA:+.? '"+un+un, 40, "\r\n") + "\r\n"))
	f.Add([]byte(strings.Replace(un, "UNZ+1", "UNO+7+AAA:D+1:8+9'a'+:?\x00\xff\n~UNP+9+7'UNZ+2", 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var text, back bytes.Buffer
		lim := wire.Limits{File: 1 << 20, Segment: 4096, Elements: 100}
		if err := ToJSON(&text, bytes.NewReader(data), lim); err != nil {
			return
		}
		if err := FromJSON(&back, bytes.NewReader(text.Bytes()), wire.Limits{}); err != nil {
			t.Fatalf("%v\n%s", err, text.String())
		}
		if !bytes.Equal(back.Bytes(), data) {
			t.Fatalf("%q\n%q\n%s", data, back.Bytes(), text.String())
		}
	})
}
