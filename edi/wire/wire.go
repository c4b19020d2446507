// Package wire holds the words that every EDI package shares: where something
// stands in a file (Position), what is wrong with it (Finding) and how much a
// reader may take (Limits). It is a leaf: it imports nothing of the project and
// knows no syntax, so that X12 and EDIFACT speak with one voice.
package wire

import (
	"slices"
	"strconv"
)

// Kind says what role a segment plays in the envelope. It is the same for every
// syntax: an X12 ISA and an EDIFACT UNB are both InterchangeStart.
type Kind uint8

// The kinds of segment an envelope is made of.
const (
	// Body is a segment inside a transaction set or message.
	Body Kind = iota
	// InterchangeStart is ISA or UNB.
	InterchangeStart
	// InterchangeEnd is IEA or UNZ.
	InterchangeEnd
	// GroupStart is GS or UNG.
	GroupStart
	// GroupEnd is GE or UNE.
	GroupEnd
	// SetStart is ST or UNH.
	SetStart
	// SetEnd is SE or UNT.
	SetEnd
	// Service is a segment of the interchange outside any group, such as TA1, or of
	// a package: UNO and UNP.
	Service
	// Stray is a segment that stands where no segment may stand.
	Stray
	// Object is no segment but a part of the object in a package, any bytes.
	Object
)

// Event is one step of a pull reader as the layers above count it: what kind of
// segment was read and where it begins.
type Event struct {
	Kind Kind     `json:"kind"`
	ID   string   `json:"id"`
	Pos  Position `json:"pos"`
}

// Position is a place in a file. All counts begin with 1; zero means "does not
// apply". Offset alone begins with 0.
type Position struct {
	// Offset is the byte offset from the start of the file of the segment or,
	// when Element is set, of the element.
	Offset int64 `json:"offset"`
	// FileSegment numbers segments from the start of the file, ISA = 1.
	FileSegment int `json:"file_segment,omitempty"`
	// Segment numbers segments inside the set, ST or UNH = 1.
	Segment int `json:"segment,omitempty"`
	// Element is the position in the segment, the first after the tag = 1.
	Element int `json:"element,omitempty"`
	// Component is the position inside a composite.
	Component int `json:"component,omitempty"`
	// Repeat is the occurrence of a repeating element.
	Repeat int `json:"repeat,omitempty"`
}

// Level names the part of the envelope that a finding judges.
type Level string

// The levels, widest first.
const (
	LevelInterchange Level = "interchange"
	LevelGroup       Level = "group"
	LevelSet         Level = "set"
	LevelSegment     Level = "segment"
	LevelElement     Level = "element"
)

// Severity says what a finding does to the verdict.
type Severity string

// The severities, lightest first.
const (
	// Note never changes the verdict and is not told in an acknowledgement.
	Note Severity = "note"
	// AcceptedWithError is told in the acknowledgement; the set is accepted.
	AcceptedWithError Severity = "accepted_with_error"
	// Reject refuses the set, group or interchange.
	Reject Severity = "reject"
)

// Verdict is the answer for a set, a group or an interchange.
type Verdict string

// The verdicts. Partly is for groups and interchanges only.
const (
	Accepted           Verdict = "accepted"
	AcceptedWithErrors Verdict = "accepted_with_errors"
	Partly             Verdict = "partly"
	Rejected           Verdict = "rejected"
)

// MaxValue is the longest copy of a bad value that a Finding keeps, in bytes.
const MaxValue = 99

// Finding is one positioned remark. From it come the codes of a 997, 999, TA1
// or CONTRL and the sentence a person reads; it holds no words of its own.
type Finding struct {
	Level    Level    `json:"level"`
	Severity Severity `json:"severity"`
	// Key is the stable name of the rule, for example "date.impossible". The
	// sentence is the text "edi.finding." + Key with the facts of Data.
	Key string `json:"key"`
	// Code is the code of the 997 for this level: AK304 for a segment, AK403
	// for an element, AK502 for a set, AK905 for a group; at the level of the
	// interchange the TA105 note code. Empty for what no code can say.
	Code string `json:"code,omitempty"`
	// Codes are those of the other families of acknowledgement, where they
	// are not the same as Code; In gives the one to use.
	Codes Codes `json:"codes,omitzero"`
	// SegmentID is the tag the finding is about; for a missing segment the
	// tag that was expected.
	SegmentID string   `json:"segment_id,omitempty"`
	Pos       Position `json:"pos"`
	// LoopID names the loop, by its first segment as in "N1"; empty outside.
	LoopID string `json:"loop_id,omitempty"`
	// Ref is the reference number of the element in the dictionary, "373".
	Ref string `json:"ref,omitempty"`
	// Value is a copy of the bad value, cut at MaxValue bytes.
	Value string `json:"value,omitempty"`
	// Args are further facts for the sentence, by name: "max", "suggest".
	Args map[string]string `json:"args,omitempty"`
	// Trigger is what a demand depends on that holds in this case only; a 999
	// tells it.
	Trigger *Trigger `json:"trigger,omitempty"`
}

