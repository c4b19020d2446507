package edifact

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"entente/edi/wire"
)

const (
	unb3  = "UNB+UNOC:3+KESTREL:ZZZ+AURELIA:ZZZ+261122:0912+REF1'"
	small = "UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+PO1+9'UNT+3+1'"
	unz   = "UNZ+1+REF1'"
)

// onlyReader hides everything but Read.
type onlyReader struct{ io.Reader }

// tokens gives every token of a segment with the separator before it.
func tokens(s *Segment) string {
	var b strings.Builder
	m := s.Marks()
	for i := 0; i+1 < len(m); i++ {
		if i > 0 {
			b.WriteByte("|,^"[m[i].Sep()])
		}
		b.WriteString(s.Decode(s.Raw()[m[i].Start() : m[i+1].Start()-1]))
	}
	return b.String()
}

// dump reads a file to its end, one line a segment.
func dump(r *Reader) (string, error) {
	var b strings.Builder
	for {
		s, err := r.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return b.String(), err
		}
		fmt.Fprintf(&b, "%d@%d#%d/%d %s\n", s.Kind, s.Offset, s.FileSegment, s.SetSegment, tokens(s))
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		in   string
		want []string // lines that must be there
	}{
		"plain":                   {unb3 + small + unz, []string{"1@0#1/0 UNB|UNOC,3|KESTREL,ZZZ|AURELIA,ZZZ|261122,0912|REF1", "5@52#2/1 UNH|1|ORDERS,D,96A,UN,EAN008", "0@81#3/2 BGM|220|PO1|9", "6@95#4/3 UNT|3|1", "2@103#5/0 UNZ|1|REF1"}},
		"line ends":               {unb3 + "\r\n" + strings.ReplaceAll(small, "'", "'\r\n") + unz + "\r\n", []string{"BGM|220|PO1|9", "UNZ|1|REF1"}},
		"own UNA":                 {"UNA;*,! ~UNB*UNOA;2*A*B*261122;0912*R~UNH*1*ORDERS;D;96A;UN~FTX*AAI***A!*B!!!~C;+:'~UNT*3*1~UNZ*1*R~", []string{"FTX|AAI|||A*B!~C,+:'"}},
		"bom, blank":              {"\xef\xbb\xbf \r\n" + unb3 + small + unz, []string{"BGM|220|PO1|9"}},
		"released":                {unb3 + "UNH+1+ORDERS:D:96A:UN'FTX+AAI+++A?+B?:C?'D??'FTX+B???'C'UNT+4+1'" + unz, []string{"FTX|AAI|||A+B:C'D?", "FTX|B?'C"}},
		"idle release":            {unb3 + "UNH+1+ORDERS:D:96A:UN'FTX+?A'UNT+3+1'" + unz, []string{"FTX|A"}},
		"empty composites":        {unb3 + "UNH+1+ORDERS:D:96A:UN'LIN+1++:::+'UNS'UNT+4+1'" + unz, []string{"LIN|1||,,,|", "UNS"}},
		"syntax 4":                {"UNB+UNOY:4+A+B+20261122:0912+R'UNH+1+ORDERS:D:01B:UN'XYZ+a*b:c*d'UNT+3+1'UNZ+1+R'", []string{"XYZ|a^b,c^d"}},
		"UNA of 4":                {"UNA:+.?#'UNB+UNOY:4+A+B+20261122:0912+R'UNH+1+ORDERS:D:01B:UN'XYZ+a#b*c'UNT+3+1'UNZ+1+R'", []string{"XYZ|a^b*c"}},
		"star in 3":               {unb3 + "UNH+1+ORDERS:D:96A:UN'XYZ+a*b'UNT+3+1'" + unz, []string{"XYZ|a*b"}},
		"no release":              {"UNA:+.  'UNB+UNOA:2+A+B+261122:0912+R'UNH+1+ORDERS:D:96A:UN'FTX+WHY?'UNT+3+1'UNZ+1+R'", []string{"FTX|WHY?"}},
		"latin-1":                 {unb3 + "UNH+1+ORDERS:D:96A:UN'NAD+BY+++M\xfcller'UNT+3+1'" + unz, []string{"NAD|BY|||Müller"}},
		"latin-2":                 {strings.Replace(unb3, "UNOC", "UNOD", 1) + "UNH+1+ORDERS:D:96A:UN'NAD+BY+++\xa3\xf3d\xbc'UNT+3+1'" + unz, []string{"NAD|BY|||Łódź"}},
		"cyrillic":                {strings.Replace(unb3, "UNOC", "UNOE", 1) + "UNH+1+ORDERS:D:96A:UN'NAD+BY+++\xbc\xde\xe1\xda\xd2\xd0'UNT+3+1'" + unz, []string{"NAD|BY|||Москва"}},
		"greek":                   {strings.Replace(unb3, "UNOC", "UNOF", 1) + "UNH+1+ORDERS:D:96A:UN'NAD+BY+++\xc1\xe8\xde\xed\xe1'UNT+3+1'" + unz, []string{"NAD|BY|||Αθήνα"}},
		"utf-8":                   {strings.Replace(unb3, "UNOC", "UNOY", 1) + "UNH+1+ORDERS:D:96A:UN'NAD+BY+++上海?+'UNT+3+1'" + unz, []string{"NAD|BY|||上海+"}},
		"0133 is 7":               {"UNB+UNOX:4::7+A+B+20261122:0912+R'UNH+1+ORDERS:D:01B:UN'NAD+BY+++上海'UNT+3+1'UNZ+1+R'", []string{"NAD|BY|||上海"}},
		"control characters":      {strings.NewReplacer(":", "\x1f", "+", "\x1d", "'", "\x1c").Replace(strings.Replace(unb3, "UNOC:3", "UNOB:1", 1) + small + unz), []string{"UNH|1|ORDERS,D,96A,UN,EAN008", "BGM|220|PO1|9"}},
		"lines as terminator":     {"UNA:+.? \nUNB+UNOC:3+A+B+261122:0912+R\r\nUNH+1+ORDERS:D:96A:UN\r\nBGM+220\r\nUNT+3+1\r\nUNZ+1+R\r\n", []string{"BGM|220", "UNZ|1|R"}},
		"group":                   {unb3 + "UNG+ORDERS+A+B+261122:0912+G1+UN+D:96A'" + small + "UNE+1+G1'" + unz, []string{"3@52#2/0 UNG|ORDERS|A|B|261122,0912|G1|UN|D,96A", "4@142#6/0 UNE|1|G1"}},
		"two, UNA once":           {"UNA;*,! ~UNB*UNOA;2*A*B*261122;0912*R~UNZ*0*R~UNB*UNOA;2*C*D*261122;0913*S~UNZ*0*S~", []string{"UNB|UNOA,2|C|D|261122,0913|S"}},
		"two, second plain":       {"UNA;*,! ~UNB*UNOA;2*A*B*261122;0912*R~UNZ*0*R~" + unb3 + unz, []string{"UNB|UNOC,3|KESTREL,ZZZ|AURELIA,ZZZ|261122,0912|REF1"}},
		"UNZ missing":             {unb3 + small + unb3 + small + unz, []string{"1@103#5/0 UNB|UNOC,3|KESTREL,ZZZ|AURELIA,ZZZ|261122,0912|REF1"}},
		"last terminator missing": {unb3 + small + "UNZ+1+REF1\n", []string{"2@103#5/0 UNZ|1|REF1"}},
		"stray":                   {unb3 + "BGM+220'" + small + unz, []string{"8@52#2/0 BGM|220"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := dump(NewBytesReader([]byte(tc.in), wire.Limits{}))
			if err != nil {
				t.Error(err)
			}
			for _, w := range tc.want {
				if !strings.Contains(got, w+"\n") {
					t.Errorf("no %q in\n%s", w, got)
				}
			}
			for _, size := range []int{1, 3, 7} {
				streamed, serr := dump(NewReader(&pieces{[]byte(tc.in), size}, wire.Limits{}))
				if streamed != got || serr != nil {
					t.Errorf("in pieces of %d: %v\n%s", size, serr, streamed)
				}
			}
		})
	}
}

