// Package event pulls a file apart into events: where interchanges, groups, sets and
// loops begin and end, the segments in them, and the elements, composites, components
// and repetitions of these, each with its place. It reads X12 and EDIFACT, also in
// one file, as a stream: memory does not grow with the file, and once its buffers have
// grown nothing is allocated for an element.
//
// Begins and ends always pair. What a file leaves open at its end, or where an error
// stops reading, is ended before Next returns false.
package event

import (
	"entente/edi/wire"
)

// Kind says what an event is.
type Kind uint8

// The kinds of events. Segment, Element, Composite, Component and Repetition have no
// end of their own: the next event ends them.
const (
	// InterchangeBegin comes before ISA or UNB, InterchangeEnd after IEA or UNZ.
	InterchangeBegin Kind = iota + 1
	InterchangeEnd
	// GroupBegin comes before GS or UNG, GroupEnd after GE or UNE.
	GroupBegin
	GroupEnd
	// SetBegin comes before ST or UNH, SetEnd after SE or UNT.
	SetBegin
	SetEnd
	// LoopBegin comes before the segment that opens a loop. Loops are told of sets
	// that edi/schema knows.
	LoopBegin
	LoopEnd
	// Segment comes before the elements of a segment, of the envelope too.
	Segment
	// Element is an element without components, empty ones between others too.
	Element
	// Composite is an element with components, which follow.
	Composite
	// Component is a component of the composite before.
	Component
	// Repetition comes before each occurrence of an element that repeats.
	Repetition
	// Object is a part of the object in a package (UNO, UNP), any bytes, as its Value.
	Object
)

var kindNames = [...]string{
	InterchangeBegin: "interchange", InterchangeEnd: "interchange end", GroupBegin: "group", GroupEnd: "group end", SetBegin: "set", SetEnd: "set end",
	LoopBegin: "loop", LoopEnd: "loop end", Segment: "segment", Element: "element", Composite: "composite", Component: "component", Repetition: "repetition", Object: "object",
}

// String is the name of a kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "unknown"
}

// Event is one step through a file. Value and Raw are borrowed until the next one.
type Event struct {
	Kind Kind
	// Role is the part that the present segment plays in the envelope.
	Role wire.Kind
	// Name is the standard of an interchange ("X12" or "EDIFACT"), the functional id
	// of a group ("PO"), the type of a set ("850", "ORDERS"), the name of a loop ("N1",
	// "SG2") or the tag of a segment; for elements that of their segment.
	Name string
	// Pos is the place, also of the segment for its elements. Its Offset is that of
	// the event itself; at an end, of what follows.
	Pos wire.Position
	// Value is the text of an element or component: of EDIFACT in UTF-8 and without
	// release characters, of X12 the bytes of the file, whose encoding is by agreement.
	Value []byte
	// Raw are the bytes in the file of a segment (without its terminator), element,
	// composite, component or repetition; breaks of a wrapped file are taken out.
	Raw []byte
}

// Options steers a Reader. The zero value is the safe default.
type Options struct {
	Limits wire.Limits
	// NoLoops leaves out the events of loops, and the work to find them.
	NoLoops bool
}
