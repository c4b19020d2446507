// Package flat reads and writes business documents as CSV and XLSX: one row for each line (of an
// answer, for each answer of a line), the head of the document repeated on every row, as
// spreadsheets and the imports of many ERP systems have it. Rows of one document are
// those that follow each other with the same kind and number.
package flat

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"entente/edi/doc"
	"entente/edi/markup"
	"entente/edi/wire"
)

// Document is what a file holds: *doc.PurchaseOrder, *doc.OrderAck, *doc.ShipNotice or
// *doc.Invoice.
type Document interface{ Validate() []doc.Problem }

// Style is how a partner writes CSV. The zero value is comma and point, our names.
type Style struct {
	Comma   rune // 0 is a comma when writing, and found out from the first line when reading
	Decimal rune // '.' or ','; 0 is '.'
	// Columns are the partner's names of columns by ours; a column that is not named
	// keeps its name.
	Columns map[string]string
	// Kind is the kind of all rows of a file that has no column "document": "850".
	Kind string
}

// Item is one document of a file, as of the other formats; paths are "row 3, quantity".
type Item struct {
	Document Document
	Problems []doc.Problem
	Left     []doc.Problem
}

// KeyNoCSV: there is no CSV for this kind of document.
const KeyNoCSV = "no_csv"

// cells is a row that is read or written, column by column.
type cells struct {
	read  bool
	row   map[string]string
	n     int      // number of the row in the file, from 1
	order []string // of columns, when writing
	style *Style
	item  *Item
	book  bool // typed cells: a text is no formula there, a number has a point
	// numbers and days are the columns of such, when writing.
	numbers, days map[string]bool
}

func (c *cells) text(name string, v *string) {
	if !c.read {
		if _, ok := c.row[name]; !ok {
			c.order = append(c.order, name)
		}
		c.row[name] = *v
		if !c.book {
			c.row[name] = guard(*v)
		}
		return
	}
	if t, ok := c.row[name]; ok {
		delete(c.row, name)
		if t = strings.TrimSpace(t); !c.book {
			t = bare(t)
		}
		if t != "" {
			*v = t
		}
	}
}

func (c *cells) number(name string, v *doc.Decimal) {
	if !c.read {
		t := string(*v)
		if c.style.Decimal == ',' && !c.book {
			t = strings.Replace(t, ".", ",", 1)
		}
		c.text(name, new(string))
		c.row[name] = t
		c.numbers[name] = true
		return
	}
	var t string
	c.text(name, &t)
	if t == "" {
		return
	}
	plain := t
	if c.style.Decimal == ',' {
		plain = strings.Replace(strings.ReplaceAll(plain, ".", ""), ",", ".", 1)
	}
	d, err := doc.ParseDecimal(strings.ReplaceAll(plain, " ", ""))
	if err != nil {
		c.problem(name, doc.KeyNumber, t)
		return
	}
	*v = d
}

func (c *cells) date(name string, v *string) {
	if !c.read {
		c.text(name, v)
		c.days[name] = true
		return
	}
	var t string
	c.text(name, &t)
	if t == "" {
		return
	}
	for _, layout := range []string{"2006-01-02", "20060102", "2006/01/02"} {
		if day, err := time.Parse(layout, t); err == nil {
			*v = day.Format("2006-01-02")
			return
		}
	}
	c.problem(name, doc.KeyDate, t)
}

func (c *cells) problem(name, key, value string) {
	c.item.Problems = append(c.item.Problems, doc.Problem{Path: fmt.Sprintf("row %d, %s", c.n, name), Key: key, Value: value})
}

const formula = "=+-@\t\r"

// guard keeps a spreadsheet from taking a text as a formula.
func guard(s string) string {
	if s != "" && (strings.ContainsRune(formula, rune(s[0])) || len(s) > 1 && s[0] == '\'' && strings.ContainsRune(formula+"'", rune(s[1]))) {
		return "'" + s
	}
	return s
}

// bare takes guard's mark off again.
func bare(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.ContainsRune(formula+"'", rune(s[1])) {
		return s[1:]
	}
	return strings.TrimSpace(s)
}

// Read reads the documents of a file. Bytes are UTF-8, with a byte order mark or not, or
// else Windows-1252. A row that is wrong is a problem of its document; the others stay.
func Read(r io.Reader, lim markup.Limits, style Style) ([]Item, error) {
	raw, err := io.ReadAll(io.LimitReader(r, lim.Bytes+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(raw)) > lim.Bytes:
		return nil, &wire.Error{Kind: wire.ErrTooLarge, Key: "limit.file"}
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, &wire.Error{Kind: wire.ErrNotEDI, Key: "empty"}
	}
	if bytes.IndexByte(raw, 0) >= 0 {
		return nil, &wire.Error{Kind: wire.ErrNotEDI, Key: "csv.binary"}
	}
	if !utf8.Valid(raw) {
		if raw, err = charmap.Windows1252.NewDecoder().Bytes(raw); err != nil {
			return nil, err
		}
	}
	in := csv.NewReader(bytes.NewReader(raw))
	in.Comma = style.Comma
	if in.Comma == 0 {
		in.Comma = commaOf(raw)
	}
	in.FieldsPerRecord = -1
	n := 0
	return table(func() ([]string, wire.Position, error) {
		n++
		rec, err := in.Read()
		if err != nil && !errors.Is(err, io.EOF) {
			err = broken(err)
		}
		return rec, wire.Position{FileSegment: n, Offset: in.InputOffset()}, err
	}, lim, style, false)
}

