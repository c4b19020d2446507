package ack

import (
	"cmp"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// Write997 writes one interchange with one FA group that answers groups, one 997
// each, in the release of the groups (all must have the same GS08; groups of other
// releases need a call of their own). in is the header of the interchange received:
// ids are swapped and usage is kept, so that a test is answered as a test. The GS
// answers the first group's GS02 and GS03, swapped. FA groups are left out. Errors:
// ErrNoAnswer when nothing is left, or that of w.
func Write997(w io.Writer, in x12.Header, groups []Group, n Numbers, at time.Time) error {
	return Write(w, in, groups, nil, Style{}, n, at)
}

// Write is Write997 in the style of a partner, with a TA1 in front when ta1 is not
// nil; then groups may be empty, and the TA1 stands alone.
func Write(w io.Writer, in x12.Header, groups []Group, ta1 *x12.Seg, style Style, n Numbers, at time.Time) error {
	groups = slices.DeleteFunc(slices.Clone(groups), func(g Group) bool { return g.FunctionalID == "FA" })
	if len(groups) == 0 && ta1 == nil {
		return ErrNoAnswer
	}
	version := ""
	if len(groups) > 0 {
		version = answerVersion(groups[0].Version)
	}
	d := style.delimiters(in.Version)
	head := in.Swapped()
	head.Version = safe(head.Version, d, 5)
	if digits(head.Version) != head.Version || len(head.Version) != 5 {
		head.Version = x12.ISAVersion(version)
	}
	if head.Usage != "T" && head.Usage != "I" {
		head.Usage = "P"
	}
	head.Control = strconv.FormatInt(n.Interchange, 10)
	out := x12.Outgoing{Header: head, Delimiters: style.Delimiters, EOL: style.EOL}
	if ta1 != nil {
		out.Service = []x12.Seg{*ta1}
	}
	if len(groups) > 0 {
		out.Group = x12.Group{
			FunctionalID: "FA", Sender: groups[0].Receiver, Receiver: groups[0].Sender,
			Control: strconv.FormatInt(n.Group, 10), Agency: "X", Version: version,
		}
	}
	for _, g := range groups {
		out.Bodies = append(out.Bodies, body(g, style))
	}
	return x12.WriteInterchange(w, out, at)
}

// answerVersion gives the GS08 of an answer: the release without an industry's
// suffix, or 004010 when we do not know the release (the simplest form).
func answerVersion(v string) string {
	if len(v) >= 6 && schema.DictionaryOf(v[:6], "997") != nil {
		return v[:6]
	}
	return "004010"
}

// body makes the acknowledgement for one group in a partner's style: a 999 where it is asked
// for and the group's release has one, else a 997, with AK2 to AK5 for every set. Its segments
// are made while they are written: a group may have a hundred thousand sets.
func body(g Group, style Style) x12.Body {
	version := answerVersion(g.Version)
	late := version >= "004060" // AK103 and AK203 exist
	t := teller{version: version, d: style.delimiters(x12.ISAVersion(version)), family: wire.AK, letter: "AK"}
	b := x12.Body{Type: "997"}
	if style.Kind(g) == "999" {
		b.Type, t.family, t.letter = "999", wire.IK, "IK"
	}
	b.More = func(yield func(x12.Seg) bool) {
		ak1 := []string{orText(safe(g.FunctionalID, t.d, 2), "ZZ"), orText(digits(g.Control), "0")}
		if late {
			ak1 = append(ak1, safe(g.Version, t.d, 12))
		}
		if !yield(x12.S("AK1", ak1...)) {
			return
		}
		for i := range g.Sets {
			s := &g.Sets[i]
			if style.OnlyErrors && s.Verdict == wire.Accepted {
				continue
			}
			ak2 := []string{orText(safe(s.Type, t.d, 3), "000"), orText(safe(s.Control, t.d, 9), "0000")}
			if late {
				ak2 = append(ak2, safe(s.Implementation, t.d, 35))
			}
			if !yield(x12.S("AK2", ak2...)) {
				return
			}
			for _, seg := range t.segments(*s) {
				if !yield(seg) {
					return
				}
			}
			if !yield(x12.S(t.letter+"5", append([]string{letter(s.Verdict)}, t.setCodes(*s)...)...)) {
				return
			}
		}
		ak9 := []string{
			letter(g.Verdict()), strconv.Itoa(g.Stated), strconv.Itoa(g.Received), strconv.Itoa(g.Accepted()),
		}
		yield(x12.S("AK9", append(ak9, t.levelCodes(g.Findings, wire.LevelGroup)...)...))
	}
	return b
}

// teller turns findings into the segments of one acknowledgement.
type teller struct {
	version string
	d       x12.Delimiters
	family  wire.Family
	letter  string // "AK" or "IK" of segments 3 to 5
}

func letter(v wire.Verdict) string {
	switch v {
	case wire.Accepted:
		return "A"
	case wire.AcceptedWithErrors:
		return "E"
	case wire.Partly:
		return "P"
	case wire.Rejected:
	}
	return "R"
}

// setCodes are AK502 to AK506: the codes of the set, 5 when segments are in error, in a
// 999 I5 where a guide says so.
func (t teller) setCodes(s Set) []string {
	out := t.levelCodes(s.Findings, wire.LevelSet)
	for _, f := range s.Findings {
		if !t.tells(f) || f.Level != wire.LevelSegment && f.Level != wire.LevelElement {
			continue
		}
		code := "5"
		if t.family == wire.IK && strings.HasPrefix(f.In(t.family), "I") {
			code = "I5"
		}
		if !slices.Contains(out, code) && len(out) < 5 {
			out = append(out, code)
		}
	}
	return out
}

// levelCodes are the different codes of a level, at most five.
func (t teller) levelCodes(findings []wire.Finding, level wire.Level) []string {
	var out []string
	for _, f := range findings {
		if f.Level == level && t.tells(f) && !slices.Contains(out, f.In(t.family)) && len(out) < 5 {
			out = append(out, f.In(t.family))
		}
	}
	return out
}

// tells says whether a finding belongs into the acknowledgement.
func (t teller) tells(f wire.Finding) bool { return f.Severity != wire.Note && f.In(t.family) != "" }

// maxElements is the greatest use of AK4 below one AK3.
const maxElements = 99

// segments are the AK3 and AK4 of a set in the order of its segments. Findings about
// elements of one segment stand under one AK3 with code 8.
func (t teller) segments(s Set) []x12.Seg {
	var list []wire.Finding
	for _, f := range s.Findings {
		if t.tells(f) && (f.Level == wire.LevelSegment || f.Level == wire.LevelElement) {
			list = append(list, f)
		}
	}
	slices.SortStableFunc(list, func(a, b wire.Finding) int {
		if c := cmp.Compare(a.Pos.Segment, b.Pos.Segment); c != 0 {
			return c
		}
		return cmp.Compare(rank(a), rank(b))
	})
	var out []x12.Seg
	under := -1 // the segment whose elements are being told
	n := 0
	for _, f := range list {
		if f.Level == wire.LevelSegment {
			under = -1
			out = append(append(append(out, t.segment(f, f.In(t.family))), t.trigger(f)...), t.unit(s)...)
			continue
		}
		if under != f.Pos.Segment {
			under, n = f.Pos.Segment, 0
			out = append(append(out, t.segment(f, "8")), t.unit(s)...)
		}
		if n++; n <= maxElements {
			out = append(append(out, t.element(f)), t.trigger(f)...)
		}
	}
	return out
}

// trigger is the CTX of a 999 that says what a demand depends on: the place whose
// content makes it hold.
func (t teller) trigger(f wire.Finding) []x12.Seg {
	if t.family != wire.IK || f.Trigger == nil {
		return nil
	}
	g := f.Trigger
	els := []string{"SITUATIONAL TRIGGER", safe(g.SegmentID, t.d, 3), strconv.Itoa(g.Segment), safe(g.LoopID, t.d, 4)}
	if g.Element > 0 {
		at := []string{strconv.Itoa(g.Element)}
		if g.Component > 0 {
			at = append(at, strconv.Itoa(g.Component))
		}
		els = append(els, x12.Composite(at...), digits(g.Ref))
	}
	return []x12.Seg{x12.S("CTX", els...)}
}

// unit is the CTX of a 999 that names the document in which the error stands.
func (t teller) unit(s Set) []x12.Seg {
	v := safe(s.Unit.Value, t.d, 35)
	if t.family != wire.IK || v == "" {
		return nil
	}
	return []x12.Seg{x12.S("CTX", x12.Composite(s.Unit.Place, v))}
}

// rank puts findings about a segment before those about its elements.
func rank(f wire.Finding) int {
	if f.Level == wire.LevelSegment {
		return 0
	}
	return 1
}

func (t teller) segment(f wire.Finding, code string) x12.Seg {
	id := safe(f.SegmentID, t.d, 3)
	for len(id) < 2 {
		id += "?" // a tag that cannot be copied
	}
	return x12.S(t.letter+"3", id, strconv.Itoa(max(f.Pos.Segment, 1)), safe(f.LoopID, t.d, 4), code)
}

func (t teller) element(f wire.Finding) x12.Seg {
	parts := []string{strconv.Itoa(f.Pos.Element)}
	if f.Pos.Component > 0 || f.Pos.Repeat > 0 && t.version >= "004030" {
		parts = append(parts, "")
		if f.Pos.Component > 0 {
			parts[1] = strconv.Itoa(f.Pos.Component)
		}
	}
	if f.Pos.Repeat > 0 && t.version >= "004030" {
		parts = append(parts, strconv.Itoa(f.Pos.Repeat))
	}
	return x12.S(t.letter+"4", x12.Composite(parts...), digits(f.Ref), elementCode(f.In(t.family), t.version), safe(f.Value, t.d, 99))
}

// elementCode keeps to the codes a release knows: 12 and 13 came with 005.
func elementCode(code, version string) string {
	if version < "005010" && (code == "12" || code == "13") {
		return "3"
	}
	return code
}

// orText puts something where a mandatory element cannot be copied.
func orText(s, other string) string {
	if strings.TrimSpace(s) == "" {
		return other
	}
	return s
}

// digits drops a reference that is no number, as composites (C040) have.
func digits(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return ""
		}
	}
	return s
}

// safe gives a value that can stand in an answer, or nothing: one that holds a
// delimiter or a control character is left out, one too long is cut.
func safe(v string, d x12.Delimiters, width int) string {
	for len(v) > width {
		r := []rune(v)
		v = string(r[:len(r)-1])
	}
	if _, ok := x12.Writable(v, d); !ok {
		return ""
	}
	return v
}
