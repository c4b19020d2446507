package paper

import (
	"context"
	"io"
	"strings"
	"unicode/utf8"

	"codeberg.org/go-pdf/fpdf"

	"entente/prm/fault"
)

// Shape is the form of what two companies hand out or show together. All of them are made
// from the words, logos and colour of one landing page.
type Shape string

// The shapes.
const (
	Page   Shape = ""       // the flyer: one page of paper
	Square Shape = "square" // a picture for social media: 1080 by 1080 pixels
	Banner Shape = "banner" // the head of a mail or of a page on the web: 1200 by 300 pixels
	Prices Shape = "prices" // a sheet of list prices, as many pages as it takes
)

// Shapes lists those beside the flyer.
var Shapes = []Shape{Square, Banner, Prices}

// points are the sizes of pictures, in points of perPoint pixels.
var points = map[Shape][2]float64{Square: {540, 540}, Banner: {600, 150}}

// WriteShapePNG draws a flyer in the shape of a picture.
// Codes: Unavailable (the caller gave up waiting for its turn).
func WriteShapePNG(ctx context.Context, w io.Writer, f Flyer, shape Shape) error {
	select {
	case making <- struct{}{}:
		defer func() { <-making }()
	case <-ctx.Done():
		return fault.Wrap(ctx.Err(), fault.Unavailable, "error.unavailable")
	}
	fonts, err := outlines()
	if err != nil {
		return fault.Wrap(err, fault.Internal, "error.internal")
	}
	pdf := blank(A4, f.Dated) // measures
	pdf.AddPage()
	size, paint := points[shape], f.drawSquare
	if shape == Banner {
		paint = f.drawBanner
	}
	return picture(w, pdf, fonts, size[0], size[1], paint)
}

// fitted wraps a text at the largest of some sizes at which it has at most so many lines; at
// the smallest the rest is left out, with a sign of omission.
func (p *pen) fitted(s string, wide float64, strong bool, most int, sizes ...float64) ([]string, float64) {
	var lines []string
	size := 0.0
	for _, size = range sizes {
		if lines = p.wrap(s, wide, strong, size); len(lines) <= most {
			return lines, size
		}
	}
	lines = lines[:most]
	last := lines[most-1]
	for p.width(last+" …", strong, size) > wide && last != "" {
		_, n := utf8.DecodeLastRuneInString(last)
		last = last[:len(last)-n]
	}
	lines[most-1] = strings.TrimSpace(last) + " …"
	return lines, size
}

// onOne is fitted to one line, where one of some sizes lets it, else to two.
func (p *pen) onOne(s string, wide float64, strong bool, one, two []float64) ([]string, float64) {
	for _, size := range one {
		if lines := p.wrap(s, wide, strong, size); len(lines) <= 1 {
			return lines, size
		}
	}
	return p.fitted(s, wide, strong, 2, two...)
}

// put writes lines below each other and says where the next would stand.
func put(on canvas, x, y float64, lines []string, strong bool, size float64, colour [3]int) float64 {
	for _, line := range lines {
		on.text(x, y+size*1.02, line, strong, size, colour)
		y += size * leading
	}
	return y
}

// shades are the band of a flyer and the same on white by an eighth.
func (f Flyer) shades() (band, soft [3]int) {
	if band = f.Colour; band == [3]int{} {
		band = flyerBand
	}
	for i := range band {
		soft[i] = 255 - (255-band[i])/8
	}
	return band, soft
}

// fact is what a flyer says of one of its facts, by place.
func (f Flyer) fact(i int) string {
	if i >= len(f.Facts) {
		return ""
	}
	return f.Facts[i].Value
}

