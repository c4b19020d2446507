package attach

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"
)

// Bare is a picture without what programs note in it of whoever made it: camera, place,
// author, company, comments (EXIF, XMP, IPTC, texts), and what hides behind its end: other
// pictures with such notes, films. What shows the picture stays as it is, byte for byte, and
// which way up it is; so does a file that is no PNG, JPEG, GIF or WebP, or is a damaged one.
// The reader must be read to its end or closed.
//
// It is for places where who writes is not named to others. Documents of other kinds hold
// such notes too, and are not changed: their writers are told.
func Bare(in io.Reader) io.ReadCloser {
	r := bufio.NewReaderSize(in, bareBuffer)
	head, _ := r.Peek(16)
	var strip func(*bufio.Reader, io.Writer) error
	switch {
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		strip = barePNG
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		strip = bareJPEG
	case bytes.HasPrefix(head, []byte("GIF87a")), bytes.HasPrefix(head, []byte("GIF89a")):
		strip = bareGIF
	case len(head) == 16 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP":
		strip = bareWebP
	default:
		return io.NopCloser(r)
	}
	out, w := io.Pipe()
	go func() {
		err := strip(r, w)
		if err == nil {
			_, err = io.Copy(w, r)
		}
		w.CloseWithError(err)
	}()
	return out
}

// bareBuffer holds the longest segment of a JPEG.
const bareBuffer = 68 << 10

// shownChunks of PNG say how the picture looks. All others are notes.
const shownChunks = " IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT bKGD pHYs acTL fcTL fdAT cICP "

// barePNG copies the chunks that show something (PNG, third edition, section 5), up to the
// last one: what hides behind it is left out. Where they end early, the rest is as it was.
func barePNG(r *bufio.Reader, w io.Writer) error {
	if _, err := io.CopyN(w, r, 8); err != nil {
		return over(err)
	}
	for {
		head, err := r.Peek(8)
		if err != nil {
			return nil // the caller copies what is left
		}
		n, name := int64(binary.BigEndian.Uint32(head)), string(head[4:])
		if n > MaxFile || strings.ContainsAny(name, " ") {
			return nil
		}
		to := io.Discard
		if strings.Contains(shownChunks, " "+name+" ") {
			to = w
		}
		if name == "iCCP" { // its profile stays, the name of the profile is a note
			if done, err := bareProfile(r, w, n); done || err != nil {
				if err != nil {
					return over(err)
				}
				continue
			}
		}
		if _, err := io.CopyN(to, r, 12+n); err != nil {
			return over(err)
		}
		if name == "IEND" {
			_, err := io.Copy(io.Discard, r)
			return err
		}
	}
}

// bareProfile writes a colour profile under a name that says nothing; done is false where the
// chunk is not as it should be.
func bareProfile(r *bufio.Reader, w io.Writer, n int64) (done bool, err error) {
	head, _ := r.Peek(8 + int(min(n, 80)))
	end := bytes.IndexByte(head[8:], 0)
	if end < 1 || n > 4<<20 {
		return false, nil
	}
	chunk := make([]byte, 12+n)
	if _, err := io.ReadFull(r, chunk); err != nil {
		return true, err
	}
	body := append([]byte("iCCPicc"), chunk[8+end:8+n]...)
	var size, sum [4]byte
	binary.BigEndian.PutUint32(size[:], uint32(len(body)-4)) //nolint:gosec // at most 4 MiB
	binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE(body))
	for _, part := range [][]byte{size[:], body, sum[:]} {
		if _, err := w.Write(part); err != nil {
			return true, err
		}
	}
	return true, nil
}

// bareJPEG copies the segments and scans of a JPEG (ITU T.81, annex B) up to its end, but
// comments and the segments of applications: JFIF (APP0), colour profiles (APP2) and the
// colours of Adobe (APP14) show something, and of EXIF which way up the picture is.
func bareJPEG(r *bufio.Reader, w io.Writer) error {
	if _, err := io.CopyN(w, r, 2); err != nil {
		return over(err)
	}
	turned := false
	for {
		head, err := r.Peek(2)
		if err != nil || head[0] != 0xff {
			return nil
		}
		marker, n := head[1], int64(0)
		switch {
		case marker == 0xff: // fill
			if _, err := io.CopyN(w, r, 1); err != nil {
				return over(err)
			}
			continue
		case marker == 0xd9:
			if _, err := io.CopyN(w, r, 2); err != nil {
				return over(err)
			}
			_, err := io.Copy(io.Discard, r)
			return err
		case marker == 0x01 || marker >= 0xd0 && marker <= 0xd7: // stand alone
		default:
			if head, err = r.Peek(4); err != nil {
				return nil
			}
			if n = int64(binary.BigEndian.Uint16(head[2:])); n < 2 {
				return nil
			}
		}
		to := w
		if marker == 0xfe || marker >= 0xe0 && marker <= 0xef && !shownSegment(r, marker, n) {
			to = io.Discard
			if way := wayUp(r, marker, n); way != nil && !turned {
				turned = true
				if _, err := w.Write(way); err != nil {
					return err
				}
			}
		}
		if _, err := io.CopyN(to, r, 2+n); err != nil {
			return over(err)
		}
		if marker == 0xda {
			if err := copyScan(r, w); err != nil {
				return over(err)
			}
		}
	}
}

