package paper

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/go-pdf/fpdf"
)

// mark is a logo of one colour.
func mark(t *testing.T, w, h int, c [3]uint8) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = []uint8{c[0], c[1], c[2], 255}[i%4]
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestShapes: the square and the strip have their measures, both logos and all words inside
// their edges, in both scripts and however long these are; a sheet of prices names every
// product, on as many pages as it takes, the same each time. PAPER_LOOK=folder keeps them to
// be looked at.
func TestShapes(t *testing.T) {
	t.Parallel()
	keep := func(name string, b []byte) {
		if at := os.Getenv("PAPER_LOOK"); at != "" {
			if err := os.WriteFile(filepath.Join(at, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	logos := [][]byte{mark(t, 120, 40, [3]uint8{0, 0, 255}), mark(t, 60, 60, [3]uint8{255, 0, 0})}
	for _, f := range []Flyer{
		{Lang: "en", Company: "Kestrel Supply", With: "with Aurelia Tools", Title: "Warm hands on every site", Offer: "5% off the list price", Text: "Heated gloves and cordless drills go together this winter. Ask at any of our four counters.", Facts: []Fact{{"When", "17 Nov to 17 Dec 2026"}}, Call: "Scan the code or open the address.", Link: "https://portal.example/l/kestrel/w3e5bw7eipfzzckqbhal?ref=EXPO-26", Logos: logos},
		{Lang: "zh-CN", Company: "华东五金", With: "与 Aurelia Tools 合作", Title: "打磨安全月：防护成套供应", Offer: "目录价优惠 8%", Text: "防护罩、砂轮片和手套成套供应，详情请到门店咨询。", Facts: []Fact{{"时间", "11月17日至12月17日"}}, Call: "扫描二维码或打开链接。", Link: "https://portal.example/l/huadong/w3e5bw7eipfzzckqbhal", Colour: [3]int{163, 40, 32}, Logos: logos},
		{Lang: "long", Company: strings.Repeat("Kestrel Supply ", 9), With: strings.Repeat("with Aurelia Tools ", 9), Title: strings.Repeat("Warm hands ", 11), Offer: strings.Repeat("5% off the list price from 20 pieces, ", 8), Text: strings.Repeat("说得太多了。", 160), Facts: []Fact{{"When", strings.Repeat("17 Nov to 17 Dec ", 9)}}, Call: strings.Repeat("Scan the code. ", 20), Link: "https://portal.example/l/kestrel/" + strings.Repeat("w3e5bw7eipfzzckqbhal", 4), Logos: logos},
	} {
		for shape, size := range points {
			var b bytes.Buffer
			if err := WriteShapePNG(t.Context(), &b, f, shape); err != nil {
				t.Fatal(err)
			}
			keep(string(shape)+"-"+f.Lang+".png", b.Bytes())
			pic, err := png.Decode(&b)
			if err != nil {
				t.Fatal(err)
			}
			if r := pic.Bounds(); r.Dx() != int(size[0]*perPoint) || r.Dy() != int(size[1]*perPoint) {
				t.Errorf("%s: %v", shape, r)
			}
			blue, red := 0, 0
			for y := range pic.Bounds().Dy() {
				for x := range pic.Bounds().Dx() {
					switch r, g, bl, _ := pic.At(x, y).RGBA(); {
					case bl>>8 > 250 && r>>8 < 5 && g>>8 < 5:
						blue++
					case r>>8 > 250 && bl>>8 < 5 && g>>8 < 5:
						red++
					}
				}
			}
			if blue < 3000 || red < 3000 {
				t.Errorf("%s %s: %d and %d dots of the logos", shape, f.Lang, blue, red)
			}
			pdf := fpdf.New("P", "pt", "A4", "")
			pdf.AddPage()
			spy := &paperSpy{onPDF: onPDF{newPen(pdf)}, edge: size[0] - 20}
			draw := f.drawSquare
			if shape == Banner {
				draw = f.drawBanner
			}
			draw(spy.pen, spy, size[0], size[1])
			if spy.lowest > size[1]-4 || len(spy.crossed) > 0 {
				t.Errorf("%s %s: it reaches to %v of %v, over the edge: %v", shape, f.Lang, spy.lowest, size[1], spy.crossed)
			}
			if said := strings.Join(spy.said, "\n"); f.Lang != "long" && (!strings.Contains(said, f.Offer) || !strings.Contains(said, f.Facts[0].Value) || !strings.Contains(squeezed(said), squeezed(f.Company)) || !strings.Contains(squeezed(said), squeezed(f.Title))) {
				t.Errorf("%s %s: something is not said: %s", shape, f.Lang, said)
			}
		}
	}
	s := PriceSheet{Flyer: Flyer{Lang: "zh-CN", Company: "华东五金", With: "与 Aurelia Tools 合作", Title: "打磨安全月", Offer: "目录价优惠 8%", Facts: []Fact{{"时间", "11月17日至12月17日"}}, Link: "https://portal.example/l/huadong/w3e5", Imprint: "华东五金\n上海", Logos: logos}, Columns: []string{"产品", "编号", "单位", "目录价（CNY）"}, Notes: []string{"目录单价，不含税。"}, PageOf: func(page, pages int) string { return strings.Repeat("I", page) + "/" + strings.Repeat("I", pages) }}
	for i := range 90 {
		s.Rows = append(s.Rows, []string{"角磨机 Angle grinder 125 mm", "AUR-G" + string(rune('A'+i/26)) + string(rune('A'+i%26)), "件", "1,250.00"})
	}
	var one, two bytes.Buffer
	for _, b := range []*bytes.Buffer{&one, &two} {
		if err := WritePrices(t.Context(), b, s, A4); err != nil {
			t.Fatal(err)
		}
	}
	keep("prices.pdf", one.Bytes())
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("not the same bytes")
	}
	text := squeezed(poppler(t, "pdftotext", one.Bytes(), "-raw"))
	for _, want := range []string{s.Company, s.Title, s.Offer, "AUR-GAA", "AUR-GDL", "1,250.00", s.Notes[0], "上海", "I/III", "III/III"} {
		if !strings.Contains(text, squeezed(want)) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}