// pieces gives n bytes at a time.
type pieces struct {
	b []byte
	n int
}

func (p *pieces) Read(to []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	n := copy(to, p.b[:min(p.n, len(p.b))])
	p.b = p.b[n:]
	return n, nil
}

func TestReadErrors(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		in   string
		kind error
		key  string
		lim  wire.Limits
	}{
		"empty":              {in: " \r\n", kind: wire.ErrNotEDI, key: "empty"},
		"text":               {in: "Dear sirs", kind: wire.ErrNotEDI, key: "not_edi"},
		"X12":                {in: "ISA*00*", kind: wire.ErrNotEDI, key: "not_edi"},
		"utf-16":             {in: "\xff\xfeU\x00N\x00", kind: wire.ErrNotEDI, key: "utf16"},
		"ebcdic":             {in: "\xe4\xd5\xc2\x4e\xe4", kind: wire.ErrNotEDI, key: "ebcdic"},
		"interactive":        {in: "UIB+UNOA:4'", kind: wire.ErrNotRead, key: "interactive"},
		"UNA cut":            {in: "UNA:+.", kind: wire.ErrTruncated, key: "una.truncated"},
		"UNA alone":          {in: "UNA:+.? '", kind: wire.ErrMalformed, key: "una.no_unb"},
		"UNA with letters":   {in: "UNAA+.? 'UNB", kind: wire.ErrMalformed, key: "una.delimiters"},
		"UNA twice the same": {in: "UNA::.? 'UNB+", kind: wire.ErrMalformed, key: "una.delimiters"},
		"UNA of another":     {in: "UNA:*.? 'UNB+UNOA:3'", kind: wire.ErrMalformed, key: "una.differs"},
		"no UNA":             {in: "UNB*UNOA:3*A*B'", kind: wire.ErrMalformed, key: "unb.no_una"},
		"UNB cut":            {in: "UNB", kind: wire.ErrTruncated, key: "interchange.unfinished"},
		"cut in UNB":         {in: "UNB+UNOC:3+KES", kind: wire.ErrTruncated, key: "interchange.unfinished"},
		"cut in message":     {in: unb3 + small[:50], kind: wire.ErrTruncated, key: "interchange.unfinished"},
		"cut at release":     {in: unb3 + "UNH+1+ORDERS:D:96A:UN'FTX+A?", kind: wire.ErrTruncated, key: "interchange.unfinished"},
		"junk":               {in: unb3 + small + unz + "Best regards", kind: wire.ErrMalformed, key: "junk"},
		"long segment":       {in: unb3 + "FTX+" + strings.Repeat("A", 200) + "'", kind: wire.ErrTooLarge, key: "limit.segment", lim: wire.Limits{Segment: 100}},
		"long element":       {in: unb3 + "FTX+" + strings.Repeat("A", 200) + "'", kind: wire.ErrTooLarge, key: "limit.element", lim: wire.Limits{Element: 100}},
		"many elements":      {in: unb3 + "FTX" + strings.Repeat("+A", 300) + "'", kind: wire.ErrTooLarge, key: "limit.elements"},
		"many components":    {in: unb3 + "FTX" + strings.Repeat(":", 20_000) + "'", kind: wire.ErrTooLarge, key: "limit.elements"},
		"long file":          {in: unb3 + small + unz, kind: wire.ErrTooLarge, key: "limit.file", lim: wire.Limits{File: 60}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := dump(NewReader(&pieces{[]byte(tc.in), 16}, tc.lim))
			var e *wire.Error
			if !errors.As(err, &e) || !errors.Is(err, tc.kind) || e.Key != tc.key {
				t.Fatalf("%v", err)
			}
			if e.Pos.Offset > int64(len(tc.in)) {
				t.Errorf("offset %d", e.Pos.Offset)
			}
		})
	}
}

