package xlsx

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"entente/prm/fault"
)

// sheetParser streams the rows of one sheet.
type sheetParser struct {
	w    *workbook
	dec  *xml.Decoder
	no   int
	row  []Cell
	done bool
}

func (p *sheetParser) next() (Row, error) {
	for !p.done {
		tok, err := p.dec.RawToken()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF // the element sheetData has an end
			}
			return Row{}, broken(err)
		}
		switch t := tok.(type) {
		case xml.EndElement:
			p.done = t.Name.Local == "sheetData"
		case xml.StartElement:
			if t.Name.Local != "row" {
				continue
			}
			if err := p.read(t); err != nil {
				return Row{}, broken(err)
			}
			if row := (Row{p.no, p.row}); !row.Blank() {
				return row, nil
			}
		}
	}
	p.done = true
	return Row{}, io.EOF
}

// read fills row with the cells of a row element.
func (p *sheetParser) read(el xml.StartElement) error {
	p.no++
	if n, err := strconv.Atoi(attr(el, "r")); err == nil && n >= p.no {
		p.no = n
	}
	if p.no > MaxRows {
		return fault.New(fault.TooLarge, "sheet.rows", "Most", MaxRows)
	}
	p.row = p.row[:0]
	at := 0
	for {
		tok, err := p.dec.RawToken()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		switch t := tok.(type) {
		case xml.EndElement:
			if t.Name.Local == "row" {
				return nil
			}
		case xml.StartElement:
			if t.Name.Local != "c" {
				continue
			}
			if col, _, ok := reference(attr(t, "r")); ok {
				at = col
			}
			cell, err := p.cell(t)
			if err != nil {
				return err
			}
			if cell.Text != "" {
				if at >= MaxColumns {
					return fault.New(fault.Invalid, "sheet.columns", "Row", p.no, "Most", MaxColumns)
				}
				for len(p.row) < at {
					p.row = append(p.row, Cell{})
				}
				if at < len(p.row) {
					p.row[at] = cell // named twice: the later counts
				} else {
					p.row = append(p.row, cell)
				}
			}
			at++
		}
	}
}

// cell reads one c element.
func (p *sheetParser) cell(el xml.StartElement) (Cell, error) {
	kind := attr(el, "t")
	if kind == "inlineStr" {
		s, err := texts(p.dec, "c")
		return Cell{Text: strings.TrimSpace(s)}, err
	}
	value, in := []byte(nil), false
	for {
		tok, err := p.dec.RawToken()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return Cell{}, err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			in = t.Name.Local == "v"
		case xml.CharData:
			if in {
				if value = append(value, t...); len(value) > MaxCell {
					return Cell{}, fault.New(fault.Invalid, "sheet.cell_long", "Row", p.no, "Most", MaxCell)
				}
			}
		case xml.EndElement:
			in = false
			if t.Name.Local == "c" {
				return p.value(kind, attr(el, "s"), strings.TrimSpace(string(value)))
			}
		}
	}
}

func (p *sheetParser) value(kind, style, s string) (Cell, error) {
	switch {
	case s == "":
		return Cell{}, nil
	case kind == "s":
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n >= len(p.w.shared) {
			return Cell{}, fault.New(fault.Invalid, "sheet.broken_xlsx")
		}
		return Cell{Text: Plain(p.w.shared[n])}, nil
	case kind == "str":
		return Cell{Text: Plain(s)}, nil
	case kind == "e":
		return Cell{s, Fault}, nil
	case kind == "b":
		return Cell{Text: map[string]string{"1": "TRUE", "0": "FALSE"}[s]}, nil
	case kind == "d":
		if t, err := time.Parse("2006-01-02T15:04:05", strings.TrimSuffix(s, "Z")); err == nil {
			return moment(t), nil
		}
		return Cell{s, Date}, nil
	}
	if n, err := strconv.Atoi(style); err == nil && n >= 0 && n < len(p.w.dates) && p.w.dates[n] {
		if c, ok := p.w.date(s); ok {
			return c, nil
		}
	}
	if d, ok := digits(s); ok {
		return Cell{d, Number}, nil
	}
	return Cell{Text: s}, nil
}

// digits writes the number of a cell as an exact decimal. Spreadsheets keep binary
// fractions and show at most 15 digits of them: 0.1+0.2 is "0.3", as on the screen.
func digits(s string) (string, bool) {
	plain := strings.TrimPrefix(s, "-")
	if len(plain) <= 16 && strings.Trim(plain, "0123456789.") == "" && strings.Count(plain, ".") <= 1 && plain != "." && plain != "" {
		return s, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f > 1e30 || f < -1e30 || f != f {
		return "", false
	}
	m, e, _ := strings.Cut(strconv.FormatFloat(f, 'e', 14, 64), "e")
	sign := ""
	if m[0] == '-' {
		sign, m = "-", m[1:]
	}
	exp, _ := strconv.Atoi(e)
	all := m[:1] + m[2:]
	point := exp + 1
	switch {
	case point <= 0:
		all, point = strings.Repeat("0", 1-point)+all, 1
	case point > len(all):
		all += strings.Repeat("0", point-len(all))
	}
	whole, frac := all[:point], strings.TrimRight(all[point:], "0")
	if frac != "" {
		whole += "." + frac
	}
	if strings.Trim(whole, "0.") == "" {
		sign, whole = "", "0"
	}
	return sign + whole, true
}

// builtinDate knows the numbers of the date formats that a workbook need not spell
// out, those of the East Asian languages among them (ECMA-376 part 1, 18.8.30).
func builtinDate(id string) bool {
	n, err := strconv.Atoi(id)
	if err != nil {
		return false
	}
	return n >= 14 && n <= 17 || n == 22 || n >= 27 && n <= 36 || n >= 50 && n <= 58
}

// dateFormat reports whether a format code writes a year or a day, outside quotes,
// escapes and brackets.
func dateFormat(code string) bool {
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"':
			for i++; i < len(code) && code[i] != '"'; i++ {
			}
		case '\\', '_', '*':
			i++
		case '[':
			for i++; i < len(code) && code[i] != ']'; i++ {
			}
		case 'y', 'Y', 'd', 'D':
			return true
		case ';':
			return false
		}
	}
	return false
}

// date turns the days of a cell into a date. In the older count the 29 February
// 1900, which never was, is day 60.
func (w *workbook) date(s string) (Cell, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f >= 2_958_466 {
		return Cell{}, false
	}
	day := int(f)
	seconds := int((f-float64(day))*86400 + 0.5)
	from := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case w.epoch == 1904:
		from = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case day < 60:
		day++
	}
	return moment(from.AddDate(0, 0, day).Add(time.Duration(seconds) * time.Second)), true
}

func moment(t time.Time) Cell {
	if t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 {
		return Cell{t.Format(time.DateOnly), Date}
	}
	return Cell{t.Format("2006-01-02T15:04:05"), Date}
}
