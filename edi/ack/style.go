package ack

import (
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// Style says how a partner wants to be answered. The zero value is the default: a
// 997 that lists every set, and a TA1 where it is asked for or needed.
type Style struct {
	// Implementation answers groups of 005010 and later by a 999. Older releases
	// have none and get a 997.
	Implementation bool
	// OnlyErrors leaves out the sets that were accepted without a remark.
	OnlyErrors bool
	// OnlyAsked gives no TA1 where ISA14 does not ask for one, not even to an
	// interchange that is refused.
	OnlyAsked bool
	// Delimiters are those agreed for what is written, the default ones when zero,
	// and EOL what follows every terminator.
	Delimiters x12.Delimiters
	EOL        string
}

// delimiters are those of a release, ISA12.
func (s Style) delimiters(isa string) x12.Delimiters {
	d := x12.DefaultDelimiters(isa)
	if s.Delimiters == (x12.Delimiters{}) {
		return d
	}
	if d.Repetition == 0 {
		return x12.Delimiters{Element: s.Delimiters.Element, Component: s.Delimiters.Component, Terminator: s.Delimiters.Terminator}
	}
	return s.Delimiters
}

// Kind is the acknowledgement that a group gets: "997" or "999".
func (s Style) Kind(g Group) string {
	if s.Implementation && answerVersion(g.Version) >= "005010" {
		return "999"
	}
	return "997"
}

// TA1 is the acknowledgement of a judged interchange: A and 000 when ISA14 asks for
// it, E when it asks and something is to tell, R when the interchange itself is
// refused. It is nil when none is due: an interchange of nothing but
// acknowledgements is not answered. Call it at Visitor.InterchangeEnd; fa is how many
// of its groups are acknowledgements (GS01 FA).
func TA1(i *schema.Interchange, fa int, style Style) *x12.Seg {
	verdict, code := "A", "000"
	for _, f := range i.Findings {
		c := f.In(wire.TA1)
		switch {
		case c == "" || f.Severity == wire.Note:
		case f.Severity == wire.Reject && verdict != "R":
			verdict, code = "R", c
		case verdict == "A":
			verdict, code = "E", c
		}
	}
	switch {
	case verdict == "R" && !style.OnlyAsked:
	case !i.Header.AckRequested || fa == i.Groups:
		return nil
	}
	if fa+i.TA1s+i.Notices > 0 && fa == i.Groups {
		return nil
	}
	d := style.delimiters(i.Header.Version)
	control := digits(i.Header.Control)
	if len(control) > 9 {
		control = ""
	}
	for len(control) < 9 {
		control = "0" + control
	}
	s := x12.S("TA1", control, orText(safe(i.Header.Date, d, 6), "000000"), orText(safe(i.Header.Time, d, 4), "0000"), verdict, code)
	return &s
}

// Refused says whether a judged interchange is refused as a whole, so that its
// groups are not answered.
func Refused(i *schema.Interchange) bool { return wire.VerdictOf(i.Findings) == wire.Rejected }
