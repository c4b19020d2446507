package wire

import (
	"errors"
	"fmt"
)

// The kinds of failure that end reading. Test with errors.Is.
var (
	// ErrNotEDI: the input does not begin like an interchange.
	ErrNotEDI = errors.New("not EDI")
	// ErrNotRead: the input is EDI, but of a syntax this version does not read.
	ErrNotRead = errors.New("EDI of a syntax that is not read yet")
	// ErrTruncated: the input ends before the interchange does.
	ErrTruncated = errors.New("the file ends too early")
	// ErrMalformed: the envelope cannot be followed.
	ErrMalformed = errors.New("the envelope is malformed")
	// ErrTooLarge: a limit of Limits was reached.
	ErrTooLarge = errors.New("larger than allowed")
)

// Error ends reading. Key is the stable name of the rule, as in Finding, and the
// sentence for people is the text "edi.error." + Key.
type Error struct {
	// Kind is one of the Err values of this package.
	Kind error
	Key  string
	Pos  Position
	// Value is a copy of what stood there, cut at MaxValue bytes.
	Value string
}

// Error gives the plain English of a log line, not the text for people.
func (e *Error) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("edi: %s (%v) at byte %d", e.Key, e.Kind, e.Pos.Offset)
	}
	return fmt.Sprintf("edi: %s (%v) at byte %d: %q", e.Key, e.Kind, e.Pos.Offset, e.Value)
}

// Unwrap gives the kind, so that errors.Is works on it.
func (e *Error) Unwrap() error { return e.Kind }
