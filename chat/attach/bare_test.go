package attach

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func chunk(name, body string) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(out, name+body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(name+body)))
}

func segment(marker byte, body string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2)), body...)
}

// TestBare: notes of who made a picture are gone, the picture is the same; other files and
// damaged ones come through byte for byte.
func TestBare(t *testing.T) {
	t.Parallel()
	pic := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for i := range 40 {
		pic.Set(i, i%30, color.RGBA{uint8(i * 6), 9, 200, 255})
	}
	var p, j bytes.Buffer
	if err := png.Encode(&p, pic); err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(&j, pic, nil); err != nil {
		t.Fatal(err)
	}
	const secret = "Kestrel Supply"
	b := p.Bytes()
	noted := append([]byte{}, b[:33]...) // signature and IHDR
	for _, name := range []string{"tEXt", "zTXt", "iTXt", "eXIf", "tIME", "prVt"} {
		noted = append(noted, chunk(name, "Author\x00"+secret)...)
	}
	noted = append(noted, chunk("iCCP", secret+"\x00\x00profile")...)
	noted = append(append(noted, b[33:]...), secret...)
	shot := append([]byte{}, j.Bytes()[:2]...)
	for _, s := range [][]byte{segment(0xe0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"), segment(0xe1, "Exif\x00\x00"+secret), segment(0xe2, secret), segment(0xed, "Photoshop"+secret), segment(0xfe, secret), segment(0xe2, "ICC_PROFILE\x00\x01\x01colours")} {
		shot = append(shot, s...)
	}
	shot = append(shot, j.Bytes()[2:]...)
	for what, raw := range map[string][]byte{"png": noted, "jpeg": shot} {
		if !bytes.Contains(raw, []byte(secret)) {
			t.Fatal(what)
		}
		got, err := io.ReadAll(Bare(iotest.OneByteReader(bytes.NewReader(raw))))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(got, []byte(secret)) {
			t.Errorf("%s tells who made it", what)
		}
		if what == "jpeg" && (!bytes.Contains(got, []byte("ICC_PROFILE")) || !bytes.Contains(got, []byte("JFIF"))) {
			t.Error("what shows the picture went too")
		}
		if what == "png" {
			if !bytes.Contains(got, []byte("iCCPicc\x00\x00profile")) {
				t.Error("the profile went too")
			}
			got = bytes.Replace(got, chunk("iCCP", "icc\x00\x00profile"), nil, 1) // it is none a decoder takes
		}
		shown, _, err := image.Decode(bytes.NewReader(got))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		first := p.Bytes()
		if what == "jpeg" {
			first = j.Bytes()
		}
		want, _, err := image.Decode(bytes.NewReader(first))
		if err != nil {
			t.Fatal(err)
		}
		for y := range 30 {
			for x := range 40 {
				if shown.At(x, y) != want.At(x, y) {
					t.Fatalf("%s: another picture at %d %d", what, x, y)
				}
			}
		}
	}
	for _, same := range [][]byte{nil, []byte("x"), []byte("%PDF-1.7 " + secret), b[:40], b[:8], []byte("\x89PNG\r\n\x1a\n rest"), j.Bytes()[:3], []byte("\xff\xd8\xff\xda")} {
		if got, err := io.ReadAll(Bare(bytes.NewReader(same))); err != nil || !bytes.Equal(got, same) {
			t.Errorf("%q became %q, %v", same, got, err)
		}
	}
	broken := errors.New("hung up")
	if _, err := io.ReadAll(Bare(io.MultiReader(bytes.NewReader(b[:60]), iotest.ErrReader(broken)))); !errors.Is(err, broken) {
		t.Errorf("broken off: %v", err)
	}
}

// TestBareOfPhones: what phones put behind a picture is gone, other pictures with their places
// among it; which way up it is stays, and so does every scan and every frame.
func TestBareOfPhones(t *testing.T) {
	t.Parallel()
	const secret = "51.5N 0.1W"
	pic := image.NewPaletted(image.Rect(0, 0, 300, 300), color.Palette{color.Black, color.White, color.RGBA{200, 9, 9, 255}})
	for i := range pic.Pix {
		pic.Pix[i] = uint8(i * i % 7 % 3)
	}
	var j, g bytes.Buffer
	if err := jpeg.Encode(&j, pic, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	if err := gif.EncodeAll(&g, &gif.GIF{Image: []*image.Paletted{pic, pic}, Delay: []int{5, 5}, LoopCount: 3}); err != nil {
		t.Fatal(err)
	}
	if j.Len() < 2*bareBuffer/3 || bytes.Count(j.Bytes(), []byte("\xff\x00")) == 0 {
		t.Fatalf("%d bytes test little", j.Len())
	}
	exif := segment(0xe1, "Exif\x00\x00II\x2a\x00\x08\x00\x00\x00\x02\x00\x0f\x01\x02\x00\x04\x00\x00\x00Pho\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"+secret)
	shot := append(append([]byte("\xff\xd8"), exif...), j.Bytes()[2:]...)
	raw := append(append(bytes.Clone(shot), shot...), secret...)
	got, err := io.ReadAll(Bare(bytes.NewReader(raw)))
	if err != nil {
		t.Fatal(err)
	}
	up := segment(0xe1, "Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00")
	if want := append(append([]byte("\xff\xd8"), up...), j.Bytes()[2:]...); !bytes.Equal(got, want) {
		t.Errorf("%d bytes became %d, want %d", len(raw), len(got), len(want))
	}

	end := g.Len() - 1
	raw = append(bytes.Clone(g.Bytes()[:end]), "\x21\xfe\x0a"+secret+"\x00\x21\xff\x0bXMP DataXMP\x0a"+secret+"\x00;"+secret...)
	if got, err = io.ReadAll(Bare(iotest.HalfReader(bytes.NewReader(raw)))); err != nil || !bytes.Equal(got, g.Bytes()) {
		t.Errorf("%d bytes became %d, want %d: %v", len(raw), len(got), g.Len(), err)
	}

	part := func(name, body string) string {
		n := string(binary.LittleEndian.AppendUint32(nil, uint32(len(body))))
		return name + n + body + "\x00"[:len(body)%2]
	}
	webp := func(flags, notes, behind string) string {
		body := "WEBP" + part("VP8X", flags+"\x00\x00\x00abcdef") + part("ANMF", "frame") + notes
		return "RIFF" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(body)))) + body + behind
	}
	in := webp("\x1e", part("EXIF", secret)+part("XMP ", secret+"!"), secret)
	want := webp("\x12", part("JUNK", string(make([]byte, 10)))+part("JUNK", string(make([]byte, 11))), "")
	if got, err = io.ReadAll(Bare(strings.NewReader(in))); err != nil || string(got) != want {
		t.Errorf("%q became %q, want %q: %v", in, got, want, err)
	}
}

func FuzzBare(f *testing.F) {
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x00IEND1234"))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x04ab\xff\xda"))
	f.Add([]byte("\xff\xd8\xff\xda\x00\x02ab\xff\x00\xff\xd0c\xff\xd9more"))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00aaabbb\x21\xfe\x01x\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01L\x00;more"))
	f.Add([]byte("RIFF\x20\x00\x00\x00WEBPVP8X\x02\x00\x00\x00\x0c\x00EXIF\x02\x00\x00\x00abmore"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := io.ReadAll(Bare(bytes.NewReader(b)))
		if err != nil || len(got) > len(b)+64 {
			t.Fatalf("%d bytes became %d: %v", len(b), len(got), err)
		}
	})
}
