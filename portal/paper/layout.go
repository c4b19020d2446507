package paper

import "strings"

// Measures in points.
const (
	side     = 44.0
	top      = 44.0
	bottom   = 46.0
	gap      = 12.0 // between columns
	body     = 8.5
	small    = 7.5
	leading  = 1.38
	rowInset = 3.5
)

// Greys.
const (
	ink   = 25
	pale  = 105
	faint = 205
)

// layout places a document on pages first and draws it when their number is known.
type layout struct {
	pen           *pen
	d             Document
	width, height float64 // of the page
	pages         [][]func()
	y             float64
	columns       []float64 // left edges, and the right end
}

func newLayout(p *pen, d Document) *layout {
	w, h := p.pdf.GetPageSize()
	return &layout{pen: p, d: d, width: w, height: h}
}

func (l *layout) inner() float64 { return l.width - 2*side }

func (l *layout) add(op func()) {
	at := len(l.pages) - 1
	l.pages[at] = append(l.pages[at], op)
}

// text places one cleaned line with its top at y.
func (l *layout) text(x, y float64, s string, strong bool, size float64, grey int) {
	if s == "" {
		return
	}
	base := y + size*1.02
	l.add(func() {
		l.pen.pdf.SetTextColor(grey, grey, grey)
		l.pen.pdf.SetDrawColor(grey, grey, grey)
		l.pen.write(x, base, s, strong, size)
	})
}

func (l *layout) right(x, y float64, s string, strong bool, size float64, grey int) {
	l.text(x-l.pen.width(s, strong, size), y, s, strong, size, grey)
}

func (l *layout) rule(y float64, grey int, thick float64) {
	x1, x2 := side, l.width-side
	l.add(func() {
		l.pen.pdf.SetDrawColor(grey, grey, grey)
		l.pen.pdf.SetLineWidth(thick)
		l.pen.pdf.Line(x1, y, x2, y)
	})
}

// page begins a page; every one but the first says again what document it is.
func (l *layout) page() {
	l.pages = append(l.pages, nil)
	l.y = top
	if len(l.pages) == 1 {
		return
	}
	l.text(side, l.y, l.short(l.d.Title+" "+l.d.Number, true), true, small, pale)
	l.right(l.width-side, l.y, l.short(l.d.Issuer.Name, false), false, small, pale)
	l.y += small*leading + 8
}

// short is as much of a text as stands in half a line.
func (l *layout) short(s string, strong bool) string {
	lines := l.pen.wrap(s, l.inner()*0.48, strong, small)
	if len(lines) > 1 {
		return lines[0] + "…"
	}
	return lines[0]
}

// room is the height left on the page.
func (l *layout) room() float64 { return l.height - bottom - l.y }

func (l *layout) compose() {
	l.page()
	l.head()
	l.parties()
	l.facts()
	l.table()
	l.sums()
	l.notes()
}

// head is the issuer on the left, what the document is on the right.
func (l *layout) head() {
	half := l.inner()*0.56 - gap
	y := l.y
	for _, line := range l.pen.wrap(l.d.Issuer.Name, half, true, 11.5) {
		l.text(side, y, line, true, 11.5, ink)
		y += 11.5 * leading
	}
	y = l.lines(side, y, half, l.d.Issuer.Lines)
	yr := l.y
	for _, line := range l.pen.wrap(l.d.Title, l.inner()*0.44, true, 17) {
		l.right(l.width-side, yr, line, true, 17, ink)
		yr += 17 * 1.25
	}
	for _, line := range l.pen.wrap(l.d.Number, l.inner()*0.44, false, 11) {
		l.right(l.width-side, yr, line, false, 11, ink)
		yr += 11 * leading
	}
	l.y = max(y, yr) + 12
}

// lines places small lines below each other and returns the end.
func (l *layout) lines(x, y, width float64, texts []string) float64 {
	for _, t := range texts {
		for _, line := range l.pen.wrap(t, width, false, small+0.5) {
			l.text(x, y, line, false, small+0.5, pale)
			y += (small + 0.5) * leading
		}
	}
	return y
}

func (l *layout) parties() {
	if len(l.d.Parties) == 0 {
		return
	}
	l.rule(l.y, faint, 0.6)
	l.y += 9
	width := (l.inner() - gap*float64(len(l.d.Parties)-1)) / float64(max(len(l.d.Parties), 2))
	end := l.y
	for i, p := range l.d.Parties {
		x, y := side+float64(i)*(width+gap), l.y
		for _, line := range l.pen.wrap(p.Label, width, false, small) {
			l.text(x, y, line, false, small, pale)
			y += small*leading + 1
		}
		for _, line := range l.pen.wrap(p.Name, width, true, body+0.5) {
			l.text(x, y, line, true, body+0.5, ink)
			y += (body + 0.5) * leading
		}
		end = max(end, l.lines(x, y, width, p.Lines))
	}
	l.y = end + 10
}

// facts are pairs in a grid of four.
func (l *layout) facts() {
	if len(l.d.Facts) == 0 {
		return
	}
	l.rule(l.y, faint, 0.6)
	l.y += 9
	const across = 4
	width := (l.inner() - gap*(across-1)) / across
	for i := 0; i < len(l.d.Facts); i += across {
		end := l.y
		for k, f := range l.d.Facts[i:min(i+across, len(l.d.Facts))] {
			x, y := side+float64(k)*(width+gap), l.y
			for _, line := range l.pen.wrap(f.Label, width, false, small) {
				l.text(x, y, line, false, small, pale)
				y += small*leading + 1
			}
			for _, line := range l.pen.wrap(f.Value, width, false, body+0.5) {
				l.text(x, y, line, false, body+0.5, ink)
				y += (body + 0.5) * leading
			}
			end = max(end, y)
		}
		l.y = end + 7
	}
	l.y += 5
}

