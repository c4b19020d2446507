package sheet

import (
	"bufio"
	"io"
	"strings"

	"entente/edi/xlsx"
)

// Column is a column being written. Width is in characters.
type Column = xlsx.Column

// Writer writes one table: the titles first, then rows. A Text cell is text in the
// program that opens it, whatever it begins with; Number and Date cells are what
// they say. Close ends the table and leaves the underlying writer open.
type Writer interface {
	Row(cells ...Cell) error
	Close() error
}

// NewWriter begins a table in the format. Name is the title of the sheet.
func NewWriter(w io.Writer, f Format, name string, columns []Column) (Writer, error) {
	if f == XLSX {
		return xlsx.NewWriter(w, name, columns)
	}
	return newCSV(w, columns)
}

// Type is the media type of the format.
func (f Format) Type() string {
	if f == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// csvWriter writes UTF-8 with its mark, which every spreadsheet understands, commas
// and CRLF (RFC 4180).
type csvWriter struct{ out *bufio.Writer }

func newCSV(w io.Writer, columns []Column) (Writer, error) {
	c := &csvWriter{bufio.NewWriter(w)}
	if _, err := c.out.WriteString("\ufeff"); err != nil {
		return nil, err
	}
	titles := make([]Cell, len(columns))
	for i, col := range columns {
		titles[i] = Cell{Text: col.Title}
	}
	return c, c.Row(titles...)
}

func (c *csvWriter) Row(cells ...Cell) error {
	for i, cell := range cells {
		if i > 0 {
			_ = c.out.WriteByte(',')
		}
		s := cell.Text
		if cell.Kind == Text || cell.Kind == Fault {
			s = safe(s)
		}
		if strings.ContainsAny(s, ",;\"\r\n\t") || strings.HasPrefix(s, " ") || strings.HasSuffix(s, " ") {
			s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
		}
		_, _ = c.out.WriteString(s)
	}
	_, err := c.out.WriteString("\r\n") // the buffer keeps the first error
	return err
}

func (c *csvWriter) Close() error { return c.out.Flush() }

// safe keeps a text from being taken for a formula; plain undoes it.
func safe(s string) string {
	if s != "" && strings.IndexByte(xlsx.Formulas, s[0]) >= 0 {
		return "'" + s
	}
	return s
}
