package x12

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"entente/edi/editest"
	"entente/edi/wire"
)

const isa5 = "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*^*00501*000000101*0*P*>~"
const isa4 = "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*U*00401*000000101*1*T*>~"
const small = "GS*PO*K*A*20261122*0912*1*X*005010~ST*850*0001~BEG*00*SA*P1**20261122~SE*3*0001~GE*1*1~IEA*1*000000101~"

// dump reads everything and gives one line for each segment.
func dump(r *Reader) (string, error) {
	var out strings.Builder
	for {
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out.String(), nil
		}
		if err != nil {
			return out.String(), err
		}
		fmt.Fprintf(&out, "%d/%d/%d@%d %s", s.Kind, s.FileSegment, s.SetSegment, s.Offset, s.ID())
		for i := 1; i <= s.Len(); i++ {
			fmt.Fprintf(&out, "|%s", s.El(i))
		}
		out.WriteByte('\n')
	}
}

// ids gives the tags in order.
func ids(t *testing.T, in string) (string, error) {
	t.Helper()
	r := NewReader(strings.NewReader(in), wire.Limits{})
	var out []string
	for {
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			return strings.Join(out, " "), nil
		}
		if err != nil {
			return strings.Join(out, " "), err
		}
		out = append(out, s.ID())
	}
}

func TestReaderAccepts(t *testing.T) {
	t.Parallel()
	whole := isa5 + small
	const all = "ISA GS ST BEG SE GE IEA"
	for name, tc := range map[string]struct{ in, want string }{
		"plain":                        {whole, all},
		"line feeds":                   {strings.ReplaceAll(whole, "~", "~\n"), all},
		"CRLF":                         {strings.ReplaceAll(whole, "~", "~\r\n"), all},
		"blank lines":                  {strings.ReplaceAll(whole, "~", "~ \r\n\n\t"), all},
		"byte order mark, blank lines": {"\xef\xbb\xbf \r\n\n" + whole, all},
		"newline as terminator":        {strings.ReplaceAll(whole, "~", "\n"), all},
		"CR LF as terminator":          {strings.ReplaceAll(whole, "~", "\r\n"), all},
		"terminator missing at end":    {strings.TrimSuffix(whole, "~"), all},
		"end of file mark":             {whole + "\x1a", all},
		"control characters":           {strings.NewReplacer("~", "\x1c", "*", "\x1d", ">", "\x1f").Replace(whole), all},
		"high bytes":                   {strings.NewReplacer("~", "\xa7", "*", "\xb6").Replace(whole), all},
		"blank before terminator":      {strings.ReplaceAll(whole, "~", " ~"), all},
		"TA1 outside groups":           {isa5 + "TA1*000000044*261121*1200*A*000~IEA*0*000000101~", "ISA TA1 IEA"},
		"two interchanges, other marks": {
			whole + strings.NewReplacer("~", "'", "*", "+").Replace(isa4+small), all + " " + all,
		},
		"trailer missing, next one begins": {isa5 + "GS*PO*K*A*20261122*0912*1*X*005010~" + whole, "ISA GS " + all},
		"ISA as data":                      {strings.ReplaceAll(whole, "BEG*00", "MSG*ISA") + "", "ISA GS ST MSG SE GE IEA"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ids(t, tc.in)
			if err != nil || got != tc.want {
				t.Errorf("got %s, %v", got, err)
			}
			a, aerr := dump(NewBytesReader([]byte(tc.in), wire.Limits{}))
			b, berr := dump(NewReader(iotest.OneByteReader(strings.NewReader(tc.in)), wire.Limits{}))
			if a != b || aerr != nil || berr != nil {
				t.Errorf("memory and stream differ:\n%s%v\n%s%v", a, aerr, b, berr)
			}
		})
	}
}

func TestReaderRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		in   string
		kind error
		key  string
	}{
		"empty":                 {"", wire.ErrNotEDI, "empty"},
		"blank":                 {" \r\n", wire.ErrNotEDI, "empty"},
		"text":                  {"Dear Sirs,", wire.ErrNotEDI, "not_edi"},
		"JSON":                  {`{"a":1}`, wire.ErrNotEDI, "not_edi.json"},
		"small letters":         {"isa*00*", wire.ErrNotEDI, "not_edi.case"},
		"HTML":                  {"<!DOCTYPE html><title>x", wire.ErrNotEDI, "not_edi.html"},
		"XML":                   {"\xef\xbb\xbf<?xml version='1.0'?>", wire.ErrNotEDI, "not_edi.xml"},
		"PDF":                   {"%PDF-1.7\n", wire.ErrNotEDI, "not_edi.pdf"},
		"ZIP":                   {"PK\x03\x04\x14\x00", wire.ErrNotEDI, "not_edi.archive"},
		"gzip":                  {"\x1f\x8b\x08", wire.ErrNotEDI, "not_edi.archive"},
		"old spreadsheet":       {"\xd0\xcf\x11\xe0\xa1", wire.ErrNotEDI, "not_edi.office"},
		"PGP":                   {"-----BEGIN PGP MESSAGE-----", wire.ErrNotEDI, "not_edi.encrypted"},
		"IDoc":                  {"EDI_DC40  100", wire.ErrNotEDI, "not_edi.idoc"},
		"TRADACOMS":             {"STX=ANA:1+50'", wire.ErrNotEDI, "not_edi.tradacoms"},
		"EBCDIC":                {"\xc9\xe2\xc1\x5c\xf0\xf0", wire.ErrNotEDI, "ebcdic"},
		"EBCDIC, EDIFACT":       {"\x40\xe4\xd5\xc2\x4e", wire.ErrNotEDI, "ebcdic"},
		"UTF-16, no mark":       {"I\x00S\x00A\x00", wire.ErrNotEDI, "utf16"},
		"UTF-16, the other way": {"\x00U\x00N\x00B\x00+", wire.ErrNotEDI, "utf16"},
		"UTF-32":                {"I\x00\x00\x00S\x00\x00\x00A", wire.ErrNotEDI, "utf16"},
		"UTF-16":                {"\xff\xfeI\x00S\x00A\x00", wire.ErrNotEDI, "utf16"},
		"EDIFACT":               {"UNA:+.? 'UNB+UNOA:3+A+B'", ErrEDIFACT, "edifact"},
		"EDIFACT, no UNA":       {"\nUNB+UNOA:3+A+B'", wire.ErrNotRead, "edifact"},
		"cut in ISA":            {isa5[:60], wire.ErrTruncated, "isa.truncated"},
		"only ISA":              {isa5, wire.ErrTruncated, "interchange.unfinished"},
		"cut later":             {isa5 + small[:50], wire.ErrTruncated, "interchange.unfinished"},
		"ISA not padded":        {strings.Replace(isa5, "KESTRELSUPPLY  ", "KESTRELSUPPLY", 1) + small, wire.ErrMalformed, "isa.shape"},
		"ISA wrapped":           {isa5[:80] + "\r\n" + isa5[80:] + small, wire.ErrMalformed, "wrap.irregular"},
		"ISA wrapped twice":     {isa5[:40] + "\n" + isa5[40:60] + "\n" + isa5[60:] + small, wire.ErrMalformed, "isa.shape"},
		"same delimiters":       {strings.Replace(isa5, "*>~", "*~~", 1) + small, wire.ErrMalformed, "isa.delimiters"},
		"letter delimiter":      {strings.ReplaceAll(isa5+small, "~", "X"), wire.ErrMalformed, "isa.delimiters"},
		"junk after":            {isa5 + small + "hello", wire.ErrMalformed, "junk"},
		"EDIFACT after":         {isa5 + small + "UNB+UNOA:3'", ErrEDIFACT, "edifact"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ids(t, tc.in)
			var e *wire.Error
			if !errors.As(err, &e) || !errors.Is(err, tc.kind) || e.Key != tc.key {
				t.Errorf("got %v, want %s", err, tc.key)
			}
			r := NewReader(strings.NewReader(tc.in), wire.Limits{})
			for range 20 {
				_, err = r.Next()
			}
			if !errors.Is(err, tc.kind) {
				t.Errorf("the error does not repeat: %v", err)
			}
		})
	}
}

