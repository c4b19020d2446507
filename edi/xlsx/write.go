package xlsx

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Styles of the cells written, by their place in styles.xml.
const (
	styleText   = "1" // a text that a spreadsheet must not take for a formula when it is edited
	styleDate   = "2"
	styleTime   = "3"
	styleTitle  = "4"
	styleNumber = "5" // as many places as there are
	styleMoney  = "6" // two places
)

const xlsxStyles = `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/><numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm"/></numFmts>` +
	`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
	`<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="7"><xf/><xf quotePrefix="1"/><xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="165" applyNumberFormat="1"/><xf fontId="1" applyFont="1"/><xf numFmtId="0"/><xf numFmtId="4" applyNumberFormat="1"/></cellXfs></styleSheet>`

const xlsxHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// Writer streams a workbook: the sheet is written as the rows come, what names
// it at the end. A sheet that is full is followed by another.
type Writer struct {
	zip     *zip.Writer
	out     *bufio.Writer // of the sheet being written
	name    string
	columns []Column
	sheets  int
	row     int
}

// NewWriter begins a workbook with the titles. Name is that of the sheet.
func NewWriter(w io.Writer, name string, columns []Column) (*Writer, error) {
	x := &Writer{zip: zip.NewWriter(w), name: sheetName(name), columns: columns}
	return x, x.begin()
}

// sheetName keeps what the format allows: 31 characters, none of []:*?/\.
func sheetName(s string) string {
	s = strings.Trim(strings.NewReplacer("[", "(", "]", ")", ":", " ", "*", " ", "?", " ", "/", "-", `\`, "-").Replace(s), "' ")
	for utf8.RuneCountInString(s) > 28 {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	if s == "" {
		return "1"
	}
	return s
}

func (x *Writer) part(name string) (io.Writer, error) {
	return x.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
}

func (x *Writer) begin() error {
	x.sheets++
	x.row = 0
	part, err := x.part(fmt.Sprintf("xl/worksheets/sheet%d.xml", x.sheets))
	if err != nil {
		return err
	}
	x.out = bufio.NewWriter(part)
	x.put(xlsxHead, `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>`)
	for i, c := range x.columns {
		n := strconv.Itoa(i + 1)
		x.put(`<col min="`, n, `" max="`, n, `" width="`, strconv.Itoa(max(c.Width, 8)), `" customWidth="1"/>`)
	}
	x.put(`</cols><sheetData>`)
	titles := make([]Cell, len(x.columns))
	for i, c := range x.columns {
		titles[i] = Cell{Text: c.Title}
	}
	return x.write(titles, true)
}

func (x *Writer) put(parts ...string) {
	for _, p := range parts {
		_, _ = x.out.WriteString(p) // the buffer keeps the first error
	}
}

// Row writes a row; a sheet that is full is followed by another.
func (x *Writer) Row(cells ...Cell) error {
	if x.row == MaxRows {
		if err := x.end(); err != nil {
			return err
		}
		if err := x.begin(); err != nil {
			return err
		}
	}
	return x.write(cells, false)
}

func (x *Writer) write(cells []Cell, title bool) error {
	x.row++
	no := strconv.Itoa(x.row)
	x.put(`<row r="`, no, `">`)
	for i, c := range cells {
		if c.Text == "" {
			continue
		}
		at := letters(i) + no
		switch {
		case title:
			x.text(at, styleTitle, c.Text)
		case c.Kind == Number && exact(c.Text):
			style := styleNumber
			if _, frac, ok := strings.Cut(c.Text, "."); ok && len(frac) == 2 {
				style = styleMoney
			}
			x.put(`<c r="`, at, `" s="`, style, `"><v>`, c.Text, `</v></c>`)
		case c.Kind == Date:
			days, style, ok := serial(c.Text)
			if !ok {
				x.text(at, styleText, c.Text)
				continue
			}
			x.put(`<c r="`, at, `" s="`, style, `"><v>`, days, `</v></c>`)
		case strings.IndexByte(Formulas, c.Text[0]) >= 0:
			x.text(at, styleText, c.Text)
		default:
			x.text(at, "0", c.Text)
		}
	}
	_, err := x.out.WriteString(`</row>`)
	return err
}

func (x *Writer) text(at, style, s string) {
	x.put(`<c r="`, at, `" s="`, style, `" t="inlineStr"><is><t xml:space="preserve">`)
	_ = xml.EscapeText(x.out, []byte(s))
	x.put(`</t></is></c>`)
}

// exact reports a decimal that a spreadsheet keeps to the last digit.
func exact(s string) bool {
	d := strings.TrimPrefix(s, "-")
	return d != "" && len(d) <= 16 && strings.Trim(d, "0123456789.") == "" && strings.Count(d, ".") <= 1
}

// serial is a date as days since the end of 1899.
func serial(s string) (days, style string, ok bool) {
	style = styleDate
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		if t, err = time.Parse("2006-01-02T15:04:05", s); err != nil {
			return "", "", false
		}
		style = styleTime
	}
	seconds := t.Unix() - time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Unix()
	if t.Year() < 1901 {
		return "", "", false
	}
	if seconds%86400 == 0 {
		return strconv.FormatInt(seconds/86400, 10), style, true
	}
	return strconv.FormatFloat(float64(seconds)/86400, 'f', 10, 64), style, true
}

// letters is the name of a column counted from 0: A, Z, AA.
func letters(i int) string {
	s := ""
	for i++; i > 0; i = (i - 1) / 26 {
		s = string(rune('A'+(i-1)%26)) + s
	}
	return s
}

func (x *Writer) end() error {
	x.put(`</sheetData>`)
	if n := len(x.columns); n > 0 {
		x.put(`<autoFilter ref="A1:`, letters(n-1), strconv.Itoa(x.row), `"/>`)
	}
	x.put(`</worksheet>`)
	return x.out.Flush()
}

// Close ends the workbook and leaves the underlying writer open.
func (x *Writer) Close() error {
	if err := x.end(); err != nil {
		return err
	}
	var book, rels, types strings.Builder
	const main = "http://schemas.openxmlformats.org/"
	for i := 1; i <= x.sheets; i++ {
		name := x.name
		if i > 1 {
			name = x.name + " " + strconv.Itoa(i)
		}
		var quoted strings.Builder
		_ = xml.EscapeText(&quoted, []byte(name))
		fmt.Fprintf(&book, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, quoted.String(), i, i)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%sofficeDocument/2006/relationships/worksheet" Target="worksheets/sheet%d.xml"/>`, i, main, i)
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`, i)
	}
	for _, p := range []struct{ name, body string }{
		{"xl/workbook.xml", `<workbook xmlns="` + main + `spreadsheetml/2006/main" xmlns:r="` + main + `officeDocument/2006/relationships"><sheets>` + book.String() + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + main + `package/2006/relationships">` + rels.String() + `<Relationship Id="rId0" Type="` + main + `officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`},
		{"xl/styles.xml", xlsxStyles},
		{"_rels/.rels", `<Relationships xmlns="` + main + `package/2006/relationships"><Relationship Id="rId1" Type="` + main + `officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"[Content_Types].xml", `<Types xmlns="` + main + `package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>` + types.String() + `</Types>`},
	} {
		part, err := x.part(p.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(part, xlsxHead+p.body); err != nil {
			return err
		}
	}
	return x.zip.Close()
}
