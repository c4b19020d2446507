package x12

import (
	"io"

	"entente/edi/wire"
)

// Scan reads the envelopes of a file from its start to its end: for every
// interchange the header, its place, its counts and whether it is complete. It
// streams; memory does not grow with the file. Errors: *wire.Error of kind
// ErrNotEDI, ErrNotRead (ErrEDIFACT), ErrTruncated, ErrMalformed, ErrTooLarge;
// what was complete before the error is returned with it.
func Scan(r io.Reader, limits wire.Limits) ([]Envelope, error) {
	return nil, nil
}
