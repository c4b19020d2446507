// Package intake makes lines of an order out of rows of a table: cells pasted from
// a spreadsheet, a CSV or an XLSX, with titles in English or Chinese or without
// any, the columns in any order.
//
// It finds the columns (Guess), reads row by row (Read) and says of each row what
// cannot be read in it. What is sold, in which units and at what price it does not
// know; the caller asks the order desk.
package intake

import (
	"slices"
	"strconv"
	"strings"

	"entente/portal/sheet"
)

// Line is one row as a line of an order, everything as text: numbers with a point,
// dates as 2006-01-02, or as written where they cannot be read (Wrong says so).
type Line struct {
	Row      int // as the person sees it in their table, from 1
	Number   string
	Item     string
	Quantity string
	Unit     string // as written
	Price    string
	Date     string
	Wrong    []sheet.Wrong
	Total    bool     // a row that sums up the others
	Cells    []string // the whole row as it came
}

// Blank reports a row with nothing that a line is made of.
func (l Line) Blank() bool {
	return l.Item == "" && l.Quantity == ""
}

// Fields are the columns that a table of order lines may have.
func Fields() []sheet.Field { return fields }

// Clean leaves of a mapping the columns that become part of a line.
func Clean(m sheet.Mapping) sheet.Mapping {
	m = m.Sensible(fields)
	for i, c := range m.Columns {
		if strings.HasPrefix(c, decoy) {
			m.Columns[i] = ""
		}
	}
	return m
}

// Guess finds titles and columns in the first rows of a table: by the titles, and
// where they say nothing by what the columns hold. Known tells which values are
// numbers of items; nil knows none.
func Guess(rows []sheet.Row, known func([]string) []bool) sheet.Mapping {
	m := sheet.Guess(rows, fields)
	if m.Header > 0 && !titled(rows, m) {
		m = sheet.Mapping{}
	}
	if m.Header == 0 {
		m.Columns = nil
	}
	byContent(&m, rows, known)
	return Clean(m)
}

// titled reports whether the row taken for titles is one: it names an item or a
// quantity and holds no number.
func titled(rows []sheet.Row, m sheet.Mapping) bool {
	if m.Column(Item) < 0 && m.Column(Quantity) < 0 && m.Column(GTIN) < 0 {
		return false
	}
	for _, r := range rows {
		if r.No != m.Header {
			continue
		}
		for i, c := range r.Cells {
			if i < len(m.Columns) && m.Columns[i] != "" {
				continue
			}
			if _, ok := sheet.Decimal(c, ""); ok {
				return false
			}
		}
	}
	return true
}

// column is what the rows of one column hold.
type column struct {
	at                                    int
	filled, numbers, whole, dates, units  int
	fraction, letters, long, climbs, sold int
}

func look(rows []sheet.Row, header, at int) column {
	c := column{at: at}
	for _, r := range rows {
		if r.No <= header || at >= len(r.Cells) || r.Cells[at].Text == "" {
			continue
		}
		cell := r.Cells[at]
		c.filled++
		text := plainPrice(cell.Text)
		if n, _, ok := countedIn(text); ok {
			text = n
		}
		n, number := sheet.Decimal(sheet.Cell{Text: text, Kind: cell.Kind}, "")
		switch {
		case number && cell.Kind != sheet.Date:
			c.numbers++
			if strings.ContainsAny(n, ".") || strings.ContainsAny(text, ".") {
				c.fraction++
			} else {
				c.whole++
			}
			if n == strconv.Itoa(c.filled) {
				c.climbs++
			}
			if len(text) >= 8 {
				c.long++
			}
		case isDay(cell):
			c.dates++
		case isUnit(cell.Text):
			c.units++
		default:
			c.letters++
		}
	}
	return c
}

func isDay(c sheet.Cell) bool {
	_, ok := sheet.Day(c, "", "2026-01-01")
	return ok
}

