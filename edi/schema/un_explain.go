package schema

import (
	"strconv"
	"strings"
	"sync"

	"entente/edi/edifact"
	"entente/edi/wire"
)

// unNamedCodes lists the codes of EDIFACT whose meaning has a text: the entry
// "edi.un.code.<element>.<code>" of the locale files.
const unNamedCodes = `
0081 D S
0083 4 7 8
0085 12 13 14 15 16 18 19 21 26 28 29 35 39 40
1001 220 221 230 231 351 380 381 383
1153 AAK CT IV ON PD VA
1225 1 4 5 7 9 27 29 31
1229 3 5 6 7
2005 2 11 35 63 64 67 137 171
3035 BY DP IV SE SU
4347 1 5
5025 8 77 79 124 125 203
5125 AAA AAB AAE INF
5463 A C
6063 12 17 21 26 47 48 53 59 61 113 145 153 198 210
6411 PCE EA KGM
7143 BP EN IN SA SRV
`

// unNamed holds the codes that have a text, as "1001.220".
var unNamed = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for line := range strings.SplitSeq(strings.TrimSpace(unNamedCodes), "\n") {
		f := strings.Fields(line)
		for _, c := range f[1:] {
			out[f[0]+"."+c] = true
		}
	}
	return out
})

// unTextKeys lists every key that explaining a message can ask for.
func unTextKeys() []string {
	keys := map[string]bool{"edi.un.seg.unknown": true, "edi.un.set.unknown": true}
	for n := range unNamed() {
		keys["edi.un.code."+n] = true
	}
	for _, load := range directories {
		d := load()
		for m := range d.messages {
			keys["edi.un.set."+m] = true
		}
		for _, s := range d.segments {
			keys["edi.un.seg."+s.id] = true
		}
		for ref := range d.elements {
			keys["edi.un.el."+ref] = true
		}
	}
	return sortedKeys(keys)
}

// explainMessage takes a judged message apart.
func explainMessage(set *Set) Explained {
	out := Explained{
		Type: set.Type, NameKey: "edi.un.set.unknown", Control: set.Control, Version: set.Version,
		Verdict: set.Verdict, Segments: make([]ExplainedSegment, 0, len(set.Un)),
	}
	dir := set.dir
	if dir == nil {
		dir = directoryOf(*set.Message)
	}
	if dir == nil {
		dir = directoryNamed("D01B")
	}
	x := unExplainer{dir: dir}
	x.judge.limit = 1
	if def := dir.messages[set.Type]; def != nil {
		out.NameKey = "edi.un.set." + set.Type
		x.judge.begin(dir, def, edifact.Charset{}, "")
	}
	bySegment := map[int][]wire.Finding{}
	for _, f := range set.Findings {
		if f.Level == wire.LevelSegment || f.Level == wire.LevelElement {
			bySegment[f.Pos.FileSegment] = append(bySegment[f.Pos.FileSegment], f)
		} else {
			out.Findings = append(out.Findings, f)
		}
	}
	for i := range set.Un {
		out.Segments = append(out.Segments, x.segment(&set.Un[i], bySegment[set.Un[i].FileSegment]))
	}
	return out
}

type unExplainer struct {
	dir   *directory
	judge unJudge // follows the groups only
}

func (x *unExplainer) segment(s *edifact.Segment, findings []wire.Finding) ExplainedSegment {
	out := ExplainedSegment{
		ID: text(s.TagBytes()), N: s.SetSegment, FileSegment: s.FileSegment, Offset: s.Offset, NameKey: "edi.un.seg.unknown",
		Raw: text(s.Raw()), Findings: findings, Elements: []ExplainedElement{},
	}
	def := x.dir.segments[s.Tag]
	if def != nil {
		out.NameKey = "edi.un.seg." + def.id
	}
	if x.judge.msg != nil && s.Kind == wire.Body {
		x.judge.findings = x.judge.findings[:0]
		x.judge.place(s)
		out.Loop = x.judge.groupID()
	}
	bad := map[[2]int]bool{}
	for _, f := range findings {
		if f.Level == wire.LevelElement {
			bad[[2]int{f.Pos.Element, f.Pos.Component}] = true
		}
	}
	raw, marks := s.Raw(), s.Marks()
	el, comp := 0, 0
	for i := 1; i+1 < len(marks); i++ {
		switch marks[i].Sep() {
		case edifact.SepElement:
			el, comp = el+1, 1
		case edifact.SepComponent:
			comp++
		case edifact.SepRepeat:
			comp = 1
		}
		if el == 0 {
			continue // what hangs on the tag itself
		}
		v := raw[marks[i].Start() : marks[i+1].Start()-1]
		wrong := bad[[2]int{el, comp}] || comp == 1 && bad[[2]int{el, 0}]
		if len(v) == 0 && !wrong {
			continue
		}
		delete(bad, [2]int{el, comp})
		if comp == 1 {
			delete(bad, [2]int{el, 0})
		}
		out.Elements = append(out.Elements, x.element(s, def, el, comp, s.Decode(v), wrong))
	}
	for at := range bad { // what is missing at the end
		out.Elements = append(out.Elements, x.element(s, def, at[0], max(at[1], 1), "", true))
	}
	return out
}

// element names one component; a simple element has no component number.
func (x *unExplainer) element(s *edifact.Segment, def *unSegment, el, comp int, v string, bad bool) ExplainedElement {
	out := ExplainedElement{Place: place(text(s.TagBytes()), el), N: el, Value: v, Bad: bad}
	var e *unElement
	if def != nil && el <= len(def.fields) {
		f := &def.fields[el-1]
		switch {
		case f.parts == nil:
			e = f.one.unElement
		case comp <= len(f.parts):
			e = f.parts[comp-1].unElement
		}
		if f.parts != nil || comp > 1 {
			out.Component = comp
		}
	}
	if out.Component > 0 {
		out.Place += "-" + strconv.Itoa(comp)
	}
	if e == nil {
		return out
	}
	out.Ref, out.NameKey, out.Type = e.ref, "edi.un.el."+e.ref, e.typeName
	if unNamed()[e.ref+"."+v] {
		out.MeaningKey = "edi.un.code." + e.ref + "." + v
	}
	switch {
	case e.ref == "2380" && !bad:
		out.Decoded, out.DecodedKind = unDecoded(v, s.Text(el, comp+1))
	case e.kind == unNumber && v != "" && e.ref != "0017" && e.ref != "0019" && unCheckNumber(e, []byte(v)) == unFine:
		out.Decoded, out.DecodedKind = number(strings.Replace(v, ",", ".", 1), 0), "number"
	}
	return out
}

// unDecoded gives a date or a time in plain form, by its format.
func unDecoded(v, format string) (decoded, kind string) {
	if layout := unPeriods[format]; layout == "" || len(v) != len(layout) || !unDate([]byte(v), layout) {
		return "", ""
	}
	switch format {
	case "102", "203", "204":
		decoded, kind = v[:4]+"-"+v[4:6]+"-"+v[6:8], "date"
	case "101":
		decoded, kind = "20"+v[:2]+"-"+v[2:4]+"-"+v[4:6], "date"
	case "401":
		decoded, kind = v[:2]+":"+v[2:4], "time"
	}
	return decoded, kind
}
