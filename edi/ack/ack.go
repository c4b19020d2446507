// Package ack turns verdicts into functional acknowledgements and reads those of
// others. A 997 is built from small values that can be stored and loaded again
// (Group, Set), never from the message itself.
package ack

import (
	"errors"

	"entente/edi/schema"
	"entente/edi/wire"
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
	// Unit names the document, for a 999.
	Unit schema.Unit `json:"unit,omitzero"`
}

// SetOf keeps of a judged set what an answer needs.
func SetOf(s *schema.Set) Set {
	return Set{Type: s.Type, Control: s.Control, Implementation: s.Implementation, Verdict: s.Verdict, Findings: s.Findings, Unit: s.Unit}
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

// Accepted counts the sets that were not rejected.
func (g Group) Accepted() int {
	n := 0
	for _, s := range g.Sets {
		if s.Verdict != wire.Rejected {
			n++
		}
	}
	return n
}

// Verdict is the answer for the whole group, as AK901 says it: Rejected when the
// group itself is refused or no set was accepted, Partly when some were not,
// AcceptedWithErrors when there is something to tell.
func (g Group) Verdict() wire.Verdict {
	v := wire.VerdictOf(g.Findings)
	if v == wire.Rejected || len(g.Sets) == 0 {
		return v
	}
	switch n := g.Accepted(); {
	case n == 0:
		return wire.Rejected
	case n < len(g.Sets):
		return wire.Partly
	}
	for _, s := range g.Sets {
		if s.Verdict == wire.AcceptedWithErrors {
			return wire.AcceptedWithErrors
		}
	}
	return v
}

// Numbers are the control numbers of an answer, taken by the caller from the
// counter of the pair. Each is 1 to 999999999.
type Numbers struct {
	Interchange int64
	Group       int64
}
