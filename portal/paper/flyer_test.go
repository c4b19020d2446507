package paper

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"codeberg.org/go-pdf/fpdf"
)

// read decodes a code from its modules alone: format, mask, zigzag, blocks, bytes. It
// fails where a block does not fit its check words.
func (c code) read(t *testing.T) string {
	t.Helper()
	v := (c.size - 17) / 4
	bits := 0
	for i, at := range [][2]int{{8, 0}, {8, 1}, {8, 2}, {8, 3}, {8, 4}, {8, 5}, {8, 7}, {8, 8}, {7, 8}, {5, 8}, {4, 8}, {3, 8}, {2, 8}, {1, 8}, {0, 8}} {
		if c.dark[at[1]][at[0]] {
			bits |= 1 << i
		}
	}
	if bits ^= 0x5412; bits>>13 != 0 {
		t.Fatalf("level %d", bits>>13)
	}
	mask := bits >> 10 & 7
	var words []byte
	n := 0
	for right, up := c.size-1, true; right > 0; right, up = right-2, !up {
		if right == 6 {
			right = 5
		}
		for k := range c.size {
			y := k
			if up {
				y = c.size - 1 - k
			}
			for x := right; x > right-2; x-- {
				if c.fixed[y][x] {
					continue
				}
				if n%8 == 0 {
					words = append(words, 0)
				}
				if c.dark[y][x] != masked(mask, x, y) {
					words[n/8] |= 0x80 >> (n % 8)
				}
				n++
			}
		}
	}
	blocks, check := qrBlocks[v-1], qrCheck[v-1]
	room := qrWords[v-1] - blocks*check
	parts := make([][]byte, blocks)
	at := 0
	for i := range room/blocks + 1 {
		for b := range parts {
			if i < room/blocks || b >= blocks-room%blocks {
				parts[b] = append(parts[b], words[at])
				at++
			}
		}
	}
	var data []byte
	for b, part := range parts {
		data = append(data, part...)
		whole := part
		for i := range check {
			whole = append(whole, words[room+i*blocks+b])
		}
		root := byte(1)
		for range check { // the polynomial is zero at every root
			sum := byte(0)
			for _, w := range whole {
				sum = qrTimes(sum, root) ^ w
			}
			if sum != 0 {
				t.Fatalf("block %d does not fit", b)
			}
			root = qrTimes(root, 2)
		}
	}
	get := func(from, n int) (out int) {
		for i := from; i < from+n; i++ {
			out = out<<1 | int(data[i/8]>>(7-i%8)&1)
		}
		return out
	}
	if get(0, 4) != 4 {
		t.Fatal("not bytes")
	}
	count := 8
	if v > 9 {
		count = 16
	}
	out := make([]byte, get(4, count))
	for i := range out {
		out[i] = byte(get(4+count+8*i, 8))
	}
	return string(out)
}

// TestCode: every length that fits is read back, what is too long is refused, and the
// words of the standard's example come out.
func TestCode(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("https://portal.example/l/kestrel/w3e5bw7eipfzzckqbhal?ref=EXPO-26&x=", 4)
	for n := 0; n <= 213; n += 3 {
		c, ok := qrOf(text[:n])
		if !ok || c.read(t) != text[:n] {
			t.Fatalf("%d bytes: %v", n, ok)
		}
	}
	if _, ok := qrOf(text[:214]); ok {
		t.Error("too much fits")
	}
	if got := qrRemainder([]byte{32, 91, 11, 120, 209, 114, 220, 77, 67, 64, 236, 17, 236}, qrDivisor(13)); !bytes.Equal(got, []byte{168, 72, 22, 82, 217, 54, 156, 0, 46, 15, 180, 122, 16}) {
		t.Errorf("%v", got)
	}
	c, _ := qrOf("x") // the corners look as they must
	for y, want := range []string{"#######.", "#.....#.", "#.###.#.", "#.###.#.", "#.###.#.", "#.....#.", "#######.", "........"} {
		for x, r := range want {
			if c.dark[y][x] != (r == '#') || c.dark[y][c.size-1-x] != (r == '#') || c.dark[c.size-1-y][x] != (r == '#') {
				t.Fatalf("a corner at %d, %d", x, y)
			}
		}
	}
}

