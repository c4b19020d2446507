package brand

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

func painted(w, h int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{uint8(x), uint8(y), 90, 255})
		}
	}
	return m
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// chunk is one of a PNG.
func chunk(kind string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	body := append([]byte(kind), data...)
	return binary.BigEndian.AppendUint32(append(out, body...), crc32.ChecksumIEEE(body))
}

// bomb is a PNG that says how large it is, and unpacks to the given bytes.
func bomb(w, h uint32, unpacks int) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write(make([]byte, unpacks))
	_ = z.Close()
	out := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, 8, 6, 0, 0, 0))...)
	return append(append(out, chunk("IDAT", packed.Bytes())...), chunk("IEND", nil)...)
}

// TestClean: pixels come through and nothing else; what is no picture, says to be a huge
// one or unpacks to more than it says is refused.
func TestClean(t *testing.T) {
	t.Parallel()
	plain := asPNG(t, painted(300, 100))
	exif := append([]byte("\xff\xe1\x00\x22Exif\x00\x00GPS 53.38N 1.47W secret!!"), 0, 0)
	photo := asJPEG(t, painted(1200, 800))
	photo = append(append(append([]byte{}, photo[:2]...), exif...), photo[2:]...)
	noted := append(append(append([]byte{}, plain[:33]...), chunk("tEXt", []byte("Author\x00Kestrel <script>alert(1)</script>"))...), plain[33:]...)
	two := append(append([]byte{}, plain...), []byte("PK\x03\x04 another file <script>")...)
	for name, x := range map[string]struct {
		in   []byte
		w, h int
	}{"plain": {plain, 300, 100}, "photo with a place": {photo, 360, 240}, "with words": {noted, 300, 100}, "two files in one": {two, 300, 100}, "wide": {asPNG(t, painted(1300, 200)), 640, 98}} {
		out, w, h, err := clean(t.Context(), bytes.NewReader(x.in))
		if err != nil || w != x.w || h != x.h {
			t.Errorf("%s: %d x %d %v", name, w, h, err)
			continue
		}
		for _, word := range []string{"Exif", "GPS", "script", "Kestrel", "PK\x03", "tEXt"} {
			if bytes.Contains(out, []byte(word)) {
				t.Errorf("%s keeps %q", name, word)
			}
		}
		m, err := png.Decode(bytes.NewReader(out))
		if err != nil || m.Bounds().Dx() != w || m.Bounds().Dy() != h {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, x := range map[string]struct {
		in  []byte
		key string
	}{
		"svg":          {[]byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "brand.kind"},
		"gif":          {[]byte("GIF89a\x01\x00\x01\x00"), "brand.kind"},
		"html":         {[]byte("<!doctype html><img>"), "brand.kind"},
		"nothing":      {nil, "brand.kind"},
		"cut off":      {plain[:len(plain)/2], "brand.damaged"},
		"signature":    {[]byte("\x89PNG\r\n\x1a\nrest"), "brand.damaged"},
		"huge":         {bomb(60000, 60000, 1<<20), "brand.many_pixels"},
		"many pixels":  {bomb(3000, 3000, 1<<20), "brand.many_pixels"},
		"unpacks more": {bomb(64, 64, 48<<20), "brand.damaged"},
		"unpacks less": {bomb(64, 64, 100), "brand.damaged"},
		"small":        {asPNG(t, painted(10, 10)), "brand.few_pixels"},
		"a line":       {asPNG(t, painted(600, 30)), "brand.shape"},
		"large file":   {append(append([]byte{}, plain...), make([]byte, MostBytes)...), "brand.too_large"},
	} {
		_, _, _, err := clean(t.Context(), bytes.NewReader(x.in))
		f := fault.As(err)
		if f == nil || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Key != x.key {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLogo: an admin sets it, those who work with the company see it, nobody else does.
func TestLogo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.CheckModels(t, d, logoRow{})
		blobs, err := blob.New(d, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		s := New(d, blobs)
		ctx := db.WithNow(t.Context(), time.Date(2026, 12, 7, 9, 0, 0, 0, time.UTC))
		aurelia, kestrel, baltic, past := db.NewID(), db.NewID(), db.NewID(), db.NewID()
		if err := d.InTx(ctx, func(ctx context.Context) error {
			for _, id := range []string{aurelia, kestrel, baltic, past} {
				if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, 'x', '', 'GB', 'GBP', 'Europe/London', 'en', 'active', 1)", id, strings.ToLower(id)).Error; err != nil {
					return err
				}
			}
			for id, state := range map[string]string{kestrel: "active", baltic: "active", past: "ended"} {
				if err := db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, ?, 'GBP', 0, 0, 1, 1, '')", db.NewID(), aurelia, id, state).Error; err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		act := func(org string, r access.Role) access.Actor {
			return access.Actor{Person: db.NewID(), Org: org, Roles: []access.Role{r}, Via: "session:x"}
		}
		for name, who := range map[string]access.Actor{"a seller": act(kestrel, access.Sales), "nobody": {}} {
			if _, err := s.Set(ctx, who, bytes.NewReader(asPNG(t, painted(100, 50)))); err == nil || fault.CodeOf(err) == fault.Invalid {
				t.Errorf("%s sets it: %v", name, err)
			}
			if err := s.Drop(ctx, who); err == nil {
				t.Errorf("%s takes it away", name)
			}
		}
		admin := act(kestrel, access.Admin)
		if _, err := s.Set(ctx, admin, strings.NewReader("<svg/>")); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("a program for a picture: %v", err)
		}
		first, err := s.Set(ctx, admin, bytes.NewReader(asPNG(t, painted(100, 50))))
		if err != nil {
			t.Fatal(err)
		}
		second, err := s.Set(ctx, admin, bytes.NewReader(asJPEG(t, painted(900, 900)))) // larger than a row
		if err != nil || second.Hash == first.Hash || second.Height != keptHeight {
			t.Fatalf("%+v %v", second, err)
		}
		for name, x := range map[string]struct {
			org  string
			sees bool
		}{"itself": {kestrel, true}, "its supplier": {aurelia, true}, "another partner of that": {baltic, false}, "one that ended": {past, false}} {
			l, b, err := s.Open(ctx, act(x.org, access.Buyer), kestrel)
			if seen := err == nil; seen != x.sees || seen && (l.Hash != second.Hash || !bytes.HasPrefix(b, []byte("\x89PNG"))) || !seen && fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%s: %+v %v", name, l, err)
			}
			all, err := s.Of(ctx, act(x.org, access.Buyer), kestrel, aurelia)
			if _, seen := all[kestrel]; err != nil || seen != x.sees || len(all) > 1 {
				t.Errorf("%s: %+v %v", name, all, err)
			}
		}
		for range 2 {
			if err := s.Drop(ctx, admin); err != nil {
				t.Error(err)
			}
		}
		if _, _, err := s.Open(ctx, admin, kestrel); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("it is still there: %v", err)
		}
	})
}

// TestManyScans: a progressive JPEG of thousands of empty scans is refused before any is
// gone through; one of a few is taken.
func TestManyScans(t *testing.T) {
	t.Parallel()
	scans := func(n int) []byte {
		const side = 64
		b := []byte("\xff\xd8\xff\xdb\x00\x43\x00")
		b = append(b, bytes.Repeat([]byte{1}, 64)...)
		b = append(b, 0xff, 0xc2, 0, 11, 8, 0, side, 0, side, 1, 1, 0x11, 0) // progressive, one component
		b = append(b, 0xff, 0xc4, 0, 20, 0x00, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		b = append(b, 0xff, 0xc4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xe0) // 0: the rest of up to 32767 blocks is empty
		b = append(b, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0)
		b = append(b, make([]byte, side*side/64/8)...)
		for range n - 1 {
			b = append(b, 0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0, 0x7f, 0x7f)
		}
		return append(b, 0xff, 0xd9)
	}
	if _, w, _, err := clean(context.Background(), bytes.NewReader(scans(12))); err != nil || w != 64 {
		t.Fatal(w, err)
	}
	if _, _, _, err := clean(context.Background(), bytes.NewReader(scans(mostScans+1))); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("many scans: %v", err)
	}
}