// TestAnyDelimiters: any legal choice of service characters gives the same tokens.
func TestAnyDelimiters(t *testing.T) {
	t.Parallel()
	plainTokens := func(in string) string {
		r := NewBytesReader([]byte(in), wire.Limits{})
		var b strings.Builder
		for {
			s, err := r.Next()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					t.Fatalf("%v in %q", err, in)
				}
				return b.String()
			}
			b.WriteString(tokens(s) + " / ")
		}
	}
	var want string
	for _, service := range []string{":+?'", ";*!~", "&=\\\n", "\x1f\x1d\x1b\x1c", "<>#%", "[]{}"} {
		to := strings.NewReplacer(":", service[0:1], "+", service[1:2], "?", service[2:3], "'", service[3:4])
		from := strings.NewReplacer(service[0:1], ":", service[1:2], "+", service[2:3], "?", service[3:4], "'")
		body := "UNB+UNOC:3+A:14+B:14+261122:0912+R'UNH+1+ORDERS:D:96A:UN'FTX+AAI+++ONE:TWO'NAD+BY++A?:B?+?'?'?''UNT+4+1'UNZ+1+R'"
		got := from.Replace(plainTokens("UNA" + service[0:2] + "." + service[2:3] + " " + service[3:4] + to.Replace(body)))
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%q:\n%s\n%s", service, got, want)
		}
	}
}

