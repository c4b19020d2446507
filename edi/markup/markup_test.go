package markup

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"entente/edi/wire"
)

// TestHostile: what XML can do to a reader is refused before anything comes of it.
func TestHostile(t *testing.T) {
	t.Parallel()
	laughs := `<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;">]><a>&lol2;</a>`
	small := Limits{Bytes: 4096, Elements: 50, Depth: 8, Text: 100}
	for name, tc := range map[string]struct{ in, key string }{
		"billion laughs":     {laughs, "xml.doctype"},
		"external entity":    {`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`, "xml.doctype"},
		"external subset":    {`<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>`, "xml.doctype"},
		"unknown entity":     {`<a>&x;</a>`, "xml.syntax"},
		"style sheet":        {`<?xml-stylesheet href="http://127.0.0.1/"?><a/>`, "xml.instruction"},
		"instruction inside": {`<a><?php x?></a>`, "xml.instruction"},
		"depth":              {strings.Repeat("<a>", 9), "limit.nesting"},
		"elements":           {"<a>" + strings.Repeat("<b/>", 60) + "</a>", "limit.elements"},
		"text":               {"<a>" + strings.Repeat("x", 101) + "</a>", "limit.element"},
		"bytes":              {"<a>" + strings.Repeat("<!-- x -->", 500) + "</a>", "limit.file"},
		"cut":                {"<a><b>", "xml.unfinished"},
		"cut in a tag":       {"<a><b", "xml.unfinished"},
		"empty":              {"", "empty"},
		"crossed":            {"<a><b></a></b>", "xml.syntax"},
		"two roots":          {"<a/><b/>", "xml.outside"},
		"text outside":       {"<a/>x", "xml.outside"},
		"mixed":              {"<a>x<b/></a>", "xml.mixed"},
		"mixed after":        {"<a><b/>x</a>", "xml.mixed"},
		"no such prefix":     {"<a><p:b/></a>", "xml.prefix"},
		"attribute twice":    {`<a x="1" x="2"/>`, "xml.syntax"},
		"EBCDIC":             {`<?xml version="1.0" encoding="IBM037"?><a/>`, "xml.charset"},
		"UTF-16":             {"\xff\xfe<\x00a\x00/\x00>\x00", "utf16"},
	} {
		_, _, err := Read(strings.NewReader(tc.in), small, map[string]string{"": ""})
		var w *wire.Error
		if !errors.As(err, &w) || w.Key != tc.key {
			t.Errorf("%s: %v, not %s", name, err, tc.key)
		}
	}
}

// TestNamesAndText: prefixes are ours whatever the file's are, and text comes back.
func TestNamesAndText(t *testing.T) {
	t.Parallel()
	in := `<?xml version="1.0" encoding="windows-1252"?><x:a xmlns:x="urn:a" xmlns="urn:b"><b k="1">caf` + "\xe9" + ` &lt;&#x4e2d;<![CDATA[ & ]]></b><c xmlns="urn:c"/><x:d xmlns:x="urn:b"/></x:a>`
	n, root, err := Read(strings.NewReader(in), Default, map[string]string{"urn:a": "", "urn:b": "b"})
	if err != nil || root != "urn:a" || n.Name != "a" || len(n.Kids) != 3 {
		t.Fatalf("%v %s %+v", err, root, n)
	}
	if k := n.Kids[0]; k.Name != "b:b" || k.Text != "café <中 &" || k.Attrs[0] != (Attr{"k", "1"}) {
		t.Errorf("%+v", k)
	}
	if n.Kids[1].Name != "?:c" || n.Kids[2].Name != "b:d" {
		t.Errorf("%+v %+v", n.Kids[1], n.Kids[2])
	}
	var b bytes.Buffer
	if err := (&Node{Name: "a", Kids: []*Node{{Name: "b", Text: "<&>\"'中"}, {Name: "c"}}}).Write(&b, Attr{"xmlns", "urn:a"}); err != nil {
		t.Fatal(err)
	}
	back, _, err := Read(&b, Default, map[string]string{"urn:a": ""})
	if err != nil || back.Kids[0].Text != "<&>\"'中" || back.Part("b") != back.Kids[0].Text {
		t.Errorf("%v %+v", err, back)
	}
}

// TestLeft tells what was not taken.
func TestLeft(t *testing.T) {
	t.Parallel()
	n, _, err := Read(strings.NewReader(`<a><b>1</b><b>2</b><c><d>3</d></c></a>`), Default, map[string]string{"": ""})
	if err != nil {
		t.Fatal(err)
	}
	var v string
	m := Reading(n)
	m.Text("b", &v)
	if got := fmt.Sprint(n.Left()); v != "1" || got != "[{a/b not_carried 2} {a/c/d not_carried 3}]" {
		t.Errorf("%s %s", v, got)
	}
}