func TestReaderHeaderAndPositions(t *testing.T) {
	t.Parallel()
	r := NewReader(strings.NewReader("\n"+isa4+"\r\n"+small), wire.Limits{})
	s, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	want := Header{
		AuthQualifier: "00", SecurityQualifier: "00", SenderQualifier: "ZZ", Sender: "KESTRELSUPPLY", ReceiverQualifier: "ZZ",
		Receiver: "AURELIATOOLS", Date: "261122", Time: "0912", Version: "00401", Control: "000000101", AckRequested: true, Usage: "T",
	}
	if r.Header() != want {
		t.Errorf("%+v", r.Header())
	}
	if s.Offset != 1 || s.Text(6) != "KESTRELSUPPLY  " || s.Text(16) != ">" || s.Len() != 16 {
		t.Errorf("%d %q", s.Offset, s.Raw())
	}
	if d := r.Delimiters(); d != (Delimiters{'*', '>', 0, '~'}) {
		t.Errorf("U was taken for a separator: %+v", d)
	}
	for s.ID() != "BEG" {
		if s, err = r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if s.Kind != wire.Body || s.FileSegment != 4 || s.SetSegment != 2 || s.Offset != 156 || s.ElOffset(3) != 166 || s.Text(3) != "P1" {
		t.Errorf("%+v %d", s, s.ElOffset(3))
	}
	if s.El(0) != nil || s.El(6) != nil || s.Text(5) != "20261122" || s.Len() != 5 || string(s.El(4)) != "" {
		t.Errorf("elements: %q", s.Raw())
	}
	five := NewReader(strings.NewReader(isa5+small), wire.Limits{})
	if _, err := five.Next(); err != nil || five.Delimiters().Repetition != '^' {
		t.Errorf("%v %+v", err, five.Delimiters())
	}
}

func TestReaderLimits(t *testing.T) {
	t.Parallel()
	long := isa5 + strings.Replace(small, "P1", strings.Repeat("9", 5000), 1)
	many := isa5 + strings.Replace(small, "P1", strings.Repeat("*", 300), 1)
	for name, tc := range map[string]struct {
		in  string
		lim wire.Limits
		key string
	}{
		"segment":            {long, wire.Limits{Segment: 4000}, "limit.segment"},
		"element":            {long, wire.Limits{Element: 4000}, "limit.element"},
		"elements":           {many, wire.Limits{}, "limit.elements"},
		"file":               {long, wire.Limits{File: 3000}, "limit.file"},
		"terminator missing": {isa5 + strings.Repeat("x", 100_000), wire.Limits{}, "limit.segment"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := dump(NewReader(strings.NewReader(tc.in), tc.lim))
			var e *wire.Error
			if !errors.As(err, &e) || e.Key != tc.key || !errors.Is(err, wire.ErrTooLarge) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestReaderPassesOnErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("line cut")
	r := NewReader(io.MultiReader(strings.NewReader(isa5), iotest.ErrReader(broken)), wire.Limits{})
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// TestReaderAllocates nothing for elements and segments: as much for a hundred
// times the data.
func TestReaderAllocates(t *testing.T) {
	one, hundred := editest.All(t, editest.Orders(10)), editest.All(t, editest.Orders(1000))
	count := func(data []byte) float64 {
		return testing.AllocsPerRun(5, func() {
			r := NewBytesReader(data, wire.Limits{})
			for {
				if _, err := r.Next(); err != nil {
					return
				}
			}
		})
	}
	if a, b := count(one), count(hundred); b > a {
		t.Errorf("%v allocations for 10 orders, %v for 1000", a, b)
	}
}

func TestScan(t *testing.T) {
	t.Parallel()
	in := "\r\n" + isa5 + strings.ReplaceAll(small, "~", "~\r\n") + isa4 + "TA1*000000044*261121*1200*A*000~IEA*0*000000101~"
	got, err := Scan(strings.NewReader(in), wire.Limits{})
	if err != nil || len(got) != 2 {
		t.Fatalf("%d, %v", len(got), err)
	}
	a, b := got[0], got[1]
	if !a.Complete || a.GroupCount != 1 || a.SetCount != 1 || a.SegmentCount != 7 || a.Offset != 2 || a.Groups[0].Sender != "K" || a.Usage != "P" {
		t.Errorf("%+v", a)
	}
	if !b.Complete || b.GroupCount != 0 || !b.AckRequested || b.Usage != "T" {
		t.Errorf("%+v", b)
	}
	if end := in[a.Offset : a.Offset+a.Length]; !strings.HasPrefix(end, "ISA") || !strings.HasSuffix(end, "IEA*1*000000101~") {
		t.Errorf("%q", end)
	}
	if rest := in[b.Offset:]; int64(len(rest)) != b.Length {
		t.Errorf("%d %d", len(rest), b.Length)
	}
	plain, err := ScanBytes([]byte(isa5+small), wire.Limits{})
	if err != nil || plain[0].Digest != a.Digest {
		t.Error("line breaks between segments change the digest")
	}
	other, err := ScanBytes([]byte(isa5+strings.Replace(small, "P1", "P2", 1)), wire.Limits{})
	if err != nil || other[0].Digest == a.Digest {
		t.Error("other content, same digest")
	}
}

func TestScanFaults(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		in   string
		keys string
	}{
		"IEA count":         {isa5 + strings.Replace(small, "IEA*1", "IEA*2", 1), "interchange.count"},
		"IEA control":       {isa5 + strings.Replace(small, "000000101", "000000102", 1), "interchange.control_differs"},
		"GE":                {isa5 + strings.Replace(small, "GE*1*1", "GE*3*2", 1), "group.count group.control_differs"},
		"GE missing":        {isa5 + strings.Replace(small, "GE*1*1~", "", 1), "group.unfinished"},
		"IEA missing":       {isa5 + strings.Replace(small, "IEA*1*000000101~", "", 1), "interchange.unfinished"},
		"IEA missing, next": {isa5 + strings.Replace(small, "IEA*1*000000101~", "", 1) + isa5 + small, "interchange.unfinished"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := Scan(strings.NewReader(tc.in), wire.Limits{})
			if len(got) == 0 {
				t.Fatal("nothing")
			}
			var keys []string
			for _, f := range got[0].Findings {
				keys = append(keys, f.Key)
			}
			if strings.Join(keys, " ") != tc.keys || got[0].Complete != strings.HasPrefix(tc.keys, "group") {
				t.Errorf("%v complete=%v", keys, got[0].Complete)
			}
		})
	}
	_, err := Scan(bytes.NewReader([]byte(isa5+small+isa5+small)), wire.Limits{Interchanges: 1})
	if !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}
