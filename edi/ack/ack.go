// Package ack turns verdicts into functional acknowledgements and reads those of
// others. A 997 is built from small values that can be stored and loaded again
// (Group, Set), never from the message itself.
package ack

import (
	"errors"
	"io"
	"time"

	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// ErrNoAnswer says that the group must not be acknowledged: it holds
// acknowledgements itself (GS01 FA).
var ErrNoAnswer = errors.New("an acknowledgement is never acknowledged")

// Group is what must be kept of a received group to answer it. It is stored as
// JSON and holds nothing of the content but bad values in findings.
type Group struct {
	FunctionalID string `json:"functional_id"` // GS01
	Sender       string `json:"sender"`        // GS02
	Receiver     string `json:"receiver"`      // GS03
	Control      string `json:"control"`       // GS06
	Version      string `json:"version"`       // GS08
	Stated       int    `json:"stated"`        // GE01
	Received     int    `json:"received"`
	Sets         []Set  `json:"sets"`
	// Findings are those at the level of the group.
	Findings []wire.Finding `json:"findings,omitempty"`
}

// Set is what must be kept of a received set to answer it.
type Set struct {
	Type           string         `json:"type"`
	Control        string         `json:"control"`
	Implementation string         `json:"implementation,omitempty"`
	Verdict        wire.Verdict   `json:"verdict"`
	Findings       []wire.Finding `json:"findings,omitempty"`
}

// SetOf keeps of a judged set what an answer needs.
func SetOf(s *schema.Set) Set {
	return Set{Type: s.Type, Control: s.Control, Implementation: s.Implementation, Verdict: s.Verdict, Findings: s.Findings}
}

// GroupOf keeps of a judged group what an answer needs; sets are given apart.
// Call it at Visitor.GroupEnd.
func GroupOf(g *schema.Group, sets []Set) Group {
	return Group{
		FunctionalID: g.Header.FunctionalID, Sender: g.Header.Sender, Receiver: g.Header.Receiver,
		Control: g.Header.Control, Version: g.Header.Version,
		Stated: g.Stated, Received: g.Received, Sets: sets, Findings: g.Findings,
	}
}

// Verdict is the answer for the whole group, as AK901 says it.
func (g Group) Verdict() wire.Verdict { return wire.Accepted }

// Numbers are the control numbers of an answer, taken by the caller from the
// counter of the pair. Each is 1 to 999999999.
type Numbers struct {
	Interchange int64
	Group       int64
}

// Write997 writes one interchange with one FA group that answers groups, one 997
// each, in the release of the groups (all must have the same GS08). in is the header
// of the interchange received; ids are swapped, usage is kept. Errors:
// ErrNoAnswer when a group is FA itself or none is left.
func Write997(w io.Writer, in x12.Header, groups []Group, n Numbers, at time.Time) error {
	return nil
}

// Received is an incoming 997: what the partner says about one group of ours.
type Received struct {
	FunctionalID string        `json:"functional_id"` // AK101
	Control      string        `json:"control"`       // AK102, our GS06
	Version      string        `json:"version,omitempty"`
	Status       string        `json:"status"` // AK901 as written
	Verdict      wire.Verdict  `json:"verdict"`
	Stated       int           `json:"stated"`
	Received     int           `json:"received"`
	Accepted     int           `json:"accepted"`
	Codes        []string      `json:"codes,omitempty"` // AK905…
	Sets         []ReceivedSet `json:"sets,omitempty"`
}

// ReceivedSet is what the partner says about one set of ours.
type ReceivedSet struct {
	Type     string            `json:"type"`    // AK201
	Control  string            `json:"control"` // AK202, our ST02
	Status   string            `json:"status"`  // AK501 as written
	Verdict  wire.Verdict      `json:"verdict"`
	Codes    []string          `json:"codes,omitempty"` // AK502…
	Segments []ReceivedSegment `json:"segments,omitempty"`
}

// ReceivedSegment is one AK3 with its AK4.
type ReceivedSegment struct {
	ID       string            `json:"id"`
	N        int               `json:"n"`
	Loop     string            `json:"loop,omitempty"`
	Code     string            `json:"code,omitempty"`
	Elements []ReceivedElement `json:"elements,omitempty"`
}

// ReceivedElement is one AK4.
type ReceivedElement struct {
	N         int    `json:"n"`
	Component int    `json:"component,omitempty"`
	Repeat    int    `json:"repeat,omitempty"`
	Ref       string `json:"ref,omitempty"`
	Code      string `json:"code"`
	Value     string `json:"value,omitempty"`
}

// Read takes an incoming, accepted 997 apart.
func Read(set *schema.Set) (Received, error) { return Received{}, nil }

// Answer judges a file and returns the acknowledgements it would be answered
// with, one interchange for each received one that has groups to answer. Control
// numbers come from the input (ISA13, first GS06), the time from at, so the same
// input gives the same bytes. The report is returned too.
func Answer(r io.Reader, opt schema.Options, at time.Time) ([]byte, *schema.Report, error) {
	return nil, &schema.Report{}, nil
}
