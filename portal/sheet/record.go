package sheet

// Wrong is one cell that cannot be taken. Key names the text (sheet.missing,
// sheet.number, sheet.date, sheet.formula, or one of the caller's); Value is what
// stands there.
type Wrong struct {
	Field string
	Key   string
	Args  map[string]any
	Value string
}

// Record is one row read by a mapping: field to value, numbers with a point, dates
// as 2006-01-02. A field that is wrong keeps its text.
type Record struct {
	No     int
	Values map[string]string
	Wrong  []Wrong
}

// Refuse notes that a value cannot be taken for a reason of the caller's.
func (r *Record) Refuse(field, key string, args map[string]any) {
	r.Wrong = append(r.Wrong, Wrong{Field: field, Key: key, Args: args, Value: r.Values[field]})
}

// Repairs are what a person corrected: by row, field to value as typed. A row in
// Dropped is not taken.
type Repairs struct {
	Values  map[int]map[string]string `json:"values,omitempty"`
	Dropped map[int]bool              `json:"dropped,omitempty"`
}

// Read turns a row into a record. Rows up to the titles, and those dropped, are not
// records: ok is false. Today completes dates without a year.
func (m Mapping) Read(row Row, fields []Field, fix Repairs, today string) (rec Record, ok bool) {
	if row.No <= m.Header || fix.Dropped[row.No] {
		return Record{}, false
	}
	rec = Record{No: row.No, Values: make(map[string]string, len(fields))}
	for _, f := range fields {
		var c Cell
		if at := m.Column(f.Name); at >= 0 && at < len(row.Cells) {
			c = row.Cells[at]
		}
		mark, order := m.Decimal, m.Order
		if typed, fixed := fix.Values[row.No][f.Name]; fixed {
			c, mark, order = Cell{Text: typed}, "", ""
		}
		rec.read(f, c, mark, order, today)
	}
	for _, v := range rec.Values {
		if v != "" {
			return rec, true
		}
	}
	return Record{}, false // nothing of it is read
}

func (r *Record) read(f Field, c Cell, mark, order, today string) {
	r.Values[f.Name] = c.Text
	switch {
	case c.Text == "":
		if f.Required {
			r.Refuse(f.Name, "sheet.missing", nil)
		}
	case c.Kind == Fault:
		r.Refuse(f.Name, "sheet.formula", map[string]any{"Value": c.Text})
	case f.Kind == Number:
		if d, ok := Decimal(c, mark); ok {
			r.Values[f.Name] = d
		} else {
			r.Refuse(f.Name, "sheet.number", map[string]any{"Value": c.Text})
		}
	case f.Kind == Date:
		if d, ok := Day(c, order, today); ok {
			r.Values[f.Name] = d
		} else {
			r.Refuse(f.Name, "sheet.date", map[string]any{"Value": c.Text})
		}
	}
}