// Trigger is the place whose content makes a demand hold. Counts are as in Position.
type Trigger struct {
	SegmentID string `json:"segment_id"`
	Segment   int    `json:"segment"`
	LoopID    string `json:"loop_id,omitempty"`
	Element   int    `json:"element,omitempty"`
	Component int    `json:"component,omitempty"`
	// Ref is the reference number of the element in the dictionary.
	Ref string `json:"ref,omitempty"`
}

// Place is the usual name of where the finding stands: "DTM02", "PO1" for a whole
// segment, empty above that.
func (f Finding) Place() string {
	if f.Pos.Element == 0 {
		return f.SegmentID
	}
	n := strconv.Itoa(f.Pos.Element)
	if f.Pos.Element < 10 {
		n = "0" + n
	}
	if f.Pos.Component > 0 {
		n += "-" + strconv.Itoa(f.Pos.Component)
	}
	return f.SegmentID + n
}

// Data gives the facts of a finding under the names that its text uses: Segment
// (the tag), Element, Place, Ref, Value, and every argument under its own name:
// suggest, want, min, max. A name that is absent reads as empty.
func (f Finding) Data() map[string]string {
	out := map[string]string{
		"Segment": f.SegmentID, "Element": strconv.Itoa(f.Pos.Element), "Place": f.Place(), "Ref": f.Ref, "Value": f.Value,
	}
	for k, v := range f.Args {
		out[k] = v
	}
	return out
}

// VerdictOf gives the verdict that a list of findings leads to.
func VerdictOf(findings []Finding) Verdict {
	v := Accepted
	for i := range findings {
		switch findings[i].Severity {
		case Reject:
			return Rejected
		case AcceptedWithError:
			v = AcceptedWithErrors
		case Note:
		}
	}
	return v
}

// Limits bounds what a reader takes in. The zero value of a field means the
// default of DefaultLimits. Sizes are bytes.
type Limits struct {
	// File is the longest input; beyond it reading stops with ErrTooLarge.
	File int64
	// Segment is the longest segment.
	Segment int
	// Element is the longest element.
	Element int
	// Elements is the greatest number of elements in a segment.
	Elements int
	// Set is the longest transaction set.
	Set int
	// Sets is the greatest number of sets in a file.
	Sets int
	// Interchanges is the greatest number of interchanges in a file.
	Interchanges int
	// Nesting is how deep loops and levels (HL) may nest, envelope included.
	Nesting int
	// Findings is the greatest number kept per set, group and interchange;
	// further ones are counted, not kept.
	Findings int
}

// DefaultLimits are safe for files from strangers: 1 GiB a file, 64 KiB a
// segment and element, 16 MiB a set.
func DefaultLimits() Limits {
	return Limits{
		File: 1 << 30, Segment: 64 << 10, Element: 64 << 10, Elements: 256,
		Set: 16 << 20, Sets: 1 << 20, Interchanges: 10_000, Nesting: 32, Findings: 100,
	}
}

// Filled returns l with every zero field set to its default.
func (l Limits) Filled() Limits {
	d := DefaultLimits()
	if l.File <= 0 {
		l.File = d.File
	}
	if l.Segment <= 0 {
		l.Segment = d.Segment
	}
	if l.Element <= 0 {
		l.Element = d.Element
	}
	if l.Elements <= 0 {
		l.Elements = d.Elements
	}
	if l.Set <= 0 {
		l.Set = d.Set
	}
	if l.Sets <= 0 {
		l.Sets = d.Sets
	}
	if l.Interchanges <= 0 {
		l.Interchanges = d.Interchanges
	}
	if l.Nesting <= 0 {
		l.Nesting = d.Nesting
	}
	if l.Findings <= 0 {
		l.Findings = d.Findings
	}
	return l
}

// FileFindings is how many findings about its envelopes are kept of a file. Beyond them one of
// each interchange is: a file may hold thousands, with faults in every group.
const FileFindings = 10_000

// Keep adds a finding where fewer than most are kept, or none is. Beyond that it keeps the
// first that refuses, in place of one that does not.
func Keep(kept []Finding, f Finding, most int) []Finding {
	if len(kept) == 0 || len(kept) < most {
		return append(kept, f)
	}
	if f.Severity == Reject && !slices.ContainsFunc(kept, func(k Finding) bool { return k.Severity == Reject }) {
		kept[len(kept)-1] = f
	}
	return kept
}