// drawSquare places a flyer in a square: who, what, what is offered, when, and the way to the page.
func (f Flyer) drawSquare(p *pen, on canvas, width, height float64) {
	const edge, code = 36.0, 104.0
	inner := width - 2*edge
	band, soft := f.shades()
	on.fill(0, 0, width, 92, band)
	named := inner - f.drawLogos(on, width-edge)
	name, size := p.fitted(f.Company, named, true, 1, 24, 20, 17, 14)
	put(on, edge, 24, name, true, size, white)
	with, size := p.fitted(f.With, named, false, 1, 13, 11, 10)
	put(on, edge, 56, with, false, size, white)
	title, size := p.fitted(f.Title, inner, true, 3, 46, 40, 34, 28, 24)
	y := put(on, edge, 116, title, true, size, black) + 12
	if f.Offer != "" {
		said, size := p.fitted(f.Offer, inner-36, true, 3, 26, 22, 19, 16)
		high := float64(len(said))*size*leading + 22
		on.fill(edge, y, inner, high, soft)
		put(on, edge+18, y+11, said, true, size, band)
		y += high + 14
	}
	foot := height - edge - code
	if room := int((foot - 12 - y) / (15 * leading)); room > 0 && f.Text != "" {
		text, size := p.fitted(strings.Join(strings.Fields(f.Text), " "), inner, false, min(room, 4), 15, 14)
		put(on, edge, y, text, false, size, black)
	}
	left := edge
	if c, ok := qrOf(f.Link); ok {
		c.draw(on, edge, foot, code)
		left += code + 20
	}
	wide := width - edge - left
	when, size := p.fitted(f.fact(0), wide, true, 2, 17, 15, 13)
	y = put(on, left, foot+2, when, true, size, black) + 4
	call, size := p.fitted(f.Call, wide, false, 2, 13, 12)
	y = put(on, left, y, call, false, size, grey)
	link, size := p.onOne(bare(f.Link), wide, false, []float64{12, 11, 10, 9}, []float64{10, 9})
	put(on, left, y+2, link, false, size, band)
}

// drawBanner places a flyer in a strip.
func (f Flyer) drawBanner(p *pen, on canvas, width, height float64) {
	const edge = 24.0
	band, soft := f.shades()
	on.fill(0, 0, width, height, band)
	inner := width - 2*edge
	if taken := f.drawLogos(on, width-edge); taken > 0 {
		inner -= taken + 12
	}
	who, size := p.fitted(strings.TrimSpace(f.Company+" "+f.With), inner, false, 1, 12, 11, 10)
	y := put(on, edge, 14, who, false, size, soft)
	title, size := p.onOne(f.Title, inner, true, []float64{28, 26, 24, 22, 20}, []float64{20, 18, 16})
	y = put(on, edge, y+2, title, true, size, white)
	if f.Offer != "" {
		said, size := p.fitted(f.Offer, width-2*edge, true, 1, 16, 14, 12.5, 11)
		put(on, edge, min(max(y+2, 84), height-32-size*leading), said, true, size, white)
	}
	when, size := p.fitted(strings.Join([]string{f.fact(0), bare(f.Link)}, "  ·  "), width-2*edge, false, 1, 11.5, 10.5, 9.5, 8.5)
	put(on, edge, height-26, when, false, size, soft)
}

// bare is an address as people read it.
func bare(link string) string {
	return strings.TrimPrefix(strings.TrimPrefix(link, "https://"), "http://")
}

// PriceSheet is a flyer's head above a table of list prices.
type PriceSheet struct {
	Flyer
	Columns []string // product, number, unit, price
	Rows    [][]string
	Notes   []string // below the table
	PageOf  func(page, pages int) string
}

// shares are the columns of a sheet of prices, of its width.
var shares = []float64{0.48, 0.2, 0.12, 0.2}

// WritePrices lays a sheet of prices out and writes it as a PDF.
// Codes: Unavailable (the caller gave up waiting for its turn).
func WritePrices(ctx context.Context, w io.Writer, s PriceSheet, size Size) error {
	select {
	case making <- struct{}{}:
		defer func() { <-making }()
	case <-ctx.Done():
		return fault.Wrap(ctx.Err(), fault.Unavailable, "error.unavailable")
	}
	return output(w, s.lay(size, s.lay(size, 0).PageCount())) // first to know how many pages it takes
}

