package attach

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
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

func FuzzBare(f *testing.F) {
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x00IEND1234"))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x04ab\xff\xda"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := io.ReadAll(Bare(bytes.NewReader(b)))
		if err != nil || len(got) > len(b) {
			t.Fatalf("%d bytes became %d: %v", len(b), len(got), err)
		}
	})
}
