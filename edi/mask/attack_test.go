package mask

import (
	"bufio"
	"io"
	"os"
	"strings"
	"testing"

	"entente/edi/wire"
)

const (
	x12Head = "ISA*00*          *00*          *ZZ*KESTREL        *ZZ*AURELIA        *261124*0930*^*00501*000000001*0*P*>~GS*PO*K*A*20261124*0930*1*X*005010~ST*850*0001~"
	x12Tail = "SE*4*0001~GE*1*1~IEA*1*000000001~"
	unHead  = "UNA:+.?*'UNB+UNOW:4+A:14+B:14+20261124:0930+1'UNH+1+ORDERS:D:96A:UN'"
	unTail  = "UNT+9+1'UNZ+1+1'"
)

// What tells a price in a place where none belongs is masked there too.
func TestCopyOfPricesOutOfPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, want string }{
		"a terminator within a text":           {"MSG*price is ~ 313.37 net ~", "MSG*price is ~\nXXXX~\n"},
		"a tag that is a number":               {"84~", "XXXX~\n"},
		"a column too far":                     {"PO1*1*2*84.50*EA~", "PO1*1*2*XXXX*XXXX~\n"},
		"a price for a unit":                   {"PO1*1*2*84*84~", "PO1*1*2*XXXX*XXXX~\n"},
		"two columns too far":                  {"PO1*1*2*EA**84*PE~", "PO1*1*2*EA**XXXX*PE~\n"},
		"a reference":                          {"REF*ZZ*84.50~REF*ZZ*PR>84.50~REF*ZZ*GBP84~REF*PD*PR-2026-017~", "REF*ZZ*XXXX~\nREF*ZZ*PR>XXXX~\nREF*ZZ*XXXX~\nREF*PD*PR-2026-017~\n"},
		"digits of another script":             {"MSG*costs ８４ or ٨٤~", "MSG*costs XXXX or XXXX~\n"},
		"numbers in words":                     {"MSG*eighty-four pounds, 八十四元~", "MSG*XXXX pounds, XXXX~\n"},
		"a number in groups":                   {"MSG*only 1 084.50 now~", "MSG*only XXXX now~\n"},
		"a description":                        {"PID*F****Drill 18 V AUR-D18B, 84 each~PID*F****D, 84.5 SEK~PID*F****84GBP~PID*F****NET84~", "PID*F****Drill 18 V AUR-D18B, XXXX each~\nPID*F****D, XXXX SEK~\nPID*F****XXXXGBP~\nPID*F****NETXXXX~\n"},
		"une: release characters in a number":  {"IMD+F++:::list 8?4?.5?0 EUR'FTX+AAI+++1?3?3'", "IMD+F++:::list XXXX EUR'\nFTX+AAI+++XXXX'\n"},
		"une: a terminator within a text":      {"FTX+AAI+++it's 313.37 EUR'", "FTX+AAI+++it'\nXXXX'\n"},
		"une: what hangs on a tag":             {"XYZ:31337+1'MOA:31337+8:1'", "XYZ:XXXX+XXXX'\nMOA:XXXX+8:XXXX'\n"},
		"une: a total behind a count of lines": {"CNT+2:1*39:31337'", "CNT+2:1*39:XXXX'\n"},
		"une: a special service":               {"ALC+A++++DI:::less 5 %'PAT+1+:::2 in 10'", "ALC+A++++DI:::less XXXX %'\nPAT+1+:::XXXX in XXXX'\n"},
		"une: a text with an element in it":    {"FTX+AAI+++cost+90'RFF+ZZZ:84.5'", "FTX+AAI+++cost+XXXX'\nRFF+ZZZ:XXXX'\n"},
	} {
		head, tail := x12Head, x12Tail
		if strings.HasPrefix(name, "une: ") {
			head, tail = unHead, unTail
		}
		got := copied(t, head+c.body+tail, 1)
		_, got, _ = strings.Cut(got, map[bool]string{true: "ST*850*0001~\n", false: "96A:UN'\n"}[head == x12Head])
		got, _, _ = strings.Cut(got, "\n"+tail[:3])
		if got += "\n"; got != c.want {
			t.Errorf("%s:\n%s\nnot\n%s", name, got, c.want)
		}
	}
}

