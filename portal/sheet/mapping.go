package sheet

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"entente/portal/form"
)

// Field is what a column may hold. Words are the titles people give it, in any
// language; the first of them is no better than the last.
type Field struct {
	Name     string
	Kind     Kind // Text, Number or Date
	Required bool
	Words    []string
}

// Mapping says which column holds which field and how it is written. It is kept
// per company and Shape, so that the second file of a kind needs no questions.
type Mapping struct {
	Header  int      `json:"header"`            // number of the row with the titles; 0: there is none
	Columns []string `json:"columns"`           // a field name per column, "" for one that is not read
	Decimal string   `json:"decimal,omitempty"` // "." or ","; "" goes by each number
	Order   string   `json:"order,omitempty"`   // of dates in digits: "dmy", "mdy"; "" goes by each date
}

// Column is the place of a field, −1 where it has none.
func (m Mapping) Column(field string) int { return slices.Index(m.Columns, field) }

// Missing lists the required fields without a column.
func (m Mapping) Missing(fields []Field) []string {
	var out []string
	for _, f := range fields {
		if f.Required && m.Column(f.Name) < 0 {
			out = append(out, f.Name)
		}
	}
	return out
}

// Sensible drops what does not fit the fields: unknown names, a field named twice.
func (m Mapping) Sensible(fields []Field) Mapping {
	out := Mapping{Header: max(m.Header, 0), Columns: make([]string, min(len(m.Columns), MaxColumns))}
	seen := map[string]bool{}
	for i := range out.Columns {
		name := m.Columns[i]
		if !seen[name] && slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name }) {
			out.Columns[i], seen[name] = name, true
		}
	}
	if m.Decimal == "." || m.Decimal == "," {
		out.Decimal = m.Decimal
	}
	if m.Order == "dmy" || m.Order == "mdy" {
		out.Order = m.Order
	}
	return out
}

// headerRows is how far down the titles may stand: below a letterhead, a date.
const headerRows = 20

// Sample is how many rows decide about titles, numbers and dates.
const Sample = 200

// title folds a title to what is compared: no case, width, blanks or signs.
func title(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, width.Fold.String(s))
}

// likeness is how well a title names a field: 3 in so many words, 1 with a word of
// the field in it, 0 not at all.
func likeness(t string, f Field) int {
	if t == "" {
		return 0
	}
	best := 0
	for _, w := range f.Words {
		switch w = title(w); {
		case w == t:
			return 3
		case len(w) >= 4 && strings.Contains(t, w):
			best = 1
		}
	}
	return best
}

// Guess finds titles and columns in the first rows of a table. Without titles the
// columns go by what they hold: the first text is the first Text field that is
// required, the first number the first Number field.
func Guess(rows []Row, fields []Field) Mapping {
	var m Mapping
	best := 0
	for i, r := range rows {
		if i == headerRows {
			break
		}
		if cols, score := assign(r, fields); score > best {
			best, m.Header, m.Columns = score, r.No, cols
		}
	}
	if best < 3 {
		m.Header, m.Columns = 0, byContent(rows, fields)
	}
	for _, f := range fields {
		at := m.Column(f.Name)
		if at < 0 || f.Kind == Text {
			continue
		}
		for _, r := range rows {
			if r.No <= m.Header || at >= len(r.Cells) || r.Cells[at].Kind != Text {
				continue
			}
			if f.Kind == Number {
				m.Decimal = prefer(m.Decimal, decimalOf(r.Cells[at].Text))
			} else {
				m.Order = prefer(m.Order, orderOf(r.Cells[at].Text))
			}
		}
	}
	if m.Decimal == "?" {
		m.Decimal = ""
	}
	if m.Order == "?" {
		m.Order = ""
	}
	return m
}

// prefer keeps what was seen first; two that disagree leave it open.
func prefer(have, seen string) string {
	switch {
	case seen == "" || have == "?":
		return have
	case have == "" || have == seen:
		return seen
	}
	return "?"
}

// assign gives each field the column whose title is most like it.
func assign(r Row, fields []Field) (cols []string, score int) {
	cols = make([]string, len(r.Cells))
	folded := make([]string, len(r.Cells))
	for i, c := range r.Cells {
		if c.Kind == Text {
			folded[i] = title(c.Text)
		}
	}
	given := map[string]bool{}
	for _, least := range []int{3, 1} {
		for _, f := range fields {
			if given[f.Name] {
				continue
			}
			for i, t := range folded {
				if cols[i] == "" && likeness(t, f) >= least {
					cols[i], given[f.Name] = f.Name, true
					score += least
					break
				}
			}
		}
	}
	return cols, score
}