func TestScan(t *testing.T) {
	t.Parallel()
	in := "UNA:+.? '\n" + unb3 + "\n" + small + unz + "\n" + strings.Replace(unb3, "REF1'", "REF2++++1++1'", 1) +
		"UNG+ORDERS+A+B+261122:0912+G1+UN+D:96A'" + small + "UNE+2+G2'UNZ+3+REF1'"
	got, err := ScanBytes([]byte(in), wire.Limits{})
	if err != nil || len(got) != 2 {
		t.Fatal(err, len(got))
	}
	a, b := got[0], got[1]
	if !a.Complete || a.Offset != 0 || a.Length != int64(strings.Index(in, "UNZ")+len(unz)) || a.MessageCount != 1 || a.GroupCount != 0 || a.SegmentCount != 5 ||
		a.Sender != "KESTREL" || a.SenderQualifier != "ZZZ" || a.Recipient != "AURELIA" || a.Reference != "REF1" || a.Test || a.Messages[0].String() != "ORDERS:D:96A:UN:EAN008" {
		t.Errorf("%+v", a)
	}
	if b.Complete || !b.Test || !b.AckRequested || b.GroupCount != 1 || b.Offset+b.Length != int64(len(in)) {
		t.Errorf("%+v", b)
	}
	var codes []string
	for _, f := range b.Findings {
		codes = append(codes, f.Key+" "+f.Codes.CONTRL+" "+f.Value)
	}
	want := "un_group.count 29 2,un_group.reference_differs 28 G2,un_interchange.count 29 3,un_interchange.reference_differs 28 REF1"
	if strings.Join(codes, ",") != want {
		t.Error(codes)
	}
	again, err := Scan(strings.NewReader(strings.ReplaceAll(in[10:], "'", "'\r\n")), wire.Limits{})
	if err != nil || again[0].Digest != a.Digest || again[1].Digest != b.Digest {
		t.Error("the digest depends on UNA or on line breaks", err)
	}
	cut, err := ScanBytes([]byte(in[:100]), wire.Limits{})
	if !errors.Is(err, wire.ErrTruncated) || len(cut) != 1 || cut[0].Complete || len(cut[0].Findings) != 1 || cut[0].Offset+cut[0].Length > 100 {
		t.Errorf("%v %+v", err, cut)
	}
}

func TestCharset(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		syntax, text string
		f            Fault
		encodes      bool
	}{
		{"UNOA", "KESTREL 1", Clean, true}, {"UNOA", "Kestrel", Wider, false}, {"UNOA", "A@B", Wider, false}, {"UNOA", "M\xfc", Foreign, false},
		{"UNOB", "Kestrel", Clean, true}, {"UNOB", "a@b", Wider, false}, {"UNOC", "M\xfcller @", Clean, false}, {"UNOC", "A\tB", Foreign, false},
		{"UNOD", "\xa3\xf3d\xbc", Clean, false}, {"UNOF", "\xd2", Foreign, false}, {"UNOY", "上海", Clean, true}, {"UNOY", "\xff", Foreign, false}, {"UNOW", "上海", Clean, true},
	} {
		c, known := CharsetOf(tc.syntax, "")
		if _, f := c.Check([]byte(tc.text)); f != tc.f || !known {
			t.Errorf("%s %q: %d", tc.syntax, tc.text, f)
		}
		if _, _, ok := c.Encode(tc.text); ok != tc.encodes {
			t.Errorf("%s %q: encodes %t", tc.syntax, tc.text, ok)
		}
	}
	for name := range charsets { // what decodes must encode to the same bytes
		c, _ := CharsetOf(name, "")
		if c.high == nil {
			continue
		}
		for b := 0xa0; b < 0x100; b++ {
			s := c.decode([]byte{byte(b)})
			if out, _, ok := c.Encode(s); s != "\uFFFD" && (!ok || !bytes.Equal(out, []byte{byte(b)})) {
				t.Errorf("%s %x %q %x", name, b, s, out)
			}
		}
	}
	if c, known := CharsetOf("KECA", ""); known || c.decode([]byte("M\xfc")) != "Mü" || c.decode([]byte("上")) != "上" {
		t.Error("an unknown set is read as UTF-8 or Latin-1")
	}
	if n, _ := (Charset{charsets["UNOY"]}).Check([]byte("上海")); n != 2 {
		t.Error("characters are counted as bytes")
	}
}
