// Package schema knows what transaction sets are made of and judges them. Sets,
// segments, elements and codes are terse data of our own; at first use they are
// compiled into flat tables. Read streams interchanges past a Visitor, one
// transaction set in memory at a time.
//
// Judging never changes what was read. Everything it says is a wire.Finding:
// keys and codes, no words.
package schema

import (
	"slices"

	"entente/edi/edifact"
	"entente/edi/wire"
	"entente/edi/x12"
)

// Options steers Read. The zero value is the safe default.
type Options struct {
	Limits wire.Limits
	// SkipSets passes over the first n sets of the file without judging them
	// or calling Visitor.Set: how a reader resumes after set n. Groups and
	// interchanges are announced all the same.
	SkipSets int
	// Sets names the set types (ST01, 0065) to be taken, all that we know when
	// empty. Others are refused as not supported, and so are X12 groups of
	// which none is taken.
	Sets []string
	// Tolerance is what a partner treats otherwise than the standard.
	Tolerance []Tolerance
	// Also, when set, judges a set further, by a partner's guide: its findings
	// join those of the standard before the verdict is formed. It is not called
	// for a set that is not supported.
	Also func(*Set) []wire.Finding
	// Own are dictionaries of the caller's own, each in place of ours for its
	// set and edition.
	Own []*Dictionary
}

// takes says whether a set type is to be taken.
func (o *Options) takes(setType string) bool {
	return len(o.Sets) == 0 || slices.Contains(o.Sets, setType)
}

// Interchange is one interchange as the Visitor sees it. The pointer is valid
// for the call only; the value may be copied and kept.
type Interchange struct {
	// Index counts interchanges in the file from 0.
	Index int `json:"index"`
	// Syntax is empty for X12, or SyntaxEDIFACT. Of an EDIFACT interchange UNB
	// is its header, and Header holds of it what X12 has too: the reference as
	// Control, "UNOC:3" as Version, the test indicator as Usage T or P.
	Syntax string          `json:"syntax,omitempty"`
	UNB    *edifact.Header `json:"unb,omitempty"`
	Header x12.Header      `json:"header"`
	Offset int64           `json:"offset"`
	// The rest is complete at Visitor.InterchangeEnd.
	Length   int64          `json:"length"`
	Groups   int            `json:"group_count"`
	Sets     int            `json:"set_count"`
	TA1s     int            `json:"ta1_count,omitempty"`    // acknowledgements of interchanges outside groups
	Notices  int            `json:"notice_count,omitempty"` // what a network says of interchanges: TA3
	Answers  []TA1          `json:"ta1,omitempty"`          // the first of them, as many as findings are kept
	Findings []wire.Finding `json:"findings,omitempty"`
	// Verdict is Rejected when the interchange's own envelope is wrong or no
	// set was accepted, Partly when some sets were refused.
	Verdict    wire.Verdict   `json:"verdict"`
	Delimiters x12.Delimiters `json:"-"`
}

// TA1 is an acknowledgement of one interchange of ours, as written.
type TA1 struct {
	Control string `json:"control"` // TA101, our ISA13
	Date    string `json:"date,omitempty"`
	Time    string `json:"time,omitempty"`
	Status  string `json:"status"` // TA104
	Code    string `json:"code"`   // TA105
	Offset  int64  `json:"offset"`
}

// Group is one functional group as the Visitor sees it. The pointer is valid for
// the call only; the value may be copied and kept.
type Group struct {
	// Index counts groups in the file from 0, Interchange is the index of the
	// interchange.
	Index       int       `json:"index"`
	Interchange int       `json:"interchange"`
	Header      x12.Group `json:"header"`
	// Implicit says that EDIFACT messages stand outside any UNG: there is no
	// group on the wire, and its Header is empty.
	Implicit bool  `json:"implicit,omitempty"`
	Offset   int64 `json:"offset"`
	// The rest is complete at Visitor.GroupEnd. Stated is GE01 (or what was
	// received when GE is missing), Received counts ST; Accepted counts those
	// not rejected, sets skipped by Options.SkipSets not among them.
	Stated   int            `json:"stated"`
	Received int            `json:"received"`
	Accepted int            `json:"accepted"`
	Findings []wire.Finding `json:"findings,omitempty"`
	// Verdict as AK901: Accepted, AcceptedWithErrors, Partly or Rejected.
	Verdict wire.Verdict `json:"verdict"`
}

// Set is one transaction set with its verdict. The pointer and its Segments are
// valid for the call only; Findings may be kept.
type Set struct {
	// Index counts sets in the file from 0; Group and Interchange are indexes
	// too. InGroup counts sets in their group from 0.
	Index       int    `json:"index"`
	Group       int    `json:"group"`
	Interchange int    `json:"interchange"`
	InGroup     int    `json:"in_group"`
	Type        string `json:"type"`    // ST01, "850"
	Control     string `json:"control"` // ST02 as written
	// Implementation is ST03, mostly empty.
	Implementation string `json:"implementation,omitempty"`
	// Version is GS08, Release the dictionary judged by ("004010").
	Version string `json:"version"`
	Release string `json:"release,omitempty"`
	// Offset and Length are the bytes from ST to the terminator of SE.
	Offset int64 `json:"offset"`
	Length int64 `json:"length"`
	// SegmentCount is what was found, ST and SE included.
	SegmentCount int `json:"segment_count"`
	// Findings in the order of the file; Dropped counts those beyond the limit.
	Findings []wire.Finding `json:"findings,omitempty"`
	Dropped  int            `json:"dropped,omitempty"`
	Verdict  wire.Verdict   `json:"verdict"`
	// Unit names the document in a set of X12 that is not plainly accepted: where
	// its number stands and what it is, "BEG03" and "4500187519"; empty when there
	// is none.
	Unit Unit `json:"-"`
	// Message says what an EDIFACT message is; nil for X12. Type is then 0065,
	// Control 0062, Version "D:96A:UN:EAN008", and Release "D96A".
	Message *edifact.MessageID `json:"message,omitempty"`
	// Un are all segments of an EDIFACT message from UNH to UNT, a copy of its
	// own; Segments are empty then.
	Un []edifact.Segment `json:"-"`
	// Segments are all segments from ST to SE, a copy of this set's own.
	Segments   []x12.Segment  `json:"-"`
	Delimiters x12.Delimiters `json:"-"`

	rel *release // what it was judged by
	dir *directory
}

// Unit is the business document that a set is about.
type Unit struct {
	Place string `json:"place,omitempty"`
	Value string `json:"value,omitempty"`
}

// Visitor is told what Read finds, in the order of the file. An error ends Read,
// which returns it unchanged.
type Visitor interface {
	Interchange(*Interchange) error
	Group(*Group) error
	Set(*Set) error
	GroupEnd(*Group) error
	InterchangeEnd(*Interchange) error
}
