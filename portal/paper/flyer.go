package paper

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"codeberg.org/go-pdf/fpdf"

	"entente/prm/fault"
)

// Flyer is one page that two companies hand out together, all of its words in one
// language. Its link is written and drawn as a code.
type Flyer struct {
	Lang          string
	Company, With string // whose it is, and a line that names the other one
	Title         string
	Offer         string // empty: not told
	Text          string
	Facts         []Fact
	Call          string // beside the code
	Link          string
	Imprint       string
	Colour        [3]int // of the band, dark enough for white words; none is the usual one
	Dated         time.Time
	Logos         [][]byte // PNG, at most two: whose it is, and the other one
}

// The usual colour of the band, and others.
var (
	flyerBand = [3]int{14, 96, 115}
	white     = [3]int{255, 255, 255}
	black     = [3]int{ink, ink, ink}
	grey      = [3]int{pale, pale, pale}
)

// canvas is what a flyer is drawn on. Text is cleaned, and stands with its baseline at y.
type canvas interface {
	fill(x, y, w, h float64, colour [3]int)
	text(x, y float64, s string, strong bool, size float64, colour [3]int)
	picture(x, y, w, h float64, p logo)
}

// WriteFlyer lays a flyer out on one page and writes it as a PDF.
// Codes: Unavailable (the caller gave up waiting for its turn).
func WriteFlyer(ctx context.Context, w io.Writer, f Flyer, size Size) error {
	select {
	case making <- struct{}{}:
		defer func() { <-making }()
	case <-ctx.Done():
		return fault.Wrap(ctx.Err(), fault.Unavailable, "error.unavailable")
	}
	pdf := blank(size, f.Dated)
	pdf.SetTitle(f.Title, true)
	pdf.SetAuthor(f.Company, true)
	pdf.SetLang(f.Lang)
	pdf.AddPage()
	p := newPen(pdf)
	width, height := pdf.GetPageSize()
	f.draw(p, onPDF{p}, width, height)
	return output(w, pdf)
}

// blank is an empty file.
func blank(size Size, dated time.Time) *fpdf.Fpdf {
	name := "A4"
	if size == Letter {
		name = "Letter"
	}
	pdf := fpdf.New("P", "pt", name, "")
	if dated.IsZero() {
		dated = time.Unix(0, 0)
	}
	pdf.SetCreationDate(dated.UTC())
	pdf.SetModificationDate(dated.UTC())
	pdf.SetCatalogSort(true)
	pdf.SetProducer("Entente", true)
	pdf.SetCreator("Entente", true)
	pdf.SetMargins(0, 0, 0)
	pdf.SetAutoPageBreak(false, 0)
	return pdf
}

// output writes a file with the proper names of its faces: of the same length, so that the
// places of objects stay true.
func output(w io.Writer, pdf *fpdf.Fpdf) error {
	var buf bytes.Buffer
	if err := pdf.Output(&buf); err != nil {
		return fault.Wrap(err, fault.Internal, "error.internal")
	}
	out := buf.Bytes()
	for _, f := range faces {
		for _, end := range []string{"\n", " "} {
			out = bytes.ReplaceAll(out, []byte("/"+f.inFile+end), []byte("/"+f.proper+end))
		}
	}
	_, err := w.Write(out)
	return err
}

// onPDF draws with a pen.
type onPDF struct{ pen *pen }

func (o onPDF) fill(x, y, w, h float64, c [3]int) {
	o.pen.pdf.SetFillColor(c[0], c[1], c[2])
	o.pen.pdf.Rect(x, y, w, h, "F")
}

func (o onPDF) picture(x, y, w, h float64, p logo) {
	name := strconv.Itoa(len(p.raw)) + "." + strconv.FormatFloat(x, 'f', 2, 64)
	opt := fpdf.ImageOptions{ImageType: "PNG"}
	o.pen.pdf.RegisterImageOptionsReader(name, opt, bytes.NewReader(p.raw))
	o.pen.pdf.ImageOptions(name, x, y, w, h, false, opt, 0, "")
}

// logo is a picture that was read.
type logo struct {
	raw  []byte
	drew image.Image
}

// logos are those that can be read.
func (f Flyer) logos() (out []logo) {
	for _, raw := range f.Logos[:min(2, len(f.Logos))] {
		if p, err := png.Decode(bytes.NewReader(raw)); err == nil && !p.Bounds().Empty() {
			out = append(out, logo{raw, p})
		}
	}
	return out
}

// drawLogos places logos on white in the band, from its right end, and says how much of it
// they take.
func (f Flyer) drawLogos(on canvas, right float64) float64 {
	const top, high, widest, pad, gap = 16.0, 60.0, 132.0, 7.0, 10.0
	all, x := f.logos(), right
	for i := len(all) - 1; i >= 0; i-- {
		b := all[i].drew.Bounds()
		h := high - 2*pad
		w := h * float64(b.Dx()) / float64(b.Dy())
		if w > widest {
			w, h = widest, widest*float64(b.Dy())/float64(b.Dx())
		}
		x -= w + 2*pad
		on.fill(x, top, w+2*pad, high, white)
		on.picture(x+pad, top+(high-h)/2, w, h, all[i])
		x -= gap
	}
	return right - x
}

