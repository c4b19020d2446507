// Package brand keeps the logo of a company: one small picture, shown on its page, to the
// companies it works with, and on flyers and landing pages that it is a part of.
//
// A picture is drawn anew before it is kept: what it carried besides its pixels (places,
// names, scripts, another file behind its end) is gone. Vector files are refused, since
// they are programs.
package brand

import "time"

// Logo is the picture of a company. Hash changes with it, so that an address that names
// it may be kept by a browser.
type Logo struct {
	Org           string
	Hash          string
	Width, Height int
	Changed       time.Time
}

// Bounds of what may be brought, and of what is kept.
const (
	MostBytes  = 2 << 20   // of a file
	mostSide   = 4000      // pixels
	mostPixels = 4_000_000 // in all: what a picture unpacks to
	mostScans  = 64        // of a JPEG; cameras and programs write a dozen
	leastSide  = 24
	mostRatio  = 10 // of the longer side to the shorter
	keptWidth  = 640
	keptHeight = 240
	keptBytes  = 1 << 20
)
