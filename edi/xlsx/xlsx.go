// Package xlsx reads and writes workbooks row by row.
//
// Reading holds one row and the texts that cells share, within a limit. What a file
// claims of its own size is not believed: every part is counted while it unfolds.
// Writing streams. No text ever becomes a formula in the program that opens the file.
package xlsx

import "strings"

// Limits of what is read.
const (
	MaxColumns = 256       // of a row
	MaxCell    = 32 << 10  // bytes of a cell
	MaxRows    = 1_048_576 // of a sheet, as in the format
)

// Kind says what a cell is.
type Kind uint8

// The kinds of cell.
const (
	Text   Kind = iota
	Number      // an exact decimal with a point
	Date        // 2006-01-02, or 2006-01-02T15:04:05 with a time of day
	Fault       // an error of a formula, such as #REF!
)

// Cell is one cell. An empty one is the zero value.
type Cell struct {
	Text string
	Kind Kind
}

// Row is one row. No counts from 1 and is the row as the person sees it.
type Row struct {
	No    int
	Cells []Cell
}

// Blank reports a row without a value.
func (r Row) Blank() bool {
	for _, c := range r.Cells {
		if c.Text != "" {
			return false
		}
	}
	return true
}

// Column is a column being written. Width is in characters.
type Column struct {
	Title string
	Width int
}

// Reader gives the rows of one sheet.
type Reader struct {
	Sheets []string // the visible ones
	Sheet  string   // the one read
	next   func() (Row, error)
	close  func() error
}

// Next is the next row that is not blank, io.EOF after the last. Its cells are valid
// until the next call. Codes: Invalid with the place, TooLarge.
func (r *Reader) Next() (Row, error) { return r.next() }

// Close frees what reading needed; the source stays the caller's.
func (r *Reader) Close() error { return r.close() }

// Formulas are the signs with which a spreadsheet begins a formula or a command.
const Formulas = "=+-@\t\r"

// Plain takes off what keeps a text from being a formula, and blanks around it.
func Plain(s string) string {
	s = strings.TrimSpace(strings.TrimLeft(s, "\ufeff"))
	if len(s) > 1 && s[0] == '\'' && strings.IndexByte(Formulas, s[1]) >= 0 {
		return strings.TrimSpace(s[1:])
	}
	return s
}