func byContent(rows []Row, fields []Field) []string {
	most := 0
	for _, r := range rows {
		most = max(most, len(r.Cells))
	}
	cols := make([]string, most)
	pick := func(kind Kind) string {
		for _, f := range fields {
			if f.Kind == kind && f.Required && !slices.Contains(cols, f.Name) {
				return f.Name
			}
		}
		return ""
	}
	for i := range cols {
		numbers, filled := 0, 0
		for _, r := range rows {
			if i < len(r.Cells) && r.Cells[i].Text != "" {
				filled++
				if _, ok := Decimal(r.Cells[i], ""); ok && len(r.Cells[i].Text) < 8 {
					numbers++
				}
			}
		}
		if filled == 0 {
			continue
		}
		if 2*numbers > filled && slices.ContainsFunc(cols, func(s string) bool { return s != "" }) {
			cols[i] = pick(Number)
		} else if cols[i] = pick(Text); cols[i] == "" && 2*numbers > filled {
			cols[i] = pick(Number)
		}
	}
	return cols
}

// Shape is the fingerprint of a kind of file: its titles in their order, whatever
// the rows hold.
func Shape(titles []Cell) string {
	h := sha256.New()
	for _, c := range titles {
		_, _ = h.Write([]byte(title(c.Text) + "\x00"))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// decimalOf is the decimal sign that a number shows beyond doubt.
func decimalOf(s string) string {
	point, comma := strings.LastIndexByte(s, '.'), strings.LastIndexByte(s, ',')
	switch {
	case point >= 0 && comma >= 0:
		if point > comma {
			return "."
		}
		return ","
	case point >= 0 && (len(s)-point != 4 || strings.HasPrefix(s, "0.")):
		return "."
	case comma >= 0 && (len(s)-comma != 4 || strings.HasPrefix(s, "0,")):
		return ","
	}
	return ""
}

// Decimal reads a number as its column writes it: digits with at most one point.
func Decimal(c Cell, mark string) (string, bool) {
	s := c.Text
	if c.Kind == Number || mark == "" {
		return form.Number(s)
	}
	if mark == "," {
		s = strings.NewReplacer(".", ",", ",", ".").Replace(s)
	}
	if whole, frac, ok := strings.Cut(s, "."); ok {
		if strings.Contains(frac, ",") || strings.Contains(frac, ".") {
			return "", false
		}
		w, ok := grouped(whole)
		if !ok {
			return "", false
		}
		return form.Number(w + "." + frac)
	}
	w, ok := grouped(s)
	if !ok {
		return "", false
	}
	return form.Number(w)
}

// grouped takes the commas out of the thousands of a whole number.
func grouped(s string) (string, bool) {
	parts := strings.Split(s, ",")
	for i, p := range parts {
		if i > 0 && len(p) != 3 || i == 0 && len(parts) > 1 && (len(p) == 0 || len(strings.TrimLeft(p, "-")) > 3) {
			return "", false
		}
	}
	return strings.Join(parts, ""), true
}

func dateParts(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("-/. ", r) })
}

// orderOf is the order of day and month that a date shows beyond doubt.
func orderOf(s string) string {
	p := dateParts(s)
	if len(p) < 3 || len(p[0]) > 2 || len(p[1]) > 2 {
		return ""
	}
	switch {
	case p[0] > "12" && len(p[0]) == 2 && p[0] <= "31":
		return "dmy"
	case p[1] > "12" && len(p[1]) == 2 && p[1] <= "31":
		return "mdy"
	}
	return ""
}

// Day reads a civil date as its column writes it; today completes one without a
// year. A time of day is left out.
func Day(c Cell, order, today string) (string, bool) {
	s := c.Text
	if c.Kind == Date {
		s, _, _ = strings.Cut(s, "T")
	}
	if p := dateParts(s); order == "mdy" && len(p) >= 3 && len(p[0]) <= 2 && len(p[1]) <= 2 {
		s = p[1] + "/" + p[0] + "/" + p[2]
	}
	if d, ok := form.Date(s, today); ok {
		return d, true
	}
	if head, tail, ok := strings.Cut(s, " "); ok && strings.Contains(tail, ":") {
		return form.Date(head, today)
	}
	return "", false
}
