package wire

import (
	"bytes"
	"io"
)

// Rest is a file from some place on: what the reader of one standard leaves where
// the other begins, in a file that holds both. A whole file is Rest{Src: r}.
type Rest struct {
	// Head are bytes that were read already; Src gives what follows them, nil for
	// nothing.
	Head []byte
	Src  io.Reader
	// Offset is where Head begins in the file. Segments, Sets, Interchanges and the
	// Findings kept count what was read before.
	Offset       int64
	Segments     int
	Sets         int
	Interchanges int
	Findings     int
}

// Reader gives the bytes of the rest.
func (r Rest) Reader() io.Reader {
	if r.Src == nil {
		return bytes.NewReader(r.Head)
	}
	if len(r.Head) == 0 {
		return r.Src
	}
	return io.MultiReader(bytes.NewReader(r.Head), r.Src)
}
