// Package sheet reads and writes tables as people keep them: CSV in any
// delimiter and encoding, XLSX, and cells pasted from a spreadsheet.
//
// Reading streams: a Reader holds one row, whatever the size of the file; of an
// XLSX also the texts that its cells share, within a limit. What a file claims of
// its own size is not believed: every part is counted while it unfolds. Columns
// are mapped to the fields of a Form (Guess, Mapping), values are read as their
// column writes numbers and dates, and what cannot be read is told per cell.
//
// Writing streams too. No text ever becomes a formula in the program that opens
// the file.
package sheet

import (
	"bytes"
	"errors"
	"io"

	"entente/edi/xlsx"
	"entente/prm/fault"
)

// Limits of what is read.
const (
	MaxColumns = xlsx.MaxColumns // of a row
	MaxCell    = xlsx.MaxCell    // bytes of a cell
	MaxRows    = xlsx.MaxRows    // of a sheet, as in the format
)

// Kind says what a cell is.
type Kind = xlsx.Kind

// The kinds of cell. All of a CSV is Text, read as its column is written.
const (
	Text   = xlsx.Text
	Number = xlsx.Number // an exact decimal with a point
	Date   = xlsx.Date   // 2006-01-02, or 2006-01-02T15:04:05 with a time of day
	Fault  = xlsx.Fault  // an error of a formula, such as #REF!
)

// Cell is one cell. An empty one is the zero value.
type Cell = xlsx.Cell

// Row is one row. No counts from 1 and is the row as the person sees it in their
// spreadsheet; in a CSV the record, blank lines included.
type Row = xlsx.Row

// Format is a kind of file.
type Format string

// The formats.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// Source says how a file was read, for the person to see and to correct.
type Source struct {
	Format    Format
	Charset   Charset  // of a CSV
	Delimiter byte     // of a CSV: , ; tab |
	Sheets    []string // of an XLSX, the visible ones
	Sheet     string   // the one read
}

// Options correct what was found out by itself; zero values do not.
type Options struct {
	Charset   Charset
	Delimiter byte
	Sheet     string
}

// Reader gives the rows of one table.
type Reader struct {
	Source
	next  func() (Row, error)
	close func() error
}

// Next is the next row, io.EOF after the last. Its cells are valid until the next
// call.
// Codes: Invalid with the place (sheet.quote_open, sheet.cell_long,
// sheet.columns, sheet.broken), TooLarge (sheet.bomb, sheet.rows).
func (r *Reader) Next() (Row, error) { return r.next() }

// Close frees what reading needed; the source stays the caller's.
func (r *Reader) Close() error {
	if r.close == nil {
		return nil
	}
	return r.close()
}

// Open finds out what the file is and makes ready to read it: an XLSX by its
// content whatever its name, everything else as CSV.
// Codes: Invalid (sheet.empty, sheet.old_excel for a workbook of the old binary
// form or one with a password, sheet.not_table, sheet.no_sheet), TooLarge.
func Open(src io.ReaderAt, size int64, o Options) (*Reader, error) {
	head := make([]byte, 512)
	n, err := src.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	head = head[:n]
	switch {
	case size == 0 || n == 0:
		return nil, fault.New(fault.Invalid, "sheet.empty")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		x, err := xlsx.Open(src, size, o.Sheet)
		if err != nil {
			return nil, err
		}
		return &Reader{Source{Format: XLSX, Sheets: x.Sheets, Sheet: x.Sheet}, x.Next, x.Close}, nil
	case bytes.HasPrefix(head, []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}):
		return nil, fault.New(fault.Invalid, "sheet.old_excel")
	case bytes.HasPrefix(head, []byte("%PDF-")), bytes.HasPrefix(head, []byte("\x89PNG")), bytes.HasPrefix(head, []byte{0xFF, 0xD8, 0xFF}):
		return nil, fault.New(fault.Invalid, "sheet.not_table")
	}
	return openCSV(src, size, o)
}

// OpenText reads cells pasted from a spreadsheet or typed: tab-separated, or any
// CSV.
func OpenText(s string) (*Reader, error) {
	b := []byte(s)
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, fault.New(fault.Invalid, "sheet.empty")
	}
	return openCSV(bytes.NewReader(b), int64(len(b)), Options{Charset: UTF8})
}
