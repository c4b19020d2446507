package flat

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"entente/edi/doc"
	"entente/edi/markup"
	"entente/edi/wire"
	"entente/edi/xlsx"
	"entente/prm/fault"
)

// KeyWidth is the key of a text that is longer than a cell.
const KeyWidth = "width"

// ReadBook is Read of the first visible sheet of an XLSX. Numbers and dates are what
// their cells say, whatever the style.
func ReadBook(r io.Reader, lim markup.Limits, style Style) ([]Item, error) {
	raw, err := io.ReadAll(io.LimitReader(r, lim.Bytes+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(raw)) > lim.Bytes:
		return nil, &wire.Error{Kind: wire.ErrTooLarge, Key: "limit.file"}
	}
	in, err := xlsx.Open(bytes.NewReader(raw), int64(len(raw)), "")
	if err != nil {
		return nil, brokenBook(err)
	}
	defer in.Close()
	return table(func() ([]string, wire.Position, error) {
		row, err := in.Next()
		if err != nil {
			return nil, wire.Position{}, brokenBook(err)
		}
		rec := make([]string, len(row.Cells))
		for i, c := range row.Cells {
			rec[i] = c.Text
			switch {
			case c.Kind == xlsx.Date && len(c.Text) > 10:
				rec[i] = c.Text[:10]
			case c.Kind == xlsx.Number && style.Decimal == ',':
				rec[i] = strings.Replace(c.Text, ".", ",", 1)
			}
		}
		return rec, wire.Position{FileSegment: row.No}, nil
	}, lim, style, true)
}

func brokenBook(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return err
	case fault.CodeOf(err) == fault.TooLarge:
		return &wire.Error{Kind: wire.ErrTooLarge, Key: "limit.file"}
	}
	return &wire.Error{Kind: wire.ErrMalformed, Key: "xlsx.broken"}
}

// WriteBook writes a document as a workbook of one sheet, its heads in the first row.
func WriteBook(w io.Writer, d Document, style Style) ([]doc.Problem, error) {
	rows, order, typed := rowsOf(d, &style, true)
	if rows == nil {
		return []doc.Problem{{Key: KeyNoCSV}}, nil
	}
	var bad []doc.Problem
	columns := make([]xlsx.Column, len(order))
	for i, name := range order {
		columns[i] = xlsx.Column{Title: name, Width: 14}
		if their, ok := style.Columns[name]; ok {
			columns[i].Title = their
		}
		for _, row := range rows {
			if len(row[name]) > xlsx.MaxCell {
				bad = append(bad, doc.Problem{Path: name, Key: KeyWidth, Value: short(row[name])})
			}
		}
	}
	if len(bad) > 0 {
		return bad, nil
	}
	out, err := xlsx.NewWriter(w, rows[0]["document"], columns)
	if err != nil {
		return nil, err
	}
	cells := make([]xlsx.Cell, len(order))
	for _, row := range rows {
		for i, name := range order {
			cells[i] = xlsx.Cell{Text: row[name], Kind: typed(name)}
		}
		if err := out.Row(cells...); err != nil {
			return nil, err
		}
	}
	return nil, out.Close()
}