// byContent fills the fields that have no column yet from the columns that have no
// field.
func byContent(m *sheet.Mapping, rows []sheet.Row, known func([]string) []bool) {
	width := len(m.Columns)
	for _, r := range rows {
		width = max(width, len(r.Cells))
	}
	for len(m.Columns) < width {
		m.Columns = append(m.Columns, "")
	}
	var free []column
	for i := range m.Columns {
		if m.Columns[i] == "" {
			if c := look(rows, m.Header, i); c.filled > 0 {
				free = append(free, c)
			}
		}
	}
	take := func(field string, fits func(column) int) {
		if m.Column(field) >= 0 {
			return
		}
		best, most := -1, 0
		for i, c := range free {
			if n := fits(c); n > most {
				best, most = i, n
			}
		}
		if best >= 0 {
			m.Columns[free[best].at] = field
			free = slices.Delete(free, best, best+1)
		}
	}
	titles := m.Header > 0
	if !titles {
		take(Unit, func(c column) int { return most(c.units, c.filled) })
		take(Date, func(c column) int { return most(c.dates, c.filled) })
	}
	if m.Column(Item) < 0 && m.Column(GTIN) < 0 {
		for i := range free {
			free[i].sold = countKnown(rows, m.Header, free[i].at, known)
		}
		take(Item, func(c column) int { return c.sold })
		take(Item, func(c column) int { return most(c.letters, c.filled) })
		take(Item, func(c column) int { return most(c.long, c.filled) })
	}
	if !titles && len(free) > 1 { // a column that only counts the rows
		free = slices.DeleteFunc(free, func(c column) bool {
			return c.filled > 1 && c.climbs == c.filled && countNumbers(free) > 1
		})
	}
	take(Quantity, func(c column) int { return most(c.whole, c.filled) })
	take(Quantity, func(c column) int { return most(c.numbers, c.filled) })
	if !titles {
		take(Item, func(c column) int { return c.filled })
		take(Price, func(c column) int { return most(c.numbers, c.filled) })
	}
}

// most is n where it is more than half of all.
func most(n, all int) int {
	if 2*n > all {
		return 1 // the first column that fits
	}
	return 0
}

func countNumbers(cs []column) (n int) {
	for _, c := range cs {
		if 2*c.numbers > c.filled {
			n++
		}
	}
	return n
}

// sampled is how many values of a column are looked up.
const sampled = 25

func countKnown(rows []sheet.Row, header, at int, known func([]string) []bool) (n int) {
	if known == nil {
		return 0
	}
	var values []string
	for _, r := range rows {
		if r.No > header && at < len(r.Cells) && r.Cells[at].Text != "" && len(r.Cells[at].Text) <= 60 && len(values) < sampled {
			values = append(values, r.Cells[at].Text)
		}
	}
	if len(values) == 0 {
		return 0
	}
	for _, ok := range known(values) {
		if ok {
			n++
		}
	}
	return n
}

// Read reads one row; ok is false for the titles and what stands above them. Today
// completes dates without a year.
func Read(m sheet.Mapping, row sheet.Row, today string) (l Line, ok bool) {
	if row.No <= m.Header || row.Blank() {
		return Line{}, false
	}
	l.Row = row.No
	l.Cells = make([]string, len(row.Cells))
	cells := make([]sheet.Cell, len(row.Cells))
	unit := ""
	for i, c := range row.Cells {
		l.Cells[i], cells[i] = c.Text, c
		l.Total = l.Total || isTotal(c.Text)
		if i >= len(m.Columns) || c.Kind != sheet.Text {
			continue
		}
		switch m.Columns[i] {
		case Price:
			cells[i].Text = plainPrice(c.Text)
		case Quantity:
			if n, u, ok := countedIn(c.Text); ok {
				cells[i].Text, unit = n, u
			}
		}
	}
	rec, read := m.Read(sheet.Row{No: row.No, Cells: cells}, fields, sheet.Repairs{}, today)
	if !read {
		return l, true
	}
	v := rec.Values
	l.Number, l.Item, l.Quantity, l.Unit, l.Price, l.Date, l.Wrong = v[Number], v[Item], v[Quantity], v[Unit], v[Price], v[Date], rec.Wrong
	if l.Item == "" {
		l.Item = v[GTIN]
	}
	if l.Unit == "" {
		l.Unit = unit
	}
	l.Total = l.Total && (l.Item == "" || isTotal(l.Item))
	if l.Total {
		return l, true
	}
	if l.Item == "" {
		l.Wrong = append(l.Wrong, sheet.Wrong{Field: Item, Key: "intake.no_item"})
	}
	if l.Quantity == "" {
		l.Wrong = append(l.Wrong, sheet.Wrong{Field: Quantity, Key: "intake.no_quantity"})
	}
	return l, true
}
