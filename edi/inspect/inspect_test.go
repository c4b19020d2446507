package inspect

import (
	"fmt"
	"strings"
	"testing"

	"entente/edi/wire"
)

const order = "ISA*00*          *00*          *ZZ*KESTREL        *ZZ*AURELIA        *261124*0930*^*00501*000000001*0*P*>~GS*PO*K*A*20261124*0930*1*X*005010~" +
	"ST*850*0001~BEG*00*SA*1**20261124~SE*3*0001~" +
	"ST*850*0002~BEG*00*SA*4500187519**20261124~DTM*002*20261131~N1*BY*Kestrel*92*KS-LEEDS~N3*Unit 4~N1*ST*Dock*92*KS-WKF1~" +
	"PO1*1*240*EA*84.00*PE*VP*AUR-D18B~PID*F****Drill~PO1*2*160*EACH*46.50*PE*VP*AUR-G125~PID*F****Grinder~REF*9V*A*x*AA>1>BB>2~CTT*2~SE*13*0002~GE*2*1~IEA*1*000000001~"

func show(w Window) string {
	var b strings.Builder
	for _, s := range w.Segments {
		if s.Gap {
			b.WriteString("...\n")
		}
		fmt.Fprintf(&b, "%s d%d", s.At, s.Depth)
		for _, l := range s.Opens {
			fmt.Fprintf(&b, " +%s(%s)%d", l.Name, l.Tag, l.No)
		}
		fmt.Fprintf(&b, " %s", s.ID)
		for _, p := range s.Parts {
			switch {
			case p.Mark:
				fmt.Fprintf(&b, "[%s=%s]", p.At, p.Text)
			case !p.At.IsZero() && !s.Envelope:
				fmt.Fprintf(&b, "{%s=%s}", p.At, p.Text)
			default:
				b.WriteString(p.Text)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Every view is told the same places, with the loops they stand in.
func TestRead(t *testing.T) {
	t.Parallel()
	found := []wire.Finding{{Level: wire.LevelElement, SegmentID: "DTM", Pos: wire.Position{Segment: 3, Element: 2}}, {Level: wire.LevelSet, SegmentID: "SE", Pos: wire.Position{Segment: 13, Element: 1}}, {Level: wire.LevelInterchange, SegmentID: "ISA", Pos: wire.Position{Element: 6}}}
	w, err := Read(strings.NewReader(order), Options{Set: 2, Size: 50, Findings: found})
	if err != nil || w.Total != 13 || w.From != 1 || w.To != 13 || w.Cut {
		t.Errorf("%+v %v", w, err)
	}
	want := `ISA d0 ISA*00*          *00*          *ZZ*[ISA.6=KESTREL        ]*ZZ*AURELIA        *261124*0930*^*00501*000000001*0*P*>~
GS d0 GS*PO*K*A*20261124*0930*1*X*005010~
1 d0 ST*{1.1=850}*{1.2=0002}~
2 d0 BEG*{2.1=00}*{2.2=SA}*{2.3=4500187519}**{2.5=20261124}~
3 d0 DTM*{3.1=002}*[3.2=20261131]~
4 d1 +N1(N1)1 N1*{4.1=BY}*{4.2=Kestrel}*{4.3=92}*{4.4=KS-LEEDS}~
5 d1 N3*{5.1=Unit 4}~
6 d1 +N1(N1)2 N1*{6.1=ST}*{6.2=Dock}*{6.3=92}*{6.4=KS-WKF1}~
7 d1 +PO1(PO1)1 PO1*{7.1=1}*{7.2=240}*{7.3=EA}*{7.4=84.00}*{7.5=PE}*{7.6=VP}*{7.7=AUR-D18B}~
8 d2 +PID(PID)1 PID*{8.1=F}****{8.5=Drill}~
9 d1 +PO1(PO1)2 PO1*{9.1=2}*{9.2=160}*{9.3=EACH}*{9.4=46.50}*{9.5=PE}*{9.6=VP}*{9.7=AUR-G125}~
10 d2 +PID(PID)1 PID*{10.1=F}****{10.5=Grinder}~
11 d1 REF*{11.1=9V}*{11.2=A}*{11.3=x}*{11.4.1=AA}>{11.4.2=1}>{11.4.3=BB}>{11.4.4=2}~
12 d1 +CTT(CTT)1 CTT*{12.1=2}~
13 d0 SE*[13.1=13]*{13.2=0002}~
GE d0 GE*2*1~
IEA d0 IEA*1*000000001~
`
	if got := show(w); got != want {
		t.Errorf("got\n%s", got)
	}
	for _, s := range w.Segments {
		known := map[string]string{}
		for _, p := range s.Parts {
			if !p.At.IsZero() {
				known[p.At.String()] = strings.TrimSpace(p.Text)
			}
		}
		for _, e := range s.Elements { // what is explained is what is shown
			at := s.At
			at.Element, at.Component = e.N, e.Component
			if v, ok := known[at.String()]; !ok || v != strings.TrimSpace(e.Value) {
				t.Errorf("%s is %q, explained as %q", at, v, e.Value)
			}
		}
		if len(known) != 0 && len(s.Elements) == 0 {
			t.Errorf("%s is not explained", s.At)
		}
	}
}

// The window stands where it is asked for, with what is around findings.
func TestWindow(t *testing.T) {
	t.Parallel()
	var x, un strings.Builder
	x.WriteString(order[:strings.Index(order, "ST*850*0001")] + "ST*850*1~")
	un.WriteString("UNB+UNOC:3+KESTREL:14+AURELIA:14+261124:0930+1'UNH+1+ORDERS:D:96A:UN'BGM+220+1+9'")
	const lines = 120_000
	for i := range lines {
		fmt.Fprintf(&x, "PO1*%d*1*EA*%s*PE*BP*%d~PID*F****Part %[1]d of a list that is longer~", i+1, strings.Repeat("9", 15), i)
		fmt.Fprintf(&un, "LIN+%d++%s:SA::92'IMD+F++:::Part %[1]d of a list that is long?: %[1]d'", i+1, strings.Repeat("9", 25))
	}
	x.WriteString("SE*240002*1~GE*1*1~IEA*1*1~")
	un.WriteString("UNT+240003+1'UNZ+1+1'")
	if x.Len() < 10<<20 || un.Len() < 10<<20 {
		t.Fatal(x.Len(), un.Len())
	}
	for name, c := range map[string]struct {
		text  string
		un    bool
		loop  string
		first int // segments before the first line
	}{"X12": {x.String(), false, "PO1", 1}, "EDIFACT": {un.String(), true, "SG25", 2}} {
		at := c.first + 2*60_000 + 1
		w, err := Read(strings.NewReader(c.text), Options{EDIFACT: c.un, Set: 1, At: at, Size: 40, Findings: []wire.Finding{{Pos: wire.Position{Segment: 7, Element: 1}}}})
		if err != nil || w.From != at-20 || w.To != at+19 || !w.Cut || w.Total < 240_000 || len(w.Segments) > 60 {
			t.Fatalf("%s: %d segments from %d to %d of %d, %v", name, len(w.Segments), w.From, w.To, w.Total, err)
		}
		gaps, marked, found := 0, "", false
		for _, s := range w.Segments {
			if s.Gap {
				gaps++
			}
			for _, p := range s.Parts {
				if p.Mark {
					marked += p.At.String()
				}
			}
			for _, l := range s.Opens {
				found = found || s.N == at && l == Loop{Name: c.loop, Tag: s.ID, No: 60_001}
			}
		}
		if gaps != 2 || marked != "7.1" || !found {
			t.Errorf("%s: %d gaps, marked %q, the loop told %v\n%s", name, gaps, marked, found, show(w))
		}
		if last := w.Segments[len(w.Segments)-1]; !last.Envelope {
			t.Errorf("%s ends with %+v", name, last)
		}
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "5", "5.2", "5.2.1", "ISA", "ISA.6", "UNB.2.1"} {
		if got := ParsePlace(s).String(); got != s {
			t.Errorf("%q is read as %q", s, got)
		}
	}
	for _, s := range []string{"x", "5.x", "-1", "5.0", "1.2.3.4", "ISA.x", "<script>", "99999999999999999999999", "5."} {
		if p := ParsePlace(s); !p.IsZero() {
			t.Errorf("%q is read as %+v", s, p)
		}
	}
}

// A value longer than anybody reads does not make the page longer.
func TestLongValue(t *testing.T) {
	t.Parallel()
	text := strings.Replace(order, "Drill~", strings.Repeat("ü", 30_000)+"~", 1)
	w, err := Read(strings.NewReader(text), Options{Set: 2, Size: 50})
	n := len(show(w))
	for _, s := range w.Segments {
		for _, e := range s.Elements {
			n += len(e.Value)
		}
	}
	if err != nil || n > 6000 || w.Total != 13 {
		t.Errorf("%d bytes of %d segments, %v", n, w.Total, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(order, 2, 3)
	f.Add("UNB+UNOC:3+KESTREL:14+AURELIA:14+261124:0930+1'UNH+1+ORDERS:D:96A:UN'BGM+220+1?'+9'UNT+3+1'UNZ+1+1'", 1, 0)
	f.Fuzz(func(t *testing.T, text string, set, at int) {
		for _, un := range []bool{false, true} {
			w, err := Read(strings.NewReader(text), Options{EDIFACT: un, Set: set, At: at, Size: 20, Findings: []wire.Finding{{Pos: wire.Position{Segment: at, Element: 2}}}})
			if err != nil || len(w.Segments) > 80 {
				t.Fatal(len(w.Segments), err)
			}
		}
	})
}
