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
// author, company, comments (EXIF, XMP, IPTC, texts). What shows the picture stays as it
// is, byte for byte, and so does a file that is no PNG or JPEG, or is a damaged one. The
// reader must be read to its end or closed.
//
// It is for places where who writes is not named to others. Documents of other kinds hold
// such notes too, and are not changed: their writers are told.
func Bare(in io.Reader) io.ReadCloser {
	r := bufio.NewReader(in)
	head, _ := r.Peek(8)
	var strip func(*bufio.Reader, io.Writer) error
	switch {
	case bytes.Equal(head, []byte("\x89PNG\r\n\x1a\n")):
		strip = barePNG
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		strip = bareJPEG
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

// bareJPEG copies the segments of a JPEG (ITU T.81, annex B) up to the picture itself, but
// comments and the segments of applications: JFIF (APP0), colour profiles (APP2) and the
// colours of Adobe (APP14) show something.
func bareJPEG(r *bufio.Reader, w io.Writer) error {
	if _, err := io.CopyN(w, r, 2); err != nil {
		return over(err)
	}
	for {
		head, err := r.Peek(4)
		if err != nil || head[0] != 0xff {
			return nil
		}
		marker, n := head[1], int64(binary.BigEndian.Uint16(head[2:]))
		if marker == 0xff { // fill
			if _, err := io.CopyN(w, r, 1); err != nil {
				return over(err)
			}
			continue
		}
		if n < 2 || marker == 0xda || marker == 0xd9 { // the picture begins
			return nil
		}
		to := w
		if marker == 0xfe || marker >= 0xe0 && marker <= 0xef && !shownSegment(r, marker, n) {
			to = io.Discard
		}
		if _, err := io.CopyN(to, r, 2+n); err != nil {
			return over(err)
		}
	}
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
