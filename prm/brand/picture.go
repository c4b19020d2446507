package brand

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"

	"entente/prm/fault"
)

// drawing lets one picture be unpacked at a time: each may take much memory for a moment.
var drawing = make(chan struct{}, 1)

func wrong(key string, args ...any) error { return fault.InvalidField("file", key, args...) }

// clean reads a PNG or JPEG and draws it anew, at most as large as is kept: only pixels
// come through. The size is judged before anything is unpacked.
// Codes: Invalid, Unavailable (the caller gave up waiting for its turn).
func clean(ctx context.Context, r io.Reader) (out []byte, width, height int, err error) {
	raw, err := io.ReadAll(io.LimitReader(r, MostBytes+1))
	if err != nil {
		return nil, 0, 0, fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	if len(raw) > MostBytes {
		return nil, 0, 0, wrong("brand.too_large")
	}
	config, decode := png.DecodeConfig, png.Decode
	switch { // by content: names and declared kinds are anybody's
	case bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")):
	case bytes.HasPrefix(raw, []byte("\xff\xd8\xff")):
		config, decode = jpeg.DecodeConfig, jpeg.Decode
		// Each scan of a progressive picture goes over all of it, and one of a few bytes is
		// enough for that: 2 MiB of them would take minutes.
		if bytes.Count(raw, []byte("\xff\xda")) > mostScans {
			return nil, 0, 0, wrong("brand.damaged")
		}
	default:
		return nil, 0, 0, wrong("brand.kind")
	}
	c, err := config(bytes.NewReader(raw))
	switch {
	case err != nil:
		return nil, 0, 0, wrong("brand.damaged")
	case c.Width > mostSide || c.Height > mostSide || c.Width*c.Height > mostPixels:
		return nil, 0, 0, wrong("brand.many_pixels")
	case c.Width < leastSide || c.Height < leastSide:
		return nil, 0, 0, wrong("brand.few_pixels", "Least", leastSide)
	case max(c.Width, c.Height) > mostRatio*min(c.Width, c.Height):
		return nil, 0, 0, wrong("brand.shape")
	}
	select {
	case drawing <- struct{}{}:
		defer func() { <-drawing }()
	case <-ctx.Done():
		return nil, 0, 0, fault.Wrap(ctx.Err(), fault.Unavailable, "error.unavailable")
	}
	from, err := decode(bytes.NewReader(raw))
	if err != nil || from.Bounds().Dx() != c.Width || from.Bounds().Dy() != c.Height {
		return nil, 0, 0, wrong("brand.damaged")
	}
	width, height = c.Width, c.Height
	if width > keptWidth {
		width, height = keptWidth, max(1, height*keptWidth/width)
	}
	if height > keptHeight {
		width, height = max(1, width*keptHeight/height), keptHeight
	}
	to := image.NewNRGBA(image.Rect(0, 0, width, height))
	if width == c.Width {
		draw.Draw(to, to.Bounds(), from, from.Bounds().Min, draw.Src)
	} else {
		draw.CatmullRom.Scale(to, to.Bounds(), from, from.Bounds(), draw.Src, nil)
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, to); err != nil {
		return nil, 0, 0, fault.Wrap(err, fault.Internal, "error.internal")
	}
	return b.Bytes(), width, height, nil
}