// paperSpy hears what is drawn and where.
type paperSpy struct {
	onPDF
	lowest float64
	said   []string

	edge, reach float64 // the right side, and how low texts reach
	crossed     []string
}

// fill is told of the line above the code.
func (s *paperSpy) fill(x, y, w, h float64, c [3]int) {
	if h < 1 && s.reach > y {
		s.crossed = append(s.crossed, s.said[len(s.said)-1])
	}
	s.onPDF.fill(x, y, w, h, c)
}

func (s *paperSpy) text(x, y float64, text string, strong bool, size float64, c [3]int) {
	s.lowest, s.said = max(s.lowest, y), append(s.said, text)
	s.reach = max(s.reach, y+size/4)
	if s.edge > 0 && x+s.pen.width(text, strong, size) > s.edge+1 {
		s.crossed = append(s.crossed, text)
	}
	s.onPDF.text(x, y, text, strong, size, c)
}

// TestFlyer: all that a flyer says stands on its one page in both scripts, the same each
// time; a text that is far too long is cut and runs into nothing.
func TestFlyer(t *testing.T) {
	t.Parallel()
	f := Flyer{Lang: "zh-CN", Company: "华东五金", With: "与 Aurelia Tools 合作", Title: "打磨安全月 Warm hands", Offer: "目录价优惠 8%", Text: "防护罩、砂轮片和手套成套供应。", Facts: []Fact{{"时间", "11月17日至12月17日"}, {"产品", "角磨机 AUR-G125"}}, Call: "扫描二维码或打开链接。", Link: "https://portal.example/l/huadong/w3e5bw7eipfzzckqbhal?ref=EXPO-26", Imprint: "华东五金\n上海"}
	var one, two bytes.Buffer
	for _, b := range []*bytes.Buffer{&one, &two} {
		if err := WriteFlyer(t.Context(), b, f, A4); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("not the same bytes")
	}
	text := squeezed(poppler(t, "pdftotext", one.Bytes(), "-raw"))
	for _, want := range []string{f.Company, f.With, f.Title, f.Offer, f.Text, f.Facts[0].Value, f.Facts[1].Value, f.Call, f.Link, "上海"} {
		if !strings.Contains(text, squeezed(want)) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	for _, long := range []string{strings.Repeat("Far too much is said here. ", 110), strings.Repeat("说得太多了。", 160), strings.Repeat("W", 2900)} {
		f.Text, f.Title = long, long[:120]
		f.Facts = append(f.Facts[:2], Fact{"地区", "英国"})
		pdf := fpdf.New("P", "pt", "Letter", "")
		pdf.SetMargins(0, 0, 0)
		pdf.SetAutoPageBreak(false, 0)
		pdf.AddPage()
		spy := &paperSpy{onPDF: onPDF{newPen(pdf)}}
		w, h := pdf.GetPageSize()
		spy.edge = w - side
		f.draw(spy.pen, spy, w, h)
		if spy.lowest > h-side/2 || pdf.Err() {
			t.Errorf("it reaches to %v of %v, %v", spy.lowest, h, pdf.Error())
		}
		for _, x := range spy.crossed {
			t.Errorf("crossed by the line, or over the edge: %s", x)
		}
		if said := strings.Join(spy.said, "\n"); !strings.Contains(said, "11月17日至12月17日") || !strings.Contains(said, f.Call) || !strings.Contains(said, "英国") {
			t.Errorf("what matters is cut: %s", said)
		}
	}
}

// TestFlyerAsPicture: the picture has the page's measures and colours, ink where words
// stand, and a code that says the link, module by module.
func TestFlyerAsPicture(t *testing.T) {
	t.Parallel()
	f := Flyer{Lang: "zh-CN", Company: "华东五金", With: "与 Aurelia Tools 合作", Title: "打磨安全月", Offer: "目录价优惠 8%", Call: "扫描二维码。", Link: "https://portal.example/l/huadong/w3e5bw7eipfzzckqbhal"}
	var b bytes.Buffer
	if err := WriteFlyerPNG(t.Context(), &b, f, A4); err != nil {
		t.Fatal(err)
	}
	pic, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	if r := pic.Bounds(); r.Dx() < 1188 || r.Dx() > 1192 || r.Dy() < 1682 || r.Dy() > 1686 {
		t.Fatalf("%v", r)
	}
	level := func(x, y float64) uint32 {
		r, g, bl, _ := pic.At(int(x*perPoint), int(y*perPoint)).RGBA()
		return (r + g + bl) / 3 >> 8
	}
	if r, g, bl, _ := pic.At(4, 4).RGBA(); int(r>>8) != flyerBand[0] || int(g>>8) != flyerBand[1] || int(bl>>8) != flyerBand[2] {
		t.Errorf("the band is %d %d %d", r>>8, g>>8, bl>>8)
	}
	ink := 0
	for x := side; x < side+5*34; x++ {
		for y := 122.0; y < 122+34; y++ {
			if level(x, y) < 128 {
				ink++
			}
		}
	}
	if ink < 800 || ink > 5000 {
		t.Errorf("%d points of ink in the title", ink)
	}
	c, _ := qrOf(f.Link)
	one := 124.0 / float64(c.size)
	top := float64(pic.Bounds().Dy())/perPoint - side - 124 - 10
	wrong := 0
	for y := range c.size {
		for x := range c.size {
			if dark := level(side+(float64(x)+.5)*one, top+(float64(y)+.5)*one) < 128; dark != c.dark[y][x] {
				wrong++
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d modules of the code are wrong", wrong)
	}
}

// TestFlyerLogos: both logos stand in the band and the names end before them; what cannot
// be read is left out.
func TestFlyerLogos(t *testing.T) {
	t.Parallel()
	blue := image.NewNRGBA(image.Rect(0, 0, 90, 30))
	for i := range blue.Pix {
		blue.Pix[i] = []uint8{0, 0, 255, 255}[i%4]
	}
	var mark bytes.Buffer
	if err := png.Encode(&mark, blue); err != nil {
		t.Fatal(err)
	}
	f := Flyer{Lang: "en", Company: strings.Repeat("Kestrel Supply ", 9), With: strings.Repeat("with Aurelia Tools ", 9), Title: "Warm hands", Link: "https://portal.example/l/kestrel/w3e5bw7eipfzzckqbhal", Logos: [][]byte{mark.Bytes(), []byte("no picture"), mark.Bytes()}}
	count := func(f Flyer) (n int, right float64) {
		var out bytes.Buffer
		if err := WriteFlyerPNG(t.Context(), &out, f, A4); err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(&out)
		if err != nil {
			t.Fatal(err)
		}
		for y := range 92 * perPoint {
			for x := range m.Bounds().Dx() {
				if r, g, b, _ := m.At(x, y).RGBA(); b>>8 > 250 && r>>8 < 5 && g>>8 < 5 {
					n++
				}
			}
		}
		pdf := fpdf.New("P", "pt", "A4", "")
		pdf.SetMargins(0, 0, 0)
		pdf.SetAutoPageBreak(false, 0)
		pdf.AddPage()
		spy := &paperSpy{onPDF: onPDF{newPen(pdf)}}
		w, h := pdf.GetPageSize()
		f.draw(spy.pen, spy, w, h)
		return n, spy.pen.width(spy.said[0], true, 24)
	}
	none, wide := count(Flyer{Lang: "en", Company: f.Company, With: f.With, Title: f.Title, Link: f.Link})
	one, narrow := count(f)
	f.Logos = [][]byte{mark.Bytes(), mark.Bytes()}
	two, narrower := count(f)
	if none != 0 || one < 10_000 || two < 2*one-200 || two > 2*one+200 || narrow >= wide || narrower >= narrow {
		t.Errorf("%d, %d and %d dots of logos; names %v, %v and %v wide", none, one, two, wide, narrow, narrower)
	}
	var pdf bytes.Buffer
	if err := WriteFlyer(t.Context(), &pdf, f, A4); err != nil || !bytes.Contains(pdf.Bytes(), []byte("/Subtype /Image")) {
		t.Errorf("no picture in the file: %v", err)
	}
}