// lay draws the sheet, of so many pages.
func (s PriceSheet) lay(size Size, pages int) *fpdf.Fpdf {
	pdf := blank(size, s.Dated)
	pdf.SetTitle(s.Title, true)
	pdf.SetAuthor(s.Company, true)
	pdf.SetLang(s.Lang)
	pdf.AddPage()
	p := newPen(pdf)
	width, height := pdf.GetPageSize()
	var on canvas = onPDF{p}
	inner := width - 2*side
	band, soft := s.shades()
	named := inner
	head := func(first bool) float64 {
		high := 54.0
		if first {
			high = 92
		}
		on.fill(0, 0, width, high, band)
		if first {
			named = inner - s.drawLogos(on, width-side)
		}
		name, size := p.fitted(s.Company, named, true, 1, 24, 20, 17, 14)
		if !first {
			size = min(size, 15)
		}
		put(on, side, high/2-size*0.9, name, true, size, white)
		with, size := p.fitted(s.With, named, false, 1, 12, 10)
		if first {
			put(on, side, 58, with, false, size, white)
			y := 108.0
			title, size := p.fitted(s.Title, inner, true, 2, 26, 22, 18)
			y = put(on, side, y, title, true, size, black) + 6
			if s.Offer != "" {
				said, size := p.fitted(s.Offer, inner-28, true, 2, 15, 13, 11.5)
				high := float64(len(said))*size*leading + 16
				on.fill(side, y, inner, high, soft)
				put(on, side+14, y+8, said, true, size, band)
				y += high + 6
			}
			when, size := p.fitted(s.fact(0), inner, false, 1, 11, 10)
			return put(on, side, y+2, when, false, size, grey) + 10
		}
		return high + 18
	}
	cells := func(y float64, row []string, strong bool, colour [3]int) float64 {
		const size = 10.0
		x, lines := side, 1
		for i, cell := range row[:min(len(row), len(shares))] {
			wide := inner*shares[i] - 8
			all := p.wrap(cell, wide, strong, size)
			if i > 0 {
				all = first(all, 1)
			}
			all = first(all, 3)
			lines = max(lines, len(all))
			for n, line := range all {
				at := x
				if i == len(shares)-1 {
					at = x + inner*shares[i] - p.width(line, strong, size)
				}
				on.text(at, y+size*1.02+float64(n)*size*leading, line, strong, size, colour)
			}
			x += inner * shares[i]
		}
		return y + float64(lines)*size*leading
	}
	titles := func(y float64) float64 {
		y = cells(y, s.Columns, true, band) + 3
		on.fill(side, y, inner, 0.8, band)
		return y + 6
	}
	foot := height - side - 24
	end := func() { // of a page
		link, size := p.fitted(bare(s.Link), inner*0.7, false, 1, 9, 8)
		put(on, side, height-side-10, link, false, size, band)
		if s.PageOf == nil {
			return
		}
		of, size := p.fitted(s.PageOf(pdf.PageNo(), pages), inner*0.28, false, 1, 9, 8)
		put(on, width-side-p.width(of[0], false, size), height-side-10, of, false, size, grey)
	}
	next := func() {
		end()
		pdf.AddPage()
	}
	y := titles(head(true))
	for _, row := range s.Rows {
		if y+3*10*leading > foot {
			next()
			y = titles(head(false))
		}
		y = cells(y, row, false, black) + 4
		on.fill(side, y-1.5, inner, 0.4, [3]int{faint, faint, faint})
	}
	y += 8
	for _, note := range append(s.Notes, s.Imprint) {
		lines := p.wrap(strings.TrimSpace(note), inner, false, 9)
		if strings.TrimSpace(note) == "" {
			continue
		}
		if y+float64(len(lines))*9*leading > foot {
			next()
			y = head(false)
		}
		y = put(on, side, y, lines, false, 9, grey) + 4
	}
	end()
	return pdf
}