// edges shares out the width of the table.
func (l *layout) edges() {
	total := 0.0
	for _, c := range l.d.Columns {
		total += c.Weight
	}
	x := side
	for _, c := range l.d.Columns {
		l.columns = append(l.columns, x)
		x += l.inner() * c.Weight / total
	}
	l.columns = append(l.columns, l.width-side)
}

// span is the left edge and width of a column's text.
func (l *layout) span(i int) (x, width float64) {
	return l.columns[i], l.columns[i+1] - l.columns[i] - map[bool]float64{true: 0, false: gap * 0.6}[i == len(l.d.Columns)-1]
}

// titles is the head of the table, on every page of it.
func (l *layout) titles() {
	l.rule(l.y, ink, 0.9)
	l.y += 4.5
	end := l.y
	for i, c := range l.d.Columns {
		x, width := l.span(i)
		y := l.y
		for _, line := range l.pen.wrap(c.Title, width, true, small) {
			if c.Right {
				l.right(x+width, y, line, true, small, ink)
			} else {
				l.text(x, y, line, true, small, ink)
			}
			y += small * leading
		}
		end = max(end, y)
	}
	l.y = end + 2.5
	l.rule(l.y, ink, 0.5)
	l.y += 1
}

func (l *layout) table() {
	if len(l.d.Columns) == 0 {
		return
	}
	l.edges()
	if l.room() < 90 {
		l.page()
	}
	l.titles()
	for i, r := range l.d.Rows {
		l.row(r)
		if i < len(l.d.Rows)-1 {
			l.rule(l.y, faint, 0.4)
		}
	}
	l.rule(l.y, ink, 0.5)
}

// widest is the column of the words, below which notes stand.
func (l *layout) widest() int {
	at := 0
	for i, c := range l.d.Columns {
		if c.Weight > l.d.Columns[at].Weight {
			at = i
		}
	}
	return at
}

// row places a row; one that does not fit goes to the next page, one taller than a
// page goes on there line by line.
func (l *layout) row(r Row) {
	cells := make([][]string, len(l.d.Columns))
	tall := 1
	for i := range cells {
		if i >= len(r.Cells) {
			continue
		}
		_, width := l.span(i)
		cells[i] = l.pen.wrap(r.Cells[i], width, false, body)
		tall = max(tall, len(cells[i]))
	}
	var notes []string
	at := l.widest()
	for _, n := range r.Notes {
		notes = append(notes, l.pen.wrap(n, l.width-side-l.columns[at], false, small)...)
	}
	height := float64(tall)*body*leading + float64(len(notes))*small*leading + 2*rowInset
	whole := l.height - bottom - top - 60
	if height > l.room() && (height <= whole || l.room() < 60) {
		l.page()
		l.titles()
	}
	l.y += rowInset
	next := func(h float64) {
		if l.room() < h+rowInset {
			l.page()
			l.titles()
			l.y += rowInset
		}
	}
	for k := range tall {
		next(body * leading)
		for i, lines := range cells {
			if k >= len(lines) {
				continue
			}
			x, width := l.span(i)
			if l.d.Columns[i].Right {
				l.right(x+width, l.y, lines[k], false, body, ink)
			} else {
				l.text(x, l.y, lines[k], false, body, ink)
			}
		}
		l.y += body * leading
	}
	for _, n := range notes {
		next(small * leading)
		l.text(l.columns[at], l.y, n, false, small, pale)
		l.y += small * leading
	}
	l.y += rowInset
}

// sums stand together on the right.
func (l *layout) sums() {
	if len(l.d.Sums) == 0 {
		return
	}
	const line = (body + 1) * leading * 1.15
	if l.room() < line*float64(len(l.d.Sums))+12 {
		l.page()
	}
	l.y += 7
	width := l.inner() * 0.5
	for _, s := range l.d.Sums {
		value := clean(s.Value)
		l.right(l.width-side, l.y, value, s.Strong, body+1, ink)
		left := width - l.pen.width(value, s.Strong, body+1) - gap
		for _, text := range l.pen.wrap(s.Label, left, s.Strong, body+0.5) {
			l.text(l.width-side-width, l.y, text, s.Strong, body+0.5, map[bool]int{true: ink, false: pale}[s.Strong])
			l.y += line
		}
	}
	l.y += 4
}

func (l *layout) notes() {
	for _, n := range l.d.Notes {
		lines := l.pen.wrap(n.Value, l.inner(), false, body)
		if l.room() < small*leading+body*leading*float64(min(2, len(lines)))+10 {
			l.page()
		}
		l.y += 9
		if label := clean(n.Label); label != "" {
			l.text(side, l.y, strings.ReplaceAll(label, "\n", " "), true, small+0.5, ink)
			l.y += (small+0.5)*leading + 2
		}
		for _, line := range lines {
			if l.room() < body*leading {
				l.page()
			}
			l.text(side, l.y, line, false, body, ink)
			l.y += body * leading
		}
	}
}

// draw makes the pages with their feet.
func (l *layout) draw() {
	for i, ops := range l.pages {
		l.pen.pdf.AddPage()
		l.pen.face = "" // a page begins without a font
		l.foot(i + 1)
		ops = l.pages[i]
		for _, op := range ops {
			op()
		}
	}
}

// foot adds the foot of a page to it.
func (l *layout) foot(n int) {
	kept := l.pages
	l.pages = l.pages[:n]
	y := l.height - bottom + 14
	if l.d.PageOf != nil {
		l.right(l.width-side, y, clean(l.d.PageOf(n, len(kept))), false, small, pale)
	}
	l.text(side, y, l.short(l.d.Title+" "+l.d.Number, false), false, small, pale)
	l.pages = kept
}
