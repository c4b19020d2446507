package schema

import (
	"io"

	"entente/edi/wire"
)

// Explained is a set taken apart for people: keys of texts, values and codes, no
// words. Keys are entries of the portal's locale files.
type Explained struct {
	Type     string             `json:"type"`
	NameKey  string             `json:"name_key"` // "edi.set.850"
	Control  string             `json:"control"`
	Version  string             `json:"version"`
	Verdict  wire.Verdict       `json:"verdict"`
	Segments []ExplainedSegment `json:"segments"`
	// Findings are those of the set itself; the others hang on segments.
	Findings []wire.Finding `json:"findings,omitempty"`
}

// ExplainedSegment is one segment.
type ExplainedSegment struct {
	ID string `json:"id"`
	// N is the number in the set, ST = 1; FileSegment counts from the start.
	N           int                `json:"n"`
	FileSegment int                `json:"file_segment"`
	Offset      int64              `json:"offset"`
	NameKey     string             `json:"name_key"` // "edi.seg.BEG"
	Loop        string             `json:"loop,omitempty"`
	Raw         string             `json:"raw"` // as written, without terminator
	Elements    []ExplainedElement `json:"elements"`
	Findings    []wire.Finding     `json:"findings,omitempty"`
}

// ExplainedElement is one element with a value.
type ExplainedElement struct {
	// Place is the usual name, "BEG03"; N the position, Ref the reference
	// number in the dictionary ("324"), empty when unknown.
	Place     string `json:"place"`
	N         int    `json:"n"`
	Component int    `json:"component,omitempty"`
	Repeat    int    `json:"repeat,omitempty"`
	Ref       string `json:"ref,omitempty"`
	NameKey   string `json:"name_key,omitempty"` // "edi.el.324"
	Type      string `json:"type,omitempty"`     // AN, ID, N0…N9, R, DT, TM
	Value     string `json:"value"`
	// MeaningKey is set for a coded value whose meaning we know:
	// "edi.code.353.00".
	MeaningKey string `json:"meaning_key,omitempty"`
	// Decoded is the value in plain form where it differs or has a type: a
	// civil date "2026-11-24", a time "09:12", a number with its decimals.
	Decoded     string `json:"decoded,omitempty"`
	DecodedKind string `json:"decoded_kind,omitempty"` // date, time, number
	// Bad says that a finding is pinned to this element.
	Bad bool `json:"bad,omitempty"`
}

// ExplainSet takes a judged set apart.
func ExplainSet(set *Set) Explained { return Explained{} }

// Explain reads a file and hands every set, taken apart, to fn. Errors are those
// of Read and of fn.
func Explain(r io.Reader, opt Options, fn func(*Interchange, *Group, Explained) error) error {
	return nil
}
