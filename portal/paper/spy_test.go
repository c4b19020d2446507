package paper

import "codeberg.org/go-pdf/fpdf"

// spy composes a document and tells each text in the order of its drawing.
func spy(d Document, size Size, tell func(string)) {
	pdf := fpdf.New("P", "pt", map[Size]string{A4: "A4", Letter: "Letter"}[size], "")
	p := newPen(pdf)
	p.told = tell
	l := newLayout(p, d)
	l.compose()
	l.draw()
}