func (o onPDF) text(x, y float64, s string, strong bool, size float64, c [3]int) {
	o.pen.pdf.SetTextColor(c[0], c[1], c[2])
	o.pen.pdf.SetDrawColor(c[0], c[1], c[2])
	o.pen.write(x, y, s, strong, size)
}

// flyerBodies are the sizes of the text, the first that fits.
var flyerBodies = []float64{14, 12.5, 11, 9.5, 8.5, 7.5}

// draw places a flyer of a page; p measures. What has no room at the smallest size ends
// with a sign of omission.
func (f Flyer) draw(p *pen, on canvas, width, height float64) {
	inner := width - 2*side
	band := f.Colour
	if band == [3]int{} {
		band = flyerBand
	}
	soft := band // on white, by an eighth
	for i := range soft {
		soft[i] = 255 - (255-soft[i])/8
	}
	lines := func(y float64, s string, wide float64, strong bool, size float64, colour [3]int, most float64) float64 {
		step := size * leading
		all := p.wrap(s, wide, strong, size)
		for i, line := range all {
			if i > 0 && y+2*step > most && i < len(all)-1 {
				for p.width(line+" …", strong, size) > wide && line != "" {
					_, n := utf8.DecodeLastRuneInString(line)
					line = line[:len(line)-n]
				}
				on.text(side, y+size*1.02, line+" …", strong, size, colour)
				return y + step
			}
			on.text(side, y+size*1.02, line, strong, size, colour)
			y += step
		}
		return y
	}
	on.fill(0, 0, width, 92, band)
	named := inner - f.drawLogos(on, width-side)
	for i, line := range first(p.wrap(f.Company, named, true, 24), 1) {
		on.text(side, 48+float64(i)*28, line, true, 24, white)
	}
	for _, line := range first(p.wrap(f.With, named, false, 12), 1) {
		on.text(side, 70, line, false, 12, white)
	}
	const quiet, codeSide = 10.0, 124.0
	foot := height - side - codeSide - 2*quiet
	rule := foot - 8
	most := rule - 4 // of what stands above it
	facts := 0.0
	for _, x := range f.Facts {
		facts += float64(len(p.wrap(x.Value, inner, true, 12)))*12*leading + 9*leading + 8
	}
	said, high := p.wrap(f.Offer, inner-36, true, 20), 0.0
	if f.Offer != "" {
		high = float64(len(said))*20*leading + 24
	}
	y := lines(122, f.Title, inner, true, 34, black, max(most-facts-high-66, 122+4*34*leading)) // two lines of the text have room
	if f.Offer != "" {
		on.fill(side, y+12, inner, high, soft)
		for i, line := range said {
			on.text(side+18, y+24+20*1.02+float64(i)*20*leading, line, true, 20, band)
		}
		y += high + 12
	}
	y += 18
	if f.Text != "" {
		size := flyerBodies[len(flyerBodies)-1]
		for _, s := range flyerBodies {
			if y+float64(len(p.wrap(f.Text, inner, false, s)))*s*leading+facts+14 <= most {
				size = s
				break
			}
		}
		y = lines(y, f.Text, inner, false, size, black, most-facts-14) + 14
	}
	for _, x := range f.Facts {
		if y+9*leading+12*leading > most {
			break
		}
		y = lines(y, x.Label, inner, false, 9, grey, most)
		y = lines(y, x.Value, inner, true, 12, black, most) + 8
	}
	on.fill(side, rule, inner, 0.8, [3]int{faint, faint, faint})
	left := side
	if c, ok := qrOf(f.Link); ok {
		c.draw(on, side, foot+quiet, codeSide)
		left += codeSide + 20
	}
	y = foot + quiet
	beside := func(s string, strong bool, size float64, colour [3]int, most int) {
		for _, line := range first(p.wrap(s, width-side-left, strong, size), most) {
			y += size * leading
			on.text(left, y, line, strong, size, colour)
		}
	}
	beside(f.Call, true, 14, black, 2)
	beside(f.Link, false, 9, band, 3)
	y += 6
	beside(f.Imprint, false, 9, grey, 5)
}

func first(lines []string, most int) []string { return lines[:min(most, len(lines))] }

// draw draws a code in a square.
func (c code) draw(on canvas, x, y, side float64) {
	one := side / float64(c.size)
	for row := range c.size {
		for col := 0; col < c.size; col++ {
			if !c.dark[row][col] {
				continue
			}
			end := col
			for end < c.size && c.dark[row][end] {
				end++
			}
			on.fill(x+float64(col)*one, y+float64(row)*one, float64(end-col)*one, one, [3]int{})
			col = end
		}
	}
}