// table reads the documents of a table: rows with their place, titles first.
func table(next func() ([]string, wire.Position, error), lim markup.Limits, style Style, book bool) ([]Item, error) {
	head, _, err := next()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = &wire.Error{Kind: wire.ErrNotEDI, Key: "empty"}
		}
		return nil, err
	}
	names, err := columns(head, &style)
	if err != nil {
		return nil, err
	}
	var out []Item
	last := ""
	for rows := 1; ; rows++ {
		rec, at, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if rows > lim.Elements {
			return nil, &wire.Error{Kind: wire.ErrTooLarge, Key: "limit.elements"}
		}
		n := at.FileSegment
		row := map[string]string{}
		for i, v := range rec {
			if len(v) > lim.Text {
				return nil, &wire.Error{Kind: wire.ErrTooLarge, Key: "limit.element", Pos: wire.Position{FileSegment: n}}
			}
			if strings.TrimSpace(v) != "" {
				if i >= len(names) {
					return nil, &wire.Error{Kind: wire.ErrMalformed, Key: "csv.cells", Pos: at, Value: short(v)}
				}
				row[names[i]] = v
			}
		}
		if len(row) == 0 {
			continue
		}
		kind := strings.TrimSpace(row["document"])
		if kind == "" {
			kind = style.Kind
		}
		delete(row, "document")
		key := kind + "\x00" + row["number"] + "\x00" + row["order_number"]
		if kind == "856" {
			key = kind + "\x00" + row["number"]
		}
		if key != last || len(out) == 0 {
			d := blank(kind)
			if d == nil {
				return nil, &wire.Error{Kind: wire.ErrNotRead, Key: "csv.kind", Pos: at, Value: short(kind)}
			}
			out = append(out, Item{Document: d})
			last = key
		}
		it := &out[len(out)-1]
		c := &cells{read: true, row: row, n: n, style: &style, item: it, book: book}
		c.document(it.Document)
		for _, name := range names {
			if v, ok := row[name]; ok {
				it.Left = append(it.Left, doc.Problem{Path: fmt.Sprintf("row %d, %s", n, name), Key: "not_carried", Value: v})
			}
		}
	}
	if len(out) == 0 {
		return nil, &wire.Error{Kind: wire.ErrNotEDI, Key: "csv.rows"}
	}
	for i := range out {
		finish(out[i].Document)
	}
	return out, nil
}

// short cuts a value that is told.
func short(v string) string {
	if len(v) > wire.MaxValue {
		v = strings.ToValidUTF8(v[:wire.MaxValue], "")
	}
	return v
}

func broken(err error) error {
	at := wire.Position{}
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		at.FileSegment = p.Line
	}
	return &wire.Error{Kind: wire.ErrMalformed, Key: "csv.syntax", Pos: at, Value: err.Error()}
}

// commaOf finds the separator: of comma, semicolon, tab and bar the one that is most in
// the first line.
func commaOf(raw []byte) rune {
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	best, most := ',', 0
	for _, c := range ",;\t|" {
		if n := bytes.Count(line, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

// columns gives our name of each column of a file.
func columns(head []string, style *Style) ([]string, error) {
	ours := map[string]string{}
	for our, their := range style.Columns {
		ours[strings.ToLower(strings.TrimSpace(their))] = our
	}
	seen := map[string]bool{}
	out := make([]string, len(head))
	for i, h := range head {
		name := strings.ToLower(strings.TrimSpace(bare(h)))
		if our, ok := ours[name]; ok {
			name = our
		}
		if seen[name] && name != "" {
			return nil, &wire.Error{Kind: wire.ErrMalformed, Key: "csv.twice", Value: short(h)}
		}
		seen[name] = true
		out[i] = name
	}
	return out, nil
}

// Write writes a document with its heads.
func Write(w io.Writer, d Document, style Style) ([]doc.Problem, error) {
	rows, order, _ := rowsOf(d, &style, false)
	if rows == nil {
		return []doc.Problem{{Key: KeyNoCSV}}, nil
	}
	out := csv.NewWriter(w)
	if style.Comma != 0 {
		out.Comma = style.Comma
	}
	rec := make([]string, len(order))
	for i, name := range order {
		rec[i] = name
		if their, ok := style.Columns[name]; ok {
			rec[i] = their
		}
	}
	if err := out.Write(rec); err != nil {
		return nil, err
	}
	for _, row := range rows {
		for i, name := range order {
			rec[i] = row[name]
		}
		if err := out.Write(rec); err != nil {
			return nil, err
		}
	}
	out.Flush()
	return nil, out.Error()
}