// A finding does not say what the copy does not show.
func TestTells(t *testing.T) {
	t.Parallel()
	pos := func(el, comp int) wire.Position { return wire.Position{Segment: 5, Element: el, Component: comp} }
	for name, c := range map[string]struct {
		f    wire.Finding
		un   bool
		want bool
	}{
		"a price":                     {wire.Finding{SegmentID: "PO1", Pos: pos(4, 0), Value: "x"}, false, true},
		"a price for a unit":          {wire.Finding{SegmentID: "PO1", Pos: pos(3, 0), Value: "84"}, false, true},
		"a unit":                      {wire.Finding{SegmentID: "PO1", Pos: pos(3, 0), Value: "QQ"}, false, false},
		"a quantity":                  {wire.Finding{SegmentID: "PO1", Pos: pos(2, 0), Value: "84.5", Args: map[string]string{"Max": "15"}}, false, false},
		"a reference":                 {wire.Finding{SegmentID: "REF", Pos: pos(2, 0), Value: "84.50"}, false, true},
		"a fact":                      {wire.Finding{SegmentID: "REF", Pos: pos(2, 0), Args: map[string]string{"Want": "84.50"}}, false, true},
		"a whole composite":           {wire.Finding{SegmentID: "MOA", Pos: pos(1, 0), Value: "203:84"}, true, true},
		"the rest of a text":          {wire.Finding{SegmentID: " 84 net", Pos: pos(0, 0)}, false, true},
		"the rest of a text, EDIFACT": {wire.Finding{SegmentID: "S 84", Pos: pos(1, 1), Value: "A"}, true, true},
		"digits of another script":    {wire.Finding{SegmentID: "TDS", Pos: pos(0, 0), Value: "８４"}, false, true},
		"a segment that is missing":   {wire.Finding{SegmentID: "N1", Args: map[string]string{"Name": "x"}}, false, false},
	} {
		if got := Tells(c.f, c.un); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Of every element that is a number it is known whether it is a price or a quantity.
func TestEveryNumberIsKnown(t *testing.T) {
	t.Parallel()
	seen := 0
	for file, un := range map[string]bool{"x12_elements": false, "un_d96a": true, "un_d01b": true} {
		raw, err := os.ReadFile("../schema/" + file + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(strings.NewReader(string(raw))); lines.Scan(); {
			f := strings.Fields(lines.Text())
			if len(f) < 3 || f[0] != "el" {
				continue
			}
			k, fraction := x12Kinds[f[1]], f[2] == "R"
			if un { // of whole numbers those that count
				k, fraction = unKinds[f[1]], strings.HasPrefix(f[2], "n..") && len(f[2]) > len("n..9")
			}
			if !fraction {
				continue
			}
			seen++
			if k != whole && k != measure {
				t.Errorf("%s %s is neither", file, f[1])
			}
		}
	}
	if seen < 40 {
		t.Errorf("only %d", seen)
	}
}

// endless are sets without end, told of each read.
type endless struct{ reads chan struct{} }

func (e endless) Read(b []byte) (int, error) {
	e.reads <- struct{}{}
	return copy(b, strings.Repeat("ST*850*0002~BEG*00~SE*3*0002~", len(b)/30+1)), nil
}

// Who goes away before the end does not leave a reader of the rest of the file behind.
func TestReaderEnds(t *testing.T) {
	t.Parallel()
	reads := make(chan struct{})
	body := io.MultiReader(strings.NewReader(x12Head+x12Tail[:10]), endless{reads})
	r := Reader(body, false, 1)
	go func() { _, _ = io.Copy(io.Discard, r) }()
	<-reads
	closed := make(chan struct{})
	go func() { _ = r.Close(); close(closed) }()
	for n := 0; ; n++ {
		select {
		case <-reads:
			if n > 1000 {
				t.Fatal("the file is read on")
			}
			continue
		case <-closed:
		}
		break
	}
}