// copyScan copies coded pixels up to the next marker.
func copyScan(r *bufio.Reader, w io.Writer) error {
	for {
		head, err := r.Peek(2)
		if len(head) == 0 {
			return err
		}
		n := 2
		if head[0] != 0xff {
			part, _ := r.Peek(r.Buffered())
			if n = bytes.IndexByte(part, 0xff); n < 0 {
				n = len(part)
			}
		} else if err != nil || head[1] != 0 && (head[1] < 0xd0 || head[1] > 0xd7) {
			return err
		}
		if _, err := io.CopyN(w, r, int64(n)); err != nil {
			return err
		}
	}
}

// wayUp is a segment that says which way up a picture is and nothing else, nil where EXIF does
// not say that it is turned (CIPA DC-008, tag 274).
func wayUp(r *bufio.Reader, marker byte, n int64) []byte {
	if marker != 0xe1 {
		return nil
	}
	seg, err := r.Peek(int(2 + n))
	if err != nil || n < 2+6+8 || string(seg[4:10]) != "Exif\x00\x00" {
		return nil
	}
	tiff := seg[10:]
	var order binary.ByteOrder = binary.BigEndian
	if string(tiff[:2]) == "II" {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if order.Uint16(tiff[2:]) != 42 || at+2 > int64(len(tiff)) {
		return nil
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return nil
		}
		if order.Uint16(entries) == 0x112 && order.Uint16(entries[2:]) == 3 {
			way := order.Uint16(entries[8:])
			if way < 2 || way > 8 {
				return nil
			}
			return []byte("\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(rune(way)) + "\x00\x00\x00\x00\x00\x00")
		}
		entries = entries[12:]
	}
	return nil
}

func shownSegment(r *bufio.Reader, marker byte, n int64) bool {
	want := map[byte]string{0xe0: "JFIF\x00", 0xe2: "ICC_PROFILE\x00", 0xee: "Adobe"}[marker]
	if want == "" || n < int64(2+len(want)) {
		return false
	}
	head, err := r.Peek(4 + len(want))
	return err == nil && string(head[4:]) == want
}

// over is no error where a file ends early: it stays as damaged as it came.
func over(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.ErrClosedPipe) {
		return nil
	}
	return err
}

// bareGIF copies the blocks of a GIF (GIF89a, sections 17 to 26) but comments and what
// applications note; how often an animation plays shows something.
func bareGIF(r *bufio.Reader, w io.Writer) error {
	head, err := r.Peek(13)
	if err != nil {
		return nil
	}
	if _, err := io.CopyN(w, r, 13+colours(head[10])); err != nil {
		return over(err)
	}
	for {
		head, err := r.Peek(2)
		if err != nil {
			if len(head) == 0 || head[0] != 0x3b {
				return nil
			}
			head = append(head[:1:1], 0)
		}
		to, n := w, int64(2)
		switch {
		case head[0] == 0x3b:
			if _, err := io.CopyN(w, r, 1); err != nil {
				return over(err)
			}
			_, err := io.Copy(io.Discard, r)
			return err
		case head[0] == 0x2c:
			if head, err = r.Peek(10); err != nil {
				return nil
			}
			n = 11 + colours(head[9])
		case head[0] != 0x21:
			return nil
		case head[1] == 0xfe:
			to = io.Discard
		case head[1] == 0xff:
			if head, err = r.Peek(14); err != nil {
				return nil
			}
			if name := string(head[3:]); name != "NETSCAPE2.0" && name != "ANIMEXTS1.0" {
				to = io.Discard
			}
		}
		if _, err := io.CopyN(to, r, n); err != nil {
			return over(err)
		}
		for size := byte(1); size != 0; { // sub-blocks, up to an empty one
			part, err := r.Peek(1)
			if err != nil {
				return nil
			}
			size = part[0]
			if _, err := io.CopyN(to, r, 1+int64(size)); err != nil {
				return over(err)
			}
		}
	}
}

// colours is the length of the table that a byte of flags tells of.
func colours(flags byte) int64 {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// bareWebP copies a WebP (RFC 9649) up to its end. Chunks that show nothing keep their place,
// filled with zeros under the name of a filler: the length of the file stands at its front.
func bareWebP(r *bufio.Reader, w io.Writer) error {
	head, err := r.Peek(12)
	if err != nil {
		return nil
	}
	left := int64(binary.LittleEndian.Uint32(head[4:])) - 4
	if _, err := io.CopyN(w, r, 12); err != nil {
		return over(err)
	}
	for left >= 8 {
		head, err := r.Peek(8)
		if err != nil {
			return nil
		}
		name, n := string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:]))
		n += n & 1
		left -= 8 + n
		switch name {
		case "VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "ICCP":
			_, err = io.CopyN(w, r, 8+n)
		case "VP8X":
			if head, err = r.Peek(9); err != nil {
				return nil
			}
			if _, err = w.Write(append(bytes.Clone(head[:8]), head[8]&^0x0c)); err != nil { // there is no EXIF, no XMP
				return err
			}
			if _, err = r.Discard(9); err == nil {
				_, err = io.CopyN(w, r, max(n-1, 0))
			}
		default:
			if _, err = w.Write(append([]byte("JUNK"), head[4:]...)); err != nil {
				return err
			}
			if _, err = r.Discard(8); err != nil {
				return over(err)
			}
			var gone int64
			if gone, err = io.CopyN(io.Discard, r, n); gone > 0 {
				if _, err := io.CopyN(w, zeros{}, gone); err != nil {
					return err
				}
			}
		}
		if err != nil {
			return over(err)
		}
	}
	if left > 0 {
		return nil
	}
	_, err = io.Copy(io.Discard, r)
	return err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
