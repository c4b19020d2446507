package paper

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"sync"

	"codeberg.org/go-pdf/fpdf"
	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"entente/prm/fault"
	"entente/static"
)

// perPoint is how many pixels of a picture a point has: A4 is 1190 by 1684.
const perPoint = 2

// outlines are the fonts as shapes, read once.
var outlines = sync.OnceValues(func() (map[string]*opentype.Font, error) {
	f := static.Paper()
	out := map[string]*opentype.Font{}
	for face, b := range map[string][]byte{regular: f.Regular, bold: f.Bold, chinese: f.Chinese} {
		one, err := opentype.Parse(b)
		if err != nil {
			return nil, fmt.Errorf("paper: %s: %w", face, err)
		}
		out[face] = one
	}
	return out, nil
})

// WriteFlyerPNG draws a flyer as a picture, as WriteFlyer lays it out.
// Codes: Unavailable (the caller gave up waiting for its turn).
func WriteFlyerPNG(ctx context.Context, w io.Writer, f Flyer, size Size) error {
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
	pdf := blank(size, f.Dated) // measures
	pdf.AddPage()
	width, height := pdf.GetPageSize()
	return picture(w, pdf, fonts, width, height, f.draw)
}

// picture draws on a white picture of a size in points and writes it as a PNG.
func picture(w io.Writer, pdf *fpdf.Fpdf, fonts map[string]*opentype.Font, width, height float64, paint func(p *pen, on canvas, width, height float64)) error {
	on := &onPNG{pen: newPen(pdf), fonts: fonts, faces: map[sized]font.Face{}, to: image.NewRGBA(image.Rect(0, 0, int(math.Round(width*perPoint)), int(math.Round(height*perPoint))))}
	draw.Draw(on.to, on.to.Bounds(), image.White, image.Point{}, draw.Src)
	paint(on.pen, on, width, height)
	if on.err == nil {
		on.err = png.Encode(w, on.to)
	}
	if on.err != nil {
		return fault.Wrap(on.err, fault.Internal, "error.internal")
	}
	return nil
}

type sized struct {
	face string
	size float64
}

// onPNG draws into a picture; the pen measures.
type onPNG struct {
	pen   *pen
	fonts map[string]*opentype.Font
	faces map[sized]font.Face
	to    *image.RGBA
	err   error
}

func ink3(c [3]int) *image.Uniform {
	return image.NewUniform(color.RGBA{uint8(c[0]), uint8(c[1]), uint8(c[2]), 255})
}

func (o *onPNG) fill(x, y, w, h float64, c [3]int) {
	at := func(v float64) int { return int(math.Round(v * perPoint)) }
	r := image.Rect(at(x), at(y), at(x+w), at(y+h))
	if r.Empty() { // a hair is still one
		r.Max = r.Min.Add(image.Pt(max(1, r.Dx()), max(1, r.Dy())))
	}
	draw.Draw(o.to, r, ink3(c), image.Point{}, draw.Src)
}

func (o *onPNG) picture(x, y, w, h float64, p logo) {
	at := func(v float64) int { return int(math.Round(v * perPoint)) }
	xdraw.CatmullRom.Scale(o.to, image.Rect(at(x), at(y), at(x+w), at(y+h)), p.drew, p.drew.Bounds(), xdraw.Over, nil)
}

func (o *onPNG) text(x, y float64, s string, strong bool, size float64, c [3]int) {
	for _, r := range runs(s, strong) {
		key := sized{r.face, size}
		face := o.faces[key]
		if face == nil {
			var err error
			if face, err = opentype.NewFace(o.fonts[r.face], &opentype.FaceOptions{Size: size * perPoint, DPI: 72}); err != nil {
				o.err = err
				return
			}
			o.faces[key] = face
		}
		widths := []float64{0}
		if r.outlined { // bold, as on paper
			half := size * 0.014
			widths = []float64{-half, 0, half}
		}
		for _, shift := range widths {
			d := font.Drawer{Dst: o.to, Src: ink3(c), Face: face, Dot: fixed.Point26_6{X: fixed.Int26_6((x + shift) * perPoint * 64), Y: fixed.Int26_6(y * perPoint * 64)}}
			d.DrawString(r.text)
		}
		x += o.pen.width(r.text, strong, size)
	}
}
